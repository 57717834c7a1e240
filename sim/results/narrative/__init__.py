"""The answer in sentences: templates filled with facts, one set for terminal, notebook, brief, report and page."""

import math
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from sim.errors import ScenarioError
from sim.months import day_label
from sim.results.cells import count, signed
from sim.results.decomposition import is_split, uncertainty_facts
from sim.results.effects import SHOWN, agreement_needed, decimals, effect, more_pairs, summarise
from sim.results.facts import baseline_title as baseline_title
from sim.results.facts import facts, leading_row
from sim.results.verdicts import of_scenario, shipped
from sim.scenario.assumptions import ENOUGH, PRIOR_DRIVEN
from sim.scenario.places import listed, named_places, place

if TYPE_CHECKING:
    from jinja2 import Environment

MEASURED = {"share": "share", "stock": "number of engineers"}  # measures that have plain words
DOUBT = 2  # Monte Carlo errors within which a mean may well be something else
FEW_PAIRS = 20  # below, the 5 and 95 % quantiles rest on one pair or less
SMALL = 0.01  # of a place's engineers: an unsettled effect that is surely smaller is none to speak of
ONE_IN = 20  # of the largest cause: smaller ones are left out of a sentence
SENTENCES = ("title", "headline", "inside", "others", "why", "money", "published", "trust", "size", "legend", "missing")


def sentences(outcome) -> dict[str, str]:
    """Fill the sentences of one answer: dict of each of ``SENTENCES`` -> text on one line, '' if there is none.

    Parameters
    ----------
    outcome : dict, of ``sim.results.facts.facts``
    """
    return {name: sentence(name, outcome) for name in SENTENCES}


def published_sentences(outcome) -> list[str]:
    """List others' published figures beside the model's: list of str, a figure each."""
    return [sentence("theirs", row) for row in outcome["published"]]


def sentence(name, *arguments) -> str:
    """Fill one sentence of an answer by its name, on one line."""
    return paragraph("sentences", name, *arguments)


def paragraph(template, name, *arguments) -> str:
    """Fill one sentence of a template (its file without the ending), on one line."""
    return _plain(getattr(_module(template), name)(*arguments))


def lines(template, name, *arguments) -> list[str]:
    """Fill several sentences of a template, one a line of the macro: list of str, without the empty ones."""
    text = str(getattr(_module(template), name)(*arguments))
    return [line for line in map(_plain, text.split("\n")) if line]


def answer(result) -> str:
    """Answer on one scenario in one paragraph: the headline, and which other places gain and lose."""
    texts = sentences(facts(result))
    return " ".join(filter(None, (texts[name] for name in ("headline", "inside", "others"))))


def paragraphs(result) -> list[str]:
    """Answer in paragraphs: one a scenario (labelled in a comparison), and how far to trust it."""
    # one paragraph a scenario; in a comparison each is labelled
    alone = len(result.arms) == 1
    each = [answer(result.versus(arm)) if not alone else answer(result) for arm in result.arms]
    first = facts(result.versus(result.arms[0]))
    trust = sentence("trust" if alone else "trust_of_all", first)
    return [*(each if alone else [f"{arm}: {text}" for arm, text in zip(result.arms, each, strict=True)]), trust]


# --- notes below an answer ------------------------------------------------------------------------


def reading(result) -> str:
    """Explain how to read the table of hubs."""
    pairs = result.record["replicates"]
    details = {
        "last": int(result.data.time[-1]),
        "pairs": pairs,
        "several": len(result.arms) > 1,
        "contents": contents(result.record),
        "independent": independence(result.record),
        "more": more_pairs(pairs),
    }
    return paragraph("notes", "reading", details)


def composition(row) -> list[str]:
    """Describe a row of the routes: how many get in, and of whom; list of str, empty if nobody does in one arm."""
    before, after = row["baseline"]["grants"], row["scenario"]["grants"]
    return lines("notes", "composition", row, 100 * (after / before - 1)) if before and after else []


def assumed(record) -> list[str]:
    """State what a run assumed: pairs, refused draws, values fixed by the user, and the law of the baseline."""
    details = {
        "pairs": record["replicates"],
        "engineers": engineers(record),
        "seed": record["seed"],
        "refused": record["refused_draws"],
        "held": [row for row in record["assumptions"] if row["held"] is not None],
        "legal": record["legal"],
    }
    return lines("notes", "assumed", details)


