"""Assumptions as values: at the centre, drawn from their ranges, or held by a user's file."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from sim.errors import AssumptionError, nearest
from sim.scenario.assumption_table import PRIORS, Assumption
from sim.scenario.posterior import after_fitting, together
from sim.scenario.reading import line_of, parse
from sim.scenario.shapes import LOGARITHMIC, quantile
from sim.texts import read_text

ASSUMPTIONS: dict[str, Assumption] = after_fitting(PRIORS)
DIMENSIONS = 128  # of the Sobol design; more than there are assumptions, so that adding one moves none


@dataclass(frozen=True)
class Assumptions:
    """One value for every assumption, read as attributes: ``a.b_pay``. Cannot be changed, only varied."""

    __annotations__ = dict.fromkeys(ASSUMPTIONS, float)

    @classmethod
    def central(cls, declared: Mapping[str, Assumption] = ASSUMPTIONS):
        """Return every assumption at its central value."""
        return cls(**{name: float(row.central) for name, row in declared.items()})

    def vary(self, **changes: float):
        """Return a copy with other values; unknown names and values out of bounds are refused."""
        for name, value in changes.items():
            _check(name, "value", value)
        return replace(self, **{name: float(value) for name, value in changes.items()})

    def to_dict(self) -> dict[str, float]:
        """Return name -> value."""
        return {field.name: getattr(self, field.name) for field in fields(self)}


def draw_assumptions(
    n: int, seed: int, skip: int = 0, declared: Mapping[str, Assumption] = ASSUMPTIONS
) -> list[Assumptions]:
    """Return draws ``skip`` to ``skip + n`` of the assumptions, from a scrambled Sobol sequence.

    Assumption number *k* of the declaration always takes dimension *k*, and the sequence is extended,
    never re-made: more draws keep the first ones, and a value held by the user leaves all others alone.
    Those that were fitted to data go together as the fit says.
    """
    u = _sobol(seed, max(skip + n - 1, 0).bit_length())[skip : skip + n]
    free = [name for name, row in ASSUMPTIONS.items() if declared[name] != row]
    u = together(u, {name: k for k, name in enumerate(ASSUMPTIONS)}, free)
    columns = [
        quantile(u[:, k], row.shape, row.central, row.low, row.high, row.bounds, row.mass)
        for k, row in enumerate(declared[name] for name in ASSUMPTIONS)
    ]
    return [Assumptions(*(float(column[i]) for column in columns)) for i in range(n)]


@lru_cache(maxsize=2)
def _sobol(seed: int, power: int):
    import numpy as np
    from scipy.stats import qmc

    design = qmc.Sobol(DIMENSIONS, scramble=True, rng=np.random.default_rng([seed, DIMENSIONS]))
    u = design.random_base2(power)
    return np.clip(u, 1e-9, 1 - 1e-9)  # the design may hold 0 itself, whose quantile is not finite


def load_assumptions(path: str | Path) -> dict[str, Assumption]:
    """Return the declarations, changed as the TOML file at ``path`` says.

    Under ``[assumptions]``, ``name = value`` holds an assumption at a value, and
    ``name = {central = .., low = .., high = ..}`` gives it another range.
    """
    path = Path(path)
    text = read_text(path, AssumptionError)
    tables = parse(text, path, AssumptionError)
    for key in tables:
        if key != "assumptions":
            what = "a policy belongs in a scenario file" if key in ("policy", "title") else "unknown key"
            raise AssumptionError(path, line_of(text, None, 0, key), key, f"{what}; expected [assumptions]")
    changes = tables.get("assumptions")
    if not isinstance(changes, dict) or not changes:
        raise AssumptionError(path, "no [assumptions] in it: expected lines such as b_pay = 1.0")
    return override(changes, lambda name: (path, line_of(text, "assumptions", 0, name)))


def override(changes: Mapping[str, float | Mapping[str, float]], place=lambda name: ()) -> dict:
    """Return the declarations with ``changes``: a value holds, a table of central, low, high re-ranges.

    ``place`` gives the leading parts of an error message for a name.
    """
    declared = dict(ASSUMPTIONS)
    for name, change in changes.items():
        parts = place(name)
        if isinstance(change, Mapping):
            unknown = set(change) - {"central", "low", "high"}
            if unknown or not change:
                got = ", ".join(sorted(unknown)) or "nothing"
                raise AssumptionError(*parts, name, f"a range has central, low and high; this has {got}")
        else:
            change = {"central": change, "low": change, "high": change}
        for key, value in change.items():
            _check(name, key, value, parts)
        held = len(set(change.values())) == 1 and len(change) == 3
        changed: dict[str, Any] = dict(change)
        row = replace(declared[name], **changed, held=held, prior=None, shrinkage=None)
        if not row.is_fixed:
            _check_range(row, parts)
        declared[name] = row
    return declared


def records(declared: Mapping[str, Assumption] = ASSUMPTIONS) -> list[dict]:
    """Return the declarations as plain dictionaries, for a run's record and for tables.

    ``held`` is the value if the user fixed it, else None.
    """
    return [asdict(row) | {"held": row.central if row.held else None} for row in declared.values()]


def _check_range(row: Assumption, parts: tuple) -> None:
    values = f"low {row.low:g}, central {row.central:g}, high {row.high:g}"
    if not row.low < row.central < row.high:
        raise AssumptionError(*parts, row.name, f"{values}: not in rising order")
    if row.shape in LOGARITHMIC and row.low <= 0:
        raise AssumptionError(*parts, row.name, f"{values}: a {row.shape} range begins above 0")
    if row.shape == "zero_inflated" and row.low != 0:
        raise AssumptionError(*parts, row.name, f"{values}: low is 0, where {row.mass:.0%} of its mass lies")


def _check(name: str, key: str, value: object, parts: tuple = ()) -> None:
    if name not in ASSUMPTIONS:
        raise AssumptionError(*parts, name, f"unknown assumption{nearest(name, ASSUMPTIONS)}")
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise AssumptionError(*parts, name, key, f"{value!r} is not a number")
    low, high = ASSUMPTIONS[name].bounds
    if not low <= value <= high:
        unit = ASSUMPTIONS[name].unit
        raise AssumptionError(*parts, name, key, f"{value} is not in [{low:g}, {high:g}] {unit}")
