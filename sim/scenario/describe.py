"""Describe a scenario in sentences, compare two scenarios, write a scenario as TOML, and name its theme."""

import json
import math
from collections.abc import Sequence
from dataclasses import fields

from sim.custom_world import PRESENT
from sim.months import day_label, january, long_label
from sim.scenario.levers import Lever, catalogue
from sim.scenario.past import values_from
from sim.scenario.places import named_places
from sim.scenario.policies import NEVER, Policy, Scenario
from sim.scenario.stack import changed, clip_to_bounds

NAMED_PLACES = 3  # places that a sentence names; further ones are counted
PROMISE = "no policy: the rules of the baseline throughout"


def describe(scenario: Scenario, start: int | None = None) -> list[str]:
    """Return one sentence for each policy: lever, meaning, baseline -> new value, dates, source.

    With ``start``, the first year of a run, the sentences also tell which policies began before it.
    """
    return [sentence(policy, start) for policy in scenario.policies] or [f"{scenario.title}: {PROMISE}."]


def sentence(policy: Policy, start: int | None = None) -> str:
    """Return the effect of one policy as a sentence; ``start`` as in :func:`describe`."""
    lever = policy.levers[0]
    what = f"{_places(policy.levers)}: {lever.what} ({lever.meaning}) {_change(policy, policy.levers, start)}"
    source = f" Source: {policy.source.rstrip('.')}." if policy.source else ""
    return f"{what}, {_dates(policy, start)}.{source}"


def short(policy: Policy) -> str:
    """Return the effect of a policy in a few words, for a table or a figure."""
    return f"{_places(policy.levers)}: {policy.levers[0].what} {_change(policy, policy.levers)}"


def outline(scenario: Scenario) -> list[str]:
    """Return one short line a provision: what it changes, and when."""
    lines = [
        f"{_together(policy.levers)}: {policy.levers[0].what} {_change(policy, policy.levers)}, {_dates(policy)}"
        for policy in scenario.policies
    ]
    return lines or [f"{scenario.title}: {PROMISE}."]


def _together(levers: Sequence[Lever]) -> str:
    """Return where levers act: many routes or places by their country or bloc, and how many there are."""
    known = named_places()
    parts = [lever.path.split(".") for lever in levers]
    if len(levers) <= NAMED_PLACES or parts[0][0] not in ("country", "hub"):
        return _places(levers)
    codes = list(dict.fromkeys(code for part in parts for code in known[part[1]].countries))
    bloc = next((each.name for each in known.values() if each.kind == "bloc" and set(each.countries) == set(codes)), "")
    where = bloc or _some([known[code].name for code in codes])
    what = "routes" if parts[0][2] == "route" else "hubs" if parts[0][0] == "hub" else ""
    return f"{where}, {len(levers)} {what}" if what else where


def diff(one: Scenario, other: Scenario) -> list[str]:
    """Return the differences of two scenarios: their titles, then a line for each lever that they move differently.

    Levers with equal changes share a line. Sources are not compared.
    """
    lines = [f"{scenario.name}: {scenario.title}" for scenario in (one, other)]
    moved = [_policies_by_lever(scenario) for scenario in (one, other)]
    # levers of one family that are moved in the same way go into one line
    groups: dict[tuple, list[Lever]] = {}
    for lever in dict.fromkeys([*moved[0], *moved[1]]):
        ways = tuple(tuple(_effect(policy) for policy in each.get(lever, ())) for each in moved)
        if ways[0] != ways[1]:
            groups.setdefault((lever.field, *ways), []).append(lever)
    for levers in groups.values():
        what = f"{_places(levers)}: {levers[0].what} ({levers[0].meaning})"
        texts = [_changes(each.get(levers[0], ()), levers) for each in moved]
        lines.append(f"{what}. {one.name}: {texts[0]} / {other.name}: {texts[1]}.")
    return lines if groups else [*lines, "They change the same levers by the same amounts at the same dates."]


def resolved_toml(scenario: Scenario) -> str:
    """Return the text of a scenario file, with stacks and overrides resolved; reading it gives an equal scenario."""
    lines = [f"title = {_text(scenario.title)}", f"question = {_text(scenario.question)}"]
    lines += [f"subject = {_text(scenario.subject)}"] if scenario.subject else []
    if scenario.legal:
        lines += ["legal = [", *(f"  {_text(line)}," for line in scenario.legal), "]"]
    for policy in scenario.policies:
        lines += ["", "[[policy]]", f"lever = {_text(policy.lever)}"]
        lines += [f"{policy.operation} = {_written(policy)}"]
        lines += [f"from = {policy.begins}"] if policy.begins else []
        lines += [f"until = {policy.ends}"] if policy.ends else []
        lines += [f"ramp_years = {policy.ramp_years!r}"] if policy.ramp_years else []
        lines += [f"source = {_text(policy.source)}"] if policy.source else []
    for row in scenario.published:
        lines += ["", "[[published]]"]
        for field in fields(row):
            value = getattr(row, field.name)
            if value != field.default and value is not None:
                lines += [f"{field.name} = {_text(value) if isinstance(value, str) else str(value).lower()}"]
    return "\n".join(lines) + "\n"


def _policies_by_lever(scenario: Scenario) -> dict[Lever, list[Policy]]:
    """Return the policies on each lever, in the order in which they begin."""
    moved: dict[Lever, list[Policy]] = {}
    for policy in sorted(scenario.policies, key=lambda each: (each.begin_month, each.operation, each.amount)):
        for lever in policy.levers:
            moved.setdefault(lever, []).append(policy)
    return moved


