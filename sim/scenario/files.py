"""Find and read scenario files, apply overrides to them, and write a starter file.

A file that is not valid raises ScenarioError: one line with file, line, key and limit.
"""

import math
import re
import warnings
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from sim.arguments import is_device, listed, user_path
from sim.errors import ScenarioError, TalentflowWarning, UsageError, nearest, saving
from sim.scenario.levers import Lever, find
from sim.scenario.places import check_subject
from sim.scenario.policies import OPERATIONS, Policy, Published, Scenario
from sim.scenario.schema import LONGEST_RAMP, LONGEST_TITLE, MOST_TIMES, PolicyTable, PublishedTable, read_table
from sim.scenario.stack import refuse_conflicts, stack
from sim.texts import as_share, line_of, parse, read_text

# ------------------------------------------------------------------------------
# One ``[[policy]]``: checks of its value and dates
# ------------------------------------------------------------------------------


def policy_of_row(row: PolicyTable, place: str, index: int | None = None, text: str = "") -> Policy:
    """Return the policy of one ``[[policy]]``; raise ScenarioError naming ``place``, line, key and limit.

    ``index`` is the position of ``row`` in the file and ``text`` the file, in which the line is looked up.
    """
    number = "" if index is None else f"policy {index + 1}"
    key = "lever"  # the key that is being checked, for the message
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
    """Return the one of value, multiply and add that the policy has; raise ScenarioError for none or several."""
    given = [key for key in OPERATIONS if getattr(row, key) is not None]
    if len(given) != 1:
        got = " and ".join(given) or "none"
        raise ScenarioError(row.lever, f"needs exactly one of value, multiply and add; got {got}")
    return given[0]


def _amount(raw: object, operation: str, lever: Lever) -> float:
    """Return the amount of a policy as a number: 0 or 1 for a flag, the position for a choice, infinity for no cap.

    Raise ScenarioError for a value of the wrong kind or out of bounds.
    """
    if operation != "value":
        if lever.kind not in ("number", "integer"):
            raise ScenarioError(lever.path, f"is a {lever.kind}: it can only be set, with value")
        low, high = (0, MOST_TIMES) if operation == "multiply" else (lever.low - lever.high, lever.high - lever.low)
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
    """Return ``raw`` as a number; raise ScenarioError unless it is one within the bounds, and whole if it must be."""
    if isinstance(raw, bool) or not isinstance(raw, int | float):
        raise ScenarioError(path, f"{raw!r} is not a number{as_share(str(raw), unit)}")
    if not low <= raw <= high:  # in this form NaN fails as well
        shown = f"{raw:,}" if isinstance(raw, float) or abs(raw) < 1e15 else "a number of many digits"
        raise ScenarioError(path, f"{shown} is not in [{low:,.10g}, {high:,.10g}] {unit}")
    if whole and raw != int(raw):
        raise ScenarioError(path, f"{raw:,} is not a whole number of {unit}")
    return float(raw)


def _check_ramp(row: PolicyTable, operation: str, amount: float, levers: Sequence[Lever]) -> None:
    """Raise ScenarioError for a ramp without a first day, on a lever that is no quantity, or from or to no cap."""
    _in_bounds(row.ramp_years, 0, LONGEST_RAMP, "years", "")
    if row.ramp_years == 0:
        return
    if row.begins is None:
        raise ScenarioError("a ramp needs a first day: add from")
    for lever in levers:
        if lever.kind not in ("number", "integer"):
            raise ScenarioError(lever.path, f"is a {lever.kind}: it cannot be phased in")
        if operation == "value" and math.isinf(amount) != math.isinf(lever.present):
            raise ScenarioError(lever.path, "a ramp cannot lead to or from no cap")


# ------------------------------------------------------------------------------
# Scenario files
# ------------------------------------------------------------------------------


# named sets of assumptions: the fit, both ends of its responsiveness, and what the industry's reports say
VIEWS = ("evidence", "low_response", "high_response", "industry")


def folders() -> list[Path]:
    """Return the folders of scenarios, in order of search: working folder, checkout, installed package."""
    package = Path(__file__).parent.parent
    return [Path.cwd() / "scenarios", package.parent / "scenarios", package / "scenarios"]


def available() -> dict[str, Path]:
    """Return name -> file of all scenarios; a name in several folders means the first."""
    return _files("*.toml")


def experiments() -> dict[str, Path]:
    """Return name -> file of the scenarios that validate the model; names have the form ``validate/name``."""
    return _files("validate/*.toml")


def studies() -> dict[str, Path]:
    """Return name -> file of the published studies, see ``sim.study.experiments``; names are ``experiments/name``."""
    return _files("experiments/*.toml")


