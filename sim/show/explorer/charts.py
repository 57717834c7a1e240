"""Charts of the explorer: each a pure function of a result that gives a picture, a sentence and a table."""

import json
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import pandas as pd
import xarray as xr

from sim.results.effects import HIGH, LOW, agreement_needed, decimals, error_words, hubs_that_matter, summarise
from sim.show.plots import style
from sim.show.plots.choice import hubs_shown, most_touched, scenario_names
from sim.show.plots.effects import effects_at, subtitle, unit_words
from sim.show.plots.flow_map import EAST, LAND, NORTH, SOUTH, WEST, equal_earth, net_changes
from sim.show.plots.flows import flows_of_all, years_words
from sim.show.plots.ranks import DARK, hub_ranks
from sim.show.plots.shares import share_panels
from sim.show.plots.style import HALF

# ------------------------------------------------------------------------------
# The look of the charts: colours, order and words of the figures in files, and their twins on a dark page.
# ------------------------------------------------------------------------------


FONT = '"Source Sans", "Source Sans Pro", sans-serif'  # the page's own, which comes with it
SIZE = 13  # pixels
NOTHING = "Every effect is exactly 0: no pair differs."


class Chart(NamedTuple):
    """A picture with its text alternatives."""

    figure: dict  # of plotly: data and layout
    words: str  # one sentence
    table: pd.DataFrame


@dataclass(frozen=True)
class Colours:
    """What is drawn in which colour; the names are those of ``plots.style``."""

    ink: str
    scenario: str
    baseline: str
    grid: str
    gain: str
    loss: str
    land: str
    coast: str
    paper: str
    shade: str  # of probabilities, at 1


LIGHT = Colours(
    style.INK,
    style.SCENARIO,
    style.BASELINE,
    style.GRID,
    style.GAIN,
    style.LOSS,
    "#dfe0df",
    "#c4c6c4",
    "#ffffff",
    style.SCENARIO,
)
DARK_PAGE = Colours(
    "#f2f2f2", "#74b8f5", "#b4b4b4", "#333a44", "#74b8f5", "#d07a1e", "#39414c", "#566070", "#171715", "#74b8f5"
)


def colours(dark=False):
    """The colours of a light page, as in the figures, or of a dark one."""
    return DARK_PAGE if dark else LIGHT


def layout(look, height, **more):
    """The layout that all charts share; ``more`` goes on top."""
    axis = {"gridcolor": look.grid, "linecolor": look.grid, "zeroline": False, "fixedrange": True, "color": look.ink}
    shared = {
        "height": height,
        "font": {"family": FONT, "size": SIZE, "color": look.ink},
        "showlegend": False,
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "dragmode": False,
        "margin": {"l": 10, "r": 10, "t": 10, "b": 40},
        "hoverlabel": {"font": {"family": FONT, "size": SIZE}},
        "xaxis": dict(axis),
        "yaxis": dict(axis),
    }
    for name, value in more.items():
        shared[name] = (dict(axis) | value) if name.startswith(("xaxis", "yaxis")) else value
    return shared


def faint(colour, part):
    """A colour of which only a part covers what lies below: plotly's ``rgba``."""
    red, green, blue = (int(colour[k : k + 2], 16) for k in (1, 3, 5))
    return f"rgba({red},{green},{blue},{part})"


def said(look, words):
    """An empty picture that says why."""
    note = {"text": words, "showarrow": False, "x": 0, "y": 1, "xref": "paper", "yref": "paper", "xanchor": "left"}
    hidden = {"visible": False}
    return {"data": [], "layout": layout(look, 70, annotations=[note], xaxis=hidden, yaxis=hidden)}


def note(x, y, text, **more):
    """A piece of text in a chart, without an arrow."""
    return {"x": x, "y": y, "text": text, "showarrow": False} | more


# ------------------------------------------------------------------------------
# A quantity over time: the scenario with its bands, the baseline dashed; of several scenarios lines alone.
# ------------------------------------------------------------------------------


FAN_HEIGHT = 230  # pixels
QUANTILES = (LOW, *HALF, HIGH)
DASHED = "6px,4px"  # the baseline


