"""Pay, prices and compute of the hubs from last year's stocks (E7, E8), and the terms of utility (E1, E2).

**There is no causal evidence that compute attracts engineers** (``b_compute``, grade D); every result that depends on
it says so. The assignment of sectors to the owners of fleets is an assumption, too (grade D).
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from sim.model import equations as eq
from sim.model import labour
from sim.model.kernels.choice import UNAVAILABLE, Tables, relief_left
from sim.model.kernels.visas import mean_over_routes
from sim.model.labour import (
    SECTOR_OPENINGS,
    SECTOR_PAY,
    Pay,
    after_tax,
    at_least,
    b_compute,
    compute_tastes,
    hiring,
    kept_equity_table,
    nominal_mean_pay,
    openings_by_sector,
    pay_level,
    pay_tastes,
    relative,
    sectors,
    sign_on_table,
    tax_points,
    with_allowance,
)
from sim.model.routes import distinct, open_routes, route_terms, routes_of
from sim.scenario.stack import rules_on_arrival
from sim.world.categories import ROLES, SECTORS
from sim.world.engineers import PROFILES, TASTE_COUNT
from sim.world.setting import OWNERS

# attributes of a simulation that the steps of this module change
WRITES = (
    "market",
    "market_cache",
    "sectors",
    "hiring",
    "open_routes",
    "from_abroad",
    "utility_terms",
    "tables",
    "vacancies",
    "opened",
    "visas",
)
OWNER_OF = np.array(
    [
        OWNERS.index(owner)
        for owner in (
            "labs_and_big_tech",
            "labs_and_big_tech",
            "cloud_and_enterprise",
            "sovereign_and_public",
            "cloud_and_enterprise",
            "cloud_and_enterprise",
            "cloud_and_enterprise",
            "sovereign_and_public",
        )
    ]
)  # (sector,) owner whose machines the sector uses; assumed, grade D
USES = np.eye(len(OWNERS))[OWNER_OF]  # (sector, owner) 1 where the sector uses the owner's machines
SKILL_PAY = ("tier_pay", "role_pay", "tier_demand", "role_demand")  # rules on which the pay of skills depends
FREE_ENTRY = ("free_entry", "home_free_entry")  # rules on which the need of a permit depends
OPENINGS = ("openings", "country_openings", *SECTOR_OPENINGS)  # rules on which openings depend
GUARANTEE = ("compute_guarantee_newcomer", "compute_guarantee_years")  # rules on the compute that newcomers have
GROUPS = ("newcomer", "returnee")  # engineers who may have tax relief
RELIEF = ("newcomer_relief", "newcomer_years", "returnee_relief", "returnee_years")
ROLE_OF_PROFILE = np.arange(PROFILES) // TASTE_COUNT % len(ROLES)
LONGEST_SCHEME = 50  # years of tax relief, the bound of its lever
GUARANTEED = np.isin(SECTORS, ("sovereign_lab", "academia"))
PUSHED = {
    "research_scientist": 0.2,
    "research_engineer": 0.2,
    "ml_engineer": 0.25,
    "ml_infrastructure_engineer": 0.3,
    "applied_ai_engineer": 0.05,
}  # jobs that compute opens; assumed, grade D
PUSHED_ROLES = np.array([PUSHED.get(r, 0.0) for r in ROLES])


def fleets(setting, a, rules, year, start) -> tuple[np.ndarray, np.ndarray]:
    """Return the H100-equivalents that the hub's engineers can use.

    Of new capacity at a hub, from the pipeline or a policy, the share ``local_use_share`` counts. Public compute that a
    country gives its own engineers counts in full; its hubs share it by their engineers at the start.

    Returns
    -------
    (hub, owner) fleets of the owners, and (hub,) capacity that all sectors share
    """
    owned = (setting.h100e * np.exp(a.fleet_growth * (year - start)))[:, None] * setting.owner_share
    multiplier = rules["compute_multiplier"]
    return (np.maximum(owned * multiplier[:, None], 0.0), np.maximum(pushed(setting, a, rules, year) * multiplier, 0.0))


@lru_cache(maxsize=64)
def standing(setting, year) -> np.ndarray:
    """Return (hub,) the H100-equivalents of the baseline's pipeline that have come online since the start."""
    live = setting.pipeline[setting.pipeline[:, 1] <= year]
    return np.bincount(live[:, 0].astype(int), live[:, 2], len(setting.hubs))


