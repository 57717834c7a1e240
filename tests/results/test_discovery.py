"""Scenario discovery: a known box comes out in plain words; conditions that make no sense are refused."""

import numpy as np
import pytest

from sim.errors import UsageError
from sim.results.discovery import boxes, condition
from sim.study.sweep.factors import number
from sim.study.sweep.runner import explore

FACTORS = [number(name, 0, 10) for name in "abc"]


@pytest.fixture(scope="module", autouse=True)
def _prim():
    """Import it here: it takes seconds, which every test process would pay for at the top of the file."""
    pytest.importorskip("ema_workbench", reason="the extra 'discovery'")


def corner(values):
    """Fails in a corner of two factors: 12 % of the space."""
    return {"y": -1.0 if values["a"] < 3 and values["b"] > 6 else 1.0}


def two_corners(values):
    """Fails in two corners."""
    a, b, c = values.values()
    return {"y": -1.0 if (a < 3 and b > 6) or (b < 4 and c > 7) else 1.0}


def noise(values):
    """Fails anywhere: every second time."""
    return {"y": float(np.sign(np.random.default_rng(int(1e9 * sum(values.values()))).normal()))}


def swept(tmp_path, model, n=500):
    return explore(model, FACTORS, "lhs", n, store=tmp_path)


def test_a_known_box_is_found(tmp_path):
    sweep = swept(tmp_path, corner)
    found = boxes(sweep, condition("below 0", sweep))
    box = found["boxes"][0]
    assert set(box["limits"]) == {"a", "b"}
    assert box["limits"]["a"] == (None, pytest.approx(3, abs=0.3))
    assert box["limits"]["b"] == (pytest.approx(6, abs=0.3), None)
    y, x = sweep.value(), sweep.points()
    inside = (x.a <= box["limits"]["a"][1]) & (x.b >= box["limits"]["b"][0])
    assert box["coverage"] == ((y < 0) & inside).sum() / (y < 0).sum() >= 0.9
    assert box["density"] == (y < 0)[inside].mean() >= 0.9
    assert found["question"] == "When is y below 0?"
    assert found["cases"] == (y < 0).sum()
    assert "a is below" in box["words"]
    assert "(coverage)" in found["sentences"][1]


def test_several_boxes_are_found_one_after_the_other(tmp_path):
    sweep = swept(tmp_path, two_corners)
    first, second = boxes(sweep, condition("below 0", sweep))["boxes"][:2]
    assert set("abc") <= {*first["limits"], *second["limits"]}
    assert first["coverage"] + second["coverage"] > 0.9


def test_noise_gives_no_box_that_would_be_believed(tmp_path):
    sweep = swept(tmp_path, noise, 300)
    found = boxes(sweep, condition("below 0", sweep))
    assert all(box["density"] < 0.8 for box in found["boxes"])


def test_always_and_never_are_said(tmp_path):
    sweep = swept(tmp_path, corner, 64)
    assert boxes(sweep, condition("below 2", sweep))["sentences"] == ["At every point of the sweep (64)."]
    assert boxes(sweep, condition("above 2", sweep))["sentences"] == ["At none of the points of the sweep (64)."]


@pytest.mark.parametrize(
    ("when", "said"),
    [("0", "expected below"), ("below", "expected below"), ("below x", "not a number"), ("under 0", "expected below")],
)
def test_a_condition_that_makes_no_sense_is_refused(tmp_path, when, said):
    sweep = swept(tmp_path, corner, 32)
    with pytest.raises(UsageError, match=said):
        condition(when, sweep)


def test_too_few_points_are_counted_in_the_refusal(tmp_path):
    sweep = swept(tmp_path, corner, 20)
    with pytest.raises(UsageError, match=r"^--when below 0: [1-4] of 20 points are; boxes need 5 that are and as many"):
        boxes(sweep, ("below", 0.0))
