"""The usable range of an assumption: where hub constants meet the observed first year, all others at their centre."""

from functools import partial

from .draws import constants_or_none

STEPS = 6  # of the bisection: the end is found to a sixty-fourth of the range


def trimmed(factors, central, start, each=map):
    """The factors, each assumption swept only as far as the model can follow it while all others are at the centre.

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
    found = dict(zip(((f.name, side) for f, side in ends), each(partial(_end, central, start), ends), strict=True))
    return [_cut(f, found.get((f.name, 0)), found.get((f.name, 1))) for f in factors]


def _end(central, start, end):
    """The outermost usable quantile on one side of a factor's range: its end, or one between it and the centre."""
    factor, side = end
    outer, inner = factor.span[side], 0.5
    if _is_usable(central, start, factor, outer):
        return outer
    for _ in range(STEPS):
        middle = (outer + inner) / 2
        if _is_usable(central, start, factor, middle):
            inner = middle
        else:
            outer = middle
    return inner


def _is_usable(central, start, factor, u):
    value = factor.value((u - factor.span[0]) / (factor.span[1] - factor.span[0]))
    return constants_or_none(central.vary(**{factor.name: value}), start) is not None


def _cut(factor, first, last):
    if factor.span is None or (first, last) == factor.span:
        return factor
    cut = factor.within(first, last, "")
    said = []
    if first > factor.span[0]:
        said.append(f"swept from {cut.low:.3g}: below it no hub constants meet the first year")
    if last < factor.span[1]:
        said.append(f"swept to {cut.high:.3g}: above it no hub constants meet the first year")
    return factor.within(first, last, "; ".join(said))
