"""Test effective tax: cases by hand, a second implementation, published figures, and monotonicity."""

import csv
from pathlib import Path

import pytest

from sim.errors import WorldError
from sim.world.build import tax
from sim.world.build.tax.rates import exempt

SOURCES = Path(tax.__file__).parents[2] / "data" / "sources"
INCOMES = (50, 100, 200, 400, 800)


@pytest.fixture(scope="module")
def law():
    return tax.load()


def table(name):
    with (SOURCES / f"{name}.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("jurisdiction", ["are", "sau"])
def test_the_gulf_takes_nothing(law, jurisdiction):
    assert [tax.effective_rate(law, jurisdiction, gross) for gross in INCOMES] == [0.0] * 5


def test_texas_by_hand(law):
    # 100,000 - 15,750 = 84,250: 1,192.50 + 4,386.00 + 22 % of 35,775 = 13,449.00; payroll 7.65 %; no state
    income, social = tax.parts(law, "usa_tx", 100)
    assert income * 100_000 == pytest.approx(13_449.00)
    assert social * 100_000 == pytest.approx(7_650.00)


def test_additional_medicare_and_the_wage_cap_by_hand(law):
    # 400,000: 6.2 % of 176,100, 1.45 % of 200,000 and 2.35 % of the other 200,000
    _, social = tax.parts(law, "usa_fl", 400)
    assert social * 400_000 == pytest.approx(10_918.2 + 2_900 + 4_700)


def local(law, jurisdiction, gross):
    """Return income tax and contributions on gross pay in local currency."""
    return tax.RULES[jurisdiction](law.place(jurisdiction), gross)


def test_united_kingdom_by_hand(law):
    # 60,000: 20 % of 37,700 and 40 % of 9,730; contributions 8 % of 37,700 and 2 % of 9,730
    assert local(law, "gbr", 60_000) == pytest.approx((11_432.0, 3_210.6))
    # inside the taper: allowance 7,570, so 7,540 + 40 % of 64,730
    assert local(law, "gbr", 110_000)[0] == pytest.approx(33_432.0)


def test_poland_by_hand(law):
    assert local(law, "pol", 100_000) == pytest.approx((6_394.80, 13_710.0 + 7_766.1))


def test_ireland_published_case(law):
    assert local(law, "irl", 100_000) == pytest.approx((27_200 + 4_044, 4_125), abs=1.0)


@pytest.mark.parametrize(
    ("jurisdiction", "schedule", "base", "expected"),
    [
        ("deu", "income", 100_000, 0.42 * 100_000 - 10_911.92),  # s. 32a(1) no. 4 EStG 2025
        ("deu", "income", 300_000, 0.45 * 300_000 - 19_246.67),  # no. 5
        ("jpn", "income", 7_470_000, 1_082_100),
        ("jpn", "resident", 7_620_000, 762_000),
        ("sgp", "income", 200_000, 21_150),
        ("sgp", "income", 1_000_000, 199_150),
        ("che_zh", "federal", 184_900, 10_920.4),
        ("tur", "income", 4_300_000, 1_378_000),
        ("ind", "income", 2_500_000, 330_000),
        ("jpn", "employment_deduction", 9_000_000, 1_950_000),
        ("kor", "employment_deduction", 100_000_000, 14_750_000),
    ],
)
def test_tariffs_meet_official_tables(law, jurisdiction, schedule, base, expected):
    assert law.place(jurisdiction).tax(schedule, base) == pytest.approx(expected, abs=1.0)


@pytest.mark.parametrize("row", table("tax_reference"), ids=lambda row: f"{row['jurisdiction']}-{row['gross_kusd']}")
def test_a_second_implementation_agrees(law, row):
    rate = tax.effective_rate(law, row["jurisdiction"], float(row["gross_kusd"]))
    assert rate == pytest.approx(float(row["rate"]), abs=0.001)


def independent():
    """Compare total tax with other programs and pages, within the known differences."""
    partial = ("only", "all")
    return [row for row in table("tax_crosscheck") if not any(word in row["scope"] for word in partial)]


@pytest.mark.parametrize("row", independent(), ids=lambda row: f"{row['jurisdiction']}-{row['gross_local']}")
def test_independent_figures(law, row):
    unit = law.units_per_usd[row["currency"]]
    rate = tax.effective_rate(law, row["jurisdiction"], float(row["gross_local"]) / unit / 1000)
    known_gap = abs(float(row["difference_points"])) / 100
    assert abs(rate - float(row["reference"])) <= known_gap + 0.001
    assert known_gap < 0.01 or row["note"], "a gap of a point or more must be explained"


@pytest.mark.parametrize("jurisdiction", sorted(tax.RULES))
def test_tax_rates_are_between_0_and_1(law, jurisdiction):
    for gross in INCOMES:
        income, social = tax.parts(law, jurisdiction, gross)
        assert -0.01 <= income <= 0.60
        assert 0.0 <= social <= 0.30
        assert income + social <= 0.65


@pytest.mark.parametrize("jurisdiction", sorted(tax.RULES))
def test_marginal_tax_stays_below_90_percent(law, jurisdiction):
    for gross in (60, 110, 190, 250, 500):
        before, after = (g * tax.effective_rate(law, jurisdiction, g) for g in (gross, gross + 1))
        assert after - before <= 0.9


def test_mixed_jurisdictions_are_weighted_means(law):
    assert tax.effective_rate(law, "usa_dcva", 200) == pytest.approx(
        (tax.effective_rate(law, "usa_dc", 200) + tax.effective_rate(law, "usa_va", 200)) / 2
    )
    assert all(sum(members.values()) == pytest.approx(1) for members in law.mixes.values())
    assert all(member in tax.RULES for members in law.mixes.values() for member in members)


def test_relief_by_hand(law):
    assert exempt({"exempt_share": 0.3, "cap_income": 100_000.0}, 400_000.0) == 30_000.0
    # the flat tax of Korea replaces income tax alone
    income, social = tax.parts(law, "kor", 200)
    assert tax.relief(law, "kor", "flat=0.209", False, 200) == pytest.approx(1 - (0.209 + social) / (income + social))
    # half of income tax gone
    assert tax.relief(law, "kor", "tax_cut=0.50", False, 200) == pytest.approx(income / 2 / (income + social))


def test_a_scheme_dearer_than_ordinary_tax_is_not_used(law):
    assert tax.relief(law, "sgp", "flat=0.5", False, 200) == 0.0
    assert tax.relief(law, "are", "exempt_share=0.3", False, 200) == 0.0


@pytest.mark.parametrize("gross", [0, -5, float("nan")])
def test_pay_must_be_positive(law, gross):
    with pytest.raises(WorldError, match="not above 0"):
        tax.effective_rate(law, "fra", gross)


def test_unknown_jurisdiction_names_the_nearest(law):
    with pytest.raises(WorldError, match="usa_tx"):
        tax.effective_rate(law, "usa_txx", 100)
