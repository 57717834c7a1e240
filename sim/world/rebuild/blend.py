"""How many engineers each country and hub has: published regional totals, blended country and city shares.

Totals of North America, the EU and Asia-Pacific are published without data (grade C); the rest of the world
is what is left of 1.9 million. Countries share a region by GitHub developers times the concentration of AI
skills, quoted head counts and conference authors; cities share a country by the mean of the sources found.
"""

from collections.abc import Iterable
from functools import cache

from sim.world.rebuild.store import Row, country_of, mean, normalised, source

# Widest range allowed around a country's blend, and the least range of a country, a city and a remainder.
WIDEST, COUNTRY_RANGE, CITY_RANGE, REST_RANGE = (0.4, 2.5), (0.85, 1.15), (0.8, 1.2), (0.7, 1.35)
EUROPE_OF_ATLAS = ("gbr", "che", "nor", "ukr")  # with the EU, what Sequoia's atlas calls Europe
GROUP_HUB = {"EU": "rest_of_eu", "APAC": "rest_of_asia", "ROW": "rest_of_world"}

# Names in the count of conference affiliations.
HALF = {"usa": ("new_york", "HALF_NY_REST"), "fra": ("paris", "HALF_PARIS_REST")}
TWO_LETTERS = {
    "usa": "US",
    "can": "CA",
    "gbr": "GB",
    "fra": "FR",
    "deu": "DE",
    "nld": "NL",
    "pol": "PL",
    "prt": "PT",
    "ind": "IN",
    "chn": "CN",
}


@cache
def indicators() -> dict[str, Row]:
    """Region, concentration of AI skills and quoted head counts by member country."""
    return {row["country"]: row for row in source("country_indicators")}


@cache
def country_estimates() -> dict[str, list[tuple[float, float]]]:
    """(engineers, weight) by every estimate of a member country."""
    found: dict[str, list[tuple[float, float]]] = {}
    for row in source("blend_weights"):
        total = float(row["total"])
        shares = _north_america() if row["region"] == "NA" else _region(row)
        for weight, by_country in shares:
            for country, share in by_country.items():
                found.setdefault(country, []).append((total * share, weight))
    return found


def _north_america() -> list[tuple[float, dict[str, float]]]:
    return [
        (float(row["weight"]), {"usa": 1 - share, "can": share})
        for row in source("canada_share")
        for share in [float(row["share_of_us_plus_canada"])]
    ]


def _region(weights: Row) -> list[tuple[float, dict[str, float]]]:
    """(weight, shares by country) of each estimate of a region's split."""
    inside = {c: row for c, row in indicators().items() if row["region"] == weights["region"]}
    accounts = {row["country"]: float(row["developers_2025q3"]) for row in source("github_developers")}
    authors = {row["country"]: float(row["mean_share"]) for row in source("conference_country")}
    skill = {c: float(row["github_fix"]) * float(row["conc_index"]) for c, row in inside.items()}
    developers = normalised({c: accounts.get(c, 0.0) * skill[c] for c in inside})
    found = [
        (float(weights["w_dev"]), developers),
        (float(weights["w_authors"]), normalised({c: authors.get(c, 0.0) for c in inside})),
    ]
    for which in ("a", "b"):
        weight = float(weights[f"w_quoted_{which}"])
        if weight:
            quoted = {c: float(row[f"quoted_{which}"]) for c, row in inside.items() if row[f"quoted_{which}"]}
            in_percent = weights["region"] == "EU"
            found.append((weight, _filled(quoted, developers) if in_percent else normalised(quoted)))
    return found


def _filled(percent: dict[str, float], developers: dict[str, float]) -> dict[str, float]:
    """Quoted percentages; the other countries share the rest as their developers do."""
    others = normalised({c: share for c, share in developers.items() if c not in percent})
    rest = 1 - sum(percent.values()) / 100
    return {c: percent[c] / 100 if c in percent else rest * others[c] for c in developers}


@cache
def country_totals() -> dict[str, float]:
    """Engineers by member country: the weighted mean of its estimates."""
    totals = {}
    weights = {row["region"]: row for row in source("blend_weights")}
    for country, estimates in country_estimates().items():
        row = weights[indicators()[country]["region"]]
        named = [float(row[key] or 0) for key in ("w_dev", "w_quoted_a", "w_quoted_b", "w_authors")]
        whole = sum(named) or sum(weight for _, weight in estimates)
        totals[country] = sum(engineers * weight for engineers, weight in estimates) / whole
    return totals


