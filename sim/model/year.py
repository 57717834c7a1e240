"""Order of a simulated year: entry, market, months of decisions and visa rounds, year-end events, accounts."""

import weakref
from collections.abc import Callable, Generator, Iterator
from typing import Any

import numpy as np
import simpy

from sim.model import moves, rng
from sim.model.kernels import events
from sim.model.kernels.moves import free_to_decide
from sim.model.kernels.visas import BEFORE_START
from sim.model.labour import JOB_CHANGE, PROMOTION, RECALL, change_jobs, offers, promote, return_to_office
from sim.model.market import update_market
from sim.model.rng import Hazard
from sim.model.state import Simulation
from sim.model.supply import enter, follow_students
from sim.model.teams import ACQUISITION, SPIN_OUT, acquire_teams, found_startups
from sim.model.visas import LOTTERY_MONTH, NATURALISATION, RENEWAL, SETTLEMENT, WORK_AFTER_STUDY, update_status
from sim.parallel import added, over_range

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


BOUNDS = (0, LOTTERY_MONTH)  # month % 12 at which a stretch of months ends: after the yearly intake and at the end


class Timeline:
    """Calendar of a run: one SimPy process that steps through the months, numbered 12 * year + month - 1.

    Parameters
    ----------
    start : int, first year
    rule_months : months in which rules change; ``change_rules(month)`` is called in each of them
    run_months : called with the first month of every stretch under equal rules and the month after its last

    Rules change before people decide. A stretch ends at a change of the rules, after the month of the yearly intake of
    the visa offices, and at the end of a year.
    """

    def __init__(self, start, rule_months, change_rules, run_months) -> None:
        self.env = simpy.Environment(initial_time=12 * start)
        self.env.process(self._stretches(frozenset(rule_months), change_rules, run_months))

    def run_through(self, year) -> None:
        """Process all months of ``year``, including December."""
        # SimPy stops before the events of ``until``, and 12 * (year + 1) is January
        self.env.run(until=12 * (year + 1))

    def _stretches(self, rule_months, change_rules, run_months) -> Generator:
        """Call the functions of every stretch of months in their order, forever."""
        while True:
            first = int(self.env.now)
            if first in rule_months:
                change_rules(first)
            # up to the next change of rules, the end of the intake or the next January
            last = next(m for m in range(first + 1, first + 13) if m in rule_months or m % 12 in BOUNDS)
            run_months(first, last)
            yield self.env.timeout(last - first)


def run_months(sim, first, last) -> None:
    """Run the months from ``first`` to before ``last``: in each of them people decide, then the visa rounds follow."""
    # one compiled call, or month by month
    if sim.visas.can_compile():
        sim.visas.run_months(first, last)
        return
    for month in range(first, last):
        moves.decide(sim, month)
        sim.visas.hold_rounds(month)


def begin(world, a, constants, baseline_rules, seed, history=()) -> Simulation:
    """Return a simulation on 1 January of the first year, with pending petitions; scenarios branch from it."""
    sim = Simulation(world, a, constants, baseline_rules, seed, history)
    start_petitions(sim)
    return sim


def simulate(sim, until) -> Iterator[Simulation]:
    """Run a simulation, in place, from its present 1 January to 1 January of the year ``until``.

    Yields
    ------
    the Simulation after each year, when its accounts have been checked

    Raises
    ------
    InvariantError
        if stocks and flows disagree
    """
    # rules of January are adopted at the start of each year, others by the calendar
    changes = sim.midyear_changes(until)
    # the calendar refers to itself and is freed late: it must not keep the simulation
    here: Callable[[], Any] = weakref.ref(sim)
    timeline = Timeline(
        sim.year, changes, lambda m: here().change_rules(m), lambda first, last: run_months(here(), first, last)
    )
    for year in range(sim.year, until):
        sim.open_accounts()
        sim.adopt_rules(12 * year)  # the rules of January meet those who enter in it
        enter(sim, year)
        update_market(sim, year)
        find_searchers(sim, year)
        timeline.run_through(year)  # rules, then decisions, then visa rounds, month by month
        # events of December, in this order
        follow_students(sim)
        update_status(sim, year)
        promote(sim, year)
        return_to_office(sim, year)
        change_jobs(sim, year)
        acquire_teams(sim, year)
        found_startups(sim, year)
        leave(sim, year)
        close(sim, year)
        # the caller records the year here
        yield sim


