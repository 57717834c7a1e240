"""Build the stocks: engineers by country and hub, by sector, tier and role."""

from collections.abc import Iterable
from functools import cache

from sim.world.build.source_files import (
    SPLIT_OFF,
    Row,
    country_of,
    hubs,
    mean,
    normalised,
    share_texts,
    source,
    whole_numbers,
)
from sim.world.categories import ROLES, SECTORS, TIERS

# ------------------------------------------------------------------------------
# Engineers by country and hub: published regional totals times blended shares of countries and cities
# ------------------------------------------------------------------------------


# Widest range around the estimate of a country, and least ranges of a country, a city and a remainder (factors).
WIDEST, COUNTRY_RANGE, CITY_RANGE, REST_RANGE = (0.4, 2.5), (0.85, 1.15), (0.8, 1.2), (0.7, 1.35)
EUROPE_OF_ATLAS = ("gbr", "che", "nor", "ukr")  # with the EU, Europe in Sequoia's atlas
GROUP_HUB = {"EU": "rest_of_eu", "APAC": "rest_of_asia", "ROW": "rest_of_world"}

# Codes of places in the count of conference affiliations.
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
    """Return region, concentration of AI skills and quoted head counts by member country."""
    return {row["country"]: row for row in source("country_indicators")}


@cache
def country_estimates() -> dict[str, list[tuple[float, float]]]:
    """Return the estimates of each member country as (engineers, weight)."""
    estimates: dict[str, list[tuple[float, float]]] = {}
    for row in source("blend_weights"):
        total = float(row["total"])
        shares = _north_america() if row["region"] == "NA" else _region(row)
        for weight, by_country in shares:
            for country, share in by_country.items():
                estimates.setdefault(country, []).append((total * share, weight))
    return estimates


def _north_america() -> list[tuple[float, dict[str, float]]]:
    """Return (weight, shares of the USA and Canada) for each estimate of Canada's share."""
    return [
        (float(row["weight"]), {"usa": 1 - share, "can": share})
        for row in source("canada_share")
        for share in [float(row["share_of_us_plus_canada"])]
    ]


def _region(weights: Row) -> list[tuple[float, dict[str, float]]]:
    """Return (weight, shares by country) for each estimate of the split of a region.

    Estimates are developers on GitHub corrected by skills, conference authors, and up to two quoted statistics.
    """
    inside = {c: row for c, row in indicators().items() if row["region"] == weights["region"]}
    accounts = {row["country"]: float(row["developers_2025q3"]) for row in source("github_developers")}
    authors = {row["country"]: float(row["mean_share"]) for row in source("conference_country")}
    skill = {c: float(row["github_fix"]) * float(row["conc_index"]) for c, row in inside.items()}
    developers = normalised({c: accounts.get(c, 0.0) * skill[c] for c in inside})
    estimates = [
        (float(weights["w_dev"]), developers),
        (float(weights["w_authors"]), normalised({c: authors.get(c, 0.0) for c in inside})),
    ]
    for which in ("a", "b"):
        weight = float(weights[f"w_quoted_{which}"])
        if weight:
            quoted = {c: float(row[f"quoted_{which}"]) for c, row in inside.items() if row[f"quoted_{which}"]}
            in_percent = weights["region"] == "EU"
            estimates.append((weight, _filled(quoted, developers) if in_percent else normalised(quoted)))
    return estimates


def _filled(percent: dict[str, float], developers: dict[str, float]) -> dict[str, float]:
    """Return shares from quoted percentages; countries without one split the rest in proportion to developers."""
    others = normalised({c: share for c, share in developers.items() if c not in percent})
    rest = 1 - sum(percent.values()) / 100
    return {c: percent[c] / 100 if c in percent else rest * others[c] for c in developers}


@cache
def country_totals() -> dict[str, float]:
    """Return the engineers of each member country, the weighted mean of its estimates."""
    totals = {}
    weights = {row["region"]: row for row in source("blend_weights")}
    for country, estimates in country_estimates().items():
        row = weights[indicators()[country]["region"]]
        named = [float(row[key] or 0) for key in ("w_dev", "w_quoted_a", "w_quoted_b", "w_authors")]
        whole = sum(named) or sum(weight for _, weight in estimates)
        totals[country] = sum(engineers * weight for engineers, weight in estimates) / whole
    return totals


def metros(country: str) -> list[str]:
    """Return the metropolitan hubs of a member country."""
    return [row["hub"] for row in source("hub_places") if (row["country"], row["kind"]) == (country, "metro")]


