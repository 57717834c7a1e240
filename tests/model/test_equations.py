"""The definition: hand values, limits, symmetries, signs, and one assumption for every coefficient."""

import ast
import inspect
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

import sim
from sim.model import equations as eq
from sim.scenario.assumptions import ASSUMPTIONS, Assumptions
from sim.world.engineers import TASTE_SHARES, TASTES

# What equations take that is not an assumption: facts, rules, states and fitted constants ...
GIVEN = set(
    "base bonus liquid illiquid gross tax_gross tax_rate rate_points tax relief relief_years "
    "fee_kusd price compute world_mean size diaspora home_share language openings "
    "residual constant distance_km is_border move_cost_abroad months_waiting mean_odds has_friend "
    "has_colleague origin country is_home v nest dissimilarity is_open probabilities u mobility "
    "tier_factor status_factor age fee_usd weight pay size_reference years engineer_share pay_with "
    "a corridor fee_loss moves needs_permit net_pay own_sector remote_gain sector_value sign_on_gain "
    "pay_without mean_pay academia relative_utility ahead ahead_at_start demand doctors engineers entrants "
    "equity_shift expert_share fleet gain growth_until guarantee illiquid_part is_abroad labs "
    "liquidity mean_mentoring multiplier offered openings_share published queue_share rate_start "
    "remote_hiring rights role_demand role_pay sector_stock shared start tier_demand tier_pay "
    "tier_stock value world_share year pay_gain "
    "months months_at_start local_h100e vacancies jobs_role role_share shape jobs going_home "
    "permanent_after permit_value at_home granted counter_offers taste_share leaders mates share odds".split()
)
# ... and what they call by another name than the table of assumptions, which has several of the kind
RENAMED = {"rate": {"considering_rate"}, "p_at_100k": {"employer_pays_fee_expert", "employer_pays_fee_other"}}
EQUATIONS = [f for _, f in inspect.getmembers(eq, inspect.isfunction) if f.__module__ == eq.__name__]
PARAMETERS = {name for f in EQUATIONS for name in inspect.signature(f).parameters}
FOUR_NESTS = np.array([[eq.STAY, eq.RESIDENCE, eq.ORIGIN, eq.ORIGIN, eq.THIRD, eq.THIRD]])

CENTRE = Assumptions.central()
utilities = st.floats(-20, 20)


def test_every_symbol_is_an_assumption_or_given():
    assert PARAMETERS - set(ASSUMPTIONS) == GIVEN | set(RENAMED)
    assert set.union(*RENAMED.values()) <= set(ASSUMPTIONS)


@pytest.mark.parametrize("indifferent", [0.0, 0.1, 1 / 3])
def test_tastes_for_compute_keep_their_mean(indifferent):
    taste = eq.compute_tastes(indifferent, TASTE_SHARES)
    assert taste @ TASTE_SHARES == pytest.approx(1)
    assert taste @ (TASTE_SHARES * TASTES) == pytest.approx(0)  # uncorrelated with the taste for pay
    assert (taste == 1).all() == (indifferent == 0)


@given(v=st.floats(-3, 3))
def test_a_large_push_draws_those_who_care_alone(v):
    """Against staying at 0: a small push draws as many people as if all were alike, a large one fewer."""
    taste = eq.compute_tastes(1 / 3, TASTE_SHARES)
    chosen = lambda push: 1 / (1 + np.exp(-(v + push)))  # noqa: E731
    gain = lambda push: TASTE_SHARES @ chosen(taste * push) - chosen(0.0)  # noqa: E731
    alike = lambda push: chosen(push) - chosen(0.0)  # noqa: E731
    assert gain(1e-6) == pytest.approx(alike(1e-6), rel=1e-5)
    assert gain(60.0) == pytest.approx(2 / 3 * alike(60.0))


def test_utility_reads_assumptions_alone():
    names = re.findall(r"\ba\.(\w+)", inspect.getsource(eq.utility).partition('"""')[2])
    assert set(names) <= set(ASSUMPTIONS)
    assert {name for name in names if name.startswith("b_")} == {
        f"b_{x}" for x in "size friend diaspora home language distance delay odds".split()
    }


def test_every_assumption_is_used():
    """The model reads assumptions as attributes; a row that nothing reads does nothing."""
    read = set()
    for folder in ("model", "study"):
        for path in (Path(sim.__file__).parent / folder).rglob("*.py"):
            nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            read |= {node.attr for node in nodes if isinstance(node, ast.Attribute)}
    assert set(ASSUMPTIONS) <= read


