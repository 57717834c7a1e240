"""Sweeps: a model run at every point of a design, into a store that survives whatever stops it.

``explore`` is the one door: the simulator of ``sweep`` goes through it like any plain function.
"""

import hashlib
import json
from contextlib import closing
from dataclasses import asdict, replace
from pathlib import Path

from ..errors import ResultError, UsageError
from ..model.kernels import is_compiled
from ..results.record import INPUTS, plain, to_json
from ..results.sweep_result import Sweep
from ..results.sweep_store import FACTOR, SweepStore, clear, meta
from ..scenario.assumptions import Assumptions
from ..scenario.files import loaded
from .cell import Simulator, described
from .designs import LEVELS, design
from .executors import workers_of
from .options import Options
from .pairs import compile_kernels, workers_for
from .rounds import Rounds
from .screening import survivors
from .simulate import check_measures, prepared
from .space import Factor, factors_over
from .usable import trimmed

GUIDED = (("screening", "morris"), ("indices", "sobol"))
MANY = 1_000_000  # cells: more than there are cores
TRAJECTORIES = 8  # of the screening of a guided sweep


def sweep(
    scenario,
    measures=("share:usa",),
    method="guided",
    n=None,
    over=(),
    baseline="baseline",
    *,
    levels=None,
    out="outputs",
    executor=None,
    told=None,
    force=False,
    **options,
):
    """Run a scenario against its baseline at every point of a design, and keep what comes out in a store.

    Effects are paired at each point: the same seeds everywhere, so chance does not pass for sensitivity.

    Parameters
    ----------
    scenario, baseline : Scenario, name, file or stack ``a+b``
    measures : list of str with a single value each; the first is screened on. The shares of all hubs are kept too
    method : ``"guided"``, oat, grid, lhs, morris, sobol or pawn
    n : base samples, trajectories or points; more than lie in the store extend it
    over : names, patterns or groups of assumptions, paths of levers, ``name=low:high``; empty for all assumptions
    levels : of a Morris, grid or one-at-a-time design
    out : path of the folder of folders
    executor : a concurrent.futures.Executor or the address of a dask scheduler; None for local processes
    told : function of (folder, stage, cells decided, cells in all)
    force : begin anew, whatever lies in the store
    options : see :class:`~sim.study.options.Options`: population, years, start, seed, assumptions, workers, and
        replicates, the pairs of every point, 1 if left out

    Returns
    -------
    Sweep

    Raises
    ------
    ScenarioError, AssumptionError, UsageError, ResultError
        for input that makes no sense, before anything is run
    StoreError if the store cannot be written; finished cells are kept
    """
    scenario, baseline, asked = loaded(scenario), loaded(baseline), _options(options)
    check_measures(measures, asked, single=True)
    declared = asked.declared()
    factors = factors_over(over, declared, scenario)
    _stages(method, n, factors, asked.seed, levels)
    facts = _facts(scenario, baseline, asked, measures, method, factors, levels)
    folder = Path(out) / f"{plain(scenario.name)}-sweep-{facts['digest']}"
    central, kept = Assumptions.central(declared), described(measures, asked)
    levers = tuple(f.name for f in factors if f.kind == "lever")
    model = Simulator(scenario, baseline, asked, central, levers, tuple(row["name"] for row in kept))
    if force:
        clear(folder)
    if not is_compiled():  # once, rather than in every process at the same time
        compile_kernels()
    with workers_of(executor, asked.workers) as pool:
        factors = _as_kept(folder) or trimmed(factors, central, asked.start, pool.map)
        return _explored(model, factors, method, n, folder, levels, pool, facts, kept, told)


