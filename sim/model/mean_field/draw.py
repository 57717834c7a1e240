"""A capped pool drawn in expectation (E5): the chance of every kind of registration, clocks and all."""

import numpy as np

from sim.model.lottery import LEVEL_WEIGHTS

ROUNDS = 60  # of Newton's method, which comes from below and needs about six


def rings(persons, weight, places):
    r"""(class,) chance to be among the first ``places`` to ring, exponential clocks of rate ``weight``.

    The clock time :math:`\tau` at which the places are gone solves :math:`\sum_c n_c (1 - e^{-w_c\tau}) = S`: the
    limit of many registrations of ``lottery.draw``.

    >>> rings(np.array([30.0, 10.0]), np.array([1.0, 1.0]), 10.0).round(6).tolist()
    [0.25, 0.25]
    """
    if places >= persons.sum():
        return np.ones(len(persons))
    time = 0.0
    for _ in range(ROUNDS):
        kept = np.exp(-weight * time)
        step = (places - (persons * (1 - kept)).sum()) / (persons * weight * kept).sum()
        time += step
        if abs(step) <= 1e-14 * time:
            break
    return -np.expm1(-weight * time)


def chances(persons, level, master, places, advanced, weighted):
    """(class,) chance of a registration to be selected: the places for all, then those kept for masters.

    Parameters
    ----------
    persons : (class,) registrations; level : (class,) OEWS wage level; master : (class,) bool
    places, advanced : registrations selected; weighted : bool
    """
    weight = LEVEL_WEIGHTS[level] if weighted else np.ones(len(level))
    first = rings(persons, weight, places)
    left = persons * (1 - first) * master
    second = rings(left, weight, advanced) if left.sum() > 0 else np.zeros(len(left))
    return first + (1 - first) * master * second


def background(pool, p_pays, withdrawal):
    """(master, level) registrations from outside AI, persons, once employers have seen the fee and the selection.

    Parameters
    ----------
    p_pays : probability that the employer of somebody abroad pays the special fee
    withdrawal : share of level I registrations not filed
    """
    filed = pool.registrations * (pool.in_country + (1 - pool.in_country) * p_pays)
    level = pool.level * np.append(1 - withdrawal, np.ones(len(pool.level) - 1))
    return filed * np.outer([1 - pool.master, pool.master], level)
