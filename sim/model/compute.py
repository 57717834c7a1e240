"""Compute that engineers can use (E2): by hub, and by sector, as owners' fleets serve their own engineers first.

**No causal evidence says that compute draws engineers** (``b_compute``, grade D): every result that leans on it says
so. Which sectors use whose fleet is an assumption too.
"""

import numpy as np

from sim.model import equations as eq
from sim.world.categories import SECTORS
from sim.world.setting import OWNERS

OWNER_OF = np.array(
    [
        OWNERS.index(owner)
        for owner in (
            "labs_and_big_tech",
            "labs_and_big_tech",
            "cloud_and_enterprise",
            "sovereign_and_public",
            "cloud_and_enterprise",
            "cloud_and_enterprise",
            "cloud_and_enterprise",
            "sovereign_and_public",
        )
    ]
)  # (sector,) whose machines it uses
GUARANTEED = np.isin(SECTORS, ("sovereign_lab", "academia"))


def fleets(setting, a, rules, year, start):
    """H100-equivalents that the hub's engineers can use: (hub, owner) owners' fleets, and (hub,) what all share.

    New capacity at a hub, of the pipeline or of a policy, counts times ``local_use_share``. What a country gives its
    own engineers counts whole, shared by its hubs in proportion to their engineers at the start.
    """
    owned = (setting.h100e * np.exp(a.fleet_growth * (year - start)))[:, None] * setting.owner_share
    live = setting.pipeline[setting.pipeline[:, 1] <= year]
    built = np.bincount(live[:, 0].astype(int), live[:, 2], len(setting.hubs)) + rules["compute_h100e"]
    in_country = np.bincount(setting.country, setting.stock, len(setting.countries))[setting.country]
    public = rules["country_compute_h100e"][setting.country] * setting.stock / in_country
    multiplier = rules["compute_multiplier"]
    return (
        np.maximum(owned * multiplier[:, None], 0.0),
        np.maximum((a.local_use_share * built + public) * multiplier, 0.0),
    )


def accessible_compute(setting, a, rules, year, start):
    """(hub,) H100-equivalents that the hub's engineers can use, all owners together; guarantees come on top."""
    owned, shared = fleets(setting, a, rules, year, start)
    return owned.sum(axis=1) + shared


def compute_per_engineer(setting, a, rules, sizes, year, start):
    """H100-equivalents an engineer: (hub,) on average, and (hub, sector).

    Parameters
    ----------
    sizes : (hub,) and (hub, sector) persons, the second positive
    """
    (owned, shared), (size, sector_size) = fleets(setting, a, rules, year, start), sizes
    users = (sector_size @ np.eye(len(OWNERS))[OWNER_OF])[:, OWNER_OF]  # who share the machines of one's sector
    size = np.maximum(size, 1.0)
    rationed = eq.rationed_compute(owned[:, OWNER_OF], users, (shared / size)[:, None])
    guarantee = np.where(GUARANTEED, rules["compute_guarantee"][setting.country][:, None], 0.0)
    by_sector = np.maximum(rationed, guarantee)
    share = sector_size / sector_size.sum(axis=1, keepdims=True)
    return (owned.sum(axis=1) + shared) / size + (share * (by_sector - rationed)).sum(axis=1), by_sector


def compute_table(setting, a, market):
    """(role, hub) pull of compute (E2), around the mean over the world's engineers."""
    seen = np.log1p(np.minimum(market.compute, a.compute_saturation))
    mean = np.average(seen, weights=np.maximum(market.size, 1e-9))
    return eq.compute_pull(market.compute, a.b_compute, setting.role_compute[:, None], a.compute_saturation, mean)
