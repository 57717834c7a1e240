"""The CSV files of a comparison: one row a fact, the scenario named."""

import numpy as np
import pytest
from test_answer import compared

from sim.results import export
from sim.results.effects import effect


@pytest.fixture(scope="module")
def several():
    return compared(h1b_fee=1.0, half_the_fee=0.5)


def test_effects_of_a_comparison_are_those_of_each(several):
    table = export.effects(several)
    assert not table.duplicated(["arm", "measure", "place", "time"]).any()
    for place, kind in (("boston", "hub"), ("usa", "country"), ("north_america", "bloc")):
        last = table.query(f"measure == 'share' and place == '{place}' and time == 2029").set_index("arm")
        assert set(last.kind) == {kind}
        assert set(last.unit) == {"pp"}
        for arm in several.arms:
            assert np.isclose(last["mean"][arm], 100 * effect(several.versus(arm), f"share:{place}").mean())


def test_effects_of_a_country_are_the_sum_of_its_hubs(several):
    table = export.effects(several).query("measure == 'stock' and time == 2029")
    country = several.data.hub_country.to_series()
    for arm, rows in table.groupby("arm"):
        by_place = rows.set_index("place")["mean"]
        for name in set(by_place.index[rows.set_index("place").kind == "country"]):
            assert np.isclose(by_place[name], by_place[country.index[country == name]].sum()), (arm, name)


def test_every_effect_has_the_unit_that_people_read(several):
    units = export.effects(several).groupby("measure").unit.agg(set)
    assert units["share"] == units["share,basis=employer"] == units["top3"] == {"pp"}
    assert units["net_rate"] == {"pp a year"}
    assert units["stock"] == units["backlog"] == {"persons"}


def test_shares_and_flows_hold_the_baseline_once(several):
    for table, key in ((export.shares(several), "time"), (export.flows(several), "year")):
        assert set(table.arm) == {"baseline", *several.arms}
        places = [name for name in ("basis", "hub", "tier", "origin", "destination") if name in table]
        assert not table.duplicated(["arm", key, *places]).any()
