"""Pay, prices and compute: what moves them, and what must not."""

import numpy as np
import pytest
from worlds import CENTRE, START, arm_of, rules_for, setting, shipped_world, world_of

from sim.model.labour import pay_tastes
from sim.model.market import fleets, market, openings, update_market
from sim.model.supply import entrant_path, growth_by_country, reference_size
from sim.scenario.levers import baseline_rules
from sim.world.categories import TIERS
from sim.world.engineers import TASTES


@pytest.fixture
def arm():
    return arm_of(shipped_world(20_000, 2))


def on_the_path(arm, year, factor=1.0):
    """Stocks exactly on the reference path (or ``factor`` times as large), as counts need not be whole."""
    arm.counts = np.zeros_like(arm.counts, float)
    arm.counts[:, 0, 0, 0] = factor * arm.reference[year - START] / arm.world.weight
    return market(arm, year, arm.rules)


@pytest.mark.parametrize("year", [START, START + 1, START + 2])
def test_the_market_rests_on_the_reference_path(arm, year):
    now = on_the_path(arm, year)
    assert now.pay_scale == pytest.approx(np.ones(len(setting().hubs)))
    assert now.price == pytest.approx(setting().price)


def test_pay_falls_and_prices_rise_above_the_path(arm):
    now = on_the_path(arm, START + 1, factor=2.0)
    net = CENTRE.agglomeration_productivity - CENTRE.wage_supply_elasticity
    assert now.pay_scale == pytest.approx(np.full(len(setting().hubs), 2.0**net))
    assert now.price == pytest.approx(setting().price * 2.0 ** (CENTRE.housing_elasticity * setting().engineer_share))
    whole = setting().engineer_share == 0
    assert whole.any()
    assert np.array_equal(now.price[whole], setting().price[whole])


def test_multipliers_of_policy_multiply(arm):
    before = on_the_path(arm, START)
    arm.rules = dict(arm.rules) | {
        name: np.full(len(setting().hubs), 2.0) for name in ("pay_multiplier", "price_multiplier", "compute_multiplier")
    }
    after = on_the_path(arm, START)
    for name in ("pay_scale", "price", "compute"):
        assert getattr(after, name) == pytest.approx(2 * getattr(before, name))


def test_linear_pay_is_linear_in_pay():
    """Between two hubs the pull differs by b_pay times the difference of net real pay over the mean, or of its log."""
    log, linear = (arm_of(shipped_world(2_000, 1), CENTRE.vary(linear_pay=kind)) for kind in (0, 1))
    assert log.mean_pay == linear.mean_pay
    taste = pay_tastes(CENTRE)[np.arange(45) % 3][:, None]
    pay = np.exp(log.utility_terms.pay[..., 0] / taste)  # kUSD
    assert linear.utility_terms.pay[..., 0] == pytest.approx(taste * (pay / log.mean_pay + np.log(log.mean_pay) - 1))
    assert pay.min() < log.mean_pay < pay.max()


def compute(year=START, **rules):
    owned, shared = fleets(setting(), CENTRE, baseline_rules() | rules, year, START)
    return owned.sum(axis=1) + shared


def test_fleets_grow_at_the_common_rate():
    no_pipeline = [p for p in setting().pipeline if p[1] <= START + 4]
    growth = compute(START + 4) - compute(START)
    built = np.zeros(len(setting().hubs))
    for hub, year, capacity in no_pipeline:
        built[int(hub)] += CENTRE.local_use_share * capacity * (year > START)
    assert growth == pytest.approx(setting().h100e * np.expm1(4 * CENTRE.fleet_growth) + built)


def test_private_compute_counts_by_local_use():
    added = np.zeros(len(setting().hubs))
    added[3] = 1000.0
    assert (compute(compute_h100e=added) - compute()).sum() == pytest.approx(1000 * CENTRE.local_use_share)
    public = np.zeros(len(setting().countries))
    public[0] = 1000.0
    gain = compute(country_compute_h100e=public) - compute()
    mine = setting().country == 0
    assert gain.sum() == pytest.approx(1000)
    assert gain[mine] / setting().stock[mine] == pytest.approx(np.full(mine.sum(), 1000 / setting().stock[mine].sum()))
    assert np.all(gain[~mine] == 0)


def test_no_compute_at_all_is_a_number():
    world = shipped_world(5_000, 1)
    rules = rules_for(world.setting) | {"compute_multiplier": np.zeros(len(setting().hubs))}
    arm = arm_of(world, rules=rules)
    assert np.all(arm.market.compute == 0)
    assert np.all(np.isfinite(arm.utility_terms.compute))
    assert np.ptp(arm.utility_terms.compute) == pytest.approx(0)  # where nobody has any, it tells nobody apart


