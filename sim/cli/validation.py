"""Commands that compare the model with facts, experiments and held-back years."""

import time
from pathlib import Path
from typing import Annotated

import typer

from sim.cli.options import (
    Assumptions,
    Details,
    Out,
    Population,
    Printing,
    Seed,
    Uncertainty,
    Workers,
    World,
    population_of,
)
from sim.errors import UsageError


def validate(
    draws: Annotated[int, typer.Option(min=1, help="Draws of the assumptions on which every gate is measured.")] = 20,
    population: Population = "100_000",
    only: Annotated[
        str | None, typer.Option(metavar="GATES", help="Such as g01,g05; g08 for all that begin with it.")
    ] = None,
    seed: Seed = 0,
    uncertainty: Uncertainty = "all",
    assumptions: Assumptions = None,
    workers: Workers = None,
    out: Out = Path("outputs"),
    printing: Printing = Printing(),
) -> None:
    """Run the gates: facts that an honest simulator must reproduce, each with its band, its figure and a verdict.

    Exit code 0 if every gate that was not fitted to lies in its band on 80 % of the draws, else 1.
    """
    from sim.results.folder import check_writable, write_tables
    from sim.show import gates as show
    from sim.show import terminal
    from sim.study.validation import validate as study

    begun = time.perf_counter()
    check_writable(out)
    # run the gates, then save the table, the full record and the page
    wanted = tuple(name.strip() for name in only.split(",")) if only is not None else ()
    with terminal.progress(draws, printing.for_program, "draws") as progress:
        answer = study(
            draws,
            population_of(population),
            wanted,
            seed=seed,
            uncertainty=uncertainty,
            assumptions=assumptions,
            workers=workers,
            progress=progress,
        )
    # save the table, the full record and the page, then print
    draw = lambda into: (into / "gates.html").write_text(show.page(answer), encoding="utf-8")  # noqa: E731
    folder = write_tables(out, "validate", answer, {"gates": show.frame(answer)}, draw, "gates")
    printing.show(
        answer, folder, lambda: show.render(answer, folder, time.perf_counter() - begun), details=True, folder=folder
    )
    if not answer["passed"]:
        raise typer.Exit(1)


def experiments(
    study: Annotated[
        str | None, typer.Argument(metavar="[ID | FILE | FOLDER]", help="Left out: all studies that ship.")
    ] = None,
    population: Population = "100_000",
    replicates: Annotated[int, typer.Option(min=1, help="Pairs, for what is measured on agents.")] = 4,
    seed: Seed = 0,
    assumptions: Assumptions = None,
    only_list: Annotated[bool, typer.Option("--list", help="Say what was published; measure nothing.")] = False,
    world: World = None,
    printing: Printing = Printing(),
) -> None:
    """Run published natural experiments on the model: each study's own statistic beside what it found.

    The recipe for a study of your own is in docs/experiments.md.
    """
    from sim.results.record import plain_values, to_json
    from sim.show import studies as show
    from sim.show import terminal
    from sim.study.experiments import plain_row, read_studies, run_studies

    # the studies asked for; --list prints what was published and measures nothing
    chosen = read_studies(study)
    if only_list:
        rows = [plain_row(each, None, None) for each in chosen.values()]
    else:
        with terminal.progress(len(chosen), printing.for_program, "studies") as progress:
            rows = run_studies(
                chosen,
                progress,
                population=population_of(population),
                replicates=replicates,
                seed=seed,
                assumptions=assumptions,
            )
    if printing.json:
        typer.echo(to_json(plain_values(rows), indent=1))
    elif printing.quiet:
        typer.echo("\n".join(f"{row['id']} {show.figure(row['simulated'])}" for row in rows))
    else:
        # a list has titles; one study that was asked for is shown in full, several as a table
        width = terminal.columns()
        if only_list:
            shown = show.titles(rows, width)
        elif study is not None and len(rows) == 1:
            shown = show.one(rows[0], width)
        else:
            shown = show.listing(rows, width)
        typer.echo(str(shown))


def atlas(
    families: Annotated[
        list[str] | None, typer.Argument(metavar="[FAMILY...]", help="Such as tax_rate_points; left out: all.")
    ] = None,
    population: Population = "100_000",
    replicates: Annotated[int, typer.Option(min=1, help="Pairs of runs.")] = 4,
    years: Annotated[int | None, typer.Option(min=1, max=50, help="At most so many, for a small atlas.")] = None,
    seed: Seed = 0,
    assumptions: Assumptions = None,
    workers: Workers = None,
    world: World = None,
    printing: Printing = Printing(),
) -> None:
    """Show what every family of levers does, at three doses, to the measure that it should move.

    All families take some three minutes of processor time; --population 10000 --replicates 1 gives a first look.
    """
    from sim.show import atlas as show
    from sim.show import terminal
    from sim.study.atlas import atlas as study

    # every dose runs on the same pairs
    with terminal.progress(replicates, printing.for_program, "parts") as progress:
        rows = study(
            tuple(families or ()),
            years=years,
            population=population_of(population),
            replicates=replicates,
            seed=seed,
            assumptions=assumptions,
            workers=workers,
            progress=progress,
        )
    brief = "\n".join(f"{row['lever']} {row['value']} {row['effect']:.0f}" for row in rows)
    printing.show(rows, brief, lambda: show.render(rows, terminal.columns()), details=False)


