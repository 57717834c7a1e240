"""The year on one screen: who enters, what the market does, the calendar, the end of the year, the accounts."""

import numpy as np
import simpy

from sim.model import moves, rng
from sim.model.kernels import events
from sim.model.kernels.moves import free_to_decide
from sim.model.labour import JOB_CHANGE, PROMOTION, RECALL, change_jobs, offers, promote, return_to_office
from sim.model.market import update_market
from sim.model.rng import Hazard
from sim.model.state import Simulation
from sim.model.supply import enter, follow_students
from sim.model.teams import ACQUISITION, acquire_teams
from sim.model.visas import NATURALISATION, RENEWAL, RETURN, SETTLEMENT, WORK_AFTER_STUDY, update_status
from sim.threads import over_range

# attributes of a simulation that the steps of this module change
WRITES = (
    "people",
    "teams",
    "searchers",
    "visas",
    "accounts",
    "choices",
    "census",
    "counts",
    "work",
    "jobs",
    "remote",
    "academia",
    "vacancies",
    "affiliate_jobs",
    "year",
)


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
    """A simulation on the 1 January of the start, petitions under way; every policy starts from it."""
    sim = Simulation(world, a, constants, baseline_rules, seed)
    start_petitions(sim)
    return sim


def simulate(sim, until):
    """Run a simulation from the 1 January that it stands on to that of the year ``until``, in place.

    Yields
    ------
    Simulation, after the ledger of each year has been closed

    Raises
    ------
    InvariantError
        if stocks and flows disagree
    """
    changes = sim.midyear_changes(until)
    timeline = Timeline(sim.year, changes, sim.change_rules, lambda m: moves.decide(sim, m), sim.visas.hold_rounds)
    for year in range(sim.year, until):
        sim.open_accounts()
        sim.adopt_rules(12 * year)  # the rules of January meet those who enter in it
        enter(sim, year)
        update_market(sim, year)
        find_searchers(sim, year)
        timeline.run_through(year)  # rules, then decisions, then visa rounds, month by month
        follow_students(sim)
        update_status(sim, year)
        promote(sim, year)
        return_to_office(sim, year)
        change_jobs(sim, year)
        acquire_teams(sim, year)
        leave(sim, year)
        close(sim, year)
        yield sim


def find_searchers(sim, year):
    """Who considers a move this year, by month: 12 arrays of slots (E4)."""
    keys = rng.key(sim.seed, "month", year), SEARCH.key(sim, year)
    a, teams = sim.a, sim.teams._replace(moved=sim.leaders())
    parts = over_range(
        events.find_searchers,
        sim.used,
        *keys,
        sim.people,
        SEARCH.rate(sim, year),
        a.considering_graduate,
        a.remote_considering,
        teams,
        a.team_pull,
        year,
    )
    sim.searchers = [np.concatenate([slots[begin[m] : begin[m + 1]] for slots, begin in parts]) for m in range(12)]


def start_petitions(sim):
    """Petitions that are under way when the run starts: a year of applications under the rules of the baseline.

    Nobody moves in it; what would have been decided and used before the start is dropped.
    """
    year = sim.world.start - 1
    find_searchers(sim, year)
    for month in range(12 * year, 12 * (year + 1)):
        slots = free_to_decide(sim.searchers[month % 12], sim.people.hub, sim.people.target)
        chosen, needs = moves.choose(sim, slots, "destination", year)
        going = needs & (chosen != sim.people.hub[slots])
        sim.visas.receive(slots[going], chosen[going], month)
        sim.visas.decide(sim.visas.fee_paid(sim.visas.submit(month), month), month)
        sim.visas.drop(month)


def leave(sim, year):
    """Retirement and exit to other occupations."""
    setting = sim.world.setting
    sim.accounts.left(
        sum(
            over_range(
                events.leave,
                sim.used,
                EXIT.key(sim, year),
                sim.people,
                setting.country,
                EXIT.rate(sim, year),
                year,
                len(setting.homes),
            )
        )
    )


def close(sim, year):
    """Count the stocks of the next 1 January and prove that the accounts explain them."""
    # the ledger must explain every change since the last 1 January, to the agent
    before = sim.census
    sim.count()
    sim.accounts.close(before, sim.census)
    sim.fill_jobs(sim.accounts.flow.sum(axis=0) * sim.world.weight)  # by the openings of the year that ends
    opened = sim.a.affiliate_jobs * sim.visas.lost_in_usa() - sim.visas.taken.sum()  # offers taken are no openings
    # petitions lost this year open jobs abroad in the next
    sim.affiliate_jobs = max(opened, 0.0) * sim.world.weight
    sim.year = year + 1
    sim.follow_academia()


def search_rates(sim, year):
    """(category // 3, status, age) probability of considering a move in the year (E4), by demand for the skill."""
    return np.minimum(sim.search_rates * offers(sim)[:, None, None], 1.0)


def exit_rates(sim, year):
    """(country,) hazard of leaving the occupation, retirement at the last age apart (E9). Source: ``supply.csv``."""
    return sim.world.setting.exit_rate


SEARCH = Hazard(
    "E4",
    "search",
    "everybody without a pending petition",
    "January",
    "consider",
    search_rates,
    "decides in a drawn month",
)
EXIT = Hazard(
    "E9", "exit", "everybody", "December", "exit", exit_rates, "leaves the occupation; so does who is over 67"
)
# every hazard of the model, in the order of a year
HAZARDS = (
    SEARCH,
    SETTLEMENT,
    RETURN,
    RENEWAL,
    NATURALISATION,
    WORK_AFTER_STUDY,
    PROMOTION,
    RECALL,
    JOB_CHANGE,
    ACQUISITION,
    EXIT,
)
