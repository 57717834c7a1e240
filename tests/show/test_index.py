"""The talent index: every figure is the result's own, what nobody published is not shown as a figure."""

import re

import numpy as np
import pytest
from fake_result import fake_result

from sim.errors import ResultError
from sim.results.measures import measure
from sim.results.record import to_json
from sim.results.result import Result
from sim.show.answer import VIEWS, plain_rows
from sim.show.index import (
    elite_hubs,
    elite_table,
    index_reading,
    index_table,
    median_base,
    region_table,
    render_elite,
    render_index,
    render_regions,
    render_views,
    two_metro_share,
    views_table,
)
from sim.show.terminal import console
from sim.study.counts import count
from sim.world.categories import TIERS
from sim.world.market_facts import cities, expert_over_senior, published_index, two_metros
from sim.world.setting import load_setting


@pytest.fixture(scope="module")
def rows(result):
    return index_table(result, 2030).set_index("hub")


def printed(result, capsys, **options):
    console(details=options.get("details", False)).print(render_index(result, **options))
    return capsys.readouterr().out


def test_net_migration_is_that_of_the_measure(result, rows):
    for hub in ("paris", "sf_bay_area", "rest_of_world"):
        rate = 100 * measure(result, f"net_rate:{hub}@2030")
        scenario = rate.sel(arm="scenario")
        assert np.isclose(rows.net[hub], scenario.mean())
        assert np.isclose(rows.net_low[hub], scenario.quantile(0.05, method="weibull"))
        assert np.isclose(rows.net_high[hub], scenario.quantile(0.95, method="weibull"))
        assert np.isclose(rows.change[hub], (scenario - rate.sel(arm="baseline")).mean())


def test_senior_pay_is_expert_pay_over_the_ratio(result, rows):
    at = result.data.sel(arm="scenario", time=2030, tier="expert", hub="paris").mean("replicate")
    assert rows.senior_gross["paris"] == at.pay / 1.45
    assert rows.senior_local["paris"] == rows.senior_net["paris"] / at.price_level


def test_the_senior_tax_rate_lies_between_the_tiers(result, rows):
    now = result.data.sel(arm="scenario", time=2030).mean("replicate")
    rate = 1 - now.net_pay / now.pay
    for hub in rows.index:
        low, high = sorted(rate.sel(hub=hub, tier=["practitioner", "expert"]).values)
        assert low - 1e-9 <= 1 - rows.senior_net[hub] / rows.senior_gross[hub] <= high + 1e-9


def test_senior_pay_of_the_tables_is_the_published_one():
    s = load_setting()
    pay = s.pay.sum(axis=-1)[:, TIERS.index("expert")]
    for hub, told in published_index().items():
        ours = pay[s.hubs.index(hub)] / expert_over_senior()[hub]
        assert np.isclose(ours, told["senior"], rtol=0.002), hub


def test_foreign_and_domestic_cities_stand_apart(result, rows):
    into = result.data.flow.sel(arm="scenario", year=2030, destination="london").mean("replicate").to_series()
    abroad = [hub for hub in into.index if hub in cities() and hub != "london"]
    largest = into[abroad].nlargest(2).index
    assert rows.abroad["london"] == [result.data.hub_name.sel(hub=hub).item() for hub in largest]
    assert rows.home["london"] == []  # no other British city is a hub
    assert set(rows.home["seattle"]) <= set(result.data.hub_name.sel(hub=result.data.hub_country == "usa").values)


def test_the_sector_has_the_largest_location_quotient(result, rows):
    people = result.data.stock_by_sector.sel(arm="scenario", time=2030).mean("replicate")
    world = people.sum("hub") / people.sum()
    quotient = people.sel(hub="london") / people.sel(hub="london").sum() / world
    assert rows.sector["london"] == quotient.idxmax("sector")
    assert np.isclose(rows.quotient["london"], quotient.max())


def test_compute_is_against_the_frontier(rows):
    assert rows.compute.max() == 100


def test_regions_are_sums_of_their_hubs(result):
    found = {row["place"]: row for row in region_table(result, 2030)}
    stock = result.data.stock.sel(arm="scenario").sum("tier").mean("replicate")
    america = stock.isel(hub=result.data.region.values == "north_america").sum("hub")
    assert np.isclose(found["North America"]["pool"], america.sel(time=2030))
    assert (found["EU-27"]["published_pool"], found["EU-27"]["published_base"]) == (420_000, 108)
    assert "cannot be told apart" in found["Southeast Asia"]["note"]
    assert found["world"]["published_growth"] == 9


def test_median_base_of_one_hub_lies_in_its_pay(result):
    now = result.data.sel(arm="scenario", time=2026).mean("replicate")
    members = now.hub.values == "seattle"
    base = median_base(now.pay.values, now.stock.values, members)
    assert 0 < base < now.pay.sel(hub="seattle", tier="expert")


def test_sources_on_two_metros_clash(result):
    shares = [share for share, _ in two_metros().values()]
    assert max(shares) - min(shares) > 20
    assert 0 < two_metro_share(result) < 100


