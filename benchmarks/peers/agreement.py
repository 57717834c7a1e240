"""Do all implementations simulate the same model? ``python -m benchmarks.peers.agreement``

On one world every framework is run ``--reps`` times and compared with

1. the exact expectation of the first year's flows (Pearson chi2);
2. the final shares of ``--ref`` runs of the plainest kernel, ``numba:exp``: z by hub;
3. the moves of ten years, cell by cell: z of the cells in which 50 moves or more are expected a run.
"""

import argparse
import tempfile
from pathlib import Path

import numpy as np

from benchmarks.peers import rm1
from benchmarks.peers.frameworks import ENTRIES

REFERENCE = "numba:exp"


def replicas(entry, n, reps, seed, graph):
    """(run, year, hub) shares and (run, year, origin, destination) flows of a framework."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "out.npz"
        entry.start("--n", n, "--reps", reps, "--seed", seed, "--out", path, "--graph", graph)
        with np.load(path) as found:
            return found["shares"], found["flows"].astype(float)


def z_scores(x, reference):
    """z of the means of two ensembles along the first axis; few runs borrow the reference's variance."""
    variance = x.var(0, ddof=1) if len(x) >= 200 else reference.var(0, ddof=1)
    error = np.sqrt(variance / len(x) + reference.var(0, ddof=1) / len(reference))
    return (x.mean(0) - reference.mean(0)) / np.where(error > 0, error, np.inf)


def moves(flows):
    """(run, origin, destination) of all years, and (origin, destination) bool: the cells worth comparing."""
    total = flows.sum(1)
    return total, (total.mean(0) >= 50) & ~np.eye(rm1.H, dtype=bool)


def compare(shares, flows, reference, expected):
    """The statistics of one ensemble against another, and against the exact first year.

    Returns
    -------
    dict: chi2 and its degrees of freedom, worst and mean square z of shares and of moves, share that moves a year
    """
    chi2, df = rm1.flow_chi2(flows[:, 0].sum(0), expected * len(flows))
    z_share = z_scores(shares[:, -1], reference[0][:, -1])
    total, cells = moves(reference[1])
    z_move = z_scores(moves(flows)[0], total)[cells]
    leaving = flows.sum((2, 3)).mean() - np.trace(flows, axis1=2, axis2=3).mean()
    return {
        "chi2": chi2,
        "df": df,
        "worst_share": abs(z_share).max(),
        "share_z2": (z_share**2).mean(),
        "worst_move": abs(z_move).max(),
        "move_z2": (z_move**2).mean(),
        "cells": int(cells.sum()),
        "moved": leaving / flows[0, 0].sum(),
    }


def main():
    """Compare every framework and print a line for each."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--n", type=int, default=10_000)
    parser.add_argument("--reps", type=int, default=40)
    parser.add_argument("--ref", type=int, default=1000)
    parser.add_argument("--graph", default="smallworld", choices=rm1.GRAPHS)
    parser.add_argument("--only", default="", help="part of a label")
    asked = parser.parse_args()
    expected = rm1.expected_flow(rm1.load_world(asked.n, asked.graph))
    first = next(entry for entry in ENTRIES if entry.label == REFERENCE)
    reference = replicas(first, asked.n, asked.ref, 1_000_000, asked.graph)
    print(
        f"{'framework':<24}{'runs':>5}{'chi2/df, year 1':>17}{'worst z, shares':>17}{'mean z2':>9}"
        f"{'worst z, moves':>16}{'mean z2':>9}{'moved a year':>14}"
    )
    for entry in ENTRIES:
        if asked.only not in entry.label:
            continue
        s = compare(*replicas(entry, asked.n, asked.reps, 1, asked.graph), reference, expected)
        print(
            f"{entry.label:<24}{asked.reps:>5}{s['chi2']:>12.0f} / {s['df']}{s['worst_share']:>15.2f}"
            f"{s['share_z2']:>9.2f}{s['worst_move']:>16.2f}{s['move_z2']:>9.2f}{s['moved']:>14.4f}",
            flush=True,
        )
    worst = [np.sqrt(2 * np.log(count)) for count in (rm1.H, s["cells"])]
    print(
        f"Expected: worst |z| about {worst[0]:.1f} of {rm1.H} shares and {worst[1]:.1f} of {s['cells']} cells, "
        "mean z2 about 1"
    )


if __name__ == "__main__":
    main()
