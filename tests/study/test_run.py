"""Whole runs: nobody lost or invented, same seed same bytes, and policy acts when and where it says."""

from functools import cache

import numpy as np
import pytest
from definition import probabilities, utilities
from scipy import stats
from worlds import (
    CENTRE,
    NO_FEEDBACK,
    START,
    arm_of,
    constants_of,
    identical_hubs,
    rules_for,
    same,
    scenario,
    setting,
    shipped_world,
    small_setting,
    world_of,
    years_of,
)

from sim.model import moves
from sim.model.kernels.choice import FREELY
from sim.model.supply import enter
from sim.model.year import find_searchers
from sim.parallel import get_threads, set_threads
from sim.results.schema import VARIABLES
from sim.scenario.files import load
from sim.scenario.levers import catalogue
from sim.study.run import run
from sim.world.engineers import CITIZEN, TEMPORARY

FLOWS = [name for name, variable in VARIABLES.items() if "year" in variable.dims]
STOCKS = [name for name, variable in VARIABLES.items() if "time" in variable.dims]
COUNTRIES = [path.split(".")[1] for path in catalogue() if path.endswith(".is_closed")]


@cache
def small_run(name="h1b_fee", **options):
    """A short run of a named scenario, kept for all tests."""
    return run(
        load(name),
        **(
            {
                "population": 10_000,
                "years": 2,
                "replicates": 2,
                "uncertainty": "chance",
                "seed": 5,
                "workers": 1,
            }
            | options
        ),
    )


def run_levers(levers, begins="2026-01-01", years=2, **options):
    """A short run of a scenario that sets ``levers`` at a date: both simulations' data."""
    options = {"population": 10_000, "replicates": 1, "uncertainty": "chance", "workers": 1} | options
    return run(scenario(levers, begins), years=years, **options)


def arms(result):
    return result.data.sel(arm="baseline"), result.data.sel(arm="scenario")


def identical(one, other):
    """Return whether two sets of arrays are equal to the byte."""
    return all(one[name].values.tobytes() == other[name].values.tobytes() for name in VARIABLES)


# the accounts


def test_every_year_balances_in_all_attributes():
    """The run closes its accounts every year and raises where a cell does not balance."""
    for policies in ((), load("h1b_fee").policies):
        for arm in years_of(shipped_world(10_000, 3), policies=policies):
            assert arm.counts.sum() == (arm.people.hub >= 0).sum()


def test_stocks_change_by_flows_entries_and_exits():
    for data in arms(small_run()):
        change = data.stock.sum("tier").diff("time").values
        arrivals, departures = data.flow.sum("origin").values, data.flow.sum("destination").values
        expected = data.entrants.sum("tier").values + arrivals - departures - data.exits.values
        assert change == pytest.approx(expected, abs=1e-6)


def test_nobody_is_invented():
    data, record = small_run().data, small_run().record
    assert data.stock.isel(time=0).sum(["hub", "tier"]).values == pytest.approx(setting().persons, rel=1e-12)
    for name in ("stock", "stock_by_home", "stock_by_status", "flow", "entrants", "exits"):
        agents = data[name].values / record["weight"]
        assert agents == pytest.approx(np.rint(agents), abs=1e-6), name
        assert agents.min() >= 0
    everybody = data.stock.sum(["hub", "tier"])
    assert data.stock_by_home.sum(["hub", "home"]).values == pytest.approx(everybody.values)
    assert data.stock_by_status.sum(["hub", "status"]).values == pytest.approx(everybody.values)
    born = everybody.diff("time").values - data.entrants.sum(["hub", "tier"]).values + data.exits.sum("hub").values
    assert born == pytest.approx(np.zeros(born.shape), abs=1e-5)  # moves add up to nothing over the world


