"""The library of scenarios in action: each acts, and moves one named measure the way it must."""

import numpy as np
import pytest
from worlds import arm_of, rules_for, scenario, setting, shipped_world, years_of

from sim.model.routes import route_for
from sim.results.effects import effect
from sim.scenario.files import available
from sim.study.run import compare, run
from sim.world.engineers import CITIZEN, OPT, PERMANENT, STUDENT, TEMPORARY

# What each must move, and which way. Not said where the model may go either way, or where the mover is too small for
# a few thousand engineers: current_law mixes tightening and easing; Canada's 1,140 places are two engineers here;
# Britain's Global Talent route is the second choice of most experts; doctors take longer than these four years.
MOVES = {
    "academia_drain": ("mix:usa,sector=academia", -1),
    "ai_winter": ("mix:usa,sector=startup", -1),
    "all_closed": ("drain,home=ind", -1),
    "all_open": ("drain,home=ind", +1),
    "acquihire_wave": ("mix:usa,sector=startup", -1),
    "bay_area_rent": ("price_level:sf_bay_area", -1),
    "canada_fast_track": ("mix:can,status=citizen", +1),
    "canada_open_permit": None,
    "china_west_closed": ("share:usa,home=chn", -1),
    "chip_controls": ("compute_per_engineer:beijing", -1),
    "current_law": None,
    "doctors_in_academia": ("mix:usa,sector=academia", +1),
    "dual_site": ("share:sf_bay_area,basis=employer", +1),
    "entry_squeeze": ("mix:usa,tier=entry", -1),
    "eu_fast_track": ("share:eu27", +1),
    "france_compute": ("compute_per_engineer:paris", +1),
    "frontier_listing": ("mix:usa,sector=frontier_lab", +1),
    "frontier_repricing": ("mix:usa,sector=frontier_lab", -1),
    "green_card_for_phds": ("grants,route=usa.phd_green_card", +1),
    "gulf_compute": ("compute_per_engineer:abu_dhabi_dubai", +1),
    "gulf_income_tax": ("net_pay:are", -1),
    "h1b_cap_cut": ("selected,route=usa.h1b", -1),
    "h1b_fee": ("grants_abroad,route=usa.h1b", -1),
    "h1b_fee_chilling": ("lost_petitions,route=usa.h1b@2026", +1),
    "h1b_weighted_lottery": ("registrations,route=usa.h1b", -1),  # some entries at level I are not filed
    "india_compute": ("compute_per_engineer:bengaluru", +1),
    "japan_highly_skilled": None,  # too few of so few engineers apply: see below
    "lab_spinouts": ("mix:usa,sector=frontier_lab", -1),
    "newcomer_tax": ("gain:deu", +1),
    "office_return": ("remote:usa", -1),
    "remote_first": ("remote:usa", +1),
    "opt_closed": ("share:usa", -1),
    "phd_expansion": None,
    "residency_conversion": ("mix:are,status=permanent", +1),
    "returnee_tax": ("drain,home=ind", -1),
    "small_teams": ("pay:usa,tier=practitioner", -1),
    "tooling_leap": ("pay:usa,tier=entry", -1),
    "sovereign_labs": ("mix:are,sector=sovereign_lab", +1),
    "tokyo_robotics": ("mix:tokyo,sector=robotics", +1),
    "uk_global_talent": None,
    "us_points_system": ("grants,route=usa.points", +1),
    "us_tax_up": ("net_pay:usa", -1),
    "vertical_ai": ("mix:usa,sector=traditional", +1),
}
LEVERS = {
    "points": "country.usa.route.points.is_open",
    "doctorates": "country.usa.route.phd_green_card.is_open",
    "holders": "country.can.route.h1b_holders_2023.is_open",
}


@pytest.fixture(scope="module")
def library():
    """All of them against the baseline: two pairs of 6,000 over six years, which hold all stages of compute."""
    return compare(sorted(MOVES), population=6_000, replicates=2, years=6, uncertainty="chance", workers=1)


def test_the_whole_library_is_here():
    assert {"baseline", *MOVES} == set(available())


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name, moves in MOVES.items() if moves])
def test_a_scenario_moves_what_it_is_about(library, name):
    query, sign = MOVES[name]
    assert sign * float(effect(library, query).sel(arm=name).mean()) > 0


@pytest.mark.slow
def test_japans_wider_permit_brings_engineers():
    result = run("japan_highly_skilled", population=100_000, replicates=1, years=4, uncertainty="chance", workers=1)
    applicants = result.data.applicants.sel(route="jpn.highly_skilled", replicate=0).sum("year")
    assert applicants.sel(arm="scenario") > applicants.sel(arm="baseline") > 0
    assert float(effect(result, "stock:jpn").mean()) > 0


@pytest.mark.slow
def test_a_fast_track_brings_engineers_of_its_role():
    options = {"population": 60_000, "replicates": 1, "years": 5, "uncertainty": "chance", "workers": 1}
    assert float(effect(run("canada_fast_track", **options), "stock:can,role=ml_infrastructure_engineer").mean()) > 0


