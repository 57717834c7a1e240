"""The levers at the left of the page: a row each; every other lever is behind the search box.

To add one, add a row: its lever (or several, by a pattern), the words for it, and how far it moves.
"""

from dataclasses import dataclass
from functools import cache

from sim.errors import ScenarioError
from sim.scenario.levers import catalogue, find

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
