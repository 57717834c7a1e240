"""A policy and a scenario as values: what a file says, once it has been checked."""

import math
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from sim.months import month_of
from sim.scenario.levers import Lever

OPERATIONS = ("value", "multiply", "add")  # the order in which they act on a lever


@dataclass(frozen=True)
class Policy:
    """One change of the rules: what (levers), how (operation, amount) and when (dates)."""

    lever: str  # as written, wildcards and all
    levers: tuple[Lever, ...] = field(repr=False)
    operation: str
    amount: float  # a flag is 0 or 1, a choice its position, no cap is infinite
    begins: date | None = None  # None: in force from the start of any run
    ends: date | None = None  # exclusive; None: for good
    ramp_years: float = 0.0
    source: str = ""
    origin: str = field(default="", compare=False)  # "h1b_fee.toml: policy 1", for messages

    def __lt__(self, other: "Policy") -> bool:
        """Order by content, so that whatever order policies come in, they act in one."""
        return self._key() < other._key()

    def _key(self) -> tuple:
        begins, ends = self.begins or date.min, self.ends or date.max
        return OPERATIONS.index(self.operation), self.lever, begins, ends, self.amount, self.ramp_years

    @property
    def begin_month(self) -> float:
        """First month in force (minus infinity if it always was)."""
        return month_of(self.begins) if self.begins else -math.inf

    @property
    def end_month(self) -> float:
        """First month no longer in force (infinity if for good)."""
        return month_of(self.ends) if self.ends else math.inf

    @property
    def ramp_months(self) -> int:
        """Months from the first step to full force; 1 without a ramp."""
        return max(1, round(12 * self.ramp_years))

    def is_in_force(self, month: int) -> bool:
        """Whether it acts in ``month``."""
        return self.begin_month <= month < self.end_month

    def phase(self, month: int) -> float:
        """Return the share of its change that is in force in ``month``: equal steps up to 1."""
        if not self.is_in_force(month):
            return 0.0
        return min(1.0, (month - self.begin_month + 1) / self.ramp_months)


@dataclass(frozen=True)
class Scenario:
    """A title, a question and a list of policies; ``legal`` says which state of the law is assumed."""

    title: str
    question: str = ""
    policies: tuple[Policy, ...] = ()
    legal: tuple[str, ...] = ()
    name: str = "scenario"
    path: Path | None = field(default=None, compare=False)
    parts: tuple[str, ...] = ()  # names of the scenarios that it stacks
    subject: str = ""  # the place that the question is about, as a measure names it; "" where the file names none

    @property
    def atoms(self) -> tuple[str, ...]:
        """The names of the scenarios in it: its own, or those that it stacks."""
        return self.parts or (self.name,)
