"""Error classes of talentflow: every message is one line that names the place, the value and the limit."""

import errno
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from difflib import get_close_matches
from types import MappingProxyType

# codes of the system for a disk that is full or fails: nothing that another argument would mend
DISK = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EMFILE, errno.ENFILE}
LONGEST, MOST = 1000, 2000  # the most characters of one part of a message, and of the whole


class TalentflowError(Exception):
    """Base class of all errors that talentflow raises on purpose.

    ``parts`` go from the widest place to the problem (file, line, key, what is wrong) and are joined
    by colons into one line: ``TalentflowError("a.toml", "line 3", "5 is not in [0, 1]")``.
    """

    exit_code = 2

    def __init__(self, *parts: object) -> None:
        super().__init__(one_line(": ".join(_short(str(part)) for part in parts if part)))


def one_line(text: str) -> str:
    """Return ``text`` as one line without control characters, so that a terminal shows it as it is.

    Messages quote files and arguments, which may contain line breaks and escape sequences.

    >>> one_line("a\\n b \\x1b[31m")
    'a b ?[31m'
    """
    return "".join(c if c.isprintable() else "?" for c in " ".join(_short(text, MOST).split()))


def first_line(error: BaseException) -> str:
    """Return the class of an error and the first line of its message.

    >>> first_line(ValueError("no\\nmore"))
    'ValueError: no'
    """
    lines = str(error).splitlines()
    return one_line(f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__)


def _short(text: str, longest: int = LONGEST) -> str:
    """Cut a text that is longer than ``longest`` characters and append its length."""
    return text if len(text) <= longest else f"{text[: longest // 2]} ... ({len(text):,} characters)"


class TalentflowWarning(UserWarning):
    """Warns of a problem that does not stop a study: a figure that cannot be drawn, fewer workers than requested."""


class ScenarioError(TalentflowError):
    """Raised for a scenario file, a lever or a policy that cannot be used."""


class AssumptionError(TalentflowError):
    """Raised for an assumption that is unknown, out of bounds, or set in a scenario, not in a file of assumptions."""


class WorldError(TalentflowError):
    """Raised for a world table that is missing, out of date or inconsistent."""


class ResultError(TalentflowError):
    """Raised for a result folder that cannot be read, and for an unknown measure."""


class UsageError(TalentflowError):
    """Raised for a command or a function call with invalid arguments."""


class FileError(TalentflowError, OSError):
    """Raised when the system refuses to write a file; an OSError too. Its exit code is 1 for a full or failing disk."""

    @classmethod
    def of(cls, error: OSError, place: object = "") -> "FileError":
        """Return the refusal of the system, which names its own file or else ``place``."""
        refusal = cls(error.filename or place or "the system", error.strerror or first_line(error))
        refusal.errno = error.errno
        refusal.exit_code = 1 if error.errno in DISK else 2
        return refusal


@contextmanager
def saving(place: object) -> Iterator[None]:
    """Raise FileError for what the system refuses inside the block, where ``place`` is written.

    >>> with saving("here"):
    ...     raise PermissionError(13, "Permission denied")
    Traceback (most recent call last):
    sim.errors.FileError: here: Permission denied
    """
    try:
        yield
    except TalentflowError:
        raise
    except OSError as error:
        raise FileError.of(error, place) from error


class OutcomeError(UsageError):
    """Raised when a user's model returns something other than numbers; the sweep stops."""


class Refused(TalentflowError):
    """Raised for a point of a sweep at which the model cannot be run; the sweep records the reason and goes on."""


class StoreError(TalentflowError):
    """Raised when a sweep stops; finished cells are on disk and the same command resumes from them."""

    exit_code = 1


class InvariantError(TalentflowError):
    """Raised when stocks and flows do not balance: a bug of talentflow, not a mistake of the user."""

    exit_code = 1


def nearest(name: str, names: Iterable[str], called: Mapping[str, str] = MappingProxyType({})) -> str:
    """Return ``"; nearest: a, b"`` with the up to three ``names`` most similar to ``name``, or an empty string.

    ``called`` maps a name to its label in words; a similar label counts as well.

    >>> nearest("valeu", ["value", "until"])
    '; nearest: value'
    >>> nearest("san_francisco", ["bay_area", "paris"], {"bay_area": "San Francisco Bay Area"})
    '; nearest: bay_area'
    >>> nearest("USA", ["usa", "deu"])
    '; nearest: usa'
    """
    # The comparison goes letter by letter through all names: too slow for a very long one.
    if not isinstance(name, str) or len(name) > LONGEST:
        return ""
    # Labels are compared in the form of names: small letters, with _ for a space.
    known = {words.lower().replace(" ", "_"): key for key, words in called.items()} | {
        key.lower(): key for key in names
    }
    close = get_close_matches(name.lower().replace(" ", "_"), known, n=3, cutoff=0.5)
    return f"; nearest: {', '.join(dict.fromkeys(known[like] for like in close))}" if close else ""
