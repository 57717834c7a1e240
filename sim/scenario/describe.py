"""A scenario in plain English, two scenarios compared, and a scenario written down again as TOML."""

import json
import math

from sim.months import day_label, january, long_label
from sim.scenario.levers import Lever
from sim.scenario.policies import Policy, Scenario
from sim.scenario.stack import changed, held

NAMED_PLACES = 3  # a wildcard that reaches more is counted
PROMISE = "no policy: the rules of the baseline all along"


def describe(scenario: Scenario, start: int | None = None) -> list[str]:
    """Return one sentence a provision: what, baseline -> new value, meaning, dates, source.

    ``start`` is the run's first year; given, the sentences say what acts before it or a month later.
    """
    return [sentence(policy, start) for policy in scenario.policies] or [f"{scenario.title}: {PROMISE}."]


def sentence(policy: Policy, start: int | None = None) -> str:
    """Return what one policy does, in a sentence."""
    lever = policy.levers[0]
    what = f"{_places(policy)}: {lever.what} ({lever.meaning}) {_change(policy)}"
    source = f" Source: {policy.source.rstrip('.')}." if policy.source else ""
    return f"{what}, {_dates(policy, start)}.{source}"


def diff(one: Scenario, other: Scenario) -> list[str]:
    """Return the provisions that only one of two scenarios has, marked ``-`` and ``+``."""
    gone = [f"- {sentence(policy)}" for policy in one.policies if policy not in other.policies]
    come = [f"+ {sentence(policy)}" for policy in other.policies if policy not in one.policies]
    return gone + come


def resolved_toml(scenario: Scenario) -> str:
    """Return the scenario as one file: stacks and overrides resolved; read again it is the same."""
    lines = [f"title = {_text(scenario.title)}", f"question = {_text(scenario.question)}"]
    if scenario.legal:
        lines += ["legal = [", *(f"  {_text(line)}," for line in scenario.legal), "]"]
    for policy in scenario.policies:
        lines += ["", "[[policy]]", f"lever = {_text(policy.lever)}"]
        lines += [f"{policy.operation} = {_written(policy)}"]
        lines += [f"from = {policy.begins}"] if policy.begins else []
        lines += [f"until = {policy.ends}"] if policy.ends else []
        lines += [f"ramp_years = {policy.ramp_years!r}"] if policy.ramp_years else []
        lines += [f"source = {_text(policy.source)}"] if policy.source else []
    return "\n".join(lines) + "\n"


def _places(policy: Policy) -> str:
    names = list(dict.fromkeys(lever.place for lever in policy.levers))
    more = len(names) - NAMED_PLACES
    if more <= 1:
        return "; ".join(names)
    return f"{'; '.join(names[:NAMED_PLACES])} and {more} more"


def _change(policy: Policy) -> str:
    lever = policy.levers[0]
    before = [each.present for each in policy.levers]
    after = [held(changed(each.present, policy), each) for each in policy.levers]
    unit = f" {lever.unit}" if lever.unit and math.isfinite(after[0]) else ""
    how = {
        "value": "",
        "multiply": f" (times {policy.amount:g})",
        "add": f" ({policy.amount:+,g} to whatever is in force)",
    }
    return f"{_span(before, lever)} -> {_span(after, lever)}{unit}{how[policy.operation]}"


def _span(values: list[float], lever: Lever) -> str:
    low, high = _shown(min(values), lever), _shown(max(values), lever)
    return low if low == high else f"{low} to {high}"


def _shown(value: float, lever: Lever) -> str:
    if lever.kind == "flag":
        return "yes" if value else "no"
    if lever.kind == "choice":
        return lever.choices[int(value)].replace("_", " ")
    if math.isinf(value):
        return "none"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def _dates(policy: Policy, start: int | None) -> str:
    ramp = f", phased in over {policy.ramp_years:g} years" if policy.ramp_years else ""
    if policy.begins is None:
        until = f"until {day_label(policy.ends)}" if policy.ends else "throughout"
        return until + ramp
    end = f"until {day_label(policy.ends)}" if policy.ends else "on"
    when = f"from {day_label(policy.begins)} {end}{ramp}"
    if start is not None and policy.begin_month < january(start):
        return f"{when} (begun before the run starts in January {start})"
    return when if policy.begins.day == 1 else f"{when} (acts from {long_label(int(policy.begin_month))})"


def _written(policy: Policy) -> str:
    lever = policy.levers[0]
    if lever.kind == "flag":
        return "true" if policy.amount else "false"
    if lever.kind == "choice":
        return _text(lever.choices[int(policy.amount)])
    if math.isinf(policy.amount):
        return '"none"'
    return str(int(policy.amount)) if policy.amount.is_integer() else repr(policy.amount)


def _text(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")  # JSON's escapes are TOML's
