"""Outcomes that are undefined at some points, and indices that a small sweep cannot tell apart."""

import numpy as np
import pytest
from sweep_models import LINEAR, Noisy
from test_plots import drawn, words

from sim.errors import ResultError
from sim.results import indices
from sim.results.sweep import chance_share, index_table, is_settled, reading
from sim.show.plots import SWEEP_KINDS, draw_sweep, usual_of_sweep
from sim.show.plots.tornado import plot_tornado
from sim.show.sweeps import answer, render
from sim.show.terminal import console
from sim.study.sweep.runner import explore

TWO = {"a": (0, 1), "b": (0, 1)}


def nowhere(x):
    """A model whose outcome nobody is counted in."""
    return {"y": np.nan}


def not_everywhere(x):
    """A model that is undefined in a part of the cube."""
    return {"y": np.nan if x["a"] > 0.7 else x["a"] + x["b"]}


def endless(x):
    """A model that divides by nobody."""
    return {"y": np.inf if x["a"] > 0.7 else x["a"]}


def alike(x):
    """Two factors that matter as much as each other."""
    return {"y": x["a"] + x["b"] + 0.2 * x["a"] * x["b"]}


@pytest.mark.parametrize("model", [nowhere, not_everywhere, endless])
@pytest.mark.parametrize("method", ["sobol", "morris", "pawn", "lhs", "oat", "grid"])
def test_no_index_is_made_of_undefined_outcomes(model, method, tmp_path):
    n = {"oat": None, "grid": None, "pawn": 64, "lhs": 64}.get(method, 8)
    found = explore(model, TWO, method, n, store=tmp_path / "store")
    missing, points = found.undefined()
    assert 0 < missing <= points
    assert (missing == points) == (model is nowhere)
    said = reading(found)
    assert len(said) == 1
    assert "is undefined at" in said[0]
    assert ("at every point" if missing == points else f"at {missing} of {points} points") in said[0]
    if method != "grid":
        assert index_table(found).iloc[:, :3].isna().all(axis=None)
    assert np.isnan(chance_share(found)["share"])
    assert answer(found, ["y"])["measures"]["y"]["undefined"] == {"points": missing, "of": points}
    terminal = console()
    with terminal.capture() as shown:
        terminal.print(render(found, ["y"], False))
    assert "Nothing" not in shown.get()
    kind = usual_of_sweep(found)[0]
    assert draw_sweep(found, kind, tmp_path / "figure.svg").exists()


def test_guided_sweeps_refuse_undefined_measures(tmp_path):
    with pytest.raises(ResultError, match=r"y: nothing can be screened. Y is undefined at every point"):
        explore(nowhere, TWO, "guided", 8, store=tmp_path / "store")


def test_no_headline_while_intervals_exceed_indices(tmp_path):
    few = explore(alike, TWO, "sobol", 4, store=tmp_path / "few")
    many = explore(alike, TWO, "sobol", 256, store=tmp_path / "many")
    assert not is_settled(index_table(few))
    assert reading(few)[0].startswith("What y rests on is not settled")
    assert "--extend 8" in reading(few)[0]
    assert is_settled(index_table(many))
    assert "rests on two numbers" in reading(many)[0]


@pytest.mark.parametrize("method", ["sobol", "morris", "pawn", "lhs", "oat", "grid"])
def test_no_method_has_a_finding_where_chance_is_all(method, tmp_path):
    n = {"oat": None, "grid": None, "pawn": 64, "lhs": 64}.get(method, 8)
    found = explore(Noisy(100.0), LINEAR, method, n, store=tmp_path / "store")
    first = reading(found)[0]
    assert first.startswith(("The sweep cannot say what", "Nothing stands out", "No factor shifts")), first
    if method == "oat":
        table = index_table(found)
        assert table.undecided[table.width > 0].all()
        assert "No factor moves the answer more than chance does" in words(drawn(plot_tornado, found))


def test_what_exceeds_chance_still_stands_out(tmp_path):
    found = explore(Noisy(0.1), LINEAR, "oat", store=tmp_path / "store")
    table = index_table(found)
    assert list(table.index[~table.undecided]) == ["x0", "x1", "x2"]
    assert table.undecided["x3"]
    said, left = reading(found)
    assert all(name in said for name in ("x0", "x1", "x2"))
    assert left.startswith("Undecided (chance may give up to ")
    assert left.endswith(": x3.")


def test_chance_names_a_factor_in_one_design_of_twenty():
    random, designs, factors = np.random.default_rng(0), 4000, 10
    y = random.normal(size=(designs, factors, 5))
    error = np.sqrt((np.diff(random.normal(size=(designs, 16, 2))) ** 2).mean((1, 2)) / 2)
    limit = np.array([indices.chance_width(1.0, 16, 5, factors)]) * error
    assert 0.01 < (np.ptp(y, axis=2).max(1) > limit).mean() <= 0.06


def test_factors_with_overlapping_intervals_tie(tmp_path):
    found = explore(alike, TWO, "sobol", 256, store=tmp_path / "store")
    table = index_table(found)
    assert (table.best_rank.tolist(), table.worst_rank.tolist()) == ([1, 1], [2, 2])
    assert any("does not tell which of" in line and "is first" in line for line in reading(found))


@pytest.mark.parametrize("seed", range(3))
def test_ranks_hold_every_order_allowed(seed):
    random = np.random.default_rng(seed)
    value, half = random.uniform(size=6), random.uniform(0, 0.2, size=6)
    best, worst = indices.ranks(value, value - half, value + half)
    for _ in range(200):
        rank = 6 - (value + half * random.uniform(-1, 1, size=6)).argsort().argsort()
        assert np.all((best <= rank) & (rank <= worst))


def test_a_sweep_over_one_factor_draws_its_response(tmp_path):
    for method in ("grid", "oat", "lhs", "sobol"):
        n = None if method in ("grid", "oat") else 8
        found = explore(one, {"a": (0, 1)}, method, n, store=tmp_path / method)
        assert usual_of_sweep(found)[0] == "response"
        assert set(usual_of_sweep(found)) <= set(SWEEP_KINDS)
        for kind in usual_of_sweep(found):
            draw_sweep(found, kind, tmp_path / f"{method}-{kind}.svg")


def one(x):
    """A model of one factor."""
    return {"y": x["a"] ** 2}


@pytest.mark.parametrize("method", ["pawn", "lhs"])
def test_a_small_design_says_how_many_points_it_needs(method, tmp_path):
    found = explore(alike, TWO, method, 34, store=tmp_path / "store")
    assert index_table(found).iloc[:, :3].isna().all(axis=None)
    assert reading(found)[0] == "What y rests on cannot be said from 34 points: 40 are needed (--n 40)."
    terminal = console()
    with terminal.capture() as shown:
        terminal.print(render(found, ["y"], False))
    assert "nan" not in shown.get()
