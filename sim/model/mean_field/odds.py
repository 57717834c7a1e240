"""Odds of the alternatives of every kind of engineer (E1 to E3) as factors, of the hub and of the corridor.

So sums over hubs are products of matrices, as in ``constants.exponentials``. The utilities are those of the agents,
``arm.tables``.
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from sim.model.mean_field import exponents
from sim.model.mean_field.exponents import MIDDLE
from sim.world.categories import ROLES, TIERS
from sim.world.engineers import TASTE_SHARES

VARIANTS = [*range(len(TASTE_SHARES)), MIDDLE]  # tastes; that of who works remotely is the last


class Nations(NamedTuple):
    """Parts of the homes in which all need a permit for the same hubs: few homes have more than one."""

    home: np.ndarray  # (nation,)
    share: np.ndarray  # (nation,) of its home
    needs: np.ndarray  # (nation, hub) bool, to move there from abroad
    first: np.ndarray  # (home + 1,) where the nations of each home begin


class Exponentials(NamedTuple):
    """Odds of the alternatives as factors, a variant being a taste, or remote work."""

    stay: np.ndarray  # (home, tier, role, variant, hub)
    held: np.ndarray  # the same: what relief that is left adds to staying in the country
    inside: np.ndarray  # the same: another hub of the country of residence
    abroad: np.ndarray  # (needs a permit or not, nation, tier, role, variant, hub) in third countries
    back: np.ndarray  # (pair, tier, role, variant) in the origin country
    pairs: np.ndarray  # (2, pair) nations and the hubs of their homes
    trip_inside: np.ndarray  # (tier, origin, hub), 0 abroad
    trip: np.ndarray  # (way, nation, tier, origin, hub) to third countries, 0 elsewhere
    trip_back: np.ndarray  # (way, pair, tier, origin), 0 for who lives at home
    family: np.ndarray  # (way, none or family) part of the engineers
    burden: np.ndarray  # (none or family,) worth of going abroad over that of the way

    def of(self, homes, parts):
        """The same of a slice of homes, and the :class:`Nations` of those alone."""
        first = parts.first[homes.start : homes.stop + 1]
        n = slice(first[0], first[-1])
        at = slice(*np.searchsorted(self.pairs[0], (n.start, n.stop)))
        nations = Nations(parts.home[n] - homes.start, parts.share[n], parts.needs[n], first - first[0])
        return self._replace(
            stay=self.stay[homes],
            held=self.held[homes],
            inside=self.inside[homes],
            abroad=self.abroad[:, n],
            back=self.back[at],
            pairs=self.pairs[:, at] - [[n.start], [0]],
            trip=self.trip[:, n],
            trip_back=self.trip_back[:, at],
        ), nations


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
    stay, held, inside = (
        np.exp(x, out=x)
        for x in exponents.residents(t.pull, own, arm.relief_left(), tied, t.remote, variants, residence)
    )
    far = exponents.arrivals_abroad(parts.home, parts.needs, t.pull, tied, t.remote, t.permit[group], variants)
    pairs = nation, hub = np.stack(np.nonzero(t.is_home[parts.home]))
    returning = far[nation, ..., hub] + _returnees_relief(arm, parts.home[nation], hub)[..., VARIANTS[:variants]]
    far[nation, ..., hub], back = returning, np.exp(returning / origin)
    far /= third
    np.exp(far, out=far)
    if t.any_closed:
        far *= ~t.closed[parts.home][:, None, None, None]
        back *= ~t.closed[parts.home[nation], hub][:, None, None, None]
    needs, abroad = parts.needs[:, None, None, None, :], np.empty((2, *far.shape))
    for out, some in zip(abroad, (~needs, needs), strict=True):
        np.multiply(far, some, out=out)
    return Exponentials(stay, held, inside, abroad, back, pairs, *corridors(arm, parts, pairs, t.dissimilarity)), parts


def _returnees_relief(arm, home, hub):
    """(pair, tier, role, taste) mean of what relief adds for people of a ``home`` who come home to a ``hub``."""
    t = arm.tables
    without, all_of_it = t.returnee_left[0][:, hub].T, t.returning[:, hub].T
    relief = without + arm.away_enough[home, hub][:, None] * (all_of_it - without)
    return relief.reshape(len(hub), len(TIERS), len(ROLES), -1)


def corridors(arm, parts, pairs, dissimilarity):
    """The odds of corridors in :class:`Exponentials`, laid out once for as long as no policy changes them."""
    rights = arm.rules["family_rights"]
    key = rights.tobytes(), parts.needs.tobytes(), parts.home.tobytes()
    if key not in arm.corridors:
        arm.corridors[key] = _corridors(arm, parts.home, pairs, rights.any(), dissimilarity.astype(float))
    return arm.corridors[key]


def _corridors(arm, home, pairs, by_family, dissimilarity):
    t, border, (_, residence, origin, third) = arm.tables, arm.layout.abroad, dissimilarity
    trip = -t.trip.astype(float).reshape(2, len(TIERS), *border.shape)
    part, burden = np.array([1 - arm.a.family_share, arm.a.family_share]), np.ones(2)
    if by_family:
        part = np.diag(part)
    else:  # a family costs the same wherever it goes: one way for all
        trip, part, burden = trip[:1], part[None], np.exp([0.0, -arm.a.family_cost])
    back = (t.is_home[:, None, :] & ~t.is_home[:, :, None])[home][:, None] & border  # the origin country, for the away
    trip_inside = (~border & ~np.eye(len(border), dtype=bool)) * np.exp(trip[0] / residence)
    trip_back = back * np.exp(trip[:, None] / origin)
    return (
        trip_inside,
        (border & ~back) * np.exp(trip[:, None] / third),
        np.ascontiguousarray(trip_back[:, pairs[0], ..., pairs[1]].swapaxes(0, 1)),
        part,
        burden,
    )


def _sector_share(arm):
    """(hub, sector) share of engineers."""
    work = arm.work.sum(axis=1)
    return work / np.maximum(work.sum(axis=1, keepdims=True), 1e-300)
