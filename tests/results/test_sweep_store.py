"""The store: the same content whoever ran it, nothing lost or run twice when killed, one line when it must stop."""

import os
import resource
import signal
import sqlite3
import subprocess
import sys
import time
import tracemalloc
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pytest
import sweep_models as models
from paths import TESTS

from sim.errors import ResultError, StoreError, UsageError
from sim.results.sweep import Sweep, content_digest, index_table, notes, reading
from sim.results.sweep_store import NAME, SweepStore, clear, complete_blocks, is_sweep
from sim.study.sweep.designs import TRIES
from sim.study.sweep.factors import number
from sim.study.sweep.runner import explore
from sim.study.workers import Inline, workers_of

KILLS = int(os.environ.get("TALENTFLOW_KILLS", "3"))  # 20 for the long run


def swept(folder, model=models.linear, method="sobol", n=8, factors=models.LINEAR, **more):
    return explore(model, factors, method, n, store=folder, **more)


def marks(folder):
    """Return how often a ``Slow`` model was called at each point."""
    return {path.name: len(path.read_text()) for path in Path(folder).iterdir()}


@pytest.mark.parametrize("method", ["morris", "sobol", "lhs", "pawn", "oat", "grid", "guided"])
def test_the_content_is_the_same_whoever_runs_it(tmp_path, method):
    n = None if method in ("oat", "grid") else 64 if method in ("lhs", "pawn") else 8
    one = swept(tmp_path / "one", method=method, n=n, levels=2 if method == "grid" else None)
    two = swept(tmp_path / "two", method=method, n=n, levels=2 if method == "grid" else None, workers=2)
    assert content_digest(one.folder) == content_digest(two.folder)
    assert one.counts() == two.counts()
    assert one.record["finished"]


def test_the_content_tells_other_seeds_apart(tmp_path):
    assert content_digest(swept(tmp_path / "a").folder) != content_digest(swept(tmp_path / "b", seed=1).folder)


def test_what_is_read_is_what_the_model_gave(tmp_path):
    sweep = swept(tmp_path, n=16)
    points, values = sweep.points(), sweep.value("y")
    assert (points.status == "done").all()
    for k in points.index:
        assert values[k] == models.linear(dict(points.loc[k, list(models.SLOPES)]))["y"]
    assert np.allclose(sweep.coordinates(), points[list(models.SLOPES)])


@pytest.mark.parametrize("method", ["sobol", "morris", "lhs", "pawn", "guided"])
def test_a_larger_design_reuses_the_smaller_one(tmp_path, method):
    few, many = (32, 64) if method == "pawn" else (8, 16)
    (tmp_path / "marks").mkdir()
    model = models.Slow(0, str(tmp_path / "marks"))
    swept(tmp_path / "grown", model, method, few)
    before = Sweep.load(tmp_path / "grown").counts()["done"]
    grown = swept(tmp_path / "grown", model, method, many)
    whole = swept(tmp_path / "whole", method=method, n=many)
    assert content_digest(grown.folder) == content_digest(whole.folder)
    assert grown.counts()["done"] > before
    assert sum(marks(tmp_path / "marks").values()) == grown.counts()["done"]


def test_a_smaller_n_later_runs_nothing_and_keeps_all(tmp_path):
    content = content_digest(swept(tmp_path, n=16).folder)
    assert content_digest(swept(tmp_path, models.fails_above, n=8).folder) == content


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ("INSERT OR REPLACE INTO meta VALUES ('title', '3')", "a fact of the sweep has another type"),
        ("UPDATE meta SET value = '\"x\"' WHERE key = 'seed'", "seed or levels is no number"),
        ("INSERT OR REPLACE INTO meta VALUES ('measures', '[3]')", "a measure has no name"),
        ("UPDATE factors SET low = 'x'", "'x0' is not numbers"),
        ("UPDATE factors SET name = 'x0'", "two factors have the same name"),
        ("UPDATE stages SET size = 0", "stage 'sobol' is not one"),
        ("UPDATE stages SET method = 'magic'", "stage 'sobol' is not one"),
        ("UPDATE stages SET factors = '[99]'", "varies a factor that there is not"),
        ("UPDATE cells SET status = 'perhaps' WHERE point = 3", "cell 3 is not one"),
        ("UPDATE cells SET status = 'failed' WHERE point = 3", "cells that are done and outcomes are not the same"),
        ("DELETE FROM points WHERE point = 3", "a measure or a point of some cells is missing"),
        ("UPDATE outcomes SET shape = '[7]'", "is not laid out as declared"),
    ],
)
def test_forged_rows_are_refused_despite_digests(tmp_path, change, complaint):
    folder = swept(tmp_path).folder
    with closing(sqlite3.connect(folder / NAME)) as db:
        db.execute("DROP TABLE checks")
        db.execute(change)
        db.commit()
    with pytest.raises(ResultError, match=f"not the store of a sweep, or damaged.*{complaint}"):
        Sweep.load(folder)


