"""Test what is kept on disk between runs: constants and baselines are equal to the bit, and nothing stale is taken."""

from dataclasses import replace

import numpy as np
import pytest
from worlds import CENTRE

from sim.scenario.files import load
from sim.study import disk_cache, parameter_sample, replicate
from sim.study.calibration.hub_constants import START, shipped
from sim.study.parameter_sample import stored_constants
from sim.study.replicate import Plan, run_replicate
from sim.world.cache import _digest, bypassed

DRAW = (CENTRE, shipped()[0])
PLAN = Plan(1_000, 0, START, 2, ((), load("h1b_fee").policies), START, stored=True)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Use an empty folder as cache, in which even small baselines are stored."""
    monkeypatch.setenv("TALENTFLOW_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(disk_cache, "LEAST_AGENTS", 0)
    return tmp_path / "cache"


@pytest.fixture
def arms_run(monkeypatch):
    """List the arms that are simulated, by their first policy."""
    simulated, record = [], replicate.record

    def recorded(arm, until, past):
        simulated.append(until)
        return record(arm, until, past)

    monkeypatch.setattr(replicate, "record", recorded)
    return simulated


def equal(one, other):
    return one.keys() == other.keys() and all(np.array_equal(one[v], other[v], equal_nan=True) for v in one)


def test_a_stored_baseline_is_the_simulated_one(folder, arms_run):
    apart = run_replicate(replace(PLAN, stored=False), 1, DRAW)
    assert not folder.exists()
    first, again = (run_replicate(PLAN, 1, DRAW) for _ in range(2))
    assert all(equal(arm, other) for pair in (first, again) for arm, other in zip(apart, pair, strict=True))
    # each call records the past once; then both arms twice, and the scenario alone at last
    assert len(arms_run) == 3 + 3 + 2


@pytest.mark.parametrize(
    "change",
    [
        {"population": 1_001},
        {"seed": 1},
        {"years": 1},
        {"arms": (load("current_law").policies, PLAN.arms[1])},
        {"arms": PLAN.arms[::-1]},
    ],
    ids=lambda change: next(iter(change)),
)
def test_another_run_takes_no_stored_baseline(folder, monkeypatch, change):
    asked = []
    monkeypatch.setattr(disk_cache, "cached", lambda make, *decides: asked.append(_digest(decides)) or {})
    for plan in (PLAN, replace(PLAN, **change)):
        disk_cache.baseline(dict, plan, 0, DRAW)
    disk_cache.baseline(dict, PLAN, 1, DRAW)
    disk_cache.baseline(dict, PLAN, 0, (CENTRE.vary(b_pay=CENTRE.b_pay * 1.01), DRAW[1]))
    assert len(set(asked)) == 4


def test_a_past_of_the_caller_is_not_stored(folder):
    run_replicate(PLAN, 0, DRAW, replicate.initial_state(PLAN, 0, DRAW))
    assert not folder.exists()


def test_stored_constants_are_the_fitted_ones(folder, monkeypatch):
    found = [disk_cache.constants(lambda: shipped()[0], CENTRE, START) for _ in range(2)]
    monkeypatch.setattr(parameter_sample, "constants_or_none", lambda *_: pytest.fail("fitted again"))
    again = stored_constants(CENTRE, START)
    for name, value in vars(found[0]).items():
        assert np.array_equal(value, getattr(again, name))
    assert isinstance(again.start, int)


def test_a_rejected_sample_stays_rejected(folder):
    asked = []
    for _ in range(2):
        assert disk_cache.constants(lambda: asked.append(1), CENTRE, START) is None
    assert len(asked) == 1


def test_nothing_is_stored_where_the_cache_is_bypassed(folder):
    with bypassed():
        run_replicate(PLAN, 0, DRAW)
    assert not folder.exists()


@pytest.mark.parametrize("part", ["shape", "list"])
def test_damage_that_zip_overlooks_is_made_anew(folder, part):
    found = disk_cache.constants(lambda: shipped()[0], CENTRE, START)
    (path,) = folder.glob("*.npz")
    with np.load(path) as file:
        arrays = {name: file[name] for name in file.files}
    # fewer values of an array, and fewer arrays, each a sound file
    damaged = arrays | {"boom": arrays["boom"][:-1]} if part == "shape" else {"key": arrays["key"]}
    np.savez(path, **damaged)
    again = disk_cache.constants(lambda: shipped()[0], CENTRE, START)
    assert again is not None
    assert all(np.array_equal(value, getattr(again, name)) for name, value in vars(found).items())