def test_people_have_one_employer_sector_and_role():
    data = small_run().data
    everybody = data.stock.sum(["hub", "tier"]).values
    for name in ("stock_by_role", "stock_by_sector", "stock_by_employer"):
        assert data[name].sum(["hub", data[name].dims[-1]]).values == pytest.approx(everybody), name
    by_tier = data.stock.sum("hub").values
    assert data.stock_by_employer.sum("hub").values == pytest.approx(by_tier)  # wherever it is, the tier is theirs


def test_crossings_are_moves_between_countries():
    data = small_run().data
    country = data.hub_country.values
    border = country[:, None] != country[None, :]
    flow = data.flow.values
    assert np.all(flow[..., np.arange(len(country)), np.arange(len(country))] == 0)
    assert (flow * border).sum(axis=(-2, -1)) == pytest.approx(data.border_crossings.sum("tier").values)


# one seed, one result


def test_same_seed_same_bytes_other_seed_other_run():
    again = run(load("h1b_fee"), population=10_000, years=2, replicates=2, uncertainty="chance", seed=5, workers=1)
    assert identical(small_run().data, again.data)
    assert not identical(small_run().data, small_run(seed=6).data)


def test_seed_zero_is_a_seed():
    assert not identical(small_run(seed=0).data, small_run(seed=1).data)


def test_pairs_differ_by_chance():
    first, second = (small_run().data.isel(replicate=k) for k in range(2))
    assert not identical(first, second)


def test_a_pair_does_not_depend_on_the_number_of_pairs():
    alone, among = small_run(replicates=1).data, small_run(replicates=3).data
    for k in range(1):
        assert identical(alone.isel(replicate=[k]), among.isel(replicate=[k]))
    assert identical(small_run().data, among.isel(replicate=[0, 1]))


@pytest.mark.slow
def test_a_pair_keeps_its_draw_in_a_longer_series():
    short, long = (small_run(replicates=n, uncertainty="all", years=1) for n in (2, 4))
    assert short.record["draws"]["b_pay"] == long.record["draws"]["b_pay"][:2]
    assert identical(short.data, long.data.isel(replicate=[0, 1]))


def test_the_number_of_threads_changes_nothing():
    ends, before = [], get_threads()
    try:
        for threads in (1, 2, 3):
            set_threads(threads)
            *_, arm = years_of(shipped_world(30_000, 2))
            ends.append((arm.people, arm.accounts.flow, arm.counts))
    finally:
        set_threads(before)
    for people, flow, counts in ends[1:]:
        assert same(people, ends[0][0])
        assert flow.tobytes() == ends[0][1].tobytes()
        assert counts.tobytes() == ends[0][2].tobytes()


@pytest.mark.slow
def test_the_number_of_workers_changes_nothing():
    assert identical(small_run().data, small_run(workers=2).data)


def test_one_arm_knows_nothing_of_the_other():
    """The scenario's simulation is the baseline of a run that has it as baseline."""
    turned = run(
        load("baseline"),
        load("h1b_fee"),
        population=10_000,
        years=2,
        replicates=2,
        uncertainty="chance",
        seed=5,
        workers=1,
    )
    ours, other = arms(small_run())[1], arms(turned)[0]
    # the public account compares both arms: it alone may differ
    alone = [name for name in VARIABLES if name not in ("fiscal", "given", "windfall")]
    assert all(ours[name].values.tobytes() == other[name].values.tobytes() for name in alone)
    ours, other = arms(small_run())[0], arms(turned)[1]
    assert all(ours[name].values.tobytes() == other[name].values.tobytes() for name in alone)


# policies


def test_an_empty_policy_has_an_effect_of_exactly_zero():
    result = small_run("baseline", replicates=1)
    assert identical(*arms(result))
    assert result.record["warnings"] == []


def test_a_scenario_that_reaches_nobody_warns():
    closed = {"country.sgp.route.one_pass_ai.approval_rate": 0.1}  # a route that takes no applications
    result = run_levers(closed, years=1)
    assert identical(*arms(result))
    assert len(result.record["warnings"]) == 1
    assert small_run().record["warnings"] == []


