"""The result of a sweep, read from its store: values, sensitivity tables, and its findings."""

import hashlib
import json
import math
import re
import sqlite3
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from sim.arguments import user_path
from sim.errors import ResultError, nearest
from sim.results import indices
from sim.results.effects import SHOWN
from sim.results.narrative import lines, paragraph
from sim.results.sweep_store import FACTOR, MEASURE, complete_blocks, connect, meta, unpack
from sim.scenario.assumptions import PRIOR_DRIVEN

# --- The values of a sweep --------------------------------------------------------------------------


ARMS = ("baseline", "scenario")


@dataclass
class Sweep:
    """A sweep as its store holds it.

    Attributes
    ----------
    folder : path
    record : dict, the facts of the whole sweep: title, question, method, seed, population, measures, ...
    factors : DataFrame indexed by name: low, central, high, unit, grade, group, kind, meaning, note
    measures : DataFrame indexed by name: unit, dims, coords, at (index of its time), paired
    stages : DataFrame indexed by name, in their order: method, size (points a block), n (blocks asked), factors (names)
    """

    folder: Path
    record: dict
    factors: pd.DataFrame
    measures: pd.DataFrame
    stages: pd.DataFrame
    db: sqlite3.Connection = field(repr=False)

    @classmethod
    def load(cls, folder) -> "Sweep":
        """Open the folder of a sweep, finished or not.

        Raises
        ------
        ResultError
        """
        folder = user_path(folder)
        # declarations of factors, measures and stages; values are read when they are needed
        db = connect(folder)
        factors = pd.read_sql_query("SELECT * FROM factors ORDER BY place", db).set_index("name")[list(FACTOR[1:])]
        stages = pd.read_sql_query("SELECT * FROM stages ORDER BY place", db).set_index("name")
        names = factors.index.to_numpy()
        stages["factors"] = [names[json.loads(places)].tolist() for places in stages["factors"]]
        return cls(folder, meta(db), factors, _measures(db), stages.drop(columns="place"), db)

    def close(self) -> None:
        """Close the store; nothing more can be read."""
        self.db.close()

    @property
    def primary(self) -> str | None:
        """Return the measure that the sweep is about first; None while no measure is known."""
        # the first one asked for, or the first one stored; its time is no part of the name
        asked = self.record.get("measures") or self.measures.index.tolist() or [None]
        return asked[0] and asked[0].partition("@")[0].strip()

    @property
    def last(self) -> str:
        """Return the name of the last stage, which the indices are computed from."""
        return self.stages.index[-1]

    def points(self, stage=None) -> pd.DataFrame:
        """Return the design points: a DataFrame indexed by point, a column a factor, and block, place, status."""
        stage = self._stage(stage)
        rows = self.db.execute(
            "SELECT point, block, p.place, x, status FROM points p JOIN cells USING (stage, point) "
            "WHERE stage = ? AND repeat = 0 ORDER BY point",
            (stage,),
        ).fetchall()
        # factors in columns, then block, place and status
        x = np.array([unpack(row[3]) for row in rows]).reshape(len(rows), len(self.factors))
        table = pd.DataFrame(x, [row[0] for row in rows], self.factors.index.tolist()).rename_axis("point")
        return table.assign(block=[r[1] for r in rows], place=[r[2] for r in rows], status=[r[4] for r in rows])

    def coordinates(self, stage=None) -> pd.DataFrame:
        """Return the points in the unit cube: a DataFrame with a column for every factor that the stage varies."""
        stage = self._stage(stage)
        rows = self.db.execute("SELECT point, z FROM points WHERE stage = ? ORDER BY point", (stage,)).fetchall()
        names = self.stages.factors[stage]
        # stored as bytes: one coordinate a varied factor
        z = np.array([unpack(z) for _, z in rows]).reshape(len(rows), len(names))
        return pd.DataFrame(z, [point for point, _ in rows], names).rename_axis("point")

    def outcomes(self, measure=None, stage=None, what="effect", repeat=0) -> xr.DataArray:
        """Return a measure at every finished point: a DataArray over point and the measure's own time and hub.

        Parameters
        ----------
        what : ``"effect"`` (scenario less baseline), ``"baseline"`` or ``"scenario"``; a plain function has its value
        repeat : 0, or 1 for the few points that were run again with other chance
        """
        declared, stage = self._measure(measure), self._stage(stage)
        rows = self.db.execute(
            "SELECT point, shape, data FROM outcomes WHERE stage = ? AND measure = ? AND repeat = ? ORDER BY point",
            (stage, declared["name"], repeat),
        ).fetchall()
        dims, labels = declared["dims"], declared["coords"]
        # stored as bytes: (point, arm, time, hub) for a paired measure
        shape = json.loads(rows[0][1]) if rows else [2] * bool(declared["paired"]) + [len(labels[d]) for d in dims]
        values = np.array([unpack(row[2]) for row in rows]).reshape(len(rows), *shape)
        # the effect, or one of the arms
        if declared["paired"]:
            values = values[:, 1] - values[:, 0] if what == "effect" else values[:, ARMS.index(what)]
        coords = {"point": [row[0] for row in rows]} | labels
        return xr.DataArray(values, coords, ["point", *dims], declared["name"], {"units": declared["unit"]})

    def value(self, measure=None, stage=None, what="effect", time=None, hub=None, repeat=0) -> pd.Series:
        """Return one number a finished point: a Series indexed by point, in the measure's own unit.

        Parameters
        ----------
        time : year; the measure's own time if None
        hub : of a measure that has a value for every hub

        Raises
        ------
        ResultError
        """
        declared, values = self._measure(measure), self.outcomes(measure, stage, what, repeat)
        # select time and place until one number a point is left
        axis = next((d for d in ("time", "year") if d in values.dims), None)
        if axis:
            values = (
                values.isel({axis: int(declared["at"])}) if time is None else _at(values, axis, time, declared["name"])
            )
        for place in ("hub", "route"):
            if hub is not None and place in values.dims:
                values = _at(values, place, hub, declared["name"])
        left = [d for d in values.dims if d != "point"]
        if left:
            raise ResultError(declared["name"], f"has a value for every {left[0]}; name one")
        return pd.Series(values.values, pd.Index(values.point.values, name="point"), name=declared["name"])

    def complete(self, stage=None) -> list[int]:
        """Return the numbers of the blocks used in analyses: the first ``n`` in which every point is done."""
        stage = self._stage(stage)
        return complete_blocks(self.db, stage)[: int(self.stages.n[stage])]

    def blocks(self, measure=None, stage=None, what="effect", time=None, hub=None) -> tuple[np.ndarray, np.ndarray]:
        """Return a measure by block: a (block, place) array over the complete blocks, and their numbers."""
        stage = self._stage(stage)
        # points are numbered block by block
        size, blocks = int(self.stages["size"][stage]), np.array(self.complete(stage), dtype=int)
        points = (blocks[:, None] * size + np.arange(size)).ravel()
        return self.value(measure, stage, what, time, hub).loc[points].to_numpy().reshape(-1, size), blocks

    def undefined(self, measure=None, stage=None, what="effect", time=None, hub=None) -> tuple[int, int]:
        """Return how many finished points have no finite value of a measure, and how many points are finished."""
        values = self.value(measure, stage, what, time, hub)
        return int((~np.isfinite(values)).sum()), len(values)

    def counts(self, stage=None) -> dict[str, int]:
        """Return the number of cells by status, repeats with another seed included."""
        asked = "SELECT status, count(*) FROM cells WHERE stage = ? OR ? IS NULL GROUP BY status"
        return dict(self.db.execute(asked, (stage, stage)))

    def problems(self, status="failed") -> pd.DataFrame:
        """Return the cells that were refused or failed: a DataFrame of stage, point, repeat, error."""
        asked = "SELECT stage, point, repeat, error FROM cells WHERE status = ? ORDER BY stage, point, repeat"
        return pd.read_sql_query(asked, self.db, params=(status,))

    def _stage(self, name) -> str:
        """Return the name of a stage, the last one if None; raise ResultError if there is none of that name."""
        if name is None:
            return self.last
        if name not in self.stages.index:
            raise ResultError(f"stage {name}", f"there are: {', '.join(self.stages.index)}")
        return name

    def _measure(self, name) -> pd.Series:
        """Return the row of a measure, the primary one if None; raise ResultError if the sweep lacks it."""
        name = self.primary if name is None else name
        if name not in self.measures.index:
            known = self.measures.index.tolist()
            raise ResultError(f"{name} was not kept in this sweep", f"it has {', '.join(known)}{nearest(name, known)}")
        return self.measures.loc[name]


