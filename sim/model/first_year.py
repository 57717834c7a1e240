"""The first year in expectation: how many people move along every corridor, without a simulated engineer.

Sums over hubs are products of matrices, since utility is a sum of what the hub, the corridor and the permit add. The
inversion of hub constants stands on it.
"""

import numpy as np
from numba import njit

from sim.model import equations as eq
from sim.model import rng
from sim.model.kernels import tied_hubs
from sim.model.market import dissimilarity_of
from sim.model.remote import considering_factor
from sim.model.routes import promise, route_shares
from sim.world.people import entrant_homes

ROLE, TASTE = 2, 1  # the expected flows stand on the middle role and taste
# in the country, to the home country, to a third one, and to another country of a home that is a group of countries
WAYS = np.array([eq.RESIDENCE, eq.ORIGIN, eq.THIRD, eq.THIRD])


def considerers(arm):
    """(hub, home, tier) persons expected to consider a move in the first year, new graduates included."""
    a, s, world = arm.a, arm.world.setting, arm.world
    kind = np.array([1 - a.mover_share, a.mover_share])
    rates = arm.considering_rates.reshape(2, 3, s.role_share.shape[1], *arm.considering_rates.shape[1:])
    roles = s.role_share * considering_factor(arm)
    rate = np.einsum("ktrsa,k,hr,ta->hts", rates, kind, roles, s.ages, optimize=True)
    residents = np.einsum("hts,hgts->hgt", rate, arm.counts) * world.weight
    graduates = arm.entrants[0][:, 0, None, :] * entrant_homes(s)[:, 0, :, None]
    return residents + a.considering_graduate * graduates


def tie_factors(arm):
    """(home, hub) mean factor that ties put on the odds of a hub elsewhere: friends, and former colleagues."""
    return tie_odds(arm.a, *tie_shares(arm.world, arm.colleague_share))


def tie_odds(a, friend, colleague):
    """Mean factor of ties on the odds of a hub, out of the shares of engineers who have a friend or colleague there."""
    return (1 + np.expm1(a.b_friend) * friend) * (1 + (a.colleague_multiplier - 1) * colleague)


