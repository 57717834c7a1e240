"""Teams (E12): who leads them, what their move does to the others, takeovers and spin-outs."""

import numpy as np
import pytest
from worlds import CENTRE, START, arm_of, identical_hubs, same, scenario, setting, shipped_world, world_of, years_of

from sim.model import moves, rng, teams
from sim.model.accounting import Accounts
from sim.model.kernels import jobs
from sim.model.kernels.choice import Teams
from sim.model.year import find_searchers
from sim.world.categories import SECTORS
from sim.world.engineers import YOUNGEST, empty, tier_of

STARTUP = SECTORS.index("startup")


def leaders_of(arm):
    """(team,) slots of the leaders who are there, -1 for others."""
    leader = arm.teams.leader
    return np.where((leader >= 0) & (arm.people.hub[leader] >= 0), leader, -1)


def small_teams(*members, leader):
    """A simulation-like pair of people and teams: ``members`` are (team, hub), -1 for people who are absent."""
    people = empty(len(members))
    people.team[:], people.hub[:] = np.array(members).T
    return people, Teams(np.array(leader, np.int32), np.full(len(leader), -1000, np.int16))


def considered(arm):
    """(slot,) bool: considers a move this year."""
    find_searchers(arm, START)
    found = np.zeros(len(arm.people.hub), bool)
    found[np.concatenate(arm.searchers)] = True
    return found


# leaders


def test_a_leader_is_the_first_expert_of_his_team():
    world = shipped_world(10_000, 2)
    team, expert = world.engineers.team, tier_of(world.engineers.category) == 0
    for t in range(0, len(world.leader), 7):
        experts = np.flatnonzero((team == t) & expert)
        assert world.leader[t] == (experts[0] if len(experts) else -1)


def test_only_moves_of_leaders_are_remembered():
    arm = arm_of(shipped_world(10_000, 1))
    team = np.flatnonzero(leaders_of(arm) >= 0)[:2]
    leader = arm.teams.leader[team[0]]
    mates = np.flatnonzero(arm.people.team == team[1])
    slots = np.array([leader, mates[mates != arm.teams.leader[team[1]]][0]])
    moves.move(arm, slots, (arm.people.hub[slots] + 1) % 2, 12 * START + 5)
    assert np.flatnonzero(arm.teams.moved == START).tolist() == [team[0]]


# what a leader's move does


def left(arm, year):
    """Every leader has gone to another hub in ``year``."""
    leader = arm.teams.leader[arm.teams.leader >= 0]
    arm.people.hub[leader] = (arm.people.hub[leader] + 1) % len(setting().hubs)
    arm.teams.moved[arm.teams.leader >= 0] = year
    return leader


def test_a_leader_gone_moves_only_the_team():
    found = {}
    for pull in (1.0, 4.0):
        arm = arm_of(shipped_world(50_000, 1, with_ties=False), CENTRE.vary(team_pull=pull))
        leader = left(arm, START - 1)
        found[pull] = considered(arm)
    more = found[4.0] & ~found[1.0]
    assert not np.any(found[1.0] & ~found[4.0])
    led = arm.teams.leader[arm.people.team] >= 0
    assert np.all(led[more])
    assert not np.any(more[leader])  # a leader does not follow themselves
    mates = led & (arm.people.hub >= 0) & ~arm.people.graduate
    mates[leader] = False
    assert found[4.0][mates].sum() / found[1.0][mates].sum() == pytest.approx(4, abs=0.4)


