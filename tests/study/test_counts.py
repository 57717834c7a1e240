"""Counts taken while runs go on agree with the saved arrays, add up, and end nobody's equality with an ordinary run."""

import numpy as np
import pytest

from sim import run
from sim.errors import ResultError
from sim.results.measures import measure, series
from sim.scenario.files import loads
from sim.study.counts import count
from sim.world.categories import ROLES, STATUSES, TIERS

OPTIONS = {"population": 5_000, "replicates": 2, "years": 2, "uncertainty": "chance", "workers": 1}
WITH_TEAMS = "acquihire_wave"  # so that whole teams move too


@pytest.fixture(scope="module")
def saved():
    return run(WITH_TEAMS, **OPTIONS)


def values(*queries, scenario=WITH_TEAMS):
    """Of each query, (arm, pair, time)."""
    rows = count(scenario, list(queries), yearly=True, **OPTIONS)
    return [np.stack([row["values"] for row in rows if row["query"] == query], axis=-1) for query in queries]


def test_counts_equal_what_a_run_saves(saved):
    queries = ["stock:usa", "stock:usa,home=ind", "share:fra", "arrivals:usa", "departures:deu", "moves"]
    *found, moves = values(*queries)
    for query, mine in zip(queries, found, strict=False):
        assert mine == pytest.approx(series(saved, query).values, rel=1e-12), query
    assert moves == pytest.approx(saved.data.flow.sum(("origin", "destination")).values)


def test_parts_add_up_to_the_whole():
    whole, *parts = values("stock:usa,home=ind", *(f"stock:usa,home=ind,tier={tier}" for tier in TIERS))
    assert sum(parts) == pytest.approx(whole)
    whole, *parts = values("moves", *(f"moves,role={role}" for role in ROLES))
    assert sum(parts) == pytest.approx(whole)
    whole, *parts = values("arrivals:can", *(f"arrivals:can,status={status}" for status in STATUSES))
    assert sum(parts) == pytest.approx(whole)
    whole, *parts = values("returns:ind", "returns:ind,origin=usa", "returns:ind,tier=expert")
    assert (whole >= np.array(parts)).all()


@pytest.mark.parametrize("measure", ["arrivals", "departures", "stock"])
def test_four_attributes_together_add_up(measure):
    """Tier, role, status and home in one query: the cells of tiers and roles add up to one without them."""
    rest = "usa,status=temporary,home=ind"
    cells = [f"{measure}:{rest},tier={tier},role={role}" for tier in TIERS for role in ROLES]
    whole, *parts = values(f"{measure}:{rest}", *cells)
    assert whole.sum() > 0
    assert sum(parts) == pytest.approx(whole)


def test_spin_outs_are_counted_where_they_are_founded():
    spinning = loads('title = "x"\n[[policy]]\nlever = "sector.*.spinout_rate"\nvalue = 0.05\n', "x")
    whole, part = values("spinouts", "spinouts:usa", scenario=spinning)
    assert whole[0].sum() == 0  # the baseline
    assert (whole[1] > part[1]).all()
    assert part[1].sum() > 0


def test_remote_pay_lies_between_here_and_elsewhere():
    """Above local pay where that is low, below it where it is high; without convergence it is local pay."""
    (rich, poor) = values("remote_pay:sf_bay_area", "remote_pay:ind")
    assert (rich < 1).all()
    assert (poor > 1).all()
    (row,) = count("baseline", "remote_pay", **OPTIONS, assumptions={"remote_convergence": 0.0})
    assert row["baseline"] == pytest.approx(1)


def test_first_jobs_of_doctors_are_shares():
    (share,) = values("doctors_to_industry:usa", scenario="doctors_in_academia")  # from 2027
    assert ((share >= 0) & (share <= 1)).all()
    assert np.array_equal(share[0, :, 0], share[1, :, 0])
    assert share[1, :, 1].mean() < share[0, :, 1].mean()


def test_a_cohort_begins_whole_and_dwindles():
    (stay,) = values("stay:usa,status=temporary")
    assert (stay[..., 0] == 1).all()
    assert (stay[..., -1] < 1).all()
    (row,) = count("baseline", "stay:usa,home=chn@+1", **OPTIONS)
    assert row["year"] == 2027
    assert row["effect"] == 0


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("stay:usa@+9", "2035 lies outside the run"),
        ("returns", "needs a place"),
        ("arrivals:usa,home=indi", "unknown home 'indi'; nearest: ind"),
        ("arrivals:usa,origin=caan", "caan is no hub"),
        ("stock:usa,trained_in=us", "unknown trained_in 'us'; nearest: usa"),
        ("hhi,group=elite", "unknown key 'group'"),
        ("hhi", "is not counted in this way: run SCENARIO --measure hhi has it"),
    ],
)
def test_what_cannot_be_counted_is_refused(query, said):
    with pytest.raises(ResultError) as refusal:
        count("baseline", query, **OPTIONS)
    assert said in str(refusal.value)


def test_the_command_prints_a_row_a_query(talentflow):
    small = ["--population", "5000", "--replicates", "2", "--years", "1"]
    code, out, _ = talentflow("count", "baseline", "returns:ind,tier=practitioner", "moves,role=ml_engineer", *small)
    assert code == 0
    assert "returns:ind,tier=practitioner" in out


def test_saved_arrays_did_not_grow(saved):
    assert not {"returns", "moves", "stay"} & set(saved.data.data_vars)
    assert measure(saved, "arrivals:usa").dims == ("arm", "replicate")
