"""Careers (E10): entry engineers become practitioners, and a few of these experts, sooner where experts are."""

import numpy as np

from sim.model import equations as eq
from sim.model import rng, work
from sim.model.supply import skill_demand
from sim.threads import over_range


def promote(arm, year):
    """Promote whom the year's draw picks."""
    parts = over_range(
        work.promote,
        arm.used,
        rng.key(arm.seed, "promotion", year),
        arm.people,
        promotion_rates(arm, year),
        len(arm.world.setting.homes),
    )
    change, promotions = (sum(part) for part in zip(*parts, strict=True))
    arm.books.change += change
    arm.books.promotions += promotions


def offers(arm):
    """(category // 3,) offers that make people consider a move (E4), over the baseline's: by demand for their skill."""
    return np.tile(skill_demand(arm.a, arm.rules).ravel(), 2)  # of both types


def promotion_rates(arm, year):
    """(tier, hub) promotions a person-year, from the last count of stocks and the rules now in force."""
    s, a = arm.world.setting, arm.a
    stock, start = arm.counts.sum(axis=(1, 3)), s.stock[:, None] * s.tier_share  # hub, tier
    share = lambda stock: stock[:, 0] / np.maximum(stock.sum(axis=1), 1)  # noqa: E731
    world = start[:, 0].sum() / start.sum()
    mean = eq.mentoring(share(start), world, a.b_mentoring) @ start / start.sum(axis=0)
    demand = eq.demand_factor(arm.rules["tier_demand"], a.demand_elasticity)  # into the next better tier
    return eq.promotion_rate(
        a.promotion_pace * balanced(arm, year), share(stock), world, mean, np.append(1.0, demand[:-1]), a.b_mentoring
    )


def balanced(arm, year):
    """(tier,) promotions a person-year that keep the world's tiers in the proportions of the start.

    On the reference path, where they follow the growth of the year; what policy does to entrants they do not follow.
    """
    s, t = arm.world.setting, year - arm.world.start
    tiers = s.stock @ s.tier_share / s.stock.sum()
    return eq.balanced_promotion(tiers * arm.reference[t].sum(), arm.entrants[t].sum(axis=(0, 1)))
