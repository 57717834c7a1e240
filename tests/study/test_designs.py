"""Designs: a longer one begins with the shorter, blocks are what their estimator needs, and nonsense is refused."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.errors import UsageError
from sim.results.saved_checks import METHODS
from sim.study.sweep.designs import SLICE, Design, blocks_asked, design

endless = pytest.mark.parametrize("method", ["lhs", "morris", "sobol", "pawn"])


@pytest.mark.parametrize("method", METHODS)
def test_points_depend_on_seed_and_number_alone(method):
    one, other = (design(method, 3, seed=5, centre=(0.5, 0.2, 0.9))[0] for _ in range(2))
    for k in (6, 2, 0, 6):
        block = one.block(k)
        assert block.shape == (one.size, 3)
        assert ((block >= 0) & (block <= 1)).all()
        assert np.array_equal(block, other.block(k))


@endless
def test_blocks_differ_by_number_and_seed(method):
    one, other = design(method, 3, seed=1)[0], design(method, 3, seed=2)[0]
    assert not np.array_equal(one.block(0), one.block(1))
    assert not np.array_equal(one.block(0), other.block(0))


@given(st.integers(0, 200), st.integers(1, 9))
def test_a_trajectory_moves_every_factor_once(k, d):
    block = Design("morris", d).block(k)
    moves = np.diff(block, axis=0)
    assert (np.count_nonzero(moves, axis=1) == 1).all()
    assert (np.count_nonzero(moves, axis=0) == 1).all()
    assert np.allclose(abs(moves[moves != 0]), 2 / 3)  # of four levels


@given(st.integers(0, 500), st.integers(1, 9))
def test_sobol_rows_swap_one_factor_each(k, d):
    a, b, *mixed = Design("sobol", d).block(k)
    for i, row in enumerate(mixed):
        assert np.array_equal(row, np.where(np.arange(d) == i, b, a))


@pytest.mark.parametrize("method", ["sobol", "pawn"])
def test_a_power_of_two_of_points_is_balanced(method):
    first = np.array([Design(method, 4).block(k)[0] for k in range(64)])
    for column in first.T:
        assert np.array_equal(np.sort((column * 64).astype(int)), np.arange(64))


def test_a_latin_hypercube_has_one_point_a_row():
    made = Design("lhs", 3)
    for part in range(2):
        points = np.array([made.block(part * SLICE + k)[0] for k in range(SLICE)])
        for column in points.T:
            assert np.array_equal(np.sort((column * SLICE).astype(int)), np.arange(SLICE))


def test_a_grid_has_every_combination_once():
    made, n = design("grid", 2, levels=5)
    points = {tuple(made.block(k)[0]) for k in range(n)}
    assert n == len(points) == 25
    assert {x for x, _ in points} == {0, 0.25, 0.5, 0.75, 1}


def test_one_at_a_time_moves_one_factor_off_centre():
    made, n = design("oat", 2, levels=3, centre=(0.5, 0.25))
    points = np.array([made.block(k)[0] for k in range(n)])
    assert points.tolist() == [[0.5, 0.25], [0, 0.25], [0.5, 0.25], [1, 0.25], [0.5, 0], [0.5, 0.5], [0.5, 1]]


@pytest.mark.parametrize(
    ("method", "d", "n", "levels", "said"),
    [
        ("sobal", 2, None, None, "there are: guided"),
        ("sobol", 2, 2, None, "takes from 4"),
        ("morris", 2, 1, None, "takes from 2"),
        ("morris", 2, 4, 3, "an even number"),
        ("lhs", 2, 9, 4, "takes none"),
        ("grid", 20, None, None, "fewer of both"),
        ("grid", 2, 10, None, "no --n"),
        ("oat", 2, None, 1, "2 or more"),
    ],
)
def test_what_makes_no_sense_is_refused(method, d, n, levels, said):
    with pytest.raises(UsageError, match=said):
        design(method, d, n, 0, levels)


def test_a_sobol_design_rounds_up_to_a_power_of_two():
    assert [blocks_asked("sobol", n) for n in (4, 5, 64, 65)] == [4, 8, 64, 128]
