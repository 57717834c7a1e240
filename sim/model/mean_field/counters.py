"""Routes as expected applicants meet them (E5): desks, a route in a hub each, and the counts of what happens there."""

import numpy as np

from sim.model.mean_field.corridors import scatter
from sim.model.routes import KINDS
from sim.model.visas import Desks


class Counters(Desks):
    """The desks of a country's routes in its hubs, for people abroad and for people inside, and their yearly counts."""

    def __init__(self, arm):
        super().__init__(arm)
        routes, country = arm.routes, arm.world.setting.country
        of_hub, self._desks = routes.of_country[country], {}
        for abroad, side in ((True, routes.from_abroad), (False, routes.in_country)):
            hub, column = np.nonzero((of_hub >= 0) & side[of_hub])
            self._desks[abroad] = hub, of_hub[hub, column], column
        in_country = [_slice(np.flatnonzero(country == c)) for c in range(len(arm.world.setting.countries))]
        self._hubs_of = [in_country[c] for c in routes.country]

    def desks(self, abroad):
        """(desk,) hubs and routes."""
        return self._desks[abroad][:2]

    def by_hub(self, persons, abroad):
        """(..., hub) sums of (..., desk) persons."""
        hubs = len(self.arm.world.setting.hubs)
        by_hub = scatter(persons.reshape(-1, persons.shape[-1]), self._desks[abroad][0], hubs)
        return by_hub.reshape(*persons.shape[:-1], hubs)

    def at_desks(self, shares, abroad):
        """(..., desk) out of (..., hub, k) shares as from ``routes.route_shares``."""
        hub, _, column = self._desks[abroad]
        return shares[..., hub, column]

    def hubs_of(self, r):
        """The hubs of the country of route ``r``: a slice where they lie together."""
        return self._hubs_of[r]

    def is_permanent(self, route):
        """Whether routes give permanent residence."""
        return self.arm.routes.kind[route] == KINDS.index("permanent")

    def granted(self, route):
        """(tier, desk) chance of a permit once the turn has come, out of the desks' routes."""
        return self.p_pays[:, route] * self.approval[route]

    def by_route(self, persons, abroad):
        """(route,) sums of (..., desk) persons."""
        return np.bincount(self._desks[abroad][1], persons.reshape(-1, persons.shape[-1]).sum(axis=0), len(self.drawn))

    def count(self, name, persons, abroad):
        """Count (..., desk) persons."""
        self.counts[name] += self.by_route(persons, abroad)

    def count_grants(self, persons, abroad):
        """Count (home, tier, desk) persons who are granted a permit."""
        for name in ("grants", "grants_abroad")[: 1 + abroad]:
            self.count(name, persons, abroad)
        self.grants_by_tier += np.stack([self.by_route(x, abroad) for x in persons.swapaxes(0, 1)], axis=1)

    def terms(self):
        """(country, years) shares of the temporary permits of this year by the years that they run."""
        arm, years = self.arm, np.rint(self.permit_months / 12).astype(int)
        temporary = arm.routes.kind != KINDS.index("permanent")
        out = np.zeros((len(arm.world.setting.countries), 13))
        np.add.at(out, (arm.routes.country, np.minimum(years, 12)), self.counts["grants"] * temporary)
        total = out.sum(axis=1, keepdims=True)
        out[:, 3] += total[:, 0] == 0
        return out / np.where(total > 0, total, 1.0)


def _slice(places):
    """Consecutive places as a slice, which numpy reads without copying; others as they are."""
    together = len(places) and places[-1] - places[0] == len(places) - 1
    return slice(places[0], places[-1] + 1) if together else places
