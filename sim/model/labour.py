"""Labour: sectors and their pay, new jobs, careers and remote work (E1, E10, E11).

The utility of a sector is measured against that of the start of the simulation, so that the fitted constants of the
hubs absorb all differences between sectors that existed then. An engineer works remotely if their own draw, which is
constant for life, is below the share of remote jobs in their role and sector. Residence and employer are then in two
hubs, and stocks are counted by both.
"""

from typing import NamedTuple

import numpy as np

from sim.model import equations as eq
from sim.model import moves, rng
from sim.model.kernels import jobs
from sim.model.kernels.choice import Hiring
from sim.model.rng import Hazard
from sim.parallel import added, over_range
from sim.world.categories import ROLES, SECTORS
from sim.world.engineers import TASTE_SHARES, TASTES, TEMPORARY, tier_of

# attributes of a simulation that the steps of this module change
WRITES = ("people", "teams", "accounts", "sector_utility_at_start")
FRONTIER_LAB = SECTORS.index("frontier_lab")
PUSHED = {"sovereign_lab": 0.5, "frontier_lab": 0.3, "cloud_saas": 0.2}  # jobs that compute opens; assumed, grade D
PUSHED_SECTORS = np.array([PUSHED.get(sector, 0.0) for sector in SECTORS])
ENTRY_AGE = 25  # age at entry into the occupation of the engineers of the start; assumed, grade D
DOCTORATE = 5  # years of a doctorate, which count as years since entry; assumed, grade D
TRACK_SHAPE = 4.0  # of the gamma distribution: its standard deviation is half of its mean; assumed, grade D
# rules on which some tables depend, see Simulation.by_rules
SECTOR_OPENINGS = ("sector_openings", "hub_sector_openings")
SECTOR_PAY = ("sector_pay", "hub_sector_pay")
SKILL_DEMAND = ("tier_demand", "role_demand")
LONGEST = 46  # classes of years since entry, the last one open
RESEARCHERS = np.isin(ROLES, ("research_scientist", "research_engineer", "ml_infrastructure_engineer"))


class Sectors(NamedTuple):
    """Openings and utility of the sectors under the rules now in force."""

    openings: np.ndarray  # (hub, sector) shares of the hub's openings
    relative_utility: np.ndarray  # (profile, hub, sector) log-odds since the start
    value: np.ndarray  # (profile, hub) log-odds that the choice of sectors adds to a hub


class Pay(NamedTuple):
    """Pay of the hubs under the rules now in force, (hub, tier, role) each, from :func:`market.pay_of`."""

    valued: np.ndarray  # kUSD a year, gross, with equity as engineers value it
    gross: np.ndarray  # kUSD a year, with allowances
    tax: np.ndarray  # effective rate on it, without relief


def sectors(sim, pay) -> Sectors:
    """Return the :class:`Sectors` of the market and the rules now in force; the first call fixes those of the start."""
    a = sim.a
    pull = sector_pull(sim, pay)
    if sim.sector_utility_at_start is None:
        sim.sector_utility_at_start = pull
    # shares of openings, with the jobs that compute has opened in their own sectors
    openings = sim.by_rules(shares_of_openings, sim.rules, *SECTOR_OPENINGS)
    pushed = eq.jobs_share(sim.vacancies, sim.openings())[:, None]  # of all openings
    openings = openings * (1 - pushed) + pushed * PUSHED_SECTORS
    relative_utility = eq.sector_relative_utility(pull, sim.sector_utility_at_start, a.sector_response)
    return Sectors(openings, relative_utility, eq.sector_value(openings, relative_utility))


def shares_of_openings(setting, a, rules) -> np.ndarray:
    """Return (hub, sector) shares of the hub's openings, positive, so that they exist without openings."""
    openings = np.maximum(openings_by_sector(setting, a, rules), 1e-12)
    return openings / openings.sum(axis=1, keepdims=True)


