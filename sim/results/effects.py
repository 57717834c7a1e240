"""Compute effects: scenario minus baseline, replicate by replicate, with spread, Monte Carlo error and precision."""

import math
import re
from typing import Any, Final

import numpy as np
import xarray as xr

from sim.arguments import is_number, real
from sim.custom_world import rows
from sim.errors import ResultError, UsageError
from sim.results.measures import MEASURES, measure, parse, series

# --- Effects and their spread over replicates -------------------------------------------------------


LOW, HIGH = 0.05, 0.95  # the band: nine pairs in ten lie inside
QUANTILE: Final = "weibull"  # of numpy's ways the one by which 90 % of further pairs lie inside, whatever their number
LEAST_PAIRS = 10  # before a direction is called or a precision reached
DOUBT = 0.05  # chance that any direction is called where there is none
SHOWN = {  # unit of a measure -> (factor, unit of its level, unit of its effect) as people read it
    "share": (100, "%", "pp"),
    "rate": (100, "% a year", "pp a year"),
}


def effect(result, query) -> xr.DataArray:
    """Compute the effect on a measure, one value a replicate.

    Returns
    -------
    xarray.DataArray over replicate and, where the measure has no place, hub or route; in its own unit. Over arm too,
    the scenario, if the result is a comparison of several.

    >>> effect(result, "share:usa@2036").dims
    ('replicate',)
    """
    return difference(result, measure(result, query))


def effect_series(result, query) -> xr.DataArray:
    """Compute the effect on a measure at all times: also over time or year."""
    return difference(result, series(result, query))


def difference(result, values) -> xr.DataArray:
    """Return scenario minus baseline of values that have an arm axis."""
    scenarios = values.sel(arm=result.arms) if len(result.arms) > 1 else values.sel(arm=result.arms[0], drop=True)
    return (scenarios - values.sel(arm="baseline", drop=True)).assign_attrs(values.attrs)


def stacks(result) -> dict:
    """Find the stacks of a comparison that consist of others of its scenarios: dict of label -> their labels."""
    # take up the largest scenarios that are part of the stack, until nothing is left
    parts = {arm: set(record["parts"]) for arm, record in result.record.get("arms", {}).items()}
    parts_of = {}
    for stack, whole in parts.items():
        # the largest scenarios inside the stack first; together they must be all of it
        others, left = [], set(whole)
        for arm in sorted((arm for arm in parts if parts[arm] < whole), key=lambda arm: len(parts[arm])):
            if parts[arm] <= left:
                others.append(arm)
                left -= parts[arm]
        if not left:
            parts_of[stack] = others
    return parts_of


def interaction(effects, parts) -> xr.DataArray:
    """Return the effect of a stack minus the sum of the effects of its scenarios, replicate by replicate.

    Parameters
    ----------
    effects : xarray.DataArray over arm and others, of :func:`effect`
    parts : (stack, list of its scenarios), an item of :func:`stacks`

    Returns
    -------
    xarray.DataArray over the others
    """
    stack, names = parts
    alone = effects.sel(arm=names).sum("arm", skipna=False)
    return (effects.sel(arm=stack, drop=True) - alone).assign_attrs(effects.attrs)


def band(values) -> tuple[xr.DataArray, xr.DataArray]:
    """Return the 5 and 95 % quantiles over pairs, so placed that a further pair lies between them in 90 % of cases.

    Of fewer than 19 pairs the two are the least and the largest: no sample that small holds 90 % of the cases.

    Parameters
    ----------
    values : xarray.DataArray over replicate and others

    Returns
    -------
    two xarray.DataArray over the others
    """
    # NaN in any pair makes the band NaN: a band over the remaining pairs would be biased
    ends = values.quantile([LOW, HIGH], "replicate", method=QUANTILE, skipna=False)
    return ends.isel(quantile=0, drop=True), ends.isel(quantile=1, drop=True)


