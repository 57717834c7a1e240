"""The gates on the shipped model: every experiment on every draw, and what they say together."""

from functools import partial

from ... import __version__
from ..experiment import experiment
from ..options import Options
from ..pairs import Plan
from .gates import ENOUGH, chosen, judged, passes
from .registry import EXPERIMENTS, ONCE, needed
from .trial import YEARS, Trial

DRAWS, POPULATION = 20, 100_000


def validate(draws=DRAWS, population=POPULATION, only=(), **options):
    """Run the gates.

    Parameters
    ----------
    draws : of the assumptions, as many as a run has pairs
    population : agents at the start
    only : ids of gates, or their numbers; all if empty
    options : seed, assumptions, uncertainty, workers, progress, as of :class:`~sim.study.options.Options`

    Returns
    -------
    dict of plain values: ``gates`` (rows as :func:`~sim.study.validate.gates.judged` makes them), ``passed`` (whether
    all that decide have), and what made them

    Raises
    ------
    UsageError, AssumptionError
    """
    wanted = chosen(only)
    asked = Options(population=population, replicates=draws, years=YEARS, **options).checked()
    plan = Plan(asked.population, asked.seed, asked.start, YEARS, (), asked.start)
    once = [found for measured in needed(ONCE, wanted) for found in measured(asked).items()]  # first: may lack an extra
    with experiment(asked) as lab:
        values = _on_draws(lab, plan, wanted)
        refused = lab.draws.refused_before(draws) if lab.draws.kept else 0
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


def judged_again(answer):
    """A stored answer as the table of gates now judges it: rows it does not hold are not measured."""
    stored = {row["id"]: row for row in answer["gates"]}
    rows = []
    for gate in chosen(()):
        row = stored.get(gate.id, {"values": None, "beside": {}})
        rows.append(judged(gate, row["values"], [(label, found["values"]) for label, found in row["beside"].items()]))
    return answer | {"gates": rows, "passed": passes(rows)}


def measured_on(plan, k, draw, experiments):
    """The statistics of one draw: dict of gate, or further figure of it -> value."""
    trial = Trial(plan, k, draw)
    return {name: float(value) for measures in experiments for name, value in measures(trial).items()}


def _on_draws(lab, plan, wanted):
    """Dict of gate, or further figure -> (draw,) values; progress told."""
    experiments, o = needed(EXPERIMENTS, wanted), lab.options
    if not experiments:
        return {}
    draws, found = lab.draws.first(o.replicates), []
    task = partial(measured_on, experiments=experiments)
    for values in lab.each(task, [plan] * len(draws), range(len(draws)), draws):
        found.append(values)
        if o.progress:
            o.progress(len(found), len(draws))
    return {name: [values[name] for values in found] for name in found[0]}


def _beside(gate, values):
    return [(name.partition(": ")[2], further) for name, further in values.items() if name.startswith(f"{gate.id}: ")]
