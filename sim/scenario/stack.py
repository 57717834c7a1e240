"""Apply policies to the rules of a month, stack and vary scenarios, and check a scenario against the years of a run."""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import replace
from datetime import date
from itertools import combinations, pairwise, permutations

import numpy as np

from sim.errors import ScenarioError
from sim.months import day_label, january, long_label, month_of
from sim.scenario.levers import Lever, find
from sim.scenario.past import values_from
from sim.scenario.places import joined_subject
from sim.scenario.policies import NEVER, OPERATIONS, Policy, Scenario
from sim.scenario.schema import LONGEST_TITLE

Scaling = Callable[[float], float]

# ------------------------------------------------------------------------------
# Rules in force in a month, and stacks of scenarios
# ------------------------------------------------------------------------------


def rules_at(month: int, policies: Iterable[Policy], rules: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return the rules in force in ``month``: ``rules`` changed by every policy that is in force.

    Policies set values first, then multiply, then add, in whatever order they are given. A ramp starts from the value
    in ``rules``, and results are clipped to the bounds of the lever. ``rules`` maps a field to an array over its axis;
    arrays that no policy changes are returned themselves, changed ones are copies.
    """
    acting = sorted(policy for policy in policies if policy.is_in_force(month))
    levers = {lever.path: lever for policy in acting for lever in policy.levers}
    now = dict(rules) | {lever.field: rules[lever.field].copy() for lever in levers.values()}
    values = {path: float(rules[lever.field][lever.index]) for path, lever in levers.items()}
    for policy in acting:  # sorted: all that set, then all that multiply, then all that add
        for lever in policy.levers:
            values[lever.path] = changed(values[lever.path], policy, policy.phase(month))
    for path, lever in levers.items():
        now[lever.field][lever.index] = clip_to_bounds(values[path], lever)
    return now


def rules_on_arrival(
    year: int, start: int, policies: Sequence[Policy], rules: Mapping[str, np.ndarray]
) -> dict[str, np.ndarray]:
    """Return the rules that people who arrived in ``year`` came under: those of its December.

    A policy without a first day begins with the run, at ``start``: people who came before did not come under it.
    """
    begun = policies if year >= start else [policy for policy in policies if policy.begins is not None]
    return rules_at(12 * year + 11, begun, rules)


def changed(value: float, policy: Policy, phase: float = 1.0) -> float:
    """Return ``value`` after the share ``phase`` of the policy's change; no cap (infinity) stays no cap."""
    if policy.operation == "value":
        return policy.amount if phase == 1 else value + phase * (policy.amount - value)
    if value == float("inf"):
        return value
    if policy.operation == "multiply":
        return value * (1 + phase * (policy.amount - 1))
    return value + phase * policy.amount


def clip_to_bounds(value: float, lever: Lever) -> float:
    """Clip ``value`` to the bounds of the lever and round it if it counts whole things; no cap stays no cap."""
    if lever.may_be_none and value == float("inf"):
        return value
    value = min(max(value, lever.low), lever.high)
    return float(round(value)) if lever.kind == "integer" else value


def change_months(policies: Iterable[Policy], start_month: int, end_month: int) -> list[int]:
    """Return the months in which the rules change, from ``start_month`` to before ``end_month``, in order.

    A policy changes the rules when it begins, at every step of its ramp and when it ends.
    """
    months: set[float] = set()
    for policy in policies:
        if policy.begin_month < policy.end_month:
            steps = {policy.begin_month + step for step in range(policy.ramp_months)}
            months |= {min(month, policy.end_month) for month in steps | {policy.end_month}}
    return sorted(int(month) for month in months if start_month <= month < end_month)


def shared_until(stacks: Sequence[Sequence[Policy]], start: int, end: int) -> int:
    """Return the last year, from ``start`` to ``end``, before whose 1 January all stacks have equal rules.

    The stacks can share one simulated past up to that day.
    """

    def begun(policies: Sequence[Policy], year: int) -> Counter[Policy]:
        """Return the policies that begin before 1 January of ``year``."""
        return Counter(policy for policy in policies if policy.begin_month < 12 * year)

    year = start
    while year < end and all(begun(policies, year + 1) == begun(stacks[0], year + 1) for policies in stacks):
        year += 1
    return year


def stack(scenarios: Sequence[Scenario]) -> Scenario:
    """Return one scenario with the policies of all; ``a+b`` and ``b+a`` are equal.

    Raise ScenarioError for a scenario stacked with itself and for policies that conflict.
    """
    # the same scenario may hide inside a stack: compare the parts, then the scenarios in them
    parts = sorted(scenarios, key=lambda scenario: (scenario.name, str(scenario.path)))
    for one, other in pairwise(parts):
        if (one.name, one.path) == (other.name, other.path):
            raise ScenarioError(one.name, "stacked with itself")
    atoms = sorted(atom for part in parts for atom in part.atoms)
    for atom, following in pairwise(atoms):
        if atom == following:
            raise ScenarioError(atom, "stacked with itself")
    policies = tuple(policy for part in parts for policy in part.policies)
    refuse_conflicts(policies)
    return Scenario(
        title=_joined([part.title for part in parts]),
        question=" ".join(part.question for part in parts if part.question),
        policies=policies,
        legal=tuple(dict.fromkeys(line for part in parts for line in part.legal)),
        name="+".join(part.name for part in parts),
        parts=tuple(atoms),
        subject=joined_subject(parts),
        notices=tuple(dict.fromkeys(line for part in parts for line in part.notices)),
    )


def _joined(titles: Sequence[str]) -> str:
    """Join titles to one of at most ``LONGEST_TITLE`` characters; titles that do not fit are counted."""
    for shown in range(len(titles), 0, -1):
        more = f" and {len(titles) - shown} more" if shown < len(titles) else ""
        if len(title := " + ".join(titles[:shown]) + more) <= LONGEST_TITLE:
            return title
    return f"{titles[0][: LONGEST_TITLE - 20]} and {len(titles) - 1} more"


def refuse_conflicts(policies: Iterable[Policy]) -> None:
    """Raise ScenarioError, naming both, if two policies set the same lever at overlapping dates."""
    setting: dict[str, list[Policy]] = {}
    for policy in policies:
        if policy.operation == OPERATIONS[0]:
            for lever in policy.levers:
                setting.setdefault(lever.path, []).append(policy)
    for path, rivals in setting.items():
        for one, other in combinations(rivals, 2):
            if _overlap(one, other):
                raise ScenarioError(one.origin, path, f"also set, at overlapping dates, by {other.origin}")


def _overlap(one: Policy, other: Policy) -> bool:
    """Tell whether the dates of two policies overlap."""
    pairs = ((one, other), (other, one))
    return all(a.ends is None or b.begins is None or b.begins < a.ends for a, b in pairs)


# ------------------------------------------------------------------------------
# Variations of a scenario
# ------------------------------------------------------------------------------


def quantity_lever(path: str) -> Lever:
    """Return the first lever that ``path`` names; raise ScenarioError for several families, a flag or a choice."""
    levers = find(path)
    if len({lever.field for lever in levers}) > 1:
        raise ScenarioError(path, "names levers of several kinds; give one kind")
    if levers[0].kind not in ("number", "integer"):
        raise ScenarioError(path, f"is a {levers[0].kind}: only a quantity can be searched")
    return levers[0]


def with_value(scenario: Scenario, path: str, value: float) -> Scenario:
    """Return the scenario with the levers ``path`` set to ``value``, instead of its own policies on them.

    The value is in force from the first to the last day of the policies that it replaces; without such policies,
    from the first to the last day of all policies of the scenario.
    """
    levers = find(path)
    own = [policy for policy in scenario.policies if set(policy.levers) & set(levers)]
    # policies on other levers stay; a policy on both kinds is split into one policy for each other lever
    kept = []
    for policy in scenario.policies:
        others = [lever for lever in policy.levers if lever not in levers]
        if len(others) == len(policy.levers):
            kept.append(policy)
        else:  # each under its own path, so that the scenario can be written to a file
            kept += [replace(policy, lever=lever.path, levers=(lever,)) for lever in others]
    amount = float(round(value)) if levers[0].kind == "integer" else float(value)
    begins, ends = _dates(own or scenario.policies)
    endless = any(math.isinf(lever.present) for lever in levers)  # a ramp from or to no cap is not possible
    ramp = 0.0 if endless else max((policy.ramp_years for policy in own), default=0.0)
    change = Policy(path, levers, OPERATIONS[0], amount, begins, ends, ramp, "put to a value", f"{path} = {amount:g}")
    return replace(scenario, policies=(*kept, change))


def _dates(policies: Sequence[Policy]) -> tuple[date | None, date | None]:
    """Return the earliest first day and the latest last day of several policies; None if one has no limit."""
    begins = [policy.begins for policy in policies if policy.begins]
    ends = [policy.ends for policy in policies if policy.ends]
    return (
        min(begins) if begins and len(begins) == len(policies) else None,
        max(ends) if ends and len(ends) == len(policies) else None,
    )


def differences(scenario: Scenario, baseline: Scenario) -> list[tuple[Policy, ...]]:
    """Return the differences between a scenario and its baseline as pieces that can be switched one by one.

    A piece is a policy that only one of the two has; policies of both on the same lever form one piece, since one
    replaces the other.
    """
    ours, theirs = Counter(scenario.policies), Counter(baseline.policies)
    pieces: list[tuple[Policy, ...]] = [(policy,) for policy in (ours - theirs).elements()]
    # join a policy of the baseline with all pieces that move one of its levers
    for lost in (theirs - ours).elements():
        rivals = [piece for piece in pieces if any(set(lost.levers) & set(p.levers) for p in piece)]
        pieces = [piece for piece in pieces if piece not in rivals]
        pieces.append((*(p for piece in rivals for p in piece), lost))
    return pieces


def between(scenario: Scenario, baseline: Scenario, chosen: Sequence[tuple[Policy, ...]]) -> Scenario:
    """Return the baseline with the ``chosen`` pieces of :func:`differences` switched to the scenario's policies."""
    taken = Counter(policy for piece in chosen for policy in piece)
    ours, theirs = Counter(scenario.policies), Counter(baseline.policies)
    mixed = theirs - ((theirs - ours) & taken) + ((ours - theirs) & taken)
    return replace(scenario, policies=tuple(mixed.elements()))


def scale(lever: Lever, low: float = -math.inf, high: float = math.inf) -> tuple[Scaling, Scaling]:
    """Return two functions: from a position in [0, 1] to a value of the lever in [low, high], and back.

    The scale is linear, or logarithmic if the range is more than a thousand times its lower end (or 1).
    """
    low, high = max(low, lever.low), min(high, lever.high)
    if high - low <= 1000 * max(1.0, abs(low)):
        return (lambda u: low + u * (high - low)), (lambda x: (x - low) / (high - low))
    width = math.log1p(high - low)
    return (lambda u: low + math.expm1(u * width)), (lambda x: math.log1p(x - low) / width)


# ------------------------------------------------------------------------------
# Checks of a scenario against the simulated years
# ------------------------------------------------------------------------------


def check_period(scenario: Scenario, start: int, years: int) -> list[str]:
    """Check a scenario against a run from January of ``start`` over ``years`` and return warnings, one line each.

    Raise ScenarioError for a policy that ends before the run or begins after it, and for one whose value exceeds the
    limits of every lever that it names.
    """
    notices = list(scenario.notices)
    for policy in scenario.policies:
        if policy.end_month <= january(start):
            problem = f"ended on {policy.ends}, before the run starts in January {start}"
            raise ScenarioError(policy.origin, policy.lever, problem)
        if policy.begin_month >= january(start + years):
            acts = (
                f" (acts from {long_label(int(policy.begin_month))})" if policy.begins and policy.begins.day > 1 else ""
            )
            problem = f"begins on {policy.begins}{acts}, after the run ends with {start + years - 1}"
            raise ScenarioError(policy.origin, policy.lever, problem)
        others = {lever for other in scenario.policies if other is not policy for lever in other.levers}
        notices += [f"{policy.lever}: {notice}" for notice in _notices(policy, start, years, others)]
    uncited = [policy.lever for policy in scenario.policies if not policy.source]
    if uncited:
        which = f"{', '.join(uncited[:3])}{' and more' if uncited[3:] else ''}"
        notices.append(f"no source is given for {which}: say where the figure is from, or that it is assumed")
    return notices + _gaps(scenario)


def _notices(policy: Policy, start: int, years: int, others: Set[Lever]) -> list[str]:
    """Return the warnings about one policy; ``others`` are the levers that other policies of the scenario move."""
    if policy.begins and policy.ends and not policy.acts:
        days = f"from {day_label(policy.begins)} to {day_label(policy.ends)}"
        return [f"in force only {days}, {NEVER}"]
    notices = []
    if policy.begins and policy.begin_month < january(start):
        notices.append(f"begun on {day_label(policy.begins)}, before the run: in force from its first month")
    last = min(january(start + years), policy.end_month) - 1
    if policy.ramp_months > 1 and policy.phase(int(last)) < 1:
        when = "the run ends" if policy.end_month >= january(start + years) else "it ends"
        notices.append(f"still being phased in when {when}: {policy.phase(int(last)):.0%} of its change by then")
    if policy.operation != "value" and not others.isdisjoint(policy.levers):
        return notices  # it starts from the value that the other policy gives, unknown here
    # values of the levers before the policy, as it would change them, and after clipping
    since = [values_from(lever, policy.begin_month, start) for lever in policy.levers]
    before = [values[0] for values in since]
    unclipped = [changed(value, policy) for value in before]
    after = [clip_to_bounds(value, lever) for value, lever in zip(unclipped, policy.levers, strict=True)]
    later = zip(since, policy.levers, strict=True)
    if all(clip_to_bounds(changed(value, policy), lever) == value for values, lever in later for value in values):
        is_zero = policy.operation == "multiply" and not any(before)
        zero = f"0 times {policy.amount:g} is 0, set a value or add to it"
        notices.append(f"changes nothing, {zero if is_zero else 'the baseline has this value already'}")
    # an amount beyond the limits everywhere is an error, at some of the places a warning
    cut = sum(
        clip_to_bounds(value, lever) != value and not lever.low <= value <= lever.high
        for value, lever in zip(unclipped, policy.levers, strict=True)
    )
    if cut == len(after):
        lever = policy.levers[0]
        limits = f"{unclipped[0]:,.10g} is not in [{lever.low:,.10g}, {lever.high:,.10g}] {lever.unit}"
        raise ScenarioError(policy.origin, policy.lever, f"{before[0]:,.10g} becomes {limits}")
    if cut:
        notices.append(f"beyond the lever's limit at {cut} of {len(after)} places, where the limit applies")
    return notices


def _gaps(scenario: Scenario) -> list[str]:
    """Return warnings for levers that are released and set again within one month: the run has no such gap."""
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
