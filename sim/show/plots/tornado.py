"""The answer at both ends of each factor's range, the others at their centre: a tornado."""

from typing import TYPE_CHECKING

from sim.results.narrative import figures
from sim.results.sweep import index_table, subject
from sim.show.plots import style
from sim.show.plots import sweep_choice as choice
from sim.show.plots.style import draw_legend
from sim.show.plots.sweep_choice import row_panel

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SIZE = (10, 7)  # inches
MOST = (14, 8)  # factors that stay readable, in a memo and on a slide
BAR = 0.72  # of a row
PALE = 0.35  # opacity of a bar that chance alone may give
ENDS = {"at_low": ("at the low end", style.LOSS), "at_high": ("at the high end", style.GAIN)}
CAPTION = "At the tips: the factor's value there. Line: beyond both tips in between."


def plot_tornado(sweep, ax=None, measure=None) -> "Axes":
    """Draw a measure at the low and at the high end of each factor's range, all other factors at their centre.

    Parameters
    ----------
    sweep : Sweep
    ax : matplotlib Axes; a new figure of 10 by 7 inches if None
    measure : one that the sweep kept; the first asked for if None

    Returns
    -------
    the Axes; the bars are its last child, ``ax.child_axes[-1]``

    Raises
    ------
    UsageError for a sweep by another method; ResultError for a measure that it did not keep.
    """
    return choice.figure(sweep, ax, measure, "tornado", ("oat",), SIZE, _values, _draw)


def _values(sweep, measure, stage) -> tuple:
    """Return the tornado table, the widths of its bars, and True."""
    table = index_table(sweep, measure, stage)
    return table, table.width, True


def _draw(sweep, ax, measure, stage, table) -> None:
    """Draw heading, bars and small print."""
    factor, unit = choice.unit_of(sweep, measure)
    chance = choice.chance_reach(sweep, measure, stage)
    title = _finding(sweep, table, factor, unit)
    choice.head(sweep, ax, title, f"one factor at a time over its range: {subject(sweep, measure)}")
    # factors that change nothing are counted, not drawn
    moving = table[choice.moves(table.width)]
    shown = moving.head(style.fit(*MOST))
    plot = _draw_rows(sweep, ax, shown, factor, chance)
    plot.set_xlabel(choice.axis_words(sweep, measure))
    still = len(table) - len(moving)
    reach = f"{still} of them {'changes' if still == 1 else 'change'} nothing. " if still else ""
    band = choice.BAND + " " if chance > 0 else ""
    if shown.undecided.any():
        limit = f"{figures(factor * table.critical.iloc[0])} {unit}".strip()
        band += f"Pale: no wider than the {limit} that chance may give the widest of so many. "
    choice.caption(
        sweep, ax, measure, stage, reach + choice.others_words(len(moving) - len(shown)) + band.rstrip(), CAPTION
    )


def _finding(sweep, table, factor, unit) -> str:
    """Title the figure with the strongest factor and its range, or say that it does no more than chance."""
    name, row = table.index[0], table.iloc[0]
    if row.undecided:
        return choice.HIDDEN
    low, high = sorted((factor * row.least, factor * row.most))
    reach = f"{style.span(low, high, choice.digits_of(factor * row.width))} {unit}".strip()
    return f"{choice.moves_most(sweep, name)}: {reach}"


def _draw_rows(sweep, ax, shown, factor, chance) -> "Axes":
    """Draw two bars from the centre for every factor, with its values at their tips."""
    samples = list(ENDS.values())

    def draw_sample(key, x, y, number) -> None:
        key.barh(y, 3.2, 0.7, x, color=samples[number][1])

    above = draw_legend(ax, [name for name, _ in samples], style.fit(4, 3), draw_sample) + 1.4
    plot = row_panel(sweep, ax, list(shown.index), above=above)
    # grey band: another seed alone may move the centre that far
    centre = factor * shown.centre.iloc[0]
    if chance > 0:
        plot.axvspan(centre - chance, centre + chance, color=style.GRID, zorder=-2)
    _draw_bars(plot, shown, factor, centre)
    _write_values(plot, sweep.factors.loc[shown.index], shown, factor, centre)
    plot.axvline(centre, color=style.INK, lw=0.9)
    plot.use_sticky_edges = False
    plot.margins(x=0.12)
    # a dotted line where the answer changes its sign
    low, high = plot.get_xlim()
    if low < 0 < high:
        plot.axvline(0, color=style.INK, lw=0.9, ls=(0, (1, 2)))
    plot.locator_params(axis="x", nbins=style.fit(7, 5))
    plot.annotate(
        "centre",
        (centre, 1),
        (0, style.em(0.3)),
        ("data", "axes fraction"),
        "offset points",
        ha="center",
        fontsize="small",
        color=style.BASELINE,
    )
    return plot


def _draw_bars(plot, shown, factor, centre) -> None:
    """Draw the bars from the centre, pale where chance may give them, and lines to the extremes between the ends."""
    heights = plot.get_yticks()
    for (key, (_, colour)), up in zip(ENDS.items(), (1, -1), strict=True):
        bars = plot.barh(heights + up * BAR / 4, factor * shown[key] - centre, BAR / 2, centre, color=colour)
        for bar, undecided in zip(bars, shown.undecided, strict=True):
            bar.set_alpha(PALE if undecided else None)
    # the answer may bend: thin lines reach its extremes between the ends
    ends = shown[["centre", *ENDS]]
    for beyond, tip in ((shown.least, ends.min(axis=1)), (shown.most, ends.max(axis=1))):
        plot.hlines(heights, factor * beyond, factor * tip, color=style.INK, lw=style.em(0.12))


def _write_values(plot, factors, shown, factor, centre) -> None:
    """Write the factor's value at the tip of each bar, away from the centre."""
    for key, up, end in (("at_low", 1, "low"), ("at_high", -1, "high")):
        for y, tip, value in zip(plot.get_yticks(), factor * shown[key], factors[end], strict=True):
            # beyond the tip, on the side away from the centre
            side = -1 if tip < centre else 1
            plot.annotate(
                style.plain(value),
                (tip, y + up * BAR / 4),
                (side * style.em(0.4), 0),
                textcoords="offset points",
                ha="left" if side > 0 else "right",
                va="center_baseline",
                fontsize="small",
            )
