"""The faults, one function each: what is done, and what would be a loss."""

import os
import resource
import shutil
import signal
import time
from pathlib import Path

from harness import (
    COMMANDS,
    LONG,
    RUN,
    SWEEP,
    after,
    calm,
    children,
    differs,
    done_cells,
    ended,
    left_hidden,
    made,
    moments,
    mounted,
    one_line,
    remounted,
    results,
    started,
    unmounted,
    unsound,
)

from sim.errors import ResultError, TalentflowError
from sim.results.record import compare
from sim.results.result import Result
from sim.results.sweep import Sweep, content_digest
from sim.results.sweep_store import NAME


class Skip(Exception):
    """The fault cannot be done on this machine; the reason."""


def killed(command):
    """SIGKILL to the command and its workers at random moments, then the same command to its end."""

    def fault(tmp, times, rng):
        lost, kept = [], 0
        longest = calm(command, tmp / "calm")
        for k, moment in enumerate(moments(rng, times, longest)):
            process = started(command, tmp / "out", 1 + (k % 4 == 0))  # most without workers, which begin slowly
            was_there = after(process, moment)
            process.communicate()
            lost += unsound(tmp / "out")
            now = done_cells(tmp / "out")
            if now < kept:
                lost.append(f"{kept - now} finished cells are gone")
            kept = now
            if not was_there:
                lost += differs(tmp / "calm", tmp / "out")
                shutil.rmtree(tmp / "out")
                kept = 0
        calm(command, tmp / "out")
        return lost + differs(tmp / "calm", tmp / "out")

    return fault


def killed_alone(tmp, times, rng):
    """SIGKILL to the parent alone while its workers work: they must end too."""
    lost = []
    longest = calm(SWEEP, tmp / "calm", 2)
    for _ in range(times):
        process = started(SWEEP, tmp / "out", 2)
        time.sleep(rng.uniform(0.4, 0.9) * longest)
        young = children(process.pid)
        process.kill()
        process.communicate()  # ends when the last of them has closed its output
        time.sleep(1)
        lost += [f"worker {pid} lives on" for pid in young if Path(f"/proc/{pid}").exists() and not _is_dead(pid)]
        lost += unsound(tmp / "out")
    return lost


