"""Passes over all expected persons, compiled: each reads or changes (home, tier, role, type, status, hub) persons once.

Hubs lie along the last axis, so that the innermost loops run over neighbours in memory, on vectors.
"""

import numpy as np
from numba import njit

from sim.model.kernels.choice import ORDERLY
from sim.world.engineers import CITIZEN, OPT, PERMANENT, STEM_OPT, STUDENT, TEMPORARY


def row_sums(values):
    """(..., hub) sums of (..., row, hub) values."""
    return _row_sums(values.reshape(-1, *values.shape[-2:])).reshape(*values.shape[:-2], -1)


@njit(cache=True, nogil=True, fastmath=ORDERLY)
def _row_sums(values):
    out = np.zeros((values.shape[0], values.shape[2]))
    for k in range(values.shape[0]):
        for row in range(values.shape[1]):
            for d in range(values.shape[2]):
                out[k, d] += values[k, row, d]
    return out


def over_types(persons):
    """(home, tier, role, hub) sums over types and statuses."""
    return row_sums(persons.reshape(*persons.shape[:3], -1, persons.shape[5]))


@njit(cache=True, nogil=True, fastmath=ORDERLY)
def by_status(persons):
    """(home, tier, status, hub) sums over roles and types."""
    homes, tiers, roles, types, statuses, hubs = persons.shape
    out = np.zeros((homes, tiers, statuses, hubs))
    for g in range(homes):
        for t in range(tiers):
            for r in range(roles):
                for k in range(types):
                    for s in range(statuses):
                        for d in range(hubs):
                            out[g, t, s, d] += persons[g, t, r, k, s, d]
    return out


@njit(cache=True, nogil=True, fastmath=ORDERLY)
def admit(persons, graduates, others, graduates_mix, others_mix):
    """Add (home, tier, role, hub) persons who enter, each by the mix of their kind, (home, type, status, hub)."""
    homes, tiers, roles, types, statuses, hubs = persons.shape
    for g in range(homes):
        for t in range(tiers):
            for r in range(roles):
                for k in range(types):
                    for s in range(statuses):
                        for d in range(hubs):
                            persons[g, t, r, k, s, d] += (
                                graduates[g, t, r, d] * graduates_mix[g, k, s, d]
                                + others[g, t, r, d] * others_mix[g, k, s, d]
                            )


@njit(cache=True, nogil=True, fastmath=ORDERLY)
def considerers(persons, graduates, mix, pending, rate, factor, rate_of_graduates):
    """Who considers a move (E4): all ``graduates`` at a rate of their own, of the others those not ``pending``.

    Parameters
    ----------
    graduates, mix : (home, tier, role, hub) and (home, type, status, hub), among the persons
    pending : (home, tier, role, type, hub) share; rate : (tier, role, type, status); factor : (role, hub) on it
    """
    out = np.empty(persons.shape)
    homes, tiers, roles, types, statuses, hubs = persons.shape
    for g in range(homes):
        for t in range(tiers):
            for r in range(roles):
                for k in range(types):
                    for s in range(statuses):
                        for d in range(hubs):
                            new = graduates[g, t, r, d] * mix[g, k, s, d]
                            able = (persons[g, t, r, k, s, d] - new) * (1 - pending[g, t, r, k, d])
                            able *= min(rate[t, r, k, s] * factor[r, d], 1.0)
                            out[g, t, r, k, s, d] = able + new * rate_of_graduates
    return out


@njit(cache=True, nogil=True, fastmath=ORDERLY)
def move_within(persons, leaving, share, chance, origin, destination):
    """Move people between hubs of a country with all that they are.

    Parameters
    ----------
    leaving : like persons, who may move; or the persons themselves
    share : (home, tier, role, type or 1, hub) of them who leave, wherever they go
    chance : (home, tier, role or 1, pair of hubs) of those who leave its origin to go to its destination
    """
    homes, tiers, roles, types, statuses, hubs = persons.shape
    gone = np.empty(hubs)
    for g in range(homes):
        for t in range(tiers):
            for r in range(roles):
                to = r if r < chance.shape[2] else 0
                for k in range(types):
                    of = k if k < share.shape[3] else 0
                    for s in range(statuses):
                        for d in range(hubs):
                            gone[d] = leaving[g, t, r, k, s, d] * share[g, t, r, of, d]
                        for d in range(hubs):
                            persons[g, t, r, k, s, d] -= gone[d]
                        for p in range(origin.size):
                            moved = gone[np.uint64(origin[p])] * chance[g, t, to, p]
                            persons[g, t, r, k, s, np.uint64(destination[p])] += moved


@njit(cache=True, nogil=True, fastmath=ORDERLY)
def cross(persons, share, came, status):
    """Take away a ``share`` of everybody, whatever his status, and add those who ``came``, by theirs.

    Parameters
    ----------
    share, came : (home, tier, role, type, hub); status : (home, tier, status, hub) shares of those who came
    """
    homes, tiers, roles, types, statuses, hubs = persons.shape
    for g in range(homes):
        for t in range(tiers):
            for r in range(roles):
                for k in range(types):
                    for s in range(statuses):
                        for d in range(hubs):
                            persons[g, t, r, k, s, d] = (
                                persons[g, t, r, k, s, d] * (1 - share[g, t, r, k, d])
                                + came[g, t, r, k, d] * status[g, t, s, d]
                            )