def test_coefficients_are_positive_by_name():
    coefficients = {name for name in PARAMETERS | set(ASSUMPTIONS) if name.startswith("b_")}
    assert coefficients <= set(ASSUMPTIONS)
    for name in coefficients:
        assert ASSUMPTIONS[name].bounds[0] >= 0, name


def test_every_equation_is_labelled_and_explained():
    for f in EQUATIONS:
        assert re.search(r"\bE\d", f.__doc__), f.__name__


# E1


def real_pay(gross=200.0, tax=0.4, relief=0.5, years=3.0, fee=0.0, price=1.0, stay=6.0, passed=0.3, weight=0.6):
    return float(eq.net_real_pay(gross, tax, relief, years, fee, price, stay, stay, passed, weight))


def test_net_real_pay_by_hand():
    # six years at 200, three taxed at 20 %, three at 40 %; 30 % of a fee of 60 over six years; prices 2^0.5
    assert real_pay(fee=60.0, price=2.0, weight=0.5) == pytest.approx((200 * 0.7 - 0.3 * 60 / 6) / 2**0.5)


def test_relief_for_the_stay_is_the_lower_tax():
    assert real_pay(years=6) == pytest.approx(200 * (1 - 0.2))
    assert real_pay(years=50) == real_pay(years=6)
    assert real_pay(years=0) == real_pay(relief=0) == pytest.approx(200 * 0.6)


def test_a_fee_that_is_not_passed_on_costs_nothing():
    assert real_pay(fee=1e6, passed=0.0) == real_pay()
    assert real_pay(fee=1e6, passed=1.0) == 1.0  # the floor: its logarithm is still a number


def test_prices_scale_out_and_weigh_by_their_share():
    assert real_pay(gross=400, price=3.0) == pytest.approx(2 * real_pay(gross=200, price=3.0))
    assert real_pay(price=5.0, weight=0.0) == real_pay()
    assert real_pay(gross=200 * 3.0, price=3.0, weight=1.0) == pytest.approx(real_pay())


def test_effective_tax_interpolates_its_table():
    table = np.array([100.0, 200.0, 400.0]), np.array([[0.1, 0.3, 0.4], [0.0, 0.2, 0.2]])
    pay = np.tile([50.0, 100.0, np.sqrt(100 * 200.0), 200.0, 4000.0], (2, 1))
    assert eq.effective_tax(pay, *table)[0] == pytest.approx([0.1, 0.1, 0.2, 0.3, 0.4])
    assert eq.effective_tax(pay, *table)[1] == pytest.approx([0.0, 0.0, 0.1, 0.2, 0.2])
    for points, expected in ((5.0, 0.35), (-60.0, 0.0), (90.0, 0.95)):
        assert eq.effective_tax(pay, *table, rate_points=np.array([points, 0.0]))[0, 3] == pytest.approx(expected)


# E2


def test_compute_pulls_by_its_log_around_the_mean():
    assert eq.compute_pull(np.e - 1, 0.2, 1.0) == pytest.approx(0.0)
    assert eq.compute_pull(0.0, 0.2, 1.0) == pytest.approx(-0.2)
    assert eq.compute_pull(1e9, 0.0, 1.0) == 0.0


CHOICE = CENTRE.vary(b_size=0.15, b_diaspora=0.4, b_home=1.0, b_language=0.4, b_delay=0.05, b_odds=0.2)
CHOICE = CHOICE.vary(b_friend=0.33, colleague_multiplier=4.0, b_distance=0.5, move_cost_domestic=1.5, linear_pay=0.0)


def v(**terms):
    return eq.utility(CHOICE, **terms)


