"""Commands on sweeps: run one, see how far it is and what it says, and find when a scenario fails."""

import warnings
from pathlib import Path
from typing import Annotated, Literal

import typer

from sim.cli.options import (
    Assumptions,
    Baseline,
    Details,
    Json,
    Out,
    Population,
    Quiet,
    Scenario,
    Seed,
    Start,
    Workers,
    World,
    Years,
    measure_of,
    population_of,
)
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
    population: Population = "50_000",
    replicates: Annotated[int, typer.Option(min=1, help="Pairs of runs at every point, with the same seeds.")] = 1,
    years: Years = 10,
    start: Start = 2026,
    seed: Seed = 0,
    assumptions: Assumptions = None,
    world: World = None,
    baseline: Baseline = "baseline",
    workers: Workers = None,
    cluster: Annotated[str | None, typer.Option(metavar="ADDRESS", help="A dask.distributed scheduler.")] = None,
    out: Out = Path("outputs"),
    force: Annotated[bool, typer.Option("--force", help="Begin anew, whatever lies in the store.")] = False,
    details: Details = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Find out which assumptions an answer rests on; killed at any time, the same command goes on."""
    from sim.results.folder import check_writable
    from sim.scenario.files import load
    from sim.show import sweeps as show
    from sim.show.plots import draw_sweep_figures
    from sim.study.sweep import runner as study

    if extend is not None and n is not None:
        raise UsageError("--extend", "give it or --n, not both")
    if world is not None and cluster is not None:
        raise UsageError("--world", "tables of one's own stay on this machine: not together with --cluster")
    check_writable(out)
    # without a measure: the share of the scenario's subject
    measures = measure or [measure_of(load(scenario))]
    with show.progress(quiet or json) as progress:
        found = study.sweep(
            scenario,
            tuple(measures),
            method,
            extend or n,
            _listed(over or ()),
            baseline,
            levels=levels,
            out=out,
            executor=cluster,
            progress=progress,
            force=force,
            population=population_of(population),
            years=years,
            start=start,
            seed=seed,
            assumptions=assumptions,
            workers=workers,
            replicates=replicates,
        )
    for problem in draw_sweep_figures(found):
        warnings.warn(problem, TalentflowWarning, stacklevel=2)
    _print(found, measures, json, quiet, details)
    if not found.counts().get("done"):
        raise typer.Exit(1)


def status(
    folder: SweepFolder,
    measure: Annotated[
        list[str] | None, typer.Option(help="What the reading is about; by default what was asked.")
    ] = None,
    details: Details = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Say how far a sweep is, what was refused or failed, and what it says so far; nothing is run."""
    from sim.results.sweep import Sweep

    found = Sweep.load(folder)
    _print(found, list(measure or found.record.get("measures") or [found.primary]), json, quiet, details, cells=True)


def discover(
    folder: SweepFolder,
    when: Annotated[str, typer.Option(metavar="CONDITION", help="Such as 'below 0' or 'above 0.5pp', of the effect.")],
    measure: Annotated[str | None, typer.Option(help="One of those kept in the sweep; by default the first.")] = None,
    stage: Annotated[str | None, typer.Option(help="Of a guided sweep: screening or indices.")] = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Find under which assumptions a scenario fails, as boxes in plain words (needs the extra 'discovery')."""
    from sim.results.discovery import boxes, condition
    from sim.results.record import plain_values, to_json
    from sim.results.sweep import Sweep
    from sim.show import sweeps as show
    from sim.show import terminal

    found = Sweep.load(folder)
    answer = boxes(found, condition(when, found, measure), measure, stage)
    if json:
        typer.echo(to_json(plain_values(answer), indent=1))
    elif quiet:
        typer.echo("\n".join(box["words"] for box in answer["boxes"]) or "none")
    else:
        terminal.console().print(show.render_boxes(answer))


def _listed(over) -> tuple[str, ...]:
    """Return every name of every ``--over``; commas inside a pattern such as ``{usa,can}`` do not separate names."""
    return tuple(part.strip() for text in over for part in ([text] if "{" in text else text.split(",")))


def _print(found, measures, json, quiet, details, cells=False) -> None:
    """Print the findings of a sweep as JSON, as its folder (quiet), or for the terminal."""
    from sim.results.record import plain_values, to_json
    from sim.show import sweeps as show
    from sim.show import terminal

    if json:
        typer.echo(to_json(plain_values(show.answer(found, measures)), indent=1))
    elif quiet:
        typer.echo(found.folder)
    else:
        terminal.console(details).print(show.render(found, measures, cells, details))
