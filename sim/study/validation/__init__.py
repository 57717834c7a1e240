"""Validate the shipped model: run every experiment on every sample and judge the gates."""

from functools import partial

from sim import __version__
from sim.study.options import Options
from sim.study.replicate import Plan, experiment
from sim.study.validation import experiments
from sim.study.validation.gates import ENOUGH, chosen, judged, passes
from sim.study.validation.trial import YEARS, Trial

# --- Which experiment measures which gates; a gate without one counts as missed ---------------------


# function of a Trial -> dict of gate -> value -> its gates. A further figure of a gate is "gate: what it is".
EXPERIMENTS = {
    experiments.net_of_tax: ("g01", "g02a", "g03", "g05"),
    experiments.newcomer_relief: ("g04b", "g04c"),
    experiments.crossings: ("g06a", "g06b", "g07"),
    experiments.directions: ("g10", "g12", *(f"g11_{place}" for place in experiments.NET_OF)),
    experiments.colleagues: ("g21a", "g21b"),
    experiments.published_index: tuple(f"g25_{hub}" for hub in experiments.INDEX_HUBS),
    experiments.five_year_stays: ("g08a", "g08b", "g08c", "g08d"),
    experiments.starting_state: ("g09a", "g09b", "g09c", *(f"g13_{place}" for place in experiments.MIGRANTS)),
    experiments.office_odds: tuple(f"g14_{year}" for year in range(2021, 2027)),
    experiments.weighted_lottery: ("g15a", "g15b", "g15c"),
    experiments.fee: ("g16a", "g16b", "g16c"),
    experiments.approval: ("g17a",),
    experiments.open_permit: ("g18a",),
    experiments.fast_track: ("g18b",),
    experiments.closed_border: ("g19a",),
    experiments.job_changes: ("g20a", "g20b", "g20c", "g22"),
    experiments.growth: (*(f"g26_{place}" for place in experiments.REGIONS), "g26_world"),
    experiments.signs_without_size: ("g23",),
    experiments.skill_rates: ("g28",),
    experiments.compute_push: ("g30",),
    experiments.leavers: tuple(f"g31_{country}" for country in experiments.LEFT_BY),
    experiments.entry_halved: ("g32",),
}

# function without arguments -> the same, for what is measured once and not on every draw
ONCE = {
    experiments.corridor_terms: ("g24",),
    experiments.scholars_predicted: ("g27",),
    experiments.families_left_out: ("g29",),
}


def needed(measuring, gates) -> list:
    """Return the experiments, of a dict like ``EXPERIMENTS``, that measure any of the gates."""
    wanted = {gate.id for gate in gates}
    return [experiment for experiment, measured in measuring.items() if wanted & set(measured)]


# --- Running the gates ------------------------------------------------------------------------------


DRAWS, POPULATION = 20, 100_000


def validate(draws=DRAWS, population=POPULATION, only=(), **options) -> dict:
    """Run the gates.

    Parameters
    ----------
    draws : of the assumptions, as many as a run has pairs
    population : agents at the start
    only : ids of gates, or their numbers; all if empty
    options : seed, assumptions, uncertainty, workers, progress, as of :class:`~sim.study.options.Options`

    Returns
    -------
    dict of plain values: ``gates`` (rows as :func:`~sim.study.validation.gates.judged` makes them), ``passed`` (whether
    all that decide have), and what made them

    Raises
    ------
    UsageError, AssumptionError
    """
    wanted = chosen(only)
    asked = Options.of(population=population, replicates=draws, years=YEARS, **options).checked()
    asked.from_present("the published facts are those of")
    # what is measured once comes first, as it may lack an extra; then all samples of the assumptions
    plan = Plan(int(asked.population), asked.seed, asked.start, YEARS, (), asked.start)
    once = [figure for measured in needed(ONCE, wanted) for figure in measured().items()]
    with experiment(asked) as lab:
        values = _on_draws(lab, plan, wanted)
        refused = lab.draws.rejected_before(draws) if lab.draws.accepted else 0
    values |= {name: [value] for name, value in once}
    rows = [judged(gate, values.get(gate.id), _beside(gate, values)) for gate in wanted]
    return {
        "gates": rows,
        "passed": passes(rows),
        "enough": ENOUGH,
        "draws": draws,
        "refused_draws": refused,
        "population": asked.population,
        "seed": asked.seed,
        "uncertainty": asked.uncertainty,
        "version": __version__,
    }


def judged_again(answer) -> dict:
    """Judge a stored result by the present table of gates; rows that it lacks are not measured."""
    stored = {row["id"]: row for row in answer["gates"]}
    rows = []
    for gate in chosen(()):
        row = stored.get(gate.id, {"values": None, "beside": {}})
        rows.append(
            judged(gate, row["values"], [(label, further["values"]) for label, further in row["beside"].items()])
        )
    return answer | {"gates": rows, "passed": passes(rows)}


def measured_on(plan, k, draw, experiments) -> dict:
    """Return the statistics of one sample: dict of gate, or further figure of it -> value."""
    trial = Trial(plan, k, draw)
    return {name: float(value) for measures in experiments for name, value in measures(trial).items()}


def _on_draws(lab, plan, wanted) -> dict:
    """Return dict of gate, or further figure -> (sample,) values, and report progress."""
    experiments, o = needed(EXPERIMENTS, wanted), lab.options
    if not experiments:
        return {}
    draws, by_draw = lab.draws.first(o.replicates), []
    # each sample runs all experiments that the gates need, in a worker
    task = partial(measured_on, experiments=experiments)
    for values in lab.each(task, [plan] * len(draws), range(len(draws)), draws):
        by_draw.append(values)
        if o.progress:
            o.progress(len(by_draw), len(draws))
    return {name: [values[name] for values in by_draw] for name in by_draw[0]}


def _beside(gate, values) -> list:
    return [(name.partition(": ")[2], further) for name, further in values.items() if name.startswith(f"{gate.id}: ")]
