"""Who the engineers are: counted from the tables by cohort and hub, mixed, and given their columns.

A group is a cohort of one hub: cohort 0 are those present at the start, cohort k those who enter in year k of the run.
Slots lie group by group, and a group's people are mixed, so that neighbours in the table are a random team of the hub.
"""

import numpy as np
from numba import njit

from sim.threads import over_range
from sim.world.categories import TIERS
from sim.world.engineers import CITIZEN, NATIVE_YEAR, STUDENT, TASTE_SHARES, TIER_OF, YOUNGEST, apportion, empty
from sim.world.ties import TEAM

BLOCK = 1 << 15  # slots whose uniforms are drawn at once: they stay in the cache


def joint_mix(setting):
    """Engineers by (hub, home, tier), persons: experts by their own home mix, the others by what is left."""
    everybody = setting.stock[:, None] * setting.home_mix
    experts = (setting.stock * setting.tier_share[:, 0])[:, None] * setting.home_mix_experts
    others = np.maximum(everybody - experts, 0.0)
    others *= ((setting.stock - experts.sum(axis=1)) / others.sum(axis=1))[:, None]
    lower = setting.tier_share[:, 1:] / setting.tier_share[:, 1:].sum(axis=1, keepdims=True)
    return np.concatenate([experts[:, :, None], others[:, :, None] * lower[:, None, :]], axis=2)


def entrant_homes(setting):
    """(hub, kind, home) share of entrants: natives by the supply table, foreigners by the hub's mix.

    Entrants carry a home mix of their own: if they copied the residents', migration would breed migrants.
    """
    foreign = setting.home_mix * (setting.home_country[None, :] != setting.country[:, None])
    native = setting.home_mix - foreign
    native = np.where(native.sum(axis=1, keepdims=True) > 0, native, setting.home_share.T * setting.home_mix)
    native /= native.sum(axis=1, keepdims=True)
    foreign /= foreign.sum(axis=1, keepdims=True)
    share = np.stack([setting.native_graduates, setting.native_conversions], axis=1)[setting.country][:, :, None]
    return share * native[:, None, :] + (1 - share) * foreign[:, None, :]


def entrant_tiers(setting):
    """(hub, kind, tier) share of entrants at the start: doctors are practitioners, other graduates in the entry tier.

    People from adjacent occupations are split by ``tier_factors.csv``, more of them in the entry tier where more
    residents are.
    """
    doctors = setting.phd_share[setting.country]
    entry = setting.tier_share[:, 2] / np.average(setting.tier_share[:, 2], weights=setting.stock)
    entry = np.minimum(setting.conversions_tier[2] * entry, 1.0)
    none = np.zeros_like(entry)
    return np.moveaxis(np.array([[none, doctors, 1 - doctors], [none, 1 - entry, entry]]), 2, 0)


def head_counts(setting, population, entrants):
    """(cohort, hub, kind, home, tier) agents, whole numbers; kind 0 new graduates, 1 everybody else.

    ``entrants`` is (year, hub, kind, tier) persons.
    """
    persons = joint_mix(setting)
    homes, weight = entrant_homes(setting)[..., None], setting.persons / population
    present = apportion(persons * population / persons.sum())
    cohorts = [apportion(year[:, :, None, :] / weight * homes) for year in entrants]
    return np.stack([np.stack([np.zeros_like(present), present], axis=1), *cohorts])


