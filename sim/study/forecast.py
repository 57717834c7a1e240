"""Forecast flows between countries from a kernel, the history of each corridor and forecast margins.

The form is that of E2 without agents: kernel times corridor effect, scaled to forecast departures and arrivals.
Everything is estimated on the fit years; the assumptions were picked with the shipped flows in view, and checked on
score years up to 2012.
"""

from dataclasses import dataclass

import numpy as np

from sim.study.corridors import dispersion
from sim.world.build.corridor_effects import YEARLY, scaled, shrunken, weighted

LEAST = 0.5  # persons: the least that a country is forecast to send or take in a year


@dataclass(frozen=True)
class Assumed:
    """An assumption of the forecast with its range, evidence grade and source."""

    value: float
    low: float
    high: float
    meaning: str
    grade: str
    source: str


ON_SCHOLARS = "rolling backcasts of the shipped flows, score years up to 2012"
ASSUMED = {
    "yearly": Assumed(
        YEARLY, 0.5, 0.9, "weight of a year in a corridor's history, over the year after", "C", ON_SCHOLARS
    ),
    "drift": Assumed(
        0.2, 0.1, 0.3, "change a year of a country's moves: how soon years are forgotten", "C", ON_SCHOLARS
    ),
    "net_kept": Assumed(0.95, 0.8, 1.0, "part of last net flows that goes on", "C", ON_SCHOLARS),
    "own_growth": Assumed(0.4, 0.2, 0.5, "part kept of a country's growth beyond the world's", "C", ON_SCHOLARS),
    "growth_kept": Assumed(0.8, 0.6, 0.95, "growth of a year over that of the year before", "C", ON_SCHOLARS),
    "growth_years": Assumed(3, 1, 5, "years over which growth is measured", "D", "assumption"),
    "moves_known": Assumed(5, 1, 20, "moves a year added where a country's growth is taken", "D", "assumption"),
}


@dataclass(frozen=True)
class Forecast:
    """Forecast flows of the years after the fit, with their ingredients."""

    flow: np.ndarray  # (year, origin, destination) persons
    data: np.ndarray  # (origin, destination) observed flows of the fit years, weighted by age
    kernel: np.ndarray  # (origin, destination) the kernel scaled to their totals
    residual: np.ndarray  # (origin, destination) shrunken residual, log-odds
    k: float  # the kernel counts as much as this many observed moves


def values() -> dict[str, float]:
    """Return the assumptions as numbers: dict of name -> value."""
    return {name: row.value for name, row in ASSUMED.items()}


def memory(volume, drift) -> np.ndarray:
    """Return the weights of the fit years, (year, country); a country with fewer moves needs more years.

    The weights are the steady state of a local-level model: a country's moves change by the share ``drift`` a year, and
    their count has a Poisson error (Durbin and Koopman 2012, chapter 2).

    >>> memory(np.array([[10.0, 1e6], [10.0, 1e6]]), 0.2).round(2)
    array([[0.39, 0.  ],
           [0.61, 1.  ]])
    """
    q = drift**2 * np.maximum(volume[-3:].mean(axis=0), 1.0) / 2  # variance of the change over that of the count
    gain = (-q + np.sqrt(q * q + 4 * q)) / 2
    weight = gain * (1 - gain) ** np.arange(len(volume))[::-1, None]
    return weight / weight.sum(axis=0)


def margins(past, years, assumed=None) -> tuple[np.ndarray, np.ndarray]:
    """Forecast departures and arrivals of every country in the years after ``past``.

    Parameters
    ----------
    past : (year, origin, destination) persons
    years : int, to forecast
    assumed : dict of name -> number, ``values()`` if None

    Returns
    -------
    departures, arrivals : (year, country) persons; both add up to the same
    """
    a = assumed or values()
    departures, arrivals = past.sum(axis=2), past.sum(axis=1)
    volume = (departures + arrivals) / 2
    weight = memory(volume, a["drift"])
    # growth a year: the world's, and a part of each country's own beyond it
    span = int(min(a["growth_years"], len(past) - 1))
    known = volume + a["moves_known"]
    world = np.log(known[-1].sum() / known[-1 - span].sum()) / span
    growth = world + a["own_growth"] * (np.log(known[-1] / known[-1 - span]) / span - world)
    age = np.arange(len(past))[::-1, None]
    # level of today: weighted years, each brought forward by the growth rate
    now = (weight * volume * np.exp(age * growth)).sum(axis=0)
    net = a["net_kept"] * (weight * (arrivals - departures)).sum(axis=0)
    # growth fades from year to year; half of net migration goes to each side
    grown = np.cumsum(a["growth_kept"] ** np.arange(1, years + 1))[:, None] * growth
    ahead = now * np.exp(grown)
    leave, arrive = (np.maximum(ahead + sign * net / 2, LEAST) for sign in (-1, 1))
    return leave, arrive * (leave.sum(axis=1) / arrive.sum(axis=1))[:, None]


def forecast(past, fitted, moved, years, assumed=None) -> Forecast:
    """Forecast the flows of ``years`` years after ``past``; return a :class:`Forecast`.

    Parameters
    ----------
    past : (year, origin, destination) persons
    fitted : (origin, destination) flows that the kernel gives, of any level
    moved : (origin, destination) what has become of the kernel since, log-odds
    years : int; assumed : as for :func:`margins`

    Raises
    ------
    UsageError without the extra ``validate``
    """
    a = assumed or values()
    # corridor effects: the shrunken residuals of observed flows over the kernel
    data = weighted(past, a["yearly"])
    kernel = scaled(np.maximum(fitted, 1e-12), data)
    off = ~np.eye(len(data), dtype=bool)
    k = dispersion(data[off], kernel[off])
    residual = shrunken(data, kernel, k)
    pull = kernel * np.exp(residual + moved)
    ends = zip(*margins(past, years, a), strict=True)
    flow = np.stack([_to_margins(pull, leave, arrive) for leave, arrive in ends])
    return Forecast(flow, data, kernel, residual, k)


def _to_margins(pull, leave, arrive) -> np.ndarray:
    """Scale a kernel to departures and arrivals by country; return (origin, destination) flows."""
    one = np.outer(leave, arrive) / arrive.sum()  # start of the scaling: any flows with these totals
    return scaled(np.where(pull > 0, pull, 1e-12), one)
