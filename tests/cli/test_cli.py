"""The command line, with a made-up engine: what is printed, where, and with which exit code."""

import json
import shutil
import subprocess
import sys
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from fake_result import fake_comparison, fake_result
from numba.core.event import trigger_event

from sim import __version__
from sim.errors import InvariantError
from sim.results.decomposition import parts_table
from sim.results.result import Result
from sim.scenario.files import as_scenario
from sim.study.breakeven import Breakeven
from sim.study.options import Options
from sim.study.run import prepared


@pytest.fixture
def engine(monkeypatch, tmp_path):
    """An engine that answers at once: what it was asked, raises instead, compiles, and what its result is like."""
    engine = SimpleNamespace(calls=[], fails=None, makes={}, kernels=0)

    def asked(**call):
        engine.calls.append(call)
        if engine.fails:
            raise engine.fails

    def run(scenario, baseline="baseline", **options):
        asked(scenario=scenario, **options)
        chosen = Options(**options).checked()
        for _ in range(engine.kernels):
            with trigger_event("numba:compile"):
                pass
        made = fake_result(chosen.replicates, chosen.years, **{"seed": chosen.seed} | engine.makes)
        return replace(
            made, record=made.record | prepared({"scenario": as_scenario(scenario)}, as_scenario(baseline), chosen)
        )

    def compare(scenarios, baseline="baseline", **options):
        asked(scenarios=scenarios, **options)
        chosen = Options(**options).checked()
        made = fake_comparison([scenario.name for scenario in scenarios], chosen.replicates, chosen.years)
        arms = {scenario.name: scenario for scenario in scenarios}
        return replace(made, record=made.record | prepared(arms, as_scenario(baseline), chosen))

    def split(scenario, measure, by, baseline, **options):
        asked(scenario=scenario, measure=measure, by=by, **options)
        return {name: parts_table(np.array([[0.01, 0.02], [0.0, -0.01]]), ["visa", "tax"], "share") for name in by}

    def breakeven(scenario, lever, measure, target, within, baseline, cost=None, rival=None, **options):
        asked(scenario=scenario, lever=lever, target=target, within=within, **options)
        curve = pd.DataFrame({"value": [0.0, 10.0], "mean": [0.0, -1.0], "low": [0, -2], "high": [0, 0], "error": 0.1})
        return Breakeven(
            lever,
            "a lever",
            "USD",
            measure,
            "pp",
            -0.5,
            *engine.makes.get("found", (5.0, 0.2, 4.0, 6.0)),
            2,
            2,
            None,
            (-1.0, 0.0),
            1,
            curve,
        )

    for name, fake in (
        ("run.run", run),
        ("run.compare", compare),
        ("attribution.split", split),
        ("breakeven.breakeven", breakeven),
    ):
        monkeypatch.setattr(f"sim.study.{name}", fake)
    monkeypatch.setattr("sim.model.kernels.choice.is_compiled", lambda: True)
    monkeypatch.setattr("sim.show.illustrate.illustrate", lambda result, where: (where / "report.html").write_text(""))
    monkeypatch.chdir(tmp_path)
    return engine


# in this process alone: a worker would take longer to start than to do its part
SMALL = ("--replicates", 3, "--years", 2, "--workers", 1)


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """Folder of a run that several tests read."""
    return tmp_path_factory.mktemp("kept")


@pytest.fixture
def made(engine, talentflow, kept, tmp_path):
    """The folder of a run: the first test that needs it makes it, each gets a copy."""
    if not list(kept.iterdir()):
        assert talentflow("run", "h1b_fee", *SMALL, "--out", kept, "--quiet")[0] == 0
        engine.calls.clear()
    (folder,) = kept.iterdir()
    shutil.copytree(folder, tmp_path / "outputs" / folder.name)
    return f"outputs/{folder.name}"


def test_a_run_answers_and_leaves_a_folder(engine, talentflow, tmp_path):
    code, out, err = talentflow("run", "h1b_fee", *SMALL)
    assert (code, err) == (0, "")
    made = next((tmp_path / "outputs").iterdir())
    assert len(out.splitlines()) <= 30
    assert max(map(len, out.splitlines())) <= 80
    for part in (
        "The US has",
        "2028",
        "San Francisco Bay Area",
        "Trust",
        "grade D",
        made.name,
        "talentflow why h1b_fee",
    ):
        assert part in out, part
    code, out, err = talentflow("run", "h1b_fee", *SMALL, "--details")
    assert (code, err) == (0, "")
    for part in (
        "US $100,000 H-1B fee",
        "The scenario",
        "2026",
        "2028",
        "San Francisco Bay Area",
        "3/3",
        "other hubs",
        "H-1B",
        "What was assumed",
        "no causal evidence exists",
        "grade D",
        "Notices",
        made.name,
        "talentflow verify",
    ):
        assert part in out, part
    assert max(map(len, out.splitlines())) <= 100
    assert "\x1b" not in out
    assert "certain" not in out
    assert (made / "report.html").exists()


