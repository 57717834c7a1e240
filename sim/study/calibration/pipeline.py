"""Run the whole calibration, from the declared priors to the shipped tables; an interrupted run can be continued."""

import math
import shutil
from contextlib import closing
from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from sim import __version__
from sim.errors import UsageError
from sim.results.folder import staged
from sim.results.record import code_digest
from sim.scenario.assumptions import DATA as BELIEFS
from sim.scenario.assumptions import PRIORS, Assumptions, at_posterior
from sim.study.calibration import hub_constants, posterior
from sim.study.calibration.facts import compared, facts, observed
from sim.study.calibration.posterior import BESIDE, WEAK, learned, scores, simulated, summarised
from sim.study.replicate import mapper

PLACES = {  # where what ships of a fit lies in the package
    "posterior.csv": BELIEFS,
    "correlation.csv": BELIEFS,
    "calibration.json": BELIEFS,
    **{f"{name}.csv": hub_constants.DATA for name in hub_constants.TABLES},
}
ROWS, TRUTHS, PREDICTED = 4096, 256, 256
LEAST = 120  # usable rows below which the emulator has nothing to learn from


class Calibration(NamedTuple):
    """Result of a calibration.

    Attributes
    ----------
    posterior : DataFrame of name, central, low, high, shrinkage
    correlation : DataFrame of name, and a column a belief
    facts : DataFrame of the facts, and of what the posterior makes of them
    ranks : DataFrame, see ``checks.uniformity``
    constants : (Constants, Offsets) under the posterior's medians
    record : dict of plain values
    """

    posterior: pd.DataFrame
    correlation: pd.DataFrame
    facts: pd.DataFrame
    ranks: pd.DataFrame
    hub_constants: tuple
    record: dict


def calibrate(rows=ROWS, seed=0, *, out="outputs", workers=1, truths=TRUTHS, progress=None, say=lambda line: None):
    """Update the weak priors on the facts, check the fit, and fit the hub constants under the posterior.

    Parameters
    ----------
    rows : draws of the table that the fit learns from
    seed : of all draws
    out : path of the folder of folders; what is done lies in one of them, and is not done again
    workers : processes; the result is the same for any number
    truths : known truths that the method must find again
    progress : progress of the table, as of :func:`~sim.study.sweep.runner.explore`
    say : function of a line, called at every stage

    Returns
    -------
    Calibration

    Raises
    ------
    UsageError for too few rows, or without the extra ``calibrate``
    """
    _check_extra()
    known, folder = facts(), Path(out) / f"calibrate-{code_digest()[:12]}-seed{seed}"
    say("hub constants under the priors")
    begun = _constants(folder / "priors", Assumptions.central(PRIORS))
    say(f"the table: {rows:,} draws of the beliefs")
    with closing(simulated(begun, rows, seed, folder / "table", workers, progress)) as table:
        lost = table.problems("failed").error
        if len(lost):  # what a worker did not survive says nothing about the belief
            raise UsageError(
                "workers",
                f"{len(lost)} of {rows} draws failed: {lost.iloc[0]}; those whose process was "
                "lost are run again by the same command",
            )
        z, usable, figures = scores(table, [*WEAK, *BESIDE])
    if usable.sum() < LEAST:
        raise UsageError("rows", f"{usable.sum()} of {rows} are usable, at least {LEAST} are needed: give more")
    say("the posterior")
    with _one_thread(), mapper(workers):
        figures = compared(known, figures[[fact.name for fact in known]].to_numpy())
        beliefs, correlation, told_facts, record = _posterior(z, usable, figures, known, seed, begun)
        say(f"{truths} known truths")
        ranks = _ranks(z, usable, figures, known, seed, truths)
    say("hub constants under the posterior")
    after = _constants(folder / "fitted", Assumptions.central(at_posterior(PRIORS, beliefs)))
    shipped = [{"name": name, **asdict(row)} for name, row in beliefs.items()]
    together = pd.DataFrame(correlation, columns=list(WEAK))
    together.insert(0, "name", WEAK)
    record |= {"seed": seed, "rows": len(z), "usable": int(usable.sum()), "truths": truths, "version": __version__}
    return Calibration(pd.DataFrame(shipped), together, told_facts, ranks, after, record)


def _check_extra() -> None:
    """Refuse missing packages at the start rather than hours later."""
    if not all(map(find_spec, ("sklearn", "statsmodels"))):
        raise UsageError("calibrate", "needs scikit-learn and statsmodels: pip install 'talentflow[calibrate]'")


def ship(folder):
    """Replace the shipped tables by those of a fit's folder, and its record; nothing else changes them.

    Raises
    ------
    OSError where the package cannot be written
    """
    for name, place in PLACES.items():
        shutil.copyfile(Path(folder) / name, place / name)


def _constants(folder, a):
    """Return the hub constants under the assumptions ``a``; they are fitted once and then read from the folder."""
    if (found := hub_constants.kept(folder)) is None:
        with staged(folder) as made:
            fitted, offsets = hub_constants.fit(a)
            hub_constants.write(fitted, offsets, made)
        found = hub_constants.kept(folder)
    return found


def _posterior(z, usable, figures, known, seed, begun):
    """Return the posterior of the assumptions, their correlations, the facts under it, and the record of the fit."""
    value, error = observed(known)
    emulated = learned(z, usable, figures, seed)
    draws, worth = emulated.posterior(value, error)
    draws = draws[:, : len(WEAK)]
    beliefs, correlation = summarised(draws, WEAK)
    made, refused = posterior.predicted(draws[:: len(draws) // PREDICTED][:PREDICTED], begun)
    table = _told(known, figures, compared(known, made)).assign(explained=emulated.explained)
    record = {
        "effective_draws": round(worth),
        "refused_before": 1 - float(usable.mean()),
        "predicted": PREDICTED,
        "refused_after": refused / PREDICTED,
    }
    return beliefs, correlation, table, record


def _told(known, before, after):
    """Return the facts with median and 5 to 95 % of their figures before and after the fit."""
    table = pd.DataFrame([asdict(fact) for fact in known])
    for way, rows in (("prior", before), ("posterior", after)):
        for end, q in (("", 0.5), ("_low", 0.05), ("_high", 0.95)):
            found = np.quantile(rows, q, axis=0)
            table[way + end] = [math.exp(x) if fact.logarithmic else x for x, fact in zip(found, known, strict=True)]
    return table


def _ranks(z, usable, figures, known, seed, truths):
    """Return the ranks of known truths, by an emulator that was not trained on them."""
    usable_so_far = np.cumsum(usable)
    rows = int(np.searchsorted(usable_so_far, posterior.TRAINED * usable_so_far[-1]))  # of the table, to learn from
    trained = int(usable_so_far[rows - 1])
    emulated = learned(z[:rows], usable[:rows], figures[:trained], seed)
    error, held_back = observed(known)[1], z[rows:][usable[rows:]]
    found = posterior.ranks_of_truths(emulated, held_back[:truths], figures[trained:][:truths], error, seed)
    return posterior.uniformity(found[:, : len(WEAK)], WEAK)


def _one_thread():
    """Limit linear algebra to one thread, so that sums do not depend on the number of cores."""
    from threadpoolctl import threadpool_limits  # comes with scikit-learn

    return threadpool_limits(1)
