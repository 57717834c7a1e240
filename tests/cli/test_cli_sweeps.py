"""The commands on sweeps, with a made-up engine: what is printed, kept, refused, and with which exit code."""

import json
from pathlib import Path

import numpy as np
import pytest

from sim.cli.options import separated
from sim.errors import Refused
from sim.results.sweep import Sweep
from sim.results.sweep_store import SweepStore
from sim.show import sweeps as show

SMALL = ("--years", 2, "--population", 2000, "--workers", 1)
OVER = ("--over", "b_pay", "--over", "b_size", "--over", "considering_rate")


@pytest.fixture
def engine(monkeypatch, tmp_path):
    """A simulator that answers at once: effects are sums of its assumptions; a wide b_size is refused."""

    def prepare(self, values):
        if values.get("b_size", 0) > 0.34:
            raise Refused("size would feed itself")
        return dict(values)

    def call(self, values, draw):
        if values["considering_rate"] > 0.24:
            raise ValueError("too many consider")
        effect = -0.002 * values["b_pay"] + 0.02 * (values["considering_rate"] - 0.1) + 1e-4 * (self.first_pair > 0)
        found = {}
        for name in self.measures:
            shape = (2, 3, 39) if name == "share" else (2, 2 if name.startswith("arr") else 3)
            found[name] = np.zeros(shape)
            found[name][1] = effect
        return found

    monkeypatch.setattr("sim.study.sweep.evaluate.Simulator.prepare", prepare)
    monkeypatch.setattr("sim.study.sweep.evaluate.Simulator.__call__", call)
    monkeypatch.setattr("sim.study.sweep.runner.clip", lambda factors, *_: factors)
    monkeypatch.setattr("sim.study.sweep.runner.is_compiled", lambda: True)
    monkeypatch.setattr("sim.model.kernels.choice.is_compiled", lambda: True)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def folder(engine, talentflow):
    """A finished guided sweep."""
    return talentflow("sweep", "h1b_fee", *OVER, *SMALL, "--n", 8, "--quiet")[1].strip()


def test_several_names_in_one_over_are_several_factors():
    assert separated(["b_pay, b_size", "b_odds"]) == ("b_pay", "b_size", "b_odds")
    assert separated(["country.{usa,can}.openings=0.5:2"]) == ("country.{usa,can}.openings=0.5:2",)


def test_a_sweep_answers_and_leaves_a_store(engine, talentflow):
    code, out, err = talentflow("sweep", "h1b_fee", *OVER, *SMALL, "--n", 16, "--measure", "share:usa@2027")
    assert (code, err) == (0, "")
    said = " ".join(out.split())
    assert "What the effect on the US's share in 2027 rests on" in said
    assert len(out.splitlines()) <= 30
    assert max(map(len, out.splitlines())) <= 80
    assert out.count("\n") <= 30
    details = " ".join(
        talentflow("sweep", "h1b_fee", *OVER, *SMALL, "--n", 16, "--measure", "share:usa@2027", "--details")[1].split()
    )
    assert "Reach nothing here: b_size." in details
    (made,) = Path("outputs").iterdir()
    assert made.name.startswith("h1b_fee-sweep-")
    assert Sweep.load(made).value().index.size > 0


def test_json_and_quiet_are_for_programs(talentflow, folder):
    said = json.loads(talentflow("status", folder, "--json")[1])
    assert said["finished"]
    assert said["cells"]["done"] > 0
    assert said["measures"]["share:usa"]["indices"][0]["factor"] in ("b_pay", "considering_rate")
    assert "load" not in said["measures"]["share:usa"]  # its intervals are wider than its indices
    assert talentflow("status", folder, "--quiet")[1].strip() == folder


def test_status_shows_what_failed_and_what_is_left(engine, talentflow):
    out = talentflow(
        "sweep",
        "h1b_fee",
        *SMALL,
        "--method",
        "lhs",
        "--n",
        64,
        "--over",
        "considering_rate=0.1:0.25",
        "--over",
        "b_pay",
        "--quiet",
    )[1].strip()
    code, said, _ = talentflow("status", out)
    assert code == 0
    assert "failed" in said
    assert "ValueError: too many consider" in said
    assert Sweep.load(out).record["digest"] in said


def test_a_repeated_command_runs_nothing_extend_does(talentflow, folder):
    before = Sweep.load(folder).counts()["done"]
    assert talentflow("sweep", "h1b_fee", *OVER, *SMALL, "--n", 8, "--quiet")[1].strip() == folder
    assert Sweep.load(folder).counts()["done"] == before
    talentflow("sweep", "h1b_fee", *OVER, *SMALL, "--extend", 16, "--quiet")
    assert Sweep.load(folder).stages.n["indices"] == 16
    assert Sweep.load(folder).counts()["done"] > before
    talentflow("sweep", "h1b_fee", *OVER, *SMALL, "--n", 8, "--force", "--quiet")
    assert Sweep.load(folder).counts()["done"] == before


