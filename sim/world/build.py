"""The World: a setting, its engineers and their ties, ready to run.

Whoever will enter during the run has a slot, a place and ties from the start (everybody the same under every
policy); the slot is empty until its year comes.
"""

from dataclasses import dataclass
from zlib import crc32

import numpy as np
from numba import njit

from ..threads import over_range
from .engineers import CITIZEN, NATIVE_YEAR, STUDENT, TASTE_SHARES, YOUNGEST, Engineers, apportion, empty
from .hubs import Setting
from .ties import TEAM, Ties, build_ties, no_ties


@dataclass(frozen=True)
class World:
    """People of a run before it starts; nobody outside ``model`` changes what it holds, and ``model`` copies first."""

    setting: Setting
    engineers: Engineers
    ties: Ties
    entry_hub: np.ndarray  # (slot,) int8, hub where a slot enters
    cohort: np.ndarray  # (year + 2,) int64, cohort k is slots cohort[k]:cohort[k+1]; 0 are those present at the start
    entrants: np.ndarray  # (year, hub, kind) persons on the reference path
    start: int
    seed: int
    weight: float  # persons an agent stands for

    @property
    def years(self):
        """Years simulated."""
        return len(self.cohort) - 2


def build(setting, population, seed, start, entrants, mover_share, with_ties=True):
    """Build a world of ``population`` agents.

    Parameters
    ----------
    setting : Setting
    population : int, agents at the start, standing for ``setting.persons``
    seed : int, of the population (not of the replicates)
    start : int, first year
    entrants : (year, hub, kind) persons on the reference path; kind 0 graduates, 1 conversions
    mover_share : share of engineers of the persistent type that moves more

    Returns
    -------
    World, equal for equal arguments
    """
    weight = setting.persons / population
    at = [np.zeros(0, np.int64)] * 4  # hub, home, tier, graduate
    sizes = [0]
    for year in range(-1, len(entrants)):
        people = _present(setting, population) if year < 0 else _cohort(setting, entrants[year] / weight)
        people = _shuffled(people, _generator(seed, f"order {year}"))
        at = [np.concatenate([a, b]) for a, b in zip(at, people, strict=True)]
        sizes.append(len(at[0]))
    slots = len(at[0])
    hub, home, tier, graduate = at
    engineers = empty(slots)
    cohort = np.array(sizes, np.int64)
    years = start + np.repeat(np.r_[0, np.arange(len(entrants))], np.diff(cohort)).astype(np.int16)
    over_range(_assign, slots, engineers, *(x.astype(np.int8) for x in (hub, home, tier)), graduate.astype(bool), years,
               _generator(seed, "people").random((slots, 8), np.float32), *_cumulative(setting), mover_share,
               setting.country, setting.home_country, setting.free_share)
    team = _teams(hub, cohort)
    engineers.team[:] = team
    engineers.hub[population:] = -1  # empty until their year comes
    ends = np.repeat(cohort[1:], np.diff(cohort)).astype(np.int32)
    ties = no_ties(slots)
    if with_ties:
        ties = build_ties(team, home.astype(np.int8), ends, lambda question: _generator(seed, f"ties {question}"))
    return World(setting, engineers, ties, hub.astype(np.int8), cohort, np.asarray(entrants), start, seed, weight)


def _generator(seed, question):
    return np.random.default_rng([seed, crc32(question.encode())])


def joint_mix(setting):
    """Engineers by (hub, home, tier), persons: experts by their own home mix, the others by what is left."""
    everybody = setting.stock[:, None] * setting.home_mix
    experts = (setting.stock * setting.tier_share[:, 0])[:, None] * setting.home_mix_experts
    others = np.maximum(everybody - experts, 0.0)
    others *= ((setting.stock - experts.sum(axis=1)) / others.sum(axis=1))[:, None]
    lower = setting.tier_share[:, 1:] / setting.tier_share[:, 1:].sum(axis=1, keepdims=True)
    return np.concatenate([experts[:, :, None], others[:, :, None] * lower[:, None, :]], axis=2)


def _present(setting, population):
    """(hub, home, tier, graduate) of those present at the start."""
    persons = joint_mix(setting)
    counts = apportion(persons * population / persons.sum())
    hub, home, tier = (np.repeat(a.ravel(), counts.ravel()) for a in np.indices(counts.shape))
    return hub, home, tier, np.zeros(len(hub), np.int64)


