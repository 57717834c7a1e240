"""What can be taken along: the scenario, the data, the figures and the report of an answer, as bytes."""

import io
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock

from sim.results.export import effects, flows, shares
from sim.results.record import digest, plain, settings
from sim.show.illustrate import illustrate

TABLES = {"effects.csv": effects, "shares.csv": shares, "flows.csv": flows}
KEPT = 4  # illustrated answers that are kept
DRAWING = Lock()  # matplotlib draws in one thread at a time
_drawn = {}


def scenario_file(result, command):
    """The scenario as a file that runs unchanged, with the command that gives the same numbers above it."""
    return f"# {command}\n{result.record['scenario']}".encode()


def beliefs_file(text, command):
    """The user's own assumptions as a file for ``--assumptions``."""
    return f"# {command}\n{text}".encode()


def data_zip(result):
    """Effects, shares and flows as CSV, in one archive."""
    return _zip(
        {
            name: made(result).to_csv(index=False, float_format="%.9g", lineterminator="\n").encode()
            for name, made in TABLES.items()
        }
    )


def figures_zip(result):
    """The usual figures as PNG files, in one archive."""
    files = _illustrated(result)
    return _zip({name.removeprefix("figures/"): text for name, text in files.items() if name.startswith("figures/")})


def report(result):
    """The report: one HTML file that opens offline."""
    return _illustrated(result)["report.html"]


def run_zip(result):
    """The whole run as the command saves it: it can be verified, plotted and opened again."""
    return _zip(_illustrated(result))


def name_of(result, suffix):
    """A file name for a part of an answer."""
    return f"{plain(result.record['name'])}-{digest(result.record)}{suffix}"


def _illustrated(result):
    """Name -> bytes of every file of the run's folder, drawn once for each answer."""
    key = digest(result.record), str(settings(result.record))
    with DRAWING:
        if key not in _drawn:
            while len(_drawn) >= KEPT:
                _drawn.pop(next(iter(_drawn)))
            with TemporaryDirectory() as out:
                folder = result.save(out, illustrate=illustrate)
                _drawn[key] = {
                    path.relative_to(folder).as_posix(): path.read_bytes()
                    for path in sorted(Path(folder).rglob("*"))
                    if path.is_file()
                }
        return _drawn[key]


def _zip(files):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return packed.getvalue()