def content_digest(folder) -> str:
    """Return the SHA-256 of a store without timings; equal sweeps have equal digests, however often interrupted."""
    db, total = connect(folder), hashlib.sha256()
    for asked in (
        "SELECT key, value FROM meta ORDER BY key",
        "SELECT * FROM factors ORDER BY place",
        "SELECT * FROM measures ORDER BY place",
        "SELECT * FROM stages ORDER BY place",
        "SELECT * FROM points ORDER BY stage, point",
        "SELECT stage, point, repeat, status, error FROM cells ORDER BY stage, point, repeat",
        "SELECT * FROM outcomes ORDER BY stage, point, repeat, measure",
    ):
        # rows in a fixed order, without the timings
        for row in db.execute(asked):
            total.update(repr(row).encode())
    return total.hexdigest()


def _measures(db) -> pd.DataFrame:
    """Return the declared measures, or those found among the outcomes of a plain function."""
    rows = pd.read_sql_query("SELECT * FROM measures ORDER BY place", db)[list(MEASURE)].to_dict("records")
    for row in rows:
        row |= {"dims": json.loads(row["dims"]), "coords": json.loads(row["coords"]), "paired": bool(row["paired"])}
    # a plain function declares no measures: names and shapes come from its outcomes
    if not rows:
        stored = db.execute("SELECT measure, max(shape) FROM outcomes GROUP BY measure ORDER BY measure")
        rows = [
            {
                "name": name,
                "unit": "",
                "dims": [f"axis_{k}" for k in range(len(json.loads(shape)))],
                "coords": {},
                "at": 0,
                "paired": False,
            }
            for name, shape in stored
        ]
    return pd.DataFrame(rows, columns=list(MEASURE)).set_index("name", drop=False).rename_axis(None)


