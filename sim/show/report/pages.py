"""The templates of all pages, and how text is set in them."""

import re
from functools import lru_cache


@lru_cache
def templates():
    """Return the templates of all pages, made ready once: jinja2.Environment."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    made = Environment(
        loader=PackageLoader("sim.show.report", "."),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=lambda name: ".html" in (name or ""),
    )
    made.filters |= {"typeset": _typeset, "plain": _plain_markdown}
    return made


def _typeset(text):
    """True minus signs and arrows, and no line break between a number and its %."""
    text = re.sub(r"(?<![\w-])-(?=\d)", "\u2212", text)
    return re.sub(r"(?<=\d) %", "\u00a0%", text.replace("->", "\u2192"))


def _plain_markdown(text):
    """Return text that Markdown shows as it stands, in one line."""
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return re.sub(r"([\\`*\[\]|#])", r"\\\1", " ".join(text.split()))
