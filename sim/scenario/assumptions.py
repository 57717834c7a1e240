"""Declare every assumption once, and give its values: central, drawn from its range, or from a user's file.

``central`` is the median and ``low`` to ``high`` the 90 % range (``distributions`` fits a shape to them). Draws and
values in files stay within ``bounds``. ``low == high`` means that the assumption is fixed. Grades: A measured,
B derived, C published by industry, D assumed. **New rows go to the end**: the position of a row is its dimension in
the Sobol design, so an appended row leaves the draws of all earlier assumptions unchanged.
"""

import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict, dataclass, fields, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim.arguments import is_number, user_path
from sim.errors import AssumptionError, nearest
from sim.scenario.distributions import LOGARITHMIC, quantile, sobol
from sim.texts import as_share, csv_rows, line_of, parse, read_text

if TYPE_CHECKING:
    import numpy as np

# ------------------------------------------------------------------------------
# Declarations
# ------------------------------------------------------------------------------


ENOUGH = 0.20  # shrinkage from which on a fitted assumption rests on data; below it, on its prior
PRIOR_DRIVEN = "prior-driven"  # name of such assumptions in tables and reports


@dataclass(frozen=True)
class Assumption:
    """A parameter of behaviour or an uncertain figure, with its range and evidence; never a policy."""

    name: str
    central: float
    low: float
    high: float
    shape: str
    bounds: tuple[float, float]
    unit: str
    grade: str
    source: str
    meaning: str
    group: str = "behaviour"  # or "data", a figure that better statistics would settle, or "cost", a public unit cost
    mass: float = 0.0  # probability of exactly 0, for zero_inflated
    fixed_by_user: bool = False  # by a value in the user's --assumptions file
    prior: tuple[float, float, float] | None = None  # central, low, high before the fit to data
    shrinkage: float | None = None  # 1 - posterior sd / prior sd, on the scale of normal scores; None: not fitted

    @property
    def is_fixed(self) -> bool:
        """Tell whether all draws have one value."""
        return self.low == self.high

    @property
    def is_prior_driven(self) -> bool:
        """Tell whether the assumption was fitted to data that hardly narrowed its prior."""
        return self.shrinkage is not None and self.shrinkage < ENOUGH

    @property
    def fitting(self) -> str:
        """Effect of the fit in words: prior-driven, or by how much it narrowed; empty without a fit."""
        if self.shrinkage is None:
            return ""
        return PRIOR_DRIVEN if self.is_prior_driven else f"narrowed by {100 * self.shrinkage:.0f} %"


def _assumption(
    name: str,
    *,
    range: tuple[float, float, float],
    shape: str,
    bounds: tuple[float, float],
    unit: str,
    meaning: str,
    grade: str,
    source: str,
    group: str = "behaviour",
    mass: float = 0.0,
) -> Assumption:
    """Declare an assumption; ``range`` holds the 5 % quantile, the median and the 95 % quantile."""
    low, central, high = range
    return Assumption(name, central, low, high, shape, bounds, unit, grade, source, meaning, group, mass)


