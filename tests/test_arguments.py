"""Arguments of functions: paths, numbers and lists of any kind, or one line that says what is wrong."""

import numpy as np
import pandas as pd
import pytest

from sim import backcast, breakeven, compare, custom_world, effect_table, load, run, sweep, why
from sim.arguments import is_number, listed, number_of, real, user_path, whole
from sim.errors import TalentflowError, UsageError
from sim.results.effects import amount
from sim.results.result import Result
from sim.scenario.assumptions import ASSUMPTIONS, override
from sim.scenario.files import set_overrides
from sim.show.plots.choice import hubs_shown
from sim.study.options import Options
from sim.study.portfolio import million, portfolio
from sim.study.sweep.factors import factors_over, number
from sim.study.sweep.runner import explore


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A home of one's own, which ``~`` stands for."""
    for variable in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(variable, str(tmp_path / "home"))
    (tmp_path / "home").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path / "home"


def linear(x):
    """A model whose outcome is a sum."""
    return {"y": x["a"] + 2 * x["b"]}


def words(x):
    """A model that gives text."""
    return {"y": "much"}


UNIT = {"a": (0, 1), "b": (0, 1)}
NUMBERS = [2, 2.0, np.int64(2), np.int8(2), np.float32(2), np.uint16(2), np.array(2), pd.Series([2]).iloc[0]]


@pytest.mark.parametrize("value", NUMBERS, ids=lambda value: f"{type(value).__name__}")
def test_a_number_of_any_library_is_a_number(value):
    assert is_number(value)
    assert type(whole(value, "x")) is int
    options = Options(population=1_000 * int(value), replicates=value, years=value, seed=value, workers=value).checked()
    assert all(type(getattr(options, name)) is int for name in ("population", "replicates", "years", "seed", "workers"))
    assert override({"b_pay": value})["b_pay"].central == 2
    assert amount(value, "share:usa", "target") == 2


@pytest.mark.parametrize("value", [True, np.True_, "2", 2.5, None, float("nan"), [2], np.array([2]), 1e400])
def test_what_is_no_whole_number_is_refused(value):
    with pytest.raises(UsageError, match="is not a"):
        whole(value, "x")
    with pytest.raises(TalentflowError):
        Options(replicates=value).checked()


def test_a_truth_value_is_no_assumption():
    with pytest.raises(TalentflowError, match="is not a number"):
        override({"b_pay": np.True_})


def test_a_huge_whole_number_stays_exact():
    assert whole(10**30 + 1, "x") == 10**30 + 1
    with pytest.raises(UsageError, match="too many digits"):
        real(10**400, "x")


@pytest.mark.parametrize("start", [0, 2000, 2018, np.int64(2018)])
def test_a_start_that_no_table_reaches_is_refused(start):
    with pytest.raises(UsageError, match=f"start {start}: no table has the rules of a year before 2019"):
        Options(start=start).checked()


def test_one_name_is_a_list_of_one():
    assert listed("h1b_fee") == ["h1b_fee"]
    assert listed(load("h1b_fee"))[0].name == "h1b_fee"
    for one in ("h1b_fee", load("h1b_fee")):
        with pytest.raises(UsageError, match="compare: two scenarios or more are needed"):
            compare(one)


def test_one_measure_or_factor_is_a_list_of_one(tmp_path):
    with pytest.raises(TalentflowError, match="share: has a value for every hub"):
        sweep("h1b_fee", "share", "oat", over="b_pay", out=tmp_path)
    with pytest.raises(UsageError, match="over b_pya: no assumption"):
        sweep("h1b_fee", "share:usa", "oat", over="b_pya", out=tmp_path)


@pytest.mark.parametrize("path", ["~", "~/x", "~\\x" if __import__("os").sep == "\\" else "~/x/y"])
def test_a_tilde_is_the_home(home, path):
    assert str(user_path(path)).startswith(str(home))


def test_an_unknown_home_is_refused():
    with pytest.raises(UsageError, match="the home that ~ stands for"):
        user_path("~nobody-of-that-name/x")


def test_a_result_is_saved_and_loaded_under_the_home(home, equal_arms):
    folder = equal_arms.save("~/runs")
    assert folder.parent == home / "runs"
    assert Result.load(f"~/runs/{folder.name}").data.sizes == equal_arms.data.sizes
    assert not (home.parent / "~").exists()


def test_scenarios_and_tables_are_found_under_the_home(home):
    (home / "mine.toml").write_text("title = 'Mine'\n")
    assert load("~/mine.toml").title == "Mine"
    with pytest.raises(TalentflowError, match=str(home / "tables")), custom_world.using("~/tables"):
        pass


