"""Compiled twins of the equations. Nothing here is the definition of anything: ``equations.py`` and ``rng.py`` are.

Each line ends with the label of the equation that it follows; ``tests/test_kernels.py`` holds the twins to equal
choices. Utilities and exponentials are float32: their rounding moves a probability by a few parts in a million, far
less than one engineer, and twice as many fit into a vector register. Loops over hubs have no branch, so that they run
on vectors; indices are cast to unsigned because numba adds a wrap-around test to every signed one.
"""

from pathlib import Path
from typing import NamedTuple

import numpy as np
from numba import float32, int32, njit, types, uint64
from numba.extending import intrinsic

from .rng import GOLDEN, MIX_1, MIX_2, S11, S27, S30, S31, TO_UNIT

FREELY, LEAVING, RETURNING = range(3)  # modes of choice
TIE_HASH = uint64(2654435761)  # spreads the pair of slots that a tie joins over the counter
BATCH = 256  # engineers worked on at once: their utilities and ties stay in the nearest cache
MOST_TIES = 64 * BATCH  # room for the ties of a batch, four times their mean number
ORDERLY = {"nnan", "nsz", "reassoc", "contract"}  # no NaN comes in, and sums may be taken in any order
SHUT = np.float32(-np.inf)  # the pull of an alternative that is not open


class Tables(NamedTuple):
    """What one decision round needs to know of the world, from ``market.tables``; log-odds, float32, unless said."""

    pull: np.ndarray  # (home, category % 45, hub) pay on arrival, compute and place: what does not depend on ties
    trip: np.ndarray  # (tier, origin, destination)
    permit: np.ndarray  # (group, home, tier * role, hub), SHUT where no route is open
    newcomer_left: np.ndarray  # (years left, category % 45, hub) residents under newcomer relief against arrivals
    returnee_left: np.ndarray  # the same under returnee relief
    returning: np.ndarray  # (category % 45, hub) arrivals entitled to returnee relief against other arrivals
    group_of: np.ndarray  # (country, status) of residence: who has routes of his own, else 0
    free: np.ndarray  # (home, origin, hub) share that needs no permit; 1 at home and within the country
    is_home: np.ndarray  # (home, hub) bool
    nest: np.ndarray  # (home, origin, hub) int8, E3
    sharpness: np.ndarray  # (home, origin, hub) one over the dissimilarity of the nest
    dissimilarity: np.ndarray  # (nest,)
    country: np.ndarray  # (hub,)
    closed: np.ndarray  # (home, hub) bool, to people from abroad
    any_closed: bool
    newcomer_years: np.ndarray  # (hub,) years of relief on arrival
    returnee_years: np.ndarray  # (hub,)
    returnee_abroad: np.ndarray  # (hub,) years abroad that a returnee needs
    b_friend: float
    log_colleague: float
    colleague_share: float  # part of the colleague ties that count
    year: int


class Room(NamedTuple):
    """Arrays to work in, for one batch."""

    v: np.ndarray  # (engineer, hub) float32: utilities, then exponents, then exponentials
    bits: np.ndarray  # (engineer * hub,) int32, and ``scale`` is its memory read as float32
    scale: np.ndarray
    worth: np.ndarray  # (2, nest) float32
    column: np.ndarray  # (6, engineer) int32: hub, home, category, status, year of arrival, year of departure
    end: np.ndarray  # (engineer,) where the list of the engineer's ties ends
    tie: np.ndarray  # (tie,) int32
    owner: np.ndarray  # (tie,) int32, place in the batch
    lives: np.ndarray  # (tie,) int8 hubs
    found: np.ndarray  # (2, engineer) uint64 bit sets of the hubs where colleagues that count, and friends, live


