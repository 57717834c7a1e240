"""The state of one simulation: people, ties, teams, market, visa system and accounts, and the rules in force."""

from copy import copy
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from sim.model import equations as eq
from sim.model import labour, rng
from sim.model.accounting import Accounts
from sim.model.kernels import events
from sim.model.labour import entry_years, expert_track
from sim.model.market import OPENINGS, Layout, jobs_of, mean_pay, openings, update_market
from sim.model.routes import routes_of
from sim.model.supply import academia_over_path, entrant_path, reference_size, study_pull
from sim.model.teams import completeness, teams_of
from sim.model.visas import VisaSystem
from sim.parallel import added, over_range
from sim.scenario.stack import change_months, rules_at
from sim.world.categories import ROLES, SECTORS, STATUSES, TIERS
from sim.world.engineers import YOUNGEST
from sim.world.ties import TEAM

MOST_KEPT = 100  # tables that depend on rules alone and are kept for later years and other branches


@dataclass
class Trajectory:
    """Recorded path of one simulation, which other simulations can replay if a mechanism is switched off.

    Attributes
    ----------
    sizes : year -> (hub,) persons on 1 January
    sectors : year -> (hub, sector) persons on 1 January, plus one agent in each cell
    jobs : year -> jobs that lost petitions of the year before open abroad
    academia : year -> (country,) academia's stock on 1 January over its reference path
    leaders : year -> (team,) year in which each leader last moved
    residence_of_contacts : number of the round of choices -> (slot,) hub of residence of everybody in it
    doctors : year -> (hub, sector) agents, the first jobs of new doctors
    movers : list of (slot, origin, destination, category, sector, status) arrays; None if moves are not recorded
    """

    sizes: dict = field(default_factory=dict)
    sectors: dict = field(default_factory=dict)
    jobs: dict = field(default_factory=dict)
    academia: dict = field(default_factory=dict)
    leaders: Any = field(default_factory=dict)
    residence_of_contacts: Any = field(default_factory=dict)
    doctors: dict = field(default_factory=dict)
    movers: list | None = None

    def note(self, people, slots, hubs) -> None:
        """Record the moves of ``slots`` to ``hubs``, with attributes before the move, if moves are recorded."""
        if self.movers is not None and len(slots):
            before = people.hub[slots], np.asarray(hubs), people.category[slots], people.sector[slots]
            self.movers.append(tuple(np.array(column) for column in (slots, *before, people.status[slots])))

    def note_doctors(self, year, jobs) -> None:
        """Record the first jobs (hub, sector) of the year's new doctors, in agents."""
        self.doctors.update({year: jobs})


@dataclass(frozen=True)
class Always:
    """Mapping with one value for every key: an entry of a trajectory that never changes."""

    value: Any

    def __getitem__(self, key) -> Any:
        return self.value


def ties_of_the_start(sim) -> Trajectory:
    """Return a trajectory in which nobody has moved: contacts live where they entered, and no leader leaves a team.

    With the network frozen to it, everybody observes contacts where these entered.
    """
    return Trajectory(residence_of_contacts=Always(sim.world.entry_hub), leaders=Always(sim.teams.moved.copy()))


