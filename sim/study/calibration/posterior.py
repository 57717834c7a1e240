"""Fit assumptions to facts: draws of the priors with the model's figures, their posterior, and its checks."""

from dataclasses import dataclass, replace
from typing import Any, ClassVar
from zlib import crc32

import numpy as np
import pandas as pd
from scipy.special import log_expit, ndtr, ndtri, softmax
from scipy.stats import chisquare, qmc

from sim.errors import InvariantError, Refused
from sim.parallel import each
from sim.results.sweep import Sweep
from sim.scenario.assumptions import PRIORS, Assumptions, Fitted
from sim.study.calibration.facts import named_figures, statistics
from sim.study.calibration.hub_constants import START, constants_for, fit_world
from sim.study.parameter_sample import constants_or_none, own_size_elasticity
from sim.study.sweep.evaluate import NO_CONSTANTS, RUNAWAY
from sim.study.sweep.factors import Factor
from sim.study.sweep.runner import explore

# ------------------------------------------------------------------------------
# Training table of the emulator: samples of all assumptions, each with the figures of the model under them.
# ------------------------------------------------------------------------------


EDGE = 1e-4  # probability that is left out at either end of a declared distribution
COSTLY = 5  # figures that need runs are measured on one draw in five
METHOD = "lhs"


@dataclass(frozen=True)
class Figures:
    """The model as a function of the assumptions; it returns the figures that facts are known of.

    Attributes
    ----------
    fitted : (HubConstants, AgentOffsets) that every inversion starts from
    chance : 0, or another number for other chance
    """

    fitted: tuple
    chance: int = 0
    chance_points: ClassVar[int] = 8  # points that are run again with another seed, to measure chance

    def reseeded(self, k) -> "Figures":
        """Return the same model with other chance."""
        return replace(self, chance=k)

    def prepare(self, values) -> tuple:
        """Return the assumptions and the hub constants under them.

        Raises
        ------
        Refused
        """
        a = Assumptions.central(PRIORS).vary(**values)
        constants = constants_or_none(a, START, fitted=self.fitted, rescue=False)
        if constants is None:
            raise Refused(RUNAWAY if own_size_elasticity(a) >= 1 else NO_CONSTANTS)
        return a, constants

    def __call__(self, values, draw) -> dict[str, float]:
        """Return a dict of fact -> figure."""
        a, constants = draw
        seed = seed_of(values)
        return statistics(a, constants, seed + self.chance, costly=bool(self.chance) or seed % COSTLY == 0)


def seed_of(values) -> int:
    """Return a seed derived from the values of the assumptions, so that chance differs between samples."""
    return crc32(repr(sorted(values.items())).encode())


def simulated(fitted, rows, seed, store, workers, progress) -> Sweep:
    """Run the table: a sweep over all assumptions that are not fixed, stored in ``store``.

    Parameters
    ----------
    fitted : (HubConstants, AgentOffsets)
    rows : draws
    seed, store, workers, progress : as of :func:`~sim.study.sweep.runner.explore`

    Returns
    -------
    Sweep
    """
    factors = [_whole(row) for row in PRIORS.values() if not row.is_fixed]
    return explore(Figures(fitted), factors, METHOD, rows, store=store, seed=seed, workers=workers, progress=progress)


def _whole(row) -> Factor:
    """Return the factor of an assumption over its whole prior."""
    belief = (row.shape, row.central, row.low, row.high, row.bounds, row.mass)
    return Factor(
        row.name,
        row.low,
        row.central,
        row.high,
        row.unit,
        row.grade,
        row.group,
        row.meaning,
        "assumption",
        (EDGE, 1 - EDGE),
        belief,
    )


