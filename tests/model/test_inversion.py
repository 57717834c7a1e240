"""The fitted constants: targets met by expected flows, by the shipped tables and by simulated first years."""

import numpy as np
import pytest
from definition import utilities
from scipy.optimize import anderson as scipy_anderson
from worlds import CENTRE, START, arm_of, fitted, setting, shipped_world, years_of

from sim.errors import InvariantError
from sim.model import equations as eq
from sim.model import inversion as fitting
from sim.model.inversion import (
    ROLE,
    TASTE,
    AgentOffsets,
    FirstYear,
    HubConstants,
    by_group,
    expected_flows,
    exponentials,
    invert,
    net_targets,
    none,
    utility_terms,
)
from sim.model.kernels.choice import FREELY
from sim.scenario.levers import baseline_rules
from sim.study.calibration import hub_constants
from sim.world.engineers import NATIVE_YEAR, PERMANENT, category, tier_of

CROSSING = {"expert": (0.017, 0.040), "other": (0.010, 0.025)}  # admissible shares of the stock a year
ALLOWED = 0.003  # of the stock, beside Monte Carlo error
YEARS = 16  # simulated first years of the slow test


def test_net_targets_blend_and_add_up_to_zero():
    s = setting()
    spoken = ~np.isnan(s.index_net)
    for weight in (0.0, 0.25, 1.0):
        target = net_targets(s, weight)
        assert target.sum() == pytest.approx(0, abs=1e-6)
        blend = (1 - weight) * s.national_net + weight * s.index_net
        assert target[spoken] == pytest.approx(blend[spoken])
    assert net_targets(s, 0.0) == pytest.approx(s.national_net)


def test_a_boom_halves_and_the_rest_stays():
    constants = HubConstants(np.array([1.0, -1.0]), np.array([0.8, 0.0]), np.zeros(3), START)
    assert constants.at(START, 3.0) == pytest.approx([1.8, -1.0])
    assert constants.at(START + 3, 3.0) == pytest.approx([1.4, -1.0])
    assert constants.at(START + 300, 3.0) == pytest.approx([1.0, -1.0])


def test_expected_flows_sum_choice_probabilities():
    """On a random world of few hubs and homes, one of them a group: matrices against the equations, cell by cell."""
    draw = np.random.default_rng(2)
    hubs, homes = 5, 4
    country = np.array([0, 0, 1, 1, 2])
    weight = draw.uniform(0, 100, (hubs, homes, 3))
    lam = np.array([1.0, 0.6, 0.5, 0.7])
    is_home = np.eye(3, dtype=bool)[[0, 1, 2, 2]][:, country]
    is_home[3] |= country == 1
    nest = np.stack([eq.nests(np.arange(hubs), country, np.tile(home, (hubs, 1))) for home in is_home])
    pull, cost = draw.normal(size=(4, homes, 3, hubs)), draw.uniform(0, 2, (3, hubs, hubs))
    cost[:, np.arange(hubs), np.arange(hubs)] = 0
    asks = draw.uniform(0.2, 1, (homes, 3, hubs))
    wins = asks * draw.uniform(0, 1, asks.shape)

    parts = exponentials(pull, cost, asks, wins, country, is_home, lam)
    flow = expected_flows(weight.transpose(2, 0, 1), *parts, lam)
    by_hand = np.zeros_like(flow)
    for o, g, t in np.ndindex(weight.shape):
        n = nest[g, o]
        abroad = n >= 2
        v = pull[n, g, t, np.arange(hubs)] - cost[t, o] + np.where(abroad, lam[n] * np.log(asks[g, t]), 0.0)
        p = eq.choice_probabilities(v[None], n[None], lam, np.ones((1, hubs), bool))[0]
        by_hand[t, o] += weight[o, g, t] * p * np.where(abroad, wins[g, t] / asks[g, t], 1.0)
    by_hand[:, np.arange(hubs), np.arange(hubs)] = 0
    off = ~np.eye(hubs, dtype=bool)
    assert flow[:, off] == pytest.approx(by_hand[:, off])
    assert np.all(flow[:, ~off] == 0)


def first_year(a=CENTRE):
    """Expected flows of the world on which the fit stands, without constants, and its simulation."""
    arm = arm_of(hub_constants.fit_world(), a, constants=none(len(setting().hubs), START))
    return FirstYear(arm), arm


def from_scratch():
    return np.zeros(len(setting().hubs)), np.full(3, 2.0)


def test_the_inversion_sums_the_terms_of_utility():
    """For people of the role and taste of the expected flows: term by term the definition's V, ties apart."""
    a = CENTRE.vary(b_friend=0, colleague_multiplier=1, family_cost=0)  # the inversion takes their expectation
    arm = arm_of(shipped_world(), a, constants=none(len(setting().hubs), START, 2.0))
    slots, people = np.arange(0, 9_000, 30), arm.people
    people.category[slots] = category(0, tier_of(people.category[slots]), ROLE, TASTE)
    people.employer_hub[slots] = people.hub[slots]
    people.arrival_year[slots], people.abroad_since[slots] = NATIVE_YEAR, START - 20
    people.status[slots] = PERMANENT
    years = {name: np.floor(arm.rules[name]) for name in ("newcomer_years", "returnee_years")}
    arm.rules = arm.rules | years  # the engine counts relief in whole years
    v, is_open, needs, nest = utilities(arm, slots, START, FREELY, np.full(len(slots), -1))
    home, tier, hub = people.home[slots], tier_of(people.category[slots]), np.arange(v.shape[1])
    terms = utility_terms(arm)[nest, home[:, None], tier[:, None], hub]
    terms = terms - arm.layout.trip_cost[tier, people.hub[slots]]
    permit = arm.utility_terms.permit[arm.from_abroad[2][0, home], tier, ROLE]
    expected = np.where(needs, terms + permit, terms)
    assert needs.any()
    assert expected[is_open] == pytest.approx(v[is_open], abs=1e-9)


