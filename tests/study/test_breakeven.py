"""Break-even and why: known answers of curves, parts that sum to the effect, and one clear line for what cannot be."""

import math
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.errors import ResultError, ScenarioError, UsageError
from sim.months import january
from sim.results.effects import amount, effect, error_of, pairs_needed, threshold
from sim.results.narrative import breakeven as breakeven_sentences
from sim.scenario.describe import resolved_toml
from sim.scenario.files import load, loads
from sim.scenario.levers import baseline_rules, catalogue
from sim.scenario.stack import between, differences, quantity_lever, rules_at, scale, with_value
from sim.study import breakeven as study
from sim.study.attribution import CHANNELS, channel_of, split, why
from sim.study.breakeven import breakeven, limits
from sim.study.run import run

SMALL = {"population": 6_000, "replicates": 2, "years": 3, "uncertainty": "chance", "workers": 1}
FEE = "country.usa.route.h1b.special_fee_usd"


@pytest.fixture
def known_curve(monkeypatch):
    """An engine whose effect is a known function of the lever's value: -value / 10,000, one more or less a pair."""

    def measure(self, scenarios, query, frozen=()):
        fee = [next((p.amount for p in s.policies if p.lever == "hub.paris.pay_multiplier"), 0.0) for s in scenarios]
        return -np.array(fee)[:, None] / 10 * np.array([0.8, 1.0, 1.2, 1.0])

    monkeypatch.setattr("sim.study.replicate.Experiment.measure", measure)


def test_a_straight_line_is_broken_even_where_it_must(known_curve):
    found = breakeven(load("baseline"), "hub.paris.pay_multiplier", "share:usa", -0.5, **SMALL)
    assert found.value == pytest.approx(5.0, abs=0.05)
    assert (found.found_in, found.pairs, found.crossings) == (4, 4, 1)
    assert (found.low, found.high) == pytest.approx((5 / 1.2, 6.25), rel=0.02)  # of four pairs all, as everywhere
    # the mean of four slopes has a standard deviation of 0.0707 of itself over resamples
    assert found.error == pytest.approx(5 * 0.0707, rel=0.15)


def test_without_a_root_the_attainable_is_given(known_curve):
    found = breakeven(load("baseline"), "hub.paris.pay_multiplier", "share:usa", "-300pp", **SMALL)
    assert found.value is None
    assert math.isnan(found.error)
    assert found.attainable == pytest.approx((-100, -1))
    assert found.curve.value.between(0.1, 10).all()


def test_a_target_met_at_an_end_or_always_is_found(known_curve, monkeypatch):
    end = breakeven(load("baseline"), "hub.paris.pay_multiplier", "share:usa", -0.4, (1, 4), **SMALL)
    assert end.value == pytest.approx(4)
    assert end.through is None
    monkeypatch.setattr("sim.study.replicate.Experiment.measure", lambda self, arms, query: np.zeros((len(arms), 3)))
    flat = breakeven(load("baseline"), "hub.paris.pay_multiplier", "share:usa", 0, (2, 4), **SMALL)
    assert (flat.value, flat.through, flat.crossings) == (2, (2, 4), 1)
    (sentence,) = breakeven_sentences(flat)
    assert "reaches nobody in this run" in sentence
    assert "reaches nobody" not in " ".join(breakeven_sentences(end))


@pytest.mark.parametrize("measure", ["share", "stock", "grants", "share:usa@2040", "share:atlantis"])
def test_a_measure_of_many_values_is_refused_early(measure):
    said = "has a value for every|lies outside the run|no hub, country, region or bloc"
    with pytest.raises(ResultError, match=said):
        why("h1b_fee", measure, **SMALL)
    with pytest.raises(ResultError, match=said):
        breakeven("h1b_fee", FEE, measure, **SMALL)


