"""The answer along each factor's range, the others at their centre: a spider of lines through one point."""

import numpy as np

from sim.results.sweep import index_table, subject
from sim.show.plots import style
from sim.show.plots import sweep_choice as choice
from sim.show.plots.labels import apart
from sim.show.plots.panels import inset

SIZE = (10, 7)  # inches
MOST = (7, 5)  # factors with a colour and a name, in a memo and on a slide
LINE = 1.3  # em from one line of a name to the next


def plot_spider(sweep, ax=None, measure=None):
    """A measure along the range of each factor, all other factors at their centre.

    Parameters
    ----------
    sweep : Sweep
    ax : matplotlib Axes; a new figure of 10 by 7 inches if None
    measure : one that the sweep kept; the first asked for if None

    Returns
    -------
    the Axes; the plot is its only child, ``ax.child_axes[0]``

    Raises
    ------
    UsageError for a sweep by another method; ResultError for a measure that it did not keep.
    """
    stage, measure = choice.stage_for(sweep, "spider", "oat"), measure or sweep.primary
    with style.look():
        ax = choice.begin(ax, SIZE)
        if choice.too_early(sweep, stage, ax):
            return ax
        table = index_table(sweep, measure, stage)
        if choice.still(sweep, ax, measure, table.width):
            return ax
        factor, _ = choice.unit_of(sweep, measure)
        names = list(table.index[choice.moves(table.width)])
        shown = names[: style.fit(*MOST)]
        top, chance = table.iloc[0], choice.chance_reach(sweep, measure, stage)
        way = choice.way_along(names[0], top.at_low, top.at_high, top.width)
        title = choice.HIDDEN if choice.hidden(table, factor, chance) else way
        choice.head(sweep, ax, title, f"one factor at a time over its range: {subject(sweep, measure)}")
        lines = {name: factor * line for name, line in legs(sweep, names, measure, stage).items()}
        longest = max(len(part) for name in shown for part in choice.with_grade(sweep, name).splitlines())
        plot = inset(ax, left=5, below=3.6, right=0.5 * longest + 2.4)
        if chance > 0:
            plot.axhspan(factor * top.centre - chance, factor * top.centre + chance, color=style.GRID, zorder=-2)
        _draw(sweep, plot, lines, shown)
        plot.set_ylabel(choice.axis_words(sweep, measure))
        grey = f"Thin: {choice.others_words(len(names) - len(shown), 'are without a name')}" if shown != names else ""
        choice.caption(
            sweep,
            ax,
            measure,
            stage,
            f"{grey}Lines meet where all factors are at their centre. {choice.BAND if chance > 0 else ''}",
        )
    return ax


def legs(sweep, names, measure, stage):
    """A measure along each factor: dict of name -> Series by place, -1 low end, 0 centre, +1 high end."""
    y, z = sweep.value(measure, stage), sweep.coordinates(stage)
    z = z.loc[y.index]
    centre, found = z.iloc[0], {}
    for name in names:
        off = z[name] - centre[name]
        moved = off[off != 0].index
        side = np.where(off[moved] < 0, centre[name], 1 - centre[name])
        line = y.loc[moved].set_axis(off[moved] / side)
        line.loc[0.0] = y.iloc[0]
        found[name] = line.sort_index()
    return found


def _draw(sweep, plot, lines, shown):
    for name in [name for name in lines if name not in shown]:
        plot.plot(lines[name].index, lines[name], color=style.FAINT, lw=style.em(0.1), zorder=1)
    for number, name in enumerate(shown):
        colour, marker, dashes = style.scenario_look(number)
        plot.plot(
            lines[name].index,
            lines[name],
            color=colour,
            marker=marker,
            ms=style.em(0.5),
            lw=style.em(0.18),
            ls=dashes,
            zorder=3,
        )
    plot.axvline(0, color=style.FAINT, lw=0.9, zorder=0)
    plot.margins(x=0.02)
    low, high = plot.get_ylim()
    if low < 0 < high:
        plot.axhline(0, color=style.INK, lw=0.9, zorder=0)
    plot.set(xticks=[-1, -0.5, 0, 0.5, 1], xlabel="place in the factor's range")
    plot.set_xticklabels(["low end", "", "centre", "", "high end"])
    _name(sweep, plot, lines, shown)


def _name(sweep, plot, lines, shown):
    """Names at the right ends of the lines, moved apart."""
    words = [choice.with_grade(sweep, name) for name in shown]
    low, high = plot.get_ylim()
    tall = style.em(LINE) * plot.figure.dpi / 72 / plot.get_window_extent().height * (high - low)
    ends = [lines[name].iloc[-1] for name in shown]
    heights = apart(ends, tall * max(1 + text.count("\n") for text in words))
    for number, (text, end, height) in enumerate(zip(words, ends, heights, strict=True)):
        colour = style.scenario_look(number)[0]
        plot.annotate(
            text,
            (1, end),
            (1.06, height),
            textcoords="data",
            va="center",
            fontsize="small",
            color=style.darker(colour),
            annotation_clip=False,
            arrowprops={
                "arrowstyle": "-",
                "color": colour,
                "lw": 0.7,
                "shrinkA": 0,
                "shrinkB": style.em(0.3),
                "relpos": (0, 0.5),
            },
        )
