"""A finished run: its arrays and its record, saved whole or not at all."""

from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import xarray as xr

from sim.arguments import new_path, user_path
from sim.errors import ResultError, nearest
from sim.results import display, effects, facts, folder, narrative, summary
from sim.results.record import folder_name

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, repr=False)
class Result:
    """A scenario and its baseline, pair by pair; or several scenarios and the baseline that all share.

    Attributes
    ----------
    data : xarray.Dataset, laid out as in ``sim.results.schema.VARIABLES``; persons, not agents
    record : dict, what the arrays were made from: see ``run.json`` in the folder of a run
    """

    data: xr.Dataset
    record: dict

    def save(self, out="outputs", *, illustrate=None, force=False) -> Path:
        """Write the folder ``out/<scenario>-<digest>``; a valid one that already exists is kept.

        Parameters
        ----------
        out : path of the parent folder, made if missing
        illustrate : function of (result, folder) that adds figures and a report, such as ``sim.illustrate``
        force : replace a valid folder

        Returns
        -------
        pathlib.Path of the run's folder

        Raises
        ------
        FileError, an OSError, if it cannot be written; nothing half written is left.
        """
        return folder.write(self, new_path(out), illustrate, force)

    @classmethod
    def load(cls, path) -> "Result":
        """Read the folder of a run, in this format or an older one.

        Raises
        ------
        ResultError if it is no run, newer than this version, or damaged.
        """
        return cls(*folder.read(user_path(path)))

    @property
    def arms(self) -> list[str]:
        """Return labels of the scenarios: ``["scenario"]`` in a run, the names of all in a comparison."""
        return [str(arm) for arm in self.data.arm.values[1:]]

    def versus(self, arm) -> "Result":
        """Return the run of one scenario of a comparison against its baseline.

        Raises
        ------
        ResultError for a scenario that the result does not hold.
        """
        if arm not in self.arms:
            hint = f"it holds {', '.join(self.arms)}{nearest(arm, self.arms)}"
            raise ResultError(f"{arm} is not in this result", hint)
        if self.arms == ["scenario"] and "arms" not in self.record:
            return self
        # the scenario takes the name that a run of one scenario has
        data = self.data.sel(arm=["baseline", arm]).assign_coords(arm=["baseline", "scenario"])
        common = {key: value for key, value in self.record.items() if key != "arms"}
        return Result(data, common | self.record.get("arms", {}).get(arm, {}))

    def by_employer(self) -> "Result":
        """Count every engineer in the hub of the employer instead of residence.

        Raises
        ------
        ResultError for a run that was saved without employers.
        """
        return Result(effects.by_employer(self.data), self.record | {"basis": "employer"})

    def to_frame(self) -> "pd.DataFrame":
        """Tabulate the effects on hub shares: the hubs that matter and all others together.

        Returns
        -------
        pandas.DataFrame: name, start, baseline, scenario (% of the world stock), effect (percentage points), low, high,
        same_sign, pairs, error and more, as in :func:`sim.results.summary.hub_rows`; ``arm`` too for a comparison
        """
        return summary.hub_frame(self)

    @property
    def subject(self) -> str:
        """Return the place that the question is about, as a measure writes it: ``usa``; '' where there is none."""
        return facts.subject(self)

    @property
    def headline(self) -> str:
        """Answer in one or two sentences: how many engineers, how sure, and which other places gain and lose."""
        return "\n".join(narrative.answer(self.versus(arm) if "arms" in self.record else self) for arm in self.arms)

    def table(self, level="country") -> "pd.DataFrame":
        """Tabulate the effect on every place of a level, in percentage points and in persons.

        Parameters
        ----------
        level : 'country', 'hub' or 'bloc'

        Returns
        -------
        pandas.DataFrame: place, name, baseline, scenario (% of the world's), effect, low, high, error (points),
        same_sign, pairs, settled, and people, people_low, people_high (persons); ``arm`` first for a comparison

        Raises
        ------
        UsageError for another level
        """
        return facts.place_table(self, level)

    def effect(self, query) -> "pd.DataFrame":
        """Tabulate the effect on a measure: one row a place, shares and rates in percentage points.

        Parameters
        ----------
        query : str, such as ``share:eu27`` or ``backlog,route=usa.h1b``

        Returns
        -------
        pandas.DataFrame, see :func:`sim.results.summary.effect_table`
        """
        return summary.effect_table(self, [query])

    @property
    def plot(self) -> Any:
        """Return the drawer of figures: ``result.plot.effects()``, ``result.plot("shares", hubs=[...])``.

        Each returns the axes.
        """
        return import_module("sim.show.plots").Plots(self)  # imported late: the layer of drawing lies above this one

    def __str__(self) -> str:
        return display.as_text(self)

    def _repr_html_(self) -> str:
        return display.as_html(self)

    def __repr__(self) -> str:
        sizes = self.data.sizes
        return f"<Result {folder_name(self.record)}: {sizes['replicate']} pairs, {sizes['year']} years>"
