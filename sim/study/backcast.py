"""The backcast: run a world of countries over years that were held back, and score it against rivals."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from sim.arguments import listed, user_path, whole
from sim.errors import UsageError
from sim.model import inversion as fitting
from sim.model.inversion import FirstYear
from sim.model.market import update_market
from sim.model.state import Simulation
from sim.model.supply import entrant_path
from sim.model.year import begin, simulate
from sim.scenario.assumptions import Assumptions
from sim.scenario.levers import neutral_rules
from sim.study.corridors import poisson_fit
from sim.study.forecast import forecast
from sim.world.build.source_files import DATA, as_csv
from sim.world.build_world import build
from sim.world.countries import REST, countries_of, country_setting, mobility_mix
from sim.world.flows import BEFORE, SHIPPED, living_by_origin, read_flows
from sim.world.setting import Setting

# ------------------------------------------------------------------------------
# How well predicted flows meet observed ones: rank correlation, log score, share error, net rates.
# ------------------------------------------------------------------------------


HALF = 0.5  # a person: what a corridor's count of moves is raised by where its logarithm is taken (Jeffreys)


def rank_correlation(predicted, observed) -> float:
    """Return Spearman's rank correlation; NaN where one of both says the same of every corridor.

    >>> round(rank_correlation(np.array([1.0, 2.0, 3.0]), np.array([10.0, 30.0, 20.0])), 3)
    0.5
    """
    from scipy.stats import spearmanr

    if np.ptp(predicted) == 0 or np.ptp(observed) == 0:
        return float("nan")
    return float(spearmanr(predicted, observed)[0])


def log_score(predicted, observed) -> float:
    """Return the mean log of the share that a prediction gave to the corridor of a move, in nats (multinomial).

    The higher the better; the observed shares themselves give the most that is possible.

    >>> round(log_score(np.array([1.0, 1.0]), np.array([5.0, 5.0])), 4)
    -0.6931
    """
    if not predicted.sum() > 0:
        return float("nan")
    moved = observed > 0
    return float(observed[moved] @ np.log(predicted[moved] / predicted.sum()) / observed.sum())


def share_error(predicted, observed) -> float:
    """Return share of all moves that a prediction puts into the wrong corridor: half the sum of absolute differences.

    >>> share_error(np.array([1.0, 3.0]), np.array([30.0, 10.0]))
    0.5
    """
    if not predicted.sum() > 0:
        return float("nan")
    return float(np.abs(predicted / predicted.sum() - observed / observed.sum()).sum() / 2)


def net(flow) -> np.ndarray:
    """Return (country,) arrivals less departures of (origin, destination) flows."""
    return flow.sum(axis=0) - flow.sum(axis=1)


def score(predicted, observed, stock, years, scored, counted=False) -> dict:
    """Return all scores of one prediction.

    Parameters
    ----------
    predicted, observed : (origin, destination) persons over all score years
    stock : (country,) persons; years : number of score years
    scored : (country,) bool, those with corridors that are scored: a country, and not the rest of the world
    counted : bool, the prediction is a count of moves: for the log score every corridor has half a person more

    Returns
    -------
    dict: ``rank`` over all corridors, ``rank_moving`` over those in which anybody moved, ``log_score``,
    ``share_error``, ``total`` (predicted moves over observed), ``net_rank``, ``net_error`` (mean absolute error of
    the countries' net rates, share of the stock a year)
    """
    # corridors between two scored countries
    off = scored[:, None] & scored & ~np.eye(len(stock), dtype=bool)
    p, y = predicted[off], observed[off]
    rates = [net(flow)[scored] / stock[scored] / years for flow in (predicted, observed)]
    return {
        "rank": rank_correlation(p, y),
        "rank_moving": rank_correlation(p[y > 0], y[y > 0]),
        "log_score": log_score(p + HALF * (counted and p.sum() > 0), y),
        "share_error": share_error(p, y),
        "total": float(p.sum() / y.sum()),
        "net_rank": rank_correlation(*rates),
        "net_error": float(np.abs(rates[0] - rates[1]).mean()),
    }


# ------------------------------------------------------------------------------
# The full agent engine on a world of countries: fitted to flows up to the split year, then run beyond it.
# ------------------------------------------------------------------------------


EXIT_RATE = 0.04  # scholars who stop publishing, a year; assumption, grade D
CONSIDERING = 2.5  # scholars who consider crossing a border over those who do; assumption, grade D
FIT_POPULATION, FIRST_COST = 100_000, 3.0
ROUNDS, CLOSE = 12, 0.02  # of the fit of mobility; largest log gap between fitted and observed outflows


@dataclass(frozen=True)
class CountryModel:
    """The engine's inputs for a world of countries."""

    setting: Setting
    a: Assumptions
    constants: fitting.HubConstants
    flow: np.ndarray  # (origin, destination) expected in the first year: the kernel without dynamics
    gap: float  # largest relative gap of the outflow of a country, the rest of the world apart


def assumptions_of(kernel, growth, crossing_rate) -> Assumptions:
    """Return the central assumptions with what the flows say: kernel, growth, and how many consider crossing a border.

    Within a nest the logit divides utility by its dissimilarity, so the fitted coefficients are multiplied by it.
    """
    a = Assumptions.central()
    # the kernel is fitted to flows of movers; E2 divides by the dissimilarity of the nest of third countries
    fitted = {name: max(a.nest_third * value, 0.0) for name, value in kernel.items()}
    # a file of flows tells no statuses and no careers apart
    alike = dict.fromkeys(("expert_considering", "entry_considering", "temporary_considering"), 1.0)
    return a.vary(
        **fitted,
        **alike,
        world_growth=growth,
        long_growth=growth,
        b_compute=0.0,
        corridor_strength=1.0,
        corridor_transfer=1.0,
        remote_share=0.0,
        considering_rate=min(CONSIDERING * crossing_rate, 1.0),
    )


def rules_of(setting) -> dict:
    """Return the rules of a world without policy."""
    counts = {name: len(getattr(setting, name)) for name in ("countries", "hubs", "homes", "routes")}
    return neutral_rules(counts)


def fit_model(countries, living, kernel, flow, residual=0.0) -> CountryModel:
    """Return a :class:`CountryModel` whose expected first-year net flows and outflows are those of ``flow``.

    Parameters
    ----------
    countries : Countries; living : (home, country) persons
    kernel : dict of assumption -> coefficient, see ``corridors``
    flow : (origin, destination) persons a year, whose totals are met
    residual : (origin, destination) log-odds, what a corridor's history adds to the kernel

    Raises
    ------
    InvariantError
        where no constants meet the flows
    """
    # the world of the first year after the fit: all places pay alike, nobody needs a permit
    k, start = len(countries.names), countries.year + 1
    crossing = flow.sum() / countries.stock.sum()
    a = assumptions_of(kernel, float(np.average(countries.growth, weights=countries.stock)), crossing)
    setting = country_setting(countries, living, np.ones(k), EXIT_RATE)
    setting = replace(setting, corridor=np.zeros((k, k)) + residual)
    world = build(setting, FIT_POPULATION, 0, start, entrant_path(setting, a, start, 1), a.mover_share)
    leaves = np.maximum(flow.sum(axis=1), HALF)
    rules, offsets = rules_of(setting), fitting.AgentOffsets(np.zeros(k), np.ones(2))
    mobility, start_from = leaves / countries.stock / crossing, (np.zeros(k), np.full(3, FIRST_COST))
    # constants meet net flows, mobility meets outflows; each changes the other, so they alternate
    for _ in range(ROUNDS):
        setting = replace(setting, role_share=mobility_mix(mobility))
        year = FirstYear(Simulation(replace(world, setting=setting), a, fitting.none(k, start), rules, 0))
        start_from = fitting.invert(year, net(flow), np.full(2, crossing), offsets, start_from)
        expected = year.flows(*start_from).sum(axis=0)
        # how far each country's outflow is from its target
        gap = leaves / expected.sum(axis=1)
        if np.abs(np.log(gap)).max() < CLOSE:
            break
        mobility = mobility * gap
        mobility /= np.average(mobility, weights=countries.stock)
    constants = fitting.HubConstants(start_from[0], np.zeros(k), start_from[1], start)
    return CountryModel(setting, a, constants, expected, float(np.abs(gap - 1)[:-1].max()))


def run_model(model, years, population, seed, replicates) -> tuple:
    """Simulate ``years`` years, ``replicates`` times.

    A sample of people moves too seldom along thousands of corridors to be counted in each. So beside the moves counted
    stand the expected ones: what E1 to E4 say of the people whom the simulation has in each place at the start of each
    year (Rao-Blackwell).

    Returns
    -------
    expected, counted : (year, origin, destination) persons, means over replicates
    """
    start, rules = model.constants.start, rules_of(model.setting)
    path = entrant_path(model.setting, model.a, start, years)
    world = build(model.setting, population, seed, start, path, model.a.mover_share)
    expected, counted = np.zeros((2, years, len(model.setting.hubs), len(model.setting.hubs)))
    # the first year's expected moves, then those of every later year from the simulated people
    for k in range(replicates):
        arm = begin(world, model.a, model.constants, rules, seed * replicates + k).branch(())
        expected[0] += expected_moves(arm)
        for t, _ in enumerate(simulate(arm, start + years)):  # it changes the arm in place
            counted[t] += arm.accounts.flow * world.weight
            if t + 1 < years:
                update_market(arm, arm.year)
                expected[t + 1] += expected_moves(arm)
    return expected / replicates, counted / replicates


def expected_moves(arm) -> np.ndarray:
    """Return (origin, destination) moves expected in the coming year of an arm, given who lives where, persons."""
    none = np.zeros(len(arm.world.setting.hubs))  # the arm's own pulls hold its constants
    return FirstYear(arm).flows(none, arm.constants.move_cost_abroad).sum(axis=0)


# ------------------------------------------------------------------------------
# The backcast: a world of countries as it was, run over years that were held back, and scored beside its rivals.
# ------------------------------------------------------------------------------


WINDOW = 3  # last fit years: their mean flow is what is fitted
LEAST_FIT_YEARS = WINDOW + 3
MOST_AHEAD = 20  # years
FEWEST = 8  # countries
LEAST_MOVES = 1_000  # fewer say nothing of corridors
KERNEL = ("b_distance", "b_language", "b_diaspora")
MODEL, AGENTS, GRAVITY, LAST_FLOW = "talentflow", "talentflow, agents", "gravity", "last flow"
WHO = {  # what is scored -> what it is
    MODEL: "the terms of E2 without agents: kernel, corridor effects, forecast margins",
    AGENTS: "the full agent engine: moves expected of the people simulated in each year",
    "talentflow, counted": "the same simulations: the moves of the simulated people, a sample",
    "kernel alone": "distance, language and compatriots of the fit years, no corridor effects, held constant",
    GRAVITY: "Poisson pseudo-likelihood: origins, destinations, the same distance, language and compatriots",
    "gravity, no compatriots": "the same with distance and language only",
    LAST_FLOW: "the flows of the last fit year again",
    "mean flow": f"the mean of the last {WINDOW} fit years",
    "no change": "nobody moves: ranks and shares do not exist",
}
OWN = (AGENTS, "talentflow, counted")  # no rivals
COUNTED = ("talentflow, counted", LAST_FLOW, "mean flow")


@dataclass(frozen=True)
class Backcast:
    """Result of a backcast."""

    scores: pd.DataFrame  # a row for the model and each rival: who, see :func:`score`, what
    corridors: pd.DataFrame  # orig, dest, observed and every prediction, persons over the score years
    net_rates: pd.DataFrame  # country, observed and every prediction, percent of the stock a year
    kernel: pd.DataFrame  # term, coefficient, error: of the fit years
    verdicts: pd.DataFrame  # a row per score: whether the forecast is first, level or lost, see :func:`verdicts`
    record: dict  # what it was made from, and the notices

    def value(self, who, what) -> float:
        """Return one score: ``value("talentflow", "rank")``."""
        return float(self.scores.set_index("who").loc[who, what])


def backcast(
    flows=None, fit_until=2012, score_years=(2013, 2015), population=200_000, seed=0, replicates=4, when_checked=None
) -> Backcast:
    """Fit a world of countries to flows up to a year, run the agents beyond it, and score it beside its rivals.

    Parameters
    ----------
    flows : path of a file with the columns year, orig, dest, n; the shipped flows of scholars if None
    fit_until : int, last year that anything is fitted to
    score_years : (first, last), after it
    population : int, agents at the start; replicates : int, simulations, seeded from ``seed``
    when_checked : function without arguments, called once the input is found good

    Returns
    -------
    Backcast

    Raises
    ------
    WorldError, UsageError
        for a file or years that cannot be used, in one line
    """
    # check the file, the years and the numbers before any work
    read = read_flows(flows)
    named = {"fit_until": fit_until, "population": population, "seed": seed, "replicates": replicates}
    fit_until, population, seed, replicates = (whole(value, name) for name, value in named.items())
    first, last = check_years(read, user_path(flows or SHIPPED).name, fit_until, score_years)
    if population < 1000 or replicates < 1 or seed < 0:
        raise UsageError("backcast", "takes 1,000 agents or more, 1 replicate or more, and a seed from 0 on")
    # countries that anybody left or reached in the fit window; the others are one remainder
    window = read.between(fit_until - WINDOW + 1, fit_until)
    countries = countries_of(fit_until, among=moving(window, read.countries))
    years, flow = np.array(read.years), countries.gather(read)
    past = flow[years <= fit_until]
    observed = flow[(years >= first) & (years <= last)].sum(axis=0)
    if when_checked:
        when_checked()
    # fit on the years up to the split, then simulate to the last score year
    fit = _fit(countries, past, last - fit_until)
    expected, counted = run_model(fit["model"], last - fit_until, population, seed, replicates)
    skipped, count = first - fit_until - 1, last - first + 1
    agents = {AGENTS: expected[skipped:].sum(axis=0), "talentflow, counted": counted[skipped:].sum(axis=0)}
    # every prediction of the score years, in the order of the tables; the remainder is not scored
    known = predictions_of(fit, past, skipped, count) | agents
    predictions = {who: known[who] for who in WHO}
    scored = np.array(countries.names) != REST
    rows = [
        {"who": who, **score(p, observed, countries.stock, count, scored, who in COUNTED), "what": WHO[who]}
        for who, p in predictions.items()
    ]
    # whether the forecast is first, level or lost, and the record of what was compared
    judged = verdicts(predictions, observed, countries.stock, count, scored, seed)
    everybody = read.n[(years >= first) & (years <= last)].sum()
    record = {
        "file": user_path(flows or SHIPPED).name,
        "fit_from": int(years[0]),
        "fit_until": fit_until,
        "score": [first, last],
        "population": population,
        "seed": seed,
        "replicates": replicates,
        "scholars": float(countries.stock.sum()),
        "weight": float(countries.stock.sum() / population),
        "countries": int(scored.sum()),
        "corridors": int(scored.sum() * (scored.sum() - 1)),
        "moves": float(observed[scored][:, scored].sum()),
        "covered": float(observed[scored][:, scored].sum() / everybody),
        "notices": _notices(countries, fit["model"]),
    }
    tables = (
        _corridors(countries.names, scored, observed, predictions),
        _net_rates(countries, scored, observed, predictions, count),
    )
    return Backcast(pd.DataFrame(rows), *tables, fit["kernel"], pd.DataFrame(judged), record)


def check_years(flows, name, fit_until, score_years) -> tuple:
    """Return the first and last score year, once the file is known to hold what the split asks for.

    Raises
    ------
    UsageError naming the file, the year and the years that there are
    """
    if len(listed(score_years)) != 2:
        raise UsageError(f"score years {score_years!r:.60}", "are no (first, last)")
    first, last = (whole(year, "score years") for year in score_years)
    span = f"{name} holds {flows.years[0]} to {flows.years[-1]}"
    # score years must follow the split, in order and not too far ahead
    if not first <= last:
        raise UsageError(f"score years {first}-{last}", "the first comes after the last")
    if first <= fit_until:
        raise UsageError(f"score years {first}-{last}", f"not all after {fit_until}, the last year that is fitted")
    if last - fit_until > MOST_AHEAD:
        raise UsageError(f"score years {first}-{last}", f"end more than {MOST_AHEAD} years after {fit_until}")
    earliest = fit_until - LEAST_FIT_YEARS + 1
    # every year of the fit and every score year must be in the file
    for year in range(earliest, fit_until + 1):
        if year not in flows.years:
            raise UsageError(
                f"split year {fit_until}",
                f"the fit needs {earliest} to {fit_until}, and {span}"
                + ("" if year < flows.years[0] or year > flows.years[-1] else f" without {year}"),
            )
    for year in range(first, last + 1):
        if year not in flows.years:
            raise UsageError(f"score years {first}-{last}", f"no flows in {year}: {span}")
    return first, last


def moving(window, names) -> set:
    """Return the countries that people leave and reach in the years that are fitted.

    Raises
    ------
    UsageError where there are, or move, too few to tell corridors apart
    """
    moving = window.sum(axis=(0, 2)) * window.sum(axis=(0, 1)) > 0
    if moving.sum() < FEWEST:
        raise UsageError(
            "backcast",
            f"people leave and reach {moving.sum()} countries in the last {WINDOW} fit years, "
            f"at least {FEWEST} are needed",
        )
    if window.sum() < LEAST_MOVES:
        raise UsageError(
            "backcast",
            f"{window.sum():,.6g} people move in the last {WINDOW} fit years, at least {LEAST_MOVES:,} are needed",
        )
    return {name for name, moves in zip(names, moving, strict=True) if moves}


def _fit(countries, past, years) -> dict:
    """Fit the corridors (:func:`fit_corridors`) and forecast the first year with the agents' model."""
    fit = fit_corridors(countries, past, years)
    kernel = dict(zip(KERNEL, fit["kernel"]["coefficient"], strict=True))
    return fit | {
        "model": fit_model(countries, fit["living"], kernel, fit["forecast"].flow[0], fit["forecast"].residual)
    }


def predictions_of(fit, past, skipped, count) -> dict:
    """Return predictions that need no agents for ``count`` years, ``skipped`` years after the split.

    Returns
    -------
    dict of who -> (origin, destination) persons over the years
    """
    return {
        MODEL: fit["forecast"].flow[skipped : skipped + count].sum(axis=0),
        "kernel alone": count * fit["alone"],
        GRAVITY: count * fit["gravity"],
        "gravity, no compatriots": count * fit["plain"],
        LAST_FLOW: count * past[-1],
        "mean flow": count * past[-WINDOW:].mean(axis=0),
        "no change": 0 * past[-1],
    }


def fit_corridors(countries, past, years) -> dict:
    """Fit the kernel to the fit years, forecast ``years`` years, and set the gravity rivals to the last year's level.

    The compatriots of the fit are those from before the window whose flows they explain.
    """
    before, now = (living_by_origin(part, countries.stock, EXIT_RATE) for part in (past[:-WINDOW], past))
    window = past[-WINDOW:].mean(axis=0)
    # the kernel is fitted to the window's mean; predictions start at the level of the last year
    level = past[-1].sum() / window.sum()
    fixed = [-np.log1p(countries.km / 100), countries.language]
    coefficients, errors, fitted, _ = poisson_fit(window, [*fixed, _compatriots(before)], clustered=True)
    # compatriots have grown since the window that was fitted
    moved_on = coefficients[2] * (_compatriots(now) - _compatriots(before))
    kernel = pd.DataFrame({"term": KERNEL, "coefficient": coefficients, "error": errors})
    plain = poisson_fit(window, fixed)[2]
    return {
        "kernel": kernel,
        "living": now,
        "forecast": forecast(past, fitted, moved_on, years),
        "alone": level * fitted,
        "gravity": level * fitted * np.exp(moved_on),
        "plain": level * plain,
    }


def _compatriots(living) -> np.ndarray:
    """Return (origin, destination) ln(1 + scholars from the origin in the destination), 0 at home."""
    return np.log1p(living * ~np.eye(len(living), dtype=bool))


def _notices(countries, model) -> list:
    """Return what a reader of the scores must know of the data and of the fit."""
    notices = [
        "Scholars who publish, of all fields: not AI engineers.",
        "Visas are frozen: nobody needs a permit, and the few rules that a file of flows cannot show are left out.",
        "Pay, taxes, prices and compute are alike everywhere: no table of that time is used.",
        f"Where scholars come from is read off the flows since the first year, and {BEFORE} years before it taken to "
        "be like the first three: compatriots are a long memory of the corridor's own past.",
    ]
    if countries.counted < countries.year:
        notices.append(f"Scholars were last counted in {countries.counted}: stocks of {countries.year} are carried on.")
    if model.gap > 0.05:
        notices.append(f"The outflow of one country misses the fit years' by {100 * model.gap:.0f} %.")
    return notices


def _corridors(names, scored, observed, predictions) -> pd.DataFrame:
    o, d = np.nonzero(scored[:, None] & scored & ~np.eye(len(names), dtype=bool))
    columns = {"orig": np.array(names)[o], "dest": np.array(names)[d], "observed": observed[o, d]}
    return pd.DataFrame(columns | {who: p[o, d] for who, p in predictions.items()})


def _net_rates(countries, scored, observed, predictions, count) -> pd.DataFrame:
    rate = lambda flow: 100 * net(flow)[scored] / countries.stock[scored] / count  # noqa: E731
    columns = {"country": np.array(countries.names)[scored], "observed": rate(observed)}
    return pd.DataFrame(columns | {who: rate(p) for who, p in predictions.items()})


# ------------------------------------------------------------------------------
# First, level or lost: the forecast beside the best rival on each score, at one split and at every split of a file.
# ------------------------------------------------------------------------------


AHEAD = 3  # years scored after each split
DRAWS, LEVEL = 1000, 0.90  # bootstrap samples of countries, and the interval of a difference that counts as level
HIGHER = ("rank", "rank_moving", "log_score", "net_rank")  # the others are the better the lower
SCORES = (*HIGHER, "share_error", "net_error")
FIRST, TIE, LOST = "first", "level", "lost"


@dataclass(frozen=True)
class Rolling:
    """Results of backcasts at every split year of a file; empty tables if the file has too few years in a row."""

    scores: pd.DataFrame  # a row per split year (``until``) and prediction, see :func:`score`
    verdicts: pd.DataFrame  # a row per split year and score, see :func:`verdicts`
    tally: pd.DataFrame  # a row per score, see :func:`tally`
    notes: tuple  # splits that cannot be scored, and why
    ahead: int  # years scored after each split

    @property
    def splits(self) -> int:
        """Return number of split years scored."""
        return self.verdicts["until"].nunique() if len(self.verdicts) else 0


def rolling(path=None, ahead=AHEAD, seed=0) -> Rolling:
    """Score the forecast and its rivals at every split year of a file of flows, and say where it is first.

    Parameters
    ----------
    path : of a file as for :func:`backcast`; ahead : int, years scored after each split; seed : int, of the bootstrap

    Returns
    -------
    Rolling
    """
    flows, scores, rows, notes = read_flows(path), [], [], []
    years = np.array(flows.years)
    for until in flows.years:
        # a split needs the fit years before it and the score years after it
        needed = range(until - LEAST_FIT_YEARS + 1, until + ahead + 1)
        if not set(needed) <= set(flows.years):
            continue
        try:
            window = flows.between(until - WINDOW + 1, until)
            countries = countries_of(until, among=moving(window, flows.countries))
            gathered = countries.gather(flows)
            fit = fit_corridors(countries, gathered[years <= until], ahead)
        except UsageError as error:
            notes.append(f"{until}: {error}")
            continue
        # forecast and rivals without agents, scored as in a single backcast
        predictions = predictions_of(fit, gathered[years <= until], 0, ahead)
        observed = gathered[(years > until) & (years <= until + ahead)].sum(axis=0)
        scored = np.array(countries.names) != REST
        for who, flow in predictions.items():
            values = score(flow, observed, countries.stock, ahead, scored, who in COUNTED)
            scores.append({"until": until, "who": who, **values})
        judged = verdicts(predictions, observed, countries.stock, ahead, scored, seed)
        rows.extend({"until": until, **row} for row in judged)
    if not rows and not notes:
        notes.append(f"No split has {LEAST_FIT_YEARS} years up to it and {ahead} after it in the file.")
    judged = pd.DataFrame(rows)
    return Rolling(pd.DataFrame(scores), judged, tally(judged) if rows else judged, tuple(notes), ahead)


def verdicts(predictions, observed, stock, years, scored, seed=0) -> list:
    """Return whether the forecast is first, level or lost on each score, against the rival that is best on it.

    *Level*: the 90 % interval of the difference over bootstrap samples of countries holds 0. A corridor counts as
    often as its two countries are drawn (the pigeonhole bootstrap: Owen 2007, Annals of Applied Statistics 1); ranks
    are those of all countries.

    Parameters
    ----------
    predictions : dict of who -> (origin, destination) persons over the score years, the forecast among them
    observed, stock, years, scored : as for :func:`score`

    Returns
    -------
    list of dict: score, ours, rival, theirs, ahead (positive where the forecast is better), low, high, verdict
    """
    ours = MODEL
    drawn = _countries_drawn(int(scored.sum()), seed)
    with np.errstate(all="ignore"):
        # each score on the data and on all bootstrap samples; the agents are no rival of the forecast
        values = {
            who: _samples(flow, observed, stock, years, scored, who in COUNTED, drawn)
            for who, flow in predictions.items()
            if (flow.sum() > 0 or who == ours) and who not in OWN
        }
        if "no change" in predictions:  # it says something of net rates alone
            still = _samples(predictions["no change"], observed, stock, years, scored, False, drawn)
            values["no change"] = {"net_error": still["net_error"]}
    rows = []
    for name in SCORES:
        # the best rival on this score, and the gap to it: positive where the forecast is better
        sign = 1 if name in HIGHER else -1
        rivals = {who: sample[name] for who, sample in values.items() if who != ours and name in sample}
        best = max(rivals, key=lambda who: np.nan_to_num(sign * rivals[who][0], nan=-np.inf))
        gap = sign * (values[ours][name] - rivals[best])
        # first or lost where the interval of the gap leaves 0 out
        tail = 100 * (1 - LEVEL) / 2
        low, high = np.nanpercentile(gap[1:], [tail, 100 - tail])
        verdict = FIRST if low > 0 else LOST if high < 0 else TIE
        numbers = dict(zip(("ours", "theirs", "ahead"), (values[ours][name][0], rivals[best][0], gap[0]), strict=True))
        rows.append(
            {
                "score": name,
                "rival": best,
                **{key: float(value) for key, value in numbers.items()},
                "low": low,
                "high": high,
                "verdict": verdict,
            }
        )
    return rows


def _countries_drawn(countries, seed) -> np.ndarray:
    """Return (1 + DRAWS, country) how often each country is drawn; the first sample is the data itself."""
    generator = np.random.default_rng(seed)
    drawn = generator.multinomial(countries, np.full(countries, 1 / countries), size=DRAWS)
    return np.vstack([np.ones(countries, int), drawn]).astype(float)


def _samples(flow, observed, stock, years, scored, counted, drawn) -> dict:
    """Return each score on every bootstrap sample: dict of score -> (1 + DRAWS,)."""
    from scipy.stats import rankdata

    inside = np.ix_(scored, scored)
    off = ~np.eye(int(scored.sum()), dtype=bool)
    o, d = np.nonzero(off)
    # corridors between scored countries; a corridor counts as often as both of its countries are drawn
    p, y, weight = flow[inside][off], observed[inside][off], drawn[:, o] * drawn[:, d]
    moved = y > 0
    rates = [net(x)[scored] / stock[scored] / years for x in (flow, observed)]
    # a counted flow of 0 would make the log score infinite
    raised = p + HALF * counted
    logs = np.log(np.where(moved, raised, 1.0))
    all_moves = weight @ y
    # difference of the shares of all moves, corridor by corridor
    share = (weight / (weight @ p)[:, None]) * p
    share -= (weight / all_moves[:, None]) * y
    return {
        "rank": _correlation(rankdata(p), rankdata(y), weight),
        "rank_moving": _correlation(rankdata(p[moved]), rankdata(y[moved]), weight[:, moved]),
        "log_score": weight @ (y * logs) / all_moves - np.log(weight @ raised),
        "share_error": np.abs(share).sum(axis=1) / 2,
        "net_rank": _correlation(rankdata(rates[0]), rankdata(rates[1]), drawn),
        "net_error": drawn @ np.abs(rates[0] - rates[1]) / drawn.sum(axis=1),
    }


def _correlation(x, y, weight) -> np.ndarray:
    """Return (sample,) correlations of two variables, each observation with its weights, (sample, observation)."""
    x, y, total = x - x.mean(), y - y.mean(), weight.sum(axis=1)
    mean_x, mean_y = weight @ x / total, weight @ y / total
    both = weight @ (x * y) / total - mean_x * mean_y
    return both / np.sqrt((weight @ (x * x) / total - mean_x**2) * (weight @ (y * y) / total - mean_y**2))


def tally(verdicts) -> pd.DataFrame:
    """Count how often the forecast is first, level and lost on each score, the score with most losses first.

    Returns
    -------
    DataFrame: score, first, level, lost, held (share of splits first or level), lost_in (split years), ahead (mean)
    """
    rows = []
    for name, part in verdicts.groupby("score", sort=False):
        count = {key: int((part["verdict"] == key).sum()) for key in (FIRST, TIE, LOST)}
        lost = [int(year) for year in part.loc[part["verdict"] == LOST, "until"]]
        rows.append(
            {"score": name, **count, "held": 1 - count[LOST] / len(part), "lost_in": lost}
            | {"ahead": float(part["ahead"].mean()), "rival": part["rival"].mode()[0]}
        )
    return pd.DataFrame(rows).sort_values(["held", "first"], kind="stable").reset_index(drop=True)


def shipped_rows(result) -> list:
    """Return rows of ``backcast.csv`` from the backcast by default."""
    until, (first, last) = result.record["fit_until"], result.record["score"]
    command = f"talentflow backcast --fit-until {until} --score {first}-{last}"
    shown = lambda value: "" if value != value else f"{value:.4f}"  # noqa: E731
    return [
        {
            "who": row["who"],
            **{key: shown(value) for key, value in row.items() if key not in ("who", "what")},
            "fit_until": str(until),
            "first": str(first),
            "last": str(last),
            "source": command,
            "grade": "B",
        }
        for row in result.scores.to_dict("records")
    ]


def corridor_rank(result) -> float:
    """Return gate g27: rank correlation of simulated and observed corridor flows, of the full agent engine."""
    return result.value(AGENTS, "rank")


if __name__ == "__main__":
    (DATA / "backcast.csv").write_text(as_csv(shipped_rows(backcast())), encoding="utf-8", newline="")
