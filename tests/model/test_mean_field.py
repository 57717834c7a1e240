"""The mean-field twin: closed forms, conservation, limits, and the agents whose means it must be."""

from functools import cache

import numpy as np
import pytest
from worlds import (
    CENTRE,
    START,
    constants_of,
    fitted,
    identical_hubs,
    rules_for,
    scenario,
    setting,
    world_of,
    years_of,
)

from sim import load
from sim.model import lottery
from sim.model.mean_field import draw
from sim.model.mean_field.odds import nations
from sim.model.mean_field.state import WholeWorld, whole_world
from sim.model.mean_field.year import begin, first_year, simulate
from sim.model.supply import entrant_path
from sim.scenario.levers import baseline_rules
from sim.study.calibrate.constants import fit_world

# what the twin takes as it was at the start, or as a mean: ties, teams, remote work
SWITCHED_OFF = CENTRE.vary(b_friend=0, colleague_multiplier=1, team_pull=1, remote_share=0)
SIZES = 2_000, 8_000, 32_000, 128_000
SEEDS = 8


def whole(place, years, ties=None):
    return WholeWorld(place, START, years, entrant_path(place, CENTRE, START, years), ties)


def expected(place=None, years=2, a=SWITCHED_OFF, policies=(), rules=None):
    """Every 1 January after the start of an arm in expectation, as a list of its own attributes."""
    place = place or setting()
    world = whole(place, years)
    arm = begin(world, a, constants_of(world), rules or rules_for(place)).branch(policies)
    return list(simulate(arm, START + years))


def free_rules():
    """The baseline's rules, but nobody needs a permit anywhere."""
    rules = baseline_rules()
    return rules | {"free_entry": np.ones_like(rules["free_entry"])}


# --- lotteries ------------------------------------------------------------------------------------


def test_without_weights_everybody_has_the_same_chance_and_masters_a_second_one():
    persons, master = np.array([60.0, 20.0, 20.0]), np.array([False, True, True])
    odds = draw.chances(persons, np.array([0, 1, 3]), master, 30.0, 14.0, weighted=False)
    assert odds == pytest.approx([0.3, 0.3 + 0.7 * 0.5, 0.3 + 0.7 * 0.5])


def test_places_are_all_taken_or_everybody_is_selected():
    persons, level, master = np.array([50.0, 30.0, 20.0]), np.array([0, 1, 3]), np.array([True, False, True])
    odds = draw.chances(persons, level, master, 25.0, 10.0, weighted=True)
    assert persons @ odds == pytest.approx(35.0)
    assert odds[2] > max(odds[0], odds[1])
    assert draw.chances(persons, level, master, 500.0, 0.0, weighted=True).tolist() == [1, 1, 1]
    assert draw.chances(persons, level, master, 0.0, 0.0, weighted=True).tolist() == [0, 0, 0]


@pytest.mark.parametrize("weighted", [False, True])
def test_chances_are_the_limit_of_the_lottery_itself(weighted):
    generator, counts = np.random.default_rng(7), np.array([40_000, 20_000, 30_000, 10_000])
    level, master = np.array([0, 0, 2, 3]), np.array([False, True, False, True])
    kind = np.repeat(np.arange(4), counts)
    clocks = lottery.clocks(generator.random(len(kind)), level[kind], weighted)
    selected = lottery.draw(clocks, master[kind], 35_000, 6_000)
    odds = draw.chances(counts.astype(float), level, master, 35_000.0, 6_000.0, weighted)
    error = np.sqrt(odds * (1 - odds) / counts)
    assert np.abs(np.bincount(kind, selected) / counts - odds).max() < 4 * error.max()


def test_nations_are_the_parts_of_a_home_that_need_the_same_permits():
    parts = nations(np.array([[1.0, 0.0, 0.0], [0.25, 1.0, 0.75]]), 1e-9)
    assert parts.home.tolist() == [0, 1, 1, 1]
    assert parts.share == pytest.approx([1, 0.25, 0.5, 0.25])
    assert parts.needs.tolist() == [
        [False, True, True],
        [False, False, False],
        [True, False, False],
        [True, False, True],
    ]


# --- what must hold whatever the figures ----------------------------------------------------------


