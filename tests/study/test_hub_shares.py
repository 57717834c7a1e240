"""The shipped tables on hub shares are those that the model gives."""

import numpy as np
import pytest
from fake_result import reports
from worlds import CENTRE, setting

from sim.model.market import openings
from sim.scenario.assumptions import ASSUMPTIONS
from sim.scenario.levers import baseline_rules
from sim.show import hub_shares as show
from sim.study import hub_shares
from sim.study.calibration.hub_constants import START, shipped
from sim.world.tables import read


@pytest.fixture(scope="module")
def pulls():
    return hub_shares.pulls()


def centred(values):
    return values - np.average(values, weights=setting().stock)


def test_every_term_is_set_against_the_mean_hub(pulls):
    for term, value in pulls.items():
        assert np.average(value, weights=setting().stock) == pytest.approx(0, abs=1e-9), term


def test_terms_are_those_of_the_equations(pulls):
    a = CENTRE
    assert pulls["size"] == pytest.approx(a.b_size * centred(np.log(setting().stock)), abs=2e-3)
    there = openings(setting(), a, baseline_rules())
    assert pulls["openings"] == pytest.approx(centred(np.log(there)), abs=1e-6)
    assert np.ptp(pulls["permits"][setting().country == 0]) < 0.01  # the same rules in all of the country
    constants = shipped()[0]
    whole = pulls["permanent"] + pulls["boom"]
    assert whole == pytest.approx(centred(constants.at(START, a.boom_half_life)))


def test_the_fitted_part_is_that_of_the_columns():
    for row in read("hub_pulls"):
        named = sum(float(row[term]) for term in hub_shares.TERMS)
        fitted = float(row["permanent"]) + float(row["boom"])
        assert float(row["named"]) == pytest.approx(named, abs=0.006)
        assert float(row["fitted_share"]) == pytest.approx(abs(fitted) / (abs(fitted) + abs(named)), abs=0.02)


def test_shares_add_up_and_ranges_are_as_declared():
    for name in hub_shares.LONG_RUN:
        rows = [row for row in read("long_run") if row["assumption"] == name]
        assert [row["hub"] for row in rows] == list(setting().hubs)
        assert {(float(r["low"]), float(r["high"])) for r in rows} == {(ASSUMPTIONS[name].low, ASSUMPTIONS[name].high)}
        for column in ("share", "share_low", "share_high"):
            assert sum(float(row[column]) for row in rows) == pytest.approx(100, abs=0.03)


def test_the_index_says_that_the_bay_area_loses():
    """Its net migration is -6,125 by the index and +1,709 by national counts: more weight, a smaller share."""
    assert show.moves()["sf_bay_area"][1]["boom_weight"] < -0.2


@pytest.mark.slow
def test_the_shipped_pulls_are_what_the_command_finds():
    """The long-run table, a minute of runs, is made by the same command from the same constants."""
    made = hub_shares.pull_rows()
    assert len(made) == len(read("hub_pulls"))
    for new, old in zip(made, read("hub_pulls"), strict=True):
        for column, value in old.items():
            if column in ("hub", "assumption", "source", "grade"):
                assert new[column] == value
            else:
                near = pytest.approx(float(value), abs=0.003)
                assert float(new[column]) == near, f"{old['hub']} {column}: python -m sim.study.hub_shares"


def test_reports_show_the_rows_of_their_hubs(result):
    head, rows = show.table_of(["sf_bay_area", "nowhere"])
    assert head[2] == "boom_weight 0 to 1, pp"
    (row,) = rows
    assert row[0] == "San Francisco Bay Area"
    html, summary = reports(result)
    assert row[2] in html
    led = show.leading_hub(result)
    assert show.quoted(result, 1) == [led]
    assert result.data.hub_country.sel(hub=led) == result.subject == "usa"
    (said,) = show.hub_share_sentences(["sf_bay_area"])
    assert f"boom_weight 0 to 1 moves it by {show.moves()['sf_bay_area'][1]['boom_weight']:+.2f} points" in said
    assert "boom_weight 0 to 1 moves it by" in summary.replace("\\", "")
