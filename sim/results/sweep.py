"""The result of a sweep, read from its store: values, sensitivity tables, and its findings in sentences."""

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
from sim.errors import ResultError, ScenarioError, nearest
from sim.results import indices
from sim.results.effects import SHOWN
from sim.results.narrative import number_of
from sim.results.sweep_store import FACTOR, MEASURE, complete_blocks, connect, meta, unpack
from sim.scenario.assumptions import PRIOR_DRIVEN
from sim.scenario.places import place as place_of

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
        """Name of the last stage, which the indices are computed from."""
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

    def complete(self, stage=None, most=None) -> list[int]:
        """Return the numbers of the blocks used in analyses: the first ``n`` in which every point is done."""
        stage = self._stage(stage)
        return complete_blocks(self.db, stage)[: int(self.stages.n[stage]) if most is None else most]

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
        found = db.execute("SELECT measure, max(shape) FROM outcomes GROUP BY measure ORDER BY measure")
        rows = [
            {
                "name": name,
                "unit": "",
                "dims": [f"axis_{k}" for k in range(len(json.loads(shape)))],
                "coords": {},
                "at": 0,
                "paired": False,
            }
            for name, shape in found
        ]
    return pd.DataFrame(rows, columns=list(MEASURE)).set_index("name", drop=False).rename_axis(None)


def _at(values, axis, label, name) -> xr.DataArray:
    """Select a label on an axis; raise ResultError with the nearest one if it is not there."""
    known = values[axis].values.tolist()
    if label not in known:
        raise ResultError(name, f"{axis} {label} is not in it{nearest(str(label), list(map(str, known)))}")
    return values.isel({axis: known.index(label)})


# --- Tables: indices with intervals, convergence, the share of chance, dependence -------------------


MEANING = {
    "sobol": ("first", "total"),
    "morris": ("mu_star",),
    "pawn": ("median",),
    "lhs": ("median",),
    "oat": ("width",),
}


def index_table(sweep, measure=None, stage=None, *, what="effect", time=None, hub=None, intervals=True) -> pd.DataFrame:
    """Return the sensitivity indices of every factor that a stage varies.

    Parameters
    ----------
    sweep : Sweep
    measure, stage, what, time, hub : see ``Sweep.value``

    Returns
    -------
    DataFrame indexed by factor, the strongest first: the columns of ``indices.SOBOL``, ``MORRIS``, ``PAWN`` or of
    ``one_at_a_time``, by the stage's method; and ``grade``, ``group``, ``undecided`` (the interval holds 0, or for PAWN
    the median is below the critical value), ``more_runs`` (how many more runs would likely settle that), ``best_rank``
    and ``worst_rank`` (factors whose 90 % intervals overlap are not ranked among themselves). Where the measure is
    undefined at any point all of them are nan: see ``Sweep.undefined``
    """
    stage = stage or sweep.last
    method, names = sweep.stages.method[stage], sweep.stages.factors[stage]
    table, n = _estimated(sweep, measure, stage, what, time, hub, intervals)
    key = MEANING.get(method, ("width",))[-1]
    # which indices are not distinguishable from 0, and how many more runs would tell
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
    key = MEANING.get(method, ("width",))[-1]
    least = {"sobol": 4, "morris": 2}.get(method, 64)
    # estimate again at powers of two of the number of blocks, and at the last size
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
    found = {"share": share, "low": low, "high": high, "error": math.sqrt(within), "spread": math.sqrt(total)}
    return found | {"points": len(again)}


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
    half = row.critical if method in ("pawn", "lhs") else value - getattr(row, f"{key}_low")  # both fall alike
    if not (value > 0 and math.isfinite(half)):
        return None
    needed = math.ceil(n * (half / value) ** 2) + 1
    if method == "sobol":
        needed = 1 << (needed - 1).bit_length()
    return max(needed - n, 1) * cost


# --- The findings in sentences ----------------------------------------------------------------------


ENOUGH = 0.70  # of the variance: as many factors are named as hold it together
MOST_NAMED = 4
WORTH_NAMING = 0.05  # of the variance
MUCH_CHANCE = 0.5  # of the variance: shares of the rest are noise
BLURRED = 0.3  # of the variance is chance: say that the indices are blurred
NO_CAUSE = "b_compute"
GRADES = {
    "A": "measured numbers (A)",
    "B": "derived numbers (B)",
    "C": "industry figures (C)",
    "D": "numbers that nobody has measured (D)",
    "": "numbers without a grade",
}
LONGEST_WORDS = 64  # letters of a factor in plain words; a longer meaning is replaced by the name
COUNTS = "no one two three four five six seven eight".split()


