"""Compute quantiles of the distributions that the range of an assumption may have, and the points that they take."""

import csv
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

LOGARITHMIC = ("lognormal", "loguniform")
SHAPES = ("normal", "lognormal", "uniform", "loguniform", "halfnormal", "beta", "zero_inflated")
FIVE, HALF, NINETY_FIVE = 0.05, 0.5, 0.95
BITS = 30  # of a point of the Sobol sequence, which has 2**30 points at most
DIRECTIONS = Path(__file__).parent / "data" / "sobol_directions.csv"
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


def sobol(dimensions: int, power: int, seed: list[int]) -> "np.ndarray":
    """Return the first 2**power points of a scrambled Sobol sequence, (point, dimension) in [0, 1).

    They are those of ``scipy.stats.qmc.Sobol``, bit for bit (tested). Importing scipy.stats takes most of a second, and
    nothing else in a run needs it. Sources: Joe and Kuo 2008, SIAM Journal on Scientific Computing 30, for directions;
    Matousek 1998, Journal of Complexity 14, for the scrambling.

    Parameters
    ----------
    dimensions : int, at most the rows of ``sobol_directions.csv``
    seed : of ``numpy.random.SeedSequence``
    """
    import numpy as np

    stream = np.random.SeedSequence(seed).spawn(1)[0]  # as scipy does with a generator that it is given
    rng, place = np.random.default_rng(stream), np.arange(BITS, dtype=np.uint32)
    flip = lambda shape: rng.integers(0, 2, size=shape, dtype=np.uint32)  # noqa: E731
    # scramble: a digital shift, and a random lower triangular matrix over the bits of every direction
    shift = flip((dimensions, BITS)) @ 2**place
    lower = np.tril(flip((dimensions, BITS, BITS)), -1) + np.eye(BITS, dtype=np.uint32)
    bits = _directions()[:dimensions, :, None] >> place[::-1] & 1  # dimension, direction, bit from the highest
    bits = np.einsum("dpk,djk->djp", lower, bits, optimize=True) & 1
    directions = (bits << place[::-1]).sum(axis=2, dtype=np.uint32)
    # Gray code: a point differs from the one before by the direction of the lowest zero of its number
    zero = [(~k & (k + 1)).bit_length() - 1 for k in range(2**power - 1)]
    steps = np.concatenate([shift[None], directions.T[zero]])
    return np.bitwise_xor.accumulate(steps, axis=0) / 2**BITS


@lru_cache(maxsize=1)
def _directions() -> "np.ndarray":
    """Return (dimension, direction) the direction numbers, as whole numbers of BITS bits."""
    import numpy as np

    found = []
    with DIRECTIONS.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            polynomial, numbers = int(row["polynomial"]), [int(x) for x in row["numbers"].split()]
            degree = polynomial.bit_length() - 1
            if degree == 0:  # the first dimension has 1 throughout
                numbers = [1] * BITS
            # recurrence by the primitive polynomial of the dimension
            for j in range(len(numbers), BITS):
                new = numbers[j - degree]
                for k in range(degree):
                    if polynomial >> (degree - 1 - k) & 1:
                        new ^= numbers[j - k - 1] << (k + 1)
                numbers.append(new)
            found.append([x << (BITS - 1 - j) for j, x in enumerate(numbers)])
    return np.array(found, np.uint32)
