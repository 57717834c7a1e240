"""The answer laid out: 30 lines of 80 columns for a terminal and ``print``, a small HTML table for a notebook."""

from html import escape
from textwrap import wrap as _wrap

from sim.results.cells import signed
from sim.results.effects import LEAST_PAIRS
from sim.results.facts import MOST_ROWS, facts
from sim.results.narrative import begin, level, sentence, sentences, signed_persons

WIDTH, MOST_LINES = 80, 30
MOST_TOLD = 6  # scenarios of a comparison with a sentence each
LEAST_ROWS = 5  # of the table, whatever else there is to say
CELLS = (36, 8, 7, 8, 18, 2)  # widths of the columns
PLACE = 19  # width of the place of a scenario among several
STYLE = (
    "border-collapse:collapse;font-variant-numeric:tabular-nums",
    "text-align:right;padding:2px 8px;white-space:nowrap",
)


def as_text(result, folder=None) -> str:
    """Format the answer as plain text, at most 80 columns wide and, for one scenario, 30 lines long."""
    return "\n".join(text for _, text in answer_lines(result, folder))


def answer_lines(result, folder=None) -> list[tuple[str, str]]:
    """Lay out the answer as lines: list of (style, text); style is 'title', 'warning', 'strong', 'faint' or ''.

    Parameters
    ----------
    result : Result of one scenario or of several
    folder : where it was saved, or None
    """
    if len(result.arms) > 1:
        return _compared(result, folder)
    # drop rows of the table until the answer fits on the screen
    for most in range(MOST_ROWS, LEAST_ROWS - 1, -1):
        outcome = facts(result, most)
        lines = _one(outcome, folder)
        if len(lines) <= MOST_LINES:
            return lines
    # what others have published is long, and stands in brief and report too; so does what holds for every answer
    lines = _one(outcome | {"published": []}, folder)
    return lines if len(lines) <= MOST_LINES else _one(outcome | {"published": [], "short": True}, folder)


def _one(outcome, folder) -> list[tuple[str, str]]:
    """Lay out the answer on one scenario."""
    texts = sentences(outcome)
    # title, warnings, and the headline with the places that gain and lose
    lines = [("title", text) for text in wrap(texts["title"], WIDTH)]
    lines += [("warning", text) for words in outcome["warnings"] for text in _hanging("Notice", words)]
    lines += [("", "")]
    lines += [("strong", f"  {text}") for text in wrap(texts["headline"], WIDTH - 2)]
    rest = " ".join(filter(None, (texts["inside"], texts["others"])))
    lines += [("", f"  {text}") for text in wrap(rest, WIDTH - 2)]
    lines += [("", "")]
    # table of effects; rows inside a whole are faint
    head, rows = effect_columns(outcome)
    if len(head[0]) > CELLS[0] - 2:  # a long one has a line of its own
        lines += [("faint", f"  {text}") for text in wrap(head[0], WIDTH - 2)]
        head[0] = ""
    lines += [("faint", _row(head))]
    styles = ["faint" if row["level"] else "" for row in outcome["rows"]]
    lines += list(zip(styles, map(_row, rows), strict=True))
    legend = ". ".join(filter(None, (texts["legend"], texts["missing"])))
    lines += [("faint", f"  {text}") for text in wrap(legend, WIDTH - 2)]
    lines += [("", "")]
    # causes, cost, others' figures and trust, each with its name in front
    for name, words in (("why", "Why"), ("money", "Cost"), ("published", "Theirs"), ("trust", "Trust")):
        lines += [("", text) for text in _hanging(words, texts[name])]
    return lines + _closing(outcome, texts["size"], folder)


def _closing(outcome, size, folder) -> list[tuple[str, str]]:
    """Name the saved files, the next commands and the size of the run."""
    lines = []
    if folder:
        lines += [("", text) for text in _hanging("Read", f"{folder}: brief.html (1 page), report.html")]
    name = outcome["name"]
    lines += [("", text) for text in _hanging("Next", f"talentflow why {name} | talentflow sweep {name}")]
    return [*lines, ("faint", f"  {size}; --details: all tables")]