def scores(table, names) -> tuple:
    """Return the normal scores of the assumptions ``names`` at every point, and which points are usable.

    Returns
    -------
    z : (point, name); usable : (point,) bool; figures : DataFrame (usable point, figure), nan where not measured;
        noise : (figure,) variance by chance, from the points that were run again
    """
    coordinates = table.coordinates()
    usable = table.points().status.eq("done")
    z = ndtri(EDGE + coordinates[names].to_numpy() * (1 - 2 * EDGE))
    figures = pd.DataFrame({name: table.value(name) for name in named_figures()})
    again = pd.DataFrame({name: table.value(name, repeat=1) for name in named_figures()})
    noise = (figures.loc[again.index] - again).pow(2).mean() / 2
    return z, usable.to_numpy(), figures, noise.fillna(0).to_numpy()


def as_values(u, name) -> np.ndarray:
    """Return the values of an assumption at its prior's quantiles ``u``."""
    from sim.scenario.distributions import quantile

    row = PRIORS[name]
    return quantile(np.asarray(u), row.shape, row.central, row.low, row.high, row.bounds, row.mass)


# ------------------------------------------------------------------------------
# Posterior of the assumptions given the facts: a synthetic likelihood with emulated means weights draws of the
# prior.
# ------------------------------------------------------------------------------


# what facts may narrow: search, offers, nests, costs and turnover, pay, returns, permits, study, and the corridors
WEAK = (
    "considering_rate",
    "expert_considering",
    "temporary_considering",
    "mover_ratio",
    "colleague_multiplier",
    "b_friend",
    "nest_residence",
    "nest_origin",
    "nest_third",
    "move_cost_domestic",
    "b_home",
    "crossing_rate_expert",
    "crossing_rate_other",
    "b_pay",
    "b_pay_sd",
    "horizon",
    "price_weight",
    "b_size",
    "b_distance",
    "b_language",
    "b_diaspora",
    "b_delay",
    "b_odds",
    "return_bonus",
    "return_elsewhere",
    "return_choice",
    "return_settled",
    "return_share",
    "renewal_refusal",
    "registers_inside",
    "relocation",
    "offer_bonus",
    "affiliate_jobs",
    "study_elasticity",
    "study_months",
)
# figures depend on it as well; it has data of its own and stays as it is declared
BESIDE = ("boom_weight",)
DRAWS, RESAMPLED = 2**16, 2**13  # draws of the prior, and equally weighted draws of the posterior
PARTS = 8  # the draws are emulated in so many parts, to save memory
FOLDS = 5
PENALTIES = np.geomspace(0.5, 0.005, 20)  # penalties of the lasso that are tried, in standard deviations of the figure
FLOOR = 0.1  # least share of the unexplained variance that stays when the variance by chance is taken off
QUANTILES = (0.5, 0.05, 0.95)


@dataclass(frozen=True)
class Emulated:
    """Draws of the prior with the emulated figures of the model under them.

    Attributes
    ----------
    z : (draw, belief) normal scores
    figures : (draw, figure) expected figures
    log_usable : (draw,) log probability that hub constants exist
    left : (figure, figure) covariance of what the emulator leaves of the figures, chance taken off
    explained : (figure,) share of each figure's variance that it explains out of sample
    """

    z: np.ndarray
    figures: np.ndarray
    log_usable: np.ndarray
    left: np.ndarray
    explained: np.ndarray

    def weights(self, value, error, used=None) -> np.ndarray:
        """Return (draw,) weights of the posterior given the facts ``used`` (fact,) bool, all if None.

        Parameters
        ----------
        value, error : (fact,) observed, and its standard errors; the facts are the first of the figures
        """
        used = np.flatnonzero(np.ones(len(value), bool) if used is None else used)
        if not len(used):
            return softmax(self.log_usable)
        precision = np.linalg.inv(self.left[np.ix_(used, used)] + np.diag(np.square(error[used])))
        gap = self.figures[:, used] - value[used]
        return softmax(self.log_usable - 0.5 * ((gap @ precision) * gap).sum(axis=1))

    def posterior(self, value, error, count=RESAMPLED, used=None) -> tuple:
        """Return draws of the posterior given facts, and their effective sample size.

        Parameters
        ----------
        value, error, used : as of :meth:`weights`
        count : draws wanted

        Returns
        -------
        (count, belief) normal scores; effective number of draws (Kish)
        """
        weight = self.weights(value, error, used)
        places = np.searchsorted(np.cumsum(weight), (np.arange(count) + 0.5) / count)
        return self.z[np.minimum(places, len(weight) - 1)], float(1 / np.square(weight).sum())