def test_a_store_of_another_sweep_is_refused(tmp_path):
    swept(tmp_path)
    with pytest.raises(UsageError, match="holds another sweep: it differs in seed"):
        swept(tmp_path, seed=3)
    with pytest.raises(UsageError, match="differs in factors"):
        swept(tmp_path, factors=models.SOBOL_G)


def test_failed_cells_are_recorded_and_others_run(tmp_path):
    sweep = swept(tmp_path, models.fails_above, "lhs", 64)
    points, failed = sweep.points(), sweep.problems("failed")
    assert set(points.status[points.x0 > 0.9]) == {"failed"}
    assert set(points.status[points.x0 <= 0.9]) == {"done"}
    assert failed.error.str.match(r"ValueError: x0 of 0\.9\d is too much").all()
    assert any(f"{len(failed)} cells failed" in line for line in notes(sweep))


def test_unusable_rows_are_replaced_by_the_next(tmp_path):
    sweep = swept(tmp_path, models.refuses_above, "sobol", 16)
    assert len(complete_blocks(sweep.db, "sobol")) == 16
    assert sweep.counts()["refused"] > 0
    assert sweep.points().block.max() > 15
    assert (sweep.points().x0[sweep.points().status == "refused"] > 0.8).all()
    assert index_table(sweep)["total"].notna().all()


def test_points_refused_without_a_row_are_told_too(tmp_path):
    sweep = swept(tmp_path, models.Checked(0.7), "lhs", 64)
    assert sweep.counts().keys() == {"done", "refused"}
    assert any(f"refused {sweep.counts()['refused']} points" in note for note in notes(sweep))


def test_a_refused_point_spares_its_row(tmp_path):
    one, two = (swept(tmp_path / str(w), models.Checked(0.7), "morris", 6, workers=w) for w in (1, 2))
    assert content_digest(one.folder) == content_digest(two.folder)
    counts, points = one.counts(), one.points()
    assert counts["spared"] > 0
    assert (points.x0[points.status == "refused"] > 0.7).all()
    assert points.groupby("block").status.nunique().max() == 2  # refused and spared; or all done
    assert len(one.complete()) == 6
    assert "were not run, and the next rows took their place" in " ".join(notes(one))


def test_a_model_that_takes_hardly_any_point_ends(tmp_path):
    sweep = swept(tmp_path, models.Checked(-1), "sobol", 4)
    assert len(sweep.points()) == TRIES * 4 * sweep.stages["size"]["sobol"]
    assert reading(sweep) == ["Too few cells are done to say anything yet."]


def test_a_deadly_cell_is_retried_alone_then_recorded(tmp_path):
    sweep = swept(tmp_path, models.Killer(0.95), "lhs", 64, workers=2)
    points, failed = sweep.points(), sweep.problems("failed")
    assert set(points.status[points.x0 > 0.95]) == {"failed"}
    assert set(points.status[points.x0 <= 0.95]) == {"done"}
    assert set(failed.error) == {"its process was lost twice: killed, or out of memory"}
    sweep.close()


def test_a_lost_cell_is_run_by_the_next_command(tmp_path):
    swept(tmp_path / "lost", models.Killer(0.95), "lhs", 64, workers=2).close()
    again, whole = (swept(tmp_path / name, models.Killer(2), "lhs", 64) for name in ("lost", "whole"))
    assert again.counts() == whole.counts() == {"done": 64}
    assert content_digest(again.folder) == content_digest(whole.folder)


def test_an_idle_pool_that_breaks_costs_nothing(tmp_path, monkeypatch):
    """The processes may be lost between two submissions: the second one then meets a broken pool."""
    submit, broken = ProcessPoolExecutor.submit, []

    def breaks_once(self, *task):
        if len(broken) < 5:
            broken.append(task)
            if len(broken) == 5:
                raise BrokenProcessPool("gone")
        return submit(self, *task)

    monkeypatch.setattr(ProcessPoolExecutor, "submit", breaks_once)
    sweep = swept(tmp_path / "broken", workers=2)
    assert len(broken) == 5
    assert content_digest(sweep.folder) == content_digest(swept(tmp_path / "whole").folder)


def test_a_process_lost_once_costs_nothing(tmp_path):
    sweep = swept(tmp_path / "store", models.Killer(0.5, str(tmp_path / "once")), "lhs", 64, workers=2)
    assert (tmp_path / "once").exists()
    assert sweep.counts() == {"done": 64}
    assert content_digest(sweep.folder) == content_digest(swept(tmp_path / "calm", method="lhs", n=64).folder)


