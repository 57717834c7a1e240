"""The backcast: what a file of flows must be, what the world of countries keeps, and what the scores say."""

import re
from functools import cache
from io import StringIO

import numpy as np
import pandas as pd
import pytest
from paths import ROOT

from sim.errors import TalentflowError, UsageError
from sim.show import backcast as show
from sim.study.backcast import (
    COUNTED,
    GRAVITY,
    LAST_FLOW,
    MODEL,
    WHO,
    backcast,
    check_years,
    corridor_rank,
    log_score,
    net,
    rank_correlation,
    rolling,
    score,
    share_error,
    shipped_rows,
    tally,
    verdicts,
)
from sim.study.forecast import forecast, margins, memory, values
from sim.world.countries import MOBILITY, REST, countries_of, country_setting, mobility_mix
from sim.world.flows import SHIPPED, living_by_origin, read_flows
from sim.world.people import joint_mix
from sim.world.tables import read

NOISE = {"net_rank": 0.05}  # the counted moves of small countries are few
GOOD = "year,orig,dest,n\n2012,USA,CHN,5\n2012,CHN,USA,7\n"


@cache
def small(until=2008):
    """A quick backcast of the years after 2008, with few agents."""
    return backcast(fit_until=until, score_years=(until + 1, until + 2), population=20_000, replicates=1)


def written(folder, text):
    path = folder / "flows.csv"
    path.write_text(text, encoding="utf-8")
    return path


# ---- files


def test_a_file_is_read_as_it_stands(tmp_path):
    flows = read_flows(written(tmp_path, GOOD))
    assert flows.years == (2012,)
    assert flows.countries == ("CHN", "USA")
    assert flows.n.tolist() == [[[0, 7], [5, 0]]]


def test_flows_that_allow_no_fit_are_refused(tmp_path):
    header, *rows = SHIPPED.read_text(encoding="utf-8").splitlines()
    scarcely = [f"{row.rpartition(',')[0]},{float(row.rpartition(',')[2]) * 1e-9!r}" for row in rows]
    with pytest.raises(UsageError, match=r"people move in the last .* at least 1,000 are needed"):
        backcast(written(tmp_path, "\n".join([header, *scarcely])), population=1000, replicates=1)


def test_the_shipped_file_has_the_format_of_any_other():
    assert SHIPPED.read_text(encoding="utf-8").startswith("year,orig,dest,n\n1998,")
    flows = read_flows()
    assert flows.years == tuple(range(1998, 2016))
    assert flows.between(2012, 2012)[0, flows.countries.index("USA"), flows.countries.index("CHN")] == 2515


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "line 1: no column year"),
        ("year,orig,dest\n2012,USA,CHN\n", "line 1: no column n; expected year, orig, dest, n"),
        ("year,orig,dest,n\n", "holds no flows"),
        (GOOD + "2012,DEU,USA,-3\n", "line 4: n: -3 is not in"),
        (GOOD + "2012,DEU,USA,many\n", "line 4: n: 'many' is not a number"),
        (GOOD + "2012,DEU,USA,nan\n", "line 4: n: 'nan' is not a number"),
        (GOOD + "2012,DEU,USA\n", "line 4: 3 cells in 4 columns"),
        (GOOD + "2012.5,DEU,USA,1\n", "line 4: year: 2012.5 is not a whole year"),
        (GOOD + "2012,GER,USA,3\n", "line 4: orig: unknown country 'GER'"),
        (GOOD + "2012,usa,CHN,3\n", "line 4: orig: unknown country 'usa' (ISO 3166 alpha-3); nearest: USA"),
        (GOOD + "2012,DEU,DEU,3\n", "line 4: DEU to itself"),
        (GOOD + "2012,USA,CHN,3\n", "line 4: USA to CHN in 2012 appears twice"),
    ],
)
def test_a_bad_file_gets_one_line(tmp_path, text, said):
    with pytest.raises(TalentflowError) as refused:
        read_flows(written(tmp_path, text))
    assert said in str(refused.value)
    assert str(refused.value).startswith("flows.csv: ")
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--fit-until", "2012", "--score", "2012-2014"], "not all after 2012"),
        (["--fit-until", "2015", "--score", "2016-2017"], "no flows in 2016"),
        (["--fit-until", "2000", "--score", "2001-2002"], "the fit needs 1995 to 2000"),
        (["--score", "2015-2013"], "the first comes after the last"),
        (["--score", "soon"], "expected FIRST-LAST"),
        (["--flows", "absent.csv"], "absent.csv: cannot be read"),
        (["--population", "full"], "takes a number of agents"),
    ],
)
def test_the_command_refuses_and_writes_nothing(talentflow, tmp_path, arguments, said):
    code, out, error = talentflow("backcast", *arguments, "--out", tmp_path / "new")
    assert (code, out) == (2, "")
    assert said in error
    assert error.count("\n") == 1
    assert not (tmp_path / "new").exists()


