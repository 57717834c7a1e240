"""Count people by several attributes together, moves by role, cohorts and vacant jobs, while simulations run.

Saved runs do not hold people by tier, role, status and home together: that array would be twenty times all others. A
query such as ``arrivals:usa,tier=expert,home=ind`` or ``stay:usa,trained_in=usa,home=chn@+5`` is computed from the
agents themselves, in simulations made for it. ``results.measures`` defines the queries.
"""

from dataclasses import replace
from functools import partial

import numpy as np

from sim.arguments import listed
from sim.errors import ResultError
from sim.model.labour import remote_gross_pay, with_allowance
from sim.model.market import gross_pay
from sim.model.state import Trajectory
from sim.model.supply import ACADEMIA
from sim.model.year import simulate
from sim.results.measures import COHORTS, MEASURES, PERSON, Query, find, known_values, parse
from sim.scenario.files import as_scenario
from sim.scenario.places import nearest_place
from sim.scenario.stack import check_period
from sim.study.elite import Elite, check_world
from sim.study.options import Options
from sim.study.recorder import ones
from sim.study.replicate import experiment, initial_state
from sim.study.vacancies import MEASURED as JOBS
from sim.study.vacancies import JobMarket, figure
from sim.world.categories import ROLES, SECTORS, STATUSES, TIERS
from sim.world.engineers import role_of, tier_of

STOCKS, FLOWS = ("stock", "share"), ("arrivals", "departures", "moves", "returns", "arrival_share")
AT_THE_END = ("doctors_to_industry", "spinouts", "remote_pay")  # of a year
COUNTED = (*STOCKS, *FLOWS, *COHORTS, *JOBS, *AT_THE_END)
NAMES = {"tier": TIERS, "role": ROLES, "sector": SECTORS, "status": STATUSES}


class Discarded(dict):
    """A part of a trajectory that is not read and therefore not stored."""

    def __setitem__(self, key, value) -> None:
        """Discard the value."""


def movers_only() -> Trajectory:
    """Return a Trajectory that stores movers and nothing else."""
    kept = ("sizes", "sectors", "jobs", "academia", "leaders", "residence_of_contacts")
    return Trajectory(**{name: Discarded() for name in kept}, movers=[])


def checked(text, data) -> Query:
    """Parse and check a query that can be counted.

    Parameters
    ----------
    text : str
    data : dataset with the hubs and labels, from ``recorder.ones``

    Raises
    ------
    ResultError
    """
    query = parse(text)
    if query.name not in COUNTED:
        how = f"run SCENARIO --measure {text} has it; counted are: {', '.join(COUNTED)}"
        raise ResultError(text, f"{query.name} is not counted in this way: {how}")
    if query.keys.get("basis", "residence") != "residence":
        raise ResultError(text, "people are counted by residence here")
    for key, value in query.keys.items():
        known = known_values(data, key)
        if known is None:
            find(data, value)
        elif value not in known:
            raise ResultError(text, f"unknown {key} {value!r}{nearest_place(value, known)}")
    if "group" in query.keys:
        check_world(data.hub_country.values.astype(str), data.home.values.astype(str))
    # the place must exist, and some measures need one
    if query.place:
        find(data, query.place)
    elif query.name in ("arrivals", "departures", "returns", "arrival_share", "stay"):
        raise ResultError(text, f"{query.name} needs a place, as in {query.name}:usa")
    # a cohort's `@+5` is a year after the start; the year must lie inside the run
    first, last = int(data.time[0]), int(data.time[-1])
    if query.after is not None:
        query = replace(query, time=first + query.after, after=None)
    end = last - (query.name in (*FLOWS, *AT_THE_END) or (query.name in JOBS and query.name != "vacancies"))
    if query.time is not None and not first <= query.time <= end:
        raise ResultError(text, f"{query.time} lies outside the run, {first} to {end}")
    return query


