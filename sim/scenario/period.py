"""A scenario against the years of a run: what cannot act is refused, what is easily missed is said."""

from collections.abc import Set
from itertools import permutations

from sim.errors import ScenarioError
from sim.months import day_label, january, month_of
from sim.scenario.levers import Lever
from sim.scenario.policies import Policy, Scenario
from sim.scenario.stack import changed, held


def check_period(scenario: Scenario, start: int, years: int) -> list[str]:
    """Return notices on the scenario in a run from January of ``start`` over ``years``.

    Raise ScenarioError for a policy that ends before the run, begins after it, or passes its lever's limits everywhere.
    """
    notices = []
    for policy in scenario.policies:
        if policy.end_month <= january(start):
            problem = f"ended on {policy.ends}, before the run starts in January {start}"
            raise ScenarioError(policy.origin, policy.lever, problem)
        if policy.begin_month >= january(start + years):
            problem = f"begins on {policy.begins}, after the run ends with {start + years - 1}"
            raise ScenarioError(policy.origin, policy.lever, problem)
        others = {lever for other in scenario.policies if other is not policy for lever in other.levers}
        notices += [f"{policy.lever}: {notice}" for notice in _notices(policy, start, others)]
    uncited = [policy.lever for policy in scenario.policies if not policy.source]
    if uncited:
        which = f"{', '.join(uncited[:3])}{' and more' if uncited[3:] else ''}"
        notices.append(f"no source is given for {which}: say where the figure is from, or that it is assumed")
    return notices + _gaps(scenario)


def _notices(policy: Policy, start: int, others: Set[Lever]) -> list[str]:
    """Notices on one policy; ``others`` are the levers that other policies of the scenario move."""
    if policy.begins and policy.ends and policy.begin_month == policy.end_month:
        days = f"from {day_label(policy.begins)} to {day_label(policy.ends)}"
        return [f"in force only {days}, reversed before a whole month began: it never acts"]
    notices = []
    if policy.begins and policy.begin_month < january(start):
        notices.append(f"begun on {day_label(policy.begins)}, before the run: in force from its first month")
    if policy.operation != "value" and not others.isdisjoint(policy.levers):
        return notices  # it starts from what the other policy makes of the lever, which nobody knows here
    before = [lever.present for lever in policy.levers]
    asked = [changed(value, policy) for value in before]
    after = [held(value, lever) for value, lever in zip(asked, policy.levers, strict=True)]
    if after == before:
        is_zero = policy.operation == "multiply" and not any(before)
        zero = f"0 times {policy.amount:g} is 0, set a value or add to it"
        notices.append(f"changes nothing, {zero if is_zero else 'the baseline has this value already'}")
    cut = sum(
        held(value, lever) != value and not lever.low <= value <= lever.high
        for value, lever in zip(asked, policy.levers, strict=True)
    )
    if cut == len(after):
        lever = policy.levers[0]
        limits = f"{asked[0]:,.10g} is not in [{lever.low:,.10g}, {lever.high:,.10g}] {lever.unit}"
        raise ScenarioError(policy.origin, policy.lever, f"{before[0]:,.10g} becomes {limits}")
    if cut:
        notices.append(f"beyond the lever's limit at {cut} of {len(after)} places, and held there")
    return notices


def _gaps(scenario: Scenario) -> list[str]:
    """Name the levers that are released and set again within a month: the run does not see the gap."""
    return [
        f"{one.lever}: released on {day_label(one.ends)} and set again on {day_label(other.begins)}, "
        "before a whole month began: in force throughout"
        for one, other in permutations(scenario.policies, 2)
        if one.operation == other.operation == "value"
        and one.ends
        and other.begins
        and one.ends < other.begins
        and month_of(one.ends) == month_of(other.begins)
        and set(one.levers) & set(other.levers)
    ]
