"""The visa system, compiled: applicants, choice of route, and the background demand for a capped pool (E5)."""

import numpy as np
from numba import njit, uint64

from sim.model.kernels.choice import uniform_at
from sim.world.engineers import ROLE_OF, STUDENT, TIER_OF

LANES = 8  # partial sums of numpy's sum over a short axis


@njit(cache=True, nogil=True)
def students(first, last, people):
    """Return the slots of students and of people in post-study work who have no petition pending."""
    listed, n = np.empty(last - first, np.int64), 0
    for i in range(first, last):
        listed[n] = i
        n += people.status[i] >= STUDENT and people.hub[i] >= 0 and people.target[i] < 0
    return listed[:n].copy()


@njit(cache=True, nogil=True)
def below(key, slots, p):
    """Return whether the keyed draw of each slot is below its probability ``p`` (slot,): (slot,) bool."""
    out = np.empty(slots.size, np.bool_)
    for k in range(slots.size):
        out[k] = uniform_at(key, slots[k]) < p[k]
    return out


@njit(cache=True, nogil=True)
def valid(slots, hubs, hub, target, seen):
    """Return which petitions are still valid: (petition,) bool.

    A petition is valid if the engineer is still in the occupation, still wants this hub, and has no earlier valid
    petition in the list. ``seen`` (slot,) bool is work space; it is all False before and after.
    """
    stands = np.empty(slots.size, np.bool_)
    for k in range(slots.size):
        i = uint64(slots[k])
        stands[k] = hub[i] >= 0 and target[i] == hubs[k] and not seen[i]
        seen[i] |= stands[k]
    # reset the work space, only where it was touched
    for k in range(slots.size):
        seen[uint64(slots[k])] = False
    return stands


@njit(cache=True, nogil=True)
def best_route(
    first,
    last,
    slots,
    hubs,
    people,
    country,
    group_of,
    of_country,
    for_whom,
    side,
    is_open,
    access_share,
    access_key,
    most,
    appeal,
    chosen,
) -> None:
    """Choose for each applicant the accessible route with the highest appeal (E5).

    Parameters
    ----------
    slots, hubs : (applicant,) engineer, and the hub applied for
    group_of : (country, status) group of residents with routes of their own
    of_country : (country, k) routes of the country, padded with -1
    for_whom : (group, home, route) bool; side : (route,) bool, whether the route takes applications from abroad, or
        from inside the country
    is_open : (tier, role, hub, k) bool; appeal : (tier, route)
    access_share : (route,) share of people for whom the route is accessible in practice, drawn by ``access_key``
    most : upper bound of the number of routes, which numbers the draws
    chosen : (applicant,) written from ``first`` to ``last``: the route, -1 if none is accessible
    """
    for k in range(first, last):
        i, d = uint64(slots[k]), uint64(hubs[k])
        tier, role = TIER_OF[uint64(people.category[i])], ROLE_OF[uint64(people.category[i])]
        group, home = group_of[country[uint64(people.hub[i])], people.status[i]], uint64(people.home[i])
        chosen[k], best = -1, 0.0
        for place in range(of_country.shape[1]):
            route = of_country[country[d], place]
            # skip routes that are not open to this engineer in this hub
            if route < 0 or not (is_open[tier, role, d, place] and side[route] and for_whom[group, home, route]):
                continue
            # take the route if it beats the best so far and the engineer's own draw makes it accessible
            if (
                appeal[tier, route] > best
                and uniform_at(access_key, i * uint64(most) + uint64(route)) < access_share[route]
            ):
                chosen[k], best = route, appeal[tier, route]


