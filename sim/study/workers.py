"""Evaluate the points of a sweep here or in a pool of workers that cache what they have computed."""

import os
import re
import signal
import threading
from collections import deque
from collections.abc import Iterator, Mapping
from concurrent.futures import BrokenExecutor, Executor, Future, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import parent_process
from threading import Lock
from time import perf_counter
from typing import Any

import numpy as np

from sim.errors import OutcomeError, Refused, UsageError
from sim.parallel import can_start, cores, pool, set_threads, uninterrupted, workers_here
from sim.texts import ONE_LINE

# ------------------------------------------------------------------------------
# Choose where the points of a sweep run: in this process, in local processes or on a cluster.
# ------------------------------------------------------------------------------


PATIENCE = 20  # seconds for a scheduler to answer
# processor seconds that a task costs the process that hands it out: through a pool, and through dask's scheduler
POOL_COST, CLUSTER_COST = 0.001, 0.005
_alone = threading.Lock()


def alone(task, *args) -> Any:
    """Run a task while no other task runs in this process: kernels are called by one thread at a time."""
    with _alone:
        return task(*args)


def alone_on_cluster(task, *args) -> Any:
    """Run a task as :func:`alone` does, with as many threads as the cluster's scheduler counts on this worker."""
    from distributed import get_worker

    with _alone:
        set_threads(get_worker().state.nthreads)
        return task(*args)


class Inline(Executor):
    """Executor that runs each task at once, in this process."""

    def submit(self, task, /, *args, **options) -> Future:
        """Run the task and return a finished future."""
        future = Future()
        try:
            future.set_result(task(*args, **options))
        except Exception as error:  # any: the future raises it where its result is asked for
            future.set_exception(error)
        return future


class Workers:
    """An executor with its number of parallel tasks; it can be renewed when its processes are lost.

    Parameters
    ----------
    make : function that gives an executor
    slots : tasks at once
    run : function that runs a task there
    cost : processor seconds that a task costs this process, whatever it computes
    """

    def __init__(self, make, slots, run=alone, cost=POOL_COST) -> None:
        self._make, self.slots, self._run, self.cost = make, slots, run, cost
        self._executor = make()

    def submit(self, task, *args) -> Future:
        """Return a future of ``task(*args)``; if the processes are lost already, the future holds that error."""
        try:
            with uninterrupted():  # the first task starts the processes
                return self._executor.submit(self._run, task, *args)
        except BrokenExecutor as error:
            future = Future()
            future.set_exception(error)
            return future

    def map(self, task, *rows) -> list:
        """Return the results of a task for each row of arguments, in order.

        Raises
        ------
        UsageError where a process is lost
        """
        try:
            return [future.result() for future in [self.submit(task, *row) for row in zip(*rows, strict=True)]]
        except BrokenExecutor:
            raise UsageError(
                "workers", "a worker process stopped: out of memory, or killed; the same command goes on"
            ) from None

    def renew(self) -> None:
        """Drop the executor and make a fresh one."""
        self._executor.shutdown(wait=False, cancel_futures=True)
        self._executor = self._make()

    def close(self) -> None:
        """Shut down the executor and cancel pending tasks."""
        self._executor.shutdown(wait=True, cancel_futures=True)


@contextmanager
def workers_of(executor=None, workers=None, task=None) -> Iterator[Workers]:
    """Open the workers of a sweep; local processes are shut down at the end of the block.

    Parameters
    ----------
    executor : None for local processes, an Executor of any kind, or the address of a dask.distributed scheduler
    workers : local processes, None for one a core; each has its part of the cores as threads
    task : function that they will be asked to call, where it may be one of the caller's own

    Yields
    ------
    Workers
    """
    # the address of a cluster
    if isinstance(executor, str):
        with _dask_client(executor) as client:
            slots = max(1, sum(client.nthreads().values()))
            yield Workers(client.get_executor, slots, alone_on_cluster, CLUSTER_COST)
        return
    # an executor of the caller's own, which stays open
    if executor is not None:
        yield Workers(lambda: executor, getattr(executor, "_max_workers", None) or cores())
        return
    count = workers_here(workers or cores())
    threads = max(1, cores() // count)  # processes times threads never exceed the cores
    make, cost = (Inline, 0.0) if count == 1 else (lambda: pool(count, begin_worker, (threads,), task), POOL_COST)
    made = Workers(make, count, cost=cost)
    try:
        yield made
    finally:
        made.close()


def begin_worker(threads) -> None:
    """Set up a worker process: its threads, no interrupts, and an exit when the parent dies."""
    set_threads(threads)
    # interrupts are handled by the parent alone
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_leave_with_parent, daemon=True).start()


