"""The brief of a run: one printed page with the answer, its table, its lines, its causes and how far to trust it."""

from pathlib import Path
from typing import Any

import numpy as np

from sim.errors import UsageError, saving
from sim.results.display import effect_columns
from sim.results.effects import HIGH, LOW, QUANTILE
from sim.results.facts import cause_table, facts, places_over_time
from sim.results.narrative import level, sentence, sentences, signed_persons
from sim.show.report.pages import templates

ROWS = 11  # of the table
SOURCES = 4  # of the scenario's policies that are quoted
PLOT = (300, 120)  # units of the picture of lines: width and height


def write_brief(result, folder, format="html", parts=None) -> Path:
    """Write ``brief.html`` or ``brief.pdf`` into the folder of a run.

    Parameters
    ----------
    result : Result of one scenario or of several
    folder : path of a folder that exists
    format : 'html', or 'pdf' (needs the extra 'brief')
    parts : dict that holds what :func:`brief_contents` returns; collected here if None

    Returns
    -------
    pathlib.Path

    Raises
    ------
    UsageError without the extra ``brief``; FileError if the file cannot be written
    """
    page = templates().get_template("brief.html.j2").render(parts or brief_contents(result))
    path = Path(folder) / f"brief.{format}"
    if format == "html":
        with saving(path):
            path.write_text(page, encoding="utf-8")
        return path
    try:
        # only a PDF needs the library
        from weasyprint import HTML
    except ImportError:
        raise UsageError("brief --format pdf", "needs the extra 'brief': pip install 'talentflow[brief]'") from None
    printed = HTML(string=page).write_pdf()
    with saving(path):
        path.write_bytes(printed)
    return path


def brief_contents(result) -> dict[str, Any]:
    """Return the plain values that the templates of the brief and of the head of the report use.

    Parameters
    ----------
    result : Result of one scenario or of several
    """
    arms = [_scenario(result.versus(arm) if len(result.arms) > 1 else result, arm) for arm in result.arms]
    return {"title": result.record["title"], "question": result.record["question"], "answers": arms}


def _scenario(result, arm) -> dict[str, Any]:
    """Collect the values of one scenario's part of the page."""
    outcome = facts(result, ROWS)
    answer_texts, lead = sentences(outcome), outcome["lead"]
    # the table of the answer, with a bar beside each row
    head, rows = effect_columns(outcome)
    bars = _bars([(0.0, row["low"], row["high"], row["effect"]) for row in outcome["rows"]])
    return {
        "label": arm,
        "sentences": answer_texts,
        "number": signed_persons(lead["people"]["effect"]),
        "loses": lead["people"]["effect"] < 0,
        "settled": lead["people"]["settled"],
        "number_of": f"{sentence('people', outcome['people'])} in {lead['spoken']}, January {outcome['last']}",
        "range": f"90 % of runs: {signed_persons(lead['people']['low'])} to {signed_persons(lead['people']['high'])}",
        "pairs": outcome["pairs"],
        "head": head,
        "rows": [
            {
                "cells": cells,
                "level": row["level"],
                "settled": row["settled"] or row["label"] is None,
                "people": signed_persons(row["people"]["effect"]),
                "bar": bar,
                "gains": row["effect"] > 0,
                "rest": row["label"] is None,
            }
            for row, cells, bar in zip(outcome["rows"], rows, bars, strict=True)
        ],
        "markdown": [
            [*cells[:5], signed_persons(row["people"]["effect"])]
            for row, cells in zip(outcome["rows"], rows, strict=True)
        ],
        "lines": _lines(result, outcome),
        "causes": _causes(result, outcome),
        "money": [row | {"number": _million(row["mean"])} for row in (outcome["money"] or {"parts": []})["parts"]],
        "sources": _sources(result),
        "warnings": outcome["warnings"],
        "how": _again(result.record),
        "source": sentence("source", outcome, result.record["versions"].get("talentflow", "")),
    }


