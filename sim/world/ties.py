"""Build professional ties: a relaxed caveman graph of engineers in CSR form, with compatriots and cross-hub links.

Engineers of one hub form teams (caves) of at most ``TEAM``, in which all are former colleagues of one another. A tie
is rewired with probability ``REWIRED``: its second end becomes an engineer elsewhere, a compatriot with probability
``COMPATRIOT`` and anybody otherwise. Friends are compatriots in any hub. ``networkx`` generates graphs of the same
family (``relaxed_caveman_graph``), with which the tests compare. Team size, rewiring and number of friends are
assumptions of grade D; a run thins the colleagues to the assumption ``former_colleagues``.
"""

from collections.abc import Callable
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numba import njit

from sim.parallel import over_range

TEAM = 11  # an engineer has at most TEAM - 1 colleagues in the team, the top of the range of former_colleagues
OWN = TEAM // 2  # space for ties inside a team, for each member: a team of n has n (n - 1) / 2 of them
REWIRED = 0.25  # share of the ties inside teams that are rewired
COMPATRIOT = 0.5  # share of rewired ties that lead to a compatriot
FRIENDS = 2  # links each engineer draws; the mean number of friends is twice that
BLOCK = 4096  # teams whose uniforms are drawn at once: they fit in the processor's cache
STRETCH = 1 << 15  # slots whose lists are filled at once: they fit in the processor's cache


class Ties(NamedTuple):
    """Adjacency lists in CSR form: the ties of slot ``i`` are ``ties[start[i]:start[i + 1]]``.

    A former colleague is stored as its slot j, a friend as ``~j`` (negative); colleagues come first. One list holds
    both, because memory access dominates the time of a simulated year.
    """

    start: np.ndarray  # (slot + 1,) int32
    ties: np.ndarray  # (tie,) int32

    def grown(self, count: int) -> "Ties":
        """Return the ties with ``count`` slots appended that have none."""
        return Ties(np.append(self.start, np.full(count, self.start[-1])), self.ties)


def no_ties(slots: int) -> Ties:
    """Return the graph of ``slots`` engineers without any tie."""
    return Ties(np.zeros(slots + 1, np.int32), np.zeros(0, np.int32))


