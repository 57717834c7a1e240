"""The calendar, kept by SimPy: rules before decisions, decisions before visa rounds, month by month."""

import simpy

RULES, DECISIONS, VISAS = 1, 2, 3  # the order within a month; 0 is the stop of SimPy itself, which comes first


class Timeline:
    """Dated events of a run in whole months (12 * year + month - 1).

    Parameters
    ----------
    start : int, first year
    rule_months : months in which the rules change; ``change_rules(month)`` is called in each
    decide, hold_visa_rounds : called with the month, every month

    SimPy keeps events of one month in the order of their priority and then of scheduling, so rules always precede
    the rounds of the same month.
    """

    def __init__(self, start, rule_months, change_rules, decide, hold_visa_rounds):
        self.env = simpy.Environment(initial_time=12 * start)
        for month in rule_months:
            self._at(month, RULES, change_rules)
        self._every_month(DECISIONS, decide)
        self._every_month(VISAS, hold_visa_rounds)

    def run_through(self, year):
        """Process every event in ``year``, its December included."""
        # SimPy stops before the events of ``until``, and 12 * (year + 1) is January
        self.env.run(until=12 * (year + 1))

    def _at(self, month, priority, action):
        event = self.env.event()
        event._ok, event._value = True, None  # as simpy.Timeout does: succeed() would schedule for this month
        event.callbacks.append(lambda _: action(int(self.env.now)))
        self.env.schedule(event, priority=priority, delay=month - self.env.now)

    def _every_month(self, priority, action):
        def again(month):
            self._at(month + 1, priority, again)
            action(month)

        self._at(self.env.now, priority, again)
