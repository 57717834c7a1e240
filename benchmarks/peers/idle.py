"""Are the cores ours? Waiting for an idle machine, and how many cores others kept busy while we timed.

Linux only: elsewhere nothing is waited for and the cores of others are unknown (NaN).
"""

import math
import os
import time
from pathlib import Path

STAT = Path("/proc/stat")


def busy_and_total():
    """Clock ticks of the whole machine since it started: (busy, all)."""
    user, nice, system, idle, waiting, *others = map(int, STAT.read_text(encoding="ascii").split("\n")[0].split()[1:9])
    busy = user + nice + system + sum(others)
    return busy, busy + idle + waiting


def wait_quiet(patience, threshold=0.06):
    """Wait, at most ``patience`` seconds, until others use less than ``threshold`` of the machine.

    Returns
    -------
    bool, whether they do
    """
    end = time.monotonic() + patience
    while STAT.exists() and time.monotonic() < end:
        busy, total = busy_and_total()
        time.sleep(0.5)
        now_busy, now_total = busy_and_total()
        if now_busy - busy <= threshold * (now_total - total):
            return True
    return not STAT.exists()


class Watch:
    """From its making on: seconds by the clock, and the mean number of cores that others kept busy."""

    def __init__(self):
        self.begun, self.own = time.perf_counter(), self._own()
        self.busy = busy_and_total()[0] if STAT.exists() else 0

    @property
    def wall(self):
        """Seconds since it was made."""
        return time.perf_counter() - self.begun

    @property
    def foreign_cores(self):
        """Cores kept busy by processes that are neither this one nor its finished children."""
        if not STAT.exists():
            return math.nan
        busy = (busy_and_total()[0] - self.busy) / os.sysconf("SC_CLK_TCK")
        return max(busy - (self._own() - self.own), 0.0) / max(self.wall, 1e-9)

    @staticmethod
    def _own():
        used = os.times()
        return used.user + used.system + used.children_user + used.children_system
