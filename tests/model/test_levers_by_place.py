"""Levers of one hub, or of one country and people of one origin: neutral they change no byte, and they act in place."""

import numpy as np
import pytest
from worlds import CENTRE, START, arm_of, rules_for, same, scenario, setting, shipped_world, years_of

from sim.model.inversion import expected
from sim.model.labour import net_pay, relative_equity, relative_pay, tax_points
from sim.model.market import going_home, schemes_by_arrival, update_market, without_permit
from sim.model.supply import entrant_ratio
from sim.model.visas import settlement_rates
from sim.world.categories import ROLES, SECTORS
from sim.world.engineers import CITIZEN, TASTE_SHARES, role_of

USA, FRA = (setting().countries.index(country) for country in ("usa", "fra"))
INDIA, CHINA = (setting().homes.index(home) for home in ("ind", "chn"))
PARIS, BAY = (setting().hubs.index(hub) for hub in ("paris", "sf_bay_area"))
NEUTRAL = {
    "hub.paris.tax.rate_points": 0,
    "country.usa.home.ind.settlement": 1,
    "country.usa.home.chn.return": 1,
    "country.usa.home.ind.free_entry": "false",
    "hub.paris.compute.expert_guarantee_h100e": 0,
    "country.fra.tax.newcomer_grandfathered": "true",
    "country.fra.tax.returnee_grandfathered": "true",
    "hub.paris.supply.phds": 1,
    "hub.paris.unvested_kept_years": 0,
    "hub.paris.compute.newcomer_guarantee_h100e": 0,
    "hub.paris.compute.newcomer_guarantee_years": 20,
    "country.usa.role.ml_infrastructure_engineer.fast_track": 1,
    "country.usa.supply.doctors_in_academia": 1,
    "sector.frontier_lab.spinout_rate": 0,
}


def last(changes, population=20_000, years=2):
    """The end of a run under levers."""
    policies = scenario(changes).policies if changes else ()
    *_, arm = years_of(shipped_world(population, years), policies=policies)
    return arm


@pytest.fixture(scope="module")
def plain():
    return last({})


def under(changes, a=CENTRE):
    """The first 1 January of a small world under levers, with its market."""
    arm = arm_of(shipped_world(20_000, 2), a).branch(scenario(changes).policies if changes else ())
    arm.adopt_rules(12 * START)
    update_market(arm, START)
    return arm


def stock(arm, home, *status):
    """Agents from a home who live in the USA, of some statuses."""
    return int(arm.counts[setting().country == USA][:, home][..., list(status) or slice(None)].sum())


def test_neutral_values_change_no_byte(plain):
    assert same(plain.people, last(NEUTRAL).people)


def test_a_tax_of_a_hub_adds_to_that_of_its_country():
    rules = rules_for(setting())
    points = rules | {"tax_rate_points": rules["tax_rate_points"] + 2.0}
    points["hub_tax_points"] = np.where(np.arange(len(setting().hubs)) == PARIS, -10.0, 0.0)
    assert tax_points(setting(), points)[PARIS] == -8.0
    assert set(np.delete(tax_points(setting(), points), PARIS)) == {2.0}
    gross = np.full(len(setting().hubs), 150.0)
    gain = net_pay(setting(), CENTRE, points, gross) - net_pay(setting(), CENTRE, rules, gross)
    assert gain[PARIS] == pytest.approx(12.0)  # 8 per cent of 150


def test_a_lower_tax_of_a_hub_draws_people(plain):
    cut, there = last({"hub.paris.tax.rate_points": -30}), np.arange(len(setting().hubs)) == PARIS
    assert cut.counts[there].sum() > plain.counts[there].sum()


def test_settlement_by_origin_reaches_that_origin(plain):
    more = last({"country.usa.home.ind.settlement": 50})
    rates, before = (settlement_rates(arm, START) for arm in (more, plain))
    assert rates[USA, INDIA] == pytest.approx(50 * before[USA, INDIA])
    assert (rates != before).sum() == 1
    assert stock(more, INDIA, 1) > stock(plain, INDIA, 1)


def test_return_by_origin_empties_the_place_of_it(plain):
    more = last({"country.usa.home.chn.return": 20})
    back = more.constants.back
    gain = going_home(setting(), back, more.rules) - going_home(setting(), back, rules_for(setting()))
    assert gain[CHINA, setting().country == USA] == pytest.approx(np.log(20))
    assert np.count_nonzero(gain) == (setting().country == USA).sum()
    assert stock(more, CHINA) < stock(plain, CHINA)


def test_free_entry_by_origin_frees_that_origin(plain):
    free = last({"country.usa.home.ind.free_entry": "true"})
    usual = without_permit(setting(), CENTRE, arm_of(shipped_world(20_000, 2)).rules)
    opened = without_permit(setting(), CENTRE, free.rules)
    assert np.all(opened[INDIA, setting().country == USA] == 1)
    assert np.count_nonzero(opened != usual) == (setting().country == USA).sum()
    assert stock(free, INDIA) > stock(plain, INDIA)