def _leave_with_parent() -> None:
    """Wait until the parent process ends, then exit."""
    parent = parent_process()
    if parent is not None:
        parent.join()
    os._exit(1)


@contextmanager
def _dask_client(address) -> Iterator:
    """Connect to a dask scheduler for the length of the block; raise UsageError if none answers."""
    try:
        from distributed import Client
    except ImportError:
        raise UsageError(f"cluster {address}", "needs dask.distributed: pip install 'talentflow[cluster]'") from None
    try:
        client = Client(address, timeout=PATIENCE, set_as_default=False)
    except (OSError, ValueError) as error:
        raise UsageError(f"cluster {address}", f"no scheduler answers there ({error})") from None
    with client:
        # a scheduler may have been started before its workers
        if not client.nthreads():
            client.wait_for_workers(1, timeout=300)
        yield client


# ------------------------------------------------------------------------------
# What a process does with a point of a sweep. This file is light, so that the processes start quickly.
# ------------------------------------------------------------------------------


def check_points(model, points) -> list:
    """Ask a model to prepare points.

    Parameters
    ----------
    points : list of dicts of values

    Returns
    -------
    list of (status, prepared state, reason, seconds), one a point; status is ``done``, ``refused`` or ``failed``
    """
    return [_tried(model.prepare, values) for values in points]


def run_cells(model, cells) -> list:
    """Run a model at points.

    Parameters
    ----------
    cells : list of (values, repeat, whether the model has to prepare the point, the state that it has prepared before)

    Returns
    -------
    list of (status, outcomes, reason, seconds), one a cell

    Raises
    ------
    OutcomeError of the model as a whole
    """
    return [_tried(_run_cell, model, *cell) for cell in cells]


def _tried(task, *args) -> tuple:
    """Return (status, result, reason, seconds) of a task: the model may refuse a point, or fail at it."""
    begun = perf_counter()
    try:
        status, result, reason = "done", task(*args), ""
    except OutcomeError:
        raise
    except Refused as error:
        status, result, reason = "refused", None, str(error)
    except Exception as error:  # any: the model may be the user's own; one bad point does not end a sweep
        status, result, reason = "failed", None, f"{type(error).__name__}: {error}"
    return status, result, reason, perf_counter() - begun


def _run_cell(model, values, repeat, prepares, state) -> dict:
    """Return the outcomes of a point."""
    state = model.prepare(values) if prepares else state
    chosen = model.reseeded(repeat) if repeat else model
    return plain_outcomes(chosen(values) if state is None else chosen(values, state))


def plain_outcomes(outcomes) -> dict:
    """Convert the outcomes of a model to arrays of numbers.

    Raises
    ------
    OutcomeError where it is no dict of name -> number or array of numbers; NaN and infinity are undefined outcomes
    """
    if not isinstance(outcomes, Mapping) or not outcomes:
        raise OutcomeError("model", f"gives {type(outcomes).__name__}, not a dict of outcome -> number")
    plain = {}
    for name, value in outcomes.items():
        if not isinstance(name, str) or not re.fullmatch(ONE_LINE, name):
            raise OutcomeError("model", f"an outcome is called {name!r:.60}, not by one line of text")
        # numbers only; a flag or an empty array is a mistake of the model
        values = np.asarray(value)
        if values.dtype.kind not in "iufb" or values.dtype.kind == "b" or not values.size:
            raise OutcomeError("model", f"outcome {name} is {value!r:.60}, not a number or an array of numbers")
        plain[name] = values.astype(float)
    return plain


# ------------------------------------------------------------------------------
# A pool of persistent worker processes; tasks with the same number go to the same worker, which caches its state.
# ------------------------------------------------------------------------------


TICK = 0.1  # seconds between two calls of `tick` while waiting
AHEAD = 2  # tasks queued at each worker


class WorkerPool:
    """A few worker processes; with ``count`` 0 this process does the work itself, one thread at a time.

    Parameters
    ----------
    count : int, one a core if None
    """

    def __init__(self, count=None) -> None:
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
        calls : list of (number, argument, ...): equal numbers go to the same worker
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
        with self.lock:
            return Inline().submit(task, *call)


def _get_ready() -> None:
    """Set up a new worker: threads, signals and the world that constants are fitted on."""
    from sim.study.calibration.hub_constants import fit_world

    begin_worker(1)
    fit_world()
