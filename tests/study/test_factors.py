"""Factors: ranges from declarations, from a scenario or as given; what does not exist is refused with the nearest."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.errors import AssumptionError, ScenarioError, UsageError
from sim.scenario.assumptions import ASSUMPTIONS, Assumptions, override
from sim.scenario.distributions import quantile
from sim.scenario.files import load
from sim.study.calibration.hub_constants import START
from sim.study.parameter_sample import _last_samples, constants_or_none, has_constants, recalled_constants
from sim.study.sweep.factors import Factor, assumption, clip, factors_over, number
from sim.world.cache import bypassed

FEE = "country.usa.route.h1b.special_fee_usd"
VARYING = [row for row in ASSUMPTIONS.values() if not row.is_fixed]


def over(*asked, scenario="h1b_fee", declared=ASSUMPTIONS):
    return factors_over(asked, declared, load(scenario))


@pytest.mark.parametrize("row", VARYING, ids=lambda row: row.name)
def test_assumptions_span_their_central_90_per_cent(row):
    factor = assumption(row)
    values = [factor.value(z) for z in np.linspace(0, 1, 21)]
    assert values == sorted(values)
    assert (values[0], values[-1]) == pytest.approx((row.low, row.high))
    assert factor.value(factor.centre) == pytest.approx(row.central)
    shape = (row.shape, row.central, row.low, row.high, row.bounds, row.mass)
    assert values[5] == pytest.approx(float(quantile(0.275, *shape)))
    assert (factor.unit, factor.grade, factor.group) == (row.unit, row.grade, row.group)


@given(st.floats(0, 1), st.floats(-5, 5), st.floats(0.1, 9))
def test_a_number_is_swept_evenly(z, low, width):
    factor = number("x", low, low + width)
    assert factor.value(z) == pytest.approx(low + z * width)
    assert factor.value(factor.centre) == pytest.approx(factor.central)


def test_the_default_is_every_assumption_not_fixed():
    assert [f.name for f in over()] == [row.name for g in ("behaviour", "data") for row in VARYING if row.group == g]


def test_names_patterns_groups_and_ranges():
    assert {f.group for f in over("data")} == {"data"}
    assert {f.name for f in over("b_*")} == {row.name for row in VARYING if row.name.startswith("b_")}
    (given_range,) = over("b_pay=0.5:3")
    assert (given_range.low, given_range.central, given_range.high) == (0.5, ASSUMPTIONS["b_pay"].central, 3.0)
    assert given_range.value(0.5) == 1.75
    assert [f.name for f in over("b_pay", "b_*", "b_pay")].count("b_pay") == 1
    assert [f.low for f in over("age_reference=25:35")] == [25]


def test_own_levers_are_swept_around_their_values():
    fees = over("policy")
    assert [f.name for f in fees] == [p.lever for p in load("h1b_fee").policies]
    assert all((f.low, f.central, f.high) == (50_000, 100_000, 150_000) for f in fees)
    assert {f.group for f in fees} == {"policy"}
    assert {f.kind for f in fees} == {"lever"}


def test_a_lever_spans_bounds_or_a_given_range():
    (points,) = over("country.fra.tax.rate_points")
    assert (points.low, points.central, points.high) == (-60, 0, 60)
    (cap,) = over("country.usa.route.h1b.cap=10_000:90_000")
    assert cap.value(1 / 3) == round(cap.value(1 / 3))
    (fee,) = over(f"{FEE}=0:10_000")
    assert (fee.low, fee.high, fee.value(0.5)) == (0, 10_000, 5_000)


@pytest.mark.parametrize(
    ("asked", "error", "said"),
    [
        ("b_pax", UsageError, "nearest: b_pay"),
        ("behavior", UsageError, "nearest: behaviour"),
        ("b_pay=3:1", UsageError, "must be the smaller"),
        ("b_pay=a", UsageError, "over b_pay=a: expected LOW:HIGH"),
        ("b_pay=1:90", AssumptionError, r"not within \[0, 10\]"),
        ("b_*=1:2", UsageError, "no assumption"),
        ("age_reference", UsageError, "fixed at 30"),
        ("country.usa.rout", ScenarioError, "no such lever"),
        ("country.usa.is_closed", ScenarioError, "only a quantity"),
        ("country.fra.route.talent.fee_usd", UsageError, "give a range"),
        ("country.usa.route.h1b.approval_rate=0.5:2", UsageError, r"not within \[0, 1\]"),
        ("b_pay=nan:1", UsageError, "expected LOW:HIGH"),
    ],
)
def test_what_cannot_be_swept_is_refused_in_one_line(asked, error, said):
    with pytest.raises(error, match=said):
        over(asked)


def test_a_policy_group_of_nothing_is_refused():
    with pytest.raises(UsageError, match="nothing to vary"):
        over("policy", scenario="baseline")


def test_an_assumption_fixed_by_the_user_is_unswept():
    declared = override({"b_pay": 1.0})
    assert "b_pay" not in {f.name for f in over(declared=declared)}
    with pytest.raises(UsageError, match="fixed at 1"):
        over("b_pay", declared=declared)


def test_a_range_is_cut_where_constants_are_missing(monkeypatch):
    monkeypatch.setattr("sim.study.sweep.factors.has_constants", lambda a, start: a.considering_rate > 0.12)
    with bypassed():
        searchers, pay = clip(over("considering_rate", "b_pay"), Assumptions.central(), 2026)
    assert searchers.low > ASSUMPTIONS["considering_rate"].low
    assert searchers.note.endswith("meet the first year")
    assert (f"swept from {searchers.low:.3g}: below it no hub constants") in searchers.note
    assert searchers.low == pytest.approx(0.12, abs=0.005)  # by bisection
    assert searchers.value(searchers.centre) == pytest.approx(searchers.central)
    assert pay == over("b_pay")[0]
    assert isinstance(pay, Factor)


def test_samples_alike_in_what_is_read_share_constants():
    centre = Assumptions.central()
    found = recalled_constants(centre, START)
    read = _last_samples(constants_or_none, START)[0][0]
    unread = {row.name: row.low for row in VARYING if row.name not in read}
    assert {"b_pay", "considering_rate"} <= read.keys()
    assert {"promotion_pace", "renewal_refusal"} <= unread.keys()
    # recalled, and equal to those inverted anew; another sample is inverted
    assert recalled_constants(centre.vary(**unread), START) is found
    anew = constants_or_none(centre.vary(**unread), START)
    assert all(np.array_equal(value, getattr(anew, name)) for name, value in vars(found).items())
    assert recalled_constants(centre.vary(b_pay=centre.b_pay + 0.1), START) is not found


def test_constants_exist_if_the_first_year_has_them():
    centre = Assumptions.central()
    for value in (0.08, 0.14):  # too few search for the observed moves, and enough
        a = centre.vary(considering_rate=value)
        assert has_constants(a, START) == (constants_or_none(a, START) is not None)


def test_usable_ranges_are_shared_by_scenarios(monkeypatch, tmp_path):
    monkeypatch.setenv("TALENTFLOW_CACHE", str(tmp_path))
    monkeypatch.setattr("sim.study.sweep.factors.has_constants", lambda a, start: a.considering_rate > 0.12)
    factors, centre = over("considering_rate"), Assumptions.central()
    found = clip(factors, centre, START)
    monkeypatch.setattr("sim.study.sweep.factors.has_constants", lambda *_: pytest.fail("inverted again"))
    assert clip(factors, centre, START) == found
    with pytest.raises(pytest.fail.Exception):
        clip(factors, centre.vary(b_pay=1.0), START)
