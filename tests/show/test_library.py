"""The library reviewed: a judgement for every scenario, and a page that is made of runs."""

import json

import pytest
from paths import ROOT

from sim.errors import ResultError
from sim.show import library
from sim.show.library import AGREES, judgements, review, reviewed

STORED = json.loads((ROOT / "docs" / "library.json").read_text(encoding="utf-8"))


def test_every_scenario_has_one_judgement(monkeypatch):
    rows = judgements()
    assert {row["agrees"] for row in rows.values()} <= set(AGREES)
    assert all(row["sentence"].endswith(".") for row in rows.values())
    monkeypatch.setattr(library, "reviewed", lambda: [*reviewed(), "brand_new"])
    with pytest.raises(ResultError, match="brand_new"):
        judgements()


def test_the_stored_review_is_of_all_scenarios():
    assert [row["scenario"] for row in STORED["rows"]] == reviewed()
    assert (ROOT / "docs" / "library.md").read_text(encoding="utf-8") == library.page(STORED)


def test_a_review_says_what_a_run_does():
    (row,) = review(["us_tax_up"], population=5_000, replicates=2, years=2, workers=1)
    assert row["place"] == "United States"
    assert row["low"] <= row["people"] <= row["high"]
    assert row["people"] < 0
