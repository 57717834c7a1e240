"""The store of a sweep: one SQLite file that keeps every finished cell the moment it is finished.

``store.sqlite`` in the folder of a sweep; text columns marked JSON hold JSON, BLOBs little-endian float64 in C order.

| table | one row | columns |
|---|---|---|
| meta | a fact of the whole sweep | key, value (JSON) |
| factors | a factor | place, name, low, central, high, unit, grade, group, kind, meaning, note |
| measures | a measure | place, name, unit, dims (JSON), coords (JSON: dim -> labels), at (index of its time), paired |
| stages | a design | place, name, method, size (points a block), n (blocks asked), factors (JSON: places that vary) |
| points | a design point | stage, point, block, place (in its block), z (coordinates), x (value of every factor) |
| cells | a point run once | stage, point, repeat (0, or other chance), status, error, attempts, seconds |
| checks | a cell, or "facts" | what, digest: see ``saved_checks`` |
| outcomes | a measure of a done cell | stage, point, repeat, measure, shape (JSON), data (BLOB) |

``point = block * size + place``. A cell is ``done``, ``refused`` (the model cannot take the point), ``failed`` (it
raised, or its process was lost) or ``spared`` (another point of its block is refused). The first axis of a paired
outcome is baseline, scenario. Cells are committed as they come, in WAL mode; a closed store is a single file.
"""

import json
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO

import numpy as np

from sim.errors import ResultError, StoreError, UsageError
from sim.results.record import to_json
from sim.results.saved_checks import CHECKS, check, seal_cell, seal_facts

NAME = "store.sqlite"
FORMAT = 1
SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;
CREATE TABLE factors (place INTEGER PRIMARY KEY, name TEXT, low REAL, central REAL, high REAL, unit TEXT, grade TEXT,
                      "group" TEXT, kind TEXT, meaning TEXT, note TEXT);
CREATE TABLE measures (place INTEGER PRIMARY KEY, name TEXT UNIQUE, unit TEXT, dims TEXT, coords TEXT, at INTEGER,
                       paired INTEGER);
CREATE TABLE stages (place INTEGER PRIMARY KEY, name TEXT UNIQUE, method TEXT, size INTEGER, n INTEGER, factors TEXT);
CREATE TABLE points (stage TEXT, point INTEGER, block INTEGER, place INTEGER, z BLOB, x BLOB,
                     PRIMARY KEY (stage, point)) WITHOUT ROWID;
CREATE TABLE cells (stage TEXT, point INTEGER, repeat INTEGER, status TEXT, error TEXT, attempts INTEGER, seconds REAL,
                    PRIMARY KEY (stage, point, repeat)) WITHOUT ROWID;
CREATE TABLE outcomes (stage TEXT, point INTEGER, repeat INTEGER, measure TEXT, shape TEXT, data BLOB,
                       PRIMARY KEY (stage, measure, point, repeat));