def test_compiled_searchers_equal_the_definition():
    arm = arm_of(shipped_world(20_000, 1, with_ties=False), CENTRE.vary(team_pull=2.5, remote_considering=1.7))
    leader, people = left(arm, START - 1), arm.people
    found, slots = considered(arm), np.arange(len(people.hub))
    age = np.clip(START - people.birth_year - YOUNGEST, 0, arm.search_rates.shape[2] - 1)
    p = arm.search_rates[people.category // 3, people.status, age]
    p = np.where(people.employer_hub != people.hub, arm.a.remote_considering, 1) * p
    gone = arm.teams.leader[people.team]
    gone = (gone >= 0) & (people.hub[gone] != people.hub)
    p = np.where(people.graduate, arm.a.considering_graduate, np.where(gone, arm.a.team_pull, 1) * p)
    u = rng.uniform(rng.key(arm.seed, "consider", START), slots)
    assert np.array_equal(found, (u < p) & (people.hub >= 0) & (people.target < 0))
    assert found[leader].any()


@pytest.mark.parametrize("year", [START, START - 2])
def test_the_pull_lasts_until_the_end_of_the_next_year(year):
    found = []
    for pull in (1.0, 6.0):
        arm = arm_of(shipped_world(10_000, 1, with_ties=False), CENTRE.vary(team_pull=pull))
        left(arm, year)
        found.append(considered(arm))
    assert np.array_equal(*found)


def test_team_pull_skips_mates_in_the_leaders_hub():
    found = []
    for pull in (1.0, 6.0):
        arm = arm_of(shipped_world(10_000, 1, with_ties=False), CENTRE.vary(team_pull=pull))
        arm.teams.moved[arm.teams.leader >= 0] = START - 1  # with all their teams
        found.append(considered(arm))
    assert np.array_equal(*found)


# takeovers


def test_no_takeovers_at_a_rate_of_zero():
    arm = arm_of(shipped_world(10_000, 1))
    before = arm.people.copy()
    teams.acquire_teams(arm, START)
    assert same(before, arm.people)


def test_a_limit_prevents_takeovers_in_its_country():
    rates = np.eye(len(SECTORS))[STARTUP]
    limit = np.zeros(len(setting().countries))
    limit[setting().countries.index("usa")] = 1.0
    taken = {}
    for name, limits in (("none", 0 * limit), ("usa", limit), ("world", 0 * limit + 1)):
        arm = arm_of(shipped_world(20_000, 1))
        arm.rules = arm.rules | {"acquihire_rate": rates, "acquihire_limit": limits}
        before, country = arm.people.sector.copy(), setting().country[arm.people.hub]
        teams.acquire_teams(arm, START)
        moved = arm.people.sector != before
        taken[name] = np.bincount(country[moved], minlength=len(limit))
    usa = setting().countries.index("usa")
    assert taken["none"][usa] > 0
    assert taken["usa"][usa] == taken["world"].sum() == 0
    assert np.array_equal(np.delete(taken["usa"], usa), np.delete(taken["none"], usa))


def test_an_acquired_team_moves_whole_in_its_country():
    arm = arm_of(shipped_world(20_000, 1))
    arm.rules = arm.rules | {"acquihire_rate": np.eye(len(SECTORS))[STARTUP]}
    people, before = arm.people, arm.people.copy()
    led = leaders_of(arm)[people.team]  # everybody's leader
    goes = (led >= 0) & (people.hub == people.hub[led]) & (people.sector == STARTUP) & (people.sector[led] == STARTUP)
    goes &= people.hub >= 0
    teams.acquire_teams(arm, START)
    assert goes.sum() > 100
    assert np.array_equal(people.sector != before.sector, goes)
    assert np.all(np.isin(people.sector[goes], jobs.BUYERS))
    for column in ("hub", "sector", "employer_hub"):
        assert np.all(getattr(people, column)[goes] == getattr(people, column)[led[goes]]), column
    country = setting().country
    assert np.array_equal(country[people.hub[goes]], country[before.hub[goes]])
    moved = goes & (people.hub != before.hub)
    assert arm.accounts.flow.sum() == moved.sum() > 0
    assert arm.accounts.hires.sum() == goes.sum()
    assert arm.accounts.job_changes.sum() == goes.sum() - moved.sum()
    assert np.array_equal(np.flatnonzero(arm.teams.moved == START), np.unique(people.team[moved]))


def test_the_books_of_a_wave_of_takeovers_balance():
    policies = scenario({"sector.startup.acquihire_rate": 0.5}).policies
    *_, arm = years_of(shipped_world(10_000, 3), policies=policies)  # every year's close proves it
    *_, without = years_of(shipped_world(10_000, 3))
    assert arm.work[:, :, STARTUP].sum() < 0.95 * without.work[:, :, STARTUP].sum()


# spin-outs


def spun_out(rates, population=50_000, **assumptions):
    """People before and after the spin-outs of a year, at ``rates`` by sector, and the simulation."""
    arm = arm_of(shipped_world(population, 1), CENTRE.vary(**assumptions))
    arm.rules = arm.rules | {"spinout_rate": np.array([rates.get(sector, 0.0) for sector in SECTORS])}
    before = arm.people.copy()
    teams.found_startups(arm, START)
    return before, arm.people, arm


def with_leader(people, arm):
    """(slot,) bool: works in the hub and sector of the team's leader, who is somebody else; and the leader's slot."""
    leader = arm.teams.leader[people.team]
    together = (people.hub[leader] == people.hub) & (people.sector[leader] == people.sector)
    return (leader >= 0) & (people.hub >= 0) & (leader != np.arange(len(leader))) & together, leader


def test_without_a_rate_nobody_founds_a_startup():
    before, after, arm = spun_out({})
    assert same(before, after)
    assert arm.accounts.spinouts.sum() == 0


def test_founders_and_teams_start_up_in_their_hub():
    before, after, arm = spun_out({"frontier_lab": 1.0}, spinout_followers=0)
    labs = before.sector == SECTORS.index("frontier_lab")
    mates, leader = with_leader(before, arm)
    founders = np.flatnonzero(labs & (leader == np.arange(len(leader))) & (before.hub >= 0))
    goes = np.isin(leader, founders) & (mates | (leader == np.arange(len(leader)))) & labs
    assert np.array_equal(before.sector != after.sector, goes)
    assert np.all(after.sector[goes] == STARTUP)
    assert np.array_equal(before.hub, after.hub)
    assert np.all(after.employer_hub[goes] == after.hub[goes])
    assert arm.accounts.spinouts.sum() == len(founders) > 0
    assert arm.accounts.hires[:, STARTUP].sum() == arm.accounts.job_changes.sum() == goes.sum()


def test_a_founder_is_followed_by_as_many_as_assumed():
    before, after, arm = spun_out({"traditional": 0.05}, spinout_followers=30)
    leaders = (before.sector[leaders_of(arm)[leaders_of(arm) >= 0]] == SECTORS.index("traditional")).sum()
    gone, founders = (before.sector != after.sector).sum(), arm.accounts.spinouts.sum()
    assert founders == pytest.approx(0.05 * leaders, abs=4 * np.sqrt(0.05 * leaders))
    # teams of eleven go whole; twenty more follow a founder, at the number that the rate lets expect
    assert gone - 11 * founders == pytest.approx(0.05 * leaders * 20, rel=0.1)


def test_in_the_limit_all_but_other_leaders_follow():
    before, after, arm = spun_out({"traditional": 0.05}, spinout_followers=1000)
    there = (before.sector == SECTORS.index("traditional")) & (before.hub == setting().hubs.index("rest_of_usa"))
    leads = arm.teams.leader[before.team] == np.arange(len(before.team))
    assert np.all(after.sector[there & ~leads] == STARTUP)
    assert np.any(after.sector[there & leads] != STARTUP)


def test_the_accounts_of_spin_outs_balance():
    policies = scenario({"sector.*.spinout_rate": 0.02}).policies
    *_, arm = years_of(shipped_world(10_000, 3), policies=policies)  # every year's close proves it
    *_, without = years_of(shipped_world(10_000, 3))
    assert arm.work[:, :, STARTUP].sum() > 1.1 * without.work[:, :, STARTUP].sum()
    assert arm.counts.sum() == pytest.approx(without.counts.sum(), rel=0.01)


# measures


def test_completeness_by_hand():
    members = [(0, 2), (0, 2), (0, 1), (0, -1), (1, 1), (1, 1), (2, 0), (3, -1), (3, 1)]
    people, found = small_teams(*members, leader=[0, 4, -1, 7])
    near, count = jobs.members_together(0, 4, found.leader, people)
    assert (near[:4].tolist(), count) == ([0, 1, 1, 0], 2)  # no leader, or one who has gone: no team to be complete


def test_teams_start_whole_and_only_lose_members():
    found = [teams.completeness(arm) for arm in years_of(shipped_world(20_000, 3))]
    assert found[0] == 1
    assert np.all(np.diff(found) < 0)


def test_random_destinations_by_hand():
    accounts = Accounts(3, 1)
    accounts.flow[:] = [[0, 30, 10], [5, 0, 5], [10, 0, 0]]
    accounts.hubs_with_contacts[0] = [0, 8, 4]  # of the 40 who leave hub 0
    # arrivals 15, 30, 15: who leaves hub 0 goes to hub 1 with 30 / 45
    assert accounts.tied_at_random() == pytest.approx(8 * 30 / 45 + 4 * 15 / 45)


def test_former_colleagues_draw_movers():
    ratio = {}
    for multiplier in (1.0, 4.0):
        tied = expected = 0.0
        for arm in years_of(world_of(identical_hubs(6), 20_000, 2), CENTRE.vary(colleague_multiplier=multiplier)):
            tied, expected = tied + arm.accounts.tied_moves, expected + arm.accounts.tied_at_random()
        ratio[multiplier] = tied / expected
    assert ratio[1.0] == pytest.approx(1, abs=0.15)
    assert ratio[4.0] > 1.5
