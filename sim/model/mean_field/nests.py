"""The nests of the expected choices (E3), compiled: what each unit of odds is worth, and who goes where by it.

Everything is by nation, tier, role, variant and hub; ``first`` says where the nations of each home begin.
"""

import numpy as np
from numba import njit

from sim.model.kernels.choice import ORDERLY

FEW = 0.05  # persons: who is fewer of a kind in a hub stays, all together one considerer in 5,000


@njit(cache=True, nogil=True, fastmath=ORDERLY)
def leave(first, share, weights, persons, staying, sums, each, family, burden, near):
    """Turn ``each`` from the worth of a nest over its odds to what each unit of the odds adds to a probability.

    Parameters
    ----------
    share : (nation,) part of its home; weights : (role, variant, hub) part of the residents
    persons : (home, tier, role, hub); where they are few, they stay
    staying : (home, tier, role, variant, hub) worth of not going abroad, in the hub and in the country
    sums, each : (nest, nation, tier, role, variant, hub), the origin country and third ones
    family, burden : (none or family,) part of the engineers, and the worth of going abroad over that of the way
    near : like staying; added to it is what each unit of the worth of staying in the country adds
    """
    _, nations, tiers, roles, variants, hubs = each.shape
    g = 0
    for n in range(nations):
        g += n >= first[g + 1]
        for t in range(tiers):
            for r in range(roles):
                for v in range(variants):
                    for o in range(hubs):
                        back, third = each[0, n, t, r, v, o], each[1, n, t, r, v, o]
                        abroad = back * sums[0, n, t, r, v, o] + third * sums[1, n, t, r, v, o]
                        home = staying[g, t, r, v, o]
                        weight = share[n] * weights[r, v, o] if persons[g, t, r, o] > FEW else 0.0
                        single = weight * family[0] / (home + burden[0] * abroad)
                        joint = weight * family[1] / (home + burden[1] * abroad)
                        near[g, t, r, v, o] += single + joint
                        far = single * burden[0] + joint * burden[1]
                        each[0, n, t, r, v, o], each[1, n, t, r, v, o] = far * back, far * third


@njit(cache=True, nogil=True, fastmath=ORDERLY)
def count(first, each, back, free, needs, gone, applied):
    """Add to the probabilities of those who have ``gone`` or ``applied``, (home, tier, role, hub).

    ``each`` is as ``leave`` leaves it; ``back``, ``free``, ``needs`` are the (nation, tier, role, variant, hub) sums of
    the odds of the origin country, and of third ones freely or with a permit.
    """
    _, nations, tiers, roles, variants, hubs = each.shape
    g = 0
    for n in range(nations):
        g += n >= first[g + 1]
        for t in range(tiers):
            for r in range(roles):
                for v in range(variants):
                    for o in range(hubs):
                        third = each[1, n, t, r, v, o]
                        gone[g, t, r, o] += each[0, n, t, r, v, o] * back[n, t, r, v, o] + third * free[n, t, r, v, o]
                        applied[g, t, r, o] += third * needs[n, t, r, v, o]


@njit(cache=True, nogil=True, fastmath=ORDERLY)
def sums_back(back, pairs, trip, nations):
    """(nation, tier, role, variant, origin) sums of the odds of the origin country, times those of the trip there.

    Parameters
    ----------
    back : (pair, tier, role, variant); pairs : (2, pair) nations and hubs; trip : (pair, tier, origin)
    """
    count, tiers, roles, variants = back.shape
    out = np.zeros((nations, tiers, roles, variants, trip.shape[2]))
    for p in range(count):
        n = np.uint64(pairs[0, p])
        for t in range(tiers):
            for r in range(roles):
                for v in range(variants):
                    for o in range(trip.shape[2]):
                        out[n, t, r, v, o] += back[p, t, r, v] * trip[p, t, o]
    return out


@njit(cache=True, nogil=True, fastmath=ORDERLY)
def go_back(home_of, each, back, pairs, trip, persons, went, arrived):
    """Add moves to the origin country to those who ``went`` (home, tier, origin, destination), and who ``arrived``.

    Parameters
    ----------
    home_of : (nation,) home; each : (nation, tier, role, variant, hub) what each unit of the odds adds
    persons, arrived : (home, tier, role, type, hub); the others as in :func:`sums_back`
    """
    count, tiers, roles, variants = back.shape
    types, hubs = persons.shape[3], persons.shape[4]
    chance = np.empty(hubs)
    for p in range(count):
        n, d = np.uint64(pairs[0, p]), np.uint64(pairs[1, p])
        g = np.uint64(home_of[n])
        for t in range(tiers):
            for r in range(roles):
                for o in range(hubs):
                    chance[o] = 0.0
                for v in range(variants):
                    for o in range(hubs):
                        chance[o] += each[n, t, r, v, o] * back[p, t, r, v]
                for k in range(types):
                    total = 0.0
                    for o in range(hubs):
                        moved = chance[o] * trip[p, t, o] * persons[g, t, r, k, o]
                        total += moved
                        went[g, t, o, d] += moved
                    arrived[g, t, r, k, d] += total