def weak_evidence(record, most=None) -> list[str]:
    """List what rests on weak evidence, compute first; at most ``most`` names of a list, all of them if None."""
    rows = record["assumptions"]
    # shrinkage says how far the fit narrowed a prior; runs with unfitted priors lack it
    fitted = [row for row in rows if row.get("shrinkage") is not None]
    evidence = {
        "compute": next(row for row in rows if row["name"] == "b_compute"),
        "unmeasured": [row["name"] for row in rows if row["grade"] == "D"],
        "count": len(rows),
        "fitted": len(fitted),
        "unmoved": [row["name"] for row in fitted if row["shrinkage"] < ENOUGH],
        "prior": PRIOR_DRIVEN,
        "enough": f"{100 * ENOUGH:.0f}",
    }
    return lines("notes", "weak", evidence, most)


# --- what an effect, its uncertainty and the model rest on ----------------------------------------


def effect_sentence(result, query) -> str:
    """Describe one effect in one line of English, with its spread and its error; never as certain.

    Parameters
    ----------
    result : Result
    query : str, a measure with a single value, e.g. ``"share:usa"``

    >>> effect_sentence(result, "share:sf_bay_area")
    'effect -0... pp, 90 % of pairs in [-0..., -0...], same sign in 20 of 20 pairs, ...'
    """
    pairs = effect(result, query)
    factor, _, unit = SHOWN.get(pairs.attrs["units"], (1, "", pairs.attrs["units"]))
    summary, count = summarise(pairs * factor), pairs.sizes["replicate"]
    row = {name: float(summary[name]) for name in ("mean", "low", "high", "error")}
    row |= {name: int(summary[name]) for name in ("differs", "same_sign")}
    digits = decimals(row["error"] if row["error"] > 0 else row["mean"])
    return paragraph(
        "evidence", "effect", row | {"unit": unit, "digits": digits, "pairs": count, "more": more_pairs(count)}
    )


def uncertainty(result) -> list[str]:
    """Describe the parts of the uncertainty of a result of one scenario in sentences; a run without them has none."""
    return lines("evidence", "uncertainty", uncertainty_facts(result, leading_row(result))) if is_split(result) else []


def verdicts(result) -> list[str]:
    """Count the published facts that the model reproduces, and report those measured on the result's own scenarios.

    Parameters
    ----------
    result : Result of one scenario or of several

    Returns
    -------
    list of str
    """
    rows = shipped()
    passed = sum(row["verdict"] == "passed" for row in rows)
    return lines("evidence", "verdicts", passed, len(rows), of_scenario(result.record))


# --- break-even and why ---------------------------------------------------------------------------


def breakeven(result) -> list[str]:
    """Describe the answer of a break-even in sentences: list of str.

    Parameters
    ----------
    result : Breakeven, see ``sim.study.breakeven``
    """
    curve = result.curve
    # the lowest and the highest effect that was tried
    ends = [curve.loc[curve["mean"].idxmin()], curve.loc[curve["mean"].idxmax()]]
    ends = [{key: float(end[key]) for key in ("value", "mean", "error")} for end in ends]
    # a lever that changes nothing, or a target within the noise of an end
    flat = bool((curve.drop(columns="value").nunique() <= 1).all())
    near = any(abs(result.target - end["mean"]) < DOUBT * end["error"] for end in ends)
    return lines("studies", "breakeven", result, ends, flat, near)


def portfolio(result, pairs) -> list[str]:
    """Summarise a portfolio in sentences: list of str; ``result`` is a Portfolio of ``sim.study.portfolio``."""
    # of equal mixes the first stays first, as in the search
    ranked = result.mixes[result.mixes.within].sort_values("engineers", ascending=False, kind="stable")
    inside = ranked.to_dict("records")
    best, second = (inside[k] if len(inside) > k else None for k in (0, 1))
    return lines("studies", "portfolio", result, best, second, pairs)


def split_sentences(tables) -> list[str]:
    """Summarise each split of an effect in one sentence a table: list of str.

    Parameters
    ----------
    tables : dict of what the parts are ('channels', 'policies', 'origins') -> table of ``decomposition.parts_table``
    """
    texts = []
    for by, table in tables.items():
        rows = table.to_dict("records")
        # parts whose sign is clear, allowing for their number
        total = next(row for row in rows if row["part"] == "total")
        needed = agreement_needed(total["pairs"], len(rows) - 1)
        clear = [row for row in rows if row is not total and row["same_sign"] >= needed]
        clear.sort(key=lambda row: -abs(row["mean"]))
        texts.append(paragraph("studies", "split", by, clear[:4], total, total["pairs"]))
    return texts


def split_reading(by) -> str:
    """Explain how to read a table of parts."""
    return paragraph("studies", "why_reading", by)


