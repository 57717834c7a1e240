"""The calendar, kept by SimPy: rules before decisions, decisions before visa rounds, month by month."""

import simpy


class Timeline:
    """The months of a run (12 * year + month - 1), one SimPy process.

    Parameters
    ----------
    start : int, first year
    rule_months : months in which the rules change; ``change_rules(month)`` is called in each
    decide, hold_visa_rounds : called with the month, every month

    Rules always precede the decisions of the same month, and these its visa rounds.
    """

    def __init__(self, start, rule_months, change_rules, decide, hold_visa_rounds):
        self.env = simpy.Environment(initial_time=12 * start)
        self.env.process(self._months(frozenset(rule_months), change_rules, decide, hold_visa_rounds))

    def run_through(self, year):
        """Process every month of ``year``, its December included."""
        # SimPy stops before the events of ``until``, and 12 * (year + 1) is January
        self.env.run(until=12 * (year + 1))

    def _months(self, rule_months, change_rules, decide, hold_visa_rounds):
        while True:
            month = int(self.env.now)
            if month in rule_months:
                change_rules(month)
            decide(month)
            hold_visa_rounds(month)
            yield self.env.timeout(1)
