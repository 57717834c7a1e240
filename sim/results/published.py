"""Compare the figures that others have published on a scenario's question with the run's own, and split the gap."""

import numpy as np

from sim.errors import ResultError
from sim.results.effects import HIGH, LOW, QUANTILE, SHOWN
from sim.results.measures import MEASURES, parse, series


def beside(result, scenario) -> list[dict]:
    """Return the published figures of a scenario with the run's own: list of dict.

    The gap is split as far as runs can tell: ``population`` (their figure for AI engineers alone less their own),
    ``horizon`` (ours at the end of the run less ours at their year) and ``rest`` (ours at their year less theirs for
    AI engineers: baseline and behaviour, which a single run cannot tell apart). They sum to ours less theirs.

    Parameters
    ----------
    result : Result of one scenario
    scenario : Scenario, or None

    Returns
    -------
    list of dict: the fields of ``Published``, ``ours``, ``ours_low``, ``ours_high`` (90 % of pairs; None where no run
    can say), ``agrees`` (whether the ranges meet), ``gap`` (dict of the parts) and ``why`` (why no run can say)
    """
    return [_row(result, row) for row in (scenario.published if scenario else ())]


def _row(result, figure) -> dict:
    """Compare one published figure with the run; ``why`` says why no run can."""
    row = vars(figure) | {"ours": None, "ours_low": None, "ours_high": None, "agrees": None, "gap": {}, "why": ""}
    if not figure.measure:
        return row | {"why": "no measure of a run is the same thing"}
    try:
        values, at = _values(result, figure)
    except ResultError as why:
        return row | {"why": str(why)}
    # the range agrees if it overlaps in the figure's own year; the answer shows the last year
    ends = {name: float(np.quantile(values[at], q, method=QUANTILE)) for name, q in (("low", LOW), ("high", HIGH))}
    ours, last = float(values[at].mean()), float(values[-1].mean())
    # counts and money of a wider population are scaled to AI engineers; shares and per cents are not
    theirs = [figure.value / figure.per_engineer, figure.low / figure.per_engineer, figure.high / figure.per_engineer]
    gap = {"population": theirs[0] - figure.value, "horizon": last - ours, "rest": ours - theirs[0]}
    return row | {
        "ours": last,
        "ours_low": float(np.quantile(values[-1], LOW, method=QUANTILE)),
        "ours_high": float(np.quantile(values[-1], HIGH, method=QUANTILE)),
        "agrees": bool(ends["low"] <= theirs[2] and ends["high"] >= theirs[1]),
        "gap": gap,
        "theirs_for_engineers": theirs[0],
    }


def _values(result, figure) -> tuple:
    """Return (time, replicate) values of the change asked for, as people read them, and the row of its year."""
    query = parse(figure.measure)
    unit = MEASURES[query.name].unit
    levels = series(result, query)
    axis = "time" if "time" in levels.dims else "year"
    # one number a year: a measure of all hubs has no single value
    left = [dim for dim in levels.dims if dim not in ("arm", "replicate", axis)]
    if left:
        raise ResultError(figure.measure, f"has a value for every {left[0]}")
    base, scenario = (levels.sel(arm=arm).transpose(axis, "replicate").values for arm in ("baseline", "scenario"))
    factor = SHOWN.get(unit, (1,))[0]
    change = {"effect": scenario - base, "baseline": base, "scenario": scenario}.get(figure.change)
    if change is None:  # per cent of the mean baseline: single pairs may have none
        if not base.mean(1).all():
            raise ResultError(figure.measure, "nobody is counted in the baseline")
        change, factor = 100 * (scenario - base) / base.mean(1, keepdims=True), 1
    # the year of the figure, no later than the measure's own
    years = levels[axis].values.tolist()
    last = query.time if query.time in years else years[-1]
    at = figure.year if figure.year in years else last
    return factor * change[: years.index(last) + 1], min(years.index(at), years.index(last))
