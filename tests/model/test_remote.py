"""Remote work (E11): nobody, everybody, what it pays, and who is called back."""

import numpy as np
import pytest
from worlds import (
    CENTRE,
    START,
    arm_of,
    identical_hubs,
    rules_for,
    same,
    scenario,
    setting,
    shipped_world,
    world_of,
    years_of,
)

from sim.model import equations as eq
from sim.model import labour, rng
from sim.model.kernels import events, jobs
from sim.world.categories import SECTORS


def living(arm):
    """(slot,) bool: there."""
    return arm.people.hub[: arm.used] >= 0


def is_remote(arm):
    """(slot,) bool: there, with an employer in another hub."""
    return living(arm) & (arm.people.employer_hub[: arm.used] != arm.people.hub[: arm.used])


def rules_with(**changes):
    """The baseline's rules with some of them changed."""
    return rules_for(setting()) | changes


def everywhere(value):
    """Return one value for every sector."""
    return np.full(len(SECTORS), float(value))


# whose employer it is


def test_employers_abroad_are_as_many_as_assumed():
    size, country = np.array([30.0, 10.0, 60.0]), np.array([0, 0, 1])
    abroad = country[:, None] != country
    chances = eq.employer_chances(size, abroad, 0.2, np.ones(3))
    assert chances == pytest.approx(np.array([[0.6, 0.2, 0.2], [0.6, 0.2, 0.2], [0.15, 0.05, 0.8]]))
    more = eq.employer_chances(size, abroad, 0.2, np.array([1.0, 1.0, 4.0]))
    assert more[0] == pytest.approx(np.array([0.6, 0.2, 0.8]) / 1.6)  # policy may raise the share abroad


def test_without_remote_offers_all_work_in_their_hub():
    alone = eq.employer_chances(np.array([5.0]), np.zeros((1, 1), bool), 0.2, np.ones(1))
    assert alone.tolist() == [[1.0]]
    shut = eq.employer_chances(np.array([5.0, 5.0]), ~np.eye(2, dtype=bool), 0.2, np.zeros(2))
    assert shut.tolist() == np.eye(2).tolist()


def test_every_role_starts_with_its_remote_share():
    arm = arm_of(shipped_world(50_000, 1, with_ties=False))
    share = labour.expected_share(arm)
    s = setting()
    expected = np.einsum("h,hr,hr->r", s.stock, s.role_share, share) / (s.stock @ s.role_share)
    role = arm.people.category[: arm.used] // 3 % 5
    for r in range(5):
        mine = living(arm) & (role == r)
        error = np.sqrt(expected[r] * (1 - expected[r]) / mine.sum())
        assert is_remote(arm)[mine].mean() == pytest.approx(expected[r], abs=4 * error)


def test_without_remote_jobs_nobody_works_remotely():
    world, ends = shipped_world(10_000, 2), []
    for changes in ({}, {"remote_convergence": 0.9, "remote_considering": 1.8, "remote_abroad": 0.9}):
        for arm in years_of(world, CENTRE.vary(remote_share=0, **changes)):
            assert not is_remote(arm).any()
        ends.append(arm.people)
    assert same(*ends)


def test_all_remote_means_a_random_employer_hub():
    world, rules = shipped_world(50_000, 1, with_ties=False), rules_with(sector_remote=everywhere(20))
    arm = arm_of(world, CENTRE.vary(remote_share=1), rules=rules)
    assert np.all(arm.hiring.remote == 1)
    at_home = np.diagonal(labour.employers(arm))
    stock = np.bincount(arm.people.hub[: arm.used][living(arm)], minlength=len(at_home))
    error = np.sqrt(stock * at_home * (1 - at_home)) + 1
    assert np.all(np.abs(stock - arm.remote - stock * at_home) < 5 * error)


def test_more_remote_jobs_add_people_and_drop_none():
    world = shipped_world(10_000, 1, with_ties=False)
    few, many = (arm_of(world, rules=rules_with(sector_remote=everywhere(k))) for k in (0.5, 2.0))
    assert is_remote(few).sum() > 0
    assert not np.any(is_remote(few) & ~is_remote(many))
    assert is_remote(many).sum() > 3 * is_remote(few).sum()


