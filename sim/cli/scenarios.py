"""Commands on scenario files, levers and the tables of the world: nothing is run."""

from pathlib import Path
from typing import Annotated

import typer

from sim.cli.options import Json, Quiet, Scenario, World, say
from sim.errors import TalentflowError, UsageError

IN_FULL = 6  # levers that are shown with all that is known of them; more are a table
IN_FULL_ALONE = ("place", "what", "meaning", "reaches", "source")


def list_scenarios(world: World = None, json: Json = False, quiet: Quiet = False):
    """List the scenarios that can be named, with the question that each answers."""
    from sim.scenario.files import available, load, shipped

    rows = []
    for name, path in available().items():
        try:
            scenario = load(path)
            title, question = scenario.title, scenario.question
        except TalentflowError as error:  # one broken file does not hide the others
            title, question = "cannot be read", str(error)
        own = shipped(name)
        if own is not None and own.resolve() != path.resolve():
            question = f"(your own {path.name}, which hides the one that ships) {question}"
        rows.append({"scenario": name, "question": question, "title": title, "file": str(path)})
    say(rows, json, quiet, hide=("title", "file"))


def describe(scenario: Scenario, world: World = None, json: Json = False, quiet: Quiet = False):
    """Say in plain English what a scenario does."""
    from sim.scenario.describe import describe
    from sim.scenario.files import load

    chosen = load(scenario)
    if not (json or quiet):
        typer.echo(f"{chosen.title}\n{chosen.question}".rstrip() + "\n")
    say([{"sentence": sentence} for sentence in describe(chosen)], json, quiet)


def diff(one: Scenario, other: Scenario, world: World = None, json: Json = False, quiet: Quiet = False):
    """Say in what two scenarios differ."""
    from sim.scenario.describe import diff
    from sim.scenario.files import load

    say([{"difference": line} for line in diff(load(one), load(other))], json, quiet)


def new(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Letters, digits, _ and -.")],
    hide: Annotated[bool, typer.Option("--hide", help="Even if it hides a scenario that ships.")] = False,
    json: Json = False,
    quiet: Quiet = False,
):
    """Write scenarios/NAME.toml, a commented file to start from."""
    from sim.scenario.files import write_starter

    path = write_starter(name, Path("scenarios"), hide)
    say([{"file": str(path)}], json, quiet)
    if not (json or quiet):
        typer.echo(f"edit it, then: talentflow run {name}")


def levers(
    words: Annotated[
        list[str] | None,
        typer.Argument(metavar="WORDS", help="Parts of a path, place or meaning, all of them; or a path with * in it."),
    ] = None,
    world: World = None,
    json: Json = False,
    quiet: Quiet = False,
):
    """List what a policy may change; without words, the kinds of levers."""
    from sim.scenario.levers import catalogue, families, find
    from sim.show.terminal import lever_row

    if not words:
        say(families(), json, quiet)
        if not (json or quiet):
            typer.echo("\nOne kind wherever it acts, with present values: talentflow levers special_fee_usd")
        return
    asked = [word.lower() for word in words]
    told = ((lever, f"{path} {lever.place} {lever.what}".lower()) for path, lever in catalogue().items())
    found = [lever for lever, said in told if all(word in said for word in asked)] or find(" ".join(words))
    many = len(found) > IN_FULL and not json
    say([lever_row(lever) for lever in found], json, quiet, IN_FULL_ALONE if many else ())
    if many and not quiet:
        typer.echo(
            f"\n{len(found)} levers; what one means, whom it reaches and its source: talentflow levers {found[0].path}"
        )


def schema(json: Json = False, quiet: Quiet = False):
    """Print the JSON Schema of scenario files, for editors."""
    from sim.results.record import to_json
    from sim.scenario.schema import schema

    typer.echo(to_json(schema(), indent=None if quiet else 1))


def world(
    table: Annotated[str | None, typer.Argument(metavar="TABLE", help="Left out: the list of tables.")] = None,
    check: Annotated[bool, typer.Option("--check", help="Say what is stale or unsourced; exit code 1 if any.")] = False,
    world: World = None,
    json: Json = False,
    quiet: Quiet = False,
):
    """Print a world table, with the source and grade of every figure."""
    from sim.world import tables

    if check:
        problems = tables.check()
        say([{"problem": problem} for problem in problems], json, quiet)
        if not problems and not (json or quiet):
            typer.echo("every table is up to date, and every figure has a source and a grade")
        raise typer.Exit(1 if problems else 0)
    if table is None:
        say([{"table": name, "rows": len(tables.rows(name))} for name in tables.TABLES], json, quiet)
    else:
        say([dict(row) for row in tables.rows(table)], json, quiet)


def split(
    hub: Annotated[str, typer.Argument(metavar="HUB", help="The one that it was part of, such as rest_of_india.")],
    name: Annotated[str, typer.Argument(metavar="NAME", help="Of the new one: small letters, digits and _.")],
    persons: Annotated[int, typer.Option(help="Engineers who live there.")],
    at: Annotated[str, typer.Option(metavar="LAT,LON", help="Its middle point, in degrees.")],
    into: Annotated[Path, typer.Option(metavar="FOLDER", help="Where the tables go; those that lie there go on.")],
    label: Annotated[str | None, typer.Option(help="Its name as people read it.")] = None,
    json: Json = False,
    quiet: Quiet = False,
):
    """Split a new hub off another one: a world of your own, with a row for the new hub in every table, to be edited."""
    import shutil

    from sim import custom_world
    from sim.results.folder import check_writable, staged
    from sim.world.build.source_files import as_csv
    from sim.world.split_hub import split

    check_writable(into.absolute().parent)
    if into.exists():
        custom_world.use(into)
    made = split(hub, name, label or name.replace("_", " ").title(), persons, _place(at))
    with staged(into.absolute()) as folder:
        if into.exists():
            shutil.copytree(into, folder, dirs_exist_ok=True)
        for table, rows in made.items():
            (folder / f"{table}.csv").write_text(as_csv(rows), encoding="utf-8", newline="")
    say([{"file": str(into / f"{table}.csv")} for table in made], json, quiet)
    if not (json or quiet):
        typer.echo(f"edit the rows of {name}, then: talentflow world --check --world {into}")


def _place(text):
    latitude, _, longitude = text.partition(",")
    try:
        return float(latitude), float(longitude)
    except ValueError:
        raise UsageError(f"--at {text}", "expected LAT,LON, such as 18.52,73.86") from None
