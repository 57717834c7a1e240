"""Test scenario files: shipped ones load, each mistake gives its message, and stacks commute."""

import re
import tomllib
from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from paths import ROOT

from sim.errors import ScenarioError, TalentflowWarning, UsageError
from sim.months import january, long_label, month_of
from sim.scenario.describe import describe, diff, resolved_toml, sentence
from sim.scenario.files import available, load, loads, set_overrides, starter, write_starter
from sim.scenario.levers import baseline_rules, catalogue, find
from sim.scenario.policies import Policy, Scenario
from sim.scenario.schema import schema
from sim.scenario.stack import change_months, check_period, rules_at, stack
from sim.world.tables import names

SHIPPED = sorted(path.stem for path in (ROOT / "scenarios").glob("*.toml"))
FEE = "country.usa.route.h1b.special_fee_usd"
TAX = "country.usa.tax.rate_points"


def written(*lines: str) -> str:
    """Return a scenario file with one policy on ``lines``."""
    return "\n".join(["title = 'x'", "[[policy]]", *lines])


def same(one: dict, other: dict) -> bool:
    return one.keys() == other.keys() and all(np.array_equal(one[key], other[key]) for key in one)


# --- what ships -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_scenarios_load_act_and_have_sources(name):
    scenario = load(name)
    assert scenario.question.endswith("?")
    for policy, text in zip(scenario.policies, describe(scenario, 2026), strict=name != "baseline"):
        assert re.search(r"\([^()]*grade [A-D]\)$", policy.source), policy.source
        assert re.fullmatch(r"\S.* -> .*, (from|until|throughout).*\. Source: .*\)\.", text), text
    notices = check_period(scenario, 2026, 10)
    assert not any("changes nothing" in notice for notice in notices), notices
    rules, start = baseline_rules(), january(2026)
    months = [start, *change_months(scenario.policies, start, january(2036))]
    acts = any(not same(rules, rules_at(month, scenario.policies, rules)) for month in months)
    assert acts == (name != "baseline")


def test_scenarios_ship_and_state_their_assumptions():
    assert set(SHIPPED) <= set(available())
    titles = {load(name).title for name in SHIPPED}
    assert len(titles) == len(SHIPPED)
    for name in SHIPPED:
        assert load(name).path.read_text(encoding="utf-8").startswith("# "), name


def test_baseline_states_the_law_that_it_assumes():
    baseline = load("baseline")
    assert baseline.policies == ()
    assert len(baseline.legal) >= 3


def test_current_law_reports_the_early_reversal():
    notices = check_period(load("current_law"), 2026, 10)
    assert any("released on 8 June 2026 and set again on 12 June 2026" in notice for notice in notices)


@pytest.mark.parametrize("name", SHIPPED)
def test_a_resolved_scenario_read_again_is_the_same(name):
    scenario = load(name)
    assert loads(resolved_toml(scenario), scenario.name) == scenario


# --- what is refused --------------------------------------------------------------------------------------

