"""One ``[[policy]]`` against the levers it names: the right kind of value, in bounds, on sound dates."""

import math
from collections.abc import Sequence

from sim.errors import ScenarioError, nearest
from sim.scenario.levers import Lever, find
from sim.scenario.policies import OPERATIONS, Policy
from sim.scenario.reading import line_of
from sim.scenario.schema import PolicyTable

LONGEST_RAMP = 50


def provision(row: PolicyTable, place: str, index: int | None = None, text: str = "") -> Policy:
    """Return the policy that ``row`` means; raise ScenarioError naming ``place``, line, key and limit.

    ``index`` is the row's place in the file and ``text`` the file, to find the line.
    """
    number = "" if index is None else f"policy {index + 1}"
    key = "lever"
    try:
        levers = find(row.lever)
        operation = _operation(row)
        key = operation
        amount = max(_amount(getattr(row, operation), operation, lever) for lever in levers)
        key = "ramp_years"
        _check_ramp(row, operation, amount, levers)
        key = "until"
        if row.begins and row.until and row.until <= row.begins:
            raise ScenarioError(f"{row.until} is not after from = {row.begins}")
    except ScenarioError as why:
        raise ScenarioError(place, line_of(text, "policy", index or 0, key), number, key, why) from None
    return Policy(
        lever=row.lever,
        levers=levers,
        operation=operation,
        amount=amount,
        begins=row.begins,
        ends=row.until,
        ramp_years=float(row.ramp_years),
        source=row.source,
        origin=f"{place}: {number}" if number else place,
    )


def _operation(row: PolicyTable) -> str:
    given = [key for key in OPERATIONS if getattr(row, key) is not None]
    if len(given) != 1:
        got = " and ".join(given) or "none"
        raise ScenarioError(row.lever, f"needs exactly one of value, multiply and add; got {got}")
    return given[0]


def _amount(raw: object, operation: str, lever: Lever) -> float:
    """Return what is written as the number that the rules hold."""
    if operation != "value":
        if lever.kind not in ("number", "integer"):
            raise ScenarioError(lever.path, f"is a {lever.kind}: it can only be set, with value")
        low, high = (0, 1e6) if operation == "multiply" else (lever.low - lever.high, lever.high - lever.low)
        return _in_bounds(raw, low, high, "times" if operation == "multiply" else lever.unit, lever.path)
    if lever.kind == "flag":
        if not isinstance(raw, bool):
            raise ScenarioError(lever.path, f"{raw!r} is neither true nor false")
        return float(raw)
    if lever.kind == "choice":
        if raw not in lever.choices:
            hint = nearest(str(raw), lever.choices)
            raise ScenarioError(lever.path, f"{raw!r} is not one of {', '.join(lever.choices)}{hint}")
        return float(lever.choices.index(raw))
    if lever.may_be_none and raw == "none":
        return math.inf
    return _in_bounds(raw, lever.low, lever.high, lever.unit, lever.path, whole=lever.kind == "integer")


def _in_bounds(raw: object, low: float, high: float, unit: str, path: str, whole: bool = False) -> float:
    if isinstance(raw, bool) or not isinstance(raw, int | float):
        raise ScenarioError(path, f"{raw!r} is not a number")
    if not low <= raw <= high:  # so that NaN fails
        shown = f"{raw:,}" if isinstance(raw, float) or abs(raw) < 1e15 else "a number of many digits"
        raise ScenarioError(path, f"{shown} is not in [{low:,.10g}, {high:,.10g}] {unit}")
    if whole and raw != int(raw):
        raise ScenarioError(path, f"{raw:,} is not a whole number of {unit}")
    return float(raw)


def _check_ramp(row: PolicyTable, operation: str, amount: float, levers: Sequence[Lever]) -> None:
    _in_bounds(row.ramp_years, 0, LONGEST_RAMP, "years", "")
    if row.ramp_years == 0:
        return
    if row.begins is None:
        raise ScenarioError("a ramp needs a day to begin: add from")
    for lever in levers:
        if lever.kind not in ("number", "integer"):
            raise ScenarioError(lever.path, f"is a {lever.kind}: it cannot be phased in")
        if operation == "value" and math.isinf(amount) != math.isinf(lever.present):
            raise ScenarioError(lever.path, "a ramp cannot lead to or from no cap")
