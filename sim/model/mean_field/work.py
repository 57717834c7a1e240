"""Jobs in expectation (E10, E11): sectors by hub and role, and who works for an employer in another hub."""

import numpy as np

from sim.model import equations as eq
from sim.model import labour
from sim.model.labour import job_lock, separation
from sim.world.engineers import TASTE_SHARES, TEMPORARY


def hire_entrants(arm, entering):
    """Jobs of (hub, role) persons who enter: sectors as in the hub at the start."""
    share = arm.world.setting.sector_share
    arm.work = arm.work + entering[:, :, None] * (share / share.sum(axis=1, keepdims=True))[:, None, :]


def change_jobs(arm):
    """Movers take jobs where they go, and others change employers in their hub."""
    chance, lock = chances(arm), _lock(arm)
    _movers(arm, chance)
    remote_now = arm.elsewhere.sum(axis=1) / np.maximum(arm.work.sum(axis=(1, 2)), 1e-300)
    effect = lock[0] * (1 + arm.a.remote_separation_effect * remote_now)
    leaving = arm.work * np.minimum(_rates(arm) * effect[:, None, None], 1.0)
    by_role = leaving.sum(axis=2)  # hub, role
    arm.books.hires += np.einsum("hrl,hrk->lk", leaving, chance)
    arm.books.job_changes += lock[1].T @ by_role.sum(axis=1)
    work_remotely(arm, leaving.sum() / max(arm.work.sum(), 1e-300))
    arm.work = arm.work - leaving + by_role[:, :, None] * chance


def chances(arm):
    """(hub, role, sector) chances of a new job, mean over tiers and tastes (E10)."""
    by_kind = eq.sector_chances(arm.sectors.openings, arm.sectors.advantage)
    return _mean(arm, by_kind)


def _mean(arm, by_kind):
    """(hub, role, sector) means of (category % 45, hub, sector) over the hub's tiers and tastes."""
    tiers = arm.counts.sum(axis=(1, 3))
    tiers = tiers / np.maximum(tiers.sum(axis=1, keepdims=True), 1e-300)
    by_kind = by_kind.reshape(3, -1, len(TASTE_SHARES), *by_kind.shape[1:])
    return np.einsum("trqhk,tqh->hrk", by_kind, tiers.T[:, None] * TASTE_SHARES[:, None])


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
    persons = arm.there.sum(axis=1).transpose(2, 0, 1)  # hub, home, status
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
    arm.work = arm.work - left + taken


def work_remotely(arm, changed):
    """Who works for an employer in another hub at the end of the year (E11).

    Remote jobs that are no longer allowed end at once, and everybody they end for takes a job where he lives; further
    ones reach the share ``changed`` of the engineers, who take a new job.
    """
    s, allowed, before = arm.world.setting, labour.remote_share(arm.world.setting, arm.a, arm.rules), arm.remote_before
    arm.remote_before = np.minimum(before, allowed) + changed * np.maximum(allowed - before, 0.0)
    remote_jobs = np.einsum("hrk,rk->h", arm.work, arm.remote_before)
    arm.elsewhere = remote_jobs[:, None] * labour.employers(arm) * ~np.eye(len(s.hubs), dtype=bool)
