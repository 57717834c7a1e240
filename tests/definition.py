"""The choice of a hub, as ``sim.model.equations.utility`` defines it: what the compiled twins are held to.

This gathers the inputs, engineer by engineer, out of setting, rules and assumptions, and reads none of the engine's
tables; the sum itself is ``utility``. Slow and plain on purpose.
"""

import numpy as np

from sim.model import equations as eq
from sim.model import rng
from sim.model.kernels.choice import FREELY, TIE_HASH
from sim.model.labour import b_compute
from sim.model.market import PUSHED_ROLES, going_home, jobs_of, openings
from sim.model.routes import approval
from sim.model.supply import reference_size
from sim.scenario.stack import rules_on_arrival
from sim.world.categories import ROLES, SECTORS, TIERS
from sim.world.engineers import PROFILES, TASTES, TEMPORARY, role_of, tier_of
from sim.world.ties import TEAM


def choices(arm, slots, year, mode, barred, u):
    """Return each engineer's choice, whether it takes a permit, and how far ``u`` is from a boundary."""
    v, is_open, needs, nest = utilities(arm, slots, year, mode, barred)
    a = arm.a
    dissimilarity = np.array([1.0, a.nest_residence, a.nest_origin, a.nest_third])
    chosen, margin = arm.people.hub[slots].astype(int), np.ones(len(slots))
    some = is_open.any(axis=1)  # who finds every door closed stays
    if some.any():
        p = eq.choice_probabilities(v[some], nest[some], dissimilarity, is_open[some])
        chosen[some] = eq.choose(p, nest[some], u[some])
        margin[some] = _margin(p, nest[some], u[some])
    return chosen, some & needs[np.arange(len(slots)), chosen], margin


def probabilities(arm, slots, year):
    """(engineer, hub) choice probabilities of people free to choose."""
    v, is_open, _, nest = utilities(arm, slots, year, FREELY, np.full(len(slots), -1))
    a = arm.a
    return eq.choice_probabilities(v, nest, np.array([1.0, a.nest_residence, a.nest_origin, a.nest_third]), is_open)


def utilities(arm, slots, year, mode, barred):
    """Utility of every alternative (E1, E2), which ones are open, which take a permit, and their nests."""
    s, a, rules, people = arm.world.setting, arm.a, arm.rules, arm.people
    origin, home = people.hub[slots].astype(int), people.home[slots].astype(int)
    tier, role = tier_of(people.category[slots]), role_of(people.category[slots])
    country, hubs = s.country.astype(int), np.arange(len(s.hubs))
    is_home = s.home_share[home] > 0
    abroad = country[None, :] != country[origin][:, None]
    here = hubs[None, :] == origin[:, None]
    nest = eq.nests(origin, country, is_home)

    freed = rules["home_free_entry"].reshape(-1, len(s.homes))[country].T > 0
    free = np.where((rules["free_entry"][country] > 0) | freed, 1.0, s.free_share)[home]
    nation = rng.uniform(rng.key(arm.world.seed, "nationality"), slots)
    needs = abroad & ~is_home & (nation[:, None] >= free)
    named = np.isin(s.countries, [route["residents_of"] for route in s.routes])
    resident = np.where((people.status[slots] == TEMPORARY) & named[country[origin]], country[origin], -1)
    months, odds, fee_loss = permit_disutility(arm, year, home, tier, role, resident)  # NaN where no route is open

    market = _market(arm, year)
    taste = b_compute(a)[role] * _compute_taste(a, people.category[slots])
    own, chance, sign_on = sector_terms(arm, slots, year, market)
    offers = openings(s, a, rules) + arm.jobs_abroad() * s.affiliates
    jobs = eq.jobs_pull(arm.vacancies, offers, s.role_share, PUSHED_ROLES)
    v = eq.utility(
        a,
        b_pay=_b_pay(a, people.category[slots])[:, None],
        net_pay=net_pay(arm, slots, year, market),
        sign_on_gain=sign_on,
        remote_gain=remote_gain(arm, slots, market),
        compute=eq.compute_pull(compute(arm, slots, year, market), taste[:, None], market["mean_compute"]),
        size=market["size"],
        has_friend=tied(arm, slots, "friend"),
        diaspora=s.compatriots[home],
        home_share=s.home_share[home],
        language=s.language[home],
        distance_km=s.distance_km[origin],
        corridor=eq.corridor_pull(a, s.corridor[origin]),
        is_border=abroad,
        move_cost_abroad=arm.constants.move_cost_abroad[tier][:, None],
        family_cost=family_cost(arm, slots),
        needs_permit=needs,
        months_waiting=months,
        mean_odds=odds,
        fee_loss=fee_loss,
        openings=offers,
        has_colleague=tied(arm, slots, "colleague") & ~here,
        sector_value=chance,
        own_sector=own,
        constant=arm.constants.at(year, a.boom_half_life),
        moves=~here,
        jobs=jobs[role],
        going_home=np.where(nest == eq.ORIGIN, going_home(s, arm.constants.back, rules)[home, origin][:, None], 0.0),
    )
    is_open = ~np.isnan(v) & ~(abroad & (rules["is_closed"][country] > 0))
    barred_here = rules["bars"].reshape(-1, len(s.homes))[country[None, :], home[:, None]]
    is_open &= ~(abroad & ~is_home & barred_here)
    is_open &= ~(needs & (country[None, :] == np.asarray(barred)[:, None]))
    if mode != FREELY:  # somebody who has to go needs another country, and one that asks for no permit
        is_open &= abroad & ~needs
    return np.where(is_open, v, 0.0), is_open, needs, nest


