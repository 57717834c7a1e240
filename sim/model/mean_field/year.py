"""The year of the mean-field twin on one screen: the same phases as ``model.year``, in expected persons."""

import numpy as np

from ...scenario.stack import change_months
from ...world.engineers import PERMANENT, STUDENT, TEMPORARY
from ..careers import offers
from ..desks import INTAKE
from ..market import follow_the_market
from ..supply import by_country
from . import permits
from .choices import choose
from .endings import close, leave, promote, settle
from .flows import as_citizens, by_permit, move_freely, transfer
from .state import MeanField
from .work import change_jobs, hire_entrants

MONTHS = 12


def begin(world, a, constants, baseline_rules):
    """An arm on the 1 January of the start, petitions under way: the same whatever policy comes."""
    arm = MeanField(world, a, constants, baseline_rules)
    fill_pipeline(arm)
    return arm


def simulate(arm, until):
    """Run an arm from the 1 January that it stands on to that of the year ``until``, in place.

    Yields
    ------
    MeanField, after the books of each year have been closed

    Raises
    ------
    InvariantError
        if stocks and flows disagree
    """
    for year in range(arm.year, until):
        arm.open_books()
        arm.adopt_rules(12 * year)  # the rules of January meet those who enter in it
        graduates = enter(arm)
        follow_the_market(arm, year)
        considering = considerers(arm, graduates)
        for months in seasons(arm, year):
            if months[0]:
                arm.change_rules(12 * year + months[0])
            hold_season(arm, considering * (len(months) / MONTHS), months)
        arrive(arm)
        settle(arm)
        promote(arm)
        change_jobs(arm)
        leave(arm)
        close(arm)
        yield arm


def seasons(arm, year):
    """Calendar months from 0 between changes of the rules, in turn: the whole year where rules change in January."""
    changes = [m % MONTHS for m in change_months(arm.policies, 12 * year, 12 * (year + 1)) if m % MONTHS]
    return np.split(np.arange(MONTHS), sorted(set(changes)))


def enter(arm):
    """Let the year's graduates and people from other occupations in; returns the graduates."""
    graduates, others = arm.entering()
    tiers = lambda x: x.sum(axis=(0, 2, 3, 4, 5))  # noqa: E731
    arm.ages.enter(tiers(arm.persons), tiers(graduates), tiers(others))
    arm.persons += graduates + others
    by_tier = lambda x: x.sum(axis=(0, 2, 4, 5)).T  # noqa: E731
    arm.books.graduates += by_tier(graduates)
    arm.books.entrants += by_tier(graduates + others)
    arm.terms.enter(graduates, others, arm.persons)
    hire_entrants(arm, (graduates + others).sum(axis=(0, 1, 4, 5)).T)
    return graduates


def considerers(arm, graduates):
    """(home, tier, role, hub, type, status) persons who consider a move (E4), none with a petition pending."""
    types, tiers, roles = 2, 3, arm.persons.shape[2]
    rates = np.minimum(arm.considering_rates * offers(arm)[:, None, None], 1.0)
    rates = rates.reshape(types, tiers, roles, *rates.shape[1:])
    rate = arm.ages.mean(rates.transpose(1, 2, 0, 3, 4))[None, :, :, None]  # tier, role, type, status
    rate = rate * (1 + (arm.a.remote_considering - 1) * arm.remote_share().T[:, :, None, None])
    others = arm.persons - graduates
    return others * (1 - pending_share(arm, others)) * rate + graduates * arm.a.considering_graduate


def pending_share(arm, persons):
    """(home, tier, role, hub, type, 1) share of ``persons`` who have a petition pending."""
    pending = arm.offices.pending()
    if np.ndim(pending) == 0:
        return 0.0
    there = persons.sum(axis=5)
    mix = arm.applicants / np.maximum(arm.applicants.sum(axis=(2, 4)), 1e-300)[:, :, None, :, None]
    share = pending[:, :, None, :, None] * mix / np.where(there > 0, there, 1.0)
    return np.clip(share, 0.0, 1.0)[..., None]


