"""Vacancies: none at the start, more under more demand; what is open, opened and filled adds up; totals over places."""

import numpy as np
import pytest
from worlds import scenario, shipped_world, years_of

from sim.errors import ResultError
from sim.study.counts import count
from sim.study.vacancies import JobMarket, candidates, figure

OPTIONS = {"population": 10_000, "replicates": 2, "years": 2, "uncertainty": "chance", "workers": 1}


def test_open_opened_and_filled_jobs_add_up():
    arms = years_of(shipped_world(10_000, 2))
    sim = next(arms)
    market = JobMarket(sim)
    assert not market.now.any()  # the jobs of the start are those that are wanted
    for _ in arms:
        year = market.close_year(sim)
        assert np.allclose(np.maximum(year["before"] + year["opened"] - year["after"], 0), year["filled"])
        assert np.allclose(year["after"], np.maximum(market.wanted(sim) - sim.jobs * sim.world.weight, 0))
        assert np.allclose(year["opened"].sum(axis=1), sim.openings())
        assert (year["candidates"] >= sim.accounts.entrants * sim.world.weight).all()


def test_candidates_are_searchers_leavers_and_entrants():
    """Nobody searches: what is left are entrants, and those who leave an employer in a year, about a quarter."""
    *_, sim = years_of(shipped_world(10_000, 1))
    with_search = candidates(sim).sum()
    searched = sum(map(len, sim.searchers))
    sim.searchers = [np.zeros(0, np.int64)] * 12
    rest = candidates(sim).sum() / sim.world.weight
    assert 0.9 * searched < with_search / sim.world.weight - rest <= searched
    assert 0.2 < (rest - sim.accounts.entrants.sum()) / sim.counts.sum() < 0.28


def test_figures_follow_from_the_arrays_of_a_year():
    year = {name: np.full((2, 3), value) for name, value in {"before": 2.0, "after": 4.0, "opened": 10.0}.items()}
    year |= {"candidates": np.full((2, 3), 6.0), "filled": np.full((2, 3), 8.0)}
    one = np.array([True, False])
    assert figure("openings", year, one) == 30
    assert figure("openings", year, one, "expert") == 10
    assert figure("roles_per_candidate", year, one) == 2
    assert figure("time_to_fill", year, ~one) == pytest.approx(12 * 3 / 8)
    assert np.isnan(figure("time_to_fill", year, one & ~one))


def test_demand_for_a_tier_opens_jobs_of_that_tier():
    more = scenario({"tier.expert.demand": 2.0})
    expert, entry, world, *parts = count(
        more,
        ["vacancies,tier=expert", "vacancies,tier=entry", "vacancies"]
        + [f"vacancies,tier={tier}" for tier in ("expert", "practitioner", "entry")],
        **OPTIONS,
    )
    assert expert["effect"] > 50_000
    assert abs(entry["effect"]) < 10_000
    assert sum(row["scenario"] for row in parts) == pytest.approx(world["scenario"])


def test_jobs_are_counted_by_place_and_tier_alone():
    with pytest.raises(ResultError, match="unknown key 'home'; vacancies takes tier"):
        count("baseline", "vacancies:usa,home=ind", **OPTIONS)
    with pytest.raises(ResultError, match="lies outside the run"):
        count("baseline", "time_to_fill@2028", **OPTIONS)
