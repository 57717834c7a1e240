"""Saved runs and sweeps of one folder: named by their own folders, opened without running anything."""

from functools import lru_cache
from pathlib import Path

from sim.errors import ResultError
from sim.results.result import Result
from sim.results.sweep import Sweep

RUN, STORE = "run.json", "store.sqlite"
MOST_BYTES = 500_000_000  # of the arrays of a run


def folders(out):
    """What can be opened in ``out``, the newest first: dict of folder name -> ``"run"`` or ``"sweep"``."""
    kinds = {}
    for path in Path(out).glob("*"):
        kind = "run" if (path / RUN).is_file() else "sweep" if (path / STORE).is_file() else None
        if kind and not path.name.startswith("."):
            kinds[path] = kind
    return {path.name: kinds[path] for path in sorted(kinds, key=lambda path: -path.stat().st_mtime)}


def opened(out, name):
    """The run or the sweep of that name.

    Returns
    -------
    Result or Sweep

    Raises
    ------
    ResultError for a name that is not in the folder, a damaged run, or one too large for the page
    """
    known = folders(out)
    if name not in known:
        raise ResultError(name, "no saved run or sweep of that name lies in the folder of runs")
    path = Path(out) / name
    if known[name] == "sweep":
        return Sweep.load(path)
    size = (path / "result.nc").stat().st_size if (path / "result.nc").is_file() else 0
    if size > MOST_BYTES:
        raise ResultError(name, f"{size:,} bytes are too many for the page; the limit is {MOST_BYTES:,}")
    return _run(path, (path / RUN).stat().st_mtime_ns)


@lru_cache(maxsize=4)
def _run(path, changed):
    """A run, read once for as long as it is not ``changed``."""
    return Result.load(path)
