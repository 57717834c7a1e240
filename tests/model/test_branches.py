"""Forks, and simulations held to the course of another: what is switched off is gone, and nothing else is."""

import gc
import weakref
from dataclasses import replace

import numpy as np
import pytest
from worlds import CENTRE, START, constants_of, rules_for, scenario, shipped_world

from sim.errors import ScenarioError, UsageError
from sim.model.state import Trajectory, ties_of_the_start
from sim.model.year import begin
from sim.results.effects import stacks
from sim.results.record import compare as differing
from sim.results.record import folder_name
from sim.results.summary import effect_table
from sim.scenario.files import load, loads
from sim.scenario.stack import shared_until
from sim.study import replicate
from sim.study.recorder import empty_record, record
from sim.study.replicate import Plan, run_replicate
from sim.study.run import compare, replay, run

SMALL = {"population": 5_000, "replicates": 1, "years": 4, "uncertainty": "chance", "workers": 1}
LATE = scenario({"country.usa.route.h1b.special_fee_usd": 100_000, "country.ind.compute.h100e": 1e6}, "2028-04-15")


@pytest.fixture(scope="module")
def unforked():
    return run(LATE, fork=START, **SMALL)


@pytest.mark.parametrize("year", [2027, 2028])
def test_a_forked_run_is_the_unforked_one_to_the_bit(unforked, year):
    assert differing(run(LATE, fork=year, **SMALL).data, unforked.data) == []


def test_each_arm_is_what_it_would_be_on_its_own(unforked):
    """Without any branch: the simulation begun under the policies and run to its end."""
    world = shipped_world(5_000, 4)
    arm = begin(world, CENTRE, constants_of(world), rules_for(world.setting), 0).branch(LATE.policies)
    alone = record(arm, START + 4, empty_record(world))
    for name in ("stock", "flow", "backlog", "pay"):
        assert np.array_equal(alone[name], unforked.data[name].sel(arm="scenario", replicate=0)), name
    assert (unforked.data.stock.sel(arm="scenario") != unforked.data.stock.sel(arm="baseline")).any()


def test_the_past_is_shared_until_the_first_difference():
    late, early = LATE.policies, load("h1b_fee").policies
    assert shared_until([(), late], START, START + 10) == 2028
    assert shared_until([(), early], START, START + 10) == START
    assert shared_until([late, late], START, START + 10) == START + 10
    assert shared_until([early, (*early, *late)], START, START + 10) == 2028


def test_a_fork_after_the_first_difference_is_refused():
    with pytest.raises(UsageError, match="2029 is too late: the scenarios differ from 2028 on"):
        run(LATE, fork=2029, **SMALL)
    with pytest.raises(UsageError, match="2020 lies outside the run"):
        run(LATE, fork=2020, **SMALL)


OPENED = scenario({"country.*.free_entry": "true"}, "2020-01-01")
UNAVAILABLE = scenario({"country.usa.route.*.is_open": "false"}, "2020-01-01")
HALF = loads('title = "Half"\n[[policy]]\nlever = "country.usa.route.h1b.cap"\nmultiply = 0.5\nfrom = 2027-05-01\n')


@pytest.mark.parametrize("other", [OPENED, UNAVAILABLE])
def test_an_arm_is_the_same_whichever_comes_first(other):
    plan = Plan(5_000, 0, START, 2, (other.policies, ()), START)
    draw = (CENTRE, constants_of(shipped_world(5_000, 2)))
    first, second = run_replicate(plan, 0, draw), run_replicate(replace(plan, arms=plan.arms[::-1]), 0, draw)
    for one, same in zip(first, second[::-1], strict=True):
        assert all(np.array_equal(one[name], same[name]) for name in one)


def test_the_last_arm_holds_no_other(monkeypatch):
    alive, seen = [], []

    def watched(arm, *arguments):
        recorded = record(arm, *arguments)
        gc.collect()
        alive.append(sum(other() not in (None, arm) for other in seen))
        seen.append(weakref.ref(arm))
        return recorded

    monkeypatch.setattr(replicate, "record", watched)
    monkeypatch.setattr(replicate, "ARMS", 1)
    run_replicate(
        Plan(2_000, 0, START, 1, ((), HALF.policies), START), 0, (CENTRE, constants_of(shipped_world(2_000, 1)))
    )
    assert alive == [0, 1, 0]  # while the first arm runs the past waits for the second


