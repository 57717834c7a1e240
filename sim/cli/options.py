"""Arguments and options that several commands share."""

from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from sim import custom_world
from sim.arguments import number_of, whole
from sim.errors import UsageError

if TYPE_CHECKING:
    from sim.study.options import Options

Scenario = Annotated[str, typer.Argument(metavar="SCENARIO", help="A name, a file, or a stack such as a+b.")]
Folder = Annotated[Path, typer.Argument(metavar="FOLDER", help="The folder of a run.")]


def _use_world(folder) -> Path | None:
    """Use the tables of ``--world``; without it those of ``TALENTFLOW_WORLD``, or the shipped ones."""
    if folder is not None:
        custom_world.use(folder)
    return folder


World = Annotated[
    Path | None,
    typer.Option(
        metavar="FOLDER",
        callback=_use_world,
        is_eager=True,
        help="World tables of your own, in place of the shipped ones of the same name.",
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for other programs.")]
Details = Annotated[bool, typer.Option("--details", help="Also print all tables and notes.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print only what a script needs.")]

AGENTS = "100_000"  # by default
Population = Annotated[str, typer.Option(help="Agents at the start, or 'full' for every engineer.")]
Replicates = Annotated[int, typer.Option(min=1, help="Pairs of runs.")]
Years = Annotated[int, typer.Option(min=1, max=50)]
Start = Annotated[int, typer.Option(max=2100, help="First year, 2026 or later: the tables are of 2026.")]
Seed = Annotated[int, typer.Option(min=0)]
Uncertainty = Annotated[Literal["all", "chance"], typer.Option(help="Of chance and assumptions, or of chance alone.")]
UncertaintyOfRun = Annotated[
    Literal["all", "chance", "parts"],
    typer.Option(
        help="Of chance and assumptions, or of chance alone; parts: the first, and its variance split over "
        "chance, data, assumptions and the choice of model (seventeen times the runs)."
    ),
]
Assumptions = Annotated[Path | None, typer.Option(help="TOML file that holds or re-ranges assumptions.")]
Baseline = Annotated[str, typer.Option(help="The scenario to compare with; a stack such as a+b too.")]
Workers = Annotated[int | None, typer.Option(min=1, help="Processes; the result is the same for any number.")]
Fork = Annotated[
    int | None,
    typer.Option(
        metavar="YEAR",
        help="Run the past once, up to this year, for all scenarios. Left out: as late as their policies allow.",
    ),
]
Precision = Annotated[
    str | None, typer.Option(metavar="ERROR", help="More pairs until the Monte Carlo error is so small: 0.05pp.")
]
Most = Annotated[int, typer.Option(min=1, help="Pairs at which --precision gives up.")]
MeasureOfSubject = Annotated[
    str | None,
    typer.Option(
        help="What is measured, such as share:usa,tier=expert@2036; left out: share of the scenario's subject."
    ),
]
Out = Annotated[Path, typer.Option(help="Where the folder of the run goes.")]
Force = Annotated[bool, typer.Option("--force", help="Run again even if this very run lies there.")]


def options_of(chosen) -> "Options":
    """Build the checked ``Options`` of a study from a command's own arguments, a dict by name."""
    from sim.study.options import Options

    own = {field.name: chosen[field.name] for field in fields(Options) if chosen.get(field.name) is not None}
    return Options(**own | {"population": population_of(chosen["population"])}).checked()


def measure_of(scenario) -> str:
    """Return the default measure of a scenario: the share of its subject, or of the US."""
    from sim.scenario.places import subject_of

    subject = subject_of(scenario) or "usa"
    return f"{'stock' if subject.startswith('world') else 'share'}:{subject}"


def say(rows, json=False, quiet=False, hide=()) -> None:
    """Print rows as JSON, as their first column (quiet), or as a table without the columns ``hide``."""
    from sim.show import terminal

    terminal.print_rows(rows, json, quiet, hide)


def population_of(text) -> int | str:
    """Parse ``--population``: a number of agents, or 'full'."""
    if text == "full":
        return text
    try:
        return whole(number_of(text), "population")
    except (ValueError, UsageError):
        raise UsageError(f"--population {text}", "neither a whole number nor 'full'") from None
