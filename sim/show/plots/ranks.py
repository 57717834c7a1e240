"""Ranks of hubs in the last January: a slope from without to with the policy, and how likely every rank is."""

from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from sim.results.measures import series
from sim.show.plots import style
from sim.show.plots.choice import basis_words, hubs_shown, only_pair, period, times_shown
from sim.show.plots.style import inset, pixels, right_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SIZE = (10, 7)  # inches
MOST = (20, 12)  # hubs that stay readable, in a memo and on a slide
NAMES, LINKS, MEANS = 15, 2.5, 5.8  # em: the hubs' names, the lines that lead to them, the column of mean ranks
WIDEST = (14, 9)  # ranks that have a column of their own
LEAST = 0.1  # of a rank: a smaller change is drawn in grey
DARK = 0.65  # a probability from which the shade asks for white letters


def plot_ranks(result, ax=None, hubs=None, years=None) -> "Axes":
    """Draw the mean rank of hubs by stock without and with the policy, and how likely each rank is with it.

    Ranks count the named hubs and those asked for; areas that are the rest of a country or region have no rank.

    Parameters
    ----------
    result : Result with one scenario
    ax : matplotlib Axes; a new figure of 10 by 7 inches if None
    hubs : list of hub labels; the largest if None
    years : (first, last); the last January is shown, and that of the run if None

    Returns
    -------
    the Axes; ``ax.child_axes`` are the lines and the table of probabilities

    Raises
    ------
    ResultError for an unknown hub or years outside the run; UsageError for a comparison or too many hubs.
    """
    times = times_shown(only_pair(result, "ranks"), years)
    with style.look():
        # ranks count all named hubs; only some of them are drawn
        chosen = hubs and hubs_shown(result, hubs, most=style.fit(*MOST))
        ranks = hub_ranks(result, chosen or ()).sel(time=times)
        rows = _rows(ranks, chosen, style.fit(14, 9))
        ax = style.axes(SIZE) if ax is None else ax
        ax.axis("off")
        # lines in the left half, the table of probabilities in the right one
        half = 0.5 * ax.get_window_extent().width / pixels(ax, 1)
        lines = inset(ax, left=2.8, below=1.8, right=half + NAMES / 2 + LINKS, above=2.4)
        table = inset(ax, left=half + NAMES / 2, below=1.8, right=MEANS, above=2.4)
        _draw_lines(lines, ranks.sel(hub=rows))
        _write_names(lines, ranks.sel(hub=rows))
        _draw_table(table, ranks.sel(hub=rows).isel(time=-1))
        what = f"number of AI engineers{basis_words(result)}"
        subtitle = f"rank among {ranks.sizes['hub']} hubs by {what}, {period(times[-1:])}"
        style.heading(ax, _finding(ranks.sel(hub=rows)), f"{result.record['title']}: {subtitle}")
        differs = (ranks.sel(arm="scenario") != ranks.sel(arm="baseline")).any()
        style.caption(ax, ("" if differs else "No rank differs in any pair. ") + _small_print(result))
    return ax


def hub_ranks(result, further=()) -> xr.DataArray:
    """Return rank of every named hub (and of ``further`` ones) by stock, 1 the largest, in each pair and year.

    Returns
    -------
    xarray.DataArray over arm, replicate, time and hub
    """
    from scipy.stats import rankdata

    # the rest of a country is no place that could be ranked
    labels = [hub for hub in result.data.hub.values.tolist() if not hub.startswith("rest_of_") or hub in further]
    stock = series(result, "stock").sel(hub=labels)
    return stock.copy(data=rankdata(-stock.values, axis=stock.get_axis_num("hub"), method="min"))


def _rows(ranks, chosen, count) -> list[str]:
    """Return the hubs from the highest mean rank at the end to the lowest.

    The first ``count`` if none are asked for.
    """
    # hubs in the order of their mean rank with the policy
    mean = ranks.sel(arm="scenario").isel(time=-1).mean("replicate").to_series()
    best = list(mean.sort_values(kind="stable").index)
    return [hub for hub in best if hub in chosen] if chosen else best[:count]


