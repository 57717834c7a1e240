"""One quantity over time in both arms: the scenario with its bands, the baseline dashed."""

import numpy as np
import pandas as pd

from sim.results.effects import HIGH, LOW
from sim.show.explorer.charts.look import Chart, colours, layout
from sim.show.explorer.charts.shares import fan_traces

HEIGHT = 230  # pixels


def fan_chart(values, words, dark=False):
    """A line chart of a quantity.

    Parameters
    ----------
    values : xarray.DataArray over arm, replicate and time, in the unit that people read
    words : str, what it is

    Returns
    -------
    Chart
    """
    look, values = colours(dark), values.transpose("arm", "replicate", "time")
    times = values.time.values
    figure = {"data": fan_traces(look, values, times, ""), "layout": layout(
        look, HEIGHT, margin={"l": 45, "r": 10, "t": 5, "b": 30}, xaxis={"dtick": 2 if len(times) > 5 else 1},
    )}  # fmt: skip
    low, high = np.quantile(values.values, (LOW, HIGH), axis=1)
    table = pd.DataFrame({
        "arm": np.repeat(values.arm.values.astype(str), len(times)), "year": np.tile(times, values.sizes["arm"]),
        "mean": values.values.mean(axis=1).ravel(), "low": low.ravel(), "high": high.ravel(),
    })  # fmt: skip
    return Chart(figure, f"{words}. Line: scenario, mean over pairs; bands: half and 90 % of pairs; dashed: baseline.",
                 table)  # fmt: skip
