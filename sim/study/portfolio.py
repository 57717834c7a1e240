"""Portfolio: the mix of levers that adds most engineers within a budget, confirmed by runs of its own.

A Latin hypercube over the levers is run at the central assumptions and kept in the store of a sweep, so that a killed
search goes on. Gaussian processes emulate engineers and cost; the best mix, its rivals and every corner are then run
again as pairs with fresh seeds and drawn assumptions, and only these runs name the winner.
"""

import hashlib
import itertools
import math
import re
import warnings
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from importlib.util import find_spec
from typing import Any

import numpy as np
import pandas as pd

from sim.arguments import is_number, listed, number_of, real, span, user_path, whole
from sim.errors import UsageError
from sim.results import narrative
from sim.results.effects import HIGH, LOW, QUANTILE, agreement_needed
from sim.results.facts import facts
from sim.results.measures import measure as level
from sim.results.measures import series
from sim.results.record import INPUTS, plain_values, to_json
from sim.results.result import Result
from sim.scenario.assumptions import Assumptions
from sim.scenario.files import as_scenario
from sim.scenario.places import place as named_place
from sim.scenario.policies import Scenario
from sim.scenario.stack import with_value
from sim.study.breakeven import limits as parsed_limits
from sim.study.calibration.hub_constants import shipped
from sim.study.options import Options
from sim.study.public_account import with_money
from sim.study.replicate import Plan, fork_year, labelled, run_replicate
from sim.study.run import check_measures, compare, prepared
from sim.study.sweep.factors import lever as lever_factor
from sim.study.sweep.runner import explore

SPREAD = 0.25  # of the unit cube: mixes nearer than that to a better one are no rivals
RIVALS = 3
SAME = 1e-3  # of each range: mixes that differ by less are one
MOST_CORNERS = 16  # that are run; beyond four levers those that the emulator likes best
CANDIDATES = 2**13  # mixes at which the emulator is searched, before it is refined
BUDGETS = 13  # points of the frontier
PARTS = 10  # of the mixes, each left out in turn
LEAST_MIXES, MIXES_A_LEVER = 10, 6  # below either an emulator has no band
FRESH = 7_919  # added to the seed for the runs that confirm: none of the search's people or draws
SCALES = {"": 1e-6, "k": 1e-3, "m": 1.0, "million": 1.0, "bn": 1e3, "b": 1e3, "billion": 1e3}


@dataclass(frozen=True)
class Portfolio:
    """Result of :func:`search`; costs in million USD of 2026 a year, engineers in the measure's unit.

    Attributes
    ----------
    levers, budget, measure : what was asked
    best : label of the winner among the confirmed mixes, or None if none is within the budget
    mixes : pandas.DataFrame, one row a confirmed mix: label, a column a lever, engineers and cost (mean, low, high over
        pairs), within (mean cost at most the budget), best_in (share of pairs in which it is the best mix within the
        budget), clear (whether it beats every other mix within the budget in so many pairs that a sign test over all
        of them tells it apart; a tie counts as not beaten), regret (engineers short of the best mix of the pair, mean)
    frontier : pandas.DataFrame: budget, engineers, low, high (90 % of the emulator; nan for few mixes), and a
        column a lever
    errors : dict of outcome -> emulator's error at mixes left out, in the outcome's unit, and ``share`` of its spread
    points : mixes that were run for the emulator
    needed : mixes from which the frontier has a band
    others : dict of what the best mix does elsewhere: world (effect on the world's engineers), losers (rows of place,
        people, low, high), or empty
    """

    levers: list
    budget: float
    measure: str
    best: str | None
    mixes: pd.DataFrame
    frontier: pd.DataFrame
    errors: dict
    points: int
    needed: int
    others: dict

    @property
    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the tables that are saved as CSV, by name."""
        return {"mixes": self.mixes, "frontier": self.frontier}

    def answer(self, confirm) -> dict[str, Any]:
        """Return the result as plain values, with its sentences; ``confirm`` is the pairs that confirmed each mix."""
        own = {key: value for key, value in vars(self).items() if key not in self.tables}
        return plain_values(own | {"mixes": self.mixes, "sentences": narrative.portfolio(self, confirm)})


@dataclass(frozen=True)
class MixModel:
    """Engineers and cost of a mix at the central assumptions: function of a dict of lever -> value.

    Attributes
    ----------
    baseline : Scenario
    options : Options, checked
    measure, place : what is counted, and who pays
    draw : (Assumptions, HubConstants)
    first_pair : number of the first pair
    """

    baseline: Scenario
    options: Options
    measure: str
    place: str
    draw: Any
    first_pair: int = 0

    def __call__(self, values) -> dict:
        """Return mean engineers and mean yearly cost of the mix, less the baseline's, and their standard errors."""
        o, scenario = self.options, mix_scenario(self.baseline, values)
        arms = (self.baseline.policies, scenario.policies)
        plan = Plan(int(o.population), o.seed, o.start, o.years, arms, fork_year([self.baseline, scenario], o))
        pairs = [run_replicate(plan, self.first_pair + k, self.draw) for k in range(o.replicates)]
        data = with_money(labelled(pairs, ["baseline", "scenario"], plan), arms, [self.draw[0]] * len(pairs), o.start)
        engineers, cost = outcomes(Result(data, {}), self.measure, self.place)
        return {"engineers": float(engineers.mean()), "cost": float(cost.mean())}


