"""One arm of a run: a copy of the world's people that policy and chance may change, and the rules they live under."""

from copy import copy

import numpy as np

from sim.model import passes, remote, rng
from sim.model.careers import entry_years, expert_track
from sim.model.frame import Frame, considering_table
from sim.model.ledger import Books
from sim.model.market import follow_the_market
from sim.model.supply import study_pull
from sim.model.teams import completeness, teams_of
from sim.model.visas import Offices
from sim.threads import over_range
from sim.world.categories import ROLES, SECTORS, STATUSES, TIERS


class Arm(Frame):
    """State of one arm of one replicate: agents, one by one.

    Parameters
    ----------
    world : World, left untouched
    a : Assumptions of the pair
    constants : Constants, the fitted pull of every hub
    baseline_rules : rule name -> array, in force where no policy says otherwise
    seed : int, of the replicate
    """

    def __init__(self, world, a, constants, baseline_rules, seed):
        super().__init__(world, a, constants, baseline_rules, seed)
        self.course = None  # a Course to write down, so that other arms can be held to it
        self.choices = 0  # rounds of choices held so far
        self.held_to = {}  # mechanism -> Course of another arm, where the mechanism is switched off
        room = len(world.engineers.hub) // 100  # for a few entrants beyond the reference path
        self.people, self.ties = world.engineers.grown(room), world.ties.grown(room)
        self.used = int(world.cohort[1])
        self.spare = int(world.cohort[-1])
        # an engineer's nationality and the ties that count are the same in every replicate and under every policy
        self.person_keys = np.array([rng.key(world.seed, q) for q in ("tie counts", "nationality", "family")])
        self.reach_key = rng.key(world.seed, "route reach")
        self.seen = np.zeros(len(self.people.hub), bool)  # room for ``acts.standing``
        self.teams = teams_of(world)
        self.entered = entry_years(world, len(self.people.hub))
        self.track = expert_track(self) if a.expert_track > 0 else None
        self.count()
        self.considering_rates = considering_table(self)
        self.offices = Offices(self)
        self.open_books()
        follow_the_market(self, world.start)
        self.study_start = study_pull(self)
        remote.place_remote_workers(self)
        self.count()
        self.start_academia()

    def branch(self, policies, held_to=()):
        """An independent copy that lives under ``policies`` from this 1 January on.

        ``held_to`` switches mechanisms ('network', 'feedback') off: name -> Course of the arm in which engineers see
        ties, sizes and jobs instead of in their own. What this arm is held to, its branches are too.
        """
        twin = copy(self)
        twin.people = self.people.copy()
        twin.teams = self.teams._replace(moved=self.teams.moved.copy())
        twin.entered = self.entered.copy()
        twin.offices = self.offices.of(twin)
        twin.policies, twin.course, twin.held_to = policies, None, self.held_to | dict(held_to)
        return twin

    def open_books(self):
        """Start the year's books, of the ledger and of the visa offices."""
        self.books = Books(len(self.world.setting.hubs), len(self.world.setting.homes))
        self.offices.start_year()

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

    def team_completeness(self):
        """Mean share of a team's living members who live in their leader's hub."""
        return completeness(self)

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
            self.entered = np.append(self.entered, np.zeros(room, np.int16))
        self.spare = self.used = last
        return np.arange(first, last)
