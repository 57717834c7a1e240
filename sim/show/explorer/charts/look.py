"""The look of the charts: colours, order and words of the figures in files, and their twins on a dark page."""

from dataclasses import dataclass
from typing import NamedTuple

import pandas as pd

from sim.show.plots import style

FONT = '"Source Sans", "Source Sans Pro", sans-serif'  # the page's own, which comes with it
SIZE = 13  # pixels
NOTHING = "Every effect is exactly 0: no pair differs."


class Chart(NamedTuple):
    """A picture with its text alternatives."""

    figure: dict  # of plotly: data and layout
    words: str  # one sentence
    table: pd.DataFrame


@dataclass(frozen=True)
class Colours:
    """What is drawn in which colour; the names are those of ``plots.style``."""

    ink: str
    scenario: str
    baseline: str
    grid: str
    gain: str
    loss: str
    land: str
    coast: str
    paper: str
    shade: str  # of probabilities, at 1


LIGHT = Colours(
    style.INK,
    style.SCENARIO,
    style.BASELINE,
    style.GRID,
    style.GAIN,
    style.LOSS,
    "#dfe0df",
    "#c4c6c4",
    "#ffffff",
    style.SCENARIO,
)
DARK = Colours(
    "#f2f2f2", "#74b8f5", "#b4b4b4", "#333a44", "#74b8f5", "#d07a1e", "#39414c", "#566070", "#171715", "#74b8f5"
)


def colours(dark=False):
    """The colours of a light page, as in the figures, or of a dark one."""
    return DARK if dark else LIGHT


def layout(look, height, **more):
    """The layout that all charts share; ``more`` goes on top."""
    axis = {"gridcolor": look.grid, "linecolor": look.grid, "zeroline": False, "fixedrange": True, "color": look.ink}
    shared = {
        "height": height,
        "font": {"family": FONT, "size": SIZE, "color": look.ink},
        "showlegend": False,
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "dragmode": False,
        "margin": {"l": 10, "r": 10, "t": 10, "b": 40},
        "hoverlabel": {"font": {"family": FONT, "size": SIZE}},
        "xaxis": dict(axis),
        "yaxis": dict(axis),
    }
    for name, value in more.items():
        shared[name] = (dict(axis) | value) if name.startswith(("xaxis", "yaxis")) else value
    return shared


def faint(colour, part):
    """A colour of which only a part covers what lies below: plotly's ``rgba``."""
    red, green, blue = (int(colour[k : k + 2], 16) for k in (1, 3, 5))
    return f"rgba({red},{green},{blue},{part})"


def said(look, words):
    """An empty picture that says why."""
    note = {"text": words, "showarrow": False, "x": 0, "y": 1, "xref": "paper", "yref": "paper", "xanchor": "left"}
    hidden = {"visible": False}
    return {"data": [], "layout": layout(look, 70, annotations=[note], xaxis=hidden, yaxis=hidden)}


def note(x, y, text, **more):
    """A piece of text in a chart, without an arrow."""
    return {"x": x, "y": y, "text": text, "showarrow": False} | more
