"""Jobs, compiled: promotions, job changes, remote work and moves of whole teams (E10 to E12).

Rates and probabilities come from ``labour`` and ``teams``; these functions only draw by them and record the outcome.
"""

import numpy as np
from numba import int32, njit, uint64

from sim.model.kernels.accounts import fingerprint, no_delta, record
from sim.model.kernels.choice import draws_below, employer_elsewhere, new_sector, remote_share, uniform_at
from sim.world.categories import SECTORS
from sim.world.engineers import PROFILES, STATUS_COUNT, TEMPORARY, TIER_OF, TIER_STEP
from sim.world.ties import TEAM

BLOCK = 1024  # slots whose uniforms are drawn at once
FRONTIER_LAB = uint64(SECTORS.index("frontier_lab"))
BUYERS = np.array([SECTORS.index("frontier_lab"), SECTORS.index("big_tech")])  # sectors that take over teams


@njit(cache=True, nogil=True, _nrt=False, no_cfunc_wrapper=True)
def place_remote_workers(first, last, people, hiring) -> None:
    """Draw the employers of all engineers at the start: another hub for remote workers (E11), else their own."""
    for i in range(uint64(first), uint64(last)):
        hub, category, sector = people.hub[i], people.category[i], people.sector[i]
        if hub >= 0:
            if uniform_at(hiring.keys[1], i) < remote_share(category, sector, hiring):
                hub = employer_elsewhere(i, hub, hiring)
            people.employer_hub[i] = hub


@njit(cache=True, nogil=True, no_cfunc_wrapper=True)
def return_to_office(first, last, keys, people, p_move, country, hiring, homes):
    """End the remote jobs that the share of remote work in their role and sector no longer allows (E11).

    Parameters
    ----------
    keys : (2,) uint64, draws of remote work, and of the move to the employer's hub
    p_move : probability of moving to the employer's hub if it is in the country of residence; country : (hub,)

    Returns
    -------
    ledger change (cell + 1,), (sector, sector) hires, (status,) job changes, slots that move to the employer's hub
    """
    delta = no_delta(country.size, homes)
    hires, job_changes = np.zeros((len(SECTORS), len(SECTORS)), np.int64), np.zeros(STATUS_COUNT, np.int64)
    follow, n = np.empty(last - first, np.int64), 0
    for i in range(uint64(first), uint64(last)):
        hub, employer = people.hub[i], people.employer_hub[i]
        if hub < 0 or employer == hub:
            continue
        if uniform_at(keys[0], i) < remote_share(people.category[i], people.sector[i], hiring):
            continue
        if country[uint64(employer)] == country[uint64(hub)] and uniform_at(keys[1], i) < p_move:
            follow[n] = i
            n += 1
        else:
            record(delta, people, i, homes, np.int64(-1))
            left, category = people.sector[i], people.category[i]
            taken, now = new_sector(i, np.int64(hub), category, hiring), int32(hub)
            if uniform_at(hiring.keys[1], i) < remote_share(category, taken, hiring):
                now = employer_elsewhere(i, hub, hiring)
            people.sector[i], people.employer_hub[i] = taken, now
            record(delta, people, i, homes, np.int64(1))
            hires[left, taken] += 1
            job_changes[people.status[i]] += 1
    return delta, hires, job_changes, follow[:n]


@njit(cache=True, nogil=True, no_cfunc_wrapper=True)
def promote(first, last, key, bound, people, rate, entered, year, track, homes):
    """Promote engineers by one tier at the rate of their tier and hub (E10).

    Parameters
    ----------
    bound : the highest hazard of all
    rate : (tier, hub) promotions a person-year, by the tier left
    entered : (slot,) int16 year of entry into the occupation
    track : (years since entry,) factor on the promotion from practitioner to expert

    Returns
    -------
    ledger change (cell + 1,), and (hub, tier) promotions by the tier left
    """
    delta, promotions = no_delta(rate.shape[1], homes), np.zeros((rate.shape[1], rate.shape[0]), np.int64)
    u, slots = np.empty(BLOCK), np.empty(BLOCK, np.int64)
    for block in range(first, last, BLOCK):
        for k in range(draws_below(bound, key, block, min(block + BLOCK, last), u, slots)):
            i = uint64(slots[k])
            hub, tier = people.hub[i], TIER_OF[uint64(people.category[i])]
            # promotion to expert depends on the years since entry (E10)
            since = max(min(int32(year) - int32(entered[i]), int32(track.size - 1)), int32(0))
            along = track[uint64(since)] if tier == 1 else 1.0
            if hub >= 0 and u[k] < rate[tier, uint64(hub)] * along:
                record(delta, people, i, homes, np.int64(-1))
                people.category[i] -= TIER_STEP
                record(delta, people, i, homes, np.int64(1))
                promotions[hub, tier] += 1
    return delta, promotions


