"""The largest changes of net flows between hubs, on a map whose coast line comes with the package."""

import json
from functools import lru_cache

import numpy as np

from sim.show.explorer.charts.look import NOTHING, Chart, colours, faint, layout, said
from sim.show.plots import style
from sim.show.plots.flow_map import EAST, LAND, NORTH, SOUTH, WEST, equal_earth, net_changes
from sim.show.plots.flows import flows_of_all, years_words

HEIGHT, ARROWS = 330, 12  # pixels; largest changes that are drawn
CIRCLE, WIDEST, THINNEST = 22, 6, 1.0  # pixels: across the largest stock, the width of the largest and least change
RADIUS, LETTER, LINE = 125, 6.2, 13  # pixels on a narrow page: the earth's radius, a letter, a line of text
SIDES = {"top center": (-0.5, 1), "bottom center": (-0.5, -1), "middle right": (0, 0), "middle left": (-1, 0)}
BEND, POINTS = 0.28, 24  # of an arrow: how far it leaves the straight line, and of how many pieces it is


def flow_map_chart(result, year=None, dark=False):
    """Who gains from whom: each arrow points from the hub that loses to the one that gains.

    Parameters
    ----------
    result : Result of one scenario
    year : int, or None for the mean of all years

    Returns
    -------
    Chart; its table has origin, destination (names), mean, low, high (persons a year) and clear
    """
    look = colours(dark)
    flows = flows_of_all(result, "flow_map", year and (year, year))
    found, names = net_changes(flows.moves), result.data.hub_name.to_series()
    table = found.assign(origin=found.origin.map(names), destination=found.destination.map(names))
    what = f"Change of the net flow between hubs, persons a year, {years_words(flows.years)}"
    if not len(found):
        return Chart(said(look, NOTHING), f"{what}. {NOTHING}", table)
    arrows = found[:ARROWS]
    x, y = equal_earth(result.data.longitude.values, result.data.latitude.values)
    points = dict(zip(result.data.hub.values, zip(x, y, strict=True), strict=True))
    stock = result.data.stock.sum("tier").sel(arm="scenario", time=flows.years[1] + 1).mean("replicate").to_series()
    data = [_land(look), *_arrows(look, arrows, points, names), _circles(look, result, points, stock, arrows)]
    shape = {"scaleanchor": "y", "range": [WEST, EAST], "visible": False}
    figure = {
        "data": data,
        "layout": layout(
            look,
            HEIGHT,
            xaxis=shape,
            margin=dict.fromkeys("lrtb", 0),
            yaxis={"range": [SOUTH, NORTH], "visible": False},
        ),
    }
    first = table.iloc[0]
    words = (
        f"{what}; the {len(arrows)} largest. Largest: from {first.origin} to {first.destination}, "
        f"{style.signed(first['mean'], 0)}. Each arrow points from the hub that loses to the one that gains, be "
        "it by people who no longer come; grey: not distinguishable from zero."
    )
    return Chart(figure, words, table)


@lru_cache(maxsize=1)
def _coast():
    """x and y of the coast line, in radii of the earth; a gap after each ring."""
    x, y = [], []
    for ring in json.loads(LAND.read_text(encoding="utf-8")):
        for values, new in zip((x, y), equal_earth(*np.array(ring).T), strict=True):
            values += [*np.round(new, 3).tolist(), None]
    return x, y


def _land(look):
    x, y = _coast()
    return {
        "type": "scatter",
        "mode": "lines",
        "x": x,
        "y": y,
        "fill": "toself",
        "fillcolor": look.land,
        "line": {"color": look.coast, "width": 0.6},
        "hoverinfo": "skip",
    }


