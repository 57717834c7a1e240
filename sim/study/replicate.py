"""Run replicates: baseline and scenarios with the same people, seed and sample of the assumptions."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from itertools import zip_longest
from typing import TYPE_CHECKING

import numpy as np

from sim.custom_world import cached_by_world
from sim.errors import UsageError
from sim.memory import ARMS, return_large_blocks
from sim.model.kernels.choice import compile_choices, is_compiled
from sim.model.kernels.moves import entrants_delta
from sim.model.labour import change_jobs, promote, return_to_office
from sim.model.state import Simulation, Trajectory
from sim.model.supply import enter, entrant_path
from sim.model.visas import update_status
from sim.model.year import begin, find_searchers, leave
from sim.parallel import SMALL, cores, each, processes, side_by_side
from sim.results.schema import VARIABLES, dataset
from sim.scenario.assumptions import Assumptions
from sim.scenario.levers import baseline_rules
from sim.scenario.past import changes_since, rules_of_year
from sim.scenario.stack import shared_until
from sim.study import disk_cache
from sim.study.calibration.hub_constants import START, shipped
from sim.study.parameter_sample import ParameterSample
from sim.study.recorder import coordinates, empty_record, record
from sim.world.build_world import World, build
from sim.world.past import setting_of

if TYPE_CHECKING:
    import xarray as xr  # worker processes do without


# --- One replicate ----------------------------------------------------------------------------------


KEPT = 4  # small worlds that a process caches
WORLDS_APART = 10**12 + 39  # people of replicate k of seed s are sampled with s + k times this, which is above any seed
MOST = 4  # processes that share the compilation: more would compile the same
SEEDS_APART = 1_000_003  # replicate k of seed s has the seed s * SEEDS_APART + k: neighbouring seeds share none


@dataclass(frozen=True)
class Plan:
    """Settings that all replicates of a run share."""

    population: int  # agents at the start
    seed: int
    start: int
    years: int
    arms: tuple  # of tuples of policies, one an arm
    fork: int  # the year until whose 1 January all arms have the same policies
    frozen: tuple = ()  # of tuples, one an arm: mechanisms in which it replays the first arm
    stored: bool = False  # whether the first arm comes from the disk where an equal run has stored it
    recorded: tuple = tuple(VARIABLES)  # names of the variables that are wanted; all where arms are stored


def the_world(population, seed, start, years, pair=0) -> World:
    """Return the world in use at a population, with the people that replicate ``pair`` samples.

    Equal arguments give the same World object. Every replicate has people of its own, so the spread over replicates
    includes sampling error.
    """
    # small worlds are kept a few at a time, a large one alone
    kept = _few_worlds if population <= SMALL // KEPT else _one_world
    return kept(population, seed + WORLDS_APART * pair, start, years)


def _build(population, seed, start, years) -> World:
    """Build the World of a population, with entrants for every year."""
    if population > SMALL:
        return_large_blocks()
    setting, a = setting_of(start), Assumptions.central()
    return build(setting, population, seed, start, entrant_path(setting, a, start, years), a.mover_share)


_few_worlds = cached_by_world(maxsize=KEPT)(_build)
_one_world = cached_by_world(maxsize=1)(_build)


def forget_worlds() -> None:
    """Clear the cached worlds of this process."""
    for kept in (_few_worlds, _one_world):
        vars(kept)["cache_clear"]()


def initial_state(plan, k, draw) -> Simulation:
    """Return the Simulation that replicate ``k`` starts from, under the baseline's rules of the first January.

    Scenarios branch from it; callers must not change it, see ``Simulation.branch``.
    """
    a, constants = draw
    world = the_world(plan.population, plan.seed, plan.start, plan.years, k)
    seed = plan.seed * SEEDS_APART + k
    return begin(world, a, constants, rules_of_year(plan.start), seed, changes_since(plan.start))


def run_replicate(plan, k, draw, common_past=None) -> list:
    """Run all arms of replicate ``k`` with the same seed and the same sample (assumptions, constants).

    The common past runs once, and every arm branches from it. The numbers are bit for bit those of separate runs.

    Parameters
    ----------
    common_past : Simulation of :func:`initial_state` for this replicate; made here if None

    Returns
    -------
    list of dicts, variable -> array, one an arm
    """
    stored = plan.stored and common_past is None and not plan.frozen  # the caller's own past may be of another world
    common_past = (common_past or initial_state(plan, k, draw)).branch(plan.arms[0])
    # record the shared years once; the block is empty where the fork is the start
    past = record(common_past, plan.fork, empty_record(common_past.world, plan.recorded))
    trajectory = Trajectory()

    def simulated(held, number, policies, frozen) -> dict:
        """Branch an arm from the shared past; mechanisms in ``frozen`` replay the first arm's trajectory."""
        arm = held.pop().branch(policies, dict.fromkeys(frozen, trajectory))
        if plan.frozen and number == 0:
            arm.trajectory = trajectory
        return record(arm, plan.start + plan.years, past)

    # each arm lets go of the past when it has branched from it
    arms = enumerate(zip_longest(plan.arms, plan.frozen, fillvalue=()))
    runs = [partial(simulated, [common_past], number, policies, frozen) for number, (policies, frozen) in arms]
    del common_past
    # the baseline of many scenarios is one and the same
    if stored:
        runs[0] = partial(disk_cache.baseline, runs[0], plan, k, draw)
    # arms that replay the first one's trajectory run after it
    return [run() for run in runs] if plan.frozen else side_by_side(runs, ARMS)


