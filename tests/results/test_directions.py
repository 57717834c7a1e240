"""Directions, precision and bands: what a run says of its own errors, against chance of known size."""

import math

import numpy as np
import pytest
import xarray as xr

from sim.errors import UsageError
from sim.results.effects import DOUBT, LEAST_PAIRS, agreement_needed, band, is_reached, summarise, upper_error
from sim.study.options import Options
from sim.study.replicate import the_world


@pytest.mark.parametrize("pairs", range(1, LEAST_PAIRS))
def test_fewer_than_ten_pairs_settle_no_direction(pairs):
    assert agreement_needed(pairs) > pairs


@pytest.mark.parametrize(("pairs", "places"), [(10, 1), (20, 14), (20, 39), (200, 39)])
def test_noise_has_a_direction_in_one_case_of_twenty(pairs, places):
    """Over all places together, in 4,000 runs of pure noise."""
    random = np.random.default_rng(pairs)
    noise = xr.DataArray(random.standard_normal((4_000, pairs, places)), dims=("run", "replicate", "hub"))
    called = (summarise(noise).same_sign >= agreement_needed(pairs, places)).any("hub").mean().item()
    assert called <= DOUBT + 3 * math.sqrt(DOUBT / 4_000)
    if agreement_needed(pairs, places) < pairs:  # as sharp as whole numbers allow
        assert called > DOUBT / 6


@pytest.mark.parametrize("pairs", [19, 20, 40, 100])
def test_nine_further_pairs_of_ten_lie_in_the_band(pairs):
    random = np.random.default_rng(pairs)
    found, further = random.standard_t(5, (4_000, pairs)), random.standard_t(5, 4_000)
    low, high = band(xr.DataArray(found, dims=("run", "replicate")))
    inside = ((low.values <= further) & (further <= high.values)).mean()
    assert abs(inside - 0.90) < 0.02


def test_the_band_of_few_pairs_is_all_of_them():
    low, high = band(xr.DataArray([3.0, 1.0, 2.0], dims="replicate"))
    assert (low.item(), high.item()) == (1.0, 3.0)


def test_a_precision_counts_the_error_of_its_error():
    random = np.random.default_rng(1)
    for pairs in (10, 20, 80):
        error = random.standard_normal((4_000, pairs)).std(axis=1, ddof=1) / math.sqrt(pairs)
        below = np.mean([upper_error(one, pairs) >= 1 / math.sqrt(pairs) for one in error])
        assert abs(below - 0.90) < 0.02


def test_no_precision_is_reached_before_ten_pairs():
    assert not is_reached(0.0, 1.0, LEAST_PAIRS - 1)
    assert is_reached(0.0, 1.0, LEAST_PAIRS)
    with pytest.raises(UsageError, match="most_replicates 5: an error is not known before 10 pairs"):
        Options(precision="1pp", replicates=2, most_replicates=5).checked()


def test_every_pair_has_people_of_its_own():
    """So that the spread over pairs, and the error, hold what drawing the people adds."""
    first, again, other = (the_world(2_000, 0, 2026, 1, pair).engineers for pair in (0, 0, 1))
    assert first.home.tobytes() == again.home.tobytes()
    assert first.home.tobytes() != other.home.tobytes()
    of_seed = the_world(2_000, 1, 2026, 1, 0).engineers
    assert other.home.tobytes() != of_seed.home.tobytes()  # neighbouring seeds share nobody
