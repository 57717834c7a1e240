"""The report of a run: one HTML file that needs nothing else, and a page of Markdown."""

from base64 import b64encode
from pathlib import Path
from tempfile import TemporaryDirectory

from sim.arguments import user_path
from sim.errors import saving
from sim.results.sweep import beside
from sim.show.plots import KINDS, draw_sweep
from sim.show.report.contents import contents
from sim.show.report.pages import templates

TYPES = {".png": "image/png", ".svg": "image/svg+xml"}


def write_report(result, folder, parts=None) -> Path:
    """Write ``report.html`` and ``summary.md`` into the folder of a run, with the figures that lie in ``figures``.

    Parameters
    ----------
    result : Result of one scenario or of several
    folder : path of a folder that exists
    parts : dict, the :func:`contents` of the report; collected here if None

    Returns
    -------
    pathlib.Path of ``report.html``

    Raises
    ------
    FileError where a file cannot be written.
    """
    folder, parts = user_path(folder), parts or contents(result)
    # hidden files are figures that another process is still writing
    figures = {path.stem: path for path in sorted((folder / "figures").glob("[!.]*")) if path.suffix in TYPES}
    report = folder / "report.html"
    page = _page(parts, figures, beside(result.record, folder.parent))
    summary = templates().get_template("summary.md.j2").render(parts)
    with saving(folder):
        (folder / "summary.md").write_text(summary, encoding="utf-8")
        for name, text in parts["files"].items():  # files that the commands printed in the summary read
            if not (folder / name).exists():
                (folder / name).write_text(text, encoding="utf-8")
        report.write_text(page, encoding="utf-8")
    return report


def _page(parts, figures, swept) -> str:
    """Render the page with its figures in the order of ``KINDS``."""
    # figures of an unknown kind come last
    order = sorted(figures, key=[*KINDS, *figures].index)
    drawn = {name: _data_address(figures[name]) for name in order}
    chart = _data_address(_load_chart(swept["sweep"])) if swept else None
    return templates().get_template("report.html.j2").render(parts, figures=drawn, swept=swept, load_chart=chart)


def _load_chart(sweep) -> str:
    """Draw the chart of a sweep's assumption load, as the text of an SVG."""
    with TemporaryDirectory() as folder:
        return draw_sweep(sweep, "assumption_load", Path(folder) / "load.svg").read_text(encoding="utf-8")


def _data_address(figure) -> str:
    """Encode a figure as a ``data:`` address: the page needs no other file, and no SVG inside it can run a script."""
    if isinstance(figure, str):
        kind, drawn = TYPES[".svg"], figure.encode()
    else:
        kind, drawn = TYPES[figure.suffix], figure.read_bytes()
    return f"data:{kind};base64,{b64encode(drawn).decode()}"