TOML_MISTAKES = {
    "title": ["line 1", "not valid TOML"],
    "title = 'x'\n[[policy]]\nlever = \n": ["line 3", "not valid TOML"],
    "title = 'x'\ntitle = 'y'": ["line 2", "not valid TOML"],
    "title = 'x'\n[[policy]]\nfrom = 2025-13-21": ["line 3", "2025-13-21 is not a date"],
    "title = 'x'\n[[policy]]\nfrom = 2025-02-30": ["line 3", "2025-02-30 is not a date"],
    "title = 'x'\na = " + "[" * 5000: ["nested too deeply"],
    "title = ' '": ["title", "1 to 300 characters"],
    "title = 'x'\na = " + "9" * 5000: ["not valid TOML"],
    " \n": ["the file is empty"],
    "# nothing\n": ["title is missing"],
    "title = 3": ["line 1", "title", "'3'", "text in quotes"],
    "title = ''": ["title", "text in quotes"],
    "title = 'x'\nquestoin = 'y'": ["line 2", "unknown key questoin", "nearest: question"],
    "title = 'x'\npolicy = 3": ["line 2", "policy", "[[policy]]"],
    "title = 'x'\n\n[assumptions]\nb_pay = 1": ["line 3", "--assumptions FILE"],
    "title = 'x'\nlegal = 'y'": ["legal", "list"],
}
POLICY_MISTAKES = {
    ("value = 1",): ["policy 1", "lever is missing"],
    (f"lever = '{FEE}'",): ["line 3", "exactly one of value, multiply and add", "none"],
    (f"lever = '{FEE}'", "value = 1", "add = 1"): ["exactly one", "value and add"],
    (f"lever = '{FEE}'", "valeu = 1"): ["line 4", "policy 1", "unknown key valeu", "nearest: value"],
    (f"lever = '{FEE[:-1]}'", "value = 1"): ["line 3", "no such lever", f"nearest: {FEE}"],
    ("lever = 'country.*.nothing'", "value = 1"): ["no such lever"],
    ("lever = 3", "value = 1"): ["line 3", "lever", "text in quotes"],
    (f"lever = '{FEE}'", "value = -5"): ["line 4", "policy 1", "value", "-5", "[0, 1,000,000,000] USD"],
    (f"lever = '{FEE}'", "value = 1e12"): ["1,000,000,000,000", "[0, 1,000,000,000] USD"],
    (f"lever = '{FEE}'", "value = nan"): ["nan", "[0, 1,000,000,000] USD"],
    (f"lever = '{FEE}'", "value = inf"): ["inf", "[0, 1,000,000,000] USD"],
    (f"lever = '{FEE}'", "value = '100'"): ["'100'", "not a number"],
    (f"lever = '{FEE}'", "value = true"): ["True", "not a number"],
    (f"lever = '{FEE}'", "value = 'none'"): ["'none'", "not a number"],
    (f"lever = '{FEE}'", "value = 2025-01-01"): ["2025-01-01", "a number, true or false"],
    (f"lever = '{FEE}'", "value = " + "9" * 400): ["many digits", "USD"],
    (f"lever = '{FEE}'", "multiply = nan"): ["multiply", "nan"],
    (f"lever = '{FEE}'", "multiply = -1"): ["multiply", "-1", "[0, 1,000,000] times"],
    (f"lever = '{FEE}'", "multiply = 'x'"): ["multiply", "a number"],
    (f"lever = '{TAX}'", "add = inf"): ["add", "inf", "percentage points"],
    ("lever = 'country.usa.is_closed'", "value = 1"): ["1", "neither true nor false"],
    ("lever = 'country.usa.is_closed'", "add = 1"): ["is a flag", "only be set"],
    ("lever = 'country.usa.is_closed'", "value = true", "from = 2026-01-01", "ramp_years = 1"): [
        "line 6",
        "phased in",
    ],
    ("lever = 'country.usa.route.h1b.selection'", "value = 'loterry'"): ["'loterry'", "nearest: lottery"],
    ("lever = 'country.usa.route.h1b.cap'", "value = 10.5"): ["10.5", "whole number"],
    ("lever = 'country.usa.route.h1b.cap'", "value = 'none'", "from = 2026-01-01", "ramp_years = 2"): [
        "ramp",
        "no cap",
    ],
    (f"lever = '{FEE}'", "value = 1", "ramp_years = 2"): ["line 5", "ramp_years", "add from"],
    (f"lever = '{FEE}'", "value = 1", "from = '2025-09-21'"): ["line 5", "from", "without quotes"],
    (f"lever = '{FEE}'", "value = 1", "from = 2025-09-21T00:00:00"): ["from", "a date such as"],
    (f"lever = '{FEE}'", "value = 1", "from = 2025-02-30"): ["line 5", "2025-02-30 is not a date"],
    (f"lever = '{FEE}'", "value = 1", "from = 2026-01-01", "until = 2025-01-01"): ["line 6", "not after"],
    (f"lever = '{FEE}'", "value = 1", "from = 2026-01-01", "until = 2026-01-01"): ["line 6", "not after"],
    (f"lever = '{FEE}'", "value = 1", "ramp_years = nan"): ["line 5", "ramp_years", "nan"],
    (f"lever = '{FEE}'", "value = 1", "ramp_years = -1"): ["ramp_years", "-1", "[0, 50] years"],
}
MISTAKES = TOML_MISTAKES | {written(*lines): words for lines, words in POLICY_MISTAKES.items()}


