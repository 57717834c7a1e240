"""The books: every entry, move, exit and change of status, and the proof that stocks and flows agree."""

import numpy as np

from ..errors import InvariantError
from ..world.engineers import TIERS, tier_of

STATUS_COUNT = 6


def cells_of(people, slots, homes):
    """(slot,) cell of each engineer: hub, home, tier and status in one number."""
    hub = people.hub[slots].astype(np.int64)
    cell = hub * homes + people.home[slots]
    return (cell * len(TIERS) + tier_of(people.category[slots])) * STATUS_COUNT + people.status[slots]


class Books:
    """What happened in one year, in agents; ``close`` demands that it explains the change of every cell."""

    def __init__(self, hubs, homes):
        self.shape = (hubs, homes, len(TIERS), STATUS_COUNT)
        self.change = np.zeros(int(np.prod(self.shape)), np.int64)
        self.flow = np.zeros((hubs, hubs), np.int64)
        self.crossings = np.zeros(len(TIERS), np.int64)
        self.entrants = np.zeros(hubs, np.int64)
        self.exits = np.zeros(hubs, np.int64)
        self._before, self._after = [], []

    def entered(self, cells):
        """Book people who joined, by their cells."""
        self._after.append(cells)
        self.entrants += np.bincount(self._hub(cells), minlength=self.shape[0])

    def left(self, cells):
        """Book people who left the occupation."""
        self._before.append(cells)
        self.exits += np.bincount(self._hub(cells), minlength=self.shape[0])

    def moved(self, before, after, border):
        """Book movers by their cells before and after; ``border`` says who crossed one."""
        self.changed(before, after)
        hubs = self.shape[0]
        pair = self._hub(before) * hubs + self._hub(after)
        self.flow += np.bincount(pair, minlength=hubs * hubs).reshape(hubs, hubs)
        tier = after[border] // STATUS_COUNT % len(TIERS)
        self.crossings += np.bincount(tier, minlength=len(TIERS))

    def changed(self, before, after):
        """Book a change of status."""
        self._before.append(before)
        self._after.append(after)

    def close(self, stock_before, stock_after):
        """Check ``stock(t+1) = stock(t) + entrants + arrivals - departures - exits`` to the agent.

        Parameters
        ----------
        stock_before, stock_after : (hub, home, tier, status) agents

        Raises
        ------
        InvariantError
            naming the first cell that does not balance
        """
        size = self.change.size
        for cells, sign in ((self._after, 1), (self._before, -1)):
            if cells:
                self.change += sign * np.bincount(np.concatenate(cells), minlength=size)
        wrong = np.flatnonzero(stock_before.ravel() + self.change != stock_after.ravel())
        if wrong.size:
            cell = tuple(int(k) for k in np.unravel_index(wrong[0], self.shape))
            where = f"{wrong.size} cells, the first of them (hub, home, tier, status) {cell}"
            raise InvariantError("stocks and flows disagree", where)

    def _hub(self, cells):
        return cells // int(np.prod(self.shape[1:]))
