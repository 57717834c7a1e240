"""The command line, a thin door. Heavy imports stay inside the functions, so that ``--help`` is quick."""

import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from sim import __version__
from sim.errors import TalentflowError, UsageError, nearest

app = typer.Typer(
    help="Where the world's AI engineers will live and work if a policy changes.",
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

Folder = Annotated[Path, typer.Argument(metavar="FOLDER", help="The folder of a run.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for other programs.")]
Name = Annotated[str, typer.Argument(metavar="SCENARIO", help="A name, a file, or a stack such as a+b.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print only what a script needs.")]


def main(arguments=None):
    """Run the command line and leave with its exit code: 0 done, 1 failed, 2 refused, 130 interrupted."""
    arguments = sys.argv[1:] if arguments is None else list(arguments)
    if "--version" in arguments:  # of whatever command
        sys.exit(typer.echo(f"talentflow {__version__}"))
    try:
        code = app(arguments, prog_name="talentflow", standalone_mode=False)
        message = "interrupted, nothing was saved" if code == 130 else ""
    except TalentflowError as error:
        code, message = error.exit_code, str(error)
    except typer.TyperException as error:
        code, message = error.exit_code, error.format_message()
    except OSError as error:
        code, message = 1, f"{error.filename or 'the system'}: {error.strerror or error}"
    except MemoryError:
        code, message = 1, "out of memory: try a smaller --population or fewer --workers"
    if message:
        typer.echo(f"talentflow: {' '.join(message.split())}", err=True)
    sys.exit(code or 0)


@app.callback(invoke_without_command=True)
def _root(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", help="Print the version; works for every command.")
    ] = False,
):
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


@app.command()
def run(
    scenario: Name,
    population: Annotated[
        str, typer.Option(help="Agents at the start, or 'full' for every engineer.")
    ] = "100_000",
    replicates: Annotated[int, typer.Option(min=1, help="Pairs of runs.")] = 20,
    years: Annotated[int, typer.Option(min=1, max=50)] = 10,
    start: Annotated[int, typer.Option(min=2000, max=2100, help="First year.")] = 2026,
    seed: Annotated[int, typer.Option(min=0)] = 0,
    uncertainty: Annotated[
        Literal["all", "chance"], typer.Option(help="Of chance and assumptions, or of chance alone.")
    ] = "all",
    assumptions: Annotated[
        Path | None, typer.Option(help="TOML file that holds or re-ranges assumptions.")
    ] = None,
    baseline: Annotated[str, typer.Option(help="The scenario to compare with.")] = "baseline",
    workers: Annotated[
        int | None, typer.Option(min=1, help="Processes; the result is the same for any number.")
    ] = None,
    overrides: Annotated[
        list[str] | None, typer.Option("--set", metavar="PATH=VALUE", help="Set a lever.")
    ] = None,
    out: Annotated[Path, typer.Option(help="Where the folder of the run goes.")] = Path("outputs"),
    force: Annotated[
        bool, typer.Option("--force", help="Run again even if this very run lies there.")
    ] = False,
    json: Json = False,
    quiet: Quiet = False,
):
    """Run a scenario against a baseline and save the answer."""
    from sim.results import Result
    from sim.results.folder import check_writable, is_valid
    from sim.results.record import folder_name, inputs, to_json
    from sim.scenario.files import load, set_overrides
    from sim.scenario.period import check_period
    from sim.show import answer, plots, terminal
    from sim.study import simulate

    check_writable(out)
    agents = simulate.check(_population(population), replicates, years, workers, uncertainty, simulate.load_setting())
    settings = {"population": agents, "replicates": replicates, "years": years, "start": start, "seed": seed}
    settings["uncertainty"] = uncertainty
    arms = set_overrides(load(scenario), overrides or []), load(baseline)
    for arm in arms:  # refused before a word about compiling
        check_period(arm, start, years)
    folder = out / folder_name(inputs(*arms, simulate.declarations(assumptions), **settings))
    if force or not is_valid(folder):
        with terminal.progress(replicates, quiet) as progress:
            result = simulate.run(
                *arms, **settings, assumptions=assumptions, workers=workers, progress=progress
            )
        folder = result.save(out, figures=plots.draw_figures, force=force)
    else:
        result = Result.load(folder)
    if json:
        typer.echo(to_json(answer.answer(result, folder), indent=1))
    elif quiet:
        typer.echo(folder)
    else:
        terminal.console().print(terminal.render(result, folder))