def draw_people(setting, counts, start, mover_share, generator):
    """Columns of everybody whom ``counts`` holds, in slots as the module says; all live where they enter.

    Parameters
    ----------
    counts : (cohort, hub, kind, home, tier) agents
    start : int, first year; mover_share : share of the persistent type that moves more
    generator : function of a question and a number that returns a numpy Generator of its own, so that more cohorts
        change nothing for the first ones

    Returns
    -------
    Engineers
    """
    groups, hubs = counts.shape[0] * counts.shape[1], counts.shape[1]
    kinds = np.arange(counts[0, 0].size, dtype=np.min_scalar_type(counts[0, 0].size))  # of kind, home and tier
    who = np.repeat(np.tile(kinds, groups), counts.ravel())
    begin = group_starts(counts)
    team = np.append(0, np.cumsum(-(-np.diff(begin) // TEAM)))  # the first of each group
    people = empty(len(who))
    offset = generator("sector", 0).random(groups)
    tables = (*_cumulative(setting), mover_share, setting.country, setting.home_country, setting.free_share, offset)

    def mix(first, last):
        for g in range(first, last):
            generator("order", g).permuted(who[begin[g] : begin[g + 1]], out=who[begin[g] : begin[g + 1]])

    def fill(first, last):
        for block in range(first, last):
            some = slice(block * BLOCK, min((block + 1) * BLOCK, len(who)))
            u = generator("people", block).random((some.stop - some.start, 8), np.float32)
            part = type(people)(*(column[some] for column in people))
            _assign(part, some.start, who[some], begin, team, hubs, start, u, *tables)

    over_range(mix, groups, least=1)
    over_range(fill, -(-len(who) // BLOCK), least=1)
    return people


def group_starts(counts):
    """(group + 1,) int64 first slot of each group of (cohort, hub, ...) ``counts``."""
    return np.append(0, np.cumsum(counts.sum(axis=(2, 3, 4)).ravel()))


def team_starts(begin):
    """(team + 1,) int64 first slot of each team: runs of at most ``TEAM`` slots of the groups that ``begin``."""
    size = np.diff(begin)
    teams = -(-size // TEAM)
    before = np.cumsum(teams) - teams
    first = np.repeat(begin[:-1] - TEAM * before, teams)
    return np.append(first + TEAM * np.arange(len(first)), begin[-1])


@njit(cache=True)
def leaders(team, category):
    """(team,) int32 slot of the first expert in each team, -1 where there is none."""
    leader = np.full(team[team.size - 1] + 1, -1, np.int32)
    for i in range(team.size):
        if TIER_OF[category[i]] == 0 and leader[team[i]] < 0:
            leader[team[i]] = i
    return leader


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
def _assign(
    people,
    first,
    who,
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
    mover_share,
    country,
    home_country,
    free_share,
    offset,
):
    """Fill the columns of ``people``, the slots from ``first`` on; ``u`` is (slot, 8) uniforms.

    ``who`` (slot,) packs kind, home and tier as ``head_counts`` orders them; ``begin`` and ``team`` are the first slot
    and team of each group, ``offset`` a uniform of each; the rest as in ``_cumulative``. A team works in one sector:
    the teams of a group are spread over sectors by systematic sampling. Foreign graduates enter as students whose
    degree ends in June of their first year; everybody else's permit has up to three years to go.
    """
    bounds, tiers, homes = np.cumsum(TASTE_SHARES), len(TIERS), home_country.size
    group = np.searchsorted(begin, first, side="right") - 1
    for i in range(who.size):
        while first + i >= begin[group + 1]:
            group += 1
        h, year = group % hubs, start + max(group // hubs - 1, 0)
        g, t, graduate = who[i] // tiers % homes, who[i] % tiers, who[i] < homes * tiers
        c = country[h]
        kind = 1 if u[i, 0] < mover_share else 0
        people.hub[i] = h
        people.employer_hub[i] = h
        people.home[i] = g
        people.category[i] = ((kind * 3 + t) * 5 + _pick(role[h], u[i, 1])) * 3 + _pick(bounds, u[i, 2])
        mates, teams = (first + i - begin[group]) // TEAM, -(-(begin[group + 1] - begin[group]) // TEAM)
        people.sector[i] = _pick(sector[h], (mates + offset[group]) / teams)
        people.graduate[i] = graduate
        people.team[i] = team[group] + mates
        s = _pick(status[c, g], u[i, 4])
        years_old = YOUNGEST + _pick(age[t], u[i, 5])
        ago = _pick(since[s], u[i, 6])
        expiry = 12 * year + int(36 * u[i, 7])
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