def sector_pull(sim, pay) -> np.ndarray:
    """Return (profile, hub, sector) the log-odds of a sector's pay and compute against the hub's mean (E1, E2).

    Tax relief of newcomers is left out, because it is nearly equal in all sectors.
    """
    setting, a, rules, market = sim.world.setting, sim.a, sim.rules, sim.market
    relative_to_hub = sim.by_rules(relative_pay, rules, *SECTOR_PAY, "sector_liquidity")
    own = with_allowance(pay.valued[:, None] * relative_to_hub[..., None], rules)
    log_pay_gap = eq.pay_gain(
        net_pay(setting, a, rules, own),
        after_tax(a, pay.gross, pay.tax)[:, None],
        a.linear_pay,
        nominal_mean_pay(sim)[:, None, None, None],
    )
    # in the order tier, role, taste, hub, sector; contiguous, because it is read and written once for each taste
    log_pay_gap = np.ascontiguousarray(log_pay_gap.transpose(2, 3, 0, 1))
    pull = pay_tastes(a)[:, None, None] * log_pay_gap[:, :, None]
    by_sector, mean = (
        np.log1p(relative(a, market, at_least(rules, c))) for c in (market.sector_compute, market.compute)
    )
    seen = by_sector - mean[..., None]  # tier, hub, sector
    pull += (b_compute(a)[:, None] * compute_tastes(a))[..., None, None] * seen[:, None, None]
    return pull.reshape(-1, *seen.shape[1:])


def pay_tastes(a) -> np.ndarray:
    """Return (taste,) the coefficient of pay of engineers with a low, a mean and a high taste for pay (E2)."""
    return np.maximum(a.b_pay + a.b_pay_sd * TASTES, 0.0)


def compute_tastes(a) -> np.ndarray:
    """Return (taste,) the coefficient of compute of engineers with each taste for pay, over its mean (E2)."""
    return eq.compute_tastes(a.compute_indifferent, TASTE_SHARES)


def tax_points(setting, rules) -> np.ndarray:
    """Return (hub,) the percentage points that policies of its country and of the hub add to the effective tax."""
    return rules["tax_rate_points"][setting.country] + rules["hub_tax_points"]


def net_pay(setting, a, rules, gross) -> np.ndarray:
    """Return (hub, ...) kUSD a year after tax and without relief (E1), of ``gross`` pay (hub, ...) kUSD a year."""
    tax = eq.effective_tax(gross, setting.tax_gross, setting.tax_rate, tax_points(setting, rules))
    return after_tax(a, gross, tax)


def after_tax(a, gross, tax, fee=0.0) -> np.ndarray:
    """Return kUSD a year after ``tax`` (rate) and a ``fee`` (kUSD), without relief and at the hub's own prices (E1)."""
    return eq.net_real_pay(gross, tax, 0.0, 0.0, fee, 1.0, a.horizon, a.expected_stay, a.fee_pass_through, 0.0)


def nominal_mean_pay(sim) -> np.ndarray:
    """Return (hub,) kUSD a year: the world's mean pay at the hub's prices, the unit of pay in linear utility (E2)."""
    return sim.mean_pay * sim.market.price**sim.a.price_weight


def with_allowance(gross, rules) -> np.ndarray:
    """Return (hub, ...) kUSD a year: ``gross`` (hub, ...) plus the allowance paid to all workers of a hub."""
    allowance = rules["allowance_kusd"].reshape(-1, *[1] * (gross.ndim - 1))
    return np.maximum(gross + allowance, 1.0)


def relative_pay(setting, a, rules) -> np.ndarray:
    """Return (hub, sector, tier) the pay of a sector over the hub's mean, with equity as engineers value it (E1)."""
    return _parts_of_pay(setting, a, rules)[0]


def relative_equity(setting, a, rules) -> np.ndarray:
    """Return (hub, sector, tier) the equity of a sector, as engineers value it, over the hub's mean pay (E1)."""
    whole, cash = _parts_of_pay(setting, a, rules)
    return whole - cash


def _parts_of_pay(setting, a, rules) -> tuple[np.ndarray, np.ndarray]:
    """Return (hub, sector, tier) the pay of a sector over the hub's mean as engineers value it, and its cash alone."""
    multiplier = sector_pay(setting, rules)
    # relative to the mean pay of the hub
    multiplier /= (setting.sector_share * multiplier).sum(axis=1, keepdims=True)
    parts = np.moveaxis(setting.pay, -1, 0)  # part, hub, tier
    by_sector = [x[:, None] for x in (setting.sector_equity, setting.sector_illiquid, rules["sector_liquidity"])]
    weights = [a.liquid_equity_weight, a.illiquid_equity_weight]
    terms = [*parts[:, :, None], multiplier[..., None], *by_sector]
    mean = eq.gross_value(*parts, *weights)[:, None]
    cash = eq.sector_pay(*terms, *np.zeros(2))
    return eq.sector_pay(*terms, *weights) / mean, cash / mean