class Fan(NamedTuple):
    """What a quantity does over time, over the pairs."""

    arms: list[str]  # the baseline first
    years: list[int]
    mean: np.ndarray  # (arm, year)
    edges: np.ndarray  # (quantile, arm, year)

    @property
    def low(self):
        """(arm, year) the lower end of 90 % of the pairs."""
        return self.edges[0]

    @property
    def high(self):
        """(arm, year) the upper end."""
        return self.edges[-1]


def fan_of(values):
    """The fan of values over arm, replicate and time."""
    values = values.transpose("arm", "replicate", "time")
    pairs = values.values
    return Fan(
        values.arm.values.astype(str).tolist(),
        values.time.values.tolist(),
        pairs.mean(axis=1),
        np.quantile(pairs, QUANTILES, axis=1),
    )


def fan_chart(values, words, dark=False):
    """A chart of one quantity.

    Parameters
    ----------
    values : xarray.DataArray over arm, replicate and time, in the unit that people read
    words : str, what it is

    Returns
    -------
    Chart
    """
    look, fan = colours(dark), fan_of(values)
    figure = {
        "data": fan_traces(look, fan),
        "layout": layout(
            look,
            FAN_HEIGHT,
            margin={"l": 45, "r": 10, "t": 5, "b": 30},
            xaxis={"dtick": 2 if len(fan.years) > 5 else 1},
        ),
    }
    return Chart(
        figure,
        f"{words}. Line: scenario, mean over pairs; bands: half and 90 % of pairs; dashed: baseline.",
        fan_table(fan),
    )


def fan_traces(look, fan, number=""):
    """The traces of a fan on the axes of that number."""
    at = {"xaxis": f"x{number}", "yaxis": f"y{number}", "type": "scatter", "hoverinfo": "skip", "mode": "lines"}
    several, traces = len(fan.arms) > 2, []
    for k, arm in enumerate(fan.arms[1:], 1):
        colour, _, dashes = style.scenario_look(k - 1) if several else (look.scenario, None, "-")
        if not several:
            traces += [_band(at, fan, k, ends, faint(colour, part)) for ends, part in (((0, 3), 0.16), ((1, 2), 0.28))]
        dash = "solid" if dashes == "-" else ",".join(f"{2 * length}px" for length in dashes[1])
        traces.append(_line(at, fan, k, arm, {"color": colour, "width": 2.2, "dash": dash}))
    return [*traces, _line(at, fan, 0, "baseline", {"color": look.ink, "width": 1.6, "dash": DASHED})]


def _line(at, fan, k, arm, look):
    told = [f"{arm} {year}: {value:,.2f}" for year, value in zip(fan.years, fan.mean[k], strict=True)]
    return at | {"x": fan.years, "y": _rounded(fan.mean[k]), "text": told, "hoverinfo": "text", "line": look}


def _band(at, fan, k, ends, colour):
    low, high = (_rounded(fan.edges[end, k]) for end in ends)
    return at | {
        "x": fan.years + fan.years[::-1],
        "y": low + high[::-1],
        "fill": "toself",
        "fillcolor": colour,
        "line": {"width": 0},
    }


def _rounded(values):
    return np.round(values, 5).tolist()


def fan_table(fan):
    """The same as a table: arm, year, mean, low and high (90 % of pairs)."""
    return pd.DataFrame(
        {
            "arm": np.repeat(fan.arms, len(fan.years)),
            "year": np.tile(fan.years, len(fan.arms)),
            "mean": fan.mean.ravel(),
            "low": fan.low.ravel(),
            "high": fan.high.ravel(),
        }
    )


# ------------------------------------------------------------------------------
# Two-sided bars: a number of persons for every place, baseline beside scenario, or parts of an effect.
# ------------------------------------------------------------------------------


BARS_ROW, BARS_AROUND = 34, 75  # pixels


