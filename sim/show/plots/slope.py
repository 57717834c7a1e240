"""Shares before and after by country: a line a country from the baseline to the scenario, in the last January."""

from typing import TYPE_CHECKING

import numpy as np

from sim.results.facts import effect_rows, facts
from sim.results.narrative import sentence
from sim.show.plots import style
from sim.show.plots.choice import hubs_shown, only_pair, until
from sim.show.plots.effects import source
from sim.show.plots.style import apart, inset, pixels

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SIZE = (8, 7)  # inches
NAMES = 21  # em beside the lines
ROOM = 1.35  # em that a name takes


def plot_slope(result, ax=None, hubs=None, years=None) -> "Axes":
    """Draw the relative change of each country's share of the world's AI engineers, from without the policy to with it.

    Parameters
    ----------
    result : Result with one scenario
    ax : matplotlib Axes; a new figure of 8 by 7 inches if None
    hubs : list of hub labels: only the countries in which they lie; those that change most if None
    years : (first, last); the last January is shown, and that of the run if None

    Returns
    -------
    the Axes; the lines are its only child, ``ax.child_axes[0]``

    Raises
    ------
    ResultError for an unknown hub or years outside the run; UsageError for a comparison of several scenarios.
    """
    result = until(only_pair(result, "slope"), years)
    outcome = facts(result)
    rows = [
        row for row in effect_rows(result, 60)[0] if row["kind"] in ("country", "bloc", "region") and row["differs"]
    ]
    # hubs choose the countries that they lie in
    if hubs:
        countries = set(result.data.hub_country.sel(hub=hubs_shown(result, hubs)).values.tolist())
        rows = [row for row in rows if row["label"] in countries]
    # the largest changes, as many as fit
    rows = sorted(rows, key=lambda row: -abs(row["effect"]))[: style.fit(14, 9)]
    with style.look():
        ax = style.axes(SIZE) if ax is None else ax
        ax.axis("off")
        what = f"share of the world's engineers in {outcome['last']}, without the policy = 100"
        style.heading(ax, sentence("finding", outcome), f"{result.record['title']}: {what}")
        if not rows:
            style.say_nothing_differs(ax)
            return ax
        plot = inset(ax, left=4.5, below=2, right=NAMES, above=1.2)
        _draw(plot, rows)
        style.caption(ax, f"Grey: too few runs agree to call the direction. {source(result, outcome)}")
    return ax


def _draw(plot, rows) -> None:
    """Draw a line for each country from 100 to its share with the policy, and its name."""
    # share with the policy, without it = 100
    ends = np.array([100 * row["scenario"] / row["baseline"] for row in rows])
    reach = max(abs(ends - 100).max() * 1.12, 0.01)
    plot.set(xlim=(0, 1), ylim=(100 - reach, 100 + reach), xticks=[0, 1], xticklabels=["without", "with"])
    plot.tick_params(axis="x", length=0, labelsize="medium")
    plot.locator_params(axis="y", nbins=6)
    plot.yaxis.set_major_formatter("{x:g}")
    plot.axhline(100, color=style.FAINT, lw=0.8, zorder=0)
    height = plot.get_window_extent().height
    # names are spread so that they do not overlap; thin lines join them to their ends
    heights = apart((ends - (100 - reach)) / (2 * reach), pixels(plot, ROOM) / height)
    for row, end, label in zip(rows, ends, heights, strict=True):
        settled = row["settled"]
        colour = (style.GAIN if row["effect"] > 0 else style.LOSS) if settled else style.UNDECIDED
        plot.plot([0, 1], [100, end], color=colour, lw=style.em(0.22), solid_capstyle="round", clip_on=False)
        y = 100 - reach + 2 * reach * label
        plot.plot([1, 1.06], [end, y], color=style.FAINT, lw=0.7, clip_on=False)
        text = f"{row['name']} {style.signed(end - 100, 1)} %"
        plot.text(1.08, y, text, va="center", color=style.INK if settled else style.BASELINE, clip_on=False)
