"""Gates: facts that the model must reproduce, as bands; statistics over samples, and verdicts."""

from dataclasses import dataclass

import numpy as np

from sim.errors import UsageError, nearest
from sim.results.effects import HIGH, LOW
from sim.world.tables import read

ENOUGH = 0.8  # of the draws must lie inside the band


@dataclass(frozen=True)
class Gate:
    """A row of ``gates.csv``: a statistic of an experiment and the band in which it must lie.

    ``use`` is test, or fit for what the model was fitted to, which can never be passed; ``kind`` is gate, or warning
    for what does not decide. A blank limit is infinite.
    """

    id: str
    use: str
    kind: str
    experiment: str
    statistic: str
    low: float
    high: float
    unit: str
    scenarios: tuple  # names of the files with which a user runs the experiment again
    source: str
    grade: str
    note: str

    @property
    def decides(self) -> bool:
        """Return whether the gate decides the exit code."""
        return self.kind == "gate" and self.use == "test"

    def holds(self, value) -> bool:
        """Return whether a value lies inside the band; NaN does not.

        >>> [by_id()["g05"].holds(x) for x in (0.2, 0.9, float("nan"))]
        [True, False, False]
        """
        return bool(self.low <= value <= self.high)


def gates() -> tuple:
    """Return all gates in the order of the table: tuple of Gate."""
    return tuple(by_id().values())


def by_id() -> dict:
    """Return a dict of id -> Gate."""
    return {row["id"]: _gate(row) for row in read("gates")}


def _gate(row) -> Gate:
    limits = {"low": float(row["low"] or -np.inf), "high": float(row["high"] or np.inf)}
    scenarios = tuple(name for name in row["scenarios"].split(";") if name)
    return Gate(**row | limits | {"scenarios": scenarios})


def chosen(only) -> tuple:
    """Return the gates whose id is one of ``only`` or begins with it; all if it is empty.

    >>> [gate.id for gate in chosen(["g02", "g05"])]
    ['g02a', 'g05']

    Raises
    ------
    UsageError for a name that fits none
    """
    for name in only or ():
        if not any(_named(gate.id, name) for gate in gates()):
            raise UsageError("--only", f"{name!r} is no gate{nearest(name, by_id())}")
    return tuple(gate for gate in gates() if not only or any(_named(gate.id, name) for name in only))


def _named(gate, name) -> bool:
    """Return whether ``name`` is the gate, or its number alone: g02 for g02a, g25 for g25_paris."""
    return gate == name or (gate[: len(name)] == name and len(name) == 3)


def judged(gate, values, beside=()) -> dict:
    """Judge a gate by its values over the samples: dict of plain values, its row included.

    Parameters
    ----------
    gate : Gate
    values : (draw,) statistics, nan where a draw has none; None where nothing measures it
    beside : pairs of label, (draw,) further figures to be shown with it

    Returns
    -------
    dict with ``median``, ``low_draws``, ``high_draws`` (5 and 95 % over draws; None where no draw has a value),
    ``values`` (of the draws, None for nan), ``inside`` (share of draws inside the band), ``verdict`` of ``VERDICTS``,
    ``beside`` (label -> the same of a further figure, without a verdict)
    """
    values = np.array([] if values is None else values, float)  # None is nan
    # passed on enough of the samples; what was fitted is said to be fitted
    inside = float(np.mean([gate.holds(value) for value in values])) if len(values) else 0.0
    verdict = "passed" if inside >= ENOUGH else "missed"
    if not np.isfinite(values).any():
        verdict = "not measured"
    elif gate.use == "fit":
        verdict = "fitted"
    return vars(gate) | {
        "low": _finite(gate.low),
        "high": _finite(gate.high),
        "scenarios": list(gate.scenarios),
        **spread(values),
        "inside": inside,
        "verdict": verdict,
        "beside": {label: spread(further) for label, further in beside},
    }


def spread(values) -> dict:
    """Return the values, and their median and 5 to 95 %, as floats; None where no sample has a value."""
    values = np.asarray(values, float)
    known = values[~np.isnan(values)]
    cut = np.quantile(known, [0.5, LOW, HIGH]) if len(known) else [np.nan] * 3
    quantiles = dict(zip(("median", "low_draws", "high_draws"), map(_finite, cut), strict=True))
    return quantiles | {"values": [_finite(value) for value in values]}


def passes(rows) -> bool:
    """Return whether every row that decides has passed."""
    return all(row["verdict"] == "passed" for row in rows if row["kind"] == "gate" and row["use"] == "test")


def _finite(value) -> float | None:
    return float(value) if np.isfinite(value) else None