@pytest.mark.parametrize(("text", "words"), MISTAKES.items(), ids=range(len(MISTAKES)))
def test_each_mistake_gives_its_message_in_one_line(tmp_path, text, words):
    path = tmp_path / "mistake.toml"
    path.write_text(text)
    with pytest.raises(ScenarioError) as refusal:
        load(path)
    message = str(refusal.value)
    assert "\n" not in message
    assert "mistake.toml" in message
    assert all(word in message for word in words), message


def test_unreadable_files_are_refused_in_one_line(tmp_path):
    (tmp_path / "binary.toml").write_bytes(b"title = '\xff\xfe'")
    (tmp_path / "nul.toml").write_bytes(b"title = 'a\0b'")
    (tmp_path / "huge.toml").write_bytes(b"# " + b"x" * 10_000_000)
    (tmp_path / "folder.toml").mkdir()
    expected = {
        "binary.toml": "not UTF-8 text",
        "nul.toml": "not text but binary",
        "huge.toml": "10,000,002 bytes are too many",
        "folder.toml": "not a file",
        "absent.toml": "no such file",
        "bad\0name.toml": "bad?name.toml: no such file",
        "n" * 300 + ".toml": "too long",
    }
    for name, words in expected.items():
        with pytest.raises(ScenarioError) as refusal:
            load(tmp_path / name)
        assert words in str(refusal.value)
        assert "\n" not in str(refusal.value)


def test_byte_order_mark_and_windows_line_ends_load(tmp_path):
    path = tmp_path / "windows.toml"
    path.write_bytes(b"\xef\xbb\xbftitle = 'x'\r\nquestion = 'y?'\r\n")
    assert load(path).question == "y?"


def test_unknown_scenario_names_the_nearest():
    with pytest.raises(ScenarioError, match=r"scenario 'h1b_fees': not found; nearest: h1b_fee"):
        load("h1b_fees")
    with pytest.raises(ScenarioError, match=r"there are: .*baseline"):
        load("")


def test_the_working_folder_comes_first(tmp_path, monkeypatch):
    (tmp_path / "scenarios").mkdir()
    (tmp_path / "scenarios" / "h1b_fee.toml").write_text("title = 'mine'")
    monkeypatch.chdir(tmp_path)
    with pytest.warns(TalentflowWarning, match="not the shipped scenario of that name"):
        scenario = load("h1b_fee")
    assert scenario.title == "mine"
    assert check_period(scenario, 2026, 10) == list(scenario.notices) != []  # every answer repeats it
    assert load("baseline").policies == ()


def test_a_local_copy_of_a_shipped_file_hides_nothing(tmp_path, monkeypatch):
    (tmp_path / "scenarios").mkdir()
    (tmp_path / "scenarios" / "h1b_fee.toml").write_bytes(load("h1b_fee").path.read_bytes())
    monkeypatch.chdir(tmp_path)
    assert load("h1b_fee").notices == ()


def test_a_stack_tells_what_its_parts_hide(tmp_path, monkeypatch):
    (tmp_path / "scenarios").mkdir()
    (tmp_path / "scenarios" / "h1b_fee.toml").write_text("title = 'mine'")
    monkeypatch.chdir(tmp_path)
    with pytest.warns(TalentflowWarning):
        assert len(load("h1b_fee+newcomer_tax").notices) == 1


