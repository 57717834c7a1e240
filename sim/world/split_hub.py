"""A hub split off another: what the two share is divided, and the new one is as the other in all else (assumed)."""

from decimal import Decimal
from itertools import chain

from sim.errors import UsageError, WorldError, nearest
from sim.world.build.geography import great_circle_km
from sim.world.checks import MOST_HUBS, NAME
from sim.world.tables import TABLES, names, read

# columns of people and machines; the new hub has its share of the other's, and that is left with the rest
DIVIDED = {
    "stock": ("engineers", "low", "high"),
    "compute": ("h100e", "labs_and_big_tech", "cloud", "enterprise", "sovereign_and_public"),
    "net_targets": ("national_net", "index_net"),
    "affiliates": ("share",),
    "home_hub": ("compatriots",),
    "hub_constants": ("net_offset", "net_target"),
}
LEFT = ("pipeline",)  # what is announced stays with the other hub


def split(parent, hub, label, persons, place):
    """The tables of the world in use with a hub split off another one.

    Parameters
    ----------
    parent : name of the hub that it was part of until now
    hub, label : name of the new one, and as people read it
    persons : int, engineers who live there
    place : (latitude, longitude), degrees

    Returns
    -------
    dict of table -> list of rows: every table that has rows for hubs

    Raises
    ------
    UsageError, WorldError
        for a name, a number or a place that cannot be
    """
    _check(parent, hub, label, persons, place)
    whole = next(int(row["engineers"]) for row in read("stock") if row["hub"] == parent)
    if not 1 <= persons < whole:
        raise UsageError(f"--persons {persons}", f"is not in [1, {whole:,}), the engineers of {parent}")
    share = Decimal(persons) / Decimal(whole)
    made = {
        name: list(chain.from_iterable(_divided(name, row, parent, hub, share) for row in read(name)))
        for name, table in TABLES.items()
        if "hub" in table.keys and name not in LEFT
    }
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


def _check(parent, hub, label, persons, place):
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


def _divided(table, row, parent, hub, share):
    """The row as it stands; or, if it is the parent's, what is left of it and the new hub's part."""
    if row["hub"] != parent:
        return [row]
    ours, rest = dict(row) | {"hub": hub, "source": f"assumed: as {parent}", "grade": "D"}, dict(row)
    for column in DIVIDED.get(table, ()):
        if row[column]:
            text = Decimal(row[column])
            part = (text * share).quantize(text)
            ours[column], rest[column] = str(part), str(text - part)
    return [rest, ours]


def _corridors(hub, place):
    """Rows of the new hub's corridors: great circles between middle points."""
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
