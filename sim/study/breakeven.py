"""Break-even: find the value of a lever at which an effect reaches a target, by root finding on paired effects."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from zlib import crc32

import numpy as np
import pandas as pd

from sim.arguments import listed, number_of, real, span
from sim.errors import UsageError
from sim.results import narrative
from sim.results.effects import HIGH, LEAST_PAIRS, LOW, QUANTILE, SHOWN, amount
from sim.results.measures import MEASURES, parse, series
from sim.results.record import plain_values
from sim.results.result import Result
from sim.scenario.files import as_scenario
from sim.scenario.stack import quantity_lever, scale, with_value
from sim.study.options import Options
from sim.study.public_account import with_money
from sim.study.replicate import experiment, labelled
from sim.study.run import check_measures, prepared

GRID = 7  # values of the grid over the whole range, before the root is narrowed down
NARROW = 0.002  # of the range: the search ends
RESAMPLES = 1000  # bootstrap resamples of the replicates, for the error of the root


@dataclass(frozen=True)
class Breakeven:
    """Result of :func:`breakeven`; effects and the target are in the displayed unit, such as percentage points.

    Attributes
    ----------
    lever, what, unit : path of the lever, what it is and its unit
    measure, effect_unit : what is measured, and the unit of its effect
    target : the effect looked for
    value : the lever's value that brings it about, or None if none within the limits does
    error : Monte Carlo error of the value (standard deviation over resampled pairs; nan with a single
        pair, or where fewer than half of the resamples have one)
    low, high : 90 % of the pairs in which some value does it find it in between
    found_in, pairs : in how many pairs some value does it, and of how many
    through : (first, last) value of a stretch that does it, ``value`` its nearest to the present; None for a point
    attainable : (least, most) mean effect over the values tried
    crossings : how often the mean effect crosses the target; above 1 the value is the one nearest the lever's present
    curve : pandas.DataFrame, one row a value tried: value, mean, low, high (90 % of pairs), error
    cost : dict of place, mean, low, high (90 % of pairs): what the scenario costs its public at the value found, in
        million USD a year over the run; None where nobody asked or no value was found
    rival : dict of lever, value, ratio (its cost over its effect, million USD a year), passed (the least value tried
        from which on all values tried clearly cost more per unit of effect: 95 % one-sided over all of them together,
        ten pairs or more; None if there is none) and curve (value, cost, effect, ratio); None where nobody asked
    """

    lever: str
    what: str
    unit: str
    measure: str
    effect_unit: str
    target: float
    value: float | None
    error: float
    low: float
    high: float
    found_in: int
    pairs: int
    through: tuple | None
    attainable: tuple
    crossings: int
    curve: pd.DataFrame
    cost: dict | None = None
    rival: dict | None = None

    @property
    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the tables that are saved as CSV, by name."""
        return {"curve": self.curve} | ({"rival": self.rival["curve"]} if self.rival else {})

    def answer(self, **made_from) -> dict[str, Any]:
        """Return the result as plain values, with its sentences and the record of what it was made from."""
        return plain_values(vars(self) | {"sentences": narrative.breakeven(self), **made_from})