def both_arms(names, baseline, scenario, unit, dark=False):
    """Bars of the scenario with a stroke where the baseline stands.

    Parameters
    ----------
    names : list of str, from above
    baseline, scenario : list of float
    unit : str, under the axis

    Returns
    -------
    dict, a figure of plotly
    """
    look, rows = colours(dark), list(range(len(names)))
    told = [f"{n}: {b:,.0f} \u2192 {s:,.0f}" for n, b, s in zip(names, baseline, scenario, strict=True)]
    bars = {
        "type": "bar",
        "orientation": "h",
        "x": scenario,
        "y": rows,
        "text": told,
        "textposition": "none",
        "hoverinfo": "text",
        "marker": {"color": look.scenario},
        "width": 0.6,
    }
    strokes = [
        {"type": "line", "x0": b, "x1": b, "y0": k - 0.42, "y1": k + 0.42, "line": {"color": look.ink, "width": 2.5}}
        for k, b in enumerate(baseline)
    ]
    return _figure_of_bars(look, [bars], names, unit, strokes)


def parts(table, dark=False):
    """The parts of an effect, as ``results.parts.parts_table`` has them, each with its interval; the total last."""
    look, names = colours(dark), table.part.tolist()
    if not table["mean"].any():
        return said(look, NOTHING)
    colour = [look.gain if value >= 0 else look.loss for value in table["mean"]]
    told = [
        f"{row.part}: {style.signed(row.mean, 3)}, 90 % of pairs {style.span(row.low, row.high, 3)}"
        for row in table.itertuples()
    ]
    bars = {
        "type": "bar",
        "orientation": "h",
        "x": table["mean"].tolist(),
        "y": list(range(len(names))),
        "text": told,
        "textposition": "none",
        "hoverinfo": "text",
        "marker": {"color": colour},
        "width": 0.6,
        "error_x": {
            "type": "data",
            "symmetric": False,
            "color": look.ink,
            "thickness": 1.5,
            "array": (table.high - table["mean"]).tolist(),
            "arrayminus": (table["mean"] - table.low).tolist(),
        },
    }
    unit = table.unit.iloc[0].replace("pp", "percentage points")
    return _figure_of_bars(look, [bars], names, unit, [])


def _figure_of_bars(look, data, names, unit, shapes):
    zero = {
        "type": "line",
        "x0": 0,
        "x1": 0,
        "y0": 0,
        "y1": 1,
        "yref": "paper",
        "line": {"color": look.ink, "width": 1},
    }
    return {
        "data": data,
        "layout": layout(
            look,
            BARS_ROW * len(names) + BARS_AROUND,
            shapes=[zero, *shapes],
            margin={"l": 10, "r": 20, "t": 5, "b": 45},
            xaxis={"title": {"text": unit}, "tickformat": ",", "separatethousands": True},
            yaxis={
                "tickvals": list(range(len(names))),
                "ticktext": names,
                "autorange": "reversed",
                "automargin": True,
                "showgrid": False,
            },
        ),
    }


# ------------------------------------------------------------------------------
# Several scenarios side by side: an interval and a marker each, hub by hub.
# ------------------------------------------------------------------------------


COMPARISON_ROW, COMPARISON_AROUND = 17, 120  # pixels a marker, and round them all
COMPARISON_HUBS, APART = 10, 0.6  # rows; of a row that its markers take
SYMBOLS = ("circle", "square", "triangle-up", "diamond", "triangle-down", "cross")  # of ``style.MARKERS``


def comparison_chart(result, measure="share", dark=False):
    """Effect of every scenario on a measure of the hubs that any of them touches most, in the last year.

    Parameters
    ----------
    result : Result of several scenarios
    measure : str, a measure without a place

    Returns
    -------
    Chart; its table has a row for each place and scenario
    """
    look, pairs = colours(dark), effects_at(result, measure, None)
    pairs = pairs.sel(hub=style.order(result.data, most_touched(pairs, COMPARISON_HUBS)))
    found, names = summarise(pairs), scenario_names(result)
    table = _table_of_comparison(found, names)
    what = subtitle(pairs, measure)
    if not int(found.differs.sum()):
        return Chart(said(look, NOTHING), f"{what}. {NOTHING}", table)
    rows = np.arange(found.sizes["hub"])[::-1]
    data, count = [], len(names)
    for k, (arm, title) in enumerate(names.items()):
        colour, _, _ = style.scenario_look(k)
        one, heights = found.sel(arm=arm), rows + APART * (0.5 - (k + 0.5) / count)
        data += _one(one, heights.tolist(), title, colour, SYMBOLS[k % len(SYMBOLS)])
    reach = 1.08 * float(max(abs(found.low).max(), abs(found.high).max()))
    figure = {
        "data": data,
        "layout": layout(
            look,
            COMPARISON_ROW * count * len(rows) + COMPARISON_AROUND,
            showlegend=True,
            margin={"l": 10, "r": 10, "t": 10, "b": 45},
            legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0, "font": {"color": look.ink}},
            xaxis={
                "range": [-reach, reach],
                "title": {"text": f"loses  \u2190   {unit_words(pairs.attrs['units'])}   \u2192  gains"},
            },
            yaxis={
                "tickvals": rows.tolist(),
                "ticktext": found.hub_name.values.tolist(),
                "automargin": True,
                "range": [-0.6, len(rows) - 0.4],
            },
            shapes=[
                {
                    "type": "line",
                    "x0": 0,
                    "x1": 0,
                    "y0": 0,
                    "y1": 1,
                    "yref": "paper",
                    "line": {"color": look.ink, "width": 1},
                }
            ],
        ),
    }
    words = f"{what}. Marker: mean over the pairs, the same for all scenarios; line: 90 % of pairs."
    return Chart(figure, words, table)


