"""Compute the tax on a salary in the United States, Canada, Brazil and Mexico: one function for each jurisdiction.

Every rule takes the law of its place and the gross pay in local currency a year. It returns income tax and social
contributions of a single employee without children who takes the standard deductions (2025). Sources of all bands
and amounts: ``tax_brackets.csv`` and ``tax_allowances.csv``.
"""

from collections.abc import Callable
from math import ceil

from sim.world.build.tax.law import Place

Taxes = tuple[float, float]  # income tax, social contributions; local currency a year
Rule = Callable[[Place, float], Taxes]  # from the law of a place and gross pay, local currency a year


def positive(amount: float) -> float:
    """Return ``amount``, or 0 if it is negative."""
    return max(amount, 0.0)


def federal(usa: Place, gross: float) -> float:
    """Return the US federal income tax."""
    return usa.tax("income", positive(gross - usa["standard_deduction"]))


def payroll(usa: Place, gross: float) -> float:
    """Return the employee's contributions to US Social Security and Medicare."""
    return usa.tax("oasdi", gross) + usa.tax("medicare", gross)


def in_state(state_rule: Rule) -> Rule:
    """Return the rule of a US state: federal taxes plus the taxes that ``state_rule`` gives."""

    def rule(here: Place, gross: float) -> Taxes:
        """Return federal and state income tax, and federal and state contributions."""
        usa = here.other("usa")
        local, social = state_rule(here, gross)
        return federal(usa, gross) + local, payroll(usa, gross) + social

    return rule


def california(here: Place, gross: float) -> Taxes:
    """Return state tax less the phased-out exemption credit, with mental health tax; disability insurance."""
    base = positive(gross - here["standard_deduction"])
    steps = ceil(positive(gross - here["exemption_phaseout_start"]) / here["exemption_phaseout_step"])
    credit = positive(here["exemption_credit"] - steps * here["exemption_phaseout_amount"])
    return positive(here.tax("state", base) - credit) + here.tax("mhs", base), here.tax("sdi", gross)


def washington(here: Place, gross: float) -> Taxes:
    """Return no tax on wages; contributions to paid leave and long-term care."""
    return 0.0, here.tax("pfml", gross) + here.tax("wacares", gross)


def new_york(here: Place, gross: float) -> Taxes:
    """Return state tax with the recapture of lower bands, and New York City tax; paid leave and disability."""
    base = positive(gross - here["standard_deduction"])
    state = here.tax("state", base) + _recapture(here, gross, base)
    city = here.tax("city", base)
    if gross <= here["nyc_school_credit_limit"]:
        city -= here["nyc_school_credit"]
    if base <= here["nyc_school_rate_limit"]:
        first = min(base, here["nyc_school_rate_step"])
        city -= here["nyc_school_rate_1"] * first + here["nyc_school_rate_2"] * (base - first)
    return state + positive(city), here.tax("pfl", gross) + here.tax("dbl", gross)


def _recapture(here: Place, gross: float, base: float) -> float:
    """Return the supplemental tax that takes back the benefit of lower bands, phased in over gross pay."""

    def phased(step: str) -> float:
        """Return the share of a recapture that applies, 0 to 1."""
        return min(1.0, positive(gross - here[f"recapture_{step}_start"]) / here["recapture_width"])

    if base <= here["recapture_2_start"]:
        return here["recapture_1_amount"] * phased("1")
    return here["recapture_1_amount"] + here["recapture_2_amount"] * phased("2")


def massachusetts(here: Place, gross: float) -> Taxes:
    """Return flat tax and surtax after exemption and payroll deduction; paid leave."""
    deducted = here["personal_exemption"] + min(here["fica_deduction_cap"], payroll(here.other("usa"), gross))
    base = positive(gross - deducted)
    return here.tax("state", base) + here.tax("surtax", base), here.tax("pfml", gross)


