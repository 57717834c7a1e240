"""Small worlds for the tests of the engine: a few of the shipped hubs, hubs all alike, one simulation."""

from dataclasses import replace
from functools import cache

import numpy as np

from sim.model.inversion import none
from sim.model.state import Simulation
from sim.model.supply import entrant_path
from sim.model.year import begin, simulate
from sim.scenario.assumptions import Assumptions
from sim.scenario.files import loads
from sim.scenario.levers import FAMILIES, baseline_rules
from sim.study.calibration.hub_constants import shipped
from sim.world.build_world import build
from sim.world.categories import ROLES, SECTORS, TIERS
from sim.world.setting import load_setting

START = 2026
CENTRE = Assumptions.central()
# neither the feedback of stocks on the market nor ties between engineers
NO_FEEDBACK = CENTRE.vary(
    b_friend=0,
    colleague_multiplier=1,
    wage_supply_elasticity=0,
    housing_elasticity=0,
    agglomeration_productivity=0,
)
HUB_FIRST = (
    "stock tier_share role_share sector_share home_mix home_mix_experts pay tax_rate price "
    "engineer_share h100e owner_share national_net index_net affiliates"
).split()
HUB_LAST = "home_share language free_share compatriots".split()
COUNTRY_FIRST = (
    "returnee_abroad growth exit_rate graduates conversions phd_share native_graduates native_conversions status_mix "
    "return_rate settlement_rate queue_share stem_months stays_measured lost_jobs_followed"
).split()


@cache
def setting():
    """The shipped setting."""
    return load_setting()


def with_hubs(at, **changes):
    """The shipped setting with the hubs at positions ``at`` only; ``changes`` replace fields."""
    whole, at = setting(), np.asarray(at)
    countries = np.unique(whole.country[at])
    names = [whole.countries[c] for c in countries]
    new = np.full(len(whole.countries) + 1, -1, np.int8)  # the last stands for -1: a home of several countries
    new[countries] = np.arange(len(countries))
    parts = {name: getattr(whole, name)[at] for name in HUB_FIRST}
    parts |= {name: getattr(whole, name)[:, at] for name in HUB_LAST}
    parts |= {name: getattr(whole, name)[countries] for name in COUNTRY_FIRST}
    parts |= {
        "hubs": tuple(f"hub_{k}" for k in range(len(at))),
        "countries": tuple(names),
        "country": new[whole.country[at]],
        "home_country": new[whole.home_country],
        "routes": tuple(route for route in whole.routes if route["country"] in names),
        "affiliates": np.full(len(at), 1 / len(at)),
        "distance_km": whole.distance_km[np.ix_(at, at)],
        "corridor": whole.corridor[np.ix_(at, at)],
        "pipeline": np.zeros((0, 3)),
        "net_migration": np.zeros(len(countries)),
    }
    return replace(whole, **(parts | changes))


def small_setting(*names, **changes):
    """The shipped setting with the named hubs only."""
    return with_hubs([setting().hubs.index(name) for name in names], **changes)


def identical_hubs(count=3, name="toronto", **changes):
    """``count`` copies of one hub, in one country, all equally far from each other."""
    km = np.where(np.eye(count, dtype=bool), 0.0, 500.0)
    stock = np.full(count, 30_000.0)
    return with_hubs([setting().hubs.index(name)] * count, **({"distance_km": km, "stock": stock} | changes))


def rules_for(place):
    """The baseline's rules for the countries, routes and hubs of ``place`` (of hubs they are all neutral)."""
    routes = [route["route"] for route in setting().routes]
    at = {
        "hubs": np.arange(len(place.hubs)),
        "countries": np.array([setting().countries.index(country) for country in place.countries]),
        "routes": np.array([routes.index(route["route"]) for route in place.routes]),
    }
    homes = len(place.homes)
    kinds = {"tiers": TIERS, "roles": ROLES, "sectors": SECTORS}
    at |= {axis: np.arange(len(names)) for axis, names in kinds.items()}
    at["hub_sectors"] = (at["hubs"][:, None] * len(SECTORS) + np.arange(len(SECTORS))).ravel()
    at["hub_tiers"] = (at["hubs"][:, None] * len(TIERS) + np.arange(len(TIERS))).ravel()
    at["origins"] = (at["countries"][:, None] * homes + np.arange(homes)).ravel()
    at["country_roles"] = (at["countries"][:, None] * len(ROLES) + np.arange(len(ROLES))).ravel()
    rules = baseline_rules()
    return {family.field: rules[family.field][at[family.axis]] for family in FAMILIES}


@cache
def shipped_world(population=10_000, years=2, seed=0, with_ties=True):
    """The shipped world, small."""
    return world_of(setting(), population, years, seed, with_ties)


def world_of(place, population=3_000, years=2, seed=0, with_ties=True):
    """A world of any setting."""
    entrants = entrant_path(place, CENTRE, START, years)
    return build(place, population, seed, START, entrants, CENTRE.mover_share, with_ties)


@cache
def fitted():
    """The shipped constants."""
    return shipped()[0]


def constants_of(world):
    """The shipped constants for the shipped hubs, none (but a border cost) for others."""
    if world.setting.hubs == setting().hubs:
        return fitted()
    return none(len(world.setting.hubs), START, 2.0)


def arm_of(world, a=CENTRE, policies=(), seed=0, rules=None, constants=None):
    """A simulation on its first 1 January."""
    arm = Simulation(world, a, constants or constants_of(world), rules or rules_for(world.setting), seed)
    arm.policies = policies
    return arm


def years_of(world, a=CENTRE, policies=(), seed=0, rules=None, constants=None):
    """Run a simulation: iterator of the simulation on every 1 January."""
    arm = begin(world, a, constants or constants_of(world), rules or rules_for(world.setting), seed).branch(policies)
    yield arm
    yield from simulate(arm, world.start + world.years)


def scenario(levers, begins="2026-01-01", name="test", ends=None):
    """A scenario that sets ``levers`` (path -> value as in a file) at one date."""
    until = f"\nuntil = {ends}" if ends else ""
    text = 'title = "Test"\nquestion = "What if?"\n' + "".join(
        f'[[policy]]\nlever = "{path}"\nvalue = {value}\nfrom = {begins}{until}\nsource = "a test"\n'
        for path, value in levers.items()
    )
    return loads(text, name)


def same(one, other):
    """Return whether the people of two simulations agree in every column."""
    pairs = ((getattr(one, name), getattr(other, name)) for name in one._fields)
    return all(np.array_equal(a, b) for a, b in pairs)
