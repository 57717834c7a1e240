"""Remote work (E11): who works for an employer in another hub, what that pays, and who is called back to the office.

Somebody works remotely where his own draw, the same all his life, is below the share of remote jobs in his role and
sector. Residence and employer are then two hubs, and stocks are counted by both.
"""

import numpy as np

from sim.model import equations as eq
from sim.model import moves, rng, work
from sim.threads import over_range


def remote_share(setting, a, rules):
    """(role, sector) share of engineers whose job there is remote: ``remote_share`` on the average of the start."""
    factor = setting.role_remote[:, None] * setting.sector_remote
    stock = (setting.stock[:, None] * setting.role_share).T @ setting.sector_share / setting.stock.sum()
    return np.minimum(a.remote_share * factor / (factor * stock).sum() * rules["sector_remote"], 1.0)


def offered(arm):
    """(hub,) remote jobs that a hub's employers offer, up to a common factor: by its size, times policy."""
    return arm.size() * arm.rules["remote_hiring"]


def employers(arm):
    """(hub, hub) chances of each hub to be that of a remote worker's employer, by residence (E11)."""
    s = arm.world.setting
    return eq.employer_chances(
        arm.size(), s.country[:, None] != s.country, arm.a.remote_abroad, arm.rules["remote_hiring"]
    )


def gross_pay(arm, gross):
    """(hub, tier, role) kUSD a year of somebody who works remotely and lives in the hub (E11), out of local pay."""
    return eq.remote_gross(gross, offered(arm), arm.a.remote_convergence)


def expected_share(arm):
    """(hub, role) part of the residents of the start whose employer is in another hub."""
    s = arm.world.setting
    elsewhere = 1 - np.diagonal(employers(arm))
    return elsewhere[:, None] * (s.sector_share @ remote_share(s, arm.a, arm.rules).T)


def considering_factor(arm):
    """(hub, role) mean factor of remote work on the considering rates of the residents of the start (E4)."""
    return 1 + (arm.a.remote_considering - 1) * expected_share(arm)


def place_remote_workers(arm):
    """Say who works remotely, and for whom, when the run starts."""
    over_range(work.place_remote_workers, arm.used, arm.people, arm.hiring)


def call_back(arm, year):
    """End the remote jobs that role and sector no longer allow, at the end of a year.

    A part of those whose employer is in their country move to him; everybody else takes another job where he lives.
    """
    keys = np.array([arm.hiring.keys[1], rng.key(arm.seed, "follow the office", year)])
    parts = over_range(
        work.call_back,
        arm.used,
        keys,
        arm.people,
        arm.a.recall_relocation,
        arm.world.setting.country,
        arm.hiring,
        len(arm.world.setting.homes),
    )
    *booked, called = zip(*parts, strict=True)
    arm.books.rehired(*map(sum, booked))
    slots = np.concatenate(called)
    moves.move(arm, slots, arm.people.employer_hub[slots].astype(np.int64), 12 * year + 11)
