"""The command line. Heavy imports stay inside the commands, so that ``--help`` is quick."""

import atexit
import gc
import os
import sys
import warnings
from functools import partial
from typing import Annotated

import typer

from sim import __version__, custom_world
from sim.arguments import user_path
from sim.cli import run, saved_runs, scenarios, sweeps, validation
from sim.cli.options import grouped
from sim.errors import FileError, TalentflowError, TalentflowWarning, one_line
from sim.texts import PLAIN

app = typer.Typer(
    help="Where the world's AI engineers will live and work if a policy changes.",
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
# register the commands, in the panels of --help
for panel, commands in (
    ("Run", (run.run, run.compare, run.index, run.breakeven, run.portfolio, run.why, run.count)),
    ("Sweeps", (sweeps.sweep, sweeps.status, sweeps.discover)),
    ("Explore", (run.explore,)),
    ("A saved run", (saved_runs.effect, saved_runs.brief, saved_runs.plot, saved_runs.assurance, saved_runs.verify)),
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
    ("This machine", (run.compile_kernels,)),
    (
        "Trust",
        (
            validation.validate,
            validation.experiments,
            validation.atlas,
            validation.backcast,
            validation.hindcast,
            validation.calibrate,
        ),
    ),
):
    for command in commands:
        name = command.__name__.removesuffix("_scenarios").removesuffix("_kernels")
        app.command(name, rich_help_panel=panel)(grouped(command))


def main(arguments=None) -> None:
    """Run the command line and exit with its code: 0 done, 1 failed, 2 refused, 130 interrupted."""
    arguments = sys.argv[1:] if arguments is None else list(arguments)
    if "--version" in arguments:  # of whatever command
        typer.echo(f"talentflow {__version__}")
        sys.exit()
    # shells expand ~ at the start of a word only
    arguments = [_expanded(word) for word in arguments]
    os.environ["MPLBACKEND"] = "agg"  # commands draw into files, whatever a notebook's shell has exported
    # matrices are small here: threads of the linear algebra would only spin while they wait for one another; worker
    # processes inherit the variable, which is read when numpy is loaded
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    # the interpreter walks all objects once more before it ends, which takes a second; nothing is left to collect
    atexit.register(gc.freeze)
    # streams that cannot show a character show a plain one
    for stream in (sys.stdout, sys.stderr):
        _degrade(stream)
    try:
        with custom_world.restored(), warnings.catch_warnings():
            warnings.filterwarnings("always", category=TalentflowWarning)
            warnings.showwarning = partial(_say_warning, set())
            code = app(arguments, prog_name="talentflow", standalone_mode=False)
        # an interrupt: say whether the work is kept
        resumes = arguments[:1] in (["sweep"], ["calibrate"], ["portfolio"])
        kept = "finished cells are kept, and the same command goes on" if resumes else "nothing was saved"
        message = f"interrupted, {kept}" if code == 130 else ""
    except TalentflowError as error:
        code, message = error.exit_code, str(error)
    except typer.TyperException as error:
        code, message = error.exit_code, error.format_message()
    except OSError as error:
        refused = FileError.of(error)
        code, message = refused.exit_code, str(refused)
    except MemoryError:
        code, message = 1, "out of memory: try a smaller --population or fewer --workers"
    if message:
        typer.echo(f"talentflow: {one_line(message)}", err=True)
    sys.exit(code or 0)


def _expanded(word) -> str:
    """Expand ``~`` in an argument, also behind ``--option=``, where shells leave it unchanged."""
    name, equals, value = word.partition("=")
    if word.startswith("--") and equals and value.startswith("~"):
        return f"{name}={user_path(value)}"
    return str(user_path(word)) if word.startswith("~") else word


def _degrade(stream) -> None:
    """Make a stream replace characters that its encoding lacks, rather than fail while printing."""
    if hasattr(stream, "reconfigure"):
        stream.reconfigure(errors=PLAIN)


def _say_warning(said, message, category, *place) -> None:
    """Print each warning of talentflow once, as one line on the error stream; print others as Python does."""
    if issubclass(category, TalentflowWarning):
        line = one_line(str(message))
        if line not in said:
            typer.echo(f"talentflow: {line}", err=True)
        said.add(line)
    else:
        typer.echo(warnings.formatwarning(message, category, *place[:2]), err=True, nl=False)


@app.callback(invoke_without_command=True)
def _root(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version; works for every command.")] = False,
) -> None:
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())