def wrap(text, width, **how) -> list[str]:
    """Wrap a paragraph into lines; no line ends between a number and its %."""
    return [
        line.replace("\xa0", " ") for line in _wrap(text.replace(" %", "\xa0%"), width, break_long_words=False, **how)
    ]


def _hanging(name, text) -> list[str]:
    """Wrap a paragraph with its name in front: ``Why    H-1B grants ...``."""
    if not text:
        return []
    first, *others = wrap(text, WIDTH - 9, break_on_hyphens=False)
    # a path that is wider than its column moves to the left
    return [f"  {name:<7}{first}", *(f"{'':9}{other}" if len(other) <= WIDTH - 9 else f"  {other}" for other in others)]


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


def _row(cells) -> str:
    """Align the cells of one row of the table."""
    name, *others = cells
    # cut long names so that the columns stay aligned
    wide = CELLS[0]
    first = f"  {name if len(name) <= wide - 2 else name[: wide - 3] + '.'}"
    numbers = "".join(text.rjust(width) for text, width in zip(others, CELLS[1:], strict=True))
    return (first.ljust(wide) + numbers).rstrip()


# --- several scenarios ----------------------------------------------------------------------------


def _compared(result, folder) -> list[tuple[str, str]]:
    """Lay out the answer on several scenarios."""
    # a line for each scenario: its leading place in people and in points
    each = {arm: facts(result.versus(arm)) for arm in result.arms}
    lines = [("title", text) for text in wrap(result.record["title"], WIDTH)] + [("", "")]
    lines += [("faint", _compared_row(["", "place", "people", "90 % of runs", "points", ""]))]
    for arm, outcome in each.items():
        lead, people = outcome["lead"], outcome["lead"]["people"]
        mark = "" if people["settled"] or not people["differs"] else "?"
        spread = f"{signed_persons(people['low'])} to {signed_persons(people['high'])}" if outcome["pairs"] > 1 else ""
        place = next((name for name in (begin(lead["spoken"]), lead["name"]) if len(name) < PLACE), lead["name"])
        cells = [arm, place, signed_persons(people["effect"]), spread, signed(lead["effect"], 2), mark]
        lines += [("strong", _compared_row(cells))]
    lines += [("", "")]
    # a sentence for each scenario, if they are few; then whether stacks add up
    for outcome in each.values() if len(each) <= MOST_TOLD else ():
        if outcome["gainers"] or outcome["losers"] or outcome["pairs"] < LEAST_PAIRS:
            texts = sentences(outcome)
            text = outcome["title"] + ": " + (texts["others"] or texts["headline"])
            lines += [("", f"  {line}") for line in wrap(text, WIDTH - 2)]
    lines += [("", f"  {text}") for stack in added_up(result) for text in wrap(stack, WIDTH - 2)]
    # warnings that several scenarios share appear once
    first = next(iter(each.values()))
    warnings = dict.fromkeys(words for outcome in each.values() for words in outcome["warnings"])
    lines += [("warning", text) for words in warnings for text in _hanging("Notice", words)]
    if any(row["lead"]["people"]["differs"] and not row["lead"]["people"]["settled"] for row in each.values()):
        legend = sentence("unsettled", first["pairs"])
        lines += [("faint", f"  {legend}")]
    lines += [("", "")]
    lines += [("", text) for text in _hanging("Trust", sentence("trust_of_all", first))]
    if folder:
        lines += [("", text) for text in _hanging("Read", f"report.html in {folder}")]
    return [*lines, ("faint", f"  {sentences(first)['size']}; --details: all tables")]


def _compared_row(cells) -> str:
    """Align the cells of one scenario's row."""
    name, place, *others = cells
    widths = (9, 20, 6, 2)
    text = "".join(text.rjust(width) for text, width in zip(others, widths, strict=True))
    return f"  {name[:21]:<22}{place[: PLACE - 1]:<{PLACE}}{text}".rstrip()


def added_up(result) -> list[str]:
    """Describe each stack of a comparison: whether its scenarios add up at the place that it changes most."""
    from sim.results.effects import effect, interaction, stacks, summarise

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
