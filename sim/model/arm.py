"""One arm of a run: a copy of the world's people that policy and chance may change, and the rules they live under."""

from copy import copy

import numpy as np

from ..scenario.stack import rules_at
from ..threads import over_range
from ..world.engineers import ROLES, SECTORS, STATUSES, TIERS, YOUNGEST
from ..world.ties import TEAM
from . import equations as eq
from . import passes, remote, rng
from .ledger import Books
from .market import Layout, follow_the_market
from .routes import Routes
from .supply import academia_over_path, entrant_path, reference_size
from .teams import teams_of
from .visas import Offices


class Arm:
    """State of one arm of one replicate.

    Parameters
    ----------
    world : World, left untouched
    a : Assumptions of the pair
    constants : Constants, the fitted pull of every hub
    baseline_rules : rule name -> array, in force where no policy says otherwise
    seed : int, of the replicate
    """

    def __init__(self, world, a, constants, baseline_rules, seed):
        setting = world.setting
        self.world, self.a, self.constants, self.seed = world, a, constants, seed
        self.policies, self.baseline_rules = (), baseline_rules
        self.course = None  # a Course to write down, so that other arms can be held to it
        self.choices = 0  # rounds of choices held so far
        self.held_to = {}  # mechanism -> Course of another arm, where the mechanism is switched off
        self.year = world.start  # it stands on the 1 January of this year
        self.people, self.ties = world.engineers.copy(), world.ties
        self.used = int(world.cohort[1])
        self.spare = int(world.cohort[-1])
        self.reference = reference_size(setting, a, world.start, world.years)
        self.entrants = entrant_path(setting, a, world.start, world.years)
        self.layout = Layout(setting, a, constants.move_cost_abroad)
        # an engineer's nationality and the ties that count are the same in every replicate and under every policy
        self.person_keys = np.array([rng.key(world.seed, q) for q in ("tie counts", "nationality", "family")])
        self.reach_key = rng.key(world.seed, "route reach")
        self.colleague_share = min(a.former_colleagues / (TEAM - 1), 1.0)
        self.seen = np.zeros(len(self.people.hub), bool)  # room for ``acts.standing``
        self.teams = teams_of(world)
        self.affiliate_jobs = 0.0
        self.routes = Routes(setting)
        self.rules = baseline_rules  # until the run starts
        self.pull_at_start = None  # of the sectors, from the first market on
        self.count()
        self.considering_rates = considering_table(self)
        self.offices = Offices(self)
        self.open_books()
        follow_the_market(self, world.start)
        remote.place_remote_workers(self)
        self.count()
        self.first_work = self.work
        self.academia = academia_over_path(self)[None]  # (year, country), one row a 1 January: all ones at the start

    def branch(self, policies, held_to=()):
        """An independent copy that lives under ``policies`` from this 1 January on.

        ``held_to`` switches mechanisms ('network', 'feedback') off: name -> Course of the arm in which engineers see
        ties, sizes and jobs instead of in their own.
        """
        twin = copy(self)
        twin.people = self.people.copy()
        twin.teams = self.teams._replace(moved=self.teams.moved.copy())
        twin.offices = self.offices.of(twin)
        twin.policies, twin.course, twin.held_to = policies, None, dict(held_to)
        return twin

    def january_rules(self):
        """The rules in force on the 1 January that the arm stands on, before anybody meets them."""
        return rules_at(12 * self.year, self.policies, self.baseline_rules)

    def open_books(self):
        """Start the year's books, of the ledger and of the visa offices."""
        self.books = Books(len(self.world.setting.hubs), len(self.world.setting.homes))
        self.offices.start_year()

    def adopt_rules(self, month):
        """Put the rules of ``month`` in force."""
        self.rules = rules_at(month, self.policies, self.baseline_rules)
        self.offices.see_rules()

    def change_rules(self, month):
        """Put the rules of ``month`` in force in mid-year: choices from this month on see them."""
        self.adopt_rules(month)
        follow_the_market(self, month // 12)

    def count(self):
        """Count the agents: ``census`` is what the ledger checks, ``counts`` its part by (hub, home, tier, status).

        ``work`` is by (hub, role, sector), ``jobs`` by (hub of the employer, tier), ``remote`` by hub.
        """
        setting = self.world.setting
        hubs, homes = len(setting.hubs), len(setting.homes)
        parts = over_range(passes.count, self.used, self.people, hubs, homes)
        self.census, work, jobs, self.remote = (sum(counts) for counts in zip(*parts, strict=True))
        self.counts = self.census[:-1].reshape(hubs, homes, len(TIERS), len(STATUSES))
        self.work = work.reshape(hubs, len(ROLES), len(SECTORS))
        self.jobs = jobs.reshape(hubs, len(TIERS))

    def size(self):
        """(hub,) stock on 1 January in persons, at full scale."""
        return self._seen("feedback", "sizes", self.year, self.counts.sum(axis=(1, 2, 3)) * self.world.weight)

    def sector_size(self):
        """(hub, sector) persons on 1 January; an agent more each, so that no sector without anybody is a zero."""
        return self._seen("feedback", "sectors", self.year, (self.work.sum(axis=1) + 1) * self.world.weight)

    def jobs_abroad(self):
        """Jobs, in persons, that the petitions lost last year open abroad."""
        return self._seen("feedback", "jobs", self.year, self.affiliate_jobs)

    def follow_academia(self):
        """Write down academia of this 1 January: who enters ``phd_years`` later depends on it (E9)."""
        now = self._seen("feedback", "academia", self.year, academia_over_path(self))
        self.academia = np.vstack([self.academia, now])

    def living(self):
        """(slot,) hub where ties live at the next choice; every arm makes its choices in the same order."""
        self.choices += 1
        return self._seen("network", "living", self.choices, self.people.hub)

    def leaders(self):
        """(team,) year in which the leader last moved, as his team sees it."""
        return self._seen("network", "leaders", self.year, self.teams.moved)

    def _seen(self, mechanism, what, key, now):
        """What engineers see: what there is ``now``, or what there was in the course that a mechanism is held to."""
        if mechanism in self.held_to:
            return getattr(self.held_to[mechanism], what)[key]
        if self.course is not None:
            getattr(self.course, what)[key] = copy(now)
        return now

    def spare_slots(self, count):
        """The next ``count`` empty slots beyond all cohorts, making room where there is none."""
        first, last = self.spare, self.spare + count
        missing = last - len(self.people.hub)
        if missing > 0:
            room = missing + len(self.people.hub) // 20
            self.people, self.ties = self.people.grown(room), self.ties.grown(room)
            self.seen = np.zeros(len(self.people.hub), bool)
        self.spare = self.used = last
        return np.arange(first, last)


def considering_table(arm):
    """(category // 3, status, age) probability of considering a move in a year (E4).

    The rate is an average over the engineers of the start: tiers, statuses and remote workers that consider more are
    set against those that consider less.
    """
    a, setting = arm.a, arm.world.setting
    tier = np.array([a.expert_considering, 1.0, a.entry_considering])
    status = np.array([1.0, 1.0, *[a.temporary_considering] * 4])
    ages = YOUNGEST + np.arange(setting.ages.shape[1])
    ageing = np.exp(-a.b_age * np.maximum(ages - a.age_reference, 0))
    stock = arm.counts.sum(axis=(0, 1))  # tier, status
    weight = (setting.ages @ ageing)[:, None] * stock * tier[:, None] * status
    by_role = setting.role_share * remote.considering_factor(arm)
    mobility = np.average(by_role @ setting.role_mobility, weights=setting.stock)
    mean = weight.sum() / stock.sum() * mobility
    rates = eq.considering_rates(a.considering_rate / mean, setting.role_mobility, tier, status, a.mover_ratio,
                                 a.mover_share, ages, a.b_age, a.age_reference)
    return rates.reshape(-1, *rates.shape[3:])
