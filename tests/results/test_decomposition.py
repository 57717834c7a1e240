"""Shapley values: known games, and parts that sum to the whole."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.results.decomposition import EXACT, TOTAL, coalitions, origins, parts_table, shapley, splits_over_origins
from sim.results.effects import effect


def game(parts, worth_of, seed=0):
    """The worth of every coalition that is asked for, one pair."""
    return {c: np.array([float(worth_of(c))]) for c in coalitions(parts, seed)}


@given(st.lists(st.floats(-10, 10), min_size=0, max_size=9))
def test_parts_that_only_add_up_get_what_they_bring(values):
    found = shapley(game(len(values), lambda c: sum(values[k] for k in c)), len(values))
    assert found[:, 0] == pytest.approx(values, abs=1e-9)


def test_the_glove_game_has_its_published_values():
    """One left glove (part 0) and two right ones: 2/3, 1/6, 1/6 (Shapley 1953)."""
    found = shapley(game(3, lambda c: 0 in c and len(c) > 1), 3)
    assert found[:, 0] == pytest.approx([2 / 3, 1 / 6, 1 / 6])


@settings(deadline=None)
@given(st.integers(1, 9), st.integers(0, 1000))
def test_parts_sum_to_the_whole_in_every_pair(parts, seed):
    random = np.random.default_rng(seed)
    worth = {c: random.normal(size=4) for c in coalitions(parts, seed)}
    whole = worth[frozenset(range(parts))] - worth[frozenset()]
    assert shapley(worth, parts, seed).sum(axis=0) == pytest.approx(whole, abs=1e-9)


def test_few_parts_are_exact_and_many_are_sampled():
    assert len(coalitions(EXACT)) == 2**EXACT
    assert len(coalitions(12)) < 2**9


def test_equal_parts_of_a_large_game_are_nearly_equal():
    found = shapley(game(8, lambda c: len(c) ** 2), 8)[:, 0]
    assert found == pytest.approx(np.full(8, 8.0))


def test_a_table_of_parts_ends_with_their_total():
    table = parts_table(np.array([[0.01, 0.02], [-0.03, 0.0]]), ["visa", "tax"], "share")
    assert list(table.part) == ["visa", "tax", TOTAL]
    assert list(table["mean"]) == pytest.approx([1.5, -1.5, 0.0])
    assert list(table.unit) == ["pp"] * 3
    assert list(table.pairs) == [2] * 3


@pytest.mark.parametrize("query", ["share:usa", "stock:paris", "share:eu27@2029", "stock:ind@2031"])
def test_origins_sum_to_the_effect(result, query):
    table = origins(result, query)
    factor = 100 if query.startswith("share") else 1
    assert table["mean"].iloc[-1] == pytest.approx(factor * float(effect(result, query).mean()), abs=1e-6)
    assert table["mean"][:-1].sum() == pytest.approx(table["mean"].iloc[-1], abs=1e-6)


def test_origins_name_the_hubs_that_send_fewer(result):
    table = origins(result, "share:usa", most=3).set_index("part")
    assert len(table) == 3 + 1 + 2 + 1
    assert (table["mean"][:3] < 0).all()  # the fee keeps people from abroad out
    assert not splits_over_origins("hhi")
    assert not splits_over_origins("share:usa,tier=expert")
