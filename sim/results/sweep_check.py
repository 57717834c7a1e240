"""A store is checked when it is opened: that nothing in it was damaged, and that every row is what a sweep writes.

Each cell, and the facts of the whole, has a digest in the table ``checks``, written in the same transaction; stores
from before it was kept have none. A store may come from anybody, so the rows are checked for their shape as well.
"""

import hashlib
import json
import sqlite3
from math import isfinite, prod

from sim.errors import ResultError
from sim.results.trust import SHOWN

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


def seal_facts(db):
    """Keep the digest of the facts of the whole sweep."""
    _keep(db, "facts", facts_digest(db))


def seal_cell(db, *cell):
    """Keep the digest of a cell: stage, point, repeat."""
    _keep(db, _name(*cell), cell_digest(db, *cell))


def facts_digest(db):
    """SHA-256 over meta, factors, measures and stages."""
    return _digest(db.execute(asked) for asked in FACTS)


def cell_digest(db, stage, point, repeat):
    """SHA-256 over all rows of a cell."""
    return _digest(db.execute(asked, (stage, point, repeat)[: asked.count("?")]) for asked in CELL)


def check(db, path):
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


def _check_digests(db, path):
    if not db.execute("SELECT 1 FROM sqlite_master WHERE name = 'checks'").fetchone():
        return
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


def _facts_problem(db):
    """What is wrong with meta, factors, measures or stages; nothing if all is well."""
    facts = {key: json.loads(value) for key, value in db.execute("SELECT key, value FROM meta")}
    texts = [facts.get(key, "") for key in ("title", "question", "name", "digest", "method")]
    if not all(isinstance(text, str) for text in texts) or not isinstance(facts.get("measures", []), list):
        return "a fact of the sweep has another type"
    if not (_whole(facts.get("seed", 0)) and (facts.get("levels") is None or _whole(facts["levels"]))):
        return "seed or levels is no number"
    if not all(isinstance(name, str) for name in facts.get("measures", [])):
        return "a measure has no name"
    count = 0
    for name, *numbers in db.execute("SELECT name, low, central, high FROM factors"):
        count += 1
        if not (isinstance(name, str) and all(_number(x) for x in numbers)):
            return f"factor {str(name)[:60]!r} is not numbers"
    if count != db.execute("SELECT count(DISTINCT name) FROM factors").fetchone()[0]:
        return "two factors have the same name"
    for name, unit, dims, coords, at, paired in db.execute("SELECT name, unit, dims, coords, at, paired FROM measures"):
        dims, coords = json.loads(dims), json.loads(coords)
        lists = isinstance(dims, list) and isinstance(coords, dict)
        lists = lists and all(isinstance(coords.get(dim), list) for dim in dims)
        if not (isinstance(name, str) and isinstance(unit, str) and lists and paired in (0, 1) and _whole(at)):
            return f"measure {str(name)[:60]!r} is not one"
        if dims and not 0 <= at < len(coords[dims[0]]):
            return f"measure {name[:60]!r} has no time {at}"
    for name, method, size, n, places in db.execute("SELECT name, method, size, n, factors FROM stages"):
        places = json.loads(places)
        sizes = _whole(size) and _whole(n) and size > 0 and n > 0 and isinstance(places, list)
        if not (isinstance(name, str) and method in METHODS and sizes):
            return f"stage {str(name)[:60]!r} is not one"
        if not all(_whole(k) and 0 <= k < count for k in places):
            return f"stage {name[:60]!r} varies a factor that there is not"
    rows = (value for asked in FACTS for row in db.execute(asked) for value in row)
    return next((f"{ascii(v)[:60]} cannot be shown" for v in rows if isinstance(v, str) and SHOWN.search(v)), "")


def _rows_problem(db):
    """The same of points, cells and outcomes."""
    factors = db.execute("SELECT count(*) FROM factors").fetchone()[0]
    varied = {name: len(json.loads(places)) for name, places in db.execute("SELECT name, factors FROM stages")}
    measures = db.execute("SELECT name, dims, coords, paired FROM measures")
    shapes = {
        name: [2] * paired + [len(json.loads(coords)[d]) for d in json.loads(dims)]
        for name, dims, coords, paired in measures
    }
    for stage, point, block, place, z, x in db.execute("SELECT stage, point, block, place, z, x FROM points"):
        blobs = isinstance(z, bytes) and isinstance(x, bytes)
        sizes = blobs and (len(z), len(x)) == (8 * varied.get(stage, -1), 8 * factors)
        if not (sizes and all(map(_whole, (point, block, place)))):
            return f"point {str(point)[:20]} is not one"
    for point, repeat, status, error in db.execute("SELECT point, repeat, status, error FROM cells"):
        said = error is None or (isinstance(error, str) and not SHOWN.search(error))
        if not (_whole(point) and _whole(repeat) and status in STATUSES and said):
            return f"cell {str(point)[:20]} is not one"
    done = set(db.execute("SELECT stage, point, repeat FROM cells WHERE status = 'done'"))
    if done != set(db.execute("SELECT stage, point, repeat FROM outcomes")):
        return "cells that are done and outcomes are not the same"
    kept = dict(db.execute("SELECT measure, count(*) FROM outcomes GROUP BY measure"))
    undeclared = shapes and kept and set(kept) != set(shapes)
    points = set(db.execute("SELECT stage, point FROM points"))
    if undeclared or set(kept.values()) - {len(done)} or not {(s, p) for s, p, _ in done} <= points:
        return "a measure or a point of some cells is missing"
    for stage, measure, shape, data in db.execute("SELECT stage, measure, shape, data FROM outcomes"):
        shape = json.loads(shape)
        typed = isinstance(shape, list) and all(map(_whole, shape)) and isinstance(data, bytes)
        fits = typed and 8 * prod(shape) == len(data)
        if not (stage in varied and fits and shape == shapes.get(measure, shape) and not SHOWN.search(measure)):
            return f"an outcome of {str(measure)[:60]!r} is not laid out as declared"
    return ""


def _keep(db, what, digest):
    db.execute("INSERT OR REPLACE INTO checks VALUES (?, ?)", (what, digest))


def _name(stage, point, repeat):
    return f"{stage}/{point}/{repeat}"


def _digest(tables):
    total = hashlib.sha256()
    for rows in tables:
        for row in rows:
            total.update(repr(row).encode("utf-8", "surrogatepass"))
    return total.hexdigest()


def _whole(value):
    return isinstance(value, int) and not isinstance(value, bool)


def _number(value):
    return isinstance(value, int | float) and isfinite(value)
