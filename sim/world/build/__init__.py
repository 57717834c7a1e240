"""Rebuild the derived world tables from source files and from the tables that are edited by hand.

``python -m sim.world.build`` rewrites the derived tables of ``sim/world/data`` with equal bytes on every machine;
``check()`` names the tables whose file differs from what the sources give.
"""

from collections.abc import Callable

from sim.world.build.compute import compute, pipeline
from sim.world.build.corridor_effects import corridor_effects
from sim.world.build.geography import corridors, country_pairs, employment, home_hub, hubs_table, prices
from sim.world.build.homes import home_mix
from sim.world.build.linkedin import ai_skill_migration
from sim.world.build.net_migration import net_targets, supply
from sim.world.build.pay import pay, tax_effective, tax_relief
from sim.world.build.permits import return_hazards, routes, settlement, status_mix, timeline
from sim.world.build.source_files import DATA, Row, as_csv
from sim.world.build.stocks import roles, sector_mix, sectors, stock_table, tiers

# name of each derived table -> function that builds its rows
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
    "corridor_effects": corridor_effects,
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
    """Return the text of the derived table ``name`` as its sources give it."""
    return as_csv(DERIVED[name]())


def check() -> list[str]:
    """Return the names of derived tables whose file is missing or differs from what the sources give."""
    return [name for name in DERIVED if not _is_current(name)]


def write() -> list[str]:
    """Rewrite the derived tables that are out of date and return their names."""
    stale = check()
    for name in stale:
        (DATA / f"{name}.csv").write_text(text(name), encoding="utf-8", newline="")
    return stale


def _is_current(name: str) -> bool:
    """Tell whether the file of a derived table is what its sources give."""
    path = DATA / f"{name}.csv"
    return path.is_file() and path.read_bytes() == text(name).encode()
