"""Time whole commands, as a user waits for them."""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
TALENTFLOW = (sys.executable, "-c", "from sim.cli import main; main()")
SCENARIO = "h1b_fee"
POINTS = 256  # of the measured sweep


def call(*command, **environment):
    """Run a command to its end; its standard output."""
    surroundings = {**os.environ, "PYTHONPATH": str(ROOT), **environment}
    done = subprocess.run(command, cwd=ROOT, env=surroundings, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(map(str, command))}: {done.stderr}")
    return done.stdout


def quick(clock):
    """Time commands that should answer at once."""
    clock.time("talentflow --help", lambda k: call(*TALENTFLOW, "--help"))
    clock.time(f"talentflow describe {SCENARIO}", lambda k: call(*TALENTFLOW, "describe", SCENARIO))
    clock.time("import sim", lambda k: call(sys.executable, "-c", "import sim"))
    clock.time("from sim import run", lambda k: call(sys.executable, "-c", "from sim import run"))


def warm(clock):
    """Time the main command at its defaults after a run on the same pairs: kernels, people and baseline are on disk."""
    with tempfile.TemporaryDirectory() as folder:
        command = (*TALENTFLOW, "run", SCENARIO, "--quiet", "--force", "--out", folder)
        call(*command)
        clock.time(f"talentflow run {SCENARIO}, defaults, warm", lambda k: call(*command))


def unseen(clock):
    """Time the main command with seeds that were never run: only the kernels come from the disk."""
    with tempfile.TemporaryDirectory() as folder:
        command = (*TALENTFLOW, "run", SCENARIO, "--quiet", "--out", folder)
        empty = {"TALENTFLOW_CACHE": str(Path(folder) / "cache")}
        call(*command, "--replicates", "2", "--population", "2000", **empty)
        what = f"talentflow run {SCENARIO}, defaults, a seed not run before"
        clock.time(what, lambda k: call(*command, "--seed", str(1 + k), **empty))


def cold(clock):
    """Time the main command in a fresh environment: nothing compiled, no world, no fonts in any cache."""

    def first(k):
        with tempfile.TemporaryDirectory() as folder:
            caches = ("NUMBA_CACHE_DIR", "TALENTFLOW_CACHE", "XDG_CACHE_HOME", "MPLCONFIGDIR")
            fresh = {name: str(Path(folder) / name.lower()) for name in caches}
            call(*TALENTFLOW, "run", SCENARIO, "--quiet", "--out", folder, **fresh)

    clock.time(f"talentflow run {SCENARIO}, defaults, the first run on a machine", first)


def sweep(clock, size):
    """Measure the throughput of a sweep on all cores: finished runs over the wall time, its start included."""
    what = "finished runs of a sweep"
    if subprocess.run([*TALENTFLOW, "sweep", "--help"], cwd=ROOT, capture_output=True, check=False).returncode:
        return clock.skip(what, "there is no sweep command")
    with tempfile.TemporaryDirectory() as folder:
        begun = time.perf_counter()
        store = call(
            *TALENTFLOW,
            "sweep",
            SCENARIO,
            "--method",
            "lhs",
            "--n",
            str(POINTS),
            "--population",
            str(size),
            "--quiet",
            "--out",
            folder,
        ).strip()
        wall = time.perf_counter() - begun
        done = json.loads(call(*TALENTFLOW, "status", store, "--json"))["cells"]["done"]
    return clock.note(what, "a minute", [60 * done / wall], size)
