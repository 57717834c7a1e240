"""The hindcast: a run from a past year to the year of the tables, beside what has been published on the years between.

``data/hindcast.csv`` is kept by hand: one row a published figure, with the measure of the run that is set beside it,
its source and grade, and whether the figure was an input of the world's tables. The run is that of a past start
(``sim.world.past``, ``sim.scenario.past``) under the law of the time, what was decided after mid-2025 included
(``current_law``). Nothing is fitted to it: it is a validation, and its misses are listed.
"""

import math
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

from sim.custom_world import PRESENT
from sim.errors import ResultError, UsageError
from sim.months import january
from sim.results.effects import LEAST_PAIRS
from sim.results.measures import COHORTS, Query, parse, series
from sim.results.result import Result
from sim.scenario.files import load
from sim.scenario.policies import Scenario
from sim.study.counts import FLOWS, checked, count_replicate
from sim.study.options import Options
from sim.study.recorder import ones
from sim.study.replicate import experiment, labelled
from sim.texts import csv_rows
from sim.world.past import FIRST, setting_of

FILE = Path(__file__).parent / "data" / "hindcast.csv"
LAW = "current_law"
AGENTS, PAIRS = 100_000, 10
KINDS = ("own", "input")  # figures that the tables do not know, and figures that they rest on
GROUPS = ("stocks", "growth", "rates", "signs", "odds", "permits", "elite")
COMPARE = ("level", "change", "difference")
UNITS = {"persons": 1.0, "percent": 100.0, "points": 100.0}
VERDICTS = ("agrees", "disagrees", "cannot say")
UNCLEAR = "cannot say: "  # a reason that begins so: the figure counts something else
NINETY = 1.645  # standard errors on either side
RATIO, POINTS = 0.1, 2.0  # band of a figure that was published without one: of persons, relative, and of rates


@dataclass(frozen=True)
class Figure:
    """A published figure on past years, and the measures of the run that are set beside it."""

    id: str
    group: str
    kind: str
    what: str
    measure: Query
    over: Query | None  # of a ratio, a change or a difference
    compare: str
    unit: str
    value: float
    low: float
    high: float
    range_assumed: bool  # published without a range
    first: int  # starts of a run in which it can be asked
    last: int
    source: str
    grade: str
    reason: str

    @property
    def queries(self) -> tuple[Query, ...]:
        """Return the measures that it needs."""
        return (self.measure,) if self.over is None else (self.measure, self.over)

    @property
    def is_counted(self) -> bool:
        """Return whether agents are counted for it while they are simulated, which a saved run does not hold."""
        return any(is_counted(query) for query in self.queries)


def is_counted(query) -> bool:
    """Return whether no saved run holds a measure: cohorts, the elite, and moves by attribute."""
    persons = query.keys.keys() - {"origin", "destination"}
    return query.name in COHORTS or len(persons) > 1 or "group" in persons or (query.name in FLOWS and bool(persons))


def figures(start) -> list[Figure]:
    """Return the published figures on the years from ``start`` to ``PRESENT``, in the order of the file.

    Raises
    ------
    ResultError
        for a row with an unknown kind, group, comparison or unit, or a measure without a year
    """
    with FILE.open(newline="", encoding="utf-8") as file:
        rows = [_figure(row, f"{FILE.name}, line {line}") for line, row in csv_rows(file, FILE.name, ResultError)]
    # flows of a year need the whole year
    asked = lambda row: all(start <= _year(query) for query in row.queries)  # noqa: E731
    return [row for row in rows if row.first <= start <= row.last and asked(row)]


def _year(query) -> int:
    """Return the year that a measure names."""
    assert query.time is not None  # _figure refuses one without
    return query.time


def _figure(row, place) -> Figure:
    """Return a row of the file as a Figure."""
    for key, known in (("kind", KINDS), ("group", GROUPS), ("compare", COMPARE), ("unit", UNITS)):
        if row[key] not in known:
            raise ResultError(place, f"{key} {row[key]!r} is none of {', '.join(known)}")
    measure, over = parse(row["measure"]), parse(row["over"]) if row["over"] else None
    if any(query.time is None for query in (measure, over) if query) or (row["compare"] != "level" and over is None):
        raise ResultError(place, "a measure without its year, or nothing to compare with")
    value, (first, _, last) = float(row["value"]), row["starts"].partition("-")
    band = RATIO * abs(value) if row["unit"] == "persons" else POINTS
    return Figure(
        **{key: row[key] for key in ("id", "group", "kind", "what", "compare", "unit", "source", "grade", "reason")},
        measure=measure,
        over=over,
        value=value,
        low=float(row["low"] or value - band),
        high=float(row["high"] or value + band),
        range_assumed=not row["low"] and not row["high"],
        first=int(first or FIRST),
        last=int(last or PRESENT - 1),
    )


def law() -> Scenario:
    """Return the scenario of current law as far as it acts before ``PRESENT``."""
    whole = load(LAW)
    return replace(whole, policies=tuple(p for p in whole.policies if p.begin_month < january(PRESENT)))