def test_openings_are_turnover_and_affiliate_jobs():
    s, rules = setting(), baseline_rules()
    plain = openings(s, CENTRE, rules)
    turnover = CENTRE.job_change_rate + (s.exit_rate + np.maximum(s.growth, 0))[s.country]
    assert plain == pytest.approx(s.stock * turnover)
    arm = arm_of(shipped_world(2_000, 1))
    arm.affiliate_jobs = 500.0
    assert arm.openings() - plain == pytest.approx(500 * s.affiliates)
    more = rules | {"openings": 2 * rules["openings"], "country_openings": 3 * rules["country_openings"]}
    assert openings(s, CENTRE, more) == pytest.approx(6 * plain)


def test_a_hub_that_doubles_pulls_by_size_alone(arm):
    """If openings grew with the hub's own stock, size would act twice."""
    update_market(arm, START)
    before, h = arm.utility_terms.place.copy(), 5
    arm.counts = arm.counts.copy()
    arm.counts[h] *= 2
    update_market(arm, START)
    gain = arm.utility_terms.place - before
    assert gain[:, h] == pytest.approx(np.full(len(setting().homes), CENTRE.b_size * np.log(2)))
    assert np.all(np.delete(gain, h, axis=1) == 0)


def test_relief_counts_as_far_as_people_look_ahead():
    """To people who look ahead for twenty years, twenty of relief are worth more than twelve."""
    world = shipped_world(5_000, 1)
    best = []
    for years in (12.0, 20.0):
        rules = rules_for(world.setting)
        rules |= {
            "newcomer_relief": np.full(len(rules["is_closed"]), 0.5),
            "newcomer_years": np.full(len(rules["is_closed"]), years),
        }
        best.append(arm_of(world, CENTRE.vary(horizon=20), rules=rules).utility_terms.pay_arriving)
    taxed = setting().tax_rate.min(axis=1) > 0
    assert np.all(best[1][:, taxed] > best[0][:, taxed])


def test_tastes_spread_the_pull_of_pay_above_zero(arm):
    pull = arm.utility_terms.pay.reshape(3, 5, 3, len(setting().hubs), -1)
    assert TASTES[0] < 0 < TASTES[2]
    assert np.all(np.diff(pull, axis=2) >= 0)
    wild = arm_of(shipped_world(20_000, 2), CENTRE.vary(b_pay_sd=3.0)).utility_terms.pay.reshape(pull.shape)
    assert np.all(wild[:, :, 0] == 0)  # the pay-averse do not exist


# supply


def test_the_reference_path_grows_by_country():
    path = reference_size(setting(), CENTRE, START, 4)
    assert path[0] == pytest.approx(setting().stock)
    growth = growth_by_country(setting(), CENTRE, START, 4)
    assert growth[0] == pytest.approx(setting().growth)
    assert path[1:] / path[:-1] == pytest.approx(1 + growth[:, setting().country])


def test_entrants_are_exits_and_growth_less_migration():
    s = setting()
    entrants = entrant_path(s, CENTRE, START, 3)
    country = np.zeros((len(s.countries), 2))
    np.add.at(country, s.country, entrants[0].sum(axis=-1))
    stock = np.bincount(s.country, s.stock)
    expected = np.maximum(stock * (s.growth + s.exit_rate) - s.net_migration, 0)
    assert country.sum(axis=1) == pytest.approx(expected)
    assert country[:, 0] / country.sum(axis=1) == pytest.approx(s.graduates / (s.graduates + s.conversions))


def test_entrants_do_not_depend_on_moves():
    one, other = shipped_world(5_000, 2), world_of(setting(), 5_000, 2, seed=9)
    assert np.array_equal(one.entrants, other.entrants)
    assert np.array_equal(np.bincount(one.entry_hub), np.bincount(other.entry_hub))


def test_every_tier_is_paid_by_its_parts(arm):
    from sim.model.market import gross_pay

    value = gross_pay(setting(), CENTRE, np.ones(len(setting().hubs)), np.ones((3, 5)))
    h, t, r = 2, TIERS.index("expert"), 3
    base, bonus, liquid, illiquid = setting().pay[h, t]
    by_hand = base + bonus + CENTRE.liquid_equity_weight * liquid + CENTRE.illiquid_equity_weight * illiquid
    assert value[h, t, r] == pytest.approx(by_hand * setting().role_pay[r])


def test_effective_tax_is_read_at_the_pay_of_the_place(arm):
    """A rise of ten points takes ten points of gross pay from everybody there and from nobody else."""
    rules = rules_for(setting())
    points = np.zeros(len(setting().countries))
    points[0] = 10.0
    taxed = arm_of(shipped_world(20_000, 2), rules=rules | {"tax_rate_points": points})
    delta = taxed.utility_terms.pay[:, :, 0] - arm.utility_terms.pay[:, :, 0]
    there = setting().country == 0
    assert np.all(delta[:, there] <= 0)
    assert (delta[:, there] < 0).any()
    assert np.all(delta[:, ~there] == 0)
