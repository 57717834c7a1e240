"""Two universes of pay: frontier labs and all other employers, by tier, hub by hub, beside what was printed."""

from typing import TYPE_CHECKING, Any

import numpy as np

from sim.errors import ResultError
from sim.model.labour import sector_pay
from sim.scenario.files import loads
from sim.scenario.levers import baseline_rules
from sim.scenario.stack import rules_at
from sim.show.plots import style
from sim.show.plots.choice import hubs_shown, only_pair, until
from sim.show.plots.style import inset
from sim.world.categories import SECTORS, TIERS
from sim.world.market_facts import facts, published_index
from sim.world.setting import load_setting

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SIZE = (9, 6.5)  # inches
MOST = (14, 9)  # hubs, in a memo and on a slide
LABS = SECTORS.index("frontier_lab")
COLOURS = {"labs": style.SCENARIO, "others": style.MANY[1]}
NAMES = {"labs": "frontier labs", "others": "all other employers"}
MARKS = dict(zip(TIERS, ("D", "o", "s"), strict=True))
# published medians of firms in the Bay Area: statement -> universe that the firm belongs to
FIRMS = {"m71": "labs", "m72": "labs", "m73": "labs", "m74": "others", "m75": "others"}
CAPTION = (
    "Pay of employers relative to their hub: assumed (grade D); equity at face value. Published: medians of firms in "
    "the Bay Area (grade B); grey: a senior engineer of any employer (grade C), an input of the model."
)


def universes(result, time) -> dict[str, np.ndarray]:
    """Return pay of ``labs`` and of all ``others``, each (hub, tier) kUSD a year, on 1 January ``time``.

    Pay of a hub is that of the scenario, mean over pairs. Its employers earn what their sector does under the policies
    then in force, and all sectors together, at their shares of the start, the hub's mean. Raise ResultError for a run
    of another world.
    """
    s, data = load_setting(), result.data
    if set(data.hub.values) - set(s.hubs):
        raise ResultError("pay_universes", "needs a run of the world that is in use: its hubs differ")
    at = [s.hubs.index(hub) for hub in data.hub.values]
    policies = loads(result.record["scenario"], result.record["name"]).policies
    multiplier = sector_pay(s, rules_at(12 * int(time), policies, baseline_rules()))
    relative = multiplier / (s.sector_share * multiplier).sum(axis=1, keepdims=True)
    share, relative = s.sector_share[at, LABS], relative[at]
    factor = {"labs": relative[:, LABS], "others": (1 - share * relative[:, LABS]) / np.maximum(1 - share, 1e-9)}
    pay = data.pay.sel(arm="scenario", time=time).mean("replicate").transpose("hub", "tier").values
    return {name: pay * each[:, None] for name, each in factor.items()}


def plot_pay_universes(result, ax=None, hubs=None, years=None) -> "Axes":
    """Draw for each hub the pay of entry engineers, practitioners and experts, in frontier labs and everywhere else.

    Parameters
    ----------
    result : Result with one scenario
    ax : matplotlib Axes; a new figure of 9 by 6.5 inches if None
    hubs : list of hub labels; the hubs of the published index and those with most engineers in labs if None
    years : (first, last); the first January is shown, and that of the run if None

    Returns
    -------
    the Axes; the picture is its only child, ``ax.child_axes[0]``

    Raises
    ------
    ResultError for an unknown hub, years outside the run, or a run of another world; UsageError for a comparison.
    """
    result = until(only_pair(result, "pay_universes"), years)
    time = int(result.data.time[0]) if years is None else max(int(result.data.time[0]), years[0])
    pay, data = universes(result, time), result.data
    known = list(data.hub.values)
    usual = [hub for hub in _hubs() if hub in known][: style.fit(*MOST)]
    at = [known.index(hub) for hub in (hubs_shown(result, hubs, most=style.fit(*MOST)) if hubs else usual)]
    # the hub in which labs pay most stands first
    at.sort(key=lambda k: -pay["labs"][k, 1])
    with style.look():
        ax = style.axes(SIZE) if ax is None else ax
        ax.axis("off")
        ratio = float(np.median(pay["labs"][at, 1] / pay["others"][at, 1]))
        title = f"In the model frontier labs pay {ratio:.1f} times what their hub's other employers do"
        style.heading(ax, title, f"{result.record['title']}: total pay a year, kUSD (logarithmic), 1 January {time}")
        plot = inset(ax, left=12.5, below=2.2, right=1.5, above=1.8)
        _draw(plot, pay, at, [_short(name) for name in data.hub_name.values[at]])
        _print(plot, [data.hub.values[k] for k in at])
        _legend(plot)
        style.caption(ax, f"{CAPTION} Mean over pairs. {style.source(result.record)}")
    return ax


