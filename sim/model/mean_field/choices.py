"""Expected choices (E1 to E3): nested-logit probabilities of every kind of engineer, summed instead of drawn.

A kind of engineer is a home, tier, role and hub of residence; over tastes for pay, families, shares of a home that
need no permit and remote work the probabilities are averaged, each part with its own. The utilities are those of the
agents, ``arm.tables``. Odds are written as factors, of the hub and of the corridor, so that sums over hubs are products
of matrices, as in ``constants.exponentials``.
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from ...world.engineers import ROLES, TASTE_SHARES, TIERS
from .. import equations as eq
from . import nests
from .nests import MIDDLE, arrivals, count, flows, leave, within
from .passes import row_sums

AT_ONCE = 9  # homes: what their choices need stays in a near cache
EMPTY = np.finfo(float).tiny  # the odds of a nest without alternatives


class Nations(NamedTuple):
    """Parts of the homes in which all need a permit for the same hubs: few homes have more than one."""

    home: np.ndarray  # (nation,)
    share: np.ndarray  # (nation,) of its home
    needs: np.ndarray  # (nation, hub) bool, to move there from abroad
    first: np.ndarray  # (home + 1,) where the nations of each home begin

    def total(self, values):
        """(home, ...) sums of (nation, ...) values."""
        out = values[self.first[:-1]]
        for n in np.flatnonzero(np.diff(self.home, prepend=-1) == 0):  # few: np.add.reduceat takes five times as long
            out[self.home[n]] += values[n]
        return out


class Exponentials(NamedTuple):
    """Odds of the alternatives as factors, a variant being a taste, or remote work."""

    stay: np.ndarray  # (home, tier, role, variant, hub)
    held: np.ndarray  # the same: what relief that is left adds to staying in the country
    inside: np.ndarray  # the same: another hub of the country of residence
    back: np.ndarray  # (nation, tier, role, variant, hub) in the origin country, 0 elsewhere
    abroad: np.ndarray  # (needs a permit or not, nation, tier, role, variant, hub) in third countries
    trip_inside: np.ndarray  # (tier, origin, hub), 0 abroad
    trip: np.ndarray  # (third or origin country, way, nation, tier, origin, hub), 0 where that is another nest
    family: np.ndarray  # (way, none or family) part of the engineers
    burden: np.ndarray  # (none or family,) worth of going abroad over that of the way

    def of(self, homes, parts):
        """The same of a slice of homes, and the :class:`Nations` of those alone."""
        first = parts.first[homes.start : homes.stop + 1]
        n = slice(first[0], first[-1])
        nations = Nations(parts.home[n] - homes.start, parts.share[n], parts.needs[n], first - first[0])
        return self._replace(stay=self.stay[homes], held=self.held[homes], inside=self.inside[homes],
                             back=self.back[n], abroad=self.abroad[:, n], trip=self.trip[:, :, n]), nations


class Choices(NamedTuple):
    """Expected choices of a round, in persons unless said."""

    gone: np.ndarray  # (home, tier, role, origin) probability of moving without a permit
    applied: np.ndarray  # (home, tier, role, origin) probability of applying for one
    within: np.ndarray  # (home, tier, role, pair of hubs) probability of moving within the country, see ``arm.pairs``
    free: np.ndarray  # (home, tier, role, type, destination) movers to another country who need no permit
    went: np.ndarray  # (home, tier, origin, destination) both
    asked: np.ndarray  # (home, tier, origin, destination) applicants
    asked_role: np.ndarray  # (home, tier, role, destination) applicants


def nations(free, shuts):
    """The :class:`Nations` of ``free`` (home, hub), the share that needs no permit.

    Parameters
    ----------
    shuts : float, a share within this of 0 or 1 is that
    """
    home, share, needs = [], [], []
    for g, row in enumerate(free):
        edges = np.unique(np.clip(np.append(row, (0.0, 1.0)), 0.0, 1.0))
        wide = np.diff(edges) > shuts
        home += [g] * wide.sum()
        share += list(np.diff(edges)[wide])
        needs += [middle >= row for middle in ((edges[1:] + edges[:-1]) / 2)[wide]]
    first = np.searchsorted(home, np.arange(len(free) + 1))
    return Nations(np.array(home), np.array(share), np.array(needs), first)


@lru_cache(maxsize=8)
def nations_of(free, homes, hubs):
    """The nations of a table as bytes: it is the same every year until a policy changes who needs no permit."""
    return nations(np.frombuffer(free).reshape(homes, hubs), 1e-9)


def exponentials(arm, group=0):
    """(:class:`Exponentials`, :class:`Nations`) of the tables now in force.

    Parameters
    ----------
    arm : MeanField
    group : of routes, see ``routes.Routes.group_of``
    """
    t = arm.tables
    parts = nations_of(arm.pulls.free.tobytes(), *arm.pulls.free.shape)
    third, origin, residence = (float(t.dissimilarity[n]) for n in (3, 2, 1))
    variants, tied = len(TASTE_SHARES) + bool(arm.elsewhere.any()), np.log(arm.tied)
    own = np.einsum("hk,kph->ph", _sector_share(arm), t.stay)
    stay, held, inside = (np.exp(x, out=x) for x in nests.residents(
        t.pull, own, arm.relief_left(), tied, t.remote, variants, residence))
    far = nests.arrivals_abroad(parts.home, parts.needs, t.pull, tied, t.remote, t.permit[group], variants)
    relief = t.returnee_left[0] + arm.away_enough[:, None, :] * (t.returning - t.returnee_left[0])
    relief = relief.reshape(len(relief), len(TIERS), len(ROLES), -1, relief.shape[2])
    nation, hub = np.nonzero(t.is_home[parts.home])  # few of all
    returning = relief[:, :, :, [0, 1, 2, MIDDLE][:variants]][parts.home[nation], ..., hub]
    far[nation, ..., hub] += returning
    back = np.zeros_like(far)
    back[nation, ..., hub] = np.exp(far[nation, ..., hub] / origin)
    far = np.exp(far / third, out=far)
    if t.any_closed:
        shut = ~t.closed[parts.home][:, None, None, None]
        back, far = back * shut, far * shut
    needs = parts.needs[:, None, None, None, :]
    trip_inside, trip, family, burden = corridors(arm, parts, third, origin, residence)
    return Exponentials(stay, held, inside, back, np.stack([far * ~needs, far * needs]),
                        trip_inside, trip, family, burden), parts


def corridors(arm, parts, third, origin, residence):
    """The odds of corridors in :class:`Exponentials`, laid out once for as long as no policy changes them."""
    rights = arm.rules["family_rights"]
    key = rights.tobytes(), parts.needs.tobytes(), parts.home.tobytes()
    if key not in arm.corridors:
        arm.corridors[key] = _corridors(arm, parts, rights.any(), third, origin, residence)
    return arm.corridors[key]


def _corridors(arm, parts, by_family, third, origin, residence):
    t, border = arm.tables, arm.layout.abroad
    trip = -t.trip.astype(float).reshape(2, len(TIERS), *border.shape)
    part, burden = np.array([1 - arm.a.family_share, arm.a.family_share]), np.ones(2)
    if by_family:
        part = np.diag(part)
    else:  # a family costs the same wherever it goes: one way for all
        trip, part, burden = trip[:1], part[None], np.exp([0.0, -arm.a.family_cost])
    back = (t.is_home[:, None, :] & ~t.is_home[:, :, None])[parts.home][:, None]  # the origin country, for who is away
    trip_inside = (~border & ~np.eye(len(border), dtype=bool)) * np.exp(trip[0] / residence)
    ways = [(mask & border) * np.exp(trip[:, None] / nest) for nest, mask in ((third, ~back), (origin, back))]
    return trip_inside, np.stack(ways), part, burden


def _sector_share(arm):
    """(hub, sector) share of engineers."""
    work = arm.work.sum(axis=1)
    return work / np.maximum(work.sum(axis=1, keepdims=True), 1e-300)


def choose(arm, considering, group=0):
    """Expected :class:`Choices` of ``considering`` (home, tier, role, type, status, hub) persons."""
    e, parts = arm.laid[group] = exponentials(arm, group)
    persons, weights, (origin, _) = row_sums(considering), _weights(arm, e), arm.pairs
    homes, tiers, roles, _, hubs = persons.shape
    kinds, corridors = (homes, tiers, roles, hubs), (homes, tiers, hubs, hubs)
    found = Choices(*(np.zeros(shape) for shape in (
        kinds, kinds, (homes, tiers, roles, len(origin)), persons.shape, corridors, corridors, kinds)))
    for begin in range(0, homes, AT_ONCE):
        some = slice(begin, begin + AT_ONCE)
        those, nations = e.of(some, parts)
        _choose(arm, those, nations, weights, persons[some], Choices(*(x[some] for x in found)))
    return found


def _choose(arm, e, parts, weights, persons, found):
    """Fill what is ``found`` for (home, tier, role, type, hub) considerers of a few homes."""
    lam, everybody = arm.tables.dissimilarity.astype(float), persons.sum(axis=3)
    inside = np.maximum(_sums(e.inside, e.trip_inside), EMPTY)
    worth = e.held * inside ** lam[eq.RESIDENCE]
    staying, near = e.stay + worth, np.zeros_like(worth)
    for third_trip, back_trip, family in zip(*e.trip, e.family, strict=True):
        sums = np.empty((3, *e.back.shape))
        for odds, trip, out in zip((e.back, *e.abroad), (back_trip, third_trip, third_trip), sums, strict=True):
            np.matmul(_flat(odds), trip.swapaxes(-1, -2), out=_flat(out))
        nests, each = np.empty((2, *e.back.shape)), np.empty((2, *e.back.shape))
        np.maximum(sums[0], EMPTY, out=nests[0])
        np.maximum(sums[1] + sums[2], EMPTY, out=nests[1])
        for nest, power, out in zip(nests, lam[eq.ORIGIN :], each, strict=True):
            np.power(nest, power - 1, out=out)
        leave(parts.first, parts.share, weights, everybody, staying, nests, each, family, e.burden, near)
        counted = count(parts.first, each, sums, persons, found.gone, found.applied)
        _book(e, parts, counted, third_trip, back_trip, found)
    near *= worth
    found.gone[:] += row_sums(near)
    found.within[:] = within(near / inside, e.inside, e.trip_inside, *arm.pairs)
    origin, destination = arm.pairs
    found.went[:, :, origin, destination] += (everybody[..., origin] * found.within).sum(axis=2)


def _book(e, parts, each, third_trip, back_trip, found):
    """Add flows by corridor, and arrivals by role and type, out of what ``each`` unit of the odds adds to them."""
    applicants = np.zeros_like(found.free)
    for part, trip, there in zip(each, (back_trip, third_trip), (
            ((e.back, found.went, found.free),),
            ((e.abroad[0], found.went, found.free), (e.abroad[1], found.asked, applicants))), strict=True):
        leaving = _flat(part[:, :, 0] + part[:, :, 1]).swapaxes(2, 3)
        reached = (_flat(part) @ trip).reshape(part.shape)
        for odds, corridor, arrived in there:
            flows(parts.first, leaving @ _flat(odds), trip, corridor)
            arrivals(parts.first, reached, odds, arrived)
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
