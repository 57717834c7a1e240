"""Evaluate the simulator at a point of a sweep: factor values in, measures of both arms out."""

from collections import OrderedDict
from dataclasses import dataclass, replace
from functools import partial
from typing import NamedTuple

import numpy as np
import xarray as xr

from sim.custom_world import cached_by_world
from sim.errors import Refused, ResultError
from sim.results.measures import MEASURES, parse, series
from sim.results.schema import MONEY, VARIABLES, dataset
from sim.scenario.assumptions import Assumptions
from sim.scenario.policies import Scenario
from sim.scenario.stack import with_value
from sim.study.options import Options
from sim.study.parameter_sample import own_size_elasticity, recalled_constants
from sim.study.public_account import STANDS_ON, with_money
from sim.study.recorder import coordinates, ones
from sim.study.replicate import Plan, fork_year, run_replicate

ALWAYS = "share"  # of every hub at every time: kept whatever is asked
OTHER_CHANCE = 500_000  # first pair of the second seed: beyond any number of replicates of the first
BASELINES = 16  # arms that a process keeps
NO_CONSTANTS = "no hub constants meet the observed first year under these assumptions"
RUNAWAY = "size would feed itself without end under these assumptions"


class Arrays(NamedTuple):
    """The arrays of a run without its record: measures need no more, and a process without ``Result`` starts sooner."""

    data: xr.Dataset


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
    recorded : names of the variables that the measures need, see :func:`variables_of`
    """

    scenario: Scenario
    baseline: Scenario
    options: Options
    central: Assumptions
    levers: tuple
    measures: tuple
    first_pair: int = 0
    recorded: tuple = tuple(VARIABLES)

    def prepare(self, values) -> tuple:
        """Return the sample of a point: the assumptions, and the hub constants inverted under them.

        Raises
        ------
        Refused
        """
        a = self.central.vary(**{name: value for name, value in values.items() if name not in self.levers})
        constants = recalled_constants(a, self.options.start)
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
        plan = Plan(int(o.population), o.seed, o.start, o.years, arms, fork, recorded=self.recorded)
        # the same seeds at every point, so that chance does not move the effect
        numbers = range(self.first_pair, self.first_pair + o.replicates)
        pairs = [_run_pair(plan, k, draw) if self.levers else run_replicate(plan, k, draw) for k in numbers]
        arrays = {v: np.array([[pair[arm][v] for pair in pairs] for arm in range(2)]) for v in self.recorded}
        labels = _labels(o.replicates, o.start, o.years)
        data = labels.assign({v: (VARIABLES[v].dims, values) for v, values in arrays.items()})
        if not set(MONEY).isdisjoint(self.recorded):
            data = with_money(data, arms, [draw[0]] * o.replicates, o.start)
        return {name: _mean_over_pairs(series(Arrays(data), name)) for name in self.measures}


@cached_by_world(maxsize=1)
def _baselines() -> OrderedDict:
    """Return the baseline arms that this process has simulated last: all that decides an arm -> its arrays."""
    return OrderedDict()


def _run_pair(plan, k, draw) -> list:
    """Run both arms of replicate ``k``; points that differ in levers alone have their baseline in common."""
    a, constants = draw
    numbers = tuple(np.asarray(values).tobytes() for values in vars(constants).values())
    known, decides = _baselines(), (repr(replace(plan, arms=plan.arms[:1], fork=plan.start)), k, a, numbers)
    if decides not in known:
        baseline, scenario = run_replicate(plan, k, draw)
    else:
        baseline, scenario = known.pop(decides), *run_replicate(replace(plan, arms=plan.arms[1:]), k, draw)
    # the last few, the latest at the end
    known[decides] = baseline
    if len(known) > BASELINES:
        known.popitem(last=False)
    return [baseline, scenario]


@cached_by_world(maxsize=1)
def _labels(pairs, start, years) -> xr.Dataset:
    """Return a dataset of the outcomes' labels alone, cached in each process."""
    return dataset({}, coordinates(("baseline", "scenario"), pairs, start, years))


def _mean_over_pairs(values) -> np.ndarray:
    """Return the (arm, time, ...) means over the replicates."""
    return np.asarray(values.mean("replicate").values, dtype=float)


def variables_of(measures, options) -> tuple:
    """Return the names of the variables of a result from which measures are computed.

    They are found by trial, on random numbers: a variable without which all measures stay as they are is not needed.
    """
    rng = np.random.default_rng(0)
    trial = ones(["baseline", "scenario"], options.start, options.years).map(lambda v: v * rng.random(v.shape))

    def computed(data) -> list:
        """Return the values of all measures, or none where a variable is missing."""
        try:
            return [series(Arrays(data), replace(parse(text), time=None)).values for text in measures]
        except (KeyError, AttributeError, ResultError):
            return []

    def without(data, names) -> xr.Dataset:
        """Drop those of the names that no measure needs, all at once or half by half."""
        left = data.drop_vars(names)
        if len(values := computed(left)) and all(map(partial(np.array_equal, equal_nan=True), values, whole)):
            return left
        half = len(names) // 2
        return without(without(data, names[:half]), names[half:]) if half else data

    whole = computed(trial)
    needed = set(without(trial, list(VARIABLES)).data_vars)
    # the account of public money is one whole, computed from other variables
    needed |= {*MONEY, *STANDS_ON} if needed & set(MONEY) else set()
    return tuple(name for name in VARIABLES if name in needed)


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
    trial = Arrays(ones(["baseline", "scenario"], options.start, options.years))
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
