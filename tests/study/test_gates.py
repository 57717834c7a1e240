"""The gates: the table, the verdicts, and the statistics on people and histories whose answer is known."""

import json
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from paths import ROOT

from sim.errors import UsageError
from sim.results import narrative, verdicts
from sim.scenario.assumptions import load_assumptions
from sim.scenario.files import available, experiments, load, shipped_assumptions
from sim.show import gates as show
from sim.study.validation import EXPERIMENTS, ONCE, judged_again, needed
from sim.study.validation import experiments as studies
from sim.study.validation.gates import by_id, chosen, gates, judged, passes
from sim.study.validation.trial import People
from sim.world.categories import TIERS
from sim.world.engineers import CITIZEN, NATIVE_YEAR, TEMPORARY, category
from sim.world.setting import load_setting

SETTING = load_setting()
EXPERT, ENTRY = (category(0, TIERS.index(tier), 2, 1) for tier in ("expert", "entry"))


# the table


def test_gates_and_experiments_match():
    measured = [gate for ids in (*EXPERIMENTS.values(), *ONCE.values()) for gate in ids]
    assert len(measured) == len(set(measured))
    assert set(measured) == set(by_id())


def test_every_gate_has_a_band_use_and_kind():
    for gate in gates():
        assert gate.low <= gate.high, gate.id
        assert np.isfinite([gate.low, gate.high]).any(), gate.id
        assert gate.use in ("test", "fit"), gate.id
        assert gate.kind in ("gate", "warning"), gate.id


def test_gates_name_all_their_scenarios():
    named = {name for gate in gates() for name in gate.scenarios}
    assert set(experiments()) <= named <= {*available(), *experiments()}
    assert all(load(name).policies for name in named)
    assert set(by_id()["g23"].scenarios) == set(studies.HEADLINES)
    assert by_id()["g01"].scenarios == tuple(f"validate/net_of_tax_{country}" for country in studies.COUNTRIES)


def test_assumption_files_hold_what_they_name():
    held = {
        name.rpartition("/")[2]: {n: row.central for n, row in load_assumptions(path).items() if row.fixed_by_user}
        for name, path in shipped_assumptions().items()
    }
    assert held == {
        "no_agglomeration": {"agglomeration_productivity": 0, "b_size": 0},
        "industry_index": {"boom_weight": 1},
        "no_taste_for_compute": {"b_compute": 0, "b_compute_other": 0},
    }


# verdicts


@pytest.mark.parametrize(
    ("values", "verdict"),
    [
        ([1.0] * 10, "passed"),
        ([1.0] * 8 + [19.0] * 2, "passed"),
        ([1.0] * 7 + [19.0] * 3, "missed"),
        ([1.0] * 7 + [np.nan] * 3, "missed"),
        ([-10.0, 10.0], "passed"),
        ([-10.1], "missed"),
        ([np.nan], "not measured"),
        (None, "not measured"),
    ],
)
def test_a_gate_is_passed_on_four_draws_in_five(values, verdict):
    row = judged(by_id()["g04c"], values)  # -10 to 10
    assert row["verdict"] == verdict
    assert passes([row]) == (verdict == "passed")


def test_fitted_gates_never_pass_or_decide():
    inside, outside = (judged(by_id()["g06a"], [value]) for value in (2.0, 9.0))
    assert inside["verdict"] == outside["verdict"] == "fitted"
    assert (inside["inside"], outside["inside"]) == (1, 0)
    assert passes([outside])


def test_a_warning_missed_decides_nothing():
    row = judged(by_id()["g10"], [50.0])
    assert row["verdict"] == "missed"
    assert passes([row])
    assert show.verdict(row) == "not met"


def test_the_spread_is_of_draws_with_a_value():
    row = judged(by_id()["g01"], [*np.arange(101.0), np.nan], [("further", [3.0])])
    assert (row["median"], row["low_draws"], row["high_draws"]) == pytest.approx((50, 5, 95))
    assert row["inside"] == pytest.approx(1 / 102)
    assert row["beside"]["further"]["median"] == 3


