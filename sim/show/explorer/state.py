"""State of the explorer: the levers at the left, and the policy, population and pairs that the user set."""

from dataclasses import dataclass, replace
from functools import cache
from math import isinf
from shlex import quote
from typing import NamedTuple

from sim.errors import ScenarioError, TalentflowError, UsageError, nearest
from sim.scenario.describe import short
from sim.scenario.files import available, load, policy_of_row
from sim.scenario.levers import catalogue, find
from sim.scenario.schema import PolicyTable
from sim.scenario.stack import refuse_conflicts, with_value
from sim.study.options import Options

# ------------------------------------------------------------------------------
# The levers at the left of the page: a row each; every other lever is behind the search box.
# ------------------------------------------------------------------------------


ASSUMED = "moved in the explorer (size assumed, grade D)"


@dataclass(frozen=True)
class Slider:
    """A lever as the page offers it; flags and choices need no range."""

    path: str  # a lever, or a pattern that names several of one kind
    title: str
    low: float = 0.0
    high: float = 1.0
    step: float = 0.05
    operation: str = "value"  # or "multiply": levers that each keep a value of their own
    along: tuple[tuple[str, float], ...] = ()  # levers that are put to a value when this one is moved

    @property
    def levers(self):
        """The levers that it moves."""
        return _found(self.path)

    @property
    def first(self):
        """The one that stands for all: they are of one kind."""
        return self.levers[0]


_found = cache(find)  # a pattern is matched against thousands of paths

_COMPUTE = 0, 2_000_000, 50_000
_RELIEF = 0, 0.9
SLIDERS = (
    Slider(
        "country.usa.route.{h1b,h1b_exempt}.special_fee_usd",
        "US: fee for an H-1B petition from abroad",
        0,
        200_000,
        5_000,
    ),
    Slider("country.usa.route.h1b.cap", "US: H-1B places a year", 0, 250_000, 5_000),
    Slider("country.usa.route.h1b.selection", "US: how H-1B places are given out"),
    Slider("country.usa.route.phd_green_card.is_open", "US: green card with a US doctorate"),
    Slider(
        "country.{deu,fra,nld,pol,prt,xeu}.route.*.processing_months",
        "EU: waiting time for work permits",
        0,
        2,
        0.05,
        operation="multiply",
    ),
    Slider("hub.{abu_dhabi_dubai,riyadh}.compute.h100e", "Gulf: new compute in each hub", *_COMPUTE),
    Slider("hub.paris.compute.h100e", "Paris: new compute", *_COMPUTE),
    Slider("country.ind.compute.h100e", "India: public compute", 0, 500_000, 10_000),
    Slider(
        "country.{deu,gbr}.tax.newcomer_relief",
        "Germany, UK: tax relief for newcomers",
        *_RELIEF,
        along=(("country.{deu,gbr}.tax.newcomer_years", 5),),
    ),
    Slider(
        "country.ind.tax.returnee_relief",
        "India: tax relief for returnees",
        *_RELIEF,
        along=(("country.ind.tax.returnee_years", 5),),
    ),
    Slider("sector.*.remote", "Remote jobs, times the present", 0, 5, 0.1),
    Slider("sector.frontier_lab.pay_multiplier", "Frontier labs: pay, times the present", 0.4, 2, 0.05),
)


@cache
def by_path():
    """The sliders of the table by their path."""
    return {slider.path: slider for slider in SLIDERS}


def slider_of(path):
    """The slider of the table, or one made for any other lever, with the lever's own limits.

    Raises
    ------
    ScenarioError for a path that names no lever, or levers of several kinds
    """
    if path in by_path():
        return by_path()[path]
    levers = _found(path)
    if len({lever.field for lever in levers}) > 1:
        raise ScenarioError(path, "names levers of several kinds; give one kind")
    lever = levers[0]
    step = 1.0 if lever.kind == "integer" else 0.05 if lever.high <= 10 else 1.0
    return Slider(path, f"{lever.place}: {lever.what}", lever.low, lever.high, step)


def search(words):
    """The levers that hold all of the words in their path, place or meaning.

    Parameters
    ----------
    words : str, as somebody types it

    Returns
    -------
    list of Lever, those in whose path the words stand first, the shortest path before the longer ones
    """
    wanted = words.lower().split()
    if not wanted:
        return []
    texts = {lever: f"{path} {lever.place} {lever.what} {lever.meaning}".lower() for path, lever in catalogue().items()}
    found = [lever for lever, text in texts.items() if all(word in text for word in wanted)]
    found.sort(key=lambda lever: (not all(word in lever.path for word in wanted), len(lever.path)))
    return found


