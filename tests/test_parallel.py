"""Worker processes wherever a study is called from: scripts, notebooks, other pools, containers."""

import math
import os
import subprocess
import sys

import pytest

from sim import parallel

RUN = "run('h1b_fee', population=1_000, replicates=2, years=1, workers=2)"
MODEL = """
def model(x):
    return {"y": x["a"] + 2 * x["b"]}
"""
EXPLORE = "explore(model, {'a': (0, 1), 'b': (0, 1)}, n=4, store='store', workers=2)"


def script(text, tmp_path, *command):
    """Run a script of its own in a folder of its own: (exit code, output, error output)."""
    (tmp_path / "script.py").write_text(text, encoding="utf-8")
    done = subprocess.run(
        [*command, sys.executable, "script.py"], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=300
    )
    return done.returncode, done.stdout, done.stderr


def groups(tmp_path, monkeypatch, own, **files):
    """A tree of control groups in which this process lies at ``own``."""
    (tmp_path / "own").write_text(own)
    for name, text in files.items():
        path = tmp_path / name.replace("__", "/").replace("_max", ".max").replace("cfs", "cpu.cfs")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    monkeypatch.setattr(parallel, "GROUP", tmp_path / "own")
    monkeypatch.setattr(parallel, "GROUPS", tmp_path)
    return parallel._quota()


def test_a_quota_is_the_least_of_all_groups(tmp_path, monkeypatch):
    assert groups(tmp_path, monkeypatch, "0::/a/b\n", a__b__cpu_max="max 100000", a__cpu_max="150000 100000") == 1.5


def test_no_quota_is_no_limit(tmp_path, monkeypatch):
    assert groups(tmp_path, monkeypatch, "0::/\n", cpu_max="max 100000") == math.inf


def test_a_quota_of_the_first_version_counts(tmp_path, monkeypatch):
    files = {"cpu__x__cfs_quota_us": "50000", "cpu__x__cfs_period_us": "100000"}
    assert groups(tmp_path, monkeypatch, "4:cpu:/x\n1:name=systemd:/\n", **files) == 0.5


@pytest.mark.parametrize(("quota", "count"), [(0.5, 1), (1.0, 1), (1.5, 2), (2.0, 2), (math.inf, 8)])
def test_part_of_a_core_counts_as_one(quota, count, monkeypatch):
    monkeypatch.setattr(os, "cpu_count", lambda: 8)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)), raising=False)
    monkeypatch.setattr(parallel, "_quota", lambda: quota)
    assert parallel.cores() == count


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="no affinity here")
def test_affinity_counts():
    code = "import os; os.sched_setaffinity(0, {min(os.sched_getaffinity(0))}); from sim import parallel; "
    code += "from sim.parallel import get_threads; print(parallel.cores(), get_threads())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["1", "1"]


@pytest.mark.slow
def test_a_script_without_a_guard_runs(tmp_path):
    code, said, _ = script(f"print('begun')\nfrom sim import run\nprint({RUN})\n", tmp_path)
    assert code == 0
    assert said.count("begun") == 1  # nobody has run it again


def test_a_model_of_a_script_names_the_guard(tmp_path):
    code, _, said = script(f"from sim.study.sweep.runner import explore\n{MODEL}\n{EXPLORE}\n", tmp_path)
    assert code == 1
    assert "if __name__ == '__main__'" in said.splitlines()[-1]
    assert not (tmp_path / "store").exists()


def test_a_model_of_a_guarded_script_runs(tmp_path):
    main = f"if __name__ == '__main__':\n    print({EXPLORE}.counts())\n"
    text = f"from sim.study.sweep.runner import explore\n{MODEL}\n{main}"
    code, said, _ = script(text, tmp_path)
    assert (code, said.strip()) == (0, "{'done': 16}")


@pytest.mark.slow
@pytest.mark.parametrize("workers", ["None", "2"])
def test_a_worker_of_anothers_pool_works_alone(tmp_path, workers):
    """A daemon may start no processes: it says so where some were asked for, and gives the same bytes."""
    text = f"""
import multiprocessing, warnings
def task(workers):
    from sim import run
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        data = run("h1b_fee", population=1_000, replicates=2, years=1, workers=workers).data
    return data.stock.values.tobytes(), [str(w.message) for w in told]
if __name__ == "__main__":
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        there, told = pool.apply(task, ({workers},))
    assert there == task(1)[0]
    print(*told)
"""
    code, said, error = script(text, tmp_path)
    assert code == 0, error
    assert ("may start no others" in said) == (workers == "2")


def test_without_semaphores_one_process_works(monkeypatch):
    def refuse(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(parallel.context.SpawnContext, "Lock", refuse)
    with pytest.warns(UserWarning, match="may start no others"):
        assert parallel.workers_here(2) == 1


@pytest.mark.parametrize(("threads", "calls", "each"), [(1, 3, 1), (2, 2, 1), (4, 2, 2), (3, 2, 1), (4, 8, 2)])
def test_calls_side_by_side_share_the_threads(threads, calls, each, monkeypatch):
    monkeypatch.setattr(parallel, "_threads", threads)
    made = parallel.side_by_side([lambda k=k: (k, parallel.get_threads()) for k in range(calls)], 2)
    assert made == [(k, each) for k in range(calls)]
    assert parallel.get_threads() == threads


def test_a_failed_call_side_by_side_is_raised(monkeypatch):
    monkeypatch.setattr(parallel, "_threads", 2)
    with pytest.raises(ZeroDivisionError):
        parallel.side_by_side([lambda: 1, lambda: 1 / 0], 2)
    assert parallel.get_threads() == 2


def test_calls_side_by_side_see_the_context(monkeypatch):
    monkeypatch.setattr(parallel, "_threads", 2)
    before = parallel._open.set(filter)
    try:
        assert parallel.side_by_side([parallel._open.get] * 2, 2) == [filter] * 2
    finally:
        parallel._open.reset(before)
