"""Prepare flows for pictures: the places shown, their paired changes, and words for both."""

from typing import NamedTuple

import numpy as np
import pandas as pd
import xarray as xr

from sim.results.effects import summarise
from sim.results.export import yearly_flows
from sim.show.plots import style
from sim.show.plots.choice import hubs_shown, only_pair, years_shown
from sim.show.plots.style import pixels, wrap


class Flows(NamedTuple):
    """Yearly flows between the places of a picture, means over its years."""

    moves: xr.DataArray  # (arm, replicate, origin, destination), persons a year; places by their names
    regions: dict[str, str]  # name of a place -> its region, in the order of every figure
    years: tuple[int, int]  # first and last, both included

    @property
    def changes(self) -> xr.Dataset:
        """Return scenario less baseline, as ``summarise`` has it, and ``clear``: the interval leaves out zero."""
        return changes(self.moves)


def flows_shown(result, kind, hubs=None, years=None, count=10, most=None) -> Flows:
    """Return flows between the hubs shown and, region by region, all other hubs together.

    Parameters
    ----------
    result : Result
    kind : str, the picture, for a refusal
    hubs : list of hub labels, or None for the ``count`` that matter
    years : (first, last), both included, or None for all
    most : how many hubs stay readable, or None for any number

    Returns
    -------
    Flows; moves inside a place are left out

    Raises
    ------
    ResultError for an unknown hub or year; UsageError for too many hubs or a comparison of several scenarios.
    """
    years = _ends(only_pair(result, kind), years)
    regions, named = _places(result.data, hubs_shown(result, hubs, count, most))
    inside = xr.DataArray(  # 1 where a hub belongs to a place
        np.array([[name == place for name in named] for place in regions], float),
        {"place": list(regions), "hub": result.data.hub.values},
        ("place", "hub"),
    )
    # sum hubs into places at both ends; moves inside a place are no flow
    moves = yearly_flows(result, years).reset_coords(drop=True)
    for end in ("origin", "destination"):
        moves = xr.dot(moves.rename({end: "hub"}), inside, dim="hub").rename(place=end)
    return Flows(moves.where(moves.origin != moves.destination, 0), regions, years)


def flows_of_all(result, kind, years=None) -> Flows:
    """Return flows between all hubs, each a place of its own, by its label."""
    years = _ends(only_pair(result, kind), years)
    hubs = style.order(result.data)
    regions = style.hub_regions(result.data)
    moves = yearly_flows(result, years).sel(origin=hubs, destination=hubs)
    return Flows(moves, {hub: regions[hub] for hub in hubs}, years)


def _ends(result, years) -> tuple[int, int]:
    """Return the first and the last year shown."""
    shown = years_shown(result, years)
    return int(shown[0]), int(shown[-1])


def _places(data, shown) -> tuple[dict[str, str], list[str]]:
    """Return the region of each place, in order, and the place of each hub of the data."""
    # hubs that are not shown are taken together by region
    names, region_of = data.hub_name.to_series(), style.hub_regions(data)
    place = {hub: str(names[hub]) for hub in region_of}
    for region in style.REGIONS:
        inside = [hub for hub in region_of if region_of[hub] == region]
        others = [hub for hub in inside if hub not in shown]
        if len(others) > 1:  # a single one keeps its name
            whole = others == inside
            place |= dict.fromkeys(others, region if whole else f"Other {region.removeprefix('Rest of ')}")
    # regions in their order, the hubs shown before the remainder
    order = style.order(data, shown) + style.order(data)
    order.sort(key=lambda hub: list(style.REGIONS).index(region_of[hub]))  # shown hubs first in their region
    return {place[hub]: region_of[hub] for hub in order}, [place[hub] for hub in data.hub.values.tolist()]


def changes(values) -> xr.Dataset:
    """Return paired differences of anything over arm and replicate, and which of them are clear.

    Returns
    -------
    xarray.Dataset of ``sim.results.effects.summarise``, and ``clear``: 90 % of pairs leave out zero. Never clear
    is what rests on a single pair.
    """
    summary = summarise(values.sel(arm="scenario", drop=True) - values.sel(arm="baseline", drop=True))
    return summary.assign(clear=((summary.low > 0) | (summary.high < 0)) & (summary.attrs["pairs"] > 1))


def table(summary) -> pd.DataFrame:
    """Tabulate the corridors of a dataset of changes that differ in any pair, the largest change first.

    Returns
    -------
    pandas.DataFrame: origin, destination, mean, low, high, clear
    """
    # corridors that differ in no pair say nothing
    rows = summary[["mean", "low", "high", "clear", "differs"]].to_dataframe().reset_index()
    rows = rows[rows.differs > 0].drop(columns="differs")
    return rows.sort_values("mean", key=abs, ascending=False, kind="stable", ignore_index=True)


def list_changes(panel, rows, y, most, digits=0) -> None:
    """Write the first ``most`` rows of a ``table``, from the height ``y`` of the panel's axes down, as far as fits."""
    # heading, then two lines a row, until the panel is full
    line = pixels(panel, 1.3) / panel.get_window_extent().height
    panel.text(0, y, "The largest changes", fontweight="bold", va="bottom")
    y -= 0.9 * line
    panel.text(0, y, "persons a year (90 % of pairs)", fontsize="small", color=style.BASELINE, va="bottom")
    y -= 0.2 * line
    for row in rows[:most].itertuples():
        name = panel.text(
            0, y - 0.2 * line, f"{row.origin} \u2192 {row.destination}", fontsize="small", va="top", parse_math=False
        )
        wrap(name, panel.get_window_extent().width, 2)
        y -= line * (1 + name.get_text().count("\n"))
        numbers = f"{style.signed(row.mean, digits)}  ({style.span(row.low, row.high, digits)})"
        panel.text(0, y - 0.1 * line, numbers, fontsize="small", va="top", color=style.BASELINE)
        y -= 1.2 * line
        if y < 3 * line:
            break


def round_down(value) -> int:
    """Round a value down to 1, 2, 5, 10, 20, ...; 1 for less.

    >>> round_down(98), round_down(0.3)
    (50, 1)
    """
    # largest 1, 2 or 5 times a power of ten below the value
    value = max(value, 1)
    size = 10 ** int(np.log10(value))
    return max(digit * size for digit in (1, 2, 5) if digit * size <= value)


def years_words(years) -> str:
    """Return the years in words: ``mean of 2026 to 2035``, or ``in 2026``."""
    first, last = years
    return f"in {first}" if first == last else f"mean of {first} to {last}"


def interval_words(result) -> str:
    """State the content of the interval, which a single pair has not, and the source."""
    source = style.source(result.record)
    if result.data.sizes["replicate"] == 1:
        return f"A single pair has no interval: nothing is distinguishable from zero. {source}"
    return f"Interval: 90 % of pairs ({style.band_words(result.record)}). {source}"
