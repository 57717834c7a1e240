"""Page of the responses of mechanisms before any fit: docs/responses.md, by ``python -m sim.show.responses``.

The responses of levers that the design asks of the mechanisms, each beside its bar. They are measured at the centres of
the priors, with hub constants of their own, and once more at the centre of the fit. Nothing is fitted to them.
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from sim import __version__
from sim.results.measures import series
from sim.results.result import Result
from sim.scenario.assumptions import PRIORS, fitted
from sim.scenario.files import as_scenario, policy_of_row
from sim.scenario.schema import PolicyTable
from sim.show.atlas import people
from sim.show.studies import figure
from sim.study.counts import checked, count_replicate
from sim.study.experiments import ESTIMANDS, LONGEST, Bench, Case, Study, read_studies
from sim.study.options import Options
from sim.study.recorder import ones
from sim.study.replicate import Plan, labelled, run_replicate
from sim.world.tables import read

PAGE = Path(__file__).parents[2] / "docs" / "responses.md"
POPULATION, PAIRS = 50_000, 8
PLACES = ("usa", "can", "gbr", "deu", "fra", "sgp")  # of the tax cut
HEADS = ("response", "bar", "unit", "priors' centres", "error", "", "centre of the fit", "error", "")
NO_TASTE, NO_JOBS = {"b_compute": 0.0, "b_compute_other": 0.0}, {"jobs_per_1000_h100e": 0.0}
ENTRY = {f"country.{row['country']}.supply.entry_hiring": ("value", 0.5) for row in read("countries")}
APPROVAL = {f"country.usa.route.{route}.approval_rate": ("add", -0.1) for route in ("h1b", "h1b_exempt")}
OPT_CLOSED = {f"country.usa.route.{route}.is_open": ("value", False) for route in ("opt", "stem_opt")}

# --- runs and estimands for policies of one's own ---------------------------------------------------


@dataclass(frozen=True)
class Point:
    """A set of assumptions at which responses are measured, with the options of the runs."""

    assumptions: dict
    options: dict

    def bench(self, **more) -> Bench:
        """Return the model at these assumptions and ``more``, with the hub constants that belong to them."""
        given: dict[str, Any] = dict(self.options)
        if self.assumptions | more:
            given["assumptions"] = self.assumptions | more
        return Bench(Options(**given, years=LONGEST + 1).checked())


def policies(levers) -> tuple:
    """Return the policies that change levers: path -> (operation, amount)."""
    rows = [{"lever": path, operation: amount} for path, (operation, amount) in levers.items()]
    return tuple(policy_of_row(PolicyTable.model_validate(row), "responses") for row in rows)


def case(bench, estimand, unit, levers, years=1, **treated) -> Case:
    """Return a study of one's own: people ``treated`` by ``levers``."""
    published = {"value": 0, "low": -1, "high": 1, "unit": unit}
    about = {"title": "Response", "family": "design", "transport": 1, "grade": "D", "source": "-"}
    study = Study.model_validate(
        about | {"estimand": estimand, "years": years, "treated": treated, "published": published}
    )
    return Case(study.model_copy(update={"id": estimand, "policies": ((), policies(levers))}), bench)


def paired(bench, arm, years, *queries) -> list[np.ndarray]:
    """Return (arm, pair, time or year) values of measures, without and with the policies ``arm``."""
    o = bench.options
    plan = Plan(o.population, o.seed, o.start, years, ((), arm), o.start)
    runs = [run_replicate(plan, k, bench.draw) for k in range(o.replicates)]
    result = Result(labelled(runs, ["baseline", "scenario"], plan), {})
    return [series(result, query).values for query in queries]


