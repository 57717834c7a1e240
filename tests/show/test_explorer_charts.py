"""The explorer's charts: what they draw is what the result says, in words, pictures and tables alike."""

import numpy as np
import pytest
from fake_result import fake_comparison

from sim.results.effects import effect, sentence, summarise
from sim.results.measures import measure
from sim.scenario.files import load
from sim.show.explorer import contents
from sim.show.explorer.charts import (
    DARK_PAGE,
    LIGHT,
    NOTHING,
    both_arms,
    comparison_chart,
    effects_chart,
    fan_chart,
    flow_map_chart,
    parts,
    ranks_chart,
    shares_chart,
)
from sim.show.plots import style
from sim.study.interactive import PartialResult

CHARTS = [effects_chart, shares_chart, flow_map_chart, ranks_chart]


def luminance(colour):
    """Relative luminance as WCAG 2.2 defines it."""
    parts = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, other):
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("look", [LIGHT, DARK_PAGE])
def test_words_and_lines_stand_out_from_the_page(look):
    for text in (look.ink, look.scenario, look.baseline):
        assert contrast(text, look.paper) >= 4.5
    assert contrast(look.gain, look.loss) >= 1.3
    assert contrast(look.ink, look.land) >= 4.5


def test_on_a_light_page_the_colours_are_those_of_the_figures():
    assert (LIGHT.scenario, LIGHT.baseline, LIGHT.gain, LIGHT.loss) == (
        style.SCENARIO,
        style.BASELINE,
        style.GAIN,
        style.LOSS,
    )


def test_effects_are_those_of_the_result(result):
    chart = effects_chart(result)
    table = chart.table.set_index("place")
    found = summarise(100 * effect(result, "share"))
    names = result.data.hub_name.to_series()
    for hub, name in names.items():
        if name in table.index:
            assert table.effect[name] == pytest.approx(float(found["mean"].sel(hub=hub)))
            assert table.low[name] == pytest.approx(float(found.low.sel(hub=hub)))
    assert table.effect.sum() == pytest.approx(0, abs=1e-9), "shares add up"
    assert list(table.effect[:-1]) == sorted(table.effect[:-1], reverse=True)
    dots = chart.figure["data"][1]
    assert dots["x"] == table.effect.tolist()
    assert chart.figure["layout"]["yaxis"]["ticktext"] == table.index.tolist()
    assert table.index[-2] in chart.words, "who loses most is said"


def test_effects_of_another_measure_and_year(result):
    chart = effects_chart(result, "net_rate", 2030)
    found = 100 * effect(result, "net_rate@2030").mean("replicate").to_series()
    names = result.data.hub_name.to_series()
    for row in chart.table.itertuples():
        assert row.effect == pytest.approx(found[names[names == row.place].index[0]])
    assert "in 2030" in chart.words


def test_the_panels_of_shares_add_up_to_all_engineers(result):
    table = shares_chart(result).table
    total = table.groupby(["arm", "year"])["mean"].sum()
    assert np.allclose(total, 100)
    assert (table.low <= table["mean"] + 1e-9).all()
    assert len(table.place.unique()) == 9


def test_the_dashed_line_is_the_baseline(result):
    chart = shares_chart(result, hubs=["sf_bay_area"])
    dashed = [trace for trace in chart.figure["data"] if trace["line"].get("dash") == "6px,4px"]
    expected = 100 * measure(result, "share:sf_bay_area@2036").sel(arm="baseline").mean()
    assert dashed[0]["y"][-1] == pytest.approx(float(expected), abs=1e-4)


def test_the_map_points_from_the_loser_to_the_gainer(result):
    chart = flow_map_chart(result, 2030)
    moves = result.data.flow.sel(year=2030).mean("replicate")
    change = moves.sel(arm="scenario") - moves.sel(arm="baseline")
    hub_of = {name: hub for hub, name in result.data.hub_name.to_series().items()}
    row = chart.table.iloc[0]
    one, other = hub_of[row.origin], hub_of[row.destination]
    net = float(change.sel(origin=one, destination=other) - change.sel(origin=other, destination=one))
    assert row["mean"] == pytest.approx(net)
    assert net > 0
    assert row.origin in chart.words
    heads = chart.figure["data"][-2]
    assert len(heads["x"]) == 12


def test_chances_of_ranks_add_up(result):
    table = ranks_chart(result).table
    chances = table.filter(like="rank ")
    assert np.allclose(chances.sum(axis=1), 100)
    assert (table.scenario.diff().dropna() >= 0).all()


@pytest.mark.parametrize("draw", [effects_chart, flow_map_chart])
def test_equal_arms_are_said_to_be_equal(draw, equal_arms):
    chart = draw(equal_arms)
    assert NOTHING in chart.words
    assert chart.figure["data"] == []


