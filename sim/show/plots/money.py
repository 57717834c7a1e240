"""Plot what a policy costs the public: a waterfall of taxes, fees, relief,
compute and services that ends at the balance.
"""

from typing import TYPE_CHECKING

import pandas as pd

from sim.results.facts import facts
from sim.results.narrative import sentence
from sim.show.plots import parts, style
from sim.show.plots.choice import only_pair, until
from sim.show.plots.effects import source

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SIZE = (10, 6)  # inches
UNIT = "million USD of 2026 a year"


def plot_money(result, ax=None, hubs=None, years=None) -> "Axes":
    """Draw the waterfall of what the policy changes in the public purse of the place that the question is about.

    Parameters
    ----------
    result : Result with one scenario
    ax : matplotlib Axes; a new figure of 10 by 6 inches if None
    hubs : not used: money is counted by country
    years : (first, last): means over these years; the whole run if None

    Returns
    -------
    the Axes; the bars are its only child, ``ax.child_axes[0]``, the purse's loss to the left

    Raises
    ------
    UsageError for a comparison of several scenarios; ResultError for years outside the run
    """
    result = until(only_pair(result, "money"), years)
    outcome = facts(result)
    with style.look():
        ax = style.axes(SIZE) if ax is None else ax
        money = outcome["money"]
        title = sentence("money_finding", outcome, "fiscal" in result.data)
        subtitle = f"{outcome['title']}: the public purse of {outcome['purse']}"
        if not money:
            ax.axis("off")
            style.heading(ax, title, subtitle)
            style.say(ax, f"No account of {outcome['purse']}.")
            return ax
        parts.plot_parts(balance(money), title, subtitle, UNIT, ax)
        if ax.child_axes:
            style.caption(
                ax, f"The parts add up. Line: 90 % of runs. {parts.ERROR} AI engineers alone. {source(result, outcome)}"
            )
    return ax


def balance(money) -> pd.DataFrame:
    """Return the account as a table of parts: what each adds to the public purse, the balance last."""
    # cost to the public turned into gain of the purse: signs and ends swap
    rows = [*money["parts"], money["cost"] | {"name": "balance"}]
    return pd.DataFrame(
        {
            "part": [row["name"] for row in rows],
            "mean": [-row["mean"] for row in rows],
            "low": [-row["high"] for row in rows],
            "high": [-row["low"] for row in rows],
            "error": [row["error"] or 0.0 for row in rows],
        }
    )