def measure_replicate(plan, k, draw, query) -> list[float]:
    """Run replicate ``k`` and return the value of a measure in each arm; the measure has no hubs or routes left in it.

    Returns
    -------
    list of float, one an arm
    """
    from sim.results.measures import measure  # imported only where it is used: a worker starts in half the time
    from sim.results.result import Result
    from sim.study.public_account import with_money

    # with public money filled in, which a measure may ask for
    pair = labelled([run_replicate(plan, k, draw)], range(len(plan.arms)), plan)
    return measure(Result(with_money(pair, plan.arms, [draw[0]], plan.start), {}), query).values[:, 0].tolist()


def labelled(pairs, labels, plan) -> "xr.Dataset":
    """Stack replicates, as :func:`run_replicate` returns them, into one labelled dataset; ``labels`` name the arms."""
    arrays = {v: np.stack([[pair[arm][v] for pair in pairs] for arm in range(len(labels))]) for v in VARIABLES}
    return dataset(arrays, coordinates(labels, len(pairs), plan.start, plan.years))


@contextmanager
def mapper(workers) -> Iterator[None]:
    """Let :func:`~sim.parallel.each` map over ``workers`` processes inside the block; compile new kernels in them."""
    with processes(workers, warm_up):
        if workers > 1 and not is_compiled():
            compile_kernels()
        yield


def warm_up() -> None:
    """Load the compiled kernels, by running few people; nothing where they are not compiled yet."""
    if is_compiled():
        _run_small()


def compile_kernels() -> None:
    """Compile the kernels and cache them on disk; processes share the work where others may start."""
    with processes(min(cores(), MOST)):
        # the others begin with the first part, this process with the last, and each goes on with the next that is left
        list(each(_compile, (compile_choices, *PARTS)))
    _compile(_run_small)  # what has no part


def _compile(part) -> None:
    """Call a function whose kernels are compiled, or loaded where another process has compiled them.

    The garbage collector pauses: numba makes millions of objects, and walking them costs a sixth of the time.
    """
    collects = gc.isenabled()
    gc.disable()
    try:
        part()
    finally:
        if collects:
            gc.enable()


@cached_by_world(maxsize=1)
def _small_simulation() -> Simulation:
    """Return a simulation of a year of few people, with open accounts and nobody who searches."""
    sim = Simulation(the_world(2_000, 0, START, 1), Assumptions.central(), shipped()[0], baseline_rules(), 0)
    sim.open_accounts()
    sim.searchers = [np.zeros(0, np.int64)] * 12
    return sim


def _step(step) -> None:
    """Run a step of the year."""
    sim = _small_simulation()
    step(sim, sim.year)