def sector_terms(arm, slots, year, market):
    """(engineer, hub) their own job against a new one, the choice of sectors, and log pay that a sign-on adds."""
    s, a, rules, people = arm.world.setting, arm.a, arm.rules, arm.people
    p = people.category[slots] % PROFILES
    relative_utility = eq.sector_relative_utility(
        sectors_ahead(arm, year), arm.sector_utility_at_start, a.sector_response
    )
    left = s.sector_share * eq.separation_rates(
        s.separation_rate, s.stock @ s.sector_share, a.job_change_rate, a.lab_separation_rate, 0
    )
    jobs = left * rules["sector_openings"] * rules["hub_sector_openings"].reshape(left.shape)
    value = eq.sector_value(jobs / jobs.sum(axis=1, keepdims=True), relative_utility)
    own = eq.own_sector(relative_utility, value)[p, :, people.sector[slots]]
    gross = market["gross"][:, tier_of(p), role_of(p)].T
    once = rules["sign_on_kusd"] / a.expected_stay
    return own, value[p], np.log(_kept(arm, gross + once) / _kept(arm, gross)) + kept_equity(arm, slots, market)


def kept_equity(arm, slots, market):
    """(engineer, 1) log pay that the unvested equity adds which each engineer keeps on leaving the hub (E1)."""
    s, a, rules, people = arm.world.setting, arm.a, arm.rules, arm.people
    factor = s.sector_pay * rules["sector_pay"] * rules["hub_sector_pay"].reshape(s.sector_share.shape)
    weights, gain = (a.liquid_equity_weight, a.illiquid_equity_weight), np.zeros((len(slots), 1))
    for i, slot in enumerate(slots):
        o, k = people.hub[slot], people.sector[slot]
        liquidity, years = rules["sector_liquidity"][k], rules["unvested_kept"][o]
        t, r, allowance = tier_of(people.category[slot]), role_of(people.category[slot]), rules["allowance_kusd"][o]
        hub_pay = (market["gross"][o, t, r] - allowance) / eq.gross_value(*s.pay[o, t], *weights)
        terms = (factor[o, k] / (s.sector_share[o] @ factor[o]), s.sector_equity[k], s.sector_illiquid[k])
        pay, cash = (hub_pay * eq.sector_pay(*s.pay[o, t], *terms, liquidity, *each) for each in (weights, (0, 0)))
        gross = np.maximum(pay + allowance, 1.0) + np.array([0, years / a.expected_stay * (pay - cash)])
        before, after = (w * (1 - tax_at(s, rules, o, w)) for w in gross)
        gain[i] = np.log(after / before)
    return gain