def test_a_starter_hides_a_shipped_name_only_if_asked(tmp_path):
    with pytest.raises(UsageError, match=r"this file would hide the shipped scenario .* or add --hide"):
        write_starter("baseline", tmp_path)
    assert write_starter("baseline", tmp_path, hide=True).exists()


@pytest.mark.parametrize(
    ("overrides", "title"),
    [
        (["hub.paris.pay_multiplier=2"], "x, with hub.paris.pay_multiplier = 2"),
        (["hub.paris.pay_multiplier  =2 "], "x, with hub.paris.pay_multiplier = 2"),
        ("country.usa.openings=1.5", "x, with country.usa.openings = 1.5"),
        ([], "x"),
    ],
)
def test_a_title_says_what_was_set(overrides, title):
    assert set_overrides(loads("title = 'x'"), overrides).title == title


def test_a_title_of_many_settings_or_parts_still_loads():
    many = [f"hub.{hub}.pay_multiplier=1.5" for hub in names("hub")]
    scenario = set_overrides(loads("title = 'x'"), many)
    assert scenario.title.endswith(" more")
    assert loads(resolved_toml(scenario)).title == scenario.title
    long = [loads(f"title = '{letter * 290}'", letter) for letter in "abc"]
    assert loads(resolved_toml(stack(long))).title.endswith(" and 2 more")


# --- time -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("dates", "words"),
    [
        (["from = 2020-01-01", "until = 2025-12-31"], "ended on 2025-12-31, before the run starts"),
        (["from = 2036-01-01"], "begins on 2036-01-01, after the run ends with 2035"),
        (["from = 2035-12-02"], "begins on 2035-12-02 (acts from January 2036), after the run ends with 2035"),
    ],
)
def test_a_policy_that_cannot_act_is_refused(dates, words):
    scenario = loads(written(f"lever = '{FEE}'", "value = 1", *dates), "late")
    with pytest.raises(ScenarioError) as refusal:
        check_period(scenario, 2026, 10)
    assert words in str(refusal.value)
    assert "late: policy 1" in str(refusal.value)


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (["value = 1", "from = 2025-09-21"], "begun on 21 September 2025, before the run"),
        (["value = 1", "from = 2026-06-08", "until = 2026-06-12"], "it never acts"),
        (["value = 0", "from = 2026-06-01"], "changes nothing"),
        (["value = 1", "from = 2026-06-01"], f"no source is given for {FEE}"),
        (["multiply = 2", "from = 2026-06-01"], "changes nothing, 0 times 2 is 0, set a value or add to it"),
    ],
)
def test_what_is_easily_missed_is_said(lines, words):
    notices = check_period(loads(written(f"lever = '{FEE}'", *lines)), 2026, 10)
    assert len([notice for notice in notices if words in notice]) == 1, notices
    cited = check_period(loads(written(f"lever = '{FEE}'", "source = 'the law'", *lines)), 2026, 10)
    assert not any("no source" in notice for notice in cited)


@pytest.mark.parametrize(
    ("dates", "expected"),
    [
        (["from = 2027-06-10", "until = 2027-06-20"], "reversed before a whole month began: it never acts"),
        (["from = 2027-06-10", "until = 2027-07-01"], "reversed before a whole month began: it never acts"),
        (["from = 2027-06-10", "until = 2027-07-02"], "acts from July 2027 until the end of July 2027"),
        (["from = 2027-06-01", "until = 2027-08-20"], "acts from June 2027 until the end of August 2027"),
        (["from = 2027-06-10"], "acts from July 2027"),
    ],
)
def test_dates_of_a_policy_agree_everywhere(dates, expected):
    scenario = loads(written(f"lever = '{FEE}'", "value = 7", "source = 'a test'", *dates))
    never = "never" in expected
    assert expected in describe(scenario)[0]
    assert expected in describe(scenario, 2026)[0]
    assert any("never acts" in notice for notice in check_period(scenario, 2026, 10)) == never
    months = [m for m in range(12 * 2026, 12 * 2036) if scenario.policies[0].is_in_force(m)]
    assert (not months) == never
    if "until the end of" in expected:
        assert expected.endswith(long_label(months[-1]))


