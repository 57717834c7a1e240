"""Elite researchers: published shares are met, other draws do not change, and counts carry their sampling error."""

import numpy as np
import pytest
from worlds import arm_of, shipped_world

from sim import run
from sim.errors import ResultError
from sim.results.measures import series
from sim.study.counts import checked, count
from sim.study.elite import Elite, Published, elite_chance, groups, published, raked
from sim.study.recorder import ones
from sim.world.engineers import tier_of

OPTIONS = {"population": 10_000, "replicates": 2, "years": 1, "uncertainty": "chance", "workers": 1}


def test_published_shares_are_those_of_the_statements():
    assert published() == Published(pool=4622, work_in_us=0.59, trained_in_us=0.25, chinese_in_us=0.72)


def test_raking_meets_every_published_share():
    share = raked(np.random.default_rng(1).random(8), published())
    assert share.sum() == pytest.approx(1)
    assert share[4:].sum() == pytest.approx(0.59)
    assert share[1::2].sum() == pytest.approx(0.25)
    assert share[6:].sum() / share[[2, 3, 6, 7]].sum() == pytest.approx(0.72)


def test_raking_keeps_odds_ratios_of_the_experts():
    """The closest table: its third-order odds ratio is that of the experts."""
    experts = np.random.default_rng(2).random(8) + 0.1
    ratio = lambda t: t[0] * t[3] * t[5] * t[6] / (t[1] * t[2] * t[4] * t[7])  # noqa: E731
    assert ratio(raked(experts, published())) == pytest.approx(ratio(experts))


def test_expected_elite_is_the_published_pool():
    world = shipped_world(20_000, 1)
    people, first = world.engineers, int(world.cohort[1])
    expert = tier_of(people.category[:first]) == 0
    chance = elite_chance(world)[groups(world, people, slice(first))]
    assert chance.max() <= 1
    assert chance[expert].sum() * world.weight == pytest.approx(4622)
    in_us = world.setting.country[people.hub[:first]] == world.setting.countries.index("usa")
    assert chance[expert & in_us].sum() / chance[expert].sum() == pytest.approx(0.59)


def test_flags_are_for_good_and_differ_by_replicate():
    world = shipped_world(20_000, 1)
    sim, other = arm_of(world), arm_of(world, seed=5)
    elite, start = Elite(sim), sim.used
    before = elite.of(sim)
    sim.people.hub[:start] = 0  # all move, and others enter
    sim.used = int(world.cohort[2])
    assert np.array_equal(before, elite.of(sim)[:start])
    assert np.array_equal(elite.of(sim), Elite(sim).of(sim))
    assert not np.array_equal(before, Elite(other).of(other))


def test_an_elite_researcher_is_an_expert():
    elite, not_expert, experts = count(
        "baseline", ["stock,group=elite", "stock,group=elite,tier=entry", "stock,tier=expert"], **OPTIONS
    )
    assert 0 < elite["baseline"] < experts["baseline"] / 10
    assert not_expert["baseline"] == 0
    assert elite["baseline_error"] > 0


def test_shares_of_arrivals_agree_with_a_saved_run():
    (row,) = count("baseline", "arrival_share:sf_bay_area", yearly=True, **OPTIONS)
    saved = series(run("baseline", **OPTIONS), "arrival_share:sf_bay_area").sel(arm="baseline")
    assert np.array(row["values"])[0] == pytest.approx(saved.values[:, 0])


def test_a_row_for_every_year_of_the_run():
    stocks = count("baseline", ["stock,group=elite", "arrivals:usa"], yearly=True, **OPTIONS)
    assert [(row["query"], row["year"]) for row in stocks] == [
        ("stock,group=elite", 2026),
        ("stock,group=elite", 2027),
        ("arrivals:usa", 2026),
    ]
    assert all(np.mean(row["values"][0]) == pytest.approx(row["baseline"]) for row in stocks)


def test_a_world_without_the_us_is_refused_early():
    """Before the first draw, where queries are checked; a count without the elite is none the worse."""
    data = ones(["baseline"], 2026, 1)
    data = data.isel(hub=data.hub_country.values != "usa")
    assert checked("stock:fra", data)
    with pytest.raises(ResultError, match="needs a world with the US"):
        checked("stock:fra,group=elite", data)


def test_saved_runs_and_wrong_names_are_refused():
    result = run("baseline", **OPTIONS)
    with pytest.raises(ResultError, match="talentflow count"):
        series(result, "stock:usa,group=elite")
    with pytest.raises(ResultError, match="talentflow count"):
        series(result, "arrival_share:usa,group=elite")
    with pytest.raises(ResultError, match="unknown group 'elit'; nearest: elite"):
        count("baseline", "stock:usa,group=elit", **OPTIONS)
