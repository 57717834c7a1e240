"""Commands on scenario files, levers and the tables of the world; nothing is run."""

from pathlib import Path
from textwrap import fill
from typing import Annotated

import typer

from sim.cli.options import Details, Printing, Scenario, World
from sim.errors import TalentflowError, UsageError, one_line

IN_FULL = 2  # levers that are shown with all that is known of them; more are a line each
PAGE = 18  # lines of a page of levers; two more say where the others are

Words = Annotated[list[str] | None, typer.Argument(metavar="WORDS", help="Parts of a name, title or question.")]


def list_scenarios(words: Words = None, world: World = None, printing: Printing = Printing()) -> None:
    """List the scenarios that can be named, by theme; with words, those in which all of them stand."""
    from sim.scenario.describe import theme
    from sim.scenario.files import available, load, shipped
    from sim.show.terminal import columns

    rows = []
    # a row a scenario; a file that cannot be read is listed with its error
    for name, path in available().items():
        try:
            scenario = load(path)
            title, question, about = scenario.title, scenario.question, theme(scenario)
        except TalentflowError as error:  # one broken file does not hide the others
            title, question, about = "cannot be read", str(error), "Cannot be read"
        own = shipped(name)
        if own is not None and own.resolve() != path.resolve():
            title = f"(your own {path.name}, which hides the one that ships) {title}"
            question = f"(your own {path.name}, which hides the one that ships) {question}"
        rows.append({"scenario": name, "question": question, "title": title, "theme": about, "file": str(path)})
    # keep the rows with all the words, and print them by theme
    wanted = [word.lower() for word in words or ()]
    rows = [row for row in rows if all(word in " ".join(row.values()).lower() for word in wanted)]
    if printing.for_program:
        printing.rows(rows)
        return
    # a heading a theme, and a line a scenario
    for about in dict.fromkeys(sorted((row["theme"] for row in rows), key=_place_of_theme)):
        typer.echo(about)
        for row in rows:
            if row["theme"] == about:
                # the whole question of the few that were looked for, else a title a line
                first = f"  {row['scenario']:<22}"
                asked = fill(f"{first}{row['question']}", columns(), subsequent_indent=" " * 24)
                typer.echo(asked if wanted else _cut(f"{first}{row['title']}"))
    if not rows:
        typer.echo(f"no scenario has {' and '.join(wanted)} in its name, title or question")


def _place_of_theme(name) -> tuple[int, str]:
    """Return the sort key of a theme: its place among the themes, unknown ones last."""
    from sim.scenario.describe import THEMES

    known = [*THEMES]
    return (known.index(name) if name in known else len(known), name)


def _cut(line) -> str:
    """Cut a line to the width of the terminal, at the end of a word."""
    from sim.show.terminal import columns

    width = columns()
    return line if len(line) <= width else f"{line[: width - 4].rpartition(' ')[0]} ..."


def describe(
    scenario: Scenario, details: Details = False, world: World = None, printing: Printing = Printing()
) -> None:
    """Say in plain English what a scenario does; with --details also what each lever means, and the sources."""
    from sim.scenario.describe import describe, outline
    from sim.scenario.files import load
    from sim.scenario.places import place, subject_of
    from sim.show.terminal import UNSHOWN, columns

    chosen, width = load(scenario), columns()
    if printing.for_program:
        printing.rows([{"sentence": sentence} for sentence in describe(chosen)])
        return
    heads = [fill(text, width) for text in (chosen.title, chosen.question) if text]
    typer.echo("\n".join(heads) + "\n")
    for line in describe(chosen) if details else outline(chosen):
        typer.echo(fill(UNSHOWN.sub("?", line), width, subsequent_indent="  ", break_on_hyphens=False))
    subject = subject_of(chosen)
    if subject:
        # which place the answer will lead with, and what it leaves out
        where, _, whom = subject.partition(",")
        missing = place(where).missing
        without = f", without {missing}" if missing else ""
        line = f"The answer leads with {place(where).spoken}{f' ({whom})' if whom else ''}{without}."
        typer.echo("\n" + fill(line, width))
    if not details and chosen.policies:
        typer.echo("What each lever means, and the sources: --details")


def diff(one: Scenario, other: Scenario, world: World = None, printing: Printing = Printing()) -> None:
    """Say in what two scenarios differ."""
    from sim.scenario.describe import diff
    from sim.scenario.files import load
    from sim.show.terminal import columns

    rows = diff(load(one), load(other))
    if printing.for_program:
        printing.rows([{"difference": line} for line in rows])
        return
    # the titles together, and a paragraph for each difference
    for number, line in enumerate(rows):
        typer.echo(("\n" if number > 1 else "") + fill(line, columns(), subsequent_indent="  "))


def new(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Letters, digits, _ and -.")],
    hide: Annotated[bool, typer.Option("--hide", help="Even if it hides a scenario that ships.")] = False,
    printing: Printing = Printing(),
) -> None:
    """Write scenarios/NAME.toml, a commented file to start from."""
    from sim.scenario.files import write_starter

    # refuses a name that hides a scenario, unless --hide is given
    path = write_starter(name, Path("scenarios"), hide)
    printing.rows([{"file": str(path)}])
    if not printing.for_program:
        typer.echo(f"edit it, then: talentflow run {name}")


