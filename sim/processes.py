"""Worker processes: one pool, open as long as the outermost block that asked for it.

A study and the figures drawn from it share the processes, and what these have read and compiled.
"""

from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from contextvars import ContextVar
from multiprocessing import current_process, get_context

from sim.errors import UsageError

_open = ContextVar("map", default=map)


def each(task, *arguments):
    """``map`` over the processes that are open, or in this one; the order of results is kept."""
    return _open.get()(task, *arguments)


@contextmanager
def processes(workers, initializer, *arguments):
    """Inside the block :func:`each` uses ``workers`` processes; a block inside another uses those of the outer one.

    Pools are spawned: nothing is inherited. Each process runs ``initializer(*arguments)`` at once, in the
    background, before anything is asked of it.

    Raises
    ------
    UsageError
        where a worker cannot start or is lost
    """
    if workers == 1 or _open.get() is not map:
        yield
        return
    if getattr(current_process(), "_inheriting", False):  # a worker that only reads its parent's script anew
        raise SystemExit(1)
    try:
        with ProcessPoolExecutor(workers, get_context("spawn"), initializer, arguments) as pool:
            pool.submit(int)  # starts the processes
            before = _open.set(pool.map)
            try:
                yield
            finally:
                _open.reset(before)
    except BrokenProcessPool:
        raise UsageError(
            "workers", "a worker process stopped: out of memory, killed, or started by a script whose main part is "
            "not under if __name__ == '__main__' (give workers=1 there)",
        ) from None  # fmt: skip
