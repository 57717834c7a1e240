"""Facts that the assumptions about behaviour are fitted to, and the corresponding figures of the model.

Nothing here is held back by a gate that decides. Each fact has an error: that of its source, and where it counts other
people than AI engineers what may be lost on the way (``TRANSFER``).
"""

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from sim.custom_world import cached_by_world
from sim.model.inversion import expected
from sim.model.supply import entrant_path
from sim.model.year import begin
from sim.scenario.assumptions import Assumptions
from sim.scenario.levers import baseline_rules
from sim.study.calibration.hub_constants import FIT_POPULATION, START
from sim.study.corridors import FIRST, LAST, TERMS, poisson_fit
from sim.study.corridors import SOURCE as CORRIDORS
from sim.study.tracers import Tracers, follow, residents
from sim.world import build_world
from sim.world.categories import STATUSES
from sim.world.engineers import TEMPORARY, Engineers
from sim.world.flows import read_flows, read_source, ties
from sim.world.setting import load_setting
from sim.world.tables import names

TRANSFER = 0.3  # relative error of a coefficient of scholars for AI engineers; assumption, grade D
RANGE = 2 * 1.645  # standard deviations of a normal in its 90 % range
TO_FIVE = 5  # years of a stay
TRACERS = 7_000  # of a cohort
COHORTS = ("chn", "ind", "kor")
MEMBERS = {"chn": ("CHN", "HKG", "MAC")}  # of a country of the model, where it is not one of the sources


@dataclass(frozen=True)
class Fact:
    """An observed figure with its standard error."""

    name: str
    value: float
    error: float
    unit: str
    meaning: str
    population: str
    source: str
    grade: str
    logarithmic: bool = False  # its logarithm is compared


def compared(known, figures):
    """Return figures on the scale of comparison: (..., fact), logarithms where the error is relative."""
    return np.where([fact.logarithmic for fact in known], np.log(np.maximum(figures, 1e-9)), figures)


def observed(known):
    """Return values and standard errors of facts on the scale of comparison, each (fact,)."""
    value, error = (np.array([getattr(fact, name) for fact in known]) for name in ("value", "error"))
    return compared(known, value), np.where([fact.logarithmic for fact in known], error / value, error)


def facts():
    """Return all facts in the order of :func:`statistics`; corridors by the same regression on the same countries.

    Returns
    -------
    list of Fact

    Raises
    ------
    UsageError without the extra ``calibrate``
    """
    countries = named_countries()
    found, error = _corridors(_scholars(countries), countries, clustered=True)
    scholars = "published researchers of all fields between the countries of the model"
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
        )
        for name, b, e in zip(TERMS, found, error, strict=True)
    ]
    stay = "stay in the USA five years after a doctorate there on a temporary permit"
    doctors = "doctorate recipients of the USA on temporary visas, computer science and mathematics where told apart"
    return [
        *rows,
        _ranged(
            "moves_within_usa",
            3,
            5,
            "% of the stock a year",
            "moves between metropolitan areas of the USA",
            "all professionals",
            "assumption, with that of move_cost_domestic: about 3 to 5 % a year",
            "D",
            True,
        ),
        _ranged("stay_chn", 83, 95, "%", f"{stay}, from China", doctors, "CSET; Finn; NCSES: gate g08a", "B"),
        _ranged("stay_ind", 77, 92, "%", f"{stay}, from India", doctors, "CSET; Finn; NCSES: gate g08b", "B"),
        _ranged(
            "stay_kor",
            57,
            79,
            "%",
            f"{stay}, from Korea",
            doctors,
            "NCSES 10996: 57 % over all fields, 68 % scaled to computing",
            "B",
        ),
    ]


@cached_by_world(maxsize=1)
def followed_world():
    """Return the world whose engineers are followed for five years; its people are the same for every sample."""
    setting, a = load_setting(), Assumptions.central()
    path = entrant_path(setting, a, START, TO_FIVE)
    return build_world.build(setting, FIT_POPULATION, 0, START, path, a.mover_share)


