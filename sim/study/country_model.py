"""The full agent engine on a world of countries: fitted to flows up to the split year, then run beyond it.

From the flows come the corridor kernel (Poisson pseudo-likelihood), the constant of every country (its net flow, by
the inversion of ``model.constants``) and its mobility (its outflow). Every other assumption stays at its centre.
"""

from dataclasses import dataclass, replace

import numpy as np

from ..model import constants as fitting
from ..model.arm import Arm
from ..model.market import follow_the_market
from ..model.supply import entrant_path
from ..model.year import begin, simulate
from ..results.scores import HALF, net
from ..scenario.assumptions import Assumptions
from ..scenario.levers import neutral_rules
from ..world.build import build
from ..world.countries import country_setting, mobility_mix

EXIT_RATE = 0.04  # scholars who stop publishing, a year; assumption, grade D
CONSIDERING = 2.5  # scholars who consider crossing a border over those who do; assumption, grade D
FIT_POPULATION, FIRST_COST = 100_000, 3.0
ROUNDS, CLOSE = 12, 0.02  # of the fit of mobility; largest log gap between fitted and observed outflows


@dataclass(frozen=True)
class CountryModel:
    """The engine's inputs for a world of countries."""

    setting: object  # Setting
    a: Assumptions
    constants: fitting.Constants
    flow: np.ndarray  # (origin, destination) expected in the first year: the kernel without dynamics
    gap: float  # largest relative gap of the outflow of a country, the rest of the world apart


def assumptions_of(kernel, growth, crossing_rate):
    """The central assumptions with what the flows say: kernel, growth, and how many consider crossing a border.

    Within a nest the logit divides utility by its dissimilarity, so the fitted coefficients are multiplied by it.
    """
    a = Assumptions.central()
    fitted = {name: max(a.nest_third * value, 0.0) for name, value in kernel.items()}
    alike = dict.fromkeys(("expert_considering", "entry_considering", "temporary_considering"), 1.0)
    return a.vary(
        **fitted,
        **alike,
        world_growth=growth,
        long_growth=growth,
        b_compute=0.0,
        remote_share=0.0,
        considering_rate=min(CONSIDERING * crossing_rate, 1.0),
    )


def rules_of(setting):
    """The rules of a world without policy."""
    counts = {name: len(getattr(setting, name)) for name in ("countries", "hubs", "homes", "routes")}
    return neutral_rules(counts)


def fit_model(countries, living, kernel, flow):
    """A :class:`CountryModel` whose expected first-year net flows and outflows are those of ``flow``.

    Parameters
    ----------
    countries : Countries; living : (home, country) persons
    kernel : dict of assumption -> coefficient, see ``corridors``
    flow : (origin, destination) persons a year in the fit years

    Raises
    ------
    InvariantError
        where no constants meet the flows
    """
    k, start = len(countries.names), countries.year + 1
    crossing = flow.sum() / countries.stock.sum()
    a = assumptions_of(kernel, float(np.average(countries.growth, weights=countries.stock)), crossing)
    setting = country_setting(countries, living, np.ones(k), EXIT_RATE)
    world = build(setting, FIT_POPULATION, 0, start, entrant_path(setting, a, start, 1), a.mover_share)
    leaves = np.maximum(flow.sum(axis=1), HALF)
    rules, offsets = rules_of(setting), fitting.Offsets(np.zeros(k), np.ones(2))
    mobility, found = leaves / countries.stock / crossing, (np.zeros(k), np.full(3, FIRST_COST))
    for _ in range(ROUNDS):
        setting = replace(setting, role_share=mobility_mix(mobility))
        year = fitting.FirstYear(Arm(replace(world, setting=setting), a, fitting.none(k, start), rules, 0))
        found = fitting.invert(year, net(flow), np.full(2, crossing), offsets, found)
        expected = year.flows(*found).sum(axis=0)
        gap = leaves / expected.sum(axis=1)
        if np.abs(np.log(gap)).max() < CLOSE:
            break
        mobility = mobility * gap
        mobility /= np.average(mobility, weights=countries.stock)
    constants = fitting.Constants(found[0], np.zeros(k), found[1], start)
    return CountryModel(setting, a, constants, expected, float(np.abs(gap - 1)[:-1].max()))


def run_model(model, years, population, seed, replicates):
    """Simulate ``years`` years, ``replicates`` times.

    A sample of people moves too seldom along thousands of corridors to be counted in each. So beside the moves counted
    stand the expected ones: what E1 to E4 say of the people whom the simulation has in each place at the start of each
    year (Rao-Blackwell).

    Returns
    -------
    expected, counted : (year, origin, destination) persons, means over replicates
    """
    start, rules = model.constants.start, rules_of(model.setting)
    path = entrant_path(model.setting, model.a, start, years)
    world = build(model.setting, population, seed, start, path, model.a.mover_share)
    expected, counted = np.zeros((2, years, len(model.setting.hubs), len(model.setting.hubs)))
    for k in range(replicates):
        arm = begin(world, model.a, model.constants, rules, seed * replicates + k).branch(())
        expected[0] += expected_moves(arm)
        for t, _ in enumerate(simulate(arm, start + years)):  # it changes the arm in place
            counted[t] += arm.books.flow * world.weight
            if t + 1 < years:
                follow_the_market(arm, arm.year)
                expected[t + 1] += expected_moves(arm)
    return expected / replicates, counted / replicates


def expected_moves(arm):
    """(origin, destination) moves expected in the year that an arm stands before, given who lives where, persons."""
    none = np.zeros(len(arm.world.setting.hubs))  # the arm's own pulls hold its constants
    return fitting.FirstYear(arm).flows(none, arm.constants.move_cost_abroad).sum(axis=0)
