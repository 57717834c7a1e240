"""The visa offices in expectation (E5): shares of applications in place of applications.

Applications travel as (home, tier, origin, destination) persons beside the shares of them that take each route of the
country of destination, (home, tier, destination, k).
"""

from copy import copy
from typing import NamedTuple

import numpy as np

from ..desks import INTAKE, Desks
from ..routes import KINDS, WEIGHTED, route_shares
from . import draw

TEMPORARY, PERMANENT = 0, 1  # kinds of permits granted
MOST_YEARS = 4  # from an application to the move


class Plan(NamedTuple):
    """What becomes of the applications of some months, as shares (home, tier, destination) of them."""

    refused: np.ndarray  # for the fee, by the office, or for want of a route
    due: dict  # years ahead -> (kind, home, tier, destination)
    held: dict  # route -> who waits for a draw or in a queue
    early: float  # part of those who wait for a draw, who are in this year's
    on_routes: np.ndarray  # (home, tier, destination, k) applicants
    served: np.ndarray  # the same, of them decided now


class Batch(NamedTuple):
    """Petitions granted that take effect later."""

    asked: np.ndarray  # (home, tier, origin, destination) persons
    due: dict  # year -> (kind, home, tier, destination) share of them
    by_route: dict  # year -> (route,) share of them all


