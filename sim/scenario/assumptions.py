"""Every assumption, declared once, and its values: at the centre, drawn from its range, or from a user's file.

``central`` is the median and ``low`` to ``high`` the 90 % range (``distributions`` says how a shape fits them);
no draw and no file goes beyond ``bounds``. ``low == high`` means fixed. Grades: A measured, B derived,
C published by industry, D assumed. **New rows go to the end**: a row's place is its dimension in the
Sobol design, so an appended row leaves the draws of all earlier assumptions as they were.
"""

import csv
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from sim.errors import AssumptionError, nearest
from sim.scenario.distributions import LOGARITHMIC, quantile
from sim.texts import line_of, parse, read_text

# ------------------------------------------------------------------------------
# Every assumption, declared once: what is believed about behaviour, how sure, and on what evidence.
# ------------------------------------------------------------------------------


ENOUGH = 0.20  # shrinkage below which a fitted assumption still rests on its prior
PRIOR_DRIVEN = "prior-driven"  # what that is called wherever it shows


@dataclass(frozen=True)
class Assumption:
    """A parameter of behaviour, or an uncertain figure: never a policy."""

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
    group: str = "behaviour"  # or "data": a figure that better counting would settle
    mass: float = 0.0  # probability of exactly 0, for zero_inflated
    held: bool = False  # fixed by the user's --assumptions file
    prior: tuple[float, float, float] | None = None  # central, low, high before it was fitted to data
    shrinkage: float | None = None  # by which data have narrowed the prior, of its standard deviation

    @property
    def is_fixed(self) -> bool:
        """Whether no draw varies it."""
        return self.low == self.high

    @property
    def is_prior_driven(self) -> bool:
        """Whether data could have spoken and hardly did."""
        return self.shrinkage is not None and self.shrinkage < ENOUGH

    @property
    def fitting(self) -> str:
        """What data have done to the belief, in words; nothing where it was not fitted."""
        if self.shrinkage is None:
            return ""
        return PRIOR_DRIVEN if self.is_prior_driven else f"narrowed by {100 * self.shrinkage:.0f} %"


