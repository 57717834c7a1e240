"""Build the tables of pay, effective tax rates, and tax relief for newcomers and returnees."""

from functools import cache

from sim.world.build import tax
from sim.world.build.source_files import SPLIT_OFF, Row, countries, country_of, hubs, mean, source
from sim.world.build.stocks import PARTS, REST, components, sector_shares, stock
from sim.world.categories import SECTORS, TIERS
from sim.world.schema import PAY_PARTS

INCOMES_KUSD = (50, 100, 200, 400, 800)

# Weight of a sector in a hub's equity, and equity of a tier relative to practitioners (assumed, grade D).
EQUITY_WEIGHT = dict(zip(SECTORS, (2.0, 1.5, 1.2, 0.3, 0.8, 1.0, 0.3, 0.0), strict=True))
EQUITY_OF_TIER = {"expert": 2.0, "practitioner": 1.0, "entry": 0.6}
MAX_EQUITY_SHARE = 0.62

OUTSIDE_PAY = 0.80  # pay outside metropolitan hubs over pay in them; 0.70 to 0.90 in other countries
# Member countries of rest_of_eu with enough senior salaries at aijobs.net.
SAMPLED = ("deu", "fra", "esp", "ita", "nld", "aut", "irl", "fin")


@cache
def anchors() -> dict[str, Row]:
    """Return the pay anchors of the 39 hubs: one row of pay_anchors each.

    The hubs split off rest_of_eu get a senior pay of their own; the senior pay of rest_of_eu is set such that the
    payroll of the three together is unchanged.
    """
    rows = {row["hub"]: row for row in source("pay_anchors")}
    old = float(rows[REST]["senior_tc"])
    senior = {hub: old * factor for hub, factor in _pay_factors(rows).items()}
    payroll = sum(stock()[hub] for hub in PARTS) * old - sum(stock()[hub] * pay for hub, pay in senior.items())
    senior[REST] = payroll / stock()[REST]
    rule = "rest_of_eu scaled by aijobs.net medians and metropolitan pay, payroll kept (SOURCES.md)"
    for hub, pay in senior.items():
        rows[hub] = rows[REST] | {
            "hub": hub,
            "senior_tc": repr(pay),
            "senior_source": rule,
            "senior_grade": "D",
        }
    return {hub: rows[hub] for hub in hubs()}


def _pay_factors(anchor: dict[str, Row]) -> dict[str, float]:
    """Return the pay of the split-off hubs relative to rest_of_eu: the mean of two estimates.

    The first is the senior median of the country over the mean of the member countries (aijobs.net), the second
    ``OUTSIDE_PAY`` times practitioner pay in the metropolitan hubs of the country.
    """
    median = {row["country"]: float(row["median_usd"]) for row in source("aijobs_salaries") if row["level"] == "SE"}
    inside = {m: n for (hub, m), n in components().items() if hub in PARTS and m in SAMPLED}
    average = mean((median[member], engineers) for member, engineers in inside.items())
    middle = {hub: _practitioner_pay(row) for hub, row in anchor.items()}
    factors = {}
    for hub, country in SPLIT_OFF.items():
        metropolitan = mean((middle[h], stock()[h]) for h in anchor if country_of()[h] == country)
        factors[hub] = (median[country] / average + OUTSIDE_PAY * metropolitan / middle[REST]) / 2
    return factors


def _practitioner_pay(anchor: Row) -> float:
    """Return the pay of practitioners in kUSD a year: as published, or by its ratio to senior pay."""
    return float(anchor["practitioner_tc"] or float(anchor["senior_tc"]) * float(anchor["practitioner_ratio"]))


@cache
def total_pay() -> dict[str, dict[str, float]]:
    """Return total pay by hub and tier, kUSD a year."""
    ratio = {row["country"].lower(): float(row["ratio"]) for row in source("entry_ratio")}
    two_letters = {
        "usa": "us",
        "can": "ca",
        "gbr": "gb",
        "deu": "de",
        "fra": "fr",
        "nld": "nl",
        "ind": "in",
        "aus": "au",
    }
    by_hub = {}
    for hub, row in anchors().items():
        senior = float(row["senior_tc"])
        practitioner = _practitioner_pay(row)
        entry = practitioner * ratio[two_letters.get(country_of()[hub], "xx")]
        expert = senior * float(row["expert_multiplier"])
        by_hub[hub] = {"expert": expert, "practitioner": practitioner, "entry": entry}
    return by_hub


