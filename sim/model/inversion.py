"""The fitted constant of every hub (E2), and the first year in expectation that it stands on; nothing is drawn.

Whatever the named factors leave unexplained goes into ``xi``: year-one net migration of every hub then equals its
target, and experts and others cross borders as often as observed. Every draw of the assumptions is inverted anew, so
that all pairs start from the same observed year. Source of the method: Berry 1994, RAND Journal of Economics 25.

The expected flows are sums of products of matrices, since utility is a sum of what the hub, the corridor and the
permit add.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from sim.errors import InvariantError
from sim.model import equations as eq
from sim.model import rng, visas
from sim.model.kernels.choice import hubs_with_contacts, share_tied
from sim.model.labour import search_factor
from sim.model.market import dissimilarity_of, going_home, update_market
from sim.model.routes import route_shares, success_probability
from sim.world.categories import STATUSES, TIERS
from sim.world.engineers import OPT, ROLE_COUNT, STEM_OPT, STUDENT, TEMPORARY, TIER_COUNT, category, tier_of
from sim.world.people import entrant_homes

ROLE, TASTE = 2, 1  # the expected flows stand on the middle role and taste
# in the country, to the home country, to a third one, and to another country of a home that is a group of countries
WAYS = np.array([eq.RESIDENCE, eq.ORIGIN, eq.THIRD, eq.THIRD])
TIER_GROUP = [0, 1, 1]  # border costs are fitted for experts and for the others
TOLERANCE = 1e-4  # of a hub's gross flows, and of the log crossing rates
# of the accelerated fixed point (Anderson 1965, Journal of the ACM 12); the ridge keeps its steps solvable
STEP, MEMORY, ROUNDS, RIDGE = 0.5, 10, 250, 0.01
# Effects of going home are shrunk by this ridge: a gap of 0.1 in the log of exits leaves an effect of 1. Without it
# border costs, constants and effects run along a valley; with 0.04 the border cost doubles, with 0.2 exits are missed.
SHRINKAGE = 0.1
HARD, ENOUGH = 0.001, 0.01  # of the robust solver: what net flows and crossings are met to, and may at most miss by
LASTING, BOOM = 0.02, 2.0  # where no lasting constants meet their targets: to what they do, and the spread of the boom
LEAST = 0.1
EVALUATIONS = 20_000  # of the robust solver


class Expected(NamedTuple):
    """What is expected of the first year, (tier, origin, destination) persons each; or (tier, home, ...), see below."""

    moves: np.ndarray  # by choice, permits granted
    applications: np.ndarray  # by choice, for a permit
    departures: np.ndarray  # home, and of those whose status runs out (E6)

    def flow(self):
        """(origin, destination) all moves."""
        whole = self.moves + self.departures
        return whole.sum(axis=tuple(range(whole.ndim - 2)))


def expected(sim, policies=None, by_home=False):
    """The :class:`Expected` first year of a simulation on its first 1 January.

    Parameters
    ----------
    simulation : Simulation
    policies : in force all year; None for the rules that the simulation stands under
    by_home : count by home too: (tier, home, origin, destination) persons each
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
    _, trip, freely, homeward, lives = exponentials(*terms)
    lives = drawn_home(lives, back, dissimilarity)
    leaving = [
        persons[..., None] * ways_out(trip, odds, lives, dissimilarity)
        for persons, odds in zip(ended(sim), (homeward, freely), strict=True)
    ]
    own = (
        np.zeros(len(s.hubs)),
        known.move_cost_abroad,
        back,
    )  # the simulation's pulls hold the constants of its hubs
    applied = first.asked - freely
    if not by_home:
        return Expected(first.flows(*own), first.flows(*own, won=applied), sum(leaving).sum(axis=1))
    return Expected(home_flows(first, own, first.won), home_flows(first, own, applied), sum(leaving))


def home_flows(first, own, won):
    """(tier, home, origin, destination) flows: they are linear in the odds of those who arrive, home by home."""
    homes = np.arange(won.shape[2])
    return np.stack([first.flows(*own, won=won * (homes == g)[:, None]) for g in homes], axis=1)


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
    settled, returning = on(s.settlement_rate * rules["settlement"][:, None]), on(visas.return_rates(sim))
    there = people.hub[:used] >= 0
    everybody, ending = count(there), count(there & (people.expiry_month[:used] <= 12 * sim.year + 11))
    granted = granted_inside(sim)
    leavers = ending[..., STEM_OPT] + ending[..., OPT] * (visas.stem_months(s) == 0)[s.country]
    temporary = everybody[..., TEMPORARY] + everybody[..., STUDENT:].sum(axis=-1) * granted
    homeward = temporary * (1 - settled) * returning
    refused = ending[..., TEMPORARY] * (1 - settled) * (1 - returning) * (1 - on(visas.renewal_rates(sim)))
    return homeward, refused + leavers * (1 - granted)


