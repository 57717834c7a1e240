"""Several scenarios side by side by country: an interval and a marker each; how two differ, or whether they add up."""

from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from sim.results.effects import decimals, interaction, stacks, summarise
from sim.scenario.places import named_places
from sim.show.plots import style
from sim.show.plots.choice import both_words, hubs_shown, most_touched, scenario_names, stack_shown
from sim.show.plots.effects import effects_at, subtitle
from sim.show.plots.style import draw_legend, inset, pixels, right_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SIZE = (10, 7)  # inches
MOST = (14, 9)  # hubs that stay readable, in a memo and on a slide
ROW = 0.62  # of a hub's row that its markers take
ADD_UP = ("share", "stock", "arrival_share", "net_migration", "entrants", "exits")  # over hubs
ERROR = 8  # em that the interaction's mean and error take as numbers


def plot_comparison(result, ax=None, hubs=None, years=None, measure="share") -> "Axes":
    """Draw the effect of every scenario on each hub at the last of ``years``, against the baseline that all share.

    Where one scenario is the stack of others, a second panel shows the interaction: its effect less the sum of theirs;
    of two others it shows the difference of the second and the first.

    Parameters
    ----------
    result : Result, a comparison of several scenarios or a run of one
    ax : matplotlib Axes; a new figure of 10 by 7 inches if None
    hubs : list of hub labels; the countries with the largest effects if None, and hubs for what does not add up
    years : (first, last); the effect is shown for the last, and for the end of the run if None
    measure : str, a measure of every hub

    Returns
    -------
    the Axes; ``ax.child_axes`` are the key, the effects, and the interaction if there is one

    Raises
    ------
    ResultError for an unknown hub or measure, or years outside the run; UsageError for too many hubs.
    """
    pairs = effects_at(result, measure, years)
    pairs = pairs if "arm" in pairs.dims else pairs.expand_dims(arm=result.arms)
    with style.look():
        ax = style.axes(SIZE) if ax is None else ax
        ax.axis("off")
        # effects that add up are shown by country, others by hub
        by_country = not hubs and pairs.name in ADD_UP
        pairs = _by_country(pairs, result) if by_country else pairs
        style.heading(ax, _finding(result, pairs), f"{result.record['title']}: {_small(subtitle(pairs, measure))}")
        if not pairs.any():
            style.say_nothing_differs(ax)
            return ax
        hubs = hubs or most_touched(pairs, _row_count(pairs.sizes["arm"]))
        pairs = pairs.sel(hub=hubs if by_country else hubs_shown(result, hubs, most=style.fit(*MOST)))
        stack, names = stack_shown(result), pairs.hub_name.values
        extra, words = _second_panel(result, pairs, stack)
        # widths in em: names, effects, and the interaction if there is one
        width = ax.get_window_extent().width / pixels(ax, 1)
        left = 0.5 * max(map(len, names)) + 1
        columns = 1 if pairs.sizes["arm"] < 5 else 2  # titles are long
        above = draw_legend(ax, list(scenario_names(result).values()), columns, _draw_sample) + 2.4
        first = (width - left - 1) * (1 if extra is None else 0.6)
        plot = inset(ax, left=left, below=3.4, right=width - left - first, above=above)
        _draw_effects(plot, summarise(pairs), names)
        if extra is not None:
            second = inset(ax, left=left + first + 1.5, below=3.4, right=ERROR, above=above)
            _draw_interaction(second, summarise(extra), words)
        style.caption(ax, _small_print(result, stack is not None))
    return ax


def _by_country(pairs, result) -> xr.DataArray:
    """Return effects on hubs added up by country, which stand in place of the hubs."""
    # effects on stocks and shares add up over the hubs of a country
    known, country = named_places(), result.data.hub_country
    together = pairs.drop_vars("hub_name").groupby(country.rename("country")).sum().rename(country="hub")
    names = [known[code].name if code in known else code for code in together.hub.values.tolist()]
    return together.assign_coords(hub_name=("hub", names)).assign_attrs(pairs.attrs).rename(pairs.name)


def _second_panel(result, pairs, stack) -> tuple:
    """Choose values and heading of the second panel: an interaction, or the difference of two scenarios; else None."""
    if stack:
        words = f"{both_words(stack)}, less the sum of each"
        return interaction(pairs, (stack, stacks(result)[stack])), words
    if pairs.sizes["arm"] != 2:
        return None, ""
    # two scenarios that are no stack: how they differ
    first, second = result.arms
    difference = pairs.sel(arm=second, drop=True) - pairs.sel(arm=first, drop=True)
    return difference.assign_attrs(pairs.attrs), "second less first"


