"""From the arms of a pair to arrays: what is written down every 1 January and of every year, in persons."""

import numpy as np

from ..model.market import market
from ..results.schema import PAIR, VARIABLES
from ..world.engineers import STATUSES, TIERS


def sizes(world):
    """Length of every dimension of a result but the pairs."""
    s = world.setting
    return {"time": world.years + 1, "year": world.years, "hub": len(s.hubs), "origin": len(s.hubs),
            "destination": len(s.hubs), "tier": len(TIERS), "home": len(s.homes), "status": len(STATUSES),
            "route": len(s.routes)}


def follow(arms, world):
    """Run one arm to its end and write it down.

    Parameters
    ----------
    arms : iterator of the arm on every 1 January, as ``model.year.simulate`` yields it

    Returns
    -------
    dict of variable -> array without the pair's axes; persons where agents are counted
    """
    size = sizes(world)
    out = {name: np.zeros([size[d] for d in v.dims if d not in PAIR]) for name, v in VARIABLES.items()}
    for t, arm in enumerate(arms):
        _first_of_january(out, arm, t)
        if t:
            _year_before(out, arm, t - 1)
    return out


def _first_of_january(out, arm, t):
    s, w, counts = arm.world.setting, arm.world.weight, arm.counts
    out["stock"][t] = counts.sum(axis=(1, 3)) * w
    out["stock_by_home"][t] = counts.sum(axis=(2, 3)) * w
    out["stock_by_status"][t] = counts.sum(axis=(1, 2)) * w
    out["backlog"][t] = arm.offices.backlog() * w
    now = market(arm, arm.world.start + t)
    role_pay = s.role_share @ s.role_pay
    gross = s.pay.sum(axis=-1) * role_pay[:, None] * now.pay_scale[:, None]
    out["pay"][t] = gross * np.exp(arm.a.pay_growth * t)
    out["price_level"][t] = now.price
    out["compute_per_engineer"][t] = now.compute


def _year_before(out, arm, y):
    w, books, offices = arm.world.weight, arm.books, arm.offices
    out["flow"][y] = books.flow * w
    out["entrants"][y], out["exits"][y] = books.entrants * w, books.exits * w
    out["border_crossings"][y] = books.crossings * w
    for name, counts in offices.counts.items():
        out[name][y] = counts * w
    out["grants_by_tier"][y] = offices.grants_by_tier * w
