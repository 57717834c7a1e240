"""Run a sweep: a model at every point of a design, into a store that survives interruptions."""

import hashlib
import json
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, CancelledError, Future, wait
from contextlib import closing
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from sim.arguments import listed, user_path, whole
from sim.errors import OutcomeError, ResultError, UsageError
from sim.model.kernels.choice import is_compiled
from sim.parallel import workers_for
from sim.results.folder import check_writable
from sim.results.record import INPUTS, plain, to_json
from sim.results.sweep import Sweep
from sim.results.sweep_store import FACTOR, LOST, MEASURE, SweepStore, clear, complete_blocks, meta
from sim.scenario.assumptions import Assumptions
from sim.scenario.files import as_scenario
from sim.study.options import Options
from sim.study.replicate import compile_kernels
from sim.study.run import check_measures, prepared
from sim.study.sweep.designs import LEVELS, TRIES, design, select
from sim.study.sweep.evaluate import Simulator, described, variables_of
from sim.study.sweep.factors import Factor, check_names, clip, factors_over, numbers
from sim.study.workers import check_points, run_cells, workers_of

# --- Running the blocks of a design; cells are stored as soon as their task has finished -------------


MOST_ATTEMPTS = 2  # of a cell whose process is lost
HANDING_OUT = 0.01  # part of this process's time that handing out tasks may take
MOST_CELLS, MOST_SECONDS = 64, 10.0  # of a task: what is lost with its process is run again
CHANCE_POINTS = 16  # run again with other chance