def test_the_same_run_is_not_repeated_unless_forced(engine, talentflow):
    for extra, runs in (((), 1), ((), 1), (("--seed", 1), 2), (("--force",), 3)):
        assert talentflow("run", "h1b_fee", *SMALL, *extra)[0] == 0
        assert len(engine.calls) == runs


def test_settings_reach_the_engine(engine, talentflow, tmp_path):
    (tmp_path / "belief.toml").write_text("[assumptions]\nb_pay = 1.5\n")
    talentflow(
        "run",
        "h1b_fee",
        *SMALL,
        "--population",
        "full",
        "--start",
        2027,
        "--seed",
        7,
        "--uncertainty",
        "chance",
        "--assumptions",
        "belief.toml",
        "--workers",
        2,
        "--set",
        "country.usa.route.h1b.special_fee_usd=5",
    )
    asked = engine.calls[0]
    assert (asked["population"], asked["start"], asked["seed"], asked["workers"]) == (1_900_000, 2027, 7, 2)
    assert asked["uncertainty"] == "chance"
    assert Options(assumptions=asked["assumptions"]).declared()["b_pay"].central == 1.5
    assert 5 in [policy.amount for policy in asked["scenario"].policies]


def test_json_is_json_and_quiet_is_the_folder(engine, talentflow):
    said = json.loads(talentflow("run", "h1b_fee", *SMALL, "--json")[1])
    assert {"hubs", "routes", "sentences", "weak", "folder"} <= set(said)
    assert sum(row["scenario"] for row in said["hubs"]) == pytest.approx(100)
    assert talentflow("run", "h1b_fee", *SMALL, "--quiet")[1].strip() == said["folder"]


def test_one_pair_and_no_effect_have_words(engine, talentflow):
    assert "A single pair settles" in " ".join(
        talentflow("run", "h1b_fee", *SMALL, "--replicates", 1, "--years", 1)[1].split()
    )
    json.loads(talentflow("run", "h1b_fee", *SMALL, "--replicates", 1, "--years", 1, "--json")[1])
    engine.makes = {"strength": 0.0}
    assert "no pair differs" in talentflow("run", "baseline", *SMALL)[1]


def test_verify_replays_and_its_exit_code_tells(engine, talentflow, made):
    code, out, _ = talentflow("verify", made)
    assert (code, "every array is the same" in out) == (0, True)
    engine.makes = {"seed": 9}
    code, out, _ = talentflow("verify", made)
    assert (code, "differs in" in out, "stock" in out) == (1, True, True)
    assert talentflow("verify", made, "--quiet") == (1, "", "")
    assert "flow" in json.loads(talentflow("verify", made, "--json")[1])["differing"]


