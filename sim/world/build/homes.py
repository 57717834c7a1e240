"""Build the home mix: shares of the countries of origin among the engineers of the 39 hubs.

The source table has 37 hubs. Germany and France outside Berlin, Munich and Paris are split off ``rest_of_eu`` by
iterative proportional fitting, which keeps the total of every home in the three hubs.
"""

from functools import cache

from sim.world.build.source_files import SPLIT_OFF, Row, homes, hubs, normalised, share_texts, source, whole_numbers
from sim.world.build.stocks import PARTS, REST, stock

# The metropolitan hub whose mix of foreigners a split-off hub takes over.
NEAR = {"rest_of_germany": "munich", "rest_of_france": "paris"}

LEAST_SHARE = 0.002  # smallest share of Germans, and of French, in the rest of the EU
ROUNDS = 200  # of proportional fitting, which converges within 50


@cache
def home_shares(column: str) -> dict[str, dict[str, float]]:
    """Return the shares of homes by hub; ``column`` is ``share`` (all engineers) or ``share_experts``."""
    mixes: dict[str, dict[str, float]] = {}
    for row in source("home_mix_37"):
        mixes.setdefault(row["hub"], {})[row["home"]] = float(row[column])
    parts = _seeds(mixes, "native_all" if column == "share" else "native_expert")
    if column == "share":
        parts = _fitted(parts, mixes[REST])
    else:  # in the source table German experts outnumber all others, so its totals are not kept
        parts[REST] |= {country: home_shares("share")[REST][country] for country in SPLIT_OFF.values()}
    mixes |= parts
    return {hub: normalised(mixes[hub]) for hub in hubs()}


def _seeds(mixes: dict[str, dict[str, float]], native_column: str) -> dict[str, dict[str, float]]:
    """Return initial mixes: native share of the country, foreigners as in the nearest metropolitan hub."""
    native = {row["place"].lower(): float(row[native_column]) for row in source("home_native")}
    parts = {REST: dict(mixes[REST])}
    for hub, country in SPLIT_OFF.items():
        own = native[country[:2]]
        foreign = normalised({home: share for home, share in mixes[NEAR[hub]].items() if home != country})
        parts[hub] = {home: (1 - own) * share for home, share in foreign.items()} | {country: own}
    return parts


def _fitted(parts: dict[str, dict[str, float]], whole: dict[str, float]) -> dict[str, dict[str, float]]:
    """Fit the mixes of the parts to their sizes and to the total of every home; natives are fixed first."""
    size = {hub: stock()[hub] for hub in PARTS}
    people = {home: share * sum(size.values()) for home, share in whole.items()}
    for hub, country in SPLIT_OFF.items():
        left = people[country] - parts[hub][country] * size[hub]
        parts[REST][country] = max(LEAST_SHARE, left / size[REST])
    # scale the homes to their totals, then the hubs to one, until both hold
    for _ in range(ROUNDS):
        for home, total in people.items():
            placed = sum(parts[hub][home] * size[hub] for hub in PARTS)
            for hub in PARTS:
                parts[hub][home] *= total / placed
        parts = {hub: normalised(mix) for hub, mix in parts.items()}
    return parts


def home_mix() -> list[Row]:
    """Build home_mix.csv: shares of homes by hub, which sum to one in each hub."""
    prepared = {(row["hub"], row["home"]): row for row in source("home_mix_37")}
    everybody, experts = home_shares("share"), home_shares("share_experts")
    rows = []
    for hub in hubs():
        all_texts, expert_texts = share_texts(everybody[hub]), share_texts(experts[hub])
        for home in homes():
            row = prepared[REST if hub in PARTS else hub, home]
            origin = f"{row['source']}; experts: {row['source_experts']}"
            rows.append(
                {
                    "hub": hub,
                    "home": home,
                    "share": all_texts[home],
                    "share_experts": expert_texts[home],
                    "source": f"{origin}; split off by proportional fitting" if hub in PARTS else origin,
                    "grade": "D" if hub in PARTS else max(row["grade"], row["grade_experts"]),
                }
            )
    return rows


@cache
def compatriots() -> dict[tuple[str, str], int]:
    """Return the number of engineers by (home, hub) at the start, whole persons."""
    engineers = {}
    for hub, shares in home_shares("share").items():
        counts = whole_numbers({home: share * stock()[hub] for home, share in shares.items()}, stock()[hub])
        engineers |= {(home, hub): count for home, count in counts.items()}
    return engineers
