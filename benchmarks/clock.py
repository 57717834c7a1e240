"""The clock that every measurement is given: it waits for idle cores, repeats, and writes rows down."""

import statistics
import time

from benchmarks.peers.idle import Watch, wait_quiet


class Clock:
    """Rows of one measurement, which runs in a process of its own.

    Parameters
    ----------
    repeats : int, times that an action is timed
    patience : float, seconds to wait for idle cores before each action
    budget : float, seconds after which a long action is not repeated
    """

    def __init__(self, repeats=5, patience=60.0, budget=120.0):
        self.repeats, self.patience, self.budget = repeats, patience, budget
        self.rows = []

    def time(self, what, action, n=None, repeats=None):
        """Time ``action(k)``, k = 0, 1, ..., and write the seconds down."""
        wait_quiet(self.patience)
        watch, seconds = Watch(), []
        for k in range(repeats or self.repeats):
            begun = time.perf_counter()
            action(k)
            seconds.append(time.perf_counter() - begun)
            if watch.wall + statistics.mean(seconds) > self.budget:
                break
        self.note(what, "s", seconds, n, watch.foreign_cores)

    def note(self, what, unit, values, n=None, foreign_cores=0.0):
        """Write values down; ``n`` is the population measured."""
        self.rows.append(
            {
                "what": what,
                "n": n,
                "unit": unit,
                "median": statistics.median(values),
                "low": min(values),
                "high": max(values),
                "times": len(values),
                "foreign_cores": round(foreign_cores, 3),
            }
        )

    def skip(self, what, why):
        """Say that something cannot be measured here."""
        self.rows.append({"what": what, "skipped": why})
