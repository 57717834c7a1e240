"""The effect on every country, hubs indented below: bars with the spread over pairs, in points and in people."""

from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from sim.errors import UsageError
from sim.results.cells import effect_digits
from sim.results.effects import SHOWN, agreement_needed, effect_series, summarise
from sim.results.facts import effect_rows, facts
from sim.results.narrative import sentence, signed_persons
from sim.show.plots import style
from sim.show.plots.choice import basis_words, hubs_shown, only_pair, times_shown, until, years_shown
from sim.show.plots.style import inset, right_of, unit_words

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SIZE = (10, 7)  # inches
MOST = (25, 14)  # rows that stay readable, in a memo and on a slide
NUMBERS = 22  # em that the columns take
COLUMNS = ((4.6, "points"), (10.6, "people"), (21.4, "90 % of runs"))  # right edges, em beside the plot
UNSETTLED = "a bar in grey: too few runs agree to call the direction"


def plot_effects(result, ax=None, hubs=None, years=None, measure=None) -> "Axes":
    """Draw the effect at the last of ``years`` on the share of every country that changes most,
    its main hubs indented below.

    Parameters
    ----------
    result : Result with one scenario
    ax : matplotlib Axes; a new figure of 10 by 7 inches if None
    hubs : list of hub labels; then a row each, without countries
    years : (first, last); the effect is shown for the last, and for the end of the run if None
    measure : str, a measure of every hub, e.g. ``"share,tier=expert"`` or ``"net_rate"``, a row a hub; if None the
        share of the people that the scenario's question is about, by country

    Returns
    -------
    the Axes; the plot itself is its only child, ``ax.child_axes[0]``

    Raises
    ------
    ResultError for an unknown hub or measure, or years outside the run; UsageError for a comparison.
    """
    only_pair(result, "effects")
    # countries and their main hubs by default; hubs alone for a chosen measure or chosen hubs
    countries = measure is None and hubs is None
    shown = until(result, years) if countries else result
    with style.look():
        ax = style.axes(SIZE) if ax is None else ax
        ax.axis("off")
        if countries:
            _plot_countries(ax, shown)
        else:
            _plot_hubs(ax, result, hubs, years, measure or "share")
    return ax


def _plot_countries(ax, result) -> None:
    """Draw the subject and the countries that change most, their main hubs below them."""
    outcome = facts(result)
    rows, rest = effect_rows(result, style.fit(22, 13))
    style.heading(ax, sentence("finding", outcome), _subtitle(result, outcome))
    if not any(row["differs"] for row in rows):
        style.say_nothing_differs(ax)
        return
    _draw(ax, rows, outcome["pairs"], digits=outcome["effect_digits"])
    # the rows add up to zero with everyone else
    residual = f"Everyone else: {style.signed(rest['effect'], 2)} points. " if rest else ""
    style.caption(ax, f"{residual}{_how(outcome['pairs'])} {source(result, outcome)}")


def _subtitle(result, outcome) -> str:
    """Describe the share whose change is drawn."""
    whom = sentence("whole", outcome["people"]).removeprefix("of ")
    what = "the world's AI engineers" if whom == "the world's" else whom
    when = f"in January {outcome['last']}{basis_words(result)}"
    return f"{outcome['title']}: change of the share of {what} {when}, percentage points"


def _how(pairs) -> str:
    """Explain the line, and which bars are grey."""
    if pairs == 1:
        return "A single pair: more would show its spread and its error."
    few = "fewer than ten pairs settle no direction" if pairs < 10 else UNSETTLED
    return f"Line: 90 % of runs; {few}."


def source(result, outcome) -> str:
    """Name the sources of a figure's numbers, for the small print below it."""
    return sentence("source", outcome, result.record["versions"].get("talentflow", ""))


def _plot_hubs(ax, result, hubs, years, measure) -> None:
    """Draw a measure of every hub, a row a hub."""
    pairs = effects_at(result, measure, years)
    style.heading(ax, result.record["title"], subtitle(pairs, measure))
    rows = _hub_rows(result, pairs, hubs)
    if not any(row["differs"] for row in rows):
        style.say_nothing_differs(ax)
        return
    _draw(ax, rows, pairs.sizes["replicate"], unit_words(pairs.attrs["units"]))
    style.caption(ax, f"{_how(pairs.sizes['replicate'])} {source(result, facts(result))}")


def _hub_rows(result, pairs, hubs) -> list[dict]:
    """Choose the hubs, and return their effects as rows."""
    # the hubs with the largest effects, from the largest gain to the largest loss
    mean = pairs.mean("replicate").to_series()
    if hubs is None:
        chosen = list(abs(mean).sort_values(ascending=False, kind="stable").index[: style.fit(20, 12)])
    else:
        chosen = hubs_shown(result, hubs, most=style.fit(*MOST))
    chosen = list(mean[chosen].sort_values(ascending=False, kind="stable").index)
    effects, names = summarise(pairs.sel(hub=chosen)), pairs.hub_name.to_series()
    count = pairs.sizes["replicate"]
    return [
        {"name": str(names[hub]), "level": 0, "effect": float(effects["mean"].sel(hub=hub)), "people": None}
        | {key: float(effects[key].sel(hub=hub)) for key in ("low", "high", "same_sign", "differs", "error")}
        | {"settled": float(effects.same_sign.sel(hub=hub)) >= agreement_needed(count, len(chosen))}
        for hub in chosen
    ]


