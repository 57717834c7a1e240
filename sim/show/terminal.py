"""The terminal: its width, its progress bar and plain tables. Colour only where a terminal shows it."""

import math
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from textwrap import wrap
from time import monotonic
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from sim.results.record import plain_values, to_json
from sim.scenario.levers import HUGE
from sim.show.answer import NARROW, WIDTH, render
from sim.texts import UNSEEN

__all__ = ["columns", "console", "lever_row", "print_rows", "progress", "render"]
UNSHOWN = re.compile(f"[{UNSEEN}]")  # names of files and cells of tables may hold anything
LONG = 5  # seconds of work before a line is written where there is no bar
MOST_COLUMNS = 9  # a wider table is printed one row a block
_listening: list[bool] = []  # not empty inside a block that announces compilation
LEAST = 6  # columns of text that a cell needs to be read, its gap included


def console(details=False, **options) -> Console:
    """Make a console of at most 80 columns, or 100 for ``details``: just as many where there is no terminal.

    NO_COLOR is respected.
    """
    # a narrow terminal is respected; a pipe gets the full width
    plain, widest = Console(**options), WIDTH if details else NARROW
    return Console(width=min(plain.width, widest) if plain.is_terminal else widest, highlight=False, **options)


def columns(details=False) -> int:
    """Return the columns of a console: those of the terminal, at most 80, or 100 for ``details``."""
    return console(details).width


@contextmanager
def progress(pairs, quiet=False, what="pairs") -> Iterator:
    """Yield a function of (done, total): it moves a bar on the error stream, or where piped writes a line a quarter.

    On a new machine it says so when kernels are compiled.
    """
    if quiet:
        yield None
        return
    # a bar needs a terminal; a log gets a line a quarter
    if not sys.stderr.isatty():
        with compiling_announced():
            yield _by_line(what)
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = TextColumn(what), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    with compiling_announced(), Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=pairs)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _by_line(what) -> Callable:
    """Make a function of (done, total) that writes a line a quarter of long work to the error stream."""
    began, reported = monotonic(), [0]

    def tell(done, total) -> None:
        quarter = 4 * done // max(total, 1)
        if quarter > reported[0] and monotonic() - began > LONG:
            reported[0] = quarter
            print(f"{done} of {total} {what} after {monotonic() - began:.0f} s", file=sys.stderr, flush=True)

    return tell


@contextmanager
def compiling_announced(quiet=False) -> Iterator[None]:
    """Say, once and when it begins, that the kernels are compiled inside the block; a block that is refused first
    says nothing.
    """
    from sim.model.kernels.choice import is_compiled

    if quiet or _listening or is_compiled():
        yield
        return
    from numba.core.event import Listener, install_listener

    class First(Listener):
        """Listens for the first kernel that is compiled, rather than loaded from disk."""

        said = False

        def on_start(self, event) -> None:
            """Say it before the first kernel."""
            if not self.said:
                say_compiling()
            self.said = True

        def on_end(self, event) -> None:
            """Do nothing."""

    _listening.append(True)
    try:
        with install_listener("numba:compile", First()):
            yield
    finally:
        _listening.clear()


def say_if_compiling(quiet=False) -> None:
    """Say that the kernels are about to be compiled, if they are."""
    from sim.model.kernels.choice import is_compiled

    if not quiet and not is_compiled():
        say_compiling()


def say_compiling() -> None:
    """Say on the error stream why the first run takes longer."""
    print("compiling the kernels, once for this machine (20 s) ...", file=sys.stderr, flush=True)


def print_rows(rows, json=False, quiet=False, hide=()) -> None:
    """Print a list of dicts: as JSON (NaN is null), as its first column, or as a table without the ``hide`` columns."""
    if json:
        print(to_json(plain_values(rows), indent=1))
    elif quiet:
        print(*(cell(next(iter(row.values()))) for row in rows), sep="\n", end="\n" if rows else "")
    elif rows:
        names = [name for name in rows[0] if name not in hide]
        shown = [[cell(row[name]) for name in names] for row in rows]
        if len(names) == 1:  # names of files are never folded, so that they can be copied
            print(*(cells[0] for cells in shown), sep="\n")
            return
        # the first column is not folded: where it is so long that the others would be, print one row a block
        width = columns()
        fits = max(len(cells[0]) for cells in shown) + LEAST * (len(names) - 1) <= width
        as_table = fits and len(names) <= MOST_COLUMNS
        console().print(_table(names, shown) if as_table else _blocks(names, shown, width))


def lever_row(lever) -> dict[str, Any]:
    """Describe a lever as a row: its present value and limits as people write them."""
    row = asdict(lever)
    # flags, choices and missing limits in words
    present, limits = row["present"], f"{lever.low:g} to {lever.high:g}"
    if lever.kind == "flag":
        present, limits = bool(present), "true or false"
    elif lever.kind == "choice":
        present, limits = lever.choices[int(present)], " or ".join(lever.choices)
    elif not math.isfinite(present):
        present = "none"  # no limit; JSON knows no infinity
    if lever.kind in ("number", "integer") and lever.high >= HUGE:
        limits = f"{lever.low:g} or more"
    words = {key: row[key] for key in ("place", "what", "meaning", "reaches", "source", "grade")}
    return {"path": lever.path, "present": present, "unit": lever.unit, "limits": limits, **words}


def cell(value) -> str:
    """Format a value; characters that cannot be shown become question marks."""
    if value is None or isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):  # 1,000,000, not 1e+06
        return f"{value:,.0f}" if value.is_integer() and abs(value) < 1e12 else f"{value:,.6g}"
    return UNSHOWN.sub("?", str(value))


def _table(names, rows) -> Table:
    """Make a table whose first column is not folded."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for place, name in enumerate(names):
        table.add_column(name, overflow="fold", no_wrap=place == 0)
    for row in rows:
        table.add_row(*map(Text, row))
    return table


def _blocks(names, rows, width) -> Text:
    """Format one block a row, for tables that are wider than a screen."""
    wide = max(map(len, names))

    def entry(name, value) -> str:
        """Format a name and its value, whose further lines are indented as far as the first."""
        first, rest = f"{name:<{wide}}  ", " " * (wide + 2)
        lines = wrap(value, width, initial_indent=first, subsequent_indent=rest, break_on_hyphens=False)
        return "\n".join(lines) or name

    return Text("\n\n".join("\n".join(map(entry, names, row)) for row in rows))
