"""Check the world tables: each problem is one line that names file, row, column and value."""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import product
from math import fsum

from sim.errors import WorldError
from sim.world.categories import TIERS
from sim.world.schema import Table

Row = dict[str, str]
Read = Callable[[str], tuple[Row, ...]]
Names = Callable[[str], tuple[str, ...]]

GRADES = "ABCD"
NAME = re.compile("[a-z][a-z0-9_]{0,39}")  # names are used in levers, measures and file names
LONGEST_LABEL = 100  # characters of a name that people read
MOST_HUBS = 64  # the hubs in which an engineer has contacts are the bits of one 64-bit number
WORLD_TOTAL = 1_900_000  # engineers in the shipped stock.csv
TOLERANCE = 2e-6  # of a sum of shares
SELECTIONS = ("queue", "lottery", "weighted_lottery")
KINDS = ("temporary", "talent", "permanent", "study")
AXES = ("hub", "country", "home", "tier", "role", "sector", "status", "aimed_at", "group")


def problems(tables: dict[str, Table], read: Read, names: Names) -> list[str]:
    """Return all problems of the tables, one line each; relations between tables only if each table is sound."""
    problems: list[str] = []
    for name, table in tables.items():
        try:
            rows = read(name)
            wrong = [*_table_problems(table, rows, names)] or [*_sum_problems(table, rows)]
            problems += [f"{name}.csv: {problem}" for problem in wrong]
        except (WorldError, KeyError) as error:
            problems.append(str(error) if isinstance(error, WorldError) else f"{name}.csv: no column {error}")
    return problems or [*_world_problems(read, names)]


def stale(read: Read) -> list[str]:
    """Return the problems of the shipped tables alone: the world total, and derived tables that are out of date."""
    from sim.world import build  # only this check needs the builders

    total = fsum(float(row["engineers"]) for row in read("stock"))
    wrong = [] if total == WORLD_TOTAL else [f"stock.csv: engineers add up to {total:.0f}, not {WORLD_TOTAL}"]
    return wrong + [f"{name}.csv: stale; run python -m sim.world.build" for name in build.check()]


def _table_problems(table: Table, rows: tuple[Row, ...], names: Names) -> Iterator[str]:
    """Yield the problems of the rows of one table: source, grade, text, numbers and keys."""
    for line, row in enumerate(rows, start=2):
        if not (row["source"] or "").strip():
            yield f"line {line}: no source"
        if row["grade"] not in tuple(GRADES):
            yield f"line {line}: grade {row['grade']!r} is not one of A, B, C, D"
        yield from (f"line {line}: {problem}" for problem in (*_text_problems(row), *_number_problems(table, row)))
    yield from _key_problems(table, rows, names)


def _text_problems(row: Row) -> Iterator[str]:
    """Yield the cells of a row with control characters, and a name that is empty or too long."""
    for column, text in row.items():
        if not text.isprintable():
            yield f"{column}: {text[:40]!r} holds a character that cannot be printed"
    if not 0 < len(row.get("name", "x").strip()) <= LONGEST_LABEL:
        yield f"name: {len(row['name'])} characters are not 1 to {LONGEST_LABEL}"


def _number_problems(table: Table, row: Row) -> Iterator[str]:
    """Yield the numbers and flags of a row that are missing, out of bounds or of the wrong kind."""
    for column, (low, high) in table.numbers.items():
        text = row[column]
        if text == "" and column in table.optional:
            continue
        try:
            value = float(text if text.isascii() and "_" not in text else "")
        except ValueError:
            yield f"{column}: {text!r} is not a number"
            continue
        if not low <= value <= high:
            yield f"{column}: {text} is not in [{low:g}, {high:g}] {table.unit}"
        elif column in table.whole and value != int(value):
            yield f"{column}: {text} is not a whole number"
    yield from (f"{flag}: {row[flag]!r} is neither 0 nor 1" for flag in table.flags if row[flag] not in ("0", "1"))


def _key_problems(table: Table, rows: tuple[Row, ...], names: Names) -> Iterator[str]:
    """Yield keys that appear twice, unknown names, and combinations without a row in a full table."""
    pairs = [key.partition(":")[::2] for key in table.keys]  # (column, axis); no axis: named as the column
    columns = [column for column, _ in pairs]
    known = {column: names(axis or column) for column, axis in pairs if (axis or column) in AXES}
    seen = Counter(tuple(row[column] for column in columns) for row in rows)
    for key, times in seen.items():
        if times > 1:
            yield f"{' '.join(key)}: {times} rows"
        for column, name in zip(columns, key, strict=True):
            if column in known and name not in known[column]:
                yield f"{' '.join(key)}: unknown {column} {name}"
    if table.full and len(known) == len(columns):
        paired = len(columns) == 2 and columns[0] == "origin"
        # a table of corridors or pairs of countries has no row from a place to itself
        wanted = product(*(known[column] for column in columns))
        yield from (
            f"{' '.join(key)}: no row" for key in wanted if key not in seen and not (paired and key[0] == key[1])
        )


