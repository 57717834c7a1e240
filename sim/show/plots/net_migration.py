"""Net migration of each hub by the region that people come from and go to."""

from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from sim.show.plots import style
from sim.show.plots.choice import head_with_finding, hubs_shown
from sim.show.plots.flows import changes, flows_of_all, interval_words, round_down, years_words
from sim.show.plots.style import inset, wrap

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SIZE = (10, 7)  # inches
NAMES, KEY = 9.5, 2.6  # room in em (the size of a letter) for region names at the left and the key at the foot
MARGINS = {"below": 2.2, "right": 1.2, "above": 4}  # em round a panel, for its scale and heading
THICK = 0.36  # height of a bar, as a share of its row of two


def plot_net_migration(result, ax=None, hubs=None, years=None) -> "Axes":
    """Draw people gained from and lost to each region, a year, in the baseline and in the scenario.

    Parameters
    ----------
    result : Result
    ax : matplotlib Axes; a new figure of 10 by 7 inches if None
    hubs : list of hub labels, or None for the largest hubs and those whose share changes most
    years : (first, last) of the flows, both included, or None for all

    Returns
    -------
    the Axes; its panels, one a hub, are ``ax.child_axes[0].child_axes``

    Raises
    ------
    ResultError for an unknown hub or year; UsageError for too many hubs or a comparison of several scenarios.
    """
    # net moves of the chosen hubs with every region
    flows = flows_of_all(result, "net_migration", years)
    shown = hubs_shown(result, hubs, style.fit(10, 5), style.fit(15, 5))
    net = net_by_region(flows).sel(hub=shown)
    with style.look():
        ax = style.axes(SIZE) if ax is None else ax
        ax.axis("off")
        subtitle = f"Net migration by region of origin and destination, persons a year, {years_words(flows.years)}"
        head_with_finding(ax, result, subtitle)
        names = result.data.hub_name.to_series()
        changed = changes(net)
        # at most five panels in a row, all with one scale
        rows = style.fit(-(-len(shown) // 5), 1)
        columns = -(-len(shown) // rows)
        limits = _reach(net, changed)
        field = inset(ax, left=NAMES, below=KEY)
        field.axis("off")
        for place, hub in enumerate(shown):
            panel = inset(field, **MARGINS, cell=divmod(place, columns), cells=(rows, columns))
            _draw_panel(panel, net.sel(hub=hub), changed.sel(hub=hub))
            _scale(panel, limits)
            panel.tick_params(labelleft=place % columns == 0)
            _head(panel, names[hub], net.sel(hub=hub))
        _draw_key(ax, changed)
        style.caption(ax, _small_print(result, changed))
    return ax


def net_by_region(flows) -> xr.DataArray:
    """Return arrivals from each region less departures to it, of every hub; the hub's own region is included.

    Parameters
    ----------
    flows : sim.show.plots.flows.Flows between all hubs

    Returns
    -------
    xarray.DataArray over (arm, replicate, hub, region), persons a year
    """
    # the other end of each move, grouped by its region
    arrivals = flows.moves.rename(origin="other", destination="hub")
    departures = flows.moves.rename(destination="other", origin="hub")
    region = xr.DataArray(list(flows.regions.values()), dims="other", name="region")
    net = (arrivals - departures).assign_coords(region=region).groupby("region").sum()
    return net.reindex(region=list(style.REGIONS), fill_value=0.0)  # a region that holds none of the hubs gets 0


def _head(panel, name, net) -> None:
    """Write the hub, and its net migration from and to all regions together."""
    # mean net migration of the hub in both arms, above its panel
    total = net.sum("region").mean("replicate")
    before, after = (style.signed(float(total.sel(arm=arm)), 0) for arm in ("baseline", "scenario"))
    panel.annotate(
        f"net {before} \u2192 {after}",
        (0, 1),
        xytext=(0, style.em(0.3)),
        xycoords="axes fraction",
        textcoords="offset points",
        fontsize="small",
        color=style.BASELINE,
    )
    title = panel.set_title(name, loc="left", fontsize="small", fontweight="bold", pad=style.em(1.5), parse_math=False)
    wrap(title, panel.get_window_extent().width, 2)


def _draw_panel(panel, net, changed) -> None:
    """Draw two bars a region: the baseline hollow, the scenario filled, with the interval of the difference."""
    means = net.mean("replicate")
    baseline, scenario = (means.sel(arm=arm).values for arm in ("baseline", "scenario"))
    rows = np.arange(len(baseline))[::-1]
    panel.barh(rows + THICK / 2, baseline, THICK, fc="white", ec=style.BASELINE, lw=0.8)
    panel.barh(rows - THICK / 2, scenario, THICK, color=list(style.region_colours().values()))
    # the interval of the difference, counted from the end of the baseline's bar
    if changed.attrs["pairs"] > 1:
        for row, level, low, high in zip(rows, baseline, changed.low.values, changed.high.values, strict=True):
            panel.plot([level + low, level + high], [row - THICK / 2] * 2, color=style.INK, lw=1)
    panel.axvline(0, color=style.INK, lw=0.8)
    panel.set_yticks(rows, list(style.REGIONS), color=style.INK, parse_math=False)
    panel.set_ylim(-0.7, len(rows) - 0.3)
    panel.tick_params(axis="y", length=0)
    panel.spines["left"].set_visible(False)
    panel.grid(axis="x", color=style.GRID, lw=0.6)
    panel.set_axisbelow(True)


def _reach(net, changed) -> tuple[float, float]:
    """Return limits of the axis that hold every bar and interval of all panels."""
    means = net.mean("replicate")
    baseline = means.sel(arm="baseline")
    ends = [0, means, baseline + changed.low, baseline + changed.high]
    low, high = min(float(np.min(end)) for end in ends), max(float(np.max(end)) for end in ends)
    room = 0.05 * (high - low) or 1.0  # where nobody moves both ends are 0, and the axis needs some length
    return low - room, high + room


def _scale(panel, limits) -> None:
    """Set the common limits, and at most three ticks, since panels are narrow."""
    # a round number on each side of zero
    step = round_down(0.7 * max(np.abs(limits)))
    panel.set(xlim=limits, xticks=[tick for tick in (-step, 0, step) if limits[0] <= tick <= limits[1]])
    panel.xaxis.set_major_formatter("{x:,.0f}")


def _draw_key(ax, changed) -> None:
    """Draw the key of bars and line at the foot."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    # a single pair has no interval to explain
    handles = [
        Patch(fc="white", ec=style.BASELINE, label="baseline"),
        Patch(fc=style.BASELINE, label="scenario (colour of the region)"),
        Line2D([], [], color=style.INK, lw=1, label="scenario, 90 % of pairs"),
    ]
    ax.legend(
        handles=handles[: 3 if changed.attrs["pairs"] > 1 else 2],
        loc="lower right",
        ncols=3,
        frameon=False,
        fontsize="small",
        borderpad=0,
        borderaxespad=0,
        handlelength=1.5,
    )
    words = style.fit("persons a year:  lost to  \u2190  0  \u2192  gained from", "persons a year")
    ax.text(0, 0, words, transform=ax.transAxes, fontsize="small", va="bottom")


def _small_print(result, changed) -> str:
    """Explain the line, and count the changes that are not distinguishable from zero."""
    if not int(changed.differs.sum()):
        nothing = "Every effect is exactly 0: no pair differs, the scenario changes nothing in this run."
        return f"{interval_words(result)} {nothing}"
    line = (
        " Line: the baseline plus the change, 90 % of pairs; where it reaches over the end of the hollow bar, the "
        f"change is not distinguishable from zero ({int((~changed.clear).sum())} of {changed.clear.size})."
    )
    return f"{interval_words(result)}{line if changed.attrs['pairs'] > 1 else ''} Net: baseline \u2192 scenario."