def subject(sweep, measure=None) -> str:
    """Describe what is explained in words: ``the effect on the US's share in 2036``."""
    # effect or level, place, and year if the measure has one
    declared = sweep.measures.loc[measure or sweep.primary]
    axis = next((d for d in ("time", "year") if d in declared["dims"]), None)
    when = f" in {declared['coords'][axis][int(declared['at'])]}" if axis else ""
    return f"{'the effect on ' if declared['paired'] else ''}{_measure_words(declared['name'])}{when}"


def _measure_words(name) -> str:
    """Return the plain words of a place's share or stock, and the name of any other measure.

    >>> _measure_words("share:usa"), _measure_words("hhi")
    ("the US's share", 'hhi')
    """
    kind, _, where = name.partition(":")
    words = {"share": "share", "stock": "number of engineers"}.get(kind)
    try:
        return f"{place_of(where).spoken}'s {words}" if words and where else name
    except ScenarioError:  # a measure with keys, or of one's own
        return name


def plain_name(sweep, name) -> str:
    """Return a factor in plain words: its meaning up to the first stop, or its name where it has no short meaning.

    >>> from types import SimpleNamespace
    >>> factors = pd.DataFrame({"meaning": ["pull of net real pay: log-odds of a hub (E2)"]}, ["b_pay"])
    >>> plain_name(SimpleNamespace(factors=factors), "b_pay")
    'pull of net real pay'
    """
    words = re.split(r"[:,;(]", sweep.factors.meaning[name])[0].strip()
    return words if 0 < len(words) <= LONGEST_WORDS else name


def spoken_name(sweep, name) -> str:
    """Return a factor as it stands in a sentence: its plain words with an article, or its name in files."""
    words = plain_name(sweep, name)
    return name if words == name else f"the {words}"


def named(sweep, name, *more) -> str:
    """Return a factor in plain words with its name in files, and ``more`` about it in the same brackets.

    >>> named(SimpleNamespace(factors=factors), "b_pay", "48 %")  # doctest: +SKIP
    'pull of net real pay (b_pay, 48 %)'
    """
    words = plain_name(sweep, name)
    inside = ", ".join([*([name] if words != name else []), *filter(None, more)])
    return f"{words} ({inside})" if inside else words


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
    measure = measure or sweep.primary
    method = sweep.stages.method[sweep.last] if len(sweep.stages) else None
    if not method or measure is None or len(sweep.complete()) < 2:
        return ["Too few cells are done to say anything yet."]
    if undefined := undefined_sentence(sweep, measure):
        return [undefined]
    # each method has its own sentences; dominant chance comes first
    tell = {"sobol": _variance, "morris": _elementary, "oat": _tornado, "grid": _range}.get(method, _distribution)
    chance, share = _chance(sweep, measure)
    lines = tell(sweep, measure)
    return [*chance, *lines] if MUCH_CHANCE >= share > BLURRED else [*lines, *chance]


def undefined_sentence(sweep, measure=None, stage=None) -> str:
    """Return the sentence that explains missing indices if the measure has no value at some points; else empty."""
    missing, points = sweep.undefined(measure, stage)
    if not missing:
        return ""
    where = "every point" if missing == points else f"{missing:,} of {number_of(points, 'point')}"
    return (
        f"{_begin(subject(sweep, measure))} is undefined at {where} (nobody is counted in it), so that no index can be "
        "made: choose a measure that has a value everywhere, or narrower ranges."
    )


def notes(sweep) -> list[str]:
    """Describe the limits of the sweep itself: factors left out or cut, points refused or failed.

    Returns
    -------
    list of str
    """
    lines = _screened(sweep)
    for note, names in sweep.factors[sweep.factors.note != ""].groupby("note").groups.items():
        lines.append(f"{', '.join(names)}: {note}.")
    # cells without a result: refused points, failed runs, an interrupted sweep
    counts = sweep.counts()
    if counts.get("refused"):
        more = counts.get("spared", 0)
        spared = f"; {more:,} others of their rows were not run, and the next rows took their place" if more else ""
        lines.append(
            f"The model refused {number_of(counts['refused'], 'point')} (no constants meet the observed first "
            f"year, or size would run away){spared}."
        )
    if counts.get("failed"):
        lines.append(f"{number_of(counts['failed'], 'cell')} failed, the first with {sweep.problems().error.iloc[0]}.")
    if not sweep.record.get("finished"):
        lines.append("The sweep is not finished: the same command goes on with it.")
    return lines


