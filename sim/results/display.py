"""The answer laid out: 30 lines of 80 columns for a terminal and ``print``, a small HTML table for a notebook."""

from html import escape
from textwrap import wrap as _wrap

from sim.results.cells import signed
from sim.results.effects import effect, interaction, stacks, summarise
from sim.results.facts import MOST_ROWS, facts
from sim.results.narrative import begin, level, sentence, sentences, signed_persons

WIDTH, MOST_LINES = 80, 30
MOST_TOLD = 6  # scenarios of a comparison with a sentence each
LEAST_ROWS = 5  # of the table, whatever else there is to say
CELLS = (36, 8, 7, 8, 18, 2)  # widths of the columns of the table
# least width of the answer -> columns that are shown, and their widths; the first gives or takes what is left
LAYOUTS = {79: (0, 1, 2, 3, 4, 5), 56: (0, 2, 3, 4, 5), 0: (0, 2, 3, 5)}
TIGHT = (0, 7, 6, 7, 17, 2)
# the same of the table of several scenarios: name, place, people, spread, points, mark
COMPARED = {80: ((22, 19, 8, 20, 7, 2), range(6)), 59: ((22, 0, 8, 18, 7, 2), (0, 2, 3, 4, 5)),
            0: ((20, 0, 8, 0, 7, 2), (0, 2, 4, 5))}  # fmt: skip
PLACE = 19  # width of the place of a scenario among several
STYLE = (
    "border-collapse:collapse;font-variant-numeric:tabular-nums",
    "text-align:right;padding:2px 8px;white-space:nowrap",
)


def as_text(result, folder=None, width=WIDTH) -> str:
    """Format the answer as plain text, ``width`` columns wide and, with 80 and one scenario, at most 30 lines long."""
    return "\n".join(text for _, text in answer_lines(result, folder, width))


def answer_lines(result, folder=None, width=WIDTH) -> list[tuple[str, str]]:
    """Lay out the answer as lines: list of (style, text); style is 'title', 'warning', 'strong', 'faint' or ''.

    Parameters
    ----------
    result : Result of one scenario or of several
    folder : where it was saved, or None
    width : columns, from 40 on; below 79 the tables leave out columns
    """
    if len(result.arms) > 1:
        return _compared(result, folder, width)
    # drop rows of the table until the answer fits on the screen
    for most in range(MOST_ROWS, LEAST_ROWS - 1, -1):
        outcome = facts(result, most)
        lines = _one(outcome, folder, width)
        if len(lines) <= MOST_LINES:
            return lines
    # what others have published is long, and stands in brief and report too; so does what holds for every answer
    lines = _one(outcome | {"published": []}, folder, width)
    return lines if len(lines) <= MOST_LINES else _one(outcome | {"published": [], "short": True}, folder, width)


def _one(outcome, folder, width) -> list[tuple[str, str]]:
    """Lay out the answer on one scenario."""
    texts = sentences(outcome)
    # title, warnings, and the headline with the places that gain and lose
    lines = [("title", text) for text in wrap(texts["title"], width)]
    lines += [("warning", text) for words in outcome["warnings"] for text in _hanging("Notice", words, width)]
    lines += [("", "")]
    lines += [("strong", f"  {text}") for text in wrap(texts["headline"], width - 2)]
    rest = " ".join(filter(None, (texts["inside"], texts["others"])))
    lines += [("", f"  {text}") for text in wrap(rest, width - 2)]
    lines += [("", "")]
    # table of effects; rows inside a whole are faint
    cells = _layout(width)
    head, rows = effect_columns(outcome)
    if len(head[0]) > cells[0][1] - 2:  # a long one has a line of its own
        lines += [("faint", f"  {text}") for text in wrap(head[0], width - 2)]
        head[0] = ""
    lines += [("faint", _row(head, cells))]
    styles = ["faint" if row["level"] else "" for row in outcome["rows"]]
    lines += [(style, _row(row, cells)) for style, row in zip(styles, rows, strict=True)]
    legend = ". ".join(filter(None, (texts["legend"], texts["missing"])))
    lines += [("faint", f"  {text}") for text in wrap(legend, width - 2)]
    lines += [("", "")]
    # causes, cost, others' figures and trust, each with its name in front
    for name, words in (("why", "Why"), ("money", "Cost"), ("published", "Theirs"), ("trust", "Trust")):
        lines += [("", text) for text in _hanging(words, texts[name], width)]
    return lines + _closing(outcome, texts["size"], folder, width)


