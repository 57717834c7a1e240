"""How well predicted flows meet observed ones: rank correlation, log score, share error, net rates."""

import numpy as np

HALF = 0.5  # a person: what a corridor's count of moves is raised by where its logarithm is taken (Jeffreys)


def rank_correlation(predicted, observed):
    """Spearman's rank correlation; NaN where one of both says the same of every corridor.

    >>> round(rank_correlation(np.array([1.0, 2.0, 3.0]), np.array([10.0, 30.0, 20.0])), 3)
    0.5
    """
    from scipy.stats import spearmanr

    if np.ptp(predicted) == 0 or np.ptp(observed) == 0:
        return float("nan")
    return float(spearmanr(predicted, observed)[0])


def log_score(predicted, observed):
    """Mean logarithm of the share that a prediction gave to the corridor of a move (multinomial), in nats a move.

    The higher the better; the observed shares themselves give the most that is possible.

    >>> round(log_score(np.array([1.0, 1.0]), np.array([5.0, 5.0])), 4)
    -0.6931
    """
    if not predicted.sum() > 0:
        return float("nan")
    moved = observed > 0
    return float(observed[moved] @ np.log(predicted[moved] / predicted.sum()) / observed.sum())


def share_error(predicted, observed):
    """Share of all moves that a prediction puts into the wrong corridor: half the sum of absolute differences.

    >>> share_error(np.array([1.0, 3.0]), np.array([30.0, 10.0]))
    0.5
    """
    if not predicted.sum() > 0:
        return float("nan")
    return float(np.abs(predicted / predicted.sum() - observed / observed.sum()).sum() / 2)


def net(flow):
    """(country,) arrivals less departures of (origin, destination) flows."""
    return flow.sum(axis=0) - flow.sum(axis=1)


def score(predicted, observed, stock, years, scored, counted=False):
    """All scores of one prediction.

    Parameters
    ----------
    predicted, observed : (origin, destination) persons over all score years
    stock : (country,) persons; years : number of score years
    scored : (country,) bool, those with corridors that are scored: a country, and not the rest of the world
    counted : bool, the prediction is a count of moves: for the log score every corridor has half a person more

    Returns
    -------
    dict: ``rank`` over all corridors, ``rank_moving`` over those in which anybody moved, ``log_score``,
    ``share_error``, ``total`` (predicted moves over observed), ``net_rank``, ``net_error`` (mean absolute error of
    the countries' net rates, share of the stock a year)
    """
    off = scored[:, None] & scored & ~np.eye(len(stock), dtype=bool)
    p, y = predicted[off], observed[off]
    rates = [net(flow)[scored] / stock[scored] / years for flow in (predicted, observed)]
    return {
        "rank": rank_correlation(p, y),
        "rank_moving": rank_correlation(p[y > 0], y[y > 0]),
        "log_score": log_score(p + HALF * (counted and p.sum() > 0), y),
        "share_error": share_error(p, y),
        "total": float(p.sum() / y.sum()),
        "net_rank": rank_correlation(*rates),
        "net_error": float(np.abs(rates[0] - rates[1]).mean()),
    }
