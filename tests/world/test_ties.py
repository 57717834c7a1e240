"""Test professional ties: agreement with networkx, and the rules for their two ends."""

import networkx as nx
import numpy as np
import pytest
from worlds import shipped_world

from sim.world.ties import COMPATRIOT, FRIENDS, REWIRED, TEAM, build_ties, no_ties


def caveman(teams, rewired, seed=0, homes=1):
    """Build the ties of equal teams in one cohort, with homes drawn from ``homes``."""
    n = teams * TEAM
    home = np.random.default_rng(seed).integers(0, homes, n).astype(np.int8)
    draw = lambda question, block: np.random.default_rng([seed, len(question), block])  # noqa: E731
    return build_ties(np.arange(0, n + 1, TEAM), home, np.array([0, n]), draw, rewired)


def layers(ties):
    """Return (slot, tied slot) of all entries, first of former colleagues, then of friends."""
    whose = np.repeat(np.arange(len(ties.start) - 1), np.diff(ties.start))
    friend = ties.ties < 0
    return {"colleagues": (whose[~friend], ties.ties[~friend]), "friends": (whose[friend], ~ties.ties[friend])}


def colleagues(ties):
    """Return the layer of colleagues as a simple graph for networkx, double ties counted once."""
    graph = nx.Graph()
    graph.add_nodes_from(range(len(ties.start) - 1))
    graph.add_edges_from(np.stack(layers(ties)["colleagues"], axis=1).tolist())
    return graph


@pytest.fixture(scope="module")
def world():
    return shipped_world()


@pytest.fixture(scope="module", params=["colleagues", "friends"])
def layer(request, world):
    """Return (slot, tied slot) of all entries of one layer."""
    return layers(world.ties)[request.param]


@pytest.mark.parametrize("rewired", [0.0, 0.1, REWIRED, 0.5])
def test_ties_agree_with_networkx_caveman_graph(rewired):
    ours = [colleagues(caveman(40, rewired, seed)) for seed in range(6)]
    theirs = [nx.relaxed_caveman_graph(40, TEAM, rewired, seed=seed) for seed in range(6)]
    for measure, tolerance in ((mean_degree, 0.02), (nx.average_clustering, 0.05), (degree_spread, 0.15)):
        one, other = (np.mean([measure(g) for g in graphs]) for graphs in (ours, theirs))
        assert one == pytest.approx(other, rel=tolerance, abs=0.02), measure.__name__


def mean_degree(graph):
    return 2 * graph.number_of_edges() / graph.number_of_nodes()


def degree_spread(graph):
    return np.std([degree for _, degree in graph.degree])


def test_without_rewiring_teams_are_complete():
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


@pytest.mark.parametrize("kind", ["colleagues", "friends"])
def test_nobody_draws_a_tie_to_a_later_cohort(world, kind):
    """Ties of a cohort lead to itself and to earlier cohorts, never to later ones."""
    present, layer = world.cohort[1], layers(world.ties)[kind]
    among = ((layer[0] < present) & (layer[1] < present)).sum() / 2
    teams = np.bincount(world.engineers.team[:present])
    drawn = FRIENDS * present if kind == "friends" else (teams * (teams - 1) / 2).sum()
    assert 0.98 * drawn < among <= drawn  # a tie to oneself is dropped


def test_colleagues_come_first(world):
    start, ties = world.ties
    friend = (ties < 0).astype(np.int8)
    turns = np.diff(friend)[np.setdiff1d(np.arange(len(ties) - 1), start[1:-1] - 1)]  # within a list
    assert np.all(turns >= 0)


def test_friends_are_compatriots(world):
    home = world.engineers.home
    whose, whom = layers(world.ties)["friends"]
    assert np.array_equal(home[whose], home[whom])
    assert len(whose) / len(home) == pytest.approx(2 * FRIENDS, rel=0.02)


def test_rewired_colleagues_are_often_compatriots(world):
    home, team = world.engineers.home, world.engineers.team
    whose, whom = layers(world.ties)["colleagues"]
    elsewhere = team[whose] != team[whom]
    share = (home[whose] == home[whom])[elsewhere].mean()
    chance = ((np.bincount(home) / len(home)) ** 2).sum()
    assert share == pytest.approx(COMPATRIOT + (1 - COMPATRIOT) * chance, abs=0.03)
    assert share > 2 * chance


def test_the_share_of_rewired_ties(world):
    whose, whom = layers(world.ties)["colleagues"]
    team = world.engineers.team
    assert (team[whose] != team[whom]).mean() == pytest.approx(REWIRED, abs=0.02)


def test_ties_reach_other_hubs_and_other_countries(world):
    hub, country = world.entry_hub, world.setting.country
    whose, whom = layers(world.ties)["colleagues"]
    assert 0.05 < (hub[whose] != hub[whom]).mean() < REWIRED
    assert (country[hub[whose]] != country[hub[whom]]).any()


def test_appended_slots_have_no_ties():
    ties = caveman(3, REWIRED)
    grown = ties.grown(5)
    assert len(grown.start) == len(ties.start) + 5
    assert grown.start.dtype == ties.start.dtype
    assert np.all(np.diff(grown.start)[-5:] == 0)
    assert np.array_equal(grown.ties, ties.ties)
    assert np.all(np.diff(no_ties(4).start) == 0)


def test_a_longer_run_ties_the_first_people_alike(monkeypatch):
    """Ties do not depend on the number of threads, blocks and stretches."""
    whole = {}
    for years, threads in ((1, 1), (3, 2)):
        monkeypatch.setattr("sim.parallel._threads", threads)
        world = shipped_world.__wrapped__(60_000, years)
        among = world.ties
        first = [among.ties[a:b] for a, b in zip(among.start[:-1], among.start[1:], strict=True)][: world.cohort[2]]
        whole[years] = [list_[np.maximum(list_, ~list_) < world.cohort[2]] for list_ in first]
    assert all(map(np.array_equal, whole[1], whole[3]))
