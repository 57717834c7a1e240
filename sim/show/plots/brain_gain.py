"""Brain gain by country: own engineers abroad, foreign engineers at home, and what the policy does to the balance."""

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from sim.errors import UsageError
from sim.results.effects import summarise
from sim.results.measures import measure
from sim.show.plots import style
from sim.show.plots.choice import head_with_finding, hubs_shown, only_pair, times_shown, until
from sim.show.plots.style import inset, pixels, right_of, wrap

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SIZE = (10, 7)  # inches
NUMBERS = 14.6  # em right of the effects
BAR = 0.62  # of a row


def plot_brain_gain(result, ax=None, hubs=None, years=None) -> "Axes":
    """Draw own engineers abroad and foreign engineers at home by country, and the effect on the balance in persons.

    The balance is foreign engineers at home less own engineers abroad, on 1 January of the last of ``years``.

    Parameters
    ----------
    result : Result with one scenario
    ax : matplotlib Axes; a new figure of 10 by 7 inches if None
    hubs : list of hub labels: only their countries; all countries that are a home if None
    years : (first, last); the last is shown, and the end of the run if None

    Returns
    -------
    the Axes; ``ax.child_axes`` are the bars and the effects

    Raises
    ------
    ResultError for an unknown hub or years outside the run; UsageError for a comparison or no country.
    """
    year = int(times_shown(only_pair(result, "brain_gain"), years)[-1])
    countries, asked = _countries(result, hubs), until(result, years)
    result = replace(result, data=result.data.sel(time=[year]))  # the other years would only take time
    # paired effects on the balance, the largest gain on top
    balance = xr.concat([_balance(result, country) for country in countries], "country")
    pairs = balance.sel(arm="scenario") - balance.sel(arm="baseline")
    effects_of = summarise(pairs.sortby(-pairs.mean("replicate")))
    with style.look():
        ax = style.axes(SIZE) if ax is None else ax
        ax.axis("off")
        names = result.data.home_name.sel(home=effects_of.country.values).values.tolist()
        # bars in the left half, effects in the right one, numbers beside them
        width = ax.get_window_extent().width / pixels(ax, 1)
        left = 0.5 * max(map(len, names)) + 1
        half = (width - left - NUMBERS) / 2
        bars = inset(ax, left=left, below=3.4, right=width - left - half, above=2.4)
        effects = inset(ax, left=left + half + 2, below=3.4, right=NUMBERS, above=2.4)
        _draw_bars(bars, result, effects_of.country.values, names)
        _draw_effects(effects, effects_of)
        head_with_finding(ax, asked, f"Engineers abroad and from abroad, by country, January {year}")
        style.caption(ax, _small_print(result))
    return ax


def _countries(result, hubs) -> list[str]:
    """Return countries that are both a home and a place with hubs, in the order of the homes."""
    # a home without hubs, or hubs without a home of their own, have no balance
    inside = result.data.hub_country
    inside = inside.sel(hub=hubs_shown(result, hubs)) if hubs else inside
    countries = [home for home in result.data.home.values.tolist() if home in set(inside.values.tolist())]
    if not countries:
        raise UsageError(", ".join(hubs), "no hub here lies in a country whose own engineers are counted apart")
    return countries


def _balance(result, country) -> xr.DataArray:
    """Return foreign engineers at home less own engineers abroad: all at home less all own."""
    at_home, own = measure(result, f"stock:{country}"), measure(result, f"stock,home={country}")
    return (at_home - own.sum("hub")).assign_coords(country=country)


