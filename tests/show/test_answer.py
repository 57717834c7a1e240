"""The answer in words and rows: the same numbers in the terminal, in a notebook and in a table of one's own."""

import json
from dataclasses import replace

import numpy as np
import pytest
import xarray as xr
from fake_result import fake_result
from rich.console import Console

from sim.errors import ResultError, UsageError
from sim.results.display import as_text
from sim.results.effects import effect, summarise
from sim.results.facts import _route as facts_of_route
from sim.results.facts import causes, facts
from sim.results.measures import measure
from sim.results.narrative import answer as answered
from sim.results.narrative import level, paragraph, paragraphs, persons, reading, sentence, sentences
from sim.results.record import to_json
from sim.results.result import Result
from sim.results.summary import country_rows, effect_table, route_rows, shown_hubs
from sim.show.answer import answer, answers, plain_rows, render, render_effects, table
from sim.show.terminal import console, print_rows

TOLD = ("name", "title", "question", "subject", "scenario", "sentences", "notices", "warnings")


def compared(**strengths):
    """A comparison: one scenario for each strength, all against the same baseline."""
    runs = {arm: fake_result(4, 3, strength, name=arm) for arm, strength in strengths.items()}
    first = next(iter(runs.values()))
    scenarios = [run.data.sel(arm=["scenario"]).assign_coords(arm=[arm]) for arm, run in runs.items()]
    data = xr.concat([first.data.sel(arm=["baseline"]), *scenarios], "arm", data_vars="minimal")
    arms = {arm: {key: run.record[key] for key in TOLD} | {"parts": arm.split("+")} for arm, run in runs.items()}
    return Result(data.transpose(*first.data.dims), first.record | {"title": "Compared", "arms": arms})


@pytest.fixture(scope="module")
def several():
    return compared(h1b_fee=1.0, half_the_fee=0.5, no_change=0.0)


# --- rows -----------------------------------------------------------------------------------------


def test_a_frame_has_leading_hubs_and_the_rest(result):
    frame = result.to_frame().set_index("hub")
    for arm in ("baseline", "scenario"):
        assert np.isclose(frame[arm].sum(), 100)
    assert np.isclose(frame.effect.sum(), 0, atol=1e-9)
    found = summarise(100 * effect(result, "share:seattle"))
    row = frame.loc["seattle"]
    for shown, name in (("effect", "mean"), ("low", "low"), ("high", "high"), ("error", "error")):
        assert np.isclose(row[shown], found[name])
    assert (row.same_sign, row.pairs) == (found.same_sign, 20)
    assert np.isclose(row.scenario - row.baseline, row.effect)


def test_an_empty_scenario_has_effects_of_exactly_zero(equal_arms):
    frame = equal_arms.to_frame()
    assert (frame[["effect", "low", "high", "differs"]] == 0).all(axis=None)


def test_a_comparison_has_equal_hubs_in_all_scenarios(several):
    frame = several.to_frame()
    assert list(frame.arm.unique()) == ["h1b_fee", "half_the_fee", "no_change"]
    hubs = [list(rows.name) for _, rows in frame.groupby("arm", sort=False)]
    assert hubs[0] == hubs[1] == hubs[2]
    assert set(shown_hubs(several)) == set(frame.hub.dropna())


# --- any measure ----------------------------------------------------------------------------------


def test_an_effect_is_that_of_its_measure(result):
    queries = ["share:usa,tier=expert@2030", "hhi", "drain,home=ind", "backlog,route=usa.h1b", "net_rate:paris"]
    table = effect_table(result, queries).set_index("measure")
    for query, factor in zip(queries, (100, 1, 100, 1, 100), strict=True):
        row, levels = table.loc[query], factor * measure(result, query).mean("replicate")
        assert np.isclose(row.baseline, levels.sel(arm="baseline"))
        assert np.isclose(row.effect, factor * effect(result, query).mean(), atol=1e-12)
        assert row.more_pairs == 60
    assert list(table.time) == [2030, 2036, 2036, 2036, 2035]
    assert list(table.effect_unit) == ["pp", "index", "pp", "persons", "pp a year"]