# One assumption in three or four lines, laid out by hand. New rows go to the end; None keeps the place of a former one.
# fmt: off
_ROWS = (
    _assumption("b_pay", range=(1.3, 1.9, 2.6), shape="lognormal", bounds=(0, 10), unit="per ln kUSD",
        meaning="pull of net real pay: log-odds of a hub per ln(net real pay), given a considered offer (E2)",
        grade="B", source="tax experiments at first order: inflow elasticities of 1 to 2, Danish and Dutch schemes"),
    _assumption("b_pay_sd", range=(0.1, 0.4, 0.9), shape="halfnormal", bounds=(0, 3), unit="per ln kUSD",
        meaning="spread of b_pay over engineers (E2)",
        grade="D", source="assumption"),
    _assumption("b_distance", range=(0.2, 0.5, 1.0), shape="lognormal", bounds=(0, 5), unit="per ln(1 + 100 km)",
        meaning="fall of log-odds with distance (E2)",
        grade="D", source="assumption; on scholars' flows 2003-12 the fit gives 0.200 (0.038), corridor_kernel.csv"),
    _assumption("b_language", range=(0.1, 0.4, 0.9), shape="normal", bounds=(0, 5), unit="log-odds",
        meaning="pull of a common official language (E2)",
        grade="B", source="literature 0.4 to 0.9; on scholars' flows 2003-12 the fit gives 0.607 (0.108), "
                          "corridor_kernel.csv"),
    _assumption("b_diaspora", range=(0.2, 0.4, 0.7), shape="normal", bounds=(0, 5), unit="per ln(1 + engineers)",
        meaning="pull of compatriot engineers at the start, fixed during the run (E2)",
        grade="B", source="sign: Beine, Docquier and Ozden; scholars' flows, whole populations' stock: 0.209 "
                          "(0.015), corridor_kernel.csv"),
    _assumption("b_home", range=(0.5, 1.0, 2.0), shape="lognormal", bounds=(0, 10), unit="log-odds",
        meaning="pull of the country of origin (E2)",
        grade="B", source="fitted to gates g08, g09"),
    _assumption("b_age", range=(0.01, 0.04, 0.08), shape="lognormal", bounds=(0, 1), unit="per year",
        meaning="fall of the log-odds of moving per year of age after age_reference (E2)",
        grade="B", source="Vaccario et al.; Rogers and Castro"),
    _assumption("colleague_multiplier", range=(2, 4, 7), shape="lognormal", bounds=(1, 50), unit="ratio",
        meaning="offers from a hub where a former colleague works, against none (E2)",
        grade="A", source="Glitz"),
    _assumption("b_friend", range=(0.2, 0.33, 0.6), shape="lognormal", bounds=(0, 5), unit="log-odds",
        meaning="pull of a tie other than a former colleague at the destination (E2)",
        grade="A", source="CEPR DP20447"),
    _assumption("agglomeration_productivity", range=(0, 0.02, 0.07), shape="zero_inflated", bounds=(0, 1),
        unit="elasticity",
        meaning="rise of ln pay per ln of hub stock (E7)",
        mass=0.30, grade="C", source="Moretti 2021; comment by Wiebe"),
    _assumption("b_size", range=(0, 0.15, 0.4), shape="uniform", bounds=(0, 2), unit="per ln(engineers)",
        meaning="pull of the hub's size itself (E2)",
        grade="D", source="assumption"),
    _assumption("b_compute", range=(0, 0.10, 0.30), shape="zero_inflated", bounds=(0, 2),
        unit="per ln(1 + compute over the world's)", mass=0.25,
        meaning="pull of compute per engineer on researchers and infrastructure engineers (E2): no causal evidence",
        grade="D", source="no causal estimate exists; bounded by pay given up and by funding gaps"),
    _assumption("compute_saturation", range=(5, 20, 100), shape="loguniform", bounds=(0, 1e6),
        unit="times the world's compute per engineer",
        meaning="compute per engineer over the world's of the day, above which more adds nothing (E2)",
        grade="D", source="assumption"),
    _assumption("fee_pass_through", range=(0, 0.3, 1), shape="beta", bounds=(0, 1), unit="share",
        meaning="share of a visa fee that the engineer bears (E1)",
        grade="D", source="assumption"),
    _assumption("employer_pays_fee_expert", range=(0.05, 0.25, 0.6), shape="beta", bounds=(0.0001, 0.9999),
        unit="probability",
        meaning="employer of an expert pays a fee of 100,000 USD (E5)",
        grade="C", source="about 70 payers by February 2026"),
    _assumption("employer_pays_fee_other", range=(0.001, 0.02, 0.1), shape="beta", bounds=(0.0001, 0.9999),
        unit="probability",
        meaning="employer of a practitioner or entry engineer pays a fee of 100,000 USD (E5)",
        grade="C", source="about 70 payers by February 2026; from 0.001, as the probit needs more than 0"),
    _assumption("b_delay", range=(0.01, 0.05, 0.12), shape="lognormal", bounds=(0, 2), unit="per month",
        meaning="fall of log-odds per month of waiting for a permit (E2)",
        grade="D", source="assumption"),
    _assumption("permanent_queue_job_change", range=(-0.35, -0.20, -0.05), shape="normal", bounds=(-1, 0),
        unit="relative change",
        meaning="change of the job-change rate while queueing for permanent residence (E10)",
        grade="A", source="Hunt"),
    _assumption("job_change_rate", range=(0.18, 0.24, 0.28), shape="beta", bounds=(0, 1), unit="per year",
        meaning="engineers who change employer within the hub (E10)",
        group="data", grade="A", source="Cato; Hunt"),
    _assumption("lab_separation_rate", range=(0.09, 0.15, 0.22), shape="beta", bounds=(0, 1), unit="per year",
        meaning="engineers who leave a frontier lab (E10)",
        group="data", grade="B", source="SignalFire (derived)"),
    _assumption("wage_supply_elasticity", range=(0.1, 0.3, 0.6), shape="lognormal", bounds=(0, 5), unit="elasticity",
        meaning="fall of ln pay per ln of labour supply at given demand (E7)",
        grade="D", source="assumption; sweep it"),
    _assumption("housing_elasticity", range=(0.1, 0.3, 0.6), shape="lognormal", bounds=(0, 5), unit="elasticity",
        meaning="rise of ln local prices per ln of metropolitan employment (E8)",
        grade="D", source="assumption; sweep it"),
    _assumption("price_weight", range=(0.3, 0.6, 1.0), shape="beta", bounds=(0, 1), unit="share",
        meaning="share of pay spent at local prices (E1)",
        grade="D", source="assumption"),
    _assumption("liquid_equity_weight", range=(0.6, 0.85, 1.0), shape="beta", bounds=(0, 1), unit="per dollar",
        meaning="value of a dollar of liquid equity against cash (E1)",
        grade="D", source="assumption (m28)"),
    _assumption("illiquid_equity_weight", range=(0.1, 0.35, 0.7), shape="beta", bounds=(0, 1), unit="per dollar",
        meaning="value of a dollar of illiquid equity against cash (E1)",
        grade="D", source="assumption (m27)"),
    _assumption("remote_separation_effect", range=(-0.55, -0.41, -0.2), shape="normal", bounds=(-1, 0),
        unit="relative change",
        meaning="separation rate of remote workers against others (E11)",
        grade="C", source="m46"),
    _assumption("considering_rate", range=(0.06, 0.14, 0.25), shape="beta", bounds=(0, 1), unit="share a year",
        meaning="engineers who consider a move out of the hub (E4)",
        grade="D", source="fit to g06 and the hubs' net rates; search and offer are not separately identified"),
    _assumption("nest_residence", range=(0.3, 0.6, 0.9), shape="uniform", bounds=(0.05, 1), unit="dissimilarity",
        meaning="nest of the other hubs of the country of residence (E3)",
        grade="C", source="assumption"),
    _assumption("nest_origin", range=(0.25, 0.5, 0.85), shape="uniform", bounds=(0.05, 1), unit="dissimilarity",
        meaning="nest of the country of origin, when living elsewhere (E3)",
        grade="C", source="Beine, Bierlaire and Docquier 2021 (qualitative)"),
    _assumption("nest_third", range=(0.4, 0.7, 0.95), shape="uniform", bounds=(0.05, 1), unit="dissimilarity",
        meaning="nest of third countries (E3)",
        grade="C", source="Beine, Bierlaire and Docquier 2021 (qualitative)"),
    _assumption("move_cost_domestic", range=(0.5, 1.5, 2.5), shape="normal", bounds=(-5, 15), unit="log-odds",
        meaning="cost of a move inside the country (E2)",
        grade="D", source="fit to moves between metropolitan areas, about 3 to 5 % a year"),
    _assumption("b_odds", range=(0, 0.2, 0.5), shape="uniform", bounds=(0, 2), unit="per ln(odds)",
        meaning="discouragement by low permit odds of the last three years (E2)",
        grade="D", source="assumption"),
    _assumption("expected_stay", range=(3, 6, 12), shape="lognormal", bounds=(1, 45), unit="years",
        meaning="years over which fees and payments on arrival are averaged (E1); pay has the horizon",
        grade="D", source="assumption"),
    _assumption("boom_half_life", range=(1, 3, 6), shape="lognormal", bounds=(0.1, 100), unit="years",
        meaning="time to half of the boom part of a hub's constant (E2)",
        grade="D", source="assumption; sweep it"),
    _assumption("boom_weight", range=(0, 0.25, 1), shape="uniform", bounds=(0, 1), unit="share",
        meaning="weight of the industry index against national figures in the first year (E2)",
        group="data", grade="D", source="the index and the counts disagree; what it moves every hub's share by: "
                                        "docs/hubs.md"),
    _assumption("growth_half_life", range=(1, 2, 5), shape="lognormal", bounds=(0.1, 100), unit="years",
        meaning="time to half of a country's growth differential (E9)",
        grade="D", source="assumption; sweep it"),
    _assumption("long_growth", range=(0, 0.04, 0.08), shape="uniform", bounds=(-0.2, 0.3), unit="per year",
        meaning="growth of the world stock after 2028 (E9)",
        grade="D", source="assumption; sweep it"),
    _assumption("fee_sigma", range=(0.5, 1, 2), shape="lognormal", bounds=(0.05, 10), unit="ln USD",
        meaning="spread of employers' willingness to pay a fee (E5)",
        grade="D", source="assumption"),
    _assumption("petition_yield", range=(0.6, 0.66, 0.72), shape="normal", bounds=(0.05, 1), unit="visas per selection",
        meaning="H-1B visas per selected registration (E5)",
        group="data", grade="B", source="cap over selections, FY2021 to FY2026"),
    _assumption("affiliate_jobs", range=(0.2, 0.4, 0.6), shape="beta", bounds=(0, 1), unit="jobs per petition",
        meaning="jobs that the employer opens abroad per lost petition (E5)",
        grade="B", source="Glennon"),
    _assumption("former_colleagues", range=(3, 6, 10), shape="uniform", bounds=(1, 50), unit="persons",
        meaning="former colleagues whom an engineer keeps, mean (E2)",
        grade="D", source="bounded by gate g21"),
    _assumption("local_use_share", range=(0.05, 0.3, 0.8), shape="beta", bounds=(0, 1), unit="share",
        meaning="sovereign capacity that the hub's own engineers use",
        grade="D", source="assumption; sweep it"),
    _assumption("fleet_growth", range=(0.15, 0.35, 0.6), shape="normal", bounds=(-0.5, 2), unit="ln a year",
        meaning="growth of owners' compute, common to all hubs",
        group="data", grade="C", source="Epoch AI: installed compute doubles every two years or faster"),
    _assumption("mover_ratio", range=(3, 4, 6), shape="uniform", bounds=(1, 100), unit="ratio",
        meaning="considering rate of movers over stayers, two persistent types (E4)",
        grade="D", source="gate g07"),
    _assumption("return_bonus", range=(1, 1.5, 2.5), shape="lognormal", bounds=(0.1, 20), unit="ratio",
        meaning="exit rate of temporary residents from Korea, Taiwan and Japan over others (E3)",
        grade="C", source="fit to gate g08"),
    _assumption("crossing_rate_expert", range=(0.026, 0.033, 0.040), shape="lognormal", bounds=(0.001, 0.2),
        unit="per year",
        meaning="experts who cross a border in the first year: the border cost of experts is fitted to it",
        group="data", grade="B", source="BCG: 2.2 % of 1.4 million tracked; 1.7 to 4 % are admissible"),
    _assumption("crossing_rate_other", range=(0.018, 0.022, 0.025), shape="lognormal", bounds=(0.001, 0.2),
        unit="per year",
        meaning="other engineers who cross a border in the first year: their border cost is fitted to it",
        group="data", grade="B", source="BCG: 1.2 to 1.3 % of the highly skilled, 1.9 % of STEM; gate g06b"),
    _assumption("pay_growth", range=(0.03, 0.046, 0.06), shape="normal", bounds=(-0.1, 0.3), unit="ln a year",
        meaning="growth of nominal pay, common to all hubs (E7)",
        group="data", grade="C", source="m49"),
    _assumption("redraw_share", range=(0.2, 0.5, 0.8), shape="beta", bounds=(0, 1), unit="share",
        meaning="refused applicants who draw again the next year while their status lasts (E5)",
        grade="D", source="assumption"),
    _assumption("mover_share", range=(0.5, 0.5, 0.5), shape="uniform", bounds=(0, 1), unit="share",
        meaning="engineers of the mover type (E4)",
        grade="D", source="assumption"),
    _assumption("considering_graduate", range=(0.25, 0.5, 0.9), shape="beta", bounds=(0, 1), unit="share",
        meaning="new graduates who consider a first place away from where they studied (E9)",
        grade="D", source="assumption"),
    _assumption("world_growth", range=(0.07, 0.09, 0.11), shape="normal", bounds=(-0.1, 0.3), unit="per year",
        meaning="growth of the world stock to 2028 (E9)",
        group="data", grade="C", source="m48"),
    _assumption("age_reference", range=(30, 30, 30), shape="uniform", bounds=(15, 80), unit="years",
        meaning="age after which the odds of moving fall (E2)",
        grade="B", source="Rogers and Castro"),
    _assumption("entry_considering", range=(0.7, 1.0, 1.4), shape="lognormal", bounds=(0, 10), unit="ratio",
        meaning="considering rate of the entry tier over practitioners (E4)",
        grade="D", source="assumption"),
    _assumption("expert_considering", range=(1.0, 1.3, 1.8), shape="lognormal", bounds=(0, 10), unit="ratio",
        meaning="considering rate of experts over practitioners (E4)",
        grade="D", source="assumption"),
    _assumption("temporary_considering", range=(0.9, 1.2, 1.6), shape="lognormal", bounds=(0, 10), unit="ratio",
        meaning="considering rate of temporary residents over citizens and permanent residents (E4)",
        grade="D", source="assumption"),
    _assumption("naturalisation_rate", range=(0.05, 0.1, 0.2), shape="beta", bounds=(0, 1), unit="per year",
        meaning="permanent residents who become citizens (E6)",
        grade="D", source="assumption"),
    _assumption("level_one_withdrawal", range=(0.0, 0.3, 0.6), shape="uniform", bounds=(0, 1), unit="share",
        meaning="background registrations at wage level I that are not filed under weighted selection (E5)",
        grade="D", source="assumption"),
    None,  # was chosen_departures
    _assumption("return_elsewhere", range=(0.4, 0.7, 1.1), shape="uniform", bounds=(0, 3), unit="share",
        meaning="exits outside the USA, where no stay rate is measured, over those of return_hazards.csv (E3)",
        grade="D", source="assumption, bounded by gate g06b"),
    _assumption("promotion_pace", range=(0.7, 1.0, 1.4), shape="lognormal", bounds=(0, 20), unit="ratio",
        meaning="promotion rates over those that would keep the tiers' shares of the start (E10)",
        grade="D", source="assumption"),
    _assumption("b_mentoring", range=(0.0, 0.5, 1.0), shape="uniform", bounds=(0, 5), unit="elasticity",
        meaning="rise of the promotion rate with the share of experts in the hub (E10)",
        grade="D", source="assumption"),
    _assumption("phd_years", range=(4, 5, 7), shape="uniform", bounds=(1, 15), unit="years",
        meaning="time from a change of academia, or of doctoral places, to the doctors who graduate (E9)",
        grade="D", source="assumption; length of a doctorate"),
    _assumption("academia_elasticity", range=(0.0, 0.5, 1.0), shape="uniform", bounds=(0, 5), unit="elasticity",
        meaning="fall of new doctors with the stock of academia (E9)",
        grade="D", source="assumption (m60)"),
    _assumption("demand_elasticity", range=(0.1, 0.5, 1.0), shape="uniform", bounds=(0, 5), unit="elasticity",
        meaning="change of offers (E4) and of entry and promotion (E9, E10) with the demand for a tier or role",
        grade="D", source="assumption"),
    _assumption("mission_share", range=(0.3, 0.5, 0.7), shape="uniform", bounds=(0, 1), unit="share",
        meaning="engineers whom the mission of a frontier lab holds (E10)",
        grade="D", source="assumption"),
    _assumption("mission_separation", range=(0.4, 0.55, 0.8), shape="uniform", bounds=(0, 1), unit="ratio",
        meaning="separations from frontier labs of those whom the mission holds over the others (E10)",
        grade="B", source="SignalFire: two-year retention 80 against 64 % (m67, m70), 10.6 against 20 % a year"),
    _assumption("temporary_job_change", range=(0.75, 0.85, 0.95), shape="beta", bounds=(0, 1), unit="ratio",
        meaning="job changes of temporary residents over those of citizens (E10)",
        grade="A", source="Cato"),
    _assumption("remote_share", range=(0.08, 0.15, 0.30), shape="lognormal", bounds=(0, 1), unit="share",
        meaning="engineers who work for an employer anywhere in the country or abroad (E11)",
        grade="D", source="assumption (m55, m84)"),
    _assumption("remote_abroad", range=(0.03, 0.1, 0.25), shape="lognormal", bounds=(0, 1), unit="share",
        meaning="of them, those whose employer is in another country (E11)",
        grade="D", source="assumption"),
    _assumption("remote_convergence", range=(0.2, 0.5, 0.9), shape="uniform", bounds=(0, 1), unit="share",
        meaning="weight of the employer's pay against that of the hub of residence in a remote worker's pay (E11)",
        grade="D", source="assumption (m55)"),
    _assumption("remote_considering", range=(1.0, 1.3, 1.8), shape="lognormal", bounds=(0, 10), unit="ratio",
        meaning="considering rate of remote workers over others (E4, E11)",
        grade="D", source="assumption"),
    _assumption("recall_relocation", range=(0.1, 0.3, 0.6), shape="beta", bounds=(0, 1), unit="share",
        meaning="remote workers called back who move to their employer in the country; the others change jobs (E11)",
        grade="D", source="assumption"),
    _assumption("team_pull", range=(1, 3, 6), shape="lognormal", bounds=(1, 50), unit="ratio",
        meaning="considering rate of a team in the year after its leader has moved (E12)",
        grade="D", source="assumption (m82: 30 followed one leader)"),
    _assumption("family_share", range=(0.35, 0.45, 0.55), shape="uniform", bounds=(0, 1), unit="share",
        meaning="engineers who move with a partner or children (E2)",
        grade="D", source="assumption"),
    _assumption("family_cost", range=(0.2, 0.6, 1.2), shape="lognormal", bounds=(0, 10), unit="log-odds",
        meaning="further cost of crossing a border with a family; the mean over engineers is in the border cost (E2)",
        grade="D", source="assumption"),
    _assumption("phd_growth", range=(0.01, 0.025, 0.04), shape="normal", bounds=(-0.2, 0.3), unit="per year",
        meaning="growth of new doctors on the reference path; other countries are assumed alike (E9)",
        grade="B", source="m59: under 3 % in the USA"),
    _assumption("sector_response", range=(0.5, 1.0, 2.0), shape="lognormal", bounds=(0, 10), unit="ratio",
        meaning="answer to changes of a sector's pay and compute: choice of sector over choice of hub, 0 for "
                "none (E10)",
        grade="D", source="assumption"),
    _assumption("figure_error_b", range=(0.05, 0.05, 0.05), shape="uniform", bounds=(0, 1), unit="ln of a figure",
        meaning="standard deviation of a derived figure (B) that states no range, where a spread is split into "
                "its parts",
        grade="D", source="assumption: two good sources of one figure differ by about so much; no table states it"),
    _assumption("figure_error_c", range=(0.10, 0.10, 0.10), shape="uniform", bounds=(0, 1), unit="ln of a figure",
        meaning="the same of a figure without published data (C), or assumed (D)",
        grade="D", source="assumption: twice that of a derived figure; no table states it"),
    _assumption("linear_pay", range=(0, 0, 0), shape="uniform", bounds=(0, 1), unit="share",
        meaning="net real pay in utility: 0 as ln pay, 1 as pay itself with the same slope at the mean pay (E2)",
        grade="D", source="choice of model; log pay as in tax elasticities"),
    _assumption("horizon", range=(2, 3.5, 5), shape="lognormal", bounds=(0.5, 45), unit="years",
        meaning="years that people look ahead when they value pay and relief (E1); relief beyond them adds nothing",
        grade="D", source="Danish scheme of 3 years and Dutch scheme of 8 together"),
    _assumption("return_choice", range=(0.8, 1, 1.2), shape="uniform", bounds=(0, 2), unit="ratio",
        meaning="exits from the USA by choice over those measured (E3)",
        grade="B", source="NCSES stay rates, return_hazards.csv"),
    _assumption("return_settled", range=(0.15, 0.3, 0.45), shape="uniform", bounds=(0, 1), unit="ratio",
        meaning="exits of permanent residents and citizens abroad over those of temporary residents (E3)",
        grade="D", source="assumption; settled academics leave at 0.7 % a year"),
    _assumption("return_share", range=(0.4, 0.6, 0.8), shape="uniform", bounds=(0, 1), unit="share",
        meaning="of the exits that people choose, those that lead home (E3), a soft target of the fit",
        grade="D", source="assumption: the scholars' flows that ship do not know where people come from"),
    _assumption("renewal_refusal", range=(0.4, 0.55, 0.85), shape="uniform", bounds=(0, 1), unit="ratio",
        meaning="refusals of renewals over those of first petitions (E6)",
        grade="B", source="yearly H-1B petition data by kind, 2014 to 2023"),
    _assumption("registers_inside", range=(0.44, 0.6, 0.72), shape="beta", bounds=(0, 1), unit="share",
        meaning="people in work after study whose employer registers them for a drawn route in a year (E5)",
        grade="C", source="registrations over permit holders"),
    _assumption("study_elasticity", range=(0.25, 0.75, 1.5), shape="lognormal", bounds=(0, 5), unit="elasticity",
        meaning="foreign graduates of a hub per net real pay expected there two years before (E9)",
        grade="C", source="H-1B cap of 2004: -10 %; signs: Shih 2016, Amuedo-Dorantes and others 2019"),
    _assumption("study_months", range=(0.01, 0.13, 0.21), shape="normal", bounds=(0, 1), unit="per year",
        meaning="rise of a hub's foreign graduates per year of work after study, two years before (E9)",
        grade="C", source="OPT extension of 2008, IZA DP 13730: +18 to +30 % for 17 months; Ohio: +1 to +5 %"),
    _assumption("relocation", range=(0.3, 0.5, 0.75), shape="beta", bounds=(0, 1), unit="share",
        meaning="US petitions refused or unpaid and statuses ended that bring an offer of the employer abroad (E5)",
        grade="C", source="Glennon; Brinatti and Guo: one in four forgone goes to Canada"),
    _assumption("offer_bonus", range=(1.4, 2.5, 4), shape="normal", bounds=(0, 20), unit="log-odds",
        meaning="pull of a job offered in person by one's own employer, in the second choice (E3, E5)",
        grade="D", source="assumption; the fee alone identifies it"),
    _assumption("b_compute_other", range=(0, 0.03, 0.09), shape="zero_inflated", bounds=(0, 2),
        unit="per ln(1 + compute over the world's)", mass=0.35,
        meaning="pull of compute per engineer on the other roles (E2): no causal evidence",
        grade="D", source="bounded, not measured: pay given up for frontier systems 2 to 4 %"),
    _assumption("jobs_per_1000_h100e", range=(1, 4, 15), shape="lognormal", bounds=(0, 500),
        unit="jobs per 1,000 H100e",
        meaning="jobs that compute for local use opens, once, at a programme of 100,000 H100-equivalents (E7)",
        grade="D", source="staff over fleets of laboratories, costs.csv CJ17 to CJ22"),
    _assumption("expert_track", range=(6, 9, 12), shape="lognormal", bounds=(0, 60), unit="years",
        meaning="mean time from entry to expert of people on the track; 0: promotion without memory (E10)",
        grade="C", source="assumption; careers of published researchers"),
    _assumption("corridor_strength", range=(0.8, 1, 1.2), shape="uniform", bounds=(0, 2), unit="ratio",
        meaning="weight of what scholars' flows say of a pair of countries beyond the kernel; 0: nothing (E2)",
        grade="B", source="corridor_effects.csv; 0.8 to 1.2 predict scholars' flows best"),
    _assumption("corridor_transfer", range=(0.2, 0.5, 0.8), shape="uniform", bounds=(0, 1), unit="share",
        meaning="part of scholars' corridor effects that holds for AI engineers (E2)",
        grade="D", source="assumption: 0.2 to 0.8; no source has AI engineers by corridor"),
    _assumption("open_permit_delta", range=(1, 2.1, 3), shape="lognormal", bounds=(0, 20), unit="log-odds",
        meaning="distance from staying within which people take a permit that they may hold; 0: an ordinary "
                "permit (E5)",
        grade="D", source="assumption, near Canada's offer of 2023: filled in days, 12 % of holders moved in a year"),
    _assumption("b_open", range=(0, 0.2, 0.5), shape="uniform", bounds=(0, 5), unit="log-odds",
        meaning="pull of a permit that binds to no employer (E2)",
        grade="D", source="assumption: half of a green card's 11,860 USD a year (Mukhopadhyay and Oxborrow 2012), "
                          "some 10 % of pay times b_pay"),
    _assumption("b_permanent", range=(0, 0.3, 0.8), shape="uniform", bounds=(0, 5), unit="log-odds",
        meaning="pull of permanent residence over the whole horizon (E2)",
        grade="D", source="assumption: some 15 % of pay times b_pay; green card worth 11,860 USD a year "
                          "(Mukhopadhyay and Oxborrow 2012, Demography 49)"),
    _assumption("compute_unit_cost", range=(6000, 12000, 25000), shape="lognormal", bounds=(0, 1e6), group="cost",
        unit="USD per H100e-year",
        meaning="cost of publicly paid compute in 2026, machine and operation",
        grade="D", source="costs.csv CC12, between owned (CC04) and rented (CC09)"),
    _assumption("compute_cost_fall", range=(0.05, 0.25, 0.40), shape="normal", bounds=(0, 0.9), group="cost",
        unit="share a year",
        meaning="yearly fall of the cost of compute",
        grade="D", source="costs.csv CC11: rents fell by 36 % a year to 2026, and rose in 2026"),
    _assumption("compute_public_share", range=(0.17, 0.5, 1), shape="uniform", bounds=(0, 1), group="cost",
        unit="share",
        meaning="public part of the cost of compute built at a hub; a country's public compute is public in full",
        grade="D", source="costs.csv CC21, CC25, CC27, CC30, CC34: 0.14 to 1; none published for the Gulf (CC32)"),
    _assumption("public_services", range=(5, 12, 25), shape="lognormal", bounds=(0, 500), group="cost",
        unit="kUSD an engineer-year",
        meaning="public services that an engineer and their family use",
        grade="D", source="costs.csv CF12: gap between taxes and net contribution in CF01 and CF08"),
    _assumption("funded_post", range=(0.2, 0.9, 6), shape="lognormal", bounds=(0, 100), group="cost",
        unit="MUSD a post",
        meaning="publicly funded research post over its whole term of 3 to 5 years: salary, set-up, research money",
        grade="D", source="costs.csv CP16, from CP04, CP07, CP09, CP12 to CP15"),
    _assumption("case_cost", range=(0.24, 0.45, 0.76), shape="lognormal", bounds=(0, 100), group="cost",
        unit="kUSD a case",
        meaning="cost of deciding one application for a permit",
        grade="C", source="costs.csv CV08: 186 to 575 GBP in Britain; the centre is ours"),
    _assumption("doctoral_place", range=(60, 97, 150), shape="lognormal", bounds=(0, 2000), group="cost",
        unit="kUSD a place",
        meaning="publicly funded doctoral place over its whole term",
        grade="C", source="costs.csv CP05: 133,600 CAD an award; the range is ours"),
    _assumption("compute_indifferent", range=(0, 0, 0), shape="uniform", bounds=(0, 1 / 3), unit="share",
        meaning="engineers to whom compute means nothing; the others' coefficient rises, so that the mean stays (E2)",
        grade="D", source="assumption: 0, everybody alike, to a third; no source tells heavy users from others"),
    _assumption("spinout_followers", range=(5, 30, 60), shape="uniform", bounds=(0, 1000), unit="engineers a founder",
        meaning="engineers who follow a leader into the startup that they found (E12)",
        grade="D", source="m82 and m98: thirty researchers followed one leader (grade B); one case, the range is ours"),
)
# fmt: on

