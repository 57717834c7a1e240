"""The visa offices: caps, queues, fees, draws and statuses."""

from dataclasses import replace

import numpy as np
import pytest
from worlds import (
    CENTRE,
    START,
    arm_of,
    rules_for,
    scenario,
    setting,
    shipped_world,
    small_setting,
    world_of,
    years_of,
)

from sim.model import rng
from sim.model.equations import permit_value
from sim.model.routes import MOST_ROUTES, approval, pays_fee, route_for
from sim.model.visas import SLOT, update_status
from sim.model.year import leave
from sim.scenario.files import load
from sim.world.categories import TIERS
from sim.world.engineers import CITIZEN, OPT, PERMANENT, STEM_OPT, STUDENT, TEMPORARY, tier_of

JANUARY = 12 * START
FEE = "country.usa.route.h1b.special_fee_usd"


def route(name, place=None):
    """Position of a route."""
    return [row["route"] for row in (place or setting()).routes].index(name)


H1B = route("usa.h1b")


@pytest.fixture(scope="module")
def accounts():
    """(year of counts) by scenario: what the offices counted in two years, in agents of 95 persons."""
    world, kept = shipped_world(20_000, 2), {}

    def run(name, policies=()):
        if name not in kept:
            arms = years_of(world, policies=policies)
            next(arms)
            kept[name] = [arm.visas.counts | {"by_tier": arm.visas.grants_by_tier} for arm in arms]
        return kept[name]

    return run


@pytest.fixture
def fee(accounts):
    return accounts("fee", scenario({FEE: 100_000}).policies)


# caps and pools


def test_never_more_are_selected_than_there_are_places(accounts):
    places = sum(np.ceil(p / CENTRE.petition_yield / shipped_world(20_000, 2).weight) for p in (65_000, 20_000))
    for name, policies in (("baseline", ()), ("weighted", load("h1b_weighted_lottery").policies)):
        for year in accounts(name, policies):
            assert 0.99 * places < year["selected"][H1B] <= places
            assert year["grants"][H1B] <= year["selected"][H1B] <= year["registrations"][H1B]


@pytest.mark.parametrize(("name", "hub"), [("usa.h1b", "sf_bay_area"), ("gbr.skilled_worker", "london")])
def test_a_cap_is_never_exceeded(name, hub):
    """More are selected than the cap, since not every selection becomes a visa; visas are not more."""
    nobody_else = tuple(row | {"registrations": "0", "own_registrations": "1"} for row in setting().pools)
    place = small_setting(hub, "rest_of_india", pools=nobody_else)
    world, rules = world_of(place, 4_000, 3), rules_for(place)
    capped = route(name, place)
    rules["route_cap"][capped] = 6 * world.weight
    arms = years_of(world, rules=rules)
    next(arms)
    for arm in arms:
        assert arm.visas.counts["applicants"][capped] > 12  # or the cap would not bind
        assert arm.visas.counts["grants"][capped] <= 7  # scaled to agents at random


@pytest.mark.parametrize("name", ["usa.h1b", "usa.l1", "gbr.skilled_worker", "usa.opt"])
def test_a_cap_of_zero_admits_nobody(name):
    country, alias = name.split(".")
    policies = scenario({f"country.{country}.route.{alias}.cap": 0}).policies
    arms = years_of(shipped_world(10_000, 2), policies=policies)
    next(arms)
    for arm in arms:
        assert arm.visas.counts["grants"][route(name)] == 0


def test_no_cap_admits_everybody_who_asks():
    policies = scenario({"country.usa.route.h1b.cap": '"none"'}).policies
    *_, arm = years_of(shipped_world(10_000, 1), policies=policies)
    assert arm.visas.counts["selected"][H1B] == arm.visas.counts["registrations"][H1B] > 0