def breakeven(
    scenario,
    lever,
    measure="share:usa",
    target=0.0,
    within=(-math.inf, math.inf),
    baseline="baseline",
    cost_to=None,
    rival=None,
    **options,
) -> Breakeven:
    """Find the value of a lever at which a scenario's effect on a measure reaches a target.

    The lever replaces the scenario's own policies on it. With a lever of another country and target 0, the result is
    how much of that lever offsets the scenario. All values are tried on the same replicates, so chance does not move
    the root.

    Parameters
    ----------
    scenario, baseline : Scenario, name, file or stack ``a+b``
    lever : path of a quantity; a wildcard moves several together
    measure : str with a single value
    target : number in the measure's own unit, or text as people read it: ``"-1pp"``
    within : limits of the search, inside those of the lever
    cost_to : country, bloc or region whose public cost at the value found is wanted, or None
    rival : (path, value) of another lever: from which value on does the lever cost more per unit of effect than that?
        Needs ``cost_to``
    options : see :class:`~sim.study.options.Options`

    Returns
    -------
    Breakeven

    Raises
    ------
    ScenarioError, AssumptionError, UsageError, ResultError
        for input that makes no sense, before anything is run
    """
    scenario, baseline = as_scenario(scenario), as_scenario(baseline)
    asked, chosen = Options.of(**options).checked(), quantity_lever(lever)
    wanted, unit = amount(target, measure, "target"), MEASURES[parse(measure).name].unit
    # check everything before the first run
    low, high = span(within, "within")
    if not max(low, chosen.low) < min(high, chosen.high):
        bounds = f"[{chosen.low:g}, {chosen.high:g}] {chosen.unit}"
        raise UsageError("within", f"{low:g} to {high:g} shares no value with {bounds.rstrip()}")
    to_value, to_position = scale(chosen, low, high)
    prepared({"scenario": with_value(scenario, lever, to_value(0.5))}, baseline, asked)
    check_measures([measure], asked, single=True)
    if cost_to is not None:
        check_measures([f"fiscal:{cost_to}"], asked, single=True)
    elif rival is not None:
        raise UsageError("breakeven", "a rival needs the place that pays: --cost PLACE")
    rival = None if rival is None else _checked_rival(rival)
    # evaluate a grid of lever values, then narrow the crossing nearest the present value
    with experiment(asked) as lab:
        # positions between 0 and 1 stand for values of the lever, on its own scale
        here = to_position(min(max(chosen.present, to_value(0)), to_value(1)))
        curve = _Curve(lab, scenario, baseline, lever, measure, to_value, here)
        crossings = curve.crossings(wanted)
        root, stretch = _search(curve, crossings, wanted, here) if crossings else (None, None)
        paid = None
        if cost_to is not None and root is not None:
            paid = _spread(_cost(lab, baseline, [curve.scenario_at(root)], cost_to)[0]) | {"place": cost_to}
        compared = None if rival is None else _against(lab, curve, scenario, baseline, rival, cost_to, measure)
    # root of every single replicate, for the band; then the root of their mean
    tried, effects = curve.positions, curve.effects  # (value,), (value, pair)
    spread = [] if root is None else [to_value(u) for u in _roots(tried, effects.T, wanted, root)]
    low, high = np.quantile(spread, (LOW, HIGH), method=QUANTILE) if spread else (math.nan, math.nan)
    # in the unit in which effects are displayed
    factor, _, shown = SHOWN.get(unit, (1, "", unit))
    means = factor * effects.mean(axis=1)
    return Breakeven(
        lever,
        f"{chosen.place}: {chosen.what}",
        chosen.unit,
        measure,
        shown,
        factor * wanted,
        None if root is None else _rounded(to_value(root), chosen),
        math.nan if root is None else _error(tried, effects, wanted, root, to_value, asked.seed),
        float(low),
        float(high),
        len(spread),
        effects.shape[1],
        stretch and tuple(map(to_value, stretch)),
        (float(means.min()), float(means.max())),
        len(crossings),
        _table(factor * effects, [_rounded(to_value(u), chosen) for u in tried]),
        paid,
        compared,
    )


def _checked_rival(rival) -> tuple[str, float]:
    """Return path and value of a rival lever; raise UsageError for a value that the lever cannot have."""
    if len(listed(rival)) != 2:
        raise UsageError("rival", f"{rival!r:.60} is no (path, value)")
    path, value = listed(rival)
    lever, value = quantity_lever(path), real(value, f"rival {path}")
    if not lever.low <= value <= lever.high:
        bounds = f"{value:g} is not in [{lever.low:g}, {lever.high:g}] {lever.unit}"
        raise UsageError(f"rival {path}", bounds.rstrip())
    return path, value


def _cost(lab, baseline, scenarios, place) -> np.ndarray:
    """Return (scenario, replicate) the public cost of scenarios, million USD a year, means over the run."""
    arms, o = [baseline, *scenarios], lab.options
    pairs = lab.run(arms)
    # each replicate has its own sample of the assumptions, which its account uses
    draws = [a for a, _ in lab.draws.first(len(pairs))]
    labels = [str(k) for k in range(len(arms))]
    data = with_money(labelled(pairs, labels, o), [arm.policies for arm in arms], draws, o.start)
    money = series(Result(data, {}), f"fiscal:{place}").mean("year").transpose("arm", "replicate").values
    return money[1:] - money[0]


