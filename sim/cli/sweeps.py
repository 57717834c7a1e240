"""Commands on sweeps: run one, see how far it is and what it says, and find when a scenario fails."""

import warnings
from pathlib import Path
from typing import Annotated, Literal

import typer

from sim.cli.options import Details, Out, Printing, Scenario, SearchOptions, Workers, measure_of, separated
from sim.errors import TalentflowWarning, UsageError

SweepFolder = Annotated[Path, typer.Argument(metavar="FOLDER", help="The folder of a sweep.")]


def sweep(
    scenario: Scenario,
    method: Annotated[
        Literal["guided", "oat", "grid", "lhs", "morris", "sobol", "pawn"],
        typer.Option(help="guided: Morris screening, then Sobol indices of what matters."),
    ] = "guided",
    over: Annotated[
        list[str] | None,
        typer.Option(
            metavar="PATTERN",
            help="What varies: assumptions (names, b_*), groups "
            "(behaviour, data, cost, policy), levers, path=low:high. Left out: all assumptions.",
        ),
    ] = None,
    measure: Annotated[
        list[str] | None,
        typer.Option(help="Such as share:usa@2036; the first is screened on. Left out: share of the subject."),
    ] = None,
    n: Annotated[
        int | None,
        typer.Option(
            help="Base samples (sobol, guided), trajectories (morris) or points. Guided screens first: 8 runs for "
            "every factor, and 8 more."
        ),
    ] = None,
    levels: Annotated[int | None, typer.Option(help="Values of each factor (oat, grid, morris).")] = None,
    extend: Annotated[
        int | None, typer.Option(metavar="N", help="The same as --n: what lies in the store is kept and added to.")
    ] = None,
    runs: SearchOptions = SearchOptions(),
    workers: Workers = None,
    cluster: Annotated[str | None, typer.Option(metavar="ADDRESS", help="A dask.distributed scheduler.")] = None,
    out: Out = Path("outputs"),
    force: Annotated[bool, typer.Option("--force", help="Begin anew, whatever lies in the store.")] = False,
    details: Details = False,
    printing: Printing = Printing(),
) -> None:
    """Find out which assumptions an answer rests on; killed at any time, the same command goes on."""
    from sim.results.folder import check_writable
    from sim.scenario.files import load
    from sim.show import sweeps as show
    from sim.show.plots import draw_sweep_figures
    from sim.study.sweep import runner as study

    if extend is not None and n is not None:
        raise UsageError("--extend", "give it or --n, not both")
    if runs.world is not None and cluster is not None:
        raise UsageError("--world", "tables of one's own stay on this machine: not together with --cluster")
    check_writable(out)
    # without a measure: the share of the scenario's subject
    measures = measure or [measure_of(load(scenario))]
    with show.progress(printing.for_program) as progress:
        result = study.sweep(
            scenario,
            tuple(measures),
            method,
            extend or n,
            separated(over or ()),
            runs.baseline,
            levels=levels,
            out=out,
            executor=cluster,
            progress=progress,
            force=force,
            workers=workers,
            **runs.settings(),
        )
    # a figure that fails is a warning: the sweep itself is saved
    for problem in draw_sweep_figures(result):
        warnings.warn(problem, TalentflowWarning, stacklevel=2)
    _print(result, measures, printing, details)
    # nothing was done, so no index can be given
    if not result.counts().get("done"):
        raise typer.Exit(1)


def status(
    folder: SweepFolder,
    measure: Annotated[
        list[str] | None, typer.Option(help="What the reading is about; by default what was asked.")
    ] = None,
    details: Details = False,
    printing: Printing = Printing(),
) -> None:
    """Say how far a sweep is, what was refused or failed, and what it says so far; nothing is run."""
    from sim.results.sweep import Sweep

    result = Sweep.load(folder)
    _print(result, list(measure or result.record.get("measures") or [result.primary]), printing, details, cells=True)


def discover(
    folder: SweepFolder,
    when: Annotated[str, typer.Option(metavar="CONDITION", help="Such as 'below 0' or 'above 0.5pp', of the effect.")],
    measure: Annotated[str | None, typer.Option(help="One of those kept in the sweep; by default the first.")] = None,
    stage: Annotated[str | None, typer.Option(help="Of a guided sweep: screening or indices.")] = None,
    printing: Printing = Printing(),
) -> None:
    """Find under which assumptions a scenario fails, as boxes in plain words (needs the extra 'discovery')."""
    from sim.results.discovery import boxes, condition
    from sim.results.record import plain_values
    from sim.results.sweep import Sweep
    from sim.show import sweeps as show

    result = Sweep.load(folder)
    # boxes of assumptions in which the condition holds
    answer = boxes(result, condition(when, result, measure), measure, stage)
    brief = "\n".join(box["words"] for box in answer["boxes"]) or "none"
    printing.show(plain_values(answer), brief, lambda: show.render_boxes(answer), details=False)


def _print(result, measures, printing, details, cells=False) -> None:
    """Print the findings of a sweep as JSON, as its folder (quiet), or for the terminal."""
    from sim.results.record import plain_values
    from sim.show import sweeps as show

    plain = plain_values(show.answer(result, measures)) if printing.json else {}
    printing.show(plain, result.folder, lambda: show.render(result, measures, cells, details), details)
