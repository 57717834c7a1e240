"""Scenario discovery: find the assumptions under which an effect crosses a limit, as boxes by PRIM (ema_workbench)."""

import logging
import re
import warnings

import numpy as np

from sim.errors import UsageError
from sim.results.effects import SHOWN, amount
from sim.results.measures import MEASURES
from sim.results.sweep import subject

MOST_BOXES = 3
MOST_LIMITS = 4  # factors that one box may restrict: more are no plain words
LEAST_CASES = 5
SURE = 0.01  # a limit that chance would give this rarely (PRIM's quasi-p-value) is kept


def condition(text, sweep, measure=None) -> tuple[str, float]:
    """Parse a condition such as ``below 0`` or ``above 0.5pp``.

    Returns
    -------
    (``"below"`` or ``"above"``, the limit in the measure's own unit)

    Raises
    ------
    UsageError
    """
    measure = measure or sweep.primary
    match = re.fullmatch(r"\s*(below|above)\s+(\S.*?)\s*", text)
    if not match:
        raise UsageError(f"--when {text}", "expected below or above and a number, such as 'below 0' or 'above 0.5pp'")
    # a measure's effect may be in points; any other outcome is a plain number
    side, number = match.groups()
    if measure.partition(":")[0].partition(",")[0] in MEASURES:
        return side, amount(number, measure, "--when")
    try:
        return side, float(number)
    except ValueError:
        raise UsageError(f"--when {text}", f"{number} is not a number") from None


def boxes(sweep, asked, measure=None, stage=None) -> dict:
    """Find the parts of the space of factors in which most points meet a condition.

    Parameters
    ----------
    sweep : Sweep
    asked : (side, limit), of :func:`condition`
    measure, stage : as for ``Sweep.value``

    Returns
    -------
    dict: ``question``; ``points`` and ``cases`` (points that meet it); ``boxes``, each with ``limits`` (factor -> (low,
    high), None where open), ``coverage`` (part of all cases inside), ``density`` (part of the points inside that are
    cases), ``words``; ``sentences``

    Raises
    ------
    UsageError without the extra ``discovery``, or with too few cases to look for boxes
    """
    side, limit = asked
    y = sweep.value(measure, stage)
    x = sweep.points(stage).loc[y.index, sweep.stages.factors[stage or sweep.last]]
    # points that meet the condition
    is_case = ((y < limit) if side == "below" else (y > limit)).to_numpy()
    summary = {
        "question": f"When is {subject(sweep, measure)} {side} {_shown(limit, sweep, measure)}?",
        "points": len(y),
        "cases": int(is_case.sum()),
        "boxes": [],
    }
    # no boxes if all or none meet it, or too few on either side
    if is_case.all() or not is_case.any():
        always = "At every point" if is_case.any() else "At none of the points"
        return summary | {"sentences": [f"{always} of the sweep ({len(y):,})."]}
    if min(is_case.sum(), (~is_case).sum()) < LEAST_CASES:
        cases, needed = f"{is_case.sum()} of {len(y)} points are", f"boxes need {LEAST_CASES} that are and as many"
        raise UsageError(f"--when {side} {_shown(limit, sweep, measure)}", f"{cases}; {needed} that are not")
    # PRIM, then drop the limits that chance could have given
    x = x.loc[:, x.nunique() > 1].reset_index(drop=True)
    described = [_box(x, is_case, *one) for one in _prim(x, is_case)]
    described = [box for box in described if box["limits"]]
    return summary | {"boxes": described, "sentences": _sentences(summary, described)}


def _prim(x, is_case) -> list:
    """Return (limits, quasi-p-values) of every box that PRIM finds, the largest first."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what else ema_workbench could do
        try:
            from ema_workbench.analysis import prim
        except ImportError:
            raise UsageError("discover", "needs ema_workbench: pip install 'talentflow[discovery]'") from None
        logging.getLogger("EMA").setLevel(logging.ERROR)
        # box after box, each the most convincing step of its peeling
        search = prim.Prim(x, is_case, threshold=min(2 * is_case.mean(), 0.8), peel_alpha=0.05)
        candidates = []
        for _ in range(MOST_BOXES):
            box = search.find_box()
            if box is None or len(box.box_lims) < 2:  # no case is left, or no step towards a better box
                break
            chosen = _best(box.peeling_trajectory)
            box.select(chosen)
            candidates.append((box.box_lims[chosen], box.qp[chosen]))
    return candidates


def _best(steps) -> int:
    """Return the peeling step with the best harmonic mean of coverage and density, among boxes with few limits."""
    score = 2 * steps.coverage * steps.density / (steps.coverage + steps.density)
    return int(score.where(steps.res_dim <= MOST_LIMITS, -1).idxmax())


def _box(x, is_case, limits, chances) -> dict:
    """Return a box without the limits that chance could have given, with its coverage and density."""
    kept, inside = {}, np.ones(len(x), dtype=bool)
    for name, p in chances.items():
        low, high = (float(v) for v in limits[name])
        # keep an end that cuts the range and that chance would rarely give
        ends = tuple(
            end if sure and 0 <= q < SURE else None
            for end, sure, q in ((low, low > x[name].min(), p[0]), (high, high < x[name].max(), p[-1]))
        )
        if ends != (None, None):
            kept[name] = ends
            inside &= (x[name] >= (low if ends[0] is not None else -np.inf)).to_numpy()
            inside &= (x[name] <= (high if ends[1] is not None else np.inf)).to_numpy()
    # how many of the cases lie inside, and how many of the points inside are cases
    where = " and ".join(_limit(name, *ends) for name, ends in kept.items())
    coverage, density = (is_case & inside).sum() / is_case.sum(), is_case[inside].mean() if inside.any() else 0.0
    words = (
        f"where {where}: {100 * coverage:.0f} % of all such points lie there (coverage), and of the points there "
        f"{100 * density:.0f} % are such (density)"
    )
    return {"limits": kept, "coverage": float(coverage), "density": float(density), "words": words}


def _limit(name, low, high) -> str:
    """Describe the limits of one factor in words."""
    if low is None:
        return f"{name} is below {high:.3g}"
    return f"{name} is above {low:.3g}" if high is None else f"{name} lies between {low:.3g} and {high:.3g}"


def _sentences(summary, boxes) -> list[str]:
    """Describe how many points meet the condition, and the boxes, in sentences."""
    base = summary["cases"] / summary["points"]
    lines = [f"At {summary['cases']:,} of {summary['points']:,} points ({100 * base:.0f} %)."]
    if not boxes:
        return [*lines, "No part of the space stands out: it may happen anywhere."]
    return lines + [f"{'Of the rest,' if k else 'Mostly'} {box['words']}." for k, box in enumerate(boxes)]


def _shown(limit, sweep, measure) -> str:
    """Format a limit in the displayed unit of the measure."""
    factor, _, unit = SHOWN.get(sweep.measures.unit[measure or sweep.primary], (1, "", ""))
    return f"{factor * limit:g} {unit}".strip()
