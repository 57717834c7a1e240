"""The visa system (E5, E6): applications, monthly rounds, lotteries, grants, second choices, and changes of status.

Every round first selects petitions by index and then changes people. A petition is pending while the engineer's
``target`` is set. Refused applicants enter the next draw, choose again among other hubs, or stay. Petitions are stored
as (4, n) integers: slot, hub, route, month of application. ``compress`` keeps their rows contiguous in memory, which a
list of indices does not; kernels are compiled for contiguous rows alone.
"""

from copy import copy
from typing import Any
from weakref import ref

import numpy as np

from sim.model import lottery, moves, rng
from sim.model.kernels import events
from sim.model.kernels.choice import LEAVING, uniforms
from sim.model.kernels.visas import (
    FROM_INTAKE,
    NOWHERE,
    QUESTIONS,
    TO_INTAKE,
    WHOLE,
    Counts,
    Petitions,
    Terms,
    entries,
    listed,
    petitions_of,
    run_months,
    valid,
)
from sim.model.rng import Hazard
from sim.model.routes import (
    MOST_ROUTES,
    WEIGHTED,
    appeal,
    approval,
    fast_track,
    intra_company,
    is_drawn,
    may_hold,
    pays_fee,
    route_for,
    taking,
)
from sim.parallel import LEAST, added, get_threads, over_range
from sim.world.categories import TIERS
from sim.world.engineers import STUDENT, tier_of

# attributes of a simulation that the steps of this module change
WRITES = ("people", "teams", "accounts", "visas", "choices")
ODDS_WINDOW = 3  # years over which applicants average the odds of selection; assumed, grade D
LOTTERY_MONTH = 3  # calendar month in which people inside a country apply, and in which the pools are drawn
MANY = 1 << 15  # searchers whose petitions are held at once
COUNTED = ("applicants", "applicants_abroad", "grants", "grants_abroad", "lost_petitions", "registrations", "selected")
SLOT, HUB, ROUTE, MONTH, DUE = range(5)
NONE, NONE_DUE = np.zeros((4, 0), np.int64), np.zeros((5, 0), np.int64)


