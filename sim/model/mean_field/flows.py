"""Moves of expected persons: the one place that changes where they live, and the books of it."""

import numpy as np

from ...world.engineers import CITIZEN, PERMANENT, STATUSES, TEMPORARY
from . import permits
from .passes import move_within, over_types, row_sums, thin


def move_freely(arm, considering, found):
    """Let those go who chose another hub and need no permit: within a country they keep their status."""
    types = considering.shape[3]
    share, chance = (np.repeat(x[:, :, :, None], types, axis=3) for x in (found.gone, found.within))
    move_within(arm.persons, considering, share, chance, *arm.pairs)
    arm.persons[:, :, :, :, CITIZEN] += found.free
    everybody = over_types(considering)
    inside = np.zeros_like(arm.took_jobs.T)
    np.add.at(inside.T, arm.pairs[1], (everybody[..., arm.pairs[0]] * found.within).sum(axis=(0, 1)).T)
    _book(arm, found.went)
    _book_jobs(arm, (everybody * found.gone).sum(axis=(0, 1)), inside + found.free.sum(axis=(0, 1, 3)))
    arm.arrived += found.free.sum(axis=(1, 2, 3))


def move_inside(arm, moves, mix):
    """Move persons within their country, who keep their status.

    Parameters
    ----------
    moves : (home, tier, pair of hubs) persons; mix : as in :func:`leavers`
    """
    homes, tiers, _ = moves.shape
    origin, destination = arm.pairs
    leaving = np.zeros((homes, tiers, arm.persons.shape[5]))
    np.add.at(leaving, (slice(None), slice(None), origin), moves)  # type: ignore[arg-type]
    going, share = leavers(arm, leaving, mix)
    towards = moves / np.where(leaving > 0, leaving, 1.0)[..., origin]
    move_within(arm.persons, arm.persons, share, share[..., origin] * towards[:, :, None, None], origin, destination)
    by_role = row_sums(going)  # home, tier, role, hub
    gone = by_role.sum(axis=2)[..., origin] * towards
    came = np.zeros_like(arm.took_jobs)
    np.add.at(came, destination, (by_role[..., origin] * towards[:, :, None]).sum(axis=(0, 1)).T)
    flow = np.zeros((tiers, *arm.books.flow.shape))
    flow[:, origin, destination] = gone.sum(axis=0)
    _book_flow(arm, flow, by_role.sum(axis=(1, 2)))
    _book_jobs(arm, by_role.sum(axis=(0, 1)), came.T)


def move_abroad(arm, moves, mix, status):
    """Move persons to other countries.

    Parameters
    ----------
    moves : (home, tier, origin, destination) persons; mix : as in :func:`leavers`
    status : (home, tier, destination, status) shares on arrival; nobody arrives as a student
    """
    leaving = moves.sum(axis=3)
    going, share = leavers(arm, leaving, mix)
    thin(arm.persons, share)
    land(arm, going, moves / np.where(leaving > 0, leaving, 1.0)[..., None], status)


def leavers(arm, leaving, mix):
    """Who of the (home, tier, hub) persons ``leaving`` goes, no more than live there: a ``mix`` of roles and types.

    Parameters
    ----------
    mix : (home, tier, role, type, hub) weights

    Returns
    -------
    (home, tier, role, type, hub) persons, and as a share of those there
    """
    there = row_sums(arm.persons)
    mix = mix + 1e-12 * there  # where nobody has applied so far
    total = mix.sum(axis=(2, 3))
    going = np.minimum((leaving / np.where(total > 0, total, 1.0))[:, :, None, None] * mix, there)
    return going, going / np.where(there > 0, there, 1.0)


def land(arm, leaving, towards, status=None):
    """Let (home, tier, role, type, hub) persons who have left arrive abroad, as citizens unless told otherwise.

    Parameters
    ----------
    towards : (home, tier or 1, origin, destination) chances
    status : (home, tier, destination, status) shares on arrival
    """
    homes, tiers, *_, hubs = leaving.shape
    came = (leaving.reshape(homes, tiers, -1, hubs) @ towards).reshape(leaving.shape)
    if status is None:
        arm.persons[:, :, :, :, CITIZEN] += came
    else:
        for s in (CITIZEN, PERMANENT, TEMPORARY):
            arm.persons[:, :, :, :, s] += came * status[:, :, None, None, :, s]
    by_role = row_sums(came)
    arm.arrived += by_role.sum(axis=(1, 2))
    gone = row_sums(leaving)
    _book(arm, gone.sum(axis=2)[..., None] * towards)
    _book_jobs(arm, gone.sum(axis=(0, 1)), by_role.sum(axis=(0, 1)))


def by_permit(granted, free):
    """(home, tier, destination, status) shares of arrivals: by kind (home, tier, destination) persons granted a permit,
    and (home, tier, destination) who need none."""
    status = np.zeros((*free.shape, len(STATUSES)))
    status[..., CITIZEN] = free
    status[..., PERMANENT], status[..., TEMPORARY] = granted[permits.PERMANENT], granted[permits.TEMPORARY]
    total = status.sum(axis=3, keepdims=True)
    return status / np.where(total > 0, total, 1.0)


def _book(arm, moves):
    """Book (home, tier, origin, destination) persons who moved."""
    _book_flow(arm, moves.sum(axis=0), moves.sum(axis=3).sum(axis=1))


def _book_flow(arm, by_tier, departed):
    """Book (tier, origin, destination) persons who moved; ``departed`` are they by (home, origin)."""
    arm.books.flow += by_tier.sum(axis=0)
    arm.books.crossings += (by_tier * arm.layout.abroad).sum(axis=(1, 2))
    arm.departed += departed
    arm.leaders_gone += by_tier[0].sum(axis=1)


def _book_jobs(arm, left, came):
    """Note (role, hub) persons who left a hub and who came to one: they change jobs."""
    arm.left_jobs += left.T
    arm.took_jobs += came.T
