"""Careers (E10): promotion in closed form and in the engine, the entry squeeze and its delay, the demand for skills."""

import numpy as np
import pytest
from worlds import CENTRE, arm_of, constants_of, rules_for, scenario, setting, shipped_world, years_of

from sim.model import equations as eq
from sim.model import labour
from sim.model.market import gross_pay, skill_pay
from sim.model.year import begin, find_searchers
from sim.study.run import run
from sim.world.categories import ROLES, TIERS
from sim.world.engineers import skill_of, tier_of

EXPERT, PRACTITIONER, ENTRY = range(3)


def tiers(arm):
    """(tier,) shares of the world stock."""
    stock = arm.counts.sum(axis=(0, 1, 3))
    return stock / stock.sum()


# promotion


@pytest.mark.parametrize("growth", [0.0, 0.06, 0.15])
def test_balanced_promotion_keeps_the_tier_shares(growth):
    """Expected counts, year after year: entrants in, promotions, then exits from all tiers alike."""
    stock, exits = np.array([50.0, 650.0, 300.0]), 0.04
    for _ in range(30):
        entrants = (growth + exits) * stock.sum() * np.array([0.0, 0.25, 0.75])
        promoted = eq.balanced_promotion(stock, entrants) * (stock + entrants)
        assert promoted[EXPERT] == 0
        assert np.all(promoted >= 0)
        after = (stock + entrants - promoted + np.append(promoted[1:], 0)) * (1 - exits)
        assert after / after.sum() == pytest.approx(stock / stock.sum())
        stock = after


def test_where_growth_is_slower_promotion_is():
    stock, mix = np.array([50.0, 650.0, 300.0]), np.array([0.0, 0.25, 0.75])
    slow, fast = (eq.balanced_promotion(stock, g * stock.sum() * mix) for g in (0.05, 0.10))
    assert np.all(slow[1:] < fast[1:])
    assert np.all(eq.balanced_promotion(stock, [0, 0, 0]) == 0)


def test_tiers_hold_their_shares_in_the_engine():
    """Over five years; beyond chance, growth and exits that differ between countries move a share by up to 2 %."""
    first, *_, last = (tiers(arm) for arm in years_of(shipped_world(30_000, 5), CENTRE.vary(b_mentoring=0)))
    chance = 3 * np.sqrt(first * (1 - first) / 30_000)
    assert np.all(np.abs(last - first) <= chance + 0.02 * first)


def test_without_promotion_tiers_never_change():
    world = shipped_world(10_000, 2)
    for arm in years_of(world, CENTRE.vary(promotion_pace=0)):
        present = np.flatnonzero(arm.people.hub[: arm.used] >= 0)
        assert np.array_equal(tier_of(arm.people.category[present]), tier_of(world.engineers.category[present]))
        assert arm.accounts.promotions.sum() == 0


def test_a_promotion_is_one_tier_and_nothing_else():
    world = shipped_world(10_000, 1)
    *_, arm = years_of(world, CENTRE.vary(promotion_pace=3))
    present = np.flatnonzero(arm.people.hub[: arm.used] >= 0)
    before, after = world.engineers.category[present].astype(int), arm.people.category[present].astype(int)
    assert set(before - after) == {0, 15}  # of the code: see ``engineers.category``
    assert np.all((before - after)[tier_of(before) == EXPERT] == 0)
    assert arm.accounts.promotions[:, EXPERT].sum() == 0
    gone = world.cohort[-1] - len(present)  # promoted and left in the same year
    assert 0 <= arm.accounts.promotions.sum() - (before > after).sum() <= gone


def test_promotion_is_sooner_where_experts_are_dense():
    """With elasticity one, in proportion to the share of experts; with none, alike everywhere."""
    for b_mentoring in (0.0, 1.0):
        arm = arm_of(shipped_world(100_000, 1), CENTRE.vary(b_mentoring=b_mentoring))
        rate = labour.promotion_rates(arm, arm.year)[ENTRY]
        stock = arm.counts.sum(axis=(1, 3))
        dense = (stock[:, EXPERT] / stock.sum(axis=1)) ** b_mentoring
        assert rate / rate[0] == pytest.approx(dense / dense[0])