def granted_inside(sim):
    """(tier, home, hub) chance that somebody on a study status is granted a work permit in the year where they live."""
    route, share, pattern_of = route_shares(sim, abroad=False)
    chance = (share * success_probability(sim, False, sim.visas.known_odds)[:, route][:, None]).sum(axis=-1)
    return chance[pattern_of[0]][:, :, ROLE].swapaxes(0, 1)


def expected_searchers(sim):
    """(hub, home, tier) persons expected to consider a move in the first year, new graduates included."""
    a, s, world = sim.a, sim.world.setting, sim.world
    kind = np.array([1 - a.mover_share, a.mover_share])
    rates = sim.search_rates.reshape(2, TIER_COUNT, ROLE_COUNT, *sim.search_rates.shape[1:])
    roles = s.role_share * search_factor(sim)
    rate = np.einsum("ktrsa,k,hr,ta->hts", rates, kind, roles, s.ages, optimize=True)
    residents = np.einsum("hts,hgts->hgt", rate, sim.counts) * world.weight
    graduates = sim.entrants[0][:, 0, None, :] * entrant_homes(s)[:, 0, :, None]
    return residents + a.considering_graduate * graduates


def tie_factors(sim):
    """(home, hub) mean factor that ties put on the odds of a hub elsewhere: friends, and former colleagues."""
    a, (friend, colleague) = sim.a, tie_shares(sim.world, sim.colleague_share)
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
    ties = hubs_with_contacts(who, people, people.hub, world.ties, keys, colleague_share)
    sizes = len(world.setting.homes), len(world.setting.hubs)
    return tuple(share_tied(home, hub, bits, *sizes) for bits in ties[::-1])


def utility_terms(sim):
    """(nest, home, tier, hub) log-odds of a hub as an alternative of each nest (E1, E2), constant and corridor apart.

    Who stays or moves within the country has no relief left, who arrives has all of it; ties count elsewhere only.
    """
    s, t = sim.world.setting, sim.utility_terms
    p = category(0, np.arange(TIER_COUNT), ROLE, TASTE)
    hub = np.arange(len(s.hubs))
    is_home = (s.home_share > 0)[:, None, :]
    native = np.where(is_home, t.pay_returnee[p, :, 0], t.pay[p, :, 0])
    years = np.minimum(t.returnee_years, t.pay.shape[2] - 1)
    arriving = np.where(is_home, t.pay_returnee[p[:, None], hub, years], t.pay_arriving[p])
    rest = (t.place + t.compute[ROLE] + t.jobs[ROLE])[:, None, :]
    ties = np.log(tie_factors(sim))[:, None, :]
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


def drawn_home(lives, back, dissimilarity):
    """``lives`` of :func:`exponentials`, times the odds of going home beyond the pull of hubs (``Constants.back``)."""
    if back is None:
        return lives
    lives = lives.copy()
    lives[1] = lives[1] * np.exp(np.asarray(back).T / dissimilarity[eq.ORIGIN])
    return lives


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
    leave = [lives[way] * each[WAYS[way] - 1] * (trip[way] @ won[way].swapaxes(1, 2)) for way in (1, 2, 3)]
    return by_way.sum(axis=0), sum(leave).sum(axis=0), leave[0].sum(axis=0)


class FirstYear:
    """Expected flows of the first year as a function of the constants, everything else laid out once."""

    def __init__(self, sim):
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

    def flows(self, xi, move_cost_abroad, back=None, returns=False, won=None):
        """(tier, origin, destination) persons; with ``returns`` (origin, home) who leave by choice, and who go home.

        ``back`` is as in ``Constants``; ``won`` counts other odds than those of who arrives, see :func:`exponentials`.
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


def permit_factors(sim):
    """(home, tier, hub) factors that permits put on the odds of choosing a hub abroad, and of then arriving there.

    The share of a home that needs no permit chooses and arrives; the others are discouraged, and arrive with the
    chance that their routes give.
    """
    t, (route, share, pattern_of) = sim.utility_terms, route_shares(sim)
    granted = (share * success_probability(sim, True, sim.visas.known_odds)[:, route][:, None]).sum(axis=-1)
    success = (granted / np.maximum(share.sum(axis=-1), 1e-12))[pattern_of[0]][:, :, ROLE]  # home, tier, hub
    free = t.free[:, None, :]
    permit = np.exp(np.nan_to_num(t.permit[0, :, :, ROLE], nan=-np.inf) / sim.a.nest_third)
    open_to = ~t.closed[:, None, :]
    return (free + (1 - free) * permit) * open_to, (free + (1 - free) * permit * success) * open_to


def by_group(by_tier):
    """Experts and others, out of (tier,): the two groups whose border crossings are known."""
    return np.array([by_tier[0], by_tier[1:].sum()])


@dataclass(frozen=True)
class HubConstants:
    """Pull of every hub beyond the named factors, in log-odds, and the border cost fitted along with it."""

    permanent: np.ndarray  # (hub,)
    boom: np.ndarray  # (hub,) in the first year
    move_cost_abroad: np.ndarray  # (tier,) log-odds
    start: int
    back: np.ndarray | None = None  # (home, hub of residence) log-odds of going home, beyond the hubs' own pull (E3)

    def at(self, year, boom_half_life):
        """(hub,) constants of a year: one year's boom is never extrapolated silently."""
        return self.permanent + self.boom * 2.0 ** (-(year - self.start) / boom_half_life)