@app.command()
def verify(
    folder: Folder, workers: Annotated[int | None, typer.Option(min=1)] = None, json: Json = False, quiet: Quiet = False
):
    """Replay a saved run and compare every array; exit code 1 if one differs."""
    from sim.results import Result
    from sim.results.record import code_digest, compare, settings, to_json
    from sim.scenario.files import loads
    from sim.show import terminal
    from sim.study import simulate

    saved = Result.load(folder)
    arms = (loads(saved.record[arm], arm) for arm in ("scenario", "baseline"))
    with terminal.progress(saved.record["replicates"], quiet or json) as progress:
        again = simulate.run(*arms, **settings(saved.record), workers=workers, progress=progress)
    differing = compare(saved.data, again.data)
    same_code = saved.record["digests"]["code"] == code_digest()
    if json:
        typer.echo(to_json({"folder": str(folder), "differing": differing, "same_code": same_code}))
    elif not quiet:
        found = f"differs in {', '.join(differing)}" if differing else "every array is the same, to the bit"
        typer.echo(f"{folder}: {found}{'' if same_code else ' (talentflow has changed since this run)'}")
    raise typer.Exit(1 if differing else 0)


@app.command()
def plot(
    folder: Folder,
    kind: Annotated[str, typer.Argument(metavar="KIND", help="shares or effects.")],
    out: Annotated[Path | None, typer.Option(help="A file; by default in the run's folder figures.")] = None,
    json: Json = False,
    quiet: Quiet = False,
):
    """Draw a figure of a saved run."""
    from sim.results import Result
    from sim.show import plots

    if kind not in plots.KINDS:
        raise UsageError(
            f"unknown figure {kind!r}; there are: {', '.join(plots.KINDS)}{nearest(kind, plots.KINDS)}"
        )
    result = Result.load(folder)
    path = out or folder / "figures" / f"{kind}.png"
    path.parent.mkdir(parents=True, exist_ok=True)
    _say([{"file": str(plots.draw(result, kind, path))}], json, quiet)


@app.command("list")
def list_scenarios(json: Json = False, quiet: Quiet = False):
    """List the scenarios that can be named."""
    from sim.scenario.files import available, load

    rows = []
    for name, path in available().items():
        try:
            title = load(path).title
        except TalentflowError as error:  # one broken file does not hide the others
            title = f"cannot be read: {error}"
        rows.append({"scenario": name, "title": title, "file": str(path)})
    _say(rows, json, quiet, hide=("file",))


@app.command()
def describe(scenario: Name, json: Json = False, quiet: Quiet = False):
    """Say in plain English what a scenario does."""
    from sim.scenario.describe import describe
    from sim.scenario.files import load

    chosen = load(scenario)
    if not (json or quiet):
        typer.echo(f"{chosen.title}\n{chosen.question}".rstrip() + "\n")
    _say([{"sentence": sentence} for sentence in describe(chosen)], json, quiet)


@app.command()
def levers(
    pattern: Annotated[str, typer.Argument(metavar="PATTERN", help="Part of a path, or a path with * in it.")] = "",
    json: Json = False,
    quiet: Quiet = False,
):
    """List what a policy may change: path, present value, limits, meaning."""
    from sim.scenario.levers import catalogue, find
    from sim.show.terminal import lever_row

    found = [lever for path, lever in catalogue().items() if pattern in path] or find(pattern)
    _say([lever_row(lever) for lever in found], json, quiet, hide=("reaches", "unit", "grade", "source"))


@app.command()
def schema(json: Json = False, quiet: Quiet = False):
    """Print the JSON Schema of scenario files, for editors."""
    from sim.results.record import to_json
    from sim.scenario.schema import schema

    typer.echo(to_json(schema(), indent=None if quiet else 1))


@app.command()
def world(
    table: Annotated[
        str | None, typer.Argument(metavar="TABLE", help="Left out: the list of tables.")
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Say what is stale or unsourced; exit code 1 if any.")
    ] = False,
    json: Json = False,
    quiet: Quiet = False,
):
    """Print a world table, with the source and grade of every figure."""
    from sim.world import tables

    if check:
        problems = tables.check()
        _say([{"problem": problem} for problem in problems], json, quiet)
        if not problems and not (json or quiet):
            typer.echo("every table is up to date, and every figure has a source and a grade")
        raise typer.Exit(1 if problems else 0)
    if table is None:
        _say([{"table": name, "rows": len(tables.rows(name))} for name in tables.TABLES], json, quiet)
    else:
        _say([dict(row) for row in tables.rows(table)], json, quiet)


def _population(text):
    """The number of agents that ``--population`` asks for, or 'full'."""
    if text == "full":
        return text
    try:
        return int(text.replace(",", ""))
    except ValueError:
        raise UsageError(f"--population {text}", "neither a whole number nor 'full'") from None


def _say(rows, json, quiet, hide=()):
    """Print rows: as JSON, as their first column (quiet), or as a table."""
    from sim.show import terminal

    terminal.print_rows(rows, json, quiet, hide)
