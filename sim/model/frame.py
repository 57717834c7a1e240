"""What every arm stands in, whether engineers are simulated one by one or as expected numbers: rules and paths."""

from typing import Any

import numpy as np

from sim.model import equations as eq
from sim.model import remote
from sim.model.compute import jobs_of
from sim.model.market import Layout, follow_the_market, mean_pay, openings
from sim.model.routes import routes_of
from sim.model.supply import academia_over_path, entrant_path, reference_size
from sim.scenario.stack import change_months, rules_at
from sim.world.engineers import YOUNGEST
from sim.world.ties import TEAM


class Frame:
    """An arm without its people: an engine adds ``offices``, and ``counts``, ``work`` and ``jobs`` of a 1 January.

    Parameters
    ----------
    world : World or WholeWorld
    a : Assumptions
    constants : Constants, the fitted pull of every hub
    baseline_rules : rule name -> array, in force where no policy says otherwise
    seed : int, of the replicate
    """

    draws = True  # jobs by lot: ``hiring`` lays out cumulative chances
    pulls: Any
    tables: Any
    offices: Any
    counts: np.ndarray
    work: np.ndarray
    jobs: Any

    def __init__(self, world, a, constants, baseline_rules, seed):
        setting = world.setting
        self.world, self.a, self.constants, self.seed = world, a, constants, seed
        self.policies, self.baseline_rules = (), baseline_rules
        self.rules = baseline_rules  # until the run starts
        self.year = world.start  # it stands on the 1 January of this year
        self.reference = reference_size(setting, a, world.start, world.years)
        self.entrants = entrant_path(setting, a, world.start, world.years)
        self.mean_pay = mean_pay(setting, a)
        self.layout = Layout(setting, a, constants.move_cost_abroad)
        self.colleague_share = colleague_share(a)
        self.affiliate_jobs = 0.0
        self.vacancies = np.zeros(len(setting.hubs))  # jobs that compute has opened and nobody has taken yet
        self.opened = jobs_of(setting, a, baseline_rules, world.start - 1)  # what it has opened so far
        self.routes = routes_of(setting)
        self.pull_at_start = None  # of the sectors, from the first market on

    def january_rules(self):
        """The rules in force on the 1 January that the arm stands on, before anybody meets them."""
        return rules_at(12 * self.year, self.policies, self.baseline_rules)

    def midyear_changes(self, until):
        """Months that are no January, before that of the year ``until``, whose rules differ from the month before."""
        named = [m for m in change_months(self.policies, 12 * self.year, 12 * until) if m % 12]
        rules = {m: rules_at(m, self.policies, self.baseline_rules) for each in named for m in (each - 1, each)}
        return [m for m in named if any(not np.array_equal(x, rules[m - 1][name]) for name, x in rules[m].items())]

    def adopt_rules(self, month):
        """Put the rules of ``month`` in force."""
        self.rules = rules_at(month, self.policies, self.baseline_rules)
        self.offices.see_rules()

    def change_rules(self, month):
        """Put the rules of ``month`` in force in mid-year: choices from this month on see them."""
        self.adopt_rules(month)
        follow_the_market(self, month // 12)

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

    def _seen(self, mechanism, what, key, now):
        """What engineers see of the arm they live in: what there is ``now``."""
        return now


def colleague_share(a):
    """Share of the colleagues of the start who count as former colleagues (E2)."""
    return min(a.former_colleagues / (TEAM - 1), 1.0)


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
    rates = eq.considering_rates(
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
