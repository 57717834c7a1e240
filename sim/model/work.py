"""Compiled passes over jobs: who is promoted, who changes jobs, who works for an employer elsewhere.

Rates and chances come from ``careers``, ``jobs`` and ``remote``; nothing here is the definition of anything.
"""

import numpy as np
from numba import float32, int32, njit, uint64

from sim.model.kernels import draw_block, uniform_at
from sim.model.ledger import STATUS_COUNT, book, fingerprint, no_changes
from sim.world.categories import SECTORS
from sim.world.engineers import ROLE_OF, TEMPORARY, TIER_OF

BLOCK = 1024
FRONTIER_LAB = uint64(SECTORS.index("frontier_lab"))
TIER_STEP = 15  # of the category code from one tier to the next better one


# Called for those who take a job only: a call that hands arrays over costs as much as all else that a pass does.


@njit
def new_sector(i, hub, category, hiring):
    """Sector of the next job of the engineer in slot ``i`` (E10)."""
    u, kind, sector = float32(uniform_at(hiring.keys[0], i)), uint64(category) % uint64(45), int32(0)
    for k in range(uint64(hiring.sector.shape[2] - 1)):
        sector += int32(u >= hiring.sector[kind, uint64(hub), k])
    return sector


@njit
def employer_elsewhere(i, hub, hiring):
    """Hub of the employer of the engineer in slot ``i`` who works remotely (E11); it may be his own."""
    u, employer = float32(uniform_at(hiring.keys[2], i)), int32(0)
    for d in range(uint64(hiring.employer.shape[1] - 1)):
        employer += int32(u >= hiring.employer[uint64(hub), d])
    return employer


@njit(inline="always")
def remote_share(category, sector, hiring):
    """Share of engineers who would work remotely in a role and sector (E11)."""
    return hiring.remote[uint64(ROLE_OF[uint64(category)]), uint64(sector)]


@njit(cache=True, nogil=True)
def place_remote_workers(first, last, people, hiring):
    """Employers of those who work remotely when the run starts."""
    for i in range(uint64(first), uint64(last)):
        hub, category, sector = people.hub[i], people.category[i], people.sector[i]
        if hub >= 0:
            if uniform_at(hiring.keys[1], i) < remote_share(category, sector, hiring):
                hub = employer_elsewhere(i, hub, hiring)
            people.employer_hub[i] = hub


@njit(cache=True, nogil=True)
def call_back(first, last, keys, people, p_move, country, hiring, homes):
    """End the remote jobs of those who would no longer be given one in their role and sector (E11).

    Parameters
    ----------
    keys : (2,) uint64, draws of who would work remotely, and of who moves to his employer in the same country
    p_move : probability of that; country : (hub,)

    Returns
    -------
    change to book, (sector, sector) new jobs, (status,) job changes, slots of those who move
    """
    change = no_changes(country.size, homes)
    hires, job_changes = np.zeros((len(SECTORS), len(SECTORS)), np.int64), np.zeros(STATUS_COUNT, np.int64)
    follow = [np.int64(0) for _ in range(0)]
    for i in range(uint64(first), uint64(last)):
        hub, employer = people.hub[i], people.employer_hub[i]
        if hub < 0 or employer == hub:
            continue
        if uniform_at(keys[0], i) < remote_share(people.category[i], people.sector[i], hiring):
            continue
        if country[uint64(employer)] == country[uint64(hub)] and uniform_at(keys[1], i) < p_move:
            follow.append(np.int64(i))
        else:
            book(change, people, i, homes, -1)
            left, category = people.sector[i], people.category[i]
            taken, now = new_sector(i, hub, category, hiring), int32(hub)
            if uniform_at(hiring.keys[1], i) < remote_share(category, taken, hiring):
                now = employer_elsewhere(i, hub, hiring)
            people.sector[i], people.employer_hub[i] = taken, now
            book(change, people, i, homes, 1)
            hires[left, taken] += 1
            job_changes[people.status[i]] += 1
    return change, hires, job_changes, np.array(follow)


@njit(cache=True, nogil=True)
def promote(first, last, key, people, rate, entered, year, track, homes):
    """Promote engineers at the ``rate`` (tier, hub) of their tier and hub (E10); what to book, and (hub, tier) left.

    To expert it counts ``track`` times, by the years since the engineer ``entered`` (slot,).
    """
    change, promotions = no_changes(rate.shape[1], homes), np.zeros((rate.shape[1], rate.shape[0]), np.int64)
    u = np.empty(BLOCK)
    for block in range(first, last, BLOCK):
        end = min(block + BLOCK, last)
        draw_block(u, key, block, end)
        for i in range(uint64(block), uint64(end)):
            hub, tier = people.hub[i], TIER_OF[uint64(people.category[i])]
            since = max(min(int32(year) - int32(entered[i]), int32(track.size - 1)), int32(0))
            along = track[uint64(since)] if tier == 1 else 1.0
            if hub >= 0 and u[i - uint64(block)] < rate[tier, uint64(hub)] * along:
                book(change, people, i, homes, -1)
                people.category[i] -= TIER_STEP
                book(change, people, i, homes, 1)
                promotions[hub, tier] += 1
    return change, promotions


@njit(cache=True, nogil=True)
def change_jobs(
    first, last, keys, people, separation, for_pay, lock, remote_effect, mission_share, country, hiring, homes
):
    """Let engineers leave their employers for another one in their hub (E10, E11).

    Parameters
    ----------
    keys : (2,) uint64, draws of leaving, and of whom the mission holds
    separation : (2, sector) rate of the others and of those whom the mission holds
    for_pay : (sector, category % 45, hub) factor for what the sector pays now; the mission holds in a lab whatever
        others pay
    lock : (country, home) factor on the rate of temporary residents; remote_effect : on that of remote workers

    Returns
    -------
    change to book, (sector, sector) new jobs, (status,) job changes
    """
    change = no_changes(hiring.employer.shape[0], homes)
    hires, job_changes = np.zeros((len(SECTORS), len(SECTORS)), np.int64), np.zeros(STATUS_COUNT, np.int64)
    u, moved = np.empty(BLOCK), np.int64(0)
    for block in range(first, last, BLOCK):
        end = min(block + BLOCK, last)
        draw_block(u, keys[0], block, end)
        for i in range(uint64(block), uint64(end)):
            hub, home, status, category = people.hub[i], people.home[i], people.status[i], people.category[i]
            if hub < 0:
                continue
            left, employer = people.sector[i], people.employer_hub[i]
            mission, sector = uniform_at(keys[1], i) < mission_share, uint64(left)
            p = separation[uint64(mission), sector]
            if not (mission and sector == FRONTIER_LAB):
                p *= for_pay[sector, uint64(category) % uint64(45), uint64(hub)]
            p *= lock[uint64(country[uint64(hub)]), uint64(home)] if status >= TEMPORARY else 1.0
            p *= remote_effect if employer != hub else 1.0
            if u[i - uint64(block)] < p:
                taken, now = new_sector(i, hub, category, hiring), int32(hub)
                if uniform_at(hiring.keys[1], i) < remote_share(category, taken, hiring):
                    now = employer_elsewhere(i, hub, hiring)
                moved += fingerprint(hub, home, category, taken, status, now)
                moved -= fingerprint(hub, home, category, left, status, employer)
                people.sector[i], people.employer_hub[i] = taken, now
                hires[left, taken] += 1
                job_changes[status] += 1
    change[change.size - 1] = moved  # a job is in no ledger cell
    return change, hires, job_changes
