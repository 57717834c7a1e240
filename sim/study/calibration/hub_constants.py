"""Hub constants from year-one flows, measured on the agents themselves and written as tables.

``python -m sim.study.calibration.hub_constants`` fits them anew under the assumptions as they stand. The inversion of
``model.inversion`` knows expected flows only; what agents do beyond them (petitions under way, statuses that run out,
the refused) is measured on simulated first years and handed back as offsets, until the simulated year meets the
targets. Everything is seeded: the same code and tables give the same constants on the same platform.
"""

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np

from sim import custom_world
from sim.custom_world import cached_by_world
from sim.errors import ResultError
from sim.model import inversion as fitting
from sim.model.inversion import AgentOffsets, FirstYear, HubConstants, by_group
from sim.model.state import Simulation
from sim.model.supply import entrant_path
from sim.model.year import begin, simulate
from sim.scenario.assumptions import Assumptions
from sim.scenario.levers import baseline_rules
from sim.texts import csv_rows
from sim.world.build_world import World, build
from sim.world.setting import load_setting
from sim.world.tables import column, names, read

DATA = Path(__file__).parents[2] / "world" / "data"
START = 2026
FIT_POPULATION = 100_000  # the expected flows stand on this population, whatever the run's
AGENTS, SEEDS, PASSES = 200_000, 10, 7  # simulated first years of the fit
DAMPING = 0.6  # of each correction: neighbouring hubs answer more strongly than the expected flows say
TABLES = ("hub_constants", "border_costs", "return_homes", "return_residences", "forced_exits")
GROUPS = names("group")  # whose border costs are fitted
SOURCE = "fitted by talentflow calibrate to net_targets.csv at the central assumptions"


@cached_by_world(maxsize=1)
def fit_world(start=START, seed=0) -> World:
    """Return the world of one year on which every inversion is done; its people are the same in every run."""
    setting, a = load_setting(), Assumptions.central()
    return build(setting, FIT_POPULATION, seed, start, entrant_path(setting, a, start, 1), a.mover_share)


def constants_for(world, a, offsets, start_values=None, rescue=True) -> HubConstants:
    """Invert the hub constants under the assumptions ``a``: for the first year, and the part of them that lasts.

    Parameters
    ----------
    world : World, from :func:`fit_world`
    offsets : AgentOffsets
    start_values : HubConstants to start from
    rescue : as of :func:`~sim.model.inversion.invert`

    Returns
    -------
    HubConstants

    Raises
    ------
    InvariantError
        where none meet the targets
    """
    setting = world.setting
    year, (whole, cost, back), boom = first_year_constants(world, a, offsets, start_values, rescue)
    # the lasting part meets net flows without the boom; the boom is the rest
    later = offsets if offsets.later is None else replace(offsets, net=offsets.later)
    lasting, _ = fitting.invert(year, setting.national_net, None, later, (whole - boom, cost, back))
    return HubConstants(lasting, whole - lasting, cost, world.start, back)


def first_year_constants(world, a, offsets, start_values=None, rescue=True) -> tuple:
    """Invert the constants of the first year, the boom included; arguments and errors as of :func:`constants_for`.

    Returns
    -------
    FirstYear; (hub,) constants, (tier,) border costs and (home, hub) effects of returning; (hub,) boom to start from
    """
    setting, rules = world.setting, baseline_rules()
    # the expected flows of the first year, whose constants are looked for
    first = start_values or fitting.none(len(setting.hubs), world.start, 3.0)
    year = FirstYear(Simulation(world, a, fitting.none(len(setting.hubs), world.start), rules, 0))
    crossing = np.array([a.crossing_rate_expert, a.crossing_rate_other])
    targets = fitting.net_targets(setting, a.boom_weight)
    guess = first.permanent + first.boom, first.move_cost_abroad, first.back
    # returns that are chosen: measured exits less those that expired permits force
    forced = 0.0 if offsets.forced is None else offsets.forced
    going_home, _ = fitting.chosen_exits(fitting.measured_exits(year.sim), forced)
    found = fitting.invert(year, targets, crossing, offsets, guess, going_home, a.return_share, rescue)
    return year, found, first.boom


