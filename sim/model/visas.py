"""The visa offices (E5): applications, rounds, lotteries, grants, and what becomes of the refused.

Every round first plans (who is granted, by index) and then applies. A petition is pending while the engineer's
``target`` is set; who is refused draws again next year, takes another route or the next best hub, or stays.
Petitions travel as (4, n) integers: slot, hub, route, month of application.
"""

from copy import copy

import numpy as np

from sim.model import lottery, moves, rng
from sim.model.kernels import events
from sim.model.kernels.choice import LEAVING, RETURNING, uniforms
from sim.model.kernels.visas import below, students, valid
from sim.model.rng import Hazard
from sim.model.routes import WEIGHTED, approval, intra_company, is_drawn, pays_fee, route_for, success_probability
from sim.threads import over_range
from sim.world.categories import TIERS
from sim.world.engineers import tier_of

# attributes of a simulation that the steps of this module change
WRITES = ("people", "teams", "accounts", "visas", "choices")
ODDS_WINDOW = 3  # years of odds that applicants look back on
LOTTERY_MONTH = 3  # calendar month in which people inside a country ask, and the one in which the pools are drawn
COUNTED = ("applicants", "applicants_abroad", "grants", "grants_abroad", "lost_petitions", "registrations", "selected")
SLOT, HUB, ROUTE, MONTH = range(4)
NONE = np.zeros((4, 0), np.int64)