def _draw_lines(plot, ranks) -> None:
    """Draw a line a hub from its mean rank without the policy to that with it; those that change are coloured."""
    mean = ranks.isel(time=-1).mean("replicate")
    for hub in ranks.hub.values:
        before, after = (float(mean.sel(arm=arm, hub=hub)) for arm in ("baseline", "scenario"))
        colour = style.FAINT if abs(after - before) < LEAST else style.GAIN if after < before else style.LOSS
        plot.plot([0, 1], [before, after], color=colour, lw=style.em(0.25), marker="o", ms=style.em(0.4))
    # rank 1 on top
    low, high = float(mean.min()), float(mean.max())
    plot.set(xlim=(-0.03, 1), ylim=(high + 0.5, low - 0.5), xticks=[0, 1], xticklabels=["without", "with"])
    plot.set_yticks([rank for rank in (1, *range(5, 40, 5)) if low - 0.5 <= rank <= high + 0.5])
    plot.tick_params(axis="x", length=0, labelsize="medium")
    plot.set_title("mean rank over pairs", loc="left", fontsize="medium", pad=style.em(0.6))


def _finding(ranks) -> str:
    """Title the figure with the hub whose mean rank changes most."""
    mean = ranks.isel(time=-1).mean("replicate")
    change = (mean.sel(arm="scenario") - mean.sel(arm="baseline")).to_series()
    hub = change.abs().idxmax()
    if abs(change[hub]) < LEAST:
        return "No hub changes its rank by as much as a tenth"
    name = str(ranks.hub_name.sel(hub=hub).item())
    before, after = (_rank(mean, hub, arm) for arm in ("baseline", "scenario"))
    return f"{name} {'falls' if change[hub] > 0 else 'rises'} most: from mean rank {before} to {after}"


def _rank(mean, hub, arm) -> str:
    """Format a mean rank."""
    return f"{float(mean.sel(arm=arm, hub=hub)):.1f}"


def _write_names(plot, ranks) -> None:
    """Write the names in the rows of the table, with a thin line from each to the end of its own."""
    # from the end of each line to the height of its row in the table
    ends = ranks.sel(arm="scenario").isel(time=-1).mean("replicate")
    (bottom, top), count = plot.get_ylim(), ranks.sizes["hub"]
    width = plot.get_window_extent().width / pixels(plot, 1)
    for row, hub in enumerate(ranks.hub.values):
        end, to = (float(ends.sel(hub=hub)) - bottom) / (top - bottom), 1 - (row + 0.5) / count
        plot.plot(
            [1, 1 + LINKS / width],
            [end, to],
            color=style.FAINT,
            lw=style.em(0.09),
            clip_on=False,
            transform=plot.transAxes,
        )
        name = str(ranks.hub_name.sel(hub=hub).item())
        plot.text(1 + (LINKS + 0.4) / width, to, name, va="center", fontsize="small", transform=plot.transAxes)


def _draw_table(table, ranks) -> None:
    """Draw the part of the pairs, in %, in which a hub of the scenario has a rank,
    and the baseline's mean rank beside it.
    """
    # columns from the best rank on; the last one takes all lower ranks
    scenario, baseline = (ranks.sel(arm=arm).transpose("hub", "replicate").values for arm in ("scenario", "baseline"))
    lowest = int(scenario.min())
    highest = int(min(scenario.max(), lowest + style.fit(*WIDEST) - 1))
    columns = np.arange(lowest, highest + 1 + (scenario.max() > highest))
    parts = (np.minimum(scenario, columns[-1])[:, :, None] == columns).mean(axis=1)
    table.imshow(parts, cmap="Blues", vmin=0, vmax=1.1, aspect="auto")
    for (row, column), part in np.ndenumerate(parts):
        if part > 0:
            table.text(
                column,
                row,
                f"{100 * part:.0f}",
                ha="center",
                va="center",
                fontsize="small",
                color="white" if part > DARK else style.INK,
            )
    # mean ranks right of the table
    for row, (now, before) in enumerate(zip(scenario.mean(1), baseline.mean(1), strict=True)):
        right_of(table, row, MEANS, f"{before:.1f} \u2192 {now:.1f}", color=style.BASELINE)
    right_of(table, -0.5, MEANS, "mean rank", va="bottom", color=style.BASELINE)
    labels = [str(rank) for rank in columns]
    labels[-1] += "+" if scenario.max() > highest else ""
    table.set(xticks=range(len(columns)), xticklabels=labels, yticks=[])
    table.tick_params(length=0)
    table.spines[:].set_visible(False)
    title = f"rank in January {int(ranks.time)}: % of pairs"
    table.set_title(title, loc="left", fontsize="medium", pad=style.em(0.6))


def _small_print(result) -> str:
    """Explain colours and table."""
    more = " The areas that are the rest of a country or region have no rank."
    return (
        f"Blue rises, orange falls, grey moves by less than a tenth of a rank. Table: in how "
        "many % of pairs the scenario gives the "
        f"hub this rank; at its right, mean rank, baseline \u2192 scenario.{style.fit(more, '')} "
        f"{style.source(result.record)}"
    )
