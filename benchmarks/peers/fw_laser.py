"""RM1 on laser-core: LaserFrame properties + numba kernels, LASER's idioms.

LASER models keep agents in a LaserFrame (struct of arrays with small dtypes)
and write each component as an explicit-signature numba kernel over prange,
drawing with numba's per-thread np.random (seeded by laser.core.random.seed).
laser-core has no individual-level network; the ties are two extra arrays.
"""

import math
from importlib.metadata import version

import numba as nb
import numpy as np
from laser.core import LaserFrame
from laser.core.random import seed as seed_laser

from benchmarks.peers import harness, rm1
from benchmarks.peers.rm1 import B_PEER, MOVE_COST, P_SEARCH, H


@nb.njit(
    (
        nb.int8[:],
        nb.int8[:],
        nb.int8[:],
        nb.int8[:],
        nb.int32[:],
        nb.int32[:],
        nb.float64[:, :, :],
        nb.float64,
        nb.float64,
        nb.float64,
        nb.int64[:, :, :],
    ),
    parallel=True,
    nogil=True,
    cache=True,
)
def nb_migrate(hub, next_hub, home, tier, indptr, indices, base, p_search, move_cost, b_peer, flow):
    for i in nb.prange(hub.size):
        next_hub[i] = hub[i]
        if np.random.random() < p_search:  # noqa: NPY002 (numba draws by thread)
            u = np.empty(H)
            cur = hub[i]
            degree = indptr[i + 1] - indptr[i]
            for h in range(H):
                u[h] = base[tier[i], home[i], h] - move_cost * (h != cur)
            for j in range(indptr[i], indptr[i + 1]):
                u[hub[indices[j]]] += b_peer / degree
            total = 0.0
            for h in range(H):
                total += math.exp(u[h])
                u[h] = total
            r = np.random.random() * total  # noqa: NPY002
            new = 0
            while new < H - 1 and u[new] <= r:
                new += 1
            next_hub[i] = new
            flow[nb.get_thread_id(), cur, new] += 1


class Migration:
    """A LASER component: called once a tick with (model, tick)."""

    def __init__(self, model):
        self.model = model
        self.flow = np.zeros((nb.get_num_threads(), H, H), np.int64)

    def __call__(self, model, tick):
        p = model.people
        base = rm1.base_utility(model.world.compute, model.headcount)
        self.flow[:] = 0
        nb_migrate(
            p.hub,
            p.next_hub,
            p.home,
            p.tier,
            model.world.indptr,
            model.world.indices,
            base,
            P_SEARCH,
            MOVE_COST,
            B_PEER,
            self.flow,
        )
        p.hub[:] = p.next_hub
        flow = self.flow.sum(0)
        flow[np.diag_indices(H)] += model.headcount - flow.sum(1)
        model.headcount = flow.sum(0)
        model.flows.append(flow)
        model.shares.append(model.headcount / model.world.n)


class Model:
    def __init__(self, w, seed):
        seed_laser(seed)
        self.world = w
        self.people = LaserFrame(capacity=w.n, initial_count=w.n)
        for name in ("hub", "next_hub", "home", "tier"):
            self.people.add_scalar_property(name, dtype=np.int8)
        self.people.hub[:], self.people.home[:], self.people.tier[:] = w.hub, w.home, w.tier
        self.headcount = np.bincount(w.hub, minlength=H)
        self.shares, self.flows = [], []
        self.components = [Migration(self)]
        self.tick = 0

    def step(self):
        for component in self.components:
            component(self, self.tick)
        self.tick += 1


def build(world, seed, variant):
    return Model(world, seed)


def warmup(variant):
    seed_laser(0)


if __name__ == "__main__":
    harness.run(f"laser-core {version('laser-core')}", build, warmup=warmup)
