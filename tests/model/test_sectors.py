"""Sectors: their pay, compute and openings against the hub's, who leaves them, and what of it a policy moves."""

from functools import cache

import numpy as np
import pytest
from definition import sectors_ahead
from worlds import CENTRE, START, arm_of, rules_for, setting, shipped_world, small_setting, world_of

from sim.model import equations as eq
from sim.model import rng
from sim.model.labour import b_compute, change_jobs, openings_by_sector, relative_pay, separation, separation_rates
from sim.model.market import OWNER_OF, compute_per_engineer, fleets, openings, update_market
from sim.scenario.assumptions import draw_assumptions
from sim.world.categories import SECTORS

FRONTIER_LAB, STARTUP, SOVEREIGN_LAB = (SECTORS.index(k) for k in ("frontier_lab", "startup", "sovereign_lab"))
MIDDLE = np.arange(1, 45, 3)  # categories whose taste for pay is the average one
EVERY_LEVER = {
    "sector_pay": 1.5,
    "hub_sector_pay": 0.7,
    "sector_openings": 3.0,
    "hub_sector_openings": 2.0,
    "sector_liquidity": 0.8,
    "compute_guarantee": 50.0,
}


@cache
def flat_taxed():
    """Three hubs in which everybody pays 30 % tax on all that they earn."""
    place = small_setting("sf_bay_area", "paris", "tokyo")
    return world_of(small_setting("sf_bay_area", "paris", "tokyo", tax_rate=np.full_like(place.tax_rate, 0.3)), 3_000)


def after(world, a=CENTRE, start=None, **levers):
    """A simulation whose rules have changed since the start; a lever is an array or one number for all its places."""
    arm = arm_of(world, a, rules=rules_for(world.setting) | (start or {}))
    arm.rules = arm.rules | {name: np.zeros_like(arm.rules[name]) + value for name, value in levers.items()}
    update_market(arm, START)
    return arm


def only(sector, factor):
    """Factors by sector, 1 but for one."""
    return np.where(np.arange(len(SECTORS)) == sector, factor, 1.0)


# --- relative to the start ------------------------------------------------------------------------


@pytest.mark.parametrize("draw", range(5))
def test_at_the_start_no_sector_gains_or_loses(draw):
    a = draw_assumptions(5, 0)[draw]
    arm = arm_of(shipped_world(5_000, 1), a)
    assert np.all(arm.sectors.relative_utility == 0)
    assert np.all(arm.sectors.value == 0)
    assert np.all(arm.tables.stay == 0)
    assert arm.sectors.openings.sum(axis=1) == pytest.approx(1)


def test_the_first_pull_is_that_of_the_equations():
    arm = arm_of(flat_taxed(), rules=rules_for(flat_taxed().setting) | {"allowance_kusd": np.array([20.0, 0, 5])})
    assert arm.sector_utility_at_start == pytest.approx(sectors_ahead(arm, START), abs=1e-12)


def test_without_response_sectors_differ_by_openings():
    arm = after(
        shipped_world(5_000, 1),
        CENTRE.vary(sector_response=0),
        **EVERY_LEVER | {"sector_pay": only(STARTUP, 3.0), "sector_openings": only(STARTUP, 2.0)},
    )
    assert np.all(arm.sectors.relative_utility == 0)
    assert np.all(arm.tables.stay == 0)
    chance = np.diff(arm.hiring.sector, axis=-1, prepend=0)
    assert chance == pytest.approx(np.broadcast_to(arm.sectors.openings, chance.shape), abs=1e-6)


def test_no_sector_gains_without_pay_and_compute():
    a = CENTRE.vary(b_pay=0, b_pay_sd=0, b_compute=0, b_compute_other=0)
    assert np.all(after(shipped_world(5_000, 1), a, **EVERY_LEVER).sectors.relative_utility == 0)


# --- pay ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("factor", [0.6, 1.0, 1.7])
def test_sector_pay_pulls_by_its_log(factor):
    """Closed form: pay of one sector acts on a hub as ln(sum a m^b), on who has such a job as b ln m."""
    world = flat_taxed()
    before, arm = arm_of(world), after(world, sector_pay=only(STARTUP, factor))
    share = before.sectors.openings[:, STARTUP]
    hub = np.log1p(share * (factor**CENTRE.b_pay - 1))
    gain = (arm.tables.pull - before.tables.pull)[:, MIDDLE]
    assert gain == pytest.approx(np.broadcast_to(hub, gain.shape), abs=2e-5)
    stays = (arm.tables.pull[0] + arm.tables.stay - before.tables.pull[0])[:, MIDDLE]
    expected = CENTRE.b_pay * np.log(only(STARTUP, factor))
    assert stays == pytest.approx(np.broadcast_to(expected[:, None, None], stays.shape), abs=2e-5)