def sector_pay(setting, rules) -> np.ndarray:
    """Return (hub, sector) pay relative to cloud and SaaS, times the multipliers of policies."""
    return setting.sector_pay * rules["sector_pay"] * rules["hub_sector_pay"].reshape(setting.sector_share.shape)


def pay_level(setting, _, rules) -> np.ndarray:
    """Return (hub,) the factor by which policies on sectors change mean pay, at the sector shares of the start."""
    return (setting.sector_share * sector_pay(setting, rules)).sum(axis=1) / (
        setting.sector_share * setting.sector_pay
    ).sum(axis=1)


def separation_rates(setting, a) -> np.ndarray:
    """Return (sector,) separations a person-year without policy (E10)."""
    return eq.separation_rates(
        setting.separation_rate,
        setting.stock @ setting.sector_share,
        a.job_change_rate,
        a.lab_separation_rate,
        FRONTIER_LAB,
    )


def openings_by_sector(setting, a, rules) -> np.ndarray:
    """Return (hub, sector) openings as a share of the hub's openings at the start, times policy.

    Openings at the start are proportional to separations, so that sectors keep their shares if nothing changes. More
    openings of one sector raise the openings of the hub.
    """
    left = setting.sector_share * separation_rates(setting, a)
    policy = rules["sector_openings"] * rules["hub_sector_openings"].reshape(left.shape)
    return left / left.sum(axis=1, keepdims=True) * policy


def sign_on_table(sim, gross) -> np.ndarray:
    """Return (profile, hub) the log-odds that a sign-on payment adds for movers into the hub (E1).

    Parameters
    ----------
    gross : (hub, tier, role) kUSD a year, pay as engineers value it, allowances apart
    """
    setting, a, rules = sim.world.setting, sim.a, sim.rules
    if not rules["sign_on_kusd"].any():
        return np.zeros((gross[0].size * len(TASTES), len(setting.hubs)))
    mean = with_allowance(gross, rules)
    # one payment, spread over the expected stay and taxed at the margin
    once = rules["sign_on_kusd"][:, None, None] / a.expected_stay
    pay = (np.maximum(x, 1.0) for x in (mean + once, mean))
    with_payment, without = (np.moveaxis(net_pay(setting, a, rules, x), 0, -1) for x in pay)
    gain = eq.pay_gain(with_payment, without, a.linear_pay, nominal_mean_pay(sim))  # tier, role, hub
    return eq.sign_on_pull(gain[:, :, None], pay_tastes(a)[:, None]).reshape(-1, len(setting.hubs))


def kept_equity_table(sim, gross) -> np.ndarray:
    """Return (profile, hub, sector) the log-odds that equity kept on leaving adds to every move out of a hub (E1).

    Parameters
    ----------
    gross : (hub, tier, role) kUSD a year, pay as engineers value it, allowances apart
    """
    setting, a, rules = sim.world.setting, sim.a, sim.rules
    years = rules["unvested_kept"]
    if not years.any():
        return np.broadcast_to(0.0, (gross[0].size * len(TASTES), *setting.sector_share.shape))
    own, equity = (
        gross[:, None] * each(setting, a, rules)[..., None] for each in (relative_pay, relative_equity)
    )  # hub, sector, tier, role
    own = with_allowance(own, rules)
    # one payment, spread over the expected stay and taxed at the margin of the present pay
    once = years[:, None, None, None] * equity / a.expected_stay
    with_payment, without = (net_pay(setting, a, rules, pay) for pay in (own + once, own))
    gain = eq.pay_gain(with_payment, without, a.linear_pay, nominal_mean_pay(sim)[:, None, None, None])
    pull = eq.sign_on_pull(np.moveaxis(gain, (2, 3), (0, 1))[:, :, None], pay_tastes(a)[:, None, None])
    return pull.reshape(-1, *setting.sector_share.shape)


