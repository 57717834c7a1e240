"""The answer in the terminal and as plain values for ``--json``: tables, effects on measures, causes and break-even."""

from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

from rich.console import Group, RenderResult
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from sim import __version__
from sim.results import narrative
from sim.results.cells import count, effect_cells, effect_digits, gap_cells, signed
from sim.results.display import answer_lines, wrap
from sim.results.effects import LEAST, basis_rows, decimals, effect, stacks
from sim.results.facts import facts
from sim.results.narrative import (
    FEW_PAIRS,
    assumed,
    baseline_title,
    breakeven,
    composition,
    contents,
    figures,
    independence,
    number_of,
    reading,
    split_reading,
    split_sentences,
    weak_evidence,
)
from sim.results.summary import INTERACTION, country_rows, effect_table, hub_rows, route_rows, shown_hubs
from sim.show import hub_shares
from sim.show.hub_shares import hub_share_sentences, quoted

# ------------------------------------------------------------------------------
# The parts of what the terminal shows: headings, lines, lists and tables.
# ------------------------------------------------------------------------------


WIDTH, NARROW = 100, 80  # columns of the terminal, with all details and without
LEGIBLE = 26  # letters that a column of names needs, where it is as long


def heading(words, style="bold cyan") -> Padding:
    """Format a heading with an empty line above."""
    return Padding(Text(words, style=style), (1, 0, 0, 0))


def line(words, style="") -> Padding:
    """Format a paragraph, a little indented."""
    return Padding(Text(words, style=style), (0, 0, 0, 2))


def bullets(title, lines, style="bold cyan") -> Iterator[Padding | Table]:
    """Yield a heading and a list; nothing at all for an empty list."""
    if lines:
        yield heading(title, style)
    for words in lines:
        row = Table.grid(padding=(0, 1))
        row.add_row(" -", Text(words))
        yield row


class FittingTable(Table):
    """A table that leaves out the columns numbered in ``spare``, in their order, until it fits the console."""

    spare: tuple[int, ...] = ()

    def __rich_console__(self, console, options) -> RenderResult:
        """Render the columns that fit; a column that may wrap counts ``LEGIBLE`` letters at most."""
        kept = dict(enumerate(self.columns))
        for number in self.spare:
            if sum(map(_least_width, kept.values())) - 1 <= options.max_width:
                break
            kept.pop(number, None)
        if len(kept) == len(self.columns):
            yield from super().__rich_console__(console, options)
            return
        narrow = table(*(column.header for column in kept.values()))
        for column, old in zip(narrow.columns, kept.values(), strict=True):
            column.justify, column.no_wrap, column.style = old.justify, old.no_wrap, old.style
        for row, *cells in zip(self.rows, *(column.cells for column in kept.values()), strict=True):
            narrow.add_row(*cells, style=row.style)
        yield narrow


def _least_width(column) -> int:
    """Return the letters that a column needs, its gap included."""
    lines = (line for cell in [column.header, *column.cells] for line in str(cell).split("\n"))
    longest = max(map(len, lines), default=0)
    return (longest if column.no_wrap else min(longest, LEGIBLE)) + 1


def table(*headings, texts=(), spare=()) -> FittingTable:
    """Make a table whose first column and those numbered in ``texts`` hold names, which may wrap.

    The others hold numbers. The columns in ``spare`` are left out, the first one first, where the console is narrow.
    """
    made = FittingTable(box=None, padding=(0, 1, 0, 0), pad_edge=False, header_style="dim")
    made.spare = tuple(spare)
    for place, words in enumerate(headings):
        names = place == 0 or place in texts
        made.add_column(words, justify="left" if names else "right", no_wrap=not names)
    return made


# ------------------------------------------------------------------------------
# The answer as plain values: what the terminal prints, and what ``--json`` gives to other programs.
# ------------------------------------------------------------------------------