_A = Assumption
_ROWS = (
    _A(
        "b_pay",
        1.3,
        0.7,
        2.5,
        "lognormal",
        (0, 10),
        "per ln kUSD",
        "B",
        "tax elasticities: gates g01, g02",
        "pull of net real pay: log-odds of a hub per ln(net real pay), given a considered offer (E2)",
    ),
    _A(
        "b_pay_sd",
        0.4,
        0.1,
        0.9,
        "halfnormal",
        (0, 3),
        "per ln kUSD",
        "D",
        "assumption",
        "spread of b_pay over engineers (E2)",
    ),
    _A(
        "b_distance",
        0.5,
        0.2,
        1.0,
        "lognormal",
        (0, 5),
        "per ln(1 + 100 km)",
        "D",
        "assumption; on scholars' flows 2003-12 the fit gives 0.200 (0.038), corridor_kernel.csv",
        "fall of log-odds with distance (E2)",
    ),
    _A(
        "b_language",
        0.4,
        0.1,
        0.9,
        "normal",
        (0, 5),
        "log-odds",
        "B",
        "literature 0.4 to 0.9; on scholars' flows 2003-12 the fit gives 0.607 (0.108), corridor_kernel.csv",
        "pull of a common official language (E2)",
    ),
    _A(
        "b_diaspora",
        0.4,
        0.2,
        0.7,
        "normal",
        (0, 5),
        "per ln(1 + engineers)",
        "B",
        "sign: Beine, Docquier and Ozden; scholars' flows, whole populations' stock: 0.209 (0.015), "
        "corridor_kernel.csv",
        "pull of compatriot engineers at the start, fixed during the run (E2)",
    ),
    _A(
        "b_home",
        1.0,
        0.5,
        2.0,
        "lognormal",
        (0, 10),
        "log-odds",
        "B",
        "fitted to gates g08, g09",
        "pull of the country of origin (E2)",
    ),
    _A(
        "b_age",
        0.04,
        0.01,
        0.08,
        "lognormal",
        (0, 1),
        "per year",
        "B",
        "Vaccario et al.; Rogers and Castro",
        "fall of the log-odds of moving per year of age after age_reference (E2)",
    ),
    _A(
        "colleague_multiplier",
        4,
        2,
        7,
        "lognormal",
        (1, 50),
        "ratio",
        "A",
        "Glitz",
        "offers from a hub where a former colleague works, against none (E2)",
    ),
    _A(
        "b_friend",
        0.33,
        0.2,
        0.6,
        "lognormal",
        (0, 5),
        "log-odds",
        "A",
        "CEPR DP20447",
        "pull of a tie other than a former colleague at the destination (E2)",
    ),
    _A(
        "agglomeration_productivity",
        0.02,
        0,
        0.07,
        "zero_inflated",
        (0, 1),
        "elasticity",
        "C",
        "Moretti 2021; comment by Wiebe",
        "rise of ln pay per ln of hub stock (E7)",
        mass=0.30,
    ),
    _A(
        "b_size",
        0.15,
        0,
        0.4,
        "uniform",
        (0, 2),
        "per ln(engineers)",
        "D",
        "assumption",
        "pull of the hub's size itself (E2)",
    ),
    _A(
        "b_compute",
        0.05,
        0,
        0.20,
        "zero_inflated",
        (0, 2),
        "per ln(H100-equivalents per engineer)",
        "D",
        "no causal estimate exists",
        "pull of compute per engineer (E2): no causal evidence",
        mass=0.25,
    ),
    _A(
        "compute_saturation",
        60,
        8,
        400,
        "loguniform",
        (0, 1e6),
        "H100-equivalents per engineer",
        "D",
        "OpenAI about 380 per employee; US university median 0.015 per student",
        "compute per engineer above which more adds nothing (E2)",
    ),
    _A(
        "fee_pass_through",
        0.3,
        0,
        1,
        "beta",
        (0, 1),
        "share",
        "D",
        "assumption",
        "share of a visa fee that the engineer bears (E1)",
    ),
    _A(
        "employer_pays_fee_expert",
        0.25,
        0.05,
        0.6,
        "beta",
        (0.0001, 0.9999),
        "probability",
        "C",
        "about 70 payers by February 2026",
        "employer of an expert pays a fee of 100,000 USD (E5)",
    ),
    _A(
        "employer_pays_fee_other",
        0.02,
        0.001,
        0.1,
        "beta",
        (0.0001, 0.9999),
        "probability",
        "C",
        "about 70 payers by February 2026; from 0.001, as the probit needs more than 0",
        "employer of a practitioner or entry engineer pays a fee of 100,000 USD (E5)",
    ),
    _A(
        "b_delay",
        0.05,
        0.01,
        0.12,
        "lognormal",
        (0, 2),
        "per month",
        "D",
        "assumption",
        "fall of log-odds per month of waiting for a permit (E2)",
    ),
    _A(
        "permanent_queue_job_change",
        -0.20,
        -0.35,
        -0.05,
        "normal",
        (-1, 0),
        "relative change",
        "A",
        "Hunt",
        "change of the job-change rate while queueing for permanent residence (E10)",
    ),
    _A(
        "job_change_rate",
        0.24,
        0.18,
        0.28,
        "beta",
        (0, 1),
        "per year",
        "A",
        "Cato; Hunt",
        "engineers who change employer within the hub (E10)",
        group="data",
    ),
    _A(
        "lab_separation_rate",
        0.15,
        0.09,
        0.22,
        "beta",
        (0, 1),
        "per year",
        "B",
        "SignalFire (derived)",
        "engineers who leave a frontier lab (E10)",
        group="data",
    ),
    _A(
        "wage_supply_elasticity",
        0.3,
        0.1,
        0.6,
        "lognormal",
        (0, 5),
        "elasticity",
        "D",
        "assumption; sweep it",
        "fall of ln pay per ln of labour supply at given demand (E7)",
    ),
    _A(
        "housing_elasticity",
        0.3,
        0.1,
        0.6,
        "lognormal",
        (0, 5),
        "elasticity",
        "D",
        "assumption; sweep it",
        "rise of ln local prices per ln of metropolitan employment (E8)",
    ),
    _A(
        "price_weight",
        0.6,
        0.3,
        1.0,
        "beta",
        (0, 1),
        "share",
        "D",
        "assumption",
        "share of pay spent at local prices (E1)",
    ),
    _A(
        "liquid_equity_weight",
        0.85,
        0.6,
        1.0,
        "beta",
        (0, 1),
        "per dollar",
        "D",
        "assumption (m28)",
        "value of a dollar of liquid equity against cash (E1)",
    ),
    _A(
        "illiquid_equity_weight",
        0.35,
        0.1,
        0.7,
        "beta",
        (0, 1),
        "per dollar",
        "D",
        "assumption (m27)",
        "value of a dollar of illiquid equity against cash (E1)",
    ),
    _A(
        "remote_separation_effect",
        -0.41,
        -0.55,
        -0.2,
        "normal",
        (-1, 0),
        "relative change",
        "C",
        "m46",
        "separation rate of remote workers against others (E11)",
    ),
    _A(
        "considering_rate",
        0.14,
        0.06,
        0.25,
        "beta",
        (0, 1),
        "share a year",
        "D",
        "fit to g06 and the hubs' net rates; search and offer are not separately identified",
        "engineers who consider a move out of the hub (E4)",
    ),
    _A(
        "nest_residence",
        0.6,
        0.3,
        0.9,
        "uniform",
        (0.05, 1),
        "dissimilarity",
        "C",
        "assumption",
        "nest of the other hubs of the country of residence (E3)",
    ),
    _A(
        "nest_origin",
        0.5,
        0.25,
        0.85,
        "uniform",
        (0.05, 1),
        "dissimilarity",
        "C",
        "Beine, Bierlaire and Docquier 2021 (qualitative)",
        "nest of the country of origin, when living elsewhere (E3)",
    ),
    _A(
        "nest_third",
        0.7,
        0.4,
        0.95,
        "uniform",
        (0.05, 1),
        "dissimilarity",
        "C",
        "Beine, Bierlaire and Docquier 2021 (qualitative)",
        "nest of third countries (E3)",
    ),
    _A(
        "move_cost_domestic",
        1.5,
        0.5,
        2.5,
        "normal",
        (-5, 15),
        "log-odds",
        "D",
        "fit to moves between metropolitan areas, about 3 to 5 % a year",
        "cost of a move inside the country (E2)",
    ),
    _A(
        "b_odds",
        0.2,
        0,
        0.5,
        "uniform",
        (0, 2),
        "per ln(odds)",
        "D",
        "assumption",
        "discouragement by low permit odds of the last three years (E2)",
    ),
    _A(
        "expected_stay",
        6,
        3,
        12,
        "lognormal",
        (1, 45),
        "years",
        "D",
        "assumption",
        "years over which pay, relief and costs are averaged (E1)",
    ),
    _A(
        "boom_half_life",
        3,
        1,
        6,
        "lognormal",
        (0.1, 100),
        "years",
        "D",
        "assumption; sweep it",
        "time to half of the boom part of a hub's constant (E2)",
    ),
    _A(
        "boom_weight",
        0.25,
        0,
        1,
        "uniform",
        (0, 1),
        "share",
        "D",
        "the index and the counts disagree; what it moves every hub's share by: docs/hubs.md",
        "weight of the industry index against national figures in the first year (E2)",
        group="data",
    ),
    _A(
        "growth_half_life",
        2,
        1,
        5,
        "lognormal",
        (0.1, 100),
        "years",
        "D",
        "assumption; sweep it",
        "time to half of a country's growth differential (E9)",
    ),
    _A(
        "long_growth",
        0.04,
        0,
        0.08,
        "uniform",
        (-0.2, 0.3),
        "per year",
        "D",
        "assumption; sweep it",
        "growth of the world stock after 2028 (E9)",
    ),
    _A(
        "fee_sigma",
        1,
        0.5,
        2,
        "lognormal",
        (0.05, 10),
        "ln USD",
        "D",
        "assumption",
        "spread of employers' willingness to pay a fee (E5)",
    ),
    _A(
        "petition_yield",
        0.66,
        0.6,
        0.72,
        "normal",
        (0.05, 1),
        "visas per selection",
        "B",
        "cap over selections, FY2021 to FY2026",
        "H-1B visas per selected registration (E5)",
        group="data",
    ),
    _A(
        "affiliate_jobs",
        0.4,
        0.2,
        0.6,
        "beta",
        (0, 1),
        "jobs per petition",
        "B",
        "Glennon",
        "jobs that the employer opens abroad per lost petition (E5)",
    ),
    _A(
        "former_colleagues",
        6,
        3,
        10,
        "uniform",
        (1, 50),
        "persons",
        "D",
        "bounded by gate g21",
        "former colleagues whom an engineer keeps, mean (E2)",
    ),
    _A(
        "local_use_share",
        0.3,
        0.05,
        0.8,
        "beta",
        (0, 1),
        "share",
        "D",
        "assumption; sweep it",
        "sovereign capacity that the hub's own engineers use",
    ),
    _A(
        "fleet_growth",
        0.35,
        0.15,
        0.6,
        "normal",
        (-0.5, 2),
        "ln a year",
        "C",
        "Epoch AI: installed compute doubles every two years or faster",
        "growth of owners' compute, common to all hubs",
        group="data",
    ),
    _A(
        "mover_ratio",
        4,
        3,
        6,
        "uniform",
        (1, 100),
        "ratio",
        "D",
        "gate g07",
        "considering rate of movers over stayers, two persistent types (E4)",
    ),
    _A(
        "return_bonus",
        1.5,
        1,
        2.5,
        "lognormal",
        (0.1, 20),
        "ratio",
        "C",
        "fit to gate g08",
        "exit hazard of temporary residents from Korea, Taiwan and Japan over others (E6)",
    ),
    _A(
        "crossing_rate_expert",
        0.022,
        0.018,
        0.030,
        "lognormal",
        (0.001, 0.2),
        "per year",
        "B",
        "BCG: 2.2 % of 1.4 million tracked; gate g06a",
        "experts who cross a border in the first year: the border cost of experts is fitted to it",
        group="data",
    ),
    _A(
        "crossing_rate_other",
        0.017,
        0.015,
        0.019,
        "lognormal",
        (0.001, 0.2),
        "per year",
        "B",
        "BCG: 1.2 to 1.3 % of the highly skilled, 1.9 % of STEM; gate g06b",
        "other engineers who cross a border in the first year: their border cost is fitted to it",
        group="data",
    ),
    _A(
        "pay_growth",
        0.046,
        0.03,
        0.06,
        "normal",
        (-0.1, 0.3),
        "ln a year",
        "C",
        "m49",
        "growth of nominal pay, common to all hubs (E7)",
        group="data",
    ),
    _A(
        "redraw_share",
        0.5,
        0.2,
        0.8,
        "beta",
        (0, 1),
        "share",
        "D",
        "assumption",
        "refused applicants who draw again the next year while their status lasts (E5)",
    ),
    _A("mover_share", 0.5, 0.5, 0.5, "uniform", (0, 1), "share", "D", "assumption", "engineers of the mover type (E4)"),
    _A(
        "considering_graduate",
        0.5,
        0.25,
        0.9,
        "beta",
        (0, 1),
        "share",
        "D",
        "assumption",
        "new graduates who consider a first place away from where they studied (E9)",
    ),
    _A(
        "world_growth",
        0.09,
        0.07,
        0.11,
        "normal",
        (-0.1, 0.3),
        "per year",
        "C",
        "m48",
        "growth of the world stock to 2028 (E9)",
        group="data",
    ),
    _A(
        "age_reference",
        30,
        30,
        30,
        "uniform",
        (15, 80),
        "years",
        "B",
        "Rogers and Castro",
        "age after which the odds of moving fall (E2)",
    ),
    _A(
        "entry_considering",
        1.0,
        0.7,
        1.4,
        "lognormal",
        (0, 10),
        "ratio",
        "D",
        "assumption",
        "considering rate of the entry tier over practitioners (E4)",
    ),
    _A(
        "expert_considering",
        1.3,
        1.0,
        1.8,
        "lognormal",
        (0, 10),
        "ratio",
        "D",
        "assumption",
        "considering rate of experts over practitioners (E4)",
    ),
    _A(
        "temporary_considering",
        1.2,
        0.9,
        1.6,
        "lognormal",
        (0, 10),
        "ratio",
        "D",
        "assumption",
        "considering rate of temporary residents over citizens and permanent residents (E4)",
    ),
    _A(
        "naturalisation_rate",
        0.1,
        0.05,
        0.2,
        "beta",
        (0, 1),
        "per year",
        "D",
        "assumption",
        "permanent residents who become citizens (E6)",
    ),
    _A(
        "level_one_withdrawal",
        0.3,
        0.0,
        0.6,
        "uniform",
        (0, 1),
        "share",
        "D",
        "assumption",
        "background registrations at wage level I that are not filed under weighted selection (E5)",
    ),
    _A(
        "chosen_departures",
        0.03,
        0.02,
        0.04,
        "uniform",
        (0, 0.2),
        "per year",
        "D",
        "assumption",
        "departures of temporary residents that choices (E3) make already, taken off their measured rate (E6)",
    ),
    _A(
        "return_elsewhere",
        0.1,
        0.0,
        0.3,
        "uniform",
        (0, 1),
        "share",
        "D",
        "assumption, bounded by gate g06b",
        "weight of the remaining return rate outside the USA, where no stay rate is measured (E6)",
    ),
    _A(
        "promotion_pace",
        1.0,
        0.7,
        1.4,
        "lognormal",
        (0, 20),
        "ratio",
        "D",
        "assumption",
        "promotion rates over those that would keep the tiers' shares of the start (E10)",
    ),
    _A(
        "b_mentoring",
        0.5,
        0.0,
        1.0,
        "uniform",
        (0, 5),
        "elasticity",
        "D",
        "assumption",
        "rise of the promotion rate with the share of experts in the hub (E10)",
    ),
    _A(
        "phd_years",
        5,
        4,
        7,
        "uniform",
        (1, 15),
        "years",
        "D",
        "assumption; length of a doctorate",
        "time from a change of academia, or of doctoral places, to the doctors who graduate (E9)",
    ),
    _A(
        "academia_elasticity",
        0.5,
        0.0,
        1.0,
        "uniform",
        (0, 5),
        "elasticity",
        "D",
        "assumption (m60)",
        "fall of new doctors with the stock of academia (E9)",
    ),
    _A(
        "demand_elasticity",
        0.5,
        0.1,
        1.0,
        "uniform",
        (0, 5),
        "elasticity",
        "D",
        "assumption",
        "change of offers (E4) and of entry and promotion (E9, E10) with the demand for a tier or role",
    ),
    _A(
        "mission_share",
        0.5,
        0.3,
        0.7,
        "uniform",
        (0, 1),
        "share",
        "D",
        "assumption",
        "engineers whom the mission of a frontier lab holds (E10)",
    ),
    _A(
        "mission_separation",
        0.55,
        0.4,
        0.8,
        "uniform",
        (0, 1),
        "ratio",
        "B",
        "SignalFire: two-year retention 80 against 64 % (m67, m70), 10.6 against 20 % a year",
        "separations from frontier labs of those whom the mission holds over the others (E10)",
    ),
    _A(
        "temporary_job_change",
        0.85,
        0.75,
        0.95,
        "beta",
        (0, 1),
        "ratio",
        "A",
        "Cato",
        "job changes of temporary residents over those of citizens (E10)",
    ),
    _A(
        "remote_share",
        0.15,
        0.08,
        0.30,
        "lognormal",
        (0, 1),
        "share",
        "D",
        "assumption (m55, m84)",
        "engineers who work for an employer anywhere in the country or abroad (E11)",
    ),
    _A(
        "remote_abroad",
        0.1,
        0.03,
        0.25,
        "lognormal",
        (0, 1),
        "share",
        "D",
        "assumption",
        "of them, those whose employer is in another country (E11)",
    ),
    _A(
        "remote_convergence",
        0.5,
        0.2,
        0.9,
        "uniform",
        (0, 1),
        "share",
        "D",
        "assumption (m55)",
        "weight of the employer's pay against that of the hub of residence in a remote worker's pay (E11)",
    ),
    _A(
        "remote_considering",
        1.3,
        1.0,
        1.8,
        "lognormal",
        (0, 10),
        "ratio",
        "D",
        "assumption",
        "considering rate of remote workers over others (E4, E11)",
    ),
    _A(
        "recall_relocation",
        0.3,
        0.1,
        0.6,
        "beta",
        (0, 1),
        "share",
        "D",
        "assumption",
        "remote workers called back who move to their employer in the country; the others change jobs (E11)",
    ),
    _A(
        "team_pull",
        3,
        1,
        6,
        "lognormal",
        (1, 50),
        "ratio",
        "D",
        "assumption (m82: 30 followed one leader)",
        "considering rate of a team in the year after its leader has moved (E12)",
    ),
    _A(
        "family_share",
        0.45,
        0.35,
        0.55,
        "uniform",
        (0, 1),
        "share",
        "D",
        "assumption",
        "engineers who move with a partner or children (E2)",
    ),
    _A(
        "family_cost",
        0.6,
        0.2,
        1.2,
        "lognormal",
        (0, 10),
        "log-odds",
        "D",
        "assumption",
        "further cost of crossing a border with a family; the mean over engineers is in the border cost (E2)",
    ),
    _A(
        "phd_growth",
        0.025,
        0.01,
        0.04,
        "normal",
        (-0.2, 0.3),
        "per year",
        "B",
        "m59: under 3 % in the USA",
        "growth of new doctors on the reference path; other countries are assumed alike (E9)",
    ),
    _A(
        "sector_response",
        1.0,
        0.5,
        2.0,
        "lognormal",
        (0, 10),
        "ratio",
        "D",
        "assumption",
        "answer to changes of a sector's pay and compute: choice of sector over choice of hub, 0 for none (E10)",
    ),
    _A(
        "figure_error_b",
        0.05,
        0.05,
        0.05,
        "uniform",
        (0, 1),
        "ln of a figure",
        "D",
        "assumption: two good sources of one figure differ by about so much; no table states it",
        "standard deviation of a derived figure (B) that states no range, where a spread is split into its parts",
    ),
    _A(
        "figure_error_c",
        0.10,
        0.10,
        0.10,
        "uniform",
        (0, 1),
        "ln of a figure",
        "D",
        "assumption: twice that of a derived figure; no table states it",
        "the same of a figure without published data (C), or assumed (D)",
    ),
    _A(
        "linear_pay",
        0,
        0,
        0,
        "uniform",
        (0, 1),
        "share",
        "D",
        "choice of model; log pay as in tax elasticities",
        "net real pay in utility: 0 as ln pay, 1 as pay itself with the same slope at the mean pay (E2)",
    ),
)

