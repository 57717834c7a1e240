"""The library reviewed: what every shipped scenario does to its subject, and whether the size agrees with its source.

The judgements are ``data/library.csv``: a sentence a scenario, written by people. The figures are runs.
"""

import csv
from pathlib import Path

from sim.errors import ResultError
from sim.results.facts import facts
from sim.results.narrative import sentences
from sim.scenario.files import available, load, shipped
from sim.study.run import run

AGREES = ("yes", "partly", "no", "fitted", "bound", "no source")  # verdicts of the judgements


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
        found = facts(run(load(name), **options))
        lead, people = found["lead"], found["lead"]["people"]
        row = {"scenario": name, "title": found["title"], "place": lead["name"], "points": lead["effect"]}
        row |= {"people": people["effect"], "low": people["low"], "high": people["high"]}
        row |= {"percent": 100 * people["effect"] / people["baseline"], "settled": bool(people["settled"])}
        rows.append(row | {"why": sentences(found)["why"], "subject": found["subject"]})
        if progress:
            progress(len(rows), len(names))
    return rows
