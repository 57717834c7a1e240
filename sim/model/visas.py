"""The visa offices (E5): applications, rounds, lotteries, grants, and what becomes of the refused.

Every round first plans (who is granted, by index) and then applies. A petition is pending while the engineer's
``target`` is set; who is refused draws again next year, takes another route or the next best hub, or stays.
"""

import numpy as np

from ..world.engineers import OPT, STEM_OPT, STUDENT
from . import lottery, moves, rng
from .routes import LOTTERY, WEIGHTED, pays_fee, route_for

REMEMBERED = 3  # years of odds that applicants look back on
INTAKE = 3  # calendar month in which people inside a country ask, and the one in which the pools are drawn
COUNTED = ("applicants", "grants", "grants_abroad", "lost_petitions", "registrations", "selected")


class Offices:
    """Pending petitions and yearly counts of every route; (route,) arrays in agents, registrations in agents too."""

    def __init__(self, arm):
        self.arm = arm
        count = len(arm.routes.names)
        self.pools = [lottery.Pool.from_row(row) for row in arm.world.setting.pools]
        self.odds = np.ones((REMEMBERED, count))
        for r in np.flatnonzero(self.drawn()):
            pool = self.pools[arm.routes.pool[r]]
            self.odds[:, r] = min(1.0, arm.rules["route_cap"][r] / arm.a.petition_yield / pool.registrations)
        self.new = [np.zeros((2, 0), np.int64)]  # (slot, hub) applications of the month
        self.waiting = {}  # route -> (3, n): slot, hub, month of application
        self.due = {}  # month -> [(slots, hubs, routes)] grants whose processing ends then
        self.diverted = []  # slots refused this month, and the country that refused them
        self.start_year()

    def start_year(self):
        """Open the year's books; a cap counts from January."""
        self.counts = {name: np.zeros(len(self.arm.routes.names)) for name in COUNTED}
        self.grants_by_tier = np.zeros((len(self.arm.routes.names), 3))

    def drawn(self):
        """(route,) bool: selected by lot from a pool under the rules now in force."""
        chosen = self.arm.rules["route_selection"] >= LOTTERY
        return chosen & (self.arm.routes.pool >= 0) & (self.arm.routes.intake_month == INTAKE)

    def mean_odds(self):
        """(route,) mean odds of selection in the last three years."""
        return self.odds.mean(axis=0)

    def backlog(self):
        """(route,) petitions waiting or granted and not yet moved."""
        held = np.zeros(len(self.arm.routes.names))
        for route, waiting in self.waiting.items():
            held[route] += waiting.shape[1]
        for batches in self.due.values():
            for _, _, routes in batches:
                held += np.bincount(routes, minlength=len(held))
        return held

    def receive(self, slots, hubs):
        """Take the applications of people abroad; the round of the month deals with them."""
        self.arm.people.target[slots] = hubs
        self.new.append(np.stack([slots, hubs]))

    def hold_rounds(self, month):
        """The visa rounds of a month: arrivals, new petitions, the yearly draw, queues, and the refused."""
        self.arrive(month)
        self.open_petitions(month)
        if month % 12 + 1 == INTAKE:
            self.hold_intake(month)
        self.serve_queues(month)
        self.divert(month)

    def stand(self, slots, hubs):
        """(petition,) bool: the petition still stands; who has moved or retired since has dropped it."""
        people = self.arm.people
        first = np.zeros(len(slots), bool)
        first[np.unique(slots, return_index=True)[1]] = True  # somebody may have filed again for the same hub
        return first & (people.hub[slots] >= 0) & (people.target[slots] == hubs)

    def arrive(self, month):
        """Move those whose processing ends this month."""
        for slots, hubs, routes in self.due.pop(month, []):
            stand = self.stand(slots, hubs)
            moves.move(self.arm, slots[stand], hubs[stand], month, routes[stand])

    def open_petitions(self, month):
        """Route, employer and file of each new application; uncapped routes decide at once."""
        arm = self.arm
        slots, hubs = np.concatenate(self.new, axis=1)
        self.new = [np.zeros((2, 0), np.int64)]
        stand = self.stand(slots, hubs)
        slots, hubs = slots[stand], hubs[stand]
        if not len(slots):
            return
        route = route_for(arm, slots, hubs, abroad=True)
        self._divert(slots[route < 0], hubs[route < 0])
        slots, hubs, route = slots[route >= 0], hubs[route >= 0], route[route >= 0]
        self._count("applicants", route)
        waits = self.drawn()[route] | np.isfinite(arm.rules["route_cap"][route])
        for r in np.unique(route[waits]):
            mine = waits & (route == r)
            entry = np.stack([slots[mine], hubs[mine], np.full(mine.sum(), month)])
            self.waiting[r] = np.concatenate([self.waiting.get(r, entry[:, :0]), entry], axis=1)
        paid = self.employer_pays(slots, route, month)
        now = ~waits & paid
        self._lose(slots[~waits & ~paid], hubs[~waits & ~paid], route[~waits & ~paid])
        self.decide(slots[now], hubs[now], route[now], month)

    def employer_pays(self, slots, route, month):
        """(petition,) bool: the employer pays the special fee of a petition from abroad."""
        arm = self.arm
        tier = arm.people.category[slots] // 15 % 3
        p = pays_fee(arm.a, arm.rules["route_special_fee_usd"])[tier, route]
        return rng.uniform(rng.key(arm.seed, "employer pays", month // 12), slots) < p

    def decide(self, slots, hubs, route, month):
        """Approve or refuse petitions of people abroad; the approved move when processing ends."""
        arm = self.arm
        approved = rng.uniform(rng.key(arm.seed, "approval", month), slots) < arm.rules["route_approval_rate"][route]
        self._divert(slots[~approved], hubs[~approved])
        slots, hubs, route = slots[approved], hubs[approved], route[approved]
        self._count_grants(slots, route, abroad=True)
        wait = np.ceil(arm.rules["route_processing_months"][route]).astype(int)
        drawn, calendar = self.drawn()[route], month % 12 + 1
        wait = np.where(drawn, (arm.routes.start_month[route] - calendar) % 12, np.maximum(wait, 1))
        for w in np.unique(wait):
            batch = wait == w
            self.due.setdefault(month + int(w), []).append((slots[batch], hubs[batch], route[batch]))

    def hold_intake(self, month):
        """The yearly intake: people inside the country ask for work permits, and the pools are drawn."""
        arm, people = self.arm, self.arm.people
        status = people.status[: arm.used]
        study = (status == STUDENT) | (status == OPT) | (status == STEM_OPT)
        slots = np.flatnonzero(study & (people.hub[: arm.used] >= 0) & (people.target[: arm.used] < 0))
        hubs = people.hub[slots].astype(np.int64)
        route = route_for(arm, slots, hubs, abroad=False)
        slots, route = slots[route >= 0], route[route >= 0]
        self._count("applicants", route)
        drawn = self.drawn()
        direct = ~drawn[route]
        self._settle_inside(slots[direct], route[direct], month)
        for r in np.flatnonzero(drawn):
            self.draw_pool(r, slots[route == r], month)

    def draw_pool(self, r, inside, month):
        """Draw one capped pool: people abroad who waited, people inside, and the background, all in one lottery."""
        arm, rules, year = self.arm, self.arm.rules, month // 12
        pool, weighted = self.pools[arm.routes.pool[r]], rules["route_selection"][r] == WEIGHTED
        abroad, hubs, _ = self.waiting.pop(r, np.zeros((3, 0), np.int64))
        stand = self.stand(abroad, hubs)
        abroad, hubs = abroad[stand], hubs[stand]
        paid = self.employer_pays(abroad, np.full(len(abroad), r), month)
        self._lose(abroad[~paid], hubs[~paid], np.full((~paid).sum(), r))
        abroad, hubs = abroad[paid], hubs[paid]
        fee = rules["route_special_fee_usd"][[r]]
        others = lottery.background(pool, pays_fee(arm.a, fee)[1, 0], weighted * arm.a.level_one_withdrawal,
                                    arm.world.weight, arm.seed, year)
        ours = np.concatenate([abroad, inside])
        clock_draw = np.concatenate([rng.uniform(rng.key(arm.seed, "lottery", year), ours), others.clock_draw])
        level = np.concatenate([self.wage_level(ours), others.level])
        trained = arm.people.trained_in[ours] == arm.routes.country[r]
        selected = lottery.draw(
            lottery.clocks(clock_draw, level, weighted), np.concatenate([trained, others.master]),
            *lottery.places(pool, rules["route_cap"][r], arm.a.petition_yield, arm.world.weight, arm.seed, year))
        self.counts["registrations"][r] += len(selected)
        self.counts["selected"][r] += selected.sum()
        self.odds = np.roll(self.odds, 1, axis=0)
        self.odds[0] = 1.0
        self.odds[0, self.drawn()] = selected.sum() / max(len(selected), 1)
        won = selected[: len(ours)]
        first, rest = won[: len(abroad)], won[len(abroad):]
        self._wait_or_divert(abroad[~first], hubs[~first], r, month)
        self.decide(abroad[first], hubs[first], np.full(first.sum(), r), month)
        self._settle_inside(inside[rest], np.full(rest.sum(), r), month)

    def serve_queues(self, month):
        """Grant capped queues in the order of application, ties by lot, as far as the year's cap goes."""
        arm = self.arm
        for r in [r for r in self.waiting if not self.drawn()[r]]:
            slots, hubs, applied = self.waiting.pop(r)
            stand = self.stand(slots, hubs)
            slots, hubs, applied = slots[stand], hubs[stand], applied[stand]
            left = int(min(max(self.allowance(r, month // 12) - self.counts["grants"][r], 0), len(slots)))
            order = np.lexsort((rng.uniform(rng.key(arm.seed, "queue", month), slots), applied))
            served, late = order[:left], order[left:]
            if len(late):
                self.waiting[r] = np.stack([slots[late], hubs[late], applied[late]])
            paid = self.employer_pays(slots[served], np.full(left, r), month)
            self._lose(slots[served][~paid], hubs[served][~paid], np.full((~paid).sum(), r))
            self.decide(slots[served][paid], hubs[served][paid], np.full(paid.sum(), r), month)

    def drop(self, month):
        """Before the run: forget grants used by ``month``, refusals, and whoever waited for a draw already held."""
        for slots, _, _ in self.due.pop(month, []):
            self.arm.people.target[slots] = -1
        for slots, _ in self.diverted:
            self.arm.people.target[slots] = -1
        self.diverted = []
        if month % 12 + 1 == INTAKE:
            for r in np.flatnonzero(self.drawn()):
                self.arm.people.target[self.waiting.pop(r, np.zeros((3, 0), np.int64))[0]] = -1

    def allowance(self, r, year):
        """Agents that a capped queue admits in a year: the cap, less what the background demand of its pool takes."""
        cap = self.arm.rules["route_cap"][r]
        if self.arm.routes.pool[r] >= 0:
            pool = self.pools[self.arm.routes.pool[r]]
            cap = max(cap - pool.registrations, cap * pool.own / (pool.own + pool.registrations))
        return rng.rounded(cap / self.arm.world.weight, rng.key(self.arm.seed, f"cap {r}", year))

    def wage_level(self, slots):
        """(slot,) OEWS wage level 0 to 3 of a petition, drawn once for each engineer."""
        arm = self.arm
        tier = arm.people.category[slots] // 15 % 3
        bounds = np.cumsum(arm.world.setting.wage_level, axis=1)[tier, :3]
        return (rng.uniform(rng.key(arm.world.seed, "wage level"), slots)[:, None] >= bounds).sum(axis=1)

    def divert(self, month):
        """The refused of the month take the next best hub abroad or at home, or stay."""
        if not self.diverted:
            return
        arm = self.arm
        slots, country = (np.concatenate(part) for part in zip(*self.diverted, strict=True))
        self.diverted = []
        arm.people.target[slots] = -1
        chosen, needs = moves.choose(arm, slots, "next best", month, barred=country)
        going = chosen != arm.people.hub[slots]
        moves.move(arm, slots[going & ~needs], chosen[going & ~needs], month)
        self.receive(slots[going & needs], chosen[going & needs])

    def _wait_or_divert(self, slots, hubs, r, month):
        again = rng.uniform(rng.key(self.arm.seed, "draw again", month), slots) < self.arm.a.redraw_share
        self.waiting[r] = np.stack([slots[again], hubs[again], np.full(again.sum(), month)])
        self._divert(slots[~again], hubs[~again])

    def _settle_inside(self, slots, route, month):
        """Decide petitions of people inside: the approved change status and stay where they are."""
        arm = self.arm
        approved = rng.uniform(rng.key(arm.seed, "approval", month), slots) < arm.rules["route_approval_rate"][route]
        slots, route = slots[approved], route[approved]
        before = arm.cells(slots)
        moves.grant(arm, slots, route, month)
        arm.books.changed(before, arm.cells(slots))
        self._count_grants(slots, route, abroad=False)

    def _lose(self, slots, hubs, route):
        """Petitions that no employer pays for: their jobs open abroad."""
        self._count("lost_petitions", route)
        self._divert(slots, hubs)

    def _divert(self, slots, hubs):
        if len(slots):
            self.diverted.append((slots, self.arm.world.setting.country[hubs].astype(np.int64)))

    def _count(self, name, route):
        self.counts[name] += np.bincount(route, minlength=len(self.counts[name]))

    def _count_grants(self, slots, route, abroad):
        self._count("grants", route)
        if abroad:
            self._count("grants_abroad", route)
        tier = self.arm.people.category[slots] // 15 % 3
        np.add.at(self.grants_by_tier, (route, tier), 1)


