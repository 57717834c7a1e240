"""Tax on a salary in the United States, Canada, Brazil and Mexico: one function a jurisdiction.

Every rule takes the law of its place and the gross pay in local currency, and returns income tax and
social contributions of a single employee without children who takes the standard deductions (2025).
"""

from math import ceil

from sim.world.build.tax.law import Place

Taxes = tuple[float, float]  # income tax, social contributions; local currency a year


def positive(amount: float) -> float:
    """``amount``, or nothing if it is negative."""
    return max(amount, 0.0)


def federal(usa: Place, gross: float) -> float:
    """US federal income tax."""
    return usa.tax("income", positive(gross - usa["standard_deduction"]))


def payroll(usa: Place, gross: float) -> float:
    """US Social Security and Medicare contributions of the employee."""
    return usa.tax("oasdi", gross) + usa.tax("medicare", gross)


def in_state(state_rule):
    """The US rule of a state: federal and state parts together."""

    def rule(here: Place, gross: float) -> Taxes:
        usa = here.other("usa")
        local, social = state_rule(here, gross)
        return federal(usa, gross) + local, payroll(usa, gross) + social

    return rule


def california(here: Place, gross: float) -> Taxes:
    """State tax less the phased-out exemption credit, the mental health tax, disability insurance."""
    base = positive(gross - here["standard_deduction"])
    steps = ceil(positive(gross - here["exemption_phaseout_start"]) / here["exemption_phaseout_step"])
    credit = positive(here["exemption_credit"] - steps * here["exemption_phaseout_amount"])
    return positive(here.tax("state", base) - credit) + here.tax("mhs", base), here.tax("sdi", gross)


def washington(here: Place, gross: float) -> Taxes:
    """No tax on wages; paid leave and long-term care."""
    return 0.0, here.tax("pfml", gross) + here.tax("wacares", gross)


def new_york(here: Place, gross: float) -> Taxes:
    """State tax with the recapture of the lower bands, and New York City tax."""
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
    def phased(step: str) -> float:
        return min(1.0, positive(gross - here[f"recapture_{step}_start"]) / here["recapture_width"])

    if base <= here["recapture_2_start"]:
        return here["recapture_1_amount"] * phased("1")
    return here["recapture_1_amount"] + here["recapture_2_amount"] * phased("2")


def massachusetts(here: Place, gross: float) -> Taxes:
    """Flat tax and surtax after the exemption and the deduction of payroll contributions."""
    deducted = here["personal_exemption"] + min(here["fica_deduction_cap"], payroll(here.other("usa"), gross))
    base = positive(gross - deducted)
    return here.tax("state", base) + here.tax("surtax", base), here.tax("pfml", gross)


def illinois(here: Place, gross: float) -> Taxes:
    """Flat tax; the exemption ends at a limit."""
    exemption = here["personal_exemption"] if gross <= here["exemption_limit"] else 0.0
    return here.tax("state", positive(gross - exemption)), 0.0


def colorado(here: Place, gross: float) -> Taxes:
    """Flat tax on federal taxable income, family leave."""
    base = positive(gross - here.other("usa")["standard_deduction"])
    return here.tax("state", base), here.tax("famli", gross)


def after(*deductions: str):
    """The rule of a state whose tax is its bands after the named deductions."""

    def rule(here: Place, gross: float) -> Taxes:
        return here.tax("state", positive(gross - sum(here[item] for item in deductions))), 0.0

    return rule


def canada_federal(canada: Place, taxable: float, contributions: float) -> float:
    """Federal tax less credits for the basic amount (tapered), employment and ``contributions``."""
    span = canada["bpa_taper_end"] - canada["bpa_taper_start"]
    tapered = min(1.0, positive(taxable - canada["bpa_taper_start"]) / span)
    basic = canada["bpa_max"] - tapered * (canada["bpa_max"] - canada["bpa_min"])
    credits = canada["credit_rate"] * (basic + canada["employment_amount"] + contributions)
    return positive(canada.tax("income", taxable) - credits)


def province(here: Place, gross: float) -> Taxes:
    """Federal and provincial tax outside Quebec; Ontario adds a surtax and a health premium."""
    canada = here.other("can")
    base, enhanced, insurance = (canada.tax(name, gross) for name in ("cpp_base", "cpp_enh", "ei"))
    taxable = positive(gross - enhanced)
    credit = here["credit_rate"] * (here["bpa"] + base + insurance)
    provincial = positive(here.tax("prov", taxable) - credit)
    if here.name == "can_on":
        provincial += here.tax("surtax", provincial) + here.tax("ohp", taxable)
    return canada_federal(canada, taxable, base + insurance) + provincial, base + enhanced + insurance


def quebec(here: Place, gross: float) -> Taxes:
    """Quebec has its own pension and parental plans and abates federal tax."""
    base, enhanced, insurance, parental = (here.tax(name, gross) for name in ("qpp_base", "qpp_enh", "ei", "qpip"))
    taxable = positive(gross - enhanced)
    national = canada_federal(here.other("can"), taxable, base + insurance + parental)
    own = here.tax("prov", positive(taxable - here["worker_deduction"])) - here["credit_rate"] * here["bpa"]
    income = national * (1 - here["federal_abatement"]) + positive(own)
    return income, base + enhanced + insurance + parental


def brazil(here: Place, gross: float) -> Taxes:
    """Bands after the simplified discount."""
    discount = min(here["simplified_discount_rate"] * gross, here["simplified_discount_cap"])
    return here.tax("income", positive(gross - discount)), here.tax("inss", gross)


def mexico(here: Place, gross: float) -> Taxes:
    """Bands on gross pay; the funded pension is savings and left out."""
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