def _closing(outcome, size, folder, width) -> list[tuple[str, str]]:
    """Name the saved files, the next commands and the size of the run."""
    lines = []
    if folder:
        lines += [("", text) for text in _hanging("Read", f"{folder}: brief.html (1 page), report.html", width)]
    name = outcome["name"]
    lines += [("", text) for text in _hanging("Next", f"talentflow why {name} | talentflow sweep {name}", width)]
    return [*lines, *(("faint", f"  {text}") for text in wrap(f"{size}; --details: all tables", width - 2))]


def wrap(text, width, **how) -> list[str]:
    """Wrap a paragraph into lines; no line ends between a number and its %."""
    return [
        line.replace("\xa0", " ") for line in _wrap(text.replace(" %", "\xa0%"), width, break_long_words=False, **how)
    ]


def _hanging(name, text, width) -> list[str]:
    """Wrap a paragraph with its name in front: ``Why    H-1B grants ...``."""
    if not text:
        return []
    first, *others = wrap(text, width - 9, break_on_hyphens=False)
    # a path that is wider than its column moves to the left
    return [f"  {name:<7}{first}", *(f"{'':9}{other}" if len(other) <= width - 9 else f"  {other}" for other in others)]


def effect_columns(outcome) -> tuple[list[str], list[list[str]]]:
    """Return the table of an answer: headings, and a row of texts for each of its rows.

    Parameters
    ----------
    outcome : dict, of ``sim.results.facts.facts``
    """
    head = [sentence("table_of", outcome), "without", "with", "change", "90 % of runs", ""]
    digits, rows = outcome["effect_digits"], []
    for row in outcome["rows"]:
        # the remaining hubs have no spread: their effect is minus that of all others
        change = "0" if not row["differs"] else signed(row["effect"], digits)
        is_rest = row["label"] is None
        spread = f"{signed(row['low'], digits)} to {signed(row['high'], digits)}"
        spread = "" if is_rest or outcome["pairs"] == 1 else spread
        mark = "?" if row["differs"] and not row["settled"] and not is_rest else ""
        levels = (level(row[arm], outcome["digits"]) for arm in ("baseline", "scenario"))
        rows.append([f"{'  ' * row['level']}{row['name']}", *levels, change, spread if row["differs"] else "", mark])
    return head, rows


def _layout(width) -> list[tuple[int, int]]:
    """Return the columns of the table that fit into ``width``, as (number, columns wide); the name takes the rest."""
    shown = next(columns for least, columns in LAYOUTS.items() if width >= least)
    if len(shown) == len(CELLS):
        return list(enumerate(CELLS))
    others = [(place, TIGHT[place]) for place in shown[1:]]
    return [(0, width - sum(wide for _, wide in others)), *others]


def _row(cells, layout) -> str:
    """Align the cells of one row of the table."""
    # cut long names so that the columns stay aligned
    (_, wide), *others = layout
    name = cells[0]
    first = f"  {name if len(name) <= wide - 2 else name[: wide - 3] + '.'}"
    return (first.ljust(wide) + "".join(cells[place].rjust(columns) for place, columns in others)).rstrip()


# --- several scenarios ----------------------------------------------------------------------------


def _compared(result, folder, width) -> list[tuple[str, str]]:
    """Lay out the answer on several scenarios."""
    # a line for each scenario: its leading place in people and in points
    each = {arm: facts(result.versus(arm)) for arm in result.arms}
    lines = [("title", text) for text in wrap(result.record["title"], width)] + [("", "")]
    lines += [("faint", _compared_row(["", "place", "people", "90 % of runs", "points", ""], width))]
    for arm, outcome in each.items():
        lead, people = outcome["lead"], outcome["lead"]["people"]
        mark = "" if people["settled"] or not people["differs"] else "?"
        spread = f"{signed_persons(people['low'])} to {signed_persons(people['high'])}" if outcome["pairs"] > 1 else ""
        place = next((name for name in (begin(lead["spoken"]), lead["name"]) if len(name) < PLACE), lead["name"])
        cells = [arm, place, signed_persons(people["effect"]), spread, signed(lead["effect"], 2), mark]
        lines += [("strong", _compared_row(cells, width))]
    lines += [("", "")]
    # a sentence for each scenario, if they are few; then whether stacks add up
    for outcome in each.values() if len(each) <= MOST_TOLD else ():
        if outcome["gainers"] or outcome["losers"]:
            text = f"{outcome['title']}: {sentences(outcome)['others']}"
            lines += [("", f"  {line}") for line in wrap(text, width - 2)]
    lines += [("", f"  {text}") for stack in added_up(result) for text in wrap(stack, width - 2)]
    # warnings that several scenarios share appear once
    first = next(iter(each.values()))
    warnings = dict.fromkeys(words for outcome in each.values() for words in outcome["warnings"])
    lines += [("warning", text) for words in warnings for text in _hanging("Notice", words, width)]
    if any(row["lead"]["people"]["differs"] and not row["lead"]["people"]["settled"] for row in each.values()):
        lines += [("faint", f"  {text}") for text in wrap(sentence("unsettled", first["pairs"]), width - 2)]
    lines += [("", "")]
    lines += [("", text) for text in _hanging("Trust", sentence("trust_of_all", first), width)]
    if folder:
        lines += [("", text) for text in _hanging("Read", f"report.html in {folder}", width)]
    size = f"{sentences(first)['size']}; --details: all tables"
    return [*lines, *(("faint", f"  {text}") for text in wrap(size, width - 2))]


