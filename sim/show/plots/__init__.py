"""Figures: each takes a result and an axes, and returns the axes; none changes a number or runs the model."""

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim.arguments import new_path
from sim.errors import UsageError, first_line, nearest, saving
from sim.parallel import each
from sim.results.decomposition import is_split

if TYPE_CHECKING:
    from matplotlib.axes import Axes

KINDS = {
    "effects": "the effect on every country's share, its main hubs below, in points and people",
    "shares": "shares over time of the place of the question and the countries that change most, with bands",
    "causes": "why the place of the question gains or loses: moves by country, entry and exit, as a waterfall",
    "money": "what the policy costs the public of the place, part by part, as a waterfall",
    "slope": "shares before and after, by country",
    "countries": "the effect over time, a panel a country",
    "ranks": "which hub is largest: ranks over time, and how likely each is in the last year",
    "backlog": "people waiting and odds of selection over time, of the routes that change most",
    "brain_gain": "the effect by country on own engineers abroad and foreign engineers at home",
    "uncertainty": "the variance of the effect by chance, data, assumptions and model (run --uncertainty parts)",
    "comparison": "several scenarios side by side, and whether two add up",
    "flow_map": "the largest changes of net flows, on a map",
    "net_migration": "net migration of each hub by where people come from and go to",
    "heat_map": "changes of flows from every hub to every hub",
    "pay_universes": "pay of frontier labs and of all other employers, by tier and hub, beside printed pay",
    "sector_flows": "new jobs by the sector left and the sector taken, and what the policy changes in them",
}
BY_STOCK = (
    "shares",
    "effects",
    "ranks",
    "comparison",
)  # kinds that can also count engineers in the hub of their employer
SWEEP_KINDS = {  # figures of a sweep
    "indices": "which factors the variance rests on: indices with intervals (sobol, guided, pawn, lhs)",
    "assumption_load": "how much of the variance rests on which grade of evidence (sobol, guided)",
    "screening": "which factors move the answer at all, and which alone (morris, guided)",
    "convergence": "how far the indices have settled as the design grew",
    "dependence": "how the answer depends on each of the leading factors",
    "tornado": "the answer at both ends of each factor's range (oat)",
    "response": "the answer against the one factor that a sweep varies, with the band of chance",
    "two_way": "the answer over two factors, and where it changes its sign (grid)",
}
USUAL = ("effects", "shares", "causes")  # drawn for every run; the other kinds on demand
USUAL_OF_MANY = ("comparison",)
OF_SPLIT = ("uncertainty",)  # drawn too for a run with --uncertainty parts
USUAL_OF_SWEEP = {  # method of a sweep -> kinds that are drawn for it
    "guided": ("indices", "assumption_load", "screening"),
    "sobol": ("indices", "assumption_load"),
    "morris": ("screening",),
    "pawn": ("indices",),
    "lhs": ("indices",),
    "oat": ("tornado",),
    "grid": ("two_way",),
}
OF_SEVERAL = (
    "two_way",
    "tornado",
    "screening",
)  # kinds for several factors; a sweep of one factor has the kind response instead
FORMATS = ("png", "svg", "pdf")
STYLES = ("memo", "slide")
DPI = 160  # dots per inch: sharp in print, and drawn in half the time of 200


class Plots:
    """The figures of one result: a method a kind, such as ``result.plot.effects()``."""

    def __init__(self, result) -> None:
        self._result = result

    def __call__(self, kind, ax=None, **options) -> "Axes":
        """Draw a kind on ``ax``, or on new axes; returns the axes. Options: hubs, years."""
        from sim.show.plots import style

        # every kind has a module of its name, imported when it is drawn
        _check("figure", kind, KINDS)
        plot = getattr(import_module(f"sim.show.plots.{kind}"), f"plot_{kind}")
        with style.look():
            return plot(self._result, ax, **options)

    def __getattr__(self, kind) -> Callable:
        if kind not in KINDS:
            raise AttributeError(f"no figure {kind!r}; there are: {', '.join(KINDS)}{nearest(kind, KINDS)}")
        return lambda ax=None, **options: self(kind, ax, **options)

    def __dir__(self) -> list[str]:
        return list(KINDS)


def draw(result, kind, path, *, hubs=None, years=None, style="memo") -> Path:
    """Draw one figure into a file; no screen is needed.

    Parameters
    ----------
    result : Result
    kind : str, one of ``KINDS``
    path : where it goes; the suffix, one of ``FORMATS``, is the format
    hubs : list of hub labels to show; those that matter if None
    years : (first, last) to show; the whole run if None
    style : 'memo', for print, or 'slide', with large words and fewer rows

    Returns
    -------
    pathlib.Path

    Raises
    ------
    UsageError for an unknown kind, format or style; ResultError for a hub or year that the result does not have;
    FileError if the file cannot be written.
    """
    return _drawn("figure", kind, KINDS, path, style, result, hubs=hubs, years=years)