def test_the_search_stays_within_the_limits_given(known_curve):
    found = breakeven(load("baseline"), "hub.paris.pay_multiplier", "share:usa", -0.5, (1, 3), **SMALL)
    assert found.value is None
    assert found.curve.value.between(1, 3).all()


@pytest.mark.slow
def test_the_value_found_has_the_effect_looked_for():
    """On the real model: run the value that was found, on the same pairs."""
    options = SMALL | {"population": 20_000}
    found = breakeven("h1b_fee", FEE, "share:usa", "-0.3pp", **options)
    again = effect(run(with_value(load("h1b_fee"), FEE, found.value), **options), "share:usa")
    assert 100 * float(again.mean()) == pytest.approx(-0.3, abs=0.05)


@given(st.floats(0, 1), st.sampled_from([FEE, "hub.paris.openings", "country.fra.tax.rate_points"]))
def test_positions_and_values_of_a_lever_go_both_ways(u, path):
    to_value, to_position = scale(catalogue()[path])
    assert catalogue()[path].low <= to_value(u) <= catalogue()[path].high * (1 + 1e-9)
    assert to_position(to_value(u)) == pytest.approx(u, abs=1e-6)


def test_a_lever_replaces_its_policy_and_keeps_dates():
    fee = load("h1b_fee")
    changed = with_value(fee, FEE, 5_000)
    mine = [policy for policy in changed.policies if policy.lever == FEE]
    assert [policy.amount for policy in mine] == [5_000]
    assert mine[0].begins == fee.policies[0].begins
    assert sum(lever.path == FEE for policy in changed.policies for lever in policy.levers) == 1
    assert any(lever.path.endswith("h1b_exempt.special_fee_usd") for p in changed.policies for lever in p.levers)


def test_a_changed_scenario_can_be_written():
    wild = load("eu_fast_track")  # its policies name their levers by a pattern
    changed = with_value(wild, "country.deu.route.blue_card.processing_months", 1)
    again = loads(resolved_toml(changed))
    for month in (january(2026), january(2030)):
        rules = [rules_at(month, each.policies, baseline_rules()) for each in (changed, again)]
        assert all(np.array_equal(rules[0][field], rules[1][field]) for field in rules[0])


@pytest.mark.parametrize(
    ("path", "error", "said"),
    [
        ("country.usa.is_closed", ScenarioError, "only a quantity"),
        ("country.usa.rout", ScenarioError, "no such lever"),
        ("country.usa.route.h1b.{cap,fee_usd}", ScenarioError, "several kinds"),
    ],
)
def test_what_cannot_be_searched_is_refused(path, error, said):
    with pytest.raises(error, match=said):
        quantity_lever(path)


@pytest.mark.parametrize("text", ["5", "a:b", "3:1", "1:1"])
def test_limits_that_make_no_sense_are_refused(text):
    with pytest.raises(UsageError, match="within"):
        limits(text)
    assert study.limits(None) == (-math.inf, math.inf)


@pytest.mark.parametrize("by", ["policies", "channels"])
def test_the_parts_sum_to_the_effect(by):
    scenario = load("eu_fast_track+us_tax_up")
    table = why(scenario, "share:usa", by, **SMALL)
    total = 100 * float(effect(run(scenario, **SMALL), "share:usa").mean())
    assert table["mean"].iloc[-1] == pytest.approx(total, abs=1e-9)
    assert table["mean"][:-1].sum() == pytest.approx(total, abs=1e-9)
    if by == "channels":
        assert list(table.part) == ["tax", "visa", "network", "feedback", "total"]


def test_an_empty_scenario_has_no_parts_but_zero():
    assert (why("baseline", "share:usa", "channels", **SMALL)["mean"] == 0).all()
    assert list(why("baseline", "share:usa", "policies", **SMALL)["mean"]) == [0]


def test_every_lever_works_through_one_channel():
    for lever in catalogue().values():
        assert sum(lever.field.startswith(beginnings) for beginnings in CHANNELS.values()) == 1, lever.path


