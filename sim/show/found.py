"""What break-even and why found: in words, as tables in the terminal, and as figures."""

from rich.console import Group

from sim.results.cells import effect_cells, effect_digits
from sim.show.layout import heading, line, table

DOUBT = 2  # Monte Carlo errors within which a mean may well be something else


def breakeven_sentences(found):
    """The answer of a break-even in plain English.

    Parameters
    ----------
    found : Breakeven, see ``sim.study.breakeven``

    Returns
    -------
    list of str
    """
    unit = f" {found.unit}" if found.unit else ""
    wanted = f"an effect of {_effect(found.target, found)} on {found.measure}"
    ends = [found.curve.loc[found.curve["mean"].idxmin()], found.curve.loc[found.curve["mean"].idxmax()]]
    runs = "runs from {} to {}".format(
        *(
            f"{_effect(end['mean'], found)} (Monte Carlo error {number(end.error)}) at {number(end.value)}{unit}"
            for end in ends
        )
    )
    if (found.curve.drop(columns="value").nunique() <= 1).all():
        return [
            f"{found.lever} reaches nobody in this run: at every value tried the effect on {found.measure} is "
            f"{_effect(ends[0]['mean'], found)}."
        ]
    if found.value is None:
        said = [
            f"No value of {found.lever} within the limits gives {wanted}: over all values tried the mean effect {runs}."
        ]
        if any(abs(found.target - end["mean"]) < DOUBT * end.error for end in ends):
            said.append(f"The target lies within the error of that: {found.pairs} pairs cannot decide it.")
        if found.found_in:
            said.append(f"In {found.found_in} of {found.pairs} single pairs some value does.")
        return said
    said = [f"{found.lever} at {number(found.value)}{unit} gives {wanted}; the scenario's other policies stay."]
    if found.through:
        low, high = map(number, found.through)
        said.append(f"So does any value from {low} to {high}{unit}: the lever does not bind there.")
    elif found.pairs > 1:
        said.append(
            f"In {found.found_in} of {found.pairs} pairs some value does; 90 % of these values lie in "
            f"[{number(found.low)}, {number(found.high)}]{unit}. Monte Carlo error of the value: "
            f"{number(found.error)}{unit}."
        )
    if found.crossings > 1:
        said.append(f"The mean effect passes the target {found.crossings} times; this value is nearest the present.")
    return [*said, f"Over all values tried the mean effect {runs}."]


def render_breakeven(found, title, folder):
    """The same for the terminal, with the values that were tried."""
    shown = table(
        f"value, {found.unit}" if found.unit else "value", f"effect, {found.effect_unit}", "90 % of pairs", "MC error"
    )
    rows = [
        row | {"effect": row["mean"], "pairs": found.pairs, "differs": 1, "same_sign": found.pairs}
        for row in found.curve.to_dict("records")
    ]
    digits = effect_digits(rows)
    for row in rows:
        effect, spread, _, error = effect_cells(row, digits)
        shown.add_row(number(row["value"]), effect, spread, error)
    said = [line(sentence) for sentence in breakeven_sentences(found)]
    return Group(
        heading(f"Break-even: {title}"),
        *said,
        heading("Values tried, all on the same pairs"),
        shown,
        line(f"{folder}: the curve as a table and a figure.", "dim"),
    )


def draw_breakeven(found, title, path):
    """The curve that the break-even is read from, into a file."""
    from sim.show.plots import curve, to_file

    subtitle = f"Effect on {found.measure} by the value of {found.lever}"
    value = None if found.value is None else (found.value, found.low, found.high)
    label = f"{found.what}, {found.unit}".rstrip(", ")
    return to_file(
        lambda ax: curve.plot_curve(found.curve, title, subtitle, label, found.effect_unit, found.target, value, ax),
        curve.SIZE,
        path,
    )


def render_parts(tables, title, measure, folder):
    """Tables of parts for the terminal.

    Parameters
    ----------
    tables : dict of what the parts are ('channels', 'policies', 'origins') -> table of ``results.parts.parts_table``
    """
    shown = [heading(f"Why: {title}: the effect on {measure}")]
    for name, found in tables.items():
        unit = found.unit.iloc[0]
        made = table(f"by {name}", f"effect, {unit}", "90 % of pairs", "same\nsign", "MC\nerror")
        rows = [
            row | {"effect": row["mean"], "differs": row["mean"] or row["high"] - row["low"]}
            for row in found.to_dict("records")
        ]
        digits = effect_digits(rows)
        for row in rows:
            made.add_row(row["part"], *effect_cells(row, digits), style="bold" if row["part"] == "total" else "")
        shown += [made, line(READING[name], "dim")]
    return Group(*shown, line(f"{folder}: the tables and a figure of each.", "dim"))


READING = {
    "channels": "Each part: what its policies, or the mechanism, add on average over the orders in which they can be "
    "switched on (Shapley); the parts sum to the total. Network: ties between people. Feedback: size, pay, "
    "prices, compute a head and affiliate jobs follow the stocks.",
    "policies": "Each part: what the policy adds on average over the orders in which they can be switched on "
    "(Shapley); the parts sum to the total.",
    "origins": "Each part: what moves from and to that hub changed, arrivals less departures, from the start on; the "
    "parts sum to the total.",
}


def draw_parts(tables, title, measure, folder):
    """A waterfall of each table into ``folder``."""
    from sim.show.plots import parts, to_file

    for name, found in tables.items():
        to_file(
            lambda ax, name=name, found=found: parts.plot_parts(
                found, title, f"Effect on {measure}, by {name}", found.unit.iloc[0], ax
            ),
            parts.SIZE,
            folder / f"{name}.png",
        )


def number(value):
    """A value as people read it: three figures that count, thousands apart.

    >>> number(63215.2), number(0.01234), number(7)
    ('63,200', '0.0123', '7')
    """
    if value != value:
        return "not known"
    if abs(value) >= 1000:
        digits = len(str(int(abs(value)))) - 3
        return f"{round(value, -digits):,.0f}"
    return f"{value:.3g}"


def _effect(value, found):
    return f"{value:+.3g} {found.effect_unit}"
