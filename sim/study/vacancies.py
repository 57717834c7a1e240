"""Vacancies, openings, candidates and the time that a job stays open, by the hub of the employer and tier (grade D).

Jobs wanted follow the demand path of pay (E7): the jobs of the start, grown as the reference path, times the demand
for the tier, plus jobs that compute has opened. A job wanted that no engineer holds on 1 January is vacant. The jobs
that open in a year are the model's openings (E2), which turnover, exits and growth set. Candidates of a year are
residents who search for a move, engineers who leave an employer, and entrants (E4, E9, E10).

No source counts them so: published ratios are of postings, of which one job may have several and some are never filled.
Few agents overstate vacancies, as chance opens jobs in one hub and tier that a surplus in another does not fill. An
employer never gives up a job, and pay answers the stock, not vacancies (assumptions, grade D).
"""

import numpy as np

from sim.model.labour import separation
from sim.world.categories import TIERS
from sim.world.engineers import tier_of

MEASURED = ("vacancies", "openings", "roles_per_candidate", "time_to_fill")


class JobMarket:
    """Jobs of one simulation, followed from its first 1 January; arrays are (hub, tier), in persons."""

    def __init__(self, sim) -> None:
        self.first = sim.jobs * sim.world.weight
        every = self.first.sum(axis=1, keepdims=True)
        self.share = self.first / np.maximum(every, 1e-9)  # of tiers in the jobs of each hub at the start
        self.now = self.vacant(sim)

    def wanted(self, sim) -> np.ndarray:
        """Return the jobs wanted on this 1 January, under its rules."""
        t = sim.year - sim.world.start
        growth = sim.reference[min(t, len(sim.reference) - 1)] / np.maximum(sim.reference[0], 1e-9)
        demand = self.first * growth[:, None] * sim.january_rules()["tier_demand"]
        return demand + sim.opened[:, None] * self.share

    def vacant(self, sim) -> np.ndarray:
        """Return the jobs wanted that nobody holds on this 1 January."""
        return np.maximum(self.wanted(sim) - sim.jobs * sim.world.weight, 0.0)

    def close_year(self, sim) -> dict[str, np.ndarray]:
        """Return the jobs of the year that has ended: open at the start, opened, candidates, filled, open at the end.

        Jobs that were open or opened and are not vacant at the end have been filled.
        """
        before, self.now = self.now, self.vacant(sim)
        opened = sim.openings()[:, None] * self.share * sim.rules["tier_demand"]
        year = {"before": before, "opened": opened, "candidates": candidates(sim), "after": self.now}
        return year | {"filled": np.maximum(before + opened - self.now, 0.0)}


def candidates(sim) -> np.ndarray:
    """Return (hub, tier) persons who looked for a job in the year that has ended.

    Residents who searched for a move, where they live now; engineers who left an employer, at the rates of their
    sectors; and entrants.
    """
    people, slots = sim.people, np.concatenate(sim.searchers)
    slots = slots[people.hub[slots] >= 0]
    searched = np.zeros(sim.jobs.shape)
    np.add.at(searched, (people.hub[slots], tier_of(people.category[slots])), 1)
    # separations a year of a hub's engineers, over its mix of sectors
    by_sector = sim.work.sum(axis=1)
    mission = sim.a.mission_share
    rate = by_sector @ ((1 - mission) * separation(sim)[0] + mission * separation(sim)[1])
    rate = rate / np.maximum(by_sector.sum(axis=1), 1)
    return (searched + rate[:, None] * sim.counts.sum(axis=(1, 3)) + sim.accounts.entrants) * sim.world.weight


def figure(name, year, place, tier=None) -> float:
    """Return a measure of ``MEASURED`` over the hubs of ``place`` (hub,) bool, for one tier or all; NaN over nothing.

    ``year`` is what :meth:`JobMarket.close_year` returns; for vacancies, ``now`` of a 1 January. Open roles per
    candidate: jobs open at the start or opened in the year, over its candidates. Time to fill, months: mean vacancies
    over the jobs filled a month (Little 1961).
    """
    column = slice(None) if tier is None else [TIERS.index(tier)]
    total = {key: float(values[place][:, column].sum()) for key, values in year.items()}
    if name == "vacancies":
        return total["now"]
    if name == "openings":
        return total["opened"]
    if name == "roles_per_candidate":
        return (total["before"] + total["opened"]) / total["candidates"] if total["candidates"] else np.nan
    vacant = (total["before"] + total["after"]) / 2
    return 12 * vacant / total["filled"] if total["filled"] else np.nan
