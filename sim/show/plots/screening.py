"""Plot which factors move the answer: Morris screening, the mean size of a change against how much it varies."""

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.transforms import Bbox

from sim.results.sweep import index_table, plain_name, subject
from sim.show.plots import style
from sim.show.plots import sweep_choice as choice
from sim.show.plots.style import dot, draw_legend, inset, label_points

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SIZE = (10, 7)  # inches
MOST = (10, 7)  # factors with a name, in a memo and on a slide
RADIUS = 0.3  # em, of a dot
CAPTION = (
    "Above the dashed line, where the changes vary more than their size, the answer depends on the other factors too, "
    "or along a bent line."
)


def plot_screening(sweep, ax=None, measure=None) -> "Axes":
    """Draw the mean size of a factor's elementary effects (mu*) against their spread (sigma).

    Parameters
    ----------
    sweep : Sweep
    ax : matplotlib Axes; a new figure of 10 by 7 inches if None
    measure : one that the sweep kept; the first asked for if None

    Returns
    -------
    the Axes; the plot is its last child, ``ax.child_axes[-1]``

    Raises
    ------
    UsageError for a sweep without a Morris stage; ResultError for a measure that it did not keep.
    """
    return choice.figure(sweep, ax, measure, "screening", ("morris",), SIZE, _values, _draw)


def _values(sweep, measure, stage) -> tuple:
    """Return the table of elementary effects, their mean sizes, and True."""
    table = index_table(sweep, measure, stage)
    return table, table.mu_star, True


def _draw(sweep, ax, measure, stage, table) -> None:
    """Draw heading, dots with names, and small print."""
    factor, unit = choice.unit_of(sweep, measure)
    title = choice.blurred(sweep, measure, stage) or choice.moves_most(sweep, table.index[0])
    choice.head(sweep, ax, title, f"change of {subject(sweep, measure)} over a factor's whole range")
    # colours say the grade of evidence; grey, that the interval covers 0
    moving, most = table[choice.moves(table.mu_star)], style.fit(*MOST)
    grades = [grade for grade in style.GRADES if grade in set(moving.grade[~moving.undecided])]
    plot = inset(ax, left=5, below=3.6, right=1, above=_draw_key(ax, grades, moving.undecided.any()) + 1.4)
    # a guided sweep goes on with some factors: the others are hollow
    kept = moving.index.isin(sweep.stages.factors[sweep.last])
    _draw_dots(plot, moving, factor, kept)
    unit = f", {unit}" if unit else ""
    plot.set(xlabel=f"mean size (\u03bc*){unit}", ylabel=f"spread (\u03c3){unit}")
    _label(sweep, plot, moving, most, factor)
    needed = _needed(len(table) - len(moving), len(moving) - most, kept)
    choice.caption(sweep, ax, measure, stage, needed, CAPTION, letters=False)


def _draw_key(ax, grades, grey) -> float:
    """Draw the key of grades; return the em that it takes."""
    names = {"A": "A measured", "B": "B derived", "C": "C industry", "D": "D assumed", "": "no grade"}
    samples = [(names[grade], style.GRADES[grade]) for grade in grades]
    samples += [("interval covers 0", style.UNDECIDED)] if grey else []

    def draw_sample(key, x, y, number) -> None:
        key.plot(x + 1.6, y, "o", ms=2 * style.em(RADIUS), color=samples[number][1])

    return draw_legend(ax, [name for name, _ in samples], style.fit(5, 5), draw_sample)


def _draw_dots(plot, moving, factor, kept) -> None:
    """Draw a dot each with the interval of its mean, and the line on which the spread equals the mean."""
    # intervals, then dots on top
    colours = np.where(moving.undecided, style.UNDECIDED, [style.GRADES[grade] for grade in moving.grade])
    x, y = factor * moving.mu_star, factor * moving.sigma
    plot.hlines(
        y, factor * moving.mu_star_low, factor * moving.mu_star_high, colors=colours, lw=style.em(0.1), alpha=0.6
    )
    inside = np.where(kept, colours, "white")
    plot.scatter(x, y, (2 * style.em(RADIUS)) ** 2, c=inside, edgecolors=colours, linewidths=style.em(0.12), zorder=3)
    top = max(float(y.max()), 0.1 * float(x.max()))  # of a sum no change varies, but for rounding
    plot.set(xlim=(0, 1.04 * float(factor * moving.mu_star_high.max())), ylim=(-0.02 * top, 1.15 * top))
    # above the diagonal a factor acts through others, or along a bent line
    end = min(plot.get_xlim()[1], plot.get_ylim()[1])
    plot.plot([0, end], [0, end], color=style.FAINT, lw=style.em(0.12), ls=(0, (4, 3)), zorder=0)
    plot.annotate(
        "\u03c3 = \u03bc*",
        (end, end),
        (-style.em(1.4), 0),
        textcoords="offset points",
        ha="right",
        va="top",
        fontsize="small",
        color=style.BASELINE,
    )


def _label(sweep, plot, moving, most, factor) -> None:
    """Write names beside the strongest dots, off all dots and intervals."""
    # boxes round intervals and dots, which names keep clear of
    half = 0.15 * style.em() * plot.figure.dpi / 72
    taken = []
    for row in moving.itertuples():
        low, high = plot.transData.transform(
            [(factor * x, factor * row.sigma) for x in (row.mu_star_low, row.mu_star_high)]
        )
        taken += [
            Bbox([low - np.array((0, half)), high + np.array((0, half))]),
            dot(plot, (factor * row.mu_star, factor * row.sigma), style.em(RADIUS)),
        ]
    label_points(
        plot,
        [
            (choice.folded(plain_name(sweep, name)), factor * row.mu_star, factor * row.sigma, style.em(RADIUS))
            for name, row in moving.head(most).iterrows()
        ],
        taken,
    )


def _needed(still, nameless, kept) -> str:
    """Explain hollow dots, lines, and factors without a name or an effect."""
    reach = f"{still} of them {'reaches' if still == 1 else 'reach'} nothing. " if still else ""
    hollow = "" if kept.all() else "Hollow: left out after it. "
    named = choice.others_words(max(nameless, 0), "are without a name")
    return f"{reach}{named}{hollow}Line: 90 % interval of the mean."
