"""The command that opens the explorer."""

from pathlib import Path
from typing import Annotated

import typer

from sim.cli.shared import Workers, World


def explore(
    port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="Left out: the first free one from 8501 on.")
    ] = None,
    host: Annotated[str, typer.Option(help="Address to listen on; by default nobody else can reach it.")] = "127.0.0.1",
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open the page in a browser.")] = True,
    workers: Workers = None,
    world: World = None,
    out: Annotated[Path, typer.Option(help="The folder whose runs and sweeps can be opened.")] = Path("outputs"),
):
    """Open a local page: move a policy, see the world move (needs the extra 'explorer')."""
    from sim.show.explorer.serve import serve

    serve({"out": out, "hands": workers}, port, host, browser, lambda words: typer.echo(words, err=True))