def find_searchers(sim, year) -> None:
    """Draw the engineers who search for a move this year: set ``sim.searchers`` to 12 arrays of slots by month (E4)."""
    # leaders as the teams observe them: a frozen network replays those of another simulation
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
    by_month = ([slots[begin[m] : begin[m + 1]] for slots, begin in parts] for m in range(12))
    sim.searchers = [batches[0] if len(batches) == 1 else np.concatenate(batches) for batches in by_month]


def start_petitions(sim) -> None:
    """Create the petitions that are pending at the start, by a year of applications under the baseline's rules.

    Nobody moves in that year. Petitions that would have been decided and used before the start are dropped.
    """
    year = sim.world.start - 1
    find_searchers(sim, year)
    if sim.visas.can_compile():
        sim.visas.run_compiled(12 * year, 12 * (year + 1), BEFORE_START)
        return
    for month in range(12 * year, 12 * (year + 1)):
        slots = free_to_decide(sim.searchers[month % 12], sim.people.hub, sim.people.target)
        chosen, needs = moves.choose(sim, slots, "destination", year)
        going = needs & (chosen != sim.people.hub[slots])
        sim.visas.receive(slots[going], chosen[going], month)
        sim.visas.decide(sim.visas.fee_paid(sim.visas.submit(month), month), month)
        sim.visas.drop(month)


def leave(sim, year) -> None:
    """Draw retirements and exits to other occupations, and record them (E9)."""
    setting, rate = sim.world.setting, EXIT.rate(sim, year)
    sim.accounts.left(
        added(
            over_range(
                events.leave,
                sim.used,
                EXIT.key(sim, year),
                rate.max(),
                sim.people,
                setting.country,
                rate,
                year,
                len(setting.homes),
            )
        )
    )


def close(sim, year) -> None:
    """Count the stocks of the next 1 January, check the accounts against them, and carry jobs over to the next year.

    Raises
    ------
    InvariantError
        if the accounts do not explain the change of the stocks
    """
    # the accounts must explain every change since the last 1 January, to the agent
    before = sim.census
    sim.count()
    sim.accounts.close(before, sim.census)
    # arrivals fill the jobs that compute has opened, in proportion to all openings of the year that ends
    sim.fill_jobs(sim.accounts.flow.sum(axis=0) * sim.world.weight)
    # petitions lost this year open jobs abroad in the next; accepted offers have filled some of them
    opened = sim.a.affiliate_jobs * sim.visas.followed_losses() - sim.visas.taken.sum()
    sim.affiliate_jobs = max(opened, 0.0) * sim.world.weight
    sim.year = year + 1
    sim.follow_academia()


def search_rates(sim, year) -> np.ndarray:
    """Return (type * tier * role, status, age) the probability of a search in the year (E4), with demand for skills."""
    more = offers(sim)
    return sim.search_rates if (more == 1).all() else np.minimum(sim.search_rates * more[:, None, None], 1.0)


def exit_rates(sim, year) -> np.ndarray:
    """Return (country,) exits from the occupation a person-year, without retirement (E9). Source: ``supply.csv``."""
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
    "E9", "exit", "everybody", "December", "exit", exit_rates, "leaves the occupation, as all people over 67 do"
)
# every hazard of the model, in the order of a year
HAZARDS = (
    SEARCH,
    SETTLEMENT,
    RENEWAL,
    NATURALISATION,
    WORK_AFTER_STUDY,
    PROMOTION,
    RECALL,
    JOB_CHANGE,
    ACQUISITION,
    SPIN_OUT,
    EXIT,
)
