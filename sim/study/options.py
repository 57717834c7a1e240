"""Options that every study takes: population, replicates, years, seed and uncertainty."""

import math
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from sim import memory
from sim.arguments import is_number, whole
from sim.custom_world import PRESENT
from sim.errors import UsageError, nearest
from sim.parallel import workers_for
from sim.results.effects import LEAST_PAIRS
from sim.results.record import SETTINGS
from sim.scenario.assumptions import ASSUMPTIONS, load_assumptions, override
from sim.world.past import FIRST, setting_of
from sim.world.setting import load_setting

UNCERTAINTY = ("all", "chance", "parts")
WHOLE = ("replicates", "years", "start", "seed", "most_replicates", "workers", "fork")


@dataclass(frozen=True)
class Options:
    """Keyword options that ``run``, ``compare``, ``breakeven`` and ``why`` share.

    Attributes
    ----------
    population : agents at the start, or ``"full"`` for one agent an engineer
    replicates : paired runs; replicate *k* runs all arms with the same seed and sample of the assumptions
    years, start : length and first year of the run; a start before the year of the tables is built from assumptions,
        see ``sim.world.past``
    seed : of the population, the replicates and the samples of the assumptions
    uncertainty : ``"all"`` draws the assumptions from their ranges, ``"chance"`` holds them at the centre, ``"parts"``
        is ``"all"`` and also splits the variance over chance, data, assumptions and the choice of model: sixteen
        more pairs a pair, in ``run`` and ``compare``
    assumptions : file or mapping that holds assumptions at values or changes their ranges
    precision : Monte Carlo error to reach, such as ``"0.05pp"``; more replicates are run until it is met
    precision_of : the measure that ``precision`` is asked of, such as ``"share:usa,tier=expert"``
    most_replicates : replicates at which ``precision`` gives up
    fork : year until which all arms share one past; None for as late as their policies allow
    workers : processes, or None for as many as suit; the result is the same for any number
    progress : function of (replicates done, replicates in all)
    """

    population: int | str = 100_000
    replicates: int = 20
    years: int = 10
    start: int = 2026
    seed: int = 0
    uncertainty: str = "all"
    assumptions: Path | dict | None = None
    precision: str | float | None = None
    precision_of: str = "share"
    most_replicates: int = 1000
    fork: int | None = None
    workers: int | None = None
    progress: Any = None

    @classmethod
    def of(cls, **given) -> "Options":
        """Return the options that a caller names, not checked yet; raise UsageError for a name that is no option."""
        known = [field.name for field in fields(cls)]
        for name in given:
            if name not in known:
                raise UsageError(name, f"is no option{nearest(name, known) or '; one of ' + ', '.join(known)}")
        return cls(**given)

    @property
    def settings(self) -> dict[str, Any]:
        """Return options that decide the arrays of a result, by name."""
        return {name: getattr(self, name) for name in SETTINGS}

    def from_present(self, why) -> "Options":
        """Return these options; raise UsageError for a start in the past, with the reason that ``why`` begins."""
        if self.start < PRESENT:
            raise UsageError(f"start {self.start}", f"{why} the world of {PRESENT}, which the tables describe")
        return self

    def declared(self) -> dict:
        """Return every assumption as this study has it: dict of name -> Assumption.

        Raises
        ------
        AssumptionError
        """
        if self.assumptions is None:
            return ASSUMPTIONS
        return override(self.assumptions) if isinstance(self.assumptions, dict) else load_assumptions(self.assumptions)

    def checked(self) -> "Options":
        """Return these options checked, with the population as a number of agents and the number of workers decided.

        Raises
        ------
        UsageError for a number that makes no sense, or a world too large for this machine's memory
        """
        load_setting()  # which refuses tables that are broken, before anything else reads them
        population = 100 if self.population == "full" else self.population
        # numbers within their limits
        for name, value, least, most in (
            ("population", population, 100, math.inf),
            ("replicates", self.replicates, 1, 100_000),
            ("most_replicates", self.most_replicates, 1, 100_000),
            ("years", self.years, 1, 50),
            ("start", self.start, 0, 2100),
            ("seed", self.seed, 0, 10**12),
            ("workers", 1 if self.workers is None else self.workers, 1, 1024),
        ):
            if not (is_number(value) and value == value // 1 and least <= value <= most):
                limits = f"from {least:,} to {most:,}" if most < math.inf else f'of at least {least:,}, nor "full"'
                raise UsageError(name, f"{value!r} is not a whole number {limits}")
        # years and kinds of uncertainty that the tables can answer
        if self.start < FIRST:
            why = f"no table has the rules of a year before {FIRST} (past_rules), and no source its stocks"
            raise UsageError(f"start {self.start}", why)
        if self.start < PRESENT and self.uncertainty == "parts":
            why = f"of --uncertainty parts takes the year of the tables, {PRESENT}, or a later one"
            raise UsageError(f"start {self.start}", why)
        # plain int, also from numbers of numpy or pandas
        population = int(setting_of(int(self.start)).persons) if self.population == "full" else population
        population = whole(population, "population")
        given: dict[str, Any] = {name: getattr(self, name) for name in WHOLE if getattr(self, name) is not None}
        given = {name: whole(value, name) for name, value in given.items()}
        self = replace(self, **given)
        if self.progress is not None and not callable(self.progress):
            raise UsageError("progress", f"{self.progress!r} is no function of (replicates done, replicates in all)")
        if self.uncertainty not in UNCERTAINTY:
            raise UsageError("uncertainty", f"{self.uncertainty!r} is none of {', '.join(UNCERTAINTY)}")
        # a precision needs enough replicates to estimate an error
        if self.precision is not None and self.most_replicates < LEAST_PAIRS:
            why = f"an error is not known before {LEAST_PAIRS} pairs, and a precision not reached"
            raise UsageError(f"most_replicates {self.most_replicates}", why)
        if self.precision is not None and self.most_replicates < self.replicates:
            raise UsageError("most_replicates", f"{self.most_replicates} is less than replicates, {self.replicates}")
        # decide the processes, and refuse a world that does not fit into memory
        workers = self.workers or workers_for(population, self.replicates)
        memory.check(population, self.years, workers)
        return replace(self, population=population, workers=workers)
