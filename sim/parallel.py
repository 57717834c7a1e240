"""Worker processes: how many this process may start, and pools of them that start from wherever it was called.

Workers are spawned, so that nothing is inherited. A spawned process usually runs the caller's script again, to find
the functions in it; here it does so only for a task that is defined there. Scripts without a main guard, notebooks
and programs read from standard input therefore work, except with a model of their own in several processes.
"""

import math
import os
import pickle
import sys
import threading
import warnings
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from multiprocessing import context, current_process
from pathlib import Path
from types import ModuleType

from sim.errors import TalentflowWarning, UsageError, first_line

GROUPS, GROUP = Path("/sys/fs/cgroup"), Path("/proc/self/cgroup")  # of processes that share a limit on Linux
MAIN = "__main__"
GUARD = "put the main part of the script under if __name__ == '__main__': (or give workers=1)"
_starting = threading.Lock()


def cores() -> int:
    """Cores that this process may use: of the machine, of its affinity, and of its container's quota; 1 at least."""
    count = os.cpu_count() or 1
    with suppress(AttributeError, OSError):  # no affinity on Windows and macOS
        count = min(count, len(os.sched_getaffinity(0)))
    return max(1, min(count, math.ceil(_quota() - 0.01)) if _quota() < count else count)


def _quota() -> float:
    """Cores that the control groups around this process grant (versions 1 and 2); infinite without a limit."""
    left = math.inf
    with suppress(OSError, ValueError):
        for line in GROUP.read_text(encoding="ascii").splitlines():
            _, kinds, own = line.split(":", 2)
            if kinds and "cpu" not in kinds.split(","):
                continue
            root = GROUPS / kinds if kinds else GROUPS  # version 1 names its controllers
            group = root / own.strip("/")
            for folder in (group, *group.parents[: max(len(group.parts) - len(root.parts), 0)], root):
                left = min(left, _limit_of(folder))
    return left


def _limit_of(folder: Path) -> float:
    """Cores that one control group grants."""
    with suppress(OSError, ValueError):
        quota, period = (folder / "cpu.max").read_text(encoding="ascii").split()
        return int(quota) / int(period)  # ValueError for "max"
    with suppress(OSError, ValueError):
        quota, period = ((folder / f"cpu.cfs_{what}_us").read_text(encoding="ascii") for what in ("quota", "period"))
        return int(quota) / int(period) if int(quota) > 0 else math.inf
    return math.inf


def can_start() -> bool:
    """Whether this process may start others: a worker of somebody's ``multiprocessing.Pool`` may not."""
    if current_process().daemon:
        return False
    try:
        context.SpawnContext().Lock()  # needs a semaphore, which lies in /dev/shm on Linux
    except (OSError, ImportError):
        return False
    return True


def workers_here(count: int) -> int:
    """Return ``count``, or 1 with a warning where this process may start no others."""
    if count == 1 or can_start():
        return count
    why = "is a daemon, such as a worker of multiprocessing.Pool" if current_process().daemon else "has no semaphores"
    warnings.warn(
        f"this process may start no others (it {why}): 1 worker instead of {count}", TalentflowWarning, stacklevel=3
    )
    return 1


def is_being_started() -> bool:
    """Whether this process is a worker that only reads its parent's script again: it must start nothing."""
    return bool(getattr(current_process(), "_inheriting", False))


class _Process(context.SpawnProcess):
    """A spawned process that does not run the script of its parent."""

    @staticmethod
    def _Popen(process):
        with _starting:
            main = sys.modules[MAIN]
            sys.modules[MAIN] = ModuleType(MAIN)  # without a file: there is nothing to run again
            try:
                return context.SpawnProcess._Popen(process)
            finally:
                sys.modules[MAIN] = main


class _Context(context.SpawnContext):
    Process = _Process


def pool(count, begin, arguments=(), task=None):
    """A ``ProcessPoolExecutor`` of ``count`` spawned processes, each of which calls ``begin(*arguments)`` first.

    Parameters
    ----------
    task : what it will be asked to call; only where that is defined in the caller's script is the script read again

    Raises
    ------
    UsageError
        where the workers could not find the task
    """
    if is_being_started():
        raise SystemExit(1)
    if task is None or not _is_of_script(task):
        return ProcessPoolExecutor(count, _Context(), begin, arguments)
    main = sys.modules[MAIN]
    if not Path(getattr(main, "__file__", None) or "").is_file():
        raise UsageError(
            "workers", "a model defined in a notebook or at the prompt is unknown to other processes: give workers=1"
        )
    made = ProcessPoolExecutor(count, context.SpawnContext(), begin, arguments)
    try:
        made.submit(int).result()
    except BrokenProcessPool:
        made.shutdown(wait=False, cancel_futures=True)
        raise UsageError("workers", f"the worker processes ended as they began: {GUARD}") from None
    return made


def _is_of_script(task) -> bool:
    """Whether a task, or anything in it, is defined in the script that runs."""
    try:
        return b"__main__" in pickle.dumps(task)
    except Exception as why:  # whatever a lambda, an open file or a class of one's own says
        raise UsageError(
            "workers", f"the model cannot be sent to other processes ({first_line(why)}): give workers=1"
        ) from None
