"""Replicates: paired runs of baseline and scenarios with the same people, seed and draw of the assumptions."""

from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from itertools import zip_longest

import numpy as np

from sim.custom_world import cached_by_world
from sim.errors import UsageError
from sim.model.kernels.choice import is_compiled
from sim.model.state import Trajectory
from sim.model.supply import entrant_path
from sim.model.year import begin
from sim.parallel import can_start, cores
from sim.processes import each, processes
from sim.results.schema import VARIABLES, dataset
from sim.scenario.assumptions import Assumptions
from sim.scenario.levers import baseline_rules
from sim.scenario.stack import shared_until
from sim.study.calibrate.constants import START, fit_world, shipped
from sim.study.parameter_sample import ParameterSample
from sim.study.recorder import coordinates, empty_record, record
from sim.world.build_world import build
from sim.world.setting import load_setting

# ------------------------------------------------------------------------------
# Pairs of arms, one after the other or in processes: the result is the same for any number of workers.
# ------------------------------------------------------------------------------


SMALL = 400_000  # agents up to which pairs run side by side rather than with threads in each
KEPT = 4  # small worlds that a process keeps
WORLDS_APART = 10**12 + 39  # the people of pair k of seed s are drawn with s + k times this: above any seed
SEEDS_APART = 1_000_003  # pair k of seed s draws with s * SEEDS_APART + k: neighbouring seeds share no pair


@dataclass(frozen=True)
class Plan:
    """What all pairs of a run share."""

    population: int  # agents at the start
    seed: int
    start: int
    years: int
    arms: tuple  # of tuples of policies, one an arm
    fork: int  # the year until whose 1 January all arms have the same policies
    held: tuple = ()  # of tuples, one an arm: mechanisms in which it is held to the first arm


def the_world(population, seed, start, years, pair=0):
    """The shipped world at a population, with the people that a pair draws; those of equal arguments are the same.

    Every pair has people of its own, so that the spread over pairs holds what drawing them adds to an effect.
    """
    kept = _few_worlds if population <= SMALL // KEPT else _one_world
    return kept(population, seed + WORLDS_APART * pair, start, years)


def _build(population, seed, start, years):
    setting, a = load_setting(), Assumptions.central()
    return build(setting, population, seed, start, entrant_path(setting, a, start, years), a.mover_share)


_few_worlds = cached_by_world(maxsize=KEPT)(_build)
_one_world = cached_by_world(maxsize=1)(_build)


def forget_worlds():
    """Let the worlds go that this process keeps."""
    for kept in (_few_worlds, _one_world):
        vars(kept)["cache_clear"]()


def initial_state(plan, k, draw):
    """The arm that pair ``k`` begins with, whatever policies come; nobody may change it, see ``Arm.branch``."""
    a, constants = draw
    world = the_world(plan.population, plan.seed, plan.start, plan.years, k)
    return begin(world, a, constants, baseline_rules(), plan.seed * SEEDS_APART + k)


def run_replicate(plan, k, draw, common_past=None):
    """All arms of pair ``k`` with the same seed and the same draw (assumptions, constants).

    Their common past runs once, and every arm branches from it: to the bit what each would be on its own.

    Parameters
    ----------
    common_past : what :func:`initial_state` gave for this pair, kept from before; begun now if None

    Returns
    -------
    list of dicts, variable -> array, one an arm
    """
    common_past = (common_past or initial_state(plan, k, draw)).branch(plan.arms[0])
    past = record(common_past, plan.fork, empty_record(common_past.world))  # nothing at all where the fork is the start
    trajectory, written = Trajectory(), []
    for policies, held in zip_longest(plan.arms, plan.held, fillvalue=()):
        arm = common_past.branch(policies, dict.fromkeys(held, trajectory))
        if plan.held and not written:
            arm.trajectory = trajectory
        written.append(record(arm, plan.start + plan.years, past))
    return written


def measure_replicate(plan, k, draw, query):
    """The same, but one number an arm: the value of a measure without hubs or routes left in it.

    Returns
    -------
    list of float, one an arm
    """
    from sim.results.measures import measure  # imported only where it is used: a worker starts in half the time
    from sim.results.result import Result

    pair = labelled([run_replicate(plan, k, draw)], range(len(plan.arms)), plan)
    return measure(Result(pair, {}), query).values[:, 0].tolist()


