"""Commands on the folder of a saved run; only ``verify`` runs the model."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from sim.cli.options import Folder, Printing
from sim.errors import UsageError, nearest


def effect(
    folder: Folder,
    measures: Annotated[
        list[str], typer.Argument(metavar="MEASURE...", help="Such as share:usa,tier=expert@2036, hhi, drain,home=ind.")
    ],
    printing: Printing = Printing(),
) -> None:
    """Say the effect on any measure, with its spread, its error, and the pairs that would halve that."""
    from sim.results.result import Result
    from sim.results.summary import effect_table
    from sim.show import terminal
    from sim.show.answer import plain_rows, render_effects

    result = Result.load(folder)
    # programs get the rows, people a table made from the measures
    rows = plain_rows(effect_table(result, measures)) if printing.for_program else []
    printing.show(
        rows,
        "\n".join(str(row["effect"]) for row in rows),
        lambda: render_effects(result, measures, terminal.columns()),
        details=False,
    )


def plot(
    folder: Folder,
    kind: Annotated[str | None, typer.Argument(metavar="KIND", help="Left out: the list of kinds.")] = None,
    hubs: Annotated[str | None, typer.Option(metavar="A,B,...", help="Hubs to show.")] = None,
    years: Annotated[str | None, typer.Option(metavar="FIRST:LAST", help="Years to show.")] = None,
    style: Annotated[Literal["memo", "slide"], typer.Option(help="For print, or for a wall.")] = "memo",
    format: Annotated[
        Literal["png", "svg", "pdf", "graphml"],
        typer.Option(help="Of the file; graphml: the network of hubs, for other programs."),
    ] = "png",
    scenario: Annotated[str | None, typer.Option(help="One scenario of a comparison.")] = None,
    basis: Annotated[
        Literal["residence", "employer"], typer.Option(help="Count engineers where they live or are employed.")
    ] = "residence",
    measure: Annotated[str | None, typer.Option(help="Of a sweep: one of those that it kept.")] = None,
    out: Annotated[Path | None, typer.Option(help="A file; by default in the run's folder figures.")] = None,
    printing: Printing = Printing(),
) -> None:
    """Draw a figure of a saved run or sweep; nothing is run again."""
    from sim.results.export import write_graphml
    from sim.results.record import plain
    from sim.results.result import Result
    from sim.results.sweep_store import is_sweep
    from sim.show import plots
    from sim.show.plots.choice import only_pair

    # a sweep has figures of its own
    if is_sweep(folder):
        _plot_sweep(folder, kind, measure, style, format, out, printing)
        return
    result = Result.load(folder)
    if kind is None and format != "graphml":
        _say_kinds(plots.KINDS, printing)
        return
    # a kind that there is, on the basis that was asked for
    known = plots.KINDS if format != "graphml" else ["network"]
    kind = kind or "network"
    if kind not in known:
        raise UsageError(f"no figure {kind!r} as {format}; there are: {', '.join(known)}{nearest(kind, known)}")
    result = result.versus(scenario) if scenario else result
    if basis == "employer":
        if kind not in plots.BY_STOCK:
            raise UsageError(f"{kind} does not count engineers by employer", f"these do: {', '.join(plots.BY_STOCK)}")
        result = result.by_employer()
    # options that change the figure are part of its file name
    span = None if years is None else _years(years)
    unusual = [basis if basis == "employer" else None, style if style == "slide" else None]
    asked = [scenario, hubs, years, *unusual]  # the run's own figures stay as they are
    name = "-".join([kind, *(plain(words) for words in asked if words)])
    path = out or folder / "figures" / f"{name}.{format}"
    path.parent.mkdir(parents=True, exist_ok=True)
    # a graph for other programs, or a figure
    if format == "graphml":
        only_pair(result, kind)
        write_graphml(result, path, years=span)
    else:
        chosen = None if hubs is None else [hub.strip() for hub in hubs.split(",")]
        plots.draw(result, kind, path, hubs=chosen, years=span, style=style)
    printing.rows([{"file": str(path)}])


def _plot_sweep(folder, kind, measure, style, format, out, printing) -> None:
    """Draw a figure of a saved sweep."""
    from sim.results.record import plain
    from sim.results.sweep import Sweep
    from sim.show import plots

    # list the kinds without a kind; draw one otherwise
    sweep = Sweep.load(folder)
    if kind is None:
        _say_kinds(plots.SWEEP_KINDS, printing)
        return
    name = "-".join([kind, *(plain(words) for words in (measure, style if style == "slide" else None) if words)])
    path = out or folder / "figures" / f"{name}.{format}"
    path.parent.mkdir(parents=True, exist_ok=True)
    plots.draw_sweep(sweep, kind, path, measure=measure, style=style)
    printing.rows([{"file": str(path)}])


def _say_kinds(kinds, printing) -> None:
    """Print the kinds of figures."""
    printing.rows([{"kind": name, "shows": shows} for name, shows in kinds.items()])


def brief(
    folder: Folder,
    format: Annotated[Literal["html", "pdf"], typer.Option(help="pdf needs the extra 'brief'.")] = "html",
    printing: Printing = Printing(),
) -> None:
    """Write the answer of a saved run as one printed page; nothing is run again."""
    from sim.results.result import Result
    from sim.show.report.brief import write_brief

    printing.rows([{"file": str(write_brief(Result.load(folder), folder, format))}])


def assurance(
    folder: Folder,
    format: Annotated[Literal["both", "html", "docx"], typer.Option(help="docx needs the extra 'assurance'.")] = "both",
    printing: Printing = Printing(),
) -> None:
    """Write what a reviewer asks for: purpose, assumptions by quality and impact, checks, misses, sign-off sheet."""
    from sim.show.assurance import FORMATS, write_assurance

    paths = write_assurance(folder, FORMATS if format == "both" else (format,))
    printing.rows([{"file": str(path)} for path in paths])


def verify(
    folder: Folder, workers: Annotated[int | None, typer.Option(min=1)] = None, printing: Printing = Printing()
) -> None:
    """Replay a saved run and compare every array; exit code 1 if one differs."""
    from sim import custom_world
    from sim.results.folder import world_of
    from sim.results.record import code_digest, compare, to_json
    from sim.results.result import Result
    from sim.show import terminal
    from sim.study.run import replay
    from sim.world.cache import bypassed

    # run again, every arm of it, in the world that the run was made from
    saved = Result.load(folder)
    with (
        custom_world.using(world_of(folder, saved.record)),
        bypassed(),
        terminal.progress(saved.record["replicates"], printing.for_program) as progress,
    ):
        again = replay(saved.record, workers=workers, progress=progress)
    # compare every array, and say whether the code is that of the run
    differing = compare(saved.data, again.data)
    same_code = saved.record["digests"]["code"] == code_digest()
    if printing.json:
        typer.echo(to_json({"folder": str(folder), "differing": differing, "same_code": same_code}))
    elif not printing.quiet:
        outcome = f"differs in {', '.join(differing)}" if differing else "every array is the same, to the bit"
        typer.echo(f"{folder}: {outcome}{'' if same_code else ' (talentflow has changed since this run)'}")
    raise typer.Exit(1 if differing else 0)


def _years(text) -> tuple[int, int]:
    """Parse ``2028:2031`` or ``2028`` into (first, last)."""
    first, _, last = text.partition(":")
    try:
        return int(first), int(last or first)
    except ValueError:
        raise UsageError(f"--years {text}", "expected FIRST:LAST, such as 2028:2031") from None
