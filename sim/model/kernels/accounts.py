"""Compiled accounts: ledger cells and fingerprints, booked engineer by engineer; see ``accounting``."""

import numpy as np
from numba import int64, njit, uint64

from sim.model.rng import GOLDEN, MIX_1, MIX_2, S27, S30, S31
from sim.world.engineers import STATUS_COUNT, TIER_COUNT, TIER_OF


@njit(inline="always")
def cell_of(people, i, homes):
    """Ledger cell of the engineer in slot ``i``: hub, home, tier and status in one number."""
    tier = TIER_OF[uint64(people.category[i])]
    place = uint64(people.hub[i]) * uint64(homes) + uint64(people.home[i])
    return (place * uint64(TIER_COUNT) + tier) * uint64(STATUS_COUNT) + uint64(people.status[i])


@njit(inline="always")
def fingerprint(hub, home, category, sector, status, employer):
    """Number of a combination, mixed as keyed draws are."""
    x = uint64(hub) | uint64(home) << uint64(8) | uint64(category) << uint64(16) | uint64(sector) << uint64(24)
    x |= uint64(status) << uint64(32) | uint64(employer) << uint64(40)
    x = (x + GOLDEN) * GOLDEN
    x = (x ^ (x >> S30)) * MIX_1
    x = (x ^ (x >> S27)) * MIX_2
    return int64(x ^ (x >> S31))


@njit(inline="always")
def fingerprint_of(people, i):
    """Number of the combination that the engineer in slot ``i`` is."""
    return fingerprint(
        people.hub[i], people.home[i], people.category[i], people.sector[i], people.status[i], people.employer_hub[i]
    )


@njit(inline="always")
def record(delta, people, i, homes, sign):
    """Enter the engineer in slot ``i`` into the changes as he is now (sign 1), or take out what he was (-1)."""
    delta[cell_of(people, i, homes)] += sign
    delta[delta.size - 1] += sign * fingerprint_of(people, i)


@njit
def no_delta(hubs, homes):
    """(cell + 1,) zeros: the ledger cells, then the fingerprint."""
    return np.zeros(hubs * homes * TIER_COUNT * STATUS_COUNT + 1, np.int64)
