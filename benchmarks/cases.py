"""The list of measurements; ``python -m benchmarks.cases NAME`` makes one and prints its rows as a line of JSON."""

import argparse
import json
from importlib import import_module

from benchmarks.clock import Clock
from benchmarks.report import FULL, LARGEST, MIDDLE

SIZES = (MIDDLE, 1_000_000, FULL, 5_000_000, LARGEST)


def cases(quick=False):
    """Every measurement in the order of the table.

    Parameters
    ----------
    quick : bool, small populations only

    Returns
    -------
    dict of name -> (function as ``module.function``, arguments after the clock)
    """
    sizes = (20_000, MIDDLE) if quick else SIZES
    small_and_full = (MIDDLE,) if quick else (MIDDLE, FULL)
    found = {}
    for size in sizes:
        for function in ("building", "running", "without_ties", "without_visas"):
            found[f"{function} {size:,}"] = (f"engine.{function}", [size])
    for size in small_and_full:
        for function in ("cached", "threads", "pairs", "phases"):
            found[f"{function} {size:,}"] = (f"engine.{function}", [size])
    found["fixed"] = ("engine.fixed", [2_000])
    found["seeds"] = ("studies.seeds", [5_000 if quick else 20_000, 40])
    found["fork"] = ("studies.fork", [MIDDLE])
    found["fit"] = ("studies.fit", [])
    for name in ("quick", "warm", "unseen", "cold"):
        found[f"commands, {name}"] = (f"commands.{name}", [])
    for size in (5_000,) if quick else (50_000, FULL):
        found[f"cluster {size:,}"] = ("scale.cluster", [size])
    found["sweep"] = ("commands.sweep", [5_000 if quick else 50_000])
    return found


def main():
    """Make one measurement in this process."""
    parser = argparse.ArgumentParser()
    parser.add_argument("name")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--repeats", type=int)
    parser.add_argument("--patience", type=float)
    asked = parser.parse_args()
    function, arguments = cases(asked.quick)[asked.name]
    module, _, name = function.partition(".")
    clock = Clock(asked.repeats, asked.patience)
    getattr(import_module(f"benchmarks.{module}"), name)(clock, *arguments)
    print(json.dumps(clock.rows))


if __name__ == "__main__":
    main()
