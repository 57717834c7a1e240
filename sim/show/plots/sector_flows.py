"""New jobs by the sector left and the sector taken: an alluvial plot in a fixed order."""

import numpy as np

from sim.errors import UsageError
from sim.show.plots import style
from sim.show.plots.choice import only_pair, years_shown
from sim.show.plots.flows import changes, interval_words, list_changes, table, years_words
from sim.show.plots.labels import apart
from sim.show.plots.panels import pixels

SIZE = (10, 6.3)  # inches
PLOT = {"memo": (0.155, 0.0, 0.39, 0.94), "slide": (0.19, 0.0, 0.31, 0.94)}  # of the axes; names stand beside it
LIST = (0.74, 0, 0.26, 1)
BAR, APART = 0.05, 0.012  # width of a sector's bar; room between two of them, of the height
STEPS = np.linspace(0, 1, 60)
BEND = STEPS**2 * (3 - 2 * STEPS)  # from 0 to 1, level at both ends
NAMES = {
    "frontier_lab": "Frontier labs",
    "big_tech": "Big tech",
    "startup": "Startups",
    "sovereign_lab": "Sovereign labs",
    "robotics": "Robotics",
    "cloud_saas": "Cloud and SaaS",
    "traditional": "Traditional industry",
    "academia": "Academia",
}


def plot_sector_flows(result, ax=None, hubs=None, years=None):
    """New jobs a year under the policy, from the sector left to the sector taken, and what the policy changes.

    Parameters
    ----------
    result : Result
    ax : matplotlib Axes; a new figure of 10 by 6.3 inches if None
    hubs : None: new jobs are counted for the whole world
    years : (first, last), both included, or None for all

    Returns
    -------
    the Axes; the flows are ``ax.child_axes[0]``

    Raises
    ------
    ResultError for an unknown year; UsageError if hubs are given or for a comparison of several scenarios.
    """
    if hubs:
        raise UsageError("sector_flows shows the new jobs of the whole world", "it takes no hubs")
    years = years_shown(only_pair(result, "sector_flows"), years)
    jobs = named(result.data.hires.sel(year=years).mean("year"))
    found = table(changes(jobs))
    with style.look():
        ax = style.axes(SIZE) if ax is None else ax
        ax.axis("off")
        subtitle = "New jobs by the sector left and taken, persons a year"
        style.heading(ax, result.record["title"], f"{subtitle}, {years_words((int(years[0]), int(years[-1])))}")
        if not float(jobs.sum()):
            style.say(ax, "Nobody takes a new job in these years.")
            return ax
        flows = jobs.sel(arm="scenario").mean("replicate")
        plot = ax.inset_axes(style.fit(**PLOT))
        _draw(plot, flows.transpose("origin", "destination").values, list(flows.origin.values))
        _list(ax.inset_axes(LIST), found)
        style.caption(ax, _small_print(result, found))
    return ax


def named(jobs):
    """New jobs with sectors by the names that people use, as origin and destination."""
    renamed = jobs.rename(sector_left="origin", sector_taken="destination")
    names = [NAMES.get(sector, sector.replace("_", " ")) for sector in renamed.origin.values.tolist()]
    return renamed.assign_coords(origin=names, destination=names)


def _draw(plot, flows, names):
    """Bars of both sides, bands between them as wide as the flows, names beside them; (origin, destination) persons."""
    plot.axis("off")
    plot.set(xlim=(0, 1), ylim=(0, 1))
    plot.set_title("left", loc="left", fontsize="small", color=style.BASELINE, pad=style.em(0.4))
    plot.set_title("taken", loc="right", fontsize="small", color=style.BASELINE, pad=style.em(0.4))
    colours = style.HUES
    scale = (1 - APART * (len(flows) - 1)) / flows.sum()
    left, right = (tops(flows.sum(axis=axis) * scale) for axis in (1, 0))
    here, there = left.copy(), right.copy()
    x = BAR + (1 - 2 * BAR) * STEPS
    for k, j in np.ndindex(flows.shape):
        width = flows[k, j] * scale
        upper = here[k] + BEND * (there[j] - here[k])
        plot.fill_between(x, upper - width, upper, color=colours[k], alpha=0.25 if k == j else 0.6, lw=0)
        here[k] -= width
        there[j] -= width
    for side, top, bottom in ((0, left, here), (1, right, there)):
        x0 = side * (1 - BAR)
        for k, colour in enumerate(colours[: len(names)]):
            plot.fill_between([x0, x0 + BAR], bottom[k], top[k], color=colour, lw=0)
        _name(plot, side, (top + bottom) / 2, names, flows.sum(axis=1 - side))


def tops(heights):
    """Where each bar begins, from the top of the axes down, in order."""
    return 1 - np.concatenate([[0], np.cumsum(heights + APART)[:-1]])


def _name(plot, side, middles, names, jobs):
    """Each sector's name and its new jobs beside its bar, moved apart where they would overlap."""
    gap = pixels(plot, 2.3) / plot.get_window_extent().height
    up = gap * np.arange(len(names))[::-1]  # from the last label, which is the lowest
    heights = np.clip(apart(middles, gap), gap / 2 + up, 1 - gap / 2 - up[::-1])
    for y, middle, name, count in zip(heights, middles, names, jobs, strict=True):
        plot.annotate(
            f"{name}\n{count:,.0f}",
            (side, middle),
            xytext=(side + (0.07 if side else -0.07), y),
            fontsize="small",
            va="center",
            ha="left" if side else "right",
            linespacing=1.0,
            annotation_clip=False,
            parse_math=False,
            arrowprops={"arrowstyle": "-", "color": style.FAINT, "lw": 0.6, "shrinkA": 1, "shrinkB": 0},
        )


def _list(panel, found):
    """What the policy changes, in numbers."""
    panel.axis("off")
    line = pixels(panel, 1.3) / panel.get_window_extent().height
    if not len(found):
        panel.text(0, 1 - line, "Every effect is exactly 0:\nno pair differs.", va="top", fontsize="small")
    elif not found.clear.any():
        panel.text(0, 1 - line, "No change is distinguishable\nfrom zero in this run.", va="top", fontsize="small")
    else:
        list_changes(panel, found[found.clear], 1 - line, style.fit(11, 7))


def _small_print(result, found):
    more = " Movers take a new job too. Pale: within a sector."
    return (
        f"{interval_words(result)} Bands: the scenario's flows, mean over pairs. Changes: policy less baseline; listed "
        f"are those whose interval leaves out zero ({int(found.clear.sum())} of {len(found)} that "
        f"differ).{style.fit(more, '')}"
    )
