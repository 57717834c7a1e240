"""Counts by several attributes together, returns, moves by role and cohorts: taken while the runs go on.

No saved run holds people by tier, role, status and home together: that array would be twenty times all others. So a
query such as ``arrivals:usa,tier=expert,home=ind`` or ``stay:usa,trained_in=usa,home=chn@+5`` is answered from the
engineers themselves, in pairs of runs made for it. Queries are those of ``results.measures``.
"""

from functools import partial

import numpy as np

from sim.arguments import listed
from sim.errors import ResultError, nearest
from sim.model.state import Trajectory
from sim.model.year import simulate
from sim.results.measures import COHORTS, MEASURES, PERSON, find, known_values, parse
from sim.scenario.files import as_scenario
from sim.scenario.stack import check_period
from sim.study.options import Options
from sim.study.recorder import ones
from sim.study.replicate import experiment, initial_state
from sim.world.categories import ROLES, SECTORS, STATUSES, TIERS
from sim.world.engineers import role_of, tier_of

STOCKS, FLOWS = ("stock", "share"), ("arrivals", "departures", "moves", "returns")
COUNTED = (*STOCKS, *FLOWS, *COHORTS)
NAMES = {"tier": TIERS, "role": ROLES, "sector": SECTORS, "status": STATUSES}


class Nothing(dict):
    """A part of a trajectory that nobody will read."""

    def __setitem__(self, key, value):
        """Forget it."""


def movers_only():
    """A trajectory that keeps movers and nothing else."""
    kept = ("sizes", "sectors", "jobs", "academia", "leaders", "residence_of_contacts")
    return Trajectory(**{name: Nothing() for name in kept}, movers=[])


