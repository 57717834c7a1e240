"""Keyed random draws: each draw is a pure function of seed, question, year and slot.

``uniform(key(seed, question, year), slots)`` gives engineer ``slot`` the same number under every policy, for any
number of threads and in any order, because the slot is hashed and no stream is advanced.
The hash is the finaliser of splitmix64 (Steele, Lea and Flood 2014, OOPSLA), a counter-based generator.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple
from zlib import crc32

import numpy as np

GOLDEN = np.uint64(0x9E3779B97F4A7C15)
MIX_1, MIX_2 = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
S30, S27, S31, S11 = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(11)
TO_UNIT = 1.0 / 9007199254740992.0  # 2**-53: the 53 bits a double can hold
_MASK = (1 << 64) - 1


def _mix(x) -> int:
    """Apply the finaliser of splitmix64 to a Python integer and return 64 bits."""
    x = ((x ^ (x >> 30)) * int(MIX_1)) & _MASK
    x = ((x ^ (x >> 27)) * int(MIX_2)) & _MASK
    return x ^ (x >> 31)


@lru_cache(maxsize=4096)  # both arms of a pair ask for the same keys
def key(seed, question, year=0) -> np.uint64:
    """Return the 64-bit key of one question in one year of one replicate.

    Parameters
    ----------
    seed : int, not negative (0 is a seed like any other)
    question : str, name of the draw, e.g. ``"destination"``
    year : int

    Returns
    -------
    numpy.uint64
    """
    return np.uint64(_mix((word(seed, question) + (year + 1) * int(MIX_2)) & _MASK))


@lru_cache(maxsize=1024)
def word(seed, question) -> int:
    """Return the 64-bit hash of seed and question, which ``key`` combines with the year."""
    # crc32, because Python's hash() is salted per process
    word = _mix((seed * int(GOLDEN) + 1) & _MASK)
    return _mix((word + crc32(question.encode()) * int(MIX_1)) & _MASK)


def uniform(key, slots) -> np.ndarray:
    """Return uniform draws in [0, 1), one for each slot.

    Parameters
    ----------
    key : numpy.uint64, from :func:`key`
    slots : array of integers, any shape, not negative

    Returns
    -------
    array of float64, shaped like ``slots``

    >>> uniform(key(0, "destination", 2026), np.arange(3)).round(4)
    array([0.8382, 0.9097, 0.7183])
    """
    slots = np.asarray(slots)
    x = key + slots.reshape(-1).astype(np.uint64) * GOLDEN  # arrays wrap in silence, scalars would warn
    x = (x ^ (x >> S30)) * MIX_1
    x = (x ^ (x >> S27)) * MIX_2
    x = x ^ (x >> S31)
    return ((x >> S11) * TO_UNIT).reshape(slots.shape)


class Hazard(NamedTuple):
    """A yearly event with a hazard rate: declared once, executed by the step of its module, printed in docs/odd.md.

    It occurs to the engineers whose keyed draw of ``question`` is below the hazard. ``year.HAZARDS`` lists all of them.
    """

    equation: str  # label of the equation, "E4"
    name: str
    who: str  # population at risk
    when: str  # month, or months
    question: str  # name of the keyed draw
    rate: Callable  # of a simulation and a year: hazard a person-year, or probability; its docstring has the axes
    changes: str  # attributes of an engineer that the event changes

    def key(self, sim, year) -> np.uint64:
        """Return the key (uint64) of the year's draw."""
        return key(sim.seed, self.question, year)


def rounded(amount, key, slot=0) -> np.ndarray:
    """Return ``amount`` rounded up or down at random so that its expectation is exact (E5: caps at agent scale).

    >>> [int(rounded(2.25, key(s, "cap", 2026))) for s in range(8)].count(3)
    2
    """
    whole = np.floor(amount)
    return whole + (uniform(key, slot) < amount - whole)