def test_nobody_is_lost_and_no_number_is_negative():
    """By hub the books must close, or a year raises; by home nobody changes, so only entry and exit move it."""
    world = whole(setting(), 3)
    arm = begin(world, CENTRE, fitted(), baseline_rules()).branch(())
    for _ in range(3):
        before = arm.persons.sum()
        (arm,) = simulate(arm, arm.year + 1)
        assert arm.persons.min() >= 0
        change = arm.books.entrants.sum() - arm.books.exits.sum()
        assert arm.persons.sum() == pytest.approx(before + change, rel=1e-12)
        assert arm.work.sum(axis=2) == pytest.approx(arm.persons_by_role(), rel=1e-9)
        assert arm.jobs.sum() == pytest.approx(arm.counts.sum(), rel=1e-12)
        assert arm.ages.shares.sum(axis=1) == pytest.approx(1)


def test_the_same_bytes_every_time_and_no_effect_of_no_policy():
    (one,), (other,) = expected(years=1), expected(years=1)
    assert one.persons.tobytes() == other.persons.tobytes()
    (same,) = expected(years=1, policies=scenario({"country.usa.route.h1b.cap": 85_000}).policies)
    assert one.persons.tobytes() == same.persons.tobytes()


def test_a_later_policy_changes_nothing_before_its_date():
    late = scenario({"country.usa.route.h1b.cap": 100}, begins="2027-01-01").policies
    first, second = (arm.persons.copy() for arm in _copies(expected_arm(), 2))
    once, twice = (arm.persons.copy() for arm in _copies(expected_arm(late), 2))
    assert np.array_equal(first, once)
    assert not np.array_equal(second, twice)


def test_a_policy_of_mid_year_acts_in_the_rest_of_that_year():
    none, january, july = (
        next(_copies(expected_arm(p), 1)).offices.counts["applicants_abroad"].sum()
        for p in (
            (),
            *(
                scenario({"country.usa.route.h1b.is_open": "false"}, begins=day).policies
                for day in ("2026-01-01", "2026-07-01")
            ),
        )
    )
    assert january < july < none


def expected_arm(policies=(), years=2):
    world = whole(setting(), years)
    return begin(world, SWITCHED_OFF, fitted(), baseline_rules()).branch(policies)


def _copies(arm, years):
    for _ in range(years):
        (arm,) = simulate(arm, arm.year + 1)
        yield arm


def test_closed_borders_let_nobody_through():
    for arm in _copies(expected_arm(scenario({"country.*.is_closed": "true"}).policies), 2):
        assert arm.books.crossings.sum() == 0
        border = setting().country[:, None] != setting().country
        assert (arm.books.flow * border).sum() == 0
        assert arm.books.flow.sum() > 0


def test_families_without_rights_take_one_way_and_those_with_hardly_any_two():
    none, some = (
        next(_copies(expected_arm(p), 1)) for p in ((), scenario({"country.usa.family_rights": 1e-9}).policies)
    )
    assert [len(arm.laid[0][0].trip) for arm in (none, some)] == [1, 2]
    assert some.books.flow == pytest.approx(none.books.flow, rel=1e-5, abs=1e-6)


def test_hubs_all_alike_stay_alike():
    place = identical_hubs(3)
    (arm,) = expected(place, years=1, rules=rules_for(place))
    size = arm.counts.sum(axis=(1, 2, 3))
    assert size == pytest.approx(size.mean(), rel=1e-9)
    assert arm.books.flow.sum() > 0


def test_a_cap_of_zero_grants_nothing_and_a_fee_keeps_people_abroad():
    base, none, fee = (
        next(_copies(expected_arm(p), 1)).offices
        for p in ((), scenario({"country.usa.route.h1b.cap": 0}).policies, load("h1b_fee").policies)
    )
    h1b = [r["route"] for r in setting().routes].index("usa.h1b")
    assert none.counts["grants"][h1b] == 0
    assert fee.counts["grants_abroad"][h1b] < 0.1 * base.counts["grants_abroad"][h1b]
    inside = [o.counts["grants"][h1b] - o.counts["grants_abroad"][h1b] for o in (base, fee)]
    assert inside[1] > inside[0]  # places that people abroad leave empty are filled by people inside


@cache
def agents_grants(policies, years=3, seeds=4):
    """(statistic, year, abroad or all, route) mean and standard error of yearly grants, in persons, by agents."""
    world = world_of(setting(), 100_000, years, 0, with_ties=False)
    found = [
        [grants(arm) * world.weight for arm in years_of(world, SWITCHED_OFF, policies, seed=seed)][1:]
        for seed in range(seeds)
    ]
    return np.mean(found, axis=0), np.std(found, axis=0, ddof=1) / np.sqrt(seeds)


def grants(arm):
    return np.stack([arm.offices.counts[name].copy() for name in ("grants_abroad", "grants")])


def twin_grants(policies, years=3):
    return np.array([grants(arm) for arm in _copies(expected_arm(policies, years), years)])