def checked(text, data):
    """A query that can be counted.

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
        raise ResultError(text, f"{query.name} is not counted in this way; these are: {', '.join(COUNTED)}")
    if query.keys.get("basis", "residence") != "residence":
        raise ResultError(text, "people are counted by residence here")
    for key, value in query.keys.items():
        known = known_values(data, key)
        if known is None:
            find(data, value)
        elif value not in known:
            raise ResultError(text, f"unknown {key} {value!r}{nearest(value, known, known)}")
    if query.place:
        find(data, query.place)
    elif query.name in ("arrivals", "departures", "returns", "stay"):
        raise ResultError(text, f"{query.name} needs a place, as in {query.name}:usa")
    first, last = int(data.time[0]), int(data.time[-1])
    if query.after is not None:
        query = type(query)(query.name, query.place, query.keys, first + query.after)
    end = last - (query.name in FLOWS)
    if query.time is not None and not first <= query.time <= end:
        raise ResultError(text, f"{query.time} lies outside the run, {first} to {end}")
    return query


def count(scenario, queries, baseline="baseline", **options):
    """Count people and moves in a scenario and its baseline.

    Parameters
    ----------
    scenario, baseline : Scenario, name, file or stack
    queries : str or list of str: stock, share, arrivals, departures, moves, returns or stay, with any keys together
    options : see :class:`~sim.study.options.Options`

    Returns
    -------
    list of dicts, one a query: ``query``, ``year``, ``unit``, ``baseline``, ``scenario`` (means over pairs), ``effect``
    and its standard error ``error`` (None for one pair), ``values`` (arm, pair, time) of all times

    Raises
    ------
    ScenarioError, AssumptionError, UsageError, ResultError
    """
    o, arms = Options(**options).checked(), [as_scenario(baseline), as_scenario(scenario)]
    for arm in arms:
        check_period(arm, o.start, o.years)
    data = ones(["baseline", "scenario"], o.start, o.years)
    texts = listed(queries)
    wanted = [checked(text, data) for text in texts]
    with experiment(o) as lab:
        plan, draws, found = lab.plan(arms), lab.draws.first(o.replicates), []
        for pair in lab.each(partial(count_replicate, queries=wanted), [plan] * len(draws), range(len(draws)), draws):
            found.append(pair)
            if o.progress:
                o.progress(len(found), len(draws))
    return [_row(text, query, np.moveaxis(np.array([pair[k] for pair in found]), 0, 1), o) for k, (text, query) in
            enumerate(zip(texts, wanted, strict=True))]  # fmt: skip


def _row(text, query, values, o):
    """What is said of a query; values (arm, pair, time)."""
    at = -1 if query.time is None else query.time - o.start
    now = values[..., at]
    effect, n = now[1] - now[0], now.shape[1]
    last = o.start + values.shape[-1] - 1
    return {
        "query": text,
        "year": last if query.time is None else query.time,
        "unit": MEASURES[query.name].unit,
        "baseline": float(now[0].mean()),
        "scenario": float(now[1].mean()),
        "effect": float(effect.mean()),
        "error": float(effect.std(ddof=1) / np.sqrt(n)) if n > 1 else None,
        "values": values.tolist(),
    }


def count_replicate(plan, k, draw, queries):
    """All queries in both arms of pair ``k``: for each query a list of two (time,) arrays, persons or shares."""
    common_past, found = initial_state(plan, k, draw), []
    for policies in plan.arms:
        sim = common_past.branch(policies)
        sim.trajectory = movers_only()
        found.append(_follow(sim, plan, queries))
    return [list(of_query) for of_query in zip(*found, strict=True)]


def _follow(sim, plan, queries):
    """One arm: (time,) or (year,) array of every query."""
    data = ones(["baseline"], plan.start, plan.years)
    who = [_Who(query, data, sim) for query in queries]
    values = [[] for _ in queries]

    def on_january():
        for query, each, kept in zip(queries, who, values, strict=True):
            if query.name in STOCKS:
                kept.append(each.stock(sim))
            elif query.name in COHORTS:
                kept.append(each.stayed(sim))

    on_january()
    for _ in simulate(sim, plan.start + plan.years):
        for query, each, kept in zip(queries, who, values, strict=True):
            if query.name in FLOWS:
                kept.append(sum(each.moved(sim, movers) for movers in sim.trajectory.movers))
        sim.trajectory.movers.clear()
        on_january()
    return [np.array(kept, float) for kept in values]


class _Who:
    """Whom a query counts."""

    def __init__(self, query, data, sim):
        s = sim.world.setting
        self.query, self.weight, self.setting = query, sim.world.weight, s
        everywhere = np.ones(len(s.hubs), bool)
        self.place = find(data, query.place).members if query.place else everywhere
        ends = {end: query.keys.get(end) for end in ("origin", "destination")}
        self.ends = {end: find(data, name).members if name else everywhere for end, name in ends.items()}
        self.own = (s.home_share[:, self.place] > 0).any(axis=1)  # (home,) lies in the place
        self.keys = {key: value for key, value in query.keys.items() if key in PERSON}
        self.cohort = None

    def match(self, category, home, sector, status, trained_in):
        """(person,) bool: has all that the keys ask for."""
        columns = {"tier": tier_of(category), "role": role_of(category), "sector": sector, "status": status}
        mine = np.ones(len(home), bool)
        for key, value in self.keys.items():
            if key == "home":
                mine &= home == self.setting.homes.index(value)
            elif key == "trained_in":
                mine &= trained_in == self.setting.countries.index(value)
            else:
                mine &= columns[key] == NAMES[key].index(value)
        return mine

    def present(self, sim):
        """(slot,) bool: engineers now who match, wherever they live."""
        p, used = sim.people, sim.used
        return (p.hub[:used] >= 0) & self.match(
            p.category[:used], p.home[:used], p.sector[:used], p.status[:used], p.trained_in[:used]
        )

    def stock(self, sim):
        """Persons in the place who match, or their part of all who do."""
        mine = self.present(sim)
        inside = mine & self.place[sim.people.hub[: sim.used]]
        return inside.sum() / max(mine.sum(), 1) if self.query.name == "share" else inside.sum() * self.weight

    def stayed(self, sim):
        """Part of the cohort of the start, still engineers, that lives in the place."""
        if self.cohort is None:
            self.cohort = np.flatnonzero(self.present(sim) & self.place[sim.people.hub[: sim.used]])
        hub = sim.people.hub[self.cohort]
        alive = hub >= 0
        return self.place[hub[alive]].mean() if alive.any() else np.nan

    def moved(self, sim, movers):
        """Persons among some movers who match and cross into, out of or inside the place, as the query says."""
        slots, origin, destination, category, sector, status = movers
        home, trained_in = sim.people.home[slots], sim.people.trained_in[slots]
        mine = self.match(category, home, sector, status, trained_in)
        out, into = self.place[origin], self.place[destination]
        name = self.query.name
        if name == "moves":
            mine &= out & into
        elif name == "departures":
            mine &= out & ~into & self.ends["destination"][destination]
        else:
            mine &= into & ~out & self.ends["origin"][origin]
            if name == "returns":
                mine &= self.own[home]
        return mine.sum() * self.weight
