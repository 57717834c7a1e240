"""Compiled passes over jobs: who is promoted, who changes jobs, who works for an employer elsewhere.

Rates and chances come from ``careers``, ``jobs`` and ``remote``; nothing here is the definition of anything.
"""

import numpy as np
from numba import njit, uint64

from ..world.engineers import ROLE_OF, SECTORS, TEMPORARY, TIER_OF
from .kernels import draw_block, uniform_at
from .ledger import STATUS_COUNT, book, no_changes

BLOCK = 1024
FRONTIER_LAB = uint64(SECTORS.index("frontier_lab"))
TIER_STEP = 15  # of the category code from one tier to the next better one


@njit(inline="always")
def take_job(people, i, hiring, hires):
    """Give the engineer in slot ``i`` a job in his hub: its sector (E10), and whose it is if it is remote (E11)."""
    kind, hub, before = uint64(people.category[i]) % uint64(45), uint64(people.hub[i]), people.sector[i]
    u, sector = uniform_at(hiring.keys[0], i), uint64(0)
    for k in range(uint64(len(SECTORS) - 1)):
        sector += uint64(u >= hiring.sector[kind, hub, k])
    people.sector[i] = sector
    hires[before, sector] += 1
    find_employer(people, i, hiring)


@njit(inline="always")
def find_employer(people, i, hiring):
    """The hub of the employer: another one's if the engineer would work remotely in this role and sector (E11)."""
    hub, role = uint64(people.hub[i]), uint64(ROLE_OF[uint64(people.category[i])])
    people.employer_hub[i] = hub
    if uniform_at(hiring.keys[1], i) < hiring.remote[role, uint64(people.sector[i])]:
        u, employer = uniform_at(hiring.keys[2], i), uint64(0)
        for d in range(uint64(hiring.employer.shape[1] - 1)):
            employer += uint64(u >= hiring.employer[hub, d])
        people.employer_hub[i] = employer


@njit(cache=True, nogil=True)
def place_remote_workers(first, last, people, hiring):
    """Employers of those who work remotely when the run starts."""
    for i in range(uint64(first), uint64(last)):
        if people.hub[i] >= 0:
            find_employer(people, i, hiring)


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
        role = uint64(ROLE_OF[uint64(people.category[i])])
        if uniform_at(keys[0], i) < hiring.remote[role, uint64(people.sector[i])]:
            continue
        if country[uint64(employer)] == country[uint64(hub)] and uniform_at(keys[1], i) < p_move:
            follow.append(np.int64(i))
        else:
            book(change, people, i, homes, -1)
            take_job(people, i, hiring, hires)
            book(change, people, i, homes, 1)
            job_changes[people.status[i]] += 1
    return change, hires, job_changes, np.array(follow)


@njit(cache=True, nogil=True)
def promote(first, last, key, people, rate, homes):
    """Promote engineers at the ``rate`` (tier, hub) of their tier and hub (E10); what to book, and (hub, tier) left."""
    change, promotions = no_changes(rate.shape[1], homes), np.zeros((rate.shape[1], rate.shape[0]), np.int64)
    u = np.empty(BLOCK)
    for block in range(first, last, BLOCK):
        end = min(block + BLOCK, last)
        draw_block(u, key, block, end)
        for i in range(uint64(block), uint64(end)):
            hub, tier = people.hub[i], TIER_OF[uint64(people.category[i])]
            if hub >= 0 and u[i - uint64(block)] < rate[tier, uint64(hub)]:
                book(change, people, i, homes, -1)
                people.category[i] -= TIER_STEP
                book(change, people, i, homes, 1)
                promotions[hub, tier] += 1
    return change, promotions


@njit(cache=True, nogil=True)
def change_jobs(first, last, keys, people, separation, for_pay, lock, remote_effect, mission_share, country, hiring,
                homes):
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
    u = np.empty(BLOCK)
    for block in range(first, last, BLOCK):
        end = min(block + BLOCK, last)
        draw_block(u, keys[0], block, end)
        for i in range(uint64(block), uint64(end)):
            hub, status = people.hub[i], people.status[i]
            if hub < 0:
                continue
            mission, sector = uniform_at(keys[1], i) < mission_share, uint64(people.sector[i])
            p = separation[uint64(mission), sector]
            if not (mission and sector == FRONTIER_LAB):
                p *= for_pay[sector, uint64(people.category[i]) % uint64(45), uint64(hub)]
            p *= lock[uint64(country[uint64(hub)]), uint64(people.home[i])] if status >= TEMPORARY else 1.0
            p *= remote_effect if people.employer_hub[i] != hub else 1.0
            if u[i - uint64(block)] < p:
                book(change, people, i, homes, -1)
                take_job(people, i, hiring, hires)
                book(change, people, i, homes, 1)
                job_changes[status] += 1
    return change, hires, job_changes
