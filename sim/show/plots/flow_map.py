"""The largest changes of the flows between countries, as arrows on a map: where more people move, and where fewer."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from sim.errors import ResultError
from sim.scenario.places import named_places
from sim.show.plots import style
from sim.show.plots.choice import hubs_shown
from sim.show.plots.flows import changes, flows_of_all, interval_words, round_down, table, years_words
from sim.show.plots.style import dot, label_points

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.transforms import Bbox

SIZE = (10, 5.4)  # inches
LAND = Path(__file__).parents[1] / "data" / "land.json"
WEST, EAST, SOUTH, NORTH = -2.35, 2.5, -0.82, 1.17  # radii of the earth: the whole inhabited world
SOUTHERNMOST = -35  # degrees: the map ends there
GROUPS = {"xeu": (-0.5, 0.72), "xas": (2.2, -0.02), "xrw": (-0.28, -0.42)}  # no countries: boxes off the coasts
LARGEST_CIRCLE, WIDEST_ARROW = 1.2, 0.45  # em: radius of the largest stock, width of the largest change
LEAST_SHARE = 0.04  # of the largest change: smaller ones are not drawn


def plot_flow_map(result, ax=None, hubs=None, years=None) -> "Axes":
    """Draw the change of flows from country to country, policy less baseline, as arrows in the direction of the moves.

    Parameters
    ----------
    result : Result
    ax : matplotlib Axes; a new figure of 10 by 5.4 inches if None
    hubs : list of hub labels: only flows from or to their countries; None for the largest of all
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
    # changes by corridor of countries, the largest first
    flows = flows_of_all(result, "flow_map", years)
    changed = table(changes(between_countries(flows.moves, result.data)))
    shown = result.data.hub.values if hubs is None else hubs_shown(result, hubs)
    countries = set(result.data.hub_country.sel(hub=shown).values.tolist())
    # arrows from or to the chosen countries; too small ones would only clutter
    arrows = changed[changed.origin.isin(countries) | changed.destination.isin(countries)]
    arrows = arrows[abs(arrows["mean"]) >= LEAST_SHARE * abs(arrows["mean"]).max()][: style.fit(14, 9)]
    with style.look():
        ax = style.axes(SIZE) if ax is None else ax
        ax.axis("off")
        subtitle = "change of the flow between countries, persons a year"
        title = _finding(result, arrows) if len(arrows) else result.record["title"]
        style.heading(ax, title, f"{result.record['title']}: {subtitle}, {years_words(flows.years)}")
        if not len(changed):
            style.say_nothing_differs(ax)
            return ax
        if not len(arrows):
            style.say(ax, "No flow from or to these hubs differs in any pair.")
            return ax
        _draw_map(ax.inset_axes((0, 0, 1, 1)), result, arrows, flows.years[1] + 1)
        style.caption(ax, _small_print(result, arrows))
    return ax


def between_countries(moves, data) -> xr.DataArray:
    """Return moves from country to country, those inside one left out.

    Parameters
    ----------
    moves : xarray.DataArray over (arm, replicate, origin, destination) of hubs
    data : xarray.Dataset of the run
    """
    country = data.hub_country.to_series()
    inside = xr.DataArray(
        np.array([[country[hub] == code for hub in moves.origin.values] for code in dict.fromkeys(country)], float),
        {"place": list(dict.fromkeys(country)), "hub": moves.origin.values},
        ("place", "hub"),
    )
    # sum over the hubs of each country at both ends
    for end in ("origin", "destination"):
        moves = xr.dot(moves.reset_coords(drop=True).rename({end: "hub"}), inside, dim="hub").rename(place=end)
    return moves.where(moves.origin != moves.destination, 0)


def country_names(data) -> dict[str, str]:
    """Return the names of the countries of a run: dict of label -> name."""
    known = named_places()
    return {code: known[code].name if code in known else code for code in data.hub_country.values.astype(str)}


def _finding(result, arrows) -> str:
    """Title the figure with the largest change of a flow."""
    row, known = arrows.iloc[0], named_places()
    names = {code: known[code].spoken if code in known else code for code in (row.origin, row.destination)}
    size = f"{round(abs(row['mean']), -1) if abs(row['mean']) >= 100 else abs(row['mean']):,.0f}"
    more = "more" if row["mean"] > 0 else "fewer"
    return f"{size} {more} a year move from {names[row.origin]} to {names[row.destination]}"


