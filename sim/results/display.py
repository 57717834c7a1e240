"""A result that shows itself: plain text for ``print``, a small HTML table for a notebook."""

from html import escape
from textwrap import fill

from sim.results.cells import hub_table
from sim.results.words import reading, said

WIDTH = 100  # of the plain text
STYLE = (
    "border-collapse:collapse;font-variant-numeric:tabular-nums",
    "text-align:right;padding:2px 8px;white-space:nowrap",
)


def as_text(result):
    """Title, question, answer, table and how to read it; paragraphs at most 100 columns wide."""
    head, rows = hub_table(result)
    paragraphs = [result.record["title"], result.record["question"], *said(result)]
    parts = [fill(text, WIDTH) for text in paragraphs if text]
    return "\n\n".join([*parts, _columns(head, rows), fill(reading(result), WIDTH)])


def as_html(result):
    """The same as one self-contained piece of HTML; every text in it is escaped."""
    (table, cell), (head, rows) = STYLE, hub_table(result)
    headings = "".join(f'<th scope="col" style="{cell};white-space:normal">{escape(text)}</th>' for text in head)
    body = "".join(
        f'<tr><th scope="row" style="{cell};text-align:left">{escape(name)}</th>'
        + "".join(f'<td style="{cell}">{escape(text)}</td>' for text in cells)
        + "</tr>"
        for name, *cells in rows
    )
    answer = "".join(f"<p>{escape(text)}</p>" for text in said(result))
    return (
        f'<div style="max-width:75em"><h3>{escape(result.record["title"])}</h3>'
        f"<p><em>{escape(result.record['question'])}</em></p>{answer}"
        f'<div style="overflow-x:auto"><table style="{table}"><thead><tr>{headings}</tr></thead>'
        f"<tbody>{body}</tbody></table></div><p><small>{escape(reading(result))}</small></p></div>"
    )


def _columns(head, rows):
    """Rows of texts as columns: names to the left, everything else to the right; headings in as many lines."""
    wide = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [_folded(text, width) for text, width in zip(head, wide, strict=True)]
    wide = [max(width, *map(len, folded)) for width, folded in zip(wide, lines, strict=True)]
    tall = max(map(len, lines))
    above = zip(*([""] * (tall - len(folded)) + folded for folded in lines), strict=True)
    return "\n".join(
        "  ".join([name.ljust(wide[0]), *map(str.rjust, cells, wide[1:])]).rstrip() for name, *cells in [*above, *rows]
    )


def _folded(text, width):
    """A heading on as many lines as its column's width asks for; a longer word stays whole."""
    return fill(text, max(width, 1), break_long_words=False).split("\n")
