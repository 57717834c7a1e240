"""Run the whole calibration, from the declared priors to the shipped tables; an interrupted run can be continued."""

import shutil
from contextlib import AbstractContextManager, closing
from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.special import ndtr

from sim import __version__
from sim.errors import UsageError
from sim.results.folder import staged
from sim.results.record import code_digest
from sim.scenario.assumptions import DATA as BELIEFS
from sim.scenario.assumptions import PRIORS, Assumptions, at_posterior
from sim.scenario.files import folders
from sim.study.calibration import hub_constants, posterior
from sim.study.calibration.facts import compared, facts, observed
from sim.study.calibration.left_out import along_the_response, families, fit_errors, left_out, sensitivity
from sim.study.calibration.posterior import BESIDE, WEAK, Emulated, learned, scores, simulated, summarised
from sim.study.replicate import mapper

VIEWS = next((folder for folder in folders()[1:] if folder.is_dir()), folders()[1]) / "views"
PLACES = {  # where what ships of a fit lies in the package
    "posterior.csv": BELIEFS,
    "correlation.csv": BELIEFS,
    "calibration.json": BELIEFS,
    **{f"{name}.csv": hub_constants.DATA for name in hub_constants.TABLES},
    **{f"{name}.toml": VIEWS for name in ("evidence", "low_response", "high_response")},
}
ROWS, TRUTHS, PREDICTED = 512, 64, 24
BEGUN = {"agents": 100_000, "seeds": 4, "passes": 4}  # hub constants that the table starts from
LEAST = 15  # rows with every figure below which the emulator has nothing to learn from


class Calibration(NamedTuple):
    """Result of a calibration.

    Attributes
    ----------
    posterior : DataFrame of name, central, low, high, shrinkage
    correlation : DataFrame of name, and a column a belief
    facts : DataFrame of the facts, and of what the posterior makes of them
    ranks : DataFrame, see ``posterior.uniformity``
    left_out, families, sensitivity : DataFrames, see :mod:`~sim.study.calibration.left_out`
    views : dict of name -> dict of belief -> value, the named sets that are made of the posterior
    constants : (HubConstants, AgentOffsets) under the posterior's medians
    record : dict of plain values
    """

    posterior: pd.DataFrame
    correlation: pd.DataFrame
    facts: pd.DataFrame
    ranks: pd.DataFrame
    left_out: pd.DataFrame
    families: pd.DataFrame
    sensitivity: pd.DataFrame
    views: dict
    hub_constants: tuple
    record: dict


def calibrate(
    rows=ROWS, seed=0, *, out="outputs", workers=1, truths=TRUTHS, progress=None, say=lambda line: None
) -> Calibration:
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
    # constants at the centre of the priors: every draw of the table inverts its own from there
    begun = _constants(folder / "priors", Assumptions.central(PRIORS), **BEGUN)
    say(f"the table: {rows:,} draws of the beliefs")
    with closing(simulated(begun, rows, seed, folder / "table", workers, progress)) as table:
        lost = table.problems("failed").error
        if len(lost):  # what a worker did not survive says nothing about the belief
            raise UsageError(
                "workers",
                f"{len(lost)} of {rows} draws failed: {lost.iloc[0]}; those whose process was "
                "lost are run again by the same command",
            )
        # the table: beliefs as normal scores, whether constants exist, and the figures of each draw
        z, usable, figures, noise = scores(table, [*WEAK, *BESIDE])
        refused = table.problems("refused").error.value_counts().to_dict()
    learned_from = int(figures.notna().sum().min())
    if learned_from < LEAST:
        raise UsageError("rows", f"{learned_from} of {rows} have every figure, at least {LEAST} are needed: give more")
    say("the posterior")
    with _one_thread(), mapper(workers):
        figures = figures.to_numpy()
        # emulate the figures, weight the emulated draws by the facts, and summarise the weighted draws
        emulated = _emulated(known, z, usable, figures, seed, noise)
        beliefs, correlation, judged_facts, record = _posterior(emulated, usable, figures, known, begun)
        say("each family left out")
        # predict each family by a fit to the others; recover known truths from simulated facts
        rows = left_out(emulated, known)
        moved, ends = sensitivity(emulated, known), along_the_response(emulated, known)
        say(f"{truths} known truths")
        ranks = _ranks(z, usable, figures, known, seed, truths)
    say("hub constants under the posterior")
    after = _constants(folder / "fitted", Assumptions.central(at_posterior(PRIORS, beliefs)))
    shipped = [{"name": name, **asdict(row)} for name, row in beliefs.items()]
    # the result: what ships, what is saved beside it, and the record of the fit
    together = pd.DataFrame(correlation, columns=list(WEAK))
    together.insert(0, "name", WEAK)
    record |= {"seed": seed, "rows": len(z), "usable": int(usable.sum()), "version": __version__}
    record |= {"truths": int(ranks.filter(like="bin_").iloc[0].sum()), "refused_draws": refused}
    views = {name: _values(scores_of) for name, scores_of in ends.items()}
    return Calibration(
        pd.DataFrame(shipped), together, judged_facts, ranks, rows, families(rows), moved, views, after, record
    )


