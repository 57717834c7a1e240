"""Add figures, report and summary to the folder of a run."""

import warnings
from importlib import import_module

from sim.arguments import user_path
from sim.errors import TalentflowWarning


def load_libraries() -> None:
    """Import what a run with figures needs, and load the compiled kernels; worker processes begin with it."""
    from sim.study.replicate import warm_up

    warm_up()
    load_drawing()


def load_drawing() -> None:
    """Import what tables, figures and report need, before the first pair: at the end every process has work to do."""
    for name in ("matplotlib.figure", "matplotlib.backends.backend_agg", "sim.results.result", "sim.show.report"):
        import_module(name)


def illustrate(result, folder) -> None:
    """Draw the usual figures into ``folder/figures``; write the brief, the report and the summary beside them.

    Parameters
    ----------
    result : Result of one scenario or of several
    folder : path of a folder that exists
    """
    from sim.show.plots import draw_figures
    from sim.show.report import contents, write_report
    from sim.show.report.brief import write_brief

    figures = user_path(folder) / "figures"
    figures.mkdir(exist_ok=True)
    problems, parts = draw_figures(result, figures, contents)
    for problem in problems:
        warnings.warn(problem, TalentflowWarning, stacklevel=2)
    write_report(result, folder, parts)
    write_brief(result, folder, parts=parts)