def change_jobs(sim, year) -> None:
    """Draw the engineers who change employers within their hub this year, and record their new jobs (E10, E11)."""
    setting, a = sim.world.setting, sim.a
    keys = np.array([JOB_CHANGE.key(sim, year), rng.key(sim.world.seed, "mission")])
    # separations fall where a sector's pay has risen since the start; employers may match better pay elsewhere
    counter_offers = sim.rules["sector_counter_offers"]
    for_pay = eq.pay_separation(sim.sectors.relative_utility, sim.sectors.value, counter_offers)
    for_pay = np.ascontiguousarray(for_pay.transpose(2, 0, 1), np.float32)
    rate, lock, remote_effect = JOB_CHANGE.rate(sim, year), sim.job_lock, 1 + a.remote_separation_effect
    parts = over_range(
        jobs.change_jobs,
        sim.used,
        keys,
        rate.max() * max(for_pay.max(), 1.0) * max(lock.max(), 1.0) * max(remote_effect, 1.0),
        sim.people,
        rate,
        for_pay,
        lock,
        remote_effect,
        a.mission_share,
        setting.country,
        sim.hiring,
        len(setting.homes),
    )
    sim.accounts.rehired(*map(added, zip(*parts, strict=True)))


def separation(sim, year=None) -> np.ndarray:
    """Return (2, sector) separations a person-year of engineers without and with attachment to a mission (E10)."""
    a, rate = sim.a, separation_rates(sim.world.setting, sim.a) * sim.rules["sector_separations"]
    # attached engineers leave frontier labs less often, the others more often: the mean rate stays that of the sector
    others = 1 / (1 - a.mission_share * (1 - a.mission_separation))
    kind = np.ones((2, len(SECTORS)))
    kind[:, FRONTIER_LAB] = others, others * a.mission_separation
    return np.minimum(kind * rate, 1.0)


def job_lock(setting, a) -> np.ndarray:
    """Return (country, home) the ratio of job changes of temporary residents to those of citizens (E6, E10).

    Engineers in the queue for permanent residence change jobs less often. ``temporary_job_change`` is the mean over all
    temporary residents at the start.
    """
    delta = eq.job_lock(setting.queue_share, a.permanent_queue_job_change)
    country = setting.country[:, None] == np.arange(len(setting.countries))
    residents = country.T @ (setting.stock[:, None] * setting.home_mix)
    # normalise by the temporary residents of the start
    mean = np.average(delta, weights=residents * setting.status_mix[:, :, TEMPORARY:].sum(axis=2) + 1e-9)
    return a.temporary_job_change * delta / mean


def hiring(sim, year) -> Hiring:
    """Return the :class:`Hiring` of a year, with cumulative probabilities, under the rules now in force."""
    single = lambda x: np.ascontiguousarray(x, np.float32)  # noqa: E731
    chances = eq.sector_chances(sim.sectors.openings, sim.sectors.relative_utility)
    keys = [
        rng.key(sim.seed, "new sector", year),
        rng.key(sim.world.seed, "would work remotely"),
        rng.key(sim.seed, "remote employer", year),
    ]
    return Hiring(
        single(np.cumsum(chances, axis=-1)),
        single(sim.by_rules(remote_share, sim.rules, "sector_remote")),
        single(np.cumsum(employers(sim), axis=-1)),
        np.array(keys),
    )


def promote(sim, year) -> None:
    """Draw the promotions of the year (E10) and record them."""
    track = sim.track[year - sim.world.start] if sim.a.expert_track > 0 else np.ones(1)
    rate = PROMOTION.rate(sim, year)
    parts = over_range(
        jobs.promote,
        sim.used,
        PROMOTION.key(sim, year),
        max(rate[1].max() * track.max(), rate.max()),  # only practitioners, the middle tier, have a track
        sim.people,
        rate,
        sim.entered,
        year,
        track,
        len(sim.world.setting.homes),
    )
    delta, promotions = map(added, zip(*parts, strict=True))
    sim.accounts.delta += delta
    sim.accounts.promotions += promotions


def skill_demand(_, a, rules) -> np.ndarray:
    """Return (tier, role) the factor of demand for skills on offers (E4) and entry (E9)."""
    return np.outer(*(eq.demand_factor(rules[f"{skill}_demand"], a.demand_elasticity) for skill in ("tier", "role")))


def offers(sim) -> np.ndarray:
    """Return (type * tier * role,) offers that start a search, relative to the baseline (E4): demand for skills."""
    return np.tile(sim.by_rules(skill_demand, sim.rules, *SKILL_DEMAND).ravel(), 2)  # of both types