@pytest.mark.parametrize("option", ["--out=~/x", "--out ~/x"])
def test_the_command_line_expands_the_home(home, talentflow, option):
    (home / "x").write_text("a file, where no folder can be")
    code, _, said = talentflow("run", "baseline", *option.split())
    assert code == 2
    assert said.startswith(f"talentflow: {home / 'x'}: results cannot be written here")


@pytest.mark.parametrize(
    ("factors", "complaint"),
    [
        ({"x": (2, 1)}, "factor x: its range (2, 1) does not rise"),
        ({"x": (1, 1)}, "factor x: its range (1, 1) does not rise"),
        ({"x": (0, float("nan"))}, "factor 'x': nan is not a number"),
        ({"x": (0, True)}, "factor 'x': True is not a number"),
        ({"x": 1}, "factor 'x': 1 is no range (low, high)"),
        ({"x": "01"}, "factor 'x': '01' is no range (low, high)"),
        ({"": (0, 1)}, "factor '': a name is one line of text"),
        ({"x\n": (0, 1)}, "a name is one line of text"),
        ({3: (0, 1)}, "factor 3: a name is one line of text"),
        ({}, "factors: nothing to vary"),
        ("x", "factors: 'x' is no Factor"),
        ([("x", 0, 1)], "is no Factor"),
    ],
)
def test_factors_that_make_no_sense_are_refused(tmp_path, factors, complaint):
    with pytest.raises(UsageError) as refused:
        explore(linear, factors, n=4, store=tmp_path / "store")
    assert complaint in str(refused.value)
    assert not (tmp_path / "store").exists()


def test_doubled_factors_and_measures_are_refused(tmp_path):
    with pytest.raises(UsageError, match="factor x: is given twice"):
        explore(linear, [number("x", 0, 1), number("x", 0, 2)], n=4, store=tmp_path / "store")
    row = dict(name="y", unit="", dims=[], coords={}, at=0, paired=False)
    with pytest.raises(UsageError, match="measure y: is given twice"):
        explore(linear, UNIT, n=4, store=tmp_path / "store", measures=[row, row])
    with pytest.raises(UsageError, match="measures: each is a dict"):
        explore(linear, UNIT, n=4, store=tmp_path / "store", measures="y")


@pytest.mark.parametrize(
    ("model", "complaint"),
    [
        (words, "outcome y is 'much', not a number"),
        (lambda x: {"y": None}, "outcome y is None"),
        (lambda x: {"y": True}, "outcome y is True"),
        (lambda x: {"y": []}, "outcome y is []"),
        (lambda x: {"": 1}, "an outcome is called ''"),
        (lambda x: {"y" if x["a"] < 0.5 else "z": 1.0}, "gives y at one point and z at another"),
        (lambda x: 3, "gives int, not a dict"),
        (3, "3 is not a function"),
    ],
)
def test_outcomes_that_are_no_numbers_end_the_sweep(tmp_path, model, complaint):
    with pytest.raises(UsageError) as refused:
        explore(model, UNIT, n=4, store=tmp_path / "store")
    assert complaint in str(refused.value)


def test_a_dict_of_ranges_is_a_list_of_factors(tmp_path):
    found = explore(linear, UNIT, n=np.int64(8), store=tmp_path / "store")
    assert found.counts() == {"done": 32}
    assert found.factors.central.to_dict() == {"a": 0.5, "b": 0.5}


@pytest.mark.parametrize(("text", "number"), [("1,200.5", 1200.5), ("250_000", 250_000), (" -.5e1 ", -5), (2, 2)])
def test_numbers_are_read_as_people_write_them(text, number):
    assert number_of(text) == number


@pytest.mark.parametrize("text", ["1,5", "10,00", "1_0", "٥", "1e400", "nan", "inf", "", ".", "1,000_000", "50%", True])
def test_a_decimal_comma_is_no_number(text):
    with pytest.raises(ValueError, match=r"not a number|could not convert"):
        number_of(text)


@pytest.mark.parametrize("budget", [np.int64(500), np.float32(500), 500, "500M", "0.5bn", "500,000,000"])
def test_a_budget_is_in_million_for_any_library(budget):
    assert million(budget) == 500


@pytest.mark.parametrize(
    "budget", [float("nan"), 1e400, np.float64("nan"), "1,2bn", "1_2M", "٥M", "5,5,5M", True, None]
)
def test_a_budget_that_would_be_misread_is_refused(budget):
    with pytest.raises(UsageError, match="budget"):
        million(budget)


