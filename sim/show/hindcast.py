"""The hindcast in words, as a table in the terminal and in docs/hindcast.md, and as a figure.

``python -m sim.show.hindcast`` runs it from the years of ``STARTS``, saves the answers (``data/hindcast.json``), draws
docs/hindcast.png, and ``python -m sim.show.documents`` then rewrites the page.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any

from rich.console import Group, RenderableType

from sim.custom_world import PRESENT
from sim.results.narrative import paragraph
from sim.results.record import plain_values, to_json
from sim.show.answer import heading, line, table
from sim.study.hindcast import hindcast
from sim.world.past import FIRST, setting_of
from sim.world.setting import load_setting
from sim.world.tables import read

SAVED = Path(__file__).parent / "data" / "hindcast.json"
PAGE = Path(__file__).parents[2] / "docs" / "hindcast.md"
STARTS = (2023, 2019)  # whose answers the page shows; the first has the figure
NAMES = {"own": "not given to the model", "input": "known to its tables"}


def headline(answer) -> str:
    """Say in one sentence how many published figures the model meets, from which start."""
    return paragraph("evidence", "hindcast", answer)


def number(value, unit, sign=False) -> str:
    """Format a figure in its unit: whole persons, or a rate to a tenth; a dash for none.

    >>> number(1900000.4, "persons"), number(-4.31, "percent"), number(float("nan"), "percent")
    ('1,900,000', '−4.3', '-')
    """
    if value is None or value != value:
        return "-"
    text = f"{value:+,.0f}" if unit == "persons" else f"{value:+,.1f}"
    return (text if sign else text.removeprefix("+")).replace("-", "\N{MINUS SIGN}")


def published(row) -> str:
    """Format what was published: a value, a range, or a sign."""
    value, low, high = (row[key] for key in ("value", "published_low", "published_high"))
    if value == 0 and row["group"] == "signs":
        return "above 0" if low == 0 else "below 0"
    text = number(value, row["unit"])
    return text if row["range_assumed"] else f"{text} ({number(low, row['unit'])} to {number(high, row['unit'])})"


def cells(row) -> list[str]:
    """Return what is printed of a figure: what, published, simulated, its range, its error, the verdict."""
    unit = row["unit"]
    spread = f"{number(row['low'], unit)} to {number(row['high'], unit)}"
    label = row["what"] + {"persons": "", "percent": ", %", "points": ", points"}[unit]
    if row["group"] == "signs":
        label = row["what"]
    return [label, published(row), number(row["mean"], unit), spread, number(row["error"], unit), row["verdict"]]


def render(answer, folder=None, details=False) -> Group:
    """Lay out the answer for ``rich.console.Console.print``: what the model was not given, then what else it misses.

    With ``details`` also the figures of its own tables that it meets, and the published ranges.
    """
    parts: list[RenderableType] = [
        heading(f"Hindcast from January {answer['start']} to January {answer['end']}"),
        line(headline(answer)),
    ]
    for kind, name in NAMES.items():
        rows = [row for row in answer["rows"] if row["kind"] == kind]
        listed = [row for row in rows if details or kind == "own" or row["verdict"] == "disagrees"]
        shown = table("", "published", "simulated", "90 % of runs", "verdict", spare=(3,))
        for row in listed:
            what, known, mean, spread, _, verdict = cells(row)
            known = known if details else known.partition(" (")[0]
            shown.add_row(what, known, mean, spread, verdict, style="" if verdict != "disagrees" else "bold")
        more = "" if len(listed) == len(rows) else f"; the other {len(rows) - len(listed)} agree"
        parts += [heading(f"Figures {name}{more}"), shown]
    parts.append(line("Sources, grades, reasons, and what a past start assumes: docs/hindcast.md", "dim"))
    if folder is not None:
        parts.append(line(f"{folder}", "dim"))
    return Group(*parts)


def tables(answer) -> dict[str, Any]:
    """Return the tables that are saved as CSV: dict of name -> pandas.DataFrame."""
    import pandas as pd

    return {"hindcast": pd.DataFrame(answer["rows"])}


def draw(answer, path) -> Path:
    """Draw the figure of a hindcast into a file and return its path."""
    from sim.show.plots import hindcast as plots
    from sim.show.plots import to_file

    return to_file(lambda ax: plots.plot_hindcast(answer, ax), plots.SIZE, path)


# --- The page --------------------------------------------------------------------------------------


@cache
def saved() -> dict[int, dict]:
    """Return the answers that ship, by start."""
    return {answer["start"]: answer for answer in json.loads(SAVED.read_text(encoding="utf-8"))}


HEAD = ["figure", "published", "grade", "simulated", "90 % of runs", "error", "verdict", "why"]


def page_rows(start) -> list[list[str]]:
    """Return the rows of the table of docs/hindcast.md, those not given to the model first."""
    rows = sorted(saved()[start]["rows"], key=lambda row: row["kind"] != "own")
    out = []
    for row in rows:
        what, known, mean, spread, error, verdict = cells(row)
        given = "" if row["kind"] == "own" else " *(input)*"
        out.append(
            [what + given, f"{known}: {row['source']}", row["grade"], mean, spread, error, verdict, row["reason"]]
        )
    return out


def stock_rows() -> tuple[list[str], list[list[str]]]:
    """Return heading and rows of the stocks walked back, by country and of the world, in thousand engineers."""
    s, years = load_setting(), [*range(FIRST, PRESENT), PRESENT]
    growth = {row["country"]: row for row in read("supply")}
    names = {row["country"]: row["name"] for row in read("countries")}
    stocks = [setting_of(year).stock for year in years]
    rows = [
        [names[country], f"{100 * float(growth[country]['growth_rate']):.1f}", growth[country]["grade"]]
        + [f"{x[s.country == k].sum() / 1000:,.1f}" for x in stocks]
        for k, country in enumerate(s.countries)
    ]
    world = ["World", "", "D", *(f"{x.sum() / 1000:,.1f}" for x in stocks)]
    return ["country", "growth, %", "grade", *map(str, years)], [*rows, world]


def rule_rows() -> tuple[list[str], list[list[str]]]:
    """Return heading and rows of past_rules.csv, in the order of the days."""
    rows = sorted(read("past_rules"), key=lambda row: (row["until"], row["lever"]))

    def then(row) -> str:
        """Say what the lever was: a value, or the tables' value changed."""
        if row["value"]:
            return row["value"]
        return f"times {float(row['multiply']):g}" if row["multiply"] else f"{float(row['add']):+g}"

    head = ["until", "lever", "then", "what changed", "source", "grade"]
    return head, [
        [row["until"], f"`{row['lever']}`", then(row), row["change"], row["source"], row["grade"]] for row in rows
    ]


def write() -> None:
    """Run the hindcasts of the page, save them, and draw the figure."""
    answers = [plain_values(hindcast(start)) for start in STARTS]
    SAVED.write_text(to_json(answers, indent=1) + "\n", encoding="utf-8")
    draw(answers[0], PAGE.with_suffix(".png"))


if __name__ == "__main__":
    write()