def _one(found, heights, title, colour, symbol):
    """The lines and markers of one scenario."""
    low, high, mean = (found[name].values.tolist() for name in ("low", "high", "mean"))
    told = [
        f"{name}: {style.signed(m, 2)} [{style.span(a, b, 2)}]"
        for name, m, a, b in zip(found.hub_name.values, mean, low, high, strict=True)
    ]
    return [
        {
            "type": "scatter",
            "mode": "lines",
            "x": [x for pair in zip(low, high, strict=True) for x in (*pair, None)],
            "y": [y for height in heights for y in (height, height, None)],
            "hoverinfo": "skip",
            "showlegend": False,
            "line": {"color": colour, "width": 2.5},
        },
        {
            "type": "scatter",
            "mode": "markers",
            "x": mean,
            "y": heights,
            "name": title,
            "text": told,
            "hoverinfo": "text+name",
            "marker": {"symbol": symbol, "size": 9, "color": colour},
        },
    ]


def _table_of_comparison(found, names):
    rows = []
    for arm, title in names.items():
        for hub in found.hub.values:
            one = found.sel(arm=arm, hub=hub)
            numbers = {key: float(one[key]) for key in ("mean", "low", "high", "error")}
            rows.append(
                {"place": str(one.hub_name.item()), "scenario": title}
                | numbers
                | {"same_sign": int(one.same_sign), "pairs": found.attrs["pairs"]}
            )
    return pd.DataFrame(rows).rename(columns={"mean": "effect"})


# ------------------------------------------------------------------------------
# The effect on every hub: an interval and a dot each, from gain to loss.
# ------------------------------------------------------------------------------


EFFECTS_ROW, EFFECTS_AROUND = 26, 80  # pixels
ADD_UP = ("share", "stock", "arrival_share", "net_migration", "entrants", "exits")  # over hubs
EFFECTS_HUBS = 12


def effects_chart(result, measure="share", year=None, dark=False):
    """Effect of one scenario on a measure of every hub in a year, the last if None.

    Parameters
    ----------
    result : Result with one scenario
    measure : str, a measure without a place
    year : int or None

    Returns
    -------
    Chart; its table has effect, low and high (90 % of pairs), same_sign, pairs and error
    """
    look, pairs = colours(dark), effects_at(result, measure, year and (year, year))
    found = summarise(forest_rows(pairs, EFFECTS_HUBS))
    table = _table_of_effects(found)
    words = _words_of_effects(found, pairs, measure)
    if not int(found.differs.sum()):
        return Chart(said(look, NOTHING), NOTHING, table)
    heights = np.arange(len(table))[::-1].tolist()
    digits = _digits(found)
    hover = [f"{row.place}: {_interval(row, digits)}" for row in table.itertuples()]
    lines = {
        "type": "scatter",
        "mode": "lines",
        "line": {"color": look.scenario, "width": 3},
        "hoverinfo": "skip",
        "x": [x for row in table.itertuples() for x in (row.low, row.high, None)],
        "y": [y for height in heights for y in (height, height, None)],
    }
    count = found.attrs["pairs"]
    agreed = table.same_sign >= agreement_needed(count, len(table))
    dots = {
        "type": "scatter",
        "mode": "markers",
        "x": table.effect.tolist(),
        "y": heights,
        "text": hover,
        "hoverinfo": "text",
        "marker": {
            "size": 10,
            "line": {"color": look.scenario, "width": 2},
            "color": [look.scenario if yes else look.paper for yes in agreed],
        },
    }
    reach = 1.08 * float(max(abs(table.low).max(), abs(table.high).max()))
    return Chart({"data": [lines, dots], "layout": _layout(look, table, heights, reach, digits, pairs)}, words, table)


