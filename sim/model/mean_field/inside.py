"""People inside a country who ask for a permit in March (E5): students, and people in work after their studies."""

import numpy as np

from sim.model.mean_field.corridors import at_desks
from sim.model.routes import route_shares


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
        hub, route = offices.desks(abroad=False)
        _, share, pattern_of = route_shares(offices.arm, abroad=False)
        self.pattern = pattern_of[0]  # of homes to which the same routes are open
        share = offices.at_desks(share, abroad=False)  # pattern, tier, role, desk
        before = offices.chance_before[:, None, route]  # tier, 1, desk
        granted = offices.by_hub(share * before, abroad=False)
        self.share = np.stack([share, share * (1 - before) / np.maximum(1 - granted[..., hub], 1e-9)])
        self.persons, self.trained = (
            np.stack([at_desks(*parts, self.pattern, hub).sum(axis=0) for parts in zip(x, self.share, strict=True)])
            for x in (asking, asking * trained[:, :, None, None])
        )  # first time or again, tier, desk
        offices.count("applicants", self.persons, abroad=False)

    def by_tier(self, r):
        """(tier,) persons who register for route ``r``, and the share of them with a local degree."""
        mine = self.offices.desks(abroad=False)[1] == r
        persons, trained = ((x * mine).sum(axis=(0, 2)) for x in (self.persons, self.trained))
        return persons, trained / np.maximum(persons, 1e-300)

    def chances(self):
        """(kind, first time or again, pattern, tier, role, hub) chance of a permit once pools are drawn; books them."""
        offices, route = self.offices, self.offices.desks(abroad=False)[1]
        room = np.maximum(offices.room() - offices.counts["grants"] - offices.planned, 0.0)  # first come, first served
        asked = offices.by_route(self.persons, abroad=False)
        part = np.where(offices.capped, room / np.maximum(np.maximum(asked, room), 1e-300), 1.0)
        decided = np.broadcast_to(part, offices.p_pays.shape).copy()
        offices.chance_before = np.where(offices.drawn, 0.0, decided * offices.approval)
        for r in np.flatnonzero(offices.drawn):
            decided[:, r] *= self.odds.get(r, 0.0)
        each = (decided * offices.approval)[:, route]  # tier, desk
        offices.count_grants(self.persons * each, abroad=False)
        offices.count("lost_petitions", self.persons * (decided[:, route] - each), abroad=False)
        kinds = each * np.stack([~offices.is_permanent(route), offices.is_permanent(route)])[:, None]
        return offices.by_hub(self.share * kinds[:, None, None, :, None], abroad=False)
