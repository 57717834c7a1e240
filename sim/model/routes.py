"""Permit routes: to whom each is open, the probability that it succeeds, and how applicants choose (E2, E5)."""

from functools import lru_cache

import numpy as np

from sim.model import equations as eq
from sim.model.kernels.choice import uniforms
from sim.model.kernels.visas import best_route, by_appeal
from sim.parallel import over_range
from sim.world.categories import ROLES, STATUSES, TIERS
from sim.world.engineers import TEMPORARY, role_of, tier_of

QUEUE, LOTTERY, WEIGHTED = range(3)
MOST_ROUTES = 1024  # upper bound of the number of routes, which numbers the draws: a new route changes no other draw
KINDS = ("temporary", "talent", "permanent", "study")
# rules on which it depends to whom a route is open
ADMISSION = ("route_is_open", "route_cap", "route_pay_threshold_kusd", *(f"route_{tier}" for tier in TIERS))


class Routes:
    """Fixed properties of the routes, by route; caps, fees and other terms are rules, which policies change."""

    def __init__(self, setting) -> None:
        rows = setting.routes
        countries = {c: k for k, c in enumerate(setting.countries)}
        flag = lambda name: np.array([r[name] in ("1", "true") for r in rows])  # noqa: E731
        number = lambda name, blank: np.array([float(r[name] or blank) for r in rows])  # noqa: E731
        self.names = [r["route"] for r in rows]
        self.country = np.array([countries[r["country"]] for r in rows])
        self.kind = np.array([KINDS.index(r["kind"]) for r in rows])
        self.from_abroad = flag("from_abroad") & ~flag("local_degree")
        self.in_country = flag("in_country")
        self.exposed_abroad_only = flag("exposed_abroad_only")
        self.is_free = ~flag("employer_tied")  # the permit binds to no employer
        self.holdable = flag("holdable")  # people may take the permit now and move later
        self.permanent_after = number("permanent_after_years", np.inf)  # years to permanent residence
        self.intake_month = number("intake_month", 0).astype(int)  # 0: continuous
        self.start_month = number("start_month", 0).astype(int)
        pools = [p["pool"] for p in setting.pools]
        self.pool = np.array([pools.index(r["pool"]) if r["pool"] in pools else -1 for r in rows])
        # a few routes take only temporary residents of one country: these form groups 1, 2, ..., others are group 0
        takes = [r["residents_of"] for r in rows]
        groups = ["", *sorted(set(takes) - {""})]
        self.group_of = np.zeros((len(countries), len(STATUSES)), np.int64)  # by residence
        for k, country in enumerate(groups[1:], 1):
            if country in countries:
                self.group_of[countries[country], TEMPORARY] = k
        # a row may name the homes that it takes, and the country whose residents it takes
        self.for_whom = np.array(
            [
                [
                    [
                        takes[r] in ("", group) and (not row["homes"] or home in row["homes"].split(";"))
                        for r, row in enumerate(rows)
                    ]
                    for home in setting.homes
                ]
                for group in groups
            ]
        )  # (group, home, route)
        self._patterns: dict[bytes, tuple] = {}  # open routes -> what `patterns` returns
        # the routes of each country, in the order of the table
        most = np.bincount(self.country).max()
        self.of_country = np.full((len(countries), most), -1)  # (country, k): its routes, -1 beyond them
        for c in range(len(countries)):
            mine = np.flatnonzero(self.country == c)
            self.of_country[c, : len(mine)] = mine
        self.of_hub = self.of_country[setting.country]  # (hub, k)
        self.places = np.nonzero(self.of_hub >= 0)  # (pair,) hub and k of every route of every hub

    def study_terms(self, country_count, rules, baseline) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return the terms of post-study work under the rules (E6).

        Step 0 is the first permit after a degree, step 1 its extension for STEM degrees. A country without a route in
        the table grants twelve months to everybody (assumption, grade D).

        Parameters
        ----------
        rules, baseline : dict of arrays, the rules now in force and those without policy

        Returns
        -------
        (step, country) months; (step, country) share of applicants who get it, relative to the baseline, whose stay
        rates are observed; (step, country) index of the route, -1 for none
        """
        months, share = np.zeros((2, country_count), np.int64), np.ones((2, country_count))
        route = np.full((2, country_count), -1)
        months[0] = 12
        # access times approval under the rules, relative to the baseline; nobody while the route is closed
        r = np.flatnonzero(self.kind == KINDS.index("study"))
        place = np.array(["stem" in self.names[k] for k in r], np.int64), self.country[r]
        usual = baseline["route_reach"][r] * baseline["route_approval_rate"][r]
        is_open = (rules["route_is_open"][r] > 0) & (rules["route_cap"][r] > 0)
        got = rules["route_reach"][r] * rules["route_approval_rate"][r] * is_open
        months[place] = np.rint(12 * rules["route_years"][r])
        share[place] = np.minimum(got / np.maximum(usual, 1e-9), 1.0)
        route[place] = r
        return months, share, route

    def patterns(self, is_open) -> tuple[np.ndarray, np.ndarray]:
        """Return the distinct sets of routes that homes may use: (pattern, hub, k) bool; (group, home) the pattern.

        Homes with equal sets share a pattern, so that what depends on the set is computed once for each pattern.

        Parameters
        ----------
        is_open : (route,) bool
        """
        name = is_open.tobytes()
        if name not in self._patterns:  # kept for the next call with the same open routes
            open_to = self.for_whom & is_open
            found, pattern_of = distinct(open_to.reshape(-1, open_to.shape[-1]))
            self._patterns[name] = np.take(found, self.of_hub, axis=1), pattern_of.reshape(open_to.shape[:2])
        return self._patterns[name]


@lru_cache(maxsize=8)
def routes_of(setting) -> Routes:
    """Return the :class:`Routes` of a setting, computed once for all its simulations."""
    return Routes(setting)


def cash_pay(setting, market) -> np.ndarray:
    """Return (hub, tier, role) kUSD a year of base pay and bonus, the pay that thresholds of permits count."""
    cash = setting.pay[:, :, 0] + setting.pay[:, :, 1]
    return cash[:, :, None] * setting.role_pay * market.skill * market.pay_scale[:, None, None]


def open_routes(sim) -> np.ndarray:
    """Return whether the k-th route of the hub's country is open: (tier, role, hub, k) bool.

    An open route admits the tier, has a cap above zero, and its pay threshold is met by the mean pay of tier and role.
    """
    least = sim.by_rules(least_pay, sim.rules, *ADMISSION)
    pay = np.ascontiguousarray(cash_pay(sim.world.setting, sim.market).transpose(1, 2, 0))
    return pay[..., None] >= least[:, None]


def least_pay(setting, _, rules) -> np.ndarray:
    """Return (tier, hub, k) kUSD, the pay from which the k-th route of the hub's country is open, inf if it is not."""
    route = routes_of(setting).of_hub
    is_open = (route >= 0) & (rules["route_is_open"][route] > 0) & (rules["route_cap"][route] > 0)
    admits = is_open & np.stack([rules[f"route_{tier}"][route] > 0 for tier in TIERS])
    return np.where(admits, rules["route_pay_threshold_kusd"][route], np.inf)


