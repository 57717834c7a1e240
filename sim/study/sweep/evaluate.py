"""Evaluate the simulator at a point of a sweep: factor values in, measures of both arms out."""

from dataclasses import dataclass, replace

import numpy as np

from sim.custom_world import cached_by_world
from sim.errors import Refused
from sim.results.measures import MEASURES, parse, series
from sim.results.result import Result
from sim.results.schema import VARIABLES, dataset
from sim.scenario.assumptions import Assumptions
from sim.scenario.policies import Scenario
from sim.scenario.stack import with_value
from sim.study.options import Options
from sim.study.parameter_sample import constants_or_none, own_size_elasticity
from sim.study.public_account import with_money
from sim.study.recorder import coordinates, ones
from sim.study.replicate import Plan, fork_year, run_replicate

ALWAYS = "share"  # of every hub at every time: kept whatever is asked
OTHER_CHANCE = 500_000  # first pair of the second seed: beyond any number of replicates of the first
NO_CONSTANTS = "no hub constants meet the observed first year under these assumptions"
RUNAWAY = "size would feed itself without end under these assumptions"


@dataclass(frozen=True)
class Simulator:
    """A scenario against its baseline at one point; replicates have the same seeds at every point.

    Attributes
    ----------
    scenario, baseline : Scenario
    options : Options, checked
    central : Assumptions at their centre
    levers : names of the factors that are levers
    measures : names of what is kept, without their times
    first_pair : number of the first pair, which is its seed
    """

    scenario: Scenario
    baseline: Scenario
    options: Options
    central: Assumptions
    levers: tuple
    measures: tuple
    first_pair: int = 0

    def prepare(self, values) -> tuple:
        """Return the sample of a point: the assumptions, and the hub constants inverted under them.

        Raises
        ------
        Refused
        """
        a = self.central.vary(**{name: value for name, value in values.items() if name not in self.levers})
        constants = constants_or_none(a, self.options.start)
        if constants is None:
            raise Refused(RUNAWAY if own_size_elasticity(a) >= 1 else NO_CONSTANTS)
        return a, constants

    def reseeded(self, k) -> "Simulator":
        """Return this simulator with other replicates, which share no seed with these."""
        return replace(self, first_pair=k * OTHER_CHANCE)

    def __call__(self, values, draw) -> dict:
        """Return the measures of both arms, means over replicates: dict of name -> (arm, time, ...) array."""
        scenario, o = self.scenario, self.options
        # the sweep's levers replace the scenario's own policies on them
        for path in self.levers:
            scenario = with_value(scenario, path, values[path])
        arms = (self.baseline.policies, scenario.policies)
        fork = fork_year([self.baseline, scenario], o)
        plan = Plan(int(o.population), o.seed, o.start, o.years, arms, fork)
        # the same seeds at every point, so that chance does not move the effect
        pairs = [run_replicate(plan, self.first_pair + k, draw) for k in range(o.replicates)]
        arrays = {v: np.array([[pair[arm][v] for pair in pairs] for arm in range(2)]) for v in VARIABLES}
        data = dataset(arrays, _coordinates(o.replicates, o.start, o.years))
        result = Result(with_money(data, arms, [draw[0]] * o.replicates, o.start), {})
        return {name: _kept(series(result, name)) for name in self.measures}


@cached_by_world(maxsize=1)
def _coordinates(pairs, start, years) -> dict:
    """Return the labels of the outcomes, cached in each process."""
    return coordinates(("baseline", "scenario"), pairs, start, years)


def _kept(values) -> np.ndarray:
    """Return the (arm, time, ...) means over the replicates."""
    return np.asarray(values.mean("replicate").values, dtype=float)


def described(measures, options) -> list[dict]:
    """Describe each measure for the store, with the name under which it is stored.

    Parameters
    ----------
    measures : list of str as asked, with or without a time
    options : Options, checked

    Returns
    -------
    list of dicts, see ``results.sweep_store``; ``share`` of all hubs is always among them
    """
    trial = Result(ones(["baseline", "scenario"], options.start, options.years), {})
    rows = {}
    for text in [*measures, ALWAYS]:
        query = parse(text)
        # the axes of a measure, found on a trial result of ones
        values = series(trial, replace(query, time=None)).mean("replicate").isel(arm=0, drop=True)
        axis = values.dims[0]
        times = [int(t) for t in values[axis].values]
        name = text.partition("@")[0].strip()
        at = times.index(query.time) if query.time is not None else len(times) - 1
        rows.setdefault(
            name,
            {
                "name": name,
                "unit": MEASURES[query.name].unit,
                "dims": list(values.dims),
                "at": at,
                "paired": True,
                "coords": {d: values[d].values.tolist() for d in values.dims},
            },
        )
    return list(rows.values())
