"""Record the arms of a replicate as arrays: stocks on every 1 January and flows of every year, in persons."""

from typing import TYPE_CHECKING

import numpy as np

from sim.model import equations as eq
from sim.model.kernels.events import count_arrivals
from sim.model.labour import tax_points, with_allowance
from sim.model.market import market
from sim.model.year import simulate
from sim.parallel import added, over_range
from sim.results.schema import PAIR, PARTS, SCHEMES, SINCE, VARIABLES, dataset
from sim.world.categories import ROLES, SECTORS, STATUSES, TIERS
from sim.world.setting import load_setting
from sim.world.tables import read

if TYPE_CHECKING:
    import xarray as xr


def sizes(world) -> dict[str, int]:
    """Return the length of every dimension of a result except arm and replicate."""
    s = world.setting
    return {
        "time": world.years + 1,
        "year": world.years,
        "hub": len(s.hubs),
        "origin": len(s.hubs),
        "destination": len(s.hubs),
        "tier": len(TIERS),
        "home": len(s.homes),
        "status": len(STATUSES),
        "role": len(ROLES),
        "sector": len(SECTORS),
        "sector_left": len(SECTORS),
        "sector_taken": len(SECTORS),
        "route": len(s.routes),
        "country": len(s.countries),
        "scheme": len(SCHEMES),
        "since": len(SINCE),
        "part": len(PARTS),
    }


def empty_record(world, names=tuple(VARIABLES)) -> dict[str, np.ndarray]:
    """Return arrays of zeros for one arm: variable -> array without the axes of arm and replicate.

    Only the variables among ``names`` are recorded; a study that needs few of them saves time.
    """
    size = sizes(world)
    return {name: np.zeros([size[d] for d in VARIABLES[name].dims if d not in PAIR]) for name in names}


def ones(labels, start, years) -> "xr.Dataset":
    """Return a dataset of ones over one replicate, with the layout of a study, to try measures on before a run."""
    coords = coordinates(labels, 1, start, years)
    return dataset({name: np.ones([len(coords[d]) for d in v.dims]) for name, v in VARIABLES.items()}, coords)


def record(arm, until, past) -> dict[str, np.ndarray]:
    """Run an arm to the 1 January of the year ``until`` and record it.

    Parameters
    ----------
    past : dict as :func:`empty_record` makes it, filled up to the 1 January that the arm stands on; left as it is

    Returns
    -------
    dict like ``past``; persons where agents are counted
    """
    out, start = {name: values.copy() for name, values in past.items()}, arm.world.start
    _first_of_january(out, arm, arm.year - start)  # again after a fork: the rules of this January are the arm's own
    for _ in simulate(arm, until):
        _year_before(out, arm, arm.year - start - 1)
        _first_of_january(out, arm, arm.year - start)
    return out


def _first_of_january(out, arm, t) -> None:
    """Record the stocks, prices and pay of 1 January at time index ``t``, in place."""
    # what nobody asked for is not computed
    for names, values_of in JANUARY.items():
        if not out.keys().isdisjoint(names):
            for name, values in zip(names, values_of(arm), strict=True):
                if name in out:
                    out[name][t] = values


def _residents(arm) -> tuple:
    """Return the people by hub and tier, status or home."""
    by_hub = arm.residents()  # hub, tier, status
    by_home = arm.counts.reshape(*arm.counts.shape[:2], -1).sum(axis=2)
    return tuple(people * arm.world.weight for people in (by_hub.sum(axis=2), by_hub.sum(axis=1), by_home))


def _workers(arm) -> tuple:
    """Return the people by role or sector, and by employer."""
    work, w = arm.work * arm.world.weight, arm.world.weight
    return work.sum(axis=2), work.sum(axis=1), arm.jobs * w, arm.remote * w


def _arrived(arm) -> tuple:
    """Return the people from abroad by years since arrival."""
    is_home = arm.world.setting.home_share > 0
    arrived = over_range(count_arrivals, arm.used, arm.people, is_home, arm.year, len(SINCE))
    return (added(arrived) * arm.world.weight,)


