"""Figure of a hindcast: what was published on past years, and what a run of these years gives."""

import textwrap
from typing import TYPE_CHECKING

from sim.show.plots import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SIZE = (10, 8.6)  # inches
# panels: title, groups of figures, unit, and how the axis reads
PANELS = (
    ("Engineers, thousands (logarithmic)", ("stocks", "permits"), "persons"),
    ("Net migration of the year, % of the stock", ("rates",), "percent"),
    ("Shares and odds, %", ("odds", "elite"), "percent"),
    ("Changes, %", ("growth", "permits", "elite"), "percent"),
)
LABEL = 36  # letters of a line of a label


def plot_hindcast(answer, ax=None) -> "Axes":
    """Draw each published figure, with its range, beside the mean and 90 % of the runs.

    Parameters
    ----------
    answer : dict of plain values, from ``sim.study.hindcast.hindcast``
    ax : matplotlib Axes; a new figure of 10 by 8.6 inches if None

    Returns
    -------
    the Axes; the panels are its children, ``ax.child_axes``
    """
    with style.look():
        ax = style.axes(SIZE) if ax is None else ax
        ax.axis("off")
        own = answer["tally"]["own"]
        asked = own["agrees"] + own["disagrees"]
        style.heading(
            ax,
            f"From {answer['start']}, the model meets {own['agrees']} of {asked} published figures it was not given",
            f"{answer['replicates']} runs of {answer['population']:,} agents to January {answer['end']}; "
            "dot and bar: mean and 90 % of the runs",
        )
        rows = [panel_rows(answer["rows"], number) for number in range(len(PANELS))]
        # the height of a panel follows its number of rows
        shown = [(panel, some) for panel, some in zip(PANELS, rows, strict=True) if some]
        columns = (shown[: (len(shown) + 1) // 2], shown[(len(shown) + 1) // 2 :])
        for left, column in zip((0.24, 0.76), columns, strict=True):
            total, top = sum(len(some) + 2.6 for _, some in column), 1.0
            for (title, _, unit), some in column:
                height = len(some) / total * 0.98
                top -= 1.2 / total
                _draw_panel(ax.inset_axes((left, top - height, 0.23, height)), title, unit, some)
                top -= height + 1.4 / total
        style.caption(
            ax,
            "Diamond: published, with its range where one was published. Blue: the model agrees; orange: it disagrees; "
            "grey: cannot be said. Hollow: the figure was known to the model's tables. Agreement: 90 % of runs meet "
            "the range; where none was published, a tenth of a number of persons or two points. "
            + style.made_by(f"seed {answer['seed']}, {answer['start']} to {answer['end']}"),
        )
    return ax


def panel_rows(rows, number) -> list[dict]:
    """Return the rows of a panel: its groups in its unit, changes in the panel of changes alone."""
    title, groups, unit = PANELS[number]
    units = (unit, "points") if title.startswith("Changes") else (unit,)
    some = [row for row in rows if row["group"] in groups and row["unit"] in units and row["mean"] is not None]
    return [row for row in some if is_change(row) == title.startswith("Changes")]


def is_change(row) -> bool:
    """Return whether a figure is a change and not a level."""
    return row["compare"] != "level"


def _draw_panel(panel, title, unit, rows) -> None:
    """Draw one panel: a row a figure, the first at the top."""
    scale = 1000 if unit == "persons" else 1
    for y, row in enumerate(rows[::-1]):
        wrong = row["verdict"] == "disagrees"
        colour = style.LOSS if wrong else style.SCENARIO if row["verdict"] == "agrees" else style.BASELINE
        face = "white" if row["kind"] == "input" else colour
        panel.plot([row["low"] / scale, row["high"] / scale], [y, y], color=colour, lw=style.em(0.25), zorder=2)
        panel.plot(row["mean"] / scale, y, "o", color=colour, mfc=face, ms=style.em(0.5), zorder=3)
        if not row["range_assumed"]:
            ends = [row["published_low"] / scale, row["published_high"] / scale]
            panel.plot(ends, [y + 0.22] * 2, color=style.INK, lw=style.em(0.1), zorder=2)
        panel.plot(row["value"] / scale, y + 0.22, "D", color=style.INK, ms=style.em(0.35), zorder=4)
    panel.set_yticks(range(len(rows)), [_label(row["what"]) for row in rows[::-1]], fontsize="small")
    panel.set_ylim(-0.6, len(rows) - 0.2)
    panel.grid(axis="x", color=style.GRID)
    panel.set_title(title, loc="left", fontsize="medium")
    if unit == "persons":
        panel.set_xscale("log")
        panel.xaxis.set_major_formatter(lambda value, _: f"{value:,g}")
        panel.xaxis.set_minor_formatter(lambda value, _: "")
    else:
        panel.axvline(0, color=style.BASELINE, lw=style.em(0.06), zorder=1)


def _label(words) -> str:
    """Break a label into at most three lines of ``LABEL`` letters."""
    return "\n".join(textwrap.wrap(words, LABEL)[:3])