def test_a_placeless_measure_has_a_row_a_hub_or_route(result):
    hubs = effect_table(result, ["net_rate"])
    assert list(hubs.place) == list(result.data.hub.values)
    assert list(effect_table(result, ["grants"]).place) == list(result.data.route.values)


def test_where_nobody_can_know_there_is_no_row(result):
    gains = effect_table(result, ["gain"])
    assert "rest_of_eu" not in set(gains.place)  # a group of countries: who is foreign is not known
    assert gains.effect.notna().all()


def test_a_senseless_measure_is_refused_in_one_line(result):
    with pytest.raises(ResultError, match="nearest: sf_bay_area"):
        effect_table(result, ["share:sf_bay"])


@pytest.mark.parametrize("width", [40, 60, 80, 100])
def test_effects_fit_the_terminal(result, several, capsys, width):
    queries = ["share:usa,tier=expert@2028", "stock:usa", "net_rate", "grants", "gain"]
    for each, least in ((result, 60), (several, 12)):
        Console(width=width).print(render_effects(each, queries, width))
        out = capsys.readouterr().out
        assert max(map(len, out.splitlines())) <= width
        assert "MC error" in out.splitlines()[2] or width < 100
        assert "share:usa,tier=expert@2028" in out
        assert f"{least} more pairs would halve it" in " ".join(out.split())
        assert "nan" not in out
        to_json(plain_rows(effect_table(each, queries)))


def test_the_limit_of_the_error_is_stated(result, capsys):
    for drawn, record in ((True, result.record), (False, result.record | {"uncertainty": "chance"})):
        one = replace(result, record=record)
        console(details=True).print(render_effects(one, ["hhi"]))
        for said in (capsys.readouterr().out, reading(one)):
            assert "taking pairs for independent" in " ".join(said.split())
            assert ("docs/coverage.md" in " ".join(said.split())) == drawn


def test_rows_without_a_value_are_null_in_json(capsys):
    print_rows([{"query": "stay:usa@+5", "effect": float("nan"), "values": [[0.5, float("nan")]]}], json=True)
    assert json.loads(capsys.readouterr().out) == [{"query": "stay:usa@+5", "effect": None, "values": [[0.5, None]]}]


def test_long_cells_are_indented_below_the_first_line(capsys):
    print_rows([{"lever": "hub." + 40 * "x", "meaning": 20 * "word "} | {f"column{k}": "" for k in range(9)}])
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 80
    assert [line[:9] for line in lines if "word" in line] == ["meaning  ", 9 * " "]


def test_inputs_are_printed_as_given():
    end = {"value": 1.0, "at": [("fee", 17_550.0)]}
    found = {
        "about": {"paired": False, "name": "share:nld", "year": 2030},
        "unit": " %",
        "least": end,
        "most": end,
        "blurred_by": None,
    }
    said = paragraph("sweeps", "grid", found)
    assert "fee = 17,550;" in said
    assert "the Netherlands' share in 2030" in said


def test_a_single_pair_has_neither_spread_nor_error(capsys):
    one = fake_result(1, 2)
    console(details=True).print(render_effects(one, ["hhi", "share"]))
    out = capsys.readouterr().out
    assert "one pair" in out
    assert "More pairs would show" in out
    assert plain_rows(effect_table(one, ["hhi"]))[0]["error"] is None


@pytest.mark.parametrize("width", [40, 60, 80])
def test_the_answer_fits_the_terminal(result, several, width):
    for each in (result, several):
        lines = as_text(each, "outputs/x", width).splitlines()
        assert max(map(len, lines)) <= width


def test_a_narrow_table_drops_columns_and_cuts_none(capsys):
    shown = table("place", "people", "spread", "error", spare=(3, 2))
    shown.add_row("Rest of the USA", "-29,000", "-45,000 to -14,000", "6,310")
    for width, kept in ((80, 4), (44, 3), (30, 2)):
        Console(width=width).print(shown)
        head, row = capsys.readouterr().out.splitlines()
        assert head.split() == ["place", "people", "spread", "error"][:kept]
        assert ("6,310" in row, "14,000" in row, "-29,000" in row) == (kept > 3, kept > 2, True)


