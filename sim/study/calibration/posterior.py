"""Fit assumptions to facts: draws of the priors with the model's figures, their posterior, and its checks."""

from dataclasses import dataclass
from zlib import crc32

import numpy as np
import pandas as pd
from scipy.special import log_expit, ndtr, ndtri, softmax
from scipy.stats import chisquare, qmc

from sim.errors import Refused
from sim.parallel import each
from sim.scenario.assumptions import PRIORS, Assumptions, Fitted
from sim.study.calibration.facts import followed_world, statistics
from sim.study.calibration.hub_constants import START
from sim.study.parameter_sample import constants_or_none, own_size_elasticity
from sim.study.sweep.evaluate import NO_CONSTANTS, RUNAWAY
from sim.study.sweep.factors import Factor
from sim.study.sweep.runner import explore

# ------------------------------------------------------------------------------
# Training table of the emulator: samples of all assumptions, each with the figures of the model under them.
# ------------------------------------------------------------------------------


EDGE = 1e-4  # of the declared shapes, left out on either side
METHOD = "lhs"


@dataclass(frozen=True)
class Figures:
    """The model as a function of the assumptions; it returns the figures that facts are known of.

    Attributes
    ----------
    fitted : (Constants, Offsets) that every inversion starts from
    """

    fitted: tuple

    def prepare(self, values):
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
        return statistics(followed_world(), a, constants, seed_of(values))


def seed_of(values) -> int:
    """Return a seed derived from the values of the assumptions, so that chance differs between samples."""
    return crc32(repr(sorted(values.items())).encode())


def simulated(fitted, rows, seed, store, workers, progress):
    """Run the table: a sweep over all assumptions that are not fixed, stored in ``store``.

    Parameters
    ----------
    fitted : (Constants, Offsets)
    rows : draws
    seed, store, workers, progress : as of :func:`~sim.study.sweep.runner.explore`

    Returns
    -------
    Sweep
    """
    factors = [_whole(row) for row in PRIORS.values() if not row.is_fixed]
    return explore(Figures(fitted), factors, METHOD, rows, store=store, seed=seed, workers=workers, progress=progress)


def _whole(row):
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


def scores(table, names):
    """Return the normal scores of the assumptions ``names`` at every point, and which points are usable.

    Returns
    -------
    z : (point, name); usable : (point,) bool; figures : DataFrame (usable point, fact)
    """
    import pandas as pd
    from scipy.special import ndtri

    coordinates = table.coordinates()
    usable = table.points().status.eq("done")
    z = ndtri(EDGE + coordinates[names].to_numpy() * (1 - 2 * EDGE))
    figures = pd.DataFrame({name: table.value(name) for name in table.measures.index})
    return z, usable.to_numpy(), figures


def as_values(u, name):
    """Return the values of an assumption at its prior's quantiles ``u``."""
    from sim.scenario.distributions import quantile

    row = PRIORS[name]
    return quantile(np.asarray(u), row.shape, row.central, row.low, row.high, row.bounds, row.mass)


# ------------------------------------------------------------------------------
# Posterior of the assumptions given the facts: a synthetic likelihood with emulated means weights draws of the
# prior.
# ------------------------------------------------------------------------------


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


# ------------------------------------------------------------------------------
# Whether the fit can be believed: known truths found again, and the figures that its posterior gives.
# ------------------------------------------------------------------------------


TRAINED = 0.8  # of the usable rows; the truths are among the others
BINS = 8  # of the ranks


def ranks_of_truths(emulated, z, figures, error, seed):
    """Return the ranks of known truths in posteriors fitted to their own figures, observed with an error.

    Parameters
    ----------
    emulated : Emulated, learned from other rows
    z : (truth, belief) normal scores; figures : (truth, fact)
    error : (fact,) standard errors of the observation
    seed : of the errors

    Returns
    -------
    (truth, belief) shares of the posterior's draws that lie below the truth
    """
    noise = np.random.default_rng([seed, len(z)]).normal(size=figures.shape) * error
    posteriors = (emulated.posterior(observed, error)[0] for observed in figures + noise)
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
    fitted : (Constants, Offsets) that the table was made with

    Returns
    -------
    DataFrame (usable draw, fact); how many draws were refused
    """
    values = np.stack([as_values(ndtr(column), name) for name, column in zip(WEAK, z.T, strict=True)], axis=1)
    draws = [Assumptions.central(PRIORS).vary(**dict(zip(WEAK, map(float, row), strict=True))) for row in values]
    found = list(each(_figures_or_none, draws, [fitted] * len(draws), range(len(draws))))
    usable = [row for row in found if row is not None]
    return pd.DataFrame(usable), len(found) - len(usable)


def _figures_or_none(a, fitted, seed) -> dict | None:
    """Return the model's figures under ``a``, or None if no hub constants exist."""
    constants = constants_or_none(a, START, fitted=fitted, rescue=False)
    return constants and statistics(followed_world(), a, constants, seed)
