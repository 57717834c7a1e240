"""Calibration: fit the hub constants, and update the assumptions about behaviour on data."""