@pytest.mark.parametrize(
    ("dates", "expected"),
    [
        (["from = 2026-01-01", "ramp_years = 4"], "still being phased in when the run ends: 50% of its change by then"),
        (
            ["from = 2026-01-01", "until = 2027-01-01", "ramp_years = 4"],
            "still being phased in when it ends: 25% of its change by then",
        ),
        (["from = 2026-01-01", "ramp_years = 2"], ""),
    ],
)
def test_an_unfinished_ramp_is_reported(dates, expected):
    scenario = loads(written(f"lever = '{FEE}'", "value = 7", "source = 'a test'", *dates))
    assert check_period(scenario, 2026, 2) == ([f"{FEE}: {expected}"] if expected else [])


def test_values_beyond_the_limits_are_refused():
    scenario = loads(written("lever = 'country.jpn.tax.rate_points'", "add = -90", "from = 2026-06-01"))
    with pytest.raises(ScenarioError, match=r"policy 1: .*: 0 becomes -90 is not in \[-60, 60\] percentage points"):
        check_period(scenario, 2026, 10)
    fee = "[[policy]]\nlever = 'country.usa.route.h1b.special_fee_usd'\nsource = 'a test'\n"
    halved = loads(f"title = 'x'\n{fee}value = 100_000\n{fee}add = -50_000\nfrom = 2028-01-01")
    assert check_period(halved, 2026, 10) == []  # it starts from what the other sets
    some = loads(written("lever = 'country.*.route.*.approval_rate'", "multiply = 1.2", "source = 'a test'"))
    assert any("beyond the lever's limit at" in notice for notice in check_period(some, 2026, 10))


def test_a_policy_acts_in_whole_months():
    lines = f"lever = '{FEE}'", "value = 7", "from = 2026-02-27", "until = 2026-09-21"
    policies = loads(written(*lines)).policies
    index = catalogue()[FEE].index
    rules = baseline_rules()
    fees = [rules_at(january(2026) + m, policies, rules)["route_special_fee_usd"][index] for m in range(12)]
    assert fees == [0, 0, 7, 7, 7, 7, 7, 7, 7, 0, 0, 0]
    assert change_months(policies, january(2026), january(2036)) == [january(2026) + 2, january(2026) + 9]
    assert change_months(policies, january(2026) + 3, january(2026) + 9) == []


def test_operations_act_in_a_fixed_order():
    lines = [f"[[policy]]\nlever = '{FEE}'\n{change}" for change in ("add = 5", "multiply = 2", "value = 10")]
    rules = baseline_rules()
    index = catalogue()[FEE].index
    for order in (lines, lines[::-1]):
        policies = loads("title = 'x'\n" + "\n".join(order)).policies
        assert rules_at(january(2026), policies, rules)["route_special_fee_usd"][index] == 25


def test_no_cap_is_kept_and_values_are_clipped():
    text = "title = 'x'\n" + "\n".join(
        f"[[policy]]\nlever = 'country.*.route.*.{change}"
        for change in ("cap'\nmultiply = 0", "cap'\nadd = 5", "approval_rate'\nmultiply = 3")
    )
    rules = baseline_rules()
    after = rules_at(january(2026), loads(text).policies, rules)
    assert np.array_equal(np.isinf(after["route_cap"]), np.isinf(rules["route_cap"]))
    assert set(after["route_cap"]) == {5.0, np.inf}
    assert after["route_approval_rate"].max() == 1