PRIORS: dict[str, Assumption] = {row.name: row for row in _ROWS}


# ------------------------------------------------------------------------------
# What data have left of the declared beliefs: the output of ``talentflow calibrate``, never typed by hand.
# ------------------------------------------------------------------------------


DATA = Path(__file__).parent / "data"


@dataclass(frozen=True)
class Fitted:
    """The belief that data have left: 5, 50 and 95 % quantiles, and one less sd over the prior's, of normal scores."""

    central: float
    low: float
    high: float
    shrinkage: float


def fitted():
    """Every fitted assumption: dict of name -> Fitted, in the order of the correlations."""
    return {row.pop("name"): Fitted(*map(float, row.values())) for row in _rows("posterior")}


def after_fitting(priors, found=None):
    """The declarations with the beliefs that data have left of them: dict of name -> Assumption."""
    found = fitted() if found is None else found
    return dict(priors) | {
        name: replace(
            priors[name],
            central=row.central,
            low=row.low,
            high=row.high,
            shrinkage=row.shrinkage,
            prior=(priors[name].central, priors[name].low, priors[name].high),
        )
        for name, row in found.items()
    }


def together(u, places, free):
    """Uniforms that go together as the fitted assumptions do.

    Parameters
    ----------
    u : (draw, assumption) independent uniforms
    places : dict of name -> column
    free : names whose belief is not the fitted one: they keep their own uniforms, and all others what they would have
        beside them

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
    for k in range(len(names)):  # term by term: how a product of matrices rounds depends on how many draws there are
        mixed = mixed + scores[:, k : k + 1] * factor[:, k]
    mixed = ndtr(mixed)
    kept = [k for k, name in enumerate(names) if name not in free]
    u = u.copy()
    u[:, np.array(at, int)[kept]] = mixed[:, kept]
    return u


@lru_cache(maxsize=1)
def _factor():
    """Lower triangular factor of the correlations."""
    import numpy as np

    rows = [[float(value) for key, value in row.items() if key != "name"] for row in _rows("correlation")]
    return np.linalg.cholesky(np.array(rows))


def _rows(table):
    with open(DATA / f"{table}.csv", newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


# ------------------------------------------------------------------------------
# Assumptions as values: at the centre, drawn from their ranges, or held by a user's file.
# ------------------------------------------------------------------------------


ASSUMPTIONS: dict[str, Assumption] = after_fitting(PRIORS)
DIMENSIONS = 128  # of the Sobol design; more than there are assumptions, so that adding one moves none


@dataclass(frozen=True)
class Assumptions:
    """One value for every assumption, read as attributes: ``a.b_pay``. Cannot be changed, only varied."""

    __annotations__ = dict.fromkeys(ASSUMPTIONS, float)

    @classmethod
    def central(cls, declared: Mapping[str, Assumption] = ASSUMPTIONS):
        """Return every assumption at its central value."""
        return cls(**{name: float(row.central) for name, row in declared.items()})

    def vary(self, **changes: float):
        """Return a copy with other values; unknown names and values out of bounds are refused."""
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

    Assumption number *k* of the declaration always takes dimension *k*, and the sequence is extended,
    never re-made: more draws keep the first ones, and a value held by the user leaves all others alone.
    Those that were fitted to data go together as the fit says.
    """
    u = _sobol(seed, max(skip + n - 1, 0).bit_length())[skip : skip + n]
    free = [name for name, row in ASSUMPTIONS.items() if declared[name] != row]
    u = together(u, {name: k for k, name in enumerate(ASSUMPTIONS)}, free)
    columns = [
        quantile(u[:, k], row.shape, row.central, row.low, row.high, row.bounds, row.mass)
        for k, row in enumerate(declared[name] for name in ASSUMPTIONS)
    ]
    return [Assumptions(*(float(column[i]) for column in columns)) for i in range(n)]


