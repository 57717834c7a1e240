"""Plot the answer against each of the leading factors: the mean over all others, with the spread around it."""

from typing import TYPE_CHECKING

import numpy as np

from sim.results.indices import NORMAL
from sim.results.sweep import dependence, index_table, spoken_name, subject
from sim.show.plots import style
from sim.show.plots import sweep_choice as choice
from sim.show.plots.style import columns_of, multiples

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SIZE = (10, 6)  # inches
MOST = (6, 3)  # factors, in a memo and on a slide
MARGINS = {"left": 4.6, "below": 3.6, "right": 1, "above": 3}
METHODS = ("sobol", "pawn", "lhs", "morris")
LEAST = 16  # points: four parts of the range with four each


def plot_dependence(sweep, ax=None, measure=None) -> "Axes":
    """Draw the partial dependence of a measure on the leading factors, from the points of the sweep.

    Parameters
    ----------
    sweep : Sweep
    ax : matplotlib Axes; a new figure of 10 by 6 inches if None
    measure : one that the sweep kept; the first asked for if None

    Returns
    -------
    the Axes; a panel each factor in ``ax.child_axes``

    Raises
    ------
    UsageError for a grid or a one-at-a-time design; ResultError for a measure that the sweep did not keep.
    """
    return choice.figure(sweep, ax, measure, "dependence", METHODS, SIZE, _values, _draw)


def _values(sweep, measure, stage) -> tuple:
    """Return nothing to draw yet, the distances of the values from their mean, and whether the points are enough."""
    values = sweep.value(measure, stage)
    return None, values - values.mean(), len(values) >= LEAST


def _draw(sweep, ax, measure, stage, _) -> None:
    """Draw heading, a panel for each leading factor, and small print."""
    table = index_table(sweep, measure, stage, intervals=False)
    names = list(table.index[: style.fit(*MOST)])
    factor, _ = choice.unit_of(sweep, measure)
    curves = {name: factor * dependence(sweep, name, measure, stage) for name in names}
    # x is in the factor's own unit
    for curve in curves.values():
        curve.x /= factor
    title = choice.blurred(sweep, measure, stage) or _finding(sweep, curves)
    choice.head(sweep, ax, title, f"mean of {subject(sweep, measure)} by the value of each leading factor")
    _draw_panels(sweep, ax, curves, choice.axis_words(sweep, measure))
    choice.caption(
        sweep,
        ax,
        measure,
        stage,
        choice.others_words(len(table) - len(names))
        + "Line: mean over all else, with 90 % interval. Band: 90 % of the points.",
        "Every panel has the same height: steep lines matter.",
    )


def _finding(sweep, curves) -> str:
    """Title the figure with the factor along which the mean goes farthest."""
    reach = {name: np.ptp(curve["mean"]) for name, curve in curves.items()}
    name = max(reach, key=lambda name: reach[name])
    first, last = curves[name]["mean"].iloc[[0, -1]]
    return choice.way_along(spoken_name(sweep, name), first, last, reach[name])


def _draw_panels(sweep, ax, curves, label) -> None:
    """Draw a panel each factor; the same height of the axes everywhere."""
    columns = columns_of(len(curves))
    # one height for all panels, so that steep lines matter
    low, high = min(c.low.min() for c in curves.values()), max(c.high.max() for c in curves.values())
    panels = multiples(ax, len(curves), columns, **MARGINS)
    for place, ((name, curve), plot) in enumerate(zip(curves.items(), panels, strict=True)):
        # the spread of the points, and the mean with its error
        plot.fill_between(curve.x, curve.low, curve.high, color=style.SCENARIO, alpha=0.16, lw=0)
        plot.errorbar(
            curve.x,
            curve["mean"],
            NORMAL * curve.error.fillna(0),
            color=style.SCENARIO,
            lw=style.em(0.2),
            elinewidth=style.em(0.12),
            capsize=style.em(0.2),
        )
        plot.axhline(0, color=style.FAINT, lw=0.9, zorder=0)
        # the factor with its grade; one label of the answer's axis for a row of panels
        plot.set_title(choice.with_grade(sweep, name, choice.OVER_PANEL), loc="left", fontsize="medium")
        plot.set_ylim(low - 0.05 * (high - low), high + 0.05 * (high - low))
        plot.locator_params(nbins=4)
        plot.xaxis.set_major_formatter(lambda value, _: style.plain(value))
        plot.set_xlabel(sweep.factors.unit[name] or "value", fontsize="small")
        if place % columns == 0:
            plot.set_ylabel(label)