def count(scenario, queries, baseline="baseline", yearly=False, **options) -> list:
    """Count people and moves in a scenario and its baseline.

    Parameters
    ----------
    scenario, baseline : Scenario, name, file or stack
    queries : str or list of str: stock, share, arrivals, departures, moves, returns, arrival_share or stay, with any
        keys together; vacancies, openings, roles_per_candidate or time_to_fill, of a place and tier; or
        doctors_to_industry, spinouts or remote_pay, of a place
    yearly : bool, whether to return a row for every year of the run; the year that a query names is then ignored
    options : see :class:`~sim.study.options.Options`

    Returns
    -------
    list of dicts, one a query, or one a query and year: ``query``, ``year``, ``unit``, ``baseline``, ``scenario``
    (means over pairs, NaN if a pair has nobody to take a share of), ``effect``, ``baseline_error`` and ``error``
    (standard errors of the baseline and of the effect over pairs, None for one pair), ``values`` (arm, pair)

    Raises
    ------
    ScenarioError, AssumptionError, UsageError, ResultError
    """
    o, arms = Options.of(**options).checked(), [as_scenario(baseline), as_scenario(scenario)]
    for arm in arms:
        check_period(arm, o.start, o.years)
    data = ones(["baseline", "scenario"], o.start, o.years)
    texts = listed(queries)
    wanted = [checked(text, data) for text in texts]
    # count in every replicate
    with experiment(o) as lab:
        plan, draws, pairs = lab.plan(arms), lab.draws.first(o.replicates), []
        for pair in lab.each(partial(count_replicate, queries=wanted), [plan] * len(draws), range(len(draws)), draws):
            pairs.append(pair)
            if o.progress:
                o.progress(len(pairs), len(draws))
    rows = []
    for k, (text, query) in enumerate(zip(texts, wanted, strict=True)):
        values = np.moveaxis(np.array([pair[k] for pair in pairs]), 0, 1)
        last = o.start + values.shape[-1] - 1
        years = range(o.start, last + 1) if yearly else [last if query.time is None else query.time]
        rows += [_row(text, query, values, year, o.start) for year in years]
    return rows


def _row(text, query, values, year, start) -> dict:
    """Return the row of a query and year; ``values`` is (arm, replicate, time)."""
    now = values[..., year - start]
    effect, n = now[1] - now[0], now.shape[1]
    error = lambda over_pairs: float(over_pairs.std(ddof=1) / np.sqrt(n)) if n > 1 else None  # noqa: E731
    return {
        "query": text,
        "year": year,
        "unit": MEASURES[query.name].unit,
        "baseline": float(now[0].mean()),
        "baseline_error": error(now[0]),
        "scenario": float(now[1].mean()),
        "effect": float(effect.mean()),
        "error": error(effect),
        "values": now.tolist(),
    }


def count_replicate(plan, k, draw, queries) -> list:
    """Count all queries in both arms of replicate ``k``: for each query two (time,) arrays, persons or shares."""
    common_past, followed = initial_state(plan, k, draw), []
    for policies in plan.arms:
        sim = common_past.branch(policies)
        sim.trajectory = movers_only()
        followed.append(_follow(sim, plan, queries))
    return [list(of_query) for of_query in zip(*followed, strict=True)]


def _follow(sim, plan, queries) -> list[np.ndarray]:
    """Run one arm and return the (time,) or (year,) array of every query."""
    data = ones(["baseline"], plan.start, plan.years)
    elite = Elite(sim) if any("group" in query.keys for query in queries) else None
    jobs, of_jobs = JobMarket(sim), any(query.name in JOBS for query in queries)
    populations = [_Population(query, data, sim, elite) for query in queries]
    values = [[] for _ in queries]

    # stocks and cohorts are counted on 1 January, flows at the end of each year
    def on_january() -> None:
        for query, each, kept in zip(queries, populations, values, strict=True):
            if query.name in STOCKS:
                kept.append(each.stock(sim))
            elif query.name in COHORTS:
                kept.append(each.stayed(sim))
            elif query.name == "vacancies":
                kept.append(figure("vacancies", {"now": jobs.now}, each.place, query.keys.get("tier")))

    on_january()
    for _ in simulate(sim, plan.start + plan.years):
        year = jobs.close_year(sim) if of_jobs else {}
        for query, each, kept in zip(queries, populations, values, strict=True):
            if query.name in FLOWS:
                kept.append(each.moved(sim, sim.trajectory.movers))
            elif query.name in JOBS and query.name != "vacancies":
                kept.append(figure(query.name, year, each.place, query.keys.get("tier")))
            elif query.name in AT_THE_END:
                kept.append(at_the_end(query.name, sim, each.place))
        sim.trajectory.movers.clear()
        on_january()
    return [np.array(kept, float) for kept in values]