def levers(
    words: Annotated[
        list[str] | None,
        typer.Argument(metavar="WORDS", help="Parts of a path, place or meaning, all of them; or a path with * in it."),
    ] = None,
    page: Annotated[int, typer.Option(min=1, help="Eighteen levers a page.")] = 1,
    world: World = None,
    printing: Printing = Printing(),
) -> None:
    """List what a policy may change; without words, the kinds of levers as a tree."""
    from sim.scenario.levers import catalogue, families, find, tree
    from sim.show.terminal import cell, columns, lever_row

    if not words:
        if printing.for_program:
            printing.rows(families())
            return
        for line in tree():
            typer.echo(fill(line, columns(), subsequent_indent="      ", break_on_hyphens=False))
        last = "One kind wherever it acts, and its present values: talentflow levers openings"
        typer.echo("\n" + fill(last, columns()))
        return
    # levers with all the words in path, place or meaning, or those that match a path with *
    asked = [word.lower() for word in words]
    described = ((lever, f"{path} {lever.place} {lever.what}".lower()) for path, lever in catalogue().items())
    matching = [lever for lever, said in described if all(word in said for word in asked)]
    if not matching and len(words) > 1:
        raise UsageError("levers", f"none has all of these in its path, place or meaning: {', '.join(words)}")
    matching = matching or list(find(words[0]))
    if printing.for_program or len(matching) <= IN_FULL:
        printing.rows([lever_row(lever) for lever in matching])
        return
    # a page of one line a lever, cut to the width of the terminal
    pages = -(-len(matching) // PAGE)
    if page > pages:
        raise UsageError(f"--page {page}", f"there are {pages} pages")
    listed = [lever_row(lever) for lever in matching[PAGE * (page - 1) : PAGE * page]]
    longest = max(len(row["path"]) for row in listed)
    for row in listed:
        present = cell(row["present"]).lower()
        # a narrow terminal shows the value without its unit
        line = f"{row['path']:<{longest}}  {present}"
        longer = f"{line} {row['unit']}".rstrip()
        typer.echo(longer if len(longer) <= columns() else _cut(line))
    more = f"; next: --page {page + 1}" if page < pages else ""
    typer.echo(f"{len(matching)} levers, page {page} of {pages}{more}")
    typer.echo(f"one in full: talentflow levers {matching[0].path}")


def schema(printing: Printing = Printing()) -> None:
    """Print the JSON Schema of scenario files, for editors."""
    from sim.results.record import to_json
    from sim.scenario.schema import schema

    typer.echo(to_json(schema(), indent=None if printing.quiet else 1))


def world(
    table: Annotated[str | None, typer.Argument(metavar="TABLE", help="Left out: the list of tables.")] = None,
    check: Annotated[bool, typer.Option("--check", help="Say what is stale or unsourced; exit code 1 if any.")] = False,
    world: World = None,
    printing: Printing = Printing(),
) -> None:
    """Print a world table, with the source and grade of every figure."""
    from sim.world import tables

    # without a table: their list; with --check: what is stale or has no source
    if check:
        problems = tables.check()
        if printing.for_program:
            printing.rows([{"problem": problem} for problem in problems])
        else:
            # one line each, never folded: it names a file
            for line in problems or ["every table is up to date, and every figure has a source and a grade"]:
                typer.echo(one_line(line))
        raise typer.Exit(1 if problems else 0)
    if table is None:
        printing.rows([{"table": name, "rows": len(tables.rows(name))} for name in tables.TABLES])
    else:
        printing.rows([dict(row) for row in tables.rows(table)])


def split(
    hub: Annotated[str, typer.Argument(metavar="HUB", help="The one that it was part of, such as rest_of_india.")],
    name: Annotated[str, typer.Argument(metavar="NAME", help="Of the new one: small letters, digits and _.")],
    persons: Annotated[int, typer.Option(help="Engineers who live there.")],
    at: Annotated[str, typer.Option(metavar="LAT,LON", help="Its middle point, in degrees.")],
    into: Annotated[Path, typer.Option(metavar="FOLDER", help="Where the tables go; those that lie there go on.")],
    label: Annotated[str | None, typer.Option(help="Its name as people read it.")] = None,
    printing: Printing = Printing(),
) -> None:
    """Split a new hub off another one: a world of your own, with a row for the new hub in every table, to be edited."""
    import shutil

    from sim import custom_world
    from sim.results.folder import check_writable, staged
    from sim.world.build.source_files import as_csv
    from sim.world.split_hub import split

    check_writable(into.absolute().parent)
    if into.exists():
        custom_world.use(into)
    # write the tables beside the folder and rename it when all are there
    made = split(hub, name, label or name.replace("_", " ").title(), persons, _place(at))
    with staged(into.absolute()) as folder:
        if into.exists():
            shutil.copytree(into, folder, dirs_exist_ok=True)
        for table, rows in made.items():
            (folder / f"{table}.csv").write_text(as_csv(rows), encoding="utf-8", newline="")
    printing.rows([{"file": str(into / f"{table}.csv")} for table in made])
    if not printing.for_program:
        typer.echo(f"edit the rows of {name}, then: talentflow world --check --world {into}")


def _place(text) -> tuple[float, float]:
    """Parse ``LAT,LON`` in degrees."""
    latitude, _, longitude = text.partition(",")
    try:
        return float(latitude), float(longitude)
    except ValueError:
        raise UsageError(f"--at {text}", "expected LAT,LON, such as 18.52,73.86") from None
