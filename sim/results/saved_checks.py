"""Check saved runs and sweep stores before anything in them is used: anybody may have written them."""

import hashlib
import json
import re
import sqlite3
from collections.abc import Iterator
from math import isfinite, prod
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StrictInt, StrictStr, ValidationError

from sim.errors import ResultError
from sim.results.schema import VARIABLES
from sim.texts import UNSEEN, parse

# --- The record and the arrays of a saved run -------------------------------------------------------


MOST_BYTES = 8 * 10**9  # of all arrays of a run when they are unpacked
MOST_RECORD_BYTES = 200_000_000
LABELS = ("hub_name", "hub_country", "region", "latitude", "longitude", "home_name", "route_name", "route_country")
SHOWN = re.compile(f"[{UNSEEN}\ud800-\udfff]")  # characters that no text of a record may hold

Whole = StrictInt
Number = Annotated[float, Field(allow_inf_nan=False)]
Lines = list[StrictStr]
Title = Annotated[StrictStr, Field(pattern=r"\S")]  # not blank


class _Shape(BaseModel):
    """Base of the shapes below; further keys are allowed."""

    model_config = ConfigDict(extra="allow")


class _Assumption(_Shape):
    """Shape of an assumption in a record."""

    name: StrictStr
    meaning: StrictStr
    unit: StrictStr
    grade: Annotated[StrictStr, Field(pattern="^[A-D]$")]
    source: StrictStr
    central: Number
    low: Number
    high: Number
    held: Number | None


class _Facts(_Shape):
    """Shape of the facts of one scenario: in the record itself, or in that of an arm."""

    title: Title
    question: StrictStr
    subject: StrictStr = ""
    scenario: StrictStr
    sentences: Lines
    notices: Lines
    warnings: Lines


class _Arm(_Facts):
    name: StrictStr
    parts: Lines


class _Published(_Shape):
    hub: StrictStr
    value: Number
    unit: StrictStr
    period: StrictStr
    meaning: StrictStr
    source: StrictStr
    grade: StrictStr


class _Record(_Shape):
    format: Whole
    name: StrictStr
    title: Title
    question: StrictStr
    scenario: StrictStr
    baseline: StrictStr
    population: Annotated[Whole, Field(ge=1, le=10**12)]
    replicates: Annotated[Whole, Field(ge=1, le=100_000)]
    years: Annotated[Whole, Field(ge=1, le=50)]
    start: Annotated[Whole, Field(ge=1900, le=2100)]
    seed: Annotated[Whole, Field(ge=0, le=10**12)]
    refused_draws: Annotated[Whole, Field(ge=0)] = 0
    weight: Number
    uncertainty: StrictStr
    engine: StrictStr = "agents"  # of records made when there was another one
    assumptions: list[_Assumption]
    digests: dict[str, StrictStr]
    outputs: dict[str, StrictStr]
    versions: dict[str, StrictStr] = {}
    timings: dict[str, Number] = {}
    draws: dict[str, list[Number]] = {}
    legal: Lines = []
    published: list[_Published] = []
    notices: Lines = []
    arms: dict[str, _Arm] | None = None


def check_record(record, path) -> None:
    """Refuse a record of the wrong shape, with text that cannot be displayed, or with absurdly large numbers.

    Parameters
    ----------
    record : whatever the JSON file at ``path`` holds

    Raises
    ------
    ResultError naming file and place
    """
    try:
        read = _Record.model_validate(record)
        # the facts of a single scenario stand at the top of the record
        if read.arms is None:
            _Facts.model_validate(record)
    except ValidationError as why:
        error = why.errors(include_url=False)[0]
        place = ".".join(map(str, error["loc"]))[:100]
        raise ResultError(path, "not the record of a run, or damaged", place, error["msg"]) from None
    if read.engine != "agents":
        raise ResultError(path, f"was made by the engine {read.engine!r}, which this version no longer has")
    if "code" not in read.digests or "result.nc" not in read.outputs:
        raise ResultError(path, "not the record of a run, or damaged: no digest of the code or of result.nc")
    for text in [read.baseline, *((arm.scenario for arm in read.arms.values()) if read.arms else [read.scenario])]:
        title = parse(text, path, ResultError).get("title")
        if not isinstance(title, str) or not title.strip():
            raise ResultError(path, "not the record of a run, or damaged: a scenario without a title")
    unseen = next(_unseen(record), None)
    if unseen is not None:
        raise ResultError(path, f"a text holds a character that cannot be shown, {ascii(unseen)[:60]}")


