"""RM1 in mesa-frames (polars), written as its examples write AgentSets.

The engineers are one AgentSetPolars; ties are a list column of the same frame
(polars' list layout is CSR). mesa-frames 0.1 has no network space, so the peer
effect is plain polars: explode the searchers' ties, gather the hub of each tie,
group_by and join onto the searcher x hub options.

Variants
  default : long frame (searcher x hub), Gumbel-max by group_by.
  wide    : one expression per hub (20 columns), inverse-CDF draw.
"""

import mesa_frames
import numpy as np
import polars as pl
from mesa_frames import AgentSetPolars, ModelDF

from benchmarks.peers import harness, rm1
from benchmarks.peers.rm1 import B_PEER, MOVE_COST, P_SEARCH, C, H, T


class Engineers(AgentSetPolars):
    def __init__(self, model, w):
        super().__init__(model)
        self.add(
            pl.DataFrame(
                {
                    "unique_id": np.arange(w.n, dtype=np.int64),
                    "hub": w.hub,
                    "home": w.home,
                    "tier": w.tier,
                    "ties": list_column(w),
                }
            )
        )

    def step(self):
        rng = self.model.random
        self.select(pl.Series(rng.random(len(self)) < P_SEARCH))
        chosen = self.choose()
        self.model.record(self.active_agents["hub"], chosen)
        self["active", "hub"] = chosen

    def peers(self):
        """Long frame (unique_id, option, share of ties there)."""
        hub = self.agents["hub"]
        return (
            self.active_agents.lazy()
            .select("unique_id", "ties", degree=pl.col("ties").list.len())
            .explode("ties")
            .with_columns(option=pl.lit(hub).gather(pl.col("ties")))
            .group_by("unique_id", "option")
            .agg(peers=pl.len() / pl.col("degree").first())
            .collect()
        )

    def choose(self):
        options = (
            self.active_agents.select("unique_id", "hub", "home", "tier")
            .join(self.model.score_table(), on=["tier", "home"], how="left", maintain_order="left")
            .join(self.peers(), on=["unique_id", "option"], how="left", maintain_order="left")
        )
        gumbel = pl.Series(self.model.random.gumbel(size=len(options)))
        return (
            options.lazy()
            .with_columns(
                score=pl.col("base")
                + B_PEER * pl.col("peers").fill_null(0.0)
                - MOVE_COST * (pl.col("option") != pl.col("hub"))
                + gumbel
            )
            .group_by("unique_id", maintain_order=True)
            .agg(hub=pl.col("option").get(pl.col("score").arg_max()))
            .collect()["hub"]
        )


class WideEngineers(Engineers):
    def choose(self):
        base = self.model.base()
        peers = self.peers().pivot(on="option", index="unique_id", values="peers")
        for h in range(H):
            if str(h) not in peers.columns:
                peers = peers.with_columns(pl.lit(0.0).alias(str(h)))
        table = pl.DataFrame(
            {
                "tier": np.repeat(np.arange(T, dtype=np.int8), C),
                "home": np.tile(np.arange(C, dtype=np.int8), T),
                **{f"b{h}": base[:, :, h].ravel() for h in range(H)},
            }
        )
        u = pl.Series("u", self.model.random.random(len(self.active_agents)))
        frame = (
            self.active_agents.select("unique_id", "hub", "home", "tier")
            .join(table, on=["tier", "home"], how="left", maintain_order="left")
            .join(peers, on="unique_id", how="left", maintain_order="left")
        )
        weights = [
            (pl.col(f"b{h}") + B_PEER * pl.col(str(h)).fill_null(0.0) - MOVE_COST * (pl.col("hub") != h))
            .exp()
            .alias(f"w{h}")
            for h in range(H)
        ]
        frame = frame.select(weights)
        cdf = frame.select(pl.cum_sum_horizontal(pl.all()).alias("cdf")).unnest("cdf")
        draw = u * cdf.to_series(H - 1)
        return cdf.select(
            pl.sum_horizontal([(pl.nth(h) <= draw).cast(pl.Int8) for h in range(H - 1)]).cast(pl.Int8).alias("hub")
        ).to_series()


def list_column(w):
    """The CSR ties as a polars list column, without copying them one by one."""
    import pyarrow as pa

    return pl.Series(pl.from_arrow(pa.ListArray.from_arrays(pa.array(w.indptr), pa.array(w.indices))))


class MigrationModel(ModelDF):
    def __init__(self, w, seed, engineers=Engineers):
        super().__init__(seed=seed)
        self.w = w
        self.headcount = np.bincount(w.hub, minlength=H)
        self.shares, self.flows = [], []
        self.agents += engineers(self, w)

    def base(self):
        return rm1.base_utility(self.w.compute, self.headcount)

    def score_table(self):
        tier, home, option = np.indices((T, C, H), dtype=np.int8).reshape(3, -1)
        return pl.DataFrame({"tier": tier, "home": home, "option": option, "base": self.base().ravel()})

    def record(self, old, new):
        pairs = old.to_numpy().astype(np.int64) * H + new.to_numpy()
        flow = np.bincount(pairs, minlength=H * H).reshape(H, H)
        flow[np.diag_indices(H)] += self.headcount - flow.sum(1)
        self.headcount = flow.sum(0)
        self.flows.append(flow)
        self.shares.append(self.headcount / self.w.n)


def build(world, seed, variant):
    return MigrationModel(world, seed, WideEngineers if variant == "wide" else Engineers)


if __name__ == "__main__":
    harness.run(f"mesa-frames {mesa_frames.__version__}", build, variants=("default", "wide"))
