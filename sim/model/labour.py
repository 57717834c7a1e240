"""Labour: sectors and their pay, new jobs, careers and remote work (E1, E10, E11).

Sectors are relative to the start: one gains or loses only by what has changed since, so that the fitted constants of
the hubs hold whatever makes some sectors pay better or harder to enter than others. Somebody works remotely where their
own draw, the same all their life, is below the share of remote jobs in their role and sector. Residence and employer
are then two hubs, and stocks are counted by both.
"""

from typing import NamedTuple

import numpy as np

from sim.model import equations as eq
from sim.model import moves, rng
from sim.model.kernels import jobs
from sim.model.kernels.choice import Hiring
from sim.model.supply import skill_demand
from sim.threads import over_range
from sim.world.categories import SECTORS
from sim.world.engineers import TASTES, TEMPORARY, tier_of

FRONTIER_LAB = SECTORS.index("frontier_lab")
PUSHED = {"sovereign_lab": 0.5, "frontier_lab": 0.3, "cloud_saas": 0.2}  # jobs that compute opens; assumed, grade D
PUSHED_SECTORS = np.array([PUSHED.get(sector, 0.0) for sector in SECTORS])
ENTRY_AGE = 25  # of those who were there at the start; assumed, grade D
DOCTORATE = 5  # years of a doctorate, which count as years since entry; assumed, grade D
TRACK_SHAPE = 4.0  # of the gamma distribution: its standard deviation is half of its mean; assumed, grade D
LONGEST = 46  # years since entry that are told apart
RELATIVE_SATURATION = 20.0  # times the world's mean, above which more adds nothing; 5 to 100, grade D


class Sectors(NamedTuple):
    """What sets the jobs of sectors apart under the rules now in force."""

    openings: np.ndarray  # (hub, sector) shares of the hub's openings
    advantage: np.ndarray  # (category % 45, hub, sector) log-odds since the start
    value: np.ndarray  # (category % 45, hub) log-odds that the choice of sectors adds to a hub


def sectors(arm, gross):
    """The :class:`Sectors` of the market and the rules now in force; the first ones of an arm are those of the start.

    Parameters
    ----------
    gross : (hub, tier, role) kUSD a year, pay of the hub as engineers value it, allowances apart
    """
    s, a = arm.world.setting, arm.a
    pull = sector_pull(arm, gross)
    if arm.pull_at_start is None:
        arm.pull_at_start = pull
    openings = np.maximum(openings_by_sector(s, a, arm.rules), 1e-12)  # even where none are left
    openings /= openings.sum(axis=1, keepdims=True)
    pushed = eq.jobs_share(arm.vacancies, arm.openings())[:, None]  # of all openings
    openings = openings * (1 - pushed) + pushed * PUSHED_SECTORS
    advantage = eq.sector_advantage(pull, arm.pull_at_start, a.sector_response)
    return Sectors(openings, advantage, eq.sector_value(openings, advantage))


def sector_pull(arm, gross):
    """(category % 45, hub, sector) pull of pay and compute of a sector's jobs over the hub's mean (E1, E2).

    No newcomers' relief is counted: it is nearly the same for all sectors.
    """
    setting, a, rules, market = arm.world.setting, arm.a, arm.rules, arm.market
    mean = with_allowance(gross, rules)
    own = with_allowance(gross[:, None] * relative_pay(setting, a, rules)[..., None], rules)
    ahead = eq.pay_gain(
        net_pay(setting, a, rules, own),
        net_pay(setting, a, rules, mean)[:, None],
        a.linear_pay,
        nominal_mean_pay(arm)[:, None, None, None],
    )
    ahead = np.moveaxis(ahead, (2, 3), (0, 1))[:, :, None]  # tier, role, taste, hub, sector
    pay = pay_tastes(a)[:, None, None] * ahead
    seen = a.b_compute * (
        np.log1p(relative(a, market, market.sector_compute)) - np.log1p(relative(a, market, market.compute))[:, None]
    )
    compute = setting.role_compute[:, None, None, None] * seen
    return (pay + compute).reshape(-1, *seen.shape)


def pay_tastes(a):
    """(taste,) pull of pay of engineers who care for it less, as the average does, and more (E2)."""
    return np.maximum(a.b_pay + a.b_pay_sd * TASTES, 0.0)


def net_pay(setting, a, rules, gross):
    """(hub, ...) kUSD a year after tax at the pay itself (E1), without relief; ``gross`` (hub, ...)."""
    tax = eq.effective_tax(gross, setting.tax_gross, setting.tax_rate, rules["tax_rate_points"][setting.country])
    return eq.net_real_pay(gross, tax, 0.0, 0.0, 0.0, 1.0, a.expected_stay, a.expected_stay, a.fee_pass_through, 0.0)


def nominal_mean_pay(arm):
    """(hub,) kUSD a year that buy the world's mean pay at the hub's prices: what linear pay is set against (E2)."""
    return arm.mean_pay * arm.market.price**arm.a.price_weight


