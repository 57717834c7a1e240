"""Expected choices (E1 to E3): nested-logit probabilities of every kind of engineer, summed instead of drawn.

A kind of engineer is a home, tier, role and hub of residence; over tastes for pay, families, shares of a home that
need no permit and remote work the probabilities are averaged, each part with its own. The utilities are those of the
agents, ``arm.tables``.
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numba import njit

from ...world.engineers import ROLES, TASTE_SHARES, TIERS
from ..kernels import ORDERLY

FEW = 0.05  # persons: who is fewer of a kind in a hub stays, all together one considerer in 5,000
MIDDLE = len(TASTE_SHARES) // 2  # the taste of those who work remotely: they are few


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
    abroad: np.ndarray  # (away or at home, nation, tier, role, variant, hub)
    trip_inside: np.ndarray  # (tier, origin, hub), 0 abroad
    trip: np.ndarray  # (third or origin country, way, tier, origin, hub), 0 in the country
    family: np.ndarray  # (way, none or family) part of the engineers
    burden: np.ndarray  # (none or family,) worth of going abroad over that of the way


class Choices(NamedTuple):
    """Expected choices of a round, in persons unless said."""

    gone: np.ndarray  # (home, tier, role, origin) probability of moving without a permit
    applied: np.ndarray  # (home, tier, role, origin) probability of applying for one
    inside: np.ndarray  # (home, tier, role, destination, type, status) movers within a country
    free: np.ndarray  # (home, tier, role, destination, type) movers to another country who need no permit
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
    home = np.array(home)
    return Nations(home, np.array(share), np.array(needs), np.searchsorted(home, np.arange(len(free) + 1)))


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
    t, s = arm.tables, arm.world.setting
    parts = nations_of(arm.pulls.free.tobytes(), *arm.pulls.free.shape)
    third, origin, residence = (float(t.dissimilarity[n]) for n in (3, 2, 1))
    remote = t.remote if arm.elsewhere.any() else None
    pull = t.pull - t.pull.max(axis=2, keepdims=True).astype(float)
    tied = np.log(arm.tied)[:, None, :]
    back = t.returnee_left[0] + arm.away_enough[:, None, :] * (t.returning - t.returnee_left[0])
    arriving = pull + tied + t.is_home[:, None, :] * back
    abroad = arriving[parts.home]
    permit = np.repeat(t.permit[group], len(TASTE_SHARES), axis=1)[parts.home]
    abroad += np.where(parts.needs[:, None, :], permit, 0.0)
    abroad = _variants(abroad, remote, parts.needs)
    shut = t.closed[parts.home][:, None, None, None, :]
    home = t.is_home[parts.home][:, None, None, None, :]
    far = np.where(shut, 0.0, np.exp(abroad / third))
    near = np.where(home & ~shut, np.exp(np.where(home, abroad, 0.0) / origin), far)
    left = arm.relief_left()
    own = np.einsum("hk,kph->ph", _sector_share(arm), t.stay)
    border, elsewhere = t.country[:, None] != t.country, ~np.eye(len(s.hubs), dtype=bool)
    trip = -t.trip.astype(float).reshape(2, len(TIERS), *border.shape)
    part, burden = np.array([1 - arm.a.family_share, arm.a.family_share]), np.ones(2)
    if arm.rules["family_rights"].any():
        part = np.diag(part)
    else:  # a family costs the same wherever it goes: one way for all
        trip, part, burden = trip[:1], part[None], np.exp([0.0, -arm.a.family_cost])
    return Exponentials(
        np.exp(_variants(pull + own + left, remote)), np.exp(_variants(left, None if remote is None else 0 * remote)),
        np.exp(_variants(pull + tied, remote) / residence), np.stack([near, far]),
        (~border & elsewhere) * np.exp(trip[0] / residence),
        border * np.stack([np.exp(trip / third), np.exp(trip / origin)]), part, burden), parts


def _sector_share(arm):
    """(hub, sector) share of engineers."""
    work = arm.work.sum(axis=1)
    return work / np.maximum(work.sum(axis=1, keepdims=True), 1e-300)


def _variants(v, remote, needs=None):
    """(..., tier, role, variant, hub) out of (..., category % 45, hub): each taste, and remote work where there is any.

    Who needs a permit leaves the remote job.
    """
    v = v.reshape(len(v), len(TIERS), len(ROLES), len(TASTE_SHARES), -1)
    if remote is None:
        return v
    more = remote.reshape(v.shape[1:])[:, :, MIDDLE]
    more = more if needs is None else np.where(needs[:, None, None, :], 0.0, more)
    return np.concatenate([v, (v[:, :, :, MIDDLE] + more)[:, :, :, None]], axis=3)


def choose(arm, considering, group=0):
    """Expected :class:`Choices` of ``considering`` (home, tier, role, hub, type, status) persons."""
    e, parts = arm.laid[group] = exponentials(arm, group)
    t = arm.tables
    share = arm.remote_share()
    weights = np.stack([*(x * (1 - share) for x in TASTE_SHARES), share][: e.stay.shape[3]])
    homes, tiers, roles, hubs, types, _ = considering.shape
    found = Choices(*(np.zeros(shape) for shape in (
        (homes, tiers, roles, hubs), (homes, tiers, roles, hubs), considering.shape, (homes, tiers, roles, hubs, types),
        *[(homes, tiers, hubs, hubs)] * 2, (homes, tiers, roles, hubs))))
    _choose(considering, e, parts, weights, t.is_home, t.country.astype(np.int64),
            t.dissimilarity.astype(float), found)
    return found


@njit(inline="always")
def _worth(odds, dissimilarity):
    """Worth of a nest out of the sum of its odds (E3)."""
    return np.exp(dissimilarity * np.log(odds)) if odds > 0.0 else 0.0


@njit(cache=True, nogil=True, fastmath=ORDERLY)
def _choose(considering, e, parts, weights, is_home, country, dissimilarity, found):
    """Fill ``found``; the long loops run over all hubs without a branch, the others over lists of a few."""
    homes, tiers, roles, hubs = found.gone.shape
    every = np.arange(hubs)
    x, ways = np.empty(hubs), np.empty((e.family.shape[0], hubs))
    acc, inside, mean = np.empty(hubs), np.empty(hubs), np.empty((2, hubs))
    for g in range(homes):
        for o in range(hubs):
            border = country != country[o]
            back = every[is_home[g] & border] if not is_home[g, o] else every[:0]  # the origin country
            mates = every[~border & (every != o)]
            for t in range(tiers):
                for w in range(ways.shape[0]):
                    for d in range(hubs):
                        ways[w, d] = e.trip[0, w, t, o, d]
                    for d in back:
                        ways[w, d] = 0.0
                for r in range(roles):
                    persons = considering[g, t, r, o].sum()
                    if persons <= FEW:
                        continue
                    mean[:], inside[:] = 0.0, 0.0
                    for n in range(parts.first[g], parts.first[g + 1]):
                        acc[:] = 0.0
                        for v in range(weights.shape[0]):
                            s1, odds = 0.0, e.abroad[1 if is_home[g, o] else 0, n, t, r, v]
                            for d in mates:
                                s1 += e.inside[g, t, r, v, d] * e.trip_inside[t, o, d]
                            w1 = _worth(s1, dissimilarity[1]) * e.held[g, t, r, v, o]
                            weight = parts.share[n] * weights[v, o, r]
                            for w in range(ways.shape[0]):
                                s2, s3, way = 0.0, 0.0, ways[w]
                                for d in range(hubs):
                                    x[d] = odds[d] * way[d]
                                    s3 += x[d]
                                for d in back:
                                    s2 += odds[d] * e.trip[1, w, t, o, d]
                                w2, w3 = _worth(s2, dissimilarity[2]), _worth(s3, dissimilarity[3])
                                near = far = 0.0
                                for f in range(2):
                                    part = weight * e.family[w, f]
                                    part /= e.stay[g, t, r, v, o] + w1 + e.burden[f] * (w2 + w3)
                                    near += part
                                    far += part * e.burden[f]
                                p1 = near * w1 / s1 if s1 > 0.0 else 0.0
                                p2 = far * w2 / s2 if s2 > 0.0 else 0.0
                                p3 = far * w3 / s3 if s3 > 0.0 else 0.0
                                for d in range(hubs):
                                    acc[d] += p3 * x[d]
                                for d in back:
                                    acc[d] += p2 * odds[d] * e.trip[1, w, t, o, d]
                                for d in mates:
                                    inside[d] += p1 * e.inside[g, t, r, v, d] * e.trip_inside[t, o, d]
                        for d in range(hubs):
                            needs = 1 if parts.needs[n, d] else 0
                            mean[needs, d] += acc[d]
                    _book(g, t, r, o, persons, considering, inside, mean, found)


@njit(inline="always")
def _book(g, t, r, o, persons, considering, inside, mean, found):
    """Add the choices of one kind of engineers to what was ``found``."""
    types, statuses = considering.shape[4], considering.shape[5]
    gone = applied = 0.0
    for d in range(inside.size):
        gone += inside[d] + mean[0, d]
        applied += mean[1, d]
        found.went[g, t, o, d] += persons * (inside[d] + mean[0, d])
        found.asked[g, t, o, d] += persons * mean[1, d]
        found.asked_role[g, t, r, d] += persons * mean[1, d]
    found.gone[g, t, r, o], found.applied[g, t, r, o] = gone, applied
    for k in range(types):
        of_type = considering[g, t, r, o, k].sum()
        for d in range(inside.size):
            found.free[g, t, r, d, k] += mean[0, d] * of_type
            if inside[d] > 0.0:
                for s in range(statuses):
                    found.inside[g, t, r, d, k, s] += inside[d] * considering[g, t, r, o, k, s]
