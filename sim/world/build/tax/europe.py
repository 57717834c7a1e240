"""Compute the tax on a salary in Europe and Turkey: one function for each country, as in ``america``."""

from math import ceil

from sim.world.build.tax.america import Taxes, positive
from sim.world.build.tax.law import Place


def united_kingdom(here: Place, gross: float) -> Taxes:
    """Return tax by bands after a personal allowance that tapers off above a limit; national insurance."""
    tapered = here["allowance_taper_rate"] * positive(gross - here["allowance_taper_start"])
    allowance = positive(here["personal_allowance"] - tapered)
    return here.tax("income", positive(gross - allowance)), here.tax("nic", gross)


def france(here: Place, gross: float) -> Taxes:
    """Return tax after contributions, deductible CSG and flat deduction for costs; contributions with CSG and CRDS."""
    contributions = here.tax("ret", gross) + here.tax("compl", gross) + here.tax("apec", gross)
    if gross > here["pss"]:
        contributions += here.tax("cet", gross)
    csg_base = here.tax("csg_base", gross)
    net = gross - contributions - csg_base * here["csg_deductible"]
    net -= min(here["pro_expense_rate"] * net, here["pro_expense_cap"])
    tax = here.tax("income", net)
    tax -= min(tax, positive(here["decote_amount"] - here["decote_rate"] * tax))
    social = contributions + csg_base * (here["csg_rate"] + here["crds_rate"])
    return tax + here.tax("cehr", net), social


def germany(here: Place, gross: float) -> Taxes:
    """Return tax by the linear-progressive tariff with solidarity surcharge; social insurance.

    Contributions to pension and care, and most of those to health, are deductible.
    """
    pension, unemployment = here.tax("pension", gross), here.tax("unemp", gross)
    health, care = here.tax("health", gross), here.tax("care", gross)
    deducted = here["employee_allowance"] + here["special_expenses"] + pension + care
    base = positive(gross - deducted - here["health_deductible_share"] * health)
    tax = here.tax("income", base)
    solidarity = min(here.tax("soli", tax), here["soli_taper"] * positive(tax - here["soli_threshold"]))
    return tax + solidarity, pension + unemployment + health + care


def netherlands(here: Place, gross: float) -> Taxes:
    """Return income tax and national insurance; credits lower both in proportion to their rates in the first band."""
    general = positive(
        here["general_credit"] - here["general_taper_rate"] * positive(gross - here["general_taper_start"])
    )
    labour = positive(here["labour_credit"] - here["labour_taper_rate"] * positive(gross - here["labour_taper_start"]))
    tax_rate, insurance_rate = here.first_rate("income"), here.first_rate("volks")
    tax_part = tax_rate / (tax_rate + insurance_rate)
    credits = general + labour
    return here.tax("income", gross) - tax_part * credits, here.tax("volks", gross) - (1 - tax_part) * credits


def poland(here: Place, gross: float) -> Taxes:
    """Return tax on a contract of employment with solidarity levy; contributions, of which health is not deductible."""
    social = here.tax("pension", gross) + here.tax("sickness", gross)
    health = here.tax("health", gross - social)
    base = positive(gross - social - here["earning_costs"])
    tax = positive(here.tax("income", base) - here["tax_reducing_amount"])
    return tax + here.tax("solidarity", base), social + health


def portugal(here: Place, gross: float) -> Taxes:
    """Return tax by bands after contributions or the specific deduction, whichever is larger; social security."""
    social = here.tax("ss", gross)
    base = positive(gross - max(social, here["specific_deduction"]))
    return here.tax("income", base) + here.tax("solidarity", base), social


def spain(here: Place, gross: float) -> Taxes:
    """Return tax by state and regional tariffs, each less the tax on the personal minimum; social security."""
    social = here.tax("ss", gross)
    base = positive(gross - social - here["other_expenses"])
    levels = (
        positive(here.tax(level, base) - here.tax(level, here[f"minimum_{level}"])) for level in ("state", "region")
    )
    return sum(levels), social


def italy(here: Place, gross: float) -> Taxes:
    """Return tax by bands less the employee credit, which falls to 0 from 28,000 to 50,000 euros; social insurance."""
    social = here.tax("inps", gross)
    base = gross - social
    span = here["employee_credit_end"] - here["employee_credit_start"]
    credit = here["employee_credit_28k"] * min(1.0, positive(here["employee_credit_end"] - base) / span)
    tax = positive(here.tax("income", base) - credit)
    return tax + here.tax("region", base) + here.tax("city", base), social


def ireland(here: Place, gross: float) -> Taxes:
    """Return tax by bands less credits, plus the universal social charge; social insurance."""
    tax = positive(here.tax("income", gross) - here["personal_credit"] - here["employee_credit"])
    return tax + here.tax("usc", gross), here.tax("prsi", gross)


def sweden(here: Place, gross: float) -> Taxes:
    """Return municipal and state tax less pension and job credits, with public levies; pension contribution."""
    allowance = ceil(here["basic_allowance_factor"] * here["pbb"] / 100) * 100.0
    base = positive(gross - allowance)
    pension = here.tax("pension", gross)
    job_credit = (here["jsa_factor"] * here["pbb"] - allowance) * here.first_rate("municipal")
    levies = here["burial_fee"] * base + here["public_service_fee"]
    credits = pension + job_credit + here["earned_income_credit"]
    return here.tax("municipal", base) + here.tax("state", base) + levies - credits, pension


def zurich(here: Place, gross: float) -> Taxes:
    """Return federal tax and cantonal tax times its multiplier; insurance without the second pillar (savings)."""
    social = here.tax("ahv", gross) + here.tax("alv", gross)
    second_pillar = here["bvg_rate"] * min(here["bvg_max"], positive(gross - here["bvg_offset"]))
    net = gross - social - second_pillar
    net -= min(max(here["pro_expense_rate"] * net, here["pro_expense_min"]), here["pro_expense_max"])
    canton = here.tax("base", net - here["insurance_zh"]) * here["multiplier"] + here["personal_tax"]
    return here.tax("federal", net - here["insurance_federal"]) + canton, social


def turkey(here: Place, gross: float) -> Taxes:
    """Return tax by bands less the tax on the minimum wage, plus stamp duty; social security."""
    social = here.tax("sgk", gross)
    minimum = here["minimum_wage_annual"]
    credit = here.tax("income", minimum - here.tax("sgk", minimum))
    return positive(here.tax("income", gross - social) - credit) + here.tax("stamp", gross), social


RULES = {
    "gbr": united_kingdom,
    "fra": france,
    "deu": germany,
    "nld": netherlands,
    "pol": poland,
    "prt": portugal,
    "esp": spain,
    "ita": italy,
    "irl": ireland,
    "swe": sweden,
    "che_zh": zurich,
    "tur": turkey,
}