def _at(values, axis, label, name) -> xr.DataArray:
    """Select a label on an axis; raise ResultError with the nearest one if it is not there."""
    known = values[axis].values.tolist()
    if label not in known:
        raise ResultError(name, f"{axis} {label} is not in it{nearest(str(label), list(map(str, known)))}")
    return values.isel({axis: known.index(label)})


# --- Tables: indices with intervals, convergence, the share of chance, dependence -------------------


# method -> the column of its indices by which factors are ranked; others have a width
INDEX = {"sobol": "total", "morris": "mu_star", "pawn": "median", "lhs": "median"}


def index_table(sweep, measure=None, stage=None, *, what="effect", time=None, hub=None, intervals=True) -> pd.DataFrame:
    """Return the sensitivity indices of every factor that a stage varies.

    Parameters
    ----------
    sweep : Sweep
    measure, stage, what, time, hub : see ``Sweep.value``

    Returns
    -------
    DataFrame indexed by factor, the strongest first: the columns of ``indices.SOBOL``, ``MORRIS``, ``PAWN`` or of
    ``one_at_a_time``, by the stage's method; and ``grade``, ``group``, ``undecided`` (the interval holds 0; for PAWN
    the median, and one at a time the width, is not above the critical value, which chance alone gives),
    ``more_runs`` (how many more runs would likely settle that; none with one at a time), ``best_rank``
    and ``worst_rank`` (factors whose 90 % intervals overlap are not ranked among themselves). Where the measure is
    undefined at any point all of them are nan: see ``Sweep.undefined``
    """
    stage = stage or sweep.last
    method, names = sweep.stages.method[stage], sweep.stages.factors[stage]
    table, n = _estimated(sweep, measure, stage, what, time, hub, intervals)
    key = INDEX.get(method, "width")
    # which indices are not distinguishable from 0, and how many more runs would tell
    table = table.join(sweep.factors[["grade", "group"]])
    low = {"sobol": "total_low", "morris": "mu_star_low"}.get(method)
    if low:
        table["undecided"] = ~(table[low] > 0) & (table[key] != 0)
    elif method in ("pawn", "lhs"):
        table["undecided"] = ~(table["median"] > table["critical"])
    elif method == "oat":  # a width is compared with what another seed alone would give
        chance = chance_share(sweep, measure, stage, what=what, time=time, hub=hub)
        values = 1 + math.ceil((n - 1) / len(names))  # along each factor, with the centre
        table["critical"] = indices.chance_width(chance["error"], chance["points"], values, len(names))
        table["undecided"] = (table.width > 0) & (table.width <= table.critical)
    else:
        table["undecided"] = False
    cost = {"sobol": len(names) + 2, "morris": len(names) + 1}.get(method, 1)
    grows = table.undecided & (method != "oat")  # whose points are all that there are
    table["more_runs"] = [
        _more_runs(row, key, n, cost, method) if more else 0
        for row, more in zip(table.itertuples(), grows, strict=True)
    ]
    # ranks that respect overlapping intervals
    table["best_rank"], table["worst_rank"] = indices.ranks(
        table[key], table.get(f"{key}_low", table[key]), table.get(f"{key}_high", table[key])
    )
    return table.sort_values(key, ascending=False, kind="stable")


