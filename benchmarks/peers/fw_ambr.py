"""RM1 in AMBER (PyPI `ambr`), its vectorised lane on CPU.

The population is a Polars frame behind `model.agents`; step_vectorized reads
columns, computes with numpy and writes back through a view. AMBER has no
vectorised network operation (NetworkEnvironment is networkx), so the ties stay
a scipy CSR matrix owned by the model, as in fw_numpy.
"""

import ambr as am
import numpy as np
from scipy import sparse

from benchmarks.peers import harness, rm1
from benchmarks.peers.rm1 import B_PEER, MOVE_COST, P_SEARCH, H


class MigrationModel(am.Model):
    def setup(self):
        w = self.p["world"]
        self.add_agents(w.n, hub=w.hub, home=w.home, tier=w.tier)
        self.world = w
        self.degree = np.maximum(np.diff(w.indptr), 1)
        self.ties = sparse.csr_matrix((np.ones(w.indices.size, np.float32), w.indices, w.indptr), shape=(w.n, w.n))
        self.headcount = np.bincount(w.hub, minlength=H)
        self.shares, self.flows = [], []

    def step_vectorized(self):
        w, rng, n = self.world, self.rng, self.world.n
        hub, home, tier = self.agents.numpy("hub", "home", "tier")
        who = np.flatnonzero(rng.random(n) < P_SEARCH)
        cur = hub[who]
        one_hot = sparse.csr_matrix((np.ones(n, np.float32), hub, np.arange(n + 1)), shape=(n, H))
        peers = (self.ties[who] @ one_hot).toarray() / self.degree[who, None]

        base = rm1.base_utility(w.compute, self.headcount)
        u = base[tier[who], home[who]] + B_PEER * peers
        u -= MOVE_COST * (np.arange(H) != cur[:, None])
        new = (u + rng.gumbel(size=u.shape)).argmax(1).astype(np.int8)
        self.agents.at[who].set(hub=new)

        flow = np.bincount(cur.astype(np.int64) * H + new, minlength=H * H).reshape(H, H)
        flow[np.diag_indices(H)] += self.headcount - flow.sum(1)
        self.headcount = flow.sum(0)
        self.flows.append(flow)
        self.shares.append(self.headcount / n)


class Driver:
    """Lets the harness time single years of an AMBER model."""

    def __init__(self, world, seed):
        self.model = MigrationModel({"world": world, "seed": seed, "show_progress": False}).cpu(mode="vectorized")
        self.model._ensure_setup()

    def step(self):
        self.model.run_step()

    @property
    def shares(self):
        return self.model.shares

    @property
    def flows(self):
        return self.model.flows


def build(world, seed, variant):
    return Driver(world, seed)


if __name__ == "__main__":
    harness.run(f"ambr {am.__version__}", build)
