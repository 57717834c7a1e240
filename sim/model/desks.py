"""What visa offices go by, whoever applies (E5): pools, odds of the last years, and the rules now in force."""

import numpy as np

from sim.model import lottery
from sim.model.routes import approval, is_drawn, pays_fee

REMEMBERED = 3  # years of odds that applicants look back on
INTAKE = 3  # calendar month in which people inside a country ask, and the one in which the pools are drawn
COUNTED = ("applicants", "applicants_abroad", "grants", "grants_abroad", "lost_petitions", "registrations", "selected")


class Desks:
    """Rules and yearly counts of every route; (route,) arrays, counts in what the arm counts: agents or persons."""

    def __init__(self, arm):
        self.arm = arm
        self.pools = [lottery.Pool.from_row(row) for row in arm.world.setting.pools]
        self.odds = np.ones((REMEMBERED, len(arm.routes.names)))
        for r in np.flatnonzero(is_drawn(arm)):
            pool = self.pools[arm.routes.pool[r]]
            everybody = pool.registrations + pool.own
            self.odds[:, r] = min(1.0, arm.rules["route_cap"][r] / arm.a.petition_yield / everybody)

    def see_rules(self):
        """Take note of the rules now in force."""
        arm = self.arm
        self.drawn = is_drawn(arm)
        self.capped = ~self.drawn & np.isfinite(arm.rules["route_cap"])
        self.p_pays = pays_fee(arm.a, arm.rules["route_special_fee_usd"])
        self.approval = approval(arm)
        self.permit_months = np.rint(12 * np.minimum(arm.rules["route_years"], 99)).astype(np.int64)

    def start_year(self):
        """Open the year's books; a cap counts from January."""
        self.counts = {name: np.zeros(len(self.arm.routes.names)) for name in COUNTED}
        self.known_odds = self.mean_odds()  # by which people choose all year, whenever rules change in it
        self.grants_by_tier = np.zeros((len(self.arm.routes.names), 3))
        self.made, self.taken = np.zeros((2, len(self.arm.world.setting.countries)))  # jobs offered abroad, and taken

    def mean_odds(self):
        """(route,) mean odds of selection in the last three years."""
        return self.odds.mean(axis=0)

    def remember(self, r, odds):
        """Write down the odds of this year's draw of route ``r``."""
        self.odds[1:, r] = self.odds[:-1, r]
        self.odds[0, r] = odds

    def lost_in_usa(self):
        """Petitions lost this year to refusal or fee in the USA, the one country of which it is known what follows."""
        usa = np.array(self.arm.world.setting.countries)[self.arm.routes.country] == "usa"
        return self.counts["lost_petitions"][usa].sum()

    def months_to_wait(self):
        """(route,) months from a decision to the move: processing, or the start of the year of a drawn pool."""
        wait = np.maximum(np.ceil(self.arm.rules["route_processing_months"]).astype(int), 1)
        return np.where(self.drawn, (self.arm.routes.start_month - INTAKE) % 12, wait)

    def room(self):
        """(route,) persons whom each route admits in a year: the cap, less what others of its pool take."""
        cap = self.arm.rules["route_cap"].copy()
        for r in np.flatnonzero((self.arm.routes.pool >= 0) & ~self.drawn):
            pool = self.pools[self.arm.routes.pool[r]]
            cap[r] = max(cap[r] - pool.registrations, cap[r] * pool.own / (pool.own + pool.registrations))
        return np.minimum(cap, 1e12)
