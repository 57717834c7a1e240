"""Generated parts of the documents: tables and equations out of the code's own declarations.

A generator of documentation such as Sphinx could make the equations out of their docstrings, a quarter of this file.
The other parts are tables of assumptions, levers, measures, gates and facts, which only this project declares.
"""

import csv
import inspect
import json
import re
import sys
import textwrap
from collections import Counter
from pathlib import Path
from typing import Any

from sim.model import equations, teams, visas
from sim.model.year import HAZARDS, simulate
from sim.results.measures import MEASURES
from sim.results.schema import PAIR, VARIABLES
from sim.scenario.assumptions import ASSUMPTIONS
from sim.scenario.assumptions import DATA as BELIEFS
from sim.scenario.levers import FAMILIES, SELECTIONS, catalogue
from sim.show import calibration, hub_shares
from sim.show import hindcast as past
from sim.show import statements as market
from sim.show import studies as published
from sim.show.gates import band, left_out_sentence
from sim.world.engineers import Engineers
from sim.world.tables import DATA, TABLES, names, read

# ------------------------------------------------------------------------------
# The equations as Markdown: formula, arguments and source out of the docstrings that define them.
# ------------------------------------------------------------------------------


TITLES = {
    "E1": "Net real pay",
    "E2": "Utility of a hub",
    "E3": "Nested logit",
    "E4": "Considering a move",
    "E5": "Visa offices",
    "E6": "Status",
    "E7": "Pay",
    "E8": "Local prices",
    "E9": "Supply",
    "E10": "Careers and jobs",
    "E11": "Remote work",
    "E12": "Teams",
}
DEFINITIONS = (equations,)
ELSEWHERE = (visas.renewal_rates, teams)  # an equation each that is one line inside its mechanism
LABEL = re.compile(r"\((E\d+)")


def symbol_rows() -> list[list[str]]:
    """Return the symbols of the equations: rows of symbol, meaning and unit, as Markdown."""
    # the table of symbols stands at the end of the module's docstring, columns parted by spaces
    tables = [re.split(r"^=[= ]+\n", room.__doc__ or "", flags=re.M)[2] for room in DEFINITIONS]
    lines = (line for table in tables for line in table.splitlines())
    return [[inline(cell) for cell in re.split(r"\s{2,}", line)] for line in lines]


def by_label() -> dict[str, list]:
    """Find the functions and modules that define each label, in the order of the code: dict of str -> list."""
    labelled = {label: [] for label in TITLES}
    # a docstring's first line has its label: (E1)
    for thing in [function for room in DEFINITIONS for function in _public(room)] + list(ELSEWHERE):
        # the label stands in the first sentence
        head = (inspect.getdoc(thing) or "").partition("\n\n")[0]
        labelled[LABEL.findall(head)[0]].append(thing)
    return labelled


def _public(room) -> list:
    """Return the public functions of a module, in the order of the code."""
    functions = inspect.getmembers(room, inspect.isfunction)
    mine = [f for name, f in functions if f.__module__ == room.__name__ and not name.startswith("_")]
    return sorted(mine, key=lambda f: f.__code__.co_firstlineno)


def markdown() -> str:
    """Write all equations under their labels: str."""
    return "\n\n".join(
        "\n\n".join([f"## {label} {TITLES[label]}", *map(_entry, things)]) for label, things in by_label().items()
    )


def _entry(thing) -> str:
    """Write one equation under its name."""
    name = thing.__name__
    if inspect.isfunction(thing):
        name = f"{thing.__module__.removeprefix('sim.model.')}.{name}"
    return f"### `{name.removeprefix('sim.model.')}`\n\n{from_docstring(inspect.getdoc(thing))}"