def answer(result, folder=None, hubs=None) -> dict[str, Any]:
    """Collect all that the terminal's answer says of one scenario.

    Parameters
    ----------
    result : Result of one scenario
    folder : where it was saved, or None
    hubs : list of the hubs to show; those that matter if None

    Returns
    -------
    dict of plain values: shares in %, effects in percentage points, rates in % of the stock a year
    """
    record = result.record
    largest = largest_effect(result)
    outcome = facts(result)
    return {
        **{key: record[key] for key in ("name", "title", "question", "sentences", "notices", "warnings")},
        "subject": outcome["subject"],
        "answer": narrative.answer(result),
        "told": narrative.sentences(outcome),
        # the table of the answer, then what explains it
        "places": [_plain_row(row) for row in outcome["rows"]],
        "causes": outcome["causes"],
        "money": outcome["money"],
        "published": outcome["published"],
        "first": int(result.data.time.values[0]),
        "last": int(result.data.time.values[-1]),
        "pairs": result.data.sizes["replicate"],
        "largest": largest and {"hub": largest, "sentence": narrative.effect_sentence(result, f"share:{largest}")},
        "hubs": hub_rows(result, hubs),
        "countries": country_rows(result, hubs),
        "uncertainty_parts": narrative.uncertainty(result),
        "long_run": hub_shares.hub_share_sentences(hub_shares.quoted(result, 3)),
        "by_employer": basis_rows(result),
        "routes": route_rows(result),
        **{key: record[key] for key in ("legal", "population", "seed", "uncertainty", "refused_draws")},
        "held": [row for row in record["assumptions"] if row["held"] is not None],
        "weak": [row for row in record["assumptions"] if row["grade"] == "D"],
        "compute": next(row for row in record["assumptions"] if row["name"] == "b_compute"),
        "assumptions": len(record["assumptions"]),
        "versions": record["versions"],
        # None where nothing was saved
        "folder": str(folder) if folder else None,
    }


def _plain_row(row) -> dict[str, Any]:
    """Return a row of the table by country without its arrays."""
    return {key: value for key, value in row.items() if key not in ("members", "by_pair", "where")}


def answers(result, folder=None) -> dict[str, dict[str, Any]]:
    """Collect the answer of every scenario of a comparison, over the same hubs: label -> :func:`answer`."""
    hubs = shown_hubs(result)
    return {arm: answer(result.versus(arm), folder, hubs) for arm in result.arms}


def largest_effect(result) -> str | None:
    """Return the hub whose share changes most, or None if no pair differs."""
    # the largest mean effect in either direction
    mean = abs(effect(result, "share").mean("replicate")).to_series()
    return str(mean.idxmax()) if mean.max() > 0 else None


def plain_rows(table) -> list[dict[str, Any]]:
    """Convert a table to a list of dicts of plain values; NaN becomes None, because JSON has no NaN."""
    return table.astype(object).where(table.notna(), None).to_dict("records")


# ------------------------------------------------------------------------------
# The answer in the terminal: at most 100 columns, plain where there is no terminal.
# ------------------------------------------------------------------------------


ROUTE_COLUMNS = {"applicants": "applicants", "grants": "grants", "from_abroad": "abroad, %", "experts": "experts, %"}
NAMED = 6  # assumptions of a kind that are named
ABREAST = 4  # scenarios of a comparison that fit beside each other
NET_RATE = "Net rate: arrivals less departures over the stock, mean a year."


STYLES = {"title": "bold", "strong": "bold cyan", "warning": "bold yellow", "faint": "dim", "": ""}


def render(result, folder=None, details=False, width=NARROW) -> Group:
    """Lay out the answer for ``rich.console.Console.print``; with ``details`` all tables below it.

    Parameters
    ----------
    result : Result
    folder : where it was saved, or None
    details : also the tables of hubs, employers, routes and uncertainty, and all notes
    width : columns of the terminal; the answer itself takes 80 at most
    """
    lines = [Text(text, style=STYLES[style]) for style, text in answer_lines(result, folder, min(width, NARROW))]
    if not details:
        return Group(*lines)
    parts = (_one if len(result.arms) == 1 else _several)(result, folder)
    return Group(*lines, *parts, *_closing(result, folder))


