"""Test whole-month arithmetic."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim import months

days = st.dates(date(1900, 1, 1), date(2200, 12, 31))


@pytest.mark.parametrize(
    ("day", "name"),
    [
        (date(2025, 9, 1), "Sep 2025"),
        (date(2025, 9, 2), "Oct 2025"),
        (date(2025, 12, 31), "Jan 2026"),
        (date(2024, 2, 29), "Mar 2024"),
    ],
)
def test_a_policy_acts_from_the_first_whole_month(day, name):
    assert months.label(months.month_of(day)) == name


@given(days)
def test_a_day_maps_to_the_next_whole_month(day):
    month = months.month_of(day)
    first = date(month // 12, month % 12 + 1, 1)
    assert day <= first < day + timedelta(days=31)
    assert months.month_of(first) == month


@given(days, days)
def test_months_keep_the_order_of_days(one, other):
    assert (one <= other) <= (months.month_of(one) <= months.month_of(other))


def test_january_begins_the_year():
    assert months.january(2026) == months.month_of(date(2026, 1, 1))
    assert months.long_label(months.january(2026) + 11) == "December 2026"
    assert months.day_label(date(2025, 9, 21)) == "21 September 2025"
