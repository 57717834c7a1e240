"""The expected first year: how many people move, apply and leave along every corridor, without a simulated engineer.

The estimands of one year stand on it: :func:`expected` under the rules of a policy less the same under those of the
baseline is the exact effect on the first year. Choices are those of the inversion (``inversion.FirstYear``); to them
come the departures of those whose status ends (E6).

Left out are petitions under way on 1 January and the next choice of those who are refused.
"""

from typing import NamedTuple

import numpy as np

from sim.model import equations as eq
from sim.model import year
from sim.model.inversion import ROLE, FirstYear, drawn_home, exponentials, utility_terms
from sim.model.market import dissimilarity_of, update_market
from sim.model.routes import route_shares, success_probability
from sim.world.categories import STATUSES, TIERS
from sim.world.engineers import OPT, STEM_OPT, STUDENT, TEMPORARY, tier_of


class Expected(NamedTuple):
    """What is expected of the first year, (tier, origin, destination) persons each."""

    moves: np.ndarray  # by choice, permits granted
    applications: np.ndarray  # by choice, for a permit
    departures: np.ndarray  # home, and of those whose status runs out (E6)

    def flow(self):
        """(origin, destination) all moves."""
        return (self.moves + self.departures).sum(axis=0)


def expected(sim, policies=None):
    """The :class:`Expected` first year of a simulation on its first 1 January.

    Parameters
    ----------
    simulation : Simulation
    policies : in force all year; None for the rules that the simulation stands under
    """
    if policies is not None:
        sim = sim.branch(policies)
        sim.adopt_rules(12 * sim.year)
        update_market(sim, sim.year)
    s, known, first, dissimilarity = sim.world.setting, sim.constants, FirstYear(sim), dissimilarity_of(sim.a)
    is_home = s.home_share > 0
    without_permit = (sim.utility_terms.free * ~sim.utility_terms.closed)[:, None, :]
    at_home = without_permit * is_home[:, None]
    terms = utility_terms(sim), sim.layout.trip_cost, without_permit, at_home, s.country, is_home, dissimilarity
    _, trip, freely, homeward, lives = exponentials(*terms)
    lives = drawn_home(lives, known.back, dissimilarity)
    leaving = [
        np.einsum("tgo,tgod->tod", persons, ways_out(trip, odds, lives, dissimilarity), optimize=True)
        for persons, odds in zip(ended(sim), (homeward, freely), strict=True)
    ]
    own = (
        np.zeros(len(s.hubs)),
        known.move_cost_abroad,
        known.back,
    )  # the simulation's pulls hold the constants of its hubs
    return Expected(first.flows(*own), first.flows(*own, won=first.asked - freely), sum(leaving))


def ways_out(trip, odds, lives, dissimilarity):
    """(tier, home, origin, destination) chances of people who must go abroad (E3); all zero where no door is open.

    ``odds`` are ``asked`` of :func:`exponentials`, like the others.
    """
    _, origin, third, other_home = np.einsum("wog,wtod,wtgd->wtgod", lives[:, 0], trip, odds, optimize=True)
    each = np.stack([origin, third + other_home])
    inside = each.sum(axis=-1, keepdims=True)
    worth = inside ** dissimilarity[[eq.ORIGIN, eq.THIRD], None, None, None, None]
    some = np.maximum(inside, np.finfo(float).tiny)
    return (each / some * worth).sum(axis=0) / np.maximum(worth.sum(axis=0), np.finfo(float).tiny)


def ended(sim):
    """Persons who go home at the end of the year, and whose status runs out then (E6), (tier, home, hub) each.

    The hazards of ``year.settle`` on the residents of 1 January, students with what they are granted in the year.
    """
    s, rules, people, used = sim.world.setting, sim.rules, sim.people, sim.used
    shape = len(TIERS), len(s.homes), len(s.hubs), len(STATUSES)

    def count(mine):
        columns = tier_of(people.category[:used]), people.home[:used], people.hub[:used], people.status[:used]
        cells = np.ravel_multi_index([column[mine].astype(np.int64) for column in columns], shape)
        return np.bincount(cells, minlength=np.prod(shape)).reshape(shape) * sim.world.weight

    on = lambda rate: np.minimum(rate, 1.0)[s.country].T  # noqa: E731 (home, hub), or (hub,)
    settled, returning = on(s.settlement_rate * rules["settlement"][:, None]), on(year.return_rates(sim))
    there = people.hub[:used] >= 0
    everybody, ending = count(there), count(there & (people.expiry_month[:used] <= 12 * sim.year + 11))
    granted = granted_inside(sim)
    leavers = ending[..., STEM_OPT] + ending[..., OPT] * (year.stem_months(s) == 0)[s.country]
    temporary = everybody[..., TEMPORARY] + everybody[..., STUDENT:].sum(axis=-1) * granted
    homeward = temporary * (1 - settled) * returning
    refused = ending[..., TEMPORARY] * (1 - settled) * (1 - returning) * (1 - on(year.renewal_rates(sim)))
    return homeward, refused + leavers * (1 - granted)


def granted_inside(sim):
    """(tier, home, hub) chance that somebody on a study status is granted a work permit in the year where they live."""
    route, share, pattern_of = route_shares(sim, abroad=False)
    chance = (share * success_probability(sim, False, sim.visas.known_odds)[:, route][:, None]).sum(axis=-1)
    return chance[pattern_of[0]][:, :, ROLE].swapaxes(0, 1)