@pytest.mark.parametrize("method", ["oat", "grid", "lhs", "morris", "sobol", "pawn"])
def test_every_method_reads_in_words(engine, talentflow, method):
    size = () if method in ("oat", "grid") else ("--n", 64 if method in ("pawn", "lhs") else 8)
    few = ("--levels", 3) if method == "grid" else ()
    code, out, err = talentflow(
        "sweep",
        "h1b_fee",
        "--over",
        "b_pay",
        "--over",
        "considering_rate=0.1:0.2",
        *SMALL,
        "--method",
        method,
        *size,
        *few,
    )
    assert (code, err) == (0, "")
    assert "the US's share in 2028" in " ".join(out.split())
    assert "pull of net real pay" in " ".join(out.split())
    assert max(map(len, out.splitlines())) <= 80
    assert out.count("\n") <= 30


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("--over", "b_pax"), "nearest: b_pay"),
        (("--over", "b_pay=3:1"), "must be the smaller"),
        (("--method", "sobol", "--n", 2), "takes from 4"),
        (("--method", "grid"), "fewer of both"),
        (("--levels", 3), "an even number"),
        (("--measure", "share"), "name one"),
        (("--measure", "shair"), "unknown"),
        (("--population", "many"), "neither a whole number"),
        (("--n", 8, "--extend", 16), "not both"),
        (("--method", "oat", "--n", 8), "no --n"),
        (("--baseline", "nobody"), "not found"),
        (("--assumptions", "nowhere.toml"), "nowhere.toml"),
    ],
)
def test_nonsense_is_one_line_code_2_and_no_file(engine, talentflow, arguments, complaint):
    code, out, err = talentflow("sweep", "h1b_fee", *arguments)
    assert (code, out, len(err.splitlines())) == (2, "", 1)
    assert complaint in err
    assert list(Path().iterdir()) == []


def test_an_interrupted_sweep_keeps_what_is_finished(talentflow, engine, monkeypatch):
    def interrupted(self, values, draw):
        raise KeyboardInterrupt

    monkeypatch.setattr("sim.study.sweep.evaluate.Simulator.__call__", interrupted)
    code, _, err = talentflow("sweep", "h1b_fee", *OVER, *SMALL, "--n", 8)
    assert (code, err) == (130, "talentflow: interrupted, finished cells are kept, and the same command goes on\n")


def test_a_store_in_use_is_refused(talentflow, folder):
    with SweepStore(folder):
        code, _, err = talentflow("sweep", "h1b_fee", *OVER, *SMALL, "--n", 8)
    assert (code, "another process is running this sweep" in err) == (2, True)


def test_a_folder_that_is_no_sweep_is_refused(engine, talentflow):
    for command in (("status", "."), ("discover", ".", "--when", "below 0")):
        code, out, err = talentflow(*command)
        assert (code, out, "no sweep lies here" in err) == (2, "", True)


def test_discover_says_when(engine, talentflow):
    pytest.importorskip("ema_workbench", reason="the extra 'discovery'")
    made = talentflow("sweep", "h1b_fee", *OVER, *SMALL, "--method", "lhs", "--n", 200, "--quiet")[1].strip()
    code, out, _ = talentflow("discover", made, "--when", "below -0.3pp")
    assert code == 0
    assert "b_pay is above" in out
    found = json.loads(talentflow("discover", made, "--when", "below -0.3pp", "--json")[1])
    assert found["boxes"][0]["coverage"] > 0.7
    code, _, err = talentflow("discover", made, "--when", "soon")
    assert (code, len(err.splitlines())) == (2, 1)


def test_plots_of_a_sweep_have_kinds_of_their_own(talentflow, folder):
    code, _, err = talentflow("plot", folder, "no_such_kind")
    assert (code, "unknown figure of a sweep" in err) == (2, True)
    assert talentflow("plot", folder)[0] == 0


def test_progress_tells_the_rate_and_the_best_guess(folder, monkeypatch, capsys):
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    monkeypatch.setattr(show, "GUESS_EVERY", 0.0)
    with show.progress() as told:
        told(Path(folder), "indices", 1, 10)
        told(Path(folder), "indices", 5, 10)
    with show.progress(quiet=True) as told:
        assert told is None
    assert show.best_guess(Path(folder)).startswith("leading: ")
    assert show.best_guess(Path("nowhere")) == ""