PRIORS: dict[str, Assumption] = {row.name: row for row in _ROWS if row}
SOBOL_COLUMN: dict[str, int] = {row.name: k for k, row in enumerate(_ROWS) if row}  # dimension of the Sobol design


# ------------------------------------------------------------------------------
# Posteriors: files that ``talentflow calibrate`` writes
# ------------------------------------------------------------------------------


DATA = Path(__file__).parent / "data"


@dataclass(frozen=True)
class Fitted:
    """Posterior of an assumption: 50, 5 and 95 % quantiles, and shrinkage (see :class:`Assumption`)."""

    central: float
    low: float
    high: float
    shrinkage: float


def fitted() -> dict[str, Fitted]:
    """Return the posterior of every fitted assumption by name, in the order of the correlation matrix."""
    return {row.pop("name"): Fitted(*map(float, row.values())) for row in _rows("posterior")}


@lru_cache(maxsize=1)
def shipped_fit() -> dict[str, Any]:
    """Return the record of the shipped fit, ``calibration.json``."""
    return json.loads((DATA / "calibration.json").read_text(encoding="utf-8"))


def at_posterior(
    priors: Mapping[str, Assumption], posteriors: Mapping[str, Fitted] | None = None
) -> dict[str, Assumption]:
    """Return the declarations with fitted assumptions at their posterior (default: the shipped one)."""
    posteriors = fitted() if posteriors is None else posteriors
    return dict(priors) | {
        name: replace(
            priors[name],
            central=row.central,
            low=row.low,
            high=row.high,
            shrinkage=row.shrinkage,
            prior=(priors[name].central, priors[name].low, priors[name].high),
        )
        for name, row in posteriors.items()
    }