def mix_scenario(baseline, values, name="mix") -> Scenario:
    """Return the baseline with every lever of ``values`` at its value, from the first day of the run."""
    scenario = replace(baseline, policies=())
    for path, value in values.items():
        scenario = with_value(scenario, path, value)
    title = ", ".join(f"{path} = {value:.4g}" for path, value in values.items())[:100]
    kept = (*baseline.policies, *scenario.policies)
    return replace(scenario, policies=kept, name=name, title=title or name, parts=(name,), subject="", question="")


def outcomes(result, measure, place, arm="scenario") -> tuple[np.ndarray, np.ndarray]:
    """Return (replicate,) effects on the measure, and on the yearly public cost of the place, mean over the run."""
    counted = level(result, measure)
    money = series(result, f"fiscal:{place}").mean("year")
    engineers, cost = (x.sel(arm=arm) - x.sel(arm="baseline") for x in (counted, money))
    return engineers.transpose("replicate").values, cost.transpose("replicate").values


def portfolio(
    place,
    budget,
    levers,
    measure=None,
    limits=None,
    baseline="baseline",
    *,
    n=40,
    confirm=20,
    out="outputs",
    progress=None,
    **options,
) -> Portfolio:
    """Find the mix of levers that adds most engineers to a place within a budget.

    Parameters
    ----------
    place : country, bloc or region that pays
    budget : net public cost a year, mean over the run: number of million USD, or text such as ``500M`` or ``1.2bn``
    levers : list of paths of quantities
    measure : what to add, with a single value; the place's engineers if None
    limits : dict of path -> (low, high), inside those of the lever; a lever without bounds needs them
    baseline : Scenario, name or file
    n : mixes that are run for the emulator; more extend a stored search
    confirm : pairs that confirm each of the mixes chosen
    out : path of the folder of folders, for the store
    options : see :class:`~sim.study.options.Options`; ``replicates`` are the pairs of every mix of the search

    Returns
    -------
    Portfolio

    Raises
    ------
    UsageError, ScenarioError, ResultError
        for input that makes no sense, before anything is run
    """
    if not find_spec("sklearn"):
        raise UsageError("portfolio", "needs the extra 'portfolio': pip install 'talentflow[portfolio]'")
    # check everything before the first run
    baseline, paths = as_scenario(baseline), listed(levers)
    measure = measure or f"stock:{place}"
    asked = Options.of(**{"replicates": 2, "population": 20_000} | options).checked()
    most, limits = million(budget), {} if limits is None else limits
    if not isinstance(limits, Mapping):
        raise UsageError("limits", f"{limits!r:.60} is no dict of path -> (low, high)")
    limits = {path: span(ends, f"limits {path}") for path, ends in limits.items()}
    n, confirm = whole(n, "n"), whole(confirm, "confirm")
    if min(n, confirm) < 1:
        raise UsageError("portfolio", f"n = {n} mixes and confirm = {confirm} pairs must be 1 or more")
    if unknown := set(limits) - set(paths):
        raise UsageError("limits", f"{min(unknown)} is not among the levers")
    if not paths:
        raise UsageError("levers", "none is given")
    if twice := {path for path in paths if paths.count(path) > 1}:
        raise UsageError("levers", f"{min(twice)} is given twice")
    named_place(place)
    check_measures([measure, f"fiscal:{place}"], asked, single=True)
    # a factor is a lever with its bounds; the centre is checked as a scenario of its own
    factors = [lever_factor(path, baseline, limits.get(path), "limits") for path in paths]
    centre = {f.name: f.central for f in factors}
    record = prepared({"scenario": mix_scenario(baseline, centre)}, baseline, asked)
    # the digest names the store: the same question finds its finished mixes again
    known = {key: record[key] for key in INPUTS if key != "scenario"} | {"digests": record["digests"]}
    known |= {"measure": measure, "place": place, "factors": [asdict(f) for f in factors]}
    digest = hashlib.sha256(to_json(known, sort_keys=True).encode()).hexdigest()[:12]
    # the search runs at the central assumptions, whose constants are shipped
    central, _ = shipped()
    draw = (Assumptions.central(asked.declared()), central)
    model = MixModel(baseline, asked, measure, place, draw)

    def confirmed(mixes) -> tuple:
        """Run the mixes as arms of one comparison with fresh seeds and drawn assumptions."""
        arms = [mix_scenario(baseline, values, label) for label, values in mixes.items()]
        # other seeds than those of the search, which the optimum was picked on
        fresh = replace(asked, seed=asked.seed + FRESH, replicates=confirm, progress=None)
        comparison = _compared(arms, baseline, fresh)
        pairs = {label: outcomes(comparison, measure, place, label) for label in mixes}
        return pairs, lambda best: elsewhere(comparison.versus(best), place)

    store = user_path(out) / f"portfolio-{place.replace('+', '_')}-sweep-{digest}"
    return search(
        model,
        factors,
        most,
        measure,
        confirmed,
        store=store,
        n=n,
        seed=asked.seed,
        workers=asked.workers,
        progress=progress,
    )