def _layout(look, table, heights, reach, digits, pairs):
    numbers = [
        note(1.0, y, _numbers(row, digits), xref="paper", xanchor="left", xshift=8, align="left")
        for y, row in zip(heights, table.itertuples(), strict=True)
    ]
    unit = unit_words(pairs.attrs["units"])
    return layout(
        look,
        EFFECTS_ROW * len(table) + EFFECTS_AROUND,
        annotations=numbers,
        margin={"l": 10, "r": 165, "t": 10, "b": 45},
        xaxis={"range": [-reach, reach], "title": {"text": f"loses  \u2190   {unit}   \u2192  gains"}},
        yaxis={
            "tickvals": heights,
            "ticktext": table.place.tolist(),
            "range": [-0.7, len(table) - 0.3],
            "automargin": True,
            "showgrid": True,
        },
        shapes=[
            {
                "type": "line",
                "x0": 0,
                "x1": 0,
                "y0": 0,
                "y1": 1,
                "yref": "paper",
                "line": {"color": look.ink, "width": 1},
            }
        ],
    )


def _table_of_effects(found):
    names = {"mean": "effect", "low": "low", "high": "high", "same_sign": "same_sign", "error": "error"}
    columns = {"place": found.hub.values.astype(str)} | {new: found[old].values for old, new in names.items()}
    return pd.DataFrame(columns).assign(pairs=found.attrs["pairs"])


def _digits(found):
    """Decimals that the errors allow: at least two for percentage points."""
    pairs = found.attrs["pairs"]
    digits = decimals(float(found.error.median()) if pairs > 1 else float(abs(found["mean"]).max()) / 100)
    return max(2, digits) if found.attrs["units"].startswith("pp") else digits


def _numbers(row, digits):
    span = f" [{style.span(row.low, row.high, digits)}]" if row.pairs > 1 else ""
    return f"<b>{style.signed(row.effect, digits)}</b>{span}"


def _interval(row, digits):
    if row.pairs == 1:
        return f"{style.signed(row.effect, digits)}, the only pair"
    return (
        f"{style.signed(row.effect, digits)}, 90 % of pairs {style.span(row.low, row.high, digits)}, same sign in "
        f"{row.same_sign} of {row.pairs}, Monte Carlo error {error_words(row.error, digits)}"
    )


def _words_of_effects(found, pairs, measure):
    rows = found.isel(hub=slice(0, -1)) if found.attrs.get("others") else found
    mean, digits = rows["mean"].to_series(), _digits(found)
    gains, loses = (
        (f"{mean.idxmax()} gains most ({style.signed(mean.max(), digits)})", mean.max() > 0),
        (f"{mean.idxmin()} loses most ({style.signed(mean.min(), digits)})", mean.min() < 0),
    )
    told = "; ".join(words for words, holds in (gains, loses) if holds)
    return f"{subtitle(pairs, measure)}. {told}. Line: 90 % of pairs; filled dot: at least 95 % of pairs agree in sign."


def forest_rows(effects, count):
    """The paired effects of the ``count`` hubs with the largest ones, from gain to loss, then of all others.

    Parameters
    ----------
    effects : xarray.DataArray over replicate and hub, of :func:`effects_at`
    """
    mean = effects.mean("replicate").to_series()
    chosen = list(abs(mean).sort_values(ascending=False, kind="stable").index[:count])
    chosen = list(mean[chosen].sort_values(ascending=False, kind="stable").index)
    names = effects.hub_name.to_series()
    effects = effects.reset_coords(drop=True)
    rows = effects.sel(hub=chosen).assign_coords(hub=[names[hub] for hub in chosen])
    others = effects.drop_sel(hub=chosen)
    if not others.sizes["hub"] or effects.name not in ADD_UP:
        return rows.assign_attrs(others=False)
    together = others.sum("hub").expand_dims(hub=[f"{others.sizes['hub']} other hubs together"])
    return xr.concat([rows, together], "hub").assign_attrs(effects.attrs, others=True)