def sectors_ahead(arm, year):
    """(profile, hub, sector) pull of a sector's pay and compute over the hub's mean (E1, E2), cell by cell."""
    s, a, rules, market = arm.world.setting, arm.a, arm.rules, _market(arm, year)
    ahead = np.zeros((PROFILES, len(s.hubs), len(SECTORS)))
    factor = s.sector_pay * rules["sector_pay"] * rules["hub_sector_pay"].reshape(s.sector_share.shape)
    weights = a.liquid_equity_weight, a.illiquid_equity_weight
    for p, h, k in np.ndindex(ahead.shape):
        t, r = tier_of(p), role_of(p)
        mean = (market["gross"][h, t, r] - rules["allowance_kusd"][h]) / eq.gross_value(*s.pay[h, t], *weights)
        mean /= s.sector_share[h] @ factor[h]
        own = (
            mean
            * eq.sector_pay(
                *s.pay[h, t],
                factor[h, k],
                s.sector_equity[k],
                s.sector_illiquid[k],
                rules["sector_liquidity"][k],
                *weights,
            )
            + rules["allowance_kusd"][h]
        )
        net = [w * (1 - tax_at(s, rules, h, w)) for w in (own, market["gross"][h, t, r])]
        more = np.log1p(market["sector_compute"][t, h, k]) - np.log1p(market["compute"][t, h])
        ahead[p, h, k] = _b_pay(a, p) * np.log(net[0] / net[1]) + b_compute(a)[r] * _compute_taste(a, p) * more
    return ahead


def _kept(arm, gross):
    """(engineer, hub) kUSD after tax without relief."""
    taxes = [tax_at(arm.world.setting, arm.rules, h, gross[:, h]) for h in range(gross.shape[1])]
    return gross * (1 - np.stack(taxes, axis=1))


def net_pay(arm, slots, year, market):
    """(engineer, hub) net real pay (E1): relief for people who come or came under a scheme, while it lasts."""
    s, a, rules, people = arm.world.setting, arm.a, arm.rules, arm.people
    country, home = s.country.astype(int), people.home[slots].astype(int)
    gross = market["gross"][:, tier_of(people.category[slots]), role_of(people.category[slots])].T
    tax = np.stack([tax_at(s, rules, h, gross[:, h]) for h in range(len(s.hubs))], axis=1)
    is_home = s.home_share[home] > 0
    abroad = country[None, :] != country[people.hub[slots]][:, None]
    long_away = (year - people.abroad_since[slots])[:, None] >= s.returnee_abroad[country]
    scheme = np.where(is_home, rules["returnee_years"][country], rules["newcomer_years"][country])
    passed = (year - people.arrival_year[slots].astype(int))[:, None]
    on_arrival = np.where(is_home & ~long_away, 0, scheme)
    relief = np.where(is_home, rules["returnee_relief"][country], rules["newcomer_relief"][country])
    kept_relief, kept_years = promised(arm, slots, year, is_home)
    years = np.where(abroad, on_arrival, np.maximum(kept_years - passed, 0))
    relief = np.where(abroad, relief, kept_relief)
    return eq.net_real_pay(
        gross,
        tax,
        relief,
        years,
        0.0,
        market["price"],
        a.horizon,
        a.expected_stay,
        a.fee_pass_through,
        a.price_weight,
    )


def promised(arm, slots, year, is_home):
    """(engineer, 1) relief and years of the scheme that each engineer is in where they live, by year of arrival."""
    found = np.zeros((2, len(slots), 1))
    for k, i in enumerate(slots):
        c, group = (
            arm.world.setting.country[arm.people.hub[i]],
            "returnee" if is_home[k, arm.people.hub[i]] else "newcomer",
        )
        arrived, rules = int(arm.people.arrival_year[i]), arm.rules
        if rules[f"{group}_grandfathered"][c] and arrived < year:
            rules = rules_on_arrival(arrived, arm.world.start, arm.policies, arm.baseline_rules)
        found[:, k, 0] = rules[f"{group}_relief"][c], rules[f"{group}_years"][c]
    return found


