"""Interactive studies: initial states and finished runs are cached, so a moved lever re-simulates one arm a replicate.

The numbers are those of ``run``: the same seeds, the same samples of the assumptions, the same arms.
"""

import time
from collections import OrderedDict
from collections.abc import Iterator
from threading import Lock
from typing import Any

from sim.parallel import SMALL, cores, set_threads
from sim.results.result import Result
from sim.study.parameter_sample import ParameterSample
from sim.study.replicate import Experiment, Plan, initial_state, run_replicate
from sim.study.run import prepared, written_up

ARMS_KEPT = 800  # finished arms, at 0.4 MB each
AGENTS_KEPT = 3_000_000  # in the cached initial states of each process, at about 100 bytes each
DRAWS_KEPT = 4  # sets of assumptions whose samples are cached
AT_ONCE = 4  # samples drawn between two calls of `tick`


class InteractiveStudy:
    """Studies whose levers move between requests; any number of threads may use it.

    Parameters
    ----------
    pool : WorkerPool
    """

    def __init__(self, pool) -> None:
        self.pool, self.lock, self.arms, self.studies = pool, Lock(), OrderedDict(), OrderedDict()

    def draws(self, options, count, tick=lambda: None) -> ParameterSample:
        """Return the sample of the assumptions of a study, with at least ``count`` accepted.

        Returns
        -------
        ParameterSample
        """
        # the sample depends on the ranges, the seed, the start and the kind of uncertainty
        declared = options.declared()
        key = (*declared.values(), options.seed, options.start, options.uncertainty)
        fresh = ParameterSample(declared, options.seed, options.start, options.uncertainty, self.pool.each)
        with self.lock:
            sample = _keep(self.studies, key, self.studies.get(key, fresh), DRAWS_KEPT)
        # a few at a time, so that the page can show that the work goes on
        while len(sample.accepted) < count:
            with self.lock:
                sample.first(min(count, len(sample.accepted) + AT_ONCE))
            tick()
        return sample

    def experiment(self, options) -> Experiment:
        """Return an Experiment on the same replicates, run by the same processes."""
        lab = Experiment(options, self.pool.each)
        lab.draws = self.draws(options, options.replicates)
        return lab

    def answer(self, arms, baseline, options, tick=lambda done: None) -> Result:
        """Return the Result of scenarios, as ``run`` and ``compare`` make it; arms that were run are not run again.

        Parameters
        ----------
        arms : dict of label -> Scenario, see :func:`sim.study.run.written_up`
        baseline : Scenario
        options : Options, checked
        tick : function of the number of replicates done, called while waiting; an exception in it ends the work

        Raises
        ------
        ScenarioError, AssumptionError, UsageError
            for input that makes no sense, before anything is run
        """
        started = time.perf_counter()
        prepared(arms, baseline, options)
        pairs: list = []
        draws = self.draws(options, options.replicates, lambda: tick(0))
        for pair in self._pairs([baseline, *arms.values()], options, draws, lambda: tick(len(pairs))):
            pairs.append(pair)
            tick(len(pairs))
        return written_up(arms, baseline, options, pairs, draws, started)

    def _pairs(self, scenarios, options, draws, tick) -> Iterator[list]:
        """Yield the arms of each replicate, from the cache or simulated now."""
        wanted, numbers = [scenario.policies for scenario in scenarios], range(options.replicates)
        # look up the arms of every replicate; arms that are missing become tasks
        had = {k: {p: self.arms.get(_key(options, draws, k, p)) for p in wanted} for k in numbers}
        calls = {k: _call(options, draws, k, [p for p in arms if arms[p] is None]) for k, arms in had.items()}
        made = self.pool.stream(cached_replicate, [call for call in calls.values() if call], tick)
        for k, arms in had.items():
            # fill in the missing arms from the workers, and cache them
            if calls[k]:
                arms |= zip([p for p in arms if arms[p] is None], next(made), strict=True)
            with self.lock:
                for policies, arm in arms.items():
                    _keep(self.arms, _key(options, draws, k, policies), arm, ARMS_KEPT)
            yield [arms[policies] for policies in wanted]


def _key(options, draws, k, policies) -> tuple:
    """Return the key under which a finished arm is cached."""
    o = options
    return o.population, o.seed, o.start, o.years, k, draws.accepted[k][0], policies


def _call(options, draws, k, missing) -> tuple | None:
    """Return the task of replicate ``k`` for a worker: (number, plan, k, sample, threads); None if no arm is missing.

    A large world runs on one worker with all threads.
    """
    o, large = options, options.population > SMALL
    plan = Plan(o.population, o.seed, o.start, o.years, tuple(missing), o.start)
    number, threads = (0, cores()) if large else (k, 1)
    return (number, plan, k, draws.accepted[k], threads) if missing else None


def _keep(kept, key, value, most) -> Any:
    """Put a value last into an ordered dict, drop the oldest beyond ``most``, and return the value."""
    kept[key] = value
    kept.move_to_end(key)
    while len(kept) > most:
        kept.popitem(last=False)
    return value


# --- in the worker processes ----------------------------------------------------------------------

_initial_states = OrderedDict()


def cached_replicate(plan, k, draw, threads) -> list:
    """Run a replicate as ``run_replicate`` does; cache its initial state in this worker while there is room."""
    set_threads(threads)
    key = (plan.population, plan.seed, plan.start, plan.years, k, draw[0])
    common_past = _initial_states.get(key) or initial_state(plan, k, draw)
    _keep(_initial_states, key, common_past, max(AGENTS_KEPT // plan.population, 1))
    return run_replicate(plan, k, draw, common_past)
