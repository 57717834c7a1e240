"""Compiled acts on listed engineers: who may act, which route they take, how a move changes them and the accounts.

What an act means stands in ``moves``, ``visas`` and ``routes``, which call these.
"""

import numpy as np
from numba import njit, uint64

from sim.model.kernels.accounts import no_delta, record
from sim.model.kernels.choice import new_sector
from sim.world.engineers import CITIZEN, OPT, PERMANENT, TEMPORARY, TIER_OF


@njit(cache=True, nogil=True)
def free_to_decide(slots, hub, target):
    """Those of ``slots`` who are there and have no petition pending."""
    kept, n = np.empty(slots.size, np.int64), 0
    for k in range(slots.size):
        i = uint64(slots[k])
        kept[n] = slots[k]
        n += hub[i] >= 0 and target[i] < 0
    return kept[:n]


@njit(cache=True, nogil=True)
def by_need(slots, chosen, needs, hub):
    """Those of ``slots`` who leave their hub: who may go at once and where to, and who needs a permit and for where."""
    who, where = np.empty((2, slots.size), np.int64), np.empty((2, slots.size), np.int64)
    n = np.zeros(2, np.int64)
    for k in range(slots.size):
        if chosen[k] != hub[uint64(slots[k])]:
            kind = int(needs[k])
            who[kind, n[kind]], where[kind, n[kind]] = slots[k], chosen[k]
            n[kind] += 1
    return who[0, : n[0]], where[0, : n[0]], who[1, : n[1]], where[1, : n[1]]


@njit(cache=True, nogil=True)
def those(slots, people, hubs, homes):
    """(cell + 1,) what to book for engineers who are there now and were not before."""
    delta = no_delta(hubs, homes)
    for k in range(slots.size):
        record(delta, people, uint64(slots[k]), homes, 1)
    return delta


@njit(cache=True, nogil=True)
def relocate(
    slots,
    hubs,
    route,
    month,
    people,
    country,
    is_home,
    kind,
    permit_months,
    hiring,
    teams,
    delta,
    flow,
    crossings,
    hires,
):
    """Move engineers to ``hubs``: residence, status, permit, job and the year's accounts.

    Who works remotely and needs no permit keeps his job; everybody else takes one in the new hub.

    Parameters
    ----------
    route : (mover,) the permit granted, -1 for people who need none
    is_home : (home, hub) bool; kind, permit_months : (route,); hiring : Hiring; teams : Teams
    change : (cell + 1,), flow : (origin, destination), crossings : (tier,), hires : (sector, sector), of the accounts,
        added to
    """
    homes, year = is_home.shape[0], month // 12
    for k in range(slots.size):
        i, d = uint64(slots[k]), hubs[k]
        o, home = people.hub[i], people.home[i]
        border, remote = country[o] != country[d], people.employer_hub[i] != o
        record(delta, people, i, homes, -1)
        people.hub[i] = d
        people.target[i] = -1
        if border:
            if is_home[home, o]:
                people.abroad_since[i] = year
            people.arrival_year[i] = year
            people.route[i] = -1
            people.status[i] = CITIZEN
            if route[k] >= 0:
                take_permit(people, i, route[k], kind, permit_months, month)
            crossings[TIER_OF[uint64(people.category[i])]] += 1
        if not remote or route[k] >= 0:
            left, taken = people.sector[i], new_sector(i, d, people.category[i], hiring)
            people.sector[i], people.employer_hub[i] = taken, d
            hires[left, taken] += 1
        record(delta, people, i, homes, 1)
        flow[o, d] += 1
        if teams.leader[uint64(people.team[i])] == i:
            teams.moved[uint64(people.team[i])] = year


@njit(cache=True, nogil=True)
def count_tied(slots, hubs, colleagues, hub, hubs_with_contacts):
    """Movers to ``hubs`` who have a former colleague there; all hubs where each has one are added to ``tied_hubs``.

    Parameters
    ----------
    colleagues : (mover,) bit sets of hubs; tied_hubs : (origin, hub) movers
    """
    tied = np.int64(0)
    for k in range(slots.size):
        o = uint64(hub[uint64(slots[k])])
        tied += np.int64(colleagues[k] >> uint64(hubs[k]) & uint64(1))
        for d in range(uint64(hubs_with_contacts.shape[1])):
            hubs_with_contacts[o, d] += np.int64(colleagues[k] >> d & uint64(1))
    return tied


@njit
def take_permit(people, i, route, kind, permit_months, month):
    """Give an engineer the status that a granted route brings."""
    people.status[i] = PERMANENT if kind[route] == 2 else OPT if kind[route] == 3 else TEMPORARY
    people.route[i] = route
    people.expiry_month[i] = month + permit_months[route]


@njit(cache=True, nogil=True)
def change_status(slots, route, month, people, homes, kind, permit_months, delta):
    """Give engineers who stay where they are the status that their granted routes bring."""
    for k in range(slots.size):
        i = uint64(slots[k])
        record(delta, people, i, homes, -1)
        take_permit(people, i, route[k], kind, permit_months, month)
        record(delta, people, i, homes, 1)
