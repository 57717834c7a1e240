"""Commands that run the model: one scenario, several, the index, break-even, decomposition and the explorer."""

from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Annotated, Literal

import typer

from sim.cli.options import (
    Details,
    Force,
    Fork,
    MeasureOfSubject,
    Measures,
    Most,
    Out,
    PortfolioOptions,
    Precision,
    Printing,
    Quiet,
    RunOptions,
    Scenario,
    StudyOptions,
    Workers,
    measure_of,
    separated,
)
from sim.errors import ResultError, UsageError

# --- Studies ----------------------------------------------------------------------------------------


def run(
    scenario: Scenario,
    study: RunOptions = RunOptions(),
    measures: Measures = None,
    precision: Precision = None,
    most_replicates: Most = 1000,
    fork: Fork = None,
    workers: Workers = None,
    overrides: Annotated[list[str] | None, typer.Option("--set", metavar="PATH=VALUE", help="Set a lever.")] = None,
    out: Out = Path("outputs"),
    force: Force = False,
    details: Details = False,
    printing: Printing = Printing(),
) -> None:
    """Run a scenario against a baseline and save the answer.

    --precision asks for an error on the first --measure, or on every hub's share.
    """
    with study.processes(workers):
        from sim.scenario.files import load, set_overrides

        # scenarios come first: they are refused before the slow imports
        arms, against = {"scenario": set_overrides(load(scenario), overrides or [])}, load(study.baseline)
        from sim.study import run

        # parse and check, run or find the saved run, then print
        options = study.options(**_precision(precision, measures, most_replicates), fork=fork, workers=workers)
        run.check_measures(measures or [], options)
        result, folder = _finished(run.run, arms, arms["scenario"], against, options, out, force, printing)
        _print(result, folder, measures, printing, details)


def compare(
    scenarios: Annotated[
        list[str], typer.Argument(metavar="SCENARIO...", help="Two or more names, files or stacks such as a+b.")
    ],
    views: Annotated[
        bool, typer.Option("--views", help="One scenario under each named set of assumptions, side by side.")
    ] = False,
    study: RunOptions = RunOptions(),
    interaction: Annotated[
        bool, typer.Option("--interaction", help="Also run all of them stacked: do their effects add up?")
    ] = False,
    measures: Measures = None,
    precision: Precision = None,
    most_replicates: Most = 1000,
    fork: Fork = None,
    workers: Workers = None,
    out: Out = Path("outputs"),
    force: Force = False,
    details: Details = False,
    printing: Printing = Printing(),
) -> None:
    """Run several scenarios on the same pairs: one table, one figure, one folder."""
    with study.processes(workers):
        from sim.scenario.files import load
        from sim.study import run

        options = study.options(**_precision(precision, measures, most_replicates), fork=fork, workers=workers)
        run.check_measures(measures or [], options)
        # one scenario under several files of assumptions, in place of several scenarios
        if views:
            if len(scenarios) > 1 or study.assumptions is not None:
                raise UsageError("--views", "takes one scenario, and no --assumptions: each view is a file of them")
            _views(load(scenarios[0]), load(study.baseline), options, out, force, printing)
            return
        arms, against = run.compared(scenarios, interaction), load(study.baseline)
        result, folder = _finished(run.compare, arms, list(arms.values()), against, options, out, force, printing)
        _print(result, folder, measures, printing, details)