@dataclass(frozen=True)
class AgentOffsets:
    """What agents do beyond the expected flows, measured at the centre by the fit and kept for every draw."""

    net: np.ndarray  # (hub,) persons a year
    crossing: np.ndarray  # (2,) factor on the border crossings of experts and of others
    later: np.ndarray | None = None  # (hub,) the same of net in the second year, when what ends in December is felt
    forced: np.ndarray | None = None  # (country, home) persons a year who leave because their permit runs out


def measured_exits(sim):
    """(country, home) persons a year who leave the country: measured exit rates, times the foreigners who live there.

    Free movers, for whom ``return_hazards.csv`` has no rate, leave as people of their home leave the USA,
    Americans as they leave Canada. Outside the USA, where no stay is measured, the weight is ``return_elsewhere``. The
    settled leave ``return_settled`` times as often as the temporary.
    """
    s, a = sim.world.setting, sim.a
    usa, can = s.countries.index("usa"), s.countries.index("can")
    free = np.where(np.array(s.homes) == "usa", s.return_rate[can], s.return_rate[usa])
    rate = np.where(s.return_rate > 0, s.return_rate, free)
    rate = rate * np.where(np.isin(s.homes, ("kor", "twn", "jpn")), a.return_bonus, 1.0)
    weight = np.where(np.arange(len(s.countries)) == usa, a.return_choice, a.return_elsewhere)[:, None]
    counts = sim.counts.sum(axis=2) * sim.world.weight  # hub, home, status
    away = (s.home_share.T <= 0) * (counts[..., 2:].sum(axis=2) + a.return_settled * counts[..., :2].sum(axis=2))
    by_country = np.stack([away[s.country == c].sum(axis=0) for c in range(len(s.countries))])
    return weight * rate * by_country


def chosen_exits(exits, forced):
    """(country, home) exits that are choices: all less those whose permits run out, and cells where these exceed all.

    Such a cell is infeasible: it keeps ``LEAST`` of its exits, and is reported.
    """
    return np.maximum(exits - forced, LEAST * exits), (forced > (1 - LEAST) * exits) & (exits > 0)


def none(hubs, start, move_cost_abroad=0.0):
    """Constants that say nothing, for tests and for the start of a fit."""
    return HubConstants(np.zeros(hubs), np.zeros(hubs), np.full(TIER_COUNT, float(move_cost_abroad)), start)


def net_targets(setting, boom_weight):
    """(hub,) persons a year: national figures blended with the industry index, adding up to zero over the world.

    Where the index is silent the national figure stands; what the index moves is taken from those hubs in
    proportion to their stock.
    """
    spoken = ~np.isnan(setting.index_net)
    target = setting.national_net.copy()
    target[spoken] += boom_weight * (setting.index_net - setting.national_net)[spoken]
    silent = np.where(spoken, 0.0, setting.stock)
    return target - target.sum() * silent / silent.sum()


