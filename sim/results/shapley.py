"""Shapley values: what each part brings, averaged over the orders in which parts can come; they sum to the whole."""

from itertools import combinations
from math import factorial

import numpy as np

EXACT = 7  # parts up to which every order counts


def coalitions(parts, seed=0, orders=24):
    """The sets of parts whose worth :func:`shapley` needs: all of them up to ``EXACT`` parts, else those of ``orders``.

    Returns
    -------
    list of frozenset of part numbers, the empty set first and the whole last
    """
    if parts <= EXACT:
        return [frozenset(c) for size in range(parts + 1) for c in combinations(range(parts), size)]
    met = {frozenset(order[:k]) for order in sampled_orders(parts, seed, orders) for k in range(parts + 1)}
    return sorted(met, key=lambda coalition: (len(coalition), sorted(coalition)))


def sampled_orders(parts, seed=0, orders=24):
    """Random orders of the parts, each followed by its reverse."""
    rng = np.random.default_rng([seed, parts])
    forward = [rng.permutation(parts).tolist() for _ in range(orders // 2)]
    return [order for each in forward for order in (each, each[::-1])]


def shapley(worth, parts, seed=0, orders=24):
    """What each part brings.

    Parameters
    ----------
    worth : dict of frozenset of part numbers -> (pair,) array, for every one of :func:`coalitions`
    parts : int

    Returns
    -------
    (part, pair) array; over the parts it sums to the worth of the whole less that of nothing

    >>> shapley({frozenset(): np.zeros(1), frozenset([0]): np.ones(1)}, 1).tolist()
    [[1.0]]
    """
    brought = np.zeros((parts, *np.shape(worth[frozenset()])))
    if parts <= EXACT:
        for part in range(parts):
            others = [k for k in range(parts) if k != part]
            for size in range(parts):
                weight = factorial(size) * factorial(parts - size - 1) / factorial(parts)
                for c in combinations(others, size):
                    brought[part] += weight * (worth[frozenset(c) | {part}] - worth[frozenset(c)])
        return brought
    taken = sampled_orders(parts, seed, orders)
    for order in taken:
        for k, part in enumerate(order):
            brought[part] += (worth[frozenset(order[: k + 1])] - worth[frozenset(order[:k])]) / len(taken)
    return brought