def _unseen(value) -> Iterator[str]:
    """Yield the texts inside a JSON value, keys too, that have characters which cannot be displayed."""
    if isinstance(value, str):
        if SHOWN.search(value):
            yield value
    elif isinstance(value, dict):
        for key, inside in value.items():
            yield from _unseen(key)
            yield from _unseen(inside)
    elif isinstance(value, list):
        for inside in value:
            yield from _unseen(inside)


def check_unpacked(path) -> None:
    """Refuse an HDF5 file that unpacks to more than ``MOST_BYTES`` or takes arrays from another file.

    Raises
    ------
    ResultError; OSError and others of h5py for what is no such file
    """
    import h5py

    total = 0
    with h5py.File(path, "r") as file:
        for name in file:
            if not isinstance(file.get(name, getlink=True), h5py.HardLink):
                raise ResultError(path, f"{ascii(name)[:60]} lies in another file")
            item = file[name]
            if not isinstance(item, h5py.Dataset):
                raise ResultError(path, f"{ascii(name)[:60]} is no array")
            if item.external or item.is_virtual:
                raise ResultError(path, f"{ascii(name)[:60]} lies in another file")
            total += item.size * max(item.dtype.itemsize, 1)
    if total > MOST_BYTES:
        raise ResultError(path, f"unpacks to {total:,} bytes; the limit is {MOST_BYTES:,}")


def check_arrays(data, record, path) -> None:
    """Refuse arrays whose layout differs from that of the record's run.

    Parameters
    ----------
    data : xarray.Dataset

    Raises
    ------
    ResultError naming the file and the array
    """
    # axes that the record implies, with their labels
    arms = ["baseline", *(record.get("arms") or ["scenario"])]
    span = range(record["start"], record["start"] + record["years"] + 1)
    wanted = {"arm": arms, "replicate": list(range(record["replicates"])), "time": list(span), "year": list(span)[:-1]}
    missing = [name for name in (*wanted, "hub", "origin", "destination", "tier", *LABELS) if name not in data.coords]
    if missing or "stock" not in data or "flow" not in data:
        raise ResultError(path, f"{(missing or ['stock or flow'])[0]} is missing")
    for dim, labels in wanted.items():
        if data[dim].values.tolist() != labels:
            raise ResultError(path, f"{dim} is not that of run.json")
    # every known variable over its declared dimensions, in floating point
    for name, array in data.data_vars.items():
        if name in VARIABLES and (array.dims != VARIABLES[name].dims or array.dtype.kind != "f"):
            raise ResultError(path, f"{ascii(name)[:60]} is not laid out over {', '.join(VARIABLES[name].dims)}")
    # labels are printed: nothing that a terminal would take as a command
    texts = (str(label) for coord in data.coords.values() if coord.dtype.kind in "OU" for label in coord.values.flat)
    unseen = next((label for label in texts if SHOWN.search(label)), None)
    if unseen is not None:
        raise ResultError(path, f"a label holds a character that cannot be shown, {ascii(unseen)[:60]}")


# --- The store of a sweep ---------------------------------------------------------------------------


CHECKS = "CREATE TABLE IF NOT EXISTS checks (what TEXT PRIMARY KEY, digest TEXT) WITHOUT ROWID"
FACTS = (
    "SELECT * FROM meta ORDER BY key",
    "SELECT * FROM factors ORDER BY place",
    "SELECT * FROM measures ORDER BY place",
    "SELECT * FROM stages ORDER BY place",
)
CELL = (
    "SELECT * FROM points WHERE stage = ? AND point = ?",
    "SELECT * FROM cells WHERE stage = ? AND point = ? AND repeat = ?",
    "SELECT * FROM outcomes WHERE stage = ? AND point = ? AND repeat = ? ORDER BY measure",
)
METHODS = ("oat", "grid", "lhs", "morris", "sobol", "pawn")  # of a stage
STATUSES = ("done", "refused", "failed", "spared")