def test_a_year_missing_in_the_middle_is_named(tmp_path):
    rows = "".join(f"{year},USA,CHN,5\n" for year in range(2000, 2016) if year != 2010)
    flows = read_flows(written(tmp_path, "year,orig,dest,n\n" + rows))
    with pytest.raises(TalentflowError, match=r"the fit needs 2007 to 2012, and f\.csv holds .* without 2010"):
        check_years(flows, "f.csv", 2012, (2013, 2015))


# ---- the world of countries


def test_gathering_drops_only_moves_inside_the_rest():
    flows, countries = read_flows(), countries_of(2012)
    inside = [k for k, name in enumerate(flows.countries) if name not in countries.names]
    kept = flows.n.sum() - flows.n[:, inside][:, :, inside].sum()
    assert countries.gather(flows).sum() == pytest.approx(kept)
    assert countries.names[-1] == REST
    assert len(countries.names) == 61


def test_countries_know_nothing_of_later_years():
    countries = countries_of(2005)
    assert countries.counted == 2005
    assert countries.stock.sum() == pytest.approx(3_987_228)  # the table's total of 2005
    assert countries_of(2017).counted == 2015


def test_origins_add_up_and_are_read_off_flows_alone():
    stock = np.array([1000.0, 500.0, 200.0])
    flow = np.zeros((5, 3, 3))
    assert np.array_equal(living_by_origin(flow, stock, 0.04), np.diag(stock))  # nobody ever moved
    flow[:, 0, 1] = 10  # from the first to the second
    living = living_by_origin(flow, stock, 0.0)
    assert living.sum(axis=0) == pytest.approx(stock)
    assert living[0, 1] > 0
    assert living[1, 0] == living[2, 0] == living[2, 1] == 0


def test_higher_odds_bring_more_people_home():
    stock, flow = np.array([1000.0, 500.0]), np.zeros((8, 2, 2))
    flow[:, 0, 1] = flow[:, 1, 0] = 10
    abroad = [living_by_origin(flow, stock, 0.0, odds)[0, 1] for odds in (1.0, 10.0, 100.0)]
    assert abroad == sorted(abroad, reverse=True)
    assert abroad[0] > abroad[-1]


def test_a_mix_of_classes_has_the_mobility_asked_for():
    asked = np.array([0.05, 0.2, 1.0, 2.5, 9.0])
    mix = mobility_mix(asked)
    assert mix.sum(axis=1) == pytest.approx(1)
    assert (mix >= 0).all()
    assert mix @ MOBILITY == pytest.approx(asked)
    assert mobility_mix(np.array([99.0])) @ MOBILITY == pytest.approx(MOBILITY[-1])


def test_country_settings_hold_all_scholars():
    countries = countries_of(2012)
    living = living_by_origin(countries.gather(read_flows())[:15], countries.stock, 0.04)
    setting = country_setting(countries, living, np.ones(61), 0.04)
    assert setting.persons == pytest.approx(6_281_441)
    assert joint_mix(setting).sum(axis=(1, 2)) == pytest.approx(countries.stock)
    assert (setting.free_share == 1).all()
    assert np.ptp(setting.pay, axis=0).max() == 0


# ---- the scores


