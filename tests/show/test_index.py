"""The talent index: every figure is the result's own, what nobody published is not shown as a figure."""

import numpy as np
import pytest
from fake_result import fake_result

from sim.errors import ResultError
from sim.results.measures import measure
from sim.results.record import to_json
from sim.results.result import Result
from sim.show.answer import plain_rows
from sim.show.index import index_table, render_index
from sim.show.terminal import console


@pytest.fixture(scope="module")
def rows(result):
    return index_table(result, 2030).set_index("hub")


def printed(result, capsys, **options):
    console(details=True).print(render_index(result, **options))
    return capsys.readouterr().out


def test_net_migration_and_its_change_are_those_of_the_measure(result, rows):
    for hub in ("paris", "sf_bay_area", "rest_of_world"):
        rate = 100 * measure(result, f"net_rate:{hub}@2030")
        scenario = rate.sel(arm="scenario")
        assert np.isclose(rows.net[hub], scenario.mean())
        assert np.isclose(rows.net_low[hub], scenario.quantile(0.05, method="weibull"))
        assert np.isclose(rows.net_high[hub], scenario.quantile(0.95, method="weibull"))
        assert np.isclose(rows.change[hub], (scenario - rate.sel(arm="baseline")).mean())


def test_pay_is_that_of_experts_on_the_first_of_january(result, rows):
    at = result.data.sel(arm="scenario", time=2030, tier="expert", hub="paris").mean("replicate")
    assert rows.gross_pay["paris"] == at.pay
    assert rows.net_pay["paris"] == at.net_pay
    assert (rows.net_pay <= rows.gross_pay).all()


def test_sources_and_sector_are_the_largest(result, rows):
    into = result.data.flow.sel(arm="scenario", year=2030, destination="london").mean("replicate")
    largest = into.to_series().nlargest(2).index
    assert rows.sources["london"] == [result.data.hub_name.sel(hub=hub).item() for hub in largest]
    sectors = result.data.stock_by_sector.sel(arm="scenario", time=2030, hub="london").mean("replicate")
    assert rows.sector["london"] == sectors.idxmax("sector")


def test_published_figures_stand_beside_with_grades(rows):
    assert (rows.published["sf_bay_area"], rows.grade["sf_bay_area"]) == (-4.3, "C")
    assert rows.published.drop("sf_bay_area").isna().all()


def test_the_first_year_is_the_year_if_none_is_named(result):
    assert index_table(result).equals(index_table(result, 2026))


def test_without_a_policy_there_is_no_change_to_show(equal_arms, capsys):
    assert not [name for name in index_table(equal_arms) if name.startswith("change")]
    out = printed(equal_arms, capsys)
    assert "hange" not in out


def test_the_terminal_shows_every_hub_in_100_columns(result, capsys):
    out = printed(result, capsys, year=2027)
    assert max(map(len, out.splitlines())) <= 100
    assert "\u2026" not in out  # nothing is cut
    assert all(name.split(" (")[0] in out for name in result.data.hub_name.values)
    assert "index 2027" in out
    assert "(grade C)" in out
    assert out.count("published\n") >= 38
    assert "nan" not in out


def test_it_can_be_json(result):
    rows = plain_rows(index_table(result))
    assert rows[0]["published"] == -4.3
    assert rows[1]["published"] is None
    to_json(rows)


def test_a_year_outside_the_run_and_an_older_run_are_refused(result):
    with pytest.raises(ResultError, match="2036 lies outside the run, 2026 to 2035"):
        index_table(result, 2036)
    older = Result(result.data.drop_vars("net_pay"), result.record)
    with pytest.raises(ResultError, match="run the scenario again"):
        index_table(older)


def test_a_single_pair_has_an_index():
    assert index_table(fake_result(1, 1)).net.notna().all()
