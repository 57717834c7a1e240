"""Compute quantiles of the distributions that the range of an assumption may have."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

LOGARITHMIC = ("lognormal", "loguniform")
SHAPES = ("normal", "lognormal", "uniform", "loguniform", "halfnormal", "beta", "zero_inflated")
FIVE, HALF, NINETY_FIVE = 0.05, 0.5, 0.95
WIDTH_90 = 3.29  # standard deviations between the 5 and 95 % quantiles of a normal distribution


def quantile(
    u: "np.ndarray",
    shape: str,
    central: float,
    low: float,
    high: float,
    bounds: tuple[float, float],
    mass: float = 0.0,
) -> "np.ndarray":
    """Return the ``u`` quantiles of a distribution that is given by its median and its 90 % range.

    Below the median the curve of the shape is stretched to meet ``low`` at 5 %, above it to meet ``high`` at 95 %.

    Parameters
    ----------
    u : array of probabilities, 0 < u < 1
    shape : one of ``SHAPES``
    central, low, high : the 50, 5 and 95 % quantiles; equal ones give a constant
    bounds : (lowest, highest) value; quantiles beyond are clipped
    mass : probability of exactly 0, for zero_inflated

    Returns
    -------
    array of the shape of ``u``
    """
    import numpy as np  # imported late: reading assumptions does not need numpy

    if low == high:
        return np.full(np.shape(u), float(central))
    # logarithmic shapes are fitted to the logarithms of the three figures
    if shape in LOGARITHMIC:
        central, low, high = np.log([central, low, high])
    g = _curve(shape, central, low, high, mass)
    away = g(u) - g(HALF)
    below = (low - central) * (away / (g(FIVE) - g(HALF)))
    above = (high - central) * (away / (g(NINETY_FIVE) - g(HALF)))
    value = central + np.where(away < 0, below, above)
    return np.clip(np.exp(value) if shape in LOGARITHMIC else value, *bounds)


def _curve(shape: str, central: float, low: float, high: float, mass: float) -> Callable[[Any], Any]:
    """Return a quantile function of the right shape; its location and scale do not matter."""
    import numpy as np
    from scipy import special

    def half_normal(u: "np.ndarray") -> "np.ndarray":
        """Return the quantiles of the absolute value of a standard normal variable."""
        return special.ndtri((1 + u) / 2)

    if shape in ("normal", "lognormal"):
        return special.ndtri
    if shape in ("uniform", "loguniform"):
        return lambda u: u
    if shape == "halfnormal":
        return half_normal
    if shape == "zero_inflated":
        return lambda u: half_normal(np.clip((u - mass) / (1 - mass), 0, None))
    # beta with this mean and variance; both parameters stay at least 1, so that a wide range gives a flat
    # distribution and not one with its mass at the two ends
    variance = ((high - low) / WIDTH_90) ** 2
    size = max(central * (1 - central) / variance - 1, 1 / min(central, 1 - central))
    return lambda u: special.betaincinv(central * size, (1 - central) * size, u)
