"""Compiled twins of the equations. Nothing here is the definition of anything: ``equations.py`` and ``rng.py`` are.

Each line ends with the label of the equation that it follows; ``tests/test_kernels.py`` holds the twins to equal
choices. Indices are cast to unsigned because numba adds a wrap-around test to every signed one.
"""

import math
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numba import njit, uint64

from .rng import GOLDEN, MIX_1, MIX_2, S11, S27, S30, S31, TO_UNIT

FREELY, LEAVING, RETURNING = range(3)  # modes of choice
TIE_HASH = uint64(2654435761)  # spreads the pair of slots that a tie joins over the counter


class Tables(NamedTuple):
    """What one decision round needs to know of the world, from ``market.tables``; log-odds unless said."""

    pay: np.ndarray  # (category % 45, hub, years of newcomer relief left)
    pay_returnee: np.ndarray  # the same under returnee relief
    pay_arriving: np.ndarray  # (category % 45, hub) with all of the newcomer relief
    place: np.ndarray  # (home, hub)
    compute: np.ndarray  # (role, hub)
    trip: np.ndarray  # (tier, origin, destination)
    permit: np.ndarray  # (home, tier, role, hub), NaN where no route is open
    free: np.ndarray  # (home, hub) share that needs no permit; 1 where the hub is home
    home_share: np.ndarray  # (home, hub)
    nest: np.ndarray  # (home, origin, hub) int8, E3
    country: np.ndarray  # (hub,)
    closed: np.ndarray  # (hub,) bool, to people from abroad
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


@njit(inline="always")
def tied_hubs(i, pointer, ties, hub, thin_key, share):
    """Bit set of the hubs where ties of ``i`` live; a tie counts if its own draw is below ``share``."""
    bits, one = uint64(0), uint64(1)
    for q in range(uint64(pointer[i]), uint64(pointer[i + uint64(1)])):
        j = uint64(ties[q])
        h = hub[j]
        if h < 0:
            continue
        if share < 1.0 and uniform_at(thin_key, min(i, j) * TIE_HASH + max(i, j)) >= share:
            continue
        bits |= one << uint64(h)
    return bits


@njit(inline="always")
def utilities(i, people, ties, keys, t, mode, v, needs):
    """Fill utility and permit need of every alternative of engineer ``i``; ``v`` is NaN where closed."""
    o, g = uint64(people.hub[i]), uint64(people.home[i])
    p = uint64(people.category[i]) % uint64(45)
    tier, role, one = p // uint64(15), p // uint64(3) % uint64(5), uint64(1)
    nation = uniform_at(keys[1], i)
    friends = tied_hubs(uint64(i), ties.friend_start, ties.friends, people.hub, keys[0], 1.0)
    colleagues = tied_hubs(uint64(i), ties.colleague_start, ties.colleagues, people.hub, keys[0], t.colleague_share)
    colleagues &= ~(one << o)  # staying takes no new offer
    nest, free, pay = t.nest[g, o], t.free[g], t.pay_arriving[p]
    place, compute, trip, permit = t.place[g], t.compute[role], t.trip[tier, o], t.permit[g, tier, role]
    for d in range(uint64(nest.size)):  # no branch in it, so that it runs on vectors
        needs[d] = nest[d] >= 2 and nation >= free[d]
        x = pay[d] + place[d] + compute[d] - trip[d]  # E1, E2
        x += t.log_colleague * np.float64(colleagues >> uint64(d) & one)  # E2
        x += t.b_friend * np.float64(friends >> uint64(d) & one)  # E2
        v[d] = x + permit[d] if needs[d] else x  # E2, NaN where no route is open
    relieve(i, people, t, p, v)
    if mode != FREELY or t.closed.any():
        for d in range(uint64(nest.size)):
            leaves = nest[d] >= 2 and not needs[d] and (mode == LEAVING or t.home_share[g, d] > 0.0)
            if (mode != FREELY and not leaves) or (nest[d] >= 2 and t.closed[d]):
                v[d] = np.nan