def _compared_row(cells, width) -> str:
    """Align the cells of one scenario's row."""
    widths, shown = next(layout for least, layout in COMPARED.items() if width >= least)
    cells = [cells[0][: widths[0] - 1], cells[1][: PLACE - 1], *cells[2:]]
    # names at the left, numbers at the right
    return ("  " + "".join((str.ljust if k < 2 else str.rjust)(cells[k], widths[k]) for k in shown)).rstrip()


def added_up(result) -> list[str]:
    """Describe each stack of a comparison: whether its scenarios add up at the place that it changes most."""
    texts = []
    for stack, parts in stacks(result).items():
        outcome = facts(result.versus(stack))
        if not outcome["lead"]["label"]:
            continue
        # the stack's own effect, and what goes beyond the sum of its scenarios
        pairs = effect(result, f"stock:{outcome['subject'] or outcome['lead']['label']}")
        beyond, whole = summarise(interaction(pairs, (stack, parts))), summarise(pairs.sel(arm=stack))
        mean, spread = float(beyond["mean"]), (float(beyond.low), float(beyond.high))
        texts.append(sentence("added_up", outcome["lead"], outcome["people"], float(whole["mean"]), mean, *spread))
    return texts


# --- a notebook -----------------------------------------------------------------------------------


def as_html(result) -> str:
    """Format the answer as one self-contained piece of HTML; every text in it is escaped."""
    titles, blocks = escape(result.record["title"]), []
    for arm in result.arms:
        outcome = facts(result.versus(arm))
        texts = sentences(outcome)
        # one block a scenario, named only where there are several
        name = f"<h4>{escape(outcome['title'])}</h4>" if len(result.arms) > 1 else ""
        rest = " ".join(filter(None, (texts["inside"], texts["others"])))
        blocks.append(
            f"{name}<p><strong>{escape(texts['headline'])}</strong> {escape(rest)}</p>{_html_table(outcome)}"
            f"<p><small>{escape('. '.join(filter(None, (texts['legend'], texts['missing']))))}</small></p>"
            f"<p>{escape(texts['why'])}</p><p>{escape(texts['money'])}</p>"
            f"<p><small>{escape(texts['trust'])} {escape(texts['size'])}.</small></p>"
        )
    question = escape(result.record["question"])
    return f'<div style="max-width:60em"><h3>{titles}</h3><p><em>{question}</em></p>{"".join(blocks)}</div>'


def _html_table(outcome) -> str:
    """Format the table of an answer as HTML."""
    (table, cell), (head, rows) = STYLE, effect_columns(outcome)
    headings = "".join(f'<th scope="col" style="{cell}">{escape(text)}</th>' for text in head)
    # countries in bold, hubs indented below them
    body = "".join(
        f'<tr><th scope="row" style="{cell};text-align:left;font-weight:{400 if row["level"] else 600};'
        f'padding-left:{8 + 16 * row["level"]}px">{escape(name.strip())}</th>'
        + "".join(f'<td style="{cell}">{escape(text)}</td>' for text in cells)
        + "</tr>"
        for row, (name, *cells) in zip(outcome["rows"], rows, strict=True)
    )
    return (
        f'<div style="overflow-x:auto"><table style="{table}"><thead><tr>{headings}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )
