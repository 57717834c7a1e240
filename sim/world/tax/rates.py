"""Rates out of rules: one jurisdiction, or the weighted mean of several."""

from sim.errors import WorldError, nearest
from sim.world.tax.america import RULES as AMERICA
from sim.world.tax.asia import RULES as ASIA
from sim.world.tax.europe import RULES as EUROPE
from sim.world.tax.law import Law

RULES = AMERICA | EUROPE | ASIA


def effective_rate(law: Law, jurisdiction: str, gross_kusd: float) -> float:
    """Income tax and social contributions of a jurisdiction as a share of gross pay in kUSD a year."""
    return sum(parts(law, jurisdiction, gross_kusd))


def parts(law: Law, jurisdiction: str, gross_kusd: float) -> tuple[float, float]:
    """Income tax and social contributions, each as a share of gross pay.

    A mixed jurisdiction is the weighted mean of its members' rates. Raises WorldError for a jurisdiction
    without a rule and for gross pay that is not positive.
    """
    if not gross_kusd > 0:
        raise WorldError("tax", jurisdiction, f"gross pay {gross_kusd} kUSD is not above 0")
    if jurisdiction in law.mixes:
        members = [(weight, parts(law, name, gross_kusd)) for name, weight in law.mixes[jurisdiction].items()]
        income_tax, contributions = (sum(weight * part[axis] for weight, part in members) for axis in (0, 1))
        return income_tax, contributions
    if jurisdiction not in RULES:
        raise WorldError("tax", f"unknown jurisdiction {jurisdiction}{nearest(jurisdiction, RULES)}")
    gross = 1000.0 * gross_kusd * law.units_per_usd[law.currency[jurisdiction]]
    income, social = RULES[jurisdiction](law.place(jurisdiction), gross)
    return income / gross, social / gross


def grade(law: Law, jurisdiction: str) -> str:
    """Evidence grade of a jurisdiction: the weakest of its bands, D for a mixed one."""
    return law.grades[jurisdiction]
