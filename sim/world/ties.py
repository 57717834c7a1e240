"""Professional ties: a relaxed caveman graph of engineers as CSR, with home-country and cross-hub links.

Engineers of one hub work in teams (caves) of at most ``TEAM``: everybody is a former colleague of everybody there.
A tie is rewired with probability ``REWIRED``: its second end becomes somebody elsewhere, a compatriot with
probability ``COMPATRIOT``, else anybody. Friends are compatriots, wherever they live. ``networkx`` generates the same
family (``relaxed_caveman_graph``) and is the oracle of the tests. Team size, rewiring and number of friends are
assumptions, grade D; a run thins the colleagues to the assumption ``former_colleagues``.
"""

from typing import NamedTuple

import numpy as np
from numba import njit

TEAM = 11  # the mean number of colleagues is at most TEAM - 1, the top of the range of former_colleagues
REWIRED = 0.25
COMPATRIOT = 0.5
FRIENDS = 2  # links each engineer draws; the mean number of friends is twice that


class Ties(NamedTuple):
    """CSR of both layers: the ties of slot ``i`` are ``ties[start[i]:start[i+1]]``, ``j`` a colleague, ``~j`` a friend."""

    start: np.ndarray  # (slot + 1,) int32
    ties: np.ndarray  # (tie,) int32

    def grown(self, count):
        """The same ties with ``count`` slots behind that have none."""
        return Ties(np.append(self.start, np.full(count, self.start[-1])), self.ties)


def no_ties(slots):
    """A graph of ``slots`` engineers without a tie."""
    return Ties(np.zeros(slots + 1, np.int32), np.zeros(0, np.int32))


def build_ties(team, home, cohort_end, generator, rewired=REWIRED):
    """Ties of all slots.

    Parameters
    ----------
    team : (slot,) int32, teams are runs of equal numbers
    home : (slot,) int8
    cohort_end : (slot,) int32, links reach no slot at or beyond it: nobody knows those who enter later
    generator : function of a question that returns a numpy Generator of its own, so that a longer list of slots
        draws the same for its first ones; rewired : share of the cave ties that lead elsewhere

    Returns
    -------
    Ties, symmetric
    """
    order = np.argsort(home, kind="stable").astype(np.int32)  # slots by home, ascending within
    start = np.searchsorted(home[order], np.arange(home.max() + 2)).astype(np.int64)

    first, second = _caves(team)
    moved = np.flatnonzero(generator("rewired").random(first.size, np.float32) < rewired)
    compatriot = generator("compatriot").random(moved.size, np.float32) < COMPATRIOT
    u = generator("whom").random(moved.size)
    second[moved] = _anybody(first[moved], u, compatriot, home, cohort_end, order, start)
    colleagues = _to_csr(first, second, home.size)

    first = np.repeat(np.arange(home.size, dtype=np.int32), FRIENDS)
    everywhere = np.ones(first.size, bool)
    second = _anybody(first, generator("friend").random(first.size), everywhere, home, cohort_end, order, start)
    friends = _to_csr(first, second, home.size)
    start = colleagues[0] + friends[0]
    return Ties(start, _merged(start, *colleagues, *friends))


@njit(cache=True)
def _merged(start, cs, c, fs, f):
    ties = np.empty(start[-1], np.int32)
    for i in range(start.size - 1):
        q = start[i]
        for k in range(cs[i], cs[i + 1]):
            ties[q] = c[k]
            q += 1
        for k in range(fs[i], fs[i + 1]):
            ties[q] = ~f[k]
            q += 1
    return ties


@njit(cache=True)
def _caves(team):
    """Both ends of every tie within a team, each tie once."""
    n, m = team.size, 0
    first, second = np.empty(n * (TEAM // 2), np.int32), np.empty(n * (TEAM // 2), np.int32)
    for i in range(n):
        j = i + 1
        while j < n and team[j] == team[i]:
            first[m], second[m] = i, j
            m += 1
            j += 1
    return first[:m], second[:m]


@njit(cache=True)
def _anybody(who, u, compatriot, home, cohort_end, order, start):
    """For each of ``who`` somebody of its own or an earlier cohort, of the same home where ``compatriot``."""
    whom = np.empty(who.size, np.int32)
    for k in range(who.size):
        end = cohort_end[who[k]]
        if not compatriot[k]:
            whom[k] = int(u[k] * end)
            continue
        first = low = start[home[who[k]]]
        high = start[home[who[k]] + 1]
        while low < high:  # slots ascend within a home: how many lie before the end of the cohort?
            middle = (low + high) // 2
            if order[middle] < end:
                low = middle + 1
            else:
                high = middle
        whom[k] = order[first + int(u[k] * (low - first))]
    return whom


@njit(cache=True)
def _to_csr(first, second, n):
    """Symmetric CSR over ``n`` slots from a list of ties; a tie to oneself is dropped."""
    begin = np.zeros(n + 1, np.int32)
    for e in range(first.size):
        if first[e] != second[e]:
            begin[first[e] + 1] += 1
            begin[second[e] + 1] += 1
    for i in range(n):
        begin[i + 1] += begin[i]
    at = begin[:-1].copy()
    ties = np.empty(begin[n], np.int32)
    for e in range(first.size):
        a, b = first[e], second[e]
        if a != b:
            ties[at[a]] = b
            at[a] += 1
            ties[at[b]] = a
            at[b] += 1
    return begin, ties