def test_a_single_sector_has_nothing_to_be_chosen():
    place = small_setting("paris", "tokyo")
    one = np.zeros_like(place.sector_share)
    one[:, STARTUP] = 1
    flat = np.full_like(place.tax_rate, 0.3)
    world = world_of(small_setting("paris", "tokyo", sector_share=one, tax_rate=flat), 2_000)
    arm = after(world, CENTRE.vary(b_compute=0), sector_pay=only(STARTUP, 2.0))
    assert arm.sectors.value == pytest.approx(0, abs=1e-9)
    assert arm.sectors.relative_utility[:, :, STARTUP] == pytest.approx(0, abs=1e-9)
    assert np.diff(arm.hiring.sector, axis=-1, prepend=0)[..., STARTUP] == pytest.approx(1, abs=1e-6)
    assert arm.market.pay_scale == pytest.approx(2 * arm_of(world).market.pay_scale)


def test_sectors_pay_the_hubs_pay_on_average():
    relative = relative_pay(
        setting(), CENTRE.vary(liquid_equity_weight=1, illiquid_equity_weight=1), rules_for(setting())
    )
    assert np.einsum("hk,hkt->ht", setting().sector_share, relative) == pytest.approx(1)


@pytest.mark.parametrize("liquidity", [0.0, 0.4, 1.0])
def test_a_listing_makes_illiquid_equity_liquid(liquidity):
    place, rules = setting(), rules_for(setting())
    rules["sector_liquidity"] = only(FRONTIER_LAB, 0) * 0 + liquidity
    value = relative_pay(place, CENTRE, rules)
    h, t = place.hubs.index("sf_bay_area"), 0
    base, bonus, liquid, illiquid = place.pay[h, t]
    w_liq, w_ill = CENTRE.liquid_equity_weight, CENTRE.illiquid_equity_weight
    valued = base + bonus + w_liq * liquid + w_ill * illiquid
    total = place.pay[h, t].sum() * place.sector_pay[FRONTIER_LAB] / (place.sector_share[h] @ place.sector_pay)
    equity = (liquid + illiquid) / place.pay[h, t].sum() + place.sector_equity[FRONTIER_LAB]
    locked = place.sector_illiquid[FRONTIER_LAB] * (1 - liquidity)
    by_hand = total * (1 - equity + equity * (w_liq * (1 - locked) + w_ill * locked)) / valued
    assert value[h, FRONTIER_LAB, t] == pytest.approx(by_hand)


def test_liquidity_is_idle_if_equity_is_worth_alike():
    a = CENTRE.vary(liquid_equity_weight=0.5, illiquid_equity_weight=0.5)
    arm = after(shipped_world(5_000, 1), a, sector_liquidity=1.0)
    assert arm.sectors.relative_utility == pytest.approx(0, abs=1e-9)


def test_an_allowance_is_pay_and_is_taxed():
    world = flat_taxed()
    gross = arm_of(world).utility_terms.pay[MIDDLE]
    arm = after(world, allowance_kusd=np.array([10.0, 0.0, 0.0]))
    gain = arm.utility_terms.pay[MIDDLE] - gross
    assert np.all(gain[:, 0] > 0)
    assert np.all(gain[:, 1:] == 0)
    kept = lambda x: 0.7 * x / world.setting.price[0] ** CENTRE.price_weight  # noqa: E731
    y = np.exp(gross[:, 0] / CENTRE.b_pay)
    assert np.exp(arm.utility_terms.pay[MIDDLE, 0] / CENTRE.b_pay) - y == pytest.approx(
        np.full_like(y, kept(10.0)), rel=1e-6
    )


def test_a_payment_on_arrival_draws_newcomers_only():
    world, once = flat_taxed(), np.array([60.0, 0.0, 0.0])
    before, arm = arm_of(world), after(world, sign_on_kusd=once)
    yearly = after(world, allowance_kusd=once / CENTRE.expected_stay)
    gain = arm.tables.pull - before.tables.pull
    assert gain == pytest.approx(
        np.broadcast_to(yearly.utility_terms.pay_arriving - before.utility_terms.pay_arriving, gain.shape), abs=1e-5
    )
    assert arm.tables.pull[0] + arm.tables.stay == pytest.approx(before.tables.pull[0] + before.tables.stay, abs=1e-5)


# --- openings -------------------------------------------------------------------------------------


