"""Read source files and round, split and write tables: helpers of all builders."""

import csv
import math
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

from sim.errors import WorldError
from sim.texts import csv_rows

DATA = Path(__file__).resolve().parent.parent / "data"
Row = dict[str, str]

# The source tables have 37 hubs; these two are split off rest_of_eu.
SPLIT_OFF = {"rest_of_germany": "deu", "rest_of_france": "fra"}


@cache
def source(name: str) -> list[Row]:
    """Return the rows of ``data/sources/<name>.csv``."""
    return _read(DATA / "sources" / f"{name}.csv")


@cache
def primary(name: str) -> list[Row]:
    """Return the rows of ``data/<name>.csv``, a table that is edited by hand."""
    return _read(DATA / f"{name}.csv")


def _read(path: Path) -> list[Row]:
    """Return the rows of a CSV file, as text."""
    with path.open(newline="", encoding="utf-8") as file:
        return [row for _, row in csv_rows(file, path.name, WorldError)]


def hubs() -> list[str]:
    """Return the 39 hubs in the order of the hub axis."""
    return [row["hub"] for row in source("hub_places")]


def country_of() -> dict[str, str]:
    """Return the country of each hub."""
    return {row["hub"]: row["country"] for row in source("hub_places")}


def countries() -> list[str]:
    """Return the 21 countries in the order of the country axis."""
    return [row["country"] for row in primary("countries")]


def homes() -> list[str]:
    """Return the 25 homes in the order of the home axis."""
    return [row["home"] for row in primary("homes")]


def worst(*grades: str) -> str:
    """Return the weakest of several evidence grades (D is weaker than A)."""
    return max(grades)


def normalised(weights: Mapping[str, float]) -> dict[str, float]:
    """Return ``weights`` divided by their sum."""
    total = math.fsum(weights.values())
    return {key: value / total for key, value in weights.items()}


def whole_numbers(values: Mapping[str, float], total: int) -> dict[str, int]:
    """Round ``values`` to integers that sum to ``total``, by the method of largest remainders."""
    floors = {key: math.floor(value) for key, value in values.items()}
    missing = total - sum(floors.values())
    by_remainder = sorted(values, key=lambda key: (floors[key] - values[key], key))
    for key in by_remainder[:missing]:
        floors[key] += 1
    return floors


def share_texts(weights: Mapping[str, float], digits: int = 6) -> dict[str, str]:
    """Return shares as decimal texts that sum to exactly one.

    >>> share_texts({"a": 1, "b": 1, "c": 1}, 2)
    {'a': '0.34', 'b': '0.33', 'c': '0.33'}
    """
    unit = 10**digits
    parts = whole_numbers({key: share * unit for key, share in normalised(weights).items()}, unit)
    return {key: f"{part / unit:.{digits}f}" for key, part in parts.items()}


def mean(pairs: Iterable[tuple[float, float]]) -> float:
    """Return the weighted mean of (value, weight) pairs."""
    pairs = list(pairs)
    return math.fsum(value * weight for value, weight in pairs) / math.fsum(weight for _, weight in pairs)


def as_csv(rows: list[Row]) -> str:
    """Return the text of a table: a line of column names, then one line for each row."""
    lines: list[str] = []
    writer = csv.DictWriter(_Lines(lines), fieldnames=list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return "".join(lines)


class _Lines:
    """A list with the ``write`` method that the ``csv`` module needs."""

    def __init__(self, lines: list[str]) -> None:
        self.write = lines.append