def over_pairs(value, *counts) -> tuple[float, float]:
    """Return ``value`` of (arm,) counts summed over pairs, and its jackknife error; ``counts`` are (arm, pair)."""
    n = counts[0].shape[1]
    whole = float(value(*(c.sum(axis=1) for c in counts)))
    if n == 1:
        return whole, np.nan
    left = np.array([value(*(c[:, np.arange(n) != k].sum(axis=1) for c in counts)) for k in range(n)])
    return whole, float(np.sqrt((n - 1) / n * np.sum((left - left.mean()) ** 2)))


def mean_of(found) -> tuple[float, float]:
    """Return the mean of independent estimates (value, error) and its error."""
    values, errors = np.array(found).T
    return float(values.mean()), float(np.sqrt((errors**2).sum()) / len(errors))


def percent(counts) -> float:
    """Return the change of (arm,) counts in per cent."""
    return 100 * (counts[1] / counts[0] - 1)


def cut(place) -> dict:
    """Return a cut of ten points of the effective tax in a country."""
    return {f"country.{place}.tax.rate_points": ("add", -10)}


# --- the responses ----------------------------------------------------------------------------------


def first_inflow(point) -> tuple[float, float]:
    """Measure the inflow of foreigners in the first year, expected."""
    bench = point.bench()
    cases = [case(bench, "inflow", "elasticity", cut(place), place=place, people="foreign") for place in PLACES]
    return mean_of([ESTIMANDS["inflow"].measure(each) for each in cases])


def inflow(point) -> tuple[float, float]:
    """Measure the inflow of foreigners in the first three years, of agents: pay and caps answer to it."""
    bench, found = point.bench(), []
    o = bench.options
    data = ones(["baseline", "scenario"], o.start, 3)
    for place in PLACES:
        levers = cut(place)
        plan = Plan(o.population, o.seed, o.start, 3, ((), policies(levers)), o.start)
        queries = [checked(query, data) for query in (f"arrivals:{place}", f"arrivals:{place},home={place}")]
        moved = [count_replicate(plan, k, bench.draw, queries) for k in range(o.replicates)]
        everybody, nationals = np.array(moved).sum(axis=-1).transpose(1, 2, 0)  # query, arm, pair
        gain = case(bench, "inflow", "elasticity", levers, place=place).shock()
        found.append(over_pairs(lambda n, gain=gain: np.log(n[1] / n[0]) / gain, everybody - nationals))
    return mean_of(found)


def exits(point) -> tuple[float, float]:
    """Measure the exits of foreign experts in the first three years, of tracers."""
    bench, treated = point.bench(), {"people": "foreign", "tier": ["expert"]}
    cases = [case(bench, "exits", "elasticity", cut(place), 3, place=place, **treated) for place in PLACES]
    value, error = mean_of([ESTIMANDS["exits"].measure(each) for each in cases])
    return -value, error


def study(name, point) -> tuple[float, float]:
    """Measure a study that ships."""
    (one,) = read_studies(name).values()
    return ESTIMANDS[one.estimand].measure(Case(one, point.bench()))


def push(point, **off) -> tuple[float, float]:
    """Measure the Gulf's engineers after ten years of its announced compute."""
    bench = point.bench(**off)
    (stock,) = paired(bench, as_scenario("gulf_compute").policies, 10, "stock:gulf")
    extra = stock[1, :, -1] - stock[0, :, -1]
    return float(extra.mean()), float(extra.std(ddof=1) / np.sqrt(len(extra))) if len(extra) > 1 else np.nan


def returns(point) -> tuple[float, float]:
    """Measure returns under a relief of 70 per cent for five years, the least of all countries with people abroad.

    Countries without an income tax have nothing to relieve.
    """
    bench, found = point.bench(), []
    for row in read("countries"):
        c = row["country"]
        levers = {f"country.{c}.tax.returnee_{what}": ("value", x) for what, x in (("relief", 0.7), ("years", 5))}
        one = case(bench, "returns", "percent", levers, place=c, people="national")
        if (
            one.homes.any()
            and one.shock("returnee") > 0
            and (bench.start.counts.sum(axis=(2, 3)).T[one.homes] * ~one.inside).any()
        ):
            found.append(ESTIMANDS["returns"].measure(one))
    return min(found)


