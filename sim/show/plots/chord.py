"""Links between hubs that grow or shrink: a chord diagram of policy less baseline."""

import numpy as np

from sim.show.plots import style
from sim.show.plots.flows import flows_shown, interval_words, list_changes, table, years_words
from sim.show.plots.labels import apart
from sim.show.plots.panels import pixels

SIZE = (10, 6.3)  # inches
CIRCLE = {"memo": (0.165, 0.03, 0.39, 0.94), "slide": (0.195, 0.03, 0.343, 0.94)}  # of the axes; names stand beside it
LIST = (0.74, 0, 0.26, 1)
MOST = 30  # links in the picture: with more, none can be followed
APART, REGIONS_APART = 2, 7  # degrees between places, and between regions
RING = (95, 100)  # radii, in per cent
GAIN = {"fc": style.GAIN, "color": "white", "alpha": 0.8}
LOSS = {"fc": style.LOSS, "color": "white", "alpha": 0.8, "hatch": "/////"}  # told apart in grey too


def plot_chord(result, ax=None, hubs=None, years=None):
    """Changes of the yearly flows between hubs, policy less baseline, that are distinguishable from zero.

    Parameters
    ----------
    result : Result
    ax : matplotlib Axes; a new figure of 10 by 6.3 inches if None
    hubs : list of hub labels, or None for those that matter; all others are shown together by region
    years : (first, last) of the flows, both included, or None for all

    Returns
    -------
    the Axes; the circle is ``ax.child_axes[0]``

    Raises
    ------
    ResultError for an unknown hub or year; UsageError for too many hubs or a comparison of several scenarios.
    """
    flows = flows_shown(result, "chord", hubs, years, style.fit(10, 6), style.fit(14, 8))
    found = table(flows.changes)
    links = found[found.clear]
    with style.look():
        ax = style.axes(SIZE) if ax is None else ax
        ax.axis("off")
        subtitle = "Change in moves from place to place, persons a year: policy less baseline"
        style.heading(ax, result.record["title"], f"{subtitle}, {years_words(flows.years)}")
        if not len(found):
            style.say_nothing_differs(ax)
            return ax
        style.caption(ax, _small_print(result, found, links))
        if not len(links):
            style.say(ax, f"None of the {len(found)} links that differ is distinguishable from zero in this run.")
            return ax
        _draw_circle(ax, links[:MOST], flows.regions)
        _list_links(ax.inset_axes(LIST), links)
    return ax


def _draw_circle(ax, links, regions):
    """Places round the circle in order, clockwise from the top; a link as wide as its change."""
    from pycirclize import Circos

    matrix = _matrix(links, regions)
    grows = {(row.origin, row.destination): row.mean > 0 for row in links.itertuples()}
    following = zip(matrix.index, [*matrix.index[1:], matrix.index[0]], strict=True)
    circos = Circos.chord_diagram(
        matrix,
        space=[APART if regions[place] == regions[after] else REGIONS_APART for place, after in following],
        r_lim=RING,
        cmap=dict.fromkeys(matrix.index, style.BASELINE),
        link_kws={"direction": 1, "lw": 0.4},
        link_kws_handler=lambda origin, destination: GAIN if grows[origin, destination] else LOSS,
    )
    circle = ax.inset_axes(style.fit(**CIRCLE), projection="polar")
    circos.plotfig(ax=circle)
    for patch in circle.patches:
        patch.set_edgecolor("white")  # the ring needs no outline
    for name in list(circle.texts):
        name.remove()  # names along the ring would be cut off: they go beside it
    _write_names(circle, circos)


def _matrix(links, regions):
    """Sizes of the changes, origin by destination, of the places that have a link."""
    from pandas import DataFrame

    ends = {*links.origin, *links.destination}
    places = [place for place in regions if place in ends]
    matrix = DataFrame(0.0, places, places)
    for row in links.itertuples():
        matrix.loc[row.origin, row.destination] = abs(row.mean)
    return matrix


def _write_names(circle, circos):
    """Each name beside the circle at the height of its arc, moved apart where they would overlap."""
    middles = {sector.name: np.deg2rad(np.mean(sector.deg_lim)) for sector in circos.sectors}
    gap = pixels(circle, 2.6) / circle.get_window_extent().height  # 1.3 em: the radius is half the box
    for side in (1, -1):
        names = [name for name, angle in middles.items() if (np.sin(angle) >= 0) == (side > 0)]
        heights = apart([np.cos(middles[name]) for name in names], gap)
        for name, y in zip(names, heights, strict=True):
            circle.annotate(
                name,
                (middles[name], RING[1]),
                xytext=(0.5 + 0.56 * side, 0.5 + 0.5 * y),
                xycoords="data",
                textcoords="axes fraction",
                fontsize="small",
                va="center",
                ha="left" if side > 0 else "right",
                parse_math=False,
                arrowprops={"arrowstyle": "-", "color": style.FAINT, "lw": 0.6, "shrinkA": 1, "shrinkB": 0},
            )


def _list_links(panel, links):
    """What the two looks mean, and the largest links in numbers."""
    from matplotlib.patches import Rectangle

    panel.axis("off")
    line = pixels(panel, 1.3) / panel.get_window_extent().height
    for row, (how, words) in enumerate(((GAIN, "more people move"), (LOSS, "fewer people move"))):
        panel.add_patch(Rectangle((0, 1 - (row + 0.8) * line), 0.12, 0.6 * line, lw=0, **how))
        panel.text(0.16, 1 - (row + 0.5) * line, words, va="center")
    list_changes(panel, links, 1 - 3.4 * line, style.fit(10, 6))


def _small_print(result, found, links):
    left_out = len(found) - len(links)
    drawn = f" The {MOST} largest of {len(links)} are drawn." if len(links) > MOST else ""
    more = ' Width: mean change; the arrow points to where people go. "Other": hubs of the region without an arc.'
    return (
        f"{interval_words(result)} Shown are links whose interval leaves out zero; {left_out} others are left "
        f"out.{drawn}{style.fit(more, '')}"
    )
