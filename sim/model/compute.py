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
RELATIVE_SATURATION = 20.0  # times the world's mean, above which more adds nothing; 5 to 100, grade D
GUARANTEED = np.isin(SECTORS, ("sovereign_lab", "academia"))


def fleets(setting, a, rules, year, start):
    """H100-equivalents that the hub's engineers can use: (hub, owner) owners' fleets, and (hub,) what all share.

    New capacity at a hub, of the pipeline or of a policy, counts times ``local_use_share``. What a country gives its
    own engineers counts whole, shared by its hubs in proportion to their engineers at the start.
    """
    owned = (setting.h100e * np.exp(a.fleet_growth * (year - start)))[:, None] * setting.owner_share
    multiplier = rules["compute_multiplier"]
    return (np.maximum(owned * multiplier[:, None], 0.0), np.maximum(pushed(setting, a, rules, year) * multiplier, 0.0))


def pushed(setting, a, rules, year):
    """(hub,) H100-equivalents for local use that have come online since the start, of the pipeline and of policies."""
    live = setting.pipeline[setting.pipeline[:, 1] <= year]
    planned = np.bincount(live[:, 0].astype(int), live[:, 2], len(setting.hubs)) * a.pipeline_weight
    in_country = np.bincount(setting.country, setting.stock, len(setting.countries))[setting.country]
    public = rules["country_compute_h100e"][setting.country] * setting.stock / in_country
    return a.local_use_share * (planned + rules["compute_h100e"]) + public


def jobs_of(setting, a, rules, year):
    """(hub,) jobs that all capacity for local use pushed so far opens, once, see ``equations.compute_jobs``."""
    return eq.compute_jobs(pushed(setting, a, rules, year), a.jobs_per_1000_h100e)


def relative(a, market, compute):
    """Compute as engineers see it (E2): in H100-equivalents, or over the world's mean per engineer of the day."""
    if a.compute_relative <= 0:
        return np.minimum(compute, a.compute_saturation)
    world = np.average(market.compute, weights=np.maximum(market.size, 1e-9))
    return np.minimum(compute / world, RELATIVE_SATURATION)


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
    compute = relative(a, market, market.compute)
    mean = np.average(np.log1p(compute), weights=np.maximum(market.size, 1e-9))
    return eq.compute_pull(compute, a.b_compute, setting.role_compute[:, None], np.inf, mean)