def _compared(arms, baseline, options) -> Result:
    """Run the mixes against the baseline; a comparison needs two, so that a single one is run with a copy."""
    copy = [replace(arms[0], name="copy", parts=("copy",))] if len(arms) == 1 else []
    return compare([*arms, *copy], baseline, **vars(options))


def spans(texts) -> dict[str, tuple[float, float]]:
    """Parse texts ``PATH=LOW:HIGH`` into dict of path -> (low, high).

    Raises
    ------
    UsageError
    """
    given = [text.partition("=")[::2] for text in texts]
    if twice := {path for k, (path, _) in enumerate(given) if path in [other for other, _ in given[:k]]}:
        raise UsageError(f"--limits {min(twice)}", "is given twice")
    return {path: parsed_limits(limits, f"limits {path}=") for path, limits in given}


def million(budget) -> float:
    """Return a budget in million USD.

    >>> million("500M"), million("1.2bn"), million(250)
    (500.0, 1200.0, 250.0)

    Raises
    ------
    UsageError
    """
    if is_number(budget):
        return real(budget, "budget")
    match = re.fullmatch(r"\s*([\d_,.]+)\s*([a-zA-Z]*)\s*", str(budget), re.ASCII)
    try:
        return number_of(match[1]) * SCALES[match[2].lower()] if match else number_of("")
    except (ValueError, KeyError):
        raise UsageError(f"budget {budget}", "expected an amount in USD a year, such as 500M or 1.2bn") from None


# --- the search, whatever the model ---------------------------------------------------------------


