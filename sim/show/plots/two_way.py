"""The answer over two factors: a map with the line on which it is zero, and how far chance blurs that line."""

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.patches import Rectangle
from matplotlib.patheffects import withStroke

from sim.errors import UsageError
from sim.results.sweep import plain_name, spoken_name, subject
from sim.show.plots import style
from sim.show.plots import sweep_choice as choice
from sim.show.plots.style import inset, pixels

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SIZE = (10, 7.5)  # inches
SCALE = 8  # em right of the map
MOST_WRITTEN = (12, 9)  # levels of a factor up to which every cell has its number, in a memo and on a slide


def plot_two_way(sweep, ax=None, measure=None) -> "Axes":
    """Draw a measure over a grid of two factors, with its zero contour and the band in which chance alone may give 0.

    Of a grid of more factors the first two are shown, and the mean over the others.

    Parameters
    ----------
    sweep : Sweep
    ax : matplotlib Axes; a new figure of 10 by 7.5 inches if None
    measure : one that the sweep kept; the first asked for if None

    Returns
    -------
    the Axes; the map is ``ax.child_axes[0]``

    Raises
    ------
    UsageError for a sweep by another method or a grid of one factor; ResultError for a measure that it did not keep.
    """
    return choice.figure(sweep, ax, measure, "two_way", ("grid",), SIZE, _values, _draw, _check)


def _check(sweep, stage) -> None:
    """Refuse a grid over a single factor."""
    names = sweep.stages.factors[stage]
    if len(names) < 2:
        raise UsageError("two_way", f"needs a grid over two factors, and this one varies {', '.join(names)} alone")


def _values(sweep, measure, stage) -> tuple:
    """Return (table, points a cell), the distances of the cells from their mean, and whether they form a map."""
    if sum(sweep.undefined(measure, stage)[:1]):  # no map at all: the figure says so
        return None, [], True
    table, count = grid_of(sweep, sweep.stages.factors[stage][:2], measure, stage)
    return (table, count), (table - np.nanmean(table)).to_numpy(), min(table.shape) > 1


def _draw(sweep, ax, measure, stage, shown) -> None:
    """Draw heading, map and small print."""
    (table, count), names = shown, sweep.stages.factors[stage]
    chance = choice.chance_reach(sweep, measure, stage) / np.sqrt(count)
    others = f", mean over {', '.join(names[2:])}" if names[2:] else ""
    choice.head(sweep, ax, _finding(sweep, table), f"{subject(sweep, measure)} over two factors{others}")
    _draw_map(sweep, ax, table, chance, choice.axis_words(sweep, measure))
    choice.caption(sweep, ax, measure, stage, _needed(table, chance), letters=False)


def grid_of(sweep, names, measure, stage) -> tuple:
    """Tabulate a measure over two factors, in the unit shown, the second down; and count the points of a cell."""
    points = sweep.points(stage)[names].assign(value=choice.unit_of(sweep, measure)[0] * sweep.value(measure, stage))
    cells = points.pivot_table("value", names[1], names[0], aggfunc=["mean", "count"])
    return cells["mean"], int(cells["count"].min(axis=None))


def _finding(sweep, table) -> str:
    """State in a title whether the sign is the same everywhere."""
    low, high = np.nanmin(table), np.nanmax(table)
    if low < 0 < high:
        both = [spoken_name(sweep, name) for name in (table.columns.name, table.index.name)]
        return f"The sign depends on {both[0]} and {both[1]}"
    return f"{'Negative' if high <= 0 else 'Positive'} or zero everywhere: the sign does not depend on these two"


def _draw_map(sweep, ax, table, chance, words) -> None:
    """Draw cells of equal size, whatever the steps between the levels: those may span decades."""
    # room for the tick labels at the left and for the scale at the right
    longest = max(len(style.plain(value)) for value in table.index)
    lines = 1 + choice.folded(plain_name(sweep, table.index.name)).count("\n")
    panel = inset(ax, left=0.5 * longest + 2 + 1.4 * lines, below=4.4, right=SCALE + 2, above=0.5)
    scale = ax.inset_axes((1 - pixels(ax, SCALE) / ax.get_window_extent().width, 0.12, 0.02, 0.6))
    # white is zero, and both ends of the scale lie equally far from it
    largest = np.nanmax(np.abs(table))
    colours = LinearSegmentedColormap.from_list("change", [style.LOSS, "white", style.GAIN])
    image = panel.imshow(table, cmap=colours, vmin=-largest, vmax=largest, aspect="auto", origin="lower")
    bar = ax.figure.colorbar(image, cax=scale)
    bar.outline.set_visible(False)
    scale.locator_params(axis="y", nbins=5)
    scale.set_title(
        words.replace(", ", ",\n").replace("percentage ", "percentage\n"),
        fontsize="small",
        loc="left",
        pad=style.em(0.8),
    )
    _draw_zero(panel, table.to_numpy(), chance)
    _write_cells(panel, table.to_numpy(), largest)
    panel.set(xlabel=_axis_words(sweep, table.columns.name), ylabel=_axis_words(sweep, table.index.name))
    for set_ticks, values in ((panel.set_xticks, table.columns), (panel.set_yticks, table.index)):
        # at most so many ticks an axis
        step = -(-len(values) // style.fit(12, 8))
        set_ticks(range(0, len(values), step), [style.plain(value) for value in values[::step]])
    panel.tick_params(length=0)
    panel.spines[:].set_visible(False)


def _axis_words(sweep, name) -> str:
    """Label an axis with the factor and its unit."""
    unit = sweep.factors.unit[name]
    return choice.folded(plain_name(sweep, name)) + (f", {unit}" if unit else "")


def _draw_zero(panel, values, chance) -> None:
    """Draw the line on which the answer is zero, and hatch the cells in which chance alone may give 0."""
    if np.nanmin(values) < 0 < np.nanmax(values):
        panel.contour(values, [0], colors=style.INK, linewidths=style.em(0.22))
    for y, x in np.argwhere(np.abs(values) < chance):
        panel.add_patch(Rectangle((x - 0.5, y - 0.5), 1, 1, fill=False, hatch="...", lw=0, edgecolor=style.FAINT))


def _write_cells(panel, values, largest) -> None:
    """Write the number of every cell, where there is room."""
    if max(values.shape) > style.fit(*MOST_WRITTEN):
        return
    digits = choice.digits_of(largest)
    for (y, x), value in np.ndenumerate(values):
        if np.isfinite(value):
            # white letters on dark cells
            dark = value > 0.5 * largest
            halo = [withStroke(linewidth=style.em(0.25), foreground="white", alpha=0 if dark else 0.6)]
            panel.text(
                x,
                y,
                style.signed(value, digits),
                ha="center",
                va="center",
                fontsize="small",
                color="white" if dark else style.INK,
                path_effects=halo,
            )


def _needed(table, chance) -> str:
    """Explain line and dots."""
    crosses = np.nanmin(table) < 0 < np.nanmax(table)
    line = "Line: where it is 0." if crosses else "It is 0 on no line through the map."
    return line + (" Dotted: another seed alone may give 0 there, in 1 of 10 cases." if chance > 0 else "")
