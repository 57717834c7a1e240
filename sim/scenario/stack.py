"""Policies stacked on the rules: what is in force in a month, when it changes, and what contradicts."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations, pairwise

import numpy as np

from sim.errors import ScenarioError
from sim.scenario.levers import Lever
from sim.scenario.places import joined_subject
from sim.scenario.policies import OPERATIONS, Policy, Scenario


def rules_at(month: int, policies: Iterable[Policy], rules: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return the rules in force in ``month``: ``rules`` with every acting policy's change.

    Values are set, then multiplied, then added to, whatever order the policies come in; a ramp starts
    from the value in ``rules``, and results are held within the lever's bounds. Fields that no policy
    touches are returned as they are; nothing is changed in place.
    """
    acting = sorted(policy for policy in policies if policy.is_in_force(month))
    levers = {lever.path: lever for policy in acting for lever in policy.levers}
    now = dict(rules) | {lever.field: rules[lever.field].copy() for lever in levers.values()}
    values = {path: float(rules[lever.field][lever.index]) for path, lever in levers.items()}
    for policy in acting:  # sorted: all that set, then all that multiply, then all that add
        for lever in policy.levers:
            values[lever.path] = changed(values[lever.path], policy, policy.phase(month))
    for path, lever in levers.items():
        now[lever.field][lever.index] = held(values[path], lever)
    return now


def changed(value: float, policy: Policy, phase: float = 1.0) -> float:
    """Return ``value`` as the policy changes it, ``phase`` of the way; half of no cap is no cap."""
    if policy.operation == "value":
        return policy.amount if phase == 1 else value + phase * (policy.amount - value)
    if value == float("inf"):
        return value
    if policy.operation == "multiply":
        return value * (1 + phase * (policy.amount - 1))
    return value + phase * policy.amount


def held(value: float, lever: Lever) -> float:
    """Return ``value`` within the lever's bounds, whole where it counts whole things; no cap stays no cap."""
    if lever.may_be_none and value == float("inf"):
        return value
    value = min(max(value, lever.low), lever.high)
    return float(round(value)) if lever.kind == "integer" else value


def change_months(policies: Iterable[Policy], start_month: int, end_month: int) -> list[int]:
    """Return the months in which a policy begins, goes on with its ramp or ends, up to but without ``end_month``."""
    months: set[float] = set()
    for policy in policies:
        if policy.begin_month < policy.end_month:
            steps = {policy.begin_month + step for step in range(policy.ramp_months)}
            months |= {min(month, policy.end_month) for month in steps | {policy.end_month}}
    return sorted(int(month) for month in months if start_month <= month < end_month)


def shared_until(stacks: Sequence[Sequence[Policy]], start: int, end: int) -> int:
    """Return the last year, from ``start`` to ``end``, before whose January all stacks begin the same policies.

    Until its 1 January the rules of all are the same, so one past serves them all.
    """

    def begun(policies: Sequence[Policy], year: int) -> Counter[Policy]:
        return Counter(policy for policy in policies if policy.begin_month < 12 * year)

    year = start
    while year < end and all(begun(policies, year + 1) == begun(stacks[0], year + 1) for policies in stacks):
        year += 1
    return year


def stack(scenarios: Sequence[Scenario]) -> Scenario:
    """Return one scenario with the policies of all; ``a+b`` and ``b+a`` are equal. Conflicts are refused."""
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
        title=" + ".join(part.title for part in parts),
        question=" ".join(part.question for part in parts if part.question),
        policies=policies,
        legal=tuple(dict.fromkeys(line for part in parts for line in part.legal)),
        name="+".join(part.name for part in parts),
        parts=tuple(atoms),
        subject=joined_subject(parts),
    )


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
    pairs = ((one, other), (other, one))
    return all(a.ends is None or b.begins is None or b.begins < a.ends for a, b in pairs)
