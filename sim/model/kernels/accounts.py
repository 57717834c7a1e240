"""Ledger cells and fingerprints, compiled: record changes engineer by engineer for ``accounting.Accounts``."""

import numpy as np
from numba import int64, njit, uint64

from sim.compiled import inlined
from sim.model.rng import GOLDEN, MIX_1, MIX_2, S27, S30, S31
from sim.world.engineers import STATUS_COUNT, TIER_COUNT, TIER_OF


@inlined
def cell_of(people, i, homes):
    """Return the index of the ledger cell (hub, home, tier, status) of the engineer in slot ``i``."""
    tier = TIER_OF[uint64(people.category[i])]
    place = uint64(people.hub[i]) * uint64(homes) + uint64(people.home[i])
    return (place * uint64(TIER_COUNT) + tier) * uint64(STATUS_COUNT) + uint64(people.status[i])


@inlined
def fingerprint(hub, home, category, sector, status, employer):
    """Return the 64-bit fingerprint of a combination, hashed by the finaliser of ``rng`` (splitmix64)."""
    # pack the six attributes into bytes of their own, so that no two combinations share a number before the hash
    x = uint64(hub) | uint64(home) << uint64(8) | uint64(category) << uint64(16) | uint64(sector) << uint64(24)
    x |= uint64(status) << uint64(32) | uint64(employer) << uint64(40)
    # mix: sums of raw numbers would cancel too easily, for example when two engineers swap hubs
    x = (x + GOLDEN) * GOLDEN
    x = (x ^ (x >> S30)) * MIX_1
    x = (x ^ (x >> S27)) * MIX_2
    return int64(x ^ (x >> S31))


@inlined
def fingerprint_of(people, i):
    """Return the fingerprint of the engineer in slot ``i``."""
    return fingerprint(
        people.hub[i], people.home[i], people.category[i], people.sector[i], people.status[i], people.employer_hub[i]
    )


@inlined
def record(delta, people, i, homes, sign) -> None:
    """Add the engineer in slot ``i`` to the ledger change ``delta`` (cell + 1,) (sign 1) or subtract them (sign -1).

    A literal sign would be a type of its own: the function is compiled once if the sign is an ``int64``.
    """
    delta[cell_of(people, i, homes)] += sign
    delta[delta.size - 1] += sign * fingerprint_of(people, i)


@njit(no_cpython_wrapper=True, no_cfunc_wrapper=True)
def no_delta(hubs, homes):
    """Return an empty ledger change: (cell + 1,) zeros, one for each cell and the last for the fingerprint."""
    return np.zeros(hubs * homes * TIER_COUNT * STATUS_COUNT + 1, np.int64)
