"""The world as its tables may have it wrong: stocks, pay and net migration drawn within the error of their figures.

``stock.csv`` states a range for every hub: the extremes of its sources, taken here for 5 and 95 %. ``pay.csv`` and
``net_targets.csv`` state none: the error of their figures is assumed by grade, ``figure_error_b`` and
``figure_error_c`` of the assumptions, and a figure that is itself assumed (D) is taken to be no better known than one
that industry published without data (C). All errors are lognormal and those of different hubs independent; the tiers
of a hub share the error of its pay. Net figures follow the stock as their table does: national ones are split over a
country's hubs by stock, those of the index are a part of it.
"""

from dataclasses import replace

import numpy as np

from sim.world.categories import TIERS
from sim.world.tables import read

QUANTILE = 1.6448536269514722  # of the standard normal, 95 %


def misstated(setting, errors, generator):
    """The setting with other figures, each as likely as its error says.

    Parameters
    ----------
    setting : Setting, as :func:`~sim.world.setting.load_setting` gives it
    errors : dict of grade -> standard deviation of the logarithm of a figure whose table states no range
    generator : numpy.random.Generator

    Returns
    -------
    Setting; its stocks add up to the same persons, its net migration to the same sum
    """
    low, high, pay_error, net_error = figure_errors(setting, tuple(sorted(errors.items())))
    z = generator.standard_normal((4, len(setting.hubs)))
    stock = setting.stock * np.exp(np.where(z[0] < 0, low, high) * z[0])
    stock *= setting.persons / stock.sum()
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


def country_stock(setting, stock):
    """(hub,) engineers of the country of every hub, out of (hub,) stocks."""
    return np.bincount(setting.country, stock)[setting.country]


def balanced(net, stock, total=0.0):
    """(hub,) persons a year that add up to ``total``: what is over is taken from all in proportion to their stock."""
    return net - (net.sum() - total) * stock / stock.sum()


def figure_errors(setting, errors):
    """Standard deviations of the logarithms: (hub,) of stocks below and above the middle, (hub, tier) pay, (hub,) net.

    Parameters
    ----------
    errors : tuple of (grade, standard deviation)
    """
    by_grade = dict(errors)
    stock = {row["hub"]: [float(row[end]) for end in ("low", "engineers", "high")] for row in read("stock")}
    steps = np.diff(np.log([stock[hub] for hub in setting.hubs]), axis=1) / QUANTILE
    pay = {(row["hub"], row["tier"]): by_grade[row["grade"]] for row in read("pay")}
    net = {row["hub"]: by_grade[row["grade"]] for row in read("net_targets")}
    return (
        *steps.T,
        np.array([[pay[hub, tier] for tier in TIERS] for hub in setting.hubs]),
        np.array([net[hub] for hub in setting.hubs]),
    )