def _draw_bars(plot, result, countries, names) -> None:
    """Draw the part of the own engineers who are abroad to the left, part of those at home who are foreign to the
    right.
    """
    heights = np.arange(len(countries))[::-1]
    longest = 0
    # abroad to the left, foreign to the right; black strokes mark the baseline
    for query, sign, colour in (("drain,home={}", -1, style.LOSS), ("gain:{}", 1, style.GAIN)):
        parts = [measure(result, query.format(country)).mean("replicate") for country in countries]
        scenario, baseline = (
            100 * np.array([float(part.sel(arm=arm)) for part in parts]) for arm in ("scenario", "baseline")
        )
        plot.barh(heights, sign * scenario, BAR, color=colour)
        plot.vlines(sign * baseline, heights - 0.42, heights + 0.42, color=style.INK, lw=style.em(0.17))
        for y, value, before in zip(heights, scenario, baseline, strict=True):
            # numbers beyond bar and stroke
            beyond = sign * max(value, before)
            plot.annotate(
                f"{value:.0f}",
                (beyond, y),
                (sign * style.em(0.4), 0),
                textcoords="offset points",
                va="center",
                ha="left" if sign > 0 else "right",
                fontsize="small",
            )
        longest = max(longest, scenario.max(), baseline.max())
    _rows(plot, heights, names)
    plot.set_xlim(-style.fit(1.2, 1.4) * longest, style.fit(1.2, 1.4) * longest)
    plot.xaxis.set_major_formatter(lambda value, _: f"{abs(value):g} %")
    plot.locator_params(axis="x", nbins=6)
    _two_sided(plot, 1, 0.5, ("own engineers abroad", "foreign at home"), va="bottom", fontweight="bold")
    _two_sided(plot, 0, -1.9, ("of all own engineers", "of all at home"), va="top")


def whole_digits(error) -> int:
    """Return digits for ``signed`` that show a number of persons to the first digit of its error: tens, hundreds.

    >>> whole_digits(420.0), whole_digits(0.0)
    (-2, 0)
    """
    return -int(np.floor(np.log10(error))) if error > 1 else 0


def _two_sided(plot, height, up, words, **how) -> None:
    """Label the two sides of the zero line."""
    # the words stand left and right of zero, at the same height
    for side, text in zip((-1, 1), words, strict=True):
        plot.annotate(
            text,
            (0, height),
            (style.em(0.5 * side), style.em(up)),
            ("data", "axes fraction"),
            "offset points",
            ha="right" if side < 0 else "left",
            fontsize="small",
            **how,
        )


def _draw_effects(plot, summary) -> None:
    """Draw the effect on the balance, with interval and as numbers."""
    heights, pairs = np.arange(summary.sizes["country"])[::-1], summary.attrs["pairs"]
    _rows(plot, heights, [""] * len(heights))
    plot.set_title("effect on the balance", fontsize="small", fontweight="bold", pad=style.em(0.6))
    plot.set_xlabel("persons, scenario less baseline", fontsize="small")
    if not int(summary.differs.sum()):
        plot.set(xticks=[])
        wrap(
            plot.text(0.5, 0.5, "Every effect is exactly 0: no pair differs.", transform=plot.transAxes, ha="center"),
            plot.get_window_extent().width,
            4,
        )
        return
    # persons are rounded to the first digit of their error
    digits = whole_digits(float(summary.error.median()))
    for y, mean, low, high in zip(heights, *(summary[name].values for name in ("mean", "low", "high")), strict=True):
        plot.plot([low, high], [y, y], color=style.SCENARIO, lw=style.em(0.18), solid_capstyle="butt")
        plot.plot(mean, y, "o", ms=style.em(0.6), color=style.SCENARIO)
        right_of(plot, y, 5, style.signed(mean, digits))
        right_of(plot, y, NUMBERS, style.span(low, high, digits) if pairs > 1 else "one pair")
    right_of(plot, len(heights) - 0.4, 5, "mean", color=style.BASELINE, va="bottom")
    right_of(plot, len(heights) - 0.4, NUMBERS, "90 % of pairs", color=style.BASELINE, va="bottom")
    # the same reach on both sides of zero
    reach = 1.1 * float(max(abs(summary.low).max(), abs(summary.high).max()))
    plot.set_xlim(-reach, reach)
    plot.locator_params(axis="x", nbins=style.fit(5, 3))
    plot.xaxis.set_major_formatter("{x:,.0f}")


def _rows(plot, heights, names) -> None:
    """Set a row for each country, with its name at the left."""
    plot.axvline(0, color=style.INK, lw=0.9, zorder=3)
    plot.set(yticks=heights, ylim=(-0.6, len(heights) - 0.4))
    plot.set_yticklabels(names, color=style.INK)
    plot.tick_params(axis="y", length=0)
    plot.grid(axis="y", color=style.GRID, lw=0.6)
    plot.set_axisbelow(True)
    plot.spines["left"].set_visible(False)


def _small_print(result) -> str:
    """Explain bars, strokes, balance and interval."""
    spread = style.spread_words(result.record, "Line")
    return (
        f"Bars: scenario, mean over pairs; black strokes: baseline. Balance: foreign engineers at home "
        f"less own engineers abroad. Dot: mean. {spread} {style.source(result.record)}"
    )
