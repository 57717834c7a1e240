"""The accounts: every entry, move, exit and change of status, tier or job, and the proof that they explain the stocks.

Two accounts are kept. One counts by (hub, home, tier, status), so that a gap can be told where it is. The other is a
fingerprint: a 64-bit number for every combination of hub, home, tier, role, sector, employer, status and type, summed
over all engineers; it shows that all of them balance at once, and misses a gap once in 2**64.
"""

import numpy as np

from sim.errors import InvariantError
from sim.model.kernels.accounts import no_delta
from sim.world.categories import SECTORS, TIERS
from sim.world.engineers import STATUS_COUNT


class Accounts:
    """What happened in one year, in agents; ``close`` demands that it explains the change of every cell.

    Attributes
    ----------
    change : (cell + 1,) everybody who came into a cell less everybody who left it, and the change of the fingerprint
    flow : (origin, destination) movers; crossings : (tier,) those who crossed a border
    entrants : (hub, tier); graduates : (hub, tier) of them from study; exits : (hub,)
    forced : (hub, home) who left the country because their permit ran out
    promotions : (hub, tier) by the tier left
    hires : (sector, sector) new jobs by the sector left and taken, those of movers included
    job_changes : (status,) new jobs of people who stay in their hub
    tied_moves : movers to a hub where a former colleague lives; tied_hubs : (origin, hub) movers with one there
    """

    def __init__(self, hubs, homes):
        self.shape = (hubs, homes, len(TIERS), STATUS_COUNT)
        self.delta = no_delta(hubs, homes)
        self.flow = np.zeros((hubs, hubs), np.int64)
        self.crossings = np.zeros(len(TIERS), np.int64)
        self.entrants = np.zeros((hubs, len(TIERS)), np.int64)
        self.graduates = np.zeros((hubs, len(TIERS)), np.int64)
        self.exits = np.zeros(hubs, np.int64)
        self.forced = np.zeros((hubs, homes), np.int64)
        self.promotions = np.zeros((hubs, len(TIERS)), np.int64)
        self.hires = np.zeros((len(SECTORS), len(SECTORS)), np.int64)
        self.job_changes = np.zeros(STATUS_COUNT, np.int64)
        self.tied_moves, self.hubs_with_contacts = 0, np.zeros((hubs, hubs), np.int64)

    def cells(self, delta):
        """(hub, home, tier, status) agents of a (cell + 1,) change."""
        return delta[:-1].reshape(self.shape)

    def entered(self, delta):
        """Book people who joined; ``change`` is (cell + 1,) agents and fingerprint."""
        self.delta += delta
        self.entrants += self.cells(delta).sum(axis=(1, 3))

    def left(self, delta):
        """Book people who left the occupation; ``change`` is (cell + 1,), its agents not positive."""
        self.delta += delta
        self.exits -= self.cells(delta).sum(axis=(1, 2, 3))

    def rehired(self, delta, hires, job_changes):
        """Book people who took another job in their hub; (cell + 1,), (sector, sector) and (status,) agents."""
        self.delta += delta
        self.hires += hires
        self.job_changes += job_changes

    def tied_at_random(self):
        """Movers who would know a former colleague where they go, if each went where the year's arrivals went."""
        arrivals = self.flow.sum(axis=0)
        elsewhere = np.maximum(arrivals.sum() - arrivals, 1)  # by origin, which is no destination
        return (self.hubs_with_contacts * arrivals).sum(axis=1) @ (1 / elsewhere)

    def close(self, before, after):
        """Check ``stock(t+1) = stock(t) + entrants + arrivals - departures - exits`` to the agent.

        By hub, home, tier and status against the changes booked, by hub against the flows, and by everything at once
        against the fingerprint.

        Parameters
        ----------
        before, after : (cell + 1,) counts of the two 1 Januaries

        Raises
        ------
        InvariantError
            naming the first cell or hub that does not balance
        """
        moved = self.flow.sum(axis=0) - self.flow.sum(axis=1) + self.entrants.sum(axis=1) - self.exits
        by_hub = lambda counts: self.cells(counts).sum(axis=(1, 2, 3))  # noqa: E731
        for start, delta, end, axes in (
            (self.cells(before), self.cells(self.delta), self.cells(after), "(hub, home, tier, status)"),
            (by_hub(before), moved, by_hub(after), "(hub,)"),
            (before[-1:], self.delta[-1:], after[-1:], "fingerprint of hub, home, tier, sector, employer and status"),
        ):
            wrong = np.argwhere(start + delta != end)
            if len(wrong):
                first = tuple(int(k) for k in wrong[0])
                raise InvariantError("stocks and flows disagree", f"{len(wrong)} cells, the first {axes} {first}")
