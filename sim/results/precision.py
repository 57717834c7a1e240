"""How precise an answer is asked to be, and how many pairs that takes."""

import math
import re

from sim.errors import UsageError
from sim.results.effects import SHOWN, effect, summarise
from sim.results.measures import MEASURES, parse

GROWTH = 4  # times the pairs at most in one step: an error estimated on few pairs is itself rough


def threshold(precision, query):
    """The Monte Carlo error asked for, in the measure's own unit; see :func:`amount`.

    >>> threshold("0.05pp", "share:usa")
    0.0005
    """
    value = amount(precision, query, "precision")
    if not 0 < value < math.inf:
        raise UsageError(f"precision {precision}", "must be above 0")
    return value


def amount(text, query, what):
    """An effect on a measure as written, in the measure's own unit.

    Parameters
    ----------
    text : number in the measure's own unit, or text in the unit that people read: ``"0.05pp"``, ``"20 persons"``
    query : str, the measure
    what : what the amount is, for messages

    Raises
    ------
    UsageError naming the unit that fits; ResultError for an unknown measure

    >>> amount("-1pp", "share:usa,tier=expert", "target")
    -0.01
    """
    unit = MEASURES[parse(query).name].unit
    factor, _, shown = SHOWN.get(unit, (1, "", unit))
    if isinstance(text, int | float):
        return float(text)
    number, rest = re.findall(r"^\s*([-+]?[\d.]*(?:[eE][-+]?\d+)?)\s*(.*)", str(text))[0]
    try:
        value = float(number) / factor
        if not math.isfinite(value):
            raise ValueError
        if shown.startswith(rest.strip()):
            return value
        raise UsageError(f"{what} {text}", f"{query} is measured in {shown}")
    except ValueError:
        raise UsageError(f"{what} {text}", f"expected a number and its unit, such as 0.05{shown}") from None


def error_of(result, query):
    """The largest Monte Carlo error of the effects on a measure, over its places and scenarios; own unit."""
    return float(summarise(effect(result, query)).error.max())


def pairs_needed(pairs, error, target):
    """Pairs that bring ``error`` down to ``target``: it falls with the root of their number.

    >>> pairs_needed(20, 0.02, 0.01)
    80
    """
    times = (error / target) ** 2 if math.isfinite(error) else GROWTH  # a single pair knows no error
    return min(math.ceil(pairs * times), GROWTH * pairs)
