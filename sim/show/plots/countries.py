"""The effect over time, a panel a country: what the policy changes, in points of the world's AI engineers."""

from typing import TYPE_CHECKING

import numpy as np

from sim.results.effects import HIGH, LOW, QUANTILE
from sim.results.facts import facts, places_over_time
from sim.results.narrative import sentence
from sim.show.plots import style
from sim.show.plots.choice import hubs_shown, only_pair, period, times_shown
from sim.show.plots.effects import source
from sim.show.plots.shares import share_panels
from sim.show.plots.style import inset

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SIZE = (10, 7)  # inches
MOST = (15, 8)  # panels, in a memo and on a slide
MARGINS = {"left": 3.6, "below": 1.8, "right": 0.8, "above": 2.4}  # em round a panel


def plot_countries(result, ax=None, hubs=None, years=None) -> "Axes":
    """Draw the change of the share of each country over time, mean and 90 % of runs, all on one scale.

    Parameters
    ----------
    result : Result with one scenario
    ax : matplotlib Axes; a new figure of 10 by 7 inches if None
    hubs : list of hub labels: hubs in place of countries
    years : (first, last), 1 January each; the whole run if None

    Returns
    -------
    the Axes; its panels are ``ax.child_axes``

    Raises
    ------
    ResultError for an unknown hub or years outside the run; UsageError for a comparison or too many hubs.
    """
    times = times_shown(only_pair(result, "countries"), years)
    with style.look():
        ax = style.axes(SIZE) if ax is None else ax
        ax.axis("off")
        if hubs:
            chosen = hubs_shown(result, hubs, most=style.fit(*MOST))
            panels = share_panels(result, chosen, times)[: len(chosen)]
        else:
            panels = [(name, share.sel(time=times)) for name, share, _ in places_over_time(result, style.fit(*MOST))]
        outcome = facts(result)
        what = f"change of the share of the world's AI engineers, percentage points, {period(times)}"
        style.heading(ax, sentence("finding", outcome), f"{result.record['title']}: {what}")
        # one scale that holds the widest band of all panels
        effects = [(name, share.sel(arm="scenario") - share.sel(arm="baseline")) for name, share in panels]
        reach = 1.08 * max(
            float(abs(pairs.quantile((LOW, HIGH), "replicate", method=QUANTILE)).max()) for _, pairs in effects
        )
        if not reach:
            style.say_nothing_differs(ax)
            return ax
        # a grid of equal panels
        columns = min(len(panels), style.fit(5, 4))
        rows = -(-len(panels) // columns)
        for number, (name, pairs) in enumerate(effects):
            panel = inset(ax, **MARGINS, cell=divmod(number, columns), cells=(rows, columns))
            _draw(panel, name, pairs, reach)
        spread = "Band: 90 % of runs. " if outcome["pairs"] > 1 else "A single pair has no spread. "
        style.caption(ax, f"One scale for all panels. {spread}{source(result, outcome)}")
    return ax


def _draw(panel, name, pairs, reach) -> None:
    """Draw the change of one share: band, mean and final value."""
    # a single year is drawn as a level
    years, values = pairs.time.values, pairs.transpose("replicate", "time").values
    x = years if len(years) > 1 else years[0] + np.array([-0.4, 0.4])
    mean, (low, high) = values.mean(0), np.quantile(values, (LOW, HIGH), axis=0, method=QUANTILE)
    # coloured by the change at the end, which is also written
    colour = style.GAIN if mean[-1] >= 0 else style.LOSS
    panel.axhline(0, color=style.INK, lw=0.8)
    panel.fill_between(x, *(np.broadcast_to(edge, x.shape) for edge in (low, high)), color=colour, alpha=0.25, lw=0)
    panel.plot(x, np.broadcast_to(mean, x.shape), color=style.darker(colour), lw=style.em(0.18))
    panel.set(xlim=(x[0], x[-1]), ylim=(-reach, reach), xticks=np.unique(years[[0, -1]]))
    panel.locator_params(axis="y", nbins=4)
    panel.set_title(name, loc="left", fontsize="small", fontweight="bold", pad=style.em(1.2))
    change = f"{style.signed(float(mean[-1]), 2)} in {years[-1]}"
    panel.annotate(
        change,
        (0, 1),
        xytext=(0, style.em(0.2)),
        textcoords="offset points",
        xycoords="axes fraction",
        fontsize="small",
        color=style.BASELINE,
    )
    if len(years) > 1:
        first, last = panel.get_xticklabels()
        first.set_ha("left"), last.set_ha("right")
