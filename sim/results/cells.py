"""Tables of a result as texts: the same headings and cells in the terminal, a notebook and the report."""

from sim.results.effects import decimals, error_words
from sim.results.summary import country_rows, hub_rows, shown_hubs

ROUTE_COLUMNS = {
    "applicants": "applicants a year",
    "grants": "grants a year",
    "from_abroad": "of them from abroad (%)",
    "experts": "of them experts (%)",
}


def effect_digits(rows) -> int:
    """Choose the decimals of a column of effects: two, or three if the errors are finer."""
    # the middle error decides, so that one precise row does not add digits to all
    errors = sorted(row["error"] for row in rows if row["error"])
    return max(2, min(3, decimals(errors[len(errors) // 2]))) if errors else 2


def effect_cells(row, digits) -> tuple[str, str, str, str]:
    """Format effect, 90 % of pairs, same sign and Monte Carlo error of one row, as four texts."""
    pairs = row["pairs"]
    if row["effect"] != row["effect"]:
        return "not known", "", "", ""  # nan: a share of a group that has nobody in it
    if not row["differs"]:
        return "0", "no pair differs", "", ""
    mean = signed(row["effect"], digits)
    if pairs == 1:
        return mean, "one pair", "", ""
    # effect, spread, agreement and error, all with the same digits
    spread = f"{signed(row['low'], digits)} to {signed(row['high'], digits)}"
    return mean, spread, f"{row['same_sign']}/{pairs}", error_words(row["error"], digits)


def signed(value, digits) -> str:
    """Format a number with its sign, and zero without one.

    >>> signed(0.126, 2), signed(-0.001, 2)
    ('+0.13', '0.00')
    """
    # a value that rounds to zero has no sign
    text = f"{value:+,.{digits}f}"
    return text if any(digit in text for digit in "123456789") else text[1:]


def count(value) -> str:
    """Format a number of people, or a percentage, without decimals; ``none`` if nobody is counted."""
    return "none" if value is None else f"{value:,.0f}"


def hub_table(result) -> tuple[list[str], list[list[str]]]:
    """Tabulate the hubs that matter, and below them the countries that have several.

    For one scenario all columns, for a comparison one column a scenario.

    Returns
    -------
    (list of headings, list of rows of texts of the same length); the first column holds names
    """
    first, last = (int(result.data.time[k]) for k in (0, -1))
    if len(result.arms) > 1:
        return _compared(result, last)
    # one scenario: all columns
    rows = hub_rows(result) + country_rows(result)
    digits = effect_digits(rows)
    head = [
        "",
        f"share {first} (%)",
        f"baseline {last} (%)",
        f"scenario {last} (%)",
        "effect (pp)",
        "90 % of pairs",
        "same sign",
        "MC error",
    ]
    return head, [
        [row["name"], *(f"{row[key]:.2f}" for key in ("start", "baseline", "scenario")), *effect_cells(row, digits)]
        for row in rows
    ]


def _compared(result, last) -> tuple[list[str], list[list[str]]]:
    """Tabulate the hubs of a comparison: one column of effects a scenario."""
    hubs = shown_hubs(result)
    alone = [result.versus(arm) for arm in result.arms]
    # the same rows in every scenario, and one number of decimals for all columns
    by_arm = [hub_rows(one, hubs) + country_rows(one, hubs) for one in alone]
    digits = effect_digits([row for rows in by_arm for row in rows])
    head = ["", f"baseline {last} (%)", *(f"{arm}: effect in pp (90 % of pairs)" for arm in result.arms)]
    return head, [
        [rows[0]["name"], f"{rows[0]['baseline']:.2f}", *("{} ({})".format(*effect_cells(row, digits)) for row in rows)]
        for rows in zip(*by_arm, strict=True)
    ]


def gap_cells(row) -> tuple[str, str]:
    """Format 90 % of pairs and same sign of the gap between the effects by employer and by residence, as two texts."""
    if row["pairs"] == 1:
        return "one pair", ""
    return f"{signed(row['low'], 2)} to {signed(row['high'], 2)}", f"{row['same_sign']}/{row['pairs']}"


def basis_table(rows) -> tuple[list[str], list[list[str]]]:
    """Tabulate the hubs whose share changes differently by employer than by residence.

    Parameters
    ----------
    rows : list, as :func:`sim.results.effects.basis_rows` gives it

    Returns
    -------
    as :func:`hub_table`
    """
    head = ["", "effect by residence (pp)", "by employer (pp)", "difference (pp)", "90 % of pairs", "same sign"]
    return head, [
        [row["name"], *(signed(row[key], 2) for key in ("residence", "employer", "gap")), *gap_cells(row)]
        for row in rows
    ]


def route_table(rows) -> tuple[list[str], list[list[str]]]:
    """Tabulate the routes that a scenario touches, baseline -> scenario.

    Parameters
    ----------
    rows : list, as :func:`sim.results.summary.route_rows` gives it

    Returns
    -------
    as :func:`hub_table`
    """
    return ["", *ROUTE_COLUMNS.values()], [
        [row["name"], *(" -> ".join(count(row[arm][key]) for arm in ("baseline", "scenario")) for key in ROUTE_COLUMNS)]
        for row in rows
    ]
