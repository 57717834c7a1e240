"""Public money: the account closes, and it is what a person with the tables and a result would work out."""

import csv

import numpy as np
import pytest

from sim import compare, run
from sim.errors import ResultError
from sim.results.effects import effect
from sim.results.measures import measure, series
from sim.results.money import discount, fieller
from sim.results.schema import MONEY, PARTS
from sim.scenario.assumptions import ASSUMPTIONS, Assumptions
from sim.scenario.files import loads
from sim.scenario.levers import FAMILIES
from sim.study.public_account import account, rules_of, with_money
from sim.world.categories import SECTORS
from sim.world.setting import load_setting
from sim.world.tables import DATA, read

SMALL = {"population": 4_000, "replicates": 2, "years": 3, "workers": 1}
COMPUTE = 'title = "France buys compute"\n[[policy]]\nlever = "country.fra.compute.h100e"\nvalue = 50_000\n'
SCHEME = (
    'title = "Relief"\n[[policy]]\nlever = "country.deu.tax.newcomer_relief"\nvalue = 0.3\n'
    '[[policy]]\nlever = "country.deu.tax.newcomer_years"\nvalue = 5\n'
)
NEUTRAL = 'title = "Nothing"\n[[policy]]\nlever = "country.fra.tax.rate_points"\nvalue = 0\n'
FEE = 'title = "Fee"\n[[policy]]\nlever = "country.usa.route.h1b.special_fee_usd"\nvalue = 30_000\n'


@pytest.fixture(scope="module")
def found():
    arms = [loads(text, name) for name, text in (("buy", COMPUTE), ("relief", SCHEME), ("same", NEUTRAL), ("fee", FEE))]
    return compare(arms, **SMALL)


def draws(result):
    rows = result.record["draws"]
    return [Assumptions(**{name: rows[name][k] for name in ASSUMPTIONS}) for k in range(result.record["replicates"])]


def test_parts_add_up_to_the_cent(found):
    parts = sum(measure(found, f"fiscal:fra,part={part}") for part in PARTS)
    assert np.abs(parts - measure(found, "fiscal:fra")).max() < 1e-8  # million USD: a cent
    world = sum(measure(found, f"fiscal:{country}") for country in found.data.country.values)
    assert np.abs(world - measure(found, "fiscal")).max() < 1e-8


def test_a_neutral_lever_costs_nothing(found):
    for name in MONEY:
        values = found.data[name]
        base = values.sel(arm="baseline") if name == "fiscal" else 0
        assert np.abs(values.sel(arm="same") - base).max() == 0


def test_fees_paid_are_revenue(found):
    fees = series(found, "fiscal:usa,part=fees").sel(arm="fee")
    assert (found.data.windfall.sel(arm="fee", part="fees", country="usa") <= 0).all()
    # ordinary and special fees of what was decided, by hand from the counts
    routes = {row["route"]: row for row in read("routes")}
    paid = 0.0
    for name, row in routes.items():
        if row["country"] == "usa" and float(row["approval_rate"] or 1) > 0:
            counts = found.versus("fee").data.sel(arm="scenario", route=name)
            fee = counts.grants * float(row["fee_usd"]) + counts.grants_abroad * 30_000 * (name == "usa.h1b")
            paid = paid + fee / float(row["approval_rate"] or 1)
    assert np.allclose(-fees.values, paid.values / 1e6)


def test_compute_push_by_hand(found):
    for k, a in enumerate(draws(found)):
        years = found.data.year.values - 2026
        price = a.compute_unit_cost * (1 - a.compute_cost_fall) ** years
        cost = series(found, "fiscal:fra,part=compute").sel(arm="buy").values[k]
        assert np.allclose(cost, 50_000 * price / 1e6)


def test_newcomer_scheme_by_hand(found):
    one, s = found.versus("relief").data.sel(arm="scenario"), load_setting()
    germany = [k for k, hub in enumerate(s.hubs) if s.countries[s.country[k]] == "deu"]
    for k, a in enumerate(draws(found)):
        costs = []
        for t in range(len(one.time)):
            total = 0.0
            for h in germany:
                for tier in range(3):
                    gross = float(one.pay[k, t, h, tier]) / np.exp(a.pay_growth * t)
                    cash = s.pay[h, tier, :3].sum() / s.pay[h, tier].sum() * gross
                    rate = np.interp(np.log(cash), np.log(s.tax_gross), s.tax_rate[h])
                    users = float(one.stock_by_arrival[k, t, h, tier, 0, :5].sum())
                    total += users * 0.3 * rate * cash / 1000
            costs.append(total)
        by_hand = (np.array(costs[1:]) + costs[:-1]) / 2
        assert np.allclose(one.fiscal[k].sel(country="deu", part="newcomer_relief"), by_hand)