def _estimated(sweep, measure, stage, what, time, hub, intervals=True, most=None) -> tuple[pd.DataFrame, int]:
    """Return the bare estimates of a stage from its first ``most`` blocks, and the number of blocks."""
    method, names = sweep.stages.method[stage], sweep.stages.factors[stage]
    seed = int(sweep.record.get("seed", 0))
    # outcomes of the complete blocks; no indices if any is undefined
    y, blocks = sweep.blocks(measure, stage, what, time, hub)
    y, blocks = y[:most], blocks[:most]
    if not np.isfinite(y).all():
        return pd.DataFrame(np.nan, names, list(indices.COLUMNS[method])), 0
    if method == "sobol":
        return indices.sobol(y, names, seed, intervals), indices.power_of_two(len(y))
    # coordinates of the same points
    size = y.shape[1]
    points = (blocks[:, None] * size + np.arange(size)).ravel()
    z = sweep.coordinates(stage).loc[points].to_numpy()
    if method == "morris":
        levels = int(sweep.record.get("levels") or 4)
        return indices.morris(z.reshape(-1, size, len(names)), y, names, levels, seed), len(y)
    if method == "oat":
        return indices.one_at_a_time(sweep.points(stage).loc[points, names], y[:, 0]), len(y)
    return indices.pawn(z, y[:, 0], names, seed), len(y)


def convergence(sweep, measure=None, stage=None, *, what="effect", time=None, hub=None) -> pd.DataFrame:
    """Return the indices at growing sizes of the design, to show how far they have converged.

    Returns
    -------
    DataFrame: n (blocks), factor, index, low, high; the index is the total one, mu* or the PAWN median
    """
    stage = stage or sweep.last
    method, count = sweep.stages.method[stage], len(sweep.complete(stage))
    key = INDEX.get(method, "width")
    least = {"sobol": 4, "morris": 2}.get(method, 64)
    # estimate again at powers of two of the number of blocks, and at the last size
    sizes = [n for n in 2 ** np.arange(31) if least <= n < count] + [count] * (count >= least)
    if method == "sobol":
        sizes = sorted({indices.power_of_two(int(n)) for n in sizes})
    if method in ("grid", "oat"):
        sizes = []
    tables = []
    for n in map(int, sizes):
        table, _ = _estimated(sweep, measure, stage, what, time, hub, most=n)
        tables.append(
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
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=columns)