def at_the_end(name, sim, place) -> float:
    """Return a measure of ``AT_THE_END`` over the hubs of ``place`` (hub,) bool, for the year that has just ended.

    NaN for a share of nobody. Pay of remote workers is that of the last market of the year, over that of local jobs of
    their hub, tier and role (E11).
    """
    if name == "doctors_to_industry":
        first = sim.trajectory.doctors[sim.year - 1][place].sum(axis=0)
        return 1 - first[ACADEMIA] / first.sum() if first.any() else np.nan
    if name == "spinouts":
        return sim.accounts.spinouts[place].sum() * sim.world.weight
    people = sim.people
    slots = np.flatnonzero(people.hub[: sim.used] >= 0)
    slots = slots[place[people.hub[slots]] & (people.employer_hub[slots] != people.hub[slots])]
    local = with_allowance(gross_pay(sim.world.setting, sim.a, sim.market.pay_scale, sim.market.skill), sim.rules)
    cell = people.hub[slots], tier_of(people.category[slots]), role_of(people.category[slots])
    return remote_gross_pay(sim, local)[cell].mean() / local[cell].mean() if len(slots) else np.nan


class _Population:
    """The people that a query counts."""

    def __init__(self, query, data, sim, elite) -> None:
        s, self.elite = sim.world.setting, elite
        self.query, self.weight, self.setting = query, sim.world.weight, s
        everywhere = np.ones(len(s.hubs), bool)
        place = find(data, query.place) if query.place else None
        self.place = place.members if place else everywhere
        self.labels = np.unique(place.labels, return_inverse=True)[1] if place else np.arange(len(s.hubs))
        ends = {end: query.keys.get(end) for end in ("origin", "destination")}
        self.ends = {end: find(data, name).members if name else everywhere for end, name in ends.items()}
        self.own = (s.home_share[:, self.place] > 0).any(axis=1)  # (home,) lies in the place
        self.keys = {key: value for key, value in query.keys.items() if key in PERSON}
        self.cohort: np.ndarray | None = None

    def match(self, sim, slots, category, sector, status) -> np.ndarray:
        """Return (person,) bool: has every attribute that the keys name; ``slots`` is an array or a slice of slots."""
        home, trained_in = sim.people.home[slots], sim.people.trained_in[slots]
        columns = {"tier": tier_of(category), "role": role_of(category), "sector": sector, "status": status}
        mine = np.ones(len(home), bool)
        # home and place of training are countries, the other keys are categories
        for key, value in self.keys.items():
            if key == "home":
                mine &= home == self.setting.homes.index(value)
            elif key == "trained_in":
                mine &= trained_in == self.setting.countries.index(value)
            elif key == "group":
                mine &= (columns["tier"] == 0) & self.elite.of(sim)[slots]
            else:
                mine &= columns[key] == NAMES[key].index(value)
        return mine

    def present(self, sim) -> np.ndarray:
        """Return (slot,) bool: present engineers who match, wherever they live."""
        p, used = sim.people, sim.used
        mine = self.match(sim, slice(used), p.category[:used], p.sector[:used], p.status[:used])
        return (p.hub[:used] >= 0) & mine

    def stock(self, sim) -> float:
        """Return the matching persons in the place, or for a share their part of all who match."""
        mine = self.present(sim)
        inside = mine & self.place[sim.people.hub[: sim.used]]
        return inside.sum() / max(mine.sum(), 1) if self.query.name == "share" else inside.sum() * self.weight

    def stayed(self, sim) -> float:
        """Return the part of the starting cohort that lives in the place, among those who are still engineers."""
        if self.cohort is None:
            self.cohort = np.flatnonzero(self.present(sim) & self.place[sim.people.hub[: sim.used]])
        hub = sim.people.hub[self.cohort]
        alive = hub >= 0
        return self.place[hub[alive]].mean() if alive.any() else np.nan

    def moved(self, sim, movers) -> float:
        """Return the matching persons among ``movers`` who enter, leave or move within the place, as the query says.

        ``movers`` is the trajectory's list of the year. A share of arrivals is over all matching moves between places
        of the kind of the query's place; NaN if there are none.
        """
        if not movers:
            return np.nan if self.query.name == "arrival_share" else 0.0
        # attributes of the movers at the time of the move
        slots, origin, destination, category, sector, status = (
            np.concatenate(part) for part in zip(*movers, strict=True)
        )
        mine = self.match(sim, slots, category, sector, status)
        # keep those who cross the border of the place in the direction of the query
        out, into = self.place[origin], self.place[destination]
        name = self.query.name
        if name == "arrival_share":
            mine &= self.labels[origin] != self.labels[destination]
            return (mine & into & ~out).sum() / mine.sum() if mine.any() else np.nan
        if name == "moves":
            mine &= out & into
        elif name == "departures":
            mine &= out & ~into & self.ends["destination"][destination]
        else:
            mine &= into & ~out & self.ends["origin"][origin]
            if name == "returns":
                mine &= self.own[sim.people.home[slots]]
        return mine.sum() * self.weight
