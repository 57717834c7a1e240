"""Sectors that gain and lose people by job changes: the policy's change of net moves, as diverging bars."""

from typing import TYPE_CHECKING

import numpy as np

from sim.errors import UsageError
from sim.show.plots import style
from sim.show.plots.choice import only_pair, years_shown
from sim.show.plots.flows import changes, interval_words, list_changes, table, years_words
from sim.show.plots.style import inset, pixels, right_of

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes

SIZE = (10, 6)  # inches
PLOT = {"memo": (0.0, 0.0, 0.68, 0.96), "slide": (0.0, 0.0, 0.66, 0.96)}  # of the axes
LIST = (0.74, 0, 0.26, 1)
NAMES = {
    "frontier_lab": "Frontier labs",
    "big_tech": "Big tech",
    "startup": "Startups",
    "sovereign_lab": "Sovereign labs",
    "robotics": "Robotics",
    "cloud_saas": "Cloud and SaaS",
    "traditional": "Traditional industry",
    "academia": "Academia",
}


def plot_sector_flows(result, ax=None, hubs=None, years=None) -> "Axes":
    """Draw the change of net moves into each sector by job changes, persons a year,
    and the largest changes between two.

    Parameters
    ----------
    result : Result
    ax : matplotlib Axes; a new figure of 10 by 6 inches if None
    hubs : None: new jobs are counted for the whole world
    years : (first, last), both included, or None for all

    Returns
    -------
    the Axes; the bars are ``ax.child_axes[0]``

    Raises
    ------
    ResultError for an unknown year; UsageError if hubs are given or for a comparison of several scenarios.
    """
    if hubs:
        raise UsageError("sector_flows shows the new jobs of the whole world", "it takes no hubs")
    years = years_shown(only_pair(result, "sector_flows"), years)
    # yearly means of new jobs by sector left and taken
    jobs = named(result.data.hires.sel(year=years).mean("year"))
    net, changed = changes(net_moves(jobs)), table(changes(jobs))
    with style.look():
        ax = style.axes(SIZE) if ax is None else ax
        ax.axis("off")
        subtitle = "change of net moves by job changes, persons a year"
        when = years_words((int(years[0]), int(years[-1])))
        style.heading(ax, _finding(net), f"{result.record['title']}: {subtitle}, {when}")
        if not float(jobs.sum()):
            style.say(ax, "Nobody takes a new job in these years.")
            return ax
        _draw(ax.inset_axes(style.fit(**PLOT)), net)
        _list(ax.inset_axes(LIST), changed)
        style.caption(ax, _small_print(result, changed))
    return ax


def net_moves(jobs) -> "xr.DataArray":
    """Return jobs taken in each sector by people from other sectors, less jobs left for other sectors.

    Parameters
    ----------
    jobs : xarray.DataArray over (arm, replicate, origin, destination), as :func:`named` gives it
    """
    taken = jobs.sum("origin").rename(destination="sector")
    return taken - jobs.sum("destination").rename(origin="sector")


def _finding(net) -> str:
    """Title the figure with the sector that gains most, or say that no change is distinguishable from zero."""
    # only changes whose interval leaves out zero make a title
    clear = net.where(net.clear, drop=True)
    if not clear.sizes["sector"]:
        return "No sector gains or loses measurably by job changes"
    mean = clear["mean"].to_series()
    most = mean.abs().idxmax()
    return (
        f"{most} {'gain' if most.endswith('s') else 'gains'} most by job changes"
        if mean[most] > 0
        else (f"{most} {'lose' if most.endswith('s') else 'loses'} most by job changes")
    )


def named(jobs) -> "xr.DataArray":
    """Return new jobs with sectors by the names that people use, as origin and destination."""
    renamed = jobs.rename(sector_left="origin", sector_taken="destination")
    names = [NAMES.get(sector, sector.replace("_", " ")) for sector in renamed.origin.values.tolist()]
    return renamed.assign_coords(origin=names, destination=names)


def _draw(field, net) -> None:
    """Draw a bar a sector from loss to gain, with the spread over pairs and the number beside it."""
    field.axis("off")
    # from the largest loss at the foot to the largest gain on top
    order = net["mean"].to_series().sort_values().index
    net = net.sel(sector=list(order))
    names, mean = list(order), net["mean"].values
    plot = inset(field, left=0.55 * max(map(len, names)) + 0.8, below=3, right=5.5)
    y = np.arange(len(names))
    # grey where the interval holds zero
    colours = [
        style.UNDECIDED if not clear else style.GAIN if value > 0 else style.LOSS
        for value, clear in zip(mean, net.clear.values, strict=True)
    ]
    plot.barh(y, mean, 0.62, color=colours, lw=0)
    if net.attrs["pairs"] > 1:
        plot.hlines(y, net.low, net.high, color=style.INK, lw=style.em(0.1))
    plot.axvline(0, color=style.INK, lw=0.9)
    plot.set_yticks(y, names, color=style.INK)
    plot.tick_params(axis="y", length=0)
    plot.spines["left"].set_visible(False)
    plot.locator_params(axis="x", nbins=5)
    plot.xaxis.set_major_formatter("{x:,.0f}")
    plot.set_xlabel("loses  \u2190   persons a year   \u2192  gains")
    # the change in numbers, right of the plot
    for place, value in zip(y, mean, strict=True):
        right_of(plot, place, 5, style.signed(float(value), 0), fontsize="small")


def _list(panel, changed) -> None:
    """List the changes by the policy in numbers."""
    panel.axis("off")
    # in words if nothing is clear
    line = pixels(panel, 1.3) / panel.get_window_extent().height
    if not len(changed):
        panel.text(0, 1 - line, "Every effect is exactly 0:\nno pair differs.", va="top", fontsize="small")
    elif not changed.clear.any():
        panel.text(0, 1 - line, "No change is distinguishable\nfrom zero in this run.", va="top", fontsize="small")
    else:
        list_changes(panel, changed[changed.clear], 1 - line, style.fit(11, 7))


def _small_print(result, changed) -> str:
    """Explain bars and list."""
    return (
        f"{interval_words(result)} Bars: policy less baseline, mean over pairs; grey: the interval holds zero. "
        f"Listed are changes whose interval leaves out zero ({int(changed.clear.sum())} of {len(changed)} that differ)."
    )
