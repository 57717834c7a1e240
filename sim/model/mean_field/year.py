"""The year of the mean-field twin on one screen: the same phases as ``model.year``, in expected persons."""

from functools import reduce

import numpy as np

from sim.model.labour import offers
from sim.model.market import follow_the_market
from sim.model.mean_field import corridors, passes, permits
from sim.model.mean_field.choices import choose
from sim.model.mean_field.endings import close, leave, promote, settle
from sim.model.mean_field.flows import by_permit, move_abroad, move_freely, move_inside
from sim.model.mean_field.inside import Inside
from sim.model.mean_field.passes import admit, over_types, row_sums
from sim.model.mean_field.state import MeanField
from sim.model.mean_field.work import change_jobs, hire_entrants
from sim.model.supply import GRADUATES, by_country
from sim.model.visas import INTAKE
from sim.world.engineers import STUDENT

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
                arm.change_rules(12 * year + int(months[0]))
            some = considering if len(months) == MONTHS else considering * (len(months) / MONTHS)
            hold_season(arm, some, months)
        arrive(arm)
        settle(arm)
        promote(arm)
        change_jobs(arm)
        leave(arm)
        close(arm)
        yield arm


def seasons(arm, year):
    """Calendar months from 0 between changes of the rules, in turn: the whole year where rules change in January."""
    return np.split(np.arange(MONTHS), [month % MONTHS for month in arm.midyear_changes(year + 1)])


def enter(arm):
    """Let the year's graduates and people from other occupations in; returns the graduates, (home, tier, role, hub)."""
    graduates, others = entering = arm.entering()
    by_tier = [row_sums(x).sum(axis=0) for x in entering]  # tier, hub
    arm.ages.enter(arm.counts.sum(axis=(0, 1, 3)), *(x.sum(axis=1) for x in by_tier))
    admit(arm.persons, *entering, *arm.mix)
    arm.books.graduates += by_tier[GRADUATES].T
    arm.books.entrants += sum(by_tier).T
    in_status = [
        (row_sums(row_sums(x))[:, None] * mix.sum(axis=1)).sum(axis=0) for x, mix in zip(entering, arm.mix, strict=True)
    ]
    arm.terms.enter(*in_status, arm.counts.sum(axis=(1, 2)).T + sum(in_status))
    hire_entrants(arm, (graduates + others).sum(axis=(0, 1)).T)
    return graduates


def considerers(arm, graduates):
    """(home, tier, role, type, status, hub) persons who consider a move (E4), none with a petition pending."""
    types, tiers, roles = 2, 3, arm.persons.shape[2]
    rates = np.minimum(arm.considering_rates * offers(arm)[:, None, None], 1.0)
    rates = rates.reshape(types, tiers, roles, *rates.shape[1:])
    rate = arm.ages.mean(rates.transpose(1, 2, 0, 3, 4))  # tier, role, type, status
    there = row_sums(arm.persons)
    arm.residents = row_sums(there)
    factor = 1 + (arm.a.remote_considering - 1) * arm.remote_share().T
    factor = factor * (1 + (arm.a.team_pull - 1) * arm.left_by_leader())
    mix = arm.mix[GRADUATES]
    there -= graduates[:, :, :, None] * mix.sum(axis=2)[:, None, None]
    return passes.considerers(
        arm.persons, graduates, mix, pending_share(arm, there), rate, factor, arm.a.considering_graduate
    )


def pending_share(arm, there):
    """(home, tier, role, type, hub) share of the persons ``there`` who have a petition pending."""
    pending = arm.offices.pending()
    if np.ndim(pending) == 0:
        return np.zeros_like(there)
    return passes.share_of(there, arm.applicants, pending / np.maximum(arm.applicants.sum(axis=(2, 3)), 1e-300))


def hold_season(arm, considering, months):
    """Choices, applications and decisions of some months under one set of rules."""
    offices, rounds, on_routes = arm.offices, [], 0.0
    for group, some in by_group(arm, considering):
        found = choose(arm, some, group)
        move_freely(arm, some, found)
        on_routes = on_routes + at_desks(arm, found.asked_role, group)
        persons = found.persons
        rounds.append((persons.sum(axis=(2, 3)), found.went, found.asked, persons * found.applied[:, :, :, None]))
    total, went, asked, arm.applicants = (reduce(np.add, parts) for parts in zip(*rounds, strict=True))
    plan, march = offices.open_season(row_sums(asked), on_routes, months), INTAKE - 1 in months
    offices.refuse(asked * plan.refused[:, :, None])
    if march:
        by_inside(arm, lambda: offices.hold_draws(asked, plan))
    offices.file(divert(arm, total, went, asked), plan, asked if march else None)


