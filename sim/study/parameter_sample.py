"""Sample the assumptions; each sample comes with the hub constants under which its first year is the observed one."""

from dataclasses import replace
from functools import partial
from typing import Any

from sim.custom_world import PRESENT, cached_by_world
from sim.errors import InvariantError, UsageError
from sim.scenario.assumptions import Assumptions, draw_assumptions
from sim.study import disk_cache
from sim.study.calibration.hub_constants import constants_for, first_year_constants, fit_world, shipped
from sim.world.perturb import balanced
from sim.world.setting import load_setting

TRIES = 5  # samples tried a replicate before a set of assumptions counts as unusable


class ParameterSample:
    """Accepted samples of the assumptions of one study, in their order; more are drawn on demand.

    A sample is rejected and counted if it would let hub size run away, or if no hub constants reproduce the observed
    first year; the next one of the sequence takes its place. The first *n* do not depend on how many follow.

    Parameters
    ----------
    declared : dict of name -> Assumption
    seed, start : of the study
    uncertainty : ``"all"``, or ``"chance"``: every draw is the centre
    each : ``map`` or one like it
    """

    def __init__(self, declared, seed, start, uncertainty, each=map) -> None:
        self.declared, self.seed, self.start, self.each = declared, seed, start, each
        self.held_at_centre = uncertainty == "chance"
        self.accepted, self.tried = [], 0
        self.attempts = []  # how many had been tried when each was kept

    def rejected_before(self, count) -> int:
        """Return how many samples were rejected before the first ``count`` accepted ones were complete."""
        return self.attempts[count - 1] - count

    def first(self, count) -> list:
        """Return the first ``count`` accepted samples: list of (Assumptions, HubConstants).

        Raises
        ------
        UsageError
            where hardly any draw is usable
        """
        # draw until enough are accepted, or too many have been tried
        while len(self.accepted) < count:
            if self.held_at_centre:
                self._centre(count)
            else:
                self._try(count - len(self.accepted))
            if self.tried >= TRIES * count and len(self.accepted) < count:
                problem = f"{self.tried} draws gave {len(self.accepted)} usable ones of {count}: see their ranges"
                raise UsageError("assumptions", problem)
        return self.accepted[:count]

    def _try(self, missing) -> None:
        """Draw ``missing`` more samples and keep those that have hub constants."""
        batch = draw_assumptions(missing, self.seed, self.tried, self.declared)
        constants_of = self.each(stored_constants, batch, [self.start] * missing)
        constants_of = list(enumerate(zip(batch, constants_of, strict=True), self.tried + 1))
        # keep the accepted samples, and the number of attempts at which each was found
        self.accepted += [pair for _, pair in constants_of if pair[1]]
        self.attempts += [place for place, (_, constants) in constants_of if constants]
        self.tried += missing

    def _centre(self, count) -> None:
        """Fill the sample with the central values, whose hub constants are computed once."""
        a = Assumptions.central(self.declared)
        constants = self.accepted[0][1] if self.accepted else next(iter(self.each(stored_constants, [a], [self.start])))
        if constants is None:
            raise UsageError("assumptions", "no hub constants meet the observed first year at these central values")
        self.accepted = [(a, constants)] * count
        self.tried, self.attempts = count, list(range(1, count + 1))


def own_size_elasticity(a) -> float:
    """Return how much a hub's log-odds rise with its own log size in the tightest nest.

    At 1 or more, growth would feed itself without limit.
    """
    from_pay = a.b_pay * max(a.agglomeration_productivity - a.wage_supply_elasticity, 0.0)
    return (a.b_size + from_pay) / min(a.nest_residence, a.nest_origin, a.nest_third, 1.0)


def stored_constants(a, start):
    """Return the hub constants as :func:`constants_or_none` does; those found before come from the disk."""
    return disk_cache.constants(partial(constants_or_none, a, start), a, start)


def constants_or_none(a, start, world=None, fitted=None, rescue=True):
    """Return the hub constants under the assumptions ``a``, or None if the sample must be rejected.

    ``world`` is the one they are inverted on, that of :func:`~sim.study.calibration.hub_constants.fit_world` if None;
    for a start in the past it is that of the tables, since no figures say what a past year's net migration was.
    ``fitted`` are the (HubConstants, AgentOffsets) to start from, the shipped ones if None.
    ``rescue`` is as of :func:`~sim.model.inversion.invert`.
    """
    return _inverted(constants_for, a, start, world, fitted, rescue)


def _inverted(invert, a, start, world=None, fitted=None, rescue=True) -> Any:
    """Return what ``invert`` gives, or None if the sample must be rejected; see :func:`constants_or_none`."""
    if own_size_elasticity(a) >= 1:
        return None
    central, offsets = fitted or shipped()
    # agents' excess over expected flows was measured on the shipped world, and scales with a hub's stock
    if world is not None:
        net = offsets.net * world.setting.stock / load_setting().stock
        offsets = replace(offsets, net=balanced(net, world.setting.stock, offsets.net.sum()))
    try:
        return invert(world or fit_world(max(start, PRESENT)), a, offsets, central, rescue)
    except InvariantError:
        return None


# --- Samples of which one follows the other: a design changes few assumptions at a time --------------


RECALLED = 8  # samples that a process keeps


class _Reading:
    """Assumptions that note which of them are read, name -> value, in ``read``."""

    def __init__(self, a) -> None:
        self._a, self.read = a, {}

    def __getattr__(self, name) -> float:
        value = self.read[name] = getattr(self._a, name)
        return value


def recalled_constants(a, start):
    """Return the hub constants as :func:`constants_or_none` does, taken from one of the last samples where they agree.

    Two samples have the same constants if they agree in all assumptions that the inversion of one of them has read:
    then both take the same steps with the same numbers.
    """
    return _recalled(constants_or_none, a, start)


def has_constants(a, start) -> bool:
    """Return whether :func:`constants_or_none` finds constants: whether the first year, on which it may fail, has some.

    The inversion of the lasting part always ends with the nearest fit.
    """
    return _recalled(_first_year, a, start)


def _first_year(a, start) -> bool:
    """Return whether the constants of the first year can be inverted."""
    return _inverted(first_year_constants, a, start) is not None


def _recalled(find, a, start) -> Any:
    """Return ``find(a, start)``, from one of the last samples that agree in what ``find`` has read of them."""
    samples = _last_samples(find, start)
    for k, (read, found) in enumerate(samples):
        if all(getattr(a, name) == value for name, value in read.items()):
            samples.insert(0, samples.pop(k))
            return found
    reading = _Reading(a)
    samples.insert(0, (reading.read, find(reading, start)))
    del samples[RECALLED:]
    return samples[0][1]


@cached_by_world(maxsize=4)
def _last_samples(find, start) -> list:
    """Return the list of the last samples, (name -> value that was read, what was found), the latest first."""
    return []