def _one(result, folder) -> Iterator:
    """Yield the details of one scenario."""
    whole = answer(result, folder)
    yield from bullets("The scenario", whole["sentences"])
    yield from bullets("Notices", whole["notices"])
    yield from _hubs(whole)
    yield line(f"{reading(result)} {NET_RATE}", "dim")
    yield from _by_employer(whole)
    yield from bullets("What the uncertainty is made of", whole["uncertainty_parts"])
    yield from _routes(whole)


def _several(result, folder) -> Iterator:
    """Yield the details of a comparison."""
    each = answers(result, folder)
    # notices that several scenarios share appear once
    notices = chain.from_iterable(one["notices"] for one in each.values())
    yield from bullets("Notices", list(dict.fromkeys(notices)))
    yield from _compared(each)
    parts = [f"{arm}: {words}" for arm, one in each.items() for words in one["uncertainty_parts"]]
    yield from bullets("What the uncertainty is made of", parts)
    yield line(reading(result), "dim")
    for stack in stacks(result):
        yield from _added_up(result, stack)


def _hubs(whole) -> Iterator:
    """Yield the table of hubs and countries: shares, effect, spread and net rates."""
    first, last = whole["first"], whole["last"]
    yield heading("Where the world's AI engineers live")
    # share before and after, the effect with its error, and net migration; empty columns part them
    hubs = table(
        "\n",
        f"share, %\n{first}",
        f"{last}\nbase",
        f"{last}\nscen.",
        "",
        "effect\npp",
        "90 %\nof pairs",
        "same\nsign",
        "MC\nerror",
        "",
        "net\nbase",
        "rate, %\nscen.",
        spare=(11, 10, 9, 8, 7, 1),
    )
    # countries follow the hubs, all with one number of decimals
    hubs.columns[5].style = "bold"
    digits = effect_digits(whole["hubs"])
    for row in whole["hubs"] + whole["countries"]:
        hubs.add_row(
            row["name"],
            *(f"{row[key]:.2f}" for key in ("start", "baseline", "scenario")),
            "",
            *effect_cells(row, digits),
            "",
            *(f"{row[key]:+.2f}" for key in ("rate_baseline", "rate_scenario")),
        )
    yield hubs


def _by_employer(whole) -> Iterator:
    """Yield the hubs whose effect differs when engineers are counted in the hub of their employer."""
    yield heading(f"Counted by hub of the employer: effect on shares in January {whole['last']}")
    if not whole["by_employer"]:
        yield line(f"No hub's effect differs by {LEAST:g} pp or more from that by residence.")
        return
    both = table(
        "", "by residence\npp", "by employer\npp", "difference\npp", "90 %\nof pairs", "same\nsign", spare=(5, 4)
    )
    for row in whole["by_employer"]:
        effects = (signed(row[key], 2) for key in ("residence", "employer", "gap"))
        both.add_row(row["name"], *effects, *gap_cells(row))
    yield both


def _compared(each) -> Iterator:
    """Yield tables with hubs down and scenarios across: the effect and, below it, 90 % of pairs.

    As many tables as the width asks for.
    """
    last = next(iter(each.values()))["last"]
    digits = effect_digits([row for one in each.values() for row in one["hubs"]])
    places = {arm: one["hubs"] + one["countries"] for arm, one in each.items()}
    # as many tables as the width asks for
    for first in range(0, len(each), ABREAST):
        some = list(each)[first : first + ABREAST]
        yield heading(f"Effect on the share of the world's AI engineers in January {last}, pp, and 90 % of pairs")
        effects = table("", "base\n%", *(arm.replace("+", "+\n") for arm in some))
        for rows in zip(*(places[arm] for arm in some), strict=True):
            cells = ("\n".join(effect_cells(row, digits)[:2]) for row in rows)
            effects.add_row(rows[0]["name"], f"{rows[0]['baseline']:.2f}", *cells)
        yield effects


