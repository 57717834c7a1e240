"""The one way in which fitted tables get into the package: copied from the folder of a calibration."""

import shutil
from pathlib import Path

from ...scenario.posterior import DATA as BELIEFS
from .constants import DATA as WORLD

PLACES = {
    "posterior.csv": BELIEFS, "correlation.csv": BELIEFS, "calibration.json": BELIEFS,
    "hub_constants.csv": WORLD, "border_costs.csv": WORLD,
}  # fmt: skip


def ship(folder):
    """Put the tables of a calibration in place of those that ship, and what it says of itself beside them.

    Raises
    ------
    OSError where the package cannot be written
    """
    for name, place in PLACES.items():
        shutil.copyfile(Path(folder) / name, place / name)