class VisaSystem:
    """The visa system of every country (E5): rules in force, petitions, odds, and the counts of the year.

    Arrays are by route unless said; counts are in agents, registrations too. Petitions are (4, n) integers, see above.

    Attributes
    ----------
    pools : list of Pool, caps that several routes or occupations share
    odds : (year, route) odds of selection, this year's first; known_odds : (route,) by which people choose all year
    drawn, capped : bool, selected by lot; with a cap and served in order
    p_pays : (tier, route) the employer pays the special fee; approval : a petition is granted; permit_months
    new, queued, waiting : petitions of the month, in capped queues, and for the next draw
    due : month -> petitions granted whose processing ends then
    refused : petitions refused this month; lost : engineers refused whose employer still wants them
    transfers : engineers who have taken a job offered abroad and not yet filed for it
    turns : share of petitions whose turn has come, every time that it was asked this year
    last_clocks : (route, 2) clock of the last one selected, others and local masters
    counts : name -> count of the year; grants_by_tier : (route, tier); made, taken : (country,) jobs offered abroad
    """

    def __init__(self, sim):
        self.sim = sim
        self.pools = [lottery.Pool.from_row(row) for row in sim.world.setting.pools]
        self._kept = {}  # what is computed once for the rules and odds in force
        self.new, self.queued, self.waiting = [NONE], NONE, NONE
        self.due, self.refused = {}, [NONE]
        self.lost, self.transfers = [NONE[SLOT]], [NONE[SLOT]]
        self.last_clocks = np.full((len(sim.routes.names), 2), np.inf)

        # until the first draw people expect the odds of the last registrations counted
        self.odds = np.ones((ODDS_WINDOW, len(sim.routes.names)))
        for r in np.flatnonzero(is_drawn(sim)):
            pool = self.pools[sim.routes.pool[r]]
            everybody = pool.registrations + pool.own
            self.odds[:, r] = min(1.0, sim.rules["route_cap"][r] / sim.a.petition_yield / everybody)
        self.read_rules()
        self.start_year()

    def of(self, sim):
        """These offices as a branch of their simulation starts with them."""
        twin = copy(self)
        twin.sim, twin.odds, twin._kept = sim, self.odds.copy(), {}
        twin.new, twin.refused, twin.turns = list(self.new), list(self.refused), list(self.turns)
        twin.last_clocks = self.last_clocks.copy()
        twin.lost, twin.transfers = list(self.lost), list(self.transfers)
        twin.due = {month: list(batches) for month, batches in self.due.items()}
        return twin

    def start_year(self):
        """Open the year's accounts; a cap counts from January."""
        self.counts = {name: np.zeros(len(self.sim.routes.names)) for name in COUNTED}
        self.known_odds = self.mean_odds()  # whenever rules change in the year
        self.grants_by_tier = np.zeros((len(self.sim.routes.names), len(TIERS)))
        self.made, self.taken = np.zeros((2, len(self.sim.world.setting.countries)))
        self.turns = []

    def read_rules(self):
        """Take note of the rules now in force, and sort the petitions that wait by them."""
        sim = self.sim
        self._kept.clear()
        self.drawn = is_drawn(sim)
        self.capped = ~self.drawn & np.isfinite(sim.rules["route_cap"])
        self.p_pays = pays_fee(sim.a, sim.rules["route_special_fee_usd"])
        self.approval = approval(sim)
        self.permit_months = np.rint(12 * np.minimum(sim.rules["route_years"], 99)).astype(np.int64)

        # who needs no permit any more, or waits in vain, decides anew
        held = self.valid(np.concatenate([self.queued, self.waiting], axis=1))
        free = sim.rules["free_entry"][sim.world.setting.country[held[HUB]]] > 0
        anew = free | (sim.rules["route_is_open"][held[ROUTE]] == 0)
        self.refused.append(held[:, anew])
        held = held[:, ~anew]
        self.queued, self.waiting = held[:, ~self.drawn[held[ROUTE]]], held[:, self.drawn[held[ROUTE]]]

    def mean_odds(self):
        """(route,) mean odds of selection in the last three years."""
        return self.odds.mean(axis=0)

    def update_odds(self, r, odds):
        """Write down the odds of this year's draw of route ``r``."""
        self.odds[1:, r] = self.odds[:-1, r]
        self.odds[0, r] = odds

    def lost_in_usa(self):
        """Petitions lost this year to refusal or fee in the USA, the one country of which it is known what follows."""
        followed = self.sim.world.setting.lost_jobs_followed[self.sim.routes.country] > 0
        return self.counts["lost_petitions"][followed].sum()

    def months_to_wait(self):
        """(route,) months from a decision to the move: processing, or the start of the year of a drawn pool."""
        wait = np.maximum(np.ceil(self.sim.rules["route_processing_months"]).astype(int), 1)
        return np.where(self.drawn, (self.sim.routes.start_month - LOTTERY_MONTH) % 12, wait)

    def room(self):
        """(route,) persons whom each route admits in a year: the cap, less what others of its pool take."""
        cap = self.sim.rules["route_cap"].copy()
        for r in np.flatnonzero((self.sim.routes.pool >= 0) & ~self.drawn):
            pool = self.pools[self.sim.routes.pool[r]]
            cap[r] = max(cap[r] - pool.registrations, cap[r] * pool.own / (pool.own + pool.registrations))
        return np.minimum(cap, 1e12)

    def success_by_route(self, abroad):
        """(tier, route) what an application promises, from abroad or inside; see ``routes.success_probability``."""
        return self._keep(("promise", abroad), lambda: success_probability(self.sim, abroad, self.mean_odds()))

    def _keep(self, name, compute):
        if name not in self._kept:
            self._kept[name] = compute()
        return self._kept[name]

    def backlog(self):
        """(route,) petitions waiting, or granted and not yet moved."""
        granted = [batch for batches in self.due.values() for batch in batches]
        held = self.valid(np.concatenate([self.queued, self.waiting, *granted], axis=1))
        return np.bincount(held[ROUTE], minlength=len(self.sim.routes.names))

    def receive(self, slots, hubs, month):
        """Take the applications of people abroad; the round of the month deals with them."""
        self.sim.people.target[slots] = hubs
        self.new.append(np.stack([slots, hubs, np.full(len(slots), -1), np.full(len(slots), month)]))

    def hold_rounds(self, month):
        """The visa rounds of a month: arrivals, new petitions, queues, the yearly draw, and the refused."""
        self.arrive(month)
        self.decide(self.fee_paid(self.submit(month), month), month)
        if month % 12 + 1 == LOTTERY_MONTH:
            self.decide(self.hold_intake(month), month)
        self.reapply_elsewhere(month)

    def arrive(self, month):
        """Move those whose processing ends this month."""
        if month in self.due:
            petitions = self.valid(np.concatenate(self.due.pop(month), axis=1))
            home = self.sim.people.home[petitions[SLOT]]
            unavailable = self.sim.tables.closed[
                home, petitions[HUB]
            ]  # the border has closed since the permit was granted
            self.sim.people.target[petitions[SLOT, unavailable]] = -1
            slots, hubs, routes, _ = petitions[:, ~unavailable]
            moves.move(self.sim, slots, hubs, month, routes)

    def valid(self, petitions):
        """The petitions that still stand: who has moved or retired since has dropped his."""
        people = self.sim.people
        return petitions[:, valid(petitions[SLOT], petitions[HUB], people.hub, people.target, self.sim.seen)]

    def submit(self, month):
        """Route and file new applications; returns the petitions whose turn has come outside the draws."""
        sim = self.sim
        new = self.valid(np.concatenate(self.new, axis=1))
        self.new = [NONE]
        new[ROUTE] = route_for(sim, new[SLOT], new[HUB], abroad=True)
        self.transfer(new)
        self.refused.append(new[:, new[ROUTE] < 0])
        new = new[:, new[ROUTE] >= 0]
        self._count("applicants", new[ROUTE])
        self._count("applicants_abroad", new[ROUTE])
        drawn, capped = self.drawn[new[ROUTE]], self.capped[new[ROUTE]]
        self.waiting = np.concatenate([self.waiting, new[:, drawn]], axis=1)
        self.queued = np.concatenate([self.queued, new[:, capped]], axis=1)
        return np.concatenate([new[:, ~drawn & ~capped], self.serve_queues(month)], axis=1)

    def transfer(self, new):
        """Give those whom their own employer transfers the intra-company route, where it promises anything."""
        moved = np.isin(new[SLOT], np.concatenate(self.transfers))
        self.transfers = [NONE[SLOT]]
        if moved.any():
            new[ROUTE, moved] = intra_company(self.sim, new[SLOT, moved], new[HUB, moved])

    def serve_queues(self, month):
        """Take from the capped queues those whose turn has come."""
        queued = self.valid(self.queued)
        served = self.within_caps(queued, month)
        self.queued = queued[:, ~served]
        return queued[:, served]

    def within_caps(self, petitions, month):
        """(petition,) bool: its turn comes within the year's cap, in the order of application, ties by lot."""
        slots, _, route, applied = petitions
        allowed = self._keep(("allowances", month // 12), lambda: self.allowances(month // 12))
        room = (allowed - self.counts["grants"])[route]
        asked = np.bincount(route, minlength=len(self.drawn))[route]
        comes = asked <= room  # all of them
        rest = np.flatnonzero(~comes & (room > 0))
        if len(rest):
            route, by_lot = route[rest], uniforms(rng.key(self.sim.seed, "queue", month), slots[rest])
            order = np.lexsort((by_lot, applied[rest], route))
            rank = np.arange(len(rest)) - np.searchsorted(route[order], np.arange(len(self.drawn)))[route[order]]
            comes[rest[order]] = rank < room[rest[order]]
        routes = len(self.drawn)
        served, asked = (
            np.bincount(petitions[ROUTE, comes], minlength=routes),
            np.bincount(petitions[ROUTE], minlength=routes),
        )
        self.turns.append(np.where(asked > 0, served / np.maximum(asked, 1), 1.0))
        return comes

    def allowances(self, year):
        """(route,) agents that each route admits in a year, rounded at random so that expectations are kept."""
        agents = self.room() / self.sim.world.weight
        return rng.rounded(agents, rng.key(self.sim.seed, "cap", year), np.arange(len(agents)))

    def fee_paid(self, petitions, month):
        """The petitions whose employer pays the special fee; the others are lost, and their jobs open abroad."""
        sim, slots = self.sim, petitions[SLOT]
        p = self.p_pays[tier_of(sim.people.category[slots]), petitions[ROUTE]]
        pays = below(rng.key(sim.seed, "employer pays", month // 12), slots, p)
        self._count("lost_petitions", petitions[ROUTE, ~pays])
        self.refused.append(petitions[:, ~pays])
        self.lost.append(petitions[SLOT, ~pays])
        return petitions[:, pays]

    def decide(self, petitions, month):
        """Approve or refuse petitions of people abroad; the approved move when processing ends."""
        approved = self._approved(petitions, month)
        self._count("lost_petitions", petitions[ROUTE, ~approved])
        self.refused.append(petitions[:, ~approved])
        self.lost.append(petitions[SLOT, ~approved & self._filed(petitions, month)])
        granted = petitions[:, approved]
        route = granted[ROUTE]
        self._count_grants(granted, abroad=True)
        wait = self.months_to_wait()[route]
        for w in np.unique(wait):
            self.due.setdefault(month + int(w), []).append(granted[:, wait == w])

    def hold_intake(self, month):
        """The yearly intake: people inside ask for work permits, and the pools are drawn; returns who won abroad."""
        people = self.sim.people
        slots = np.concatenate(over_range(students, self.sim.used, people))
        hubs = people.hub[slots].astype(np.int64)
        route = route_for(self.sim, slots, hubs, abroad=False)
        registers = uniforms(rng.key(self.sim.seed, "registers", month // 12), slots) < self.sim.a.registers_inside
        route = np.where(self.drawn[route] & ~registers, -1, route)  # whose employer registers nobody this year
        asking = np.stack([slots, hubs, route, np.full(len(slots), month)])[:, route >= 0]
        self._count("applicants", asking[ROUTE])
        by_lot = self.drawn[asking[ROUTE]]
        inside, won = [asking[:, ~by_lot & self.within_caps(asking, month)]], [NONE]
        for r in np.flatnonzero(self.drawn):
            selected = self.draw_pool(r, asking[:, asking[ROUTE] == r], month)
            won.append(selected[0])
            inside.append(selected[1])
        self.settle_inside(np.concatenate(inside, axis=1), month)
        return np.concatenate(won, axis=1)

    def draw_pool(self, r, inside, month):
        """Draw one capped pool: people abroad who waited, people inside, and the background, all in one lottery.

        Returns
        -------
        selected petitions from abroad, and from inside
        """
        sim, rules, year = self.sim, self.sim.rules, month // 12
        pool, weighted = self.pools[sim.routes.pool[r]], rules["route_selection"][r] == WEIGHTED
        mine = self.waiting[ROUTE] == r
        abroad = self.fee_paid(self.valid(self.waiting[:, mine]), month)
        self.waiting = self.waiting[:, ~mine]
        others = lottery.background(
            pool, self.p_pays[1, r], weighted * sim.a.level_one_withdrawal, sim.world.weight, sim.seed, year
        )
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
        self.last_clocks[r] = lottery.last_clocks(clock, master, selected)
        self.counts["registrations"][r] += len(selected)
        self.counts["selected"][r] += selected.sum()
        self.update_odds(r, selected.sum() / max(len(selected), 1))
        self._kept.clear()
        won, won_inside = np.split(selected[: len(ours)], [abroad.shape[1]])
        self._draw_again(abroad[:, ~won], month)
        return abroad[:, won], inside[:, won_inside]

    def clock_draws(self, slots, month):
        """(slot,) uniforms of the clocks in this year's draw."""
        return uniforms(rng.key(self.sim.seed, "lottery", month // 12), slots)

    def count_study(self, route, asked, got):
        """Count who asked for work after study and who got it, (step, country), by the (step, country) route."""
        some = route >= 0
        for name, counts in (("applicants", asked), ("grants", got)):
            np.add.at(self.counts[name], route[some], counts[some])

    def wage_level(self, slots):
        """(slot,) OEWS wage level 0 to 3 of a petition, drawn once for each engineer."""
        sim = self.sim
        bounds = np.cumsum(sim.world.setting.wage_level, axis=1)[tier_of(sim.people.category[slots]), :3]
        return (uniforms(rng.key(sim.world.seed, "wage level"), slots)[:, None] >= bounds).sum(axis=1)

    def settle_inside(self, petitions, month):
        """Decide petitions of people inside: the approved change status and stay where they are."""
        sim = self.sim
        approved = self._approved(petitions, month)
        self._count("lost_petitions", petitions[ROUTE, ~approved])
        granted = petitions[:, approved]
        moves.grant(sim, granted[SLOT], granted[ROUTE], month)
        self._count_grants(granted, abroad=False)

    def reapply_elsewhere(self, month):
        """The refused of the month take the next best hub abroad or at home, or stay."""
        sim = self.sim
        refused = np.concatenate(self.refused, axis=1)
        self.refused = [NONE]
        slots = refused[SLOT]
        sim.people.target[slots] = -1
        country = sim.world.setting.country[refused[HUB]].astype(np.int64)
        lost, self.lost = np.concatenate(self.lost), [NONE[SLOT]]
        offer = self.offers(slots, (sim.world.setting.lost_jobs_followed > 0)[country] & np.isin(slots, lost), month)
        chosen, needs = moves.choose_with_offers(sim, slots, "next best", month, country, offer)
        self.take(slots, chosen, offer)
        moves.act_on(sim, month, slots, chosen, needs)

    def offers(self, slots, lost, month):
        """(slot,) hub of the job that the employer of who has ``lost`` (slot,) bool offers abroad, -1 for none (E5).

        Affiliates where the engineer lives already, or is at home, are left out: he needs no offer to be there.
        """
        sim, s = self.sim, self.sim.world.setting
        made = np.flatnonzero(lost & (uniforms(rng.key(sim.seed, "offer", month), slots) < sim.a.relocation))
        home = s.home_country[sim.people.home[slots[made]]]
        lives = s.country[sim.people.hub[slots[made]]]
        away = (s.country != home[:, None]) & (s.country != lives[:, None])
        bounds = np.cumsum(s.affiliates * away, axis=1)
        some = bounds[:, -1] > 0  # an affiliate is left
        made, bounds = made[some], bounds[some]
        point = uniforms(rng.key(sim.seed, "offer hub", month), slots[made]) * bounds[:, -1]
        hub = (bounds <= point[:, None]).sum(axis=1)
        self.made += np.bincount(s.country[hub], minlength=len(self.made))
        offer = np.full(len(slots), -1, np.int64)
        offer[made] = hub
        return offer

    def take(self, slots, chosen, offer):
        """Write down who takes the job offered."""
        takes = (chosen == offer) & (offer >= 0)
        self.transfers.append(slots[takes])
        self.taken += np.bincount(self.sim.world.setting.country[chosen[takes]], minlength=len(self.taken))

    def drop(self, month):
        """Before the run: forget grants used by ``month``, refusals, and whoever waited for a draw already held."""
        drawn = self.drawn[self.waiting[ROUTE]] & (month % 12 + 1 == LOTTERY_MONTH)
        for petitions in (*self.due.pop(month, []), *self.refused, self.waiting[:, drawn]):
            self.sim.people.target[petitions[SLOT]] = -1
        self.refused, self.waiting, self.lost = [NONE], self.waiting[:, ~drawn], [NONE[SLOT]]

    def _approved(self, petitions, month):
        p = self.approval[petitions[ROUTE]]
        return below(rng.key(self.sim.seed, "approval", month), petitions[SLOT], p)

    def _filed(self, petitions, month):
        """Whether an employer files at all: of a drawn pool some selections never become petitions (E5)."""
        sim, route = self.sim, petitions[ROUTE]
        filed = np.minimum(sim.a.petition_yield / np.maximum(sim.baseline_rules["route_approval_rate"], 1e-9), 1.0)
        return below(rng.key(sim.seed, "approval", month), petitions[SLOT], np.where(self.drawn, filed, 1.0)[route])

    def _draw_again(self, petitions, month):
        again = uniforms(rng.key(self.sim.seed, "draw again", month), petitions[SLOT]) < self.sim.a.redraw_share
        self.waiting = np.concatenate([self.waiting, petitions[:, again]], axis=1)
        self.refused.append(petitions[:, ~again])

    def _count(self, name, route):
        self.counts[name] += np.bincount(route, minlength=len(self.counts[name]))

    def _count_grants(self, petitions, abroad):
        self._count("grants", petitions[ROUTE])
        if abroad:
            self._count("grants_abroad", petitions[ROUTE])
        tier = tier_of(self.sim.people.category[petitions[SLOT]])
        routes, tiers = self.grants_by_tier.shape
        counts = np.bincount(petitions[ROUTE] * tiers + tier, minlength=routes * tiers)
        self.grants_by_tier += counts.reshape(routes, tiers)


def update_status(sim, year):
    """Statuses run out, are renewed or made permanent (E6); who may not or will not stay leaves the country."""
    setting, people = sim.world.setting, sim.people
    # draws and hazards as declared at the end of this module
    hazards = (SETTLEMENT, RETURN, RENEWAL, NATURALISATION)
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
        months,
        share,
        month,
    )
    changes, expired, homeward, asked, got = zip(*parts, strict=True)
    sim.visas.count_study(route, sum(asked), sum(got))
    sim.accounts.delta += sum(changes)

    # who has lost the right to stay, or wants to go home, leaves the country now
    for leavers, mode in ((expired, LEAVING), (homeward, RETURNING)):
        slots = np.concatenate(leavers)
        if mode == LEAVING:
            slots = transferred(sim, slots, year, month)
        chosen, _ = moves.choose(sim, slots, "leave the country", year, mode)
        going = chosen != people.hub[slots]
        if mode == LEAVING:
            np.add.at(sim.accounts.forced, (people.hub[slots[going]], people.home[slots[going]]), 1)
        moves.move(sim, slots[going], chosen[going], month)


def transferred(sim, slots, year, month):
    """Who must leave and has no offer, or declines it; the others file for a permit where their employer wants them."""
    setting = sim.world.setting
    followed = setting.lost_jobs_followed[setting.country[sim.people.hub[slots]]] > 0
    offer = sim.visas.offers(slots, followed, month)
    some = np.flatnonzero((offer >= 0) & (sim.people.target[slots] < 0))
    none = np.full(len(some), -1, np.int64)
    chosen, needs = moves.choose_with_offers(
        sim, slots[some], "offer at the end", year, none, offer[some], leaving=True
    )
    takes = chosen == offer[some]
    sim.visas.take(slots[some], chosen, offer[some])
    moves.act_on(sim, month, slots[some[takes]], chosen[takes], needs[takes])
    return np.delete(slots, some[takes])


def stem_months(setting):
    """(country,) months by which post-study work is extended for STEM degrees."""
    return setting.stem_months.astype(np.int64)


def settlement_rates(sim, year):
    """(country, home) hazard of temporary residents to become permanent (E6), by the queues of their country of birth.

    Source: ``settlement.csv``.
    """
    return sim.world.setting.settlement_rate * sim.rules["settlement"][:, None]


def naturalisation_rates(sim, year):
    """(country,) hazard of permanent residents to become citizens (E6)."""
    return np.minimum(sim.a.naturalisation_rate * sim.rules["naturalisation"], 1.0)


def study_terms(sim, year):
    """Work after study and its extension (E6): months, probability of getting it, and route, each (step, country)."""
    countries = len(sim.world.setting.countries)
    return sim.routes.study_terms(countries, sim.rules, sim.baseline_rules)


def return_rates(sim, year=None):
    r"""(country, home) hazard of temporary residents to go home, beyond the departures that choices make (E6).

    .. math:: r_{cg} = w_c\,\pi_c\,\max(r^0_{cg} - \chi,\ 0)\,b_g

    :math:`r^0` is the measured rate of ``return_hazards.csv``, :math:`\chi` the assumption ``chosen_departures``,
    :math:`w` is 1 in the USA and ``return_elsewhere`` where no stay rate is measured, :math:`\pi` what policy makes of
    it, and :math:`b` is ``return_bonus`` for Korea, Taiwan and Japan and 1 for others. Source: NCSES stay rates for the
    USA; assumed elsewhere (grade D).
    """
    setting, a = sim.world.setting, sim.a
    bonus = np.where(setting.return_bonus > 0, a.return_bonus, 1.0)
    weight = np.where(setting.stays_measured > 0, 1.0, a.return_elsewhere)
    policy = (weight * sim.rules["going_home"])[:, None]
    if a.return_choice > 0:  # going home is a choice (E3), fitted to the measured rates
        return np.zeros_like(setting.return_rate)
    return policy * np.maximum(setting.return_rate - a.chosen_departures, 0.0) * bonus


def renewal_rates(sim, year=None):
    """(country,) approval of a renewed permit: that of the country's widest temporary route."""
    of_country, rules = sim.routes.of_country, sim.rules
    mine = (of_country >= 0) & (sim.routes.kind <= 1)[of_country] & (rules["route_is_open"] > 0)[of_country]
    access_share = np.where(mine, rules["route_reach"][of_country], -1.0)
    # renewals go by the temporary route that most people can use
    widest = np.take_along_axis(of_country, access_share.argmax(axis=1)[:, None], axis=1)[:, 0]
    approved = np.where(mine.any(axis=1), rules["route_approval_rate"][widest], 1.0)
    return 1 - sim.a.renewal_refusal * (1 - approved)


# The hazards of statuses, in the order in which a year tries them
SETTLEMENT = Hazard(
    "E6", "settlement", "temporary residents", "December", "settlement", settlement_rates, "status becomes permanent"
)
RETURN = Hazard(
    "E6", "return home", "temporary residents not settled", "December", "return", return_rates, "chooses a hub at home"
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
    "students and those on post-study work whose status runs out",
    "December",
    "work after study",
    study_terms,
    "the next status and its months; without it, the country is left",
)
