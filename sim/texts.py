"""Text and TOML files that people write: read whole, or refused in one line that names the place."""

import re
import tomllib
from datetime import date
from pathlib import Path

from sim.errors import TalentflowError

# ------------------------------------------------------------------------------
# Text files that people wrote: read whole, or refused in one line.
# ------------------------------------------------------------------------------


# Inside a class of a regular expression: what moves a terminal's cursor, colours, or turns the direction of what
# follows. A tab, a new line and the letters of every script are none of these.
UNSEEN = r"\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff"
ONE_LINE = rf"^[^{UNSEEN}\t\n]*[^{UNSEEN}\s][^{UNSEEN}\t\n]*$"  # a title: not empty, not blank
LIMIT_BYTES = 1_000_000  # a scenario is ten lines; what is larger is not a scenario


def read_text(path: Path, error: type[TalentflowError], limit: int = LIMIT_BYTES) -> str:
    """Return the text of ``path``; raise ``error`` if it is missing, too large, binary or empty."""
    try:
        if not path.exists():
            raise error(path, "no such file")
        if not path.is_file():
            raise error(path, "not a file")
        size = path.stat().st_size
        if size > limit:
            raise error(path, f"{size:,} bytes are too many; the limit is {limit:,}")
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as why:
        raise error(path, f"not UTF-8 text (byte {why.start})") from None
    except OSError as why:
        raise error(path, why.strerror or why) from None
    if "\0" in text:
        raise error(path, "not text but binary")
    if not text.strip():
        raise error(path, "the file is empty")
    return text


# ------------------------------------------------------------------------------
# TOML that a person wrote: its tables, and the line where it is wrong.
# ------------------------------------------------------------------------------


def parse(text: str, place: object, error: type[TalentflowError]) -> dict:
    """Return the tables of TOML ``text``; raise ``error`` with ``place`` and the line."""
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise error(place, "nested too deeply") from None
    except ValueError as why:  # TOMLDecodeError is one; so is an integer of 5,000 digits
        said, _, where = str(why).partition(" (at ")
        number = re.search(r"line (\d+)", where)
        line = number[1] if number else len(text.splitlines()) if where else ""
        written = re.search(r"=\s*(\d{4}-\d{1,2}-\d{1,2})\b", text.splitlines()[int(line) - 1] if line else "")
        if written and not _is_day(written[1]):
            raise error(place, f"line {line}", f"{written[1]} is no day of the calendar (year-month-day)") from None
        raise error(place, line and f"line {line}", f"not valid TOML: {said}") from None


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def line_of(text: str, table: str | None, index: int, key: str) -> str:
    """Return ``"line 7"`` for ``key`` of the ``index``-th ``[[table]]`` (of the top if None), or nothing."""
    header, seen = None, -1
    for number, line in enumerate(text.splitlines(), 1):
        opened = re.match(r"\s*\[+\s*[\"']?([\w-]+)", line)
        if opened:
            header = opened[1]
            seen += header == table
            found = table is None and header == key
        else:
            inside = header == table and (table is None or seen == index)
            found = inside and re.match(rf"\s*[\"']?{re.escape(key)}[\"']?\s*[=.]", line)
        if found:
            return f"line {number}"
    return ""