def metros(country: str) -> list[str]:
    """Metropolitan hubs of a member country."""
    return [row["hub"] for row in source("hub_places") if (row["country"], row["kind"]) == (country, "metro")]


def remainder(country: str) -> str:
    """The hub that holds a member country's engineers outside its metropolitan hubs."""
    if country == "hkg":
        return "rest_of_china"
    own = [row["hub"] for row in source("hub_places") if row["country"] == country and row["kind"] != "metro"]
    return own[0] if own else GROUP_HUB[indicators()[country]["region"]]


@cache
def author_shares(country: str) -> dict[str, float]:
    """Share of a country's conference author slots in each metropolitan hub."""
    slots = {row["place"]: float(row["author_slots"]) for row in source("conference_hub")}
    found = {metro: slots.get(metro, 0.0) for metro in metros(country)}
    unplaced = slots.get(f"COUNTRY_{TWO_LETTERS[country]}", 0.0) + slots.get(remainder(country), 0.0)
    if country in HALF:  # affiliations with sites in the metropolitan hub and elsewhere
        hub, both = HALF[country]
        found[hub] += slots[both] / 2
        unplaced += slots[both] / 2
    whole = sum(found.values()) + unplaced
    return {metro: count / whole for metro, count in found.items()}


@cache
def city_estimates() -> dict[tuple[str, str], list[tuple[float, float, str]]]:
    """(share of the country, weight, source) by every estimate of (country, metropolitan hub)."""
    permits = {row["hub"]: float(row["approvals"]) for row in source("h1b_information_2022")}
    eu = [country for country, row in indicators().items() if row["region"] == "EU"]
    europe = sum(country_totals()[country] for country in (*eu, *EUROPE_OF_ATLAS))
    found: dict[tuple[str, str], list[tuple[float, float, str]]] = {}
    for row in source("city_shares"):
        country, hub, text = row["country"], row["hub"], row["share"]
        if text == "H1B":
            share = permits[hub] / sum(permits.values())
        elif text == "AUTH":
            share = author_shares(country)[hub]
        elif text.startswith("SEQ"):
            share = float(text[3:]) / 100 * europe / country_totals()[country]
        else:
            share = float(text)
        found.setdefault((country, hub), []).append((share, float(row["weight"]), row["source_id"]))
    return found


@cache
def blended() -> dict[tuple[str, str], float]:
    """Engineers by (hub, member country), cities first; Hong Kong stands by itself here."""
    found: dict[tuple[str, str], float] = {}
    for country, total in country_totals().items():
        shares = {hub: mean(e[:2] for e in city_estimates()[country, hub]) for hub in metros(country)}
        found |= {(hub, country): total * share for hub, share in shares.items()}
        found[remainder(country), country] = total * (1 - sum(shares.values()))
    return found


def ranges() -> dict[str, tuple[float, float]]:
    """Low and high engineers by hub: the extremes of the sources, author shares of cities left out."""
    low = dict.fromkeys(country_of(), 0.0)
    high = dict.fromkeys(country_of(), 0.0)
    for (hub, country), engineers in blended().items():
        if (country, hub) in city_estimates():
            total = country_totals()[country]
            shares = [share for share, _, name in city_estimates()[country, hub] if name != "authors"]
            extremes = [total * share for share in shares] or [engineers]
            bounds = _around(engineers, extremes, CITY_RANGE)
        elif metros(country):
            bounds = _around(engineers, (), REST_RANGE)
        else:
            extremes = [*(e for e, _ in country_estimates()[country]), *_national_counts(country)]
            least, most = _around(engineers, extremes, COUNTRY_RANGE)
            bounds = max(least, WIDEST[0] * engineers), min(most, WIDEST[1] * engineers)
        low[hub] += bounds[0]
        high[hub] += bounds[1]
    return {hub: (low[hub], high[hub]) for hub in low}


def _around(middle: float, extremes: Iterable[float], least: tuple[float, float]) -> tuple[float, float]:
    extremes = list(extremes)
    return min([*extremes, least[0] * middle]), max([*extremes, least[1] * middle])


def _national_counts(country: str) -> list[float]:
    rows = source("national_counts")
    return [float(row["count"]) for row in rows if row["country"] == country and row["comparable"] == "1"]