def is_drawn(sim) -> np.ndarray:
    """Return whether a route selects from a capped pool by lottery under the rules now in force: (route,) bool."""
    return (sim.rules["route_selection"] >= LOTTERY) & (sim.routes.pool >= 0) & (sim.routes.intake_month > 0)


def success_probability(sim, abroad, odds) -> np.ndarray:
    """Return (tier, route) the probability that an application ends in a permit (E5).

    It is the product of the ``odds`` of selection, the probability that the employer pays the fee, and approval.

    Parameters
    ----------
    abroad : bool, applications from outside the country; some routes charge the special fee only for these
    odds : (route,)
    """
    visas = sim.visas
    p_pays = visas.p_pays if abroad else np.where(sim.routes.exposed_abroad_only, 1.0, visas.p_pays)
    return odds * p_pays * visas.approval


def approval(sim) -> np.ndarray:
    """Return (route,) the probability that a petition is granted once it is decided (E5).

    In a lottery it is the share of selected registrations that become visas, ``petition_yield``; a policy on the
    approval rate changes it in proportion.
    """
    rate, before = sim.rules["route_approval_rate"], sim.baseline_rules["route_approval_rate"]
    return np.where(is_drawn(sim), np.minimum(sim.a.petition_yield * rate / np.maximum(before, 1e-9), 1.0), rate)


def pays_fee(a, fee_usd) -> np.ndarray:
    """Return (tier, route) the probability that the employer pays the special fee, ``fee_usd`` (route,) USD (E5)."""
    # share of employers that pay a fee of 100,000 USD, by tier
    at_100k = np.array([a.employer_pays_fee_expert, a.employer_pays_fee_other, a.employer_pays_fee_other])
    return eq.p_employer_pays(np.asarray(fee_usd)[None, :], at_100k[:, None], a.fee_pass_through, a.fee_sigma)


