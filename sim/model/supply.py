"""Who enters (E9): graduates and people from adjacent occupations, on a path that no move changes."""

import numpy as np

from ..world.engineers import tier_of
from . import equations as eq
from . import passes, rng
from .acts import those

GRADUATES, CONVERSIONS = range(2)


def growth_by_country(setting, a, start, years):
    """(year, country) growth of the reference path (E9)."""
    return np.array([
        eq.growth_rate(setting.growth, start + t, a.world_growth, a.long_growth, a.growth_half_life, start=start)
        for t in range(years)
    ])


def reference_size(setting, a, start, years):
    """(year + 1, hub) persons on the reference path: the stock at the start, grown at the country's rate."""
    growth = 1 + growth_by_country(setting, a, start, years)
    return setting.stock * np.vstack([np.ones(len(setting.hubs)), np.cumprod(growth, axis=0)[:, setting.country]])


def entrant_path(setting, a, start, years):
    """(year, hub, kind) persons who enter: what growth, exits and the migration of the starting year leave over.

    At the start this is the supply table; the migration that it nets out fades like the growth differential.
    """
    growth = growth_by_country(setting, a, start, years)[:, setting.country]
    stock = np.bincount(setting.country, setting.stock, len(setting.countries))
    fading = 2.0 ** (-np.arange(years) / a.growth_half_life)
    migration = fading[:, None] * (setting.net_migration / stock)[setting.country]
    rate = np.maximum(growth + setting.exit_rate[setting.country] - migration, 0.0)
    inflow = reference_size(setting, a, start, years)[:-1] * rate
    by_kind = np.stack([setting.graduates, setting.conversions], axis=1)
    return inflow[:, :, None] * (by_kind / by_kind.sum(axis=1, keepdims=True))[setting.country]


def enter(arm, year):
    """Let the year's cohort in; where the path differs from the world's reference, keyed draws thin or add.

    Somebody beyond the reference is a copy of a regular entrant of the same hub and kind, without ties.
    """
    world, people, homes = arm.world, arm.people, len(arm.world.setting.homes)
    k = year - world.start + 1
    first, last = int(world.cohort[k]), int(world.cohort[k + 1])
    ratio = arm.entrant_ratio(year)
    change = passes.enter(first, last, rng.key(arm.seed, "enter", year), people, world.entry_hub, ratio,
                          arm.hiring, homes)
    arm.used = max(arm.used, last)
    if (ratio > 1).any():
        extra = _copies(arm, np.arange(first, last), ratio, year)
        change = change + those(extra, arm.people, len(ratio), homes)
    arm.books.entered(change)


def _copies(arm, slots, ratio, year):
    """Fill spare slots with copies of ``slots``, as often as their ``ratio`` (hub, kind, tier) goes beyond one."""
    kind = np.where(arm.people.graduate[slots], GRADUATES, CONVERSIONS)
    tier = tier_of(arm.people.category[slots])
    surplus = np.maximum(ratio[arm.world.entry_hub[slots], kind, tier] - 1, 0.0)
    times = np.maximum(rng.rounded(surplus, rng.key(arm.seed, "enter again", year), slots), 0)
    donors = np.repeat(slots, times.astype(int))
    copies = arm.spare_slots(len(donors))
    for column in arm.people:
        column[copies] = column[donors]
    arm.people.hub[copies] = arm.people.employer_hub[copies] = arm.world.entry_hub[donors]
    return copies
