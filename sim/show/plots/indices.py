"""Plot which factors the variance rests on: bars with 90 % intervals, grey if they may be nothing."""

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.patheffects import withStroke

from sim.results.sweep import index_table, spoken_name, subject
from sim.show.plots import style
from sim.show.plots import sweep_choice as choice
from sim.show.plots.style import draw_legend, right_of
from sim.show.plots.sweep_choice import row_panel

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SIZE = (10, 7)  # inches
MOST = (16, 9)  # factors that stay readable, in a memo and on a slide
SOBOL = {"first": ("alone (S1)", style.SCENARIO), "total": ("in all (ST)", "#8fb8dc")}  # bar -> name, colour
PAWN = {"median": ("shift (median)", style.SCENARIO)}
GREY = {2: "interval covers 0", 1: "sampling may give as much"}  # number of bars -> what grey says
COLUMN, RUNS = 6.5, 9.5  # em that a column of numbers takes, and the one of runs
BAR = 0.76  # of a row
SHOWN = {
    "sobol": "Sobol indices, parts of the variance of {} over the sweep",
    "pawn": "PAWN indices of {}",
}
CAPTIONS = {
    "sobol": (
        "Line: 90 % interval.",
        "Alone: what the factor explains by itself; in all: with what it does together with others.",
    ),
    "pawn": (
        "Line: 90 % interval. Left of the dashed line sampling alone may give as much.",
        "Shift: Kolmogorov-Smirnov distance between the distributions with the factor held and free.",
    ),
}


def plot_indices(sweep, ax=None, measure=None) -> "Axes":
    """Draw Sobol indices of every factor, first and total; of a PAWN or Latin hypercube sweep the PAWN distance.

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
    return choice.figure(sweep, ax, measure, "indices", ("sobol", "pawn", "lhs"), SIZE, _values, _draw)


def _values(sweep, measure, stage) -> tuple:
    """Return the table of indices, the indices in it that are drawn, and True."""
    table = index_table(sweep, measure, stage)
    return table, table[list(SOBOL if sweep.stages.method[stage] == "sobol" else PAWN)], True


def _draw(sweep, ax, measure, stage, table) -> None:
    """Draw heading, bars and small print."""
    is_sobol = sweep.stages.method[stage] == "sobol"
    bars, what = (SOBOL, "sobol") if is_sobol else (PAWN, "pawn")
    title = choice.blurred(sweep, measure, stage) or _finding(sweep, table, is_sobol)
    choice.head(sweep, ax, title, SHOWN[what].format(subject(sweep, measure)))
    shown = table.head(style.fit(*MOST))
    plot = _draw_rows(sweep, ax, shown, bars)
    # below this line sampling alone may give as much
    if not is_sobol:
        plot.axvline(shown.critical.iloc[0], color=style.INK, lw=style.em(0.12), ls=(0, (4, 3)))
    # words that must stand, and words for which there may be no room
    needed, more = CAPTIONS[what]
    more += " More runs: would likely settle what is grey." if shown.undecided.any() else ""
    choice.caption(sweep, ax, measure, stage, choice.others_words(len(table) - len(shown)) + needed, more)


def _finding(sweep, table, is_sobol) -> str:
    """Title the figure with the strongest factor's part of the variance."""
    name, row = table.index[0], table.iloc[0]
    if row.undecided:
        return "No factor stands out of what sampling alone may give"
    # overlapping intervals give no order
    first = list(table.index[table.best_rank == 1])
    if len(first) > 1:
        return f"The sweep does not tell which of {len(first)} factors matters most: their intervals overlap"
    if not is_sobol:
        return f"The distribution shifts most with {spoken_name(sweep, name)}"
    part = f"it has a part in {choice.percent(row.total)} of the variance"
    return f"{choice.begun(spoken_name(sweep, name))} matters most: {part}"


def _draw_rows(sweep, ax, shown, bars) -> "Axes":
    """Draw the bars of every factor with their key and numbers."""
    # key above, numbers at the right
    columns = _columns(shown, bars)
    samples = [*bars.values(), *([(GREY[len(bars)], style.UNDECIDED)] if _grey(shown, bars).any() else [])]

    def draw_sample(key, x, y, number) -> None:
        key.barh(y, 3.2, 0.7, x, color=samples[number][1])

    above = draw_legend(ax, [name for name, _ in samples], style.fit(4, 3), draw_sample) + 2.2
    plot = row_panel(sweep, ax, list(shown.index), right=columns[-1][0], above=above)
    _draw_bars(plot, shown, bars)
    for end, words, cells in columns:
        right_of(plot, len(shown) - 0.3, end, words, color=style.BASELINE, va="bottom")
        for y, cell in zip(plot.get_yticks(), cells, strict=True):
            right_of(plot, y, end, cell)
    return plot


def _columns(shown, bars) -> list[tuple]:
    """Return the numbers beside the bars: (em from the plot to their end, heading, texts)."""
    as_text = choice.percent if "first" in bars else "{:.2f}".format
    columns = [
        (COLUMN * (number + 1), name.partition(" (")[0], [as_text(value) for value in shown[key]])
        for number, (key, (name, _)) in enumerate(bars.items())
    ]
    if shown.undecided.any():
        columns.append((COLUMN * len(bars) + RUNS, "more runs", [_runs(row) for row in shown.itertuples()]))
    return columns


def _grey(shown, bars) -> np.ndarray:
    """Select the bars that may be nothing but sampling error: (factor, bar) array of bool."""
    if "first" in bars:
        return np.array([~(shown[f"{key}_low"] > 0) for key in bars]).T
    return shown[["undecided"]].to_numpy()


def _draw_bars(plot, shown, bars) -> None:
    """Draw the bars of each factor below each other, with their intervals."""
    # indices of a Sobol design are shown in per cent of the variance
    heights, width, grey = plot.get_yticks(), BAR / len(bars), _grey(shown, bars)
    scale = 100 if "first" in bars else 1
    halo = [withStroke(linewidth=style.em(0.3), foreground="white", alpha=0.7)]
    for number, (key, (_, colour)) in enumerate(bars.items()):
        y = heights + BAR / 2 - (number + 0.5) * width
        colours = np.where(grey[:, number], style.UNDECIDED, colour)
        plot.barh(y, scale * shown[key], 0.9 * width, color=colours)
        plot.hlines(
            y,
            scale * shown[f"{key}_low"],
            scale * shown[f"{key}_high"],
            color=style.INK,
            lw=style.em(0.12),
            path_effects=halo,
        )
    plot.axvline(0, color=style.INK, lw=0.9)
    plot.locator_params(axis="x", nbins=style.fit(7, 5))
    plot.set_xlabel("part of the variance, %" if "first" in bars else "distance, 0 to 1")


def _runs(row) -> str:
    """Estimate how many more runs would settle a factor; '' for one that is settled."""
    if not row.undecided:
        return ""
    # NaN or None: no number of runs would settle it
    known = row.more_runs == row.more_runs and row.more_runs
    return f"about {float(f'{row.more_runs:.1e}'):,.0f}" if known else "not known"
