"""The answer against the one factor that a sweep varies, with the band within which chance alone moves it."""

from typing import TYPE_CHECKING

import numpy as np

from sim.errors import UsageError
from sim.results.sweep import plain_name, spoken_name, subject
from sim.show.plots import style
from sim.show.plots import sweep_choice as choice
from sim.show.plots.style import inset

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SIZE = (10, 6)  # inches
MOST_MARKED = 30  # points that have a mark each


def plot_response(sweep, ax=None, measure=None) -> "Axes":
    """Draw a measure at every value of the only factor of a sweep.

    Parameters
    ----------
    sweep : Sweep
    ax : matplotlib Axes; a new figure of 10 by 6 inches if None
    measure : one that the sweep kept; the first asked for if None

    Returns
    -------
    the Axes; the plot is its only child, ``ax.child_axes[0]``

    Raises
    ------
    UsageError for a sweep over several factors; ResultError for a measure that it did not keep.
    """
    return choice.figure(sweep, ax, measure, "response", tuple(choice.METHODS), SIZE, _values, _draw, _check)


def _check(sweep, stage) -> None:
    """Refuse a sweep over several factors."""
    names = sweep.stages.factors[stage]
    if len(names) != 1:
        raise UsageError("response", f"needs a sweep over one factor, and this one varies {len(names)}")


def _values(sweep, measure, stage) -> tuple:
    """Return the mean answer by value of the factor, in the unit shown, its range, and whether it is a line."""
    y = sweep.value(measure, stage).dropna()
    x = sweep.points(stage).loc[y.index, sweep.stages.factors[stage][0]]
    # several points may share a value: draw their mean
    line = (choice.unit_of(sweep, measure)[0] * y).groupby(x).mean().sort_index()
    return line, np.ptp(line.to_numpy()) if len(line) else 0.0, len(y) > 1


def _draw(sweep, ax, measure, stage, line) -> None:
    """Draw heading, line with the band of chance, and small print."""
    name = sweep.stages.factors[stage][0]
    chance = np.nan_to_num(choice.chance_reach(sweep, measure, stage))
    choice.head(sweep, ax, _finding(sweep, line, chance, name), f"{subject(sweep, measure)} against one factor")
    plot = inset(ax, left=5.5, below=4.2, right=1.5)
    plot.fill_between(line.index, line - chance, line + chance, color=style.GRID, lw=0, zorder=-2)
    # many points need no marks
    mark = {"marker": "o", "ms": style.em(0.45)} if len(line) <= MOST_MARKED else {}
    plot.plot(line.index, line, color=style.scenario_look(0)[0], lw=style.em(0.18), zorder=3, **mark)
    low, high = plot.get_ylim()
    if low < 0 < high:
        plot.axhline(0, color=style.INK, lw=0.9, zorder=0)
    unit = sweep.factors.unit[name]
    plot.xaxis.set_major_formatter(lambda value, _: f"{value:,.6g}".replace("-", "\u2212"))
    plot.set_xlabel(choice.folded(plain_name(sweep, name), 60) + (f", {unit}" if unit else ""))
    plot.set_ylabel(choice.axis_words(sweep, measure))
    choice.caption(sweep, ax, measure, stage, choice.BAND if chance > 0 else "", letters=False)


def _finding(sweep, line, chance, name) -> str:
    """Title the figure with the direction of the answer along the factor."""
    # a range within the band of chance has no direction
    if np.ptp(line.to_numpy()) < 2 * chance:
        return choice.HIDDEN
    way = choice.way_along(spoken_name(sweep, name), line.iloc[0], line.iloc[-1], np.ptp(line.to_numpy()))
    return way.replace(" most with", " with")
