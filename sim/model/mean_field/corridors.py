"""Passes over the corridors of expected persons, compiled: (home, tier, origin, destination) each read once."""

import numpy as np
from numba import njit

from sim.model.kernels.choice import ORDERLY


@njit(cache=True, nogil=True, fastmath=ORDERLY)
def take(asked, left, now, later, moves, by_hub):
    """Add the part ``now`` of those who ``asked`` to ``moves``, and their sums to ``by_hub`` (home, tier, destination).

    Parameters
    ----------
    asked, moves : (home, tier, origin, destination) persons; left : (home, tier, origin) share of them still there
    now, later : (home, tier, destination) shares

    Returns
    -------
    (home, tier, origin) persons of the part ``later``
    """
    homes, tiers, origins, hubs = asked.shape
    out = np.empty((homes, tiers, origins))
    for g in range(homes):
        for t in range(tiers):
            for o in range(origins):
                some, share = 0.0, left[g, t, o]
                for d in range(hubs):
                    persons = asked[g, t, o, d] * share
                    moves[g, t, o, d] += persons * now[g, t, d]
                    by_hub[g, t, d] += persons
                    some += persons * later[g, t, d]
                out[g, t, o] = some
    return out


@njit(cache=True, nogil=True, fastmath=ORDERLY)
def divert(total, went, asked, refused, country, diverted):
    """The choices of the refused: as those of all, but for the country that refused them (E3).

    Parameters
    ----------
    total : (home, tier, origin) considerers
    went, asked, refused, diverted : (home, tier, origin, destination) persons; to the last are added those who move
        abroad now
    country : (hub,)

    Returns
    -------
    (home, tier, origin) the refused over the considerers, each counted as often as he would take another country, and
    (home, tier, origin, destination) all applications, those of the refused included
    """
    homes, tiers, hubs, _ = asked.shape
    everybody, again = np.empty((homes, tiers, hubs)), np.empty(asked.shape)
    refused_by, asked_in, share = np.empty(hubs), np.empty(hubs), np.empty(hubs)  # more hubs than countries
    for g in range(homes):
        for t in range(tiers):
            for o in range(hubs):
                some = 1 / total[g, t, o] if total[g, t, o] > 0 else 1.0
                for c in range(hubs):
                    refused_by[c] = asked_in[c] = 0.0
                for d in range(hubs):
                    there = np.uint64(country[d])
                    refused_by[there] += refused[g, t, o, d] * some
                    asked_in[there] += asked[g, t, o, d] * some
                all_of_them = 0.0
                for c in range(hubs):
                    refused_by[c] /= max(1 - asked_in[c], 1e-9)
                    all_of_them += refused_by[c]
                everybody[g, t, o] = all_of_them
                for d in range(hubs):
                    share[d] = refused_by[np.uint64(country[d])]
                for d in range(hubs):
                    again[g, t, o, d] = asked[g, t, o, d] * (1 + all_of_them - share[d])
                    abroad = all_of_them if country[d] != country[o] else 0.0
                    diverted[g, t, o, d] += went[g, t, o, d] * abroad
    return everybody, again


@njit(cache=True, nogil=True, fastmath=ORDERLY)
def at_desks(persons, share, pattern, hub):
    """(home, tier, desk) persons out of (home, tier, role, hub), by the share of a role that comes to each desk.

    Parameters
    ----------
    share : (pattern, tier, role, desk); pattern : (home,) its pattern; hub : (desk,)
    """
    homes, tiers, roles, _ = persons.shape
    out = np.zeros((homes, tiers, hub.size))
    for g in range(homes):
        p = np.uint64(pattern[g])
        for t in range(tiers):
            for r in range(roles):
                for k in range(hub.size):
                    out[g, t, k] += persons[g, t, r, np.uint64(hub[k])] * share[p, t, r, k]
    return out


@njit(cache=True, nogil=True, fastmath=ORDERLY)
def scatter(values, place, size):
    """(row, place) sums of (row, item) values by the ``place`` (item,) of the items."""
    out = np.zeros((values.shape[0], size))
    for row in range(values.shape[0]):
        for k in range(place.size):
            out[row, np.uint64(place[k])] += values[row, k]
    return out