def _effect(policy: Policy) -> tuple:
    """Return all that makes two policies on one lever equal: operation, amount and dates."""
    return policy.operation, policy.amount, policy.begins, policy.ends, policy.ramp_years


def _changes(policies: Sequence[Policy], levers: Sequence[Lever]) -> str:
    """Return the changes of ``levers`` by ``policies`` as part of a sentence."""
    changes = [f"{_change(policy, levers)}, {_dates(policy)}" for policy in policies]
    return "; ".join(changes) or "not changed"


def _places(levers: Sequence[Lever]) -> str:
    """Return the places of levers of one family: "Everywhere", or names without repetition of a common part."""
    alike = [lever for lever in catalogue().values() if lever.field == levers[0].field]
    if len(levers) == len(alike):
        return "Everywhere"
    parts = [lever.place.partition(", ") for lever in levers]  # a country, and its route or an origin
    heads, _, tails = (list(dict.fromkeys(part)) for part in zip(*parts, strict=True))
    if len(heads) == 1 and all(tails):
        return f"{heads[0]}, {_some(tails)}"
    if len(tails) == 1 and all(tails):
        return f"{_some(heads)}, {tails[0]}"
    return _some(list(dict.fromkeys(lever.place for lever in levers)))


def _some(names: Sequence[str]) -> str:
    """Return a list of names, of which at most ``NAMED_PLACES`` (or one more) are spelled out."""
    more = len(names) - NAMED_PLACES
    if more <= 1:
        return "; ".join(names)
    return f"{'; '.join(names[:NAMED_PLACES])} and {more} more"


def _change(policy: Policy, levers: Sequence[Lever], start: int | None = None) -> str:
    """Return the values of ``levers`` before and after a policy, with their unit; ``start`` of a run in the past."""
    lever = levers[0]
    before = [values_from(each, policy.begin_month, PRESENT if start is None else start)[0] for each in levers]
    after = [clip_to_bounds(changed(value, policy), each) for value, each in zip(before, levers, strict=True)]
    unit = f" {lever.unit}" if lever.unit not in ("", "share") and math.isfinite(after[0]) else ""
    added = f"{100 * policy.amount:g} percentage points" if lever.unit == "share" else f"{policy.amount:,.10g}"
    how = {
        "value": "",
        "multiply": "" if lever.unit == "times" else f" (times {policy.amount:g})",
        "add": f" (adds {added} to the value in force)",
    }
    return f"{_span(before, lever)} -> {_span(after, lever)}{unit}{how[policy.operation]}"


def _span(values: list[float], lever: Lever) -> str:
    """Return the range of several values, or one value if all are equal."""
    low, high = _shown(min(values), lever), _shown(max(values), lever)
    return low if low == high else f"{low} to {high}"


def _shown(value: float, lever: Lever) -> str:
    """Return one value of a lever as text, without its unit except for a percentage."""
    if lever.kind == "flag":
        return "yes" if value else "no"
    if lever.kind == "choice":
        return lever.choices[int(value)].replace("_", " ")
    if math.isinf(value):
        return "none"
    if lever.unit == "share":
        return f"{100 * value:.4g} %"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def _dates(policy: Policy, start: int | None = None) -> str:
    """Return the dates of a policy as part of a sentence, and the first month in which it acts if that is later."""
    ramp = f", phased in over {policy.ramp_years:g} years" if policy.ramp_years else ""
    if policy.begins is None:
        until = f"until {day_label(policy.ends)}" if policy.ends else "throughout"
        return until + ramp
    end = f"until {day_label(policy.ends)}" if policy.ends else "on"
    when = f"from {day_label(policy.begins)} {end}{ramp}"
    if not policy.acts:
        return f"{when} ({NEVER})"
    if start is not None and policy.begin_month < january(start):
        return f"{when} (begun before the run starts in January {start})"
    if policy.begins.day == 1 and (policy.ends is None or policy.ends.day == 1):
        return when
    until = f" until the end of {long_label(int(policy.end_month) - 1)}" if policy.ends else ""
    return f"{when} (acts from {long_label(int(policy.begin_month))}{until})"


def _written(policy: Policy) -> str:
    """Return the amount of a policy in the syntax of TOML."""
    lever = policy.levers[0]
    if lever.kind == "flag":
        return "true" if policy.amount else "false"
    if lever.kind == "choice":
        return _text(lever.choices[int(policy.amount)])
    if math.isinf(policy.amount):
        return '"none"'
    return str(int(policy.amount)) if policy.amount.is_integer() else repr(policy.amount)


def _text(text: str) -> str:
    """Return a string in the syntax of TOML."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")  # JSON's escapes are TOML's


# ------------------------------------------------------------------------------
# Themes: what a list of scenarios is grouped by
# ------------------------------------------------------------------------------


THEMES = {  # theme -> how the paths of its levers read
    "Visas and permits": (".route.", ".settlement", ".naturalisation", ".family_rights", ".fast_track"),
    "Taxes": (".tax.",),
    "Borders": (".is_closed", ".free_entry", ".bars.", ".return"),
    "Compute": (".compute.",),
    "Studies and supply": (".supply.",),
    "Places and remote work": ("hub.", ".openings", ".remote"),
    "Sectors, skills and pay": ("sector.", "tier.", "role."),
    "Baseline": (),
}


def theme(scenario: Scenario) -> str:
    """Return the theme of a scenario, one of ``THEMES``."""
    for policy in scenario.policies[:1]:
        if policy.lever.startswith("sector.") and not policy.lever.endswith(".remote"):
            return "Sectors, skills and pay"
        return next(name for name, parts in THEMES.items() if any(part in policy.lever for part in parts))
    return "Baseline"