def _added_up(result, stack, most=6) -> Iterator:
    """Yield the hubs at which the scenarios of a stack add up least."""
    # interactions of the stack, the largest first
    rows = effect_table(result, ["share"])
    rows = rows[rows.arm == INTERACTION.format(stack)].to_dict("records")
    rows = sorted(rows, key=lambda row: -abs(row["effect"]))[:most]
    yield heading(f"Do they add up? Effect of {stack} less the sum of each")
    shown = table("", "beyond the\nsum, pp", "90 % of pairs", "same\nsign", "MC\nerror", spare=(3, 4))
    digits = effect_digits(rows)
    for row in rows:
        shown.add_row(row["name"], *effect_cells(row, digits))
    yield shown


def _routes(whole) -> Iterator:
    """Yield the routes that the scenario touches, and the composition of the most touched one."""
    if not whole["routes"]:
        return
    yield heading(f"The routes that it touches, a year (mean {whole['first']} to {whole['last'] - 1})")
    # two columns a quantity: without and with the policy, and an empty one to part them
    heads = ((f"{words}\nbase", "\nscen.") for words in ROUTE_COLUMNS.values())
    routes = table("\n", *chain(*([*head, ""] for head in heads)))
    for row in whole["routes"]:
        pairs = ([count(row[arm][key]) for arm in ("baseline", "scenario")] for key in ROUTE_COLUMNS)
        routes.add_row(row["name"], *chain(*([*pair, ""] for pair in pairs)))
    yield routes
    yield from map(line, composition(whole["routes"][0]))


def _closing(result, folder) -> Iterator:
    """Yield assumptions, weak evidence, published facts and where the run is saved."""
    yield from bullets("What was assumed", assumed(result.record))
    weak = weak_evidence(result.record, NAMED)
    yield from bullets("What rests on weak evidence", weak + hub_share_sentences(quoted(result, 1)))
    yield from bullets("What published facts say of the model", narrative.verdicts(result))
    if folder:
        yield heading("The run")
        yield line(f"{folder}: report.html, figures, tables and arrays.")
        yield line(f"Check it at any time: talentflow verify {folder}", "dim")
    yield Text()


# ------------------------------------------------------------------------------
# One scenario under each named set of assumptions, side by side.
# ------------------------------------------------------------------------------


VIEWS = {  # name -> grade, and what it is
    "evidence": ("B", "the fit to published experiments, the default"),
    "low_response": ("B", "10 % of the fit along its axis of responsiveness"),
    "high_response": ("B", "90 % of the fit along its axis of responsiveness"),
    "industry": ("C", "what the industry's reports say, without data"),
}


def views_rows(results) -> list[dict[str, Any]]:
    """Compare the views of the subject: list of dicts of plain values.

    Parameters
    ----------
    results : dict of name of a view -> Result of the same scenario
    """
    rows = []
    for name, result in results.items():
        outcome = facts(result)
        lead, people, (grade, meaning) = outcome["lead"], outcome["lead"]["people"], VIEWS[name]
        row = {"view": name, "grade": grade, "meaning": meaning, "place": lead["name"], "title": outcome["title"]}
        row |= {"points": lead["effect"], "people": people["effect"], "low": people["low"], "high": people["high"]}
        row |= {"settled": people["settled"], "pairs": outcome["pairs"], "last": outcome["last"]}
        rows.append(row | {"refused_draws": result.record["refused_draws"]})
    return rows


def views_text(rows, quiet=False, width=NARROW) -> str:
    """Format the views as at most 30 lines of ``width`` columns, 40 or more; a line each if ``quiet``."""
    if quiet:
        return "\n".join(f"{row['view']} {row['points']:.4f}" for row in rows)
    first = rows[0]
    place = f"{first['place']} in January {first['last']}, with the policy less without:"
    lines = [*wrap(first["title"], width), "", *_indented(place, width)]
    # a narrow terminal leaves out the spread
    wide = (16, 11, 25, 10) if width >= 71 else (14, 9, 21, 7) if width >= 60 else (14, 9, 0, 8)

    def aligned(name, people, spread, points, grade) -> str:
        spread = spread.rjust(wide[2]) if wide[2] else ""
        return f"  {name.ljust(wide[0])}{people.rjust(wide[1])}{spread}{points.rjust(wide[3])}  {grade}"

    lines += ["", aligned("view", "people", "90 % of runs", "points", "grade")]
    # a question mark stays where too few runs agree on the direction
    for row in rows:
        spread = f"{narrative.signed_persons(row['low'])} to {narrative.signed_persons(row['high'])}"
        people = narrative.signed_persons(row["people"]) + ("" if row["settled"] else "?")
        lines.append(aligned(row["view"], people, spread, signed(row["points"], 2), row["grade"]))
    lines += ["", *chain.from_iterable(_indented(f"{row['view']}: {row['meaning']}.", width) for row in rows), ""]
    lines += _indented("? the direction is not settled. Compute is grade D in every view.", width)
    lines += _indented(f"{first['pairs']} pairs each; every changed value: scenarios/views/*.toml", width)
    return "\n".join(lines)


