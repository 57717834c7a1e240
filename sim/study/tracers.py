"""Tracers: engineers without weight who live through the years of a simulation and change nothing in it.

A run has too few people of one tier and origin in one country to follow their lives, so any number of tracers is
sampled beside it. They go through the phases of a year (choices, permits, statuses, careers, jobs, exit) under its
tables, rules and odds. They take no place under a cap: a lottery selects tracers whose clock rings before that of the
last one selected, and a queue admits the share of them that it admitted of the run's own applicants.

Approximations: tracers see where the run's people lived on 1 January, and the tables of December where rules change in
mid-year; they lead no team, and their teams are not acquired.
"""

from collections.abc import Iterator
from copy import copy
from zlib import crc32

import numpy as np

from sim.model import moves, visas, year
from sim.model.kernels.choice import Teams, uniforms
from sim.model.labour import ENTRY_AGE, change_jobs, place_remote_workers, promote, return_to_office
from sim.model.lottery import clocks
from sim.model.rng import key
from sim.model.routes import WEIGHTED
from sim.model.state import Simulation
from sim.model.visas import NONE, NONE_DUE, ROUTE, SLOT, VisaSystem
from sim.world.categories import TIERS
from sim.world.engineers import NATIVE_YEAR, Engineers, apportion
from sim.world.people import draw_people, joint_mix
from sim.world.ties import Ties

# what tracers take from the simulation as it is
SEEN = (
    "rules",
    "market",
    "open_routes",
    "from_abroad",
    "sectors",
    "hiring",
    "utility_terms",
    "tables",
    "affiliate_jobs",
)


class Tracers(Simulation):
    """Tracers of a simulation; ``people`` holds them in the first ``used`` slots, then the simulation's own people.

    Parameters
    ----------
    sim : Simulation on 1 January of the first year, as ``year.begin`` returns it
    people : Engineers, see :func:`residents`
    """

    def __init__(self, sim, people) -> None:
        vars(self).update(vars(copy(sim)))
        self.followed, self.used = sim, len(people.hub)
        self.frozen_to, self.trajectory = {}, None
        # each tracer takes the ties and the team of a similar person of the simulation
        twin = someone_like(people, sim)
        self.ties = ties_of(twin, sim.ties)
        team = np.where(leads(twin, sim), len(sim.teams.leader), sim.people.team[twin])
        self.people = people._replace(team=team.astype(np.int32))
        self.seen = np.zeros(self.used, bool)
        self.entered = np.minimum(people.birth_year + ENTRY_AGE, sim.world.start - 1).astype(np.int16)
        self.visas = TracersOffices(self)
        self.look_around()
        self.open_accounts()
        place_remote_workers(self)
        year.start_petitions(self)

    def look_around(self) -> None:
        """Read the simulation on this 1 January: counts, where its people live, who leads a team."""
        sim = self.followed
        self.counts, self.year = sim.counts, sim.year
        self.people = self.people._replace(hub=np.append(self.people.hub[: self.used], sim.people.hub))
        leader = np.where(sim.teams.leader >= 0, sim.teams.leader + self.used, -1)
        moved = np.append(sim.leaders(), NATIVE_YEAR)  # the last team is that of people who lead one: nobody leads it
        self.teams = Teams(np.append(leader, -1).astype(np.int32), moved.astype(np.int16))

    def live_through(self, now) -> None:
        """Run the phases of the year ``now``, which the simulation has just completed, for the tracers."""
        for name in SEEN:
            setattr(self, name, getattr(self.followed, name))
        self.visas.read_rules()
        self.open_accounts()
        year.find_searchers(self, now)
        # moves and visa rounds month by month, then the yearly phases
        for month in range(12 * now, 12 * (now + 1)):
            moves.decide(self, month)
            self.visas.hold_rounds(month)
        visas.update_status(self, now)
        promote(self, now)
        return_to_office(self, now)
        change_jobs(self, now)
        year.leave(self, now)

    @property
    def hub(self) -> np.ndarray:
        """Return (tracer,) hub of residence; -1 for those who have left the occupation."""
        return self.people.hub[: self.used]


def follow(sim, tracers, until) -> Iterator[Simulation]:
    """Run a simulation to the 1 January of the year ``until`` with its tracers beside it.

    Yields
    ------
    Simulation, on every 1 January after the first
    """
    running = year.simulate(sim, until)
    for now in range(sim.year, until):
        tracers.look_around()
        next(running)
        tracers.live_through(now)
        yield sim