def part_words(row, total) -> str:
    """Format a part of an effect in a few words: ``visa -0.31 pp (90 %)``."""
    part = f"{100 * row['mean'] / total['mean']:.0f} %" if total["mean"] else ""
    return f"{row['part']} {row['mean']:+.2g}{f' ({part})' if part else ''}"


def figures(value, *others) -> str:
    """Format a value with three significant digits and separators of thousands; with more to tell it from ``others``.

    >>> figures(63215.2), figures(0.01234), figures(7), figures(63215.2, 63218.9), figures(1.5011, 1.5034)
    ('63,200', '0.0123', '7', '63,215', '1.501')
    """
    if value != value:
        return "not known"
    # the first digit of the smallest difference is shown
    gaps = [abs(value - other) for other in others if other == other and other != value]
    if gaps and figures(value) in map(figures, others):
        decimals = -math.floor(math.log10(min(gaps)))
        return f"{round(value, decimals):,.{max(decimals, 0)}f}"
    if abs(value) >= 1000:
        digits = len(str(int(abs(value)))) - 3
        return f"{round(value, -digits):,.0f}"
    return f"{value:.3g}"


def exact(value) -> str:
    """Format a value that was given, such as that of a lever: unrounded, up to ten significant digits.

    >>> exact(17_550), exact(-0.125), exact(7.0)
    ('17,550', '-0.125', '7')
    """
    return f"{value:,.10g}"


def number_of(n, thing) -> str:
    """Format a count with its noun: ``1 pair``, ``20 pairs``."""
    return f"{n} {thing}{'' if n == 1 else 's'}"


def measure_words(name) -> str:
    """Return a measure in plain words where it is a place's share or stock, else its name.

    >>> measure_words("share:usa"), measure_words("share:are"), measure_words("hhi")
    ("the US's share", "the Emirates' share", 'hhi')
    """
    kind, _, where = name.partition(":")
    if not where or kind not in MEASURED:
        return name
    try:
        owner = place(where).spoken
    except ScenarioError:  # a measure with keys, or of one's own
        return name
    # a plural takes an apostrophe alone: the Netherlands', but the US's and Paris's
    last = owner.split(" and ")[-1]
    ending = "'" if last.startswith(("the ", "other ")) and last.endswith("s") else "'s"
    return f"{owner}{ending} {MEASURED[kind]}"


def in_words(n) -> str:
    """Write a small count in words: ``four``; larger ones in digits."""
    return "no one two three four five six seven eight".split()[n] if n < 9 else str(n)


def engineers(record) -> str:
    """Describe the size of a run: ``100,000 engineers``, or ``all engineers``."""
    size = record["population"]
    return f"{size:,} engineers" if isinstance(size, int) else "all engineers"


def contents(record) -> str:
    """Name the sources of the spread over pairs: ``chance and assumptions``, or chance alone."""
    return "chance" if record["uncertainty"] == "chance" else "chance and assumptions"


def independence(record) -> str:
    """Say what the Monte Carlo error takes for granted about pairs; where assumptions are drawn, with its limit."""
    drawn = ", though draws of assumptions are spread evenly (measured: docs/coverage.md)"
    return f"taking pairs for independent{'' if record['uncertainty'] == 'chance' else drawn}"


def environment() -> "Environment":
    """Build a jinja2 environment with the filters of the sentences; it loads the templates of this folder."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    # undefined names raise: a missing fact must not print as nothing
    made = Environment(
        loader=PackageLoader("sim.results.narrative", "."),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {
        "persons": persons,
        "signed_persons": signed_persons,
        "points": points,
        "level": level,
        "percent": percent,
        "bound": bound,
        "listed": lambda words: listed(list(words)),
        "begin": begin,
        "lower_first": lower_first,
        "spoken": spoken,
        "day": day_label,
        "is_small": is_small,
        "dollars": dollars,
        "number": number,
        "signed_number": lambda value: ("+" if value > 0 else "") + number(value),
        "causes": cause_words,
        "band": band,
        "count": count,
        "figures": figures,
        "exact": exact,
        "part_words": part_words,
        "number_of": number_of,
        "in_words": in_words,
        "measure_words": measure_words,
        "place_words": lambda label: place(label).spoken,
        "whole_percent": whole_percent,
    }
    return made


@lru_cache
def _module(template) -> Any:
    """Load the macros of a template."""
    return environment().get_template(f"{template}.j2").module


def _plain(text) -> str:
    """Join a macro's text to one paragraph: single blanks, and none before a mark."""
    return re.sub(r"\s+([.,;:])(?=\s|$)", r"\1", " ".join(str(text).split()))


