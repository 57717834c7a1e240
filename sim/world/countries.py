"""The world of countries: scholars by country in one year, their countries of origin, and what joins countries."""

from dataclasses import dataclass

import numpy as np

from sim.errors import WorldError
from sim.world.categories import ROLES, SECTORS, STATUSES, TIERS
from sim.world.engineers import CITIZEN, PERMANENT
from sim.world.flows import read_source
from sim.world.setting import Setting, load_setting

# ------------------------------------------------------------------------------
# Where the scholars of a country come from, read off past flows: nobody counts them by country of origin.
# ------------------------------------------------------------------------------


RETURN_ODDS = 10.0  # of going to the own country, against those of somebody else; assumption, grade D
BEFORE = 15  # years before the first one, taken to be like its first three; assumption, grade D
MOST_GO = 0.5  # of the people of one origin in a country leave in a year
LEAST_NATIVE = 0.3  # of a country's scholars


def living_by_origin(flow, stock, exit_rate, return_odds=RETURN_ODDS):
    """Scholars by origin and country of residence after the years of ``flow``.

    Everybody is at home at first. Of those who go from *o* to *d*, people of *d* come home, people of *o* go abroad
    and others move on, in proportion to how many live in *o*, those who come home ``return_odds`` times as readily.

    Parameters
    ----------
    flow : (year, origin, destination) persons
    stock : (country,) persons at the end
    exit_rate : a year, of everybody

    Returns
    -------
    (home, country) persons; columns add up to ``stock``
    """
    abroad, off = np.zeros((len(stock), len(stock))), ~np.eye(len(stock), dtype=bool)
    early = np.repeat(flow[:3].mean(axis=0, keepdims=True), BEFORE, axis=0)
    for moved in np.concatenate([early, flow]):
        at_home = np.maximum(stock - abroad.sum(axis=0), LEAST_NATIVE * stock)
        each = moved / (at_home[:, None] + abroad.sum(axis=0)[:, None] + (return_odds - 1) * abroad.T)
        leaving = np.minimum(each.sum(axis=1) + (return_odds - 1) * each.T, MOST_GO)  # home, country
        arriving = abroad @ each + at_home[:, None] * each  # home, country
        abroad = (abroad * (1 - exit_rate - leaving) + arriving) * off
    abroad *= np.minimum(1.0, (1 - LEAST_NATIVE) * stock / np.maximum(abroad.sum(axis=0), 1e-9))
    return abroad + np.diag(stock - abroad.sum(axis=0))


# ------------------------------------------------------------------------------
# The world of countries: scholars by country in one year, what joins the countries, and a setting made of it.
# ------------------------------------------------------------------------------


REST = "rest_of_world"
MOST = 60  # countries with a hub of their own; 64 hubs are the most that the engine takes
TREND = 5  # years of stocks that their growth is measured on
FALLBACK_KM = 8000.0  # between countries that CEPII does not know; assumption, grade D
MOBILITY = np.array([0.05, 0.35, 1.0, 3.0, 9.0])  # of the roles, against the mean scholar


@dataclass(frozen=True)
class Countries:
    """Countries of a split year, the rest of the world last; all arrays in the order of ``names``."""

    names: tuple
    year: int
    counted: int  # the year in which the stocks were counted
    stock: np.ndarray  # (country,) scholars at the end of the year
    growth: np.ndarray  # (country,) a year
    km: np.ndarray  # (origin, destination)
    language: np.ndarray  # (origin, destination) common official language, 0 to 1

    def gather(self, flows):
        """(year, origin, destination) of :class:`~sim.world.flows.Flows` between these countries."""
        at = {name: k for k, name in enumerate(self.names)}
        group = np.zeros((len(flows.countries), len(self.names)))
        group[np.arange(len(flows.countries)), [at.get(c, len(self.names) - 1) for c in flows.countries]] = 1
        return (group.T @ flows.n @ group) * ~np.eye(len(self.names), dtype=bool)  # inside the rest: not seen


def stocks():
    """(years, countries, (year, country) scholars) of the shipped table; a country without a row in a year has 0."""
    rows = read_source("scholar_stocks")
    years = sorted({int(row["year"]) for row in rows})
    names = sorted({row["country"] for row in rows})
    at, found = {name: k for k, name in enumerate(names)}, np.zeros((len(years), len(names)))
    for row in rows:
        found[int(row["year"]) - years[0], at[row["country"]]] = float(row["scholars"])
    return years, names, found


def countries_of(year, most=MOST, among=None):
    """The countries of a split year: the ``most`` with most scholars in it, and the rest of the world.

    Only those ``among`` have a hub of their own, if it is given.

    After the last year of the table its stocks are carried on at each country's own growth.

    Raises
    ------
    WorldError
        for a year before the table
    """
    years, names, found = stocks()
    if year < years[0] + 1:
        raise WorldError(f"split year {year}", f"scholars are counted from {years[0]}: at least {years[0] + 1}")
    last = min(year, years[-1])
    here = found[last - years[0]]
    ranked = [k for k in np.argsort(-here, kind="stable").tolist() if among is None or names[k] in among]
    own = sorted(ranked[:most], key=lambda k: names[k])
    rest = np.setdiff1d(np.arange(len(names)), own)
    first = max(last - TREND, years[0])
    total = lambda t: np.append(found[t - years[0], own], found[t - years[0], rest].sum())  # noqa: E731
    growth = np.log(np.maximum(total(last), 1) / np.maximum(total(first), 1)) / (last - first)
    km, language = ties(names)
    group = np.zeros((len(names), len(own) + 1))
    group[own, np.arange(len(own))] = 1
    group[rest, -1] = here[rest] / here[rest].sum()
    mean = lambda pair: group.T @ pair @ group  # noqa: E731
    at_home = np.eye(len(own) + 1)
    return Countries(
        names=(*(names[k] for k in own), REST),
        year=year,
        counted=last,
        stock=total(last) * np.exp(growth * (year - last)),
        growth=np.clip(growth, -0.2, 0.3),
        km=mean(km) * (1 - at_home),
        language=np.maximum(mean(language), at_home),
    )


