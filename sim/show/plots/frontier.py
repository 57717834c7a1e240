"""Engineers against budget: the frontier of the best mixes by the emulator, and the mixes that runs have confirmed."""

from typing import TYPE_CHECKING

from sim.show.plots import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SIZE = (10, 6)  # inches


def plot_frontier(found, title, ax=None) -> "Axes":
    """Draw the emulated frontier as a line with its band, the confirmed mixes as points, and the budget.

    Parameters
    ----------
    found : Portfolio, see ``sim.study.portfolio``
    title : str
    ax : matplotlib Axes; a new figure of 10 by 6 inches if None

    Returns
    -------
    the Axes; the curve is its only child, ``ax.child_axes[0]``
    """
    with style.look():
        ax = style.axes(SIZE) if ax is None else ax
        ax.axis("off")
        style.heading(ax, title, f"{found.measure} against net public cost a year")
        plot = style.inset(ax, left=5, below=3.6, right=2, above=1.4)
        # the emulator's frontier behind, confirmed mixes with their intervals in front
        front, mixes = found.frontier, found.mixes
        plot.fill_between(front.budget, front.low, front.high, color=style.GAIN, alpha=0.2, lw=0)
        plot.plot(front.budget, front.engineers, color=style.GAIN, lw=2)
        spread = [mixes.engineers - mixes.engineers_low, mixes.engineers_high - mixes.engineers]
        plot.errorbar(mixes.cost, mixes.engineers, spread, fmt="none", ecolor=style.FAINT, elinewidth=1)
        plot.plot(mixes.cost, mixes.engineers, "o", color=style.BASELINE, ms=4)
        best = mixes[mixes.label == found.best]
        plot.plot(best.cost, best.engineers, "o", color=style.LOSS, ms=8)
        plot.axvline(found.budget, color=style.INK, lw=0.9, ls="--")
        plot.set_xlabel("million USD of 2026 a year")
        plot.xaxis.set_major_formatter(lambda value, _: f"{value:,.6g}".replace("-", "\u2212"))
        plot.yaxis.set_major_formatter(lambda value, _: f"{value:,.6g}".replace("-", "\u2212"))
        style.caption(
            ax,
            "Line and band: most that the emulator finds within a budget, and its 90 %. Points: mixes run again with "
            "fresh seeds, 90 % of pairs; the large one is the best within the budget (dashed).",
        )
    return ax