def remainder(country: str) -> str:
    """Return the hub with the engineers of a member country outside its metropolitan hubs."""
    if country == "hkg":
        return "rest_of_china"
    own = [row["hub"] for row in source("hub_places") if row["country"] == country and row["kind"] != "metro"]
    return own[0] if own else GROUP_HUB[indicators()[country]["region"]]


@cache
def author_shares(country: str) -> dict[str, float]:
    """Return the share of each metropolitan hub in the conference authorships of a country."""
    slots = {row["place"]: float(row["author_slots"]) for row in source("conference_hub")}
    placed = {metro: slots.get(metro, 0.0) for metro in metros(country)}
    unplaced = slots.get(f"COUNTRY_{TWO_LETTERS[country]}", 0.0) + slots.get(remainder(country), 0.0)
    if country in HALF:  # affiliations with sites in the metropolitan hub and elsewhere
        hub, both = HALF[country]
        placed[hub] += slots[both] / 2
        unplaced += slots[both] / 2
    whole = sum(placed.values()) + unplaced
    return {metro: count / whole for metro, count in placed.items()}


@cache
def city_estimates() -> dict[tuple[str, str], list[tuple[float, float, str]]]:
    """Return the estimates of each (country, metropolitan hub) as (share of the country, weight, source)."""
    permits = {row["hub"]: float(row["approvals"]) for row in source("h1b_information_2022")}
    eu = [country for country, row in indicators().items() if row["region"] == "EU"]
    europe = sum(country_totals()[country] for country in (*eu, *EUROPE_OF_ATLAS))
    estimates: dict[tuple[str, str], list[tuple[float, float, str]]] = {}
    for row in source("city_shares"):
        country, hub, text = row["country"], row["hub"], row["share"]
        # a share is a number, or a code: H-1B approvals, conference authors, share of Europe in Sequoia's atlas
        if text == "H1B":
            share = permits[hub] / sum(permits.values())
        elif text == "AUTH":
            share = author_shares(country)[hub]
        elif text.startswith("SEQ"):
            share = float(text[3:]) / 100 * europe / country_totals()[country]
        else:
            share = float(text)
        estimates.setdefault((country, hub), []).append((share, float(row["weight"]), row["source_id"]))
    return estimates


@cache
def blended() -> dict[tuple[str, str], float]:
    """Return the engineers by (hub, member country), with Hong Kong as a country of its own."""
    engineers: dict[tuple[str, str], float] = {}
    for country, total in country_totals().items():
        shares = {hub: mean(e[:2] for e in city_estimates()[country, hub]) for hub in metros(country)}
        engineers |= {(hub, country): total * share for hub, share in shares.items()}
        engineers[remainder(country), country] = total * (1 - sum(shares.values()))
    return engineers


def ranges() -> dict[str, tuple[float, float]]:
    """Return the low and high number of engineers by hub: the extremes of the sources, without author shares."""
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
    """Return the range of ``extremes``, but at least the range of the factors ``least`` around ``middle``."""
    extremes = list(extremes)
    return min([*extremes, least[0] * middle]), max([*extremes, least[1] * middle])


def _national_counts(country: str) -> list[float]:
    """Return the comparable head counts of a country by national statistics."""
    rows = source("national_counts")
    return [float(row["count"]) for row in rows if row["country"] == country and row["comparable"] == "1"]


# ------------------------------------------------------------------------------
# Stocks and sectors of the 39 hubs
# ------------------------------------------------------------------------------


REST = "rest_of_eu"
PARTS = (*SPLIT_OFF, REST)


@cache
def components() -> dict[tuple[str, str], float]:
    """Return the engineers by (hub, member country), with Hong Kong as part of China."""
    parts: dict[tuple[str, str], float] = {}
    for (hub, country), engineers in blended().items():
        key = hub, "chn" if country == "hkg" else country
        parts[key] = parts.get(key, 0.0) + engineers
    return parts


@cache
def stock() -> dict[str, int]:
    """Return the engineers by hub in hub order, rounded to whole persons that keep the total of every region."""
    engineers = dict.fromkeys(hubs(), 0.0)
    for (hub, _), count in components().items():
        engineers[hub] += count
    region = {row["hub"]: row["region"] for row in source("hub_places")}
    counts: dict[str, int] = {}
    for name in dict.fromkeys(region.values()):
        inside = {hub: count for hub, count in engineers.items() if region[hub] == name}
        counts |= whole_numbers(inside, round(sum(inside.values())))
    return {hub: counts[hub] for hub in hubs()}


