"""Write and read the folder of a run: it is written under another name, renamed on success, and checked when read."""

import errno
import hashlib
import json
import secrets
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import xarray as xr

from sim import custom_world
from sim.arguments import new_path
from sim.errors import ResultError, TalentflowWarning, UsageError, first_line, saving
from sim.parallel import each
from sim.results import export
from sim.results.decomposition import is_split, split_table
from sim.results.netcdf import to_netcdf
from sim.results.record import FORMAT, digest, folder_name, plain, sha256, to_json
from sim.results.saved_checks import MOST_RECORD_BYTES, check_arrays, check_record, check_unpacked

TRIES = 10  # to take a place that other commands take too
WORLD = "world"  # the folder inside it with the tables of one's own that a run was made from


def check_writable(out) -> None:
    """Refuse an output folder that cannot be written, before the run; leave nothing behind.

    Raises
    ------
    UsageError naming the folder and the system's reason.
    """
    # the nearest folder that exists must take a file
    nearest = new_path(out).absolute()
    while not nearest.exists():
        nearest = nearest.parent
    try:
        with tempfile.TemporaryFile(dir=nearest):
            pass
    except OSError as error:
        raise UsageError(out, "results cannot be written here", error.strerror) from None


def write(result, out, illustrate=None, force=False) -> Path:
    """Save ``result`` under ``out`` and return its folder; a valid folder is kept unless ``force``.

    Figures and report are added once the arrays are safe: see :func:`illustrated`.

    Raises
    ------
    FileError when the system refuses (a full disk); nothing half written is left.
    """
    target = out / folder_name(result.record)
    # a valid folder of the same digest holds the same arrays
    fresh = force or not is_valid(target)
    if fresh:
        with staged(target) as folder:
            _fill(folder, result)
    if illustrate is not None:
        illustrated(result, target, illustrate, fresh)
    return target


def illustrated(result, folder, illustrate, anew=False) -> None:
    """Add figures and report to a saved run where they are missing, or ``anew``; turn failures into one-line warnings.

    Parameters
    ----------
    illustrate : function of (result, folder)
    """
    if anew or not (folder / "report.html").is_file():
        _tried(illustrate, folder, result, folder)


def _tried(illustrate, folder, *arguments) -> None:
    """Call ``illustrate``; turn any failure into a warning, so that a saved run is not lost to a font or a back end."""
    try:
        illustrate(*arguments)
    except (Exception, KeyboardInterrupt) as error:
        why = "interrupted" if isinstance(error, KeyboardInterrupt) else first_line(error)
        message = f"{folder}: saved, but its figures and report could not all be made ({why})"
        warnings.warn(message, TalentflowWarning, stacklevel=4)


def read(folder) -> tuple[xr.Dataset, dict]:
    """Read the dataset and the record of a saved run, and check both against their digests.

    Returns
    -------
    (xarray.Dataset, dict)

    Raises
    ------
    ResultError if the folder is no run, is newer than this version, or a file differs from its digest.
    """
    record = _read_record(folder)
    record.pop("digest")
    # every listed file must lie in the folder and match its digest
    for name, expected in record.pop("outputs").items():
        path = folder / name
        if ".." in Path(name).parts or not path.is_relative_to(folder):
            raise ResultError(folder / "run.json", f"names a file outside its folder, {name[:100]!r}")
        if not path.is_file():
            raise ResultError(path, "missing, though run.json lists it")
        if sha256(path) != expected:
            raise ResultError(path, "damaged or edited, it differs from its digest in run.json")
    return _arrays(folder / "result.nc", record), record


def _arrays(path, record) -> xr.Dataset:
    """Read the dataset in ``path`` and check its layout against the record."""
    try:
        check_unpacked(path)
        data = xr.load_dataset(path, engine="h5netcdf")
        check_arrays(data, record, path)
        data.attrs.clear()  # for other programs: the record has them
    # errors of h5py, h5netcdf and xarray for files that are not valid
    except (OSError, ValueError, KeyError, TypeError, AttributeError, IndexError, RuntimeError, OverflowError) as why:
        raise ResultError(path, "not the arrays of a run", f"{type(why).__name__} {why}") from None
    return data


def world_of(folder, record) -> Path | None:
    """Return the folder of the tables that a saved run was made from, or None if they were the shipped ones."""
    return Path(folder) / WORLD if "world" in record["digests"] else None


def is_valid(folder) -> bool:
    """Return whether ``folder`` holds a whole, undamaged run."""
    try:
        read(folder)
    except ResultError:
        return False
    return True


def _read_record(folder) -> dict:
    """Read and check ``run.json``; raise ResultError if it is missing, damaged or too new."""
    from sim.results.sweep_store import is_sweep

    # say why there is no run
    path = folder / "run.json"
    if not path.is_file():
        why = "run.json is missing" if folder.is_dir() else "no such folder"
        if is_sweep(folder):
            why = "but a sweep, whose cells are checked whenever it is read: talentflow status"
        raise ResultError(folder, "no run lies here", why)
    try:
        if path.stat().st_size > MOST_RECORD_BYTES:
            raise ResultError(path, f"larger than {MOST_RECORD_BYTES:,} bytes")
        record = json.loads(path.read_text(encoding="utf-8"))
        written = int(record["format"])
    except (ValueError, KeyError, TypeError, AttributeError, OSError, RecursionError, OverflowError):
        raise ResultError(path, "not the record of a run, or damaged") from None
    if written > FORMAT:
        raise ResultError(path, f"written in format {written}; this version reads formats up to {FORMAT}")
    if record.get("digest") != record_digest(record):
        raise ResultError(path, "damaged or edited, it differs from its own digest")
    check_record(record, path)
    return record


