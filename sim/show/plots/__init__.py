"""Figures: each takes a result and an axes, and returns the axes."""

from importlib import import_module
from pathlib import Path

KINDS = {"shares": "plot_shares", "effects": "plot_effects"}
DPI = 160  # sharp in print, and half the time of 200


def draw(result, kind, path, **options):
    """Draw one figure into a file, whatever screen there is or is not.

    Parameters
    ----------
    result : Result
    kind : str, one of ``KINDS``
    path : where the PNG goes

    Returns
    -------
    pathlib.Path
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    from sim.show.plots import style

    module = import_module(f"sim.show.plots.{kind}")
    figure = Figure(figsize=module.SIZE)
    FigureCanvasAgg(figure)  # not pyplot: no window, and no figure left open
    getattr(module, KINDS[kind])(result, style.room(figure), **options)
    with style.look():
        figure.savefig(path, dpi=DPI)
    return Path(path)


def draw_figures(result, folder):
    """Draw every kind of figure into ``folder``."""
    for kind in KINDS:
        draw(result, kind, Path(folder) / f"{kind}.png")