def _is_dead(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def interrupted(command):
    """Ctrl-C (SIGINT to the whole group) at random moments: one line, exit code 130, nothing half written."""

    def fault(tmp, times, rng):
        lost = []
        longest = calm(command, tmp / "calm", 2)
        for moment in moments(rng, times, longest):
            process = started(command, tmp / "out", 2)
            if not after(process, moment, signal.SIGINT):
                ended(process)
                continue
            code, said = ended(process, 60)
            lost += unsound(tmp / "out") + [f"{path.name} is left" for path in left_hidden(tmp / "out")]
            if code == 0:  # it was done when the signal came
                lost += differs(tmp / "calm", tmp / "out")
            elif code == -signal.SIGINT and not said:  # before Python had begun with talentflow
                pass
            elif code != 130:
                lost.append(f"exit code {code} after {moment:.2f} s: {said[-200:]!r}")
            else:
                lost += one_line(said, f"after {moment:.2f} s")
        return lost

    return fault


def full_disk(command):
    """A file system that is full: one line and exit code 1 or 2; with room again, the same command ends well."""

    def fault(tmp, times, rng):
        lost = []
        calm(command, tmp / "calm")
        for k in range(times):
            where = tmp / f"disk{k}"
            why = mounted(where, f"{rng.randint(40, 400)}k")
            if why:
                raise Skip(why)
            try:
                code, said = ended(started(command, where / "out"))
                if code == 0:
                    continue
                lost += one_line(said, "full disk") + ([] if code in (1, 2) else [f"exit code {code}"])
                lost += unsound(where / "out") + [f"{path.name} is left" for path in left_hidden(where / "out")]
                kept = done_cells(where / "out")
                remounted(where, "size=60m")
                calm(command, where / "out")
                lost += differs(tmp / "calm", where / "out")
                lost += ["finished cells are gone"] if done_cells(where / "out") < kept else []
            finally:
                unmounted(where)
        return lost

    return fault


def read_only(command):
    """A folder that cannot be written: one line, exit code 2, before anything is run."""

    def fault(tmp, times, rng):
        lost = []
        for k in range(times):
            where = tmp / f"disk{k}"
            why = mounted(where, "1m")
            if why:
                raise Skip(why)
            try:
                remounted(where, "ro")
                code, said = ended(started(command, where / "out"))
                lost += one_line(said, "read-only") + ([] if code == 2 else [f"exit code {code}"])
            finally:
                unmounted(where)
        return lost

    return fault


def vanished(command):
    """The folder of results is taken away while the command runs: it is made again, or one line says so."""

    def fault(tmp, times, rng):
        lost = []
        longest = calm(command, tmp / "calm")
        for moment in moments(rng, times, longest):
            process = started(command, tmp / "out")
            time.sleep(min(moment, 0.9 * longest))
            shutil.rmtree(tmp / "out", ignore_errors=True)
            code, said = ended(process)
            if code == 0:
                lost += differs(tmp / "calm", tmp / "out")
            else:
                lost += one_line(said, "vanished") + ([] if code in (1, 2) else [f"exit code {code}"])
            lost += unsound(tmp / "out")
            shutil.rmtree(tmp / "out", ignore_errors=True)
        return lost

    return fault


def damaged_run(tmp, times, rng):
    """A bit flipped, or the end cut off, in any file of a run that has a digest: refused, and the file is named."""
    made(RUN, tmp / "out")
    (folder,) = results(tmp / "out")
    names = sorted(path.name for path in folder.iterdir() if path.suffix in (".nc", ".json", ".csv", ".toml"))
    return [line for k in range(times) for line in _damage(folder, names[k % len(names)], rng)]


def _damage(folder, name, rng):
    path, lost = folder / name, []
    whole = path.read_bytes()
    hurt = bytearray(whole)
    if rng.random() < 0.5:
        hurt[rng.randrange(len(hurt))] ^= 1 << rng.randrange(8)
    else:
        del hurt[rng.randrange(len(hurt)) :]
    path.write_bytes(hurt)
    try:
        found = Result.load(folder)
    except ResultError as error:
        if name not in str(error):
            lost.append(f"{name} is not named: {error}")
    else:
        path.write_bytes(whole)
        if compare(found.data, Result.load(folder).data) or found.record != Result.load(folder).record:
            lost.append(f"damage of {name} went unseen")
    path.write_bytes(whole)
    return lost


def damaged_store(tmp, times, rng):
    """Damage the store of a sweep: it is refused by name, unless the byte is an unused one of a page."""
    made(SWEEP, tmp / "out")
    (folder,) = results(tmp / "out")
    path, lost = folder / NAME, []
    whole, says = path.read_bytes(), content_digest(folder)
    for _ in range(times):
        hurt = bytearray(whole)
        if rng.random() < 0.8:
            hurt[rng.randrange(len(hurt))] ^= 1 << rng.randrange(8)
        else:
            del hurt[rng.randrange(len(hurt)) :]
        path.write_bytes(hurt)
        try:
            Sweep.load(folder).close()
            if content_digest(folder) != says:
                lost.append("damage went unseen")
        except TalentflowError as error:
            if NAME not in str(error):
                lost.append(f"not named: {error}")
    path.write_bytes(whole)
    return lost


def two_runs(tmp, times, rng):
    """Start two runs with --force into one folder at once: both end, and one whole result lies there."""
    lost = []
    calm(RUN, tmp / "calm")
    for _ in range(times):
        line = RUN.__class__(RUN.name, (*RUN.arguments, "--force"))
        both = [started(line, tmp / "out") for _ in range(2)]
        for process in both:
            code, said = ended(process)
            if code != 0:
                lost.append(f"exit code {code}: {said[-200:]!r}")
        lost += unsound(tmp / "out") + differs(tmp / "calm", tmp / "out")
        lost += [f"{path.name} is left" for path in left_hidden(tmp / "out")]
    return lost


def two_sweeps(tmp, times, rng):
    """Two sweeps on the same store at once: one is refused in one line, or comes after; the store is whole."""
    lost = []
    calm(SWEEP, tmp / "calm")
    for k in range(times):
        out = tmp / f"out{k}"
        first = started(SWEEP, out)
        time.sleep(rng.uniform(0, 1))
        second = started(SWEEP, out)
        answers = [ended(process) for process in (first, second)]
        lost += [line for code, said in answers if code != 0 for line in one_line(said, "two at once")]
        lost += [] if 0 in [code for code, _ in answers] else ["both were refused"]
        lost += unsound(out) + differs(tmp / "calm", out)
    return lost


BACKWARDS = """
import time
_real, _calls = time.time, [0]
def _back():
    _calls[0] += 1
    return _real() - 3600 * _calls[0]
time.time = _back
"""


def clock_backwards(command):
    """A clock that goes back an hour whenever it is asked: the same result."""

    def fault(tmp, times, rng):
        lost = []
        calm(command, tmp / "calm")
        (tmp / "clock").mkdir()
        (tmp / "clock" / "sitecustomize.py").write_text(BACKWARDS)
        path = os.pathsep.join([str(tmp / "clock"), *filter(None, [os.environ.get("PYTHONPATH")])])
        for k in range(times):
            code, said = ended(started(command, tmp / f"out{k}", 2, env={"PYTHONPATH": path}))
            lost += ([] if code == 0 else [said[-200:]]) + differs(tmp / "calm", tmp / f"out{k}")
        return lost

    return fault


def worker_lost(command):
    """A worker is killed, as the system does when memory is short: one line, or the work is done again."""

    def fault(tmp, times, rng):
        lost = []
        longest = calm(command, tmp / "calm", 2)
        for k in range(times):
            out = tmp / f"out{k}"
            process = started(command, out, 2)
            time.sleep(rng.uniform(0.3, 0.9) * longest)
            for pid in children(process.pid)[-1:]:
                os.kill(pid, signal.SIGKILL)
            code, said = ended(process)
            if code == 0:
                lost += differs(tmp / "calm", out)
            else:
                lost += one_line(said, "worker lost") + ([] if code in (1, 2) else [f"exit code {code}"])
            lost += unsound(out) + [f"{path.name} is left" for path in left_hidden(out)]
        return lost

    return fault


def out_of_memory(command):
    """Less memory than it needs (a limit on the address space): one line, nothing half written."""

    def fault(tmp, times, rng):
        lost = []
        for k in range(times):
            most = int(rng.uniform(0.9e9, 3e9))
            process = started(
                command,
                tmp / f"out{k}",
                preexec_fn=lambda most=most: resource.setrlimit(resource.RLIMIT_AS, (most, most)),
            )
            code, said = ended(process)
            lost += unsound(tmp / f"out{k}") + [f"{path.name} is left" for path in left_hidden(tmp / f"out{k}")]
            if code != 0:
                lost += one_line(said, f"{most / 1e9:.2f} GB: exit code {code}")
        return lost

    return fault


# what it is called in the table -> (fault, times in the full set, times in CI); tests/results/test_sweep_store.py kills
# sweeps and fills their disk in every test run
FAULTS = (
    {f"SIGKILL at random moments: {name}": (killed(command), 50, 0) for name, command in LONG.items()}
    | {
        "SIGKILL of the parent alone: its workers end too": (killed_alone, 10, 0),
    }
    | {f"SIGINT at random moments: {name}": (interrupted(command), 25, 0) for name, command in LONG.items()}
    | {f"full disk (tmpfs): {name}": (full_disk(command), 10, 0) for name, command in COMMANDS.items()}
    | {f"read-only folder (tmpfs): {name}": (read_only(command), 3, 0) for name, command in COMMANDS.items()}
    | {f"folder taken away meanwhile: {name}": (vanished(command), 5, 0) for name, command in COMMANDS.items()}
    | {
        "bit flipped or file cut short: a run": (damaged_run, 300, 6),
        "bit flipped or file cut short: the store of a sweep": (damaged_store, 300, 6),
        "two at once into the same place: run": (two_runs, 5, 0),
        "two at once into the same place: sweep": (two_sweeps, 5, 0),
    }
    | {f"clock going backwards: {name}": (clock_backwards(command), 2, 0) for name, command in COMMANDS.items()}
    | {
        f"a worker killed, as for want of memory: {name}": (worker_lost(command), 8, 0)
        for name, command in COMMANDS.items()
    }
    | {f"too little memory: {name}": (out_of_memory(command), 5, 0) for name, command in COMMANDS.items()}
)