def hindcast(start=2023, **options) -> dict:
    """Run the world from a past year to the year of the tables, and set it beside what has been published.

    Parameters
    ----------
    start : first year, from 2019 to the year before the tables
    options : of :class:`~sim.study.options.Options`: population, replicates, seed, assumptions, workers, progress

    Returns
    -------
    dict of plain values: ``rows`` (one a figure: what was published, ``mean``, ``low`` and ``high`` of 90 % of the
    runs, ``error`` of the mean, ``verdict`` and ``reason``), ``tally`` (verdicts by kind), and what made them

    Raises
    ------
    UsageError, AssumptionError, ResultError
    """
    o = Options.of(start=start, **{"population": AGENTS, "replicates": PAIRS} | options).checked()
    if o.start >= PRESENT:
        why = f"there is nothing to look back on: give a year from {FIRST} to {PRESENT - 1}"
        raise UsageError(f"start {start}", why)
    o = replace(o, years=PRESENT - o.start)
    wanted, scenario = figures(o.start), law()
    data = ones(["baseline", "scenario"], o.start, o.years)
    counted = list({_text(q): q for row in wanted if row.is_counted for q in row.queries}.values())
    counted = [checked(_text(query), data) for query in counted]
    with experiment(o) as lab:
        pairs = lab.run([scenario])
        saved = Result(labelled(pairs, ["scenario"], o), {})
        # agents are counted in runs of their own, of the same seeds and samples
        plan, draws = lab.plan([scenario]), lab.draws.first(o.replicates)
        tasks = [plan] * len(draws), range(len(draws)), draws
        found = list(lab.each(partial(count_replicate, queries=counted), *tasks)) if counted else []
    values = {query: np.array([pair[k][0] for pair in found]) for k, query in enumerate(map(_text, counted))}

    def of(query) -> np.ndarray:
        """Return the (pair,) values of a measure in its year."""
        if _text(query) in values:
            return values[_text(query)][:, _year(query) - o.start]
        whole = series(saved, query).isel(arm=0)
        return whole.sel({"time" if "time" in whole.dims else "year": _year(query)}).values

    rows = [judged(row, compared(row, *map(of, row.queries))) for row in wanted]
    return {
        "start": o.start,
        "end": PRESENT,
        "population": o.population,
        "replicates": o.replicates,
        "seed": o.seed,
        "persons": setting_of(o.start).persons,
        "tally": tally(rows),
        "rows": rows,
    }


def _text(query) -> str:
    """Return the text of a query without its year."""
    keys = "".join(f",{key}={value}" for key, value in query.keys.items())
    return f"{query.name}:{query.place}{keys}" if query.place else f"{query.name}{keys}"


def compared(row, measured, over=None) -> np.ndarray:
    """Return the (pair,) values of the figure, in its unit, from those of its measures; NaN where nobody is counted.

    >>> row = figures(2023)[0]
    >>> compared(row, np.array([1.9e6]))
    array([1900000.])
    """
    if over is None:
        value = measured
    elif row.compare == "difference":
        value = measured - over
    else:
        value = measured / np.where(over > 0, over, np.nan) - (row.compare == "change")
    return value * UNITS[row.unit]


def judged(row, values) -> dict:
    """Return the row of the answer: the published figure, the simulated one, and the verdict.

    A figure agrees if 90 % of the runs meet its published range, or what stands for one: a tenth of a number of
    persons, two points of a rate. Where agents are counted, of whom a run has few, the mean and its error decide in
    place of the runs, whose spread is that of the sample; fewer than ``LEAST_PAIRS`` runs settle none of these.
    """
    known = values[np.isfinite(values)]
    mean = float(known.mean()) if known.size else math.nan
    low, high = (float(x) for x in np.quantile(known, (0.05, 0.95))) if known.size else (math.nan, math.nan)
    error = float(known.std(ddof=1) / np.sqrt(known.size)) if known.size > 1 else math.nan
    least, most = (mean - NINETY * error, mean + NINETY * error) if row.is_counted else (low, high)
    few = row.is_counted and known.size < LEAST_PAIRS
    if row.reason.startswith(UNCLEAR) or few or not math.isfinite(least):
        verdict = VERDICTS[2]
    else:
        verdict = VERDICTS[0] if least <= row.high and most >= row.low else VERDICTS[1]
    return {
        **{
            key: getattr(row, key)
            for key in ("id", "group", "kind", "what", "compare", "unit", "value", "range_assumed")
        },
        "published_low": row.low,
        "published_high": row.high,
        "mean": mean,
        "low": low,
        "high": high,
        "error": error,
        "verdict": verdict,
        "reason": row.reason.removeprefix(UNCLEAR) + (f"; fewer than {LEAST_PAIRS} runs" if few else ""),
        "source": row.source,
        "grade": row.grade,
    }


def tally(rows) -> dict[str, dict[str, int]]:
    """Return the number of rows by kind and verdict."""
    return {
        kind: {verdict: sum(row["kind"] == kind and row["verdict"] == verdict for row in rows) for verdict in VERDICTS}
        for kind in KINDS
    }
