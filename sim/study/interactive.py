"""Studies kept warm: what pairs begin with and the arms that were run stay at hand; a moved lever costs an arm a pair.

The numbers are those of ``run``: the same seeds, the same draws, the same arms.
"""

import time
from collections import OrderedDict
from dataclasses import dataclass, replace
from threading import Lock

from sim.parallel import cores
from sim.results.result import Result
from sim.study.parameter_sample import ParameterSample
from sim.study.replicate import SMALL, Experiment, Plan, initial_state, run_replicate
from sim.study.run import prepared, written_up
from sim.threads import set_threads

ARMS_KEPT = 800  # finished arms, at 0.4 MB each
AGENTS_KEPT = 3_000_000  # in what pairs begin with, in each process: about 100 bytes each
DRAWS_KEPT = 4  # sets of assumptions whose draws are kept
AT_ONCE = 4  # draws looked for before who waits is told so
FIRST = 2  # pairs of the first answer
PATIENCE = 2.5  # seconds after which an unfinished answer is told anew


@dataclass(frozen=True)
class PartialResult:
    """An answer as far as it has come."""

    result: Result
    total: int  # pairs asked for

    @property
    def done(self):
        """Pairs that are in it."""
        return self.result.data.sizes["replicate"]

    @property
    def is_complete(self):
        """Whether every pair asked for is in it."""
        return self.done == self.total


class InteractiveStudy:
    """Studies for whoever asks again with a lever moved; any number of threads may ask.

    Parameters
    ----------
    pool : WorkerPool
    """

    def __init__(self, pool):
        self.pool, self.lock, self.arms, self.studies = pool, Lock(), OrderedDict(), OrderedDict()

    def draws(self, options, count, tick=lambda: None):
        """The draws of a study, the first ``count`` of them found.

        Returns
        -------
        Draws
        """
        declared = options.declared()
        key = (*declared.values(), options.seed, options.start, options.uncertainty)
        fresh = ParameterSample(declared, options.seed, options.start, options.uncertainty, self.pool.each)
        with self.lock:
            found = _keep(self.studies, key, self.studies.get(key, fresh), DRAWS_KEPT)
        while len(found.accepted) < count:
            with self.lock:
                found.first(min(count, len(found.accepted) + AT_ONCE))
            tick()
        return found

    def experiment(self, options):
        """An Experiment on the same pairs, run by the same processes."""
        lab = Experiment(options, self.pool.each)
        lab.draws = self.draws(options, options.replicates)
        return lab

    def answers(self, arms, baseline, options, tick=lambda done: None):
        """The answer of a few pairs, soon, and then of more and more until all are in it.

        Parameters
        ----------
        arms : dict of label -> Scenario, see ``simulate.written_up``
        baseline : Scenario
        options : Options, checked
        tick : function of the number of pairs done, called while waiting; what it raises ends the work

        Yields
        ------
        PartialResult

        Raises
        ------
        ScenarioError, AssumptionError, UsageError
            for input that makes no sense, before anything is run
        """
        started = told = time.perf_counter()
        prepared(arms, baseline, options)
        total, pairs = options.replicates, []
        for count in sorted({min(FIRST, total), total}):
            draws = self.draws(options, count, lambda: tick(len(pairs)))
            for pair in self._pairs(
                [baseline, *arms.values()], options, draws, range(len(pairs), count), lambda: tick(len(pairs))
            ):
                pairs.append(pair)
                tick(len(pairs))
                if len(pairs) == count or (len(pairs) > FIRST and time.perf_counter() - told > PATIENCE):
                    done = replace(options, replicates=len(pairs))
                    yield PartialResult(written_up(arms, baseline, done, pairs, draws, started), total)
                    told = time.perf_counter()

    def _pairs(self, scenarios, options, draws, numbers, tick):
        """The arms of each of the pairs ``numbers``: from memory, or run now."""
        wanted = [scenario.policies for scenario in scenarios]
        had = {k: {p: self.arms.get(_key(options, draws, k, p)) for p in wanted} for k in numbers}
        calls = {k: _call(options, draws, k, [p for p in arms if arms[p] is None]) for k, arms in had.items()}
        made = self.pool.stream(cached_replicate, [call for call in calls.values() if call], tick)
        for k, arms in had.items():
            if calls[k]:
                arms |= zip([p for p in arms if arms[p] is None], next(made), strict=True)
            with self.lock:
                for policies, arm in arms.items():
                    _keep(self.arms, _key(options, draws, k, policies), arm, ARMS_KEPT)
            yield [arms[policies] for policies in wanted]


def _key(options, draws, k, policies):
    o = options
    return o.population, o.seed, o.start, o.years, k, draws.accepted[k][0], policies


def _call(options, draws, k, missing):
    """What a hand is asked for a pair; a large world is run by one hand with all threads, none where all is there."""
    o, large = options, options.population > SMALL
    plan = Plan(o.population, o.seed, o.start, o.years, tuple(missing), o.start)
    number, threads = (0, cores()) if large else (k, 1)
    return (number, plan, k, draws.accepted[k], threads) if missing else None


def _keep(kept, key, value, most):
    """Put a value last into an ordered dict of at most ``most``."""
    kept[key] = value
    kept.move_to_end(key)
    while len(kept) > most:
        kept.popitem(last=False)
    return value


# --- in the pool ---------------------------------------------------------------------------------

_initial_states = OrderedDict()


def cached_replicate(plan, k, draw, threads):
    """The same as ``run_replicate``; what the pair begins with is kept while there is room."""
    set_threads(threads)
    key = (plan.population, plan.seed, plan.start, plan.years, k, draw[0])
    common_past = _initial_states.get(key) or initial_state(plan, k, draw)
    _keep(_initial_states, key, common_past, max(AGENTS_KEPT // plan.population, 1))
    return run_replicate(plan, k, draw, common_past)
