"""RM1 as a numba kernel with a counter-based hash RNG: the near-limit reference.

Every random number is splitmix64(seed, year, engineer): the outcome does not
depend on the number of threads or chunks, and an engineer draws the same
numbers in every scenario (common random numbers). State is int8/int32 arrays,
ties are CSR int32, a year is one parallel loop over chunks of engineers.

Variants, each one step further (all draw the same U, all give the same moves
up to rounding in the last bit of a weight):
  exp    : non-searchers skipped by a hash compare, 20 exp() a searcher.
  table  : exp() taken once per (tier, home, hub) cell; move cost and peers
           enter as multiplications of the tabulated weights.
  gather : `table` in stages per chunk: (1) branch-free hash + compaction of the
           searchers, (2) copy their tie lists, (3) gather the ties' hubs,
           (4) choose. Cache misses overlap in 2 and 3 since no branch there
           waits for data.
Threads: NUMBA_NUM_THREADS.
"""

import math

import numpy as np
from numba import njit, prange, uint64

from benchmarks.peers import harness, rm1
from benchmarks.peers.rm1 import B_PEER, MOVE_COST, P_SEARCH, H

GOLDEN = np.uint64(0x9E3779B97F4A7C15)
M1, M2 = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
S30, S27, S31, S11 = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(11)
TO_UNIT = 1.0 / 9007199254740992.0  # 2**-53
THRESHOLD = np.uint64(int(P_SEARCH * 2.0**64))
CHUNK = 1 << 13  # engineers per unit of parallel work
MAX_DEGREE = 256

# Indices are cast to unsigned below because numba adds a wrap-around test
# (a[-1]) to every signed index.


@njit(inline="always")
def mix(x):
    x = (x ^ (x >> S30)) * M1
    x = (x ^ (x >> S27)) * M2
    return x ^ (x >> S31)


@njit(inline="always")
def agent_hash(key, i):
    return mix(key + uint64(i) * GOLDEN)


@njit(inline="always")
def second_uniform(h):
    return np.float64(mix(h + GOLDEN) >> S11) * TO_UNIT


@njit(inline="always")
def draw(w, u01):
    """Index drawn in proportion to the weights w[0:H]; overwrites w by its cdf."""
    acc = 0.0
    for k in range(H):
        acc += w[k]
        w[k] = acc
    r = u01 * acc
    new = 0
    for k in range(H - 1):
        new += np.int64(w[k] <= r)
    return new


@njit(parallel=True, cache=True)
def year_exp(key, base, move_cost, b_peer, home, tier, indptr, indices, hub, nxt, flow):
    n = hub.size
    for c in prange(flow.shape[0]):
        lo, hi = c * CHUNK, min((c + 1) * CHUNK, n)
        peers = np.zeros(H, np.int32)
        w = np.empty(H)
        for i in range(uint64(lo), uint64(hi)):
            cur = hub[i]
            nxt[i] = cur
            h = agent_hash(key, i)
            if h >= THRESHOLD:
                continue
            peers[:] = 0
            a, b = indptr[i], indptr[i + uint64(1)]
            for j in range(uint64(a), uint64(b)):
                peers[uint64(hub[uint64(indices[j])])] += 1
            unit = b_peer / max(b - a, 1)
            t, o = uint64(tier[i]), uint64(home[i])
            for k in range(H):
                w[k] = base[t, o, k] + unit * peers[k] - move_cost
            w[uint64(cur)] += move_cost
            for k in range(H):
                w[k] = math.exp(w[k])
            new = draw(w, second_uniform(h))
            nxt[i] = new
            flow[c, uint64(cur), uint64(new)] += 1


@njit(parallel=True, cache=True)
def year_table(key, table, stay, peer_factor, home, tier, indptr, indices, hub, nxt, flow):
    n = hub.size
    for c in prange(flow.shape[0]):
        lo, hi = c * CHUNK, min((c + 1) * CHUNK, n)
        w = np.empty(H)
        for i in range(uint64(lo), uint64(hi)):
            cur = hub[i]
            nxt[i] = cur
            h = agent_hash(key, i)
            if h >= THRESHOLD:
                continue
            t, o = uint64(tier[i]), uint64(home[i])
            for k in range(H):
                w[k] = table[t, o, k]
            w[uint64(cur)] *= stay
            a, b = indptr[i], indptr[i + uint64(1)]
            g = peer_factor[uint64(b - a)]
            for j in range(uint64(a), uint64(b)):
                w[uint64(hub[uint64(indices[j])])] *= g
            new = draw(w, second_uniform(h))
            nxt[i] = new
            flow[c, uint64(cur), uint64(new)] += 1


