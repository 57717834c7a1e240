"""RM1: the reference model of talent migration that every framework simulates.

Whatever is not a framework's own is here: parameters, hubs, the generator of worlds (engineers and their ties, kept on
disk) and the exact expectation of the first year. It needs numpy alone, and scipy for a new graph.

A year, for every engineer (all decisions read last year's state):

1. with probability ``P_SEARCH`` the engineer searches, else stays;
2. a searcher scores every hub h::

       U[h] = B_PAY * log(pay[tier, h] * (1 - tax[h]) / 100k) + B_COMP * log1p(compute[h] / headcount[h]) + amenity[h]
            - visa_fee[h] * (country[h] != home) - MOVE_COST * (h != current) + B_PEER * (share of the ties living at h)

3. and moves to a hub drawn by the softmax of U.

Every year the shares by hub and the (origin, destination) flows are written down, stayers on the diagonal.
"""

import json
import time
from dataclasses import dataclass

import numpy as np

from benchmarks.peers.environments import FOLDER

H, C, T, K = 20, 12, 3, 8  # hubs, countries, tiers, mean number of ties
P_SEARCH = 0.12
B_PAY, B_COMP, B_PEER = 1.0, 0.5, 2.0
MOVE_COST = 1.5
REWIRE = 0.1  # probability that an edge of the small world is rewired
YEARS = 10
WORLDS = FOLDER / "worlds"
ARRAYS = ("hub", "home", "tier", "indptr", "indices")


@dataclass(frozen=True)
class Hubs:
    """The twenty hubs."""

    country: np.ndarray  # (hub,) int8
    pay: np.ndarray  # (tier, hub) USD a year
    tax: np.ndarray  # (hub,) share
    compute_pc: np.ndarray  # (hub,) compute per engineer at equal shares
    visa_fee: np.ndarray  # (hub,) log-odds
    amenity: np.ndarray  # (hub,) log-odds


def make_hubs():
    """The hubs, always the same."""
    rng = np.random.default_rng(20240601)
    country = np.array([0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 7, 8, 9, 10, 11, 11], np.int8)
    level = rng.lognormal(np.log(110e3), 0.35, H)
    pay = np.array([0.7, 1.0, 2.2])[:, None] * level * rng.lognormal(0, 0.05, (T, H))
    tax, compute_pc = rng.uniform(0.10, 0.48, H), rng.lognormal(0.0, 1.0, H)
    return Hubs(country, pay, tax, compute_pc, visa_fee=rng.uniform(0.2, 1.2, H), amenity=rng.normal(0.0, 0.3, H))


HUBS = make_hubs()


@dataclass
class World:
    """Engineers at the start and their ties, which have no direction."""

    n: int
    hub: np.ndarray  # (n,) int8
    home: np.ndarray  # (n,) int8
    tier: np.ndarray  # (n,) int8
    indptr: np.ndarray  # (n + 1,) int32
    indices: np.ndarray  # (tie,) int32; the ties of i are indices[indptr[i]:indptr[i + 1]]
    graph_seconds: float = 0.0

    @property
    def compute(self):
        """(hub,) compute of each hub: grows with n, so that results do not depend on it."""
        return HUBS.compute_pc * self.n / H

    def networkx(self):
        """The ties as a networkx.Graph, for frameworks that want one."""
        import networkx as nx

        graph = nx.Graph()
        graph.add_nodes_from(range(self.n))
        one = np.repeat(np.arange(self.n), np.diff(self.indptr))
        once = one < self.indices
        graph.add_edges_from(zip(one[once].tolist(), self.indices[once].tolist(), strict=True))
        return graph


def net_log_pay():
    """(tier, hub) B_PAY times the log of net pay, in units of 100 kUSD."""
    return B_PAY * np.log(HUBS.pay * (1.0 - HUBS.tax) / 100e3)


def compute_pull(compute, headcount):
    """(hub,) pull of compute per engineer."""
    return B_COMP * np.log1p(compute / np.maximum(headcount, 1))


def visa_cost():
    """(home, hub) what a foreign hub costs."""
    return HUBS.visa_fee * (HUBS.country[None, :] != np.arange(C)[:, None])


def base_utility(compute, headcount):
    """(tier, home, hub) all of U that depends on nothing else."""
    return (net_log_pay() + compute_pull(compute, headcount) + HUBS.amenity)[:, None, :] - visa_cost()[None]


def small_world_edges(n, rng):
    """Watts-Strogatz: a ring with K / 2 neighbours on each side, rewired. Both ends of every edge."""
    half = K // 2
    one = np.repeat(np.arange(n, dtype=np.int32), half)
    step = np.tile(np.arange(1, half + 1, dtype=np.int32), n)
    other = (one + step) % np.int32(n)
    rewired = rng.random(one.size, dtype=np.float32) < REWIRE
    other[rewired] = rng.integers(0, n, int(rewired.sum()), dtype=np.int32)
    return one, other