def _indented(text, width) -> list[str]:
    """Wrap a paragraph, a little indented."""
    return wrap(text, width, initial_indent="  ", subsequent_indent="  ")


# ------------------------------------------------------------------------------
# The effects on measures that the user asked for, in the terminal.
# ------------------------------------------------------------------------------


def render_effects(result, queries, width=WIDTH) -> Group:
    """Tabulate effects on measures: levels, effect, spread, agreement and error.

    Parameters
    ----------
    result : Result
    queries : list of str, see :func:`sim.results.summary.effect_table`
    width : columns of the terminal; agreement, error and levels are left out where it is narrow

    Raises
    ------
    ResultError for a query that makes no sense in this result.
    """
    effects = effect_table(result, queries)
    groups = []
    for measure, rows in effects.groupby("measure", sort=False):
        # a line with the measure, and below it a row for its one value or for each of its places
        several = bool(len(rows) > 1 or rows.name.iloc[0])
        asked, unit = f"{measure.partition('@')[0]}@{rows.time.iloc[0]}", rows.effect_unit.iloc[0]
        digits, texts = _digits(rows), []
        for row in rows.to_dict("records"):
            # a level that is not defined (NaN) is left empty
            levels = ("" if row[arm] != row[arm] else f"{row[arm]:,.{digits}f}" for arm in ("baseline", "scenario"))
            texts.append([_called(row) if several else unit, *levels, *effect_cells(row, digits)])
        groups.append((f"{asked}, {unit}" if several else asked, texts))
    heads = ["", "without", "with", "effect", "90 % of pairs", "sign", "MC error"]
    title = wrap(f"Effects: {result.record['title']}", width)
    # few rows fit on a screen with all columns; a narrow terminal leaves out the last ones first
    shown = [Text(text) for text in grouped_lines(heads, groups, width, (5, 6, 1, 2))]
    return Group(
        Text(), *(Text(text, "bold cyan") for text in title), *shown, line(_reading(result.record, effects), "dim")
    )


def render_counts(rows, width=NARROW) -> Group:
    """Tabulate counts of people: a line a query, below it a row a year; rows as of ``sim.study.counts.count``."""
    groups: dict[str, list] = {}
    for row in rows:
        # as many decimals as the error of the effect allows; what is not known is left empty
        scale = row["error"] or abs(row["baseline"]) / 100
        digits = decimals(scale) if scale == scale else 2
        values = ((row[key], "+" if key == "effect" else "") for key in ("baseline", "scenario", "effect", "error"))
        cells = ["-" if value is None or value != value else f"{value:{sign},.{digits}f}" for value, sign in values]
        groups.setdefault(f"{row['query']}, {row['unit']}", []).append([str(row["year"]), *cells])
    heads = ["year", "without", "with", "effect", "MC error"]
    reading = "Means over pairs of runs; effect: scenario less baseline; MC error: its Monte Carlo error."
    lines = [*grouped_lines(heads, groups.items(), width), *_indented(reading, width)]
    return Group(*map(Text, lines))