def first_years(a, constants, agents, seeds) -> tuple:
    """Simulate the first two years at the baseline and return means over seeds.

    Returns
    -------
    (2, hub) net migration by year, (2,) crossing rates of the first, (country, home) persons who left in it because
    their permit had run out, growth of the world's stock in it
    """
    setting = load_setting()
    world = build(setting, agents, 0, START, entrant_path(setting, a, START, 2), a.mover_share)
    net, crossing, growth = np.zeros((2, len(setting.hubs))), np.zeros(2), 0.0
    forced = np.zeros((len(setting.countries), len(setting.homes)))
    for seed in range(seeds):
        arm = begin(world, a, constants, baseline_rules(), seed).branch(())
        for year in range(2):
            # net flows of both years; exits, crossings and growth of the first alone
            before = arm.counts.sum()
            (arm,) = simulate(arm, START + year + 1)
            flow = arm.accounts.flow * world.weight / seeds
            net[year] += flow.sum(axis=0) - flow.sum(axis=1)
            if year:
                continue
            growth += arm.counts.sum() / before / seeds
            by_tier = by_group(arm.accounts.crossings)
            stock = by_group(setting.stock @ setting.tier_share)
            crossing += by_tier * world.weight / stock / seeds
            np.add.at(forced, setting.country, arm.accounts.forced * world.weight / seeds)
    return net, crossing, forced, growth


def fit(a=None, say=lambda line: None, agents=None, seeds=None, passes=None, constants=None, offsets=None) -> tuple:
    """Fit the constants under the central assumptions ``a``, and the offsets with which every sample is inverted.

    The second year must meet the lasting target plus the rest of the boom, at the stocks as they have grown.
    ``agents``, ``seeds`` and ``passes`` are ``AGENTS``, ``SEEDS`` and ``PASSES`` if None.
    """
    agents, seeds, passes = agents or AGENTS, seeds or SEEDS, PASSES if passes is None else passes
    a, world = a or Assumptions.central(), fit_world()
    targets, lasting = fitting.net_targets(world.setting, a.boom_weight), world.setting.national_net
    # the second year's target: the boom halves with its half-life
    second = lasting + (targets - lasting) * 2.0 ** (-1 / a.boom_half_life)
    rates = np.array([a.crossing_rate_expert, a.crossing_rate_other])
    offsets = offsets or AgentOffsets(np.zeros(len(targets)), np.ones(2), np.zeros(len(targets)))
    for k in range(passes):
        # invert, simulate, and correct the offsets by the damped difference from the targets
        constants = constants_for(world, a, offsets, constants)
        net, crossing, forced, growth = first_years(a, constants, agents, seeds)
        gap = (net - [targets, second * growth]) / world.setting.stock
        worst = 100 * np.abs(gap).max(axis=1)
        say(f"pass {k + 1}: largest gap {worst[0]:.2f} and {worst[1]:.2f} % of stock, crossing {100 * crossing} %")
        offsets = AgentOffsets(
            offsets.net + DAMPING * (net[0] - targets),
            offsets.crossing * (crossing / rates) ** DAMPING,
            offsets.later + DAMPING * (net[1] / growth - second),
            forced,
        )
    constants = constants_for(world, a, offsets, constants)
    return constants, offsets


