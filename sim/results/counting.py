"""How every measure is counted: functions of (dataset, Place or None, keys), all times and pairs at once."""

import numpy as np
import xarray as xr

from sim.errors import ResultError

# --- stocks: on 1 January -------------------------------------------------------------------------


def people(data, keys):
    """Stock by hub of those whom the key picks; a result counts people along one key at a time.

    By hub of residence, unless ``basis=employer`` asks for that of the employer, which is counted by tier.
    """
    basis, keys = keys.get("basis", "residence"), {key: value for key, value in keys.items() if key != "basis"}
    if basis == "employer" and not keys.keys() <= {"tier"}:
        raise ResultError(f"engineers by employer are counted by tier alone, not by {' and '.join(keys)}")
    if len(keys) > 1:
        raise ResultError(f"people are not counted by {' and '.join(keys)} together; give one of them")
    stock = data["stock_by_employer" if basis == "employer" else "stock"]
    for key, value in keys.items():
        return (stock if key == "tier" else data[f"stock_by_{key}"]).sel({key: value}, drop=True)
    return stock.sum("tier")


def stock(data, place, keys):
    """Persons on 1 January, by hub or in the place."""
    counted = people(data, keys)
    return counted.isel(hub=place.only).sum("hub") if place else counted


def share(data, place, keys):
    """Their part of the world stock."""
    return stock(data, place, keys) / people(data, keys).sum("hub")


def mix(data, place, keys):
    """The part of a place's engineers whom the key picks."""
    if not keys:
        raise ResultError("mix", "needs a key: mix:paris,tier=expert")
    return stock(data, place, keys) / stock(data, place, {})


def remote(data, place, keys):
    """The part of a place's engineers whose employer is in another hub."""
    return by_hub("remote")(data, place, keys) / stock(data, place, {})


def years_to_expert(data, place, keys):
    """Expected years from entry to expert at the year's rates of promotion: one over each rate, added up.

    For those who stay in the occupation, which few do so long: most never become experts.
    """
    at_start = data.stock.isel(time=slice(None, -1)).rename(time="year")
    promoted, tiers = data.promotions, ["practitioner", "entry"]
    if place:
        at_start, promoted = (values.isel(hub=place.only).sum("hub") for values in (at_start, promoted))
    return (at_start / promoted.where(promoted > 0)).sel(tier=tiers).sum("tier", skipna=False)


def hhi(data, place, keys):
    """Sum of the squared hub shares: 1 if all live in one hub."""
    return (share(data, None, keys) ** 2).sum("hub")


def top3(data, place, keys):
    """Share of the three largest hubs, whichever they are at the time."""
    shares = share(data, None, keys)
    return shares.reduce(lambda values, axis: np.sort(values, axis=axis).take([-3, -2, -1], axis).sum(axis), "hub")


def drain(data, place, keys):
    """Part of a country's engineers who live in another country."""
    if "home" not in keys:
        raise ResultError("drain", "needs a home: drain,home=ind")
    own = data.hub_country.values == keys["home"]
    if not own.any():
        raise ResultError("drain", f"{keys['home']} is a group of countries or has no hub; give a country")
    counted = people(data, keys)
    return counted.isel(hub=np.flatnonzero(~own)).sum("hub") / counted.sum("hub")


def gain(data, place, keys):
    """Part of the engineers of a hub, or the place, from another country; nan for hubs in groups of countries."""
    homes = data.home.values.astype(str)
    countries = data.hub_country.values.astype(str)
    if place and not np.isin(countries[place.only], homes).all():
        raise ResultError("gain", f"{place.name} holds a group of countries: who is foreign in it is not known")
    own = xr.DataArray(homes[:, None] == countries, dims=("home", "hub"))
    foreign = data.stock_by_home.where(~own, 0).sum("home").where(own.any("home"))
    everybody = data.stock.sum("tier")
    if place is None:
        return foreign / everybody
    return foreign.isel(hub=place.only).sum("hub") / everybody.isel(hub=place.only).sum("hub")


# --- flows: over a year ---------------------------------------------------------------------------


def arrivals(data, place, keys):
    """Moves into a hub, or into the place from outside it."""
    if place is None:
        return data.flow.sum("origin").rename(destination="hub")
    return data.flow.isel(origin=place.others, destination=place.only).sum(("origin", "destination"))


def departures(data, place, keys):
    """Moves out of a hub, or out of the place."""
    if place is None:
        return data.flow.sum("destination").rename(origin="hub")
    return data.flow.isel(origin=place.only, destination=place.others).sum(("origin", "destination"))


def arrival_share(data, place, keys):
    """Arrivals over all arrivals between places of the same kind: hubs, countries or regions."""
    labels = data.hub.values if place is None else place.labels
    outside = xr.DataArray(labels[:, None] != labels, dims=("origin", "destination"))
    return arrivals(data, place, keys) / data.flow.where(outside, 0).sum(("origin", "destination"))