def route_terms(sim, abroad=True, tiers=slice(None), roles=slice(None)) -> tuple[np.ndarray, tuple, np.ndarray]:
    """Return on what it depends how applicants spread over the routes of a country (E5).

    Parameters
    ----------
    abroad : bool, applications from outside the country or from inside it
    tiers, roles : slices, those that are wanted

    Returns
    -------
    route : (hub, k) routes of the hub's country, padded with -1
    terms : arguments of ``kernels.visas.by_appeal``; a pattern is a set of routes open to a home
    pattern_of : (group, home) index of the pattern
    """
    route = sim.routes.of_hub
    usable = sim.open_routes[tiers, roles] & taking(sim, abroad)[route]
    patterns, pattern_of = sim.routes.patterns(sim.rules["route_is_open"] > 0)
    value = appeal(sim, abroad, sim.visas.known_odds)[tiers]
    # contiguous: the kernels are compiled once
    return route, (usable, patterns, np.take(value, route, axis=1), sim.rules["route_reach"][route]), pattern_of


def route_shares(sim, abroad=True, tiers=slice(None), roles=slice(None)) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return how applicants spread over the routes of a country (E5).

    Each applicant takes the accessible route with the highest appeal.

    Returns
    -------
    route, pattern_of : see :func:`route_terms`
    share : (pattern, tier, role, hub, k) share of the applicants
    """
    route, terms, pattern_of = route_terms(sim, abroad, tiers, roles)
    return route, by_appeal(*terms), pattern_of


def taking(sim, abroad) -> np.ndarray:
    """Return (route,) whether a route takes applications from abroad, or from inside the country.

    Permits that people may hold are no applications: ``visas.hand_out`` gives them, unless the mechanism is off.
    """
    if not abroad:
        return sim.routes.in_country
    return sim.routes.from_abroad & ~(sim.routes.holdable & (sim.a.open_permit_delta > 0))


def fast_track(sim) -> np.ndarray:
    """Return (country, role) the factor of policy on settlement and naturalisation (E2, E6), 1 in the baseline."""
    return sim.rules["fast_track"].reshape(-1, len(ROLES))


def appeal(sim, abroad, odds) -> np.ndarray:
    """Return (tier, route) by what applicants compare routes: probability of success times ``exp(permit_value)``."""
    return success_probability(sim, abroad, odds) * sim.layout.route_odds


def distinct(rows) -> tuple[np.ndarray, np.ndarray]:
    """Return the distinct rows of a table, and (row,) the index of each row among them.

    ``np.unique`` by rows takes thirty times as long.
    """
    seen = {}
    which = np.array([seen.setdefault(row.tobytes(), len(seen)) for row in rows])
    return rows[np.unique(which, return_index=True)[1]], which


def intra_company(sim, slots, hub) -> np.ndarray:
    """Return (applicant,) the route of applicants whom their own employer transfers, -1 without one.

    Temporary routes are accessible to all of them, other routes to none.
    """
    access_share = np.where(sim.routes.kind == 0, 1.0, 0.0)
    return route_for(sim, slots, hub, abroad=True, access_share=access_share)


def may_hold(sim, r) -> np.ndarray:
    """Return the slots of the people to whom a permit that can be held is open and accessible; ``r`` is its route."""
    s, routes, people, used = sim.world.setting, sim.routes, sim.people, sim.used
    hub, category, home = people.hub[:used], people.category[:used], people.home[:used]
    lives = s.country[hub]
    # open to tier and role in a hub of the country, to the home, and to residents with that status
    place = np.flatnonzero(routes.of_country[routes.country[r]] == r)[0]
    is_open = sim.open_routes[:, :, s.country == routes.country[r], place].any(axis=-1)
    meets = is_open[tier_of(category), role_of(category)]
    meets &= routes.for_whom[routes.group_of[lives, people.status[:used]], home, r]
    slots = np.flatnonzero(meets & (hub >= 0) & (people.target[:used] < 0) & (lives != routes.country[r]))
    draws = uniforms(sim.access_key, slots * MOST_ROUTES + r)
    return slots[draws < sim.rules["route_reach"][r]]


def route_for(sim, slots, hub, abroad, access_share=None) -> np.ndarray:
    """Return the accessible route with the highest appeal to each applicant (E5).

    Parameters
    ----------
    slots, hub : (applicant,) engineer, and the hub applied for
    abroad : bool, whether the applications come from outside the country
    access_share : (route,) share of people for whom a route is accessible; None for the rule ``route_reach``

    Returns
    -------
    (applicant,) int, -1 for none
    """
    routes, setting = sim.routes, sim.world.setting
    side = taking(sim, abroad)
    chosen = np.empty(len(slots), np.int64)
    over_range(
        best_route,
        len(slots),
        slots,
        hub,
        sim.people,
        setting.country,
        routes.group_of,
        routes.of_country,
        routes.for_whom,
        side,
        sim.open_routes,
        sim.rules["route_reach"] if access_share is None else access_share,
        sim.access_key,
        MOST_ROUTES,
        sim.visas.appeal_by_route(abroad),
        chosen,
    )
    return chosen
