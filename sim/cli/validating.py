"""The command that runs the gates."""

import time
from pathlib import Path
from typing import Annotated

import typer

from sim.cli.shared import Assumptions, Json, Out, Population, Quiet, Seed, Uncertainty, Workers, population_of


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
):
    """Run the gates: facts that an honest simulator must reproduce, each with its band, its figure and a verdict.

    Exit code 0 if every gate that was not fitted to lies in its band on 80 % of the draws, else 1.
    """
    import pandas as pd

    from sim.results.folder import check_writable, write_tables
    from sim.results.record import to_json
    from sim.show import gates as show
    from sim.show import terminal
    from sim.study.validate import validate as study

    begun = time.perf_counter()
    check_writable(out)
    wanted = tuple(name.strip() for name in only.split(",")) if only is not None else ()
    with terminal.progress(draws, quiet or json, "draws") as progress:
        found = study(draws, population_of(population), wanted, seed=seed, uncertainty=uncertainty,
                      assumptions=assumptions, workers=workers, progress=progress)  # fmt: skip
    table = pd.DataFrame([{key: value for key, value in row.items() if key not in ("beside", "scenarios", "values")}
                          for row in found["gates"]])  # fmt: skip
    folder = write_tables(out, "validate", found, {"gates": table}, answer="gates",
                          illustrate=lambda into: (into / "gates.html").write_text(show.page(found), encoding="utf-8"))
    if json:
        typer.echo(to_json(found | {"folder": str(folder)}, indent=1))
    elif quiet:
        typer.echo(folder)
    else:
        terminal.console().print(show.render(found, folder, time.perf_counter() - begun))
    if not found["passed"]:
        raise typer.Exit(1)
