"""Curves of two searches: the effect of a lever against its value, and engineers against budget.

The first is the curve that a break-even is read from. The frontier of a portfolio is that of the emulator, a Gaussian
process fitted to the runs of the search (``sim.study.portfolio``).
"""

from typing import TYPE_CHECKING

import numpy as np

from sim.results.narrative import measure_words
from sim.show.plots import style
from sim.show.plots.style import inset

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SIZE = (10, 6)  # inches
DECADES = 2  # the axis is logarithmic where the largest value is over 10**DECADES times the smallest


def plot_curve(curve, title, subtitle, x_label, unit, target, root, ax=None, source="") -> "Axes":
    """Draw the effect over the values of a lever, with the target and the value that meets it.

    Parameters
    ----------
    curve : pandas.DataFrame: value, mean, low, high (90 % of pairs), error (Monte Carlo); one row a value tried
    title, subtitle : str, the heading
    x_label : str, what the values are, with their unit
    unit : str, of the effect and of ``target``
    target : float, the effect that is looked for
    root : (value, low, high), the value that gives it and its 90 % interval over pairs; None if no value does
    ax : matplotlib Axes; a new figure of 10 by 6 inches if None
    source : str, the last sentence of the small print

    Returns
    -------
    the Axes; the plot is its only child, ``ax.child_axes[0]``
    """
    curve = curve.sort_values("value")
    with style.look():
        ax = style.axes(SIZE) if ax is None else ax
        ax.axis("off")
        style.heading(ax, title, subtitle)
        plot = inset(ax, left=5, below=3.6, right=1, above=2.4)
        # band over pairs, mean with its Monte Carlo error, and zero
        plot.fill_between(curve.value, curve.low, curve.high, color=style.SCENARIO, alpha=0.16, lw=0)
        plot.errorbar(
            curve.value,
            curve["mean"],
            curve.error,
            color=style.SCENARIO,
            lw=style.em(0.2),
            fmt="o-",
            ms=style.em(0.5),
            capsize=style.em(0.25),
            elinewidth=style.em(0.12),
        )
        plot.axhline(0, color=style.FAINT, lw=0.9, zorder=0)
        _scale_values(plot, curve.value.to_numpy())
        _mark(plot, target, root, unit)
        plot.set_xlabel(x_label)
        plot.set_ylabel(f"effect, {style.unit_words(unit)}")
        style.caption(
            ax,
            "Dots: mean over pairs at the values tried, with Monte Carlo error. Band: 90 % of pairs. "
            + (
                "The upright band is the interval of the value that meets the target."
                if root
                else "No value within the bounds meets the target."
            )
            + f" {source}".rstrip(),
        )
    return ax


def _scale_values(plot, values) -> None:
    """Set a logarithmic axis for values that span decades; a value of 0 stays at its left end."""
    above = values[values > 0]
    if (values >= 0).all() and above.size and above.max() > 10**DECADES * above.min():
        # zero has no logarithm: near it the scale is linear
        if above.size == values.size:
            plot.set_xscale("log")
        else:
            plot.set_xscale("symlog", linthresh=above.min())
            first, last = np.log10(above[[0, -1]])
            plot.set_xticks([0, *10.0 ** np.arange(np.ceil(first), np.floor(last) + 1)])
    plot.xaxis.set_major_formatter(lambda value, _: _tick(value))
    plot.margins(x=0.02)


def _tick(value) -> str:
    """Write a number on the axis of values; millions and billions as words, never an exponent.

    >>> _tick(100_000.0), _tick(31_600_000.0), _tick(1e9), _tick(0.25)
    ('100,000', '31.6 million', '1 billion', '0.25')
    """
    for unit, word in ((1e9, "billion"), (1e6, "million")):
        if abs(value) >= unit:
            return f"{value / unit:,g} {word}".replace("-", "\u2212")
    return f"{value:,g}".replace("-", "\u2212")


