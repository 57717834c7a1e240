"""The style of all figures: colours, labels that do not overlap, panels, and fans over time."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

import numpy as np

from sim import __version__
from sim.results.effects import HIGH, LOW
from sim.results.narrative import contents, sentence

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.text import Annotation, Text
    from matplotlib.transforms import Bbox

# ------------------------------------------------------------------------------
# Labels that fit: broken into lines that are not too wide, and moved apart where they would overlap.
# ------------------------------------------------------------------------------


def wrap(text, width, lines) -> "Text":
    """Break a text between words so that it is at most ``width`` pixels wide; the rest of more lines is "..."."""
    # fill line after line with as many words as fit
    words, done = text.get_text().split(), []
    while words and len(done) < lines:
        count = _fitting(text, words, width)
        if not count and len(words[0]) > 1:  # a word wider than the line
            half = len(words[0]) // 2
            words[:1] = words[0][:half], words[0][half:]
            continue
        done.append(" ".join(words[: max(count, 1)]))
        words = words[max(count, 1) :]
    # shorten the last line until the dots fit too
    while words and not _fits(text, f"{done[-1]} ...", width) and " " in done[-1]:
        done[-1] = done[-1].rpartition(" ")[0]
    text.set_text("\n".join(done) + (" ..." if words else ""))
    return text


def _fitting(text, words, width) -> int:
    """Count the words that fit into one line, by halving."""
    low, high = 0, len(words)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if _fits(text, " ".join(words[:middle]), width) else (low, middle - 1)
    return low


def _fits(text, line, width) -> bool:
    """Return whether a line of words is at most ``width`` pixels wide."""
    text.set_text(line)
    return text.get_window_extent().width <= width


def apart(places, least) -> np.ndarray:
    """Spread the positions of labels, as little as it takes to have at least ``least`` between neighbours.

    >>> apart([1.0, 1.0, 5.0], 1.0).tolist()
    [0.5, 1.5, 5.0]
    """
    from scipy.optimize import isotonic_regression

    # least squares with increasing positions: subtract the gaps, fit, add them again
    places = np.asarray(places, float)
    upwards = places.argsort(kind="stable")
    steps = least * np.arange(places.size)
    moved = np.empty_like(places)
    moved[upwards] = isotonic_regression(places[upwards] - steps).x + steps
    return moved


# ------------------------------------------------------------------------------
# One look for every figure: safe for colour-blind readers, for grey printers, for a memo and for a slide.
# ------------------------------------------------------------------------------


INK = "#1a1a1a"
SCENARIO = "#0b4f8a"  # dark in grey
BASELINE = "#6e6e6e"
BASELINE_BAND = "#dadada"
FAINT = "#b0b0b0"
GRID = "#ececec"
GAIN, LOSS = "#0b4f8a", "#e08214"  # blue is dark in grey, orange light
MANY = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#882255")  # scenarios side by side
GRADES = {"A": "#0b4f8a", "B": "#56b4e9", "C": "#e69f00", "D": "#a3340b", "": "#6e6e6e"}  # of evidence
UNDECIDED = "#bdbdbd"  # what may as well be nothing
MARKERS = ("o", "s", "^", "D", "v", "P")  # and their markers, for grey
DASHES = ("-", (0, (6, 2)), (0, (1, 1.3)), (0, (6, 2, 1, 2)), (0, (3, 1)), (0, (8, 3)))

REGIONS = {  # the regions of a picture, in its order -> their countries
    "United States": ("usa",),
    "Canada": ("can",),
    "Europe": ("gbr", "fra", "deu", "nld", "pol", "prt", "xeu", "che"),
    "Middle East": ("isr", "are", "sau"),
    "India": ("ind",),
    "China": ("chn",),
    "Rest of Asia-Pacific": ("jpn", "kor", "sgp", "aus", "xas"),
    "Rest of the world": ("xrw",),
}
HUES = ("#0072b2", "#56b4e9", "#009e73", "#e69f00", "#d55e00", "#882255", "#cc79a7", "#6e6e6e")  # Okabe-Ito, Tol

FONT_SIZE = {"memo": 9, "slide": 14.5}  # points; "small" is 7.5 and 12 of them
SLIDE = (13.33, 7.5)  # inches
ABOVE, BELOW, BESIDE = 6.3, {"memo": 5.0, "slide": 4.0}, 0.2  # em for the heading and the caption; inches at the sides
SHARED = {
    "font.family": "DejaVu Sans",  # ships with matplotlib: the same picture everywhere; see WIDE
    "axes.edgecolor": FAINT,
    "axes.labelcolor": INK,
    "axes.labelsize": "medium",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titley": 1.0,  # at once: searching for a free place takes a quarter of the drawing
    "axes.unicode_minus": True,
    "text.parse_math": False,  # a title may hold dollars
    "xtick.color": BASELINE,
    "ytick.color": BASELINE,
    "xtick.labelsize": "small",
    "ytick.labelsize": "small",
    "text.color": INK,
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
    "svg.hashsalt": "talentflow",  # the same file for the same numbers
    "pdf.fonttype": 42,  # text that can be searched and edited
}
WIDE = (
    "Noto Sans CJK SC",
    "Noto Sans CJK JP",
    "Noto Sans CJK KR",
    "PingFang SC",
    "Hiragino Sans",
    "Microsoft YaHei",
    "Yu Gothic",
    "Malgun Gothic",
    "WenQuanYi Zen Hei",
    "Nirmala UI",
    "Kohinoor Devanagari",
    "Noto Sans Devanagari",
    "Noto Sans Thai",
    "Noto Sans Hebrew",
)
LOOKS = {
    name: {**SHARED, "font.size": size, "axes.linewidth": 0.08 * size, "xtick.major.width": 0.08 * size}
    for name, size in FONT_SIZE.items()
}
_now = ContextVar("look", default="memo")


def _families() -> list[str]:
    """Return the fonts that figures use: the shipped one, then the installed ones that have other letters."""
    from matplotlib.font_manager import fontManager

    # later fonts are asked for letters that the first one lacks
    installed = {font.name for font in fontManager.ttflist}
    return [str(SHARED["font.family"]), *(wide for wide in WIDE if wide in installed)]


def letters_without_a_font(text) -> str:
    """Return the letters of ``text`` that no font of the figures has, each once, in the order of the text."""
    from matplotlib.font_manager import FontProperties, findfont, get_font

    known: set[int] = set()
    for family in _families():
        known |= set(get_font(findfont(FontProperties(family=family))).get_charmap())
    return "".join(dict.fromkeys(letter for letter in text if letter.isprintable() and ord(letter) not in known))


@contextmanager
def look(name=None) -> Iterator[None]:
    """Apply the style ``memo`` or ``slide`` inside the block, whatever the user's own settings are.

    None keeps the present.
    """
    import matplotlib as mpl

    # the context variable tells helpers inside the block which sizes apply
    families = _families()
    name = name or _now.get()
    before = _now.set(name)
    try:
        with mpl.rc_context({**LOOKS[name], "font.family": families}), warnings.catch_warnings():
            # a letter that no font here holds is drawn as a box: the reader sees it, and nobody can mend it meanwhile
            warnings.filterwarnings("ignore", r"Glyph \d+ .*missing|Matplotlib currently does not", UserWarning)
            yield
    finally:
        _now.reset(before)


def fit(memo, slide) -> Any:
    """Choose by the present style: the first value for a memo, the second for a slide."""
    return {"memo": memo, "slide": slide}[_now.get()]


def em(count=1.0) -> float:
    """Return so many heights of the present text, in points: line widths and markers grow with it."""
    return count * FONT_SIZE[_now.get()]


def scenario_look(number) -> tuple:
    """Return colour, marker and dashes of one scenario among many; 42 of them differ."""
    return tuple(looks[number % len(looks)] for looks in (MANY, MARKERS, DASHES))


# --- hubs and regions -----------------------------------------------------------------------------


def order(data, hubs=None) -> list[str]:
    """Return the hubs (all, or those given) by region and then as in the world: the order of every figure."""
    region = hub_regions(data)
    chosen = [hub for hub in region if hubs is None or hub in hubs]
    return sorted(chosen, key=lambda hub: list(REGIONS).index(region[hub]))


def hub_regions(data) -> dict[str, str]:
    """Return each hub's region, one of ``REGIONS``; a country that is in none belongs to the rest of the world."""
    region = {country: name for name, countries in REGIONS.items() for country in countries}
    return {
        hub: region.get(country, "Rest of the world")
        for hub, country in zip(data.hub.values.tolist(), data.hub_country.values.tolist(), strict=True)
    }


