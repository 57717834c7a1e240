"""Panels inside the axes of a figure, placed and measured in em, so that a slide has the room for its larger words."""

from sim.show.plots import style
from sim.show.plots.labels import wrap

LINE = 1.5  # em, of a legend


def inset(ax, left=0.0, below=0.0, right=0.0, above=0.0, cell=(0, 0), cells=(1, 1), head=0.0):
    """Axes inside a cell (row, column) of ``cells`` (rows, columns) of the axes under its head, with margins in em."""
    box = ax.get_window_extent()
    x, y = pixels(ax, 1) / box.width, pixels(ax, 1) / box.height
    width, height = 1 / cells[1], (1 - y * head) / cells[0]
    return ax.inset_axes(
        (
            cell[1] * width + x * left,
            (cells[0] - cell[0] - 1) * height + y * below,
            width - x * (left + right),
            height - y * (below + above),
        )
    )


def multiples(ax, count, columns, **margins):
    """Axes of ``count`` equal panels in rows of ``columns``, each with the margins of :func:`inset`."""
    rows = -(-count // columns)
    return [inset(ax, cell=divmod(place, columns), cells=(rows, columns), **margins) for place in range(count)]


def columns_of(count):
    """In how many columns so many small panels stand: 3, or 2 by 2."""
    return 2 if count == 4 else min(3, count)


def draw_legend(ax, names, columns, draw_sample):
    """Names at the head of the axes, in columns, each after its sample.

    Parameters
    ----------
    names : list of str
    draw_sample : function of (axes whose unit is one em, x, y, number), for a sample 3.2 em wide from x

    Returns
    -------
    float, the em that the legend takes
    """
    key = ax.inset_axes((0, 0, 1, 1), zorder=0)
    key.axis("off")
    width, height = in_em(key)
    for number, name in enumerate(names):
        row, column = divmod(number, columns)
        x, y = column * width / columns, height - LINE * (row + 0.5)
        draw_sample(key, x, y, number)
        wrap(key.text(x + 3.8, y, name, va="center"), pixels(key, width / columns - 4.4), 1)
    return LINE * -(-len(names) // columns)


def right_of(plot, y, right, words, **how):
    """Small words right of a plot at the height ``y`` of its data, ending ``right`` em from its edge."""
    how = {"ha": "right", "va": "center", "fontsize": "small"} | how
    return plot.annotate(
        words, (1, y), (style.em(right), 0), ("axes fraction", "data"), "offset points", annotation_clip=False, **how
    )


def in_em(ax):
    """Let one unit of the axes' data be one em; their (width, height) in em."""
    box = ax.get_window_extent()
    width, height = box.width / pixels(ax, 1), box.height / pixels(ax, 1)
    ax.set(xlim=(0, width), ylim=(0, height))
    return width, height


def pixels(ax, count):
    """So many em in pixels of the figure."""
    return style.em(count) * ax.figure.dpi / 72
