"""Test assumptions: valid declarations, quantiles as declared, draws that do not depend on other assumptions."""

import math
import pickle
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import qmc

from sim.errors import AssumptionError
from sim.scenario.assumptions import (
    ASSUMPTIONS,
    DIMENSIONS,
    SOBOL_COLUMN,
    Assumptions,
    draw_assumptions,
    load_assumptions,
    override,
    records,
)
from sim.scenario.distributions import SHAPES, quantile, sobol
from sim.scenario.files import views

VARIED = [row for row in ASSUMPTIONS.values() if not row.is_fixed]


@pytest.mark.parametrize("row", ASSUMPTIONS.values(), ids=lambda row: row.name)
def test_a_declaration_is_complete_and_consistent(row):
    assert row.shape in SHAPES
    assert row.grade in "ABCD"
    assert row.group in ("behaviour", "data", "cost")
    assert row.unit
    assert row.source
    assert row.meaning
    assert row.bounds[0] <= row.low <= row.central <= row.high <= row.bounds[1]
    assert row.is_fixed or row.low < row.central < row.high


@pytest.mark.parametrize("row", VARIED, ids=lambda row: row.name)
def test_range_holds_90_percent_around_the_median(row):
    u = np.array([0.05, 0.5, 0.95])
    values = quantile(u, row.shape, row.central, row.low, row.high, row.bounds, row.mass)
    assert values == pytest.approx([row.low, row.central, row.high], rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("row", VARIED, ids=lambda row: row.name)
@settings(max_examples=20)
@given(st.lists(st.floats(1e-9, 1 - 1e-9), min_size=2, max_size=20))
def test_quantiles_rise_and_stay_in_bounds(row, u):
    values = quantile(np.sort(u), row.shape, row.central, row.low, row.high, row.bounds, row.mass)
    assert np.all(np.diff(values) >= 0)
    assert row.bounds[0] <= values.min() <= values.max() <= row.bounds[1]


def test_drawn_quantiles_are_the_declared_ones():
    drawn = draw_assumptions(4096, seed=3)
    for row in VARIED:
        values = [getattr(draw, row.name) for draw in drawn]
        expected = [row.low, row.central, row.high]
        width = row.high - row.low
        assert np.quantile(values, [0.05, 0.5, 0.95]) == pytest.approx(expected, abs=0.015 * width), row.name


@pytest.mark.parametrize("name", ["agglomeration_productivity", "b_compute"])
def test_zero_inflated_draws_have_the_declared_mass(name):
    values = np.array([getattr(draw, name) for draw in draw_assumptions(4096, seed=0)])
    assert np.mean(values == 0) == pytest.approx(ASSUMPTIONS[name].mass, abs=0.002)
    assert values[values > 0].min() > 0


def test_more_draws_extend_the_sequence():
    many = draw_assumptions(300, seed=7)
    assert draw_assumptions(5, seed=7) == many[:5]
    assert draw_assumptions(20, seed=7, skip=130) == many[130:150]
    assert draw_assumptions(0, seed=7) == []
    assert draw_assumptions(5, seed=8) != many[:5]


def test_holding_one_assumption_moves_no_other():
    free = draw_assumptions(8, seed=1)
    fixed = draw_assumptions(8, seed=1, declared=override({"b_pay": 2.0}))
    assert {draw.b_pay for draw in fixed} == {2.0}
    assert [draw.vary(b_pay=1.0) for draw in fixed] == [draw.vary(b_pay=1.0) for draw in free]


def test_new_assumptions_leave_earlier_draws_unchanged():
    assert max(SOBOL_COLUMN.values()) < DIMENSIONS
    design = qmc.Sobol(DIMENSIONS, rng=np.random.default_rng([0, DIMENSIONS])).random_base2(2)
    draws = draw_assumptions(4, seed=0)
    for name, row in ASSUMPTIONS.items():
        if row.shrinkage is not None:  # it goes together with the others that were fitted
            continue
        expected = quantile(
            design[:, SOBOL_COLUMN[name]], row.shape, row.central, row.low, row.high, row.bounds, row.mass
        )
        assert [getattr(draw, row.name) for draw in draws] == pytest.approx(expected)


@pytest.mark.parametrize("power", [0, 1, 5])
def test_points_are_those_of_scipy(power):
    for dimensions, seed in ((DIMENSIONS, 0), (DIMENSIONS, 12345), (5, 7)):
        design = qmc.Sobol(dimensions, rng=np.random.default_rng([seed, 1]))
        assert np.array_equal(sobol(dimensions, power, [seed, 1]), design.random_base2(power))


def test_values_are_frozen_comparable_and_picklable():
    centre = Assumptions.central()
    assert centre.b_pay == ASSUMPTIONS["b_pay"].central
    assert centre.vary(b_pay=2).b_pay == 2.0
    assert centre.to_dict().keys() == ASSUMPTIONS.keys()
    assert pickle.loads(pickle.dumps(centre)) == centre
    with pytest.raises(AttributeError):
        centre.b_pay = 3.0


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"b_pya": 1.0}, ["b_pya", "unknown", "nearest: b_pay"]),
        ({"b_pay": math.nan}, ["b_pay", "nan", "[0, 10]"]),
        ({"b_pay": 99}, ["b_pay", "99", "[0, 10]"]),
        ({"b_pay": True}, ["b_pay", "not a number"]),
        ({"b_pay": "much"}, ["b_pay", "not a number"]),
        ({"b_pay": {"median": 1}}, ["b_pay", "median"]),
        ({"b_pay": {"central": 3.0}}, ["b_pay", "rising order"]),
        ({"b_pay": {"low": 0}}, ["b_pay", "above 0"]),
        ({"b_compute": {"low": 0.01}}, ["b_compute", "low is 0"]),
        ({"b_compute": {"high": math.inf}}, ["b_compute", "inf"]),
    ],
)
def test_a_bad_override_is_refused_in_one_line(changes, words):
    with pytest.raises(AssumptionError) as refusal:
        override(changes)
    message = str(refusal.value)
    assert "\n" not in message
    assert all(word in message for word in words), message


