"""RM1 in AgentPy, in the style of its virus-spread / network examples.

One ap.Agent per engineer on an ap.Network, `self.agents.decide()` then
`self.agents.move()` each step, model.record for the shares.
"""

import math

import agentpy as ap
import numpy as np

from benchmarks.peers import harness, rm1
from benchmarks.peers.rm1 import B_COMP, B_PEER, HUBS, MOVE_COST, P_SEARCH, H


class Hub(ap.Agent):
    def setup(self, index, log_pay, compute):
        self.index = index
        self.log_pay = log_pay
        self.compute = compute
        self.country = int(HUBS.country[index])
        self.amenity = float(HUBS.amenity[index])
        self.visa_fee = float(HUBS.visa_fee[index])
        self.headcount = 0
        self.appeal = None

    def update_appeal(self):
        shared = B_COMP * math.log1p(self.compute / max(self.headcount, 1)) + self.amenity
        self.appeal = [pay + shared for pay in self.log_pay]  # by tier


class Engineer(ap.Agent):
    def setup(self, home, tier, hub):
        self.home = home
        self.tier = tier
        self.hub = hub
        self.next_hub = hub
        hub.headcount += 1

    def utility(self, hub, peers):
        u = hub.appeal[self.tier] + B_PEER * peers
        if hub.country != self.home:
            u -= hub.visa_fee
        if hub is not self.hub:
            u -= MOVE_COST
        return u

    def decide(self):
        random = self.model.random
        if random.random() >= P_SEARCH:
            return
        count, degree = {}, 0
        for friend in self.model.network.neighbors(self):
            count[friend.hub.index] = count.get(friend.hub.index, 0) + 1
            degree += 1
        hubs = self.model.hub_list
        weights = [math.exp(self.utility(h, count.get(h.index, 0) / max(degree, 1))) for h in hubs]
        self.next_hub = random.choices(hubs, weights)[0]

    def move(self):
        self.model.flow[self.hub.index, self.next_hub.index] += 1
        if self.next_hub is not self.hub:
            self.hub.headcount -= 1
            self.next_hub.headcount += 1
            self.hub = self.next_hub


class MigrationModel(ap.Model):
    def setup(self):
        w = self.p.world
        self.hubs = ap.AgentList(
            self,
            H,
            Hub,
            index=ap.AttrIter(range(H)),
            log_pay=ap.AttrIter(rm1.net_log_pay().T.tolist()),
            compute=ap.AttrIter(w.compute.tolist()),
        )
        self.hub_list = list(self.hubs)
        self.engineers = ap.AgentList(
            self,
            w.n,
            Engineer,
            home=ap.AttrIter(w.home.tolist()),
            tier=ap.AttrIter(w.tier.tolist()),
            hub=ap.AttrIter([self.hub_list[h] for h in w.hub.tolist()]),
        )
        self.network = ap.Network(self, w.networkx())
        self.network.add_agents(self.engineers, self.network.nodes)
        self.flow = np.zeros((H, H), np.int64)

    def step(self):
        self.flow[:] = 0
        self.hubs.update_appeal()
        self.engineers.decide()
        self.engineers.move()
        self.record("shares", np.array(self.hubs.headcount) / self.p.world.n)
        self.record("flows", self.flow.copy())


class Driver:
    """Lets the harness time single years of an AgentPy model."""

    def __init__(self, world, seed):
        self.model = MigrationModel({"world": world})
        self.model.sim_setup(steps=None, seed=seed)

    def step(self):
        self.model.sim_step()

    @property
    def shares(self):
        return self.model.log["shares"]

    @property
    def flows(self):
        return self.model.log["flows"]


def build(world, seed, variant):
    return Driver(world, seed)


if __name__ == "__main__":
    harness.run(f"agentpy {ap.__version__}", build)