# --- properties -------------------------------------------------------------------------------------------

NUMBERS = [lever.path for lever in find("country.{usa,fra}.tax.*")] + [FEE, "hub.paris.pay_multiplier"]
days = st.dates(date(2024, 1, 1), date(2040, 12, 31))


@st.composite
def policies(draw, operations=("multiply", "add")):
    begins = draw(st.none() | days)
    ends = draw(st.none() | days.filter(lambda day: begins is None or day > begins))
    operation = draw(st.sampled_from(operations))
    amount = draw(st.floats(0, 3) if operation == "multiply" else st.floats(-5, 5))
    path = draw(st.sampled_from(NUMBERS))
    ramp = draw(st.sampled_from([0.0, 0.5, 3.0]))
    return Policy(path, find(path), operation, amount, begins, ends, ramp)


months = st.integers(january(2026), january(2036) - 1)


@settings(max_examples=60)
@given(st.lists(policies(), max_size=6), st.randoms(use_true_random=False), months)
def test_rules_do_not_depend_on_the_order_of_policies(some, random, month):
    shuffled = random.sample(some, len(some))
    rules = baseline_rules()
    assert same(rules_at(month, some, rules), rules_at(month, shuffled, rules))
    assert same(rules, baseline_rules())  # and nothing was changed in place


@settings(max_examples=60)
@given(st.lists(policies(), max_size=3), st.lists(policies(), max_size=3))
def test_stacks_commute(some, others):
    one = Scenario("One", policies=tuple(some), name="b")
    other = Scenario("Two", policies=tuple(others), name="a")
    assert stack([one, other]) == stack([other, one])


@settings(max_examples=60)
@given(policies(("value", "multiply", "add")), months)
def test_outside_its_dates_a_policy_changes_nothing(policy, month):
    rules = baseline_rules()
    if not policy.begin_month <= month < policy.end_month:
        assert same(rules_at(month, [policy], rules), rules)


@settings(max_examples=60)
@given(st.floats(0, 60), days, st.floats(0, 10))
def test_a_ramp_rises_by_equal_steps_to_the_whole(points, begins, years):
    policy = Policy(TAX, find(TAX), "value", points, begins, None, years)
    rules, index = baseline_rules(), catalogue()[TAX].index
    span = range(month_of(begins) - 1, month_of(begins) + policy.ramp_months + 2)
    values = [rules_at(month, [policy], rules)["tax_rate_points"][index] for month in span]
    assert values[0] == 0
    assert values[-2:] == [points, points]
    assert np.all(np.diff(values) >= 0)


@settings(max_examples=40)
@given(st.lists(policies(("value", "multiply", "add")), max_size=3))
def test_rules_change_only_in_change_months(some):
    start, end = january(2026), january(2032)
    named, rules = change_months(some, start, end), baseline_rules()
    before = rules_at(start - 1, some, rules)
    for month in range(start, end):
        now = rules_at(month, some, rules)
        assert month in named or same(now, before)
        before = now


# --- stacks and overrides ---------------------------------------------------------------------------------


def test_a_stack_joins_titles_and_policies():
    both = load("us_tax_up+h1b_fee")
    assert both == load("h1b_fee+us_tax_up")
    assert both.name == "h1b_fee+us_tax_up"
    assert both.title == f"{load('h1b_fee').title} + {load('us_tax_up').title}"
    assert len(both.policies) == len(load("h1b_fee").policies) + len(load("us_tax_up").policies)


def test_overlapping_policies_are_refused(tmp_path):
    rival = tmp_path / "rival.toml"
    lever = "lever = 'country.usa.route.*.special_fee_usd'"
    rival.write_text(written(lever, "value = 5", "from = 2027-01-01"))
    with pytest.raises(ScenarioError) as refusal:
        load(f"h1b_fee+{rival}")
    message = str(refusal.value)
    assert "h1b_fee.toml: policy 1" in message
    assert "rival.toml: policy 1" in message
    assert FEE in message
    with pytest.raises(ScenarioError, match="stacked with itself"):
        load("h1b_fee+h1b_fee")