def seal_facts(db) -> None:
    """Store the digest of the facts of the whole sweep."""
    _keep(db, "facts", facts_digest(db))


def seal_cell(db, *cell) -> None:
    """Store the digest of a cell, named by stage, point and repeat."""
    _keep(db, _name(*cell), cell_digest(db, *cell))


def facts_digest(db) -> str:
    """Return the SHA-256 over meta, factors, measures and stages."""
    return _digest(db.execute(asked) for asked in FACTS)


def cell_digest(db, stage, point, repeat) -> str:
    """Return the SHA-256 over all rows of a cell."""
    return _digest(db.execute(asked, (stage, point, repeat)[: asked.count("?")]) for asked in CELL)


def check(db, path) -> None:
    """Refuse a store that is damaged or was not written by a sweep.

    Raises
    ------
    ResultError naming the file and the cell
    """
    try:
        db.execute("BEGIN")  # one moment of a sweep that may be running
        _check_digests(db, path)
        problem = _facts_problem(db) or _rows_problem(db)
        db.rollback()
    except (sqlite3.Error, TypeError, ValueError, KeyError, AttributeError, OverflowError, RecursionError) as why:
        raise ResultError(path, "not the store of a sweep, or damaged", type(why).__name__) from None
    if problem:
        raise ResultError(path, "not the store of a sweep, or damaged", problem)


def _check_digests(db, path) -> None:
    """Compare the facts and every cell with their stored digests; raise ResultError at the first difference."""
    if not db.execute("SELECT 1 FROM sqlite_master WHERE name = 'checks'").fetchone():
        return
    # stores of earlier versions lack some digests
    kept = dict(db.execute("SELECT what, digest FROM checks"))
    if kept.get("facts", "") not in ("", facts_digest(db)):
        raise ResultError(path, "damaged or edited, what it says of the sweep differs from its digest")
    for cell in db.execute("SELECT stage, point, repeat FROM cells").fetchall():
        if kept.get(_name(*cell), "") not in ("", cell_digest(db, *cell)):
            raise ResultError(
                path,
                f"damaged or edited, point {cell[1]} of {cell[0]} differs from its digest; "
                "--force begins the sweep anew",
            )


def _facts_problem(db) -> str:
    """Return the first problem of meta, factors, measures or stages; an empty text if there is none."""
    # meta: types of the facts of the sweep
    facts = {key: json.loads(value) for key, value in db.execute("SELECT key, value FROM meta")}
    texts = [facts.get(key, "") for key in ("title", "question", "name", "digest", "method")]
    if not all(isinstance(text, str) for text in texts) or not isinstance(facts.get("measures", []), list):
        return "a fact of the sweep has another type"
    if not (_whole(facts.get("seed", 0)) and (facts.get("levels") is None or _whole(facts["levels"]))):
        return "seed or levels is no number"
    if not all(isinstance(name, str) for name in facts.get("measures", [])):
        return "a measure has no name"
    count = 0
    # factors: numbers, and unique names
    for name, *numbers in db.execute("SELECT name, low, central, high FROM factors"):
        count += 1
        if not (isinstance(name, str) and all(_number(x) for x in numbers)):
            return f"factor {str(name)[:60]!r} is not numbers"
    if count != db.execute("SELECT count(DISTINCT name) FROM factors").fetchone()[0]:
        return "two factors have the same name"
    # measures: labels for every dimension, and a time within them
    for name, unit, dims, coords, at, paired in db.execute("SELECT name, unit, dims, coords, at, paired FROM measures"):
        dims, coords = json.loads(dims), json.loads(coords)
        lists = isinstance(dims, list) and isinstance(coords, dict)
        lists = lists and all(isinstance(coords.get(dim), list) for dim in dims)
        if not (isinstance(name, str) and isinstance(unit, str) and lists and paired in (0, 1) and _whole(at)):
            return f"measure {str(name)[:60]!r} is not one"
        if dims and not 0 <= at < len(coords[dims[0]]):
            return f"measure {name[:60]!r} has no time {at}"
    # stages: known methods, positive sizes, existing factors
    for name, method, size, n, places in db.execute("SELECT name, method, size, n, factors FROM stages"):
        places = json.loads(places)
        sizes = _whole(size) and _whole(n) and size > 0 and n > 0 and isinstance(places, list)
        if not (isinstance(name, str) and method in METHODS and sizes):
            return f"stage {str(name)[:60]!r} is not one"
        if not all(_whole(k) and 0 <= k < count for k in places):
            return f"stage {name[:60]!r} varies a factor that there is not"
    # no text that a terminal cannot display
    rows = (value for asked in FACTS for row in db.execute(asked) for value in row)
    return next((f"{ascii(v)[:60]} cannot be shown" for v in rows if isinstance(v, str) and SHOWN.search(v)), "")


