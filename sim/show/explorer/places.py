"""What a hub or a home country is made of: its flows, its people and its constants, as tables."""

import pandas as pd

from sim.results.effects import SHOWN, effect_series, summarise
from sim.results.measures import measure, series
from sim.world.tables import rows

MOST = 10  # places that have a row of their own
CONSTANTS = {  # table -> columns of a hub that the page shows, with unit and words
    "hub_constants": {
        "permanent": ("log-odds", "lasting pull that no named factor explains (fitted)"),
        "boom": ("log-odds", "pull of the published year's boom, which fades (fitted)"),
    },
    "stock": {"engineers": ("persons", "engineers at the start")},
    "prices": {"price_level": ("US average = 1", "local prices")},
    "compute": {"h100e": ("H100-equivalents", "compute that its engineers can use")},
    "net_targets": {
        "national_net": ("persons a year", "net migration by national counts"),
        "index_net": (
            "persons a year",
            "net migration by the industry index; the first year is fitted to a blend of the two",
        ),
    },
}


def moves_of(result, hub, incoming=True):
    """Who comes to a hub from where, or who leaves it for where: a row a place, the most important first.

    Returns
    -------
    pandas.DataFrame: place, baseline, scenario (persons a year, means over years and pairs), effect
    """
    flow = result.data.flow.sel({"destination" if incoming else "origin": hub}).mean(("year", "replicate"))
    names = result.data.hub_name.to_series()
    table = pd.DataFrame({arm: flow.sel(arm=arm).to_series() for arm in ("baseline", "scenario")}).drop(index=hub)
    table = table.loc[table.max(axis=1).sort_values(ascending=False, kind="stable").index]
    table.insert(0, "place", table.index.map(names))
    first, rest = table[:MOST], table[MOST:]
    others = pd.DataFrame([{"place": f"{len(rest)} other hubs", **rest[["baseline", "scenario"]].sum()}])
    table = pd.concat([first, others] if len(rest) else [first], ignore_index=True)
    return table.assign(effect=table.scenario - table.baseline)


def living(result, home):
    """Where the engineers of a home live at the end: a row a hub, most first; columns as of :func:`moves_of`."""
    stock = measure(result, f"stock,home={home}").mean("replicate")
    names = result.data.hub_name.to_series()
    table = pd.DataFrame({arm: stock.sel(arm=arm).to_series() for arm in ("baseline", "scenario")})
    table.insert(0, "place", table.index.map(names))
    table = table.sort_values("scenario", ascending=False, kind="stable")[:MOST].reset_index(drop=True)
    return table.assign(effect=table.scenario - table.baseline)


def over_time(result, query):
    """A measure over time in both arms, as the page's line charts take it: in % where it is a share.

    Returns
    -------
    xarray.DataArray over arm, replicate and time
    """
    values = series(result, query)
    factor = SHOWN.get(values.attrs["units"], (1,))[0]
    values = factor * values
    return values.rename(year="time") if "year" in values.dims else values


def effect_at_end(result, query):
    """The effect on a measure at the end: dict of mean, low, high, error, in the unit that people read."""
    pairs = effect_series(result, query)
    axis = "time" if "time" in pairs.dims else "year"
    factor = SHOWN.get(pairs.attrs["units"], (1,))[0]
    found = summarise(factor * pairs.isel({axis: -1}))
    return {key: float(found[key]) for key in ("mean", "low", "high", "error")}


def constants_of(hub):
    """The constants of a hub with their evidence: what, value, unit, grade, source.

    Returns
    -------
    pandas.DataFrame
    """
    found = []
    for table, columns in CONSTANTS.items():
        for row in rows(table):
            if row["hub"] == hub:
                found += [
                    {"what": words, "value": row[column], "unit": unit, "grade": row["grade"], "source": row["source"]}
                    for column, (unit, words) in columns.items()
                    if row.get(column)
                ]
    return pd.DataFrame(found, columns=["what", "value", "unit", "grade", "source"])


def homes_with_hubs(data):
    """The homes that are countries with hubs of their own, whose drain can be measured: list of labels."""
    countries = set(data.hub_country.values.astype(str))
    return [home for home in data.home.values.astype(str) if home in countries]
