"""A sweep in the terminal: progress with the best guess so far, how far it is, and what it says."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Any

import numpy as np
from rich.console import Console, Group
from rich.table import Table

from sim.errors import TalentflowError
from sim.results.effects import SHOWN
from sim.results.narrative import number_of
from sim.results.sweep import (
    INDEX,
    Sweep,
    assumption_load,
    chance_share,
    index_table,
    is_graded,
    is_settled,
    notes,
    plain_name,
    reading,
    subject,
)
from sim.show.answer import bullets, heading, line, table
from sim.show.terminal import compiling_announced

GUESS_EVERY = 5.0  # seconds
SHOWN_FACTORS = 12
LEADING, MOST_SAID, MOST_NOTES, LONGEST = 6, 3, 2, 240  # without details: factors, sentences, notes, letters of each
COLUMNS = {
    "sobol": {"first": "alone (S1)", "total": "in all (ST)"},
    "morris": {"mu_star": "mean change", "sigma": "spread"},
    "pawn": {"median": "shift (median)", "largest": "largest"},
    "oat": {"at_low": "at its low end", "at_high": "at its high end", "width": "width"},
}
COLUMNS["lhs"] = COLUMNS["pawn"]
READING = {
    "sobol": "S1: part of the variance that the factor explains alone; ST: with all that it does together with others. "
    "In brackets 90 % bootstrap intervals.",
    "morris": "Mean change: mu*, the mean size of the effect's change over the factor's whole range, with its 90 % "
    "interval; spread: sigma, large where that depends on the other factors.",
    "pawn": "Shift: Kolmogorov-Smirnov distance between the distribution of the effect with the factor held and free.",
    "oat": "The effect with all other factors at their centre.",
}
READING["lhs"] = READING["pawn"]


@contextmanager
def progress(quiet=False) -> Iterator:
    """Yield a function of (folder, stage, done, total) that moves a bar on the error stream.

    None where nobody sees it.
    """
    if quiet or not sys.stderr.isatty():
        with compiling_announced(quiet):
            yield None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
        TextColumn("{task.fields[guess]}"),
    )
    # a bar for each stage, with its pace and the leading factor so far
    with compiling_announced(), Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        tasks, began = {}, {}

        def report(folder, stage, done, total) -> None:
            """Move the bar of a stage; now and then guess the leading factor."""
            if stage not in tasks:
                tasks[stage] = bar.add_task(stage, total=total, rate="", guess="")
                began[stage] = (monotonic(), done, monotonic())
            # cells a minute since this command began
            start, first, last = began[stage]
            now = monotonic()
            rate = 60 * (done - first) / max(now - start, 1e-9)
            changes: dict[str, Any] = {"rate": f"{rate:,.0f} a minute" if done > first else ""}
            # reading the store takes a while, so only now and then
            if now - last > GUESS_EVERY:
                changes["guess"] = best_guess(folder)
                began[stage] = (start, first, monotonic())
            bar.update(tasks[stage], completed=done, total=total, **changes)

        yield report


def best_guess(folder) -> str | None:
    """Name the leading factor as the store has it now, in a few words."""
    try:
        sweep = Sweep.load(folder)
        method = sweep.stages.method[sweep.last]
        # the strongest factor so far, by the last stage
        table = index_table(sweep, intervals=False)
        return f"leading: {table.index[0]} ({table[INDEX.get(method, 'width')].iloc[0]:.2g})"
    except (TalentflowError, KeyError, IndexError, ValueError):
        return ""  # too early to say


def answer(sweep, measures) -> dict[str, Any]:
    """Collect the findings of a sweep as plain values for other programs."""
    # a measure once, whatever times were asked for
    names = list(dict.fromkeys(text.partition("@")[0].strip() for text in measures if text))
    return {
        "folder": str(sweep.folder),
        "method": sweep.record.get("method"),
        "finished": sweep.record.get("finished"),
        "digest": sweep.record.get("digest"),
        "cells": sweep.counts(),
        "stages": stages(sweep),
        "failed": sweep.problems("failed"),
        "refused": sweep.problems("refused").error.value_counts().to_dict(),
        "notes": notes(sweep),
        "factors": sweep.factors.reset_index(),
        "measures": {name: _measured(sweep, name) for name in names if name in sweep.measures.index},
    }


def _measured(sweep, measure) -> dict[str, Any]:
    """Return the findings about one measure."""
    answer = {
        "about": subject(sweep, measure),
        "unit": sweep.measures.unit[measure],
        "reading": reading(sweep, measure),
        "chance": chance_share(sweep, measure),
        "undefined": dict(zip(("points", "of"), sweep.undefined(measure), strict=True)),
    }
    # indices need more than one complete block; a grid has none
    method = sweep.stages.method[sweep.last]
    if method != "grid" and len(sweep.complete()) > 1:
        table = index_table(sweep, measure)
        answer["indices"] = table.rename_axis("factor").reset_index()
        if method == "sobol" and is_settled(table):
            answer["load"] = assumption_load(sweep, measure).load.to_dict()
    return answer


def stages(sweep) -> list[dict[str, Any]]:
    """Report the progress of each stage: rows of stage, method, blocks asked and complete,
    cells done and seconds each took.
    """
    asked = "SELECT count(*), avg(seconds) FROM cells WHERE stage = ? AND status = 'done'"
    rows = []
    for name, row in sweep.stages.iterrows():
        done, seconds = sweep.db.execute(asked, (name,)).fetchone()
        # cells left are counted in whole blocks
        complete = len(sweep.complete(name))
        rows.append(
            {
                "stage": name,
                "method": row["method"],
                "factors": len(row["factors"]),
                "blocks": int(row["n"]),
                "complete": complete,
                "left": (int(row["n"]) - complete) * int(row["size"]),
                "done": done,
                "seconds_a_cell": round(seconds or 0.0, 3),
            }
        )
    return rows


def render(sweep, measures, cells=False, details=True) -> Group:
    """Lay out the reading of every measure with its table; ``cells``: how far the sweep is, before.

    Without ``details`` it is the first measure, the leading factors and the first notes: about 30 lines.
    """
    parts = []
    if cells:
        parts += [heading(f"Sweep: {sweep.record.get('title', sweep.folder.name)}"), *_progress_lines(sweep)]
    # a measure once, whatever times were asked for
    names = dict.fromkeys(text.partition("@")[0].strip() for text in measures if text)
    for name in names if details else list(names)[:1]:
        sweep._measure(name)
        findings = reading(sweep, name)
        findings = findings if details else list(map(_cut, findings[:MOST_SAID]))
        parts += [*bullets(f"What {subject(sweep, name)} rests on", findings), *_table(sweep, name, details)]
    # remarks on the sweep itself; without details the first few, shortened
    remarks = notes(sweep)
    if not details:
        remarks = list(map(_cut, remarks[:MOST_NOTES]))
    parts += bullets("The sweep itself", remarks)
    more = "" if details else "; --details: all tables and notes"
    return Group(
        *parts, line(f"{sweep.folder}: store and figures; plot draws more, status reads it again{more}.", "dim")
    )


def _cut(words) -> str:
    """Shorten a paragraph to ``LONGEST`` letters: to whole parts of a list, else to whole words."""
    if len(words) <= LONGEST:
        return words
    kept = words[: LONGEST - 4]
    return f"{kept.rpartition(';')[0]}; ..." if ";" in kept else f"{kept.rpartition(' ')[0]} ..."


def _progress_lines(sweep) -> Iterator:
    """Yield the progress of each stage, the counts of cells, and the first failures."""
    for row in stages(sweep):
        state = "complete" if not row["left"] else f"about {row['left']:,} cells left"
        over = number_of(row["factors"], "factor")
        yield line(
            f"{row['stage']} ({row['method']}, {over}): {row['done']:,} cells done, {state}, "
            f"{row['seconds_a_cell']:.2g} s a cell"
        )
    # all cells by their state, then the first failures
    counts = sweep.counts()
    yield line(
        ", ".join(f"{counts.get(key, 0):,} {key}" for key in ("done", "refused", "spared", "failed"))
        + f"; digest {sweep.record.get('digest', 'none')}"
    )
    for row in sweep.problems("failed").head(5).itertuples():
        yield line(f"failed: {row.stage} point {row.point}: {row.error}", "red")


def _table(sweep, measure, details=True) -> Iterator:
    """Yield the table of indices of a measure, and how to read it."""
    method = sweep.stages.method[sweep.last] if len(sweep.stages) else None
    if method not in COLUMNS or len(sweep.complete()) < 2 or sweep.undefined(measure)[0]:
        return
    # indices are parts or distances; the others are in the unit of the effect
    columns, indices = COLUMNS[method], index_table(sweep, measure)
    if indices[[*columns]].isna().all(axis=None):
        return  # too few points for any
    factor, _, unit = SHOWN.get(sweep.measures.unit[measure], (1, "", sweep.measures.unit[measure]))
    if method in ("sobol", "pawn", "lhs"):
        factor, unit = 1, ""
    words = [f"{words}{f', {unit}' if unit else ''}" for words in columns.values()]
    group = ["group"] if details else []
    # the leading factors, grey where the interval holds zero
    made = table("factor", *words, "grade", *group, texts=(len(words) + 1, len(words) + 2))
    for name, row in indices.head(SHOWN_FACTORS if details else LEADING).iterrows():
        cells = [_interval(row, key, factor) for key in columns]
        called = plain_name(sweep, name)
        called += f" ({name})" if called != name and details else ""
        made.add_row(called, *cells, row.grade, *([row.group] if details else []), style="dim" if row.undecided else "")
    yield made
    # with details also how to read the table, and the parts by grade of evidence
    if not details:
        return
    yield line(READING[method] + (" Grey: undecided." if indices.undecided.any() else ""), "dim")
    if method == "sobol" and is_graded(sweep) and is_settled(indices):
        yield _load_table(assumption_load(sweep, measure))


def _load_table(load) -> Table:
    """Tabulate the part of the variance by grade of evidence."""
    made = table("grade of evidence", "of the variance", "factors", texts=(2,))
    for grade, row in load.iterrows():
        made.add_row(grade, f"{100 * row.load:.0f} %", ", ".join(row.factors))
    return made


def _interval(row, key, factor) -> str:
    """Format an index with its interval, with two digits of the larger of both."""
    # two digits of the larger of value and interval, and no negative zero
    ends = [factor * row[end] for end in (f"{key}_low", f"{key}_high") if end in row]
    largest = max(map(abs, [factor * row[key], *ends]))
    digits = int(np.clip(1 - np.floor(np.log10(largest)), 0, 6)) if largest > 0 else 0
    low_high = f" [{ends[0]:.{digits}f}, {ends[1]:.{digits}f}]" if ends else ""
    return f"{factor * row[key]:.{digits}f}{low_high}".replace("-0." + "0" * digits + " ", "0." + "0" * digits + " ")


def render_boxes(answer) -> Group:
    """Render the boxes of a scenario discovery."""
    return Group(*bullets(answer["question"], answer["sentences"]))
