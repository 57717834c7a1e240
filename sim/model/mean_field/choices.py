"""Expected choices (E1 to E3): nested-logit probabilities of every kind of engineer, summed instead of drawn.

A kind of engineer is a home, tier, role and hub of residence; over tastes for pay, families, shares of a home that
need no permit and remote work the probabilities are averaged, each part with its own.
"""

from typing import NamedTuple

import numpy as np

from sim.model import equations as eq
from sim.model.mean_field import nests
from sim.model.mean_field.odds import exponentials
from sim.model.mean_field.passes import over_types, row_sums
from sim.world.engineers import TASTE_SHARES

AT_ONCE = 5  # homes: what their choices need stays in a near cache
EMPTY = np.finfo(float).tiny  # the odds of a nest without alternatives


class Choices(NamedTuple):
    """Expected choices of a round, in persons unless said."""

    persons: np.ndarray  # (home, tier, role, type, origin) considerers
    gone: np.ndarray  # (home, tier, role, origin) probability of moving without a permit
    applied: np.ndarray  # (home, tier, role, origin) probability of applying for one
    within: np.ndarray  # (home, tier, role, pair of hubs) probability of moving within the country, see ``arm.pairs``
    free: np.ndarray  # (home, tier, role, type, destination) movers to another country who need no permit
    went: np.ndarray  # (home, tier, origin, destination) both
    asked: np.ndarray  # (home, tier, origin, destination) applicants
    asked_role: np.ndarray  # (home, tier, role, destination) applicants


def choose(arm, considering, group=0):
    """Expected :class:`Choices` of ``considering`` (home, tier, role, type, status, hub) persons."""
    arm.residents = over_types(arm.persons)
    e, parts = arm.laid[group] = exponentials(arm, group)
    persons, weights, (origin, _) = row_sums(considering), _weights(arm, e), arm.pairs
    homes, tiers, roles, _, hubs = persons.shape
    kinds, corridors = (homes, tiers, roles, hubs), (homes, tiers, hubs, hubs)
    found = Choices(
        persons,
        *(
            np.zeros(shape)
            for shape in (kinds, kinds, (homes, tiers, roles, len(origin)), persons.shape, corridors, corridors, kinds)
        ),
    )
    for begin in range(0, homes, AT_ONCE):
        some = slice(begin, begin + AT_ONCE)
        those, nations = e.of(some, parts)
        _choose(arm, those, nations, weights, Choices(*(x[some] for x in found)))
    return found


def _choose(arm, e, parts, weights, found):
    """Fill what is ``found`` for the considerers of a few homes."""
    lam, persons, everybody = arm.tables.dissimilarity.astype(float), found.persons, row_sums(found.persons)
    inside = np.maximum(_sums(e.inside, e.trip_inside), EMPTY)
    worth = e.held * inside ** lam[eq.RESIDENCE]
    staying, near = e.stay + worth, np.zeros_like(worth)
    for trip, trip_back, family in zip(e.trip, e.trip_back, e.family, strict=True):
        back = nests.sums_back(e.back, e.pairs, trip_back, len(parts.home))
        free, needs = (_sums(odds, trip) for odds in e.abroad)
        sums, each = np.empty((2, *back.shape)), np.empty((2, *back.shape))
        np.maximum(back, EMPTY, out=sums[0])
        np.maximum(np.add(free, needs, out=sums[1]), EMPTY, out=sums[1])
        for nest, power, out in zip(sums, lam[eq.ORIGIN :], each, strict=True):
            np.power(nest, power - 1, out=out)
        nests.leave(parts.first, parts.share, weights, everybody, staying, sums, each, family, e.burden, near)
        nests.count(parts.first, each, back, free, needs, found.gone, found.applied)
        nests.go_back(parts.home, each[0], e.back, e.pairs, trip_back, persons, found.went, found.free)
        _go_abroad(e, parts, trip, found, *nests.leavers(parts.home, each[1], persons))
    near *= worth
    found.gone[:] += row_sums(near)
    found.within[:] = nests.within(near / inside, e.inside, e.trip_inside, everybody, *arm.pairs, found.went)


def _go_abroad(e, parts, trip, found, by_type, leaving):
    """Add flows to third countries, and arrivals by role and type, out of what each unit of the odds adds to them."""
    moves = _flat(leaving).swapaxes(2, 3) @ _flat(e.abroad[0] + e.abroad[1])
    nests.flows(parts.first, moves, trip, parts.needs, found.went, found.asked)
    reached = (_flat(by_type) @ trip).reshape(by_type.shape)
    applicants = np.zeros_like(found.free)
    for odds, arrived in zip(e.abroad, (found.free, applicants), strict=True):
        nests.arrivals(parts.first, reached, odds, arrived)
    found.asked_role[:] += applicants.sum(axis=3)


def _weights(arm, e):
    """(role, variant, hub) part of the residents."""
    share = arm.remote_share().T
    return np.stack([*(x * (1 - share) for x in TASTE_SHARES), share][: e.stay.shape[3]], axis=1)


def _sums(odds, trip):
    """(..., tier, role, variant, origin) sums of the odds (..., tier, role, variant, hub) of all hubs, times those of
    the trip there, (..., tier, origin, hub)."""
    return (_flat(odds) @ trip.swapaxes(-1, -2)).reshape(odds.shape)


def _flat(values):
    """(nation, tier, row, hub) out of (nation, tier, ..., hub)."""
    return values.reshape(*values.shape[:2], -1, values.shape[-1])
