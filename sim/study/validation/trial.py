"""One sample of the assumptions, on which the experiments of the gates run, and the recorded arms."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from sim.model.state import Simulation
from sim.model.year import begin
from sim.results.measures import measure
from sim.results.result import Result
from sim.results.schema import dataset
from sim.scenario.assumptions import load_assumptions
from sim.scenario.files import load, shipped_assumptions
from sim.scenario.levers import baseline_rules
from sim.scenario.stack import rules_at
from sim.study.parameter_sample import constants_or_none
from sim.study.recorder import coordinates, empty_record, record
from sim.study.replicate import SEEDS_APART, the_world
from sim.world.setting import Setting

YEARS = 10  # the longest experiment


class People(NamedTuple):
    """Columns of all slots on a 1 January, see ``world.engineers``; hub -1: has left, or not yet come."""

    hub: np.ndarray
    home: np.ndarray
    category: np.ndarray
    status: np.ndarray
    trained_in: np.ndarray
    arrival_year: np.ndarray
    route: np.ndarray


@dataclass(frozen=True)
class History:
    """The record of one arm; persons where people are counted.

    Attributes
    ----------
    setting : Setting
    start, years : first year and length
    written : dict of variable -> array, as a result holds them
    counts : (time, hub, home, tier, status) stock on 1 January
    jobs_abroad : (year,) jobs that petitions lost in the year open abroad
    people : list of People, one a 1 January; empty where nobody asked for them
    rules : rule name -> array, in force at the start
    """

    setting: Setting
    start: int
    years: int
    written: dict
    counts: np.ndarray
    jobs_abroad: np.ndarray
    people: list
    rules: dict

    @cached_property
    def result(self) -> Result:
        """Return the record as a Result of this arm alone."""
        # one arm and one replicate, so that the measures of a run apply
        arrays = {name: values[None, None] for name, values in self.written.items()}
        return Result(dataset(arrays, coordinates(["baseline"], 1, self.start, self.years)), {})

    def measure(self, query) -> Any:
        """Return the value of a measure, or one a hub or route: see ``results.measures``."""
        values = measure(self.result, query).values[0, 0]
        return float(values) if np.ndim(values) == 0 else values

    def within(self, country) -> np.ndarray:
        """Return (hub,) bool: lies in the country."""
        return self.setting.country == self.setting.countries.index(country)


class Trial:
    """One sample; every scenario starts from the same people, pending petitions and seed.

    Parameters
    ----------
    plan : Plan, its arms apart
    k : number of the draw
    draw : (Assumptions, HubConstants)
    """

    def __init__(self, plan, k, draw) -> None:
        self.plan, self.k, (self.a, self.constants) = plan, k, draw
        self.world = the_world(plan.population, plan.seed, plan.start, YEARS, k)
        self._kept = {}

    @property
    def setting(self) -> Setting:
        """Return tables of the world as arrays."""
        return self.world.setting

    @cached_property
    def common_past(self) -> Simulation:
        """Return the simulation on the 1 January of the start, from which all others branch."""
        seed = self.plan.seed * SEEDS_APART + self.k
        return begin(self.world, self.a, self.constants, baseline_rules(), seed)

    @property
    def baseline(self) -> History:
        """Return the record of the baseline over all years, with its people."""
        return self.run("baseline", people=True)

    def run(self, scenario, years=YEARS, people=False) -> History:
        """Return the history of a scenario by name; a run that is long enough is not repeated."""
        # the longest run of a scenario serves all experiments that need fewer years
        kept = self._kept.get(scenario)
        if kept is None or kept.years < years or (people and not kept.people):
            kept = self._kept[scenario] = self._followed(load(scenario).policies, years, people)
        return kept

    def under(self, name) -> "Trial | None":
        """Return this sample with the assumptions of the shipped file ``name`` fixed; None if no hub constants fit."""
        declared = load_assumptions(shipped_assumptions()[f"validate/assumptions/{name}"])
        # the sample's own assumptions, but for those that the file fixes
        a = self.a.vary(**{name: row.central for name, row in declared.items() if row.fixed_by_user})
        constants = constants_or_none(a, self.plan.start)
        return constants and Trial(self.plan, self.k, (a, constants))

    def _followed(self, policies, years, people) -> History:
        arm, written = self.common_past.branch(policies), empty_record(self.world)
        counts, jobs, seen = [arm.counts], [], [self._columns(arm)] if people else []
        # year by year, with a copy of the people where the experiment follows them
        for year in range(1, years + 1):
            written = record(arm, self.plan.start + year, written)
            counts.append(arm.counts)
            jobs.append(arm.affiliate_jobs)
            if people:
                seen.append(self._columns(arm))
        # the rules in force at the start, and arrays cut to the years of this run
        rules = rules_at(12 * self.plan.start, policies, baseline_rules())
        written = {name: _cut(values, self.world.years, years) for name, values in written.items()}
        return History(
            self.setting,
            self.plan.start,
            years,
            written,
            np.stack(counts) * self.world.weight,
            np.array(jobs),
            seen,
            rules,
        )

    @staticmethod
    def _columns(arm) -> People:
        return People(*(getattr(arm.people, name)[: arm.used].copy() for name in People._fields))


def _cut(values, whole, years) -> np.ndarray:
    """Return a variable over the first ``years`` of a run of ``whole`` years; its first axis is time or year."""
    return values[: len(values) - whole + years]