def test_jobs_left_in_a_sector_are_taken_in_it():
    """So sectors keep their shares where nothing changes."""
    s, rates = setting(), separation_rates(setting(), CENTRE)
    left = s.sector_share * rates
    taken = left.sum(axis=1, keepdims=True) * openings_by_sector(s, CENTRE, rules_for(s))
    assert taken == pytest.approx(left)


def test_openings_of_a_sector_add_to_those_of_the_hub():
    s, rules = setting(), rules_for(setting())
    plain, share = openings(s, CENTRE, rules), openings_by_sector(s, CENTRE, rules)[:, STARTUP]
    more = rules | {"sector_openings": only(STARTUP, 3.0)}
    assert openings(s, CENTRE, more) == pytest.approx(plain * (1 + 2 * share))
    arm = after(shipped_world(5_000, 1), CENTRE, sector_openings=only(STARTUP, 3.0))
    assert arm.sectors.openings[:, STARTUP] == pytest.approx(3 * share / (1 + 2 * share))


# --- separations ----------------------------------------------------------------------------------


def test_two_types_give_the_published_retention():
    """Closed form: 64 to 80 % of the hires of frontier labs are still there after two years (m67 to m70)."""
    arm = arm_of(shipped_world(5_000, 1))
    others, mission = separation(arm)[:, FRONTIER_LAB]
    assert (1 - others) ** 2 == pytest.approx(0.64, abs=0.015)
    assert (1 - mission) ** 2 == pytest.approx(0.80, abs=0.015)
    share = CENTRE.mission_share
    assert share * mission + (1 - share) * others == pytest.approx(CENTRE.lab_separation_rate)


@cache
def all_labs(**levers):
    """The world of two hubs with frontier labs alone, nobody bound by a permit or remote."""
    place = small_setting("sf_bay_area", "london")
    one = np.zeros_like(place.sector_share)
    one[:, FRONTIER_LAB] = 1
    a = CENTRE.vary(temporary_job_change=1, permanent_queue_job_change=0, remote_share=0, b_compute=0)
    world = world_of(small_setting("sf_bay_area", "london", sector_share=one), 40_000, years=1, with_ties=False)
    return after(world, a, **levers)


def leavers(arm):
    """Separations a person of (others, those whom the mission holds) in a year, and how many there are of each."""
    present = arm.people.hub[: arm.used] >= 0
    key = rng.key(arm.world.seed, "mission")
    mission = rng.uniform(key, np.arange(arm.used)) < arm.a.mission_share
    rates, counts = np.zeros(2), np.array([(present & ~mission).sum(), (present & mission).sum()])
    u = rng.uniform(rng.key(arm.seed, "separation", START), np.arange(arm.used))
    p = separation(arm)[:, FRONTIER_LAB]
    for kind, who in enumerate((~mission, mission)):
        rates[kind] = (present & who & (u < p[kind])).sum() / counts[kind]
    return rates, counts


def test_compiled_separations_follow_the_rates():
    arm = all_labs()
    arm.open_accounts()
    change_jobs(arm, START)
    rates, counts = leavers(arm)
    assert (
        arm.accounts.hires[FRONTIER_LAB, FRONTIER_LAB]
        == arm.accounts.job_changes.sum()
        == (rates * counts).sum().round()
    )
    p = separation(arm)[:, FRONTIER_LAB]
    assert np.all(abs(rates - p) < 4 * np.sqrt(p * (1 - p) / counts))
    assert 0.09 < arm.accounts.hires.sum() / counts.sum() < 0.22  # gate g22


def test_lower_pay_raises_exits_unless_mission_holds():
    """Against jobs elsewhere that pay as before: the rate of the others times the odds, that of the held as it was."""
    arm = arm_of(
        shipped_world(30_000, 1), CENTRE.vary(temporary_job_change=1, permanent_queue_job_change=0, remote_share=0)
    )
    factor = eq.pay_separation(arm.sectors.relative_utility, arm.sectors.value)
    assert np.all(factor == 1)
    cut = after(shipped_world(30_000, 1), arm.a, sector_pay=only(FRONTIER_LAB, 0.6))
    for which in (arm, cut):
        which.people.sector[:] = FRONTIER_LAB
        which.open_accounts()
    held = {"mission_share": 1.0, "mission_separation": 1.0}
    counts = {}
    for name, a in (("pay", {"mission_share": 0.0}), ("mission", held)):
        for which in (arm, cut):
            which.a = arm.a.vary(**a)
            which.open_accounts()
            change_jobs(which, START)
            counts[name, which is cut] = which.accounts.job_changes.sum()
            which.people.sector[:] = FRONTIER_LAB
    assert counts["mission", True] == counts["mission", False]
    ratio = counts["pay", True] / counts["pay", False]
    factor = eq.pay_separation(cut.sectors.relative_utility, cut.sectors.value)[:, :, FRONTIER_LAB]
    assert factor.min() > 1.2
    assert factor.min() < ratio < factor.max()


