"""Build the World of a run: a setting, its engineers and their ties.

Engineers who enter during the run have a slot, a hub of entry and ties from the start, so that they are equal under
every policy; the slot stays empty until their year of entry.
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

KEPT_FROM = 100_000  # agents: a smaller world is built as fast as it is read from the cache


@dataclass(frozen=True)
class World:
    """The people of a run before it starts; read-only: the model works on a copy of the engineers."""

    setting: Setting
    engineers: Engineers
    ties: Ties
    entry_hub: np.ndarray  # (slot,) int8, hub in which the engineer of a slot enters
    cohort: np.ndarray  # (year + 2,) int64, cohort k is slots cohort[k]:cohort[k+1]; 0 are those present at the start
    entrants: np.ndarray  # (year, hub, kind, tier) persons on the reference path
    start: int
    seed: int
    weight: float  # persons that an agent stands for

    @cached_property
    def leader(self) -> np.ndarray:
        """Slot of the leader of each team, (team,) int32; -1 for a team without an expert."""
        return leaders(self.engineers.team, self.engineers.category)

    @property
    def years(self) -> int:
        """Number of simulated years."""
        return len(self.cohort) - 2


def build(
    setting: Setting,
    population: int,
    seed: int,
    start: int,
    entrants: np.ndarray,
    mover_share: float,
    with_ties: bool = True,
    kept: bool = True,
) -> World:
    """Build a world of ``population`` agents.

    Parameters
    ----------
    setting : Setting
    population : int, agents at the start, standing for ``setting.persons``
    seed : int, of the population (not of the replicates)
    start : int, first year
    entrants : (year, hub, kind, tier) persons on the reference path; kind 0 graduates, 1 conversions
    mover_share : share of engineers of the persistent type that moves more
    with_ties : whether engineers have professional ties
    kept : whether a large world is cached on disk for the next run

    Returns
    -------
    World; equal arguments give equal worlds
    """
    entrants = np.asarray(entrants)
    # all that determines the drawn arrays: the arguments of _people and the key of the cache
    decides = setting, population, seed, start, entrants, mover_share, with_ties
    make = partial(_people, *decides)
    columns = make() if population < KEPT_FROM or not kept else cached(make, *decides)
    engineers = Engineers(*(columns[name] for name in Engineers._fields))
    ties = Ties(columns["tie_start"], columns["ties"])
    weight = setting.persons / population
    return World(setting, engineers, ties, columns["entry_hub"], columns["cohort"], entrants, start, seed, weight)


def _people(
    setting: Setting,
    population: int,
    seed: int,
    start: int,
    entrants: np.ndarray,
    mover_share: float,
    with_ties: bool,
) -> dict[str, np.ndarray]:
    """Draw all random parts of a world; return them as plain arrays, name -> array, as the cache stores them."""

    def generator(question: str, k: int) -> np.random.Generator:
        """Return a random generator of its own for each question and number (crc32: hash() is salted)."""
        return np.random.default_rng([seed, crc32(question.encode()), k])

    # slots lie cohort by cohort and, inside a cohort, hub by hub
    counts = head_counts(setting, population, entrants)
    begin = group_starts(counts)
    cohort = begin[:: counts.shape[1]].copy()
    engineers = draw_people(setting, counts, start, mover_share, generator)
    ties = no_ties(len(engineers.hub))
    if with_ties:
        # a team is a former firm: its members are one another's former colleagues
        ties = build_ties(team_starts(begin), engineers.home, cohort, generator)
    entry_hub = engineers.hub.copy()
    engineers.hub[cohort[1] :] = -1  # later cohorts are absent until their year of entry
    return {**engineers._asdict(), "tie_start": ties.start, "ties": ties.ties, "entry_hub": entry_hub, "cohort": cohort}
