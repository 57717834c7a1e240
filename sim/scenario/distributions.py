"""Quantiles of the distributions that an assumption's range may have."""

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