def chance_share(sweep, measure=None, stage=None, *, what="effect", time=None, hub=None) -> dict:
    """Estimate the share of chance in the variance over the design, from points run again with another seed.

    Returns
    -------
    dict: ``share`` (of the variance; nan if no point was run again, or the measure is undefined at one), ``low`` and
    ``high`` (90 % interval of the share, as for normal chance: a ratio of two variances), ``error`` (standard deviation
    of one point by chance alone), ``spread`` (standard deviation over all points), ``points`` (run twice)
    """
    stage = stage or sweep.last
    first = sweep.value(measure, stage, what, time, hub)
    again = sweep.value(measure, stage, what, time, hub, repeat=1)
    defined = np.isfinite(first).all() and np.isfinite(again).all()
    if again.empty or len(first) < 2 or not defined:
        return dict.fromkeys(("share", "low", "high", "error", "spread"), math.nan) | {"points": 0}
    # half the mean squared difference of two runs estimates the variance by chance
    within = float(((first[again.index] - again) ** 2).mean() / 2)
    total = float(first.var(ddof=1))
    share = min(within / total, 1.0) if total > 0 else math.nan
    low, high = indices.variance_ratio_interval(share, len(again), len(first) - 1)
    chance = {"share": share, "low": low, "high": high, "error": math.sqrt(within), "spread": math.sqrt(total)}
    return chance | {"points": len(again)}


def dependence(sweep, factor, measure=None, stage=None, *, what="effect", time=None, hub=None, bins=10) -> pd.DataFrame:
    """Return the partial dependence of a measure on one factor: see ``indices.partial_dependence``."""
    y = sweep.value(measure, stage, what, time, hub)
    x = sweep.points(stage).loc[y.index, factor]
    return indices.partial_dependence(x.to_numpy(), y.to_numpy(), bins)


def assumption_load(sweep, measure=None, stage=None, *, time=None, hub=None) -> pd.DataFrame:
    """Return the share of the variance by grade of evidence, from total Sobol indices scaled to sum to 1.

    Returns
    -------
    DataFrame indexed by grade A to D: ``load``, ``factors`` (names, the strongest first)
    """
    table = index_table(sweep, measure, stage, time=time, hub=hub, intervals=False)
    # total indices overlap by interactions and may be slightly negative: clip and scale to 1
    size = table["total"].clip(lower=0)
    part = size / size.sum() if size.sum() > 0 else size * 0
    # grades of evidence, or the groups of a sweep without assumptions
    grades = list("ABCD") if sweep.factors.grade.isin(list("ABCD")).any() else sorted(set(sweep.factors.grade))
    rows = [(part[table.grade == g].sum(), list(part[(table.grade == g) & (part > 0)].index)) for g in grades]
    return pd.DataFrame(rows, pd.Index(grades, name="grade"), ["load", "factors"])


def _more_runs(row, key, n, cost, method) -> int | None:
    """Estimate the runs until the interval excludes 0; its width falls with the root of the number of blocks."""
    # with n blocks the half-width is h; it equals the value after n (h / value)^2 blocks
    value = getattr(row, key)
    half = (
        row.critical if method in ("pawn", "lhs") else value - getattr(row, f"{key}_low")
    )  # both shrink with the root of n
    if not (value > 0 and math.isfinite(half)):
        return None
    needed = math.ceil(n * (half / value) ** 2) + 1
    if method == "sobol":
        needed = 1 << (needed - 1).bit_length()
    return max(needed - n, 1) * cost


# --- The findings, as the facts that the sentences of ``narrative/sweeps.j2`` state ------------------


ENOUGH = 0.70  # share of the variance: a sentence names the fewest factors that together explain it
MOST_NAMED = 4
WORTH_NAMING = 0.05  # share of the variance from which the taste for compute is named as without causal evidence
MUCH_CHANCE = 0.5  # share of the variance by chance above which the shares of the factors are noise
BLURRED = 0.3  # share by chance above which a sentence warns that the indices are blurred
NO_CAUSE = "b_compute"
LONGEST_WORDS = 64  # letters of a factor in plain words; a longer meaning is replaced by the name


def subject(sweep, measure=None) -> str:
    """Describe what is explained in words: ``the effect on the US's share in 2036``."""
    return paragraph("sweeps", "about", _about(sweep, measure))


def _about(sweep, measure=None) -> dict:
    """Return what is explained: effect or level, place, and year if the measure has one."""
    declared = sweep.measures.loc[measure or sweep.primary]
    axis = next((d for d in ("time", "year") if d in declared["dims"]), None)
    year = declared["coords"][axis][int(declared["at"])] if axis else None
    return {"name": declared["name"], "year": year, "paired": declared["paired"]}


