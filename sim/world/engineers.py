"""Engineers as a struct of arrays: one slot for each engineer; a slot is never reused.

``category`` packs four attributes into one byte: persistent type, tier, role and taste for pay. The integer codes of
statuses and the points of the distribution of tastes are declared here.
"""

from typing import Any, NamedTuple

import numpy as np

from sim.world.categories import ROLES, SECTORS, STATUSES, TIERS

CITIZEN, PERMANENT, TEMPORARY, STUDENT, OPT, STEM_OPT = range(6)  # codes of the statuses
TASTES = np.array([-1.7320508, 0.0, 1.7320508])  # three-point Gauss-Hermite rule: spread of b_pay over engineers
TASTE_SHARES = np.array([1 / 6, 2 / 3, 1 / 6])
# sizes of the axes, as whole numbers that compiled code may read
TIER_COUNT, ROLE_COUNT, SECTOR_COUNT, STATUS_COUNT = len(TIERS), len(ROLES), len(SECTORS), len(STATUSES)
TASTE_COUNT = len(TASTES)
TIER_STEP = ROLE_COUNT * TASTE_COUNT  # of the category code from one tier to the next better one
SKILLS = TIER_COUNT * ROLE_COUNT  # tier and role in one number
PROFILES = SKILLS * TASTE_COUNT  # tier, role and taste in one number: category % PROFILES
CATEGORIES = 2 * PROFILES
NATIVE_YEAR = -1000  # arrival_year of engineers who never came from abroad, abroad_since of those who live at home
YOUNGEST, OLDEST = 22, 67


Codes = Any  # one integer code, or an array of codes


class Engineers(NamedTuple):
    """Columns of all slots, (slot,) each; a slot whose ``hub`` is -1 is empty: not entered yet, or left."""

    hub: np.ndarray  # int8, residence
    home: np.ndarray  # int8, origin
    category: np.ndarray  # int8, type, tier, role and taste for pay packed by category()
    sector: np.ndarray  # int8, of the employer
    employer_hub: np.ndarray  # int8, hub of the employer: differs from hub for remote workers
    status: np.ndarray  # int8, in the country of residence
    route: np.ndarray  # int8, permit held, -1 for none
    trained_in: np.ndarray  # int8, country of the last degree
    target: np.ndarray  # int8, hub of the pending visa application, -1 for none
    graduate: np.ndarray  # bool, entered this year from study
    arrival_year: np.ndarray  # int16, year of arrival in the country of residence
    abroad_since: np.ndarray  # int16, year the home country was left
    birth_year: np.ndarray  # int16, year of birth
    expiry_month: np.ndarray  # int16, last month of the status (months since year 0)
    team: np.ndarray  # int32, number of the team: engineers who entered together in one hub and sector

    @property
    def bytes_each(self) -> int:
        """Memory of one slot in bytes, without its ties."""
        return sum(column.itemsize for column in self)

    def copy(self) -> "Engineers":
        """Return an independent copy, so that every simulation starts from the same people."""
        return Engineers(*(column.copy() for column in self))

    def grown(self, count: int) -> "Engineers":
        """Return the columns with ``count`` empty slots appended."""
        return Engineers(*(np.concatenate(pair) for pair in zip(self, empty(count), strict=True)))


def empty(capacity: int) -> Engineers:
    """Return the columns of ``capacity`` empty slots."""
    types = [np.int8] * 9 + [np.bool_] + [np.int16] * 4 + [np.int32]
    columns = Engineers(*(np.zeros(capacity, t) for t in types))
    columns.hub[:] = columns.route[:] = columns.target[:] = -1
    return columns


def category(kind: Codes, tier: Codes, role: Codes, taste: Codes) -> Codes:
    """Pack persistent type (0 stayer, 1 mover), tier, role and taste for pay into one code in [0, CATEGORIES)."""
    return ((kind * TIER_COUNT + tier) * ROLE_COUNT + role) * TASTE_COUNT + taste


def tier_of(category: Codes) -> Codes:
    """Return the tier code of a category code."""
    return category // TIER_STEP % TIER_COUNT


def role_of(category: Codes) -> Codes:
    """Return the role code of a category code."""
    return category // TASTE_COUNT % ROLE_COUNT


def skill_of(category: Codes) -> Codes:
    """Return tier and role of a category code in one number: tier * number of roles + role."""
    return category // TASTE_COUNT % SKILLS


# tier and role codes by category code, (CATEGORIES,), for lookups in compiled code
TIER_OF, ROLE_OF = (of(np.arange(CATEGORIES)).astype(np.uint8) for of in (tier_of, role_of))


def apportion(expected: np.ndarray) -> np.ndarray:
    """Round an array to whole numbers such that every running sum is off by at most a half.

    The total is kept, and every cell is within one of its expected value. Same shape, int64.

    >>> apportion(np.array([0.4, 0.4, 0.4, 0.8])).tolist()
    [0, 1, 0, 1]
    """
    edges = np.rint(np.cumsum(np.asarray(expected, float).ravel()) + 1e-9).astype(np.int64)
    return np.diff(edges, prepend=0).reshape(np.shape(expected))
