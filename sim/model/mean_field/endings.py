"""The end of the year in expectation: statuses, who leaves the country or the occupation, and the books (E6, E10)."""

import numpy as np

from sim.model import labour
from sim.model.mean_field import nests, passes
from sim.model.mean_field.exponents import MIDDLE
from sim.model.mean_field.flows import expel
from sim.model.mean_field.passes import row_sums
from sim.model.year import STEM_MONTHS, renewal_rates, return_rates
from sim.world.engineers import OPT, STEM_OPT, STUDENT, TEMPORARY

TIER, ROLE = 1, 2  # who must leave chooses as the middle tier, role and taste do


def settle(arm):
    """Statuses run out, are renewed or made permanent (E6); who may not or will not stay leaves the country.

    Who must leave goes abroad where he needs no permit, or home; who finds every door closed stays as he is.
    """
    s, rules = arm.world.setting, arm.rules
    there = passes.by_status(arm.persons)
    by_hub = there.sum(axis=(0, 1))
    due = arm.terms.due().T[:, s.country]  # status, hub
    stem = (np.array(s.countries) == "usa")[s.country]
    naturalised = np.minimum(arm.a.naturalisation_rate * rules["naturalisation"], 1.0)[s.country]
    settled = np.minimum(s.settlement_rate * rules["settlement"][:, None], 1.0)[s.country].T  # home, hub
    homeward = (1 - settled) * np.minimum(return_rates(arm), 1.0)[s.country].T
    ends = (1 - settled - homeward) * due[TEMPORARY]
    renewal = renewal_rates(arm)[s.country]
    _renew_terms(
        arm,
        (there.sum(axis=1)[:, TEMPORARY] * ends * renewal).sum(axis=0),
        by_hub[STUDENT] * due[STUDENT],
        by_hub[OPT] * due[OPT] * stem,
    )
    ways = ways_out(arm)
    to_home, to_any = (way.sum(axis=2) for way in ways)  # home, hub
    changes = (
        naturalised,
        settled,
        homeward * to_home,
        ends * (1 - renewal) * to_any,
        due[STUDENT],
        due[OPT] * stem,
        due[OPT] * ~stem * to_any,
        due[STEM_OPT] * to_any,
    )
    leaving = passes.settle(arm.persons, np.stack([np.broadcast_to(x, settled.shape) for x in changes]))
    gone = 0.0
    for persons, way, some in zip(leaving, ways, (to_home, to_any), strict=True):
        gone = gone + row_sums(row_sums(persons))
        expel(arm, persons, way / np.where(some > 0, some, 1.0)[..., None])
    present = there.sum(axis=2)
    arm.kept *= 1 - gone / np.where(present > 0, present, 1.0)


def _renew_terms(arm, renewed, to_opt, to_stem):
    """Terms of those whose status begins or goes on at the end of this year, (hub,) persons."""
    countries, terms = len(arm.world.setting.countries), arm.terms
    in_country = lambda x: np.bincount(arm.world.setting.country, x, countries)  # noqa: E731
    terms.add_by_years(TEMPORARY, arm.new_temporary[:, None] * arm.offices.terms())
    terms.add(TEMPORARY, in_country(renewed), np.full(countries, 3))
    terms.add(OPT, in_country(to_opt), (5 + arm.routes.opt_months(countries, arm.rules)) // 12)
    terms.add(STEM_OPT, in_country(to_stem), np.full(countries, STEM_MONTHS // 12))
    terms.pass_year()
    terms.hand_on()


def ways_out(arm):
    """Chances of the hubs abroad for people who must leave (E3), of those at home and of all that need no permit.

    Returns
    -------
    two arrays (home, origin, hub); a row adds up to the share of people to whom some hub is open
    """
    e, parts = arm.laid[0]
    back, third = (x[:, TIER, ROLE, MIDDLE] for x in (e.back, e.abroad[0]))
    dissimilarity = arm.tables.dissimilarity.astype(float)[2:]
    return nests.ways_out(
        parts.home,
        len(parts.first) - 1,
        parts.share,
        back,
        e.pairs,
        e.trip_back[0, :, TIER],
        third,
        e.trip[0, :, TIER],
        dissimilarity,
    )


def promote(arm):
    """Promote the expected share of every tier and hub (E10); note who is ``there`` then: home, tier, status, hub."""
    rate, there = labour.promotion_rates(arm, arm.year), passes.by_status(arm.persons)
    up = there.sum(axis=(0, 2)) * rate  # tier, hub
    arm.books.promotions += up.T
    arm.ages.promote((there.sum(axis=(0, 2)) - up).sum(axis=1), up.sum(axis=1))
    passes.promote(arm.persons, rate)
    arm.there = there - there * rate[:, None]
    arm.there[:, :-1] += (there * rate[:, None])[:, 1:]


def leave(arm):
    """Retirement and exit to other occupations."""
    s = arm.world.setting
    rate = s.exit_rate[s.country]
    share = rate + (1 - rate) * arm.ages.too_old()[:, None]  # tier, hub
    by_hub = (row_sums(arm.there) * share).sum(axis=1)  # home, hub
    arm.persons *= (1 - share)[:, None, None, None]
    arm.books.exits += by_hub.sum(axis=0)
    arm.departed += by_hub
    arm.kept *= 1 - share
    arm.ages.pass_year()


def close(arm):
    """Count the stocks of the next 1 January and prove that the books explain them."""
    before = arm.counts.sum(axis=(1, 2, 3))
    arm.grow_older()
    arm.experts_moved = arm.leaders_gone
    by_role = arm.persons_by_role()
    arm.work = arm.work * (by_role / np.maximum(arm.work.sum(axis=2), 1e-300))[:, :, None]  # who left had all sectors
    arm.count()
    arm.books.close(before, arm.counts.sum(axis=(1, 2, 3)))
    arm.offices.survive(arm.kept)
    arm.terms.follow(arm.counts.sum(axis=(1, 2)).T)
    arm.affiliate_jobs = arm.a.affiliate_jobs * arm.offices.lost_in_usa()
    arm.year += 1
    arm.follow_academia()
