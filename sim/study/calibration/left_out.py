"""Judge the fit by what was left out: each family of experiments is predicted by a fit to all others.

The emulators of the figures are trained once; a refit changes the weights of the draws only. A family holds if the
published range of every scored study of it, widened by what may be lost in transport, holds the prediction.
"""

import numpy as np
import pandas as pd

from sim.study.calibration.facts import named_figures, observed, predicted_studies
from sim.study.calibration.posterior import WEAK
from sim.study.experiments import evidence, read_studies, score

NINETY = 1.645  # standard deviations on either side of a 90 % range
RESPONSE = "response"
MOVED = 3  # beliefs that are named as moved by a family
AXIS = (0.1, 0.9)  # of the posterior along its axis of responsiveness


def fit_errors(known) -> np.ndarray:
    """Return (fact,) standard errors of the fit: the facts of a family, *n* of them, count once together.

    Their variances are multiplied by *n*, which takes their likelihood to the power of 1 / *n*.
    """
    sizes = pd.Series([fact.family for fact in known])
    return observed(known)[1] * np.sqrt(sizes.map(sizes.value_counts()).to_numpy())


def left_out(emulated, known) -> pd.DataFrame:
    """Predict every study of role response by a fit without its family.

    Parameters
    ----------
    emulated : Emulated, of :func:`~sim.study.calibration.facts.named_figures`
    known : facts that the fit uses, the first of the figures

    Returns
    -------
    DataFrame, one row a study: family, published range, ``predicted`` with ``predicted_low`` and ``predicted_high`` (5
    and 95 % of the draws), ``prior`` (as predicted before any fit), ``z``, ``z0`` (at d = 0), ``inside``, ``inside0``,
    ``identifies``, ``explained`` (by the emulator), ``reason`` where there is no prediction
    """
    # weights of all draws: before any fact, and with the facts of all other families
    value, error = observed(known)[0], fit_errors(known)
    families, names = np.array([fact.family for fact in known]), named_figures()
    before = emulated.weights(value, error, np.zeros(len(value), bool))
    rows, collected = [], {row["id"]: row for row in evidence()}
    for study in read_studies().values():
        if study.role != RESPONSE:
            continue
        p = study.published
        row = {"id": study.id, "family": study.family, "title": study.title, "published": p.value, "low": p.low}
        row |= {"high": p.high, "unit": p.unit, "transport": study.transport, "grade": study.grade}
        row |= {"levers": sorted({policy.lever for arm in study.policies for policy in arm})}
        row |= {"identifies": collected[study.id]["identifies"], "reason": _reason(study), "predicted": None}
        # the prediction is the median of the figure over the draws, weighted without the study's family
        if study.id in predicted_studies():
            k = names.index(study.id)
            weight = emulated.weights(value, error, families != study.family)
            middle, low, high = weighted_quantiles(emulated.figures[:, k], weight, (0.5, 0.05, 0.95))
            (prior,) = weighted_quantiles(emulated.figures[:, k], before, (0.5,))
            row |= {"predicted": middle, "predicted_low": low, "predicted_high": high, "prior": prior}
            row |= {"explained": float(emulated.explained[k])} | _scored(study, middle)
            row |= {"prior_z": score(study, prior)[0], "prior_inside": _scored(study, prior)["inside"]}
        rows.append(row)
    return pd.DataFrame(rows)


def _scored(study, value) -> dict:
    """Return z, z at d = 0, and whether the ranges hold a predicted value; a sign holds if it is the published one."""
    z, z0 = score(study, value)
    if study.published.unit == "sign":
        same = bool(np.sign(value) == np.sign(study.published.value))
        return {"z": None, "z0": None, "inside": same, "inside0": same}
    return {"z": z, "z0": z0, "inside": abs(z) <= NINETY, "inside0": abs(z0) <= NINETY}


def _reason(study) -> str:
    """Return why a study is not predicted; empty if it is."""
    if study.not_expressible:
        return f"not expressible: {study.not_expressible}"
    return "" if study.verified else "the figure was not seen in its source: neither fitted nor scored"


