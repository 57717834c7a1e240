"""Rebuild the derived world tables from the tables and source files kept by hand.

``python -m sim.world.build`` rewrites every derived table of ``sim/world/data``, byte for byte the same
on every machine; ``check()`` names those whose file is not what the sources give.
"""

from collections.abc import Callable

from sim.world.build.compute import compute, pipeline
from sim.world.build.geography import corridors, country_pairs, employment, home_hub, hubs_table, prices
from sim.world.build.homes import home_mix
from sim.world.build.linkedin import ai_skill_migration
from sim.world.build.net_migration import net_targets, supply
from sim.world.build.pay import pay, tax_effective, tax_relief
from sim.world.build.permits import return_hazards, routes, settlement, status_mix, timeline
from sim.world.build.source_files import DATA, Row, as_csv
from sim.world.build.stocks import roles, sector_mix, sectors, stock_table, tiers

DERIVED: dict[str, Callable[[], list[Row]]] = {
    "hubs": hubs_table,
    "stock": stock_table,
    "tiers": tiers,
    "roles": roles,
    "sector_mix": sector_mix,
    "sectors": sectors,
    "home_mix": home_mix,
    "pay": pay,
    "tax_effective": tax_effective,
    "tax_relief": tax_relief,
    "prices": prices,
    "employment": employment,
    "compute": compute,
    "pipeline": pipeline,
    "corridors": corridors,
    "country_pairs": country_pairs,
    "home_hub": home_hub,
    "routes": routes,
    "timeline": timeline,
    "supply": supply,
    "net_targets": net_targets,
    "status_mix": status_mix,
    "return_hazards": return_hazards,
    "settlement": settlement,
    "ai_skill_migration": ai_skill_migration,
}


def text(name: str) -> str:
    """The text that the derived table ``name`` should have."""
    return as_csv(DERIVED[name]())


def check() -> list[str]:
    """Names of derived tables whose file is missing or not what the sources give."""
    return [name for name in DERIVED if not _is_current(name)]


def write() -> list[str]:
    """Rewrite every stale derived table and return their names."""
    stale = check()
    for name in stale:
        (DATA / f"{name}.csv").write_text(text(name), encoding="utf-8", newline="")
    return stale


def _is_current(name: str) -> bool:
    path = DATA / f"{name}.csv"
    return path.is_file() and path.read_bytes() == text(name).encode()
