"""Yearly events, compiled: entry, search for a move, change of status, exit, and the count of stocks.

Each function works on the slots from ``first`` to ``last``, so that parts run in threads of their own, and returns its
ledger change (cell + 1,), see ``accounting.Accounts``. It draws uniforms for a block of slots at once, which runs on
vector registers.
"""

import numpy as np
from numba import njit, uint64

from sim.model.kernels.accounts import no_delta, record
from sim.model.kernels.choice import draw_block, employer_elsewhere, remote_share, uniform_at
from sim.world.engineers import (
    CITIZEN,
    NATIVE_YEAR,
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

BLOCK = 1024  # slots whose uniforms are drawn at once
MONTHS = 12


@njit(cache=True, nogil=True, no_cfunc_wrapper=True)
def enter(first, last, key, people, entry_hub, ratio, hiring, homes, study):
    """Add the entrants of a year: each candidate slot enters with its probability.

    Parameters
    ----------
    key : uint64, the year's draw; entry_hub : (slot,) hub in which the candidate would start
    ratio : (hub, kind, tier * role) probability of entry; kind 0 is graduates of the hub's universities, 1 the others
    hiring : Hiring; homes : number of home countries
    study : (home, hub) factor on the probability of graduates

    Returns
    -------
    ledger change (cell + 1,), and (hub, tier) graduates among the entrants
    """
    delta, graduates = no_delta(ratio.shape[0], homes), np.zeros((ratio.shape[0], TIER_COUNT), np.int64)
    for i in range(uint64(first), uint64(last)):
        hub, kind, category = entry_hub[i], 0 if people.graduate[i] else 1, uint64(people.category[i])
        more = study[people.home[i], hub] if kind == 0 else 1.0
        if uniform_at(key, uint64(i)) < ratio[hub, kind, category // uint64(TASTE_COUNT) % uint64(SKILLS)] * more:
            people.hub[i] = people.employer_hub[i] = hub
            # some of the entrants work remotely for an employer in another hub (E11)
            if uniform_at(hiring.keys[1], uint64(i)) < remote_share(category, people.sector[i], hiring):
                people.employer_hub[i] = employer_elsewhere(uint64(i), hub, hiring)
            record(delta, people, i, homes, np.int64(1))
            graduates[hub, TIER_OF[category]] += 1 - kind
    return delta, graduates


@njit(cache=True, nogil=True, no_cfunc_wrapper=True)
def find_searchers(
    first, last, month_key, consider_key, people, rates, p_graduate, remote_ratio, teams, team_pull, year
):
    """Draw the engineers who search for a move this year (E4), sorted by month of search, then by slot.

    Parameters
    ----------
    month_key, consider_key : uint64, draws of the month and of the search
    rates : (type * tier * role, status, age) probability of a search in the year
    p_graduate : probability of new graduates, whatever their age
    remote_ratio : factor of remote workers (E11)
    team_pull : factor of engineers whose team's leader has moved away from them in the last year (E12)

    Returns
    -------
    slots (searcher,), and (13,) the position at which each month begins; nobody with a petition pending is among them
    """
    oldest, n = rates.shape[2] - 1, uint64(0)
    u, begin = np.empty(BLOCK), np.zeros(MONTHS + 1, np.int64)
    listed, month = np.empty(last - first + 1, np.int32), np.empty(last - first + 1, np.int8)
    for block in range(first, last, BLOCK):
        end = min(block + BLOCK, last)
        draw_block(u, consider_key, block, end)
        # write every slot to the end of the list, and lengthen the list only by searchers: a branch would cost more,
        # because the processor cannot predict it
        for i in range(uint64(block), uint64(end)):
            age = uint64(min(max(year - people.birth_year[i] - YOUNGEST, 0), oldest))
            p = rates[uint64(people.category[i]) // uint64(TASTE_COUNT), uint64(people.status[i]), age]  # E4
            p *= remote_ratio if people.employer_hub[i] != people.hub[i] else 1.0
            team = uint64(people.team[i])
            # the leader moved last year and lives elsewhere now
            if teams.moved[team] == year - 1 and people.hub[uint64(teams.leader[team])] != people.hub[i]:
                p *= team_pull
            p = p_graduate if people.graduate[i] else p
            listed[n] = i
            n += uint64((u[i - uint64(block)] < p) & (people.hub[i] >= 0) & (people.target[i] < 0))
    # counting sort by month of search
    for k in range(n):
        month[k] = int(MONTHS * uniform_at(month_key, uint64(listed[k])))
        begin[month[k] + 1] += 1
    for k in range(MONTHS):
        begin[k + 1] += begin[k]
    slots, at = np.empty(n, np.int64), begin.copy()
    for k in range(n):
        slots[at[month[k]]] = listed[k]
        at[month[k]] += 1
    return slots, begin


@njit(cache=True, nogil=True, no_cfunc_wrapper=True)
def update_status(
    first, last, keys, people, country, settlement, renewal, naturalise, fast_track, study_months, study_share, month
):
    """Update the legal status of foreign residents at the end of the year (E6).

    Parameters
    ----------
    keys : (4,) uint64, draws for settlement, renewal, naturalisation and work after study
    settlement : (country, home) hazard a year; renewal : (country,) approval of a renewed permit
    naturalise : (country,) hazard a year; fast_track : (country, role) factor on it and on settlement, 1 for nothing
    study_months, study_share : (step, country) months of post-study work and of its extension, and the share of
        applicants who get it
    month : last month of the year, counted from year 0

    Returns
    -------
    ledger change (cell + 1,), slots whose status has expired, and (step, country) applicants for post-study work or
    its extension, and grants of it
    """
    expiry_month, homes = people.expiry_month, settlement.shape[1]
    delta = no_delta(country.size, homes)
    expired, n = np.empty(last - first, np.int64), 0
    asked, got = np.zeros(study_share.shape, np.int64), np.zeros(study_share.shape, np.int64)
    for i in range(uint64(first), uint64(last)):
        s = now = int(people.status[i])
        if people.hub[i] < 0:
            continue  # left the occupation, or has not entered it: candidates keep their mark as graduates
        people.graduate[i] = False
        if s == CITIZEN:
            continue
        place, home = country[people.hub[i]], people.home[i]
        faster = fast_track[place, ROLE_OF[people.category[i]]]
        # permanent residents may naturalise
        if s == PERMANENT:
            if uniform_at(keys[2], i) < naturalise[place] * faster:
                now = CITIZEN
        # temporary residents may settle; else their permit is renewed or expires
        elif s == TEMPORARY and uniform_at(keys[0], i) < settlement[place, home] * faster:
            now = PERMANENT
        elif expiry_month[i] > month:
            continue
        elif s == TEMPORARY and uniform_at(keys[1], i) < renewal[place]:
            expiry_month[i] += 36
        # students apply for post-study work, and people in post-study work for its extension
        elif STUDENT <= s <= OPT and study_months[s - STUDENT, place] > 0:
            asked[s - STUDENT, place] += 1
            if uniform_at(keys[3], i) < study_share[s - STUDENT, place]:
                now += 1  # from a student to OPT, from OPT to its extension
                expiry_month[i] += study_months[s - STUDENT, place]
                got[s - STUDENT, place] += 1
            else:
                expired[n] = i
                n += 1
        else:
            expired[n] = i
            n += 1
        if now != s:
            record(delta, people, i, homes, np.int64(-1))
            people.status[i] = now
            record(delta, people, i, homes, np.int64(1))
    return delta, expired[:n], asked, got


@njit(cache=True, nogil=True, no_cfunc_wrapper=True)
def leave(first, last, exit_key, bound, people, country, exit_rate, year, homes):
    """Remove engineers who leave the occupation: at random with ``exit_rate`` (country,), and all older than OLDEST.

    No rate is above ``bound``.

    Return the ledger change (cell + 1,), whose agents are negative.
    """
    delta, u = no_delta(country.size, homes), np.empty(BLOCK)
    for block in range(first, last, BLOCK):
        end = min(block + BLOCK, last)
        draw_block(u, exit_key, block, end)
        for i in range(uint64(block), uint64(end)):
            retires = year - people.birth_year[i] > OLDEST
            if u[i - uint64(block)] >= bound and not retires:
                continue
            hub = people.hub[i]
            if hub >= 0 and (retires or u[i - uint64(block)] < exit_rate[country[uint64(hub)]]):
                record(delta, people, i, homes, np.int64(-1))
                people.hub[i] = -1
    return delta


@njit(cache=True, nogil=True, no_cfunc_wrapper=True)
def count(first, last, people, hubs, homes):
    """Count the engineers by ledger cell and by job.

    Returns
    -------
    (cell + 1,) agents by cell, and the fingerprint; (hub * role * sector,) agents by residence; (hub * tier,) agents
    by the employer's hub; (hub,) residents whose employer is in another hub
    """
    cells, work = no_delta(hubs, homes), np.zeros(hubs * ROLE_COUNT * SECTOR_COUNT, np.int64)
    jobs, remote = np.zeros(hubs * TIER_COUNT, np.int64), np.zeros(hubs, np.int64)
    for i in range(uint64(first), uint64(last)):
        if people.hub[i] >= 0:
            record(cells, people, i, homes, np.int64(1))
            hub, employer, category = uint64(people.hub[i]), uint64(people.employer_hub[i]), uint64(people.category[i])
            place = hub * uint64(ROLE_COUNT) + uint64(ROLE_OF[category])
            work[place * uint64(SECTOR_COUNT) + uint64(people.sector[i])] += 1
            jobs[employer * uint64(TIER_COUNT) + uint64(TIER_OF[category])] += 1
            remote[hub] += employer != hub
    return cells, work, jobs, remote


@njit(cache=True, nogil=True, no_cfunc_wrapper=True)
def count_arrivals(first, last, people, is_home, year, classes):
    """Count the engineers who came from abroad, by years since arrival.

    Parameters
    ----------
    is_home : (home, hub) bool; classes : number of years since arrival that are told apart, the last one open

    Returns
    -------
    (hub, tier, scheme, years since arrival) agents; scheme 0 is people outside their own country, 1 people in it
    """
    counts = np.zeros((is_home.shape[1], TIER_COUNT, 2, classes), np.int64)
    for i in range(uint64(first), uint64(last)):
        if people.hub[i] >= 0 and people.arrival_year[i] > NATIVE_YEAR:
            hub, tier = uint64(people.hub[i]), uint64(TIER_OF[uint64(people.category[i])])
            since = min(max(year - people.arrival_year[i], 0), classes - 1)
            counts[hub, tier, uint64(is_home[people.home[i], hub]), since] += 1
    return counts
