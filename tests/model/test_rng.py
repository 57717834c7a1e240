"""Keyed draws: what is promised of them in design and code."""

from functools import cache

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numba import njit
from scipy import stats

from sim.model import rng
from sim.model.kernels.choice import uniform_at

QUESTIONS = ("destination", "consider", "month", "lottery", "enter", "exit", "tie counts", "employer pays")
UNLIKELY = 1e-4  # draws are fixed, so a test passes always or never


@njit
def compiled(key, slots):
    out = np.empty(slots.size)
    for k in range(slots.size):
        out[k] = uniform_at(key, slots[k])
    return out


@settings(deadline=None, derandomize=True)
@given(
    seed=st.integers(0, 2**40),
    question=st.text(max_size=20),
    year=st.integers(0, 3000),
    slots=st.lists(st.integers(0, 2**48), min_size=1, max_size=20),
)
def test_numpy_and_compiled_draws_are_equal_to_the_bit(seed, question, year, slots):
    key, slots = rng.key(seed, question, year), np.array(slots)
    assert rng.uniform(key, slots).tobytes() == compiled(key, slots).tobytes()


@cache
def along(what, n=6_000):
    """Draws that differ in one argument only."""
    if what == "slots":
        return rng.uniform(rng.key(7, "destination", 2026), np.arange(n))
    key = {
        "years": lambda k: rng.key(7, "destination", k),
        "seeds": lambda k: rng.key(k, "destination", 2026),
        "questions": lambda k: rng.key(7, f"cap {k}", 2026),
    }[what]
    return np.array([rng.uniform(key(k), 3) for k in range(n)])


def pairs(n=20_000):
    """Draws side by side that must know nothing of each other."""
    slots, key = np.arange(n), rng.key
    one = rng.uniform(key(7, "destination", 2026), slots)
    return {
        "neighbouring slots": (one, rng.uniform(key(7, "destination", 2026), slots + 1)),
        "neighbouring years": (one, rng.uniform(key(7, "destination", 2027), slots)),
        "neighbouring seeds": (one, rng.uniform(key(8, "destination", 2026), slots)),
        "two questions": (one, rng.uniform(key(7, "consider", 2026), slots)),
        "seed and year exchanged": (
            rng.uniform(key(1, "month", 2), slots),
            rng.uniform(key(2, "month", 1), slots),
        ),
        "a slot and twice the slot": (one, rng.uniform(key(7, "destination", 2026), 2 * slots + n)),
    }


def test_draws_are_uniform_along_every_argument():
    for what in ("slots", "years", "seeds", "questions"):
        u = along(what)
        assert u.min() >= 0
        assert u.max() < 1
        assert stats.kstest(u, "uniform").pvalue > UNLIKELY, what


def test_neighbouring_draws_are_independent():
    for what, (one, other) in pairs().items():
        table = np.histogram2d(one, other, bins=12, range=[[0, 1], [0, 1]])[0]
        assert stats.chisquare(table.ravel()).pvalue > UNLIKELY, what
        assert abs(np.corrcoef(one, other)[0, 1]) < 4 / np.sqrt(len(one)), what


def test_successive_draws_are_independent():
    for what in ("years", "seeds", "questions"):
        u = along(what)
        assert stats.chisquare(np.histogram2d(u[:-1], u[1:], bins=12)[0].ravel()).pvalue > UNLIKELY, what


def test_every_argument_makes_another_key():
    keys = {int(rng.key(s, q, y)) for s in range(60) for q in QUESTIONS for y in range(2000, 2060)}
    assert len(keys) == 60 * len(QUESTIONS) * 60


def test_seed_zero_is_a_seed():
    u = rng.uniform(rng.key(0, "destination", 2026), np.arange(1000))
    assert abs(u.mean() - 0.5) < 0.04
    assert not np.array_equal(u, rng.uniform(rng.key(1, "destination", 2026), np.arange(1000)))


def test_a_draw_depends_on_no_other_draw():
    key, slots = rng.key(3, "destination", 2026), np.arange(500)
    alone = rng.uniform(key, slots)
    rng.uniform(rng.key(3, "something new", 2026), slots)
    some = np.array([400, 3, 77])
    assert np.array_equal(rng.uniform(key, some), alone[some])  # fewer, in another order
    assert np.array_equal(rng.uniform(key, np.arange(900))[:500], alone)  # newcomers behind
    assert rng.uniform(key, slots.reshape(50, 10)).shape == (50, 10)


def test_random_rounding_is_unbiased_and_adjacent():
    keys = [rng.key(s, "cap", 2026) for s in range(4_000)]
    for amount in (0.0, 0.3, 2.25, 7.0, 447.37):
        whole = np.array([rng.rounded(amount, k) for k in keys])
        assert set(whole) <= {np.floor(amount), np.ceil(amount)}
        assert abs(whole.mean() - amount) < 4 * 0.5 / np.sqrt(len(keys))