def _mark(plot, target, root, unit) -> None:
    """Mark the target, and the value that meets it with its interval."""
    plot.axhline(target, color=style.LOSS, lw=style.em(0.16), ls=(0, (5, 2)))
    # the label of the target stands on the side where the line of the value is not
    where = plot.transAxes.inverted().transform(plot.transData.transform((root[0], 0)))[0] if root else 0
    side = ("right", 0.99) if where < 0.5 else ("left", 0.01)
    plot.annotate(
        f"target {target:+,g} {style.unit_words(unit)}".replace("-", "\u2212"),
        (side[1], target),
        (0, style.em(0.3)),
        ("axes fraction", "data"),
        "offset points",
        ha=side[0],
        va="bottom",
    )
    if root is None:
        return
    # the interval of the value as an upright band
    value, low, high = root
    plot.axvspan(low, high, color=style.LOSS, alpha=0.22, lw=0)
    plot.axvline(value, color=style.INK, lw=style.em(0.16))
    plot.annotate(
        f"{style.plain(value)} ({style.plain(low)} to {style.plain(high)})",
        (value, 1),
        (0, style.em(0.4)),
        ("data", "axes fraction"),
        "offset points",
        va="bottom",
        fontweight="bold",
        ha="left" if where < 0.25 else "right" if where > 0.75 else "center",
    )


# ------------------------------------------------------------------------------
# The frontier of a portfolio
# ------------------------------------------------------------------------------


def plot_frontier(result, title, ax=None, source="") -> "Axes":
    """Draw the emulated frontier as a line with its band, the confirmed mixes as points, and the budget.

    Parameters
    ----------
    result : Portfolio, see ``sim.study.portfolio``
    title : str
    ax : matplotlib Axes; a new figure of 10 by 6 inches if None
    source : str, where the numbers come from

    Returns
    -------
    the Axes; the curve is its only child, ``ax.child_axes[0]``
    """
    with style.look():
        ax = style.axes(SIZE) if ax is None else ax
        ax.axis("off")
        style.heading(ax, title, f"Effect on {measure_words(result.measure)}, against net public cost")
        plot = inset(ax, left=6, below=3.6, right=2, above=1.4)
        # the emulator's frontier behind, confirmed mixes with their intervals in front
        front, mixes = result.frontier, result.mixes
        plot.fill_between(front.budget, front.low, front.high, color=style.GAIN, alpha=0.2, lw=0)
        plot.plot(front.budget, front.engineers, color=style.GAIN, lw=2)
        spread = [mixes.engineers - mixes.engineers_low, mixes.engineers_high - mixes.engineers]
        plot.errorbar(mixes.cost, mixes.engineers, spread, fmt="none", ecolor=style.FAINT, elinewidth=1)
        plot.plot(mixes.cost, mixes.engineers, "o", color=style.BASELINE, ms=4)
        best = mixes[mixes.label == result.best]
        plot.plot(best.cost, best.engineers, "o", color=style.LOSS, ms=8)
        plot.axvline(result.budget, color=style.INK, lw=0.9, ls="--")
        plot.axhline(0, color=style.FAINT, lw=0.9, zorder=0)
        plot.annotate(
            "budget", (result.budget, 1), (0, style.em(0.3)), ("data", "axes fraction"), "offset points", ha="center"
        )
        for cost, engineers in best[["cost", "engineers"]].itertuples(index=False):
            plot.annotate("best", (cost, engineers), (style.em(0.8), 0), textcoords="offset points", va="center")
        plot.set_xlabel("net public cost, million USD of 2026 a year")
        plot.set_ylabel("persons more or fewer" if result.measure.startswith("stock") else "effect")
        plot.xaxis.set_major_formatter(lambda value, _: f"{value:,.6g}".replace("-", "\u2212"))
        plot.yaxis.set_major_formatter(lambda value, _: f"{value:,.6g}".replace("-", "\u2212"))
        searched = (
            f"Line: the most engineers that the search expects within a budget; {result.points} mixes give no band."
            if result.points < result.needed
            else "Line and band: the most engineers that the search expects within a budget, 90 % interval."
        )
        style.caption(
            ax,
            f"{searched} Points: mixes run again with fresh seeds, 90 % of pairs; the large one is the best within the "
            f"budget. {source}",
        )
    return ax
