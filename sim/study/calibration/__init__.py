"""Calibration: fit the hub constants, and update the assumptions about behaviour on data."""

from sim.study.calibration.hub_constants import FIT_POPULATION, START, constants_for, fit, fit_world, shipped, write

__all__ = ["FIT_POPULATION", "START", "constants_for", "fit", "fit_world", "shipped", "write"]
