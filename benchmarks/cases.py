"""The single measurements; each prints one line of JSON."""

import json
import resource
import sys
import tempfile
import time
from importlib.metadata import version

import numpy as np


def versions():
    """Versions of the packages that decide the speed."""
    return {name: version(name) for name in ("numpy", "numba", "scipy", "simpy")}


def scratch():
    """A folder that goes with the machine."""
    return tempfile.mkdtemp(prefix="talentflow-")


def _setup():
    from sim.scenario.assumptions import Assumptions
    from sim.scenario.levers import baseline_rules
    from sim.study.calibrate import shipped
    from sim.world.hubs import load_setting

    return load_setting(), Assumptions.central(), shipped()[0], baseline_rules()


def _build(size, years=10, with_ties=True):
    from sim.model.supply import entrant_path
    from sim.world.build import build

    setting, a, _, _ = _setup()
    path = entrant_path(setting, a, 2026, years)
    return build(setting, size, 0, 2026, path, a.mover_share, with_ties=with_ties)


def _run(world, seed=0):
    from sim.model.year import begin
    from sim.study.collect import blank, follow

    _, a, constants, rules = _setup()
    return follow(begin(world, a, constants, rules, seed).branch(()), world.start + world.years, blank(world))


def _timed(action, repeats):
    seconds = []
    for k in range(repeats):
        begun = time.perf_counter()
        action(k)
        seconds.append(time.perf_counter() - begun)
    return seconds


def arm(size, repeats):
    """Build and run one arm of the whole model, with and without ties."""
    _run(_build(5_000, 1))  # compile
    building = _timed(lambda k: _build(size), repeats)
    world = _build(size)
    running = _timed(lambda k: _run(world, k), repeats)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    alone = _build(size, with_ties=False)
    return {"build": building, "run": running, "no_ties": _timed(lambda k: _run(alone, k), repeats), "peak_gb": peak,
            "bytes_each": world.engineers.bytes_each}


def phases(size):
    """Per cent of a year by phase, from a profile of the calls of the year."""
    import cProfile
    import pstats

    world = _build(size)
    _run(world)
    profile = cProfile.Profile()
    profile.runcall(_run, world, 1)
    spent = {}
    for (_, _, name), (_, _, _, cumulative, _) in pstats.Stats(profile).stats.items():
        spent[name] = max(spent.get(name, 0.0), cumulative)
    parts = {"decide": "decide", "visas": "hold_rounds", "market": "follow_the_market", "settle": "settle",
             "enter": "enter", "leave": "leave", "ledger": "close", "considering": "find_considering"}
    return {what: 100 * spent.get(name, 0.0) / spent["simulate"] for what, name in parts.items()}


def seeds(size, pairs):
    """Effects of 0.3 points, their variance with common and with independent seeds, chance alone, over 10 years."""
    from sim.scenario.files import load
    from sim.study.pairs import Plan, run_pair
    from sim.world.hubs import load_setting

    _, a, constants, _ = _setup()
    setting = load_setting()
    usa = setting.country == setting.countries.index("usa")
    bay = np.array(setting.hubs) == "sf_bay_area"
    found = {}
    for name, place in (("h1b_cap_cut", usa), ("h1b_fee", bay)):
        plan = Plan(size, 0, 2026, 10, (load("baseline").policies, load(name).policies), 2026)
        stocks = np.array([[arm["stock"][-1].sum(axis=-1) for arm in run_pair(plan, k, (a, constants))]
                           for k in range(pairs)])
        share = stocks[..., place].sum(axis=-1) / stocks.sum(axis=-1)
        effect, apart = share[:, 1] - share[:, 0], share[:, 1] - np.roll(share[:, 0], 1)
        found[name] = {"effect_pp": 100 * float(effect.mean()), "ratio": float(np.var(effect) / np.var(apart))}
    return found


def fork(size, repeats):
    """A pair whose arms differ from 2031 on, its past run once and run for each arm."""
    from sim.scenario.files import load, loads
    from sim.study.pairs import Plan, run_pair

    _, a, constants, _ = _setup()
    late = loads('''title = "late"
        [[policy]]
        lever = "country.usa.route.h1b.special_fee_usd"
        value = 100_000
        from = 2031-01-01''')
    arms = (load("baseline").policies, late.policies)
    timed = {}
    for year in (2026, 2031):
        plan = Plan(size, 0, 2026, 10, arms, year)
        run_pair(plan, 0, (a, constants))
        timed[str(year)] = _timed(lambda k, plan=plan: run_pair(plan, k, (a, constants)), repeats)
    return timed


def fit(repeats):
    """Inversion of the hub constants under one draw of the assumptions."""
    from sim.study.calibrate import constants_for, fit_world, shipped

    _, a, constants, _ = _setup()
    world, (_, offsets) = fit_world(), shipped()
    constants_for(world, a, offsets, constants)  # compile
    return {"fit": _timed(lambda k: constants_for(world, a.vary(b_pay=1.2 + 0.05 * k), offsets, constants), repeats)}


if __name__ == "__main__":
    case, *numbers = sys.argv[1:]
    print(json.dumps(globals()[case](*map(int, numbers))))
