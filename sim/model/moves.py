"""Decision rounds and moves: who considers this month, what they choose, and the one place that changes residence."""

import numpy as np

from sim.model import rng
from sim.model.kernels.choice import FREELY, choose_hubs, choose_next, tied_hubs, uniforms
from sim.model.kernels.moves import by_need, change_status, count_tied, free_to_decide, relocate
from sim.threads import over_range

MONTHS = 12


def choose(arm, slots, question, when, mode=FREELY, barred=None):
    """(slot,) hub chosen and whether it takes a permit, under the tables now in force (E1 to E3)."""
    u = uniforms(rng.key(arm.seed, question, when), slots)
    barred = np.full(len(slots), -1, np.int64) if barred is None else barred
    chosen, needs = np.empty(len(slots), np.int64), np.empty(len(slots), np.bool_)
    living = arm.living()
    over_range(
        choose_hubs,
        len(slots),
        slots,
        u,
        arm.people,
        living,
        arm.ties,
        arm.person_keys,
        arm.tables,
        mode,
        barred,
        chosen,
        needs,
    )
    return chosen, needs


def choose_with_offers(arm, slots, question, when, barred, offer, leaving=False):
    """(slot,) hub chosen and whether it takes a permit, by the refused, some with a job offered in ``offer`` (E5)."""
    u = uniforms(rng.key(arm.seed, question, when), slots)
    chosen, needs = np.empty(len(slots), np.int64), np.empty(len(slots), np.bool_)
    over_range(
        choose_next,
        len(slots),
        slots,
        u,
        arm.people,
        arm.living(),
        arm.ties,
        arm.person_keys,
        arm.tables,
        barred,
        offer,
        arm.a.offer_bonus,
        arm.a.offer_second > 0,
        leaving,
        chosen,
        needs,
    )
    return chosen, needs


def decide(arm, month):
    """The month's decision round: who is free to go goes, who needs a permit applies."""
    slots = free_to_decide(arm.considering[month % MONTHS], arm.people.hub, arm.people.target)
    act_on(arm, month, slots, *choose(arm, slots, "destination", month // MONTHS))


def act_on(arm, month, slots, chosen, needs):
    """Let those who chose another hub go there, or apply for a permit if they need one."""
    movers, hubs, applicants, wanted = by_need(slots, chosen, needs, arm.people.hub)
    move(arm, movers, hubs, month)
    arm.offices.receive(applicants, wanted, month)


def move(arm, slots, hubs, month, route=None):
    """Move engineers to ``hubs``: residence, status and permit; nothing else changes where anybody lives.

    Parameters
    ----------
    slots, hubs : (mover,); route : (mover,) the permit granted, or None for people who need none
    """
    route = np.full(len(slots), -1) if route is None else route
    books = arm.books
    colleagues, _ = tied_hubs(slots, arm.people, arm.people.hub, arm.ties, arm.person_keys, arm.colleague_share)
    books.tied_moves += count_tied(slots, hubs, colleagues, arm.people.hub, books.tied_hubs)
    relocate(
        slots,
        hubs,
        route,
        month,
        arm.people,
        arm.world.setting.country,
        arm.tables.is_home,
        arm.routes.kind,
        arm.offices.permit_months,
        arm.hiring,
        arm.teams,
        books.change,
        books.flow,
        books.crossings,
        books.hires,
    )


def grant(arm, slots, route, month):
    """Give engineers who stay where they are the status that a granted route brings."""
    change_status(
        slots,
        route,
        month,
        arm.people,
        len(arm.world.setting.homes),
        arm.routes.kind,
        arm.offices.permit_months,
        arm.books.change,
    )
