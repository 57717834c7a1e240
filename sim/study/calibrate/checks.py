"""Whether the fit can be believed: known truths found again, and the figures that its posterior gives.

Simulation-based calibration: Talts et al. 2018, arXiv 1804.06788. Where the method is right, the rank of a truth among
draws of the posterior fitted to its own figures is uniform.
"""

import numpy as np
import pandas as pd
from scipy.special import ndtr
from scipy.stats import chisquare

from sim.processes import each
from sim.scenario.assumptions import PRIORS, Assumptions
from sim.study.calibrate.constants import START
from sim.study.calibrate.facts import followed_world, statistics
from sim.study.calibrate.posterior import WEAK
from sim.study.calibrate.table import as_values
from sim.study.parameter_sample import constants_or_none

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
    constants = constants_or_none(a, START, fitted=fitted)
    return constants and statistics(followed_world(), a, constants, seed)