def region_colours() -> dict[str, str]:
    """Return the colour of each of ``REGIONS``."""
    return dict(zip(REGIONS, HUES, strict=True))


def darker(colour) -> str:
    """Return the same hue at 60 % of its light."""
    from matplotlib.colors import to_hex, to_rgb

    return to_hex(0.6 * np.array(to_rgb(colour)))


# --- axes, heading, caption -----------------------------------------------------------------------


def axes(size) -> "Axes":
    """Return new axes of a new pyplot figure of ``size`` (width, height) inches, or of a slide's."""
    import matplotlib.pyplot as plt

    return room(plt.figure(figsize=fit(size, SLIDE)))


def room(figure) -> "Axes":
    """Return axes that leave room above for the heading and below for the caption."""
    # heading and caption keep their size in em, whatever the figure's
    width, height = figure.get_size_inches()
    left, below, above = BESIDE / width, em(fit(**BELOW)) / 72 / height, em(ABOVE) / 72 / height
    return figure.add_axes((left, below, 1 - 2 * left, 1 - below - above))


def heading(ax, title, subtitle) -> None:
    """Write title and subtitle above the axes, from their left edge; a long title takes two smaller lines."""
    below = _beside(ax, subtitle, 1, 1.5, va="bottom", color=BASELINE)
    wrap(below, _width(ax), 1)
    # a title that is too long for one line gets two in smaller print
    shown = _beside(ax, title, 1, 3.1, va="bottom", fontsize="x-large", fontweight="bold")
    if shown.get_window_extent().width > _width(ax):
        shown.set_fontsize("large")
        wrap(shown, _width(ax), 2)