def test_arrivals_are_counted_among_residents(found):
    arrived = found.data.stock_by_arrival
    assert (arrived.sum(("scheme", "since")) <= found.data.stock + 1e-6).all()
    # in class 1 stand those who crossed a border or entered in the year before
    last_year = found.data.border_crossings.sum("tier") + found.data.entrants.sum(("hub", "tier"))
    recent = arrived.sel(since=1).sum(("hub", "tier", "scheme")).isel(time=slice(1, None))
    assert (recent.values <= last_year.values).all()


def test_a_policy_on_nobody_costs_its_windfall(found):
    """With the baseline's people in both arms, the cost is what these people are given."""
    data = found.data.sel(arm=["baseline", "relief"])
    lives = data.drop_vars(MONEY)
    same = lives.sel(arm=["baseline", "baseline"]).assign_coords(arm=["baseline", "relief"])
    same = same.assign({name: data[name] * 0 for name in MONEY})
    policies = [(), loads(SCHEME, "relief").policies]
    priced = with_money(same, policies, draws(found), 2026)
    cost = priced.fiscal.sel(arm="relief") - priced.fiscal.sel(arm="baseline")
    assert np.allclose(cost, priced.windfall.sel(arm="relief"), atol=1e-9)
    assert float(cost.sel(country="deu").sum()) > 0
    assert np.allclose(priced.windfall, data.windfall)


def test_more_agents_leave_money_alone(found):
    larger = run(loads(SCHEME, "relief"), **SMALL | {"population": 8_000})
    a, b = (effect(r, "windfall:deu@2028") for r in (found.versus("relief"), larger))
    assert float(b.mean()) == pytest.approx(float(a.mean()), rel=0.25)


def test_cost_per_engineer_is_discounted(found):
    one = found.versus("buy")
    cost = effect(one, "fiscal:fra@2026")  # of the first year alone
    stock = series(one, "stock:fra").sel(arm="scenario") - series(one, "stock:fra").sel(arm="baseline")
    people = (stock.values[:, 0] + stock.values[:, 1]) / 2
    ratio = effect(one, "cost_per_engineer:fra@2026").values
    assert np.allclose(ratio[people != 0], (1000 * cost.values / np.where(people, people, 1))[people != 0])
    assert discount(3, 10).tolist() == pytest.approx([1, 1 / 1.1, 1 / 1.21])
    with pytest.raises(ResultError, match="rate"):
        measure(one, "cost_per_engineer:fra,rate=fast")


def test_money_has_no_hubs(found):
    with pytest.raises(ResultError, match="counted by country"):
        measure(found, "fiscal:paris")


def test_old_runs_say_that_money_is_missing(result):
    data = result.data.drop_vars(MONEY, errors="ignore")
    with pytest.raises(ResultError, match="run it again"):
        measure(type(result)(data, result.record), "fiscal:usa")


def test_fieller_covers_the_ratio():
    random = np.random.default_rng(1)
    hits, unbounded = 0, 0
    for _ in range(400):
        top, bottom = 5 + random.standard_normal(12), 2 + random.standard_normal(12)
        found = fieller(top, bottom)
        unbounded += found.low is None
        hits += found.low is not None and found.low <= 2.5 <= found.high
    assert 0.86 < hits / (400 - unbounded) < 0.94
    assert fieller(np.ones(5), np.array([-1, 1, -1, 1, 0.1])).low is None


def test_rules_follow_the_months():
    text = COMPUTE + "from = 2027-07-01\n"
    path = rules_of(loads(text, "late").policies, 2026, 3)
    shares = [(now["country_compute_h100e"].max(), months.tolist()) for now, months in path.stretches]
    assert shares == [(0.0, [1.0, 0.5, 0.0]), (50_000.0, [0.0, 0.5, 1.0])]