def _sum_problems(table: Table, rows: tuple[Row, ...]) -> Iterator[str]:
    """Yield the rows and groups of rows whose shares do not sum to one."""
    first = table.keys[0].partition(":")[0]
    if table.row_sum:
        for line, row in enumerate(rows, start=2):
            total = fsum(float(row[column]) for column in table.row_sum)
            if not abs(total - 1) <= TOLERANCE:
                yield f"line {line}: {row[first]} adds up to {total:.6f}, not 1"
    for column in table.group_sum:
        groups: dict[str, list[float]] = {}
        for row in rows:
            groups.setdefault(row[first], []).append(float(row[column]))
        for group, total in ((group, fsum(values)) for group, values in groups.items()):
            if not abs(total - 1) <= TOLERANCE:
                yield f"{column} of {group} adds up to {total:.6f}, not 1"


def _world_problems(read: Read, names: Names) -> Iterator[str]:
    """Yield the problems between tables: unknown places, hubs without taxes, sums over the world, names."""
    hubs = read("hubs")
    if len(hubs) > MOST_HUBS:
        yield f"hubs.csv: {len(hubs)} hubs, at most {MOST_HUBS}"
    taxed = {row["jurisdiction"] for row in read("tax_effective")}
    for hub in hubs:
        if hub["country"] not in names("country"):
            yield f"hubs.csv: {hub['hub']}: country {hub['country']!r} is not in countries.csv"
        if hub["tax_jurisdiction"] not in taxed:
            yield f"hubs.csv: {hub['hub']}: no tax_effective rows for {hub['tax_jurisdiction']}"
    for country in set(names("country")) - {hub["country"] for hub in hubs}:
        yield f"countries.csv: {country} has no hub"
    for row in read("homes"):
        if row["country"] and row["country"] not in names("country"):
            yield f"homes.csv: {row['home']}: unknown country {row['country']}"
    net = fsum(float(row["national_net"]) for row in read("net_targets"))
    if not abs(net) < 0.05:
        yield f"net_targets.csv: national_net adds up to {net:.1f}, not 0"
    affiliates = fsum(float(row["share"]) for row in read("affiliates"))
    if not abs(affiliates - 1) <= TOLERANCE:
        yield f"affiliates.csv: share adds up to {affiliates:.6f}, not 1"
    for axis in ("hub", "country", "home", "pool"):
        yield from (
            f"{axis}: {name[:50]!r} is not small letters, digits and _, a letter first, 40 at most"
            for name in names(axis)
            if not all(map(NAME.fullmatch, name.split(".")))
        )
    owners = ("labs_and_big_tech", "cloud", "enterprise", "sovereign_and_public")
    for row in read("compute"):
        if not fsum(float(row[owner]) for owner in owners) > 0:
            yield f"compute.csv: {row['hub']}: {' + '.join(owners)} adds up to 0"
    yield from _tax_problems(read)
    yield from _route_problems(read, names)


def _tax_problems(read: Read) -> Iterator[str]:
    """Yield the jurisdictions that are not tabulated at the gross pay of all others."""
    gross: dict[str, set[float]] = {}
    for row in read("tax_effective"):
        gross.setdefault(row["jurisdiction"], set()).add(float(row["gross_kusd"]))
    every = set().union(*gross.values())
    for jurisdiction, tabulated in gross.items():
        if every - tabulated:
            yield f"tax_effective.csv: {jurisdiction}: no row for {min(every - tabulated):g} kUSD"


def _route_problems(read: Read, names: Names) -> Iterator[str]:
    """Yield the problems of visa routes and pools, and the tiers that no route of a country admits."""
    pools = names("pool")
    for row in read("pools"):
        if row["route"] not in names("route"):
            yield f"pools.csv: {row['pool']}: unknown route {row['route']}"
    for row in read("routes"):
        place = f"routes.csv: {row['route']}"
        if row["route"] != f"{row['country']}.{row['alias']}":
            yield f"{place}: is not country.alias"
        if row["country"] not in names("country") or not NAME.fullmatch(row["alias"]):
            yield f"{place}: unknown country {row['country']}, or alias {row['alias'][:50]!r} is no name"
        if row["kind"] not in KINDS or row["selection"] not in SELECTIONS:
            yield f"{place}: unknown kind {row['kind']} or selection {row['selection']}"
        if row["pool"] and row["pool"] not in pools:
            yield f"{place}: unknown pool {row['pool']}"
        yield from (f"{place}: unknown home {h}" for h in row["homes"].split(";") if h and h not in names("home"))
        if row["residents_of"] and row["residents_of"] not in names("country"):
            yield f"{place}: unknown country {row['residents_of']}"
    for country in names("country"):
        yield from (f"routes.csv: {country}: no general route for {tier}s" for tier in _shut_out(read, country))


def _shut_out(read: Read, country: str) -> Iterator[str]:
    """Yield the tiers below expert whose median pay meets the threshold of no open route from abroad for all homes."""
    hubs = [row["hub"] for row in read("hubs") if row["country"] == country]
    ways = [
        row
        for row in read("routes")
        if row["country"] == country
        and row["from_abroad"] == row["is_open"] == "1"
        and not row["homes"]
        and not row["residents_of"]
    ]
    for tier in TIERS[1:]:
        cash = [
            float(row["base_kusd"]) + float(row["bonus_kusd"])
            for row in read("pay")
            if row["hub"] in hubs and row["tier"] == tier
        ]
        if cash and not any(way[tier] == "1" and float(way["pay_threshold_kusd"]) <= min(cash) for way in ways):
            yield tier
