"""Engineers as a struct of arrays: one slot each, slots never reused.

``category`` packs the four things that never change together in one byte: type, tier, role and taste for pay. The
codes of every small vocabulary of the model are declared here, once.
"""

from typing import NamedTuple

import numpy as np

from sim.world.categories import (
    ROLES,
    TIERS,
)

CITIZEN, PERMANENT, TEMPORARY, STUDENT, OPT, STEM_OPT = range(6)
TASTES = np.array([-1.7320508, 0.0, 1.7320508])  # three-point Gauss-Hermite rule: spread of b_pay over engineers
TASTE_SHARES = np.array([1 / 6, 2 / 3, 1 / 6])
CATEGORIES = 2 * len(TIERS) * len(ROLES) * len(TASTES)
NATIVE_YEAR = -1000  # arrival_year of those who never came from abroad; abroad_since of those who live at home
YOUNGEST, OLDEST = 22, 67


class Engineers(NamedTuple):
    """Columns of all slots, (slot,) each; a slot whose ``hub`` is -1 is empty (not yet in, or gone)."""

    hub: np.ndarray  # int8, residence
    home: np.ndarray  # int8, origin
    category: np.ndarray  # int8, type, tier, role and taste for pay in one: see category()
    sector: np.ndarray  # int8, of the employer
    employer_hub: np.ndarray  # int8, the hub worked for: differs from hub when remote
    status: np.ndarray  # int8, in the country of residence
    route: np.ndarray  # int8, permit held, -1 for none
    trained_in: np.ndarray  # int8, country of the last degree
    target: np.ndarray  # int8, hub applied for while a petition is pending, else -1
    graduate: np.ndarray  # bool, entered this year from study
    arrival_year: np.ndarray  # int16, year of arrival in the country of residence
    abroad_since: np.ndarray  # int16, year the home country was left
    birth_year: np.ndarray  # int16, year of birth
    expiry_month: np.ndarray  # int16, last month of the status (months since year 0)
    team: np.ndarray  # int32, those who entered together in one hub and sector

    @property
    def bytes_each(self):
        """Memory of one slot in bytes, ties apart."""
        return sum(column.itemsize for column in self)

    def copy(self):
        """An independent copy, so that every arm starts from the same people."""
        return Engineers(*(column.copy() for column in self))

    def grown(self, count):
        """These columns with ``count`` empty slots behind."""
        return Engineers(*(np.concatenate(pair) for pair in zip(self, empty(count), strict=True)))


def empty(capacity):
    """Columns of ``capacity`` empty slots."""
    types = [np.int8] * 9 + [np.bool_] + [np.int16] * 4 + [np.int32]
    columns = Engineers(*(np.zeros(capacity, t) for t in types))
    columns.hub[:] = columns.route[:] = columns.target[:] = -1
    return columns


def category(kind, tier, role, taste):
    """Pack type (0 stays, 1 moves), tier, role and taste into one code in [0, 90)."""
    return ((kind * 3 + tier) * 5 + role) * 3 + taste


def tier_of(category):
    """Tier code of a category code."""
    return category // 15 % 3


def role_of(category):
    """Role code of a category code."""
    return category // 3 % 5


def skill_of(category):
    """Tier and role of a category code in one: tier * number of roles + role."""
    return category // 3 % 15


TIER_OF, ROLE_OF = (of(np.arange(CATEGORIES)).astype(np.uint8) for of in (tier_of, role_of))  # by category code


def apportion(expected):
    """Whole numbers nearest to ``expected`` whose running sums are right: nobody lost, every cell within one.

    >>> apportion(np.array([0.4, 0.4, 0.4, 0.8])).tolist()
    [0, 1, 0, 1]
    """
    edges = np.rint(np.cumsum(np.asarray(expected, float).ravel()) + 1e-9).astype(np.int64)
    return np.diff(edges, prepend=0).reshape(np.shape(expected))