@njit
def uniform_at(key, slot):
    """One keyed draw; equal to ``rng.uniform`` to the bit."""
    x = key + uint64(slot) * GOLDEN
    x = (x ^ (x >> S30)) * MIX_1
    x = (x ^ (x >> S27)) * MIX_2
    x = x ^ (x >> S31)
    return np.float64(x >> S11) * TO_UNIT


@njit(cache=True, nogil=True)
def uniforms(key, slots):
    """Keyed draws of many slots (slot,); equal to ``rng.uniform`` to the bit."""
    u = np.empty(slots.size)
    for k in range(slots.size):
        u[k] = uniform_at(key, slots[k])
    return u


@njit
def room_for(engineers, hubs):
    """The :class:`Room` of a batch."""
    bits = np.empty(engineers * hubs, np.int32)
    ties = MOST_TIES // BATCH * engineers
    return Room(np.empty((engineers, hubs), np.float32), bits, bits.view(np.float32), np.empty((2, 4), np.float32),
                np.empty((6, engineers), np.int32), np.empty(engineers, np.int64), np.empty(ties, np.int32),
                np.empty(ties, np.int32), np.empty(ties, np.int8), np.empty((2, engineers), np.uint64))


@njit(fastmath={"contract"})
def exponentials(x, bits, scale):
    """``exp(x)`` in place, for x up to 0 in float32, to one unit in the last place; 0 below -87, where float32 ends.

    Powers of two are written into the exponent's bits; what is left is a polynomial (Cephes, expf).
    """
    for k in range(x.size):
        y = max(x[k], float32(-87.0))
        whole = y * float32(1.44269504) + float32(12582912.0)  # adding 1.5 * 2**23 rounds to a whole number
        whole -= float32(12582912.0)
        r = y - whole * float32(0.693359375) + whole * float32(2.12194440e-4)
        p = float32(1.9875691500e-4)
        p = p * r + float32(1.3981999507e-3)
        p = p * r + float32(8.3334519073e-3)
        p = p * r + float32(4.1665795894e-2)
        p = p * r + float32(1.6666665459e-1)
        p = p * r + float32(5.0000001201e-1)
        bits[k] = (int32(whole) + int32(127)) << int32(23)
        x[k] = p * r * r + r + float32(1.0) if x[k] > float32(-87.0) else float32(0.0)
    for k in range(x.size):
        x[k] *= scale[k]


@njit
def gather(who, people, room):
    """The columns of ``who``, one after the other: the processor then waits for many cache lines at once."""
    for k in range(who.size):
        room.column[0, k] = people.hub[uint64(who[k])]
    for k in range(who.size):
        room.column[1, k] = people.home[uint64(who[k])]
    for k in range(who.size):
        room.column[2, k] = people.category[uint64(who[k])]
    for k in range(who.size):
        room.column[3, k] = people.status[uint64(who[k])]
    for k in range(who.size):
        room.column[4, k] = people.arrival_year[uint64(who[k])]
    for k in range(who.size):
        room.column[5, k] = people.abroad_since[uint64(who[k])]


@njit
def find_ties(who, ties, living, key, colleague_share, room):
    """Bit sets of the hubs where ties of each of ``who`` live: colleagues elsewhere, if they count, and friends.

    A year is bound by the wait for the lists of ties and the hubs in them, so these are read in stages: where the
    lists begin, the lists, where everybody in them lives. A colleague in one's own hub brings no new offer; for the
    others the draw of the tie is below ``colleague_share`` if it counts.
    """
    size = uint64(0)
    for k in range(who.size):
        room.end[k] = ties.start[uint64(who[k])]
    for k in range(who.size):
        degree = uint64(ties.start[uint64(who[k]) + uint64(1)] - room.end[k])
        first, degree = uint64(room.end[k]), min(degree, uint64(room.tie.size) - size)
        for q in range(degree):
            room.tie[size + q] = ties.ties[first + q]
            room.owner[size + q] = k
        size += degree
    for q in range(size):
        j = room.tie[q]
        room.lives[q] = living[uint64(j if j >= 0 else ~j)]
    kept = uint64(0)
    for q in range(size):  # those that may say something, moved together
        k, hub = room.owner[q], room.lives[q]
        room.tie[kept], room.owner[kept], room.lives[kept] = room.tie[q], k, hub
        kept += uint64(hub >= 0 and (room.tie[q] < 0 or hub != room.column[0, uint64(k)]))
    room.found[:, : who.size] = 0
    for q in range(kept):
        j, k = room.tie[q], uint64(room.owner[q])
        i, hub = uint64(who[k]), uint64(1) << uint64(room.lives[q])
        if j < 0:
            room.found[1, k] |= hub
        elif uniform_at(key, min(i, uint64(j)) * TIE_HASH + max(i, uint64(j))) < colleague_share:
            room.found[0, k] |= hub


