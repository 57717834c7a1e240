"""Compiled passes over all engineers: who enters, considers, changes status and exits, how many live where.

Each pass works on the slots from ``first`` to ``last``, so that parts run in threads of their own; what it accounts
comes back as changes by ledger cell, see ``accounting.Books``. Draws are made for a block of slots at once: that runs
on vectors.
"""

import numpy as np
from numba import njit, uint64

from sim.model.kernels.accounts import cell_of, fingerprint_of, no_delta, record
from sim.model.kernels.choice import draw_block, employer_elsewhere, remote_share, uniform_at
from sim.world.engineers import (
    CITIZEN,
    OLDEST,
    OPT,
    PERMANENT,
    ROLE_COUNT,
    ROLE_OF,
    SECTOR_COUNT,
    SKILLS,
    STUDENT,
    TASTE_COUNT,
    TEMPORARY,
    TIER_COUNT,
    TIER_OF,
    YOUNGEST,
)

BLOCK = 1024
MONTHS = 12


@njit(cache=True, nogil=True)
def enter(first, last, key, people, entry_hub, ratio, hiring, homes, study):
    """Let slots in, each with the probability ``ratio`` (hub, kind: graduate or not, tier * role).

    Returns
    -------
    change to book, and (hub, tier) graduates
    """
    delta, graduates = no_delta(ratio.shape[0], homes), np.zeros((ratio.shape[0], TIER_COUNT), np.int64)
    for i in range(first, last):
        hub, kind, category = entry_hub[i], 0 if people.graduate[i] else 1, uint64(people.category[i])
        more = study[people.home[i], hub] if kind == 0 else 1.0
        if uniform_at(key, uint64(i)) < ratio[hub, kind, category // uint64(TASTE_COUNT) % uint64(SKILLS)] * more:
            people.hub[i] = people.employer_hub[i] = hub
            if uniform_at(hiring.keys[1], uint64(i)) < remote_share(category, people.sector[i], hiring):
                people.employer_hub[i] = employer_elsewhere(uint64(i), hub, hiring)
            record(delta, people, i, homes, 1)
            graduates[hub, TIER_OF[category]] += 1 - kind
    return delta, graduates


@njit(cache=True, nogil=True)
def find_searchers(
    first, last, month_key, consider_key, people, rates, p_graduate, remote_ratio, teams, team_pull, year
):
    """Who considers a move this year (E4), ordered by the month in which they do, then by slot.

    ``rates`` is (type, tier and role, status, age), of remote workers times ``remote_ratio`` (E11), and times
    ``team_pull`` of who has seen the leader of his team move away in the last year (E12); a new graduate considers with
    ``p_graduate``. Nobody with a petition pending considers another move.

    Returns
    -------
    slots, and (13,) where each month begins in them
    """
    oldest, n = rates.shape[2] - 1, uint64(0)
    u, begin = np.empty(BLOCK), np.zeros(MONTHS + 1, np.int64)
    found, month = np.empty(last - first + 1, np.int32), np.empty(last - first + 1, np.int8)
    for block in range(first, last, BLOCK):
        end = min(block + BLOCK, last)
        draw_block(u, consider_key, block, end)
        for i in range(uint64(block), uint64(end)):  # no branch in it: who considers cannot be foreseen
            age = uint64(min(max(year - people.birth_year[i] - YOUNGEST, 0), oldest))
            p = rates[uint64(people.category[i]) // uint64(TASTE_COUNT), uint64(people.status[i]), age]  # E4
            p *= remote_ratio if people.employer_hub[i] != people.hub[i] else 1.0
            team = uint64(people.team[i])
            if teams.moved[team] == year - 1 and people.hub[uint64(teams.leader[team])] != people.hub[i]:
                p *= team_pull
            p = p_graduate if people.graduate[i] else p
            found[n] = i
            n += uint64((u[i - uint64(block)] < p) & (people.hub[i] >= 0) & (people.target[i] < 0))
    for k in range(n):
        month[k] = int(MONTHS * uniform_at(month_key, uint64(found[k])))
        begin[month[k] + 1] += 1
    begin = begin.cumsum()
    slots, at = np.empty(n, np.int64), begin.copy()
    for k in range(n):
        slots[at[month[k]]] = found[k]
        at[month[k]] += 1
    return slots, begin


@njit(cache=True, nogil=True)
def update_status(
    first, last, keys, people, country, settlement, returning, renewal, naturalise, study_months, study_share, month
):
    """Status at the end of the year (E6), and who must or wants to leave the country.

    Parameters
    ----------
    keys : (5,) uint64, draws for settlement, return, renewal, naturalisation and work after study
    settlement, returning : (country, home) hazards a year; renewal : (country,) approval of a renewed permit
    naturalise : (country,) hazard a year
    study_months, study_share : (step, country) length of post-study work and of its extension, and who gets it
    month : last month of the year

    Returns
    -------
    change to book, slots whose status has run out, slots that go home, and (step, country) who asked for post-study
    work or its extension and who got it
    """
    status, expiry_month, graduate, homes = people.status, people.expiry_month, people.graduate, settlement.shape[1]
    delta = no_delta(country.size, homes)
    expired, homeward = [0 for _ in range(0)], [0 for _ in range(0)]
    asked, got = np.zeros(study_share.shape, np.int64), np.zeros(study_share.shape, np.int64)
    for i in range(first, last):
        s = status[i]
        if people.hub[i] < 0:
            continue  # gone, or not yet in: then still a graduate
        graduate[i] = False
        if s == CITIZEN:
            continue
        place, home = country[people.hub[i]], people.home[i]
        before, was = cell_of(people, i, homes), fingerprint_of(people, i)
        if s == PERMANENT:
            if uniform_at(keys[3], i) < naturalise[place]:
                status[i] = CITIZEN
        elif s == TEMPORARY and uniform_at(keys[0], i) < settlement[place, home]:
            status[i] = PERMANENT
        elif s == TEMPORARY and uniform_at(keys[1], i) < returning[place, home]:
            homeward.append(i)
        elif expiry_month[i] > month:
            continue
        elif s == TEMPORARY and uniform_at(keys[2], i) < renewal[place]:
            expiry_month[i] += 36
        elif s in (STUDENT, OPT) and study_months[s - STUDENT, place] > 0:
            asked[s - STUDENT, place] += 1
            if uniform_at(keys[4], i) < study_share[s - STUDENT, place]:
                status[i] += 1  # from a student to OPT, from OPT to its extension
                expiry_month[i] += study_months[s - STUDENT, place]
                got[s - STUDENT, place] += 1
            else:
                expired.append(i)
        else:
            expired.append(i)
        delta[before] -= 1
        delta[delta.size - 1] -= was
        record(delta, people, i, homes, 1)
    return delta, np.array(expired), np.array(homeward), asked, got


@njit(cache=True, nogil=True)
def leave(first, last, exit_key, people, country, exit_rate, year, homes):
    """Take out who retires or leaves the occupation: at the country's rate, and everybody past the last age."""
    delta, u = no_delta(country.size, homes), np.empty(BLOCK)
    for block in range(first, last, BLOCK):
        end = min(block + BLOCK, last)
        draw_block(u, exit_key, block, end)
        for i in range(uint64(block), uint64(end)):
            hub = people.hub[i]
            if hub < 0:
                continue
            if u[i - uint64(block)] < exit_rate[country[uint64(hub)]] or year - people.birth_year[i] > OLDEST:
                record(delta, people, i, homes, -1)
                people.hub[i] = -1
    return delta


@njit(cache=True, nogil=True)
def count(first, last, people, hubs, homes):
    """Agents by ledger cell, with the fingerprint, and three flat counts of work.

    By (hub, role, sector); by (hub of the employer, tier); and by hub those who work for an employer in another one.
    """
    cells, work = no_delta(hubs, homes), np.zeros(hubs * ROLE_COUNT * SECTOR_COUNT, np.int64)
    jobs, remote = np.zeros(hubs * TIER_COUNT, np.int64), np.zeros(hubs, np.int64)
    for i in range(uint64(first), uint64(last)):
        if people.hub[i] >= 0:
            record(cells, people, i, homes, 1)
            hub, employer, category = uint64(people.hub[i]), uint64(people.employer_hub[i]), uint64(people.category[i])
            place = hub * uint64(ROLE_COUNT) + uint64(ROLE_OF[category])
            work[place * uint64(SECTOR_COUNT) + uint64(people.sector[i])] += 1
            jobs[employer * uint64(TIER_COUNT) + uint64(TIER_OF[category])] += 1
            remote[hub] += employer != hub
    return cells, work, jobs, remote
