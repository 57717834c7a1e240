"""The simulator through the door of every sweep: paired effects, refused draws, readings in words."""

import json

import numpy as np
import pytest

from sim import sweep
from sim.errors import ResultError, UsageError
from sim.results.effects import effect_series
from sim.results.schema import MONEY
from sim.results.sweep import (
    Sweep,
    assumption_load,
    beside,
    chance_share,
    content_digest,
    index_table,
    load_words,
    reading,
)
from sim.scenario.assumptions import Assumptions
from sim.scenario.files import load
from sim.scenario.stack import with_value
from sim.show.report import write_report
from sim.study.options import Options
from sim.study.public_account import STANDS_ON
from sim.study.run import run
from sim.study.sweep.designs import select
from sim.study.sweep.evaluate import variables_of

SMALL = {"population": 3_000, "years": 2, "workers": 1}
FEE = "country.usa.route.h1b.special_fee_usd"
MEASURES = ("share:usa", "arrivals:usa@2026")
# a range that the observed first year can take: near its edge the constants of a point take a second
SEARCHED = "considering_rate=0.12:0.2"


def swept(out, method="lhs", n=3, over=("b_pay", "b_home", SEARCHED), measures=MEASURES, **more):
    return sweep("h1b_fee", measures, method, n, over, out=out, **SMALL | more)


@pytest.fixture(scope="module")
def guided(tmp_path_factory):
    return swept(tmp_path_factory.mktemp("guided"), "guided", 4, ("b_home", SEARCHED))


def test_a_cell_is_the_run_of_its_point(tmp_path):
    found = swept(tmp_path, over=("b_pay", "b_home", "considering_rate"), measures=(*MEASURES, "fiscal:usa"))
    k = found.value().index[1]
    beliefs = {name: found.points()[name][k] for name in ("b_pay", "b_home", "considering_rate")}
    alone = run("h1b_fee", replicates=1, uncertainty="chance", assumptions=beliefs, **SMALL)
    for name in ("share:usa", "share", "arrivals:usa", "fiscal:usa"):
        there = effect_series(alone, name).isel(replicate=0).values
        assert np.array_equal(found.outcomes(name).sel(point=k).values, there)
    assert found.value("arrivals:usa")[k] == effect_series(alone, "arrivals:usa").values[0, 0]  # at its own time


def test_only_what_the_measures_need_is_recorded():
    options = Options(**SMALL)
    assert variables_of(["share:usa", "share"], options) == ("stock",)
    assert variables_of(["retention", "share"], options) == ("stock", "stock_by_sector", "hires")
    assert {*MONEY, *STANDS_ON} == set(variables_of(["fiscal:usa"], options))


def test_a_lever_is_set_in_the_scenario_alone(tmp_path):
    found = swept(tmp_path, "grid", None, (f"{FEE}=0:200000",), levels=2)
    (free, dear), points = found.outcomes("share").values, found.points()
    assert sorted(points[FEE]) == [0, 200_000]
    fee = load("h1b_fee")
    for shares, value in zip((free, dear), points[FEE], strict=True):
        alone = run(with_value(fee, FEE, value), replicates=1, uncertainty="chance", **SMALL)
        assert np.array_equal(shares, effect_series(alone, "share").isel(replicate=0).values)
    baselines = found.outcomes("share", what="baseline").values
    assert np.array_equal(baselines[0], baselines[1])


def test_replicates_are_the_mean_of_the_pairs_of_a_run(tmp_path):
    found = swept(tmp_path, "oat", None, ("b_pay",), replicates=2, levels=2)
    alone = run("h1b_fee", replicates=2, uncertainty="chance", **SMALL)
    there = effect_series(alone, "share:usa").mean("replicate").values
    assert np.allclose(found.outcomes("share:usa").values[0], there, rtol=0, atol=1e-15)