def agreement_needed(pairs, places=1) -> int:
    """Return pairs that must have the sign of the mean before its direction is called.

    A two-sided sign test that allows for the number of places shown (Bonferroni): where no effect exists, the chance
    that the direction of any of them is called is at most 5 %. A pair without a difference agrees with nobody.

    Parameters
    ----------
    pairs, places : int

    Returns
    -------
    int, above ``pairs`` where so few cannot tell

    >>> [agreement_needed(20, places) for places in (1, 10, 39)], agreement_needed(9)
    ([15, 17, 18], 10)
    """
    from scipy.special import bdtrc  # not scipy.stats, whose import takes most of a second

    if pairs < LEAST_PAIRS:
        return pairs + 1
    # the smallest number that as many or more heads of a fair coin reach with at most that chance
    return int((bdtrc(np.arange(pairs), pairs, 0.5) > DOUBT / (2 * places)).sum()) + 1


def pair_statistics(pairs) -> dict[str, Any]:
    """Compute the statistics of paired effects over the replicates.

    Parameters
    ----------
    pairs : (replicate, ...) array

    Returns
    -------
    dict of (...) arrays: ``mean``; ``low`` and ``high``, the :func:`band` over pairs; ``same_sign``, the number of
    pairs with the sign of the mean; ``differs``, the number of pairs that are not exactly zero; ``error``, the
    standard error of the mean over pairs (nan for a single pair)
    """
    values = np.asarray(pairs)
    count = len(values)
    # the mean leaves out pairs in which a measure is undefined
    with np.errstate(invalid="ignore"):
        mean = np.nansum(values, axis=0) / (~np.isnan(values)).sum(axis=0)
    low, high = np.quantile(values, [LOW, HIGH], axis=0, method=QUANTILE)
    # one pair has no spread and no error
    spread = values.std(axis=0, ddof=1) if count > 1 else mean * np.nan
    return {
        "mean": mean,
        "low": low,
        "high": high,
        "same_sign": _agreeing(values, mean),
        "differs": (values != 0).sum(axis=0),
        "error": spread / np.sqrt(count),
    }


def plain_statistics(pairs) -> dict[str, Any]:
    """Return :func:`pair_statistics` of one effect as plain numbers; ``error`` is None for a single pair."""
    values = {key: value.item() for key, value in pair_statistics(pairs).items()}
    return values | {"error": values["error"] if len(pairs) > 1 else None}


def is_settled(pairs, places=1) -> bool:
    """Test with a sign test, corrected for so many places, whether the direction of one paired effect is settled."""
    return bool(_agreeing(pairs, pairs.mean()) >= agreement_needed(len(pairs), places))


def _agreeing(pairs, mean) -> np.ndarray:
    """Count the pairs with the sign of the mean; one without a difference agrees with no direction."""
    return ((np.sign(pairs) == np.sign(mean)) & (pairs != 0)).sum(axis=0)


def summarise(pairs) -> xr.Dataset:
    """Return :func:`pair_statistics` with the labels of the effects.

    Parameters
    ----------
    pairs : xarray.DataArray over replicate and others

    Returns
    -------
    xarray.Dataset over the others, of the same names; its attribute ``pairs`` is their number
    """
    labelled = pairs.mean("replicate")  # of the others: their coordinates
    statistics = pair_statistics(pairs.transpose("replicate", ...).values)
    return xr.Dataset(
        {name: labelled.copy(data=values) for name, values in statistics.items()},
        attrs={**pairs.attrs, "pairs": pairs.sizes["replicate"]},
    )


def more_pairs(count) -> int:
    """Return how many more replicates halve the Monte Carlo error, which falls with the root of their number."""
    return 3 * count


def decimals(error) -> int:
    """Return the decimals that show a number to the first digit of its error, at most four.

    >>> decimals(0.012), decimals(0.3), decimals(25.0)
    (2, 1, 0)
    """
    return int(np.clip(-np.floor(np.log10(abs(error))), 0, 4)) if error else 2


