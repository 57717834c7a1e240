"""The answer in the terminal: at most 100 columns, plain where there is no terminal."""

from itertools import chain

from rich.console import Group
from rich.text import Text

from sim.results import verdicts
from sim.results.cells import count, effect_cells, effect_digits, gap_cells, signed
from sim.results.display import answer_lines
from sim.results.effects import LEAST, stacks
from sim.results.narrative import assumed, composition, reading, weak_evidence
from sim.results.summary import INTERACTION, effect_table
from sim.show.answer import answer, answers
from sim.show.hub_shares import quoted, sentences
from sim.show.layout import bullets, heading, line, table

ROUTE_COLUMNS = {"applicants": "applicants", "grants": "grants", "from_abroad": "abroad, %", "experts": "experts, %"}
NAMED = 6  # assumptions of a kind that are named
ABREAST = 4  # scenarios of a comparison that fit beside each other
NET_RATE = "Net rate: arrivals less departures over the stock, mean a year."


STYLES = {"title": "bold", "strong": "bold cyan", "warning": "bold yellow", "faint": "dim", "": ""}


def render(result, folder=None, details=False):
    """The answer, ready for ``rich.console.Console.print``; with ``details`` all tables below it.

    Parameters
    ----------
    result : Result
    folder : where it was saved, or None
    details : also the tables of hubs, employers, routes and uncertainty, and all notes
    """
    lines = [Text(text, style=STYLES[style]) for style, text in answer_lines(result, folder)]
    if not details:
        return Group(*lines)
    parts = (_one if len(result.arms) == 1 else _several)(result, folder)
    return Group(*lines, *parts, *_closing(result, folder))


def _one(result, folder):
    found = answer(result, folder)
    yield from bullets("The scenario", found["sentences"])
    yield from bullets("Notices", found["notices"])
    yield from _hubs(found)
    yield line(f"{reading(result)} {NET_RATE}", "dim")
    yield from _by_employer(found)
    yield from bullets("What the uncertainty is made of", found["uncertainty_parts"])
    yield from _routes(found)


def _several(result, folder):
    found = answers(result, folder)
    notices = chain.from_iterable(one["notices"] for one in found.values())
    yield from bullets("Notices", list(dict.fromkeys(notices)))
    yield from _compared(found)
    parts = [f"{arm}: {words}" for arm, one in found.items() for words in one["uncertainty_parts"]]
    yield from bullets("What the uncertainty is made of", parts)
    yield line(reading(result), "dim")
    for stack in stacks(result):
        yield from _added_up(result, stack)


def _hubs(found):
    first, last = found["first"], found["last"]
    yield heading("Where the world's AI engineers live")
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
    )
    hubs.columns[5].style = "bold"
    digits = effect_digits(found["hubs"])
    for row in found["hubs"] + found["countries"]:
        hubs.add_row(
            row["name"],
            *(f"{row[key]:.2f}" for key in ("start", "baseline", "scenario")),
            "",
            *effect_cells(row, digits),
            "",
            *(f"{row[key]:+.2f}" for key in ("rate_baseline", "rate_scenario")),
        )
    yield hubs


def _by_employer(found):
    """The hubs whose effect is another one when engineers are counted where their employer is."""
    yield heading(f"Counted by hub of the employer: effect on shares in January {found['last']}")
    if not found["by_employer"]:
        yield line(f"No hub's effect differs by {LEAST:g} pp or more from that by residence.")
        return
    both = table("", "by residence\npp", "by employer\npp", "difference\npp", "90 %\nof pairs", "same\nsign")
    for row in found["by_employer"]:
        effects = (signed(row[key], 2) for key in ("residence", "employer", "gap"))
        both.add_row(row["name"], *effects, *gap_cells(row))
    yield both


def _compared(found):
    """Hubs down, scenarios across: the effect and, below it, 90 % of pairs; as many tables as the width asks for."""
    last = next(iter(found.values()))["last"]
    digits = effect_digits([row for one in found.values() for row in one["hubs"]])
    places = {arm: one["hubs"] + one["countries"] for arm, one in found.items()}
    for first in range(0, len(found), ABREAST):
        some = list(found)[first : first + ABREAST]
        yield heading(f"Effect on the share of the world's AI engineers in January {last}, pp, and 90 % of pairs")
        effects = table("", "base\n%", *(arm.replace("+", "+\n") for arm in some))
        for rows in zip(*(places[arm] for arm in some), strict=True):
            cells = ("\n".join(effect_cells(row, digits)[:2]) for row in rows)
            effects.add_row(rows[0]["name"], f"{rows[0]['baseline']:.2f}", *cells)
        yield effects


def _added_up(result, stack, most=6):
    """Whether the scenarios of a stack add up, at the hubs where they do so least."""
    rows = effect_table(result, ["share"])
    rows = rows[rows.arm == INTERACTION.format(stack)].to_dict("records")
    rows = sorted(rows, key=lambda row: -abs(row["effect"]))[:most]
    yield heading(f"Do they add up? Effect of {stack} less the sum of each")
    shown, digits = table("", "beyond the\nsum, pp", "90 % of pairs", "same\nsign", "MC\nerror"), effect_digits(rows)
    for row in rows:
        shown.add_row(row["name"], *effect_cells(row, digits))
    yield shown


def _routes(found):
    if not found["routes"]:
        return
    yield heading(f"The routes that it touches, a year (mean {found['first']} to {found['last'] - 1})")
    heads = ((f"{words}\nbase", "\nscen.") for words in ROUTE_COLUMNS.values())
    routes = table("\n", *chain(*([*head, ""] for head in heads)))
    for row in found["routes"]:
        pairs = ([count(row[arm][key]) for arm in ("baseline", "scenario")] for key in ROUTE_COLUMNS)
        routes.add_row(row["name"], *chain(*([*pair, ""] for pair in pairs)))
    yield routes
    yield from map(line, composition(found["routes"][0]))


def _closing(result, folder):
    yield from bullets("What was assumed", assumed(result.record))
    weak = weak_evidence(result.record, NAMED)
    yield from bullets("What rests on weak evidence", weak + sentences(quoted(result, 1)))
    yield from bullets("What published facts say of the model", verdicts.sentences(result))
    if folder:
        yield heading("The run")
        yield line(f"{folder}: report.html, figures, tables and arrays.")
        yield line(f"Check it at any time: talentflow verify {folder}", "dim")
    yield Text()
