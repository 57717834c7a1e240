"""Add figures, report and summary to the folder of a run."""

import warnings

from sim.arguments import user_path
from sim.errors import TalentflowWarning


def illustrate(result, folder) -> None:
    """Draw the usual figures into ``folder/figures``; write the brief, the report and the summary beside them.

    Parameters
    ----------
    result : Result of one scenario or of several
    folder : path of a folder that exists
    """
    from sim.show.plots import draw_figures
    from sim.show.report import write_report
    from sim.show.report.brief import write_brief

    figures = user_path(folder) / "figures"
    figures.mkdir(exist_ok=True)
    for problem in draw_figures(result, figures):
        warnings.warn(problem, TalentflowWarning, stacklevel=2)
    write_report(result, folder)
    write_brief(result, folder)
