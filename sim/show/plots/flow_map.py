"""The largest changes of net flows between hubs, as arrows on a map."""

import json
from pathlib import Path

import numpy as np

from sim.errors import ResultError
from sim.show.plots import style
from sim.show.plots.choice import hubs_shown
from sim.show.plots.flows import changes, flows_of_all, interval_words, round_down, table, years_words
from sim.show.plots.point_labels import dot, label_points

SIZE = (10, 6)  # inches
LAND = Path(__file__).parents[1] / "data" / "land.json"
WEST, EAST, SOUTH, NORTH = -2.35, 2.5, -0.82, 1.17  # radii of the earth on the map, which shows at least these
LARGEST_CIRCLE, WIDEST_ARROW = 1.4, 0.4  # em: radius of the largest stock, width of the largest change
CLEAR = {"color": style.INK, "alpha": 0.7}
UNCLEAR = {"color": style.BASELINE, "alpha": 0.7, "ls": (0, (2, 1.2))}


def plot_flow_map(result, ax=None, hubs=None, years=None):
    """Who gains from whom: changes of the net flow between two hubs, policy less baseline.

    Parameters
    ----------
    result : Result
    ax : matplotlib Axes; a new figure of 10 by 6 inches if None
    hubs : list of hub labels: only arrows from or to them; None for the largest of all
    years : (first, last) of the flows, both included, or None for all

    Returns
    -------
    the Axes; the map is ``ax.child_axes[0]``

    Raises
    ------
    ResultError for an unknown hub or year, or a run saved before hubs had a place; UsageError for a comparison of
    several scenarios.
    """
    if "latitude" not in result.data.coords:
        raise ResultError(result.record["name"], "was saved without the places of the hubs; run it again for a map")
    flows = flows_of_all(result, "flow_map", years)
    found = net_changes(flows.moves)
    shown = result.data.hub.values if hubs is None else hubs_shown(result, hubs)
    arrows = found[found.origin.isin(shown) | found.destination.isin(shown)][: style.fit(20, 12)]
    with style.look():
        ax = style.axes(SIZE) if ax is None else ax
        ax.axis("off")
        subtitle = "Change of the net flow between hubs, persons a year: policy less baseline"
        style.heading(ax, result.record["title"], f"{subtitle}, {years_words(flows.years)}")
        if not len(found):
            style.say_nothing_differs(ax)
            return ax
        if not len(arrows):
            style.say(ax, "No net flow from or to these hubs differs in any pair.")
            return ax
        _draw_map(ax.inset_axes((0, 0, 1, 1)), result, arrows, flows.years[1] + 1)
        style.caption(ax, _small_print(result, arrows))
    return ax


def net_changes(moves):
    """Each pair of hubs once, from the one that loses to the one that gains, the largest change first.

    Parameters
    ----------
    moves : xarray.DataArray over (arm, replicate, origin, destination), persons a year

    Returns
    -------
    pandas.DataFrame: origin, destination, mean (above 0), low, high, clear
    """
    back = moves.rename(origin="destination", destination="origin")
    found = table(changes(moves - back))
    return found[found["mean"] > 0].reset_index(drop=True)


def equal_earth(longitude, latitude):
    """Equal Earth projection (Savric, Patterson and Jenny 2018, doi:10.1080/13658816.2018.1504949).

    Parameters
    ----------
    longitude, latitude : arrays of degrees

    Returns
    -------
    x and y, in radii of the earth

    >>> x, y = equal_earth(np.array([0.0, 180.0]), np.array([90.0, 0.0]))
    >>> x.round(3), y.round(3)
    (array([0.   , 2.707]), array([1.317, 0.   ]))
    """
    a1, a2, a3, a4 = 1.340264, -0.081106, 0.000893, 0.003796
    theta = np.arcsin(np.sqrt(3) / 2 * np.sin(np.radians(latitude)))
    slope = 9 * a4 * theta**8 + 7 * a3 * theta**6 + 3 * a2 * theta**2 + a1
    x = 2 * np.sqrt(3) / 3 * np.radians(longitude) * np.cos(theta) / slope
    return x, a4 * theta**9 + a3 * theta**7 + a2 * theta**3 + a1 * theta