def draw_sweep(sweep, kind, path, *, measure=None, style="memo") -> Path:
    """Draw one figure of a sweep into a file, as :func:`draw` does of a run.

    Parameters
    ----------
    sweep : Sweep
    kind : str, one of ``SWEEP_KINDS``
    measure : one of those that the sweep kept; the first asked for if None

    Raises
    ------
    UsageError, ResultError as :func:`draw`
    """
    return _drawn("figure of a sweep", kind, SWEEP_KINDS, path, style, sweep, measure=measure)


def _drawn(what, kind, kinds, path, style, shown, **options) -> Path:
    """Draw ``shown`` with the module called ``kind``, once all arguments are known to make sense."""
    path = new_path(path)
    _check(what, kind, kinds)
    _check("format", path.suffix.lower().lstrip("."), FORMATS)
    _check("style", style, STYLES)
    # every kind has a module of its name, imported when it is drawn
    module = import_module(f"sim.show.plots.{kind}")
    plot = getattr(module, f"plot_{kind}")
    return to_file(lambda ax: plot(shown, ax, **options), module.SIZE, path, style)


def to_file(plot, size, path, style="memo") -> Path:
    """Draw ``plot(axes)`` into a file; ``size`` is that of a memo, (width, height) inches. Returns the path."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    from sim.show.plots import style as styles

    with styles.look(style):
        figure = Figure(figsize=styles.fit(size, styles.SLIDE), dpi=DPI)
        FigureCanvasAgg(figure)  # not pyplot: no window, and no figure left open
        # written under a hidden name first, so that no half picture stands under the real one
        plot(styles.room(figure))
        whole = path.with_name(f".{path.name}")  # never half a picture under its name
        try:
            with saving(path):
                figure.savefig(whole, format=path.suffix.lower().lstrip("."), metadata=_undated(path))
                whole.replace(path)
        finally:
            with suppress(OSError):
                whole.unlink()
    return path


def draw_figures(result, folder, beside=lambda result: None) -> tuple[list[str], Any]:
    """Draw the usual figures of a run, as PNG files, into ``folder``; in the worker processes if there are any.

    Parameters
    ----------
    beside : other work on the result, which is done at the same time

    Returns
    -------
    list of str, one line for each figure that could not be drawn, and one for letters that no font has; and what
    ``beside(result)`` returns
    """
    from sim.show.plots.style import letters_without_a_font

    kinds = (USUAL if len(result.arms) == 1 else USUAL_OF_MANY)[::-1]  # the slowest last: this process begins with it
    # a split uncertainty has a figure of its own
    kinds = (*OF_SPLIT, *kinds) if is_split(result) and len(result.arms) == 1 else kinds
    paths = [Path(folder) / f"{kind}.png" for kind in kinds]
    tasks = [*(partial(_attempt, draw, result, kind, path) for kind, path in zip(kinds, paths, strict=True))]
    *problems, found = each(_call, [*tasks, partial(beside, result)])
    missing = letters_without_a_font(result.record.get("title", ""))
    if missing:
        problems.append(f"figures: no installed font has {missing[:20]!r}: they are drawn as boxes")
    return [problem for problem in problems if problem], found


def _call(task) -> Any:
    """Do one of several tasks."""
    return task()


def _attempt(draw, shown, kind, path) -> str:
    """Draw one figure; the line that says why it could not be drawn, or nothing."""
    try:
        draw(shown, kind, path)
    except Exception as error:  # any: neither the run nor its other figures are lost to a font or a back end
        return f"figure {kind}: not drawn ({first_line(error)})"
    return ""


def draw_sweep_figures(sweep) -> list[str]:
    """Draw the usual figures of a finished sweep, as PNG files, into its folder.

    Returns
    -------
    list of str: one line for each figure that could not be drawn
    """
    folder = Path(sweep.folder) / "figures"
    folder.mkdir(exist_ok=True)
    kinds = usual_of_sweep(sweep)
    return [problem for kind in kinds if (problem := _attempt(draw_sweep, sweep, kind, folder / f"{kind}.png"))]


def usual_of_sweep(sweep) -> tuple[str, ...]:
    """Return the kinds of figures that a sweep's folder holds: by its method, and by how many factors it varies."""
    kinds = USUAL_OF_SWEEP[sweep.record["method"]]
    if len(sweep.factors) > 1:
        return kinds
    return ("response", *(kind for kind in kinds if kind not in OF_SEVERAL))


def _check(what, given, known) -> None:
    """Refuse an unknown name, with the nearest known one."""
    if given not in known:
        raise UsageError(f"unknown {what} {given!r}; there are: {', '.join(known)}{nearest(given, known)}")


def _undated(path) -> dict | None:
    """Leave the time of drawing out of the file: the same numbers give the same bytes."""
    return {".svg": {"Date": None}, ".pdf": {"CreationDate": None}}.get(path.suffix.lower())
