"""A sweep on a local Dask cluster: what a second process saves, and what a cell costs the process that hands them out.

``docs/sweeps.md`` draws the line from here to 1,000 processes with :func:`efficiency`.
"""

import tempfile
import time
from pathlib import Path

import numpy as np

from sim.study.replicate import compile_kernels
from sim.study.sweep.runner import explore, sweep

SCENARIO, MEASURES = "h1b_fee", ("share:usa",)
CELLS = {5_000: 12, 50_000: 48, 1_900_000: 4}  # of the sweep, by the population
IDLE = 200  # cells of a model that does nothing


class Idle:
    """A model that computes nothing, and sends and receives as much as the simulator."""

    def prepare(self, values):
        """What travels with a point: about as many numbers as the assumptions and the hub constants."""
        return np.zeros(1_300)

    def __call__(self, values, state):
        """Outcomes of the size of those of a measure of all hubs and one of a single place."""
        return {"share": np.zeros((2, 11, 39)), "share:usa": np.zeros((2, 11))}


def efficiency(processes, cells, cell, coordinator, start):
    """Return the share of the time in which processes compute cells.

    Parameters
    ----------
    processes : int
    cells : int, of the sweep
    cell : seconds that a process takes for one
    coordinator : seconds that the process of the command takes for each, one after the other
    start : seconds in which a process is made ready

    >>> round(efficiency(10, 10_000, 1.0, 0.005, 5.0), 2), round(efficiency(1_000, 10_000, 1.0, 0.005, 5.0), 2)
    (1.0, 0.18)
    """
    rounds = -(-cells // processes)  # the last one is not full
    return cells * cell / processes / (start + max(rounds * cell, cells * coordinator))


def cluster(clock, size):
    """Cells a minute of one and of two worker processes, and what a cell costs beside its computation."""
    from distributed import LocalCluster

    compile_kernels()
    cells, rates = CELLS[size], {}
    with tempfile.TemporaryDirectory() as folder:
        for processes in (1, 2):
            local = LocalCluster(n_workers=processes, threads_per_worker=1, dashboard_address=None)
            with local, tempfile.TemporaryDirectory(dir=folder) as out:
                address = local.scheduler_address
                common = {"population": size, "method": "lhs", "over": ("b_pay", "b_distance"), "out": out}
                # the first cells make the processes ready: imports, kernels from the disk, the world of the fit
                begun = time.perf_counter()
                swept(address, n=2 * processes, seed=99, **common)
                ready = time.perf_counter() - begun
                begun = time.perf_counter()
                swept(address, n=cells, **common)
                wall = time.perf_counter() - begun
                rates[processes] = 60 * cells / wall
                clock.note(
                    f"cells of a sweep on a cluster, {processes} process(es)", "a minute", [rates[processes]], size
                )
                if processes == 1:
                    clock.note("start of a process of a cluster", "s", [max(ready - 2 * wall / cells, 0.0)], size)
                    _idle(clock, address, Path(out))
    clock.note("efficiency from one process to two", "%", [100 * rates[2] / rates[1] / 2], size)


def swept(address, **asked):
    """Run a sweep on the cluster; refuse one of which a cell has failed."""
    counts = sweep(SCENARIO, MEASURES, executor=address, **asked).counts()
    if counts.get("failed"):
        raise SystemExit(f"cells failed: {counts}")


def _idle(clock, address, folder):
    """What a cell costs when it computes nothing: wall time through one process, and processor time here."""
    begun, used = time.perf_counter(), time.process_time()
    explore(Idle(), {"x": (0.0, 1.0)}, "lhs", IDLE, store=folder / "idle", executor=address)
    wall, here = time.perf_counter() - begun, time.process_time() - used
    clock.note("an idle cell through one process", "ms", [1000 * wall / IDLE])
    clock.note("of it in the process that hands them out", "ms", [1000 * here / IDLE])