def remote_gain(arm, slots, market):
    """(engineer, hub) log pay of a remote worker over a local job's (E11), both without relief; 0 for others."""
    s, a, rules, people = arm.world.setting, arm.a, arm.rules, arm.people
    gross = market["gross"]
    remote = eq.remote_gross(gross, market["size"] * rules["remote_hiring"], a.remote_convergence)
    of = (tier_of(people.category[slots]), role_of(people.category[slots]))
    net = []
    for pay in (remote, gross):
        pay = pay[:, *of].T
        tax = np.stack([tax_at(s, rules, h, pay[:, h]) for h in range(len(s.hubs))], axis=1)
        net.append(
            eq.net_real_pay(pay, tax, 0.0, 0.0, 0.0, market["price"], a.horizon, a.expected_stay, 0.0, a.price_weight)
        )
    works_elsewhere = (people.employer_hub[slots] != people.hub[slots])[:, None]
    return works_elsewhere * np.log(net[0] / net[1])


def family_cost(arm, slots):
    """(engineer, hub) further cost of crossing a border to each hub, by whether the engineer has a family."""
    a, rules = arm.a, arm.rules
    has_family = rng.uniform(rng.key(arm.world.seed, "family"), slots) < a.family_share
    costs = eq.family_costs(rules["family_rights"][arm.world.setting.country], a.family_cost, a.family_share)
    return costs[has_family.astype(int)]


def tax_at(s, rules, h, gross):
    """Effective tax rate on ``gross`` in a hub, read off its table."""
    rate = np.interp(np.log(gross), np.log(s.tax_gross), s.tax_rate[h])
    return np.clip(rate + (rules["tax_rate_points"][s.country[h]] + rules["hub_tax_points"][h]) / 100, 0.0, 0.95)


def permit_disutility(arm, year, home, tier, role, resident):
    """(engineer, hub) months of waiting, odds and what fees take from the pull of pay; NaN where no route is open.

    ``resident`` is the country whose temporary resident somebody is, where that opens a route, else -1.
    """
    market, hubs = _market(arm, year), len(arm.world.setting.hubs)
    kinds, which = np.unique(np.stack([home, tier, role, resident]), axis=1, return_inverse=True)
    terms = [[_permit_term(arm, market, *kind, h) for h in range(hubs)] for kind in kinds.T]
    months, log_odds, fee_loss = np.moveaxis(np.array(terms)[which.ravel()], -1, 0)
    return months, np.exp(log_odds), fee_loss


def _permit_term(arm, market, g, t, r, resident, h):
    """Waiting, odds and fees: the mean over people abroad, each on the most promising route open to them."""
    s, a, rules = arm.world.setting, arm.a, arm.rules
    cash = (s.pay[h, t, 0] + s.pay[h, t, 1]) * s.role_pay[r] * market["skill"][t, r] * market["pay_scale"][h]
    at_100k = a.employer_pays_fee_expert if t == 0 else a.employer_pays_fee_other
    odds, found = arm.visas.known_odds, []
    gross = market["gross"][h, t, r]
    kept = gross * (1 - tax_at(s, rules, h, gross))
    for k, route in enumerate(s.routes):
        lives = s.countries[resident] if resident >= 0 else ""
        if s.countries[s.country[h]] != route["country"] or not _is_open(route, k, s.homes[g], TIERS[t], rules):
            continue
        if route["residents_of"] not in ("", lives):
            continue
        pays = eq.p_employer_pays(rules["route_special_fee_usd"][k], at_100k, a.fee_pass_through, a.fee_sigma)
        after = float(route["permanent_after_years"] or np.inf)
        worth = eq.permit_value(a, route["employer_tied"] == "0", after)
        faster = rules["fast_track"].reshape(-1, len(ROLES))[s.country[h], r]
        expected = eq.permit_value(a, route["employer_tied"] == "0", after / faster)
        chance = odds[k] * pays * approval(arm)[k] * np.exp(worth)
        if cash < rules["route_pay_threshold_kusd"][k] or chance <= 0:
            continue
        fee = (rules["route_fee_usd"][k] + rules["route_special_fee_usd"][k]) / 1000
        net = [
            eq.net_real_pay(kept, 0, 0, 0, f, 1.0, a.horizon, a.expected_stay, a.fee_pass_through, 0.0)
            for f in (fee, 0.0)
        ]
        terms = [
            rules["route_processing_months"][k],
            np.log(max(odds[k], 0.01)),
            -a.b_pay * np.log(net[0] / net[1]) - expected,
        ]
        found.append((chance, rules["route_reach"][k], np.array(terms)))
    total, weight, left = np.zeros(3), 0.0, 1.0
    for _, reach, term in sorted(found, key=lambda route: -route[0]):
        total, weight, left = total + left * reach * term, weight + left * reach, left * (1 - reach)
    return total / weight if weight else np.full(3, np.nan)