ARMS = {  # a common past with a policy, a ramp and a reversal in it; then they part
    "late": (*HALF.policies, *LATE.policies),
    "later": (*HALF.policies, *scenario({"country.*.is_closed": "true"}, "2029-01-01").policies),
    "ramp": (
        *HALF.policies,
        *loads(
            'title = "Ramp"\n[[policy]]\nlever = "country.usa.tax.rate_points"\nvalue = 5\nfrom = 2028-03-01\n'
            "ramp_years = 1.5\nuntil = 2029-08-01\n"
        ).policies,
    ),
}


def test_a_fork_after_common_policies_changes_nothing():
    draw = (CENTRE, constants_of(shipped_world(5_000, 4)))
    arms = tuple(ARMS.values())
    assert shared_until(arms, START, START + 4) == 2028
    plan = Plan(5_000, 0, START, 4, arms, START)
    apart = run_replicate(plan, 0, draw)
    for year in (2027, 2028):
        forked = run_replicate(replace(plan, fork=year), 0, draw)
        for one, same in zip(apart, forked, strict=True):
            assert [name for name in one if not np.array_equal(one[name], same[name])] == []


def test_the_same_policy_twice_is_not_the_policy_once():
    assert shared_until([HALF.policies, (*HALF.policies, *HALF.policies)], START, START + 10) == 2027


def test_january_prices_and_pay_follow_its_rules():
    pay = run(scenario({"hub.paris.pay_multiplier": 2}, "2027-01-01"), **SMALL | {"years": 2}).data.pay
    ratio = (pay.sel(arm="scenario") / pay.sel(arm="baseline")).sel(hub="paris", tier="expert", replicate=0)
    assert ratio.values[0] == 1
    assert ratio.values[1] == pytest.approx(2)


def test_a_precise_run_can_be_verified():
    options = SMALL | {"uncertainty": "all", "replicates": 2, "years": 2}
    more = run("h1b_fee", precision="0.03pp", most_replicates=30, **options)
    assert more.record["replicates"] > 2
    assert differing(replay(more.record, workers=2).data, more.data) == []


def test_stacks_are_equal_in_whatever_order():
    one, other = (run(name, **SMALL | {"years": 2}) for name in ("h1b_fee+eu_fast_track", "eu_fast_track+h1b_fee"))
    assert differing(one.data, other.data) == []
    assert folder_name(one.record) == folder_name(other.record)


def test_an_interaction_is_the_stack_less_the_sum():
    both = compare(["h1b_cap_cut+us_tax_up", "eu_fast_track"], interaction=True, **SMALL | {"years": 2})
    assert stacks(both) == {"eu_fast_track+h1b_cap_cut+us_tax_up": ["eu_fast_track", "h1b_cap_cut+us_tax_up"]}
    rows = effect_table(both, ["share:usa"]).set_index("arm").effect
    alone = rows["eu_fast_track"] + rows["h1b_cap_cut+us_tax_up"]
    beyond = rows["eu_fast_track+h1b_cap_cut+us_tax_up"] - alone
    assert rows["interaction of eu_fast_track+h1b_cap_cut+us_tax_up"] == pytest.approx(beyond, abs=1e-9)
    with pytest.raises(ScenarioError, match="stacked with itself"):
        compare(["h1b_cap_cut+us_tax_up", "us_tax_up"], interaction=True, **SMALL)


def test_a_branch_leaves_its_trunk_as_it_was():
    world = shipped_world(5_000, 2)
    common_past = begin(world, CENTRE, constants_of(world), rules_for(world.setting), 0).branch(())
    first = record(common_past.branch(()), START + 2, empty_record(world))
    record(common_past.branch(load("all_closed").policies), START + 2, empty_record(world))
    again = record(common_past.branch(()), START + 2, empty_record(world))
    assert all(np.array_equal(first[name], again[name]) for name in first)


def held_stocks(mechanisms, policies=()):
    """Stocks of a simulation whose mechanisms are held to the baseline's course, and the baseline's own."""
    world = shipped_world(5_000, 3)
    common_past = begin(world, CENTRE, constants_of(world), rules_for(world.setting), 0).branch(())
    base = common_past.branch(())
    base.trajectory = Trajectory()
    baseline = record(base, START + 3, empty_record(world))["stock"]
    held = common_past.branch(policies, dict.fromkeys(mechanisms, base.trajectory))
    return record(held, START + 3, empty_record(world))["stock"], baseline


@pytest.mark.parametrize("mechanisms", [(), ("network",), ("feedback",), ("network", "feedback")])
def test_an_empty_policy_holds_the_baseline(mechanisms):
    held, baseline = held_stocks(mechanisms)
    assert np.array_equal(held, baseline)


