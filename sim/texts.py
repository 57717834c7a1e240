"""Text files that people wrote: read whole, or refused in one line."""

from pathlib import Path

from sim.errors import TalentflowError

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