def _months(count) -> None:
    """Run the first months of a year, in which nobody searches; no month at all needs no kernel of choices."""
    sim = _small_simulation()
    sim.visas.run_months(12 * sim.year, 12 * sim.year + count)


def _add_nobody() -> None:
    """Add no entrants."""
    sim = _small_simulation()
    entrants_delta(np.zeros(0, np.int64), sim.people, len(sim.counts), len(sim.world.setting.homes))


# what compiles the kernels after those of choices: first what calls choices, last the months, which need a world
PARTS = (
    partial(_step, update_status),
    partial(_months, 12),
    *(partial(_step, step) for step in (return_to_office, change_jobs, find_searchers, promote, enter, leave)),
    _add_nobody,
    partial(_months, 0),
)


def _run_small() -> None:
    """Run a year of few people, whose kernels are compiled where they are not yet."""
    run_replicate(Plan(2_000, 0, START, 1, ((),), START), 0, (Assumptions.central(), shipped()[0]))


# --- All replicates of a study ----------------------------------------------------------------------


@contextmanager
def experiment(options) -> Iterator["Experiment"]:
    """Open an :class:`Experiment` with its worker processes; they close at the end of the block.

    Parameters
    ----------
    options : Options, checked
    """
    with mapper(options.workers):
        yield Experiment(options, each)


class Experiment:
    """Replicates on which any number of scenarios can be run, one after the other or all at once.

    Parameters
    ----------
    options : Options, checked
    each : ``map`` or one like it
    """

    def __init__(self, options, each=map) -> None:
        self.options, self.each = options, each
        self.draws = ParameterSample(options.declared(), options.seed, options.start, options.uncertainty, each)

    def run(self, scenarios, first=0, last=None) -> list:
        """Run scenarios on the replicates from ``first`` to ``last`` (all if None).

        Parameters
        ----------
        scenarios : list of Scenario, one an arm

        Returns
        -------
        list of pairs, each a list of dicts of variable -> array, one an arm
        """
        return self._map(run_replicate, self.plan(scenarios), first, self.options.replicates if last is None else last)

    def measure(self, scenarios, query, frozen=()) -> np.ndarray:
        """Compute the value of a measure in every arm and replicate.

        Parameters
        ----------
        scenarios : list of Scenario, one an arm
        query : str, a measure with a single value
        frozen : for each arm the mechanisms in which it replays the first arm

        Returns
        -------
        (arm, pair) array in the measure's own unit
        """
        plan = replace(self.plan(scenarios), frozen=tuple(frozen))
        return np.transpose(self._map(partial(measure_replicate, query=query), plan, 0, self.options.replicates))

    def plan(self, scenarios) -> Plan:
        """Return the Plan for these scenarios, one an arm."""
        o = self.options
        arms = tuple(scenario.policies for scenario in scenarios)
        return Plan(o.population, o.seed, o.start, o.years, arms, fork_year(scenarios, o), stored=True)

    def _map(self, task, plan, first, last) -> list:
        """Call ``task(plan, k, draw)`` for every replicate *k* from ``first`` to ``last``, and report progress."""
        draws, done = self.draws.first(last)[first:], []
        for pair in self.each(task, [plan] * len(draws), range(first, last), draws):
            done.append(pair)
            if self.options.progress:
                self.options.progress(first + len(done), last)
        return done


def fork_year(scenarios, options) -> int:
    """Return the year until which all arms share their past: the one given, or as late as their policies allow.

    Raises
    ------
    UsageError
        for a year that lies outside the run, or after the first policy that not all arms have
    """
    end = options.start + options.years
    # the latest year in which no policy differs between the scenarios yet
    latest = shared_until([scenario.policies for scenario in scenarios], options.start, end)
    asked = latest if options.fork is None else options.fork
    if not options.start <= asked <= end:
        raise UsageError("fork", f"{asked} lies outside the run, {options.start} to {end}")
    if asked > latest:
        raise UsageError("fork", f"{asked} is too late: the scenarios differ from {latest} on; give that or earlier")
    return asked
