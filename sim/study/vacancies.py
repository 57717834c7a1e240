"""Vacancies, openings, candidates and the time that a job stays open, by the hub of the employer and tier (grade D).

Jobs wanted follow the demand path of pay (E7): the jobs of the start, grown as the reference path, times the demand
for the tier, plus jobs that compute has opened. A job wanted that no engineer holds on 1 January is vacant.

One account holds a year. Jobs open by turnover, which is the jobs held on 1 January times the rates of job changes and
of exits to other occupations (E9, E10), and by every rise of the jobs wanted; a fall opens and fills none. Jobs filled
are turnover plus the rise of the jobs held. Without a surplus of engineers, vacancies rise by what opened less what was
filled and what fell away. All three are net of jobs that movers, retired and promoted engineers leave: these are in
neither jobs opened nor jobs filled. Levers of openings and jobs abroad that lost petitions open draw people to a hub
(E2); they add no job wanted. Candidates of a year are residents who search for a move, engineers who leave an employer,
and entrants (E4, E9, E10).

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
        self._open_year(sim, self.wanted(sim, sim.rules))

    def wanted(self, sim, rules) -> np.ndarray:
        """Return the jobs wanted on this 1 January, under ``rules``."""
        t = sim.year - sim.world.start
        growth = sim.reference[min(t, len(sim.reference) - 1)] / np.maximum(sim.reference[0], 1e-9)
        return self.first * growth[:, None] * rules["tier_demand"] + sim.opened[:, None] * self.share

    def _open_year(self, sim, before) -> None:
        """Take the stocks of a 1 January: jobs held and wanted, and engineers; ``before`` is wanted until then.

        Rules that change on that day change the jobs wanted of the year that begins.
        """
        self.held, self.people, self.sectors = sim.jobs * sim.world.weight, sim.counts.sum(axis=(1, 3)), sim.work.sum(1)
        self.demand = self.wanted(sim, sim.january_rules())
        self.now = np.maximum(self.demand - self.held, 0.0)
        self.left_open = np.maximum(before - self.held, 0.0)  # by the year before
        self.new = np.maximum(self.demand - before, 0.0)

    def close_year(self, sim) -> dict[str, np.ndarray]:
        """Return the account of the year that has ended, and open the next.

        Rates are those of December, in which the model draws job changes and exits; stocks and shares of sectors are
        those of the 1 January before.

        Returns
        -------
        dict of arrays: ``before``, vacant when the year began; ``start``, the same under the rules of its January;
        ``opened``; ``filled``, negative where the jobs held fell by more than turnover; ``after``, vacant at the end
        under the rules of December; ``candidates``
        """
        s = sim.world.setting
        leaving = leavers(sim, self.sectors)
        turnover = self.held * (leaving + s.exit_rate[s.country])[:, None]
        wanted, held = self.wanted(sim, sim.rules), sim.jobs * sim.world.weight
        year = {
            "before": self.left_open,
            "start": self.now,
            "opened": turnover + self.new + np.maximum(wanted - self.demand, 0.0),
            "filled": turnover + held - self.held,
            "after": np.maximum(wanted - held, 0.0),
            "candidates": candidates(sim, leaving[:, None] * self.people),
        }
        self._open_year(sim, wanted)
        return year


def leavers(sim, sectors) -> np.ndarray:
    """Return (hub,) engineers who leave an employer a person-year, over the engineers ``sectors`` (hub, sector)."""
    mission = sim.a.mission_share
    rate = sectors @ ((1 - mission) * separation(sim)[0] + mission * separation(sim)[1])
    return rate / np.maximum(sectors.sum(axis=1), 1)


def candidates(sim, left) -> np.ndarray:
    """Return (hub, tier) persons who looked for a job in the year that has ended.

    Residents who searched for a move, where they live now; ``left`` (hub, tier), agents who left an employer; and
    entrants.
    """
    people, slots = sim.people, np.concatenate(sim.searchers)
    slots = slots[people.hub[slots] >= 0]
    searched = np.zeros(sim.jobs.shape)
    np.add.at(searched, (people.hub[slots], tier_of(people.category[slots])), 1)
    return (searched + left + sim.accounts.entrants) * sim.world.weight


def figure(name, year, place, tier=None) -> float:
    """Return a measure of ``MEASURED`` over the hubs of ``place`` (hub,) bool, for one tier or all.

    ``year`` is what :meth:`JobMarket.close_year` returns; for vacancies, ``now`` of a 1 January. Open roles per
    candidate: jobs open at the start or opened in the year, over its candidates. Time to fill, months: mean vacancies
    over the jobs filled a month (Little 1961). NaN without candidates, or where no job was filled.
    """
    column = slice(None) if tier is None else [TIERS.index(tier)]
    total = {key: float(values[place][:, column].sum()) for key, values in year.items()}
    if name == "vacancies":
        return total["now"]
    if name == "openings":
        return total["opened"]
    if name == "roles_per_candidate":
        return (total["before"] + total["opened"]) / total["candidates"] if total["candidates"] else np.nan
    vacant = (total["start"] + total["after"]) / 2
    return 12 * vacant / total["filled"] if total["filled"] > 0 else np.nan
