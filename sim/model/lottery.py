"""Selection from a capped pool of visas (E5): a lottery without replacement, equal or weighted by wage level.

A second draw among the registrations with a local master's degree fills the places reserved for them. A registration's
clock is exponential with its weight as rate; the selected ones are those with the smallest clocks.
"""

from dataclasses import dataclass, field

import numpy as np

from sim.model import equations as eq
from sim.model import rng
from sim.model.kernels.visas import file_background
from sim.parallel import over_range

LEVEL_WEIGHTS = np.array([1.0, 2.0, 3.0, 4.0])  # lottery entries by OEWS wage level, DHS rule of 29 Dec 2025 (grade A)


@dataclass(frozen=True)
class Pool:
    """A capped pool shared by many occupations: its rules and its background demand, in persons a year."""

    name: str
    cap: float
    advanced_cap: float  # part of the cap kept for people with a local master's degree or more
    registrations: float
    own: float  # registrations of AI engineers in the year in which the background was counted
    in_country: float  # share of the background that is already in the country
    master: float  # share with a local master's degree
    level: np.ndarray  # (4,) shares by wage level
    before: dict = field(default_factory=dict)  # year of the draw -> registrations, of years before the table's

    def in_year(self, year) -> float:
        """Return the registrations of other occupations in a year."""
        return self.before.get(year, self.registrations)

    @classmethod
    def from_row(cls, row) -> "Pool":
        """Return the pool that a row of ``pools.csv``, a dict of str, describes."""
        level = np.array([float(row[f"level_{k}"]) for k in (1, 2, 3, 4)])
        return cls(
            row["pool"],
            float(row["cap"]),
            float(row["advanced_degree_cap"] or 0),
            float(row["registrations"]),
            float(row["own_registrations"] or 0),
            float(row["in_country_share"]),
            float(row["master_share"]),
            level / level.sum(),
            row.get("before", {}),
        )


def draw(clock, master, places, advanced_places) -> np.ndarray:
    """Select the ``places`` smallest clocks, then the ``advanced_places`` smallest of the remaining masters.

    Parameters
    ----------
    clock : (registration,) exponential clocks, from ``equations.lottery_clock``
    master : (registration,) bool, whether the registrant has a local master's degree or more
    places, advanced_places : int

    Returns
    -------
    (registration,) bool, selected

    >>> draw(np.array([3.0, 1.0, 2.0, 4.0]), np.array([False, False, False, True]), 2, 1).tolist()
    [False, True, True, True]
    """
    selected = np.zeros(len(clock), bool)
    selected[_first(clock, places)] = True
    rest = np.flatnonzero(master & ~selected)
    selected[rest[_first(clock[rest], advanced_places)]] = True
    return selected


def last_clocks(clock, master, selected) -> list:
    """Return the largest selected clock of registrations without and with a master's degree; inf if all were selected.

    >>> clocks = last_clocks(np.array([3.0, 1.0, 2.0]), np.array([True, False, False]), np.array([True, True, False]))
    >>> [float(clock) for clock in clocks]
    [1.0, inf]
    """
    found = []
    for kind in (~master, master):
        won = clock[kind & selected]
        found.append(np.inf if len(won) == np.count_nonzero(kind) else won.max(initial=-np.inf))
    return found


def _first(clock, places) -> np.ndarray:
    """Return the indices of the ``places`` smallest clocks, of all of them if there are fewer."""
    places = int(min(max(places, 0), len(clock)))
    return np.argpartition(clock, places - 1)[:places] if places else np.zeros(0, np.int64)


def places(pool, cap, petition_yield, weight, seed, year) -> tuple[float, ...]:
    """Return the numbers (regular, advanced) of registrations to select in a year, in agents.

    More registrations are selected than there are visas, because only the share ``petition_yield`` of them becomes one.
    Numbers are rounded at random so that their expectations are exact.

    Parameters
    ----------
    cap : persons a year, infinite for none; weight : persons an agent stands for
    """
    keys = (rng.key(seed, f"places {pool.name} {part}", year) for part in ("regular", "advanced"))
    # the share reserved for master's degrees stays as it is when policy changes the cap
    share = pool.advanced_cap / pool.cap
    cap = min(cap, 1e12)  # an infinite cap becomes a number that selects everybody
    parts = (cap * (1 - share), cap * share)
    return tuple(float(rng.rounded(p / petition_yield / weight, k)) for p, k in zip(parts, keys, strict=True))


@dataclass(frozen=True)
class Background:
    """Registrations from other occupations, (registration,) each; equal draws under every policy."""

    clock_draw: np.ndarray  # uniform draw from which the lottery clock follows
    in_country: np.ndarray  # bool, already in the country
    master: np.ndarray  # bool, with a local master's degree
    level: np.ndarray  # int8, wage level from 0


def background(pool, p_pays, withdrawal, weight, seed, year) -> Background:
    """Draw the background registrations of a year, in agents, that employers file given the fee and the selection.

    Parameters
    ----------
    p_pays : probability that the employer of a registrant abroad pays the special fee
    withdrawal : share of the registrations at wage level I that are not filed under weighted selection
    """
    key = lambda q: rng.key(seed, f"background {pool.name} {q}", year)  # noqa: E731
    # the number is rounded at random, so that its expectation is exact
    count = int(np.floor(pool.in_year(year) / weight + rng.uniform(key("count"), 0)))
    keys = np.array([key(q) for q in ("place", "level", "fee", "withdrawal", "master", "clock")])
    parts = over_range(
        file_background, count, keys, pool.in_country, np.cumsum(pool.level), p_pays, withdrawal, pool.master
    )
    return Background(*(each[0] if len(each) == 1 else np.concatenate(each) for each in zip(*parts, strict=True)))


def clocks(u, level, weighted) -> np.ndarray:
    """Return the exponential clocks (registration,) of uniforms ``u``; their rate follows ``level`` if ``weighted``."""
    return eq.lottery_clock(u, LEVEL_WEIGHTS[level] if weighted else np.ones(len(level)))