def _draw(ax, rows, pairs, unit="percentage points", digits=None) -> "Axes":
    """Draw a bar a row, countries thick and hubs thin; intervals, and the numbers right of them."""
    # room for the longest name at the left and for the numbers at the right
    longest = max(len(row["name"]) + 2 * row["level"] for row in rows)
    plot = inset(ax, left=0.54 * longest + 1.2, below=3.2, right=NUMBERS, above=1.6)
    heights = np.arange(len(rows))[::-1].astype(float)
    # a bar a row: thick for countries, thin for hubs, grey where the direction is not settled
    for y, row in zip(heights, rows, strict=True):
        colour = (style.GAIN if row["effect"] > 0 else style.LOSS) if row["settled"] else style.UNDECIDED
        thick, alpha = (0.62, 1.0) if row["level"] == 0 else (0.34, 0.75)
        plot.barh(y, row["effect"], thick, color=colour, alpha=alpha, lw=0)
        if pairs > 1 and row["differs"]:
            plot.plot([row["low"], row["high"]], [y, y], color=style.INK, lw=style.em(0.1), solid_capstyle="butt")
    plot.axvline(0, color=style.INK, lw=0.9)
    # limits hold every bar, interval and zero
    ends = [value for row in rows for value in (row["low"], row["high"], row["effect"], 0.0)]
    span = max(ends) - min(ends)
    plot.set(xlim=(min(ends) - 0.04 * span, max(ends) + 0.04 * span), ylim=(-0.8, heights[0] + 0.8))
    # names are written by hand, as hubs are indented
    plot.set_yticks(heights, ["" for _ in rows])
    plot.tick_params(axis="y", length=0)
    plot.locator_params(axis="x", nbins=style.fit(6, 5))
    plot.grid(axis="x", color=style.GRID, lw=0.6)
    plot.set_axisbelow(True)
    plot.spines["left"].set_visible(False)
    plot.set_xlabel(f"loses  \u2190   {unit}   \u2192  gains")
    for y, row in zip(heights, rows, strict=True):
        place = (-style.em(0.54 * longest + 0.8) + style.em(1.3) * row["level"], 0)
        how = {"color": style.BASELINE} if row["level"] else {"fontweight": "bold"}
        plot.annotate(
            row["name"],
            (0, y),
            place,
            textcoords="offset points",
            xycoords=("axes fraction", "data"),
            va="center",
            **how,
        )
    _write(plot, rows, heights, pairs, effect_digits(rows) if digits is None else digits)
    return plot


def _write(plot, rows, heights, pairs, digits) -> None:
    """Draw points, people and interval as numbers, right of the plot."""
    # headings, then numbers in columns; measures of hubs are not in people
    with_people = rows[0]["people"] is not None
    for column, words in COLUMNS:
        if words != "people" or with_people:
            right_of(plot, heights[0] + 0.8, column, words, color=style.BASELINE, va="bottom")
    for y, row in zip(heights, rows, strict=True):
        cells = [style.signed(row["effect"], digits), "", style.span(row["low"], row["high"], digits)]
        if with_people:
            cells[1] = signed_persons(row["people"]["effect"]).replace("-", "\u2212")
        if pairs == 1:
            cells[2] = "one pair"
        for (column, _), cell in zip(COLUMNS, cells, strict=True):
            right_of(plot, y, column, cell, fontsize="small" if row["level"] else "medium")


# --- for other figures ----------------------------------------------------------------------------


def effects_at(result, measure, years) -> xr.DataArray:
    """Return paired effects at the last of ``years``, over replicate and hub (and arm), in the unit that people read.

    Raises
    ------
    ResultError for an unknown measure or years outside the run; UsageError for a measure of one place.
    """
    pairs = effect_series(result, measure)
    if "hub" not in pairs.dims:
        raise UsageError(measure, "not a measure of every hub; write it without a place")
    # stocks on 1 January, flows over a year
    stocks = "time" in pairs.dims
    when = (times_shown if stocks else years_shown)(result, years)[-1]
    factor, _, unit = SHOWN.get(pairs.attrs["units"], (1, "", pairs.attrs["units"]))
    return (factor * pairs.sel({"time" if stocks else "year": when})).assign_attrs(
        pairs.attrs
        | {"units": unit, "when": f"in January {when}" if stocks else f"in {when}", "basis": basis_words(result)}
    )


def subtitle(pairs, measure) -> str:
    """Describe the quantity and the date of a figure of :func:`effects_at`."""
    what = "the share of the world's AI engineers" if measure == "share" else f"{measure} ({pairs.attrs['long_name']})"
    counted = pairs.attrs["basis"] if measure == "share" else ""
    return f"Effect on {what} {pairs.attrs['when']}{counted}, against the baseline, {unit_words(pairs.attrs['units'])}"