def grouped_lines(heads, groups, width, spare=()) -> Iterator[str]:
    """Yield the lines of a table whose rows stand in groups, each under a line of its own.

    Parameters
    ----------
    heads : list of headings of columns; the first column holds names, the others numbers
    groups : list of (the line above, list of rows of texts)
    width : columns of the terminal
    spare : numbers of the columns that are left out, the first one first, where it is narrow
    """
    rows = [heads, *chain.from_iterable(rows for _, rows in groups)]
    wide = {k: max(len(row[k]) for row in rows) + 2 for k in range(len(heads))}
    # the column of names needs some room, and gets what is left
    for gone in spare:
        if min(wide[0], LEGIBLE) + sum(w for k, w in wide.items() if k) <= width:
            break
        del wide[gone]
    first = min(wide.pop(0), width - sum(wide.values()))

    def aligned(row) -> Iterator[str]:
        """Yield a row: a long name stands above its numbers."""
        name, numbers = f"  {row[0]}", "".join(row[k].rjust(w) for k, w in wide.items())
        if len(name) > first:
            yield from wrap(name, width, subsequent_indent="    ")
        yield ((name if len(name) <= first else "").ljust(first) + numbers).rstrip()

    yield from aligned(heads)
    for title, texts in groups:
        yield from wrap(title, width, subsequent_indent="    ")
        yield from chain.from_iterable(map(aligned, texts))


def _called(row) -> str:
    """Name a row under the line of its measure: its hub or route, and its scenario in a comparison."""
    return ", ".join(words.split(" (")[0] for words in (row["name"], row.get("arm")) if words)


