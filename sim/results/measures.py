"""Measures: named numbers of a result, as commands, tables and code use them; how each is parsed and computed."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple, Never

import numpy as np
import xarray as xr

from sim.custom_world import rows
from sim.errors import ResultError, nearest
from sim.results.money import by_country, cost_per_engineer, countries_of
from sim.results.schema import MONEY, VARIABLES
from sim.scenario.places import nearest_place

# --- Places: hubs, countries, regions and blocs as sets of a result's hubs --------------------------


@dataclass(frozen=True)
class Place:
    """A set of hubs, and the partition of the world that it belongs to.

    Attributes
    ----------
    name : str
    kind : str, 'hub', 'country', 'region' or 'bloc'
    members : array of bool, one a hub
    labels : array, one a hub: the hub, country, region or bloc that each belongs to
    """

    name: str
    kind: str
    members: np.ndarray
    labels: np.ndarray

    @property
    def only(self) -> np.ndarray:
        """Return indices of the member hubs."""
        return np.flatnonzero(self.members)

    @property
    def others(self) -> np.ndarray:
        """Return indices of all other hubs."""
        return np.flatnonzero(~self.members)


def find(data, name) -> Place:
    """Find the place ``name`` in a result's dataset: a hub, country, region or bloc, or several joined by ``+``.

    Raises
    ------
    ResultError with the nearest names.
    """
    parts = [_one(data, part.strip()) for part in name.split("+")]
    if len(parts) == 1:
        return parts[0]
    # several places together: a set of hubs that is one place
    members = np.logical_or.reduce([part.members for part in parts])
    kind = "hub" if "hub" in [part.kind for part in parts] else "bloc"
    return Place(name, kind, members, np.where(members, name, data.hub_country.values.astype(str)))


def _one(data, name) -> Place:
    """Find a single place; raise ResultError with the nearest names if there is none."""
    # hubs, countries and regions of the result, then blocs; known names are for the message
    known = {}
    for kind, coordinate in (("hub", "hub"), ("country", "hub_country"), ("region", "region")):
        labels = data[coordinate].values.astype(str)
        if name in labels:
            return Place(name, kind, labels == name, labels)
        known |= {str(label): str(label) for label in labels}
    blocs = {row["bloc"]: row for row in rows("blocs")}
    if name in blocs:
        countries = data.hub_country.values.astype(str)
        members = np.isin(countries, blocs[name]["countries"].split())
        return Place(name, "bloc", members, np.where(members, name, countries))
    # labels and names of all places, to suggest the nearest
    known |= {label: row["name"] for label, row in blocs.items()}
    known |= dict(zip(data.hub.values.tolist(), data.hub_name.values.tolist(), strict=True))
    known |= {code: called for code, called in data.home_name.to_series().items() if code in known}
    raise ResultError(f"{name} is no hub, country, region or bloc{nearest_place(name, known)}")


# --- Functions of (dataset, Place or None, keys) that compute the measures --------------------------


# --- stocks: on 1 January -------------------------------------------------------------------------


def people(data, keys) -> xr.DataArray:
    """Return the stock by hub of the people that the key selects; a result counts people along one key at a time.

    Hubs are those of residence, unless ``basis=employer`` selects the employer's hub, which is counted by tier alone.
    """
    basis, keys = keys.get("basis", "residence"), {key: value for key, value in keys.items() if key != "basis"}
    if basis == "employer" and not keys.keys() <= {"tier"}:
        raise ResultError(f"engineers by employer are counted by tier alone, not by {' and '.join(keys)}")
    if len(keys) > 1 or not keys.keys() <= set(WHO):
        refusal = f"people are not counted by {' and '.join(keys)} together"
        raise ResultError(f"{refusal} in a saved run; give one of {', '.join(WHO)}, or ask {COUNT}")
    # tier is an axis of the stock itself, every other key has an array of its own
    stock = data["stock_by_employer" if basis == "employer" else "stock"]
    for key, value in keys.items():
        return (stock if key == "tier" else data[f"stock_by_{key}"]).sel({key: value}, drop=True)
    return stock.sum("tier")


def stock(data, place, keys) -> xr.DataArray:
    """Return persons on 1 January, by hub or in the place."""
    counted = people(data, keys)
    return counted.isel(hub=place.only).sum("hub") if place else counted


def share(data, place, keys) -> xr.DataArray:
    """Return the place's share of the world stock of the people that the keys select."""
    return stock(data, place, keys) / people(data, keys).sum("hub")


