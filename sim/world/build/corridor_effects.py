"""Build corridor_effects.csv: residuals of scholars' flows between countries against the corridor kernel (E2).

The kernel is that of ``corridor_kernel.csv``, with higher odds of moves to the own country, scaled to the row
and column totals of the data. The residual of a corridor is shrunk to the kernel where few people move: it is the
mean of a gamma distribution that the flow has updated (negative binomial). It is computed once and holds for every draw
of the assumptions: if the kernel moved with the draw, the residual would cancel distance, language and compatriots.
"""

from functools import cache

import numpy as np

from sim.world.build.geography import members
from sim.world.build.source_files import Row, countries, primary, source
from sim.world.flows import RETURN_ODDS, living_by_origin, read_flows, stocks, ties

YEARLY = 0.7  # weight of a year's flow over that of the year after it; assumption, tuned by the rolling backcast
K = 1.25  # moves that the kernel counts for: negative binomial likelihood (dispersion in sim.study.corridors)
EXIT_RATE = 0.04  # scholars who stop publishing, a year; assumption, grade D
JOINED = {"HKG": "CHN", "MAC": "CHN"}  # places of the source that belong to a country of the world
ROUNDS, CLOSE = 1000, 1e-10  # of the scaling
FIRM = 30.0  # moves of the kernel below which a residual counts as an assumption


def scaled(kernel: np.ndarray, flow: np.ndarray) -> np.ndarray:
    """Scale a kernel to the row and column totals of flows (iterative proportional fitting).

    Parameters
    ----------
    kernel : (origin, destination), positive off the diagonal
    flow : (origin, destination) persons

    Returns
    -------
    (origin, destination) persons; 0 on the diagonal
    """
    out = kernel * ~np.eye(len(kernel), dtype=bool)
    rows, columns = flow.sum(axis=1), flow.sum(axis=0)
    for _ in range(ROUNDS):
        out = out * (rows / np.maximum(out.sum(axis=1), 1e-300))[:, None]
        gap = columns / np.maximum(out.sum(axis=0), 1e-300)
        out = out * gap
        if np.abs(gap[columns > 0] - 1).max() < CLOSE:
            break
    return out


def weighted(flow: np.ndarray, yearly: float = YEARLY) -> np.ndarray:
    """Return the (origin, destination) sum of yearly flows, (year, origin, destination), the last year with weight 1.

    >>> weighted(np.ones((3, 1, 1)), 0.5)
    array([[1.75]])
    """
    return np.tensordot(yearly ** np.arange(len(flow))[::-1], flow, 1)


def shrunken(observed: np.ndarray, kernel: np.ndarray, k: float = K) -> np.ndarray:
    """Return the residual ln((k + Y) / (k + M)) of observed flows Y against those of the kernel M, log-odds.

    Source: posterior mean of a gamma mixture of Poisson counts, shape and rate k.

    >>> shrunken(np.array([0.0, 97.0]), np.array([0.0, 7.0]), 3.0).round(3)
    array([0.   , 2.303])
    """
    return np.log((k + observed) / (k + kernel))


@cache
def flows_and_kernel() -> tuple[tuple[str, ...], np.ndarray, np.ndarray]:
    """Return the member countries, their observed flows weighted by age, and those of the kernel, persons."""
    names = tuple(sorted(code.upper() for inside in members().values() for code in inside))
    at = {name: k for k, name in enumerate(names)} | {code: names.index(into) for code, into in JOINED.items()}

    def add(total: np.ndarray, codes: list[str], values: np.ndarray) -> np.ndarray:
        """Add the last axis of ``values`` by country; places without a country of the world are left out."""
        known = [k for k, code in enumerate(codes) if code in at]
        for k in known:
            total[..., at[codes[k]]] += values[..., k]
        return total

    # flows by country of the world
    flows = read_flows()
    codes = list(flows.countries)
    arrivals = add(np.zeros((*flows.n.shape[:2], len(names))), codes, flows.n)
    by_year = add(np.zeros((len(flows.years), len(names), len(names))), codes, arrivals.swapaxes(1, 2)).swapaxes(1, 2)
    by_year *= ~np.eye(len(names), dtype=bool)
    # the kernel: distance, language, compatriots, and people of the destination who live in the origin
    years, listed, scholars = stocks()
    stock = np.maximum(add(np.zeros(len(names)), listed, scholars[years.index(flows.years[-1])]), 1.0)
    living = living_by_origin(by_year, stock, EXIT_RATE)
    born = np.zeros((len(names), len(names)))
    for row in source("migrant_stock_2000"):
        if row["orig"] in at and row["dest"] in at:
            born[at[row["orig"]], at[row["dest"]]] += float(row["stock"])
    b = {row["term"]: float(row["coefficient"]) for row in primary("corridor_kernel")}
    km, language = ties(names)
    pull = b["b_language"] * language - b["b_distance"] * np.log1p(km / 100) + b["b_diaspora"] * np.log1p(born)
    kernel = np.exp(pull) * (1 + (RETURN_ODDS - 1) * (living / living.sum(axis=0)).T)
    observed = weighted(by_year)
    return names, observed, scaled(kernel, observed)


def corridor_effects() -> list[Row]:
    """Build corridor_effects.csv: flows of the kernel and of the data, and the shrunken residual, by country pair.

    The flows of a group of countries are the sums over its members. Flows within a group are left out.
    """
    codes, observed, kernel = flows_and_kernel()
    group = np.array([[code.lower() in members()[country] for code in codes] for country in countries()], float)
    data, expected = group @ observed @ group.T, group @ kernel @ group.T
    residual, single = shrunken(data, expected), group.sum(axis=1) == 1
    return [
        {
            "origin": origin,
            "destination": destination,
            "kernel": f"{expected[o, d]:.1f}",
            "data": f"{data[o, d]:.1f}",
            "residual": f"{residual[o, d]:z.3f}",
            "source": "Scholarly Migration Database 1998-2015, published researchers of all fields, against "
            "corridor_kernel",
            "grade": "C" if single[o] and single[d] and expected[o, d] >= FIRM else "D",
        }
        for o, origin in enumerate(countries())
        for d, destination in enumerate(countries())
        if o != d
    ]