def _finding(result, pairs) -> str:
    """Title the figure with the scenario and the place that have the largest effect."""
    # largest mean effect of any scenario on any place
    mean = pairs.mean("replicate").transpose("arm", "hub")
    if not mean.any():
        return result.record["title"]
    arm, hub = np.unravel_index(int(abs(mean).values.argmax()), mean.shape)
    value = float(mean[arm, hub])
    name = scenario_names(result)[result.arms[arm]]
    unit = "points" if pairs.attrs["units"].startswith("pp") else pairs.attrs["units"]
    place = str(pairs.hub_name.values[hub]).split(" (")[0]
    return f"Largest effect: {place} {style.signed(value, 2)} {unit} by {name}"


def _small(text) -> str:
    """Lower the first letter."""
    return f"{text[:1].lower()}{text[1:]}"


def _row_count(scenarios) -> int:
    """Return hubs that leave each marker a line of its own."""
    return max(3, min(style.fit(12, 7), style.fit(45, 21) // scenarios))


def _draw_effects(plot, effects, names) -> None:
    """Draw a line and a marker for each scenario in the row of each hub."""
    count = effects.sizes["arm"]
    for number in range(count):
        heights = np.arange(len(names))[::-1] + ROW * (0.5 - (number + 0.5) / count)
        _draw_scenario(plot, heights, effects.isel(arm=number), *style.scenario_look(number)[:2])
    _frame(plot, effects, names)
    plot.set_xlabel(f"loses  \u2190   {style.unit_words(effects.attrs['units'])}   \u2192  gains")


def _draw_scenario(plot, heights, effects, colour, marker) -> None:
    """Draw intervals and markers of one scenario."""
    plot.hlines(heights, effects.low, effects.high, color=colour, lw=style.em(0.16))
    plot.plot(effects["mean"], heights, marker, ms=style.em(0.55), color=colour, ls="")


def _frame(plot, effects, names) -> None:
    """Draw rows parted by faint lines, round zero."""
    count = len(names)
    plot.axvline(0, color=style.INK, lw=0.9, zorder=0)
    plot.hlines(np.arange(count - 1) + 0.5, 0, 1, transform=plot.get_yaxis_transform(), color=style.GRID, lw=0.8)
    reach = 1.06 * float(max(abs(effects.low).max(), abs(effects.high).max()))
    plot.set(yticks=np.arange(count)[::-1], xlim=(-reach, reach), ylim=(-0.6, count - 0.4))
    plot.set_yticklabels(names, color=style.INK)
    plot.tick_params(axis="y", length=0)
    plot.locator_params(axis="x", nbins=style.fit(6, 4))
    plot.spines["left"].set_visible(False)


def _draw_interaction(plot, effects, words) -> None:
    """Draw the effect of the stack beyond the sum of its policies."""
    # mean and error as numbers at the right
    count, pairs = effects.sizes["hub"], effects.attrs["pairs"]
    _draw_scenario(plot, np.arange(count)[::-1], effects, style.INK, "o")
    _frame(plot, effects, [""] * count)
    plot.set_title(words, loc="left", fontsize="medium")
    plot.locator_params(axis="x", nbins=3)
    plot.set_xlabel(style.unit_words(effects.attrs["units"]))
    # the digits that the Monte Carlo error allows
    digits = max(2, decimals(float(effects.error.median()))) if pairs > 1 else 2
    for y, mean, error in zip(range(count)[::-1], effects["mean"].values, effects.error.values, strict=True):
        error = f" \u00b1 {error:.{digits}f}" if pairs > 1 else ""
        right_of(plot, y, ERROR, style.signed(mean, digits) + error)


def _draw_sample(key, x, y, number) -> None:
    """Draw line and marker of one scenario in the key."""
    # line and marker, as in the plot
    colour, marker, _ = style.scenario_look(number)
    key.plot([x, x + 3.2], [y, y], color=colour, lw=style.em(0.16))
    key.plot(x + 1.6, y, marker, ms=style.em(0.55), color=colour)


def _small_print(result, adds) -> str:
    """Explain marker and line, and the second panel."""
    spread = style.spread_words(result.record, "Line")
    more = " Right: where it crosses 0, the policies may simply add up." if adds else ""
    more += " \u00b1: Monte Carlo error." if result.record["replicates"] > 1 and (adds or len(result.arms) == 2) else ""
    return f"Every scenario has the same pairs. Marker: mean over pairs. {spread}{more} {style.source(result.record)}"
