r"""The variance of an effect in its parts: chance, data, assumptions and the choice of model add up to the total.

A row of the design is two independent worlds, which differ in all four sources. Every combination of the data, the
assumptions and the model of the two is run, those with an even number from the second with the first seed and the
others with the second: half of a :math:`2^4` factorial, in which each source meets all the others alike (Box, Hunter
and Hunter 2005, chapter 6). The contrast of a source is the mean over the half of the runs that have it from the first
world less that over the other half, and its part is half the mean square of the contrast over the rows.

The parts are the Shapley effects of the sources (Owen 2014, SIAM/ASA J. Uncertainty Quantification 2; Song, Nelson and
Staum 2016, the same journal 4), unbiased where sources interact by twos: such an interaction is shared equally (a
quarter of one of three sources is counted with the fourth). They are never below zero, and add up to half the mean
square of the difference of two independent worlds, which is the variance (Jansen 1999; Saltelli and others 2008).
"""

import numpy as np

from sim.results import places
from sim.results.effects import effect, summarise

SOURCES = ("chance", "data", "assumptions", "model")
TOTAL = "total"
CONTRAST = "share_contrast"  # the variable of a result: (arm, row, source, time, hub), share of the world stock
DIMS = ("arm", "row", "source", "time", "hub")
WIDTH = 1.6448536269514722  # standard deviations: half of a normal's 90 % band
POINTS = 100


def is_split(result):
    """Whether a result holds the parts of its uncertainty: ``--uncertainty parts``."""
    return CONTRAST in result.data


def contrasts(values):
    """The contrasts of the sources over the runs of a row.

    Parameters
    ----------
    values : (data, assumptions, model, ...) array, 2 by 2 by 2: 0 from the first world, 1 from the second

    Returns
    -------
    (source, ...) array

    >>> runs = np.fromfunction(lambda data, assumed, model: 3.0 * data + model, (2, 2, 2))
    >>> contrasts(runs).tolist()
    [0.0, -3.0, 0.0, -1.0]
    """
    sign = 1 - 2 * np.indices((2, 2, 2))  # +1 for the first world
    signs = np.stack([sign.prod(axis=0), *sign])
    return np.tensordot(signs, values, 3) / 4


def variances(contrast):
    """Parts of the variance out of contrasts (row, source, ...): (source, ...), they add up to the total."""
    return (contrast**2).mean(axis=0) / 2


def shares(contrast):
    """Parts of the variance as shares of the total, and their Monte Carlo error by the jackknife over the rows.

    Parameters
    ----------
    contrast : (row, source, ...) array

    Returns
    -------
    two (source, ...) arrays; a share of no variance at all is not a number, nor is the error in fewer than three rows
    """
    part, rows = contrast**2, len(contrast)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = part.sum(axis=0) / part.sum(axis=(0, 1))
        if rows < 3:
            return share, np.full_like(share, np.nan)
        left = part.sum(axis=0) - part
        without = left / left.sum(axis=1, keepdims=True)
        return share, np.sqrt((rows - 1) * ((without - without.mean(axis=0)) ** 2).mean(axis=0))


def effect_contrasts(result, place):
    """(row, source, time) contrasts of the effect on the share of a hub, country or region, in percentage points."""
    found = result.data[CONTRAST].isel(hub=places.find(result.data, place).only).sum("hub")
    change = found.sel(arm="scenario") - found.sel(arm="baseline")
    return POINTS * change.transpose("row", "source", "time").values


def place_rows(result, place):
    """The split of the effect on the share of a place: a row a time and source, and the total of each time.

    Returns
    -------
    list of dict: place, time, part, variance (percentage points squared), error (Monte Carlo, of the variance), share
    (of the total variance; None where there is none), share_error, half_width (percentage points: the part's share of
    half of the 90 % band of a normal with the total variance), rows
    """
    contrast = effect_contrasts(result, place)
    part, rows = variances(contrast), len(contrast)
    total, (share, share_error) = part.sum(axis=0), shares(contrast)
    spread = np.std([*np.moveaxis(contrast**2 / 2, 1, 0), (contrast**2 / 2).sum(axis=1)], axis=1, ddof=min(1, rows - 1))
    error = spread / np.sqrt(rows) if rows > 1 else np.full_like(spread, np.nan)
    width = WIDTH * np.sqrt(total)
    return [
        {"place": place, "time": int(time), "part": name, "variance": float(value[t]), "error": float(error[k, t]),
         "share": _known(of_all[t]), "share_error": _known(doubt[t]),
         "half_width": float(np.nan_to_num(of_all[t]) * width[t]), "rows": rows}
        for t, time in enumerate(result.data.time.values)
        for k, (name, value, of_all, doubt) in enumerate(zip(
            [*SOURCES, TOTAL], [*part, total], [*share, share.sum(axis=0)],
            [*share_error, np.zeros_like(total)], strict=True))
    ]  # fmt: skip


def _known(value):
    return float(value) if np.isfinite(value) else None


def split_table(result):
    """The split for every hub, and every country of several hubs: see :func:`place_rows`.

    Returns
    -------
    pandas.DataFrame; the arm first, if the result is a comparison of several scenarios
    """
    import pandas as pd

    countries = result.data.hub_country.to_series().value_counts()
    named = [*result.data.hub.values.astype(str), *sorted(countries.index[countries > 1])]
    several = len(result.arms) > 1
    return pd.DataFrame([
        ({"arm": arm} if several else {}) | row
        for arm in result.arms for place in named for row in place_rows(result.versus(arm), place)
    ])  # fmt: skip


def headline(result):
    """The hub whose share the answer leads with, or None if every effect is zero."""
    mean = summarise(effect(result, "share"))["mean"].to_series()
    return str(mean.idxmin()) if mean.any() else None


def sentences(result):
    """The parts of the uncertainty in words; nothing for a run without them.

    Parameters
    ----------
    result : Result of one scenario

    Returns
    -------
    list of str
    """
    if not is_split(result):
        return []
    run, last, hub = result.record["split"], int(result.data.time[-1]), headline(result)
    if hub is None:
        return [f"No part of the uncertainty is left: every effect is exactly zero in {last}, too."]
    rows = {row["part"]: row for row in place_rows(result, hub) if row["time"] == last}
    name, total = str(result.data.hub_name.sel(hub=hub).item()), rows.pop(TOTAL)
    if not total["variance"]:
        return [f"The effect on the share of {name} in {last} does not vary."]
    order = sorted(rows.values(), key=lambda row: -row["variance"])
    parts = ", ".join(f"{row['part']} {POINTS * row['share']:.0f} %{_plus_minus(row)}" for row in order)
    return [
        f"Of the variance of the effect on the share of {name} in {last}: {parts}. Half of the 90 % band that holds "
        f"all four is {total['half_width']:.2f} points wide; the bands of the tables hold chance and assumptions only.",
        how_made(run),
    ]


def _plus_minus(row):
    return "" if row["share_error"] is None else f" (\u00b1{POINTS * row['share_error']:.0f})"


def how_made(run):
    """How the split was made, in a sentence or two; ``run`` is the record's ``split``."""
    refused = f" ({run['refused']} more refused: no hub constants meet their first year)" if run["refused"] else ""
    return (
        f"The split rests on {run['rows']} rows{refused} of eight pairs with {run['population']:,} engineers, whose "
        f"number sets the part of chance; in brackets its Monte Carlo error. Data: the assumptions that better "
        "counting would settle, and stocks, pay and net migration within the error of their figures. "
        f"Model, each as likely: {'; '.join(run['variants'])}."
    )
