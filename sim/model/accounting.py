"""Accounts of a year: record every entry, move, exit and change of status, tier or job, and check them against stocks.

There are two accounts. The first counts engineers by ledger cell (hub, home, tier, status), so that an error names the
cell where it occurred. The second is a fingerprint: a 64-bit hash of hub, home, tier, role, sector, employer, status
and type, summed over all engineers; it checks all attributes at once, and misses an error with probability 2**-64.
"""

import numpy as np

from sim.errors import InvariantError
from sim.model.kernels.accounts import no_delta
from sim.world.categories import SECTORS, TIERS
from sim.world.engineers import STATUS_COUNT


class Accounts:
    """Flows of one year, in agents; ``close`` checks that they explain the change of the stock in every ledger cell.

    Attributes
    ----------
    delta : (cell + 1,) net change of each ledger cell, and the change of the fingerprint
    flow : (origin, destination) movers; crossings : (tier,) movers across a border
    entrants : (hub, tier); graduates : (hub, tier) of the entrants, those from study; exits : (hub,)
    forced : (hub, home) emigrants whose permit has expired
    promotions : (hub, tier) by the tier left
    hires : (sector, sector) new jobs by the sector left and taken, those of movers included
    job_changes : (status,) new jobs of people who stay in their hub
    spinouts : (hub,) leaders who founded a startup
    tied_moves : movers to a hub where a former colleague lives
    hubs_with_contacts : (origin, hub) movers from the origin with a former colleague in the hub
    """

    def __init__(self, hubs, homes) -> None:
        self.shape = (hubs, homes, len(TIERS), STATUS_COUNT)
        self.delta = no_delta.py_func(hubs, homes)  # compiled for one call it would take half a second
        self.flow = np.zeros((hubs, hubs), np.int64)
        self.crossings = np.zeros(len(TIERS), np.int64)
        self.entrants = np.zeros((hubs, len(TIERS)), np.int64)
        self.graduates = np.zeros((hubs, len(TIERS)), np.int64)
        self.exits = np.zeros(hubs, np.int64)
        self.forced = np.zeros((hubs, homes), np.int64)
        self.promotions = np.zeros((hubs, len(TIERS)), np.int64)
        self.hires = np.zeros((len(SECTORS), len(SECTORS)), np.int64)
        self.job_changes = np.zeros(STATUS_COUNT, np.int64)
        self.spinouts = np.zeros(hubs, np.int64)
        self.tied_moves, self.hubs_with_contacts = 0, np.zeros((hubs, hubs), np.int64)

    def cells(self, delta) -> np.ndarray:
        """Return the cells of a change (cell + 1,) as (hub, home, tier, status) agents, without the fingerprint."""
        return delta[:-1].reshape(self.shape)

    def entered(self, delta) -> None:
        """Record entrants: ``delta`` (cell + 1,) is their agents by cell, and their fingerprint."""
        self.delta += delta
        self.entrants += self.cells(delta).sum(axis=1).sum(axis=2)

    def left(self, delta) -> None:
        """Record exits from the occupation: ``delta`` (cell + 1,) is agents by cell, none positive, and fingerprint."""
        self.delta += delta
        self.exits -= delta[:-1].reshape(self.shape[0], -1).sum(axis=1)

    def rehired(self, delta, hires, job_changes) -> None:
        """Record job changes within a hub: (cell + 1,), hires (sector, sector) and job changes (status,), in agents."""
        self.delta += delta
        self.hires += hires
        self.job_changes += job_changes

    def tied_at_random(self) -> float:
        """Return the movers expected to have a former colleague in their destination under random destinations.

        A destination is then drawn in proportion to the year's arrivals in all hubs other than the origin.
        """
        arrivals = self.flow.sum(axis=0)
        elsewhere = np.maximum(arrivals.sum() - arrivals, 1)  # by origin: arrivals in all other hubs
        return (self.hubs_with_contacts * arrivals).sum(axis=1) @ (1 / elsewhere)

    def close(self, before, after) -> None:
        """Check ``stock(t+1) = stock(t) + entrants + arrivals - departures - exits`` to the agent.

        The check covers each (hub, home, tier, status) against the recorded changes, each hub against the flows, and
        all attributes at once against the fingerprint.

        Parameters
        ----------
        before, after : (cell + 1,) counts of 1 January of this year and of the next

        Raises
        ------
        InvariantError
            if they do not balance; the message names the first cell or hub
        """
        # net change of each hub by the flows: arrivals less departures, plus entrants, less exits
        moved = self.flow.sum(axis=0) - self.flow.sum(axis=1) + self.entrants.sum(axis=1) - self.exits
        by_hub = lambda counts: counts[:-1].reshape(self.shape[0], -1).sum(axis=1)  # noqa: E731
        # three checks, each from its own records
        for start, delta, end, axes in (
            (self.cells(before), self.cells(self.delta), self.cells(after), "(hub, home, tier, status)"),
            (by_hub(before), moved, by_hub(after), "(hub,)"),
            (before[-1:], self.delta[-1:], after[-1:], "fingerprint of hub, home, tier, sector, employer and status"),
        ):
            differs = start + delta != end
            if differs.any():
                wrong = np.argwhere(differs)
                first = tuple(int(k) for k in wrong[0])
                raise InvariantError("stocks and flows disagree", f"{len(wrong)} cells, the first {axes} {first}")