def _prices(arm) -> tuple:
    """Return pay before and after tax, prices and compute, at the market of this January."""
    s, rules = arm.world.setting, arm.january_rules()
    now = market(arm, arm.year, rules)
    # pay: gross, real; then nominal, and after tax
    gross = with_allowance(s.pay.sum(axis=-1) * mean_role_pay(s, now.skill) * now.pay_scale[:, None], rules)
    nominal = np.exp(arm.a.pay_growth * (arm.year - arm.world.start))  # brackets and thresholds rise with it
    return gross * nominal, gross * (1 - tax_rates(s, rules, gross)) * nominal, now.price, now.compute


# variables of a 1 January -> the function of a simulation that gives their values
JANUARY = {
    ("stock", "stock_by_status", "stock_by_home"): _residents,
    ("stock_by_role", "stock_by_sector", "stock_by_employer", "remote"): _workers,
    ("backlog",): lambda arm: (arm.visas.backlog() * arm.world.weight,),
    ("team_completeness",): lambda arm: (arm.team_completeness(),),
    ("stock_by_arrival",): _arrived,
    ("pay", "net_pay", "price_level", "compute_per_engineer"): _prices,
}


def mean_role_pay(setting, skill) -> np.ndarray:
    """Return the (hub, tier) pay multiplier: the mean over the hub's roles at the start; ``skill`` is (tier, role)."""
    return setting.role_share @ (setting.role_pay * skill).T


def tax_rates(s, rules, gross) -> np.ndarray:
    """Return the (hub, tier) effective tax without relief on ``gross`` (hub, tier), kUSD a year, real."""
    return eq.effective_tax(gross, s.tax_gross, s.tax_rate, tax_points(s, rules))


def _year_before(out, arm, y) -> None:
    """Record the flows of the year that has ended at year index ``y``, in place."""
    accounts, visas = arm.accounts, arm.visas
    # moves, entries and exits from the ledger of the year; applications, grants and lotteries by route
    own = ("flow", "entrants", "exits", "graduates", "promotions", "hires", "job_changes", "tied_moves")
    counted = {name: getattr(accounts, name) for name in own} | visas.counts
    counted |= {"border_crossings": accounts.crossings, "tied_moves_random": accounts.tied_at_random()}
    counted |= {"grants_by_tier": visas.grants_by_tier, "offers": visas.made, "offers_taken": visas.taken}
    for name in counted.keys() & out.keys():
        out[name][y] = counted[name] * arm.world.weight


def coordinates(arms, pairs, start, years) -> dict:
    """Return the labels of a result's dimensions, and further coordinates as ``name -> (dimension, labels)``."""
    setting = load_setting()
    hubs, homes, routes = read("hubs"), read("homes"), setting.routes
    # labels in the order of the arrays, then names and places of hubs, homes and routes
    names = {r["country"]: r["name"] for r in read("countries")}
    number = lambda column: ("hub", [float(r[column]) for r in hubs])  # noqa: E731
    return {
        "arm": list(arms),
        "replicate": np.arange(pairs),
        "time": start + np.arange(years + 1),
        "year": start + np.arange(years),
        "hub": list(setting.hubs),
        "origin": list(setting.hubs),
        "destination": list(setting.hubs),
        "tier": list(TIERS),
        "home": list(setting.homes),
        "status": list(STATUSES),
        "role": list(ROLES),
        "sector": list(SECTORS),
        "sector_left": list(SECTORS),
        "sector_taken": list(SECTORS),
        "route": [r["route"] for r in routes],
        "country": list(setting.countries),
        "scheme": list(SCHEMES),
        "since": list(SINCE),
        "part": list(PARTS),
        "hub_name": ("hub", [r["name"] for r in hubs]),
        "hub_country": ("hub", [r["country"] for r in hubs]),
        "region": ("hub", [r["region"] for r in hubs]),
        "latitude": number("lat"),
        "longitude": number("lon"),
        "home_name": ("home", [r["name"] for r in homes]),
        "route_name": ("route", [r["name"] for r in routes]),
        "route_country": ("route", [names[r["country"]] for r in routes]),
    }
