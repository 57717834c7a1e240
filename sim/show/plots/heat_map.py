"""Changes of flows from every place to every place: a table that shows its numbers as colours too."""

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from sim.show.plots import style
from sim.show.plots.choice import head_with_finding
from sim.show.plots.flows import flows_shown, interval_words, years_words
from sim.show.plots.style import pixels

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.image import AxesImage
    from matplotlib.patches import Rectangle

SIZE = (10, 8)  # inches
LEFT, WIDTH, NAMES = 0.19, 0.71, 8.5  # of the axes; em for the names above
SCALE = (0.935, 0.05, 0.02, 0.55)


def plot_heat_map(result, ax=None, hubs=None, years=None) -> "Axes":
    """Draw the change of the yearly flow from each place to each other above the baseline's flow.

    Parameters
    ----------
    result : Result
    ax : matplotlib Axes; a new figure of 10 by 8 inches if None
    hubs : list of hub labels, or None for those that matter; all others are shown together by region
    years : (first, last) of the flows, both included, or None for all

    Returns
    -------
    the Axes; the table is ``ax.child_axes[0]``

    Raises
    ------
    ResultError for an unknown hub or year; UsageError for too many hubs or a comparison of several scenarios.
    """
    flows = flows_shown(result, "heat_map", hubs, years, style.fit(8, 4), style.fit(8, 6))
    changed = flows.changes
    with style.look():
        ax = style.axes(SIZE) if ax is None else ax
        ax.axis("off")
        subtitle = "Change in moves from place to place, persons a year: policy less baseline"
        head_with_finding(ax, result, f"{subtitle}, {years_words(flows.years)}")
        if not int(changed.differs.sum()):
            style.say_nothing_differs(ax)
            return ax
        # the table leaves room for slanted names above
        baseline = flows.moves.sel(arm="baseline").mean("replicate").values
        above = pixels(ax, NAMES) / ax.get_window_extent().height
        panel = ax.inset_axes((LEFT, 0, WIDTH, 1 - above))
        image = _draw_cells(panel, changed)
        if changed.clear.any():
            _draw_scale(ax.inset_axes(SCALE), image)
        _write_cells(panel, changed, baseline)
        _label(panel, flows.regions)
        style.caption(ax, _small_print(result, changed))
    return ax


def _draw_cells(panel, changed) -> "AxesImage":
    """Colour the cells, blue where more people move and orange where fewer,
    on a root scale that shows small changes.
    """
    from matplotlib.colors import FuncNorm, LinearSegmentedColormap

    colours = LinearSegmentedColormap.from_list("change", [style.LOSS, "white", style.GAIN])
    # changes that are not clear stay white
    values = changed["mean"].where(changed.clear, 0).transpose("origin", "destination").values
    largest = abs(values).max() or 1
    norm = FuncNorm((lambda x: np.sign(x) * np.sqrt(abs(x)), lambda x: np.sign(x) * x**2), vmin=-largest, vmax=largest)
    return panel.imshow(values, cmap=colours, norm=norm, aspect="auto")


def _draw_scale(scale, image) -> None:
    """Draw the scale of colours at the right."""
    bar = scale.figure.colorbar(image, cax=scale)
    largest = image.norm.vmax
    ticks = [-largest, -largest / 4, 0, largest / 4, largest]
    bar.set_ticks(ticks, labels=[style.signed(tick, 0) for tick in ticks])
    bar.outline.set_visible(False)
    scale.set_title("persons\na year,\nroot scale", fontsize="small", loc="left", pad=style.em(0.8))


def _write_cells(panel, changed, baseline) -> None:
    """Write the change in every cell, or a dot where it may be zero; below it, but not on a slide, the baseline."""
    means, clear = (changed[name].transpose("origin", "destination").values for name in ("mean", "clear"))
    count, largest = len(means), abs(means[clear]).max(initial=0)
    # white letters on dark cells; a slide has no room for the baseline
    both = style.fit(True, False)
    for row, column in np.ndindex(count, count):
        if row == column:
            panel.add_patch(_square(column, row))
            continue
        dark = clear[row, column] and means[row, column] > 0.4 * largest
        change = style.signed(means[row, column], 0) if clear[row, column] else "\u00b7"
        panel.text(
            column,
            row - 0.18 * both,
            change,
            ha="center",
            va="center",
            fontsize="small",
            fontweight="bold",
            color="white" if dark else style.INK,
        )
        if both:
            colour = "white" if dark else style.INK if clear[row, column] else style.BASELINE
            panel.text(
                column,
                row + 0.22,
                f"{baseline[row, column]:,.0f}",
                ha="center",
                va="center",
                fontsize="small",
                color=colour,
            )


def _square(column, row) -> "Rectangle":
    """Return the grey square of a place with itself."""
    from matplotlib.patches import Rectangle

    return Rectangle((column - 0.5, row - 0.5), 1, 1, fc=style.GRID, lw=0)


def _label(panel, regions) -> None:
    """Write names at the left and above; draw lines between the regions."""
    places = list(regions)
    panel.set(xticks=range(len(places)), yticks=range(len(places)))
    panel.set_yticklabels(places, color=style.INK, parse_math=False)
    panel.xaxis.tick_top()
    panel.set_xticklabels(places, color=style.INK, rotation=45, ha="left", rotation_mode="anchor", parse_math=False)
    panel.tick_params(length=0)
    panel.spines[:].set_visible(False)
    # a line where the region changes
    for place, (one, other) in enumerate(pairwise(places)):
        if regions[one] != regions[other]:
            for line in (panel.axhline, panel.axvline):
                line(place + 0.5, color=style.INK, lw=0.8)
    panel.text(-0.65, -0.75, "from \u2193  to \u2192", ha="right", va="bottom", fontsize="small", fontweight="bold")


def _small_print(result, changed) -> str:
    """Explain cells and dots, and count the changes that are not distinguishable from zero."""
    count = int((changed.differs > 0).sum())
    more = ' Below the change: moves a year in the baseline. "Other": hubs of the region without a row of their own.'
    return (
        f"{interval_words(result)} Mean change from the row to the column; a dot: not distinguishable from zero "
        f"({count - int(changed.clear.sum())} of {count} that differ).{style.fit(more, '')}"
    )