SHOCK = {"country.usa.tax.rate_points": 60, "country.usa.route.*.processing_months": 24}


@pytest.mark.parametrize("begins", ["2027-01-01", "2027-07-01"])
def test_a_policy_changes_nothing_before_its_date(begins):
    before, after = arms(run_levers(SHOCK, begins))
    for name in FLOWS:
        assert np.array_equal(before[name].sel(year=2026), after[name].sel(year=2026)), name
    for name in set(STOCKS) - {"pay", "net_pay", "price_level", "compute_per_engineer"}:
        assert np.array_equal(before[name].sel(time=[2026, 2027]), after[name].sel(time=[2026, 2027])), name
    assert not np.array_equal(before.flow.sel(year=2027), after.flow.sel(year=2027))


def test_a_first_policy_finds_open_petitions():
    """People who applied last year did so under the rules of last year."""
    before, after = arms(run_levers({"country.usa.route.l1.is_open": "false"}, years=1))
    assert before.backlog.sel(time=2026).sum() > 0
    assert np.array_equal(before.backlog.sel(time=2026), after.backlog.sel(time=2026))
    assert not np.array_equal(before.flow, after.flow)


def test_a_january_policy_acts_on_january_entrants():
    before, after = arms(run_levers({"country.usa.supply.graduates": 0.5}, "2027-01-01"))
    entrants = [
        data.entrants.values[:, :, setting().country == setting().countries.index("usa")].sum(axis=(0, 2, 3))
        for data in (before, after)
    ]
    assert entrants[0][0] == entrants[1][0]
    assert entrants[1][1] < 0.9 * entrants[0][1]


def test_more_graduates_enter_where_the_lever_says():
    before, after = arms(run_levers({"country.can.supply.graduates": 3}, years=1))
    canada = setting().country == setting().countries.index("can")
    graduates = shipped_world(10_000, 1).entrants[0, :, 0].sum(axis=1)
    extra = (after.entrants - before.entrants).sum("tier").values[0, 0]
    assert extra[canada].sum() == pytest.approx(2 * graduates[canada].sum(), rel=0.1)
    assert np.all(extra[~canada] == 0)


@pytest.mark.parametrize("begins", ["2026-01-01", "2027-01-01"])
def test_nobody_crosses_closed_borders(begins):
    levers = {f"country.{country}.is_closed": "true" for country in COUNTRIES}
    before, after = arms(run_levers(levers, begins))
    closed = dict(year=slice(int(begins[:4]), None))
    country = setting().country
    border = country[:, None] != country[None, :]
    assert after.border_crossings.sel(closed).sum() == 0
    assert np.all(after.flow.sel(closed).values[..., border] == 0)
    assert after.flow.sel(closed).sum() > 0  # inside the countries people still move
    assert before.border_crossings.sum() > 0


def test_a_closed_country_admits_nobody_and_lets_out():
    _, after = arms(run_levers({"country.usa.is_closed": "true"}))
    usa = setting().country == 0
    assert after.flow.values[..., ~usa, :][..., usa].sum() == 0
    assert after.flow.values[..., usa, :][..., ~usa].sum() > 0


EXTREMES = {
    "no place": {f"{p}": 0 for p in catalogue() if p.endswith(".cap")},
    "no end of places": {p: '"none"' for p in catalogue() if p.endswith(".cap")},
    "a fee of a thousand million": {p: 1_000_000_000 for p in catalogue() if p.endswith("fee_usd")},
    "no compute": {p: 0 for p in catalogue() if p.endswith("compute.multiplier")},
    "pay at a tenth": {p: 0.1 for p in catalogue() if p.endswith("pay_multiplier")},
    "prices tenfold": {p: 10 for p in catalogue() if p.endswith("price_multiplier")},
    "no openings": {p: 0 for p in catalogue() if p.endswith("openings")},
    "no graduates": {p: 0 for p in catalogue() if p.endswith("graduates")},
    "all tax": {p: 60 for p in catalogue() if p.endswith("rate_points")},
    "everybody free": {p: "true" for p in catalogue() if p.endswith("free_entry")},
    "every route shut": {p: "false" for p in catalogue() if p.endswith("is_open")},
    "a lottery everywhere": {p: '"lottery"' for p in catalogue() if p.endswith("selection")},
    "a queue everywhere": {p: '"queue"' for p in catalogue() if p.endswith("selection")},
}


