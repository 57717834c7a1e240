"""The rows of every answer: the hubs that matter, the routes that a scenario touches, the effects a user asks for."""

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from sim.arguments import listed
from sim.results.effects import SHOWN, effect, hubs_that_matter, interaction, more_pairs, stacks, summarise
from sim.results.measures import measure, parse, series
from sim.results.value import ratio_row

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

ARMS = ("baseline", "scenario")
INTERACTION = "interaction of {}"  # a row of a comparison: a stack less the sum of its scenarios
POINTS = SHOWN["share"][0]  # shares and rates are shown in per cent
STATISTICS = {
    "mean": "effect",
    "low": "low",
    "high": "high",
    "same_sign": "same_sign",
    "differs": "differs",
    "error": "error",
}


def hub_rows(result, hubs=None) -> list[dict[str, Any]]:
    """Return one row for each hub that matters and one for all others together.

    Parameters
    ----------
    result : Result of one scenario
    hubs : list of the hubs to show; those that matter if None

    Returns
    -------
    list of dict: hub (None for the others), name; start, baseline, scenario (% of the world stock); effect, low,
    high, error (percentage points; error None for a single pair); same_sign, differs, pairs (number of pairs);
    rate_baseline, rate_scenario (net migration, % of the stock a year, mean)
    """
    chosen = hubs_that_matter(result) if hubs is None else hubs
    # all other hubs together are the last group
    rest = [hub for hub in result.data.hub.values.tolist() if hub not in chosen]
    rows = _rows(result, [[hub] for hub in chosen] + ([rest] if rest else []))
    names = [*result.data.hub_name.sel(hub=chosen).values.tolist(), f"{len(rest)} other hubs"]
    return [
        {"hub": hub, "name": name} | row
        for hub, name, row in zip([*chosen, None], names, rows, strict=False)  # without others, there is no such row
    ]


def country_rows(result, hubs=None) -> list[dict[str, Any]]:
    """Return one row for each country of several hubs of which some are shown: all its hubs together.

    Parameters
    ----------
    result : Result of one scenario
    hubs : list of the hubs shown; those that matter if None

    Returns
    -------
    list of dict as of :func:`hub_rows`; ``hub`` is None
    """
    chosen = hubs_that_matter(result) if hubs is None else hubs
    country = result.data.hub_country.to_series()
    # countries of the chosen hubs, if they have further hubs
    members = {code: country.index[country == code].tolist() for code in dict.fromkeys(country[chosen])}
    members = {code: inside for code, inside in members.items() if len(inside) > 1}
    called = result.data.home_name.to_series()
    rows = _rows(result, list(members.values()))
    return [
        {"hub": None, "name": f"{called.get(code, code)}, all {len(inside)} hubs"} | row
        for (code, inside), row in zip(members.items(), rows, strict=True)
    ]


def _rows(result, groups) -> list[dict[str, Any]]:
    """Compute the numbers of the row of each group of hubs."""
    if not groups:
        return []
    # shares at the start and the end, and the paired effect at the end
    share = _together(POINTS * series(result, "share"), groups)
    start, end = share.isel(time=0, drop=True).sel(arm="baseline").mean("replicate"), share.isel(time=-1)
    effects, levels = summarise(end.sel(arm="scenario") - end.sel(arm="baseline")), end.mean("replicate")
    # net migration over the stock at the start of each year, mean over years
    net = _together(series(result, "net_migration").mean("replicate"), groups)
    stock = _together(result.data.stock.sum("tier").mean("replicate").isel(time=slice(None, -1)), groups)
    rate = POINTS * (net / stock.rename(time="year")).mean("year")
    return [
        {"start": float(start[k])}
        | _arms(levels.isel(hub=k))
        | _statistics(effects.isel(hub=k))
        | _arms(rate.isel(hub=k), "rate_")
        for k in range(len(groups))
    ]


def _together(values, groups) -> "xr.DataArray":
    """Sum values by hub within each group of hubs."""
    import xarray as xr

    values = values.reset_coords(drop=True)
    return xr.concat([values.sel(hub=group).sum("hub") for group in groups], "hub")


def shown_hubs(result) -> list[str]:
    """Return the hubs that matter in any scenario of a result, the largest share at the end first."""
    # hubs that matter in one scenario are shown in all, by size
    chosen = {hub for arm in result.arms for hub in hubs_that_matter(result.versus(arm))}
    size = measure(result, "share").mean(("arm", "replicate")).to_series()
    return [str(hub) for hub in size.sort_values(ascending=False, kind="stable").index if hub in chosen]


def hub_frame(result) -> "pd.DataFrame":
    """Tabulate the rows of :func:`hub_rows`; a comparison has those of every scenario, labelled by ``arm``.

    Returns
    -------
    pandas.DataFrame
    """
    import pandas as pd

    if len(result.arms) == 1:
        return pd.DataFrame(hub_rows(result))
    hubs = shown_hubs(result)
    rows = ({"arm": arm} | row for arm in result.arms for row in hub_rows(result.versus(arm), hubs))
    return pd.DataFrame(rows)


