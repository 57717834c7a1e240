"""Export a result: the CSV files of a run's folder (one row per fact), and the flows as a graph.

networkx is imported where a graph is made: it would take a tenth of the start of every run.
"""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import xarray as xr

from sim.arguments import user_path
from sim.custom_world import rows
from sim.errors import ResultError, saving
from sim.results.effects import SHOWN, band, summarise
from sim.results.measures import MEASURES, find, parse, series

if TYPE_CHECKING:
    import networkx as nx

# --- CSV files of a run's folder: one row a fact, means and 5 to 95 % bands over replicates ---------


EVERY_TIER = "all"
MEASURED = (
    "share",
    "share,basis=employer",
    "stock",
    "net_rate",
    "arrivals",
    "departures",
    "hhi",
    "top3",
    "applicants",
    "grants",
    "grants_abroad",
    "selected",
    "backlog",
)


def shares(result) -> pd.DataFrame:
    """Return stock and share of the world by arm, time, hub and tier ('all' and each), on both bases.

    Returns
    -------
    pandas.DataFrame: basis (residence or employer), arm, time, hub, tier, and mean, low and high of stock (persons) and
    share (0 to 1)
    """
    # a table for each basis, below each other
    counted = {"residence": result.data.stock, "employer": result.data.stock_by_employer}
    tables = (_shares(stock).assign(basis=basis) for basis, stock in counted.items())
    table = pd.concat(tables, ignore_index=True)
    return table[["basis", *table.columns.drop("basis")]]


def _shares(stock) -> pd.DataFrame:
    """Return stock and share of the world of one basis."""
    everyone = stock.sum("tier").expand_dims(tier=[EVERY_TIER]).transpose(*stock.dims)
    stock = xr.concat([everyone, stock], "tier")
    table = _band(stock.rename("stock")).merge(_band((stock / stock.sum("hub")).rename("share")))
    return _frame(table, "arm", "time", "hub", "tier")


def flows(result) -> pd.DataFrame:
    """Return moves a year by arm, year and corridor; corridors that have no moves in any replicate are left out.

    Returns
    -------
    pandas.DataFrame: arm, year, origin, destination, and mean, low and high of ``flow`` (persons a year)
    """
    table = _frame(_band(result.data.flow), "arm", "year", "origin", "destination")
    return table[table.flow_high > 0]


def effects(result) -> pd.DataFrame:
    """Return paired effects (scenario minus baseline) on hubs, countries, blocs, routes and the world, at every time.

    Shares are in percentage points of the world stock, rates in percentage points a year.

    Returns
    -------
    pandas.DataFrame: measure, kind (hub, country, bloc, route or world), place, time, mean, low, high, same_sign,
    pairs, error, unit; first of all the arm, if the result is a comparison of several scenarios. A country of a single
    hub has no row of its own
    """
    wider = _countries_and_blocs(result.data)
    places = [find(result.data, place) for place, _ in wider]
    # without labels: xarray would compare them in every step of every place, most of the time of saving a run
    bare = result.data.drop_vars([label for label in result.data.coords if label not in ("hub_country", "route")])
    # the rows of each arm, place and measure, and beside them the effects over replicate and time
    arms, lines, pairs = result.arms, [], []
    for name in MEASURED:
        query = parse(name)
        values = series(result, query)
        axis = next((axis for axis in ("hub", "route") if axis in values.dims), None)
        over = ["arm", "replicate", "time" if "time" in values.dims else "year"]
        # hubs or routes by name, or the world, arm by arm
        levels = values.transpose(*over, axis).values if axis else values.transpose(*over).values[..., None]
        names = values[axis].values.astype(str) if axis else np.array(["world"])
        by_name = [(str(axis or "world"), str(names[k]), levels[..., k]) for k in np.argsort(names)]
        found = [(arm, *row) for arm in range(len(arms)) for row in by_name]
        # countries and blocs, place by place
        if MEASURES[query.name].takes_place:
            for (name_of, kind), where in zip(wider, places, strict=True):
                levels = MEASURES[query.name].compute(bare, where, query.keys).transpose(*over).values
                found += [(arm, kind, name_of, levels) for arm in range(len(arms))]
        factor, _, unit = SHOWN.get(values.attrs["units"], (1, "", values.attrs["units"]))
        times = values[over[2]].values
        for arm, kind, place, levels in found:
            lines += [(arms[arm], name, kind, place, time, unit) for time in times]
            pairs.append(factor * (levels[arm + 1] - levels[0]))
    # the spread over replicates of all rows at once
    summary = summarise(xr.DataArray(np.concatenate(pairs, axis=1), dims=("replicate", "row")))
    table = pd.DataFrame(lines, columns=["arm", "measure", "kind", "place", "time", "unit"])
    table = table.assign(**{str(name): spread.values for name, spread in summary.items()}, pairs=summary.attrs["pairs"])
    columns = ["measure", "kind", "place", "time", "mean", "low", "high", "same_sign", "pairs", "error", "unit"]
    return table[["arm", *columns] if len(arms) > 1 else columns]


