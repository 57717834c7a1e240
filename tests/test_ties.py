"""Professional ties: the array generator against networkx, and who may be tied to whom."""

import networkx as nx
import numpy as np
import pytest
from worlds import shipped_world

from sim.world.ties import COMPATRIOT, FRIENDS, REWIRED, TEAM, build_ties, no_ties


def caveman(teams, rewired, seed=0, homes=1):
    """Ties of equal teams in one cohort, everybody's home drawn from ``homes``."""
    draw = np.random.default_rng(seed)
    n = teams * TEAM
    team = np.repeat(np.arange(teams, dtype=np.int32), TEAM)
    home = draw.integers(0, homes, n).astype(np.int8)
    return build_ties(team, home, np.full(n, n, np.int32), lambda question: draw, rewired)


def graph_of(start, ties):
    """The layer as a simple graph, double ties once: what networkx measures."""
    graph = nx.Graph()
    graph.add_nodes_from(range(len(start) - 1))
    graph.add_edges_from(
        zip(np.repeat(np.arange(len(start) - 1), np.diff(start)).tolist(), ties.tolist(), strict=True)
    )
    return graph


def colleagues(ties):
    return graph_of(ties.colleague_start, ties.colleagues)


@pytest.fixture(scope="module")
def world():
    return shipped_world()


@pytest.fixture(scope="module", params=["colleague", "friend"])
def layer(request, world):
    """(slot, tied slot) of every entry of one layer's lists."""
    start = getattr(world.ties, f"{request.param}_start")
    ties = getattr(world.ties, f"{request.param}s")
    return np.repeat(np.arange(len(start) - 1), np.diff(start)), ties


@pytest.mark.parametrize("rewired", [0.0, 0.1, REWIRED, 0.5])
def test_degree_and_clustering_agree_with_the_relaxed_caveman_graph_of_networkx(rewired):
    ours = [colleagues(caveman(40, rewired, seed)) for seed in range(6)]
    theirs = [nx.relaxed_caveman_graph(40, TEAM, rewired, seed=seed) for seed in range(6)]
    for measure, tolerance in ((mean_degree, 0.02), (nx.average_clustering, 0.05), (degree_spread, 0.15)):
        one, other = (np.mean([measure(g) for g in graphs]) for graphs in (ours, theirs))
        assert one == pytest.approx(other, rel=tolerance, abs=0.02), measure.__name__


def mean_degree(graph):
    return 2 * graph.number_of_edges() / graph.number_of_nodes()


def degree_spread(graph):
    return np.std([degree for _, degree in graph.degree])


def test_without_rewiring_everybody_knows_the_whole_team_and_nobody_else():
    graph = colleagues(caveman(5, 0.0))
    assert sorted(map(len, nx.connected_components(graph))) == [TEAM] * 5
    assert nx.average_clustering(graph) == 1


def test_ties_are_symmetric(layer):
    one, other = (np.sort(a.astype(np.int64) * 10**9 + b) for a, b in (layer, layer[::-1]))
    assert np.array_equal(one, other)


def test_nobody_is_tied_to_oneself(layer):
    assert not np.any(layer[0] == layer[1])


def test_nobody_is_tied_to_a_slot_that_does_not_exist(layer, world):
    assert layer[1].min() >= 0
    assert layer[1].max() < world.cohort[-1]


def test_nobody_draws_a_tie_to_a_later_cohort(world, layer):
    """Those who enter later seek ties among the earlier; the present drew theirs among themselves."""
    present = world.cohort[1]
    among = ((layer[0] < present) & (layer[1] < present)).sum() / 2
    teams = np.bincount(world.engineers.team[:present])
    drawn = FRIENDS * present if layer[1] is world.ties.friends else (teams * (teams - 1) / 2).sum()
    assert 0.98 * drawn < among <= drawn  # a tie to oneself is dropped


def test_friends_are_compatriots(world):
    home = world.engineers.home
    whose = np.repeat(np.arange(len(home)), np.diff(world.ties.friend_start))
    assert np.array_equal(home[whose], home[world.ties.friends])
    assert np.diff(world.ties.friend_start).mean() == pytest.approx(2 * FRIENDS, rel=0.02)


def test_rewired_colleagues_are_compatriots_more_often_than_chance(world):
    home, team = world.engineers.home, world.engineers.team
    whose = np.repeat(np.arange(len(home)), np.diff(world.ties.colleague_start))
    elsewhere = team[whose] != team[world.ties.colleagues]
    share = (home[whose] == home[world.ties.colleagues])[elsewhere].mean()
    chance = ((np.bincount(home) / len(home)) ** 2).sum()
    assert share == pytest.approx(COMPATRIOT + (1 - COMPATRIOT) * chance, abs=0.03)
    assert share > 2 * chance


def test_the_share_of_rewired_ties(world):
    team = world.engineers.team
    whose = np.repeat(np.arange(len(team)), np.diff(world.ties.colleague_start))
    assert (team[whose] != team[world.ties.colleagues]).mean() == pytest.approx(REWIRED, abs=0.02)


def test_ties_reach_other_hubs_and_other_countries(world):
    hub, country = world.entry_hub, world.setting.country
    whose = np.repeat(np.arange(len(hub)), np.diff(world.ties.colleague_start))
    others = hub[world.ties.colleagues]
    assert 0.05 < (hub[whose] != others).mean() < REWIRED
    assert (country[hub[whose]] != country[others]).any()


def test_more_slots_without_ties_leave_the_others_alone():
    ties = caveman(3, REWIRED)
    grown = ties.grown(5)
    assert len(grown.colleague_start) == len(ties.colleague_start) + 5
    assert np.all(np.diff(grown.friend_start)[-5:] == 0)
    assert np.array_equal(grown.colleagues, ties.colleagues)
    assert np.all(np.diff(no_ties(4).colleague_start) == 0)
