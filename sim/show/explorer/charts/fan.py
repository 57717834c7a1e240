"""A quantity over time: the scenario with its bands, the baseline dashed; of several scenarios lines alone."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from sim.results.effects import HIGH, LOW
from sim.show.explorer.charts.look import Chart, colours, faint, layout
from sim.show.plots import style
from sim.show.plots.fan import HALF

HEIGHT = 230  # pixels
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
            HEIGHT,
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