def test_utility_by_hand():
    """Every term once, with its sign."""
    stays = {
        0.15 * np.log(1000): {"size": 1000},
        0.4 * np.log(101): {"diaspora": 100},
        0.5: {"home_share": 0.5},
        0.4 * 0.3: {"language": 0.3},
        np.log(20): {"openings": 20},
        -0.7: {"constant": -0.7},
        2.0 * np.log(50): {"b_pay": 2.0, "net_pay": 50.0},
        0.11: {"compute": 0.11},
        0.33: {"has_friend": True},
        np.log(4): {"has_colleague": True},
        0.2 * np.log(0.5) - 0.05 * 6 - 0.01: {"mean_odds": 0.5, "months_waiting": 6, "fee_loss": 0.01},
        0.21: {"sector_value": 0.21},
        0.13: {"own_sector": 0.13},
        0.05: {"corridor": 0.05},
    }
    for by_hand, terms in stays.items():
        assert v(**terms) == pytest.approx(by_hand), terms
    whole = {name: value for terms in stays.values() for name, value in terms.items()}
    assert v(**whole) == pytest.approx(sum(stays))
    # who moves pays for the way, the border and the family, has a sign-on payment and leaves the own job
    way = {"moves": True, "distance_km": 100.0, "is_border": True, "move_cost_abroad": 2.0, "family_cost": 0.4}
    gone = -0.5 * np.log(2) - 2.0 - 0.4 + 2.0 * 0.03 - 0.13
    assert v(**whole, **way, sign_on_gain=0.03) == pytest.approx(sum(stays) + gone)
    # a remote job is kept where no permit is needed, and only there
    free = whole | {"needs_permit": False, "remote_gain": 0.1}
    assert v(**free) - v(**whole) == pytest.approx(2.0 * 0.1 - (0.2 * np.log(0.5) - 0.05 * 6 - 0.01))
    assert v(**whole, remote_gain=0.1) == v(**whole)


def test_terms_left_out_add_nothing():
    assert v() == 0
    assert eq.utility(CENTRE) == 0


@pytest.mark.parametrize("what", ["size", "diaspora", "home_share", "language", "openings", "constant"])
def test_a_place_with_more_pulls_more(what):
    assert v(**{what: 2e3}) > v(**{what: 1e3})


def test_an_empty_place_still_has_a_finite_pull():
    assert np.isfinite(v(size=0.0, openings=0.0))
    assert v(size=0.0) == v(size=1.0)


def test_openings_are_a_weight():
    """Twice the openings are twice the odds: the only term without a coefficient."""
    assert v(openings=10.0) - v(openings=5.0) == pytest.approx(np.log(2))


def test_trips_cost_distance_and_borders():
    km, border = np.array([[0.0, 100.0], [100.0, 0.0]]), np.array([[False, True], [True, False]])
    tier = np.array([2.0, 3.0, 3.0])[:, None, None]
    cost = -v(distance_km=km, is_border=border, move_cost_abroad=tier, moves=border)
    assert cost.shape == (3, 2, 2)
    assert np.all(np.diagonal(cost, axis1=1, axis2=2) == 0)  # staying costs nothing
    assert cost[:, 0, 1] == pytest.approx(0.5 * np.log(2) + np.array([2.0, 3.0, 3.0]))
    assert v(moves=True) == -1.5  # no distance: the move alone


def test_no_corridor_is_not_next_door():
    km = np.array([[0.0, np.nan], [np.nan, 0.0]])
    away = np.array([[False, True], [True, False]])
    assert np.isnan(v(distance_km=km, moves=away)[0, 1])
    assert v(distance_km=km, moves=away)[0, 0] == 0


def test_waiting_and_low_odds_lower_utility_finitely():
    assert v(months_waiting=6.0) == pytest.approx(-0.3)
    assert v(mean_odds=0.5) == pytest.approx(0.2 * np.log(0.5))
    assert v(mean_odds=0.0) == v(mean_odds=0.01)


def test_ties_multiply_the_odds():
    pull = v(has_friend=np.array([0, 1, 0, 1]), has_colleague=np.array([0, 0, 1, 1]))
    assert np.exp(pull) == pytest.approx([1, np.exp(0.33), 4, 4 * np.exp(0.33)])


@given(st.floats(1, 1000), st.floats(0.2, 5))
def test_linear_pay_touches_log_pay_at_the_mean(mean, times):
    both = [lambda y, kind=kind: eq.pay_utility(y, kind, mean) for kind in (0.0, 1.0)]
    step = 1e-4 * mean
    slopes = [(u(mean + step) - u(mean - step)) / (2 * step) for u in both]
    assert slopes == pytest.approx([1 / mean, 1 / mean], rel=1e-6)
    assert both[0](mean) == pytest.approx(both[1](mean), abs=1e-12)
    assert both[0](times * mean) == np.log(times * mean)
    for u, kind in zip(both, (0.0, 1.0), strict=True):  # a gain is the difference of two utilities
        assert eq.pay_gain(times * mean, mean, kind, mean) == pytest.approx(u(times * mean) - u(mean), abs=1e-12)


# E3


