"""The draw of a capped pool, the office alone: gates g14 and g15, and what any fair lottery does."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from worlds import CENTRE

from sim.model import equations as eq
from sim.model import rng
from sim.model.lottery import LEVEL_WEIGHTS, Pool, background, clocks, draw, places
from sim.world.tables import read

CAP = 85_000
GATES = {
    2021: (44.2, 48.2),
    2022: (41.8, 45.8),
    2023: (24.9, 28.9),
    2024: (22.8, 26.8),
    2025: (26.7, 30.7),
    2026: (32.9, 36.9),
}
MISSED = {
    2024,
    2026,
}  # no one petition yield meets these: duplicate registrations in 2024, more selections in 2026


@pytest.fixture(scope="module")
def pool():
    return next(Pool.from_row(row) for row in read("pools") if row["pool"] == "usa.h1b")


def no_masters(count):
    return np.zeros(count, bool)


# g14: the office alone, with the published eligible registrations and one petition yield


def odds_of(year, registrations, pool):
    """Percent selected, out of registrations nobody distinguishes."""
    u = rng.uniform(rng.key(0, "lottery", year), np.arange(registrations))
    master = rng.uniform(rng.key(0, "master", year), np.arange(registrations)) < pool.master
    clock = clocks(u, np.zeros(registrations, int), weighted=False)
    return 100 * draw(clock, master, *places(pool, CAP, CENTRE.petition_yield, 1.0, 0, year)).mean()


@pytest.mark.parametrize("row", read("registrations"), ids=lambda row: row["fy"])
def test_one_yield_explains_four_of_six_odds(row, pool):
    year = int(row["fy"])
    low, high = GATES[year]
    meets = low <= odds_of(year, int(row["eligible"]), pool) <= high
    assert meets == (year not in MISSED)


def test_the_gates_hold_the_published_odds():
    for row in read("registrations"):
        low, high = GATES[int(row["fy"])]
        assert low <= 100 * int(row["selected"]) / int(row["eligible"]) <= high


# g15: the weighted lottery


def weighted_draw(pool, registrations, year=2026):
    """Wage levels of ``registrations`` people, and who of them is selected by weight."""
    levels = np.searchsorted(
        np.cumsum(pool.level)[:-1], rng.uniform(rng.key(0, "level", year), np.arange(registrations))
    )
    clock = clocks(rng.uniform(rng.key(0, "lottery", year), np.arange(registrations)), levels, weighted=True)
    master = rng.uniform(rng.key(0, "master", year), np.arange(registrations)) < pool.master
    return levels, draw(clock, master, *places(pool, CAP, CENTRE.petition_yield, 1.0, 0, year))


def odds_by_level(levels, selected):
    return np.array([selected[levels == level].mean() for level in range(4)])


@pytest.fixture(scope="module")
def fy2027(pool):
    """As many registrations as gave the odds of FY2026, now weighted."""
    return weighted_draw(pool, 343_981)


def test_level_four_has_two_to_four_times_the_odds(fy2027):
    odds = odds_by_level(*fy2027)
    assert np.all(np.diff(odds) > 0)
    assert 2 <= odds[3] / odds[0] <= 4


def test_at_twice_the_odds_level_four_gains_less(pool, fy2027):
    odds, twice = odds_by_level(*fy2027), odds_by_level(*weighted_draw(pool, 343_981 // 2))
    assert twice[3] / twice[0] < odds[3] / odds[0]


def test_level_one_is_13_to_22_percent_of_the_selected(fy2027):
    levels, selected = fy2027
    assert 0.13 <= (levels[selected] == 0).mean() <= 0.22


@pytest.mark.parametrize("scarcity", [1.1, 2, 5, 20, 100])
def test_weighted_odds_lie_between_their_limits(scarcity):
    """Without replacement an entry more is worth less than its weight, the less so the scarcer the places."""
    n, runs = 4_000, 1_500
    level = np.arange(n) % 4
    odds = np.zeros(4)
    for seed in range(runs):
        clock = clocks(rng.uniform(rng.key(seed, "lottery", 2026), np.arange(n)), level, weighted=True)
        odds += odds_by_level(level, draw(clock, no_masters(n), int(n / scarcity), 0)) / runs
    # the closed form: the clock t at which the places are full solves mean(1 - exp(-w t)) = 1 / scarcity
    t = _full_at(1 / scarcity)
    expected = -np.expm1(-4 * t) / -np.expm1(-t)
    assert 1 < expected < 4
    assert odds[3] / odds[0] == pytest.approx(expected, rel=4 * np.sqrt(scarcity * 5 / n / runs))


def _full_at(share):
    from scipy.optimize import brentq

    return brentq(lambda t: -np.expm1(-LEVEL_WEIGHTS * t).mean() - share, 1e-9, 50)


# any draw


@settings(deadline=None, derandomize=True)
@given(
    st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.booleans(), st.integers(0, 3)), max_size=60),
    st.integers(0, 70),
    st.integers(0, 70),
    st.booleans(),
)
def test_places_are_filled_and_never_overfilled(registrations, regular, advanced, weighted):
    u, master, level = (np.array([r[k] for r in registrations]) for k in range(3))
    master = master.astype(bool)
    selected = draw(clocks(u, level.astype(int), weighted), master, regular, advanced)
    assert selected.sum() <= regular + advanced
    assert (selected & ~master).sum() <= regular
    first = min(regular, len(u))
    assert first <= selected.sum() <= first + min(advanced, master.sum())
    if advanced >= len(u):
        assert np.all(selected[master])


def test_no_places_select_nobody():
    assert not draw(np.arange(5.0), np.ones(5, bool), 0, 0).any()
    assert draw(np.zeros(0), np.zeros(0, bool), 3, 2).shape == (0,)


def test_equal_registrations_are_equally_likely():
    n, wanted, runs = 200, 40, 3_000
    times = np.zeros(n)
    for seed in range(runs):
        u = rng.uniform(rng.key(seed, "lottery", 2026), np.arange(n))
        times += draw(clocks(u, np.zeros(n, int), False), no_masters(n), wanted, 0)
    p = wanted / n
    # in one run exactly `wanted` are drawn: the counts vary less than binomial ones by (n - 1) / n
    assert stats.chi2.sf(((times - runs * p) ** 2).sum() / (runs * p * (1 - p)) * (n - 1) / n, n - 1) > 1e-4
    assert times[: n // 2].mean() == pytest.approx(times[n // 2 :].mean(), rel=0.02)  # low slots are no luckier


def test_the_second_draw_favours_masters():
    n, runs, by_master = 400, 400, np.zeros(2)
    master = np.arange(n) % 2 == 0
    for seed in range(runs):
        u = rng.uniform(rng.key(seed, "lottery", 2026), np.arange(n))
        selected = draw(u, master, 80, 20)
        assert selected.sum() == 100
        assert (selected & ~master).sum() == 80 - (np.argsort(u)[:80] % 2 == 0).sum()
        by_master += [selected[~master].mean() / runs, selected[master].mean() / runs]
    # all compete for 80 of 400 places first; then 20 of the 160 masters left are drawn
    assert by_master[0] == pytest.approx(0.2, abs=0.01)
    assert by_master[1] == pytest.approx(0.2 + 0.8 * 20 / 160, abs=0.01)


@pytest.mark.parametrize("weight", [1.0, 19.0, 190.0])
def test_places_scale_with_the_weight_in_expectation(weight, pool):
    drawn = np.array([places(pool, CAP, 0.66, weight, seed, 2026) for seed in range(400)])
    assert drawn.mean(axis=0) * weight == pytest.approx([65_000 / 0.66, 20_000 / 0.66], abs=weight * 0.1)
    assert np.all(np.abs(drawn - drawn.mean(axis=0)) <= 1)


def test_the_background_keeps_its_size_and_shares(pool):
    all_of_them = background(pool, 1.0, 0.0, 1.0, 0, 2026)
    n = len(all_of_them.level)
    assert abs(n - pool.registrations) <= 1
    assert all_of_them.in_country.mean() == pytest.approx(pool.in_country, abs=4 * np.sqrt(0.25 / n))
    assert all_of_them.master.mean() == pytest.approx(pool.master, abs=4 * np.sqrt(0.25 / n))
    assert np.bincount(all_of_them.level) / n == pytest.approx(pool.level, abs=4 * np.sqrt(0.25 / n))


def test_a_fee_empties_the_background_abroad_only(pool):
    before, after = (background(pool, p, 0.0, 19.0, 0, 2026) for p in (1.0, 0.1))
    assert after.in_country.sum() == before.in_country.sum()
    assert (~after.in_country).sum() == pytest.approx(0.1 * (~before.in_country).sum(), rel=0.1)
    assert set(after.clock_draw) < set(before.clock_draw)  # who stays is drawn as before


def test_weighting_keeps_level_one_registrations_away(pool):
    before, after = (background(pool, 1.0, w, 19.0, 0, 2026) for w in (0.0, 0.3))
    counts = [np.bincount(b.level, minlength=4) for b in (before, after)]
    assert np.array_equal(counts[0][1:], counts[1][1:])
    assert counts[1][0] == pytest.approx(0.7 * counts[0][0], rel=0.05)


def test_a_pool_without_background_has_none(pool):
    alone = background(replace(pool, registrations=0.0), 1.0, 0.0, 19.0, 0, 2026)
    assert len(alone.level) == 0


def test_unweighted_clocks_ignore_the_level():
    u = np.linspace(0, 0.99, 50)
    assert np.array_equal(clocks(u, np.arange(50) % 4, False), eq.lottery_clock(u, 1.0))