@pytest.mark.parametrize("what", EXTREMES)
def test_extreme_policies_give_finite_results(what):
    data = run_levers(EXTREMES[what], population=4_000, years=2).data
    for name in VARIABLES:
        assert np.all(np.isfinite(data[name])), name


def test_with_everybody_free_nobody_applies():
    _, after = arms(run_levers(EXTREMES["everybody free"], "2024-01-01"))
    assert after.grants_abroad.sum() == 0
    assert after.border_crossings.sum() > 0


# closed forms


@pytest.mark.parametrize("a", [NO_FEEDBACK, None], ids=["no feedback", "with feedback"])
def test_identical_hubs_get_equal_shares(a):
    """Within Monte Carlo error: chance is all that tells them apart."""
    place = identical_hubs(3)
    a = a or NO_FEEDBACK.vary(b_friend=0.33, colleague_multiplier=4, wage_supply_elasticity=0.3)
    stock, flow = np.zeros(3), np.zeros((3, 3))
    for seed in range(3):
        *_, arm = years_of(world_of(place, 9_000, 3, seed), a, seed=seed)
        stock += arm.size() / arm.world.weight
        flow += arm.accounts.flow
    assert stats.chisquare(flow[~np.eye(3, dtype=bool)]).pvalue > 1e-3
    assert flow.sum() > 300
    assert np.abs(stock / stock.mean() - 1).max() < 4 / np.sqrt(stock.mean())


def considering_arm(a=NO_FEEDBACK):
    """A simulation without ties or feedback, and everybody who considers a move in its first year."""
    arm = arm_of(shipped_world(40_000, 1, with_ties=False), a, seed=3)
    find_searchers(arm, START)
    return arm, np.concatenate(arm.searchers)


def test_first_choices_follow_the_nested_logit():
    arm, slots = considering_arm()
    p = probabilities(arm, slots, START)
    chosen, _ = moves.choose(arm, slots, "destination", START)
    observed, expected = np.bincount(chosen, minlength=p.shape[1]), p.sum(axis=0)
    spread = np.sqrt((p * (1 - p)).sum(axis=0))
    assert np.abs((observed - expected) / spread).max() < 4.5
    movers = np.flatnonzero(chosen != arm.people.hub[slots])
    away = p[np.arange(len(slots)), arm.people.hub[slots]]
    assert abs(len(movers) - (1 - away).sum()) < 4.5 * np.sqrt((away * (1 - away)).sum())


def test_first_flows_are_those_of_the_closed_form():
    """For people who need no permit: nobody reacts to anybody, so the year is one round."""
    arm, slots = considering_arm()
    origin = arm.people.hub[slots].astype(int)
    p = probabilities(arm, slots, START)
    needs = utilities(arm, slots, START, FREELY, np.full(len(slots), -1))[2]
    hubs = p.shape[1]
    expected = np.zeros((hubs, hubs))
    np.add.at(expected, origin, np.where(needs, 0.0, p))
    np.fill_diagonal(expected, 0.0)
    arm.open_accounts()
    for month in range(12):
        moves.decide(arm, 12 * START + month)
    big = expected >= 5
    observed = np.append(arm.accounts.flow[big], arm.accounts.flow[~big].sum())
    expected = np.append(expected[big], expected[~big].sum())
    assert big.sum() > 20
    assert stats.chi2.sf(((observed - expected) ** 2 / expected).sum(), len(observed)) > 1e-4
    assert observed.sum() == pytest.approx(expected.sum(), abs=4.5 * np.sqrt(expected.sum()))