def _spread(values) -> dict:
    """Return the mean of values by pair and the 90 % of pairs."""
    low, high = np.quantile(values, (LOW, HIGH), method=QUANTILE)
    return {"mean": float(values.mean()), "low": float(low), "high": float(high)}


def _against(lab, curve, scenario, baseline, rival, place, measure) -> dict:
    """Return where the lever's cost per unit of effect passes that of a rival lever at a value."""
    path, value = rival
    other = with_value(scenario, path, value)
    u = curve.positions
    # cost over effect at every value that was tried, and at the rival's value; none where nothing is gained
    by_pair = _cost(lab, baseline, [*map(curve.scenario_at, u), other], place)
    moved = np.vstack([curve.effects, lab.measure([other], measure)[0] - curve.base])
    costs, effects = by_pair.mean(1), moved.mean(1)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(effects > 0, costs / effects, np.nan)
    values = [curve.to_value(x) for x in u]
    table = {"value": values, "cost": costs[:-1], "effect": effects[:-1], "ratio": ratio[:-1]}
    passed = _passed(values, by_pair, moved)
    return {"lever": path, "value": value, "ratio": float(ratio[-1]), "passed": passed, "curve": pd.DataFrame(table)}


def _passed(values, costs, effects) -> float | None:
    """Return the least of ascending values from which on all are clearly dearer than the last row, or None."""
    first = len(values)
    while first and _is_dearer(costs, effects, first - 1):
        first -= 1
    return values[first] if first < len(values) else None


def _is_dearer(costs, effects, k) -> bool:
    """Tell whether row ``k`` clearly costs more per unit of effect than the last row; (value, pair) arrays.

    A ratio of costs over effects is larger if ``C_k E > C E_k``; the difference is linearised and tested over pairs,
    at a level that allows for as many tests as there are rows beside the last (Bonferroni).
    """
    from scipy.special import stdtrit  # quantiles of Student's t; not scipy.stats, whose import takes most of a second

    tests, pairs = len(costs) - 1, costs.shape[1]
    if pairs < LEAST_PAIRS or not (effects[k].mean() > 0 and effects[-1].mean() > 0):
        return False
    cost, effect = costs[[k, -1]].mean(1), effects[[k, -1]].mean(1)
    excess = cost[0] * effect[1] - cost[1] * effect[0]
    noise = costs[k] * effect[1] + cost[0] * effects[-1] - costs[-1] * effect[0] - cost[1] * effects[k]
    least = stdtrit(pairs - 1, 1 - (1 - HIGH) / tests)
    return bool(excess > least * noise.std(ddof=1) / math.sqrt(pairs))


def _search(curve, spans, wanted, here) -> tuple:
    """Return the root in the span nearest to ``here``, and that span if the whole of it has the effect ``wanted``."""
    from scipy.optimize import brentq

    first, last = min(spans, key=lambda span: min(abs(span[0] - here), abs(span[1] - here)))
    # a crossing has its root inside; a stretch has the effect everywhere, so take its point nearest to here
    if curve.at(first).mean() != wanted:
        return brentq(lambda u: curve.at(u).mean() - wanted, first, last, xtol=NARROW), None
    return min(max(here, first), last), ((first, last) if first < last else None)


def limits(text, what="within ") -> tuple[float, float]:
    """Parse ``LOW:HIGH`` into (low, high); None means no limits. ``what`` begins the error message.

    Raises
    ------
    UsageError

    >>> limits("0:250_000")
    (0.0, 250000.0)
    """
    if text is None:
        return -math.inf, math.inf
    try:
        low, high = map(number_of, text.split(":"))
    except ValueError:
        raise UsageError(f"{what}{text}", "expected LOW:HIGH, such as 0:250000") from None
    if not low < high:
        raise UsageError(f"{what}{text}", "the first number must be the smaller")
    return low, high