def canada(point) -> tuple[tuple[float, float], ...]:
    """Measure three figures of years two to five, in per cent.

    They are the applications to Canada, the arrivals there over grants forgone in the USA, and what the applications
    would rise by if one grant forgone in four made one.
    """
    forgone = [f"grants,route=usa.{route}" for route in ("h1b", "h1b_exempt")]
    values = paired(point.bench(), policies(APPROVAL), 5, "applicants_abroad:can", "arrivals:can", *forgone)
    asked, came, *lost = (each[..., 1:].sum(axis=-1) for each in values)
    grants = sum(lost)
    part = over_pairs(lambda came, grants: 100 * (came[1] - came[0]) / (grants[0] - grants[1]), came, grants)
    quarter = over_pairs(lambda asked, grants: 25 * (grants[0] - grants[1]) / asked[0], asked, grants)
    return over_pairs(percent, asked), part, quarter


def entry(point) -> tuple[float, float]:
    """Measure the world's experts after ten years of half the entry hiring everywhere."""
    (stock,) = paired(point.bench(), policies(ENTRY), 10, "stock,tier=expert")
    return over_pairs(percent, stock[:, :, -1].sum(axis=-1))


def students(point) -> tuple[float, float]:
    """Measure foreign graduates of the USA three years after work after study was closed."""
    one = case(point.bench(), "enrolment", "percent", OPT_CLOSED, 3, place="usa", people="foreign")
    return ESTIMANDS["enrolment"].measure(one)


@dataclass(frozen=True)
class Response:
    """A response with its bar, from ``low`` to ``high``; ``measure`` takes a :class:`Point`."""

    what: str
    bar: str
    low: float
    high: float
    unit: str
    measure: Callable


INF = float("inf")
READING = """\
**What is missed, and why.** The inflow of a first year, and with it the Danish and the Italian scheme, answers with
about `b_pay / nest_third`, less the share of people who come already: 1.9 / 0.7 = 2.7 at the priors' centres, and
1.73 / 0.83 = 2.1 after the fit. It is a property of the two centres and not of a mechanism; over the first three years,
which the bar names, pay and caps answer, and it is held at both. Of the grants forgone in the USA about a quarter goes
to Canada, as published. If one in four applied there, applications would rise by no more than the row without a bar
says: at the model's counts of AI engineers the two published figures cannot both hold."""
RESPONSES = (
    Response("inflow of foreigners, first year, expected", "1 to 2", 1, 2, "elasticity", first_inflow),
    Response("inflow of foreigners, years 1 to 3, agents", "1 to 2", 1, 2, "elasticity", inflow),
    Response("exits of foreign experts, years 1 to 3", "-0.7 or stronger", -INF, -0.7, "elasticity", exits),
    Response("Danish scheme, inflow (T08)", "1.5 to 2.0", 1.5, 2.0, "elasticity", partial(study, "T08")),
    Response("Dutch scheme, inflow (T11)", "1.6 to 2.7", 1.6, 2.7, "elasticity", partial(study, "T11")),
    Response("Italian scheme, returns (T14)", "15 to 39", 15, 39, "per cent", partial(study, "T14")),
    Response("Gulf compute: the Gulf, ten years", "above 0", 0, INF, "people", push),
    Response("Gulf compute: by taste alone", "above 0", 0, INF, "people", lambda point: push(point, **NO_JOBS)),
    Response("Gulf compute: by jobs alone", "above 0", 0, INF, "people", lambda point: push(point, **NO_TASTE)),
    Response("relief for returnees: least of all countries", "above 0", 0, INF, "per cent", returns),
    Response("US approval -10 points: applications to Canada", "15 to 45", 15, 45, "per cent", canada),
    Response("US approval -10 points: forgone that go to Canada", "above 0 (published 25)", 0, INF, "per cent", canada),
    Response("applications to Canada if one forgone in four applied", "no bar", -INF, INF, "per cent", canada),
    Response("entry hiring halved: experts, ten years", "below 0", -INF, 0, "per cent", entry),
    Response("OPT closed: foreign graduates of the USA", "below 0", -INF, 0, "per cent", students),
)