"""
FACTOR = ("name", "low", "central", "high", "unit", "grade", "group", "kind", "meaning", "note")
MEASURE = ("name", "unit", "dims", "coords", "at", "paired")
LOST = "its process was lost twice: killed, or out of memory"  # why a cell failed


def pack(values) -> bytes:
    """Return values as little-endian float64 bytes in C order."""
    return np.ascontiguousarray(values, dtype="<f8").tobytes()


def unpack(data) -> np.ndarray:
    """Return the flat array of the bytes that :func:`pack` made."""
    return np.frombuffer(data, dtype="<f8")


class SweepStore:
    """A store open for writing: one process at a time, whatever happens to it.

    Parameters
    ----------
    folder : path, made if missing

    Raises
    ------
    UsageError if another process writes it; StoreError if the system refuses
    """

    def __init__(self, folder) -> None:
        self.folder = Path(folder)
        with self._written():
            self.folder.mkdir(parents=True, exist_ok=True)
        # one writer at a time; the lock ends with the process
        self._lock = _locked(self.folder / "lock")
        with self._written():
            self.db = connect(self.folder, write=True)
            self.db.execute("PRAGMA journal_mode=WAL")
            self.db.execute("PRAGMA synchronous=NORMAL")  # a killed process loses nothing, a power cut the last cells
            if not self.db.execute("SELECT 1 FROM sqlite_master WHERE name = 'outcomes'").fetchone():
                self.db.executescript(f"BEGIN; {SCHEMA} INSERT INTO meta VALUES ('format', '{FORMAT}'); COMMIT;")
            self.db.execute(CHECKS)
            check(self.db, self.folder / NAME)

    def close(self) -> None:
        """Close the store as one file, readable from a folder that cannot be written."""
        with suppress(sqlite3.OperationalError):  # somebody reads it, or the disk is full: the log stays beside it
            self.db.execute("PRAGMA journal_mode=DELETE")
        self.db.close()
        self._lock.close()

    def __enter__(self) -> "SweepStore":
        return self

    def __exit__(self, *_) -> None:
        self.close()

    def put(self, **facts) -> None:
        """Store facts of the whole sweep."""
        with self._written():
            self.db.executemany(
                "INSERT OR REPLACE INTO meta VALUES (?, ?)",
                [(key, to_json(value, sort_keys=True)) for key, value in facts.items()],
            )
            seal_facts(self.db)

    def begin(self, factors, measures) -> None:
        """Declare the factors and the measures: lists of dicts with the columns of both tables.

        If the disk is full just after this, the store has no facts, and the sweep starts again.
        """
        # factors and measures together, with the digest of both
        with self._written():
            self.db.execute("DELETE FROM factors")
            self.db.execute("DELETE FROM measures")
            _insert(self.db, "factors", FACTOR, factors)
            _insert(
                self.db,
                "measures",
                MEASURE,
                [
                    m | {"dims": to_json(m["dims"]), "coords": to_json(m["coords"]), "paired": int(m["paired"])}
                    for m in measures
                ],
            )
            seal_facts(self.db)

    def stage(self, name, method, size, n, factors) -> None:
        """Declare a design, or that more of its blocks are needed."""
        with self._written():
            self.db.execute(
                "INSERT INTO stages (name, method, size, n, factors) VALUES (?, ?, ?, ?, ?) "
                "ON CONFLICT (name) DO UPDATE SET n = max(n, excluded.n)",
                (name, method, size, n, to_json(factors)),
            )
            seal_facts(self.db)

    def record_all(self, cells) -> None:
        """Store cells in one transaction; they are committed on return.

        Parameters
        ----------
        cells : rows of stage, point as (number, block, place, z, x), repeat, status, error, attempts, seconds, and
            outcomes as a dict of measure -> array, or None
        """
        with self._written():
            for cell in cells:
                self._record(*cell)

    def _record(self, stage, point, repeat, status, error, attempts, seconds, outcomes) -> None:
        """Write the rows of one cell."""
        # the point itself, shared by its repeats; then the cell and its outcomes
        number, block, place, z, x = point
        self.db.execute(
            "INSERT OR IGNORE INTO points VALUES (?, ?, ?, ?, ?, ?)", (stage, number, block, place, pack(z), pack(x))
        )
        self.db.execute(
            "INSERT OR REPLACE INTO cells VALUES (?, ?, ?, ?, ?, ?, ?)",
            (stage, number, repeat, status, error, attempts, seconds),
        )
        self.db.executemany(
            "INSERT INTO outcomes VALUES (?, ?, ?, ?, ?, ?)",
            [
                (stage, number, repeat, name, to_json(list(np.shape(values))), pack(values))
                for name, values in (outcomes or {}).items()
            ],
        )
        # the digest of the cell, checked whenever the store is opened
        seal_cell(self.db, stage, number, repeat)

    def decided(self, stage, first, last, repeat=0) -> dict:
        """Return the status of the cells from point ``first`` up to ``last``: dict of point -> status.

        Cells that were lost with their process are left out: the next command tries them again.
        """
        asked = (
            "SELECT point, status FROM cells WHERE stage = ? AND repeat = ? AND point >= ? AND point < ? AND error != ?"
        )
        return dict(self.db.execute(asked, (stage, repeat, first, last, LOST)))

    @contextmanager
    def _written(self) -> Iterator[None]:
        """Run the block as one transaction; turn errors of the system into one line and roll back."""
        try:
            yield
            # nothing is committed until the block has ended well
            if getattr(self, "db", None):
                self.db.commit()
        except (sqlite3.Error, OSError) as error:
            if getattr(self, "db", None):
                with suppress(sqlite3.Error):  # the disk may refuse this too; what is committed stays
                    self.db.rollback()
            if type(error) is sqlite3.DatabaseError:  # and none of its kinds: no database, or malformed
                raise ResultError(self.folder / NAME, "not the store of a sweep, or damaged", error) from None
            raise StoreError(
                self.folder / NAME,
                f"cannot be written ({error}); finished cells are kept: free some space and give "
                "the same command again",
            ) from None


def clear(folder) -> None:
    """Remove the contents of a store; refuse if another process is writing it."""
    if is_sweep(folder):
        # taking the lock shows that nobody is writing
        _locked(Path(folder) / "lock").close()
        for path in Path(folder).glob(f"{NAME}*"):  # with the log that a killed process left
            path.unlink()


def connect(folder, write=False) -> sqlite3.Connection:
    """Open a connection to the store in ``folder`` and check the store, unless it is opened to write.

    Raises
    ------
    ResultError if there is none
    """
    path = Path(folder) / NAME
    if not write and not path.is_file():
        raise ResultError(folder, f"no sweep lies here, {NAME} is missing")
    # a writer creates the file if it is missing; the store checks it later
    if write:
        return sqlite3.connect(path, timeout=30, isolation_level="DEFERRED")
    try:
        # read-only, so that reading never leaves files in a folder
        db = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=30)
        if not db.execute("SELECT 1 FROM sqlite_master").fetchone():
            raise ResultError(folder, f"no sweep lies here, its store is empty ({NAME}): it was stopped at once")
        written = int(json.loads(db.execute("SELECT value FROM meta WHERE key = 'format'").fetchone()[0]))
        if written > FORMAT:
            raise ResultError(path, f"written in format {written}; this version reads formats up to {FORMAT}")
    except (sqlite3.Error, TypeError, ValueError, OverflowError, RecursionError):
        raise ResultError(path, "not the store of a sweep, or damaged") from None
    check(db, path)
    return db


def is_sweep(folder) -> bool:
    """Return whether the folder is that of a sweep rather than of a run."""
    return (Path(folder) / NAME).is_file()


def meta(db) -> dict:
    """Return the facts of the whole sweep."""
    return {key: json.loads(value) for key, value in db.execute("SELECT key, value FROM meta")}


def complete_blocks(db, stage) -> list[int]:
    """Return the numbers of the blocks of a stage in which every point is done, ascending."""
    asked = """SELECT p.block FROM points p JOIN cells c USING (stage, point) JOIN stages s ON s.name = p.stage
               WHERE p.stage = ? AND c.repeat = 0 AND c.status = 'done'
               GROUP BY p.block HAVING count(*) = max(s.size) ORDER BY p.block"""
    return [block for (block,) in db.execute(asked, (stage,))]


def _insert(db, table, columns, rows) -> None:
    """Insert rows, given as dicts, into the named columns of a table."""
    # column names are ours, values are bound
    names = ", ".join(f'"{name}"' for name in columns)
    marks = ", ".join("?" for _ in columns)
    db.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", [[row[c] for c in columns] for row in rows])


def _locked(path) -> TextIO:
    """Open a file that only this process may hold; the lock ends with the process."""
    # refused by the system, or held by another process
    try:
        file = open(path, "a")  # noqa: SIM115 (held as long as the store is open)
    except OSError as error:
        raise StoreError(path, f"cannot be written ({error.strerror})") from None
    try:
        _hold(file)
    except OSError:
        file.close()
        raise UsageError(path.parent, "another process is running this sweep") from None
    return file


def _hold(file) -> None:
    """Lock an open file for this process."""
    if sys.platform == "win32":
        import msvcrt

        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
