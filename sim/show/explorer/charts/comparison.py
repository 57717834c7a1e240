"""Several scenarios side by side: an interval and a marker each, hub by hub."""

import numpy as np
import pandas as pd

from sim.results.effects import summarise
from sim.show.explorer.charts.look import NOTHING, Chart, colours, layout, said
from sim.show.plots import style
from sim.show.plots.choice import most_touched, scenario_names
from sim.show.plots.effects import effects_at, subtitle, unit_words

ROW, AROUND = 17, 120  # pixels a marker, and round them all
HUBS, APART = 10, 0.6  # rows; of a row that its markers take
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
    pairs = pairs.sel(hub=style.order(result.data, most_touched(pairs, HUBS)))
    found, names = summarise(pairs), scenario_names(result)
    table = _table(found, names)
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
            ROW * count * len(rows) + AROUND,
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


def _table(found, names):
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
