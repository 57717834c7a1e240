"""Scenario files: found by name, read, and either refused in one line or resolved to a Scenario."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from sim.errors import ScenarioError, nearest
from sim.scenario.places import checked_subject
from sim.scenario.policies import Policy, Scenario
from sim.scenario.provisions import provision
from sim.scenario.reading import line_of, parse
from sim.scenario.schema import PolicyTable, read_table
from sim.scenario.stack import refuse_conflicts, stack
from sim.texts import read_text


def folders() -> list[Path]:
    """Return where scenarios are looked for: the working folder, the checkout, the installed package."""
    package = Path(__file__).parent.parent
    return [Path.cwd() / "scenarios", package.parent / "scenarios", package / "scenarios"]


def available() -> dict[str, Path]:
    """Return the scenarios that can be named, each with its file; the first folder that has one wins."""
    return _found("*.toml")


def experiments() -> dict[str, Path]:
    """Return the scenarios by which the model is validated, as ``validate/name``, each with its file."""
    return _found("validate/*.toml")


def shipped_assumptions() -> dict[str, Path]:
    """Return the files of assumptions by which the model is validated, as ``validate/assumptions/name``."""
    return _found("validate/assumptions/*.toml")


def _found(pattern: str) -> dict[str, Path]:
    found: dict[str, Path] = {}
    for folder in folders():
        for path in sorted(folder.glob(pattern)):
            found.setdefault(path.relative_to(folder).with_suffix("").as_posix(), path)
    return dict(sorted(found.items()))


def load(name: str | Path) -> Scenario:
    """Return the scenario of that name or file, or the stack ``a+b``; raise ScenarioError with one line."""
    text = str(name).strip()
    if "+" in text and not _is_file(text):
        return stack([load(part) for part in text.split("+")])
    path = _resolve(text)
    return loads(read_text(path, ScenarioError), path.stem, path)


def loaded(scenario: Scenario | str | Path) -> Scenario:
    """Return ``scenario`` itself, or the one that it names."""
    return scenario if isinstance(scenario, Scenario) else load(scenario)


def loads(text: str, name: str = "scenario", path: Path | None = None) -> Scenario:
    """Return the scenario that TOML ``text`` holds; ``name`` and ``path`` are what it is called."""
    place = str(path or name)
    table = read_table(parse(text, place, ScenarioError), place, text)
    policies = tuple(provision(row, place, index, text) for index, row in enumerate(table.policy))
    refuse_conflicts(policies)
    subject = ""
    if table.subject is not None:
        try:
            subject = checked_subject(table.subject)
        except ScenarioError as why:
            raise ScenarioError(place, line_of(text, None, 0, "subject"), "subject", why) from None
    return Scenario(table.title, table.question, policies, tuple(table.legal), name, path, subject=subject)


def set_overrides(scenario: Scenario, overrides: Iterable[str]) -> Scenario:
    """Return the scenario with ``path=value`` overrides.

    Where the scenario itself sets that path the value is replaced and the dates stay;
    elsewhere the value is set from the start of the run, for good.
    """
    policies = list(scenario.policies)
    for override in overrides:
        change = _override(override)
        same = [k for k, old in enumerate(policies) if (old.lever, old.operation) == (change.lever, "value")]
        for k in same:
            policies[k] = replace(policies[k], amount=change.amount)
        if not same:
            policies.append(change)
    refuse_conflicts(policies)
    return replace(scenario, policies=tuple(policies))


def _override(override: str) -> Policy:
    path, _, written = (part.strip() for part in override.partition("="))
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
    return provision(PolicyTable(lever=path, value=value), place)


def _is_file(text: str) -> bool:
    try:
        return Path(text).is_file()
    except (OSError, ValueError):  # too long, or a NUL in it
        return False


def _resolve(text: str) -> Path:
    known = experiments() if text.startswith("validate/") else available()
    if text.endswith(".toml") or _is_file(text) or (text not in known and ("/" in text or "\\" in text)):
        return Path(text)
    if text not in known:
        hint = nearest(text, known) or f"; there are: {', '.join(known) or 'none'}"
        raise ScenarioError(f"scenario {text!r}", f"not found{hint}")
    return known[text]
