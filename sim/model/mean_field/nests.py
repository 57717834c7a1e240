"""The nests of the expected choices (E3), compiled: what each unit of odds is worth, and who goes where by it.

Everything is by nation, tier, role, variant and hub; ``first`` says where the nations of each home begin.
"""

import numpy as np
from numba import njit

from ...world import engineers
from ..kernels import ORDERLY

TIERS, ROLES, TASTES = len(engineers.TIERS), len(engineers.ROLES), len(engineers.TASTE_SHARES)
MIDDLE = TASTES // 2  # the taste of those who work remotely: they are few
FEW = 0.05  # persons: who is fewer of a kind in a hub stays, all together one considerer in 5,000


@njit(cache=True, nogil=True, fastmath=ORDERLY)
def residents(pull, own, left, tied, remote, variants, dissimilarity):
    """Exponents of the odds of staying in the hub, of what relief adds to staying in the country, of its other hubs.

    Parameters
    ----------
    pull, left : (home, category % 45, hub) log-odds of arriving, and of relief that is left; own : (category % 45, hub)
        of one's own job; tied : (home, hub) of ties
    remote : (category % 45, hub) of remote work, with the middle taste: the last of four ``variants``
    dissimilarity : of the hubs in a country

    Returns
    -------
    three arrays (home, tier, role, variant, hub), counted from the best hub of the category
    """
    homes, hubs = tied.shape
    shape = (homes, TIERS, ROLES, variants, hubs)
    stay, held, inside = np.empty(shape), np.empty(shape), np.empty(shape)
    for g in range(homes):
        for t in range(TIERS):
            for r in range(ROLES):
                for v in range(variants):
                    p, works = _category(t, r, v)
                    best = pull[g, p].max()
                    for d in range(hubs):
                        x = np.float64(pull[g, p, d]) - best + works * remote[p, d]
                        stay[g, t, r, v, d] = x + own[p, d] + left[g, p, d]
                        held[g, t, r, v, d] = left[g, p, d]
                        inside[g, t, r, v, d] = (x + tied[g, d]) / dissimilarity
    return stay, held, inside


@njit(inline="always")
def _category(t, r, v):
    """Row of the tables by category % 45, and whether the variant works remotely: 1.0 or 0.0."""
    remotely = v == TASTES
    return (t * ROLES + r) * TASTES + (MIDDLE if remotely else v), 1.0 if remotely else 0.0


@njit(cache=True, nogil=True, fastmath=ORDERLY)
def arrivals_abroad(home_of, needs, pull, tied, remote, permit, variants):
    """(nation, tier, role, variant, hub) exponents of hubs abroad, dissimilarity and returnees' relief apart.

    Parameters
    ----------
    home_of : (nation,) home; needs : (nation, hub) bool, a permit: who does leaves the remote job
    permit : (home, tier * role, hub) log-odds; the others as in :func:`residents`
    """
    nations, hubs = needs.shape
    out = np.empty((nations, TIERS, ROLES, variants, hubs))
    for n in range(nations):
        g = np.uint64(home_of[n])
        for t in range(TIERS):
            for r in range(ROLES):
                for v in range(variants):
                    p, works = _category(t, r, v)
                    best = pull[g, p].max()
                    for d in range(hubs):
                        more = permit[g, t * ROLES + r, d] if needs[n, d] else works * remote[p, d]
                        out[n, t, r, v, d] = np.float64(pull[g, p, d]) - best + tied[g, d] + more
    return out


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
def count(first, each, sums, persons, gone, applied):
    """Add to the probabilities of those who have ``gone`` or ``applied``, (home, tier, role, hub), and count persons.

    Parameters
    ----------
    each : as ``leave`` leaves it; persons : (home, tier, role, type, hub)
    sums : (origin country, third ones freely or with a permit; nation, tier, role, variant, hub) odds

    Returns
    -------
    (nest, nation, tier, type, role, variant, hub) what each unit of the odds adds to their choices
    """
    _, nations, tiers, roles, variants, hubs = each.shape
    types, g = persons.shape[3], 0
    out = np.empty((2, nations, tiers, types, roles, variants, hubs))
    for n in range(nations):
        g += n >= first[g + 1]
        for t in range(tiers):
            for r in range(roles):
                for v in range(variants):
                    for o in range(hubs):
                        back, third = each[0, n, t, r, v, o], each[1, n, t, r, v, o]
                        gone[g, t, r, o] += back * sums[0, n, t, r, v, o] + third * sums[1, n, t, r, v, o]
                        applied[g, t, r, o] += third * sums[2, n, t, r, v, o]
                    for k in range(types):
                        for o in range(hubs):
                            out[0, n, t, k, r, v, o] = each[0, n, t, r, v, o] * persons[g, t, r, k, o]
                            out[1, n, t, k, r, v, o] = each[1, n, t, r, v, o] * persons[g, t, r, k, o]
    return out


