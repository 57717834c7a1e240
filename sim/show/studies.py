"""Published natural experiments beside the model's answer: in the terminal and in the documents.

``python -m sim.show.studies`` runs all that ship and rewrites the table of results in docs/experiments.md.
"""

import math
import re
import sys
import textwrap
from pathlib import Path

from rich.text import Text

from sim import __version__
from sim.show.answer import LEGIBLE, NARROW, grouped_lines
from sim.study.experiments import ESTIMANDS, evidence, read_studies, run_studies

PAGE = Path(__file__).parents[2] / "docs" / "experiments.md"
RESULTS = re.compile(r"(<!-- results: begin -->\n).*?(<!-- results: end -->)", re.S)
HEADS = ("study", "family", "estimand", "published", "range", "unit", "simulated", "error", "z", "z at d = 0")


def figure(value, signed=False) -> str:
    """Return a figure to three digits; a dash where there is none.

    >>> figure(0.8567), figure(-10.63), figure(None), figure(1.5, signed=True)
    ('0.857', '-10.6', '-', '+1.5')
    """
    if value is None or value != value:
        return "-"
    text = f"{value:.3g}" if abs(value) >= 0.0005 or value == 0 else "0"
    return f"+{text}" if signed and value > 0 else text


def cells(row) -> list[str]:
    """Format a row under ``HEADS``."""
    span = "-" if row["low"] is None else f"{figure(row['low'])} to {figure(row['high'])}"
    exact = "exact" if row["error"] == 0 else figure(row["error"])
    z = "-" if row["z"] is None else f"{row['z']:+.1f}"
    z0 = "-" if row["z0"] is None else f"{row['z0']:+.1f}"
    return [
        row["id"], row["family"], row["estimand"], figure(row["published"]), span, row["unit"],
        figure(row["simulated"]), exact, z, z0,
    ]  # fmt: skip


def titles(rows, width=NARROW) -> Text:
    """List what each study found, by its title; below, what the model cannot express, and why."""
    shown = [(row["id"], row["title"], _published(row)) for row in rows if not row["reason"]]
    if not shown:
        return Text("\n".join(_missing(rows, width)))
    # id, title and figure in columns; a long title goes on below itself
    ids, figures = (max(len(row[k]) for row in (("study", "", "published"), *shown)) for k in (0, 2))
    room = max(width - ids - figures - 4, LEGIBLE)
    lines = [f"{'study':<{ids + room + 4}}{'published':>{figures}}"]
    for name, title, published in shown:
        first, *rest = wrapped(title, room)
        lines += [f"{name:<{ids}}  {first:<{room}}  {published:>{figures}}", *(" " * (ids + 2) + line for line in rest)]
    more = f"One with its range and what the model finds: talentflow experiments {shown[0][0]}; all ranges: --json."
    return Text("\n".join([*lines, *_missing(rows, width), "", *wrapped(more, width)]))


def _published(row) -> str:
    """Format a published figure with its unit; a study that found a sign alone has words."""
    if row["unit"] == "sign":
        return "positive" if row["published"] > 0 else "negative"
    return f"{figure(row['published'])} {row['unit']}"


def _missing(rows, width) -> list[str]:
    """Say in lines which studies the model cannot express, and why."""
    texts = [f"{row['id']}  {row['title']}. {row['reason']}" for row in rows if row["reason"]]
    return ["", "Not expressible:", *(line for text in texts for line in wrapped(text, width))] if texts else []


