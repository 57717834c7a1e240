"""The scenarios of remote work and teams: sign and order of size of what each is about, pair by pair."""

import pytest

from sim.results.effects import effect
from sim.study.run import compare

pytestmark = pytest.mark.slow
POINTS = [  # scenario, measure, lowest and highest effect in percentage points
    ("remote_first", "remote:usa", 8, 25),
    ("remote_first", "share:sf_bay_area,basis=employer", -0.6, -0.05),  # as many jobs, but for employers all over
    ("office_return", "remote:usa", -14, -8),  # four in five of 13 %, less those who find another remote job
    ("acquihire_wave", "mix:usa,sector=startup", -1.5, -0.1),
    ("dual_site", "share:sf_bay_area,basis=employer", 0.2, 1.0),
    ("dual_site", "share:toronto", 0.02, 0.25),
    ("dual_site", "share:london", 0.02, 0.3),
]


@pytest.fixture(scope="module")
def several():
    """All of them: two pairs of 20,000 engineers over five years."""
    names = sorted({name for name, *_ in POINTS})
    return compare(names, population=20_000, replicates=2, years=5, uncertainty="chance", workers=1)


@pytest.mark.parametrize(("name", "query", "low", "high"), POINTS)
def test_a_scenario_does_what_it_is_expected_to(several, name, query, low, high):
    pairs = 100 * effect(several, query).sel(arm=name)
    assert low < pairs.mean() < high
    assert (pairs.values * (low + high) > 0).all()


def test_a_wave_of_takeovers_fills_labs_and_big_firms(several):
    lab, firm = (effect(several, f"mix:usa,sector={buyer}") for buyer in ("frontier_lab", "big_tech"))
    gain = (lab + firm).sel(arm="acquihire_wave")
    assert (gain > 0).all()


def test_a_return_to_office_is_a_year_of_moves(several):
    moves = several.data.flow.sum(("origin", "destination"))
    more = moves.sel(arm="office_return") / moves.sel(arm="baseline")
    assert (more.sel(year=2027) > 1.2).all()
    assert (abs(more.sel(year=[2029, 2030]) - 1) < 0.1).all()