def test_scores_of_a_perfect_prediction():
    observed = np.array([[0.0, 4, 2], [1, 0, 3], [6, 0, 0]])
    found = score(observed, observed, np.full(3, 100.0), 1, np.ones(3, bool))
    assert (found["rank"], found["rank_moving"], found["net_rank"]) == pytest.approx((1, 1, 1))
    assert (found["share_error"], found["total"], found["net_error"]) == (0, 1, 0)
    share = observed[observed > 0] / observed.sum()
    assert found["log_score"] == pytest.approx((share * np.log(share)).sum())  # the most that is possible


def test_nobody_moving_has_no_ranks_and_no_shares():
    observed = np.array([[0.0, 4], [1, 0]])
    found = score(0 * observed, observed, np.full(2, 100.0), 1, np.ones(2, bool), counted=True)
    assert all(np.isnan(found[what]) for what in ("rank", "log_score", "share_error", "net_rank"))
    assert found["total"] == 0
    assert found["net_error"] == pytest.approx(0.03)


def test_shares_take_no_notice_of_levels():
    p, y = np.array([1.0, 2.0, 3.0]), np.array([3.0, 3.0, 3.0])
    assert log_score(7 * p, y) == pytest.approx(log_score(p, y))
    assert share_error(7 * p, y) == pytest.approx(share_error(p, y)) == pytest.approx(1 / 6)
    assert rank_correlation(-p, p) == -1


# ---- the backcast itself


@pytest.mark.slow
def test_the_model_meets_the_fitted_net_flows():
    found = small()
    assert list(found.scores.who) == list(WHO)
    assert abs(found.net_rates[MODEL] - found.net_rates["observed"]).mean() < 1  # points a year
    total = found.scores.set_index("who").total
    assert total[MODEL] == pytest.approx(total["kernel alone"], rel=0.25)
    assert total["talentflow, counted"] == pytest.approx(total[MODEL], rel=0.1)


@pytest.mark.slow
def test_the_last_flow_is_that_of_the_last_fit_year():
    found, flows = small(), read_flows()
    at = [flows.countries.index(name) for name in ("USA", "CHN")]
    row = found.corridors.query("orig == 'USA' and dest == 'CHN'").iloc[0]
    assert row[LAST_FLOW] == 2 * flows.between(2008, 2008)[0][tuple(at)]
    assert row["observed"] == flows.between(2009, 2010).sum(axis=0)[tuple(at)]


@pytest.mark.slow
def test_nothing_is_fitted_to_the_score_years(tmp_path):
    lines = SHIPPED.read_text(encoding="utf-8").splitlines()
    shuffled = [line if line[:4] <= "2008" or line[0] == "y" else line + "9" for line in lines]
    other = backcast(written(tmp_path, "\n".join(shuffled)), 2008, (2009, 2010), 20_000, 0, 1)
    kept = ["orig", "dest", *WHO]
    assert other.corridors[kept].equals(small().corridors[kept])
    assert not other.corridors.observed.equals(small().corridors.observed)


@pytest.mark.slow
def test_the_model_beats_last_flow_on_unseen_years():
    found = small()
    assert corridor_rank(found) > found.value(LAST_FLOW, "rank")
    assert found.value(GRAVITY, "rank") > found.value("gravity, no compatriots", "rank")


@pytest.mark.slow
def test_the_shipped_table_is_what_the_command_finds():
    found = shipped_rows(backcast())
    assert [row["who"] for row in found] == [row["who"] for row in read("backcast")]
    for new, shipped in zip(found, read("backcast"), strict=True):  # another platform is within Monte Carlo error
        for what in ("rank", "rank_moving", "log_score", "share_error", "total", "net_rank", "net_error"):
            near = pytest.approx(float(shipped[what] or "nan"), abs=NOISE.get(what, 0.003), nan_ok=True)
            assert float(new[what] or "nan") == near, f"{new['who']} {what}: run python -m sim.study.backcast"


def test_the_gate_is_met_and_losses_are_reported():
    rows = {row["who"]: row for row in read("backcast")}
    assert 0.8 <= float(rows[MODEL]["rank"]) <= 1  # gate g27
    assert float(rows[MODEL]["rank"]) > float(rows[LAST_FLOW]["rank"])
    assert set(rows) == set(WHO)
    assert set(COUNTED) < set(WHO)