@njit(cache=True, nogil=True, fastmath=ORDERLY)
def flows(first, each, trip, needs, went, asked):
    """Add moves to third countries to those who ``went`` or ``asked`` for a permit, (home, tier, origin, destination).

    Parameters
    ----------
    each, trip : (nation, tier, origin, destination) the moves are the products of these
    needs : (nation, destination) bool, a permit
    """
    nations, tiers, hubs, _ = each.shape
    g = 0
    for n in range(nations):
        g += n >= first[g + 1]
        for t in range(tiers):
            for o in range(hubs):
                for d in range(hubs):
                    moved = each[n, t, o, d] * trip[n, t, o, d]
                    asks = moved if needs[n, d] else 0.0
                    asked[g, t, o, d] += asks
                    went[g, t, o, d] += moved - asks


@njit(cache=True, nogil=True, fastmath=ORDERLY)
def leavers(home_of, each, persons):
    """What each unit of the odds adds to the choices of ``persons`` (home, tier, role, type, hub).

    Parameters
    ----------
    home_of : (nation,) home; each : (nation, tier, role, variant, hub) the same for one person

    Returns
    -------
    (nation, tier, type, role, variant, hub) by type, and of all types together
    """
    nations, tiers, roles, variants, hubs = each.shape
    types = persons.shape[3]
    by_type, total = np.empty((nations, tiers, types, roles, variants, hubs)), np.zeros(each.shape)
    for n in range(nations):
        g = np.uint64(home_of[n])
        for t in range(tiers):
            for r in range(roles):
                for v in range(variants):
                    for k in range(types):
                        for o in range(hubs):
                            chosen = each[n, t, r, v, o] * persons[g, t, r, k, o]
                            by_type[n, t, k, r, v, o] = chosen
                            total[n, t, r, v, o] += chosen
    return by_type, total


@njit(cache=True, nogil=True, fastmath=ORDERLY)
def arrivals(first, each, odds, out):
    """Add to ``out`` (home, tier, role, type, hub) the products of ``each`` and the ``odds``, summed over variants.

    Parameters
    ----------
    each : (nation, tier, type, role, variant, hub); odds : (nation, tier, role, variant, hub)
    """
    nations, tiers, types, roles, variants, hubs = each.shape
    g = 0
    for n in range(nations):
        g += n >= first[g + 1]
        for t in range(tiers):
            for k in range(types):
                for r in range(roles):
                    for v in range(variants):
                        for d in range(hubs):
                            out[g, t, r, k, d] += each[n, t, k, r, v, d] * odds[n, t, r, v, d]


@njit(cache=True, nogil=True, fastmath=ORDERLY)
def within(each, odds, trip, persons, origin, destination, went):
    """Moves between hubs of a country, which are added to those who ``went`` (home, tier, origin, destination).

    Parameters
    ----------
    each : (home, tier, role, variant, hub) what each unit of the odds adds at the origin; odds : of the destination
    trip : (tier, origin, destination) odds; persons : (home, tier, role, hub)
    origin, destination : (pair,) of hubs

    Returns
    -------
    (home, tier, role, pair) probabilities
    """
    homes, tiers, roles, variants, _ = each.shape
    out = np.empty((homes, tiers, roles, origin.size))
    for g in range(homes):
        for t in range(tiers):
            for r in range(roles):
                for p in range(origin.size):
                    o, d = np.uint64(origin[p]), np.uint64(destination[p])
                    total = 0.0
                    for v in range(variants):
                        total += each[g, t, r, v, o] * odds[g, t, r, v, d]
                    out[g, t, r, p] = total * trip[t, o, d]
                    went[g, t, o, d] += persons[g, t, r, o] * out[g, t, r, p]
    return out


@njit(cache=True, nogil=True, fastmath=ORDERLY)
def ways_out(home_of, homes, share, back, pairs, trip_back, third, trip, dissimilarity):
    """Chances of the hubs abroad for people who must leave (E3).

    Parameters
    ----------
    home_of, share : (nation,) home, and part of it; homes : their number
    back : (pair,) odds in the origin country; pairs : (2, pair) nations and hubs
    third : (nation, hub) odds in third countries where nobody needs a permit
    trip_back : (pair, origin); trip : (nation, origin, hub); dissimilarity : (origin country, third ones)

    Returns
    -------
    two arrays (home, origin, hub), of those at home and of all that need no permit; a row adds up to the share of
    people to whom some hub is open
    """
    nations, hubs = third.shape
    home, anywhere = np.zeros((homes, hubs, hubs)), np.zeros((homes, hubs, hubs))
    near = np.zeros((nations, hubs))
    for p in range(back.size):
        for o in range(hubs):
            near[np.uint64(pairs[0, p]), o] += back[p] * trip_back[p, o]
    by_near = np.zeros((nations, hubs))
    for n in range(nations):
        g = np.uint64(home_of[n])
        for o in range(hubs):
            far = 0.0
            for d in range(hubs):
                far += third[n, d] * trip[n, o, d]
            worth_near = near[n, o] ** dissimilarity[0] if near[n, o] > 0.0 else 0.0
            worth_far = far ** dissimilarity[1] if far > 0.0 else 0.0
            total = max(worth_near + worth_far, 1e-300)
            by_near[n, o] = worth_near / total
            by_far = share[n] / far * worth_far / total if far > 0.0 else 0.0
            for d in range(hubs):
                anywhere[g, o, d] += by_far * third[n, d] * trip[n, o, d]
    for p in range(back.size):
        m, there = np.uint64(pairs[0, p]), np.uint64(pairs[1, p])
        g = np.uint64(home_of[m])
        for o in range(hubs):
            if near[m, o] > 0.0:
                chance = share[m] * back[p] * trip_back[p, o] / near[m, o]
                home[g, o, there] += chance
                anywhere[g, o, there] += chance * by_near[m, o]
    return home, anywhere