def rival(text) -> tuple[str, float] | None:
    """Parse ``PATH=VALUE`` into the path and the value of a rival lever; None means no rival.

    Raises
    ------
    UsageError

    >>> rival("country.fra.tax.newcomer_relief=0.3")
    ('country.fra.tax.newcomer_relief', 0.3)
    """
    if text is None:
        return None
    path, _, value = text.partition("=")
    try:
        return path.strip(), number_of(value)
    except ValueError:
        raise UsageError(f"rival {text}", "expected PATH=VALUE, such as country.fra.compute.h100e=50000") from None


class _Curve:
    """Paired effects at positions of the lever between 0 and 1; each position is run once."""

    def __init__(self, lab, scenario, baseline, lever, measure, to_value, here) -> None:
        self.scenario_at = lambda u: with_value(scenario, lever, to_value(u))
        self.lab, self.measure, self.to_value = lab, measure, to_value
        grid = sorted({k / (GRID - 1) for k in range(GRID)} | {here})  # the present value among them
        self.base, *levels = lab.measure([baseline, *map(self.scenario_at, grid)], measure)
        self.known = {u: level - self.base for u, level in zip(grid, levels, strict=True)}

    def at(self, u) -> np.ndarray:
        """Return the (replicate,) effects at a position, in the measure's own unit."""
        if u not in self.known:
            self.known[u] = self.lab.measure([self.scenario_at(u)], self.measure)[0] - self.base
        return self.known[u]

    @property
    def positions(self) -> np.ndarray:
        """Return positions run so far, ascending."""
        return np.array(sorted(self.known))

    @property
    def effects(self) -> np.ndarray:
        """Return (position, replicate) effects."""
        return np.array([self.known[u] for u in self.positions])

    def crossings(self, wanted) -> list[tuple]:
        """Return the spans in which the mean effect crosses ``wanted``, and the stretches on which it equals it."""
        u, side = self.positions, np.sign(self.effects.mean(axis=1) - wanted)
        spans = [(u[k], u[k + 1]) for k in range(len(u) - 1) if side[k] * side[k + 1] < 0]
        # first and last position of each stretch on which the mean effect equals the target
        edges = np.flatnonzero(np.diff(np.r_[False, side == 0, False]))
        return spans + [(u[first], u[last - 1]) for first, last in zip(edges[::2], edges[1::2], strict=True)]


def _roots(u, curves, wanted, near) -> Iterator:
    """Yield the root nearest ``near`` of each piecewise linear curve over ``u`` that reaches ``wanted``."""
    for curve in curves:
        gap = curve - wanted
        # linear interpolation between the two positions around each change of sign
        k = np.flatnonzero(gap[:-1] * gap[1:] <= 0)
        step = gap[k + 1] - gap[k]
        roots = u[k] + np.where(step == 0, 0.5, -gap[k] / np.where(step == 0, 1, step)) * (u[k + 1] - u[k])
        if roots.size:
            yield roots[np.abs(roots - near).argmin()]


def _error(u, effects, wanted, root, to_value, seed) -> float:
    """Return the bootstrap standard error of the root: replicates are resampled with replacement."""
    pairs = effects.shape[1]
    if pairs == 1:
        return math.nan
    # the same resamples for every value, so that the curve stays a curve
    picks = np.random.default_rng([seed, crc32(b"breakeven")]).integers(pairs, size=(RESAMPLES, pairs))
    means = effects[:, picks].mean(axis=2).T
    roots = [to_value(x) for x in _roots(u, means, wanted, root)]
    return float(np.std(roots, ddof=1)) if len(roots) > RESAMPLES / 2 else math.nan


def _table(effects, values) -> pd.DataFrame:
    """Return a DataFrame of the tried values with the mean, 90 % band and standard error of their effects."""
    low, high = np.quantile(effects, (LOW, HIGH), axis=1, method=QUANTILE)
    pairs = effects.shape[1]
    error = effects.std(axis=1, ddof=1) / math.sqrt(pairs) if pairs > 1 else np.full(len(values), math.nan)
    return pd.DataFrame({"value": values, "mean": effects.mean(axis=1), "low": low, "high": high, "error": error})


def _rounded(value, lever) -> float:
    """Return the value as a float, rounded for a lever that takes whole numbers only."""
    return float(round(value)) if lever.kind == "integer" else float(value)
