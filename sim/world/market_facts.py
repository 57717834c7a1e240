"""Statements of the industry's reports on the market of early 2026, by id and by hub; ``market_facts.csv``."""

from functools import cache

from sim.custom_world import cached_by_world, rows
from sim.world.flows import read_source

INDEX_TOPICS = ("senior_total_compensation", "top_source", "sector_focus")  # beside net migration
REGIONS = {  # region of hubs.csv -> place of the published table by region
    "north_america": "North America",
    "eu27": "EU-27",
    "apac_ex_japan": "Asia-Pacific excluding Japan",
}


@cache
def facts() -> dict[str, dict[str, str]]:
    """Return the statements as texts: id -> row of ``market_facts.csv``, in the order of the file."""
    return {row["id"]: dict(row) for row in read_source("market_facts")}


def by_topic(topic) -> dict[str, dict[str, str]]:
    """Return the statements on one topic: place -> row."""
    return {row["place"]: row for row in facts().values() if row["topic"] == topic}


def published_index() -> dict[str, dict]:
    """Return what the industry index of 2026 says of each of its hubs.

    Returns
    -------
    dict of hub -> dict of net (% of the stock), senior (kUSD a year, median total pay at L5 and L6), sources (list of
    names of cities, the main origin first), focus (text), grade, source, period; None where nothing is published
    """
    pay, origins, focus = (by_topic(topic) for topic in INDEX_TOPICS)
    return {
        row["hub"]: {
            "net": float(row["value"]),
            "senior": float(pay[place]["value"]) if (place := row["place"]) in pay else None,
            "sources": _cities(origins[place]["meaning"]) if place in origins else None,
            "focus": focus[place]["meaning"] if place in focus else None,
            **{key: row[key] for key in ("grade", "source", "period")},
        }
        for row in rows("industry_index")
    }


def _cities(meaning) -> list[str]:
    """Return the cities that a statement such as "main origins: Bengaluru then London" lists."""
    return meaning.partition(": ")[2].partition(" (")[0].split(" then ")


@cached_by_world()
def expert_over_senior() -> dict[str, float]:
    """Return the pay of the median expert over that of the median senior engineer, by hub; ``pay_anchors.csv``.

    A hub without an anchor of its own takes that of the remainder of its region, from which it was split.
    """
    anchors = {row["hub"]: float(row["expert_multiplier"]) for row in read_source("pay_anchors")}
    hubs = rows("hubs")
    remainder = {row["region"]: anchors[row["hub"]] for row in hubs if row["kind"] == "rest" and row["hub"] in anchors}
    return {row["hub"]: anchors.get(row["hub"], remainder.get(row["region"], float("nan"))) for row in hubs}


@cached_by_world()
def cities() -> frozenset[str]:
    """Return the hubs that are a city or a small country, not the remainder of a country or region."""
    return frozenset(row["hub"] for row in rows("hubs") if row["kind"] != "rest")


METRO_SOURCES = {  # source of city_shares.csv -> name; they clash
    "signalfire25": "SignalFire 2025, technology companies only (m62, m96: at least 65 %)",
    "cset": "CSET 2020, all employers",
    "cbre24": "CBRE 2024, AI-skilled technology workers",
    "cbre25": "CBRE 2025, AI-skilled technology workers",
}


def two_metros() -> dict[str, tuple[float, str]]:
    """Return the Bay Area's and New York's part of US AI engineers by source: name -> (%, grade)."""
    both: dict[str, tuple[float, str]] = {}
    for row in read_source("city_shares"):
        if row["hub"] in ("sf_bay_area", "new_york") and (name := METRO_SOURCES.get(row["source_id"])):
            both[name] = (both.get(name, (0.0,))[0] + 100 * float(row["share"]), row["grade"])
    return both