def test_gates_are_chosen_by_name_or_number():
    assert [gate.id for gate in chosen(["g05", "g16"])] == ["g05", "g16a", "g16b", "g16c"]
    assert len(chosen([])) == len(gates())
    assert needed(EXPERIMENTS, chosen(["g17"])) == [studies.approval]
    with pytest.raises(UsageError, match="'g99' is no gate"):
        chosen(["g01", "g99"])
    with pytest.raises(UsageError, match="'g' is no gate"):
        chosen(["g"])


# statistics: people


def people(hub, home="ind", kind=EXPERT, status=TEMPORARY, trained="usa", arrived=2025, route=-1):
    """People by hub, '' for nowhere; the rest alike, or one value each."""
    columns = np.broadcast_arrays(
        [SETTING.hubs.index(name) if name else -1 for name in hub],
        np.array(at(SETTING.homes, home)),
        kind,
        status,
        np.array(at(SETTING.countries, trained)),
        arrived,
        route,
    )
    return People(*columns)


def at(names, wanted):
    return names.index(wanted) if isinstance(wanted, str) else [names.index(one) for one in wanted]


def test_borders_crossed_count_engineers_and_not_moves():
    years = [
        people(["seattle", "seattle", "seattle", "seattle"]),
        people(["london", "boston", "", "toronto"]),
        people(["seattle", "boston", "", "paris"]),
    ]
    # there and back is one, within the country none, who left is not counted, twice is one
    assert studies.crossed_a_border(years, SETTING.country) == pytest.approx(2 / 3)
    only = [now._replace(category=np.array([ENTRY, EXPERT, EXPERT, EXPERT])) for now in years]
    assert studies.crossed_a_border(only, SETTING.country) == pytest.approx(1 / 2)


def test_stays_count_temporary_graduates():
    before = people(
        ["seattle"] * 6,
        ["chn", "chn", "chn", "ind", "chn", "chn"],
        status=[TEMPORARY] * 4 + [CITIZEN, TEMPORARY],
        trained=["usa"] * 5 + ["chn"],
    )
    after = people(["boston", "beijing", "", "seattle", "beijing", "beijing", "seattle"])  # one more has come since
    stay = lambda *homes: studies.stayed([(before, after)], SETTING, "usa", [SETTING.homes.index(h) for h in homes])  # noqa: E731
    assert stay("chn") == pytest.approx(1 / 2)
    assert stay("ind") == 1
    assert stay("chn", "ind") == pytest.approx(2 / 3)
    assert np.isnan(stay("kor"))


def test_exits_count_temporary_engineers():
    inside = SETTING.country == SETTING.countries.index("usa")
    before = people(
        ["seattle", "seattle", "seattle", "seattle", "paris"],
        status=[TEMPORARY, TEMPORARY, TEMPORARY, CITIZEN, TEMPORARY],
    )
    after = people(["paris", "boston", "", "paris", "seattle"])
    assert studies.exits(before, after, inside) == pytest.approx(1 / 2)


# statistics: histories


def history(foreign=1.0, domestic=1.0, kept=0.6, years=10):
    """Counts in which a country's foreign and domestic top earners are scaled from the second year on."""
    counts = np.ones((years + 1, len(SETTING.hubs), len(SETTING.homes), 3, 6))
    counts[1:] *= foreign
    for country in studies.COUNTRIES:
        own = SETTING.homes.index(country)
        counts[1:, SETTING.country == SETTING.countries.index(country), own] = domestic
    pay = np.ones((years + 1, len(SETTING.hubs), 3))
    return SimpleNamespace(
        setting=SETTING,
        start=2026,
        years=years,
        counts=counts,
        people=[],
        rules={},
        written={"pay": pay, "net_pay": kept * pay, "stock": counts.sum(axis=(2, 4))},
        within=lambda country: SETTING.country == SETTING.countries.index(country),
    )


