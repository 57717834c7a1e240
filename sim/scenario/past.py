"""The rules of a past year, and how they changed from then to the rules of the tables (``past_rules.csv``).

A row says what a lever was until a day: a value, or the value of the tables multiplied or added to. Of several rows of
a lever the next one holds after the day of the one before, and the value of the tables after the last. A run that
starts in the past begins under the rules of its January, and the changes since act on their dates, below all policies:
a scenario that sets the same lever overrides them.
"""

from datetime import date

import numpy as np

from sim import custom_world
from sim.custom_world import PRESENT, cached_by_world
from sim.errors import ScenarioError, WorldError
from sim.months import january, month_of
from sim.scenario.levers import Lever, baseline_rules, find
from sim.scenario.policies import OPERATIONS, Policy


@cached_by_world()
def changes_since(start: int) -> tuple[Policy, ...]:
    """Return the changes of the baseline's rules after January of ``start``, none from ``PRESENT`` on, in date order.

    Raises
    ------
    WorldError
        for a row of past_rules.csv without one change, with a day that is none, or of an unknown lever
    """
    steps = _history() if start < PRESENT else {}
    out = []
    for lever, rows in steps.items():
        # what each row gives way to: the next row's value, at the end that of the tables
        values = [value for _, value, _ in rows[1:]] + [lever.present]
        for (until, _, source), value in zip(rows, values, strict=True):
            if month_of(until) > january(start):
                out.append(
                    Policy(lever.path, (lever,), OPERATIONS[0], value, until, None, 0.0, source, "past_rules.csv", True)
                )
    return tuple(sorted(out))


def rules_of_year(start: int) -> dict[str, np.ndarray]:
    """Return the baseline's rules in January of ``start``: field -> array over its axis (a new copy)."""
    rules = baseline_rules()
    for lever, rows in (_history() if start < PRESENT else {}).items():
        now = [value for until, value, _ in rows if month_of(until) > january(start)]
        if now:
            rules[lever.field][lever.index] = now[0]
    return rules


def values_from(lever: Lever, month: float, start: int) -> list[float]:
    """Return the baseline's values of a lever from ``month`` on, in their order, of a run that begins in ``start``."""
    rows = _history().get(lever, []) if start < PRESENT else []
    return [value for until, value, _ in rows if month_of(until) > max(month, january(start))] + [lever.present]


@cached_by_world()
def _history() -> dict[Lever, list[tuple[date, float, str]]]:
    """Return lever -> (last day exclusive, value until it, source) in date order."""
    steps: dict[Lever, list[tuple[date, float, str]]] = {}
    for number, row in enumerate(custom_world.rows("past_rules"), start=2):
        place = f"past_rules.csv, line {number}"
        given = [name for name in OPERATIONS if row[name] != ""]
        if len(given) != 1:
            raise WorldError(
                place, f"needs exactly one of value, multiply and add; got {' and '.join(given) or 'none'}"
            )
        try:
            until, levers = date.fromisoformat(row["until"]), find(row["lever"])
        except (ValueError, ScenarioError) as why:
            if custom_world.texts() and isinstance(why, ScenarioError):
                continue  # a world of one's own may lack the place or the route
            raise WorldError(place, why) from None
        amount = float(row[given[0]])
        for lever in levers:
            value = {"value": amount, "multiply": lever.present * amount, "add": lever.present + amount}[given[0]]
            if not lever.low <= value <= lever.high:
                raise WorldError(place, f"{lever.path}: {value:g} is not in [{lever.low:g}, {lever.high:g}]")
            steps.setdefault(lever, []).append((until, value, f"{row['source']} (grade {row['grade']})"))
    for rows in steps.values():
        rows.sort(key=lambda step: step[0])
    return steps