def test_a_store_without_facts_is_begun_again(tmp_path, monkeypatch):
    with monkeypatch.context() as full:
        full.setattr(SweepStore, "put", lambda self, **facts: (_ for _ in ()).throw(StoreError("full")))
        with pytest.raises(StoreError):
            swept(tmp_path / "out")
    assert content_digest(swept(tmp_path / "out").folder) == content_digest(swept(tmp_path / "calm").folder)


def test_a_process_lost_at_once_is_one_clear_line():
    with workers_of(workers=2) as pool, pytest.raises(UsageError, match="a worker process stopped"):
        pool.map(os._exit, [3, 3])


def test_any_executor_will_do(tmp_path):
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        given = swept(tmp_path / "given", executor=pool)
    assert content_digest(given.folder) == content_digest(swept(tmp_path / "own").folder)


@pytest.mark.parametrize("method", ["lhs", "sobol"])
def test_quick_cells_share_tasks(tmp_path, method):
    class Counting(Inline):
        tasks = 0

        def submit(self, *task):
            self.tasks += 1
            return super().submit(*task)

    counting = Counting()
    counting._max_workers = 1
    batched = swept(tmp_path / "batched", models.Checked(0.9), method, 64, executor=counting)
    assert counting.tasks < len(batched.points()) / 2
    assert content_digest(batched.folder) == content_digest(
        swept(tmp_path / "one", models.Checked(0.9), method, 64).folder
    )


RUN = """
import sys
sys.path.insert(0, {tests!r})
import sweep_models as models
from sim.study.sweep.runner import explore
if __name__ == "__main__":
    print("go", flush=True)
    explore(models.Slow({seconds}, {marks!r}), models.LINEAR, {method!r}, {n}, store={store!r}, workers={workers})
"""


