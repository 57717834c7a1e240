"""Estimate, before anything is built, whether a population fits into this machine's memory.

The files of the system are read here and not through psutil: psutil reports the memory of the machine alone, also in a
container with a smaller limit, so the limits of control groups would have to be read by hand beside it.
"""

import ctypes
import math
import os
from contextlib import suppress
from pathlib import Path

from sim.errors import UsageError

ENGINEER_BYTES = 120  # 60 of columns and 60 of ties
ARMS = 2  # of a pair, held at once
GROWTH = 1.1  # slots a year: entrants get new ones, and none is used again
ADDRESSES = 2.5e9  # bytes of address space that libraries and compiled kernels take before the first engineer
GROUPS, GROUP = Path("/sys/fs/cgroup"), Path("/proc/self/cgroup")  # of processes that share a limit on Linux
LARGE_BLOCK = 1 << 22  # bytes
MMAP_THRESHOLD = -3  # parameter of glibc's mallopt: blocks of at least so many bytes are the system's own
MOST_SLOTS = 140_000_000  # the ties of all, about 14 each, are counted in 32 bits


def check(population, years=10, workers=1) -> None:
    """Refuse a population that is not positive or does not fit.

    Parameters
    ----------
    population : int, agents at the start
    years : int, length of the run
    workers : int, processes that each hold a world

    Raises
    ------
    UsageError naming the number and the limit.
    """
    if address_limit() < ADDRESSES:
        allowed = f"{address_limit() / 1e9:,.1f} GB of addresses are allowed here (ulimit -v)"
        raise UsageError("memory", f"{allowed}, at least {ADDRESSES / 1e9:,.1f} GB are needed")
    if population < 1:
        raise UsageError(f"population {population}", "at least 1 engineer is needed")
    # slots grow by the year, and both arms are held at once
    growth, limit = GROWTH**years, available()
    each = workers * ARMS * ENGINEER_BYTES * growth
    if population * each > limit:
        raise UsageError(
            f"population {population:,}",
            f"needs about {population * each / 1e9:,.1f} GB of memory, {limit / 1e9:,.1f} GB are available "
            f"(at most about {int(limit / each):,} here)",
        )
    if population * growth > MOST_SLOTS:
        most = f"at most about {int(MOST_SLOTS / growth):,} over {years} years"
        raise UsageError(f"population {population:,}", f"{most}: their ties are counted in 32 bits")


def available() -> float:
    """Return the bytes of memory that this process may still use, by the limits of machine, container and process."""
    return min(_of_machine(), _of_group(), address_limit() - ADDRESSES)


def return_large_blocks() -> None:
    """Let glibc return every large block that is freed to the system at once; other libraries do as they are.

    By itself it raises the limit up to 32 MB, and keeps smaller blocks for the thread that took them.
    """
    with suppress(AttributeError, OSError, TypeError):  # no such function, or no library of this kind
        ctypes.CDLL(None).mallopt(MMAP_THRESHOLD, LARGE_BLOCK)


def address_limit() -> float:
    """Return bytes of address space that this process may take; infinite where nothing limits it."""
    try:
        import resource
    except ImportError:  # Windows
        return math.inf
    soft = resource.getrlimit(resource.RLIMIT_AS)[0]
    return math.inf if soft == resource.RLIM_INFINITY else soft


def _of_group() -> float:
    """Return what the control groups around this process leave of their limits (version 2); infinite without any."""
    left = math.inf
    with suppress(OSError, ValueError):
        # limits of every enclosing group count
        own = GROUPS / GROUP.read_text(encoding="ascii").rpartition("::/")[2].strip()
        for group in (own, *own.parents):
            with suppress(OSError, ValueError):  # no limit: "max", or no such file at the root
                limit, used, stat = ((group / f"memory.{name}").read_text() for name in ("max", "current", "stat"))
                files = dict(line.split() for line in stat.splitlines()).get("inactive_file", 0)
                left = min(left, int(limit) - int(used) + int(files))  # copies of files are given up where needed
    return left


def _of_machine() -> int:
    """Return the available memory that the system reports; if it reports none, all of its memory, or 8 GB."""
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        return next(1024 * int(line.split()[1]) for line in lines if line.startswith("MemAvailable"))
    except (OSError, StopIteration):
        pass
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):  # Windows
        return 8 * 10**9
