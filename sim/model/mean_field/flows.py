"""Moves of expected persons: the one place that changes where they live, and the books of it."""

import numpy as np

from ...world.engineers import CITIZEN, PERMANENT, TEMPORARY
from . import permits


def over_types(persons):
    """(home, tier, role, hub) sums over types and statuses; a product of matrices is faster than a sum of few."""
    flat = persons.reshape(*persons.shape[:4], -1)
    return flat @ np.ones(flat.shape[-1])


def move_freely(arm, considering, found):
    """Let those go who chose another hub and need no permit: within a country they keep their status."""
    arm.persons -= considering * found.gone[..., None, None]
    arm.persons += found.inside
    arm.persons[..., CITIZEN] += found.free
    _book(arm, found.went)
    left = (over_types(considering) * found.gone).sum(axis=(0, 1))
    came = over_types(found.inside).sum(axis=(0, 1)) + found.free.sum(axis=(0, 1, 4))
    _book_jobs(arm, left, came)
    arm.arrived += found.free.sum(axis=(1, 2, 4))


def transfer(arm, moves, mix, status=None):
    """Move persons whose roles and types are a ``mix``; no more than live there.

    Parameters
    ----------
    moves : (home, tier, origin, destination) persons
    mix : (home, tier, role, origin, type) weights
    status : (home, tier, destination, status) shares on arrival, None for people who keep theirs
    """
    leaving = moves.sum(axis=3)
    there = arm.persons @ np.ones(arm.persons.shape[5])
    mix = mix + 1e-12 * there  # where nobody has applied so far
    total = mix.sum(axis=(2, 4))
    mix = mix / np.where(total > 0, total, 1.0)[:, :, None, :, None]
    going = np.minimum(leaving[:, :, None, :, None] * mix, there)
    by_status = arm.persons * (going / np.where(there > 0, there, 1.0))[..., None]
    send(arm, by_status, moves / np.where(leaving > 0, leaving, 1.0)[..., None], status)


def send(arm, leaving, towards, status):
    """Move (home, tier, role, origin, type, status) persons by the chances ``towards`` (home, tier, origin, hub).

    ``status`` (home, tier, destination, status) are shares on arrival from abroad, None within a country; nobody
    arrives as a student.
    """
    arm.persons -= leaving
    if status is not None:
        land(arm, leaving @ np.ones(leaving.shape[5]), towards, status)
        return
    came = _carried(towards, leaving)
    arm.persons += came
    _book(arm, over_types(leaving).sum(axis=2)[..., None] * towards)
    _book_jobs(arm, over_types(leaving).sum(axis=(0, 1)), over_types(came).sum(axis=(0, 1)))


def land(arm, leaving, towards, status=None):
    """Let (home, tier, role, origin, type) persons who have left arrive abroad, as citizens unless told otherwise."""
    came = _carried(towards, leaving[..., None])[..., 0]
    if status is None:
        arm.persons[..., CITIZEN] += came
    else:
        for s in (CITIZEN, PERMANENT, TEMPORARY):
            arm.persons[..., s] += came * status[:, :, None, :, None, s]
    by_role = came[..., 0] + came[..., 1]
    arm.arrived += by_role.sum(axis=(1, 2))
    _book(arm, leaving.sum(axis=(2, 4))[..., None] * towards)
    _book_jobs(arm, leaving.sum(axis=(0, 1, 4)), by_role.sum(axis=(0, 1)))


def _carried(towards, leaving):
    """(home, tier, role, destination, type, status) arrivals out of (..., origin, destination) chances."""
    homes, tiers, roles, hubs, types, statuses = leaving.shape
    flat = leaving.transpose(0, 1, 3, 2, 4, 5).reshape(homes, tiers, hubs, -1)
    came = (towards.swapaxes(2, 3) @ flat).reshape(homes, tiers, hubs, roles, types, statuses)
    return came.transpose(0, 1, 3, 2, 4, 5)


def by_permit(granted, free):
    """(home, tier, destination, status) shares of arrivals: by kind (home, tier, origin, destination) persons granted a
    permit, and (home, tier, origin, destination) who need none."""
    kinds = [persons.sum(axis=2) for persons in granted]
    status = np.zeros((*kinds[0].shape, 6))
    status[..., CITIZEN] = free.sum(axis=2)
    status[..., PERMANENT], status[..., TEMPORARY] = kinds[permits.PERMANENT], kinds[permits.TEMPORARY]
    total = status.sum(axis=3, keepdims=True)
    return status / np.where(total > 0, total, 1.0)


def _book(arm, moves):
    """Book (home, tier, origin, destination) persons who moved."""
    by_tier = moves.sum(axis=0)
    border = arm.layout.abroad
    arm.books.flow += by_tier.sum(axis=0)
    arm.books.crossings += (by_tier * border).sum(axis=(1, 2))
    arm.departed += moves.sum(axis=(1, 3))
    arm.leaders_gone += by_tier[0].sum(axis=1)


def _book_jobs(arm, left, came):
    """Note (role, hub) persons who left a hub and who came to one: they change jobs."""
    arm.left_jobs += left.T
    arm.took_jobs += came.T
