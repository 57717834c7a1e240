"""Run scenarios against their baseline, replicate by replicate: the same seed and the same assumptions in all arms."""

import math
import platform
import time
from importlib.metadata import version
from pathlib import Path

import numpy as np

from sim import __version__, custom_world
from sim.arguments import listed, user_path
from sim.custom_world import PRESENT
from sim.errors import ResultError, UsageError
from sim.results.effects import LEAST_PAIRS, error_of, is_reached, pairs_needed, threshold, upper_error
from sim.results.measures import measure
from sim.results.record import FORMAT, digest, inputs, plain, settings, title_of
from sim.results.result import Result
from sim.results.schema import MONEY, VARIABLES
from sim.scenario.assumptions import ASSUMPTIONS
from sim.scenario.describe import describe, resolved_toml
from sim.scenario.files import as_scenario, loads
from sim.scenario.places import subject_of
from sim.scenario.stack import check_period, stack
from sim.study import uncertainty
from sim.study.options import Options
from sim.study.public_account import with_money
from sim.study.recorder import ones
from sim.study.replicate import experiment, fork_year, labelled
from sim.world.past import setting_of
from sim.world.tables import read

PACKAGES = ("numpy", "scipy", "numba", "simpy", "networkx", "xarray")


def run(scenario, baseline="baseline", **options) -> Result:
    """Run a scenario against a baseline.

    Parameters
    ----------
    scenario, baseline : Scenario, name, file or stack ``a+b``
    options : see :class:`~sim.study.options.Options`: population, replicates, years, start, seed, precision ...

    Returns
    -------
    Result

    Raises
    ------
    ScenarioError, AssumptionError, UsageError
        for input that makes no sense, before anything is run
    """
    return _study({"scenario": as_scenario(scenario)}, as_scenario(baseline), Options.of(**options).checked())


def compare(scenarios, baseline="baseline", *, interaction=False, **options) -> Result:
    """Run several scenarios against one baseline, all on the same replicates.

    Parameters
    ----------
    scenarios : list of Scenario, name, file or stack ``a+b``
    baseline : any of these
    interaction : also run all of them stacked, so that the effect of all can be set against the sum of each
    options : see :class:`~sim.study.options.Options`

    Returns
    -------
    Result with one arm a scenario, see ``Result.arms`` and ``Result.versus``

    Raises
    ------
    ScenarioError, AssumptionError, UsageError
        for input that makes no sense, before anything is run
    """
    return _study(compared(scenarios, interaction), as_scenario(baseline), Options.of(**options).checked())


def compared(scenarios, interaction=False) -> dict:
    """Return the arms of a comparison: dict of name -> Scenario, with the stack of all last if ``interaction``.

    Raises
    ------
    UsageError for a name given twice, or fewer than two scenarios; ScenarioError
    """
    chosen = [as_scenario(scenario) for scenario in listed(scenarios)]
    if interaction:
        chosen.append(stack(chosen))
    # arms are told apart by their names
    arms = {scenario.name: scenario for scenario in chosen}
    if len(arms) < len(chosen):
        twice = next(s.name for k, s in enumerate(chosen) if s.name in [other.name for other in chosen[:k]])
        raise UsageError("compare", f"{twice} is given twice")
    if len(arms) < 2 or "baseline" in arms:
        raise UsageError("compare", "two scenarios or more are needed; the baseline is always among the arms")
    return arms


def precise_enough(out, record, options) -> Path | None:
    """Find the folder of a finished study like this one, with at least as many replicates and a small enough error.

    Parameters
    ----------
    out : path of the folder of folders
    record : dict, of :func:`prepared`
    options : Options, checked, with a precision
    """
    target = threshold(options.precision, options.precision_of)
    # compare records without the number of replicates
    alike = digest(record | {"replicates": None})
    # take the first saved study that has the same inputs and is precise enough
    for folder in sorted(user_path(out).glob(f"{plain(record['name'])}-*")):
        try:
            saved = Result.load(folder)
        except ResultError:
            continue
        same = digest(saved.record | {"replicates": None}) == alike
        enough = options.replicates <= saved.record["replicates"] <= options.most_replicates
        done = saved.record["replicates"] == options.most_replicates
        if (
            same
            and enough
            and (done or is_reached(error_of(saved, options.precision_of), target, saved.record["replicates"]))
        ):
            return folder
    return None