def error_words(error, digits) -> str:
    """Format a Monte Carlo error to ``digits`` decimals, without showing a false zero.

    >>> error_words(0.03, 2), error_words(0.003, 2)
    ('0.03', '<0.01')
    """
    least = 10**-digits
    return f"{error:,.{digits}f}" if error == 0 or error >= least / 2 else f"<{least:g}"


def hubs_that_matter(result, count=10) -> list[str]:
    """Choose the hubs to show: three in five are the largest named places, the others have the largest effects.

    Returns
    -------
    list of str, the largest share at the end first
    """
    share = measure(result, "share").mean("replicate")
    size = share.mean("arm").to_series()
    mean = abs(effect(result, "share").mean("replicate"))
    strength = (mean.max("arm") if "arm" in mean.dims else mean).to_series()
    # largest named places first, then the largest effects, filled up with further large places
    named = size[~size.index.str.startswith("rest_of_")].sort_values(ascending=False, kind="stable")
    chosen = list(named.index[: 3 * count // 5])
    touched = strength[strength > 0].drop(chosen, errors="ignore").sort_values(ascending=False, kind="stable")
    others = [hub for hub in [*touched.index, *named.index] if hub not in chosen]
    chosen += list(dict.fromkeys(others))[: count - len(chosen)]
    return list(size[chosen].sort_values(ascending=False).index)


# --- Precision: the error asked for, and the replicates that reach it -------------------------------


COUNTED = ("share", "rate", "persons", "persons a year")  # units whose least difference is a person
GROWTH = 4  # times the pairs at most in one step: an error estimated on few pairs is itself rough


def threshold(precision, query) -> float:
    """Return the requested Monte Carlo error in the measure's own unit; see :func:`amount`.

    People, shares and rates take an error from one engineer of the world to all of them: worlds that differ by less
    than a person do not differ, and no effect is larger than everybody.

    Raises
    ------
    UsageError for an error outside these limits; see also :func:`amount`

    >>> threshold("0.05pp", "share:usa")
    0.0005
    """
    value = amount(precision, query, "precision")
    unit = MEASURES[parse(query).name].unit
    if unit not in COUNTED:
        if not 0 < value < math.inf:
            raise UsageError(f"precision {precision}", "must be above 0")
        return value
    # the limits in the measure's own unit, and as people read them
    everybody = sum(float(row["engineers"]) for row in rows("stock"))
    least, most = (1 / everybody, 1.0) if unit in SHOWN else (1.0, everybody)
    factor, _, shown = SHOWN.get(unit, (1, "", f" {unit}"))
    if value < least:
        why = f"is less than one engineer of the world's {everybody:,.0f}"
        raise UsageError(f"precision {precision}", f"{why}: the least is {_plain(factor * least)}{shown}")
    if value > most:
        raise UsageError(
            f"precision {precision}", f"is more than all engineers of the world, {factor * most:,.0f}{shown}"
        )
    return value


def _plain(value) -> str:
    """Return a number to one digit, rounded up, without an exponent.

    >>> _plain(5.263e-05), _plain(1.0)
    ('0.00006', '1')
    """
    digits = max(0, -math.floor(math.log10(value)))
    return f"{math.ceil(value * 10**digits - 1e-9) / 10**digits:.{digits}f}"


def amount(text, query, what) -> float:
    """Parse a written effect on a measure, such as ``0.5pp``, into the measure's own unit.

    Parameters
    ----------
    text : number in the measure's own unit, or text in the unit that people read: ``"0.05pp"``, ``"20 persons"``
    query : str, the measure
    what : what the amount is, for messages

    Raises
    ------
    UsageError naming the unit that fits; ResultError for an unknown measure

    >>> amount("-1pp", "share:usa,tier=expert", "target")
    -0.01
    """
    unit = MEASURES[parse(query).name].unit
    factor, _, shown = SHOWN.get(unit, (1, "", unit))
    if is_number(text):
        return real(text, what)
    # split the text into number and unit
    number, rest = re.findall(r"^\s*([-+]?[\d.]*(?:[eE][-+]?\d+)?)\s*(.*)", str(text))[0]
    try:
        value = float(number) / factor
        if not math.isfinite(value):
            raise ValueError
        if shown.startswith(rest.strip()):
            return value
        raise UsageError(f"{what} {text}", f"{query} is measured in {shown}")
    except ValueError:
        raise UsageError(f"{what} {text}", f"expected a number and its unit, such as 0.05{shown}") from None


def error_of(result, query) -> float:
    """Return the largest Monte Carlo error of the effects on a measure, over places and scenarios, in its own unit."""
    return float(summarise(effect(result, query)).error.max())


def upper_error(error, pairs) -> float:
    """Return the upper 90 % limit of a Monte Carlo error that was estimated from ``pairs`` normal effects.

    >>> round(upper_error(1.0, 10), 2), round(upper_error(1.0, 100), 2)
    (1.47, 1.1)
    """
    from scipy.special import gammaincinv

    return error * math.sqrt((pairs - 1) / (2 * gammaincinv((pairs - 1) / 2, 0.1))) if pairs > 1 else math.inf


def is_reached(error, target, pairs) -> bool:
    """Return whether a precision is reached: ten pairs or more, and the error's upper limit is at most ``target``."""
    return pairs >= LEAST_PAIRS and upper_error(error, pairs) <= target


def pairs_needed(pairs, error, target) -> int:
    """Return the replicates that bring ``error`` down to ``target``; it falls with the root of their number.

    >>> pairs_needed(20, 0.02, 0.01)
    80
    """
    times = (error / target) ** 2 if math.isfinite(error) else GROWTH  # a single pair knows no error
    return min(math.ceil(pairs * times), GROWTH * pairs)


# --- Counts by hub of residence and by hub of employer (E11) ----------------------------------------


LEAST = 0.01  # percentage points between the effects of both counts: below, a reader sees no difference


def by_employer(data) -> xr.Dataset:
    """Return the dataset with every engineer counted in the hub of the employer.

    Raises
    ------
    ResultError for a run that was saved without employers.
    """
    if "stock_by_employer" not in data:
        raise ResultError("basis employer", "this run was saved before employers were counted; run it again")
    return data.assign(stock=data.stock_by_employer.assign_attrs(data.stock.attrs))


def basis_rows(result, most=6) -> list[dict]:
    """Return the hubs whose share changes differently by employer than by residence, the largest difference first.

    Parameters
    ----------
    result : Result of one scenario
    most : how many to show

    Returns
    -------
    list of dict: hub, name, residence (effect by residence), employer (effect by employer), gap (the second less the
    first, each a mean over pairs in percentage points of the world stock), low, high and same_sign (of the gap, over
    pairs), pairs; empty where no gap reaches ``LEAST``, or employers were not counted
    """
    if "stock_by_employer" not in result.data:
        return []
    points = SHOWN["share"][0]
    # effects by residence and by employer, paired
    living, working = (points * effect(result, query) for query in ("share", "share,basis=employer"))
    gap = summarise(working - living)
    size = abs(gap["mean"]).to_series().sort_values(ascending=False, kind="stable")
    names = result.data.hub_name.to_series()
    return [
        {
            "hub": hub,
            "name": names[hub],
            "residence": float(living.sel(hub=hub).mean()),
            "employer": float(working.sel(hub=hub).mean()),
            "gap": float(gap["mean"].sel(hub=hub)),
            "same_sign": int(gap.same_sign.sel(hub=hub)),
            "pairs": gap.attrs["pairs"],
        }
        | {key: float(gap[key].sel(hub=hub)) for key in ("low", "high")}
        for hub in size.index[size >= LEAST][:most]
    ]
