"""The one engine of a server, shared by all windows: what they ask is run by its hands, never by the page itself."""

import threading
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from sim.errors import UsageError
from sim.scenario.files import load
from sim.show.explorer.state import BASELINE, POPULATIONS, State, options_of, scenario_of
from sim.study import attribution
from sim.study.interactive import InteractiveStudy
from sim.study.worker_pool import WorkerPool

ROUGH_BELOW = 100_000  # larger worlds are preceded by a first answer of the smallest
WHY_PAIRS = 6  # pairs of the split over channels
KEPT = 24  # splits that are kept


@dataclass
class Settings:
    """What the command line said; the page reads it.

    Attributes
    ----------
    out : folder whose runs and sweeps may be opened
    workers : number of worker processes; one a core if None, none at all if 0
    """

    out: Path = Path("outputs")
    workers: int | None = None


SETTINGS = Settings()


@cache
def engine():
    """The engine; its processes start when first asked for."""
    return InteractiveStudy(WorkerPool(SETTINGS.workers))


def warm_up():
    """Start the processes and find the first draws, while the page is still loading."""
    engine().pool.start()
    threading.Thread(target=engine().draws, args=(options_of(State()), 2), daemon=True).start()


def is_empty(scenario):
    """Whether a scenario leaves everything as the baseline has it."""
    return not scenario.policies


def answers(state, tick=lambda done: None):
    """The answer to the levers of a state: rough at first, then settled; a large world after a small one.

    Yields
    ------
    PartialResult

    Raises
    ------
    TalentflowError in one line
    """
    arms, options = {"scenario": scenario_of(state)}, options_of(state)
    if options.population > ROUGH_BELOW:
        first = options_of(replace(state, population=POPULATIONS[0], pairs=min(2, state.pairs)))
        for told in engine().answers(arms, load(BASELINE), first, tick):
            yield replace(told, total=max(state.pairs, told.done + 1))  # not settled, however few are asked for
    yield from engine().answers(arms, load(BASELINE), options, tick)


def compared(state, tick=lambda done: None):
    """The same for the levers beside other scenarios, all on the same pairs.

    Raises
    ------
    UsageError where fewer than two different scenarios are left
    """
    scenarios = [scenario_of(state), *map(load, state.beside)]
    arms = {scenario.name: scenario for scenario in scenarios if not is_empty(scenario)}
    if len(arms) < 2:
        raise UsageError("choose two scenarios that differ: move a lever or take a preset, and one or two beside it")
    yield from engine().answers(arms, load(BASELINE), options_of(state), tick)


_splits = {}


def why(state, measure, progress=lambda done, total: None):
    """An effect split over channels, on the first few of the same pairs.

    Parameters
    ----------
    measure : str, a measure with a single value
    progress : function of (pairs done, pairs in all)

    Returns
    -------
    pandas.DataFrame, see ``results.parts.parts_table``
    """
    scenario = scenario_of(state)
    options = options_of(replace(state, population=POPULATIONS[0], pairs=min(WHY_PAIRS, state.pairs)))
    key = (scenario.policies, options.seed, options.years, options.replicates, state.beliefs, measure)
    if key not in _splits:
        lab = engine().experiment(replace(options, progress=progress))
        while len(_splits) >= KEPT:
            _splits.pop(next(iter(_splits)))
        _splits[key] = attribution.table_of(lab, scenario, load(BASELINE), measure, "channels")
    return _splits[key]