class VisaSystem:
    """The visa system of all countries (E5): rules in force, petitions, odds, and the counts of the year.

    Arrays are by route unless stated; all counts are in agents. Petitions are (4, n) integers: slot, hub, route, month.

    Attributes
    ----------
    pools : list of Pool, caps that several routes or occupations share
    odds : (year, route) share of registrations selected, latest year first
    known_odds : mean odds by which people choose during the year
    drawn, capped : bool, selection by lottery; a cap served in the order of application
    p_pays : (tier, route) probability that the employer pays the special fee; approval : probability of a grant
    permit_months : length of a permit
    new, queued, waiting : petitions filed this month, in capped queues, and waiting for the next draw
    due : (5, n) int, granted petitions in the order of their grants, and the month in which their processing ends
    held : (4, n) int, permits held abroad, sorted by slot: slot, route, first month of use, month of expiry
    asked : (route,) bool, permits that may be held have been handed out this year
    refused : petitions refused this month; lost : refused engineers whose employer still wants them
    transfers : engineers who have accepted an offer abroad and not yet filed a petition for it
    turns : list of (route,) shares of petitions served within the cap, one for each time that caps applied this year
    last_clocks : (route, 2) largest clock selected, without and with a local master's degree
    counts : name -> (route,) count of the year, rows of ``tallies``; grants_by_tier : (route, tier)
    made, taken : (country,) job offers abroad, and those accepted
    """

    def __init__(self, sim) -> None:
        self._sim = ref(sim)
        self.pools = [lottery.Pool.from_row(row) for row in sim.world.setting.pools]
        self._kept, self._read = {}, None  # cached values, valid for the rules in force; the rules that were read
        self._room: Petitions | None = None  # memory of the lists of petitions
        self._calls: tuple = (None, NOWHERE)  # tables for whose types the kernels' entries were found, and these
        self.new, self.queued, self.waiting = [NONE], NONE, NONE
        self.due, self.refused = NONE_DUE, [NONE]
        self.lost, self.transfers = [NONE[SLOT]], [NONE[SLOT]]
        self.held, self.month = NONE, 12 * sim.world.start - 1  # the month of the last round
        self.last_clocks = np.full((len(sim.routes.names), 2), np.inf)

        # until the first draw people expect the odds of the last registrations counted
        self.odds = np.ones((ODDS_WINDOW, len(sim.routes.names)))
        for r in np.flatnonzero(is_drawn(sim)):
            pool = self.pools[sim.routes.pool[r]]
            everybody = pool.in_year(sim.world.start - 1) + pool.own
            self.odds[:, r] = min(1.0, sim.rules["route_cap"][r] / sim.a.petition_yield / everybody)
        self.read_rules()
        self.start_year()

    @property
    def sim(self) -> Any:
        """The simulation that the system belongs to; the reference is weak, so that a dropped arm is freed at once."""
        return self._sim()

    def of(self, sim) -> "VisaSystem":
        """Return an independent copy of the visa system for ``sim``, a branch of its simulation."""
        twin = copy(self)
        twin._sim, twin.odds, twin._kept, twin._read, twin._room = ref(sim), self.odds.copy(), {}, None, None
        twin.new, twin.refused, twin.turns = list(self.new), list(self.refused), list(self.turns)
        twin.last_clocks = self.last_clocks.copy()
        twin.lost, twin.transfers, twin.asked = list(self.lost), list(self.transfers), self.asked.copy()
        return twin

    def start_year(self) -> None:
        """Reset the counts of the year; caps count from January."""
        self.tallies = np.zeros((len(COUNTED), len(self.sim.routes.names)))
        self.counts = dict(zip(COUNTED, self.tallies, strict=True))
        self.known_odds = self.mean_odds()  # for the whole year, even if rules change
        self.grants_by_tier = np.zeros((len(self.sim.routes.names), len(TIERS)))
        self.made, self.taken = np.zeros((2, len(self.sim.world.setting.countries)))
        self.turns = []
        self.asked = np.zeros(len(self.sim.routes.names), bool)

    def read_rules(self) -> None:
        """Adopt the rules now in force and reassign the waiting petitions by them."""
        sim = self.sim
        if self._read is not sim.rules:
            self._read = sim.rules
            self._kept.clear()
            self.drawn = is_drawn(sim)
            self.capped = ~self.drawn & np.isfinite(sim.rules["route_cap"])
            self.p_pays = pays_fee(sim.a, sim.rules["route_special_fee_usd"])
            self.approval = approval(sim)
            self.permit_months = np.rint(12 * np.minimum(sim.rules["route_years"], 99)).astype(np.int64)

        # people who no longer need a permit, or whose route has closed, choose again
        held = self.valid(np.concatenate([self.queued, self.waiting], axis=1))
        if not held.shape[1]:
            self.queued, self.waiting = NONE, NONE
            return
        s, home = sim.world.setting, sim.people.home[held[SLOT]]
        to = s.country[held[HUB]].astype(np.int64)
        free = (sim.rules["free_entry"][to] > 0) | sim.rules["home_free_entry"][to * len(s.homes) + home]
        anew = free | (sim.rules["route_is_open"][held[ROUTE]] == 0)
        self.refused.append(held.compress(anew, axis=1))
        held = held.compress(~anew, axis=1)
        drawn = self.drawn[held[ROUTE]]
        self.queued, self.waiting = held.compress(~drawn, axis=1), held.compress(drawn, axis=1)

    def mean_odds(self) -> np.ndarray:
        """Return (route,) the mean odds of selection in the last ODDS_WINDOW years."""
        return self._keep("mean odds", lambda: self.odds.mean(axis=0))

    def update_odds(self, r, odds) -> None:
        """Record the odds of this year's draw of route ``r`` and shift those of earlier years."""
        self.odds[1:, r] = self.odds[:-1, r]
        self.odds[0, r] = odds
        self.forget_odds()

    def forget_odds(self) -> None:
        """Drop the cached values that depend on odds."""
        for name in ("mean odds", ("promise", False), ("promise", True)):
            self._kept.pop(name, None)

    def followed_losses(self) -> float:
        """Return the petitions lost this year in countries with data on what employers do next, in agents (E5)."""
        followed = self.sim.world.setting.lost_jobs_followed[self.sim.routes.country] > 0
        return self.counts["lost_petitions"][followed].sum()

    def months_to_wait(self) -> np.ndarray:
        """Return (route,) months from a grant to the move: processing time, or for lotteries until the start month."""
        wait = np.maximum(np.ceil(self.sim.rules["route_processing_months"]).astype(int), 1)
        return np.where(self.drawn, (self.sim.routes.start_month - LOTTERY_MONTH) % 12, wait)

    def room(self) -> np.ndarray:
        """Return (route,) the persons whom a route admits in a year: its cap less the demand of other occupations."""
        cap = self.sim.rules["route_cap"].copy()
        for r in np.flatnonzero((self.sim.routes.pool >= 0) & ~self.drawn):
            pool = self.pools[self.sim.routes.pool[r]]
            cap[r] = max(cap[r] - pool.registrations, cap[r] * pool.own / (pool.own + pool.registrations))
        return np.minimum(cap, 1e12)

    def appeal_by_route(self, abroad) -> np.ndarray:
        """Return (tier, route) by what applicants compare routes, see ``routes.appeal``."""
        return self._keep(("promise", abroad), lambda: appeal(self.sim, abroad, self.mean_odds()))

    def _keep(self, name, compute) -> Any:
        """Return the cached value ``name``; compute it first if it is not cached."""
        if name not in self._kept:
            self._kept[name] = compute()
        return self._kept[name]

    def backlog(self) -> np.ndarray:
        """Return (route,) the valid petitions that wait, or are granted and whose engineers have not moved yet."""
        held = self.valid(np.concatenate([self.queued, self.waiting, self.due[:DUE]], axis=1))
        return np.bincount(held[ROUTE], minlength=len(self.sim.routes.names))

    def receive(self, slots, hubs, month) -> None:
        """File applications from abroad, (applicant,) slots and hubs; the round of the month decides them."""
        if len(slots):
            self.sim.people.target[slots] = hubs
            petitions = np.empty((4, len(slots)), np.int64)
            petitions[SLOT], petitions[HUB], petitions[ROUTE], petitions[MONTH] = slots, hubs, -1, month
            self.new.append(petitions)

    def hold_rounds(self, month) -> None:
        """Run the visa rounds of a month: arrivals, new petitions, queues, the yearly draw, and second choices."""
        self.arrive(month)
        self.hand_out(month)
        self.decide(self.fee_paid(self.submit(month), month), month)
        if month % 12 + 1 == LOTTERY_MONTH:
            self.decide(self.hold_intake(month), month)
        self.reapply_elsewhere(month)

    def arrive(self, month) -> None:
        """Move the engineers whose processing ends this month, unless the border has closed since the grant."""
        petitions = self.valid(self.processed(month))
        # the border may have closed since the permit was granted
        unavailable = self.sim.tables.closed[self.sim.people.home[petitions[SLOT]], petitions[HUB]]
        self.sim.people.target[petitions[SLOT, unavailable]] = -1
        # engineers at a closed border give the petition up; the others move
        slots, hubs, routes, _ = petitions.compress(~unavailable, axis=1)
        moves.move(self.sim, slots, hubs, month, routes)

    def processed(self, month) -> np.ndarray:
        """Remove the grants whose processing ends in ``month`` from those that are due, and return them."""
        ends = self.due[DUE] == month
        petitions = self.due[:DUE].compress(ends, axis=1)
        self.due = self.due.compress(~ends, axis=1)
        return petitions

    def file_grants(self, petitions, months) -> None:
        """Append granted petitions to those that are due; ``months`` (petition,) are the ends of their processing."""
        self.due = np.concatenate([self.due, np.concatenate([petitions, months[None]])], axis=1)

    def hand_out(self, month) -> None:
        """Hand out the permits that people may hold before they move, and withdraw those that expire (E5).

        A route is asked for in the month in which it opens, and each January while it stays open, by the people who
        would choose its country with ``open_permit_delta`` more: first come, first served, in an order drawn by lot.
        Those who would choose it without that move with their permit; the others keep it for its term.
        """
        sim = self.sim
        self.month = month
        if self.held.shape[1]:
            self.held = self.held.compress(self.held[3] >= month, axis=1)
        for r in self._keep("handed out", self.handed_out):
            if self.asked[r]:
                continue
            self.asked[r] = True
            slots = np.setdiff1d(may_hold(sim, r), self.held[SLOT])
            takes, hubs = moves.choose_to_hold(sim, slots, r, month)
            # first come, first served, up to the cap
            room = max(self.allowances(month // 12)[r] - self.counts["grants"][r], 0)
            lots = uniforms(rng.key(sim.seed, "first come", month), slots)
            come = np.flatnonzero(takes)[np.argsort(lots[takes], kind="stable")]
            come = np.sort(come[: int(min(room, len(come)))])
            for name in ("applicants", "applicants_abroad"):
                self.counts[name][r] += len(come)
            come = come[uniforms(rng.key(sim.seed, "approval", month), slots[come]) < self.approval[r]]
            self._count_grants(np.stack([slots[come], hubs[come], np.full(len(come), r), come]), abroad=True)
            # usable after the processing time, for the term of the permit
            first = month + int(self.months_to_wait()[r])
            goes, keeps = (slots[k] for k in (come[hubs[come] >= 0], come[hubs[come] < 0]))
            batch = np.stack([goes, hubs[come[hubs[come] >= 0]], np.full(len(goes), r), np.full(len(goes), month)])
            sim.people.target[goes] = batch[HUB]
            self.file_grants(batch, np.full(len(goes), first))
            new = [keeps, *(np.full(len(keeps), x) for x in (r, first, first + self.permit_months[r]))]
            held = np.concatenate([self.held, np.stack(new)], axis=1)
            self.held = held.take(np.argsort(held[SLOT], kind="stable"), axis=1)

    def handed_out(self) -> np.ndarray:
        """Return the routes whose permits people may hold before they move, under the rules now in force."""
        rules, a = self.sim.rules, self.sim.a
        is_open = (rules["route_is_open"] > 0) & (rules["route_cap"] > 0) & (a.open_permit_delta > 0)
        return np.flatnonzero(self.sim.routes.holdable & is_open)

    def held_by(self, slots) -> np.ndarray:
        """Return (engineer,) the route of the permit that each of ``slots`` holds and may use by now, -1 for none."""
        if not self.held.shape[1]:  # no permits to hold have been handed out
            return np.full(len(slots), -1, np.int64)
        usable = self.held[:2, self.held[2] <= self.month]
        if not usable.shape[1]:
            return np.full(len(slots), -1, np.int64)
        at = np.minimum(np.searchsorted(usable[0], slots), usable.shape[1] - 1)
        return np.where(usable[0, at] == slots, usable[1, at], -1)

    def use(self, slots, hubs) -> np.ndarray:
        """Return (mover,) the route of the permit with which people move who hold one there, and strike it off."""
        route = self.held_by(slots)
        if not self.held.shape[1]:
            return route
        s = self.sim.world.setting
        uses = (route >= 0) & (self.sim.routes.country[route] == s.country[hubs])
        uses &= s.country[hubs] != s.country[self.sim.people.hub[slots]]
        if uses.any():
            self.held = self.held.compress(~np.isin(self.held[SLOT], slots[uses]), axis=1)
        return np.where(uses, route, -1)

    def valid(self, petitions) -> np.ndarray:
        """Return the valid petitions: those whose engineer has neither moved nor left the occupation since."""
        if not petitions.shape[1]:
            return petitions
        people = self.sim.people
        stands = valid(petitions[SLOT], petitions[HUB], people.hub, people.target, self.sim.seen)
        return petitions.compress(stands, axis=1)

    def among(self, slots, chosen) -> np.ndarray:
        """Return (engineer,) bool, whether each of ``slots`` is one of the slots ``chosen``."""
        seen = self.sim.seen
        seen[chosen] = True
        found = seen[slots]
        seen[chosen] = False
        return found

    def submit(self, month) -> np.ndarray:
        """Assign routes to new applications and file them; return the petitions to decide now, outside lotteries."""
        sim = self.sim
        new = self.valid(np.concatenate(self.new, axis=1))
        self.new = [NONE]
        new[ROUTE] = route_for(sim, new[SLOT], new[HUB], abroad=True)
        self.transfer(new)
        if not new.shape[1]:
            return self.serve_queues(month)
        some = new[ROUTE] >= 0
        self.refused.append(new.compress(~some, axis=1))
        new = new.compress(some, axis=1)
        self._count("applicants", new[ROUTE])
        self._count("applicants_abroad", new[ROUTE])
        # petitions of lotteries wait for the draw, those with a cap join its queue, all others are decided at once
        drawn, capped = self.drawn[new[ROUTE]], self.capped[new[ROUTE]]
        self.waiting = np.concatenate([self.waiting, new.compress(drawn, axis=1)], axis=1)
        self.queued = np.concatenate([self.queued, new.compress(capped, axis=1)], axis=1)
        return np.concatenate([new.compress(~drawn & ~capped, axis=1), self.serve_queues(month)], axis=1)

    def transfer(self, new) -> None:
        """Assign the intra-company route to applicants whom their own employer transfers; change ``new`` in place."""
        transferred = np.concatenate(self.transfers)
        self.transfers = [NONE[SLOT]]
        if not len(transferred):
            return
        moved = self.among(new[SLOT], transferred)
        if moved.any():
            new[ROUTE, moved] = intra_company(self.sim, new[SLOT, moved], new[HUB, moved])

    def serve_queues(self, month) -> np.ndarray:
        """Return the petitions of the capped queues that fit into the caps, and remove them from the queues."""
        queued = self.valid(self.queued)
        served = self.within_caps(queued, month)
        self.queued = queued.compress(~served, axis=1)
        return queued.compress(served, axis=1)

    def within_caps(self, petitions, month) -> np.ndarray:
        """Return whether a petition fits into the cap: (petition,) bool; in order of application, ties by lottery."""
        slots, _, route, applied = petitions
        if not len(slots):
            self.turns.append(np.ones(len(self.drawn)))
            return np.zeros(0, bool)
        allowed = self._keep(("allowances", month // 12), lambda: self.allowances(month // 12))
        # places left under the cap this year
        room = (allowed - self.counts["grants"])[route]
        asked = np.bincount(route, minlength=len(self.drawn))
        comes = asked[route] <= room  # routes with room for all
        rest = np.flatnonzero(~comes & (room > 0))
        if len(rest):
            route, by_lot = route[rest], uniforms(rng.key(self.sim.seed, "queue", month), slots[rest])
            # rank within each route
            order = np.lexsort((by_lot, applied[rest], route))
            rank = np.arange(len(rest)) - np.searchsorted(route[order], np.arange(len(self.drawn)))[route[order]]
            comes[rest[order]] = rank < room[rest[order]]
        served = np.bincount(petitions[ROUTE, comes], minlength=len(self.drawn))
        self.turns.append(np.where(asked > 0, served / np.maximum(asked, 1), 1.0))
        return comes

    def allowances(self, year) -> np.ndarray:
        """Return (route,) the agents whom a route admits in a year, rounded at random with exact expectation."""
        agents = self.room() / self.sim.world.weight
        return rng.rounded(agents, rng.key(self.sim.seed, "cap", year), np.arange(len(agents)))

    def fee_paid(self, petitions, month) -> np.ndarray:
        """Return the petitions whose employer pays the special fee; record the others as lost and refused."""
        sim, slots = self.sim, petitions[SLOT]
        if not len(slots):
            return petitions
        # the employer's draw is one for the year, so that a second petition has no second chance
        p = self.p_pays[tier_of(sim.people.category[slots]), petitions[ROUTE]]
        pays = uniforms(rng.key(sim.seed, "employer pays", month // 12), slots) < p
        self._count("lost_petitions", petitions[ROUTE, ~pays])
        self.refused.append(petitions.compress(~pays, axis=1))
        self.lost.append(petitions[SLOT, ~pays])
        return petitions.compress(pays, axis=1)

    def decide(self, petitions, month) -> None:
        """Approve or refuse petitions from abroad; schedule the moves of approved applicants."""
        if not petitions.shape[1]:
            return
        approved = self._approved(petitions, month)
        self._count("lost_petitions", petitions[ROUTE, ~approved])
        self.refused.append(petitions.compress(~approved, axis=1))
        self.lost.append(petitions[SLOT, ~approved & self._filed(petitions, month)])
        granted = petitions.compress(approved, axis=1)
        self._count_grants(granted, abroad=True)
        self.file_grants(granted, month + self._keep("months to wait", self.months_to_wait)[granted[ROUTE]])

    def hold_intake(self, month) -> np.ndarray:
        """Run the yearly intake: people inside apply, and the pools are drawn; return petitions selected abroad."""
        people = self.sim.people
        hub, status, target = (column[: self.sim.used] for column in (people.hub, people.status, people.target))
        slots = np.flatnonzero((status >= STUDENT) & (hub >= 0) & (target < 0))
        hubs = people.hub[slots].astype(np.int64)
        route = route_for(self.sim, slots, hubs, abroad=False)
        # some employers register nobody for the lottery this year
        registers = uniforms(rng.key(self.sim.seed, "registers", month // 12), slots) < self.sim.a.registers_inside
        route = np.where(self.drawn[route] & ~registers, -1, route)
        asking = np.stack([slots, hubs, route, np.full(len(slots), month)]).compress(route >= 0, axis=1)
        self._count("applicants", asking[ROUTE])
        # draw the lotteries, abroad and inside together; other routes serve people inside within their caps
        by_lot = self.drawn[asking[ROUTE]]
        inside, won = [asking.compress(~by_lot & self.within_caps(asking, month), axis=1)], [NONE]
        for r in np.flatnonzero(self.drawn):
            selected = self.draw_pool(r, asking.compress(asking[ROUTE] == r, axis=1), month)
            won.append(selected[0])
            inside.append(selected[1])
        self.settle_inside(np.concatenate(inside, axis=1), month)
        return np.concatenate(won, axis=1)

    def draw_pool(self, r, inside, month) -> tuple[np.ndarray, np.ndarray]:
        """Draw one capped pool: waiting people abroad, people inside, and background registrations in one lottery.

        Returns
        -------
        selected petitions from abroad, and selected petitions from inside
        """
        sim, rules, year = self.sim, self.sim.rules, month // 12
        pool, weighted = self.pools[sim.routes.pool[r]], rules["route_selection"][r] == WEIGHTED
        mine = self.waiting[ROUTE] == r
        abroad = self.fee_paid(self.valid(self.waiting.compress(mine, axis=1)), month)
        self.waiting = self.waiting.compress(~mine, axis=1)
        others = lottery.background(
            pool, self.p_pays[1, r], weighted * sim.a.level_one_withdrawal, sim.world.weight, sim.seed, year
        )
        # registrations of engineers first, then those of the background
        ours = np.concatenate([abroad[SLOT], inside[SLOT]])
        clock_draw = np.concatenate([self.clock_draws(ours, month), others.clock_draw])
        level = np.concatenate([self.wage_level(ours), others.level])
        trained = sim.people.trained_in[ours] == sim.routes.country[r]
        clock, master = lottery.clocks(clock_draw, level, weighted), np.concatenate([trained, others.master])
        selected = lottery.draw(
            clock,
            master,
            *lottery.places(pool, rules["route_cap"][r], sim.a.petition_yield, sim.world.weight, sim.seed, year),
        )
        # record the outcome; petitions from abroad that lost may enter the next draw
        self.last_clocks[r] = lottery.last_clocks(clock, master, selected)
        self.counts["registrations"][r] += len(selected)
        self.counts["selected"][r] += selected.sum()
        self.update_odds(r, selected.sum() / max(len(selected), 1))
        won, won_inside = selected[: abroad.shape[1]], selected[abroad.shape[1] : len(ours)]
        self._draw_again(abroad.compress(~won, axis=1), month)
        return abroad.compress(won, axis=1), inside.compress(won_inside, axis=1)

    def clock_draws(self, slots, month) -> np.ndarray:
        """Return (slot,) the uniform draws of the lottery clocks of this year."""
        return uniforms(rng.key(self.sim.seed, "lottery", month // 12), slots)

    def count_study(self, route, asked, got) -> None:
        """Count applications for post-study work and grants of it under their routes; all are (step, country)."""
        some = route >= 0
        for name, counts in (("applicants", asked), ("grants", got)):
            np.add.at(self.counts[name], route[some], counts[some])

    def wage_level(self, slots) -> np.ndarray:
        """Return (slot,) the OEWS wage level of a petition, 0 to 3, drawn once in the life of an engineer."""
        sim = self.sim
        bounds = np.cumsum(sim.world.setting.wage_level, axis=1)[tier_of(sim.people.category[slots]), :3]
        return (uniforms(rng.key(sim.world.seed, "wage level"), slots)[:, None] >= bounds).sum(axis=1)

    def settle_inside(self, petitions, month) -> None:
        """Decide petitions from inside a country: approved applicants change status and stay in their hub."""
        sim = self.sim
        approved = self._approved(petitions, month)
        self._count("lost_petitions", petitions[ROUTE, ~approved])
        granted = petitions.compress(approved, axis=1)
        moves.grant(sim, granted[SLOT], granted[ROUTE], month)
        self._count_grants(granted, abroad=False)

    def reapply_elsewhere(self, month) -> None:
        """Let the applicants refused this month choose again: another hub abroad or at home, or stay (E5)."""
        sim = self.sim
        refused = np.concatenate(self.refused, axis=1)
        self.refused = [NONE]
        slots = refused[SLOT]
        sim.people.target[slots] = -1
        country = sim.world.setting.country[refused[HUB]].astype(np.int64)
        # some of the employers who have lost a petition offer a job abroad instead
        lost = self.among(slots, np.concatenate(self.lost))
        self.lost = [NONE[SLOT]]
        offer = self.offers(slots, (sim.world.setting.lost_jobs_followed > 0)[country] & lost, month)
        chosen, needs = moves.choose_with_offers(sim, slots, "next best", month, country, offer)
        self.take(slots, chosen, offer)
        moves.act_on(sim, month, slots, chosen, needs)

    def offers(self, slots, lost, month) -> np.ndarray:
        """Draw the job offers abroad of employers who have lost a petition: (slot,) hub, -1 for none (E5).

        ``lost`` is (slot,) bool. Affiliates in the country of residence or the home country are left out, because
        the engineer needs no offer to live there.
        """
        sim, s = self.sim, self.sim.world.setting
        # which employers offer a job abroad
        offer, made = np.full(len(slots), -1, np.int64), np.flatnonzero(lost)
        if len(made):
            made = made[uniforms(rng.key(sim.seed, "offer", month), slots[made]) < sim.a.relocation]
        if not len(made):
            return offer
        home = s.home_country[sim.people.home[slots[made]]]
        lives = s.country[sim.people.hub[slots[made]]]
        away = (s.country != home[:, None]) & (s.country != lives[:, None])
        # draw the affiliate's hub in proportion to the affiliates in other countries
        bounds = np.cumsum(s.affiliates * away, axis=1)
        some = bounds[:, -1] > 0  # an affiliate is left
        made, bounds = made[some], bounds[some]
        point = uniforms(rng.key(sim.seed, "offer hub", month), slots[made]) * bounds[:, -1]
        hub = (bounds <= point[:, None]).sum(axis=1)
        self.made += np.bincount(s.country[hub], minlength=len(self.made))
        offer[made] = hub
        return offer

    def take(self, slots, chosen, offer) -> None:
        """Record the accepted offers: ``slots`` (engineer,) whose ``chosen`` hub equals that of their ``offer``."""
        takes = (chosen == offer) & (offer >= 0)
        if takes.any():
            self.transfers.append(slots[takes])
            self.taken += np.bincount(self.sim.world.setting.country[chosen[takes]], minlength=len(self.taken))

    def drop(self, month) -> None:
        """Before the start: drop grants used by ``month``, refusals, and petitions for a draw that has taken place."""
        drawn = self.drawn[self.waiting[ROUTE]] & (month % 12 + 1 == LOTTERY_MONTH)
        for petitions in (self.processed(month), *self.refused, self.waiting.compress(drawn, axis=1)):
            self.sim.people.target[petitions[SLOT]] = -1
        self.refused, self.waiting, self.lost = [NONE], self.waiting.compress(~drawn, axis=1), [NONE[SLOT]]

    def _approved(self, petitions, month) -> np.ndarray:
        """Return (petition,) bool, whether the petition is granted."""
        p = self.approval[petitions[ROUTE]]
        return uniforms(rng.key(self.sim.seed, "approval", month), petitions[SLOT]) < p

    def _filed(self, petitions, month) -> np.ndarray:
        """Return (petition,) bool, whether the employer files: some selections of a lottery never become petitions."""
        p = self.p_filed()[petitions[ROUTE]]
        return uniforms(rng.key(self.sim.seed, "approval", month), petitions[SLOT]) < p

    def study_terms(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return the terms of post-study work under the rules in force, see ``Routes.study_terms``."""
        sim, countries = self.sim, len(self.sim.world.setting.countries)
        return self._keep("study terms", lambda: sim.routes.study_terms(countries, sim.rules, sim.baseline_rules))

    def p_filed(self) -> np.ndarray:
        """Return (route,) the probability that the employer files the petition, 1 where nothing is drawn."""
        sim = self.sim
        filed = np.minimum(sim.a.petition_yield / np.maximum(sim.baseline_rules["route_approval_rate"], 1e-9), 1.0)
        return np.where(self.drawn, filed, 1.0)

    def _draw_again(self, petitions, month) -> None:
        """Keep the share ``redraw_share`` of the petitions for the next draw, and refuse the others."""
        again = uniforms(rng.key(self.sim.seed, "draw again", month), petitions[SLOT]) < self.sim.a.redraw_share
        self.waiting = np.concatenate([self.waiting, petitions.compress(again, axis=1)], axis=1)
        self.refused.append(petitions.compress(~again, axis=1))

    def _count(self, name, route) -> None:
        """Add the petitions with the routes ``route`` (petition,) to the count ``name``."""
        self.counts[name] += np.bincount(route, minlength=len(self.counts[name]))

    def _count_grants(self, petitions, abroad) -> None:
        """Add granted petitions to the counts by route and by tier."""
        tier = tier_of(self.sim.people.category[petitions[SLOT]])
        routes, tiers = self.grants_by_tier.shape
        counts = np.bincount(petitions[ROUTE] * tiers + tier, minlength=routes * tiers).reshape(routes, tiers)
        self.grants_by_tier += counts
        for name in ("grants", "grants_abroad") if abroad else ("grants",):
            self.counts[name] += counts.sum(axis=1)

    def terms(self, year) -> Terms:
        """Return what the compiled rounds of a year read, under the rules and odds in force."""
        sim, routes = self.sim, self.sim.routes
        country, side = sim.world.setting.country, self._keep("taking", lambda: taking(sim, True))
        return self._keep("terms", self.terms_of_rules)._replace(
            allowed=self._keep(("allowances", year), lambda: self.allowances(year)),
            routes=(country, routes.group_of, routes.of_country, routes.for_whom, side, sim.open_routes),
            appeal=(sim.access_key, MOST_ROUTES, self.appeal_by_route(True)),
            moves=moves.relocate_terms(sim),
        )

    def terms_of_rules(self) -> Terms:
        """Return :meth:`terms` with blanks for what changes while the rules stay."""
        sim, routes, s = self.sim, self.sim.routes, self.sim.world.setting
        return Terms(
            words=np.array([rng.word(sim.seed, question) for question in QUESTIONS], np.uint64),
            country=s.country,
            home_country=s.home_country,
            access_share=sim.rules["route_reach"],
            within_company=np.where(routes.kind == 0, 1.0, 0.0),
            drawn=self.drawn,
            capped=self.capped,
            allowed=np.zeros(0),
            p_pays=self.p_pays,
            approval=self.approval,
            filed=self.p_filed(),
            wait=self._keep("months to wait", self.months_to_wait),
            affiliates=s.affiliates,
            is_followed=s.lost_jobs_followed > 0,
            relocation=sim.a.relocation,
            offer_bonus=sim.a.offer_bonus,
            colleague_share=sim.colleague_share,
            routes=(),
            appeal=(),
            moves=(),
        )

    def run_months(self, first, last) -> None:
        """Run the months from ``first`` to before ``last``, of one year, compiled; the last may be the intake."""
        month = last - 1
        if month % 12 + 1 != LOTTERY_MONTH or first == last:
            self.run_compiled(first, last)
        else:
            # the yearly intake precedes the second choices of its month
            self.run_compiled(first, last, TO_INTAKE)
            self.decide(self.hold_intake(month), month)
            self.run_compiled(month, last, FROM_INTAKE)

    def run_compiled(self, first, last, part=WHOLE) -> None:
        """Run a part of the months from ``first`` to before ``last`` compiled, see ``kernels.visas.run_months``."""
        sim, accounts = self.sim, self.sim.accounts
        searching = sum(map(len, sim.searchers[first % 12 :][: last - first]))
        if searching > MANY and last - first > 1:
            # fewer months at a time: each list of petitions has room for all who search
            middle = (first + last) // 2
            self.run_compiled(first, middle, WHOLE if part == TO_INTAKE else part)
            self.run_compiled(middle, last, part)
            return
        # petitions with room for those whom this year's searchers may file
        lost, transfers = (np.concatenate(batches)[None] for batches in (self.lost, self.transfers))
        lists = [np.concatenate(self.new, axis=1), self.queued, self.waiting, self.due]
        lists += [np.concatenate(self.refused, axis=1), lost, transfers]
        begin = np.cumsum([0, *map(len, sim.searchers)])
        self._room = petitions = petitions_of(lists, searching, len(self.drawn), sim.seen, self._room)
        # counts and accounts, added to in place
        turns, tied = np.empty((last - first, len(self.drawn))), np.zeros(1, np.int64)
        by_country = self.made, self.taken
        counts = Counts(self.tallies, self.grants_by_tier, *by_country, turns, tied, accounts.hubs_with_contacts)
        choice = sim.people, sim.ties, sim.person_keys, sim.tables, self.terms(first // 12)
        if last > first and self._calls[0] is not sim.tables:
            self._calls = sim.tables, entries(*choice, counts)
        searchers = np.concatenate(sim.searchers)
        run_months(first, last, part, LOTTERY_MONTH - 1, searchers, begin, self._calls[1], *choice, petitions, counts)
        # what remains
        new, self.queued, self.waiting, self.due, refused, lost, transfers = (
            listed(petitions, name, len(rows)) for name, rows in enumerate(lists)
        )
        self.new, self.refused, self.lost, self.transfers = [new], [refused], [lost[SLOT]], [transfers[SLOT]]
        accounts.tied_moves += int(tied[0])
        self.month = last - 1
        if part != FROM_INTAKE:
            self.turns += list(turns)
        sim.choices += (2 * (last - first) - (part == TO_INTAKE)) if part in (WHOLE, TO_INTAKE) else last - first

    def can_compile(self) -> bool:
        """Return whether the months may run as one call: nothing is recorded or replayed, and no permit is held.

        Where many people search, threads share each month instead.
        """
        sim = self.sim
        is_plain = sim.trajectory is None and "network" not in sim.frozen_to and not self.held.shape[1]
        few = get_threads() == 1 or max(map(len, sim.searchers)) < 2 * LEAST
        return is_plain and few and self.asked[self._keep("handed out", self.handed_out)].all()


def update_status(sim, year) -> None:
    """Update the legal status of foreign residents in December (E6), and move those who must leave."""
    setting, people = sim.world.setting, sim.people
    # draws and hazards as declared at the end of this module
    hazards = (SETTLEMENT, RENEWAL, NATURALISATION)
    keys = np.array([hazard.key(sim, year) for hazard in (*hazards, WORK_AFTER_STUDY)])
    months, share, route = WORK_AFTER_STUDY.rate(sim, year)
    month = 12 * year + 11
    parts = over_range(
        events.update_status,
        sim.used,
        keys,
        people,
        setting.country,
        *(hazard.rate(sim, year) for hazard in hazards),
        fast_track(sim),
        months,
        share,
        month,
    )
    changes, expired, asked, got = zip(*parts, strict=True)
    sim.visas.count_study(route, added(asked), added(got))
    sim.accounts.delta += added(changes)

    # people without the right to stay leave the country now
    slots = transferred(sim, np.concatenate(expired), year, month)
    chosen, _ = moves.choose(sim, slots, "leave the country", year, LEAVING)
    going = chosen != people.hub[slots]
    np.add.at(sim.accounts.forced, (people.hub[slots[going]], people.home[slots[going]]), 1)
    moves.move(sim, slots[going], chosen[going], month, sim.visas.use(slots[going], chosen[going]))


def transferred(sim, slots, year, month) -> np.ndarray:
    """Let engineers who must leave accept an offer of their employer abroad; return the slots of the others (E5, E6).

    Those who accept move at once if they need no permit there; otherwise they file a petition.
    """
    setting = sim.world.setting
    # offers are modelled only in countries with data on what employers do after a loss
    followed = setting.lost_jobs_followed[setting.country[sim.people.hub[slots]]] > 0
    offer = sim.visas.offers(slots, followed, month)
    some = np.flatnonzero((offer >= 0) & (sim.people.target[slots] < 0))
    none = np.full(len(some), -1, np.int64)
    chosen, needs = moves.choose_with_offers(
        sim, slots[some], "offer at the end", year, none, offer[some], leaving=True
    )
    if not len(some):
        return slots
    # accepted: move at once, or file for a permit there
    takes = chosen == offer[some]
    sim.visas.take(slots[some], chosen, offer[some])
    moves.act_on(sim, month, slots[some[takes]], chosen[takes], needs[takes])
    return np.delete(slots, some[takes])


def stem_months(setting) -> np.ndarray:
    """Return (country,) the months by which post-study work is extended for STEM degrees."""
    return setting.stem_months.astype(np.int64)


def settlement_rates(sim, year=None) -> np.ndarray:
    """Return (country, home) the hazard of settlement of temporary residents a year (E6), with queues by home.

    Source: ``settlement.csv``.
    """
    rate = sim.world.setting.settlement_rate
    return rate * sim.rules["settlement"][:, None] * sim.rules["home_settlement"].reshape(rate.shape)


def naturalisation_rates(sim, year) -> np.ndarray:
    """Return (country,) the hazard of naturalisation of permanent residents a year (E6)."""
    return np.minimum(sim.a.naturalisation_rate * sim.rules["naturalisation"], 1.0)


def study_terms(sim, year) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return months, probability and route of post-study work and its extension, (step, country) each (E6)."""
    return sim.visas.study_terms()


def renewal_rates(sim, year=None) -> np.ndarray:
    r"""Return (country,) the probability that a permit is renewed, from the widest temporary route (E6).

    .. math:: q_c = 1 - k\,(1 - p_c)

    :math:`p` is the approval rate of first applications and :math:`k` the assumption ``renewal_refusal``: renewals are
    refused less often than first petitions. Source: USCIS petition data by kind of petition. Residents hold the permit
    that was widest without policy: a policy that widens another route does not change how theirs are renewed.
    """
    of_country, rules = sim.routes.of_country, sim.rules
    mine = (of_country >= 0) & (sim.routes.kind <= 1)[of_country] & (rules["route_is_open"] > 0)[of_country]
    access_share = np.where(mine, sim.baseline_rules["route_reach"][of_country], -1.0)
    # the open temporary route that was widest
    widest = np.take_along_axis(of_country, access_share.argmax(axis=1)[:, None], axis=1)[:, 0]
    approved = np.where(mine.any(axis=1), rules["route_approval_rate"][widest], 1.0)
    return 1 - sim.a.renewal_refusal * (1 - approved)


# The hazards of statuses, in the order in which a year tries them
SETTLEMENT = Hazard(
    "E6", "settlement", "temporary residents", "December", "settlement", settlement_rates, "status becomes permanent"
)
RENEWAL = Hazard(
    "E6",
    "renewal",
    "temporary residents whose permit runs out",
    "December",
    "renewal",
    renewal_rates,
    "36 more months; without it, the country is left",
)
NATURALISATION = Hazard(
    "E6", "naturalisation", "permanent residents", "December", "naturalisation", naturalisation_rates, "citizenship"
)
WORK_AFTER_STUDY = Hazard(
    "E6",
    "work after study",
    "students and people in post-study work whose status expires",
    "December",
    "work after study",
    study_terms,
    "the next status and its months; without it, the country is left",
)
