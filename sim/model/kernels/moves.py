"""Moves and grants of permits, compiled: change the listed engineers and record the change in the accounts.

``moves``, ``visas`` and ``routes`` call these functions and define what each change means.
"""

import numpy as np
from numba import njit, uint64

from sim.compiled import step
from sim.model.kernels.accounts import no_delta, record
from sim.model.kernels.choice import BATCH, find_ties, new_sector, prefetch, workspace_for
from sim.world.engineers import CITIZEN, OPT, PERMANENT, TEMPORARY, TIER_OF


@njit(cache=True, nogil=True, no_cfunc_wrapper=True)
def free_to_decide(slots, hub, target):
    """Return those of ``slots`` that are resident somewhere and have no petition pending."""
    kept, n = np.empty(slots.size, np.int64), 0
    for k in range(slots.size):
        i = uint64(slots[k])
        kept[n] = slots[k]
        n += hub[i] >= 0 and target[i] < 0
    return kept[:n]


@njit(cache=True, nogil=True, no_cfunc_wrapper=True)
def entrants_delta(slots, people, hubs, homes):
    """Return the ledger change (cell + 1,) for newly added engineers."""
    delta = no_delta(hubs, homes)
    for k in range(slots.size):
        record(delta, people, uint64(slots[k]), homes, np.int64(1))
    return delta


@step
def fetch(who, people, teams) -> None:
    """Ask the memory for what :func:`relocate` reads and writes of the engineers in slots ``who``."""
    for k in range(who.size):
        i = uint64(who[k])
        prefetch(people.hub, i)
        prefetch(people.home, i)
        prefetch(people.category, i)
        prefetch(people.sector, i)
        prefetch(people.employer_hub, i)
        prefetch(people.status, i)
        prefetch(people.team, i)
        prefetch(people.target, i)
        prefetch(people.route, i)
        prefetch(people.arrival_year, i)
    for k in range(who.size):
        prefetch(teams.leader, uint64(people.team[uint64(who[k])]))


@njit(cache=True, nogil=True, _nrt=False, no_cfunc_wrapper=True)
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
) -> None:
    """Move engineers to ``hubs``: residence, status, permit, job and the year's accounts.

    Remote workers who need no permit keep their job; everybody else takes one in the new hub.

    Parameters
    ----------
    route : (mover,) the permit granted, -1 for people who need none
    is_home : (home, hub) bool; kind, permit_months : (route,); hiring : Hiring; teams : Teams
    month : month of the move, counted from year 0
    delta : (cell + 1,), flow : (origin, destination), crossings : (tier,), hires : (sector, sector); of the accounts,
        added to in place
    """
    homes, year = is_home.shape[0], month // 12
    for k in range(slots.size):
        if k % BATCH == 0:
            fetch(slots[k : k + BATCH], people, teams)
        i, d = uint64(slots[k]), hubs[k]
        o, home = people.hub[i], people.home[i]
        border, remote = country[o] != country[d], people.employer_hub[i] != o
        # change residence between two entries of the ledger: out of the old cell, at the end into the new one
        record(delta, people, i, homes, np.int64(-1))
        people.hub[i] = d
        people.target[i] = -1
        # across a border: arrival and absence start anew, and the old status gives way to the new permit
        if border:
            if is_home[home, o]:
                people.abroad_since[i] = year
            people.arrival_year[i] = year
            people.route[i] = -1
            people.status[i] = CITIZEN
            if route[k] >= 0:
                take_permit(people, i, route[k], kind, permit_months, month)
            crossings[TIER_OF[uint64(people.category[i])]] += 1
        # a permit is tied to a local employer, so remote workers keep their job only without one
        if not remote or route[k] >= 0:
            left, taken = people.sector[i], new_sector(i, d, people.category[i], hiring)
            people.sector[i], people.employer_hub[i] = taken, d
            hires[left, taken] += 1
        record(delta, people, i, homes, np.int64(1))
        # record the flow; a leader's move counts for their team in the next year (E12)
        flow[o, d] += 1
        if teams.leader[uint64(people.team[i])] == i:
            teams.moved[uint64(people.team[i])] = year


@njit(cache=True, nogil=True, no_cfunc_wrapper=True)
def count_tied(slots, hubs, people, ties, keys, colleague_share, hubs_with_contacts):
    """Count the movers to ``hubs`` who have a former colleague there, before anybody has moved.

    Parameters
    ----------
    slots, hubs : (mover,); ties, keys : see ``choice.choose_hubs``; colleague_share : share of colleague ties in use
    hubs_with_contacts : (origin, hub) movers from the origin with a former colleague in the hub; added to in place

    Returns
    -------
    int, movers
    """
    tied, space = np.int64(0), workspace_for(min(BATCH, slots.size), np.int64(1))
    for begin in range(0, slots.size, BATCH):
        part = slots[begin : min(begin + BATCH, slots.size)]
        for k in range(part.size):
            space.column[0, k] = people.hub[uint64(part[k])]
        find_ties(part, ties, people.hub, keys[0], colleague_share, space)
        for k in range(part.size):
            tied += count_contacts(space.column[0, k], hubs[begin + k], space.colleagues[k], hubs_with_contacts)
    return tied


@step
def count_contacts(o, d, colleagues, hubs_with_contacts):
    """Count the hubs of the former ``colleagues``, a bit set, of one mover; return whether ``d`` is one of them."""
    for hub in range(uint64(hubs_with_contacts.shape[1])):
        hubs_with_contacts[uint64(o), hub] += np.int64(colleagues >> hub & uint64(1))
    return np.int64(colleagues >> uint64(d) & uint64(1))


@step
def take_permit(people, i, route, kind, permit_months, month) -> None:
    """Give the engineer in slot ``i`` the status and the expiry month of the granted route."""
    # kinds: 2 permanent residence, 3 study with work after it, others temporary work; see routes.KINDS
    people.status[i] = PERMANENT if kind[route] == 2 else OPT if kind[route] == 3 else TEMPORARY
    people.route[i] = route
    people.expiry_month[i] = month + permit_months[route]


@njit(cache=True, nogil=True, _nrt=False, no_cfunc_wrapper=True)
def change_status(slots, route, month, people, homes, kind, permit_months, delta) -> None:
    """Give engineers who stay in their hub the status of their granted routes, ``route`` (engineer,)."""
    for k in range(slots.size):
        i = uint64(slots[k])
        record(delta, people, i, homes, np.int64(-1))
        take_permit(people, i, route[k], kind, permit_months, month)
        record(delta, people, i, homes, np.int64(1))
