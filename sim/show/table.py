"""The answer in the terminal: at most 100 columns, plain where there is no terminal."""

from itertools import chain

from rich.console import Group
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from sim.results.effects import decimals, error_words
from sim.show.answer import answer

WIDTH = 100
ROUTE_COLUMNS = {
    "applicants": "applicants",
    "grants": "grants",
    "from_abroad": "abroad, %",
    "experts": "experts, %",
}
FEW_PAIRS = 20  # below, the 5 and 95 % quantiles rest on one pair or less


def render(result, folder=None):
    """The whole answer, ready for ``rich.console.Console.print``."""
    said = answer(result, folder)
    parts = (_opening, _hubs, _routes, _assumed, _weak, _closing)
    return Group(*chain.from_iterable(part(said) for part in parts))


def _opening(said):
    yield Text()
    yield Text(said["title"], style="bold")
    if said["question"]:
        yield Text(said["question"], style="italic")
    yield from _bullets("The scenario", said["sentences"])
    yield from _bullets("Notices", said["notices"])
    yield from _bullets("Warnings", said["warnings"], "bold yellow")


def _hubs(said):
    first, last, pairs = said["first"], said["last"], said["pairs"]
    yield _heading("Where the world's AI engineers live")
    table = _table(
        "\n", f"share, %\n{first}", f"{last}\nbase", f"{last}\nscen.", "", "effect\npoints", "90 %\nof pairs",
        "same\nsign", "MC\nerror", "", "net\nbase", "rate, %\nscen.",
    )  # fmt: skip
    table.columns[5].style = "bold"
    digits = _digits(said["hubs"])
    for row in said["hubs"]:
        table.add_row(
            row["name"], *(f"{row[key]:.2f}" for key in ("start", "baseline", "scenario")), "",
            *_effect_cells(row, pairs, digits), "",
            *(f"{row[key]:+.2f}" for key in ("rate_baseline", "rate_scenario")),
        )  # fmt: skip
    yield table
    yield from _reading(said)


def _digits(rows):
    """Decimals for a column of effects: two, or three where the errors are finer."""
    errors = sorted(row["error"] for row in rows if row["error"])
    return max(2, min(3, decimals(errors[len(errors) // 2]))) if errors else 2


def _effect_cells(row, pairs, digits):
    """Effect, spread, agreement and error of one hub."""
    if not row["differs"]:
        return "0", "no pair differs", "", ""
    mean = f"{row['mean']:+.{digits}f}"
    if pairs == 1:
        return mean, "one pair", "", ""
    spread = f"{row['low']:+.{digits}f} to {row['high']:+.{digits}f}"
    return mean, spread, f"{row['same_sign']}/{pairs}", error_words(row["error"], digits)


def _reading(said):
    """How to read the table: what the spread contains, and what more pairs would bring."""
    if said["largest"]:
        name = next(row["name"] for row in said["hubs"] if row["hub"] == said["largest"]["hub"])
        yield _line(f"Largest: {name}, {said['largest']['sentence']}.")
    else:
        yield _line("No pair differs: the scenario changes nothing in this run.")
    contents = "chance" if said["uncertainty"] == "chance" else "chance and assumptions"
    rough = " (fewer than 20 pairs: a rough spread)" if said["pairs"] < FEW_PAIRS else ""
    yield _line(
        "Shares are of the world stock on 1 January. Effect: scenario less baseline in "
        f"{said['last']}; its spread over pairs holds {contents}{rough}. MC error: of the mean, from the "
        "number of pairs. Net rate: arrivals less departures over the stock, mean a year.",
        "dim",
    )


def _routes(said):
    if not said["routes"]:
        return
    yield _heading(f"The routes that it touches, a year (mean {said['first']} to {said['last'] - 1})")
    pairs = ((f"{words}\nbase", "\nscen.") for words in ROUTE_COLUMNS.values())
    table = _table("\n", *chain(*([*pair, ""] for pair in pairs)))
    for row in said["routes"]:
        pairs = ([_number(row[arm][key]) for arm in ("baseline", "scenario")] for key in ROUTE_COLUMNS)
        table.add_row(row["name"], *chain(*([*pair, ""] for pair in pairs)))
    yield table
    yield from _volume_and_composition(said["routes"][0])


def _number(value):
    return "none" if value is None else f"{value:,.0f}"


def _volume_and_composition(row):
    """The most touched route in words: how many get in, and who."""
    before, after = row["baseline"], row["scenario"]
    if not before["grants"] or not after["grants"]:
        return
    change = 100 * (after["grants"] / before["grants"] - 1)
    yield _line(
        f"{row['name']}: how many get in changes by {change:+.1f} %; who gets in: from abroad "
        f"{before['from_abroad']:.0f} -> {after['from_abroad']:.0f} %, experts {before['experts']:.0f} -> "
        f"{after['experts']:.0f} %."
    )
    if before["registrations"] != before["applicants"]:
        yield _line(
            f"All demand for its pool, other occupations included: {_number(before['registrations'])} -> "
            f"{_number(after['registrations'])} a year; selected {_number(before['selected'])} -> "
            f"{_number(after['selected'])}.",
            "dim",
        )


def _assumed(said):
    size = f"{said['population']:,}" if isinstance(said["population"], int) else "all"
    pairs, refused = said["pairs"], said["refused_draws"]
    word = "pair" if pairs == 1 else "pairs"
    lines = [
        f"{pairs} {word} of {size} engineers, seed {said['seed']}; both arms of a pair share every draw."
    ]
    if refused:
        were = "draw of the assumptions was" if refused == 1 else "draws of the assumptions were"
        lines.append(
            f"{refused} {were} refused: hubs would grow without bound or miss the observed first year."
        )
    lines += [
        f"{row['name']} is held at {row['central']:g} {row['unit']} by the user." for row in said["held"]
    ]
    lines += [f"Law: {line.rstrip('.')}." for line in said["legal"]]
    yield from _bullets("What was assumed", lines)


def _weak(said):
    compute, names = said["compute"], [row["name"] for row in said["weak"]]
    yield from _bullets("What rests on weak evidence", [
        f"The pull of compute, b_compute = {compute['central']:g} "
        f"({compute['low']:g} to {compute['high']:g}): no causal evidence exists, so whatever works through "
        "compute rests on an assumption.",
        f"{len(names)} of {said['assumptions']} assumptions are assumed, not measured (grade D): "
        f"{', '.join(names)}.",
    ])  # fmt: skip


def _closing(said):
    if said["folder"]:
        yield _heading("The run")
        yield _line(f"{said['folder']}: figures, tables and arrays.")
        yield _line(f"Check it at any time: talentflow verify {said['folder']}", "dim")
    yield Text()


def _heading(words, style="bold cyan"):
    return Padding(Text(words, style=style), (1, 0, 0, 0))


def _line(words, style=""):
    return Padding(Text(words, style=style), (0, 0, 0, 2))


def _bullets(heading, lines, style="bold cyan"):
    """A heading and a list; nothing at all for an empty list."""
    if lines:
        yield _heading(heading, style)
    for line in lines:
        row = Table.grid(padding=(0, 1))
        row.add_row(" -", Text(line))
        yield row


def _table(*headings):
    """A table whose first column holds names, which may wrap, and the others numbers, which may not."""
    table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False, header_style="dim")
    for place, words in enumerate(headings):
        table.add_column(words, justify="right" if place else "left", no_wrap=place > 0)
    return table
