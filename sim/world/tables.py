"""Read and check the world tables: rows as text with source and grade, columns as arrays in axis order."""

import numpy as np

from sim import custom_world
from sim.errors import WorldError, nearest
from sim.world import checks
from sim.world.categories import ROLES, SECTORS, STATUSES, TIERS
from sim.world.schema import DECLARED, GENERATED

__all__ = ["TABLES", "check", "column", "names", "read", "require_valid", "rows"]

DATA = custom_world.SHIPPED
TABLES = DECLARED | {name: GENERATED[name] for name in GENERATED if (DATA / f"{name}.csv").is_file()}
# names of the axes that no table lists
FIXED_AXES = {
    "tier": TIERS,
    "role": ROLES,
    "sector": SECTORS,
    "status": STATUSES,
    "aimed_at": ("newcomer", "returnee"),
    "group": ("expert", "other"),
}
# tables that list the names of an axis
AXIS_TABLES = {"hub": "hubs", "country": "countries", "home": "homes", "route": "routes", "pool": "pools"}


@custom_world.cached_by_world()
def read(name: str) -> tuple[dict[str, str], ...]:
    """Return the rows of the table ``name``, as text, in file order.

    Raises
    ------
    WorldError
        for an unknown name, and for a file that is missing or is no table
    """
    if name not in DECLARED and name not in GENERATED:
        raise WorldError(f"no world table {name}{nearest(name, TABLES)}")
    return custom_world.rows(name)


def rows(name: str) -> list[dict[str, str]]:
    """Return the rows of the table ``name`` with source and grade as the last columns, for printing."""
    last = ("source", "grade")
    if name == "corridors":
        return _with_effects()
    return [
        {key: value for key, value in row.items() if key not in last} | {key: row[key] for key in last}
        for row in read(name)
    ]


def _with_effects() -> list[dict[str, str]]:
    """Return the rows of corridors.csv with kernel, data and residual of the two countries beside the distance."""
    country = {row.get("hub"): row.get("country") for row in read("hubs")}
    effect = {(row.get("origin"), row.get("destination")): row for row in read("corridor_effects")}
    keys, last = ("kernel", "data", "residual"), ("source", "grade")
    out = []
    for row in read("corridors"):
        pair = effect.get((country.get(row.get("origin")), country.get(row.get("destination"))), {})
        out.append(
            {key: value for key, value in row.items() if key not in last}
            | {key: pair.get(key, "") for key in keys}
            | {"source": "; ".join(filter(None, (row["source"], pair.get("source"))))}
            | {"grade": max(row["grade"], pair.get("grade", "A"))}
        )
    return out


@custom_world.cached_by_world()
def names(axis: str) -> tuple[str, ...]:
    """Return the names along an axis (hub, country, home, route, pool, tier, role, sector, status), in axis order.

    Raise WorldError for an unknown axis.

    >>> len(names("hub")), len(names("country")), len(names("home"))
    (39, 21, 25)
    """
    if axis in FIXED_AXES:
        return FIXED_AXES[axis]
    if axis not in AXIS_TABLES:
        raise WorldError(f"no axis {axis}{nearest(axis, [*FIXED_AXES, *AXIS_TABLES])}")
    return tuple(row[axis] for row in read(AXIS_TABLES[axis]))


def column(table: str, value: str, *, blank: float = np.nan) -> np.ndarray:
    """Return a column of numbers as an array over the axes of the table's keys, in axis order.

    Parameters
    ----------
    table : name of a table all of whose keys are axes
    value : name of one of its number columns
    blank : value for cells that are empty or have no row, such as a hub's corridor to itself

    Returns
    -------
    float array with one axis for each key; read-only

    Raises
    ------
    WorldError
        for text that is no number and for unknown names; names file, row, column and value

    >>> column("pay", "base_kusd").shape, column("corridors", "distance_km").shape
    ((39, 3), (39, 39))
    """
    keys = [key.partition(":") for key in TABLES[table].keys]
    # a key such as origin:hub is the column origin with the names of the axis hub
    axes = [names(axis or key) for key, _, axis in keys]
    position = [{name: k for k, name in enumerate(axis)} for axis in axes]
    array = np.full([len(axis) for axis in axes], blank)
    for number, row in enumerate(read(table), start=2):
        try:
            cell = tuple(at[row[key]] for at, (key, _, _) in zip(position, keys, strict=True))
            array[cell] = float(row[value]) if row[value] else blank
        except (KeyError, ValueError) as error:
            raise WorldError(f"{table}.csv", f"line {number}", value, f"cannot use {error}") from None
    array.flags.writeable = False
    return array


def check() -> list[str]:
    """Return the problems of the tables, one line each; an empty list if there are none.

    The checks cover rows without a source, unknown grades and names, missing and duplicate rows, numbers out of
    bounds, shares that do not sum to one, hubs without a country, countries without a route, and derived shipped
    tables that differ from what their sources give.
    """
    problems = checks.problems(TABLES, read, names)
    return problems or ([] if custom_world.texts() else checks.stale(read))


def require_valid() -> None:
    """Raise an error if the tables of the world in use are incomplete or inconsistent.

    Raises
    ------
    WorldError
        with the first problem and the number of further ones
    """
    problems = checks.problems(TABLES, read, names)
    if problems:
        more = f"; and {len(problems) - 1:,} more: talentflow world --check" if len(problems) > 1 else ""
        raise WorldError(custom_world.folder(), f"{problems[0]}{more}")
