"""The fitted constant of every hub (E2): a first inversion on expected flows, deterministic.

Whatever the named factors leave unexplained goes into ``xi``: year-one net migration of every hub then equals its
target, and experts and others cross borders as often as observed. Every draw of the assumptions is inverted anew, so
that all pairs start from the same observed year. Source of the method: Berry 1994, RAND Journal of Economics 25.
"""

from dataclasses import dataclass

import numpy as np

from sim.errors import InvariantError
from sim.model.first_year import by_group

TIER_GROUP = [0, 1, 1]  # border costs are fitted for experts and for the others
TOLERANCE = 1e-4  # of a hub's gross flows, and of the log crossing rates
# of the accelerated fixed point (Anderson 1965, Journal of the ACM 12); the ridge keeps its steps solvable
STEP, MEMORY, ROUNDS, RIDGE = 0.5, 5, 100, 0.01


@dataclass(frozen=True)
class Constants:
    """Pull of every hub beyond the named factors, in log-odds, and the border cost fitted along with it."""

    permanent: np.ndarray  # (hub,)
    boom: np.ndarray  # (hub,) in the first year
    move_cost_abroad: np.ndarray  # (tier,) log-odds
    start: int

    def at(self, year, boom_half_life):
        """(hub,) constants of a year: one year's boom is never extrapolated silently."""
        return self.permanent + self.boom * 2.0 ** (-(year - self.start) / boom_half_life)


@dataclass(frozen=True)
class Offsets:
    """What agents do beyond the expected flows, measured at the centre by the fit and kept for every draw."""

    net: np.ndarray  # (hub,) persons a year
    crossing: np.ndarray  # (2,) factor on the border crossings of experts and of others


def none(hubs, start, move_cost_abroad=0.0):
    """Constants that say nothing, for tests and for the start of a fit."""
    return Constants(np.zeros(hubs), np.zeros(hubs), np.full(3, float(move_cost_abroad)), start)


def net_targets(setting, boom_weight):
    """(hub,) persons a year: national figures blended with the industry index, adding up to zero over the world.

    Where the index is silent the national figure stands; what the index moves is taken from those hubs in
    proportion to their stock.
    """
    spoken = ~np.isnan(setting.index_net)
    target = setting.national_net.copy()
    target[spoken] += boom_weight * (setting.index_net - setting.national_net)[spoken]
    silent = np.where(spoken, 0.0, setting.stock)
    return target - target.sum() * silent / silent.sum()


def invert(first_year, targets, crossing_rates, offsets, fitted):
    """Constants that make the expected first-year flows meet their targets.

    Parameters
    ----------
    first_year : FirstYear
    targets : (hub,) persons a year, adding up to zero
    crossing_rates : (2,) experts and others who cross a border, share of the stock a year; None keeps the costs
    offsets : Offsets, what the agents do beyond the expected flows
    fitted : (xi, move_cost_abroad) to start from

    Returns
    -------
    xi : (hub,) log-odds, their mean over engineers zero; move_cost_abroad : (tier,) log-odds

    Raises
    ------
    InvariantError
        where no constants meet the targets: such a draw of the assumptions is refused and counted
    """
    xi, cost = fitted
    hubs = len(xi)

    def miss(x):
        flow = first_year.flows(x[:hubs], x[hubs:][TIER_GROUP] if len(x) > hubs else cost)
        arrivals, departures = flow.sum(axis=(0, 1)), flow.sum(axis=(0, 2))
        gap = (targets - offsets.net - arrivals + departures) / (arrivals + departures)
        if crossing_rates is None:
            return gap
        crossed = by_group((flow * first_year.border).sum(axis=(1, 2))) * offsets.crossing / first_year.group
        return np.append(gap, np.log(crossed / crossing_rates))

    start = xi if crossing_rates is None else np.append(xi, cost[:2])
    with np.errstate(all="ignore"):
        x = anderson(miss, start)
    if x is None:
        raise InvariantError("no hub constants meet the first year's flows under these assumptions")
    fitted_cost = cost if crossing_rates is None else x[hubs:][TIER_GROUP]
    return x[:hubs] - np.average(x[:hubs], weights=first_year.size), fitted_cost


def anderson(miss, x):
    """A root of ``miss`` from ``x`` on by Anderson mixing, None where none is found in ``ROUNDS`` rounds.

    Each round extrapolates from the last ``MEMORY`` ones. The same steps as ``scipy.optimize.anderson``, the oracle of
    the tests, without the import, which takes a worker longer than its draws do.
    """
    found, steps, changes = miss(x), np.empty((0, len(x))), np.empty((0, len(x)))
    for _ in range(ROUNDS):
        if not np.isfinite(found).all():
            return None
        if np.abs(found).max() <= TOLERANCE:
            return x
        products = changes @ changes.T
        products[np.diag_indices_from(products)] *= 1 + RIDGE**2
        try:
            step = STEP * found - np.linalg.solve(products, changes @ found) @ (steps + STEP * changes)
        except np.linalg.LinAlgError:  # begin anew
            steps, changes, step = steps[:0], changes[:0], STEP * found
        x, before, found = x + step, found, miss(x + step)
        steps, changes = np.vstack([steps, step])[-MEMORY:], np.vstack([changes, found - before])[-MEMORY:]
    return None