def write(constants, offsets, folder=None) -> None:
    """Write the fit as its two tables: into a folder, or to the place of the tables in use."""
    setting = load_setting()
    targets = fitting.net_targets(setting, Assumptions.central().boom_weight)
    # a row a hub
    hubs = [
        [
            hub,
            *(f"{x:.6f}" for x in (constants.permanent[h], constants.boom[h])),
            f"{offsets.net[h]:.2f}",
            f"{offsets.later[h]:.2f}",
            f"{targets[h]:.2f}",
            SOURCE,
            "D",
        ]
        for h, hub in enumerate(setting.hubs)
    ]
    header = ["hub", "permanent", "boom", "net_offset", "later_offset", "net_target", "source", "grade"]
    _write(folder, "hub_constants", header, hubs)
    # a row a group of tiers
    _write(
        folder,
        "border_costs",
        ["group", "move_cost_abroad", "crossing_factor", "source", "grade"],
        [
            [
                group,
                f"{constants.move_cost_abroad[k]:.6f}",
                f"{offsets.crossing[k]:.6f}",
                "fitted by talentflow calibrate to the assumptions crossing_rate_*",
                "B",
            ]
            for k, group in enumerate(GROUPS)
        ],
    )
    # effects of returning home split into a part of the home and a part of the country of residence
    first = np.unique(setting.country, return_index=True)[1]  # a hub of each country
    back = np.zeros((len(setting.homes), len(setting.hubs))) if constants.back is None else constants.back
    sigma = back[0, first] - back[0, first[0]]
    stock = np.bincount(setting.country, setting.stock * (1 - (setting.home_mix * setting.home_share.T).sum(axis=1)))
    level = np.average(sigma, weights=stock)  # effects of residence have mean 0 over the foreigners
    source = "fitted by talentflow calibrate to return_hazards.csv less forced exits"
    effects = {"home": (setting.homes, back[:, first[0]] + level), "country": (setting.countries, sigma - level)}
    for name, (key, (places, values)) in zip(TABLES[2:4], effects.items(), strict=True):
        _write(
            folder,
            name,
            [key, "effect", "source", "grade"],
            [[place, f"{x:.6f}", source, "D"] for place, x in zip(places, values, strict=True)],
        )
    # persons whose status ends, by country and home
    _write(
        folder,
        "forced_exits",
        ["country", "home", "persons", "source", "grade"],
        [
            [c, g, f"{offsets.forced[i, k]:.2f}", SOURCE, "D"]
            for i, c in enumerate(setting.countries)
            for k, g in enumerate(setting.homes)
            if offsets.forced[i, k] > 0
        ],
    )


def shipped() -> tuple:
    """Return (HubConstants, AgentOffsets) of the tables in use."""
    return _fitted(column, read("forced_exits"))


def read_fit(folder) -> tuple | None:
    """Return (HubConstants, AgentOffsets) of the tables that :func:`write` left in a folder; None if there are none."""
    rows = {}
    for name in TABLES:
        if not (path := Path(folder) / f"{name}.csv").exists():
            return None
        with path.open(newline="", encoding="utf-8") as file:
            rows[name] = [row for _, row in csv_rows(file, path, ResultError)]
    return _fitted(lambda table, name: [float(row[name]) for row in rows[table]], rows["forced_exits"])


def _fitted(column, expired) -> tuple:
    """Return (HubConstants, AgentOffsets) from a function of (table, column) -> numbers, and the forced exits."""
    numbers = lambda table, name: np.array(column(table, name))  # noqa: E731
    setting, rho, sigma = load_setting(), numbers("return_homes", "effect"), numbers("return_residences", "effect")
    forced = np.zeros((len(sigma), len(rho)))
    for row in expired:
        forced[setting.countries.index(row["country"]), setting.homes.index(row["home"])] = float(row["persons"])
    permanent, boom, net, later = (
        numbers("hub_constants", name) for name in ("permanent", "boom", "net_offset", "later_offset")
    )
    cost, crossing = (numbers("border_costs", name) for name in ("move_cost_abroad", "crossing_factor"))
    back = rho[:, None] + sigma[setting.country]
    # experts, then practitioners and entry engineers, whose costs are equal
    constants = HubConstants(permanent, boom, cost[[0, 1, 1]], START, back)
    return constants, AgentOffsets(net, crossing, later, forced)


def _write(folder, name, header, rows) -> None:
    with open((folder or custom_world.folder() or DATA) / f"{name}.csv", "w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows([header, *rows])


if __name__ == "__main__":
    write(*fit(say=print))