def correlate(u: "np.ndarray", places: Mapping[str, int], free: Collection[str]) -> "np.ndarray":
    """Give uniforms the correlations of the fitted assumptions, by a Gaussian copula.

    Parameters
    ----------
    u : (draw, assumption) independent uniforms
    places : dict of name -> column
    free : names of assumptions whose range is not the fitted one: their uniforms stay independent, and the uniforms
        of all others are those that they would have without this change

    Returns
    -------
    (draw, assumption) uniforms
    """
    import numpy as np
    from scipy.special import ndtr, ndtri

    names = [name for name in fitted() if name in places]
    if not names:
        return u
    at = [places[name] for name in names]
    mixed, scores, factor = 0.0, ndtri(u[:, at]), _factor()
    # sum term by term, because a matrix product rounds differently for different numbers of draws
    for k in range(len(names)):
        mixed = mixed + scores[:, k : k + 1] * factor[:, k]
    mixed = ndtr(mixed)
    kept = [k for k, name in enumerate(names) if name not in free]  # columns to replace
    u = u.copy()
    u[:, np.array(at, int)[kept]] = mixed[:, kept]
    return u


@lru_cache(maxsize=1)
def _factor() -> "np.ndarray":
    """Return the lower triangular (Cholesky) factor of the correlation matrix of normal scores."""
    import numpy as np

    rows = [[float(value) for key, value in row.items() if key != "name"] for row in _rows("correlation")]
    return np.linalg.cholesky(np.array(rows))