def tied(arm, slots, kind):
    """(engineer, hub) bool: a friend, or a former colleague who counts, lives there."""
    ties, people = arm.ties, arm.people
    share = min(arm.a.former_colleagues / (TEAM - 1), 1.0) if kind == "colleague" else 1.0
    there = np.zeros((len(slots), len(arm.world.setting.hubs)), bool)
    for k, i in enumerate(slots):
        others = ties.ties[ties.start[i] : ties.start[i + 1]]
        others = (others[others >= 0] if kind == "colleague" else ~others[others < 0]).astype(np.uint64)
        low, high = np.minimum(others, np.uint64(i)), np.maximum(others, np.uint64(i))
        drawn = rng.uniform(rng.key(arm.world.seed, "tie counts"), low * np.uint64(int(TIE_HASH)) + high)
        lives = people.hub[others[drawn < share].astype(int)]
        there[k, lives[lives >= 0]] = True
    return there


def _is_open(route, k, home, tier, rules):
    usable = route["from_abroad"] == "1" and route["local_degree"] != "1" and route["holdable"] != "1"
    usable &= not route["homes"] or home in route["homes"].split(";")
    return usable and rules["route_is_open"][k] and rules["route_cap"][k] > 0 and rules[f"route_{tier}"][k]


def _market(arm, year):
    """Pay, prices and compute of the year (E7, E8) from the stocks of the last count."""
    s, a, rules, t = arm.world.setting, arm.a, arm.rules, year - arm.world.start
    size = arm.counts.sum(axis=(1, 2, 3)) * arm.world.weight
    path = reference_size(s, a, arm.world.start, arm.world.years)[min(t, arm.world.years)]
    demand = path + jobs_of(s, a, rules, year)
    scale = eq.pay_level(1.0, size, demand, t, 0.0, a.wage_supply_elasticity, a.agglomeration_productivity)
    factor = s.sector_pay * rules["sector_pay"] * rules["hub_sector_pay"].reshape(s.sector_share.shape)
    scale = scale * rules["pay_multiplier"]
    scale = scale * (s.sector_share * factor).sum(axis=1) / (s.sector_share @ s.sector_pay)
    value = eq.gross_value(*np.moveaxis(s.pay, -1, 0), a.liquid_equity_weight, a.illiquid_equity_weight)
    price = eq.price_level(s.price, size, path, s.engineer_share, a.housing_elasticity) * rules["price_multiplier"]
    compute, sector_compute = _compute(arm, t, size)
    world = np.average(compute, weights=np.maximum(size, 1e-9))
    mean = np.average(np.log1p(np.minimum(compute / world, a.compute_saturation)), weights=np.maximum(size, 1e-9))
    # a guarantee of the hub to a tier is the least that its engineers have, on average and in every sector
    least = rules["compute_guarantee_tier"].reshape(len(size), len(TIERS)).T  # tier, hub
    compute, sector_compute = np.maximum(compute, least), np.maximum(sector_compute, least[:, :, None])
    compute, sector_compute = (np.minimum(c / world, a.compute_saturation) for c in (compute, sector_compute))
    skill = np.outer(rules["tier_pay"], rules["role_pay"])
    skill = skill * np.outer(rules["tier_demand"], rules["role_demand"]) ** a.wage_supply_elasticity
    return {
        "size": size,
        "pay_scale": scale,
        "price": price,
        "compute": compute,
        "sector_compute": sector_compute,
        "skill": skill,
        "gross": value[:, :, None] * s.role_pay * skill * scale[:, None, None] + rules["allowance_kusd"][:, None, None],
        "mean_compute": mean,
        "world_compute": world,
    }


