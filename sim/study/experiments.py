"""Published natural experiments: one file a study, and the statistic of the study measured on the model.

A study names its policy, the people treated, one of the ``ESTIMANDS``, and what was published. Estimands of one year
are expectations of the first year, exact; stays and exits come from tracers; the others from runs of agents.

The score is ``z = (simulated - published) / sqrt(s^2 + d^2)``: *s* is the standard deviation of the published 90 %
range, and *d* = (1 - transport) x max(\\|estimate\\|, half the range) what may be lost between the people of the study
and AI engineers.
"""

import csv
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal, Never

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sim.arguments import user_path
from sim.custom_world import cached_by_world
from sim.errors import ResultError, ScenarioError, UsageError, nearest
from sim.model.inversion import expected, expected_searchers
from sim.model.state import Simulation
from sim.model.supply import GRADUATES, study_factor
from sim.model.year import begin, simulate
from sim.results.measures import COUNT, Query, find, series
from sim.results.result import Result
from sim.scenario.files import policy_of_row, studies
from sim.scenario.levers import baseline_rules
from sim.scenario.schema import EXPECTED, Line, Number, PolicyTable, Text
from sim.scenario.stack import refuse_conflicts, rules_at
from sim.study.counts import checked, count_replicate
from sim.study.options import Options
from sim.study.parameter_sample import ParameterSample
from sim.study.recorder import ones, tax_rates
from sim.study.replicate import SEEDS_APART, Plan, labelled, run_replicate, the_world
from sim.study.tracers import Tracers, follow, residents
from sim.texts import line_of, parse, read_text
from sim.world.build_world import World
from sim.world.categories import STATUSES, TIERS
from sim.world.engineers import Engineers
from sim.world.people import entrant_homes
from sim.world.setting import Setting, load_setting

RANGE = 2 * 1.645  # standard deviations of a normal in its 90 % range
TRACERS = 12_000  # followed for one study
BATCHES = 12  # of tracers, for the standard error
LONGEST = 10  # years of a study
WORLD = "world"  # as a place: all hubs
NOBODY = 1e-12  # in place of nobody

# ------------------------------------------------------------------------------
# A study in its file
# ------------------------------------------------------------------------------


class Table(BaseModel):
    """A table of a study's file: nothing beyond its keys."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Treated(Table):
    """Place and attributes of the engineers whom a study's policy treated."""

    place: Line
    people: Literal["all", "foreign", "national"] = "all"  # national: of a home that lies in the place
    tier: list[Literal["expert", "practitioner", "entry"]] = ["expert", "practitioner", "entry"]
    home: list[Line] = []
    status: list[Literal["citizen", "permanent", "temporary", "student", "opt", "stem_opt"]] = []  # empty: all
    tenure: Annotated[list[Number], Field(min_length=2, max_length=2)] = [-math.inf, math.inf]  # years since arrival


class Published(Table):
    """Published estimate: value and 90 % range in a unit."""

    value: Number
    low: Number | None = None
    high: Number | None = None
    unit: Literal["elasticity", "percent", "pp", "ratio", "sign"]


class Study(Table):
    """A published study: see docs/experiments.md for the meaning of every key."""

    title: Line
    family: Line
    role: Literal["response", "base"] = "response"  # base rates are met by construction and do not score
    estimand: Line | None = None
    not_expressible: Text = ""  # why the model has no such statistic
    treated: Treated | None = None
    years: Annotated[int, Field(ge=1, le=LONGEST)] = 1
    measure: Line | None = None
    control: Line | None = None
    base: Annotated[Number, Field(gt=0, lt=100)] | None = None  # per cent, what the shift of a choice begins at
    published: Published
    transport: Annotated[Number, Field(ge=0, le=1)]
    verified: bool = True  # the figure was seen in its source; others neither score nor enter a fit
    grade: Literal["A", "B", "C", "D"]
    source: Text
    note: Text = ""
    before: list[PolicyTable] = []  # in force in the arm that is compared with; left out: the baseline
    policy: list[PolicyTable] = []
    id: str = ""
    policies: tuple = ((), ())  # of the two arms


EXPECTED_HERE = EXPECTED | {
    "treated": "a table such as {place = 'deu', people = 'foreign', tier = ['expert']}",
    "published": "a table of value, low, high and unit (elasticity, percent, pp, ratio or sign)",
    "years": f"a whole number from 1 to {LONGEST}",
    "transport": "a number in [0, 1]",
    "base": "a number of per cent between 0 and 100",
    "tenure": "two numbers of years since arrival, such as [0, 5]",
    "grade": "A, B, C or D",
    "role": "response or base",
    "verified": "true or false",
}


