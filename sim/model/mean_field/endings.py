"""The end of the year in expectation: statuses, who leaves the country or the occupation, and the books (E6, E10)."""

import numpy as np

from ...world.engineers import CITIZEN, OPT, PERMANENT, STEM_OPT, STUDENT, TEMPORARY
from ..careers import promotion_rates
from ..year import STEM_MONTHS, renewal_rates, return_rates
from .choices import MIDDLE
from .flows import land, over_types

TIER, ROLE = 1, 2  # who must leave chooses as the middle tier, role and taste do


def settle(arm):
    """Statuses run out, are renewed or made permanent (E6); who may not or will not stay leaves the country."""
    s, rules, p = arm.world.setting, arm.rules, arm.persons
    by_home = lambda x: x[s.country].T[:, None, None, :, None]  # noqa: E731  (home, 1, 1, hub, 1)
    by_hub = lambda x: x[s.country][:, None]  # noqa: E731  (hub, 1)
    due = [by_hub(share) for share in arm.terms.due().T]
    has_stem = by_hub(np.array(s.countries) == "usa")
    naturalised = p[..., PERMANENT] * by_hub(np.minimum(arm.a.naturalisation_rate * rules["naturalisation"], 1.0))
    settled = p[..., TEMPORARY] * by_home(np.minimum(s.settlement_rate * rules["settlement"][:, None], 1.0))
    homeward = (p[..., TEMPORARY] - settled) * by_home(np.minimum(return_rates(arm), 1.0))
    ends = (p[..., TEMPORARY] - settled - homeward) * due[TEMPORARY]
    renewed = ends * by_hub(renewal_rates(arm))
    of_students, of_opt, of_stem = (p[..., status] * due[status] for status in (STUDENT, OPT, STEM_OPT))
    p[..., CITIZEN] += naturalised
    p[..., PERMANENT] += settled - naturalised
    p[..., TEMPORARY] -= settled
    p[..., STUDENT] -= of_students
    p[..., OPT] += of_students - of_opt * has_stem
    p[..., STEM_OPT] += of_opt * has_stem
    _renew_terms(arm, renewed, of_students, of_opt * has_stem)
    expired = {TEMPORARY: ends - renewed, OPT: of_opt * ~has_stem, STEM_OPT: of_stem}
    _expel(arm, expired, {TEMPORARY: homeward})


def _renew_terms(arm, renewed, to_opt, to_stem):
    """Terms of those whose status begins or goes on at the end of this year."""
    countries, terms = len(arm.world.setting.countries), arm.terms
    in_country = lambda x: np.bincount(arm.world.setting.country, x.sum(axis=(0, 1, 2, 4)), countries)  # noqa: E731
    for years, share in enumerate(arm.offices.terms().T):
        terms.add(TEMPORARY, arm.new_temporary * share, np.full(countries, years))
    terms.add(TEMPORARY, in_country(renewed), np.full(countries, 3))
    terms.add(OPT, in_country(to_opt), (5 + arm.routes.opt_months(countries, arm.rules)) // 12)
    terms.add(STEM_OPT, in_country(to_stem), np.full(countries, STEM_MONTHS // 12))
    terms.pass_year()
    terms.hand_on()


def _expel(arm, expired, returning):
    """Let people go abroad where they need no permit, or home; who finds every door closed stays as he is.

    ``expired`` and ``returning`` are status -> (home, tier, role, hub, type) persons.
    """
    there, gone = over_types(arm.persons).sum(axis=2), 0.0
    home, anywhere = ways_out(arm)
    for parts, towards in ((expired, anywhere), (returning, home)):
        open_to = towards.sum(axis=3)
        leaving = 0.0
        for status, persons in parts.items():
            persons = persons * open_to[:, :, None, :, None]
            arm.persons[..., status] -= persons
            leaving = leaving + persons
        gone = gone + leaving.sum(axis=(2, 4))
        land(arm, leaving, towards / np.where(open_to > 0, open_to, 1.0)[..., None])
    arm.kept *= 1 - gone / np.where(there > 0, there, 1.0)


def ways_out(arm):
    """Chances of the hubs abroad for people who must leave (E3), of those at home and of all that need no permit.

    Returns
    -------
    two arrays (home, 1, origin, hub); a row adds up to the share of people to whom some hub is open
    """
    e, parts = arm.laid[0]
    is_home = arm.tables.is_home
    back = (is_home[:, None, :] & ~is_home[:, :, None])[parts.home][:, None]  # nation, 1, origin, hub
    free = ~parts.needs[:, None, None, :]
    near, far = (x[:, TIER, ROLE, MIDDLE][:, None, None] for x in e.abroad)
    home = near * back * free * e.trip[1, 0, TIER]
    third = far * ~back * free * e.trip[0, 0, TIER]
    lam = arm.tables.dissimilarity.astype(float)
    sums = [x.sum(axis=3, keepdims=True) for x in (home, third)]
    in_nest = [x / np.where(total > 0, total, 1.0) for x, total in zip((home, third), sums, strict=True)]
    worth = [np.where(total > 0, total, 0.0) ** power for total, power in zip(sums, lam[2:], strict=True)]
    anywhere = (worth[0] * in_nest[0] + worth[1] * in_nest[1]) / np.maximum(worth[0] + worth[1], 1e-300)
    weight = parts.share[:, None, None, None]
    return tuple(np.add.reduceat(x * weight, parts.first[:-1], axis=0) for x in (in_nest[0], anywhere))


def promote(arm):
    """Promote the expected share of every tier and hub (E10)."""
    up = arm.persons * promotion_rates(arm, arm.year)[None, :, None, :, None, None]
    by_tier = over_types(up).sum(axis=(0, 2))  # tier, hub
    arm.books.promotions += by_tier.T
    arm.persons -= up
    arm.ages.promote(over_types(arm.persons).sum(axis=(0, 2, 3)), by_tier.sum(axis=1))
    arm.persons[:, :-1] += up[:, 1:]


def leave(arm):
    """Retirement and exit to other occupations."""
    s = arm.world.setting
    rate = s.exit_rate[s.country]
    share = rate + (1 - rate) * arm.ages.too_old()[:, None]  # tier, hub
    gone = arm.persons * share[None, :, None, :, None, None]
    arm.persons -= gone
    by_hub = over_types(gone).sum(axis=(1, 2))
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
    arm.terms.follow(arm.persons)
    arm.affiliate_jobs = arm.a.affiliate_jobs * arm.offices.counts["lost_petitions"].sum()
    arm.year += 1
    arm.follow_academia()
