"""Who lives where and works for whom: stock and sectors of the 39 hubs.

Prepared profiles know 37 hubs: Germany and France outside Berlin, Munich and Paris take those of
``rest_of_eu``, of which they were a part.
"""

from functools import cache

from sim.world.rebuild.blend import blended, city_estimates, ranges
from sim.world.rebuild.store import SPLIT_OFF, Row, hubs, normalised, share_texts, source, whole_numbers
from sim.world.vocabulary import SECTORS

REST = "rest_of_eu"
PARTS = (*SPLIT_OFF, REST)


@cache
def components() -> dict[tuple[str, str], float]:
    """Engineers by hub and member country; Hong Kong counts as China."""
    parts: dict[tuple[str, str], float] = {}
    for (hub, country), engineers in blended().items():
        key = hub, "chn" if country == "hkg" else country
        parts[key] = parts.get(key, 0.0) + engineers
    return parts


@cache
def stock() -> dict[str, int]:
    """Engineers by hub, in hub order: whole persons that keep the total of every published region."""
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
    """stock.csv: engineers by hub with the range that the sources span."""
    cities = {hub: sorted({name for _, _, name in found}) for (_, hub), found in city_estimates().items()}
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
    """Share of each sector by hub; a split hub has the profile of rest_of_eu."""
    profiles = {row["hub"]: {s: float(row[s]) for s in SECTORS} for row in source("sector_profiles")}
    return {hub: normalised(profiles[REST if hub in PARTS else hub]) for hub in hubs()}


def sector_mix() -> list[Row]:
    """sector_mix.csv: one row a hub and sector."""
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
    """sectors.csv: pay, equity, separations and remote work of each sector."""
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