def pushed(setting, a, rules, year) -> np.ndarray:
    """Return (hub,) the H100-equivalents for local use that have come online since the start, policies included."""
    in_country = np.bincount(setting.country, setting.stock, len(setting.countries))[setting.country]
    public = rules["country_compute_h100e"][setting.country] * setting.stock / in_country
    return a.local_use_share * (standing(setting, year) + rules["compute_h100e"]) + public


def jobs_of(setting, a, rules, year) -> np.ndarray:
    """Return (hub,) the jobs that compute of policies has opened since the start, beyond the baseline's (E7)."""
    baseline = eq.compute_jobs(a.local_use_share * standing(setting, year), a.jobs_per_1000_h100e)
    return eq.compute_jobs(pushed(setting, a, rules, year), a.jobs_per_1000_h100e) - baseline


def compute_per_engineer(setting, a, rules, sizes, year, start) -> tuple[np.ndarray, np.ndarray]:
    """Return the H100-equivalents per engineer: (hub,) on average, and (hub, sector).

    Parameters
    ----------
    sizes : (hub,) and (hub, sector) engineers, persons, the second positive
    """
    (owned, shared), (size, sector_size) = fleets(setting, a, rules, year, start), sizes
    users = (sector_size @ USES)[:, OWNER_OF]  # engineers who share the machines of the sector
    size = np.maximum(size, 1.0)
    rationed = eq.rationed_compute(owned[:, OWNER_OF], users, (shared / size)[:, None])
    # sectors with a guarantee have at least that much; the hub's mean rises by the difference
    guarantee = np.where(GUARANTEED, rules["compute_guarantee"][setting.country][:, None], 0.0)
    by_sector = np.maximum(rationed, guarantee)
    share = sector_size / sector_size.sum(axis=1, keepdims=True)
    return (owned.sum(axis=1) + shared) / size + (share * (by_sector - rationed)).sum(axis=1), by_sector


def compute_table(a, market, rules, newcomers=False) -> np.ndarray:
    """Return (tier, role, hub) the log-odds of compute (E2), centred at the mean over the world's engineers.

    The table is that of the mean taste for compute; ``newcomers`` adds what hubs guarantee to newcomers from abroad.
    """
    mean = mean_over(np.log1p(relative(a, market, market.compute)), market.size)
    compute = relative(a, market, at_least(rules, market.compute, newcomers))
    return eq.compute_pull(compute[:, None], b_compute(a)[:, None], mean)


def mean_over(values, size) -> float:
    """Return the mean of ``values`` (hub,) over engineers, ``size`` (hub,) persons."""
    weights = np.maximum(size, 1e-9)
    return (values * weights).sum() / weights.sum()


class Relief(NamedTuple):
    """Tax relief of residents by years since arrival: the schemes that they came under, and what is left to them."""

    pay: np.ndarray  # (scheme, profile, hub, years of relief left) log-odds; scheme 0 is in force
    scheme: np.ndarray  # (years since arrival,)
    years: np.ndarray  # (years since arrival, hub) whole years of relief left


