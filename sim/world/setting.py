"""The setting: hubs and corridors as a graph at the boundary, read-only arrays inside.

``hub_graph`` is what people edit and draw; ``load_setting`` turns it and the tables into the arrays the model reads.
"""

from dataclasses import dataclass
from functools import partial

import networkx as nx
import numpy as np

from sim.custom_world import kept_by_world
from sim.world.categories import ROLES, SECTORS, STATUSES, TIERS
from sim.world.tables import read, refuse_broken

OWNERS = ("labs_and_big_tech", "cloud_and_enterprise", "sovereign_and_public")  # of compute
TIER_COLUMNS = ("base_kusd", "bonus_kusd", "liquid_equity_kusd", "illiquid_equity_kusd")


@dataclass(frozen=True, eq=False)  # one is another only if it is the same: what follows from it is laid out once
class Setting:
    """Read-only arrays of the world; axes hub, country, home, tier, role, status in the order of their names."""

    hubs: tuple
    countries: tuple
    homes: tuple
    country: np.ndarray  # (hub,) int8
    home_country: np.ndarray  # (home,) int8, -1 for a group of countries
    stock: np.ndarray  # (hub,) persons
    tier_share: np.ndarray  # (hub, tier)
    role_share: np.ndarray  # (hub, role)
    sector_share: np.ndarray  # (hub, sector)
    home_mix: np.ndarray  # (hub, home), everybody
    home_mix_experts: np.ndarray  # (hub, home)
    pay: np.ndarray  # (hub, tier, part) kUSD: base, bonus, liquid, illiquid equity
    role_pay: np.ndarray  # (role,) multiplier
    role_mobility: np.ndarray  # (role,) multiplier
    role_compute: np.ndarray  # (role,) weight
    role_remote: np.ndarray  # (role,) remote jobs against a machine-learning engineer's
    sector_pay: np.ndarray  # (sector,) multiplier
    sector_equity: np.ndarray  # (sector,) added to the hub's share of equity in pay
    sector_illiquid: np.ndarray  # (sector,) illiquid part of equity
    separation_rate: np.ndarray  # (sector,) a year, as published
    sector_remote: np.ndarray  # (sector,) remote jobs against the mean
    conversions_tier: np.ndarray  # (tier,) share of people from adjacent occupations who enter in it
    phd_share: np.ndarray  # (country,) doctorates among graduates
    tax_gross: np.ndarray  # (income,) kUSD
    tax_rate: np.ndarray  # (hub, income) share of gross
    returnee_abroad: np.ndarray  # (country,) years abroad that returnee relief asks for
    price: np.ndarray  # (hub,) US = 1
    engineer_share: np.ndarray  # (hub,) of metropolitan employment
    h100e: np.ndarray  # (hub,) H100-equivalents the hub's engineers can use
    owner_share: np.ndarray  # (hub, owner) of it
    pipeline: np.ndarray  # (programme, 3): hub, year, expected H100-equivalents
    distance_km: np.ndarray  # (origin, destination), NaN where there is no corridor
    home_share: np.ndarray  # (home, hub)
    language: np.ndarray  # (home, hub)
    free_share: np.ndarray  # (home, hub)
    compatriots: np.ndarray  # (home, hub) persons
    growth: np.ndarray  # (country,) a year, of the stock
    exit_rate: np.ndarray  # (country,) a year
    net_migration: np.ndarray  # (country,) persons a year
    graduates: np.ndarray  # (country,) persons a year, doctorates included
    conversions: np.ndarray  # (country,) persons a year
    native_graduates: np.ndarray  # (country,) share
    native_conversions: np.ndarray  # (country,) share
    national_net: np.ndarray  # (hub,) persons a year
    index_net: np.ndarray  # (hub,) persons a year, NaN where the industry index is silent
    status_mix: np.ndarray  # (country, home, status)
    arrival_years: np.ndarray  # (status, years since arrival)
    ages: np.ndarray  # (tier, age)
    return_rate: np.ndarray  # (country, home) a year
    settlement_rate: np.ndarray  # (country, home) a year
    queue_share: np.ndarray  # (country, home) of temporary residents, in the queue for permanent residence
    affiliates: np.ndarray  # (hub,) share of the jobs opened abroad
    wage_level: np.ndarray  # (tier, level I to IV) share
    routes: tuple  # of dicts, as in routes.csv
    pools: tuple  # of dicts, as in pools.csv

    @property
    def persons(self):
        """The world's engineers."""
        return float(self.stock.sum())