def learned(z, usable, figures, seed, noise=0.0) -> Emulated:
    """Train the emulator on a table and return :class:`Emulated` draws of the prior.

    Parameters
    ----------
    z : (point, belief) normal scores
    usable : (point,) bool
    figures : (usable point, figure), nan where a figure was not measured
    seed : of the draws
    noise : (figure,) variance of the figures by chance
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import PolynomialFeatures, StandardScaler

    # the probability that a draw has hub constants
    logistic = make_pipeline(
        PolynomialFeatures(2, include_bias=False), StandardScaler(), LogisticRegression(C=0.02, max_iter=2000)
    ).fit(z, usable)
    predictions, left = [], np.full(figures.shape, np.nan)
    # one regression a figure, on the usable draws that have it
    for k, column in enumerate(figures.T):
        rows = np.isfinite(column)
        predict, left[rows, k] = _regression(z[usable][rows], column[rows])
        predictions.append(predict)
    # emulate a large Sobol sample of the prior, part by part to save memory
    draws = ndtri(np.clip(_sobol(z.shape[1], seed), EDGE, 1 - EDGE))
    parts = [
        (np.stack([predict(part) for predict in predictions], axis=1), log_expit(logistic.decision_function(part)))
        for part in np.split(draws, PARTS)
    ]
    expected, log_usable = (np.concatenate(made) for made in zip(*parts, strict=True))
    explained = 1 - np.nanmean(np.square(left), axis=0) / np.nanvar(figures, axis=0)
    return Emulated(draws, expected, log_usable, _without_chance(left, noise), explained)


def _regression(z, figure) -> tuple:
    """Return the emulator of a figure as a function, and what it leaves of each row (row,) when trained on others.

    A lasso over main effects, squares and products: few of the many beliefs move any one figure.
    """
    from sklearn.linear_model import Lasso, LassoCV
    from sklearn.model_selection import KFold, cross_val_predict
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import PolynomialFeatures, StandardScaler

    def pipeline(lasso) -> Any:
        return make_pipeline(PolynomialFeatures(2, include_bias=False), StandardScaler(), lasso)

    # quadratic in the beliefs, with a penalty chosen by cross-validation
    scale, how = max(figure.std(), 1e-12), {"max_iter": 3000, "tol": 1e-3}
    tuned = pipeline(LassoCV(alphas=PENALTIES, cv=FOLDS, **how)).fit(z, figure / scale)
    model = pipeline(Lasso(alpha=tuned[-1].alpha_, **how))
    # residuals of rows that the regression was not trained on
    left = figure - scale * cross_val_predict(model, z, figure / scale, cv=KFold(FOLDS))
    return lambda rows: scale * tuned.predict(rows), left


def _without_chance(left, noise) -> np.ndarray:
    """Return the covariance of residuals (row, figure) with gaps, the variance by chance taken off its diagonal."""
    covariance = np.atleast_2d(pd.DataFrame(left).cov(min_periods=2).fillna(0).to_numpy())
    variance = np.maximum(np.diag(covariance), 1e-300)
    shrunk = np.maximum(variance - noise, FLOOR * variance)
    covariance = covariance * np.sqrt(np.outer(shrunk / variance, shrunk / variance))
    # gaps may leave a matrix that is no covariance: the nearest one
    scale = np.sqrt(shrunk)
    values, vectors = np.linalg.eigh(covariance / np.outer(scale, scale))
    return (vectors * np.maximum(values, 1e-6)) @ vectors.T * np.outer(scale, scale)


def _sobol(dimensions, seed) -> np.ndarray:
    """Return a scrambled Sobol sequence for the draws of the prior."""
    return qmc.Sobol(dimensions, rng=np.random.default_rng([seed, dimensions])).random(DRAWS)


def summarised(z, names) -> tuple:
    """Summarise the posterior as it ships: a marginal distribution each, and the correlations of normal scores.

    Parameters
    ----------
    z : (draw, belief) normal scores

    Returns
    -------
    dict of name -> Fitted; (belief, belief) correlations
    """
    beliefs = {}
    for name, column in zip(names, z.T, strict=True):
        belief = (*as_values(ndtr(np.quantile(column, QUANTILES)), name), 1 - column.std())
        beliefs[name] = Fitted(*(float(f"{value:.4g}") for value in belief))
    ranks = pd.DataFrame(z).rank().to_numpy() / (len(z) + 1)
    return beliefs, np.corrcoef(ndtri(ranks), rowvar=False).round(4)


# ------------------------------------------------------------------------------
# Whether the fit can be believed: known truths found again, and the figures that its posterior gives.
# ------------------------------------------------------------------------------


TRAINED = 0.8  # share of the usable rows that train; the known truths come from the others
BINS = 8  # bins of the histogram of ranks


def ranks_of_truths(emulated, z, figures, error, seed) -> np.ndarray:
    """Return the ranks of known truths in posteriors fitted to their own figures, observed with an error.

    Parameters
    ----------
    emulated : Emulated, learned from other rows
    z : (truth, belief) normal scores; figures : (truth, fact), nan where a figure was not measured: not observed then
    error : (fact,) standard errors of the observation
    seed : of the errors

    Returns
    -------
    (truth, belief) shares of the posterior's draws that lie below the truth
    """
    noise = np.random.default_rng([seed, len(z)]).normal(size=figures.shape) * error
    seen = figures + noise
    posteriors = (emulated.posterior(row, error, used=np.isfinite(row))[0] for row in seen)
    return np.array([(draws < truth).mean(axis=0) for draws, truth in zip(posteriors, z, strict=True)])


def uniformity(ranks, names) -> pd.DataFrame:
    """Test the ranks of every assumption for uniformity (chi-squared): DataFrame of name, a count a bin, and p."""
    counts = np.stack([np.histogram(column, bins=BINS, range=(0, 1))[0] for column in ranks.T])
    table = pd.DataFrame(counts, columns=[f"bin_{k + 1}" for k in range(BINS)])
    table.insert(0, "name", list(names))
    return table.assign(p=[float(chisquare(row).pvalue) for row in counts])


def predicted(z, fitted) -> tuple:
    """Return the model's figures under draws of the posterior, all other assumptions at their centre.

    Parameters
    ----------
    z : (draw, belief) normal scores
    fitted : (HubConstants, AgentOffsets) that the table was made with

    Returns
    -------
    DataFrame (usable draw, figure); dict of reason -> draws refused
    """
    values = np.stack([as_values(ndtr(column), name) for name, column in zip(WEAK, z.T, strict=True)], axis=1)
    draws = [Assumptions.central(PRIORS).vary(**dict(zip(WEAK, map(float, row), strict=True))) for row in values]
    rows = list(each(_figures_or_reason, draws, [fitted] * len(draws), range(len(draws))))
    refused = [row for row in rows if isinstance(row, str)]
    reasons = {reason: refused.count(reason) for reason in (RUNAWAY_DRAW, INFEASIBLE, UNCONVERGED)}
    return pd.DataFrame([row for row in rows if not isinstance(row, str)]), reasons


RUNAWAY_DRAW, INFEASIBLE, UNCONVERGED = "size feeds itself", "infeasible", "not converged"


def _figures_or_reason(a, fitted, seed) -> dict | str:
    """Return the model's figures under ``a``, or why there are no hub constants; the robust solver has tried."""
    if own_size_elasticity(a) >= 1:
        return RUNAWAY_DRAW
    central, offsets = fitted
    try:
        constants = constants_for(fit_world(START), a, offsets, central)
    except InvariantError as why:
        return INFEASIBLE if INFEASIBLE in str(why) else UNCONVERGED
    return statistics(a, constants, seed, costly=seed % COSTLY == 0)