def build_ties(
    team_start: np.ndarray,
    home: np.ndarray,
    cohort: np.ndarray,
    generator: Callable[[str, int], np.random.Generator],
    rewired: float = REWIRED,
) -> Ties:
    """Draw the ties of all slots.

    Parameters
    ----------
    team_start : (team + 1,) first slot of each team; team k is the slots team_start[k]:team_start[k + 1]
    home : (slot,) int8, country of origin
    cohort : (cohort + 1,) first slot of each cohort, at the start of a team; no tie leads to a later cohort
    generator : function that returns an independent numpy Generator for a question and a number, so that further
        slots leave the draws of earlier ones unchanged
    rewired : share of the ties inside teams that are rewired

    Returns
    -------
    Ties; symmetric: if j is in the list of i, then i is in the list of j
    """
    slots, blocks, stretches = home.size, -(-(len(team_start) - 1) // BLOCK), -(-home.size // STRETCH)
    # engineers of each home in the cohorts up to k, (cohort, home): the compatriots whom cohort k may know
    known = np.cumsum([np.bincount(home[a:b], minlength=home.max() + 1) for a, b in pairwise(cohort)], axis=0)
    home_start, by_home = np.append(0, np.cumsum(np.bincount(home))), np.empty(slots, np.int32)
    _sort_by_home(home, home_start[:-1].copy(), by_home)
    people = home, cohort, known, by_home, home_start
    # second ends of the ties, as drawn; and the counts from which the sizes of all lists follow
    drawn = team_start, np.empty(OWN * slots, np.int32), np.empty(FRIENDS * slots, np.int32)
    degree, posted = np.zeros(slots, np.int32), np.zeros((blocks, 2 * stretches), np.int64)

    def draw(first: int, last: int) -> None:
        """Draw the ties of the blocks of teams ``first`` to ``last``."""
        for block in range(first, last):
            low, high = team_start[[block * BLOCK, min((block + 1) * BLOCK, len(team_start) - 1)]]
            u, friend_u = (
                generator(f"ties {what}", block).random(each * (high - low))
                for what, each in (("in teams", OWN), ("of friends", FRIENDS))
            )
            _draw(block, u, friend_u, rewired, *people, *drawn, degree, posted[block])

    over_range(draw, blocks, least=1)
    # sort the ties that leave a team by the stretch of slots in which they end
    begin = np.append(0, np.cumsum(posted.sum(axis=0)))
    at = begin[:-1] + np.cumsum(posted, axis=0) - posted
    source, target = np.empty(begin[-1], np.int32), np.empty(begin[-1], np.int32)
    over_range(_post, blocks, *drawn, at, source, target, least=1)
    # count the ties of each slot, then write both ends of every tie into the lists
    over_range(_count, stretches, begin, target, degree, least=1)
    start = np.append(np.int32(0), np.cumsum(degree, dtype=np.int32))
    position, ties = start[:-1].copy(), np.empty(start[-1], np.int32)
    team = np.searchsorted(team_start, STRETCH * np.arange(stretches), side="right") - 1  # with which stretches begin
    over_range(_lay, stretches, *drawn, team, begin, source, target, position, ties, least=1)
    return Ties(start, ties)


@njit(cache=True, _nrt=False, no_cfunc_wrapper=True)
def _sort_by_home(home, at, order) -> None:
    """Write the slots sorted by home into ``order`` (slot,); ``at`` (home,) is the position at which each home begins.

    Slots of one home stay in ascending order.
    """
    for i in range(home.size):
        order[at[home[i]]] = i
        at[home[i]] += 1


@njit(cache=True, nogil=True, _nrt=False, no_cfunc_wrapper=True)
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
) -> None:
    """Draw the second ends of the ties of one block of teams.

    The second end of pair p of a team is ``colleagues[OWN * first slot of the team + p]``. One uniform for each pair
    decides whether the tie is rewired, whether to a compatriot, and to which engineer. ``degree`` (slot,) counts the
    ends inside these teams; ``posted`` (list,) counts the ties that ``_post`` will put into each of its lists.
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
                # below compatriot: a compatriot; below rewired: anybody; else the member of the team
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
            # friends: compatriots of this cohort and earlier ones, drawn uniformly
            for q in range(FRIENDS * i, FRIENDS * (i + 1)):
                j = by_home[home_start[g] + int(friend_u[q - FRIENDS * first] * known[k, g])]
                friends[q] = j
                if j != i:
                    degree[i] += 1
                    posted[2 * (j // STRETCH) + 1] += 1


@njit(cache=True, nogil=True, _nrt=False, no_cfunc_wrapper=True)
def _post(first, last, team_start, colleagues, friends, at, source, target) -> None:
    """Sort the ties that leave a team by the stretch of slots in which they end.

    Stretch k has list 2 k of colleagues and list 2 k + 1 of friends; ``at`` (block, list) is the position at which the
    part of each block begins in each list. Ties that end close together in memory are then written together, because
    writing them in the order of their origins would miss the processor's cache every time.
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


@njit(cache=True, nogil=True, _nrt=False, no_cfunc_wrapper=True)
def _count(first, last, begin, target, degree) -> None:
    """Add the ties from other teams that end in the stretches ``first`` to ``last`` to ``degree`` (slot,)."""
    for k in range(begin[2 * first], begin[2 * last]):
        degree[target[k]] += 1


@njit(cache=True, nogil=True, _nrt=False, no_cfunc_wrapper=True)
def _lay(first, last, team_start, colleagues, friends, first_team, begin, source, target, at, ties) -> None:
    """Write both ends of all ties into the adjacency lists of the stretches ``first`` to ``last``.

    ``first_team`` (stretch,) is the team of the first slot of each stretch. ``at`` (slot,) is the next free position of
    each list; list k of ``_post`` is source[begin[k]:begin[k + 1]].
    """
    for stretch in range(first, last):
        low, high = stretch * STRETCH, min((stretch + 1) * STRETCH, at.size)
        # colleagues of the same team, and the first ends of rewired ties
        team = first_team[stretch]
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
        # second ends of rewired ties from other teams
        for k in range(begin[2 * stretch], begin[2 * stretch + 1]):
            ties[at[target[k]]] = source[k]
            at[target[k]] += 1
        # friends: first ends, then second ends
        for i in range(low, high):
            for q in range(FRIENDS * i, FRIENDS * (i + 1)):
                if friends[q] != i:
                    ties[at[i]] = ~friends[q]
                    at[i] += 1
        for k in range(begin[2 * stretch + 1], begin[2 * stretch + 2]):
            ties[at[target[k]]] = source[k]
            at[target[k]] += 1
