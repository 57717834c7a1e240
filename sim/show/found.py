"""What break-even and why found: in words, as tables in the terminal, and as figures."""

from rich.console import Group

from sim.results.cells import effect_cells, effect_digits
from sim.results.narrative import breakeven, figures, split_reading, split_sentences
from sim.show.layout import heading, line, table


def render_breakeven(found, title, folder):
    """The answer of a break-even for the terminal, with the values that were tried."""
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
        shown.add_row(figures(row["value"]), effect, spread, error)
    said = [line(sentence) for sentence in breakeven(found)]
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


def render_parts(tables, title, measure, folder, details=False):
    """What the splits of an effect say, for the terminal; the table of the first, or with ``details`` of all.

    Parameters
    ----------
    tables : dict of what the parts are ('channels', 'policies', 'origins') -> table of ``results.parts.parts_table``
    """
    shown = [heading(f"Why: {title}: the effect on {measure}"), *map(line, split_sentences(tables))]
    for name in tables if details else list(tables)[:1]:
        found = tables[name]
        unit = found.unit.iloc[0]
        made = table(f"by {name}", f"effect, {unit}", "90 % of pairs", "same\nsign", "MC\nerror")
        rows = [
            row | {"effect": row["mean"], "differs": row["mean"] or row["high"] - row["low"]}
            for row in found.to_dict("records")
        ]
        digits = effect_digits(rows)
        for row in rows:
            made.add_row(row["part"], *effect_cells(row, digits), style="bold" if row["part"] == "total" else "")
        shown += [made, *([line(split_reading(name), "dim")] if details else [])]
    return Group(*shown, line(f"{folder}: a table and a figure of each; --details: all tables.", "dim"))


def draw_parts(tables, title, measure, folder):
    """A waterfall of each table into ``folder``."""
    from sim.show.plots import parts, to_file

    for name, found in tables.items():
        to_file(
            lambda ax, name=name, found=found: parts.plot_parts(
                found, title, f"Effect on {measure}, by {name}", found.unit.iloc[0], ax, parts.SMALL_PRINT
            ),
            parts.SIZE,
            folder / f"{name}.png",
        )
