"""Posterior of the assumptions given the facts: a synthetic likelihood with emulated means weights draws of the prior.

The figures of the model are emulated by quadratic ridge regression on the normal scores of the weak priors. The
residual, with the effect of the other assumptions in it, has a covariance of its own. Logistic regression emulates
whether any hub constants exist and belongs to the likelihood: draws without them are rejected. The draws are a Sobol
design, weighted and resampled. Sources: Wood 2010, Nature 466 (synthetic likelihood); Price et al. 2018, J. Comput.
Graph. Statist. 27; Rubin 1988, Bayesian Statistics 3 (sampling by importance); scikit-learn; scipy.stats.qmc.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import log_expit, ndtr, ndtri, softmax
from scipy.stats import qmc

from sim.scenario.assumptions import Fitted
from sim.study.calibrate.table import EDGE, as_values

# search, offers, nests, costs of moving, return, adjustment, compute, and the corridors
WEAK = (
    "considering_rate",
    "entry_considering",
    "expert_considering",
    "temporary_considering",
    "mover_ratio",
    "colleague_multiplier",
    "b_friend",
    "former_colleagues",
    "nest_residence",
    "nest_origin",
    "nest_third",
    "move_cost_domestic",
    "b_age",
    "b_home",
    "return_bonus",
    "return_elsewhere",
    "chosen_departures",
    "b_pay",
    "b_size",
    "b_compute",
    "compute_saturation",
    "b_distance",
    "b_language",
    "b_diaspora",
    "b_delay",
    "b_odds",
    "expected_stay",
    "price_weight",
    "redraw_share",
    "wage_supply_elasticity",
)
# figures depend on these as well; they have data of their own and stay as they are declared
BESIDE = ("crossing_rate_expert", "crossing_rate_other", "boom_weight")
DRAWS, RESAMPLED = 2**17, 2**13  # of the prior; of the posterior, with equal weights
PARTS = 16  # in which the draws are emulated, for memory
FOLDS = 5
QUANTILES = (0.5, 0.05, 0.95)


@dataclass(frozen=True)
class Emulated:
    """Draws of the prior with the emulated figures of the model under them.

    Attributes
    ----------
    z : (draw, belief) normal scores
    figures : (draw, fact) expected figures
    log_usable : (draw,) log probability that hub constants exist
    left : (fact, fact) covariance of what the emulator leaves of the figures
    explained : (fact,) share of each figure's variance that it explains out of sample
    """

    z: np.ndarray
    figures: np.ndarray
    log_usable: np.ndarray
    left: np.ndarray
    explained: np.ndarray

    def posterior(self, value, error, count=RESAMPLED):
        """Return draws of the posterior given facts, and their effective sample size.

        Parameters
        ----------
        value, error : (fact,) observed, and its standard errors
        count : draws wanted

        Returns
        -------
        (count, belief) normal scores; effective number of draws (Kish)
        """
        precision = np.linalg.inv(self.left + np.diag(np.square(error)))
        gap = self.figures - value
        weight = softmax(self.log_usable - 0.5 * np.einsum("ki,ij,kj->k", gap, precision, gap))
        places = np.searchsorted(np.cumsum(weight), (np.arange(count) + 0.5) / count)
        return self.z[np.minimum(places, len(weight) - 1)], float(1 / np.square(weight).sum())


def learned(z, usable, figures, seed) -> Emulated:
    """Train the emulator on a table and return :class:`Emulated` draws of the prior.

    Parameters
    ----------
    z : (point, belief) normal scores
    usable : (point,) bool
    figures : (usable point, fact)
    seed : of the draws
    """
    from sklearn.linear_model import LogisticRegression, RidgeCV
    from sklearn.model_selection import KFold, cross_val_predict
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import PolynomialFeatures, StandardScaler

    penalties = np.logspace(-1, 4, 11)
    ridge = make_pipeline(
        PolynomialFeatures(2, include_bias=False), StandardScaler(), RidgeCV(penalties, alpha_per_target=True)
    )
    logistic = make_pipeline(
        PolynomialFeatures(2, include_bias=False), StandardScaler(), LogisticRegression(C=0.02, max_iter=2000)
    )
    left = figures - cross_val_predict(ridge, z[usable], figures, cv=KFold(FOLDS))
    explained = 1 - np.square(left).mean(axis=0) / np.var(figures, axis=0)
    ridge.fit(z[usable], figures), logistic.fit(z, usable)
    draws = ndtri(np.clip(_sobol(z.shape[1], seed), EDGE, 1 - EDGE))
    parts = [(ridge.predict(part), log_expit(logistic.decision_function(part))) for part in np.split(draws, PARTS)]
    expected, log_usable = (np.concatenate(made) for made in zip(*parts, strict=True))
    return Emulated(draws, expected, log_usable, np.atleast_2d(np.cov(left, rowvar=False)), explained)


def _sobol(dimensions, seed):
    """Return a scrambled Sobol sequence for the draws of the prior."""
    return qmc.Sobol(dimensions, rng=np.random.default_rng([seed, dimensions])).random(DRAWS)


def summarised(z, names):
    """Summarise the posterior as it ships: a marginal distribution each, and the correlations of normal scores.

    Parameters
    ----------
    z : (draw, belief) normal scores

    Returns
    -------
    dict of name -> Fitted; (belief, belief) correlations
    """
    found = {}
    for name, column in zip(names, z.T, strict=True):
        belief = (*as_values(ndtr(np.quantile(column, QUANTILES)), name), 1 - column.std())
        found[name] = Fitted(*(float(f"{value:.4g}") for value in belief))
    ranks = pd.DataFrame(z).rank().to_numpy() / (len(z) + 1)
    return found, np.corrcoef(ndtri(ranks), rowvar=False).round(4)
