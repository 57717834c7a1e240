"""Read and check files of migration flows between countries, and estimate from them where scholars come from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

import numpy as np

from sim.arguments import user_path
from sim.errors import WorldError, nearest
from sim.texts import csv_rows, number_in

SOURCES = Path(__file__).parent / "data" / "sources"
SHIPPED = SOURCES / "scholar_flows.csv"
COLUMNS = ("year", "orig", "dest", "n")
FIRST, LAST = 1900, 2100
MOST = 1e10  # persons in a flow: more than there are
LIMIT_BYTES = 200_000_000  # a hundred times the shipped file
# ISO 3166 codes without a row in the shipped tables: their people count as the rest of the world
TOO_SMALL = frozenset("ALA ATA ATF BLM BVT CCK CXR GGY HMD IOT MAF NFK PCN SGS SJM UMI".split())


@dataclass(frozen=True)
class Flows:
    """Migration flows by year and ordered pair of countries, in persons."""

    years: tuple  # ascending
    countries: tuple  # ISO 3166 alpha-3
    n: np.ndarray  # (year, origin, destination)

    def between(self, first: int, last: int) -> np.ndarray:
        """Return the flows of the years ``first`` to ``last``, both included: (year, origin, destination) persons."""
        return self.n[[k for k, year in enumerate(self.years) if first <= year <= last]]


@cache
def known_countries() -> frozenset[str]:
    """Return the country codes that a flow file may use: every country of the shipped tables."""
    codes = {row["country"] for row in read_source("scholar_stocks")}
    codes |= {row[end] for row in read_source("cepii_countries") for end in ("orig", "dest")}
    codes |= {row["country"].upper() for row in read_source("home_groups")}
    return TOO_SMALL.union(codes)


@cache
def read_source(name: str) -> tuple[dict[str, str], ...]:
    """Return the rows of the shipped source file ``name``.csv, as text."""
    with (SOURCES / f"{name}.csv").open(newline="", encoding="utf-8") as file:
        return tuple(row for _, row in csv_rows(file, f"{name}.csv", WorldError))


def read_flows(path: str | Path | None = None) -> Flows:
    """Read flows from a file with the columns year, orig, dest and n; the shipped flows of scholars if None.

    A pair of countries without a row in a year has no flow in it.

    Returns
    -------
    Flows

    Raises
    ------
    WorldError
        for a missing column, a year or a number that is none, a negative flow, an unknown country, a flow from a
        country to itself, and a pair that appears twice in a year; names file, line, column and value
    """
    path = SHIPPED if path is None else user_path(path)
    try:
        if path.is_file() and path.stat().st_size > LIMIT_BYTES:
            raise WorldError(path.name, f"{path.stat().st_size:,} bytes are too many; the limit is {LIMIT_BYTES:,}")
        with path.open(newline="", encoding="utf-8-sig") as file:
            flows = {}
            for line, row in csv_rows(file, path.name, WorldError, partial(_check_head, path.name)):
                year, origin, destination, n = _flow(path.name, line, row)
                key = year, origin, destination
                if key in flows:
                    twice = f"{origin} to {destination} in {year} appears twice"
                    raise WorldError(path.name, f"line {line}", twice)
                flows[key] = n
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or error
        raise WorldError(path.name, f"cannot be read ({why})") from None
    if not flows:
        raise WorldError(path.name, "holds no flows")
    return _as_flows(flows)


def _check_head(name: str, head: Sequence[str]) -> None:
    """Raise WorldError if a column is missing in the first line."""
    for column in COLUMNS:
        if column not in head:
            listed = ", ".join(head) or "nothing"
            raise WorldError(name, "line 1", f"no column {column}; expected {', '.join(COLUMNS)}, got {listed}")


def _flow(name: str, line: int, row: dict[str, str]) -> tuple[int, str, str, float]:
    """Return year, origin, destination and persons of a row; raise WorldError for a value that is not valid."""
    year, n = (_number(name, line, column, row[column]) for column in ("year", "n"))
    if year != int(year) or not FIRST <= year <= LAST:
        raise WorldError(name, f"line {line}", "year", f"{row['year']} is not a whole year in [{FIRST}, {LAST}]")
    if not 0 <= n <= MOST:
        raise WorldError(name, f"line {line}", "n", f"{row['n']} is not in [0, {MOST:g}] persons")
    for end in ("orig", "dest"):
        if row[end] not in known_countries():
            near = nearest(str(row[end]).upper(), known_countries())
            raise WorldError(name, f"line {line}", end, f"unknown country {row[end]!r} (ISO 3166 alpha-3){near}")
    if row["orig"] == row["dest"]:
        raise WorldError(name, f"line {line}", f"{row['orig']} to itself: a flow has two countries")
    return int(year), row["orig"], row["dest"], n


def _number(name: str, line: int, column: str, text: str) -> float:
    """Return ``text`` as a finite number; raise WorldError that names line and column otherwise."""
    try:
        value = number_in(text)
    except ValueError:
        value = np.inf
    if not np.isfinite(value):
        raise WorldError(name, f"line {line}", column, f"{text!r} is not a number")
    return value


def _as_flows(flows: Mapping[tuple[int, str, str], float]) -> Flows:
    """Arrange (year, origin, destination) -> persons as arrays; missing pairs are 0."""
    years = sorted({year for year, _, _ in flows})
    countries = sorted({country for _, *pair in flows for country in pair})
    year_at, at = ({name: k for k, name in enumerate(names)} for names in (years, countries))
    n = np.zeros((len(years), len(countries), len(countries)))
    for (year, orig, dest), persons in flows.items():
        n[year_at[year], at[orig], at[dest]] = persons
    return Flows(tuple(years), tuple(countries), n)


# ------------------------------------------------------------------------------
# Scholars by country, and by country of origin, estimated from past flows (no source counts the latter)
# ------------------------------------------------------------------------------


FALLBACK_KM = 8000.0  # distance of pairs of countries without a row in CEPII GeoDist; assumption, grade D
RETURN_ODDS = 10.0  # odds that people move to their own country, relative to others; assumption, grade D
BEFORE = 15  # years before the first one, with the mean flows of its first three; assumption, grade D
MOST_GO = 0.5  # largest share of one origin that leaves a country in a year
LEAST_NATIVE = 0.3  # smallest share of natives among a country's scholars


def living_by_origin(
    flow: np.ndarray, stock: np.ndarray, exit_rate: float, return_odds: float = RETURN_ODDS
) -> np.ndarray:
    """Estimate the scholars by origin and country of residence after the years of ``flow``.

    All scholars start at home. The flow from *o* to *d* consists of people of *d* who return, people of *o* who
    emigrate and people of third countries, in proportion to their numbers in *o*; the odds of people who return are
    multiplied by ``return_odds``.

    Parameters
    ----------
    flow : (year, origin, destination) persons
    stock : (country,) persons at the end
    exit_rate : share of all scholars who leave science, a year

    Returns
    -------
    (home, country) persons; columns sum to ``stock``
    """
    # people abroad, (home, country); years before the data repeat the mean of the first three
    abroad, off = np.zeros((len(stock), len(stock))), ~np.eye(len(stock), dtype=bool)
    early = np.repeat(flow[:3].mean(axis=0, keepdims=True), BEFORE, axis=0)
    for moved in np.concatenate([early, flow]):
        at_home = np.maximum(stock - abroad.sum(axis=0), LEAST_NATIVE * stock)
        # probability that one person who stays abroad moves from o to d, (origin, destination)
        each = moved / (at_home[:, None] + abroad.sum(axis=0)[:, None] + (return_odds - 1) * abroad.T)
        leaving = np.minimum(each.sum(axis=1) + (return_odds - 1) * each.T, MOST_GO)  # home, country
        arriving = abroad @ each + at_home[:, None] * each  # home, country
        abroad = (abroad * (1 - exit_rate - leaving) + arriving) * off
    # keep a least share of natives, who are the rest of the stock
    abroad *= np.minimum(1.0, (1 - LEAST_NATIVE) * stock / np.maximum(abroad.sum(axis=0), 1e-9))
    return abroad + np.diag(stock - abroad.sum(axis=0))


def stocks() -> tuple[list[int], list[str], np.ndarray]:
    """Return years, countries and scholars, (year, country), of the shipped table; 0 where a year has no row."""
    rows = read_source("scholar_stocks")
    years = sorted({int(row["year"]) for row in rows})
    names = sorted({row["country"] for row in rows})
    at, scholars = {name: k for k, name in enumerate(names)}, np.zeros((len(years), len(names)))
    for row in rows:
        scholars[int(row["year"]) - years[0], at[row["country"]]] = float(row["scholars"])
    return years, names, scholars


def ties(names: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Return distance in km and common official language, 0 or 1, of every pair of countries (CEPII GeoDist).

    Both are (origin, destination) arrays in the order of ``names``.
    """
    at = {name: k for k, name in enumerate(names)}
    km, language = np.full((len(names), len(names)), FALLBACK_KM), np.eye(len(names))
    np.fill_diagonal(km, 0.0)
    for row in read_source("cepii_countries"):
        if row["orig"] in at and row["dest"] in at:
            a, b = at[row["orig"]], at[row["dest"]]
            km[a, b] = km[b, a] = float(row["km"])
            language[a, b] = language[b, a] = float(row["language"])
    return km, language
