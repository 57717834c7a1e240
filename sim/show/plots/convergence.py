"""Plot how far the indices have settled: each against the size of the design, with its interval."""

from typing import TYPE_CHECKING

from sim.results.sweep import convergence, plain_name, subject
from sim.show.plots import style
from sim.show.plots import sweep_choice as choice
from sim.show.plots.style import columns_of, multiples

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SIZE = (10, 6)  # inches
MOST = (6, 3)  # factors, in a memo and on a slide
MARGINS = {"left": 4.2, "below": 3.6, "right": 1, "above": 3}
STEADY = 0.1  # of the largest index: a last doubling that moves no index by more has settled
WORDS = {
    "sobol": ("total index (ST)", "base samples"),
    "morris": ("mean size (\u03bc*)", "trajectories"),
    "pawn": ("shift (median)", "points"),
    "lhs": ("shift (median)", "points"),
}


def plot_convergence(sweep, ax=None, measure=None) -> "Axes":
    """Draw the index of each leading factor as it was when the design was smaller, with 90 % intervals.

    Parameters
    ----------
    sweep : Sweep
    ax : matplotlib Axes; a new figure of 10 by 6 inches if None
    measure : one that the sweep kept; the first asked for if None

    Returns
    -------
    the Axes; a panel each factor in ``ax.child_axes``

    Raises
    ------
    UsageError for a sweep without indices; ResultError for a measure that it did not keep.
    """
    return choice.figure(sweep, ax, measure, "convergence", tuple(WORDS), SIZE, _values, _draw)


def _values(sweep, measure, stage) -> tuple:
    """Return the indices by size of the design, their values, and whether there are two sizes."""
    grown = convergence(sweep, measure, stage)
    return grown, grown["index"], grown.n.nunique() > 1


def _draw(sweep, ax, measure, stage, table) -> None:
    """Draw heading, a panel for each leading factor, and small print."""
    method = sweep.stages.method[stage]
    factor, unit = choice.unit_of(sweep, measure) if method == "morris" else (1, "")
    table[["index", "low", "high"]] *= factor
    # the leading factors of the whole design
    last = table[table.n == table.n.max()].sort_values("index", ascending=False, kind="stable")
    names = list(last.factor[: style.fit(*MOST)])
    index, blocks = WORDS[method]
    choice.head(sweep, ax, _finding(sweep, table), f"{index} of {subject(sweep, measure)} as the design grew")
    label = f"{index}{f', {unit}' if unit else ''}"
    _draw_panels(sweep, ax, table, names, label if method != "morris" else f"\u03bc*, {unit}".rstrip(", "), blocks)
    choice.caption(
        sweep,
        ax,
        measure,
        stage,
        choice.others_words(len(last) - len(names)) + "Band: 90 % interval.",
        "An index has settled when its band is narrow and its line level.",
    )


def _finding(sweep, table) -> str:
    """State in a title whether the last doubling of the design still moved an index."""
    # the largest change of any index at the last doubling, against the largest index
    sizes = sorted(table.n.unique())
    by_factor = table.pivot(index="factor", columns="n", values="index")
    change = (by_factor[sizes[-1]] - by_factor[sizes[-2]]).abs()
    if change.max() <= STEADY * by_factor[sizes[-1]].max():
        return "The indices have settled"
    return f"Not settled yet: {plain_name(sweep, change.idxmax())} still moves"


def _draw_panels(sweep, ax, table, names, label, blocks) -> None:
    """Draw a panel each factor, all with the same axes."""
    columns = columns_of(len(names))
    # the same axes in every panel
    low, high = min(table.low.min(), 0), table.high[table.factor.isin(names)].max()
    for place, (name, plot) in enumerate(zip(names, multiples(ax, len(names), columns, **MARGINS), strict=True)):
        rows = table[table.factor == name]
        plot.fill_between(rows.n, rows.low, rows.high, color=style.SCENARIO, alpha=0.16, lw=0)
        plot.plot(rows.n, rows["index"], "o-", color=style.SCENARIO, lw=style.em(0.2), ms=style.em(0.4))
        plot.axhline(0, color=style.FAINT, lw=0.9, zorder=0)
        plot.set_title(choice.with_grade(sweep, name, choice.OVER_PANEL), loc="left", fontsize="medium")
        # sizes double, so the scale is logarithmic
        plot.set_xscale("log", base=2)
        plot.set_xticks(_ticks(sorted(rows.n)))
        plot.xaxis.set_major_formatter("{x:,.0f}")
        plot.minorticks_off()
        plot.set_ylim(low - 0.03 * (high - low), high + 0.05 * (high - low))
        plot.locator_params(axis="y", nbins=5)
        if place + columns >= len(names):
            plot.set_xlabel(blocks)
        if place % columns == 0:
            plot.set_ylabel(label)


def _ticks(sizes) -> list:
    """Return at most four of the sizes, with the last."""
    return sizes[::-1][:: -(-len(sizes) // 4)]
