"""Whole-month arithmetic: a month is the integer ``12 * year + (month - 1)``."""

from datetime import date

NAMES = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


def january(year: int) -> int:
    """Return the first month of ``year``.

    >>> january(2026)
    24312
    """
    return 12 * year


def month_of(day: date) -> int:
    """Return the first whole month on or after ``day``: a policy that begins on the 2nd acts from the next month.

    >>> label(month_of(date(2025, 9, 1))), label(month_of(date(2025, 9, 21)))
    ('Sep 2025', 'Oct 2025')
    """
    # a day after the first of its month counts as the month that follows
    return 12 * day.year + day.month - 1 + (day.day > 1)


def label(month: int) -> str:
    """Return a month as short text, for axes and logs: ``Sep 2025``."""
    return f"{NAMES[month % 12][:3]} {month // 12}"


def long_label(month: int) -> str:
    """Return a month as full text, for sentences: ``September 2025``."""
    return f"{NAMES[month % 12]} {month // 12}"


def day_label(day: date) -> str:
    """Return a day as written in a sentence: ``21 September 2025``."""
    return f"{day.day} {NAMES[day.month - 1]} {day.year}"
