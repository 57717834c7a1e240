"""Perturb the input data within its stated measurement error: stocks, pay and net migration.

``stock.csv`` states a range for every hub, the extremes of its sources; it is read as the 5 and 95 % quantiles.
``pay.csv`` and ``net_targets.csv`` state no range: the error of a figure is assumed by its grade, by the assumptions
``figure_error_b`` and ``figure_error_c``; a figure of grade D takes the error of grade C. All errors are lognormal
and independent between hubs; the tiers of a hub share one error of pay. Net migration follows the perturbed stock:
a figure for a whole country is split over its hubs by stock, and a figure of the published talent index is a rate,
so it grows with the stock of its hub.
"""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from sim.world.categories import TIERS
from sim.world.setting import Setting
from sim.world.tables import read

QUANTILE = 1.6448536269514722  # of the standard normal, 95 %


def perturb_setting(setting: Setting, errors: Mapping[str, float], generator: np.random.Generator) -> Setting:
    """Return the setting with stocks, pay and net migration drawn from the distributions of their errors.

    Parameters
    ----------
    setting : Setting, as :func:`~sim.world.setting.load_setting` gives it
    errors : dict of grade -> standard deviation of ln(figure), for tables that state no range
    generator : numpy.random.Generator

    Returns
    -------
    Setting; the sum of its stocks and the sum of its net migration are unchanged
    """
    low, high, pay_error, net_error = figure_errors(setting, tuple(sorted(errors.items())))
    z = generator.standard_normal((4, len(setting.hubs)))
    # the error has one size below the central figure and another above it; the world total is kept
    stock = setting.stock * np.exp(np.where(z[0] < 0, low, high) * z[0])
    stock *= setting.persons / stock.sum()
    # a hub's part of its country's figure follows its share of the country; a rate of the index follows its stock
    growth = stock / setting.stock
    of_country = country_stock(setting, stock) / country_stock(setting, setting.stock)
    pay = setting.pay * np.exp(pay_error * z[1][:, None])[..., None]
    national = setting.national_net * growth / of_country * np.exp(net_error * z[2])
    national = balanced(national, stock, setting.national_net.sum())
    return replace(
        setting,
        stock=stock,
        pay=pay,
        national_net=national,
        index_net=setting.index_net * growth * np.exp(net_error * z[3]),
    )


def country_stock(setting: Setting, stock: np.ndarray) -> np.ndarray:
    """Return the engineers of each hub's country, (hub,) persons, from (hub,) stocks."""
    return np.bincount(setting.country, stock)[setting.country]


def balanced(net: np.ndarray, stock: np.ndarray, total: float = 0.0) -> np.ndarray:
    """Shift net migration so that it sums to ``total``, spreading the difference by stock; (hub,) persons a year."""
    return net - (net.sum() - total) * stock / stock.sum()


def figure_errors(
    setting: Setting, errors: tuple[tuple[str, float], ...]
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return the standard deviations of ln(figure): stock below and above the median, pay, net migration.

    Parameters
    ----------
    errors : tuple of (grade, standard deviation)

    Returns
    -------
    (hub,), (hub,), (hub, tier) and (hub,) arrays
    """
    by_grade = dict(errors)
    stock = {row["hub"]: [float(row[end]) for end in ("low", "engineers", "high")] for row in read("stock")}
    below, above = np.diff(np.log([stock[hub] for hub in setting.hubs]), axis=1).T / QUANTILE
    pay = {(row["hub"], row["tier"]): by_grade[row["grade"]] for row in read("pay")}
    net = {row["hub"]: by_grade[row["grade"]] for row in read("net_targets")}
    return (
        below,
        above,
        np.array([[pay[hub, tier] for tier in TIERS] for hub in setting.hubs]),
        np.array([net[hub] for hub in setting.hubs]),
    )