def test_known_elasticities_are_found():
    shock = 1.1
    trial = SimpleNamespace(baseline=history(), run=lambda name: history(shock**1.2, shock**0.2, 0.6 * shock))
    found = studies.net_of_tax(trial)
    assert found["g01"] == pytest.approx(1.2)
    assert found["g02a"] == pytest.approx(0.2)
    assert found["g05"] == pytest.approx(1)  # all of it in the first year
    assert 0.2 < found["g03"] < 1.2


def test_relief_doubles_the_eligible_alone():
    """Four arrive a year without relief and eight with it."""
    deu = SETTING.countries.index("deu")
    rules = {"newcomer_years": np.zeros(len(SETTING.countries))}
    rules["newcomer_years"][deu] = 3

    def arm(arrivals):
        seen = history()
        seen.rules = rules
        for t in range(studies.RELIEF_YEARS + 1):  # ten natives, ten foreigners who have long been there, and who came
            arrived = [NATIVE_YEAR] * 10 + [2000] * 10 + [2026 + k for k in range(t) for _ in range(arrivals)]
            home = ["deu"] * 10 + ["ind"] * (len(arrived) - 10)
            seen.people.append(people(["berlin"] * len(arrived), home, arrived=arrived))
        return seen

    found = studies.newcomer_relief(SimpleNamespace(baseline=arm(4), run=lambda *_, **__: arm(8)))
    assert found["g04b"] == pytest.approx(2)
    assert found["g04c"] == pytest.approx(0)


def test_leavers_are_arrivals_from_elsewhere_who_went():
    """Of four foreigners who came in a year one leaves and one is no engineer any more; natives do not count."""
    seen = history()
    home, stays = ["ind", "ind", "ind", "ind", "deu"], ["berlin"] * 5
    gone = ["paris", "", "berlin", "munich", "paris"]
    for t in range(studies.COHORTS + studies.STAY_YEARS + 1):
        later = t > studies.STAY_YEARS
        arrived = 2026 if t else 2000
        seen.people.append(people(gone if later else stays, home, arrived=arrived))
    found = studies.leavers(SimpleNamespace(baseline=seen))
    assert found["g31_deu"] == pytest.approx(100 / 3)
    assert np.isnan(found["g31_usa"])


def test_takers_of_a_permit_are_apart_from_movers():
    routes = [row["route"] for row in SETTING.routes]
    grants = np.zeros((3, len(routes)))
    grants[studies.OFFERED_AT, routes.index(studies.OFFERED)] = 40  # persons, of ten an engineer
    came = people(["toronto", "seattle", "toronto", "toronto"], route=routes.index(studies.OFFERED))
    came = came._replace(route=np.where(np.arange(4) < 3, came.route, -1))
    offered = SimpleNamespace(
        written={"grants": grants},
        people=[None, None, came],
        within=lambda place: SETTING.country == SETTING.countries.index(place),
    )
    trial = SimpleNamespace(run=lambda *_, **__: offered, setting=SETTING, world=SimpleNamespace(weight=10.0))
    found = studies.open_permit(trial)
    assert found["g18a"] == pytest.approx(50)
    assert found["g18a: took it, persons"] == 40


def test_signs_are_compared_scenario_by_scenario():
    def trial(effects, alone=None):
        levels = dict(zip(studies.HEADLINES, effects, strict=True)) | {"baseline": 0.0}
        run = lambda name: SimpleNamespace(measure=lambda query: levels[name])  # noqa: E731
        return SimpleNamespace(run=run, under=lambda name: alone)

    changed = trial([-1, 1, 1, -1, 1], trial([-2, -1, 1, -1, 0]))
    assert studies.signs_without_size(changed)["g23"] == 2
    assert np.isnan(studies.signs_without_size(trial([-1, 1, 1, -1, 1]))["g23"])


# the documents