def _rows(table: str) -> list[dict[str, str]]:
    """Return the rows of a CSV file in the data folder."""
    with open(DATA / f"{table}.csv", newline="", encoding="utf-8") as file:
        return [row for _, row in csv_rows(file, f"{table}.csv", AssumptionError)]


# ------------------------------------------------------------------------------
# Values: central, drawn, or from a user's file
# ------------------------------------------------------------------------------


ASSUMPTIONS: dict[str, Assumption] = at_posterior(PRIORS)
ENDS = ("central", "low", "high")  # keys of a range
DIMENSIONS = 128  # of the Sobol design; more than assumptions, so that a new one leaves the draws of others alone


@dataclass(frozen=True)
class Assumptions:
    """One value for every assumption, read as attributes: ``a.b_pay``. Immutable; ``vary`` makes a changed copy."""

    __annotations__ = dict.fromkeys(ASSUMPTIONS, float)  # one field for each declared assumption

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> float:
            """Tell type checkers that every assumption is a number."""

    @classmethod
    def central(cls, declared: Mapping[str, Assumption] = ASSUMPTIONS) -> "Assumptions":
        """Return every assumption at its central value."""
        return cls(**{name: float(row.central) for name, row in declared.items()})

    def vary(self, **changes: float) -> "Assumptions":
        """Return a copy with other values; raise AssumptionError for an unknown name or a value out of bounds."""
        for name, value in changes.items():
            _check(name, "value", value)
        return replace(self, **{name: float(value) for name, value in changes.items()})

    def to_dict(self) -> dict[str, float]:
        """Return name -> value."""
        return {field.name: getattr(self, field.name) for field in fields(self)}


