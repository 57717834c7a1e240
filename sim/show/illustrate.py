"""What people look at in the folder of a run: the usual figures, the report and the summary."""

import warnings

from sim.arguments import user_path
from sim.errors import TalentflowWarning


def illustrate(result, folder):
    """Draw the usual figures into ``folder/figures`` and write ``report.html`` and ``summary.md`` beside them.

    Parameters
    ----------
    result : Result of one scenario or of several
    folder : path of a folder that exists
    """
    from sim.show.plots import draw_figures
    from sim.show.report import write_report

    figures = user_path(folder) / "figures"
    figures.mkdir(exist_ok=True)
    for problem in draw_figures(result, figures):
        warnings.warn(problem, TalentflowWarning, stacklevel=2)
    write_report(result, folder)