def is_graded(sweep) -> bool:
    """Return whether the factors have evidence grades, as assumptions do."""
    return bool(set(sweep.factors.grade) - {""})


def load_sentence(sweep, measure=None) -> str:
    """Describe the share of the variance by grade of evidence in one sentence; only for Sobol indices.

    >>> load_words({"A": 0.2, "D": 0.8})
    '80 % rests on numbers that nobody has measured (D), 20 % on measured numbers (A)'
    """
    load = assumption_load(sweep, measure).load
    return f"Of the variance of {subject(sweep, measure)}, {load_words(load.to_dict())}."


def load_words(load) -> str:
    """Describe the shares of the variance by grade, the largest first: ``80 % rests on ..., 20 % on ...``."""
    # grades below half a per cent are left out
    parts = sorted(((part, grade) for grade, part in load.items() if round(part, 2) > 0), reverse=True)
    lines = [f"{part:.0%} on {GRADES[grade]}".replace("%", " %") for part, grade in parts]
    return ", ".join(lines).replace(" on ", " rests on ", 1) or "nothing varies"


def beside(record, folder) -> dict | None:
    """Return the findings of a sweep of the same scenario and baseline in ``folder``; None if there is none.

    Parameters
    ----------
    record : dict, of a run
    folder : path of the folder of folders

    Returns
    -------
    dict: ``folder`` (name), ``sentences``; or None
    """
    for store in sorted(Path(folder).glob("*-sweep-*")):
        try:
            sweep = Sweep.load(store)
        except ResultError:
            continue
        # finished Sobol sweeps of exactly this scenario and baseline
        same = all(sweep.record.get(key) == record[key] for key in ("scenario", "baseline"))
        if same and sweep.record.get("finished") and sweep.stages.method[sweep.last] == "sobol":
            lines = _variance(sweep, sweep.primary)[:2]
            return {"folder": store.name, "sentences": lines, "sweep": sweep}
    return None


def _variance(sweep, measure) -> list[str]:
    """Describe Sobol indices."""
    table = index_table(sweep, measure)
    size = table.total.clip(lower=0)
    if not size.sum() > 0:
        return [f"Nothing that was swept changes {subject(sweep, measure)}: at every point it is the same."]
    # no findings if chance dominates or the intervals are too wide
    by_chance = chance_share(sweep, measure)["share"]
    if by_chance > MUCH_CHANCE:
        return [
            f"The sweep cannot say what {subject(sweep, measure)} rests on: about {_percent(by_chance)} of its "
            "variance is chance. A larger --population, or more --replicates, would tell."
        ]
    # name the leading factors, then say how good their evidence is
    part, ahead = size / size.sum(), leading(table)
    if not is_settled(table):
        return [_unsettled(table.loc[ahead], sweep, measure), *_undecided(table, "its interval holds 0")]
    grades = {sweep.factors.grade[name] for name in ahead}
    kind = " that nobody has measured" if grades == {"D"} else ""
    each = "; ".join(named(sweep, name, _percent(part[name]), *_grade(sweep, name)) for name in ahead)
    lines = [
        f"{_percent(part[ahead].sum())} of the variance of {subject(sweep, measure)} rests on "
        f"{_counted(len(ahead))}{kind}: {each}."
    ]
    lines += _order(sweep, table, ahead)
    if is_graded(sweep):
        lines.append(load_sentence(sweep, measure))
    # what first-order indices leave is interaction, or chance
    together = float(np.clip(1 - table["first"].sum(), 0, 1))
    lines.append(
        f"{_percent(together)} of the variance comes from factors acting together rather than one by one; "
        "chance, which no single factor commands, looks the same."
    )
    if part.get(NO_CAUSE, 0) >= WORTH_NAMING:
        lines.append("The pull of compute (b_compute) is among them, and it has no causal evidence at all.")
    return lines + _undecided(table, "its interval holds 0")


