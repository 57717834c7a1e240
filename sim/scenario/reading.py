"""TOML that a person wrote: its tables, and the line where it is wrong."""

import re
import tomllib
from datetime import date

from sim.errors import TalentflowError


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