def draw_assumptions(
    n: int, seed: int, skip: int = 0, declared: Mapping[str, Assumption] = ASSUMPTIONS
) -> list[Assumptions]:
    """Return draws ``skip`` to ``skip + n`` of the assumptions, from a scrambled Sobol sequence.

    An assumption always takes the dimension of its place among the declarations, and the sequence is extended, never
    redrawn: the first of many draws are those of few, and fixing one assumption leaves the draws of all others
    unchanged. Fitted assumptions are correlated as in their joint posterior. ``declared`` may hold other ranges or
    fixed values.
    """
    u = _sobol(seed, max(skip + n - 1, 0).bit_length())[skip : skip + n]
    free = [name for name, row in ASSUMPTIONS.items() if declared[name] != row]
    u = correlate(u, SOBOL_COLUMN, free)
    columns = [
        quantile(u[:, SOBOL_COLUMN[name]], row.shape, row.central, row.low, row.high, row.bounds, row.mass)
        for name, row in ((name, declared[name]) for name in ASSUMPTIONS)
    ]
    return [Assumptions(*(float(column[i]) for column in columns)) for i in range(n)]


@lru_cache(maxsize=2)
def _sobol(seed: int, power: int) -> "np.ndarray":
    """Return 2**power points of a scrambled Sobol sequence, (draw, dimension), strictly between 0 and 1."""
    import numpy as np

    u = sobol(DIMENSIONS, power, [seed, DIMENSIONS])
    return np.clip(u, 1e-9, 1 - 1e-9)  # the sequence may contain 0, whose quantile is not finite


