"""The command line, a thin door. Heavy imports stay inside the commands, so that ``--help`` is quick."""

import sys
from typing import Annotated

import typer

from sim import __version__, custom_world
from sim.cli import run, saved_runs, scenarios, sweeps, validation
from sim.errors import TalentflowError, one_line

app = typer.Typer(
    help="Where the world's AI engineers will live and work if a policy changes.",
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for panel, commands in (
    ("Run", (run.run, run.compare, run.index, run.breakeven, run.why)),
    ("Sweeps", (sweeps.sweep, sweeps.status, sweeps.discover)),
    ("Explore", (run.explore,)),
    ("A saved run", (saved_runs.effect, saved_runs.plot, saved_runs.verify)),
    (
        "Scenarios",
        (
            scenarios.list_scenarios,
            scenarios.describe,
            scenarios.diff,
            scenarios.new,
            scenarios.levers,
            scenarios.schema,
        ),
    ),
    ("The world", (scenarios.world, scenarios.split)),
    ("Trust", (validation.validate, validation.backcast, validation.calibrate)),
):
    for command in commands:
        app.command(command.__name__.removesuffix("_scenarios"), rich_help_panel=panel)(command)


def main(arguments=None):
    """Run the command line and leave with its exit code: 0 done, 1 failed, 2 refused, 130 interrupted."""
    arguments = sys.argv[1:] if arguments is None else list(arguments)
    if "--version" in arguments:  # of whatever command
        typer.echo(f"talentflow {__version__}")
        sys.exit()
    try:
        with custom_world.restored():
            code = app(arguments, prog_name="talentflow", standalone_mode=False)
        resumes = arguments[:1] in (["sweep"], ["calibrate"])
        kept = "finished cells are kept, and the same command goes on" if resumes else "nothing was saved"
        message = f"interrupted, {kept}" if code == 130 else ""
    except TalentflowError as error:
        code, message = error.exit_code, str(error)
    except typer.TyperException as error:
        code, message = error.exit_code, error.format_message()
    except OSError as error:
        code, message = 1, f"{error.filename or 'the system'}: {error.strerror or error}"
    except MemoryError:
        code, message = 1, "out of memory: try a smaller --population or fewer --workers"
    if message:
        typer.echo(f"talentflow: {one_line(message)}", err=True)
    sys.exit(code or 0)


@app.callback(invoke_without_command=True)
def _root(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version; works for every command.")] = False,
):
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())
