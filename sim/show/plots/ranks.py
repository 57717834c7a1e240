"""Which hub is the largest: mean ranks over time, and the probability of every rank in the last year."""

import numpy as np

from sim.results.measures import series
from sim.show.plots import style
from sim.show.plots.choice import basis_words, hubs_shown, only_pair, period, times_shown
from sim.show.plots.panels import inset, pixels, right_of

SIZE = (10, 7)  # inches
MOST = (20, 12)  # hubs that stay readable, in a memo and on a slide
NAMES, LINKS, MEANS = 15, 2.5, 5.8  # em: the hubs' names, the lines that lead to them, the column of mean ranks
WIDEST = (14, 9)  # ranks that have a column of their own
DARK = 0.65  # a probability from which the shade asks for white letters


def plot_ranks(result, ax=None, hubs=None, years=None):
    """Mean rank of hubs by stock over time in both arms, and how likely each rank is at the end.

    Ranks count the named hubs and those asked for; areas that are the rest of a country or region have no rank.

    Parameters
    ----------
    result : Result with one scenario
    ax : matplotlib Axes; a new figure of 10 by 7 inches if None
    hubs : list of hub labels; the largest if None
    years : (first, last), 1 January each; the whole run if None

    Returns
    -------
    the Axes; ``ax.child_axes`` are the lines and the table of probabilities

    Raises
    ------
    ResultError for an unknown hub or years outside the run; UsageError for a comparison or too many hubs.
    """
    times = times_shown(only_pair(result, "ranks"), years)
    with style.look():
        chosen = hubs and hubs_shown(result, hubs, most=style.fit(*MOST))
        ranks = hub_ranks(result, chosen or ()).sel(time=times)
        rows = _rows(ranks, chosen, style.fit(14, 9))
        ax = style.axes(SIZE) if ax is None else ax
        ax.axis("off")
        half = 0.5 * ax.get_window_extent().width / pixels(ax, 1)
        lines = inset(ax, left=2.8, below=1.8, right=half + NAMES / 2 + LINKS, above=2.4)
        table = inset(ax, left=half + NAMES / 2, below=1.8, right=MEANS, above=2.4)
        colours = style.hub_colours(result.data)
        _draw_lines(lines, ranks.sel(hub=rows), colours)
        _write_names(lines, ranks.sel(hub=rows), colours)
        _draw_table(table, ranks.sel(hub=rows).isel(time=-1))
        what = f"number of AI engineers{basis_words(result)}"
        subtitle = f"Rank among {ranks.sizes['hub']} hubs by {what}, {period(times)}"
        style.heading(ax, result.record["title"], subtitle)
        differs = (ranks.sel(arm="scenario") != ranks.sel(arm="baseline")).any()
        style.caption(ax, ("" if differs else "No rank differs in any pair. ") + _small_print(result))
    return ax


def hub_ranks(result, further=()):
    """Rank of every named hub (and of ``further`` ones) by stock, 1 the largest, in each pair and year.

    Returns
    -------
    xarray.DataArray over arm, replicate, time and hub
    """
    from scipy.stats import rankdata

    labels = [hub for hub in result.data.hub.values.tolist() if not hub.startswith("rest_of_") or hub in further]
    stock = series(result, "stock").sel(hub=labels)
    return stock.copy(data=rankdata(-stock.values, axis=stock.get_axis_num("hub"), method="min"))


def _rows(ranks, chosen, count):
    """The hubs from the highest mean rank at the end to the lowest; the first ``count`` if none are asked for."""
    mean = ranks.sel(arm="scenario").isel(time=-1).mean("replicate").to_series()
    best = list(mean.sort_values(kind="stable").index)
    return [hub for hub in best if hub in chosen] if chosen else best[:count]


def _draw_lines(plot, ranks, colours):
    mean = ranks.mean("replicate")
    years = ranks.time.values if ranks.sizes["time"] > 1 else ranks.time.values[0] + np.array([-0.4, 0.4])
    for hub in ranks.hub.values:
        scenario, baseline = (
            np.broadcast_to(mean.sel(arm=arm, hub=hub).values, years.shape) for arm in ("scenario", "baseline")
        )
        plot.plot(years, scenario, color=colours[hub], lw=style.em(0.3))
        plot.plot(years, baseline, color=style.darker(colours[hub]), lw=style.em(0.13), ls=(0, (3, 2)))
    low, high = float(mean.min()), float(mean.max())
    plot.set(xlim=(years[0], years[-1]), ylim=(high + 0.5, low - 0.5), xticks=np.unique(ranks.time.values[[0, -1]]))
    plot.set_yticks([rank for rank in (1, *range(5, 40, 5)) if low - 0.5 <= rank <= high + 0.5])
    plot.set_title("mean rank over pairs", loc="left", fontsize="medium", pad=style.em(0.6))


def _write_names(plot, ranks, colours):
    """The names stand in the rows of the table, and a thin line leads to each from the end of its own."""
    ends = ranks.sel(arm="scenario").isel(time=-1).mean("replicate")
    (bottom, top), count = plot.get_ylim(), ranks.sizes["hub"]
    width = plot.get_window_extent().width / pixels(plot, 1)
    for row, hub in enumerate(ranks.hub.values):
        end, to = (float(ends.sel(hub=hub)) - bottom) / (top - bottom), 1 - (row + 0.5) / count
        plot.plot(
            [1, 1 + LINKS / width],
            [end, to],
            color=colours[hub],
            lw=style.em(0.09),
            clip_on=False,
            transform=plot.transAxes,
        )
        name = str(ranks.hub_name.sel(hub=hub).item())
        plot.text(1 + (LINKS + 0.4) / width, to, name, va="center", fontsize="small", transform=plot.transAxes)


def _draw_table(table, ranks):
    """Part of the pairs, in %, in which a hub of the scenario has a rank, and the baseline's mean rank beside it."""
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


def _small_print(result):
    pairs = style.pairs_words(result.record).capitalize()
    more = " The areas that are the rest of a country or region have no rank."
    return (
        f"{pairs}. Coloured: scenario; dashes: baseline. Table: in how many % of pairs the scenario gives the "
        f"hub this rank; at its right, mean rank, baseline \u2192 scenario.{style.fit(more, '')}"
    )
