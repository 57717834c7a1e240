"""The CSV files of a comparison: one row a fact, the scenario named."""

import numpy as np
import pytest
from test_answer import compared

from sim.results import export
from sim.results.effects import effect


@pytest.fixture(scope="module")
def several():
    return compared(h1b_fee=1.0, half_the_fee=0.5)


def test_effects_name_the_scenario_and_are_those_of_each(several):
    table = export.effects(several)
    assert not table.duplicated(["arm", "measure", "place", "time"]).any()
    last = table.query("measure == 'share' and place == 'boston' and time == 2029").set_index("arm")
    for arm in several.arms:
        assert np.isclose(last["mean"][arm], effect(several.versus(arm), "share:boston").mean())


def test_shares_and_flows_hold_the_baseline_once(several):
    for table, key in ((export.shares(several), "time"), (export.flows(several), "year")):
        assert set(table.arm) == {"baseline", *several.arms}
        places = [name for name in ("basis", "hub", "tier", "origin", "destination") if name in table]
        assert not table.duplicated(["arm", key, *places]).any()
