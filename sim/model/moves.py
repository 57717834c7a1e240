"""Decision rounds and moves: who considers this month, what they choose, and the one place that changes residence."""

import numpy as np

from sim.model import rng
from sim.model.kernels.choice import FREELY, choose_hubs, choose_next, hubs_with_contacts, uniforms
from sim.model.kernels.moves import by_need, change_status, count_tied, free_to_decide, relocate
from sim.threads import over_range

# attributes of a simulation that the steps of this module change
WRITES = ("people", "teams", "accounts", "visas", "choices")
MONTHS = 12


def choose(sim, slots, question, when, mode=FREELY, barred=None):
    """(slot,) hub chosen and whether it takes a permit, under the tables now in force (E1 to E3)."""
    u = uniforms(rng.key(sim.seed, question, when), slots)
    barred = np.full(len(slots), -1, np.int64) if barred is None else barred
    chosen, needs = np.empty(len(slots), np.int64), np.empty(len(slots), np.bool_)
    residence_of_contacts = sim.residence_of_contacts()
    over_range(
        choose_hubs,
        len(slots),
        slots,
        u,
        sim.people,
        residence_of_contacts,
        sim.ties,
        sim.person_keys,
        sim.tables,
        mode,
        barred,
        chosen,
        needs,
    )
    return chosen, needs


def choose_with_offers(sim, slots, question, when, barred, offer, leaving=False):
    """(slot,) hub chosen and whether it takes a permit, by the refused, some with a job offered in ``offer`` (E5)."""
    u = uniforms(rng.key(sim.seed, question, when), slots)
    chosen, needs = np.empty(len(slots), np.int64), np.empty(len(slots), np.bool_)
    over_range(
        choose_next,
        len(slots),
        slots,
        u,
        sim.people,
        sim.residence_of_contacts(),
        sim.ties,
        sim.person_keys,
        sim.tables,
        barred,
        offer,
        sim.a.offer_bonus,
        leaving,
        chosen,
        needs,
    )
    return chosen, needs


def decide(sim, month):
    """The month's decision round: who is free to go goes, who needs a permit applies."""
    # who has left, or has a petition pending, decides nothing
    slots = free_to_decide(sim.searchers[month % MONTHS], sim.people.hub, sim.people.target)
    act_on(sim, month, slots, *choose(sim, slots, "destination", month // MONTHS))


def act_on(sim, month, slots, chosen, needs):
    """Let those who chose another hub go there, or apply for a permit if they need one."""
    movers, hubs, applicants, wanted = by_need(slots, chosen, needs, sim.people.hub)
    move(sim, movers, hubs, month)
    sim.visas.receive(applicants, wanted, month)


def move(sim, slots, hubs, month, route=None):
    """Move engineers to ``hubs``: residence, status and permit; nothing else changes where anybody lives.

    Parameters
    ----------
    slots, hubs : (mover,); route : (mover,) the permit granted, or None for people who need none
    """
    route = np.full(len(slots), -1) if route is None else route
    accounts = sim.accounts
    if sim.trajectory is not None:
        sim.trajectory.note(sim.people, slots, hubs)
    # count movers who know a former colleague where they go, before anybody has moved
    colleagues, _ = hubs_with_contacts(
        slots, sim.people, sim.people.hub, sim.ties, sim.person_keys, sim.colleague_share
    )
    accounts.tied_moves += count_tied(slots, hubs, colleagues, sim.people.hub, accounts.hubs_with_contacts)
    relocate(
        slots,
        hubs,
        route,
        month,
        sim.people,
        sim.world.setting.country,
        sim.tables.is_home,
        sim.routes.kind,
        sim.visas.permit_months,
        sim.hiring,
        sim.teams,
        accounts.delta,
        accounts.flow,
        accounts.crossings,
        accounts.hires,
    )


def grant(sim, slots, route, month):
    """Give engineers who stay where they are the status that a granted route brings."""
    change_status(
        slots,
        route,
        month,
        sim.people,
        len(sim.world.setting.homes),
        sim.routes.kind,
        sim.visas.permit_months,
        sim.accounts.delta,
    )