def test_consecutive_policies_do_not_conflict():
    text = written(f"lever = '{FEE}'", "value = 1", "from = 2026-01-01", "until = 2027-01-01")
    later = f"\n[[policy]]\nlever = '{FEE}'\nvalue = 2\nfrom = 2027-01-01"
    assert len(loads(text + later).policies) == 2
    with pytest.raises(ScenarioError, match="overlapping"):
        loads(text + later.replace("2027-01-01", "2026-12-31"))


def test_override_keeps_the_dates_of_the_policy():
    scenario = set_overrides(load("h1b_fee"), [f"{FEE}=50_000", "hub.paris.openings = 1.5"])
    fee, _, openings = scenario.policies
    assert (fee.amount, fee.begins) == (50_000, date(2025, 9, 21))
    assert (openings.amount, openings.begins, openings.ends) == (1.5, None, None)
    chosen = set_overrides(load("baseline"), ["country.usa.route.h1b.selection=queue"])
    assert chosen.policies[0].amount == 0


@pytest.mark.parametrize(
    ("override", "words"),
    [
        ("nonsense", "expected path=value"),
        (f"{FEE}=", "expected path=value"),
        (f"{FEE}=-1", "-1 is not in"),
        (f"{FEE}=nan", "nan is not in"),
        (f"{FEE}=[1]", "is not one value"),
        (f"{FEE}=1\nlever='x'", "is not one value"),
        (f"{FEE}=cheap", "'cheap' is not a number"),
        ("country.usa.route.h1b.approval_rate=30%", "'30%' is not a number; write 0.3"),
        ("country.usa.tax.rate_points=30 %", "write 30"),
        ("country.usa.tax.rate=1", "nearest: country.usa.tax.rate_points"),
    ],
)
def test_a_bad_override_is_refused_in_one_line(override, words):
    with pytest.raises(ScenarioError) as refusal:
        set_overrides(load("baseline"), [override])
    assert words in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_a_path_that_is_set_twice_is_refused():
    with pytest.raises(ScenarioError, match=r"hub\.paris\.openings is set twice"):
        set_overrides(load("baseline"), ["hub.paris.openings=2", "hub.paris.pay_multiplier=2", "hub.paris.openings=3"])


def test_per_cent_in_a_file_gets_advice(tmp_path):
    path = tmp_path / "fee.toml"
    path.write_text('title = "x"\n[[policy]]\nlever = "country.usa.route.h1b.approval_rate"\nvalue = 30%\n')
    with pytest.raises(ScenarioError, match=r"line 4: 30% is not a number; as a share, write 0\.3"):
        load(path)


# --- words ------------------------------------------------------------------------------------------------


def test_a_policy_is_described_in_one_sentence():
    text = describe(load("h1b_fee"), 2026)[0]
    for words in ("States, H-1B", "special fee", "0 -> 100,000 USD", "21 September 2025", "10973"):
        assert words in text
    assert "\n" not in text


def test_every_lever_can_be_told_in_a_sentence():
    for lever in catalogue().values():
        text = sentence(Policy(lever.path, (lever,), "value", lever.present, date(2027, 1, 1)), 2026)
        assert text.startswith(f"{lever.place}: {lever.what}")
        assert text.endswith("from 1 January 2027 on.")


def test_diff_gives_both_sides_in_one_line():
    titles, lines = split_diff("h1b_fee", "h1b_fee_chilling")
    assert titles == ["h1b_fee: US $100,000 H-1B fee", "h1b_fee_chilling: US H-1B fee struck down, chill fading"]
    assert len(lines) == 1  # both routes and all dates
    before, after = lines[0].split(" / ")
    assert "h1b_fee: 0 -> 100,000 USD, from 21 September 2025 on" in before
    assert "H-1B subject to the cap; H-1B cap-exempt" in before
    assert "0 -> 20,000 USD, from 8 June 2026 until 1 July 2027" in after