def measured(point, responses=RESPONSES, progress=None) -> list[tuple[float, float]]:
    """Return value and standard error of each response at one point; responses of one measure share its runs."""
    known, found = {}, []
    for response in responses:
        run = response.measure
        if run not in known:
            known[run] = run(point)
            if progress:
                progress(response.what)
        # a measure of two figures gives them in the order of the responses
        value = known[run]
        place = [r for r in responses if r.measure is run].index(response)
        found.append(value[place] if isinstance(value[0], tuple) else value)
    return found


def verdict(response, value, error) -> str:
    """Tell whether the bar is held; in doubt where it lies within two standard errors of the value."""
    if response.low == -INF and response.high == INF:
        return "-"
    held = response.low <= value <= response.high
    near = min(abs(value - bar) for bar in (response.low, response.high)) < 2 * error
    return ("held" if held else "missed") + (", within two errors" if near else "")


def points(options) -> list[Point]:
    """Return the centres of the priors and of the fit."""
    return [Point({name: PRIORS[name].central for name in fitted()}, options), Point({}, options)]


def rows(responses, by_point) -> list[list[str]]:
    """Lay out the table; ``by_point`` holds the (value, error) of every response at each of the two points."""
    table = []
    for response, *found in zip(responses, *by_point, strict=True):
        cells = [response.what, response.bar, response.unit]
        for value, error in found:
            number = people if response.unit == "people" else partial(figure, signed=response.unit == "per cent")
            shown = "exact" if error == 0 else number(error).lstrip("+")
            cells += [number(value), shown, verdict(response, value, error)]
        table.append(cells)
    return table


def page(table, population, pairs) -> str:
    """Write the page in Markdown."""
    lines = [f"| {' | '.join(cells)} |" for cells in (HEADS, ["---"] * len(HEADS), *table)]
    held = [sum(cells[k].startswith("held") for cells in table) for k in (5, 8)]
    barred = sum(cells[5] != "-" for cells in table)
    return f"""# Responses before any fit

The responses that the design asks of the mechanisms, each beside its bar: at the centres of the priors, where nothing
has been fitted but the first year's flows, and at the centre of the fit. **Nothing is tuned to this page**: a bar that
is missed stands as missed. At the priors' centres {held[0]} of {barred} are held, at the centre of the fit {held[1]}.

Elasticities are to net pay, after a cut of ten points of the effective tax in one country, as means over the USA,
Canada, Britain, Germany, France and Singapore. Experiments are those of [experiments](experiments.md). Relief for
returnees takes 70 per cent of the tax off for five years; the Gulf has no tax to take off. Approval falls on H-1B
petitions with and without cap, counted in years two to five; what is forgone are their grants, and what goes to Canada
its arrivals. The announced compute of the Gulf has two channels, taste and jobs, and is run with each alone.

Made by `python -m sim.show.responses` with version {__version__}: agents of {pairs} pairs of {population:,} engineers,
tracers for exits; what is expected of the first year has no error. Errors are standard errors over the pairs, or of the
tracers.

{chr(10).join(lines)}

{READING}
"""


if __name__ == "__main__":
    options = {"population": POPULATION, "replicates": PAIRS}
    say = lambda what: sys.stdout.write(f"{what}\n")  # noqa: E731
    table = rows(RESPONSES, [measured(point, progress=say) for point in points(options)])
    PAGE.write_text(page(table, POPULATION, PAIRS), encoding="utf-8")
    sys.stdout.write(f"{PAGE.name} rewritten\n")
