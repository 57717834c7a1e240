"""The gates: what was measured, missed and passed, in the terminal, as a page and in the documents.

``python -m sim.show.gates`` writes the parts of README.md and docs/gates.md that are made from ``STORED``, the
``gates.json`` of a run of ``talentflow validate``, and what every answer says of them (``verdicts``).
"""

import json
import math
from collections import Counter
from pathlib import Path
from typing import Any

from rich.console import Group

from sim.results import verdicts
from sim.results.narrative import band as sentence_band
from sim.results.narrative import paragraph
from sim.scenario.assumptions import shipped_fit
from sim.show.answer import heading, line, table
from sim.show.report.pages import templates

GROUPS = {  # heading -> whether a row belongs under it, the misses first
    "Missed": lambda row: decides(row) and row["verdict"] == "missed",
    "Not measured, which counts as missed": lambda row: decides(row) and row["verdict"] == "not measured",
    "Passed": lambda row: decides(row) and row["verdict"] == "passed",
    "Fitted: the model was made to meet these, which proves nothing": lambda row: (
        row["kind"] == "gate" and row["use"] == "fit"
    ),
    "Warnings: they do not decide": lambda row: row["kind"] == "warning",
}
STORED = Path(__file__).parent / "data" / "gates.json"
HEADINGS = ("gate", "statistic", "band", "median", "5 to 95 %", "inside, %", "verdict")
BEGIN, END = "<!-- gates: begin, made by python -m sim.show.gates -->", "<!-- gates: end -->"


def decides(row) -> bool:
    """Return whether the exit code of ``talentflow validate`` rests on a row."""
    return row["kind"] == "gate" and row["use"] == "test"


def summary(answer) -> str:
    """Count in one sentence the gates that decide which were passed and missed."""
    # fitted gates and warnings do not decide
    tally = Counter(row["verdict"] for row in answer["gates"] if decides(row))
    warned = sum(
        row["kind"] == "warning" and row["use"] == "test" and row["verdict"] != "passed" for row in answer["gates"]
    )
    counts = {
        "all": tally.total(),
        "passed": tally["passed"],
        "missed": tally["missed"],
        "unmeasured": tally["not measured"],
        "warned": warned,
        "draws": answer["draws"],
        "refused": answer["refused_draws"],
        "population": answer["population"],
    }
    return paragraph("evidence", "gates", counts)


def reading(answer) -> str:
    """Explain how to read the columns of the table."""
    return paragraph("evidence", "gates_reading", 100 * answer["enough"], answer["population"])


def frame(answer) -> Any:
    """Return the pandas.DataFrame of the gates that is saved as CSV: one row a gate, without its samples."""
    import pandas as pd

    left_out = ("beside", "scenarios", "values")
    return pd.DataFrame([{key: row[key] for key in row if key not in left_out} for row in answer["gates"]])


def grouped(answer) -> dict[str, list[dict]]:
    """Group the rows under headings; headings without rows are left out."""
    groups = {words: [row for row in answer["gates"] if belongs(row)] for words, belongs in GROUPS.items()}
    return {words: rows for words, rows in groups.items() if rows}


def texts(row) -> list[str]:
    """Format a row under ``HEADINGS``; further figures follow the statistic."""
    # further figures of the same experiment
    beside = [f"{label}: {number(further['median'])}" for label, further in row["beside"].items()]
    unit = "" if row["unit"] in row["statistic"] else f", {row['unit']}"
    statistic = "; ".join([f"{row['experiment']}: {row['statistic']}{unit}", *beside])
    spread = "" if row["median"] is None else f"{number(row['low_draws'])} to {number(row['high_draws'])}"
    return [row["id"], statistic, band(row), number(row["median"]), spread, f"{100 * row['inside']:.0f}", verdict(row)]


def verdict(row) -> str:
    """Name the verdict of a row; warnings are met or not met, so that nobody takes them for gates."""
    if row["kind"] == "warning" and row["verdict"] in ("passed", "missed"):
        return "met" if row["verdict"] == "passed" else "not met"
    return row["verdict"]


def band(row) -> str:
    """Return the band of a row in words.

    >>> band({"low": None, "high": 0.0}), band({"low": 0.6, "high": 1.6})
    ('at most 0', '0.6 to 1.6')
    """
    low, high = row["low"], row["high"]
    if low is None or high is None:
        return f"at most {number(high)}" if low is None else f"at least {number(low)}"
    return number(low) if low == high else f"{number(low)} to {number(high)}"


def number(value) -> str:
    """Return a figure to three digits, whole from a hundred on; nothing for None.

    >>> number(0.2134), number(-4113.5), number(None)
    ('0.213', '-4,114', '')
    """
    if value is None:
        return ""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def background(row) -> str:
    """Describe source, method and scenarios of a gate in a sentence: str."""
    return paragraph("evidence", "background", row)


def left_out_sentence(answer) -> str:
    """Count in one sentence the families of experiments that hold when they are left out of the fit."""
    return paragraph("evidence", "left_out", left_out_counts(answer))


