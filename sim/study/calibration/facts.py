"""Facts that the assumptions about behaviour are fitted to, and the corresponding figures of the model.

Nothing here is held back by a gate that decides. Each fact has an error: that of its source, and where it counts other
people than AI engineers what may be lost on the way (``TRANSFER``).
"""

import math
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from sim.errors import UsageError
from sim.model.inversion import expected
from sim.model.year import begin
from sim.scenario.levers import baseline_rules
from sim.study.calibration.hub_constants import FIT_POPULATION
from sim.study.corridors import FIRST, LAST, TERMS, poisson_fit
from sim.study.corridors import SOURCE as CORRIDORS
from sim.study.experiments import ESTIMANDS, LONGEST, RANGE, Bench, Case, errors, read_studies
from sim.study.options import Options
from sim.study.tracers import Tracers, follow, residents
from sim.world.categories import STATUSES
from sim.world.engineers import TEMPORARY, Engineers
from sim.world.flows import read_flows, read_source, ties
from sim.world.tables import names

TRANSFER = 0.3  # relative error of a coefficient of scholars for AI engineers; assumption, grade D
TO_FIVE = 5  # years of a stay
TRACERS = 2_000  # of a cohort
# runs behind tracers and agents of the fit: small, as their error is measured and taken off
RUN_POPULATION, PAIRS, STUDY_TRACERS = 20_000, 2, 3_000
COHORTS = ("chn", "ind", "kor")
MEMBERS = {"chn": ("CHN", "HKG", "MAC")}  # of a country of the model, where it is not one of the sources


@dataclass(frozen=True)
class Fact:
    """An observed figure with its errors.

    Attributes
    ----------
    error : standard error of the source
    lost : standard deviation of what may be lost between the people of the source and AI engineers, fixed beforehand
    family : facts of one shock or source, which count once together
    role : response, what a study of a policy found, or base, a level without a policy
    logarithmic : its logarithm is compared
    """

    name: str
    value: float
    error: float
    unit: str
    meaning: str
    population: str
    source: str
    grade: str
    logarithmic: bool = False
    family: str = ""
    role: str = "base"
    lost: float = 0.0


def compared(known, figures) -> np.ndarray:
    """Return figures on the scale of comparison: (..., fact), logarithms where the error is relative."""
    logarithmic = np.array([fact.logarithmic for fact in known])
    return np.where(logarithmic, np.log(np.maximum(figures, 1e-9)), figures)


def observed(known, lost=True) -> tuple:
    """Return values and standard errors of facts on the scale of comparison, each (fact,).

    With ``lost`` the errors hold what may be lost between the people of the source and AI engineers.
    """
    value, error, gap = (np.array([getattr(fact, name) for fact in known]) for name in ("value", "error", "lost"))
    error = np.hypot(error, gap) if lost else error
    scale = np.array([fact.value if fact.logarithmic else 1.0 for fact in known])
    return compared(known, value), error / scale


def facts() -> list:
    """Return all facts in the order of :func:`statistics`; corridors by the same regression on the same countries.

    Returns
    -------
    list of Fact

    Raises
    ------
    UsageError without the extra ``calibrate``
    """
    countries = named_countries()
    coefficients, error = _corridors(_scholars(countries), countries, clustered=True)
    scholars = "published researchers of all fields between the countries of the model"
    # the corridor terms: their error adds the transfer from scholars to engineers
    rows = [
        Fact(
            f"corridor_{name[2:]}",
            float(b),
            float(np.hypot(e, TRANSFER * b)),
            "log-odds per unit of the regressor",
            f"coefficient of {TERMS[name]}",
            scholars,
            CORRIDORS,
            "B",
            family="corridors",
        )
        for name, b, e in zip(TERMS, coefficients, error, strict=True)
    ]
    # ranges that reports state, then one fact for each fitted study
    stay = "stay in the USA five years after a doctorate there on a temporary permit"
    doctors = "doctorate recipients of the USA on temporary visas, computer science and mathematics where told apart"
    percent = "% of the stock a year"
    within, why = "moves between metropolitan areas of the USA", "assumption: about 3 to 5 % a year"
    korea = "NCSES 10996: 57 % over all fields, 68 % scaled to computing"
    ncses = {"family": "us_phd_stay"}
    return [
        *rows,
        _ranged("moves_within_usa", 3, 5, percent, within, "all professionals", why, "D", True, family="us_moves"),
        _ranged("stay_chn", 83, 95, "%", f"{stay}, from China", doctors, "CSET; Finn; NCSES: gate g08a", "B", **ncses),
        _ranged("stay_ind", 77, 92, "%", f"{stay}, from India", doctors, "CSET; Finn; NCSES: gate g08b", "B", **ncses),
        _ranged("stay_kor", 57, 79, "%", f"{stay}, from Korea", doctors, korea, "B", **ncses),
        *(_of_study(study) for study in fitted_studies().values()),
    ]


