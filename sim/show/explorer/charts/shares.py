"""Shares of hubs over time: a panel a hub, the scenario with its bands, the baseline dashed."""

import numpy as np
import pandas as pd

from sim.results.effects import HIGH, LOW, hubs_that_matter
from sim.show.explorer.charts.look import Chart, colours, faint, layout, note
from sim.show.plots import style
from sim.show.plots.choice import hubs_shown, scenario_names
from sim.show.plots.fan import HALF
from sim.show.plots.shares import LEAST_SPAN, share_panels

COLUMNS, ROW = 3, 170  # panels side by side; pixels
HUBS = 8
GAP, ABOVE = 0.07, 0.34  # of a panel's cell: beside it, and above it for its name and effect


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
    look, times = colours(dark), result.data.time.values
    several = len(result.arms) > 1
    chosen = hubs_shown(result, hubs, HUBS) if several or hubs else style.order(result.data,
                                                                              hubs_that_matter(result, HUBS))
    panels = share_panels(result, chosen, times)
    rows = -(-len(panels) // COLUMNS)
    data, axes, names = [], {}, []
    for k, (name, share) in enumerate(panels):
        number = "" if k == 0 else str(k + 1)
        data += fan_traces(look, share.transpose("arm", "replicate", "time"), times, number)
        left, top = (k % COLUMNS) / COLUMNS, 1 - (k // COLUMNS) / rows
        x0, x1 = left + GAP / 3, left + (1 - GAP) / COLUMNS - 0.02
        y0, y1 = top - (1 - 0.16) / rows, top - ABOVE / rows
        axes |= _axes(number, (x0, x1), (y0, y1), share, times)
        words = f"<b>{name.split(' (')[0]}</b>"
        words += "" if several else f"<br><span style='color:{look.scenario}'>{_effect(share)}</span>"
        names.append(note(x0, y1, words, xref="paper", yref="paper", xanchor="left", yanchor="bottom", align="left"))
    figure = {"data": data, "layout": layout(look, ROW * rows, annotations=names, **axes,
                                             margin={"l": 30, "r": 10, "t": 0, "b": 0})}  # fmt: skip
    return Chart(figure, _words(result, several), _table(panels, times))


def fan_traces(look, share, times, number):
    """The lines and bands of one panel: traces of values over arm, replicate and time, on the axes of that number."""
    x, many = [int(t) for t in times], share.sizes["arm"] > 2
    at = {"xaxis": f"x{number}", "yaxis": f"y{number}", "type": "scatter", "hoverinfo": "skip", "mode": "lines"}
    traces = []
    for k, arm in enumerate(share.arm.values[1:]):
        pairs = share.sel(arm=arm).values
        colour, _, dashes = style.scenario_look(k) if many else (look.scenario, None, "-")
        if not many:
            traces += [_band(at, x, np.quantile(pairs, ends, axis=0), look.scenario, part)
                       for ends, part in (((LOW, HIGH), 0.16), (HALF, 0.28))]  # fmt: skip
        told = {"hoverinfo": "text", "text": [f"{arm} {t}: {v:,.2f}" for t, v in zip(x, pairs.mean(0), strict=True)]}
        dash = "solid" if dashes == "-" else ",".join(f"{2 * d}px" for d in dashes[1])
        traces.append(at | told | {"x": x, "y": _rounded(pairs.mean(0)), "line": {"color": colour, "width": 2.2,
                                                                                  "dash": dash}})  # fmt: skip
    before = share.isel(arm=0).values.mean(0)
    told = {"hoverinfo": "text", "text": [f"baseline {t}: {v:,.2f}" for t, v in zip(x, before, strict=True)]}
    return [*traces, at | told | {"x": x, "y": _rounded(before), "line": {"color": look.ink, "width": 1.6,
                                                                         "dash": "6px,4px"}}]  # fmt: skip


def _band(at, x, edges, colour, part):
    low, high = map(_rounded, edges)
    return at | {"x": x + x[::-1], "y": low + high[::-1], "fill": "toself", "fillcolor": faint(colour, part),
                 "line": {"width": 0}}  # fmt: skip


def _rounded(values):
    return np.round(values, 5).tolist()


def _axes(number, across, along, share, times):
    """Axes of a panel; a change smaller than a part of the level is never blown up."""
    low, high = (float(share.quantile(q, "replicate").reduce(edge)) for q, edge in ((LOW, np.min), (HIGH, np.max)))
    slack = max(0.1 * (high - low), (LEAST_SPAN * float(share.mean()) - (high - low)) / 2)
    years = [int(times[0]), int(times[-1])]
    return {
        f"xaxis{number}": {"domain": across, "anchor": f"y{number}", "tickvals": years, "showgrid": False,
                           "ticklabelposition": "outside", "tickfont": {"size": 11}},
        f"yaxis{number}": {"domain": along, "anchor": f"x{number}", "nticks": 4, "ticksuffix": " %",
                           "range": [max(low - slack, 0), min(high + slack, 100)], "tickfont": {"size": 11}},
    }  # fmt: skip


def _effect(share):
    """The effect in the last year, in words."""
    pairs = share.isel(time=-1, arm=1) - share.isel(time=-1, arm=0)
    if not pairs.any():
        return "no pair differs"
    mean = float(pairs.mean())
    return f"{style.signed(mean, 2 if abs(mean) >= 0.005 else 3)} pp"


def _words(result, several):
    first, last = int(result.data.time[0]), int(result.data.time[-1])
    what = f"Share of the world's AI engineers, %, January {first} to January {last}; every panel has its own scale."
    if several:
        names = ", ".join(scenario_names(result).values())
        return f"{what} Lines are means over pairs: baseline dashed, then {names}."
    return f"{what} Line: scenario, mean over pairs; dark: half, light: 90 % of pairs; dashed: baseline."


def _table(panels, times):
    tables = []
    for name, share in panels:
        pairs = share.transpose("arm", "time", "replicate").values
        low, high = np.quantile(pairs, (LOW, HIGH), axis=2)
        arms = np.repeat(share.arm.values.astype(str), len(times))
        tables.append(pd.DataFrame({
            "place": name, "arm": arms, "year": np.tile(times, len(pairs)), "mean": pairs.mean(axis=2).ravel(),
            "low": low.ravel(), "high": high.ravel(),
        }))  # fmt: skip
    return pd.concat(tables, ignore_index=True)