def at_desks(arm, asked_role, group=0):
    """(home, tier, desk) applicants from abroad out of (home, tier, role, destination); some may reach no route."""
    _, share, pattern_of = arm.from_abroad
    share = arm.offices.at_desks(share, abroad=True)
    return corridors.at_desks(asked_role, share, pattern_of[group], arm.offices.desks(abroad=True)[0])


def by_group(arm, considering):
    """Considerers by the group of routes that are open to them; one group where that makes no difference."""
    permit, groups = arm.tables.permit, arm.routes.group_of[arm.world.setting.country]  # (hub, status)
    different = [k for k in range(1, len(permit)) if not np.array_equal(permit[k], permit[0])]
    if not different:
        return [(0, considering)]
    masks = [(k, (groups == k).T) for k in different]
    rest = ~sum((mask for _, mask in masks), np.zeros(1, bool))
    return [(0, considering * rest), *((k, considering * mask) for k, mask in masks)]


def by_inside(arm, hold_draws):
    """People inside ask for permits (E5): what they are granted after the draws gives them its status."""
    pending = pending_share(arm, row_sums(arm.persons))
    asking, total = passes.asking(arm.persons, pending)
    degrees, total = arm.terms.degrees(arm.world.setting), total[:, STUDENT + 1 :].swapaxes(1, 2)
    again = (degrees[..., 1:] * total).sum(axis=2) / np.maximum(total.sum(axis=2), 1e-300)
    inside = arm.offices.inside = Inside(arm.offices, asking, np.stack([degrees[..., 0], again]))
    hold_draws()
    granted = passes.grant(arm.persons, pending, inside.chances(), inside.pattern)
    arm.new_temporary += by_country(arm.world.setting, granted)


def divert(arm, total, went, asked):
    """The refused take the next best hub, at home or abroad, or stay; returns all applications with their new ones.

    They choose as all considerers did, but for the permits of the country that refused them: odds of what is left keep
    their proportions, as if all alternatives were independent (approximation).

    Parameters
    ----------
    total : (home, tier, origin) considerers; went, asked : (home, tier, origin, destination) what they chose
    """
    (origin, destination), country = arm.pairs, arm.world.setting.country
    everybody, again = corridors.divert(total, went, asked, arm.offices.refused, country, arm.diverted)
    arm.offices.refused = 0.0
    move_inside(arm, went[:, :, origin, destination] * everybody[..., origin], arm.applicants)
    return again


def arrive(arm):
    """Move those whose permit takes effect this year, unless the border has closed since; the diverted move too."""
    moves, arm.diverted = arm.diverted, None
    free = row_sums(moves)
    granted = arm.offices.take_due(moves, arm.pulls.closed)
    move_abroad(arm, moves, arm.applicants, by_permit(granted, free))
    arm.new_temporary += by_country(arm.world.setting, granted[permits.TEMPORARY].sum(axis=(0, 1)))


def fill_pipeline(arm):
    """Petitions that are under way when the run starts: a year of applications under the rules of the baseline."""
    arm.year -= 1
    considering = considerers(arm, np.zeros_like(over_types(arm.persons)))
    found = choose(arm, considering)
    arm.applicants = row_sums(considering) * found.applied[:, :, :, None]
    plan = arm.offices.open_season(row_sums(found.asked), at_desks(arm, found.asked_role), np.arange(MONTHS))
    arm.offices.file(found.asked, plan, found.asked)  # who waited for the last draw has had it
    arm.offices.take_due(np.zeros_like(found.asked), arm.pulls.closed)
    arm.offices.refused = 0.0
    arm.year += 1


def first_year(world, a, constants, baseline_rules):
    """The arm at the end of its first year at the baseline: what a fit compares with the flows observed.

    Parameters
    ----------
    world : WholeWorld of a year or more; a : Assumptions; constants : Constants; baseline_rules : rules

    Returns
    -------
    MeanField, its ``books`` and ``offices.counts`` those of the year
    """
    (arm,) = simulate(begin(world, a, constants, baseline_rules), world.start + 1)
    return arm