def entrant_mix(setting):
    """Share of entrants by (hub, kind, home, tier): natives by the supply table, foreigners by the hub's mix.

    Entrants carry a home mix of their own: if they copied the residents', migration would breed migrants.
    """
    foreign = setting.home_mix * (setting.home_country[None, :] != setting.country[:, None])
    native = setting.home_mix - foreign
    native = np.where(native.sum(axis=1, keepdims=True) > 0, native, setting.home_share.T * setting.home_mix)
    native /= native.sum(axis=1, keepdims=True)
    foreign /= foreign.sum(axis=1, keepdims=True)
    share = np.stack([setting.native_graduates, setting.native_conversions], axis=1)[setting.country][:, :, None]
    homes = share * native[:, None, :] + (1 - share) * foreign[:, None, :]
    return homes[:, :, :, None] * setting.tier_share[:, None, None, :]


def _cohort(setting, agents):
    """(hub, home, tier, graduate) of a year's entrants; ``agents`` is (hub, kind), not yet whole."""
    counts = apportion(agents[:, :, None, None] * entrant_mix(setting))
    hub, kind, home, tier = (np.repeat(a.ravel(), counts.ravel()) for a in np.indices(counts.shape))
    return hub, home, tier, (kind == 0).astype(np.int64)


def _shuffled(people, rng):
    """The same people, mixed within each hub, so that neighbours in the table are a random team of the hub."""
    hub = people[0]
    order = np.argsort(hub + rng.random(len(hub)), kind="stable")
    return [a[order] for a in people]


def _teams(hub, cohort):
    """(slot,) int32: runs of at most ``TEAM`` slots of one hub and cohort share a team."""
    fresh = np.r_[True, hub[1:] != hub[:-1]]
    fresh[cohort[1:-1][cohort[1:-1] < len(hub)]] = True
    begin = np.flatnonzero(fresh)
    place = np.arange(len(hub)) - np.repeat(begin, np.diff(np.r_[begin, len(hub)]))
    return (np.cumsum(place % TEAM == 0) - 1).astype(np.int32)


def _cumulative(setting):
    """Cumulative shares by which roles, sectors, statuses, ages and years since arrival are drawn."""
    shares = (setting.role_share, setting.sector_share, setting.status_mix, setting.ages, setting.arrival_years)
    return tuple(np.cumsum(s / s.sum(axis=-1, keepdims=True), axis=-1) for s in shares)


@njit(inline="always")
def _pick(cumulative, u):
    for k in range(cumulative.size - 1):
        if u < cumulative[k]:
            return k
    return cumulative.size - 1


@njit(cache=True, nogil=True)
def _assign(first, last, people, hub, home, tier, graduate, year, u, role, sector, status, age, since, mover_share,
            country, home_country, free_share):
    """Fill the columns of the first ``hub.size`` slots; ``u`` is (slot, 8) uniforms, the rest as in ``_cumulative``.

    Foreign graduates enter as students whose degree ends in June of their first year; everybody else's permit
    has up to three years to go.
    """
    bounds = np.cumsum(TASTE_SHARES)
    for i in range(first, last):
        h, g, t = hub[i], home[i], tier[i]
        c = country[h]
        kind = 1 if u[i, 0] < mover_share else 0
        people.hub[i] = h
        people.employer_hub[i] = h
        people.home[i] = g
        people.category[i] = ((kind * 3 + t) * 5 + _pick(role[h], u[i, 1])) * 3 + _pick(bounds, u[i, 2])
        people.sector[i] = _pick(sector[h], u[i, 3])
        people.graduate[i] = graduate[i]
        s = _pick(status[c, g], u[i, 4])
        years_old = YOUNGEST + _pick(age[t], u[i, 5])
        ago = _pick(since[s], u[i, 6])
        expiry = 12 * year[i] + int(36 * u[i, 7])
        if graduate[i]:
            years_old, ago = YOUNGEST + int(8 * u[i, 5]), min(ago, 4)
            s = CITIZEN if u[i, 4] < free_share[g, h] else STUDENT
            expiry = 12 * year[i] + 5
        native = home_country[g] == c
        people.status[i] = s
        people.expiry_month[i] = expiry
        people.birth_year[i] = year[i] - years_old
        people.arrival_year[i] = NATIVE_YEAR if native else year[i] - ago
        people.abroad_since[i] = NATIVE_YEAR if native else year[i] - ago
        people.trained_in[i] = c if native or years_old - ago < 25 else max(home_country[g], 0)
