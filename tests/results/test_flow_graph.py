import networkx as nx
import numpy as np
import pytest
from fake_result import fake_result

from sim.errors import ResultError
from sim.results.export import flow_graph, write_graphml, yearly_flows
from sim.results.result import Result


def small():
    """Four hubs: 10 a year from a to b, 5 from b to c and 1 from c to a; nobody moves to or from d."""
    full = fake_result(replicates=2, years=2)
    places = dict.fromkeys(("hub", "origin", "destination"), full.data.hub.values[:4])
    data = full.data.sel(places).copy(deep=True)
    data["flow"][:] = 0
    for origin, destination, persons in ((0, 1, 10), (1, 2, 5), (2, 0, 1)):
        data.flow[..., origin, destination] = persons
    data.flow[1, :, :, 0, 1] = [[8, 12], [9, 11]]  # the scenario: other pairs and years, the same mean
    return Result(data, full.record)


def test_flows_are_means_over_the_years_asked_for(result):
    flow = result.data.flow
    assert np.allclose(yearly_flows(result), flow.values.mean(2))
    assert np.allclose(yearly_flows(result, (2028, 2028)), flow.values[:, :, 2])
    assert np.allclose(yearly_flows(result, (2028, 2030)), flow.values[:, :, 2:5].mean(2))


@pytest.mark.parametrize("years", [(2025, 2030), (2030, 2036), (2031, 2030)])
def test_years_outside_or_backwards_are_refused(result, years):
    with pytest.raises(ResultError, match="2026 to 2035"):
        yearly_flows(result, years)


def test_the_graph_has_the_flows_that_somebody_takes():
    a, b, c, d = small().data.hub.values
    for arm in ("baseline", "scenario"):
        graph = flow_graph(small(), arm)
        assert list(graph) == [a, b, c, d]
        assert dict(graph.edges) == {
            (a, b): {"flow": 10, "distance": 0.1},
            (b, c): {"flow": 5, "distance": 0.2},
            (c, a): {"flow": 1, "distance": 1.0},
        }


def test_centrality_is_that_of_a_hand_computed_ring():
    """In a ring each hub lies between one of the six ordered pairs of others; the hub without flows between none.

    With damping 0.85, PageRank of a ring and an isolated hub is x for each of the ring and y outside: y gives its
    rank to all alike, so y = 0.15 / 4 + 0.85 y / 4 and x = y + 0.85 x.
    """
    graph = flow_graph(small())
    outside = (0.15 / 4) / (1 - 0.85 / 4)
    inside = outside / 0.15
    a, b, c, d = graph
    rank = nx.get_node_attributes(graph, "pagerank")
    assert np.allclose([rank[a], rank[b], rank[c], rank[d]], [inside, inside, inside, outside], atol=1e-5)
    assert np.allclose([graph.nodes[hub]["betweenness"] for hub in graph], [1 / 6, 1 / 6, 1 / 6, 0])


def test_a_large_flow_is_a_short_way():
    """From a to c the way over b, 1/10 + 1/5, is shorter than a corridor of 2 a year, and longer than one of 4."""
    a, b, c, _ = small().data.hub.values
    for persons, between in ((2, 1 / 6), (4, 0)):
        result = small()
        result.data.flow.loc[{"origin": a, "destination": c}] = persons
        assert np.isclose(flow_graph(result).nodes[b]["betweenness"], between)


def test_nodes_say_what_they_are():
    result = small()
    node = flow_graph(result, years=(2026, 2026)).nodes["seattle"]
    assert (node["name"], node["country"], node["region"]) == ("Seattle", "usa", "north_america")
    stock = result.data.stock.sel(arm="scenario", time=2027, hub="seattle").sum("tier").mean("replicate")
    assert np.isclose(node["stock"], float(stock))


def test_communities_are_numbered_from_the_first_hub(result):
    joined = small()
    a, b, c, d = joined.data.hub.values
    joined.data.flow[:] = 0
    for one, other in ((a, b), (c, d)):
        joined.data.flow.loc[{"origin": one, "destination": other}] = 100
    joined.data.flow.loc[{"origin": b, "destination": c}] = 1
    assert dict(flow_graph(joined).nodes(data="community")) == {a: 1, b: 1, c: 2, d: 2}
    assert flow_graph(result).nodes["sf_bay_area"]["community"] == 1


def test_no_flow_at_all_is_no_error():
    result = small()
    result.data.flow[:] = 0
    graph = flow_graph(result)
    assert graph.size() == 0
    assert set(dict(graph.nodes(data="pagerank")).values()) == {0.25}


def test_graphml_can_be_read_again(result, tmp_path):
    write_graphml(result, tmp_path / "flows.graphml", years=(2026, 2027))
    again, graph = nx.read_graphml(tmp_path / "flows.graphml"), flow_graph(result, years=(2026, 2027))
    assert dict(again.nodes(data=True)) == dict(graph.nodes(data=True))
    assert {edge: again.edges[edge]["flow"] for edge in again.edges} == {e: graph.edges[e]["flow"] for e in graph.edges}
