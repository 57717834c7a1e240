"""Quantiles of the shapes that a range of belief may take.

One rule for every shape. The shape gives a curve ``g(u)``; each side of the median is stretched so that
the 5, 50 and 95 % quantiles are exactly ``low``, ``central`` and ``high``; what then lies outside the
hard bounds is put on the bound. So the central value is the median, and the range is the 90 % range,
whatever the shape: the shape only says how the values lie in between and how far the tails reach.

| shape | curve |
|---|---|
| normal, lognormal | the normal quantile, of the value or of its logarithm |
| uniform, loguniform | a straight line, of the value or of its logarithm |
| halfnormal | the quantile of a half-normal |
| beta | a beta on [0, 1] with the centre as mean and the range as 3.29 standard deviations, never U-shaped |
| zero_inflated | 0 with probability ``mass``, half-normal above |
"""

LOGARITHMIC = ("lognormal", "loguniform")
SHAPES = ("normal", "lognormal", "uniform", "loguniform", "halfnormal", "beta", "zero_inflated")
FIVE, HALF, NINETY_FIVE = 0.05, 0.5, 0.95


def quantile(u, shape, central, low, high, bounds, mass=0.0):
    """Return the ``u`` quantiles (array, 0 < u < 1) of a belief with this median and 90 % range."""
    import numpy as np

    if low == high:
        return np.full(np.shape(u), float(central))
    if shape in LOGARITHMIC:
        central, low, high = np.log([central, low, high])
    g = _curve(shape, central, low, high, mass)
    away = g(u) - g(HALF)
    below = (low - central) * (away / (g(FIVE) - g(HALF)))
    above = (high - central) * (away / (g(NINETY_FIVE) - g(HALF)))
    value = central + np.where(away < 0, below, above)
    return np.clip(np.exp(value) if shape in LOGARITHMIC else value, *bounds)


def _curve(shape, central, low, high, mass):
    import numpy as np
    from scipy import special

    def half_normal(u):
        return special.ndtri((1 + u) / 2)

    if shape in ("normal", "lognormal"):
        return special.ndtri
    if shape in ("uniform", "loguniform"):
        return lambda u: u
    if shape == "halfnormal":
        return half_normal
    if shape == "zero_inflated":
        return lambda u: half_normal(np.clip((u - mass) / (1 - mass), 0, None))
    variance = ((high - low) / 3.29) ** 2
    # a, b >= 1: a wide range makes the belief flat, not a bet on the two ends
    size = max(central * (1 - central) / variance - 1, 1 / min(central, 1 - central))
    return lambda u: special.betaincinv(central * size, (1 - central) * size, u)
