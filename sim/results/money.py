"""Value for money: measures of public cost, and what an extra engineer costs.

The account behind them is drawn up by ``study.public_account``: USD million of 2026 a year, by country and part.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import xarray as xr

from sim.errors import ResultError

RATE = 3.0  # per cent a year, at which cost and engineers are discounted
PEOPLE_PARTS = ("tax", "newcomer_relief", "returnee_relief", "allowances")  # paid for people, so that some is windfall


# --- measures -------------------------------------------------------------------------------------


def countries_of(data, place, name="fiscal", called="public money", verb="is") -> np.ndarray:
    """Return positions on the axis of countries of a place's countries; all of them without a place.

    ``name`` is the variable that is asked for, ``called`` what it counts and ``verb`` its is or are.

    Raises
    ------
    ResultError for a hub that is not a whole country, and for a run saved before the variable was counted
    """
    if name not in data:
        was = "was" if verb == "is" else "were"
        raise ResultError(name, f"this run was saved before {called} {was} counted; run it again")
    if place is None:
        return np.arange(data.sizes["country"])
    labels = data.hub_country.values.astype(str)
    # the place must consist of whole countries
    inside = set(labels[place.members])
    if inside & set(labels[~place.members]):
        raise ResultError(name, f"{called} {verb} counted by country: give a country, bloc or region, not {place.name}")
    return np.flatnonzero(np.isin(data.country.values.astype(str), sorted(inside)))


def by_country(name) -> Callable:
    """Return the function that computes a variable of the account as a measure: of one part, or of all together."""

    def compute(data, place, keys) -> xr.DataArray:
        values = data.isel(country=countries_of(data, place))[name].sum("country")
        return values.sel(part=keys["part"], drop=True) if "part" in keys else values.sum("part")

    return compute


def discount(years, rate=RATE) -> np.ndarray:
    """Return (year,) discount factors of years counted from 0, at ``rate`` per cent a year."""
    return (1 + rate / 100) ** -np.arange(years, dtype=float)


def rate_of(keys) -> float:
    """Return the discount rate among a measure's keys, per cent a year; raise ResultError for no number."""
    try:
        rate = float(keys.get("rate", RATE))
    except ValueError:
        rate = math.nan
    if not 0 <= rate <= 50:
        raise ResultError("cost_per_engineer", f"rate={keys['rate']}: a discount rate is from 0 to 50 per cent a year")
    return rate


def cost_and_engineers(data, place, keys, people) -> list[xr.DataArray]:
    """Return extra discounted cost (MUSD) and extra discounted engineer-years, cumulated from the start.

    Parameters
    ----------
    people : function of (data, place, keys), persons over time

    Returns
    -------
    two xarray.DataArray over (arm, replicate, year); zero in the first arm
    """
    # discount factors on the axis of years, without arms and replicates
    factor = data.fiscal.isel(arm=0, replicate=0, country=0, part=0, drop=True) * 0 + discount(
        data.sizes["year"], rate_of(keys)
    )
    cost = by_country("fiscal")(data, place, {})
    stock = people(data, place, {key: value for key, value in keys.items() if key != "rate"})
    stock = stock if place else stock.sum("hub")
    # engineer-years of a year: mean of the stocks at its start and end
    first, last = (stock.isel(time=cut).drop_vars("time") for cut in (slice(None, -1), slice(1, None)))
    years = ((first + last) / 2).rename(time="year").assign_coords(year=data.year)
    # scenario less baseline in each pair, added up from the start
    extra = [values - values.isel(arm=0, drop=True) for values in (cost, years)]
    return [(values * factor).cumsum("year") for values in extra]


def cost_per_engineer(people) -> Callable:
    """Return the measure: discounted net cost over discounted extra engineer-years of a pair, kUSD; 0 in the baseline.

    It is NaN in a pair without an extra engineer.
    """

    def compute(data, place, keys) -> xr.DataArray:
        cost, years = cost_and_engineers(data, place, keys, people)
        ratio = 1000 * cost / years.where(years != 0)
        return ratio.where(ratio.arm != ratio.arm[0], 0.0)

    return compute


# --- the interval of a ratio ----------------------------------------------------------------------


class Ratio(NamedTuple):
    """A ratio of two paired means with its Fieller interval; ``low`` and ``high`` are None where it has no bounds."""

    value: float
    low: float | None
    high: float | None


def fieller(numerator, denominator, level=0.9) -> Ratio:
    """Return the ratio of two means over the same replicates, and its interval (Fieller 1954).

    Parameters
    ----------
    numerator, denominator : (replicate,) paired values
    level : coverage

    >>> ratio = fieller(np.array([1.0, 2.0, 3.0]), np.array([10.0, 11.0, 9.0]))
    >>> round(ratio.value, 2), ratio.low < 0.2 < ratio.high
    (0.2, True)
    """
    from scipy.special import stdtrit

    top, bottom = np.asarray(numerator, float), np.asarray(denominator, float)
    n, x, y = len(top), float(top.mean()), float(bottom.mean())
    value = x / y if y else math.nan
    if n < 2:
        return Ratio(value, None, None)
    # variances and covariance of the two means
    cov = np.cov(top, bottom) / n
    q = float(stdtrit(n - 1, (1 + level) / 2)) ** 2
    # roots of (x - r y)^2 = q var(x - r y) in r; bounded where the denominator differs from 0
    a, b, c = float(y**2 - q * cov[1, 1]), float(x * y - q * cov[0, 1]), float(x**2 - q * cov[0, 0])
    if a <= 0:
        return Ratio(value, None, None)
    root = math.sqrt(max(b**2 - a * c, 0.0))
    return Ratio(value, (b - root) / a, (b + root) / a)
