"""The parts of what the terminal shows: headings, lines, lists and tables of at most 100 columns."""

from rich.padding import Padding
from rich.table import Table
from rich.text import Text

WIDTH = 100


def heading(words, style="bold cyan"):
    """A heading with an empty line above."""
    return Padding(Text(words, style=style), (1, 0, 0, 0))


def line(words, style=""):
    """A paragraph, a little indented."""
    return Padding(Text(words, style=style), (0, 0, 0, 2))


def bullets(title, lines, style="bold cyan"):
    """A heading and a list; nothing at all for an empty list."""
    if lines:
        yield heading(title, style)
    for words in lines:
        row = Table.grid(padding=(0, 1))
        row.add_row(" -", Text(words))
        yield row


def table(*headings, texts=()):
    """A table whose first column and those numbered in ``texts`` hold names, which may wrap; the others numbers."""
    made = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False, header_style="dim")
    for place, words in enumerate(headings):
        names = place == 0 or place in texts
        made.add_column(words, justify="left" if names else "right", no_wrap=not names)
    return made
