"""The effect on every hub: a forest plot, sorted, with the spread over pairs and the Monte Carlo error."""

import numpy as np
import xarray as xr

from sim.errors import UsageError
from sim.results.effects import SHOWN, agreement_needed, decimals, effect_series, error_words, summarise
from sim.show.plots import style
from sim.show.plots.choice import basis_words, hubs_shown, only_pair, times_shown, years_shown
from sim.show.plots.panels import inset, right_of

SIZE = (10, 7)  # inches
MOST = (25, 14)  # rows that stay readable, in a memo and on a slide
COLUMNS = ((19.5, "effect"), (11, "90 % of pairs"), (5.5, "same sign"), (0, "MC error"))  # em from the right
NUMBERS = 25.5  # em that the columns take
ADD_UP = ("share", "stock", "arrival_share", "net_migration", "entrants", "exits")  # over hubs
STATISTICS = ("mean", "low", "high", "same_sign", "error")


def plot_effects(result, ax=None, hubs=None, years=None, measure="share"):
    """Effect on each hub at the last of ``years``: on its share of the world stock, or on another measure.

    Parameters
    ----------
    result : Result with one scenario
    ax : matplotlib Axes; a new figure of 10 by 7 inches if None
    hubs : list of hub labels; those with the largest effects if None
    years : (first, last); the effect is shown for the last, and for the end of the run if None
    measure : str, a measure of every hub, e.g. ``"share,tier=expert"`` or ``"net_rate"``

    Returns
    -------
    the Axes; the plot itself is its only child, ``ax.child_axes[0]``

    Raises
    ------
    ResultError for an unknown hub or measure, or years outside the run; UsageError for a comparison.
    """
    pairs = effects_at(only_pair(result, "effects"), measure, years)
    with style.look():
        found = summarise(forest_rows(result, pairs, hubs))
        ax = style.axes(SIZE) if ax is None else ax
        ax.axis("off")
        style.heading(ax, result.record["title"], subtitle(pairs, measure))
        if not int(found.differs.sum()):
            style.say_nothing_differs(ax)
            return ax
        _write_columns(_draw_rows(ax, found), found)
        style.caption(ax, _small_print(result, found))
    return ax


def effects_at(result, measure, years):
    """Paired effects at the last of ``years``, over replicate and hub (and arm), in the unit that people read.

    Raises
    ------
    ResultError for an unknown measure or years outside the run; UsageError for a measure of one place.
    """
    pairs = effect_series(result, measure)
    if "hub" not in pairs.dims:
        raise UsageError(measure, "not a measure of every hub; write it without a place")
    stocks = "time" in pairs.dims
    when = (times_shown if stocks else years_shown)(result, years)[-1]
    factor, _, unit = SHOWN.get(pairs.attrs["units"], (1, "", pairs.attrs["units"]))
    return (factor * pairs.sel({"time" if stocks else "year": when})).assign_attrs(
        pairs.attrs
        | {"units": unit, "when": f"in January {when}" if stocks else f"in {when}", "basis": basis_words(result)}
    )


def subtitle(pairs, measure):
    """What a figure of :func:`effects_at` shows, and when."""
    what = "the share of the world's AI engineers" if measure == "share" else f"{measure} ({pairs.attrs['long_name']})"
    counted = pairs.attrs["basis"] if measure == "share" else ""
    return f"Effect on {what} {pairs.attrs['when']}{counted}, against the baseline, {unit_words(pairs.attrs['units'])}"


def unit_words(unit):
    """A unit without abbreviations."""
    return unit.replace("pp", "percentage points")


