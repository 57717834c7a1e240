"""Keyed draws: a draw is a pure function of who, what and when.

``uniform(key(seed, question, year), slots)`` gives engineer ``slot`` the same number under every policy, for any
number of threads and in any order, because nothing is consumed: the slot is hashed, not the stream advanced.
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


def _mix(x):
    """Splitmix64's finaliser on a Python integer."""
    x = ((x ^ (x >> 30)) * int(MIX_1)) & _MASK
    x = ((x ^ (x >> 27)) * int(MIX_2)) & _MASK
    return x ^ (x >> 31)


def key(seed, question, year=0):
    """The 64-bit key of one question in one year of one replicate.

    Parameters
    ----------
    seed : int, not negative (0 is a seed like any other)
    question : str, what is being asked, e.g. ``"destination"``
    year : int

    Returns
    -------
    numpy.uint64
    """
    return np.uint64(_mix((_word(seed, question) + (year + 1) * int(MIX_2)) & _MASK))


@lru_cache(maxsize=1024)
def _word(seed, question):
    # crc32, because Python's hash() is salted per process
    word = _mix((seed * int(GOLDEN) + 1) & _MASK)
    return _mix((word + crc32(question.encode()) * int(MIX_1)) & _MASK)


def uniform(key, slots):
    """Uniform draws in [0, 1), one a slot.

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
    """What may befall an engineer in a year: declared once, executed by the step of its module, printed in the ODD.

    It happens where the keyed draw of ``question`` is below the hazard. ``year.HAZARDS`` lists them all.
    """

    equation: str  # its label
    name: str
    who: str  # may meet it
    when: str
    question: str  # of the keyed draw
    rate: Callable  # of a simulation and a year: per person-year, or a probability; axes in its docstring
    changes: str  # what it changes

    def key(self, sim, year):
        """The key of the year's draw."""
        return key(sim.seed, self.question, year)


def rounded(amount, key, slot=0):
    """``amount`` rounded up or down at random so that its expectation is kept (E5: caps at agent scale).

    >>> [int(rounded(2.25, key(s, "cap", 2026))) for s in range(8)].count(3)
    2
    """
    whole = np.floor(amount)
    return whole + (uniform(key, slot) < amount - whole)
