"""The error tree: every refusal is one line that names the place, the value and the limit."""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from types import MappingProxyType

LONGEST, MOST = 1000, 2000  # characters of a part of a message, and of all of it


class TalentflowError(Exception):
    """Whatever talentflow refuses or fails at.

    ``parts`` run from the widest place to the problem (file, line, key, what is wrong) and are joined
    by colons into one line: ``TalentflowError("a.toml", "line 3", "5 is not in [0, 1]")``.
    """

    exit_code = 2

    def __init__(self, *parts: object):
        super().__init__(one_line(": ".join(_short(str(part)) for part in parts if part)))


def one_line(text: str) -> str:
    """Return ``text`` on one line that a terminal shows as it is: files and arguments may hold anything.

    >>> one_line("a\\n b \\x1b[31m")
    'a b ?[31m'
    """
    return "".join(c if c.isprintable() else "?" for c in " ".join(_short(text, MOST).split()))


def _short(text: str, longest: int = LONGEST) -> str:
    return text if len(text) <= longest else f"{text[: longest // 2]} ... ({len(text):,} characters)"


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


def nearest(name: str, names: Iterable[str], called: Mapping[str, str] = MappingProxyType({})) -> str:
    """Return ``"; nearest: a, b"`` for the ``names`` most like ``name``, or nothing.

    What names are ``called`` in words is compared too.

    >>> nearest("valeu", ["value", "until"])
    '; nearest: value'
    >>> nearest("san_francisco", ["bay_area", "paris"], {"bay_area": "San Francisco Bay Area"})
    '; nearest: bay_area'
    """
    if len(name) > LONGEST:  # compared letter by letter with all of them
        return ""
    known = {words.lower().replace(" ", "_"): key for key, words in called.items()} | {key: key for key in names}
    close = get_close_matches(name, known, n=3, cutoff=0.5)
    return f"; nearest: {', '.join(dict.fromkeys(known[like] for like in close))}" if close else ""
