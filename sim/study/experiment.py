"""The pairs of a study: the same people, seeds and draws for whatever arms are run on them."""

from contextlib import contextmanager
from dataclasses import replace
from functools import partial

import numpy as np

from ..errors import UsageError
from ..processes import each
from ..scenario.stack import shared_until
from .draws import Draws
from .pairs import Plan, mapper, measure_pair, run_pair


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
        self.draws = Draws(options.declared(), options.seed, options.start, options.uncertainty, each)

    def run(self, scenarios, first=0, last=None):
        """Run arms on the pairs from ``first`` to ``last`` (all if None).

        Parameters
        ----------
        scenarios : list of Scenario, one an arm

        Returns
        -------
        list of pairs, each a list of dicts of variable -> array, one an arm
        """
        return self._map(run_pair, self.plan(scenarios), first, self.options.replicates if last is None else last)

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
        return np.transpose(self._map(partial(measure_pair, query=query), plan, 0, self.options.replicates))

    def plan(self, scenarios):
        """What all pairs of these arms share."""
        o = self.options
        arms = tuple(scenario.policies for scenario in scenarios)
        return Plan(o.population, o.seed, o.start, o.years, arms, fork_year(scenarios, o), engine=o.engine)

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