def test_single_differences_lead_to_the_scenario():
    scenario, baseline = load("current_law"), load("h1b_fee")
    pieces = differences(scenario, baseline)
    assert set(between(scenario, baseline, []).policies) == set(baseline.policies)
    assert set(between(scenario, baseline, pieces).policies) == set(scenario.policies)
    assert channel_of(baseline.policies[0]) == "visa"


@pytest.mark.parametrize(
    ("text", "query", "value"),
    [
        ("0.05pp", "share", 0.0005),
        ("-1 pp", "net_rate:usa", -0.01),
        (0.002, "share", 0.002),
        ("20", "stock:usa", 20),
        ("1e2 persons", "stock:usa", 100),
    ],
)
def test_amounts_are_read_in_the_unit_of_the_measure(text, query, value):
    assert amount(text, query, "target") == pytest.approx(value)


@pytest.mark.parametrize(
    ("text", "query"), [("5 persons", "share"), ("pp", "share"), ("", "share"), ("1.2.3pp", "share"), ("-1pp", "share")]
)
def test_a_precision_that_makes_no_sense_is_refused(text, query):
    with pytest.raises(UsageError, match="precision"):
        threshold(text, query)
    with pytest.raises(ResultError, match="unknown measure"):
        threshold("1pp", "shair")


@pytest.mark.parametrize(
    ("text", "query", "why"),
    [
        ("1e-12pp", "share:usa", "less than one engineer of the world's 1,900,000: the least is 0.00006pp"),
        (1e-14, "share", "less than one engineer"),
        ("0.5 persons", "stock:usa", "less than one engineer of the world's 1,900,000: the least is 1 persons"),
        ("0.00001pp a year", "net_rate:usa", "the least is 0.00006pp a year"),
        ("0pp", "share:usa", "the least is 0.00006pp"),
        ("0", "hhi", "must be above 0"),
        ("100.1pp", "share:usa", "more than all engineers of the world, 100pp"),
        ("2e6 persons", "stock:usa", "more than all engineers of the world, 1,900,000 persons"),
    ],
)
def test_a_precision_lies_between_one_and_everybody(text, query, why):
    with pytest.raises(UsageError, match=re.escape(why)):
        threshold(text, query)


def test_the_least_and_the_largest_precision_are_taken():
    assert threshold("0.00006pp", "share:usa") == pytest.approx(6e-7)
    assert threshold("100pp", "share:usa") == 1
    assert threshold("1 persons", "stock:usa") == 1
    assert threshold("1e-9", "hhi") == 1e-9  # an index counts nobody


def test_pairs_grow_until_the_error_is_small():
    small = SMALL | {"seed": 3}  # its first two pairs lie apart
    eight = run("h1b_fee", **(small | {"replicates": 8}))
    wanted = error_of(eight, "share:usa")
    more = run("h1b_fee", precision=wanted, precision_of="share:usa", most_replicates=40, **small)
    assert more.record["replicates"] == more.data.sizes["replicate"] > 2
    assert error_of(more, "share:usa") <= wanted
    assert np.array_equal(more.data.stock[:, :2], eight.data.stock[:, :2])
    few = run("h1b_fee", precision="0.0001pp", most_replicates=10, **SMALL)
    assert few.record["replicates"] == 10
    assert any("leave a Monte Carlo error" in notice for notice in few.record["notices"])


def test_a_single_pair_asks_for_more():
    assert pairs_needed(1, float("nan"), 0.01) == 4
    with pytest.raises(UsageError, match="an error is not known before 10 pairs"):
        run("h1b_fee", precision="1pp", most_replicates=1, **SMALL)


def test_four_times_the_pairs_halve_an_error():
    assert pairs_needed(10, 2.0, 1.0) == 40
    assert pairs_needed(10, 100.0, 1.0) == 40  # a rough error asks for no more at once