class UtilityTerms(NamedTuple):
    """Terms of the utility of hubs under the rules now in force, in log-odds, from :func:`utility_terms`."""

    pay: np.ndarray  # (profile, hub, years of newcomer relief left, up to the expected stay)
    pay_arriving: np.ndarray  # (profile, hub) with the full term of newcomer relief
    sign_on: np.ndarray  # (profile, hub) one payment to people who move in
    kept_equity: np.ndarray  # (profile, hub, sector) unvested equity that people keep who leave the hub
    remote: np.ndarray  # (profile, hub) pay of a remote worker less that of a local job, both without relief
    place: np.ndarray  # (home, hub)
    compute: np.ndarray  # (tier, role, hub), at the mean taste for compute
    newcomer_compute: np.ndarray  # (tier, role, hub) what a guarantee adds to it for newcomers from abroad
    jobs: np.ndarray  # (role, hub) vacancies among the jobs that compute has opened
    permit: np.ndarray  # (pattern, tier, role, hub), NaN where no route is open; see routes.Routes.patterns
    free: np.ndarray  # (home, hub) share that needs no permit; 1 where the hub is home
    closed: np.ndarray  # (home, hub) bool, to people from abroad
    newcomer: "Relief"  # tax relief of residents who came from abroad
    returnee: "Relief"  # of those who came home
    returnee_years: np.ndarray  # (hub,)
    scheme: np.ndarray  # (hub,) bool, a scheme runs, or somebody is left in one


class Market:
    """State of the market in one year, by hub. All money is in 2026 USD, because tax brackets and fees are indexed."""

    def __init__(self, pay_scale, skill, price, compute, sector_compute, size, frontier) -> None:
        self.pay_scale = pay_scale  # (hub,) real pay over that of the start
        self.skill = skill  # (tier, role) pay over that of the baseline, worldwide
        self.price = price  # (hub,) US at the start = 1
        self.compute = compute  # (hub,) H100-equivalents per engineer
        self.mean_compute = mean_over(compute, size)  # of the world's engineers
        self.sector_compute = sector_compute  # (hub, sector) H100-equivalents per engineer of the sector
        self.size = size  # (hub,) persons
        self.frontier = frontier  # growth factor of owners' fleets since the start


def update_market(sim, year) -> None:
    """Update pay, prices and compute from the last counts and the rules in force, and the tables for choices."""
    # jobs that new compute opens come first: pay follows the demand that they add
    sim.open_jobs(year)
    sim.market = market(sim, year, sim.rules)
    # which routes are open, and how applicants from abroad spread over them
    sim.open_routes = open_routes(sim)
    sim.from_abroad = route_terms(sim)
    pay = pay_of(sim)
    sim.sectors = sectors(sim, pay)
    sim.hiring = hiring(sim, year)
    # the terms of utility, then their tables in the layout of the compiled choices
    sim.utility_terms = utility_terms(sim, year, pay)
    sim.tables = tables(sim, year)


def market(sim, year, rules) -> Market:
    """Return the :class:`Market` of a year under ``rules``, from the last counts of stocks (E7, E8)."""
    # a study records the market of a 1 January, whose year then begins with it
    when, under, counted, found = sim.market_cache
    if when != year or under is not rules or counted is not sim.counts:
        found = compute_market(sim, year, rules)
        sim.market_cache = year, rules, sim.counts, found
    return found


def compute_market(sim, year, rules) -> Market:
    """Compute the :class:`Market` that :func:`market` returns."""
    s, a = sim.world.setting, sim.a
    t = year - sim.world.start
    size = sim.size()
    reference = sim.reference[min(t, len(sim.reference) - 1)]
    # demand for engineers is the reference path plus the jobs that compute opens
    demand = reference + jobs_of(s, a, rules, year)
    pay_scale = eq.pay_level(1.0, size, demand, t, 0.0, a.wage_supply_elasticity, a.agglomeration_productivity)
    price = eq.price_level(s.price, size, reference, s.engineer_share, a.housing_elasticity)
    compute, by_sector = compute_per_engineer(s, a, rules, (size, sim.sector_size()), year, sim.world.start)
    pay_scale = pay_scale * rules["pay_multiplier"] * sim.by_rules(pay_level, rules, *SECTOR_PAY)
    frontier, skill = np.exp(a.fleet_growth * t), sim.by_rules(skill_pay, rules, *SKILL_PAY)
    return Market(pay_scale, skill, price * rules["price_multiplier"], compute, by_sector, size, frontier)


