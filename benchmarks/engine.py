"""Measure the engine: building worlds, running simulations, memory, threads, the phases of a year."""

import cProfile
import os
import pstats
import resource
import tempfile
from pathlib import Path

import numpy as np

from benchmarks.report import FIXED
from sim.memory import ARMS
from sim.model.supply import entrant_path
from sim.model.year import begin
from sim.parallel import get_threads, set_threads
from sim.scenario.assumptions import Assumptions
from sim.scenario.levers import baseline_rules
from sim.study import replicate
from sim.study.calibration.hub_constants import START, shipped
from sim.study.recorder import empty_record, record
from sim.study.replicate import compile_kernels, forget_worlds, the_world
from sim.world.build_world import build
from sim.world.setting import load_setting

os.environ["TALENTFLOW_CACHE"] = "off"  # a world comes from the disk in the one measurement that says so
YEARS = 10
# phase -> functions in which its time is spent, by file and name
PHASES = {
    "search": ["year.py find_searchers"],
    "months": ["year.py run_months"],
    "market": ["market.py update_market"],
    "enter": ["supply.py enter"],
    "update status": ["visas.py update_status"],
    "leave": ["year.py leave"],
    "ledger": ["year.py close"],
}


def world_of(size, with_ties=True):
    """Return a world of ten years."""
    setting, a = load_setting(), Assumptions.central()
    return build(setting, size, 0, START, entrant_path(setting, a, START, YEARS), a.mover_share, with_ties)


def arm(world, seed=0, rules=None):
    """Run one simulation over all years of a world and collect what a study writes down."""
    started = begin(world, Assumptions.central(), shipped()[0], rules or baseline_rules(), seed)
    return record(started.branch(()), world.start + world.years, empty_record(world))


def peak_memory():
    """GB that this process has taken at most so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


def building(clock, size):
    """Time the building of a world from nothing."""
    compile_kernels()
    clock.time("build", lambda k: world_of(size), size)


def cached(clock, size):
    """Time the loading of a world from the cache on disk."""
    compile_kernels()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["TALENTFLOW_CACHE"] = folder
        the_world(size, 0, START, YEARS)

        def again(k):
            forget_worlds()
            the_world(size, 0, START, YEARS)

        clock.time("build, from the cache on disk", again, size)


def running(clock, size):
    """Time the full model, and measure the memory that it takes."""
    compile_kernels()
    world = world_of(size)
    arm(world)
    peak = peak_memory()
    clock.time("run, full model", lambda k: arm(world, k), size)
    clock.note("peak memory of a build and a run", "GB", [peak], size)
    clock.note("memory of an engineer beside ties", "bytes", [world.engineers.bytes_each], size)
    ties = sum(array.nbytes for array in world.ties) / len(world.engineers.hub)
    clock.note("memory of an engineer's ties", "bytes", [ties], size)


def fixed(clock, size):
    """Time the full model with so few engineers that nearly all of its time is independent of their number."""
    compile_kernels()
    world = world_of(size)
    arm(world)
    clock.time(FIXED, lambda k: arm(world, k), size, repeats=15)


def without_ties(clock, size):
    """Time the model without ties."""
    compile_kernels()
    world = world_of(size, with_ties=False)
    clock.time("run, without ties", lambda k: arm(world, k), size)


def without_visas(clock, size):
    """Time the model where nobody needs a permit."""
    compile_kernels()
    rules = baseline_rules()
    rules = rules | {"free_entry": np.ones_like(rules["free_entry"])}
    world = world_of(size)
    clock.time("run, without visas", lambda k: arm(world, k, rules), size)


def threads(clock, size):
    """Time the full model with one thread and with all."""
    compile_kernels()
    world, most = world_of(size), get_threads()
    for count in (1, most):
        set_threads(count)
        clock.time(f"run, {count} thread{'s' * (count > 1)}", lambda k: arm(world, k), size)


def pairs(clock, size):
    """Both arms of a pair: one after the other with all threads, and side by side with a part of them each."""
    compile_kernels()
    plan, draw = replicate.Plan(size, 0, START, YEARS, ((), ()), START), (Assumptions.central(), shipped()[0])
    replicate.the_world(size, 0, START, YEARS)
    for how, at_once in (("one arm after the other", 1), ("arms side by side", ARMS)):
        replicate.ARMS = at_once
        clock.time(f"a pair, {how}", lambda k: replicate.run_replicate(plan, 0, draw), size)
        clock.note(f"peak memory of a pair, {how}", "GB", [peak_memory()], size)


def phases(clock, size):
    """Measure the per cent of a run by phase, from a profile; a year has few calls, so profiling costs nothing."""
    compile_kernels()
    world = world_of(size)
    profile = cProfile.Profile()
    profile.runcall(arm, world, 1)
    spent = {}
    for (file, _, name), (*_, cumulative, _) in pstats.Stats(profile).stats.items():
        where = f"{Path(file).name} {name}"
        spent[where] = max(spent.get(where, 0.0), cumulative)
    whole = spent["engine.py arm"]
    parts = {phase: sum(spent[where] for where in names) for phase, names in PHASES.items()}
    for phase, seconds in (parts | {"the rest": whole - sum(parts.values())}).items():
        clock.note(f"part of a run: {phase}", "%", [100 * seconds / whole], size)