def test_what_is_held_does_not_follow_the_policy():
    """A policy that moves people moves others through size and ties: less of it where both are held."""
    policies = scenario({"hub.paris.pay_multiplier": 3}).policies
    held, baseline = held_stocks(("network", "feedback"), policies)
    free, _ = held_stocks((), policies)
    paris = list(shipped_world(5_000, 3).setting.hubs).index("paris")
    assert (held - baseline)[-1, paris].sum() > 0
    assert not np.array_equal(held, free)


def test_a_comparison_holds_each_run_and_their_stack():
    both = compare(["h1b_fee", "eu_fast_track"], interaction=True, **SMALL | {"years": 2})
    assert both.arms == ["h1b_fee", "eu_fast_track", "eu_fast_track+h1b_fee"]
    one = run("h1b_fee", **SMALL | {"years": 2})
    assert differing(both.versus("h1b_fee").data, one.data) == []
    stack = run("h1b_fee+eu_fast_track", **SMALL | {"years": 2})
    assert differing(both.versus("eu_fast_track+h1b_fee").data, stack.data) == []
    assert both.versus("h1b_fee").record["title"] == one.record["title"]
    assert differing(replay(both.record, workers=1).data, both.data) == []


@pytest.mark.parametrize(
    ("scenarios", "said"),
    [
        (["h1b_fee"], "two scenarios or more"),
        (["h1b_fee", "h1b_fee"], "h1b_fee is given twice"),
        (["h1b_fee", "h1b_fe"], "nearest: h1b_fee"),
    ],
)
def test_a_comparison_that_makes_no_sense_is_refused(scenarios, said):
    with pytest.raises(Exception, match=said):
        compare(scenarios, **SMALL)


@pytest.mark.parametrize("begins", ["2026-01-01", "2026-04-01"])
def test_a_policy_that_changes_no_rule_changes_nothing(begins):
    same = scenario({"country.usa.route.h1b.cap": 85_000, "country.jpn.tax.rate_points": 0}, begins)
    data = run(same, **SMALL).data
    assert data.sel(arm="baseline", drop=True).equals(data.sel(arm="scenario", drop=True))


def test_a_midyear_change_without_effect_is_none():
    data = run(scenario({"hub.tokyo.openings": 1 + 1e-12}, "2026-04-01"), **SMALL).data
    assert data.sel(arm="baseline", drop=True).equals(data.sel(arm="scenario", drop=True))


def test_a_permit_to_hold_is_no_round_of_choices():
    """Contacts are observed at rounds of choices: simulations with and without an open permit count alike."""
    world, trajectory = shipped_world(2_000, 2), Trajectory()
    past = begin(world, CENTRE, constants_of(world), rules_for(world.setting), 0)
    without = past.branch(())
    without.trajectory = trajectory
    opened = past.branch(load("canada_open_permit").policies, {"network": trajectory})
    for arm in (without, opened):
        record(arm, START + 2, empty_record(world))
    assert len(opened.visas.handed_out()) > len(without.visas.handed_out())
    assert opened.choices == without.choices == max(trajectory.residence_of_contacts)


# --- ties of the start ----------------------------------------------------------------------------


def pair_with_ties_of_the_start(a, policies=()):
    """A simulation that is let run and one that is held to the ties of the start, after three years."""
    world = shipped_world(5_000, 3)
    found = []
    for held in (False, True):
        arm = begin(world, a, constants_of(world), rules_for(world.setting), 0)
        arm.frozen_to = {"network": ties_of_the_start(arm)} if held else {}
        found.append(record(arm.branch(policies), START + 3, empty_record(world)))
    return found


def test_ties_of_the_start_act_on_nobody_without_ties():
    free, held = pair_with_ties_of_the_start(CENTRE.vary(b_friend=0, colleague_multiplier=1, team_pull=1))
    assert all(np.array_equal(free[name], held[name]) for name in ("stock", "flow", "backlog", "hires"))


def test_ties_of_the_start_do_not_follow_movers():
    a = CENTRE.vary(b_friend=3.0)
    free, held = pair_with_ties_of_the_start(a)
    assert np.array_equal(free["stock"][0], held["stock"][0])
    assert not np.array_equal(free["flow"][-1], held["flow"][-1])
    assert held["stock"][-1].sum() == pytest.approx(free["stock"][-1].sum(), rel=0.01)


def test_an_arm_is_freed_as_soon_as_it_is_dropped():
    """Large arms follow one another: one that waits for the garbage collector would take the memory of the next."""
    world = shipped_world(5_000, 2)
    past = begin(world, CENTRE, constants_of(world), rules_for(world.setting), 0)
    gc.disable()
    try:
        arm = past.branch(LATE.policies)
        record(arm, START + 2, empty_record(world))
        dropped = weakref.ref(arm)
        del arm
        assert dropped() is None
    finally:
        gc.enable()
