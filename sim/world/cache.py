"""Cache built worlds and other arrays on disk, so that the next run that needs the same ones starts at once.

A world is one uncompressed ``.npz`` file of plain arrays, named by the digest of everything that determines them. Zip
sums up the bytes that are read; names, types and shapes, which say what to read, are stored beside the key. A file that
cannot be written or read is no error: the arrays are made anew. The folder is ``$TALENTFLOW_CACHE``, else
``$XDG_CACHE_HOME/talentflow``, else ``~/.cache/talentflow``; ``TALENTFLOW_CACHE=off`` turns the cache off. The files
may be deleted at any time.
"""

import hashlib
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import fields, is_dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from tokenize import TokenError
from zipfile import ZIP_STORED, BadZipFile

import numpy as np

from sim.arguments import user_path

VARIABLE = "TALENTFLOW_CACHE"
# raised by damaged files; the last three by a false mark of encryption, a header cut short, and a false size
DAMAGED = (OSError, EOFError, BadZipFile, KeyError, TypeError, ValueError, RuntimeError, TokenError, MemoryError)
MOST_BYTES = 2 * 10**9  # of all cached files together; the least recently used are deleted first


def cached(make: Callable[[], dict[str, np.ndarray]], *decides: object) -> dict[str, np.ndarray]:
    """Return the arrays that ``make`` returns, read from the disk if an equal call has stored them.

    Parameters
    ----------
    make : function without arguments that returns a dict of name -> array
    decides : everything that determines the arrays, apart from the code of this folder

    Returns
    -------
    dict of name -> array
    """
    folder = _folder()
    if folder is None:
        return make()
    key = _digest([_code(), *decides])
    arrays = _read(folder / f"{key}.npz", key)
    if arrays is None:
        arrays = make()
        with suppress(OSError):  # a full disk, or a folder without permission to write: nothing is stored
            _write(folder, key, arrays)
    return arrays


@contextmanager
def bypassed() -> Iterator[None]:
    """Make everything anew inside the block, here and in the processes that are started there."""
    before = os.environ.get(VARIABLE)
    os.environ[VARIABLE] = "off"
    try:
        yield
    finally:
        os.environ.pop(VARIABLE)
        if before is not None:
            os.environ[VARIABLE] = before


def _folder() -> Path | None:
    """Return the folder of the cache, or None if it is off or the user has no home folder."""
    setting = os.environ.get(VARIABLE)
    if setting:
        return None if setting == "off" else user_path(setting)
    with suppress(RuntimeError):  # the user has no home folder
        return user_path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "talentflow"
    return None


def _code() -> list[str]:
    """Return the source of this folder and the versions of numpy and numba: a change of them empties the cache."""
    return [version("numpy"), version("numba"), _source()]


@cache
def _source() -> str:
    """Return the digest of the source of this folder, as it was when this process first asked."""
    files = sorted(Path(__file__).parent.glob("*.py"))
    return hashlib.sha256(b"\0".join(path.read_bytes() for path in files)).hexdigest()


def _digest(value: object) -> str:
    """Return the SHA-256 digest of plain values, arrays and dataclasses, nested to any depth."""
    if isinstance(value, np.ndarray):
        return hashlib.sha256(f"{value.dtype.str} {value.shape}".encode() + value.tobytes()).hexdigest()
    if is_dataclass(value) and not isinstance(value, type):
        value = [getattr(value, field.name) for field in fields(value)]
    text = "\n".join(map(_digest, value)) if isinstance(value, list | tuple) else repr(value)
    return hashlib.sha256(f"{type(value).__name__} {text}".encode()).hexdigest()


def _read(path: Path, key: str) -> dict[str, np.ndarray] | None:
    """Return the arrays of a file, or None if it is missing, damaged or stored under another key."""
    try:
        with path.open("rb") as opened, np.load(opened) as file:
            # worlds are stored uncompressed; a compressed file is foreign and could unpack to any size
            if any(part.compress_type != ZIP_STORED for part in file.zip.infolist()):
                return None
            arrays = {name: file[name] for name in file.files}
        os.utime(path)  # the time of last use, by which _make_room deletes
        return arrays if arrays.pop("key").item() == _sealed(key, arrays) else None
    except DAMAGED:
        return None


def _sealed(key: str, arrays: dict[str, np.ndarray]) -> str:
    """Return the key with the digest of names, types and shapes of the arrays."""
    return f"{key} {_digest([(name, array.dtype.str, array.shape) for name, array in arrays.items()])}"


def _write(folder: Path, key: str, arrays: dict[str, np.ndarray]) -> None:
    """Store ``arrays`` under ``key``: write a file of another name and rename it when it is complete."""
    if sum(array.nbytes for array in arrays.values()) > MOST_BYTES:
        return
    folder.mkdir(parents=True, exist_ok=True)
    staged = folder / f".{key}-{secrets.token_hex(4)}.npz"
    try:
        with staged.open("wb") as file:
            np.savez(file, key=_sealed(key, arrays), **arrays)  # type: ignore[arg-type]
        staged.replace(folder / f"{key}.npz")
    finally:
        staged.unlink(missing_ok=True)
    _make_room(folder)


def _make_room(folder: Path) -> None:
    """Delete the least recently used worlds until the rest has at most ``MOST_BYTES``.

    Files that a killed process left half written count, and go, like worlds.
    """
    left = 0
    for path in sorted(folder.glob("*.npz"), key=lambda path: -path.stat().st_mtime):
        left += path.stat().st_size
        if left > MOST_BYTES:
            path.unlink(missing_ok=True)
