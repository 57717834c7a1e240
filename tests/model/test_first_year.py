"""The expectation of the first year: exact effects, closed borders, and the engineers whose mean it is."""

from functools import cache

import numpy as np
import pytest
from worlds import CENTRE, arm_of, fitted, scenario, setting, shipped_world, world_of

from sim import load
from sim.model.inversion import ended, expected
from sim.model.year import begin, simulate
from sim.scenario.levers import baseline_rules

SEEDS = 4


def first(policies=None):
    return expected(arm_of(shipped_world()), policies)


def inside(country):
    return setting().country == setting().countries.index(country)


def test_no_policy_has_an_effect_of_exactly_zero():
    for one, other in zip(first(), first(()), strict=True):
        assert np.array_equal(one, other)
    assert all((part >= 0).all() for part in first())


def test_homes_add_up_to_everybody():
    for whole, by_home in zip(first(), expected(arm_of(shipped_world()), by_home=True), strict=True):
        assert by_home.shape[1] == len(setting().homes)
        assert by_home.sum(axis=1) == pytest.approx(whole, rel=1e-9, abs=1e-9)


def test_closed_borders_let_nobody_through():
    found, border = (
        first(scenario({"country.*.is_closed": "true"}).policies),
        setting().country[:, None] != setting().country,
    )
    assert found.departures.sum() == found.applications.sum() == 0
    assert (found.moves * border).sum() == 0
    assert found.moves.sum() > 0


def test_a_fee_keeps_people_out_and_nobody_in():
    none, fee = first(), first(load("h1b_fee").policies)
    usa = inside("usa")
    assert fee.moves[:, ~usa][:, :, usa].sum() < none.moves[:, ~usa][:, :, usa].sum()
    assert fee.moves[:, ~usa][:, :, ~usa].sum() > none.moves[:, ~usa][:, :, ~usa].sum()
    assert fee.moves[:, usa][:, :, usa] == pytest.approx(none.moves[:, usa][:, :, usa], rel=1e-3)


def test_only_who_needs_a_permit_applies():
    found = first(scenario({"country.*.free_entry": "true"}).policies)
    assert found.applications.sum() == pytest.approx(0, abs=1e-6)
    border = setting().country[:, None] != setting().country
    assert (first().applications * ~border).sum() == pytest.approx(0, abs=1e-6)


def test_whose_status_ends_leaves_if_a_door_is_open():
    arm = arm_of(shipped_world())
    out = ended(arm)
    assert first().departures.sum() == pytest.approx(out.sum(), rel=0.05)
    assert 0 < first().departures.sum() <= out.sum() * (1 + 1e-9)


def kinds(flow):
    """Moves within a country, across borders, and from the USA to India."""
    border = setting().country[:, None] != setting().country
    return (flow * ~border).sum(), (flow * border).sum(), flow[np.ix_(inside("usa"), inside("ind"))].sum()


@cache
def moves_of_a_year():
    """(kind,) persons expected, their mean over runs of engineers, and its standard error."""
    world, found = world_of(setting(), 100_000, 1), []
    for seed in range(SEEDS):
        begun = begin(world, CENTRE, fitted(), baseline_rules(), seed).branch(())
        mine = kinds(expected(begun).flow())
        (arm,) = simulate(begun, world.start + 1)
        found.append(kinds(arm.accounts.flow * world.weight))
    return mine, np.mean(found, axis=0), np.std(found, axis=0, ddof=1) / np.sqrt(SEEDS)


@pytest.mark.parametrize(("kind", "apart"), [(0, 0.06), (1, 0.2), (2, 0.25)])
def test_engineers_move_as_often_as_expected(kind, apart):
    """As near as is documented: nobody expects who has a petition under way, or what the refused do."""
    mine, mean, error = (part[kind] for part in moves_of_a_year())
    assert mine == pytest.approx(mean, abs=apart * mean + 3 * error)
