"""Jobs (E10): who leaves an employer, and what the next job is; where it is, if it is remote, says ``remote``."""

import numpy as np

from sim.model import equations as eq
from sim.model import remote, rng, work
from sim.model.sectors import FRONTIER_LAB, separation_rates
from sim.model.tables import Hiring
from sim.threads import over_range
from sim.world.categories import SECTORS
from sim.world.engineers import TEMPORARY


def change_jobs(arm, year):
    """Let engineers change employers within their hub."""
    setting, a = arm.world.setting, arm.a
    keys = np.array([rng.key(arm.seed, "separation", year), rng.key(arm.world.seed, "mission")])
    for_pay = eq.pay_separation(arm.sectors.advantage, arm.sectors.value)
    for_pay = np.ascontiguousarray(np.moveaxis(for_pay, 2, 0), np.float32)
    parts = over_range(
        work.change_jobs,
        arm.used,
        keys,
        arm.people,
        separation(arm),
        for_pay,
        job_lock(setting, a),
        1 + a.remote_separation_effect,
        a.mission_share,
        setting.country,
        arm.hiring,
        len(setting.homes),
    )
    arm.books.rehired(*map(sum, zip(*parts, strict=True)))


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
    keys = [
        rng.key(arm.seed, "new sector", year),
        rng.key(arm.world.seed, "would work remotely"),
        rng.key(arm.seed, "remote employer", year),
    ]
    return Hiring(
        single(np.cumsum(chances, axis=-1)),
        single(remote.remote_share(s, arm.a, arm.rules)),
        single(np.cumsum(remote.employers(arm), axis=-1)),
        np.array(keys),
    )
