"""Compiled twins of the equations. Nothing here is the definition of anything: ``equations.py`` and ``rng.py`` are.

Each line ends with the label of the equation that it follows; ``tests/test_kernels.py`` holds the twins to equal
choices. Indices are cast to unsigned because numba adds a wrap-around test to every signed one.
"""

from pathlib import Path
from typing import NamedTuple

import numpy as np
from numba import njit, uint64

from .rng import GOLDEN, MIX_1, MIX_2, S11, S27, S30, S31, TO_UNIT

FREELY, LEAVING, RETURNING = range(3)  # modes of choice
TIE_HASH = uint64(2654435761)  # spreads the pair of slots that a tie joins over the counter
BATCH = 1024  # engineers worked on at once: their utilities stay in the cache
MOST_TIES = 48 * BATCH  # room for the ties of a batch, three times their mean number


class Tables(NamedTuple):
    """What one decision round needs to know of the world, from ``market.tables``; log-odds unless said."""

    pay: np.ndarray  # (category % 45, hub, years of newcomer relief left, up to the expected stay)
    pay_returnee: np.ndarray  # the same under returnee relief
    pay_arriving: np.ndarray  # (category % 45, hub) with all of the newcomer relief
    place: np.ndarray  # (home, hub)
    compute: np.ndarray  # (role, hub)
    trip: np.ndarray  # (tier, origin, destination)
    permit: np.ndarray  # (group, home, tier, role, hub), NaN where no route is open
    group_of: np.ndarray  # (country, status) of residence: who has routes of his own, else 0
    free: np.ndarray  # (home, hub) share that needs no permit; 1 where the hub is home
    home_share: np.ndarray  # (home, hub)
    nest: np.ndarray  # (home, origin, hub) int8, E3
    country: np.ndarray  # (hub,)
    closed: np.ndarray  # (home, hub) bool, to people from abroad
    any_closed: bool
    newcomer_years: np.ndarray  # (hub,) years of relief on arrival
    returnee_years: np.ndarray  # (hub,)
    returnee_abroad: np.ndarray  # (hub,) years abroad that a returnee needs
    dissimilarity: np.ndarray  # (nest,)
    b_friend: float
    log_colleague: float
    colleague_share: float  # part of the colleague ties that count
    year: int


@njit
def uniform_at(key, slot):
    """One keyed draw; equal to ``rng.uniform`` to the bit."""
    x = key + uint64(slot) * GOLDEN
    x = (x ^ (x >> S30)) * MIX_1
    x = (x ^ (x >> S27)) * MIX_2
    x = x ^ (x >> S31)
    return np.float64(x >> S11) * TO_UNIT


@njit
def gather_ties(who, ties, hub, thin_key, share, room, friends, colleagues):
    """Bit sets of the hubs where ties of each of ``who`` live; a colleague counts if its own draw is below ``share``.

    In stages, so that the processor waits for many cache lines at once instead of one after the other.
    """
    one, size = uint64(1), 0
    for k in range(who.size):
        for q in range(uint64(ties.start[who[k]]), uint64(ties.start[who[k] + 1])):
            if size < room.shape[1]:
                room[0, size] = ties.ties[q]
                size += 1
    for q in range(size):
        room[1, q] = hub[max(room[0, q], ~room[0, q])]
    at = 0
    for k in range(who.size):
        i, friend, colleague = who[k], uint64(0), uint64(0)
        degree = min(ties.start[i + 1] - ties.start[i], size - at)
        for q in range(at, at + degree):
            j = room[0, q]
            bit = (one << uint64(room[1, q])) * uint64(room[1, q] >= 0)
            if j < 0:
                friend |= bit
            elif share >= 1.0 or uniform_at(thin_key, uint64(min(i, j)) * TIE_HASH + uint64(max(i, j))) < share:
                colleague |= bit
        friends[k], colleagues[k] = friend, colleague
        at += degree