def load_assumptions(path: str | Path) -> dict[str, Assumption]:
    """Return the declarations with the changes in the TOML file ``path``.

    Under ``[assumptions]``, ``name = value`` fixes an assumption, and ``name = {central = .., low = .., high = ..}``
    gives it another range. Raise AssumptionError, naming file and line, for a file or an entry that is not valid.
    """
    path = user_path(path)
    text = read_text(path, AssumptionError)
    tables = parse(text, path, AssumptionError)
    for key in tables:
        if key != "assumptions":
            what = "a policy belongs in a scenario file" if key in ("policy", "title") else "unknown key"
            raise AssumptionError(path, line_of(text, None, 0, key), key, f"{what}; expected [assumptions]")
    changes = tables.get("assumptions")
    if not isinstance(changes, dict) or not changes:
        raise AssumptionError(path, "no [assumptions] in it: expected lines such as b_pay = 1.0")
    return override(changes, lambda name: (path, line_of(text, "assumptions", 0, name)))


def override(
    changes: Mapping[str, float | Mapping[str, float]], place: Callable[[str], tuple] = lambda name: ()
) -> dict[str, Assumption]:
    """Return the declarations with ``changes``: a number fixes an assumption, a table gives it another range.

    A table has some of the keys central, low and high. ``place`` returns the leading parts of an error message for a
    name. Raise AssumptionError for an unknown name, a value out of bounds and a range that its shape does not allow.
    """
    declared = dict(ASSUMPTIONS)
    for name, change in changes.items():
        parts = place(name)
        if isinstance(change, Mapping):
            unknown = sorted(set(change) - set(ENDS))
            if unknown or not change:
                got = ", ".join(unknown) or "nothing"
                close = nearest(unknown[0], ENDS) if unknown else ""
                raise AssumptionError(*parts, name, f"a range has central, low and high; this has {got}{close}")
        else:
            change = {"central": change, "low": change, "high": change}
        for key, value in change.items():
            _check(name, key, value, parts)
        # a user's value or range replaces the posterior, so that fit and shrinkage no longer apply
        changed: dict[str, Any] = {key: float(value) for key, value in change.items()}  # of whatever library
        if all(getattr(declared[name], key) == value for key, value in changed.items()) and not declared[name].is_fixed:
            continue  # what is declared already, as in the shipped view ``evidence``
        is_fixed = len(set(changed.values())) == 1 and len(changed) == 3
        row = replace(declared[name], **changed, fixed_by_user=is_fixed, prior=None, shrinkage=None)
        if not row.is_fixed:
            _check_range(row, parts)
        declared[name] = row
    return declared


