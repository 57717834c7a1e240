"""A whole in parts: effects split so that the parts add up, pair by pair, and where people came from instead."""

import numpy as np
import xarray as xr

from sim.errors import ResultError
from sim.results import places
from sim.results.effects import SHOWN, summarise
from sim.results.measures import measure, parse

TOTAL = "total"
COLUMNS = ["part", "mean", "low", "high", "same_sign", "pairs", "error", "unit"]


def parts_table(parts, names, unit):
    """One row a part and the total last.

    Parameters
    ----------
    parts : (part, pair) array in the measure's own unit
    names : list of str, one a part
    unit : str, the measure's unit; shares and rates are shown in percentage points

    Returns
    -------
    pandas.DataFrame: part, mean, low, high (90 % of pairs), same_sign, pairs, error (Monte Carlo), unit
    """
    factor, _, shown = SHOWN.get(unit, (1, "", unit))
    values = factor * np.vstack([parts, np.sum(parts, axis=0)])
    found = summarise(xr.DataArray(values, dims=("part", "replicate"), coords={"part": [*names, TOTAL]}))
    table = found.drop_vars("differs").to_dataframe().reset_index()
    return table.assign(pairs=values.shape[1], unit=shown)[COLUMNS]


def origins(result, query, most=8):
    """A change of a share or a stock split over where people came from instead of where, and went to.

    Each part is what the moves between the place and one hub outside it changed, arrivals less departures, from the
    start to the time of the measure. What entry and exit changed has a part of its own, and for a share the growth of
    the whole world.

    Parameters
    ----------
    result : Result, of one scenario
    query : str, share or stock of a place, everybody counted
    most : hubs that have a row of their own, the most important first; the others share one

    Returns
    -------
    pandas.DataFrame as of :func:`parts_table`; the parts sum to the effect

    Raises
    ------
    ResultError for another measure
    """
    asked = parse(query)
    if not splits_over_origins(query):
        raise ResultError(query, "only the share or the stock of a place, everybody counted, splits over origins")
    levels = measure(result, query)
    place = places.find(result.data, asked.place)
    past = result.data.sel(year=slice(None, int(levels.time) - 1))
    hubs = _difference(_from_each(past, place))
    entry = _difference((past.entrants.sum("tier") - past.exits).isel(hub=place.only).sum(("hub", "year")))
    tail = {"entry and exit": entry.values}
    if asked.name == "share":  # S'/W' - S/W = ((S' - S) - (S/W)(W' - W)) / W'
        world = result.data.stock.sum(("hub", "tier")).sel(time=int(levels.time))
        after = world.sel(arm="scenario", drop=True)
        hubs, growth = hubs / after, -levels.sel(arm="baseline", drop=True) * _difference(world) / after
        tail = {"entry and exit": (entry / after).values, "growth of the world": growth.values}
    order = np.argsort(-abs(hubs.mean("replicate").values), kind="stable")
    parts = hubs.transpose("hub", "replicate").values[order]
    names = list(result.data.hub_name.values[place.others][order])
    rows = [*parts[:most], *([parts[most:].sum(axis=0)] if len(parts) > most else []), *tail.values()]
    labels = [*names[:most], *([f"{len(parts) - most} other hubs"] if len(parts) > most else []), *tail]
    return parts_table(np.array(rows), labels, levels.attrs["units"])


def splits_over_origins(query):
    """Whether :func:`origins` can split a measure."""
    asked = parse(query)
    return asked.name in ("share", "stock") and asked.place is not None and not asked.keys


def _from_each(data, place):
    """(..., hub) people who moved from each hub outside the place into it, less those who moved back, all years."""
    moves = data.flow.sum("year")
    come = moves.isel(origin=place.others, destination=place.only).sum("destination").rename(origin="hub")
    gone = moves.isel(origin=place.only, destination=place.others).sum("origin").rename(destination="hub")
    return come - gone


def _difference(values):
    return values.sel(arm="scenario", drop=True) - values.sel(arm="baseline", drop=True)
