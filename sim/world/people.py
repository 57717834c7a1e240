"""Draw the engineers of a world: count them from the tables by cohort and hub, then draw their attributes.

A group is one cohort in one hub: cohort 0 are the engineers present at the start, cohort k those who enter in year k
of the run. Slots are ordered by group and shuffled inside a group, so that consecutive slots form a random team.
"""

from collections.abc import Callable

import numpy as np
from numba import njit

from sim.compiled import inlined
from sim.parallel import over_range
from sim.world.categories import TIERS
from sim.world.engineers import (
    CITIZEN,
    NATIVE_YEAR,
    ROLE_COUNT,
    STUDENT,
    TASTE_COUNT,
    TASTE_SHARES,
    TIER_COUNT,
    TIER_OF,
    YOUNGEST,
    Engineers,
    apportion,
    empty,
)
from sim.world.setting import Setting
from sim.world.ties import TEAM

BLOCK = 1 << 15  # slots whose uniforms are drawn at once: they fit in the processor's cache


def joint_mix(setting: Setting) -> np.ndarray:
    """Return the engineers present at the start, (hub, home, tier) persons.

    Experts follow their own home mix; the lower tiers share the rest of the home mix of everybody.
    """
    everybody = setting.stock[:, None] * setting.home_mix
    experts = (setting.stock * setting.tier_share[:, 0])[:, None] * setting.home_mix_experts
    # experts of one home may exceed everybody of that home: cut at 0 and rescale to the total of the hub
    others = np.maximum(everybody - experts, 0.0)
    others *= ((setting.stock - experts.sum(axis=1)) / others.sum(axis=1))[:, None]
    lower = setting.tier_share[:, 1:] / setting.tier_share[:, 1:].sum(axis=1, keepdims=True)
    return np.concatenate([experts[:, :, None], others[:, :, None] * lower[:, None, :]], axis=2)


def entrant_homes(setting: Setting) -> np.ndarray:
    """Return the share of homes among entrants, (hub, kind, home); kind 0 graduates, 1 conversions.

    The share of natives comes from the supply table; foreigners follow the home mix of the hub. Entrants do not copy
    the home mix of the residents, because past migration would then reproduce itself.
    """
    foreign = setting.home_mix * (setting.home_country[None, :] != setting.country[:, None])
    native = setting.home_mix - foreign
    # where no native lives in a hub, natives are spread over the homes that belong to its country
    native = np.where(native.sum(axis=1, keepdims=True) > 0, native, setting.home_share.T * setting.home_mix)
    native /= native.sum(axis=1, keepdims=True)
    foreign /= foreign.sum(axis=1, keepdims=True)
    share = np.stack([setting.native_graduates, setting.native_conversions], axis=1)[setting.country][:, :, None]
    return share * native[:, None, :] + (1 - share) * foreign[:, None, :]


def entrant_tiers(setting: Setting) -> np.ndarray:
    """Return the share of tiers among entrants at the start, (hub, kind, tier); kind 0 graduates, 1 conversions.

    Graduates with a doctorate enter as practitioners, other graduates in the entry tier. Conversions are split by
    ``tier_factors.csv``, in proportion to the share of the entry tier among the residents of the hub.
    """
    doctors = setting.phd_share[setting.country]
    entry = setting.tier_share[:, 2] / np.average(setting.tier_share[:, 2], weights=setting.stock)
    entry = np.minimum(setting.conversions_tier[2] * entry, 1.0)
    none = np.zeros_like(entry)
    return np.moveaxis(np.array([[none, doctors, 1 - doctors], [none, 1 - entry, entry]]), 2, 0)


def head_counts(setting: Setting, population: int, entrants: np.ndarray) -> np.ndarray:
    """Return the number of agents, (cohort, hub, kind, home, tier) int64; kind 0 new graduates, 1 everybody else.

    ``population`` agents stand for ``setting.persons``; ``entrants`` is (year, hub, kind, tier) persons.
    """
    persons = joint_mix(setting)
    homes, weight = entrant_homes(setting)[..., None], setting.persons / population
    present = apportion(persons * population / persons.sum())
    cohorts = [apportion(year[:, :, None, :] / weight * homes) for year in entrants]
    return np.stack([np.stack([np.zeros_like(present), present], axis=1), *cohorts])


