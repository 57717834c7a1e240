"""A finished run: its arrays and its record, saved whole or not at all."""

from dataclasses import dataclass
from pathlib import Path

import xarray as xr

from sim.results import folder
from sim.results.record import folder_name


@dataclass(frozen=True, repr=False)
class Result:
    """A scenario and its baseline, pair by pair.

    Attributes
    ----------
    data : xarray.Dataset, laid out as in ``sim.results.schema.VARIABLES``; persons, not agents
    record : dict, what the arrays were made from: see ``run.json`` in the folder of a run
    """

    data: xr.Dataset
    record: dict

    def save(self, out="outputs", *, figures=None, force=False):
        """Write the folder ``out/<scenario>-<digest>``; a valid one that is already there is kept.

        Parameters
        ----------
        out : path of the parent folder, made if missing
        figures : function of (result, folder) that draws into that folder, such as ``sim.draw_figures``
        force : replace a valid folder

        Returns
        -------
        pathlib.Path of the run's folder

        Raises
        ------
        OSError if it cannot be written; nothing half written is left.
        """
        return folder.write(self, Path(out), figures, force)

    @classmethod
    def load(cls, path):
        """Read the folder of a run, in this format or an older one.

        Raises
        ------
        ResultError if it is no run, newer than this version, or damaged.
        """
        return cls(*folder.read(Path(path)))

    def __repr__(self):
        sizes = self.data.sizes
        return f"<Result {folder_name(self.record)}: {sizes['replicate']} pairs, {sizes['year']} years>"