@njit(cache=True, nogil=True, fastmath=ORDERLY)
def asking(persons, pending):
    """Persons inside who ask for a permit: who has no petition ``pending``, (home, tier, role, type, hub) share.

    Returns
    -------
    (first time or again, home, tier, role, hub) persons, students asking for the first time; and (home, status, hub)
    """
    homes, tiers, roles, types, statuses, hubs = persons.shape
    out, total = np.zeros((2, homes, tiers, roles, hubs)), np.zeros((homes, statuses, hubs))
    for g in range(homes):
        for t in range(tiers):
            for r in range(roles):
                for k in range(types):
                    for s in range(STUDENT, statuses):
                        again = 0 if s == STUDENT else 1
                        for d in range(hubs):
                            able = persons[g, t, r, k, s, d] * (1 - pending[g, t, r, k, d])
                            out[again, g, t, r, d] += able
                            total[g, s, d] += able
    return out, total


@njit(cache=True, nogil=True, fastmath=ORDERLY)
def grant(persons, pending, chance, pattern):
    """Give those who ask the permits that they are granted, students for the first time.

    Parameters
    ----------
    pending : as in :func:`asking`
    chance : (temporary or permanent, first time or again, pattern, tier, role, hub); pattern : (home,) its pattern

    Returns
    -------
    (hub,) persons who are granted temporary permits
    """
    homes, tiers, roles, types, statuses, hubs = persons.shape
    out = np.zeros(hubs)
    for g in range(homes):
        p = np.uint64(pattern[g])
        for t in range(tiers):
            for r in range(roles):
                for k in range(types):
                    for s in range(STUDENT, statuses):
                        again = 0 if s == STUDENT else 1
                        for d in range(hubs):
                            able = persons[g, t, r, k, s, d] * (1 - pending[g, t, r, k, d])
                            temporary = able * chance[0, again, p, t, r, d]
                            permanent = able * chance[1, again, p, t, r, d]
                            persons[g, t, r, k, s, d] -= temporary + permanent
                            persons[g, t, r, k, TEMPORARY, d] += temporary
                            persons[g, t, r, k, PERMANENT, d] += permanent
                            out[d] += temporary
    return out


@njit(cache=True, nogil=True, fastmath=ORDERLY)
def settle(persons, rate):
    """Turn statuses at the end of a year (E6), and take away those who leave the country.

    Parameters
    ----------
    rate : (change, home, hub) shares of the old status: naturalised, settled; out of temporary permits for home, and
        for anywhere; students whose studies end; out of work after study into its extension, and anywhere; out of that

    Returns
    -------
    (home, tier, role, type, hub) persons who leave for home, and for anywhere
    """
    homes, tiers, roles, types, _, hubs = persons.shape
    homeward, anywhere = np.empty((homes, tiers, roles, types, hubs)), np.empty((homes, tiers, roles, types, hubs))
    for g in range(homes):
        for t in range(tiers):
            for r in range(roles):
                for k in range(types):
                    for d in range(hubs):
                        permanent, temporary = persons[g, t, r, k, PERMANENT, d], persons[g, t, r, k, TEMPORARY, d]
                        student, opt = persons[g, t, r, k, STUDENT, d], persons[g, t, r, k, OPT, d]
                        stem = persons[g, t, r, k, STEM_OPT, d]
                        naturalised, settled = rate[0, g, d] * permanent, rate[1, g, d] * temporary
                        home, away = rate[2, g, d] * temporary, rate[3, g, d] * temporary
                        studied, extended = rate[4, g, d] * student, rate[5, g, d] * opt
                        opt_ends, stem_ends = rate[6, g, d] * opt, rate[7, g, d] * stem
                        persons[g, t, r, k, CITIZEN, d] += naturalised
                        persons[g, t, r, k, PERMANENT, d] += settled - naturalised
                        persons[g, t, r, k, TEMPORARY, d] -= settled + home + away
                        persons[g, t, r, k, STUDENT, d] -= studied
                        persons[g, t, r, k, OPT, d] += studied - extended - opt_ends
                        persons[g, t, r, k, STEM_OPT, d] += extended - stem_ends
                        homeward[g, t, r, k, d], anywhere[g, t, r, k, d] = home, away + opt_ends + stem_ends
    return homeward, anywhere


@njit(cache=True, nogil=True, fastmath=ORDERLY)
def promote(persons, rate):
    """Move a share ``rate`` (tier, hub) of everybody into the next better tier."""
    homes, tiers, roles, types, statuses, hubs = persons.shape
    for g in range(homes):
        for t in range(1, tiers):  # from the best on: nobody goes up twice
            for r in range(roles):
                for k in range(types):
                    for s in range(statuses):
                        for d in range(hubs):
                            up = persons[g, t, r, k, s, d] * rate[t, d]
                            persons[g, t, r, k, s, d] -= up
                            persons[g, t - 1, r, k, s, d] += up


@njit(cache=True, nogil=True, fastmath=ORDERLY)
def share_of(there, mix, each):
    """(home, tier, role, type, hub) share of those ``there``: a ``mix`` of them times ``each`` (home, tier, hub)."""
    homes, tiers, roles, types, hubs = there.shape
    out = np.empty(there.shape)
    for g in range(homes):
        for t in range(tiers):
            for r in range(roles):
                for k in range(types):
                    for d in range(hubs):
                        persons = there[g, t, r, k, d]
                        share = mix[g, t, r, k, d] * each[g, t, d] / (persons if persons > 0.0 else 1.0)
                        out[g, t, r, k, d] = min(max(share, 0.0), 1.0)
    return out
