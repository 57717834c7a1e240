"""Entry into the occupation (E9): graduates and converts from adjacent occupations, on a path independent of moves."""

from functools import lru_cache

import numpy as np

from sim.model import equations as eq
from sim.model import rng
from sim.model.kernels import events
from sim.model.kernels.moves import entrants_delta
from sim.model.labour import SKILL_DEMAND, skill_demand
from sim.model.routes import route_shares, success_probability
from sim.scenario.stack import rules_at
from sim.world.categories import ROLES, SECTORS, TIERS
from sim.world.engineers import TASTE_COUNT, category, skill_of, tier_of
from sim.world.people import entrant_homes, entrant_tiers

# attributes of a simulation that the steps of this module change
WRITES = ("people", "ties", "entered", "used", "spare", "seen", "studied", "accounts")
GRADUATES, CONVERSIONS = range(2)
ENTRY, DOCTORS = TIERS.index("entry"), TIERS.index("practitioner")  # graduates who start as practitioners are doctors
ACADEMIA = SECTORS.index("academia")
# profile whose pay students look at: a practitioner of the middle role with the mean taste for pay
MIDDLE = category(0, DOCTORS, ROLES.index("ml_engineer"), TASTE_COUNT // 2)
STUDY_LAG = 2  # years from the choice of a place of study to the first job: a master's degree


def growth_by_country(setting, a, start, years) -> np.ndarray:
    """Return (year, country) the growth rate of the stock on the reference path, a year (E9).

    Before the year of the tables it is the tables' rate, by which the stocks of a past start are walked back.
    """
    first = max(start, setting.year)
    return np.array(
        [
            eq.growth_rate(
                setting.growth, max(start + t, first), a.world_growth, a.long_growth, a.growth_half_life, start=first
            )
            for t in range(years)
        ]
    )


def reference_size(setting, a, start, years) -> np.ndarray:
    """Return (year + 1, hub) persons on the reference path: the first stock, grown at the country's rate (E9)."""
    growth = 1 + growth_by_country(setting, a, start, years)
    return setting.stock * np.vstack([np.ones(len(setting.hubs)), np.cumprod(growth, axis=0)[:, setting.country]])


def entrant_path(setting, a, start, years) -> np.ndarray:
    """Return (year, hub, kind, tier) the persons who enter on the reference path (E9).

    Entry is growth plus exits less net migration, so that it equals the supply table at the start. The migration of the
    first year fades as the growth differential does. Doctors grow at their own rate within all graduates.
    """
    growth = growth_by_country(setting, a, start, years)[:, setting.country]
    stock = np.bincount(setting.country, setting.stock, len(setting.countries))
    # the migration of the starting year, at the earliest that of the tables, fades as the growth differential does
    fading = 2.0 ** (-np.maximum(np.arange(years) - max(setting.year - start, 0), 0) / a.growth_half_life)
    migration = fading[:, None] * (setting.net_migration / stock)[setting.country]
    rate = np.maximum(growth + setting.exit_rate[setting.country] - migration, 0.0)
    inflow = reference_size(setting, a, start, years)[:-1] * rate
    by_kind = np.stack([setting.graduates, setting.conversions], axis=1)
    path = inflow[:, :, None] * (by_kind / by_kind.sum(axis=1, keepdims=True))[setting.country]
    path = path[..., None] * entrant_tiers(setting)
    graduates = path[:, :, GRADUATES].sum(axis=-1)
    # doctors grow at their own rate; other graduates make up for it
    doctors = eq.doctor_path(path[0, :, GRADUATES, DOCTORS], np.arange(years)[:, None], a.phd_growth)
    path[:, :, GRADUATES, DOCTORS] = np.minimum(doctors, graduates)
    path[:, :, GRADUATES, ENTRY] = graduates - path[:, :, GRADUATES, DOCTORS]
    return path


def enter(sim, year) -> None:
    """Add the year's entrants to the simulation and record them (E9).

    The world has one candidate for each entrant of its reference path. If policy or assumptions call for fewer, keyed
    draws select among the candidates; if they call for more, copies of candidates of the same hub and kind, without
    ties, are added.
    """
    world, people, homes = sim.world, sim.people, len(sim.world.setting.homes)
    k = year - world.start + 1
    first, last = int(world.cohort[k]), int(world.cohort[k + 1])
    ratio = entrant_ratio(sim, year)
    path = sim.world.entrants[year - sim.world.start][:, GRADUATES].sum(axis=1)
    study = study_factor(sim, homes_of_graduates(world.setting), path)
    place_doctors(sim, year, np.arange(first, last))
    # draw which candidates enter
    delta, graduates = events.enter(
        first, last, rng.key(sim.seed, "enter", year), people, world.entry_hub, ratio, sim.hiring, homes, study
    )
    # entrants beyond the reference path are copies of regular entrants
    sim.used, extra = max(sim.used, last), np.zeros(0, np.int64)
    if (ratio > 1).any() or (study > 1).any():
        extra = _copies(sim, np.arange(first, last), ratio, year, study)
        delta = delta + entrants_delta(extra, sim.people, len(ratio), homes)
        studied = extra[sim.people.graduate[extra]]
        np.add.at(graduates, (sim.people.hub[studied], tier_of(sim.people.category[studied])), 1)
    sim.accounts.entered(delta)
    sim.accounts.graduates += graduates
    if sim.trajectory is not None:
        sim.trajectory.note_doctors(year, first_jobs(sim, np.append(np.arange(first, last), extra)))


def place_doctors(sim, year, slots) -> None:
    """Change the sector of the first jobs of new doctors, among the candidates in ``slots``, by policy (E9).

    Those who leave academia are spread over the other sectors as all engineers of their hub.
    """
    odds, s, people = sim.rules["doctors_in_academia"], sim.world.setting, sim.people
    if (odds == 1).all():
        return
    doctors = slots[are_doctors(people, slots)]
    hub = sim.world.entry_hub[doctors]
    now = s.sector_share[hub] / s.sector_share[hub].sum(axis=1, keepdims=True)
    share, inside = now[:, ACADEMIA], people.sector[doctors] == ACADEMIA
    wanted = eq.academic_share(share, odds[s.country[hub]])
    # the least number of doctors changes sector
    p = np.where(inside, 1 - wanted / np.maximum(share, 1e-12), (wanted - share) / np.maximum(1 - share, 1e-12))
    u, place = (rng.uniform(rng.key(sim.seed, what, year), doctors) for what in ("leave academia", "job in industry"))
    changes = u < p
    now[:, ACADEMIA] = 0
    industry = np.cumsum(now / np.maximum(now.sum(axis=1, keepdims=True), 1e-12), axis=1)
    taken = np.where(inside, np.minimum((industry <= place[:, None]).sum(axis=1), len(SECTORS) - 1), ACADEMIA)
    people.sector[doctors[changes]] = taken[changes]


def are_doctors(people, slots) -> np.ndarray:
    """Return (slot,) bool: enters the occupation with a doctorate."""
    return people.graduate[slots] & (tier_of(people.category[slots]) == DOCTORS)


def first_jobs(sim, slots) -> np.ndarray:
    """Return (hub, sector) agents: the first jobs of the doctors among the new entrants in ``slots``."""
    people, shape = sim.people, (len(sim.world.setting.hubs), len(SECTORS))
    new = slots[are_doctors(people, slots) & (people.hub[slots] >= 0)]
    cell = people.hub[new].astype(np.int64) * shape[1] + people.sector[new]
    return np.bincount(cell, minlength=shape[0] * shape[1]).reshape(shape)


def entrant_ratio(sim, year) -> np.ndarray:
    """Return (hub, kind, tier * role) the ratio of entrants under the rules in force to the world's candidates (E9)."""
    t, country, rules = year - sim.world.start, sim.world.setting.country, sim.rules
    ratio = sim.entrants[t] / np.maximum(sim.world.entrants[t], 1e-9)
    # policies on graduates, conversions, doctorates, entry-level hiring and skills
    ratio[:, GRADUATES] *= rules["graduates"][country][:, None]
    ratio[:, CONVERSIONS] *= rules["conversions"][country][:, None]
    ratio[:, GRADUATES, DOCTORS] *= (doctoral_places(sim, year) * drained(sim, year))[country]
    ratio[:, GRADUATES, DOCTORS] *= rules_of_doctors(sim, year)["hub_phds"]
    ratio[:, :, ENTRY] *= rules["entry_hiring"][country][:, None]
    demand = sim.by_rules(skill_demand, rules, *SKILL_DEMAND)
    return (ratio[..., None] * demand).reshape(*ratio.shape[:2], -1)


def doctoral_places(sim, year) -> np.ndarray:
    """Return (country,) doctoral places, relative to the baseline, in the month when the doctors of ``year`` began."""
    return rules_of_doctors(sim, year)["phds"]


def rules_of_doctors(sim, year) -> dict:
    """Return the rules in force in the month when the doctors of ``year`` began, ``phd_years`` before."""
    begun = 12 * year - round(12 * sim.a.phd_years)
    return rules_at(begun, sim.policies, sim.baseline_rules)


def drained(sim, year) -> np.ndarray:
    """Return (country,) the factor on new doctors from academia's stock ``phd_years`` ago (E9), 1 before the start."""
    then = max(year - sim.world.start - sim.a.phd_years, 0.0)
    before, part = int(then), then % 1  # between two 1 Januaries
    academia = (1 - part) * sim.academia[before] + part * sim.academia[min(before + 1, len(sim.academia) - 1)]
    return eq.drain(academia, sim.a.academia_elasticity)


def academia_over_path(sim) -> np.ndarray:
    """Return (country,) academia's stock on 1 January over its reference path, both relative to the start (E9)."""
    s, t = sim.world.setting, sim.year - sim.world.start
    now, start = (by_country(s, work[:, :, ACADEMIA].sum(axis=1)) for work in (sim.work, sim.first_work))
    path, first = (by_country(s, stock * s.sector_share[:, ACADEMIA]) for stock in (sim.reference[t], sim.reference[0]))
    some = start * path > 0
    return np.where(some, now * first / np.where(some, start * path, 1.0), 1.0)


def by_country(setting, values) -> np.ndarray:
    """Return (country,) the sums of ``values`` (hub,)."""
    return np.bincount(setting.country, values, len(setting.countries))


def _copies(sim, slots, ratio, year, study) -> np.ndarray:
    """Copy the entrants in ``slots`` into spare slots, as often as their ``ratio`` exceeds 1; return the new slots.

    ``ratio`` is (hub, kind, skill), ``study`` (home, hub) a factor on graduates; fractions are rounded at random.
    """
    kind = np.where(sim.people.graduate[slots], GRADUATES, CONVERSIONS)
    skill = skill_of(sim.people.category[slots])
    more = np.where(kind == GRADUATES, study[sim.people.home[slots], sim.world.entry_hub[slots]], 1.0)
    surplus = np.maximum(ratio[sim.world.entry_hub[slots], kind, skill] * more - 1, 0.0)
    times = np.maximum(rng.rounded(surplus, rng.key(sim.seed, "enter again", year), slots), 0)
    donors = np.repeat(slots, times.astype(int))
    copies = sim.spare_slots(len(donors))
    for column in sim.people:
        column[copies] = column[donors]
    sim.entered[copies] = sim.entered[donors]
    sim.people.hub[copies] = sim.people.employer_hub[copies] = sim.world.entry_hub[donors]
    return copies


def study_pull(sim) -> np.ndarray:
    """Return (3, hub) the incentives of foreign students.

    They are log net real pay on arrival, months of post-study work, and the yearly probability that somebody on
    post-study work is granted a work permit, at the odds of the last draw.
    """
    s = sim.world.setting
    pay = sim.utility_terms.pay_arriving[MIDDLE] / max(sim.a.b_pay, 1e-9)
    months, share, _ = sim.visas.study_terms()
    return np.stack([pay, (months * share).sum(axis=0)[s.country], granted_to_graduates(sim)])


def granted_to_graduates(sim) -> np.ndarray:
    """Return (hub,) the probability a year that graduates are granted a work permit inside (E5), mean over homes."""
    s = sim.world.setting
    role = ROLES.index("ml_engineer")
    one = slice(DOCTORS, DOCTORS + 1), slice(role, role + 1)
    route, share, pattern_of = route_shares(sim, abroad=False, tiers=one[0], roles=one[1])
    registers = np.where(sim.visas.drawn, sim.a.registers_inside, 1.0)
    chance = success_probability(sim, False, sim.visas.odds[0])[DOCTORS] * registers
    granted = (share[:, 0, 0] * chance[route]).sum(axis=-1)[pattern_of[0]]  # home, hub
    return (foreign_graduates(s) * granted).sum(axis=0)


@lru_cache(maxsize=4)
def homes_of_graduates(setting) -> np.ndarray:
    """Return (hub, home) the homes of a hub's graduates, as shares of them."""
    return entrant_homes(setting)[:, GRADUATES]


@lru_cache(maxsize=4)
def foreign_graduates(setting) -> np.ndarray:
    """Return (home, hub) the homes of a hub's foreign graduates, as shares of them."""
    foreign = (setting.home_share <= 0) * homes_of_graduates(setting).T
    return foreign / np.maximum(foreign.sum(axis=0), 1e-12)


def follow_students(sim) -> None:
    """Append the year's :func:`study_pull`, which decides where graduates study STUDY_LAG years later."""
    sim.studied = [*sim.studied, study_pull(sim)]


def study_factor(sim, home_shares, graduates) -> np.ndarray:
    """Return (home, hub) the ratio of graduates to the reference path, by the incentives STUDY_LAG years ago (E9).

    Incentives move students between places of study. The total of every home is fixed: students deterred from one
    place study elsewhere.

    Parameters
    ----------
    home_shares : (hub, home) of the graduates of a hub; graduates : (hub,) persons on the reference path
    """
    s, a = sim.world.setting, sim.a
    t = sim.year - sim.world.start - STUDY_LAG
    if t < 0 or t >= len(sim.studied):
        return np.ones((len(s.homes), len(s.hubs)))
    (pay, months, granted), (pay_at_start, months_at_start, granted_at_start) = sim.studied[t], sim.study_start
    # expected pay: that of the place if the graduate stays, that of home otherwise. Months of work after study are
    # those of the start, so that only pay and odds differ. Pay at home is the mean over its hubs, none without a hub
    hubs = s.home_share.sum(axis=1)
    mean_pay = s.home_share @ np.exp(pay_at_start) / np.maximum(hubs, 1e-12)
    at_home = np.log(np.where(hubs > 0, mean_pay, 1.0))[:, None]
    years = months_at_start / 12
    expected, at_start = (
        eq.study_pay(y, at_home, p, years) for y, p in ((pay, granted), (pay_at_start, granted_at_start))
    )
    gain = eq.study_gain(expected - at_start, months, months_at_start, a.study_elasticity, a.study_months)
    gain = np.where(s.home_share > 0, 1.0, gain)  # home, hub
    there = (home_shares * graduates[:, None]).T
    total = there.sum(axis=1, keepdims=True)
    return gain * np.where(total > 0, total / np.maximum((there * gain).sum(axis=1, keepdims=True), 1e-300), 1.0)