# ------------------------------------------------------------------------------
# The largest changes of net flows between hubs, on a map whose coast line comes with the package.
# ------------------------------------------------------------------------------


FLOW_MAP_HEIGHT, ARROWS = 330, 12  # pixels; largest changes that are drawn
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
            FLOW_MAP_HEIGHT,
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


# ------------------------------------------------------------------------------
# How likely each rank of a hub is at the end, among the named hubs.
# ------------------------------------------------------------------------------


RANKS_ROW, RANKS_AROUND = 25, 60  # pixels
RANKS_HUBS, RANKS = 12, 14  # rows, and ranks that have a column of their own


def ranks_chart(result, year=None, dark=False):
    """Part of the pairs, in %, in which a hub of the scenario has a rank by number of engineers, 1 the largest.

    Parameters
    ----------
    result : Result of one scenario
    year : int, of the 1 January; the last if None

    Returns
    -------
    Chart; its table has a row a hub: place, mean rank in baseline and scenario, and a column a rank (% of pairs)
    """
    look, ranks = colours(dark), hub_ranks(result)
    ranks = ranks.isel(time=-1) if year is None else ranks.sel(time=year)
    mean = ranks.mean("replicate")
    order = mean.sel(arm="scenario").to_series().sort_values(kind="stable").index[:RANKS_HUBS]
    names = result.data.hub_name.to_series()[order].tolist()
    scenario = ranks.sel(arm="scenario", hub=order).transpose("hub", "replicate").values
    columns = np.arange(1, min(int(scenario.max()), RANKS) + 1)
    parts = 100 * (np.minimum(scenario, columns[-1])[:, :, None] == columns).mean(axis=1)
    labels = [str(rank) for rank in columns]
    labels[-1] += "+" if scenario.max() > RANKS else ""
    before, now = (mean.sel(arm=arm, hub=order).values for arm in ("baseline", "scenario"))
    table = pd.DataFrame({"place": names, "baseline": before, "scenario": now}).assign(
        **{f"rank {label}": parts[:, k] for k, label in enumerate(labels)}
    )
    first = int(np.argmax(parts[:, 0]))
    words = (
        f"Rank among {ranks.sizes['hub']} named hubs by number of AI engineers in January {int(ranks.time)}, % of "
        f"pairs. {names[first]} is the largest in {parts[first, 0]:.0f} % of pairs. Right: mean rank, baseline "
        "\u2192 scenario."
    )
    return Chart(_figure_of_ranks(look, names, labels, parts, before, now), words, table)


def _figure_of_ranks(look, names, labels, parts, before, now):
    rows, columns = np.nonzero(parts > 0)
    written = [
        note(
            int(c),
            int(r),
            f"{parts[r, c]:.0f}",
            font={"size": 12, "color": look.paper if parts[r, c] > 100 * DARK else look.ink},
        )
        for r, c in zip(rows, columns, strict=True)
    ]
    written += [
        note(1, r, f"{b:.1f} \u2192 {n:.1f}", xref="paper", xanchor="left", xshift=8)
        for r, (b, n) in enumerate(zip(before, now, strict=True))
    ]
    cells = {
        "type": "heatmap",
        "z": parts.tolist(),
        "x": list(range(len(labels))),
        "y": list(range(len(names))),
        "zmin": 0,
        "zmax": 110,
        "showscale": False,
        "xgap": 1,
        "ygap": 1,
        "hoverinfo": "skip",
        "colorscale": [[0, faint(look.shade, 0)], [1, faint(look.shade, 1)]],
    }
    return {
        "data": [cells],
        "layout": layout(
            look,
            RANKS_ROW * len(names) + RANKS_AROUND,
            annotations=written,
            margin={"l": 10, "r": 95, "t": 5, "b": 40},
            xaxis={
                "tickvals": list(range(len(labels))),
                "ticktext": labels,
                "title": {"text": "rank"},
                "showgrid": False,
            },
            yaxis={
                "tickvals": list(range(len(names))),
                "ticktext": names,
                "autorange": "reversed",
                "automargin": True,
                "showgrid": False,
            },
        ),
    }