@cache
def explained(slider):
    """What a lever is, in which unit, what it is now, and on what evidence: for the page's small print."""
    lever, several = slider.first, len(slider.levers) > 1
    what = f"{lever.meaning[0].upper()}{lever.meaning[1:]}; reaches {lever.reaches}."
    places = f" Moves {len(slider.levers)} levers alike." if several else ""
    along = "".join(
        f" Moved along: {_found(path)[0].what}, to {value:g} {_found(path)[0].unit}." for path, value in slider.along
    )
    return f"{what}{places}{along} Source of the present value: {lever.source} (grade {lever.grade}). {slider.path}"


def unit_of(slider):
    """The unit of a slider's own numbers."""
    if slider.operation == "multiply":
        return "times the present"
    return {"share": "%"}.get(slider.first.unit, slider.first.unit)


@cache
def present_words(slider):
    """What it is now, with unit and grade: ``now 85,000 persons a year (A)``."""
    lever = slider.first
    grades = "/".join(sorted({each.grade for each in slider.levers}))
    values = sorted({each.present for each in slider.levers})
    shown = " to ".join(dict.fromkeys(_shown(lever, value) for value in (values[0], values[-1])))
    unit = "" if lever.unit == "share" or lever.kind in ("flag", "choice") else f" {lever.unit}"
    return f"now {shown}{unit} ({grades})"


def _shown(lever, value):
    if lever.kind == "flag":
        return "yes" if value else "no"
    if lever.kind == "choice":
        return choice_words(lever.choices[int(value)])
    if value == float("inf"):
        return "no limit"
    return f"{100 * value:g} %" if lever.unit == "share" else f"{value:,.10g}"


def choice_words(choice):
    """A choice as people read it."""
    return choice.replace("_", " ")


# ------------------------------------------------------------------------------
# What a page shows, as one value: it makes the scenario, the address and the command that gives the same numbers.
# ------------------------------------------------------------------------------


POPULATIONS = (20_000, 50_000, 100_000, "full")
LEAST_POPULATION, MOST_POPULATION, MOST_PAIRS, MOST_YEARS = 1_000, 400_000, 200, 20
BASELINE = "baseline"
OWN_NAME = "explored"
MOST_BESIDE = 2  # scenarios compared with the one of the levers
LONGEST_TITLE = 120
VIEWS = {
    "world": "The world",
    "compare": "Compare",
    "hub": "A hub",
    "home": "A home country",
    "beliefs": "Assumptions",
    "saved": "Saved runs",
}


class Move(NamedTuple):
    """A lever moved: what it is put to (``value``), or multiplied by (``multiply``)."""

    path: str
    operation: str
    amount: float | bool | str  # as a scenario file has it


@dataclass(frozen=True)
class State:
    """Everything that decides what the page shows, and nothing else."""

    presets: tuple[str, ...] = ()
    moves: tuple[Move, ...] = ()
    beliefs: tuple[tuple[str, float], ...] = ()  # assumptions held by the user
    beside: tuple[str, ...] = ()
    population: int | str = POPULATIONS[0]
    pairs: int = 20
    years: int = 10
    seed: int = 0
    view: str = "world"
    hub: str = "sf_bay_area"
    home: str = "ind"
    year: int | None = None  # of the flow map; None for the mean of all
    folder: str = ""  # name of a saved run or sweep

    def moved(self, move):
        """The state with one more lever moved; the last move of a lever counts."""
        others = tuple(each for each in self.moves if each.path != move.path)
        return replace(self, moves=(*others, move))

    def put_back(self, path):
        """The state with a lever as the scenarios have it."""
        return replace(self, moves=tuple(each for each in self.moves if each.path != path))


def scenario_of(state):
    """The scenario that a state means.

    Raises
    ------
    ScenarioError for scenarios that contradict, or a lever or value that makes no sense
    """
    base = load("+".join(state.presets) or BASELINE)
    if not state.moves:
        return base
    made = base
    for move in state.moves:
        made = _moved(made, move)
        for path, value in slider_of(move.path).along:
            if all(other.path != path for other in state.moves):
                made = _moved(made, Move(path, "value", value))
    refuse_conflicts(made.policies)
    changes = [_in_words(move) for move in state.moves]
    title = "; ".join([base.title, *changes] if state.presets else changes)
    if len(title) > LONGEST_TITLE:
        title = f"{base.title if state.presets else changes[0]}, and {len(changes) - (not state.presets)} levers moved"
    question = f"What changes if: {'; '.join(changes)}?"
    return replace(made, title=title[:300], question=question[:2000], name=OWN_NAME, path=None, parts=())


def _moved(scenario, move):
    """The scenario with a lever moved: put to a value in place of its own policies on it, or multiplied after them."""
    row = PolicyTable(lever=move.path, source=ASSUMED, **{move.operation: move.amount})
    policy = policy_of_row(row, OWN_NAME)
    if move.operation == "multiply":
        return replace(scenario, policies=(*scenario.policies, policy))
    changed = with_value(scenario, move.path, policy.levers[0].low)  # for its dates; "none" is no number
    dates, ramp = changed.policies[-1], 0.0 if isinf(policy.amount) else changed.policies[-1].ramp_years
    policy = replace(policy, begins=dates.begins, ends=dates.ends, ramp_years=ramp)
    return replace(changed, policies=(*changed.policies[:-1], policy))