@pytest.mark.parametrize("draw", CHARTS)
@pytest.mark.parametrize("dark", [False, True])
def test_plotly_takes_every_figure(draw, dark, result):
    graph_objects = pytest.importorskip("plotly.graph_objects")
    figure = graph_objects.Figure(draw(result, dark=dark).figure)  # refuses what it does not know
    assert "geo" not in figure.to_dict()["layout"]
    assert all(trace.type in ("scatter", "heatmap", "bar") for trace in figure.data), "maps of plotly ask other hosts"


def test_a_comparison_has_a_row_for_each_hub_and_scenario():
    compared = fake_comparison(["one", "two", "three"])
    table = comparison_chart(compared).table
    assert len(table) == 30
    for arm in compared.arms:
        rows = table[table.scenario == arm].set_index("place").effect
        assert rows["San Francisco Bay Area"] == pytest.approx(
            float(100 * effect(compared.versus(arm), "share:sf_bay_area").mean())
        )
    assert shares_chart(compared).table.arm.nunique() == 4


def test_a_single_pair_has_no_spread_to_show(result):
    from fake_result import fake_result

    one = fake_result(replicates=1, years=2)
    for draw in CHARTS:
        assert len(draw(one).table)
    assert "nothing about how sure" in contents.sign_certainty(one)


# --- places ---------------------------------------------------------------------------------------


def test_who_comes_and_who_leaves_add_up_to_the_measures(result):
    for incoming, name in ((True, "arrivals"), (False, "departures")):
        table = contents.moves_of(result, "paris", incoming)
        found = effect(result, f"{name}:paris")
        assert len(table) == 11
        whole = result.data.year.size
        yearly = sum(float(effect(result, f"{name}:paris@{year}").mean()) for year in result.data.year.values) / whole
        assert table.effect.sum() == pytest.approx(yearly)
        assert found.sizes == {"replicate": 20}


def test_where_the_engineers_of_a_home_live(result):
    table = contents.living(result, "ind")
    assert list(table.scenario) == sorted(table.scenario, reverse=True)
    assert "ind" in contents.homes_with_hubs(result.data)
    assert "eas" not in contents.homes_with_hubs(result.data)
    found = contents.effect_at_end(result, "drain,home=ind")
    assert found["mean"] == pytest.approx(float(100 * effect(result, "drain,home=ind").mean()))
    fan = fan_chart(contents.over_time(result, "net_rate:paris"), "words")
    assert len(fan.table) == 2 * result.data.year.size


def test_the_constants_of_a_hub_have_grades_and_sources():
    table = contents.constants_of("paris")
    assert len(table) >= 6
    assert set(table.grade) <= set("ABCD")
    assert table.source.str.len().min() > 0


def test_bars_are_the_numbers_of_the_table():
    figure = both_arms(["a", "b"], [1.0, 2.0], [3.0, 4.0], "persons")
    assert figure["data"][0]["x"] == [3.0, 4.0]
    assert [shape["x0"] for shape in figure["layout"]["shapes"][1:]] == [1.0, 2.0]


def test_parts_of_nothing_are_said_to_be_nothing():
    from sim.results.decomposition import parts_table

    table = parts_table(np.zeros((2, 3)), ["visa", "network"], "share")
    assert parts(table)["data"] == []
    table = parts_table(np.array([[0.01, 0.02], [-0.01, 0.0]]), ["visa", "network"], "share")
    assert parts(table)["data"][0]["x"] == pytest.approx([1.5, -0.5, 1.0])


# --- the right of the page ------------------------------------------------------------------------


def test_the_page_says_which_answer_is_shown(result):
    assert contents.which(PartialResult(result, 20), "A fee").startswith("Settled answer: 20 pairs of ")
    rough = contents.which(PartialResult(result, 50), "A fee")
    assert rough.startswith("First rough answer: 20 pairs of ")
    assert "50 pairs asked for" in rough
    assert rough.endswith("A fee")


def test_how_many_directions_are_settled(result):
    found = summarise(effect(result, "share"))
    sure = int((found.same_sign >= 19).sum())
    assert f"for {sure} of 39 hubs" in contents.sign_certainty(result)
    assert "same sign in 20 of 20 pairs" in sentence(result, "share:sf_bay_area")


def test_what_rests_on_a_prior_is_said(result):
    assert contents.warnings(result, load("h1b_fee")) == []
    (compute,) = contents.warnings(result, load("gulf_compute"))
    assert "b_compute, grade D" in compute
    assert "Known gap" in contents.warnings(result, load("returnee_tax"))[0]
    assert contents.warnings(result, load("h1b_fee"), (("b_pay", 2.0),))[0].startswith("Yours: ")


def test_a_policy_that_reaches_nobody_is_a_warning(equal_arms):
    from dataclasses import replace

    record = equal_arms.record | {"warnings": ["the levers reach nobody in this run"]}
    assert "reach nobody" in contents.warnings(replace(equal_arms, record=record), load("h1b_fee"))[0]