def from_docstring(text) -> str:
    """Return a docstring as Markdown, without its examples; mathematics as LaTeX that needs no escapes.

    >>> print(from_docstring("Pay (E7): :math:`w`, as ``a``.\\n\\n.. math:: w = 1\\n\\n>>> 1\\n1"))
    Pay (E7): $`w`$, as `a`.
    <BLANKLINE>
    ```math
    w = 1
    ```
    """
    # examples are for tests; formulas and lists have a syntax of their own
    text = inline(re.sub(r"^>>>.*?(\n\n|\Z)", "", text, flags=re.S | re.M).strip())
    text = re.sub(r"^\.\. math:: (.*?)(?=\n\n|\Z)", _display, text, flags=re.S | re.M)
    return re.sub(r"^(Parameters|Returns)\n-+\n(.*?)(?=\n\n|\Z)", _listed, text, flags=re.S | re.M)


def inline(text) -> str:
    """Convert inline mathematics and code of a docstring to Markdown."""
    text = re.sub(r":math:`([^`]*)`", lambda match: f"$`{' '.join(match[1].split())}`$", text)
    return re.sub(r"``([^`]+)``", r"`\1`", text)


def _display(match) -> str:
    """Convert a displayed formula to a Markdown block."""
    lines = (line.strip() for line in match[1].splitlines())
    return "\n".join(["```math", *lines, "```"])


def _listed(match) -> str:
    """Convert a section of parameters or returns to a list."""
    return f"*{match[1]}*\n\n" + re.sub(r"^(?=\S)", "- ", match[2], flags=re.M)


# ------------------------------------------------------------------------------
# The generated parts of the documents: tables out of the code's own declarations.
# ------------------------------------------------------------------------------


PART = re.compile(r"(<!-- generated: (\w+) -->\n).*?(<!-- end -->)", re.S)
DOCS = Path(__file__).parents[2] / "docs"


def table(heads, rows) -> str:
    r"""Return a Markdown table; ``heads`` and every row are texts, as many each.

    >>> print(table(["name", "unit"], [["pay", "kUSD | a year"]]))
    | name | unit |
    | --- | --- |
    | pay | kUSD \| a year |
    """
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(str(cell).replace('|', chr(92) + '|') for cell in line)} |" for line in lines)


def scales() -> str:
    """Count the hubs, routes, levers, assumptions and other parts of the model."""
    axes = {
        "hubs": "hub",
        "countries": "country",
        "homes": "home",
        "routes": "route",
        "pools": "pool",
        "tiers": "tier",
        "roles": "role",
        "sectors": "sector",
        "statuses": "status",
    }
    counts = {"engineers on 1 January 2026": sum(float(row["engineers"]) for row in read("stock"))}
    # the length of every axis, and the numbers of what is declared
    counts |= {many: len(names(axis)) for many, axis in axes.items()}
    counts |= {"families of levers": len(FAMILIES), "levers": len(catalogue()), "assumptions": len(ASSUMPTIONS)}
    return table(["what", "number"], [[what, f"{number:,.0f}"] for what, number in counts.items()])


def state() -> str:
    """Tabulate the columns of an engineer, out of the comments beside them."""
    rows = re.findall(r"^ +(\w+): np\.ndarray  # (\w+), (.*)$", inspect.getsource(Engineers), re.M)
    return table(["column", "type", "meaning"], [[f"`{name}`", kind, meaning] for name, kind, meaning in rows])


def year() -> str:
    """Return the loop over the phases of a year, as the code has it."""
    loop = inspect.getsource(simulate).partition("    for year in")
    return f"```python\n{textwrap.dedent(''.join(loop[1:])).rstrip()}\n```"


def hazards() -> str:
    """Tabulate every hazard of the year: who, when, how often, what it changes."""
    rows = [
        [
            each.equation,
            each.name,
            each.who,
            each.when,
            inline((inspect.getdoc(each.rate) or "").partition("\n\n")[0].removeprefix("Return ")),
            each.changes,
        ]
        for each in HAZARDS
    ]
    return table(["equation", "hazard", "who", "month", "hazard a year", "what changes"], rows)


def assumptions() -> str:
    """Tabulate every assumption: central value, range, unit, grade, source."""
    rows = [
        [
            f"`{row.name}`",
            f"{row.central:g}",
            "fixed" if row.is_fixed else f"{row.low:g} to {row.high:g}",
            row.unit,
            row.grade,
            row.fitting or "-",
            row.meaning,
            row.source,
        ]
        for row in ASSUMPTIONS.values()
    ]
    return table(["assumption", "central", "90 % range", "unit", "grade", "fitted to facts", "meaning", "source"], rows)


