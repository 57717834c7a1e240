"""A sweep on a local Dask cluster: what a second process saves, and what cells and tasks cost beside their computation.

``python -m benchmarks.scale CELL FULL STORE TASK START`` draws the line from here to 1,000 processes as the table of
``docs/sweeps.md``: see :func:`efficiency`.
"""

import sys
import tempfile
import time
from pathlib import Path
from unittest.mock import patch

import numpy as np

from sim.study.replicate import compile_kernels
from sim.study.sweep import runner
from sim.study.sweep.runner import cells_of_task, explore, sweep
from sim.study.workers import CLUSTER_COST

SCENARIO, MEASURES = "h1b_fee", ("share:usa",)
CELLS = {5_000: 12, 50_000: 48, 1_900_000: 4}  # of the sweep, by the population
IDLE = 200  # cells of a model that does nothing
PROCESSES, LONG = (10, 40, 100, 250, 500, 1_000), 10_000  # of the table, and the cells of its sweep


class Idle:
    """A model that computes nothing, and sends and receives as much as the simulator."""

    def prepare(self, values):
        """Return the state that travels with a point: about as many numbers as assumptions and hub constants."""
        return np.zeros(1_300)

    def __call__(self, values, state):
        """Outcomes of the size of those of a measure of all hubs and one of a single place."""
        return {"share": np.zeros((2, 11, 39)), "share:usa": np.zeros((2, 11))}


def efficiency(processes, cells, cell, store, task, start):
    """Return the share of the time in which processes compute cells.

    Parameters
    ----------
    processes : int
    cells : int, of the sweep
    cell : seconds that a process takes for one
    store : seconds that the process of the command takes for each of them, one after the other
    task : seconds that it takes for each task, which holds as many cells as ``cells_of_task`` says
    start : seconds in which a process is made ready

    >>> [round(efficiency(processes, 10_000, 1.0, 0.001, 0.005, 5.0), 2) for processes in (10, 100, 1_000)]
    [1.0, 0.95, 0.22]
    """
    left, tasks = cells, 0
    while left > 0:
        left -= cells_of_task(processes, CLUSTER_COST, cell, left)
        tasks += 1
    rounds = -(-cells // processes)  # the last one is not full
    return cells * cell / processes / (start + max(rounds * cell, cells * store + tasks * task))


def table(cell, full, store, task, start):
    """Return the lines of the table of ``docs/sweeps.md``.

    Parameters
    ----------
    cell, full : seconds of a cell of 50,000 engineers and of one of the full population
    store, task, start : as of :func:`efficiency`
    """
    columns = {
        "50,000 engineers": cell,
        "four pairs of them": 4 * cell,
        "full population": full,
        "four pairs of it": 4 * full,
    }
    lines = ["| processes |" + "".join(f" {seconds:.2g} s: {what} |" for what, seconds in columns.items())]
    lines.append("|---:|" + "---:|" * len(columns))
    for processes in PROCESSES:
        parts = (efficiency(processes, LONG, seconds, store, task, start) for seconds in columns.values())
        lines.append(f"| {processes:,} |" + "".join(f" {100 * part:.0f} % |" for part in parts))
    return lines


def cluster(clock, size):
    """Cells a minute of one and of two worker processes, their memory, and what a cell costs beside its computation."""
    from distributed import Client, LocalCluster

    compile_kernels()
    rates = {}
    with tempfile.TemporaryDirectory() as folder:
        for processes in (1, 2):
            local = LocalCluster(n_workers=processes, threads_per_worker=1, dashboard_address=None)
            with local, tempfile.TemporaryDirectory(dir=folder) as out:
                address = local.scheduler_address
                common = {"population": size, "method": "lhs", "over": ("b_pay", "b_distance"), "out": out}
                # the first cells make the processes ready: imports, kernels from the disk, the world of the fit
                begun = time.perf_counter()
                first = swept(address, n=2 * processes, seed=99, **common)
                ready = time.perf_counter() - begun
                begun = time.perf_counter()
                done = swept(address, n=CELLS[size], **common)
                wall = time.perf_counter() - begun
                rates[processes] = 60 * done / wall
                clock.note(
                    f"cells of a sweep on a cluster, {processes} process(es)", "a minute", [rates[processes]], size
                )
                if processes == 1:
                    clock.note("start of a process of a cluster", "s", [max(ready - first * wall / done, 0.0)], size)
                    _idle(clock, address, Path(out))
                with Client(address, set_as_default=False) as client:
                    peaks = client.run(peak_memory).values()
                clock.note(f"peak memory of a process of a cluster of {processes}", "GB", list(peaks), size)
    clock.note("efficiency from one process to two", "%", [100 * rates[2] / rates[1] / 2], size)


def peak_memory():
    """Return the largest memory that this process has had so far, GB."""
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


def swept(address, **asked):
    """Run a sweep on the cluster and return how many cells it ran; refuse one of which a cell has failed."""
    counts = sweep(SCENARIO, MEASURES, executor=address, **asked).counts()
    if counts.get("failed"):
        raise SystemExit(f"cells failed: {counts}")
    return counts["done"]


def _idle(clock, address, folder):
    """Measure cells and tasks that compute nothing: wall time through one process, processor time here."""
    cost = {}
    for most in (runner.MOST_CELLS, 1):  # of a task
        with patch.object(runner, "MOST_CELLS", most):
            begun, used = time.perf_counter(), time.process_time()
            explore(Idle(), {"x": (0.0, 1.0)}, "lhs", IDLE, store=folder / f"idle-{most}", executor=address)
            cost[most] = [1000 * x / IDLE for x in (time.perf_counter() - begun, time.process_time() - used)]
    shared, alone = cost.values()
    clock.note("an idle cell through one process", "ms", shared[:1])
    clock.note("of it in the process that hands them out", "ms", shared[1:])
    clock.note("a task in the process that hands it out", "ms", [alone[1] - shared[1]])


if __name__ == "__main__":
    print(*table(*map(float, sys.argv[1:])), sep="\n")
