"""The World: a setting, its engineers and their ties, ready to run.

Whoever will enter during the run has a slot, a place and ties from the start (everybody the same under every
policy); the slot is empty until its year comes.
"""

from dataclasses import dataclass
from functools import cached_property, partial
from zlib import crc32

import numpy as np

from sim.world.cache import cached
from sim.world.engineers import Engineers
from sim.world.people import draw_people, group_starts, head_counts, leaders, team_starts
from sim.world.setting import Setting
from sim.world.ties import Ties, build_ties, no_ties

KEPT_FROM = 100_000  # agents: a smaller world is made as fast as it is read


@dataclass(frozen=True)
class World:
    """People of a run before it starts; nobody outside ``model`` changes what it holds, and ``model`` copies first."""

    setting: Setting
    engineers: Engineers
    ties: Ties
    entry_hub: np.ndarray  # (slot,) int8, hub where a slot enters
    cohort: np.ndarray  # (year + 2,) int64, cohort k is slots cohort[k]:cohort[k+1]; 0 are those present at the start
    entrants: np.ndarray  # (year, hub, kind, tier) persons on the reference path
    start: int
    seed: int
    weight: float  # persons an agent stands for

    @cached_property
    def leader(self):
        """(team,) int32 slot of each team's leader, -1 for none."""
        return leaders(self.engineers.team, self.engineers.category)

    @property
    def years(self):
        """Years simulated."""
        return len(self.cohort) - 2


def build(setting, population, seed, start, entrants, mover_share, with_ties=True, kept=True):
    """Build a world of ``population`` agents.

    Parameters
    ----------
    setting : Setting
    population : int, agents at the start, standing for ``setting.persons``
    seed : int, of the population (not of the replicates)
    start : int, first year
    entrants : (year, hub, kind, tier) persons on the reference path; kind 0 graduates, 1 conversions
    mover_share : share of engineers of the persistent type that moves more
    with_ties : whether they know each other
    kept : whether a large one is kept on disk for the next run

    Returns
    -------
    World, equal for equal arguments
    """
    entrants = np.asarray(entrants)
    decides = setting, population, seed, start, entrants, mover_share, with_ties
    make = partial(_people, *decides)
    columns = make() if population < KEPT_FROM or not kept else cached(make, *decides)
    engineers = Engineers(*(columns[name] for name in Engineers._fields))
    ties = Ties(columns["tie_start"], columns["ties"])
    weight = setting.persons / population
    return World(setting, engineers, ties, columns["entry_hub"], columns["cohort"], entrants, start, seed, weight)


def _people(setting, population, seed, start, entrants, mover_share, with_ties):
    """Everything in a world that is drawn, as plain arrays: name -> array."""
    generator = lambda question, k: np.random.default_rng([seed, crc32(question.encode()), k])  # noqa: E731
    counts = head_counts(setting, population, entrants)
    begin = group_starts(counts)
    cohort = begin[:: counts.shape[1]].copy()
    engineers = draw_people(setting, counts, start, mover_share, generator)
    ties = no_ties(len(engineers.hub))
    if with_ties:
        ties = build_ties(team_starts(begin), engineers.home, cohort, generator)
    entry_hub = engineers.hub.copy()
    engineers.hub[cohort[1] :] = -1  # empty until their year comes
    return {**engineers._asdict(), "tie_start": ties.start, "ties": ties.ties, "entry_hub": entry_hub, "cohort": cohort}
