"""Runs that begin before the year of the tables: built, booked and refused."""

from functools import partial

import numpy as np
import pytest
from worlds import CENTRE, fitted

from sim import run
from sim.custom_world import PRESENT
from sim.errors import UsageError
from sim.model.state import Simulation
from sim.model.year import simulate
from sim.results.facts import baseline_title, facts
from sim.results.measures import measure, series
from sim.results.narrative import sentences
from sim.scenario.past import changes_since, rules_of_year
from sim.scenario.stack import rules_at
from sim.study.experiments import run_studies
from sim.study.options import Options
from sim.study.replicate import Plan, initial_state
from sim.study.validation import validate
from sim.world.past import FIRST, odds_of, setting_of

SMALL = {"population": 3_000, "replicates": 1, "workers": 1, "uncertainty": "chance"}


def begun(start, years=2):
    """A simulation on 1 January of ``start`` at the centre."""
    return initial_state(Plan(3_000, 0, start, years, ((),), start), 0, (CENTRE, fitted())).branch(())


@pytest.fixture(scope="module")
def result():
    """A run of 2023 to 2027 in which nothing but the baseline's own rules changes."""
    return run("baseline", start=2023, years=4, **SMALL)


def test_a_past_run_has_the_stocks_of_its_start(result):
    assert result.data.time.values.tolist() == [2023, 2024, 2025, 2026, 2027]
    stock = result.data.stock.isel(arm=0, replicate=0, time=0).sum("tier").values
    past, weight = setting_of(2023), result.record["weight"]
    assert weight == past.persons / 3_000
    assert stock.sum() == pytest.approx(past.persons)
    assert np.abs(stock - past.stock).max() < 3 * weight


def test_books_balance_over_a_past_run(result):
    data = result.data.isel(arm=0, replicate=0)
    stock = data.stock.sum("tier").values
    inflow, outflow = data.flow.sum("origin").values, data.flow.sum("destination").values
    change = data.entrants.sum("tier").values + inflow - outflow - data.exits.values
    assert np.diff(stock, axis=0) == pytest.approx(change, abs=1e-6)


def test_a_past_run_says_what_was_assumed(result):
    assert any("grade D" in notice and "2023" in notice for notice in result.record["notices"])


def test_a_past_run_adopts_the_rules_of_each_month():
    sim = begun(2023)
    assert sim.policies == changes_since(2023)
    for _ in simulate(sim, 2025):
        december = rules_at(12 * sim.year - 1, changes_since(2023), rules_of_year(2023))
        assert all(np.array_equal(sim.rules[name], december[name]) for name in december)


def test_people_expect_the_odds_of_the_last_lottery():
    sim, now = begun(2023, 1), begun(PRESENT, 1)
    route = sim.routes.names.index("usa.h1b")
    ratio = sim.visas.odds[0, route] / now.visas.odds[0, route]
    # own registrations of 2022 stand for fewer than 40,000, which the first expectation leaves out
    assert ratio == pytest.approx(odds_of(2023) / odds_of(2026), rel=0.03)


def test_a_lottery_has_more_registrations_in_2024(result):
    odds = series(result, "odds,route=usa.h1b").isel(arm=0, replicate=0)
    assert odds.sel(year=2023) < odds.sel(year=2024) < odds.sel(year=2025)


def test_canada_takes_h1b_holders_in_2023_alone(result):
    grants = series(result, "grants,route=can.h1b_holders_2023").isel(arm=0, replicate=0)
    assert grants.sel(year=2023) > 0
    assert grants.sel(year=slice(2024, None)).sum() == 0


def test_money_is_counted_under_the_rules_of_the_time(result):
    # the arms have equal rules, those of the time: nothing is given
    assert float(abs(measure(result, "given:deu")).max()) == 0


def test_full_population_is_that_of_the_start():
    assert Options(population="full", start=2023, years=1).checked().population == setting_of(2023).persons


def test_a_start_today_has_no_history():
    sim = begun(PRESENT, 1)
    assert isinstance(sim, Simulation)
    assert sim.history == sim.policies == ()


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ({"start": FIRST - 1}, f"start {FIRST - 1}: no table has the rules"),
        ({"start": 2023, "uncertainty": "parts"}, "start 2023: .*parts"),
        ({"start": 2023.5}, "not a whole number"),
        ({"start": 2023.5, "population": "full"}, "not a whole number"),
    ],
)
def test_a_start_that_cannot_be_built_is_refused(given, complaint):
    with pytest.raises(UsageError, match=complaint):
        Options(**given).checked()


@pytest.mark.parametrize("study", [validate, partial(run_studies, {})])
def test_studies_of_the_tables_refuse_a_past_start(study):
    with pytest.raises(UsageError, match=r"start 2023: .* the world of 2026"):
        study(start=2023)


def test_a_refused_start_is_one_line_and_code_2(talentflow):
    code, out, error = talentflow("run", "h1b_fee", "--start", "2018")
    assert (code, out, error.count("\n")) == (2, "", 1)
    assert "2018" in error
    assert "past_rules" in error


def test_an_answer_says_that_its_start_is_past(result):
    told = facts(run("h1b_fee", start=2023, years=4, **SMALL))
    assert told["baseline"] == "Rules of the time"
    assert sentences(told)["trust"].startswith("The world of 2023 is today's walked back (grade D). ")
    # a scenario as baseline keeps its own title
    assert baseline_title(result.record | {"baseline": 'title = "t"\n[[policy]]\nlever = "x"\n'}) == "t"
    assert baseline_title(result.record | {"start": PRESENT}) != "Rules of the time"