def _values(z) -> dict[str, float]:
    """Return the beliefs at normal scores ``z`` (belief,) under their priors, to three digits."""
    return {
        name: float(f"{float(posterior.as_values(ndtr(score), name)):.3g}") for name, score in zip(WEAK, z, strict=True)
    }


def _emulated(known, z, usable, figures, seed, noise) -> Emulated:
    """Return the emulator on the scale of comparison; logarithmic facts are few and come first."""
    scaled = figures.copy()
    scaled[:, : len(known)] = compared(known, figures[:, : len(known)])
    return learned(z, usable, scaled, seed, noise)


def _check_extra() -> None:
    """Refuse missing packages at the start rather than hours later."""
    if not all(map(find_spec, ("sklearn", "statsmodels"))):
        raise UsageError("calibrate", "needs scikit-learn and statsmodels: pip install 'talentflow[calibrate]'")


def write_files(result, views, folder) -> None:
    """Write hub constants and the assumption files ``views`` (dict of name -> text) of a calibration into a folder."""
    constants, offsets = result.hub_constants
    hub_constants.write(constants, offsets, folder)
    for name, text in views.items():
        (folder / f"{name}.toml").write_text(text, encoding="utf-8")


def ship(folder) -> None:
    """Replace the shipped tables by those of a fit's folder, and its record; nothing else changes them.

    Raises
    ------
    OSError where the package cannot be written
    """
    for name, place in PLACES.items():
        shutil.copyfile(Path(folder) / name, place / name)


def _constants(folder, a, **how) -> tuple:
    """Return the hub constants under the assumptions ``a``; they are fitted once and then read from the folder."""
    if hub_constants.read_fit(folder) is None:
        with staged(folder) as made:
            fitted, offsets = hub_constants.fit(a, **how)
            hub_constants.write(fitted, offsets, made)
    return hub_constants.read_fit(folder) or ()


def _posterior(emulated, usable, figures, known, begun) -> tuple:
    """Return the posterior of the assumptions, their correlations, the facts under it, and the record of the fit."""
    draws, worth = emulated.posterior(observed(known)[0], fit_errors(known))
    draws = draws[:, : len(WEAK)]
    beliefs, correlation = summarised(draws, WEAK)
    # run a few draws of the posterior itself, to see the facts without the emulator
    made, refused = posterior.predicted(draws[:: len(draws) // PREDICTED][:PREDICTED], begun)
    names = [fact.name for fact in known]
    before, after = figures[:, : len(known)], made[names].to_numpy()
    table = _judged(known, before, after).assign(explained=emulated.explained[: len(known)])
    record = {
        "effective_draws": round(worth),
        "refused_before": 1 - float(usable.mean()),
        "predicted": PREDICTED,
        "refused_after": sum(refused.values()) / PREDICTED,
        "reasons_after": refused,
    }
    return beliefs, correlation, table, record


def _judged(known, before, after) -> pd.DataFrame:
    """Return the facts with median and 5 to 95 % of their figures before and after the fit."""
    table = pd.DataFrame([asdict(fact) for fact in known])
    for way, rows in (("prior", before), ("posterior", after)):
        for end, q in (("", 0.5), ("_low", 0.05), ("_high", 0.95)):
            table[way + end] = np.nanquantile(rows, q, axis=0)
    return table


def _ranks(z, usable, figures, known, seed, truths) -> pd.DataFrame:
    """Return the ranks of known truths, by an emulator that was not trained on them.

    Chance stays in what the emulator leaves: it is in the truths' own figures.
    """
    usable_so_far = np.cumsum(usable)
    rows = int(np.searchsorted(usable_so_far, posterior.TRAINED * usable_so_far[-1]))  # of the table, to learn from
    trained = int(usable_so_far[rows - 1])
    figures = compared(known, figures[:, : len(known)])
    emulated = learned(z[:rows], usable[:rows], figures[:trained], seed)
    held_back, theirs = z[rows:][usable[rows:]][:truths], figures[trained:][:truths]
    ranks = posterior.ranks_of_truths(emulated, held_back, theirs, fit_errors(known), seed)
    return posterior.uniformity(ranks[:, : len(WEAK)], WEAK)


def _one_thread() -> AbstractContextManager:
    """Limit linear algebra to one thread, so that sums do not depend on the number of cores."""
    from threadpoolctl import threadpool_limits  # comes with scikit-learn

    return threadpool_limits(1)