def shipped_assumptions() -> dict[str, Path]:
    """Return name -> file of the assumptions that validate the model; names are ``validate/assumptions/name``."""
    return _files("validate/assumptions/*.toml")


def views() -> dict[str, Path]:
    """Return name -> file of the named sets of assumptions, the default first."""
    files = {Path(name).name: path for name, path in _files("views/*.toml").items()}
    return {name: files[name] for name in VIEWS if name in files}


def _files(pattern: str) -> dict[str, Path]:
    """Return the files that match ``pattern``, by their path within the folder of scenarios, without suffix."""
    files: dict[str, Path] = {}
    for folder in folders():
        for path in sorted(folder.glob(pattern)):
            files.setdefault(path.relative_to(folder).with_suffix("").as_posix(), path)
    return dict(sorted(files.items()))


def load(name: str | Path) -> Scenario:
    """Return the scenario with this name or in this file, or the stack ``a+b``; raise ScenarioError if not valid."""
    text = str(name).strip()
    if "+" in text and not _is_file(text):
        return stack([load(part) for part in text.split("+")])
    path = _resolve(text)
    scenario = loads(read_text(path, ScenarioError), path.stem, path)
    return replace(scenario, notices=tuple(_hides(text, path)))


def shipped(name: str) -> Path | None:
    """Return the file of the shipped scenario ``name``, even if the working folder has one; None if there is none."""
    files = (folder / f"{name}.toml" for folder in folders()[1:])
    return next((path for path in files if _is_file(str(path))), None)


def _hides(name: str, path: Path) -> list[str]:
    """Warn if a file of the user replaces a shipped scenario of the same name; return the warning, if any."""
    own = shipped(name)
    if own is None or own.resolve() == path.resolve() or own.read_bytes() == path.read_bytes():
        return []
    notice = f"{name} is your file {path}, not the shipped scenario of that name"
    warnings.warn(notice, TalentflowWarning, stacklevel=3)
    return [notice]


def as_scenario(scenario: Scenario | str | Path) -> Scenario:
    """Return ``scenario`` itself if it is one, else the scenario with this name or in this file."""
    return scenario if isinstance(scenario, Scenario) else load(scenario)


def loads(text: str, name: str = "scenario", path: Path | None = None) -> Scenario:
    """Return the scenario in TOML ``text``; ``name`` and ``path`` identify it in results and messages."""
    place = str(path or name)
    table = read_table(parse(text, place, ScenarioError), place, text)
    policies = tuple(policy_of_row(row, place, index, text) for index, row in enumerate(table.policy))
    refuse_conflicts(policies)
    subject = ""
    if table.subject is not None:
        try:
            subject = check_subject(table.subject)
        except ScenarioError as why:
            raise ScenarioError(place, line_of(text, None, 0, "subject"), "subject", why) from None
    published = tuple(_published(row, place, index, text) for index, row in enumerate(table.published))
    return Scenario(
        table.title, table.question, policies, tuple(table.legal), name, path, subject=subject, published=published
    )


def _published(row: PublishedTable, place: str, index: int, text: str) -> Published:
    """Return one published figure; raise ScenarioError for a range that does not hold it, or a year out of reach."""
    numbers = {key: getattr(row, key) for key in ("value", "low", "high", "per_engineer")}
    given = {key: float(value) for key, value in numbers.items() if value is not None}
    low, high = given.get("low", given["value"]), given.get("high", given["value"])
    wrong = next((key for key, value in given.items() if not math.isfinite(value)), "")
    if wrong or not low <= given["value"] <= high:
        what = f"{wrong} is not finite" if wrong else f"{row.value} is not from low = {low:g} to high = {high:g}"
        where = line_of(text, "published", index, wrong or "value")
        raise ScenarioError(place, where, f"published {index + 1}", what)
    fields = row.model_dump() | given | {"low": low, "high": high, "measure": row.measure or ""}
    return Published(**fields)


def set_overrides(scenario: Scenario, overrides: Iterable[str]) -> Scenario:
    """Return the scenario with ``path=value`` overrides.

    If the scenario sets the path, the override replaces the value and keeps the dates; otherwise it sets the value
    for the whole run.

    Raises
    ------
    ScenarioError
        for what is no ``path=value`` or cannot be set, and for a path that is set twice
    """
    overrides, policies = listed(overrides), list(scenario.policies)
    changes: list[Policy] = []
    for override in overrides:
        change = _override(override)
        if change.lever in [other.lever for other in changes]:
            raise ScenarioError(f"--set {override}", f"{change.lever} is set twice")
        changes.append(change)
        same = [k for k, old in enumerate(policies) if (old.lever, old.operation) == (change.lever, "value")]
        for k in same:
            policies[k] = replace(policies[k], amount=change.amount)
        if not same:
            policies.append(change)
    refuse_conflicts(policies)
    return replace(scenario, policies=tuple(policies), title=_with_overrides(scenario.title, overrides))


