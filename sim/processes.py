"""Processes: this one and others that it starts share the work of a block; results are the same for any number.

A study and the figures drawn from it share the processes, and what these have read and compiled.
"""

import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial

from sim.errors import UsageError
from sim.parallel import cores, pool, workers_here
from sim.threads import get_threads, set_threads

_open: ContextVar[Callable] = ContextVar("map", default=map)


def each(task, *arguments):
    """``map`` over the processes of the block that this is called in, or in this one alone; results are in order."""
    return _open.get()(task, *arguments)


@contextmanager
def processes(workers, ready=int):
    """Inside the block :func:`each` uses ``workers`` processes; a block inside another uses those of the outer one.

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
            except KeyboardInterrupt:
                for process in list(others._processes.values()):  # nobody waits for what they are at
                    process.terminate()
                raise
            finally:
                _open.reset(before)
                set_threads(threads)
    except BrokenProcessPool:
        raise UsageError("workers", "a worker process stopped: out of memory, or killed; try fewer") from None


@contextmanager
def uninterrupted():
    """Processes that are started inside the block never see an interrupt: it is for their parent to end them."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # which they inherit
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)  # one that came meanwhile comes now


def _get_ready(threads, ready):
    set_threads(threads)
    ready()


def _shared(others, hands, task, *arguments):
    """``map`` in which the others take tasks from the front, and this process the last one instead of waiting.

    Each of the ``hands``, threads of this process, passes one task at a time on: what the pool has queued itself
    cannot be taken back.
    """
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


def _pass_on(others, task, call):
    return others.submit(task, *call).result()