@pytest.mark.parametrize(
    "a", [CENTRE, CENTRE.vary(b_pay=2.0, b_size=0.05, considering_rate=0.2)], ids=["centre", "else"]
)
def test_inversion_meets_net_migration_and_crossings(a):
    expected, arm = first_year(a)
    targets, rates = net_targets(setting(), a.boom_weight), np.array([0.022, 0.017])
    offsets = AgentOffsets(np.linspace(-30, 30, len(targets)), np.array([1.1, 0.9]))
    xi, cost = invert(expected, targets, rates, offsets, from_scratch())
    flow = expected.flows(xi, cost)
    net = flow.sum(axis=(0, 1)) - flow.sum(axis=(0, 2)) + offsets.net
    assert np.abs((net - targets) / arm.size()).max() < 1e-4
    border = setting().country[:, None] != setting().country[None, :]
    crossed = by_group((flow * border).sum(axis=(1, 2))) * offsets.crossing
    stock = by_group(arm.counts.sum(axis=(0, 1, 3))) * arm.world.weight
    assert crossed / stock == pytest.approx(rates, rel=1e-3)
    assert np.average(xi, weights=setting().stock) == pytest.approx(0, abs=1e-4)


def test_the_inversion_takes_the_steps_of_scipy():
    draw = np.random.default_rng(4)
    pull, root = np.eye(6) + 0.2 * draw.normal(size=(6, 6)), draw.normal(size=6)
    miss = lambda x: np.tanh(pull @ (root - x))  # noqa: E731
    ours = fitting.anderson(miss, np.zeros(6))
    theirs = scipy_anderson(
        miss,
        np.zeros(6),
        alpha=fitting.STEP,
        w0=fitting.RIDGE,
        M=fitting.MEMORY,
        maxiter=fitting.ROUNDS,
        f_tol=fitting.TOLERANCE,
        line_search=None,
    )
    assert ours == pytest.approx(theirs, abs=1e-9)
    assert ours == pytest.approx(root, abs=1e-3)
    assert fitting.anderson(lambda x: x * 0 + 1, np.zeros(6)) is None
    assert fitting.anderson(lambda x: x + np.nan, np.zeros(6)) is None


def test_only_differences_between_constants_count():
    expected, _ = first_year()
    xi, cost = fitted().permanent, fitted().move_cost_abroad
    assert expected.flows(xi + 3.0, cost) == pytest.approx(expected.flows(xi, cost))


def test_targets_that_nobody_could_meet_are_refused():
    impossible = np.zeros(len(setting().hubs))
    impossible[0], impossible[1] = setting().stock[0], -setting().stock[0]
    with pytest.raises(InvariantError, match="constants"):
        invert(
            first_year()[0],
            impossible,
            np.array([0.022, 0.017]),
            AgentOffsets(0 * impossible, np.ones(2)),
            from_scratch(),
        )


def test_shipped_constants_fit_the_shipped_offsets():
    """The tables are the fit's own output: inverted again from their offsets they come out the same."""
    constants, offsets = hub_constants.shipped()
    again = hub_constants.constants_for(hub_constants.fit_world(), CENTRE, offsets, constants)
    assert again.permanent + again.boom == pytest.approx(constants.permanent + constants.boom, abs=2e-3)
    assert again.permanent == pytest.approx(constants.permanent, abs=2e-3)
    assert again.move_cost_abroad == pytest.approx(constants.move_cost_abroad, abs=2e-3)


@pytest.fixture(scope="module")
def first_years():
    """(seed, hub) net migration in persons and (seed, 2) crossing rates of simulated first years."""
    world = shipped_world(100_000, 1)
    stock = by_group(setting().stock @ setting().tier_share)
    net, crossing = [], []
    for seed in range(100, 100 + YEARS):  # not the seeds of the fit
        *_, arm = years_of(world, seed=seed, rules=baseline_rules())
        flow = arm.accounts.flow * world.weight
        net.append(flow.sum(axis=0) - flow.sum(axis=1))
        crossing.append(by_group(arm.accounts.crossings) * world.weight / stock)
    return np.array(net), np.array(crossing)


@pytest.mark.slow
def test_simulated_first_years_meet_every_target(first_years):
    net, _ = first_years
    error = net.std(axis=0, ddof=1) / np.sqrt(YEARS)
    gap = np.abs(net.mean(axis=0) - net_targets(setting(), CENTRE.boom_weight))
    missed = np.flatnonzero(gap > 3 * error + ALLOWED * setting().stock)
    assert [setting().hubs[h] for h in missed] == []


@pytest.mark.slow
def test_borders_are_crossed_as_often_as_observed(first_years):
    _, crossing = first_years
    for rate, (low, high) in zip(crossing.mean(axis=0), CROSSING.values(), strict=True):
        assert low <= rate <= high


@pytest.mark.slow
def test_the_shipped_tables_are_a_fresh_fit():
    constants, offsets = hub_constants.shipped()
    again, again_offsets = hub_constants.fit()
    assert again.permanent == pytest.approx(constants.permanent, abs=1e-5)
    assert again.boom == pytest.approx(constants.boom, abs=1e-5)
    assert again.move_cost_abroad == pytest.approx(constants.move_cost_abroad, abs=1e-5)
    assert again_offsets.net == pytest.approx(offsets.net, abs=0.02)
