"""A mechanism that is switched off equals, to the bit, the tree with its term taken out."""

import inspect
from functools import cache

import numpy as np
import pytest
from worlds import CENTRE, START, arm_of, same, scenario, setting, shipped_world, years_of

from sim.model import equations as eq
from sim.model.state import Simulation
from sim.model.visas import VisaSystem, renewal_rates
from sim.world.categories import ROLES, SECTORS, TIERS

HUBS, COUNTRIES = len(setting().hubs), len(setting().countries)
YEARS = 3  # the lag of students, and one
PAYS = eq.p_employer_pays
USUAL = CENTRE.vary(phd_years=1)  # so that doctors follow academia within the run
PUSH = {"hub.abu_dhabi_dubai.compute.h100e": 2_000_000}
DEMAND = {"tier.expert.demand": 2, "role.ml_engineer.demand": 0.5}

TERMS = {  # of the utility of a hub, by their coefficients
    "b_odds": "mean_odds",
    "b_delay": "months_waiting",
    "b_size": "size",
    "b_diaspora": "diaspora",
    "b_language": "language",
    "b_home": "home_share",
}


def utility_without(term):
    """The utility of a hub with one of its terms left out."""
    whole = eq.utility
    return lambda a, **terms: whole(a, **{name: value for name, value in terms.items() if name != term})


def net_pay_without(term):
    """Net real pay with its fee, or the local prices, left out."""
    whole, names = eq.net_real_pay, list(inspect.signature(eq.net_real_pay).parameters)
    neutral = {"fee_kusd": 0.0, "price": 1.0}[term]
    return lambda *given, **named: whole(**(dict(zip(names, given, strict=False)) | named | {term: neutral}))


# mechanism -> assumptions that switch it off, levers under which it would act, functions that take its term out
SWITCHES = {
    "offers abroad": ({"relocation": 0}, {}, {(VisaSystem, "offers"): lambda _, slots, *__: np.full(len(slots), -1)}),
    "taste for compute": (
        {"b_compute": 0, "b_compute_other": 0},
        PUSH,
        {f"sim.model.{room}.b_compute": lambda _: np.zeros(len(ROLES)) for room in ("labour", "market")},
    ),
    "jobs of compute": (
        {"jobs_per_1000_h100e": 0},
        PUSH,
        {f"sim.model.{room}.jobs_of": lambda *_: np.zeros(HUBS) for room in ("market", "state")},
    ),
    "corridors": ({"corridor_strength": 0}, {}, {(eq, "corridor_pull"): lambda _, residual: np.zeros_like(residual)}),
    "worth of permits": (
        {"b_open": 0, "b_permanent": 0},
        {},
        {(eq, "permit_value"): lambda _, is_free, after: np.zeros(np.broadcast(is_free, after).shape)},
    ),
    "students": (
        {"study_elasticity": 0, "study_months": 0},
        {"country.usa.route.h1b.cap": 20_000},
        {"sim.model.supply.study_factor": lambda *_: np.ones((len(setting().homes), HUBS))},
    ),
    "families": (
        {"family_cost": 0},
        {},
        {(eq, "family_costs"): lambda rights, *_: np.zeros((2, len(rights)))},
    ),
    "mentoring": ({"b_mentoring": 0}, {}, {(eq, "mentoring"): lambda share, *_: np.ones_like(share)}),
    "expert track": (
        {"expert_track": 0},
        {},
        {"sim.model.state.expert_track": lambda sim: np.ones((sim.world.years, 1))},
    ),
    "promotion": ({"promotion_pace": 0}, {}, {(eq, "promotion_rate"): lambda *_: np.zeros((len(TIERS), HUBS))}),
    "drain": (
        {"academia_elasticity": 0},
        {"sector.academia.separations": 10},
        {"sim.model.supply.drained": lambda *_: np.ones(COUNTRIES)},
    ),
    "demand for skills": ({"demand_elasticity": 0}, DEMAND, {(eq, "demand_factor"): lambda x, _: np.ones_like(x)}),
    "pay of sectors": (
        {"sector_response": 0},
        {"sector.startup.pay_multiplier": 2},
        {(eq, "sector_relative_utility"): lambda ahead, *_: np.zeros_like(ahead)},
    ),
    "remote work": (
        {"remote_share": 0},
        {},
        {"sim.model.labour.remote_share": lambda *_: np.zeros((len(ROLES), len(SECTORS)))},
    ),
    "teams": (
        {"team_pull": 1},
        {},
        {(Simulation, "leaders"): lambda sim: np.full_like(sim.teams.moved, -1000)},
    ),
    "job lock": (
        {"temporary_job_change": 1, "permanent_queue_job_change": 0},
        {},
        {"sim.model.labour.job_lock": lambda s, _: np.ones((len(s.countries), len(s.homes)))},
    ),
    "jobs of affiliates": (
        {"affiliate_jobs": 0},
        {"country.usa.route.h1b.special_fee_usd": 100_000},
        {(VisaSystem, "followed_losses"): lambda _: 0.0},
    ),
    "feedback on pay": (
        {"wage_supply_elasticity": 0, "agglomeration_productivity": 0},
        {},
        {(eq, "pay_level"): lambda _, size, *__: np.ones_like(size)},
    ),
    "fees on pay": (
        {"fee_pass_through": 0},
        {"country.usa.route.h1b.special_fee_usd": 20_000},
        {
            (eq, "net_real_pay"): net_pay_without("fee_kusd"),
            # what the employer bears is then the whole fee
            (eq, "p_employer_pays"): lambda fee, p, _, sigma: PAYS(fee, p, 0.0, sigma),
        },
    ),
    "prices on pay": ({"price_weight": 0}, {}, {(eq, "net_real_pay"): net_pay_without("price")}),
    "feedback on prices": (
        {"housing_elasticity": 0},
        {"hub.paris.openings": 100},
        {(eq, "price_level"): lambda price, *_: price},
    ),
}
SWITCHES |= {term: ({b: 0}, {}, {(eq, "utility"): utility_without(term)}) for b, term in TERMS.items()}