def listing(rows, width=NARROW) -> Text:
    """List all studies, a line each; below, what the model cannot express, and why."""
    heads = ("study", "estimand", "published", "90 % range", "unit", "model", "error", "z", "z(d=0)")
    shown = [[text for k, text in enumerate(cells(row)) if k != 1] for row in rows if not row["reason"]]
    # columns without a figure are left out; where the terminal is narrow, error, estimand, z(d=0) and unit too
    filled = [k for k in range(len(heads)) if any(line[k] != "-" for line in shown)] or [0]
    rows_shown = [[line[k] for k in filled] for line in shown]
    spare = [filled.index(k) for k in (6, 1, 8, 4) if k in filled]
    lines = list(grouped_lines([heads[k] for k in filled], [("", rows_shown)], width, spare))
    lines += _missing(rows, width)
    scored = [row for row in rows if row["z"] is not None]
    if scored:
        # each family counts once, however many studies it has
        near, families = sum(abs(row["z"]) <= 2 for row in scored), family_scores(rows)
        overall = math.sqrt(sum(z**2 for z in families.values()) / len(families))
        summary = (
            f"{near} of {len(scored)} scored within 2 standard deviations; root mean square z over {len(families)} "
            f"families, each counting once: {overall:.1f}. z counts what may be lost between the people of a study and "
            "AI engineers, z(d=0) does not. Assumptions at their centre; error: chance of tracers or pairs. "
            f"One study in full: talentflow experiments {scored[0]['id']}"
        )
        lines += ["", *wrapped(summary, width)]
    return Text("\n".join(lines))


def family_scores(rows) -> dict[str, float]:
    """Compute the root mean square z of every family that scores: studies of one shock count once."""
    scored: dict[str, list[float]] = {}
    for row in rows:
        if row["z"] is not None:
            scored.setdefault(row["family"], []).append(row["z"])
    return {family: math.sqrt(sum(z**2 for z in zs) / len(zs)) for family, zs in scored.items()}


def one(row, width=NARROW) -> Text:
    """Describe one study in at most 30 lines of 80 columns."""
    lines = [*wrapped(f"{row['id']}: {row['title']}", width), ""]
    if row["reason"]:
        lines += wrapped(f"Not expressible: {row['reason']}", width)
    else:
        _, _, estimand, published, span, unit, simulated, error, z, z0 = cells(row)
        # published and simulated beside each other, then the z score and what was measured
        how = ESTIMANDS[row["estimand"]]
        lines += [f"{'published':<12}{published} ({span}), {unit}", f"{'simulated':<12}{simulated} (error: {error})"]
        lines += [f"{'z':<12}{z} (at d = 0: {z0}; transport {row['transport']:g})"] if row["z"] is not None else []
        if row["role"] == "base":
            lines += wrapped("A base rate, met by construction: it does not score.", width)
        lines += ["", *wrapped(f"{estimand} ({how.from_}): {how.meaning.replace('``', '')}", width)]
    lines += wrapped(row["note"], width)[: 480 // width]
    lines += ["", *wrapped(f"Source (grade {row['grade']}): {row['source']}", width)[: 320 // width]]
    return Text("\n".join(lines))


def wrapped(text, width) -> list[str]:
    """Wrap a text into lines."""
    return textwrap.wrap(text, width)


def estimands() -> list[list[str]]:
    """Tabulate the estimands: name, what it stands on, units, meaning."""
    return [[f"`{name}`", row.from_, ", ".join(row.units), row.meaning] for name, row in ESTIMANDS.items()]


def inputs() -> list[list[str]]:
    """Tabulate collected rows that no file holds: base rates and priors that the model takes in."""
    known = read_studies()
    return [
        [row["id"], row["role"], row["study"], row["outcome"], row["estimate"], row["unit"], row["grade"]]
        for row in evidence()
        if row["id"] not in known
    ]


def page(text, rows, population) -> str:
    """Put a new table of results into the page."""
    body = [[*cells(row)[:6], "not expressible: " + row["reason"], "", "", ""] if row["reason"] else cells(row)
            for row in rows]  # fmt: skip
    lines = [f"| {' | '.join(cell.replace('|', '/') for cell in line)} |" for line in (HEADS, ["---"] * 10, *body)]
    made_with = f"Version {__version__}, {population:,} engineers, assumptions at their centre.\n\n"
    return RESULTS.sub(lambda part: part[1] + made_with + "\n".join(lines) + "\n" + part[2], text)


if __name__ == "__main__":
    agents = 100_000
    PAGE.write_text(
        page(PAGE.read_text("utf-8"), run_studies(read_studies(), population=agents), agents), encoding="utf-8"
    )
    sys.stdout.write(f"{PAGE.name} rewritten\n")
