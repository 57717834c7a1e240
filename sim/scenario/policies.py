"""Policy and Scenario: the checked contents of a scenario file as values that cannot be changed."""

import math
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from sim.months import month_of
from sim.scenario.levers import Lever

NEVER = "reversed before a whole month began: it never acts"
OPERATIONS = ("value", "multiply", "add")  # the order in which they act on a lever


@dataclass(frozen=True)
class Policy:
    """One change of the rules: the levers that it moves, the operation and its amount, and its dates."""

    lever: str  # the path as written, with its wildcards
    levers: tuple[Lever, ...] = field(repr=False)
    operation: str
    amount: float  # 0 or 1 for a flag, the position for a choice, infinity for no cap
    begins: date | None = None  # None: in force from the start of any run
    ends: date | None = None  # first day no longer in force; None: permanent
    ramp_years: float = 0.0
    source: str = ""
    origin: str = field(default="", compare=False)  # "h1b_fee.toml: policy 1", for messages
    past: bool = False  # a change of the baseline's own rules, see sim.scenario.past: those of scenarios override it

    def __lt__(self, other: "Policy") -> bool:
        """Order policies by content, so that their effect does not depend on the order in which they are given."""
        return self._key() < other._key()

    def _key(self) -> tuple:
        """Return the key by which policies are ordered: operation, the baseline's own first, path, dates, amounts."""
        begins, ends = self.begins or date.min, self.ends or date.max
        return OPERATIONS.index(self.operation), not self.past, self.lever, begins, ends, self.amount, self.ramp_years

    @property
    def begin_month(self) -> float:
        """First month in force; minus infinity without a first day."""
        return month_of(self.begins) if self.begins else -math.inf

    @property
    def end_month(self) -> float:
        """First month no longer in force; infinity for a permanent policy."""
        return month_of(self.ends) if self.ends else math.inf

    @property
    def acts(self) -> bool:
        """Tell whether the policy is in force in any month; one that ends before a whole month began never acts."""
        return self.begin_month < self.end_month

    @property
    def ramp_months(self) -> int:
        """Number of monthly steps until the policy has its full effect; 1 without a ramp."""
        return max(1, round(12 * self.ramp_years))

    def is_in_force(self, month: int) -> bool:
        """Tell whether the policy is in force in ``month``."""
        return self.begin_month <= month < self.end_month

    def phase(self, month: int) -> float:
        """Return the share of the change that is in force in ``month``, 0 to 1; a ramp rises in equal monthly steps."""
        if not self.is_in_force(month):
            return 0.0
        return min(1.0, (month - self.begin_month + 1) / self.ramp_months)


@dataclass(frozen=True)
class Published:
    """A figure that somebody has published on the scenario's question, to stand beside the run's own."""

    what: str  # in words, with whose figure it is
    value: float
    low: float
    high: float
    unit: str
    population: str  # whom it counts
    source: str
    measure: str = ""  # what a run sets beside it, as measures are written; "" where no run can
    change: str = "effect"  # of the measure: effect, percent (of the baseline), baseline or scenario
    per_engineer: float = 1.0  # people of its population per AI engineer, where it counts people or money of all
    year: int | None = None  # of the figure, where it is not the run's last
    verified: bool = True  # whether the source was read
    note: str = ""


@dataclass(frozen=True)
class Scenario:
    """A title, a question and a list of policies; ``legal`` lists the state of the law that is assumed."""

    title: str
    question: str = ""
    policies: tuple[Policy, ...] = ()
    legal: tuple[str, ...] = ()
    name: str = "scenario"
    path: Path | None = field(default=None, compare=False)
    parts: tuple[str, ...] = ()  # names of the scenarios that it stacks
    subject: str = ""  # the place that the question is about, as a measure names it; "" where the file names none
    notices: tuple[str, ...] = field(default=(), compare=False)  # warnings about the file that was read
    published: tuple[Published, ...] = ()  # figures of others on its question; a stack has none

    @property
    def atoms(self) -> tuple[str, ...]:
        """Return the names of the scenarios that it consists of: its own, or those that it stacks."""
        return self.parts or (self.name,)
