"""The calendar, told by what it logs."""

from sim.model.year import Timeline

JANUARY = 12 * 2026


def timeline(rule_months, log, start=2026):
    return Timeline(
        start,
        rule_months,
        lambda m: log.append(("rules", m)),
        lambda first, last: log.append(("months", first, last)),
    )


def months_of(log):
    return [month for what, *bounds in log if what == "months" for month in range(*bounds)]


def test_a_year_is_twelve_months_in_their_order():
    log = []
    timeline([], log).run_through(2026)
    assert months_of(log) == list(range(JANUARY, JANUARY + 12))
    assert [step[1:] for step in log] == [(JANUARY, JANUARY + 3), (JANUARY + 3, JANUARY + 12)]  # the intake is in March


def test_rules_change_before_the_month_runs():
    log, july = [], JANUARY + 6
    timeline([july], log).run_through(2026)
    assert log[1:] == [("months", JANUARY + 3, july), ("rules", july), ("months", july, JANUARY + 12)]


def test_rules_of_the_first_january_come_first():
    log = []
    timeline([JANUARY], log).run_through(2026)
    assert log[:2] == [("rules", JANUARY), ("months", JANUARY, JANUARY + 3)]


def test_december_belongs_to_its_year():
    log = []
    calendar = timeline([JANUARY + 11, JANUARY + 12], log)
    calendar.run_through(2026)
    assert log[-2:] == [("rules", JANUARY + 11), ("months", JANUARY + 11, JANUARY + 12)]
    count = len(log)
    calendar.run_through(2027)
    assert log[count : count + 2] == [("rules", JANUARY + 12), ("months", JANUARY + 12, JANUARY + 15)]
    assert months_of(log) == list(range(JANUARY, JANUARY + 24))


def test_rules_change_once_however_they_are_listed():
    log = []
    timeline([JANUARY + 5, JANUARY + 1], log).run_through(2026)
    assert [step[1] for step in log if step[0] == "rules"] == [JANUARY + 1, JANUARY + 5]


def test_months_are_whole_numbers():
    log = []
    timeline([JANUARY + 3], log).run_through(2026)
    assert all(type(month) is int for _, *bounds in log for month in bounds)
