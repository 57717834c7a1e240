"""The factors of a sweep: assumptions and levers with their ranges, cut to what the model can take."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import partial

from sim.arguments import listed, real
from sim.errors import AssumptionError, UsageError, nearest
from sim.scenario.assumptions import ASSUMPTIONS, PRIOR_DRIVEN
from sim.scenario.levers import HUGE, catalogue, find
from sim.scenario.stack import changed, quantity_lever
from sim.study import disk_cache
from sim.study.breakeven import limits
from sim.study.parameter_sample import has_constants
from sim.texts import ONE_LINE

# --- Factors: assumptions and levers with their ranges ----------------------------------------------


CENTRAL = (0.05, 0.95)  # of every declared shape
STRETCH = (0.5, 1.5)  # times a scenario's own value: how far its levers are swept
LONGEST_NAME = 200  # letters of a factor or an outcome
GROUPS = ("behaviour", "data", "cost", "policy")


@dataclass(frozen=True)
class Factor:
    """A factor of a sweep: a number from ``low`` to ``high``, at ``central`` where it is not swept.

    Attributes
    ----------
    name : of the assumption, or path of the lever
    low, central, high : values at the coordinates 0, none in particular, and 1
    unit, grade, group, meaning : as declared; ``group`` is behaviour, data or policy
    kind : ``"assumption"``, ``"lever"`` or ``"number"``
    span : the part of the declared shape that is swept; None for a range swept evenly
    belief : arguments of the quantile function of that shape
    whole : whether only whole numbers make sense
    note : what a reader must know of the range
    """

    name: str
    low: float
    central: float
    high: float
    unit: str = ""
    grade: str = ""
    group: str = ""
    meaning: str = ""
    kind: str = "number"
    span: tuple | None = None
    belief: tuple = ()
    whole: bool = False
    note: str = ""

    def value(self, z) -> float:
        """Return the value at the coordinate ``z`` in [0, 1]."""
        if self.span is not None:
            return belief_at(self.belief, self.span[0] + z * (self.span[1] - self.span[0]))
        value = self.low + z * (self.high - self.low)
        return float(round(value) if self.whole else value)

    @property
    def centre(self) -> float:
        """Return coordinate of the central value."""
        if self.span is not None:
            return (0.5 - self.span[0]) / (self.span[1] - self.span[0])
        return (self.central - self.low) / (self.high - self.low)

    def within(self, first, last, note) -> "Factor":
        """Return the factor swept from quantile ``first`` to ``last`` of its declared shape only."""
        return replace(
            self,
            span=(first, last),
            low=belief_at(self.belief, first),
            high=belief_at(self.belief, last),
            note="; ".join(filter(None, [self.note, note])),
        )


def belief_at(belief, u) -> float:
    """Return the ``u`` quantile of a prior."""
    from sim.scenario.distributions import quantile

    return float(quantile(u, *belief))


def number(name, low, high, central=None, **more) -> Factor:
    """Return a factor of a plain function: a number swept evenly from ``low`` to ``high``."""
    return Factor(name, float(low), float((low + high) / 2 if central is None else central), float(high), **more)


def numbers(factors) -> list:
    """Check the factors of a plain function and return them.

    Parameters
    ----------
    factors : dict of name -> (low, high) or Factor, or list of Factor

    Returns
    -------
    list of Factor

    Raises
    ------
    UsageError for a name that is empty, doubled or no line of text, and for a range that is none
    """
    if isinstance(factors, Mapping):
        factors = [_ranged(name, given) for name, given in factors.items()]
    checked = listed(factors)
    for factor in checked:
        if not isinstance(factor, Factor):
            raise UsageError("factors", f"{factor!r:.60} is no Factor; give a dict of name -> (low, high)")
    check_names([factor.name for factor in checked], "factor")
    # a range that rises, with its centre inside
    for f in checked:
        low, central, high = (real(getattr(f, end), f"factor {f.name}") for end in ("low", "central", "high"))
        if not low < high:
            raise UsageError(f"factor {f.name}", f"its range ({low:g}, {high:g}) does not rise")
        if not low <= central <= high:
            raise UsageError(f"factor {f.name}", f"its centre {central:g} is not in [{low:g}, {high:g}]")
    if not checked:
        raise UsageError("factors", "nothing to vary")
    return checked


def _ranged(name, given) -> Factor:
    """Build a factor from (low, high); raise UsageError for a range that is none."""
    if isinstance(given, Factor):
        return given
    ends = listed(given)
    if len(ends) != 2:
        raise UsageError(f"factor {name!r:.60}", f"{given!r:.60} is no range (low, high)")
    low, high = (real(end, f"factor {name!r:.60}") for end in ends)
    return Factor(name, low, (low + high) / 2, high)


def check_names(names, what) -> None:
    """Refuse names that are empty or doubled, or that tables cannot distinguish.

    Raises
    ------
    UsageError
    """
    for k, name in enumerate(names):
        if not isinstance(name, str) or not re.fullmatch(ONE_LINE, name) or len(name) > LONGEST_NAME:
            raise UsageError(f"{what} {name!r:.60}", f"a name is one line of text of at most {LONGEST_NAME} letters")
        if name in names[:k]:
            raise UsageError(f"{what} {name}", "is given twice")


def assumption(row, within=None) -> Factor:
    """Return the factor of an assumption, over its own range or evenly over the limits ``within`` (low, high).

    Raises
    ------
    UsageError, AssumptionError
    """
    described = {
        "unit": row.unit,
        "grade": row.grade,
        "group": row.group,
        "meaning": row.meaning,
        "kind": "assumption",
        "note": f"{PRIOR_DRIVEN}, data hardly narrowed the belief" if row.is_prior_driven else "",
    }
    # limits by hand: even over them; else the quantiles of the assumption's own distribution
    if within is not None:
        low, high = within
        if not row.bounds[0] <= low < high <= row.bounds[1]:
            raise AssumptionError(
                f"over {row.name}={low:g}:{high:g}", f"not within [{row.bounds[0]:g}, {row.bounds[1]:g}] {row.unit}"
            )
        return Factor(row.name, low, float(row.central), high, **described)
    if row.is_fixed:
        raise UsageError(f"over {row.name}", f"it is fixed at {row.central:g}; give a range: {row.name}=LOW:HIGH")
    belief = (row.shape, row.central, row.low, row.high, row.bounds, row.mass)
    low, high = (belief_at(belief, u) for u in CENTRAL)
    return Factor(row.name, low, float(row.central), high, span=CENTRAL, belief=belief, **described)


def lever(path, scenario, within=None, option="over") -> Factor:
    """Return the factor of a lever: over ``within``, around the scenario's own value, or over its declared bounds.

    ``option`` is the one by which the user gives ``within``, as messages name it.

    Raises
    ------
    UsageError, ScenarioError
    """
    chosen = quantity_lever(path)
    # limits by hand, a stretch around the scenario's own value, or the declared bounds
    own = _own_value(find(path), scenario)
    if within is None and own is not None:
        within = sorted(own * times for times in STRETCH)
    elif within is None:
        within = (chosen.low, chosen.high)
        if chosen.high >= HUGE:
            raise UsageError(f"{option} {path}", f"its bounds are too wide to sweep; give a range: {path}=LOW:HIGH")
    elif not chosen.low <= within[0] < within[1] <= chosen.high:
        bounds = f"[{chosen.low:g}, {chosen.high:g}] {chosen.unit}".rstrip()
        raise UsageError(f"{option} {path}={within[0]:g}:{within[1]:g}", f"not within {bounds}")
    # never beyond the lever's bounds
    low, high = max(within[0], chosen.low), min(within[1], chosen.high)
    if not low < high:
        raise UsageError(
            f"{option} {path}", f"nothing lies between {low:g} and {high:g}; give a range: {path}=LOW:HIGH"
        )
    central = next((v for v in (own, chosen.present) if v is not None and low <= v <= high), (low + high) / 2)
    return Factor(
        path,
        float(low),
        float(central),
        float(high),
        chosen.unit,
        chosen.grade,
        "policy",
        f"{chosen.place}: {chosen.what}",
        "lever",
        whole=chosen.kind == "integer",
    )


def factors_over(asked, declared, scenario) -> list:
    """Return the factors that ``--over`` names.

    Parameters
    ----------
    asked : list of str: names, patterns, groups, paths of levers, ``name=low:high``; empty for all assumptions
    declared : dict of name -> Assumption
    scenario : Scenario, whose own values levers are swept around

    Returns
    -------
    list of Factor, in the order asked, none twice

    Raises
    ------
    UsageError, AssumptionError, ScenarioError
        naming what is not known and what comes nearest
    """
    by_name, ranged = {}, set()
    for text in asked or [*GROUPS[:2]]:
        if not isinstance(text, str):
            raise UsageError("over", f"{text!r:.60} is no name, such as b_pay or b_pay=0:2")
        for factor in _named(text.strip(), declared, scenario):
            if factor.name in ranged and "=" in text and factor != by_name[factor.name]:
                raise UsageError(f"over {factor.name}", "has two ranges")
            # a range of one's own counts, whatever else names the factor
            if factor.name not in by_name or "=" in text:
                by_name[factor.name] = factor
            ranged |= {factor.name} if "=" in text else set()
    if not by_name:
        raise UsageError("over", f"{', '.join(asked)}: nothing to vary")
    return list(by_name.values())


def _named(text, declared, scenario) -> list:
    """Return the factors that one pattern names."""
    name, given, span = text.partition("=")
    span = limits(span, f"over {name}=") if given else None
    # a group, an assumption, a lever, or else a pattern over the names of assumptions
    if name in GROUPS and not given:
        if name == "policy":
            return policy_levers(scenario)
        return [assumption(row) for row in declared.values() if row.group == name and not row.is_fixed]
    if name in declared:
        return [assumption(declared[name], span)]
    if "." in name:
        return [lever(name, scenario, span)]
    matching = [row for key, row in declared.items() if fnmatchcase(key, name)]
    if not matching or given:
        known = [*ASSUMPTIONS, *GROUPS, *catalogue()]
        raise UsageError(f"over {text}", f"no assumption, lever or group is called so{nearest(name, known)}")
    varying = [assumption(row) for row in matching if not row.is_fixed]
    return varying or [assumption(matching[0])]  # which says that it is fixed


def policy_levers(scenario) -> list:
    """Return the scenario's own quantities as factors: every lever it sets, those of one policy together."""
    levers = []
    for policy in scenario.policies:
        quantity = all(lever.kind in ("number", "integer") for lever in policy.levers)
        own = _own_value(policy.levers, scenario) if quantity else None
        if own and len({lever.field for lever in policy.levers}) == 1:  # 0 has no stretch
            levers.append(lever(policy.lever, scenario))
    return levers


