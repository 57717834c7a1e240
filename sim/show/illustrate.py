"""What people look at in the folder of a run: the usual figures, the report and the summary."""

from pathlib import Path


def illustrate(result, folder):
    """Draw the usual figures into ``folder/figures`` and write ``report.html`` and ``summary.md`` beside them.

    Parameters
    ----------
    result : Result of one scenario or of several
    folder : path of a folder that exists
    """
    from sim.show.plots import draw_figures
    from sim.show.report import write_report

    figures = Path(folder) / "figures"
    figures.mkdir(exist_ok=True)
    draw_figures(result, figures)
    write_report(result, folder)