ENDED = """
title = "over"
[[policy]]
lever = "country.usa.tax.rate_points"
value = 1
from = 2020-01-01
until = 2021-01-01
"""
REFUSED = [
    (("run", "h1b_fe"), "not found; nearest: h1b_fee"),
    (("run", "nowhere.toml"), "no such file"),
    (("run", "h1b_fee", "--population", "0"), "population: 0 is not"),
    (("run", "h1b_fee", "--population", "-5"), "population: -5 is not"),
    (("run", "h1b_fee", "--population", "1000000000000"), "needs about"),
    (("run", "h1b_fee", "--population", "many"), "neither a whole number nor 'full'"),
    (("run", "h1b_fee", "--population", "nan"), "neither a whole number nor 'full'"),
    (("run", "h1b_fee", "--engine", "meanfield"), "No such option"),
    (("run", "h1b_fee", "--replicates", "0"), "--replicates"),
    (("run", "h1b_fee", "--years", "x"), "--years"),
    (("run", "h1b_fee", "--uncertainty", "some"), "--uncertainty"),
    (("run", "ended.toml"), "before the run starts"),
    (("run", "h1b_fee", "--set", "country.usa.route.h1b.special_fee=1"), "special_fee_usd"),
    (("run", "h1b_fee", "--set", "nonsense"), "expected path=value"),
    (("run", "h1b_fee", "--assumptions", "nowhere.toml"), "no such file"),
    (("run", "h1b_fee", "--baseline", "nowhere"), "not found"),
    (("run", "h1b_fee", "--out", "occupied/outputs"), "results cannot be written here"),
    (("run",), "SCENARIO"),
    (("runn", "h1b_fee"), "runn"),
    (("run", "h1b_fee", "--nonsense"), "--nonsense"),
    (("verify", "nowhere"), "no run lies here"),
    (("plot", "nowhere", "shares"), "no run lies here"),
    (("effect", "nowhere", "hhi"), "no run lies here"),
    (("compare", "h1b_fee", "us_tax_up", "--views"), "takes one scenario"),
    (("compare", "h1b_fee"), "two scenarios or more"),
    (("compare", "h1b_fee", "h1b_fe"), "nearest: h1b_fee"),
    (("compare", "h1b_fee", "eu_fast_track", "--measure", "shair", "--precision", "1pp"), "nearest: share"),
    (("run", "h1b_fee", "--precision", "5 persons"), "measured in pp"),
    (("run", "h1b_fee", "--precision", "1e-12pp"), "the least is 0.00006pp"),
    (("run", "h1b_fee", "--precision", "0pp"), "less than one engineer"),
    (("compare", "h1b_fee", "eu_fast_track", "--precision", "101pp"), "more than all engineers of the world, 100pp"),
    (("run", "h1b_fee", "--fork", "2029"), "2029 is too late"),
    (("run", "h1b_fee+h1b_fee"), "stacked with itself"),
    (("breakeven", "h1b_fee"), "either --lever"),
    (("breakeven", "h1b_fee", "--lever", "country.usa.route.h1b.cap", "--within", "9:1"), "must be the smaller"),
    (("breakeven", "h1b_fee", "--lever", "country.usa.route.h1b.special_fee_usd", "--within", "7:7"), "7"),
    (("sweep", "h1b_fee", "--over", "country.usa.route.h1b.special_fee_usd=5:5"), "5"),
    (("new", "a b"), "only letters"),
    (("new", "con"), "name of a device"),
    (("run", "h1b_fee", "--out", "nul"), "name of a device"),
    (("diff", "h1b_fee", "nowhere"), "not found"),
    (("describe", "nowhere"), "not found"),
    (("levers", "country.*.nonsense"), "nonsense"),
    (("world", "nonsense"), "nonsense"),
]


@pytest.mark.parametrize(("arguments", "complaint"), REFUSED, ids=lambda value: " ".join(value)[:50])
def test_nonsense_is_one_line_code_2_and_no_file(engine, talentflow, tmp_path, arguments, complaint):
    (tmp_path / "occupied").write_text("a file where a folder is asked for")
    (tmp_path / "ended.toml").write_text(ENDED)
    code, out, err = talentflow(*arguments)
    assert (code, out) == (2, "")
    assert err.startswith("talentflow: ")
    assert complaint in err
    assert err.count("\n") == 1
    assert {path.name for path in tmp_path.iterdir()} == {"occupied", "ended.toml"}
    assert engine.calls == []


@pytest.mark.parametrize(
    ("failure", "code", "complaint"),
    [
        (InvariantError("stocks and flows disagree"), 1, "stocks and flows disagree"),
        (OSError(28, "No space left on device", "result.nc"), 1, "result.nc: No space left on device"),
        (MemoryError(), 1, "out of memory"),
        (KeyboardInterrupt(), 130, "interrupted, nothing was saved"),
    ],
)
def test_a_failure_is_one_line_and_its_own_code(engine, talentflow, tmp_path, failure, code, complaint):
    engine.fails = failure
    left, out, err = talentflow("run", "h1b_fee", *SMALL)
    assert (left, out) == (code, "")
    assert err == f"talentflow: {complaint}\n" or complaint in err
    assert err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_folder_is_refused(engine, talentflow, made):
    with open(f"{made}/result.nc", "ab") as file:
        file.write(b"x")
    code, _, err = talentflow("verify", made)
    assert (code, "result.nc: damaged or edited" in err) == (2, True)
    assert talentflow("run", "h1b_fee", *SMALL)[0] == 0  # and made anew by a run
    Result.load(made)


