"""The one way in which fitted tables get into the package: copied from the folder of a calibration."""

import shutil
from pathlib import Path

from ...scenario.posterior import DATA as BELIEFS
from .constants import DATA as WORLD

PLACES = {"posterior": BELIEFS, "correlation": BELIEFS, "hub_constants": WORLD, "border_costs": WORLD}


def ship(folder):
    """Put the tables of a calibration in place of those that ship.

    Raises
    ------
    OSError where the package cannot be written
    """
    for table, place in PLACES.items():
        shutil.copyfile(Path(folder) / f"{table}.csv", place / f"{table}.csv")