class TracersOffices(VisaSystem):
    """The visa system as tracers meet it: the simulation's rules and odds, without a place under its caps."""

    def __init__(self, tracers) -> None:
        vars(self).update(vars(tracers.followed.visas.of(tracers)))
        self.new, self.queued, self.waiting, self.refused, self.due = [NONE], NONE, NONE, [NONE], NONE_DUE
        self.lost, self.transfers = [NONE[SLOT]], [NONE[SLOT]]
        self.odds = tracers.followed.visas.odds  # the simulation's own: they follow its draws

    def start_year(self) -> None:
        """Open the year's accounts; turns and draws are those of the simulation's year."""
        self.forget_odds()  # the simulation has drawn since
        super().start_year()
        visas = self.sim.followed.visas
        self.coming, self.last_clocks = iter(visas.turns), visas.last_clocks

    def can_compile(self) -> bool:
        """Return False: tracers meet the offices month by month."""
        return False

    def within_caps(self, petitions, month) -> np.ndarray:
        """Return (petition,) bool: granted this month, at the rate of the simulation's own petitions."""
        share = next(self.coming, np.ones(len(self.drawn)))
        return uniforms(key(self.sim.seed, "turn", month), petitions[SLOT]) < share[petitions[ROUTE]]

    def draw_pool(self, r, inside, month) -> tuple:
        """Select tracers whose clock rings before that of the last one selected in the simulation's draw."""
        sim = self.sim
        # tracers whose application waits for this route, and those who apply from inside
        mine = self.waiting[ROUTE] == r
        abroad = self.fee_paid(self.valid(self.waiting.compress(mine, axis=1)), month)
        self.waiting = self.waiting.compress(~mine, axis=1)
        ours = np.concatenate([abroad[SLOT], inside[SLOT]])
        weighted = sim.rules["route_selection"][r] == WEIGHTED
        # a tracer is selected if its clock rings before that of the last engineer selected
        clock = clocks(self.clock_draws(ours, month), self.wage_level(ours), weighted)
        trained = sim.people.trained_in[ours] == sim.routes.country[r]
        selected = clock <= self.last_clocks[r][trained.astype(int)]
        # losers go back to the draw of the next round, or elsewhere
        won, won_inside = np.split(selected, [abroad.shape[1]])
        self._draw_again(abroad.compress(~won, axis=1), month)
        return abroad.compress(won, axis=1), inside.compress(won_inside, axis=1)


def residents(world, a, tier, home, hubs, statuses, count, seed=0) -> Engineers:
    """Sample engineers of a tier and home who live in some hubs with some statuses, in their proportions at the start.

    Parameters
    ----------
    world : World; a : Assumptions
    tier, home : labels; hubs : positions; statuses : codes
    count : about how many

    Returns
    -------
    Engineers
    """
    setting = world.setting
    persons = np.zeros((1, len(setting.hubs), 2, len(setting.homes), len(TIERS)))
    g, t = setting.homes.index(home), TIERS.index(tier)
    persons[0, hubs, 1, g, t] = joint_mix(setting)[hubs, g, t]
    share = setting.status_mix[:, g][:, statuses].sum(axis=1) / setting.status_mix[:, g].sum(axis=1)
    part = (persons[0, :, 1, g, t] * share[setting.country]).sum()  # of them have one of the statuses
    generator = lambda question, k: np.random.default_rng([seed, crc32(f"tracers {question}".encode()), k])  # noqa: E731
    # oversample all statuses, then keep the ones asked for
    people = draw_people(setting, apportion(persons * count / part), world.start, a.mover_share, generator)
    mine = np.isin(people.status, statuses)
    return type(people)(*(column[mine] for column in people))


def someone_like(people, sim) -> np.ndarray:
    """Return the (tracer,) slot of a person of the same hub and home, or of the same hub, to copy ties and team."""
    used, twin = sim.used, np.empty(len(people.hub), np.int64)
    hub, home = sim.people.hub[:used], sim.people.home[:used]
    for h, g in set(zip(people.hub.tolist(), people.home.tolist(), strict=True)):
        mine = np.flatnonzero((people.hub == h) & (people.home == g))
        alike = np.flatnonzero((hub == h) & (home == g))
        twin[mine] = np.resize(alike if len(alike) else np.flatnonzero(hub == h), len(mine))
    return twin


def leads(slots, sim) -> np.ndarray:
    """Return (slot,) bool: leads their own team."""
    return sim.teams.leader[sim.people.team[slots]] == slots


def ties_of(slots, ties) -> Ties:
    """Return the ties of ``slots``, one list a tracer; contacts are shifted behind the tracers."""
    # copy the lists of contacts of each slot, one after the other
    begin, count = ties.start[slots], np.diff(ties.start)[slots]
    start = np.append(0, np.cumsum(count))
    at = np.repeat(begin - start[:-1], count) + np.arange(start[-1])
    tied = ties.ties[at]
    return Ties(start.astype(np.int32), np.where(tied < 0, tied - len(slots), tied + len(slots)).astype(np.int32))