def index(
    context: typer.Context,
    scenario: Annotated[str, typer.Argument(metavar="SCENARIO", help="Left out: the baseline itself.")] = "baseline",
    year: Annotated[
        int | None, typer.Option(help="Left out: 2026, of which the index was published, or the first.")
    ] = None,
    region: Annotated[
        bool, typer.Option("--region", help="The table by region, and two metros' part of the US.")
    ] = False,
    views: Annotated[
        bool, typer.Option("--views", help="The published hubs under the evidence and the industry view, side by side.")
    ] = False,
    offers: Annotated[
        bool, typer.Option("--offers", help="Offers by level beside the published packages; runs nothing.")
    ] = False,
    elite: Annotated[
        bool, typer.Option("--elite", help="Hubs' shares of the arrivals of elite researchers, year by year.")
    ] = False,
    study: StudyOptions = StudyOptions(),
    workers: Workers = None,
    out: Out = Path("outputs"),
    force: Force = False,
    details: Details = False,
    printing: Printing = Printing(),
) -> None:
    """The market's own table: net migration, senior pay, sources and sectors, beside the published figures."""
    from sim.results.record import plain_values
    from sim.scenario.files import load
    from sim.scenario.files import views as view_files
    from sim.show import answer
    from sim.show import index as show
    from sim.study import run

    if offers:
        _offers(context, printing)
        return
    # check everything before the first run
    options, chosen = study.options(workers=workers), load(scenario)
    run.check_measures([f"net_rate@{study.start if year is None else year}"], options)
    if views and (region or study.assumptions is not None):
        raise UsageError("--views", "takes neither --region nor --assumptions: each view is a file of them")
    if elite:
        if views or region or year is not None:
            raise UsageError("--elite", "is a table of its own, of every year: it takes no --region, --views or --year")
        _elite(chosen, study.baseline, options, printing)
        return
    # run the scenario once, or once under each view (evidence is the default); saved runs are used again
    files = view_files() if views else {}
    runs = {name: replace(options, assumptions=files.get(name)) for name in show.VIEWS} if views else {"": options}
    results = {
        name: _finished(run.run, {"scenario": chosen}, chosen, load(study.baseline), each, out, force, printing)[0]
        for name, each in runs.items()
    }
    # the table that was asked for: by view, by region or by hub
    result = next(iter(results.values()))
    if views:
        rows, view = show.views_table(results, year), partial(show.render_views, results, answer.VIEWS, year)
        lines = [" ".join([row["hub"], *(f"{row[name]:.2f}" for name in results)]) for row in rows]
    elif region:
        rows, view = show.region_table(result, year), partial(show.render_regions, result, year)
        lines = [f"{row['place']}: {row['pool']:.0f} {row['growth']:.2f} {row['base']:.1f}" for row in rows]
    else:
        rows = answer.plain_rows(show.index_table(result, year))
        view = partial(show.render_index, result, year, details)
        lines = [f"{row['hub']} {row['net']:.2f}" for row in rows]
    printing.show(plain_values(rows), "\n".join(lines), view, details and not (views or region))


def _elite(chosen, baseline, options, printing) -> None:
    """Count elite arrivals in simulations made for it, and print them."""
    from sim.results.record import title_of
    from sim.show import index as show
    from sim.show import terminal

    with terminal.progress(options.replicates, printing.for_program) as progress:
        rows = show.elite_table(chosen, baseline, **vars(replace(options, progress=progress)))
    lines = [f"{row['hub']} {row['year']}: {row['share']:.1f}" for row in rows]
    view = partial(show.render_elite, rows, title_of(chosen, options.start), options.replicates)
    printing.show(rows, "\n".join(lines), view, details=False)


def _offers(context, printing) -> None:
    """Print the offers by level, which are those of the pay tables under any scenario; refuse options of a run."""
    from sim.results.record import plain_values
    from sim.show import offers as show

    # nothing is run, so that nothing about runs may be asked
    allowed = ("offers", "world", "json", "quiet")
    given = [name for name in context.params if context.get_parameter_source(name).name != "DEFAULT"]
    if refused := [name for name in given if name not in allowed]:
        names = ("SCENARIO" if name == "scenario" else f"--{name}".replace("_", "-") for name in refused)
        raise UsageError("--offers", f"runs nothing, so it does not take {', '.join(names)}")
    rows = show.offers_table()
    lines = [f"{row['place']} {row['year']} {row['offer']}: {row['base']:.0f}" for row in rows]
    printing.show(plain_values(rows), "\n".join(lines), show.render_offers, details=False)


