"""Test the statements of the industry's reports beside the model: complete, with a value or a reason, fairly judged."""

import csv

import pytest

from sim.show import statements as show
from sim.world.market_facts import facts


@pytest.fixture(scope="module")
def rows():
    return show.statements()


def test_every_market_fact_has_its_row(rows):
    assert [row["id"] for row in rows] == list(facts())
    assert len(rows) == 98


def test_no_row_lacks_both_value_and_reason(rows):
    assert all(row["model"] != "-" or row["reason"] for row in rows)
    assert all(row["where"] and row["verdict"] in show.VERDICTS for row in rows)
    assert all(row["reason"] for row in rows if row["verdict"] == "cannot say")


@pytest.mark.parametrize(
    ("figure", "published", "verdict"),
    [
        ("net_x", "4", "agrees"),
        ("net_x", "7.1", "disagrees"),
        ("pay", "105", "agrees"),
        ("pay", "120", "disagrees"),
        ("within:net_x:pay", "50", "agrees"),
        ("between:pay:150:200", "", "disagrees"),
        ("about:pay:95", "text", "agrees"),
    ],
)
def test_verdict_rests_on_a_stated_tolerance(figure, published, verdict):
    assert show.verdict_of(figure, published, {"net_x": 5.0, "pay": 100.0}) == verdict


def test_the_pools_are_the_published_ones():
    found = show.figures()
    assert found["pool_world"] == pytest.approx(1_900_000, abs=1)
    assert found["pool_eu27"] == pytest.approx(420_000, abs=100)


def test_a_missing_row_is_refused(tmp_path, monkeypatch):
    short = tmp_path / "short.csv"
    lines = list(csv.reader(show.FILE.open(encoding="utf-8", newline="")))[:-1]
    with short.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(lines)
    monkeypatch.setattr(show, "FILE", short)
    with pytest.raises(show.ResultError, match="one row for each row"):
        show.statements()
