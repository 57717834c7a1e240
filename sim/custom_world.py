"""Custom worlds: a folder of the user's tables, each of which replaces the shipped table of the same name.

The environment variable ``TALENTFLOW_WORLD`` names the folder; worker processes inherit it. Each table is read once
and cached, so that a run, its digest and the copy saved with its results come from the same text.
"""

import hashlib
import os
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from functools import cache, lru_cache, partial, wraps
from io import StringIO
from pathlib import Path
from typing import Any, TypeVar

from sim.arguments import user_path
from sim.errors import WorldError, nearest
from sim.texts import csv_rows, read_text

VARIABLE = "TALENTFLOW_WORLD"
PRESENT = 2026  # the year that the tables describe
SHIPPED = Path(__file__).parent / "world" / "data"
LIMIT_BYTES = 5_000_000  # of a table; the largest shipped one has 120,000
LONGEST_CELL = 2_000  # characters

R = TypeVar("R")


def folder() -> Path | None:
    """Return the folder in use, or None if the shipped world is in use."""
    name = os.environ.get(VARIABLE)
    return user_path(name) if name else None


def use(path: str | Path | None) -> None:
    """Switch to the tables of the folder ``path``, or back to the shipped ones if it is None.

    Raises
    ------
    WorldError
        if there is no such folder, or a file in it is no table of the world
    """
    _read.cache_clear()  # the files may have been edited since
    if path is None:
        os.environ.pop(VARIABLE, None)
        return
    where = os.path.abspath(user_path(path))  # noqa: PTH100 (a path as text, wherever a worker stands)
    _read(where)
    os.environ[VARIABLE] = where


@contextmanager
def using(path: str | Path | None) -> Iterator[None]:
    """Use the world of the folder ``path`` (shipped if None) inside the block, and restore the earlier one after it."""
    with restored():
        use(path)
        yield


@contextmanager
def restored() -> Iterator[None]:
    """Restore the present world after the block, whatever the block switches to."""
    before = os.environ.get(VARIABLE)
    try:
        yield
    finally:
        _read.cache_clear()
        os.environ.pop(VARIABLE, None)
        if before is not None:
            os.environ[VARIABLE] = before


def texts() -> dict[str, str]:
    """Return the tables of the folder in use, name -> text; empty if the shipped world is in use."""
    return _read(str(folder()))[0] if folder() else {}


def digest() -> str:
    """Return the SHA-256 digest of the tables of the folder in use; empty if the shipped world is in use."""
    return _read(str(folder()))[1] if folder() else ""


def rows(name: str) -> tuple[dict[str, str], ...]:
    """Return the rows of the table ``name`` of the world in use, as text, in file order.

    A custom table has the columns of the shipped one, in any order.

    Raises
    ------
    WorldError
        for a table that cannot be read or has other columns; names file, line and column
    """
    if name not in texts():
        return _shipped(name)
    place = Path(os.environ[VARIABLE]) / f"{name}.csv"
    text, check_head = StringIO(texts()[name], newline=""), partial(_check_head, place, _shipped(name)[0])
    checked = []
    for line, row in csv_rows(text, place, WorldError, check_head):
        long = next((column for column, text in row.items() if len(text) > LONGEST_CELL), None)
        if long is not None:
            raise WorldError(place, f"line {line}", long, f"longer than {LONGEST_CELL:,} characters")
        checked.append(row)
    if not checked:
        raise WorldError(place, "has no rows")
    return tuple(checked)


def cached_by_world(maxsize: int | None = None) -> Callable[[Callable[..., R]], Callable[..., R]]:
    """Return a decorator like ``functools.lru_cache`` for functions that depend on the tables of the world in use.

    The digest of the world is part of the key of the cache. Arguments are positional.
    """

    def decorate(function: Callable[..., R]) -> Callable[..., R]:
        """Add the digest of the world to the arguments by which ``function`` is cached."""

        @lru_cache(maxsize)
        def by_digest(_: str, *arguments: Any) -> R:
            """Call ``function``; the first argument, the digest, only serves as key."""
            return function(*arguments)

        @wraps(function)
        def for_world_in_use(*arguments: Any) -> R:
            return by_digest(digest(), *arguments)

        vars(for_world_in_use)["cache_clear"] = by_digest.cache_clear
        return for_world_in_use

    return decorate


@cache
def _shipped(name: str) -> tuple[dict[str, str], ...]:
    """Return the rows of a shipped table, as text."""
    path = SHIPPED / f"{name}.csv"
    try:
        with path.open(newline="", encoding="utf-8") as file:
            table = tuple(row for _, row in csv_rows(file, path.name, WorldError))
    except (OSError, UnicodeDecodeError) as error:
        raise WorldError(path.name, f"cannot be read ({error})") from None
    if not table:
        raise WorldError(path.name, "has no rows")
    return table


@lru_cache(maxsize=4)
def _read(where: str) -> tuple[dict[str, str], str]:
    """Return the tables in a folder, name -> text, and their digest; raise WorldError for files that are none."""
    place, known = Path(where), {path.stem for path in SHIPPED.glob("*.csv")}
    try:
        files = sorted(path for path in place.iterdir() if path.suffix.lower() == ".csv")
    except (OSError, ValueError) as why:  # ValueError: a NUL in the name
        raise WorldError(place, "no folder of world tables", getattr(why, "strerror", None) or why) from None
    if not files:
        raise WorldError(place, "holds no table; see docs/add_a_hub.md")
    for path in files:
        if path.stem not in known:
            raise WorldError(path, f"is not a table of the world{nearest(path.stem, known)}")
    twice = next((path for k, path in enumerate(files) if path.stem in [other.stem for other in files[:k]]), None)
    if twice:
        raise WorldError(twice, "is there twice, with other letters in its ending")
    tables = {path.stem: read_text(path, WorldError, LIMIT_BYTES) for path in files}
    return tables, hashlib.sha256("\0".join(f"{name}\0{text}" for name, text in tables.items()).encode()).hexdigest()


def _check_head(place: Path, shipped: Collection[str], head: Sequence[str]) -> None:
    """Raise WorldError if the columns ``head`` of a custom table are not those of the ``shipped`` one."""
    for column in shipped:
        if column not in head:
            raise WorldError(place, f"no column {column}{nearest(column, head)}")
    for column in head:
        if column not in shipped:
            raise WorldError(place, f"unknown column {column!r}{nearest(column, shipped)}")
