"""Build a world of countries for the backcast: scholars by country in one year."""

from collections.abc import Container, Sequence
from dataclasses import dataclass

import numpy as np

from sim.errors import WorldError
from sim.world.categories import ROLES, SECTORS, STATUSES, TIERS
from sim.world.engineers import CITIZEN, PERMANENT
from sim.world.flows import Flows, stocks, ties
from sim.world.setting import Setting, load_setting

REST = "rest_of_world"
MOST = 60  # countries with a hub of their own; the engine takes at most 64 hubs
TREND = 5  # years over which the growth of stocks is measured
MOBILITY = np.array([0.05, 0.35, 1.0, 3.0, 9.0])  # mobility of the five classes, relative to the mean scholar


@dataclass(frozen=True)
class Countries:
    """Countries in one year, the rest of the world last; all arrays are in the order of ``names``."""

    names: tuple
    year: int  # the split year: data up to it are known, later ones are to be predicted
    counted: int  # the year of the stocks, before ``year`` if the table ends earlier
    stock: np.ndarray  # (country,) scholars at the end of the year
    growth: np.ndarray  # (country,) growth of the stock, a year
    km: np.ndarray  # (origin, destination)
    language: np.ndarray  # (origin, destination) common official language, 0 to 1

    def gather(self, flows: Flows) -> np.ndarray:
        """Return the flows between these countries, (year, origin, destination) persons; 0 inside the rest."""
        # matrix that sums the countries of the file into these countries
        at = {name: k for k, name in enumerate(self.names)}
        group = np.zeros((len(flows.countries), len(self.names)))
        group[np.arange(len(flows.countries)), [at.get(c, len(self.names) - 1) for c in flows.countries]] = 1
        return (group.T @ flows.n @ group) * ~np.eye(len(self.names), dtype=bool)


def countries_of(year: int, most: int = MOST, among: Container[str] | None = None) -> Countries:
    """Return the countries of a split year: the ``most`` countries with most scholars, and the rest of the world.

    If ``among`` is given, only its countries have a hub of their own. After the last year of the table, stocks are
    extrapolated at the growth of each country.

    Raises
    ------
    WorldError
        for a year before the second year of the table
    """
    years, names, scholars = stocks()
    if year < years[0] + 1:
        raise WorldError(f"split year {year}", f"scholars are counted from {years[0]}: at least {years[0] + 1}")
    last = min(year, years[-1])
    # the largest countries by stock, in alphabetical order; the others form the rest of the world
    here = scholars[last - years[0]]
    ranked = [k for k in np.argsort(-here, kind="stable").tolist() if among is None or names[k] in among]
    own = sorted(ranked[:most], key=lambda k: names[k])
    rest = np.setdiff1d(np.arange(len(names)), own)
    # growth over the last years
    first = max(last - TREND, years[0])

    def total(t: int) -> np.ndarray:
        """Return the scholars of the countries and of the rest in year ``t``, (country,)."""
        return np.append(scholars[t - years[0], own], scholars[t - years[0], rest].sum())

    growth = np.log(np.maximum(total(last), 1) / np.maximum(total(first), 1)) / (last - first)
    # distances and languages of the rest are means over its members, weighted by scholars
    km, language = ties(names)
    group = np.zeros((len(names), len(own) + 1))
    group[own, np.arange(len(own))] = 1
    group[rest, -1] = here[rest] / here[rest].sum()
    at_home = np.eye(len(own) + 1)
    return Countries(
        names=(*(names[k] for k in own), REST),
        year=year,
        counted=last,
        stock=total(last) * np.exp(growth * (year - last)),
        growth=np.clip(growth, -0.2, 0.3),
        km=(group.T @ km @ group) * (1 - at_home),
        language=np.maximum(group.T @ language @ group, at_home),
    )


def mobility_mix(mobility: np.ndarray) -> np.ndarray:
    """Return shares of the mobility classes, (country, role), with mean ``mobility``, (country,).

    Each country mixes the two classes next to its mean. The classes take the place of roles.
    """
    mobility = np.clip(mobility, MOBILITY[0], MOBILITY[-1])
    upper = np.clip(np.searchsorted(MOBILITY, mobility), 1, len(MOBILITY) - 1)
    part = (mobility - MOBILITY[upper - 1]) / (MOBILITY[upper] - MOBILITY[upper - 1])
    mix, country = np.zeros((len(mobility), len(MOBILITY))), np.arange(len(mobility))
    mix[country, upper], mix[country, upper - 1] = part, 1 - part
    return mix


def country_setting(countries: Countries, living: np.ndarray, mobility: np.ndarray, exit_rate: float) -> Setting:
    """Return a Setting in which every country is one hub and one home.

    Pay, prices and taxes are equal everywhere, nobody needs a permit, and all tiers and sectors are alike:
    flows depend on distance, language, origin and the constants of the countries alone.

    Parameters
    ----------
    countries : Countries
    living : (home, hub) scholars by origin and country of residence
    mobility : (country,) rate of considering a move, relative to the world mean
    exit_rate : share of scholars who leave science, a year

    Returns
    -------
    Setting
    """
    k, shipped = len(countries.names), load_setting()
    owners = shipped.owner_share.shape[1]
    one, zero, own = np.ones(k), np.zeros(k), np.eye(k)
    mix = np.maximum((living / living.sum(axis=0)).T, 1e-9)
    mix /= mix.sum(axis=1, keepdims=True)

    def even(names: Sequence[str]) -> np.ndarray:
        """Return equal shares of ``names`` in every country."""
        return np.full((k, len(names)), 1 / len(names))

    # natives are citizens, everybody else has permanent status
    status = np.zeros((k, k, len(STATUSES)))
    status[..., PERMANENT] = 1 - own
    status[..., CITIZEN] = own
    # factors of roles and sectors without effect
    alike = {name: np.ones(len(ROLES)) for name in ("role_pay", "role_remote")}
    alike |= {name: np.ones(len(SECTORS)) for name in ("sector_pay", "sector_remote")}
    alike |= {name: np.zeros(len(SECTORS)) for name in ("sector_equity", "sector_illiquid")}
    kept = ("separation_rate", "tax_gross", "arrival_years", "ages", "wage_level")
    pay = np.zeros((k, len(TIERS), 4))
    pay[..., 0] = 100.0
    # entrants replace exits and let the stock grow
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
        year=0,  # its stocks are those of the start
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
        corridor=np.zeros((k, k)),
        home_share=own,
        language=countries.language,
        free_share=np.ones((k, k)),
        compatriots=living * (1 - own),  # at home there is no diaspora: b_home alone acts
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
        stem_months=zero,
        stays_measured=zero,
        lost_jobs_followed=zero,
        return_bonus=zero,
        affiliates=one / k,
        # the model needs one route: this one admits nobody
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
                "employer_tied": "1",
                "holdable": "0",
                "permanent_after_years": "",
                "intake_month": "0",
                "start_month": "0",
            },
        ),
        pools=(),
        **{name: getattr(shipped, name) for name in kept},
    )