def plain_name(sweep, name) -> str:
    """Return a factor in plain words, or its name where it has no short meaning.

    >>> from types import SimpleNamespace
    >>> meanings = ["pull of net real pay: log-odds of a hub (E2)", "United States, H-1B: special fee"]
    >>> factors = pd.DataFrame({"meaning": meanings}, ["b_pay", "country.usa.route.h1b.special_fee_usd"])
    >>> [plain_name(SimpleNamespace(factors=factors), name) for name in factors.index]
    ['pull of net real pay', 'special fee (United States, H-1B)']
    """
    meaning = sweep.factors.meaning[name]
    # a lever is named after its place; the meaning of an assumption ends at the first stop
    where, _, what = meaning.rpartition(": ")
    words = f"{what} ({where})" if "." in name and where else re.split(r"[:,;(]", meaning)[0].strip()
    return words if 0 < len(words) <= LONGEST_WORDS else name


def spoken_name(sweep, name) -> str:
    """Return a factor as it stands in a sentence: its plain words with an article, or its name in files."""
    return paragraph("sweeps", "spoken", {"name": name, "words": plain_name(sweep, name)})


def _factor(sweep, name, **more) -> dict:
    """Return the facts of a factor: name, plain words, grade, and whether its posterior is driven by the prior."""
    note = PRIOR_DRIVEN if PRIOR_DRIVEN in sweep.factors.note[name] else ""
    return {"name": name, "words": plain_name(sweep, name), "grade": sweep.factors.grade[name], "prior": note, **more}


def reading(sweep, measure=None) -> list[str]:
    """Describe the findings about a measure in sentences.

    Parameters
    ----------
    sweep : Sweep, finished or not
    measure : str, the primary one if None

    Returns
    -------
    list of str
    """
    return lines("sweeps", "reading", _findings(sweep, measure or sweep.primary))


def _findings(sweep, measure) -> dict:
    """Return the facts of a reading: those of the method, and the share of chance."""
    method = sweep.stages.method[sweep.last] if len(sweep.stages) else None
    if not method or measure is None or len(sweep.complete()) < 2:
        return {"few": True}
    if undefined := _undefined(sweep, measure):
        return {"few": False, "undefined": undefined}
    describe = {"sobol": _variance, "morris": _elementary, "oat": _tornado, "grid": _range}.get(method, _distribution)
    factor, unit = _shown(sweep, measure)
    common = {"few": False, "undefined": None, "method": method, "about": _about(sweep, measure), "unit": unit}
    return common | {"chance": _chance(sweep, measure)} | describe(sweep, measure, factor)


def undefined_sentence(sweep, measure=None, stage=None) -> str:
    """Return the sentence that explains missing indices if the measure has no value at some points; else empty."""
    details = _undefined(sweep, measure, stage)
    return paragraph("sweeps", "undefined", details) if details else ""


def _undefined(sweep, measure=None, stage=None) -> dict | None:
    """Return at how many points a measure has no value; None if it has one everywhere."""
    missing, points = sweep.undefined(measure, stage)
    return {"about": _about(sweep, measure), "missing": missing, "points": points} if missing else None


def notes(sweep) -> list[str]:
    """Describe the limits of the sweep itself: factors left out or cut, points refused or failed.

    Returns
    -------
    list of str
    """
    # cells without a result: refused points, failed runs, an interrupted sweep
    counts, noted = sweep.counts(), sweep.factors[sweep.factors.note != ""]
    failed = counts.get("failed", 0)
    return lines(
        "sweeps",
        "notes",
        _screened(sweep)
        | {
            "cut": [(note, list(names)) for note, names in noted.groupby("note").groups.items()],
            "refused": counts.get("refused", 0),
            "spared": counts.get("spared", 0),
            "failed": failed,
            "error": sweep.problems().error.iloc[0] if failed else "",
            "finished": bool(sweep.record.get("finished")),
        },
    )


def is_graded(sweep) -> bool:
    """Return whether the factors have evidence grades, as assumptions do."""
    return bool(set(sweep.factors.grade) - {""})


