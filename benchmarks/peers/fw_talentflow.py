"""RM1 in talentflow's own engine: columns, ties, tables, draws and compiled passes, with what RM1 lacks off.

Switched off: permits, reliefs and closed doors (every table of theirs is zero), nests (one nest), entrants, careers and
exits, and the calendar: who considers in any month chooses on last year's state, as RM1 has it. RM1 asks which *share*
of the ties lives in a hub where E2 asks whether any does: the choice is composed of the engine's own stages with one
of RM1's between them.
"""

import numpy as np
from numba import njit, uint64

from sim.model import passes, rng
from sim.model.acts import relocate
from sim.model.kernels import (
    BATCH,
    FREELY,
    Tables,
    draw_nested,
    exponentials,
    find_ties,
    gather,
    room_for,
    uniforms,
    utilities,
)
from sim.model.ledger import Books
from sim.threads import over_range
from sim.world.engineers import CATEGORIES, STATUSES, category, empty
from sim.world.ties import Ties

from . import harness, rm1
from .rm1 import HUBS, MOVE_COST, P_SEARCH, C, H

NOBODY = np.full(BATCH, -1)  # a country whose permits somebody cannot get
NO_PERMITS = np.zeros(1, np.int64)


def people_of(world):
    """RM1's engineers in the engine's columns."""
    people = empty(world.n)
    people.hub[:], people.home[:] = world.hub, world.home
    people.category[:] = category(0, world.tier, 0, 1)
    return people


def tables(world, headcount):
    """The engine's tables of a decision round: RM1's terms, and zero for what it lacks."""
    tier = np.arange(CATEGORIES // 2) // 15
    single = lambda x: np.ascontiguousarray(x, np.float32)  # noqa: E731
    nothing, nowhere = np.zeros((1, CATEGORIES // 2, H), np.float32), np.zeros(H, np.int64)
    return Tables(
        pull=single(np.moveaxis(rm1.base_utility(world.compute, headcount)[tier], 0, 1)),
        trip=single(np.broadcast_to(MOVE_COST * (1 - np.eye(H)), (rm1.T, H, H))),
        permit=np.zeros((1, C, 15, H), np.float32), group_of=np.zeros((C, len(STATUSES)), np.int64),
        free=np.ones((C, H, H), np.float32),
        newcomer_left=nothing, returnee_left=nothing, returning=nothing[0],
        newcomer_years=nowhere, returnee_years=nowhere, returnee_abroad=np.zeros(H, np.int32),
        nest=np.zeros((C, H, H), np.int8), sharpness=np.ones((C, H, H), np.float32),
        dissimilarity=np.ones(4, np.float32),
        country=HUBS.country, is_home=HUBS.country == np.arange(C)[:, None],
        closed=np.zeros((C, H), bool), any_closed=False,
        b_friend=np.float32(0), log_colleague=np.float32(0), colleague_share=0.0, year=0,
    )  # fmt: skip


@njit
def add_shares(who, ties, b_peer, room):
    """Add RM1's pull of the share of ties that live in a hub; the room holds where they do, engineer by engineer."""
    q = uint64(0)
    for k in range(who.size):
        degree = uint64(ties.start[uint64(who[k]) + uint64(1)] - ties.start[uint64(who[k])])
        each = np.float32(b_peer / max(degree, uint64(1)))
        for _ in range(degree):
            room.v[k, uint64(room.lives[q])] += each
            q += uint64(1)


@njit(cache=True, nogil=True)
def choose(first, last, who, u, people, ties, keys, t, nobody, b_peer, chosen):
    """Fill ``chosen[first:last]``: ``kernels.choose_hubs`` with RM1's peers in place of E2's ties."""
    room = room_for(min(BATCH, last - first), t.country.size)
    for begin in range(first, last, BATCH):
        part = who[begin : min(begin + BATCH, last)]
        gather(part, people, room)
        find_ties(part, ties, people.hub, keys[0], t.colleague_share, room)
        utilities(part, keys, t, FREELY, nobody, room)
        add_shares(part, ties, b_peer, room)
        exponentials(room.v[: part.size].reshape(-1), room.bits, room.scale)  # of at most b_peer, which they bear
        for k in range(part.size):
            o, g = uint64(room.column[0, k]), uint64(room.column[1, k])
            chosen[begin + k] = draw_nested(
                room.v[k], t.nest[g, o], t.dissimilarity, u[begin + k], room.worth[0], room.worth[1]
            )


class Model:
    """RM1 as the engine runs it."""

    def __init__(self, world, seed):
        self.world, self.seed, self.year = world, seed, 0
        self.people, self.ties = people_of(world), Ties(world.indptr, ~world.indices)  # friends
        self.rates = np.full((CATEGORIES // 3, len(STATUSES), 1), P_SEARCH)
        self.keys = np.array([rng.key(seed, question) for question in ("tie counts", "nationality")])
        self.headcount = np.bincount(world.hub, minlength=H)
        self.shares, self.flows = [], []

    def step(self):
        """One year."""
        key = lambda question: rng.key(self.seed, question, self.year)  # noqa: E731
        parts = over_range(passes.consider, self.world.n, key("month"), key("consider"), self.people, self.rates,
                           P_SEARCH, self.year)  # fmt: skip
        who = np.concatenate([slots for slots, _ in parts])
        chosen = np.empty(len(who), np.int64)
        over_range(choose, len(who), who, uniforms(key("destination"), who), self.people, self.ties, self.keys,
                   tables(self.world, self.headcount), NOBODY, rm1.B_PEER, chosen)  # fmt: skip
        flow = sum(over_range(self._move, len(who), who, chosen))
        flow[np.diag_indices(H)] += self.headcount - flow.sum(axis=1)
        self.headcount = flow.sum(axis=0)
        self.flows.append(flow)
        self.shares.append(self.headcount / self.world.n)
        self.year += 1

    def _move(self, first, last, who, chosen):
        """Move a part of the searchers; (origin, destination) flow. Each part keeps books of its own."""
        books, part = Books(H, C), slice(first, last)
        relocate(who[part], chosen[part], np.full(last - first, -1), 12 * self.year, self.people, HUBS.country,
                 IS_HOME, NO_PERMITS, NO_PERMITS, books.change, books.flow, books.crossings)  # fmt: skip
        return books.flow


IS_HOME = HUBS.country == np.arange(C)[:, None]


def build(world, seed, variant):
    """The model, ready to run."""
    return Model(world, seed)


def warmup(variant):
    """Compile."""
    Model(rm1.make_world(200), 0).step()


if __name__ == "__main__":
    harness.run("talentflow", build, warmup=warmup)
