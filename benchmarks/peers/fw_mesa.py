"""RM1 in Mesa 3.

Variants
  default : the style of Mesa's own examples (virus_on_network): one FixedAgent
            per engineer on a discrete_space.Network, hubs as agents, two-stage
            activation (`decide` for all, then `move` for all), DataCollector.
  tuned   : still one agent per engineer, but ties are plain lists of agents,
            hubs are integers and the per-(tier, home) weights are tabulated
            once a year. About as far as one gets with per-agent Python.
"""

import math

import mesa
import numpy as np
from mesa.discrete_space import FixedAgent, Network

from benchmarks.peers import harness, rm1
from benchmarks.peers.rm1 import B_COMP, B_PEER, HUBS, MOVE_COST, P_SEARCH, H


class Hub(mesa.Agent):
    def __init__(self, model, index, log_pay, compute):
        super().__init__(model)
        self.index = index
        self.country = int(HUBS.country[index])
        self.log_pay = log_pay
        self.compute = compute
        self.amenity = float(HUBS.amenity[index])
        self.visa_fee = float(HUBS.visa_fee[index])
        self.headcount = 0
        self.appeal = None

    def update_appeal(self):
        shared = B_COMP * math.log1p(self.compute / max(self.headcount, 1)) + self.amenity
        self.appeal = [pay + shared for pay in self.log_pay]  # by tier


class Engineer(FixedAgent):
    def __init__(self, model, home, tier, hub, cell):
        super().__init__(model)
        self.home = home
        self.tier = tier
        self.hub = hub
        self.next_hub = hub
        self.cell = cell
        hub.headcount += 1

    def utility(self, hub, peers):
        u = hub.appeal[self.tier] + B_PEER * peers
        if hub.country != self.home:
            u -= hub.visa_fee
        if hub is not self.hub:
            u -= MOVE_COST
        return u

    def decide(self):
        if self.random.random() >= P_SEARCH:
            return
        friends = self.cell.neighborhood.agents
        count, degree = {}, 0
        for friend in friends:
            count[friend.hub] = count.get(friend.hub, 0) + 1
            degree += 1
        hubs = self.model.hubs
        weights = [math.exp(self.utility(hub, count.get(hub, 0) / max(degree, 1))) for hub in hubs]
        self.next_hub = self.random.choices(hubs, weights)[0]

    def move(self):
        self.model.flow[self.hub.index, self.next_hub.index] += 1
        if self.next_hub is not self.hub:
            self.hub.headcount -= 1
            self.next_hub.headcount += 1
            self.hub = self.next_hub


class MigrationModel(mesa.Model):
    def __init__(self, w, seed=None):
        super().__init__(seed=seed)
        self.network = Network(w.networkx(), capacity=1, random=self.random)
        log_pay = rm1.net_log_pay()
        self.hubs = list(Hub.create_agents(self, H, list(range(H)), log_pay.T.tolist(), w.compute.tolist()))
        Engineer.create_agents(
            self,
            w.n,
            w.home.tolist(),
            w.tier.tolist(),
            [self.hubs[h] for h in w.hub.tolist()],
            list(self.network.all_cells),
        )
        self.flow = np.zeros((H, H), np.int64)
        self.datacollector = mesa.DataCollector(
            {
                "shares": lambda m: np.array([hub.headcount for hub in m.hubs]) / w.n,
                "flows": lambda m: m.flow.copy(),
            }
        )

    def step(self):
        self.flow[:] = 0
        engineers = self.agents_by_type[Engineer]
        self.agents_by_type[Hub].do("update_appeal")
        engineers.do("decide")
        engineers.do("move")
        self.datacollector.collect(self)

    @property
    def shares(self):
        return self.datacollector.model_vars["shares"]

    @property
    def flows(self):
        return self.datacollector.model_vars["flows"]


class TunedEngineer(mesa.Agent):
    def __init__(self, model, home, tier, hub):
        super().__init__(model)
        self.home, self.tier, self.hub = home, tier, hub
        self.next_hub = hub
        self.ties = ()

    def decide(self):
        random = self.random.random
        if random() >= P_SEARCH:
            return
        model = self.model
        w = model.weights[self.tier][self.home].copy()
        w[self.hub] *= model.stay
        ties = self.ties
        g = model.peer_factor[len(ties)]
        for friend in ties:
            w[friend.hub] *= g
        r = random() * sum(w)
        self.next_hub = H - 1
        for k, x in enumerate(w):
            r -= x
            if r < 0:
                self.next_hub = k
                break
        model.searchers.append(self)


class TunedModel(mesa.Model):
    def __init__(self, w, seed=None):
        super().__init__(seed=seed)
        self.w = w
        engineers = list(TunedEngineer.create_agents(self, w.n, w.home.tolist(), w.tier.tolist(), w.hub.tolist()))
        ind, ptr = w.indices.tolist(), w.indptr.tolist()
        for i, e in enumerate(engineers):
            e.ties = [engineers[j] for j in ind[ptr[i] : ptr[i + 1]]]
        self.headcount = np.bincount(w.hub, minlength=H)
        self.stay = math.exp(MOVE_COST)
        self.peer_factor = np.exp(B_PEER / np.maximum(np.arange(256), 1)).tolist()
        self.shares, self.flows = [], []

    def step(self):
        base = rm1.base_utility(self.w.compute, self.headcount)
        self.weights = np.exp(base).tolist()
        self.searchers = []
        self.agents.do("decide")
        flow = np.zeros((H, H), np.int64)
        for e in self.searchers:
            flow[e.hub, e.next_hub] += 1
            e.hub = e.next_hub
        flow[np.diag_indices(H)] += self.headcount - flow.sum(1)
        self.headcount = flow.sum(0)
        self.flows.append(flow)
        self.shares.append(self.headcount / self.w.n)


def build(world, seed, variant):
    return (TunedModel if variant == "tuned" else MigrationModel)(world, seed=seed)


if __name__ == "__main__":
    harness.run(f"mesa {mesa.__version__}", build, variants=("default", "tuned"))
