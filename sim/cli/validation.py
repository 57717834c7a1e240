"""Commands that compare the model with facts, experiments and held-back years."""

import time
from pathlib import Path
from typing import Annotated

import typer

from sim.cli.options import Assumptions, Json, Out, Population, Quiet, Seed, Uncertainty, Workers, World, population_of
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
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Run the gates: facts that an honest simulator must reproduce, each with its band, its figure and a verdict.

    Exit code 0 if every gate that was not fitted to lies in its band on 80 % of the draws, else 1.
    """
    import pandas as pd

    from sim.results.folder import check_writable, write_tables
    from sim.results.record import to_json
    from sim.show import gates as show
    from sim.show import terminal
    from sim.study.validation import validate as study

    begun = time.perf_counter()
    check_writable(out)
    # run the gates, then save the table, the full record and the page
    wanted = tuple(name.strip() for name in only.split(",")) if only is not None else ()
    with terminal.progress(draws, quiet or json, "draws") as progress:
        found = study(
            draws,
            population_of(population),
            wanted,
            seed=seed,
            uncertainty=uncertainty,
            assumptions=assumptions,
            workers=workers,
            progress=progress,
        )
    table = pd.DataFrame(
        [
            {key: value for key, value in row.items() if key not in ("beside", "scenarios", "values")}
            for row in found["gates"]
        ]
    )
    folder = write_tables(
        out,
        "validate",
        found,
        {"gates": table},
        answer="gates",
        illustrate=lambda into: (into / "gates.html").write_text(show.page(found), encoding="utf-8"),
    )
    if json:
        typer.echo(to_json(found | {"folder": str(folder)}, indent=1))
    elif quiet:
        typer.echo(folder)
    else:
        terminal.console(details=True).print(show.render(found, folder, time.perf_counter() - begun))
    if not found["passed"]:
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
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Run published natural experiments on the model: each study's own statistic beside what it found.

    The recipe for a study of your own is in docs/experiments.md.
    """
    from sim.results.record import to_json
    from sim.show import studies as show
    from sim.show import terminal
    from sim.study.experiments import found, plain_row, run_studies

    # the studies asked for; --list prints what was published and measures nothing
    chosen = found(study)
    if only_list:
        rows = [plain_row(each, None, None) for each in chosen.values()]
    else:
        with terminal.progress(len(chosen), quiet or json, "studies") as progress:
            rows = run_studies(
                chosen,
                progress,
                population=population_of(population),
                replicates=replicates,
                seed=seed,
                assumptions=assumptions,
            )
    if json:
        typer.echo(to_json(rows, indent=1))
    elif quiet:
        typer.echo("\n".join(f"{row['id']} {show.figure(row['simulated'])}" for row in rows))
    else:
        only = len(rows) == 1 and study is not None and not only_list
        typer.echo(str(show.one(rows[0]) if only else show.listing(rows)))


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
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Show what every family of levers does, at three doses, to the measure that it should move."""
    from sim.results.record import to_json
    from sim.show import atlas as show
    from sim.show import terminal
    from sim.study.atlas import atlas as study

    with terminal.progress(replicates, quiet or json) as progress:
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
    if json:
        typer.echo(to_json(rows, indent=1))
    else:
        terminal.print_rows(show.shown(rows), quiet=quiet)


def calibrate(
    rows: Annotated[int, typer.Option(min=1, help="Draws of the beliefs that the fit learns from.")] = 512,
    truths: Annotated[int, typer.Option(min=8, help="Known truths that the fit must find again.")] = 64,
    seed: Seed = 0,
    workers: Workers = None,
    out: Out = Path("outputs"),
    ship: Annotated[bool, typer.Option("--ship", help="Also put the result in place of the tables that ship.")] = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Fit the beliefs about behaviour to facts, and the hub constants under them (needs the extra 'calibrate').

    Killed at any time, the same command goes on.
    """
    from sim.parallel import cores
    from sim.results.folder import check_writable, write_tables
    from sim.results.record import to_json
    from sim.show import calibration as show
    from sim.show import sweeps, terminal
    from sim.study.calibration import pipeline
    from sim.study.calibration.hub_constants import write

    check_writable(out)
    note = (lambda line: None) if quiet or json else (lambda line: typer.echo(f"{line} ...", err=True))
    with sweeps.progress(quiet or json) as progress:
        workers = workers or cores()
        found = pipeline.calibrate(rows, seed, out=out, workers=workers, truths=truths, progress=progress, say=note)
    answer = show.answer(found)

    def add(folder) -> None:
        constants, offsets = found.hub_constants
        write(constants, offsets, folder)
        for name, text in show.views(answer).items():
            (folder / f"{name}.toml").write_text(text, encoding="utf-8")

    named = ("posterior", "correlation", "facts", "ranks", "families", "sensitivity")
    tables = {name: getattr(found, name) for name in named} | {"left_out": found.left_out.drop(columns="levers")}
    folder = write_tables(out, "calibration", answer, tables, lambda into: show.draw(answer, into), "calibration", add)
    if ship:
        pipeline.ship(folder)
    if json:
        typer.echo(to_json(answer | {"folder": str(folder)}, indent=1))
    elif quiet:
        typer.echo(folder)
    else:
        terminal.console(details=True).print(show.render(answer, folder))


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
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Predict years that were held back, and score that beside no change, last flow and gravity."""
    from sim.results.folder import check_writable, write_tables
    from sim.results.record import plain_values, to_json
    from sim.show import backcast as show
    from sim.show import terminal
    from sim.study.backcast import backcast as study
    from sim.study.backcast import rolling

    check_writable(out)
    years = _years(score)
    found = study(
        flows,
        fit_until,
        years,
        _agents(population),
        seed,
        replicates,
        lambda: terminal.say_if_compiling(quiet or json),
    )
    # the same score over every split of the years
    board = rolling(flows, years[1] - years[0] + 1, seed)
    tables = {
        "scores": found.scores,
        "verdicts": found.verdicts,
        "corridors": found.corridors,
        "net_rates": found.net_rates,
        "kernel": found.kernel,
    }
    if board.splits:
        tables |= {"rolling_scores": board.scores, "rolling_verdicts": board.verdicts}
    # the saved answer: scores by model, kernel, verdicts and the rolling splits
    answer = plain_values(
        found.record
        | {
            "scores": {row.pop("who"): row for row in found.scores.to_dict("records")},
            "kernel": found.kernel.to_dict("records"),
            "verdicts": {row.pop("score"): row for row in found.verdicts.to_dict("records")},
            "rolling": {row.pop("score"): row for row in board.tally.to_dict("records")},
            "splits": board.splits,
            "sentences": show.sentences(found) + show.tallied(board),
        }
    )
    folder = write_tables(out, f"backcast-{fit_until}", answer, tables, lambda into: show.draw(found, board, into))
    if json:
        typer.echo(to_json(answer | {"folder": str(folder)}, indent=1))
    elif quiet:
        typer.echo(f"{found.value(show.MODEL, 'rank'):.4f}")
    else:
        terminal.console(details=True).print(show.render(found, board, folder))


def _years(text) -> tuple[int, int]:
    """Parse ``2013-2015`` or ``2013`` into (first, last)."""
    first, _, last = text.partition("-")
    try:
        return int(first), int(last or first)
    except ValueError:
        raise UsageError(f"--score {text}", "expected FIRST-LAST, such as 2013-2015") from None


def _agents(text):
    """Parse ``--population`` of a backcast: a number of agents."""
    if text == "full":
        raise UsageError("--population full", "a backcast takes a number of agents, such as 200_000")
    return population_of(text)
