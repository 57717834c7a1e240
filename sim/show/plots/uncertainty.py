"""Plot the variance of an effect by source: chance, data, assumptions and the choice of model, stacked by year."""

from typing import TYPE_CHECKING

import numpy as np

from sim.errors import UsageError
from sim.results.decomposition import SOURCES, WHOLE, is_split, place_rows
from sim.results.facts import leading_row, spoken_place
from sim.results.narrative import figures, whole_percent
from sim.show.plots import style
from sim.show.plots.choice import only_pair, period, times_shown
from sim.show.plots.style import inset, right_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SIZE = (10, 5.4)  # inches
STACK = ("assumptions", "data", "model", "chance")  # from the foot up
COLOURS = {"assumptions": "#0b4f8a", "data": "#56b4e9", "model": "#e69f00", "chance": "#bdbdbd"}
RIGHT, COLUMN = 19.5, 9.5  # em right of the stack, and of them the names
LINE = 0.095  # of the height of the stack, a line of the key


def plot_uncertainty(result, ax=None, hubs=None, years=None) -> "Axes":
    """Draw half of the 90 % band of an effect by year, cut as its variance is: the parts add up to it.

    Parameters
    ----------
    result : Result of one scenario, run with its uncertainty in parts
    ax : matplotlib Axes; a new figure of 10 by 5.4 inches if None
    hubs : list of one hub, country, region or bloc; the place that the answer leads with if None
    years : (first, last); the whole run if None

    Returns
    -------
    the Axes; the stack is its only child, ``ax.child_axes[0]``

    Raises
    ------
    ResultError for an unknown place or years outside the run; UsageError for a comparison, several places, or a run
    whose uncertainty was not split.
    """
    times = times_shown(only_pair(result, "uncertainty"), years)
    if not is_split(result):
        raise UsageError("uncertainty is not split in this run", "run it with --uncertainty parts")
    if hubs and len(hubs) > 1:
        raise UsageError(f"{len(hubs)} hubs are too many for this figure", "it shows one hub, country or region")
    # one place: the given one, or the one that the answer leads with
    lead = leading_row(result)
    place = hubs[0] if hubs else lead and lead["label"]
    rows = [] if place is None else [row for row in place_rows(result, place) if row["time"] in times]
    with style.look():
        ax = style.axes(SIZE) if ax is None else ax
        ax.axis("off")
        on = "" if place is None else f" on the share of {spoken_place(result, place)}"
        style.heading(ax, result.record["title"], f"What the uncertainty of the effect{on} is made of, {period(times)}")
        if not any(row["variance"] for row in rows):
            style.say_nothing_differs(ax)
            return ax
        _draw(ax, times, rows)
        style.caption(ax, f"{_small_print(result.record['split'])} {style.source(result.record)}")
    return ax


def _draw(ax, times, rows) -> None:
    """Draw the stack, and at its right what each part is of the variance in the last year shown."""
    plot = inset(ax, left=4.2, below=2.0, right=RIGHT, above=0.6)
    # layers scaled so that they add up to the whole width
    width = {part: np.array([row["half_width"] for row in rows if row["part"] == part]) for part in (*STACK, WHOLE)}
    layers = np.maximum([width[part] for part in STACK], 0.0)  # a small part may lie below zero by Monte Carlo error
    layers *= width[WHOLE] / np.maximum(layers.sum(axis=0), 1e-300)
    x, spread = (times, 1) if len(times) > 1 else (times[0] + np.array([-0.4, 0.4]), 2)
    plot.stackplot(
        x,
        np.repeat(layers, spread, axis=1),
        colors=[COLOURS[part] for part in STACK],
        edgecolor="white",
        linewidth=style.em(0.06),
    )
    plot.plot(x, np.repeat(width[WHOLE], spread), color=style.INK, lw=style.em(0.14))
    plot.set(xlim=(x[0], x[-1]), xticks=np.unique(times[[0, -1]]), ylim=(0, 1.06 * width[WHOLE].max()))
    plot.set_ylabel("half of the 90 % band, percentage points")
    if len(times) > 1:
        first, last = plot.get_xticklabels()
        first.set_ha("left"), last.set_ha("right")
    _write_key(plot, {row["part"]: row for row in rows if row["time"] == times[-1]}, int(times[-1]))


def _write_key(plot, last, year) -> None:
    """Write colour, name, part of the variance and Monte Carlo error, in the order of the stack."""
    # a line a source, in the order of the stack
    top = plot.get_ylim()[1]
    right_of(plot, 0.97 * top, RIGHT - 0.5, f"of the variance in {year}, and MC error", color=style.BASELINE)
    for line, part in enumerate(STACK[::-1], 1):
        y, row = (0.97 - LINE * line) * top, last[part]
        right_of(plot, y, 2.4, "\u25a0", color=COLOURS[part], fontsize="large")
        right_of(plot, y, 3, part, ha="left")
        share, error = ("" if row[key] is None else whole_percent(row[key]) for key in ("share", "share_error"))
        right_of(plot, y, RIGHT - 5.5, f"{share} %" if share else "-", fontweight="bold")
        right_of(plot, y, RIGHT - 0.5, f"\u00b1 {error}" if error else "", color=style.BASELINE)
    # the whole in points, below its parts
    y = (0.97 - LINE * (len(SOURCES) + 1.2)) * top
    right_of(plot, y, 3, "all four", ha="left")
    right_of(plot, y, RIGHT - 5.5, f"{figures(last[WHOLE]['half_width'])} pp", fontweight="bold")


def _small_print(run) -> str:
    """Explain the height, the rows and the sources."""
    runs = f"{run['rows']} rows of sixteen pairs of {run['population']:,} engineers"
    more = (
        "; chance is that of runs of so many. Data: figures within their error. Model: ties as at the start, linear "
        "pay or agglomeration off, each as likely as the run's own."
    )
    # a slide has room for two lines
    return (
        "Height: 1.645 standard deviations of the effect, cut in proportion to variance (Shapley effects). "
        f"{runs}{style.fit(more, '.')}"
    )