def mix(data, place, keys) -> xr.DataArray:
    """Return the part of a place's engineers that the key selects."""
    if not keys:
        raise ResultError("mix", "needs a key: mix:paris,tier=expert")
    return stock(data, place, keys) / stock(data, place, {})


def remote(data, place, keys) -> xr.DataArray:
    """Return the part of a place's engineers whose employer is in another hub."""
    return by_hub("remote")(data, place, keys) / stock(data, place, {})


def years_to_expert(data, place, keys) -> xr.DataArray:
    """Return the expected years from entry to expert: the sum of one over each tier's promotion rate of the year.

    The figure is for people who stay in the occupation that long; most leave before and never become experts.
    """
    at_start = data.stock.isel(time=slice(None, -1)).rename(time="year")
    promoted, tiers = data.promotions, ["practitioner", "entry"]
    if place:
        at_start, promoted = (values.isel(hub=place.only).sum("hub") for values in (at_start, promoted))
    return (at_start / promoted.where(promoted > 0)).sel(tier=tiers).sum("tier", skipna=False)


def hhi(data, place, keys) -> xr.DataArray:
    """Return the sum of the squared hub shares, which is 1 if all live in one hub."""
    return (share(data, None, keys) ** 2).sum("hub")


def top3(data, place, keys) -> xr.DataArray:
    """Return the share of the three largest hubs of each time."""
    shares = share(data, None, keys)
    return shares.reduce(lambda values, axis: np.sort(values, axis=axis).take([-3, -2, -1], axis).sum(axis), "hub")


def drain(data, place, keys) -> xr.DataArray:
    """Return the part of a country's engineers who live in another country."""
    if "home" not in keys:
        raise ResultError("drain", "needs a home: drain,home=ind")
    # hubs in the home country; the others are abroad
    own = data.hub_country.values == keys["home"]
    if not own.any():
        raise ResultError("drain", f"{keys['home']} is a group of countries or has no hub; give a country")
    counted = people(data, keys)
    return counted.isel(hub=np.flatnonzero(~own)).sum("hub") / counted.sum("hub")


def gain(data, place, keys) -> xr.DataArray:
    """Return the part of the engineers of a hub or place who come from another country.

    It is NaN for hubs whose country is part of a group of countries.
    """
    homes = data.home.values.astype(str)
    countries = data.hub_country.values.astype(str)
    if place and not np.isin(countries[place.only], homes).all():
        raise ResultError("gain", f"{place.name} holds a group of countries: who is foreign in it is not known")
    # foreigners by hub: people whose home is not the hub's country
    own = xr.DataArray(homes[:, None] == countries, dims=("home", "hub"))
    foreign = data.stock_by_home.where(~own, 0).sum("home").where(own.any("home"))
    everybody = data.stock.sum("tier")
    if place is None:
        return foreign / everybody
    return foreign.isel(hub=place.only).sum("hub") / everybody.isel(hub=place.only).sum("hub")


# --- flows: over a year ---------------------------------------------------------------------------


def counted(data, place, keys) -> Never:
    """Refuse a measure that no saved run holds; ``study.counts`` computes it while simulations run."""
    by = f" by {' and '.join(keys)}" if keys else ""
    raise ResultError(f"no saved run holds this{by}; ask {COUNT}")


def arrivals(data, place, keys) -> xr.DataArray:
    """Return moves into a hub, or into the place from outside it."""
    if keys:
        counted(data, place, keys)
    if place is None:
        return data.flow.sum("origin").rename(destination="hub")
    return data.flow.isel(origin=place.others, destination=place.only).sum(("origin", "destination"))


def departures(data, place, keys) -> xr.DataArray:
    """Return moves out of a hub, or out of the place."""
    if keys:
        counted(data, place, keys)
    if place is None:
        return data.flow.sum("destination").rename(origin="hub")
    return data.flow.isel(origin=place.only, destination=place.others).sum(("origin", "destination"))


def arrival_share(data, place, keys) -> xr.DataArray:
    """Return arrivals over all arrivals between places of the same kind: hubs, countries or regions."""
    # a move inside a country or region is no arrival there
    labels = data.hub.values if place is None else place.labels
    outside = xr.DataArray(labels[:, None] != labels, dims=("origin", "destination"))
    return arrivals(data, place, keys) / data.flow.where(outside, 0).sum(("origin", "destination"))