def labelled(pairs, labels, plan):
    """The labelled dataset of pairs as :func:`run_replicate` returns them; ``labels`` name the arms."""
    arrays = {v: np.stack([[pair[arm][v] for pair in pairs] for arm in range(len(labels))]) for v in VARIABLES}
    return dataset(arrays, coordinates(labels, len(pairs), plan.start, plan.years))


def mapper(workers):
    """A block inside which :func:`~sim.processes.each` maps over ``workers`` processes; new kernels compile first."""
    if workers > 1 and not is_compiled():
        compile_kernels()
    return processes(workers, fit_world)


def compile_kernels():
    """Run a very small arm, so that the kernels lie compiled on disk."""
    central, _ = shipped()
    run_replicate(Plan(2_000, 0, START, 1, ((),), START), 0, (Assumptions.central(), central))


def workers_for(population, tasks):
    """Processes that suit a run: one a core while worlds are small, one with all the threads when they are large."""
    return min(cores(), tasks) if population <= SMALL and can_start() else 1


# ------------------------------------------------------------------------------
# The pairs of a study: the same people, seeds and draws for whatever arms are run on them.
# ------------------------------------------------------------------------------


@contextmanager
def experiment(options):
    """An :class:`Experiment`, its worker processes open inside the block.

    Parameters
    ----------
    options : Options, checked
    """
    with mapper(options.workers):
        yield Experiment(options, each)


class Experiment:
    """Pairs that any number of arms can be run on, one after the other or all at once.

    Parameters
    ----------
    options : Options, checked
    each : ``map`` or one like it
    """

    def __init__(self, options, each=map):
        self.options, self.each = options, each
        self.draws = ParameterSample(options.declared(), options.seed, options.start, options.uncertainty, each)

    def run(self, scenarios, first=0, last=None):
        """Run arms on the pairs from ``first`` to ``last`` (all if None).

        Parameters
        ----------
        scenarios : list of Scenario, one an arm

        Returns
        -------
        list of pairs, each a list of dicts of variable -> array, one an arm
        """
        return self._map(run_replicate, self.plan(scenarios), first, self.options.replicates if last is None else last)

    def measure(self, scenarios, query, held=()):
        """The value of a measure in every arm and pair.

        Parameters
        ----------
        scenarios : list of Scenario, one an arm
        query : str, a measure with a single value
        held : for each arm the mechanisms in which it is held to the first arm

        Returns
        -------
        (arm, pair) array in the measure's own unit
        """
        plan = replace(self.plan(scenarios), held=tuple(held))
        return np.transpose(self._map(partial(measure_replicate, query=query), plan, 0, self.options.replicates))

    def plan(self, scenarios):
        """What all pairs of these arms share."""
        o = self.options
        arms = tuple(scenario.policies for scenario in scenarios)
        return Plan(o.population, o.seed, o.start, o.years, arms, fork_year(scenarios, o))

    def _map(self, task, plan, first, last):
        """``task(plan, k, draw)`` for every pair *k* from ``first`` to ``last``, progress told."""
        draws, done = self.draws.first(last)[first:], []
        for pair in self.each(task, [plan] * len(draws), range(first, last), draws):
            done.append(pair)
            if self.options.progress:
                self.options.progress(first + len(done), last)
        return done


def fork_year(scenarios, options):
    """The year until which all arms share their past: the one asked for, or as late as their policies allow.

    Raises
    ------
    UsageError
        for a year that lies outside the run, or after the first policy that not all arms have
    """
    end = options.start + options.years
    latest = shared_until([scenario.policies for scenario in scenarios], options.start, end)
    asked = latest if options.fork is None else options.fork
    if not options.start <= asked <= end:
        raise UsageError("fork", f"{asked} lies outside the run, {options.start} to {end}")
    if asked > latest:
        raise UsageError("fork", f"{asked} is too late: the scenarios differ from {latest} on; give that or earlier")
    return asked