def caption(ax, text) -> None:
    """Write small print under the axes, in as many lines as it takes, at most three."""
    shown = _beside(ax, text, 0, -1, va="top", fontsize="small", color=BASELINE, linespacing=1.35)
    wrap(shown, _width(ax), 3)


def say(ax, text) -> None:
    """Write a sentence in the place of a plot that has nothing to show."""
    wrap(ax.text(0, 0.9, text, transform=ax.transAxes, fontsize="large", va="top"), _width(ax), 4)


def say_nothing_differs(ax) -> None:
    """Write in the place of a figure of effects that every effect is exactly 0."""
    say(ax, "Every effect is exactly 0: no pair differs, the scenario changes nothing in this run.")


def _beside(ax, text, height, up, **how) -> "Annotation":
    """Write text at the left edge of the axes, so many em up from a height in parts of the axes."""
    return ax.annotate(
        text, (0, height), xytext=(0, em(up)), textcoords="offset points", xycoords="axes fraction", **how
    )


def _width(ax) -> float:
    """Return pixels from the left edge of the axes to the edge of the figure, less the margin."""
    return ax.figure.bbox.width - ax.get_window_extent().x0 - BESIDE * ax.figure.dpi


# --- words and numbers ----------------------------------------------------------------------------


def signed(value, digits) -> str:
    """Return a number with its sign, a true minus, and never a negative zero.

    Fewer than 0 digits round to tens and so on.

    >>> signed(-0.31, 1), signed(1264.5, -2), signed(-0.001, 2)
    ('\u22120.3', '+1,300', '0.00')
    """
    # digits below 0 round to tens; a result of zero has no sign
    text = f"{round(value, digits):+,.{max(digits, 0)}f}"
    return text.replace("-", "\u2212") if text.strip("+-0.,") else text[1:]