FEE = "country.usa.route.h1b.special_fee_usd"


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"within": (5, 2)}, "within: (5, 2) is no range"),
        ({"within": 3}, "within: 3 is no range"),
        ({"within": ("0", "5")}, "within: ('0', '5') is no range"),
        ({"within": (float("nan"), 5)}, "is no range"),
        ({"within": (-10, -5)}, "within: -10 to -5 shares no value with [0,"),
        ({"target": float("nan")}, "target: nan is not a number"),
        ({"cost_to": "usa", "rival": (FEE, "3")}, "'3' is not a number"),
        ({"cost_to": "usa", "rival": f"{FEE}=3"}, "is no (path, value)"),
        ({"lever": 3}, "3: is no path of a lever"),
    ],
)
def test_a_search_that_makes_no_sense_is_refused(options, complaint):
    with pytest.raises(TalentflowError) as refused:
        breakeven(**{"scenario": "h1b_fee", "lever": FEE} | options)
    assert complaint in str(refused.value)


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"place": None}, "None: is no hub, country, region or bloc"),
        ({"limits": {FEE: 5}}, f"limits {FEE}: 5 is no range"),
        ({"limits": {FEE: (1, 0)}}, "is no range"),
        ({"limits": [1]}, "is no dict"),
        ({"n": 2.5}, "n: 2.5 is not a whole number"),
        ({"confirm": True}, "confirm: True is not a whole number"),
        ({"n": -4}, "n = -4 mixes"),
    ],
)
def test_a_portfolio_that_makes_no_sense_is_refused(options, complaint):
    with pytest.raises(TalentflowError) as refused:
        portfolio(**{"place": "usa", "budget": 5, "levers": [FEE]} | options)
    assert complaint in str(refused.value)


@pytest.mark.parametrize("option", ["--population 100,5", "--population 10,00", "--population １０００"])
def test_a_population_that_would_be_misread_is_refused(talentflow, option):
    code, _, said = talentflow("run", "baseline", *option.split())
    assert code == 2
    assert "neither a whole number nor 'full'" in said


def test_limits_given_twice_are_refused(talentflow):
    twice = ["--limits", f"{FEE}=0:1", "--limits", f"{FEE}=0:2"]
    code, _, said = talentflow("portfolio", "--place", "usa", "--budget", "5M", "--levers", FEE, *twice)
    assert (code, said) == (2, f"talentflow: --limits {FEE}: is given twice\n")


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ((None, 2012.5), "fit_until: 2012.5 is not a whole number"),
        ((None, 2012, 3), "score years 3: are no (first, last)"),
        ((None, 2012, (2013, True)), "score years: True is not a whole number"),
        ((None, 2012, (2013, 2015), float("nan")), "population: nan is not a whole number"),
    ],
)
def test_a_backcast_that_makes_no_sense_is_refused(arguments, complaint):
    with pytest.raises(UsageError) as refused:
        backcast(*arguments)
    assert complaint in str(refused.value)


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"over": 3}, "over: 3 is no name"),
        ({"over": {"b_pay": (1, 2)}}, "is no name, such as b_pay or b_pay=0:2"),
        ({"over": ["b_pay=0:1", "b_pay=0:2"]}, "over b_pay: has two ranges"),
        ({"measures": []}, "measures: none is given"),
        ({"measures": [3]}, "3: is no measure"),
    ],
)
def test_a_sweep_that_makes_no_sense_is_refused(tmp_path, options, complaint):
    with pytest.raises(TalentflowError) as refused:
        sweep("h1b_fee", method="oat", out=tmp_path, **options)
    assert complaint in str(refused.value)


@pytest.mark.parametrize("order", [["b_pay", "b_pay=0:1"], ["b_pay=0:1", "b_pay"]])
def test_a_range_of_ones_own_counts(order):
    (factor,) = factors_over(order, ASSUMPTIONS, load("h1b_fee"))
    assert (factor.low, factor.high) == (0, 1)


def test_an_unknown_split_is_refused():
    with pytest.raises(UsageError, match="why: 'nothing' is none of channels, policies, origins"):
        why("h1b_fee", by="nothing")


def test_a_single_hub_or_measure_is_a_list_of_one(equal_arms):
    assert hubs_shown(equal_arms, "paris") == hubs_shown(equal_arms, iter(["paris"])) == ["paris"]
    assert effect_table(equal_arms, "share:usa").equals(effect_table(equal_arms, ["share:usa"]))


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"assumptions": {3: 1}}, "3: "),
        ({"workers": 0}, "workers: 0 is not a whole number from 1"),
        ({"replicate": 3}, "replicate: is no option; nearest: replicates"),
        ({"xyz": 3}, "xyz: is no option; one of population, replicates"),
        ({"progress": 3}, "progress: 3 is no function"),
    ],
)
def test_options_that_make_no_sense_are_refused(options, complaint):
    with pytest.raises(TalentflowError) as refused:
        run("h1b_fee", **options)
    assert complaint in str(refused.value)


def test_an_override_that_is_no_text_is_refused():
    with pytest.raises(TalentflowError, match="--set 3: expected path=value"):
        set_overrides(load("h1b_fee"), [3])
