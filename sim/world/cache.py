"""Built worlds kept on disk, so that the next run of the same one starts at once.

A world is one uncompressed ``.npz`` file of plain arrays (zip checks every byte of it) named by the digest of all that
decides them. Whatever cannot be written or read is no error: the world is built. The folder is
``$TALENTFLOW_CACHE``, else ``$XDG_CACHE_HOME/talentflow``, else ``~/.cache/talentflow``; ``TALENTFLOW_CACHE=off`` keeps
nothing. The files may be deleted at any time.
"""

import hashlib
import os
import secrets
from contextlib import suppress
from dataclasses import astuple, is_dataclass
from importlib.metadata import version
from pathlib import Path
from zipfile import ZIP_STORED, BadZipFile

import numpy as np

MOST_BYTES = 2 * 10**9  # of all worlds together; the ones unused for longest go first


def cached(make, *decides):
    """The arrays that ``make`` returns, from the disk where an equal call left them.

    Parameters
    ----------
    make : function without arguments that returns a dict of name -> array
    decides : all that decides the arrays, apart from the code of this folder

    Returns
    -------
    dict of name -> array
    """
    folder = _folder()
    if folder is None:
        return make()
    key = _digest([_code(), *decides])
    found = _read(folder / f"{key}.npz", key)
    if found is None:
        found = make()
        with suppress(OSError):  # a full disk or a folder that cannot be written: nothing is kept
            _write(folder, key, found)
    return found


def _folder():
    """Where worlds are kept, or None."""
    asked = os.environ.get("TALENTFLOW_CACHE")
    if asked:
        return None if asked == "off" else Path(asked)
    with suppress(RuntimeError):  # somebody without a home
        return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "talentflow"
    return None


def _code():
    """The code that makes a world, and the versions below it."""
    files = sorted(Path(__file__).parent.glob("*.py"))
    return [version("numpy"), version("numba"), *(path.read_bytes() for path in files)]


def _digest(value):
    """SHA-256 over plain values, arrays and dataclasses, one inside the other."""
    if isinstance(value, np.ndarray):
        return hashlib.sha256(f"{value.dtype.str} {value.shape}".encode() + value.tobytes()).hexdigest()
    if is_dataclass(value) and not isinstance(value, type):
        value = astuple(value)
    text = "\n".join(map(_digest, value)) if isinstance(value, list | tuple) else repr(value)
    return hashlib.sha256(f"{type(value).__name__} {text}".encode()).hexdigest()


def _read(path, key):
    """The arrays of a file, or None where it is missing, damaged or another's."""
    try:
        with path.open("rb") as opened, np.load(opened) as file:
            if any(part.compress_type != ZIP_STORED for part in file.zip.infolist()):  # it would unpack to anything
                return None
            found = {name: file[name] for name in file.files}
        os.utime(path)
        return found if found.pop("key").item() == key else None
    except (OSError, EOFError, BadZipFile, KeyError, TypeError, ValueError, NotImplementedError):
        return None


def _write(folder, key, arrays):
    """Keep ``arrays`` under ``key``: written under another name and renamed when whole."""
    if sum(array.nbytes for array in arrays.values()) > MOST_BYTES:
        return
    folder.mkdir(parents=True, exist_ok=True)
    staged = folder / f".{key}-{secrets.token_hex(4)}.npz"
    try:
        with staged.open("wb") as file:
            np.savez(file, key=key, **arrays)
        staged.replace(folder / f"{key}.npz")
    finally:
        staged.unlink(missing_ok=True)
    _make_room(folder)


def _make_room(folder):
    """Delete the worlds used longest ago, and what a killed process left behind, until the rest is small enough."""
    left = 0
    for path in sorted(folder.glob("*.npz"), key=lambda path: -path.stat().st_mtime):
        left += path.stat().st_size
        if left > MOST_BYTES:
            path.unlink(missing_ok=True)