class Simulation:
    """State of one simulation of one replicate: people, market, visa system, accounts, and the rules in force.

    Every attribute is declared here, with shape and unit, and no other module gives a simulation a new one (tested).
    Processes are functions ``step(sim, year)`` in the modules named after their subject: they read anything, and write
    what their module lists as ``WRITES``. ``year.simulate`` calls them in order.

    Parameters
    ----------
    world : World, left untouched
    a : Assumptions of the pair
    constants : HubConstants, the fitted pull of every hub
    baseline_rules : rule name -> array, in force where no policy says otherwise
    seed : int, of the replicate
    history : policies by which the baseline's own rules change, see scenario.past
    """

    # Inputs, and values computed from them once
    world: Any  # World: setting, all engineers including future cohorts, ties; shared, read only
    a: Any  # Assumptions
    constants: Any  # HubConstants
    seed: int
    baseline_rules: dict  # name -> array by country, route, hub, ...
    reference: np.ndarray  # (year + 1, hub) persons on the reference path
    balance: np.ndarray  # (year, tier) promotions that keep the shares of the tiers, see labour.balanced
    entrants: np.ndarray  # (year, hub, kind, tier) persons who enter on the reference path
    mean_pay: float  # kUSD a year, net and real, of the world's engineers at the start
    layout: Any  # Layout: nests and costs of corridors
    routes: Any  # Routes: fixed properties of the permit routes
    colleague_share: float  # share of the colleague ties of the world that are in use
    search_rates: np.ndarray  # (type * tier * role, status, age) probability of a search in a year
    track: np.ndarray | None  # (year, years since entry) promotions to expert over the mean; None without a track
    job_lock: np.ndarray  # (country, home) job changes of temporary residents over those of citizens
    person_keys: np.ndarray  # (3,) uint64, draws of ties in use, nationality and family
    access_key: np.uint64  # draws of the routes that are accessible to a person in practice

    # Policy, and trajectories that this simulation replays
    history: tuple  # of Policy: changes of the baseline's own rules since a start in the past
    policies: tuple  # of Policy, the history's first
    rules: dict  # now in force, as baseline_rules
    table_cache: dict  # tables that depend on rules alone, see by_rules; shared by all branches
    tables_in_force: tuple  # (rules, assumptions, tables): those of the rules asked for last
    trajectory: Any  # Trajectory being recorded, or None; other simulations can be frozen to it
    frozen_to: dict  # mechanism -> Trajectory of another simulation, where the mechanism is switched off
    choices: int  # rounds of choices made so far

    # People, ties and teams
    people: Any  # Engineers, (slot,) columns
    ties: Any  # Ties, CSR
    teams: Any  # Teams: (team,) leaders, and years of their last moves
    entered: np.ndarray  # (slot,) int16, year of entry into the occupation, doctorates counted
    used: int  # number of slots that have been in use
    spare: int  # first slot beyond all cohorts that is empty
    seen: np.ndarray  # (slot,) bool, work space of kernels.visas.valid, False between calls
    searchers: list  # 12 arrays of slots: engineers who search for a move, by month

    # Counts of the last 1 January, in agents
    year: int  # the simulation stands on the 1 January of this year
    census: np.ndarray  # (cell + 1,) by ledger cell, and the fingerprint
    counts: np.ndarray  # (hub, home, tier, status)
    work: np.ndarray  # (hub, role, sector)
    jobs: np.ndarray  # (hub of the employer, tier)
    remote: np.ndarray  # (hub,) residents whose employer is in another hub
    first_work: np.ndarray  # (hub, role, sector) of the start
    academia: np.ndarray  # (1 January, country) academia's stock over its reference path, 1 at the start

    # Market and utility, under the rules in force
    market: Any  # Market: pay, prices, compute
    market_cache: tuple  # (year, rules, counts, market): the market computed last
    residents_cache: tuple  # (counts, residents): see residents
    sectors: Any  # Sectors: openings and relative utility
    sector_utility_at_start: np.ndarray | None  # (profile, hub, sector) log-odds, of the first market
    hiring: Any  # Hiring: probabilities of the next job
    open_routes: np.ndarray  # (tier, role, hub, k) bool: the country's k-th route is open
    from_abroad: tuple  # how applicants from abroad spread over routes, see routes.route_terms
    utility_terms: Any  # UtilityTerms of E2, log-odds
    tables: Any  # Tables: terms of utility in the layout of the kernels
    affiliate_jobs: float  # persons: jobs abroad opened by the petitions lost last year
    vacancies: np.ndarray  # (hub,) persons: vacant jobs among those that compute has opened
    opened: np.ndarray  # (hub,) persons: jobs that compute has opened so far
    study_start: np.ndarray  # (3, hub) incentives of foreign students at the start, see supply.study_pull
    studied: list  # of (3, hub) incentives of foreign students, one array a year

    # Permits and accounts
    visas: Any  # VisaSystem: petitions, queues, odds
    accounts: Any  # Accounts of the year

    def __init__(self, world, a, constants, baseline_rules, seed, history=()) -> None:
        setting = world.setting
        self.world, self.a, self.constants, self.seed = world, a, constants, seed
        self.history, self.policies, self.baseline_rules = tuple(history), tuple(history), baseline_rules
        self.rules = baseline_rules  # until the run starts
        self.table_cache, self.tables_in_force = {}, (None, None, {})
        self.trajectory, self.frozen_to, self.choices = None, {}, 0
        self.year = world.start

        # paths and tables that neither policy nor time changes
        self.reference = reference_size(setting, a, world.start, world.years)
        self.entrants = entrant_path(setting, a, world.start, world.years)
        self.mean_pay = mean_pay(setting, a)
        self.layout = Layout(setting, a, constants.move_cost_abroad, constants.back)
        self.balance = labour.balance(setting, self.reference, self.entrants)
        self.colleague_share = colleague_share(a)
        self.routes, self.job_lock = routes_of(setting), labour.job_lock(setting, a)

        # nationality, family and ties in use depend on the world's seed: they are equal in all replicates and scenarios
        self.person_keys = np.array([rng.key(world.seed, q) for q in ("tie counts", "nationality", "family")])
        self.access_key = rng.key(world.seed, "route reach")

        # people of the start, then all cohorts, then spare slots for entrants beyond the reference path
        room = len(world.engineers.hub) // 100
        self.people, self.ties = world.engineers.grown(room), world.ties.grown(room)
        self.used, self.spare = int(world.cohort[1]), int(world.cohort[-1])
        self.seen = np.zeros(len(self.people.hub), bool)
        self.searchers = []
        self.teams = teams_of(world)
        self.entered = entry_years(world, len(self.people.hub))
        self.track = expert_track(self) if a.expert_track > 0 else None

        # jobs that open beside the usual openings
        self.affiliate_jobs = 0.0
        self.vacancies = np.zeros(len(setting.hubs))
        self.opened = jobs_of(setting, a, baseline_rules, world.start - 1)
        self.sector_utility_at_start, self.studied = None, []
        self.market_cache, self.residents_cache = (None,) * 4, (None, None)

        # the first market needs counts, and remote workers need the first market
        self.count()
        self.search_rates = search_table(self)
        self.visas = VisaSystem(self)
        self.open_accounts()
        update_market(self, world.start)
        self.study_start = study_pull(self)
        labour.place_remote_workers(self)
        self.count()
        self.start_academia()

    def branch(self, policies, frozen_to=()) -> "Simulation":
        """Return an independent copy that follows ``policies`` from this 1 January on.

        ``frozen_to`` switches mechanisms ('network', 'feedback') off: name -> Trajectory of another simulation, from
        which engineers observe ties, sizes and jobs instead of from their own. Branches inherit the entries of this
        simulation.
        """
        twin = copy(self)
        twin.people = self.people.copy()
        twin.teams = self.teams._replace(moved=self.teams.moved.copy())
        twin.entered, twin.seen = self.entered.copy(), np.zeros_like(self.seen)
        twin.visas = self.visas.of(twin)
        twin.policies = (*self.history, *policies)
        twin.trajectory, twin.frozen_to, twin.market_cache = None, self.frozen_to | dict(frozen_to), (None,) * 4
        return twin

    def open_accounts(self) -> None:
        """Start the accounts of a year and the counts of the visa system."""
        self.accounts = Accounts(len(self.world.setting.hubs), len(self.world.setting.homes))
        self.visas.start_year()

    def count(self) -> None:
        """Count the agents: set ``census`` (cell + 1,) and its part ``counts`` by (hub, home, tier, status).

        It also sets ``work`` by (hub, role, sector), ``jobs`` by (hub of the employer, tier) and ``remote`` by hub.
        """
        setting = self.world.setting
        hubs, homes = len(setting.hubs), len(setting.homes)
        parts = over_range(events.count, self.used, self.people, hubs, homes)
        self.census, work, jobs, self.remote = (added(counts) for counts in zip(*parts, strict=True))
        self.counts = self.census[:-1].reshape(hubs, homes, len(TIERS), len(STATUSES))
        self.work = work.reshape(hubs, len(ROLES), len(SECTORS))
        self.jobs = jobs.reshape(hubs, len(TIERS))

    def team_completeness(self) -> float:
        """Return the mean over teams of the share of members who live in their leader's hub."""
        return completeness(self)

    def residence_of_contacts(self) -> np.ndarray:
        """Return (slot,) the hub of each contact at the next round of choices; all simulations share the order."""
        self.choices += 1
        return self._seen("network", "residence_of_contacts", self.choices, self.people.hub)

    def residence_at_last_round(self) -> np.ndarray:
        """Return (slot,) the hub of each contact at the last round, for choices that some simulations do not have.

        A permit that people may hold is handed out only where its route is open: such a choice counts as no round,
        or a simulation with a frozen network would observe contacts of another month.
        """
        frozen = self.frozen_to.get("network")
        return self.people.hub if frozen is None else frozen.residence_of_contacts[self.choices]

    def leaders(self) -> np.ndarray:
        """Return (team,) the year in which the leader last moved, as the team observes it."""
        return self._seen("network", "leaders", self.year, self.teams.moved)

    def _seen(self, mechanism, what, key, now) -> Any:
        """Return what engineers observe: the value ``now``, or that of the trajectory to which a mechanism is frozen.

        If this simulation's trajectory is being recorded, the value is recorded under ``key``.
        """
        if mechanism in self.frozen_to:
            return getattr(self.frozen_to[mechanism], what)[key]
        if self.trajectory is not None:
            getattr(self.trajectory, what)[key] = copy(now)
        return now

    def spare_slots(self, count) -> np.ndarray:
        """Return the next ``count`` empty slots beyond all cohorts; lengthen the arrays if there are too few."""
        first, last = self.spare, self.spare + count
        missing = last - len(self.people.hub)
        if missing > 0:
            room = missing + len(self.people.hub) // 20
            self.people, self.ties = self.people.grown(room), self.ties.grown(room)
            self.seen = np.zeros(len(self.people.hub), bool)
            self.entered = np.append(self.entered, np.zeros(room, np.int16))
        self.spare = self.used = last
        return np.arange(first, last)

    def by_rules(self, table, rules, *names) -> Any:
        """Return ``table(setting, a, rules)``, which reads no rules but ``names``; equal rules are computed once.

        All branches share the results, which nobody may change.
        """
        # the rules in force are mostly one object for years: their tables are found by name
        if self.tables_in_force[0] is not rules or self.tables_in_force[1] is not self.a:
            self.tables_in_force = rules, self.a, {}
        now = self.tables_in_force[2]
        if table not in now:
            key = (table, id(self.a), *(rules[name].tobytes() for name in names))
            found = self.table_cache.get(key)
            if found is None:
                if len(self.table_cache) >= MOST_KEPT:
                    self.table_cache.clear()
                # the assumptions are kept with the result, so that no others get their id
                found = self.a, table(self.world.setting, self.a, {name: rules[name] for name in names})
                self.table_cache[key] = found
            now[table] = found[1]
        return now[table]

    def rules_of(self, month) -> dict:
        """Return the rules of ``month``: the rules in force themselves where they are equal."""
        rules = rules_at(month, self.policies, self.baseline_rules)
        others = [(x, self.rules[name]) for name, x in rules.items() if x is not self.rules[name]]
        return self.rules if all(np.array_equal(x, other) for x, other in others) else rules

    def january_rules(self) -> dict:
        """Return the rules in force on the simulation's present 1 January."""
        return self.rules_of(12 * self.year)

    def midyear_changes(self, until) -> list[int]:
        """Return the months before the year ``until``, except Januaries, whose rules differ from the month before."""
        named = [m for m in change_months(self.policies, 12 * self.year, 12 * until) if m % 12]
        rules = {m: rules_at(m, self.policies, self.baseline_rules) for each in named for m in (each - 1, each)}
        return [m for m in named if any(not np.array_equal(x, rules[m - 1][name]) for name, x in rules[m].items())]

    def adopt_rules(self, month) -> None:
        """Adopt the rules of ``month``."""
        self.rules = self.rules_of(month)
        self.visas.read_rules()

    def change_rules(self, month) -> None:
        """Adopt the rules of ``month`` within a year and update the market: they affect choices from this month on."""
        self.adopt_rules(month)
        update_market(self, month // 12)

    def size(self) -> np.ndarray:
        """Return (hub,) the stock on 1 January, in persons at full scale."""
        return self._seen("feedback", "sizes", self.year, self.residents().sum(axis=(1, 2)) * self.world.weight)

    def residents(self) -> np.ndarray:
        """Return (hub, tier, status) the stock on 1 January, in agents."""
        if self.residents_cache[0] is not self.counts:
            self.residents_cache = self.counts, self.counts.sum(axis=1)
        return self.residents_cache[1]

    def sector_size(self) -> np.ndarray:
        """Return (hub, sector) persons on 1 January, plus one agent in each cell so that none is zero."""
        return self._seen("feedback", "sectors", self.year, (self.work.sum(axis=1) + 1) * self.world.weight)

    def openings(self) -> np.ndarray:
        """Return (hub,) the openings of a year, persons, under the rules in force, without jobs that compute opens."""
        ordinary = self.by_rules(openings, self.rules, *OPENINGS)
        return ordinary + self.jobs_abroad() * self.world.setting.affiliates

    def open_jobs(self, year) -> None:
        """Add the jobs that new compute opens to the vacancies, once; a later fall of compute closes no job (E7)."""
        now = jobs_of(self.world.setting, self.a, self.rules, year)
        self.vacancies = self.vacancies + np.maximum(now - self.opened, 0.0)
        self.opened = np.maximum(self.opened, now)

    def fill_jobs(self, arrivals) -> None:
        """Remove the vacancies that the year's ``arrivals`` (hub,), persons, have filled."""
        filled = arrivals * eq.jobs_share(self.vacancies, self.openings())
        self.vacancies = np.maximum(self.vacancies - filled, 0.0)

    def jobs_abroad(self) -> float:
        """Return the jobs abroad, in persons, opened by the petitions lost last year."""
        return self._seen("feedback", "jobs", self.year, self.affiliate_jobs)

    def start_academia(self) -> None:
        """Start the record of academia over its path, (1 January, country), with a first row of ones."""
        self.first_work = self.work
        self.academia = academia_over_path(self)[None]

    def follow_academia(self) -> None:
        """Append academia of this 1 January to the record; new doctors ``phd_years`` later depend on it (E9)."""
        now = self._seen("feedback", "academia", self.year, academia_over_path(self))
        self.academia = np.vstack([self.academia, now])


def colleague_share(a) -> float:
    """Return the share of the world's colleague ties in use, so that their mean is ``former_colleagues`` (E2)."""
    return min(a.former_colleagues / (TEAM - 1), 1.0)


def search_table(sim) -> np.ndarray:
    """Return (type * tier * role, status, age) the probability of a search in a year, at the start, at most 1 (E4).

    The factors of tier, status, age, role and remote work are normalised, so that the mean over the engineers of the
    start is ``considering_rate``.
    """
    a, setting = sim.a, sim.world.setting
    tier = np.array([a.expert_considering, 1.0, a.entry_considering])
    status = np.array([1.0, 1.0, *[a.temporary_considering] * 4])
    ages = YOUNGEST + np.arange(setting.ages.shape[1])
    ageing = np.exp(-a.b_age * np.maximum(ages - a.age_reference, 0))
    # mean factor over the engineers of the start, first of tier, status and age, then of role and remote work
    stock = sim.counts.sum(axis=(0, 1))  # tier, status
    weight = (setting.ages @ ageing)[:, None] * stock * tier[:, None] * status
    by_role = setting.role_share * labour.search_factor(sim)
    mobility = np.average(by_role @ setting.role_mobility, weights=setting.stock)
    mean = weight.sum() / stock.sum() * mobility
    rates = eq.search_rates(
        a.considering_rate / mean,
        setting.role_mobility,
        tier,
        status,
        a.mover_ratio,
        a.mover_share,
        ages,
        a.b_age,
        a.age_reference,
    )
    return rates.reshape(-1, *rates.shape[3:])
