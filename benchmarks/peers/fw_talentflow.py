"""RM1 in talentflow's own engine: columns, ties, tables, draws and compiled passes, with what RM1 lacks off.

Switched off: permits, reliefs and closed doors (every table of theirs is zero), nests (dissimilarity 1), entrants,
careers and exits, and the calendar: who considers in any month chooses on last year's state, as RM1 has it. RM1 asks
which *share* of the ties lives in a hub where E2 asks whether any does: the choice is composed of the engine's own
stages, with one of RM1's between them.
"""

import numpy as np
from numba import njit, uint64

from benchmarks.peers import harness, rm1
from benchmarks.peers.rm1 import HUBS, MOVE_COST, P_SEARCH, C, H
from sim.model import rng
from sim.model.accounting import Accounts
from sim.model.equations import STAY, THIRD
from sim.model.kernels import events
from sim.model.kernels.choice import (
    BATCH,
    FREELY,
    Hiring,
    Teams,
    draw_nested,
    exponentials,
    find_ties,
    gather,
    neutral_tables,
    uniforms,
    utilities,
    workspace_for,
)
from sim.model.kernels.moves import relocate
from sim.parallel import over_range
from sim.world.categories import ROLES, SECTORS, STATUSES
from sim.world.engineers import CATEGORIES, TIER_OF, category, empty
from sim.world.ties import Ties

NOBODY = np.full(BATCH, -1)  # a country whose permits somebody cannot get
NO_PERMITS = np.zeros(1, np.int64)
IS_HOME = HUBS.country == np.arange(C)[:, None]  # (home, hub)


# RM1 has no jobs and no teams: everybody works in one sector where he lives, and nobody leads
ONE_JOB = Hiring(
    np.ones((CATEGORIES // 2, H, len(SECTORS)), np.float32),
    np.zeros((len(ROLES), len(SECTORS)), np.float32),
    np.ones((H, H), np.float32),
    np.arange(3, dtype=np.uint64),
)
NO_TEAMS = Teams(np.full(1, -1, np.int32), np.zeros(1, np.int16))


def people_of(world):
    """RM1's engineers in the engine's columns."""
    people = empty(world.n)
    people.hub[:], people.home[:] = world.hub, world.home
    people.employer_hub[:] = world.hub
    people.category[:] = category(0, world.tier, 0, 1)
    return people


def tables():
    """The engine's tables of a decision round without their pulls: one cost of moving, and zero for what RM1 lacks."""
    stays = np.eye(H, dtype=bool)
    nest = np.tile(np.where(stays, STAY, THIRD).astype(np.int8), (C, 1, 1))
    trip = np.tile(np.where(stays, 0, MOVE_COST).astype(np.float32), (rm1.T, 1, 1))
    return neutral_tables(HUBS.country, IS_HOME, nest)._replace(trip=trip)


def pulls(world, headcount):
    """(home, category % 45, hub) RM1's pay, compute, amenity and visa cost."""
    tier = TIER_OF[: CATEGORIES // 2]
    return np.ascontiguousarray(np.moveaxis(rm1.base_utility(world.compute, headcount)[tier], 0, 1), np.float32)


@njit
def add_shares(who, b_peer, room):
    """Add RM1's pull of the share of ties that live in a hub; the room holds where they do, engineer by engineer."""
    q = uint64(0)
    for k in range(who.size):
        degree = uint64(room.end[k] - room.begin[k])
        each = np.float32(b_peer / max(degree, uint64(1)))
        for _ in range(degree):
            room.v[k, uint64(room.lives[q])] += each
            q += uint64(1)


@njit(cache=True, nogil=True)
def choose(first, last, who, u, people, ties, keys, t, nobody, b_peer, chosen):
    """Fill ``chosen[first:last]``: ``kernels.choice.choose_hubs`` with RM1's peers in place of E2's ties."""
    room = workspace_for(min(BATCH, last - first), t.country.size)
    for begin in range(first, last, BATCH):
        part = who[begin : min(begin + BATCH, last)]
        gather(part, people, room)
        find_ties(part, ties, people.hub, keys[0], t.colleague_share, room)
        utilities(part, keys, t, FREELY, nobody, nobody, room)
        add_shares(part, b_peer, room)
        exponentials(room.v[: part.size].reshape(-1), room.bits, room.scale)  # of at most b_peer, which they bear
        for k in range(part.size):
            o, g = uint64(room.column[0, k]), uint64(room.column[1, k])
            chosen[begin + k] = draw_nested(
                o, room.v[k], t.nest[g, o], t.dissimilarity, u[begin + k], room.sums, room.worth
            )


class Model:
    """RM1 as the engine runs it."""

    def __init__(self, world, seed):
        self.world, self.seed, self.year = world, seed, 0
        self.people, self.ties = people_of(world), Ties(world.indptr, ~world.indices)  # friends
        self.rates = np.full((CATEGORIES // 3, len(STATUSES), 1), P_SEARCH)
        self.keys = np.array([rng.key(seed, question) for question in ("tie counts", "nationality", "family")])
        self.headcount, self.tables = np.bincount(world.hub, minlength=H), tables()
        self.shares, self.flows = [], []

    def step(self):
        """One year."""
        key = lambda question: rng.key(self.seed, question, self.year)  # noqa: E731
        parts = over_range(
            events.find_searchers,
            self.world.n,
            key("month"),
            key("consider"),
            self.people,
            self.rates,
            P_SEARCH,
            1.0,
            NO_TEAMS,
            1.0,
            self.year,
        )
        who = np.concatenate([slots for slots, _ in parts])
        chosen = np.empty(len(who), np.int64)
        tables = self.tables._replace(pull=pulls(self.world, self.headcount))
        over_range(
            choose,
            len(who),
            who,
            uniforms(key("destination"), who),
            self.people,
            self.ties,
            self.keys,
            tables,
            NOBODY,
            rm1.B_PEER,
            chosen,
        )
        flow = sum(over_range(self._move, len(who), who, chosen))
        flow[np.diag_indices(H)] += self.headcount - flow.sum(axis=1)
        self.headcount = flow.sum(axis=0)
        self.flows.append(flow)
        self.shares.append(self.headcount / self.world.n)
        self.year += 1

    def _move(self, first, last, who, chosen):
        """Move a part of the searchers; (origin, destination) flow. Each part keeps accounts of its own."""
        accounts, part = Accounts(H, C), slice(first, last)
        relocate(
            who[part],
            chosen[part],
            np.full(last - first, -1),
            12 * self.year,
            self.people,
            HUBS.country,
            IS_HOME,
            NO_PERMITS,
            NO_PERMITS,
            ONE_JOB,
            NO_TEAMS,
            accounts.delta,
            accounts.flow,
            accounts.crossings,
            accounts.hires,
        )
        return accounts.flow


def build(world, seed, variant):
    """The model, ready to run."""
    return Model(world, seed)


def warmup(variant):
    """Compile."""
    Model(rm1.make_world(200), 0).step()


if __name__ == "__main__":
    harness.run("talentflow", build, warmup=warmup)