def openings(setting, a, rules) -> np.ndarray:
    """Return (hub,) openings, persons a year: those of the start times policy (the rules OPENINGS).

    They do not grow with the hub's own stock, because the attraction of size is the term ``b_size`` alone. Jobs opened
    by lost petitions are added by ``Simulation.openings``.
    """
    turnover = a.job_change_rate + (setting.exit_rate + np.maximum(setting.growth, 0.0))[setting.country]
    policy = rules["openings"] * rules["country_openings"][setting.country]
    policy = policy * openings_by_sector(setting, a, rules).sum(axis=1)
    return setting.stock * turnover * policy


def gross_pay(setting, a, pay_scale, skill) -> np.ndarray:
    """Return (hub, tier, role) kUSD a year (2026), gross pay with equity as engineers value it (E1).

    Parameters
    ----------
    pay_scale : (hub,) pay over that of the start; skill : (tier, role), from :func:`skill_pay`
    """
    # value equity below cash
    base, bonus, liquid, illiquid = np.moveaxis(setting.pay, -1, 0)
    value = eq.gross_value(base, bonus, liquid, illiquid, a.liquid_equity_weight, a.illiquid_equity_weight)
    return value[:, :, None] * setting.role_pay * skill * np.asarray(pay_scale)[:, None, None]


def skill_pay(_, a, rules) -> np.ndarray:
    """Return (tier, role) pay relative to the baseline, from the policies on pay and on demand (E7)."""
    tier_pay, role_pay, tier_demand, role_demand = (rules[name] for name in SKILL_PAY)
    return eq.skill_pay(tier_pay, role_pay, tier_demand, role_demand, a.wage_supply_elasticity)


def mean_pay(setting, a) -> float:
    """Return the world's mean net real pay at the start, kUSD a year, without policy and relief (E1)."""
    # pay of the start without policy, weighted by the engineers of the start
    skill = np.ones((setting.tier_share.shape[1], setting.role_share.shape[1]))
    gross = gross_pay(setting, a, np.ones(len(setting.hubs)), skill)
    tax = eq.effective_tax(gross, setting.tax_gross, setting.tax_rate)
    net = eq.net_real_pay(
        gross,
        tax,
        0.0,
        0.0,
        0.0,
        setting.price[:, None, None],
        a.horizon,
        a.expected_stay,
        a.fee_pass_through,
        a.price_weight,
    )
    people = setting.stock[:, None, None] * setting.tier_share[:, :, None] * setting.role_share[:, None]
    return float(np.average(net, weights=people))


def pay_of(sim) -> Pay:
    """Return the :class:`Pay` of the market under the rules now in force (E1)."""
    s, rules = sim.world.setting, sim.rules
    valued = gross_pay(s, sim.a, sim.market.pay_scale, sim.market.skill)
    gross = with_allowance(valued, rules)
    return Pay(valued, gross, eq.effective_tax(gross, s.tax_gross, s.tax_rate, tax_points(s, rules)))


def utility_terms(sim, year, earned) -> UtilityTerms:
    """Return the :class:`UtilityTerms` of a year under the rules now in force (E1, E2, E10, E11).

    ``earned`` is the :class:`Pay` of the hubs.
    """
    s, a, rules, m = sim.world.setting, sim.a, sim.rules, sim.market
    valued, gross, tax = earned
    years = lambda name: rules[name].astype(np.int64)[s.country]  # noqa: E731
    came_under = relief_by_arrival(sim, year)
    left = np.arange(int(np.ceil(a.horizon)) + 1)  # relief beyond the horizon has no value
    newcomer, returnee = (
        Relief(np.stack([pay_table(gross, tax, each, left, m.price, sim) for each in relief]), *came)
        for relief, *came in (came_under[group] for group in GROUPS)
    )
    pay, openings, compute = newcomer.pay[0], sim.openings(), compute_table(a, m, rules)
    return UtilityTerms(
        pay=pay,
        newcomer=newcomer,
        returnee=returnee,
        pay_arriving=after(pay, years("newcomer_years")),
        sign_on=sign_on_table(sim, valued),
        kept_equity=kept_equity_table(sim, valued),
        remote=remote_pull(sim, gross, m.price) - pay[..., 0],
        place=eq.utility(
            a,
            size=m.size,
            diaspora=s.compatriots,
            home_share=s.home_share,
            language=s.language,
            openings=openings,
            constant=sim.constants.at(year, a.boom_half_life),
        ),
        compute=compute,
        newcomer_compute=newcomer_compute(a, m, rules, compute),
        jobs=eq.jobs_pull(sim.vacancies, openings, s.role_share, PUSHED_ROLES),
        permit=permit_disutility(sim, gross, tax),
        free=sim.by_rules(without_permit, rules, *FREE_ENTRY),
        closed=sim.by_rules(closed_to, rules, "is_closed", "bars"),
        returnee_years=years("returnee_years"),
        scheme=(
            newcomer.years.any(axis=0)
            | returnee.years.any(axis=0)
            | (np.bincount(s.country, rules["compute_guarantee_newcomer"]) > 0)[s.country]
        ),
    )


