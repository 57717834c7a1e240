"""A row for each factor of a sweep: its name, the letter of its evidence, and a plot beside them."""

import numpy as np

from sim.show.plots import style
from sim.show.plots.panels import inset
from sim.show.plots.sweep_choice import folded

LETTER = 1.9  # em between a name and the plot, for the letter


def row_panel(sweep, ax, names, right=1.0, above=0.0):
    """A panel with a row for every factor, the first on top.

    Parameters
    ----------
    sweep : Sweep
    ax : Axes that the panel lies in
    names : list of str, factors
    right, above : em of the axes that the panel leaves free, for numbers and a key

    Returns
    -------
    the Axes of the panel; row k lies at the height ``len(names) - 1 - k``
    """
    words = [folded(name) for name in names]
    longest = max(len(line) for name in words for line in name.splitlines())
    plot = inset(ax, left=0.5 * longest + LETTER + 0.6, below=3.2, right=right, above=above)
    heights = np.arange(len(names))[::-1]
    plot.set(yticks=heights, ylim=(-0.7, len(names) - 0.3))
    plot.set_yticklabels(words, color=style.INK, parse_math=False)
    plot.tick_params(axis="y", length=0, pad=style.em(LETTER))
    for y, name in zip(heights, names, strict=True):
        grade = sweep.factors.grade[name]
        plot.annotate(
            grade,
            (0, y),
            (-style.em(1), 0),
            ("axes fraction", "data"),
            "offset points",
            ha="center",
            va="center_baseline",
            fontsize="small",
            fontweight="bold",
            annotation_clip=False,
            color=style.GRADES.get(grade, style.INK),
        )
    plot.hlines(heights[1:] + 0.5, 0, 1, color=style.GRID, lw=0.8, zorder=-1, transform=plot.get_yaxis_transform())
    plot.spines["left"].set_visible(False)
    return plot
