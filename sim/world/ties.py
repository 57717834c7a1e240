"""Professional ties: a relaxed caveman graph of engineers as CSR, with home-country and cross-hub links.

Engineers of one hub work in teams (caves) of at most ``TEAM``: everybody is a former colleague of everybody there.
A tie is rewired with probability ``REWIRED``: its second end becomes somebody elsewhere, a compatriot with
probability ``COMPATRIOT``, else anybody. Friends are compatriots, wherever they live. ``networkx`` generates the same
family (``relaxed_caveman_graph``) and is the oracle of the tests. Team size, rewiring and number of friends are
assumptions, grade D; a run thins the colleagues to the assumption ``former_colleagues``.
"""

from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numba import njit

from sim.threads import over_range

TEAM = 11  # the mean number of colleagues is at most TEAM - 1, the top of the range of former_colleagues
OWN = TEAM // 2  # room for the ties within a team, a member: a team of n has n (n - 1) / 2 of them
REWIRED = 0.25
COMPATRIOT = 0.5
FRIENDS = 2  # links each engineer draws; the mean number of friends is twice that
BLOCK = 4096  # teams whose uniforms are drawn at once: they stay in the cache
STRETCH = 1 << 15  # slots whose lists are filled at once: they stay in the cache


class Ties(NamedTuple):
    """CSR lists, one an engineer: those tied to slot ``i`` are ``ties[start[i]:start[i + 1]]``.

    A former colleague stands there as its slot j, a friend as ``~j`` (below zero); colleagues come first. One list
    for both, because a year waits for memory more than for anything else.
    """

    start: np.ndarray  # (slot + 1,) int32
    ties: np.ndarray  # (tie,) int32

    def grown(self, count):
        """The same ties with ``count`` slots behind that have none."""
        return Ties(np.append(self.start, np.full(count, self.start[-1])), self.ties)


def no_ties(slots):
    """A graph of ``slots`` engineers without a tie."""
    return Ties(np.zeros(slots + 1, np.int32), np.zeros(0, np.int32))