PROMISE = "hub.paris.compute.expert_guarantee_h100e"


def test_a_low_guarantee_leaves_the_mean_term_alone():
    """The term is that of the hub's mean compute; sectors with less than the promise gain in their own."""
    before, promised = under({}), under({PROMISE: 0.5 * float(under({}).market.compute[PARIS])})
    assert np.array_equal(promised.utility_terms.compute, before.utility_terms.compute)


def test_a_guarantee_to_experts_is_theirs_alone():
    before, promised = under({}), under({PROMISE: 1e8})
    gain = promised.utility_terms.compute - before.utility_terms.compute
    assert (gain[0, :, PARIS] > 0).all()
    assert np.count_nonzero(gain) == len(gain[0])
    # beyond saturation it stands at the cap, and no sector has more than another
    world = np.log1p(before.a.compute_saturation)
    seen = np.log1p(before.market.compute[PARIS] / np.average(before.market.compute, weights=before.market.size))
    assert gain[0, 0, PARIS] == pytest.approx(before.a.b_compute * (world - seen))
    arriving = [arm.tables.pull[0, :, PARIS].reshape(3, -1) for arm in (promised, before)]
    assert (arriving[0][0] > arriving[1][0]).all()
    assert np.array_equal(arriving[0][1:], arriving[1][1:])


def test_a_guarantee_draws_experts():
    there = np.arange(len(setting().hubs)) == PARIS
    moves = [expected(under(changes)).moves[0] for changes in ({PROMISE: 1000}, {})]  # of experts
    inflow = [flow[np.ix_(~there, there)].sum() for flow in moves]
    assert inflow[0] > inflow[1]