@njit(cache=True)
def by_appeal(usable, pattern, value, access_share):
    """Return how people spread over routes if everybody takes the most appealing route accessible to them (E5).

    Parameters
    ----------
    usable : (tier, role, hub, k) bool, open to the tier and role; pattern : (pattern, hub, k) bool, to the pattern
    value : (tier, hub, k) appeal of a route
    access_share : (hub, k) share of people to whom the route is accessible in practice, independent between routes

    Returns
    -------
    (pattern, tier, role, hub, k) share of the people who take the route
    """
    tiers, roles, hubs, routes = usable.shape
    share, some = np.zeros((len(pattern), tiers, roles, hubs, routes)), np.empty(routes, np.int64)
    for p in range(len(pattern)):
        for t in range(tiers):
            for r in range(roles):
                for d in range(hubs):
                    count = 0
                    # sort the open routes by falling appeal; ties keep their order
                    for k in range(routes):
                        if usable[t, r, d, k] and pattern[p, d, k] and value[t, d, k] > 0.0:
                            at = count
                            while at > 0 and value[t, d, some[at - 1]] < value[t, d, k]:
                                some[at] = some[at - 1]
                                at -= 1
                            some[at] = k
                            count += 1
                    # each route takes its accessible share of the people whom no better route has taken
                    left = 1.0
                    for k in some[:count]:
                        share[p, t, r, d, k] = left * access_share[d, k]
                        left *= 1.0 - access_share[d, k]
    return share


@njit(cache=True)
def mean_over_routes(share, pull):
    """Return (pattern, tier, role, hub) the mean of ``pull`` over the applicants of each route, NaN without any (E2).

    Parameters
    ----------
    share : (pattern, tier, role, hub, k) share of the applicants who take the k-th route of the hub's country
    pull : (tier, role, hub, k) log-odds
    """
    patterns, tiers, roles, hubs, routes = share.shape
    mean, reached, total = np.empty((patterns, tiers, roles, hubs)), np.empty(LANES), np.empty(LANES)
    whole = routes - routes % LANES
    for p in range(patterns):
        for t in range(tiers):
            for r in range(roles):
                for d in range(hubs):
                    # sums in the order of numpy: in lanes, then the lanes in pairs, then the rest
                    reached[:], total[:] = 0.0, 0.0
                    for k in range(whole):
                        reached[k % LANES] += share[p, t, r, d, k]
                        total[k % LANES] += share[p, t, r, d, k] * pull[t, r, d, k]
                    some, weighted = in_pairs(reached), in_pairs(total)
                    for k in range(whole, routes):
                        some += share[p, t, r, d, k]
                        weighted += share[p, t, r, d, k] * pull[t, r, d, k]
                    mean[p, t, r, d] = weighted / some if some > 0.0 else np.nan
    return mean


@njit(inline="always")
def in_pairs(x):
    """Return the sum of eight numbers in the order in which numpy adds its partial sums."""
    return ((x[0] + x[1]) + (x[2] + x[3])) + ((x[4] + x[5]) + (x[6] + x[7]))


@njit(cache=True, nogil=True)
def file_background(first, last, keys, p_in_country, level_bounds, p_pays, withdrawal, p_master):
    """Draw the background registrations numbered ``first`` to ``last`` and return those that are filed (E5).

    Parameters
    ----------
    keys : (6,) uint64, draws of place, wage level, fee, withdrawal, master's degree and lottery clock
    p_in_country, p_master : share already in the country; share with a local master's degree
    level_bounds : (4,) cumulative shares of the wage levels
    p_pays : probability that the employer of a registrant abroad pays the special fee
    withdrawal : share of the registrations at wage level I that are not filed

    Returns
    -------
    (registration,) uniform draw of the lottery clock, bool in the country, bool master's degree, int8 wage level from 0
    """
    size, n = last - first, 0
    clock_draw, level = np.empty(size), np.empty(size, np.int8)
    in_country, master = np.empty(size, np.bool_), np.empty(size, np.bool_)
    for i in range(first, last):
        in_country[n] = uniform_at(keys[0], i) < p_in_country
        u = uniform_at(keys[1], i)
        level[n] = (u >= level_bounds[0]) + (u >= level_bounds[1]) + (u >= level_bounds[2])
        master[n] = uniform_at(keys[4], i) < p_master
        clock_draw[n] = uniform_at(keys[5], i)
        # employers pay the special fee only for people abroad; a registration that is not filed is overwritten by the
        # next one
        pays = in_country[n] or uniform_at(keys[2], i) < p_pays
        n += pays and (level[n] > 0 or uniform_at(keys[3], i) >= withdrawal)
    return clock_draw[:n], in_country[:n], master[:n], level[:n]