def _countries_and_blocs(data) -> list[tuple[str, str]]:
    """Return (name, kind) of the countries and blocs of several hubs in a result."""
    hubs = data.hub_country.to_series().value_counts()
    several = [(str(country), "country") for country in sorted(hubs.index[hubs > 1])]
    blocs = [(row["bloc"], "bloc") for row in rows("blocs") if hubs.reindex(row["countries"].split()).sum() > 1]
    return several + blocs


def _band(values) -> xr.Dataset:
    """Return mean, low and high over the replicates as one dataset."""
    low, high = band(values)
    name = values.name
    return xr.Dataset({name: values.mean("replicate"), f"{name}_low": low, f"{name}_high": high})


def _frame(dataset, *dims) -> pd.DataFrame:
    """Return a dataset as a DataFrame with ``dims`` as leading columns."""
    table = dataset.drop_vars([c for c in dataset.coords if c not in dataset.dims])
    return table.to_dataframe(dim_order=list(dims)).reset_index()


# --- The flows between hubs as a graph --------------------------------------------------------------


def yearly_flows(result, years=None) -> xr.DataArray:
    """Return moves a year from hub to hub, the mean over ``years``, in both arms and every replicate.

    Parameters
    ----------
    result : Result
    years : (first, last), both included; None for all

    Returns
    -------
    xarray.DataArray over (arm, replicate, origin, destination), persons a year

    Raises
    ------
    ResultError for years that lie outside the run or run backwards.
    """
    flow = result.data.flow
    first, last = (int(flow.year.values[place]) for place in (0, -1))
    asked = (first, last) if years is None else years
    if not first <= asked[0] <= asked[1] <= last:
        raise ResultError(
            f"years {asked[0]} to {asked[1]}", f"must lie inside the run, {first} to {last}, the first first"
        )
    return flow.sel(year=slice(*asked)).mean("year", keep_attrs=True)


def flow_graph(result, arm="scenario", years=None) -> "nx.DiGraph":
    """Build the graph of hubs and the moves between them in one arm, the mean over replicates.

    Parameters
    ----------
    result : Result
    arm : str, ``'scenario'`` or ``'baseline'``
    years : (first, last) of the flows, both included; None for all

    Returns
    -------
    networkx.DiGraph of hubs in the result's order. A node has ``name``, ``label`` (the same, which Gephi
    shows), ``country``, ``region``, ``stock``
    (persons on 1 January after the last year), ``pagerank`` (the part of a long random walk along the flows
    that is spent there), ``betweenness`` (part of the shortest paths between other hubs that pass through,
    where a corridor is as long as 1 / flow) and ``community`` (1, 2, ...; greedy modularity). An edge has
    ``flow`` (persons a year, above 0) and ``distance`` (1 / flow).

    Raises
    ------
    ResultError for years outside the run.
    """
    import networkx as nx

    data = result.data.sel(arm=arm)
    flow = yearly_flows(result, years).sel(arm=arm).mean("replicate")
    last = int(data.year.values[-1]) if years is None else years[1]
    # measures of the graph become attributes of its nodes
    graph = _graph(flow.transpose("origin", "destination").values, map(str, data.hub.values))
    described = {
        "name": data.hub_name.to_series(),
        "label": data.hub_name.to_series(),
        "country": data.hub_country.to_series(),
        "region": data.region.to_series(),
        "stock": data.stock.sum("tier").mean("replicate").sel(time=last + 1).to_series(),
        "pagerank": _pagerank(graph),
        "betweenness": nx.betweenness_centrality(graph, weight="distance"),
        "community": _communities(graph),
    }
    for attribute, values in described.items():
        nx.set_node_attributes(graph, dict(values), attribute)
    return graph


def write_graphml(result, path, arm="scenario", years=None) -> None:
    """Save :func:`flow_graph` as GraphML, which Gephi, Cytoscape and yEd open.

    Raises
    ------
    ResultError for years outside the run; FileError if the file cannot be written.
    """
    import networkx as nx

    graph = flow_graph(result, arm, years)
    with saving(path):
        nx.write_graphml(graph, user_path(path))


def _graph(flow, hubs) -> "nx.DiGraph":
    """Build the graph of one table of flows; a corridor without moves is no edge."""
    import networkx as nx

    graph = nx.from_numpy_array(flow, create_using=nx.DiGraph, edge_attr="flow", nodelist=list(hubs))
    for _, _, edge in graph.edges(data=True):
        edge["distance"] = 1 / edge["flow"]
    return graph


def _pagerank(graph) -> dict:
    """Return the PageRank of every hub, weighted by flow."""
    import networkx as nx

    return nx.pagerank(graph, weight="flow")


def _communities(graph) -> dict:
    """Return the number of each hub's community; the first hub's is 1, the next new one 2, and so on."""
    import networkx as nx

    if not graph.size():
        return dict.fromkeys(graph, 1)
    # number the communities in the order of their first hub
    communities = nx.community.greedy_modularity_communities(graph, weight="flow")
    order = sorted(communities, key=lambda members: min(map(list(graph).index, members)))
    return {hub: number for number, members in enumerate(order, 1) for hub in members}
