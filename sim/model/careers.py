"""Careers (E10): entry engineers become practitioners, and a few of these experts, sooner where experts are."""

import numpy as np

from ..threads import over_range
from ..world.people import entrant_tiers
from . import rng, work
from . import work_equations as eq


def promote(arm, year):
    """Promote whom the year's draw picks."""
    parts = over_range(work.promote, arm.used, rng.key(arm.seed, "promotion", year), arm.people, promotion_rates(arm),
                       len(arm.world.setting.homes))
    change, promotions = (sum(part) for part in zip(*parts, strict=True))
    arm.books.change += change
    arm.books.promotions += promotions


def promotion_rates(arm):
    """(tier, hub) promotions a person-year, from the last count of stocks."""
    s, a = arm.world.setting, arm.a
    stock = arm.counts.sum(axis=(1, 3))  # hub, tier
    experts = stock[:, 0] / np.maximum(stock.sum(axis=1), 1)
    rate = a.promotion_pace * balanced(s)
    return eq.promotion_rate(rate, experts, stock[:, 0].sum() / stock.sum(), a.b_mentoring)


def balanced(setting):
    """(tier,) promotions a person-year that keep the world's tiers in the proportions of the start."""
    stock = np.bincount(setting.country, setting.stock, len(setting.countries))
    by_kind = np.stack([setting.graduates, setting.conversions], axis=1)[setting.country]
    by_hub = by_kind * (setting.stock / stock[setting.country])[:, None]
    entrants = np.einsum("hk,hkt->t", by_hub, entrant_tiers(setting))
    mean = lambda rate: np.average(rate, weights=stock)  # noqa: E731
    return eq.balanced_promotion(setting.stock @ setting.tier_share, entrants, mean(setting.exit_rate),
                                 mean(setting.growth))