def net_migration(data, place, keys) -> xr.DataArray:
    """Return arrivals less departures."""
    return arrivals(data, place, keys) - departures(data, place, keys)


def net_rate(data, place, keys) -> xr.DataArray:
    """Return net migration over the stock at the start of the year."""
    at_start = stock(data, place, {}).isel(time=slice(None, -1)).rename(time="year")
    return net_migration(data, place, keys) / at_start


def by_hub(name) -> Callable:
    """Return the measure of a variable over hubs; it sums over the place."""

    def compute(data, place, keys) -> xr.DataArray:
        values = data[name]
        if "tier" in values.dims:
            values = values.sel(tier=keys["tier"], drop=True) if "tier" in keys else values.sum("tier")
        return values.isel(hub=place.only).sum("hub") if place else values

    return compute


def adjacent(data, place, keys) -> xr.DataArray:
    """Return the part of a year's entrants from adjacent occupations; NaN where nobody enters."""
    entrants, graduates = (by_hub(name)(data, place, keys) for name in ("entrants", "graduates"))
    return 1 - graduates / entrants.where(entrants > 0)


# --- jobs -----------------------------------------------------------------------------------------


def hires(data, place, keys) -> xr.DataArray:
    """Return new jobs, those of the sectors that the keys select."""
    values = data.hires
    for key in ("sector_left", "sector_taken"):
        values = values.sel({key: keys[key]}, drop=True) if key in keys else values.sum(key)
    return values


def outflow(data, place, keys) -> xr.DataArray:
    """Return, of the people who leave a sector for another one, the part that takes a job in the named sector."""
    if set(keys) != {"sector_left", "sector_taken"}:
        raise ResultError("outflow", "needs two keys: outflow,sector_left=frontier_lab,sector_taken=startup")
    leaving = data.hires.sel(sector_left=keys["sector_left"], drop=True)
    others = leaving.where(leaving.sector_taken != keys["sector_left"], 0)
    return others.sel(sector_taken=keys["sector_taken"], drop=True) / others.sum("sector_taken")


def retention(data, place, keys) -> xr.DataArray:
    """Return the part of a sector's engineers still with their employer after two years at the year's separations.

    Separations are new jobs of people of the sector, those of movers included, over its engineers on 1 January; people
    who leave the occupation are not counted. All sectors together without a key.
    """
    left = data.hires.sum("sector_taken").rename(sector_left="sector")
    at_start = data.stock_by_sector.sum("hub").isel(time=slice(None, -1)).rename(time="year")
    pick = lambda values: values.sel(sector=keys["sector"], drop=True) if keys else values.sum("sector")  # noqa: E731
    return (1 - pick(left) / pick(at_start)) ** 2


def job_change_rate(data, place, keys) -> xr.DataArray:
    """Return changes of employer within the hub over the stock at the start of the year."""
    at_start = data.stock_by_status.sum("hub").isel(time=slice(None, -1)).rename(time="year")
    pick = lambda values: values.sel(status=keys["status"], drop=True) if keys else values.sum("status")  # noqa: E731
    return pick(data.job_changes) / pick(at_start)


def tied_moves(data, place, keys) -> xr.DataArray:
    """Return the share of moves to a hub where a former colleague lives."""
    return data.tied_moves / data.flow.sum(("origin", "destination"))


def tied_ratio(data, place, keys) -> xr.DataArray:
    """Return the share of moves to a hub with a former colleague over the share under random destinations.

    It is NaN where the latter is zero.
    """
    return data.tied_moves / data.tied_moves_random.where(data.tied_moves_random > 0)


# --- routes, prices, compute ----------------------------------------------------------------------


def by_route(name) -> Callable:
    """Return the measure of a variable over routes: one route, the routes of a country or region, or each."""

    def routes(data, place, keys) -> xr.DataArray:
        """Select or sum the routes that are asked for."""
        values = data["grants_by_tier"].sel(tier=keys["tier"], drop=True) if "tier" in keys else data[name]
        if place is not None and "route" in keys:
            raise ResultError(name, f"give a place ({place.name}) or a route ({keys['route']}), not both")
        if place is not None and place.kind == "hub":
            raise ResultError(name, f"routes lead into countries: give a country or a region, not {place.name}")
        if "route" in keys:
            return values.sel(route=keys["route"], drop=True)
        if place is None:
            return values
        # a route is named after its country: usa.h1b
        countries = set(data.hub_country.values[place.only])
        inside = [str(route).split(".")[0] in countries for route in data.route.values]
        return values.isel(route=np.flatnonzero(inside)).sum("route")

    return routes