@lru_cache(maxsize=2)
def _sobol(seed: int, power: int):
    import numpy as np
    from scipy.stats import qmc

    design = qmc.Sobol(DIMENSIONS, scramble=True, rng=np.random.default_rng([seed, DIMENSIONS]))
    u = design.random_base2(power)
    return np.clip(u, 1e-9, 1 - 1e-9)  # the design may hold 0 itself, whose quantile is not finite


def load_assumptions(path: str | Path) -> dict[str, Assumption]:
    """Return the declarations, changed as the TOML file at ``path`` says.

    Under ``[assumptions]``, ``name = value`` holds an assumption at a value, and
    ``name = {central = .., low = .., high = ..}`` gives it another range.
    """
    path = Path(path)
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


def override(changes: Mapping[str, float | Mapping[str, float]], place=lambda name: ()) -> dict:
    """Return the declarations with ``changes``: a value holds, a table of central, low, high re-ranges.

    ``place`` gives the leading parts of an error message for a name.
    """
    declared = dict(ASSUMPTIONS)
    for name, change in changes.items():
        parts = place(name)
        if isinstance(change, Mapping):
            unknown = set(change) - {"central", "low", "high"}
            if unknown or not change:
                got = ", ".join(sorted(unknown)) or "nothing"
                raise AssumptionError(*parts, name, f"a range has central, low and high; this has {got}")
        else:
            change = {"central": change, "low": change, "high": change}
        for key, value in change.items():
            _check(name, key, value, parts)
        held = len(set(change.values())) == 1 and len(change) == 3
        changed: dict[str, Any] = dict(change)
        row = replace(declared[name], **changed, held=held, prior=None, shrinkage=None)
        if not row.is_fixed:
            _check_range(row, parts)
        declared[name] = row
    return declared


