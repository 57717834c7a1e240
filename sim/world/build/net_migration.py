"""Build supply by country and the net migration that the hub constants are fitted to."""

from functools import cache

from sim.world.build.source_files import Row, countries, country_of, mean, normalised, primary, source, whole_numbers
from sim.world.build.stocks import components, country_totals, indicators, stock

GROWTH = {"NA": 0.13, "EU": 0.07, "APAC": 0.02}  # published headcount growth, m35 to m37 (C)
WORLD_GROWTH = 0.09  # m48 (C); growth of the rest of the world follows as a residual, without evidence
FROM_ABROAD_IN_PARIS = 0.7  # of the index's net migration of Paris (assumed); the rest came from France
FLOWS = ("net_migration", "graduates", "phds", "conversions", "exits", "growth")


@cache
def _groups() -> dict[str, tuple[str, float]]:
    """Return region and engineers of every row of supply_inputs; countries without a row belong to a group's row."""
    named = {row["country"] for row in source("supply_inputs")}
    other = {"EU": "EU other", "APAC": "Asia other", "ROW": "World other"}
    groups: dict[str, tuple[str, float]] = {}
    for country, engineers in country_totals().items():
        region = indicators()[country]["region"]
        code = "CHN" if country == "hkg" else country.upper()
        group = code if code in named else other[region]
        groups[group] = region, groups.get(group, (region, 0.0))[1] + engineers
    return groups


@cache
def _growth() -> dict[str, float]:
    """Return the growth rate of every row of supply_inputs, a year.

    The raw rates of a region are shifted by one constant, so that their mean is the published growth of the region.
    """
    raw = {row["country"]: float(row["growth_raw"]) for row in source("supply_inputs")}
    size: dict[str, float] = {}
    for region, engineers in _groups().values():
        size[region] = size.get(region, 0.0) + engineers
    target = dict(GROWTH)
    known = sum(target[region] * size[region] for region in target)
    target["ROW"] = (WORLD_GROWTH * sum(size.values()) - known) / size["ROW"]
    shift = {
        region: wanted - mean((raw[k], n) for k, (r, n) in _groups().items() if r == region)
        for region, wanted in target.items()
    }
    return {group: raw[group] + shift[region] for group, (region, _) in _groups().items()}


@cache
def _group_flows() -> dict[str, dict[str, float]]:
    """Return the flows of every row of supply_inputs by kind, persons a year.

    Conversions are the residual of growth, exits, net migration, graduates and doctorates. Net migration sums to zero
    over the world: the surplus is taken off the net exporters in proportion to their flows.
    """
    inputs = {row["country"]: row for row in source("supply_inputs")}
    size = {group: engineers for group, (_, engineers) in _groups().items()}
    net = {group: float(inputs[group]["net_migration_rate"]) * size[group] for group in size}
    exporters = sum(flow for flow in net.values() if flow < 0)
    gap = sum(net.values())
    by_group = {}
    for group, row in inputs.items():
        migration = net[group] - (gap * net[group] / exporters if net[group] < 0 else 0.0)
        exits, growth = float(row["exit_rate"]) * size[group], _growth()[group] * size[group]
        inflow = growth + exits - migration
        graduates = max(0.0, float(row["grad_share_of_inflow"]) * inflow)
        phds = min(float(row["ai_phds"]) * float(row["phd_stay"]), max(0.0, inflow - graduates))
        flows = migration, graduates, phds, inflow - graduates - phds, exits, growth
        by_group[group] = dict(zip(FLOWS, flows, strict=True))
    return by_group


@cache
def _parts() -> list[tuple[str, str, float]]:
    """Return (country, row of supply_inputs, share of the row); a row may be split over two countries.

    Dutch, Polish and Portuguese engineers outside their metropolitan hub live in rest_of_eu.
    """
    parts = []
    for group in source("supply_groups"):
        member, share = group["member"], 1.0
        if member:
            inside = {hub: n for (hub, m), n in components().items() if m == member}
            here = sum(n for hub, n in inside.items() if country_of()[hub] == group["country"])
            share = here / sum(inside.values())
        parts.append((group["country"], group["group"], share))
    return parts


@cache
def flows() -> dict[str, dict[str, float]]:
    """Return the flows of each country by kind, persons a year, and its engineers."""
    totals = {country: dict.fromkeys((*FLOWS, "engineers"), 0.0) for country in countries()}
    for country, group, share in _parts():
        for name, persons in _group_flows()[group].items():
            totals[country][name] += share * persons
        totals[country]["engineers"] += share * _groups()[group][1]
    return totals


def _index_net(country: str) -> str:
    """Return the net migration of a country if its hub's index value applied to all of it; blank without a value."""
    index = {row["hub"]: float(row["value"]) / 100 for row in primary("industry_index")}
    if country == "fra":
        return f"{FROM_ABROAD_IN_PARIS * index['paris'] * stock()['paris']:.0f}"
    hubs = [hub for hub in stock() if country_of()[hub] == country]
    return f"{index[hubs[0]] * stock()[hubs[0]]:.0f}" if len(hubs) == 1 and hubs[0] in index else ""


def supply() -> list[Row]:
    """Build supply.csv: growth and flows of the 21 countries."""
    natives = {row["country"]: row for row in source("entrant_natives")}
    inputs = {row["country"]: row for row in source("supply_inputs")}
    first: dict[str, str] = {}
    for country, group, _ in _parts():
        first.setdefault(country, group)
    rows = []
    for country, flow in flows().items():
        native, given = natives[country], inputs[first[country]]
        regional = _groups()[first[country]][0] != "ROW"
        rows.append(
            {
                "country": country,
                "growth_rate": f"{flow['growth'] / flow['engineers']:.4f}",
                "exit_rate": f"{flow['exits'] / flow['engineers']:.4f}",
                "net_migration": f"{flow['net_migration']:z.1f}",
                "graduates": f"{flow['graduates']:.0f}",
                "phds": f"{flow['phds']:.0f}",
                "conversions": f"{flow['conversions']:.0f}",
                "index_net_migration": _index_net(country),
                "native_share_graduates": native["native_share_graduates"],
                "native_share_conversions": native["native_share_conversions"],
                "source": f"{given['source']}; conversions: residual; native shares {native['source']}",
                "grade": "D",
                "grade_flows": "C" if regional and given["grade_phd"] in ("B", "C") else "D",
            }
        )
    return rows


def net_targets() -> list[Row]:
    """Build net_targets.csv: net migration of a country split over its hubs by stock, in tenths of a person."""
    index = {row["hub"]: float(row["value"]) for row in primary("industry_index")}
    targets = {}
    for country, flow in flows().items():
        inside = normalised({hub: stock()[hub] for hub in stock() if country_of()[hub] == country})
        targets |= {hub: 10 * flow["net_migration"] * share for hub, share in inside.items()}
    # rounded so that the tenths sum to exactly zero
    tenths = whole_numbers({hub: targets[hub] for hub in stock()}, 0)
    rows = []
    for hub, engineers in stock().items():
        published = f"{engineers * index[hub] / 100:.1f}" if hub in index else ""
        rows.append(
            {
                "hub": hub,
                "national_net": f"{tenths[hub] / 10:.1f}",
                "index_net": published,
                "source": "supply net migration split by stock" + ("; industry_index x stock" if published else ""),
                "grade": "D",
            }
        )
    return rows
