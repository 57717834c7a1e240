"""Inversion: the constants of the hubs (E2) with which the expected flows of the first year meet their targets.

The constants ``xi`` hold whatever the named factors leave unexplained. With them the net migration of every hub in the
first year equals its target, and experts and others cross borders as often as observed. They are fitted anew for every
draw of the assumptions, so that all replicates start from the same observed year. Source of the method: Berry 1994,
RAND Journal of Economics 25.

The first year is computed in expectation, without random draws. Utility is a sum of terms of the hub, the corridor and
the permit; therefore the expected flows are sums of products of matrices.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from sim.errors import InvariantError
from sim.model import equations as eq
from sim.model import rng, visas
from sim.model.kernels.choice import hubs_with_contacts, share_tied
from sim.model.labour import search_factor
from sim.model.market import dissimilarity_of, going_home, update_market
from sim.model.routes import fast_track, route_shares, success_probability
from sim.world.categories import STATUSES, TIERS
from sim.world.engineers import OPT, ROLE_COUNT, STEM_OPT, TEMPORARY, TIER_COUNT, category, tier_of
from sim.world.people import entrant_homes

ROLE, TASTE = 2, 1  # role and taste for pay of the engineer whose utilities the expected flows use
# nest of each way out of a hub: within the country, to the home country, to a third one, and to another country of a
WAYS = np.array([eq.RESIDENCE, eq.ORIGIN, eq.THIRD, eq.THIRD])
TIER_GROUP = [0, 1, 1]  # border costs are fitted for experts and for all others
TOLERANCE = 1e-4  # largest residual, relative to a hub's gross flows, or of the log crossing rates
# accelerated fixed point (Anderson 1965, Journal of the ACM 12); the ridge keeps the linear system regular
STEP, MEMORY, ROUNDS, RIDGE = 0.5, 10, 250, 0.01
# Effects of returning home are shrunk by this ridge: a gap of 0.1 in the log of exits leaves an effect of 1. Without it
# border costs, constants and effects are not identified; with 0.04 the border cost doubles, with 0.2 exits are missed.
SHRINKAGE = 0.1
HARD, ENOUGH = 0.001, 0.01  # robust solver: scale of the residuals of net flows and crossings, and largest one accepted
LASTING, BOOM = 0.02, 2.0  # penalised fit of lasting constants: scale of the residuals, and spread of the boom
TIES: list[Any] = []  # the last world and share of colleagues, and their shares of ties
LEAST = 0.1  # share of a cell's exits that stays chosen if expired permits explain more; assumed, grade D
RESCUE, EVALUATIONS = 100, 300  # largest numbers of evaluations: to rescue a near miss, and to find the nearest fit


class Expected(NamedTuple):
    """Expected flows of the first year, persons: (tier, origin, destination), or (tier, home, origin, destination)."""

    moves: np.ndarray  # chosen moves, of people who need no permit or are granted one
    applications: np.ndarray  # chosen hubs of people who need a permit there
    departures: np.ndarray  # returns home, and departures after a status has expired (E6)

    def flow(self) -> np.ndarray:
        """Return (origin, destination) the persons who move, for any reason."""
        whole = self.moves + self.departures
        return whole.sum(axis=tuple(range(whole.ndim - 2)))


def expected(sim, policies=None, by_home=False, applying=True) -> Expected:
    """Return the :class:`Expected` first year of a simulation that stands on its first 1 January.

    Parameters
    ----------
    sim : Simulation
    policies : in force all year; None for the simulation's present rules
    by_home : bool, whether flows are also by home: (tier, home, origin, destination)
    applying : bool, whether applications by home are wanted; they are 0 if not
    """
    if policies is not None:
        sim = sim.branch(policies)
        sim.adopt_rules(12 * sim.year)
        update_market(sim, sim.year)
    s, known, first, dissimilarity = sim.world.setting, sim.constants, FirstYear(sim), dissimilarity_of(sim.a)
    is_home, back = s.home_share > 0, going_home(s, known.back, sim.rules)
    without_permit = (sim.utility_terms.free * ~sim.utility_terms.closed)[:, None, :]
    at_home = without_permit * is_home[:, None]
    terms = utility_terms(sim), sim.layout.trip_cost, without_permit, at_home, s.country, is_home, dissimilarity
    _, trip, freely, _, lives = exponentials(*terms)
    lives = drawn_home(lives, back, dissimilarity)
    leaving = ended(sim)[..., None] * ways_out(trip, freely, lives, dissimilarity)
    own = (
        np.zeros(len(s.hubs)),
        known.move_cost_abroad,
        back,
    )  # the utility terms of the simulation already contain the hubs' constants
    applied = first.asked - freely
    if not by_home:
        return Expected(first.flows(*own), first.flows(*own, won=applied), leaving.sum(axis=1))
    moves = home_flows(first, own, first.won)
    return Expected(moves, home_flows(first, own, applied) if applying else 0 * moves, leaving)


def home_flows(first, own, won) -> np.ndarray:
    """Return (tier, home, origin, destination) flows, home by home: flows are linear in the odds ``won``."""
    homes = np.arange(won.shape[2])
    return np.stack([first.flows(*own, won=won * (homes == g)[:, None]) for g in homes], axis=1)


def ways_out(trip, odds, lives, dissimilarity) -> np.ndarray:
    """Return (tier, home, origin, destination) the probabilities of people who must go abroad (E3), 0 if none can.

    The arguments are as from :func:`exponentials`; ``odds`` takes the place of ``asked``.
    """
    _, origin, third, other_home = np.einsum("wog,wtod,wtgd->wtgod", lives[:, 0], trip, odds, optimize=True)
    each = np.stack([origin, third + other_home])
    inside = each.sum(axis=-1, keepdims=True)
    worth = inside ** dissimilarity[[eq.ORIGIN, eq.THIRD], None, None, None, None]
    some = np.maximum(inside, np.finfo(float).tiny)
    return (each / some * worth).sum(axis=0) / np.maximum(worth.sum(axis=0), np.finfo(float).tiny)


def ended(sim) -> np.ndarray:
    """Return (tier, home, hub) the persons whose status expires in December (E6).

    The hazards are those of ``visas.update_status``, applied to the residents of 1 January. People on post-study work
    count with the probability that no work permit is granted to them during the year.
    """
    s, people, used = sim.world.setting, sim.people, sim.used
    shape = len(TIERS), len(s.homes), len(s.hubs), len(STATUSES)

    # residents whose status ends this year unless they get another: (tier, home, hub, status) persons
    mine = (people.hub[:used] >= 0) & (people.expiry_month[:used] <= 12 * sim.year + 11)
    columns = tier_of(people.category[:used]), people.home[:used], people.hub[:used], people.status[:used]
    cells = np.ravel_multi_index([column[mine].astype(np.int64) for column in columns], shape)
    ending = np.bincount(cells, minlength=np.prod(shape)).reshape(shape) * sim.world.weight

    on = lambda rate: np.minimum(rate, 1.0)[s.country].T  # noqa: E731 (home, hub), or (hub,)
    settled, faster = on(visas.settlement_rates(sim)), fast_track(sim)
    if (faster != 1).any():
        settled = np.minimum(settled * (s.role_share * faster[s.country]).sum(axis=1), 1.0)
    granted = granted_inside(sim)
    # status expires: at the last step of post-study work, and of temporary residents whose renewal is refused
    leavers = ending[..., STEM_OPT] + ending[..., OPT] * (visas.stem_months(s) == 0)[s.country]
    refused = ending[..., TEMPORARY] * (1 - settled) * (1 - on(visas.renewal_rates(sim)))
    return refused + leavers * (1 - granted)


def granted_inside(sim) -> np.ndarray:
    """Return (tier, home, hub) the probability that people on a study status are granted a work permit in the year."""
    route, share, pattern_of = route_shares(sim, abroad=False)
    chance = (share * success_probability(sim, False, sim.visas.known_odds)[:, route][:, None]).sum(axis=-1)
    return chance[pattern_of[0]][:, :, ROLE].swapaxes(0, 1)


def expected_searchers(sim) -> np.ndarray:
    """Return (hub, home, tier) the persons expected to search in the first year, new graduates included (E4)."""
    a, s, world = sim.a, sim.world.setting, sim.world
    # mean search rate over types, roles, statuses and ages, times residents; then the new graduates
    kind = np.array([1 - a.mover_share, a.mover_share])
    rates = sim.search_rates.reshape(2, TIER_COUNT, ROLE_COUNT, *sim.search_rates.shape[1:])
    roles = s.role_share * search_factor(sim)
    rate = np.einsum("ktrsa,k,hr,ta->hts", rates, kind, roles, s.ages, optimize=True)
    residents = np.einsum("hts,hgts->hgt", rate, sim.counts) * world.weight
    graduates = sim.entrants[0][:, 0, None, :] * entrant_homes(s)[:, 0, :, None]
    return residents + a.considering_graduate * graduates


def tie_factors(sim) -> np.ndarray:
    """Return (home, hub) the mean factor of friends and former colleagues on the odds of a hub elsewhere (E2)."""
    a, known = sim.a, (sim.world, sim.colleague_share)
    # they depend on nothing else, and many expected years of one world follow each other
    kept: tuple[Any, ...] = TIES[0] if TIES else (None, None, None)
    if kept[0] is not known[0] or kept[1] != known[1]:
        TIES[:] = [kept := (*known, tie_shares(*known))]
    friend, colleague = kept[2]
    return (1 + np.expm1(a.b_friend) * friend) * (1 + (a.colleague_multiplier - 1) * colleague)


def tie_shares(world, colleague_share, sample=30_000) -> tuple[np.ndarray, ...]:
    """Return the shares of the engineers living elsewhere who have a friend, or a former colleague, in a hub.

    Returns
    -------
    two arrays (home, hub), from about ``sample`` engineers of the start
    """
    used, people = int(world.cohort[1]), world.engineers
    who = np.arange(0, used, max(1, used // sample))
    home, hub = people.home[who], people.hub[who]
    keys = np.array([rng.key(world.seed, "tie counts")])
    ties = hubs_with_contacts(who, people, people.hub, world.ties, keys, colleague_share)
    sizes = len(world.setting.homes), len(world.setting.hubs)
    return tuple(share_tied(home, hub, bits, *sizes) for bits in ties[::-1])


def utility_terms(sim) -> np.ndarray:
    """Return (nest, home, tier, hub) log-odds of a hub in each nest (E1, E2), without constant and corridor.

    People who stay in the country have no tax relief left, arrivals have all of it; ties count in other hubs only.
    """
    s, t = sim.world.setting, sim.utility_terms
    p = category(0, np.arange(TIER_COUNT), ROLE, TASTE)
    hub = np.arange(len(s.hubs))
    is_home = (s.home_share > 0)[:, None, :]
    # pay without relief for residents, with all of it for arrivals; home country and others have different schemes
    native = np.where(is_home, t.returnee.pay[0, p, :, 0], t.pay[p, :, 0])
    years = np.minimum(t.returnee_years, t.pay.shape[2] - 1)
    arriving = np.where(is_home, t.returnee.pay[0, p[:, None], hub, years], t.pay_arriving[p])
    rest = t.place[:, None, :] + t.compute[:, ROLE] + t.jobs[ROLE]
    arriving = arriving + t.newcomer_compute[:, ROLE]
    ties = np.log(tie_factors(sim))[:, None, :]
    return np.stack([native + rest, native + rest + ties, arriving + rest + ties, arriving + rest + ties])


def exponentials(pull, trip, asks, wins, country, is_home, dissimilarity) -> tuple[np.ndarray, ...]:
    """Return the odds of all alternatives as factors (E2, E3), so that sums over hubs are products of matrices.

    The nest of an alternative depends on the home and the hub of residence; for each of the four ``WAYS`` its indicator
    is a product of a factor by origin and home and one by home and hub.

    Parameters
    ----------
    pull : (nest, home, tier, hub) and trip : (tier, origin, hub), log-odds
    asks, wins : (home, tier, hub) factors of permits on the odds of choosing a hub abroad, and of arriving there
    country : (hub,); is_home : (home, hub) bool; dissimilarity : (nest,)

    Returns
    -------
    stay : (tier, hub, home); trip : (way, tier, origin, hub); asked, won : (way, tier, home, hub)
    lives : (way, 1, origin, home) 1 if people of the home can take that way from there, else 0
    """
    # which alternatives each way leads to: by corridor, by destination and home, by origin and home
    border, everybody = country[:, None] != country, np.ones_like(is_home)
    goes = np.stack([~border & ~np.eye(len(country), dtype=bool), border, border, border])[:, None]
    to = np.stack([everybody, is_home, ~is_home, is_home])[:, None]
    lives = np.stack([everybody, ~is_home, everybody, is_home]).swapaxes(1, 2)[:, None].astype(float)
    scale = dissimilarity[WAYS][:, None, None, None]
    e = to * np.exp(pull.swapaxes(1, 2)[WAYS] / scale)
    asked, won = (e * np.stack([np.ones_like(p), p, p, p]).swapaxes(1, 2) for p in (asks, wins))
    stay = np.exp(pull[0].transpose(1, 2, 0) - np.diagonal(trip, axis1=1, axis2=2)[..., None])
    return stay, goes * np.exp(-trip / scale), asked, won, lives


def drawn_home(lives, back, dissimilarity) -> np.ndarray:
    """Return ``lives`` of :func:`exponentials` times the odds of returning home, ``HubConstants.back``."""
    if back is None:
        return lives
    lives = lives.copy()
    lives[1] = lives[1] * np.exp(np.asarray(back).T / dissimilarity[eq.ORIGIN])
    return lives


def expected_flows(weight, stay, trip, asked, won, lives, dissimilarity, returns=False) -> Any:
    """Return (tier, origin, destination) the expected moves of the first year (E1 to E3), in persons.

    With ``returns`` it also returns (origin, home) the persons who leave the country, and those who go home.

    Parameters
    ----------
    weight : (tier, hub, home) searchers, persons; dissimilarity : (nest,)
    stay, trip, asked, won, lives : from :func:`exponentials`
    """
    # sums of odds in each nest; staying is a nest of its own without dissimilarity
    odds = lives * (trip @ asked.swapaxes(2, 3))
    nest = np.stack([odds[0], odds[1], odds[2] + odds[3]])
    nest = np.maximum(nest, np.finfo(float).tiny)  # an empty nest
    worth = nest ** dissimilarity[1:, None, None, None]
    # persons that each unit of the odds adds to a flow
    each = weight / (stay + worth.sum(axis=0)) * worth / nest
    by_way = trip * ((lives * each[WAYS - 1]) @ won)
    if not returns:
        return by_way.sum(axis=0)
    leave = [lives[way] * each[WAYS[way] - 1] * (trip[way] @ won[way].swapaxes(1, 2)) for way in (1, 2, 3)]
    return by_way.sum(axis=0), sum(leave).sum(axis=0), leave[0].sum(axis=0)


class FirstYear:
    """Expected flows of the first year as a function of the constants; all other factors are computed once."""

    def __init__(self, sim) -> None:
        setting, a = sim.world.setting, sim.a
        self.sim = sim
        self.dissimilarity, self.weight = dissimilarity_of(a), expected_searchers(sim).transpose(2, 0, 1)
        self.border = setting.country[:, None] != setting.country[None, :]
        trip = sim.layout.trip_cost - self.border * sim.constants.move_cost_abroad[:, None, None]
        asks, wins = permit_factors(sim)
        self.stay, self.trip, self.asked, self.won, self.lives = exponentials(
            utility_terms(sim), trip, asks, wins, setting.country, setting.home_share > 0, self.dissimilarity
        )
        self.size = sim.size()
        self.group = by_group(sim.counts.sum(axis=(0, 1, 3))) * sim.world.weight
        self.foreign = setting.home_share.T <= 0  # hub, home

    def flows(self, xi, move_cost_abroad, back=None, returns=False, won=None) -> Any:
        """Return the expected flows under the given constants, see :func:`expected_flows`.

        Parameters
        ----------
        xi : (hub,) log-odds; move_cost_abroad : (tier,) log-odds; back : as in :class:`HubConstants`
        returns : bool, whether to return exits and returns by home, too
        won : odds to count in place of those of arrivals, for example of applications
        """
        scale = self.dissimilarity[WAYS][:, None, None, None]
        pull, cost = np.exp(xi / scale), np.exp(-np.asarray(move_cost_abroad)[:, None, None] / scale)
        trip = np.concatenate([self.trip[:1], self.trip[1:] * cost[1:]])  # the first way crosses no border
        lives = drawn_home(self.lives, back, self.dissimilarity)
        return expected_flows(
            self.weight,
            self.stay * np.exp(xi)[:, None],
            trip,
            self.asked * pull,
            (self.won if won is None else won) * pull,
            lives,
            self.dissimilarity,
            returns,
        )


def permit_factors(sim) -> tuple[np.ndarray, np.ndarray]:
    """Return (home, tier, hub) the factors of permits on the odds of choosing a hub abroad, and of arriving there.

    People who need no permit arrive where they choose. For the others the permit lowers the odds of the choice, and
    they arrive with the probability of success of their routes.
    """
    t, (route, share, pattern_of) = sim.utility_terms, route_shares(sim)
    # probability of success of an applicant's route
    granted = (share * success_probability(sim, True, sim.visas.known_odds)[:, route][:, None]).sum(axis=-1)
    success = (granted / np.maximum(share.sum(axis=-1), 1e-12))[pattern_of[0]][:, :, ROLE]  # home, tier, hub
    free = t.free[:, None, :]
    permit = np.exp(np.nan_to_num(t.permit[pattern_of[0]][:, :, ROLE], nan=-np.inf) / sim.a.nest_third)
    open_to = ~t.closed[:, None, :]
    return (free + (1 - free) * permit) * open_to, (free + (1 - free) * permit * success) * open_to


def by_group(by_tier) -> np.ndarray:
    """Return (2,) the sums of ``by_tier`` (tier,) over experts and over all others, as for border crossings."""
    return np.array([by_tier[0], by_tier[1:].sum()])


@dataclass(frozen=True)
class HubConstants:
    """Fitted constants of the hubs, in log-odds, and the border costs and effects of returning fitted with them."""

    permanent: np.ndarray  # (hub,)
    boom: np.ndarray  # (hub,) in the first year
    move_cost_abroad: np.ndarray  # (tier,) log-odds
    start: int
    back: np.ndarray | None = None  # (home, hub of residence) log-odds of returning home (E3)

    def at(self, year, boom_half_life) -> np.ndarray:
        """Return (hub,) the constants of a year: the permanent part, and the boom, which halves with its half-life.

        Before the year of the fit the boom has built up as fast as it fades after it (assumption, grade D).
        """
        return self.permanent + self.boom * 2.0 ** (-abs(year - self.start) / boom_half_life)


@dataclass(frozen=True)
class AgentOffsets:
    """Differences between simulated and expected flows, measured by the fit at central assumptions, for all draws."""

    net: np.ndarray  # (hub,) persons a year
    crossing: np.ndarray  # (2,) factor on the border crossings of experts and of others
    later: np.ndarray | None = None  # (hub,) net of the second year, persons a year, which events of December affect
    forced: np.ndarray | None = None  # (country, home) persons a year who leave because their permit has expired


def measured_exits(sim) -> np.ndarray:
    """Return (country, home) the persons a year who leave the country: measured rates times foreign residents.

    Free movers have no rate in ``return_hazards.csv``; they leave at the rate of their home in the country where stays
    are measured. In other countries the weight is ``return_elsewhere``. Settled residents leave ``return_settled``
    times as often as temporary residents. Source: NCSES stay rates; assumed elsewhere (grade D).
    """
    s, a = sim.world.setting, sim.a
    measured = s.stays_measured > 0
    free = s.return_rate[measured].max(axis=0, initial=0.0)
    rate = np.where(s.return_rate > 0, s.return_rate, free)
    rate = rate * np.where(s.return_bonus > 0, a.return_bonus, 1.0)
    weight = np.where(measured, a.return_choice, a.return_elsewhere)[:, None]
    # foreign residents, the settled ones (citizens and permanent residents) at their relative rate
    counts = sim.counts.sum(axis=2) * sim.world.weight  # hub, home, status
    away = (s.home_share.T <= 0) * (counts[..., 2:].sum(axis=2) + a.return_settled * counts[..., :2].sum(axis=2))
    by_country = np.stack([away[s.country == c].sum(axis=0) for c in range(len(s.countries))])
    return weight * rate * by_country


def chosen_exits(exits, forced) -> tuple[np.ndarray, np.ndarray]:
    """Return (country, home) the exits by choice, and bool, whether the cell is infeasible.

    Exits by choice are all exits less those after an expired permit. A cell where these exceed nearly all exits is
    infeasible; it keeps the share ``LEAST`` of its exits.
    """
    return np.maximum(exits - forced, LEAST * exits), (forced > (1 - LEAST) * exits) & (exits > 0)


def none(hubs, start, move_cost_abroad=0.0) -> HubConstants:
    """Return constants that are all zero, for tests and for the start of a fit."""
    return HubConstants(np.zeros(hubs), np.zeros(hubs), np.full(TIER_COUNT, float(move_cost_abroad)), start)


def net_targets(setting, boom_weight) -> np.ndarray:
    """Return (hub,) targets of net migration, persons a year: national figures blended with the industry index.

    Hubs without an index keep the national figure. Targets sum to zero over the world: hubs without an index share the
    difference in proportion to their stock.
    """
    # blend the index in where there is one, and take the sum out of the hubs without an index
    spoken = ~np.isnan(setting.index_net)
    target = setting.national_net.copy()
    target[spoken] += boom_weight * (setting.index_net - setting.national_net)[spoken]
    silent = np.where(spoken, 0.0, setting.stock)
    return target - target.sum() * silent / silent.sum()


def invert(
    first_year, targets, crossing_rates, offsets, fitted, going_home=None, return_share=1.0, rescue=True
) -> tuple:
    """Return the constants with which the expected flows of the first year meet their targets.

    Parameters
    ----------
    first_year : FirstYear
    targets : (hub,) persons a year, adding up to zero
    crossing_rates : (2,) share of experts and of others who cross a border in a year; None keeps the border costs
    offsets : AgentOffsets, differences between simulated and expected flows
    fitted : (xi, move_cost_abroad) to start from, or these and (home, hub) effects of returning home
    going_home : (country, home) persons a year who leave by choice, a soft target; None keeps the effects
    return_share : share of these who return home, a soft target by home
    rescue : whether the robust solver, a hundred times as slow, tries what the fixed point does not solve

    Returns
    -------
    xi : (hub,) log-odds with mean zero over engineers; move_cost_abroad : (tier,) log-odds; if exits are fitted, also
        (home, hub of residence) log-odds of returning home

    Raises
    ------
    InvariantError
        if no constants meet the targets; the caller rejects such a draw of the assumptions and counts it
    """
    xi, cost, back = fitted if len(fitted) == 3 else (*fitted, None)
    country, hubs = first_year.sim.world.setting.country, len(xi)
    of_country = np.eye(country.max() + 1)[country].T  # country, hub
    homes, kinds, known = 0, 0, None  # numbers of effects in all and by home, and their targets

    def margins(persons, home) -> np.ndarray:
        """Return the logs of exits by home, of exits that lead home, and of exits by country of residence."""
        return np.log(np.maximum(np.concatenate([persons.sum(axis=0), home, persons.sum(axis=1)]), 0.1))

    def laid(effects) -> np.ndarray:
        """Return (home, hub of residence) the sums of the effects of home and of country."""
        return effects[:kinds, None] + effects[kinds:] @ of_country

    if going_home is not None:
        homes, kinds = sum(going_home.shape), going_home.shape[1]
        known = margins(going_home, return_share * going_home.sum(axis=0))

    def residual(x) -> np.ndarray:
        """Return the relative gaps of net flows, then the log gaps of crossings and of exits; 0 at the solution."""
        rho = laid(x[-homes:]) if homes else back
        found = first_year.flows(x[:hubs], x[hubs:][TIER_GROUP] if crossing_rates is not None else cost, rho, homes > 0)
        flow = found[0] if homes else found
        arrivals, departures = flow.sum(axis=(0, 1)), flow.sum(axis=(0, 2))
        # net flows, relative to gross flows
        gap = (targets - offsets.net - arrivals + departures) / (arrivals + departures)
        if crossing_rates is None:
            return gap
        # log gaps of the border crossings of experts and of others
        crossed = by_group((flow * first_year.border).sum(axis=(1, 2))) * offsets.crossing / first_year.group
        gap = np.append(gap, np.log(crossed / crossing_rates))
        if not homes:
            return gap
        leave, home = (found[k] * first_year.foreign for k in (1, 2))
        # soft targets: exits by home and country, shrunk by the ridge
        by_home, lead_home, by_country = np.split(
            known - margins(of_country @ leave, home.sum(axis=0)), [kinds, 2 * kinds]
        )
        rho, sigma = x[-homes:][:kinds], x[-homes:][kinds:]
        soft = (by_home + lead_home) / 2 - SHRINKAGE * rho, by_country - SHRINKAGE * sigma
        return np.concatenate([gap, *soft])

    start = xi if crossing_rates is None else np.append(xi, cost[:2])
    if homes:
        first = np.unique(country, return_index=True)[1]
        if back is None:
            back = np.zeros((kinds, hubs))
        start = np.concatenate([start, back[:, 0], back[0, first] - back[0, 0]])
    why, firm = "", len(start) - homes
    with np.errstate(all="ignore"):
        # the fast fixed point first, then the robust solver
        x = anderson(residual, start)
        if x is None:
            x, why = robust(residual, start, firm) if rescue else (None, "the fixed point does not converge")
        if x is None and crossing_rates is None:  # lasting constants may miss their targets: the nearest fit
            x = nearest(residual, start)
    if x is None:
        raise InvariantError(f"no hub constants meet the first year's flows under these assumptions: {why}")
    # a common constant changes no choice: set the mean over engineers to zero
    fitted_cost = cost if crossing_rates is None else x[hubs:][TIER_GROUP]
    fixed = x[:hubs] - np.average(x[:hubs], weights=first_year.size), fitted_cost
    return (*fixed, laid(x[-homes:])) if homes else fixed


def anderson(residual, x) -> np.ndarray | None:
    """Return a root of ``residual`` by Anderson mixing from ``x`` (n,), or None after ``ROUNDS`` rounds without one.

    Each round extrapolates from the last ``MEMORY`` ones. The steps are those of ``scipy.optimize.anderson``, with
    which the tests compare. It stays because of its cost: on 8 draws of the assumptions both need the same evaluations,
    scipy 0.08 s a draw and these lines 0.06 s, and the import of ``scipy.optimize`` takes 0.45 s more in each worker.
    """
    value, steps, changes = residual(x), np.empty((0, len(x))), np.empty((0, len(x)))
    for _ in range(ROUNDS):
        if not np.isfinite(value).all():
            return None
        if np.abs(value).max() <= TOLERANCE:
            return x
        # extrapolate from the last rounds by regularised least squares
        products = changes @ changes.T
        products[np.diag_indices_from(products)] *= 1 + RIDGE**2
        try:
            step = STEP * value - np.linalg.solve(products, changes @ value) @ (steps + STEP * changes)
        except np.linalg.LinAlgError:  # begin anew
            steps, changes, step = steps[:0], changes[:0], STEP * value
        x, before, value = x + step, value, residual(x + step)
        steps, changes = np.vstack([steps, step])[-MEMORY:], np.vstack([changes, value - before])[-MEMORY:]
    return None


def robust(residual, x, firm) -> tuple[np.ndarray | None, str]:
    """Return a root by the Levenberg-Marquardt method from ``x`` (n,), and "", or None and the reason of the failure.

    The first ``firm`` residuals have a larger weight than the others, the effects of returning home. *Infeasible*: the
    solver converged where firm targets are missed; *not converged*: it reached the limit of evaluations.
    """
    from scipy.optimize import least_squares

    weight = np.where(np.arange(len(x)) < firm, 1 / HARD, 1 / (10 * HARD))
    solution = least_squares(
        lambda y: np.nan_to_num(residual(y) * weight, nan=1e6, posinf=1e6, neginf=-1e6),
        x,
        method="lm",
        ftol=1e-8,
        xtol=1e-8,
        max_nfev=RESCUE,
    )
    worst = HARD * np.abs(solution.fun[:firm]).max()
    if worst <= ENOUGH:
        return solution.x, ""
    kind = "infeasible" if solution.status > 0 else "not converged"
    return None, f"{kind} (largest gap {100 * worst:.1f} % of gross flows)"


def nearest(residual, x) -> np.ndarray:
    """Return constants near ``x`` with small residuals, by least squares with a penalty on the distance from ``x``."""
    from scipy.optimize import least_squares

    def weighed(y) -> np.ndarray:
        """Return the scaled residuals and the scaled distances from ``x``."""
        found = np.concatenate([residual(y) / LASTING, (y - y.mean() - x + x.mean()) / BOOM])
        return np.nan_to_num(found, nan=1e6, posinf=1e6, neginf=-1e6)

    return least_squares(weighed, x, method="lm", ftol=1e-6, xtol=1e-6, max_nfev=EVALUATIONS).x
