"""Predicted against observed flows of corridors, both logarithmic: the model and its rivals, a panel each."""

import numpy as np

from sim.show.plots import style
from sim.show.plots.panels import multiples

SIZE = (10, 7.4)  # inches
SHOWN = ("talentflow", "gravity", "last flow", "kernel alone")
LEAST = 0.1  # persons: flows below it, and zeros, stand at the edge


def plot_backcast(found, ax=None):
    """A dot a corridor: what was predicted against what was observed.

    Parameters
    ----------
    found : Backcast, see ``sim.study.backcast``
    ax : matplotlib Axes; a new figure of 10 by 7.4 inches if None

    Returns
    -------
    the Axes; the panels are its children, ``ax.child_axes``
    """
    first, last = found.record["score"]
    with style.look():
        ax = style.axes(SIZE) if ax is None else ax
        ax.axis("off")
        style.heading(
            ax,
            f"Moves of scholars between countries, {first} to {last}, as predicted from {found.record['fit_until']}",
            f"{found.record['corridors']:,} corridors between {found.record['countries']} countries; "
            "persons over all years, logarithmic",
        )
        observed = found.corridors["observed"].to_numpy()
        most = 1.5 * max(found.corridors[["observed", *SHOWN]].to_numpy().max(), 1)
        panels = multiples(ax, len(SHOWN), 2, left=5, below=3.6, right=1, above=2.2)
        for number, (panel, who) in enumerate(zip(panels, SHOWN, strict=True)):
            _panel(panel, who, found, observed, most, number)
        style.caption(
            ax,
            f"The line is a perfect prediction. Flows under {LEAST:g} persons, and zeros, stand at the "
            "edge; dots of whole numbers are spread a little. Published researchers of all fields, not AI "
            "engineers.",
        )
    return ax


def _panel(panel, who, found, observed, most, number):
    spread = np.exp(np.random.default_rng(0).uniform(-0.12, 0.12, (2, len(observed))))
    x, y = (
        np.maximum(values, LEAST) * s
        for values, s in zip((observed, found.corridors[who].to_numpy()), spread, strict=True)
    )
    panel.plot(
        x,
        y,
        ".",
        ms=style.em(0.28),
        color=style.SCENARIO if number == 0 else style.BASELINE,
        alpha=0.3,
        mew=0,
        rasterized=True,
    )
    panel.plot([LEAST, most], [LEAST, most], color=style.LOSS, lw=style.em(0.1))
    panel.set(xscale="log", yscale="log", xlim=(LEAST / 1.3, most), ylim=(LEAST / 1.3, most))
    for axis in (panel.xaxis, panel.yaxis):
        axis.set_major_formatter("{x:,g}")
    panel.set_title(
        f"{who}: rank correlation {found.value(who, 'rank'):.3f}",
        loc="left",
        fontsize="medium",
        fontweight="bold" if number == 0 else "normal",
    )
    panel.set_xlabel("observed, persons")
    panel.set_ylabel("predicted, persons")
