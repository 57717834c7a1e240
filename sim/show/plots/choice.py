"""Choose what a figure shows of a result (hubs, years, scenarios), or refuse in one line."""

from dataclasses import replace
from typing import TYPE_CHECKING

from sim.arguments import listed
from sim.errors import ResultError, UsageError
from sim.results.effects import effect, hubs_that_matter, stacks
from sim.results.facts import facts
from sim.results.narrative import sentence
from sim.scenario.places import nearest_place
from sim.show.plots import style

if TYPE_CHECKING:
    import numpy as np

    from sim.results.result import Result


def hubs_shown(result, hubs=None, count=10, most=None) -> list[str]:
    """Return the given hubs, or those that matter, in the order of every figure.

    Parameters
    ----------
    hubs : list of hub labels, or None
    count : how many to take if None
    most : how many stay readable; None for any number

    Raises
    ------
    ResultError for a name that is no hub, with the nearest; UsageError for too many.
    """
    hubs = None if hubs is None else listed(hubs)
    if hubs and most and len(hubs) > most:
        raise UsageError(f"{len(hubs)} hubs are too many for this figure", f"it shows at most {most}")
    # refuse unknown hubs before anything is drawn
    known = result.data.hub_name.to_series().to_dict()
    for hub in hubs or ():
        if hub not in known:
            raise ResultError(f"{hub} is no hub{nearest_place(hub, known)}")
    if not hubs:
        # a comparison shows the hubs that any of its scenarios moves most
        several = len(result.arms) > 1
        hubs = most_touched(effect(result, "share"), count) if several else hubs_that_matter(result, count)
    return style.order(result.data, hubs)


def most_touched(pairs, count) -> list[str]:
    """Return the hubs on which any scenario has the largest mean effects.

    Parameters
    ----------
    pairs : xarray.DataArray of effects over arm, replicate and hub
    """
    size = abs(pairs.mean("replicate")).max("arm").to_series()
    return list(size.sort_values(ascending=False, kind="stable").index[:count])


def times_shown(result, years=None) -> "np.ndarray":
    """Return the points in time, 1 January each, from the first to the last year asked for (all if None).

    Raises
    ------
    ResultError for years outside the run or in the wrong order.
    """
    return _between(result, "time", years)


def years_shown(result, years=None) -> "np.ndarray":
    """Return the years of flows, counted over a year: the run's last January has none.

    Raises
    ------
    ResultError as :func:`times_shown`.
    """
    return _between(result, "year", years)


def _between(result, axis, years) -> "np.ndarray":
    """Return the labels of an axis within ``years``."""
    # years are checked against all times, also for flows
    whole = result.data.time.values
    first, last = years or (whole[0], whole[-1])
    if not whole[0] <= first <= last <= whole[-1]:
        raise ResultError(f"years {first} to {last}", f"not within the run, {whole[0]} to {whole[-1]}")
    values = result.data[axis].values
    inside = values[(values >= first) & (values <= last)]
    if not inside.size:
        raise ResultError(f"year {first}", f"no moves are counted after {values[-1]}")
    return inside


def head_with_finding(ax, result, subtitle) -> None:
    """Write the answer's finding as title, and below it the scenario and what the figure shows."""
    text = f"{subtitle[:1].lower()}{subtitle[1:]}" if not subtitle[:2].isupper() else subtitle
    style.heading(ax, sentence("finding", facts(result)), f"{result.record['title']}: {text}")


def until(result, years) -> "Result":
    """Cut the result after the last of ``years``; all of it for None.

    Raises
    ------
    ResultError for years outside the run or in the wrong order.
    """
    if years is None:
        return result
    # flows of a year end on the January after it
    last = int(times_shown(result, years)[-1])
    if last == int(result.data.time[0]):
        raise ResultError(f"year {last}", "is the first of the run: nothing differs yet")
    return replace(result, data=result.data.sel(time=slice(None, last), year=slice(None, last - 1)))


def only_pair(result, kind) -> "Result":
    """Return the result itself if it has one scenario.

    Raises
    ------
    UsageError for a comparison of several, naming them.
    """
    if len(result.arms) > 1:
        raise UsageError(
            f"{kind} shows one scenario, and this run compares {', '.join(result.arms)}",
            "choose one with result.versus(...), or draw 'comparison'",
        )
    return result


def basis_words(result) -> str:
    """Return the addition to a heading if engineers are counted by employer: ``, by hub of the employer``; else ''."""
    return ", by hub of the employer" if result.record.get("basis") == "employer" else ""


def scenario_names(result) -> dict[str, str]:
    """Name each scenario for a legend: its title, or its kind for the stack of scenarios that are shown alone too."""
    records, stack = result.record.get("arms", {}), stack_shown(result)
    names = {arm: records.get(arm, result.record)["title"] for arm in result.arms}
    return names | ({stack: both_words(stack)} if stack else {})


def stack_shown(result) -> str | None:
    """Return the scenario that is a stack of others that are shown alone too, if there is just one; else None."""
    stacked = list(stacks(result))
    return stacked[0] if len(stacked) == 1 else None


def both_words(stack) -> str:
    """Describe a stack: ``both together``, or ``all 3 together``."""
    count = len(stack.split("+"))
    return "both together" if count == 2 else f"all {count} together"


def period(years) -> str:
    """Describe the times shown: ``in January 2036``, or ``January 2026 to January 2036``."""
    first, last = int(years[0]), int(years[-1])
    return f"January {first}" if first == last else f"January {first} to January {last}"