def made_up(s, a):
    """One year's arrays of an arm: 100 engineers of each tier in every hub, who earn 200 kUSD; nobody moves."""
    hubs, tiers, years = len(s.hubs), 3, 1
    zero = {"flow": (years, hubs, hubs), "grants": (years, len(s.routes)), "grants_abroad": (years, len(s.routes))}
    arrays = {name: np.zeros(shape) for name, shape in zero.items()}
    arrays |= {"stock": np.full((2, hubs, tiers), 100.0), "stock_by_arrival": np.zeros((2, hubs, tiers, 2, 11))}
    arrays |= {"stock_by_sector": np.zeros((2, hubs, 8)), "pay": np.full((2, hubs, tiers), 200.0)}
    arrays["pay"][1] *= np.exp(a.pay_growth)
    return arrays


def more_under(text, arrays, s, a):
    """(country, part) MUSD that rules cost more than the baseline's, for given people."""
    own, other = rules_of((), 2026, 1), rules_of(loads(text, "test").policies, 2026, 1)
    return (account(s, a, arrays, own, other, 2026) - account(s, a, arrays, own, own, 2026))[0]


def test_rate_cut_costs_its_points():
    """With pay, people and rules given, points of tax cost points of taxed pay."""
    s, a = load_setting(), Assumptions.central()
    cut = 'title = "Cut"\n[[policy]]\nlever = "country.fra.tax.rate_points"\nadd = -2\n'
    cost = more_under(cut, made_up(s, a), s, a)
    france = s.country == s.countries.index("fra")
    taxed = (s.pay[france, :, :3].sum(-1) / s.pay[france].sum(-1) * 200 * 100).sum() / 1000
    assert cost[s.countries.index("fra"), 0] == pytest.approx(0.02 * taxed)
    assert np.abs(np.delete(cost, s.countries.index("fra"), axis=0)).max() == 0


def test_a_guarantee_to_experts_costs_what_is_missing():
    """Far below a guarantee, experts cost what is guaranteed; other tiers and countries cost nothing."""
    s, a = load_setting(), Assumptions.central()
    arrays = made_up(s, a) | {"stock_by_sector": np.full((2, len(s.hubs), 8), 1e9)}  # hardly any machine a head
    cost = more_under(
        'title = "Promise"\n[[policy]]\nlever = "hub.paris.compute.expert_guarantee_h100e"\nvalue = 40\n', arrays, s, a
    )
    france, compute = s.countries.index("fra"), PARTS.index("compute")
    assert cost[france, compute] == pytest.approx(100 * 40 * a.compute_unit_cost / 1e6, rel=1e-3)
    cost[france, compute] = 0
    assert np.abs(cost).max() == 0


@pytest.mark.parametrize("years", [0, 1, 4])
def test_a_guarantee_to_newcomers_costs_their_compute(years):
    """Far below a guarantee, people who came within its years cost what is guaranteed, and nobody else."""
    s, a = load_setting(), Assumptions.central()
    arrays = made_up(s, a) | {"stock_by_sector": np.full((2, len(s.hubs), 8), 1e9)}
    arrays["stock_by_arrival"][:, :, :, :, [0, 3, 7]] = 10.0
    text = "".join(
        f'[[policy]]\nlever = "hub.paris.compute.newcomer_guarantee_{key}"\nvalue = {value}\n'
        for key, value in (("h100e", 40), ("years", years))
    )
    cost = more_under(f'title = "Promise"\n{text}', arrays, s, a)
    france, compute = s.countries.index("fra"), PARTS.index("compute")
    classes = sum(since < years for since in (0, 3, 7))  # of years since arrival, for three tiers and two schemes
    assert cost[france, compute] == pytest.approx(classes * 60 * 40 * a.compute_unit_cost / 1e6, rel=1e-3)
    cost[france, compute] = 0
    assert np.abs(cost).max() == 0


def test_a_grandfathered_scheme_is_for_arrivals_only():
    """A higher relief reaches everybody within its years, or, if grandfathered, people who came since."""
    s, a = load_setting(), Assumptions.central()
    arrays, germany = made_up(s, a), s.countries.index("deu")
    arrays["stock_by_arrival"][:, :, :, 0, 3] = 10.0  # came three years before either January
    arrays["stock_by_arrival"][1, :, :, 0, 1] = 4.0  # came in the year between
    kept = SCHEME + '[[policy]]\nlever = "country.deu.tax.newcomer_grandfathered"\nvalue = true\n'
    whole, since = (more_under(text, arrays, s, a)[germany] for text in (SCHEME, kept))
    relief = PARTS.index("newcomer_relief")
    # means of two Januaries: ten a January, and four on the second alone
    assert since[relief] / whole[relief] == pytest.approx(4 / 24)
    assert whole[relief] > 0
    assert np.abs(np.delete(whole, relief)).max() == np.abs(np.delete(since, relief)).max() == 0