@pytest.mark.slow
def test_wins_and_losses_against_a_rival_are_both_said():
    found = small()
    for rival in (LAST_FLOW, GRAVITY):
        ahead, behind = show.compared(found, rival)
        assert not set(ahead) & set(behind)
        assert any(f"Against {rival}: ahead in" in sentence for sentence in show.sentences(found))


def test_the_documentation_holds_the_shipped_table():
    text = (ROOT / "docs" / "backcast.md").read_text(encoding="utf-8")
    shown = re.search(r"<!-- result -->\n\n(.*?)\n\n<!-- end", text, re.S).group(1)
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in shown.splitlines()[2:]]
    assert [row[0] for row in cells] == [row["who"] for row in read("backcast")]
    for row, shipped in zip(cells, read("backcast"), strict=True):
        scores = {key: float(shipped[key] or "nan") for key in show.FORMATS}
        assert row[1:] == show._cells(scores)


def test_the_line_of_the_reports():
    line = show.shipped_line()
    assert re.fullmatch(r"Backcast 2013-2015: rank correlation 0\.\d{3} \(last flow 0\.\d{3}, gravity 0\.\d{3}\)", line)


def few_years(folder):
    """Write the shipped flows from 2001 to 2010, which leave few splits to score; return the file."""
    head, *lines = SHIPPED.read_text(encoding="utf-8").splitlines()
    return written(folder, "\n".join([head, *(line for line in lines if "2001" <= line[:4] <= "2010")]))


@pytest.mark.slow
def test_the_command_writes_tables_and_a_figure(talentflow, tmp_path):
    code, out, _ = talentflow(
        "backcast",
        "--flows",
        few_years(tmp_path),
        "--fit-until",
        2008,
        "--score",
        "2009-2010",
        "--population",
        "20_000",
        "--replicates",
        1,
        "--out",
        tmp_path / "out",
        "--quiet",
    )
    assert code == 0
    assert 0.8 <= float(out) <= 1
    assert 0.8 <= corridor_rank(small()) <= 1  # gate g27, of the agents
    (folder,) = (tmp_path / "out").iterdir()
    assert {path.name for path in folder.iterdir()} == {
        "answer.json",
        "scores.csv",
        "verdicts.csv",
        "rolling_scores.csv",
        "rolling_verdicts.csv",
        "rolling.png",
        "corridors.csv",
        "net_rates.csv",
        "kernel.csv",
        "backcast.png",
    }
    assert net(np.array([[0.0, 2.0], [5.0, 0.0]])).tolist() == [3, -3]


def test_too_few_countries_are_refused(tmp_path):
    pairs = [("USA", "CHN"), ("CHN", "USA"), ("USA", "DEU"), ("DEU", "USA")]
    rows = "".join(f"{year},{orig},{dest},5\n" for year in range(2000, 2016) for orig, dest in pairs)
    with pytest.raises(TalentflowError, match="people leave and reach 3 countries in the last 3 fit years"):
        backcast(written(tmp_path, "year,orig,dest,n\n" + rows))


@pytest.mark.slow
def test_a_file_of_ten_countries_is_scored(tmp_path):
    ten = "USA CHN DEU GBR FRA CAN IND JPN ITA ESP".split()
    head, *lines = SHIPPED.read_text(encoding="utf-8").splitlines()
    kept = [line for line in lines if set(line.split(",")[1:3]) <= set(ten)]
    found = backcast(written(tmp_path, "\n".join([head, *kept])), population=20_000, replicates=1)
    assert found.record["countries"] == 10
    assert found.record["covered"] == 1
    assert corridor_rank(found) > 0.9


# ---- the forecast, and first, level or lost


def flows_of(years=10, countries=12, seed=0):
    """Flows of a world at rest: Poisson counts of the same means every year."""
    generator = np.random.default_rng(seed)
    mean = np.exp(generator.normal(3, 1.5, (countries, countries))) * ~np.eye(countries, dtype=bool)
    return generator.poisson(mean, (years, countries, countries)).astype(float), mean


