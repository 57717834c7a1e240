"""The rules of a past year: what held then, and how it changed up to the rules of the tables."""

import numpy as np
import pytest

from sim import custom_world
from sim.custom_world import PRESENT
from sim.errors import WorldError
from sim.months import january
from sim.scenario.describe import describe
from sim.scenario.files import loads
from sim.scenario.levers import baseline_rules, catalogue, find
from sim.scenario.past import changes_since, rules_of_year, values_from
from sim.scenario.stack import check_period, rules_at
from sim.world.past import FIRST
from sim.world.tables import read

OPEN = "country.deu.route.opportunity_card.is_open"
YEARS = range(FIRST, PRESENT + 1)


def at(rules, path):
    """The value of a lever."""
    lever = catalogue()[path]
    return rules[lever.field][lever.index]


def rules_in_month(month, start):
    """The baseline's rules in a month of a run from January of ``start``."""
    return rules_at(month, changes_since(start), rules_of_year(start))


def equal(one, other):
    """Return whether two sets of rules are the same bytes."""
    return all(np.array_equal(one[name], other[name]) for name in one)


def test_from_the_year_of_the_tables_no_rule_is_past():
    assert changes_since(PRESENT) == changes_since(PRESENT + 3) == ()
    assert equal(rules_of_year(PRESENT), baseline_rules())


@pytest.mark.parametrize("year", YEARS)
def test_all_changes_lead_to_the_rules_of_the_tables(year):
    assert equal(rules_in_month(january(PRESENT), year), baseline_rules())
    assert not equal(rules_of_year(year), baseline_rules()) or year == PRESENT


@pytest.mark.parametrize("year", YEARS)
def test_a_later_start_has_the_rules_of_an_earlier_run(year):
    for later in range(year, PRESENT + 1):
        assert equal(rules_in_month(january(later), year), rules_of_year(later))


def test_every_row_names_levers_and_acts():
    """A row that no start can meet, because an equal or later one hides it, would be dead."""
    seen = {(policy.levers[0].path, policy.begins.isoformat()) for policy in changes_since(FIRST)}
    for row in read("past_rules"):
        assert all((lever.path, row["until"]) in seen for lever in find(row["lever"]))


def test_rules_change_on_their_dates():
    month = lambda year, m: january(year) + m - 1  # noqa: E731
    assert not at(rules_in_month(month(2024, 5), 2023), OPEN)
    assert at(rules_in_month(month(2024, 6), 2023), OPEN)
    # Canada's permit of July 2023: from the first whole month, to the end of the year
    permit = "country.can.route.h1b_holders_2023"
    taken = [m for m in range(month(2023, 1), month(2024, 6)) if at(rules_in_month(m, 2023), f"{permit}.is_open")]
    assert taken == list(range(month(2023, 8), month(2024, 1)))
    assert at(rules_in_month(month(2023, 8), 2023), f"{permit}.cap") == 1140


def test_a_threshold_is_that_of_the_day_against_pay():
    path = "country.gbr.route.skilled_worker.pay_threshold_kusd"
    first, later, now = (at(rules_of_year(y), path) for y in (2023, 2025, PRESENT))
    assert first < later < now
    assert first / now == pytest.approx(26_200 / 41_700 * 1.046**3, rel=1e-3)


def test_a_scenario_overrides_the_past():
    text = f'title = "t"\n[[policy]]\nlever = "{OPEN}"\nvalue = false\nfrom = 2023-03-01\nsource = "s"\n'
    own = loads(text).policies
    for order in ((*changes_since(2023), *own), (*own, *changes_since(2023))):
        for month in (january(2024), january(2025)):
            assert not at(rules_at(month, order, rules_of_year(2023)), OPEN)


def test_scenarios_multiply_what_is_in_force():
    path = "country.fra.route.talent.pay_threshold_kusd"
    text = f'title = "t"\n[[policy]]\nlever = "{path}"\nmultiply = 2\nsource = "s"\n'
    rules = rules_at(january(2024), (*changes_since(2023), *loads(text).policies), rules_of_year(2023))
    assert at(rules, path) == pytest.approx(2 * at(rules_in_month(january(2024), 2023), path))


def test_values_are_those_in_force_and_later():
    lever = catalogue()["country.can.route.h1b_holders_2023.is_open"]
    assert values_from(lever, january(2023), 2023) == [0, 1, 0]
    assert values_from(lever, -np.inf, 2023) == [0, 1, 0]
    assert values_from(lever, january(2023) + 7, 2023) == [1, 0]
    assert values_from(lever, january(2024), 2023) == values_from(lever, january(2023), PRESENT) == [0]


def test_a_policy_changes_the_rules_of_the_time():
    text = 'title = "t"\n[[policy]]\nlever = "{}"\nvalue = {}\nfrom = 2023-02-01\nsource = "s"\n'
    nothing = "changes nothing, the baseline has this value already"
    permit, card = "country.can.route.h1b_holders_2023.is_open", OPEN
    for lever, value, idle in ((permit, "false", False), (card, "true", False), (card, "false", False)):
        notices = check_period(loads(text.format(lever, value)), 2023, 4)
        assert any(nothing in notice for notice in notices) == idle
    assert nothing in check_period(loads(text.format(card, "true")), PRESENT, 4)[-1]


def test_descriptions_compare_with_rules_of_the_time():
    text = 'title = "t"\n[[policy]]\nlever = "country.usa.route.h1b.fee_usd"\nadd = 100\nfrom = {}-01-01\n'
    then, now = (describe(loads(text.format(year)), 2023)[0] for year in (2023, 2026))
    assert "5,765 -> 5,865" in then
    assert "6,890 -> 6,990" in now
    assert describe(loads(text.format(2026)))[0].startswith(now.partition(",")[0])


@pytest.mark.parametrize(
    "row",
    [
        "country.usa.route.h1b.cap,2024-01-01,1,2,,x,s,A",
        "country.usa.route.h1b.cap,2024-01-01,,,,x,s,A",
        "country.usa.route.h1b.cap,soon,1,,,x,s,A",
        "country.usa.route.h1b.approval_rate,2024-01-01,1.5,,,x,s,A",
    ],
)
def test_a_row_that_makes_no_sense_is_refused(row, tmp_path):
    head = "lever,until,value,multiply,add,change,source,grade\n"
    (tmp_path / "past_rules.csv").write_text(head + row + "\n", encoding="utf-8")
    with custom_world.using(tmp_path), pytest.raises(WorldError, match="line 2"):
        rules_of_year(2023)


def test_a_world_without_the_place_leaves_the_row_out(tmp_path):
    head = "lever,until,value,multiply,add,change,source,grade\n"
    (tmp_path / "past_rules.csv").write_text(f"{head}country.zzz.free_entry,2024-01-01,1,,,x,s,A\n", encoding="utf-8")
    with custom_world.using(tmp_path):
        assert changes_since(2023) == ()