def test_a_difference_names_what_only_one_has():
    _, lines = split_diff("h1b_fee", "h1b_fee+us_tax_up")
    assert len(lines) == 1
    assert "United States: effective tax rate" in lines[0]
    assert "h1b_fee: not changed / h1b_fee+us_tax_up: 0 -> 3 percentage points" in lines[0]


@pytest.mark.parametrize(("one", "other"), [("h1b_fee", "h1b_fee"), ("h1b_fee+us_tax_up", "us_tax_up+h1b_fee")])
def test_scenarios_that_do_the_same_are_said_to(one, other):
    assert split_diff(one, other)[1] == ["They change the same levers by the same amounts at the same dates."]


def split_diff(one, other):
    """Return the two titles and the other lines of a comparison."""
    lines = diff(load(one), load(other))
    return lines[:2], lines[2:]


def test_common_parts_of_places_are_named_once():
    west, china = describe(load("china_west_closed"))
    assert west.startswith("United States; Canada; United Kingdom and 8 more, engineers from China")
    assert china.startswith("China with Hong Kong and Macao, engineers from United States; engineers from Canada")
    assert describe(load("all_open"))[0].startswith("Everywhere: free entry")


def test_shares_are_told_in_percent():
    text = describe(load("eu_fast_track"))[2]
    assert "85 % to 97 % -> 88 % to 100 % (adds 3 percentage points to the value in force)" in text


def test_large_amounts_are_written_out():
    assert any("(adds 5,000,000 to the value in force)" in line for line in describe(load("gulf_compute")))


# --- a file of one's own ----------------------------------------------------------------------------------


def test_starter_file_loads_unchanged():
    text = starter("my_cap")
    scenario = loads(text, "my_cap")
    assert (scenario.title, len(scenario.policies)) == ("my_cap", 1)
    assert len(text.splitlines()) < 35
    for word in ("value", "multiply", "add", "from", "until", "ramp_years", "source", "{fra,deu}", "levers"):
        assert word in text
    assert (
        len(
            loads(
                text.replace("# [[", "[[")
                .replace("\n# lever", "\nlever")
                .replace("\n# add  ", "\nadd")
                .replace("\n# from", "\nfrom")
                .replace("\n# source", "\nsource")
            ).policies
        )
        == 2
    )


def test_starter_file_needs_a_valid_new_name(tmp_path):
    path = write_starter("my-cap_2", tmp_path / "scenarios")
    assert load(path).name == "my-cap_2"
    with pytest.raises(UsageError, match="there is such a file already"):
        write_starter("my-cap_2", tmp_path / "scenarios")
    for name in ("", "a b", "../up", "é", "a.toml", "a+b", "x\n"):
        with pytest.raises(UsageError, match="only letters, digits") as refusal:
            write_starter(name, tmp_path)
        assert "\n" not in str(refusal.value)
    assert [path.name for path in tmp_path.rglob("*.toml")] == ["my-cap_2.toml"]


def test_the_resolved_text_survives_any_title():
    scenario = Scenario('a "quoted" \\ title é 人', question="two\nlines \t 人", name="odd")
    text = resolved_toml(scenario)
    assert tomllib.loads(text)["question"] == scenario.question
    assert loads(text, "odd") == scenario


def test_the_schema_knows_every_lever_and_key():
    policy = schema()["$defs"]["PolicyTable"]
    assert set(catalogue()) == set(policy["properties"]["lever"]["anyOf"][0]["enum"])
    keys = {"lever", "value", "multiply", "add", "from", "until", "ramp_years", "source"}
    assert set(policy["properties"]) == keys
    assert policy["additionalProperties"] is False
    assert policy["required"] == ["lever"]