def newcomer_compute(a, market, rules, everybody) -> np.ndarray:
    """Return (tier, role, hub) the log-odds that guarantees of compute to newcomers add to those of ``everybody``."""
    if not rules["compute_guarantee_newcomer"].any():
        return np.zeros_like(everybody)
    return compute_table(a, market, rules, newcomers=True) - everybody


def schemes_by_arrival(sim, year) -> dict[str, np.ndarray]:
    """Return the tax relief of residents by years since arrival (E1): that in force, or that which they came under.

    Returns
    -------
    dict of newcomer and returnee -> (years since arrival, 2, country): share of the tax, and whole years left, none in
    the last row
    """
    rules = sim.rules
    found = schemes_in_force(rules, LONGEST_SCHEME)
    for k in range(1, LONGEST_SCHEME + 1):
        # whoever comes this year meets what is in force
        then = rules_on_arrival(year - k, sim.world.start, sim.policies, sim.baseline_rules)
        for group, terms in found.items():
            came = [then[f"{group}_relief"], np.maximum(np.floor(then[f"{group}_years"]) - k, 0)]
            terms[k] = np.where(rules[f"{group}_grandfathered"] > 0, came, terms[k])
    return found


def schemes_in_force(rules, longest) -> dict[str, np.ndarray]:
    """Return what :func:`schemes_by_arrival` does if all come under the scheme in force, up to ``longest`` years."""
    since = np.arange(longest + 1)[:, None]
    left = {group: np.maximum(np.floor(rules[f"{group}_years"]) - since, 0) for group in GROUPS}
    return {
        group: np.stack([np.broadcast_to(rules[f"{group}_relief"], years.shape), years], axis=1)
        for group, years in left.items()
    }


def relief_by_arrival(sim, year) -> dict[str, tuple]:
    """Return the tax relief of newcomers and returnees by years since arrival: what :func:`by_scheme` returns, each."""
    rules = sim.rules
    if any(rules[f"{group}_grandfathered"].any() for group in GROUPS):
        return by_scheme(sim.world.setting, schemes_by_arrival(sim, year))
    return sim.by_rules(relief_in_force, rules, *RELIEF, *GUARANTEE)


def relief_in_force(setting, _, rules) -> dict[str, tuple]:
    """Return what :func:`relief_by_arrival` does if nobody keeps another scheme than that in force."""
    guaranteed = rules["compute_guarantee_years"][rules["compute_guarantee_newcomer"] > 0]
    longest = max([*guaranteed, *(rules[f"{group}_years"].max() for group in GROUPS)])
    return by_scheme(setting, schemes_in_force(rules, int(longest)))


def by_scheme(setting, came_under) -> dict[str, tuple]:
    """Return for each group the relief of distinct schemes (scheme, hub), and the other fields of :class:`Relief`.

    ``came_under`` is of :func:`schemes_by_arrival`. Years that are left may differ from row to row, but rows of equal
    relief share a scheme.
    """
    return {
        group: (*distinct(terms[:, 0, setting.country]), terms[:, 1, setting.country].astype(np.int64))
        for group, terms in came_under.items()
    }