def test_guided_sweeps_screen_then_take_indices(guided):
    assert list(guided.stages.method) == ["morris", "sobol"]
    assert set(guided.stages.factors["indices"]) == set(select(guided))
    screened = guided.points("indices")
    for name in set(guided.factors.index) - set(select(guided)):
        assert (screened[name] == getattr(Assumptions.central(), name)).all()
    assert chance_share(guided)["points"] == 8  # A and B of four rows
    table = index_table(guided)
    assert {"first", "total_low", "grade", "undecided", "more_runs"} <= set(table)
    assert assumption_load(guided).load.sum() == pytest.approx(1)


def test_a_reading_says_what_it_rests_on(guided):
    said = " ".join(reading(guided))
    assert chance_share(guided)["share"] > 0.5  # of so few engineers
    assert "The sweep cannot say what the effect on the US's share in 2028 rests on" in said
    assert "Chance makes up about" in said


def test_the_report_of_a_run_beside_a_sweep_quotes_it(guided, tmp_path):
    result = run("h1b_fee", replicates=1, **SMALL)
    told = beside(result.record, guided.folder.parent)
    assert told["folder"] == guided.folder.name
    assert beside(result.record, tmp_path) is None
    assert beside(run("h1b_cap_cut", replicates=1, **SMALL).record, guided.folder.parent) is None
    folder = guided.folder.parent / "a_run"
    folder.mkdir()
    html = write_report(result, folder).read_text(encoding="utf-8")
    assert guided.folder.name in html
    assert "rests on" in html


def test_parts_by_grade_are_said_from_the_largest():
    assert load_words({"A": 0.0, "B": 0.3, "C": 0.001, "D": 0.7}) == (
        "70 % rests on numbers that nobody has measured (D), 30 % on derived numbers (B)"
    )
    assert load_words({"A": 0.0}) == "nothing varies"


def test_leading_compute_is_said_to_lack_evidence(tmp_path):
    found = sweep(
        "gulf_compute",
        ("share:are",),
        "morris",
        2,
        ("b_compute=0:2",),
        out=tmp_path,
        **SMALL | {"population": 20_000, "years": 6},
    )
    assert "no causal evidence" in " ".join(reading(found))


@pytest.mark.slow
def test_two_workers_give_the_content_of_one(tmp_path):
    one, two = swept(tmp_path / "one", n=4), swept(tmp_path / "two", n=4, workers=2)
    assert content_digest(one.folder) == content_digest(two.folder)
    assert one.folder.name == two.folder.name


def test_an_extension_keeps_the_folder_and_its_cells(tmp_path):
    few = swept(tmp_path, n=2)
    before = few.value()
    more = swept(tmp_path, n=4)
    assert more.folder == few.folder
    assert more.value()[before.index].equals(before)
    assert len(more.value()) == 4


def test_what_decides_the_numbers_decides_the_folder(tmp_path, monkeypatch):
    monkeypatch.setattr("sim.study.sweep.runner.clip", lambda factors, *_: factors)
    monkeypatch.setattr("sim.study.sweep.runner._explored", lambda model, factors, method, n, folder, *_: folder)
    changes = (
        {},
        {"n": 3},
        {"seed": 1},
        {"population": 2_000},
        {"over": ("b_pay",)},
        {"measures": ("share:usa",)},
        {"assumptions": {"b_size": 0.1}},
        {"over": ("b_pay=1:2",)},
        {"replicates": 2},
    )
    names = [swept(tmp_path, **{"n": 2} | change).name for change in changes]
    assert len(set(names)) == len(changes) - 1
    assert names[0] == names[1]  # the size of the design does not


def test_senseless_sweeps_are_refused_unwritten(tmp_path):
    for error, options in (
        (ResultError, {"measures": ("share",)}),
        (ResultError, {"measures": ("share:usa@2050",)}),
        (UsageError, {"method": "sobal"}),
        (UsageError, {"over": ("nobody",)}),
        (UsageError, {"n": 0}),
        (UsageError, {"replicates": 0}),
    ):
        with pytest.raises(error):
            swept(tmp_path, **options)
    assert list(tmp_path.iterdir()) == []


def test_the_store_says_what_it_was_made_from(guided):
    record = Sweep.load(guided.folder).record
    assert record["title"] == load("h1b_fee").title
    assert record["measures"] == list(MEASURES)
    assert record["population"] == 3_000
    assert json.dumps(record["factors"])
