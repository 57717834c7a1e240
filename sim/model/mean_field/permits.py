"""The visa offices in expectation (E5): shares of applications in place of applications.

Applications travel as (home, tier, origin, destination) persons beside the shares of them that take each route of the
country of destination, (home, tier, destination, k).
"""

from copy import copy

import numpy as np

from ..desks import INTAKE, Desks
from ..routes import KINDS, WEIGHTED, route_shares
from . import draw

TEMPORARY, PERMANENT = 0, 1  # kinds of permits granted
MOST_YEARS = 4  # from an application to the move


class ExpectedOffices(Desks):
    """Pending applications and yearly counts of every route, in persons.

    Attributes
    ----------
    waiting, queued : route -> (home, tier, origin, destination) persons, for a draw or in a queue
    due : year -> (kind, home, tier, origin, destination) persons granted who move in it
    due_by_route : year -> (route,) the same
    """

    def __init__(self, arm):
        super().__init__(arm)
        self.waiting, self.queued, self.due, self.due_by_route = {}, {}, {}, {}
        self.refused = []  # this season, (home, tier, origin, destination)
        self.chance_before = np.zeros((3, len(self.odds[0])))  # of people inside in the last year, draws apart

    def of(self, arm):
        """These offices as a branch of their arm starts with them."""
        twin = copy(self)
        twin.arm, twin.odds = arm, self.odds.copy()
        twin.waiting, twin.queued, twin.due = dict(self.waiting), dict(self.queued), dict(self.due)
        twin.due_by_route = {year: persons.copy() for year, persons in self.due_by_route.items()}
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
                self.refused.append(persons * ~stays)
            _add(self.waiting if self.drawn[r] else self.queued, r, persons * stays)

    def pending(self):
        """(home, tier, origin) persons who wait for a decision or for the day of their move."""
        held = [*self.waiting.values(), *self.queued.values(), *(x.sum(axis=0) for x in self.due.values())]
        return sum((x.sum(axis=3) for x in held), 0.0)

    def backlog(self):
        """(route,) persons waiting, or granted and not yet moved."""
        total = sum(self.due_by_route.values(), np.zeros(len(self.drawn)))
        for r, persons in (*self.waiting.items(), *self.queued.items()):
            total[r] += persons.sum()
        return total

    def survive(self, share):
        """Scale what is pending by the (home, tier, origin) ``share`` of engineers who are still there."""
        for held in (self.waiting, self.queued, self.due):
            for name in held:
                held[name] = held[name] * share[..., None]
        mean = {year: x.sum() / max(self.due_by_route[year].sum(), 1e-300) for year, x in self.due.items()}
        self.due_by_route = {year: x * mean[year] for year, x in self.due_by_route.items()}

    def on_routes(self, asked_role, group=0):
        """(home, tier, destination, k) share of applicants on each route; what is missing from 1 reach none.

        ``asked_role`` is (home, tier, role, destination) applicants from abroad.
        """
        _, share, pattern_of = route_shares(self.arm)
        persons = np.einsum("gtrd,gtrdk->gtdk", asked_role, share[pattern_of[group]])
        return persons / np.maximum(asked_role.sum(axis=2), 1e-300)[..., None]

    def take(self, asked, on_routes, months, draws=True):
        """Deal with the applications of some months: draws are held in March, all else is decided in turn.

        Parameters
        ----------
        asked : (home, tier, origin, destination) persons; on_routes : (home, tier, destination, k)
        months : (month,) calendar months from 0 in which they are made, evenly
        draws : bool, hold the draws if March is among them
        """
        route = self._route()
        self._count("applicants", on_routes * asked.sum(axis=2)[..., None])
        self.refused.append(asked * (1 - on_routes.sum(axis=3))[:, :, None])
        drawn = self.drawn[route] & (route >= 0)
        early = np.mean(months < INTAKE)
        for r in np.flatnonzero(self.drawn):
            persons = asked * (on_routes * (route == r)).sum(axis=3)[:, :, None]
            if draws and INTAKE - 1 in months:
                _add(self.waiting, r, persons * early)
                self.draw(r)
                persons = persons * (1 - early)
            _add(self.waiting, r, persons)
        self.serve(asked, on_routes * ~drawn, months)

    def serve(self, asked, on_routes, months):
        """Decide what is not drawn; in queues as far as the year's room goes."""
        route, room = self._route(), self.room() - self.counts["grants"]
        for r in np.flatnonzero(self.capped):
            queued = self.queued.pop(r, None)
            mine = on_routes * (route == r)
            new = (mine.sum(axis=3) * asked.sum(axis=2)).sum()
            demand = new + (0.0 if queued is None else queued.sum())
            served = min(1.0, max(room[r], 0.0) / max(demand * self.approval[r], 1e-300))
            if queued is not None:
                alone = np.broadcast_to(route == r, on_routes.shape) * served
                self.decide(queued, alone, months)
                _add(self.queued, r, queued * (1 - served))
            if served < 1:
                _add(self.queued, r, asked * mine.sum(axis=3)[:, :, None] * (1 - served))
                on_routes = on_routes - mine * (1 - served)
        self.decide(asked, on_routes, months)

    def decide(self, asked, on_routes, months):
        """Fees, approvals and the years in which those who are granted a permit move."""
        route, persons = self._route(), asked.sum(axis=2)[..., None]
        pays = self.p_pays[:, route]
        granted = on_routes * pays * self.approval[route]
        self._count("lost_petitions", on_routes * (1 - pays) * persons)
        self._count_grants(granted * persons, abroad=True)
        self.refused.append(asked * (on_routes - granted).sum(axis=3)[:, :, None])
        permanent = self.arm.routes.kind[route] == KINDS.index("permanent")
        ahead = (months[:, None, None] + self.months_to_wait()[route]) // 12
        for y in range(MOST_YEARS):
            soon = granted * (ahead == y).mean(axis=0)
            if soon.any():
                kinds = [asked * (soon * of).sum(axis=3)[:, :, None] for of in (~permanent, permanent)]
                _add(self.due, self.arm.year + y, np.stack(kinds))
                _add(self.due_by_route, self.arm.year + y, self._by_route((soon * persons).sum(axis=(0, 1))))

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
        inside, trained = self.inside_by_tier(r)
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
        self.inside_odds[r] = (1 - trained) * odds[:, 0] + trained * odds[:, 1]
        self._after_the_draw(r, abroad, lost, (1 - from_group) * odds[:, 0] + from_group * odds[:, 1])

    def _after_the_draw(self, r, abroad, lost, odds):
        if abroad.ndim != 4:
            return
        self.counts["lost_petitions"][r] += lost.sum()
        won = abroad * odds[:, :, None, None]
        granted = won * self.approval[r]
        again = (abroad - won) * self.arm.a.redraw_share
        self.refused.append(lost + (won - granted) + (abroad - won - again))
        _add(self.waiting, r, again)
        year = self.arm.year + (INTAKE - 1 + self.months_to_wait()[r]) // 12
        permanent = self.arm.routes.kind[r] == KINDS.index("permanent")
        _add(self.due, year, np.stack([granted * (not permanent), granted * permanent]))
        _add(self.due_by_route, year, np.bincount([r], [granted.sum()], len(self.drawn)))
        for name in ("grants", "grants_abroad"):
            self.counts[name][r] += granted.sum()
        self.grants_by_tier[r] += granted.sum(axis=(0, 2, 3))

    def see_inside(self, asking, trained):
        """Note who asks from inside this year, each for the most promising route that is open to him.

        Whether a route is open to somebody never changes: who asked last year and was granted nothing then has fewer
        of them. Students ask for the first time.

        Parameters
        ----------
        asking : (home, tier, role, hub, type, status) persons from the status of student on
        trained : (home, hub, status) share with a degree of the country
        """
        route, share, pattern_of = route_shares(self.arm, abroad=False)
        share = share[pattern_of[0]]
        before = self.chance_before[:, route][:, None]  # tier, 1, hub, k
        again = share * (1 - before) / np.maximum(1 - (share * before).sum(axis=4, keepdims=True), 1e-9)
        self.share_inside = np.stack([share, *[again] * (asking.shape[5] - 1)], axis=4)  # ..., hub, status, k
        persons = asking.sum(axis=4)
        self.inside = self.share_inside * persons[..., None]  # home, tier, role, hub, status, k
        self.trained, self.inside_odds = trained, {}
        self._count("applicants", self.inside.sum(axis=(2, 4)))

    def inside_by_tier(self, r):
        """(tier,) persons inside who register for route ``r``, and the share of them with a local degree."""
        mine = (self.inside * (self._route() == r)[:, None]).sum(axis=(2, 5))  # home, tier, hub, status
        persons = mine.sum(axis=(0, 2, 3))
        return persons, np.einsum("gths,ghs->t", mine, self.trained) / np.maximum(persons, 1e-300)

    def chances_inside(self):
        """(kind, home, tier, role, hub, status) chance of a permit for people inside, once the pools are drawn."""
        route, room = self._route(), self.room() - self.counts["grants"]
        chance = np.broadcast_to(self.approval, self.p_pays.shape).copy()
        asked = self._by_route(self.inside.sum(axis=(0, 1, 2, 4)))
        for r in np.flatnonzero(self.capped):
            chance[:, r] *= min(1.0, max(room[r], 0.0) / max(asked[r], 1e-300))
        self.chance_before = np.where(self.drawn, 0.0, chance)
        for r in np.flatnonzero(self.drawn):
            chance[:, r] *= self.inside_odds.get(r, 0.0)
        each = (chance[:, route] * (route >= 0))[:, None, :, None]  # tier, 1, hub, 1, k
        self._count_grants((self.inside * each).sum(axis=(2, 4)), abroad=False)
        permanent = self.arm.routes.kind[route] == KINDS.index("permanent")
        granted = self.share_inside * each
        return np.stack([(granted * of[:, None]).sum(axis=5) for of in (~permanent, permanent)])

    def terms(self):
        """(country, years) shares of the temporary permits of this year by the years that they run."""
        arm, years = self.arm, np.rint(self.permit_months / 12).astype(int)
        temporary = arm.routes.kind != KINDS.index("permanent")
        out = np.zeros((len(arm.world.setting.countries), 13))
        np.add.at(out, (arm.routes.country, np.minimum(years, 12)), self.counts["grants"] * temporary)
        total = out.sum(axis=1, keepdims=True)
        out[:, 3] += (total[:, 0] == 0)
        return out / np.where(total > 0, total, 1.0)

    def _route(self):
        """(hub, k) the routes of each hub's country, -1 beyond them."""
        return self.arm.routes.of_country[self.arm.world.setting.country]

    def _by_route(self, persons):
        """(route,) sums of (hub, k) persons."""
        route = self._route()
        some = route >= 0
        return np.bincount(route[some], persons[some], len(self.drawn))

    def _count(self, name, persons):
        """Count (home, tier, hub, k) persons."""
        self.counts[name] += self._by_route(persons.sum(axis=(0, 1)))

    def _count_grants(self, persons, abroad):
        for name in ("grants", "grants_abroad")[: 1 + abroad]:
            self._count(name, persons)
        self.grants_by_tier += np.stack([self._by_route(x) for x in persons.sum(axis=0)], axis=1)


def _add(held, name, persons):
    held[name] = held[name] + persons if name in held else persons