def records(declared: Mapping[str, Assumption] = ASSUMPTIONS) -> list[dict]:
    """Return the declarations as plain dictionaries, for a run's record and for tables.

    ``held`` is the value if the user fixed it, else None.
    """
    return [asdict(row) | {"held": row.central if row.held else None} for row in declared.values()]


def _check_range(row: Assumption, parts: tuple) -> None:
    values = f"low {row.low:g}, central {row.central:g}, high {row.high:g}"
    if not row.low < row.central < row.high:
        raise AssumptionError(*parts, row.name, f"{values}: not in rising order")
    if row.shape in LOGARITHMIC and row.low <= 0:
        raise AssumptionError(*parts, row.name, f"{values}: a {row.shape} range begins above 0")
    if row.shape == "zero_inflated" and row.low != 0:
        raise AssumptionError(*parts, row.name, f"{values}: low is 0, where {row.mass:.0%} of its mass lies")


def _check(name: str, key: str, value: object, parts: tuple = ()) -> None:
    if name not in ASSUMPTIONS:
        raise AssumptionError(*parts, name, f"unknown assumption{nearest(name, ASSUMPTIONS)}")
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise AssumptionError(*parts, name, key, f"{value!r} is not a number")
    low, high = ASSUMPTIONS[name].bounds
    if not low <= value <= high:
        unit = ASSUMPTIONS[name].unit
        raise AssumptionError(*parts, name, key, f"{value} is not in [{low:g}, {high:g}] {unit}")