# --- words ----------------------------------------------------------------------------------------


def test_the_headline_is_the_subjects_effect(result):
    found, text = facts(result), sentences(facts(result))["headline"]
    people, shares = effect(result, "stock:usa"), 100 * measure(result, "share:usa").mean("replicate")
    assert found["subject"] == "usa"
    assert f"The US has {persons(float(people.mean()))} fewer AI engineers in 2036" in text
    assert f"{level(float(shares.sel(arm='scenario')))} % of the world's instead of " in text
    assert f"instead of {level(float(shares.sel(arm='baseline')))} %" in text
    assert "All 20 paired runs agree that it loses." in text
    assert "certain" not in text


def test_the_causes_add_up_to_the_change(result):
    for place in ("usa", "eu27", "paris"):
        found = causes(result, place)
        assert np.isclose(found["total"], effect(result, f"stock:{place}").mean()), place
        moves = sum(value for _, value in found["by_country"])
        assert np.isclose(moves, found["arrivals"] - found["departures"]), place


def test_the_table_by_country_adds_up(result):
    found = facts(result)
    tops = [row for row in found["rows"] if row["level"] == 0]
    for arm in ("baseline", "scenario"):
        assert np.isclose(sum(row[arm] for row in tops), 100)
    assert np.isclose(sum(row["effect"] for row in tops), 0, atol=1e-9)
    inside = [row for row in found["rows"] if row["level"] == 1]
    assert np.isclose(sum(row["effect"] for row in inside), found["lead"]["effect"])


def test_countries_whose_rules_change_have_a_row(result):
    text = """title = "x"
question = "y"
[[policy]]
lever = "country.pol.route.blue_card.fee_usd"
multiply = 0.5
from = 2027-01-01
"""
    rows = facts(replace(result, record=result.record | {"subject": "usa", "scenario": text}))["rows"]
    assert "pol" in [row["label"] for row in rows]


@pytest.mark.parametrize("subject", ["eu27", "gulf", "sf_bay_area", "deu+gbr", "usa,tier=expert", "chn,home=chn", ""])
def test_every_kind_of_subject_has_an_answer(result, subject):
    one = replace(result, record=result.record | {"subject": subject})
    found = facts(one)
    assert found["subject"] == subject
    assert found["rows"]
    text = as_text(one, "outputs/x")
    assert "without the policy" in " ".join(text.split())
    assert len(text.split("\n")) <= 30
    assert max(map(len, text.split("\n"))) <= 80


def test_an_empty_scenario_says_that_nothing_changes(equal_arms):
    assert "every effect is exactly zero" in answered(equal_arms)


def test_a_change_outside_shares_is_not_called_zero(equal_arms):
    changed = equal_arms.data.copy(deep=True)
    changed["grants"].loc[{"arm": "scenario"}] += 1
    text = answered(Result(changed, equal_arms.record))
    assert "Nothing changes for the US" in text
    assert "exactly zero" not in text


def test_equal_levels_are_said_once(result):
    found = facts(result)
    row = found["lead"] | {"scenario": found["lead"]["baseline"] + 1e-4}
    assert "still" in sentence("levels", found, row)
    assert "instead of" in sentence("levels", found, found["lead"])


def test_a_trivial_route_is_no_cause(result):
    found = facts(result)
    moved = found["causes"] | {"arrivals": 1e9}
    assert found["route"]
    assert facts_of_route(route_rows(result, 3), found["lead"], None, moved, 10) is None


@pytest.mark.parametrize(("pairs", "words"), [(1, "A single pair settles"), (9, "Fewer than ten pairs settle")])
def test_fewer_than_ten_pairs_settle_no_direction(pairs, words):
    text = answered(fake_result(pairs, 3))
    assert words in text
    assert "agree" not in text
    assert "gain" not in text


def test_pairs_that_disagree_leave_the_direction_open(result):
    flipped = result.data.copy(deep=True)  # in a third of the pairs the simulations change places
    some = {"replicate": slice(0, 7)}
    flipped["stock"][{"arm": 1} | some] = result.data.stock[{"arm": 0} | some]
    flipped["stock"][{"arm": 0} | some] = result.data.stock[{"arm": 1} | some]
    text = answered(Result(flipped, result.record))
    assert "not settled" in text
    assert "fewer and" in text
    assert "not settled" not in sentences(facts(result))["headline"]


