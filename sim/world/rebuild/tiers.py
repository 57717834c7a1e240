"""Experts, practitioners and entry tier by hub, and their roles."""

from functools import cache

from sim.world.rebuild.blend import author_shares, blended, metros, remainder
from sim.world.rebuild.people import sector_shares, stock
from sim.world.rebuild.store import Row, country_of, hubs, normalised, share_texts, source
from sim.world.vocabulary import ROLES, SECTORS, TIERS

EXPERTS = 95_000  # 5 %: 42,134 active authors (capture and recapture) x 2.25 for other venues; D
PUBLISHING, CONFERENCES = 0.8, 0.4  # weight of publishing experts; of our conference counts among them
TOP_SHARE = {"usa": 0.42, "chn": 0.28}  # MacroPolo 2022: where the top fifth of researchers work

# Weight of author affiliations, against staff of labs and big technology firms, inside a country.
ACADEMIC = {"gbr": 0.35, "usa": 0.50, "chn": 0.55}
ACADEMIC_ELSEWHERE = 0.60
LAB_OVER_BIG_TECH = 3.0
SENIOR = dict(zip(SECTORS, (4.0, 1.0, 0.6, 1.0, 0.5, 0.3, 0.1, 0.5), strict=True))

ENTRY_FLOOR, ENTRY_SLOPE = 0.20, 0.5  # entry share = floor + slope x share of entry-level salaries


@cache
def publishing() -> dict[str, float]:
    """Share of publishing experts by member country."""
    authors = {row["country"]: float(row["mean_share"]) for row in source("conference_country")}
    authors["chn"] += authors.pop("hkg") + authors.pop("mac")
    authors = normalised(authors)
    others = normalised({country: share for country, share in authors.items() if country not in TOP_SHARE})
    left = 1 - sum(TOP_SHARE.values())
    top = TOP_SHARE | {country: left * share for country, share in others.items()}
    share = {c: CONFERENCES * authors[c] + (1 - CONFERENCES) * top[c] for c in authors}
    abroad = {row["country"]: float(row["share_of_us_experts"]) for row in source("head_office")}
    moved = {country: share["usa"] * part for country, part in abroad.items()}
    share["usa"] -= sum(moved.values())
    for country, experts_moved in moved.items():
        share[country] += experts_moved
    return share


@cache
def experts() -> dict[str, float]:
    """Experts by hub: most by publications, the rest by senior staff."""
    found = dict.fromkeys(hubs(), 0.0)
    for country, share in publishing().items():
        for hub, part in _inside(country).items():
            found[hub] += share * part
    by_publication = normalised(found)
    staff = {hub: sum(shares[s] * SENIOR[s] for s in SECTORS) for hub, shares in sector_shares().items()}
    by_staff = normalised({hub: stock()[hub] * staff[hub] for hub in hubs()})
    return {hub: EXPERTS * (PUBLISHING * by_publication[hub] + (1 - PUBLISHING) * by_staff[hub]) for hub in hubs()}


def _inside(country: str) -> dict[str, float]:
    """Split of a country's publishing experts over its hubs."""
    rest = remainder(country)
    if not metros(country):
        return {rest: 1.0}
    authors = dict(author_shares(country))
    authors[rest] = 1 - sum(authors.values())
    weight = ACADEMIC.get(country, ACADEMIC_ELSEWHERE)
    labs = normalised({hub: _engineers(hub, country) * _lab_staff(hub) for hub in authors})
    return {hub: weight * authors[hub] + (1 - weight) * labs[hub] for hub in authors}


def _engineers(hub: str, country: str) -> float:
    own = blended().get((hub, country), 0.0)
    return own + (blended().get((hub, "hkg"), 0.0) if country == "chn" else 0.0)


def _lab_staff(hub: str) -> float:
    shares = sector_shares()[hub]
    return LAB_OVER_BIG_TECH * shares["frontier_lab"] + shares["big_tech"]


@cache
def entry_shares() -> dict[str, tuple[float, str]]:
    """Entry share of each hub, and what it rests on."""
    salaries = {(row["country"], row["level"]): float(row["n"]) for row in source("aijobs_salaries")}
    found = {}
    for row in source("entry_choices"):
        country, shift = country_of()[row["hub"]], float(row["shift"])
        everybody = salaries.get((country, "ALL"), 0.0)
        if row["entry_default"]:
            found[row["hub"]] = float(row["entry_default"]) + shift, "assumed"
        else:
            beginners = salaries[country, "EN"] / everybody
            found[row["hub"]] = ENTRY_FLOOR + ENTRY_SLOPE * beginners + shift, f"aijobs.net n={everybody:.0f}"
    return found


@cache
def tier_shares() -> dict[str, dict[str, float]]:
    """Share of each tier by hub."""
    found = {}
    for hub, (entry, _) in entry_shares().items():
        expert = experts()[hub] / stock()[hub]
        found[hub] = dict(zip(TIERS, (expert, 1 - expert - entry, entry), strict=True))
    return found


def tiers() -> list[Row]:
    """tiers.csv: shares of the three tiers."""
    origin = "experts: conference authors (A), MacroPolo (B), lab staff (D), 95,000 in all (D)"
    return [
        {"hub": hub} | share_texts(shares) | {"source": f"{origin}; entry: {entry_shares()[hub][1]}", "grade": "D"}
        for hub, shares in tier_shares().items()
    ]


def role_shares(expert: float, sector: dict[str, float]) -> dict[str, float]:
    """Shares of the five roles from a hub's expert share and sector mix (assumed, grade D).

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
    """roles.csv: shares of the five roles."""
    origin = "formula on expert share and sector mix; research roles near 200,000 (UNIDO/Dongbi)"
    return [
        {"hub": hub}
        | share_texts(role_shares(tier_shares()[hub]["expert"], sectors))
        | {"source": origin, "grade": "D"}
        for hub, sectors in sector_shares().items()
    ]
