"""Split a new hub off an existing one: divide its people and machines, and copy everything else (assumed)."""

from collections.abc import Iterator
from decimal import Decimal
from itertools import chain

from sim.errors import UsageError, WorldError, nearest
from sim.world.build.geography import great_circle_km
from sim.world.checks import MOST_HUBS, NAME
from sim.world.tables import TABLES, names, read

Row = dict[str, str]

# Columns of people and machines, which are divided in proportion to the engineers of the two hubs.
DIVIDED = {
    "stock": ("engineers", "low", "high"),
    "compute": ("h100e", "labs_and_big_tech", "cloud", "enterprise", "sovereign_and_public"),
    "net_targets": ("national_net", "index_net"),
    "affiliates": ("share",),
    "home_hub": ("compatriots",),
    "hub_constants": ("net_offset", "later_offset", "net_target"),
}
LEFT = ("pipeline",)  # tables whose rows stay with the existing hub: announced capacity


def split(parent: str, hub: str, label: str, persons: int, place: tuple[float, float]) -> dict[str, list[Row]]:
    """Return the tables of the world in use with a new hub split off an existing one.

    Parameters
    ----------
    parent : name of the existing hub
    hub, label : name of the new hub, and its name for people
    persons : int, engineers who live in the new hub
    place : (latitude, longitude), degrees

    Returns
    -------
    dict of table -> list of rows, for every table that has rows for hubs

    Raises
    ------
    UsageError, WorldError
        for a name, a number or a place that is not valid
    """
    _check(parent, hub, label, place)
    whole = next(int(row["engineers"]) for row in read("stock") if row["hub"] == parent)
    if not 1 <= persons < whole:
        raise UsageError(f"--persons {persons}", f"is not in [1, {whole:,}), the engineers of {parent}")
    share = Decimal(persons) / Decimal(whole)
    made = {
        name: list(chain.from_iterable(_divided(name, row, parent, hub, share) for row in read(name)))
        for name, table in TABLES.items()
        if "hub" in table.keys and name not in LEFT
    }
    # the new hub has a name and a place of its own, and corridors computed from the place
    described = {
        "name": label,
        "kind": "metro",
        "lat": f"{place[0]:.4f}",
        "lon": f"{place[1]:.4f}",
        "coverage": f"split off {parent}",
    }
    made["hubs"] = [row | described if row["hub"] == hub else row for row in made["hubs"]]
    made["corridors"] = [*read("corridors"), *_corridors(hub, place)]
    return made


def _check(parent: str, hub: str, label: str, place: tuple[float, float]) -> None:
    """Raise UsageError or WorldError for a name, a label or a place that is not valid."""
    hubs = names("hub")
    if parent not in hubs:
        raise WorldError(f"hub {parent}", f"unknown{nearest(parent, hubs)}")
    if not NAME.fullmatch(hub):
        raise UsageError(f"hub {hub[:50]!r}", "is not small letters, digits and _, a letter first, 40 at most")
    if hub in hubs:
        raise UsageError(f"hub {hub}", "is one of the world already")
    if len(hubs) >= MOST_HUBS:
        raise WorldError("hubs.csv", f"{len(hubs)} hubs are as many as there can be")
    if not (label.isprintable() and 0 < len(label.strip()) <= 100):
        raise UsageError("--label", "is not a line of 1 to 100 characters")
    if not (-90 <= place[0] <= 90 and -180 <= place[1] <= 180):
        raise UsageError("--at", "latitude in [-90, 90] and longitude in [-180, 180] degrees are expected")


def _divided(table: str, row: Row, parent: str, hub: str, share: Decimal) -> list[Row]:
    """Return the row unchanged; or, if it is a row of the parent, the rest of it and the row of the new hub."""
    if row["hub"] != parent:
        return [row]
    ours, rest = dict(row) | {"hub": hub, "source": f"assumed: as {parent}", "grade": "D"}, dict(row)
    for column in DIVIDED.get(table, ()):
        if row[column]:
            text = Decimal(row[column])
            part = (text * share).quantize(text)  # the digits of the table: part and rest sum exactly
            ours[column], rest[column] = str(part), str(text - part)
    return [rest, ours]


def _corridors(hub: str, place: tuple[float, float]) -> Iterator[Row]:
    """Yield the rows of the new hub's corridors: great-circle distances between the middle points of two hubs."""
    for row in read("hubs"):
        km = great_circle_km((*place, 1.0), (float(row["lat"]), float(row["lon"]), 1.0))
        for origin, destination in ((hub, row["hub"]), (row["hub"], hub)):
            yield {
                "origin": origin,
                "destination": destination,
                "distance_km": f"{max(km, 1.0):.0f}",
                "source": "great circle between the middle points of both hubs",
                "grade": "D",
            }