def net_migration(data, place, keys):
    """Arrivals less departures."""
    return arrivals(data, place, keys) - departures(data, place, keys)


def net_rate(data, place, keys):
    """Net migration over the stock at the start of the year."""
    at_start = stock(data, place, {}).isel(time=slice(None, -1)).rename(time="year")
    return net_migration(data, place, keys) / at_start


def by_hub(name):
    """The measure that a variable over hubs is: summed over the place."""

    def compute(data, place, keys):
        values = data[name]
        if "tier" in values.dims:
            values = values.sel(tier=keys["tier"], drop=True) if "tier" in keys else values.sum("tier")
        return values.isel(hub=place.only).sum("hub") if place else values

    return compute


def adjacent(data, place, keys):
    """The part of a year's entrants who come from adjacent occupations; nan where nobody enters."""
    entrants, graduates = (by_hub(name)(data, place, keys) for name in ("entrants", "graduates"))
    return 1 - graduates / entrants.where(entrants > 0)


# --- jobs -----------------------------------------------------------------------------------------


def hires(data, place, keys):
    """New jobs, those of the sectors that the keys pick."""
    values = data.hires
    for key in ("sector_left", "sector_taken"):
        values = values.sel({key: keys[key]}, drop=True) if key in keys else values.sum(key)
    return values


def outflow(data, place, keys):
    """Of those who leave a sector for another one, the part that takes a job in the sector named."""
    if set(keys) != {"sector_left", "sector_taken"}:
        raise ResultError("outflow", "needs two keys: outflow,sector_left=frontier_lab,sector_taken=startup")
    leaving = data.hires.sel(sector_left=keys["sector_left"], drop=True)
    others = leaving.where(leaving.sector_taken != keys["sector_left"], 0)
    return others.sel(sector_taken=keys["sector_taken"], drop=True) / others.sum("sector_taken")


def job_change_rate(data, place, keys):
    """Changes of employer within the hub over the stock at the start of the year."""
    at_start = data.stock_by_status.sum("hub").isel(time=slice(None, -1)).rename(time="year")
    pick = lambda values: values.sel(status=keys["status"], drop=True) if keys else values.sum("status")  # noqa: E731
    return pick(data.job_changes) / pick(at_start)


def tied_moves(data, place, keys):
    """The part of all moves that lead to a hub where a former colleague lives."""
    return data.tied_moves / data.flow.sum(("origin", "destination"))


def tied_ratio(data, place, keys):
    """The same over what it would be if movers went where the year's arrivals went; nan where nobody would."""
    return data.tied_moves / data.tied_moves_random.where(data.tied_moves_random > 0)


# --- routes, prices, compute ----------------------------------------------------------------------


def by_route(name):
    """The measure that a variable over routes is: one route, the routes of a country or region, or each."""

    def compute(data, place, keys):
        values = data["grants_by_tier"].sel(tier=keys["tier"], drop=True) if "tier" in keys else data[name]
        if place is not None and "route" in keys:
            raise ResultError(name, f"give a place ({place.name}) or a route ({keys['route']}), not both")
        if place is not None and place.kind == "hub":
            raise ResultError(name, f"routes lead into countries: give a country or a region, not {place.name}")
        if "route" in keys:
            return values.sel(route=keys["route"], drop=True)
        if place is None:
            return values
        countries = set(data.hub_country.values[place.only])
        inside = [str(route).split(".")[0] in countries for route in data.route.values]
        return values.isel(route=np.flatnonzero(inside)).sum("route")

    return compute


def odds(data, place, keys):
    """Selected over registered, of one route or of the routes of a country or region; nan where nobody registered."""
    selected, registered = (by_route(name)(data, place, keys) for name in ("selected", "registrations"))
    return selected / registered.where(registered > 0)


def average(name):
    """A hub's level; over several hubs or tiers the mean over the engineers who live there."""

    def compute(data, place, keys):
        level = data[name]
        if "tier" not in level.dims:
            weight = data.stock.sum("tier")
        elif "tier" in keys:
            level, weight = (values.sel(tier=keys["tier"], drop=True) for values in (level, data.stock))
        else:
            weight = data.stock
            level, weight = (level * weight).sum("tier") / weight.sum("tier"), weight.sum("tier")
        if place is None:
            return level
        level, weight = level.isel(hub=place.only), weight.isel(hub=place.only)
        return (level * weight).sum("hub") / weight.sum("hub")

    return compute


def expert_premium(data, place, keys):
    """Pay of experts over that of practitioners: how far the market has split in two."""
    expert, practitioner = (average("pay")(data, place, {"tier": tier}) for tier in ("expert", "practitioner"))
    return expert / practitioner