def started(tmp_path, store="store", seconds=0.03, method="sobol", n=8, workers=2):
    """Start the sweep in a process group of its own."""
    script = tmp_path / "run.py"
    (tmp_path / "marks").mkdir(exist_ok=True)
    script.write_text(
        RUN.format(
            tests=str(TESTS),
            seconds=seconds,
            marks=str(tmp_path / "marks"),
            method=method,
            n=n,
            store=str(tmp_path / store),
            workers=workers,
        )
    )
    return subprocess.Popen(
        [sys.executable, script], start_new_session=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def killed(process, after):
    """Kill it and all its workers ``after`` seconds from its start."""
    process.stdout.readline()
    time.sleep(after)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


@pytest.mark.parametrize("method", ["sobol", "guided"])
def test_a_killed_sweep_ends_as_an_undisturbed_one(tmp_path, method):
    rng = np.random.default_rng(3)
    for after in rng.uniform(0.1, 2, KILLS if method == "sobol" else 2):
        killed(started(tmp_path, method=method), after)
    end = started(tmp_path, method=method)
    _, said = end.communicate(timeout=120)
    assert end.returncode == 0, said
    whole = swept(tmp_path / "whole", method=method)
    assert content_digest(tmp_path / "store") == content_digest(whole.folder)


def test_finished_cells_are_not_run_again_after_a_kill(tmp_path):
    running = started(tmp_path, seconds=0.05, method="lhs", n=60, workers=1)
    while len(marks(tmp_path / "marks")) < 10:
        time.sleep(0.05)
    killed(running, 0)
    kept = Sweep.load(tmp_path / "store")
    done = kept.counts()["done"]
    assert 0 < done < 60
    end = started(tmp_path, method="lhs", n=60, workers=1)
    _, said = end.communicate(timeout=60)
    assert end.returncode == 0, said
    calls = marks(tmp_path / "marks")
    assert len(calls) == 60
    assert sum(calls.values()) <= 61  # the one that was under way


def _is_readable(folder):
    """Return whether the folder holds a sweep with its tables: the file is there a moment earlier."""
    try:
        return Sweep.load(folder).folder == folder
    except ResultError:
        return False


def test_a_second_process_is_refused_a_dead_one_not(tmp_path):
    running = started(tmp_path, seconds=0.2)
    running.stdout.readline()
    while not _is_readable(tmp_path / "store"):
        time.sleep(0.05)
    with pytest.raises(UsageError, match="another process is running this sweep"):
        SweepStore(tmp_path / "store")
    assert Sweep.load(tmp_path / "store").folder == tmp_path / "store"  # reading is free
    os.killpg(running.pid, signal.SIGKILL)
    running.communicate()
    SweepStore(tmp_path / "store").close()


def test_workers_do_not_outlive_a_killed_sweep(tmp_path):
    running = started(tmp_path, seconds=0.1, method="lhs", n=500)
    while not marks(tmp_path / "marks"):
        time.sleep(0.05)
    os.kill(running.pid, signal.SIGKILL)  # the parent alone
    running.communicate()  # which ends when the last of them closes its output
    calls = sum(marks(tmp_path / "marks").values())
    time.sleep(0.5)
    assert sum(marks(tmp_path / "marks").values()) == calls


FULL = """
import resource, signal, sys
sys.path.insert(0, {tests!r})
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit}))
import sweep_models as models
from sim.errors import StoreError
from sim.study.sweep.runner import explore
try:
    explore(models.trivial, models.LINEAR, "lhs", 256, store={store!r})
except StoreError as error:
    print(error, file=sys.stderr)
    sys.exit(error.exit_code)
"""


def test_a_full_disk_is_one_line_and_the_sweep_resumes(tmp_path):
    code = FULL.format(tests=str(TESTS), limit=400_000, store=str(tmp_path / "store"))
    stopped = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert stopped.returncode == 1, stopped.stderr
    assert len(stopped.stderr.strip().splitlines()) == 1
    assert "cannot be written" in stopped.stderr
    assert "the same command again" in stopped.stderr
    done = Sweep.load(tmp_path / "store").counts()["done"]
    assert 0 < done < 256
    after = swept(tmp_path / "store", models.trivial, "lhs", 256)
    assert content_digest(after.folder) == content_digest(swept(tmp_path / "whole", models.trivial, "lhs", 256).folder)


def peak_of(folder, n):
    tracemalloc.start()
    swept(folder, models.trivial, "lhs", n)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak


def test_memory_is_flat_in_the_number_of_runs(tmp_path):
    peak_of(tmp_path / "warm", 8)
    few, many = peak_of(tmp_path / "few", 128), peak_of(tmp_path / "many", 1024)
    assert many < few + 500_000  # the outcomes of 1,024 points are 4 MB


def test_what_is_no_store_is_refused(tmp_path):
    with pytest.raises(ResultError, match="no sweep lies here"):
        Sweep.load(tmp_path)
    (tmp_path / "store.sqlite").write_text("this is no database, and longer than a header of one would be")
    with pytest.raises(ResultError, match="not the store of a sweep"):
        Sweep.load(tmp_path)


def test_a_newer_format_is_refused(tmp_path):
    swept(tmp_path)
    with sqlite3.connect(tmp_path / "store.sqlite") as db:
        db.execute("UPDATE meta SET value = '99' WHERE key = 'format'")
    with pytest.raises(ResultError, match="format 99"):
        Sweep.load(tmp_path)


def test_a_finished_store_is_readable_read_only(tmp_path):
    swept(tmp_path / "store")
    assert sorted(path.name for path in (tmp_path / "store").iterdir()) == ["lock", "store.sqlite"]
    clear(tmp_path / "store")
    assert not is_sweep(tmp_path / "store")


def test_a_read_only_folder_is_refused_in_one_line(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot be written"):
        SweepStore(tmp_path / "file" / "store")


@pytest.mark.slow
def test_a_cluster_gives_equal_content_despite_a_kill(tmp_path):
    distributed = pytest.importorskip("distributed")
    model = models.Slow(0.05)
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None) as cluster:
        pids = [nanny.pid for nanny in cluster.workers.values()]  # of the processes that they look after

        def told(folder, stage, done, total):
            if done == total // 2 and len(pids) == 2:
                os.kill(pids.pop(), signal.SIGKILL)

        far = swept(tmp_path / "far", model, n=16, executor=cluster.scheduler_address, progress=told)
        assert len(pids) == 1
        assert {nanny.pid for nanny in cluster.workers.values()} & set(pids)  # one was killed and replaced
    assert content_digest(far.folder) == content_digest(swept(tmp_path / "near", n=16).folder)


def test_a_cluster_that_does_not_answer_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("sim.study.workers.PATIENCE", 0.5)
    with pytest.raises(UsageError, match="no scheduler answers there"):
        swept(tmp_path, executor="tcp://127.0.0.1:1")


def test_arrays_and_several_measures_are_kept(tmp_path):
    sweep = swept(tmp_path, models.trivial, "lhs", 16, [number("x0", 0, 1)])
    assert list(sweep.measures.index) == ["many", "y"]
    assert sweep.outcomes("many").shape == (16, 500)
    with pytest.raises(ResultError, match="has a value for every axis_0"):
        sweep.value("many")
    with pytest.raises(ResultError, match="was not kept in this sweep"):
        sweep.value("z")
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] == resource.RLIM_INFINITY
