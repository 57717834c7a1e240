"""One look for every figure: safe for colour-blind readers, for grey printers and for a memo."""

from contextlib import contextmanager
from textwrap import shorten

INK = "#1a1a1a"
SCENARIO = "#0b4f8a"  # dark in grey
BASELINE = "#6e6e6e"
BASELINE_BAND = "#dadada"
FAINT = "#b0b0b0"

LOOK = {
    "font.family": "DejaVu Sans",  # ships with matplotlib: the same picture everywhere
    "font.size": 8.5,
    "axes.edgecolor": FAINT,
    "axes.linewidth": 0.7,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.unicode_minus": True,
    "xtick.color": BASELINE,
    "ytick.color": BASELINE,
    "xtick.major.width": 0.7,
    "ytick.major.width": 0.7,
    "text.color": INK,
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
}


@contextmanager
def look():
    """The look of talentflow inside the block, whatever the user's own settings are."""
    import matplotlib as mpl

    with mpl.rc_context(LOOK):
        yield


def axes(size):
    """New axes of a new pyplot figure of ``size`` (width, height) inches."""
    import matplotlib.pyplot as plt

    return room(plt.figure(figsize=size))


def room(figure):
    """Axes that leave 0.8 inch above for the heading and 0.8 below for the caption."""
    width, height = figure.get_size_inches()
    left, below, above = 0.2 / width, 0.8 / height, 0.8 / height
    return figure.add_axes((left, below, 1 - 2 * left, 1 - below - above))


def heading(ax, title, subtitle):
    """Title and subtitle above the axes, from their left edge."""
    size = 13 if len(title) <= 70 else 10
    ax.annotate(shorten(title, 110, placeholder=" ..."), (0, 1), xytext=(0, 34), textcoords="offset points",
                xycoords="axes fraction", fontsize=size, fontweight="bold", va="bottom")  # fmt: skip
    ax.annotate(subtitle, (0, 1), xytext=(0, 17), textcoords="offset points", xycoords="axes fraction",
                fontsize=9, color=BASELINE, va="bottom")  # fmt: skip


def caption(ax, text, below=14):
    """Small print under the axes, ``below`` points down."""
    ax.annotate(text, (0, 0), xytext=(0, -below), textcoords="offset points", xycoords="axes fraction",
                fontsize=7.5, color=BASELINE, va="top", linespacing=1.4)  # fmt: skip


def band_words(record):
    """What the spread over pairs contains: ``chance and assumptions``, or ``chance``."""
    return "chance" if record["uncertainty"] == "chance" else "chance and assumptions"


def pairs_words(record):
    """``20 pairs of 100,000 engineers``."""
    count, population = record["replicates"], record["population"]
    size = f"{population:,}" if isinstance(population, int) else "all the world's"
    return f"{count} {'pair' if count == 1 else 'pairs'} of {size} engineers"
