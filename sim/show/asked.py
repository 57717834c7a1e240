"""The effects on measures that the user asked for, in the terminal."""

from rich.console import Group

from sim.results.cells import effect_cells
from sim.results.effects import decimals
from sim.results.narrative import FEW_PAIRS, baseline_title, contents, number_of
from sim.results.summary import effect_table
from sim.show.layout import heading, line, table


def render_effects(result, queries):
    """Every effect in one row: levels, effect, spread, agreement, error; at most 100 columns.

    Parameters
    ----------
    result : Result
    queries : list of str, see :func:`sim.results.summary.effect_table`

    Raises
    ------
    ResultError for a query that makes no sense in this result.
    """
    found = effect_table(result, queries)
    shown = table("", "base", "scen.", "unit", "effect", "90 % of pairs", "same\nsign", "MC\nerror", texts=(3,))
    shown.columns[0].overflow, shown.columns[0].min_width = "fold", 26
    shown.columns[4].style = "bold"
    for measure, rows in found.groupby("measure", sort=False):
        several = bool(len(rows) > 1 or rows.name.iloc[0])
        asked = f"{measure.partition('@')[0]}@{rows.time.iloc[0]}"
        if several:
            shown.add_row(asked)
        digits = _digits(rows)
        for row in rows.to_dict("records"):
            levels = ("" if row[arm] != row[arm] else f"{row[arm]:,.{digits}f}" for arm in ("baseline", "scenario"))
            name = f"  {_called(row)}" if several else asked
            shown.add_row(name, *levels, row["effect_unit"], *effect_cells(row, digits))
    return Group(heading(f"Effects: {result.record['title']}"), shown, line(_reading(result.record, found), "dim"))


def _called(row):
    """A row under the line of its measure: its hub or route, and its scenario in a comparison."""
    return ", ".join(words.split(" (")[0] for words in (row["name"], row.get("arm")) if words)


def _digits(rows):
    """As many decimals as the middle Monte Carlo error allows, at most four; for a single pair as the effects have."""
    scale = abs(rows.effect if rows.pairs.iloc[0] == 1 else rows.error)
    scale = scale[scale > 0].sort_values()
    return decimals(scale.iloc[len(scale) // 2]) if len(scale) else 2


def _reading(record, found):
    pairs = record["replicates"]
    said = f"Effect: scenario less baseline ({baseline_title(record)}), the mean over {number_of(pairs, 'pair')}."
    if pairs == 1:
        return f"{said} More pairs would show its spread and its error."
    rough = f" ({pairs} pairs: a rough spread)" if pairs < FEW_PAIRS else ""
    more = int(found.more_pairs.iloc[0])
    return (
        f"{said} 90 % of pairs: its spread over {contents(record)}{rough}; more pairs do not shrink it. MC error: "
        f"Monte Carlo error of the mean; {more} more pairs would halve it. pp: percentage points, of levels in %."
    )
