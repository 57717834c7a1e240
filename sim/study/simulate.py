"""A scenario against its baseline, pair by pair: the same seed and the same draw of the assumptions in both arms."""

import math
import platform
import time
from importlib.metadata import version

import numpy as np

from .. import __version__, memory
from ..errors import InvariantError, UsageError
from ..results.record import FORMAT, inputs
from ..results.result import Result
from ..results.schema import VARIABLES, dataset
from ..scenario.assumptions import ASSUMPTIONS, Assumptions, draw_assumptions, load_assumptions, override
from ..scenario.describe import describe
from ..scenario.files import load
from ..scenario.period import check_period
from ..scenario.policies import Scenario
from ..world.engineers import STATUSES, TIERS
from ..world.hubs import load_setting
from .calibrate import constants_for, fit_world, shipped
from .pairs import Plan, mapper, run_pairs, workers_for

ARMS = ("baseline", "scenario")
PACKAGES = ("numpy", "scipy", "numba", "simpy", "networkx", "xarray")
TRIES = 5  # draws tried for each pair before a set of assumptions counts as unusable


def run(scenario, baseline="baseline", *, population=100_000, replicates=20, years=10, start=2026, seed=0,
        uncertainty="all", assumptions=None, workers=None, progress=None):
    """Run a scenario against a baseline.

    Parameters
    ----------
    scenario, baseline : Scenario, name, file or stack ``a+b``
    population : agents at the start, or ``"full"`` for one agent an engineer
    replicates : pairs; pair *k* runs both arms with the same seed and the same draw of the assumptions
    years, start : length and first year of the run
    seed : of the population, the pairs and the draws
    uncertainty : ``"all"`` draws the assumptions from their ranges, ``"chance"`` holds them at the centre
    assumptions : file or mapping that holds assumptions at values or changes their ranges
    workers : processes, or None for as many as suit; the result is the same for any number
    progress : function of (pairs done, pairs in all)

    Returns
    -------
    Result

    Raises
    ------
    ScenarioError, AssumptionError, UsageError
        for input that makes no sense, before anything is run
    """
    begun = time.perf_counter()
    scenario, baseline = (s if isinstance(s, Scenario) else load(s) for s in (scenario, baseline))
    notices = check_period(scenario, start, years) + check_period(baseline, start, years)
    declared = declarations(assumptions)
    setting = load_setting()
    population = check(population, replicates, years, workers, uncertainty, setting)
    plan = Plan(population, seed, start, years, (baseline.policies, scenario.policies))
    with mapper(workers or workers_for(population, replicates)) as each:
        draws, refused = usable_draws(declared, replicates, seed, start, uncertainty, each)
        pairs = run_pairs(plan, draws, each, progress)
    arrays = {name: np.stack([[pair[arm][name] for pair in pairs] for arm in range(len(ARMS))]) for name in VARIABLES}
    data = dataset(arrays, coordinates(setting, start, years, replicates))
    record = inputs(scenario, baseline, declared, population=population, replicates=replicates, years=years,
                    start=start, seed=seed, uncertainty=uncertainty)
    record |= {
        "format": FORMAT, "title": scenario.title, "question": scenario.question,
        "sentences": describe(scenario, start), "legal": list(baseline.legal), "notices": notices,
        "warnings": warnings(scenario, data), "weight": setting.persons / population, "refused_draws": refused,
        "draws": {name: [getattr(a, name) for a, _ in draws] for name in ASSUMPTIONS},
        "versions": {"talentflow": __version__, "python": platform.python_version()}
        | {name: version(name) for name in PACKAGES},
        "timings": {"total_seconds": round(time.perf_counter() - begun, 3)},
    }
    return Result(data, record)