# --- numbers as people read them ------------------------------------------------------------------


def persons(value, figures=2) -> str:
    """Format a number of people without its sign, to two figures or more.

    >>> persons(-34_812), persons(291.4), persons(0.2)
    ('35,000', '290', '0')
    """
    size = round(abs(value))
    digits = max(len(str(size)) - figures, 0)
    return f"{round(size, -digits):,}"


def signed_persons(value) -> str:
    """Format a number of people with its sign, to two figures; zero without one."""
    text = persons(value)
    return text if text == "0" else f"{'+' if value > 0 else '-'}{text}"


def points(value, digits=2) -> str:
    """Format percentage points with their sign, zero without one.

    >>> points(-1.034), points(0.001)
    ('-1.03', '0.00')
    """
    return signed(value, digits)


def level(value, digits=1) -> str:
    """Format a level in per cent."""
    return f"{value:.{digits}f}"


def percent(value) -> str:
    """Format a part in per cent, to two figures.

    >>> percent(5.183), percent(0.0421), percent(31.2)
    ('5.2', '0.042', '31')
    """
    return f"{value:.0f}" if value >= 10 else f"{value:.2g}"


def whole_percent(share) -> str:
    """Format a share in whole per cent, without a false zero; one below zero by Monte Carlo error is ``<1``.

    >>> whole_percent(0.714), whole_percent(0.004), whole_percent(-0.002), whole_percent(0.0)
    ('71', '<1', '<1', '0')
    """
    return f"{100 * share:.0f}" if share == 0 or 100 * share >= 0.5 else "<1"


def bound(row) -> str:
    """Format the largest effect, in points, that nine runs in ten leave possible."""
    most = max(abs(row["low"]), abs(row["high"]))
    return f"{most:.2f}" if most >= 0.01 else f"{most:.1g}"


def is_small(people) -> bool:
    """Return whether nine runs in ten lie within one per cent of a place's engineers."""
    return max(abs(people["low"]), abs(people["high"])) < SMALL * people["baseline"]


def number(value) -> str:
    """Return a number to three figures, thousands apart.

    >>> number(-66_000), number(0.1234), number(30.58)
    ('-66,000', '0.123', '30.6')
    """
    text = figures(abs(value))
    return f"-{text}" if value < 0 and re.search("[1-9]", text) else text


def dollars(millions) -> str:
    """Format million USD without the sign, to two figures.

    >>> dollars(-213.4), dollars(4_520), dollars(0.0963), dollars(0.00042)
    ('210 million', '4.5 billion', '96,000', '420')
    """
    # round first, so that 999,600 becomes 1 million
    size = float(f"{abs(millions):.2g}")
    if size < 1:
        return f"{round(1e6 * size):,}"
    return f"{size / 1000:g} billion" if size >= 1000 else f"{size:g} million"


# --- words ----------------------------------------------------------------------------------------


def begin(text) -> str:
    """Capitalise the first letter of a text."""
    return text[:1].upper() + text[1:]


def lower_first(text) -> str:
    """Lower the first letter of a title inside a sentence, unless it is a name or an abbreviation.

    >>> lower_first("Rules of mid-2025"), lower_first("US tax")
    ('rules of mid-2025', 'US tax')
    """
    return text if text[:2].isupper() or len(text) < 2 else text[:1].lower() + text[1:]


def spoken(name) -> str:
    """Return a country's name as it stands in a sentence."""
    return next((each.spoken for each in named_places().values() if each.name == name), name)


def cause_words(causes) -> list[str]:
    """Describe the causes of a change as phrases, the largest first; small ones are left out."""
    phrases = (
        ("arrivals", "move in"),
        ("departures", "move out"),
        ("entrants", "enter the occupation there"),
        ("exits", "leave the occupation"),
    )
    # causes below a twentieth of the largest are left out
    largest = max(abs(causes[key]) for key, _ in phrases)
    shown = [
        (abs(causes[key]), causes[key], words) for key, words in phrases if abs(causes[key]) * ONE_IN >= largest > 0
    ]
    shown.sort(key=lambda cause: -cause[0])
    return [f"{persons(value)} {'more' if value > 0 else 'fewer'} {words}" for _, value, words in shown]


def band(row) -> str:
    """Format the band of a published fact."""
    low, high = row["low"], row["high"]
    if low == high:
        return f"{low:g}"
    if high is None:
        return f"at least {low:g}"
    return f"at most {high:g}" if low is None else f"{low:g} to {high:g}"
