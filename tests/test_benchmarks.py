"""The benchmarks: their arithmetic and their tables, and whether talentflow's own engine simulates RM1."""

import re
import sys
from types import SimpleNamespace

import numpy as np
import pytest
from paths import ROOT

sys.path.append(str(ROOT))  # benchmarks are no part of the package; appended, so that an installed sim stays first

from benchmarks import report, scale
from benchmarks.cases import cases
from benchmarks.peers import agreement, fw_numpy, fw_talentflow, rm1, side_by_side
from sim.study.validation.experiments import HEADLINES


def row(what, median, n=None, unit="s", **more):
    return {
        "what": what,
        "n": n,
        "unit": unit,
        "median": median,
        "low": median,
        "high": median,
        "times": 1,
        "foreign_cores": 0.0,
        **more,
    }


def test_the_scale_exponent_is_found_again():
    sizes = np.array([1e5, 1e6, 1.9e6, 5e6, 2e7])
    slope, error = report.exponent(sizes, 3e-7 * sizes**1.03)
    assert slope == pytest.approx(1.03)
    assert error == pytest.approx(0, abs=1e-12)
    shaken = 3e-7 * sizes * np.exp([0.1, -0.1, 0.1, -0.1, 0.1])
    slope, error = report.exponent(sizes, shaken)
    assert abs(slope - 1) < 3 * error < 0.3


def test_figures_follow_from_rows():
    sizes = (100_000, 1_000_000, 1_900_000)
    rows = [row("run, full model", n / 1e6, n) for n in sizes] + [row("run, without ties", 0.075, 100_000)]
    rows += [row("run, 1 thread", 3.0, 1_900_000), row("run, 2 threads", 1.5, 1_900_000)]
    found = {r["what"]: r["median"] for r in report.derived(rows)}
    assert found["scale exponent, run, full model"] == pytest.approx(1)
    assert found["saved by going without ties"] == pytest.approx(25)
    assert found["speed-up by 2 threads"] == 2


def test_tables_come_from_the_stored_rows():
    what, n = next(bar for bar in report.BARS if bar[1])
    stored = {
        "speed": {"machine": report.machine(), "rows": [row(what, 2 * report.BARS[what, n], n), row("other", 7)]},
        "peers": {"machine": report.machine(), "rows": peer_rows()},
    }
    text = report.filled("# A\n<!-- speed -->\nold\n<!-- end -->\nB\n<!-- peers -->\n<!-- end -->\nC\n", stored)
    assert "old" not in text
    assert f"| {what} | {n:,} | {2 * report.BARS[what, n]:.3g} s |  | {report.BARS[what, n]:g} | 2.00 |" in text
    assert "| Mesa | smallworld | 1,000 | 1 | 0.5 | 2.00e+03 | 9 | 10 | 100 |" in text
    assert text.startswith("# A\n")
    assert text.endswith("<!-- end -->\nC\n")
    assert report.filled(text, stored) == text
    with pytest.raises(SystemExit, match="no <!-- speed -->"):
        report.filled("no marks", {"speed": stored["speed"]})


def peer_rows():
    common = {"n": 1_000, "graph": "smallworld", "build_s": 1.0, "peak_mb": 9.0}
    seconds = {side_by_side.OURS: 0.05, side_by_side.LIMIT: 0.005, "mesa:default": 0.5}
    names = {"mesa:default": "Mesa"}
    rows = [{"label": k, "framework": names.get(k, k), "year_s": s, **common} for k, s in seconds.items()]
    return list(side_by_side.with_ratios(rows))


def test_an_interrupted_comparison_goes_on(tmp_path, monkeypatch):
    entries, measured = side_by_side.ENTRIES[:3], []
    monkeypatch.setattr(side_by_side, "UNFINISHED", tmp_path / "rows.jsonl")
    monkeypatch.setattr(side_by_side, "ENTRIES", entries)
    monkeypatch.setattr(side_by_side, "_is_there", lambda entry: True)
    monkeypatch.setattr(side_by_side, "_rounds", lambda entry, *_: measured.append(entry.label) or [])
    monkeypatch.setattr(side_by_side, "summary", lambda _: {"label": measured[-1], "n": 9, "graph": "regular"})
    run = lambda stamp: side_by_side.measure((9,), "regular", stamp=stamp)  # noqa: E731
    first = next(iter(run({"date": "1"})))
    again = [*run({"date": "1"})]
    assert again[0] == first
    assert measured == [entry.label for entry in entries]  # each of them once
    assert len([*run({"date": "2"})]) == 3
    assert len(measured) == 6  # those of another day do not count
    side_by_side.finish()
    assert len([*run({"date": "1"})]) == 3
    assert len(measured) == 9