def statistics(world, a, constants, seed=0) -> dict[str, float]:
    """Return the model's figures under the assumptions ``a`` at the baseline: dict of name -> float.

    Figures of one year are the expectation of the first year; figures of five years come from tracers. The facts are of
    ordinary years, so the boom part of the constants is left out.

    Parameters
    ----------
    world : World of five years or more, from :func:`followed_world`
    a : Assumptions
    constants : Constants fitted under them
    seed : int, of the run that the tracers follow
    """
    ordinary, setting = replace(constants, boom=np.zeros_like(constants.boom)), world.setting
    arm = begin(world, a, ordinary, baseline_rules(), seed)
    flow, stock = expected(arm).flow(), setting.stock
    countries, usa = named_countries(), setting.country == setting.countries.index("usa")
    if a.corridor_strength:  # the facts of the corridors are those of the kernel alone
        kernel = begin(world, a.vary(corridor_strength=0.0), ordinary, baseline_rules(), seed)
        between = _between(expected(kernel).flow(), setting, countries)
    else:
        between = _between(flow, setting, countries)
    found, _ = _corridors(between, countries)
    within = 100 * flow[np.ix_(usa, usa)].sum() / stock[usa].sum()
    stays = _stays(arm, usa, seed)
    told = [*(f"corridor_{name[2:]}" for name in TERMS), "moves_within_usa", *(f"stay_{home}" for home in COHORTS)]
    return dict(zip(told, map(float, [*found, within, *stays]), strict=True))


def _stays(arm, usa, seed):
    """Return the (cohort,) per cent of experts on temporary permits in the USA who live there five years later."""
    statuses, hubs = range(TEMPORARY, len(STATUSES)), np.flatnonzero(usa)
    cohorts = [residents(arm.world, arm.a, "expert", home, hubs, statuses, TRACERS, seed) for home in COHORTS]
    tracers = Tracers(arm, Engineers(*map(np.concatenate, zip(*cohorts, strict=True))))
    for _ in follow(arm, tracers, arm.year + TO_FIVE):
        pass
    ends = np.cumsum([len(people.hub) for people in cohorts])[:-1]
    return [100 * usa[hub[hub >= 0]].mean() for hub in np.split(tracers.hub, ends)]


def named_countries():
    """Return the places of the model that are a single country: ISO 3166 in small letters."""
    known = {row[end] for row in read_source("cepii_countries") for end in ("orig", "dest")}
    return tuple(name for name in names("country") if name.upper() in known)


def _ranged(name, low, high, *told) -> Fact:
    """Return the Fact whose value and error come from a published range."""
    return Fact(name, (low + high) / 2, (high - low) / RANGE, *told)


def _corridors(flow, countries, clustered=False):
    """Fit the corridor regression to flows between countries."""
    from threadpoolctl import threadpool_limits  # comes with scikit-learn

    with threadpool_limits(1):  # for so small a matrix threads wait more than they work
        return poisson_fit(flow, _terms(countries), clustered)[:2]


@lru_cache(maxsize=1)
def _terms(countries):
    """Return the regressors of the corridors between countries, in the order of ``TERMS``."""
    km, language = ties([name.upper() for name in countries])
    compatriots = np.zeros_like(km)
    _add(
        compatriots,
        countries,
        ((row["orig"], row["dest"], float(row["stock"])) for row in read_source("migrant_stock_2000")),
    )
    return [-np.log1p(km / 100), language, np.log1p(compatriots)]


def _scholars(countries):
    """Return (origin, destination) scholars who moved between countries in the years of the fit."""
    flows, moved = read_flows(), np.zeros((len(countries), len(countries)))
    total = flows.between(FIRST, LAST).sum(axis=0)
    _add(moved, countries, ((flows.countries[o], flows.countries[d], total[o, d]) for o, d in np.argwhere(total > 0)))
    return moved


def _add(matrix, countries, rows):
    """Add (origin, destination, number) rows, by code of the source, to a matrix between countries of the model."""
    place = {code: k for k, name in enumerate(countries) for code in MEMBERS.get(name, (name.upper(),))}
    for origin, destination, number in rows:
        o, d = place.get(origin), place.get(destination)
        if o is not None and d is not None and o != d:
            matrix[o, d] += number


def _between(flow, setting, countries):
    """Sum (hub, hub) flows to (origin, destination) persons between countries."""
    group = np.array([[setting.countries[c] == name for c in setting.country] for name in countries], float)
    moves = group @ flow @ group.T
    np.fill_diagonal(moves, 0.0)
    return moves
