"""Shared end of every framework's script: time the years of its model and print one line of JSON.

``python -m benchmarks.peers.fw_numpy --n 100000 --seconds 5`` runs one framework by hand, in its environment.
"""

import argparse
import json
import resource
import time

import numpy as np

from benchmarks.peers import rm1
from benchmarks.peers.idle import Watch, wait_quiet


def run(name, build, warmup=None, variants=("default",)):
    """Command line shared by the scripts.

    Parameters
    ----------
    name : str, the framework with its version
    build : (world, seed, variant) -> model with ``step()`` (one year), ``shares`` (list of (hub,)) and ``flows``
        (list of (origin, destination)), which every step makes longer by one
    warmup : (variant) -> None, called before the clock starts: it compiles what is compiled
    variants : names of the ways in which it is written
    """
    asked = _arguments(name, variants)
    world = rm1.load_world(asked.n, asked.graph)
    begun = time.perf_counter()
    if warmup:
        warmup(asked.variant)
    warm = time.perf_counter() - begun
    quiet = wait_quiet(asked.patience)
    watch, timed = Watch(), Timed()
    for seed in range(asked.seed, asked.seed + asked.reps):
        timed.replica(lambda seed=seed: build(world, seed, asked.variant), asked.years, asked.longest)
        if watch.wall > asked.seconds:
            break
    foreign = watch.foreign_cores
    if asked.out:
        np.savez(asked.out, shares=np.array(timed.shares), flows=np.array(timed.flows))
    print(
        json.dumps(
            {
                "framework": name if asked.variant == "default" else f"{name}, {asked.variant}",
                "n": asked.n,
                "graph": asked.graph,
                "graph_s": world.graph_seconds,
                "warm_s": warm,
                "build_s": timed.builds,
                "year_s": float(np.median(timed.years)),
                "years_timed": len(timed.years),
                "peak_mb": timed.peak_mb,
                "foreign_cores": foreign,
                "waited_in_vain": not quiet,
            }
        )
    )


class Timed:
    """Seconds of builds and years, and what the models wrote down."""

    def __init__(self):
        self.builds, self.years, self.shares, self.flows, self.peak_mb = [], [], [], [], None

    def replica(self, build, years, longest=float("inf")):
        """Build one model and run it; once ``longest`` seconds are over, three years must do."""
        first = begun = time.perf_counter()
        model = build()
        self.builds.append(time.perf_counter() - begun)
        for year in range(years):
            begun = time.perf_counter()
            if year >= 3 and begun - first > longest:
                break
            model.step()
            self.years.append(time.perf_counter() - begun)
        self.shares.append(np.array(model.shares))
        self.flows.append(np.array(model.flows))
        if self.peak_mb is None:  # of one run, the world included: what later ones leave behind is not the model's
            self.peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _arguments(name, variants):
    parser = argparse.ArgumentParser(description=name)
    parser.add_argument("--n", type=int, default=10_000)
    parser.add_argument("--years", type=int, default=rm1.YEARS)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--graph", choices=rm1.GRAPHS, default="smallworld")
    parser.add_argument("--variant", choices=variants, default=variants[0])
    parser.add_argument("--reps", type=int, default=1, help="replicas in this process, each with the next seed")
    parser.add_argument("--seconds", type=float, default=float("inf"), help="begin no replica after these")
    parser.add_argument(
        "--longest", type=float, default=float("inf"), help="end a replica after these, at least 3 years"
    )
    parser.add_argument("--patience", type=float, default=0.0, help="seconds to wait for an idle machine")
    parser.add_argument("--out", help="an .npz for the shares and flows of every replica")
    return parser.parse_args()
