"""Plot how much of the variance rests on which grade of evidence: Sobol indices times grades."""

from typing import TYPE_CHECKING

import numpy as np

from sim.results.sweep import assumption_load, index_table, is_graded, is_settled, load_words, plain_name, subject
from sim.show.plots import style
from sim.show.plots import sweep_choice as choice
from sim.show.plots.style import inset, pixels, wrap

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SIZE = (10, 4)  # inches
NAMES = {"A": "A  measured", "B": "B  derived", "C": "C  industry", "D": "D  assumed", "": "no grade"}
NAMED = 4  # factors of a grade that are named
BAR, WIDTH = 0.62, 0.5  # of a row; of the figure that a whole takes


def plot_assumption_load(sweep, ax=None, measure=None) -> "Axes":
    """Draw a bar each grade of evidence: its part of the variance, from the total Sobol indices scaled to add up to 1.

    Parameters
    ----------
    sweep : Sweep
    ax : matplotlib Axes; a new figure of 10 by 4 inches if None
    measure : one that the sweep kept; the first asked for if None

    Returns
    -------
    the Axes; the bars are its only child, ``ax.child_axes[0]``

    Raises
    ------
    UsageError for a sweep without Sobol indices; ResultError for a measure that it did not keep.
    """
    return choice.figure(sweep, ax, measure, "assumption_load", ("sobol",), SIZE, _values, _draw)


def _values(sweep, measure, stage) -> tuple:
    """Return the table of indices, the total ones, and True."""
    table = index_table(sweep, measure, stage)
    return table, table.total, True


def _draw(sweep, ax, measure, stage, table) -> None:
    """Draw heading, a bar for each grade, and small print."""
    load = assumption_load(sweep, measure, stage)
    # the finding is the title; a sweep that has not settled says that instead
    said = load_words(load.load.to_dict()) if is_graded(sweep) else "No factor here has a grade of evidence"
    said = said if is_settled(table) else "Not settled: the intervals are wider than the indices"
    choice.head(
        sweep,
        ax,
        choice.blurred(sweep, measure, stage) or said,
        f"variance of {subject(sweep, measure)} by grade of evidence",
    )
    _draw_bars(sweep, ax, load, table)
    grey = "Grey: of factors whose interval covers 0. " if table.undecided.any() else ""
    choice.caption(
        sweep, ax, measure, stage, f"Total Sobol indices, scaled to add up to 100 %. {grey}".strip(), letters=False
    )


def _draw_bars(sweep, ax, load, table) -> None:
    """Draw the bars, what is undecided grey at their end, and which factors make them."""
    # parts of the sum of total indices; a negative estimate is sampling error around 0
    size = table.total.clip(lower=0)
    part = 100 * size / size.sum()
    plot = inset(ax, left=7.5, below=0.4, right=0, above=0.4)
    heights = np.arange(len(load))[::-1]
    for y, (grade, row) in zip(heights, load.iterrows(), strict=True):
        # coloured: factors that are clearly above zero; grey: the others
        clear = part[[name for name in row.factors if not table.undecided[name]]].sum()
        whole = 100 * row.load
        plot.barh(y, clear, BAR, color=style.GRADES[grade])
        plot.barh(y, whole - clear, BAR, clear, color=style.UNDECIDED)
        shown = plot.annotate(
            _listed(sweep, row.factors, part),
            (whole, y),
            (style.em(4), 0),
            textcoords="offset points",
            va="center",
            fontsize="small",
            color=style.BASELINE,
        )
        plot.annotate(
            choice.percent(row.load),
            (whole, y),
            (style.em(0.5), 0),
            textcoords="offset points",
            va="center_baseline",
            fontweight="bold",
        )
        plot.set(xlim=(0, 100 / WIDTH), ylim=(-0.5, len(load) - 0.5))
        # the list of factors takes what the bar leaves of the row
        room = plot.get_window_extent().width * (1 - WIDTH * whole / 100) - pixels(ax, 4.5)
        wrap(shown, room, 2)
    # the bar's axis needs no scale: every bar has its number
    plot.set_yticks(heights, [NAMES[grade] for grade in load.index], color=style.INK, fontsize="medium")
    plot.tick_params(length=0)
    plot.set_xticks([])
    plot.spines["bottom"].set_visible(False)
    plot.spines["left"].set_color(style.INK)


def _listed(sweep, factors, part) -> str:
    """List the strongest factors of a grade with their parts."""
    said = [f"{plain_name(sweep, name)} {part[name]:.0f}\u00a0%" for name in factors[:NAMED] if part[name] >= 0.5]
    more = len(factors) - len(said)
    return ", ".join(said) + (f" and {more} more" if said and more else "")