def going_home(setting, back, rules) -> np.ndarray:
    """Return (home, hub of residence) the log-odds of returning home: the fitted constant and policy (E3).

    ``back`` is (home, hub), or None for zeros; the rules ``going_home`` and ``home_return`` multiply the odds.
    """
    fitted = np.zeros((len(setting.homes), len(setting.hubs))) if back is None else back
    by_home = rules["home_return"].reshape(-1, len(setting.homes))[setting.country].T
    return fitted + np.log(np.maximum(rules["going_home"][setting.country] * by_home, 1e-9))


def without_permit(setting, _, rules) -> np.ndarray:
    """Return (home, hub) the share of people who need no permit: all at home, and all whom a rule frees from it."""
    by_home = rules["home_free_entry"].reshape(-1, len(setting.homes))[setting.country].T
    freed = (rules["free_entry"][setting.country] > 0) | (by_home > 0)
    return np.where(freed | (setting.home_share > 0), 1.0, setting.free_share)


def tables(sim, year) -> Tables:
    """Return the :class:`Tables` that compiled choices read: the terms of utility, combined and in float32."""
    s, a, p, fixed, rules = sim.world.setting, sim.a, sim.utility_terms, sim.layout, sim.rules
    by_taste = lambda x: (x[:, :, None] * compute_tastes(a)[:, None]).reshape(-1, len(s.hubs))  # noqa: E731
    compute = by_taste(p.compute)  # profile, hub
    newcomer_left, returnee_left = (relief_left(*each, p.pay_arriving) for each in (p.newcomer, p.returnee))
    if rules["compute_guarantee_newcomer"].any():
        # arrivals have the guarantee, and residents for its years since they came
        gain = by_taste(p.newcomer_compute)
        compute = compute + gain
        past = np.arange(len(newcomer_left))[:, None] >= np.floor(rules["compute_guarantee_years"])
        for left in (newcomer_left, returnee_left):
            left -= past[:, None] * gain
    single = lambda x: np.ascontiguousarray(x, np.float32)  # noqa: E731
    permit = single(np.where(np.isnan(p.permit), UNAVAILABLE, p.permit)).reshape(len(p.permit), -1, len(s.hubs))
    # residents compare their own job with a new one, and get neither a sign-on payment nor what they keep on leaving
    stay = eq.own_sector(sim.sectors.relative_utility, sim.sectors.value)
    stay -= p.sign_on[..., None]
    stay -= p.kept_equity
    returning = single(after(p.returnee.pay[0], p.returnee_years) - p.pay_arriving)
    return Tables(
        pull=single(
            p.place[:, None, :] + (p.pay_arriving + compute + p.jobs[ROLE_OF_PROFILE] + sim.sectors.value + p.sign_on)
        ),
        stay=single(stay.transpose(2, 0, 1)),
        trip=sim.by_rules(fixed.trips, rules, "family_rights"),
        permit=permit[sim.from_abroad[2]],  # group, home, tier * role, hub
        newcomer_left=newcomer_left,
        returnee_left=returnee_left,
        remote=single(p.remote),
        returning=returning,
        group_of=sim.routes.group_of,
        free=sim.by_rules(fixed.free, rules, *FREE_ENTRY),
        is_home=fixed.is_home,
        nest=fixed.nest,
        inverse_dissimilarity=fixed.inverse_dissimilarity,
        dissimilarity=fixed.dissimilarity,
        country=s.country,
        closed=p.closed,
        any_closed=bool(p.closed.any()),
        relief=fixed.relief(p.scheme),
        returnee_abroad=fixed.returnee_abroad,
        b_friend=np.float32(a.b_friend),
        log_colleague=np.float32(np.log(a.colleague_multiplier)),
        colleague_share=sim.colleague_share,
        family_share=np.float32(a.family_share),
        year=year,
        back=sim.by_rules(fixed.going_home, rules, "going_home", "home_return"),
        route_country=sim.routes.country,
        route_value=fixed.route_value,
        most_relief=np.float32(max(0.0, newcomer_left.max(), returnee_left.max(), returning.max())),
        odds=np.zeros((2, len(p.place), PROFILES, len(s.hubs)), np.float32),
    )


