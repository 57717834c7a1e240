"""Tables of a sweep: indices with intervals, their convergence, the part of chance, tornado and dependence."""

import math

import numpy as np
import pandas as pd

from sim.results import indices

MEANING = {
    "sobol": ("first", "total"),
    "morris": ("mu_star",),
    "pawn": ("median",),
    "lhs": ("median",),
    "oat": ("width",),
}


def index_table(sweep, measure=None, stage=None, *, what="effect", time=None, hub=None, intervals=True):
    """The indices of every factor that a stage varies.

    Parameters
    ----------
    sweep : Sweep
    measure, stage, what, time, hub : see ``Sweep.value``

    Returns
    -------
    DataFrame indexed by factor, the strongest first: the columns of ``indices.SOBOL``, ``MORRIS``, ``PAWN`` or of
    ``one_at_a_time``, by the stage's method; and ``grade``, ``group``, ``undecided`` (the interval holds 0, or for PAWN
    the median is below the critical value), ``more_runs`` (how many more runs would likely settle that)
    """
    stage = stage or sweep.last
    method, names = sweep.stages.method[stage], sweep.stages.factors[stage]
    table, n = _estimated(sweep, measure, stage, what, time, hub, intervals)
    key = MEANING.get(method, ("width",))[-1]
    table = table.join(sweep.factors[["grade", "group"]])
    low = {"sobol": "total_low", "morris": "mu_star_low"}.get(method)
    if low:
        table["undecided"] = ~(table[low] > 0) & (table[key] != 0)
    elif method in ("pawn", "lhs"):
        table["undecided"] = ~(table["median"] > table["critical"])
    else:
        table["undecided"] = False
    cost = {"sobol": len(names) + 2, "morris": len(names) + 1}.get(method, 1)
    table["more_runs"] = [_more_runs(row, key, n, cost, method) if row.undecided else 0 for row in table.itertuples()]
    return table.sort_values(key, ascending=False, kind="stable")


def _estimated(sweep, measure, stage, what, time, hub, intervals=True, most=None):
    """The bare estimates of a stage from its first ``most`` blocks, and the number of blocks."""
    method, names = sweep.stages.method[stage], sweep.stages.factors[stage]
    seed = int(sweep.record.get("seed", 0))
    y, blocks = sweep.blocks(measure, stage, what, time, hub)
    y, blocks = y[:most], blocks[:most]
    if method == "sobol":
        return indices.sobol(y, names, seed, intervals), indices.power_of_two(len(y))
    size = y.shape[1]
    points = (blocks[:, None] * size + np.arange(size)).ravel()
    z = sweep.coordinates(stage).loc[points].to_numpy()
    if method == "morris":
        levels = int(sweep.record.get("levels") or 4)
        return indices.morris(z.reshape(-1, size, len(names)), y, names, levels, seed), len(y)
    if method == "oat":
        return indices.one_at_a_time(sweep.points(stage).loc[points, names], y[:, 0]), len(y)
    return indices.pawn(z, y[:, 0], names, seed), len(y)


def convergence(sweep, measure=None, stage=None, *, what="effect", time=None, hub=None):
    """The indices as they were at every size of the design: how far they have settled.

    Returns
    -------
    DataFrame: n (blocks), factor, index, low, high; the index is the total one, mu* or the PAWN median
    """
    stage = stage or sweep.last
    method, count = sweep.stages.method[stage], len(sweep.complete(stage))
    key = MEANING.get(method, ("width",))[-1]
    least = {"sobol": 4, "morris": 2}.get(method, 64)
    sizes = [n for n in 2 ** np.arange(31) if least <= n < count] + [count] * (count >= least)
    if method == "sobol":
        sizes = sorted({indices.power_of_two(int(n)) for n in sizes})
    if method in ("grid", "oat"):
        sizes = []
    found = []
    for n in map(int, sizes):
        table, _ = _estimated(sweep, measure, stage, what, time, hub, most=n)
        found.append(
            pd.DataFrame(
                {
                    "n": n,
                    "factor": table.index,
                    "index": table[key],
                    "low": table[f"{key}_low"],
                    "high": table[f"{key}_high"],
                }
            )
        )
    columns = ["n", "factor", "index", "low", "high"]
    return pd.concat(found, ignore_index=True) if found else pd.DataFrame(columns=columns)


def chance_share(sweep, measure=None, stage=None, *, what="effect", time=None, hub=None):
    """How much of the variance over the design is chance: points run again with another seed, against all points.

    Returns
    -------
    dict: ``share`` (of the variance; nan if no point was run again), ``error`` (standard deviation of one point by
    chance alone), ``spread`` (standard deviation over all points), ``points`` (run twice)
    """
    stage = stage or sweep.last
    first = sweep.value(measure, stage, what, time, hub)
    again = sweep.value(measure, stage, what, time, hub, repeat=1)
    if again.empty or len(first) < 2:
        return {"share": math.nan, "error": math.nan, "spread": math.nan, "points": 0}
    within = float(((first[again.index] - again) ** 2).mean() / 2)
    total = float(first.var(ddof=1))
    share = min(within / total, 1.0) if total > 0 else math.nan
    return {"share": share, "error": math.sqrt(within), "spread": math.sqrt(total), "points": len(again)}


def dependence(sweep, factor, measure=None, stage=None, *, what="effect", time=None, hub=None, bins=10):
    """Partial dependence of a measure on one factor: see ``indices.partial_dependence``."""
    y = sweep.value(measure, stage, what, time, hub)
    x = sweep.points(stage).loc[y.index, factor]
    return indices.partial_dependence(x.to_numpy(), y.to_numpy(), bins)


def assumption_load(sweep, measure=None, stage=None, *, time=None, hub=None):
    """How much of the variance rests on which grade of evidence, from the total Sobol indices scaled to add up to 1.

    Returns
    -------
    DataFrame indexed by grade A to D: ``load``, ``factors`` (names, the strongest first)
    """
    table = index_table(sweep, measure, stage, time=time, hub=hub, intervals=False)
    size = table["total"].clip(lower=0)
    part = size / size.sum() if size.sum() > 0 else size * 0
    grades = list("ABCD") if sweep.factors.grade.isin(list("ABCD")).any() else sorted(set(sweep.factors.grade))
    rows = [(part[table.grade == g].sum(), list(part[(table.grade == g) & (part > 0)].index)) for g in grades]
    return pd.DataFrame(rows, pd.Index(grades, name="grade"), ["load", "factors"])


def _more_runs(row, key, n, cost, method):
    """Runs until the interval likely leaves 0 out: its width falls with the root of the number of blocks."""
    value = getattr(row, key)
    half = row.critical if method in ("pawn", "lhs") else value - getattr(row, f"{key}_low")  # both fall alike
    if not (value > 0 and math.isfinite(half)):
        return None
    needed = math.ceil(n * (half / value) ** 2) + 1
    if method == "sobol":
        needed = 1 << (needed - 1).bit_length()
    return max(needed - n, 1) * cost
