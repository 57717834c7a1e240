"""A quantity over time in both arms, as a fan: the scenario in shades, the baseline in dashes on top of it."""

import numpy as np

from sim.results.effects import HIGH, LOW
from sim.show.plots import style

HALF = (0.25, 0.75)


def draw_fan(panel, values, low=None, high=None):
    """Mean and bands over the pairs of each arm; of a comparison the means alone.

    Parameters
    ----------
    panel : matplotlib Axes
    values : xarray.DataArray over arm, replicate and time or year
    low, high : float, what the quantity cannot leave; the scale starts at 0 where ``low`` is given
    """
    axis = "time" if "time" in values.dims else "year"
    years, many = values[axis].values, values.sizes["arm"] > 2
    x = years if len(years) > 1 else years[0] + np.array([-0.4, 0.4])  # a single year: a level, not a point
    for number, arm in enumerate(values.arm.values):
        pairs = values.sel(arm=arm).transpose("replicate", axis).values
        draw_arm(panel, x, number, np.broadcast_to(pairs, (len(pairs), len(x))), many)
    reach = panel.get_ylim()
    panel.set(xlim=(x[0], x[-1]), xticks=np.unique(years[[0, -1]]))
    panel.set_ylim(reach[0] if low is None else low, reach[1] if high is None else min(reach[1], high))
    if len(years) > 1:
        first, last = panel.get_xticklabels()
        first.set_ha("left"), last.set_ha("right")


def draw_arm(panel, x, number, pairs, many=False):
    """One arm: 0 is the baseline; ``pairs`` are its values over replicate and ``x``."""
    mean, (low, high) = pairs.mean(0), np.quantile(pairs, (LOW, HIGH), axis=0)
    if number == 0:
        panel.plot(x, mean, color=style.INK, ls=(0, (4, 2)), lw=style.em(0.17), zorder=5)
        if not many:
            edges = np.transpose([low, high])
            panel.plot(x, edges, color=style.BASELINE, ls=(0, (1, 1.5)), lw=style.em(0.09), zorder=3)
    elif many:
        colour, _, dashes = style.scenario_look(number - 1)
        panel.plot(x, mean, color=colour, ls=dashes, lw=style.em(0.2), zorder=4)
    else:
        panel.fill_between(x, low, high, color=style.SCENARIO, alpha=0.16, lw=0, zorder=1)
        panel.fill_between(x, *np.quantile(pairs, HALF, axis=0), color=style.SCENARIO, alpha=0.28, lw=0, zorder=2)
        panel.plot(x, mean, color=style.SCENARIO, lw=style.em(0.22), zorder=4)


def draw_sample(key, x, y, number, many=False):
    """The look of an arm in a key whose unit is one em, 3.2 em wide from ``x`` at height ``y``."""
    spread = np.array([[0.0]]) if many else np.linspace(-0.55, 0.55, 21)[:, None]
    draw_arm(key, x + np.array([0, 3.2]), number, y + spread.repeat(2, axis=1), many)


def how_to_read(record):
    """What the lines and the bands are, in words."""
    half = "" if record["replicates"] == 1 else " Dark: half of the pairs."
    return f"Lines: means over pairs.{half} {style.spread_words(record, 'Light, and dotted edges')}"