def test_compiled_employers_equal_the_definition():
    arm = arm_of(shipped_world(20_000, 1, with_ties=False), CENTRE.vary(remote_share=0.5))
    slots, people, s = np.flatnonzero(living(arm)), arm.people, setting()
    share = labour.remote_share(s, arm.a, arm.rules)[people.category[slots] // 3 % 5, people.sector[slots]]
    works_elsewhere = rng.uniform(rng.key(arm.world.seed, "would work remotely"), slots) < share
    u = rng.uniform(rng.key(arm.seed, "remote employer", START), slots)
    drawn = (u[:, None] >= np.cumsum(labour.employers(arm), axis=1)[people.hub[slots], :-1]).sum(axis=1)
    expected = np.where(works_elsewhere, drawn, people.hub[slots])
    assert (people.employer_hub[slots] != expected).mean() < 1e-3  # chances are float32


# what it pays


def test_without_convergence_remote_pay_is_local_pay():
    assert not arm_of(shipped_world(5_000, 1), CENTRE.vary(remote_convergence=0)).tables.remote.any()


def test_full_convergence_pays_remote_work_alike():
    s, a = setting(), CENTRE.vary(remote_convergence=1)
    gross = np.random.default_rng(0).uniform(50, 400, (len(s.hubs), 3, 5))
    paid = labour.remote_gross_pay(arm_of(shipped_world(5_000, 1), a), gross)
    assert np.ptp(paid, axis=0) == pytest.approx(np.zeros((3, 5)), abs=1e-9)
    assert paid[0] == pytest.approx(np.average(gross, axis=0, weights=s.stock), rel=0.02)


def test_remote_pay_draws_people_to_low_local_pay():
    pull = arm_of(shipped_world(5_000, 1)).utility_terms.remote.reshape(3, 5, 3, -1)[1, 2, 1]
    low, high = (setting().hubs.index(name) for name in ("rest_of_india", "sf_bay_area"))
    assert pull[low] > 0 > pull[high]


# who considers


def test_remote_work_keeps_the_number_of_searchers():
    world = shipped_world(50_000, 1, with_ties=False)
    share = []
    for ratio in (1.0, 3.0):
        arm = arm_of(world, CENTRE.vary(remote_considering=ratio))
        found = np.zeros(arm.used, bool)
        for month in searchers(arm, arm.search_rates, ratio):
            found[month] = True
        share.append((found.mean(), found[is_remote(arm)].mean() / found[living(arm) & ~is_remote(arm)].mean()))
    (mean, even), (other, uneven) = share
    assert other == pytest.approx(mean, rel=0.03)
    assert even == pytest.approx(1, abs=0.1)
    assert uneven == pytest.approx(3, abs=0.3)


def searchers(arm, rates, ratio):
    """Return the searchers of the first year, by month."""
    keys = [rng.key(arm.seed, question, START) for question in ("month", "consider")]
    slots, begin = events.find_searchers(0, arm.used, *keys, arm.people, rates, 0.5, ratio, arm.teams, 1.0, START)
    return np.split(slots, begin[1:-1])


# who is called back


def called_back(arm, p_move=CENTRE.recall_relocation):
    """Return what ending the remote jobs would record, and the engineers who would move."""
    keys = np.array([arm.hiring.keys[1], rng.key(0, "any")])
    place = arm.world.setting
    return jobs.return_to_office(0, arm.used, keys, arm.people, p_move, place.country, arm.hiring, len(place.homes))


def test_nobody_is_called_back_while_the_rules_stand():
    *_, arm = years_of(shipped_world(10_000, 2))
    assert is_remote(arm).any()
    assert not any(np.any(booked) or len(booked) == 0 for booked in called_back(arm)[:3])
    assert len(called_back(arm)[3]) == 0


@pytest.mark.parametrize("p_move", [0.0, 0.4, 1.0])
def test_a_recall_moves_people_or_changes_their_job(p_move):
    arm = arm_of(shipped_world(50_000, 1, with_ties=False))
    before, country = is_remote(arm), setting().country
    inside = before & (country[arm.people.employer_hub[: arm.used]] == country[arm.people.hub[: arm.used]])
    arm.hiring.remote[:] = 0
    _, hires, job_changes, slots = called_back(arm, p_move)
    assert np.all(inside[slots])
    assert len(slots) == pytest.approx(p_move * inside.sum(), abs=4 * np.sqrt(inside.sum() * p_move * (1 - p_move)))
    assert job_changes.sum() == hires.sum() == before.sum() - len(slots)
    assert set(np.flatnonzero(is_remote(arm))) == set(slots)  # they have not moved yet; nobody else is left


def test_full_return_to_office_ends_remote_work():
    policies = scenario({"sector.*.remote": 0}, "2027-01-01").policies
    first, second, third = years_of(shipped_world(10_000, 2), policies=policies)
    assert first is second is third  # the same simulation, a year further: its accounts balanced
    assert not is_remote(third).any()


def test_a_policy_for_one_sector_calls_back_no_other():
    arm, cloud = arm_of(shipped_world(10_000, 1, with_ties=False)), SECTORS.index("cloud_saas")
    before, sector = is_remote(arm), arm.people.sector[: arm.used].copy()
    arm.hiring.remote[:, cloud] = 0
    called_back(arm, 0.0)
    changed = arm.people.sector[: arm.used] != sector
    assert changed.any()
    assert np.all(sector[changed] == cloud)
    assert np.all(is_remote(arm)[before & (sector != cloud)])


def test_identical_hubs_have_the_same_remote_work():
    arm = arm_of(world_of(identical_hubs(), 3_000, 1))
    assert labour.employers(arm) == pytest.approx(np.full((3, 3), 1 / 3), abs=0.01)
    assert arm.utility_terms.remote == pytest.approx(np.zeros_like(arm.utility_terms.remote), abs=1e-9)