def invert(first_year, targets, crossing_rates, offsets, fitted, going_home=None, return_share=1.0):
    """Constants that make the expected first-year flows meet their targets.

    Parameters
    ----------
    first_year : FirstYear
    targets : (hub,) persons a year, adding up to zero
    crossing_rates : (2,) experts and others who cross a border, share of the stock a year; None keeps the costs
    offsets : Offsets, what the agents do beyond the expected flows
    fitted : (xi, move_cost_abroad) to start from, or with (home, hub) effects of going home
    going_home : (country, home) persons a year who leave by choice, a soft target; None keeps the effects
    return_share : of them, those that go home, a soft target by home

    Returns
    -------
    xi : (hub,) log-odds, their mean over engineers zero; move_cost_abroad : (tier,) log-odds; where exits are fitted,
        also (home, hub of residence) log-odds of going home

    Raises
    ------
    InvariantError
        where no constants meet the targets: such a draw of the assumptions is refused and counted
    """
    xi, cost, back = fitted if len(fitted) == 3 else (*fitted, None)
    country, hubs = first_year.sim.world.setting.country, len(xi)
    of_country = np.eye(country.max() + 1)[country].T  # country, hub
    homes, kinds, known = 0, 0, None  # effects of homes and countries, the former, and the margins that they meet

    def margins(persons, home):
        """Logs of exits by home, of those of them that lead home, and of exits by country of residence."""
        return np.log(np.maximum(np.concatenate([persons.sum(axis=0), home, persons.sum(axis=1)]), 0.1))

    def laid(effects):  # (home, hub of residence)
        return effects[:kinds, None] + effects[kinds:] @ of_country

    if going_home is not None:
        homes, kinds = sum(going_home.shape), going_home.shape[1]
        known = margins(going_home, return_share * going_home.sum(axis=0))

    def residual(x):
        rho = laid(x[-homes:]) if homes else back
        found = first_year.flows(x[:hubs], x[hubs:][TIER_GROUP] if crossing_rates is not None else cost, rho, homes > 0)
        flow = found[0] if homes else found
        arrivals, departures = flow.sum(axis=(0, 1)), flow.sum(axis=(0, 2))
        gap = (targets - offsets.net - arrivals + departures) / (arrivals + departures)
        if crossing_rates is None:
            return gap
        crossed = by_group((flow * first_year.border).sum(axis=(1, 2))) * offsets.crossing / first_year.group
        gap = np.append(gap, np.log(crossed / crossing_rates))
        if not homes:
            return gap
        leave, home = (found[k] * first_year.foreign for k in (1, 2))
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
        x = anderson(residual, start)
        if x is None:
            x, why = robust(residual, start, firm)
        if x is None and crossing_rates is None:  # what lasts gives way: the targets are met as nearly as can be
            x = nearest(residual, start)
    if x is None:
        raise InvariantError(f"no hub constants meet the first year's flows under these assumptions: {why}")
    fitted_cost = cost if crossing_rates is None else x[hubs:][TIER_GROUP]
    fixed = x[:hubs] - np.average(x[:hubs], weights=first_year.size), fitted_cost
    return (*fixed, laid(x[-homes:])) if homes else fixed


def anderson(residual, x):
    """A root of ``residual`` from ``x`` on by Anderson mixing, None where none is found in ``ROUNDS`` rounds.

    Each round extrapolates from the last ``MEMORY`` ones. The same steps as ``scipy.optimize.anderson``, the oracle of
    the tests, without the import, which takes a worker longer than its draws do.
    """
    found, steps, changes = residual(x), np.empty((0, len(x))), np.empty((0, len(x)))
    for _ in range(ROUNDS):
        if not np.isfinite(found).all():
            return None
        if np.abs(found).max() <= TOLERANCE:
            return x
        products = changes @ changes.T
        products[np.diag_indices_from(products)] *= 1 + RIDGE**2
        try:
            step = STEP * found - np.linalg.solve(products, changes @ found) @ (steps + STEP * changes)
        except np.linalg.LinAlgError:  # begin anew
            steps, changes, step = steps[:0], changes[:0], STEP * found
        x, before, found = x + step, found, residual(x + step)
        steps, changes = np.vstack([steps, step])[-MEMORY:], np.vstack([changes, found - before])[-MEMORY:]
    return None


def robust(residual, x, firm):
    """Constants by Levenberg and Marquardt's method from ``x`` on, or None and why there are none.

    The first ``firm`` targets are met more closely than the others, effects of going home. *Infeasible*: the solver
    came to rest where firm targets are missed; *not converged*: it was still moving when it gave up.
    """
    from scipy.optimize import least_squares

    weight = np.where(np.arange(len(x)) < firm, 1 / HARD, 1 / (10 * HARD))
    found = least_squares(
        lambda y: np.nan_to_num(residual(y) * weight, nan=1e6, posinf=1e6, neginf=-1e6),
        x,
        method="lm",
        ftol=1e-8,
        xtol=1e-8,
        max_nfev=EVALUATIONS,
    )
    worst = HARD * np.abs(found.fun[:firm]).max()
    if worst <= ENOUGH:
        return found.x, ""
    kind = "infeasible" if found.status > 0 else "not converged"
    return None, f"{kind} (largest gap {100 * worst:.1f} % of gross flows)"


def nearest(residual, x):
    """Constants near ``x`` whose flows come as near to their targets as can be, by penalised least squares."""
    from scipy.optimize import least_squares

    def weighed(y):
        found = np.concatenate([residual(y) / LASTING, (y - y.mean() - x + x.mean()) / BOOM])
        return np.nan_to_num(found, nan=1e6, posinf=1e6, neginf=-1e6)

    return least_squares(weighed, x, method="lm", ftol=1e-6, xtol=1e-6, max_nfev=EVALUATIONS).x
