"""Compute the tax on a salary in the Middle East, Asia and Australia: one function a country, as in ``america``."""

from sim.world.build.tax.america import Taxes, positive
from sim.world.build.tax.law import Place


def untaxed(here: Place, gross: float) -> Taxes:
    """Return zero: no tax on wages and no contributions of foreigners (UAE, Saudi Arabia)."""
    return 0.0, 0.0


def israel(here: Place, gross: float) -> Taxes:
    """Return tax by bands less credit points, plus surtax; national insurance."""
    credit = here["credit_points"] * here["credit_point_value"]
    return positive(here.tax("income", gross) - credit) + here.tax("surtax", gross), here.tax("nii", gross)


def india(here: Place, gross: float) -> Taxes:
    """Return tax of the new regime with surcharge, cess and professional tax; no contributions."""
    base = positive(gross - here["standard_deduction"])
    return _with_surcharge(here, base) * (1 + here.first_rate("cess")) + here["professional_tax"], 0.0


def _with_surcharge(here: Place, income: float) -> float:
    """Return tax with surcharge; marginal relief limits the rise to the income above the threshold of the surcharge."""
    tax = here.tax("income", income)
    for lower, _, rate, _ in reversed(here.bands("surcharge")):
        if income > lower and rate > 0:
            return min(tax * (1 + rate), _with_surcharge(here, lower) + income - lower)
    return tax


def china(here: Place, gross: float) -> Taxes:
    """Return tax by bands after contributions, housing fund and basic deduction; social insurance."""
    social = here.tax("si", gross)
    base = positive(gross - social - here.tax("housing_fund_FUNDED", gross) - here["basic_deduction"])
    return here.tax("income", base), social


def japan(here: Place, gross: float) -> Taxes:
    """Return national tax with reconstruction surtax, and resident tax; pension, health and employment insurance."""
    social = here.tax("pension", gross) + here.tax("health", gross) + here.tax("employment", gross)
    earned = gross - here.tax("employment_deduction", gross)
    national = here.tax("income", positive(earned - social - _basic_deduction(here, "national", earned)))
    national += here.tax("reconstruction", national)
    local = here.tax("resident", positive(earned - social - _basic_deduction(here, "local", earned)))
    return national + local + here["per_capita"], social


def _basic_deduction(here: Place, level: str, earned: float) -> float:
    """Return the basic deduction, which falls in steps of earned income to 0 above the last limit."""
    for step in "123456":
        if earned <= here[f"basic_limit_{step}"]:
            return here[f"basic_{level}_{step}"]
    return 0.0


def korea(here: Place, gross: float) -> Taxes:
    """Return tax after employment deduction and credit, with local tax; pension, health and employment insurance."""
    social = here.tax("nps", gross) + here.tax("nhi", gross) + here.tax("ei", gross)
    deduction = min(here.tax("employment_deduction", gross), here["employment_deduction_cap"])
    tax = here.tax("income", positive(gross - deduction - here["personal_deduction"] - social))
    tax -= min(here.tax("employment_credit", tax), _credit_cap(here, gross))
    return tax + here.tax("local", tax), social


def _credit_cap(here: Place, gross: float) -> float:
    """Return the cap of the employment credit, which falls along three slopes, each to a floor of its own."""
    cap = here["credit_cap"]
    for step in "123":
        start = here[f"credit_cap_start_{step}"]
        if gross > start:
            cap = max(cap - here[f"credit_cap_slope_{step}"] * (gross - start), here[f"credit_cap_floor_{step}"])
    return cap


def singapore(here: Place, gross: float) -> Taxes:
    """Return tax by bands after earned income relief; no contributions, as the provident fund is savings."""
    return here.tax("income", positive(gross - here["earned_income_relief"])), 0.0


def australia(here: Place, gross: float) -> Taxes:
    """Return tax by bands and the Medicare levy; no contributions."""
    return here.tax("income", gross) + here.tax("medicare", gross), 0.0


def taiwan(here: Place, gross: float) -> Taxes:
    """Return tax by bands after exemption, standard and salary deductions; labour and health insurance."""
    deducted = here["exemption"] + here["standard_deduction"] + here["salary_deduction"]
    return here.tax("income", positive(gross - deducted)), here.tax("labor", gross) + here.tax("nhi", gross)


def vietnam(here: Place, gross: float) -> Taxes:
    """Return tax by bands after contributions and personal deduction; social and unemployment insurance."""
    social = here.tax("si", gross) + here.tax("ui", gross)
    return here.tax("income", positive(gross - social - here["personal_deduction"])), social


def indonesia(here: Place, gross: float) -> Taxes:
    """Return tax by bands after position costs, pension, old-age savings and tax-free amount; pension and health."""
    pension, health, savings = (
        here.tax("jp", gross),
        here.tax("bpjs_kes", gross),
        here.tax("jht_FUNDED", gross),
    )
    position = min(here["position_cost_rate"] * gross, here["position_cost_cap"])
    base = positive(gross - position - pension - savings - here["ptkp"])
    return here.tax("income", base), pension + health


RULES = {
    "isr": israel,
    "are": untaxed,
    "sau": untaxed,
    "ind": india,
    "chn": china,
    "jpn": japan,
    "kor": korea,
    "sgp": singapore,
    "aus": australia,
    "twn": taiwan,
    "vnm": vietnam,
    "idn": indonesia,
}
