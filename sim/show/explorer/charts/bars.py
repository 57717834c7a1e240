"""Two-sided bars: a number of persons for every place, baseline beside scenario, or parts of an effect."""

from sim.show.explorer.charts.look import NOTHING, colours, layout, said
from sim.show.plots import style

ROW, AROUND = 34, 75  # pixels


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
    return _figure(look, [bars], names, unit, strokes)


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
    return _figure(look, [bars], names, unit, [])


def _figure(look, data, names, unit, shapes):
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
            ROW * len(names) + AROUND,
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