def read_study(path) -> Study:
    """Return the study in a file.

    Raises
    ------
    ScenarioError naming file, line, key, value and limit
    """
    path = user_path(path)
    text = read_text(path, ScenarioError)
    place = str(path)
    tables = parse(text, place, ScenarioError)
    # both are set here, from the file's name and its tables
    for hidden in ("id", "policies"):
        if hidden in tables:
            raise ScenarioError(place, line_of(text, None, 0, hidden), f"unknown key {hidden}")
    try:
        study = Study.model_validate(tables)
    except ValidationError as why:
        raise ScenarioError(place, *_fault(why, text)) from None
    _check(study, place, text)
    arms = []
    # the policies of both arms; an error names the file once
    for table in ("before", "policy"):
        rows = getattr(study, table)
        try:
            arms.append(
                tuple(policy_of_row(row, place, k, text if table == "policy" else "") for k, row in enumerate(rows))
            )
            refuse_conflicts(arms[-1])
        except ScenarioError as why:
            raise ScenarioError("" if str(why).startswith(place) else place, why) from None
    return study.model_copy(update={"id": path.stem, "policies": tuple(arms)})


TABLES: dict[str, type[BaseModel]] = {
    "treated": Treated,
    "published": Published,
    "policy": PolicyTable,
    "before": PolicyTable,
}


def _fault(why, text) -> tuple:
    """Return line, key and problem of the error that is reported, an unknown key before all others."""
    # an unknown key explains most other errors, so it is reported first
    errors = why.errors(include_url=False)
    error = next((error for error in errors if error["type"] == "extra_forbidden"), errors[0])
    top, *inside = error["loc"]
    keys = [str(part) for part in inside if not isinstance(part, int)]
    key = keys[0] if keys else str(top)
    # the line of the key: in the row of a policy, or at the top of the file
    if top in ("policy", "before") and inside:
        line = line_of(text, str(top), int(inside[0]), key)
    else:
        line = line_of(text, None, 0, str(top))
    if error["type"] == "missing":
        return line, f"{key} is missing"
    if error["type"] == "extra_forbidden":
        model = TABLES.get(str(top), Study) if keys else Study
        names = [row.alias or name for name, row in model.model_fields.items() if name not in ("id", "policies")]
        return line, f"unknown key {key}{nearest(key, names) or '; expected one of: ' + ', '.join(names)}"
    whole = EXPECTED_HERE.get(key) or error["msg"].removeprefix("Input should be ")
    return line, f"{key}: {str(error['input'])[:60]!r} is not {whole}"


def _check(study, place, text) -> None:
    """Refuse what no single key can tell; raise ScenarioError."""

    def refuse(key, *why) -> Never:
        raise ScenarioError(place, line_of(text, None, 0, key), key, *why)

    p = study.published
    if (p.low is None) != (p.high is None):
        refuse("published", "low and high stand together")
    if p.low is None and p.unit != "sign":
        refuse("published", "low and high are missing: the 90 % range of the estimate")
    if p.low is not None and not (p.low <= p.value <= p.high and p.low < p.high):
        refuse("published", f"{p.value:g} is not in the range [{p.low:g}, {p.high:g}]")
    if not study.source.strip():
        refuse("source", "is empty: say where it was published")
    if study.not_expressible:
        return
    if study.estimand is None:
        refuse("estimand", f"is missing; it is one of {', '.join(ESTIMANDS)}")
    if study.estimand not in ESTIMANDS:
        refuse("estimand", f"{study.estimand!r} is unknown{nearest(study.estimand, ESTIMANDS)}")
    if study.treated is None:
        refuse("treated", "is missing: {place = 'deu', ...}")
    units = ESTIMANDS[study.estimand].units
    if p.unit not in units:
        refuse("published", f"{study.estimand} is measured in {' or '.join(units)}, not {p.unit}")
    for key in ESTIMANDS[study.estimand].needs:
        if getattr(study, key) is None:
            refuse(key, f"is missing: {study.estimand} needs it")
    try:
        if study.treated.place != WORLD:
            find(ones(["baseline"], 2026, 1), study.treated.place)
        for query in filter(None, (study.measure, study.control)):
            to_count(query)
    except ResultError as why:
        refuse("treated" if study.measure is None else "measure", why)
    for home in study.treated.home:
        if home not in load_setting().homes:
            refuse("treated", f"home {home!r} is unknown{nearest(home, load_setting().homes)}")


