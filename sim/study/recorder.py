"""Record the arms of a replicate as arrays: stocks on every 1 January and flows of every year, in persons."""

from typing import TYPE_CHECKING

import numpy as np

from sim.model import equations as eq
from sim.model.kernels.events import count_arrivals
from sim.model.labour import tax_points, with_allowance
from sim.model.market import market
from sim.model.year import simulate
from sim.parallel import over_range
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


def empty_record(world) -> dict[str, np.ndarray]:
    """Return arrays of zeros for one arm: variable -> array without the axes of arm and replicate."""
    size = sizes(world)
    return {name: np.zeros([size[d] for d in v.dims if d not in PAIR]) for name, v in VARIABLES.items()}


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
    s, w, counts = arm.world.setting, arm.world.weight, arm.counts
    # people by hub, home, tier and status; weight turns agents into persons
    by_hub = counts.sum(axis=1)  # hub, tier, status
    out["stock"][t], out["stock_by_status"][t] = by_hub.sum(axis=2) * w, by_hub.sum(axis=1) * w
    out["stock_by_home"][t] = counts.sum(axis=(2, 3)) * w
    out["backlog"][t] = arm.visas.backlog() * w
    # people by role, sector and employer
    work = arm.work * w
    out["stock_by_role"][t], out["stock_by_sector"][t] = work.sum(axis=2), work.sum(axis=1)
    out["stock_by_employer"][t], out["remote"][t] = arm.jobs * w, arm.remote * w
    out["team_completeness"][t] = arm.team_completeness()
    arrived = over_range(count_arrivals, arm.used, arm.people, s.home_share > 0, arm.year, len(SINCE))
    out["stock_by_arrival"][t] = sum(arrived) * w
    # pay: gross, real, at the market of this January; then nominal, and after tax
    rules = arm.january_rules()
    now = market(arm, arm.year, rules)
    gross = with_allowance(s.pay.sum(axis=-1) * mean_role_pay(s, now.skill) * now.pay_scale[:, None], rules)
    nominal = np.exp(arm.a.pay_growth * t)  # brackets and thresholds rise with it
    out["pay"][t] = gross * nominal
    out["net_pay"][t] = gross * (1 - tax_rates(s, rules, gross)) * nominal
    out["price_level"][t] = now.price
    out["compute_per_engineer"][t] = now.compute


def mean_role_pay(setting, skill) -> np.ndarray:
    """Return the (hub, tier) pay multiplier: the mean over the hub's roles at the start; ``skill`` is (tier, role)."""
    return setting.role_share @ (setting.role_pay * skill).T


def tax_rates(s, rules, gross) -> np.ndarray:
    """Return the (hub, tier) effective tax without relief on ``gross`` (hub, tier), kUSD a year, real."""
    return eq.effective_tax(gross, s.tax_gross, s.tax_rate, tax_points(s, rules))


def _year_before(out, arm, y) -> None:
    """Record the flows of the year that has ended at year index ``y``, in place."""
    w, accounts, visas = arm.world.weight, arm.accounts, arm.visas
    # moves, entries and exits from the ledger of the year
    out["flow"][y] = accounts.flow * w
    out["entrants"][y], out["exits"][y] = accounts.entrants * w, accounts.exits * w
    for name in ("graduates", "promotions", "hires", "job_changes"):
        out[name][y] = getattr(accounts, name) * w
    out["border_crossings"][y] = accounts.crossings * w
    out["tied_moves"][y], out["tied_moves_random"][y] = accounts.tied_moves * w, accounts.tied_at_random() * w
    # applications, grants and lotteries by route
    for name, counts in visas.counts.items():
        out[name][y] = counts * w
    out["grants_by_tier"][y] = visas.grants_by_tier * w
    out["offers"][y], out["offers_taken"][y] = visas.made * w, visas.taken * w


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
