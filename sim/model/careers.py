"""Careers (E10): entry engineers become practitioners, and a few of these experts, sooner where experts are."""

import numpy as np

from sim.model import equations as eq
from sim.model import rng, work
from sim.model.supply import skill_demand
from sim.threads import over_range
from sim.world.engineers import tier_of

ENTRY_AGE = 25  # of those who were there at the start; assumed, grade D
DOCTORATE = 5  # years of a doctorate, which count as years since entry; assumed, grade D
TRACK_SHAPE = 4.0  # of the gamma distribution: its standard deviation is half of its mean; assumed, grade D
LONGEST = 46  # years since entry that are told apart


def promote(arm, year):
    """Promote whom the year's draw picks."""
    track = arm.track[year - arm.world.start] if arm.a.expert_track > 0 else np.ones(1)
    parts = over_range(
        work.promote,
        arm.used,
        rng.key(arm.seed, "promotion", year),
        arm.people,
        promotion_rates(arm, year),
        arm.entered,
        year,
        track,
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
    if a.expert_track > 0:  # mentoring says where people are promoted, and never how many in all
        start, world = stock, stock[:, 0].sum() / stock.sum()
    mean = eq.mentoring(share(start), world, a.b_mentoring) @ start / start.sum(axis=0)
    demand = eq.demand_factor(arm.rules["tier_demand"], a.demand_elasticity)  # into the next better tier
    return eq.promotion_rate(
        a.promotion_pace * balanced(arm, year), share(stock), world, mean, np.append(1.0, demand[:-1]), a.b_mentoring
    )


def entry_years(world, slots):
    """(slot,) year in which each engineer entered the occupation; of those there at the start, at the age of 25.

    A doctorate counts: its years are taken off.
    """
    entered, people = np.full(slots, world.start, np.int16), world.engineers
    first = int(world.cohort[1])
    entered[:first] = np.minimum(world.engineers.birth_year[:first] + ENTRY_AGE, world.start - 1)
    for k in range(1, len(world.cohort) - 1):
        new = slice(int(world.cohort[k]), int(world.cohort[k + 1]))
        doctors = people.graduate[new] & (tier_of(people.category[new]) == 1)
        entered[new] = world.start + k - 1 - DOCTORATE * doctors
    return entered


def expert_track(arm):
    """(year, years since entry) promotions to expert over those of the mean practitioner (E10).

    The shape is that of the time from entry to expert of those on the track, a gamma distribution of mean
    ``expert_track``; the level is such that the reference path has the promotions that keep its tiers. The path's
    people are followed by years since entry, so that a cohort which policy makes smaller lacks its experts later.
    """
    world = arm.world
    shape = eq.track_density(np.arange(LONGEST), arm.a.expert_track, TRACK_SHAPE)
    first, weight = int(world.cohort[1]), world.weight
    since = np.clip(world.start - 1 - arm.entered[:first], 0, LONGEST - 1)
    tier = tier_of(world.engineers.category[:first])
    entry, practitioners = (np.bincount(since[tier == k], minlength=LONGEST) * weight for k in (2, 1))
    rows = []
    for t in range(world.years):
        joined, rate = arm.entrants[t].sum(axis=(0, 1)), balanced(arm, world.start + t)
        entry, practitioners = (
            np.append(x, n)[[-1, *range(LONGEST - 1)]] for x, n in ((entry, joined[2]), (practitioners, joined[1]))
        )
        doctors = arm.entrants[t][:, 0, 1].sum()
        practitioners[[0, DOCTORATE]] += -doctors, doctors
        promoted = practitioners.sum() * rate[1]
        rows.append(shape * practitioners.sum() / (practitioners @ shape))
        leaving = 1 - (arm.reference[t + 1].sum() - joined.sum()) / arm.reference[t].sum()
        onwards = shape * practitioners * promoted / (practitioners @ shape)
        practitioners = (practitioners - onwards + rate[2] * entry) * (1 - leaving)
        entry = entry * (1 - rate[2]) * (1 - leaving)
    return np.array(rows)


def balanced(arm, year):
    """(tier,) promotions a person-year that keep the world's tiers in the proportions of the start.

    On the reference path, where they follow the growth of the year; what policy does to entrants they do not follow.
    """
    s, t = arm.world.setting, year - arm.world.start
    tiers = s.stock @ s.tier_share / s.stock.sum()
    return eq.balanced_promotion(tiers * arm.reference[t].sum(), arm.entrants[t].sum(axis=(0, 1)))