def test_a_small_unsettled_effect_has_its_bound(result):
    small = result.data.copy(deep=True)
    sign = xr.DataArray(np.where(np.arange(20) % 2, 1e-4, -1e-4), dims="replicate")
    small["stock"][{"arm": 1}] = result.data.stock[{"arm": 0}] * (1 + sign)
    text = sentences(facts(Result(small, result.record)))["headline"]
    assert text.startswith("No measurable effect on the US: 90 % of runs lie between")
    assert "at most" in text
    few = sentences(facts(Result(small.isel(replicate=slice(0, 2)), result.record)))["headline"]
    assert few.endswith("Fewer than ten pairs settle no direction: run at least ten.")


def test_a_comparison_says_a_sentence_a_scenario(several):
    text = paragraphs(several)
    assert [line.split(":")[0] for line in text[:3]] == ["h1b_fee", "half_the_fee", "no_change"]
    assert "exactly zero" in text[2]
    assert len(text) == 4


def test_the_same_numbers_stand_in_every_answer(result):
    told, found = sentences(facts(result)), answer(result)
    page = " ".join(as_text(result).split())
    for name in ("headline", "others", "why", "trust"):
        assert told[name] == found["told"][name]
        assert told[name] in page, name
    assert told["headline"] in result.headline
    assert told["headline"].replace("'", "&#x27;") in result._repr_html_()


def test_a_result_gives_tables_in_points(result):
    table = result.table("country").set_index("place")
    (usa,) = result.effect("share:usa").to_dict("records")
    assert np.isclose(table.loc["usa"].effect, usa["effect"])
    assert np.isclose(table.people.sum(), result.effect("stock:world").effect.iloc[0], atol=1e-6)
    assert len(result.table("hub")) == 39
    with pytest.raises(UsageError, match="expected country, hub or bloc"):
        result.table("town")


# --- shown ----------------------------------------------------------------------------------------


def test_a_printed_result_has_title_table_and_answer(result, several):
    for each in (result, several, fake_result(1, 1)):
        text = str(each)
        assert text.startswith(each.record["title"])
        assert "90 % of runs" in text
        assert max(map(len, text.splitlines())) <= 80
    assert "San Francisco Bay Area" in str(result)
    assert len(str(result).splitlines()) <= 30


def test_a_country_of_several_hubs_has_its_own_row(result):
    usa = next(row for row in country_rows(result) if row["name"].endswith("all 8 hubs"))
    (asked,) = effect_table(result, ["share:usa"]).to_dict("records")
    for key in ("baseline", "scenario", "effect", "low", "high", "error", "same_sign"):
        assert usa[key] == pytest.approx(asked[key]), key


def test_in_a_notebook_nothing_of_a_title_is_markup(result):
    evil = replace(result, record=result.record | {"title": "<script>alert(1)</script>", "question": "a < b & c?"})
    html = evil._repr_html_()
    assert "<script" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    assert "a &lt; b &amp; c?" in html
    assert html.count("<tr>") == 1 + len(facts(result)["rows"])
    assert "http" not in html


def test_a_comparison_fits_100_columns(capsys):
    many = compared(**{f"scenario_{k}+another_one": k / 4 for k in range(6)})
    console(details=True).print(render(many, "outputs/x", details=True))
    out = capsys.readouterr().out
    assert max(map(len, out.splitlines())) <= 100
    assert "\u2026" not in out
    assert out.count("Effect on the share") == 2  # four scenarios abreast
    assert all(f"scenario_{k}+" in out for k in range(6))


def test_the_answer_is_json(result, several):
    assert "The US has" in answer(result)["answer"]
    found = answers(several)
    assert list(found) == several.arms
    to_json(found)


def test_a_warning_has_a_label_of_its_own_and_a_space():
    text = as_text(fake_result(4, 3, warnings=["nobody is reached"]))
    assert "  Notice nobody is reached\n" in text