def search(model, factors, budget, measure, confirmed, *, store, n=40, seed=0, workers=1, progress=None) -> Portfolio:
    """Search the best mix of any model and confirm it.

    Parameters
    ----------
    model : picklable function of a dict of factor -> value, giving ``engineers`` and ``cost``
    factors : list of Factor
    budget : the most that a mix may cost
    measure : name of what is maximised
    confirmed : function of dict of label -> values, giving (dict of label -> (engineers, cost) by pair, function of the
        best label that says what happens elsewhere)
    store : path of the folder of the sweep
    n : mixes that are run
    """
    swept = explore(
        model,
        factors,
        "lhs",
        n,
        store=store,
        seed=seed,
        workers=workers,
        record={"budget_search": True},
        progress=progress,
    )
    # fit the two emulators to the mixes that were run
    x, y = _points(swept, factors)
    if len(y) < 2 * len(factors) + 2:
        raise UsageError("portfolio", f"only {len(y)} mixes could be run: give more with --n")
    emulators = {name: Emulator(x, y[:, k], seed) for k, name in enumerate(("engineers", "cost"))}
    # choose mixes by the emulators, then run them
    cube = _candidates(len(factors), seed)
    sure = budget - emulators["cost"].error["rms"]  # the emulated cost may be too low by its error
    optimum = _optimum(emulators, cube, sure)
    chosen = _chosen(emulators, cube, optimum, sure, len(factors))
    as_values = lambda u: {f.name: f.value(float(z)) for f, z in zip(factors, u, strict=True)}  # noqa: E731
    mixes = _distinct({label: as_values(u) for label, u in chosen.items()}, factors)
    pairs, elsewhere_of = confirmed(mixes)
    table = _judged(mixes, pairs, budget)
    # the winner is the confirmed mix with most engineers within the budget
    inside = table[table.within]
    best = None if inside.empty else str(inside.label.iloc[int(inside.engineers.argmax())])
    errors = {name: emulator.error for name, emulator in emulators.items()}
    front = _frontier(emulators, cube, as_values)
    paths = [f.name for f in factors]
    others, needed = elsewhere_of(best) if best else {}, mixes_needed(len(factors))
    return Portfolio(paths, budget, measure, best, table, front, errors, len(y), needed, others)


class Emulator:
    """Gaussian process over the unit cube, with its error at mixes that were left out of the fit.

    Attributes
    ----------
    error : dict of ``rms``, the root mean square error at mixes left out, in the outcome's unit, and ``share`` of the
        outcome's spread
    reach : float, how many of its own standard deviations hold 90 % of the mixes left out, at least those of Student's
        t; nan below :func:`mixes_needed` mixes, where its own standard deviations say too little
    """

    def __init__(self, x, y, seed) -> None:
        from sklearn.exceptions import ConvergenceWarning
        from sklearn.gaussian_process import GaussianProcessRegressor
        from sklearn.gaussian_process.kernels import ConstantKernel, Matern, WhiteKernel

        self.middle, self.spread = float(y.mean()), float(y.std()) or 1.0
        kernel = ConstantKernel(1.0, (1e-2, 1e3)) * Matern(np.ones(x.shape[1]), (0.1, 20), nu=2.5)
        kernel += WhiteKernel(1e-3, (1e-8, 1.0))
        self.process = GaussianProcessRegressor(kernel, n_restarts_optimizer=2, random_state=seed)
        with warnings.catch_warnings():  # a length at its bound is a lever that does not matter
            warnings.simplefilter("ignore", ConvergenceWarning)
            self.process.fit(x, (y - self.middle) / self.spread)
        error, deviation = self._left_out(x, y, seed)
        rms = float(np.sqrt(np.mean(error**2)))
        self.error = {"rms": rms, "share": rms / self.spread}
        self.reach = _reach(error / deviation, x.shape[1])

    def _left_out(self, x, y, seed) -> tuple[np.ndarray, np.ndarray]:
        """Return (point,) errors and standard deviations of fits without the point: cross-validation in ten parts.

        Every fit estimates the kernel anew, from that of all points: a kernel that has seen a point flatters it.
        """
        from sklearn.exceptions import ConvergenceWarning
        from sklearn.gaussian_process import GaussianProcessRegressor

        error, deviation = np.empty(len(y)), np.empty(len(y))
        order = np.random.default_rng([seed, len(y)]).permutation(len(y))
        for part in np.array_split(order, min(PARTS, len(y))):
            others = np.setdiff1d(order, part)
            process = GaussianProcessRegressor(self.process.kernel_, random_state=seed)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", ConvergenceWarning)
                process.fit(x[others], (y[others] - self.middle) / self.spread)
            mean, around = process.predict(x[part], return_std=True)
            error[part], deviation[part] = y[part] - self.middle - self.spread * mean, self.spread * around
        return error, deviation

    def __call__(self, x) -> tuple:
        """Return the mean and the standard deviation at points of the unit cube."""
        mean, deviation = self.process.predict(np.atleast_2d(x), return_std=True)
        return self.middle + self.spread * mean, self.spread * deviation


