"""The effect on every hub: an interval and a dot each, from gain to loss."""

import numpy as np
import pandas as pd
import xarray as xr

from sim.results.effects import agreement_needed, decimals, error_words, summarise
from sim.show.explorer.charts.look import NOTHING, Chart, colours, layout, note, said
from sim.show.plots import style
from sim.show.plots.effects import effects_at, subtitle, unit_words

ROW, AROUND = 26, 80  # pixels
ADD_UP = ("share", "stock", "arrival_share", "net_migration", "entrants", "exits")  # over hubs
HUBS = 12


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
    found = summarise(forest_rows(pairs, HUBS))
    table = _table(found)
    words = _words(found, pairs, measure)
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
        ROW * len(table) + AROUND,
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


def _table(found):
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


def _words(found, pairs, measure):
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
