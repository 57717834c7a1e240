"""The library of scenarios as a page: every effect on its subject, and whether its size agrees with its source.

``python -m sim.show.library`` runs all scenarios at a modest size and rewrites docs/library.json and docs/library.md.
"""

import json
import sys
from pathlib import Path

from sim import __version__
from sim.results.cells import signed
from sim.results.narrative import signed_persons
from sim.results.record import plain_values, to_json
from sim.study.library import judgements, review

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


def page(answer):
    """The page of a review: str.

    Parameters
    ----------
    answer : dict with ``rows`` of :func:`~sim.study.library.review`, ``population``, ``replicates`` and ``version``
    """
    told = judgements()
    lines = [HEADS, ["---"] * len(HEADS), *(_cells(row, told[row["scenario"]]) for row in answer["rows"])]
    body = "\n".join(f"| {' | '.join(cell.replace('|', '/') for cell in line)} |" for line in lines)
    return INTRODUCTION.format(**answer) + body + "\n"


def _cells(row, told):
    """The texts of a row under ``HEADS``."""
    people = signed_persons(row["people"]) + ("" if row["settled"] else "?")
    spread = f"{signed_persons(row['low'])} to {signed_persons(row['high'])}"
    numbers = [people, spread, signed(row["percent"], 1), signed(row["points"], 2)]
    keys = row["subject"].partition(",")[2]
    subject = f"{row['place']}, {keys}" if keys else row["place"]
    return [f"`{row['scenario']}`", subject, *numbers, row["why"], told["agrees"], told["sentence"]]


if __name__ == "__main__":
    tell = lambda done, total: sys.stderr.write(f"{done} of {total}\n")  # noqa: E731
    found = plain_values({"version": __version__, **SIZE, "rows": review(progress=tell, **SIZE)})
    (DOCS / "library.json").write_text(to_json(found, indent=1) + "\n", encoding="utf-8")
    (DOCS / "library.md").write_text(page(json.loads(to_json(found))), encoding="utf-8")