def fitted_studies() -> dict:
    """Return the studies that the fit uses: a range was published and seen, and the model can express it."""
    return {name: row for name, row in _expressible().items() if row.verified and row.published.low is not None}


def predicted_studies() -> dict:
    """Return the studies that a fit predicts: those it uses, and those of which the sign alone was published."""
    return fitted_studies() | {name: row for name, row in _expressible().items() if row.published.unit == "sign"}


@lru_cache(maxsize=1)
def _expressible() -> dict:
    """Return the shipped studies that the model can express."""
    return {name: study for name, study in read_studies().items() if not study.not_expressible}


def _of_study(study) -> Fact:
    """Return a study as a fact."""
    p, (error, lost) = study.published, errors(study)
    people = f"{study.treated.people} of {study.treated.place}"
    row = Fact(study.id, p.value, error, p.unit, study.title, people, study.source, study.grade)
    return replace(row, family=study.family, role=study.role, lost=lost)


def statistics(a, constants, seed=0, costly=True) -> dict[str, float]:
    """Return the model's figures under the assumptions ``a``: dict of name of a fact or study -> float.

    Figures of one year are the expectation of the first year. Corridors, moves and stays are of ordinary years, so the
    boom part of the constants is left out of them; studies have it, as in ``talentflow experiments``.

    Parameters
    ----------
    a : Assumptions
    constants : HubConstants fitted under them
    seed : int, of the runs that tracers follow
    costly : whether to measure what comes from runs, too: tracers and agents; nan if not
    """
    bench = Bench(Options(population=FIT_POPULATION, years=LONGEST + 1).checked(), (a, constants))
    ordinary, setting = replace(constants, boom=np.zeros_like(constants.boom)), bench.setting
    arm = begin(bench.world, a, ordinary, baseline_rules(), seed)
    flow, stock = expected(arm).flow(), setting.stock
    countries, usa = named_countries(), setting.country == setting.countries.index("usa")
    if a.corridor_strength:  # the facts of the corridors are those of the kernel alone
        kernel = begin(bench.world, a.vary(corridor_strength=0.0), ordinary, baseline_rules(), seed)
        between = _between(expected(kernel).flow(), setting, countries)
    else:
        between = _between(flow, setting, countries)
    coefficients, _ = _corridors(between, countries)
    values = dict(zip((f"corridor_{name[2:]}" for name in TERMS), coefficients, strict=True))
    values["moves_within_usa"] = 100 * flow[np.ix_(usa, usa)].sum() / stock[usa].sum()
    # runs are small: their error is measured on rows of the table that are run again
    runs = Options(population=RUN_POPULATION, years=LONGEST + 1, replicates=PAIRS).checked()
    small = Bench(runs, (a, constants), STUDY_TRACERS, seed)
    values |= dict(zip((f"stay_{home}" for home in COHORTS), _stays(small, ordinary, costly), strict=True))
    # the longest first: shorter ones of the same people follow from them
    for name, study in sorted(predicted_studies().items(), key=lambda item: -item[1].years):
        one_year = ESTIMANDS[study.estimand].from_ == "first year"
        values[name] = _figure(study, bench if one_year else small) if one_year or costly else math.nan
    return {name: float(values[name]) for name in named_figures()}


