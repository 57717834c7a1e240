"""Where the scholars of a country come from, read off past flows: nobody counts them by country of origin."""

import numpy as np

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
