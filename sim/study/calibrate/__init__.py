"""Fitting: the hub constants, and what data leave of the beliefs about behaviour."""

from sim.study.calibrate.constants import FIT_POPULATION, START, constants_for, fit, fit_world, shipped, write

__all__ = ["FIT_POPULATION", "START", "constants_for", "fit", "fit_world", "shipped", "write"]
