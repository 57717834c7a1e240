"""Sensitivity of four answers to the published facts: how far each family of facts moves an effect.

``python -m sim.study.calibration.answers`` runs the scenarios on draws of the assumptions, regresses their effects on
the beliefs, multiplies the slopes by what each family moves of them (:func:`~.left_out.sensitivity`), and rewrites
``sim/show/data/answers.csv``.
"""

from pathlib import Path

import numpy as np
import pandas as pd
from scipy.special import ndtri

from sim.results.measures import measure
from sim.scenario.assumptions import PRIORS, shipped_fit
from sim.scenario.distributions import quantile
from sim.scenario.files import load
from sim.study.options import Options
from sim.study.replicate import experiment
from sim.study.run import written_up

FILE = Path(__file__).parents[2] / "show" / "data" / "answers.csv"
ANSWERS = {  # scenario -> measure of its answer
    "h1b_fee": "stock:usa",
    "gulf_compute": "stock:gulf",
    "returnee_tax": "stock:ind+fra",
    "uk_global_talent": "stock:gbr",
}
SIZE = Options(population=30_000, replicates=256)
RESAMPLED = 200  # bootstrap samples of the draws
GRID = np.linspace(1e-6, 1 - 1e-6, 20_001)  # probabilities at which a prior is inverted


def normal_scores(draws, names) -> np.ndarray:
    """Return (draw, belief) the standard normal scores of drawn assumptions under their priors."""
    scores = []
    for name in names:
        row = PRIORS[name]
        values = quantile(GRID, row.shape, row.central, row.low, row.high, row.bounds, row.mass)
        scores.append(ndtri(np.interp([getattr(a, name) for a in draws], values, GRID)))
    return np.transpose(scores)


def slopes(z, effect) -> tuple[np.ndarray, np.ndarray, float]:
    """Regress an effect on the beliefs by ridge, its penalty chosen by generalised cross-validation.

    Parameters
    ----------
    z : (draw, belief) normal scores; effect : (draw,)

    Returns
    -------
    (belief,) effect per standard deviation of the prior, (sample, belief) slopes of bootstrap samples, and the share of
    the variance over draws that is explained out of sample
    """
    from sklearn.linear_model import RidgeCV
    from sklearn.model_selection import cross_val_predict

    model, rng = RidgeCV(np.geomspace(1, 1000, 13)), np.random.default_rng(0)
    predicted = cross_val_predict(model, z, effect, cv=10)
    explained = 1 - np.mean(np.square(effect - predicted)) / np.var(effect)
    picks = rng.integers(len(z), size=(RESAMPLED, len(z)))
    return model.fit(z, effect).coef_, np.array([model.fit(z[k], effect[k]).coef_ for k in picks]), float(explained)


def moved(shifts, names, slope, sampled) -> pd.DataFrame:
    """Return what each family moves of an answer: DataFrame of family, shift and its standard error.

    Parameters
    ----------
    shifts : DataFrame of family, belief, shift (standard deviations of the prior), as in the record of the fit
    names : beliefs in the order of the slopes
    slope, sampled : of :func:`slopes`
    """
    rows = []
    for family, mine in shifts.groupby("family", sort=False):
        by = np.zeros(len(names))
        by[[names.index(name) for name in mine.belief]] = mine["shift"]
        rows.append({"family": family, "shift": float(by @ slope), "error": float(np.std(sampled @ by))})
    return pd.DataFrame(rows)


def answers(options=SIZE, names=tuple(ANSWERS)) -> pd.DataFrame:
    """Run the scenarios and return what every family of facts moves of each answer.

    Returns
    -------
    DataFrame of scenario, measure, effect (engineers in the last year, mean over draws), explained (share of the
    variance over draws that the beliefs explain out of sample), family, shift and error (engineers)
    """
    shifts, rows = pd.DataFrame(shipped_fit()["sensitivity"]), []
    beliefs = list(dict.fromkeys(shifts.belief))
    with experiment(options.checked()) as lab:
        baseline = load("baseline")
        for name in names:
            scenario = load(name)
            pairs = lab.run([baseline, scenario])
            result = written_up({"scenario": scenario}, baseline, lab.options, pairs, lab.draws, 0.0)
            last = measure(result, f"{ANSWERS[name]}@{lab.options.start + lab.options.years}")
            effect = (last.sel(arm="scenario") - last.sel(arm="baseline")).values
            z = normal_scores([a for a, _ in lab.draws.first(options.replicates)], beliefs)
            slope, sampled, explained = slopes(z, effect)
            found = moved(shifts, beliefs, slope, sampled)
            found.insert(0, "explained", explained)
            found.insert(0, "effect", effect.mean())
            found.insert(0, "measure", ANSWERS[name])
            found.insert(0, "scenario", name)
            rows.append(found)
    return pd.concat(rows, ignore_index=True)


if __name__ == "__main__":
    answers().to_csv(FILE, index=False, float_format="%.4g", lineterminator="\n")