def _compute(arm, t, size):
    """H100-equivalents an engineer (hub,) and (hub, sector): owners' fleets, what all share, and guarantees."""
    s, a, rules = arm.world.setting, arm.a, arm.rules
    shared = a.local_use_share * rules["compute_h100e"]
    for hub, live, capacity in s.pipeline:
        shared[int(hub)] += a.local_use_share * capacity * (live <= arm.world.start + t)
    for h, c in enumerate(s.country):
        shared[h] += rules["country_compute_h100e"][c] * s.stock[h] / s.stock[s.country == c].sum()
    users = {"labs": (0, 1), "enterprise": (2, 4, 5, 6), "public": (3, 7)}
    mean, by_sector = np.zeros(len(s.hubs)), np.zeros(s.sector_share.shape)
    for h, c in enumerate(s.country):
        persons = (arm.work[h].sum(axis=0) + 1) * arm.world.weight
        own = s.h100e[h] * np.exp(a.fleet_growth * t) * rules["compute_multiplier"][h] * s.owner_share[h]
        mean[h] = (own.sum() + shared[h] * rules["compute_multiplier"][h]) / max(size[h], 1.0)
        for fleet, sectors in zip(own, users.values(), strict=True):
            for k in sectors:
                each = shared[h] * rules["compute_multiplier"][h] / max(size[h], 1.0)
                least = rules["compute_guarantee"][c] if k in users["public"] else 0.0
                plain = eq.rationed_compute(fleet, persons[list(sectors)].sum(), each)
                by_sector[h, k] = max(plain, least)
                mean[h] += (by_sector[h, k] - plain) * persons[k] / persons.sum()
    return mean, by_sector


def compute(arm, slots, year, market):
    """(engineer, hub) compute over the world's mean: of the tier, and for newcomers what a hub guarantees to them."""
    s, rules, people = arm.world.setting, arm.rules, arm.people
    country, is_home = s.country.astype(int), s.home_share[people.home[slots]] > 0
    abroad = country[None, :] != country[people.hub[slots]][:, None]
    # from abroad, nationals after the years away that relief asks for; residents in the years since they came
    long_away = (year - people.abroad_since[slots])[:, None] >= s.returnee_abroad[country]
    since = (year - people.arrival_year[slots].astype(int))[:, None]
    years = np.floor(rules["compute_guarantee_years"])
    new = np.where(abroad, (years > 0) & (~is_home | long_away), since < years)
    least = np.minimum(rules["compute_guarantee_newcomer"] / market["world_compute"], arm.a.compute_saturation)
    plain = market["compute"][tier_of(people.category[slots])]
    return np.where(new, np.maximum(plain, least), plain)


def _compute_taste(a, category):
    return (1 - a.compute_indifferent * np.where(category % 3 == 1, 0.0, 3.0)) / (1 - a.compute_indifferent)


def _b_pay(a, category):
    return np.maximum(a.b_pay + a.b_pay_sd * TASTES[category % 3], 0.0)


def _margin(p, nest, u):
    """Distance of each uniform from the nearest boundary between two alternatives."""
    laid = np.take_along_axis(p, np.argsort(nest, axis=1, kind="stable"), axis=1)
    return np.abs(np.cumsum(laid, axis=1) - u[:, None]).min(axis=1)
