"""Jobs in expectation (E10, E11): sectors by hub and role, and who works for an employer in another hub."""

import numpy as np

from ...world.engineers import TASTE_SHARES, TEMPORARY
from .. import remote
from .. import work_equations as eq
from ..jobs import job_lock, separation


def hire_entrants(arm, entering):
    """Jobs of (hub, role) persons who enter: sectors as in the hub at the start, remote as everybody."""
    s = arm.world.setting
    share = s.sector_share / s.sector_share.sum(axis=1, keepdims=True)
    arm.work = arm.work + entering[:, :, None] * share[:, None, :]
    _find_employers(arm, entering[:, :, None] * share[:, None, :])


def change_jobs(arm):
    """Movers take jobs where they go, remote jobs end that are no longer allowed, and others change employers."""
    chance = chances(arm)
    _movers(arm, chance)
    _call_back(arm)
    lock = _lock(arm)
    rate = _rates(arm) * lock[0][:, None, None]
    share = arm.elsewhere.sum(axis=1) / np.maximum(arm.work.sum(axis=(1, 2)), 1e-300)
    effect = 1 + arm.a.remote_separation_effect * share
    leaving = arm.work * np.minimum(rate * effect[:, None, None], 1.0)
    by_hub = leaving.sum(axis=2)  # hub, role
    arm.books.hires += np.einsum("hrl,hrk->lk", leaving, chance)
    arm.books.job_changes += lock[1].T @ by_hub.sum(axis=1)
    taken = by_hub[:, :, None] * chance
    left = (rate * arm.work).sum(axis=(1, 2)) / np.maximum(arm.work.sum(axis=(1, 2)), 1e-300)
    arm.elsewhere *= 1 - np.minimum(left * (1 + arm.a.remote_separation_effect), 1.0)[:, None]
    arm.work = arm.work - leaving + taken
    _find_employers(arm, taken)


def chances(arm):
    """(hub, role, sector) chances of a new job, mean over tiers and tastes (E10)."""
    by_kind = eq.sector_chances(arm.sectors.openings, arm.sectors.advantage)
    return _mean(arm, by_kind)


def _mean(arm, by_kind):
    """(hub, role, sector) means of (category % 45, hub, sector) over the hub's tiers and tastes."""
    tiers = arm.counts.sum(axis=(1, 3))
    tiers = tiers / np.maximum(tiers.sum(axis=1, keepdims=True), 1e-300)
    by_kind = by_kind.reshape(3, -1, len(TASTE_SHARES), *by_kind.shape[1:])
    return np.einsum("trqhk,ht,q->hrk", by_kind, tiers, TASTE_SHARES, optimize=True)


def _rates(arm):
    """(hub, role, sector) separations a person-year, mean over those whom the mission of a lab holds and the others."""
    for_pay = _mean(arm, eq.pay_separation(arm.sectors.advantage, arm.sectors.value))
    others, held = separation(arm)
    lab = np.arange(len(held)) == 0
    m = arm.a.mission_share
    return (1 - m) * others * for_pay + m * held * np.where(lab, 1.0, for_pay)


def _lock(arm):
    """(hub,) mean factor of statuses on job changes, and (hub, status) whose job changes they are."""
    lock = job_lock(arm.world.setting, arm.a)[arm.world.setting.country]  # hub, home
    persons = arm.persons.sum(axis=(1, 2, 4)).transpose(1, 0, 2)  # hub, home, status
    weighted = persons.copy()
    weighted[..., TEMPORARY:] *= lock[:, :, None]
    by_status = weighted.sum(axis=1)
    total = by_status.sum(axis=1, keepdims=True)
    return total[:, 0] / np.maximum(persons.sum(axis=(1, 2)), 1e-300), by_status / np.maximum(total, 1e-300)


def _movers(arm, chance):
    """Movers give up their jobs and take one in the new hub."""
    there = arm.work.sum(axis=2)
    left = arm.work * np.minimum(arm.left_jobs / np.maximum(there, 1e-300), 1.0)[:, :, None]
    taken = arm.took_jobs[:, :, None] * chance
    arm.books.hires += np.outer(left.sum(axis=(0, 1)), taken.sum(axis=(0, 1))) / max(taken.sum(), 1e-300)
    stay = 1 - arm.left_jobs.sum(axis=1) / np.maximum(there.sum(axis=1), 1e-300)
    arm.work = arm.work - left + taken
    arm.elsewhere *= np.maximum(stay, 0.0)[:, None]
    _find_employers(arm, taken)


def _find_employers(arm, taken):
    """Employers in other hubs for the part of the jobs ``taken`` (hub, role, sector) that is remote (E11)."""
    share = remote.remote_share(arm.world.setting, arm.a, arm.rules)
    found = (taken * share).sum(axis=(1, 2))[:, None] * remote.employers(arm)
    np.fill_diagonal(found, 0.0)
    arm.elsewhere = arm.elsewhere + found


def _call_back(arm):
    """End the remote jobs that role and sector no longer allow; all of them take another job where they live."""
    now = remote.remote_share(arm.world.setting, arm.a, arm.rules)
    before = (arm.work * arm.remote_before).sum(axis=(1, 2))
    allowed = (arm.work * np.minimum(now, arm.remote_before)).sum(axis=(1, 2))
    arm.elsewhere = arm.elsewhere * np.where(before > 0, allowed / np.where(before > 0, before, 1.0), 1.0)[:, None]
    arm.remote_before = now