@njit(inline="always")
def find_searchers(key, lo, hi, hashes, who):
    """Compact the chunk's searchers; returns how many. hashes[s] is searcher s's."""
    for i in range(hi - lo):
        hashes[i] = agent_hash(key, lo + i)
    m = 0
    for i in range(hi - lo):
        h = hashes[i]
        who[m] = lo + i
        hashes[m] = h
        m += np.int64(h < THRESHOLD)
    return m


@njit(parallel=True, cache=True)
def year_gather(key, table, stay, peer_factor, home, tier, indptr, indices, hub, nxt, flow):
    n = hub.size
    for c in prange(flow.shape[0]):
        lo, hi = c * CHUNK, min((c + 1) * CHUNK, n)
        nxt[lo:hi] = hub[lo:hi]
        hashes, who = np.empty(CHUNK, np.uint64), np.empty(CHUNK, np.uint32)
        m = find_searchers(key, lo, hi, hashes, who)

        start = np.empty(m + 1, np.int32)  # searcher s's ties: start[s]:start[s+1]
        total = 0
        for s in range(m):
            start[s] = total
            total += indptr[who[s] + uint64(1)] - indptr[who[s]]
        start[m] = total

        tie = np.empty(total, np.uint32)
        for s in range(m):
            a, first = uint64(indptr[who[s]]), uint64(start[s])
            for q in range(uint64(start[s + 1] - start[s])):
                tie[first + q] = indices[a + q]
        peer = np.empty(total, np.uint8)
        for q in range(total):
            peer[q] = hub[tie[q]]

        w = np.empty(H)
        for s in range(m):
            i = who[s]
            cur, t, o = uint64(hub[i]), uint64(tier[i]), uint64(home[i])
            for k in range(H):
                w[k] = table[t, o, k]
            w[cur] *= stay
            first, degree = uint64(start[s]), uint64(start[s + 1] - start[s])
            g = peer_factor[degree]
            for q in range(degree):
                w[uint64(peer[first + q])] *= g
            new = draw(w, second_uniform(hashes[s]))
            nxt[i] = new
            flow[c, cur, uint64(new)] += 1


KERNELS = {"exp": year_exp, "table": year_table, "gather": year_gather}


def year_key(seed, year):
    """Key of one year's random numbers, mixed in plain Python integers."""
    mask = (1 << 64) - 1
    x = (seed * 0xD1342543DE82EF95 + year * 0x9E3779B97F4A7C15 + 1) & mask
    x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & mask
    x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & mask
    return np.uint64(x ^ (x >> 31))


class NumbaModel:
    def __init__(self, w, seed, variant):
        self.w, self.seed, self.variant = w, seed, variant
        self.year = 0
        self.hub, self.nxt = w.hub.copy(), np.empty_like(w.hub)
        self.headcount = np.bincount(self.hub, minlength=H)
        self.chunks = -(-w.n // CHUNK)
        self.peer_factor = np.exp(B_PEER / np.maximum(np.arange(MAX_DEGREE), 1))
        self.shares, self.flows = [], []

    def step(self):
        w = self.w
        base = rm1.base_utility(w.compute, self.headcount)
        if self.variant == "exp":
            terms = (base, MOVE_COST, B_PEER)
        else:
            terms = (np.exp(base), math.exp(MOVE_COST), self.peer_factor)
        parts = np.zeros((self.chunks, H, H), np.int32)
        KERNELS[self.variant](
            year_key(self.seed, self.year),
            *terms,
            w.home,
            w.tier,
            w.indptr,
            w.indices,
            self.hub,
            self.nxt,
            parts,
        )
        self.hub, self.nxt = self.nxt, self.hub
        flow = parts.sum(0, dtype=np.int64)
        flow[np.diag_indices(H)] += self.headcount - flow.sum(1)
        self.headcount = flow.sum(0)
        self.flows.append(flow)
        self.shares.append(self.headcount / w.n)
        self.year += 1


def build(world, seed, variant):
    return NumbaModel(world, seed, variant)


def warmup(variant):
    zero = np.zeros(2, np.int8)
    ring = (np.array([0, 1, 2], np.int32), np.array([1, 0], np.int32))
    NumbaModel(rm1.World(2, zero, zero, zero, *ring), 0, variant).step()


if __name__ == "__main__":
    harness.run("numba", build, warmup=warmup, variants=("exp", "table", "gather"))
