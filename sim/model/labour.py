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
from sim.model.rng import Hazard
from sim.model.supply import skill_demand
from sim.threads import over_range
from sim.world.categories import ROLES, SECTORS
from sim.world.engineers import TASTES, TEMPORARY, tier_of

# attributes of a simulation that the steps of this module change
WRITES = ("people", "teams", "accounts", "sector_utility_at_start")
FRONTIER_LAB = SECTORS.index("frontier_lab")
PUSHED = {"sovereign_lab": 0.5, "frontier_lab": 0.3, "cloud_saas": 0.2}  # jobs that compute opens; assumed, grade D
PUSHED_SECTORS = np.array([PUSHED.get(sector, 0.0) for sector in SECTORS])
ENTRY_AGE = 25  # of those who were there at the start; assumed, grade D
DOCTORATE = 5  # years of a doctorate, which count as years since entry; assumed, grade D
TRACK_SHAPE = 4.0  # of the gamma distribution: its standard deviation is half of its mean; assumed, grade D
LONGEST = 46  # years since entry that are told apart
RESEARCHERS = np.isin(ROLES, ("research_scientist", "research_engineer", "ml_infrastructure_engineer"))


class Sectors(NamedTuple):
    """What sets the jobs of sectors apart under the rules now in force."""

    openings: np.ndarray  # (hub, sector) shares of the hub's openings
    relative_utility: np.ndarray  # (profile, hub, sector) log-odds since the start
    value: np.ndarray  # (profile, hub) log-odds that the choice of sectors adds to a hub


def sectors(sim, gross):
    """The :class:`Sectors` of the market and the rules now in force; the first ones are those of the start.

    Parameters
    ----------
    gross : (hub, tier, role) kUSD a year, pay of the hub as engineers value it, allowances apart
    """
    s, a = sim.world.setting, sim.a
    pull = sector_pull(sim, gross)
    if sim.sector_utility_at_start is None:
        sim.sector_utility_at_start = pull
    openings = np.maximum(openings_by_sector(s, a, sim.rules), 1e-12)  # even where none are left
    openings /= openings.sum(axis=1, keepdims=True)
    pushed = eq.jobs_share(sim.vacancies, sim.openings())[:, None]  # of all openings
    openings = openings * (1 - pushed) + pushed * PUSHED_SECTORS
    relative_utility = eq.sector_relative_utility(pull, sim.sector_utility_at_start, a.sector_response)
    return Sectors(openings, relative_utility, eq.sector_value(openings, relative_utility))


def sector_pull(sim, gross):
    """(profile, hub, sector) pull of pay and compute of a sector's jobs over the hub's mean (E1, E2).

    No newcomers' relief is counted: it is nearly the same for all sectors.
    """
    setting, a, rules, market = sim.world.setting, sim.a, sim.rules, sim.market
    mean = with_allowance(gross, rules)
    own = with_allowance(gross[:, None] * relative_pay(setting, a, rules)[..., None], rules)
    log_pay_gap = eq.pay_gain(
        net_pay(setting, a, rules, own),
        net_pay(setting, a, rules, mean)[:, None],
        a.linear_pay,
        nominal_mean_pay(sim)[:, None, None, None],
    )
    log_pay_gap = np.moveaxis(log_pay_gap, (2, 3), (0, 1))[:, :, None]  # tier, role, taste, hub, sector
    pay = pay_tastes(a)[:, None, None] * log_pay_gap
    seen = np.log1p(relative(a, market, market.sector_compute)) - np.log1p(relative(a, market, market.compute))[:, None]
    compute = b_compute(a)[:, None, None, None] * seen
    return (pay + compute).reshape(-1, *seen.shape)


def pay_tastes(a):
    """(taste,) pull of pay of engineers who care for it less, as the average does, and more (E2)."""
    return np.maximum(a.b_pay + a.b_pay_sd * TASTES, 0.0)