def test_every_measurement_exists():
    for quick in (True, False):
        for function, arguments in cases(quick).values():
            module, name = function.split(".")
            text = (ROOT / "benchmarks" / f"{module}.py").read_text(encoding="utf-8")
            assert f"\ndef {name}({', '.join(['clock', 'size', 'pairs'][: 1 + len(arguments)])}):" in text


def test_the_table_of_processes_follows_from_figures():
    text = (ROOT / "docs" / "sweeps.md").read_text(encoding="utf-8")
    asked = (
        "a cell of 50,000",
        "a cell of the full",
        "a cell in the process of the command",
        "a task there",
        "until a",
    )
    cell, full, store, task, start = (float(re.search(rf"\| {what}[^|]*\| ([\d.]+) m?s", text)[1]) for what in asked)
    assert "\n".join(scale.table(cell, full, store / 1000, task / 1000, start)) in text


def test_rm1_worlds_have_ties_both_ways():
    for graph in rm1.GRAPHS:
        world = rm1.make_world(1_000, graph)
        one = np.repeat(np.arange(world.n), np.diff(world.indptr))
        assert set(zip(one, world.indices, strict=True)) == set(zip(world.indices, one, strict=True))
        assert np.diff(world.indptr).mean() == pytest.approx(rm1.K, rel=0.02)


def ensemble(build, world, runs, seed=0, years=rm1.YEARS):
    """(run, year, hub) shares, (run, year, origin, destination) flows and (run, engineer) hubs at the end."""
    models = [build(world, seed + k, "tuned") for k in range(runs)]
    for model in models:
        for _ in range(years):
            model.step()
    return np.array([m.shares for m in models]), np.array([m.flows for m in models], float), models


def company(world, build):
    """z of the ties that live where their engineers do after a year."""
    *_, models = ensemble(build, world, 100, years=1)
    return rm1.company_z(world, np.array([model.people.hub for model in models]))


def test_the_engine_still_takes_rm1():
    model = fw_talentflow.build(rm1.make_world(200), 0, "")
    model.step()  # fails as soon as the engine's tables or kernels ask for something else
    assert model.flows[0].sum() == 200


@pytest.mark.slow
def test_talentflows_own_engine_simulates_rm1(monkeypatch):
    world = rm1.make_world(10_000)
    expected = rm1.expected_flow(world)
    *reference, _ = ensemble(fw_numpy.build, world, 200, seed=1_000)
    *ours, _ = ensemble(fw_talentflow.build, world, 100)
    found = agreement.compare(*ours, reference, expected)
    assert abs(found["chi2"] - found["df"]) < 4 * np.sqrt(2 * found["df"])
    assert found["worst_share"] < 3.7  # of 20
    assert found["share_z2"] < 2
    assert found["worst_move"] < 4  # of some 30 cells
    assert found["move_z2"] < 2
    assert abs(company(world, fw_talentflow.build)) < 3
    # and these statistics tell a model that is a little off
    monkeypatch.setattr(fw_talentflow, "MOVE_COST", rm1.MOVE_COST + 0.3)
    *off, _ = ensemble(fw_talentflow.build, world, 100)
    found = agreement.compare(*off, reference, expected)
    assert found["chi2"] > found["df"] + 8 * np.sqrt(2 * found["df"])
    monkeypatch.undo()
    weaker = dict(vars(rm1)) | {"B_PEER": 0.8 * rm1.B_PEER}
    monkeypatch.setattr(fw_talentflow, "rm1", SimpleNamespace(**weaker))
    assert company(world, fw_talentflow.build) < -6


def test_flagships_are_those_of_the_gate():
    assert list(report.FLAGSHIPS) == list(HEADLINES)
