"""Source files in, rows out: reading, rounding and splitting, shared by every builder."""

import csv
import math
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

DATA = Path(__file__).resolve().parent.parent / "data"
Row = dict[str, str]

# The prepared tables know 37 hubs; these two are split off rest_of_eu.
SPLIT_OFF = {"rest_of_germany": "deu", "rest_of_france": "fra"}


@cache
def source(name: str) -> list[Row]:
    """Rows of ``data/sources/<name>.csv``."""
    return _read(DATA / "sources" / f"{name}.csv")


@cache
def primary(name: str) -> list[Row]:
    """Rows of ``data/<name>.csv``, a table kept by hand."""
    return _read(DATA / f"{name}.csv")


def _read(path: Path) -> list[Row]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def hubs() -> list[str]:
    """The 39 hubs in the order of every hub axis."""
    return [row["hub"] for row in source("hub_places")]


def country_of() -> dict[str, str]:
    """Country of every hub."""
    return {row["hub"]: row["country"] for row in source("hub_places")}


def countries() -> list[str]:
    """The 21 countries in the order of every country axis."""
    return [row["country"] for row in primary("countries")]


def homes() -> list[str]:
    """The 25 homes in the order of every home axis."""
    return [row["home"] for row in primary("homes")]


def worst(*grades: str) -> str:
    """The weakest of several evidence grades (D is weaker than A)."""
    return max(grades)


def normalised(weights: Mapping[str, float]) -> dict[str, float]:
    """``weights`` divided by their sum."""
    total = math.fsum(weights.values())
    return {key: value / total for key, value in weights.items()}


def whole_numbers(values: Mapping[str, float], total: int) -> dict[str, int]:
    """Integers near ``values`` that add up to ``total`` (largest remainders first)."""
    floors = {key: math.floor(value) for key, value in values.items()}
    missing = total - sum(floors.values())
    by_remainder = sorted(values, key=lambda key: (floors[key] - values[key], key))
    for key in by_remainder[:missing]:
        floors[key] += 1
    return floors


def share_texts(weights: Mapping[str, float], digits: int = 6) -> dict[str, str]:
    """Shares as decimal texts that add up to exactly one.

    >>> share_texts({"a": 1, "b": 1, "c": 1}, 2)
    {'a': '0.34', 'b': '0.33', 'c': '0.33'}
    """
    unit = 10**digits
    parts = whole_numbers({key: share * unit for key, share in normalised(weights).items()}, unit)
    return {key: f"{part / unit:.{digits}f}" for key, part in parts.items()}


def mean(pairs: Iterable[tuple[float, float]]) -> float:
    """Weighted mean of (value, weight) pairs."""
    pairs = list(pairs)
    return math.fsum(value * weight for value, weight in pairs) / math.fsum(weight for _, weight in pairs)


def as_csv(rows: list[Row]) -> str:
    """The text of a table: a head line, then one line a row, ending in newlines."""
    lines: list[str] = []
    writer = csv.DictWriter(_Lines(lines), fieldnames=list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return "".join(lines)


class _Lines:
    """A file-like list, all that ``csv`` asks of a file."""

    def __init__(self, lines: list[str]):
        self.write = lines.append