def count(
    scenario: Scenario,
    queries: Annotated[
        list[str], typer.Argument(metavar="QUERY...", help="Such as arrivals:usa,tier=expert,home=ind@2030.")
    ],
    study: StudyOptions = StudyOptions(replicates=10),
    yearly: Annotated[bool, typer.Option("--yearly", help="A row for every year of the run.")] = False,
    workers: Workers = None,
    printing: Printing = Printing(),
) -> None:
    """Count people by several attributes together, moves by role, cohorts, elite researchers and vacancies.

    Cohorts: stay:usa,home=chn@+5. Elite: any of these with group=elite.

    Jobs of a place and tier: vacancies, openings, roles_per_candidate, time_to_fill.

    Of a place: spinouts, doctors_to_industry, remote_pay.
    """
    from sim.show import answer, terminal
    from sim.study import counts

    # every query is counted on the same runs
    options = study.options(workers=workers)
    with terminal.progress(study.replicates, printing.for_program) as progress:
        rows = counts.count(scenario, queries, study.baseline, yearly, **vars(replace(options, progress=progress)))
    brief = "\n".join(f"{row['query']} {row['year']} {terminal.cell(row['effect'])}" for row in rows)
    printing.show(rows, brief, lambda: answer.render_counts(rows, terminal.columns()), details=False)


def breakeven(
    scenario: Scenario,
    lever: Annotated[str | None, typer.Option(metavar="PATH", help="The lever whose value is looked for.")] = None,
    offset: Annotated[
        str | None, typer.Option(metavar="PATH", help="Instead: the lever that is to undo the scenario.")
    ] = None,
    measure: MeasureOfSubject = None,
    target: Annotated[str, typer.Option(metavar="EFFECT", help="The effect to reach, such as -1pp.")] = "0",
    within: Annotated[str | None, typer.Option(metavar="LOW:HIGH", help="Values to look among.")] = None,
    cost: Annotated[
        str | None, typer.Option(metavar="PLACE", help="Also say what the public of this place pays at that value.")
    ] = None,
    rival: Annotated[
        str | None,
        typer.Option(metavar="PATH=VALUE", help="With --cost: from where on does the lever cost more than this one?"),
    ] = None,
    study: StudyOptions = StudyOptions(population="50_000"),
    workers: Workers = None,
    out: Out = Path("outputs"),
    printing: Printing = Printing(),
) -> None:
    """Find the value of a lever at which an effect reaches a target, or at which it undoes the scenario."""
    from sim.results.folder import check_writable, write_tables
    from sim.scenario.files import load
    from sim.show import answer as show
    from sim.show import terminal
    from sim.study import breakeven as search
    from sim.study import run

    if (lever is None) == (offset is None):
        raise UsageError("breakeven", "give either --lever, whose value is looked for, or --offset, which is to undo")
    # a folder that cannot be written is refused before the first run
    check_writable(out)
    options, chosen, against = study.options(workers=workers), load(scenario), load(study.baseline)
    measure, bounds = measure or measure_of(chosen), search.limits(within)
    with terminal.progress(study.replicates, printing.for_program) as progress:
        settings = vars(replace(options, progress=progress))
        result = search.breakeven(
            chosen, lever or offset, measure, target, bounds, against, cost, search.rival(rival), **settings
        )
    # save the answer with its tables, and print it
    made_from = run.prepared({"scenario": chosen}, against, options)
    answer = result.answer(**made_from)
    draw = lambda into: show.draw_breakeven(result, chosen.title, into / "curve.png", made_from)  # noqa: E731
    folder = write_tables(out, f"{chosen.name}-breakeven", answer, result.tables, draw)
    brief = "none" if result.value is None else result.value
    printing.show(answer, brief, lambda: show.render_breakeven(result, chosen.title, folder), False, folder)


