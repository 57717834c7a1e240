"""Arguments and options that several commands share, each declared once.

A command takes a group of options, such as ``study: StudyOptions``, as one parameter; :func:`grouped` shows typer the
fields of the group as options of the command.
"""

import inspect
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, fields, is_dataclass, replace
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_type_hints

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

Population = Annotated[str, typer.Option(help="Agents at the start, or 'full' for every engineer.")]
Replicates = Annotated[int, typer.Option(min=1, help="Pairs of runs.")]
Years = Annotated[int, typer.Option(min=1, max=50)]
Start = Annotated[int, typer.Option(max=2100, help="First year, 2019 or later; the tables are of 2026.")]
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
Measures = Annotated[
    list[str] | None,
    typer.Option("--measure", metavar="MEASURE", help="Also say the effect on this; as often as you like."),
]
Out = Annotated[Path, typer.Option(help="Where the folder of the run goes.")]
Force = Annotated[bool, typer.Option("--force", help="Run again even if this very run lies there.")]


# --- Groups -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class RunOptions:
    """Hold the options by which ``run`` and ``compare`` simulate a scenario and its baseline."""

    population: Population = "100_000"
    replicates: Replicates = 20
    years: Years = 10
    start: Start = 2026
    seed: Seed = 0
    uncertainty: UncertaintyOfRun = "all"
    assumptions: Assumptions = None
    world: World = None
    baseline: Baseline = "baseline"

    def options(self, **more) -> "Options":
        """Return the checked ``Options`` of the study; ``more`` are options that stand outside the group."""
        from sim.study.options import Options

        # options that nobody gave keep the default of the study
        own = {field.name: getattr(self, field.name) for field in fields(Options) if hasattr(self, field.name)}
        given = {name: value for name, value in (own | more).items() if value is not None}
        return Options(**given | {"population": population_of(self.population)}).checked()

    def processes(self, workers) -> AbstractContextManager:
        """Return a block that shares the study with worker processes, which start while this one still imports.

        The options are not checked yet: it starts no more processes than there are cores.
        """
        from sim.parallel import cores, processes, workers_for
        from sim.show.illustrate import load_libraries

        population = population_of(self.population)
        counted = 1 if isinstance(population, str) else workers_for(population, self.replicates)
        return processes(min(workers or counted, cores()), load_libraries)


@dataclass(frozen=True)
class StudyOptions(RunOptions):
    """Hold the options of every other study: those of a run without ``--uncertainty parts``."""

    uncertainty: Uncertainty = "all"


@dataclass(frozen=True)
class SearchOptions:
    """Hold the options by which the points of a sweep are simulated."""

    population: Population = "50_000"
    replicates: Annotated[int, typer.Option(min=1, help="Pairs of runs at every point, with the same seeds.")] = 1
    years: Years = 10
    start: Start = 2026
    seed: Seed = 0
    assumptions: Assumptions = None
    world: World = None
    baseline: Baseline = "baseline"

    def settings(self) -> dict[str, Any]:
        """Return the options of the runs at every point, by the names that studies give them."""
        names = ("replicates", "years", "start", "seed", "assumptions")
        return {"population": population_of(self.population)} | {name: getattr(self, name) for name in names}


@dataclass(frozen=True)
class PortfolioOptions(SearchOptions):
    """Hold the options by which the mixes of a portfolio are simulated."""

    population: Population = "20_000"
    replicates: Annotated[int, typer.Option(min=1, help="Pairs of every mix of the search.")] = 2


@dataclass(frozen=True)
class Printing:
    """Hold how a command prints its answer: for other programs, for a script, or for people."""

    json: Json = False
    quiet: Quiet = False

    @property
    def for_program(self) -> bool:
        """Return whether another program reads what is printed, so that nothing else may be."""
        return self.json or self.quiet

    def show(self, answer, brief, view, details=True, folder=None) -> None:
        """Print an answer.

        Parameters
        ----------
        answer : values, printed as JSON with null for NaN, with the ``folder`` where one was saved
        brief : what ``--quiet`` prints
        view : function that makes the tables for the terminal
        details : whether the terminal is wide
        folder : path where the answer was saved, or None
        """
        from sim.results.record import plain_values, to_json
        from sim.show import terminal

        if self.json:
            # programs also learn where the answer was saved
            saved = {} if folder is None else {"folder": str(folder)}
            typer.echo(to_json(plain_values(answer | saved if saved else answer), indent=1))
        elif self.quiet:
            typer.echo(brief)
        else:
            terminal.console(details).print(view())

    def rows(self, rows, hide=()) -> None:
        """Print rows as JSON, as their first column (quiet), or as a table without the columns ``hide``."""
        from sim.show import terminal

        terminal.print_rows(rows, self.json, self.quiet, hide)


def grouped(command) -> Callable:
    """Give a command one option for each field of the groups that it takes.

    A parameter whose default is an instance of a dataclass is a group, and the instance has the defaults of its
    options. Typer sees the fields in place of the group; the command gets the group, filled in.
    """
    # replace each group by its fields, in place
    groups: dict[str, Any] = {}
    shown = []
    for parameter in inspect.signature(command).parameters.values():
        group = parameter.default
        if not is_dataclass(group):
            shown.append(parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY))
            continue
        groups[parameter.name] = group
        hints = get_type_hints(type(group), include_extras=True)
        shown += [
            inspect.Parameter(
                each.name,
                inspect.Parameter.KEYWORD_ONLY,
                default=getattr(group, each.name),
                annotation=hints[each.name],
            )
            for each in fields(group)
        ]

    @wraps(command)
    def filled(**given) -> None:
        # take the fields out of the arguments again, and fill the groups with them
        made = {
            name: replace(g, **{each.name: given.pop(each.name) for each in fields(g)}) for name, g in groups.items()
        }
        return command(**given, **made)

    # typer reads the signature and the annotations
    filled.__signature__ = inspect.Signature(shown)  # type: ignore[attr-defined]
    filled.__annotations__ = {parameter.name: parameter.annotation for parameter in shown}
    return filled


# --- Values that commands parse ---------------------------------------------------------------------


def measure_of(scenario) -> str:
    """Return the default measure of a scenario: the share of its subject, or of the US."""
    from sim.scenario.places import subject_of

    # the share of the subject; the world's own share is always 1, so its stock
    subject = subject_of(scenario) or "usa"
    return f"{'stock' if subject.startswith('world') else 'share'}:{subject}"


def population_of(text) -> int | str:
    """Parse ``--population``: a number of agents, or 'full'."""
    if text == "full":
        return text
    try:
        return whole(number_of(text), "population")
    except (ValueError, UsageError):
        raise UsageError(f"--population {text}", "neither a whole number nor 'full'") from None


def separated(names) -> tuple[str, ...]:
    """Split every text at its commas; those inside a pattern such as ``{usa,can}`` do not separate names."""
    return tuple(part.strip() for text in names for part in ([text] if "{" in text else text.split(",")))
