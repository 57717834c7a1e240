"""Estimate sensitivity indices on plain arrays with scipy and SALib; tables are indexed by the factor's name.

Columns ``..._low`` and ``..._high`` are the ends of a 90 % interval. Where nothing varies, indices are 0.
"""

import numpy as np
import pandas as pd

LEVEL = 0.90  # of every interval
BY_CHANCE = 0.05  # of designs in which chance alone names any factor
NORMAL = 1.645  # standard deviations from the middle to either end of such an interval
RESAMPLES = 500
PAWN_RESAMPLES = 50
SLICES = 10  # of each factor's range, for PAWN
LEAST_POINTS = 4 * SLICES  # of a design whose distributions are compared; below it there are no PAWN indices
KOLMOGOROV = 1.358  # times sqrt(1/n + 1/m): the distance that samples of n and m pass by chance in 5 % of cases
SOBOL = ("first", "first_low", "first_high", "total", "total_low", "total_high")
MORRIS = ("mu_star", "mu_star_low", "mu_star_high", "mu", "sigma")
PAWN = ("median", "median_low", "median_high", "largest", "critical")
ONE_AT_A_TIME = ("centre", "at_low", "at_high", "least", "most", "width")
COLUMNS = {"sobol": SOBOL, "morris": MORRIS, "pawn": PAWN, "lhs": PAWN, "oat": ONE_AT_A_TIME, "grid": PAWN}


def sobol(f, names, seed=0, intervals=True) -> pd.DataFrame:
    """Estimate first-order and total Sobol indices (Saltelli 2010, by scipy) with percentile bootstrap intervals.

    Parameters
    ----------
    f : (n, d + 2) array, the rows A, B, AB_1 ... AB_d; of the n base samples the first power of two is used
    names : list of d

    Returns
    -------
    DataFrame with the columns ``SOBOL``; nan where there are too few samples
    """
    from scipy.stats import bootstrap

    n = power_of_two(len(f))
    table = pd.DataFrame(np.nan, names, list(SOBOL))
    if n < 2:
        return table
    # nothing varies: every index is 0, and there is no interval to estimate
    if np.ptp(f[:n]) == 0:
        return table.fillna(0.0)
    table["first"], table["total"] = _sobol(f[:n])
    # bootstrap over base samples
    if intervals:
        interval = bootstrap(
            (np.arange(n),),
            lambda rows: np.array(_sobol(f[rows])),
            vectorized=False,
            method="percentile",
            n_resamples=RESAMPLES,
            confidence_level=LEVEL,
            rng=np.random.default_rng([seed, n]),
        ).confidence_interval
        table["first_low"], table["total_low"] = interval.low
        table["first_high"], table["total_high"] = interval.high
    return table


def _sobol(f) -> np.ndarray | tuple:
    """Return (2, factor): first-order and total indices of one sample."""
    from scipy.stats import sobol_indices

    if np.ptp(f[:, :2]) == 0:  # a resample in which nothing varies
        return np.full((2, f.shape[1] - 2), np.nan)
    # scipy estimates both indices from the model's values at A, B and the mixed samples
    d = f.shape[1] - 2
    mixed = f.T[2:] if d > 1 else f.T[[2, 2]]  # scipy takes two factors at least
    arrays = {"f_A": f[None, :, 0].copy(), "f_B": f[None, :, 1].copy(), "f_AB": mixed[:, None].copy()}
    estimate = sobol_indices(func=arrays, n=len(f))
    return estimate.first_order.ravel()[:d], estimate.total_order.ravel()[:d]


def power_of_two(n) -> int:
    """Return the largest power of two up to ``n``; 0 for none.

    >>> power_of_two(100), power_of_two(64)
    (64, 64)
    """
    return 1 << (n.bit_length() - 1) if n else 0


def morris(z, y, names, levels=4, seed=0) -> pd.DataFrame:
    """Estimate elementary effects with SALib: mean size (mu*) with bootstrap interval, mean, and spread.

    Parameters
    ----------
    z : (n, d + 1, d) coordinates of n trajectories
    y : (n, d + 1) values at them

    Returns
    -------
    DataFrame with the columns ``MORRIS``, in units of y over the whole range of the factor
    """
    from SALib.analyze.morris import analyze

    estimate = analyze(
        _problem(names),
        z.reshape(-1, len(names)),
        y.ravel(),
        num_levels=levels,
        seed=seed,
        conf_level=LEVEL,
        num_resamples=RESAMPLES,
    )
    # a mean absolute effect is never below 0, nor is its interval
    size, half = np.asarray(estimate["mu_star"]), np.asarray(estimate["mu_star_conf"])
    columns = size, np.maximum(size - half, 0), size + half, estimate["mu"], estimate["sigma"]
    return pd.DataFrame(dict(zip(MORRIS, map(np.asarray, columns), strict=True)), names)


