"""RM1 in plain vectorised numpy + scipy.sparse.

Variants
  default : the whole-array style most people write: peers by a sparse product,
            a (searchers x hubs) utility matrix, Gumbel-max draw.
  tuned   : same arrays, fewer temporaries: peers by bincount over the
            searchers' CSR rows, inverse-CDF draw, float32 utilities.
"""

import numpy as np
from scipy import sparse

from benchmarks.peers import harness, rm1
from benchmarks.peers.rm1 import B_PEER, MOVE_COST, P_SEARCH, H


class NumpyModel:
    def __init__(self, w, seed):
        self.w = w
        self.rng = np.random.default_rng(seed)
        self.hub = w.hub.copy()
        self.degree = np.maximum(np.diff(w.indptr), 1)
        self.ties = sparse.csr_matrix((np.ones(w.indices.size, np.float32), w.indices, w.indptr), shape=(w.n, w.n))
        self.headcount = np.bincount(self.hub, minlength=H)
        self.shares, self.flows = [], []

    def step(self):
        w, rng, n = self.w, self.rng, self.w.n
        base = rm1.base_utility(w.compute, self.headcount)
        who = np.flatnonzero(rng.random(n) < P_SEARCH)
        cur = self.hub[who]

        one_hot = sparse.csr_matrix((np.ones(n, np.float32), self.hub, np.arange(n + 1)), shape=(n, H))
        peers = (self.ties[who] @ one_hot).toarray() / self.degree[who, None]

        u = base[w.tier[who], w.home[who]] + B_PEER * peers
        u -= MOVE_COST * (np.arange(H) != cur[:, None])
        new = (u + rng.gumbel(size=u.shape)).argmax(1).astype(np.int8)

        self.record(who, cur, new)

    def record(self, who, cur, new):
        flow = np.bincount(cur.astype(np.int64) * H + new, minlength=H * H).reshape(H, H)
        flow[np.diag_indices(H)] += self.headcount - flow.sum(1)
        self.hub[who] = new
        self.headcount = flow.sum(0)
        self.flows.append(flow)
        self.shares.append(self.headcount / self.w.n)


class TunedNumpyModel(NumpyModel):
    def __init__(self, w, seed):
        self.w = w
        self.rng = np.random.default_rng(seed)
        self.hub = w.hub.copy()
        self.degree = np.diff(w.indptr)
        self.headcount = np.bincount(self.hub, minlength=H)
        self.shares, self.flows = [], []

    def step(self):
        w, rng = self.w, self.rng
        base = rm1.base_utility(w.compute, self.headcount).astype(np.float32)
        who = np.flatnonzero(rng.random(w.n, dtype=np.float32) < np.float32(P_SEARCH))
        cur = self.hub[who]
        m = who.size

        deg = self.degree[who]
        row = np.repeat(np.arange(m), deg)
        first = np.cumsum(deg) - deg
        pos = np.arange(row.size) - np.repeat(first - w.indptr[who], deg)
        peers = np.bincount(row * H + self.hub[w.indices[pos]], minlength=m * H).reshape(m, H)

        u = peers * (np.float32(B_PEER) / np.maximum(deg, 1).astype(np.float32))[:, None]
        u += base[w.tier[who], w.home[who]]
        u[np.arange(m), cur] += np.float32(MOVE_COST)
        np.exp(u, out=u)
        cdf = np.cumsum(u, axis=1, out=u)
        draw = rng.random(m, dtype=np.float32) * cdf[:, -1]
        new = np.minimum((cdf <= draw[:, None]).sum(1), H - 1).astype(np.int8)
        self.record(who, cur, new)


def build(world, seed, variant):
    return (TunedNumpyModel if variant == "tuned" else NumpyModel)(world, seed)


if __name__ == "__main__":
    harness.run("numpy+scipy", build, variants=("default", "tuned"))
