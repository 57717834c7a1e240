"""Studies: what common seeds, forks and the fit of a draw are worth."""

import numpy as np

from benchmarks.report import FLAGSHIPS, VARIANCE
from sim.scenario.assumptions import Assumptions
from sim.scenario.files import load, loads
from sim.scenario.places import place, subject_of
from sim.study.calibration.hub_constants import START, constants_for, fit_world, shipped
from sim.study.replicate import Plan, run_replicate
from sim.world.setting import load_setting

YEARS = 10
LATE = 2031
LATE_FEE = f"""title = "late"
[[policy]]
lever = "country.usa.route.h1b.special_fee_usd"
value = 100_000
from = {LATE}-01-01"""


def seeds(clock, size, pairs):
    """Effects of flagship scenarios on their subject, and what common seeds save of their variance by chance."""
    hubs, draw = load_setting().hubs, (Assumptions.central(), shipped()[0])
    for name in FLAGSHIPS:
        subject = place(subject_of(load(name)))
        where = np.isin(hubs, subject.hubs)
        plan = Plan(size, 0, START, YEARS, (load("baseline").policies, load(name).policies), START)
        stocks = np.array(
            [[arm["stock"][-1].sum(axis=-1) for arm in run_replicate(plan, k, draw)] for k in range(pairs)]
        )
        share = stocks[..., where].sum(axis=-1) / stocks.sum(axis=-1)
        common, apart = share[:, 1] - share[:, 0], share[:, 1] - np.roll(share[:, 0], 1)
        clock.note(f"effect of {name} on the share of {subject.spoken}", "pp", [100 * float(common.mean())], size)
        ratio = float(np.var(apart) / np.var(common))
        clock.note(f"{VARIANCE}, {name}", "times", [ratio], size)


def fork(clock, size):
    """A pair whose simulations differ from a late year on, its past run for each simulation and run once."""
    draw = (Assumptions.central(), shipped()[0])
    arms = (load("baseline").policies, loads(LATE_FEE).policies)
    for year, how in ((START, "for each arm"), (LATE, "once")):
        plan = Plan(size, 0, START, YEARS, arms, year)
        run_replicate(plan, 0, draw)
        clock.time(
            f"a pair that differs from {LATE} on, past run {how}", lambda k, p=plan: run_replicate(p, k, draw), size
        )


def fit(clock):
    """Inversion of the hub constants under one draw of the assumptions."""
    a, world, (found, offsets) = Assumptions.central(), fit_world(), shipped()
    constants_for(world, a, offsets, found)  # compile
    clock.time(
        "fit of the hub constants to one draw",
        lambda k: constants_for(world, a.vary(b_pay=1.2 + 0.05 * k), offsets, found),
    )
