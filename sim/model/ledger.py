"""The books: every entry, move, exit and change of status, and the proof that stocks and flows agree."""

import numpy as np
from numba import njit, uint64

from ..errors import InvariantError
from ..world.engineers import TIER_OF, TIERS

STATUS_COUNT = 6


@njit(inline="always")
def cell_of(people, i, homes):
    """Ledger cell of the engineer in slot ``i``: hub, home, tier and status in one number."""
    tier = TIER_OF[uint64(people.category[i])]
    place = uint64(people.hub[i]) * uint64(homes) + uint64(people.home[i])
    return (place * uint64(3) + tier) * uint64(STATUS_COUNT) + uint64(people.status[i])


class Books:
    """What happened in one year, in agents; ``close`` demands that it explains the change of every cell.

    Attributes
    ----------
    change : (cell,) everybody who came into a cell less everybody who left it
    flow : (origin, destination) movers; crossings : (tier,) those who crossed a border
    entrants, exits : (hub,)
    """

    def __init__(self, hubs, homes):
        self.shape = (hubs, homes, len(TIERS), STATUS_COUNT)
        self.change = np.zeros(int(np.prod(self.shape)), np.int64)
        self.flow = np.zeros((hubs, hubs), np.int64)
        self.crossings = np.zeros(len(TIERS), np.int64)
        self.entrants = np.zeros(hubs, np.int64)
        self.exits = np.zeros(hubs, np.int64)

    def entered(self, change):
        """Book people who joined; ``change`` is (cell,) agents."""
        self.change += change
        self.entrants += change.reshape(len(self.entrants), -1).sum(axis=1)

    def left(self, change):
        """Book people who left the occupation; ``change`` is (cell,) agents, not positive."""
        self.change += change
        self.exits -= change.reshape(len(self.exits), -1).sum(axis=1)

    def close(self, stock_before, stock_after):
        """Check ``stock(t+1) = stock(t) + entrants + arrivals - departures - exits`` to the agent.

        By hub, home, tier and status against the changes booked, and by hub against the flows.

        Parameters
        ----------
        stock_before, stock_after : (hub, home, tier, status) agents

        Raises
        ------
        InvariantError
            naming the first cell or hub that does not balance
        """
        moved = self.flow.sum(axis=0) - self.flow.sum(axis=1) + self.entrants - self.exits
        for before, change, axes in (
            (stock_before, self.change.reshape(self.shape), "(hub, home, tier, status)"),
            (stock_before.sum(axis=(1, 2, 3)), moved, "(hub,)"),
        ):
            after = stock_after if before.ndim > 1 else stock_after.sum(axis=(1, 2, 3))
            wrong = np.argwhere(before + change != after)
            if len(wrong):
                first = tuple(int(k) for k in wrong[0])
                raise InvariantError("stocks and flows disagree", f"{len(wrong)} cells, the first {axes} {first}")