def portfolio(
    place: Annotated[str, typer.Option(metavar="PLACE", help="Country, bloc or region that pays: fra, eu27.")],
    budget: Annotated[str, typer.Option(metavar="AMOUNT", help="Net public cost a year in USD, such as 500M.")],
    levers: Annotated[list[str], typer.Option(metavar="PATH[,PATH...]", help="The levers to mix.")],
    measure: Annotated[str | None, typer.Option(help="What to add; left out: the place's engineers.")] = None,
    limits: Annotated[
        list[str] | None, typer.Option(metavar="PATH=LOW:HIGH", help="Values to look among; as often as you like.")
    ] = None,
    n: Annotated[int, typer.Option(min=4, help="Mixes that are run for the emulator; more extend the search.")] = 40,
    confirm: Annotated[int, typer.Option(min=2, help="Pairs that confirm the best mix and its rivals.")] = 20,
    runs: PortfolioOptions = PortfolioOptions(),
    workers: Workers = None,
    out: Out = Path("outputs"),
    printing: Printing = Printing(),
) -> None:
    """Find the mix of levers that adds most engineers within a budget; killed at any time, it goes on."""
    from sim.results.folder import check_writable, write_tables
    from sim.scenario.files import load
    from sim.show import answer as show
    from sim.show import sweeps
    from sim.study import portfolio as search

    # a folder that cannot be written is refused before the first run
    check_writable(out)
    bounds = search.spans(limits or ())
    with sweeps.progress(printing.for_program) as progress:
        result = search.portfolio(
            place,
            budget,
            separated(levers),
            measure,
            bounds,
            load(runs.baseline),
            n=n,
            confirm=confirm,
            out=out,
            progress=progress,
            workers=workers,
            **runs.settings(),
        )
    # save the answer with its tables, and print it
    answer = result.answer(confirm)
    made_from = runs.settings() | {"replicates": confirm}
    draw = lambda into: show.draw_frontier(result, into / "frontier.png", made_from)  # noqa: E731
    folder = write_tables(out, f"portfolio-{place}", answer, result.tables, draw)
    printing.show(answer, result.best or "none", lambda: show.render_portfolio(result, confirm, folder), False, folder)


def why(
    scenario: Scenario,
    measure: MeasureOfSubject = None,
    by: Annotated[
        Literal["all", "channels", "policies", "origins"], typer.Option(help="What the effect is split over.")
    ] = "all",
    study: StudyOptions = StudyOptions(population="50_000"),
    workers: Workers = None,
    out: Out = Path("outputs"),
    details: Details = False,
    printing: Printing = Printing(),
) -> None:
    """Split an effect over channels, over policies, and over where people came from instead of where."""
    from sim.results.folder import check_writable, write_tables
    from sim.results.record import plain_values
    from sim.scenario.files import load
    from sim.show import answer as show
    from sim.show import terminal
    from sim.study import attribution, run

    # a folder that cannot be written is refused before the first run
    check_writable(out)
    options, chosen, against = study.options(workers=workers), load(scenario), load(study.baseline)
    measure = measure or measure_of(chosen)
    # all three splits share the same runs
    wanted = attribution.BY if by == "all" else (by,)
    with terminal.progress(study.replicates, printing.for_program) as progress:
        tables = attribution.split(chosen, measure, wanted, against, **vars(replace(options, progress=progress)))
    # save the tables with what they were made from, and print them
    made_from = run.prepared({"scenario": chosen}, against, options)
    answer = plain_values({"measure": measure, **tables, **made_from})
    draw = lambda into: show.draw_parts(tables, chosen.title, measure, into, made_from)  # noqa: E731
    folder = write_tables(out, f"{chosen.name}-why", answer, tables, draw)
    view = lambda: show.render_parts(tables, chosen.title, measure, folder, details)  # noqa: E731
    printing.show(answer, folder, view, details, folder)


def _precision(precision, measures, most) -> dict:
    """Return the options of ``--precision``: the error to reach, the measure it is asked of, and when to give up."""
    return {"precision": precision, "precision_of": measures[0] if measures else None, "most_replicates": most}


