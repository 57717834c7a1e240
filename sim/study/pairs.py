"""Pairs of arms, one after the other or in processes: the result is the same for any number of workers."""

import os
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from multiprocessing import get_context

from ..model.supply import entrant_path
from ..model.year import simulate
from ..scenario.assumptions import Assumptions
from ..scenario.levers import baseline_rules
from ..threads import set_threads
from ..world.build import build
from ..world.hubs import load_setting
from .collect import follow

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


def run_pairs(plan, draws, workers=1, progress=None):
    """All pairs in their order.

    Parameters
    ----------
    draws : list of (assumptions, constants), one a pair
    workers : processes; each uses its part of the cores, and kernels are called by one thread at a time
    progress : function of (pairs done, pairs in all)
    """
    tell = progress or (lambda done, total: None)
    pairs = []
    if workers == 1:
        for k, draw in enumerate(draws):
            pairs.append(run_pair(plan, k, draw))
            tell(k + 1, len(draws))
        return pairs
    threads = max(1, (os.cpu_count() or 1) // workers)
    context = get_context("spawn")
    with ProcessPoolExecutor(workers, context, initializer=set_threads, initargs=(threads,)) as pool:
        for pair in pool.map(run_pair, [plan] * len(draws), range(len(draws)), draws):
            pairs.append(pair)
            tell(len(pairs), len(draws))
    return pairs
