"""The year on one screen: who enters, what the market does, the calendar, the end of the year, the accounts."""

import numpy as np
import simpy

from sim.model import moves, rng
from sim.model.kernels import events
from sim.model.kernels.choice import LEAVING, RETURNING
from sim.model.kernels.moves import free_to_decide
from sim.model.labour import call_back, change_jobs, offers, promote
from sim.model.market import follow_the_market
from sim.model.state import Arm
from sim.model.supply import enter, follow_students
from sim.model.teams import take_over
from sim.threads import over_range

STEM_MONTHS = 24  # extension of post-study work for STEM degrees: the USA alone has one (8 CFR 214.2(f))


class Timeline:
    """The months of a run (12 * year + month - 1), one SimPy process.

    Parameters
    ----------
    start : int, first year
    rule_months : months in which the rules change; ``change_rules(month)`` is called in each
    decide, hold_visa_rounds : called with the month, every month

    Rules always precede the decisions of the same month, and these its visa rounds.
    """

    def __init__(self, start, rule_months, change_rules, decide, hold_visa_rounds):
        self.env = simpy.Environment(initial_time=12 * start)
        self.env.process(self._months(frozenset(rule_months), change_rules, decide, hold_visa_rounds))

    def run_through(self, year):
        """Process every month of ``year``, its December included."""
        # SimPy stops before the events of ``until``, and 12 * (year + 1) is January
        self.env.run(until=12 * (year + 1))

    def _months(self, rule_months, change_rules, decide, hold_visa_rounds):
        while True:
            month = int(self.env.now)
            if month in rule_months:
                change_rules(month)
            decide(month)
            hold_visa_rounds(month)
            yield self.env.timeout(1)


def begin(world, a, constants, baseline_rules, seed):
    """An arm on the 1 January of the start, petitions under way: the same whatever policy comes, see ``Arm.branch``."""
    arm = Arm(world, a, constants, baseline_rules, seed)
    fill_pipeline(arm)
    return arm


def simulate(arm, until):
    """Run an arm from the 1 January that it stands on to that of the year ``until``, in place.

    Yields
    ------
    Arm, after the ledger of each year has been closed

    Raises
    ------
    InvariantError
        if stocks and flows disagree
    """
    changes = arm.midyear_changes(until)
    timeline = Timeline(arm.year, changes, arm.change_rules, lambda m: moves.decide(arm, m), arm.offices.hold_rounds)
    for year in range(arm.year, until):
        arm.open_books()
        arm.adopt_rules(12 * year)  # the rules of January meet those who enter in it
        enter(arm, year)
        follow_the_market(arm, year)
        find_considering(arm, year)
        timeline.run_through(year)  # rules, then decisions, then visa rounds, month by month
        follow_students(arm)
        settle(arm, year)
        promote(arm, year)
        call_back(arm, year)
        change_jobs(arm, year)
        take_over(arm, year)
        leave(arm, year)
        close(arm, year)
        yield arm


def find_considering(arm, year):
    """Who considers a move this year, by month: 12 arrays of slots (E4)."""
    rates = np.minimum(arm.considering_rates * offers(arm)[:, None, None], 1.0)
    keys = (rng.key(arm.seed, question, year) for question in ("month", "consider"))
    a, teams = arm.a, arm.teams._replace(moved=arm.leaders())
    parts = over_range(
        events.consider,
        arm.used,
        *keys,
        arm.people,
        rates,
        a.considering_graduate,
        a.remote_considering,
        teams,
        a.team_pull,
        year,
    )
    arm.considering = [np.concatenate([slots[begin[m] : begin[m + 1]] for slots, begin in parts]) for m in range(12)]


def fill_pipeline(arm):
    """Petitions that are under way when the run starts: a year of applications under the rules of the baseline.

    Nobody moves in it; what would have been decided and used before the start is dropped.
    """
    year = arm.world.start - 1
    find_considering(arm, year)
    for month in range(12 * year, 12 * (year + 1)):
        slots = free_to_decide(arm.considering[month % 12], arm.people.hub, arm.people.target)
        chosen, needs = moves.choose(arm, slots, "destination", year)
        going = needs & (chosen != arm.people.hub[slots])
        arm.offices.receive(slots[going], chosen[going], month)
        arm.offices.decide(arm.offices.paid(arm.offices.file(month), month), month)
        arm.offices.drop(month)


