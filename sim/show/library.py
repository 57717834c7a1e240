"""The library reviewed: what every shipped scenario does to its subject, and whether the size agrees with its source.

``python -m sim.show.library`` runs all scenarios at a modest size and rewrites docs/library.json and docs/library.md.
The judgements are ``data/library.csv``: a sentence a scenario, written by people. The figures are runs.
"""

import csv
import json
import sys
from pathlib import Path

from sim import __version__
from sim.errors import ResultError
from sim.results.cells import signed
from sim.results.facts import facts
from sim.results.narrative import sentences, signed_persons
from sim.results.record import plain_values, to_json
from sim.scenario.files import available, load, shipped
from sim.study.run import run

AGREES = ("yes", "partly", "no", "fitted", "bound", "no source")  # verdicts of the judgements
DOCS = Path(__file__).parents[2] / "docs"
HEADS = ("scenario", "subject", "people", "90 % of runs", "%", "points", "through", "agrees with its source", "why")
SIZE = {"population": 20_000, "replicates": 10, "workers": 1}

INTRODUCTION = """# The library reviewed

Every shipped scenario against the baseline after ten years: the change of its subject, and whether the size agrees
with the source that it rests on. Made by `python -m sim.show.library`: {population:,} simulated engineers,
{replicates} pairs of runs over chance and assumptions, version {version}. A modest size: read signs and orders, and run
`talentflow run SCENARIO` for the answer itself. `?`: the direction is not settled. *Points* are of the world's share.
*No source*: nobody has published a size, and the sentence says which datum is missing; *bound*: a thought experiment;
*fitted*: an assumption was set near the figure.

"""


def judgements() -> dict[str, dict]:
    """Return scenario -> its row: ``agrees`` (one of ``AGREES``) and ``sentence``.

    Raises
    ------
    ResultError for a scenario without a judgement, or a judgement without its scenario
    """
    with (Path(__file__).parent / "data" / "library.csv").open(encoding="utf-8", newline="") as file:
        rows = {row["scenario"]: row for row in csv.DictReader(file)}
    names = set(reviewed())
    if wrong := names ^ set(rows):
        raise ResultError("library.csv", f"and the shipped scenarios differ: {', '.join(sorted(wrong))}")
    return rows


def reviewed() -> list[str]:
    """Return the names of the shipped scenarios that have policies."""
    return [name for name in available() if shipped(name) and load(name).policies]


def review(names=None, progress=None, **options) -> list[dict]:
    """Run scenarios and return their effects on their subjects.

    Parameters
    ----------
    names : list of str; all that ship if None
    progress : function of (done, total)
    options : population, replicates, seed, as of :class:`~sim.study.options.Options`

    Returns
    -------
    list of dicts of plain values: ``scenario``, ``title``, ``place``, ``people`` with ``low`` and ``high`` (90 % of
    runs), ``points`` of the world's share, ``percent`` of the subject's stock, ``settled``, ``why``
    """
    names, rows = names or reviewed(), []
    for name in names:
        outcome = facts(run(load(name), **options))
        # the place that the answer leads with, in points and in people
        lead, people = outcome["lead"], outcome["lead"]["people"]
        row = {"scenario": name, "title": outcome["title"], "place": lead["name"], "points": lead["effect"]}
        row |= {"people": people["effect"], "low": people["low"], "high": people["high"]}
        row |= {"percent": 100 * people["effect"] / people["baseline"], "settled": bool(people["settled"])}
        rows.append(row | {"why": sentences(outcome)["why"], "subject": outcome["subject"]})
        if progress:
            progress(len(rows), len(names))
    return rows


def page(answer) -> str:
    """Return the page of a review: str.

    Parameters
    ----------
    answer : dict with ``rows`` of :func:`review`, ``population``, ``replicates`` and ``version``
    """
    verdicts = judgements()
    # effects of the runs beside the judgements of people
    lines = [HEADS, ["---"] * len(HEADS), *(_cells(row, verdicts[row["scenario"]]) for row in answer["rows"])]
    body = "\n".join(f"| {' | '.join(cell.replace('|', '/') for cell in line)} |" for line in lines)
    return INTRODUCTION.format(**answer) + body + "\n"


def _cells(row, verdict) -> list:
    """Return the texts of a row under ``HEADS``."""
    # a question mark where the direction is not settled
    people = signed_persons(row["people"]) + ("" if row["settled"] else "?")
    spread = f"{signed_persons(row['low'])} to {signed_persons(row['high'])}"
    numbers = [people, spread, signed(row["percent"], 1), signed(row["points"], 2)]
    keys = row["subject"].partition(",")[2]
    subject = f"{row['place']}, {keys}" if keys else row["place"]
    return [f"`{row['scenario']}`", subject, *numbers, row["why"], verdict["agrees"], verdict["sentence"]]


if __name__ == "__main__":
    tell = lambda done, total: sys.stderr.write(f"{done} of {total}\n")  # noqa: E731
    answer = plain_values({"version": __version__, **SIZE, "rows": review(progress=tell, **SIZE)})
    (DOCS / "library.json").write_text(to_json(answer, indent=1) + "\n", encoding="utf-8")
    (DOCS / "library.md").write_text(page(json.loads(to_json(answer))), encoding="utf-8")