def draw_people(
    setting: Setting,
    counts: np.ndarray,
    start: int,
    mover_share: float,
    generator: Callable[[str, int], np.random.Generator],
) -> Engineers:
    """Draw the columns of all engineers that ``counts`` holds; all live in the hub in which they enter.

    Parameters
    ----------
    counts : (cohort, hub, kind, home, tier) agents
    start : int, first year
    mover_share : share of engineers of the persistent type that moves more
    generator : function that returns an independent numpy Generator for a question and a number, so that further
        cohorts leave the draws of earlier ones unchanged

    Returns
    -------
    Engineers
    """
    groups, hubs = counts.shape[0] * counts.shape[1], counts.shape[1]
    # one code a slot packs kind, home and tier; repeat each code as often as it is counted
    codes = np.arange(counts[0, 0].size, dtype=np.min_scalar_type(counts[0, 0].size))
    packed = np.repeat(np.tile(codes, groups), counts.ravel())
    begin = group_starts(counts)
    team = np.append(0, np.cumsum(-(-np.diff(begin) // TEAM)))  # number of the first team of each group
    people = empty(len(packed))
    offset = generator("sector", 0).random(groups)
    tables = (
        *_cumulative(setting),
        np.cumsum(TASTE_SHARES),
        mover_share,
        setting.country,
        setting.home_country,
        setting.free_share,
        offset,
    )

    def shuffle(first: int, last: int) -> None:
        """Shuffle the slots inside each of the groups ``first`` to ``last``."""
        for g in range(first, last):
            generator("order", g).permuted(packed[begin[g] : begin[g + 1]], out=packed[begin[g] : begin[g + 1]])

    def fill(first: int, last: int) -> None:
        """Draw the attributes of the blocks of slots ``first`` to ``last``."""
        for block in range(first, last):
            some = slice(block * BLOCK, min((block + 1) * BLOCK, len(packed)))
            u = generator("people", block).random((some.stop - some.start, 8), np.float32)
            part = type(people)(*(column[some] for column in people))
            group = np.searchsorted(begin, some.start, side="right") - 1  # of the first slot
            _assign(part, some.start, packed[some], group, begin, team, hubs, start, u, *tables)

    over_range(shuffle, groups, least=1)
    over_range(fill, -(-len(packed) // BLOCK), least=1)
    return people


def group_starts(counts: np.ndarray) -> np.ndarray:
    """Return the first slot of each group, (group + 1,) int64, from (cohort, hub, kind, home, tier) counts."""
    return np.append(0, np.cumsum(counts.sum(axis=(2, 3, 4)).ravel()))


def team_starts(begin: np.ndarray) -> np.ndarray:
    """Cut each group into teams of at most ``TEAM`` consecutive slots; return the first slot of each, (team + 1,).

    ``begin`` is the first slot of each group, (group + 1,).
    """
    size = np.diff(begin)
    teams = -(-size // TEAM)
    before = np.cumsum(teams) - teams
    first = np.repeat(begin[:-1] - TEAM * before, teams)
    return np.append(first + TEAM * np.arange(len(first)), begin[-1])


def leaders(team: np.ndarray, category: np.ndarray) -> np.ndarray:
    """Return the slot of the leader of each team, its first expert, (team,) int32; -1 for a team without one."""
    leader = np.full(team[-1] + 1, -1, np.int32)
    experts = np.flatnonzero(TIER_OF[category] == 0)
    led, first = np.unique(team[experts], return_index=True)
    leader[led] = experts[first]
    return leader


def _cumulative(setting: Setting) -> tuple[np.ndarray, ...]:
    """Return the cumulative shares of roles, sectors, statuses, ages and years since arrival, over the last axis."""
    shares = (setting.role_share, setting.sector_share, setting.status_mix, setting.ages, setting.arrival_years)
    return tuple(np.cumsum(s / s.sum(axis=-1, keepdims=True), axis=-1) for s in shares)


@inlined
def _pick(cumulative: np.ndarray, u: float) -> int:
    """Return the position that a uniform ``u`` in [0, 1) draws from cumulative shares."""
    for k in range(cumulative.size - 1):
        if u < cumulative[k]:
            return k
    return cumulative.size - 1


@njit(cache=True, nogil=True, _nrt=False, no_cfunc_wrapper=True)
def _assign(
    people,
    first,
    packed,
    group,
    begin,
    team,
    hubs,
    start,
    u,
    role,
    sector,
    status,
    age,
    since,
    bounds,
    mover_share,
    country,
    home_country,
    free_share,
    offset,
) -> None:
    """Fill the columns of ``people`` for consecutive slots, the first of which is ``first``, of ``group``.

    ``u`` is (slot, 8) uniforms. ``packed`` (slot,) packs kind, home and tier in the order of ``head_counts``. ``begin``
    and ``team`` are the first slot and the first team of each group, ``offset`` (group,) uniforms; the cumulative
    shares are those of ``_cumulative``, and ``bounds`` those of tastes. A team works in one sector: the teams of a
    group are spread over the sectors by systematic sampling. Foreign graduates enter as students whose degree ends in
    June of their first year; the permits of all others have up to three years left.
    """
    tiers, homes = len(TIERS), home_country.size
    for i in range(packed.size):
        while first + i >= begin[group + 1]:
            group += 1
        # hub and year of entry from the group; home, tier and kind from the packed code
        h, year = group % hubs, start + max(group // hubs - 1, 0)
        g, t, graduate = packed[i] // tiers % homes, packed[i] % tiers, packed[i] < homes * tiers
        c = country[h]
        kind = 1 if u[i, 0] < mover_share else 0
        people.hub[i] = h
        people.employer_hub[i] = h
        people.home[i] = g
        people.category[i] = ((kind * TIER_COUNT + t) * ROLE_COUNT + _pick(role[h], u[i, 1])) * TASTE_COUNT + _pick(
            bounds, u[i, 2]
        )
        # team inside the group, and its sector: one random offset a group, then equal steps
        mates, teams = (first + i - begin[group]) // TEAM, -(-(begin[group + 1] - begin[group]) // TEAM)
        people.sector[i] = _pick(sector[h], (mates + offset[group]) / teams)
        people.graduate[i] = graduate
        people.team[i] = team[group] + mates
        # status, age, years since arrival and last month of the permit
        s = _pick(status[c, g], u[i, 4])
        years_old = YOUNGEST + _pick(age[t], u[i, 5])
        ago = _pick(since[s], u[i, 6])
        expiry = 12 * year + int(36 * u[i, 7])
        # graduates are younger, and students unless they need no permit
        if graduate:
            years_old, ago = YOUNGEST + int(8 * u[i, 5]), min(ago, 4)
            s = CITIZEN if u[i, 4] < free_share[g, h] else STUDENT
            expiry = 12 * year + 5
        native = home_country[g] == c
        people.status[i] = s
        people.expiry_month[i] = expiry
        people.birth_year[i] = year - years_old
        people.arrival_year[i] = NATIVE_YEAR if native else year - ago
        people.abroad_since[i] = NATIVE_YEAR if native else year - ago
        people.trained_in[i] = c if native or years_old - ago < 25 else max(home_country[g], 0)