def queue(seed, group=40, cap=25):
    """Two groups apply for London a month apart, by a route of ``cap`` agents a year: who has come when."""
    place = small_setting("london", "rest_of_india")
    world, rules = world_of(place, 4_000, 3), rules_for(place)
    for name in ("is_open", "reach", "approval_rate"):
        rules[f"route_{name}"] = np.ones(len(place.routes))
    rules["route_is_open"] = np.array([r["route"] == "gbr.skilled_worker" for r in place.routes])
    rules["route_pay_threshold_kusd"][:] = 0
    rules["route_cap"][:] = cap * world.weight
    arm = arm_of(world, rules=rules, seed=seed)
    candidates = np.flatnonzero((arm.people.hub == 1) & (arm.people.home == place.homes.index("ind")))
    first, second = candidates[:group], candidates[group : 2 * group]
    arrived = []
    for year in range(3):
        arm.open_accounts()
        for month in range(12):
            now = JANUARY + 12 * year + month
            if (year, month) in ((0, 0), (0, 1)):
                group = (first, second)[month]
                arm.visas.receive(group, np.zeros(len(group), np.int64), now)
            arm.visas.hold_rounds(now)
        arrived.append((arm.people.hub[first] == 0, arm.people.hub[second] == 0))
    return arrived


def test_a_queue_is_first_in_first_out_within_its_cap():
    counts = [(a.sum(), b.sum()) for a, b in queue(0)]
    assert counts == [(25, 0), (40, 10), (40, 35)]


