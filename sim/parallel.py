"""Threads and worker processes: how many this process may use, and how work is shared among them."""

import math
import os
import pickle
import signal
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from contextvars import ContextVar, copy_context
from functools import lru_cache, partial
from itertools import pairwise
from multiprocessing import context, current_process
from pathlib import Path
from types import ModuleType
from typing import Any

from sim.errors import TalentflowWarning, UsageError, first_line

# ------------------------------------------------------------------------------
# Worker processes: how many this process may start, and pools of them that start from wherever it was called.
# ------------------------------------------------------------------------------


GROUPS, GROUP = Path("/sys/fs/cgroup"), Path("/proc/self/cgroup")  # of processes that share a limit on Linux
MAIN = "__main__"
GUARD = "put the main part of the script under if __name__ == '__main__': (or give workers=1)"
SMALL = 400_000  # agents up to which replicates run in parallel processes rather than with threads in each
_starting = threading.Lock()


def cores() -> int:
    """Count the cores that this process may use by machine, affinity and the quota of a container; at least 1."""
    count = os.cpu_count() or 1
    with suppress(AttributeError, OSError):  # no affinity on Windows and macOS
        count = min(count, len(os.sched_getaffinity(0)))
    return max(1, min(count, math.ceil(_quota() - 0.01)) if _quota() < count else count)


def _quota() -> float:
    """Return cores that the control groups around this process grant (versions 1 and 2); infinite without a limit."""
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
    """Return cores that one control group grants."""
    with suppress(OSError, ValueError):
        quota, period = (folder / "cpu.max").read_text(encoding="ascii").split()
        return int(quota) / int(period)  # ValueError for "max"
    with suppress(OSError, ValueError):
        quota, period = ((folder / f"cpu.cfs_{what}_us").read_text(encoding="ascii") for what in ("quota", "period"))
        return int(quota) / int(period) if int(quota) > 0 else math.inf
    return math.inf


def can_start() -> bool:
    """Return whether this process may start others: a worker of somebody's ``multiprocessing.Pool`` may not."""
    if current_process().daemon:
        return False
    try:
        context.SpawnContext().Lock()  # needs a semaphore, which lies in /dev/shm on Linux
    except (OSError, ImportError):
        return False
    return True


def workers_for(population: int, tasks: int) -> int:
    """Return how many processes suit a run: one a core for small worlds, one with all threads for large ones."""
    return min(cores(), tasks) if population <= SMALL and can_start() else 1


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
    """Return whether this process is a worker that only reads its parent's script again: it must start nothing."""
    return bool(getattr(current_process(), "_inheriting", False))


class _Process(context.SpawnProcess):
    """A spawned process that does not run the script of its parent."""

    @staticmethod
    def _Popen(process) -> Any:
        """Start the process with an empty main module, so that it reads no script again."""
        with _starting:
            main = sys.modules[MAIN]
            sys.modules[MAIN] = ModuleType(MAIN)  # without a file: there is nothing to run again
            try:
                return context.SpawnProcess._Popen(process)
            finally:
                sys.modules[MAIN] = main


class _Context(context.SpawnContext):
    Process = _Process


