"""The compiled choice is the equations' choice, on random worlds."""

import numpy as np
import pytest
from definition import choices
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from worlds import START, arm_of, rules_for, setting, with_hubs, world_of

from sim.model import moves, rng
from sim.model.inversion import HubConstants
from sim.model.kernels.choice import FREELY, LEAVING, draws_below, power_bound, relief_left
from sim.model.kernels.visas import by_appeal, mean_over_routes
from sim.model.market import update_market
from sim.scenario.assumptions import draw_assumptions
from sim.world.categories import SECTORS

BOUNDARY = 1e-5  # a uniform this near to one may fall on either side of it: the twin sums in float32


def random_rules(place, draw):
    """The baseline's rules, shaken: countries closed or free, routes shut, fees, reliefs, multipliers."""
    rules = rules_for(place)
    countries, routes, hubs = len(place.countries), len(place.routes), len(place.hubs)
    rules["is_closed"] = draw.random(countries) < 0.2
    rules["free_entry"] = draw.random(countries) < 0.2
    rules["bars"] = draw.random(len(rules["bars"])) < draw.choice([0.0, 0.2])
    rules["route_is_open"] = draw.random(routes) < draw.choice([0.1, 0.9])  # often none: a permit term of NaN
    rules["route_cap"][draw.random(routes) < 0.2] = 0
    rules["route_special_fee_usd"] = draw.choice([0.0, 100_000.0, 1e9], routes)
    rules["route_processing_months"] = draw.uniform(0, 24, routes)
    rules["tax_rate_points"] = draw.uniform(-20, 60, countries)
    rules["hub_tax_points"] = draw.uniform(-10, 10, hubs)
    rules["home_free_entry"] = draw.random(len(rules["bars"])) < draw.choice([0.0, 0.2])
    rules["family_rights"] = draw.random(countries)
    rules["remote_hiring"] = draw.choice([0.0, 1.0, 5.0], hubs)
    rules["fast_track"] = draw.choice([1.0, 3.0, 100.0], len(rules["fast_track"]))
    for who in ("newcomer", "returnee"):
        rules[f"{who}_relief"] = draw.random(countries)
        rules[f"{who}_years"] = draw.integers(0, 11, countries).astype(float)
        rules[f"{who}_grandfathered"] = draw.random(countries) < draw.choice([0.0, 0.5])
    for name in ("pay_multiplier", "price_multiplier", "openings", "compute_multiplier"):
        rules[name] = draw.uniform(0, 3, hubs) + (name.startswith("p")) * 0.1
    for name in ("tier_pay", "role_pay", "tier_demand", "role_demand"):
        rules[name] = draw.uniform(0.3, 3, len(rules[name]))
    return rules | sector_rules(place, draw)


def sector_rules(place, draw):
    """Rules of pay, openings and compute by sector, shaken."""
    hubs, sectors = len(place.hubs), len(SECTORS)
    return {
        "sector_pay": draw.uniform(0.3, 2, sectors),
        "hub_sector_pay": draw.uniform(0.3, 2, hubs * sectors),
        "sector_openings": draw.uniform(0.1, 3, sectors),
        "hub_sector_openings": draw.uniform(0.1, 3, hubs * sectors),
        "sector_liquidity": draw.random(sectors),
        "allowance_kusd": draw.uniform(0, 50, hubs),
        "sign_on_kusd": draw.uniform(0, 100, hubs),
        "unvested_kept": draw.choice([0.0, 2.0, 10.0], hubs),
        "compute_guarantee": draw.uniform(0, 50, len(place.countries)),
        "compute_guarantee_tier": draw.choice([0.0, 20.0, 500.0], 3 * hubs),
        "compute_guarantee_newcomer": draw.choice([0.0, 20.0, 500.0], hubs),
        "compute_guarantee_years": draw.choice([0.0, 1.0, 3.5, 12.0], hubs),
    }


