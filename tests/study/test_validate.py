"""The experiments of the gates on small worlds: what a trial sees, closed forms, limits, and the command."""

import json

import numpy as np
import pytest
from worlds import CENTRE, fitted

from sim import cli
from sim.study.replicate import Plan, run_replicate
from sim.study.validation import experiments, validate
from sim.study.validation.trial import YEARS, Trial
from sim.world.setting import load_setting
from sim.world.tables import read

PLAN = Plan(2_000, 0, 2026, YEARS, (), 2026)
CAP = 85_000


@pytest.fixture(scope="module")
def trial():
    """Trial 3 of a small world at the centre."""
    return Trial(PLAN, 3, (CENTRE, fitted()))


def test_a_history_is_what_a_run_writes_down(trial):
    (arm,) = run_replicate(Plan(2_000, 0, 2026, YEARS, ((),), 2026), 3, (CENTRE, fitted()))
    assert set(arm) == set(trial.baseline.written)
    for name, values in arm.items():
        assert np.array_equal(trial.baseline.written[name], values), name


def test_a_short_history_begins_a_long_one(trial):
    short, long = Trial(PLAN, 3, (CENTRE, fitted())).run("baseline", 2), trial.baseline
    assert len(short.counts) == 3
    assert np.array_equal(short.counts, long.counts[:3])
    for name, values in short.written.items():
        assert len(values) < len(long.written[name]), name
        assert np.array_equal(values, long.written[name][: len(values)]), name


def test_counts_and_people_agree(trial):
    history = trial.baseline
    assert len(history.people) == YEARS + 1
    for counts, people in zip(history.counts, history.people, strict=True):
        assert counts.sum() == pytest.approx((people.hub >= 0).sum() * trial.world.weight)
    assert history.measure("stock:usa@2030") == pytest.approx(history.counts[4, history.within("usa")].sum())


def test_the_baseline_has_no_effect_on_itself(trial):
    again = Trial(PLAN, 3, (CENTRE, fitted())).run("baseline", people=True)
    assert all(np.array_equal(a, b) for a, b in zip(again.people[-1], trial.baseline.people[-1], strict=True))


def test_a_fixed_assumption_has_its_own_constants(trial):
    alone = trial.under("industry_index")
    assert alone.a.boom_weight == 1
    assert alone.a.vary(boom_weight=trial.a.boom_weight) == trial.a
    assert not np.allclose(alone.constants.boom, trial.constants.boom)


def test_closed_borders_keep_people_in_one_country(trial):
    people = trial.run("all_closed", people=True).people[2:]  # closed from the second year on
    assert experiments.crossed_a_border(people, trial.setting.country) == 0
    inside = trial.setting.country == trial.setting.countries.index("usa")
    assert experiments.exits(people[0], people[-1], inside) == 0
    assert experiments.crossed_a_border(trial.baseline.people[:6], trial.setting.country) > 0


def test_lottery_odds_are_places_over_registrations(trial):
    for row in read("registrations"):
        expected = 100 * CAP / CENTRE.petition_yield / int(row["eligible"])
        assert experiments.office_odds(trial)[f"g14_{row['fy']}"] == pytest.approx(expected, abs=0.01)


def test_a_fee_lets_fewer_in_from_abroad(trial):
    found = experiments.fee(trial)
    assert 0 < found["g16a"] < 100
    assert found["g16b"] < 50  # two employers in a hundred pay for all but experts


def test_figures_do_not_depend_on_their_company():
    options = {"draws": 1, "population": 2_000, "workers": 1, "uncertainty": "chance"}
    alone, all_together = validate(only=("g12",), **options), validate(only=("g12", "g16", "g26"), **options)
    assert alone["gates"] == [row for row in all_together["gates"] if row["id"] == "g12"]


@pytest.mark.slow
def test_every_gate_is_measured_on_a_small_world():
    answer = validate(draws=2, population=20_000, workers=1, uncertainty="chance")
    unmeasured = {row["id"] for row in answer["gates"] if row["verdict"] == "not measured"}
    assert unmeasured <= {"g08d"}  # three small origins, none of them here
    assert not answer["passed"]


# the command


def ran(capsys, *arguments):
    with pytest.raises(SystemExit) as left:
        cli.main(["validate", "--draws", "1", "--population", "2_000", "--workers", "1", *map(str, arguments)])
    return left.value.code, capsys.readouterr()


def test_the_exit_code_says_whether_the_gates_passed(tmp_path, capsys):
    code, said = ran(capsys, "--only", "g15", "--out", tmp_path)
    assert code == 0
    assert "3 passed" in said.out
    code, said = ran(capsys, "--only", "g29", "--out", tmp_path, "--json")
    assert code == 1
    answer = json.loads(said.out)
    assert [row["verdict"] for row in answer["gates"]] == ["missed"]
    assert not answer["passed"]
    for folder in tmp_path.iterdir():
        assert {path.name for path in folder.iterdir()} == {"gates.json", "gates.csv", "gates.html"}


def test_an_unknown_gate_is_refused_before_writing(tmp_path, capsys):
    code, said = ran(capsys, "--only", "g14_2030", "--out", tmp_path)
    assert code == 2
    assert said.err.startswith("talentflow: --only: 'g14_2030' is no gate; nearest: g14_2023")
    assert list(tmp_path.iterdir()) == []


def test_what_nothing_measures_counts_as_missed(monkeypatch):
    monkeypatch.setattr("sim.study.validation.EXPERIMENTS", {})
    monkeypatch.setattr("sim.study.validation.ONCE", {})
    answer = validate(only=("g27",))
    assert answer["gates"][0]["verdict"] == "not measured"
    assert not answer["passed"]


def test_what_is_measured_once_stands_beside_the_draws(monkeypatch):
    monkeypatch.setattr("sim.study.validation.ONCE", {lambda: {"g27": 0.9, "g27: gravity": 0.8}: ("g27",)})
    answer = validate(draws=1, population=2_000, only=("g27",))
    row = answer["gates"][0]
    assert (row["verdict"], row["median"], row["beside"]["gravity"]["median"]) == ("passed", 0.9, 0.8)


def test_tax_gates_have_enough_foreign_experts():
    from sim.study.validation.experiments import COUNTRIES

    setting = load_setting()
    experts = setting.stock * setting.tier_share[:, 0]
    for country in COUNTRIES:
        here = setting.country == setting.countries.index(country)
        own = setting.home_mix_experts[here, setting.homes.index(country)]
        assert 1 - np.average(own, weights=experts[here]) >= 0.15
