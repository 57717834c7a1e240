r"""The variance of an effect in its parts: chance, data, assumptions and the choice of model add up to the total.

A row of the design is two independent worlds, which differ in all four sources. Every combination of the data, the
assumptions and the model of the two is run with the seeds of both: a :math:`2^4` factorial. By the law of total
variance the part of chance is the mean variance over seeds within a combination, :math:`E[Var(Y|D, A, M)]`. What is
left, :math:`Var(E[Y|D, A, M])`, is shared by the other three as Shapley effects (Owen 2014, SIAM/ASA J. Uncertainty
Quantification 2; Song, Nelson and Staum 2016, the same journal 4): half the mean square of a source's contrast, the
mean over the runs with its first value less that over the others, and a third of that of the contrast of all three.
The square is the product of the contrasts of the two seeds, so that chance adds nothing to it (unbiased; by Monte Carlo
error a part that is small may come out below zero). The parts add up to the variance by construction: for the three it
is half the mean square of the difference of two independent worlds (Jansen 1999; Saltelli and others 2008).

Shares, and no order: who comes first would take what sources do only together. Chance comes first, since its draws
differ in every combination even with one seed, and their noise belongs to no other source.
"""

import numpy as np

from sim.results import places
from sim.results.effects import effect, summarise

SOURCES = ("chance", "data", "assumptions", "model")
TOTAL = "total"
RUNS = "share_runs"  # the variable of a result: shares of the world stock
DIMS = ("arm", "row", "data_from", "assumptions_from", "model_from", "chance_from", "time", "hub")
WIDTH = 1.6448536269514722  # standard deviations: half of a normal's 90 % band
POINTS = 100


def is_split(result):
    """Whether a result holds the parts of its uncertainty: ``--uncertainty parts``."""
    return RUNS in result.data


def parts(runs):
    """What each row says of the parts of the variance; their mean over the rows is the estimate.

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
    chance = (np.diff(runs, axis=4)[:, :, :, :, 0] ** 2 / 2).mean(axis=(1, 2, 3))
    contrasts = [np.diff(runs, axis=axis).mean(axis=(1, 2, 3)) for axis in (1, 2, 3)]  # row, chance, ...
    three = np.diff(np.diff(np.diff(runs, axis=1), axis=2), axis=3)[:, 0, 0, 0] / 4
    main, together = [c[:, 0] * c[:, 1] / 2 for c in contrasts], three[:, 0] * three[:, 1] / 2
    return np.stack([chance, *(each + together / 3 for each in main)], axis=1)


def shares(found):
    """Parts of the variance as shares of the total, and their Monte Carlo error by the jackknife over the rows.

    Parameters
    ----------
    found : (row, source, ...) array, of :func:`parts`

    Returns
    -------
    two (source, ...) arrays; a share of no variance at all is not a number, nor is the error in fewer than three rows
    """
    rows, whole = len(found), found.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = whole / whole.sum(axis=0)
        if rows < 3:
            return share, np.full_like(share, np.nan)
        left = whole - found
        without = left / left.sum(axis=1, keepdims=True)
        return share, np.sqrt((rows - 1) * ((without - without.mean(axis=0)) ** 2).mean(axis=0))


def effect_parts(result, place):
    """(row, source, time) of :func:`parts` of the effect on the share of a place, percentage points squared."""
    runs = result.data[RUNS].isel(hub=places.find(result.data, place).only).sum("hub").transpose(*DIMS[:-1])
    return parts(POINTS * (runs.sel(arm="scenario") - runs.sel(arm="baseline")).values)


def place_rows(result, place):
    """The split of the effect on the share of a hub, country or region: a row a time and source, and each time's total.

    Returns
    -------
    list of dict: place, time, part, variance (percentage points squared), error (Monte Carlo, of the variance), share
    (of the total variance; None where there is none), share_error, half_width (percentage points: the part's share of
    half of the 90 % band of a normal with the total variance), rows
    """
    found = effect_parts(result, place)
    rows, (share, share_error) = len(found), shares(found)
    found = np.concatenate([found, found.sum(axis=1, keepdims=True)], axis=1)
    variance = found.mean(axis=0)
    error = found.std(axis=0, ddof=min(1, rows - 1)) / np.sqrt(rows) if rows > 1 else np.full_like(variance, np.nan)
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
        for k, name in enumerate((*SOURCES, TOTAL))
    ]


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
    return pd.DataFrame(
        [
            ({"arm": arm} if several else {}) | row
            for arm in result.arms
            for place in named
            for row in place_rows(result.versus(arm), place)
        ]
    )


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
    parts = ", ".join(f"{row['part']} {percent(row['share'])} %{_plus_minus(row)}" for row in order)
    return [
        f"Of the variance of the effect on the share of {name} in {last}: {parts}. Half of the 90 % band that holds "
        f"all four is {total['half_width']:.2f} points wide; the bands of the tables hold chance and assumptions only.",
        how_made(run),
    ]


def _plus_minus(row):
    return "" if row["share_error"] is None else f" (\u00b1{percent(row['share_error'])})"


def percent(share):
    """A share in whole per cent, without a false zero; one below zero by Monte Carlo error is next to nothing.

    >>> percent(0.714), percent(0.004), percent(-0.002), percent(0.0)
    ('71', '<1', '<1', '0')
    """
    return f"{POINTS * share:.0f}" if share == 0 or POINTS * share >= 0.5 else "<1"


def how_made(run):
    """How the split was made, in a sentence or two; ``run`` is the record's ``split``."""
    why = "under one of their combinations no hub constants meet the first year"
    refused = f" ({run['refused']} more refused: {why})" if run["refused"] else ""
    return (
        f"The split rests on {run['rows']} rows{refused} of sixteen pairs with {run['population']:,} engineers, whose "
        f"number sets the part of chance; in brackets its Monte Carlo error. Data: the assumptions that better "
        "counting would settle, and stocks, pay and net migration within the error of their figures. "
        f"Model, each as likely: {'; '.join(run['variants'])}."
    )
