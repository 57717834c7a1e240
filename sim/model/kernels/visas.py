"""Compiled parts of the visa system: who applies, by which route, and the background of a capped pool (E5)."""

import numpy as np
from numba import njit, uint64

from sim.model.kernels.choice import uniform_at
from sim.world.engineers import ROLE_OF, STUDENT, TIER_OF


@njit(cache=True, nogil=True)
def students(first, last, people):
    """Slots of people on a student's status, or in work after it, with no petition pending."""
    found, n = np.empty(last - first, np.int64), 0
    for i in range(first, last):
        found[n] = i
        n += people.status[i] >= STUDENT and people.hub[i] >= 0 and people.target[i] < 0
    return found[:n].copy()


@njit(cache=True, nogil=True)
def below(key, slots, p):
    """(slot,) bool: the keyed draw of each slot is below its own ``p``."""
    out = np.empty(slots.size, np.bool_)
    for k in range(slots.size):
        out[k] = uniform_at(key, slots[k]) < p[k]
    return out


@njit(cache=True, nogil=True)
def valid(slots, hubs, hub, target, seen):
    """(petition,) bool: the engineer is there and still wants this hub, and it is the first such petition of his.

    ``seen`` (slot,) bool is all False before and after.
    """
    stands = np.empty(slots.size, np.bool_)
    for k in range(slots.size):
        i = uint64(slots[k])
        stands[k] = hub[i] >= 0 and target[i] == hubs[k] and not seen[i]
        seen[i] |= stands[k]
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
    success_probability,
    chosen,
):
    """Fill ``chosen[first:last]`` with the reachable route that promises most to each applicant, -1 without one.

    Parameters
    ----------
    group_of : (country, status); of_country : (country, k) routes, -1 beyond them
    for_whom : (group, home, route) bool; side : (route,) bool, applications from where the applicants are
    is_open : (tier, role, hub, k) bool; reach : (route,); promise : (tier, route)
    most : upper bound of the number of routes
    """
    for k in range(first, last):
        i, d = uint64(slots[k]), uint64(hubs[k])
        tier, role = TIER_OF[uint64(people.category[i])], ROLE_OF[uint64(people.category[i])]
        group, home = group_of[country[uint64(people.hub[i])], people.status[i]], uint64(people.home[i])
        chosen[k], best = -1, 0.0
        for place in range(of_country.shape[1]):
            route = of_country[country[d], place]
            if route < 0 or not (is_open[tier, role, d, place] and side[route] and for_whom[group, home, route]):
                continue
            if (
                success_probability[tier, route] > best
                and uniform_at(access_key, i * uint64(most) + uint64(route)) < access_share[route]
            ):
                chosen[k], best = route, success_probability[tier, route]


@njit(cache=True)
def by_success(usable, pattern, value, access_share):
    """How people spread over routes when everybody takes the most promising one within his reach.

    Parameters
    ----------
    usable : (tier, role, hub, k) bool, open to the tier and role; pattern : (pattern, hub, k) bool, to the pattern
    value : (tier, hub, k) what a route promises
    reach : (hub, k) share of people to whom the route is open in practice, each drawn on its own

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
                    for k in range(routes):  # the open ones by what they promise, of equal ones the first before
                        if usable[t, r, d, k] and pattern[p, d, k] and value[t, d, k] > 0.0:
                            at = count
                            while at > 0 and value[t, d, some[at - 1]] < value[t, d, k]:
                                some[at] = some[at - 1]
                                at -= 1
                            some[at] = k
                            count += 1
                    left = 1.0
                    for k in some[:count]:
                        share[p, t, r, d, k] = left * access_share[d, k]
                        left *= 1.0 - access_share[d, k]  # none of the better routes is open to them
    return share


@njit(cache=True, nogil=True)
def file_background(first, last, keys, p_in_country, level_bounds, p_pays, withdrawal, p_master):
    """Registrations of the background that are filed: clock draw, in the country, local master's degree, wage level."""
    size, n = last - first, 0
    clock_draw, level = np.empty(size), np.empty(size, np.int8)
    in_country, master = np.empty(size, np.bool_), np.empty(size, np.bool_)
    for i in range(first, last):
        in_country[n] = uniform_at(keys[0], i) < p_in_country
        u = uniform_at(keys[1], i)
        level[n] = (u >= level_bounds[0]) + (u >= level_bounds[1]) + (u >= level_bounds[2])
        master[n] = uniform_at(keys[4], i) < p_master
        clock_draw[n] = uniform_at(keys[5], i)
        pays = in_country[n] or uniform_at(keys[2], i) < p_pays
        n += pays and (level[n] > 0 or uniform_at(keys[3], i) >= withdrawal)
    return clock_draw[:n], in_country[:n], master[:n], level[:n]
