"""Read text and TOML files that people write; every error is one line that names file and line."""

import codecs
import csv
import re
import tomllib
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from pathlib import Path

from sim.errors import TalentflowError

# ------------------------------------------------------------------------------
# Text files
# ------------------------------------------------------------------------------


# Characters that move a terminal's cursor, change its colours or reverse the direction of writing, as the inside of
# a character class of a regular expression. Tabs, line breaks and the letters of every script are allowed.
UNSEEN = r"\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff"
ONE_LINE = rf"^[^{UNSEEN}\t\n]*[^{UNSEEN}\s][^{UNSEEN}\t\n]*$"  # a title: not empty, not blank
LIMIT_BYTES = 1_000_000  # far above the size of any scenario file


# Name of an error handler for encoding: it replaces letters that the encoding lacks by similar ASCII ones.
PLAIN = "talentflow.plain"
LIKE = {"\u2212": "-", "\u2013": "-", "\u2014": "-", "\u2192": "->", "\u00b1": "+-", "\u00b7": "-", "\u00d7": "x"}
LIKE |= {"\u2018": "'", "\u2019": "'", "\u201c": '"', "\u201d": '"', "\u2026": "...", "\u00a0": " ", "\u202f": " "}


def _as_plain(error: UnicodeError) -> tuple[str, int]:
    """Return replacements for letters that an encoding lacks: ``e`` for ``é``, else a question mark."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    # NFKD splits a letter from its accent, which is then dropped
    letters = unicodedata.normalize("NFKD", error.object[error.start : error.end])
    shown = (LIKE.get(c, c if c.isascii() else "" if unicodedata.combining(c) else "?") for c in letters)
    return "".join(shown), error.end


codecs.register_error(PLAIN, _as_plain)


def csv_rows(
    file: Iterable[str],
    place: object,
    error: type[TalentflowError],
    check_head: Callable[[list[str]], None] = lambda head: None,
) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield the rows of a CSV file as (line, row), where row maps columns to text.

    Parameters
    ----------
    file : lines of the file, opened with ``newline=""``
    place : name of the file, for messages
    error : class of the errors that are raised
    check_head : function that raises an error for a first line with the wrong columns

    Raises
    ------
    TalentflowError
        of the class ``error``, for a column that appears twice or has no name, a row with more or fewer cells than
        there are columns (an unquoted thousands separator makes one more), and a broken quote
    """
    reader = csv.reader(file, strict=True)
    try:
        head = next(reader, [])
        check_head(head)
        for number, column in enumerate(head, 1):
            if not column.strip():
                raise error(place, "line 1", f"column {number} has no name")
            if column in head[: number - 1]:
                raise error(place, "line 1", f"the column {column} appears twice")
        for cells in reader:
            if not cells:  # an empty line
                continue
            if len(cells) != len(head):
                comma = "; a number with a comma needs quotes, or none" if len(cells) > len(head) else ""
                raise error(place, f"line {reader.line_num}", f"{len(cells)} cells in {len(head)} columns{comma}")
            yield reader.line_num, dict(zip(head, cells, strict=True))
    except csv.Error as why:
        raise error(place, f"line {reader.line_num}", why) from None


def number_in(text: str) -> float:
    """Return the number in a cell of a table; only ASCII digits, a point and an exponent are allowed.

    Raise ValueError for anything else, such as ``1_000``, ``nan``, or digits of other scripts.

    >>> number_in("1e3"), number_in(" -2.5 ")
    (1000.0, -2.5)
    """
    if not re.fullmatch(r"\s*[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?\s*", text, re.ASCII):
        raise ValueError(f"{text!r} is not a number")
    return float(text)


def read_text(path: Path, error: type[TalentflowError], limit: int = LIMIT_BYTES) -> str:
    """Return the text of the file ``path``; raise ``error`` if it is missing, too large, binary or empty."""
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
# TOML files
# ------------------------------------------------------------------------------


def parse(text: str, place: object, error: type[TalentflowError]) -> dict:
    """Return the tables of TOML ``text``; raise ``error`` that names ``place`` and the line if it is not valid."""
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise error(place, "nested too deeply") from None
    except ValueError as why:  # TOMLDecodeError is one; so is an integer of 5,000 digits
        # tomllib writes "problem (at line 3, column 5)" or "problem (at end of document)"
        problem, _, where = str(why).partition(" (at ")
        number = re.search(r"line (\d+)", where)
        line = number[1] if number else len(text.splitlines()) if where else ""
        # a date that does not exist, such as 2026-02-30, gets a more precise message
        written = re.search(r"=\s*(\d{4}-\d{1,2}-\d{1,2})\b", text.splitlines()[int(line) - 1] if line else "")
        if written and not _is_day(written[1]):
            raise error(place, f"line {line}", f"{written[1]} is not a date of the calendar (year-month-day)") from None
        # a number with a per cent sign gets advice
        percent = re.search(r"=\s*([-+]?\d+(?:\.\d+)?\s*%)", text.splitlines()[int(line) - 1] if line else "")
        if percent:
            advice = as_share(percent[1]).replace("write", "as a share, write")
            raise error(place, f"line {line}", f"{percent[1]} is not a number{advice}") from None
        raise error(place, line and f"line {line}", f"not valid TOML: {problem}") from None


def as_share(text: str, unit: str = "share") -> str:
    """Return advice for a number written with a per cent sign, as ``"; write 0.3"``, or nothing for other texts."""
    percent = re.fullmatch(r"\s*([-+]?\d+(?:\.\d+)?)\s*%\s*", text)
    if not percent:
        return ""
    return f"; write {float(percent[1]) / (100 if unit == 'share' else 1):.10g}"


def _is_day(text: str) -> bool:
    """Tell whether ``text`` is a date of the calendar, year-month-day."""
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def line_of(text: str, table: str | None, index: int, key: str) -> str:
    """Return ``"line 7"`` for the line of ``key`` in the TOML ``text``, or an empty string if it is not there.

    ``table`` and ``index`` name the ``[[table]]`` that holds the key; None stands for the top of the file.
    """
    header, seen = None, -1  # name of the table that the line is in, and how many of the wanted ones began before it
    for number, line in enumerate(text.splitlines(), 1):
        opened = re.match(r"\s*\[+\s*[\"']?([\w-]+)", line)
        if opened:
            header = opened[1]
            seen += header == table
            # a table is itself a key, of the file or of the table before the point
            is_here = (
                header == key if table is None else bool(re.match(rf"\s*\[{table}\.[\"']?{re.escape(key)}\b", line))
            )
        else:
            inside = header == table and (table is None or seen == index)
            is_here = bool(inside and re.match(rf"\s*[\"']?{re.escape(key)}[\"']?\s*[=.]", line))
        if is_here:
            return f"line {number}"
    return ""