@njit(cache=True, nogil=True, fastmath=ORDERLY)
def flows(first, each, trip, out):
    """Add to ``out`` (home, tier, origin, destination) the products of ``each`` (nation, ...) and ``trip``."""
    nations, tiers, hubs, _ = each.shape
    g = 0
    for n in range(nations):
        g += n >= first[g + 1]
        for t in range(tiers):
            for o in range(hubs):
                for d in range(hubs):
                    out[g, t, o, d] += each[n, t, o, d] * trip[n, t, o, d]


@njit(cache=True, nogil=True, fastmath=ORDERLY)
def arrivals(first, each, odds, out):
    """Add to ``out`` (home, tier, role, type, hub) the products of ``each`` (nation, tier, type, role, variant, hub)
    and ``odds`` (nation, tier, role, variant, hub), summed over variants."""
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
def within(each, odds, trip, origin, destination):
    """(home, tier, role, pair) sum over variants of ``each`` (..., variant, hub) at the origin times the ``odds`` (...,
    variant, hub) of the destination, times those of the ``trip`` (tier, origin, destination)."""
    homes, tiers, roles, variants, _ = each.shape
    out = np.zeros((homes, tiers, roles, origin.size))
    for g in range(homes):
        for t in range(tiers):
            for r in range(roles):
                for p in range(origin.size):
                    o, d = np.uint64(origin[p]), np.uint64(destination[p])
                    total = 0.0
                    for v in range(variants):
                        total += each[g, t, r, v, o] * odds[g, t, r, v, d]
                    out[g, t, r, p] = total * trip[t, o, d]
    return out


@njit(cache=True, nogil=True, fastmath=ORDERLY)
def ways_out(first, share, back, third, back_trip, third_trip, dissimilarity):
    """Chances of the hubs abroad for people who must leave (E3).

    Parameters
    ----------
    share : (nation,) part of its home
    back, third : (nation, hub) odds in the origin country, and in third ones where nobody needs a permit
    back_trip, third_trip : (nation, origin, hub); dissimilarity : (origin country, third ones)

    Returns
    -------
    two arrays (home, origin, hub), of those at home and of all that need no permit; a row adds up to the share of
    people to whom some hub is open
    """
    nations, hubs = back.shape
    home, anywhere = np.zeros((first.size - 1, hubs, hubs)), np.zeros((first.size - 1, hubs, hubs))
    g = 0
    for n in range(nations):
        g += n >= first[g + 1]
        for o in range(hubs):
            near = far = 0.0
            for d in range(hubs):
                near += back[n, d] * back_trip[n, o, d]
                far += third[n, d] * third_trip[n, o, d]
            worth_near = near ** dissimilarity[0] if near > 0.0 else 0.0
            worth_far = far ** dissimilarity[1] if far > 0.0 else 0.0
            total = max(worth_near + worth_far, 1e-300)
            to_home = share[n] / near if near > 0.0 else 0.0
            by_near, by_far = to_home * worth_near / total, share[n] / far * worth_far / total if far > 0.0 else 0.0
            for d in range(hubs):
                chance = back[n, d] * back_trip[n, o, d]
                home[g, o, d] += to_home * chance
                anywhere[g, o, d] += by_near * chance + by_far * third[n, d] * third_trip[n, o, d]
    return home, anywhere
