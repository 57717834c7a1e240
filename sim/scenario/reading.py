"""Read a TOML file that a person wrote, and say where it is wrong."""

import re
import tomllib
from pathlib import Path

from sim.errors import TalentflowError

LIMIT_BYTES = 1_000_000  # a scenario is ten lines; what is larger is not a scenario


def read_text(path: Path, error: type[TalentflowError]) -> str:
    """Return the text of ``path``; raise ``error`` if it is missing, too large, binary or empty."""
    try:
        if not path.exists():
            raise error(path, "no such file")
        if not path.is_file():
            raise error(path, "not a file")
        size = path.stat().st_size
        if size > LIMIT_BYTES:
            raise error(path, f"{size:,} bytes are too many; the limit is {LIMIT_BYTES:,}")
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
        raise error(place, line and f"line {line}", f"not valid TOML: {said}") from None


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
