"""The effect on every hub's share: a forest plot, sorted, with the spread over pairs."""

import numpy as np
import xarray as xr

from sim.results.effects import decimals, effect, error_words, summarise
from sim.results.measures import Query
from sim.show.plots import style

SIZE = (9.5, 6.9)  # inches
ROWS = 20
NEARLY_ALL = 0.95  # of the pairs agree in sign: the marker is filled
BOX = (0.25, 0, 0.37, 1)  # of the plot inside the axes: names stand left of it, numbers right
COLUMNS = (
    (1.22, "effect, pp"),
    (1.6, "90 % of pairs"),
    (1.84, "same sign"),
    (2.03, "MC error"),
)  # plot widths
STATISTICS = ("mean", "low", "high", "same_sign", "error")


def plot_effects(result, ax=None, time=None):
    """Effect on each hub's share of the world stock, in percentage points, at ``time`` (the last if None).

    Parameters
    ----------
    result : Result
    ax : matplotlib Axes; a new figure of 9.5 by 6.9 inches if None
    time : int, a year of the run

    Returns
    -------
    the Axes; the plot itself is its only child, ``ax.child_axes[0]``

    Raises
    ------
    ResultError for a time outside the run.
    """
    found = summarise(_rows(100 * effect(result, Query("share", time=time))))
    year = int(result.data.time.values[-1]) if time is None else time
    with style.look():
        ax = style.axes(SIZE) if ax is None else ax
        ax.axis("off")
        subtitle = f"Effect on the share of the world's AI engineers in January {year}, against the baseline"
        style.heading(ax, result.record["title"], subtitle)
        if not int(found.differs.sum()):
            _say_nothing_differs(ax)
            return ax
        _write_columns(_draw_rows(ax, found), found)
        style.caption(ax, _small_print(result, found), below=44)
    return ax


def _rows(effects):
    """The paired effects of the hubs with the largest ones, from gain to loss, then of all others."""
    mean = effects.mean("replicate").to_series()
    chosen = list(abs(mean).sort_values(ascending=False, kind="stable").index[:ROWS])
    chosen = list(mean[chosen].sort_values(ascending=False, kind="stable").index)
    names = effects.hub_name.to_series()
    effects = effects.reset_coords(drop=True)
    rows = effects.sel(hub=chosen).assign_coords(hub=[names[hub] for hub in chosen])
    others = effects.drop_sel(hub=chosen)
    if not others.sizes["hub"]:
        return rows
    together = others.sum("hub").expand_dims(hub=[f"{others.sizes['hub']} other hubs together"])
    return xr.concat([rows, together], "hub")


def _draw_rows(ax, found):
    """The forest: an interval and a marker a row, round a zero line."""
    plot = ax.inset_axes(BOX)
    heights = _heights(found)
    pairs = found.attrs["pairs"]
    filled = (found.same_sign.values >= NEARLY_ALL * pairs) & (pairs > 1)  # one pair agrees with nobody
    for y, low, high, mean, full in zip(
        heights, found.low.values, found.high.values, found["mean"].values, filled, strict=True
    ):
        plot.plot([0, COLUMNS[-1][0]], [y, y], color="#ececec", lw=0.6, zorder=-1, clip_on=False,
                  transform=plot.get_yaxis_transform())  # fmt: skip
        plot.plot([low, high], [y, y], color=style.SCENARIO, lw=1.6, solid_capstyle="butt")
        plot.plot(
            mean, y, "o", ms=5.5, color=style.SCENARIO, mfc=style.SCENARIO if full else "white", mew=1.3
        )
    plot.axvline(0, color=style.INK, lw=0.9, zorder=0)
    reach = 1.06 * float(max(abs(found.low).max(), abs(found.high).max()))
    plot.set(yticks=heights, xlim=(-reach, reach), ylim=(heights.min() - 0.8, heights.max() + 0.8))
    plot.set_yticklabels(found.hub.values, fontsize=8.5, color=style.INK)
    plot.tick_params(axis="y", length=0)
    plot.tick_params(axis="x", labelsize=8)
    plot.spines["left"].set_visible(False)
    plot.set_xlabel("loses share  \u2190   percentage points   \u2192  gains share", fontsize=8.5)
    return plot


def _heights(found):
    """A row each from the top; the last one, all other hubs, a little apart."""
    heights = np.arange(found.sizes["hub"])[::-1].astype(float)
    heights[-1] -= 0.5
    return heights


def _write_columns(plot, found):
    """Effect, interval, agreement and Monte Carlo error as numbers, right of the plot."""
    pairs, across = found.attrs["pairs"], plot.get_yaxis_transform()
    digits = max(2, decimals(float(found.error.median()))) if pairs > 1 else 2
    heights = _heights(found)
    for x, words in COLUMNS:
        plot.text(
            x, heights.max() + 0.8, words, transform=across, ha="right", fontsize=7.5, color=style.BASELINE
        )
    for y, *row in zip(heights, *(found[name].values for name in STATISTICS), strict=True):
        mean, low, high, same, error = row
        cells = [f"{mean:+.{digits}f}", f"{low:+.{digits}f} to {high:+.{digits}f}", f"{same} of {pairs}",
                 error_words(error, digits)]  # fmt: skip
        if pairs == 1:
            cells[1:] = ["one pair", "", ""]
        for (x, _), cell in zip(COLUMNS, cells, strict=True):
            plot.text(
                x, y, cell.replace("-", "\u2212"), transform=across, ha="right", va="center", fontsize=8
            )


def _say_nothing_differs(ax):
    ax.text(0, 0.9, "No pair differs: the scenario changes nothing in this run.", fontsize=10, va="top")


def _small_print(result, found):
    pairs = found.attrs["pairs"]
    needed = int(np.ceil(NEARLY_ALL * pairs))
    pairs_are, band_is = style.pairs_words(result.record).capitalize(), style.band_words(result.record)
    if pairs == 1:
        return f"{pairs_are}: more pairs would show the spread and the error."
    return (
        f"{pairs_are}. Line: 90 % of pairs ({band_is}). "
        f"Dot: mean over pairs; filled when at least {needed} of {pairs} have its sign."
    )