@dataclass(eq=False)
class Block:
    """A block that is being run.

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
    """Cells to check, or to run, in one go: list of (block, place)."""

    cells: list
    checking: bool
    attempts: int = 1


def cells_of_task(slots, cost, seconds, left) -> int:
    """Return how many cells make a task: enough that few are handed out, few enough that all processes end together.

    Parameters
    ----------
    slots : tasks that run at once
    cost : seconds that a task costs the process that hands it out
    seconds : that a cell takes
    left : cells that are still to be run

    >>> [cells_of_task(slots, 0.01, 0.5, 10_000) for slots in (2, 10, 100)], cells_of_task(100, 0.01, 60.0, 10_000)
    ([4, 20, 20], 1)
    """
    # each of the slots brings a task back after as long as it lasts
    longest = min(slots * cost / HANDING_OUT, MOST_SECONDS)
    return max(1, min(int(longest / max(seconds, 1e-6)), left // (2 * slots), MOST_CELLS))


class SweepRunner:
    """Run the blocks of one stage until the requested number is complete.

    Parameters
    ----------
    model : picklable function of a dict of values, see ``sweep.explore``
    stage : name
    design : Design
    values : function of (d,) coordinates -> dict of the value of every factor
    store : SweepStore
    workers : Workers
    progress : function of (folder, stage, cells decided, cells in all), or None
    """

    def __init__(self, model, stage, design, values, store, workers, progress=None) -> None:
        self.model, self.stage, self.design, self.values = model, stage, design, values
        self.store, self.workers, self.progress = store, workers, progress
        self.checks = hasattr(model, "prepare")
        self.in_flight, self.ready = {}, deque()
        self.done = self.total = 0
        self.outcomes: list[str] = []  # names, of the first point that is done
        self.timings = {True: (0, 0.0), False: (0, 0.0)}  # points checked and cells run, and the seconds that they took

    def run(self, n) -> None:
        """Run until ``n`` blocks are complete; then run the points that measure chance."""
        # a design that replaces refused blocks goes on along its sequence, up to a limit
        first, last, most = 0, n, self.design.length or TRIES * n
        self.total = n * self.design.size
        while first < last:
            self._run(self._blocks(first, last))
            if not self.design.replaces:
                break
            # replace blocks that were refused by the next ones of the sequence
            missing = n - len(complete_blocks(self.store.db, self.stage))
            first, last = last, min(last + missing, max(most, last))
            self.total += (last - first) * self.design.size
        if hasattr(self.model, "reseeded"):
            self._run(self._again(n))

    def _blocks(self, first, last) -> Iterator:
        """Yield the blocks of a range that are not stored in full."""
        size = self.design.size
        for number in range(first, last):
            # a block of which a part is stored runs only its missing points
            known = self.store.decided(self.stage, number * size, (number + 1) * size)
            self._report(len(known))
            if len(known) < size:
                yield self._block(number, [k for k in range(size) if number * size + k not in known])

    def _again(self, n) -> Iterator:
        """Yield the anchors of the first complete blocks, with another seed."""
        size, anchors = self.design.size, self.design.anchors
        # only complete blocks, so that the repeated points have the design's own distribution
        blocks = complete_blocks(self.store.db, self.stage)[:n]
        wanted = [(block, place) for block in blocks for place in anchors][
            : getattr(self.model, "chance_points", CHANCE_POINTS)
        ]
        self.total += len(wanted)
        for number, place in wanted:
            point = number * size + place
            if self.store.decided(self.stage, point, point + 1, repeat=1):
                self._report()
            else:
                yield self._block(number, [place], repeat=1)

    def _block(self, number, missing, repeat=0) -> Block:
        """Return a Block with the given missing places."""
        # (point number, block, place in the block, coordinates, values)
        z = self.design.block(number)
        points = [(number * len(z) + k, number, k, row, list(self.values(row).values())) for k, row in enumerate(z)]
        return Block(points, missing, repeat)

    def _run(self, blocks) -> None:
        """Run all tasks of the blocks, with no more in flight than the workers can take."""
        more = True
        while more or self.ready or self.in_flight:
            # take up blocks while the workers have room, then wait for a task
            free = 2 * self.workers.slots - len(self.in_flight)
            while more and len(self.ready) < free * max(map(self._size, self.timings)):
                block = next(blocks, None)
                more = block is not None
                if block is not None:
                    # a point on its own is checked when it is run
                    checking = self.checks and len(block.missing) > 1
                    self.ready.extend((block, place, checking) for place in block.missing)
            while self.ready and len(self.in_flight) < 2 * self.workers.slots:
                task = self._next_task()
                self.in_flight[self._submit(task)] = task
            if self.in_flight:
                self._collect()

    def _next_task(self) -> Task:
        """Take the next cells that are ready, as many as suit one task."""
        checking, cells = self.ready[0][2], []
        most = self._size(checking)
        while self.ready and self.ready[0][2] == checking and len(cells) < most:
            cells.append(self.ready.popleft()[:2])
        return Task(cells, checking)

    def _size(self, checking) -> int:
        """Return how many cells make a task now; one until it is known how long they take."""
        count, seconds = self.timings[checking]
        left = self.total - self.done
        return cells_of_task(self.workers.slots, self.workers.cost, seconds / count, left) if count else 1

    def _submit(self, task) -> Future:
        """Submit a task to the workers and return its future."""
        # a model that checks its points first is asked whether it can take these
        values = [self.values(block.points[place][3]) for block, place in task.cells]
        if task.checking:
            return self.workers.submit(check_points, self.model, values)
        # a state that was prepared travels with its cell; other points are prepared where they are run
        rows = []
        for point, (block, place) in zip(values, task.cells, strict=True):
            prepares = self.checks and place not in block.states
            rows.append((point, block.repeat, prepares, block.states.get(place)))
        return self.workers.submit(run_cells, self.model, rows)

    def _collect(self) -> None:
        """Collect finished tasks; if processes are lost, run the tasks in flight again, one at a time."""
        # whatever has finished; a future without an outcome means a lost process
        done, _ = wait(self.in_flight, return_when=FIRST_COMPLETED)
        lost = []
        for future in done:
            task = self.in_flight.pop(future)
            if not self._take(task, future):
                lost.append(task)
        if not lost:
            return
        # the pool is broken: start a new one
        if any(isinstance(future.exception(), BrokenExecutor) for future in done):
            for future, task in self.in_flight.items():  # the whole pool is gone with it
                if not self._take(task, future):
                    lost.append(task)
            self.in_flight.clear()
            self.workers.renew()
        for task in lost:
            for cell in task.cells:
                self._alone(Task([cell], task.checking, task.attempts))

    def _alone(self, task) -> None:
        """Run a cell whose process was lost on its own, so that only a cell that kills its process fails."""
        task.attempts += 1
        future = self._submit(task)
        wait([future])
        # a process lost again is replaced; after some attempts the task has failed
        if self._take(task, future):
            return
        if isinstance(future.exception(), BrokenExecutor):
            self.workers.renew()
        if task.attempts >= MOST_ATTEMPTS:
            self._finish(task, [("failed", None, LOST, 0.0)])
        else:
            self._alone(task)

    def _take(self, task, future) -> bool:
        """Take in one finished task; return False if its process was lost."""
        error = future.exception() if not future.cancelled() else CancelledError()
        # three outcomes: the process was lost, the model is wrong as a whole, or these cells have ended
        if isinstance(error, BrokenExecutor | CancelledError) or type(error).__name__ == "KilledWorker":
            return False
        if isinstance(error, OutcomeError):  # of the model as a whole, not of this point
            raise error
        failed = ("failed", None, f"{type(error).__name__}: {error}", 0.0)
        self._finish(task, [failed] * len(task.cells) if error is not None else future.result())
        return True

    def _check_names(self, names) -> None:
        """Raise OutcomeError unless the outcomes of a point are called as those of the points before it."""
        self.outcomes = self.outcomes or names
        if names != self.outcomes:
            one, other = ", ".join(self.outcomes), ", ".join(names)
            raise OutcomeError("model", f"gives {one} at one point and {other} at another")

    def _finish(self, task, results) -> None:
        """Take in what became of the cells of a task: list of (status, state or outcomes, reason, seconds)."""
        count, seconds = self.timings[task.checking]
        self.timings[task.checking] = count + len(results), seconds + sum(row[3] for row in results)
        # cells that have come to an end are stored together; points that were checked go on to be run
        ended = []
        for (block, place), (status, found, reason, taken) in zip(task.cells, results, strict=True):
            if task.checking and status != "failed":
                block.states[place] = found
                if status == "refused":
                    block.refused[place] = reason
            else:
                if status == "done":
                    self._check_names(sorted(found))
                row = self.stage, block.points[place], block.repeat, status, reason, task.attempts
                ended.append((*row, 0.0 if task.checking else taken, None if task.checking else found))
        self.store.record_all(ended)
        for _ in ended:
            self._report()
        if task.checking:
            for (block, place), (status, *_) in zip(task.cells, results, strict=True):
                if status == "failed":  # it failed before it could run: the rest of its block waits for it no longer
                    block.missing.remove(place)
            for block in dict.fromkeys(block for block, _ in task.cells):
                self._start_if_checked(block)

    def _start_if_checked(self, block) -> None:
        """Run a block when all its points are checked; if one is refused, run none of them."""
        if len(block.states) < len(block.missing) or not block.missing:
            return
        if block.refused:
            # refuse the whole block: the other points are recorded as spared
            self.store.record_all(
                (
                    self.stage,
                    block.points[place],
                    block.repeat,
                    "refused" if place in block.refused else "spared",
                    block.refused.get(place, ""),
                    1,
                    0.0,
                    None,
                )
                for place in block.missing
            )
            self._report(len(block.missing))
        else:
            self.ready.extendleft((block, place, False) for place in reversed(block.missing))

    def _report(self, cells=1) -> None:
        """Count finished cells and report progress."""
        self.done += cells
        if self.progress and cells:
            self.progress(self.store.folder, self.stage, self.done, self.total)


# --- Sweeps -----------------------------------------------------------------------------------------


GUIDED = (("screening", "morris"), ("indices", "sobol"))
MANY = 1_000_000  # cells: more than there are cores
TRAJECTORIES = 8  # of the screening of a guided sweep


def sweep(
    scenario,
    measures=("share:usa",),
    method="guided",
    n=None,
    over=(),
    baseline="baseline",
    *,
    levels=None,
    out="outputs",
    executor=None,
    progress=None,
    force=False,
    **options,
) -> Sweep:
    """Run a scenario against its baseline at every point of a design, and keep the outcomes in a store.

    Effects are paired at each point: the same seeds everywhere, so chance does not pass for sensitivity.

    Parameters
    ----------
    scenario, baseline : Scenario, name, file or stack ``a+b``
    measures : list of str with a single value each; the first is screened on. The shares of all hubs are kept too
    method : ``"guided"``, oat, grid, lhs, morris, sobol or pawn
    n : base samples, trajectories or points; more than lie in the store extend it
    over : names, patterns or groups of assumptions, paths of levers, ``name=low:high``; empty for all assumptions
    levels : of a Morris, grid or one-at-a-time design
    out : path of the folder of folders
    executor : a concurrent.futures.Executor or the address of a dask scheduler; None for local processes
    progress : function of (folder, stage, cells decided, cells in all)
    force : begin anew, whatever lies in the store
    options : see :class:`~sim.study.options.Options`: population, years, start, seed, assumptions, workers, and
        replicates, the pairs of every point, 1 if left out

    Returns
    -------
    Sweep

    Raises
    ------
    ScenarioError, AssumptionError, UsageError, ResultError
        for input that makes no sense, before anything is run
    StoreError if the store cannot be written; finished cells are kept
    """
    scenario, baseline, asked = as_scenario(scenario), as_scenario(baseline), _options(options)
    # check everything before the folder is touched
    n, levels = (None if value is None else whole(value, what) for value, what in ((n, "n"), (levels, "levels")))
    measures, over = list(dict.fromkeys(listed(measures))), listed(over)
    if not measures:
        raise UsageError("measures", "none is given")
    check_writable(out)
    check_measures(measures, asked, single=True)
    declared = asked.declared()
    factors = factors_over(over, declared, scenario)
    _stages(method, n, factors, asked.seed, levels)
    # the digest of what was asked names the folder, so the same command finds its cells again
    facts = _facts(scenario, baseline, asked, measures, method, factors, levels)
    folder = user_path(out) / f"{plain(scenario.name)}-sweep-{facts['digest']}"
    # the model that runs a point: scenario and baseline with the factors' values
    central, kept = Assumptions.central(declared), described(measures, asked)
    levers = tuple(f.name for f in factors if f.kind == "lever")
    names = tuple(row["name"] for row in kept)
    model = Simulator(scenario, baseline, asked, central, levers, names, recorded=variables_of(names, asked))
    if force:
        clear(folder)
    if not is_compiled():  # once, rather than in every process at the same time
        compile_kernels()
    # a sweep that goes on keeps its factors; a new one clips them to their feasible ranges
    with workers_of(executor, asked.workers) as pool:
        factors = _as_kept(folder) or clip(factors, central, asked.start, pool.map)
        return _explored(model, factors, method, n, folder, levels, pool, facts, kept, progress)


def explore(
    model,
    factors,
    method="sobol",
    n=None,
    *,
    store,
    seed=0,
    levels=None,
    executor=None,
    workers=1,
    record=None,
    measures=(),
    progress=None,
) -> Sweep:
    """Run a model at every point of a design and store each outcome; stored outcomes are not run again.

    Parameters
    ----------
    model : picklable function of a dict of factor name -> value, giving a dict of measure name -> float or array.
        It may raise ``Refused`` for a point that it cannot take. Two methods are used if it has them:
        ``prepare(values)`` gives what the call then gets as a second argument, or raises ``Refused`` before anything of
        the point's block is run; ``reseeded(k)`` gives the same model with other chance
    factors : dict of name -> (low, high), or list of Factor
    method : ``"guided"`` (Morris over all, then Sobol over those that matter), or one of ``METHODS``
    n : trajectories, base samples or points; a Sobol design takes a power of two and rounds up to it
    store : path of the folder
    seed, levels : of the design
    executor : a concurrent.futures.Executor, the address of a dask scheduler, or None for ``workers`` local processes
    record : dict of facts to keep; the sweep in the store must have the same
    measures : list of dicts that describe the outcomes, with the columns of the store's table
    progress : function of (folder, stage, cells decided, cells in all)

    Returns
    -------
    Sweep

    Raises
    ------
    UsageError for arguments that make no sense or a store that holds another sweep; StoreError if it cannot be written
    """
    # check everything before the store is touched
    factors, measures = numbers(factors), described_outcomes(measures)
    n, levels = (None if value is None else whole(value, what) for value, what in ((n, "n"), (levels, "levels")))
    seed, workers = whole(seed, "seed"), whole(workers, "workers")
    if not callable(model):
        raise UsageError("model", f"{model!r:.60} is not a function of a dict of values")
    _stages(method, n, factors, seed, levels)  # refuses before anything is written
    with workers_of(executor, workers, model) as pool:
        facts = {"seed": seed} | (record or {})
        return _explored(model, factors, method, n, store, levels, pool, facts, measures, progress)


def described_outcomes(measures) -> list:
    """Return the declarations of outcomes for the store; refuse names that are empty, doubled or no text."""
    rows = listed(measures) if measures else []
    for row in rows:
        # a declaration has every column of the store's table
        missing = set(MEASURE) - set(row) if isinstance(row, dict) else set(MEASURE)
        if missing:
            raise UsageError("measures", f"each is a dict with {', '.join(MEASURE)}; one lacks {min(missing)}")
    check_names([row["name"] for row in rows], "measure")
    return rows


def _explored(model, factors, method, n, folder, levels, pool, facts, measures, progress) -> Sweep:
    """Run all stages of a sweep and return it."""
    facts = facts | {"method": method, "levels": levels, "factors": [asdict(f) for f in factors]}
    with SweepStore(folder) as store:
        _same(store, facts, factors, measures)
        for name, made, blocks in _stages(method, n, factors, facts["seed"], levels):
            # the second stage of a guided sweep varies what the screening selected
            varied = factors
            if (method, name) == ("guided", GUIDED[1][0]):
                with closing(Sweep.load(folder)) as screened:
                    chosen = select(screened)
                varied = [f for f in factors if f.name in chosen]
                made = replace(made, d=len(varied))
            places = [factors.index(f) for f in varied]
            store.stage(name, made.method, made.size, blocks, places)
            SweepRunner(model, name, made, _values(factors, places), store, pool, progress).run(blocks)
        store.put(finished=True)
    return Sweep.load(folder)


def _options(given) -> Options:
    """Return the checked options of a sweep: one small world a core, or one large world with all threads."""
    chosen = Options.of(**{"replicates": 1, "population": 50_000} | given)
    workers = chosen.workers or (1 if isinstance(chosen.population, str) else workers_for(chosen.population, MANY))
    return replace(chosen, workers=workers).checked()


def _facts(scenario, baseline, options, measures, method, factors, levels) -> dict:
    """Return everything that decides the numbers of a sweep, without the size of its design, and its digest."""
    facts = prepared({"scenario": scenario}, baseline, options)
    # what was asked, the inputs, and the digest over both
    facts |= {"measures": list(measures)}
    identity = {key: facts[key] for key in (*INPUTS, "digests", "measures")} | {
        "method": method,
        "levels": levels,
        "factors": [asdict(f) for f in factors],
    }
    digest = hashlib.sha256(to_json(identity, sort_keys=True).encode()).hexdigest()[:12]
    return facts | {"digest": digest}


def _as_kept(folder) -> list | None:
    """Return the factors of the sweep already stored in the folder, clipped as they were; None if there is none."""
    try:
        stored = Sweep.load(folder).record
    except ResultError:
        return None
    tuples = lambda row: {k: _tuple(v) for k, v in row.items()}  # noqa: E731 (JSON knows lists alone)
    return [Factor(**tuples(row)) for row in stored.get("factors", [])]


def _tuple(value) -> Any:
    """Return lists as tuples."""
    return tuple(map(_tuple, value)) if isinstance(value, list) else value


def _stages(method, n, factors, seed, levels) -> list:
    """Return (name, design, blocks) of every stage; the factors of a second stage are not known yet."""
    centre, d = tuple(f.centre for f in factors), len(factors)
    if method != "guided":
        return [(method, *design(method, d, n, seed, levels, centre))]
    return [
        (GUIDED[0][0], *design("morris", d, TRAJECTORIES, seed, levels or LEVELS["morris"])),
        (GUIDED[1][0], *design("sobol", d, n, seed)),
    ]


def _values(factors, places) -> Callable:
    """Return the function from coordinates at ``places`` to the values of all factors, the others at their centre."""

    def values(z) -> dict:
        by_name = {f.name: f.central for f in factors}
        return by_name | {factors[k].name: factors[k].value(float(u)) for k, u in zip(places, z, strict=True)}

    return values


def _same(store, identity, factors, measures) -> None:
    """Begin a new store, or check that the stored sweep is this very sweep."""
    identity = json.loads(to_json(identity))
    stored = meta(store.db)
    if "method" not in stored:
        store.begin([{key: getattr(f, key) for key in FACTOR} for f in factors], measures)
        store.put(finished=False, **identity)
        return
    # a store of another question is never added to
    for key, value in identity.items():
        if stored.get(key) != value:
            raise UsageError(store.folder, f"holds another sweep: it differs in {key}")
    store.put(finished=False)
