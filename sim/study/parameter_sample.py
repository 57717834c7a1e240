"""Draws of the assumptions, each with the hub constants under which its first year is the one observed."""

from dataclasses import replace

from sim.errors import InvariantError, UsageError
from sim.scenario.assumptions import Assumptions, draw_assumptions
from sim.study.calibrate.constants import constants_for, fit_world, shipped
from sim.world.perturb import balanced
from sim.world.setting import load_setting

TRIES = 5  # draws tried for each pair before a set of assumptions counts as unusable


class ParameterSample:
    """The usable draws of one study in their order; more of them are made as they are asked for.

    A draw that would let size run away, or under which no constants meet the observed first year, is refused and
    counted; the next one of the sequence takes its place. The first *n* are the same however many follow.

    Parameters
    ----------
    declared : dict of name -> Assumption
    seed, start : of the study
    uncertainty : ``"all"``, or ``"chance"``: every draw is the centre
    each : ``map`` or one like it
    """

    def __init__(self, declared, seed, start, uncertainty, each=map):
        self.declared, self.seed, self.start, self.each = declared, seed, start, each
        self.held_at_centre = uncertainty == "chance"
        self.accepted, self.tried = [], 0
        self.attempts = []  # how many had been tried when each was kept

    def rejected_before(self, count):
        """How many draws were refused before as many as ``count`` usable ones were found."""
        return self.attempts[count - 1] - count

    def first(self, count):
        """The first ``count`` usable draws: list of (Assumptions, Constants).

        Raises
        ------
        UsageError
            where hardly any draw is usable
        """
        while len(self.accepted) < count:
            if self.held_at_centre:
                self._centre(count)
            else:
                self._try(count - len(self.accepted))
            if self.tried >= TRIES * count and len(self.accepted) < count:
                found = f"{self.tried} draws gave {len(self.accepted)} usable ones of {count}: see their ranges"
                raise UsageError("assumptions", found)
        return self.accepted[:count]

    def _try(self, missing):
        batch = draw_assumptions(missing, self.seed, self.tried, self.declared)
        found = self.each(constants_or_none, batch, [self.start] * missing)
        found = list(enumerate(zip(batch, found, strict=True), self.tried + 1))
        self.accepted += [pair for _, pair in found if pair[1]]
        self.attempts += [place for place, (_, constants) in found if constants]
        self.tried += missing

    def _centre(self, count):
        a = Assumptions.central(self.declared)
        constants = (
            self.accepted[0][1] if self.accepted else next(iter(self.each(constants_or_none, [a], [self.start])))
        )
        if constants is None:
            raise UsageError("assumptions", "no hub constants meet the observed first year at these central values")
        self.accepted = [(a, constants)] * count
        self.tried, self.attempts = count, list(range(1, count + 1))


def own_size_elasticity(a):
    """How far a hub's odds rise with its own size, in the tightest nest: at 1 growth would feed itself for ever."""
    from_pay = a.b_pay * max(a.agglomeration_productivity - a.wage_supply_elasticity, 0.0)
    return (a.b_size + from_pay) / min(a.nest_residence, a.nest_origin, a.nest_third, 1.0)


def constants_or_none(a, start, world=None, fitted=None):
    """Hub constants under the assumptions ``a``; None where the draw must be refused.

    ``world`` is the one they are inverted on, that of :func:`~sim.study.calibrate.fit_world` if None; what agents do
    beyond expected flows was measured on that one, and grows with a hub's stock. ``fitted`` are the (Constants,
    Offsets) to start from, those that ship if None.
    """
    if own_size_elasticity(a) >= 1:
        return None
    central, offsets = fitted or shipped()
    if world is not None:
        net = offsets.net * world.setting.stock / load_setting().stock
        offsets = replace(offsets, net=balanced(net, world.setting.stock, offsets.net.sum()))
    try:
        return constants_for(world or fit_world(start), a, offsets, central)
    except InvariantError:
        return None