def hub_graph():
    """Hubs (nodes: name, country, region, place) and corridors (edges: distance in km) as a ``networkx.DiGraph``."""
    graph = nx.DiGraph()
    for row in read("hubs"):
        graph.add_node(
            row["hub"],
            **{k: row[k] for k in ("name", "country", "region", "kind")},
            lat=float(row["lat"]),
            lon=float(row["lon"]),
        )
    for row in read("corridors"):
        graph.add_edge(row["origin"], row["destination"], distance_km=float(row["distance_km"]))
    return graph


def distances(graph, hubs):
    """(origin, destination) km; absence is NaN and not a zero: no corridor is not next door."""
    km = nx.to_numpy_array(graph, nodelist=list(hubs), weight="distance_km", nonedge=np.nan)
    np.fill_diagonal(km, 0.0)
    return km


@kept_by_world()
def load_setting():
    """Every table as a :class:`Setting`, read once.

    Raises
    ------
    WorldError
        if a table is missing, incomplete or names something unknown
    """
    refuse_broken()
    graph = hub_graph()
    hubs = tuple(graph)
    countries = tuple(r["country"] for r in read("countries"))
    homes = tuple(r["home"] for r in read("homes"))
    at = {
        "hub": index(hubs),
        "country": index(countries),
        "home": index(homes),
        "tier": index(TIERS),
        "status": index(STATUSES),
        "sector": index(SECTORS),
    }
    grid = partial(_grid, at)
    relief = {(r["country"], r["aimed_at"]): float(r["min_years_abroad"] or 0) for r in read("tax_relief")}
    supply = lambda *v: grid("supply", ["country"], *v)  # noqa: E731
    tax_gross, tax_rate = _taxes([r["tax_jurisdiction"] for r in read("hubs")])
    pair = lambda v: grid("home_hub", ["home", "hub"], v)  # noqa: E731
    return Setting(
        hubs,
        countries,
        homes,
        country=np.array([at["country"][graph.nodes[h]["country"]] for h in hubs], np.int8),
        home_country=np.array([at["country"].get(r["country"], -1) for r in read("homes")], np.int8),
        stock=grid("stock", ["hub"], "engineers"),
        tier_share=grid("tiers", ["hub"], *TIERS),
        role_share=grid("roles", ["hub"], *ROLES),
        sector_share=grid("sector_mix", ["hub", "sector"], "share"),
        home_mix=grid("home_mix", ["hub", "home"], "share"),
        home_mix_experts=grid("home_mix", ["hub", "home"], "share_experts"),
        pay=grid("pay", ["hub", "tier"], *TIER_COLUMNS),
        role_pay=_by_role("pay_multiplier"),
        role_mobility=_by_role("mobility_multiplier"),
        role_compute=_by_role("compute_weight"),
        role_remote=_by_role("remote_factor"),
        sector_pay=grid("sectors", ["sector"], "pay_multiplier"),
        sector_equity=grid("sectors", ["sector"], "equity_share_shift"),
        sector_illiquid=grid("sectors", ["sector"], "illiquid_fraction"),
        separation_rate=grid("sectors", ["sector"], "separation_rate"),
        sector_remote=grid("sectors", ["sector"], "remote_factor"),
        conversions_tier=grid("tier_factors", ["tier"], "conversions_share"),
        phd_share=supply("phds") / np.maximum(supply("graduates", "phds").sum(axis=1), 1.0),
        tax_gross=tax_gross,
        tax_rate=tax_rate,
        returnee_abroad=np.array([relief[c, "returnee"] for c in countries]),
        price=grid("prices", ["hub"], "price_level"),
        engineer_share=grid("employment", ["hub"], "engineer_share"),
        h100e=grid("compute", ["hub"], "h100e"),
        owner_share=_owners(
            *grid("compute", ["hub"], "labs_and_big_tech", "cloud", "enterprise", "sovereign_and_public").T
        ),
        pipeline=np.array(
            [
                [at["hub"][r["hub"]], float(r["year"]), float(r["h100e_announced"]) * float(r["probability"])]
                for r in read("pipeline")
            ]
        ),
        distance_km=distances(graph, hubs),
        home_share=pair("home_share"),
        language=pair("language"),
        free_share=pair("free_share"),
        compatriots=pair("compatriots"),
        growth=supply("growth_rate"),
        exit_rate=supply("exit_rate"),
        net_migration=supply("net_migration"),
        graduates=supply("graduates", "phds").sum(axis=1),
        conversions=supply("conversions"),
        native_graduates=supply("native_share_graduates"),
        native_conversions=supply("native_share_conversions"),
        national_net=grid("net_targets", ["hub"], "national_net"),
        index_net=grid("net_targets", ["hub"], "index_net", blank=np.nan),
        status_mix=grid("status_mix", ["country", "home"], *STATUSES),
        arrival_years=_profile("arrival_years", "status", "years_since_arrival", STATUSES),
        ages=_profile("ages", "tier", "age", TIERS),
        return_rate=grid("return_hazards", ["country", "home"], "rate"),
        settlement_rate=grid("settlement", ["country", "home"], "rate"),
        queue_share=grid("settlement", ["country", "home"], "queue"),
        affiliates=grid("affiliates", ["hub"], "share"),
        wage_level=grid("wage_levels", ["tier"], "level_1", "level_2", "level_3", "level_4"),
        routes=tuple(read("routes")),
        pools=tuple(read("pools")),
    )


