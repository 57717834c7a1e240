import numpy as np
import pytest
import xarray as xr
from fake_result import fake_result

from sim.results.effects import decimals, effect, hubs_that_matter, more_pairs, summarise
from sim.results.narrative import effect_sentence


def pairs(*values):
    return xr.DataArray(list(values), dims="replicate")


def test_the_summary_by_hand():
    found = summarise(pairs(-1.0, -2.0, -3.0, 2.0))
    assert found["mean"] == -1
    assert found.same_sign == 3
    assert found.attrs["pairs"] == 4
    assert np.isclose(found.error, np.std([-1, -2, -3, 2], ddof=1) / 2)
    assert (found.low, found.high) == (-3, 2)  # four pairs hold no less than all


def test_a_pair_that_does_not_differ_has_no_sign():
    found = summarise(pairs(0.0, 0.0, 1.0))
    assert (found.same_sign, found.differs) == (1, 1)


def test_one_pair_has_no_error():
    assert np.isnan(summarise(pairs(1.0)).error)


def test_an_effect_is_paired(result):
    share = result.data.stock.sum("tier").isel(time=-1)
    share = (share / share.sum("hub")).sel(hub="boston")
    expected = share.sel(arm="scenario").values - share.sel(arm="baseline").values
    assert np.allclose(effect(result, "share:boston"), expected)


def test_pairing_is_sharper_than_two_separate_bands(result):
    share = effect(result, "share:sf_bay_area")
    levels = result.data.stock.sum("tier").isel(time=-1)
    levels = (levels / levels.sum("hub")).sel(hub="sf_bay_area")
    assert share.var() < 0.5 * (levels.var("replicate").sum("arm"))


def test_four_times_the_pairs_halve_the_error():
    many = np.random.default_rng(0).normal(1, 1, 4000)
    few, more = summarise(pairs(*many[:1000])).error, summarise(pairs(*many)).error
    assert more_pairs(1000) + 1000 == 4000
    assert np.isclose(few / more, 2, rtol=0.1)


def test_the_sentence_names_spread_and_error(result):
    text = effect_sentence(result, "share:sf_bay_area")
    for part in (
        "effect -0.",
        "90 % of pairs in [",
        "same sign in 20 of 20 pairs",
        "Monte Carlo error",
        "60 more pairs",
    ):
        assert part in text
    assert "certain" not in text


def test_exactly_no_effect_is_said(equal_arms):
    assert effect_sentence(equal_arms, "share:usa") == "no effect: no pair differs"


def test_one_pair_is_not_a_spread():
    text = effect_sentence(fake_result(replicates=1, years=2), "share:usa")
    assert "only pair" in text
    assert "Monte Carlo error" not in text


def test_the_hubs_that_matter_are_large_or_touched(result):
    hubs = hubs_that_matter(result)
    assert len(hubs) == len(set(hubs)) == 10
    strongest = abs(effect(result, "share").mean("replicate")).to_series().nlargest(3).index
    assert {"sf_bay_area", "beijing", "new_york", *strongest} <= set(hubs)


def test_without_effects_the_largest_hubs_are_shown(equal_arms):
    hubs = hubs_that_matter(equal_arms)
    assert len(hubs) == 10
    assert not any(hub.startswith("rest_of_") for hub in hubs)


@pytest.mark.parametrize(("error", "places"), [(0.05, 2), (0.4, 1), (3.0, 0), (1e-9, 4), (0.0, 2)])
def test_a_number_has_the_digits_of_its_error(error, places):
    assert decimals(error) == places