def tie_shares(world, colleague_share, sample=30_000):
    """Shares of the engineers of the start who live elsewhere and have a friend, or a colleague that counts, in a hub.

    Returns
    -------
    two arrays (home, hub)
    """
    used, people = int(world.cohort[1]), world.engineers
    who = np.arange(0, used, max(1, used // sample))
    home, hub = people.home[who], people.hub[who]
    keys = np.array([rng.key(world.seed, "tie counts")])
    ties = tied_hubs(who, people, people.hub, world.ties, keys, colleague_share)
    sizes = len(world.setting.homes), len(world.setting.hubs)
    return tuple(_share_tied(home, hub, bits, *sizes) for bits in ties[::-1])


@njit(cache=True)
def _share_tied(home, hub, bits, homes, hubs):
    """(home, hub) share of engineers who live elsewhere and have a tie in the hub; ``bits`` are their sets of hubs."""
    tied, elsewhere, one = np.zeros((homes, hubs), np.int64), np.zeros((homes, hubs), np.int64), np.uint64(1)
    for k in range(home.size):
        if hub[k] >= 0:
            row, here = tied[home[k]], np.uint64(hub[k])
            for d in range(np.uint64(hubs)):  # no branch in it, so that it runs on vectors
                row[d] += np.int64(bits[k] >> d & one)
            row[here] -= np.int64(bits[k] >> here & one)
            elsewhere[home[k]] += 1
            elsewhere[home[k], here] -= 1
    return tied / np.maximum(elsewhere, 1)


def pulls(arm):
    """(nest, home, tier, hub) log-odds of a hub as an alternative of each nest (E1, E2), constant and corridor apart.

    Who stays or moves within the country has no relief left, who arrives has all of it; ties count elsewhere only.
    """
    s, t = arm.world.setting, arm.pulls
    p = np.arange(3) * 15 + ROLE * 3 + TASTE
    hub = np.arange(len(s.hubs))
    is_home = (s.home_share > 0)[:, None, :]
    native = np.where(is_home, t.pay_returnee[p, :, 0], t.pay[p, :, 0])
    years = np.minimum(t.returnee_years, t.pay.shape[2] - 1)
    arriving = np.where(is_home, t.pay_returnee[p[:, None], hub, years], t.pay_arriving[p])
    rest = (t.place + t.compute[ROLE] + t.jobs[ROLE])[:, None, :]
    ties = np.log(tie_factors(arm))[:, None, :]
    return np.stack([native + rest, native + rest + ties, arriving + rest + ties, arriving + rest + ties])


def exponentials(pull, trip, asks, wins, country, is_home, dissimilarity):
    """Odds of all alternatives as factors (E2, E3), so that sums over hubs are products of matrices.

    In which nest a hub is for people of a home who live in another hub is itself such a product, for each of four
    ``WAYS``.

    Parameters
    ----------
    pull : (nest, home, tier, hub) and trip : (tier, origin, hub), log-odds
    asks, wins : (home, tier, hub) what permits leave of the odds of choosing a hub abroad, and of arriving there
    country : (hub,); is_home : (home, hub) bool; dissimilarity : (nest,)

    Returns
    -------
    stay : (tier, hub, home); trip : (way, tier, origin, hub); asked, won : (way, tier, home, hub)
    lives : (way, 1, origin, home) 1 where people of the home go that way from there, else 0
    """
    border, everybody = country[:, None] != country, np.ones_like(is_home)
    goes = np.stack([~border & ~np.eye(len(country), dtype=bool), border, border, border])[:, None]
    to = np.stack([everybody, is_home, ~is_home, is_home])[:, None]
    lives = np.stack([everybody, ~is_home, everybody, is_home]).swapaxes(1, 2)[:, None].astype(float)
    scale = dissimilarity[WAYS][:, None, None, None]
    e = to * np.exp(pull.swapaxes(1, 2)[WAYS] / scale)
    asked, won = (e * np.stack([np.ones_like(p), p, p, p]).swapaxes(1, 2) for p in (asks, wins))
    stay = np.exp(pull[0].transpose(1, 2, 0) - np.diagonal(trip, axis1=1, axis2=2)[..., None])
    return stay, goes * np.exp(-trip / scale), asked, won, lives


def expected_flows(weight, stay, trip, asked, won, lives, dissimilarity, returns=False):
    """(tier, origin, destination) expected first-year moves (E1 to E3), in persons.

    ``weight`` is (tier, hub, home) considerers, ``dissimilarity`` (nest,); the others as from ``exponentials``.
    """
    odds = lives * (trip @ asked.swapaxes(2, 3))
    nest = np.stack([odds[0], odds[1], odds[2] + odds[3]])  # but for staying, which has no dissimilarity
    nest = np.maximum(nest, np.finfo(float).tiny)  # where a nest is empty
    worth = nest ** dissimilarity[1:, None, None, None]
    each = weight / (stay + worth.sum(axis=0)) * worth / nest  # what each unit of the odds adds to a flow
    by_way = trip * ((lives * each[WAYS - 1]) @ won)
    if not returns:
        return by_way.sum(axis=0)
    leave = sum(lives[way] * each[WAYS[way] - 1] * (trip[way] @ won[way].swapaxes(1, 2)) for way in (1, 2, 3))
    return by_way.sum(axis=0), leave.sum(axis=0)


class FirstYear:
    """Expected flows of the first year as a function of the constants, everything else laid out once."""

    def __init__(self, arm):
        setting, a = arm.world.setting, arm.a
        self.arm = arm
        self.dissimilarity, self.weight = dissimilarity_of(a), considerers(arm).transpose(2, 0, 1)
        self.border = setting.country[:, None] != setting.country[None, :]
        trip = arm.layout.trip_cost - self.border * arm.constants.move_cost_abroad[:, None, None]
        asks, wins = permit_factors(arm)
        self.stay, self.trip, self.asked, self.won, self.lives = exponentials(
            pulls(arm), trip, asks, wins, setting.country, setting.home_share > 0, self.dissimilarity
        )
        self.size = arm.size()
        self.group = by_group(arm.counts.sum(axis=(0, 1, 3))) * arm.world.weight
        self.foreign = setting.home_share.T <= 0  # hub, home

    def flows(self, xi, move_cost_abroad, back=None, returns=False):
        """(tier, origin, destination) persons; with ``returns`` also (origin, home) who leave the country by choice."""
        scale = self.dissimilarity[WAYS][:, None, None, None]
        pull, cost = np.exp(xi / scale), np.exp(-np.asarray(move_cost_abroad)[:, None, None] / scale)
        trip = np.concatenate([self.trip[:1], self.trip[1:] * cost[1:]])  # the first way crosses no border
        lives = self.lives
        if back is not None:
            lives = lives.copy()
            lives[1] = lives[1] * np.exp(np.asarray(back).T / self.dissimilarity[eq.ORIGIN])
        return expected_flows(
            self.weight,
            self.stay * np.exp(xi)[:, None],
            trip,
            self.asked * pull,
            self.won * pull,
            lives,
            self.dissimilarity,
            returns,
        )


def permit_factors(arm):
    """(home, tier, hub) factors that permits put on the odds of choosing a hub abroad, and of then arriving there.

    The share of a home that needs no permit chooses and arrives; the others are discouraged, and arrive with the
    chance that their routes give.
    """
    t, (route, share, pattern_of) = arm.pulls, route_shares(arm)
    granted = (share * promise(arm, True, arm.offices.known_odds)[:, route][:, None]).sum(axis=-1)
    success = (granted / np.maximum(share.sum(axis=-1), 1e-12))[pattern_of[0]][:, :, ROLE]  # home, tier, hub
    free = t.free[:, None, :]
    permit = np.exp(np.nan_to_num(t.permit[0, :, :, ROLE], nan=-np.inf) / arm.a.nest_third)
    open_to = ~t.closed[:, None, :]
    return (free + (1 - free) * permit) * open_to, (free + (1 - free) * permit * success) * open_to


def by_group(by_tier):
    """Experts and others, out of (tier,): the two groups whose border crossings are known."""
    return np.array([by_tier[0], by_tier[1:].sum()])