@pytest.mark.parametrize("b_mentoring", [0.0, 0.5, 1.0])
def test_mentoring_moves_promotions_and_adds_none(b_mentoring):
    world = shipped_world(100_000, 1)
    arm = arm_of(world, CENTRE.vary(b_mentoring=b_mentoring))
    start = setting().stock[:, None] * setting().tier_share
    expected = labour.balanced(arm, arm.year) * start.sum(axis=0)
    assert (labour.promotion_rates(arm, arm.year).T * start).sum(axis=0) == pytest.approx(expected, rel=0.01)


def test_promotions_come_at_their_rate():
    world = shipped_world(50_000, 1)
    _, after = years_of(world, CENTRE)
    arm = begin(world, CENTRE, constants_of(world), rules_for(setting()), 0)
    expected = labour.promotion_rates(arm, arm.year).T * (arm.counts.sum(axis=(1, 3)) + after.accounts.entrants)
    promoted, expected = after.accounts.promotions.sum(axis=0), expected.sum(axis=0)
    assert np.all(np.abs(promoted - expected) <= 4 * np.sqrt(expected + 1))


# the demand for skills


def test_demand_raises_pay_by_the_elasticity_of_supply():
    rules = rules_for(setting())
    rules["tier_demand"][ENTRY], rules["role_demand"][2], rules["role_pay"][2] = 0.5, 3.0, 1.2
    skill = skill_pay(setting(), CENTRE, rules)
    assert skill[ENTRY, 2] == pytest.approx(1.2 * 1.5**CENTRE.wage_supply_elasticity)
    assert skill[EXPERT, 0] == 1
    before, after = (gross_pay(setting(), CENTRE, np.ones(len(setting().hubs)), s) for s in (np.ones((3, 5)), skill))
    assert after / before == pytest.approx(np.broadcast_to(skill, before.shape))
    assert np.array_equal(skill_pay(setting(), CENTRE.vary(wage_supply_elasticity=0), rules)[:, 0], np.ones(3))


def test_demand_acts_on_offers_entry_and_promotion():
    rules = rules_for(setting())
    rules["tier_demand"][:], rules["role_demand"][:] = (4.0, 1.0, 0.25), (1.0, 1.0, 1.0, 9.0, 1.0)
    arm = arm_of(shipped_world(10_000, 2), CENTRE.vary(demand_elasticity=0.5), rules=rules)
    plain = arm_of(shipped_world(10_000, 2), CENTRE.vary(demand_elasticity=0), rules=rules)
    offers = labour.offers(arm).reshape(2, len(TIERS), len(ROLES))
    expected = np.outer([2.0, 1.0, 0.5], [1.0, 1.0, 1.0, 3.0, 1.0])
    assert offers == pytest.approx(np.stack([expected, expected]))
    assert np.all(labour.offers(plain) == 1)
    faster = labour.promotion_rates(arm, 2026)[1:] / labour.promotion_rates(plain, 2026)[1:]
    assert faster == pytest.approx(np.array([[2.0], [1.0]]) * np.ones(len(setting().hubs)))


def test_who_is_in_demand_considers_more_moves():
    """All who search without the demand still do, as draws are equal, and a few more who are in demand."""
    demand = rules_for(setting())
    demand["role_demand"] = np.array([1.0, 1.0, 4.0, 1.0, 1.0])
    plain, wanted = (arm_of(shipped_world(50_000, 2), rules=rules) for rules in (None, demand))
    found = []
    for arm in (plain, wanted):
        find_searchers(arm, 2026)
        found.append(np.concatenate(arm.searchers))
    new = np.setdiff1d(found[1], found[0])
    assert np.all(np.isin(found[0], found[1]))
    assert set(skill_of(plain.people.category[new]) % len(ROLES)) == {2}
    role = skill_of(plain.people.category[found[0]]) % len(ROLES)
    factor = 1 + len(new) / (role == 2).sum()
    assert factor == pytest.approx(4.0**CENTRE.demand_elasticity, rel=0.05)  # a few are certain already


