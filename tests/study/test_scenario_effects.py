"""Scenarios of sectors, remote work and teams: sign and order of size of what each is about, pair by pair."""

import re

import pytest
from paths import ROOT

from sim.results.effects import effect
from sim.results.measures import measure
from sim.scenario.files import load
from sim.study.run import compare, run

pytestmark = pytest.mark.slow
POINTS = [  # scenario, measure, lowest and highest effect in percentage points
    ("frontier_listing", "mix:usa,sector=frontier_lab", 0.1, 0.6),  # liquid equity is worth a quarter of lab pay
    ("frontier_repricing", "mix:usa,sector=frontier_lab", -1.2, -0.4),  # of 2 %
    ("frontier_repricing", "mix:usa,sector=startup", 0.05, 0.5),
    ("frontier_repricing", "share:sf_bay_area", -0.2, -0.005),  # labs are 7 % of it
    ("vertical_ai", "mix:usa,sector=traditional", 2, 6),
    ("vertical_ai", "mix:usa,sector=frontier_lab", -0.8, -0.1),
    ("vertical_ai", "share:sf_bay_area", -0.3, -0.02),
    ("tokyo_robotics", "mix:tokyo,sector=robotics", 10, 30),
    ("tokyo_robotics", "share:tokyo", 0.05, 0.4),
    ("sovereign_labs", "mix:are,sector=sovereign_lab", 4, 15),
    ("sovereign_labs", "mix:fra,sector=sovereign_lab", 0.8, 4),
    ("sovereign_labs", "share:are", 0.02, 0.3),
    ("remote_first", "remote:usa", 8, 25),
    ("remote_first", "share:sf_bay_area,basis=employer", -0.6, -0.05),  # as many jobs, but for employers all over
    ("office_return", "remote:usa", -14, -8),  # four in five of 13 %, less those who find another remote job
    ("acquihire_wave", "mix:usa,sector=startup", -1.5, -0.1),
    ("dual_site", "share:sf_bay_area,basis=employer", 0.2, 1.0),
    ("dual_site", "share:toronto", 0.02, 0.25),
    ("dual_site", "share:london", 0.02, 0.3),
]
PUBLISHED = {"startup": 32, "robotics": 18, "sovereign_lab": 12}  # m24 to m26, % of those who leave frontier labs
PAGE = ROOT / "docs" / "model" / "sectors.md"


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


def test_the_page_agrees_on_lab_leavers():
    """The published shares are a validation, not an input: misses stay misses, and the page must not flatter."""
    result = run(load("baseline"), population=200_000, replicates=1, years=3, uncertainty="chance", workers=1)
    row = r"^\| (startup|robotics|sovereign_lab) \| (\d+) % \| (\d+) % \|"
    page = {
        sector: (int(model), int(published))
        for sector, model, published in re.findall(row, PAGE.read_text(encoding="utf-8"), re.M)
    }
    for sector, published in PUBLISHED.items():
        query = f"outflow,sector_left=frontier_lab,sector_taken={sector}@2026"
        found = 100 * float(measure(result, query).sel(arm="baseline").mean())
        assert page[sector][1] == published
        assert page[sector][0] == pytest.approx(found, abs=3)  # of some 500 agents who leave