def load_words(load) -> str:
    """Describe the shares of the variance by grade, the largest first: ``80 % rests on ..., 20 % on ...``.

    >>> load_words({"A": 0.2, "D": 0.8})
    '80 % rests on numbers that nobody has measured (D), 20 % on measured numbers (A)'
    """
    return paragraph("sweeps", "graded", _by_grade(load))


def _by_grade(load) -> list[tuple[str, float]]:
    """Return grade and share, the largest first; grades below half a per cent are left out."""
    parts = sorted(((part, grade) for grade, part in load.items() if round(part, 2) > 0), reverse=True)
    return [(grade, part) for part, grade in parts]


def beside(record, folder) -> dict | None:
    """Return the findings of a sweep of the same scenario and baseline in ``folder``; None if there is none.

    Parameters
    ----------
    record : dict, of a run
    folder : path of the folder of folders

    Returns
    -------
    dict: ``folder`` (name), ``sentences`` and ``sweep``; or None
    """
    for store in sorted(Path(folder).glob("*-sweep-*")):
        try:
            sweep = Sweep.load(store)
        except ResultError:
            continue
        # finished Sobol sweeps of exactly this scenario and baseline
        same = all(sweep.record.get(key) == record[key] for key in ("scenario", "baseline"))
        if same and sweep.record.get("finished") and sweep.stages.method[sweep.last] == "sobol":
            details = {"about": _about(sweep)} | _variance(sweep, sweep.primary)
            return {"folder": store.name, "sentences": lines("sweeps", "sobol", details)[:2], "sweep": sweep}
    return None


def _variance(sweep, measure, factor=1) -> dict:
    """Return what Sobol indices say."""
    table = index_table(sweep, measure)
    size = table.total.clip(lower=0)
    if not size.sum() > 0:
        return {"moves": False}
    # no findings if chance dominates or the intervals are too wide
    part, ahead, first = size / size.sum(), leading(table), table.total.index
    rows = [
        _factor(sweep, name, size=part[name], low=table.total_low[name], high=table.total_high[name]) for name in ahead
    ]
    return {
        "moves": True,
        "blurred_by": _blurred_by(sweep, measure),
        "settled": is_settled(table),
        "ahead": rows,
        "held": part[ahead].sum(),
        "unmeasured": {row["grade"] for row in rows} == {"D"},
        "tied": _tied(sweep, table, ahead),
        "load": _by_grade(assumption_load(sweep, measure).load.to_dict()) if is_graded(sweep) else None,
        # what first-order indices leave is interaction, or chance
        "together": float(np.clip(1 - table["first"].sum(), 0, 1)),
        "compute": NO_CAUSE in first and part[NO_CAUSE] >= WORTH_NAMING,
        "samples": 2 * int(sweep.stages.n[sweep.last]),
        **_undecided(table),
    }


def _elementary(sweep, measure, factor) -> dict:
    """Return what Morris elementary effects say, in the unit that people read."""
    table = index_table(sweep, measure)
    size = table.mu_star * factor
    moving = _moving(size)
    ahead = list(size.index[moving][:MOST_NAMED])
    return {
        "moves": bool(moving.any()),
        "blurred_by": _blurred_by(sweep, measure),
        "ahead": [_factor(sweep, name, size=size[name]) for name in ahead],
        "tied": _tied(sweep, table, ahead),
        "compute": NO_CAUSE in ahead,
        **_undecided(table[moving]),
    }


def _distribution(sweep, measure, factor) -> dict:
    """Return what PAWN indices say: the factors whose distance is larger than sampling gives."""
    table = index_table(sweep, measure)
    ahead = table.index[~table.undecided][:MOST_NAMED]
    if table["median"].isna().all():
        return {"points": len(sweep.value(measure)), "needed": indices.LEAST_POINTS}
    return {
        "ahead": [_factor(sweep, name, size=table["median"][name]) for name in ahead],
        "critical": table.critical.iloc[0],
        **_undecided(table),
    }


