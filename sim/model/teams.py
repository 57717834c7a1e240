r"""Teams and their leaders (E12): a leader's move makes members search for a move, and a takeover moves the team.

In the year after the leader has moved, the members who live in another hub search for a move (E4) with probability
:math:`\min(1, \tau p)` instead of :math:`p`; :math:`\tau` is ``team_pull``. A team is taken over with probability
:math:`a_k(1 - m_c)` a year, the levers ``acquihire_rate`` of its leader's sector and ``acquihire_limit`` of the country
in which the leader lives. Source: m82 (thirty researchers followed one
leader); grade D.

A team is a run of at most ``world.ties.TEAM`` slots. Its leader is its first expert at the start of the simulation; a
team without an expert has no leader. Ties between former colleagues outlast the team.
"""

import numpy as np

from sim.model import rng
from sim.model.kernels.choice import Teams
from sim.model.kernels.jobs import BUYERS, members_together, move_teams
from sim.model.rng import Hazard
from sim.parallel import over_range
from sim.world.engineers import NATIVE_YEAR

# attributes of a simulation that the steps of this module change
WRITES = ("people", "teams", "accounts")


def teams_of(world) -> Teams:
    """Return the :class:`Teams` of a world at the start, when no leader has moved."""
    return Teams(world.leader, np.full(len(world.leader), NATIVE_YEAR, np.int16))


def acquire_teams(sim, year) -> None:
    """Draw the teams that are taken over this year and move their members (E12).

    The leader and all members who work in the leader's hub and sector move to the buyer's hub and sector together.
    """
    rate, accounts = ACQUISITION.rate(sim, year), sim.accounts
    if rate.any():
        keys = np.array([ACQUISITION.key(sim, year), rng.key(sim.seed, "buyer", year)])
        # a recorded trajectory needs the state before the takeover
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


def buyers(sim) -> np.ndarray:
    """Return (country, hub * buyer) cumulative openings, persons a year, of the sectors that take over teams.

    These are frontier labs and big tech; a buyer is in the team's country (assumption, grade D).
    """
    s = sim.world.setting
    jobs = sim.openings()[:, None] * sim.sectors.openings[:, BUYERS]
    inside = s.country == np.arange(len(s.countries))[:, None]
    return np.cumsum((inside[:, :, None] * jobs).reshape(len(inside), -1), axis=1)


def completeness(sim) -> float:
    """Return the mean over teams of the share of resident members, without the leader, who live in the leader's hub."""
    parts = over_range(members_together, len(sim.teams.leader), sim.teams.leader, sim.people)
    together, teams = (sum(counts) for counts in zip(*parts, strict=True))
    # whole numbers are summed first, and divided in a fixed order: equal bytes for any number of threads
    return float((together[1:] / np.arange(1, len(together))).sum() / max(teams, 1))


def acquisition_rates(sim, year) -> np.ndarray:
    """Return (country, sector) takeovers a year of teams by the country and sector of their leader (E12), by policy."""
    return (1 - sim.rules["acquihire_limit"])[:, None] * sim.rules["acquihire_rate"]


ACQUISITION = Hazard(
    "E12",
    "acquisition",
    "teams with a leader, by the leader's country and sector",
    "December",
    "taken over",
    acquisition_rates,
    "the buyer's hub and sector, for all who work with the leader",
)
