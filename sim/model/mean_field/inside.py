"""People inside a country who ask for a permit in March (E5): students, and people in work after their studies."""

import numpy as np

from ..routes import route_shares


class Inside:
    """Who asks this year, each for the most promising route that is open to him.

    Whether a route is open to somebody never changes: who asked last year and was granted nothing then has fewer of
    them. Students ask for the first time.

    Parameters
    ----------
    offices : ExpectedOffices
    asking : (first time or again, home, tier, role, hub) persons
    trained : (first time or again, home, hub) share with a degree of the country
    """

    def __init__(self, offices, asking, trained):
        self.offices, self.odds = offices, {}  # odds: drawn route -> (tier,) chance
        _, share, pattern_of = route_shares(offices.arm, abroad=False)
        self.pattern = pattern_of[0]  # of homes to which the same routes are open
        before = offices.chance_before[:, offices.route_of_hubs()]  # tier, hub, k
        granted = np.einsum("ptrhk,thk->ptrh", share, before)[..., None]
        self.share = np.stack([share, share * (1 - before)[:, None] / np.maximum(1 - granted, 1e-9)])
        of = (self.pattern == np.arange(len(share))[:, None]).astype(float)
        by_pattern = lambda x: np.tensordot(of, x, (1, 1)).swapaxes(0, 1)  # noqa: E731
        self.persons = np.einsum("fptrhk,fptrh->fthk", self.share, by_pattern(asking), optimize=True)
        self.trained = np.einsum("fptrhk,fptrh->fthk", self.share, by_pattern(asking * trained[:, :, None, None]),
                                 optimize=True)
        offices.count("applicants", self.persons)

    def by_tier(self, r):
        """(tier,) persons who register for route ``r``, and the share of them with a local degree."""
        mine = self.offices.route_of_hubs() == r
        persons, trained = ((x * mine).sum(axis=(0, 2, 3)) for x in (self.persons, self.trained))
        return persons, trained / np.maximum(persons, 1e-300)

    def chances(self):
        """(kind, first time or again, home, tier, role, hub) chance of a permit, once the pools are drawn."""
        offices, route = self.offices, self.offices.route_of_hubs()
        room = offices.room() - offices.counts["grants"]
        chance = np.broadcast_to(offices.approval, offices.p_pays.shape).copy()
        asked = offices.by_route(self.persons.sum(axis=(0, 1)))
        for r in np.flatnonzero(offices.capped):
            chance[:, r] *= min(1.0, max(room[r], 0.0) / max(asked[r], 1e-300))
        offices.chance_before = np.where(offices.drawn, 0.0, chance)
        for r in np.flatnonzero(offices.drawn):
            chance[:, r] *= self.odds.get(r, 0.0)
        each = chance[:, route] * (route >= 0)  # tier, hub, k
        offices.count_grants(self.persons * each, abroad=False)
        kinds = np.stack([each * ~offices.is_permanent(route), each * offices.is_permanent(route)])
        return np.einsum("fptrhk,cthk->cfptrh", self.share, kinds)[:, :, self.pattern]
