"""Measures: one name for a number in commands, tables and code.

A measure is written ``name[:place][,key=value...][@time]``: ``share:sf_bay_area``, ``net_rate:paris``,
``share:usa,tier=expert@2036``, ``backlog,route=usa.h1b``, ``drain,home=ind``, ``hhi``. A place is a hub, a
country (``usa``), a region, a bloc (``eu27``, ``gulf``), or several joined (``usa+can``). Left out, the time is the
last and the place every hub (or every route).
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from sim.errors import ResultError, nearest
from sim.results import counting, places
from sim.results.schema import VARIABLES


@dataclass(frozen=True)
class Query:
    """A measure as parsed: nothing is looked up yet."""

    name: str
    place: str | None = None
    keys: dict[str, str] = field(default_factory=dict)
    time: int | None = None


class Measure(NamedTuple):
    """A named number of a result: how it is computed, its unit, and what may narrow it."""

    compute: Callable  # of (dataset, Place or None, keys) -> DataArray over (arm, replicate, time or year, ...)
    unit: str  # 'share', 'rate', 'persons', 'persons a year' or the unit of its variable
    keys: tuple[str, ...]
    meaning: str
    takes_place: bool = True


def parse(text):
    """Take a measure apart.

    >>> parse("share:usa,tier=expert@2036")
    Query(name='share', place='usa', keys={'tier': 'expert'}, time=2036)

    Raises
    ------
    ResultError naming the part that cannot be read.
    """
    body, at, time = text.strip().partition("@")
    head, *pairs = body.split(",")
    name, colon, place = (part.strip() for part in head.partition(":"))
    if name not in MEASURES:
        raise ResultError(text, f"unknown measure {name!r}{nearest(name, MEASURES)}")
    if colon and not place:
        raise ResultError(text, "a place is missing after ':'")
    if at and not time.strip().isdecimal():
        raise ResultError(text, f"the time after '@' is a year, not {time.strip()!r}")
    keys = [_key(text, name, pair) for pair in pairs]
    if len(dict(keys)) < len(keys):
        raise ResultError(text, "a key is given twice")
    return Query(name, place or None, dict(keys), int(time) if at else None)


def _key(text, name, pair):
    key, equals, value = (part.strip() for part in pair.partition("="))
    allowed = MEASURES[name].keys
    if key not in allowed:
        may = f"{name} takes {', '.join(allowed)}" if allowed else f"{name} takes no key"
        raise ResultError(text, f"unknown key {key!r}; {may}{nearest(key, allowed)}")
    if not equals or not value:
        raise ResultError(text, f"{key} needs a value: {key}=...")
    return key, value


def series(result, query):
    """A measure at all times, in both arms and every replicate.

    Parameters
    ----------
    result : Result
    query : str, or a Query

    Returns
    -------
    xarray.DataArray over (arm, replicate, time or year) and, with no place, hub or route; unit in ``attrs``

    Raises
    ------
    ResultError for an unknown measure, key, value or place.
    """
    query = parse(query) if isinstance(query, str) else query
    asked = MEASURES[query.name]
    for key, value in query.keys.items():
        known = {basis: basis for basis in BASES} if key == "basis" else _called(result.data, key)
        if value not in known:
            raise ResultError(query.name, f"unknown {key} {value!r}{nearest(value, known, known)}")
    if query.place and not asked.takes_place:
        raise ResultError(query.name, f"takes no place, but {query.place!r} was given")
    place = places.find(result.data, query.place) if query.place else None
    values = asked.compute(result.data, place, query.keys)
    return values.rename(query.name).assign_attrs(units=asked.unit, long_name=asked.meaning)


def measure(result, query):
    """A measure at its time, in both arms and every replicate; the last time if none is asked for.

    Returns
    -------
    xarray.DataArray over (arm, replicate) and, with no place, hub or route

    Raises
    ------
    ResultError as in :func:`series`, and for a time outside the run.
    """
    query = parse(query) if isinstance(query, str) else query
    values = series(result, query)
    axis = "time" if "time" in values.dims else "year"
    times = values[axis].values
    if query.time is None:
        return values.isel({axis: -1})
    if query.time not in times:
        raise ResultError(query.name, f"{query.time} lies outside the run, {times[0]} to {times[-1]}")
    return values.sel({axis: query.time})


WHO = ("tier", "role", "sector", "home", "status")
BASES = ("residence", "employer")
PEOPLE = (*WHO, "basis")
HIRES = ("sector_left", "sector_taken")
ROUTE_COUNTS = "applicants applicants_abroad grants_abroad lost_petitions registrations selected backlog".split()


def _called(data, axis):
    """Label -> what it is called in words, of an axis."""
    labels = data[axis].values.astype(str).tolist()
    return dict(zip(labels, data.coords.get(f"{axis}_name", data[axis]).values.astype(str).tolist(), strict=True))


def _declared(name, compute, *keys):
    """The measure that is a variable of the result: unit and meaning are declared there."""
    return Measure(compute(name), VARIABLES[name].unit, keys, VARIABLES[name].meaning)


MEASURES = {
    "share": Measure(counting.share, "share", PEOPLE, "part of the world stock"),
    "stock": Measure(counting.stock, "persons", PEOPLE, "engineers on 1 January"),
    "hhi": Measure(counting.hhi, "index", PEOPLE, "concentration: sum of the squared hub shares", takes_place=False),
    "top3": Measure(counting.top3, "share", PEOPLE, "share of the three largest hubs", takes_place=False),
    "drain": Measure(counting.drain, "share", ("home",), "part of a country's engineers abroad", takes_place=False),
    "gain": Measure(counting.gain, "share", (), "part of a place's engineers who come from another country"),
    "mix": Measure(counting.mix, "share", WHO, "part of a place's engineers"),
    "remote": Measure(counting.remote, "share", (), "part of a place's engineers whose employer is in another hub"),
    "arrivals": Measure(counting.arrivals, "persons a year", (), "moves into the place from outside it"),
    "departures": Measure(counting.departures, "persons a year", (), "moves out of the place"),
    "net_migration": Measure(counting.net_migration, "persons a year", (), "arrivals less departures"),
    "net_rate": Measure(counting.net_rate, "rate", (), "net migration over the stock at the start of the year"),
    "arrival_share": Measure(counting.arrival_share, "share", (), "part of all arrivals between such places"),
    "entrants": _declared("entrants", counting.by_hub, "tier"),
    "graduates": _declared("graduates", counting.by_hub, "tier"),
    "adjacent": Measure(counting.adjacent, "share", ("tier",), "part of the entrants from adjacent occupations"),
    "promotions": _declared("promotions", counting.by_hub, "tier"),
    "years_to_expert": Measure(
        counting.years_to_expert, "years", (), "expected years from entry to expert at the rates of the year"
    ),
    "hires": Measure(counting.hires, "persons a year", HIRES, "new jobs, those of movers included", takes_place=False),
    "outflow": Measure(
        counting.outflow, "share", HIRES, "part of a sector's leavers for other sectors", takes_place=False
    ),
    "job_change_rate": Measure(
        counting.job_change_rate,
        "rate",
        ("status",),
        "changes of employer within the hub over the stock",
        takes_place=False,
    ),
    "tied_moves": Measure(
        counting.tied_moves,
        "share",
        (),
        "part of all moves to a hub where a former colleague lives",
        takes_place=False,
    ),
    "tied_ratio": Measure(counting.tied_ratio, "ratio", (), "the same over random destinations", takes_place=False),
    "team_completeness": Measure(
        lambda data, place, keys: data.team_completeness,
        VARIABLES["team_completeness"].unit,
        (),
        VARIABLES["team_completeness"].meaning,
        takes_place=False,
    ),
    "exits": _declared("exits", counting.by_hub),
    "grants": _declared("grants", counting.by_route, "route", "tier"),
    **{name: _declared(name, counting.by_route, "route") for name in ROUTE_COUNTS},
    "odds": Measure(counting.odds, "share", ("route",), "selected over all demand for the route's pool"),
    "pay": _declared("pay", counting.average, "tier"),
    "expert_premium": Measure(counting.expert_premium, "ratio", (), "pay of experts over that of practitioners"),
    "net_pay": _declared("net_pay", counting.average, "tier"),
    "price_level": _declared("price_level", counting.average),
    "compute_per_engineer": _declared("compute_per_engineer", counting.average),
}
