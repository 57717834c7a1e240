"""Levers answer through their mechanisms, and a mechanism that is switched off has no effect at all."""

from functools import cache

import numpy as np
import pytest
from worlds import CENTRE, START, arm_of, constants_of, rules_for, same, scenario, setting, shipped_world, years_of

from sim.model import equations as eq
from sim.model import moves
from sim.model.inversion import expected
from sim.model.labour import remote_share
from sim.model.market import Layout, update_market
from sim.model.supply import doctoral_places, entrant_ratio, study_factor, study_pull
from sim.model.visas import VisaSystem, renewal_rates
from sim.model.year import begin
from sim.scenario.files import load
from sim.study.recorder import empty_record, record
from sim.world.categories import TIERS
from sim.world.engineers import TEMPORARY

PUSH = {"hub.abu_dhabi_dubai.compute.h100e": 2_000_000}


def stocks(a, changes, years=3):
    """(year, hub) engineers under policies."""
    policies = scenario(changes).policies if changes else ()
    return np.array(
        [arm.counts.sum(axis=(1, 2, 3)) for arm in years_of(shipped_world(10_000, years), a, policies=policies)]
    )


def test_a_push_without_taste_and_jobs_moves_nobody():
    a = CENTRE.vary(b_compute=0, b_compute_other=0, jobs_per_1000_h100e=0)
    assert np.array_equal(stocks(a, PUSH), stocks(a, {}))


@pytest.mark.parametrize(
    "off", [{"b_compute": 0, "b_compute_other": 0}, {"jobs_per_1000_h100e": 0}], ids=["jobs", "taste"]
)
def test_a_push_moves_people_by_either_channel(off):
    a = CENTRE.vary(**off)
    assert not np.array_equal(stocks(a, PUSH), stocks(a, {}))


def test_without_relocation_no_job_abroad_is_offered():
    *_, arm = years_of(shipped_world(10_000, 2), CENTRE.vary(relocation=0))
    assert arm.visas.made.sum() == arm.visas.taken.sum() == 0
    *_, arm = years_of(shipped_world(10_000, 2))
    assert arm.visas.made.sum() >= arm.visas.taken.sum() > 0