def _own_value(levers, scenario) -> float | None:
    """Return the one finite number to which a scenario sets the levers, or None."""
    values = {
        changed(chosen.present, policy) for policy in scenario.policies for chosen in policy.levers if chosen in levers
    }
    value = values.pop() if len(values) == 1 else None
    return value if value is not None and abs(value) < HUGE else None


# --- Clipping ranges to values that have hub constants ----------------------------------------------


STEPS = 6  # of the bisection: the end is found to a sixty-fourth of the range


def clip(factors, central, start, each=map) -> list:
    """Clip each assumption's range to values that have hub constants, all other assumptions at their centre.

    Parameters
    ----------
    factors : list of Factor
    central : Assumptions at their centre
    start : first year
    each : ``map`` or one like it

    Returns
    -------
    list of Factor, those that were cut with a note that says where
    """
    ends = [(factor, side) for factor in factors if factor.span is not None for side in (0, 1)]
    # they depend on the assumptions alone: another scenario's sweep finds them on the disk
    outermost = disk_cache.ranges(lambda: list(each(partial(_end, central, start), ends)), ends, central, start)
    ends_of = dict(zip(((f.name, side) for f, side in ends), outermost, strict=True))
    return [_cut(f, ends_of.get((f.name, 0)), ends_of.get((f.name, 1))) for f in factors]


