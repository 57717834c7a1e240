"""A whole in parts: each bar begins where the one above it ends, and together they make the total effect."""

from textwrap import fill
from typing import TYPE_CHECKING

import numpy as np

from sim.results.cells import effect_digits
from sim.results.effects import decimals, error_words
from sim.results.narrative import persons, signed_persons
from sim.show.plots import style
from sim.show.plots.style import inset, right_of, unit_words

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SIZE = (10, 6)  # inches
NUMBERS = 21.5  # em right of the bars
COLUMNS = ((5.5, "part"), (16, "90 % of pairs"), (NUMBERS, "MC error"))
BAR = 0.6  # of a row
ERROR = "MC error: Monte Carlo error of the mean."
SMALL_PRINT = (
    "Each bar begins where the one above it ends; the parts add up to the total. Line under a bar: 90 % of pairs, from "
    f"where the bar begins. {ERROR}"
)
LONGEST = 34  # letters in a line of a part's name


def plot_parts(table, title, subtitle, unit, ax=None, small_print="") -> "Axes":
    """Draw the waterfall of the parts of an effect.

    Parameters
    ----------
    table : pandas.DataFrame: part, mean, low, high (90 % of pairs), error (Monte Carlo), all in ``unit``; the last row
        is the total, which the others add up to
    title, subtitle : str
    unit : str, such as ``"pp"``
    ax : matplotlib Axes; a new figure of 10 by 6 inches if None
    small_print : str, below the bars; nothing where another figure writes its own

    Returns
    -------
    the Axes; the bars are its only child, ``ax.child_axes[0]``
    """
    with style.look():
        ax = style.axes(SIZE) if ax is None else ax
        ax.axis("off")
        style.heading(ax, title, subtitle)
        if not table["mean"].any():
            style.say_nothing_differs(ax)
            return ax
        # long names take several lines; the longest sets the room at the left
        names = [fill(name.replace("->", "\u2192"), LONGEST) for name in table.part]
        longest = max(len(line) for name in names for line in name.splitlines())
        plot = inset(ax, left=0.5 * longest + 1, below=3.2, right=NUMBERS, above=1.4)
        _draw_bars(plot, table, names, unit)
        _write_numbers(plot, table, unit)
        if small_print:
            style.caption(ax, small_print)
    return ax


def _draw_bars(plot, table, names, unit) -> None:
    """Draw the parts from the top, the total at the foot from zero."""
    parts = table["mean"].to_numpy()
    # each bar begins where the one above ends; the total begins at zero, a little apart
    begins = np.append(np.cumsum(parts[:-1]) - parts[:-1], 0.0)
    heights = np.arange(len(parts))[::-1] - np.where(np.arange(len(parts)) == len(parts) - 1, 0.4, 0)
    colours = [style.GAIN if part > 0 else style.LOSS for part in parts[:-1]] + [style.BASELINE]
    plot.barh(heights, parts, BAR, begins, color=colours)
    # intervals under the bars, and thin lines from bar to bar
    below = heights - BAR / 2 - 0.1
    plot.hlines(below, begins + table.low, begins + table.high, color=style.INK, lw=style.em(0.14))
    ends = (begins + parts)[:-1]
    plot.vlines(ends, heights[1:] - BAR / 2, heights[:-1] + BAR / 2, color=style.FAINT, lw=0.8)
    plot.axvline(0, color=style.INK, lw=0.9, zorder=0)
    plot.set(yticks=heights, ylim=(heights[-1] - 0.6, heights[0] + 0.6))
    plot.set_yticklabels(names, color=style.INK)
    plot.get_yticklabels()[-1].set_fontweight("bold")
    plot.tick_params(axis="y", length=0)
    plot.use_sticky_edges = False
    plot.margins(x=0.04)
    plot.locator_params(axis="x", nbins=style.fit(7, 5))
    plot.spines["left"].set_visible(False)
    plot.xaxis.set_major_formatter(lambda value, _: f"{value:,.6g}".replace("-", "\u2212"))
    plot.set_xlabel(f"loses  \u2190   {unit_words(unit)}   \u2192  gains")


def _error(error, digits) -> str:
    """Format a Monte Carlo error, or say that there is one pair."""
    return error_words(error, digits) if np.isfinite(error) else "one pair"


def _write_numbers(plot, table, unit) -> None:
    """Draw part, interval and Monte Carlo error as numbers."""
    # points as in the table of the terminal, else as many decimals as the middle error allows
    if unit == "pp":
        digits = effect_digits(table.to_dict("records"))
    else:
        digits = decimals(float(table.error.median())) if table.error.notna().all() else 2
    heights = plot.get_yticks()
    for column, words in COLUMNS:
        right_of(plot, heights[0] + 0.6, column, words, color=style.BASELINE, va="bottom")
    for y, row in zip(heights, table.itertuples(), strict=True):
        if unit == "persons":  # two figures, as in the text
            mean, low, high = (signed_persons(value).replace("-", "\u2212") for value in (row.mean, row.low, row.high))
            cells = (mean, f"{low} to {high}", persons(row.error) if np.isfinite(row.error) else "one pair")
        else:
            cells = (style.signed(row.mean, digits), style.span(row.low, row.high, digits), _error(row.error, digits))
        for (column, _), cell in zip(COLUMNS, cells, strict=True):
            right_of(plot, y, column, cell)
