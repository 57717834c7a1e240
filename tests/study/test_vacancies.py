"""Vacancies: none at the start; openings keep pace with the stock; a step or fall of demand fills no job."""

import numpy as np
import pytest
from worlds import scenario, shipped_world, years_of

from sim.errors import ResultError
from sim.scenario.files import load
from sim.study.counts import count
from sim.study.vacancies import JobMarket, figure
from sim.world.categories import TIERS

OPTIONS = {"population": 10_000, "replicates": 2, "years": 2, "uncertainty": "chance", "workers": 1}
YEARS = 4


def accounts(policies=()):
    """The accounts of the years of a small world, and beside them the jobs held and what the model counted."""
    arms = years_of(shipped_world(10_000, YEARS), policies=policies)
    sim = next(arms)
    market, out = JobMarket(sim), []
    held, now, path = sim.jobs, market.now, sim.reference.sum(axis=1)
    for t, _ in enumerate(arms):
        a, weight = sim.accounts, sim.world.weight
        counted = {"changes": a.job_changes.sum(), "exits": a.exits.sum(), "entrants": a.entrants.sum()}
        counted |= {"moves": a.flow.sum(), "searched": sum(map(len, sim.searchers))}
        counted["growth"] = (path[t + 1] - path[t]) / weight
        year = market.close_year(sim) | {"held": held * weight, "now": now}
        out.append((year, {name: value * weight for name, value in counted.items()}))
        held, now = sim.jobs, market.now
    return out


@pytest.fixture(scope="module")
def steady():
    return accounts()


@pytest.fixture(scope="module")
def step():
    return accounts(scenario({"tier.expert.demand": 2.0}, begins="2028-01-01").policies)


def test_no_job_is_vacant_at_the_start(steady):
    assert not steady[0][0]["before"].any()
    assert not steady[0][0]["now"].any()


def test_openings_keep_pace_with_the_stock(steady):
    """The part of all jobs that opens in a year is constant, beside the growth of the reference path."""
    part, growth = (
        np.array([of(*each) / each[0]["held"].sum() for each in steady])
        for of in (lambda year, _: year["opened"].sum(), lambda _, counted: counted["growth"])
    )
    assert np.ptp(part - growth) < 0.03 * part.mean()
    # the path grows by 9 % a year until 2029 and by less thereafter
    assert np.ptp(part[:3]) < 0.03 * part.mean()
    assert part[3] < part[:3].min()


def test_jobs_filled_are_those_that_the_model_counts(steady):
    """Hires within hubs and entrants, less retired engineers, who are exits beyond the rate: within sampling error."""
    for year, counted in steady:
        assert year["filled"].sum() == pytest.approx(counted["changes"] + counted["entrants"], rel=0.1)
        assert year["filled"].sum() < counted["changes"] + counted["entrants"] + counted["moves"]


def test_candidates_searched_left_or_entered(steady):
    for year, counted in steady:
        looked = counted["searched"] + counted["changes"] + counted["entrants"]
        assert year["candidates"].sum() == pytest.approx(looked, rel=0.1)


def test_a_step_of_demand_opens_jobs_and_fills_none(steady, step):
    """Demand for experts doubles in 2028: their jobs open in that year and are vacant from its first day."""
    for t, ((base, _), (more, counted)) in enumerate(zip(steady, step, strict=True)):
        extra = (more["opened"] - base["opened"]).sum(axis=0)
        assert abs(extra[1:]).max() < 0.05 * base["opened"].sum()
        if t == 2:
            experts = base["held"][:, 0].sum()
            assert extra[0] == pytest.approx(experts, rel=0.3)
            assert more["start"][:, 0].sum() > more["before"][:, 0].sum() + 0.7 * experts
        elif t < 2:
            assert not extra.any()
        for tier in (None, *TIERS):
            assert np.isfinite(figure("time_to_fill", more, np.ones(len(more["opened"]), bool), tier))
        assert 0 < more["filled"].sum() < counted["changes"] + counted["entrants"] + counted["moves"]


def test_jobs_that_are_abolished_are_not_filled(steady):
    for (base, _), (less, counted) in zip(steady, accounts(load("small_teams").policies), strict=True):
        assert less["filled"].sum() < 1.05 * base["filled"].sum()
        assert less["filled"].sum() < counted["changes"] + counted["entrants"] + counted["moves"]


def test_figures_follow_from_the_arrays_of_a_year():
    given = {"before": 2.0, "start": 2.0, "after": 4.0, "opened": 10.0, "candidates": 6.0, "filled": 8.0}
    year = {name: np.full((2, 3), value) for name, value in given.items()}
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