def job_offers(name) -> Callable:
    """Return the measure of job offers abroad by the country of the job, those of a place's countries together."""

    def offers(data, place, keys) -> xr.DataArray:
        """Sum the offers over the countries of the place."""
        return data.isel(country=countries_of(data, place, name, "job offers", "are"))[name].sum("country")

    return offers


def odds(data, place, keys) -> xr.DataArray:
    """Return selected over registered applications, of a route or a place's routes; NaN where nobody registered."""
    selected, registered = (by_route(name)(data, place, keys) for name in ("selected", "registrations"))
    return selected / registered.where(registered > 0)


def average(name) -> Callable:
    """Return the measure of a level by hub; over several hubs or tiers it is weighted by resident engineers."""

    def level_of(data, place, keys) -> xr.DataArray:
        """Average the level over tiers and hubs, weighted by resident engineers."""
        level = data[name]
        if "tier" not in level.dims:
            weight = data.stock.sum("tier")
        elif "tier" in keys:
            level, weight = (values.sel(tier=keys["tier"], drop=True) for values in (level, data.stock))
        else:
            weight = data.stock
            # mean over tiers, weighted by residents
            level, weight = (level * weight).sum("tier") / weight.sum("tier"), weight.sum("tier")
        if place is None:
            return level
        # mean over the hubs of the place, weighted by residents
        level, weight = level.isel(hub=place.only), weight.isel(hub=place.only)
        return (level * weight).sum("hub") / weight.sum("hub")

    return level_of


def expert_premium(data, place, keys) -> xr.DataArray:
    """Return the pay of experts over that of practitioners."""
    expert, practitioner = (average("pay")(data, place, {"tier": tier}) for tier in ("expert", "practitioner"))
    return expert / practitioner


# --- Parsing and looking up measures ----------------------------------------------------------------


@dataclass(frozen=True)
class Query:
    """A parsed measure; its names are not looked up yet."""

    name: str
    place: str | None = None
    keys: dict[str, str] = field(default_factory=dict)
    time: int | None = None
    after: int | None = None  # years after the start, for a cohort


class Measure(NamedTuple):
    """A named number of a result: how it is computed, its unit, and what may narrow it."""

    compute: Callable  # of (dataset, Place or None, keys) -> DataArray over (arm, replicate, time or year, ...)
    unit: str  # 'share', 'rate', 'persons', 'persons a year' or the unit of its variable
    keys: tuple[str, ...]
    meaning: str
    takes_place: bool = True


def parse(text) -> Query:
    """Parse the text of a measure.

    >>> parse("share:usa,tier=expert@2036")
    Query(name='share', place='usa', keys={'tier': 'expert'}, time=2036, after=None)

    Raises
    ------
    ResultError naming the part that cannot be read.
    """
    # name[:place][,key=value...][@time]
    if not isinstance(text, str):
        raise ResultError(f"{text!r:.60}", "is no measure, such as share:usa")
    body, at, time = text.strip().partition("@")
    head, *pairs = body.split(",")
    name, colon, place = (part.strip() for part in head.partition(":"))
    if name not in MEASURES:
        raise ResultError(text, f"unknown measure {name!r}{nearest(name, MEASURES)}")
    if colon and not place:
        raise ResultError(text, "a place is missing after ':'")
    # cohorts may give a time relative to the start: stay:usa@+5
    later = time.strip().startswith("+") and name in COHORTS
    if at and not time.strip()[later:].isdecimal():
        kind = "a year, or +5 for five years after the start," if name in COHORTS else "a year,"
        raise ResultError(text, f"the time after '@' is {kind} not {time.strip()!r}")
    # each key once: a second one would silently win
    keys = [_key(text, name, pair) for pair in pairs]
    if len(dict(keys)) < len(keys):
        raise ResultError(text, "a key is given twice")
    return Query(name, place or None, dict(keys), int(time) if at and not later else None, int(time) if later else None)