def _end(central, start, end) -> float:
    """Return the outermost usable quantile on one side of a factor's range, by bisection from the centre."""
    factor, side = end
    outer, inner = factor.span[side], 0.5
    # the centre is recalled where the factor does not touch the inversion
    has_constants(central, start)
    if _is_usable(central, start, factor, outer):
        return outer
    # keep the outermost value known to be usable
    for _ in range(STEPS):
        middle = (outer + inner) / 2
        if _is_usable(central, start, factor, middle):
            inner = middle
        else:
            outer = middle
    return inner


def _is_usable(central, start, factor, u) -> bool:
    """Return whether hub constants exist at quantile ``u`` of a factor."""
    value = factor.value((u - factor.span[0]) / (factor.span[1] - factor.span[0]))
    return has_constants(central.vary(**{factor.name: value}), start)


def _cut(factor, first, last) -> Factor:
    """Return a factor clipped to two quantiles, with a note; unchanged if both are its ends."""
    if factor.span is None or (first, last) == factor.span:
        return factor
    cut = factor.within(first, last, "")
    notes = []
    if first > factor.span[0]:
        notes.append(f"swept from {cut.low:.3g}: below it no hub constants meet the first year")
    if last < factor.span[1]:
        notes.append(f"swept to {cut.high:.3g}: above it no hub constants meet the first year")
    return factor.within(first, last, "; ".join(notes))
