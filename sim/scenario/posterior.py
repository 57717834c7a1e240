"""What data have left of the declared beliefs: the output of ``talentflow calibrate``, never typed by hand.

``posterior.csv`` has the median and the 90 % range of every fitted assumption and how far its prior has shrunk;
``correlation.csv`` how they go together, as correlations of their normal scores (a Gaussian copula, so that a draw
still has one dimension of the Sobol design for every assumption).
"""

import csv
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

DATA = Path(__file__).parent / "data"


@dataclass(frozen=True)
class Fitted:
    """The belief that data have left: 5, 50 and 95 % quantiles, and one less sd over the prior's, of normal scores."""

    central: float
    low: float
    high: float
    shrinkage: float


def fitted():
    """Every fitted assumption: dict of name -> Fitted, in the order of the correlations."""
    return {row.pop("name"): Fitted(*map(float, row.values())) for row in _rows("posterior")}


def after_fitting(priors, found=None):
    """The declarations with the beliefs that data have left of them: dict of name -> Assumption."""
    found = fitted() if found is None else found
    return dict(priors) | {
        name: replace(
            priors[name],
            central=row.central,
            low=row.low,
            high=row.high,
            shrinkage=row.shrinkage,
            prior=(priors[name].central, priors[name].low, priors[name].high),
        )
        for name, row in found.items()
    }


def together(u, places, free):
    """Uniforms that go together as the fitted assumptions do.

    Parameters
    ----------
    u : (draw, assumption) independent uniforms
    places : dict of name -> column
    free : names whose belief is not the fitted one: they keep their own uniforms, and all others what they would have
        beside them

    Returns
    -------
    (draw, assumption) uniforms
    """
    import numpy as np
    from scipy.special import ndtr, ndtri

    names = [name for name in fitted() if name in places]
    if not names:
        return u
    at = [places[name] for name in names]
    mixed, scores, factor = 0.0, ndtri(u[:, at]), _factor()
    for k in range(len(names)):  # term by term: how a product of matrices rounds depends on how many draws there are
        mixed = mixed + scores[:, k : k + 1] * factor[:, k]
    mixed = ndtr(mixed)
    kept = [k for k, name in enumerate(names) if name not in free]
    u = u.copy()
    u[:, np.array(at, int)[kept]] = mixed[:, kept]
    return u


@lru_cache(maxsize=1)
def _factor():
    """Lower triangular factor of the correlations."""
    import numpy as np

    rows = [[float(value) for key, value in row.items() if key != "name"] for row in _rows("correlation")]
    return np.linalg.cholesky(np.array(rows))


def _rows(table):
    with open(DATA / f"{table}.csv", newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))
