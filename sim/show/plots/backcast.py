"""Figures of a backcast: predicted against observed flows, and scores over split years with wins and losses."""

from typing import TYPE_CHECKING

import numpy as np

from sim.show.plots import style
from sim.show.plots.style import multiples

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SIZE = (10, 7.4)  # inches
SHOWN = ("talentflow", "gravity", "last flow", "kernel alone")
LEAST = 0.1  # persons: flows below it, and zeros, stand at the edge


def plot_backcast(result, ax=None) -> "Axes":
    """Draw a dot a corridor: what was predicted against what was observed.

    Parameters
    ----------
    result : Backcast, see ``sim.study.backcast``
    ax : matplotlib Axes; a new figure of 10 by 7.4 inches if None

    Returns
    -------
    the Axes; the panels are its children, ``ax.child_axes``
    """
    first, last = result.record["score"]
    with style.look():
        ax = style.axes(SIZE) if ax is None else ax
        ax.axis("off")
        style.heading(
            ax,
            f"Moves of scholars between countries, {first} to {last}, as predicted from {result.record['fit_until']}",
            f"{result.record['corridors']:,} corridors between {result.record['countries']} countries; "
            "persons over all years, logarithmic",
        )
        # one panel a prediction, all on the same logarithmic axes
        observed = result.corridors["observed"].to_numpy()
        most = 1.5 * max(result.corridors[["observed", *SHOWN]].to_numpy().max(), 1)
        panels = multiples(ax, len(SHOWN), 2, left=5, below=3.6, right=1, above=2.2)
        for number, (panel, who) in enumerate(zip(panels, SHOWN, strict=True)):
            _panel(panel, who, result, observed, most, number)
        style.caption(
            ax,
            "Gravity: sizes, distances and compatriots; last flow: as in the year before; kernel alone: the model "
            "without what a corridor's own past adds. The line is a perfect prediction. Flows under "
            f"{LEAST:g} persons, and zeros, stand at the edge; dots of whole numbers are spread a little. "
            f"Published researchers of all fields, not AI engineers. {_source(result.record)}",
        )
    return ax


LINES = {  # prediction -> colour
    "talentflow": style.SCENARIO,
    "gravity": style.MANY[1],
    "last flow": style.MANY[2],
    "mean flow": style.MANY[3],
    "kernel alone": style.BASELINE,
}
TITLES = {
    "net_rank": "net rates, rank correlation",
    "net_error": "net rates, error in points a year",
    "rank": "all corridors, rank correlation",
    "rank_moving": "corridors with moves, rank correlation",
    "log_score": "log score, nats",
    "share_error": "share of moves in the wrong corridor, %",
}
FACTOR = {"net_error": 100, "share_error": 100}
MARKS = {"first": ("o", True), "level": ("o", False), "lost": ("X", True)}


def plot_rolling(board, ax=None) -> "Axes":
    """Draw a panel per score: the forecast and its rivals over split years, and where the forecast is first,
    level or lost.

    Parameters
    ----------
    board : Rolling, see ``sim.study.backcast``
    ax : matplotlib Axes; a new figure of 10 by 7.4 inches if None

    Returns
    -------
    the Axes; the panels are its children, ``ax.child_axes``
    """
    with style.look():
        ax = style.axes(SIZE) if ax is None else ax
        ax.axis("off")
        # the weakest score decides the heading
        least = round(board.tally["held"].min() * board.splits)
        often = f"all {least}" if least == board.splits else f"at least {least} of {board.splits}"
        style.heading(
            ax,
            f"On every score, talentflow is first or level with the best rival in {often} trials",
            f"Moves of scholars between countries; fitted until the year shown, scored on the {board.ahead} after it",
        )
        panels = multiples(ax, len(TITLES), 3, left=5, below=2.4, right=1, above=2.4, head=1.8)
        for number, (panel, name) in enumerate(zip(panels, TITLES, strict=True)):
            _over_years(panel, name, board, number == 0)
        style.caption(
            ax,
            "Full dot: first; hollow: level (the 90 % interval of the difference to the best rival holds 0); cross: "
            "lost. The lower the better for errors and moves in the wrong corridor, the higher for all others. "
            + style.made_by(f"{board.splits} trials"),
        )
    return ax


def _source(record) -> str:
    """Name the source of the predictions: program and runs."""
    runs = "1 run" if record["replicates"] == 1 else f"{record['replicates']} runs"
    return style.made_by(f"{runs} of {record['population']:,} agents, seed {record['seed']}")


def _over_years(panel, name, board, named) -> None:
    """Draw one score of every prediction over split years."""
    # a line a prediction over the split years
    scores = board.scores[board.scores["who"].isin(LINES)].pivot(index="until", columns="who", values=name)
    scores = scores * FACTOR.get(name, 1)
    for who, colour in LINES.items():
        own = who == "talentflow"
        panel.plot(scores.index, scores[who], color=colour, lw=style.em(0.2 if own else 0.1), label=who, zorder=2 + own)
    # dots on the forecast's own line: first, level or lost
    judged = board.verdicts[board.verdicts["score"] == name]
    for verdict, (marker, full) in MARKS.items():
        at = judged.loc[judged["verdict"] == verdict, "until"]
        face = (style.LOSS if verdict == "lost" else style.SCENARIO) if full else "white"
        edge = style.LOSS if verdict == "lost" else style.SCENARIO
        panel.plot(at, scores.loc[at, "talentflow"], marker, ms=style.em(0.6), mfc=face, mec=edge, ls="", zorder=4)
    panel.set_title(TITLES[name], loc="left", fontsize="medium")
    panel.xaxis.get_major_locator().set_params(integer=True)
    if named:
        panel.legend(loc="lower left", bbox_to_anchor=(0, 1.19), ncol=5, frameon=False, borderaxespad=0)


def _panel(panel, who, predicted, observed, most, number) -> None:
    """Draw predicted against observed flows of one prediction."""
    # spread dots of whole numbers by up to 12 %, the same in every drawing
    spread = np.exp(np.random.default_rng(0).uniform(-0.12, 0.12, (2, len(observed))))
    x, y = (
        np.maximum(values, LEAST) * s
        for values, s in zip((observed, predicted.corridors[who].to_numpy()), spread, strict=True)
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
    # on this line the prediction is right
    panel.plot([LEAST, most], [LEAST, most], color=style.LOSS, lw=style.em(0.1))
    panel.set(xscale="log", yscale="log", xlim=(LEAST / 1.3, most), ylim=(LEAST / 1.3, most))
    for axis in (panel.xaxis, panel.yaxis):
        axis.set_major_formatter("{x:,g}")
    panel.set_title(
        f"{who}: rank correlation {predicted.value(who, 'rank'):.3f}",
        loc="left",
        fontsize="medium",
        fontweight="bold" if number == 0 else "normal",
    )
    panel.set_xlabel("observed, persons")
    panel.set_ylabel("predicted, persons")