def pool(count, begin, arguments=(), task=None) -> ProcessPoolExecutor:
    """Make a ``ProcessPoolExecutor`` of ``count`` spawned processes, each of which calls ``begin(*arguments)`` first.

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
    # a task of the script itself: workers must read the script, so try one at once
    made = ProcessPoolExecutor(count, context.SpawnContext(), begin, arguments)
    try:
        made.submit(int).result()
    except BrokenProcessPool:
        made.shutdown(wait=False, cancel_futures=True)
        raise UsageError("workers", f"the worker processes ended as they began: {GUARD}") from None
    return made


def _is_of_script(task) -> bool:
    """Return whether a task, or anything in it, is defined in the script that runs."""
    try:
        return b"__main__" in pickle.dumps(task)
    except Exception as why:  # whatever a lambda, an open file or a class of one's own says
        raise UsageError(
            "workers", f"the model cannot be sent to other processes ({first_line(why)}): give workers=1"
        ) from None


# ------------------------------------------------------------------------------
# Threads: compiled kernels run over parts of a range at once; they release the interpreter and share no state.
# ------------------------------------------------------------------------------


LEAST = 4096  # items below which a second thread costs more than it saves

_threads = cores()


def set_threads(count) -> None:
    """Use ``count`` threads from now on; worker processes call it with their part of the cores."""
    global _threads
    _threads = max(1, int(count))


def get_threads() -> int:
    """Return threads in use."""
    return _threads


@lru_cache(maxsize=1)
def _pool() -> ThreadPoolExecutor:
    """Make the other threads of this process once; they start when they are needed."""
    return ThreadPoolExecutor(cores(), thread_name_prefix="talentflow")


def over_range(kernel, size, *args, least=None) -> list:
    """Call ``kernel(first, last, *args)`` on consecutive parts of ``range(size)``, one a thread.

    Returns
    -------
    list of what the parts return, in their order
    """
    parts = max(1, min(_threads, size // (least or LEAST)))
    edges = [size * k // parts for k in range(parts + 1)]
    if parts == 1:
        return [kernel(0, size, *args)]
    # this thread takes the first part: to wait for two others costs more than to wait for one
    others = [_pool().submit(kernel, a, b, *args) for a, b in pairwise(edges[1:])]
    return [kernel(0, edges[1], *args), *(other.result() for other in others)]


def side_by_side(calls, most) -> list:
    """Make ``most`` calls at a time, each in a thread and with its part of the threads of this process.

    One thread that calls Python between its kernels leaves the others idle; calls beside it fill them.

    Parameters
    ----------
    calls : functions without arguments, which share nothing that one of them changes

    Returns
    -------
    list of what they return, in their order
    """
    threads = get_threads()
    if (most := min(most, threads, len(calls))) == 1:
        return [call() for call in calls]
    set_threads(threads // most)
    made = [_callers(most).submit(copy_context().run, call) for call in calls]
    try:
        return [call.result() for call in made]
    finally:
        for call in made:
            call.cancel()  # where one has failed, the others are not begun
        set_threads(threads)


@lru_cache(maxsize=2)
def _callers(count) -> ThreadPoolExecutor:
    """Make the threads of :func:`side_by_side` once: new ones would take memory of their own for every pair."""
    return ThreadPoolExecutor(count, thread_name_prefix="talentflow-arm")


def added(parts) -> Any:
    """Return the sum of what the parts of a range return; a single part itself, without a copy."""
    return parts[0] if len(parts) == 1 else sum(parts)


# ------------------------------------------------------------------------------
# Processes: this one and others that it starts share the work of a block; results are the same for any number.
# ------------------------------------------------------------------------------


_open: ContextVar[Callable] = ContextVar("map", default=map)


def each(task, *arguments) -> Iterator:
    """Map a task over the processes of the block that this is called in, or in this one alone; results are in order."""
    return _open.get()(task, *arguments)


@contextmanager
def processes(workers, ready=int) -> Iterator[None]:
    """Let :func:`each` use ``workers`` processes inside the block; a block inside another uses those of the outer one.

    This process is one of them, and each has its part of the cores. The others are spawned: nothing is inherited. They
    start at once, and call ``ready()`` before they are asked for anything.

    Raises
    ------
    UsageError
        where a worker cannot start or is lost
    """
    if _open.get() is not map or (workers := workers_here(workers)) == 1:
        yield
        return
    # each process gets its part of the cores
    threads, part = get_threads(), max(1, cores() // workers)
    try:
        with (
            pool(workers - 1, _get_ready, (part, ready)) as others,
            ThreadPoolExecutor(workers - 1) as hands,
        ):
            with uninterrupted():
                others.submit(int)  # starts them
            before = _open.set(partial(_shared, others, hands))
            set_threads(part)
            try:
                yield
            finally:
                _open.reset(before)
                set_threads(threads)
                for process in list(others._processes.values()):  # nobody waits for what they are at
                    process.terminate()
    except BrokenProcessPool:
        raise UsageError("workers", "a worker process stopped: out of memory, or killed; try fewer") from None


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Start processes inside the block so that they ignore interrupts: their parent ends them."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # which they inherit
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)  # one that came meanwhile comes now


def _get_ready(threads, ready) -> None:
    """Prepare a worker: set its threads and call ``ready``."""
    set_threads(threads)
    ready()


def _shared(others, hands, task, *arguments) -> Iterator:
    """Map a task; the others take tasks from the front, and this process the last one instead of waiting.

    Each of the ``hands``, threads of this process, passes one task at a time on: what the pool has queued itself
    cannot be taken back.
    """
    # hand tasks to the workers in order; while waiting, this process works from the end
    calls = list(zip(*arguments, strict=False))
    futures, own, last = [hands.submit(_pass_on, others, task, call) for call in calls], {}, len(calls)
    try:
        for k, future in enumerate(futures):
            while k not in own and not future.done() and futures[last - 1].cancel():
                last -= 1
                own[last] = task(*calls[last])
            yield own.pop(k) if k in own else future.result()
    finally:
        for future in futures:
            future.cancel()


def _pass_on(others, task, call) -> Any:
    """Run one call in a worker and wait for its result."""
    return others.submit(task, *call).result()