# ------------------------------------------------------------------------------
# Shares of hubs over time: a panel a hub, the scenario with its bands, the baseline dashed.
# ------------------------------------------------------------------------------


COLUMNS, SHARES_ROW = 3, 170  # panels side by side; pixels
SHARES_HUBS = 8
LEAST_SPAN = 0.3  # of the level: a panel never blows up a change smaller than this
GAP, ABOVE, BELOW = 0.07, 0.34, 0.16  # of a panel's cell: beside it, above it for its name and effect, and below


def shares_chart(result, hubs=None, dark=False):
    """Shares of the world stock, in %: those of the hubs that matter, and all others as one.

    Parameters
    ----------
    result : Result of one scenario, or of several: then without bands
    hubs : list of hub labels; those that matter if None

    Returns
    -------
    Chart; its table has a row for each place, arm and year with mean, low and high (90 % of pairs)
    """
    look, several = colours(dark), len(result.arms) > 1
    if hubs or several:
        chosen = hubs_shown(result, hubs, SHARES_HUBS)
    else:
        chosen = style.order(result.data, hubs_that_matter(result, SHARES_HUBS))
    panels = {name: fan_of(share) for name, share in share_panels(result, chosen, result.data.time.values)}
    rows = -(-len(panels) // COLUMNS)
    data, axes, names = [], {}, []
    for k, (name, fan) in enumerate(panels.items()):
        number = "" if k == 0 else str(k + 1)
        data += fan_traces(look, fan, number)
        across, along = _cell(k, rows)
        axes |= _axes(number, across, along, fan)
        words = f"<b>{name.split(' (')[0]}</b>"
        words += "" if several else f"<br><span style='color:{look.scenario}'>{_effect(fan)}</span>"
        names.append(
            note(across[0], along[1], words, xref="paper", yref="paper", xanchor="left", yanchor="bottom", align="left")
        )
    figure = {
        "data": data,
        "layout": layout(look, SHARES_ROW * rows, annotations=names, **axes, margin={"l": 30, "r": 10, "t": 0, "b": 0}),
    }
    table = pd.concat([fan_table(fan).assign(place=name) for name, fan in panels.items()], ignore_index=True)
    return Chart(figure, _words_of_shares(result, several), table[["place", "arm", "year", "mean", "low", "high"]])


def _cell(k, rows):
    """From where to where panel number *k* goes, across and along, as parts of the picture."""
    left, top = (k % COLUMNS) / COLUMNS, 1 - (k // COLUMNS) / rows
    return (left + GAP / 3, left + (1 - GAP) / COLUMNS - 0.02), (top - (1 - BELOW) / rows, top - ABOVE / rows)


def _axes(number, across, along, fan):
    """Axes of a panel; a change smaller than a part of the level is never blown up."""
    low, high = float(fan.low.min()), float(fan.high.max())
    slack = max(0.1 * (high - low), (LEAST_SPAN * float(fan.mean.mean()) - (high - low)) / 2)
    return {
        f"xaxis{number}": {
            "domain": across,
            "anchor": f"y{number}",
            "tickvals": [fan.years[0], fan.years[-1]],
            "showgrid": False,
            "tickfont": {"size": 11},
        },
        f"yaxis{number}": {
            "domain": along,
            "anchor": f"x{number}",
            "nticks": 4,
            "ticksuffix": " %",
            "range": [max(low - slack, 0), min(high + slack, 100)],
            "tickfont": {"size": 11},
        },
    }


def _effect(fan):
    """The effect in the last year, in words."""
    effect = fan.mean[1, -1] - fan.mean[0, -1]
    return f"{style.signed(effect, 2 if abs(effect) >= 0.005 else 3)} pp"


def _words_of_shares(result, several):
    first, last = int(result.data.time[0]), int(result.data.time[-1])
    what = f"Share of the world's AI engineers, %, January {first} to January {last}; every panel has its own scale."
    if several:
        names = ", ".join(scenario_names(result).values())
        return f"{what} Lines are means over pairs: baseline dashed, then {names}."
    return f"{what} Line: scenario, mean over pairs; dark: half, light: 90 % of pairs; dashed: baseline."