def pawn(z, y, names, seed=0) -> pd.DataFrame:
    """Estimate PAWN indices with SALib: how far y's distribution moves when a factor is held in a slice of its range.

    The distance is that of Kolmogorov and Smirnov; ``median`` is over the slices. Below ``critical`` a slice is not
    distinguishable from a sample of the whole.

    Parameters
    ----------
    z : (n, d) coordinates
    y : (n,) values

    Returns
    -------
    DataFrame with the columns ``PAWN``
    """
    n, rng = len(y), np.random.default_rng([seed, len(y)])
    table = pd.DataFrame(np.nan, names, list(PAWN))
    if n < LEAST_POINTS:
        return table
    if np.ptp(y) == 0:
        return table.fillna(0.0)
    table["median"], table["largest"] = _pawn(z, y, names)
    # spread of the medians over resamples of the points
    picks = [rng.integers(n, size=n) for _ in range(PAWN_RESAMPLES)]
    spread = np.array([_pawn(z[rows], y[rows], names)[0] for rows in picks])
    # resampling with ties moves distances up: the interval has the spread of the resamples around the estimate itself
    half = NORMAL * spread.std(axis=0, ddof=1)
    table["median_low"], table["median_high"] = np.maximum(table["median"] - half, 0), table["median"] + half
    table["critical"] = KOLMOGOROV * np.sqrt(1 / n + SLICES / n)
    return table


def _pawn(z, y, names) -> tuple[np.ndarray, np.ndarray]:
    """Return the median and the largest distance over slices, each (factor,)."""
    from SALib.analyze.pawn import analyze

    estimate = analyze(_problem(names), z, y, S=SLICES, seed=0)
    return np.asarray(estimate["median"]), np.asarray(estimate["maximum"])


def _problem(names) -> dict:
    """Return SALib's description of factors in the unit cube."""
    return {"num_vars": len(names), "names": list(names), "bounds": [[0.0, 1.0]] * len(names)}


def ranks(values, low, high) -> tuple[np.ndarray, np.ndarray]:
    """Return the best and the worst rank that each factor may have; overlapping intervals give no order.

    Parameters
    ----------
    values, low, high : (factor,) estimates and the ends of their intervals

    Returns
    -------
    two (factor,) float arrays, from 1; nan where an index is

    >>> best, worst = ranks([0.5, 0.4, 0.1], [0.4, 0.3, 0.0], [0.6, 0.5, 0.2])
    >>> best.tolist(), worst.tolist()
    ([1.0, 1.0, 3.0], [2.0, 2.0, 3.0])
    """
    values, low, high = (np.asarray(column, dtype=float) for column in (values, low, high))
    unknown = ~np.isfinite(values)
    above = (low[None, :] > high[:, None]).sum(axis=1)  # factors whose whole interval lies above
    below = (high[None, :] < low[:, None]).sum(axis=1)
    best, worst = 1.0 + above, float((~unknown).sum()) - below
    return np.where(unknown, np.nan, best), np.where(unknown, np.nan, worst)


def variance_ratio_interval(ratio, within, between) -> tuple[float, float]:
    """Return the 90 % interval of a ratio of two variances of normal samples, cut at 1.

    ``within`` and ``between`` are the degrees of freedom of the two samples.

    >>> low, high = variance_ratio_interval(0.1, 16, 1000)
    >>> round(low, 3), round(high, 3)
    (0.06, 0.202)
    """
    from scipy.stats import f

    if not (ratio == ratio and within > 0 and between > 0):
        return np.nan, np.nan
    low, high = (float(ratio / f.ppf(p, within, between)) for p in ((1 + LEVEL) / 2, (1 - LEVEL) / 2))
    return min(low, 1.0), min(high, 1.0)


def one_at_a_time(values, y) -> pd.DataFrame:
    """Return the tornado table: y at the ends of each factor's range, all others at their centre.

    Parameters
    ----------
    values : DataFrame of the points, a column a factor; the first row is the centre
    y : (n,) values

    Returns
    -------
    DataFrame: centre, at_low, at_high, least, most, width
    """
    rows = {}
    centre = values.iloc[0]
    for name in values:
        # points that differ from the centre in this factor alone
        moved = np.flatnonzero((values[name] != centre[name]).to_numpy())
        x, of = np.append(values[name].to_numpy()[moved], centre[name]), np.append(y[moved], y[0])
        rows[name] = [y[0], of[x.argmin()], of[x.argmax()], of.min(), of.max(), np.ptp(of)]
    return pd.DataFrame.from_dict(rows, "index", columns=list(ONE_AT_A_TIME))


def chance_width(error, points, values, factors) -> float:
    """Return the range that chance alone gives the widest of so many factors in 5 % of one-at-a-time designs.

    It is a quantile of the studentized range, with each factor's share of the 5 % (Bonferroni).

    Parameters
    ----------
    error : standard deviation of one point by chance, as estimated from ``points`` pairs of runs
    values : points along each factor
    factors : number of factors

    Returns
    -------
    float, in the unit of the error; nan where no point was run twice

    >>> round(chance_width(1.0, 16, 6, 1), 2), chance_width(0.0, 16, 6, 17)
    (4.56, 0.0)
    """
    from scipy.stats import studentized_range

    if not (points > 0 and error > 0):
        return error
    return float(error * studentized_range.ppf(1 - BY_CHANCE / factors, values, points))


def partial_dependence(x, y, bins=10) -> pd.DataFrame:
    """Return the mean of y over equally filled parts of a factor's range, with its standard error.

    Returns
    -------
    DataFrame: x (mean of the part), mean, error, low, high (5 and 95 % of the points)
    """
    # sort the points by x and cut them into parts of equal number
    order = np.array_split(np.argsort(x, kind="stable"), min(bins, max(1, len(x) // 4)))
    rows = [
        (
            x[k].mean(),
            y[k].mean(),
            y[k].std(ddof=1) / np.sqrt(len(k)) if len(k) > 1 else np.nan,
            *np.quantile(y[k], (0.05, 0.95)),
        )
        for k in order
    ]
    return pd.DataFrame(rows, columns=["x", "mean", "error", "low", "high"])