def _elementary(sweep, measure) -> list[str]:
    """Describe Morris elementary effects."""
    table, (factor, unit) = index_table(sweep, measure), _shown(sweep, measure)
    size = table.mu_star * factor
    if not _moving(size).any():
        return [f"Nothing that was swept changes {subject(sweep, measure)}: at every point it is the same."]
    # mean absolute elementary effects, in the unit that people read
    ahead = list(size.index[_moving(size)][:MOST_NAMED])
    each = "; ".join(named(sweep, name, f"{size[name]:.2g}{unit}", *_grade(sweep, name)) for name in ahead)
    lines = [
        f"{_begin(subject(sweep, measure))} moves most with {each}: the mean change over the whole range of "
        "the factor, wherever the others stand."
    ]
    lines += _order(sweep, table, ahead)
    if NO_CAUSE in ahead:
        lines.append("The pull of compute (b_compute) is among them, and it has no causal evidence at all.")
    return lines + _undecided(table[_moving(size)], "its interval holds 0")


def _distribution(sweep, measure) -> list[str]:
    """Describe PAWN indices."""
    table = index_table(sweep, measure)
    # factors whose distance is larger than sampling gives
    clear = table[~table.undecided]
    if clear.empty:
        lines = [f"No factor shifts the distribution of {subject(sweep, measure)} by more than sampling would."]
    else:
        ahead = clear.index[:MOST_NAMED]
        each = "; ".join(named(sweep, name, f"{table['median'][name]:.2f}", *_grade(sweep, name)) for name in ahead)
        lines = [
            f"The distribution of {subject(sweep, measure)} shifts most when these are held: {each}; 0 means not "
            f"at all, 1 completely, and up to {table.critical.iloc[0]:.2f} may be sampling."
        ]
    return lines + _undecided(table, "its shift is no larger than sampling gives")


def _tornado(sweep, measure) -> list[str]:
    """Describe a one-at-a-time design."""
    table, (factor, unit) = index_table(sweep, measure), _shown(sweep, measure)
    # the widest ranges first
    ahead = [name for name in table.index[:MOST_NAMED] if table.width[name] > 0]
    if not ahead:
        return [f"No factor changes {subject(sweep, measure)} on its own."]
    each = "; ".join(
        f"{named(sweep, name, *_grade(sweep, name))} from {_signed(factor * table.at_low[name])} to "
        f"{_signed(factor * table.at_high[name])}{unit}"
        for name in ahead
    )
    centre = f"{_signed(factor * table.centre.iloc[0])}{unit}"
    return [
        f"{_begin(subject(sweep, measure))} is {centre} at the centre. One at a time over their ranges, the others "
        f"at their centre: {each}."
    ]


def _range(sweep, measure) -> list[str]:
    """Describe the range of a measure over a grid."""
    y, (factor, unit) = sweep.value(measure), _shown(sweep, measure)
    points, names = sweep.points(), sweep.stages.factors[sweep.last]
    # values at the lowest and the highest point, with the factors there
    ends = [
        f"{_signed(factor * y[k])}{unit} at "
        + ", ".join(f"{plain_name(sweep, n)} = {_plain(points[n][k])}" for n in names)
        for k in (y.idxmin(), y.idxmax())
    ]
    zero = "" if y.min() < 0 < y.max() else "; it never changes its sign"
    return [f"Over the grid {subject(sweep, measure)} goes from {ends[0]} to {ends[1]}{zero}."]


def _chance(sweep, measure) -> tuple[list[str], float]:
    """Describe the share of chance; return the sentences and the share."""
    found = chance_share(sweep, measure)
    if not found["points"] or found["share"] != found["share"]:
        return [], 0.0
    lines = [
        f"Chance makes up about {_percent(found['share'])} of the variance over the points (90 % interval "
        f"{_span(found['low'], found['high'])}, the Monte Carlo share: {found['points']} points were run again with "
        "another seed)."
    ]
    if MUCH_CHANCE >= found["share"] > BLURRED:
        lines.append(
            "That blurs every index: a larger --population, or more --replicates at each point, would show "
            "what the factors do."
        )
    return lines, found["share"]


def leading(table) -> list[str]:
    """Return the factors whose total Sobol indices together hold most of the variance, the strongest first."""
    # as few factors as hold ENOUGH of the variance, at most MOST_NAMED
    part = table.total.clip(lower=0) / table.total.clip(lower=0).sum()
    return list(part.index[: min(int((part.cumsum() < ENOUGH).sum()) + 1, MOST_NAMED)])


