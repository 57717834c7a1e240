"""Pairs of arms, one after the other or in processes: the result is the same for any number of workers."""

import os
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from multiprocessing import get_context

from ..model.kernels import is_compiled
from ..model.supply import entrant_path
from ..model.year import simulate
from ..scenario.assumptions import Assumptions
from ..scenario.levers import baseline_rules
from ..threads import set_threads
from ..world.build import build
from ..world.hubs import load_setting
from .calibrate import START, shipped
from .collect import follow

SMALL = 400_000  # agents up to which pairs run side by side rather than with threads in each
SEEDS_APART = 1_000_003  # pair k of seed s draws with s * SEEDS_APART + k: neighbouring seeds share no pair


@dataclass(frozen=True)
class Plan:
    """What all pairs of a run share."""

    population: int  # agents at the start
    seed: int
    start: int
    years: int
    policies: tuple  # of the baseline, of the scenario


@lru_cache(maxsize=1)
def the_world(population, seed, start, years):
    """The shipped world at a population, built once a process; the people of equal arguments are the same."""
    setting, a = load_setting(), Assumptions.central()
    return build(setting, population, seed, start, entrant_path(setting, a, start, years), a.mover_share)


def run_pair(plan, k, draw):
    """Both arms of pair ``k`` with the same seed and the same draw (assumptions, constants).

    Returns
    -------
    list of two dicts, variable -> array: baseline, scenario
    """
    world = the_world(plan.population, plan.seed, plan.start, plan.years)
    seed = plan.seed * SEEDS_APART + k
    rules = baseline_rules()
    return [follow(simulate(world, *draw, policies, rules, seed), world) for policies in plan.policies]


@contextmanager
def mapper(workers):
    """A ``map`` over this process (one worker) or over ``workers`` processes; the order of results is kept.

    Each process has its part of the cores, and pools are spawned: nothing is inherited, so results are the same.
    """
    if workers == 1:
        yield map
        return
    if not is_compiled():  # once, rather than in every process at the same time
        compile_kernels()
    threads = max(1, (os.cpu_count() or 1) // workers)
    with ProcessPoolExecutor(workers, get_context("spawn"), set_threads, (threads,)) as pool:
        yield pool.map


def compile_kernels():
    """Run a very small pair, so that the kernels lie compiled on disk."""
    central, _ = shipped()
    run_pair(Plan(2_000, 0, START, 1, ((), ())), 0, (Assumptions.central(), central))


def workers_for(population, tasks):
    """Processes that suit a run: one a core while worlds are small, one with all the threads when they are large."""
    return min(os.cpu_count() or 1, tasks) if population <= SMALL else 1


def run_pairs(plan, draws, each=map, progress=None):
    """All pairs in their order.

    Parameters
    ----------
    draws : list of (assumptions, constants), one a pair
    each : ``map`` or one like it, see :func:`mapper`
    progress : function of (pairs done, pairs in all)

    Returns
    -------
    list of pairs, see :func:`run_pair`
    """
    pairs = []
    for pair in each(run_pair, [plan] * len(draws), range(len(draws)), draws):
        pairs.append(pair)
        if progress:
            progress(len(pairs), len(draws))
    return pairs