def illinois(here: Place, gross: float) -> Taxes:
    """Return the flat tax; above a limit there is no exemption."""
    exemption = here["personal_exemption"] if gross <= here["exemption_limit"] else 0.0
    return here.tax("state", positive(gross - exemption)), 0.0


def colorado(here: Place, gross: float) -> Taxes:
    """Return the flat tax on federal taxable income; family leave."""
    base = positive(gross - here.other("usa")["standard_deduction"])
    return here.tax("state", base), here.tax("famli", gross)


def after(*deductions: str) -> Rule:
    """Return the rule of a state that taxes pay after the named deductions by its bands."""

    def rule(here: Place, gross: float) -> Taxes:
        """Return the state tax after the deductions; no contributions."""
        return here.tax("state", positive(gross - sum(here[item] for item in deductions))), 0.0

    return rule


def canada_federal(canada: Place, taxable: float, contributions: float) -> float:
    """Return Canadian federal tax less credits for the tapered basic amount, employment and ``contributions``."""
    span = canada["bpa_taper_end"] - canada["bpa_taper_start"]
    tapered = min(1.0, positive(taxable - canada["bpa_taper_start"]) / span)
    basic = canada["bpa_max"] - tapered * (canada["bpa_max"] - canada["bpa_min"])
    credits = canada["credit_rate"] * (basic + canada["employment_amount"] + contributions)
    return positive(canada.tax("income", taxable) - credits)


def province(here: Place, gross: float) -> Taxes:
    """Return federal and provincial tax outside Quebec, in Ontario with surtax and health premium; contributions."""
    canada = here.other("can")
    base, enhanced, insurance = (canada.tax(name, gross) for name in ("cpp_base", "cpp_enh", "ei"))
    taxable = positive(gross - enhanced)
    credit = here["credit_rate"] * (here["bpa"] + base + insurance)
    provincial = positive(here.tax("prov", taxable) - credit)
    if here.name == "can_on":
        provincial += here.tax("surtax", provincial) + here.tax("ohp", taxable)
    return canada_federal(canada, taxable, base + insurance) + provincial, base + enhanced + insurance


def quebec(here: Place, gross: float) -> Taxes:
    """Return abated federal tax and Quebec tax; contributions with Quebec's pension and parental plans."""
    base, enhanced, insurance, parental = (here.tax(name, gross) for name in ("qpp_base", "qpp_enh", "ei", "qpip"))
    taxable = positive(gross - enhanced)
    national = canada_federal(here.other("can"), taxable, base + insurance + parental)
    own = here.tax("prov", positive(taxable - here["worker_deduction"])) - here["credit_rate"] * here["bpa"]
    income = national * (1 - here["federal_abatement"]) + positive(own)
    return income, base + enhanced + insurance + parental


def brazil(here: Place, gross: float) -> Taxes:
    """Return tax by bands after the simplified discount; social insurance."""
    discount = min(here["simplified_discount_rate"] * gross, here["simplified_discount_cap"])
    return here.tax("income", positive(gross - discount)), here.tax("inss", gross)


def mexico(here: Place, gross: float) -> Taxes:
    """Return tax by bands on gross pay; social insurance without the funded pension, which is savings."""
    return here.tax("income", gross), here.tax("imss", gross)


RULES = {
    "usa_ca": in_state(california),
    "usa_wa": in_state(washington),
    "usa_ny": in_state(new_york),
    "usa_tx": in_state(after()),
    "usa_ma": in_state(massachusetts),
    "usa_dc": in_state(after("standard_deduction")),
    "usa_va": in_state(after("standard_deduction", "personal_exemption")),
    "usa_il": in_state(illinois),
    "usa_nc": in_state(after("standard_deduction")),
    "usa_co": in_state(colorado),
    "usa_ga": in_state(after("standard_deduction")),
    "usa_fl": in_state(after()),
    "can_on": province,
    "can_qc": quebec,
    "can_bc": province,
    "can_ab": province,
    "bra": brazil,
    "mex": mexico,
}