def _in_words(move):
    return short(policy_of_row(PolicyTable(lever=move.path, **{move.operation: move.amount}), OWN_NAME))


def options_of(state):
    """The options of the study that a state asks for.

    Raises
    ------
    AssumptionError, UsageError
    """
    return Options(
        population=state.population,
        replicates=state.pairs,
        years=state.years,
        seed=state.seed,
        assumptions=dict(state.beliefs) or None,
    ).checked()


def command_of(state):
    """The command that gives the same numbers; the scenario has to be downloaded first if a lever was moved."""
    name = f"{OWN_NAME}.toml" if state.moves else "+".join(state.presets) or BASELINE
    beliefs = " --assumptions beliefs.toml" if state.beliefs else ""
    return (
        f"talentflow run {quote(name)} --population {state.population} --replicates {state.pairs} --years "
        f"{state.years} --seed {state.seed}{beliefs}"
    )


def beliefs_toml(state):
    """The file that ``--assumptions`` reads."""
    return "\n".join(["[assumptions]", *(f"{name} = {value!r}" for name, value in state.beliefs), ""])


# --- the address ----------------------------------------------------------------------------------

PLAIN = {"pairs": int, "years": int, "seed": int, "view": str, "hub": str, "home": str, "year": int, "folder": str}
OPERATORS = {"set": "value", "times": "multiply"}
DEFAULT = State()


def to_query(state):
    """The state as parameters of an address: dict of name -> list of texts; what is as usual is left out."""
    query = {"scenario": ["+".join(state.presets)] if state.presets else []}
    for key, operation in OPERATORS.items():
        query[key] = [f"{m.path}={_written(m.amount)}" for m in state.moves if m.operation == operation]
    query["belief"] = [f"{name}={value!r}" for name, value in state.beliefs]
    query["beside"] = list(state.beside)
    for key in ("population", *PLAIN):
        value = getattr(state, key)
        query[key] = [] if value == getattr(DEFAULT, key) else [str(value)]
    return {key: values for key, values in query.items() if values}


def from_query(query):
    """The state that an address means, and what in it could not be used.

    Parameters
    ----------
    query : dict of name -> list of texts

    Returns
    -------
    (State, list of str)
    """
    state, problems = DEFAULT, []
    for key, values in query.items():
        for text in values:
            try:
                state = _taken(state, key, str(text))
            except (TalentflowError, ValueError) as why:
                problems.append(f"{key}={text}: {why}")
    return state, problems


def _taken(state, key, text):
    """The state with one parameter of an address taken over."""
    if key == "scenario":
        presets = tuple(text.split("+"))
        for name in presets:
            known(name)
        return replace(state, presets=presets)
    if key == "beside":
        for name in text.split("+"):
            known(name)
        return replace(state, beside=(*state.beside, text)[:MOST_BESIDE])
    if key in OPERATORS:
        path, _, value = text.rpartition("=")
        move = Move(path, OPERATORS[key], _read(value, path))
        _in_words(move)
        return state.moved(move)
    if key == "belief":
        name, _, value = text.partition("=")
        options_of(replace(DEFAULT, beliefs=((name, float(value)),))).declared()
        return replace(state, beliefs=(*(b for b in state.beliefs if b[0] != name), (name, float(value))))
    if key == "population":
        return replace(state, population=text if text == "full" else _between(text, LEAST_POPULATION, MOST_POPULATION))
    if key not in PLAIN:
        raise UsageError(f"not known{nearest(key, ('scenario', 'beside', 'belief', 'population', *OPERATORS, *PLAIN))}")
    limits = {"pairs": (1, MOST_PAIRS), "years": (1, MOST_YEARS), "seed": (0, 10**9), "year": (2000, 2100)}
    value = _between(text, *limits[key]) if key in limits else text
    if key == "view" and value not in VIEWS:
        raise UsageError(f"there are: {', '.join(VIEWS)}")
    return replace(state, **{key: value})


def known(name):
    """Refuse a name that is no scenario of the library: an address opens no file.

    Raises
    ------
    UsageError
    """
    if name not in available():
        raise UsageError(f"no scenario {name!r}{nearest(name, available())}")


def _between(text, low, high):
    value = int(text)
    if not low <= value <= high:
        raise UsageError(f"not from {low:,} to {high:,}")
    return value


def _written(amount):
    """A value of a scenario file as an address has it."""
    if isinstance(amount, bool):
        return str(amount).lower()
    return f"{amount:.12g}" if isinstance(amount, float) else str(amount)


def _read(text, path):
    """A value of an address as a scenario file would have it."""
    lever = find(path)[0]
    if lever.kind == "flag":
        return {"true": True, "false": False}.get(text, text)
    if lever.kind == "choice" or text == "none":
        return text
    return float(text)
