"""Running the blocks of a design: a bounded number of cells under way, each kept the moment it is done.

Blocks are run in rounds. The first has the blocks asked for; while some of them cannot be used, as many of the next
ones of the sequence follow. So which blocks are run, and which count, depends on the design and the model alone:
never on timing, on the number of workers, or on when a sweep was killed.
"""

from collections import deque
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, CancelledError, wait
from dataclasses import dataclass, field
from time import perf_counter

from ..errors import Refused
from ..results.sweep_store import LOST, complete_blocks
from .designs import TRIES

MOST_ATTEMPTS = 2  # of a cell whose process is lost
CHANCE_POINTS = 16  # run again with other chance


@dataclass(eq=False)
class Block:
    """A block under way.

    Attributes
    ----------
    points : list of (number, block, place, coordinates, values) as the store keeps them
    missing : places that have no record yet
    repeat : 0, or 1 for other chance
    states : place -> what the model prepared
    refused : place -> why the model refuses it
    """

    points: list
    missing: list
    repeat: int = 0
    states: dict = field(default_factory=dict)
    refused: dict = field(default_factory=dict)


@dataclass(eq=False)
class Task:
    """A point to check, or to run."""

    block: Block
    place: int
    checking: bool
    attempts: int = 1


def check(model, values):
    """What the model prepares for a point, and the reason if it refuses it."""
    try:
        return model.prepare(values), ""
    except Refused as error:
        return None, str(error)


def run_cell(model, values, repeat, state):
    """The outcomes of a point, the seconds they took, and the reason if the model refuses it."""
    begun = perf_counter()
    chosen = model.reseeded(repeat) if repeat else model
    try:
        found = chosen(values) if state is None else chosen(values, state)
    except Refused as error:
        return None, perf_counter() - begun, str(error)
    return found, perf_counter() - begun, ""


class Rounds:
    """The blocks of one stage, run until as many as asked for are complete.

    Parameters
    ----------
    model : picklable function of a dict of values, see ``sweep.explore``
    stage : name
    design : Design
    values : function of (d,) coordinates -> dict of the value of every factor
    store : SweepStore
    workers : Workers
    told : function of (folder, stage, cells decided, cells in all), or None
    """

    def __init__(self, model, stage, design, values, store, workers, told=None):
        self.model, self.stage, self.design, self.values = model, stage, design, values
        self.store, self.workers, self.told = store, workers, told
        self.checks = hasattr(model, "prepare")
        self.flying, self.ready = {}, deque()
        self.done = self.total = 0

    def run(self, n):
        """Run until ``n`` blocks are complete; then the points that measure chance."""
        first, last, most = 0, n, self.design.length or TRIES * n
        self.total = n * self.design.size
        while first < last:
            self._run(self._blocks(first, last))
            if not self.design.replaces:
                break
            missing = n - len(complete_blocks(self.store.db, self.stage))
            first, last = last, min(last + missing, max(most, last))
            self.total += (last - first) * self.design.size
        if hasattr(self.model, "reseeded"):
            self._run(self._again(n))

    def _blocks(self, first, last):
        size = self.design.size
        for number in range(first, last):
            known = self.store.decided(self.stage, number * size, (number + 1) * size)
            self._tell(len(known))
            if len(known) < size:
                yield self._block(number, [k for k in range(size) if number * size + k not in known])

    def _again(self, n):
        """The anchors of the first complete blocks, with other chance."""
        size, anchors = self.design.size, self.design.anchors
        blocks = complete_blocks(self.store.db, self.stage)[:n]
        wanted = [(block, place) for block in blocks for place in anchors][:CHANCE_POINTS]
        self.total += len(wanted)
        for number, place in wanted:
            point = number * size + place
            if self.store.decided(self.stage, point, point + 1, repeat=1):
                self._tell()
            else:
                yield self._block(number, [place], repeat=1)

    def _block(self, number, missing, repeat=0):
        z = self.design.block(number)
        points = [(number * len(z) + k, number, k, row, list(self.values(row).values())) for k, row in enumerate(z)]
        return Block(points, missing, repeat)

    def _run(self, blocks):
        """All tasks of the blocks; never more under way than the workers can take up."""
        more = True
        while more or self.ready or self.flying:
            while more and len(self.ready) + len(self.flying) < 2 * self.workers.slots:
                block = next(blocks, None)
                more = block is not None
                if block is not None:
                    self.ready.extend(Task(block, place, self.checks) for place in block.missing)
            while self.ready and len(self.flying) < 2 * self.workers.slots:
                task = self.ready.popleft()
                self.flying[self._submit(task)] = task
            if self.flying:
                self._collect()

    def _submit(self, task):
        values = self.values(task.block.points[task.place][3])
        if task.checking:
            return self.workers.submit(check, self.model, values)
        return self.workers.submit(run_cell, self.model, values, task.block.repeat, task.block.states.get(task.place))

    def _collect(self):
        """Take in what is done; where processes are lost, run what was under way again, one at a time."""
        done, _ = wait(self.flying, return_when=FIRST_COMPLETED)
        lost = []
        for future in done:
            task = self.flying.pop(future)
            if not self._take(task, future):
                lost.append(task)
        if not lost:
            return
        if any(isinstance(future.exception(), BrokenExecutor) for future in done):
            for future, task in self.flying.items():  # the whole pool is gone with it
                if not self._take(task, future):
                    lost.append(task)
            self.flying.clear()
            self.workers.renew()
        for task in lost:
            self._alone(task)

    def _alone(self, task):
        """A task whose process was lost, run while no other is: so only the one that kills its process fails."""
        task.attempts += 1
        future = self._submit(task)
        wait([future])
        if self._take(task, future):
            return
        if isinstance(future.exception(), BrokenExecutor):
            self.workers.renew()
        if task.attempts >= MOST_ATTEMPTS:
            self._record(task, "failed", LOST)
        else:
            self._alone(task)

    def _take(self, task, future):
        """Take in one finished task; False if its process was lost."""
        error = future.exception() if not future.cancelled() else CancelledError()
        if isinstance(error, BrokenExecutor | CancelledError) or type(error).__name__ == "KilledWorker":
            return False
        if error is not None:
            self._record(task, "failed", f"{type(error).__name__}: {error}")
        elif task.checking:
            self._checked(task, *future.result())
        else:
            found, seconds, reason = future.result()
            self._record(task, "refused" if found is None else "done", reason, seconds, found)
        return True

    def _checked(self, task, state, reason):
        if reason:
            task.block.refused[task.place] = reason
        task.block.states[task.place] = state
        self._settle(task.block)

    def _settle(self, block):
        """When all points of a block are checked, run them; or none of them, if one is refused."""
        if len(block.states) < len(block.missing) or not block.missing:
            return
        if block.refused:
            self.store.record_all(
                (
                    self.stage,
                    block.points[place],
                    block.repeat,
                    "refused" if place in block.refused else "spared",
                    block.refused.get(place, ""),
                )
                for place in block.missing
            )
            self._tell(len(block.missing))
        else:
            self.ready.extendleft(Task(block, place, False) for place in reversed(block.missing))

    def _record(self, task, status, error="", seconds=0.0, outcomes=None):
        point = task.block.points[task.place]
        self.store.record(self.stage, point, task.block.repeat, status, error, task.attempts, seconds, outcomes)
        self._tell()
        if task.checking:  # it failed before it could run: the rest of its block waits for it no longer
            task.block.missing.remove(task.place)
            self._settle(task.block)

    def _tell(self, cells=1):
        self.done += cells
        if self.told and cells:
            self.told(self.store.folder, self.stage, self.done, self.total)