def test_nests_by_hand():
    # hubs 0, 1 in country 0; hub 2 in country 1; hub 3 in country 2
    country = np.array([0, 0, 1, 2])
    nest = eq.nests(
        np.array([0, 2, 1]),
        country,
        np.array([[True, True, False, False]] * 2 + [[False, False, True, True]]),
    )
    assert nest.tolist() == [
        [eq.STAY, eq.RESIDENCE, eq.THIRD, eq.THIRD],  # at home: no nest of origin
        [eq.ORIGIN, eq.ORIGIN, eq.STAY, eq.THIRD],  # abroad
        [eq.RESIDENCE, eq.STAY, eq.ORIGIN, eq.ORIGIN],  # home is a group of countries
    ]


def plain_logit(v):
    e = np.exp(v - np.max(v))
    return e / e.sum()


@settings(deadline=None, derandomize=True)
@given(st.lists(utilities, min_size=6, max_size=6))
def test_dissimilarity_one_is_the_plain_logit(v):
    p = eq.choice_probabilities(np.array([v]), FOUR_NESTS, np.ones(4), np.ones((1, 6), bool))
    assert p[0] == pytest.approx(plain_logit(np.array(v)), abs=1e-12)


@settings(deadline=None, derandomize=True)
@given(
    st.lists(utilities, min_size=6, max_size=6),
    st.lists(st.floats(0.05, 1), min_size=3, max_size=3),
    st.lists(st.booleans(), min_size=5, max_size=5),
    st.floats(-50, 50),
)
def test_nested_logit_ignores_a_common_term(v, lam, is_open, common):
    v, is_open = np.array([v]), np.array([[True, *is_open]])
    p = eq.choice_probabilities(v, FOUR_NESTS, np.array([1.0, *lam]), is_open)
    assert p.sum() == pytest.approx(1)
    assert np.all(p[~is_open] == 0)
    shifted = eq.choice_probabilities(v + common, FOUR_NESTS, np.array([1.0, *lam]), is_open)
    assert shifted[0] == pytest.approx(p[0], abs=1e-9)


def test_nested_logit_by_hand():
    lam = np.array([1.0, 1.0, 0.5, 1.0])
    v = np.log(np.array([[1.0, 2.0, 3.0, 4.0]]))
    p = eq.choice_probabilities(
        v, np.array([[eq.STAY, eq.RESIDENCE, eq.ORIGIN, eq.ORIGIN]]), lam, np.ones((1, 4), bool)
    )
    origin = np.sqrt(3.0**2 + 4.0**2)  # inclusive value of the nest: (sum of e^(v / lambda))^lambda = 5
    assert p[0] == pytest.approx([1 / 8, 2 / 8, origin / 8 * 9 / 25, origin / 8 * 16 / 25])


def test_equal_alternatives_split_only_their_own_nest():
    """The red bus and the blue bus: the closer the alternatives, the less a second one adds."""
    lam = np.array([1.0, 1.0, 1.0, 0.05])
    shares = [
        eq.choice_probabilities(np.zeros((1, 3)), np.array([[0, n, eq.THIRD]]), lam, np.ones((1, 3), bool))[0, 0]
        for n in (eq.THIRD, eq.ORIGIN)
    ]
    assert shares[0] == pytest.approx(0.5, abs=0.01)
    assert shares[1] == pytest.approx(1 / 3)


@settings(deadline=None, derandomize=True)
@given(st.lists(utilities, min_size=6, max_size=6), st.integers(0, 5))
def test_more_utility_means_more_probability(v, d):
    lam, everything = np.array([1.0, 0.6, 0.5, 0.7]), np.ones((1, 6), bool)
    before = eq.choice_probabilities(np.array([v]), FOUR_NESTS, lam, everything)[0]
    v[d] += 0.5
    after = eq.choice_probabilities(np.array([v]), FOUR_NESTS, lam, everything)[0]
    assert after[d] >= before[d]
    assert np.all(np.delete(after - before, d) <= 1e-12)


def test_choices_occur_at_their_probabilities():
    p, u = np.array([[0.1, 0.2, 0.05, 0.25, 0.15, 0.25]]), (np.arange(100_000) + 0.5) / 100_000
    chosen = eq.choose(np.repeat(p, len(u), axis=0), np.repeat(FOUR_NESTS, len(u), axis=0), u)
    assert np.bincount(chosen) / len(u) == pytest.approx(p[0], abs=2e-5)


def test_the_impossible_is_never_chosen():
    p = np.array([[0.0, 0.5, 0.0, 0.5, 0.0, 0.0]])
    for u in (0.0, 0.25, 0.5, 1 - 2**-53):
        assert eq.choose(p, FOUR_NESTS, np.array([u]))[0] in (1, 3)


# E4