def stock_table() -> list[Row]:
    """Build stock.csv: engineers by hub with the range of the sources."""
    cities = {hub: sorted({name for _, _, name in estimates}) for (_, hub), estimates in city_estimates().items()}
    low_high = ranges()
    rows = []
    for place in source("hub_places"):
        hub, share_grade = place["hub"], place["share_grade"]
        split = f"city share: {'; '.join(cities[hub])}" if hub in cities else "country blend"
        rows.append(
            {
                "hub": hub,
                "engineers": str(stock()[hub]),
                "low": f"{low_high[hub][0]:.0f}",
                "high": f"{low_high[hub][1]:.0f}",
                "source": f"regional total (m31-m34) x country share (blend_weights) x {split}",
                "share_grade": share_grade,
                "grade": "D" if share_grade == "D" else "C",
            }
        )
    return rows


@cache
def sector_shares() -> dict[str, dict[str, float]]:
    """Return the shares of sectors by hub; a hub split off rest_of_eu has the profile of rest_of_eu."""
    profiles = {row["hub"]: {s: float(row[s]) for s in SECTORS} for row in source("sector_profiles")}
    return {hub: normalised(profiles[REST if hub in PARTS else hub]) for hub in hubs()}


def sector_mix() -> list[Row]:
    """Build sector_mix.csv: one row for each hub and sector."""
    basis = {row["hub"]: row["basis"] or "assumed from the type of hub" for row in source("sector_profiles")}
    return [
        {
            "hub": hub,
            "sector": sector,
            "share": share,
            "source": f"assumed profile: {basis[REST if hub in PARTS else hub]}",
            "grade": "D",
        }
        for hub, shares in sector_shares().items()
        for sector, share in share_texts(shares).items()
    ]


def sectors() -> list[Row]:
    """Build sectors.csv: pay, equity, separations and remote work of each sector."""
    remote = {row["sector"]: row for row in source("remote_choices")}
    return [
        {
            "sector": row["sector"],
            "name": remote[row["sector"]]["name"],
            "pay_multiplier": row["pay_multiplier"],
            "equity_share_shift": row["equity_share_shift"],
            "illiquid_fraction": row["illiquid_fraction"],
            "separation_rate": row["separation_raw"],
            "remote_factor": remote[row["sector"]]["remote_factor"],
            "source": f"pay: {row['source_pay']}; separations: {row['source_separation']}; "
            f"remote work: {remote[row['sector']]['source']}",
            "grade": max(row["grade"], remote[row["sector"]]["grade"]),
        }
        for row in source("sector_params")
    ]


# ------------------------------------------------------------------------------
# Tiers and roles by hub
# ------------------------------------------------------------------------------


EXPERTS = 95_000  # 5 %: 42,134 active authors (capture and recapture) x 2.25 for other venues; D
PUBLISHING, CONFERENCES = 0.8, 0.4  # share of experts placed by publications; weight of our conference counts in them
TOP_SHARE = {"usa": 0.42, "chn": 0.28}  # MacroPolo 2022: where the top fifth of researchers work

# Weight of author affiliations inside a country; the rest is staff of labs and big technology firms.
ACADEMIC = {"gbr": 0.35, "usa": 0.50, "chn": 0.55}
ACADEMIC_ELSEWHERE = 0.60
LAB_OVER_BIG_TECH = 3.0
SENIOR = dict(zip(SECTORS, (4.0, 1.0, 0.6, 1.0, 0.5, 0.3, 0.1, 0.5), strict=True))

ENTRY_FLOOR, ENTRY_SLOPE = 0.20, 0.5  # entry share = floor + slope x share of entry-level salaries


@cache
def publishing() -> dict[str, float]:
    """Return the share of each member country in the experts who publish."""
    authors = {row["country"]: float(row["mean_share"]) for row in source("conference_country")}
    authors["chn"] += authors.pop("hkg") + authors.pop("mac")
    authors = normalised(authors)
    others = normalised({country: share for country, share in authors.items() if country not in TOP_SHARE})
    left = 1 - sum(TOP_SHARE.values())
    top = TOP_SHARE | {country: left * share for country, share in others.items()}
    share = {c: CONFERENCES * authors[c] + (1 - CONFERENCES) * top[c] for c in authors}
    # experts counted at US head offices who work at sites abroad
    abroad = {row["country"]: float(row["share_of_us_experts"]) for row in source("head_office")}
    moved = {country: share["usa"] * part for country, part in abroad.items()}
    share["usa"] -= sum(moved.values())
    for country, experts_moved in moved.items():
        share[country] += experts_moved
    return share


