"""The error tree: every refusal is one line that names the place, the value and the limit."""

from collections.abc import Iterable
from difflib import get_close_matches


class TalentflowError(Exception):
    """Whatever talentflow refuses or fails at.

    ``parts`` run from the widest place to the problem (file, line, key, what is wrong) and are joined
    by colons into one line: ``TalentflowError("a.toml", "line 3", "5 is not in [0, 1]")``.
    """

    exit_code = 2

    def __init__(self, *parts: object):
        line = " ".join(": ".join(str(part) for part in parts if part).split())
        super().__init__("".join(c if c.isprintable() else "?" for c in line))  # files may hold anything


class ScenarioError(TalentflowError):
    """A scenario file, a lever or a policy that cannot be used."""


class AssumptionError(TalentflowError):
    """An assumption that is unknown, out of bounds or in the wrong file."""


class WorldError(TalentflowError):
    """A world table that is missing, stale or contradicts itself."""


class ResultError(TalentflowError):
    """A result folder that cannot be read, or a measure that does not exist."""


class UsageError(TalentflowError):
    """A command or a call with arguments that make no sense."""


class Refused(TalentflowError):
    """A point of a design that a model cannot take: recorded with its reason, and never a failure."""


class StoreError(TalentflowError):
    """A sweep that stopped with its finished cells on disk: the same command goes on from there."""

    exit_code = 1


class InvariantError(TalentflowError):
    """The books do not balance: a fault of talentflow, never of its user."""

    exit_code = 1


def nearest(name: str, names: Iterable[str]) -> str:
    """Return ``"; nearest: a, b"`` for the ``names`` most like ``name``, or nothing.

    >>> nearest("valeu", ["value", "until"])
    '; nearest: value'
    """
    close = get_close_matches(name, list(names), n=3, cutoff=0.5)
    return f"; nearest: {', '.join(close)}" if close else ""