def plain(value) -> str:
    """Return three digits that count, a true minus, and never an exponent.

    >>> plain(150_000.0), plain(-0.11047), plain(1e-6)
    ('150,000', '\u22120.11', '0.000001')
    """
    # three significant digits without an exponent
    rounded = float(f"{value:.3g}")
    text = f"{rounded:,.0f}" if abs(rounded) >= 1000 else f"{rounded:.12f}".rstrip("0").rstrip(".")
    return text.replace("-", "\u2212") if text.strip("-0.,") else "0"


def unit_words(unit) -> str:
    """Return a unit without abbreviations."""
    return unit.replace("pp", "percentage points")


def span(low, high, digits) -> str:
    """Return an interval in words: ``-0.3 to +0.1``."""
    return f"{signed(low, digits)} to {signed(high, digits)}"


def band_words(record) -> str:
    """Name the sources of the spread over pairs: ``chance and assumptions``, or one of them."""
    return contents(record)


def spread_words(record, what) -> str:
    """Describe the spread: ``Line: 90 % of pairs (chance and assumptions).``, or that a single pair has none."""
    if record["replicates"] == 1:
        return "More pairs would show the spread and the error."
    return f"{what}: 90 % of pairs ({band_words(record)})."


def source(record) -> str:
    """Name the source of a figure's numbers: program, pairs and engineers; in a memo also seed and years."""
    run = {"pairs": record["replicates"], "first": record["start"], "last": record["start"] + record["years"]}
    size = {"population": record["population"], "seed": record["seed"], "seconds": None}
    words = sentence("source", run | size, record["versions"].get("talentflow", ""))
    return fit(words, f"{words.partition(', seed')[0]}.")


def made_by(runs) -> str:
    """Name the source of a figure that is not drawn from a saved run: program, and its runs in words."""
    return sentence("made_by", __version__, runs)


# ------------------------------------------------------------------------------
# Panels inside the axes of a figure, placed and measured in em, so that a slide has the room for its larger words.
# ------------------------------------------------------------------------------


LINE = 1.5  # em, of a legend


def inset(ax, left=0.0, below=0.0, right=0.0, above=0.0, cell=(0, 0), cells=(1, 1), head=0.0) -> "Axes":
    """Return axes inside a cell (row, column) of ``cells`` (rows, columns) of the axes under its head,
    with margins in em.
    """
    box = ax.get_window_extent()
    # one em as a part of the width and of the height
    x, y = pixels(ax, 1) / box.width, pixels(ax, 1) / box.height
    # the cell's size, and the part of it that the margins leave
    width, height = 1 / cells[1], (1 - y * head) / cells[0]
    return ax.inset_axes(
        (
            cell[1] * width + x * left,
            (cells[0] - cell[0] - 1) * height + y * below,
            width - x * (left + right),
            height - y * (below + above),
        )
    )


