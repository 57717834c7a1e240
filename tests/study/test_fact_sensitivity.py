"""Sensitivity of an answer to a family of facts: known slopes are found, and shifts are their products."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from sim.scenario.assumptions import PRIORS
from sim.study.calibration.answers import moved, normal_scores, slopes


def test_scores_are_those_of_the_prior():
    row = PRIORS["b_pay"]
    low, middle, high = normal_scores([SimpleNamespace(b_pay=x) for x in (row.low, row.central, row.high)], ["b_pay"])
    assert middle == pytest.approx(0, abs=0.01)
    assert norm.cdf([*low, *high]) == pytest.approx([0.05, 0.95], abs=0.02)


def test_known_slopes_are_found():
    rng = np.random.default_rng(1)
    z = rng.standard_normal((400, 3))
    slope, sampled, explained = slopes(z, 5 * z[:, 0] - 2 * z[:, 1] + rng.standard_normal(400))
    assert slope == pytest.approx([5, -2, 0], abs=0.2)
    assert sampled.std(axis=0) == pytest.approx(1 / 20, rel=0.4)  # noise over the root of the draws
    assert explained == pytest.approx(29 / 30, abs=0.02)


def test_noise_is_not_explained():
    rng = np.random.default_rng(2)
    assert slopes(rng.standard_normal((200, 5)), rng.standard_normal(200))[2] < 0.1


def test_a_shift_is_slope_times_move():
    shifts = pd.DataFrame({"family": ["a", "a", "b"], "belief": ["x", "y", "y"], "shift": [0.5, 1.0, -1.0]})
    found = moved(shifts, ["x", "y"], np.array([10.0, 2.0]), np.array([[10.0, 2.0], [10.0, 4.0]]))
    assert found["shift"].tolist() == [7.0, -2.0]
    assert found["error"].tolist() == [1.0, 1.0]
