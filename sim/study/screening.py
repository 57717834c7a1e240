"""Screening: which factors of a Morris stage are worth the cost of Sobol indices."""

from ..results.sweep_tables import index_table

SHARE = 0.10  # of the largest mean elementary effect
TOGETHER = 0.95  # of the sum of all
MOST = 8


def survivors(sweep):
    """Names of the factors that a screening keeps, the strongest first.

    Those whose mu* is above a tenth of the largest; or the fewest that hold 95 % of the sum of all mu*, if these are
    more; never more than eight, and one at least.
    """
    size = index_table(sweep, stage=sweep.stages.index[0]).mu_star
    if not size.max() > 0:
        return list(size.index[:1])
    above = int((size > SHARE * size.max()).sum())
    hold = int((size.cumsum() < TOGETHER * size.sum()).sum()) + 1
    return list(size.index[: min(max(above, hold), MOST, int((size > 0).sum()))])
