"""Threads: compiled kernels run over parts of a range at once; they release the interpreter and share no state.

No kernel starts threads of its own, so that two runs in one process never disturb each other. The parts are disjoint
and every draw is keyed by its slot: results are the same for any number of threads.
"""

from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache

from sim.parallel import cores

LEAST = 4096  # items below which a second thread costs more than it saves

_threads = cores()


def set_threads(count):
    """Use ``count`` threads from now on; worker processes call it with their part of the cores."""
    global _threads
    _threads = max(1, int(count))


def get_threads():
    """Threads in use."""
    return _threads


@lru_cache(maxsize=4)
def _pool(count):
    return ThreadPoolExecutor(count, thread_name_prefix="talentflow")


def over_range(kernel, size, *args, least=None):
    """Call ``kernel(first, last, *args)`` on consecutive parts of ``range(size)``, one a thread.

    Returns
    -------
    list of what the parts return, in their order
    """
    parts = max(1, min(_threads, size // (least or LEAST)))
    edges = [size * k // parts for k in range(parts + 1)]
    if parts == 1:
        return [kernel(0, size, *args)]
    return list(_pool(parts).map(lambda a, b: kernel(a, b, *args), edges[:-1], edges[1:]))