def promotion_rates(sim, year) -> np.ndarray:
    """Return (tier, hub) promotions a person-year by the tier left, at the last counts and under the rules in force."""
    a = sim.a
    stock = sim.residents().sum(axis=2)  # hub, tier
    by_tier = stock.sum(axis=0)
    experts = stock[:, 0] / np.maximum(stock.sum(axis=1), 1)
    # mentoring by experts shifts promotions between hubs, relative to the present mean, and leaves their sum as it is
    world = by_tier[0] / by_tier.sum()
    mean = eq.mentoring(experts, world, a.b_mentoring) @ stock / np.maximum(by_tier, 1e-9)
    # demand for a tier speeds up the promotion into it, from the next tier below
    demand = eq.demand_factor(sim.rules["tier_demand"], a.demand_elasticity)
    return eq.promotion_rate(
        a.promotion_pace * balanced(sim, year), experts, world, mean, np.append(1.0, demand[:-1]), a.b_mentoring
    )


def entry_years(world, slots) -> np.ndarray:
    """Return (slot,) int16 the year in which each engineer entered the occupation, counted without a doctorate.

    Engineers of the start entered at the age ENTRY_AGE. Doctors enter DOCTORATE years before their first job, so that
    the years of the doctorate count as experience.
    """
    entered, people = np.full(slots, world.start, np.int16), world.engineers
    first = int(world.cohort[1])
    entered[:first] = np.minimum(world.engineers.birth_year[:first] + ENTRY_AGE, world.start - 1)
    for k in range(1, len(world.cohort) - 1):
        new = slice(int(world.cohort[k]), int(world.cohort[k + 1]))
        doctors = people.graduate[new] & (tier_of(people.category[new]) == 1)
        entered[new] = world.start + k - 1 - DOCTORATE * doctors
    return entered


def expert_track(sim) -> np.ndarray:
    """Return (year, years since entry) the promotion rate to expert relative to the mean practitioner (E10).

    The shape is the density of the time from entry to expert, a gamma distribution with mean ``expert_track`` years.
    The level is such that the reference path has the promotions that keep its tiers in proportion. The reference path
    is followed by years since entry; therefore a cohort that policy makes smaller yields fewer experts later.
    """
    world = sim.world
    shape = eq.track_density(np.arange(LONGEST), sim.a.expert_track, TRACK_SHAPE)
    first, weight = int(world.cohort[1]), world.weight
    since = np.clip(world.start - 1 - sim.entered[:first], 0, LONGEST - 1)
    tier = tier_of(world.engineers.category[:first])
    entry, practitioners = (np.bincount(since[tier == k], minlength=LONGEST) * weight for k in (2, 1))
    rows = []
    # follow entry engineers and practitioners of the reference path by years since entry
    for t in range(world.years):
        joined, rate = sim.entrants[t].sum(axis=(0, 1)), balanced(sim, world.start + t)
        entry, practitioners = (
            np.append(x, n)[[-1, *range(LONGEST - 1)]] for x, n in ((entry, joined[2]), (practitioners, joined[1]))
        )
        # doctors start with the years of their doctorate
        doctors = sim.entrants[t][:, 0, 1].sum()
        practitioners[[0, DOCTORATE]] += -doctors, doctors
        # normalise: the mean factor over practitioners is 1
        promoted = practitioners.sum() * rate[1]
        rows.append(shape * practitioners.sum() / (practitioners @ shape))
        # exits and net migration of the world's total, equal for all; then promotions of the year
        leaving = 1 - (sim.reference[t + 1].sum() - joined.sum()) / sim.reference[t].sum()
        onwards = shape * practitioners * promoted / (practitioners @ shape)
        practitioners = (practitioners - onwards + rate[2] * entry) * (1 - leaving)
        entry = entry * (1 - rate[2]) * (1 - leaving)
    return np.array(rows)


def balanced(sim, year) -> np.ndarray:
    """Return (tier,) promotions a person-year, by the tier left, that keep the world's tier shares of the start (E10).

    They are those of the reference path: they follow its growth in the year, and not the effect of policy on entrants.
    """
    return sim.balance[year - sim.world.start]


