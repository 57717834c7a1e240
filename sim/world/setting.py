"""Turn the world tables into a Setting, the read-only arrays from which the model is built."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from sim.custom_world import PRESENT, cached_by_world
from sim.world.categories import ROLES, SECTORS, STATUSES, TIERS
from sim.world.tables import column, names, read, require_valid

OWNERS = ("labs_and_big_tech", "cloud_and_enterprise", "sovereign_and_public")  # owners of compute
TIER_COLUMNS = ("base_kusd", "bonus_kusd", "liquid_equity_kusd", "illiquid_equity_kusd")


@dataclass(frozen=True, eq=False)  # compared by identity, so that a setting may be the key of a cache
class Setting:
    """Read-only arrays of the world; every axis is in the order of the names of its hubs, countries, homes, ..."""

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
    role_pay: np.ndarray  # (role,) multiplier of pay
    role_mobility: np.ndarray  # (role,) multiplier of the rate of considering a move
    role_remote: np.ndarray  # (role,) share of remote jobs relative to a machine-learning engineer
    sector_pay: np.ndarray  # (sector,) multiplier of pay
    sector_equity: np.ndarray  # (sector,) added to the hub's share of equity in pay
    sector_illiquid: np.ndarray  # (sector,) illiquid share of equity
    separation_rate: np.ndarray  # (sector,) a year, as published
    sector_remote: np.ndarray  # (sector,) share of remote jobs relative to the mean
    conversions_tier: np.ndarray  # (tier,) share of people from adjacent occupations who enter in it
    phd_share: np.ndarray  # (country,) doctorates among graduates
    tax_gross: np.ndarray  # (income,) kUSD
    tax_rate: np.ndarray  # (hub, income) share of gross
    stem_months: np.ndarray  # (country,) months by which post-study work is extended for STEM degrees
    stays_measured: np.ndarray  # (country,) 1 where stay rates of graduates are measured
    lost_jobs_followed: np.ndarray  # (country,) 1 where it is known what employers do with lost petitions
    return_bonus: np.ndarray  # (home,) 1 where published rates of return are higher than measured ones
    returnee_abroad: np.ndarray  # (country,) years abroad that tax relief for returnees requires
    price: np.ndarray  # (hub,) local price level, US = 1
    engineer_share: np.ndarray  # (hub,) share of metropolitan employment
    h100e: np.ndarray  # (hub,) H100-equivalents that the engineers of the hub can use
    owner_share: np.ndarray  # (hub, owner) share of h100e
    pipeline: np.ndarray  # (programme, 3): hub, year, expected H100-equivalents
    distance_km: np.ndarray  # (origin, destination), NaN where there is no corridor
    corridor: np.ndarray  # (origin, destination) log of flows over those of the kernel, 0 within a country
    home_share: np.ndarray  # (home, hub) share of the home whose own country the hub lies in
    language: np.ndarray  # (home, hub) share with a common official language
    free_share: np.ndarray  # (home, hub) share that needs no permit
    compatriots: np.ndarray  # (home, hub) persons of the home at the start
    growth: np.ndarray  # (country,) growth of the stock, a year
    exit_rate: np.ndarray  # (country,) share that leaves the occupation, a year
    net_migration: np.ndarray  # (country,) persons a year
    graduates: np.ndarray  # (country,) persons a year, doctorates included
    conversions: np.ndarray  # (country,) persons a year
    native_graduates: np.ndarray  # (country,) share of natives among graduates
    native_conversions: np.ndarray  # (country,) share of natives among conversions
    national_net: np.ndarray  # (hub,) persons a year
    index_net: np.ndarray  # (hub,) persons a year, NaN for hubs without a figure in the industry index
    status_mix: np.ndarray  # (country, home, status) share at the start
    arrival_years: np.ndarray  # (status, years since arrival) share
    ages: np.ndarray  # (tier, age) share
    return_rate: np.ndarray  # (country, home) temporary residents who go home, a year
    settlement_rate: np.ndarray  # (country, home) temporary residents who become permanent, a year
    queue_share: np.ndarray  # (country, home) share of temporary residents in the queue for permanent residence
    affiliates: np.ndarray  # (hub,) share of the jobs that employers open abroad after a lost US petition
    wage_level: np.ndarray  # (tier, level I to IV) share of petitions by prevailing-wage level
    routes: tuple  # rows of routes.csv, one dict each
    pools: tuple  # rows of pools.csv, one dict each
    year: int = 0  # of the tables; before it a past start grows at the rates of the table, 0 where no start is past

    @property
    def persons(self) -> float:
        """Number of engineers in the world, persons."""
        return float(self.stock.sum())


def _distances() -> np.ndarray:
    """Return the distances between hubs, (origin, destination) km: 0 on the diagonal, NaN without a corridor."""
    km = column("corridors", "distance_km")
    return np.where(np.eye(len(km), dtype=bool), 0.0, km)


@cached_by_world()
def load_setting() -> Setting:
    """Read every table of the world in use into a :class:`Setting`; later calls return the same object.

    Raises
    ------
    WorldError
        if a table is missing, is incomplete or contains an unknown name
    """
    require_valid()
    # the axes, and the position of every name on them
    hubs = names("hub")
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
    country = np.array([at["country"][row["country"]] for row in read("hubs")], np.int8)
    # readers for columns by hub, by country, and by home and hub
    grid = partial(_grid, at)
    relief = {(r["country"], r["aimed_at"]): float(r["min_years_abroad"] or 0) for r in read("tax_relief")}
    supply = lambda *v: grid("supply", ["country"], *v)  # noqa: E731
    tax_gross, tax_rate = _taxes([r["tax_jurisdiction"] for r in read("hubs")])
    pair = lambda v: grid("home_hub", ["home", "hub"], v)  # noqa: E731
    return Setting(
        hubs,
        countries,
        homes,
        country=country,
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
        stem_months=grid("countries", ["country"], "stem_months"),
        stays_measured=grid("countries", ["country"], "stays_measured"),
        lost_jobs_followed=grid("countries", ["country"], "lost_jobs_followed"),
        return_bonus=grid("homes", ["home"], "return_bonus"),
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
                if float(r["in_baseline"])
            ]
        ),
        distance_km=_distances(),
        corridor=_residuals(at["country"])[np.ix_(country, country)],
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
        year=PRESENT,
    )


def _grid(
    at: Mapping[str, Mapping[str, int]], table: str, keys: Sequence[str], *values: str, blank: float = 0.0
) -> np.ndarray:
    """Return columns of a table as an array over the axes ``keys``; several value columns are a last axis.

    ``at`` gives the position of every name on every axis; empty cells and missing rows are ``blank``.
    """
    out = np.full((*(len(at[key]) for key in keys), len(values)), blank)
    for row in read(table):
        out[tuple(at[key][row[key]] for key in keys)] = [float(row[v]) if row[v] != "" else blank for v in values]
    return out[..., 0] if len(values) == 1 else out


def _residuals(at: Mapping[str, int]) -> np.ndarray:
    """Return the residuals of corridor_effects.csv, (country of origin, country of destination)."""
    out = np.zeros((len(at), len(at)))
    for row in read("corridor_effects"):
        out[at[row["origin"]], at[row["destination"]]] = float(row["residual"])
    return out


def _owners(labs: np.ndarray, cloud: np.ndarray, enterprise: np.ndarray, public: np.ndarray) -> np.ndarray:
    """Return the share of each owner in the compute of a hub, (hub, owner), in the order of ``OWNERS``.

    Rented machines and an enterprise's own are one owner, because they serve the same sectors.
    """
    by_owner = np.stack([labs, cloud + enterprise, public], axis=1)
    return by_owner / by_owner.sum(axis=1, keepdims=True)


def index(names: Iterable[str]) -> dict[str, int]:
    """Return name -> position."""
    return {name: k for k, name in enumerate(names)}


def _by_role(column: str) -> np.ndarray:
    """Return a column of role_factors.csv, (role,)."""
    rows = {r["role"]: float(r[column]) for r in read("role_factors")}
    return np.array([rows[r] for r in ROLES])


def _taxes(jurisdictions: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Return the tabulated gross incomes, (income,) kUSD, and the effective tax rates, (hub, income).

    ``jurisdictions`` names the tax jurisdiction of each hub.
    """
    rate = {(r["jurisdiction"], float(r["gross_kusd"])): float(r["rate"]) for r in read("tax_effective")}
    gross = np.array(sorted({g for _, g in rate}))
    return gross, np.array([[rate[j, g] for g in gross] for j in jurisdictions])


def _profile(table: str, group: str, step: str, groups: Sequence[str]) -> np.ndarray:
    """Return the shares of a long table as an array, (group, step); the first step is the smallest in the table."""
    rows = read(table)
    first = min(int(r[step]) for r in rows)
    out = np.zeros((len(groups), max(int(r[step]) for r in rows) - first + 1))
    for r in rows:
        out[groups.index(r[group]), int(r[step]) - first] = float(r["share"])
    return out
