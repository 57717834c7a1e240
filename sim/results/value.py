"""Value for money of an answer: what the policy costs the public, per extra engineer, and how much is windfall."""

from typing import Any

import numpy as np

from sim.errors import ResultError
from sim.results.effects import LEAST_PAIRS, is_settled, plain_statistics
from sim.results.measures import find, stock
from sim.results.money import PEOPLE_PARTS, cost_and_engineers, countries_of, fieller, rate_of
from sim.results.schema import PARTS

LEAST = 0.005  # million USD a year: less is no cost to speak of
NAMES = {
    "tax": "taxes of residents, before relief",
    "newcomer_relief": "relief of newcomers",
    "returnee_relief": "relief of returnees",
    "fees": "visa fees",
    "administration": "visa cases",
    "compute": "compute",
    "jobs": "funded posts",
    "research": "doctoral places",
    "allowances": "allowances and sign-on payments",
    "services": "public services used",
}


def value_for_money(result, label=None, keys="") -> dict[str, Any] | None:
    """Return what a scenario costs the public of a place, as plain values; None where no run says it.

    Parameters
    ----------
    result : Result of one scenario
    label : a place; the country of a hub pays, and all countries together if None
    keys : of the engineers who are counted, as a measure writes them: ``tier=expert``

    Returns
    -------
    dict: ``cost`` (million USD of 2026 a year, over the run: mean, low, high, error, settled), ``parts``
    (rows of part, name and the same numbers, those that differ), ``extra`` (engineer-years), ``ratio`` (kUSD an
    engineer-year: value, low, high by Fieller; None where the extra engineers' interval holds 0 or they are fewer),
    ``pays`` (whether it pays for itself in nine runs in ten), ``windfall`` (share of what it gives that goes to people
    of the baseline; None where it gives nothing to people), ``purse`` (countries that pay)
    """
    data = result.data
    try:
        place = None if label is None else find(data, label)
        if place is not None and place.kind == "hub" and "+" not in label:
            place = find(data, str(data.hub_country.values[place.only[0]]))
        countries = countries_of(data, place)
    except ResultError:  # saved before money was counted, or hubs of several countries together
        return None
    # yearly means over the run, (replicate, part)
    cost = data["fiscal"].isel(country=countries).sum("country").mean("year")
    by_part = (cost.sel(arm="scenario") - cost.sel(arm="baseline")).transpose("replicate", "part").values
    rows = [
        {"part": part, "name": NAMES[part]} | _numbers(by_part[:, k])
        for k, part in enumerate(PARTS)
        if np.abs(by_part[:, k]).max() > 1e-9
    ]
    # extra cost and engineer-years of each pair, discounted to the start
    asked = dict(pair.split("=") for pair in keys.split(",") if "=" in pair)
    cost, years = (
        x.isel(arm=1, year=-1).transpose("replicate").values for x in cost_and_engineers(data, place, asked, stock)
    )
    # a ratio needs a denominator that is clearly above zero
    numbers = _numbers(by_part.sum(1))
    more = _is_more(years)
    ratio = fieller(1000 * cost, years) if more else None
    return {
        "purse": [str(name) for name in data.country.values[countries]],
        "cost": numbers,
        "parts": rows,
        "extra": _numbers(years),
        "ratio": ratio._asdict() if ratio and ratio.low is not None else None,
        "pays": bool(more and numbers["high"] < 0),
        "windfall": _windfall(data, countries),
        "rate": rate_of(asked),
        "nothing": abs(numbers["low"]) < LEAST and abs(numbers["high"]) < LEAST,
    }


def ratio_row(result, query) -> dict[str, Any]:
    """Return the effect on ``cost_per_engineer`` as a row: cost over engineers of all pairs, with Fieller's interval.

    All are NaN where the extra engineers' interval holds 0, or they are fewer: the cost alone means something there.

    Parameters
    ----------
    result : Result of one scenario
    query : Query, of a measure ``cost_per_engineer``
    """
    data, place = result.data, find(result.data, query.place) if query.place else None
    both = cost_and_engineers(data, place, query.keys, stock)
    year = {"year": query.time} if query.time else {"year": int(data.year[-1])}
    cost, years = (x.isel(arm=1).sel(year).values for x in both)
    interval = fieller(1000 * cost, years) if _is_more(years) else None
    # no ratio where the interval of the denominator holds zero
    value, low, high = interval if interval and interval.low is not None else (np.nan, np.nan, np.nan)
    return {"baseline": np.nan, "scenario": np.nan, "effect": value, "low": low, "high": high}


def _windfall(data, countries) -> float | None:
    """Return the share of payments to people that people of the baseline would get anyway; None without payments."""
    # payments of the scenario, and those to people who would be there without it
    given, static = (
        float(
            data[name]
            .sel(arm="scenario", part=list(PEOPLE_PARTS))
            .isel(country=countries)
            .sum(("country", "part"))
            .mean()
        )
        for name in ("given", "windfall")
    )
    return float(np.clip(static / given, 0, 1)) if given > LEAST else None


def _is_more(extra) -> bool:
    """Return whether engineers clearly increase: at least ten pairs, and 0 outside two errors of the mean."""
    n = len(extra)
    return n >= LEAST_PAIRS and extra.mean() > 2 * extra.std(ddof=1) / np.sqrt(n)


def _numbers(values) -> dict[str, Any]:
    """Return mean, 90 % of pairs, error and whether the direction is settled, of values by pair."""
    numbers = plain_statistics(values)
    return {key: numbers[key] for key in ("mean", "low", "high", "error")} | {"settled": is_settled(values)}
