"""Decision rounds and moves: who considers this month, what they choose, and the one place that changes residence."""

import threading

import numpy as np

from ..threads import over_range
from ..world.engineers import CITIZEN, OPT, PERMANENT, TEMPORARY
from . import rng
from .kernels import BATCH, FREELY, MOST_TIES, draw_choices, exponents, tied_hubs, uniforms
from .routes import KINDS

MONTHS = 12
_rooms = threading.local()


def choose(arm, slots, question, when, mode=FREELY, barred=None):
    """(slot,) hub chosen and whether it takes a permit, under the tables now in force (E1 to E3)."""
    u = uniforms(rng.key(arm.seed, question, when), slots)
    barred = np.full(len(slots), -1, np.int64) if barred is None else barred
    chosen, needs = np.empty(len(slots), np.int64), np.empty(len(slots), np.bool_)
    living = arm.living()
    over_range(choose_hubs, len(slots), slots, u, arm.people, living, arm.ties, arm.person_keys, arm.tables, mode,
               barred, chosen, needs)
    return chosen, needs


def _room(hubs):
    """Arrays to work in, kept by each thread: new ones of this size cost more than what is done in them."""
    if getattr(_rooms, "hubs", None) != hubs:
        _rooms.hubs = hubs
        _rooms.arrays = (np.empty((BATCH, hubs)), np.empty((BATCH, hubs), np.bool_), np.empty((2, MOST_TIES), np.int32))
    return _rooms.arrays


def choose_hubs(first, last, who, u, people, living, ties, keys, t, mode, barred, chosen, needs_permit):
    """Where engineers ``who[first:last]`` choose to live, and whether that takes a permit (E1 to E3).

    ``living`` (slot,) is where ties live. ``mode`` FREELY is any choice, LEAVING one abroad that needs no permit,
    RETURNING one in the home country. ``barred[k]`` is a country whose permits ``who[k]`` cannot get (-1 for none). The
    exponentials between the two compiled halves are numpy's, which work on vectors; compiled ones would take five
    times as long.
    """
    room, needs, tied = _room(len(t.country))
    for begin in range(first, last, BATCH):
        part = slice(begin, min(begin + BATCH, last))
        v = room[: part.stop - begin]
        friends, colleagues = tied_hubs(who[part], living, ties, keys[0], t.colleague_share, tied)
        exponents(who[part], people, friends, colleagues, keys[1], t, mode, barred[part], v, needs)
        draw_choices(who[part], u[part], people, t, np.exp(v, out=v), needs, chosen[part], needs_permit[part])


def decide(arm, month):
    """The month's decision round: who is free to go goes, who needs a permit applies."""
    slots = arm.considering[month % MONTHS]
    slots = slots[(arm.people.hub[slots] >= 0) & (arm.people.target[slots] < 0)]
    chosen, needs = choose(arm, slots, "destination", month // MONTHS)
    going = chosen != arm.people.hub[slots]
    free = going & ~needs
    move(arm, slots[free], chosen[free], month)
    arm.offices.receive(slots[going & needs], chosen[going & needs], month)


def move(arm, slots, hub, month, route=None):
    """Move engineers to ``hub``: residence, status and permit; the only lines that change where anybody lives.

    Parameters
    ----------
    slots, hub : (mover,); route : (mover,) the permit granted, or None for people who need none
    """
    if not len(slots):
        return
    people, setting, year = arm.people, arm.world.setting, month // MONTHS
    before = arm.cells(slots)
    origin = people.hub[slots]
    border = setting.country[origin] != setting.country[hub]
    home = people.home[slots]
    leaves_home = border & (setting.home_share[home, origin] > 0)
    people.abroad_since[slots[leaves_home]] = year
    people.hub[slots] = people.employer_hub[slots] = hub
    people.target[slots] = -1

    crossing = slots[border]
    people.arrival_year[crossing] = year
    people.route[crossing] = -1
    people.status[crossing] = CITIZEN
    if route is not None:
        grant(arm, crossing, route[border], month)
    arm.books.moved(before, arm.cells(slots), border)


def grant(arm, slots, route, month):
    """Give engineers the status that a granted route brings."""
    kind = arm.routes.kind[route]
    status = np.full(len(slots), TEMPORARY)
    status[kind == KINDS.index("permanent")] = PERMANENT
    status[kind == KINDS.index("study")] = OPT
    years = np.minimum(arm.rules["route_years"][route], 99)
    arm.people.status[slots] = status
    arm.people.route[slots] = route
    arm.people.expiry_month[slots] = month + np.rint(MONTHS * years).astype(np.int64)