def test_the_stored_run_measured_the_present_gates():
    answer = json.loads(show.STORED.read_text(encoding="utf-8"))
    assert {row["id"] for row in answer["gates"]} == set(by_id())
    once = {gate for measured in ONCE.values() for gate in measured}
    for row in answer["gates"]:
        times = 1 if row["id"] in once else answer["draws"]
        assert row["verdict"] == "not measured" or len(row["values"]) == times, row["id"]


def test_the_documents_hold_the_stored_tables():
    answer = judged_again(json.loads(show.STORED.read_text(encoding="utf-8")))
    for path, part in show.documents(answer).items():
        text = (ROOT / path).read_text(encoding="utf-8")
        assert show.with_part(text, part) == text, f"{path} is stale: run python -m sim.show.gates"


def test_answers_quote_the_latest_gates(result):
    stored = judged_again(json.loads(show.STORED.read_text(encoding="utf-8")))
    rows = list(filter(show.decides, stored["gates"]))
    assert verdicts.SHIPPED.read_text(encoding="utf-8") == verdicts.as_json(rows)
    all_of_them, *own = narrative.verdicts(result)
    assert f"Of {len(rows)} published facts" in all_of_them
    assert {line.split(", ", 1)[1].split()[0] for line in own} == {r["id"] for r in rows if "h1b_fee" in r["scenarios"]}
    other = replace(result, record=result.record | {"name": "my_own"})
    assert narrative.verdicts(other) == [all_of_them]


def test_the_nearest_experiments_move_the_same_lever(monkeypatch):
    rows = [
        {"family": "denmark", "levers": ["country.deu.tax.newcomer_relief"]},
        {"family": "netherlands", "levers": ["country.nld.tax.newcomer_years"]},
        {"family": "inventors", "levers": ["country.{usa,can}.tax.rate_points"]},
    ]
    held = [{"family": name, "held": name != "netherlands"} for name in ("denmark", "netherlands", "inventors")]
    monkeypatch.setattr(verdicts, "shipped_fit", lambda: {"left_out": rows, "families": held})
    assert verdicts.nearest(["country.deu.tax.newcomer_years"]) == [{"name": "the Danish scheme", "held": True}]
    assert [row["held"] for row in verdicts.nearest(["country.fra.tax.newcomer_relief"])] == [True, False]
    assert verdicts.nearest(["country.can.tax.rate_points"])[0]["name"] == "top taxes on inventors"
    assert verdicts.nearest(["hub.paris.compute.added"]) == []
    monkeypatch.setattr(verdicts, "shipped_fit", dict)
    assert verdicts.nearest(["country.deu.tax.newcomer_years"]) == []


def test_a_stored_answer_is_judged_by_present_gates():
    rows = [judged(by_id()["g01"], [1.0, np.nan], [("further", [3.0, np.nan])]), judged(by_id()["g05"], [9.0, 9.0])]
    stored = json.loads(json.dumps({"gates": rows, "passed": False, "draws": 2}))
    again = judged_again(stored)
    assert [row for row in again["gates"] if row["id"] in ("g01", "g05")] == rows
    assert {row["verdict"] for row in again["gates"] if row["id"] not in ("g01", "g05")} == {"not measured"}


def test_the_page_is_complete_with_misses_first():
    rows = [judged(by_id()["g04c"], [1.0]), judged(by_id()["g04b"], [9.0]), judged(by_id()["g06a"], [2.0])]
    answer = {
        "gates": rows,
        "draws": 1,
        "refused_draws": 0,
        "population": 100,
        "enough": 0.8,
        "version": "0",
        "seed": 0,
        "uncertainty": "all",
    }
    page = show.page(answer)
    assert page.index(">Missed<") < page.index(">Passed<") < page.index(">Fitted")
    assert page.index(">g04b<") < page.index(">g04c<") < page.index(">g06a<")
    assert "http" not in page.replace("http-equiv", "")
    assert show.summary(answer).startswith("2 gates decide: 1 passed, 1 missed, 0 not measured, on 1 draw of")