def _grid(at, table, keys, *values, blank=0.0):
    """Table values as an array over the axes ``keys``, the value columns last (dropped if single)."""
    out = np.full((*(len(at[key]) for key in keys), len(values)), blank)
    for row in read(table):
        out[tuple(at[key][row[key]] for key in keys)] = [float(row[v]) if row[v] != "" else blank for v in values]
    return out[..., 0] if len(values) == 1 else out


def _owners(labs, cloud, enterprise, public):
    """(hub, owner) share of the hub's compute: rented and an enterprise's own machines serve the same sectors."""
    by_owner = np.stack([labs, cloud + enterprise, public], axis=1)
    return by_owner / by_owner.sum(axis=1, keepdims=True)


def index(names):
    """Position of each name."""
    return {name: k for k, name in enumerate(names)}


def _by_role(column):
    rows = {r["role"]: float(r[column]) for r in read("role_factors")}
    return np.array([rows[r] for r in ROLES])


def _taxes(jurisdictions):
    """Tabulated incomes (income,) in kUSD and effective rates (hub, income)."""
    rate = {(r["jurisdiction"], float(r["gross_kusd"])): float(r["rate"]) for r in read("tax_effective")}
    gross = np.array(sorted({g for _, g in rate}))
    return gross, np.array([[rate[j, g] for g in gross] for j in jurisdictions])


def _profile(table, group, step, groups):
    """(group, step) shares from a long table; steps start at the smallest one in it."""
    rows = read(table)
    first = min(int(r[step]) for r in rows)
    out = np.zeros((len(groups), max(int(r[step]) for r in rows) - first + 1))
    for r in rows:
        out[groups.index(r[group]), int(r[step]) - first] = float(r["share"])
    return out