def hold_season(arm, considering, months):
    """Choices, applications and decisions of some months under one set of rules."""
    total, went, asked, mix = 0.0, 0.0, 0.0, 0.0
    parts = []
    for group, some in by_group(arm, considering):
        found = choose(arm, some, group)
        move_freely(arm, some, found)
        parts.append((found.asked, arm.offices.on_routes(found.asked_role, group)))
        total, went, asked = total + some.sum(axis=(2, 4, 5)), went + found.went, asked + found.asked
        mix = mix + some.sum(axis=5) * found.applied[..., None]
    arm.applicants = mix
    if INTAKE - 1 in months:
        asking = arm.persons[..., STUDENT:] * (1 - pending_share(arm, arm.persons))
        arm.offices.see_inside(asking, arm.terms.degrees(arm.world.setting))
    first = sum(p[0] for p in parts)
    routes = sum(p[0].sum(axis=2)[..., None] * p[1] for p in parts) / np.maximum(first.sum(axis=2), 1e-300)[..., None]
    arm.offices.take(first, routes, months)
    if INTAKE - 1 in months:
        stay_on(arm, asking)
    divert(arm, total, went, asked, routes, months)


def by_group(arm, considering):
    """Considerers by the group of routes that are open to them; one group where that makes no difference."""
    permit, groups = arm.tables.permit, arm.routes.group_of[arm.world.setting.country]  # (hub, status)
    different = [k for k in range(1, len(permit)) if not np.array_equal(permit[k], permit[0])]
    masks = [(k, (groups == k)[:, None, :]) for k in different]
    rest = ~sum((mask for _, mask in masks), np.zeros(1, bool))
    return [(0, considering * rest), *((k, considering * mask) for k, mask in masks)]


def stay_on(arm, asking):
    """Give people inside, (home, tier, role, hub, type, status from student on), the permits that they are granted."""
    chance = arm.offices.chances_inside()  # kind, home, tier, role, hub, status
    arm.persons[..., STUDENT:] -= asking * chance.sum(axis=0)[..., None, :]
    for kind, status in ((permits.TEMPORARY, TEMPORARY), (permits.PERMANENT, PERMANENT)):
        granted = (asking * chance[kind][..., None, :]).sum(axis=5)
        arm.persons[..., status] += granted
        if status == TEMPORARY:
            arm.new_temporary += by_country(arm.world.setting, granted.sum(axis=(0, 1, 2, 4)))


def divert(arm, total, went, asked, routes, months):
    """The refused take the next best hub, at home or abroad, or stay.

    As the others would without the country that refused them: odds of what is left keep their proportions, as if all
    alternatives were independent (approximation).
    """
    s = arm.world.setting
    refused = sum(arm.offices.refused)
    inside = (s.country[:, None] == np.arange(len(s.countries))).astype(float)
    total = np.where(total > 0, total, 1.0)[..., None]
    again = (refused @ inside) / np.maximum(1 - asked @ inside / total, 1e-9)
    everybody = again.sum(axis=3)[..., None]
    go = went / total * everybody
    border = arm.layout.abroad
    transfer(arm, go * ~border, arm.applicants)
    transfer(arm, go * border, arm.applicants, as_citizens((*go.shape[:2], go.shape[3], arm.persons.shape[5])))
    arm.offices.refused = []
    arm.offices.take(asked / total * (everybody - again @ inside.T), routes, months, draws=False)


def arrive(arm):
    """Move those whose permit takes effect this year, unless the border has closed since."""
    granted = arm.offices.due.pop(arm.year, None)
    arm.offices.due_by_route.pop(arm.year, None)
    if granted is not None:
        granted = granted * ~arm.pulls.closed[None, :, None, None, :]
        transfer(arm, granted.sum(axis=0), arm.applicants, by_permit(granted))
        arm.new_temporary += by_country(arm.world.setting, granted[permits.TEMPORARY].sum(axis=(0, 1, 2)))


def fill_pipeline(arm):
    """Petitions that are under way when the run starts: a year of applications under the rules of the baseline."""
    arm.year -= 1
    none = np.zeros_like(arm.persons)
    found = choose(arm, considerers(arm, none))
    arm.applicants = considerers(arm, none).sum(axis=5) * found.applied[..., None]
    arm.offices.take(found.asked, arm.offices.on_routes(found.asked_role), np.arange(MONTHS), draws=False)
    for r, persons in arm.offices.waiting.items():
        arm.offices.waiting[r] = persons * (1 - INTAKE / MONTHS)  # who waited for the last draw has had it
    arm.offices.due.pop(arm.year, None)
    arm.offices.due_by_route.pop(arm.year, None)
    arm.year += 1
