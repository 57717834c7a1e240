r"""Teams (E12): engineers who start together, their leader, and what his move or a takeover does to the others.

In the year after the leader has moved, those of his team who live elsewhere than he does consider a move (E4) with
probability :math:`\min(1, \tau p)` instead of :math:`p`; :math:`\tau` is ``team_pull``. A team is taken over with
probability :math:`a_k` a year, the lever ``acquihire_rate`` of its leader's sector. Source: m82 (thirty researchers
followed one leader); grade D.

A team is a run of slots, at most ``world.ties.TEAM`` of them; its leader is its first expert of the start, and a team
without one has none. Former colleagues are ties, whatever becomes of the team.
"""

import numpy as np
from numba import njit, uint64

from sim.model import rng
from sim.model.kernels import uniform_at
from sim.model.ledger import book
from sim.model.market import openings
from sim.model.tables import Teams
from sim.threads import over_range
from sim.world.categories import SECTORS
from sim.world.engineers import NATIVE_YEAR
from sim.world.ties import TEAM

BUYERS = np.array([SECTORS.index("frontier_lab"), SECTORS.index("big_tech")])


def teams_of(world):
    """The :class:`Teams` of a world before anybody has moved."""
    return Teams(world.leader, np.full(len(world.leader), NATIVE_YEAR, np.int16))


def take_over(arm, year):
    """Acqui-hires of a year: who works with a team's leader, in his hub and sector, goes with him, all at once."""
    rate, books = arm.rules["acquihire_rate"], arm.books
    if rate.any():
        keys = np.array([rng.key(arm.seed, question, year) for question in ("taken over", "buyer")])
        _take_over(
            keys,
            rate,
            buyers(arm),
            arm.teams,
            arm.people,
            arm.world.setting.country,
            year,
            len(arm.world.setting.homes),
            books.change,
            books.flow,
            books.hires,
            books.job_changes,
        )


def buyers(arm):
    """(country, hub * buyer) openings of frontier labs and big tech in a country, cumulative: they buy its teams."""
    s, a, rules = arm.world.setting, arm.a, arm.rules
    jobs = openings(s, a, rules, arm.jobs_abroad())[:, None] * arm.sectors.openings[:, BUYERS]
    inside = s.country == np.arange(len(s.countries))[:, None]
    return np.cumsum((inside[:, :, None] * jobs).reshape(len(inside), -1), axis=1)


def completeness(arm):
    """Mean share of a team's living members, the leader apart, who live in their leader's hub."""
    parts = over_range(_together, len(arm.teams.leader), arm.teams.leader, arm.people)
    together, teams = (sum(counts) for counts in zip(*parts, strict=True))
    # whole numbers are summed first, and divided in a fixed order: equal bytes for any number of threads
    return float((together[1:] / np.arange(1, len(together))).sum() / max(teams, 1))


@njit(cache=True, nogil=True)
def _take_over(keys, rate, buyers, teams, people, country, year, homes, change, flow, hires, job_changes):
    """Let the teams go whose leader's draw is below the ``rate`` (sector,) of his; ``buyers`` as from ``buyers``."""
    for t in range(teams.leader.size):
        i = teams.leader[t]
        if i < 0 or people.hub[i] < 0 or uniform_at(keys[0], uint64(i)) >= rate[people.sector[i]]:
            continue
        o, sector, c = people.hub[i], people.sector[i], uint64(country[people.hub[i]])
        point, place = uniform_at(keys[1], uint64(i)) * buyers[c, buyers.shape[1] - 1], 0
        while place < buyers.shape[1] and buyers[c, place] <= point:
            place += 1
        if place == buyers.shape[1]:  # nobody in the country buys teams
            continue
        d, taken = place // BUYERS.size, BUYERS[place % BUYERS.size]
        j = first_of(i, people.team)
        while j < people.team.size and people.team[j] == t:
            if people.hub[j] == o and people.sector[j] == sector:
                book(change, people, uint64(j), homes, -1)
                people.hub[j] = people.employer_hub[j] = d
                people.sector[j], people.target[j] = taken, -1
                book(change, people, uint64(j), homes, 1)
                hires[sector, taken] += 1
                if d == o:
                    job_changes[people.status[j]] += 1
                else:
                    flow[o, d] += 1
            j += 1
        teams.moved[t] = year if d != o else teams.moved[t]


@njit(inline="always")
def first_of(i, team):
    """First slot of the team that slot ``i`` belongs to."""
    while i > 0 and team[i - 1] == team[i]:
        i -= 1
    return i


@njit(cache=True, nogil=True)
def _together(first, last, leader, people):
    """Count members who live where their leader lives, by the number of living members, in teams ``first`` to ``last``.

    Returns
    -------
    (living members without the leader,) members in the leader's hub, and the number of teams with such members
    """
    near, teams = np.zeros(TEAM, np.int64), 0
    for t in range(first, last):
        i = leader[t]
        if i < 0 or people.hub[i] < 0:
            continue
        living, together, j = 0, 0, first_of(i, people.team)
        while j < people.team.size and people.team[j] == t:
            living += people.hub[j] >= 0
            together += people.hub[j] == people.hub[i]
            j += 1
        if living > 1:
            near[living - 1] += together - 1
            teams += 1
    return near, teams