def calibrate(
    rows: Annotated[int, typer.Option(min=1, help="Draws of the beliefs that the fit learns from.")] = 512,
    truths: Annotated[int, typer.Option(min=8, help="Known truths that the fit must find again.")] = 64,
    seed: Seed = 0,
    workers: Workers = None,
    out: Out = Path("outputs"),
    ship: Annotated[bool, typer.Option("--ship", help="Also put the result in place of the tables that ship.")] = False,
    printing: Printing = Printing(),
) -> None:
    """Fit the beliefs about behaviour to facts, and the hub constants under them (needs the extra 'calibrate').

    Killed at any time, the same command goes on.
    """
    from sim.parallel import cores
    from sim.results.folder import check_writable, write_tables
    from sim.show import calibration as show
    from sim.show import sweeps
    from sim.study.calibration import pipeline

    check_writable(out)
    # a line for each step, on the error stream
    note = (lambda line: None) if printing.for_program else (lambda line: typer.echo(f"{line} ...", err=True))
    with sweeps.progress(printing.for_program) as progress:
        workers = workers or cores()
        result = pipeline.calibrate(rows, seed, out=out, workers=workers, truths=truths, progress=progress, say=note)
    # save the answer, the tables and the figure, and beside them the files that can ship
    answer = show.answer(result)
    folder = write_tables(
        out,
        "calibration",
        answer,
        show.tables(result),
        lambda into: show.draw(answer, into),
        "calibration",
        lambda into: pipeline.write_files(result, show.views(answer), into),
    )
    if ship:
        pipeline.ship(folder)
    printing.show(answer, folder, lambda: show.render(answer, folder), details=True, folder=folder)


def backcast(
    flows: Annotated[
        Path | None, typer.Option(metavar="FILE", help="CSV with year, orig, dest, n. Left out: scholars 1998-2015.")
    ] = None,
    fit_until: Annotated[int, typer.Option(metavar="YEAR", help="Last year that anything is fitted to.")] = 2012,
    score: Annotated[str, typer.Option(metavar="FIRST-LAST", help="Years held back and scored.")] = "2013-2015",
    population: Annotated[str, typer.Option(help="Agents at the start, each for so many scholars.")] = "200_000",
    replicates: Annotated[int, typer.Option(min=1, help="Simulations.")] = 4,
    seed: Seed = 0,
    out: Out = Path("outputs"),
    printing: Printing = Printing(),
) -> None:
    """Predict years that were held back, and score that beside no change, last flow and gravity."""
    from sim.results.folder import check_writable, write_tables
    from sim.show import backcast as show
    from sim.show import terminal
    from sim.study.backcast import backcast as study
    from sim.study.backcast import rolling

    check_writable(out)
    # run the backcast of this split
    years, agents = _years(score), _agents(population)
    say = lambda: terminal.say_if_compiling(printing.for_program)  # noqa: E731
    result = study(flows, fit_until, years, agents, seed, replicates, say)
    # the same score over every split of the years
    board = rolling(flows, years[1] - years[0] + 1, seed)
    answer = show.answer(result, board)
    # save the scores, tables and figures, then print
    draw = lambda into: show.draw(result, board, into)  # noqa: E731
    folder = write_tables(out, f"backcast-{fit_until}", answer, show.tables(result, board), draw)
    brief = f"{result.value(show.MODEL, 'rank'):.4f}"
    printing.show(answer, brief, lambda: show.render(result, board, folder), details=True, folder=folder)


def hindcast(
    start: Annotated[int, typer.Option(help="First year, from 2019 to the year before the tables.")] = 2023,
    population: Population = "100_000",
    replicates: Annotated[int, typer.Option(min=1, help="Simulations.")] = 10,
    seed: Seed = 0,
    assumptions: Assumptions = None,
    workers: Workers = None,
    out: Out = Path("outputs"),
    details: Details = False,
    printing: Printing = Printing(),
) -> None:
    """Start in a past year, run to the year of the tables, and set that beside what is known of these years."""
    from sim.results.folder import check_writable, write_tables
    from sim.results.record import plain_values
    from sim.show import hindcast as show
    from sim.show import terminal
    from sim.study.hindcast import hindcast as study

    check_writable(out)
    with terminal.progress(replicates, printing.for_program) as progress:
        chosen = {"population": population_of(population), "replicates": replicates, "seed": seed}
        answer = plain_values(study(start, **chosen, assumptions=assumptions, workers=workers, progress=progress))
    answer |= {"headline": show.headline(answer)}
    # save the answer, the table and the figure, then print
    draw = lambda into: show.draw(answer, into / "hindcast.png")  # noqa: E731
    folder = write_tables(out, f"hindcast-{start}", answer, show.tables(answer), draw)
    printing.show(answer, answer["headline"], lambda: show.render(answer, folder, details), details, folder)


def _years(text) -> tuple[int, int]:
    """Parse ``2013-2015`` or ``2013`` into (first, last)."""
    first, _, last = text.partition("-")
    try:
        return int(first), int(last or first)
    except ValueError:
        raise UsageError(f"--score {text}", "expected FIRST-LAST, such as 2013-2015") from None


def _agents(text) -> int | str:
    """Parse ``--population`` of a backcast: a number of agents."""
    # a backcast has scholars of its own, not the world's engineers
    if text == "full":
        raise UsageError("--population full", "a backcast takes a number of agents, such as 200_000")
    return population_of(text)