def read_studies(what=None) -> dict:
    """Return the studies of an id, a file or a folder; all that ship for None: dict of id -> Study.

    Raises
    ------
    ScenarioError, UsageError
    """
    shipped = {Path(name).name: path for name, path in studies().items()}
    if what is None:
        return {name: read_study(path) for name, path in shipped.items()}
    if str(what) in shipped:
        return {str(what): read_study(shipped[str(what)])}
    path = user_path(what)
    if path.is_dir():
        files = sorted(path.glob("*.toml"))
        if not files:
            raise UsageError(path, "holds no study: no file ends with .toml")
        return {file.stem: read_study(file) for file in files}
    if path.suffix != ".toml" and not path.is_file():
        others = nearest(str(what), shipped) or "; they are listed by: talentflow experiments --list"
        raise UsageError(f"study {str(what)!r}", f"not found{others}")
    return {path.stem: read_study(path)}


def evidence() -> list:
    """Return the table of all studies that were collected, with use and role: list of dicts.

    See ``data/SOURCES.md``.
    """
    with (Path(__file__).parent / "data" / "experiments.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


# ------------------------------------------------------------------------------
# What every estimand stands on
# ------------------------------------------------------------------------------


@dataclass
class Bench:
    """The model under one draw of the assumptions, and what several studies need of it.

    Parameters
    ----------
    options : Options, checked
    given : (Assumptions, HubConstants); those at the centre if None
    tracers : followed for one study
    chance : added to the seed of what is run; the people stay the same
    """

    options: Options
    given: tuple | None = None
    tracers: int = TRACERS
    chance: int = 0
    known: dict = field(default_factory=dict)

    @cached_property
    def draw(self) -> tuple:
        """Return the sample, (Assumptions, HubConstants)."""
        o = self.options
        return self.given or ParameterSample(o.declared(), o.seed, o.start, "chance").first(1)[0]

    def once(self, what, made) -> Any:
        """Cache ``made()`` by ``what``, a tuple: studies share policies."""
        if what not in self.known:
            self.known[what] = made()
        return self.known[what]

    @cached_property
    def world(self) -> World:
        """Return the world, laid out for the longest study."""
        o = self.options
        return the_world(o.population, o.seed, o.start, LONGEST + 1)

    @cached_property
    def start(self) -> Simulation:
        """Return the simulation on the 1 January of the start, under the baseline."""
        a, constants = self.draw
        return begin(self.world, a, constants, baseline_rules(), self.options.seed * SEEDS_APART + self.chance)

    @property
    def setting(self) -> Setting:
        """Return the world's tables as arrays."""
        return self.world.setting

    def first_year(self, policies, choices_only=False) -> np.ndarray:
        """Return (tier, home, origin, destination) persons expected to move in the first year.

        ``choices_only`` leaves out those who go because their status ends.
        """
        first = self.once(("first year", policies), lambda: expected(self.start, policies, True, False))
        return first.moves if choices_only else first.moves + first.departures

    def place(self, name) -> np.ndarray:
        """Return (hub,) bool: lies in the place."""
        return _members(name, self.options.start)


@cached_by_world(maxsize=64)
def _members(name, start) -> np.ndarray:
    """Return (hub,) bool: lies in the place."""
    labels = ones(["baseline"], start, 1)
    return np.ones(labels.sizes["hub"], bool) if name == WORLD else find(labels, name).members


class Case:
    """A study on a bench: the people treated, as masks over the axes of the model."""

    def __init__(self, study, bench) -> None:
        self.study, self.bench, self.setting = study, bench, bench.setting
        self.inside = bench.place(study.treated.place)
        # own: homes that lie in the place
        t, own = study.treated, (self.setting.home_share[:, self.inside] > 0).any(axis=1)
        at = self.setting.homes.index
        wanted = {"all": np.ones_like(own), "foreign": ~own, "national": own}[t.people]
        self.homes = wanted & np.isin(np.arange(len(own)), [at(home) for home in t.home] or np.arange(len(own)))
        self.tiers = np.isin(TIERS, t.tier)
        self.abroad = self.setting.home_share <= 0  # home, hub

    def pay(self, policies, scheme=None) -> np.ndarray:
        """Return (hub,) mean net pay of the treated tiers, kUSD a year; ``scheme``: with the relief of that scheme."""
        s, rules = self.setting, rules_at(12 * self.bench.options.start, policies, baseline_rules())
        # gross pay under the policy
        gross = s.pay.sum(axis=-1) * rules["pay_multiplier"][:, None]
        # a relief counts for those who came recently enough to have it
        relief = np.zeros(len(s.countries))
        if scheme:
            begun = max(self.study.treated.tenure[0], 0)  # relief still runs for people who came so long ago
            relief = rules[f"{scheme}_relief"] * (rules[f"{scheme}_years"] > begun)
        net = gross * (1 - tax_rates(s, rules, gross) * (1 - relief[s.country])[:, None])
        weight = s.tier_share * self.tiers
        return (net * weight).sum(axis=1) / weight.sum(axis=1)

    def shock(self, scheme=None) -> float:
        """Return the change of the log of net pay in the place; inside a scheme, that of the people whom it covers."""
        before, after = (self.pay(policies, scheme) for policies in self.study.policies)
        weight = self.setting.stock * self.inside
        return float(np.log((after * weight).sum() / (before * weight).sum()))

    def effect(self, before, after, scheme=None) -> float:
        """Compare two figures, one an arm, in the unit of the study."""
        unit = self.study.published.unit
        # differences in points; everything else is a ratio and needs people on both sides
        if unit in ("pp", "sign"):
            return 100 * (after - before)
        if not (before > 0 and after > 0):
            raise UsageError(self.study.id, "nobody is counted: no figure can be given")
        if unit == "elasticity":
            shock = self.shock(scheme)
            if abs(shock) < 1e-9:
                raise UsageError(self.study.id, "its policy leaves net pay as it is: no elasticity can be given")
            return math.log(after / before) / shock
        return after / before if unit == "ratio" else 100 * (after / before - 1)


# ------------------------------------------------------------------------------
# Estimands of one year: expectations of the first year, without error
# ------------------------------------------------------------------------------


def inflow(case) -> tuple:
    """Return treated people who come to live in the place in a year, with the policy against without.

    Elasticities are to net pay inside the scheme: a relief counts in full while it runs, as studies of schemes take
    it, and is not spread over the years that people look ahead.
    """
    return case.effect(*_arrivals(case, ~case.inside[None, :]), "newcomer"), 0.0


def returns(case) -> tuple:
    """Return treated people who live outside their home and come home in a year, with the policy against without."""
    return case.effect(*_arrivals(case, case.abroad & ~case.inside), "returnee"), 0.0


def _arrivals(case, origins) -> list:
    """Return arrivals of the treated in the place from the (home, hub) ``origins``, one figure an arm."""
    arrivals = []
    for policies in case.study.policies:
        # expected moves of the treated, from the origins into the place
        flow = case.bench.first_year(policies)[case.tiers][:, case.homes].sum(axis=0)  # home, origin, destination
        from_there = np.broadcast_to(origins, case.abroad.shape)[case.homes]
        arrivals.append(float((flow[..., case.inside].sum(axis=2) * from_there).sum()))
    return arrivals


def flow_odds(case) -> tuple:
    """Return log odds of moving to hubs whose pay changes, against staying in others of the place, per log pay.

    Mean over the pairs of hubs, weighted by movers: the regression of Moretti and Wilson on flows between states.
    """
    pays = [case.pay(policies) for policies in case.study.policies]
    change = np.log(pays[1] / pays[0])
    # hubs of the place whose pay changes, and people by hub
    to, stock = case.inside & (change != 0), _stock(case).sum(axis=(0, 1))
    odds, movers = [], None
    for policies in case.study.policies:
        flow = case.bench.first_year(policies)[case.tiers][:, case.homes].sum(axis=(0, 1))
        # movers from each other hub to each of these, over those who stay where they live
        pairs = flow[np.ix_(case.inside & ~to, to)]
        movers = pairs if movers is None else movers
        odds.append(np.log(pairs / (stock - flow.sum(axis=1))[case.inside & ~to][:, None]))
    return float(np.average((odds[1] - odds[0]) / change[to], weights=movers)), 0.0


def growth(case) -> tuple:
    """Return growth of the treated in the place in the first year, per cent of the stock a year for 1 % of net pay."""
    # net arrivals of the treated, in each arm
    net = []
    for policies in case.study.policies:
        flow = case.bench.first_year(policies)[case.tiers][:, case.homes].sum(axis=(0, 1))
        net.append(flow[np.ix_(~case.inside, case.inside)].sum() - flow[np.ix_(case.inside, ~case.inside)].sum())
    stock = _stock(case)[..., case.inside].sum()
    return float((net[1] - net[0]) / stock / case.shock()), 0.0


def choice_share(case) -> tuple:
    """Return the shift of the share of the treated that chooses to go home, from the base share of the study.

    The change of the log odds (home against all else) of the choices of those who search, put on the logit of ``base``.
    """
    searching = expected_searchers(case.bench.start).transpose(2, 1, 0)  # tier, home, hub
    # odds of going home among those who search, in each arm
    odds = []
    for policies in case.study.policies:
        flow = case.bench.first_year(policies, choices_only=True)[case.tiers][:, case.homes][:, :, case.inside]
        home = (flow * ~case.abroad[case.homes][None, :, None, :]).sum()
        everybody = searching[case.tiers][:, case.homes][..., case.inside].sum()
        odds.append(home / max(everybody - home, NOBODY))
    # shift the study's own base by the change of the log odds
    base = case.study.base / 100
    share = 1 / (1 + (1 - base) / base * odds[0] / odds[1])
    return float(100 * (share - base if case.study.published.unit == "pp" else share)), 0.0


def logit(case) -> tuple:
    """Return elasticity of location in a static conditional logit, as Akcigit, Baslandze and Stantcheva estimate it.

    Yearly choices of all countries, with and without the policy, by home and country of residence: country effects,
    a home dummy, a stay dummy, and log net pay, apart for nationals and foreigners. The elasticity is
    ``b (1 - P)``, with the coefficient of the treated and the share of them that lives in the countries that change.
    In per cent it is the change of their number under the policy.
    """
    s, national = case.setting, case.study.treated.people == "national"
    group = s.country == np.arange(len(s.countries))[:, None]  # country, hub
    homely = (s.home_share > 0) @ group.T  # home, country: the home lies in it
    stock = _stock(case, everybody=True)  # tier, home, hub
    cells, pays = [], []
    for policies in case.study.policies:
        flow = case.bench.first_year(policies)[case.tiers].sum(axis=0)  # home, origin, destination
        # choices by home and country: movers, and on the diagonal those who stay
        between = np.einsum("co,god,ed->gce", group, flow, group, optimize=True)
        stays = np.einsum("co,go->gc", group, stock.sum(axis=0) - flow.sum(axis=2))
        between[:, np.arange(len(group)), np.arange(len(group))] += stays
        cells.append(np.maximum(between, 0.0))
        # log net pay of a country, its hubs weighted by stock
        weight = s.stock * group
        pays.append(np.log((case.pay(policies) * weight).sum(axis=1) / weight.sum(axis=1)))
    counts, change = np.stack(cells), pays[1] - pays[0]  # arm, home, origin, country
    shape = counts.shape
    # regressors: country effects, at home, stays, and log pay of nationals and of foreigners
    own = np.broadcast_to(homely[None, :, None, :], shape)
    stay = np.broadcast_to(np.eye(shape[-1])[None, None], shape)
    pay = np.broadcast_to(np.stack(pays)[:, None, None, :], shape)
    effects = np.broadcast_to(np.eye(shape[-1])[1:, None, None, None, :], (shape[-1] - 1, *shape))
    x = np.concatenate([effects, np.stack([own, stay, pay * own, pay * ~own])]).reshape(
        -1, counts[..., 0].size, shape[-1]
    )
    choices = counts.reshape(-1, shape[-1])
    known = ("logit", case.study.policies, tuple(case.study.treated.tier))
    b = case.bench.once(known, lambda: conditional_logit(x, choices))[-2 if national else -1]
    treated = homely if national else ~homely
    # the share of the treated who live in the countries whose pay changes
    living = counts[0].sum(axis=1)  # home, country
    shares = (living * treated).sum(axis=0) / np.maximum((living.sum(axis=1)[:, None] * treated).sum(axis=0), 1e-9)
    there = (np.abs(change) > 1e-9) & (np.array([case.inside[mine].any() for mine in group]))
    if not there.any():
        raise UsageError(case.study.id, "its policy leaves net pay in the place as it is: no coefficient can be given")
    elasticity = float(b * np.mean(1 - shares[there]))
    if case.study.published.unit == "elasticity":
        return elasticity, 0.0
    return 100 * math.expm1(elasticity * float(np.mean(change[there]))), 0.0


def conditional_logit(x, counts, rounds=50, close=1e-10) -> np.ndarray:
    """Return coefficients of a conditional logit by Newton's method.

    These lines stay because ``ConditionalLogit`` of statsmodels takes one chooser a row and a yes or no for each
    alternative, not counts: millions of rows for what is here a table of countries.

    Parameters
    ----------
    x : (regressor, chooser, alternative); counts : (chooser, alternative) how often each was chosen

    Returns
    -------
    (regressor,)

    Raises
    ------
    UsageError where the choices do not identify the coefficients
    """
    b, total = np.zeros(len(x)), counts.sum(axis=1, keepdims=True)
    for _ in range(rounds):
        # choice probabilities at the present coefficients
        v = np.tensordot(b, x, 1)
        p = np.exp(v - v.max(axis=1, keepdims=True))
        p /= p.sum(axis=1, keepdims=True)
        # gradient and information of the log likelihood
        slope = np.tensordot(x, counts - total * p, 2)
        flat = (x - (x * p).sum(axis=2, keepdims=True)) * np.sqrt(total * p)
        flat = flat.reshape(len(x), -1)
        curvature = flat @ flat.T
        step = np.linalg.lstsq(curvature, slope, rcond=1e-13)[0]
        # a step is at most 3 in any coefficient, so that the first ones do not overshoot
        b = b + step * min(1.0, 3.0 / max(np.abs(step).max(), 1e-300))
        if np.abs(step).max() < close * max(1.0, np.abs(b).max()):
            return b
    raise UsageError("logit", "the choices do not identify its coefficients")


def crossings(case) -> tuple:
    """Return treated people of the place who cross a border in the first year, in per cent of them; no policy."""
    flow = case.bench.first_year(case.study.policies[1])[case.tiers][:, case.homes].sum(axis=(0, 1))
    border = case.setting.country[:, None] != case.setting.country
    stock = _stock(case)[..., case.inside].sum()
    return float(100 * (flow * border)[case.inside].sum() / stock), 0.0


def _stock(case, everybody=False) -> np.ndarray:
    """Return (tier, home, hub) engineers on the first 1 January, those treated, or of all homes."""
    counts = case.bench.start.counts.sum(axis=3).transpose(2, 1, 0) * case.bench.world.weight
    return counts[case.tiers] if everybody else counts[case.tiers][:, case.homes]


# ------------------------------------------------------------------------------
# Stays and exits: tracers, with the error of their number
# ------------------------------------------------------------------------------


def stay(case) -> tuple:
    """Return share of a cohort that lives in the place after ``years``, of those still engineers (or its change).

    The cohort are the treated of the first 1 January, ``tenure`` years after their arrival.
    """
    arms = [_inside(case, policies) for policies in _arms(case)]
    level = lambda kept: [there[-1, kept].sum() / alive[-1, kept].sum() for there, alive in arms]  # noqa: E731
    if len(arms) == 1:
        return _jackknife(arms, lambda kept: 100 * level(kept)[0])
    return _jackknife(arms, lambda kept: case.effect(*level(kept)))


def exits(case) -> tuple:
    """Return yearly hazard of the treated to leave the place over ``years``, with the policy against without.

    An elasticity is taken with the sign of a stay: above 0 where more net pay keeps people. Net pay is that of people
    whom a scheme covers at the least ``tenure`` of the treated.
    """
    arms = [_inside(case, policies) for policies in case.study.policies]

    def change(kept) -> float:
        """Return the study's effect on exits over the tracers that are kept."""
        # departures over tracer-years at risk, in each arm
        hazards = []
        for there, alive in arms:
            at_risk = there[:-1] & alive[1:]
            hazards.append((at_risk & ~there[1:])[:, kept].sum() / at_risk[:, kept].sum())
        # foreigners keep more by the newcomer scheme; pay lowers exits, so their elasticity changes its sign
        scheme = None if case.study.treated.people == "national" else "newcomer"
        sign = -1 if case.study.published.unit == "elasticity" else 1
        return sign * case.effect(*hazards, scheme)

    return _jackknife(arms, change)


def _arms(case) -> list:
    """Return the policies of both arms, or of one where nothing is compared."""
    before, after = case.study.policies
    return [after] if not before and not after else [before, after]


def _inside(case, policies) -> tuple:
    """Return (time, tracer) bool each: lives in the place; is still an engineer. The same tracers in every arm."""
    bench, years = case.bench, case.study.years
    treated = case.study.treated.model_dump_json()
    # a run that was followed for longer serves shorter horizons too
    longest = max(years, *(k[3] for k in bench.known if k[:3] == ("hubs", treated, policies)), 0)

    def followed() -> np.ndarray:
        sim = bench.start.branch(policies)
        cohort = bench.once(("cohort", treated), lambda: _cohort(case))
        tracers = Tracers(sim, Engineers(*(column.copy() for column in cohort)))
        lived = follow(sim, tracers, bench.options.start + longest)
        return np.stack([tracers.hub.copy(), *(tracers.hub.copy() for _ in lived)])

    hubs = bench.once(("hubs", treated, policies, longest), followed)[: years + 1]
    return (hubs >= 0) & case.inside[hubs], hubs >= 0


def _cohort(case) -> Engineers:
    """Return the treated as tracers: about ``TRACERS``, by tier and home in the proportions of the treated."""
    bench, t = case.bench, case.study.treated
    stock, parts = _stock(case)[..., case.inside].sum(axis=2), []  # tier, home
    wide = bench.tracers * (1 if math.isinf(t.tenure[1]) else 4)  # most of them have another tenure
    names = [g for g, wanted in zip(bench.setting.homes, case.homes, strict=True) if wanted]
    statuses = [STATUSES.index(status) for status in t.status or STATUSES]
    hubs = np.flatnonzero(case.inside)
    for k, tier in enumerate(np.array(TIERS)[case.tiers]):
        for g, home in enumerate(names):
            count = round(wide * stock[k, g] / max(stock.sum(), NOBODY))
            if count > 0:
                parts.append(residents(bench.world, bench.draw[0], tier, home, hubs, statuses, count))
    people = Engineers(*map(np.concatenate, zip(*parts, strict=True))) if parts else None
    if people is not None:
        # keep those whose years since arrival the study treats
        tenure = bench.options.start - people.arrival_year
        mine = (tenure >= t.tenure[0]) & (tenure <= t.tenure[1])
        people = Engineers(*(column[mine] for column in people))
    if people is None or len(people.hub) < 10 * BATCHES:
        raise UsageError(case.study.id, "too few people are treated to be followed")
    return people


def _jackknife(arms, figure) -> tuple:
    """Return a figure of all tracers, and its standard error over ``BATCHES`` of them.

    Chance in the run is left out.
    """
    batch = np.arange(arms[0][0].shape[1]) % BATCHES
    return float(figure(batch >= 0)), _error([figure(batch != k) for k in range(BATCHES)])


def _error(left_out) -> float:
    """Return jackknife standard error of a figure, out of its values with one part left out; nan for fewer than two."""
    n = len(left_out)
    return math.sqrt((n - 1) / n * np.sum((np.array(left_out) - np.mean(left_out)) ** 2)) if n > 1 else math.nan


# ------------------------------------------------------------------------------
# The others: agents
# ------------------------------------------------------------------------------


def applications(case) -> tuple:
    """Return applications from abroad for permits of the place over ``years``, with the policy against without."""
    return _paired(case, f"applicants_abroad:{case.study.treated.place}")


def measured(case) -> tuple:
    """Return a measure after ``years`` (flows summed), with the policy against without, over that of ``control``."""
    return _paired(case, case.study.measure, case.study.control)


def to_count(text, start=2026, years=1) -> Query | None:
    """Return the query of a measure that is counted while runs go on, None for one that a recorded run holds.

    Raises
    ------
    ResultError for a measure that neither has
    """
    labels = ones(["before", "after"], start, years)
    try:
        series(Result(labels, {}), text)
    except ResultError as why:
        if COUNT in str(why):
            return checked(text, labels)
        raise
    return None


def _paired(case, query, control=None) -> tuple:
    """Return the change of a measure between the arms, and its standard error over pairs."""
    bench, o = case.bench, case.bench.options
    plan = Plan(o.population, o.seed, o.start, case.study.years, case.study.policies, o.start)

    def totals(text) -> np.ndarray:
        """Return (arm, replicate): flows summed over the years, stocks at their end."""
        asked = to_count(text, o.start, case.study.years)
        if asked:  # no recorded run holds it
            pairs = [count_replicate(plan, k, bench.draw, [asked])[0] for k in range(o.replicates)]
            values = np.array(pairs).swapaxes(0, 1)
            return values.sum(axis=-1) if values.shape[-1] == case.study.years else values[..., -1]
        pairs = [run_replicate(plan, k, bench.draw) for k in range(o.replicates)]
        found = series(Result(labelled(pairs, ["before", "after"], plan), {}), text)
        whole = found.sum("year") if "year" in found.dims else found.isel(time=-1)
        return whole.sum([axis for axis in whole.dims if axis not in ("arm", "replicate")]).values

    # with a control the ratio is a difference in differences
    mine, theirs = totals(query), None if control is None else totals(control)

    def change(kept) -> float:
        ratio = mine[1, kept].sum() / max(mine[0, kept].sum(), NOBODY)
        return case.effect(1.0, ratio if theirs is None else ratio * theirs[0, kept].sum() / theirs[1, kept].sum())

    # standard error by jackknife: the change without each pair
    k = np.arange(o.replicates)
    return float(change(k >= 0)), _error([change(k != left) for left in k] if len(k) > 1 else [])


def enrolment(case) -> tuple:
    """Return foreigners who graduate in the place ``years`` after the policy began, with it against without (E9).

    Expected from what students saw of the run in the years before; the lag of a degree is part of it.
    """
    s, arrivals = case.setting, []
    foreign = (case.abroad & case.homes[:, None])[:, case.inside]
    for policies in case.study.policies:
        sim = case.bench.start.branch(policies)
        for _ in simulate(sim, case.bench.options.start + case.study.years):
            pass
        # graduates of the year by home, and the factor by which the policy changed their number (E9)
        homes = entrant_homes(s)[:, GRADUATES]  # hub, home
        graduates = sim.world.entrants[case.study.years][:, GRADUATES].sum(axis=1)
        factor = study_factor(sim, homes, graduates)
        there = (homes * graduates[:, None]).T * factor
        arrivals.append(float((there[:, case.inside] * foreign).sum()))
    return case.effect(*arrivals), 0.0


@dataclass(frozen=True)
class Estimand:
    """A statistic that studies report: how it is measured, in which units, and what it needs."""

    measure: Callable[[Case], tuple[float, float]]  # value and standard error
    from_: str  # first year, tracers or agents
    units: tuple
    needs: tuple = ()

    @property
    def meaning(self) -> str:
        """Return the first line of the function's docstring."""
        first = " ".join((self.measure.__doc__ or "").strip().partition("\n\n")[0].split()).removeprefix("Return ")
        return first[:1].upper() + first[1:]


CHANGES = ("elasticity", "percent", "ratio")
ESTIMANDS = {
    "inflow": Estimand(inflow, "first year", CHANGES),
    "returns": Estimand(returns, "first year", CHANGES),
    "exits": Estimand(exits, "tracers", CHANGES),
    "stay": Estimand(stay, "tracers", ("pp", "percent", "sign")),
    "logit": Estimand(logit, "first year", ("elasticity", "percent")),
    "flow_odds": Estimand(flow_odds, "first year", ("elasticity",)),
    "growth": Estimand(growth, "first year", ("percent",)),
    "choice_share": Estimand(choice_share, "first year", ("pp", "percent"), ("base",)),
    "crossings": Estimand(crossings, "first year", ("percent",)),
    "applications": Estimand(applications, "agents", ("percent", "ratio")),
    "enrolment": Estimand(enrolment, "agents", ("percent", "ratio")),
    "measure": Estimand(measured, "agents", ("percent", "ratio"), ("measure",)),
}


# ------------------------------------------------------------------------------
# Studies run and scored
# ------------------------------------------------------------------------------


def score(study, value) -> tuple:
    """Return distances of a simulated value: z with what may be lost in transport, and z without.

    None without a range.
    """
    if study.published.low is None or value is None or not study.verified:
        return None, None
    s, d = errors(study)
    gap = value - study.published.value
    return gap / math.hypot(s, d), gap / s


def errors(study) -> tuple:
    """Return the standard deviations of the published range and of transport, in the unit of the study."""
    p = study.published
    return (p.high - p.low) / RANGE, (1 - study.transport) * max(abs(p.value), (p.high - p.low) / 2)


def plain_row(study, value, error) -> dict:
    """Return a study and what was simulated as plain values; ``value`` and ``error`` are None where nothing was."""
    # z widened for transport, and z0 without; base rates are not scored
    z, z0 = score(study, value) if study.role == "response" else (None, None)
    p = study.published
    return {
        "id": study.id,
        "family": study.family,
        "role": study.role,
        "estimand": study.estimand or "",
        "published": p.value,
        "low": p.low,
        "high": p.high,
        "unit": p.unit,
        "simulated": value,
        "error": error if error is None or math.isfinite(error) else None,
        "z": z,
        "z0": z0,
        "transport": study.transport,
        "verified": study.verified,
        "grade": study.grade,
        "reason": study.not_expressible,
        "title": study.title,
        "source": study.source,
        "note": study.note,
    }


def run_studies(chosen, progress=None, **options) -> list:
    """Measure studies on the model at the centre of its assumptions.

    Parameters
    ----------
    chosen : dict of id -> Study
    progress : function of (done, total)
    options : see :class:`~sim.study.options.Options`: population, replicates, start, seed, assumptions

    Returns
    -------
    list of dicts of plain values, one a study: ``simulated``, ``error`` (standard error of chance), ``z``, ``z0`` (at
    d = 0), ``reason`` where there is no figure, and what the study says

    Raises
    ------
    UsageError, ScenarioError
    """
    # one bench: studies share the world, the baseline and whatever they simulated alike
    asked = Options.of(**{"population": 100_000, "replicates": 4} | options, years=LONGEST + 1).checked()
    bench = Bench(asked.from_present("published studies are run on"))
    rows = []
    for study in chosen.values():
        value = error = None
        if not study.not_expressible:
            value, error = ESTIMANDS[study.estimand].measure(Case(study, bench))
        rows.append(plain_row(study, value, error))
        if progress:
            progress(len(rows), len(chosen))
    return rows
