"""Build the record of a run: its inputs, its name and digest; compare a replay with it."""

import hashlib
import json
import re
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from sim import custom_world
from sim.arguments import is_device
from sim.errors import ResultError
from sim.scenario.assumptions import ASSUMPTIONS, records
from sim.scenario.describe import resolved_toml

LONGEST_NAME = 50  # letters, of several scenarios together
PAST_RULES = "Rules of the time"  # title of a run from a past year without policies
FORMAT = 1  # of the folder: raised when an older reader could misread a newer one

# What decides the arrays, and the words of the scenarios. Workers and timings do not.
INPUTS = (
    "scenario",
    "baseline",
    "population",
    "replicates",
    "years",
    "start",
    "seed",
    "uncertainty",
    "assumptions",
)
SETTINGS = ("population", "replicates", "years", "start", "seed", "uncertainty")


def sha256(path) -> str:
    """Return the hexadecimal SHA-256 of a file."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@cache  # this process runs the code that it has read
def code_digest() -> str:
    """Return the SHA-256 of all code that decides a result; code that only displays results is left out."""
    root = Path(__file__).parents[1]
    total = hashlib.sha256(f"numpy {version('numpy')}, numba {version('numba')}".encode())
    for path in sorted(root.rglob("*")):
        room = path.relative_to(root).parts[0]
        if path.suffix in (".py", ".csv") and room not in ("show", "cli", "scenarios"):
            total.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes())
    return total.hexdigest()


def digest(record) -> str:
    """Return twelve hexadecimal digits over everything that decides the arrays, known before the run."""
    inputs = {key: record[key] for key in INPUTS} | {"digests": record["digests"]}
    return hashlib.sha256(to_json(inputs, sort_keys=True).encode()).hexdigest()[:12]


def folder_name(record) -> str:
    """Return ``<scenario>-<digest>``, safe on every file system; a stack a+b becomes a_and_b.

    >>> folder_name({k: 0 for k in INPUTS} | {"name": "h1b_fee+eu: x", "digests": {}})
    'h1b_fee_and_eu_x-...'
    """
    return f"{plain(record['name'])}-{digest(record)}"


def plain(name) -> str:
    """Return a file name for ``name`` that is valid on every file system, at most 80 characters long."""
    name = re.sub(r"[^\w.-]+", "_", name.replace("+", "_and_"), flags=re.ASCII).strip("._")[:80] or "scenario"
    return f"_{name}" if is_device(name) else name


def inputs(arms, baseline, declared, chosen) -> dict:
    """Return the first part of the record of a study: everything that decides its arrays, known before it runs.

    Parameters
    ----------
    arms : dict of label -> Scenario
    baseline : Scenario
    declared : dict of name -> Assumption
    chosen : dict of every one of ``SETTINGS``, the population as a number of agents

    Returns
    -------
    dict with ``name``, ``digests`` and every one of ``INPUTS``: enough for :func:`folder_name`
    """
    # scenarios fully written out, so that the record does not depend on files that may change
    written = {label: resolved_toml(scenario) for label, scenario in arms.items()}
    return {
        "name": _together([scenario.name for scenario in arms.values()]),
        "title": _title(arms, chosen["start"]),
        "question": " ".join(dict.fromkeys(s.question for s in arms.values() if "+" not in s.name or len(arms) == 1)),
        "scenario": "\n".join(f"# {label}\n{text}" for label, text in written.items())
        if len(written) > 1
        else next(iter(written.values())),
        "baseline": resolved_toml(baseline),
        **chosen,
        "assumptions": records(declared),
        "digests": {"code": code_digest()} | ({"world": custom_world.digest()} if custom_world.texts() else {}),
    }


def title_of(scenario, start) -> str:
    """Return the title of a scenario in a run from ``start``; without policies a past start has the rules of its time.

    Those of the shipped baseline are called rules of mid-2025.
    """
    is_past = start < custom_world.PRESENT and not scenario.policies
    return PAST_RULES if is_past else scenario.title


def _title(arms, start) -> str:
    """Return the title of a study: that of its only scenario, or how many were compared, with stacks apart."""
    if len(arms) == 1:
        return title_of(next(iter(arms.values())), start)
    # stacks are counted apart if at least two scenarios are compared alone
    stacked = sum("+" in label for label in arms)
    if not 0 < stacked <= len(arms) - 2:  # not of the others: scenarios like any
        return f"{len(arms)} scenarios compared"
    return f"{len(arms) - stacked} scenarios compared, and {'a stack' if stacked == 1 else f'{stacked} stacks'} of them"


def _together(names) -> str:
    """Return the name of a study of several scenarios: all their names if they are short."""
    name = "_vs_".join(names)
    return name if len(name) <= LONGEST_NAME else f"{names[0]}_vs_{len(names) - 1}_others"


def settings(record) -> dict:
    """Return the keyword arguments of ``run`` that repeat a recorded run, without scenario and baseline."""
    known = {key: record[key] for key in SETTINGS}
    return known | {"assumptions": _changes(record["assumptions"])}


def _changes(rows) -> dict:
    """Return the assumptions that differ from their declaration, as a mapping that ``override`` takes."""
    changed = {}
    for row in rows:
        if row["name"] not in ASSUMPTIONS:
            raise ResultError(row["name"], "is no assumption of this version: the run cannot be repeated with it")
        # a fixed value, or another range than declared
        declared, span = ASSUMPTIONS[row["name"]], {key: row[key] for key in ("central", "low", "high")}
        if row["held"] is not None:
            changed[row["name"]] = row["held"]
        elif span != {key: getattr(declared, key) for key in span}:
            changed[row["name"]] = span
    return changed


def compare(a, b) -> list[str]:
    """Return the names of the variables and coordinates in which two datasets differ by any bit.

    Parameters
    ----------
    a, b : xarray.Dataset

    Returns
    -------
    list of str, sorted; empty when the two are equal
    """
    return sorted(
        name
        for name in set(a.variables) | set(b.variables)
        if name not in a.variables
        or name not in b.variables
        or a[name].dims != b[name].dims
        or not np.array_equal(a[name].values, b[name].values, equal_nan=a[name].dtype.kind == "f")
    )


def plain_values(content) -> Any:
    """Convert a mapping or table to values for JSON: tables become lists of rows, NaN becomes None."""
    # tables and mappings are converted all the way down
    if hasattr(content, "to_dict"):  # a DataFrame: pandas itself is not imported, as workers do without it
        return [plain_values(row) for row in content.to_dict("records")]
    if isinstance(content, dict):
        return {key: plain_values(value) for key, value in content.items()}
    if isinstance(content, list | tuple):
        return [plain_values(value) for value in content]
    if isinstance(content, float) and not np.isfinite(content):
        return None
    return content


def to_json(value, **options) -> str:
    """Return JSON text; numpy numbers and arrays become plain ones, and numbers that are not finite are refused."""
    return json.dumps(value, allow_nan=False, ensure_ascii=False, default=lambda x: x.tolist(), **options)