@njit(fastmath=ORDERLY)
def utilities(who, keys, t, mode, barred, room):
    """Fill the room with the exponents of E3, utility over dissimilarity, counted from the engineer's best one."""
    hubs = t.country.size
    for k in range(who.size):
        o, g, status = uint64(room.column[0, k]), uint64(room.column[1, k]), uint64(room.column[3, k])
        p = uint64(room.column[2, k]) % uint64(45)
        work, tier, country = p // uint64(3), p // uint64(15), t.country[o]
        nation = float32(uniform_at(keys[1], who[k]))
        scheme = t.returnee_years[o] if t.is_home[g, o] else t.newcomer_years[o]
        left = uint64(min(max(0, scheme - (t.year - room.column[4, k])), t.newcomer_left.shape[0] - 1))
        away = int32(t.year - room.column[5, k])
        pull, trip, free, sharpness, is_home = t.pull[g, p], t.trip[tier, o], t.free[g, o], t.sharpness[g, o], t.is_home[g]
        newcomer, returnee, promised, nothing = t.newcomer_left[left, p], t.returnee_left[left, p], t.returning[p], t.returnee_left[0, p]
        permit, v = t.permit[t.group_of[country, status], g, work], room.v[k]
        for d in range(hubs):
            asked = permit[d]
            v[d] = pull[d] - trip[d] + (asked if nation >= free[d] else float32(0.0))  # E1, E2
        for d in range(hubs):  # apart from the first loop: the compiler makes no vectors of so many arrays at once
            entitled, other, back, new = promised[d], nothing[d], returnee[d], newcomer[d]  # E1
            abroad = entitled if away >= t.returnee_abroad[d] else other
            home, here = is_home[d], t.country[d] == country
            x = back if home else new
            y = abroad if home else float32(0.0)
            v[d] += x if here else y
        add_to(v, room.found[0, k], t.log_colleague)  # E2
        add_to(v, room.found[1, k], t.b_friend)  # E2
        if mode != FREELY or t.any_closed or barred[k] >= 0:
            shut_doors(o, g, nation, t, mode, barred[k], v)
        best = SHUT
        for d in range(hubs):
            x = v[d]
            best = x if x > best else best
        for d in range(hubs):
            v[d] = (v[d] - best) * sharpness[d] if best > SHUT else SHUT  # E3


@intrinsic
def lowest_bit(typing, x):
    """Position of the lowest bit set in ``x``, which has one."""
    return x(x), lambda context, builder, signature, args: builder.cttz(args[0], context.get_constant(types.boolean, 1))


@njit
def add_to(v, hubs, amount):
    """Add ``amount`` to the utility of every hub in a bit set."""
    while hubs:
        v[lowest_bit(hubs)] += amount
        hubs &= hubs - uint64(1)


@njit
def shut_doors(o, g, nation, t, mode, barred, v):
    """Take away the alternatives that policy, a refusal or the mode of choice shuts."""
    for d in range(t.country.size):
        abroad, needs = t.country[d] != t.country[o], nation >= t.free[g, o, d]
        leaves = abroad and not needs and (mode == LEAVING or t.is_home[g, d])
        shut = (abroad and t.closed[g, d]) or (needs and t.country[d] == barred)
        if shut or (mode != FREELY and not leaves):
            v[d] = SHUT


