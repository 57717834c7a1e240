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
from sim.model.market import Layout, jobs_of, mean_pay, openings, update_market
from sim.model.routes import routes_of
from sim.model.supply import academia_over_path, entrant_path, reference_size, study_pull
from sim.model.teams import completeness, teams_of
from sim.model.visas import VisaSystem
from sim.scenario.stack import change_months, rules_at
from sim.threads import over_range
from sim.world.categories import ROLES, SECTORS, STATUSES, TIERS
from sim.world.engineers import YOUNGEST
from sim.world.ties import TEAM


@dataclass
class Trajectory:
    """What one simulation lived through.

    Attributes
    ----------
    sizes : year -> (hub,) persons on 1 January
    sectors : year -> (hub, sector) persons on 1 January, one agent more each
    jobs : year -> jobs that petitions lost in the year before open abroad
    academia : year -> (country,) academia's stock on 1 January over its reference path
    leaders : year -> (team,) year in which each leader last moved
    residence_of_contacts : number of the round of choices -> (slot,) hub where everybody lived in it
    movers : list of (slot, origin, destination, category, sector, status) arrays; None where nobody asks for them
    """

    sizes: dict = field(default_factory=dict)
    sectors: dict = field(default_factory=dict)
    jobs: dict = field(default_factory=dict)
    academia: dict = field(default_factory=dict)
    leaders: Any = field(default_factory=dict)
    residence_of_contacts: Any = field(default_factory=dict)
    movers: list | None = None

    def note(self, people, slots, hubs):
        """Write down who moves where, as they are before they move, if movers are followed: one array a column."""
        if self.movers is not None and len(slots):
            before = people.hub[slots], np.asarray(hubs), people.category[slots], people.sector[slots]
            self.movers.append(tuple(np.array(column) for column in (slots, *before, people.status[slots])))


@dataclass(frozen=True)
class Always:
    """The same at every time: what a course holds that nothing changes."""

    value: Any

    def __getitem__(self, key):
        return self.value


def ties_of_the_start(sim):
    """A course in which nobody has moved: ties live in the hub where they entered, and no leader leaves a team.

    With the network frozen to it, people keep the ties of the start. Entrants have theirs where these entered.
    """
    return Trajectory(residence_of_contacts=Always(sim.world.entry_hub), leaders=Always(sim.teams.moved.copy()))


