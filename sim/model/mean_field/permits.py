"""The visa offices in expectation (E5): shares of applications in place of applications.

Applications travel as (home, tier, origin, destination) persons beside the shares of them that come to each desk, a
route in a hub of its country.
"""

from copy import copy
from typing import Any, NamedTuple

import numpy as np

from sim.model.mean_field import draw
from sim.model.mean_field.corridors import take
from sim.model.mean_field.counters import Counters
from sim.model.mean_field.passes import row_sums
from sim.model.routes import WEIGHTED
from sim.model.visas import INTAKE

TEMPORARY, PERMANENT = 0, 1  # kinds of permits granted
MOST_YEARS = 4  # from an application to the move


class Plan(NamedTuple):
    """What becomes of the applications of some months, as shares (home, tier, destination) of them."""

    refused: np.ndarray  # for the fee, by the office, or for want of a route
    due: dict  # years ahead -> (kind, home, tier, destination)
    held: dict  # route -> (home, tier, hub of its country), who waits for a draw or in a queue
    early: float  # part of those who wait for a draw, who are in this year's
    on_routes: np.ndarray  # (home, tier, desk) applicants
    served: np.ndarray  # the same, of them decided now
    part: np.ndarray  # (route,) of its applicants decided now, if it is not drawn
    months: np.ndarray  # calendar months from 0


class Batch:
    """Petitions granted that take effect later.

    Attributes
    ----------
    asked : (home, tier, origin, destination) persons, destinations being ``hubs``
    left : (home, tier, origin) share of them who are still there
    due : year -> (kind, home, tier, destination) share of them
    by_route : year -> (route,) share of them all
    pending : (home, tier, origin) persons for whom it has not taken effect
    """

    def __init__(self, asked, hubs, due, by_route):
        self.asked, self.hubs, self.due, self.by_route = asked, hubs, due, by_route
        self.left, self.persons = np.ones(asked.shape[:3]), asked @ np.ones(asked.shape[3])
        self.pending = (asked @ sum(due.values()).sum(axis=0)[..., None])[..., 0]

    def copy(self):
        """A copy that may be changed."""
        twin = copy(self)
        twin.due, twin.by_route = dict(self.due), dict(self.by_route)
        return twin

    def survive(self, share):
        """Scale all persons by the (home, tier, origin) ``share`` of engineers who are still there."""
        self.left, self.pending = self.left * share, self.pending * share


