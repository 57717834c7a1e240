r"""Teams (E12): engineers who start together, their leader, and what his move or a takeover does to the others.

In the year after the leader has moved, those of his team who live elsewhere than he does consider a move (E4) with
probability :math:`\min(1, \tau p)` instead of :math:`p`; :math:`\tau` is ``team_pull``. A team is taken over with
probability :math:`a_k` a year, the lever ``acquihire_rate`` of its leader's sector. Source: m82 (thirty researchers
followed one leader); grade D.

A team is a run of slots, at most ``world.ties.TEAM`` of them; its leader is its first expert of the start, and a team
without one has none. Former colleagues are ties, whatever becomes of the team.
"""

import numpy as np

from sim.model import rng
from sim.model.kernels.choice import Teams
from sim.model.kernels.jobs import BUYERS, members_together, move_teams
from sim.model.rng import Hazard
from sim.threads import over_range
from sim.world.engineers import NATIVE_YEAR

# attributes of a simulation that the steps of this module change
WRITES = ("people", "teams", "accounts")


def teams_of(world):
    """The :class:`Teams` of a world before anybody has moved."""
    return Teams(world.leader, np.full(len(world.leader), NATIVE_YEAR, np.int16))


def acquire_teams(sim, year):
    """Acqui-hires of a year: who works with a team's leader, in his hub and sector, goes with him, all at once."""
    rate, accounts = ACQUISITION.rate(sim, year), sim.accounts
    if rate.any():
        keys = np.array([ACQUISITION.key(sim, year), rng.key(sim.seed, "buyer", year)])
        before = None if sim.trajectory is None else sim.people.copy()
        move_teams(
            keys,
            rate,
            buyers(sim),
            sim.teams,
            sim.people,
            sim.world.setting.country,
            year,
            len(sim.world.setting.homes),
            accounts.delta,
            accounts.flow,
            accounts.hires,
            accounts.job_changes,
        )
        if before is not None:
            moved = np.flatnonzero(before.hub != sim.people.hub)
            sim.trajectory.note(before, moved, sim.people.hub[moved])


def buyers(sim):
    """(country, hub * buyer) openings of frontier labs and big tech in a country, cumulative: they buy its teams."""
    s = sim.world.setting
    jobs = sim.openings()[:, None] * sim.sectors.openings[:, BUYERS]
    inside = s.country == np.arange(len(s.countries))[:, None]
    return np.cumsum((inside[:, :, None] * jobs).reshape(len(inside), -1), axis=1)


def completeness(sim):
    """Mean share of a team's living members, the leader apart, who live in their leader's hub."""
    parts = over_range(members_together, len(sim.teams.leader), sim.teams.leader, sim.people)
    together, teams = (sum(counts) for counts in zip(*parts, strict=True))
    # whole numbers are summed first, and divided in a fixed order: equal bytes for any number of threads
    return float((together[1:] / np.arange(1, len(together))).sum() / max(teams, 1))


def acquisition_rates(sim, year):
    """(sector,) hazard of a leader's team to be bought (E12): the lever ``acquihire_rate``."""
    return sim.rules["acquihire_rate"]


ACQUISITION = Hazard(
    "E12",
    "acquisition",
    "teams with a leader, by the leader's sector",
    "December",
    "taken over",
    acquisition_rates,
    "the buyer's hub and sector, for all who work with the leader",
)
