"""RM1 in talentflow's own engine: columns, ties, tables, draws and compiled passes, with what RM1 lacks off.

Switched off: permits, reliefs and closed doors (every table of theirs is zero), nests (dissimilarity 1), entrants,
careers and exits, and the calendar: who considers in any month chooses on last year's state, as RM1 has it. RM1 asks
which *share* of the ties lives in a hub where E2 asks whether any does: the choice is composed of the engine's own
stages, with one of RM1's between them. RM1 has one rate of search and no months, so searchers are drawn as the engine
draws its other hazards, by ``draws_below``. A year is one compiled call that passes its stages over ``SLOTS`` slots at
a time, so that their columns stay in the cache from one stage to the next; a thread takes at least as many.
"""

import numpy as np
from numba import njit, uint64

from benchmarks.peers import harness, rm1
from benchmarks.peers.rm1 import HUBS, MOVE_COST, P_SEARCH, C, H
from sim.compiled import step
from sim.model import rng
from sim.model.equations import RESIDENCE, STAY
from sim.model.kernels.accounts import no_delta
from sim.model.kernels.choice import (
    BATCH,
    FREELY,
    Hiring,
    Teams,
    draw_nested,
    draws_below,
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
from sim.world.categories import ROLES, SECTORS
from sim.world.engineers import PROFILES, SECTOR_COUNT, TIER_COUNT, TIER_OF, category, empty
from sim.world.ties import Ties

SLOTS = 1 << 14  # worked on at once
NOBODY = np.full(BATCH, -1)  # a country whose permits somebody cannot get
NO_PERMITS = np.zeros(1, np.int64)
IS_HOME = HUBS.country == np.arange(C)[:, None]  # (home, hub)
COUNTRY = HUBS.country.astype(np.int64)


# RM1 has no jobs and no teams: all work in one sector where they live, and nobody leads
ONE_JOB = Hiring(
    np.ones((PROFILES, H, len(SECTORS)), np.float32),
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
    nest = np.tile(
        np.where(stays, STAY, RESIDENCE).astype(np.int8), (C, 1, 1)
    )  # one nest of all moves, no matter which
    trip = np.tile(np.where(stays, 0, MOVE_COST).astype(np.float32), (rm1.T, 1, 1))
    return neutral_tables(COUNTRY, IS_HOME, nest)._replace(trip=trip)


def pulls():
    """(home, profile, hub) RM1's pay, amenity and visa cost: all but the pull of compute, which changes by the year."""
    fixed = rm1.base_utility(np.zeros(H), np.ones(H))[TIER_OF[:PROFILES]]
    return np.ascontiguousarray(np.moveaxis(fixed, 0, 1), np.float32)


@step
def add_shares(who, b_peer, room):
    """Add RM1's pull of the share of ties that live in a hub; the room holds where they do, engineer by engineer."""
    q = uint64(0)
    for k in range(who.size):
        degree = uint64(room.end[k] - room.begin[k])
        each = np.float32(b_peer / max(degree, uint64(1)))
        for _ in range(degree):
            room.v[k, uint64(room.lives[q])] += each
            q += uint64(1)


@step
def choose(who, u, people, lived, ties, keys, t, nobody, b_peer, room, chosen):
    """Fill ``chosen``: ``kernels.choice.choose_hubs`` with RM1's peers in place of E2's ties."""
    for begin in range(0, who.size, BATCH):
        part = who[begin : min(begin + BATCH, who.size)]
        gather(part, people, room)
        find_ties(part, ties, lived, keys[0], t.colleague_share, room)
        for k in range(part.size):
            room.friends[k] = uint64(0)  # their pull is RM1's, below
        utilities(part, keys, t, FREELY, nobody, nobody, room)
        add_shares(part, b_peer, room)
        exponentials(room.v[: part.size].reshape(-1), room.bits, room.scale)  # of at most b_peer, which they bear
        for k in range(part.size):
            o, g = uint64(room.column[0, k]), uint64(room.column[1, k])
            chosen[begin + k] = draw_nested(
                o, room.v[k], t.nest[g, o], t.dissimilarity, u[begin + k], room.sums, room.worth
            )


@njit(cache=True, nogil=True, no_cfunc_wrapper=True)
def run_year(
    first, last, year, draws, people, lived, ties, keys, t, nobody, b_peer, hiring, teams, is_home, no_permits
):
    """Run a year of the engineers in the slots from ``first`` to ``last``, on the state that others ``lived`` in.

    Parameters
    ----------
    draws : (2,) uint64, keys of the search and of the destination
    lived : (slot,) residence of contacts at the start of the year

    Returns
    -------
    (origin, destination) movers
    """
    homes, hubs = is_home.shape
    room, delta, flow = workspace_for(BATCH, hubs), no_delta(hubs, homes), np.zeros((hubs, hubs), np.int64)
    crossings, hires = np.zeros(TIER_COUNT, np.int64), np.zeros((SECTOR_COUNT, SECTOR_COUNT), np.int64)
    u, slots, no_route = np.empty(SLOTS), np.empty(SLOTS, np.int64), np.full(SLOTS, -1)
    for begin in range(first, last, SLOTS):
        who = slots[: draws_below(P_SEARCH, draws[0], begin, min(begin + SLOTS, last), u, slots)]
        chosen, moving = np.empty(who.size, np.int64), 0
        choose(who, uniforms(draws[1], who), people, lived, ties, keys, t, nobody, b_peer, room, chosen)
        # keep those who choose another hub; they need no permit
        for k in range(who.size):
            who[moving], chosen[moving] = who[k], chosen[k]
            moving += chosen[k] != people.hub[uint64(who[k])]
        relocate(
            who[:moving],
            chosen[:moving],
            no_route[:moving],
            12 * year,
            people,
            t.country,
            is_home,
            no_permits,
            no_permits,
            hiring,
            teams,
            delta,
            flow,
            crossings,
            hires,
        )
    return flow


class Model:
    """RM1 as the engine runs it."""

    def __init__(self, world, seed):
        self.world, self.seed, self.year = world, seed, 0
        self.people, self.ties = people_of(world), Ties(world.indptr, ~world.indices)  # friends
        self.lived = np.empty_like(self.people.hub)
        self.keys = np.array([rng.key(seed, question) for question in ("tie counts", "nationality", "family")])
        self.headcount, self.tables, self.pulls = np.bincount(world.hub, minlength=H), tables(), pulls()
        self.shares, self.flows = [], []

    def step(self):
        """One year."""
        draws = np.array([rng.key(self.seed, what, self.year) for what in ("consider", "destination")])
        self.lived[:] = self.people.hub
        compute = rm1.compute_pull(self.world.compute, self.headcount).astype(np.float32)
        parts = over_range(
            run_year,
            self.world.n,
            self.year,
            draws,
            self.people,
            self.lived,
            self.ties,
            self.keys,
            self.tables._replace(pull=self.pulls + compute),
            NOBODY,
            rm1.B_PEER,
            ONE_JOB,
            NO_TEAMS,
            IS_HOME,
            NO_PERMITS,
            least=SLOTS,  # a thread for a stretch at least
        )
        flow = sum(parts)
        flow[np.diag_indices(H)] = self.headcount - flow.sum(axis=1)
        self.headcount = flow.sum(axis=0)
        self.flows.append(flow)
        self.shares.append(self.headcount / self.world.n)
        self.year += 1


def build(world, seed, variant):
    """The model, ready to run."""
    return Model(world, seed)


def warmup(variant):
    """Compile."""
    Model(rm1.make_world(200), 0).step()


if __name__ == "__main__":
    harness.run("talentflow", build, warmup=warmup)
