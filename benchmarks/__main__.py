"""``python -m benchmarks [--quick]``: medians of several, with their spread, as a table and as JSON beside it.

Every measurement runs in a process of its own, with kernels compiled before the clock starts. Absolute times belong to
the machine; ratios within one run travel better.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from pathlib import Path

from benchmarks import cases

FOLDER = Path(__file__).parent


def measure(case, *arguments):
    """What a case prints as JSON, run in a fresh process."""
    command = [sys.executable, "-m", "benchmarks.cases", case, *map(str, arguments)]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()[-1])


def wall(*command):
    """Seconds of a whole command."""
    begun = time.perf_counter()
    subprocess.run(command, capture_output=True, check=True)
    return time.perf_counter() - begun


def rows(repeats, sizes):
    """Every measurement: (what, unit, values)."""
    python = sys.executable
    for size in sizes:
        found = measure("arm", size, repeats)
        yield f"build a world of {size:,}", "s", found["build"]
        yield f"10 years of {size:,}, one arm, full model", "s", found["run"]
        yield f"the same without ties, {size:,}", "s", found["no_ties"]
        yield f"peak memory, {size:,}", "GB", [found["peak_gb"]]
        yield f"bytes an engineer beside ties, {size:,}", "bytes", [found["bytes_each"]]
    phases = measure("phases", 100_000)
    for name, share in phases.items():
        yield f"part of a year at 100,000: {name}", "%", [share]
    for name, found in measure("seeds", 20_000, 40).items():
        yield f"effect of {name} on a share, 10 years", "pp", [found["effect_pp"]]
        yield "its variance, common over independent seeds", "ratio", [found["ratio"]]
    forked = measure("fork", 100_000, repeats)
    yield "a pair that differs from 2031 on, past run for each arm", "s", forked["2026"]
    yield "the same, past run once", "s", forked["2031"]
    yield "fit of the hub constants to one draw", "s", measure("fit", repeats)["fit"]
    talentflow = (python, "-c", "from sim.cli import main; main()")
    yield "talentflow --help", "s", [wall(*talentflow, "--help") for _ in range(repeats)]
    yield "import sim", "s", [wall(python, "-c", "import sim") for _ in range(repeats)]
    run = (*talentflow, "run", "h1b_fee", "--quiet", "--force", "--out", cases.scratch())
    yield "talentflow run h1b_fee, defaults, warm", "s", [wall(*run) for _ in range(max(1, repeats // 2))]


def main():
    """Measure everything, print the table and write ``benchmarks/latest.json``."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__.split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="fewer repeats and no full world")
    quick = parser.parse_args().quick
    found = []
    for what, unit, values in rows(3 if quick else 5, (20_000, 100_000) if quick else (100_000, 1_000_000, 1_900_000)):
        middle = statistics.median(values)
        found.append({"what": what, "unit": unit, "median": middle, "low": min(values), "high": max(values)})
        print(f"{what:<66} {middle:>10.3f} {unit:<6} [{min(values):.3f}, {max(values):.3f}]", flush=True)
    machine = {"cores": os.cpu_count(), "machine": platform.machine(), "python": platform.python_version()}
    report = {"machine": machine, "versions": cases.versions(), "rows": found}
    (FOLDER / "latest.json").write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
