"""Faults done to real processes: killed, interrupted, out of disk or memory, two at once; and to what they left.

``python tests/faults`` does all of them and writes the table of ``docs/robustness.md``. A fault is a function of an
empty folder, how often it is to be done, and a generator; it gives what was lost, one line each, which should be none.
"""

import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from sim.errors import ResultError
from sim.results.record import compare
from sim.results.result import Result
from sim.results.sweep import Sweep, content_digest
from sim.results.sweep_store import is_sweep
from sim.study.calibration.hub_constants import read_fit
from sim.study.calibration.pipeline import PLACES

MAIN = "from sim.cli import main; main()"
TINY = ("--population", "2000", "--years", "1")
SMALL_FIT = """
from sim.study.calibration import hub_constants, pipeline, posterior
hub_constants.AGENTS, hub_constants.SEEDS, hub_constants.PASSES = 20_000, 1, 1
pipeline.LEAST, pipeline.PREDICTED, posterior.DRAWS, posterior.RESAMPLED = 20, 4, 2**9, 2**7
"""
PATIENCE = 300  # seconds for a command that nobody disturbs


@dataclass(frozen=True)
class Command:
    """A command of talentflow that faults are done to, made small by its arguments and by what comes ``before`` it."""

    name: str
    arguments: tuple
    before: str = ""

    def line(self, out, workers=1):
        """The command line that writes into ``out``."""
        asked = [self.name, *self.arguments, "--quiet", "--workers", str(workers), "--out", str(out)]
        return [sys.executable, "-c", self.before + MAIN, *asked]


RUN = Command("run", ("h1b_fee", "--replicates", "4", *TINY))
SWEEP = Command("sweep", ("h1b_fee", "--method", "lhs", "--n", "12", "--over", "b_pay", "--over", "b_odds", *TINY))
FIT = Command("calibrate", ("--rows", "80", "--truths", "8"), SMALL_FIT)
COMMANDS = {command.name: command for command in (RUN, SWEEP)}
LONG = COMMANDS | {FIT.name: FIT}  # those that lose hours where they lose what is done


_warm = []  # what the first command said


def started(command, out, workers=1, **options):
    """The command in a process group of its own."""
    env = os.environ | {"TALENTFLOW_CACHE": "off", "OMP_NUM_THREADS": "1"} | options.pop("env", {})
    return subprocess.Popen(
        command.line(out, workers),
        env=env,
        text=True,
        start_new_session=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        **options,
    )


def ended(process, timeout=PATIENCE):
    """Exit code and error output; a process that hangs is killed and has none."""
    try:
        _, said = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        return None, "hangs"
    return process.returncode, said


def calm(command, out, workers=1):
    """The command with nobody disturbing it; seconds it took."""
    if not _warm:  # kernels that are compiled only once would make the first one long
        _warm.append(ended(started(RUN, Path(out).parent / "warm")))
    begun = time.perf_counter()
    made(command, out, workers)
    return time.perf_counter() - begun


def made(command, out, workers=1):
    """Run the command to its end."""
    code, said = ended(started(command, out, workers))
    assert code == 0, said


def after(process, seconds, number=signal.SIGKILL):
    """Send the whole group a signal ``seconds`` after its start; whether it was still there."""
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, number)
        return True
    return False


# ---- what is there


def results(out):
    """Folders that anybody would take for a result: those whose name does not begin with a dot."""
    return sorted(path for path in Path(out).glob("*") if path.is_dir() and not path.name.startswith("."))


def stores(out):
    """Folders with the store of a sweep, that of the table of a fit among them."""
    return [path for path in (*results(out), *Path(out).glob("calibrate-*/table")) if is_sweep(path)]


def unsound(out):
    """List what looks like a result and is not whole, one line each."""
    wrong = []
    for path in {*results(out), *stores(out)}:
        try:
            if is_sweep(path):
                Sweep.load(path).close()
            elif path.name.startswith("calibrat"):
                wrong += _unsound_fit(path)
            elif any(path.iterdir()) and [p.name for p in path.iterdir()] != ["lock"]:
                Result.load(path)
        except ResultError as error:
            if "its store is empty" not in str(error):  # nothing is in it, and it says so
                wrong.append(str(error))
    return wrong


def _unsound_fit(path):
    """List what is not whole in a fit: its folder has whole tables of constants, its result has all that ships."""
    if path.name.startswith("calibration-"):
        return [
            f"{path.name} has no whole {name}"
            for name in PLACES
            if not (path / name).exists() or not (path / name).read_text().endswith("\n")
        ]
    wrong = []
    for part in ("priors", "fitted"):
        try:
            if (path / part).exists() and read_fit(path / part) is None:
                wrong.append(f"{part} has no tables")
        except (ValueError, KeyError, IndexError) as error:
            wrong.append(f"{part} is half written: {error}")
    return wrong


def content(out):
    """Return the content of the results in a folder, timings apart."""
    found = {path.relative_to(out): content_digest(path) for path in stores(out)}
    for path in results(out):
        if (path / "run.json").exists():
            found[path.name] = Result.load(path).data
        elif not is_sweep(path):
            texts = sorted(path.glob("**/*.csv")) + sorted(path.glob("*.json"))
            found[path.name] = "\n".join(text.read_text() for text in texts)
    return found


def differs(one, other):
    """In what two folders of results differ, one line each."""
    a, b = content(one), content(other)
    wrong = [f"{name} is not there" for name in set(a) ^ set(b)]
    for name in set(a) & set(b):
        same = a[name] == b[name] if isinstance(a[name], str) else not compare(a[name], b[name])
        wrong += [] if same else [f"{name} is not what an undisturbed command gives"]
    return wrong


def done_cells(out):
    """Cells that are done in the sweeps of a folder."""
    total = 0
    for path in stores(out):
        try:
            sweep = Sweep.load(path)
        except ResultError:
            continue
        total += sweep.counts().get("done", 0)
        sweep.close()
    return total


def one_line(said, what):
    """A complaint about an error output that is not one line of talentflow's own."""
    lines = said.strip().splitlines()
    return [] if len(lines) == 1 and lines[0].startswith("talentflow: ") else [f"{what}: said {said[-300:]!r}"]


def left_hidden(out):
    """Half-written folders, which nobody takes for results."""
    return [path for path in Path(out).glob(".*") if path.is_dir()]


def children(pid):
    """Processes that a process has started."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == pid:
            found.append(int(path.parent.name))
    return found


def mounted(path, size):
    """A small file system in memory at ``path``; why there is none, if there is none."""
    path.mkdir()
    if os.geteuid() != 0 or shutil.which("mount") is None:
        return "needs root and mount"
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(path)], capture_output=True, text=True, check=False
    )
    return done.stderr.strip() if done.returncode else ""


def remounted(path, options):
    """Change a mounted file system."""
    subprocess.run(["mount", "-o", f"remount,{options}", str(path)], check=True)


def unmounted(path):
    """Take it away again."""
    subprocess.run(["umount", "-l", str(path)], check=False)


def moments(rng, times, longest):
    """Random moments of a command's life, its very beginning and its end included."""
    return [rng.uniform(0, 1.05 * longest) for _ in range(times)]