def record_digest(record) -> str:
    """Return the SHA-256 of a record without its digest, so that an edited or damaged ``run.json`` is found."""
    text = to_json({key: value for key, value in record.items() if key != "digest"}, sort_keys=True)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _fill(folder, result) -> None:
    """Write a run's folder except figures and report; ``run.json`` comes last, with the digests of the other files."""
    # the scenarios and the baseline, fully resolved
    for label, arm in result.record.get("arms", {"scenario": result.record}).items():
        (folder / f"{plain(label)}.toml").write_text(arm["scenario"], encoding="utf-8")
    (folder / "baseline.toml").write_text(result.record["baseline"], encoding="utf-8")
    # copy the user's own world tables, so that the run can be replayed
    if custom_world.digest() and result.record["digests"].get("world") == custom_world.digest():
        (folder / WORLD).mkdir()
        for name, text in custom_world.texts().items():
            (folder / WORLD / f"{name}.csv").write_text(text, encoding="utf-8", newline="")
    written = [path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()]
    # the record with the digests of all files, and its own digest
    outputs = _write_arrays(folder, result, written)
    record = json.loads(to_json({**result.record, "format": FORMAT, "outputs": outputs}))
    sealed = to_json(record | {"digest": record_digest(record)}, indent=1)
    (folder / "run.json").write_text(sealed + "\n", encoding="utf-8")


def _write_arrays(folder, result, written) -> dict[str, str]:
    """Write arrays and tables into ``folder``; return file name -> digest, also of the files ``written`` before."""
    names = [*(["uncertainty"] if is_split(result) else []), "result", "shares", "flows", "effects"]
    # in the worker processes, if there are any; this one begins with the effects, which take longest
    files = [f"{name}.nc" if name == "result" else f"{name}.csv" for name in names]
    for name, content in zip(files, each(_content, names, [result] * len(names)), strict=True):
        (folder / name).write_bytes(content)
    return {name: sha256(folder / name) for name in sorted([*written, *files])}


def _content(name, result) -> bytes:
    """Return the content of a file of a run: of ``result.nc``, or of the table ``name``."""
    if name != "result":
        table = split_table(result) if name == "uncertainty" else getattr(export, name)(result)
        return table.to_csv(index=False, float_format="%.9g", lineterminator="\n").encode("utf-8")
    # in memory first: where a disk is full, HDF5 itself ends the process instead of saying so
    return to_netcdf(result.data, _attributes(result.record))


def _attributes(record) -> dict[str, str]:
    """Return the global attributes of ``result.nc``: conventions, title, program with version, the run's digest."""
    return {
        "Conventions": "CF-1.11",
        "title": record["title"],
        "source": f"talentflow {record['versions']['talentflow']}",
        "digest": digest(record),
    }


def write_tables(out, name, record, tables, illustrate=None, answer="answer", add=None) -> Path:
    """Save the result of a study that is no run: ``answer.json``, a CSV file a table, and the illustrations.

    Figures are drawn after the tables are saved; a figure that fails becomes a warning.

    Parameters
    ----------
    out : path of the parent folder
    name : str, of the study
    record : dict of plain values, the question and the answer
    tables : dict of name -> pandas.DataFrame
    illustrate : function of the folder, which draws
    answer : name of the JSON file
    add : function of the folder, which writes what else belongs to the answer

    Returns
    -------
    pathlib.Path of the folder, ``<name>-<digest of the record>``

    Raises
    ------
    FileError when the system refuses; nothing half written is left.
    """
    # the digest of the answer names the folder: the same answer has the same folder
    text = to_json(record, indent=1) + "\n"
    target = new_path(out) / f"{plain(name)}-{hashlib.sha256(text.encode()).hexdigest()[:12]}"
    with staged(target) as folder:
        (folder / f"{answer}.json").write_text(text, encoding="utf-8")
        for table_name, table in tables.items():
            table.to_csv(folder / f"{table_name}.csv", index=False, float_format="%.9g", lineterminator="\n")
        if add is not None:
            add(folder)
    # saved first, drawn afterwards: no figure can lose an answer
    if illustrate is not None:
        _tried(illustrate, target, target)
    return target


@contextmanager
def staged(target) -> Iterator[Path]:
    """Write to a temporary folder beside ``target`` and rename it to ``target`` on success.

    Parameters
    ----------
    target : path; what lies there is replaced, and until then left as it is

    Yields
    ------
    pathlib.Path of the new folder

    Raises
    ------
    FileError where the system refuses to write.
    """
    # beside the target, so that the rename stays on one file system
    staging = target.with_name(f".{target.name}-{secrets.token_hex(4)}")
    try:
        with saving(target.parent):
            staging.mkdir(parents=True)
            yield staging
            for left in range(TRIES, 0, -1):
                with suppress(FileNotFoundError):  # the one to be replaced steps aside in one move
                    old = target.rename(staging.with_name(f"{staging.name}-old{left}"))
                    shutil.rmtree(old, ignore_errors=True)
                try:
                    staging.rename(target)
                    break
                except OSError as error:  # another command has put its own there in between
                    if error.errno not in (errno.ENOTEMPTY, errno.EEXIST) or left == 1:
                        raise
    finally:
        shutil.rmtree(staging, ignore_errors=True)