def mixes_needed(levers) -> int:
    """Return the mixes from which an emulator of so many levers has a band.

    From there on the band of the frontier held the truth in 84 to 98 % of trials with known noise, one to four levers
    and 10 to 40 mixes, where it is to hold 90 %; the emulator's own standard deviations held it in 68 to 95 %, and with
    fewer mixes in 50 to 71 %.
    """
    return max(LEAST_MIXES, MIXES_A_LEVER * levers)


def _reach(ratios, levers) -> float:
    """Return the standard deviations that hold 90 % of errors at mixes left out, given their ratios; nan for too few.

    It is the larger of a quantile that makes no assumption (conformal: Vovk, Gammerman and Shafer 2005) and Student's.
    """
    from scipy.stats import t

    n = len(ratios)
    if n < mixes_needed(levers):
        return np.nan
    ranked = np.sort(np.abs(ratios))[math.ceil(0.9 * (n + 1)) - 1]
    return float(max(ranked, t.ppf(HIGH, n - levers - 1) * max(1.0, np.sqrt(np.mean(ratios**2)))))


def _points(swept, factors) -> tuple:
    """Return the mixes that were run as (point, lever) in the unit cube, and their (point, outcome)."""
    y = pd.DataFrame({name: swept.value(name) for name in ("engineers", "cost")}).dropna()
    points = swept.points().loc[y.index, [f.name for f in factors]].to_numpy(float)
    low, high = (np.array([getattr(f, end) for f in factors]) for end in ("low", "high"))
    return (points - low) / (high - low), y.to_numpy()


def _candidates(d, seed) -> np.ndarray:
    """Return mixes in the unit cube: a scrambled Sobol sequence and all corners."""
    from scipy.stats import qmc

    inside = qmc.Sobol(d, scramble=True, rng=np.random.default_rng([seed, d])).random(CANDIDATES)
    return np.vstack([_corners(d), inside])


def _corners(d) -> np.ndarray:
    return np.array(list(itertools.product((0.0, 1.0), repeat=d))) if d <= 10 else np.eye(d)


def _optimum(emulators, cube, budget) -> np.ndarray:
    """Return the mix with most emulated engineers within the budget: the best candidate, refined."""
    from scipy.optimize import minimize

    engineers, cost = (emulators[name](cube)[0] for name in ("engineers", "cost"))
    # the best candidate within the budget; if none is, the cheapest
    within = np.where(cost <= budget, engineers, -np.inf)
    if np.isneginf(within).all():
        return cube[int(cost.argmin())]
    start = cube[int(within.argmax())]
    scale = emulators["engineers"].spread
    solution = minimize(
        lambda u: -emulators["engineers"](u)[0][0] / scale,
        start,
        method="SLSQP",
        bounds=[(0, 1)] * len(start),
        constraints={"type": "ineq", "fun": lambda u: (budget - emulators["cost"](u)[0][0]) / emulators["cost"].spread},
    )
    # the optimiser may end outside the budget or below its start
    u = np.clip(solution.x, 0, 1)
    better = emulators["cost"](u)[0][0] <= budget and emulators["engineers"](u)[0][0] >= within.max()
    return u if better else start


def _chosen(emulators, cube, optimum, budget, d) -> dict:
    """Return the mixes to confirm: the optimum, its rivals, what each lever alone can do, and the corners."""
    engineers, cost = (emulators[name](cube)[0] for name in ("engineers", "cost"))
    chosen = {"optimum": optimum}
    order = np.argsort(-np.where(cost <= budget, engineers, -np.inf))
    # rivals are good mixes that differ from the better ones in some lever
    for k in order[np.isfinite(engineers[order]) & (cost[order] <= budget)]:
        if len(chosen) > RIVALS:
            break
        if all(np.abs(cube[k] - u).max() > SPREAD for u in chosen.values()):
            chosen[f"rival_{len(chosen)}"] = cube[k]
    chosen["cautious"] = 0.9 * optimum  # should the optimum cost more than its budget in the runs
    # every lever at an end of its range: shows what each can do alone and all together
    corners = [u for u in _corners(d) if u.any()]
    likely = sorted(corners, key=lambda u: -emulators["engineers"](u)[0][0] * (emulators["cost"](u)[0][0] <= budget))
    for u in likely[:MOST_CORNERS]:
        chosen["corner_" + "".join(str(int(z)) for z in u)] = u
    return chosen


