"""Split an effect into parts that add up: by place, by policy (Shapley values), and by source of uncertainty."""

from itertools import combinations
from math import factorial
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from sim.errors import ResultError
from sim.results import measures
from sim.results.effects import SHOWN, summarise
from sim.results.measures import measure, parse

if TYPE_CHECKING:
    import pandas as pd

# --- Effects split into parts that sum to them, replicate by replicate ------------------------------


TOTAL = "total"
COLUMNS = ["part", "mean", "low", "high", "same_sign", "pairs", "error", "unit"]


def parts_table(parts, names, unit) -> "pd.DataFrame":
    """Return a table with one row a part and the total last.

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
    summary = summarise(xr.DataArray(values, dims=("part", "replicate"), coords={"part": [*names, TOTAL]}))
    table = summary.drop_vars("differs").to_dataframe().reset_index()
    return table.assign(pairs=values.shape[1], unit=shown)[COLUMNS]


def origins(result, query, most=8) -> "pd.DataFrame":
    """Split the effect on a share or a stock over the places that people come from and go to.

    Each part is the change in moves between the place and one hub outside it, arrivals less departures, from the start
    to the time of the measure. Entry and exit are a part of their own, and for a share so is the growth of the world.

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
    place = measures.find(result.data, asked.place)
    past = result.data.sel(year=slice(None, int(levels.time) - 1))
    # moves with each hub outside, and entry and exit, from the start to the time of the measure
    hubs = _difference(_from_each(past, place))
    entry = _difference((past.entrants.sum("tier") - past.exits).isel(hub=place.only).sum(("hub", "year")))
    tail = {"entry and exit": entry.values}
    if asked.name == "share":  # S'/W' - S/W = ((S' - S) - (S/W)(W' - W)) / W'
        world = result.data.stock.sum(("hub", "tier")).sel(time=int(levels.time))
        after = world.sel(arm="scenario", drop=True)
        hubs, growth = hubs / after, -levels.sel(arm="baseline", drop=True) * _difference(world) / after
        tail = {"entry and exit": (entry / after).values, "growth of the world": growth.values}
    # the hubs that matter most get rows of their own
    order = np.argsort(-abs(hubs.mean("replicate").values), kind="stable")
    parts = hubs.transpose("hub", "replicate").values[order]
    names = list(result.data.hub_name.values[place.others][order])
    rows = [*parts[:most], *([parts[most:].sum(axis=0)] if len(parts) > most else []), *tail.values()]
    labels = [*names[:most], *([f"{len(parts) - most} other hubs"] if len(parts) > most else []), *tail]
    return parts_table(np.array(rows), labels, levels.attrs["units"])


def splits_over_origins(query) -> bool:
    """Return whether :func:`origins` can split a measure."""
    asked = parse(query)
    return asked.name in ("share", "stock") and asked.place is not None and not asked.keys


def _from_each(data, place) -> xr.DataArray:
    """Return (..., hub) people who moved from each hub outside the place into it, less moves back, over all years."""
    moves = data.flow.sum("year")
    come = moves.isel(origin=place.others, destination=place.only).sum("destination").rename(origin="hub")
    gone = moves.isel(origin=place.only, destination=place.others).sum("origin").rename(destination="hub")
    return come - gone


def _difference(values) -> xr.DataArray:
    """Return scenario minus baseline."""
    return values.sel(arm="scenario", drop=True) - values.sel(arm="baseline", drop=True)


# --- Shapley values ---------------------------------------------------------------------------------


EXACT = 7  # parts up to which every order counts
ORDERS = 24  # sampled for more parts


def coalitions(parts, seed=0) -> list:
    """Return the coalitions whose worth :func:`shapley` needs: all up to ``EXACT`` parts, else those of ``ORDERS``.

    Returns
    -------
    list of frozenset of part numbers, the empty set first and the whole last
    """
    if parts <= EXACT:
        return [frozenset(c) for size in range(parts + 1) for c in combinations(range(parts), size)]
    met = {frozenset(order[:k]) for order in sampled_orders(parts, seed) for k in range(parts + 1)}
    return sorted(met, key=lambda coalition: (len(coalition), sorted(coalition)))