def net_pay(setting, a, rules, gross):
    """(hub, ...) kUSD a year after tax at the pay itself (E1), without relief; ``gross`` (hub, ...)."""
    tax = eq.effective_tax(gross, setting.tax_gross, setting.tax_rate, rules["tax_rate_points"][setting.country])
    return eq.net_real_pay(gross, tax, 0.0, 0.0, 0.0, 1.0, a.horizon, a.expected_stay, a.fee_pass_through, 0.0)


def nominal_mean_pay(sim):
    """(hub,) kUSD a year that buy the world's mean pay at the hub's prices: what linear pay is set against (E2)."""
    return sim.mean_pay * sim.market.price**sim.a.price_weight


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


def sign_on_table(sim, gross):
    """(profile, hub) what a payment on arrival adds for people who move in (E1); ``gross`` as valued."""
    setting, a, rules = sim.world.setting, sim.a, sim.rules
    if not rules["sign_on_kusd"].any():
        return np.zeros((gross[0].size * len(TASTES), len(setting.hubs)))
    mean = with_allowance(gross, rules)
    once = rules["sign_on_kusd"][:, None, None] / a.expected_stay
    fee_paid, unpaid = (np.moveaxis(net_pay(setting, a, rules, np.maximum(x, 1.0)), 0, -1) for x in (mean + once, mean))
    gain = eq.pay_gain(fee_paid, unpaid, a.linear_pay, nominal_mean_pay(sim))  # tier, role, hub
    return eq.sign_on_pull(gain[:, :, None], pay_tastes(a)[:, None]).reshape(-1, len(setting.hubs))


def change_jobs(sim, year):
    """Let engineers change employers within their hub."""
    setting, a = sim.world.setting, sim.a
    keys = np.array([JOB_CHANGE.key(sim, year), rng.key(sim.world.seed, "mission")])
    # people leave less often where their sector has gained pay since the start
    for_pay = eq.pay_separation(sim.sectors.relative_utility, sim.sectors.value)
    for_pay = np.ascontiguousarray(np.moveaxis(for_pay, 2, 0), np.float32)
    parts = over_range(
        jobs.change_jobs,
        sim.used,
        keys,
        sim.people,
        JOB_CHANGE.rate(sim, year),
        for_pay,
        job_lock(setting, a),
        1 + a.remote_separation_effect,
        a.mission_share,
        setting.country,
        sim.hiring,
        len(setting.homes),
    )
    sim.accounts.rehired(*map(sum, zip(*parts, strict=True)))


def separation(sim, year=None):
    """(2, sector) separations a person-year of the others and of those whom the mission of a frontier lab holds."""
    a, rate = sim.a, separation_rates(sim.world.setting, sim.a) * sim.rules["sector_separations"]
    # the mission of a frontier lab holds a share of its people; the mean rate stays that of the sector
    others = 1 / (1 - a.mission_share * (1 - a.mission_separation))  # so that both average the sector's rate
    kind = np.ones((2, len(SECTORS)))
    kind[:, FRONTIER_LAB] = others, others * a.mission_separation
    return np.minimum(kind * rate, 1.0)


def job_lock(setting, a):
    """(country, home) job changes of temporary residents over those of citizens, fewer in a queue (E6, E10).

    ``temporary_job_change`` is their average at the start, those in the queue for permanent residence included.
    """
    delta = eq.job_lock(setting.queue_share, a.permanent_queue_job_change)
    country = setting.country[:, None] == np.arange(len(setting.countries))
    residents = country.T @ (setting.stock[:, None] * setting.home_mix)
    mean = np.average(delta, weights=residents * setting.status_mix[:, :, TEMPORARY:].sum(axis=2) + 1e-9)
    return a.temporary_job_change * delta / mean


def hiring(sim, year):
    """The :class:`Hiring` of a year under the rules now in force."""
    s = sim.world.setting
    single = lambda x: np.ascontiguousarray(x, np.float32)  # noqa: E731
    chances = eq.sector_chances(sim.sectors.openings, sim.sectors.relative_utility)
    keys = [
        rng.key(sim.seed, "new sector", year),
        rng.key(sim.world.seed, "would work remotely"),
        rng.key(sim.seed, "remote employer", year),
    ]
    return Hiring(
        single(np.cumsum(chances, axis=-1)),
        single(remote_share(s, sim.a, sim.rules)),
        single(np.cumsum(employers(sim), axis=-1)),
        np.array(keys),
    )