def test_a_value_holds_and_a_table_changes_the_range(tmp_path):
    path = tmp_path / "beliefs.toml"
    path.write_text("[assumptions]\nb_compute = 0\nb_pay = {central = 1.0, low = 0.8, high = 1.2}\n")
    declared = load_assumptions(path)
    assert declared["b_compute"].fixed_by_user
    assert not declared["b_pay"].fixed_by_user
    draws = draw_assumptions(256, seed=0, declared=declared)
    assert {draw.b_compute for draw in draws} == {0.0}
    assert np.quantile([draw.b_pay for draw in draws], [0.05, 0.95]) == pytest.approx([0.8, 1.2], abs=0.02)
    assert {row["name"]: row["held"] for row in records(declared)}["b_compute"] == 0.0


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("title = 'x'\n[[policy]]\n", ["line 1", "title", "scenario file"]),
        ("[assumptions]\nb_pay = 1\n[[policy]]\nlever = 'x'\n", ["line 3", "policy", "scenario file"]),
        ("[assumptions]\n\nb_pai = 1\n", ["line 3", "b_pai", "nearest: b_pay"]),
        ("[assumptions]\nb_pay = -1\n", ["line 2", "b_pay", "-1", "[0, 10]"]),
        ("[assumptions]\n", ["no [assumptions]"]),
        ("assumptions = 3\n", ["no [assumptions]"]),
        ("b_pay = 1\n", ["line 1", "b_pay", "[assumptions]"]),
        ("[assumptions]\nb_pay = {hgih = 2}\n", ["line 2", "b_pay", "hgih", "nearest: high"]),
        ("[assumptions.b_size]\nlow = 0.1\n[assumptions.b_pay]\nhgih = 2\n", ["line 3", "b_pay", "nearest: high"]),
        ("[assumptions\n", ["line 1", "TOML"]),
        ("", ["empty"]),
    ],
)
def test_invalid_assumption_files_give_one_line(tmp_path, text, words):
    path = tmp_path / "beliefs.toml"
    path.write_text(text)
    with pytest.raises(AssumptionError) as refusal:
        load_assumptions(path)
    message = str(refusal.value)
    assert "\n" not in message
    assert "beliefs.toml" in message
    assert all(word in message for word in words), message


def test_declarations_import_without_heavy_libraries():
    code = "import sys, sim.scenario.assumptions; print({'scipy', 'pydantic', 'numpy'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_the_industry_view_names_its_statements():
    path = views()["industry"]
    lines = [line for line in path.read_text("utf-8").splitlines() if "=" in line and not line.startswith("#")]
    assert all("(m" in line for line in lines)
    changed = {name for name, row in load_assumptions(path).items() if row != ASSUMPTIONS[name]}
    assert changed <= {line.partition(" =")[0] for line in lines}


def test_what_is_declared_already_changes_nothing():
    same = {row.name: {"central": row.central, "low": row.low, "high": row.high} for row in VARIED}
    assert override(same) == ASSUMPTIONS


def test_the_evidence_view_is_the_default():
    assert load_assumptions(views()["evidence"]) == ASSUMPTIONS
    assert list(views()) == ["evidence", "low_response", "high_response", "industry"]


def test_the_ends_of_the_response_are_in_order():
    low, high = (load_assumptions(views()[f"{end}_response"])["b_pay"].central for end in ("low", "high"))
    assert low < ASSUMPTIONS["b_pay"].central < high
