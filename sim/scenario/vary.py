"""Scenarios made from scenarios: a lever put to another value, some of the policies and not the others."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from sim.errors import ScenarioError
from sim.scenario.levers import Lever, find
from sim.scenario.policies import OPERATIONS, Policy, Scenario


def the_lever(path: str) -> Lever:
    """Return the first of the levers that ``path`` names, all of one family; refuse one that is no quantity."""
    levers = find(path)
    if len({lever.field for lever in levers}) > 1:
        raise ScenarioError(path, "names levers of several kinds; give one kind")
    if levers[0].kind not in ("number", "integer"):
        raise ScenarioError(path, f"is a {levers[0].kind}: only a quantity can be searched")
    return levers[0]


def with_value(scenario: Scenario, path: str, value: float) -> Scenario:
    """Return the scenario with the levers ``path`` at ``value``, in place of its own policies on them.

    The value holds from the first day of those to the last; a lever that the scenario leaves alone follows the dates
    of its other policies.
    """
    levers = find(path)
    own = [policy for policy in scenario.policies if set(policy.levers) & set(levers)]
    kept = []
    for policy in scenario.policies:
        others = [lever for lever in policy.levers if lever not in levers]
        if len(others) == len(policy.levers):
            kept.append(policy)
        else:  # each by its own path, so that the scenario can be written down
            kept += [replace(policy, lever=lever.path, levers=(lever,)) for lever in others]
    amount = float(round(value)) if levers[0].kind == "integer" else float(value)
    begins, ends = _dates(own or scenario.policies)
    endless = any(math.isinf(lever.present) for lever in levers)  # no ramp leads from or to no cap
    ramp = 0.0 if endless else max((policy.ramp_years for policy in own), default=0.0)
    change = Policy(path, levers, OPERATIONS[0], amount, begins, ends, ramp, "put to a value", f"{path} = {amount:g}")
    return replace(scenario, policies=(*kept, change))


def _dates(policies: Sequence[Policy]) -> tuple:
    """Return the first day and the last (None: no limit) of policies taken together."""
    begins = [policy.begins for policy in policies if policy.begins]
    ends = [policy.ends for policy in policies if policy.ends]
    return (
        min(begins) if begins and len(begins) == len(policies) else None,
        max(ends) if ends and len(ends) == len(policies) else None,
    )


def differences(scenario: Scenario, baseline: Scenario) -> list[tuple[Policy, ...]]:
    """Return what makes the scenario differ from its baseline, in pieces that can each be put back on their own.

    A piece is a policy that only one of the two has; policies of both on the same lever stay in one piece, since
    one replaces the other.
    """
    come, gone = Counter(scenario.policies), Counter(baseline.policies)
    pieces: list[tuple[Policy, ...]] = [(policy,) for policy in (come - gone).elements()]
    for lost in (gone - come).elements():
        rivals = [piece for piece in pieces if any(set(lost.levers) & set(p.levers) for p in piece)]
        pieces = [piece for piece in pieces if piece not in rivals]
        pieces.append((*(p for piece in rivals for p in piece), lost))
    return pieces


def between(scenario: Scenario, baseline: Scenario, chosen: Sequence[tuple[Policy, ...]]) -> Scenario:
    """Return the baseline with the ``chosen`` of the :func:`differences` as they are in the scenario."""
    taken = Counter(policy for piece in chosen for policy in piece)
    come, gone = Counter(scenario.policies), Counter(baseline.policies)
    left = gone - ((gone - come) & taken) + ((come - gone) & taken)
    return replace(scenario, policies=tuple(left.elements()))


def scale(lever: Lever, low: float = -math.inf, high: float = math.inf):
    """Return two functions, from a position in [0, 1] to a value of the lever in [low, high] and back.

    Positions are even in value; or in ratios, where the limits lie more than a thousandfold apart.
    """
    low, high = max(low, lever.low), min(high, lever.high)
    if high - low <= 1000 * max(1.0, abs(low)):
        return (lambda u: low + u * (high - low)), (lambda x: (x - low) / (high - low))
    width = math.log1p(high - low)
    return (lambda u: low + math.expm1(u * width)), (lambda x: math.log1p(x - low) / width)