def families(rows) -> pd.DataFrame:
    """Return how each family fares when left out: DataFrame of family, rows, z, z0, prior_z, held, held0, prior_held.

    ``z`` is the root mean square over its scored rows. A family that the model cannot express counts as missed; one of
    which no figure was verified is left out.

    Parameters
    ----------
    rows : DataFrame of :func:`left_out`
    """
    made = []
    for family, mine in rows.groupby("family", sort=False):
        scored = mine[mine.predicted.notna()]
        # a family counts if it was predicted, or if the model cannot express it at all
        if scored.empty and not mine.reason.str.startswith("not expressible").any():
            continue
        # a family's z is the root mean square over its studies; it holds if all of them do
        square = lambda column, some=scored: float(np.sqrt(np.mean(np.square(some[column].dropna().astype(float)))))  # noqa: E731
        all_hold = lambda column, some=scored: bool(len(some) and some[column].astype(bool).all())  # noqa: E731
        z = {name: square(name) if len(scored) else None for name in ("z", "z0", "prior_z")}
        holds = {"held": all_hold("inside"), "held0": all_hold("inside0"), "prior_held": all_hold("prior_inside")}
        made.append({"family": family, "rows": len(scored), **z, **holds})
    return pd.DataFrame(made)


def sensitivity(emulated, known) -> pd.DataFrame:
    """Return which beliefs each family moves: DataFrame of family, belief, shift (in standard deviations of the prior).

    The shift is that of the posterior's mean of the normal score when the family comes in last.
    """
    value, error = observed(known)[0], fit_errors(known)
    labels, z = np.array([fact.family for fact in known]), emulated.z[:, : len(WEAK)]
    whole, rows = emulated.weights(value, error) @ z, []
    for family in dict.fromkeys(labels):
        shift = whole - emulated.weights(value, error, labels != family) @ z
        most = np.argsort(-np.abs(shift), kind="stable")[:MOVED]
        rows += [{"family": family, "belief": WEAK[k], "shift": float(shift[k])} for k in most]
    return pd.DataFrame(rows)


def along_the_response(emulated, known) -> dict:
    """Return the beliefs at 10 and 90 % of the posterior along its axis of responsiveness.

    The axis is the mean, over the families, of the figures of their responses in posterior standard deviations, each
    signed so that more is more response. The beliefs there are their regression on it.

    Returns
    -------
    dict of ``low_response`` and ``high_response`` -> (belief,) normal scores
    """
    value, error = observed(known)[0], fit_errors(known)
    weight, names = emulated.weights(value, error), named_figures()
    scored = [fact for fact in known if fact.role == RESPONSE and fact.value]
    # the index of responsiveness: standardised responses, each family with the same weight
    index = np.zeros(len(weight))
    for fact in scored:
        figure = emulated.figures[:, names.index(fact.name)] * np.sign(fact.value)
        size = sum(other.family == fact.family for other in scored)
        figure = figure - weight @ figure
        index += figure / max(np.sqrt(weight @ np.square(figure)), 1e-12) / size
    index -= weight @ index
    z = emulated.z[:, : len(WEAK)]
    # beliefs along the index: their regression on it, at its 10 and 90 % quantiles
    slope = (weight * index) @ z / (weight @ np.square(index))
    ends = weighted_quantiles(index, weight, AXIS)
    return {name: weight @ z + slope * end for name, end in zip(("low_response", "high_response"), ends, strict=True)}


def weighted_quantiles(values, weight, levels) -> list[float]:
    """Return the quantiles of weighted values.

    >>> weighted_quantiles(np.array([3.0, 1.0, 2.0]), np.array([0.2, 0.4, 0.4]), (0.5,))
    [2.0]
    """
    order = np.argsort(values, kind="stable")
    places = np.searchsorted(np.cumsum(weight[order]), np.array(levels) * weight.sum())
    return [float(values[order[min(place, len(order) - 1)]]) for place in places]
