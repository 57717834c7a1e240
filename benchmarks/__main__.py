"""``python -m benchmarks [speed | peers | readme]``: medians of several with their spread, as a table and as JSON.

``speed`` measures the engine and the commands, ``peers`` runs RM1 in every framework side by side, ``readme`` writes
the tables of README.md anew out of latest.json. Every measurement runs in a process of its own, waits for idle cores,
and its kernels are compiled before the clock starts; ~ marks a time while which others used the cores. A complete
measurement is stored in latest.json and written into README.md. Absolute times belong to the machine; ratios within
one run travel better.
"""

import argparse
import json
import subprocess
import sys

from benchmarks import report
from benchmarks.cases import cases
from benchmarks.commands import ROOT
from benchmarks.peers import side_by_side

GRAPHS = ("smallworld", "regular")


def speed(asked):
    """Measure the engine and the commands; the rows."""
    rows = []
    for name in (name for name in cases(asked.quick) if asked.only in name):
        command = [sys.executable, "-m", "benchmarks.cases", name, "--repeats", "3" if asked.quick else "5"]
        command += ["--patience", str(asked.patience), *["--quick"] * asked.quick]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        if done.returncode:
            print(done.stderr, file=sys.stderr)
            raise SystemExit(f"{name}: failed")
        rows += _shown(json.loads(done.stdout.splitlines()[-1]))
    return rows + _shown(report.derived(rows))


def _shown(rows):
    rows = list(rows)
    for row in rows:
        print(report.line(row), flush=True)
    return rows


def peers(asked):
    """Measure RM1 in every framework; the rows."""
    sizes = asked.n or ((10_000, 100_000) if asked.quick else side_by_side.SIZES)
    stamp = report.machine() if _is_complete(asked) else None
    print(report.PEER_HEADING, flush=True)
    rows = []
    for graph in asked.graph:
        for row in side_by_side.measure(sizes, graph, asked.only, 1 if asked.quick else 3, asked.patience, stamp):
            rows = list(side_by_side.with_ratios([*rows, row]))
            print(report.peer_line(rows[-1]), flush=True)
    return rows


def main():
    """Measure, print and store."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__.split("\n")[0])
    parser.add_argument("part", nargs="?", choices=("speed", "peers", "readme"), default="speed")
    parser.add_argument("--quick", action="store_true", help="small populations, few repeats; nothing is stored")
    parser.add_argument("--only", default="", metavar="PATTERN", help="names that contain it; nothing is stored")
    parser.add_argument("--patience", type=float, default=60.0, help="seconds to wait for idle cores (60)")
    parser.add_argument("--graph", nargs="+", choices=GRAPHS, default=GRAPHS[:1], help="ties of the peers")
    parser.add_argument("--n", type=int, nargs="+", help="populations of the peers; nothing is stored")
    asked = parser.parse_args()
    if asked.part == "readme":
        return report.write_readme()
    rows = {"speed": speed, "peers": peers}[asked.part](asked)
    if _is_complete(asked):
        report.store(asked.part, rows)
        report.write_readme()
        side_by_side.finish()
    return None


def _is_complete(asked):
    return not (asked.quick or asked.only or asked.n)


if __name__ == "__main__":
    main()