def illiquid_fraction(hub: str) -> float:
    """Return the share of a hub's equity that cannot be sold, from its sector mix."""
    illiquid = {row["sector"]: float(row["illiquid_fraction"]) for row in source("sector_params")}
    shares = sector_shares()[hub]
    return mean((illiquid[sector], shares[sector] * EQUITY_WEIGHT[sector]) for sector in SECTORS)


def pay() -> list[Row]:
    """Build pay.csv: base, bonus, liquid and illiquid equity by hub and tier."""
    rows = []
    for hub, by_tier in total_pay().items():
        anchor, illiquid = anchors()[hub], illiquid_fraction(hub)
        for tier in TIERS:
            total = by_tier[tier]
            equity = total * min(MAX_EQUITY_SHARE, float(anchor["equity_share_practitioner"]) * EQUITY_OF_TIER[tier])
            bonus = total * float(anchor["bonus_share"])
            parts = total - equity - bonus, bonus, equity * (1 - illiquid), equity * illiquid
            origin, grade = _pay_source(anchor, tier)
            rows.append(
                {"hub": hub, "tier": tier}
                | {name: f"{part:.1f}" for name, part in zip(PAY_PARTS, parts, strict=True)}
                | {"source": origin, "grade": grade}
            )
    return rows


def _pay_source(anchor: Row, tier: str) -> tuple[str, str]:
    """Return source and evidence grade of the pay of a tier."""
    senior = f"senior {float(anchor['senior_tc']):.0f} kUSD: {anchor['senior_source']}"
    if tier == "practitioner":
        return f"{anchor['practitioner_source']}; {senior}", anchor["practitioner_grade"]
    if tier == "entry":
        return "practitioner x entry over mid-level median (entry_ratio)", "D"
    grade = "C" if anchor["hub"] == "sf_bay_area" else "D"
    return f"x {anchor['expert_multiplier']} (m56-m58, m71-m73); {senior}", grade


@cache
def law() -> tax.Law:
    """Return the tax tables, which are edited by hand."""
    return tax.load()


def jurisdictions() -> list[str]:
    """Return the tax jurisdictions of the hubs, in hub order."""
    return list(dict.fromkeys(row["tax_jurisdiction"] for row in source("hub_places")))


def tax_effective() -> list[Row]:
    """Build tax_effective.csv: income tax and social contributions as shares of gross pay."""
    rows = []
    for jurisdiction in jurisdictions():
        for gross in INCOMES_KUSD:
            income, social = tax.parts(law(), jurisdiction, gross)
            rows.append(
                {
                    "jurisdiction": jurisdiction,
                    "gross_kusd": str(gross),
                    "rate": f"{income + social:.4f}",
                    "income_tax_rate": f"{income:.4f}",
                    "social_rate": f"{social:.4f}",
                    "source": "tax_brackets, tax_allowances, tax_fx, tax_weights by sim.world.build.tax",
                    "grade": tax.grade(law(), jurisdiction),
                }
            )
    return rows


def tax_relief() -> list[Row]:
    """Build tax_relief.csv: share of the ordinary total tax that a scheme takes away at 200 kUSD."""
    chosen: dict[tuple[str, str], list[Row]] = {}
    for row in source("relief_choices"):
        chosen.setdefault((row["country"], row["aimed_at"]), []).append(row)
    return [
        _relief_row(country, aimed_at, chosen.get((country, aimed_at), []))
        for country in countries()
        for aimed_at in ("newcomer", "returnee")
    ]


def _relief_row(country: str, aimed_at: str, schemes: list[Row]) -> Row:
    """Return one row of tax_relief; the schemes of a group of countries are averaged by weight."""
    # relief is weighted by members and eligibility; years are means over people who get a relief
    relief = years = away = 0.0
    origins, grades = [], ["A"]
    for row in schemes:
        full = tax.relief(law(), row["jurisdiction"], row["parameters"], row["social_relief"] == "yes", 200)
        weight = float(row["weight"]) * float(row["eligible_share"])
        relief += weight * full
        years += weight * float(row["years"])
        away += weight * float(row["min_years_abroad"])
        origins.append(f"{row['regime']} ({full:.3f} of tax x {weight:.3g}): {row['source']}")
        grades.append(row["grade"])
    total = sum(float(row["weight"]) * float(row["eligible_share"]) for row in schemes) or 1.0
    return {
        "country": country,
        "aimed_at": aimed_at,
        "relief": f"{relief:.4f}",
        "years": f"{years / total:.1f}",
        "min_years_abroad": f"{away / total:.1f}",
        "source": "; ".join(origins) or "tax_regimes: no scheme in force for pay earned in the country",
        "grade": max(grades) if schemes else "B",
    }
