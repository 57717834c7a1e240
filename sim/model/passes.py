"""Compiled passes over all engineers: who considers, whose status changes, who exits, how many live where.

Each pass works on the slots from ``first`` to ``last``: parts run in threads of their own.
"""

import numpy as np
from numba import njit, uint64

from ..world.engineers import CITIZEN, OLDEST, OPT, PERMANENT, STEM_OPT, STUDENT, TEMPORARY, YOUNGEST
from .kernels import uniform_at

NOT, EXPIRED, HOMEWARD = range(3)  # why somebody leaves the country at the end of the year


@njit(cache=True, nogil=True)
def consider(first, last, month_key, consider_key, people, rates, p_graduate, year, month_of):
    """Month (0 to 11) in which each engineer considers a move this year, -1 if not at all (E4).

    ``rates`` is (type, tier and role, status, age); a new graduate considers with ``p_graduate``. Nobody with a
    petition pending considers another move.
    """
    oldest = rates.shape[2] - 1
    for i in range(first, last):
        month_of[i] = -1
        if people.hub[i] < 0 or people.target[i] >= 0:
            continue
        if people.graduate[i]:
            p = p_graduate
        else:
            age = min(max(year - people.birth_year[i] - YOUNGEST, 0), oldest)
            p = rates[uint64(people.category[i]) // uint64(3), people.status[i], uint64(age)]  # E4
        if uniform_at(consider_key, i) < p:
            month_of[i] = int(12.0 * uniform_at(month_key, i))


@njit(cache=True, nogil=True)
def settle(first, last, keys, people, country, settlement, returning, renewal, naturalise, opt_months, stem_months,
           month, old_status, leaver):
    """Status at the end of the year (E6); ``leaver`` says who must or wants to leave the country, and why.

    Parameters
    ----------
    keys : (4,) uint64, draws for settlement, return, renewal and naturalisation
    settlement, returning : (country, home) hazards a year; renewal : (country,) approval of a renewed permit
    opt_months, stem_months : (country,) length of post-study work and of its extension
    month : last month of the year; old_status : (slot,) filled with the status before
    """
    status, expiry_month, graduate = people.status, people.expiry_month, people.graduate
    for i in range(first, last):
        s = status[i]
        old_status[i] = s
        leaver[i] = NOT
        graduate[i] = False
        if people.hub[i] < 0 or s == CITIZEN:
            continue
        place, home = country[people.hub[i]], people.home[i]
        if s == PERMANENT:
            if uniform_at(keys[3], i) < naturalise:
                status[i] = CITIZEN
            continue
        if s == TEMPORARY and uniform_at(keys[0], i) < settlement[place, home]:
            status[i] = PERMANENT
            continue
        if s == TEMPORARY and uniform_at(keys[1], i) < returning[place, home]:
            leaver[i] = HOMEWARD
            continue
        if expiry_month[i] > month:
            continue
        if s == TEMPORARY and uniform_at(keys[2], i) < renewal[place]:
            expiry_month[i] += 36
        elif s == STUDENT:
            status[i] = OPT
            expiry_month[i] += opt_months[place]
        elif s == OPT and stem_months[place] > 0:
            status[i] = STEM_OPT
            expiry_month[i] += stem_months[place]
        else:
            leaver[i] = EXPIRED


@njit(cache=True, nogil=True)
def exits(first, last, exit_key, people, country, exit_rate, year, gone):
    """Mark who retires or leaves the occupation: at the country's rate, and everybody past the last age."""
    for i in range(first, last):
        gone[i] = False
        if people.hub[i] >= 0:
            old = year - people.birth_year[i] > OLDEST
            gone[i] = old or uniform_at(exit_key, i) < exit_rate[country[people.hub[i]]]


@njit(cache=True, nogil=True)
def count(first, last, people, hubs, homes):
    """Agents by (hub, home, tier, status) among the slots from ``first`` to ``last``, flat, int64."""
    counts = np.zeros(hubs * homes * 18, np.int64)
    for i in range(first, last):
        if people.hub[i] >= 0:
            tier = people.category[i] // 15 % 3
            counts[((people.hub[i] * homes + people.home[i]) * 3 + tier) * 6 + people.status[i]] += 1
    return counts


@njit(cache=True, nogil=True)
def count_work(first, last, people, hubs):
    """Agents by (hub, role, sector) among the slots from ``first`` to ``last``, flat, int64."""
    counts = np.zeros(hubs * 5 * 8, np.int64)
    for i in range(first, last):
        if people.hub[i] >= 0:
            role = people.category[i] // 3 % 5
            counts[(people.hub[i] * 5 + role) * 8 + people.sector[i]] += 1
    return counts
