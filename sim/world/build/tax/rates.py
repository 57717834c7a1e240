"""Compute tax rates of one or several jurisdictions, and the relief of schemes for newcomers and returnees."""

from sim.errors import WorldError, nearest
from sim.world.build.tax.america import RULES as AMERICA
from sim.world.build.tax.asia import RULES as ASIA
from sim.world.build.tax.europe import RULES as EUROPE
from sim.world.build.tax.law import Law

# ------------------------------------------------------------------------------
# Effective rates
# ------------------------------------------------------------------------------


RULES = AMERICA | EUROPE | ASIA


def effective_rate(law: Law, jurisdiction: str, gross_kusd: float) -> float:
    """Return income tax and social contributions together as a share of gross pay, given in kUSD a year."""
    return sum(parts(law, jurisdiction, gross_kusd))


def parts(law: Law, jurisdiction: str, gross_kusd: float) -> tuple[float, float]:
    """Return income tax and social contributions, each as a share of gross pay.

    The rate of a mixed jurisdiction is the weighted mean of its members' rates. Raise WorldError for a jurisdiction
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
    """Return the evidence grade of a jurisdiction: the weakest of its bands, D for a mixed one."""
    return law.grades[jurisdiction]


# ------------------------------------------------------------------------------
# Relief for newcomers and returnees
# ------------------------------------------------------------------------------


def relief(law: Law, jurisdiction: str, parameters: str, social_too: bool, gross_kusd: float) -> float:
    """Return the share of a jurisdiction's ordinary total tax that a scheme takes away at ``gross_kusd``.

    ``parameters`` names the kind of scheme, amounts in local currency: ``exempt_share=.3;cap_income=246000``,
    ``flat=.24;band=600000;top=.47``, ``exempt_amount=85528``, ``exempt_share_above=.5;threshold=3000000``,
    ``tax_cut=.5``, ``effective_cap=.15``, ``credit=8000``. ``social_too`` lowers the base of contributions
    as well. A scheme that costs more than ordinary tax gives no relief.
    """
    income, social = parts(law, jurisdiction, gross_kusd)
    scheme = {key: float(value) for key, value in (item.split("=") for item in parameters.split(";"))}
    unit = 1000.0 * law.units_per_usd[law.currency[jurisdiction]]
    gross = gross_kusd * unit
    new_social = social
    if "flat" in scheme:
        band = scheme.get("band", gross)
        new_income = (scheme["flat"] * min(gross, band) + scheme.get("top", 0.0) * max(gross - band, 0.0)) / gross
    elif "tax_cut" in scheme:
        new_income = income * (1 - scheme["tax_cut"])
    elif "effective_cap" in scheme:
        new_income = min(income, scheme["effective_cap"])
    elif "credit" in scheme:
        new_income = income - scheme["credit"] / gross
    else:  # a part of pay is exempt and the rest is taxed as usual
        left = gross - exempt(scheme, gross)
        kept_income, kept_social = parts(law, jurisdiction, left / unit)
        new_income = kept_income * left / gross
        new_social = kept_social * left / gross if social_too else social
    total = income + social
    return max(0.0, 1 - (new_income + new_social) / total) if total else 0.0


def exempt(scheme: dict[str, float], gross: float) -> float:
    """Return the pay that a scheme leaves untaxed, in the currency of ``gross``.

    >>> exempt({"exempt_share": 0.3, "cap_income": 100.0}, 400.0)
    30.0
    """
    if "exempt_amount" in scheme:
        return min(scheme["exempt_amount"], gross)
    if "exempt_share_above" in scheme:
        return scheme["exempt_share_above"] * max(gross - scheme["threshold"], 0.0)
    return scheme["exempt_share"] * min(gross, scheme.get("cap_income", gross))