@pytest.mark.slow
def test_closed_borders_stop_moves_and_open_ones_add(library):
    crossings = library.data.border_crossings.sum("tier").sel(year=slice(2027, None))
    assert crossings.sel(arm="baseline").min() > 0
    assert crossings.sel(arm="all_closed").max() == 0
    assert np.all(crossings.sel(arm="all_open") > crossings.sel(arm="baseline"))


# routes and bars that the library needs


def position(name):
    """Position of a route."""
    return [row["route"] for row in setting().routes].index(name)


def opened(which, **people):
    """A simulation in whose rules the route is open and reaches everybody, and somebody in Seattle of that status."""
    rules = rules_for(setting())
    name = LEVERS[which].removeprefix("country.").removesuffix(".is_open").replace(".route", "")
    rules["route_is_open"][:] = False
    rules["route_is_open"][position(name)] = True
    rules["route_reach"][:] = 1.0
    arm = arm_of(shipped_world(2_000, 2), rules=rules)
    slots = np.arange(3)
    arm.people.hub[slots] = setting().hubs.index(people.get("hub", "seattle"))
    arm.people.home[slots] = setting().homes.index("ind")
    arm.people.status[slots] = people["status"]
    return arm, slots, position(name)


@pytest.mark.parametrize(
    ("hub", "status", "may"),
    [
        ("seattle", TEMPORARY, False),  # of those who hold its permit alone
        ("seattle", PERMANENT, False),
        ("seattle", OPT, False),
        ("london", TEMPORARY, False),
        ("bengaluru", CITIZEN, False),
    ],
)
def test_a_route_for_residents_takes_them_alone(hub, status, may):
    arm, slots, holders = opened("holders", hub=hub, status=status)
    toronto = np.full(3, setting().hubs.index("toronto"))
    assert np.all(route_for(arm, slots, toronto, abroad=True) == (holders if may else -1))
    group = arm.tables.group_of[setting().country[arm.people.hub[0]], status]
    pull = arm.utility_terms.permit[arm.from_abroad[2][group, arm.people.home[0]], 1, 0, toronto[0]]
    assert np.isfinite(pull) == may


def test_doctorate_green_cards_are_for_people_inside():
    arm, slots, card = opened("doctorates", status=STUDENT)
    arm.people.category[slots] = 15  # a practitioner
    seattle = arm.people.hub[slots].astype(int)
    assert np.all(route_for(arm, slots, seattle, abroad=False) == card)
    assert np.all(route_for(arm, slots, seattle, abroad=True) == -1)


def test_a_green_card_makes_a_permanent_resident():
    arms = years_of(shipped_world(10_000, 2), policies=scenario({LEVERS["doctorates"]: "true"}).policies)
    next(arms)
    arm = next(arms)
    granted = np.flatnonzero(arm.people.route[: arm.used] == position("usa.phd_green_card"))
    assert len(granted) > 0
    assert np.all(arm.people.status[granted] != TEMPORARY)
    assert arm.visas.counts["grants_abroad"][position("usa.phd_green_card")] == 0


def test_a_barred_origin_alone_stops_moving_in():
    us, chinese = setting().countries.index("usa"), setting().homes.index("chn")
    world = shipped_world(10_000, 2)
    arms = years_of(world, policies=scenario({"country.usa.bars.chn": "true"}).policies)
    first = slice(0, int(world.cohort[1]))  # those present at the start
    before, _ = next(arms).people.hub[first].copy(), next(arms)
    *_, arm = arms
    after = arm.people.hub[first]
    country = setting().country
    came = (country[before] != us) & (after >= 0) & (country[after] == us)
    assert came.sum() > 0
    assert not np.any(arm.people.home[first][came] == chinese)


def test_nobody_is_barred_from_his_own_country():
    bars = {f"country.chn.bars.{home}": "true" for home in setting().homes}
    rules = rules_for(setting())
    rules["bars"][:] = True
    closed = arm_of(shipped_world(2_000, 2), rules=rules).tables.closed
    assert np.array_equal(closed, setting().home_share == 0)
    assert len(scenario(bars).policies) == len(setting().homes)


def test_a_closing_route_returns_its_petitions():
    world = shipped_world(10_000, 2)
    policies = scenario({"country.usa.route.h1b.is_open": "false"}, "2026-07-01").policies
    arms = years_of(world, policies=policies)
    next(arms)
    for arm in arms:
        assert not np.any(arm.visas.waiting[2] == position("usa.h1b"))
        waiting = (arm.people.target[: arm.used] >= 0) & (arm.people.hub[: arm.used] >= 0)
        held = np.concatenate([*arm.visas.new, arm.visas.queued, arm.visas.due[:4]], axis=1)
        assert set(np.flatnonzero(waiting)) <= set(held[0])  # nobody waits for an answer that never comes
