r"""Teams and their leaders (E12): a leader's move makes members search for a move, and a takeover moves the team.

In the year after the leader has moved, the members who live in another hub search for a move (E4) with probability
:math:`\min(1, \tau p)` instead of :math:`p`; :math:`\tau` is ``team_pull``. A team is taken over with probability
:math:`a_k(1 - m_c)` a year, the levers ``acquihire_rate`` of its leader's sector and ``acquihire_limit`` of the country
in which the leader lives. A leader founds a startup with probability :math:`r_k` a year, the lever ``spinout_rate`` of
their sector; team mates who work with them go along, and others of hub and sector follow by ``equations.following``.
Source: m82 (thirty researchers followed one leader); grade D.

A team is a run of at most ``world.ties.TEAM`` slots. Its leader is its first expert at the start of the simulation; a
team without an expert has no leader. Ties between former colleagues outlast the team.
"""

import numpy as np

from sim.model import equations as eq
from sim.model import rng
from sim.model.kernels.choice import Teams
from sim.model.kernels.jobs import BUYERS, members_together, move_teams
from sim.model.kernels.moves import entrants_delta
from sim.model.rng import Hazard
from sim.parallel import added, over_range
from sim.world.categories import SECTORS
from sim.world.engineers import NATIVE_YEAR, STATUS_COUNT

# attributes of a simulation that the steps of this module change
WRITES = ("people", "teams", "accounts")
STARTUP = SECTORS.index("startup")


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


def found_startups(sim, year) -> None:
    """Draw the leaders who found a startup this year, and the colleagues who follow them, in their hub (E12)."""
    rate = SPIN_OUT.rate(sim, year)
    if not rate.any():
        return
    people, homes, shape = sim.people, len(sim.world.setting.homes), (len(sim.world.setting.hubs), len(SECTORS))
    slots = np.flatnonzero(people.hub[: sim.used] >= 0)
    place = lambda slots: people.hub[slots].astype(np.int64) * shape[1] + people.sector[slots]  # noqa: E731
    # leaders who found a startup, and team mates who work with their leader
    leader = sim.teams.leader[people.team[slots]]
    leads, works = leader == slots, place(slots)
    mate = (leader >= 0) & ~leads & (place(leader) == works)
    founds = np.zeros(len(people.hub), bool)
    founds[slots] = leads & (rng.uniform(SPIN_OUT.key(sim, year), slots) < rate[people.sector[slots]])
    # others who follow
    leaders, mates, all_there = (np.bincount(at, minlength=np.prod(shape)) for at in (works[leads], works[mate], works))
    p = eq.following(np.tile(rate, shape[0]), leaders, mates, all_there, sim.a.spinout_followers)
    drawn = ~leads & (rng.uniform(rng.key(sim.seed, "follow a founder", year), slots) < p[works])
    go = slots[founds[slots] | (mate & founds[leader]) | drawn]
    # the ledger's cells do not change, the fingerprint does
    before = entrants_delta(go, people, shape[0], homes)
    hires = np.zeros((shape[1], shape[1]), np.int64)
    hires[:, STARTUP] = np.bincount(people.sector[go], minlength=shape[1])
    people.sector[go], people.employer_hub[go] = STARTUP, people.hub[go]
    delta = entrants_delta(go, people, shape[0], homes) - before
    sim.accounts.rehired(delta, hires, np.bincount(people.status[go], minlength=STATUS_COUNT))
    sim.accounts.spinouts += np.bincount(people.hub[founds], minlength=shape[0])


def completeness(sim) -> float:
    """Return the mean over teams of the share of resident members, without the leader, who live in the leader's hub."""
    parts = over_range(members_together, len(sim.teams.leader), sim.teams.leader, sim.people)
    together, teams = map(added, zip(*parts, strict=True))
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


def spinout_rates(sim, year) -> np.ndarray:
    """Return (sector,) spin-outs a year of the teams' leaders, by the sector in which they work (E12), by policy."""
    return sim.rules["spinout_rate"]


SPIN_OUT = Hazard(
    "E12",
    "spin-out",
    "leaders of teams, by sector",
    "December",
    "found a startup",
    spinout_rates,
    "sector and employer: a startup of their hub, for them and all who follow",
)