def ties(names):
    """(km, language) of every ordered pair of countries, (origin, destination); source: CEPII GeoDist."""
    at = {name: k for k, name in enumerate(names)}
    km, language = np.full((len(names), len(names)), FALLBACK_KM), np.eye(len(names))
    np.fill_diagonal(km, 0.0)
    for row in read_source("cepii_countries"):
        if row["orig"] in at and row["dest"] in at:
            a, b = at[row["orig"]], at[row["dest"]]
            km[a, b] = km[b, a] = float(row["km"])
            language[a, b] = language[b, a] = float(row["language"])
    return km, language


def mobility_mix(mobility):
    """(country, role) shares of the mobility classes whose mean is ``mobility``: a mix of the two classes around it."""
    mobility = np.clip(mobility, MOBILITY[0], MOBILITY[-1])
    upper = np.clip(np.searchsorted(MOBILITY, mobility), 1, len(MOBILITY) - 1)
    part = (mobility - MOBILITY[upper - 1]) / (MOBILITY[upper] - MOBILITY[upper - 1])
    mix, country = np.zeros((len(mobility), len(MOBILITY))), np.arange(len(mobility))
    mix[country, upper], mix[country, upper - 1] = part, 1 - part
    return mix


def country_setting(countries, living, mobility, exit_rate):
    """A :class:`Setting` of countries.

    Parameters
    ----------
    countries : Countries
    living : (home, hub) scholars by origin and country of residence
    mobility : (country,) considering rate against the world's mean
    exit_rate : scholars who leave science, a year

    Returns
    -------
    Setting
    """
    k, shipped = len(countries.names), load_setting()
    owners = shipped.owner_share.shape[1]
    one, zero, own = np.ones(k), np.zeros(k), np.eye(k)
    mix = np.maximum((living / living.sum(axis=0)).T, 1e-9)
    mix /= mix.sum(axis=1, keepdims=True)
    even = lambda names: np.full((k, len(names)), 1 / len(names))  # noqa: E731
    status = np.zeros((k, k, len(STATUSES)))
    status[..., PERMANENT] = 1 - own
    status[..., CITIZEN] = own
    alike = {name: np.ones(len(ROLES)) for name in ("role_pay", "role_compute", "role_remote")}
    alike |= {name: np.ones(len(SECTORS)) for name in ("sector_pay", "sector_remote")}
    alike |= {name: np.zeros(len(SECTORS)) for name in ("sector_equity", "sector_illiquid")}
    kept = ("separation_rate", "tax_gross", "arrival_years", "ages", "wage_level")
    pay = np.zeros((k, len(TIERS), 4))
    pay[..., 0] = 100.0
    entering = np.maximum(countries.growth + exit_rate, 0.0) * countries.stock
    return Setting(
        hubs=countries.names,
        countries=countries.names,
        homes=countries.names,
        country=np.arange(k, dtype=np.int8),
        home_country=np.arange(k, dtype=np.int8),
        stock=countries.stock,
        tier_share=even(TIERS),
        role_share=mobility_mix(mobility),
        sector_share=even(SECTORS),
        home_mix=mix,
        home_mix_experts=mix,
        pay=pay,
        role_mobility=MOBILITY,
        **alike,
        conversions_tier=np.full(len(TIERS), 1 / len(TIERS)),
        phd_share=zero,
        tax_rate=np.zeros((k, len(shipped.tax_gross))),
        returnee_abroad=zero,
        price=one,
        engineer_share=zero,
        h100e=countries.stock,
        owner_share=np.full((k, owners), 1 / owners),
        pipeline=np.zeros((0, 3)),
        distance_km=countries.km,
        home_share=own,
        language=countries.language,
        free_share=np.ones((k, k)),
        compatriots=living * (1 - own),  # the own country pulls by b_home alone
        growth=countries.growth,
        exit_rate=exit_rate * one,
        net_migration=zero,
        graduates=zero,
        conversions=np.maximum(entering, 1.0),
        native_graduates=one,
        native_conversions=one,
        national_net=zero,
        index_net=np.full(k, np.nan),
        status_mix=status,
        return_rate=np.zeros((k, k)),
        settlement_rate=np.zeros((k, k)),
        queue_share=np.zeros((k, k)),
        affiliates=one / k,
        routes=(
            {
                "route": f"{countries.names[0]}.none",
                "country": countries.names[0],
                "kind": "temporary",
                "pool": "",
                "residents_of": "",
                "homes": "",
                "from_abroad": "0",
                "in_country": "0",
                "local_degree": "0",
                "exposed_abroad_only": "0",
                "intake_month": "0",
                "start_month": "0",
            },
        ),
        pools=(),
        **{name: getattr(shipped, name) for name in kept},
    )
