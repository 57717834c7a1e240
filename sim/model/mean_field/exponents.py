"""Exponents of the odds (E2, E3) of every kind of engineer, compiled: the tables of the agents, term by term."""

import numpy as np
from numba import njit

from sim.model.kernels.choice import ORDERLY
from sim.world import engineers

TIERS, ROLES, TASTES = len(engineers.TIERS), len(engineers.ROLES), len(engineers.TASTE_SHARES)
MIDDLE = TASTES // 2  # the taste of those who work remotely: they are few


@njit(cache=True, nogil=True, fastmath=ORDERLY)
def residents(pull, own, left, tied, remote, variants, dissimilarity):
    """Exponents of the odds of staying in the hub, of what relief adds to staying, and of other hubs of the country.

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
                    best = pull[g, p, 0]
                    for d in range(hubs):
                        best = max(best, pull[g, p, d])
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
                    best = pull[g, p, 0]
                    for d in range(hubs):
                        best = max(best, pull[g, p, d])
                    for d in range(hubs):
                        more = permit[g, t * ROLES + r, d] if needs[n, d] else works * remote[p, d]
                        out[n, t, r, v, d] = np.float64(pull[g, p, d]) - best + tied[g, d] + more
    return out