def forest_rows(result, effects, hubs=None, count=None):
    """The paired effects of the hubs asked for or with the largest ones, from gain to loss, then of all others.

    Parameters
    ----------
    effects : xarray.DataArray over replicate and hub, of :func:`effects_at`
    hubs : list of hub labels, or None for the ``count`` with the largest effects
    """
    mean = effects.mean("replicate").to_series()
    if hubs is None:
        chosen = list(abs(mean).sort_values(ascending=False, kind="stable").index[: count or style.fit(20, 12)])
    else:
        chosen = hubs_shown(result, hubs, most=style.fit(*MOST))
    chosen = list(mean[chosen].sort_values(ascending=False, kind="stable").index)
    names = effects.hub_name.to_series()
    effects = effects.reset_coords(drop=True)
    rows = effects.sel(hub=chosen).assign_coords(hub=[names[hub] for hub in chosen])
    others = effects.drop_sel(hub=chosen)
    if not others.sizes["hub"] or effects.name not in ADD_UP:
        return rows.assign_attrs(others=False)
    together = others.sum("hub").expand_dims(hub=[f"{others.sizes['hub']} other hubs together"])
    return xr.concat([rows, together], "hub").assign_attrs(effects.attrs, others=True)


def _draw_rows(ax, found):
    """The forest: an interval and a marker a row, round a zero line."""
    longest = max(len(name) for name in found.hub.values)
    plot = inset(ax, left=0.55 * longest + 0.8, below=3.2, right=NUMBERS)
    heights, pairs = _heights(found), found.attrs["pairs"]
    filled = found.same_sign.values >= agreement_needed(pairs, len(heights))
    plot.hlines(heights, 0, 1, color=style.GRID, lw=0.6, zorder=-1, transform=plot.get_yaxis_transform())
    plot.hlines(heights, found.low, found.high, color=style.SCENARIO, lw=style.em(0.18))
    for rows, inside in ((filled, style.SCENARIO), (~filled, "white")):
        plot.plot(
            found["mean"][rows],
            heights[rows],
            "o",
            ms=style.em(0.6),
            color=style.SCENARIO,
            mfc=inside,
            mew=style.em(0.14),
        )
    plot.axvline(0, color=style.INK, lw=0.9, zorder=0)
    reach = 1.06 * float(max(abs(found.low).max(), abs(found.high).max()))
    plot.set(yticks=heights, xlim=(-reach, reach), ylim=(heights.min() - 0.8, heights.max() + 0.8))
    plot.set_yticklabels(found.hub.values, color=style.INK)
    plot.tick_params(axis="y", length=0)
    plot.locator_params(axis="x", nbins=7)
    plot.spines["left"].set_visible(False)
    plot.set_xlabel(f"loses  \u2190   {unit_words(found.attrs['units'])}   \u2192  gains")
    return plot


def _heights(found):
    """A row each from the top; the last one, all other hubs, a little apart."""
    heights = np.arange(found.sizes["hub"])[::-1].astype(float)
    if found.attrs["others"]:
        heights[-1] -= 0.5
    return heights


def _write_columns(plot, found):
    """Effect, interval, agreement and Monte Carlo error as numbers, right of the plot."""
    pairs, heights = found.attrs["pairs"], _heights(found)
    digits = decimals(float(found.error.median())) if pairs > 1 else decimals(float(abs(found["mean"]).max()) / 100)
    digits = max(2, digits) if found.attrs["units"].startswith("pp") else digits
    for column, words in COLUMNS:
        right_of(plot, heights.max() + 0.8, NUMBERS - column, words, color=style.BASELINE, va="bottom")
    for y, *row in zip(heights, *(found[name].values for name in STATISTICS), strict=True):
        mean, low, high, same, error = row
        cells = [
            style.signed(mean, digits),
            style.span(low, high, digits),
            f"{same} of {pairs}",
            error_words(error, digits),
        ]
        if pairs == 1:
            cells[1:] = ["one pair", "", ""]
        for (column, _), cell in zip(COLUMNS, cells, strict=True):
            right_of(plot, y, NUMBERS - column, cell)


def _small_print(result, found):
    pairs = found.attrs["pairs"]
    needed = agreement_needed(pairs, found["mean"].size)
    said = f"{style.pairs_words(result.record).capitalize()}. {style.spread_words(result.record, 'Line')}"
    if pairs == 1:
        return said
    unit = unit_words(found.attrs["units"])
    more = f" MC error: Monte Carlo error of the mean, in {unit}; four times the pairs halve it."
    filled = (
        f"filled when at least {needed} of {pairs} have its sign" if needed <= pairs else "so few settle no direction"
    )
    return f"{said} Dot: mean over pairs; {filled}.{style.fit(more, '')}"