def test_levers_are_found_by_place_and_meaning(talentflow):
    code, out, _ = talentflow("levers", "Japan", "tax")
    assert code == 0
    assert "country.jpn.tax.rate_points" in out
    assert "sweden" not in out.lower()
    pages = [talentflow("levers", "special_fee", "--page", page)[1] for page in (1, 2)]
    assert max(len(line) for page in (*pages, talentflow("levers")[1]) for line in page.splitlines()) <= 80
    assert "in full: talentflow levers country.usa.route.h1b.special_fee_usd" in pages[0]
    assert max(len(page.splitlines()) for page in pages) <= 20
    assert pages[0].splitlines()[0] != pages[1].splitlines()[0]
    code, _, err = talentflow("levers", "special_fee", "--page", 99)
    assert (code, "there are" in err) == (2, True)
    code, _, err = talentflow("levers", "Japan", "weather")
    assert (code, "none has all of these" in err) == (2, True)


def test_scenarios_are_listed_by_theme_and_searched(talentflow):
    out = talentflow("list")[1]
    assert "Visas and permits" in out
    assert max(map(len, out.splitlines())) <= 80
    found = talentflow("list", "gulf", "tax")[1]
    assert "gulf_income_tax" in found
    assert "h1b_fee" not in found
    assert len(talentflow("levers")[1].splitlines()) <= 25
    short, whole = (talentflow("describe", "gulf_compute", *more)[1] for more in ((), ("--details",)))
    assert "The answer leads with the Gulf" in short
    assert len(short) < len(whole)


def test_the_first_compilation_has_a_word(engine, talentflow, monkeypatch):
    """It comes once, as the first kernel is compiled; numba itself says when."""
    monkeypatch.setattr("sim.model.kernels.choice.is_compiled", lambda: False)
    engine.kernels = 2
    assert talentflow("run", "h1b_fee", *SMALL)[2].count("compiling the kernels, once for this machine") == 1
    assert talentflow("run", "h1b_fee", *SMALL, "--quiet", "--seed", 3)[2] == ""


