"""The effect of a lever against its value: the curve that a break-even is read from."""

from typing import TYPE_CHECKING

import numpy as np

from sim.show.plots import style
from sim.show.plots.style import inset

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SIZE = (10, 6)  # inches
DECADES = 2  # of values from which their axis is logarithmic


def plot_curve(curve, title, subtitle, x_label, unit, target, found, ax=None) -> "Axes":
    """Draw the effect over the values of a lever, with the target and the value that meets it.

    Parameters
    ----------
    curve : pandas.DataFrame: value, mean, low, high (90 % of pairs), error (Monte Carlo); one row a value tried
    title, subtitle, x_label : str, the label of the values with their unit
    unit : str, of the effect and of ``target``
    target : float, the effect that is looked for
    found : (value, low, high), the value that gives it and its interval; None if no value does
    ax : matplotlib Axes; a new figure of 10 by 6 inches if None

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
        _mark(plot, target, found, unit)
        plot.set_xlabel(x_label)
        plot.set_ylabel(f"effect, {unit}")
        style.caption(
            ax,
            "Dots: mean over pairs at the values tried, with Monte Carlo error. Band: 90 % of pairs. "
            + (
                "The upright band is the interval of the value that meets the target."
                if found
                else "No value within the bounds meets the target."
            ),
        )
    return ax


def _scale_values(plot, values) -> None:
    """Set a logarithmic axis for values that span decades; a value of 0 keeps its place at the left of it."""
    above = values[values > 0]
    if (values >= 0).all() and above.size and above.max() > 10**DECADES * above.min():
        # zero has no logarithm: near it the scale is linear
        if above.size == values.size:
            plot.set_xscale("log")
        else:
            plot.set_xscale("symlog", linthresh=above.min())
            first, last = np.log10(above[[0, -1]])
            plot.set_xticks([0, *10.0 ** np.arange(np.ceil(first), np.floor(last) + 1)])
    plot.xaxis.set_major_formatter("{x:,g}")
    plot.margins(x=0.02)


def _mark(plot, target, found, unit) -> None:
    """Mark the target, and the value that meets it with its interval."""
    plot.axhline(target, color=style.LOSS, lw=style.em(0.16), ls=(0, (5, 2)))
    # labels go to the side that the answer leaves free
    where = plot.transAxes.inverted().transform(plot.transData.transform((found[0], 0)))[0] if found else 0
    side = ("right", 0.99) if where < 0.5 else ("left", 0.01)
    plot.annotate(
        f"target {target:+,g} {unit}".replace("-", "\u2212"),
        (side[1], target),
        (0, style.em(0.3)),
        ("axes fraction", "data"),
        "offset points",
        ha=side[0],
        va="bottom",
    )
    if found is None:
        return
    # the interval of the value as an upright band
    value, low, high = found
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