def equal_earth(longitude, latitude) -> tuple[np.ndarray, np.ndarray]:
    """Project degrees onto the Equal Earth map (Savric, Patterson and Jenny 2018, doi:10.1080/13658816.2018.1504949).

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
    # polynomial in the parametric latitude, as published
    a1, a2, a3, a4 = 1.340264, -0.081106, 0.000893, 0.003796
    theta = np.arcsin(np.sqrt(3) / 2 * np.sin(np.radians(latitude)))
    slope = 9 * a4 * theta**8 + 7 * a3 * theta**6 + 3 * a2 * theta**2 + a1
    x = 2 * np.sqrt(3) / 3 * np.radians(longitude) * np.cos(theta) / slope
    return x, a4 * theta**9 + a3 * theta**7 + a2 * theta**3 + a1 * theta


def _draw_map(panel, result, arrows, year) -> None:
    """Draw the land, a circle a hub, the arrows and the names."""
    # land, then circles, arrows, and names where they cover least
    panel.set(facecolor="#f4f7fa", xticks=[], yticks=[])
    panel.spines[:].set_visible(False)
    _set_limits(panel)
    _draw_land(panel)
    data = result.data
    stock = data.stock.sum("tier").sel(arm="scenario", time=year).mean("replicate").to_series()
    x, y = equal_earth(data.longitude.values, data.latitude.values)
    points = dict(zip(stock.index, zip(x, y, strict=True), strict=True))
    radii = style.em(LARGEST_CIRCLE) * np.sqrt(stock / stock.max())
    country = data.hub_country.to_series()
    _draw_circles(panel, data, points, radii[[hub for hub in radii.index if country[hub] not in GROUPS]])
    names, sizes = country_names(data), {}
    ends: dict[str, tuple] = {}
    # an arrow ends at the country's largest hub, or at the box of a group of countries
    for code in dict.fromkeys(country):
        largest = stock[country[country == code].index].idxmax()
        ends[code] = GROUPS[code] if code in GROUPS else points[largest]
        sizes[code] = style.em(0.9) if code in GROUPS else radii[largest]
    boxes = [_draw_box(panel, names[code], ends[code]) for code in GROUPS if code in ends]
    lines = _draw_arrows(panel, ends, sizes, arrows)
    # names only for countries that an arrow touches
    touched = [code for code in ends if code in {*arrows.origin, *arrows.destination} and code not in GROUPS]
    circles = [dot(panel, points[hub], radii[hub]) for hub in radii.index if country[hub] not in GROUPS]
    label_points(panel, [(names[code], *ends[code], sizes[code]) for code in touched], circles + lines + boxes)
    _draw_key(panel, radii, stock, arrows)


def _draw_box(panel, name, place) -> "Bbox":
    """Write the name of a group of countries in a box off the coasts; return its extent, in pixels."""
    # groups of countries have no place on the map
    how = {"boxstyle": "round,pad=0.35", "fc": "white", "ec": style.BASELINE, "lw": 0.8}
    words = panel.text(place[0], place[1], name, ha="center", va="center", fontsize="small", bbox=how, zorder=4)
    return words.get_window_extent().padded(style.em(0.4))


def _set_limits(panel) -> None:
    """Show the inhabited world from 35 degrees south, and as much more as the shape of the panel takes."""
    # the shorter side decides the scale; the other one shows more of the oceans
    south = float(equal_earth(np.array([0.0]), np.array([SOUTHERNMOST]))[1][0]) - 0.02
    box = panel.get_window_extent()
    scale = min(box.width / (EAST - WEST), box.height / (NORTH - south))
    across, along = box.width / scale, box.height / scale
    middle = (WEST + EAST) / 2
    panel.set(xlim=(middle - across / 2, middle + across / 2), ylim=(south, south + along))


def _draw_land(panel) -> None:
    """Draw the outline of the continents."""
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path as Outline

    # one compound outline draws much faster than many polygons
    rings = [np.array(ring) for ring in json.loads(LAND.read_text(encoding="utf-8"))]
    outline = Outline.make_compound_path(*[Outline(np.transpose(equal_earth(*ring.T)), closed=True) for ring in rings])
    panel.add_artist(PathPatch(outline, fc="#dfe0df", ec="#c4c6c4", lw=0.4))


def _draw_circles(panel, data, points, radii) -> None:
    """Draw a circle a hub, as large as its stock; white where the point only stands for a wide area."""
    hues, regions = style.region_colours(), style.hub_regions(data)
    # large circles first, so that small ones lie on top
    for hub, radius in radii.sort_values(ascending=False).items():
        wide = hub.startswith("rest_of_")
        how = {"mfc": "white", "mec": hues[regions[hub]]} if wide else {"mfc": hues[regions[hub]], "mec": "white"}
        panel.plot(*points[hub], "o", ms=2 * radius, alpha=0.8, mew=style.em(0.1), zorder=2, **how)


def _draw_arrows(panel, points, radii, arrows) -> list["Bbox"]:
    """Draw arrows from origin to destination, blue for more and dashed orange for fewer; the boxes along them."""
    from matplotlib.patches import FancyArrowPatch
    from matplotlib.transforms import Bbox

    boxes = []
    # small arrows first; what is not clear is grey
    for row in arrows[::-1].itertuples():
        width = style.em(WIDEST_ARROW) * abs(row.mean) / abs(arrows["mean"]).max()
        more = {"color": style.GAIN, "alpha": 0.85} if row.clear else {"color": style.UNDECIDED}
        fewer = {"color": style.LOSS, "ls": (0, (2.2, 1.1))} if row.clear else {"color": style.UNDECIDED}
        arrow = panel.add_patch(
            FancyArrowPatch(
                points[row.origin],
                points[row.destination],
                connectionstyle="arc3,rad=0.22",
                arrowstyle="-|>",
                lw=max(width, 0.7),
                mutation_scale=style.em(0.6) + 2.0 * width,
                zorder=3,
                joinstyle="miter",
                shrinkA=radii[row.origin],
                shrinkB=radii[row.destination],
                **(more if row.mean > 0 else fewer),
            )
        )
        # small boxes along the arrow, which names keep clear of
        for line in panel.transData.transform_path(arrow.get_path()).to_polygons(closed_only=False):
            boxes += [Bbox([point - width, point + width]) for point in line]
    return boxes


def _draw_key(panel, radii, stock, arrows) -> None:
    """Draw the key of sizes, colours and dashes in the empty south-west."""
    from matplotlib.lines import Line2D

    # samples of half the largest circle and arrow, rounded
    largest, widest = stock.max(), abs(arrows["mean"]).max()
    people, change = round_down(largest / 2), round_down(widest / 2)
    across = 2 * radii.max() * np.sqrt(people / largest)
    width = style.em(WIDEST_ARROW) * change / widest
    lines = [
        Line2D([], [], ls="", marker="o", ms=across, mfc="white", mec=style.INK, label=f"{people:,} engineers"),
        Line2D([], [], color=style.GAIN, lw=width, label=f"{change:,} more a year"),
        Line2D([], [], color=style.LOSS, lw=width, ls=(0, (2.2, 1.1)), label=f"{change:,} fewer a year"),
    ]
    if not arrows.clear.all():
        lines.append(Line2D([], [], lw=1.2, color=style.UNDECIDED, label="not distinguishable from zero"))
    panel.legend(handles=lines, loc="lower left", fontsize="small", frameon=False, labelspacing=0.7, handlelength=2.5)


def _small_print(result, arrows) -> str:
    """Describe the interval, the number of arrows and the largest change."""
    names, first = country_names(result.data), arrows.iloc[0]
    spread = f" ({style.span(first.low, first.high, 0)})" if result.data.sizes["replicate"] > 1 else ""
    ends = f"{names[first.origin]} to {names[first.destination]}"
    largest = f" Largest: {ends}, {style.signed(first['mean'], 0)}{spread}. White circle: the rest of a country."
    return (
        f"{interval_words(result)} The {len(arrows)} largest changes, in the direction in which people "
        f"move.{style.fit(largest + ' Colours of circles: regions.', '')}"
    )
