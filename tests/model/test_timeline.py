"""The calendar, told by what it logs."""

from sim.model.year import Timeline

JANUARY = 12 * 2026


def timeline(rule_months, log, start=2026):
    return Timeline(
        start,
        rule_months,
        lambda m: log.append(("rules", m)),
        lambda m: log.append(("decide", m)),
        lambda m: log.append(("visas", m)),
    )


def test_a_year_is_twelve_rounds_in_their_order():
    log = []
    timeline([], log).run_through(2026)
    assert log == [(what, JANUARY + m) for m in range(12) for what in ("decide", "visas")]


def test_a_month_runs_rules_decisions_visas():
    log, march = [], JANUARY + 2
    timeline([march], log).run_through(2026)
    assert log[4:7] == [("rules", march), ("decide", march), ("visas", march)]


def test_rules_of_the_first_january_come_first():
    log = []
    timeline([JANUARY], log).run_through(2026)
    assert log[:3] == [("rules", JANUARY), ("decide", JANUARY), ("visas", JANUARY)]


def test_december_belongs_to_its_year_and_january_to_the_next():
    log = []
    calendar = timeline([JANUARY + 11, JANUARY + 12], log)
    calendar.run_through(2026)
    assert log[-3:] == [("rules", JANUARY + 11), ("decide", JANUARY + 11), ("visas", JANUARY + 11)]
    calendar.run_through(2027)
    assert log[24 + 1 : 24 + 3] == [("rules", JANUARY + 12), ("decide", JANUARY + 12)]
    assert len(log) == 2 * 24 + 2


def test_rules_change_once_however_they_are_listed():
    log = []
    timeline([JANUARY + 5, JANUARY + 1], log).run_through(2026)
    assert [m for what, m in log if what == "rules"] == [JANUARY + 1, JANUARY + 5]


def test_months_are_whole_numbers():
    log = []
    timeline([JANUARY + 3], log).run_through(2026)
    assert all(type(month) is int for _, month in log)
