"""Shares of hubs over time: a panel a hub, the scenario with its bands, the baseline dashed."""

import pandas as pd

from sim.results.effects import hubs_that_matter
from sim.show.explorer.charts.fan import fan_of, fan_table, fan_traces
from sim.show.explorer.charts.look import Chart, colours, layout, note
from sim.show.plots import style
from sim.show.plots.choice import hubs_shown, scenario_names
from sim.show.plots.shares import share_panels

COLUMNS, ROW = 3, 170  # panels side by side; pixels
HUBS = 8
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
        chosen = hubs_shown(result, hubs, HUBS)
    else:
        chosen = style.order(result.data, hubs_that_matter(result, HUBS))
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
        "layout": layout(look, ROW * rows, annotations=names, **axes, margin={"l": 30, "r": 10, "t": 0, "b": 0}),
    }
    table = pd.concat([fan_table(fan).assign(place=name) for name, fan in panels.items()], ignore_index=True)
    return Chart(figure, _words(result, several), table[["place", "arm", "year", "mean", "low", "high"]])


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


def _words(result, several):
    first, last = int(result.data.time[0]), int(result.data.time[-1])
    what = f"Share of the world's AI engineers, %, January {first} to January {last}; every panel has its own scale."
    if several:
        names = ", ".join(scenario_names(result).values())
        return f"{what} Lines are means over pairs: baseline dashed, then {names}."
    return f"{what} Line: scenario, mean over pairs; dark: half, light: 90 % of pairs; dashed: baseline."