def _key(text, name, pair) -> tuple[str, str]:
    """Parse one ``key=value`` of a measure; raise ResultError for a key that the measure does not take."""
    key, equals, value = (part.strip() for part in pair.partition("="))
    allowed = MEASURES[name].keys
    if key not in allowed:
        may = f"{name} takes {', '.join(allowed)}" if allowed else f"{name} takes no key"
        raise ResultError(text, f"unknown key {key!r}; {may}{nearest(key, allowed)}")
    if not equals or not value:
        raise ResultError(text, f"{key} needs a value: {key}=...")
    return key, value


def series(result, query) -> xr.DataArray:
    """Compute a measure at all times, in every arm and replicate.

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
    query = query if isinstance(query, Query) else parse(query)
    asked = MEASURES[query.name]
    for key, value in query.keys.items():
        # refuse values that the result does not have, naming the nearest
        known = known_values(result.data, key)
        if known is None:
            continue
        if value not in known:
            raise ResultError(query.name, f"unknown {key} {value!r}{nearest_place(value, known)}")
    if query.place and not asked.takes_place:
        raise ResultError(query.name, f"takes no place, but {query.place!r} was given")
    place = find(result.data, query.place) if query.place else None
    values = asked.compute(result.data, place, query.keys)
    return values.rename(query.name).assign_attrs(units=asked.unit, long_name=asked.meaning)


def measure(result, query) -> xr.DataArray:
    """Compute a measure at its time, in every arm and replicate; at the last time if it names none.

    Returns
    -------
    xarray.DataArray over (arm, replicate) and, with no place, hub or route

    Raises
    ------
    ResultError as in :func:`series`, and for a time outside the run.
    """
    query = query if isinstance(query, Query) else parse(query)
    values = series(result, query)
    # stocks are counted on 1 January (time), flows over a year
    axis = "time" if "time" in values.dims else "year"
    times = values[axis].values
    if query.time is None:
        return values.isel({axis: -1})
    if query.time not in times:
        raise ResultError(query.name, f"{query.time} lies outside the run, {times[0]} to {times[-1]}")
    return values.sel({axis: query.time})


# keys that measures take
WHO = ("tier", "role", "sector", "home", "status")
GROUPS = {"elite": "elite researchers"}  # parts of the experts, see study.elite
PERSON = (*WHO, "trained_in", "group")  # of whom several together are counted while a run goes on
COHORTS = ("stay",)
COUNT = "talentflow count"
BASES = ("residence", "employer")
PEOPLE, CONCENTRATED = (*PERSON, "basis"), (*WHO, "basis")
HIRES = ("sector_left", "sector_taken")
ROUTE_COUNTS = "applicants applicants_abroad grants_abroad lost_petitions registrations selected backlog".split()


def _called(data, axis) -> dict:
    """Return label -> spoken name of an axis."""
    labels = data[axis].values.astype(str).tolist()
    return dict(zip(labels, data.coords.get(f"{axis}_name", data[axis]).values.astype(str).tolist(), strict=True))


def known_values(data, key) -> dict | None:
    """Return value -> spoken name of the values that a key takes; None for a place, which :func:`find` looks up."""
    if key in ("origin", "destination", "rate"):
        return None
    if key == "basis":
        return {basis: basis for basis in BASES}
    if key == "group":
        return GROUPS
    if key == "trained_in":
        return {country: country for country in np.unique(data.hub_country.values.astype(str)).tolist()}
    return _called(data, key)


def _declared(name, compute, *keys) -> Measure:
    """Return the Measure of a variable of the result, with the unit and meaning that the variable declares."""
    return Measure(compute(name), VARIABLES[name].unit, keys, VARIABLES[name].meaning)


MEASURES = {
    "share": Measure(share, "share", PEOPLE, "part of the world stock"),
    "stock": Measure(stock, "persons", PEOPLE, "engineers on 1 January"),
    "hhi": Measure(hhi, "index", CONCENTRATED, "concentration: sum of the squared hub shares", takes_place=False),
    "top3": Measure(top3, "share", CONCENTRATED, "share of the three largest hubs", takes_place=False),
    "drain": Measure(drain, "share", ("home",), "part of a country's engineers abroad", takes_place=False),
    "gain": Measure(gain, "share", (), "part of a place's engineers who come from another country"),
    "mix": Measure(mix, "share", WHO, "part of a place's engineers"),
    "remote": Measure(remote, "share", (), "part of a place's engineers whose employer is in another hub"),
    "arrivals": Measure(arrivals, "persons a year", (*PERSON, "origin"), "moves into the place from outside it"),
    "departures": Measure(departures, "persons a year", (*PERSON, "destination"), "moves out of the place"),
    "moves": Measure(counted, "persons a year", PERSON, "moves from hub to hub, inside the place if one is given"),
    "returns": Measure(counted, "persons a year", (*PERSON, "origin"), "arrivals of people whose home the place is"),
    "stay": Measure(
        counted, "share", PERSON, "of those in the place at the start and still engineers, part still there"
    ),
    "vacancies": Measure(counted, "persons", ("tier",), "jobs wanted on 1 January that no engineer holds"),
    "openings": Measure(
        counted, "persons a year", ("tier",), "jobs that open in the year: turnover, and the rise of the jobs wanted"
    ),
    "roles_per_candidate": Measure(
        counted, "ratio", ("tier",), "jobs open at the start or opened in the year over people who looked for one"
    ),
    "time_to_fill": Measure(counted, "months", ("tier",), "mean vacancies over the jobs filled a month"),
    "doctors_to_industry": Measure(
        counted, "share", (), "part of the year's new doctors whose first job is outside academia"
    ),
    "spinouts": Measure(
        counted, "startups a year", (), "startups that leaders of teams found, which colleagues follow"
    ),
    "remote_pay": Measure(
        counted, "ratio", (), "pay of remote workers over that of local jobs of their hub, tier and role"
    ),
    "net_migration": Measure(net_migration, "persons a year", (), "arrivals less departures"),
    "net_rate": Measure(net_rate, "rate", (), "net migration over the stock at the start of the year"),
    "arrival_share": Measure(arrival_share, "share", PERSON, "part of all arrivals between such places"),
    "entrants": _declared("entrants", by_hub, "tier"),
    "graduates": _declared("graduates", by_hub, "tier"),
    "adjacent": Measure(adjacent, "share", ("tier",), "part of the entrants from adjacent occupations"),
    "promotions": _declared("promotions", by_hub, "tier"),
    "years_to_expert": Measure(
        years_to_expert, "years", (), "expected years from entry to expert at the rates of the year"
    ),
    "retention": Measure(
        retention,
        "share",
        ("sector",),
        "still with their employer after two years, at the year's rate",
        takes_place=False,
    ),
    "hires": Measure(hires, "persons a year", HIRES, "new jobs, those of movers included", takes_place=False),
    "outflow": Measure(outflow, "share", HIRES, "part of a sector's leavers for other sectors", takes_place=False),
    "job_change_rate": Measure(
        job_change_rate,
        "rate",
        ("status",),
        "changes of employer within the hub over the stock",
        takes_place=False,
    ),
    "tied_moves": Measure(
        tied_moves,
        "share",
        (),
        "part of all moves to a hub where a former colleague lives",
        takes_place=False,
    ),
    "tied_ratio": Measure(
        tied_ratio,
        "ratio",
        (),
        "moves to a former colleague's hub over those under random destinations",
        takes_place=False,
    ),
    "team_completeness": Measure(
        lambda data, place, keys: data.team_completeness,
        VARIABLES["team_completeness"].unit,
        (),
        VARIABLES["team_completeness"].meaning,
        takes_place=False,
    ),
    "exits": _declared("exits", by_hub),
    "grants": _declared("grants", by_route, "route", "tier"),
    **{name: _declared(name, by_route, "route") for name in ROUTE_COUNTS},
    **{name: _declared(name, job_offers) for name in ("offers", "offers_taken")},
    "odds": Measure(odds, "share", ("route",), "selected over all demand for the route's pool"),
    "pay": _declared("pay", average, "tier"),
    "expert_premium": Measure(expert_premium, "ratio", (), "pay of experts over that of practitioners"),
    "net_pay": _declared("net_pay", average, "tier"),
    "price_level": _declared("price_level", average),
    "compute_per_engineer": _declared("compute_per_engineer", average),
    **{name: _declared(name, by_country, "part") for name in MONEY},
    "cost_per_engineer": Measure(
        cost_per_engineer(stock),
        "kUSD an engineer-year",
        (*WHO, "rate"),
        "discounted net public cost over discounted extra engineer-years, from the start; rate in % a year",
    ),
}
