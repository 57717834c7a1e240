"""Plot why a place gains or loses: a waterfall of net moves by country, entry and exit that ends at the change."""

from typing import TYPE_CHECKING

from sim.results.facts import cause_table, facts
from sim.results.narrative import sentence
from sim.show.plots import parts, style
from sim.show.plots.choice import hubs_shown, only_pair, until
from sim.show.plots.effects import source

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SIZE = (10, 6)  # inches


def plot_causes(result, ax=None, hubs=None, years=None) -> "Axes":
    """Draw the waterfall of what changes the number of engineers of the place that the question is about, over the run.

    Parameters
    ----------
    result : Result with one scenario
    ax : matplotlib Axes; a new figure of 10 by 6 inches if None
    hubs : list of hub labels: the place, in place of the scenario's subject; several are joined
    years : (first, last): the parts are those from the start to the last January; the whole run if None

    Returns
    -------
    the Axes; the bars are its only child, ``ax.child_axes[0]``

    Raises
    ------
    ResultError for an unknown hub or years outside the run; UsageError for a comparison of several scenarios
    """
    result = until(only_pair(result, "causes"), years)
    outcome = facts(result)
    # the place: chosen hubs, or the one that the answer leads with
    label = "+".join(hubs_shown(result, hubs)) if hubs else outcome["lead"]["label"]
    with style.look():
        ax = style.axes(SIZE) if ax is None else ax
        ax.axis("off")
        if label == "world":
            style.heading(ax, sentence("finding", outcome), outcome["title"])
            style.say(ax, "The question is about the whole world: nobody moves into it or out of it.")
            return ax
        # the finding is about the subject alone; other places get a plain title
        named = outcome["lead"]["spoken"] if not hubs else " and ".join(result.data.hub_name.to_series()[hubs])
        table = cause_table(result, label)
        total = table["mean"].iloc[-1]
        finding = outcome["causes"] and not hubs
        title = sentence("causes_finding", outcome, total) if finding else f"Why {named} changes"
        what = f"change of the number of AI engineers of {named} by {outcome['last']}, in parts, persons"
        parts.plot_parts(table, title, f"{outcome['title']}: {what}", "persons", ax)
        if ax.child_axes:
            style.caption(ax, f"The parts add up. {_line(outcome['pairs'])} {parts.ERROR} {source(result, outcome)}")
    return ax


def _line(pairs) -> str:
    """Explain the line under a bar."""
    return "Line: 90 % of runs, from where the bar begins." if pairs > 1 else "A single pair has no spread."