def regular_edges(n, rng):
    """A random graph of degree K, nearly: the union of K / 2 random Hamiltonian cycles. Both ends of every edge."""
    cycles = [rng.permutation(n).astype(np.int32) for _ in range(K // 2)]
    return np.concatenate(cycles), np.concatenate([np.roll(cycle, -1) for cycle in cycles])


GRAPHS = {"smallworld": small_world_edges, "regular": regular_edges}


def to_csr(n, one, other):
    """Undirected CSR without loops or doubled edges, neighbours sorted: (indptr, indices)."""
    from scipy import sparse

    keep = one != other
    half = sparse.coo_matrix((np.ones(keep.sum(), np.int8), (one[keep], other[keep])), shape=(n, n)).tocsr()
    whole = (half + half.T).tocsr()
    whole.sort_indices()
    return whole.indptr.astype(np.int32), whole.indices.astype(np.int32)


def make_world(n, graph="smallworld", seed=1):
    """A new world; 60 % of the engineers start at a hub of their home country, the others anywhere."""
    rng = np.random.default_rng([seed, n])
    begun = time.perf_counter()
    indptr, indices = to_csr(n, *GRAPHS[graph](n, rng))
    graph_seconds = time.perf_counter() - begun
    home = rng.choice(C, n, p=np.arange(C, 0, -1) / (C * (C + 1) / 2)).astype(np.int8)
    order = np.argsort(HUBS.country, kind="stable")
    start = np.searchsorted(HUBS.country[order], np.arange(C))
    count = np.bincount(HUBS.country, minlength=C)
    at_home = order[start[home] + (rng.random(n) * count[home]).astype(np.int64)]
    hub = np.where(rng.random(n) < 0.6, at_home, rng.integers(0, H, n)).astype(np.int8)
    tier = rng.choice(T, n, p=[0.5, 0.35, 0.15]).astype(np.int8)
    return World(n, hub, home, tier, indptr, indices, graph_seconds)


def load_world(n, graph="smallworld", seed=1):
    """Load a world from the disk, where it is made once: all frameworks get the same bytes."""
    path = WORLDS / f"{graph}_{n}_{seed}"
    if not (path / "meta.json").exists():
        world = make_world(n, graph, seed)
        path.mkdir(parents=True, exist_ok=True)
        for name in ARRAYS:
            np.save(path / f"{name}.npy", getattr(world, name))
        (path / "meta.json").write_text(json.dumps({"graph_seconds": world.graph_seconds}), encoding="utf-8")
    seconds = json.loads((path / "meta.json").read_text(encoding="utf-8"))["graph_seconds"]
    return World(n, *(np.load(path / f"{name}.npy") for name in ARRAYS), seconds)


def first_year(world, chunk=100_000):
    """Compute exactly the choice probabilities of every engineer in the first year, chunk by chunk.

    Yields
    ------
    slice of engineers, (engineer, hub) probability of living there next, (engineer, hub) share of the ties there
    """
    base = base_utility(world.compute, np.bincount(world.hub, minlength=H))
    degree = np.diff(world.indptr)
    for low in range(0, world.n, chunk):
        part = slice(low, min(low + chunk, world.n))
        m = part.stop - low
        ties = world.indices[world.indptr[low] : world.indptr[part.stop]]
        row = np.repeat(np.arange(m), degree[part])
        peers = np.bincount(row * H + world.hub[ties], minlength=m * H).reshape(m, H)
        peers = peers / np.maximum(degree[part], 1)[:, None]
        here = world.hub[part].astype(np.int64)
        u = base[world.tier[part], world.home[part]] + B_PEER * peers - MOVE_COST * (np.arange(H) != here[:, None])
        p = np.exp(u - u.max(1, keepdims=True))
        p *= P_SEARCH / p.sum(1, keepdims=True)
        p[np.arange(m), here] += 1.0 - P_SEARCH
        yield part, p, peers


def expected_flow(world):
    """(origin, destination) exact expectation of the first year's flows."""
    out = np.zeros((H, H))
    for part, p, _ in first_year(world):
        for h in range(H):
            out[h] += p[world.hub[part] == h].sum(0)
    return out


def company_z(world, hubs):
    """z of how many ties live where their engineers live after one year: the one statistic that sees the peers' pull.

    Parameters
    ----------
    hubs : (run, engineer) after the first year; ties are counted where they lived before it
    """
    found, mean, variance = 0.0, 0.0, 0.0
    for part, p, peers in first_year(world):
        expected = (p * peers).sum(1)
        mean += expected.sum()
        variance += ((p * peers**2).sum(1) - expected**2).sum()
        found += np.take_along_axis(peers, hubs[:, part].T.astype(np.int64), axis=1).sum()
    return (found - len(hubs) * mean) / np.sqrt(len(hubs) * variance)


def flow_chi2(observed, expected):
    """Pearson chi2 of summed first-year flows and its degrees of freedom; cells that expect fewer than 5 are pooled."""
    o, e = observed.ravel(), expected.ravel()
    big = e >= 5
    chi2 = float(((o[big] - e[big]) ** 2 / e[big]).sum())
    if e[~big].sum() > 0:
        chi2 += float((o[~big].sum() - e[~big].sum()) ** 2 / e[~big].sum())
    return chi2, int(big.sum()) - H  # each row's total is fixed
