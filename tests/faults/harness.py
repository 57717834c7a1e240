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
from sim.results import Result
from sim.results.record import compare
from sim.results.sweep_result import Sweep, content_digest
from sim.results.sweep_store import is_sweep

ROOT = Path(__file__).parents[2]
PROGRAM = [sys.executable, "-c", "from sim.cli import main; main()"]
TINY = ["--population", "2000", "--years", "1", "--quiet"]
PATIENCE = 300  # seconds for a command that nobody disturbs


@dataclass(frozen=True)
class Command:
    """A command of talentflow that faults are done to; one that is not there yet is left out.

    ``same`` says whether what lies in two folders of results is equal, and ``sound`` names what lies in one and is not
    whole though it looks so.
    """

    name: str
    arguments: tuple

    def line(self, out, workers=1):
        """The command line that writes into ``out``."""
        return [*PROGRAM, self.name, *self.arguments, *TINY, "--workers", str(workers), "--out", str(out)]


RUN = Command("run", ("h1b_fee", "--replicates", "4"))
SWEEP = Command("sweep", ("h1b_fee", "--method", "lhs", "--n", "12", "--over", "b_pay", "--over", "b_odds"))
COMMANDS = {command.name: command for command in (RUN, SWEEP)}


_warm = []  # what the first command said


def started(command, out, workers=1, **options):
    """The command in a process group of its own."""
    env = (
        os.environ
        | {"PYTHONPATH": str(ROOT), "TALENTFLOW_CACHE": "off", "OMP_NUM_THREADS": "1"}
        | options.pop("env", {})
    )
    return subprocess.Popen(command.line(out, workers), cwd=ROOT, env=env, text=True, start_new_session=True,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)  # fmt: skip


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
    code, said = ended(started(command, out, workers))
    assert code == 0, said
    return time.perf_counter() - begun


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


def unsound(out):
    """What looks like a result and is not whole, one line each."""
    wrong = []
    for path in results(out):
        try:
            if is_sweep(path):
                Sweep.load(path).close()
            elif any(path.iterdir()) and [p.name for p in path.iterdir()] != ["lock"]:
                Result.load(path)
        except ResultError as error:
            if "its store is empty" not in str(error):  # nothing is in it, and it says so
                wrong.append(str(error))
    return wrong


def content(out):
    """What the results in a folder say, timings apart."""
    found = {}
    for path in results(out):
        if is_sweep(path):
            found[path.name] = content_digest(path)
        elif (path / "run.json").exists():
            found[path.name] = Result.load(path).data
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
    for path in results(out):
        if is_sweep(path):
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
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(path)], capture_output=True,
     text=True,
                          check=False)  # fmt: skip
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
