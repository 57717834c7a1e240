"""One look for every figure: safe for colour-blind readers, for grey printers, for a memo and for a slide.

Text sizes are matplotlib's relative ones, from ``"small"`` (the smallest allowed) to ``"x-large"``, and distances
are counted in ``em()``, so that a slide is the same picture with larger words.
"""

import warnings
from contextlib import contextmanager
from contextvars import ContextVar

import numpy as np

from sim.results.narrative import contents
from sim.show.plots.labels import wrap

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


@contextmanager
def look(name=None):
    """The look ``memo`` or ``slide`` inside the block, whatever the user's own settings are; None keeps the present."""
    import matplotlib as mpl
    from matplotlib.font_manager import fontManager

    installed = {font.name for font in fontManager.ttflist}
    families = [SHARED["font.family"], *(wide for wide in WIDE if wide in installed)]
    name = name or _now.get()
    before = _now.set(name)
    try:
        with mpl.rc_context({**LOOKS[name], "font.family": families}), warnings.catch_warnings():
            # a letter that no font here holds is drawn as a box: the reader sees it, and nobody can mend it meanwhile
            warnings.filterwarnings("ignore", r"Glyph \d+ .*missing|Matplotlib currently does not", UserWarning)
            yield
    finally:
        _now.reset(before)


def fit(memo, slide):
    """The one that is for the present look: so many rows, such a caption."""
    return {"memo": memo, "slide": slide}[_now.get()]


def em(count=1.0):
    """So many heights of the present text, in points: also line widths and markers grow with it."""
    return count * FONT_SIZE[_now.get()]


def scenario_look(number):
    """Colour, marker and dashes of one scenario among many; 42 of them differ."""
    return tuple(looks[number % len(looks)] for looks in (MANY, MARKERS, DASHES))


# --- hubs and regions -----------------------------------------------------------------------------


def order(data, hubs=None):
    """The hubs (all, or those given) by region and then as in the world: the order of every figure."""
    region = hub_regions(data)
    chosen = [hub for hub in region if hubs is None or hub in hubs]
    return sorted(chosen, key=lambda hub: list(REGIONS).index(region[hub]))


def hub_regions(data):
    """Each hub's region, one of ``REGIONS``; a country that is in none belongs to the rest of the world."""
    region = {country: name for name, countries in REGIONS.items() for country in countries}
    return {
        hub: region.get(country, "Rest of the world")
        for hub, country in zip(data.hub.values.tolist(), data.hub_country.values.tolist(), strict=True)
    }


def region_colours():
    """The colour of each of ``REGIONS``."""
    return dict(zip(REGIONS, HUES, strict=True))


def hub_colours(data):
    """A colour for each hub: its region's hue, lighter from hub to hub, the same in every figure."""
    from matplotlib.colors import to_hex, to_rgb

    region, hues, colours = hub_regions(data), region_colours(), {}
    for name in REGIONS:
        inside = [hub for hub in region if region[hub] == name]
        for hub, white in zip(inside, np.linspace(0, 0.45, len(inside)), strict=True):
            colours[hub] = to_hex((1 - white) * np.array(to_rgb(hues[name])) + white)
    return colours


def darker(colour):
    """The same hue at 60 % of its light."""
    from matplotlib.colors import to_hex, to_rgb

    return to_hex(0.6 * np.array(to_rgb(colour)))


# --- axes, heading, caption -----------------------------------------------------------------------


def axes(size):
    """New axes of a new pyplot figure of ``size`` (width, height) inches, or of a slide's."""
    import matplotlib.pyplot as plt

    return room(plt.figure(figsize=fit(size, SLIDE)))


def room(figure):
    """Axes that leave room above for the heading and below for the caption."""
    width, height = figure.get_size_inches()
    left, below, above = BESIDE / width, em(fit(**BELOW)) / 72 / height, em(ABOVE) / 72 / height
    return figure.add_axes((left, below, 1 - 2 * left, 1 - below - above))


def heading(ax, title, subtitle):
    """Title and subtitle above the axes, from their left edge; a long title takes two smaller lines."""
    said = _beside(ax, subtitle, 1, 1.5, va="bottom", color=BASELINE)
    wrap(said, _width(ax), 1)
    shown = _beside(ax, title, 1, 3.1, va="bottom", fontsize="x-large", fontweight="bold")
    if shown.get_window_extent().width > _width(ax):
        shown.set_fontsize("large")
        wrap(shown, _width(ax), 2)


def caption(ax, text):
    """Small print under the axes, in as many lines as it takes, at most three."""
    shown = _beside(ax, text, 0, -1, va="top", fontsize="small", color=BASELINE, linespacing=1.35)
    wrap(shown, _width(ax), 3)


def say(ax, text):
    """A sentence in the place of a plot that has nothing to show."""
    wrap(ax.text(0, 0.9, text, transform=ax.transAxes, fontsize="large", va="top"), _width(ax), 4)


def say_nothing_differs(ax):
    """What a figure of effects says when every effect is exactly 0."""
    say(ax, "Every effect is exactly 0: no pair differs, the scenario changes nothing in this run.")


def _beside(ax, text, height, up, **how):
    return ax.annotate(
        text, (0, height), xytext=(0, em(up)), textcoords="offset points", xycoords="axes fraction", **how
    )


def _width(ax):
    """Pixels from the left edge of the axes to the edge of the figure, less the margin."""
    return ax.figure.bbox.width - ax.get_window_extent().x0 - BESIDE * ax.figure.dpi


# --- words and numbers ----------------------------------------------------------------------------


def signed(value, digits):
    """A number with its sign, a true minus, and never a negative zero; fewer than 0 digits round to tens and so on.

    >>> signed(-0.31, 1), signed(1264.5, -2), signed(-0.001, 2)
    ('\u22120.3', '+1,300', '0.00')
    """
    text = f"{round(value, digits):+,.{max(digits, 0)}f}"
    return text.replace("-", "\u2212") if text.strip("+-0.,") else text[1:]


def plain(value):
    """Three digits that count, a true minus, and never an exponent.

    >>> plain(150_000.0), plain(-0.11047), plain(1e-6)
    ('150,000', '\u22120.11', '0.000001')
    """
    rounded = float(f"{value:.3g}")
    text = f"{rounded:,.0f}" if abs(rounded) >= 1000 else f"{rounded:.12f}".rstrip("0").rstrip(".")
    return text.replace("-", "\u2212") if text.strip("-0.,") else "0"


def span(low, high, digits):
    """An interval in words: ``-0.3 to +0.1``."""
    return f"{signed(low, digits)} to {signed(high, digits)}"


def band_words(record):
    """What the spread over pairs contains: ``chance and assumptions``, or one of them."""
    return contents(record)


def spread_words(record, what):
    """``Line: 90 % of pairs (chance and assumptions).``, or that a single pair has no spread."""
    if record["replicates"] == 1:
        return "More pairs would show the spread and the error."
    return f"{what}: 90 % of pairs ({band_words(record)})."


def pairs_words(record):
    """``20 pairs of 100,000 engineers``."""
    count, population = record["replicates"], record["population"]
    size = f"{population:,}" if isinstance(population, int) else "all the world's"
    return f"{count} {'pair' if count == 1 else 'pairs'} of {size} engineers"