@njit(cache=True, nogil=True, no_cfunc_wrapper=True)
def change_jobs(
    first, last, keys, bound, people, separation, for_pay, lock, remote_effect, mission_share, country, hiring, homes
):
    """Let engineers leave their employers for another one in their hub (E10, E11).

    Parameters
    ----------
    keys : (2,) uint64, draws of the separation, and of the attachment to the mission of a frontier lab
    bound : the highest hazard of all
    separation : (2, sector) separations a person-year of engineers without and with that attachment
    for_pay : (sector, profile, hub) factor of the sector's present pay; engineers attached to a mission ignore it
    lock : (country, home) factor on the rate of temporary residents; remote_effect : factor of remote workers
    mission_share : share of engineers attached to the mission; country : (hub,)

    Returns
    -------
    ledger change (cell + 1,), (sector, sector) hires by the sector left and taken, (status,) job changes
    """
    delta = no_delta(hiring.employer.shape[0], homes)
    hires, job_changes = np.zeros((len(SECTORS), len(SECTORS)), np.int64), np.zeros(STATUS_COUNT, np.int64)
    u, slots, moved = np.empty(BLOCK), np.empty(BLOCK, np.int64), np.int64(0)
    for block in range(first, last, BLOCK):
        for k in range(draws_below(bound, keys[0], block, min(block + BLOCK, last), u, slots)):
            i = uint64(slots[k])
            hub, home, status, category = people.hub[i], people.home[i], people.status[i], people.category[i]
            if hub < 0:
                continue
            left, employer = people.sector[i], people.employer_hub[i]
            mission, sector = uniform_at(keys[1], i) < mission_share, uint64(left)
            # hazard of leaving the employer: sector, pay, permit, remote work
            p = separation[uint64(mission), sector]
            if not (mission and sector == FRONTIER_LAB):
                p *= for_pay[sector, uint64(category) % uint64(PROFILES), uint64(hub)]
            p *= lock[uint64(country[uint64(hub)]), uint64(home)] if status >= TEMPORARY else 1.0
            p *= remote_effect if employer != hub else 1.0
            if u[k] < p:
                # the next job: its sector, and for remote workers the employer's hub
                taken, now = new_sector(i, np.int64(hub), category, hiring), int32(hub)
                if uniform_at(hiring.keys[1], i) < remote_share(category, taken, hiring):
                    now = employer_elsewhere(i, hub, hiring)
                # only the fingerprint changes: the ledger's cells do not distinguish jobs
                moved += fingerprint(hub, home, category, taken, status, now)
                moved -= fingerprint(hub, home, category, left, status, employer)
                people.sector[i], people.employer_hub[i] = taken, now
                hires[left, taken] += 1
                job_changes[status] += 1
    delta[delta.size - 1] = moved
    return delta, hires, job_changes


@njit(cache=True, nogil=True, _nrt=False, no_cfunc_wrapper=True)
def move_teams(keys, rate, buyers, teams, people, country, year, homes, delta, flow, hires, job_changes) -> None:
    """Move the teams that are taken over to their buyer's hub and sector (E12); change people and accounts in place.

    Parameters
    ----------
    keys : (2,) uint64, draws of the takeover and of the buyer
    rate : (country, sector) takeovers a year, by the country and the sector of the team's leader
    buyers : (country, hub * buyer) cumulative openings of the sectors BUYERS, see ``teams.buyers``
    teams : Teams; country : (hub,); homes : number of home countries
    delta : (cell + 1,), flow : (origin, destination), hires : (sector, sector), job_changes : (status,); of the
        accounts, added to in place
    """
    for t in range(teams.leader.size):
        i = teams.leader[t]
        if i < 0 or people.hub[i] < 0:
            continue
        o, sector, c = people.hub[i], people.sector[i], uint64(country[people.hub[i]])
        if uniform_at(keys[0], uint64(i)) >= rate[c, sector]:
            continue
        # draw the buyer in proportion to its openings in the country
        point, place = uniform_at(keys[1], uint64(i)) * buyers[c, buyers.shape[1] - 1], 0
        while place < buyers.shape[1] and buyers[c, place] <= point:
            place += 1
        if place == buyers.shape[1]:  # nobody in the country buys teams
            continue
        d, taken = place // BUYERS.size, BUYERS[place % BUYERS.size]
        # members who share the leader's hub and sector move with them
        j = first_of(i, people.team)
        while j < people.team.size and people.team[j] == t:
            if people.hub[j] == o and people.sector[j] == sector:
                record(delta, people, uint64(j), homes, np.int64(-1))
                people.hub[j] = people.employer_hub[j] = d
                people.sector[j], people.target[j] = taken, -1
                record(delta, people, uint64(j), homes, np.int64(1))
                hires[sector, taken] += 1
                if d == o:
                    job_changes[people.status[j]] += 1
                else:
                    flow[o, d] += 1
            j += 1
        teams.moved[t] = year if d != o else teams.moved[t]


@njit(inline="always")
def first_of(i, team):
    """Return the first slot of the team of slot ``i``; a team is a run of slots with one number in ``team`` (slot,)."""
    while i > 0 and team[i - 1] == team[i]:
        i -= 1
    return i


@njit(cache=True, nogil=True, no_cfunc_wrapper=True)
def members_together(first, last, leader, people):
    """Count the team members who live in their leader's hub, in the teams ``first`` to ``last``.

    Returns
    -------
    (number of other members,) members in the leader's hub, summed over teams with that number of resident members
    besides the leader; and the number of teams that have a resident leader and at least one other member
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
