"""Interactive studies: numbers are those of ``run``, whatever was asked before, from any thread, however it ended."""

import os
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from sim.errors import ScenarioError, UsageError
from sim.results.record import compare as differing
from sim.scenario.files import load, loads, set_overrides
from sim.study import attribution, interactive
from sim.study.interactive import InteractiveStudy
from sim.study.options import Options
from sim.study.run import compare, run
from sim.study.workers import WorkerPool

SMALL = {"population": 3_000, "replicates": 3, "years": 2}
OPTIONS = Options(**SMALL).checked()
BASELINE = load("baseline")
FEE = load("h1b_fee")


class Gone(Exception):
    """Nobody waits for the answer any more."""


def fee_of(usd):
    return set_overrides(FEE, [f"country.usa.route.h1b.special_fee_usd={usd}"])


def settled(warm, scenario, options=OPTIONS, **more):
    return warm.answer({"scenario": scenario}, BASELINE, options, **more)


@pytest.fixture(scope="module")
def warm():
    """Everything done by this process."""
    return InteractiveStudy(WorkerPool(0))


def test_a_warm_answer_is_that_of_run(warm):
    settled(warm, fee_of(5_000))  # something else before
    found, asked = settled(warm, FEE), run(FEE, **SMALL, workers=1)
    assert differing(found.data, asked.data) == []
    assert {key for key in asked.record if found.record[key] != asked.record[key]} == {"timings"}
    assert set(found.record) == set(asked.record)


def test_pairs_that_are_done_are_counted(warm):
    ticks = []
    settled(warm, fee_of(66_000), tick=ticks.append)
    assert ticks == sorted(ticks)
    assert {1, 2, 3} <= set(ticks) <= {0, 1, 2, 3}


def test_several_scenarios_are_a_comparison(warm):
    arms = {"h1b_fee": FEE, "eu_fast_track": load("eu_fast_track")}
    found = warm.answer(arms, BASELINE, OPTIONS)
    asked = compare(list(arms), **SMALL, workers=1)
    assert differing(found.data, asked.data) == []
    assert found.arms == asked.arms


def test_an_arm_that_was_run_is_not_run_again(warm, monkeypatch):
    first = settled(warm, FEE)
    monkeypatch.setattr(interactive, "cached_replicate", None)
    assert differing(settled(warm, FEE).data, first.data) == []


def test_other_people_years_and_beliefs_are_told_apart(warm):
    for change in ({"seed": 1}, {"years": 3}, {"assumptions": {"b_pay": 2.0}}, {"uncertainty": "chance"}):
        options = Options(**SMALL | change).checked()
        assert differing(settled(warm, FEE, options).data, run(FEE, **SMALL | change, workers=1).data) == []


def test_what_is_kept_has_a_limit(monkeypatch):
    monkeypatch.setattr(interactive, "ARMS_KEPT", 4)
    warm = InteractiveStudy(WorkerPool(0))
    for usd in (10_000, 20_000, 30_000):
        settled(warm, fee_of(usd))
    assert len(warm.arms) == 4


def test_bad_input_is_refused_before_anything_is_run(warm):
    late = loads('title = "Late"\n[[policy]]\nlever = "country.usa.route.h1b.cap"\nvalue = 1\nfrom = 2050-01-01\n')
    with pytest.raises(ScenarioError, match="after the run ends"):
        settled(warm, late)


def test_who_asks_no_more_ends_the_work(warm):
    def tick(done):
        if done == 1:
            raise Gone

    kept = len(warm.arms)
    with pytest.raises(Gone):
        settled(warm, fee_of(77_000), tick=tick)
    assert len(warm.arms) < kept + 3


@pytest.mark.slow
def test_workers_serve_several_threads_alike():
    """Two threads that change their minds all the time: each ends on its own last wish."""
    pool = WorkerPool(2)
    warm = InteractiveStudy(pool)

    def leave(done):
        if done:
            raise Gone

    def window(levels):
        for usd in levels:
            with pytest.raises(Gone):
                settled(warm, fee_of(usd), tick=leave)
        return settled(warm, fee_of(levels[-1]))

    try:
        with ThreadPoolExecutor(2) as threads:
            found = list(threads.map(window, ([1_000, 2_000, 80_000], [3_000, 4_000, 5_000, 150_000])))
        for result, usd in zip(found, (80_000, 150_000), strict=True):
            assert differing(result.data, run(fee_of(usd), **SMALL, workers=1).data) == []
        why = attribution.table_of(warm.experiment(OPTIONS), FEE, BASELINE, "share:usa", "channels")
        alone = attribution.why(FEE, "share:usa", **SMALL, workers=1)
        assert why.equals(alone)
    finally:
        pool.stop()


@pytest.mark.slow
def test_after_a_lost_process_the_next_answer_comes():
    pool = WorkerPool(1)
    try:
        with pytest.raises(UsageError, match="a worker process stopped"):
            list(pool.stream(os._exit, [(0, 1)]))
        assert list(pool.each(abs, [-1, -2])) == [1, 2]
    finally:
        pool.stop()


def test_results_are_in_order_and_waiting_is_told():
    pool, ticks = WorkerPool(0), []
    assert list(pool.each(max, [1, 5], [4, 2])) == [4, 5]
    try:
        pool = WorkerPool(1)
        assert list(pool.stream(time.sleep, [(0, 0.3)], lambda: ticks.append(1))) == [None]
        assert ticks
    finally:
        pool.stop()
