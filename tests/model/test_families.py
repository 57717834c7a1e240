"""Families: what they add to the cost of a border, and what rights take away from it."""

import numpy as np
import pytest
from definition import probabilities
from hypothesis import given
from hypothesis import strategies as st
from worlds import CENTRE, arm_of, rules_for, same, setting, shipped_world, years_of

from sim.model import rng
from sim.model.equations import family_costs
from sim.world.categories import TIERS


@given(st.floats(0, 5), st.floats(0, 1))
def test_families_keep_the_mean_odds_of_leaving(cost, share):
    without, having = family_costs(np.zeros(3), cost, share)
    odds = (1 - share) * np.exp(-without) + share * np.exp(-having)
    assert odds == pytest.approx(np.ones(3))
    assert having - without == pytest.approx(np.full(3, cost))


def trips(**changes):
    """(family, tier, origin, destination) cost of every corridor."""
    rights = changes.pop("rights", 0.0)
    rules = rules_for(setting()) | {"family_rights": np.full(len(setting().countries), rights)}
    trip = arm_of(shipped_world(5_000, 1), CENTRE.vary(**changes), rules=rules).tables.trip
    return trip.reshape(2, len(TIERS), *trip.shape[1:])


def test_a_family_costs_at_borders_alone():
    without, having = trips()
    border = setting().country[:, None] != setting().country
    assert np.all((having > without) == border)
    assert (having - without)[:, border] == pytest.approx(CENTRE.family_cost, abs=1e-5)


def test_full_rights_make_a_family_no_dearer_than_none():
    without, having = trips(rights=1.0)
    assert np.array_equal(without, having)
    assert np.array_equal(without, trips()[0])  # and change nothing for those who have none


@pytest.mark.parametrize("switch", [{"family_cost": 0.0}, {"family_share": 0.0}, {"family_share": 1.0}])
def test_family_costs_keep_the_fitted_border_cost(switch):
    arm, border = arm_of(shipped_world(5_000, 1)), setting().country[:, None] != setting().country
    trip = trips(**switch)[0 if switch.get("family_share") != 1.0 else 1]
    assert trip[:, border] == pytest.approx(arm.layout.trip_cost[:, border], abs=1e-5)


def test_without_a_cost_families_change_nobody():
    ends = []
    for share in (0.1, 0.9):
        *_, arm = years_of(shipped_world(5_000, 1), CENTRE.vary(family_cost=0.0, family_share=share))
        ends.append(arm.people)
    assert same(*ends)


def test_spouses_rights_act_on_families_only():
    odds = []
    for rights in (0.0, 1.0):
        rules = rules_for(setting()) | {"family_rights": np.full(len(setting().countries), rights)}
        arm = arm_of(shipped_world(5_000, 1), rules=rules)
        slots = np.arange(0, 5_000, 17)
        p = probabilities(arm, slots, 2026)
        abroad = setting().country[arm.people.hub[slots]][:, None] != setting().country
        odds.append((p * abroad).sum(axis=1) / (p * ~abroad).sum(axis=1))
    family = rng.uniform(rng.key(arm.world.seed, "family"), slots) < CENTRE.family_share
    assert family.mean() == pytest.approx(CENTRE.family_share, abs=0.1)
    assert odds[1] / odds[0] == pytest.approx(np.where(family, np.exp(CENTRE.family_cost), 1.0))
