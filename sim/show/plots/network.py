"""Hubs as a network of yearly flows: which are central, and which belong together."""

import numpy as np

from sim.results.export import flow_graph, pageranks
from sim.show.plots import style
from sim.show.plots.choice import hubs_shown
from sim.show.plots.flows import changes, flows_of_all, interval_words, years_words
from sim.show.plots.point_labels import dot, label_points

SIZE = (10, 7)  # inches
GRAPH, TABLE = (0, 0, 0.565, 1), (0.575, 0, 0.425, 1)  # of the axes
EDGES = 60  # the largest flows are drawn
LARGEST = 1.15  # em, the radius of the most central hub
WIDEST = 0.35  # em, the line of the largest flow
COLUMNS = ("PageRank,\n%", "change, points\n(90 % of pairs)", "between,\n%")


def plot_network(result, ax=None, hubs=None, years=None):
    """The graph of the flows in the scenario, and how PageRank changes against the baseline.

    Parameters
    ----------
    result : Result
    ax : matplotlib Axes; a new figure of 10 by 7 inches if None
    hubs : list of hub labels: those of the table, and only flows from or to them; None for those that matter
    years : (first, last) of the flows, both included, or None for all

    Returns
    -------
    the Axes; the graph is ``ax.child_axes[0]``, the table ``ax.child_axes[1]``

    Raises
    ------
    ResultError for an unknown hub or year; UsageError for too many hubs or a comparison of several scenarios.
    """
    years = flows_of_all(result, "network", years).years
    listed = hubs_shown(result, hubs, style.fit(16, 9), style.fit(24, 12))
    graph = flow_graph(result, years=years)
    found = changes(100 * pageranks(result, years))
    with style.look():
        ax = style.axes(SIZE) if ax is None else ax
        ax.axis("off")
        subtitle = f"The network of flows between hubs in the scenario, {years_words(years)}"
        style.heading(ax, result.record["title"], subtitle)
        _draw_graph(ax.inset_axes(GRAPH), graph, graph if hubs is None else listed, style.fit(graph, listed))
        _write_table(ax.inset_axes(TABLE), graph, listed, found)
        style.caption(ax, _small_print(result, found))
    return ax


def _draw_graph(panel, graph, shown, named):
    """Hubs that exchange many people stand close; shape and colour are the community, size is PageRank."""
    import networkx as nx

    panel.axis("off")
    points = _layout(graph)
    panel.set(xlim=(-1.15, 1.3), ylim=(-1.1, 1.1))
    _draw_flows(panel, graph, points, shown)
    ranks, between = (nx.get_node_attributes(graph, name) for name in ("pagerank", "betweenness"))
    largest, radii = max(ranks.values()), {}
    for hub in sorted(graph, key=ranks.get, reverse=True):
        radii[hub] = style.em(LARGEST) * np.sqrt(ranks[hub] / largest)
        panel.plot(
            *points[hub],
            ms=1.8 * radii[hub],
            **_mark(graph.nodes[hub]["community"]),
            mec=style.INK,
            mew=style.em(0.05 + 0.5 * between[hub]),
            zorder=3,
        )
    names = [(graph.nodes[hub]["name"], *points[hub], radii[hub]) for hub in radii if hub in named]
    label_points(panel, names, [dot(panel, points[hub], radii[hub]) for hub in radii])


def _layout(graph):
    """A place for every hub between -1 and 1, by springs as strong as the root of the flows in both directions."""
    import networkx as nx

    both = nx.Graph()
    both.add_nodes_from(graph)
    for origin, destination, flow in graph.edges(data="flow"):
        back = graph.get_edge_data(destination, origin, {"flow": 0})["flow"]
        both.add_edge(origin, destination, strength=np.sqrt(flow + back))
    points = nx.spring_layout(both, weight="strength", k=0.5, iterations=300, seed=1)
    places = np.array(list(points.values()))
    even = places.argsort(axis=0).argsort(axis=0) / len(places)  # halfway to even spacing: room for names in the middle
    places = (places - places.min(0)) / np.maximum(np.ptp(places, axis=0), 1e-9) + even
    return dict(zip(points, places / np.maximum(places.max(0), 1e-9) * 2 - 1, strict=True))


def _draw_flows(panel, graph, points, shown):
    from matplotlib.patches import FancyArrowPatch

    flows = [edge for edge in graph.edges(data="flow") if edge[0] in shown or edge[1] in shown]
    flows = sorted(flows, key=lambda edge: edge[2], reverse=True)[:EDGES]
    for origin, destination, flow in flows:
        panel.add_patch(
            FancyArrowPatch(
                points[origin],
                points[destination],
                connectionstyle="arc3,rad=0.15",
                arrowstyle="-|>",
                color=style.BASELINE,
                lw=max(style.em(WIDEST) * flow / flows[0][2], 0.5),
                mutation_scale=style.em(0.7),
                alpha=0.45,
                zorder=1,
                shrinkA=style.em(0.5),
                shrinkB=style.em(0.7),
            )
        )


def _mark(community):
    """Shape and colour of a community."""
    return {
        "marker": style.MARKERS[(community - 1) % len(style.MARKERS)],
        "mfc": style.MANY[(community - 1) % len(style.MANY)],
        "ls": "",
    }


def _write_table(panel, graph, hubs, found):
    """PageRank, its change and betweenness of the hubs asked for, the most central first."""
    panel.axis("off")
    panel.set(xlim=(0, 1), ylim=(len(hubs) + 0.5, -1.2))
    ends = style.fit((0.47, 0.86, 1.0), (0.57, 1.0))  # of the columns; a slide has no room for the third
    for x, words in zip(ends, COLUMNS, strict=False):
        panel.text(x, -0.4, words, ha="right", va="bottom", fontsize="small", color=style.BASELINE)
    for row, hub in enumerate(sorted(hubs, key=lambda hub: graph.nodes[hub]["pagerank"], reverse=True)):
        node, change = graph.nodes[hub], found.sel(hub=hub)
        panel.plot(0.02, row, ms=style.em(0.6), **_mark(node["community"]), mec=style.INK, mew=0.5)
        panel.text(0.05, row, node["name"], va="center", fontsize="small", parse_math=False)
        cells = f"{100 * node['pagerank']:.1f}", _change_words(change), f"{100 * node['betweenness']:.0f}"
        for x, cell in zip(ends, cells, strict=False):
            panel.text(
                x,
                row,
                cell,
                ha="right",
                va="center",
                fontsize="small",
                fontweight="bold" if bool(change.clear) and cell == cells[1] else "normal",
            )


def _change_words(change):
    if not int(change.differs):
        return "0"
    mean, low, high = (float(change[name]) for name in ("mean", "low", "high"))
    return style.signed(mean, 2) + (f" ({style.span(low, high, 2)})" if change.attrs["pairs"] > 1 else "")


def _small_print(result, found):
    nothing = "" if found.differs.any() else " Every change is exactly 0: the scenario changes nothing in this run."
    more = (
        " PageRank (size): part of a long random walk along the flows that is spent in the hub. Between (rim): part of "
        "the shortest paths between other hubs that pass through; a corridor is as long as 1 / flow."
    )
    return (
        f"{interval_words(result)}{nothing} Same mark: hubs that exchange many people. Arrows: the {EDGES} "
        f"largest flows. Bold: interval leaves out zero.{style.fit(more, '')}"
    )