def _million(value) -> str:
    """Format million USD with its sign, to two figures: what a part adds to the cost."""
    text = f"{float(f'{value:.2g}'):+,g}"
    return text if abs(value) >= 0.01 else "0"


def _bars(rows) -> list[dict[str, float]]:
    """Place bars on one scale, in per cent of its width: list of dict of left, width, low, spread and zero.

    Parameters
    ----------
    rows : list of (where the bar begins, low, high, length)
    """
    # the scale holds every bar, its interval and zero
    ends = [
        value for begin, low, high, length in rows for value in (begin, begin + length, begin + low, begin + high, 0)
    ]
    least, most = min(ends), max(ends)
    scale = 100 / ((most - least) or 1.0)
    return [
        {
            "left": scale * (min(begin, begin + length) - least),
            "width": scale * abs(length),
            "low": scale * (begin + low - least),
            "spread": scale * (high - low),
            "zero": scale * (0 - least),
        }
        for begin, low, high, length in rows
    ]


def _causes(result, outcome) -> list[dict[str, Any]] | None:
    """Build the waterfall of causes as rows; None if the question is about some people alone or the whole world."""
    if not outcome["causes"]:
        return None
    table = cause_table(result, outcome["lead"]["label"])
    parts = table["mean"].to_numpy()
    if not parts.any():
        return None
    # each bar begins where the one above ends; the total begins at zero
    begins = np.append(np.cumsum(parts[:-1]) - parts[:-1], 0.0)
    spans = zip(begins, table.low, table.high, parts, strict=True)
    bars = _bars([tuple(map(float, span)) for span in spans])
    names = [*table.part[:-1], "together"]
    return [
        {"name": name, "number": signed_persons(part), "bar": bar, "gains": part > 0, "total": name == "together"}
        for name, part, bar in zip(names, parts, bars, strict=True)
    ]


def _lines(result, outcome) -> dict[str, Any]:
    """Build the picture of the subject's share over time: points of both arms and the band, and labels of the axes."""
    name, share, _ = places_over_time(result, 1)[0]
    values = share.transpose("arm", "replicate", "time").sel(arm=["baseline", "scenario"]).values
    means = values.mean(1)
    # limits of the picture: both means and the band of the scenario
    low, high = np.quantile(values[1], (LOW, HIGH), axis=0, method=QUANTILE)
    least, most = min(values.mean(1).min(), low.min()), max(values.mean(1).max(), high.max())
    width, height = PLOT
    x = np.linspace(0, width, values.shape[2])

    def points(line) -> str:
        """Format a line as points of an SVG, the highest value on top."""
        y = height - height * (line - least) / ((most - least) or 1.0)
        return " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(x, y, strict=True))

    # the band as one outline: along the top, and back along the foot
    band = f"{points(high)} " + " ".join(reversed(points(low).split()))
    return {
        "title": sentence("share_of", outcome, outcome["lead"]["spoken"] if name == outcome["lead"]["name"] else name),
        "without": points(means[0]),
        "with": points(means[1]),
        "band": band,
        "least": level(float(least), outcome["digits"]),
        "most": level(float(most), outcome["digits"]),
        "first": outcome["first"],
        "last": outcome["last"],
        "end_without": level(float(means[0, -1]), outcome["digits"]),
        "end_with": level(float(means[1, -1]), outcome["digits"]),
        "width": width,
        "height": height,
    }


def _again(record) -> str:
    """Write the command that makes the run again."""
    verb = "compare" if "arms" in record else "run"
    options = " ".join(f"--{name} {record[name]}" for name in ("population", "replicates", "years", "start", "seed"))
    return f"talentflow {verb} {record['name']} {options}"


def _sources(result) -> list[str]:
    """Describe the first policies of the scenario in a sentence each, with the source."""
    answer_texts = result.record["sentences"]
    more = [f"and {len(answer_texts) - SOURCES} more (report.html)"] if len(answer_texts) > SOURCES else []
    return [*answer_texts[:SOURCES], *more]