def _tornado(sweep, measure, factor) -> dict:
    """Return what a one-at-a-time design says, the widest ranges first; none that chance alone may give."""
    table = index_table(sweep, measure)
    ahead = list(table.index[(table.width > 0) & ~table.undecided][:MOST_NAMED])
    ends = {name: {"low": factor * table.at_low[name], "high": factor * table.at_high[name]} for name in ahead}
    return {
        "moves": bool((table.width > 0).any()),
        "ahead": [_factor(sweep, name, **ends[name]) for name in ahead],
        "centre": factor * table.centre.iloc[0],
        "critical": factor * table.critical.iloc[0],
        "chance": None,  # over such points it has no share of a variance
        **_undecided(table),
    }


def _range(sweep, measure, factor) -> dict:
    """Return the lowest and the highest point of a grid, with the factors there."""
    y, points, names = sweep.value(measure), sweep.points(), sweep.stages.factors[sweep.last]
    least, most = (
        {"value": factor * y[k], "at": [(plain_name(sweep, name), points[name][k]) for name in names]}
        for k in (y.idxmin(), y.idxmax())
    )
    return {"least": least, "most": most, "blurred_by": _blurred_by(sweep, measure)}


def _chance(sweep, measure) -> dict | None:
    """Return the share of chance, and whether it blurs the indices; None where no point was run again."""
    chance = chance_share(sweep, measure)
    if not chance["points"] or chance["share"] != chance["share"]:
        return None
    return chance | {"blurs": MUCH_CHANCE >= chance["share"] > BLURRED}


def _blurred_by(sweep, measure) -> float | None:
    """Return the share of chance where it is most of the variance, so that nothing can be said; else None."""
    share = chance_share(sweep, measure)["share"]
    return share if share > MUCH_CHANCE else None


def leading(table) -> list[str]:
    """Return the factors whose total Sobol indices together hold most of the variance, the strongest first."""
    # as few factors as hold ENOUGH of the variance, at most MOST_NAMED
    part = table.total.clip(lower=0) / table.total.clip(lower=0).sum()
    return list(part.index[: min(int((part.cumsum() < ENOUGH).sum()) + 1, MOST_NAMED)])


def is_settled(table) -> bool:
    """Return whether no leading factor has a total Sobol index that is smaller than its 90 % interval is wide."""
    ahead = table.loc[leading(table)]
    return bool((ahead.total_high - ahead.total_low <= ahead.total).all())


def _tied(sweep, table, ahead) -> list[str]:
    """Return the leading factors that may each be first, as their intervals overlap."""
    return [plain_name(sweep, name) for name in ahead if table.best_rank[name] == 1]


def _undecided(table) -> dict:
    """Return the undecided factors, and the runs that would likely settle the first of them."""
    names = list(table.index[table.undecided])
    # None and NaN stand for factors that no number of runs would settle
    runs = [int(n) for n in table.more_runs[names] if n == n and n is not None]
    return {"undecided": names, "more_runs": min(runs, default=0)}


def _screened(sweep) -> dict:
    """Return the factors that a Morris stage found without effect, and those left out of the next stage."""
    first, nothing = sweep.stages.index[0] if len(sweep.stages) else None, {"dropped": None, "still": []}
    if first is None or sweep.stages.method[first] != "morris" or len(sweep.complete(first)) < 2:
        return nothing
    size = index_table(sweep, stage=first).mu_star
    screened = {"dropped": None, "still": sorted(size.index[~_moving(size)])}
    # a screening alone says which factors have no effect
    if first == sweep.last:
        return screened
    # factors that were screened out though they have an effect
    kept = sweep.stages.factors[sweep.last]
    left = [name for name in size.index if name not in kept and _moving(size)[name]]
    return screened | ({"dropped": left[0], "kept": len(kept), "screened": len(size)} if left else {})


def _moving(size) -> pd.Series:
    """Return (factor,) bool: has an effect beyond rounding."""
    return size > 1e-9 * max(size.max(), 0)  # less is rounding


def _shown(sweep, measure) -> tuple[float, str]:
    """Return the factor and the unit in which the effect on a measure is displayed."""
    unit = sweep.measures.unit[measure]
    factor, _, shown = SHOWN.get(unit, (1, "", unit))
    return factor, f" {shown}" if shown else ""
