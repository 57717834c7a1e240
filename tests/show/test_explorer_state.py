"""The explorer's state: what it means as a scenario, an address, a command; and its table of levers."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.errors import ScenarioError
from sim.months import january
from sim.scenario.assumptions import ASSUMPTIONS
from sim.scenario.describe import resolved_toml
from sim.scenario.files import load, loads
from sim.scenario.levers import baseline_rules, catalogue
from sim.scenario.stack import rules_at
from sim.show.explorer.state import (
    DEFAULT,
    MOST_PAIRS,
    MOST_POPULATION,
    SLIDERS,
    Move,
    State,
    command_of,
    explained,
    from_query,
    options_of,
    present_words,
    scenario_of,
    search,
    slider_of,
    to_query,
    unit_of,
)

FEE = "country.usa.route.{h1b,h1b_exempt}.special_fee_usd"
CAP = "country.usa.route.h1b.cap"
WAIT = "country.{deu,fra,nld,pol,prt,xeu}.route.*.processing_months"
LATER = january(2030)


def in_force(scenario, path, month=LATER):
    lever = catalogue()[path]
    return rules_at(month, scenario.policies, baseline_rules())[lever.field][lever.index]


# --- the table of levers --------------------------------------------------------------------------


@pytest.mark.parametrize("slider", SLIDERS, ids=lambda slider: slider.path)
def test_every_row_of_the_table_is_a_lever_that_can_be_moved_as_far_as_it_says(slider):
    assert len({lever.field for lever in slider.levers}) == 1
    lever = slider.first
    if lever.kind == "flag":
        ends = (True, False)
    elif lever.kind == "choice":
        ends = lever.choices
    else:
        ends = (slider.low, slider.high)
        assert slider.low < slider.high
        if slider.operation == "value":
            assert len({each.present for each in slider.levers}) == 1, "one slider cannot stand for several values"
            assert slider.low <= lever.present <= slider.high
            assert (lever.present - slider.low) / slider.step == pytest.approx(
                round((lever.present - slider.low) / slider.step)
            )
    for amount in ends:
        moved = scenario_of(DEFAULT.moved(Move(slider.path, slider.operation, amount)))
        assert slider.operation == "multiply" or in_force(moved, lever.path) == (
            lever.choices.index(amount) if lever.kind == "choice" else amount
        )


def test_the_table_says_unit_present_value_and_grade():
    cap = slider_of(CAP)
    assert present_words(cap) == "now 85,000 persons a year (A)"
    assert unit_of(cap) == "persons a year"
    assert unit_of(slider_of(WAIT)) == "times the present"
    assert "grade A" in explained(cap)
    assert CAP in explained(cap)


def test_relief_comes_with_the_years_without_which_it_reaches_nobody():
    moved = scenario_of(DEFAULT.moved(Move("country.{deu,gbr}.tax.newcomer_relief", "value", 0.3)))
    assert in_force(moved, "country.gbr.tax.newcomer_relief") == 0.3
    assert in_force(moved, "country.gbr.tax.newcomer_years") == 5


def test_every_lever_can_be_found_by_words_and_moved():
    assert search("seoul openings")[0].path == "hub.seoul.openings"
    assert search("OPENINGS Seoul")[0].path == "hub.seoul.openings"
    assert search("no such thing at all") == []
    assert search("  ") == []
    tax = slider_of("country.can.tax.rate_points")
    assert (tax.low, tax.high) == (-60, 60)
    with pytest.raises(ScenarioError, match="several kinds"):
        slider_of("country.can.tax.*")


# --- the scenario ---------------------------------------------------------------------------------


def test_nothing_moved_is_the_baseline():
    assert scenario_of(State()).policies == ()
    assert scenario_of(State(presets=("h1b_fee",))) == load("h1b_fee")


def test_a_moved_lever_takes_the_place_of_the_presets_own_and_keeps_its_dates():
    moved = scenario_of(State(presets=("h1b_fee",)).moved(Move(FEE, "value", 20_000.0)))
    assert in_force(moved, "country.usa.route.h1b.special_fee_usd") == 20_000
    assert {policy.begins for policy in moved.policies} == {load("h1b_fee").policies[0].begins}
    assert moved.name == "explored"
    assert "20,000" in moved.title


def test_a_lever_multiplied_acts_on_whatever_the_preset_sets():
    fast = State(presets=("eu_fast_track",))
    moved = scenario_of(fast.moved(Move(WAIT, "multiply", 2.0)))
    assert in_force(moved, "country.deu.route.blue_card.processing_months") == 1.0


def test_the_last_move_of_a_lever_counts_and_can_be_taken_back():
    state = DEFAULT.moved(Move(CAP, "value", 1.0)).moved(Move(CAP, "value", 2.0))
    assert state.moves == (Move(CAP, "value", 2.0),)
    assert state.put_back(CAP) == DEFAULT


STATES = [
    State(presets=("h1b_fee",)),
    State(presets=("eu_fast_track", "h1b_fee")).moved(Move(WAIT, "multiply", 0.5)),
    State(presets=("eu_fast_track",)).moved(Move("country.deu.route.blue_card.processing_months", "value", 1.0)),
    State(presets=("current_law",)).moved(Move("country.usa.route.h1b.selection", "value", "queue")),
    DEFAULT.moved(Move("country.usa.route.phd_green_card.is_open", "value", True)).moved(Move(CAP, "value", "none")),
    DEFAULT.moved(Move("country.ind.tax.returnee_relief", "value", 0.35)).moved(Move(FEE, "value", 15_000.0)),
]


@pytest.mark.parametrize("state", STATES)
def test_the_scenario_file_means_the_same_rules(state):
    scenario = scenario_of(state)
    again = loads(resolved_toml(scenario))
    for month in (january(2026), january(2027), LATER):
        one, other = (rules_at(month, each.policies, baseline_rules()) for each in (scenario, again))
        assert all((one[field] == other[field]).all() for field in one)


@pytest.mark.parametrize("state", STATES)
def test_the_address_reopens_the_state(state):
    state = replace(
        state,
        population=50_000,
        pairs=7,
        view="hub",
        hub="paris",
        year=2030,
        seed=3,
        beliefs=(("b_compute", 0.0),),
        beside=("us_tax_up", "h1b_cap_cut+us_tax_up"),
    )
    assert from_query(to_query(state)) == (state, [])


def test_what_is_as_usual_is_not_in_the_address():
    assert to_query(DEFAULT) == {}
    assert from_query({}) == (DEFAULT, [])


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"scenario": ["h1b_fe"]}, "nearest: h1b_fee"),
        ({"scenario": ["/etc/passwd"]}, "no scenario"),
        ({"set": ["country.usa.route.h1b.cap=-5"]}, "is not in"),
        ({"set": ["country.usa.rout=1"]}, "no such lever"),
        ({"set": ["country.usa.route.h1b.cap=nan"]}, "is not in"),
        ({"set": ["x"]}, "no path of a lever"),
        ({"population": ["99999999999"]}, f"not from 1,000 to {MOST_POPULATION:,}"),
        ({"population": ["1"]}, "not from"),
        ({"pairs": ["100000"]}, f"to {MOST_PAIRS}"),
        ({"years": ["x"]}, "invalid literal"),
        ({"view": ["root"]}, "there are"),
        ({"belief": ["b_compute=1e9"]}, "is not in"),
        ({"belief": ["b_nothing=1"]}, "unknown assumption"),
        ({"seet": ["1"]}, "nearest: set"),
        ({"beside": ["../x"]}, "no scenario"),
        ({"times": [f"{WAIT}=-1"]}, "is not in"),
    ],
)
def test_an_address_that_makes_no_sense_is_refused_in_one_line_and_the_rest_is_taken(query, said):
    state, problems = from_query(query | {"seed": ["5"]})
    assert state == State(seed=5)
    assert len(problems) == 1
    assert said in problems[0]
    assert "\n" not in problems[0]


@given(
    st.dictionaries(
        st.sampled_from(["scenario", "set", "times", "belief", "beside", "population", "year", "x"]),
        st.lists(st.text(max_size=30), max_size=3),
        max_size=4,
    )
)
def test_no_address_is_a_fault(query):
    state, problems = from_query(query)
    options_of(state)
    assert len(problems) <= sum(map(len, query.values()))


def test_the_command_says_what_the_page_shows():
    state = State(presets=("eu_fast_track", "h1b_fee"), pairs=8)
    assert command_of(state) == (
        "talentflow run eu_fast_track+h1b_fee --population 20000 --replicates 8 --years 10 --seed 0"
    )
    state = replace(state.moved(Move(CAP, "value", 1.0)), beliefs=(("b_pay", 2.0),))
    assert command_of(state).startswith("talentflow run explored.toml ")
    assert command_of(state).endswith("--assumptions beliefs.toml")


def test_beliefs_are_held():
    declared = options_of(State(beliefs=(("b_compute", 0.0),))).declared()
    assert declared["b_compute"].fixed_by_user
    assert ASSUMPTIONS["b_compute"].fixed_by_user is False
