"""Jobs (E10, E11): who leaves an employer, and the sector and the place of the next one."""

import numpy as np

from ..threads import over_range
from ..world.engineers import SECTORS, TEMPORARY
from . import rng, work
from . import work_equations as eq
from .sectors import FRONTIER_LAB, separation_rates
from .tables import Hiring


def change_jobs(arm, year):
    """Let engineers change employers within their hub."""
    setting, a = arm.world.setting, arm.a
    keys = np.array([rng.key(arm.seed, "separation", year), rng.key(arm.world.seed, "mission")])
    for_pay = eq.pay_separation(arm.sectors.advantage, arm.sectors.value)
    for_pay = np.ascontiguousarray(np.moveaxis(for_pay, 2, 0), np.float32)
    parts = over_range(work.change_jobs, arm.used, keys, arm.people, separation(arm), for_pay,
                       job_lock(setting, a), 1 + a.remote_separation_effect, a.mission_share, setting.country,
                       arm.hiring, len(setting.homes))
    change, hires, job_changes = (sum(part) for part in zip(*parts, strict=True))
    arm.books.change += change
    arm.books.hires += hires
    arm.books.job_changes += job_changes


def separation(arm):
    """(2, sector) separations a person-year of the others and of those whom the mission of a frontier lab holds."""
    a, rate = arm.a, separation_rates(arm.world.setting, arm.a) * arm.rules["sector_separations"]
    others = 1 / (1 - a.mission_share * (1 - a.mission_separation))  # so that both average the sector's rate
    kind = np.ones((2, len(SECTORS)))
    kind[:, FRONTIER_LAB] = others, others * a.mission_separation
    return np.minimum(kind * rate, 1.0)


def job_lock(setting, a):
    """(country, home) job changes of temporary residents over those of citizens, fewer in a queue (E6, E10).

    ``temporary_job_change`` is their average at the start, those in the queue for permanent residence included.
    """
    change = eq.job_lock(setting.queue_share, a.permanent_queue_job_change)
    country = setting.country[:, None] == np.arange(len(setting.countries))
    residents = country.T @ (setting.stock[:, None] * setting.home_mix)
    mean = np.average(change, weights=residents * setting.status_mix[:, :, TEMPORARY:].sum(axis=2) + 1e-9)
    return a.temporary_job_change * change / mean


def hiring(arm, year):
    """The :class:`Hiring` of a year under the rules now in force."""
    s = arm.world.setting
    single = lambda x: np.ascontiguousarray(x, np.float32)  # noqa: E731
    chances = eq.sector_chances(arm.sectors.openings, arm.sectors.advantage)
    keys = [rng.key(arm.seed, "new sector", year), rng.key(arm.world.seed, "would work remotely"),
            rng.key(arm.seed, "remote employer", year)]
    return Hiring(single(np.cumsum(chances, axis=-1)), single(remote_share(s, arm.a, arm.rules)),
                  single(np.cumsum(employers(arm), axis=-1)), np.array(keys))


def remote_share(setting, a, rules):
    """(role, sector) share of engineers whose job there is remote: ``remote_share`` on the average of the start."""
    factor = setting.role_remote[:, None] * setting.sector_remote
    stock = (setting.stock[:, None] * setting.role_share).T @ setting.sector_share / setting.stock.sum()
    return np.minimum(a.remote_share * factor / (factor * stock).sum() * rules["sector_remote"], 1.0)


def employers(arm):
    """(hub, hub) chances of each hub to be that of a remote worker's employer, by residence (E11)."""
    s, a = arm.world.setting, arm.a
    offered = arm.size() * arm.rules["remote_hiring"]
    abroad = s.country[:, None] != s.country
    weight = [(1 - a.remote_abroad, np.where(abroad, 0.0, offered)), (a.remote_abroad, np.where(abroad, offered, 0.0))]
    chances = sum(share * offers / np.maximum(offers.sum(axis=1, keepdims=True), 1e-9) for share, offers in weight)
    return np.where(chances.sum(axis=1, keepdims=True) > 0, chances, np.eye(len(chances)))  # no offer: at home


def place_remote_workers(arm):
    """Say who works remotely, and for whom, when the run starts."""
    over_range(work.place_remote_workers, arm.used, arm.people, arm.hiring)


