"""All frameworks on the same worlds in one run: build, years, memory, and the ratios to ours and to the limit.

Every measurement is a process of its own in the framework's environment. It waits for idle cores, and a round in which
others used more than ``DISTURBED`` cores is tried again. The median over rounds of the median year is what counts.
Rows are kept on disk until the run is complete: an interrupted one goes on where it stopped.
"""

import json
import statistics
import subprocess
import sys

from benchmarks.peers.environments import FOLDER, python_of
from benchmarks.peers.frameworks import ENTRIES, LIMIT, OURS

DISTURBED = 0.08  # cores used by others, beyond which a time is marked or measured again
SECONDS = 1.5  # of replicas in a round, at least one
LONG = 10.0  # seconds of one replica beyond which a single round must do, a median of its years
LONGEST = 30.0  # seconds beyond which a replica is not run to its end: three years must do
SIZES = (10_000, 100_000, 1_900_000)
LIMITS = ("--seconds", SECONDS, "--longest", LONGEST, "--reps", 40)
UNFINISHED = FOLDER / "rows.jsonl"  # of a run that has not ended yet


def measure(sizes=SIZES, graph="smallworld", only="", rounds=3, patience=60.0, stamp=None):
    """Time every framework whose label contains ``only``.

    Parameters
    ----------
    stamp : what rows of an interrupted run must have been measured with to be taken over; None takes and keeps none

    Yields
    ------
    dict, one a framework and size: medians over rounds
    """
    kept = _kept(stamp) if stamp else {}
    for n in sizes:
        for entry in ENTRIES:
            if only in entry.label and n <= entry.largest and _is_there(entry):
                row = kept.get((entry.label, n, graph))
                if row is None:
                    row = summary(list(_rounds(entry, n, graph, rounds, patience)))
                    if stamp:
                        _keep(row, stamp)
                yield row


def _kept(stamp):
    """Rows of an interrupted run with this stamp, by label, size and ties."""
    lines = UNFINISHED.read_text(encoding="utf-8").splitlines() if UNFINISHED.exists() else []
    found = [row for line in lines for stamped, row in [json.loads(line)] if stamped == stamp]
    if found:
        print(f"{len(found)} rows of a run that was interrupted; to begin anew, remove {UNFINISHED}", file=sys.stderr)
    return {(row["label"], row["n"], row["graph"]): row for row in found}


def _keep(row, stamp):
    """Put a row on disk until :func:`finish`."""
    with UNFINISHED.open("a", encoding="utf-8") as file:
        file.write(json.dumps([stamp, row]) + "\n")


def finish():
    """Forget the rows of a run that is complete."""
    UNFINISHED.unlink(missing_ok=True)


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
            row = entry.row("--n", n, "--graph", graph, "--patience", patience, *LIMITS)
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