class ExpectedOffices(Counters):
    """Pending applications and yearly counts of every route, in persons.

    Attributes
    ----------
    waiting, queued : route -> (home, tier, origin, hub of its country) persons, for a draw or in a queue
    planned : (route,) grants to people abroad before those inside are dealt with in March, not yet in the books
    batches : list of Batch
    """

    def __init__(self, arm):
        super().__init__(arm)
        self.waiting, self.queued, self.batches, self.planned = {}, {}, [], 0.0
        self.refused: Any = 0.0  # this season, (home, tier, origin, destination)
        self.inside: Any = None  # who asks inside this year
        self.chance_before = np.zeros((3, len(self.odds[0])))  # of people inside in the last year, draws apart

    def of(self, arm):
        """These offices as a branch of their arm starts with them."""
        twin = copy(self)
        twin.arm, twin.odds = arm, self.odds.copy()
        twin.waiting, twin.queued = dict(self.waiting), dict(self.queued)
        twin.batches = [batch.copy() for batch in self.batches]
        return twin

    def see_rules(self):
        """Take note of the rules now in force; who waits in vain, or needs no permit any more, decides anew."""
        super().see_rules()
        arm = self.arm
        free = arm.rules["free_entry"][arm.world.setting.country] > 0
        held, self.waiting, self.queued = [*self.waiting.items(), *self.queued.items()], {}, {}
        for r, persons in held:
            stays = (~free & (arm.rules["route_is_open"][r] > 0))[self.hubs_of(r)]
            if not stays.all():
                self.refuse(persons * ~stays, self.hubs_of(r))
                persons = persons * stays
            _add(self.waiting if self.drawn[r] else self.queued, r, persons)

    def refuse(self, persons, hubs=slice(None)):
        """Let (home, tier, origin, destination) applicants know; destinations are ``hubs``."""
        if np.ndim(self.refused) == 0 and isinstance(hubs, slice) and hubs == slice(None):
            self.refused = persons
            return
        if np.ndim(self.refused) == 0:
            self.refused = np.zeros((*persons.shape[:3], persons.shape[2]))
        self.refused[..., hubs] += persons

    def pending(self):
        """(home, tier, origin) persons who wait for a decision or for the day of their move."""
        waiting = [row_sums(x.swapaxes(2, 3)) for x in (*self.waiting.values(), *self.queued.values())]
        return sum([*waiting, *(batch.pending for batch in self.batches)])

    def backlog(self):
        """(route,) persons waiting, or granted and not yet moved."""
        total = np.zeros(len(self.drawn))
        for batch in self.batches:
            total += (batch.persons * batch.left).sum() * sum(batch.by_route.values())
        for r, persons in (*self.waiting.items(), *self.queued.items()):
            total[r] += persons.sum()
        return total

    def survive(self, share):
        """Scale what is pending by the (home, tier, origin) ``share`` of engineers who are still there."""
        self.batches = [batch for batch in self.batches if batch.due]
        for batch in self.batches:
            batch.survive(share)
        for held in (self.waiting, self.queued):
            for r in held:
                held[r] = held[r] * share[..., None]

    def take_due(self, moves, closed):
        """Add to ``moves`` those whose permit takes effect this year, (home, tier, origin, destination) persons.

        ``closed`` is (home, hub): nobody comes there. Returns (kind, home, tier, destination) persons.
        """
        homes, tiers, _, hubs = moves.shape
        year, kinds = self.arm.year, np.zeros((2, homes, tiers, hubs))
        for batch in self.batches:
            now, _ = batch.due.pop(year, None), batch.by_route.pop(year, None)
            if now is None:
                continue
            now = now * ~closed[:, None, batch.hubs]
            later = sum(batch.due.values()).sum(axis=0) if batch.due else np.zeros(now.shape[1:])
            there, persons = np.ascontiguousarray(moves[..., batch.hubs]), np.zeros(now.shape[1:])
            batch.pending = take(batch.asked, batch.left, now.sum(axis=0), later, there, persons)
            moves[..., batch.hubs] = there
            kinds[..., batch.hubs] += now * persons
        return kinds

    def open_season(self, asked, on_routes, months):
        """The :class:`Plan` for applications (home, tier, destination) made evenly in calendar ``months`` from 0.

        Queues of capped routes are served first: they have waited longer.
        """
        route = self.desks(abroad=True)[1]
        served = on_routes * ~self.drawn[route]
        part = self._parts_served(served)
        before_march = np.mean(months < INTAKE) * self.by_route(served * self.granted(route), abroad=True)
        self.planned = np.minimum(before_march, self._left())
        return self.plan(asked, on_routes, months, part)

    def plan(self, asked, on_routes, months, part):
        """The same if a ``part`` (route,) of the applicants is decided now."""
        hub, route = self.desks(abroad=True)
        some = 1 / np.where(asked > 0, asked, 1.0)
        served, held = on_routes * ~self.drawn[route], {}
        left = np.where(self.drawn, 1.0, 1 - part)
        for r in np.flatnonzero(left > 0):
            at = self.hubs_of(r)
            held[r] = self.by_hub(on_routes * ((route == r) * left[r]), abroad=True)[..., at] * some[..., at]
        served = served * part[route]
        granted = served * self.granted(route)
        kinds = granted * np.stack([~self.is_permanent(route), self.is_permanent(route)])[:, None, None]
        ahead = (months[:, None] + self.months_to_wait()[route]) // 12
        due = {
            y: self.by_hub(kinds * (ahead == y).mean(axis=0), abroad=True) * some
            for y in range(MOST_YEARS)
            if (ahead == y).any()
        }
        refused = 1 - self.by_hub(granted, abroad=True) * some
        for r, share in held.items():
            refused[..., self.hubs_of(r)] -= share
        return Plan(
            np.where(asked > 0, refused, 0.0),
            due,
            held,
            np.mean(months < INTAKE),
            on_routes * some[..., hub],
            served * some[..., hub],
            part,
            months,
        )

    def _left(self):
        """(route,) persons whom each route may still admit this year."""
        return np.maximum(self.room() - self.counts["grants"], 0.0)

    def _parts_served(self, served):
        """(route,) part of those ``served`` whose turn comes within the year's room; who waited before comes too."""
        before = np.array([self.queued[r].sum() if r in self.queued else 0.0 for r in range(len(self.drawn))])
        asked = self.by_route(served, abroad=True) + before
        room = self._left()
        part = np.where(self.capped, room / np.maximum(np.maximum(asked * self.approval, room), 1e-300), 1.0)
        queued, self.queued = self.queued, {}
        for r, persons in queued.items():
            self._serve(r, persons, part[r])
        return part

    def _serve(self, r, queued, part):
        """Decide on a ``part`` of the applications of a queue; the others wait on."""
        paid = np.broadcast_to(self.p_pays[:, r], 3)[:, None]
        granted = np.broadcast_to(part * paid * self.approval[r], (*queued.shape[:2], queued.shape[3]))
        self.counts["lost_petitions"][r] += (row_sums(queued) * (part - granted)).sum()
        self._grant(r, queued, granted, self.arm.year + 1)
        self.refuse(queued * (part - granted)[:, :, None], self.hubs_of(r))
        if part < 1:
            self.queued[r] = queued * (1 - part)

    def _grant(self, r, asked, share, year):
        """Grant a ``share`` (home, tier, hub of its country) of what ``asked`` for route ``r``, for that ``year``."""
        by_tier = (row_sums(asked) * share).sum(axis=(0, 2))
        for name in ("grants", "grants_abroad"):
            self.counts[name][r] += by_tier.sum()
        self.grants_by_tier[r] += by_tier
        permanent = self.is_permanent(r)
        due = {year: np.stack([share * (not permanent), share * permanent])}
        by_route = (np.arange(len(self.drawn)) == r) * (by_tier.sum() / max(asked.sum(), 1e-300))
        self.batches.append(Batch(asked, self.hubs_of(r), due, {year: by_route}))

    def hold_draws(self, asked, plan):
        """The yearly draws, among those who have waited and the first of this year's applicants."""
        for r in np.flatnonzero(self.drawn):
            _add(self.waiting, r, asked[..., self.hubs_of(r)] * (plan.held[r] * plan.early)[:, :, None])
            self.draw(r)

    def file(self, asked, plan, drawn=None):
        """Count (home, tier, origin, destination) applications and keep what takes effect or is decided later.

        ``drawn`` are those among them who are in this year's draws if they are drawn at all.
        """
        hub, route = self.desks(abroad=True)
        persons, year = row_sums(asked), self.arm.year
        plan = self._within_caps(plan, persons)
        for name in ("applicants", "applicants_abroad"):
            self.count(name, plan.on_routes * persons[..., hub], abroad=True)
        served = plan.served * persons[..., hub]
        granted = served * self.granted(route)
        self.count("lost_petitions", served - granted, abroad=True)
        self.count_grants(granted, abroad=True)
        by_route = self.by_route(granted, abroad=True) / max(persons.sum(), 1e-300)
        split = {y: (x.sum(axis=0) * persons).sum() for y, x in plan.due.items()}
        total = max(sum(split.values()), 1e-300)
        self.batches.append(
            Batch(
                asked,
                slice(None),
                {year + y: x for y, x in plan.due.items()},
                {year + y: by_route * part / total for y, part in split.items()},
            )
        )
        for r, share in plan.held.items():
            later = asked[..., self.hubs_of(r)]
            if self.drawn[r] and drawn is not None:
                later = later - plan.early * drawn[..., self.hubs_of(r)]
            _add(self.waiting if self.drawn[r] else self.queued, r, later * share[:, :, None])

    def _within_caps(self, plan, persons):
        """The plan for all who apply, those whom another country refused among them: caps hold for them too."""
        hub, route = self.desks(abroad=True)
        granted = self.by_route(plan.served * persons[..., hub] * self.granted(route), abroad=True)
        left = self._left()
        if (granted <= left * (1 + 1e-9)).all():
            return plan
        part = plan.part * left / np.maximum(np.maximum(granted, left), 1e-300)
        return self.plan(persons, plan.on_routes * persons[..., hub], plan.months, part)

    def draw(self, r):
        """Draw one pool: people abroad who waited, people inside, and the background, all in one lottery."""
        arm, pool, rules = self.arm, self.pools[self.arm.routes.pool[r]], self.arm.rules
        weighted, waiting = rules["route_selection"][r] == WEIGHTED, self.waiting.pop(r)
        pays = np.broadcast_to(self.p_pays[:, r], 3)
        by_home = waiting.sum(axis=(2, 3)) * pays
        from_group = arm.terms.degrees_abroad(arm.world.setting, arm.routes.country[r])[:, None]
        inside, trained = self.inside.by_tier(r)
        levels = arm.world.setting.wage_level / arm.world.setting.wage_level.sum(axis=1, keepdims=True)
        ours = (
            np.stack(
                [
                    (by_home * (1 - from_group)).sum(axis=0) + inside * (1 - trained),
                    (by_home * from_group).sum(axis=0) + inside * trained,
                ]
            )
            @ levels
        )  # master, level
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
        self._after_the_draw(r, waiting, pays, (1 - from_group) * odds[:, 0] + from_group * odds[:, 1])

    def _after_the_draw(self, r, waiting, pays, odds):
        """Grant, refuse, or keep for the next draw: by the (tier,) share that ``pays`` and (home, tier) ``odds``."""
        lost = 1 - pays + pays * odds * (1 - self.approval[r])  # nobody pays, or selected and refused
        self.counts["lost_petitions"][r] += (waiting.sum(axis=(2, 3)) * lost).sum()
        granted, again = pays * odds * self.approval[r], pays * (1 - odds) * self.arm.a.redraw_share
        self.refuse(waiting * (1 - granted - again)[:, :, None, None], self.hubs_of(r))
        self.waiting[r] = waiting * again[:, :, None, None]
        share = np.broadcast_to(granted[:, :, None], (*waiting.shape[:2], waiting.shape[3]))
        self._grant(r, waiting, share, self.arm.year + (INTAKE - 1 + self.months_to_wait()[r]) // 12)


def _add(held, name, persons):
    held[name] = held[name] + persons if name in held else persons