def is_settled(table) -> bool:
    """Return whether the total Sobol index of every leading factor is at least as large as its 90 % interval is
    wide.
    """
    ahead = table.loc[leading(table)]
    return bool((ahead.total_high - ahead.total_low <= ahead.total).all())


def _unsettled(table, sweep, measure) -> str:
    """Return the sentence that replaces a headline while intervals are wider than the indices."""
    each = ", ".join(
        f"{plain_name(sweep, row.Index)} {_span(row.total_low, row.total_high)}" for row in table.itertuples()
    )
    more = 2 * int(sweep.stages.n[sweep.last])
    return (
        f"What {subject(sweep, measure)} rests on is not settled: the 90 % intervals are wider than the indices "
        f"themselves (parts of the variance: {each}). More base samples would tell: --extend {more:,}."
    )


def _order(sweep, table, ahead) -> list[str]:
    """Say that leading factors are not ranked among themselves if their intervals overlap."""
    tied = [plain_name(sweep, name) for name in ahead if table.best_rank[name] == 1]
    if len(tied) < 2:
        return []
    names = f"{', '.join(tied[:-1])} and {tied[-1]}"
    return [f"The sweep does not tell which of {names} is first: their intervals overlap."]


def _span(low, high) -> str:
    """Format an interval of shares in per cent."""
    return f"{max(low, 0):.0%} to {high:.0%}".replace("%", " %")


def _undecided(table, why) -> list[str]:
    """Describe the undecided factors, and the runs that would likely settle the first of them."""
    names = list(table.index[table.undecided])
    if not names:
        return []
    # None and NaN stand for factors that no number of runs would settle
    runs = [int(n) for n in table.more_runs[names] if n == n and n is not None]
    more = f"; about {min(runs):,} more runs would likely settle the first of them" if runs else ""
    return [f"Undecided ({why}): {', '.join(names)}{more}."]


def _screened(sweep) -> list[str]:
    """Describe the factors that a Morris stage found without effect, and those left out of the next stage."""
    first = sweep.stages.index[0] if len(sweep.stages) else None
    if first is None or sweep.stages.method[first] != "morris" or len(sweep.complete(first)) < 2:
        return []
    # a screening alone says which factors have no effect
    size = index_table(sweep, stage=first).mu_star
    if first == sweep.last:
        return _still(size)
    # factors that were screened out though they have an effect
    kept = sweep.stages.factors[sweep.last]
    left = [name for name in size.index if name not in kept and _moving(size)[name]]
    lines = (
        [
            f"{len(kept)} of {number_of(len(size), 'factor')} were kept by the screening; the others stayed at their "
            f"centre, the strongest of them {left[0]}."
        ]
        if left
        else []
    )
    return lines + _still(size)


def _still(size) -> list[str]:
    """Describe the factors without any effect."""
    still = sorted(size.index[~_moving(size)])
    return [f"Reach nothing here: {', '.join(still)}."] if still else []


def _moving(size) -> pd.Series:
    """Return (factor,) bool: has an effect beyond rounding."""
    return size > 1e-9 * max(size.max(), 0)  # less is rounding


def _shown(sweep, measure) -> tuple[float, str]:
    """Return the factor and the unit in which the effect on a measure is displayed."""
    unit = sweep.measures.unit[measure]
    factor, _, shown = SHOWN.get(unit, (1, "", unit))
    return factor, f" {shown}" if shown else ""


def _begin(words) -> str:
    """Capitalise the first letter."""
    return words[:1].upper() + words[1:]


def _signed(value) -> str:
    """Format a number with its sign."""
    return f"{'+' if value > 0 else ''}{_plain(value)}"


def _plain(value) -> str:
    """Format a number with three digits."""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def _grade(sweep, name) -> tuple[str, str]:
    """Return the grade of a factor's evidence, and whether its posterior is driven by the prior, in words or empty."""
    grade = sweep.factors.grade[name]
    return grade and f"grade {grade}", PRIOR_DRIVEN if PRIOR_DRIVEN in sweep.factors.note[name] else ""


def _percent(part) -> str:
    """Format a share in whole per cent."""
    return f"{100 * part:.0f} %"


def _counted(n) -> str:
    """Write a small count of numbers in words."""
    words = COUNTS[n] if n < len(COUNTS) else str(n)
    return f"{words} number{'' if n == 1 else 's'}"