def check(population, replicates, years, workers, uncertainty, setting):
    """The number of agents of a run; refuses numbers that make no sense, in one line.

    Raises
    ------
    UsageError
    """
    agents = int(setting.persons) if population == "full" else population
    for name, value, least, most in (("population", agents, 100, math.inf), ("replicates", replicates, 1, 100_000),
                                     ("years", years, 1, 50), ("workers", workers or 1, 1, 1024)):
        if not (isinstance(value, int) and least <= value <= most):
            limits = f"from {least:,} to {most:,}" if most < math.inf else f'of at least {least:,}, nor "full"'
            raise UsageError(name, f"{value!r} is not a whole number {limits}")
    if uncertainty not in ("all", "chance"):
        raise UsageError("uncertainty", f"{uncertainty!r} is neither all nor chance")
    memory.check(agents, years, workers or workers_for(agents, replicates))
    return agents


def declarations(assumptions):
    """Every assumption as this run holds it, from a file, a mapping or nothing."""
    if assumptions is None:
        return ASSUMPTIONS
    return override(assumptions) if isinstance(assumptions, dict) else load_assumptions(assumptions)


def own_size_elasticity(a):
    """How far a hub's odds rise with its own size, in the tightest nest: at 1 growth would feed itself for ever."""
    from_pay = a.b_pay * max(a.agglomeration_productivity - a.wage_supply_elasticity, 0.0)
    return (a.b_size + from_pay) / min(a.nest_residence, a.nest_origin, a.nest_third, 1.0)


def usable_draws(declared, count, seed, start, uncertainty, each=map):
    """Draws of the assumptions with the hub constants that go with them.

    A draw that would let size run away, or under which no constants meet the observed first year, is refused and
    counted; the next one of the sequence takes its place.

    Returns
    -------
    draws : list of (Assumptions, Constants); refused : int

    Raises
    ------
    UsageError
        where hardly any draw is usable
    """
    if uncertainty == "chance":
        (constants,) = each(constants_or_none, [Assumptions.central(declared)], [start])
        if constants is None:
            raise UsageError("assumptions", "no hub constants meet the observed first year at these central values")
        return [(Assumptions.central(declared), constants)] * count, 0
    draws, tried = [], 0
    while len(draws) < count:
        batch = draw_assumptions(count - len(draws), seed, tried, declared)
        tried += len(batch)
        found = each(constants_or_none, batch, [start] * len(batch))
        draws += [(a, constants) for a, constants in zip(batch, found, strict=True) if constants]
        if tried >= TRIES * count and len(draws) < count:
            raise UsageError("assumptions", f"{tried} draws gave {len(draws)} usable ones of {count}: see their ranges")
    return draws, tried - count


def constants_or_none(a, start):
    """Hub constants under the assumptions ``a``; None where the draw must be refused."""
    if own_size_elasticity(a) >= 1:
        return None
    central, offsets = shipped()
    try:
        return constants_for(fit_world(start), a, offsets, central)
    except InvariantError:
        return None


def coordinates(setting, start, years, replicates):
    """Labels of a result's dimensions."""
    from ..world.tables import read

    hubs, routes = read("hubs"), setting.routes
    names = {r["country"]: r["name"] for r in read("countries")}
    return {
        "arm": list(ARMS), "replicate": np.arange(replicates), "time": start + np.arange(years + 1),
        "year": start + np.arange(years), "hub": list(setting.hubs), "origin": list(setting.hubs),
        "destination": list(setting.hubs), "tier": list(TIERS), "home": list(setting.homes),
        "status": list(STATUSES), "route": [r["route"] for r in routes],
        "hub_name": ("hub", [r["name"] for r in hubs]), "hub_country": ("hub", [r["country"] for r in hubs]),
        "region": ("hub", [r["region"] for r in hubs]), "route_name": ("route", [r["name"] for r in routes]),
        "route_country": ("route", [names[r["country"]] for r in routes]),
    }


def warnings(scenario, data):
    """What a reader must know before trusting the effect: a scenario that reaches nobody is never a silent zero."""
    if not scenario.policies:
        return []
    same = all(np.array_equal(data[v].sel(arm="baseline"), data[v].sel(arm="scenario")) for v in VARIABLES)
    return ["no engineer's life differs between the arms: the levers reach nobody in this run"] if same else []