def test_a_forecast_has_the_margins_that_it_promises():
    past, mean = flows_of()
    found = forecast(past, mean, np.zeros_like(mean), 3)
    leave, arrive = margins(past, 3)
    assert found.flow.sum(axis=2) == pytest.approx(leave, rel=1e-6)
    assert found.flow.sum(axis=1) == pytest.approx(arrive, rel=1e-6)
    assert leave.sum(axis=1) == pytest.approx(arrive.sum(axis=1))


def test_a_world_at_rest_is_forecast_to_stay():
    past, mean = flows_of(years=12)
    found = forecast(past, np.ones_like(mean), np.zeros_like(mean), 2)
    assert found.flow.sum() / 2 == pytest.approx(mean.sum(), rel=0.1)
    last, long = (np.abs(flow - mean).sum() for flow in (past[-1], found.flow[0]))
    assert long < last  # a history of many years knows more than the last


def test_the_busier_a_country_the_sooner_it_forgets():
    found = memory(np.tile([10.0, 1e3, 1e5], (6, 1)), 0.2)
    assert found.sum(axis=0) == pytest.approx(1)
    assert (np.diff(found[-1]) > 0).all()


def test_net_flows_fade_and_growth_is_damped():
    past, _ = flows_of()
    kept = values() | {"own_growth": 0.0, "net_kept": 0.0}
    leave, arrive = margins(past, 3, kept)
    assert leave == pytest.approx(arrive)


def sample(noise, seed=0):
    """Observed flows of thirty countries, and predictions whose logarithms miss them by so much."""
    past, mean = flows_of(1, 30)
    generator = np.random.default_rng(seed + 100)
    found = {who: mean * np.exp(generator.normal(0, size, mean.shape)) for who, size in noise.items()}
    return found, past[0], np.full(30, 1e4), np.ones(30, bool)


def test_the_bootstrap_starts_from_the_scores():
    found, observed, stock, scored = sample({MODEL: 0.3, "gravity": 0.6})
    judged = verdicts(found, observed, stock, 1, scored)
    plain = score(found[MODEL], observed, stock, 1, scored)
    assert {row["score"]: row["ours"] for row in judged} == pytest.approx(
        {name: plain[name] for name in (row["score"] for row in judged)}
    )


def test_first_level_and_lost_are_told_apart():
    for ours, theirs, verdict in ((0.1, 1.0, "first"), (1.0, 0.1, "lost")):
        found, observed, stock, scored = sample({MODEL: ours, "gravity": theirs})
        judged = {row["score"]: row["verdict"] for row in verdicts(found, observed, stock, 1, scored)}
        assert judged["rank"] == judged["log_score"] == verdict


def test_equal_forecasts_are_level_but_for_chance():
    told = []
    for seed in range(10):
        found, observed, stock, scored = sample({MODEL: 0.3, "gravity": 0.3}, seed)
        told += [row["verdict"] for row in verdicts(found, observed, stock, 1, scored)]
    assert told.count("level") >= 0.75 * len(told)


def test_a_tally_puts_the_worst_score_first():
    rows = [
        {"until": 2003 + k, "score": name, "verdict": verdict, "ahead": 0.0, "rival": "gravity"}
        for name, all_of in {"rank": ("first", "first"), "net_rank": ("lost", "level")}.items()
        for k, verdict in enumerate(all_of)
    ]
    found = tally(pd.DataFrame(rows))
    assert found["score"].tolist() == ["net_rank", "rank"]
    assert found["held"].tolist() == [0.5, 1.0]
    assert found.loc[0, "lost_in"] == [2003]


@pytest.mark.slow
def test_the_forecast_holds_at_most_splits():
    board = rolling()
    assert board.splits == 10
    assert (board.tally["held"] >= 0.8).all()
    with_text = "\n".join(show.tallied(board))
    assert "first or level" in with_text


@pytest.mark.slow
def test_the_terminal_answer_fits_thirty_lines(tmp_path):
    from rich.console import Console

    console = Console(width=80, record=True, file=StringIO())
    console.print(show.render(small(), rolling(few_years(tmp_path), ahead=2), "outputs/backcast-2008-0123456789ab"))
    shown = console.export_text().rstrip().splitlines()
    assert len(shown) <= 30
    assert max(map(len, shown)) <= 80
