"""Published figures stand beside the run's own, and the parts of the gap sum to it."""

import numpy as np
import pytest

from sim.errors import ScenarioError
from sim.results.facts import facts
from sim.results.narrative import published_sentences
from sim.results.published import beside
from sim.results.result import Result
from sim.scenario.describe import resolved_toml
from sim.scenario.files import loads

TEXT = """
title = "US $100,000 H-1B fee"
[[policy]]
lever = "country.usa.route.h1b.special_fee_usd"
value = 100_000
[[published]]
what = "Petitions lost a year"
value = -66_000
low = -70_000
high = -1_000
unit = "petitions a year"
population = "all occupations"
per_engineer = 8.6
measure = "grants_abroad,route=usa.h1b"
year = 2028
source = "a bank"
[[published]]
what = "A fee that brings most"
value = 150_000
unit = "USD"
population = "all occupations"
verified = false
source = "a paper"
"""


def test_gap_sums_to_the_difference(result):
    row, other = beside(result, loads(TEXT))
    assert sum(row["gap"].values()) == pytest.approx(row["ours"] - row["value"])
    effect = result.data.grants_abroad.sel(route="usa.h1b")
    change = effect.sel(arm="scenario") - effect.sel(arm="baseline")
    assert row["ours"] == pytest.approx(float(change.isel(year=-1).mean()))
    assert row["gap"]["horizon"] == pytest.approx(row["ours"] - float(change.sel(year=2028).mean()))
    assert row["gap"]["population"] == pytest.approx(-66_000 / 8.6 + 66_000)
    assert other["ours"] is None


def test_percent_is_of_the_mean_baseline(result):
    text = TEXT.replace('measure = "grants_abroad', 'change = "percent"\nmeasure = "grants_abroad')
    row = beside(result, loads(text))[0]
    values = result.data.grants_abroad.sel(route="usa.h1b").isel(year=-1).mean("replicate")
    assert row["ours"] == pytest.approx(float(100 * (values.sel(arm="scenario") / values.sel(arm="baseline") - 1)))


def test_answer_prints_theirs_and_ours(result):
    scenario = loads(TEXT)
    one = Result(result.data, result.record | {"scenario": resolved_toml(scenario)})
    said = published_sentences(facts(one))
    assert said[0].startswith("Petitions lost a year: -66,000 (-70,000 to -1,000) petitions a year, of all occupations")
    assert "the model: " in said[0]
    assert "is population" in said[0]
    assert said[1].endswith("(source not read); no run says this.")


def test_published_figures_survive_a_saved_run():
    scenario = loads(TEXT)
    assert loads(resolved_toml(scenario)).published == scenario.published


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("high = -1_000", "high = -69_000", "published 1"),
        ('unit = "USD"', "", "unit is missing"),
        ("per_engineer = 8.6", "per_engineer = 0", "per_engineer"),
        ("year = 2028", "years = 2028", "unknown key years"),
        ('measure = "grants', 'change = "twice"\nmeasure = "grants', "change"),
    ],
)
def test_bad_figures_are_refused_in_a_line(old, new, message):
    with pytest.raises(ScenarioError, match=message):
        loads(TEXT.replace(old, new))


def test_an_unknown_measure_is_said_not_fatal(result):
    row = beside(result, loads(TEXT.replace("grants_abroad,route", "grants_far,route")))[0]
    assert row["ours"] is None
    assert "unknown measure" in row["why"]
    assert np.isfinite(row["value"])