def _circles(look, result, points, stock, arrows):
    """A circle a hub, as large as its stock, named where an arrow begins or ends; white: a wide area, not a city."""
    hues, regions, names = style.region_colours(), style.hub_regions(result.data), result.data.hub_name.to_series()
    hubs = stock.sort_values(ascending=False).index
    across = (CIRCLE * np.sqrt(stock[hubs] / stock.max())).tolist()
    touched = {*arrows.origin, *arrows.destination}
    short = {hub: names[hub].split(" (")[0] for hub in hubs if hub in touched}
    sides = _sides(points, dict(zip(hubs, across, strict=True)), short)
    colour = [hues[regions[hub]] for hub in hubs]
    wide = [hub.startswith("rest_of_") for hub in hubs]
    return {
        "type": "scatter",
        "mode": "markers+text",
        "x": [points[hub][0] for hub in hubs],
        "y": [points[hub][1] for hub in hubs],
        "hoverinfo": "text",
        "hovertext": [f"{names[hub]}: {stock[hub]:,.0f} engineers" for hub in hubs],
        "text": [short[hub] if hub in sides else "" for hub in hubs],
        "textposition": [sides.get(hub, "top center") for hub in hubs],
        "textfont": {"size": 12, "color": look.ink, "shadow": f"0 0 3px {look.paper}, 0 0 3px {look.paper}"},
        "marker": {
            "size": across,
            "opacity": 0.85,
            "color": [look.paper if w else c for w, c in zip(wide, colour, strict=True)],
            "line": {"width": 1.5, "color": colour},
        },
    }


def _sides(points, across, short):
    """On which side of its circle each name stands, the largest hubs first; a name without room has none."""
    taken, sides = [], {}
    for hub, name in short.items():
        x, y = np.array(points[hub]) * RADIUS
        for side, (left, up) in SIDES.items():
            away = across[hub] / 2
            x0 = x + left * LETTER * len(name) + (0 if up else away * (1 if left == 0 else -1))
            y0 = y + up * (away + LINE / 2) - LINE / 2
            box = (x0, y0, x0 + LETTER * len(name), y0 + LINE)
            if not any(box[0] < b[2] and b[0] < box[2] and box[1] < b[3] and b[1] < box[3] for b in taken):
                taken.append(box)
                sides[hub] = side
                break
    return sides


def _arrows(look, arrows, points, names):
    """Curves, each with a head at its middle that says which way."""
    heads = {"x": [], "y": [], "text": [], "angle": [], "size": [], "color": []}
    for row in arrows[::-1].itertuples():
        x, y = _curve(points[row.origin], points[row.destination])
        width = max(WIDEST * row.mean / arrows["mean"].max(), THINNEST)
        colour = look.ink if row.clear else look.baseline
        yield {
            "type": "scatter",
            "mode": "lines",
            "x": x.tolist(),
            "y": y.tolist(),
            "hoverinfo": "skip",
            "line": {"width": width, "color": faint(colour, 0.65), "dash": "solid" if row.clear else "5px,3px"},
        }
        k = int(0.6 * POINTS)
        heads["x"].append(x[k])
        heads["y"].append(y[k])
        heads["angle"].append(np.degrees(np.arctan2(x[k + 1] - x[k - 1], y[k + 1] - y[k - 1])))
        heads["size"].append(8 + 1.2 * width)
        heads["color"].append(colour)
        span = f", 90 % of pairs {style.span(row.low, row.high, 0)}" if row.low != row.high else ""
        heads["text"].append(
            f"{names[row.origin]} \u2192 {names[row.destination]}: {style.signed(row.mean, 0)} a year{span}"
        )
    yield {
        "type": "scatter",
        "mode": "markers",
        "x": heads["x"],
        "y": heads["y"],
        "text": heads["text"],
        "hoverinfo": "text",
        "marker": {"symbol": "triangle-up", "opacity": 1, **{key: heads[key] for key in ("angle", "size", "color")}},
    }


def _curve(start, end):
    """Points of a bow from start to end, bent to its right."""
    (x0, y0), (x1, y1) = start, end
    middle = ((x0 + x1) / 2 + BEND * (y1 - y0), (y0 + y1) / 2 - BEND * (x1 - x0))
    t = np.linspace(0, 1, POINTS)
    weights = np.array([(1 - t) ** 2, 2 * t * (1 - t), t**2])
    return np.array([x0, middle[0], x1]) @ weights, np.array([y0, middle[1], y1]) @ weights
