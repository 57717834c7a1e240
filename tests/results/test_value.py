"""Value for money in an answer: a cost, a ratio only where it means something, and the share that is windfall."""

import numpy as np
import pytest

from sim.results import narrative
from sim.results.display import answer_lines
from sim.results.facts import facts
from sim.results.result import Result
from sim.results.schema import MONEY, PARTS
from sim.results.value import value_for_money

YEARS, PAIRS = 10, 20


def paid(result, cost, given=0.0, windfall=0.0, people=100.0, spread=1.0):
    """The result with a scenario that costs the USA ``cost`` a year and adds ``people``, with noise of ``spread``."""
    noise = np.random.default_rng(0).standard_normal(PAIRS)
    data = result.data.copy()
    stock = data.stock.copy()
    base = stock.sel(arm="baseline")
    austin = stock.hub == "austin"
    more = (people + spread * noise)[:, None, None, None] * austin.values[None, None, :, None] * np.array([1.0, 0, 0])
    stock.loc[{"arm": "scenario"}] = base.values + more
    money = {name: data[name] * 0 for name in MONEY}
    where = {"arm": "scenario", "country": "usa", "part": "newcomer_relief"}
    for name, value in (("fiscal", cost), ("given", given), ("windfall", windfall)):
        money[name].loc[where] = np.full((PAIRS, YEARS), value) + (noise[:, None] if name == "fiscal" else 0)
    return Result(data.assign(stock=stock, **money), result.record)


def test_ratio_is_cost_over_extra_engineers(result):
    found = value_for_money(paid(result, 50.0, people=1000.0), "usa")
    assert found["ratio"]["value"] == pytest.approx(50.0, rel=0.02)  # 50 million over 1,000 people: kUSD each
    assert found["ratio"]["low"] < found["ratio"]["value"] < found["ratio"]["high"]
    assert [row["part"] for row in found["parts"]] == ["newcomer_relief"]
    assert found["cost"]["mean"] == pytest.approx(50.0, abs=0.5)


def test_no_ratio_where_nobody_is_surely_extra(result):
    uncertain = paid(result, 50.0, people=1.0, spread=50.0)
    assert value_for_money(uncertain, "usa")["ratio"] is None
    said = narrative.sentences(facts(uncertain))["money"]
    assert "costs the public of the US 50 million USD a year" in said
    assert "engineer-year" not in said


def test_a_gain_pays_for_itself(result):
    gain = paid(result, -50.0, people=1000.0)
    assert value_for_money(gain, "usa")["pays"]
    assert "pays for itself" in narrative.sentences(facts(gain))["money"]
    assert not value_for_money(paid(result, 50.0, people=1000.0), "usa")["pays"]


def test_windfall_is_a_share_of_what_is_given(result):
    found = paid(result, 50.0, given=60.0, windfall=45.0, people=1000.0)
    assert value_for_money(found, "usa")["windfall"] == pytest.approx(0.75)
    answer = facts(found)
    assert "75 % of what it gives" in narrative.sentence("money", answer | {"gives": True})
    assert "what it gives" not in narrative.sentence("money", answer)  # a fee gives nothing
    assert value_for_money(paid(result, 50.0), "usa")["windfall"] is None


def test_a_hub_is_paid_for_by_its_country(result):
    assert value_for_money(result, "sf_bay_area")["purse"] == ["usa"]


def test_older_runs_have_no_account(result):
    old = Result(result.data.drop_vars(MONEY), result.record)
    assert value_for_money(old, "usa") is None
    assert narrative.sentences(facts(old))["money"] == ""


def test_cost_is_a_line_of_the_answer(result):
    lines = [text for _, text in answer_lines(paid(result, 50.0, given=60.0, windfall=45.0, people=1000.0))]
    assert any(text.startswith("  Cost ") for text in lines)
    assert len(lines) <= 30
    assert max(map(len, lines)) <= 80


def test_tables_give_the_ratio_of_means(result):
    one = paid(result, 50.0, people=1000.0)
    row = one.effect("cost_per_engineer:usa").iloc[0]
    ratio = value_for_money(one, "usa")["ratio"]
    assert [row.effect, row.low, row.high] == pytest.approx([ratio[key] for key in ("value", "low", "high")])
    assert np.isnan(paid(result, 50.0, people=1.0, spread=50.0).effect("cost_per_engineer:usa").effect.iloc[0])


def test_every_part_has_a_name(result):
    assert list(value_for_money.__globals__["NAMES"]) == list(PARTS)