def explore(
    model,
    factors,
    method="sobol",
    n=None,
    *,
    store,
    seed=0,
    levels=None,
    executor=None,
    workers=1,
    record=None,
    measures=(),
    told=None,
):
    """Run a model at every point of a design and keep each outcome in a store; what lies there is not run again.

    Parameters
    ----------
    model : picklable function of a dict of factor name -> value, giving a dict of measure name -> float or array.
        It may raise ``Refused`` for a point that it cannot take. Two methods are used if it has them:
        ``prepare(values)`` gives what the call then gets as a second argument, or raises ``Refused`` before anything of
        the point's block is run; ``reseeded(k)`` gives the same model with other chance
    factors : list of Factor
    method : ``"guided"`` (Morris over all, then Sobol over those that matter), or one of ``METHODS``
    n : trajectories, base samples or points; a Sobol design takes a power of two and rounds up to it
    store : path of the folder
    seed, levels : of the design
    executor : a concurrent.futures.Executor, the address of a dask scheduler, or None for ``workers`` local processes
    record : dict of facts to keep; the sweep in the store must have the same
    measures : list of dicts that describe the outcomes, with the columns of the store's table
    told : function of (folder, stage, cells decided, cells in all)

    Returns
    -------
    Sweep

    Raises
    ------
    UsageError for arguments that make no sense or a store that holds another sweep; StoreError if it cannot be written
    """
    factors = list(factors)
    _stages(method, n, factors, seed, levels)  # refuses before anything is written
    with workers_of(executor, workers) as pool:
        facts = {"seed": seed} | (record or {})
        return _explored(model, factors, method, n, Path(store), levels, pool, facts, measures, told)


def _explored(model, factors, method, n, folder, levels, pool, facts, measures, told):
    facts = facts | {"method": method, "levels": levels, "factors": [asdict(f) for f in factors]}
    with SweepStore(folder) as store:
        _same(store, facts, factors, measures)
        for name, made, blocks in _stages(method, n, factors, facts["seed"], levels):
            varied = factors
            if (method, name) == ("guided", GUIDED[1][0]):
                with closing(Sweep.load(folder)) as screened:
                    chosen = survivors(screened)
                varied = [f for f in factors if f.name in chosen]
                made = replace(made, d=len(varied))
            places = [factors.index(f) for f in varied]
            store.stage(name, made.method, made.size, blocks, places)
            Rounds(model, name, made, _values(factors, places), store, pool, told).run(blocks)
        store.put(finished=True)
    return Sweep.load(folder)


def _options(given):
    """The checked options of a sweep: small worlds run one a core, large ones with all threads each."""
    chosen = Options(**{"replicates": 1, "population": 50_000} | given)
    workers = chosen.workers or (1 if isinstance(chosen.population, str) else workers_for(chosen.population, MANY))
    return replace(chosen, workers=workers).checked()


def _facts(scenario, baseline, options, measures, method, factors, levels):
    """All that decides the numbers of a sweep but the size of its design; and its digest."""
    facts = prepared({"scenario": scenario}, baseline, options)
    facts |= {"measures": list(measures)}
    identity = {key: facts[key] for key in (*INPUTS, "digests", "measures")} | {
        "method": method,
        "levels": levels,
        "factors": [asdict(f) for f in factors],
    }
    digest = hashlib.sha256(to_json(identity, sort_keys=True).encode()).hexdigest()[:12]
    return facts | {"digest": digest}


def _as_kept(folder):
    """The factors of the sweep that lies there already, cut as they were; None for none."""
    try:
        held = Sweep.load(folder).record
    except ResultError:
        return None
    tuples = lambda row: {k: _tuple(v) for k, v in row.items()}  # noqa: E731 (JSON knows lists alone)
    return [Factor(**tuples(row)) for row in held.get("factors", [])]


def _tuple(value):
    return tuple(map(_tuple, value)) if isinstance(value, list) else value


def _stages(method, n, factors, seed, levels):
    """(name, design, blocks) of every stage; the factors of a second stage are not known yet."""
    centre, d = tuple(f.centre for f in factors), len(factors)
    if method != "guided":
        return [(method, *design(method, d, n, seed, levels, centre))]
    return [
        (GUIDED[0][0], *design("morris", d, TRAJECTORIES, seed, levels or LEVELS["morris"])),
        (GUIDED[1][0], *design("sobol", d, n, seed)),
    ]


def _values(factors, places):
    """The function from coordinates of the factors at ``places`` to the values of all, the others at their centre."""

    def values(z):
        found = {f.name: f.central for f in factors}
        return found | {factors[k].name: factors[k].value(float(u)) for k, u in zip(places, z, strict=True)}

    return values


def _same(store, identity, factors, measures):
    """Begin a new store, or make sure that the one that lies there is of this very sweep."""
    identity = json.loads(to_json(identity))
    held = meta(store.db)
    if "method" not in held:
        store.begin([{key: getattr(f, key) for key in FACTOR} for f in factors], measures)
        store.put(finished=False, **identity)
        return
    for key, value in identity.items():
        if held.get(key) != value:
            raise UsageError(Path(store.folder), f"holds another sweep: it differs in {key}")
    store.put(finished=False)
