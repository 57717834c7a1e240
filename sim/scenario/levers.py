"""Every lever, declared once: what a policy may change, in which unit, between which limits.

A ``Family`` is declared once per kind of rule and expanded to one ``Lever`` for every country, route or
hub of the world tables. ``field`` and ``index`` say where its value stands in the rules: arrays by
field, ordered as the rows of the tables that ``catalogue`` reads, or as all pairs of two of them.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from itertools import product
from math import prod

import numpy as np

from sim.errors import ScenarioError, WorldError, nearest
from sim.own_world import kept_by_world
from sim.own_world import rows as _rows
from sim.scenario.lever_table import FAMILIES, SELECTIONS, Family

MOST_ALTERNATIVES = 1000
BY_DEFINITION = "definition: what the baseline is measured by"
DTYPES = {"number": np.float64, "integer": np.float64, "flag": np.bool_, "choice": np.int64}


@dataclass(frozen=True)
class Lever:
    """One value that a policy may change; ``present`` is its value under the baseline's rules."""

    path: str
    field: str
    index: int
    unit: str
    low: float
    high: float
    kind: str  # number, integer, flag or choice
    choices: tuple[str, ...]
    may_be_none: bool  # "none" stands for no limit
    place: str  # as people say it: "United States, H-1B"
    what: str
    meaning: str
    reaches: str
    present: float
    source: str
    grade: str


@kept_by_world()
def catalogue() -> dict[str, Lever]:
    """Return every lever by its path, in the order of declaration and of the world tables."""
    tables = {name: _rows(name) for name in ("countries", "routes", "hubs", "homes", "tax_relief", "sectors")}
    tables |= {"tiers": _rows("tier_factors"), "roles": _rows("role_factors")}
    tables["origins"] = [
        {"country": to["country"], "home": of["home"], "name": f"{to['name']}, engineers from {of['name']}"}
        for to, of in product(tables["countries"], tables["homes"])
    ]
    tables["hub_sectors"] = [
        {"hub": hub["hub"], "sector": sector["sector"], "name": f"{hub['name']}, {sector['name']}"}
        for hub, sector in product(tables["hubs"], tables["sectors"])
    ]
    levers = (lever for family in FAMILIES for lever in _expand(family, tables))
    return {lever.path: lever for lever in levers}


def families() -> list[dict[str, str]]:
    """Return the kinds of levers: path with its placeholder, unit and meaning."""
    return [
        {
            "path": family.path.replace("{", "<").replace("}", ">"),
            "unit": family.unit or family.kind,
            "what": f"{family.what}: {family.meaning}",
        }
        for family in FAMILIES
    ]


def baseline_rules() -> dict[str, np.ndarray]:
    """Return the rules in force when no policy acts: field -> array on its axis (a fresh copy)."""
    rules: dict[str, list] = {}
    dtypes = {}
    for lever in catalogue().values():
        rules.setdefault(lever.field, []).append(lever.present)
        dtypes[lever.field] = DTYPES[lever.kind]
    return {field: np.array(values, dtype=dtypes[field]) for field, values in rules.items()}


def neutral_rules(counts: dict[str, int]) -> dict[str, np.ndarray]:
    """Return rules that take no figure from a table, for worlds other than the shipped one.

    ``counts`` says how many countries, hubs, homes and routes there are.
    """
    size = counts | {
        name: len(_rows(table))
        for name, table in (("tiers", "tier_factors"), ("roles", "role_factors"), ("sectors", "sectors"))
    }
    size |= {"origins": size["countries"] * size["homes"], "hub_sectors": size["hubs"] * size["sectors"]}
    return {family.field: np.full(size[family.axis], family.neutral, DTYPES[family.kind]) for family in FAMILIES}


def find(pattern: str) -> tuple[Lever, ...]:
    """Return the levers that ``pattern`` names; refuse a name, or a wildcard, that matches none.

    ``*`` stands for any text between dots, ``{a,b}`` for a or b.
    """
    found: dict[str, Lever] = {}
    for alternative in _braces(pattern):
        if "*" in alternative:
            matches = {path: lever for path, lever in catalogue().items() if _matches(path, alternative)}
        else:
            matches = {alternative: catalogue()[alternative]} if alternative in catalogue() else {}
        if not matches:
            raise ScenarioError(alternative, f"no such lever{nearest(alternative, catalogue())}")
        found |= matches
    return tuple(found.values())


def _matches(path: str, pattern: str) -> bool:
    segments, wanted = path.split("."), pattern.split(".")
    return len(segments) == len(wanted) and all(map(fnmatchcase, segments, wanted))


def _braces(pattern: str) -> Iterator[str]:
    parts = re.split(r"\{([^{}]*)\}", pattern)  # text, alternatives, text, ...
    choices = [part.split(",") if k % 2 else [part] for k, part in enumerate(parts)]
    if prod(map(len, choices)) > MOST_ALTERNATIVES:
        raise ScenarioError(pattern, f"more than {MOST_ALTERNATIVES} alternatives")
    return ("".join(name.strip() for name in names) for names in product(*choices))


def _expand(family: Family, tables: dict[str, list[dict]]) -> Iterator[Lever]:
    names = {row["country"]: row["name"] for row in tables["countries"]}
    for index, row in enumerate(tables[family.axis]):
        bearer = _bearer(family, row, tables)
        at_home = names.get(row.get("country", ""), "")
        yield Lever(
            path=family.path.format(**row),
            field=family.field,
            index=index,
            unit=family.unit,
            low=family.low,
            high=family.high,
            kind=family.kind,
            choices=SELECTIONS if family.kind == "choice" else (),
            may_be_none=family.may_be_none,
            place=f"{at_home}, {_short(row['name'])}" if family.axis == "routes" else row["name"],
            what=family.what,
            meaning=family.meaning,
            reaches=family.reaches,
            present=_present(family, bearer, row),
            source=bearer["source"] if family.column else BY_DEFINITION,
            grade=bearer[family.graded] if family.column else "A",
        )


def _short(name: str) -> str:
    return re.sub(r" \([^)]*\)", "", name)


def _bearer(family: Family, row: dict, tables: dict[str, list[dict]]) -> dict:
    """Return the row that holds the present value: its own, or the country's row of tax_relief.csv."""
    if not family.aimed_at:
        return row
    for relief in tables["tax_relief"]:
        if (relief["country"], relief["aimed_at"]) == (row["country"], family.aimed_at):
            return relief
    raise WorldError("tax_relief.csv", row["country"], f"no row for {family.aimed_at}")


def _present(family: Family, bearer: dict, row: dict) -> float:
    if not family.column:
        return family.neutral
    text = bearer[family.column].strip()
    if family.kind == "choice":
        return _choice(text, row)
    if not text:
        return family.neutral
    words = {"true": 1.0, "false": 0.0, "none": float("inf")}
    try:
        present = words[text.lower()] if text.lower() in words else float(text)
    except ValueError:
        present = float("nan")
    if not (family.low <= present <= family.high or (family.may_be_none and text.lower() == "none")):
        limits = f"{text!r} is not in [{family.low:,.10g}, {family.high:,.10g}] {family.unit}"
        raise WorldError(f"{family.axis}.csv", row["name"], family.column, limits)
    return present


def _choice(text: str, row: dict) -> int:
    if text not in SELECTIONS:
        raise WorldError("routes.csv", row["name"], f"{text!r} is not one of {', '.join(SELECTIONS)}")
    return SELECTIONS.index(text)