def replay(record, **options) -> Result:
    """Run a recorded study again and return the result that its folder should hold.

    Parameters
    ----------
    record : dict, of a Result
    options : workers, progress
    """
    if record["digests"].get("world", "") != custom_world.digest():
        raise ResultError(
            record["name"], "was made from other world tables than those in use; see sim.custom_world.using"
        )
    # from the texts and settings of the record, not from files that may have changed
    baseline = loads(record["baseline"], "baseline")
    chosen = settings(record) | options
    if "arms" not in record:
        return run(loads(record["scenario"], record["name"]), baseline, **chosen)
    arms = [loads(arm["scenario"], name) for name, arm in record["arms"].items()]
    return compare(arms, baseline, **chosen)


def prepared(arms, baseline, options) -> dict:
    """Check scenarios against the years of a study; return the first part of its record, known before the run.

    Parameters
    ----------
    arms : dict of label -> Scenario
    baseline : Scenario
    options : Options, checked

    Returns
    -------
    dict, enough for ``results.record.folder_name``

    Raises
    ------
    ScenarioError, AssumptionError, UsageError
    """
    for each in (*arms.values(), baseline):
        check_period(each, options.start, options.years)
    fork_year([baseline, *arms.values()], options)
    if options.precision is not None:
        threshold(options.precision, options.precision_of)
        check_measures([options.precision_of], options)
    return inputs(arms, baseline, options.declared(), options.settings)


def _study(arms, baseline, options) -> Result:
    """Run the arms and the baseline, and return the result."""
    started = time.perf_counter()
    prepared(arms, baseline, options)
    labels = ["baseline", *arms]
    # run all arms on the same replicates, more of them if a precision is asked for
    with experiment(options) as lab:
        pairs = lab.run([baseline, *arms.values()])
        notices = []
        if options.precision is not None:
            pairs, notices = _until_precise(lab, [baseline, *arms.values()], pairs, labels)
        asked = options.uncertainty == "parts"
        parts = uncertainty.split(lab, [baseline, *arms.values()], len(pairs)) if asked else None
        return written_up(arms, baseline, options, pairs, lab.draws, started, notices, parts)


def written_up(arms, baseline, options, pairs, draws, started, notices=(), split=None) -> Result:
    """Return the Result of replicates that have been run: their arrays and the whole record.

    Parameters
    ----------
    arms : dict of label -> Scenario; a single one, labelled ``scenario``, is a run and not a comparison
    baseline : Scenario
    options : Options, checked
    pairs : list, as ``Experiment.run`` returns it for the baseline and the arms
    draws : Draws that they were run on
    started : float, the ``time.perf_counter`` at which the work began
    notices : what a reader of all arms must know
    split : the variance in its parts, as ``uncertainty.split`` gives it; None where nobody asked

    Returns
    -------
    Result
    """
    labels = ["baseline", *arms]
    # arrays of all arms, and the runs of the variance split if there are any
    kept = draws.first(len(pairs))
    policies = [baseline.policies, *(scenario.policies for scenario in arms.values())]
    data = with_money(labelled(pairs, labels, options), policies, [a for a, _ in kept], options.start)
    data = data if split is None else uncertainty.with_split(data, split[0])
    # facts of the study as a whole: inputs, samples, versions, timings
    record = prepared(arms, baseline, options) | {
        "replicates": len(pairs),
        "format": FORMAT,
        "legal": list(baseline.legal),
        "published": published(),
        "notices": list(notices),
        "weight": setting_of(options.start).persons / options.population,
        "refused_draws": draws.rejected_before(len(pairs)),
        "draws": {name: [getattr(a, name) for a, _ in kept] for name in ASSUMPTIONS},
        "versions": {"talentflow": __version__, "python": platform.python_version()}
        | {name: version(name) for name in PACKAGES},
        "timings": {"total_seconds": round(time.perf_counter() - started, 3)},
    }
    record |= {} if split is None else {"split": split[1]}
    # facts of each arm; a single scenario has them at the top of the record
    common = [
        *notices,
        *_own_tables(),
        *_past_start(options.start),
        *check_period(baseline, options.start, options.years),
    ]
    # each arm describes itself; a run of one scenario has this at the top of its record
    descriptions = {label: _described(scenario, label, data, options, common) for label, scenario in arms.items()}
    return Result(data, record | (descriptions["scenario"] if list(arms) == ["scenario"] else {"arms": descriptions}))


