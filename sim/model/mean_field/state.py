"""Expected numbers of engineers in place of engineers: one arm of the mean-field twin, and the world it starts from."""

from copy import copy
from dataclasses import dataclass

import numpy as np

from sim.model import labour
from sim.model.inversion import tie_odds, tie_shares
from sim.model.market import follow_the_market
from sim.model.mean_field.ages import Ages
from sim.model.mean_field.books import ExpectedBooks
from sim.model.mean_field.passes import by_status, over_types, row_sums
from sim.model.mean_field.permits import ExpectedOffices
from sim.model.mean_field.terms import Terms
from sim.model.mean_field.work import work_remotely
from sim.model.state import Frame, colleague_share, considering_table
from sim.model.supply import CONVERSIONS, GRADUATES, entrant_path, entrant_ratio
from sim.scenario.assumptions import Assumptions
from sim.world.categories import ROLES, STATUSES
from sim.world.engineers import CITIZEN, STUDENT
from sim.world.people import entrant_homes, joint_mix
from sim.world.ties import TEAM

SINCE = 21  # years since arrival that are told apart: the longest relief and one more


@dataclass(frozen=True)
class WholeWorld:
    """The world before a run, in persons: what ``Frame`` reads of a World, and who has ties where.

    Attributes
    ----------
    setting : Setting
    start : first year; years : simulated
    entrants : (year, hub, kind, tier) persons on the reference path
    ties : (friend, colleague) shares as from ``first_year.tie_shares``, or None for none
    """

    setting: object
    start: int
    years: int
    entrants: np.ndarray
    ties: tuple | None = None
    weight: float = 1.0
    seed: int = 0


def whole_world(world, a, years):
    """The :class:`WholeWorld` of the setting and the ties of a World, for ``years``; the ties as ``a`` lets them count.

    The path of those who enter is that of the central assumptions, as in every World.
    """
    ties = tie_shares(world, colleague_share(a))
    path = entrant_path(world.setting, Assumptions.central(), world.start, years)
    return WholeWorld(world.setting, world.start, years, path, ties)