def searchers(rate=0.1, ratio=4.0, share=0.5, ages=(25, 30, 40), b_age=0.04):
    return eq.search_rates(
        rate,
        np.array([1.0, 2.0]),
        np.array([1.3, 1.0]),
        np.array([1.0, 1.2]),
        ratio,
        share,
        np.array(ages),
        b_age,
        30,
    )


def test_considering_by_hand():
    p = searchers()
    assert p.shape == (2, 2, 2, 2, 3)
    assert p[0, 1, 0, 0, 0] == pytest.approx(0.1 / 2.5)
    assert p[1, 0, 1, 1, 2] == pytest.approx(0.1 * 4 / 2.5 * 1.3 * 2 * 1.2 * np.exp(-0.4))


@pytest.mark.parametrize("share", [0.0, 0.2, 0.5, 1.0])
def test_movers_and_stayers_average_to_the_rate(share):
    p = searchers(share=share)[:, 1, 0, 0, 0]
    assert (1 - share) * p[0] + share * p[1] == pytest.approx(0.1)
    assert p[1] == pytest.approx(4 * p[0])


def test_age_acts_beyond_its_reference():
    p = searchers(ages=(22, 30, 31, 60))[0, 0, 0, 0]
    assert p[0] == p[1] > p[2] > p[3]
    assert searchers(rate=5.0).max() == 1.0


# E5


def test_payment_of_fees_is_fitted_at_100k_and_smooth():
    fee = np.array([0.0, 10.0, 1e3, 1e4, 1e5, 2e5, 1e6, 1e9])
    p = eq.p_employer_pays(fee, 0.25, 0.3, 1.0)
    assert p[0] == 1
    assert p[4] == pytest.approx(0.25)
    assert np.all(np.diff(p[1:]) < 0)
    assert p[1] > 1 - 1e-9
    assert p[-1] < 1e-12
    near = eq.p_employer_pays(np.array([99_999.0, 100_001.0]), 0.25, 0.3, 1.0)
    assert abs(np.diff(near)[0]) < 1e-5  # no threshold: break-even has a meaning


def test_payers_do_not_depend_on_pass_through():
    """The fit is to the number of payers seen at 100,000 USD, however the fee is shared."""
    p = [eq.p_employer_pays(1e5, 0.25, passed, 1.3) for passed in (0.0, 0.5, 1.0)]
    assert p == pytest.approx([0.25] * 3)


def test_lottery_clocks_are_exponential():
    u = (np.arange(20_000) + 0.5) / 20_000
    for weight in (1.0, 4.0):
        clock = eq.lottery_clock(u, weight)
        assert stats.kstest(clock, "expon", (0, 1 / weight)).statistic < 1e-4
        assert np.all(np.diff(clock) > 0)


def test_weight_k_rings_first_k_of_k_plus_one():
    draw = np.random.default_rng(1).random((2, 100_000))
    first = eq.lottery_clock(draw[0], 3.0) < eq.lottery_clock(draw[1], 1.0)
    assert first.mean() == pytest.approx(0.75, abs=0.005)


# E7, E8, E9


def test_pay_and_prices_rest_on_the_reference_path():
    assert eq.pay_level(200.0, 5000.0, 5000.0, 3, 0.0, 0.3, 0.02) == 200.0
    assert eq.price_level(1.2, 5000.0, 5000.0, 0.05, 0.3) == 1.2


def test_pay_by_hand():
    # twice the stock of the path: supply lowers pay by 2^-0.3, agglomeration raises it by 2^0.1
    assert eq.pay_level(100.0, 2e4, 1e4, 5, 0.04, 0.3, 0.1) == pytest.approx(100 * np.exp(0.2) * 2**-0.2)
    assert eq.pay_level(100.0, 3e4, 1e4, 0, 0.0, 0.1, 0.1) == pytest.approx(100.0)


def test_prices_follow_engineers_by_their_share():
    assert eq.price_level(1.0, 2e4, 1e4, 0.05, 0.3) == pytest.approx(2**0.015)
    assert eq.price_level(1.0, 2e4, 1e4, 0.0, 0.3) == 1.0  # a whole country
    assert eq.price_level(1.0, 1e4, 2e4, 0.05, 0.3) < 1.0


def test_growth_differentials_halve():
    rate = [eq.growth_rate(0.25, year, 0.09, 0.04, 2.0) for year in (2026, 2028, 2029, 2126)]
    assert rate == pytest.approx([0.25, 0.09 + 0.08, 0.04 + 0.16 * 2**-1.5, 0.04])