@pytest.mark.parametrize(
    "line",
    [
        ("portfolio", "--place", "fra", "--budget", "x", "--levers", "country.fra.tax.rate_points"),
        ("portfolio", "--place", "fra", "--budget", "5M", "--levers", "country.fra.tax.rate_pointss"),
        ("breakeven", "h1b_fee", "--lever", "country.usa.x"),
        ("why", "h1b_fee", "--measure", "stok"),
        ("count", "h1b_fee", "stok:usa"),
        ("sweep", "h1b_fee", "--over", "zzz"),
        ("index", "--elite", "--start", "1990"),
        ("hindcast", "--start", "1990"),
        ("validate", "--only", "zzz"),
        ("experiments", "zzz"),
    ],
)
def test_nothing_is_compiled_before_a_refusal(line, talentflow, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sim.model.kernels.choice.is_compiled", lambda: False)
    code, _, err = talentflow(*line)
    assert code == 2
    assert err.startswith("talentflow: ")
    assert err.count("\n") == 1


LISTS = [
    ("list",),
    ("describe", "h1b_fee"),
    ("diff", "h1b_fee", "h1b_cap_cut"),
    ("levers",),
    ("levers", "country.usa.route.h1b.*"),
    ("schema",),
    ("world",),
    ("world", "hubs"),
    ("world", "routes"),
]


@pytest.mark.parametrize("arguments", LISTS, ids=" ".join)
def test_every_list_is_printed_in_full_json_and_short(talentflow, arguments):
    code, out, err = talentflow(*arguments)
    assert (code, err) == (0, "")
    assert out.strip()
    assert "\x1b" not in out
    assert json.loads(talentflow(*arguments, "--json")[1])
    assert 0 < len(talentflow(*arguments, "--quiet")[1]) <= max(len(out), 5000)


@pytest.mark.parametrize("arguments", [("list",), *LISTS[1:5], ("levers", "fee"), ("world", "hubs")], ids=" ".join)
def test_lists_fit_a_narrow_terminal(talentflow, monkeypatch, arguments):
    monkeypatch.setattr("sim.show.terminal.columns", lambda details=False: 60)
    code, out, _ = talentflow(*arguments)
    assert code == 0
    assert max(map(len, out.splitlines())) <= 60


def test_a_world_table_shows_source_and_grade(talentflow):
    rows = json.loads(talentflow("world", "stock", "--json")[1])
    assert all(row["source"] and row["grade"] for row in rows)


def test_world_check_has_an_exit_code(talentflow, monkeypatch):
    monkeypatch.setattr("sim.world.tables.check", list)
    assert talentflow("world", "--check")[0] == 0
    # a long path is not folded: it can be copied
    problem = f"/{'a_folder/' * 10}pay.csv is stale"
    monkeypatch.setattr("sim.world.tables.check", lambda: [problem])
    assert talentflow("world", "--check")[:2] == (1, problem + "\n")


def test_plot_draws_into_the_folder_or_a_file(engine, talentflow, made, tmp_path, monkeypatch):
    assert talentflow("plot", made, "effects", "--quiet")[1].strip() == f"{made}/figures/effects.png"
    assert talentflow("plot", made, "shares", "--out", "memo/a.png")[0] == 0
    assert "heat_map" in talentflow("plot", made)[1]
    for wrong, said in (
        (("share",), "nearest: shares"),
        (("shares", "--years", "x"), "FIRST:LAST"),
        (("shares", "--hubs", "pariss"), "nearest: paris"),
        (("shares", "--format", "graphml"), "network"),
        (("shares", "--out", f"{made}/run.json/a.png"), "run.json: File exists"),
        (("network", "--format", "graphml", "--out", f"{made}/run.json/b/c.graphml"), "Not a directory"),
    ):
        code, _, err = talentflow("plot", made, *wrong)
        assert (code, said in err, err.count("\n")) == (2, True, 1)
    assert talentflow("plot", made, "network", "--format", "graphml", "--quiet")[1].endswith("network.graphml\n")
    assert (tmp_path / "memo" / "a.png").exists()


@pytest.mark.parametrize(
    "command",
    "run compare index breakeven why sweep status discover effect plot verify list describe diff new levers schema "
    "world experiments count atlas".split(),
)
def test_version_json_and_quiet_work_for_every_command(talentflow, command):
    assert talentflow(command, "--version")[1] == f"talentflow {__version__}\n"
    text = talentflow(command, "--help")[1]
    assert "--json" in text
    assert "--quiet" in text


def test_views_stand_side_by_side(engine, talentflow):
    code, out, err = talentflow("compare", "h1b_fee", "--views", *SMALL)
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert len(lines) <= 30
    assert max(map(len, lines)) <= 80
    rows = [line.split() for line in lines if line.startswith("  ") and line.split()[-1:] and line.split()[-1] in "BCD"]
    assert [(row[0], row[-1]) for row in rows] == [
        ("evidence", "B"), ("low_response", "B"), ("high_response", "B"), ("industry", "C"),
    ]  # fmt: skip
    told = json.loads(talentflow("compare", "h1b_fee", "--views", *SMALL, "--json")[1])
    assert [row["view"] for row in told] == [row[0] for row in rows]
    one = talentflow("compare", "h1b_fee", "--views", *SMALL, "--replicates", 1, "--json")[1]
    assert "NaN" not in one
    assert len(json.loads(one)) == len(rows)


def test_a_comparison_is_one_table_and_one_folder(engine, talentflow, tmp_path):
    code, out, err = talentflow("compare", "h1b_fee", "eu_fast_track", "--interaction", *SMALL)
    assert (code, err) == (0, "")
    made = next((tmp_path / "outputs").iterdir())
    for part in ("2 scenarios compared, and a stack of them", "h1b_fee", "eu_fast_track", "All together", made.name):
        assert part in out, part
    assert len(out.splitlines()) <= 30
    assert max(len(line) for line in out.splitlines() if made.name not in line) <= 80
    many = talentflow("compare", "h1b_fee", "eu_fast_track", "--interaction", *SMALL, "--details")[1]
    assert "Do they add up?" in many
    assert max(map(len, many.splitlines())) <= 100
    assert {"h1b_fee.toml", "eu_fast_track.toml", "eu_fast_track_and_h1b_fee.toml"} <= {p.name for p in made.iterdir()}
    assert len(json.loads(talentflow("compare", "h1b_fee", "eu_fast_track", "--interaction", *SMALL, "--json")[1])) == 3
    assert len(engine.calls) == 1
    assert "interaction of" in talentflow("effect", made, "share:usa")[1]
    assert talentflow("plot", made, "comparison", "--quiet")[0] == 0
    code, _, err = talentflow("plot", made, "ranks", "--scenario", "h1b_fe")
    assert (code, "nearest: h1b_fee" in err) == (2, True)


def test_effect_reads_a_run_or_its_folder(engine, talentflow, made):
    out = talentflow("effect", made, "share:usa", "hhi")[1]
    assert "share:usa@2028" in out
    assert "9 more pairs would halve it" in out.replace("\n  ", " ")
    assert out.strip() in talentflow("run", "h1b_fee", *SMALL, "--measure", "share:usa", "--measure", "hhi")[1]
    assert [row["measure"] for row in json.loads(talentflow("effect", made, "hhi", "--json")[1])] == ["hhi"]
    code, _, err = talentflow("effect", made, "shair")
    assert (code, "nearest: share" in err) == (2, True)


def test_a_saved_precise_run_is_used_again(engine, talentflow):
    ten = ("--replicates", 10)
    for extra, runs in ((ten, 1), ((*ten, "--precision", "5pp"), 1), ((*ten, "--precision", "0.0001pp"), 2)):
        assert talentflow("run", "h1b_fee", *SMALL, *extra)[0] == 0
        assert len(engine.calls) == runs


def test_the_index_stands_beside_the_published_one(engine, talentflow):
    out = talentflow("index", *SMALL)[1]
    assert "Bay Area" in out
    assert "-4.3" in out
    assert "grade C" in " ".join(out.split())
    assert "Southeast Asia" in talentflow("index", *SMALL, "--region")[1]
    code, _, err = talentflow("index", *SMALL, "--year", 2040)
    assert (code, "2040 lies outside the run" in err) == (2, True)


def test_why_shows_parts_and_leaves_tables_and_figures(engine, talentflow, tmp_path):
    code, out, err = talentflow("why", "h1b_fee", *SMALL)
    assert (code, err) == (0, "")
    assert "visa" in out
    assert "total" in out
    made = next((tmp_path / "outputs").iterdir())
    assert {"answer.json", "channels.csv", "channels.png", "origins.csv"} <= {path.name for path in made.iterdir()}
    said = json.loads(talentflow("why", "h1b_fee", *SMALL, "--by", "channels", "--json")[1])
    assert said["channels"][-1]["part"] == "total"
    code, _, err = talentflow("effect", made, "hhi")
    assert (code, "no run lies here" in err) == (2, True)


def test_a_breakeven_gives_its_value_or_the_attainable(engine, talentflow, tmp_path):
    lever = ("--lever", "country.usa.route.h1b.special_fee_usd", "--target", "-0.5pp")
    out = talentflow("breakeven", "h1b_fee", *lever, *SMALL)[1]
    assert "at 5 USD gives an effect of -0.5 pp on the US's share" in " ".join(out.split())
    assert max(map(len, out.splitlines())) <= 80
    assert out.count("\n") <= 30
    assert (next((tmp_path / "outputs").iterdir()) / "curve.png").exists()
    engine.makes = {"found": (None, float("nan"), float("nan"), float("nan"))}
    out = talentflow("breakeven", "h1b_fee", *lever, *SMALL)[1]
    assert "No value of" in out
    assert "from -1 pp (Monte Carlo error 0.1) at 10 USD" in " ".join(out.split())
    said = json.loads(talentflow("breakeven", "h1b_fee", *lever, *SMALL, "--json")[1])
    assert (said["value"], said["attainable"]) == (None, [-1.0, 0.0])


def test_a_new_scenario_runs_and_is_never_overwritten(engine, talentflow, tmp_path):
    assert talentflow("new", "mine", "--quiet") == (0, "scenarios/mine.toml\n", "")
    assert talentflow("run", "mine", *SMALL)[0] == 0
    before = (tmp_path / "scenarios" / "mine.toml").read_bytes()
    code, _, err = talentflow("new", "mine")
    assert (code, "already" in err) == (2, True)
    assert (tmp_path / "scenarios" / "mine.toml").read_bytes() == before


def test_without_a_command_there_is_help(talentflow):
    code, out, _ = talentflow()
    assert (code, "Usage: talentflow" in out) == (0, True)


def test_help_imports_nothing_heavy():
    code = "from sim.cli import main\ntry: main(['--help'])\nfinally:\n import sys\n print(sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    for heavy in ("numpy", "numba", "pandas", "xarray", "matplotlib", "pydantic", "scipy", "networkx"):
        assert f"'{heavy}'" not in done.stdout