def sampled_orders(parts, seed=0) -> list[list[int]]:
    """Sample random orders of the parts, each followed by its reverse."""
    rng = np.random.default_rng([seed, parts])
    forward = [rng.permutation(parts).tolist() for _ in range(ORDERS // 2)]
    return [order for each in forward for order in (each, each[::-1])]


def shapley(worth, parts, seed=0) -> np.ndarray:
    """Compute the Shapley value of each part: its contribution, averaged over the orders of the parts.

    Parameters
    ----------
    worth : dict of frozenset of part numbers -> (pair,) array, for every one of :func:`coalitions`
    parts : int

    Returns
    -------
    (part, pair) array; over the parts it sums to the worth of the whole less that of nothing

    >>> shapley({frozenset(): np.zeros(1), frozenset([0]): np.ones(1)}, 1).tolist()
    [[1.0]]
    """
    # exact: weight every coalition without the part by the number of orders that begin with it
    brought = np.zeros((parts, *np.shape(worth[frozenset()])))
    if parts <= EXACT:
        for part in range(parts):
            others = [k for k in range(parts) if k != part]
            for size in range(parts):
                weight = factorial(size) * factorial(parts - size - 1) / factorial(parts)
                for c in combinations(others, size):
                    brought[part] += weight * (worth[frozenset(c) | {part}] - worth[frozenset(c)])
        return brought
    # sampled: mean contribution over random orders and their reverses
    taken = sampled_orders(parts, seed)
    for order in taken:
        for k, part in enumerate(order):
            brought[part] += (worth[frozenset(order[: k + 1])] - worth[frozenset(order[:k])]) / len(taken)
    return brought


# --- The variance of an effect by source ------------------------------------------------------------


SOURCES = ("chance", "data", "assumptions", "model")
WHOLE = "total"
RUNS = "share_runs"  # the variable of a result: shares of the world stock
DIMS = ("arm", "row", "data_from", "assumptions_from", "model_from", "chance_from", "time", "hub")
WIDTH = 1.6448536269514722  # standard deviations: half of a normal's 90 % band
POINTS = 100


def is_split(result) -> bool:
    """Return whether a result holds the runs that split its uncertainty (``--uncertainty parts``)."""
    return RUNS in result.data


def parts(runs) -> np.ndarray:
    """Return each row's estimate of the parts of the variance; the mean over rows is the estimate of the design.

    Parameters
    ----------
    runs : (row, data, assumptions, model, chance, ...) array, 0 from the first world of the row and 1 from the second

    Returns
    -------
    (row, source, ...) array

    >>> runs = np.fromfunction(lambda row, data, assumed, model, chance: 3.0 * data + 2 * chance, (1, 2, 2, 2, 2))
    >>> parts(runs).tolist()
    [[2.0, 4.5, 0.0, 0.0]]
    """
    # chance: half the squared difference between two seeds of one combination
    chance = (np.diff(runs, axis=4)[:, :, :, :, 0] ** 2 / 2).mean(axis=(1, 2, 3))
    # contrasts of each other source, with independent chance in both factors of a product
    contrasts = [np.diff(runs, axis=axis).mean(axis=(1, 2, 3)) for axis in (1, 2, 3)]  # row, chance, ...
    three = np.diff(np.diff(np.diff(runs, axis=1), axis=2), axis=3)[:, 0, 0, 0] / 4
    # main effects, and the three-way interaction shared equally
    main, together = [c[:, 0] * c[:, 1] / 2 for c in contrasts], three[:, 0] * three[:, 1] / 2
    return np.stack([chance, *(each + together / 3 for each in main)], axis=1)


def shares(parts) -> tuple[np.ndarray, np.ndarray]:
    """Return the parts of the variance as shares of the total, and their jackknife Monte Carlo errors over the rows.

    Parameters
    ----------
    parts : (row, source, ...) array, of :func:`parts`

    Returns
    -------
    two (source, ...) arrays; a share of no variance at all is not a number, nor is the error in fewer than three rows
    """
    rows, whole = len(parts), parts.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = whole / whole.sum(axis=0)
        if rows < 3:
            return share, np.full_like(share, np.nan)
        # leave out one row at a time
        left = whole - parts
        without = left / left.sum(axis=1, keepdims=True)
        return share, np.sqrt((rows - 1) * ((without - without.mean(axis=0)) ** 2).mean(axis=0))


def effect_parts(result, place) -> np.ndarray:
    """Return (row, source, time) :func:`parts` of the effect on the share of a place, percentage points squared."""
    runs = result.data[RUNS].isel(hub=measures.find(result.data, place).only).sum("hub").transpose(*DIMS[:-1])
    return parts(POINTS * (runs.sel(arm="scenario") - runs.sel(arm="baseline")).values)


def place_rows(result, place) -> list[dict]:
    """Split the variance of the effect on a place's share; return a row a time and source, with each time's total.

    Returns
    -------
    list of dict: place, time, part, variance (percentage points squared), error (Monte Carlo, of the variance), share
    (of the total variance; None where there is none), share_error, half_width (percentage points: the part's share of
    half of the 90 % band of a normal with the total variance), rows
    """
    # parts and total, with their Monte Carlo errors over the rows
    parts = effect_parts(result, place)
    rows, (share, share_error) = len(parts), shares(parts)
    parts = np.concatenate([parts, parts.sum(axis=1, keepdims=True)], axis=1)
    variance = parts.mean(axis=0)
    error = parts.std(axis=0, ddof=min(1, rows - 1)) / np.sqrt(rows) if rows > 1 else np.full_like(variance, np.nan)
    # the total has the share 1 and no error
    share = np.vstack([share, share.sum(axis=0)])
    share_error = np.vstack([share_error, np.zeros_like(variance[:1])])
    width = WIDTH * np.sqrt(np.maximum(variance[-1], 0.0))
    return [
        {
            "place": place,
            "time": int(time),
            "part": name,
            "variance": float(variance[k, t]),
            "error": _known(error[k, t]),
            "share": _known(share[k, t]),
            "share_error": _known(share_error[k, t]),
            "half_width": float(np.nan_to_num(share[k, t]) * width[t]),
            "rows": rows,
        }
        for t, time in enumerate(result.data.time.values)
        for k, name in enumerate((*SOURCES, WHOLE))
    ]


def _known(value) -> float | None:
    """Return a number as float, or None if it is not finite."""
    return float(value) if np.isfinite(value) else None


def split_table(result) -> "pd.DataFrame":
    """Split the variance for every hub, and every country of several hubs: see :func:`place_rows`.

    Returns
    -------
    pandas.DataFrame; the arm first, if the result is a comparison of several scenarios
    """
    import pandas as pd

    # places: every hub, and every country of several hubs
    countries = result.data.hub_country.to_series().value_counts()
    named = [*result.data.hub.values.astype(str), *sorted(countries.index[countries > 1])]
    several = len(result.arms) > 1
    return pd.DataFrame(
        [
            ({"arm": arm} if several else {}) | row
            for arm in result.arms
            for place in named
            for row in place_rows(result.versus(arm), place)
        ]
    )


def uncertainty_facts(result, lead) -> dict:
    """Return the parts of the uncertainty of the effect on one place.

    Parameters
    ----------
    result : Result of one scenario, that :func:`is_split`
    lead : dict with ``label`` and ``spoken``, the place: see ``sim.results.facts.leading_row``; None if no pair differs

    Returns
    -------
    dict: ``last`` (year), ``identical``, and unless no pair differs ``name`` (of the place in a sentence), ``parts``
    (rows of :func:`place_rows`, the largest first; None where nothing varies), ``half_width`` (points), ``run`` (the
    record's ``split``)
    """
    last = int(result.data.time[-1])
    if lead is None:
        return {"last": last, "identical": True}
    rows = {row["part"]: row for row in place_rows(result, lead["label"]) if row["time"] == last}
    total = rows.pop(WHOLE)
    return {
        "last": last,
        "identical": False,
        "name": lead["spoken"],
        "parts": sorted(rows.values(), key=lambda row: -row["variance"]) if total["variance"] else None,
        "half_width": total["half_width"],
        "run": result.record["split"],
    }