def end(off, levers):
    """The people at the end of a run with some assumptions switched off, under levers."""
    policies = scenario(levers).policies if levers else ()
    *_, arm = years_of(shipped_world(6_000, YEARS), USUAL.vary(**off), policies=policies)
    return arm.people


@cache
def switched(name):
    """The end of the run in which a mechanism is switched off."""
    off, levers, _ = SWITCHES[name]
    return end(off, levers)


@pytest.mark.parametrize("name", SWITCHES)
def test_switched_off_is_the_tree_without_it(monkeypatch, name):
    _, levers, without = SWITCHES[name]
    expected = switched(name)
    for target, function in without.items():
        monkeypatch.setattr(*(target if isinstance(target, tuple) else (target,)), function)
    assert same(end({}, levers), expected)


@pytest.mark.parametrize("name", SWITCHES)
def test_a_switch_has_something_to_switch(name):
    """Each mechanism moves somebody: the test above compares more than two baselines."""
    assert not same(end({}, SWITCHES[name][1]), switched(name))


def test_no_ties_act_on_nobody():
    """A world whose ties are switched off is one without any."""
    a = CENTRE.vary(b_friend=0, colleague_multiplier=1)
    *_, off = years_of(shipped_world(6_000, YEARS), a)
    *_, without = years_of(shipped_world(6_000, YEARS, with_ties=False), CENTRE)
    assert same(off.people, without.people)


def test_renewals_are_refused_in_proportion():
    never, half, alike = (
        renewal_rates(arm_of(shipped_world(6_000, YEARS), CENTRE.vary(renewal_refusal=k)), START) for k in (0, 0.5, 1)
    )
    assert (never == 1).all()
    assert half == pytest.approx((1 + alike) / 2)
    assert alike.min() < 1