def records(declared: Mapping[str, Assumption] = ASSUMPTIONS) -> list[dict]:
    """Return the declarations as plain dictionaries, for the record of a run and for tables.

    ``held`` is the value of an assumption that the user has fixed, and None for all others.
    """
    rows = []
    for row in declared.values():
        saved: dict[str, Any] = {}
        for name, value in asdict(row).items():
            if name == "fixed_by_user":  # saved runs know this column as ``held``
                saved["held"] = row.central if row.fixed_by_user else None
            else:
                saved[name] = value
        rows.append(saved)
    return rows


def _check_range(row: Assumption, parts: tuple) -> None:
    """Raise AssumptionError if the range is not ascending, or not possible for the shape of the assumption."""
    values = f"low {row.low:g}, central {row.central:g}, high {row.high:g}"
    if not row.low < row.central < row.high:
        raise AssumptionError(*parts, row.name, f"{values}: not in rising order")
    if row.shape in LOGARITHMIC and row.low <= 0:
        raise AssumptionError(*parts, row.name, f"{values}: a {row.shape} range begins above 0")
    if row.shape == "zero_inflated" and row.low != 0:
        raise AssumptionError(*parts, row.name, f"{values}: low is 0, where {row.mass:.0%} of its mass lies")


def _check(name: str, key: str, value: object, parts: tuple = ()) -> None:
    """Raise AssumptionError for an unknown name, a value that is no number, or one out of bounds."""
    if name not in ASSUMPTIONS:
        raise AssumptionError(*parts, name, f"unknown assumption{nearest(name, ASSUMPTIONS)}")
    if not is_number(value):
        raise AssumptionError(*parts, name, key, f"{value!r} is not a number{as_share(str(value))}")
    low, high = ASSUMPTIONS[name].bounds
    if not low <= value <= high:
        unit = ASSUMPTIONS[name].unit
        raise AssumptionError(*parts, name, key, f"{value} is not in [{low:g}, {high:g}] {unit}")