@cache
def experts() -> dict[str, float]:
    """Return the experts by hub: ``PUBLISHING`` of them by publications, the rest by senior staff of sectors."""
    weights = dict.fromkeys(hubs(), 0.0)
    for country, share in publishing().items():
        for hub, part in _inside(country).items():
            weights[hub] += share * part
    by_publication = normalised(weights)
    staff = {hub: sum(shares[s] * SENIOR[s] for s in SECTORS) for hub, shares in sector_shares().items()}
    by_staff = normalised({hub: stock()[hub] * staff[hub] for hub in hubs()})
    return {hub: EXPERTS * (PUBLISHING * by_publication[hub] + (1 - PUBLISHING) * by_staff[hub]) for hub in hubs()}


def _inside(country: str) -> dict[str, float]:
    """Return the shares of hubs in the publishing experts of a country: a mix of authors and staff of labs."""
    rest = remainder(country)
    if not metros(country):
        return {rest: 1.0}
    authors = dict(author_shares(country))
    authors[rest] = 1 - sum(authors.values())
    weight = ACADEMIC.get(country, ACADEMIC_ELSEWHERE)
    labs = normalised({hub: _engineers(hub, country) * _lab_staff(hub) for hub in authors})
    return {hub: weight * authors[hub] + (1 - weight) * labs[hub] for hub in authors}


def _engineers(hub: str, country: str) -> float:
    """Return the engineers of a country in a hub, with Hong Kong as part of China."""
    own = blended().get((hub, country), 0.0)
    return own + (blended().get((hub, "hkg"), 0.0) if country == "chn" else 0.0)


def _lab_staff(hub: str) -> float:
    """Return the weighted share of frontier labs and big technology firms in a hub's engineers."""
    shares = sector_shares()[hub]
    return LAB_OVER_BIG_TECH * shares["frontier_lab"] + shares["big_tech"]


@cache
def entry_shares() -> dict[str, tuple[float, str]]:
    """Return the share of the entry tier in each hub, and its source."""
    salaries = {(row["country"], row["level"]): float(row["n"]) for row in source("aijobs_salaries")}
    shares = {}
    for row in source("entry_choices"):
        country, shift = country_of()[row["hub"]], float(row["shift"])
        everybody = salaries.get((country, "ALL"), 0.0)
        if row["entry_default"]:
            shares[row["hub"]] = float(row["entry_default"]) + shift, "assumed"
        else:
            beginners = salaries[country, "EN"] / everybody
            shares[row["hub"]] = ENTRY_FLOOR + ENTRY_SLOPE * beginners + shift, f"aijobs.net n={everybody:.0f}"
    return shares


@cache
def tier_shares() -> dict[str, dict[str, float]]:
    """Return the shares of tiers by hub."""
    shares = {}
    for hub, (entry, _) in entry_shares().items():
        expert = experts()[hub] / stock()[hub]
        shares[hub] = dict(zip(TIERS, (expert, 1 - expert - entry, entry), strict=True))
    return shares


def tiers() -> list[Row]:
    """Build tiers.csv: shares of the three tiers by hub."""
    origin = "experts: conference authors (A), MacroPolo (B), lab staff (D), 95,000 in all (D)"
    return [
        {"hub": hub} | share_texts(shares) | {"source": f"{origin}; entry: {entry_shares()[hub][1]}", "grade": "D"}
        for hub, shares in tier_shares().items()
    ]


def role_shares(expert: float, sector: dict[str, float]) -> dict[str, float]:
    """Return the shares of the five roles from a hub's expert share and sector mix (assumed, grade D).

    Research roles add up to about 200,000 in the world, the count of AI researchers by UNIDO and Dongbi.
    """
    scientist = 0.012 + 0.55 * expert + 0.22 * sector["academia"] + 0.10 * sector["sovereign_lab"]
    researcher = (
        0.012
        + 0.30 * expert
        + 0.30 * sector["frontier_lab"]
        + 0.06 * sector["sovereign_lab"]
        + 0.05 * sector["robotics"]
    )
    machine_learning = 0.22 + 0.22 * sector["big_tech"] + 0.35 * sector["robotics"] + 0.12 * sector["traditional"]
    infrastructure = (
        0.05
        + 0.22 * sector["big_tech"]
        + 0.20 * sector["cloud_saas"]
        + 0.25 * sector["frontier_lab"]
        + 0.15 * sector["sovereign_lab"]
    )
    named = scientist, researcher, machine_learning, infrastructure
    return dict(zip(ROLES, (*named, 1.0 - sum(named)), strict=True))


def roles() -> list[Row]:
    """Build roles.csv: shares of the five roles by hub."""
    origin = "formula on expert share and sector mix; research roles near 200,000 (UNIDO/Dongbi)"
    return [
        {"hub": hub}
        | share_texts(role_shares(tier_shares()[hub]["expert"], sectors))
        | {"source": origin, "grade": "D"}
        for hub, sectors in sector_shares().items()
    ]