def test_views_stand_beside_the_published_index(result, equal_arms, capsys):
    both = {"evidence": result, "industry": equal_arms}
    found = {row["hub"]: row for row in views_table(both)}
    assert len(found) == 6
    assert np.isclose(found["paris"]["industry_gap"], found["paris"]["industry"] - 16.8)
    console().print(render_views(both, VIEWS))
    out = capsys.readouterr().out
    assert max(map(len, out.splitlines())) <= 80
    assert "\u2026" not in out
    assert "no published" in out


def test_published_figures_stand_beside_with_grades(rows):
    assert (rows.published["sf_bay_area"], rows.grade["sf_bay_area"]) == (-4.3, "C")
    assert rows.published_focus["seattle"] == "cloud infrastructure and B2B software"
    assert rows.published_sources["bengaluru"] == ["San Francisco Bay Area", "Singapore"]
    assert rows.published.notna().sum() == 6


def test_the_year_of_the_published_index_is_default(result):
    assert index_table(result).equals(index_table(result, 2026))
    earlier = result.data.assign_coords(time=result.data.time - 3, year=result.data.year - 3)  # a start in 2023
    assert index_table(Result(earlier, result.record)).attrs["year"] == 2026
    later = result.data.assign_coords(time=result.data.time + 3, year=result.data.year + 3)
    assert index_table(Result(later, result.record)).attrs["year"] == 2029


def test_a_past_year_says_whose_pay_it_shows(result, rows):
    past = rows.copy()
    past.attrs = rows.attrs | {"year": 2023}
    assert "pay of 2026" in index_reading(result, past)
    assert "pay of" not in index_reading(result, rows)


def test_without_a_policy_there_is_no_change_to_show(equal_arms, capsys):
    assert not [name for name in index_table(equal_arms) if name.startswith("change")]
    out = printed(equal_arms, capsys)
    assert "hange" not in out


def test_the_terminal_shows_every_hub_in_100_columns(result, capsys):
    out = printed(result, capsys, year=2027, details=True)
    assert max(map(len, out.splitlines())) <= 100
    assert "\u2026" not in out  # nothing is cut
    words = " ".join(out.split())
    assert all(name.split()[0] in words for name in result.data.hub_name.values if name[:3] not in ("San", "Abu"))
    assert "index 2027" in out
    assert out.count("printed (C)") == 6
    assert "nan" not in out


@pytest.mark.parametrize("with_change", [True, False])
def test_the_short_index_has_a_row_a_hub(result, equal_arms, capsys, with_change):
    out = printed(result if with_change else equal_arms, capsys, year=2027)
    assert max(map(len, out.splitlines())) <= 80
    assert len(out.splitlines()) <= 30
    assert "\u2026" not in out  # nothing is cut
    assert len(re.findall(r"\d C +\d", out)) == 6  # what was printed, with its grade
    assert ("change" in out) == with_change
    assert "Riyadh" not in out


def test_elite_arrivals_by_year_fit_80_columns(capsys):
    options = {"population": 5_000, "replicates": 2, "years": 2, "uncertainty": "chance", "workers": 1}
    rows = elite_table("baseline", **options)
    assert [row["hub"] for row in rows if row["year"] == 2026] == elite_hubs()
    known = [row["share"] for row in rows if np.isfinite(row["share"])]
    assert all(0 <= share <= 100 for share in known)
    (row,) = count("baseline", "arrival_share:paris,group=elite@2027", **options)
    (mine,) = [row for row in rows if (row["hub"], row["year"]) == ("paris", 2027)]
    assert mine["share"] == pytest.approx(100 * row["scenario"], nan_ok=True)
    # ten years are the most that fit
    decade = [row | {"year": row["year"] + 2 * k, "share": 100.0, "error": 10.0} for row in rows for k in range(6)]
    console().print(render_elite(decade, "Rules of mid-2025", 2))
    out = capsys.readouterr().out
    assert max(map(len, out.splitlines())) <= 80
    assert "54.1 to 38.2" in out
    # years without a move have no share and no error
    console().print(render_elite([row | {"share": np.nan, "error": np.nan} for row in rows], "Rules of mid-2025", 2))
    assert "nan" not in capsys.readouterr().out
    assert "\u2026" not in out


def test_regions_fit_80_columns(result, capsys):
    console().print(render_regions(result))
    out = capsys.readouterr().out
    assert max(map(len, out.splitlines())) <= 80
    assert "\u2026" not in out


def test_it_can_be_json(result):
    rows = plain_rows(index_table(result))
    assert rows[0]["published"] == -4.3
    assert rows[2]["published"] is None
    to_json(rows)


def test_other_years_and_older_runs_are_refused(result):
    with pytest.raises(ResultError, match="2036 lies outside the run, 2026 to 2035"):
        index_table(result, 2036)
    older = Result(result.data.drop_vars("net_pay"), result.record)
    with pytest.raises(ResultError, match="run the scenario again"):
        index_table(older)


def test_a_single_pair_has_an_index():
    assert index_table(fake_result(1, 1)).net.notna().all()
