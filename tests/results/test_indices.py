"""Known functions through the same door as the simulator: their published indices come out."""

import numpy as np
import pandas as pd
import pytest
import sweep_models as models

from sim.results import indices
from sim.results.sweep import assumption_load, chance_share, convergence, dependence, index_table, reading
from sim.study.sweep.factors import number
from sim.study.sweep.runner import explore


def swept(tmp_path, model, factors, method, n=None, **more):
    return explore(model, factors, method, n, store=tmp_path / f"{method}-{n}", **more)


@pytest.fixture(scope="module")
def ishigami(tmp_path_factory):
    return swept(tmp_path_factory.mktemp("ishigami"), models.ishigami, models.ISHIGAMI, "sobol", 512)


def covered(table, index, known):
    """Return whether published values lie in the intervals, widened by half: nine in ten do in the plain ones."""
    wide = 0.25 * (table[f"{index}_high"] - table[f"{index}_low"])
    return (table[f"{index}_low"] - wide <= known) & (known <= table[f"{index}_high"] + wide)


def test_the_published_indices_of_ishigami_come_out(ishigami):
    table = index_table(ishigami)
    for index, known in (("first", models.ISHIGAMI_FIRST), ("total", models.ISHIGAMI_TOTAL)):
        known = pd.Series(known)[table.index]
        assert np.allclose(table[index], known, atol=0.06)
        assert covered(table, index, known).all()
    assert table["first"].sum() <= 1.1
    assert table["total"].sum() >= 0.95


def test_a_factor_without_effect_has_index_zero(ishigami):
    dummy = index_table(ishigami).loc["dummy"]
    assert dummy.first_low <= 0 <= dummy.first_high
    assert dummy.total_low <= 0 <= dummy.total_high


def test_the_indices_of_the_g_function_come_out(tmp_path):
    table = index_table(swept(tmp_path, models.sobol_g, models.SOBOL_G, "sobol", 512)).sort_index()
    first, total = models.sobol_g_indices()
    assert np.allclose(table["first"], first, atol=0.06)
    assert np.allclose(table["total"], total, atol=0.06)
    assert covered(table, "total", total).all()
    assert table["first"].sum() < 1 < table["total"].sum()


def test_the_indices_of_a_sum_add_up_to_one(tmp_path):
    sweep = swept(tmp_path, models.linear, models.LINEAR, "sobol", 512)
    table, squares = index_table(sweep), pd.Series(models.SLOPES) ** 2
    known = (squares / squares.sum())[table.index]
    assert np.allclose(table["first"], known, atol=0.04)
    assert np.allclose(table["total"], known, atol=0.04)
    assert table["first"].sum() == pytest.approx(1, abs=0.05)
    assert list(table.index) == ["x0", "x1", "x2", "x3"]


def test_elementary_effects_are_the_slopes_of_a_sum(tmp_path):
    table = index_table(swept(tmp_path, models.linear, models.LINEAR, "morris", 6))
    assert np.allclose(table.mu_star, pd.Series(models.SLOPES)[table.index])
    assert np.allclose(table.sigma, 0, atol=1e-9)


def test_elementary_effects_order_the_g_function(tmp_path):
    table = index_table(swept(tmp_path, models.sobol_g, models.SOBOL_G, "morris", 30))
    assert list(table.index) == ["x0", "x1", "x2", "x3", "x4"]
    assert (table.mu_star_low <= table.mu_star).all()


def test_pawn_finds_what_moves_the_distribution(tmp_path):
    table = index_table(swept(tmp_path, models.ishigami, models.ISHIGAMI, "pawn", 1024))
    assert table.index[0] == "x2"
    assert table.index[-1] == "dummy"
    assert table["median"]["dummy"] < table.critical["dummy"]
    assert table.undecided["dummy"]
    assert not table.undecided["x2"]
    assert ((table.median_low <= table["median"]) & (table["median"] <= table.median_high)).all()


