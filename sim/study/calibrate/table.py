"""Training table of the emulator: samples of all assumptions, each with the figures of the model under them.

It is a sweep over a Latin hypercube: killed at any time it goes on; the rows are the same for any number of workers.
"""

from dataclasses import dataclass
from zlib import crc32

import numpy as np

from sim.errors import Refused
from sim.scenario.assumptions import PRIORS, Assumptions
from sim.study.calibrate.constants import START
from sim.study.calibrate.facts import followed_world, statistics
from sim.study.parameter_sample import constants_or_none, own_size_elasticity
from sim.study.sweep.evaluate import NO_CONSTANTS, RUNAWAY
from sim.study.sweep.factors import Factor
from sim.study.sweep.runner import explore

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
        constants = constants_or_none(a, START, fitted=self.fitted)
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