def beliefs() -> str:
    """Tabulate how far the fit narrows each assumption."""
    return table(calibration.BELIEFS, calibration.belief_rows(_calibration()))


def facts() -> str:
    """Tabulate the facts of the fit under prior and posterior."""
    # facts of the shipped fit, under the prior and under the posterior
    fit = _calibration()
    rows = [
        [*row, fact["population"], fact["source"]]
        for row, fact in zip(calibration.fact_rows(fit), fit["facts"], strict=True)
    ]
    return table([*calibration.FACTS, "who is counted", "source"], rows)


def fit() -> str:
    """Summarise the fit in words."""
    return "\n".join(f"- {line}" for line in calibration.sentences(_calibration()))


def left_out() -> str:
    """Tabulate every study beside its prediction by a fit without its family."""
    return table(calibration.LEFT_OUT, calibration.left_out_rows(_calibration()))


def families_left_out() -> str:
    """Tabulate how well every family of experiments is predicted when it is left out."""
    fit = _calibration()
    return f"{left_out_sentence(fit)}\n\n{table(calibration.FAMILIES, calibration.family_rows(fit))}"


def sensitivity() -> str:
    """Tabulate the assumptions that every family of facts moves."""
    return table(calibration.SENSITIVITY, calibration.sensitivity_rows(_calibration()))


def answers_moved() -> str:
    """Tabulate the families of facts that move each of four answers most."""
    with Path(__file__).with_name("data").joinpath("answers.csv").open(newline="", encoding="utf-8") as file:
        return table(calibration.MOVED, calibration.moved_rows(list(csv.DictReader(file))))


def _calibration() -> dict[str, Any]:
    """Read the fit that ships."""
    return json.loads((BELIEFS / "calibration.json").read_text(encoding="utf-8"))


def levers() -> str:
    """Tabulate every family of levers with unit and bounds."""
    # a family stands for one lever wherever it acts
    count = Counter(lever.field for lever in catalogue().values())
    rows = [
        [
            f"`{family.path.replace('{', '<').replace('}', '>')}`",
            f"{count[family.field]:,}",
            family.unit or "-",
            _bounds(family),
            f"{family.what}: {family.meaning}",
            family.reaches,
        ]
        for family in FAMILIES
    ]
    return table(["family", "levers", "unit", "bounds", "meaning", "whom it reaches"], rows)


def _bounds(family) -> str:
    """Format the bounds of a family."""
    if family.kind in ("flag", "choice"):
        return "true or false" if family.kind == "flag" else ", ".join(SELECTIONS)
    return f"{family.low:,.10g} to {family.high:,.10g}{', or none' if family.may_be_none else ''}"


def world() -> str:
    """Tabulate every world table: meaning, unit, evidence, and the number of rows of each grade."""
    sources, rows = rests_on(), []
    for name, declared in TABLES.items():
        # how many rows of the table have each grade of evidence
        grades = sorted(Counter(row["grade"] for row in read(name)).items())
        rows.append(
            [
                f"`{name}`",
                declared.meaning,
                declared.unit or "-",
                *sources[name],
                ", ".join(f"{grade} {count:,}" for grade, count in grades),
            ]
        )
    return table(["table", "meaning", "unit", "rests on", "weakest part", "rows by grade"], rows)


def rests_on() -> dict[str, list[str]]:
    """Read from ``SOURCES.md`` the basis and the weakest part of each world table: dict of name -> two texts."""
    text = (DATA / "SOURCES.md").read_text(encoding="utf-8").partition("## Tables")[2].partition("\n## ")[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("|")]
    return {name: rest for named, *rest in rows[2:] for name in re.findall(r"\w+", named.replace("(derived)", ""))}


