"""A pool of persistent worker processes; tasks with the same number go to the same worker, which caches its state.

Unlike the processes of :mod:`sim.processes` it outlives a study and serves several threads.
"""

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, wait
from concurrent.futures.process import BrokenProcessPool
from threading import Lock

from sim.errors import UsageError
from sim.parallel import can_start, cores, pool
from sim.study.calibrate.constants import fit_world
from sim.study.executors import begin_worker

TICK = 0.1  # seconds between two calls of `tick` while waiting
AHEAD = 2  # tasks queued at each hand


class WorkerPool:
    """A few worker processes; with ``count`` 0 this process does the work itself, one thread at a time.

    Parameters
    ----------
    count : int, one a core if None
    """

    def __init__(self, count=None):
        self.count = (cores() if count is None else count) if can_start() else 0
        self.pools, self.lock = [], Lock()

    def start(self) -> None:
        """Start the missing processes; they load the world before the first task."""
        with self.lock:
            for _ in range(self.count - len(self.pools)):
                self.pools.append(pool(1, _get_ready))
                self.pools[-1].submit(int)

    def stop(self) -> None:
        """End the processes and drop their caches; the next task starts new ones."""
        with self.lock:
            pools, self.pools = self.pools, []
        for each in pools:
            each.shutdown(wait=False, cancel_futures=True)

    def each(self, task, *arguments) -> Iterator:
        """Map a task over the workers and yield the results in order."""
        return self.stream(task, [(k, *call) for k, call in enumerate(zip(*arguments, strict=False))])

    def stream(self, task, calls, tick=lambda: None) -> Iterator:
        """Yield the results of several calls of ``task``, in order.

        Parameters
        ----------
        calls : list of (number, argument, ...): equal numbers are done by the same hand
        tick : called while waiting; an exception in it ends the work, as closing the generator does

        Raises
        ------
        UsageError
            where a process was lost
        """
        queue, waiting = deque(), deque(calls)
        try:
            while queue or waiting:
                # keep every worker busy, with a bounded number of tasks queued
                while waiting and len(queue) < max(AHEAD * self.count, 1):
                    queue.append(self._submit(task, *waiting.popleft()))
                while not wait([queue[0]], TICK).done:
                    tick()
                yield queue.popleft().result()
        except BrokenProcessPool:
            self.stop()
            raise UsageError("a worker process stopped", "out of memory or killed; ask again, or for fewer") from None
        finally:
            for future in queue:
                future.cancel()

    def _submit(self, task, number, *call) -> Future:
        """Submit one call to its worker, or run it here if the pool has no processes; return its future."""
        if self.count:
            self.start()
            return self.pools[number % self.count].submit(task, *call)
        # no worker processes: run the task now, one thread at a time
        future = Future()
        with self.lock:
            try:
                future.set_result(task(*call))
            except Exception as error:
                future.set_exception(error)
        return future


def _get_ready() -> None:
    """Set up a new worker: threads, signals and the world that constants are fitted on."""
    begin_worker(1)
    fit_world()