def build_ties(team_start, home, cohort, generator, rewired=REWIRED):
    """Ties of all slots.

    Parameters
    ----------
    team_start : (team + 1,) team k is the slots team_start[k]:team_start[k + 1]
    home : (slot,) int8
    cohort : (cohort + 1,) cohort k is the slots cohort[k]:cohort[k + 1], whole teams; links reach no later cohort:
        nobody knows those who enter later
    generator : function of a question and a number that returns a numpy Generator of its own, so that a longer list
        of slots draws the same for its first ones; rewired : share of the ties within teams that lead elsewhere

    Returns
    -------
    Ties, symmetric
    """
    slots, blocks, stretches = home.size, -(-(len(team_start) - 1) // BLOCK), -(-home.size // STRETCH)
    known = np.cumsum([np.bincount(home[a:b], minlength=home.max() + 1) for a, b in pairwise(cohort)], axis=0)
    people = home, cohort, known, *_sorted_by_home(home, known.shape[1])
    drawn = team_start, np.empty(OWN * slots, np.int32), np.empty(FRIENDS * slots, np.int32)
    degree, posted = np.zeros(slots, np.int32), np.zeros((blocks, 2 * stretches), np.int64)

    def draw(first, last):
        for block in range(first, last):
            low, high = team_start[[block * BLOCK, min((block + 1) * BLOCK, len(team_start) - 1)]]
            u, friend_u = (
                generator(f"ties {what}", block).random(each * (high - low))
                for what, each in (("in teams", OWN), ("of friends", FRIENDS))
            )
            _draw(block, u, friend_u, rewired, *people, *drawn, degree, posted[block])

    over_range(draw, blocks, least=1)
    begin = np.append(0, np.cumsum(posted.sum(axis=0)))
    at = begin[:-1] + np.cumsum(posted, axis=0) - posted
    source, target = np.empty(begin[-1], np.int32), np.empty(begin[-1], np.int32)
    over_range(_post, blocks, *drawn, at, source, target, least=1)
    over_range(_count, stretches, begin, target, degree, least=1)
    start = np.append(np.int32(0), np.cumsum(degree, dtype=np.int32))
    at, ties = start[:-1].copy(), np.empty(start[-1], np.int32)
    over_range(_lay, stretches, *drawn, begin, source, target, at, ties, least=1)
    return Ties(start, ties)


@njit(cache=True)
def _sorted_by_home(home, homes):
    """(slot,) slots by home, ascending within, and (home + 1,) where each home begins."""
    start = np.zeros(homes + 1, np.int64)
    for i in range(home.size):
        start[home[i] + 1] += 1
    start = np.cumsum(start)
    at, order = start.copy(), np.empty(home.size, np.int32)
    for i in range(home.size):
        order[at[home[i]]] = i
        at[home[i]] += 1
    return order, start


@njit(cache=True, nogil=True)
def _draw(
    block,
    u,
    friend_u,
    rewired,
    home,
    cohort,
    known,
    by_home,
    home_start,
    team_start,
    colleagues,
    friends,
    degree,
    posted,
):
    """Draw the second ends of a block's ties; that of pair p of a team lies at ``OWN`` times its first slot, plus p.

    One uniform a pair says whether it leads elsewhere, whether to a compatriot, and to whom. ``degree`` (slot,) counts
    the ends that lie in these teams, ``posted`` (list,) the ties that ``_post`` will put into each of its lists.
    """
    k, compatriot, first = 0, rewired * COMPATRIOT, team_start[block * BLOCK]
    for team in range(block * BLOCK, min((block + 1) * BLOCK, team_start.size - 1)):
        a, b = team_start[team], team_start[team + 1]
        while a >= cohort[k + 1]:
            k += 1
        p = OWN * a
        for i in range(a, b):
            g = home[i]
            for mate in range(i + 1, b):
                v, j = u[p - OWN * first], mate
                if v < compatriot:
                    j = by_home[home_start[g] + int(v / compatriot * known[k, g])]
                elif v < rewired:
                    j = int((v - compatriot) / (rewired - compatriot) * cohort[k + 1])
                colleagues[p] = j
                p += 1
                if j != i:
                    degree[i] += 1
                    if a <= j < b:
                        degree[j] += 1
                    else:
                        posted[2 * (j // STRETCH)] += 1
            for q in range(FRIENDS * i, FRIENDS * (i + 1)):
                j = by_home[home_start[g] + int(friend_u[q - FRIENDS * first] * known[k, g])]
                friends[q] = j
                if j != i:
                    degree[i] += 1
                    posted[2 * (j // STRETCH) + 1] += 1


@njit(cache=True, nogil=True)
def _post(first, last, team_start, colleagues, friends, at, source, target):
    """Sort the ties that leave a team by where they end: stretch k has list 2 k of colleagues and 2 k + 1 of friends.

    ``at`` (block, list) is where each block's part of each list begins. Ties that end near each other in memory are
    then laid together: one after the other, each would wait for memory.
    """
    for block in range(first, last):
        for team in range(block * BLOCK, min((block + 1) * BLOCK, team_start.size - 1)):
            a, b = team_start[team], team_start[team + 1]
            p = OWN * a
            for i in range(a, b):
                for _ in range(i + 1, b):
                    j, p = colleagues[p], p + 1
                    if not a <= j < b:
                        k = at[block, 2 * (j // STRETCH)]
                        source[k], target[k] = i, j
                        at[block, 2 * (j // STRETCH)] += 1
                for q in range(FRIENDS * i, FRIENDS * (i + 1)):
                    j = friends[q]
                    if j != i:
                        k = at[block, 2 * (j // STRETCH) + 1]
                        source[k], target[k] = ~i, j
                        at[block, 2 * (j // STRETCH) + 1] += 1


@njit(cache=True, nogil=True)
def _count(first, last, begin, target, degree):
    """Count the ties that end in the stretches from ``first`` to ``last``."""
    for k in range(begin[2 * first], begin[2 * last]):
        degree[target[k]] += 1


@njit(cache=True, nogil=True)
def _lay(first, last, team_start, colleagues, friends, begin, source, target, at, ties):
    """Put both ends of all ties into the lists of the stretches from ``first`` to ``last``.

    ``at`` (slot,) is where each list goes on; list k of ``_post`` is source[begin[k]:begin[k + 1]].
    """
    for stretch in range(first, last):
        low, high = stretch * STRETCH, min((stretch + 1) * STRETCH, at.size)
        team = np.searchsorted(team_start, low, side="right") - 1
        while team_start[team] < high:
            a, b = team_start[team], team_start[team + 1]
            p = OWN * a
            for i in range(a, b):
                for _ in range(i + 1, b):
                    j, p = colleagues[p], p + 1
                    if j != i and low <= i < high:
                        ties[at[i]] = j
                        at[i] += 1
                    if j != i and low <= j < high and a <= j < b:
                        ties[at[j]] = i
                        at[j] += 1
            team += 1
        for k in range(begin[2 * stretch], begin[2 * stretch + 1]):
            ties[at[target[k]]] = source[k]
            at[target[k]] += 1
        for i in range(low, high):
            for q in range(FRIENDS * i, FRIENDS * (i + 1)):
                if friends[q] != i:
                    ties[at[i]] = ~friends[q]
                    at[i] += 1
        for k in range(begin[2 * stretch + 1], begin[2 * stretch + 2]):
            ties[at[target[k]]] = source[k]
            at[target[k]] += 1