def test_search_rates_hold_and_graduates_search_more():
    arm = arm_of(shipped_world(100_000, 1))
    enter(arm, START)
    find_searchers(arm, START)
    considers, present = np.zeros(arm.used, bool), np.arange(arm.used) < arm.world.cohort[1]
    considers[np.concatenate(arm.searchers)] = True
    assert considers[present].mean() == pytest.approx(CENTRE.considering_rate, rel=0.03)
    graduates = arm.people.graduate[: arm.used] & ~present
    assert considers[graduates].mean() == pytest.approx(CENTRE.considering_graduate, rel=0.05)
    months = [len(slots) for slots in arm.searchers]
    assert sum(months) == considers.sum()  # nobody twice a year
    assert stats.chisquare(months).pvalue > 1e-4  # any month is as good as another


def test_a_border_crossing_sets_arrival_and_status():
    place = small_setting("sf_bay_area", "seattle", "toronto", "bengaluru")
    arm = arm_of(world_of(place, 4_000, 1))
    at_home = (arm.people.hub == 3) & (arm.people.home == place.homes.index("ind"))
    slots = np.flatnonzero(at_home)[:3]
    month, h1b = 12 * START + 5, [row["route"] for row in place.routes].index("usa.h1b")
    arm.people.target[slots] = 0
    moves.move(arm, slots, np.array([0, 0, 0]), month, np.full(3, h1b))
    moves.move(arm, slots[1:], np.array([1, 1]), month + 12)
    moves.move(arm, slots[2:], np.array([2]), month + 24)
    people = arm.people
    assert people.hub[slots].tolist() == [0, 1, 2]
    assert people.abroad_since[slots].tolist() == [START] * 3  # home was left once
    assert people.arrival_year[slots].tolist() == [START, START, START + 2]  # a move inside is no arrival
    assert people.status[slots].tolist() == [TEMPORARY, TEMPORARY, CITIZEN]
    assert people.route[slots].tolist() == [h1b, h1b, -1]
    assert people.expiry_month[slots[:2]].tolist() == [month + 36] * 2
    assert np.all(people.target[slots] == -1)
    assert arm.accounts.flow.sum() == 6
    assert arm.accounts.crossings.sum() == 4


def test_without_ties_tie_assumptions_are_idle():
    world = shipped_world(10_000, 1, with_ties=False)
    ends = [list(years_of(world, NO_FEEDBACK.vary(b_friend=b), constants=constants_of(world)))[-1] for b in (0, 2)]
    assert same(ends[0].people, ends[1].people)


def test_ties_draw_people_to_where_their_friends_are():
    world = shipped_world(10_000, 1)
    moved = []
    for a in (NO_FEEDBACK, NO_FEEDBACK.vary(b_friend=3)):
        arm = arm_of(world, a)
        find_searchers(arm, START)
        slots = np.concatenate(arm.searchers)
        chosen, _ = moves.choose(arm, slots, "destination", START)
        moved.append((chosen != arm.people.hub[slots]).mean())
    assert moved[1] > moved[0]


def test_a_hub_alone_keeps_everybody():
    place = small_setting("singapore")
    *_, arm = years_of(world_of(place, 1_000, 2), rules=rules_for(place))
    assert arm.accounts.flow.sum() == 0
    assert arm.counts.sum() > 900


def test_a_longer_run_begins_as_the_shorter_one():
    levers = {"country.usa.route.h1b.special_fee_usd": 100_000}
    short, long = (run_levers(levers, years=years).data for years in (1, 3))
    for name in VARIABLES:
        first = {d: slice(0, short.sizes[d]) for d in ("time", "year") if d in short[name].dims}
        assert np.array_equal(short[name], long[name].isel(first)), name