def _rows_problem(db) -> str:
    """Return the first problem of points, cells and outcomes; an empty text if there is none."""
    factors = db.execute("SELECT count(*) FROM factors").fetchone()[0]
    varied = {name: len(json.loads(places)) for name, places in db.execute("SELECT name, factors FROM stages")}
    measures = db.execute("SELECT name, dims, coords, paired FROM measures")
    shapes = {
        name: [2] * paired + [len(json.loads(coords)[d]) for d in json.loads(dims)]
        for name, dims, coords, paired in measures
    }
    # points: coordinates of the right length
    for stage, point, block, place, z, x in db.execute("SELECT stage, point, block, place, z, x FROM points"):
        blobs = isinstance(z, bytes) and isinstance(x, bytes)
        sizes = blobs and (len(z), len(x)) == (8 * varied.get(stage, -1), 8 * factors)
        if not (sizes and all(map(_whole, (point, block, place)))):
            return f"point {str(point)[:20]} is not one"
    # cells: a known status and a readable message
    for point, repeat, status, error in db.execute("SELECT point, repeat, status, error FROM cells"):
        is_shown = error is None or (isinstance(error, str) and not SHOWN.search(error))
        if not (_whole(point) and _whole(repeat) and status in STATUSES and is_shown):
            return f"cell {str(point)[:20]} is not one"
    # every finished cell has an outcome for every measure
    done = set(db.execute("SELECT stage, point, repeat FROM cells WHERE status = 'done'"))
    if done != set(db.execute("SELECT stage, point, repeat FROM outcomes")):
        return "cells that are done and outcomes are not the same"
    kept = dict(db.execute("SELECT measure, count(*) FROM outcomes GROUP BY measure"))
    undeclared = shapes and kept and set(kept) != set(shapes)
    points = set(db.execute("SELECT stage, point FROM points"))
    if undeclared or set(kept.values()) - {len(done)} or not {(s, p) for s, p, _ in done} <= points:
        return "a measure or a point of some cells is missing"
    # outcomes: bytes that match their declared shape
    for stage, measure, shape, data in db.execute("SELECT stage, measure, shape, data FROM outcomes"):
        shape = json.loads(shape)
        typed = isinstance(shape, list) and all(map(_whole, shape)) and isinstance(data, bytes)
        fits = typed and 8 * prod(shape) == len(data)
        if not (stage in varied and fits and shape == shapes.get(measure, shape) and not SHOWN.search(measure)):
            return f"an outcome of {str(measure)[:60]!r} is not laid out as declared"
    return ""


def _keep(db, what, digest) -> None:
    """Store a digest under a name."""
    db.execute("INSERT OR REPLACE INTO checks VALUES (?, ?)", (what, digest))


def _name(stage, point, repeat) -> str:
    """Return the name under which the digest of a cell is stored."""
    return f"{stage}/{point}/{repeat}"


def _digest(tables) -> str:
    """Return the SHA-256 over the rows of several tables."""
    total = hashlib.sha256()
    for rows in tables:
        for row in rows:
            total.update(repr(row).encode("utf-8", "surrogatepass"))
    return total.hexdigest()


def _whole(value) -> bool:
    """Return whether a value is an int and no bool."""
    return isinstance(value, int) and not isinstance(value, bool)


def _number(value) -> bool:
    """Return whether a value is a finite number."""
    return isinstance(value, int | float) and isfinite(value)
