"""Files of flows between countries (year, orig, dest, n), read and checked: scholars' or a user's own."""

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from sim.errors import WorldError, nearest

SOURCES = Path(__file__).parent / "data" / "sources"
SHIPPED = SOURCES / "scholar_flows.csv"
COLUMNS = ("year", "orig", "dest", "n")
FIRST, LAST = 1900, 2100
MOST = 1e10  # persons in a flow: more than there are
LIMIT_BYTES = 200_000_000  # a hundred times what ships
# ISO 3166 codes that no shipped table has: their people belong to the rest of the world
TOO_SMALL = frozenset("ALA ATA ATF BLM BVT CCK CXR GGY HMD IOT MAF NFK PCN SGS SJM UMI".split())


@dataclass(frozen=True)
class Flows:
    """Flows by year and ordered pair of countries, in persons."""

    years: tuple  # ascending
    countries: tuple  # ISO 3166 alpha-3
    n: np.ndarray  # (year, origin, destination)

    def between(self, first, last):
        """(year, origin, destination) of the years from ``first`` to ``last``, both included."""
        return self.n[[k for k, year in enumerate(self.years) if first <= year <= last]]


@cache
def known_countries():
    """Codes that a flow file may use: every country of the shipped tables."""
    found = {row["country"] for row in read_source("scholar_stocks")}
    found |= {row[end] for row in read_source("cepii_countries") for end in ("orig", "dest")}
    found |= {row["country"].upper() for row in read_source("home_groups")}
    return TOO_SMALL.union(found)


@cache
def read_source(name):
    """Rows of a shipped source file, as text."""
    with (SOURCES / f"{name}.csv").open(newline="", encoding="utf-8") as file:
        return tuple(csv.DictReader(file))


def read_flows(path=None):
    """Flows of a file with the columns year, orig, dest and n; the shipped flows of scholars if ``path`` is None.

    Pairs that a year does not name have no flow in it.

    Returns
    -------
    Flows

    Raises
    ------
    WorldError
        one line that names file, line, column and value: a column that is missing, a year or a number that is none,
        a negative flow, an unknown country, a country to itself, a pair twice in a year
    """
    path = SHIPPED if path is None else Path(path)
    try:
        if path.is_file() and path.stat().st_size > LIMIT_BYTES:
            raise WorldError(path.name, f"{path.stat().st_size:,} bytes are too many; the limit is {LIMIT_BYTES:,}")
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = csv.DictReader(file)
            _check_head(path.name, rows.fieldnames or [])
            found = {}
            for row in rows:
                year, *pair, n = _flow(path.name, rows.line_num, row)
                key = (year, *pair)
                if key in found:
                    twice = f"{pair[0]} to {pair[1]} in {year} stands twice"
                    raise WorldError(path.name, f"line {rows.line_num}", twice)
                found[key] = n
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        why = getattr(error, "strerror", None) or error
        raise WorldError(path.name, f"cannot be read ({why})") from None
    if not found:
        raise WorldError(path.name, "holds no flows")
    return _as_flows(found)


def _check_head(name, head):
    for column in COLUMNS:
        if column not in head:
            listed = ", ".join(head) or "nothing"
            raise WorldError(name, "line 1", f"no column {column}; expected {', '.join(COLUMNS)}, found {listed}")


def _flow(name, line, row):
    """(year, origin, destination, n) of a row, or one line that says what is wrong with it."""
    year, n = (_number(name, line, column, row[column]) for column in ("year", "n"))
    if year != int(year) or not FIRST <= year <= LAST:
        raise WorldError(name, f"line {line}", "year", f"{row['year']} is no whole year in [{FIRST}, {LAST}]")
    if not 0 <= n <= MOST:
        raise WorldError(name, f"line {line}", "n", f"{row['n']} is not in [0, {MOST:g}] persons")
    for end in ("orig", "dest"):
        if row[end] not in known_countries():
            near = nearest(str(row[end]).upper(), known_countries())
            raise WorldError(name, f"line {line}", end, f"unknown country {row[end]!r} (ISO 3166 alpha-3){near}")
    if row["orig"] == row["dest"]:
        raise WorldError(name, f"line {line}", f"{row['orig']} to itself: a flow has two countries")
    return int(year), row["orig"], row["dest"], n


def _number(name, line, column, text):
    try:
        value = float(text)
    except (TypeError, ValueError):
        value = np.nan
    if not np.isfinite(value):
        raise WorldError(name, f"line {line}", column, f"{text!r} is no number")
    return value


def _as_flows(found):
    years = sorted({year for year, _, _ in found})
    countries = sorted({country for _, *pair in found for country in pair})
    year_at, at = ({name: k for k, name in enumerate(names)} for names in (years, countries))
    n = np.zeros((len(years), len(countries), len(countries)))
    for (year, orig, dest), persons in found.items():
        n[year_at[year], at[orig], at[dest]] = persons
    return Flows(tuple(years), tuple(countries), n)
