"""The world of a past year: today's stocks walked back by the growth table, and the demand for visas of that time.

No table has the engineers of a past year. Each country's stock is divided by one plus its growth rate (``supply.csv``)
once for every year back; its hubs keep their parts of it. Figures that count persons shrink with their stock, so that
rates stay; the fleets of compute shrink as they grow. Homes, tiers, roles, sectors, statuses, pay and prices are those
of the tables: an assumption, grade D. Registrations for the H-1B lottery are those counted in each year.
"""

from dataclasses import replace

import numpy as np

from sim.custom_world import PRESENT, cached_by_world
from sim.world.setting import Setting, load_setting
from sim.world.tables import read

FIRST = 2019  # the first year that can be built: past_rules.csv goes back no further
FLEET_GROWTH = 0.35  # of the fleets of compute, a year, log: the centre of the assumption fleet_growth
LOTTERY = "usa.h1b"  # the pool whose registrations are counted by year


@cached_by_world()
def setting_of(start: int) -> Setting:
    """Return the setting of a run that begins in January of ``start``: that of the tables from ``PRESENT`` on.

    >>> round(setting_of(2023).persons / load_setting().persons, 2)
    0.79

    Raises
    ------
    WorldError
        if a table is missing, is incomplete or contains an unknown name
    """
    setting = load_setting()
    if start >= PRESENT:
        return setting
    stock = past_stock(setting, start)
    # persons of a hub or country over those of the tables; a hub without engineers keeps its zero
    hub = stock / np.maximum(setting.stock, 1e-9)
    country, home = _ratio(setting, stock, setting.country, len(setting.countries)), hub.clip(min=1e-9)
    return replace(
        setting,
        stock=stock,
        compatriots=setting.compatriots * home,
        national_net=setting.national_net * hub,
        index_net=setting.index_net * hub,
        net_migration=setting.net_migration * country,
        graduates=setting.graduates * country,
        conversions=setting.conversions * country,
        h100e=setting.h100e * np.exp(FLEET_GROWTH * (start - PRESENT)),
        pools=tuple(_past_pool(row, setting, start) for row in setting.pools),
    )


def past_stock(setting: Setting, year: int) -> np.ndarray:
    """Return (hub,) the engineers on 1 January of a year before ``PRESENT``, whole persons.

    The walk back is the reference path of E9 read backwards: a run from that year returns to today's stocks if net
    migration is that of the tables.
    """
    return np.rint(setting.stock / (1 + setting.growth[setting.country]) ** (PRESENT - year))


def odds_of(fiscal_year: int) -> float:
    """Return the selected over the eligible registrations of an H-1B lottery; NaN for a year without a count.

    >>> [round(odds_of(year), 3) for year in (2024, 2025, 2026)]
    [0.248, 0.287, 0.349]
    """
    rows = {int(row["fy"]): row for row in read("registrations")}
    row = rows.get(fiscal_year)
    return float(row["selected"]) / float(row["eligible"]) if row else float("nan")


def _ratio(setting: Setting, stock: np.ndarray, group: np.ndarray, count: int) -> np.ndarray:
    """Return (group,) the past persons over those of the tables."""
    now = np.bincount(group, setting.stock, count)
    return np.bincount(group, stock, count) / np.maximum(now, 1e-9)


def _past_pool(row: dict, setting: Setting, start: int) -> dict:
    """Return a row of pools.csv with ``before``: registrations from outside AI in the years before the tables.

    Registrations count at the places of the latest year: a year in which more were selected, because fewer of them
    became petitions, has as many fewer, so that its published odds come out. AI engineers file as many as their stock.
    Before the first count the odds are those of the first (assumption, grade D).
    """
    if row["pool"] != LOTTERY:
        return row
    own, everybody = float(row["own_registrations"]), float(row["registrations"]) + float(row["own_registrations"])
    counted = [int(each["fy"]) for each in read("registrations")]
    latest, before = max(counted), {}
    for year in range(start - 1, latest - 1):  # the draw for a fiscal year is in the March before it
        known = odds_of(max(year + 1, min(counted)))
        engineers = own * float(past_stock(setting, year).sum()) / setting.persons
        before[year] = max(everybody * odds_of(latest) / known - engineers, 0.0)
    return row | {"before": before}