class ExpectedOffices(Desks):
    """Pending applications and yearly counts of every route, in persons.

    Attributes
    ----------
    waiting, queued : route -> (home, tier, origin, destination) persons, for a draw or in a queue
    batches : list of Batch
    """

    def __init__(self, arm):
        super().__init__(arm)
        self.waiting, self.queued, self.batches = {}, {}, []
        self.refused = 0.0  # this season, (home, tier, origin, destination)
        self.inside = None  # who asks inside this year
        self.chance_before = np.zeros((3, len(self.odds[0])))  # of people inside in the last year, draws apart

    def of(self, arm):
        """These offices as a branch of their arm starts with them."""
        twin = copy(self)
        twin.arm, twin.odds = arm, self.odds.copy()
        twin.waiting, twin.queued, twin.batches = dict(self.waiting), dict(self.queued), list(self.batches)
        return twin

    def see_rules(self):
        """Take note of the rules now in force; who waits in vain, or needs no permit any more, decides anew."""
        super().see_rules()
        arm = self.arm
        free = arm.rules["free_entry"][arm.world.setting.country] > 0
        held, self.waiting, self.queued = [*self.waiting.items(), *self.queued.items()], {}, {}
        for r, persons in held:
            stays = ~free & (arm.rules["route_is_open"][r] > 0)
            if not stays.all():
                self.refused = self.refused + persons * ~stays
                persons = persons * stays
            _add(self.waiting if self.drawn[r] else self.queued, r, persons)

    def pending(self):
        """(home, tier, origin) persons who wait for a decision or for the day of their move."""
        total = 0.0
        for persons in (*self.waiting.values(), *self.queued.values()):
            total = total + persons.sum(axis=3)
        for batch in self.batches:
            share = sum(batch.due.values()).sum(axis=0)
            total = total + (batch.asked @ share[..., None])[..., 0]
        return total

    def backlog(self):
        """(route,) persons waiting, or granted and not yet moved."""
        total = np.zeros(len(self.drawn))
        for batch in self.batches:
            total += batch.asked.sum() * sum(batch.by_route.values())
        for r, persons in (*self.waiting.items(), *self.queued.items()):
            total[r] += persons.sum()
        return total

    def survive(self, share):
        """Scale what is pending by the (home, tier, origin) ``share`` of engineers who are still there."""
        for held in (self.waiting, self.queued):
            for r in held:
                held[r] = held[r] * share[..., None]
        self.batches = [Batch(b.asked * share[..., None], b.due, b.by_route) for b in self.batches if b.due]

    def take_due(self):
        """By kind, (home, tier, origin, destination) persons whose permit takes effect this year; done with then."""
        year, total = self.arm.year, [0.0, 0.0]
        for batch in self.batches:
            for kind, share in enumerate(batch.due.get(year, ())):
                if share.any():
                    total[kind] = total[kind] + batch.asked * share[:, :, None]
        keep = lambda held: {k: x for k, x in held.items() if k != year}  # noqa: E731
        self.batches = [Batch(b.asked, keep(b.due), keep(b.by_route)) for b in self.batches]
        none = np.zeros(self.arm.persons.shape[:2] + 2 * self.arm.persons.shape[5:])
        return [persons if np.ndim(persons) else none for persons in total]

    def on_routes(self, asked_role, group=0):
        """(home, tier, destination, k) applicants on each route of a country; some may reach none.

        ``asked_role`` is (home, tier, role, destination) applicants from abroad.
        """
        _, share, pattern_of = route_shares(self.arm)
        return np.einsum("gtrd,gtrdk->gtdk", asked_role, share[pattern_of[group]])

    def plan(self, asked, on_routes, months):
        """The :class:`Plan` for applications (home, tier, destination) made evenly in calendar ``months`` from 0."""
        route, some = self.route_of_hubs(), 1 / np.where(asked > 0, asked, 1.0)
        drawn = self.drawn[route] & (route >= 0)
        served, held = on_routes * ~drawn, {}
        for r in np.flatnonzero(self.drawn):
            held[r] = np.einsum("gtdk,dk->gtd", on_routes, (route == r) * 1.0) * some
        for r in np.flatnonzero(self.capped):
            left = 1 - self._part_served(r, served, route)
            if left > 0:
                held[r] = np.einsum("gtdk,dk->gtd", served, (route == r) * left) * some
                served = served * np.where(route == r, 1 - left, 1.0)
        granted = served * self._granted(route)
        kinds = np.stack([granted * ~self.is_permanent(route), granted * self.is_permanent(route)])
        ahead = (months[:, None, None] + self.months_to_wait()[route]) // 12
        due = {y: np.einsum("cgtdk,dk->cgtd", kinds, (ahead == y).mean(axis=0)) * some for y in range(MOST_YEARS)
               if (ahead == y).any()}
        refused = 1 - sum(held.values()) - np.einsum("gtdk->gtd", granted) * some
        return Plan(np.where(asked > 0, refused, 0.0), due, held, np.mean(months < INTAKE), on_routes * some[..., None],
                    served * some[..., None])

    def _granted(self, route):
        return self.p_pays[:, route] * self.approval[route]  # tier, hub, k

    def is_permanent(self, route):
        """Whether routes give permanent residence."""
        return self.arm.routes.kind[route] == KINDS.index("permanent")

    def _part_served(self, r, served, route):
        """Part of a capped queue whose turn comes within the year's room; those who wait from before come too."""
        queued = self.queued.pop(r, None)
        before = 0.0 if queued is None else queued.sum()
        room = self.room()[r] - self.counts["grants"][r]
        asked = (served * (route == r)).sum() + before
        part = min(1.0, max(room, 0.0) / max(asked * self.approval[r], 1e-300))
        if queued is not None:
            alone = np.broadcast_to((route == r) * part, served.shape)
            kinds = ~self.is_permanent(route), self.is_permanent(route)
            due = {1: np.stack([(alone * self._granted(route) * kind).sum(axis=3) for kind in kinds])}
            plan = Plan(0.0, due, {}, 0.0, 0 * alone, alone)
            self.file(queued, plan)
            self.refused = self.refused + queued * (part - plan.due[1].sum(axis=0))[:, :, None]
            if part < 1:
                self.queued[r] = queued * (1 - part)
        return part

    def hold_draws(self, asked, plan):
        """The yearly draws, among those who have waited and the first of this year's applicants."""
        for r in np.flatnonzero(self.drawn):
            _add(self.waiting, r, asked * (plan.held[r] * plan.early)[:, :, None])
            self.draw(r)

    def file(self, asked, plan, drawn=0.0):
        """Count (home, tier, origin, destination) applications and keep what takes effect or is decided later.

        ``drawn`` are those among them who are in this year's draws if they are drawn at all.
        """
        persons, route, year = asked.sum(axis=2), self.route_of_hubs(), self.arm.year
        for name in ("applicants", "applicants_abroad"):
            self.count(name, plan.on_routes * persons[..., None])
        served = plan.served * persons[..., None]
        self.count("lost_petitions", served * (1 - self.p_pays[:, route]))
        granted = served * self._granted(route)
        self.count_grants(granted, abroad=True)
        by_route = self.by_route(granted.sum(axis=(0, 1))) / max(asked.sum(), 1e-300)
        split = {y: (x.sum(axis=0) * persons).sum() for y, x in plan.due.items()}
        total = max(sum(split.values()), 1e-300)
        self.batches.append(Batch(asked, {year + y: x for y, x in plan.due.items()},
                                  {year + y: by_route * part / total for y, part in split.items()}))
        for r, share in plan.held.items():
            later = asked - plan.early * drawn if self.drawn[r] else asked
            _add(self.waiting if self.drawn[r] else self.queued, r, later * share[:, :, None])

    def draw(self, r):
        """Draw one pool: people abroad who waited, people inside, and the background, all in one lottery."""
        arm, pool, rules = self.arm, self.pools[self.arm.routes.pool[r]], self.arm.rules
        weighted = rules["route_selection"][r] == WEIGHTED
        waiting = self.waiting.pop(r, np.zeros(1))
        pays = np.broadcast_to(self.p_pays[:, r], 3)
        lost = waiting * (1 - pays)[:, None, None]
        abroad = waiting - lost
        by_home = abroad.sum(axis=(2, 3)) if abroad.ndim == 4 else np.zeros((1, 3))
        from_group = arm.terms.degrees_abroad(arm.world.setting, arm.routes.country[r])[: len(by_home), None]
        inside, trained = self.inside.by_tier(r)
        levels = arm.world.setting.wage_level / arm.world.setting.wage_level.sum(axis=1, keepdims=True)
        ours = np.stack([(by_home * (1 - from_group)).sum(axis=0) + inside * (1 - trained),
                         (by_home * from_group).sum(axis=0) + inside * trained]) @ levels  # master, level
        others = draw.background(pool, self.p_pays[1, r], weighted * arm.a.level_one_withdrawal)
        part = pool.advanced_cap / pool.cap
        places = min(rules["route_cap"][r], 1e12) / arm.a.petition_yield
        registered = (ours + others).ravel()
        master, level = np.divmod(np.arange(registered.size), ours.shape[1])
        odds = draw.chances(registered, level, master == 1, places * (1 - part), places * part, weighted)
        self.counts["registrations"][r] += registered.sum()
        self.counts["selected"][r] += (registered * odds).sum()
        self.remember(r, (registered * odds).sum() / max(registered.sum(), 1.0))
        odds = levels @ odds.reshape(ours.shape).T  # tier, master
        self.inside.odds[r] = (1 - trained) * odds[:, 0] + trained * odds[:, 1]
        self._after_the_draw(r, abroad, lost, (1 - from_group) * odds[:, 0] + from_group * odds[:, 1])

    def _after_the_draw(self, r, abroad, lost, odds):
        if abroad.ndim != 4:  # nobody has waited
            return
        self.counts["lost_petitions"][r] += lost.sum()
        won = abroad * odds[:, :, None, None]
        granted = won * self.approval[r]
        again = (abroad - won) * self.arm.a.redraw_share
        self.refused = self.refused + (lost + abroad - granted - again)
        self.waiting[r] = again
        year = self.arm.year + (INTAKE - 1 + self.months_to_wait()[r]) // 12
        every = np.ones((*granted.shape[:2], granted.shape[3]))
        permanent = self.is_permanent(r)
        self.batches.append(Batch(granted, {year: np.stack([every * (not permanent), every * permanent])},
                                  {year: (np.arange(len(self.drawn)) == r) * 1.0}))
        for name in ("grants", "grants_abroad"):
            self.counts[name][r] += granted.sum()
        self.grants_by_tier[r] += granted.sum(axis=(0, 2, 3))

    def terms(self):
        """(country, years) shares of the temporary permits of this year by the years that they run."""
        arm, years = self.arm, np.rint(self.permit_months / 12).astype(int)
        temporary = arm.routes.kind != KINDS.index("permanent")
        out = np.zeros((len(arm.world.setting.countries), 13))
        np.add.at(out, (arm.routes.country, np.minimum(years, 12)), self.counts["grants"] * temporary)
        total = out.sum(axis=1, keepdims=True)
        out[:, 3] += (total[:, 0] == 0)
        return out / np.where(total > 0, total, 1.0)

    def route_of_hubs(self):
        """(hub, k) the routes of each hub's country, -1 beyond them."""
        return self.arm.routes.of_country[self.arm.world.setting.country]

    def by_route(self, persons):
        """(route,) sums of (hub, k) persons."""
        route = self.route_of_hubs()
        some = route >= 0
        return np.bincount(route[some], persons[some], len(self.drawn))

    def count(self, name, persons):
        """Count (home, tier, hub, k) persons."""
        self.counts[name] += self.by_route(persons.sum(axis=(0, 1)))

    def count_grants(self, persons, abroad):
        """Count (home, tier, hub, k) persons who are granted a permit."""
        for name in ("grants", "grants_abroad")[: 1 + abroad]:
            self.count(name, persons)
        self.grants_by_tier += np.stack([self.by_route(x) for x in persons.sum(axis=0)], axis=1)


def _add(held, name, persons):
    held[name] = held[name] + persons if name in held else persons