@njit(fastmath=ORDERLY)
def draw_nested(e, nest, dissimilarity, u, s, worth):
    """Nested-logit choice (E3) with alternatives laid end to end by nest, then by hub; -1 if all are closed.

    ``e`` (hub,) is the exponential of the exponents; ``s`` and ``worth`` (nest,) are room to work in.
    """
    s_0 = s_1 = s_2 = s_3 = float32(0.0)
    for d in range(e.size):
        x, n = e[d], nest[d]
        s_0 += x if n == 0 else float32(0.0)
        s_1 += x if n == 1 else float32(0.0)
        s_2 += x if n == 2 else float32(0.0)
        s_3 += x if n == 3 else float32(0.0)
    s[0], s[1], s[2], s[3] = s_0, s_1, s_2, s_3
    total = np.float64(0.0)
    for n in range(4):
        worth[n] = s[n] ** dissimilarity[n] if n > 0 and s[n] > 0.0 else s[n]  # E3; staying has no dissimilarity
        total += worth[n]
    point, chosen, last = u * total, -1, -1
    for n in range(4):  # the nest
        if s[n] > 0.0:
            chosen = n
            if point < worth[n]:
                point *= s[n] / worth[n]
                break
            point -= worth[n]
    for d in range(e.size):  # the hub in it
        if nest[d] == chosen and e[d] > 0.0:
            last = d
            point -= e[d]
            if point < 0.0:
                break
    return last


@njit(cache=True, nogil=True)
def choose_hubs(first, last, who, u, people, living, ties, keys, t, mode, barred, chosen, needs_permit):
    """Where engineers ``who[first:last]`` choose to live, and whether that takes a permit (E1 to E3).

    ``living`` (slot,) is where ties live. ``mode`` FREELY is any choice, LEAVING one abroad that needs no permit,
    RETURNING one in the home country. ``barred[k]`` is a country whose permits ``who[k]`` cannot get (-1 for none).
    Who finds every door closed stays.
    """
    room = room_for(min(BATCH, last - first), t.country.size)
    for begin in range(first, last, BATCH):
        part = who[begin : min(begin + BATCH, last)]
        gather(part, people, room)
        find_ties(part, ties, living, keys[0], t.colleague_share, room)
        utilities(part, keys, t, mode, barred[begin:], room)
        exponentials(room.v[: part.size].reshape(-1), room.bits, room.scale)
        for k in range(part.size):
            o, g = uint64(room.column[0, k]), uint64(room.column[1, k])
            d = draw_nested(room.v[k], t.nest[g, o], t.dissimilarity, u[begin + k], room.worth[0], room.worth[1])
            chosen[begin + k] = d if d >= 0 else o
            needs_permit[begin + k] = d >= 0 and float32(uniform_at(keys[1], part[k])) >= t.free[g, o, d]


@njit(cache=True, nogil=True)
def tied_hubs(who, people, living, ties, keys, colleague_share):
    """(kind, engineer) bit sets of the hubs where colleagues that count, elsewhere, and friends of ``who`` live."""
    found, room = np.empty((2, who.size), np.uint64), room_for(BATCH, 1)
    for begin in range(0, who.size, BATCH):
        part = who[begin : min(begin + BATCH, who.size)]
        gather(part, people, room)
        find_ties(part, ties, living, keys[0], colleague_share, room)
        found[:, begin : begin + part.size] = room.found[:, : part.size]
    return found


def is_compiled():
    """Whether this machine keeps a compiled copy of the kernels."""
    folder = Path(choose_hubs._cache.cache_path)  # numba tells nobody else where it keeps them
    return any(folder.glob("kernels.choose_hubs-*.nbi"))