@pytest.mark.slow
@pytest.mark.parametrize(("route", "cap"), [("can.employer", 500), ("deu.blue_card", 700)])
def test_a_cap_that_binds_is_used_up_and_never_passed_and_who_waits_comes_first(route, cap):
    country, _, alias = route.partition(".")
    policies = scenario({f"country.{country}.route.{alias}.cap": cap}).policies
    at = [r["route"] for r in setting().routes].index(route)
    twin, (mean, error) = twin_grants(policies)[..., at], (x[..., at] for x in agents_grants(policies))
    assert twin[:, 1] == pytest.approx(cap)
    assert mean[:, 1] == pytest.approx(cap, rel=0.03)  # in agents of 19 persons
    assert twin[0, 0] == pytest.approx(mean[0, 0], abs=3 * error[0, 0])  # inside and abroad share the first year
    assert twin[2, 0] == pytest.approx(mean[2, 0], abs=0.05 * cap)  # then the queue takes it all


@pytest.mark.slow
def test_routes_open_to_residents_of_one_country_alone_are_those_of_the_agents():
    policies = load("canada_open_permit").policies
    mine = [k for k, r in enumerate(setting().routes) if r["route"].startswith("can.")]
    twin, (mean, error) = twin_grants(policies)[..., mine], (x[..., mine] for x in agents_grants(policies))
    assert np.all(np.abs(twin - mean) < 4 * error + 0.08 * mean + 19)


# --- the agents' means ----------------------------------------------------------------------------


def misses(size, seed, truth):
    """Root mean square of what a simulated first year of a free world misses, over hubs and tiers, as a share."""
    world = world_of(setting(), size, 1, seed, with_ties=False)
    *_, arm = years_of(world, SWITCHED_OFF, seed=seed, rules=free_rules())
    gap = (arm.counts.sum(axis=(1, 3)) * world.weight - truth.counts.sum(axis=(1, 3))) / truth.counts.sum()
    flow = (arm.books.flow * world.weight - truth.books.flow) / truth.books.flow.sum()
    return np.sqrt((gap**2).sum()), np.sqrt((flow**2).sum()), flow.sum()


@cache
def truth():
    return first_year(whole(setting(), 1), SWITCHED_OFF, fitted(), free_rules())


def test_sixteen_times_the_agents_miss_a_quarter_as_much():
    small, large = (np.mean([misses(n, seed, truth())[1] for seed in range(4)]) for n in (2_000, 32_000))
    assert 3.0 < small / large < 5.3


@pytest.mark.slow
def test_agents_converge_to_the_twin_with_the_root_of_their_number():
    found = np.array([[misses(n, seed, truth()) for seed in range(SEEDS)] for n in SIZES])
    mean = found[..., :2].mean(axis=1)
    slopes = np.polyfit(np.log(SIZES), np.log(mean), 1)[0]
    assert slopes == pytest.approx(-0.5, abs=0.05)
    total = found[-1, :, 2]  # all moves: what is left at the largest size is chance, or less than half a percent
    assert abs(total.mean()) < 3 * total.std(ddof=1) / np.sqrt(SEEDS) + 0.005


@pytest.mark.slow
def test_ten_years_of_the_shipped_rules_end_where_the_agents_do():
    """Permits, statuses, careers and the market, without ties: the bias documented is at most 0.8 % of the stock."""
    *_, twin = expected(years=10)
    world = world_of(setting(), 100_000, 10, 0, with_ties=False)
    stocks = []
    for seed in range(4):
        *_, arm = years_of(world, SWITCHED_OFF, seed=seed)
        stocks.append(arm.counts.sum(axis=(1, 2, 3)) * world.weight)
    mean, error = np.mean(stocks, axis=0), np.std(stocks, axis=0, ddof=1) / 2
    mine = twin.counts.sum(axis=(1, 2, 3))
    assert np.abs(mine - mean).sum() / mean.sum() < 0.008 + error.sum() / mean.sum()
    assert np.all(np.abs(mine - mean) < 0.04 * mean + 4 * error)


def test_the_first_year_of_the_shipped_world_is_near_the_targets_of_the_fit():
    """With the ties of the start as a mean factor more people move than among agents: up to a tenth."""
    arm = first_year(whole_world(fit_world(), CENTRE, 1), CENTRE, fitted(), baseline_rules())
    crossed = arm.books.crossings / (setting().stock @ setting().tier_share)
    assert crossed[0] == pytest.approx(0.022, rel=0.1)
    assert arm.books.crossings[1:].sum() / (setting().stock @ setting().tier_share)[1:].sum() == pytest.approx(
        0.017, rel=0.1
    )
