"""One study, one result: for any number of threads or workers, alone or among others, with and without figures."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from sim import compare, run
from sim.parallel import get_threads, set_threads
from sim.results.result import Result
from sim.scenario.files import available
from sim.world.setting import load_setting
from sim.world.tables import read

ONE = {"years": 2, "replicates": 2, "workers": 1, "population": 3_000}


def same(one, other):
    """Return whether all arrays of two datasets are the same to the bit."""
    return set(one) == set(other) and all(one[v].values.tobytes() == other[v].values.tobytes() for v in one)


@pytest.fixture(scope="module")
def alone():
    """The fee, drawn assumptions and all."""
    return run("h1b_fee", **ONE).data


def test_among_other_scenarios_it_is_what_it_is_alone(alone):
    among = compare(["bay_area_rent", "h1b_fee"], **ONE).data
    pair = among.sel(arm=["baseline", "h1b_fee"])
    for name, values in alone.data_vars.items():
        assert values.values.tobytes() == pair[name].values.tobytes(), name
    others = (among.flow.sel(arm=arm).values for arm in ("bay_area_rent", "h1b_fee"))
    assert not np.array_equal(*others)


@pytest.mark.slow
def test_two_workers_give_the_bytes_of_one(alone):
    assert same(run("h1b_fee", **ONE | {"workers": 2}).data, alone)


def test_every_variable_is_equal_for_any_threads(alone, monkeypatch):
    monkeypatch.setattr("sim.parallel.LEAST", 64)  # so that a small world is shared among the threads
    before = get_threads()
    try:
        for threads in (2, 3, 4):  # both arms side by side, with a thread each or with two
            set_threads(threads)
            data = run("h1b_fee", **ONE).data
            assert {v for v in data if not same(data[[v]], alone[[v]])} == set(), threads
    finally:
        set_threads(before)


def test_pay_is_the_mean_over_the_roles_of_a_hub(alone):
    """At the start: the table's pay of the tier times each role's factor, weighted by the hub's roles there."""
    s = load_setting()
    factors = [float(row["pay_multiplier"]) for row in read("role_factors")]
    shares = np.array([[float(row[role["role"]]) for role in read("role_factors")] for row in read("roles")])
    pay = alone.pay.sel(arm="baseline").isel(time=0, replicate=0)
    expected = s.pay.sum(axis=-1) * (shares @ factors)[:, None]
    ratio = pay.transpose("hub", "tier").values / expected
    # pay follows the stock of 3,000 people, which is drawn; one role's factor is 8 % or more away from the mean
    assert np.abs(ratio - 1).max() < 0.04
    assert np.median(ratio) == pytest.approx(1, abs=0.005)
    assert "mean over the hub's roles" in pay.attrs["long_name"]


@pytest.mark.slow
@pytest.mark.parametrize("threads", ["1", "2"])
def test_the_threads_of_linear_algebra_change_nothing(threads, alone, tmp_path):
    code = f"from sim import run; run('h1b_fee', **{ONE}).save({str(tmp_path)!r})"
    few = os.environ | dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), threads)
    subprocess.run([sys.executable, "-c", code], env=few, check=True)
    assert same(Result.load(next(tmp_path.iterdir())).data, alone)


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(available())[::4])  # each shares its levers with others
def test_saved_runs_of_shipped_scenarios_are_verified(name, tmp_path, talentflow):
    years = 6 if name == "gulf_compute" else 4  # its last stage begins in 2031
    folder = run(name, population=2_000, years=years, replicates=1, workers=1).save(tmp_path)
    code, said, _ = talentflow("verify", folder, "--workers", 1)
    assert code == 0, said


def test_figures_and_report_change_no_array(alone, tmp_path, talentflow):
    options = ["--population", 3_000, "--years", 2, "--replicates", 2, "--workers", 1]
    code, folder, _ = talentflow("run", "h1b_fee", *options, "--out", tmp_path, "--quiet")
    assert code == 0
    assert list(Path(folder.strip()).glob("figures/*.png"))
    assert same(Result.load(folder.strip()).data, alone)


@pytest.mark.slow
def test_no_kernel_is_compiled_twice():
    code = (
        "import os\n"
        "from sim.model.kernels import choice, events, jobs, moves, visas\n"
        "from sim.study.run import run\n"
        "from sim.study.replicate import compile_kernels\n"
        "if __name__ == '__main__':\n"
        "    choice.compile_choices(), compile_kernels()\n"
        "    kernels = [f for m in (choice, events, jobs, moves, visas) for f in vars(m).values()]\n"
        "    cached = [f for f in kernels if hasattr(f, 'stats') and f.stats.cache_path]\n"
        "    print([f.__name__ for f in cached if len(f.signatures) > 1])\n"
        "    missed = lambda: {f.__name__: sum(f.stats.cache_misses.values()) for f in cached}\n"
        "    before = missed()\n"
        "    os.environ['TALENTFLOW_CACHE'] = 'off'\n"
        "    run('h1b_fee', population=2_000, replicates=2, years=2, workers=1)\n"
        "    print(sorted(name for name, count in missed().items() if count > before[name]))"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.split() == ["[]", "[]"]  # none has two signatures, and a run compiles no other