def test_ties_in_a_queue_are_broken_by_lot():
    """With equal dates everybody is served equally often, the first slots no more than the last."""
    runs = 60
    served = np.sum([queue(seed)[0][0] for seed in range(runs)], axis=0)
    p, n = 25 / 40, len(served)
    spread = np.sqrt(runs * p * (1 - p))
    assert np.abs(served - runs * p).max() < 4.5 * spread
    assert abs(served[: n // 2].mean() - served[n // 2 :].mean()) < 4 * spread * np.sqrt(2 / n * 2)


# fees and the draw


def test_a_fee_beyond_reason_is_paid_by_nobody_abroad(accounts):
    for year in accounts("huge fee", scenario({FEE: 1_000_000_000}).policies):
        assert year["grants_abroad"][H1B] == 0
        assert year["grants"][H1B] > 0  # those inside are exempt


def test_a_fee_changes_who_gets_in_more_than_how_many(accounts, fee):
    """Places that applicants abroad give up go to those inside, as long as more ask than there are places."""
    for before, after in zip(accounts("baseline"), fee, strict=True):
        assert after["registrations"][H1B] < before["registrations"][H1B]
        assert after["registrations"][H1B] > after["selected"][H1B]
        assert after["selected"][H1B] == before["selected"][H1B]
        assert inside(after) > inside(before) + 0.1
        assert after["lost_petitions"][H1B] > 0


def inside(counts):
    """Share of the granted who lived in the country when they applied."""
    return 1 - counts["grants_abroad"][H1B] / counts["grants"][H1B]


@pytest.mark.parametrize("special_fee", [0, 1_000_000_000])
def test_applicants_take_the_best_accessible_route(special_fee):
    """One by one, from the rules: where nobody pays for the H-1B, another route or none is taken."""
    rules = rules_for(setting())
    rules["route_special_fee_usd"][H1B] = special_fee
    rules["route_pay_threshold_kusd"][:] = 0
    arm = arm_of(shipped_world(20_000, 1), rules=rules)
    slots = np.flatnonzero(setting().country[arm.people.hub[: arm.used]] > 0)[::60]
    chosen = route_for(arm, slots, np.zeros(len(slots), np.int64), abroad=True)  # to the first hub, in the USA
    pays = pays_fee(CENTRE, rules["route_special_fee_usd"])
    worth = permit_value(CENTRE, arm.routes.is_free, arm.routes.permanent_after)
    chance = pays * arm.visas.mean_odds() * approval(arm) * np.exp(worth)
    for i, taken in zip(slots, chosen, strict=True):
        tier, home = tier_of(arm.people.category[i]), setting().homes[arm.people.home[i]]
        open_to = [
            k
            for k in np.flatnonzero(rules["route_is_open"] * rules[f"route_{TIERS[tier]}"])
            if is_from_abroad(setting().routes[k], home) and is_reached(arm, i, k)
        ]
        promises = {k: chance[tier, k] for k in open_to if chance[tier, k] > 0}
        assert taken == max(promises, key=promises.get, default=-1)
    assert (chosen == H1B).any() == (special_fee == 0)
    assert (chosen != H1B).any()


def is_reached(arm, slot, route):
    """Return whether the route is open to the person in practice."""
    u = rng.uniform(rng.key(arm.world.seed, "route reach"), slot * MOST_ROUTES + route)
    return u < arm.rules["route_reach"][route]


def is_from_abroad(row, home):
    """Return whether somebody of that home may ask for the route while living outside the USA."""
    eligible = row["country"] == "usa" and row["from_abroad"] == "1" and row["local_degree"] != "1"
    return eligible and (not row["homes"] or home in row["homes"].split(";"))


def test_a_weighted_lottery_keeps_the_number_selected(accounts):
    for before, after in zip(
        accounts("baseline"), accounts("weighted", load("h1b_weighted_lottery").policies), strict=True
    ):
        assert after["selected"][H1B] == before["selected"][H1B]
        experts = [year["by_tier"][H1B, 0] / year["by_tier"][H1B].sum() for year in (before, after)]
        assert experts[1] > experts[0]


def test_first_year_odds_are_as_expected():
    *_, arm = years_of(shipped_world(20_000, 1))
    before = arm_of(shipped_world(20_000, 1)).visas.mean_odds()[H1B]
    assert arm.visas.odds[0, H1B] == pytest.approx(before, rel=0.05)
    assert np.all(arm.visas.odds[1:, H1B] == before)  # three years are remembered
    assert np.all(np.delete(arm.visas.odds, H1B, axis=1) == 1)  # nobody else draws lots


APPROVAL = "country.usa.route.h1b.approval_rate"


@pytest.mark.parametrize("changes", [{FEE: 100_000}, {APPROVAL: 0.5}, {}], ids=["fee", "refusals", "baseline"])
def test_petitions_lost_in_the_usa_open_jobs_abroad(changes):
    *_, arm = years_of(shipped_world(20_000, 1), policies=scenario(changes).policies if changes else ())
    lost = arm.visas.counts["lost_petitions"] * arm.world.weight
    american = np.array([name.startswith("usa.") for name in arm.routes.names])
    assert lost[american].sum() > 0
    assert lost[~american].sum() > 0  # refusals elsewhere: nobody has counted what follows from them
    opened = CENTRE.affiliate_jobs * lost[american].sum() - arm.visas.taken.sum() * arm.world.weight
    assert arm.affiliate_jobs == pytest.approx(max(opened, 0))  # offers that people took are no openings


def test_whoever_applies_is_granted_refused_or_waits():
    """If nothing is drawn, capped or charged, an application is granted or lost within the year."""
    *_, arm = years_of(shipped_world(20_000, 1))
    plain = ~(arm.visas.drawn | arm.visas.capped)
    asked, granted, lost = (arm.visas.counts[name][plain] for name in ("applicants", "grants", "lost_petitions"))
    assert granted.sum() + lost.sum() == pytest.approx(asked.sum(), rel=0.02)  # some move away while they wait
    assert (granted + lost <= asked).all()


def test_nobody_waits_without_a_petition():
    for arm in years_of(shipped_world(10_000, 2)):
        visas, pending = arm.visas, np.flatnonzero((arm.people.target >= 0) & (arm.people.hub >= 0))
        held = np.concatenate([visas.queued, visas.waiting, *visas.new, visas.due[:4]], axis=1)
        assert set(pending) <= set(held[SLOT])
        assert len(pending) > 0


def test_the_backlog_counts_people_who_still_wait():
    for arm in years_of(shipped_world(10_000, 2)):
        pending = (arm.people.target >= 0) & (arm.people.hub >= 0)
        filed_next = sum(batch.shape[1] for batch in arm.visas.new)  # December's refused try elsewhere
        assert arm.visas.backlog().sum() == pending.sum() - filed_next


# status (E6)


def settled(status, expiry=JANUARY + 6, hub="toronto", home="ind", **changes):
    """Status, expiry and hub of people alike after the year has been settled."""
    place = small_setting("sf_bay_area", "toronto", "rest_of_india")
    place = replace(place, **{name: np.full_like(getattr(place, name), value) for name, value in changes.items()})
    arm = arm_of(world_of(place, 900, 1), CENTRE.vary(naturalisation_rate=0.5))
    people, n = arm.people, 300
    people.hub[:n] = ("sf_bay_area", "toronto", "rest_of_india").index(hub)
    people.home[:n] = place.homes.index(home)
    people.status[:n], people.expiry_month[:n] = status, expiry
    arm.count()
    arm.open_accounts()
    update_status(arm, START)
    leave(arm, START)
    before = arm.census
    arm.count()
    arm.accounts.close(before, arm.census)
    stays = people.hub[:n] == ("sf_bay_area", "toronto", "rest_of_india").index(hub)
    return people.status[:n][stays], people.expiry_month[:n][stays], people.hub[:n][~stays]


NEVER = {"return_rate": 0.0, "settlement_rate": 0.0, "exit_rate": 0.0}


def test_only_us_degrees_extend_post_study_work():
    status, expiry, _ = settled(STUDENT, hub="toronto", **NEVER)
    assert np.all(status == OPT)
    assert np.all(expiry == JANUARY + 6 + 36)  # the Canadian permit runs for three years
    assert np.all(settled(OPT, hub="sf_bay_area", **NEVER)[0] == STEM_OPT)
    assert len(settled(OPT, hub="toronto", **NEVER)[0]) < 300  # no extension: they go if they find where


def test_a_status_that_has_not_run_out_stays_as_it_is():
    for status in (STUDENT, OPT, STEM_OPT, TEMPORARY):
        now, expiry, gone = settled(status, expiry=JANUARY + 12, **NEVER)
        assert np.all(now == status)
        assert np.all(expiry == JANUARY + 12)
        assert len(gone) == 0


def test_a_status_lasts_to_the_end_of_its_last_month():
    assert np.all(settled(STUDENT, expiry=JANUARY + 11, **NEVER)[0] == OPT)


def test_renewals_follow_the_approval_rate():
    status, expiry, gone = settled(TEMPORARY, hub="toronto", **NEVER)
    renewed = (expiry == JANUARY + 6 + 36).mean()
    assert np.all(status == TEMPORARY)
    assert renewed > 0.75
    assert len(gone) > 0
    assert np.all(gone != 1)


def test_settlement_and_naturalisation():
    sure = NEVER | {"settlement_rate": 1.0}
    assert np.all(settled(TEMPORARY, **sure)[0] == PERMANENT)
    status = settled(PERMANENT, **NEVER)[0]
    assert set(status) == {PERMANENT, CITIZEN}
    assert (status == CITIZEN).mean() == pytest.approx(0.5, abs=0.13)
    assert np.all(settled(CITIZEN, **sure)[0] == CITIZEN)


def test_nobody_is_too_old_to_retire():
    arm = arm_of(world_of(small_setting("toronto"), 500, 1))
    arm.people.birth_year[:100] = START - 68
    arm.open_accounts()
    leave(arm, START)
    assert np.all(arm.people.hub[:100] == -1)
    assert (arm.people.hub[100:500] >= 0).mean() > 0.9