def multiples(ax, count, columns, **margins) -> list["Axes"]:
    """Return axes of ``count`` equal panels in rows of ``columns``, each with the margins of :func:`inset`."""
    rows = -(-count // columns)
    return [inset(ax, cell=divmod(place, columns), cells=(rows, columns), **margins) for place in range(count)]


def columns_of(count) -> int:
    """Choose the number of columns of so many small panels: 3, or 2 by 2."""
    return 2 if count == 4 else min(3, count)


def draw_legend(ax, names, columns, draw_sample) -> float:
    """Draw names at the head of the axes, in columns, each after its sample.

    Parameters
    ----------
    names : list of str
    draw_sample : function of (axes whose unit is one em, x, y, number), for a sample 3.2 em wide from x

    Returns
    -------
    float, the em that the legend takes
    """
    # names and samples are placed in em, so that the key scales with the text
    key = ax.inset_axes((0, 0, 1, 1), zorder=0)
    key.axis("off")
    width, height = in_em(key)
    for number, name in enumerate(names):
        row, column = divmod(number, columns)
        x, y = column * width / columns, height - LINE * (row + 0.5)
        draw_sample(key, x, y, number)
        wrap(key.text(x + 3.8, y, name, va="center"), pixels(key, width / columns - 4.4), 1)
    return LINE * -(-len(names) // columns)


def right_of(plot, y, right, words, **how) -> "Annotation":
    """Return small words right of a plot at the height ``y`` of its data, ending ``right`` em from its edge."""
    how = {"ha": "right", "va": "center", "fontsize": "small"} | how
    return plot.annotate(
        words, (1, y), (em(right), 0), ("axes fraction", "data"), "offset points", annotation_clip=False, **how
    )


def in_em(ax) -> tuple[float, float]:
    """Set the limits so that one unit of the axes is one em; return their (width, height) in em."""
    box = ax.get_window_extent()
    width, height = box.width / pixels(ax, 1), box.height / pixels(ax, 1)
    ax.set(xlim=(0, width), ylim=(0, height))
    return width, height


def pixels(ax, count) -> float:
    """Convert em to pixels of the figure."""
    return em(count) * ax.figure.dpi / 72


# ------------------------------------------------------------------------------
# Names beside the points of a map or a network, where they cover as little as can be.
# ------------------------------------------------------------------------------


AROUND = np.deg2rad([0, 180, 90, 270, 35, 145, 215, 325])  # where a name may stand, seen from its point,
STEPS = (0.3, 1, 1.8, 2.8, 4, 5.5)  # and how far from its circle, em


def label_points(ax, points, obstacles=()) -> None:
    """Write a name beside every point, where it covers as little as can be.

    These lines stay in place of adjustText 1.4: of 20 names on five random maps with a dense middle they cover nothing,
    in 0.05 s a map; adjustText covers 500 square pixels and takes 0.25 s.

    Parameters
    ----------
    ax : Axes whose limits are final
    points : list of (name, x, y, radius in points), the most important first
    obstacles : list of matplotlib.transforms.Bbox, in pixels, that names keep clear of
    """
    from matplotlib.patheffects import withStroke

    # a white halo keeps names readable on lines and land
    halo = [withStroke(linewidth=em(0.25), foreground="white", alpha=0.8)]
    taken = [*obstacles, *(dot(ax, (x, y), radius) for _, x, y, radius in points)]
    for name, x, y, radius in points:
        written = ax.annotate(
            name,
            (x, y),
            xytext=(0, 0),
            textcoords="offset points",
            fontsize="small",
            zorder=6,
            parse_math=False,
            path_effects=halo,
        )
        # place the name, then keep later names clear of it
        distance = _settle(written, radius, taken, ax.get_window_extent())
        taken.append(written.get_window_extent())
        # a name that had to move away gets a line to its point
        if distance > radius + em(STEPS[0]):
            ax.annotate(
                "",
                (x, y),
                xytext=written.get_position(),
                textcoords="offset points",
                arrowprops={
                    "arrowstyle": "-",
                    "color": BASELINE,
                    "lw": 0.6,
                    "shrinkA": 0,
                    "shrinkB": radius,
                },
            )


def dot(ax, point, radius) -> "Bbox":
    """Return the box round a circle of ``radius`` points, in pixels."""
    from matplotlib.transforms import Bbox

    centre, pixels = ax.transData.transform(point), radius * ax.figure.dpi / 72
    return Bbox([centre - pixels, centre + pixels])


def _settle(written, radius, taken, inside) -> float:
    """Move a name to the first free place round its point, or to the least covered; return its distance in points."""
    # cost of a place: area over the edge counts tenfold, then the area covered
    corners = np.array([box.extents for box in taken])

    def covered(place) -> float:
        """Return the square pixels that a name covers at a place."""
        _put(written, *place)
        box = written.get_window_extent()
        outside = box.width * box.height - _common(box, np.array([inside.extents]))
        return 10 * outside + _common(box, corners)

    # try near places first; if none is free, take the least covered
    places = [(angle, radius + em(step)) for step in STEPS for angle in AROUND]
    free = (place for place in places if not covered(place))
    chosen = next(free, None) or min(places, key=covered)
    _put(written, *chosen)
    return chosen[1]


def _put(written, angle, distance) -> None:
    """Place a name at an angle and a distance from its point, aligned so that it points away."""
    x, y = np.cos(angle), np.sin(angle)
    written.set(
        position=(x * distance, y * distance),
        ha="left" if x > 0.3 else "right" if x < -0.3 else "center",
        va="bottom" if y > 0.3 else "top" if y < -0.3 else "center",
    )


def _common(box, corners) -> float:
    """Return the square pixels that a box shares with boxes given as rows x0, y0, x1, y1, all together."""
    low, high = np.maximum(corners[:, :2], box.min), np.minimum(corners[:, 2:], box.max)
    return np.prod(np.maximum(high - low, 0), axis=1).sum()


# ------------------------------------------------------------------------------
# A quantity over time in both arms, as a fan: the scenario in shades, the baseline in dashes on top of it.
# ------------------------------------------------------------------------------


HALF = (0.25, 0.75)


def draw_fan(panel, values, low=None, high=None) -> None:
    """Draw the mean and bands over the pairs of each arm; of a comparison the means alone.

    Parameters
    ----------
    panel : matplotlib Axes
    values : xarray.DataArray over arm, replicate and time or year
    low, high : float, what the quantity cannot leave; the scale starts at 0 where ``low`` is given
    """
    # stocks are on 1 January, flows over a year
    axis = "time" if "time" in values.dims else "year"
    years, many = values[axis].values, values.sizes["arm"] > 2
    x = years if len(years) > 1 else years[0] + np.array([-0.4, 0.4])  # a single year: a level, not a point
    for number, arm in enumerate(values.arm.values):
        pairs = values.sel(arm=arm).transpose("replicate", axis).values
        draw_arm(panel, x, number, np.broadcast_to(pairs, (len(pairs), len(x))), many)
    # limits: the data, cut at what the quantity cannot leave
    reach = panel.get_ylim()
    panel.set(xlim=(x[0], x[-1]), xticks=np.unique(years[[0, -1]]))
    panel.set_ylim(reach[0] if low is None else low, reach[1] if high is None else min(reach[1], high))
    if len(years) > 1:
        first, last = panel.get_xticklabels()
        first.set_ha("left"), last.set_ha("right")


def draw_arm(panel, x, number, pairs, many=False) -> None:
    """Draw one arm: 0 is the baseline; ``pairs`` are its values over replicate and ``x``."""
    # baseline dashed with dotted edges; scenarios coloured, with bands if there is only one
    mean, (low, high) = pairs.mean(0), np.quantile(pairs, (LOW, HIGH), axis=0)
    if number == 0:
        panel.plot(x, mean, color=INK, ls=(0, (4, 2)), lw=em(0.17), zorder=5)
        if not many:
            edges = np.transpose([low, high])
            panel.plot(x, edges, color=BASELINE, ls=(0, (1, 1.5)), lw=em(0.09), zorder=3)
    elif many:
        colour, _, dashes = scenario_look(number - 1)
        panel.plot(x, mean, color=colour, ls=dashes, lw=em(0.2), zorder=4)
    else:
        panel.fill_between(x, low, high, color=SCENARIO, alpha=0.16, lw=0, zorder=1)
        panel.fill_between(x, *np.quantile(pairs, HALF, axis=0), color=SCENARIO, alpha=0.28, lw=0, zorder=2)
        panel.plot(x, mean, color=SCENARIO, lw=em(0.22), zorder=4)


def draw_sample(key, x, y, number, many=False) -> None:
    """Draw the look of an arm in a key whose unit is one em, 3.2 em wide from ``x`` at height ``y``."""
    # artificial pairs, so that the sample shows the band too
    spread = np.array([[0.0]]) if many else np.linspace(-0.55, 0.55, 21)[:, None]
    draw_arm(key, x + np.array([0, 3.2]), number, y + spread.repeat(2, axis=1), many)


def how_to_read(record) -> str:
    """Explain the lines and the bands in words."""
    half = "" if record["replicates"] == 1 else " Dark: half of the pairs."
    return f"Lines: means over pairs.{half} {spread_words(record, 'Light, and dotted edges')}"
