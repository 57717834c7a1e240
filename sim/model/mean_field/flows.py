"""Moves of expected persons: the one place that changes where they live, and the books of it."""

import numpy as np

from ...world.engineers import CITIZEN, PERMANENT, TEMPORARY
from . import permits


def move_freely(arm, considering, found):
    """Let those go who chose another hub and need no permit: within a country they keep their status."""
    arm.persons -= considering * found.gone[..., None, None]
    arm.persons += found.inside
    arm.persons[..., CITIZEN] += found.free
    _book(arm, found.went)
    left = (considering.sum(axis=(4, 5)) * found.gone).sum(axis=(0, 1))
    came = found.inside.sum(axis=(0, 1, 4, 5)) + found.free.sum(axis=(0, 1, 4))
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
    there = arm.persons.sum(axis=5)
    mix = mix + 1e-12 * there  # where nobody has applied so far
    total = mix.sum(axis=(2, 4))
    mix = mix / np.where(total > 0, total, 1.0)[:, :, None, :, None]
    going = np.minimum(leaving[:, :, None, :, None] * mix, there)
    by_status = arm.persons * (going / np.where(there > 0, there, 1.0))[..., None]
    send(arm, by_status, moves / np.where(leaving > 0, leaving, 1.0)[..., None], status)


def send(arm, leaving, towards, status=None):
    """Move (home, tier, role, origin, type, status) persons by the chances ``towards`` (home, tier, origin, hub).

    ``status`` (home, tier, destination, status) are shares on arrival from abroad, None within a country.
    """
    arm.persons -= leaving
    if status is None:
        came = _carried(towards, leaving)
        arm.persons += came
    else:
        came = _carried(towards, leaving.sum(axis=5, keepdims=True))
        arm.persons += came * status[:, :, None, :, None, :]
        arm.arrived += came.sum(axis=(1, 2, 4, 5))
    _book(arm, leaving.sum(axis=(2, 4, 5))[..., None] * towards)
    _book_jobs(arm, leaving.sum(axis=(0, 1, 4, 5)), came.sum(axis=(0, 1, 4, 5)))


def _carried(towards, leaving):
    """(home, tier, role, destination, type, status) arrivals out of (..., origin, destination) chances."""
    homes, tiers, roles, hubs, types, statuses = leaving.shape
    flat = leaving.transpose(0, 1, 3, 2, 4, 5).reshape(homes, tiers, hubs, -1)
    came = (towards.swapaxes(2, 3) @ flat).reshape(homes, tiers, hubs, roles, types, statuses)
    return came.transpose(0, 1, 3, 2, 4, 5)


def as_citizens(shape):
    """(home, tier, hub, status) shares of people who need no permit."""
    status = np.zeros(shape)
    status[..., CITIZEN] = 1.0
    return status


def by_permit(granted):
    """(home, tier, destination, status) shares of (kind, home, tier, origin, destination) persons granted a permit."""
    kinds = granted.sum(axis=3)
    total = kinds.sum(axis=0)
    share = kinds[permits.PERMANENT] / np.where(total > 0, total, 1.0)
    status = np.zeros((*share.shape, 6))
    status[..., PERMANENT], status[..., TEMPORARY] = share, 1 - share
    return status


def _book(arm, moves):
    """Book (home, tier, origin, destination) persons who moved."""
    by_tier = moves.sum(axis=0)
    border = arm.layout.abroad
    arm.books.flow += by_tier.sum(axis=0)
    arm.books.crossings += (by_tier * border).sum(axis=(1, 2))
    arm.departed += moves.sum(axis=(1, 3))


def _book_jobs(arm, left, came):
    """Note (role, hub) persons who left a hub and who came to one: they change jobs."""
    arm.left_jobs += left.T
    arm.took_jobs += came.T