def promote(sim, year):
    """Promote whom the year's draw picks."""
    track = sim.track[year - sim.world.start] if sim.a.expert_track > 0 else np.ones(1)
    parts = over_range(
        jobs.promote,
        sim.used,
        PROMOTION.key(sim, year),
        sim.people,
        PROMOTION.rate(sim, year),
        sim.entered,
        year,
        track,
        len(sim.world.setting.homes),
    )
    delta, promotions = (sum(part) for part in zip(*parts, strict=True))
    sim.accounts.delta += delta
    sim.accounts.promotions += promotions


def offers(sim):
    """(category // 3,) offers that make people consider a move (E4), over the baseline's: by demand for their skill."""
    return np.tile(skill_demand(sim.a, sim.rules).ravel(), 2)  # of both types


def promotion_rates(sim, year):
    """(tier, hub) promotions a person-year, from the last count of stocks and the rules now in force."""
    a = sim.a
    stock = sim.counts.sum(axis=(1, 3))  # hub, tier
    share = lambda stock: stock[:, 0] / np.maximum(stock.sum(axis=1), 1)  # noqa: E731
    world = stock[:, 0].sum() / stock.sum()  # of the day: mentoring says where people are promoted, never how many
    mean = eq.mentoring(share(stock), world, a.b_mentoring) @ stock / np.maximum(stock.sum(axis=0), 1e-9)
    demand = eq.demand_factor(sim.rules["tier_demand"], a.demand_elasticity)  # into the next better tier
    return eq.promotion_rate(
        a.promotion_pace * balanced(sim, year), share(stock), world, mean, np.append(1.0, demand[:-1]), a.b_mentoring
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


def expert_track(sim):
    """(year, years since entry) promotions to expert over those of the mean practitioner (E10).

    The shape is that of the time from entry to expert of those on the track, a gamma distribution of mean
    ``expert_track``; the level is such that the reference path has the promotions that keep its tiers. The path's
    people are followed by years since entry, so that a cohort which policy makes smaller lacks its experts later.
    """
    world = sim.world
    shape = eq.track_density(np.arange(LONGEST), sim.a.expert_track, TRACK_SHAPE)
    first, weight = int(world.cohort[1]), world.weight
    since = np.clip(world.start - 1 - sim.entered[:first], 0, LONGEST - 1)
    tier = tier_of(world.engineers.category[:first])
    entry, practitioners = (np.bincount(since[tier == k], minlength=LONGEST) * weight for k in (2, 1))
    rows = []
    for t in range(world.years):
        joined, rate = sim.entrants[t].sum(axis=(0, 1)), balanced(sim, world.start + t)
        entry, practitioners = (
            np.append(x, n)[[-1, *range(LONGEST - 1)]] for x, n in ((entry, joined[2]), (practitioners, joined[1]))
        )
        doctors = sim.entrants[t][:, 0, 1].sum()
        practitioners[[0, DOCTORATE]] += -doctors, doctors
        promoted = practitioners.sum() * rate[1]
        rows.append(shape * practitioners.sum() / (practitioners @ shape))
        leaving = 1 - (sim.reference[t + 1].sum() - joined.sum()) / sim.reference[t].sum()
        onwards = shape * practitioners * promoted / (practitioners @ shape)
        practitioners = (practitioners - onwards + rate[2] * entry) * (1 - leaving)
        entry = entry * (1 - rate[2]) * (1 - leaving)
    return np.array(rows)


def balanced(sim, year):
    """(tier,) promotions a person-year that keep the world's tiers in the proportions of the start.

    On the reference path, where they follow the growth of the year; what policy does to entrants they do not follow.
    """
    s, t = sim.world.setting, year - sim.world.start
    tiers = s.stock @ s.tier_share / s.stock.sum()
    return eq.balanced_promotion(tiers * sim.reference[t].sum(), sim.entrants[t].sum(axis=(0, 1)))


def remote_share(setting, a, rules):
    """(role, sector) share of engineers whose job there is remote: ``remote_share`` on the average of the start."""
    factor = setting.role_remote[:, None] * setting.sector_remote
    stock = (setting.stock[:, None] * setting.role_share).T @ setting.sector_share / setting.stock.sum()
    return np.minimum(a.remote_share * factor / (factor * stock).sum() * rules["sector_remote"], 1.0)


def offered(sim):
    """(hub,) remote jobs that a hub's employers offer, up to a common factor: by its size, times policy."""
    return sim.size() * sim.rules["remote_hiring"]


def employers(sim):
    """(hub, hub) chances of each hub to be that of a remote worker's employer, by residence (E11)."""
    s = sim.world.setting
    return eq.employer_chances(
        sim.size(), s.country[:, None] != s.country, sim.a.remote_abroad, sim.rules["remote_hiring"]
    )


def remote_gross_pay(sim, gross):
    """(hub, tier, role) kUSD a year of somebody who works remotely and lives in the hub (E11), out of local pay."""
    return eq.remote_gross(gross, offered(sim), sim.a.remote_convergence)


def expected_share(sim):
    """(hub, role) part of the residents of the start whose employer is in another hub."""
    s = sim.world.setting
    elsewhere = 1 - np.diagonal(employers(sim))
    return elsewhere[:, None] * (s.sector_share @ remote_share(s, sim.a, sim.rules).T)


def search_factor(sim):
    """(hub, role) mean factor of remote work on the considering rates of the residents of the start (E4)."""
    return 1 + (sim.a.remote_considering - 1) * expected_share(sim)


def place_remote_workers(sim):
    """Say who works remotely, and for whom, when the run starts."""
    over_range(jobs.place_remote_workers, sim.used, sim.people, sim.hiring)


def return_to_office(sim, year):
    """End the remote jobs that role and sector no longer allow, at the end of a year.

    A part of those whose employer is in their country move to him; everybody else takes another job where he lives.
    """
    keys = np.array([sim.hiring.keys[1], RECALL.key(sim, year)])
    parts = over_range(
        jobs.return_to_office,
        sim.used,
        keys,
        sim.people,
        RECALL.rate(sim, year),
        sim.world.setting.country,
        sim.hiring,
        len(sim.world.setting.homes),
    )
    # some move to the employer's hub, everybody else has taken another job where they live
    *booked, called = zip(*parts, strict=True)
    sim.accounts.rehired(*map(sum, booked))
    slots = np.concatenate(called)
    moves.move(sim, slots, sim.people.employer_hub[slots].astype(np.int64), 12 * year + 11)


def relative(a, market, compute):
    """Compute as engineers see it (E2): over the world's mean per engineer of the day, up to a saturation."""
    world = np.average(market.compute, weights=np.maximum(market.size, 1e-9))
    return np.minimum(compute / max(world, 1e-9), a.compute_saturation)


def b_compute(a):
    """(role,) pull of compute: researchers and infrastructure engineers, and the others."""
    return np.where(RESEARCHERS, a.b_compute, a.b_compute_other)


def recall_moves(sim, year):
    """Probability of moving to the employer's hub in the same country when a remote job ends (E11)."""
    return sim.a.recall_relocation


PROMOTION = Hazard(
    "E10", "promotion", "practitioners, entry engineers", "December", "promotion", promotion_rates, "one tier up"
)
JOB_CHANGE = Hazard("E10", "job change", "everybody", "December", "separation", separation, "sector and employer")
RECALL = Hazard(
    "E11",
    "return to office",
    "remote workers whose role and sector no longer allow it",
    "December",
    "follow the office",
    recall_moves,
    "moves to the employer's hub; the others take a job where they live",
)
