"""Moves of expected persons: the one place that changes where they live, and the books of it."""

import numpy as np

from sim.model.mean_field import permits
from sim.model.mean_field.passes import cross, move_within, row_sums, share_of
from sim.world.categories import STATUSES
from sim.world.engineers import CITIZEN, PERMANENT, TEMPORARY


def move_freely(arm, considering, found):
    """Let those go who chose another hub and need no permit: within a country they keep their status."""
    origin, destination = arm.pairs
    gone = found.gone[..., origin]
    chance = found.within / np.where(gone > 0, gone, 1.0)
    move_within(arm.persons, considering, found.gone[:, :, :, None], chance, origin, destination)
    arm.persons[:, :, :, :, CITIZEN] += found.free
    everybody = row_sums(found.persons)
    inside = _at(destination, (everybody[..., origin] * found.within).sum(axis=(0, 1)), arm)
    _book(arm, found.went)
    _book_jobs(arm, (everybody * found.gone).sum(axis=(0, 1)), inside + row_sums(found.free).sum(axis=(0, 1)))
    arm.arrived += row_sums(row_sums(found.free)).sum(axis=1)


def move_inside(arm, moves, mix):
    """Move persons within their country, who keep their status.

    Parameters
    ----------
    moves : (home, tier, pair of hubs) persons; mix : as in :func:`leavers`
    """
    origin, destination = arm.pairs
    leaving = _at(origin, moves, arm)
    going, share = leavers(arm, leaving, mix)
    towards = moves / np.where(leaving > 0, leaving, 1.0)[..., origin]
    move_within(arm.persons, arm.persons, share, towards[:, :, None], origin, destination)
    by_role = row_sums(going)  # home, tier, role, hub
    gone = row_sums(by_role)
    came = (by_role[..., origin] * towards[:, :, None]).sum(axis=(0, 1))
    flow = np.zeros((moves.shape[1], *arm.books.flow.shape))
    flow[:, origin, destination] = (gone[..., origin] * towards).sum(axis=0)
    _book_flow(arm, flow, gone.sum(axis=1))
    _book_jobs(arm, by_role.sum(axis=(0, 1)), _at(destination, came, arm))


def _at(hub, values, arm):
    """(..., hub) sums of (..., pair) values by the origin or destination of the pairs."""
    return values @ (hub[:, None] == np.arange(len(arm.world.setting.hubs)))


def move_abroad(arm, moves, mix, status):
    """Move persons to other countries.

    Parameters
    ----------
    moves : (home, tier, origin, destination) persons, scaled to those who go; mix : as in :func:`leavers`
    status : (home, tier, status, destination) shares on arrival; nobody arrives as a student
    """
    leaving = moves @ np.ones(moves.shape[3])
    going, share = leavers(arm, leaving, mix)
    towards = np.where(leaving > 0, 1 / np.where(leaving > 0, leaving, 1.0), 0.0)
    each = (going * towards[:, :, None, None]).reshape(*moves.shape[:2], -1, moves.shape[3])
    came = (each @ moves).reshape(going.shape)
    cross(arm.persons, share, came, status)
    _land(arm, going, came)
    moves *= (row_sums(row_sums(going)) * towards)[..., None]
    _book(arm, moves)


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
    share = share_of(there, mix, leaving / np.where(total > 0, total, 1.0))
    return share * there, share


def expel(arm, leaving, towards):
    """Let (home, tier, role, type, hub) persons who have left arrive abroad as citizens.

    Parameters
    ----------
    towards : (home, origin, destination) chances
    """
    came = (leaving.reshape(len(leaving), -1, leaving.shape[4]) @ towards).reshape(leaving.shape)
    arm.persons[:, :, :, :, CITIZEN] += came
    _land(arm, leaving, came)
    gone = row_sums(row_sums(leaving))
    _book_flow(arm, (gone.transpose(2, 1, 0) @ towards.swapaxes(0, 1)).swapaxes(0, 1), gone.sum(axis=1))


def _land(arm, leaving, came):
    """Note (home, tier, role, type, hub) persons who left a country, and who came."""
    by_role = row_sums(came)
    arm.arrived += by_role.sum(axis=(1, 2))
    _book_jobs(arm, row_sums(leaving).sum(axis=(0, 1)), by_role.sum(axis=(0, 1)))


def by_permit(granted, free):
    """(home, tier, status, destination) shares of arrivals: by kind (home, tier, destination) persons granted a permit,
    and (home, tier, destination) who need none."""
    status = np.zeros((*free.shape[:2], len(STATUSES), free.shape[2]))
    status[:, :, CITIZEN] = free
    status[:, :, PERMANENT], status[:, :, TEMPORARY] = granted[permits.PERMANENT], granted[permits.TEMPORARY]
    total = status.sum(axis=2, keepdims=True)
    return status / np.where(total > 0, total, 1.0)


def _book(arm, moves):
    """Book (home, tier, origin, destination) persons who moved."""
    _book_flow(arm, moves.sum(axis=0), (moves @ np.ones(moves.shape[3])).sum(axis=1))


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
