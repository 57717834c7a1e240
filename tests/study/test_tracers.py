"""Tracers: they fare as the simulation's own people do, and change nothing."""

from functools import cache

import numpy as np
import pytest
from worlds import CENTRE, START, constants_of, fitted, rules_for, same, scenario, setting, shipped_world, world_of

from sim.model.year import begin, simulate
from sim.scenario.levers import baseline_rules
from sim.study.tracers import Tracers, follow, residents
from sim.world.categories import TIERS
from sim.world.engineers import TEMPORARY, tier_of

YEARS = 4
ABROAD = list(range(TEMPORARY, 6))  # statuses that run out


def begun(world, seed=0, policies=(), a=CENTRE):
    arm = begin(world, a, constants_of(world), rules_for(world.setting), seed)
    return arm.branch(policies)


def cohort(world, count=600, statuses=ABROAD, home="ind"):
    usa = np.flatnonzero(world.setting.country == world.setting.countries.index("usa"))
    return residents(world, CENTRE, "practitioner", home, usa, statuses, count)


def test_residents_have_the_attributes_asked_for():
    world = shipped_world(5_000, 1)
    found = cohort(world, 900)
    assert len(found.hub) == pytest.approx(900, abs=3 * 30)
    assert set(found.home) == {world.setting.homes.index("ind")}
    assert set(tier_of(found.category)) == {TIERS.index("practitioner")}
    assert set(found.status) <= set(ABROAD)
    assert {world.setting.countries[c] for c in world.setting.country[found.hub]} == {"usa"}


def test_an_arm_lives_as_it_would_without_tracers():
    world = shipped_world(5_000, 2)
    alone, followed = begun(world), begun(world)
    for _ in simulate(alone, START + 2):
        pass
    tracers = Tracers(followed, cohort(world))
    for _ in follow(followed, tracers, START + 2):
        pass
    assert same(alone.people, followed.people)
    assert np.array_equal(alone.accounts.flow, followed.accounts.flow)
    assert all(np.array_equal(alone.visas.counts[k], followed.visas.counts[k]) for k in alone.visas.counts)
    assert (tracers.hub != cohort(world).hub).any()


def test_closed_borders_hold_tracers_too():
    world = shipped_world(5_000, 2)
    arm = begun(world, policies=scenario({"country.*.is_closed": "true"}).policies)
    tracers = Tracers(arm, cohort(world))
    for _ in follow(arm, tracers, START + 2):
        assert {world.setting.countries[c] for c in world.setting.country[tracers.hub[tracers.hub >= 0]]} == {"usa"}


def test_a_cap_of_zero_selects_no_tracer():
    world = shipped_world(5_000, 1)
    arm = begun(world, policies=scenario({"country.usa.route.h1b.cap": 0}).policies)
    tracers = Tracers(arm, cohort(world))
    h1b = arm.routes.names.index("usa.h1b")
    before = (tracers.people.route == h1b).sum()
    for _ in follow(arm, tracers, START + 1):
        pass
    assert (tracers.people.route == h1b).sum() <= before


@cache
def fates(seeds=6, population=40_000):
    """(kind, seed, outcome) of all of a cohort in a world and of its tracers: gone, abroad, with a right to stay."""
    world, found = world_of(setting(), population, YEARS), []
    usa = setting().country == setting().countries.index("usa")
    for seed in range(seeds):
        arm = begin(world, CENTRE, fitted(), baseline_rules(), seed).branch(())
        used, people = arm.used, arm.people
        mine = (people.home[:used] == setting().homes.index("ind")) & (tier_of(people.category[:used]) == 1)
        mine &= usa[people.hub[:used]] & (people.status[:used] >= TEMPORARY)
        slots = np.flatnonzero(mine)
        usa_hubs = np.flatnonzero(usa)
        tracers = Tracers(arm, residents(world, CENTRE, "practitioner", "ind", usa_hubs, ABROAD, 4 * len(slots), seed))
        for _ in follow(arm, tracers, START + YEARS):
            pass
        both = [
            (column[slots], trace[: tracers.used]) for column, trace in zip(arm.people, tracers.people, strict=True)
        ]
        for k in (0, 1):
            one = type(people)(*(pair[k] for pair in both))
            here = one.hub >= 0
            stays = here & usa[one.hub]
            found.append(((~here).mean(), (here & ~stays).mean(), (one.status[stays] < TEMPORARY).mean(), len(one.hub)))
    return np.array(found).reshape(seeds, 2, -1).swapaxes(0, 1)


@pytest.mark.slow
@pytest.mark.parametrize("outcome", [0, 1, 2])
def test_tracers_fare_as_all_of_a_cohort_do(outcome):
    agents, tracers = fates()[..., outcome]
    people = fates()[0, :, -1].sum()
    p = agents.mean()
    error = np.sqrt(p * (1 - p) / people * (1 + 1 / 4)) + np.std(tracers, ddof=1) / np.sqrt(len(tracers))
    assert tracers.mean() == pytest.approx(p, abs=3.5 * error)