class Layout:
    """Parts of the choice tables of a simulation that neither time nor policy changes."""

    def __init__(self, setting, a, move_cost_abroad, back=None) -> None:
        self.back = back  # of returning home, see going_home
        self.abroad = setting.country[:, None] != setting.country[None, :]
        self.trip_cost = -eq.utility(
            a,
            moves=~np.eye(len(setting.hubs), dtype=bool),
            distance_km=setting.distance_km,
            corridor=eq.corridor_pull(a, setting.corridor),
            is_border=self.abroad,
            move_cost_abroad=np.asarray(move_cost_abroad)[:, None, None],
        )  # tier, origin, destination
        self.nest = nests_of(setting)
        # hubs in the country of residence and at home: elsewhere everybody has the tax relief of arrivals
        self.is_home, bits = setting.home_share > 0, np.uint64(1) << np.arange(len(setting.hubs), dtype=np.uint64)
        at_home, inside = ((hubs * bits).sum(axis=1, dtype=np.uint64) for hubs in (self.is_home, ~self.abroad))
        self.own_hubs = at_home[:, None] | inside  # (home, origin) uint64 bit set
        self.dissimilarity = dissimilarity_of(a).astype(np.float32)
        self.inverse_dissimilarity = (1 / self.dissimilarity)[self.nest]
        self.returnee_abroad = setting.returnee_abroad[setting.country].astype(np.int32)
        # freedom and permanence of the permits, without a fast track
        value = eq.permit_value(a, routes_of(setting).is_free, routes_of(setting).permanent_after)
        self.route_value, self.route_odds = value.astype(np.float32), np.exp(value)

    def trips(self, setting, a, rules) -> np.ndarray:
        """Return (family * tier, origin, destination) the cost of a move in log-odds, inf for a closed corridor."""
        # families pay more across borders (E2); a corridor without data is closed
        rights = rules["family_rights"][setting.country]
        further = self.abroad * eq.family_costs(rights, a.family_cost, a.family_share)[:, None, None]
        cost = self.trip_cost + further  # family, tier, origin, destination
        return np.where(np.isnan(cost), np.inf, cost).astype(np.float32).reshape(-1, *self.abroad.shape)

    def going_home(self, setting, _, rules) -> np.ndarray:
        """Return (home, hub of residence) float32, the log-odds of returning home under the rules."""
        return going_home(setting, self.back, rules).astype(np.float32)

    def relief(self, scheme) -> np.ndarray:
        """Return (home, origin) uint64, the bit set of the hubs whose tax relief an engineer has not as an arrival.

        It is 0 unless a scheme runs, or somebody is left in one, in the country of residence or at home: ``scheme`` is
        (hub,) bool.
        """
        matters = (self.is_home & scheme).any(axis=1)[:, None] | scheme
        return np.where(matters, self.own_hubs, np.uint64(0))

    def free(self, setting, a, rules) -> np.ndarray:
        """Return (home, origin, destination) the share that needs no permit; 1 within the country of residence."""
        free = without_permit(setting, a, rules).astype(np.float32)
        return np.where(self.abroad, free[:, None, :], np.float32(1.0))


@lru_cache(maxsize=8)
def nests_of(setting) -> np.ndarray:
    """Return (home, origin, hub) int8 the nest of every alternative (E3)."""
    hubs = np.arange(len(setting.hubs))
    return np.stack(
        [eq.nests(hubs, setting.country, np.tile(share > 0, (len(hubs), 1))) for share in setting.home_share]
    )


def dissimilarity_of(a) -> np.ndarray:
    """Return (nest,) the dissimilarity of the alternatives within each nest (E3)."""
    return np.array([1.0, a.nest_residence, a.nest_origin, a.nest_third])


def after(pay, years) -> np.ndarray:
    """Return (profile, hub) the entries of ``pay`` (profile, hub, years of relief left) at ``years`` (hub,)."""
    return pay[:, np.arange(len(years)), np.minimum(years, pay.shape[2] - 1)]


