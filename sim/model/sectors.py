"""Sectors (E1, E10): what their jobs pay and let compute against the hub's, how that changed, and where jobs are.

All is relative to the start: a sector gains or loses only by what has changed since, so that the fitted constants of
the hubs hold whatever makes some sectors pay better or harder to enter than others.
"""

from typing import NamedTuple

import numpy as np

from sim.model import equations as eq
from sim.model.compute import relative
from sim.world.categories import SECTORS
from sim.world.engineers import TASTES

FRONTIER_LAB = SECTORS.index("frontier_lab")
PUSHED = {"sovereign_lab": 0.5, "frontier_lab": 0.3, "cloud_saas": 0.2}  # jobs that compute opens; assumed, grade D
PUSHED_SECTORS = np.array([PUSHED.get(sector, 0.0) for sector in SECTORS])


class Sectors(NamedTuple):
    """What sets the jobs of sectors apart under the rules now in force."""

    openings: np.ndarray  # (hub, sector) shares of the hub's openings
    advantage: np.ndarray  # (category % 45, hub, sector) log-odds since the start
    value: np.ndarray  # (category % 45, hub) log-odds that the choice of sectors adds to a hub


def sectors(arm, gross):
    """The :class:`Sectors` of the market and the rules now in force; the first ones of an arm are those of the start.

    Parameters
    ----------
    gross : (hub, tier, role) kUSD a year, pay of the hub as engineers value it, allowances apart
    """
    s, a = arm.world.setting, arm.a
    pull = sector_pull(arm, gross)
    if arm.pull_at_start is None:
        arm.pull_at_start = pull
    openings = np.maximum(openings_by_sector(s, a, arm.rules), 1e-12)  # even where none are left
    openings /= openings.sum(axis=1, keepdims=True)
    pushed = eq.jobs_share(arm.vacancies, arm.openings())[:, None]  # of all openings
    openings = openings * (1 - pushed) + pushed * PUSHED_SECTORS
    advantage = eq.sector_advantage(pull, arm.pull_at_start, a.sector_response)
    return Sectors(openings, advantage, eq.sector_value(openings, advantage))


def sector_pull(arm, gross):
    """(category % 45, hub, sector) pull of pay and compute of a sector's jobs over the hub's mean (E1, E2).

    No newcomers' relief is counted: it is nearly the same for all sectors.
    """
    setting, a, rules, market = arm.world.setting, arm.a, arm.rules, arm.market
    mean = with_allowance(gross, rules)
    own = with_allowance(gross[:, None] * relative_pay(setting, a, rules)[..., None], rules)
    ahead = eq.pay_gain(
        net_pay(setting, a, rules, own),
        net_pay(setting, a, rules, mean)[:, None],
        a.linear_pay,
        nominal_mean_pay(arm)[:, None, None, None],
    )
    ahead = np.moveaxis(ahead, (2, 3), (0, 1))[:, :, None]  # tier, role, taste, hub, sector
    pay = pay_tastes(a)[:, None, None] * ahead
    seen = a.b_compute * (
        np.log1p(relative(a, market, market.sector_compute)) - np.log1p(relative(a, market, market.compute))[:, None]
    )
    compute = setting.role_compute[:, None, None, None] * seen
    return (pay + compute).reshape(-1, *seen.shape)


def pay_tastes(a):
    """(taste,) pull of pay of engineers who care for it less, as the average does, and more (E2)."""
    return np.maximum(a.b_pay + a.b_pay_sd * TASTES, 0.0)


def net_pay(setting, a, rules, gross):
    """(hub, ...) kUSD a year after tax at the pay itself (E1), without relief; ``gross`` (hub, ...)."""
    tax = eq.effective_tax(gross, setting.tax_gross, setting.tax_rate, rules["tax_rate_points"][setting.country])
    return eq.net_real_pay(gross, tax, 0.0, 0.0, 0.0, 1.0, a.expected_stay, a.expected_stay, a.fee_pass_through, 0.0)


def nominal_mean_pay(arm):
    """(hub,) kUSD a year that buy the world's mean pay at the hub's prices: what linear pay is set against (E2)."""
    return arm.mean_pay * arm.market.price**arm.a.price_weight


def with_allowance(gross, rules):
    """(hub, ...) kUSD a year: ``gross`` and what everyone who works in the hub gets on top."""
    allowance = rules["allowance_kusd"].reshape(-1, *[1] * (gross.ndim - 1))
    return np.maximum(gross + allowance, 1.0)


def relative_pay(setting, a, rules):
    """(hub, sector, tier) pay of a sector as engineers value it over the hub's mean (E1)."""
    multiplier = sector_pay(setting, rules)
    multiplier /= (setting.sector_share * multiplier).sum(axis=1, keepdims=True)
    parts = np.moveaxis(setting.pay, -1, 0)  # part, hub, tier
    by_sector = [x[:, None] for x in (setting.sector_equity, setting.sector_illiquid, rules["sector_liquidity"])]
    terms = [multiplier[..., None], *by_sector, a.liquid_equity_weight, a.illiquid_equity_weight]
    value = eq.sector_pay(*parts[:, :, None], *terms)
    return value / eq.gross_value(*parts, *terms[-2:])[:, None]


def sector_pay(setting, rules):
    """(hub, sector) pay over that of cloud and SaaS, times policy."""
    return setting.sector_pay * rules["sector_pay"] * rules["hub_sector_pay"].reshape(setting.sector_share.shape)


def pay_level(setting, rules):
    """(hub,) pay over that of the start for what policy does to sectors, by the sectors of the start."""
    return (setting.sector_share * sector_pay(setting, rules)).sum(axis=1) / (
        setting.sector_share * setting.sector_pay
    ).sum(axis=1)


def separation_rates(setting, a):
    """(sector,) separations a person-year, policy apart (E10)."""
    return eq.separation_rates(
        setting.separation_rate,
        setting.stock @ setting.sector_share,
        a.job_change_rate,
        a.lab_separation_rate,
        FRONTIER_LAB,
    )


def openings_by_sector(setting, a, rules):
    """(hub, sector) openings over all of the hub's at the start: jobs left at the start, times policy.

    So a sector keeps its share where nothing changes, and more openings in one are more openings of the hub.
    """
    left = setting.sector_share * separation_rates(setting, a)
    policy = rules["sector_openings"] * rules["hub_sector_openings"].reshape(left.shape)
    return left / left.sum(axis=1, keepdims=True) * policy


def sign_on_table(arm, gross):
    """(category % 45, hub) what a payment on arrival adds for people who move in (E1); ``gross`` as valued."""
    setting, a, rules = arm.world.setting, arm.a, arm.rules
    if not rules["sign_on_kusd"].any():
        return np.zeros((gross[0].size * len(TASTES), len(setting.hubs)))
    mean = with_allowance(gross, rules)
    once = rules["sign_on_kusd"][:, None, None] / a.expected_stay
    paid, unpaid = (np.moveaxis(net_pay(setting, a, rules, np.maximum(x, 1.0)), 0, -1) for x in (mean + once, mean))
    gain = eq.pay_gain(paid, unpaid, a.linear_pay, nominal_mean_pay(arm))  # tier, role, hub
    return eq.sign_on_pull(gain[:, :, None], pay_tastes(a)[:, None]).reshape(-1, len(setting.hubs))