@njit(cache=True, nogil=True)
def exponents(who, people, friends, colleagues, nationality_key, t, mode, barred, v, needs):
    """Fill (engineer, hub) the exponents of E3, utility over dissimilarity, and who needs a permit where.

    Utilities are counted from the best one of the engineer; a closed alternative gets minus infinity. ``friends``
    and ``colleagues`` are bit sets of hubs; see ``moves.choose_hubs`` for the others.
    """
    one = uint64(1)
    for k in range(who.size):
        i = who[k]
        o, g = uint64(people.hub[i]), uint64(people.home[i])
        p = uint64(people.category[i]) % uint64(45)
        tier, role = p // uint64(15), p // uint64(3) % uint64(5)
        nation = uniform_at(nationality_key, i)
        friend, colleague = friends[k], colleagues[k] & ~(one << o)  # staying takes no new offer
        nest, free, closed, pay = t.nest[g, o], t.free[g], t.closed[g], t.pay_arriving[p]
        group = t.group_of[t.country[o], people.status[i]]
        place, compute, trip, permit = t.place[g], t.compute[role], t.trip[tier, o], t.permit[group, g, tier, role]
        vk, needed = v[k], needs[k]
        for d in range(uint64(nest.size)):  # no branch in it, so that it runs on vectors
            needed[d] = nest[d] >= 2 and nation >= free[d]
            x = pay[d] + place[d] + compute[d] - trip[d]  # E1, E2
            x += t.log_colleague * np.float64(colleague >> uint64(d) & one)  # E2
            x += t.b_friend * np.float64(friend >> uint64(d) & one)  # E2
            vk[d] = x + permit[d] if needed[d] else x  # E2, NaN where no route is open
        relieve(i, people, t, p, vk)
        if mode != FREELY or t.any_closed or barred[k] >= 0:
            for d in range(uint64(nest.size)):
                leaves = nest[d] >= 2 and not needed[d] and (mode == LEAVING or t.home_share[g, d] > 0.0)
                shut = (nest[d] >= 2 and closed[d]) or (needed[d] and t.country[d] == barred[k])
                if shut or (mode != FREELY and not leaves):
                    vk[d] = np.nan
        best = -np.inf
        for d in range(uint64(nest.size)):
            best = max(best, vk[d]) if vk[d] == vk[d] else best
        for d in range(uint64(nest.size)):
            vk[d] = (vk[d] - best) / t.dissimilarity[uint64(nest[d])] if vk[d] == vk[d] else -np.inf  # E3


@njit(cache=True, nogil=True)
def uniforms(key, slots):
    """Keyed draws of many slots (slot,); equal to ``rng.uniform`` to the bit."""
    u = np.empty(slots.size)
    for k in range(slots.size):
        u[k] = uniform_at(key, slots[k])
    return u


@njit(inline="always")
def relieve(i, people, t, p, v):
    """Put the relief that is left in place of a newcomer's: in the country of residence, and at home (E1)."""
    o, g = uint64(people.hub[i]), uint64(people.home[i])
    here = t.country[o]
    lives_home = t.home_share[g, o] > 0.0
    scheme = t.returnee_years[o] if lives_home else t.newcomer_years[o]
    longest = t.pay.shape[2] - 1
    left = uint64(min(max(0, scheme - (t.year - people.arrival_year[i])), longest))
    away = t.year - people.abroad_since[i]
    for d in range(uint64(v.size)):
        if t.country[d] == here:
            kept = t.pay_returnee[p, d, left] if t.home_share[g, d] > 0.0 else t.pay[p, d, left]
            v[d] += kept - t.pay_arriving[p, d]
        elif t.home_share[g, d] > 0.0:
            years = uint64(min(t.returnee_years[d], longest)) if away >= t.returnee_abroad[d] else uint64(0)
            v[d] += t.pay_returnee[p, d, years] - t.pay_arriving[p, d]


@njit
def draw_nested(e, nest, dissimilarity, u, s):
    """Nested-logit choice (E3) with alternatives laid end to end by nest, then by hub; -1 if all are closed.

    ``e`` (hub,) is the exponential of the exponents; ``s`` (2, nest) is room to work in.
    """
    s[:] = 0.0
    for d in range(uint64(e.size)):
        s[0, uint64(nest[d])] += e[d]
    total = 0.0
    for n in range(4):
        if s[0, n] > 0.0:
            s[1, n] = s[0, n] ** dissimilarity[n] if n > 0 else s[0, n]  # E3; staying has no dissimilarity
            total += s[1, n]
    point, chosen = u * total, -1
    for n in range(4):  # the nest
        if s[1, n] > 0.0:
            chosen = n
            if point < s[1, n]:
                point *= s[0, n] / s[1, n]
                break
            point -= s[1, n]
    last = -1
    for d in range(e.size):  # the hub in it
        if nest[d] == chosen and e[d] > 0.0:
            last = d
            point -= e[d]
            if point < 0.0:
                break
    return last


@njit(cache=True, nogil=True)
def draw_choices(who, u, people, t, e, needs, chosen, needs_permit):
    """Draw the choice of each of ``who`` from the exponentials (engineer, hub); who finds every door closed stays."""
    s = np.empty((2, 4))
    for k in range(who.size):
        i = who[k]
        d = draw_nested(e[k], t.nest[people.home[i], people.hub[i]], t.dissimilarity, u[k], s)
        chosen[k] = d if d >= 0 else people.hub[i]
        needs_permit[k] = d >= 0 and needs[k, d]


@njit(cache=True, nogil=True)
def tied_hubs(who, hub, ties, thin_key, colleague_share, room):
    """(engineer,) bit sets of the hubs where friends, and colleagues that count, of ``who`` live.

    ``room`` is (2, MOST_TIES) int32 to work in.
    """
    friends, colleagues = np.empty(who.size, np.uint64), np.empty(who.size, np.uint64)
    for k in range(0, who.size, BATCH):
        part = slice(k, min(k + BATCH, who.size))
        gather_ties(who[part], ties, hub, thin_key, colleague_share, room, friends[part], colleagues[part])
    return friends, colleagues


def is_compiled():
    """Whether this machine keeps a compiled copy of the kernels."""
    folder = Path(draw_choices._cache.cache_path)  # numba tells nobody else where it keeps them
    return any(folder.glob("kernels.draw_choices-*.nbi"))