def random_arm(hubs, population, seed):
    """A simulation in which anybody may live anywhere, some hubs are empty and some corridors closed."""
    draw = np.random.default_rng(seed)
    at = draw.choice(len(setting().hubs), hubs, replace=False)
    closed = (draw.random((hubs, hubs)) < 0.15) & ~np.eye(hubs, dtype=bool)
    place = with_hubs(at, distance_km=np.where(closed, np.nan, setting().distance_km[np.ix_(at, at)]))
    world = world_of(place, population, years=2, seed=seed)
    (a,) = draw_assumptions(1, seed % 1000)
    # strong enough to decide
    strong = {"b_pay": (0.5, 9), "b_compute": (0, 2), "family_cost": (0, 5), "compute_indifferent": (0, 0.33)}
    a = a.vary(**{name: draw.uniform(*between) for name, between in strong.items()})
    constants = HubConstants(draw.normal(size=hubs), draw.normal(size=hubs), draw.uniform(0, 3, 3), START)
    arm = arm_of(world, a, seed=seed, rules=random_rules(place, draw), constants=constants)
    people, n = arm.people, population
    people.hub[:n] = draw.choice(draw.choice(hubs, max(1, hubs - 1), replace=False), n)
    people.employer_hub[:n] = np.where(draw.random(n) < 0.5, people.hub[:n], draw.integers(0, hubs, n))
    people.home[:n] = draw.integers(0, len(place.homes), n)
    people.arrival_year[:n] = draw.choice([-1000, 2018, 2023, 2025, 2026], n)
    people.abroad_since[:n] = draw.choice([-1000, 2005, 2023, 2026], n)
    arm.affiliate_jobs = float(draw.choice([0, 5000]))
    arm.visas.odds = draw.random(arm.visas.odds.shape)
    arm.visas.forget_odds()
    arm.visas.known_odds = arm.visas.mean_odds()
    people.sector[:n] = draw.integers(0, len(SECTORS), n)
    arm.count()
    arm.rules = arm.rules | sector_rules(place, draw)  # others than those of the start
    schemes = {name: draw.permutation(arm.rules[name]) for name in ("newcomer_relief", "returnee_years")}
    arm.baseline_rules = arm.baseline_rules | schemes  # what earlier arrivals came under
    return arm


@settings(max_examples=80, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(
    hubs=st.integers(1, 9),
    population=st.sampled_from([1, 2, 250]),
    seed=st.integers(0, 10**6),
    mode=st.sampled_from([FREELY, LEAVING]),
    year=st.sampled_from([START, START + 1]),
)
def test_the_compiled_choice_is_that_of_the_equations(hubs, population, seed, mode, year):
    arm = random_arm(hubs, population, seed)
    update_market(arm, year)
    slots = np.arange(population)
    barred = np.random.default_rng(seed).choice([-1, *arm.world.setting.country], population)
    chosen, needs = moves.choose(arm, slots, "destination", year, mode, barred)
    u = rng.uniform(rng.key(arm.seed, "destination", year), slots)
    expected, permit, margin = choices(arm, slots, year, mode, barred, u)
    clear = margin > BOUNDARY
    assert np.array_equal(chosen[clear], expected[clear])
    assert np.array_equal(needs[clear], permit[clear])
    # computing all utilities changes no choice of those who are known to stay without
    arm.tables = arm.tables._replace(odds=np.full_like(arm.tables.odds, np.inf))
    in_full, permit_in_full = moves.choose(arm, slots, "destination", year, mode, barred)
    assert np.array_equal(chosen, in_full)
    assert np.array_equal(needs, permit_in_full)


@pytest.mark.parametrize("routes", [1, 7, 8, 17])
def test_mean_over_routes_is_that_of_numpy(routes):
    """Equal to the bit, so that constants and results are."""
    rng = np.random.default_rng(routes)
    pull, some = rng.normal(size=(3, 2, 4, routes)), lambda *shape: rng.random(shape) < 0.7
    terms = some(3, 2, 4, routes), some(2, 4, routes), rng.random((3, 4, routes)), rng.random((4, routes))
    share = by_appeal(*terms)
    reached = share.sum(axis=-1)
    expected = (share * pull).sum(axis=-1) / np.where(reached > 0, reached, 1.0)
    assert np.array_equal(mean_over_routes(*terms, pull), np.where(reached > 0, expected, np.nan), equal_nan=True)
    assert np.isnan(mean_over_routes(~terms[0] & terms[0], *terms[1:], pull)).all()


def test_relief_left_is_the_table_at_the_years_left():
    rng = np.random.default_rng(0)
    pay, arriving = rng.normal(size=(2, 3, 4, 5)), rng.normal(size=(3, 4))
    scheme, years = np.array([0, 1, 1]), np.array([[0, 1, 4, 9], [3, 0, 2, 5], [0, 0, 0, 0]])
    found = relief_left(pay, scheme, years, arriving)
    for k in range(3):
        for d in range(4):
            left = pay[scheme[k], :, d, min(years[k, d], 4)] - arriving[:, d]
            assert np.array_equal(found[k, :, d], left.astype(np.float32))


@pytest.mark.parametrize("exponent", [0.05, 0.3, 0.65, 1.0])
def test_bound_of_a_power_is_above_it_and_close(exponent):
    x = np.append(np.geomspace(1e-37, 64, 5_000), 0).astype(np.float32)
    bound = np.array([power_bound(value, np.float32(exponent)) for value in x])
    power = x.astype(float) ** float(np.float32(exponent))
    assert np.all(bound >= power)
    assert np.all(bound[:-1] < 1.15 * power[:-1])


def test_draws_below_a_bound_are_those_of_all():
    u, slots = np.empty(100), np.empty(100, np.int64)
    key = rng.key(3, "promotion", START)
    found = draws_below(0.3, key, 50, 150, u, slots)
    every = rng.uniform(key, np.arange(50, 150))
    assert np.array_equal(slots[:found], 50 + np.flatnonzero(every < 0.3))
    assert np.array_equal(u[:found], every[every < 0.3])