def _digits(rows) -> int:
    """Return the decimals that the middle Monte Carlo error allows, at most four.

    For a single pair as the effects have.
    """
    # the middle value, so that one row does not decide for all
    scale = abs(rows.effect if rows.pairs.iloc[0] == 1 else rows.error)
    scale = scale[scale > 0].sort_values()
    return decimals(scale.iloc[len(scale) // 2]) if len(scale) else 2


def _reading(record, effects) -> str:
    """Explain the columns of the table of effects."""
    pairs = record["replicates"]
    said = f"Effect: scenario less baseline ({baseline_title(record)}), the mean over {number_of(pairs, 'pair')}."
    if pairs == 1:
        return f"{said} More pairs would show its spread and its error."
    # few pairs give a rough spread, which is said
    rough = f" ({pairs} pairs: a rough spread)" if pairs < FEW_PAIRS else ""
    more = int(effects.more_pairs.iloc[0])
    return (
        f"{said} 90 % of pairs: its spread over {contents(record)}{rough}; more pairs do not shrink it. MC error: "
        f"Monte Carlo error of the mean, {independence(record)}; {more} more pairs would halve it. "
        "pp: percentage points, of levels in %."
    )


# ------------------------------------------------------------------------------
# What break-even and why found: in words, as tables in the terminal, and as figures.
# ------------------------------------------------------------------------------


def render_breakeven(result, title, folder) -> Group:
    """Lay out the answer of a break-even for the terminal, with the values that were tried."""
    shown = table(
        f"value, {result.unit}" if result.unit else "value",
        f"effect, {result.effect_unit}",
        "90 % of pairs",
        "MC error",
        spare=(3,),
    )
    # the cells of an effect, from the statistics of the curve
    rows = [
        row | {"effect": row["mean"], "pairs": result.pairs, "differs": 1, "same_sign": result.pairs}
        for row in result.curve.to_dict("records")
    ]
    digits = effect_digits(rows)
    for row in rows:
        effect, spread, _, error = effect_cells(row, digits)
        shown.add_row(figures(row["value"]), effect, spread, error)
    said = [line(sentence) for sentence in breakeven(result)]
    return Group(
        heading(f"Break-even: {title}"),
        *said,
        heading("Values tried, all on the same pairs"),
        shown,
        line(f"{folder}: the curve as a table and a figure.", "dim"),
    )


def draw_breakeven(result, title, path, made_from) -> Path:
    """Draw the curve that the break-even is read from, into a file; ``made_from`` is the record of the runs."""
    from sim.show.plots import curve, style, to_file

    # the axis below names the lever
    subtitle = f"Effect on {narrative.measure_words(result.measure)}, by the value of one lever"
    source = style.source(made_from | {"versions": {"talentflow": __version__}})
    value = None if result.value is None else (result.value, result.low, result.high)
    label = f"{result.what}, {result.unit}".rstrip(", ")
    return to_file(
        lambda ax: curve.plot_curve(
            result.curve, title, subtitle, label, result.effect_unit, result.target, value, ax, source
        ),
        curve.SIZE,
        path,
    )


def render_portfolio(result, pairs, folder) -> Group:
    """Render a portfolio for the terminal: sentences, and the mixes that were confirmed."""
    heads = [path.split(".")[-1].replace("_", "\n") for path in result.levers]
    spare = (len(heads) + 4, len(heads) + 3)  # regret and how often it is best go first on a narrow terminal
    shown = table("mix", *heads, "effect", "cost\nMUSD", "best\nin", "regret", spare=spare)
    for row in result.mixes.sort_values("engineers", ascending=False).to_dict("records"):
        # a mix beyond the budget has a star, and no part in the comparison of the others
        cells = [figures(row[path]) for path in result.levers]
        cost = f"{figures(row['cost'])}{'' if row['within'] else ' *'}"
        tail = (f"{100 * row['best_in']:.0f} %", figures(row["regret"])) if row["within"] else ("", "")
        shown.add_row(row["label"], *cells, figures(row["engineers"]), cost, *tail)
    said = [line(sentence) for sentence in narrative.portfolio(result, pairs)]
    return Group(
        heading(f"Portfolio: {result.measure}"),
        *said,
        heading("Mixes confirmed, all on the same fresh pairs"),
        shown,
        line(f"* beyond the budget. {folder}: tables and the frontier as a figure.", "dim"),
    )


def draw_frontier(result, path, made_from) -> Path:
    """Draw engineers against budget, into a file; ``made_from`` has the options of the runs that confirm."""
    from sim.show.plots import curve, style, to_file

    title = f"What {narrative.dollars(result.budget)} USD a year buys"
    source = style.source(made_from | {"versions": {"talentflow": __version__}})
    return to_file(lambda ax: curve.plot_frontier(result, title, ax, source), curve.SIZE, path)


def render_parts(tables, title, measure, folder, details=False) -> Group:
    """Render the splits of an effect for the terminal: the table of the first, or with ``details`` of all.

    Parameters
    ----------
    tables : dict of what the parts are ('channels', 'policies', 'origins') -> table of ``decomposition.parts_table``
    """
    shown: list = [
        heading(f"Why: {title}: the effect on {narrative.measure_words(measure)}"),
        *map(line, dict.fromkeys(split_sentences(tables))),
    ]
    for name in tables if details else list(tables)[:1]:
        parts = tables[name]
        unit = parts.unit.iloc[0]
        # the parts in their order, the total last
        made = table(f"by {name}", f"effect, {unit}", "90 % of pairs", "same\nsign", "MC\nerror", spare=(3, 4))
        rows = [
            row | {"effect": row["mean"], "differs": row["mean"] or row["high"] - row["low"]}
            for row in parts.to_dict("records")
        ]
        digits = effect_digits(rows)
        for row in rows:
            made.add_row(row["part"], *effect_cells(row, digits), style="bold" if row["part"] == "total" else "")
        shown += [made, *([line(split_reading(name), "dim")] if details else [])]
    return Group(*shown, line(f"{folder}: a table and a figure of each; --details: all tables.", "dim"))


def draw_parts(tables, title, measure, folder, made_from) -> None:
    """Draw a waterfall of each table into ``folder``; ``made_from`` is the record of the runs."""
    from sim.show.plots import parts, style, to_file

    words, source = (
        narrative.measure_words(measure),
        style.source(made_from | {"versions": {"talentflow": __version__}}),
    )
    for name, split in tables.items():
        to_file(
            lambda ax, name=name, split=split: parts.plot_parts(
                split, title, f"Effect on {words}, by {name}", split.unit.iloc[0], ax, f"{parts.SMALL_PRINT} {source}"
            ),
            parts.SIZE,
            folder / f"{name}.png",
        )
