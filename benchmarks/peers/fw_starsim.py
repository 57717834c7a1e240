"""RM1 in Starsim 3: a custom ss.Module on ss.People with an ss.Network of ties.

Starsim's idioms: agent states as ss.Arr, one ss.Dist per random decision
(hash-based common random numbers per agent), contacts as edge lists p1/p2
that are scanned whole, Sim runs the loop.
"""

import numpy as np
import starsim as ss

from benchmarks.peers import harness, rm1
from benchmarks.peers.rm1 import B_PEER, MOVE_COST, P_SEARCH, H

ss.options(verbose=0)


class Ties(ss.Network):
    """Static ties, each undirected pair once."""

    def __init__(self, w):
        src = np.repeat(np.arange(w.n, dtype=np.int32), np.diff(w.indptr))
        once = src < w.indices
        super().__init__(p1=src[once], p2=w.indices[once], beta=np.ones(once.sum(), ss.dtypes.float))

    def step(self):
        pass  # static; Starsim warns about networks without a step


class Migration(ss.Module):
    def __init__(self, w, **kwargs):
        super().__init__()
        self.define_pars(p_search=ss.bernoulli(p=P_SEARCH), choice=ss.random())
        self.update_pars(**kwargs)
        self.define_states(
            ss.IntArr("hub", default=lambda n: w.hub.astype(ss.dtypes.int)),
            ss.IntArr("home", default=lambda n: w.home.astype(ss.dtypes.int)),
            ss.IntArr("tier", default=lambda n: w.tier.astype(ss.dtypes.int)),
        )
        self.w = w
        self.degree = np.maximum(np.diff(w.indptr), 1)
        self.headcount = np.bincount(w.hub, minlength=H)
        self.shares, self.flows = [], []

    def peer_share(self, who):
        """Share of each searcher's ties at every hub, from the edge list."""
        row = np.full(self.w.n, -1, np.int64)
        row[who] = np.arange(len(who))
        net, hub = self.sim.networks[0], self.hub.raw
        count = np.zeros(len(who) * H)
        for here, there in ((net.p1, net.p2), (net.p2, net.p1)):
            r = row[here]
            keep = r >= 0
            count += np.bincount(r[keep] * H + hub[there[keep]], minlength=count.size)
        return count.reshape(-1, H) / self.degree[who, None]

    def step(self):
        who = self.pars.p_search.filter()
        cur = self.hub[who]
        base = rm1.base_utility(self.w.compute, self.headcount)
        u = base[self.tier[who], self.home[who]] + B_PEER * self.peer_share(who)
        u -= MOVE_COST * (np.arange(H) != cur[:, None])
        cdf = np.exp(u).cumsum(1)
        draw = self.pars.choice.rvs(who) * cdf[:, -1]
        new = np.minimum((cdf <= draw[:, None]).sum(1), H - 1)

        flow = np.bincount(cur * H + new, minlength=H * H).reshape(H, H)
        flow[np.diag_indices(H)] += self.headcount - flow.sum(1)
        self.hub[who] = new
        self.headcount = flow.sum(0)
        self.flows.append(flow)
        self.shares.append(self.headcount / self.w.n)


class Driver:
    """Lets the harness time single years of a Starsim simulation."""

    def __init__(self, w, seed):
        self.module = Migration(w)
        self.sim = ss.Sim(
            n_agents=w.n,
            networks=Ties(w),
            modules=self.module,
            rand_seed=seed,
            start=ss.years(2025),
            stop=ss.years(2125),
            dt=ss.years(1),
        )
        self.sim.init()
        self.module = self.sim.get_module(Migration)

    def step(self):
        self.sim.run_one_step()

    @property
    def shares(self):
        return self.module.shares

    @property
    def flows(self):
        return self.module.flows


def build(world, seed, variant):
    return Driver(world, seed)


def warmup(variant):
    Driver(rm1.load_world(10_000), 0).step()  # compiles Starsim's numba helpers


if __name__ == "__main__":
    harness.run(f"starsim {ss.__version__}", build, warmup=warmup)
