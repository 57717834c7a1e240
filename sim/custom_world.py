"""A world of one's own: a folder of tables that take the place of the shipped ones of the same name.

``TALENTFLOW_WORLD`` names the folder; processes that are started later inherit it. Its tables are read once and kept,
so what a run is made from, what its digest says and what is saved with it are the same text.
"""

import csv
import hashlib
import os
from contextlib import contextmanager
from functools import cache, lru_cache, wraps
from io import StringIO
from pathlib import Path

from sim.errors import WorldError, nearest
from sim.texts import read_text

VARIABLE = "TALENTFLOW_WORLD"
SHIPPED = Path(__file__).parent / "world" / "data"
LIMIT_BYTES = 5_000_000  # of a table; the largest one that ships has 120,000
LONGEST_CELL = 2_000  # characters


def folder():
    """The folder in use, or None where the world is the shipped one."""
    asked = os.environ.get(VARIABLE)
    return Path(asked) if asked else None


def use(path):
    """Take the tables of the folder ``path`` from now on; those that ship for None.

    Raises
    ------
    WorldError
        where there is no such folder, or a file in it is no table of the world
    """
    _read.cache_clear()  # it may have been edited since
    if path is None:
        os.environ.pop(VARIABLE, None)
        return
    where = os.path.abspath(path)  # noqa: PTH100 (a path as text, wherever a worker stands)
    _read(where)
    os.environ[VARIABLE] = where


@contextmanager
def using(path):
    """Inside the block the world is that of the folder ``path`` (shipped for None); after it, what it was before."""
    with restored():
        use(path)
        yield


@contextmanager
def restored():
    """After the block the world is what it was before, whatever was taken inside."""
    before = os.environ.get(VARIABLE)
    try:
        yield
    finally:
        _read.cache_clear()
        os.environ.pop(VARIABLE, None)
        if before is not None:
            os.environ[VARIABLE] = before


def texts():
    """The tables of the folder in use: name -> text; none where the world is the shipped one."""
    return _read(str(folder()))[0] if folder() else {}


def digest():
    """SHA-256 over the tables of the folder in use; empty where the world is the shipped one."""
    return _read(str(folder()))[1] if folder() else ""


def rows(name):
    """Rows of the table ``name`` of the world in use, as text, in file order.

    An own table has the columns of the shipped one, whatever their order.

    Raises
    ------
    WorldError
        naming file, line and column
    """
    if name not in texts():
        return _shipped(name)
    place = folder() / f"{name}.csv"
    reader = csv.DictReader(StringIO(texts()[name], newline=""), strict=True)
    try:
        columns = reader.fieldnames or []
        _check_head(place, columns, _shipped(name)[0])
        found = []
        for row in reader:
            if None in row or None in row.values():
                wanted = f"{len(columns)} cells, one a column"
                raise WorldError(place, f"line {reader.line_num}", f"more or fewer than {wanted}")
            long = next((column for column, text in row.items() if len(text) > LONGEST_CELL), None)
            if long is not None:
                raise WorldError(place, f"line {reader.line_num}", long, f"longer than {LONGEST_CELL:,} characters")
            found.append(row)
    except csv.Error as error:
        raise WorldError(place, f"after line {reader.line_num}", error) from None
    if not found:
        raise WorldError(place, "has no rows")
    return tuple(found)


def kept_by_world(maxsize=None):
    """Like ``functools.lru_cache``, for functions whose answer depends on the tables of the world in use."""

    def keeping(function):
        @lru_cache(maxsize)
        def kept(_, *arguments):
            return function(*arguments)

        @wraps(function)
        def of_the_world_in_use(*arguments):
            return kept(digest(), *arguments)

        vars(of_the_world_in_use)["cache_clear"] = kept.cache_clear
        return of_the_world_in_use

    return keeping


@cache
def _shipped(name):
    """Rows of a table that ships."""
    path = SHIPPED / f"{name}.csv"
    try:
        with path.open(newline="", encoding="utf-8") as file:
            found = tuple(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise WorldError(path.name, f"cannot be read ({error})") from None
    if not found:
        raise WorldError(path.name, "has no rows")
    return found


@lru_cache(maxsize=4)
def _read(where):
    """The tables in a folder, name -> text, and their digest."""
    place, known = Path(where), {path.stem for path in SHIPPED.glob("*.csv")}
    try:
        files = sorted(path for path in place.iterdir() if path.suffix.lower() == ".csv")
    except (OSError, ValueError) as why:  # ValueError: a NUL in the name
        raise WorldError(place, "no folder of world tables", getattr(why, "strerror", None) or why) from None
    if not files:
        raise WorldError(place, "holds no table; see docs/add_a_hub.md")
    for path in files:
        if path.stem not in known:
            raise WorldError(path, f"no table of the world is called so{nearest(path.stem, known)}")
    found = {path.stem: read_text(path, WorldError, LIMIT_BYTES) for path in files}
    return found, hashlib.sha256("\0".join(f"{name}\0{text}" for name, text in found.items()).encode()).hexdigest()


def _check_head(place, head, shipped):
    for column in shipped:
        if column not in head:
            raise WorldError(place, f"no column {column}{nearest(column, head)}")
    for column in head:
        if column not in shipped:
            raise WorldError(place, f"unknown column {column!r}{nearest(column, shipped)}")
    if len(set(head)) < len(head):
        raise WorldError(place, "a column stands twice")