def named_figures() -> list[str]:
    """Return the names of all figures, in the order of the facts, then those that are predicted alone."""
    fixed = [*(f"corridor_{name[2:]}" for name in TERMS), "moves_within_usa", *(f"stay_{home}" for home in COHORTS)]
    return [*fixed, *predicted_studies()]


def _figure(study, bench) -> float:
    """Return the simulated value of a study; nan where it has none under these assumptions."""
    try:
        return ESTIMANDS[study.estimand].measure(Case(study, bench))[0]
    except UsageError:
        return math.nan


def _stays(bench, constants, costly) -> list:
    """Return the (cohort,) per cent of experts on temporary permits in the USA who live there five years later."""
    if not costly:
        return [math.nan] * len(COHORTS)
    # residents on temporary permits are followed for five years as tracers
    world, a, usa = bench.world, bench.draw[0], bench.place("usa")
    arm = begin(world, a, constants, baseline_rules(), bench.chance)
    statuses, hubs = range(TEMPORARY, len(STATUSES)), np.flatnonzero(usa)
    cohorts = [residents(world, a, "expert", home, hubs, statuses, TRACERS) for home in COHORTS]
    tracers = Tracers(arm, Engineers(*map(np.concatenate, zip(*cohorts, strict=True))))
    for _ in follow(arm, tracers, arm.year + TO_FIVE):
        pass
    # split the tracers into their cohorts again; those who left the profession do not count
    ends = np.cumsum([len(people.hub) for people in cohorts])[:-1]
    return [100 * usa[hub[hub >= 0]].mean() for hub in np.split(tracers.hub, ends)]


def named_countries() -> tuple:
    """Return the places of the model that are a single country: ISO 3166 in small letters."""
    known = {row[end] for row in read_source("cepii_countries") for end in ("orig", "dest")}
    return tuple(name for name in names("country") if name.upper() in known)


def _ranged(name, low, high, *described, family) -> Fact:
    """Return the Fact whose value and error come from a published range."""
    return replace(Fact(name, (low + high) / 2, (high - low) / RANGE, *described), family=family)


def _corridors(flow, countries, clustered=False) -> tuple:
    """Fit the corridor regression to flows between countries."""
    from threadpoolctl import threadpool_limits  # comes with scikit-learn

    with threadpool_limits(1):  # for so small a matrix threads wait more than they work
        return poisson_fit(flow, _terms(countries), clustered)[:2]


@lru_cache(maxsize=1)
def _terms(countries) -> list:
    """Return the regressors of the corridors between countries, in the order of ``TERMS``."""
    km, language = ties([name.upper() for name in countries])
    compatriots = np.zeros_like(km)
    _add(
        compatriots,
        countries,
        ((row["orig"], row["dest"], float(row["stock"])) for row in read_source("migrant_stock_2000")),
    )
    return [-np.log1p(km / 100), language, np.log1p(compatriots)]


@lru_cache(maxsize=1)
def _scholars(countries) -> np.ndarray:
    """Return (origin, destination) scholars who moved between countries in the years of the fit."""
    flows, moved = read_flows(), np.zeros((len(countries), len(countries)))
    total = flows.between(FIRST, LAST).sum(axis=0)
    _add(moved, countries, ((flows.countries[o], flows.countries[d], total[o, d]) for o, d in np.argwhere(total > 0)))
    return moved


def _add(matrix, countries, rows) -> None:
    """Add (origin, destination, number) rows, by code of the source, to a matrix between countries of the model."""
    place = {code: k for k, name in enumerate(countries) for code in MEMBERS.get(name, (name.upper(),))}
    for origin, destination, number in rows:
        o, d = place.get(origin), place.get(destination)
        if o is not None and d is not None and o != d:
            matrix[o, d] += number


def _between(flow, setting, countries) -> np.ndarray:
    """Sum (hub, hub) flows to (origin, destination) persons between countries."""
    group = np.array([[setting.countries[c] == name for c in setting.country] for name in countries], float)
    moves = group @ flow @ group.T
    np.fill_diagonal(moves, 0.0)
    return moves