def _hubs() -> list[str]:
    """Return the hubs of the published index, then those with most engineers in frontier labs."""
    s, known = load_setting(), list(published_index())
    order = np.argsort(-s.stock * s.sector_share[:, LABS], kind="stable")
    return known + [s.hubs[k] for k in order if s.hubs[k] not in known]


def _short(name) -> str:
    """Drop what a name of a hub has in brackets."""
    return name.split(" (")[0]


def _draw(plot, pay, at, names) -> None:
    """Draw a row a hub: for each universe a line from entry to expert, with a mark a tier."""
    from matplotlib.ticker import NullFormatter

    for universe, up in (("labs", 0.17), ("others", -0.17)):
        for row, k in enumerate(at):
            values = pay[universe][k]
            plot.plot(values[[-1, 0]], [row - up] * 2, color=COLOURS[universe], lw=style.em(0.22), zorder=2)
            for tier, value in zip(TIERS, values, strict=True):
                plot.plot(value, row - up, MARKS[tier], color=COLOURS[universe], ms=style.em(0.62), zorder=3)
    # a logarithmic axis, with round numbers
    highest, lowest = max(pay[name][at].max() for name in pay), min(pay[name][at].min() for name in pay)
    plot.set_xscale("log")
    ticks = [tick for tick in (25, 50, 100, 200, 400, 800, 1600) if lowest / 1.3 <= tick <= highest * 1.3]
    plot.set(xlim=(lowest / 1.15, highest * 1.15), ylim=(len(at) - 0.5, -0.5), yticks=range(len(at)), yticklabels=names)
    plot.set_xticks(ticks, [f"{tick:,}" for tick in ticks])
    plot.xaxis.set_minor_formatter(NullFormatter())
    plot.tick_params(axis="y", length=0, labelsize="medium")
    plot.tick_params(axis="x", which="minor", length=0)
    plot.grid(axis="x", color=style.GRID, zorder=0)


def printed_pay(hub) -> list[tuple[float, str]]:
    """Return the printed pay of a hub: (kUSD a year, universe), '' for a senior engineer of any employer."""
    senior = published_index().get(hub, {}).get("senior")
    rows: list[tuple[float, str]] = [(float(senior), "")] if senior else []
    return rows + [(float(facts()[name]["value"]), FIRMS[name]) for name in FIRMS if hub == "sf_bay_area"]


def _print(plot, hubs) -> None:
    """Mark printed pay by an open circle, in the colour of the universe or grey."""
    for row, hub in enumerate(hubs):
        for value, universe in printed_pay(hub):
            up = {"labs": 0.17, "others": -0.17, "": 0.0}[universe]
            colour = COLOURS.get(universe, style.BASELINE)
            plot.plot(value, row - up, "o", mfc="white", mec=colour, mew=style.em(0.14), ms=style.em(0.75), zorder=4)


def _legend(plot) -> None:
    """Explain colours and marks in one line above the picture."""
    from matplotlib.lines import Line2D

    sample: dict[str, Any] = {"ls": "", "color": style.BASELINE, "ms": style.em(0.62)}
    entries = [(NAMES[name], Line2D([], [], color=colour, lw=style.em(0.3))) for name, colour in COLOURS.items()]
    entries += [(tier, Line2D([], [], marker=MARKS[tier], **sample)) for tier in TIERS[::-1]]
    entries.append(("published", Line2D([], [], marker="o", mfc="white", **sample)))
    names, handles = zip(*entries, strict=True)
    plot.legend(handles, names, loc="lower left", bbox_to_anchor=(0, 1.0), ncols=len(names), frameon=False,
                fontsize="small", borderaxespad=0.2, handlelength=1.2, columnspacing=1.2)  # fmt: skip