def test_counter_offers_keep_people_drawn_by_pay():
    """None changes no bit; all matched leaves the rate of the start where pay has fallen, and nobody stays longer."""
    cut = after(shipped_world(30_000, 1), sector_pay=only(FRONTIER_LAB, 0.6))
    pay = cut.sectors.relative_utility, cut.sectors.value
    factor = eq.pay_separation(*pay)
    assert np.array_equal(factor, eq.pay_separation(*pay, np.zeros(len(SECTORS))))
    matched = eq.pay_separation(*pay, np.eye(len(SECTORS))[FRONTIER_LAB])
    assert np.allclose(matched[..., FRONTIER_LAB], 1)
    assert np.array_equal(np.delete(matched, FRONTIER_LAB, -1), np.delete(factor, FRONTIER_LAB, -1))
    job_changes = []
    for offers in (0.0, 1.0):
        cut.rules = cut.rules | {"sector_counter_offers": np.full(len(SECTORS), offers)}
        cut.people.sector[:] = FRONTIER_LAB
        cut.open_accounts()
        change_jobs(cut, START)
        job_changes.append(cut.accounts.job_changes.sum())
    assert job_changes[1] < job_changes[0]


# --- compute --------------------------------------------------------------------------------------


def sizes(factor=1.0):
    """Persons by hub, and by hub and sector, of the start; ``factor`` (sector,) on the second."""
    by_sector = setting().stock[:, None] * setting().sector_share * factor
    return by_sector.sum(axis=1), by_sector


def test_what_the_sectors_use_is_all_that_there_is():
    rules = rules_for(setting()) | {"compute_h100e": np.full(len(setting().hubs), 5e4)}
    (size, by_sector), when = sizes(), (START + 2, START)
    hub, sector = compute_per_engineer(setting(), CENTRE, rules, sizes(), *when)
    owned, shared = fleets(setting(), CENTRE, rules, *when)
    total = owned.sum(axis=1) + shared
    assert (by_sector * sector).sum(axis=1) == pytest.approx(total)
    assert hub * size == pytest.approx(total)


def test_a_doubled_sector_halves_compute_per_engineer():
    rules = rules_for(setting()) | {"compute_multiplier": np.full(len(setting().hubs), 2.0)}
    before = compute_per_engineer(setting(), CENTRE, rules, sizes(), START - 1, START)[1]
    users = OWNER_OF[SOVEREIGN_LAB] == OWNER_OF
    (size, _), grown = sizes(), sizes(np.where(users, 2.0, 1.0))[1]
    now = compute_per_engineer(setting(), CENTRE, rules, (size, grown), START - 1, START)[1]
    assert now[:, users] == pytest.approx(before[:, users] / 2)  # before the pipeline: nothing is shared
    assert now[:, ~users] == pytest.approx(before[:, ~users])


def test_a_guarantee_is_a_floor_for_public_sectors():
    rules, least = rules_for(setting()), 30.0
    before, by_sector = compute_per_engineer(setting(), CENTRE, rules, sizes(), START, START)
    rules["compute_guarantee"] = np.where(np.array(setting().countries) == "jpn", least, 0.0)
    hub, now = compute_per_engineer(setting(), CENTRE, rules, sizes(), START, START)
    tokyo, public = setting().hubs.index("tokyo"), OWNER_OF[SOVEREIGN_LAB] == OWNER_OF
    assert np.all(by_sector[tokyo, public] < least)
    assert np.all(now[tokyo, public] == least)
    now[tokyo, public] = by_sector[tokyo, public]
    assert np.array_equal(now, by_sector)
    assert hub[tokyo] - before[tokyo] == pytest.approx(
        ((least - by_sector[tokyo]) * setting().sector_share[tokyo])[public].sum()
    )


def test_roles_see_compute_by_their_use_of_it():
    """If pay pulls nobody, the gain of a guarantee is in proportion to the role's coefficient."""
    arm = after(shipped_world(5_000, 1), CENTRE.vary(b_pay=0, b_pay_sd=0), compute_guarantee=50.0)
    gain = arm.sectors.relative_utility.reshape(3, 5, 3, *arm.sectors.relative_utility.shape[1:])[
        0, :, 0, :, SOVEREIGN_LAB
    ]
    assert gain.max() > 0
    assert gain == pytest.approx(np.outer(b_compute(CENTRE), gain[2] / b_compute(CENTRE)[2]))
