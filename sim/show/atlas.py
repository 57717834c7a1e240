"""The response atlas as a table: in the terminal and in docs/atlas.md.

``python -m sim.show.atlas`` runs it and rewrites the page; ``python -m sim.show.atlas tax_rate_points`` runs the named
families alone and replaces their rows.
"""

import sys
from pathlib import Path

from rich.text import Text

from sim import __version__
from sim.results.display import wrap
from sim.show.answer import grouped_lines
from sim.show.studies import figure
from sim.study.atlas import YEARS, atlas
from sim.study.experiments import read_studies

PAGE = Path(__file__).parents[2] / "docs" / "atlas.md"
POPULATION, PAIRS = 50_000, 4
HEADS = ("lever", "dose", "measure", "baseline", "effect", "error", "per cent", "published")


def people(value) -> str:
    """Format a number of people, whole from ten on; a dash for None."""
    return "-" if value is None else f"{value:+,.0f}" if abs(value) >= 10 else f"{value:+.1f}"


def beside(row, quote="") -> str:
    """Name the policies that stand in both arms of a row; return nothing where there are none."""
    if not row["beside"]:
        return ""
    return " beside " + ", ".join(f"{quote}{lever}{quote} = {value}" for lever, value in row["beside"].items())


def verdict(row) -> str:
    """Describe an effect that cannot be distinguished from zero; return nothing for others."""
    if row["idle"]:
        return row["idle"]
    if not row["moves"]:
        return "moves nothing"
    # less than two standard errors from zero
    unclear = row["error"] is not None and abs(row["effect"]) < 2 * row["error"]
    return "not distinguishable from none" if unclear else ""


def render(rows, width) -> Text:
    """Lay out the rows for the terminal: a line a lever and its measure, below it a row a dose."""
    groups: dict[str, list] = {}
    for row in rows:
        # the doses of a lever; one that moves little says so
        dose = ", ".join(filter(None, [str(row["value"]).lower(), verdict(row)]))
        cells = [f"{row['baseline']:,.0f}", people(row["effect"]), people(row["error"]).lstrip("+")]
        groups.setdefault(f"{row['lever']}{beside(row)}: {row['measure']}", []).append(
            [dose, *cells, figure(row["percent"], signed=True)]
        )
    heads = ["dose", "baseline", "effect", "error", "per cent"]
    reading = (
        "Effect of each dose on the measure that the lever should move: flows are persons a year, stocks those at the "
        "end. Error: standard error over pairs. Every lever, with published effects beside it: docs/atlas.md"
    )
    lines = [*grouped_lines(heads, groups.items(), width, (3, 1)), "", *wrap(reading, width)]
    return Text("\n".join(lines))


def published(row, studies) -> str:
    """Summarise in one line what studies of the same lever have measured."""
    chosen = {name: studies[name] for name in row["studies"]}
    return "; ".join(
        f"{name} {study.estimand}: {figure(study.published.value)} {study.published.unit}"
        for name, study in chosen.items()
    )


def table(rows) -> list[str]:
    """Write the rows of the page's table, one line a dose, in Markdown."""
    studies, lines = read_studies(), []
    for row in rows:
        # published figures first, then why a dose moves little
        note = "; ".join(filter(None, [published(row, studies), verdict(row)]))
        lever = f"`{row['lever']}`{beside(row, '`')}" + ("" if row["years"] == YEARS else f" ({row['years']} years)")
        # numbers with thousands parted; switches and choices as they are written
        dose = (
            f"{row['value']:,}" if isinstance(row["value"], int | float) and not isinstance(row["value"], bool) else ""
        )
        lines.append(
            [
                lever,
                dose or str(row["value"]).lower(),
                f"`{row['measure']}`",
                f"{row['baseline']:,.0f}",
                people(row["effect"]),
                people(row["error"]).lstrip("+"),
                figure(row["percent"], signed=True),
                note,
            ]
        )
    return [f"| {' | '.join(line)} |" for line in lines]


def page(rows, population, pairs) -> str:
    """Write the page in Markdown."""
    lines = [f"| {' | '.join(line)} |" for line in (HEADS, ["---"] * len(HEADS))] + table(rows)
    return f"""# Response atlas

What every family of levers does to the measure that it should move, at a small dose, one as in the literature, and a
large one (a switch has one). Flows are persons a year, means over {YEARS} years; stocks are those at their end. Errors
are standard errors over {pairs} pairs of {population:,} engineers, each with people of its own, assumptions at their
centre. A lever that acts only beside another policy has that policy in both arms, and it is named. Published effects
are of other people and other statistics: [experiments](experiments.md) asks the model for theirs.

Made by `python -m sim.show.atlas` with version {__version__}; `talentflow atlas` prints the same. A family that moves
nothing has a stated reason beside its declaration, or a test fails.

{chr(10).join(lines)}
"""


def replaced(text, rows) -> str:
    """Return the page ``text`` with the lines of the levers in ``rows`` replaced, those of new levers at the end."""
    names = {f"| `{row['lever']}`" for row in rows}
    lines = text.rstrip().splitlines()
    of = [next((name for name in names if line.startswith((f"{name} ", f"{name}("))), "") for line in lines]
    new = {name: table([row for row in rows if f"| `{row['lever']}`" == name]) for name in names}
    # the first line of a lever gives way to all of its new ones, its other lines go
    out = [line for k, line in enumerate(lines) for line in ([line] if not of[k] else new.pop(of[k], []))]
    return "\n".join([*out, *(line for row in rows for line in new.pop(f"| `{row['lever']}`", []))]) + "\n"


if __name__ == "__main__":
    rows = atlas(sys.argv[1:], population=POPULATION, replicates=PAIRS)
    whole = replaced(PAGE.read_text(encoding="utf-8"), rows) if sys.argv[1:] else page(rows, POPULATION, PAIRS)
    PAGE.write_text(whole, encoding="utf-8")
    sys.stdout.write(f"{PAGE.name} rewritten\n")