def _draw_map(panel, result, arrows, year):
    panel.set(facecolor="#f4f7fa", xticks=[], yticks=[])
    panel.spines[:].set_visible(False)
    _set_limits(panel)
    _draw_land(panel)
    stock = result.data.stock.sum("tier").sel(arm="scenario", time=year).mean("replicate").to_series()
    x, y = equal_earth(result.data.longitude.values, result.data.latitude.values)
    points = dict(zip(stock.index, zip(x, y, strict=True), strict=True))
    radii = style.em(LARGEST_CIRCLE) * np.sqrt(stock / stock.max())
    _draw_circles(panel, result.data, points, radii)
    lines = _draw_arrows(panel, points, radii, arrows)
    touched = [hub for hub in radii.sort_values(ascending=False).index if hub in {*arrows.origin, *arrows.destination}]
    names = result.data.hub_name.to_series()
    circles = [dot(panel, points[hub], radii[hub]) for hub in radii.index]
    label_points(panel, [(names[hub], *points[hub], radii[hub]) for hub in touched], circles + lines)
    _draw_key(panel, radii, stock, arrows)


def _set_limits(panel):
    """The inhabited world, and as much more as the shape of the panel takes: both axes have one scale."""
    box = panel.get_window_extent()
    scale = min(box.width / (EAST - WEST), box.height / (NORTH - SOUTH))
    across, along = box.width / scale, box.height / scale
    middle = (WEST + EAST) / 2
    panel.set(xlim=(middle - across / 2, middle + across / 2), ylim=(NORTH - along, NORTH))


def _draw_land(panel):
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path as Outline

    rings = [np.array(ring) for ring in json.loads(LAND.read_text(encoding="utf-8"))]
    outline = Outline.make_compound_path(*[Outline(np.transpose(equal_earth(*ring.T)), closed=True) for ring in rings])
    panel.add_artist(PathPatch(outline, fc="#dfe0df", ec="#c4c6c4", lw=0.4))


def _draw_circles(panel, data, points, radii):
    """A circle a hub, as large as its stock; white where the point only stands for a wide area."""
    hues, regions = style.region_colours(), style.hub_regions(data)
    for hub, radius in radii.sort_values(ascending=False).items():
        wide = hub.startswith("rest_of_")
        how = {"mfc": "white", "mec": hues[regions[hub]]} if wide else {"mfc": hues[regions[hub]], "mec": "white"}
        panel.plot(*points[hub], "o", ms=2 * radius, alpha=0.8, mew=style.em(0.1), zorder=2, **how)


def _draw_arrows(panel, points, radii, arrows):
    """From the hub that loses to the one that gains, as wide as the change; the boxes along them, in pixels."""
    from matplotlib.patches import FancyArrowPatch
    from matplotlib.transforms import Bbox

    boxes = []
    for row in arrows[::-1].itertuples():
        width = style.em(WIDEST_ARROW) * row.mean / arrows["mean"].max()
        arrow = panel.add_patch(
            FancyArrowPatch(
                points[row.origin],
                points[row.destination],
                connectionstyle="arc3,rad=0.2",
                arrowstyle="-|>",
                lw=max(width, 0.6),
                mutation_scale=style.em(0.5) + 2.2 * width,
                zorder=3,
                joinstyle="miter",
                shrinkA=radii[row.origin],
                shrinkB=radii[row.destination],
                **(CLEAR if row.clear else UNCLEAR),
            )
        )
        for line in panel.transData.transform_path(arrow.get_path()).to_polygons(closed_only=False):
            boxes += [Bbox([point - width, point + width]) for point in line]
    return boxes


def _draw_key(panel, radii, stock, arrows):
    """What sizes and dashes mean, in the empty south-west."""
    from matplotlib.lines import Line2D

    largest, widest = stock.max(), arrows["mean"].max()
    people, change = round_down(largest / 2), round_down(widest / 2)
    across = 2 * radii.max() * np.sqrt(people / largest)
    width = style.em(WIDEST_ARROW) * change / widest
    lines = [
        Line2D([], [], ls="", marker="o", ms=across, mfc="white", mec=style.INK, label=f"{people:,} engineers"),
        Line2D([], [], color=style.INK, lw=width, label=f"{change:,} persons a year"),
    ]
    if not arrows.clear.all():
        lines.append(Line2D([], [], lw=1.2, label="not distinguishable from zero", **UNCLEAR))
    panel.legend(handles=lines, loc="lower left", fontsize="small", frameon=False, labelspacing=0.9, handlelength=2.5)


def _small_print(result, arrows):
    names, first = result.data.hub_name.to_series(), arrows.iloc[0]
    spread = f" ({style.span(first.low, first.high, 0)})" if result.data.sizes["replicate"] > 1 else ""
    largest = (
        f" Largest: {names[first.origin]} to {names[first.destination]}, {style.signed(first['mean'], 0)}{spread}. "
        "White circle: a wide area, not a city."
    )
    return (
        f"{interval_words(result)} The {len(arrows)} largest changes: each arrow points from the hub that loses to the "
        f"one that gains, be it by people who no longer come.{style.fit(largest, '')}"
    )
