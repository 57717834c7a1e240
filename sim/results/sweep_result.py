"""What a sweep found, read from its store: nothing is run."""

import hashlib
import json
import sqlite3
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from sim.errors import ResultError, nearest
from sim.results.sweep_store import FACTOR, MEASURE, complete_blocks, connect, meta, unpack

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
    def load(cls, folder):
        """Open the folder of a sweep, finished or not.

        Raises
        ------
        ResultError
        """
        db = connect(folder)
        factors = pd.read_sql_query("SELECT * FROM factors ORDER BY place", db).set_index("name")[list(FACTOR[1:])]
        stages = pd.read_sql_query("SELECT * FROM stages ORDER BY place", db).set_index("name")
        names = factors.index.to_numpy()
        stages["factors"] = [names[json.loads(places)].tolist() for places in stages["factors"]]
        return cls(Path(folder), meta(db), factors, _measures(db), stages.drop(columns="place"), db)

    def close(self):
        """Let the store go; nothing more can be read."""
        self.db.close()

    @property
    def primary(self):
        """The measure that the sweep asks about first; None while nothing is known of any."""
        asked = self.record.get("measures") or self.measures.index.tolist() or [None]
        return asked[0] and asked[0].partition("@")[0].strip()

    @property
    def last(self):
        """Name of the stage that the indices stand on: the last one."""
        return self.stages.index[-1]

    def points(self, stage=None):
        """Design points: DataFrame indexed by point, a column a factor, and block, place, status."""
        stage = self._stage(stage)
        rows = self.db.execute(
            "SELECT point, block, p.place, x, status FROM points p JOIN cells USING (stage, point) "
            "WHERE stage = ? AND repeat = 0 ORDER BY point",
            (stage,),
        ).fetchall()
        x = np.array([unpack(row[3]) for row in rows]).reshape(len(rows), len(self.factors))
        table = pd.DataFrame(x, [row[0] for row in rows], self.factors.index.tolist()).rename_axis("point")
        return table.assign(block=[r[1] for r in rows], place=[r[2] for r in rows], status=[r[4] for r in rows])

    def coordinates(self, stage=None):
        """The same points in the unit cube: DataFrame, a column for every factor that the stage varies."""
        stage = self._stage(stage)
        rows = self.db.execute("SELECT point, z FROM points WHERE stage = ? ORDER BY point", (stage,)).fetchall()
        names = self.stages.factors[stage]
        z = np.array([unpack(z) for _, z in rows]).reshape(len(rows), len(names))
        return pd.DataFrame(z, [point for point, _ in rows], names).rename_axis("point")

    def outcomes(self, measure=None, stage=None, what="effect", repeat=0):
        """A measure at every done point: DataArray over point and the measure's own time and hub.

        Parameters
        ----------
        what : ``"effect"`` (scenario less baseline), ``"baseline"`` or ``"scenario"``; a plain function has its value
        repeat : 0, or 1 for the few points that were run again with other chance
        """
        told, stage = self._measure(measure), self._stage(stage)
        rows = self.db.execute(
            "SELECT point, shape, data FROM outcomes WHERE stage = ? AND measure = ? AND repeat = ? ORDER BY point",
            (stage, told["name"], repeat),
        ).fetchall()
        dims, labels = told["dims"], told["coords"]
        shape = json.loads(rows[0][1]) if rows else [2] * bool(told["paired"]) + [len(labels[d]) for d in dims]
        values = np.array([unpack(row[2]) for row in rows]).reshape(len(rows), *shape)
        if told["paired"]:
            values = values[:, 1] - values[:, 0] if what == "effect" else values[:, ARMS.index(what)]
        coords = {"point": [row[0] for row in rows]} | labels
        return xr.DataArray(values, coords, ["point", *dims], told["name"], {"units": told["unit"]})

    def value(self, measure=None, stage=None, what="effect", time=None, hub=None, repeat=0):
        """One number a done point: Series indexed by point, in the measure's own unit.

        Parameters
        ----------
        time : year; the measure's own time if None
        hub : of a measure that has a value for every hub

        Raises
        ------
        ResultError
        """
        told, values = self._measure(measure), self.outcomes(measure, stage, what, repeat)
        axis = next((d for d in ("time", "year") if d in values.dims), None)
        if axis:
            values = values.isel({axis: int(told["at"])}) if time is None else _at(values, axis, time, told["name"])
        for place in ("hub", "route"):
            if hub is not None and place in values.dims:
                values = _at(values, place, hub, told["name"])
        left = [d for d in values.dims if d != "point"]
        if left:
            raise ResultError(told["name"], f"has a value for every {left[0]}; name one")
        return pd.Series(values.values, pd.Index(values.point.values, name="point"), name=told["name"])

    def complete(self, stage=None, most=None):
        """Numbers of the blocks that analyses stand on: the first ``n`` in which every point is done."""
        stage = self._stage(stage)
        return complete_blocks(self.db, stage)[: int(self.stages.n[stage]) if most is None else most]

    def blocks(self, measure=None, stage=None, what="effect", time=None, hub=None):
        """A measure by block: (block, place) array over the complete blocks, and their numbers."""
        stage = self._stage(stage)
        size, blocks = int(self.stages["size"][stage]), np.array(self.complete(stage), dtype=int)
        points = (blocks[:, None] * size + np.arange(size)).ravel()
        return self.value(measure, stage, what, time, hub).loc[points].to_numpy().reshape(-1, size), blocks

    def counts(self, stage=None):
        """Cells by status: dict, those asked again with other chance among them."""
        asked = "SELECT status, count(*) FROM cells WHERE stage = ? OR ? IS NULL GROUP BY status"
        return dict(self.db.execute(asked, (stage, stage)))

    def problems(self, status="failed"):
        """Cells that were refused or failed: DataFrame of stage, point, repeat, error."""
        asked = "SELECT stage, point, repeat, error FROM cells WHERE status = ? ORDER BY stage, point, repeat"
        return pd.read_sql_query(asked, self.db, params=(status,))

    def _stage(self, name):
        if name is None:
            return self.last
        if name not in self.stages.index:
            raise ResultError(f"stage {name}", f"there are: {', '.join(self.stages.index)}")
        return name

    def _measure(self, name):
        name = self.primary if name is None else name
        if name not in self.measures.index:
            known = self.measures.index.tolist()
            raise ResultError(f"{name} was not kept in this sweep", f"it has {', '.join(known)}{nearest(name, known)}")
        return self.measures.loc[name]


def content_digest(folder):
    """SHA-256 over all that a store says but timings: equal for equal sweeps, whoever ran them and how often killed."""
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


def _measures(db):
    """The measures that are declared, and those that only came with the outcomes of a plain function."""
    rows = pd.read_sql_query("SELECT * FROM measures ORDER BY place", db)[list(MEASURE)].to_dict("records")
    for row in rows:
        row |= {"dims": json.loads(row["dims"]), "coords": json.loads(row["coords"]), "paired": bool(row["paired"])}
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


def _at(values, axis, label, name):
    known = values[axis].values.tolist()
    if label not in known:
        raise ResultError(name, f"{axis} {label} is not in it{nearest(str(label), list(map(str, known)))}")
    return values.isel({axis: known.index(label)})