def test_nothing_in_demand_is_the_baseline_to_the_bit():
    arm = arm_of(shipped_world(10_000, 2))
    assert np.all(labour.offers(arm) == 1)
    assert np.all(arm.market.skill == 1)


# scenarios


@pytest.fixture(scope="module")
def squeeze():
    return run("entry_squeeze", population=20_000, replicates=2, years=9, uncertainty="chance", workers=1)


def delta(result, variable, **at):
    """Relative change over the baseline, world totals, mean over pairs."""
    values = result.data[variable].sel(**at).sum("hub").mean("replicate")
    return float(values.sel(arm="scenario") / values.sel(arm="baseline") - 1)


@pytest.mark.slow
def test_an_entry_squeeze_costs_practitioners_later(squeeze):
    assert delta(squeeze, "entrants", year=2027, tier="entry") == pytest.approx(-0.3, abs=0.03)
    assert delta(squeeze, "stock", time=2028, tier="entry") < -0.05
    first, last = (delta(squeeze, "stock", time=t, tier="practitioner") for t in (2028, 2035))
    assert -0.01 < first <= 0
    assert -0.12 < last < -0.03
    assert abs(delta(squeeze, "stock", time=2035, tier="expert")) < 0.02  # a decade is too short for experts


@pytest.mark.slow
def test_entrants_above_entry_tier_are_not_squeezed(squeeze):
    assert delta(squeeze, "entrants", year=2027, tier="practitioner") == 0
    assert delta(squeeze, "graduates", year=2027, tier="practitioner") == 0


@pytest.mark.slow
def test_tooling_pays_experts_and_bars_beginners():
    result = run("tooling_leap", population=10_000, replicates=2, years=6, uncertainty="chance", workers=1)
    pay = result.data.pay.sel(time=2031, hub="london").mean("replicate")
    pay = (pay.sel(arm="scenario") / pay.sel(arm="baseline")).values
    demand = np.array([1.3, 0.8, 0.5]) ** CENTRE.wage_supply_elasticity
    assert pay == pytest.approx(demand, rel=0.05)  # the hub's own stock moves it a little
    assert delta(result, "entrants", year=2030, tier="entry") == pytest.approx(
        0.5**CENTRE.demand_elasticity - 1, abs=0.04
    )
    assert delta(result, "promotions", year=2030, tier="practitioner") > 0.03


def test_half_the_beginners_are_fewer_experts_later():
    """People on the track are promoted nine years after entry on average: a cohort that is missing is missed late."""
    world, squeezed = shipped_world(6_000, 10), scenario({"country.*.supply.entry_hiring": 0.5}).policies
    experts = np.array(
        [[arm.counts[:, :, 0].sum() for arm in years_of(world, policies=policies)] for policies in ((), squeezed)]
    )
    fall = 1 - experts[1] / experts[0]
    assert abs(fall[:3]).max() < 0.01
    assert 0.03 < fall[10] < 0.1


def test_entry_hiring_acts_in_its_own_country_alone():
    policies = scenario({"country.usa.supply.entry_hiring": 0.5}).policies
    (_, plain), (_, squeezed) = (list(years_of(shipped_world(10_000, 1), policies=p)) for p in ((), policies))
    us = setting().country == setting().countries.index("usa")
    entered = [arm.accounts.entrants[:, ENTRY] for arm in (plain, squeezed)]
    assert np.array_equal(entered[0][~us], entered[1][~us])
    assert entered[1][us].sum() == pytest.approx(0.5 * entered[0][us].sum(), rel=0.1)
