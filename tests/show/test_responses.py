"""The page of responses: its rows are those declared, its verdicts follow from its figures, levers answer in sign."""

import re

import pytest
from paths import ROOT

from sim.scenario.assumptions import PRIORS
from sim.show.responses import RESPONSES, Point, canada, measured, page, points, rows, students, verdict

TEXT = (ROOT / "docs" / "responses.md").read_text(encoding="utf-8")
TABLE = [[cell.strip() for cell in line.split("|")[1:-1]] for line in TEXT.splitlines() if line.startswith("| ")][2:]
SMALL = Point({}, {"population": 5_000, "replicates": 1})


def number(cell):
    return 0.0 if cell == "exact" else float(cell.replace(",", ""))


def test_the_page_has_the_declared_rows():
    assert [row[:3] for row in TABLE] == [[r.what, r.bar, r.unit] for r in RESPONSES]


def test_verdicts_follow_from_figures():
    for response, row in zip(RESPONSES, TABLE, strict=True):
        for k in (3, 6):
            value, error = number(row[k]), number(row[k + 1])
            assert row[k + 2] == verdict(response, value, error), response.what


def test_the_page_is_that_of_its_table():
    pairs, population = re.search(r"agents of (\d+) pairs of ([\d,]+) engineers", TEXT).groups()
    assert page(TABLE, int(population.replace(",", "")), int(pairs)) == TEXT


def test_the_priors_are_their_centres():
    prior, fit = points({})
    assert prior.assumptions["b_pay"] == PRIORS["b_pay"].central
    assert fit.assumptions == {}
    assert prior.bench().options.declared()["nest_third"].central == PRIORS["nest_third"].central


def test_responses_have_their_sign():
    few = [response for response in RESPONSES if response.measure in (canada, students)]
    found = measured(SMALL, few)
    asked, part, quarter, graduates = (value for value, _ in found)
    assert asked > 0
    assert part > 0
    assert quarter > 0
    assert graduates < 0
    assert len(rows(few, [found, found])) == 4


@pytest.mark.parametrize(
    ("value", "error", "expected"),
    [
        (1.5, 0.0, "held"),
        (1.9, 0.1, "held, within two errors"),
        (2.5, 0.0, "missed"),
        (0.9, 0.1, "missed, within two errors"),
    ],
)
def test_a_verdict_tells_doubt(value, error, expected):
    assert verdict(RESPONSES[0], value, error) == expected