def with_allowance(gross, rules):
    """(hub, ...) kUSD a year: ``gross`` and what everyone who works in the hub gets on top."""
    allowance = rules["allowance_kusd"].reshape(-1, *[1] * (gross.ndim - 1))
    return np.maximum(gross + allowance, 1.0)


def relative_pay(setting, a, rules):
    """(hub, sector, tier) pay of a sector as engineers value it over the hub's mean (E1)."""
    multiplier = sector_pay(setting, rules)
    multiplier /= (setting.sector_share * multiplier).sum(axis=1, keepdims=True)
    parts = np.moveaxis(setting.pay, -1, 0)  # part, hub, tier
    by_sector = [x[:, None] for x in (setting.sector_equity, setting.sector_illiquid, rules["sector_liquidity"])]
    terms = [multiplier[..., None], *by_sector, a.liquid_equity_weight, a.illiquid_equity_weight]
    value = eq.sector_pay(*parts[:, :, None], *terms)
    return value / eq.gross_value(*parts, *terms[-2:])[:, None]


def sector_pay(setting, rules):
    """(hub, sector) pay over that of cloud and SaaS, times policy."""
    return setting.sector_pay * rules["sector_pay"] * rules["hub_sector_pay"].reshape(setting.sector_share.shape)


def pay_level(setting, rules):
    """(hub,) pay over that of the start for what policy does to sectors, by the sectors of the start."""
    return (setting.sector_share * sector_pay(setting, rules)).sum(axis=1) / (
        setting.sector_share * setting.sector_pay
    ).sum(axis=1)


def separation_rates(setting, a):
    """(sector,) separations a person-year, policy apart (E10)."""
    return eq.separation_rates(
        setting.separation_rate,
        setting.stock @ setting.sector_share,
        a.job_change_rate,
        a.lab_separation_rate,
        FRONTIER_LAB,
    )


def openings_by_sector(setting, a, rules):
    """(hub, sector) openings over all of the hub's at the start: jobs left at the start, times policy.

    So a sector keeps its share where nothing changes, and more openings in one are more openings of the hub.
    """
    left = setting.sector_share * separation_rates(setting, a)
    policy = rules["sector_openings"] * rules["hub_sector_openings"].reshape(left.shape)
    return left / left.sum(axis=1, keepdims=True) * policy


def sign_on_table(arm, gross):
    """(category % 45, hub) what a payment on arrival adds for people who move in (E1); ``gross`` as valued."""
    setting, a, rules = arm.world.setting, arm.a, arm.rules
    if not rules["sign_on_kusd"].any():
        return np.zeros((gross[0].size * len(TASTES), len(setting.hubs)))
    mean = with_allowance(gross, rules)
    once = rules["sign_on_kusd"][:, None, None] / a.expected_stay
    paid, unpaid = (np.moveaxis(net_pay(setting, a, rules, np.maximum(x, 1.0)), 0, -1) for x in (mean + once, mean))
    gain = eq.pay_gain(paid, unpaid, a.linear_pay, nominal_mean_pay(arm))  # tier, role, hub
    return eq.sign_on_pull(gain[:, :, None], pay_tastes(a)[:, None]).reshape(-1, len(setting.hubs))


def change_jobs(arm, year):
    """Let engineers change employers within their hub."""
    setting, a = arm.world.setting, arm.a
    keys = np.array([rng.key(arm.seed, "separation", year), rng.key(arm.world.seed, "mission")])
    for_pay = eq.pay_separation(arm.sectors.advantage, arm.sectors.value)
    for_pay = np.ascontiguousarray(np.moveaxis(for_pay, 2, 0), np.float32)
    parts = over_range(
        jobs.change_jobs,
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
        single(remote_share(s, arm.a, arm.rules)),
        single(np.cumsum(employers(arm), axis=-1)),
        np.array(keys),
    )


def promote(arm, year):
    """Promote whom the year's draw picks."""
    track = arm.track[year - arm.world.start] if arm.a.expert_track > 0 else np.ones(1)
    parts = over_range(
        jobs.promote,
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


def remote_gross_pay(arm, gross):
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
    over_range(jobs.place_remote_workers, arm.used, arm.people, arm.hiring)


def call_back(arm, year):
    """End the remote jobs that role and sector no longer allow, at the end of a year.

    A part of those whose employer is in their country move to him; everybody else takes another job where he lives.
    """
    keys = np.array([arm.hiring.keys[1], rng.key(arm.seed, "follow the office", year)])
    parts = over_range(
        jobs.call_back,
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


def relative(a, market, compute):
    """Compute as engineers see it (E2): in H100-equivalents, or over the world's mean per engineer of the day."""
    if a.compute_relative <= 0:
        return np.minimum(compute, a.compute_saturation)
    world = np.average(market.compute, weights=np.maximum(market.size, 1e-9))
    return np.minimum(compute / world, RELATIVE_SATURATION)
