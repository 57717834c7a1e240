"""Engineers counted where they live and where their employer is."""

import numpy as np
import pytest
from fake_result import fake_result

from sim.errors import ResultError
from sim.results import export
from sim.results.effects import LEAST, basis_rows, effect
from sim.results.measures import measure
from sim.results.result import Result
from sim.show.plots import BY_STOCK, draw


@pytest.fixture(scope="module")
def moved():
    """A run in which the scenario takes a tenth of Paris's jobs to London, whoever lives where."""
    run = fake_result(replicates=4, years=3)
    jobs = run.data.stock_by_employer.copy()
    here = {"arm": "scenario", "hub": "paris"}
    taken = 0.1 * jobs.loc[here]
    jobs.loc[here] -= taken
    jobs.loc[here | {"hub": "london"}] += taken
    return Result(run.data.assign(stock_by_employer=jobs), run.record)


def test_by_employer_equals_the_measure_by_employer(moved):
    for query in ("share", "stock:usa", "share:paris,tier=expert", "hhi"):
        name, _, rest = query.partition(",")
        keys = ",".join(part for part in (rest, "basis=employer") if part)
        assert measure(moved.by_employer(), query).equals(measure(moved, f"{name},{keys}"))


def test_rows_are_the_hubs_whose_effect_differs_most(moved):
    rows = basis_rows(moved)
    assert {row["hub"] for row in rows[:2]} == {"paris", "london"}
    for row in rows:
        by = [100 * effect(moved, f"share:{row['hub']}{basis}").mean().item() for basis in ("", ",basis=employer")]
        assert [row["residence"], row["employer"]] == pytest.approx(by)
        assert row["gap"] == pytest.approx(by[1] - by[0])
        assert abs(row["gap"]) >= LEAST
        assert row["low"] <= row["gap"] <= row["high"]
    gaps = [abs(row["gap"]) for row in rows]
    assert gaps == sorted(gaps, reverse=True)


def test_there_are_no_rows_where_both_counts_agree(moved):
    same = Result(moved.data.assign(stock_by_employer=moved.data.stock), moved.record)
    assert basis_rows(same) == []


def test_the_table_of_shares_holds_both_bases(moved):
    table = export.shares(moved)
    assert not table.duplicated(["basis", "arm", "time", "hub", "tier"]).any()
    everybody = table[table.tier == "all"].groupby(["basis", "arm", "time"]).share.sum()
    assert np.allclose(everybody, 1)
    here = "basis == 'employer' and arm == 'scenario' and hub == 'london' and time == 2029 and tier == 'all'"
    row = table.query(here)
    stock = moved.data.stock_by_employer.sel(arm="scenario", hub="london", time=2029).sum("tier")
    assert row.stock.item() == pytest.approx(stock.mean().item())


@pytest.mark.parametrize("kind", [kind for kind in BY_STOCK if kind != "comparison"])
def test_a_figure_says_by_which_basis_it_counts(moved, tmp_path, kind):
    for result, says in ((moved, False), (moved.by_employer(), True)):
        text = draw(result, kind, tmp_path / f"{kind}.svg").read_text(encoding="utf-8")
        assert ("by hub of the employer" in text) == says


def test_a_run_saved_without_employers_says_so(moved):
    old = Result(moved.data.drop_vars("stock_by_employer"), moved.record)
    assert basis_rows(old) == []
    with pytest.raises(ResultError, match="run it again"):
        old.by_employer()
