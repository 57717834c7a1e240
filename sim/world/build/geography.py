"""Build the tables of places: hubs, corridors, pairs of countries, homes and hubs, prices, employment."""

import math
from functools import cache
from itertools import product

from sim.world.build.homes import compatriots
from sim.world.build.source_files import Row, countries, country_of, homes, mean, normalised, source, worst
from sim.world.build.stocks import components, stock

EARTH_RADIUS_KM = 6371.0
Point = tuple[float, float, float]  # latitude, longitude, weight


@cache
def members() -> dict[str, dict[str, float]]:
    """Return the member countries of each of the 21 countries with their shares of its engineers.

    A single country has one member, itself; the three regional groups have many.
    """
    parts: dict[str, dict[str, float]] = {country: {} for country in countries()}
    for (hub, member), engineers in components().items():
        group = parts[country_of()[hub]]
        group[member] = group.get(member, 0.0) + engineers
    return {country: normalised(shares) for country, shares in parts.items()}


@cache
def home_members() -> dict[str, dict[str, float]]:
    """Return the countries of origin of each home, weighted by the engineers who live in them."""
    home_of = {row["country"]: row["home"] for row in source("home_groups")}
    parts: dict[str, dict[str, float]] = {home: {} for home in homes()}
    for (_, member), engineers in components().items():
        group = parts[home_of[member]]
        group[member] = group.get(member, 0.0) + engineers
    return {home: normalised(shares) for home, shares in parts.items()}


@cache
def points() -> dict[str, list[Point]]:
    """Return the weighted points that represent each hub: those of hub_points, and main cities of group members."""
    by_hub: dict[str, list[Point]] = {hub: [] for hub in country_of()}
    for row in source("hub_points"):
        by_hub[row["hub"]].append((float(row["lat"]), float(row["lon"]), float(row["weight"])))
    city = {row["country"]: (float(row["lat"]), float(row["lon"])) for row in source("cepii_cities")}
    for (hub, member), engineers in components().items():
        if country_of()[hub] in ("xeu", "xas", "xrw") and member in city:
            by_hub[hub].append((*city[member], engineers))
    return by_hub


def hubs_table() -> list[Row]:
    """Build hubs.csv; the position of a hub is the weighted mean of its points on the sphere."""
    grades = {row["hub"]: (row["grade"], row["source"]) for row in source("hub_points")}
    rows = []
    for place in source("hub_places"):
        grade, origin = grades.get(place["hub"], ("D", "CEPII main cities weighted by engineers"))
        lat, lon = _middle(points()[place["hub"]])
        rows.append(
            {key: place[key] for key in ("hub", "name", "country", "region", "kind", "tax_jurisdiction")}
            | {"lat": f"{lat:.4f}", "lon": f"{lon:.4f}", "coverage": place["coverage"]}
            | {"source": origin, "grade": grade}
        )
    return rows


def _middle(weighted: list[Point]) -> tuple[float, float]:
    """Return latitude and longitude of the weighted mean of points, taken as vectors in space; degrees."""
    x = y = z = 0.0
    for lat, lon, weight in weighted:
        phi, theta = math.radians(lat), math.radians(lon)
        x += weight * math.cos(phi) * math.cos(theta)
        y += weight * math.cos(phi) * math.sin(theta)
        z += weight * math.sin(phi)
    return math.degrees(math.atan2(z, math.hypot(x, y))), math.degrees(math.atan2(y, x))


def great_circle_km(a: Point, b: Point) -> float:
    """Return the great-circle distance of two points in km (haversine formula)."""
    lat_a, lat_b = math.radians(a[0]), math.radians(b[0])
    half_dlat, half_dlon = (lat_b - lat_a) / 2, math.radians(b[1] - a[1]) / 2
    h = math.sin(half_dlat) ** 2 + math.cos(lat_a) * math.cos(lat_b) * math.sin(half_dlon) ** 2
    return 2 * EARTH_RADIUS_KM * math.asin(math.sqrt(h))


def corridors() -> list[Row]:
    """Build corridors.csv: the weighted mean distance between the points of two hubs, in km."""
    grade = {row["hub"]: row["grade"] for row in hubs_table()}
    rows = []
    for origin, destination in product(points(), points()):
        if origin == destination:
            continue
        pairs = product(points()[origin], points()[destination])
        distance = mean((great_circle_km(a, b), a[2] * b[2]) for a, b in pairs)
        rows.append(
            {
                "origin": origin,
                "destination": destination,
                "distance_km": f"{distance:.0f}",
                "source": "great circle between the points of hub_points and cepii_cities",
                "grade": worst("B", grade[origin], grade[destination]),
            }
        )
    return rows


@cache
def _cepii() -> dict[tuple[str, str], tuple[float, float]]:
    """Return common official language and colonial tie, in either direction, of pairs of member countries."""
    raw = {
        (row["origin"], row["destination"]): (float(row["language"]), float(row["colony"]))
        for row in source("cepii_pairs")
    }
    return {
        (a, b): (language, max(colony, raw.get((b, a), (0.0, 0.0))[1])) for (a, b), (language, colony) in raw.items()
    }