def gates() -> str:
    """Tabulate the gates of validation: statistic, band, use and source."""
    rows = []
    for row in read("gates"):
        limits = {end: float(row[end]) if row[end] else None for end in ("low", "high")}
        # a gate without limits has a dash
        accepted = band(limits) if any(row[end] for end in limits) else "-"
        use = "fitted" if row["use"] == "fit" else "warns" if row["kind"] == "warning" else "decides"
        statistic = f"{row['experiment']}: {row['statistic']}"
        rows.append([row["id"], statistic, accepted, row["unit"] or "-", use, row["source"], row["grade"]])
    return table(["gate", "experiment and statistic", "band", "unit", "use", "source", "grade"], rows)


def variables() -> str:
    """Tabulate the variables of a result."""
    rows = [
        [f"`{name}`", ", ".join(axis for axis in row.dims if axis not in PAIR), row.unit, row.meaning]
        for name, row in VARIABLES.items()
    ]
    return table(["variable", "axes beside arm and replicate", "unit", "meaning"], rows)


def measures() -> str:
    """Tabulate the measures of a result."""
    rows = [
        [f"`{name}`", row.unit, "yes" if row.takes_place else "no", ", ".join(row.keys), row.meaning]
        for name, row in MEASURES.items()
    ]
    return table(["measure", "unit", "takes a place", "keys", "meaning"], rows)


def symbols() -> str:
    """Tabulate the symbols of the equations."""
    return table(["symbol", "meaning", "unit"], symbol_rows())


def hub_pulls() -> str:
    """Tabulate the fitted part of each hub's attraction."""
    return table(*hub_shares.pulls_table())


def long_run() -> str:
    """State how much the assumptions on boom and growth move each hub's share."""
    return table(*hub_shares.table_of())


def estimands() -> str:
    """Tabulate the statistics that a published study may ask for."""
    return table(["estimand", "stands on", "units", "meaning"], published.estimands())


def study_inputs() -> str:
    """Tabulate the collected studies that the model takes in, and that no file holds."""
    return table(["row", "role", "study", "outcome", "estimate", "unit", "grade"], published.inputs())


def hindcast_headline() -> str:
    """State how many published figures of past years the hindcast meets."""
    return "\n".join(f"**{past.headline(answer)}**\n" for answer in past.saved().values()).rstrip()


def hindcast_2023() -> str:
    """Set every published figure on 2023 to 2026 beside a run of these years."""
    return table(past.HEAD, past.page_rows(2023))


def hindcast_2019() -> str:
    """Set every published figure on 2019 to 2026 beside a run of these years."""
    return table(past.HEAD, past.page_rows(2019))


def past_stocks() -> str:
    """Tabulate the stocks walked back, by country."""
    return table(*past.stock_rows())


def past_rules() -> str:
    """Tabulate the rules of past years."""
    return table(*past.rule_rows())


def market_statements() -> str:
    """Set every statement of the industry's reports beside the model."""
    return f"{market.summary()}\n\n{table(market.HEADINGS, market.page_rows())}"


WRITTEN_HERE = (
    scales,
    state,
    year,
    hazards,
    assumptions,
    beliefs,
    facts,
    fit,
    left_out,
    families_left_out,
    sensitivity,
    answers_moved,
    levers,
    world,
    gates,
    variables,
    measures,
    symbols,
    hub_pulls,
    long_run,
    estimands,
    study_inputs,
    market_statements,
    hindcast_headline,
    hindcast_2023,
    hindcast_2019,
    past_stocks,
    past_rules,
)
PARTS = {part.__name__: part for part in WRITTEN_HERE} | {"equations": markdown}


def filled(text) -> str:
    """Generate the parts of a page anew."""
    return PART.sub(lambda match: f"{match[1]}{PARTS[match[2]]()}\n{match[3]}", text)


def write(folder=DOCS) -> list[Path]:
    """Rewrite the pages that are stale; return their paths."""
    stale = []
    for path in sorted(Path(folder).rglob("*.md")):
        text = path.read_text(encoding="utf-8")
        if (fresh := filled(text)) != text:
            path.write_text(fresh, encoding="utf-8")
            stale.append(path)
    return stale


if __name__ == "__main__":
    sys.stdout.write("".join(f"{path.name} rewritten\n" for path in write()) or "every generated part is current\n")
