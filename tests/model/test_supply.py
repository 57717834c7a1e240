"""Supply (E9): doctors on a path of their own, doctoral places and the drain with their lag, conversions, copies."""

import numpy as np
import pytest
from worlds import CENTRE, START, arm_of, rules_for, scenario, setting, shipped_world, years_of

from sim.model import equations as eq
from sim.model import supply
from sim.model.supply import ACADEMIA, CONVERSIONS, DOCTORS, ENTRY, GRADUATES, entrant_path, entrant_ratio
from sim.study.counts import movers_only
from sim.study.run import run
from sim.world.categories import TIERS

US = setting().countries.index("usa")
IN_US = setting().country == US
SHORT = CENTRE.vary(phd_years=2)


def graduates(world, a=CENTRE, policies=(), there=IN_US):
    """(year, there or elsewhere, tier) agents who entered from study."""
    years = [arm.accounts.graduates for arm in years_of(world, a, policies)][
        1:
    ]  # the first is the 1 January of the start
    return np.stack([[year[there].sum(axis=0), year[~there].sum(axis=0)] for year in years])


# first jobs of doctors


def first_jobs_of(odds, population=100_000):
    """(hub, sector) first jobs of the doctors of the first year, under the lever of the US, and the simulation."""
    policies = scenario({"country.usa.supply.doctors_in_academia": odds}).policies
    arm = arm_of(shipped_world(population, 2)).branch(policies)
    arm.adopt_rules(12 * START)
    arm.trajectory = movers_only()
    supply.enter(arm, START)
    return arm.trajectory.doctors[START], arm


@pytest.mark.parametrize("odds", [0, 1, 6, 100])
def test_policy_moves_first_jobs_of_doctors(odds):
    jobs, _ = first_jobs_of(odds)
    share = setting().sector_share[IN_US, ACADEMIA]
    doctors = jobs[IN_US].sum(axis=1)
    expected = doctors @ eq.academic_share(share, odds)
    assert jobs[IN_US, ACADEMIA].sum() == pytest.approx(expected, abs=4 * np.sqrt(expected) + 3)  # of some 130
    assert np.array_equal(jobs[~IN_US], first_jobs_of(1)[0][~IN_US])


def test_only_doctors_change_their_first_job():
    (_, more), (_, plain) = first_jobs_of(100), first_jobs_of(1)
    changed = np.flatnonzero(more.people.sector != plain.people.sector)
    assert len(changed) > 50
    assert supply.are_doctors(more.people, changed).all()
    assert np.all(more.people.sector[changed] == ACADEMIA)
    assert more.accounts.entrants.sum() == plain.accounts.entrants.sum()


# the reference path


def test_doctors_grow_at_their_own_rate():
    years = 5
    path = entrant_path(setting(), CENTRE, 2026, years)
    doctors = path[:, :, GRADUATES, DOCTORS]
    growth = (1 + CENTRE.phd_growth) ** np.arange(years)
    assert doctors == pytest.approx(doctors[0] * growth[:, None])
    slow, fast = (entrant_path(setting(), CENTRE.vary(phd_growth=g), 2026, years) for g in (0.0, 0.1))
    assert slow.sum(axis=-1) == pytest.approx(fast.sum(axis=-1))
    assert slow[0] == pytest.approx(fast[0])
    assert np.all(slow[1:, :, GRADUATES, ENTRY] > fast[1:, :, GRADUATES, ENTRY])


def test_first_year_doctors_are_those_of_the_table():
    s, path = setting(), entrant_path(setting(), CENTRE, 2026, 1)
    doctors = supply.by_country(s, path[0, :, GRADUATES, DOCTORS])
    assert doctors == pytest.approx(s.graduates * s.phd_share, rel=0.002)  # the table is rounded
    assert 2_000 < doctors[US] < 3_500  # m59: about 3,000 a year, of whom some take other work
    assert np.all(path[0, :, GRADUATES, TIERS.index("expert")] == 0)


def test_seven_in_ten_us_entrants_are_converts():
    """m81: 71 % of AI roles are filled by people whose title is not AI; a figure of the world tables, not fitted."""
    entrants = entrant_path(setting(), CENTRE, 2026, 1)[0].sum(axis=-1)
    assert entrants[IN_US, CONVERSIONS].sum() / entrants[IN_US].sum() == pytest.approx(0.71, abs=0.02)
    assert entrants[:, CONVERSIONS].sum() / entrants.sum() == pytest.approx(0.63, abs=0.02)


# policy


@pytest.mark.parametrize(
    ("lever", "moves"),
    [
        ("conversions", (CONVERSIONS, slice(None))),
        ("graduates", (GRADUATES, slice(None))),
        ("entry_hiring", (slice(None), ENTRY)),
    ],
)
def test_supply_levers_multiply_their_own_entrants(lever, moves):
    rules = rules_for(setting())
    rules[lever][US] = 1.5
    world = shipped_world(10_000, 2)
    plain = entrant_ratio(arm_of(world), 2026)
    ratio = entrant_ratio(arm_of(world, rules=rules), 2026)
    expected = np.ones((len(setting().hubs), 2, 3))
    expected[IN_US, moves[0], moves[1]] = 1.5
    assert ratio == pytest.approx(np.repeat(expected, 5, axis=-1) * plain)
    assert np.all(plain[np.repeat(world.entrants[0] > 0, 5, axis=-1)] == 1)


