"""Load the templates of all pages, and set their text."""

import re
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jinja2 import Environment


@lru_cache
def templates() -> "Environment":
    """Build the environment of all templates, once."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    # undefined names raise, and every text of an HTML page is escaped
    made = Environment(
        loader=PackageLoader("sim.show.report", "."),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=lambda name: ".html" in (name or ""),
    )
    made.filters |= {"typeset": _typeset, "plain": _plain_markdown}
    return made


def _typeset(text) -> str:
    """Set true minus signs and arrows, and keep a number and its % on one line."""
    text = re.sub(r"(?<![\w-])-(?=\d)", "\u2212", text)
    return re.sub(r"(?<=\d) %", "\u00a0%", text.replace("->", "\u2192"))


def _plain_markdown(text) -> str:
    """Escape text so that Markdown shows it as it stands, in one line."""
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return re.sub(r"([\\`*\[\]|#])", r"\\\1", " ".join(text.split()))