@pytest.mark.parametrize("indifferent", [0.1, 1 / 3])
def test_tastes_for_compute_move_no_mean(indifferent):
    """Apart from the choice of sectors, a guarantee adds as much on the mean over the classes of taste."""
    by_taste = []
    for a in (CENTRE.vary(sector_response=0), CENTRE.vary(sector_response=0, compute_indifferent=indifferent)):
        pull, before = (under(changes, a).tables.pull[0, :, PARIS].reshape(-1, 3) for changes in ({PROMISE: 200}, {}))
        by_taste.append(pull - before)
    alike, unequal = by_taste
    assert unequal @ TASTE_SHARES == pytest.approx(alike @ TASTE_SHARES, rel=1e-4, abs=1e-5)
    experts = slice(len(alike) // 3)
    assert (unequal[experts, 1] > alike[experts, 1]).all()
    assert (unequal[experts, 0] < alike[experts, 0]).all()


WELCOME = {
    "hub.paris.compute.newcomer_guarantee_h100e": 300,
    "hub.paris.compute.newcomer_guarantee_years": 2,
}


def test_newcomers_have_a_guarantee_while_it_lasts():
    before, promised = under({}).tables, under(WELCOME).tables
    gain = promised.pull[0] - before.pull[0]  # profile, hub
    assert (gain[:, PARIS] > 0).all()
    assert np.count_nonzero(np.delete(gain, PARIS, axis=1)) == 0
    # residents by years since arrival: the gain for two years, then as without the guarantee
    rows = len(before.newcomer_left)
    stays = (promised.pull[0] + promised.newcomer_left[:rows]) - (before.pull[0] + before.newcomer_left)
    assert stays[:2, :, PARIS] == pytest.approx(np.stack([gain[:, PARIS]] * 2), abs=1e-5)
    assert np.abs(stays[2:]).max() < 1e-5
    assert (promised.relief[:, PARIS] > 0).all()


def test_a_guarantee_to_newcomers_draws_them(plain):
    there = np.arange(len(setting().hubs)) == PARIS
    moves = [expected(under(changes)).moves for changes in (WELCOME, {})]
    inflow = [flow.sum(axis=0)[np.ix_(setting().country != FRA, there)].sum() for flow in moves]
    assert inflow[0] > inflow[1]
    assert not same(last(WELCOME).people, plain.people)


def test_a_guarantee_without_years_reaches_nobody(plain):
    assert same(last(WELCOME | {"hub.paris.compute.newcomer_guarantee_years": 0}).people, plain.people)


NETHERLANDS = setting().countries.index("nld")
ABOLISHED = {"country.nld.tax.newcomer_relief": 0}
KEPT = {"country.nld.tax.newcomer_grandfathered": "true"}


def test_grandfathered_relief_is_that_of_the_arrival():
    found = schemes_by_arrival(under(ABOLISHED | KEPT), START + 2)["newcomer"][:, :, NETHERLANDS]
    today = rules_for(setting())["newcomer_relief"][NETHERLANDS]
    # those who came since the change, and those who came before it and have years left
    assert found[:6].tolist() == [[0, 5], [0, 4], [0, 3], [today, 2], [today, 1], [today, 0]]
    assert found[6:, 1].max() == 0
    gone = schemes_by_arrival(under(ABOLISHED), START + 2)["newcomer"][:, :, NETHERLANDS]
    assert gone[:, 0].max() == 0


def test_grandfathering_holds_people_and_draws_none():
    """Against a change for all it alters the pay of residents in the scheme alone, and raises it."""
    kept, gone = under(ABOLISHED | KEPT).tables, under(ABOLISHED).tables
    assert np.array_equal(kept.pull, gone.pull)
    there = setting().country == NETHERLANDS
    rows = len(gone.newcomer_left)
    gain = kept.newcomer_left[:rows] - gone.newcomer_left
    assert (gain[1:5, :, there] >= 0).all()
    assert (gain[1:5].max(axis=1)[:, there] > 0).all()
    assert np.count_nonzero(gain[:, :, ~there]) == np.count_nonzero(gain[[0, *range(5, rows)]]) == 0


def test_places_of_a_hub_add_its_doctors_later():
    arm = arm_of(shipped_world(20_000, 8)).branch(scenario({"hub.paris.supply.phds": 2}, f"{START}-01-01").policies)
    plain = arm_of(shipped_world(20_000, 8))
    before, begun = START + 4, START + 5  # a doctorate takes five years
    assert np.array_equal(entrant_ratio(arm, before), entrant_ratio(plain, before))
    ratio, usual = (entrant_ratio(each, begun).reshape(-1, 2, 3, 5) for each in (arm, plain))  # hub, kind, tier, role
    doctors = np.zeros(ratio.shape, bool)
    doctors[PARIS, 0, 1] = True
    assert ratio[doctors] == pytest.approx(2 * usual[doctors])
    assert usual[doctors].min() > 0
    assert np.array_equal(ratio[~doctors], usual[~doctors])


def test_equity_that_is_kept_loosens_its_hub_alone():
    before, kept = under({}), under({"hub.paris.unvested_kept_years": 2})
    terms = setting(), CENTRE, before.rules
    fall = before.tables.stay - kept.tables.stay  # sector, profile, hub
    assert (fall[:, :, PARIS] >= 0).all()
    assert (fall[SECTORS.index("frontier_lab"), :, PARIS] > 0).all()
    assert np.count_nonzero(np.delete(fall, PARIS, axis=2)) == 0
    # what there is to keep is a part of pay, the largest in laboratories and the smallest in academia
    part = (relative_equity(*terms) / relative_pay(*terms))[PARIS, :, 0]
    for most, of in ((np.argmax, "frontier_lab"), (np.argmin, "academia")):
        assert most(fall[:, 1, PARIS]) == most(part) == SECTORS.index(of)
    assert fall.max() < (CENTRE.b_pay + 3 * CENTRE.b_pay_sd) * np.log(1 + 2 / CENTRE.expected_stay)


def test_equity_without_worth_keeps_nobody():
    worthless = CENTRE.vary(liquid_equity_weight=0, illiquid_equity_weight=0)
    assert np.abs(relative_equity(setting(), worthless, rules_for(setting()))).max() == 0


def test_leavers_who_keep_equity_are_more(plain):
    gone = last({"hub.sf_bay_area.unvested_kept_years": 10}).accounts.flow[BAY].sum()
    assert gone > plain.accounts.flow[BAY].sum()


ROLE = ROLES.index("ml_infrastructure_engineer")
TRACK = "country.usa.role.ml_infrastructure_engineer.fast_track"


def settled(arm, role, status):
    """Share of the residents of the US of a role without a US origin who have a status."""
    people = arm.people
    mine = (people.hub >= 0) & (setting().country[people.hub] == USA) & (role_of(people.category) == role)
    mine &= setting().home_country[people.home] != USA
    return (people.status[mine] == status).mean()


def test_a_fast_track_settles_its_role_alone(plain):
    faster = last({TRACK: 20})
    assert settled(faster, ROLE, CITIZEN) > settled(plain, ROLE, CITIZEN) + 0.05
    for role in range(len(ROLES)):
        if role != ROLE:
            assert settled(faster, role, CITIZEN) == pytest.approx(settled(plain, role, CITIZEN), abs=0.02)


def test_a_fast_track_is_worth_its_permanence():
    """People abroad gain up to the whole worth of permanence, in the hubs of the country, in the role alone."""
    before, faster = under({}), under({TRACK: 100})
    gain = np.nan_to_num(faster.utility_terms.permit - before.utility_terms.permit)  # pattern, tier, role, hub
    there = setting().country == USA
    assert 0 < gain[:, :, ROLE, there].max() <= CENTRE.b_permanent + 1e-6
    assert gain.min() >= -1e-6
    gain[:, :, ROLE, there] = 0
    assert np.abs(gain).max() == 0


def test_without_b_permanent_a_fast_track_is_idle():
    a, rules = CENTRE.vary(b_permanent=0), rules_for(setting())
    arm = arm_of(shipped_world(20_000, 2), a)
    before = arm.utility_terms.permit
    arm.rules = rules | {"fast_track": np.full_like(rules["fast_track"], 100.0)}
    update_market(arm, START)
    assert np.array_equal(arm.utility_terms.permit, before, equal_nan=True)