def _distinct(mixes, factors) -> dict:
    """Return the mixes without those whose values are those of an earlier one, to a thousandth of each range."""
    kept: dict[str, dict] = {}
    for label, values in mixes.items():
        apart = ([abs(values[f.name] - other[f.name]) / (f.high - f.low) for f in factors] for other in kept.values())
        if all(max(distances) > SAME for distances in apart):
            kept[label] = values
    return kept


def _judged(mixes, pairs, budget) -> pd.DataFrame:
    """Return the table of confirmed mixes: engineers, cost, how often each is the best and how much it falls short."""
    labels = list(mixes)
    engineers, cost = (np.array([pairs[label][k] for label in labels]) for k in (0, 1))  # mix, pair
    within = cost.mean(1) <= budget
    # mixes beyond the budget never count as the best of a pair
    allowed = np.where(within[:, None], engineers, -np.inf)
    best = allowed.max(0)
    rows = []
    for k, label in enumerate(labels):
        row = {"label": label} | mixes[label]
        for name, values in (("engineers", engineers[k]), ("cost", cost[k])):
            low, high = (float(np.quantile(values, q, method=QUANTILE)) for q in (LOW, HIGH))
            row |= {name: float(values.mean()), f"{name}_low": low, f"{name}_high": high}
        row["error"] = float(engineers[k].std(ddof=1) / np.sqrt(len(engineers[k]))) if len(engineers[k]) > 1 else np.nan
        row["within"] = bool(within[k])
        row["best_in"] = float((allowed[k] == best).mean()) if within[k] else 0.0
        row["regret"] = float((best - engineers[k]).mean()) if within.any() else np.nan
        # a pair in which two mixes are equal is won by neither
        others = np.flatnonzero(within & (np.arange(len(labels)) != k))
        wins = (engineers[k] > engineers[others]).sum(1) if len(others) else np.array([len(best)])
        row["clear"] = bool(within[k] and wins.min() >= agreement_needed(len(best), max(len(others), 1)))
        rows.append(row)
    return pd.DataFrame(rows)


def _frontier(emulators, cube, as_values) -> pd.DataFrame:
    """Return the most emulated engineers by budget, with the emulator's 90 % band (nan for few mixes) and the mix."""
    (engineers, deviation), (cost, _) = (emulators[name](cube) for name in ("engineers", "cost"))
    rows = []
    for budget in np.linspace(max(cost.min(), 0.0), max(cost.max(), 0.0), BUDGETS):
        inside = cost <= budget
        if not inside.any():
            continue
        # the mix with most engineers at this budget, with the 90 % band of the emulator
        k = int(np.where(inside, engineers, -np.inf).argmax())
        spread = emulators["engineers"].reach * deviation[k]
        ends = {"low": float(engineers[k] - spread), "high": float(engineers[k] + spread)}
        rows.append({"budget": float(budget), "engineers": float(engineers[k])} | ends | as_values(cube[k]))
    return pd.DataFrame(rows)


def elsewhere(result, place, most=5) -> dict:
    """Return what a mix does elsewhere: the effect on the world's engineers, and the countries that lose most."""
    outcome = facts(result)
    # countries that lose, the largest loss first; the place that pays is left out
    own = set(named_place(place).countries)
    others = [row for row in outcome["countries"] if row["label"] not in own and row["people"]["effect"] < 0]
    others.sort(key=lambda row: row["people"]["effect"])
    stock = level(result, "stock").sum("hub")
    world = stock.sel(arm="scenario") - stock.sel(arm="baseline")
    plain = lambda row: {key: row["people"][key] for key in ("effect", "low", "high", "settled")}  # noqa: E731
    return {
        "world": float(world.mean()),
        "losers": [{"place": row["label"], "name": row["name"]} | plain(row) for row in others[:most]],
        "own": float(sum(row["people"]["effect"] for row in outcome["countries"] if row["label"] in own)),
    }