@cache
def _free_pairs() -> frozenset[tuple[str, str]]:
    """Return the ordered pairs of member countries such that citizens of the first need no permit in the second."""
    pairs = set()
    for area in source("free_areas"):
        first, _, second = area["members"].partition("->")
        origins = first.split()
        pairs.update(product(origins, second.split() or origins))
    return frozenset(pairs)


def tie(kind: str, origin: str, destination: str) -> float:
    """Return the ``language``, ``colonial`` or ``free`` movement tie of two member countries, 0 or 1."""
    if origin == destination:
        return 0.0 if kind == "colonial" else 1.0
    if kind == "free":
        return float((origin, destination) in _free_pairs())
    return _cepii().get((origin, destination), (0.0, 0.0))[kind == "colonial"]


def _mean_tie(kind: str, origins: dict[str, float], destinations: dict[str, float]) -> float:
    """Return the mean tie between two groups of member countries, weighted by the product of their weights."""
    return mean((tie(kind, a, b), wa * wb) for (a, wa), (b, wb) in product(origins.items(), destinations.items()))


def country_pairs() -> list[Row]:
    """Build country_pairs.csv; figures of groups of countries are means over members, weighted by engineers."""
    groups = ("xeu", "xas", "xrw")
    rows = []
    for origin, destination in product(countries(), countries()):
        if origin == destination:
            continue
        ends = members()[origin], members()[destination]
        rows.append(
            {
                "origin": origin,
                "destination": destination,
                "language": f"{_mean_tie('language', *ends):.4f}",
                "colonial": f"{_mean_tie('colonial', *ends):.4f}",
                "free_movement": f"{_mean_tie('free', *ends):.4f}",
                "source": "CEPII GeoDist (language, colony); free_areas",
                "grade": "C" if origin in groups or destination in groups else "B",
            }
        )
    return rows


def home_hub() -> list[Row]:
    """Build home_hub.csv: language, colonial tie, free movement and compatriots of a home in a hub.

    People whose own country belongs to the hub's group of countries are assumed to live in, or move to, their own
    country there. ``home_share`` is their share of the home; they need no permit and speak the language.
    """
    living = compatriots()
    rows = []
    for home, hub in product(homes(), country_of()):
        own, others = _own_and_others(home, country_of()[hub])
        inside = members()[country_of()[hub]]
        rows.append(
            {
                "home": home,
                "hub": hub,
                "home_share": f"{own:.4f}",
                "language": f"{own + _outside('language', others, inside):.4f}",
                "colonial": f"{_outside('colonial', others, inside):.4f}",
                "free_share": f"{free_share(home, country_of()[hub]):.4f}",
                "compatriots": str(living[home, hub]),
                "source": "stock components; CEPII GeoDist; free_areas; home_mix",
                "grade": "C" if len(home_members()[home]) == 1 and len(inside) == 1 else "D",
            }
        )
    return rows


def _own_and_others(home: str, country: str) -> tuple[float, dict[str, float]]:
    """Share of a home whose own country lies within ``country``, and the weights of the others."""
    inside = members()[country]
    others = {member: weight for member, weight in home_members()[home].items() if member not in inside}
    return 1.0 - math.fsum(others.values()), others


def _outside(kind: str, others: dict[str, float], inside: dict[str, float]) -> float:
    """Return the part of a mean tie that comes from the ``others`` of a home, those from outside the country."""
    return _mean_tie(kind, others, inside) * math.fsum(others.values()) if others else 0.0


def free_share(home: str, country: str) -> float:
    """Return the share of a home's people who need no permit in a country, citizens included."""
    own, others = _own_and_others(home, country)
    return own + _outside("free", others, members()[country])


def prices() -> list[Row]:
    """Build prices.csv: national price level of GDP (World Bank PPP over exchange rate) times a city factor."""
    level = {
        row["country"]: float(row["ppp_lcu_per_intl_2024"]) / float(row["fx_lcu_per_usd"])
        for row in source("price_inputs")
    }
    rows = []
    for row in source("city_price_factors"):
        inside = members()[country_of()[row["hub"]]]
        national = mean((level[member], weight) for member, weight in inside.items() if member in level)
        rows.append(
            {
                "hub": row["hub"],
                "price_level": f"{national * float(row['city_factor']):.4f}",
                "national_level": f"{national:.4f}",
                "city_factor": row["city_factor"],
                "source": f"World Bank PPP 2024 over exchange rate; {row['source']}",
                "grade": row["grade"],
            }
        )
    return rows


def employment() -> list[Row]:
    """Build employment.csv: share of engineers in metropolitan employment; 0 for a country or a remainder."""
    jobs = {row["hub"]: row for row in source("metro_employment")}
    kind = {row["hub"]: row["kind"] for row in source("hub_places")}
    rows = []
    for hub, engineers in stock().items():
        if kind[hub] == "metro":
            share = engineers / (1000 * float(jobs[hub]["employment_thousands"]))
            origin = f"stock over {jobs[hub]['employment_thousands']} thousand jobs; {jobs[hub]['source']}"
        else:
            share, origin = 0.0, "rule: 0 for a whole country or a remainder"
        rows.append({"hub": hub, "engineer_share": f"{share:.6f}", "source": origin, "grade": "D"})
    return rows