def _views(scenario, baseline, options, out, force, printing) -> None:
    """Run a scenario under each named set of assumptions, and print what each says of its subject."""
    from sim.results.record import plain_values, to_json
    from sim.scenario.files import views
    from sim.show import terminal
    from sim.show.answer import views_rows, views_text
    from sim.study import run

    # a run for each view; saved ones are used again
    results = {
        name: _finished(
            run.run,
            {"scenario": scenario},
            scenario,
            baseline,
            replace(options, assumptions=path),
            out,
            force,
            printing,
        )[0]
        for name, path in views().items()
    }
    rows = views_rows(results)
    width = terminal.columns()
    typer.echo(to_json(plain_values(rows), indent=1) if printing.json else views_text(rows, printing.quiet, width))


def _finished(task, arms, scenarios, baseline, options, out, force, printing) -> tuple:
    """Return the result of a study and its folder: a saved one that matches, or one made and saved now."""
    from sim.results.folder import check_writable, illustrated
    from sim.results.record import folder_name
    from sim.results.result import Result
    from sim.show import terminal
    from sim.show.illustrate import illustrate, load_drawing
    from sim.study.replicate import mapper
    from sim.study.run import precise_enough, prepared

    check_writable(out)
    record = prepared(arms, baseline, options)
    # use a saved run that matches, and add the figures that an interrupted run lacks
    folder = out / folder_name(record) if options.precision is None else precise_enough(out, record, options)
    if folder and not force:
        with suppress(ResultError):  # there is none, or it is damaged
            result = Result.load(folder)
            illustrated(result, folder, illustrate)  # an interrupted run may lack them
            return result, folder
    load_drawing()
    # the study and the figures share the processes, in which new kernels are compiled before the bar appears
    with terminal.compiling_announced(printing.quiet), mapper(options.workers):
        with terminal.progress(options.replicates, printing.quiet) as progress:
            result = task(scenarios, baseline, **vars(replace(options, progress=progress)))
        return result, result.save(out, illustrate=illustrate, force=force)


def _print(result, folder, measures, printing, details=False) -> None:
    """Print the result of a run or a comparison, and the effects on the measures that were asked for."""
    from sim.results.summary import effect_table
    from sim.show import answer, terminal

    if printing.json:
        # a comparison has an answer for each scenario
        plain = (answer.answer if len(result.arms) == 1 else answer.answers)(result, folder)
        plain |= {"measures": answer.plain_rows(effect_table(result, measures))} if measures else {}
    else:
        plain = {}
    width = terminal.columns(details)
    printing.show(plain, folder, lambda: terminal.render(result, folder, details, width), details)
    if measures and not printing.for_program:
        terminal.console(details).print(answer.render_effects(result, measures, width))


# --- Kernels ----------------------------------------------------------------------------------------


def compile_kernels(quiet: Quiet = False) -> None:
    """Compile the kernels ahead of the first run, for images and clusters; needed once for each kind of processor."""
    from sim.model.kernels.choice import kernel_folder
    from sim.show import terminal
    from sim.study.replicate import compile_kernels

    terminal.say_if_compiling(quiet)
    compile_kernels()
    typer.echo(kernel_folder())


# --- The explorer -----------------------------------------------------------------------------------


def explore(
    port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="Left out: the first free one from 8501 on.")
    ] = None,
    host: Annotated[str, typer.Option(help="Address to listen on; by default nobody else can reach it.")] = "127.0.0.1",
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open the page in a browser.")] = True,
    export: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the page as one file that works offline, and end.")
    ] = None,
    population: Annotated[
        int | None, typer.Option(min=1000, help="Engineers of a confirming run; left out: as in the table.")
    ] = None,
    replicates: Annotated[
        int | None, typer.Option(min=2, help="Pairs of a confirming run; left out: as in the table.")
    ] = None,
    workers: Workers = None,
    out: Annotated[Path, typer.Option(help="The folder whose runs can be opened.")] = Path("outputs"),
) -> None:
    """Open a local page, or export it: move a policy, see the world move, and have the result confirmed by runs."""
    if export is not None:
        from sim.show.page import export as write

        typer.echo(write(export))
        return
    # serve until interrupted
    from sim.show.page.server import serve

    say = lambda words: typer.echo(words, err=True)  # noqa: E731
    serve(out, workers, port, host, browser, say, population=population, replicates=replicates)
