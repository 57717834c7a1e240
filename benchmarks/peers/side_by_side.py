"""All frameworks on the same worlds in one run: build, years, memory, and the ratios to ours and to the limit.

Every measurement is a process of its own in the framework's environment. It waits for idle cores, and a round in which
others used more than ``DISTURBED`` cores is tried again. The median over rounds of the median year is what counts.
"""

import statistics
import subprocess
import sys

from benchmarks.peers.environments import python_of
from benchmarks.peers.frameworks import ENTRIES, LIMIT, OURS

DISTURBED = 0.08  # cores
SECONDS = 2.0  # of replicas in a round, at least one
LONG = 60.0  # seconds of one replica beyond which a single round must do
SIZES = (10_000, 100_000, 1_900_000)


def measure(sizes=SIZES, graph="smallworld", only="", rounds=3, patience=60.0):
    """Time every framework whose label contains ``only``.

    Yields
    ------
    dict, one a framework and size: medians over rounds
    """
    for n in sizes:
        for entry in ENTRIES:
            if only in entry.label and n <= entry.largest and _is_there(entry):
                yield summary(list(_rounds(entry, n, graph, rounds, patience)))


def _is_there(entry):
    there = python_of(entry.environment).exists()
    if not there:
        print(
            f"{entry.label}: no environment; python -m benchmarks.peers.environments {entry.environment}",
            file=sys.stderr,
        )
    return there


def _rounds(entry, n, graph, rounds, patience):
    """The rounds that count: undisturbed ones, or what there is after three times as many."""
    kept = 0
    for attempt in range(3 * rounds):
        try:
            row = entry.row("--n", n, "--graph", graph, "--seconds", SECONDS, "--reps", 40, "--patience", patience)
        except subprocess.CalledProcessError as failed:
            print(f"{entry.label}, {n:,}: failed\n{failed.stderr[-2000:]}", file=sys.stderr)
            raise SystemExit(1) from None
        long = statistics.median(row["build_s"]) + 10 * row["year_s"] > LONG
        # "not below", so that unknown cores count as ours
        if not row["foreign_cores"] > DISTURBED or long or 3 * rounds - attempt <= rounds - kept:
            yield row
            kept += 1
        if kept == (1 if long else rounds):
            return


def summary(rounds):
    """One row out of the rounds of one framework and size."""
    years = [row["year_s"] for row in rounds]
    return {
        **{name: rounds[0][name] for name in ("label", "framework", "n", "graph")},
        "rounds": len(rounds),
        "year_s": statistics.median(years),
        "low": min(years),
        "high": max(years),
        "build_s": statistics.median(statistics.median(row["build_s"]) for row in rounds),
        "peak_mb": statistics.median(row["peak_mb"] for row in rounds),
        "foreign_cores": max(row["foreign_cores"] for row in rounds),
    }


def with_ratios(rows):
    """The rows with the years of a framework over ours and over the limit's; None where that one is missing."""
    year = {(row["label"], row["n"], row["graph"]): row["year_s"] for row in rows}
    for row in rows:
        ours, limit = (year.get((label, row["n"], row["graph"])) for label in (OURS, LIMIT))
        yield row | {"to_ours": ours and row["year_s"] / ours, "to_limit": limit and row["year_s"] / limit}
