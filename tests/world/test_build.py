"""Test the engineers of a world: their numbers, their attributes, and equality for equal arguments."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from worlds import CENTRE, START, same, setting, shipped_world, world_of

from sim.world.categories import ROLES, TIERS
from sim.world.engineers import (
    CITIZEN,
    NATIVE_YEAR,
    OLDEST,
    STUDENT,
    TASTE_SHARES,
    TASTES,
    YOUNGEST,
    apportion,
    category,
    empty,
    role_of,
    tier_of,
)
from sim.world.people import entrant_homes, joint_mix

MOST_BYTES = 60  # of a slot, ties apart


@pytest.fixture(scope="module")
def world():
    return shipped_world(40_000, 2)


@pytest.fixture(scope="module")
def people(world):
    """Return the columns of the engineers present at the start."""
    return type(world.engineers)(*(column[: world.cohort[1]] for column in world.engineers))


def within(share, expected, n, sigmas=4.5):
    """Tell whether a share of ``n`` draws is within sampling error of its expectation."""
    return abs(share - expected) <= sigmas * np.sqrt(max(expected * (1 - expected), 1 / n) / n)


@settings(deadline=None, derandomize=True)
@given(st.lists(st.floats(0, 50), min_size=1, max_size=60))
def test_apportion_loses_nobody_and_rounds_every_cell(expected):
    whole = apportion(np.array(expected))
    assert abs(whole.sum() - np.sum(expected)) <= 0.5 + 1e-6
    assert np.all(np.abs(whole - expected) <= 1 + 1e-6)
    assert np.all(whole >= 0)


def test_agents_represent_all_engineers(world):
    assert world.cohort[1] == 40_000
    assert world.weight * 40_000 == pytest.approx(setting().persons, rel=1e-12)
    assert (world.engineers.hub >= 0).sum() == 40_000


def test_every_hub_has_its_stock_to_within_one_agent(world, people):
    agents = np.bincount(people.hub, minlength=len(setting().hubs))
    assert np.abs(agents - setting().stock / world.weight).max() <= 1


def test_tiers_and_homes_of_hubs_match_the_tables(world, people):
    cells = np.zeros(joint_mix(setting()).shape)
    np.add.at(cells, (people.hub, people.home, tier_of(people.category)), 1)
    assert np.abs(cells - joint_mix(setting()) / world.weight).max() <= 1
    assert np.abs(cells.sum(axis=2) - setting().stock[:, None] * setting().home_mix / world.weight).max() <= 3


def test_joint_mix_keeps_its_margins():
    s, joint = setting(), joint_mix(setting())
    assert joint.sum(axis=(1, 2)) == pytest.approx(s.stock)
    assert joint.sum(axis=1) == pytest.approx(s.stock[:, None] * s.tier_share)
    assert joint[:, :, 0] == pytest.approx((s.stock * s.tier_share[:, 0])[:, None] * s.home_mix_experts)
    assert np.all(joint >= 0)


def test_cohorts_follow_the_reference_path(world):
    for year, entrants in enumerate(world.entrants):
        slots = slice(world.cohort[year + 1], world.cohort[year + 2])
        agents = np.bincount(world.entry_hub[slots], minlength=len(setting().hubs))
        assert np.abs(agents - entrants.sum(axis=(1, 2)) / world.weight).max() <= 1.5
        assert world.engineers.graduate[slots].sum() == pytest.approx(entrants[:, 0].sum() / world.weight, rel=0.01)
        assert np.all(world.engineers.hub[slots] == -1)  # nobody is there before the year has come


def test_entrants_have_a_home_mix_of_their_own():
    s, mix = setting(), entrant_homes(setting())
    assert mix.sum(axis=2) == pytest.approx(np.ones((len(s.hubs), 2)))
    native = s.home_country[None, :] == s.country[:, None]
    some = native.any(axis=1)  # hubs whose country is a home of the tables
    for kind, share in enumerate((s.native_graduates, s.native_conversions)):
        natives = (mix[:, kind] * native).sum(axis=1)
        assert natives[some] == pytest.approx(share[s.country][some])


def test_roles_types_and_tastes_have_their_shares(people):
    n = len(people.hub)
    role = role_of(people.category)
    expected = setting().stock @ setting().role_share / setting().persons
    for r in range(len(ROLES)):
        assert within((role == r).mean(), expected[r], n)
    for k, share in enumerate(TASTE_SHARES):
        assert within((people.category % 3 == k).mean(), share, n)
    assert within((people.category >= 45).mean(), CENTRE.mover_share, n)


def test_tastes_are_standardised():
    assert TASTE_SHARES.sum() == pytest.approx(1)
    assert pytest.approx(0) == TASTE_SHARES @ TASTES
    assert pytest.approx(1, rel=1e-6) == TASTE_SHARES @ TASTES**2


def test_a_category_packs_and_unpacks():
    codes = {category(k, t, r, q) for k in range(2) for t in range(3) for r in range(5) for q in range(3)}
    assert codes == set(range(90))
    assert tier_of(category(1, 2, 3, 0)) == 2
    assert role_of(category(1, 2, 3, 0)) == 3
    assert max(codes) <= np.iinfo(empty(1).category.dtype).max


def test_statuses_are_mixed_by_country_and_home(people):
    s = setting()
    for c, g in (("usa", "ind"), ("usa", "usa"), ("gbr", "ind"), ("chn", "chn"), ("can", "chn")):
        here = (s.country[people.hub] == s.countries.index(c)) & (people.home == s.homes.index(g))
        shares = np.bincount(people.status[here], minlength=6) / here.sum()
        for status, expected in enumerate(s.status_mix[s.countries.index(c), s.homes.index(g)]):
            assert within(shares[status], expected, here.sum())


def test_ages_are_those_of_the_tier(people):
    age = START - people.birth_year
    assert age.min() >= YOUNGEST
    assert age.max() <= OLDEST
    for t in range(len(TIERS)):
        mine = age[tier_of(people.category) == t]
        expected = setting().ages[t] @ (YOUNGEST + np.arange(setting().ages.shape[1])) / setting().ages[t].sum()
        assert abs(mine.mean() - expected) < 4.5 * mine.std() / np.sqrt(len(mine))


def test_natives_never_arrived_and_never_left(people):
    native = setting().home_country[people.home] == setting().country[people.hub]
    assert np.all(people.arrival_year[native] == NATIVE_YEAR)
    assert np.all(people.abroad_since[native] == NATIVE_YEAR)
    assert np.all(people.arrival_year[~native] <= START)
    assert np.all(people.arrival_year[~native] > 1950)


def test_foreign_graduates_are_students_until_june(world):
    first = slice(world.cohort[1], world.cohort[2])
    e = type(world.engineers)(*(column[first] for column in world.engineers))
    hub = world.entry_hub[first]
    student = e.graduate & (e.status == STUDENT)
    assert np.all(e.expiry_month[student] == 12 * START + 5)
    needs_permit = e.graduate & (setting().free_share[e.home, hub] == 0)
    assert np.all(e.status[needs_permit] == STUDENT)
    assert np.all(e.status[e.graduate & (setting().free_share[e.home, hub] == 1)] == CITIZEN)


def test_equal_arguments_give_equal_worlds():
    one, again, other = (world_of(setting(), 5_000, 1, seed) for seed in (3, 3, 4))
    assert same(one.engineers, again.engineers)
    assert same(one.ties, again.ties)
    assert not np.array_equal(one.engineers.status, other.engineers.status)
    assert not np.array_equal(one.ties.ties, other.ties.ties)
    assert np.array_equal(one.cohort, other.cohort)  # counts are apportioned, not drawn


def test_seed_zero_is_a_seed():
    assert not same(world_of(setting(), 2_000, 1, 0).engineers, world_of(setting(), 2_000, 1, 1).engineers)


def test_a_slot_is_small(world):
    assert world.engineers.bytes_each <= MOST_BYTES
    assert world.engineers.bytes_each == sum(c.nbytes for c in world.engineers) / len(world.engineers.hub)


def test_a_copy_is_independent():
    people = shipped_world(5_000, 1).engineers
    copy = people.copy()
    copy.hub[:] = 3
    assert not np.array_equal(copy.hub, people.hub)
    assert same(people, people.copy())


def test_teams_are_of_one_hub_and_one_cohort(world):
    team, cohort = world.engineers.team, np.repeat(np.arange(len(world.cohort) - 1), np.diff(world.cohort))
    for column in (world.entry_hub, cohort):
        first = np.zeros(team.max() + 1, int)
        first[team[::-1]] = column[::-1]
        assert np.array_equal(first[team], column)
    assert np.bincount(team).max() <= 11
