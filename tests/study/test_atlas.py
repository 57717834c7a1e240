"""The response atlas: every family has its row, and a family that moves nothing has a stated reason."""

import pytest

from sim.errors import UsageError
from sim.results.measures import measure
from sim.results.result import Result
from sim.scenario.levers import FAMILIES, catalogue
from sim.show.atlas import page, replaced, verdict
from sim.study.atlas import ROWS, atlas
from sim.study.experiments import read_studies
from sim.study.recorder import ones

SMALL = {"population": 20_000, "replicates": 1, "years": 3, "workers": 1}


@pytest.fixture(scope="module")
def small():
    """The largest dose of every family on a small world."""
    return {row["field"]: row for row in atlas(largest_only=True, **SMALL)}


def test_every_family_has_its_row():
    assert set(ROWS) == {family.field for family in FAMILIES}
    levers, studies, result = catalogue(), read_studies(), Result(ones(["baseline"], 2026, 1), {})
    for field, row in ROWS.items():
        assert levers[row.lever].field == field
        assert len(row.doses) == 3 or levers[row.lever].kind in ("flag", "choice")
        assert levers[row.lever].present not in row.doses, row.lever
        assert set(row.studies) <= set(studies)
        assert measure(result, row.measure).dims == ("arm", "replicate")


@pytest.mark.parametrize("field", ROWS)
def test_a_lever_moves_something_or_says_why(small, field):
    row = small[field]
    assert row["moves"] or row["idle"], f"{row['lever']} = {row['value']} leaves {row['measure']} as it is"


def test_a_closed_border_stops_arrivals(small):
    assert small["is_closed"]["percent"] == pytest.approx(-100)


def test_the_page_lists_every_dose(small):
    text = page(list(small.values()), 20_000, 1)
    assert all(f"`{row.lever}`" in text for row in ROWS.values())
    assert verdict(small["is_closed"]) == ""


def test_companions_stand_in_both_arms(small):
    row = small["acquihire_limit"]
    alone = atlas(["acquihire_rate"], largest_only=True, **SMALL)[0]
    assert row["beside"] == {alone["lever"]: alone["value"]}
    assert row["baseline"] < small["sector_counter_offers"]["baseline"]  # teams have been taken over
    assert row["effect"] > 0  # and are kept again


def test_a_row_does_not_depend_on_others(small):
    assert atlas(["openings"], largest_only=True, **SMALL) == [small["openings"]]


def test_rows_of_a_page_are_replaced_in_place(small):
    text, row = page(list(small.values()), 20_000, 1), small["openings"]
    again = replaced(text, [row | {"effect": 1234.0}])
    changed = [(a, b) for a, b in zip(text.splitlines(), again.splitlines(), strict=True) if a != b]
    ((before, after),) = changed
    assert before.startswith("| `hub.paris.openings`")
    assert "+1,234" in after
    assert replaced(text.replace(before + "\n", ""), [row]).splitlines()[-1] == before


def test_a_family_that_is_not_there_is_refused():
    for unknown in (3, [["tax_rate_points"]]):
        with pytest.raises(UsageError, match="is not in the atlas"):
            atlas(unknown)
    with pytest.raises(UsageError, match="nearest: tax_rate_points"):
        atlas(("tax_rate_point",), **SMALL)


def test_the_command_prints_a_row_a_dose(talentflow):
    code, out, _ = talentflow("atlas", "is_closed", "--population", "5000", "--replicates", "2", "--years", "1")
    assert code == 0
    assert "country.usa.is_closed" in out
    assert "-100" in out