class MeanField(Frame):
    """State of one arm in persons; nothing in it is drawn.

    Attributes
    ----------
    persons : (home, tier, role, type, status, hub)
    work : (hub, role, sector); elsewhere : (hub, hub of the employer) who work remotely
    since : (home, hub, years) persons by years since they came from abroad
    residents : (home, tier, role, hub) persons when choices begin
    pairs : origins and destinations of all corridors within a country
    """

    draws = False
    residents: np.ndarray

    def __init__(self, world, a, constants, baseline_rules):
        super().__init__(world, a, constants, baseline_rules, 0)
        s = world.setting
        self.roles = s.role_share.T / s.role_share.sum(axis=1)  # role, hub: as in the hub at the start
        kind = np.array([1 - a.mover_share, a.mover_share])[:, None, None]
        statuses = _status_of_graduates(s), _normal(s.status_mix)[s.country].transpose(1, 2, 0)
        self.mix = [kind * status[:, None] for status in statuses]  # of entrants: home, type, status, hub
        self.homes_of_entrants = entrant_homes(s)
        self.pairs = np.nonzero(~self.layout.abroad & ~np.eye(len(s.hubs), dtype=bool))
        self.corridors = {}  # laid out for the choices, see ``odds.corridors``
        by_role = joint_mix(s).transpose(1, 2, 0)[:, :, None] * self.roles
        self.persons = by_role[:, :, :, None, None] * self.mix[CONVERSIONS][:, None, None]
        self.ages = Ages(s)
        self.tied = np.ones((len(s.homes), len(s.hubs))) if world.ties is None else tie_odds(a, *world.ties)
        self.since = self._since_at_start()
        self.work = (s.stock * self.roles).T[:, :, None] * _normal(s.sector_share)[:, None, :]
        self.elsewhere = np.zeros((len(s.hubs), len(s.hubs)))
        self.laid = {}  # group of routes -> exponentials of the last choice
        self.experts_moved = np.zeros(len(s.hubs))  # last year
        self.terms = Terms(self)
        self.offices = ExpectedOffices(self)
        self.offices.see_rules()
        self.applicants = row_sums(self.persons)
        self.count()
        self.considering_rates = considering_table(self)
        self.open_books()
        follow_the_market(self, world.start)
        self.remote_before = labour.remote_share(s, a, self.rules)
        work_remotely(self, 0.0)
        self.count()
        self.start_academia()

    def branch(self, policies, held_to=()):
        """An independent copy that lives under ``policies`` from this 1 January on."""
        twin = copy(self)
        for name in ("persons", "since", "work", "elsewhere"):
            setattr(twin, name, getattr(self, name).copy())
        twin.terms, twin.offices, twin.ages = self.terms.of(twin), self.offices.of(twin), copy(self.ages)
        twin.policies = policies
        return twin

    def open_books(self):
        """Start the year's books, of the ledger and of the visa offices."""
        homes, hubs = len(self.world.setting.homes), len(self.world.setting.hubs)
        self.books = ExpectedBooks(hubs)
        self.offices.start_year()
        self.departed, self.arrived = np.zeros((homes, hubs)), np.zeros((homes, hubs))
        self.left_jobs, self.took_jobs = np.zeros((hubs, len(ROLES))), np.zeros((hubs, len(ROLES)))
        self.diverted = np.zeros((homes, self.persons.shape[1], hubs, hubs))  # who move abroad after a refusal
        self.kept = np.ones((homes, self.persons.shape[1], hubs))  # share of those with a petition pending
        self.leaders_gone = np.zeros(hubs)
        self.new_temporary = np.zeros(len(self.world.setting.countries))  # permits that take effect this year
        self.present = self.counts.sum(axis=(2, 3)).T  # home, hub

    def count(self):
        """Count the expected engineers: ``counts`` (hub, home, tier, status), ``jobs``, ``remote`` as in an Arm."""
        self.counts = by_status(self.persons).transpose(3, 0, 1, 2)
        by_tier = self.counts.sum(axis=(1, 3))
        self.remote = self.elsewhere.sum(axis=1)
        away = self.elsewhere / np.maximum(by_tier.sum(axis=1), 1e-300)[:, None]
        self.jobs = by_tier * (1 - away.sum(axis=1))[:, None] + away.T @ by_tier

    def team_completeness(self):
        """Teams are not followed: not a number."""
        return float("nan")

    def persons_by_role(self):
        """(hub, role) persons."""
        return _by_role(over_types(self.persons))

    def remote_share(self):
        """(hub, role) share of residents whose employer is in another hub: of every hub by role as at the start."""
        if not self.elsewhere.any():
            return np.zeros((len(self.world.setting.hubs), len(ROLES)))
        role = _by_role(self.residents)
        expected = labour.expected_share(self)
        told = np.maximum((expected * role).sum(axis=1), 1e-300)
        return np.minimum(expected * (self.elsewhere.sum(axis=1) / told)[:, None], 1.0)

    def left_by_leader(self):
        """(hub,) share of engineers whose team's leader has moved away in the last year (E12), in expectation.

        A team of the start has a leader if an expert is among its members; he moves as often as experts of his hub do.
        """
        s, experts = self.world.setting, self.counts[:, :, 0].sum(axis=(1, 2))
        led = 1 - (1 - s.tier_share[:, 0]) ** TEAM
        of_start = np.minimum(s.stock / np.maximum(self.counts.sum(axis=(1, 2, 3)), 1e-300), 1.0)
        return led * of_start * np.minimum(self.experts_moved / np.maximum(experts, 1e-300), 1.0)

    def entering(self):
        """(home, tier, role, hub) persons who enter this year: graduates, and people from other occupations."""
        s, year = self.world.setting, self.year
        ratio = entrant_ratio(self, year).reshape(len(s.hubs), 2, 3, len(ROLES))
        path = self.world.entrants[year - self.world.start]
        by_skill = (path[..., None] * ratio).transpose(1, 2, 3, 0) * self.roles  # kind, tier, role, hub
        return [by_skill[kind] * self.homes_of_entrants[:, kind].T[:, None, None] for kind in (GRADUATES, CONVERSIONS)]

    def _since_at_start(self):
        """(home, hub, years) persons by years since they came from abroad; natives never did."""
        s = self.world.setting
        profile = np.zeros((s.arrival_years.shape[0], SINCE))
        years = min(SINCE, s.arrival_years.shape[1])
        profile[:, :years] = _normal(s.arrival_years)[:, :years]
        native = s.home_country[:, None] == s.country
        return (by_status(self.persons).sum(axis=1).swapaxes(1, 2) @ profile) * ~native[:, :, None]

    def relief_left(self):
        """(home, category % 45, hub) mean of what relief that is left adds to staying in the country (E1)."""
        t = self.tables
        out = np.zeros((len(self.since), *t.newcomer_left.shape[1:]))
        hubs = np.flatnonzero((t.newcomer_years > 0) | (t.returnee_years > 0))  # elsewhere there is none to be left
        is_home = t.is_home[:, hubs]
        persons = np.maximum(_by_home(self.residents)[:, hubs], 1e-300)
        share = (self.since[:, hubs] / persons[..., None]).swapaxes(0, 1)  # hub, home, year
        longest, years = t.newcomer_left.shape[0] - 1, np.arange(SINCE)
        for table, schemes, whose in (
            (t.newcomer_left, t.newcomer_years, ~is_home),
            (t.returnee_left, t.returnee_years, is_home),
        ):
            left = np.clip(schemes[hubs, None] - years, 0, longest) * (schemes[hubs, None] > 0)
            mean = share @ (table[left, :, hubs[:, None]] - table[0, :, hubs][:, None]) + table[0, :, hubs][:, None]
            out[:, :, hubs] += (mean * whose.T[..., None]).transpose(1, 2, 0)
        out[:, :, hubs] *= t.has_relief[:, None, hubs]
        return out

    @property
    def away_enough(self):
        """(home, hub) share of the people of a home living abroad who have been away as long as a hub's relief asks."""
        t = self.tables
        abroad = (self.since * ~t.is_home[:, :, None]).sum(axis=1)
        people = (_by_home(self.residents) * ~t.is_home).sum(axis=1)
        years = np.arange(SINCE)[:, None] < t.returnee_abroad
        return 1 - (abroad @ years) / np.maximum(people, 1e-300)[:, None]

    def grow_older(self):
        """A year more since everybody came from abroad; who left, left as all others of their home and hub."""
        kept = 1 - np.minimum(self.departed / np.maximum(self.present + self.arrived, 1e-300), 1.0)
        self.since = self.since * kept[..., None]
        self.since[..., 0] += self.arrived
        self.since = np.concatenate([np.zeros_like(self.since[..., :1]), self.since[..., :-1]], axis=-1)


def _by_home(residents):
    """(home, hub) sums of (home, tier, role, hub) persons."""
    return row_sums(row_sums(residents))


def _by_role(residents):
    """(hub, role) sums of (home, tier, role, hub) persons."""
    return residents.reshape(-1, *residents.shape[2:]).sum(axis=0).T


def _normal(shares):
    """Shares that add up to 1 along the last axis."""
    return shares / shares.sum(axis=-1, keepdims=True)


def _status_of_graduates(setting):
    """(home, status, hub): who needs no permit enters as a citizen does, everybody else is a student."""
    free = np.clip(setting.free_share, 0.0, 1.0)
    status = np.zeros((len(free), len(STATUSES), free.shape[1]))
    status[:, CITIZEN], status[:, STUDENT] = free, 1 - free
    return status