def closed_to(setting, _, rules) -> np.ndarray:
    """Return whether a hub admits nobody of a home from abroad: (home, hub) bool; a bar by origin exempts citizens."""
    bars = rules["bars"].reshape(-1, len(setting.homes))[setting.country].T > 0
    return np.ascontiguousarray((rules["is_closed"] > 0)[setting.country] | (bars & (setting.home_share == 0)))


def pay_table(gross, tax, relief, left, price, sim) -> np.ndarray:
    """Return (profile, hub, years of relief left) the log-odds of net real pay (E1, E2).

    Parameters
    ----------
    gross : (hub, tier, role) kUSD a year; tax : (hub, tier, role) rate; relief : (hub,) share of tax; price : (hub,)
    left : (years of relief left,)
    """
    a = sim.a
    # net real pay for each number of years of relief that are left: (tier, role, hub, years)
    gross, tax = (np.ascontiguousarray(x.transpose(1, 2, 0))[..., None] for x in (gross, tax))
    y = eq.net_real_pay(
        gross,
        tax,
        relief[:, None],
        left,
        0.0,
        price[:, None],
        a.horizon,
        a.expected_stay,
        a.fee_pass_through,
        a.price_weight,
    )
    # multiply by the coefficient of each taste for pay
    utility = eq.pay_utility(y, a.linear_pay, sim.mean_pay)
    return (pay_tastes(a)[:, None, None] * utility[:, :, None]).reshape(-1, len(price), len(left))


def remote_pull(sim, gross, price) -> np.ndarray:
    """Return (profile, hub) the log-odds of a remote worker's net real pay, taxed and spent where they live (E11)."""
    s, rules = sim.world.setting, sim.rules
    pay = labour.remote_gross_pay(sim, gross)
    # remote workers pay tax and prices where they live
    tax = eq.effective_tax(pay, s.tax_gross, s.tax_rate, tax_points(s, rules))
    return pay_table(pay, tax, np.zeros(len(price)), np.zeros(1), price, sim)[..., 0]


def permit_worth(setting, a, rules) -> np.ndarray:
    """Return (role, route) the freedom and permanence of a permit, as applicants see them (E2); one role for all alike.

    A fast track for a role divides the years to permanent residence by the factor of the route's country.
    """
    routes, faster = routes_of(setting), rules["fast_track"].reshape(-1, len(ROLES))
    years = routes.permanent_after / (np.ones((1, 1)) if (faster == 1).all() else faster[routes.country].T)
    return eq.permit_value(a, routes.is_free, years)


def permit_disutility(sim, gross, tax) -> np.ndarray:
    """Return (pattern, tier, role, hub) the log-odds that needing a permit adds to a hub, NaN without a route.

    Waiting and low odds lower utility (E2), and the engineer's part of the fees lowers net pay (E1). The result is the
    mean over applicants, who take different routes.
    """
    a, rules, spread = sim.a, sim.rules, sim.from_abroad[1]
    # pairs of a hub and a route of its country
    hub, place = sim.routes.places
    route = sim.routes.of_hub[hub, place]
    # loss of pay by the fees of each route, in kUSD: (tier, role, pair)
    fee = (rules["route_fee_usd"] + rules["route_special_fee_usd"])[route] / 1000
    kept = (gross * (1 - tax)).transpose(1, 2, 0)[..., hub]
    gain = eq.pay_gain(after_tax(a, kept, 0.0, fee), after_tax(a, kept, 0.0), a.linear_pay, nominal_mean_pay(sim)[hub])
    pull = np.zeros(sim.open_routes.shape)  # tier, role, hub, k
    pull[..., hub, place] = eq.utility(
        a,
        months_waiting=rules["route_processing_months"][route],
        mean_odds=sim.visas.known_odds[route],
        fee_loss=-a.b_pay * gain,
        permit_value=sim.by_rules(permit_worth, rules, "fast_track")[:, route],
    )
    return mean_over_routes(*spread, pull)