def _with_overrides(title: str, overrides: Sequence[str]) -> str:
    """Return the title with the overrides appended, as many as fit into ``LONGEST_TITLE`` characters."""
    words = ["".join(text.split()).replace("=", " = ", 1) for text in overrides]
    for shown in range(len(words), 0, -1):
        more = f" and {len(words) - shown} more" if shown < len(words) else ""
        longer = f"{title}, with {', '.join(words[:shown])}{more}"
        if len(longer) <= LONGEST_TITLE:
            return longer
    return f"{title[: LONGEST_TITLE - 40]}, with {len(words)} levers set by hand" if words else title


def _override(override: str) -> Policy:
    """Return the policy of one ``path=value``, where value is in the syntax of TOML or a bare word."""
    path, _, written = (part.strip() for part in f"{override}".partition("="))
    place = f"--set {override}"
    if not path or not written:
        raise ScenarioError(place, "expected path=value")
    try:
        tables = parse(f"value = {written}", place, ScenarioError)
    except ScenarioError:  # a bare word, such as lottery
        tables = {"value": written}
    value = tables["value"]
    if len(tables) > 1 or not isinstance(value, bool | int | float | str):
        raise ScenarioError(place, f"{written!r} is not one value")
    return policy_of_row(PolicyTable(lever=path, value=value), place)


def _is_file(text: str) -> bool:
    """Tell whether ``text`` is the path of a file."""
    try:
        return user_path(text).is_file()
    except (OSError, ValueError, UsageError):  # too long, with NUL, or in an unknown home folder
        return False


def _resolve(text: str) -> Path:
    """Return the file of the scenario ``text``, a name or a path; raise ScenarioError for an unknown name."""
    known = experiments() if text.startswith("validate/") else available()
    if text.endswith(".toml") or _is_file(text) or (text not in known and ("/" in text or "\\" in text)):
        return user_path(text)
    if text not in known:
        hint = nearest(text, known) or f"; there are: {', '.join(known) or 'none'}"
        raise ScenarioError(f"scenario {text!r}", f"not found{hint}")
    return known[text]


# ------------------------------------------------------------------------------
# Starter file: a valid scenario with comments, for the user to edit
# ------------------------------------------------------------------------------


TEXT = """\
# A scenario: what changes, from when, and where that is written down. It runs as it stands.
# List what a policy may change with: talentflow levers h1b
title    = "{name}"
question = "Who gains and who loses if the H-1B cap rises to 100,000 places a year?"
# subject = "usa"         # the place that the answer leads with; left out: the country of the first lever

# One [[policy]] for each thing that changes; add as many as you like.
[[policy]]
lever  = "country.usa.route.h1b.cap"
value  = 100_000          # sets the lever: a number, true or false, or a word in quotes; a cap may be "none"
# multiply = 1.2          # or multiplies it; write exactly one of value, multiply and add
# add = 15_000            # or adds to it; values are set first, then multiplied, then added to
from   = 2027-01-01       # first day, year-month-day; it acts from the first whole month; left out: always
# until = 2029-01-01      # first day on which it no longer holds; left out: for good
# ramp_years = 2          # phased in month by month over so many years
source = "assumption (grade D)"   # where it is written down; A measured, B derived, C industry, D assumed

# A star reaches every place, braces some. Take the # away to add a tax of two percentage points in two countries:
# [[policy]]
# lever  = "country.{{fra,deu}}.tax.rate_points"
# add    = 2
# from   = 2027-01-01
# source = "assumption (grade D)"
"""


def starter(name: str) -> str:
    """Return the text of a scenario file with comments; raise UsageError for a name that is not valid."""
    if not re.fullmatch(r"[A-Za-z0-9_-]+", name):
        raise UsageError(f"scenario name {name!r}", "only letters, digits, _ and - may stand in it")
    if is_device(name):
        raise UsageError(f"scenario name {name!r}", "is the name of a device on Windows: choose another")
    return TEXT.format(name=name)


def write_starter(name: str, folder: Path, hide: bool = False) -> Path:
    """Write ``name.toml`` into ``folder`` and return its path.

    Raise UsageError if the file exists, or if it would hide a shipped scenario and ``hide`` is False.
    """
    text, path = starter(name), folder / f"{name}.toml"
    if shipped(name) is not None and not hide:
        why = "this file would hide the shipped scenario of that name from all commands run here"
        raise UsageError(f"scenario name {name!r}", f"{why}: choose another, or add --hide")
    with saving(path):
        folder.mkdir(parents=True, exist_ok=True)
        try:
            with path.open("x", encoding="utf-8") as file:
                file.write(text)
        except FileExistsError:
            raise UsageError(path, "there is such a file already") from None
    return path
