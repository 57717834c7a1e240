"""Whether a population fits into this machine's memory, estimated before anything is built."""

import os
from pathlib import Path

from sim.errors import UsageError

ENGINEER_BYTES = 120  # 60 of columns and 60 of ties
ARMS = 2
GROWTH = 1.1  # slots a year: entrants get new ones, and none is used again
MOST_SLOTS = 140_000_000  # the ties of all, about 14 each, are counted in 32 bits


def check(population, years=10, workers=1):
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
    if population < 1:
        raise UsageError(f"population {population}", "at least 1 engineer is needed")
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


def available():
    """Bytes of memory that may still be used; where the system does not say, all that it has, or 8 GB."""
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        return next(1024 * int(line.split()[1]) for line in lines if line.startswith("MemAvailable"))
    except (OSError, StopIteration):
        pass
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):  # Windows
        return 8 * 10**9
