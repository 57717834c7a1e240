"""The response table: its nodes are runs themselves, sums and values between nodes are checked against runs."""

from dataclasses import replace

import numpy as np
import pytest

from sim.errors import UsageError
from sim.results.measures import find, stock
from sim.results.money import cost_and_engineers
from sim.scenario.levers import catalogue
from sim.study import response_table as rt
from sim.study.run import run

LEVERS = rt.LEVERS
SMALL = {"population": 2000, "replicates": 2}


def two_levers(patch):
    """Leave two levers in the table, and two settings that measure its error."""
    fee, tax = (next(lever for lever in LEVERS if lever.key == key) for key in ("fee", "us_tax"))
    two = (replace(fee, nodes=(0, 100_000), block=""), replace(tax, nodes=(0, 10)))
    patch.setattr(rt, "LEVERS", two)
    patch.setattr(rt, "by_key", lambda: {lever.key: lever for lever in two})
    patch.setattr(rt, "mixes", lambda: [{"fee": 40_000.0}, {"fee": 100_000.0, "us_tax": 10.0}])


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The folder of a small table of two levers."""
    folder = tmp_path_factory.mktemp("table")
    with pytest.MonkeyPatch.context() as patch:
        two_levers(patch)
        rt.make(folder, folder / "table.npz", workers=1, **SMALL)
    return folder


@pytest.fixture
def small(made, monkeypatch):
    """The small table and its folder."""
    two_levers(monkeypatch)
    return rt.ResponseTable.load(made / "table.npz"), made


def effects(values):
    """Effects of runs of the interface, (replicate, time, hub), persons."""
    stock = run(rt.scenario_of(values), workers=1, **SMALL).data.stock.sum("tier")
    return stock.sel(arm="scenario", drop=True) - stock.sel(arm="baseline", drop=True)


def by_country(table, values):
    """(replicate, band year, country) of (replicate, time, hub)."""
    inside = np.array(table.header["countries"]) == np.array(table.header["hub_country"])[:, None]
    return values.values[:, list(rt.BAND_YEARS)] @ inside


def test_nodes_are_the_runs_of_the_interface(small):
    table, _ = small
    ran = effects({"fee": 100_000})
    np.testing.assert_allclose(table.country({"fee": 100_000}), by_country(table, ran), atol=1e-6)
    np.testing.assert_allclose(table.hub({"fee": 100_000}), ran.mean("replicate").values[1:], atol=1e-6)


def test_the_stated_error_is_the_distance_from_runs(small):
    table, _ = small
    ran = by_country(table, effects({"fee": 40_000})).mean(axis=0)[-1]
    far = np.abs(table.country({"fee": 40_000}).mean(axis=0)[-1] - ran)
    assert table.header["error"]["one"]["people"] == pytest.approx(np.quantile(far, 0.9))


def test_pairs_of_levers_are_compared_with_their_sum(small):
    table, _ = small
    (row,) = table.header["joint"]
    assert row["levers"] == ["fee", "us_tax"]
    both = by_country(table, effects({"fee": 100_000, "us_tax": 10}))[:, -1].mean(axis=0)
    beyond = both - table.country({"fee": 100_000, "us_tax": 10}).mean(axis=0)[-1]
    assert row["beyond"] == round(beyond[np.abs(beyond).argmax()])


def test_an_interrupted_table_goes_on(small, monkeypatch):
    table, folder = small
    monkeypatch.setattr(rt, "run_pair", lambda *_: pytest.fail("ran again"))
    rt.make(folder, folder / "again.npz", workers=1, **SMALL)
    again = rt.ResponseTable.load(folder / "again.npz")
    assert again.header == table.header
    assert all(np.array_equal(again.arrays[name], array) for name, array in table.arrays.items())


def test_causes_add_up_to_the_change(small):
    table, _ = small
    arrivals, departures, entrants, exits = table._sum("causes", {"us_tax": 10}) / SMALL["replicates"]
    change = table.country({"us_tax": 10}).mean(axis=0)[-1]
    np.testing.assert_allclose(arrivals - departures + entrants - exits, change, atol=1e-6)


def test_money_is_that_of_the_measures(small):
    table, _ = small
    result = run(rt.scenario_of({"us_tax": 10}), workers=1, **SMALL)
    a_year, cost, years = table.money({"us_tax": 10}).transpose(1, 0, 2)
    usa = table.header["countries"].index("usa")
    ran = [x.isel(arm=1, year=-1).values for x in cost_and_engineers(result.data, find(result.data, "usa"), {}, stock)]
    np.testing.assert_allclose([cost[:, usa], years[:, usa]], ran, rtol=1e-3)
    fiscal = result.data.fiscal.sum("part").sel(country="usa").mean("year")
    np.testing.assert_allclose(a_year[:, usa], fiscal.sel(arm="scenario") - fiscal.sel(arm="baseline"), rtol=1e-3)


def test_weights_are_linear_between_nodes():
    nodes = rt.by_key()["us_tax"].nodes
    assert [weight for _, weight in rt.weights({"us_tax": nodes[-1]})] == [1]
    assert [weight for _, weight in rt.weights({"us_tax": 1.5})] == [0.5, 0.5]
    assert sum(weight for _, weight in rt.weights({"fee": 40_000, "cap": 60_000})) == pytest.approx(1)
    assert sum(weight for _, weight in rt.weights({"fee": 40_000, "us_tax": 1})) == pytest.approx(2)
    assert rt.weights({}) == []


def test_a_node_is_the_cell_of_its_own_setting():
    cells = rt.cells()
    for cell in cells:
        found = rt.weights(cell)
        assert not cell or [cells[at] for at, _ in found] == [cell]


def test_every_setting_is_a_valid_scenario():
    for values in (*rt.cells(), *rt.mixes(), rt.law_values(), rt.law_values() | {"fee": 1}):
        assert bool(rt.scenario_of(values).policies) == bool(values)


def test_present_values_are_those_of_the_world():
    for lever in rt.LEVERS:
        for path, operation, amount in lever.rows:
            if (
                amount is None
                and operation == "value"
                and path in catalogue()
                and not path.endswith("h1b_holders_2023.cap")
            ):
                assert lever.present == catalogue()[path].present, lever.key
        assert lever.present in lever.nodes
        assert list(lever.nodes) == sorted(set(lever.nodes))


def test_todays_law_is_the_scenario_of_that_name():
    law, ours = rt.load(rt.LAW).policies, rt.scenario_of(rt.law_values()).policies
    apart = {"country.usa.route.h1b.selection": 2, "country.nld.tax.newcomer_relief": 0.9 * 0.3421}
    assert {p for p in ours if p.lever not in apart} == {p for p in law if p.lever not in apart}
    assert {p.lever: p.amount for p in ours if p.lever in apart} == pytest.approx(apart)


@pytest.mark.parametrize(
    "values", [{"fees": 1}, {"fee": -1}, {"fee": 1e9}, {"fee": float("nan")}, {"fee": "1"}, {"opt": 0.5}, {"opt": True}]
)
def test_settings_outside_the_table_are_refused(values):
    with pytest.raises(UsageError):
        rt.scenario_of(values)


def test_the_digest_ignores_comments_and_docstrings():
    plain = rt._meaning('"""One."""\n\ndef f(x):\n    """Two."""\n    return x + 1\n')
    assert plain == rt._meaning("def f(x: int) -> int:  # three\n    return x + 1\n")
    assert plain != rt._meaning("def f(x):\n    return x + 2\n")


def test_the_shipped_table_is_current():
    assert rt.ResponseTable.load().stale() == [], "run: python -m sim.study.response_table"


def test_the_shipped_table_is_small_and_whole():
    table = rt.ResponseTable.load()
    assert rt.FILE.stat().st_size < 2_000_000
    n, hubs, countries = len(rt.cells()), len(table.header["hubs"]), len(table.header["countries"])
    assert table.arrays["country"].shape == (n, table.header["replicates"], len(rt.BAND_YEARS), countries)
    assert table.arrays["hub_sum"].shape == (n, rt.YEARS, hubs)
    assert {tuple(row["levers"]) for row in table.header["joint"]} == {tuple(pair) for pair in rt.joint_settings()}