def test_a_scenario_file_of_its_own_can_be_searched():
    own = loads(f'title = "Own"\nquestion = "?"\n[[policy]]\nlever = "{FEE}"\nvalue = 1\nuntil = 2027-01-01\n', "own")
    assert with_value(own, FEE, 2).policies[0].ends == own.policies[0].ends


@pytest.mark.parametrize(
    ("by", "measure", "options", "complaint"),
    [
        (("channels",), "share:usa", {"population": 1_900_000}, "channels need every move of the baseline"),
        (("origins",), "hhi", {}, "hhi does not split over origins"),
        (("weather",), "share:usa", {}, "'weather' is none of"),
    ],
)
def test_impossible_splits_are_refused_in_one_line(by, measure, options, complaint):
    small = {"population": 2_000, "years": 1, "replicates": 1, "workers": 1}
    with pytest.raises(UsageError, match=complaint):
        split("h1b_fee", measure, by, **small | options)


def test_cost_at_the_value_and_against_a_rival():
    """Compute costs what the tables say; a relief without effect on Japan is passed nowhere or has no ratio."""
    from sim.study.breakeven import breakeven, rival

    scenario = loads('title = "Buy"\n[[policy]]\nlever = "country.fra.compute.h100e"\nvalue = 1000\n', "buy")
    options = {"population": 3_000, "replicates": 2, "years": 2, "workers": 1, "uncertainty": "chance"}
    found = breakeven(
        scenario,
        "country.fra.compute.h100e",
        "fiscal:fra,part=compute@2026",
        "600 MUSD a year",
        (0, 100_000),
        cost_to="fra",
        rival=("country.fra.compute.h100e", 50_000.0),
        **options,
    )
    assert found.value == pytest.approx(50_000, rel=0.01)  # 12,000 USD each
    assert found.cost["low"] <= found.cost["mean"] <= found.cost["high"]
    assert found.rival["curve"].cost.iloc[0] == pytest.approx(0, abs=1e-9)
    assert found.rival["ratio"] > 0
    with pytest.raises(UsageError, match="rival"):
        rival("country.fra.compute.h100e")
    for wrong in (math.nan, -1.0):
        with pytest.raises(UsageError, match="rival"):
            breakeven(
                scenario, "country.fra.compute.h100e", cost_to="fra", rival=("hub.paris.openings", wrong), **options
            )
    with pytest.raises(UsageError, match="--cost"):
        breakeven(scenario, "country.fra.compute.h100e", rival=("country.fra.compute.h100e", 1.0), **options)


def test_noise_is_not_called_dearer():
    """Of nine values as good as the rival, any is called dearer in at most one case of twenty; so is a single one."""
    random = np.random.default_rng(5)
    for values in (1, 9):
        called = []
        for _ in range(300):
            effects = random.normal(10, 2, (values + 1, 20))
            costs = 3 * effects + random.normal(0, 3, effects.shape)
            called.append(any(study._is_dearer(costs, effects, k) for k in range(values)))
        assert 0 < np.mean(called) < 0.09
    costs, effects = random.normal([[60], [30]], 1, (2, 20)), random.normal(10, 1, (2, 20))
    assert study._is_dearer(costs, effects, 0)
    assert not study._is_dearer(costs[:, :9], effects[:, :9], 0)  # fewer than ten pairs settle nothing
    assert not study._is_dearer(costs, -effects, 0)


@pytest.mark.parametrize(
    ("ratios", "least"), [((9, 3, 9, 9), 4), ((9, 9, 9, 3), None), ((9, 9, 9, 9), 1), ((3, 3, 3, 9), 8)]
)
def test_the_rival_is_passed_if_all_above_cost_more(ratios, least):
    """A value that is dear below a cheap one is none from which on the lever is dearer."""
    random = np.random.default_rng(6)
    effects = random.normal(10, 0.1, (5, 20))
    costs = effects * np.array([*ratios, 3])[:, None] + random.normal(0, 0.1, effects.shape)
    assert study._passed([1, 2, 4, 8], costs, effects) == least
