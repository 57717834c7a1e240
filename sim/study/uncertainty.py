"""Run the design that splits uncertainty into its sources; ``results.decomposition`` explains design and sources."""

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING
from zlib import crc32

import numpy as np

from sim.errors import UsageError
from sim.model.state import ties_of_the_start
from sim.model.supply import entrant_path
from sim.model.year import begin
from sim.results.decomposition import DIMS, RUNS, SOURCES
from sim.scenario.assumptions import ASSUMPTIONS, Assumptions
from sim.scenario.levers import baseline_rules
from sim.study.calibration.hub_constants import FIT_POPULATION
from sim.study.parameter_sample import TRIES, ParameterSample, constants_or_none
from sim.study.replicate import SEEDS_APART, run_replicate
from sim.world.build_world import World, build
from sim.world.perturb import perturb_setting
from sim.world.setting import Setting, load_setting

if TYPE_CHECKING:
    import xarray as xr

MOST_ENGINEERS = 100_000  # a run: more of them would only make the part of chance smaller, and its runs dear
OTHER_WORLD = 10**12 + 1  # added to the seed: beyond any seed of a study
OTHER_CHANCE = 500_000  # first pair of the seeds of the split: beyond any number of replicates
VARIANTS = {  # of the model -> assumptions that it changes; each as likely (grade D)
    "the run's own": {},
    "ties held as at the start": {},
    "linear pay instead of log pay": {"linear_pay": 1.0},
    "agglomeration off": {"b_size": 0.0, "agglomeration_productivity": 0.0},
}
TIES_HELD = 1  # its place among them
DATA = tuple(name for name, row in ASSUMPTIONS.items() if row.group == "data")


@dataclass(frozen=True)
class Row:
    """One row of the design: two independent worlds."""

    number: int
    assumptions: tuple  # of two Assumptions
    variants: tuple  # of two places among VARIANTS


def split(lab, scenarios, rows) -> tuple[tuple, dict]:
    """Run the design on the scenarios of a study.

    Parameters
    ----------
    lab : Experiment
    scenarios : list of Scenario, one an arm, the baseline first
    rows : int

    Returns
    -------
    (dims, array) of the variable ``RUNS``, and a dict for the record of the run

    Raises
    ------
    UsageError where hardly any row is usable
    """
    o, rows_run, tried = lab.options, [], 0
    population = min(o.population, MOST_ENGINEERS)
    plan = lab.plan(scenarios)
    other = ParameterSample(lab.draws.declared, o.seed + OTHER_WORLD, o.start, o.uncertainty, lab.each)
    # run rows until enough are usable; a row that has no hub constants is replaced by the next
    while len(rows_run) < rows:
        if tried >= TRIES * rows:
            raise UsageError("uncertainty", f"{tried} rows gave {len(rows_run)} usable ones of {rows}: see the ranges")
        until = tried + rows - len(rows_run)
        sides = [[a for a, _ in draws.first(until)[tried:]] for draws in (lab.draws, other)]
        batch = [Row(k, both, variants_of(k, o.seed)) for k, both in enumerate(zip(*sides, strict=True), tried)]
        for row in lab.each(runs_of_row, [plan] * len(batch), [population] * len(batch), batch):
            rows_run += [] if row is None else [row]
            if o.progress:
                o.progress(len(rows_run), rows)
        tried = until
    counts = {
        "rows": rows,
        "refused": tried - rows,
        "population": population,
        "sources": list(SOURCES),
        "variants": list(VARIANTS),
        "data_assumptions": list(DATA),
    }
    return (DIMS, np.stack(rows_run, axis=1)), counts


def variants_of(number, seed) -> tuple[int, int]:
    """Return the two model variants of a row; every ordered pair of variants occurs once in sixteen rows."""
    pairs = list(product(range(len(VARIANTS)), repeat=2))
    around, place = divmod(number, len(pairs))
    order = np.random.default_rng([seed, crc32(b"variants"), around]).permutation(len(pairs))
    return pairs[order[place]]


def runs_of_row(plan, population, row) -> np.ndarray | None:
    """Return (arm, data, assumptions, model, chance, time, hub) shares of the world stock; None if one is rejected."""
    # two settings, and the constants of each of the eight combinations
    settings = [setting_of(plan, row, side) for side in (0, 1)]
    fits = [people(setting, FIT_POPULATION, 0, plan.start, 1) for setting in settings]
    draws = {}
    for which in product((0, 1), repeat=3):
        draw = draw_of(row, which, plan.start, fits[which[0]])
        if draw is None:
            return None
        draws[which] = draw
    # run all combinations on the two worlds
    worlds = [people(setting, population, plan.seed, plan.start, plan.years) for setting in settings]
    values = [shares_of(plan, row, which, draw, worlds[which[0]]) for which, draw in draws.items()]
    return np.moveaxis(np.array(values).reshape(2, 2, 2, *np.shape(values[0])), 4, 0)


def setting_of(plan, row, side) -> Setting:
    """Return the setting of one of the two worlds of a row: its figures perturbed within their error."""
    a = row.assumptions[side]
    errors = {"A": 0.0, "B": a.figure_error_b, "C": a.figure_error_c, "D": a.figure_error_c}
    return perturb_setting(load_setting(), errors, np.random.default_rng([plan.seed, crc32(b"data"), row.number, side]))


def people(setting, population, seed, start, years) -> World:
    """Build a World of another setting than the shipped one; it is not cached."""
    a = Assumptions.central()
    return build(setting, population, seed, start, entrant_path(setting, a, start, years), a.mover_share, kept=False)


def draw_of(row, which, start, fit) -> tuple | None:
    """Return (Assumptions, HubConstants) of a combination (data, assumptions, model) of a row; None if rejected."""
    data, assumed, model = which
    counted = {name: getattr(row.assumptions[data], name) for name in DATA}
    changed = list(VARIANTS.values())[row.variants[model]]
    a = row.assumptions[assumed].vary(**counted | changed)
    constants = constants_or_none(a, start, fit)
    return None if constants is None else (a, constants)


def shares_of(plan, row, which, draw, world) -> np.ndarray:
    """Return (chance, arm, time, hub) shares of the world stock in one combination of a row."""
    (a, constants), runs = draw, []
    for side in (0, 1):
        seed = plan.seed * SEEDS_APART + OTHER_CHANCE + 2 * row.number + side
        arm = begin(world, a, constants, baseline_rules(), seed)
        if row.variants[which[2]] == TIES_HELD:
            arm.frozen_to = {"network": ties_of_the_start(arm)}
        runs.append(run_replicate(plan, row.number, draw, arm))
    # hub shares at every 1 January, by run
    stock = np.array([[arm["stock"].sum(axis=-1) for arm in pair] for pair in runs])
    return stock / stock.sum(axis=-1, keepdims=True)


def with_split(data, split_runs) -> "xr.Dataset":
    """Add the runs of the split, as :func:`split` returns them, to the dataset of a study and return it."""
    data[RUNS] = (*split_runs, {"units": "share", "long_name": "hub shares in the runs that tell uncertainty apart"})
    return data