def balance(setting, reference, entrants) -> np.ndarray:
    """Return (year, tier) what :func:`balanced` does; ``reference`` and ``entrants`` are the paths of simulations."""
    tiers = setting.stock @ setting.tier_share / setting.stock.sum()
    years = zip(reference, entrants, strict=False)  # the path has one more 1 January
    return np.array([eq.balanced_promotion(tiers * path.sum(), enter.sum(axis=(0, 1))) for path, enter in years])


def remote_share(setting, a, rules) -> np.ndarray:
    """Return (role, sector) the share of remote jobs (E11); its mean over engineers at start is ``remote_share``."""
    # relative frequency of remote work by role and sector, scaled to the mean of the assumption
    factor = setting.role_remote[:, None] * setting.sector_remote
    stock = (setting.stock[:, None] * setting.role_share).T @ setting.sector_share / setting.stock.sum()
    return np.minimum(a.remote_share * factor / (factor * stock).sum() * rules["sector_remote"], 1.0)


def offered(sim) -> np.ndarray:
    """Return (hub,) the remote jobs that a hub's employers offer, as weights: its size times policy (E11)."""
    return sim.size() * sim.rules["remote_hiring"]


def employers(sim) -> np.ndarray:
    """Return (residence, employer) the probability that a remote worker's employer is in each hub (E11)."""
    return eq.employer_chances(sim.size(), sim.layout.abroad, sim.a.remote_abroad, sim.rules["remote_hiring"])


def remote_gross_pay(sim, gross) -> np.ndarray:
    """Return (hub, tier, role) kUSD a year, gross pay of remote workers by residence (E11), from local ``gross``."""
    return eq.remote_gross(gross, offered(sim), sim.a.remote_convergence)


def expected_share(sim) -> np.ndarray:
    """Return (hub, role) the share of the residents of the start whose employer is in another hub (E11)."""
    s = sim.world.setting
    elsewhere = 1 - np.diagonal(employers(sim))
    return elsewhere[:, None] * (s.sector_share @ remote_share(s, sim.a, sim.rules).T)


def search_factor(sim) -> np.ndarray:
    """Return (hub, role) the mean factor of remote work on the search rates of the residents of the start (E4)."""
    return 1 + (sim.a.remote_considering - 1) * expected_share(sim)


def place_remote_workers(sim) -> None:
    """Draw the employers of the remote workers at the start of the simulation (E11)."""
    over_range(jobs.place_remote_workers, sim.used, sim.people, sim.hiring)


def return_to_office(sim, year) -> None:
    """End the remote jobs that role and sector no longer allow, in December (E11).

    If the employer is in the country of residence, a share ``recall_relocation`` of the engineers moves to its hub; all
    others take another job in their hub.
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
    # record the job changes first, then move the engineers who follow their employer
    *booked, called = zip(*parts, strict=True)
    sim.accounts.rehired(*map(added, booked))
    slots = np.concatenate(called)
    moves.move(sim, slots, sim.people.employer_hub[slots].astype(np.int64), 12 * year + 11)


def relative(a, market, compute) -> np.ndarray:
    """Return ``compute`` per engineer relative to the world's present mean, capped at ``compute_saturation`` (E2)."""
    return np.minimum(compute / max(market.mean_compute, 1e-9), a.compute_saturation)


def at_least(rules, compute, newcomers=False) -> np.ndarray:
    """Return (tier, hub, ...) ``compute`` (hub, ...) per engineer, or what the hub guarantees to the tier if more.

    With ``newcomers``, what it guarantees to newcomers from abroad counts, too.
    """
    least = rules["compute_guarantee_tier"].reshape(len(compute), -1).T
    if newcomers:
        lasts = rules["compute_guarantee_years"] >= 1
        least = np.maximum(least, np.where(lasts, rules["compute_guarantee_newcomer"], 0.0))
    return np.maximum(compute, least.reshape(*least.shape, *[1] * (compute.ndim - 1)))


def b_compute(a) -> np.ndarray:
    """Return (role,) the coefficient of compute: ``b_compute`` for researchers and infrastructure engineers (E2).

    All other roles have ``b_compute_other``.
    """
    return np.where(RESEARCHERS, a.b_compute, a.b_compute_other)


def recall_moves(sim, year) -> float:
    """Return the probability of moving to the employer's hub in the same country when a remote job ends (E11)."""
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