def test_recorded_offers_are_those_of_the_visa_system(monkeypatch):
    """Counted from outside, offer by offer: after a lost petition, and at the end of a status in December."""
    s, seen = setting(), {name: np.zeros((12, 2, len(setting().countries))) for name in ("offers", "take")}
    whole = {name: getattr(VisaSystem, name) for name in seen}

    def offers(self, slots, lost, month):
        found = whole["offers"](self, slots, lost, month)
        np.add.at(seen["offers"][month % 12, month // 12 - START], s.country[found[found >= 0]], 1)
        return found

    def take(self, slots, chosen, offer):
        taken = chosen[(chosen == offer) & (offer >= 0)]
        np.add.at(seen["take"][self.month % 12, self.month // 12 - START], s.country[taken], 1)
        whole["take"](self, slots, chosen, offer)

    sim = begin(shipped_world(10_000, 2), CENTRE, constants_of(shipped_world(10_000, 2)), rules_for(s), 0)
    for name, counting in (("offers", offers), ("take", take)):
        monkeypatch.setattr(VisaSystem, name, counting)
    monkeypatch.setattr(VisaSystem, "can_compile", lambda self: False)  # a compiled month calls neither
    out = record(sim.branch(()), START + 2, empty_record(sim.world))
    for name, found in (("offers", seen["offers"]), ("offers_taken", seen["take"])):
        assert out[name] == pytest.approx(found.sum(axis=0) * sim.world.weight)
        assert found[11].sum() > 0  # most at the end of a status
    assert (out["offers_taken"] <= out["offers"]).all()
    usa = s.countries.index("usa")
    assert out["offers"][:, usa].sum() == 0  # of American employers, abroad
    assert out["offers"].sum() > 0


def test_students_prefer_pay_and_work_after_study():
    assert eq.study_gain(0.0, 36, 36, 0.75, 0.13) == 1
    assert eq.study_gain(0.1, 36, 36, 0.75, 0.13) == pytest.approx(np.exp(0.075))
    assert eq.study_gain(0.0, 0, 36, 0.75, 0.13) == pytest.approx(1 - 0.39)


def test_students_expect_home_pay_if_they_cannot_stay():
    assert eq.study_pay(2.0, 1.0, 0.0, 3.0) == pytest.approx(1.0)
    assert eq.study_pay(2.0, 1.0, 1.0, 3.0) == pytest.approx(2.0)
    assert eq.study_pay(2.0, 1.0, 0.3, 0.0) == pytest.approx(1.0)


def test_students_avoid_places_with_fewer_permits():
    arm = arm_of(shipped_world(10_000, 2))
    s = setting()
    usa = s.country == s.countries.index("usa")
    homes, graduates = np.full((len(s.hubs), len(s.homes)), 1 / len(s.homes)), np.ones(len(s.hubs))
    pay, months, granted = arm.study_start
    arm.studied, arm.year = [np.stack([pay, months, np.where(usa, granted / 3, granted)])], START + 2
    factor = study_factor(arm, homes, graduates)
    there, india = homes.T * graduates, s.homes.index("ind")
    assert (factor[india, usa] < 1).all()
    assert ((there * factor)[:, usa]).sum() < there[:, usa].sum()
    assert (there * factor).sum(axis=1) == pytest.approx(there.sum(axis=1))
    arm.studied = [arm.study_start]
    assert study_factor(arm, homes, graduates) == pytest.approx(1)


HELD = "can.h1b_holders_2023"
PLACES = 4_000
OFFER = {"country.can.route.h1b_holders_2023.is_open": "true", "country.can.route.h1b_holders_2023.cap": PLACES}
PERMIT = [row["route"] for row in setting().routes].index(HELD)
CANADA = setting().countries.index("can")


@pytest.fixture(scope="module")
def offered():
    """The world of two years after Canada offers permits that people may hold."""
    world, policies = shipped_world(60_000, 2), scenario(OFFER, ends="2027-01-01").policies
    return [arm.branch(()) for arm in years_of(world, policies=policies)][1:]


def test_places_of_an_open_permit_fill_at_once(offered):
    counts, world = offered[0].visas.counts, offered[0].world
    assert counts["applicants"][PERMIT] * world.weight == pytest.approx(PLACES, abs=world.weight)
    approved = setting().routes[PERMIT]["approval_rate"]
    assert counts["grants"][PERMIT] / counts["applicants"][PERMIT] == pytest.approx(float(approved), abs=0.1)


def test_holders_move_about_as_often_as_in_2023(offered):
    first = offered[0]
    moved = (first.people.route == PERMIT) & (setting().country[first.people.hub] == CANADA)
    assert (first.people.status[moved] == TEMPORARY).all()
    share = moved.sum() / first.visas.counts["grants"][PERMIT]
    assert share == pytest.approx(np.exp(-CENTRE.open_permit_delta), abs=0.08)


def test_a_permit_is_used_once_or_kept_for_its_term(offered):
    for arm in offered:
        slots = arm.visas.held[0]
        assert len(np.unique(slots)) == len(slots)
        assert not ((arm.people.route[slots] == PERMIT) & (setting().country[arm.people.hub[slots]] == CANADA)).any()
    kept = np.isin(offered[1].visas.held[0], offered[0].visas.held[0])
    assert kept.all()  # the offer has ended


def test_who_holds_a_permit_chooses_without_waiting():
    arm = arm_of(shipped_world(10_000, 2), CENTRE.vary(b_open=0.5))
    us = setting().country[arm.people.hub] == setting().countries.index("usa")
    slots = np.flatnonzero(us & (arm.people.status == TEMPORARY) & (arm.people.hub >= 0))
    plain, _ = moves.choose(arm, slots, "destination", START)
    arm.visas.held = np.stack([slots, *(np.full(len(slots), x) for x in (PERMIT, 0, 10**6))])
    holding, needs = moves.choose(arm, slots, "destination", START)
    goes = setting().country[holding] == CANADA
    assert goes.sum() > (setting().country[plain] == CANADA).sum()
    home = setting().home_country[arm.people.home[slots]]
    assert not needs[goes & (home != CANADA)].any()


def test_a_permit_without_holders_changes_nothing():
    world = shipped_world(10_000, 2)
    *_, off = years_of(world, CENTRE.vary(open_permit_delta=0))
    *_, on = years_of(world)
    assert same(off.people, on.people)


def test_free_and_permanent_permits_add_their_worth():
    assert eq.permit_value(CENTRE.vary(b_open=0, b_permanent=0), True, 0.0) == 0
    a = CENTRE.vary(b_open=0.3, b_permanent=0.6)
    assert eq.permit_value(a, True, 0.0) == pytest.approx(0.9)
    assert eq.permit_value(a, False, np.inf) == 0
    assert eq.permit_value(a, False, a.horizon / 2) == pytest.approx(0.3)


def test_corridors_without_strength_add_nothing():
    off = [
        Layout(setting(), CENTRE.vary(**{name: 0}), (1, 2, 2)).trip_cost
        for name in ("corridor_strength", "corridor_transfer")
    ]
    assert off[0].tobytes() == off[1].tobytes()
    assert off[0].tobytes() != Layout(setting(), CENTRE, (1, 2, 2)).trip_cost.tobytes()


def test_canada_gains_by_its_open_permit():
    world = shipped_world(200_000, 3)
    found = [
        list(years_of(world, policies=policies))[-1] for policies in ((), tuple(load("canada_open_permit").policies))
    ]
    base, offer = ((arm.counts.sum(axis=(1, 2, 3)) @ (setting().country == CANADA)) for arm in found)
    assert offer > base


def test_a_wider_route_renews_no_other_permit():
    """Residents hold the widest route's permit; a route that policy widens beyond it changes only who may come."""
    usual, wide = arm_of(shipped_world(10_000, 2)), scenario({"country.gbr.route.global_talent.reach": "1.0"})
    wide = usual.branch(wide.policies)
    wide.adopt_rules(12 * START)
    assert (wide.rules["route_reach"] != usual.rules["route_reach"]).sum() == 1
    assert np.array_equal(renewal_rates(usual), renewal_rates(wide))


# Signs of scenarios, without chance: the first year as expected under the rules at the end of each


@cache
def under(name):
    """The simulation on its first 1 January under the last rules of a scenario, and the first year that is expected."""
    arm = arm_of(shipped_world(10_000, 2)).branch(tuple(load(name).policies))
    arm.adopt_rules(12 * (START + 9))
    update_market(arm, START)
    return arm, expected(arm)


def net(found, country):
    """Expected net arrivals of a country, persons a year."""
    there = setting().country == setting().countries.index(country)
    flow = found.flow()
    return flow[np.ix_(~there, there)].sum() - flow[np.ix_(there, ~there)].sum()


@pytest.mark.parametrize(
    ("name", "country", "sign"),
    [("returnee_tax", "ind", 1), ("returnee_tax", "fra", 1), ("chip_controls", "chn", -1)],
)
def test_a_scenario_moves_its_country(name, country, sign):
    assert sign * (net(under(name)[1], country) - net(under("baseline")[1], country)) > 0


def test_closed_opt_keeps_foreign_students_away():
    arm, before = (under(name)[0] for name in ("opt_closed", "baseline"))
    arm.studied, arm.year = [study_pull(arm)], START + 2
    arm.study_start = study_pull(before)
    s, usa = setting(), setting().country == setting().countries.index("usa")
    homes, graduates = np.full((len(s.hubs), len(s.homes)), 1 / len(s.homes)), np.ones(len(s.hubs))
    factor = study_factor(arm, homes, graduates)[s.homes.index("ind")]
    assert (factor[usa] < 1).all()
    assert factor[~usa].max() > 1  # they study elsewhere


def test_remote_first_frees_the_place_of_residence():
    remote = [remote_share(setting(), CENTRE, under(name)[0].rules) for name in ("remote_first", "baseline")]
    assert (remote[0] >= remote[1]).all()
    assert remote[0].sum() > 2 * remote[1].sum()


def test_the_entry_squeeze_keeps_beginners_out_alone():
    ratio = {}
    for name in ("entry_squeeze", "baseline"):
        shape = len(setting().hubs), 2, len(TIERS), -1  # hub, kind, tier, role
        ratio[name] = entrant_ratio(under(name)[0], START).reshape(shape)
    entry, others = ([tier == "entry" for tier in TIERS], [tier != "entry" for tier in TIERS])
    assert ratio["entry_squeeze"][:, :, entry] == pytest.approx(0.7 * ratio["baseline"][:, :, entry])
    assert np.array_equal(ratio["entry_squeeze"][:, :, others], ratio["baseline"][:, :, others])


def test_doctoral_places_act_when_doctors_graduate():
    arm, usa = under("phd_expansion")[0], setting().countries.index("usa")
    assert doctoral_places(arm, START + 3)[usa] == 1
    assert doctoral_places(arm, START + 9)[usa] == 2
