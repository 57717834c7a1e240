"""Status (E6): job lock against its gates, return, naturalisation, and what a closed border does to those inside."""

import re

import numpy as np
import pytest
from worlds import CENTRE, arm_of, rules_for, scenario, setting, shipped_world, years_of

from sim.model import equations as eq
from sim.model import labour, visas, year
from sim.model.labour import job_lock
from sim.model.market import going_home
from sim.study.run import run
from sim.world.engineers import CITIZEN, PERMANENT, TEMPORARY

US = setting().countries.index("usa")


def home(name):
    """Position of a home."""
    return setting().homes.index(name)


# job lock: gates g20a, g20b and g20c


@pytest.fixture(scope="module")
def job_changes():
    """(year, status) job changes over the stock of 1 January in the baseline, two pairs."""
    data = run("us_tax_up", population=50_000, replicates=2, years=3, uncertainty="chance").data.sel(arm="baseline")
    stock = data.stock_by_status.sum("hub").isel(time=slice(None, -1)).values
    return (data.job_changes.values / stock).mean(axis=0)


@pytest.mark.slow
def test_citizens_change_jobs_as_often_as_observed(job_changes):
    """Gate g20a: 20 to 28 % a year (Cato)."""
    assert np.all((job_changes[:, CITIZEN] > 0.20) & (job_changes[:, CITIZEN] < 0.28))


@pytest.mark.slow
def test_temporary_residents_change_jobs_less(job_changes):
    """Gate g20b: 0.75 to 0.95 of citizens (Cato)."""
    ratio = job_changes[:, TEMPORARY] / job_changes[:, CITIZEN]
    assert np.all((ratio > 0.75) & (ratio < 0.95))


def test_people_in_the_queue_change_jobs_least():
    """Gate g20c: 5 to 35 % less (Hunt); Indians and Chinese in the USA, three quarters of whom are in the queue."""
    lock = job_lock(setting(), CENTRE)
    for name in ("ind", "chn"):
        assert -0.35 < lock[US, home(name)] / lock[US, home("kor")] - 1 < -0.05
    queues = np.argwhere(setting().queue_share > 0).tolist()
    assert queues == sorted([[US, home("ind")], [US, home("chn")]])


def test_the_queue_lock_has_the_measured_mean():
    s = setting()
    share = np.zeros((len(s.countries), len(s.homes)))
    for h, c in enumerate(s.country):
        share[c] += s.stock[h] * s.home_mix[h] * s.status_mix[c, :, TEMPORARY:].sum(axis=1)
    assert np.average(job_lock(s, CENTRE), weights=share) == pytest.approx(CENTRE.temporary_job_change)
    alike = job_lock(s, CENTRE.vary(permanent_queue_job_change=0))
    assert alike == pytest.approx(np.full(share.shape, CENTRE.temporary_job_change))
    assert eq.job_lock(0.0, -0.2) == 1


# levers


def test_return_levers_multiply_odds_of_one_country():
    rules, back = rules_for(setting()), arm_of(shipped_world(5_000, 1)).constants.back
    doubled = rules | {"going_home": np.where(np.arange(len(setting().countries)) == US, 2.0, 1.0)}
    gain = going_home(setting(), back, doubled) - going_home(setting(), back, rules)
    assert gain == pytest.approx(np.broadcast_to(np.where(setting().country == US, np.log(2), 0.0), gain.shape))


def foreigners_in_the_us(arm, status):
    """Agents of a status in the USA."""
    return int(arm.counts[setting().country == US, :, :, status].sum())


@pytest.mark.parametrize(("value", "sign"), [(0.0, +1), (5.0, -1)])
def test_returns_change_the_temporary_residents(value, sign):
    policies = scenario({"country.usa.return": value}).policies
    world = shipped_world(50_000, 2)
    *_, plain = years_of(world)
    *_, other = years_of(world, policies=policies)
    assert sign * (foreigners_in_the_us(other, TEMPORARY) - foreigners_in_the_us(plain, TEMPORARY)) > 0


def test_no_naturalisation_keeps_permanent_residents():
    world = shipped_world(20_000, 1)
    policies = scenario({"country.*.naturalisation": 0.0}).policies
    for chosen, share in ((policies, 0.0), ((), CENTRE.naturalisation_rate)):
        *_, arm = years_of(world, policies=chosen)
        there = np.flatnonzero((world.engineers.status == PERMANENT) & (world.engineers.hub >= 0))
        stayed = there[(arm.people.hub[there] == world.engineers.hub[there])]
        citizens = (arm.people.status[stayed] == CITIZEN).mean()
        assert citizens == pytest.approx(share, abs=4 * np.sqrt(share * (1 - share) / len(stayed)))


@pytest.mark.slow
def test_a_border_closed_to_newcomers_keeps_residents():
    """Gate g19, a warning: exits of incumbents fall where others may no longer come (Czaika and de Haas 2017)."""
    closed = scenario({"country.usa.is_closed": "true"}, "2027-01-01")
    data = run(closed, population=50_000, replicates=2, years=6, uncertainty="chance").data
    inside = np.flatnonzero(setting().country == US)
    left = data.flow.isel(origin=inside).drop_isel(destination=inside).sum(("origin", "destination"))
    rate = (left / data.stock.isel(hub=inside, time=slice(None, -1)).sum(("hub", "tier")).values).sel(
        year=slice(2028, None)
    )
    delta = float(rate.sel(arm="scenario").mean() / rate.sel(arm="baseline").mean() - 1)
    assert -0.3 < delta < 0


# hazards are executed from their declarations


def test_hazards_are_declared_once():
    questions = [hazard.question for hazard in year.HAZARDS]
    assert len(set(questions)) == len(questions)
    assert all(hazard.rate.__doc__ and re.fullmatch(r"E\d+", hazard.equation) for hazard in year.HAZARDS)


@pytest.mark.parametrize(
    ("module", "name", "happened"),
    [
        (labour, "PROMOTION", lambda arm: arm.accounts.promotions.sum()),
        (labour, "JOB_CHANGE", lambda arm: arm.accounts.job_changes.sum()),
        (visas, "NATURALISATION", lambda arm: (arm.people.status[: arm.used] == PERMANENT).sum()),
    ],
)
def test_a_step_executes_its_declared_hazard(monkeypatch, module, name, happened):
    hazard = getattr(module, name)
    counts = []
    for factor in (1, 0):
        never = hazard._replace(rate=lambda sim, year, factor=factor: factor * hazard.rate(sim, year))
        monkeypatch.setattr(module, name, never)
        *_, arm = years_of(shipped_world(5_000, 1))
        counts.append(happened(arm))
    assert counts[0] < counts[1] if name == "NATURALISATION" else counts[0] > counts[1]
