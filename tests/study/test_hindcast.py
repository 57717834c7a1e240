"""The hindcast: which figures a start can be asked, how they are compared, and what a run gives."""

import numpy as np
import pytest

from sim import hindcast
from sim.custom_world import PRESENT
from sim.errors import ResultError, UsageError
from sim.results.measures import MEASURES
from sim.show import hindcast as show
from sim.study import hindcast as study
from sim.study.hindcast import FILE, KINDS, VERDICTS, compared, figures, is_counted, judged, law, tally
from sim.world.past import FIRST, odds_of
from sim.world.tables import read

SMALL = {"population": 3_000, "replicates": 2, "workers": 1}


@pytest.fixture(scope="module")
def answer():
    """A small hindcast of one year."""
    return hindcast(2025, uncertainty="chance", **SMALL)


def of(name, start=FIRST):
    """The figure with an id."""
    (row,) = [row for row in figures(start) if row.id == name]
    return row


@pytest.mark.parametrize("start", range(FIRST, PRESENT))
def test_a_start_is_asked_of_its_own_years_alone(start):
    rows = figures(start)
    assert len({row.id for row in rows}) == len(rows) > 10
    for row in rows:
        assert all(start <= query.time <= PRESENT for query in row.queries)
        assert all(query.name in MEASURES for query in row.queries)
        assert row.low <= row.value <= row.high or row.group == "signs"
        assert row.first <= start <= row.last
        assert row.source
        assert row.grade in "ABCD"


def test_figures_of_the_tables_are_those_of_the_tables():
    for row in read("registrations"):
        assert of(f"o_{row['fy']}").value == pytest.approx(100 * odds_of(int(row["fy"])), abs=0.05)
    for row in read("industry_index"):
        assert of(f"r_{row['hub']}").value == float(row["value"])
    engineers = {row["hub"]: float(row["engineers"]) for row in read("stock")}
    assert of("s_world").value == sum(engineers.values())
    assert of("s_are").value == engineers["abu_dhabi_dubai"]
    assert of("s_ind").value == sum(engineers[hub] for hub in ("bengaluru", "hyderabad", "rest_of_india"))


def test_what_is_compared_follows_its_kind():
    now, before = np.array([12.0, 9.0]), np.array([10.0, 0.0])
    assert compared(of("g_gbr"), now, before)[0] == pytest.approx(20.0)  # per cent
    assert np.isnan(compared(of("g_gbr"), now, before)[1])  # nobody before
    assert compared(of("e_change"), now / 100, before / 100) == pytest.approx([2.0, 9.0])
    assert compared(of("u_metros"), now, 2 * now) == pytest.approx([50.0, 50.0])


@pytest.mark.parametrize(
    ("name", "values", "verdict"),
    [
        ("s_world", [1.9e6, 1.8e6], "agrees"),
        ("s_world", [1.2e6, 1.3e6], "disagrees"),
        ("g_gbr", [28.0, 35.0], "agrees"),
        ("g_gbr", [11.0, 12.0], "disagrees"),
        ("n_ind", [-100.0, -1.0], "agrees"),
        ("n_ind", [100.0, 1.0], "disagrees"),
        ("b_card", [-12.3, -12.3], "cannot say"),
        ("e_2023", [np.nan, np.nan], "cannot say"),
        ("e_2023", [54.0, 54.2], "cannot say"),  # of two runs
        ("e_2023", [53.0, 55.0] * 5, "agrees"),
    ],
)
def test_a_verdict_is_what_the_runs_say(name, values, verdict):
    assert judged(of(name), np.array(values))["verdict"] == verdict


def test_errors_of_counted_agents_decide():
    row, values = of("e_2023"), np.tile([0.0, 60.0], 50)
    found = judged(row, values)
    assert is_counted(row.measure)
    assert found["high"] > row.value
    assert found["verdict"] == "disagrees"


def test_the_law_of_the_time_acts_before_the_tables():
    whole = law()
    assert 0 < len(whole.policies) < 12
    assert all(policy.begin_month < 12 * PRESENT for policy in whole.policies)


def test_every_figure_has_an_answer(answer):
    assert [row["id"] for row in answer["rows"]] == [row.id for row in figures(2025)]
    assert sum(sum(counts.values()) for counts in answer["tally"].values()) == len(answer["rows"])
    assert answer["tally"] == tally(answer["rows"])
    assert {row["verdict"] for row in answer["rows"]} <= set(VERDICTS)
    assert {row["kind"] for row in answer["rows"]} <= set(KINDS)
    for row in answer["rows"]:
        assert row["low"] <= row["mean"] <= row["high"] or row["group"] == "elite"


def test_a_row_of_an_unknown_kind_is_refused(tmp_path, monkeypatch):
    text = FILE.read_text(encoding="utf-8").replace(",stocks,input,", ",stocks,inputs,", 1)
    (tmp_path / "hindcast.csv").write_text(text, encoding="utf-8")
    monkeypatch.setattr(study, "FILE", tmp_path / "hindcast.csv")
    with pytest.raises(ResultError, match="line 2: kind 'inputs'"):
        figures(2023)


@pytest.mark.parametrize("start", [PRESENT, PRESENT + 4, FIRST - 1])
def test_years_without_a_past_are_refused(start):
    with pytest.raises(UsageError, match=f"start {start}: "):
        hindcast(start, **SMALL)


def test_the_command_prints_a_table_and_saves_it(talentflow, tmp_path, answer, monkeypatch):
    monkeypatch.setattr("sim.study.hindcast.hindcast", lambda start, **_: answer)
    code, out, _ = talentflow("hindcast", "--start", "2025", "--out", tmp_path)
    assert code == 0
    assert "Started in 2025 and run to January 2026, the model meets" in " ".join(out.split())
    (folder,) = tmp_path.iterdir()
    assert {path.name for path in folder.iterdir()} == {"answer.json", "hindcast.csv", "hindcast.png"}
    assert max(map(len, out.splitlines())) <= 80
    code, out, _ = talentflow("hindcast", "--start", "2025", "--out", tmp_path, "--quiet")
    assert out.strip() == show.headline(answer)


def test_what_ships_is_of_the_figures_that_are_asked():
    for start, kept in show.saved().items():
        wanted = figures(start)
        assert [row["id"] for row in kept["rows"]] == [row.id for row in wanted]
        for row, now in zip(kept["rows"], wanted, strict=True):
            asked = (now.value, now.low, now.high, now.what, now.source, now.reason.removeprefix(study.UNCLEAR))
            assert asked == tuple(
                row[key] for key in ("value", "published_low", "published_high", "what", "source", "reason")
            ), "run python -m sim.show.hindcast, then sim.show.documents"


def test_misses_are_said_first():
    rows = show.page_rows(2023)
    own = [row for row in show.saved()[2023]["rows"] if row["kind"] == "own"]
    assert [row[0].endswith("*(input)*") for row in rows] == [k >= len(own) for k in range(len(rows))]


def test_the_page_prints_every_rule_and_every_country():
    assert len(show.rule_rows()[1]) == len(read("past_rules"))
    head, rows = show.stock_rows()
    assert head[-1] == str(PRESENT)
    assert rows[-1][-1] == "1,900.0"
    assert len(rows) == len(read("countries")) + 1
