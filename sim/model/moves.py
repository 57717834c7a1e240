"""Decision rounds and moves: the month's searchers choose a hub, then move there or apply for a permit (E1 to E3).

``move`` changes the residence of everybody except the teams that are taken over, see ``teams.acquire_teams``.
"""

import numpy as np

from sim.model import rng
from sim.model.kernels import choice as kernels
from sim.model.kernels.choice import FREELY, choose_hubs, choose_next, uniforms
from sim.model.kernels.moves import change_status, count_tied, free_to_decide, relocate
from sim.parallel import over_range

# attributes of a simulation that the steps of this module change
WRITES = ("people", "teams", "accounts", "visas", "choices")
MONTHS = 12
FEW = 1024  # movers, or second choices, below which a second thread costs more than it saves


def choose(sim, slots, question, when, mode=FREELY, barred=None) -> tuple[np.ndarray, np.ndarray]:
    """Draw the hub that each engineer chooses under the rules now in force (E1 to E3).

    Parameters
    ----------
    slots : (engineer,) int64
    question, when : str and int, the key of the draw: equal keys give equal uniforms under every policy
    mode : FREELY or LEAVING, see ``kernels.choice.choose_hubs``
    barred : (engineer,) country whose permits the engineer cannot get, -1 for none; None for nobody

    Returns
    -------
    (engineer,) hub chosen, and (engineer,) bool, whether it takes a permit
    """
    chosen, needs = np.empty(len(slots), np.int64), np.empty(len(slots), np.bool_)
    # residence of contacts as engineers observe it: a frozen network replays another simulation
    residence_of_contacts = sim.residence_of_contacts()
    if not len(slots):
        return chosen, needs
    u = uniforms(rng.key(sim.seed, question, when), slots)
    barred = np.full(len(slots), -1, np.int64) if barred is None else barred
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
        sim.visas.held_by(slots),
        chosen,
        needs,
        np.empty(len(slots), np.int64),
    )
    return chosen, needs


def choose_with_offers(sim, slots, question, when, barred, offer, leaving=False) -> tuple[np.ndarray, np.ndarray]:
    """Draw the second choice of refused applicants, some of whom have a job offer abroad (E3, E5).

    Parameters
    ----------
    slots : (engineer,) int64; question, when : the key of the draw
    barred : (engineer,) country that has refused the engineer
    offer : (engineer,) hub of the job offer, -1 for none
    leaving : bool, whether the engineers must leave their country of residence

    Returns
    -------
    (engineer,) hub chosen, and (engineer,) bool, whether it takes a permit
    """
    chosen, needs = np.empty(len(slots), np.int64), np.empty(len(slots), np.bool_)
    residence_of_contacts = sim.residence_of_contacts()
    if not len(slots):
        return chosen, needs
    u = uniforms(rng.key(sim.seed, question, when), slots)
    over_range(
        choose_next,
        len(slots),
        slots,
        u,
        sim.people,
        residence_of_contacts,
        sim.ties,
        sim.person_keys,
        sim.tables,
        barred,
        sim.visas.held_by(slots),
        offer,
        sim.a.offer_bonus,
        leaving,
        chosen,
        needs,
        np.empty(len(slots), np.int64),
        least=FEW,
    )
    return chosen, needs


def choose_to_hold(sim, slots, route, month) -> tuple[np.ndarray, np.ndarray]:
    """Return whether each engineer takes the permit of a route to hold it, and the hub to which they move with it.

    Returns
    -------
    (engineer,) bool; (engineer,) hub, -1 for people who stay for now
    """
    u = uniforms(rng.key(sim.seed, "open permit", month), slots)
    takes, hub = np.empty(len(slots), np.bool_), np.empty(len(slots), np.int64)
    over_range(
        kernels.choose_to_hold,
        len(slots),
        slots,
        u,
        sim.people,
        sim.residence_at_last_round(),
        sim.ties,
        sim.person_keys,
        sim.tables,
        np.full(len(slots), route),
        sim.a.open_permit_delta,
        takes,
        hub,
    )
    return takes, hub


def decide(sim, month) -> None:
    """Run the decision round of a month: its searchers choose, and move at once or apply for a permit."""
    # searchers who have left the occupation meanwhile, or have a petition pending, do not choose
    slots = free_to_decide(sim.searchers[month % MONTHS], sim.people.hub, sim.people.target)
    act_on(sim, month, slots, *choose(sim, slots, "destination", month // MONTHS))


def act_on(sim, month, slots, chosen, needs) -> None:
    """Move the engineers who chose another hub and need no permit; file applications for those who need one."""
    # people who need no permit move at once, the others file an application
    going = chosen != sim.people.hub[slots]
    free, bound = going & ~needs, going & needs
    move(sim, slots[free], chosen[free], month, sim.visas.use(slots[free], chosen[free]))
    sim.visas.receive(slots[bound], chosen[bound], month)


def move(sim, slots, hubs, month, route=None) -> None:
    """Move engineers to other hubs: change residence, status, permit and job, and record the moves.

    Parameters
    ----------
    slots, hubs : (mover,) engineer and destination
    month : counted from year 0
    route : (mover,) route of the permit granted, -1 for none; None if nobody needs one
    """
    if not len(slots):
        return
    route = np.full(len(slots), -1) if route is None else route
    accounts = sim.accounts
    if sim.trajectory is not None:
        # record residence and attributes before the move
        sim.trajectory.note(sim.people, slots, hubs)
    # count movers who know a former colleague where they go, before anybody has moved; then change people and teams
    changing = accounts.delta, accounts.flow, accounts.crossings, accounts.hires
    terms = relocate_terms(sim)[: -len(changing)]

    def count(first, last) -> tuple:
        """Count in a part of the movers, for a thread of its own."""
        contacts = np.zeros_like(accounts.hubs_with_contacts)
        who, ties = slots[first:last], (sim.ties, sim.person_keys, sim.colleague_share)
        return count_tied(who, hubs[first:last], sim.people, *ties, contacts), contacts

    def change(first, last) -> list:
        """Move a part of the movers, and return what is to be added to the accounts."""
        added = [np.zeros_like(account) for account in changing]
        relocate(slots[first:last], hubs[first:last], route[first:last], month, sim.people, *terms, *added)
        return added

    for tied, contacts in over_range(count, len(slots), least=FEW):
        accounts.tied_moves += tied
        accounts.hubs_with_contacts += contacts
    for added in over_range(change, len(slots), least=FEW):
        for account, more in zip(changing, added, strict=True):
            account += more


def relocate_terms(sim) -> tuple:
    """Return the arguments of ``kernels.moves.relocate`` from ``country`` on: what it reads, and what it adds to."""
    accounts = sim.accounts
    return (
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


def grant(sim, slots, route, month) -> None:
    """Give engineers who stay in their hub the status of their granted routes, ``route`` (engineer,)."""
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