def left_out_counts(answer) -> dict:
    """Count the families that hold when left out, widened and strictly, and that the priors predict; and their z."""
    rows = answer.get("families", [])
    keys = {"held": "held", "strictly": "held0", "before": "prior_held"}
    zs = {key: [row[key] for row in rows if row[key] is not None] for key in ("z", "prior_z")}
    roots = {key: math.sqrt(sum(z * z for z in each) / len(each)) for key, each in zs.items()}
    return {"families": len(rows)} | {name: sum(row[key] for row in rows) for name, key in keys.items()} | roots


# --- in the terminal ------------------------------------------------------------------------------


def render(answer, folder, seconds) -> Group:
    """Lay out the answer for ``rich.console.Console.print``, at most 100 columns; ``seconds`` is how long it took."""
    shown: list = [heading("Gates"), line(summary(answer))]
    for words, rows in grouped(answer).items():
        # the column of verdicts is left out where its heading says the same
        several = len({verdict(row) for row in rows}) > 1  # else the heading says it
        columns = len(HEADINGS) if several else len(HEADINGS) - 1
        made = table(*(head.replace(", ", ",\n") for head in HEADINGS[:columns]), texts=(1,), spare=(4, 5))
        for row in rows:
            made.add_row(*texts(row)[:columns])
        shown += [heading(words), made]
    last = f"{folder}: gates.html, gates.csv and gates.json. {seconds:,.0f} seconds."
    return Group(*shown, line(reading(answer), "dim"), line(last))


# --- as a page and in the documents ---------------------------------------------------------------


def page(answer) -> str:
    """Write the answer as one self-contained HTML page: str."""
    groups = {words: (HEADINGS, [texts(row) for row in rows]) for words, rows in grouped(answer).items()}
    sources = {row["id"]: background(row) for row in answer["gates"]}
    made = {key: answer[key] for key in ("version", "seed", "draws", "population", "uncertainty")}
    return (
        templates()
        .get_template("gates.html.j2")
        .render(
            title="Gates",
            summary=summary(answer),
            reading=reading(answer),
            groups=groups,
            background=sources,
            made=made,
        )
    )


def markdown(answer, only=None) -> str:
    """Format the tables as Markdown, each under its heading; ``only`` the headings named."""
    parts = [summary(answer)]
    for words, rows in grouped(answer).items():
        if only is None or words in only:
            parts += [
                f"**{words}**",
                "\n".join([_cells(HEADINGS), _cells(["---"] * len(HEADINGS)), *(_cells(texts(row)) for row in rows)]),
            ]
    return "\n\n".join([*parts, reading(answer)])


def worst(answer, most=5) -> str:
    """Tabulate in Markdown the gates that fail on most draws, the worst first."""
    rows = [row for row in answer["gates"] if decides(row) and row["verdict"] == "missed"]
    # the smaller the share of draws inside the band, the worse
    rows = sorted(rows, key=lambda row: row["inside"] or 0)[:most]
    heads = ["worst first", "published", "model", "draws inside"]
    cells = [
        [
            f"{row['id']}: {row['statistic']}",
            sentence_band(row),
            number(row["median"]),
            f"{100 * (row['inside'] or 0):.0f} %",
        ]
        for row in rows
    ]
    return "\n\n".join([summary(answer), "\n".join(_cells(line) for line in (heads, ["---"] * 4, *cells))])


def notes(answer) -> str:
    """List source, note and scenarios of every row in Markdown."""
    return "\n".join(f"- **{row['id']}**: {background(row)}." for row in answer["gates"])


def documents(answer) -> dict[str, str]:
    """Generate the text between the markers of each document: dict of its path in the project -> text."""
    fit = shipped_fit()
    first = f"{left_out_sentence(fit)} [docs/left_out.md](docs/left_out.md)\n\n" if "families" in fit else ""
    return {
        "README.md": first + worst(answer) + "\n\nAll of them: [docs/gates.md](docs/gates.md).",
        "docs/gates.md": markdown(answer) + "\n\n## Sources, notes and scenarios\n\n" + notes(answer),
    }


def with_part(text, part) -> str:
    """Put the generated part between the markers of a document."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{part}\n{END}{after}"


def _cells(texts) -> str:
    """Format one line of a Markdown table."""
    return "| " + " | ".join(text.replace("|", "\\|").replace("\n", " ") for text in texts) + " |"


if __name__ == "__main__":
    from sim.results.record import to_json
    from sim.study.validation import judged_again

    root = Path(__file__).parents[2]
    judged = judged_again(json.loads(STORED.read_text(encoding="utf-8")))
    STORED.write_text(to_json(judged, indent=1) + "\n", encoding="utf-8")
    verdicts.SHIPPED.write_text(verdicts.as_json(filter(decides, judged["gates"])), encoding="utf-8")
    for path, part in documents(judged).items():
        document = root / path
        document.write_text(with_part(document.read_text(encoding="utf-8"), part), encoding="utf-8")