def test_conversions_enter_at_the_rate_of_the_policy():
    policies = scenario({"country.usa.supply.conversions": 0.5}).policies
    (_, plain), (_, fewer) = (list(years_of(shipped_world(20_000, 1), policies=p)) for p in ((), policies))
    assert np.array_equal(plain.accounts.graduates, fewer.accounts.graduates)
    other = [(arm.accounts.entrants - arm.accounts.graduates)[IN_US].sum() for arm in (plain, fewer)]
    assert other[1] == pytest.approx(0.5 * other[0], rel=0.1)


def test_doctoral_places_act_after_a_doctorate():
    policies = scenario({"country.usa.supply.phds": 3.0}, "2027-01-01").policies
    before, after = (graduates(shipped_world(50_000, 5), SHORT, p) for p in ((), policies))
    for k, (one, other) in enumerate(zip(before, after, strict=True)):
        more = 3 if 2026 + k >= 2029 else 1  # two years after the places
        assert np.array_equal(one[1], other[1])  # no other country
        assert one[0, ENTRY] == other[0, ENTRY]  # no other graduate
        assert other[0, DOCTORS] == pytest.approx(more * one[0, DOCTORS], abs=3 * np.sqrt(more * one[0, DOCTORS]))
        assert (other[0, DOCTORS] > one[0, DOCTORS]) == (more > 1)


def test_places_opened_before_the_run_graduate_in_it():
    arm = arm_of(shipped_world(10_000, 3), SHORT, scenario({"country.usa.supply.phds": 3.0}, "2025-01-01").policies)
    assert [supply.doctoral_places(arm, year)[US] for year in (2026, 2027, 2028)] == [1, 3, 3]


# the drain


def test_on_its_path_academia_drains_nothing():
    assert np.all(eq.drain(np.ones(3), 0.7) == 1)
    arm = arm_of(shipped_world(10_000, 2))
    assert np.all(arm.academia == 1)
    assert np.all(supply.drained(arm, 2026) == 1)


@pytest.mark.parametrize(("year", "left"), [(2026, 1.0), (2028, 1.0), (2029, 0.8), (2030, 0.6)])
def test_doctors_follow_academia_of_the_years_before(year, left):
    """Between two 1 Januaries academia changes evenly; an elasticity of one makes doctors follow in proportion."""
    arm = arm_of(shipped_world(10_000, 2), CENTRE.vary(phd_years=2.5, academia_elasticity=1))
    stock = np.array([1.0, 0.6, 0.6])[:, None] * np.ones(len(setting().countries))
    arm.academia = stock
    assert supply.drained(arm, year) == pytest.approx(np.full(stock.shape[1], left))
    arm.a = arm.a.vary(academia_elasticity=0)
    assert np.all(supply.drained(arm, year) == 1)


def test_academia_is_counted_against_its_path():
    arm = arm_of(shipped_world(10_000, 2))
    arm.work = arm.work.copy()
    arm.work[IN_US, :, ACADEMIA] *= 3
    there = np.arange(len(setting().countries)) == US
    assert supply.academia_over_path(arm)[there] == pytest.approx(3)
    assert supply.academia_over_path(arm)[~there] == pytest.approx(1)
    arm.year += 1
    growth = supply.growth_by_country(setting(), CENTRE, 2026, 1)[0]
    assert supply.academia_over_path(arm)[there] == pytest.approx(3 / (1 + growth[US]))


def test_a_branch_writes_its_own_academia():
    world, policies = shipped_world(10_000, 3), scenario({"sector.academia.separations": 4.0}, "2026-01-01").policies
    *_, plain = years_of(world)
    *_, drained = years_of(world, policies=policies)
    assert len(plain.academia) == len(drained.academia) == 4
    assert np.all(plain.academia[0] == drained.academia[0])
    assert drained.academia[-1][US] < plain.academia[-1][US] - 0.1


@pytest.mark.slow
def test_draining_academia_costs_doctors_later():
    delta = []
    for elasticity in (1.0, 0.0):
        held = {"assumptions": {"academia_elasticity": elasticity, "phd_years": 3.0}}
        result = run("academia_drain", population=20_000, replicates=2, years=8, uncertainty="chance", **held)
        doctors = result.data.graduates.sel(tier="practitioner").sum("hub").mean("replicate")
        delta.append((doctors.sel(arm="scenario") / doctors.sel(arm="baseline") - 1).values)
        academia = result.data.stock_by_sector.sel(sector="academia", time=2032).sum("hub").mean("replicate")
        assert academia.sel(arm="scenario") < 0.75 * academia.sel(arm="baseline")
    assert np.all(delta[0][:4] == 0)  # the policy is of 2027, and doctors take three years
    assert -0.35 < delta[0][-1] < -0.1
    assert np.all(delta[1] == 0)


@pytest.mark.slow
def test_twice_the_places_make_twice_the_doctors():
    result = run("phd_expansion", population=20_000, replicates=2, years=9, uncertainty="chance", workers=1)
    doctors = result.data.graduates.sel(tier="practitioner").isel(hub=np.flatnonzero(IN_US)).sum("hub")
    before, after = doctors.mean("replicate").values
    assert np.array_equal(before[:6], after[:6])
    assert after[6:].sum() == pytest.approx(2 * before[6:].sum(), rel=0.1)


# copies


def test_more_entrants_leave_later_graduates_alone():
    """Copies take slots beyond all cohorts: what settles this year must not touch who enters in the next."""
    world, canada = shipped_world(10_000, 3), setting().country == setting().countries.index("can")
    policies = scenario({"country.can.supply.graduates": 3}, "2026-01-01").policies
    plain, more = (graduates(world, policies=p, there=canada) for p in ((), policies))
    assert np.array_equal(plain[:, 1], more[:, 1])
    assert np.all(more[:, 0].sum(axis=1) > 2 * plain[:, 0].sum(axis=1))
