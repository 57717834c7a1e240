"""Designs of a sweep: points in the unit cube, block by block; and the screening of factors."""

from dataclasses import dataclass
from functools import lru_cache
from zlib import crc32

import numpy as np

from sim.errors import ResultError, UsageError
from sim.results.saved_checks import METHODS
from sim.results.sweep import index_table, undefined_sentence

# --- Designs ----------------------------------------------------------------------------------------


USUAL = {"lhs": 256, "morris": 8, "sobol": 64, "pawn": 512, "oat": None, "grid": None}
LEVELS = {"oat": 5, "grid": 7, "morris": 4}
SLICE = 64  # points of one Latin hypercube: longer designs are several
MOST_POINTS = 1_000_000  # of a grid
TRIES = 6  # blocks tried for each that is wanted


@dataclass(frozen=True)
class Design:
    """Blocks of points.

    Attributes
    ----------
    method : one of ``METHODS``
    d : factors
    seed : of all its draws
    levels : values of each factor, where the method has them
    centre : (d,) coordinates of the centre, for ``oat``
    """

    method: str
    d: int
    seed: int = 0
    levels: int | None = None
    centre: tuple = ()

    @property
    def size(self) -> int:
        """Return points of a block."""
        return {"morris": self.d + 1, "sobol": self.d + 2}.get(self.method, 1)

    @property
    def anchors(self) -> tuple:
        """Return places in a block whose points are far apart; the variance by chance is measured on them."""
        return {"morris": (0, self.d), "sobol": (0, 1)}.get(self.method, (0,))

    @property
    def length(self) -> int | None:
        """Return number of blocks; None for an endless design."""
        if self.method == "grid":
            return self._levels**self.d
        return 1 + self.d * self._levels if self.method == "oat" else None

    @property
    def replaces(self) -> bool:
        """Return whether a block that cannot be used is replaced by the next of the sequence."""
        return self.method in ("morris", "sobol")

    @property
    def _levels(self) -> int:
        """Return levels of each factor."""
        return self.levels or LEVELS[self.method]

    def block(self, k) -> np.ndarray:
        """Return the (size, d) coordinates of block ``k``."""
        return getattr(self, f"_{self.method}")(k)

    def _morris(self, k) -> np.ndarray:
        """Return a trajectory: each step changes one factor."""
        from SALib.sample.morris import sample

        # SALib makes one trajectory, with a generator of its own for each block
        problem = {"num_vars": self.d, "names": list(map(str, range(self.d))), "bounds": [[0.0, 1.0]] * self.d}
        return sample(problem, 1, num_levels=self._levels, seed=_rng(self, k))

    def _sobol(self, k) -> np.ndarray:
        """Return the rows A, B, AB_1 ... AB_d of one base sample (Saltelli)."""
        # one row of the sequence has both halves; AB_k is A with the k-th coordinate of B
        base = _sobol_base(2 * self.d, self.seed, max(6, k.bit_length()))[k]
        a, b = base[: self.d], base[self.d :]
        rows = np.tile(a, (self.d + 2, 1))
        rows[1] = b
        rows[2 + np.arange(self.d), np.arange(self.d)] = b
        return rows

    def _lhs(self, k) -> np.ndarray:
        """Return one point of a Latin hypercube."""
        return _hypercube(self.d, self.seed, k // SLICE)[k % SLICE][None]

    def _pawn(self, k) -> np.ndarray:
        """Return one point of the design for PAWN."""
        return _sobol_base(self.d, self.seed, max(6, k.bit_length()))[k][None]

    def _grid(self, k) -> np.ndarray:
        """Return one point of the full grid, in shuffled order."""
        place = _order(self.seed, self.length)[k]
        return np.array(_corner(self.d, self._levels, int(place)))[None]

    def _oat(self, k) -> np.ndarray:
        """Return one point at which a single factor leaves the centre."""
        # block 0 is the centre; the others take one factor through its levels
        point = np.array(self.centre, dtype=float)
        if k:
            factor, level = divmod(k - 1, self._levels)
            point[factor] = level / (self._levels - 1)
        return point[None]


def design(method, d, n=None, seed=0, levels=None, centre=()) -> tuple:
    """Return a design and the number of blocks to run.

    Raises
    ------
    UsageError for a method or a number that makes no sense
    """
    if method not in METHODS:
        raise UsageError(f"method {method!r}", f"there are: guided, {', '.join(METHODS)}")
    if levels is not None and (method not in LEVELS or levels < 2 or (method == "morris" and levels % 2)):
        fits = "an even number of 2 or more" if method == "morris" else "2 or more" if method in LEVELS else "none"
        raise UsageError(f"levels {levels}", f"{method} takes {fits}")
    made = Design(method, d, seed, levels, tuple(centre))
    # a grid and one-at-a-time have as many points as their factors and levels give
    if made.length is not None:
        if made.length > MOST_POINTS:
            raise UsageError("grid", f"{d} factors of {made._levels} levels are {made.length:,} points; fewer of both")
        if n is not None:
            raise UsageError(f"n {n}", f"{method} has {made.length:,} points by its factors and levels; no --n")
        return made, made.length
    return made, blocks_asked(method, n)


def blocks_asked(method, n) -> int:
    """Return the blocks to run for ``--n``; Sobol designs are rounded up to a power of two, where they are balanced.

    >>> blocks_asked("sobol", 100), blocks_asked("morris", 10)
    (128, 10)
    """
    n = USUAL[method] if n is None else n
    # fewer blocks cannot give an index
    least = {"sobol": 4, "morris": 2, "pawn": 32}.get(method, 2)
    if not least <= n <= MOST_POINTS:
        raise UsageError(f"n {n}", f"{method} takes from {least} to {MOST_POINTS:,}")
    return 1 << (n - 1).bit_length() if method == "sobol" else n


def _rng(made, k) -> np.random.Generator:
    """Return the generator of block ``k``."""
    return np.random.default_rng([made.seed, crc32(made.method.encode()), k])


@lru_cache(maxsize=4)
def _sobol_base(d, seed, power) -> np.ndarray:
    """Return 2**``power`` points of a scrambled Sobol sequence in ``d`` dimensions."""
    from scipy.stats import qmc

    rng = np.random.default_rng([seed, crc32(b"sobol"), d])
    return qmc.Sobol(d, scramble=True, rng=rng).random_base2(power)


@lru_cache(maxsize=4)
def _hypercube(d, seed, part) -> np.ndarray:
    """Return one Latin hypercube of ``SLICE`` points."""
    from scipy.stats import qmc

    rng = np.random.default_rng([seed, crc32(b"lhs"), part])
    return qmc.LatinHypercube(d, rng=rng).random(SLICE)


@lru_cache(maxsize=2)
def _order(seed, length) -> np.ndarray:
    """Return a random permutation of the points of a grid."""
    return np.random.default_rng([seed, crc32(b"grid")]).permutation(length)


def _corner(d, levels, place) -> list:
    """Return the coordinates of a point of a grid from its number."""
    return [place // levels**axis % levels / (levels - 1) for axis in range(d)]


# --- Screening: the factors that Sobol indices are computed for -------------------------------------


SHARE = 0.10  # of the largest mean elementary effect
TOGETHER = 0.95  # of the sum of all
MOST = 8


def select(sweep) -> list:
    """Select the factors that pass a screening, the strongest first.

    A factor passes if its mu* is above a tenth of the largest, or if it is among the fewest that hold 95 % of the sum
    of all mu*, whichever gives more factors. At least one and at most eight pass.
    """
    if undefined := undefined_sentence(sweep, stage=sweep.stages.index[0]):
        raise ResultError(sweep.primary, f"nothing can be screened. {undefined}")
    # mu* of every factor, the strongest first
    size = index_table(sweep, stage=sweep.stages.index[0]).mu_star
    if not size.max() > 0:
        return list(size.index[:1])
    above = int((size > SHARE * size.max()).sum())
    hold = int((size.cumsum() < TOGETHER * size.sum()).sum()) + 1
    return list(size.index[: min(max(above, hold), MOST, int((size > 0).sum()))])