def _own_tables() -> list[str]:
    """Return the notice that a world with the user's own tables needs; none for the shipped world."""
    names = ", ".join(custom_world.texts())
    return [f"The world is not the shipped one: it has tables of its own for {names}."] if names else []


def _past_start(start) -> list[str]:
    """Return the notice that a start in the past needs; none from the year of the tables on."""
    if start >= PRESENT:
        return []
    return [
        f"The run begins in {start}, a year that no table describes: stocks are those of {PRESENT} walked back by each "
        f"country's growth, rules those of the time (past_rules), all else as in {PRESENT}; assumed, grade D."
    ]


def _described(scenario, label, data, options, common) -> dict:
    """Return the part of the record that describes one arm."""
    return {
        "name": scenario.name,
        "parts": list(scenario.atoms),
        "title": title_of(scenario, options.start),
        "question": scenario.question,
        "subject": subject_of(scenario),
        "scenario": resolved_toml(scenario),
        "sentences": describe(scenario, options.start),
        "notices": check_period(scenario, options.start, options.years) + common,
        "warnings": warnings(scenario, data, label),
    }


def _until_precise(lab, scenarios, pairs, labels) -> tuple[list, list[str]]:
    """Run more replicates until the Monte Carlo error meets the precision, or the most allowed have been run.

    Returns
    -------
    pairs, notices
    """
    o = lab.options
    target = threshold(o.precision, o.precision_of)
    while True:
        draws = [a for a, _ in lab.draws.first(len(pairs))]
        data = with_money(labelled(pairs, labels, o), [each.policies for each in scenarios], draws, o.start)
        error = error_of(Result(data, {}), o.precision_of)
        if not math.isfinite(error) and len(pairs) > 1:
            raise ResultError(o.precision_of, "has no error: nobody is counted in it")
        if is_reached(error, target, len(pairs)) or len(pairs) >= o.most_replicates:
            break
        # run as many more as the present error says are needed
        likely = pairs_needed(len(pairs), upper_error(error, len(pairs)), target)
        needed = max(likely, len(pairs) + 1, LEAST_PAIRS)
        pairs = pairs + lab.run(scenarios, len(pairs), min(needed, o.most_replicates))
    if is_reached(error, target, len(pairs)):
        return pairs, []
    said = f"{len(pairs):,} pairs, the most allowed, leave a Monte Carlo error on {o.precision_of} above {o.precision}"
    return pairs, [said]


def check_measures(queries, options, single=False) -> None:
    """Refuse measures that a study with these options cannot answer; if ``single``, also those with several values.

    Raises
    ------
    ResultError
    """
    queries = listed(queries)
    if not queries:
        return
    trial = Result(ones(["baseline", "scenario"], options.start, options.years), {})
    for query in queries:
        left = [dim for dim in measure(trial, query).dims if dim not in ("arm", "replicate")]
        if single and left:
            raise ResultError(query, f"has a value for every {left[0]}; name one, as in share:usa")


def published() -> list[dict]:
    """Return the net migration of hubs in 2026 as the industry index printed it, to show beside the model's own."""
    return [dict(row) | {"value": float(row["value"])} for row in read("industry_index")]


def warnings(scenario, data, arm="scenario") -> list[str]:
    """Return warnings about an effect: a scenario that reaches nobody must not pass for a zero effect."""
    if not scenario.policies:
        return []
    values = {label: data.sel(arm=label) for label in ("baseline", arm)}
    lives = [name for name in VARIABLES if name not in MONEY]  # what a policy costs is no life
    same = all(np.array_equal(values["baseline"][v], values[arm][v], equal_nan=True) for v in lives)
    return ["no engineer's life differs between the arms: the levers reach nobody in this run"] if same else []