def settle(arm, year):
    """Statuses run out, are renewed or made permanent (E6); who may not or will not stay leaves the country."""
    setting, people = arm.world.setting, arm.people
    questions = ("settlement", "return", "renewal", "naturalisation", "work after study")
    keys = np.array([rng.key(arm.seed, q, year) for q in questions])
    month = 12 * year + 11
    if arm.a.study_routes > 0:
        months, share, route = arm.routes.study_terms(len(setting.countries), arm.rules, arm.baseline_rules)
    else:
        months = np.stack([arm.routes.opt_months(len(setting.countries), arm.rules), stem_months(setting)])
        share, route = np.ones(months.shape), np.full(months.shape, -1)
    parts = over_range(
        events.settle,
        arm.used,
        keys,
        people,
        setting.country,
        setting.settlement_rate * arm.rules["settlement"][:, None],
        return_rates(arm),
        renewal_rates(arm),
        np.minimum(arm.a.naturalisation_rate * arm.rules["naturalisation"], 1.0),
        months,
        share,
        month,
    )
    changes, expired, homeward, asked, got = zip(*parts, strict=True)
    arm.offices.count_study(route, sum(asked), sum(got))
    arm.books.change += sum(changes)
    for leavers, mode in ((expired, LEAVING), (homeward, RETURNING)):
        slots = np.concatenate(leavers)
        if arm.a.relocation > 0 and mode == LEAVING:
            slots = transferred(arm, slots, year, month)
        chosen, _ = moves.choose(arm, slots, "leave the country", year, mode)
        going = chosen != people.hub[slots]
        if mode == LEAVING:
            np.add.at(arm.books.forced, (people.hub[slots[going]], people.home[slots[going]]), 1)
        moves.move(arm, slots[going], chosen[going], month)


def transferred(arm, slots, year, month):
    """Who must leave and has no offer, or declines it; the others file for a permit where their employer wants them."""
    country = arm.world.setting.country
    usa = country[arm.people.hub[slots]] == arm.world.setting.countries.index("usa")
    offer = arm.offices.offers(slots, usa, month)
    some = np.flatnonzero((offer >= 0) & (arm.people.target[slots] < 0))
    none = np.full(len(some), -1, np.int64)
    chosen, needs = moves.choose_with_offers(
        arm, slots[some], "offer at the end", year, none, offer[some], leaving=True
    )
    takes = chosen == offer[some]
    arm.offices.take(slots[some], chosen, offer[some])
    moves.act_on(arm, month, slots[some[takes]], chosen[takes], needs[takes])
    return np.delete(slots, some[takes])


def stem_months(setting):
    """(country,) months by which post-study work is extended for STEM degrees."""
    return np.where(np.array(setting.countries) == "usa", STEM_MONTHS, 0)


def return_rates(arm):
    r"""(country, home) hazard of temporary residents to go home, beyond the departures that choices make (E6).

    .. math:: r_{cg} = w_c\,\pi_c\,\max(r^0_{cg} - \chi,\ 0)\,b_g

    :math:`r^0` is the measured rate of ``return_hazards.csv``, :math:`\chi` the assumption ``chosen_departures``,
    :math:`w` is 1 in the USA and ``return_elsewhere`` where no stay rate is measured, :math:`\pi` what policy makes of
    it, and :math:`b` is ``return_bonus`` for Korea, Taiwan and Japan and 1 for others. Source: NCSES stay rates for the
    USA; assumed elsewhere (grade D).
    """
    setting, a = arm.world.setting, arm.a
    bonus = np.where(np.isin(setting.homes, ("kor", "twn", "jpn")), a.return_bonus, 1.0)
    weight = np.where(np.array(setting.countries) == "usa", 1.0, a.return_elsewhere)
    policy = (weight * arm.rules["going_home"])[:, None]
    if a.return_choice > 0:  # going home is a choice (E3), fitted to the measured rates
        return np.zeros_like(setting.return_rate)
    return policy * np.maximum(setting.return_rate - a.chosen_departures, 0.0) * bonus


def renewal_rates(arm):
    """(country,) approval of a renewed permit: that of the country's widest temporary route."""
    of_country, rules = arm.routes.of_country, arm.rules
    mine = (of_country >= 0) & (arm.routes.kind <= 1)[of_country] & (rules["route_is_open"] > 0)[of_country]
    reach = np.where(mine, rules["route_reach"][of_country], -1.0)
    widest = np.take_along_axis(of_country, reach.argmax(axis=1)[:, None], axis=1)[:, 0]
    approved = np.where(mine.any(axis=1), rules["route_approval_rate"][widest], 1.0)
    return 1 - arm.a.renewal_refusal * (1 - approved)


def leave(arm, year):
    """Retirement and exit to other occupations."""
    setting = arm.world.setting
    arm.books.left(
        sum(
            over_range(
                events.leave,
                arm.used,
                rng.key(arm.seed, "exit", year),
                arm.people,
                setting.country,
                setting.exit_rate,
                year,
                len(setting.homes),
            )
        )
    )


def close(arm, year):
    """Count the stocks of the next 1 January and prove that the books explain them."""
    before = arm.census
    arm.count()
    arm.books.close(before, arm.census)
    arm.fill_jobs(arm.books.flow.sum(axis=0) * arm.world.weight)  # by the openings of the year that ends
    opened = arm.a.affiliate_jobs * arm.offices.lost_in_usa() - arm.offices.taken.sum()  # offers taken are no openings
    arm.affiliate_jobs = max(opened, 0.0) * arm.world.weight
    arm.year = year + 1
    arm.follow_academia()
