"""The selection of a capped pool (E5): lottery or weighted lottery without replacement, then the master's draw."""

from dataclasses import dataclass

import numpy as np

from sim.model import equations as eq
from sim.model import rng
from sim.model.kernels.visas import file_background
from sim.threads import over_range

LEVEL_WEIGHTS = np.array([1.0, 2.0, 3.0, 4.0])  # entries by OEWS wage level, DHS rule of 29 Dec 2025 (grade A)


@dataclass(frozen=True)
class Pool:
    """A cap shared by occupations far beyond AI: its rules and its background demand a year, in persons."""

    name: str
    cap: float
    advanced_cap: float  # part of the cap kept for people with a local master's degree or more
    registrations: float
    own: float  # registrations of AI engineers when the background was counted
    in_country: float  # share of the background that is already in the country
    master: float  # share with a local master's degree
    level: np.ndarray  # (4,) shares by wage level

    @classmethod
    def from_row(cls, row):
        """A pool from its row in ``pools.csv``."""
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
        )


def draw(clock, master, places, advanced_places):
    """Who is selected: the first ``places`` to ring, then ``advanced_places`` of the masters left over.

    Parameters
    ----------
    clock : (registration,) exponential clocks, see ``equations.lottery_clock``
    master : (registration,) bool
    places, advanced_places : int

    Returns
    -------
    (registration,) bool

    >>> draw(np.array([3.0, 1.0, 2.0, 4.0]), np.array([False, False, False, True]), 2, 1).tolist()
    [False, True, True, True]
    """
    selected = np.zeros(len(clock), bool)
    selected[_first(clock, places)] = True
    rest = np.flatnonzero(master & ~selected)
    selected[rest[_first(clock[rest], advanced_places)]] = True
    return selected


def last_clocks(clock, master, selected):
    """Clocks of the last registrations selected, of the others and of the masters; inf where all of them were.

    >>> clocks = last_clocks(np.array([3.0, 1.0, 2.0]), np.array([True, False, False]), np.array([True, True, False]))
    >>> [float(clock) for clock in clocks]
    [1.0, inf]
    """
    kinds = [~master, master]
    return [np.inf if selected[kind].all() else clock[kind & selected].max(initial=-np.inf) for kind in kinds]


def _first(clock, places):
    places = int(min(max(places, 0), len(clock)))
    return np.argpartition(clock, places - 1)[:places] if places else np.zeros(0, np.int64)


def places(pool, cap, petition_yield, weight, seed, year):
    """(regular, advanced) registrations selected, in agents, rounded at random so that expectations are kept."""
    keys = (rng.key(seed, f"places {pool.name} {part}", year) for part in ("regular", "advanced"))
    share = pool.advanced_cap / pool.cap
    cap = min(cap, 1e12)  # no cap: everybody
    parts = (cap * (1 - share), cap * share)
    return tuple(float(rng.rounded(p / petition_yield / weight, k)) for p, k in zip(parts, keys, strict=True))


@dataclass(frozen=True)
class Background:
    """Registrations from outside AI: one anonymous entry each, the same ones under every policy."""

    clock_draw: np.ndarray
    in_country: np.ndarray
    master: np.ndarray
    level: np.ndarray


def background(pool, p_pays, withdrawal, weight, seed, year):
    """Background registrations of a year, in agents, after employers have seen the fee and the selection.

    Parameters
    ----------
    p_pays : probability that the employer of somebody abroad pays the special fee
    withdrawal : share of level I registrations not filed (under weighted selection)
    """
    key = lambda q: rng.key(seed, f"background {pool.name} {q}", year)  # noqa: E731
    count = int(np.floor(pool.registrations / weight + rng.uniform(key("count"), 0)))
    keys = np.array([key(q) for q in ("place", "level", "fee", "withdrawal", "master", "clock")])
    parts = over_range(
        file_background, count, keys, pool.in_country, np.cumsum(pool.level), p_pays, withdrawal, pool.master
    )
    return Background(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def clocks(u, level, weighted):
    """Exponential clocks of registrations by wage level, all alike unless ``weighted``."""
    return eq.lottery_clock(u, LEVEL_WEIGHTS[level] if weighted else np.ones(len(level)))
