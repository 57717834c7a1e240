"""The year's books in persons: what ``ledger.Books`` holds in agents, with numbers that need not be whole."""

import numpy as np

from sim.errors import InvariantError
from sim.world.categories import SECTORS, STATUSES, TIERS

ROUNDING = 1e-9  # of the world's engineers: what sums of floating-point numbers may miss


class ExpectedBooks:
    """What is expected to happen in one year; attributes as in ``ledger.Books``, arrays of persons.

    Who knows a former colleague where he goes is not followed: ``tied_moves`` is not a number.
    """

    tied_moves = float("nan")

    def __init__(self, hubs):
        self.flow = np.zeros((hubs, hubs))
        self.crossings = np.zeros(len(TIERS))
        self.entrants, self.graduates = np.zeros((hubs, len(TIERS))), np.zeros((hubs, len(TIERS)))
        self.exits = np.zeros(hubs)
        self.promotions = np.zeros((hubs, len(TIERS)))
        self.hires = np.zeros((len(SECTORS), len(SECTORS)))
        self.job_changes = np.zeros(len(STATUSES))

    def tied_at_random(self):
        """Not followed either."""
        return float("nan")

    def close(self, before, after):
        """Check ``stock(t+1) = stock(t) + entrants + arrivals - departures - exits`` by hub to rounding error.

        Parameters
        ----------
        before, after : (hub,) persons

        Raises
        ------
        InvariantError
        """
        moved = self.flow.sum(axis=0) - self.flow.sum(axis=1) + self.entrants.sum(axis=1) - self.exits
        gap = np.abs(before + moved - after)
        if not gap.max() <= ROUNDING * max(before.sum(), 1.0):
            raise InvariantError("stocks and flows disagree", f"by {gap.max():.3g} persons in hub {int(gap.argmax())}")