def test_doctors_kept_in_academia_cost_their_posts():
    """Odds of 9 move the share that they say, and each post costs a funded post; neutral odds cost nothing at all."""
    s, a, lever = load_setting(), Assumptions.central(), "country.usa.supply.doctors_in_academia"
    texts = [f'title = "Posts"\n[[policy]]\nlever = "{lever}"\nvalue = {odds}\n' for odds in (9, 1)]
    nine, one = (more_under(text, made_up(s, a), s, a) for text in texts)
    assert np.count_nonzero(one) == 0
    usa, jobs = s.countries.index("usa"), PARTS.index("jobs")
    there = s.country == usa
    part = s.stock[there] / s.stock[there].sum()
    share = s.sector_share[there, SECTORS.index("academia")]
    doctors = s.graduates[usa] * s.phd_share[usa]
    moved = doctors * part @ (9 * share / (1 + 8 * share) - share)
    assert nine[usa, jobs] == pytest.approx(moved * a.funded_post)
    assert np.count_nonzero(nine) == 1


def test_places_of_all_hubs_cost_those_of_the_country():
    """Twice the places of the country, or of each of its hubs, cost the same; those of one hub cost its part."""
    s, a = load_setting(), Assumptions.central()
    paths = ["country.fra.supply.phds", "hub.{paris,rest_of_france}.supply.phds", "hub.paris.supply.phds"]
    texts = [f'title = "Places"\n[[policy]]\nlever = "{path}"\nvalue = 2\n' for path in paths]
    whole, hubs, one = (more_under(text, made_up(s, a), s, a) for text in texts)
    assert np.allclose(whole, hubs)
    france, research = s.countries.index("fra"), PARTS.index("research")
    doctors = s.graduates[france] * s.phd_share[france]
    assert whole[france, research] == pytest.approx(doctors * a.doctoral_place / 1000)
    assert 0 < one[france, research] < whole[france, research]


def test_every_family_declares_its_cost():
    for family in FAMILIES:
        first = family.cost.partition(":")[0]
        assert first == "none" or set(first.split(", ")) <= set(PARTS), family.path
        assert first != "none" or len(family.cost) > 10, family.path


def test_unit_costs_agree_with_their_sources():
    with (DATA / "sources" / "costs.csv").open(newline="", encoding="utf-8") as file:
        source = {row["id"]: row for row in csv.DictReader(file)}
    rates = {row["currency"]: float(row["units_per_usd"]) for row in read("tax_fx")}
    table = {row["cost"]: row for row in read("unit_costs")}
    assert set(table) == {name for name, row in ASSUMPTIONS.items() if row.group == "cost"}
    for name, row in table.items():
        declared = ASSUMPTIONS[name]
        assert [float(row[key]) for key in ("low", "central", "high")] == [
            declared.low,
            declared.central,
            declared.high,
        ]
        assert row["unit"] == declared.unit
        assert row["grade"] == declared.grade
        assert set(row["rows"].split()) <= set(source)
    # figures taken over as they are
    for name, key, scale in (
        ("compute_unit_cost", "CC12", 1),
        ("compute_cost_fall", "CC11", -0.01),
        ("public_services", "CF12", 0.001),
        ("funded_post", "CP16", 1),
    ):
        quoted = sorted(float(source[key][column]) * scale for column in ("low", "value", "high"))
        assert quoted == pytest.approx([float(table[name][end]) for end in ("low", "central", "high")])
    # converted: the ends in pounds, the centre in Canadian dollars
    ends = [float(source["CV08"][end]) / rates["GBP"] / 1000 for end in ("low", "high")]
    assert ends == pytest.approx([float(table["case_cost"][end]) for end in ("low", "high")], rel=0.03)
    awards = float(source["CP05"]["value"]) / rates["CAD"] / 1000
    assert awards == pytest.approx(float(table["doctoral_place"]["central"]), rel=0.03)
