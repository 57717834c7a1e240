"""Compiled twins of the equations. Nothing here is the definition of anything: ``equations.py`` and ``rng.py`` are.

Each line ends with the label of the equation that it follows; ``tests/test_kernels.py`` holds the twins to equal
choices. Indices are cast to unsigned because numba adds a wrap-around test to every signed one.
"""

import math
from typing import NamedTuple

import numpy as np
from numba import njit, prange, uint64

from .rng import GOLDEN, MIX_1, MIX_2, S11, S27, S30, S31, TO_UNIT

CHUNK = 4096  # engineers per unit of a parallel pass: the order of work never touches a result
CHOOSERS = 128  # the same for choices, which cost a hundred times as much
FREELY, LEAVING, RETURNING = range(3)  # modes of choice
TIE_HASH = uint64(2654435761)  # spreads the pair of slots that a tie joins over the counter


class Tables(NamedTuple):
    """What one decision round needs to know of the world, from ``market.tables``; log-odds unless said."""

    pay: np.ndarray  # (category % 45, hub, years of newcomer relief left)
    pay_returnee: np.ndarray  # the same under returnee relief
    place: np.ndarray  # (home, hub)
    compute: np.ndarray  # (role, hub)
    trip: np.ndarray  # (tier, origin, destination)
    permit: np.ndarray  # (home, tier, role, hub), NaN where no route is open
    free: np.ndarray  # (home, hub) share that needs no permit
    home_share: np.ndarray  # (home, hub)
    nest: np.ndarray  # (home, origin, hub) int8, E3
    country: np.ndarray  # (hub,)
    closed: np.ndarray  # (country,) bool
    newcomer_years: np.ndarray  # (country,) years of relief on arrival
    returnee_years: np.ndarray  # (country,)
    returnee_abroad: np.ndarray  # (country,) years abroad that a returnee needs
    dissimilarity: np.ndarray  # (nest,)
    b_friend: float
    log_colleague: float
    colleague_share: float  # part of the colleague ties that count
    year: int


@njit(inline="always")
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
    here, lives_home = t.country[o], t.home_share[g, o] > 0.0
    nation = uniform_at(keys[1], i)
    friends = tied_hubs(uint64(i), ties.friend_start, ties.friends, people.hub, keys[0], 1.0)
    colleagues = tied_hubs(uint64(i), ties.colleague_start, ties.colleagues, people.hub, keys[0], t.colleague_share)
    scheme = t.returnee_years[here] if lives_home else t.newcomer_years[here]
    left_here = uint64(max(0, scheme - (t.year - people.arrival_year[i])))  # E1
    away = t.year - people.abroad_since[i]
    nest, home, free = t.nest[g, o], t.home_share[g], t.free[g]
    pay, returnee, place, compute = t.pay[p], t.pay_returnee[p], t.place[g], t.compute[role]
    trip, permit = t.trip[tier, o], t.permit[g, tier, role]
    for d in range(uint64(nest.size)):
        c, abroad, is_home = uint64(t.country[d]), nest[d] >= 2, home[d] > 0.0
        is_free = is_home or not abroad or nation < free[d]
        needs[d] = not is_free
        barred = abroad and t.closed[c]
        if mode != FREELY:
            barred |= not abroad or not is_free or mode == RETURNING and not is_home
        if barred:
            v[d] = np.nan
            continue
        x = place[d] + compute[d] - trip[d]  # E2
        if not is_home:
            x += pay[d, uint64(t.newcomer_years[c]) if abroad else left_here]  # E1
        elif abroad:
            x += returnee[d, uint64(t.returnee_years[c]) if away >= t.returnee_abroad[c] else uint64(0)]  # E1
        else:
            x += returnee[d, left_here]  # E1
        if needs[d]:
            x += permit[d]  # E2, NaN where no route is open
        if d != o:
            x += t.log_colleague * np.float64(colleagues >> uint64(d) & one)  # E2
        v[d] = x + t.b_friend * np.float64(friends >> uint64(d) & one)  # E2


@njit(inline="always")
def draw_nested(v, nest, dissimilarity, u, e, s):
    """Nested-logit choice (E3) with alternatives laid end to end by nest, then by hub; -1 if all are closed.

    ``e`` (hub,) and ``s`` (nest,) are room to work in.
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
        s[nest[d]] += e[d]
    total = 0.0
    for n in range(4):
        total += s[n] ** dissimilarity[n] if s[n] > 0.0 else 0.0  # E3
    point, chosen = u * total, 0
    for n in range(4):  # the nest
        if s[n] > 0.0:
            chosen = n
            share = s[n] ** dissimilarity[n]
            if point < share:
                point *= s[n] / share
                break
            point -= share
    last = -1
    for d in range(v.size):  # the hub in it
        if nest[d] == chosen and e[d] > 0.0:
            last = d
            point -= e[d]
            if point < 0.0:
                break
    return last


@njit(parallel=True, cache=True, nogil=True)
def choose_hubs(who, u, people, ties, keys, t, mode, barred, chosen, needs_permit):
    """Where each engineer of ``who`` chooses to live, and whether that takes a permit (E1 to E3).

    ``mode`` FREELY is any choice, LEAVING one abroad that needs no permit, RETURNING one in the home country.
    ``barred[k]`` is a country whose permits ``who[k]`` cannot get (-1 for none). Who finds every door closed stays.
    """
    hubs = t.country.size
    for c in prange((who.size + CHOOSERS - 1) // CHOOSERS):
        v, e, s = np.empty(hubs), np.empty(hubs), np.empty(4)
        needs = np.empty(hubs, np.bool_)
        for k in range(c * CHOOSERS, min((c + 1) * CHOOSERS, who.size)):
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
    choose_hubs._cache.load_overload  # noqa: B018
    from pathlib import Path

    folder = Path(choose_hubs._cache.cache_path)
    return any(folder.glob("kernels.choose_hubs-*.nbi")) if folder.exists() else False