class Simulation:
    """One arm of one replicate: its people, and all that they live under.

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
    """

    # What a simulation is given, and what follows from it once
    world: Any  # World: setting, everybody who may ever live in it, ties; shared, read only
    a: Any  # Assumptions
    constants: Any  # HubConstants
    seed: int
    baseline_rules: dict  # name -> array by country, route, hub, ...
    reference: np.ndarray  # (year + 1, hub) persons on the reference path
    entrants: np.ndarray  # (year, hub, kind, tier) persons who enter on the reference path
    mean_pay: float  # kUSD a year, net and real, of the world's engineers at the start
    layout: Any  # Layout: nests and costs of corridors
    routes: Any  # Routes: permit routes, laid out
    colleague_share: float  # of the colleagues of the start who count as former colleagues
    search_rates: np.ndarray  # (category // 3, status, age) probability of considering a move in a year
    track: np.ndarray | None  # (year, years since entry) promotions to expert over the mean; None without a track
    person_keys: np.ndarray  # (3,) uint64, draws of ties that count, nationality and family
    access_key: np.uint64  # draws of the routes that are open to a person in practice

    # Policy, and what this simulation is frozen to
    policies: tuple  # of Policy
    rules: dict  # now in force, as baseline_rules
    trajectory: Any  # Trajectory being recorded, or None; other simulations can be frozen to it
    frozen_to: dict  # mechanism -> Trajectory of another simulation, where the mechanism is switched off
    choices: int  # rounds of choices held so far

    # People, ties and teams
    people: Any  # Engineers, (slot,) columns
    ties: Any  # Ties, CSR
    teams: Any  # Teams: (team,) leaders, and when they last moved
    entered: np.ndarray  # (slot,) int16, year of entry into the occupation, doctorates counted
    used: int  # slots up to here have been somebody
    spare: int  # first slot beyond all cohorts that is empty
    seen: np.ndarray  # (slot,) bool, room for kernels.visas.standing, False between calls
    searchers: list  # 12 arrays of slots: who considers a move, by month

    # Counts of the last 1 January, in agents
    year: int  # the simulation stands on the 1 January of this year
    census: np.ndarray  # (cell + 1,) by ledger cell, and the fingerprint
    counts: np.ndarray  # (hub, home, tier, status)
    work: np.ndarray  # (hub, role, sector)
    jobs: np.ndarray  # (hub of the employer, tier)
    remote: np.ndarray  # (hub,) who work for an employer in another hub
    first_work: np.ndarray  # (hub, role, sector) of the start
    academia: np.ndarray  # (1 January, country) academia's stock over its reference path, 1 at the start

    # Market and utility, under the rules in force
    market: Any  # Market: pay, prices, compute
    sectors: Any  # Sectors: openings and relative utility
    sector_utility_at_start: np.ndarray | None  # (profile, hub, sector) log-odds, of the first market
    hiring: Any  # Hiring: chances of the next job
    open_routes: np.ndarray  # (tier, role, hub, k) bool: the country's k-th route is open
    from_abroad: tuple  # how applicants from abroad spread over routes, see routes.route_shares
    utility_terms: Any  # UtilityTerms of E2, log-odds
    tables: Any  # Tables: the same, as the kernels read them
    affiliate_jobs: float  # persons: jobs abroad that the petitions lost last year open
    vacancies: np.ndarray  # (hub,) persons: jobs that compute has opened and nobody has taken yet
    opened: np.ndarray  # (hub,) persons: jobs that compute has opened so far
    study_start: np.ndarray  # (hub,) log pay that students saw at the start
    studied: list  # of (hub,) the same, one a year since

    # Permits and accounts
    visas: Any  # VisaSystem: petitions, queues, odds
    accounts: Any  # Accounts of the year

    def __init__(self, world, a, constants, baseline_rules, seed):
        setting = world.setting
        self.world, self.a, self.constants, self.seed = world, a, constants, seed
        self.policies, self.baseline_rules = (), baseline_rules
        self.rules = baseline_rules  # until the run starts
        self.trajectory, self.frozen_to, self.choices = None, {}, 0
        self.year = world.start

        # paths and tables that neither policy nor time changes
        self.reference = reference_size(setting, a, world.start, world.years)
        self.entrants = entrant_path(setting, a, world.start, world.years)
        self.mean_pay = mean_pay(setting, a)
        self.layout = Layout(setting, a, constants.move_cost_abroad)
        self.colleague_share = colleague_share(a)
        self.routes = routes_of(setting)

        # an engineer's nationality and the ties that count are the same in every replicate and under every policy
        self.person_keys = np.array([rng.key(world.seed, q) for q in ("tie counts", "nationality", "family")])
        self.access_key = rng.key(world.seed, "route reach")

        # people: those of the start, all cohorts behind them, and room for a few beyond the reference path
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

    def branch(self, policies, frozen_to=()):
        """An independent copy that lives under ``policies`` from this 1 January on.

        ``frozen_to`` switches mechanisms ('network', 'feedback') off: name -> Trajectory of the simulation in which
        engineers see ties, sizes and jobs instead of in their own. Branches keep what this simulation is frozen to.
        """
        twin = copy(self)
        twin.people = self.people.copy()
        twin.teams = self.teams._replace(moved=self.teams.moved.copy())
        twin.entered = self.entered.copy()
        twin.visas = self.visas.of(twin)
        twin.policies, twin.trajectory, twin.frozen_to = policies, None, self.frozen_to | dict(frozen_to)
        return twin

    def open_accounts(self):
        """Start the year's accounts, of the ledger and of the visa offices."""
        self.accounts = Accounts(len(self.world.setting.hubs), len(self.world.setting.homes))
        self.visas.start_year()

    def count(self):
        """Count the agents: ``census`` is what the ledger checks, ``counts`` its part by (hub, home, tier, status).

        ``work`` is by (hub, role, sector), ``jobs`` by (hub of the employer, tier), ``remote`` by hub.
        """
        setting = self.world.setting
        hubs, homes = len(setting.hubs), len(setting.homes)
        parts = over_range(events.count, self.used, self.people, hubs, homes)
        self.census, work, jobs, self.remote = (sum(counts) for counts in zip(*parts, strict=True))
        self.counts = self.census[:-1].reshape(hubs, homes, len(TIERS), len(STATUSES))
        self.work = work.reshape(hubs, len(ROLES), len(SECTORS))
        self.jobs = jobs.reshape(hubs, len(TIERS))

    def team_completeness(self):
        """Mean share of a team's living members who live in their leader's hub."""
        return completeness(self)

    def residence_of_contacts(self):
        """(slot,) hub where ties live at the next choice; every simulation makes its choices in the same order."""
        self.choices += 1
        return self._seen("network", "residence_of_contacts", self.choices, self.people.hub)

    def leaders(self):
        """(team,) year in which the leader last moved, as his team sees it."""
        return self._seen("network", "leaders", self.year, self.teams.moved)

    def _seen(self, mechanism, what, key, now):
        """What engineers see: what there is ``now``, or what there was in the course that a mechanism is held to."""
        if mechanism in self.frozen_to:
            return getattr(self.frozen_to[mechanism], what)[key]
        if self.trajectory is not None:
            getattr(self.trajectory, what)[key] = copy(now)
        return now

    def spare_slots(self, count):
        """The next ``count`` empty slots beyond all cohorts, making room where there is none."""
        first, last = self.spare, self.spare + count
        missing = last - len(self.people.hub)
        if missing > 0:
            room = missing + len(self.people.hub) // 20
            self.people, self.ties = self.people.grown(room), self.ties.grown(room)
            self.seen = np.zeros(len(self.people.hub), bool)
            self.entered = np.append(self.entered, np.zeros(room, np.int16))
        self.spare = self.used = last
        return np.arange(first, last)

    def january_rules(self):
        """The rules in force on the 1 January that the simulation stands on, before anybody meets them."""
        return rules_at(12 * self.year, self.policies, self.baseline_rules)

    def midyear_changes(self, until):
        """Months that are no January, before that of the year ``until``, whose rules differ from the month before."""
        named = [m for m in change_months(self.policies, 12 * self.year, 12 * until) if m % 12]
        rules = {m: rules_at(m, self.policies, self.baseline_rules) for each in named for m in (each - 1, each)}
        return [m for m in named if any(not np.array_equal(x, rules[m - 1][name]) for name, x in rules[m].items())]

    def adopt_rules(self, month):
        """Put the rules of ``month`` in force."""
        self.rules = rules_at(month, self.policies, self.baseline_rules)
        self.visas.read_rules()

    def change_rules(self, month):
        """Put the rules of ``month`` in force in mid-year: choices from this month on see them."""
        self.adopt_rules(month)
        update_market(self, month // 12)

    def size(self):
        """(hub,) stock on 1 January in persons, at full scale."""
        return self._seen("feedback", "sizes", self.year, self.counts.sum(axis=(1, 2, 3)) * self.world.weight)

    def sector_size(self):
        """(hub, sector) persons on 1 January; an agent more each, so that no sector without anybody is a zero."""
        return self._seen("feedback", "sectors", self.year, (self.work.sum(axis=1) + 1) * self.world.weight)

    def openings(self):
        """(hub,) openings of a year, persons, under the rules in force; those that compute opens apart."""
        return openings(self.world.setting, self.a, self.rules, self.jobs_abroad())

    def open_jobs(self, year):
        """Open, once, the jobs of the compute that has come online; what is taken away again closes none."""
        now = jobs_of(self.world.setting, self.a, self.rules, year)
        self.vacancies = self.vacancies + np.maximum(now - self.opened, 0.0)
        self.opened = np.maximum(self.opened, now)

    def fill_jobs(self, arrivals):
        """Take what the year's (hub,) arrivals, persons, have filled."""
        filled = arrivals * eq.jobs_share(self.vacancies, self.openings())
        self.vacancies = np.maximum(self.vacancies - filled, 0.0)

    def jobs_abroad(self):
        """Jobs, in persons, that the petitions lost last year open abroad."""
        return self._seen("feedback", "jobs", self.year, self.affiliate_jobs)

    def start_academia(self):
        """Begin to write academia down: (year, country), one row a 1 January, all ones at the start."""
        self.first_work = self.work
        self.academia = academia_over_path(self)[None]

    def follow_academia(self):
        """Write down academia of this 1 January: who enters ``phd_years`` later depends on it (E9)."""
        now = self._seen("feedback", "academia", self.year, academia_over_path(self))
        self.academia = np.vstack([self.academia, now])


def colleague_share(a):
    """Share of the colleagues of the start who count as former colleagues (E2)."""
    return min(a.former_colleagues / (TEAM - 1), 1.0)


def search_table(sim):
    """(category // 3, status, age) probability of considering a move in a year (E4).

    The rate is an average over the engineers of the start: tiers, statuses and remote workers that consider more are
    set against those that consider less.
    """
    a, setting = sim.a, sim.world.setting
    tier = np.array([a.expert_considering, 1.0, a.entry_considering])
    status = np.array([1.0, 1.0, *[a.temporary_considering] * 4])
    ages = YOUNGEST + np.arange(setting.ages.shape[1])
    ageing = np.exp(-a.b_age * np.maximum(ages - a.age_reference, 0))
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