def test_one_at_a_time_gives_the_ends_of_every_factor(tmp_path):
    table = index_table(swept(tmp_path, models.linear, models.LINEAR, "oat"))
    slopes = pd.Series(models.SLOPES)[table.index]
    assert np.allclose(table.centre, 3.5)
    assert np.allclose(table.at_low, 3.5 - slopes / 2)
    assert np.allclose(table.at_high, 3.5 + slopes / 2)
    assert np.allclose(table.width, slopes)


def test_indices_settle_as_the_design_grows(ishigami):
    found = convergence(ishigami)
    assert list(found.n.unique()) == [4, 8, 16, 32, 64, 128, 256, 512]
    width = (found.high - found.low)[found.factor == "x1"].to_numpy()
    assert width[-1] < width[3] / 2
    final = found[found.n == 512].set_index("factor")["index"]
    assert np.allclose(final, index_table(ishigami)["total"][final.index])


def test_the_part_of_chance_is_what_it_is(tmp_path):
    noisy = swept(tmp_path, models.Noisy(1.0), models.LINEAR, "lhs", 256)
    found = chance_share(noisy)
    known = 1 / (1 + sum(s**2 for s in models.SLOPES.values()) / 12)  # noise over noise and signal
    assert found["points"] == 16
    assert found["error"] == pytest.approx(1, rel=0.5)
    assert found["share"] == pytest.approx(known, rel=0.8)
    assert np.isnan(chance_share(swept(tmp_path, models.linear, models.LINEAR, "lhs", 64))["share"])
    assert index_table(noisy).index[0] == "x0"


def test_mostly_chance_names_no_factor(tmp_path):
    words = " ".join(reading(swept(tmp_path, models.Noisy(50.0), models.LINEAR, "sobol", 32)))
    assert "The sweep cannot say" in words
    assert "x0 (" not in words
    words = " ".join(reading(swept(tmp_path / "calm", models.Noisy(0.01), models.LINEAR, "sobol", 32)))
    assert "The sweep cannot say" not in words
    assert "x0 (" in words


def test_partial_dependence_follows_the_slope(tmp_path):
    sweep = swept(tmp_path, models.linear, models.LINEAR, "lhs", 256)
    found = dependence(sweep, "x0", bins=8)
    slope = np.polyfit(found.x, found["mean"], 1)[0]
    assert slope == pytest.approx(4, abs=0.5)
    assert len(found) == 8


def test_load_adds_the_indices_up_by_grade(tmp_path):
    factors = [number(name, 0, 1, grade=grade) for name, grade in zip(models.SLOPES, "ADDB", strict=True)]
    load = assumption_load(swept(tmp_path, models.linear, factors, "sobol", 256))
    assert list(load.index) == list("ABCD")
    assert load.load.sum() == pytest.approx(1)
    assert load.load["A"] == pytest.approx(16 / 21, abs=0.05)
    assert load.load["D"] == pytest.approx(5 / 21, abs=0.05)
    assert load.factors["D"] == ["x1", "x2"]


def test_constants_have_zero_indices():
    flat, few = indices.sobol(np.ones((8, 4)), ["a", "b"]), indices.sobol(np.ones((1, 4)), ["a", "b"])
    assert (flat.to_numpy() == 0).all()
    assert few.isna().to_numpy().all()


def test_a_single_factor_explains_all(tmp_path):
    table = index_table(swept(tmp_path, models.trivial, {"x0": (0, 1)}, "sobol", 32), "y")
    assert table["first"].iloc[0] == pytest.approx(1, abs=0.05)
    assert table["total"].iloc[0] == pytest.approx(1, abs=0.05)


def test_intervals_are_the_same_every_time(ishigami):
    assert index_table(ishigami).equals(index_table(ishigami))


def test_more_runs_are_asked_for_what_is_undecided(tmp_path):
    table = index_table(swept(tmp_path, models.ishigami, models.ISHIGAMI, "morris", 2))
    undecided = table[table.undecided]
    assert (undecided.more_runs.dropna() > 0).all()
    assert (table.more_runs[~table.undecided] == 0).all()