def effect_table(result, queries) -> "pd.DataFrame":
    """Tabulate the effects on measures, as people write them.

    Parameters
    ----------
    result : Result
    queries : list of str: ``share:usa,tier=expert@2036``, ``hhi``, ``backlog,route=usa.h1b``; a measure without a
        place gives one row a hub, or one a route, in the order of the world's tables, without those for which nobody
        can know it

    Returns
    -------
    pandas.DataFrame: arm (of a comparison only; ``interaction of a+b`` where a and b are among its scenarios),
    measure (as written), place (hub or route of the row, '' if there is but one), name, time (year), baseline, scenario
    (in ``unit``), effect, low, high, error (in ``effect_unit``), same_sign, differs, pairs, and more_pairs, those that
    would halve the error

    Raises
    ------
    ResultError for a query that makes no sense in this result.

    >>> effect_table(result, ["hhi", "share:usa"])[["measure", "unit", "effect_unit", "more_pairs"]]
         measure   unit effect_unit  more_pairs
    0        hhi  index       index          60
    1  share:usa      %          pp          60
    """
    import pandas as pd

    queries = listed(queries)
    if len(result.arms) == 1:
        return pd.DataFrame([row for query in queries for row in _one(result, query)])
    rows = []
    for query in queries:
        levels, effects = measure(result, query), effect(result, query)
        for arm in result.arms:
            # each scenario against the common baseline
            both = levels.sel(arm=["baseline", arm]).assign_coords(arm=["baseline", "scenario"])
            ratio = ratio_row(result.versus(arm), parse(query)) if _is_ratio(query) else {}
            rows += [{"arm": arm} | row | ratio for row in _measure_rows(query, both, effects.sel(arm=arm))]
        # what a stack adds to the sum of its scenarios, in a row of its own
        for parts in stacks(result).items():
            beyond = _measure_rows(query, both, interaction(effects, parts))
            rows += [{"arm": INTERACTION.format(parts[0])} | row | dict.fromkeys(ARMS, math.nan) for row in beyond]
    return pd.DataFrame(rows)


def _one(result, query) -> list[dict[str, Any]]:
    """Return the rows of one measure of a run; a ratio of two effects is one of means, not a mean of ratios."""
    ratio = ratio_row(result, parse(query)) if _is_ratio(query) else {}
    return [row | ratio for row in _measure_rows(query, measure(result, query), effect(result, query))]


def _is_ratio(query) -> bool:
    """Return whether a measure is a ratio of two effects."""
    return parse(query).name == "cost_per_engineer"


def _measure_rows(query, levels, pairs) -> Iterator[dict[str, Any]]:
    """Yield the rows of one measure of one scenario: its levels in both arms and its paired effects."""
    # shares and rates are shown in per cent, effects on them in points
    factor, unit, effect_unit = SHOWN.get(levels.attrs["units"], (1, levels.attrs["units"], levels.attrs["units"]))
    time = next(int(levels[axis]) for axis in ("time", "year") if axis in levels.coords)
    means, effects = factor * levels.mean("replicate"), summarise(factor * pairs)
    # a row for every hub or route, or a single one for a measure with a place
    axis = next((axis for axis in ("hub", "route") if axis in levels.dims), None)
    for place in [None] if axis is None else range(levels.sizes[axis]):
        one = {axis: place} if axis else {}
        # nobody can know it there, such as the gain of a group of countries
        if axis and means.isel(one).isnull().all():
            continue
        label, name = _called(levels.isel(one), axis)
        yield (
            {"measure": query, "place": label, "name": name, "time": time, "unit": unit, "effect_unit": effect_unit}
            | _arms(means.isel(one))
            | _statistics(effects.isel(one))
            | {"more_pairs": more_pairs(effects.attrs["pairs"])}
        )


def _called(place, axis) -> tuple[str, str]:
    """Label and name of a hub or route; a single place is called by the measure itself."""
    if axis == "route":
        return str(place.route.item()), f"{place.route_country.item()}: {place.route_name.item()}"
    return (str(place.hub.item()), str(place.hub_name.item())) if axis else ("", "")


def route_rows(result, most=6) -> list[dict[str, Any]]:
    """Return one row for each route that the scenario touches, the most touched first: how many get in, and who.

    Returns
    -------
    list of dict: route, name, and by arm ('baseline', 'scenario') the yearly means of applicants, grants,
    registrations and selected (persons), and the shares of grants from abroad and to experts (%, or None)
    """
    data = result.data
    means = data[["applicants", "grants", "grants_abroad", "registrations", "selected"]].mean(("replicate", "year"))
    means["experts"] = data.grants_by_tier.sel(tier="expert", drop=True).mean(("replicate", "year"))
    counts = [data[name].mean("year") for name in ("applicants", "grants", "grants_abroad")]
    # a route is touched if applicants or grants change in any pair
    touched = sum(abs(count.sel(arm="scenario") - count.sel(arm="baseline")) for count in counts)
    order = touched.mean("replicate").to_series().sort_values(ascending=False, kind="stable")
    arms = {arm: means.sel(arm=arm).to_dataframe() for arm in ("baseline", "scenario")}
    return [
        {"route": route, "name": _route_name(data, route)} | {arm: _route(arms[arm].loc[route]) for arm in arms}
        for route in order[order > 0].index[:most]
    ]


def _route_name(data, route) -> str:
    """Return country and route, without the brackets that belong to the table of routes."""
    one = data.sel(route=route)
    return f"{one.route_country.item()}: {one.route_name.item().split(' (')[0]}"


def _route(mean) -> dict[str, Any]:
    """Summarise a route in one arm, from its means over years and pairs."""
    counts = {name: float(mean[name]) for name in ("applicants", "grants", "registrations", "selected")}
    parts = {"from_abroad": mean.grants_abroad, "experts": mean.experts}
    return counts | {name: POINTS * float(part) / mean.grants if mean.grants else None for name, part in parts.items()}


def _arms(values, prefix="") -> dict[str, float]:
    """Return the values of both arms under their names."""
    return {f"{prefix}{arm}": float(values.sel(arm=arm)) for arm in ("baseline", "scenario")}


def _statistics(effects) -> dict[str, Any]:
    """Convert the statistics of paired effects to plain values; the error of a single pair is None."""
    pairs = effects.attrs["pairs"]
    plain = {key: effects[name].item() for name, key in STATISTICS.items()} | {"pairs": pairs}
    return plain | ({"error": None} if pairs == 1 else {})
