"""The CSV files of a run's folder: one row a fact, means and 5 to 95 % bands over pairs."""

import pandas as pd
import xarray as xr

from sim.results.effects import HIGH, LOW, effect_series, summarise
from sim.results.measures import MEASURES, parse

EVERY_TIER = "all"
MEASURED = (
    "share",
    "share,basis=employer",
    "stock",
    "net_rate",
    "arrivals",
    "departures",
    "hhi",
    "top3",
    "applicants",
    "grants",
    "grants_abroad",
    "selected",
    "backlog",
)


def shares(result):
    """Stock and share of the world by arm, time, hub and tier ('all' and each), on both bases.

    Returns
    -------
    pandas.DataFrame: basis (residence or employer), arm, time, hub, tier, and mean, low and high of stock (persons) and
    share (0 to 1)
    """
    counted = {"residence": result.data.stock, "employer": result.data.stock_by_employer}
    tables = (_shares(stock).assign(basis=basis) for basis, stock in counted.items())
    table = pd.concat(tables, ignore_index=True)
    return table[["basis", *table.columns.drop("basis")]]


def _shares(stock):
    everyone = stock.sum("tier").expand_dims(tier=[EVERY_TIER]).transpose(*stock.dims)
    stock = xr.concat([everyone, stock], "tier")
    table = _band(stock.rename("stock")).merge(_band((stock / stock.sum("hub")).rename("share")))
    return _frame(table, "arm", "time", "hub", "tier")


def flows(result):
    """Moves a year by arm, year and corridor; corridors that nobody takes in any pair are left out.

    Returns
    -------
    pandas.DataFrame: arm, year, origin, destination, and mean, low and high of ``flow`` (persons a year)
    """
    table = _frame(_band(result.data.flow), "arm", "year", "origin", "destination")
    return table[table.flow_high > 0]


def effects(result):
    """Paired effects (scenario less baseline) on hubs, routes and the world, at every time.

    Returns
    -------
    pandas.DataFrame: measure, place, time, mean, low, high, same_sign, pairs, error, unit; first of all the arm, if the
    result is a comparison of several scenarios
    """
    return pd.concat([_effects(result, name) for name in MEASURED], ignore_index=True)


def _effects(result, name):
    found = summarise(effect_series(result, name))
    found = found.drop_vars([c for c in found.coords if c not in found.dims])
    table = found.to_dataframe().reset_index()
    table = table.rename(columns={"year": "time", "hub": "place", "route": "place"})
    table = table.assign(measure=name, pairs=found.attrs["pairs"], unit=MEASURES[parse(name).name].unit)
    table["place"] = table.get("place", "world")
    arm = ["arm"] if "arm" in table else []
    columns = ["measure", "place", "time", "mean", "low", "high", "same_sign", "pairs", "error", "unit"]
    return table[arm + columns].sort_values([*arm, "place", "time"], kind="stable")


def _band(values):
    """Mean, low and high over the replicates, as one dataset."""
    low, high = (values.quantile(q, "replicate", skipna=False).drop_vars("quantile") for q in (LOW, HIGH))
    name = values.name
    return xr.Dataset({name: values.mean("replicate"), f"{name}_low": low, f"{name}_high": high})


def _frame(dataset, *dims):
    table = dataset.drop_vars([c for c in dataset.coords if c not in dataset.dims])
    return table.to_dataframe(dim_order=list(dims)).reset_index()