@njit(inline="always")
def relieve(i, people, t, p, v):
    """Put the relief that is left in place of a newcomer's: in the country of residence, and at home (E1)."""
    o, g = uint64(people.hub[i]), uint64(people.home[i])
    here = t.country[o]
    lives_home = t.home_share[g, o] > 0.0
    scheme = t.returnee_years[o] if lives_home else t.newcomer_years[o]
    left = uint64(max(0, scheme - (t.year - people.arrival_year[i])))
    away = t.year - people.abroad_since[i]
    for d in range(uint64(v.size)):
        if t.country[d] == here:
            kept = t.pay_returnee[p, d, left] if t.home_share[g, d] > 0.0 else t.pay[p, d, left]
            v[d] += kept - t.pay_arriving[p, d]
        elif t.home_share[g, d] > 0.0:
            years = uint64(t.returnee_years[d]) if away >= t.returnee_abroad[d] else uint64(0)
            v[d] += t.pay_returnee[p, d, years] - t.pay_arriving[p, d]


@njit
def draw_nested(v, nest, dissimilarity, u, e, s):
    """Nested-logit choice (E3) with alternatives laid end to end by nest, then by hub; -1 if all are closed.

    ``e`` (hub,) and ``s`` (2, nest) are room to work in.
    """
    reference = -np.inf
    for d in range(v.size):
        if v[d] > reference:  # false for NaN, a closed alternative
            reference = v[d]
    if reference == -np.inf:
        return -1
    s[:] = 0.0
    for d in range(v.size):
        e[d] = math.exp((v[d] - reference) / dissimilarity[nest[d]]) if v[d] == v[d] else 0.0  # E3
        s[0, nest[d]] += e[d]
    total = 0.0
    for n in range(4):
        s[1, n] = s[0, n] ** dissimilarity[n] if s[0, n] > 0.0 else 0.0  # E3
        total += s[1, n]
    point, chosen = u * total, 0
    for n in range(4):  # the nest
        if s[1, n] > 0.0:
            chosen = n
            if point < s[1, n]:
                point *= s[0, n] / s[1, n]
                break
            point -= s[1, n]
    last = -1
    for d in range(v.size):  # the hub in it
        if nest[d] == chosen and e[d] > 0.0:
            last = d
            point -= e[d]
            if point < 0.0:
                break
    return last


@njit(cache=True, nogil=True)
def choose_hubs(first, last, who, u, people, ties, keys, t, mode, barred, chosen, needs_permit):
    """Where engineers ``who[first:last]`` choose to live, and whether that takes a permit (E1 to E3).

    ``mode`` FREELY is any choice, LEAVING one abroad that needs no permit, RETURNING one in the home country.
    ``barred[k]`` is a country whose permits ``who[k]`` cannot get (-1 for none). Who finds every door closed stays.
    """
    hubs = t.country.size
    v, e, s, needs = np.empty(hubs), np.empty(hubs), np.empty((2, 4)), np.empty(hubs, np.bool_)
    for k in range(first, last):
        i = who[k]
        utilities(i, people, ties, keys, t, mode, v, needs)
        if barred[k] >= 0:
            for d in range(hubs):
                if needs[d] and t.country[d] == barred[k]:
                    v[d] = np.nan
        d = draw_nested(v, t.nest[people.home[i], people.hub[i]], t.dissimilarity, u[k], e, s)
        chosen[k] = d if d >= 0 else people.hub[i]
        needs_permit[k] = d >= 0 and needs[d]


@njit(cache=True)
def utilities_of(i, people, ties, keys, t, mode):
    """Utility and permit need of one engineer's alternatives: what the twin test compares."""
    v, needs = np.empty(t.country.size), np.empty(t.country.size, np.bool_)
    utilities(i, people, ties, keys, t, mode, v, needs)
    return v, needs


def is_compiled():
    """Whether this machine keeps a compiled copy of the kernels."""
    folder = Path(choose_hubs._cache.cache_path)  # numba tells nobody else where it keeps them
    return any(folder.glob("kernels.choose_hubs-*.nbi"))
