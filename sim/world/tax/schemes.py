"""Reliefs for newcomers and returnees: what share of the ordinary tax a scheme takes away."""

from sim.world.tax.law import Law
from sim.world.tax.rates import parts


def relief(law: Law, jurisdiction: str, parameters: str, social_too: bool, gross_kusd: float) -> float:
    """Share of a jurisdiction's ordinary total tax that a scheme takes away at ``gross_kusd``.

    ``parameters`` names the kind of scheme, amounts in local currency: ``exempt_share=.3;cap_income=246000``,
    ``flat=.24;band=600000;top=.47``, ``exempt_amount=85528``, ``exempt_share_above=.5;threshold=3000000``,
    ``tax_cut=.5``, ``effective_cap=.15``, ``credit=8000``. ``social_too`` lowers the base of contributions
    as well. A scheme that
    would cost more than ordinary tax is not used.
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
    else:
        left = gross - exempt(scheme, gross)
        kept_income, kept_social = parts(law, jurisdiction, left / unit)
        new_income = kept_income * left / gross
        new_social = kept_social * left / gross if social_too else social
    total = income + social
    return max(0.0, 1 - (new_income + new_social) / total) if total else 0.0


def exempt(scheme: dict[str, float], gross: float) -> float:
    """Pay that a scheme leaves untaxed, in the currency of ``gross``.

    >>> exempt({"exempt_share": 0.3, "cap_income": 100.0}, 400.0)
    30.0
    """
    if "exempt_amount" in scheme:
        return min(scheme["exempt_amount"], gross)
    if "exempt_share_above" in scheme:
        return scheme["exempt_share_above"] * max(gross - scheme["threshold"], 0.0)
    return scheme["exempt_share"] * min(gross, scheme.get("cap_income", gross))
