"""Shares over time, without and with the policy: the place of the question first, every panel of the same span."""

from functools import partial
from typing import TYPE_CHECKING

from sim.results.effects import HIGH, LOW, QUANTILE, decimals
from sim.results.facts import facts, places_over_time
from sim.results.measures import series
from sim.results.narrative import sentence
from sim.show.plots import style
from sim.show.plots.choice import basis_words, hubs_shown, period, scenario_names, times_shown
from sim.show.plots.style import apart, draw_fan, draw_legend, draw_sample, how_to_read, in_em, inset, pixels, wrap

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SIZE = (10, 7)  # inches
MOST = (15, 11)  # hubs that stay readable, in a memo and on a slide
MARGINS = {"left": 3.6, "below": 1.6, "right": 3, "above": 2.7}  # em, round each panel


def plot_shares(result, ax=None, hubs=None, years=None) -> "Axes":
    """Draw shares of the world stock of the scenario's subject and of the countries that change most,
    with bands over pairs.

    All panels span as many points, so that a change looks as large as it is.

    Of a comparison of several scenarios: their mean lines, without bands.

    Parameters
    ----------
    result : Result
    ax : matplotlib Axes to draw inside; a new figure of 10 by 7 inches if None
    hubs : list of hub labels, and then all others as one; the subject and countries if None
    years : (first, last), 1 January each; the whole run if None

    Returns
    -------
    the Axes; its panels are ``ax.child_axes``; the key is the last of them, in a comparison the first

    Raises
    ------
    ResultError for an unknown hub or years outside the run; UsageError for more hubs than are readable.
    """
    times = times_shown(result, years)
    with style.look():
        ax = style.axes(SIZE) if ax is None else ax
        ax.axis("off")
        # panels: chosen hubs and all others, or the subject and the countries that change most
        many = len(result.arms) > 1
        if hubs or many:
            panels = share_panels(result, hubs_shown(result, hubs, style.fit(10, 6), style.fit(*MOST)), times)
        else:
            places = places_over_time(result, style.fit(7, 5))
            panels = [(name, share.sel(time=times)) for name, share, _ in places]
        # names of scenarios above, panels in a grid, and the key in the last cell
        head = _draw_names(ax, result) if many else 0
        count = len(panels) + (not many)  # the key takes the place of a last panel
        columns = min(count, 3 if count < 7 else 4)
        span = _common_span([share for _, share in panels])
        for place, (name, share) in enumerate(panels):
            _draw_panel(_cell(ax, place, count, columns, head), name, share, span)
        if not many:
            _draw_key(_cell(ax, len(panels), count, columns, head), result)
        # with a subject the title gives the finding, else it names the run
        what = f"Share of the world's AI engineers{basis_words(result)}, %, {period(times)}"
        if many or hubs:
            style.heading(ax, result.record["title"], what)
        else:
            answer = facts(result)
            style.heading(ax, sentence("finding", answer), f"{result.record['title']}: {what[0].lower()}{what[1:]}")
        style.caption(ax, f"{_small_print(result)} {style.source(result.record)}")
    return ax


def _cell(ax, place, count, columns, head) -> "Axes":
    """Return the axes of one cell of the grid."""
    cells = (-(-count // columns), columns)
    return inset(ax, **MARGINS, cell=divmod(place, columns), cells=cells, head=head)


def share_panels(result, chosen, times) -> list[tuple]:
    """Return (name, share in % over arm, replicate and time) of each hub, then of all others."""
    # a panel for each hub, and one for all others together
    share = 100 * series(result, "share").sel(time=times)
    names = result.data.hub_name.to_series()
    panels = [(names[hub], share.sel(hub=hub)) for hub in chosen]
    others = share.drop_sel(hub=chosen)
    if others.sizes["hub"]:
        panels.append((f"{others.sizes['hub']} other hubs together", others.sum("hub")))
    return panels


def _draw_panel(panel, name, share, span) -> None:
    """Draw one place: its fan, the final values and the effect."""
    draw_fan(panel, share, high=100)
    _widen(panel, span)
    panel.locator_params(axis="y", nbins=3)
    panel.yaxis.set_major_formatter("{x:g} %")
    # values at the end, and the effect, only where two lines leave the room
    many = share.sizes["arm"] > 2
    panel.set_title(
        name, loc="left", fontsize=style.fit("medium", "small"), fontweight="bold", pad=style.em(0.4 if many else 1.4)
    )
    if many:
        return
    _label_ends(panel, share.isel(time=-1).mean("replicate"))
    effect = _effect_words(share.isel(time=-1))
    panel.annotate(
        effect,
        (0, 1),
        xytext=(0, style.em(0.3)),
        textcoords="offset points",
        xycoords="axes fraction",
        fontsize="small",
        color=style.SCENARIO,
    )


def _effect_words(share) -> str:
    """Describe the mean effect at the last time: two decimals, or two digits that count where it is below 0.01."""
    # mean effect at the last time shown
    pairs = share.sel(arm="scenario") - share.sel(arm="baseline")
    if not pairs.any():
        return "no pair differs"
    mean = float(pairs.mean())
    digits = 2 if abs(mean) >= 0.01 else min(decimals(mean) + 1, 4)
    return f"effect in {int(share.time)}: {style.signed(mean, digits)} points"


def _common_span(shares) -> float:
    """Return points that every panel spans: what the panel that moves most needs."""
    # the widest band of any panel, with a margin
    pairs = [share.quantile((LOW, HIGH), "replicate", method=QUANTILE) for share in shares]
    return 1.15 * max(float(values.max() - values.min()) for values in pairs) or 1.0


def _widen(panel, span) -> None:
    """Give every panel the same span, round the middle of its own lines."""
    low, high = panel.get_ylim()
    middle = (low + high) / 2
    low = min(max(middle - span / 2, 0), max(100 - span, 0))
    panel.set_ylim(low, low + span)


def _label_ends(panel, ends) -> None:
    """Draw both final values at the right edge, moved apart where they would overlap."""
    low, high = panel.get_ylim()
    # heights in parts of the panel, at least one line apart
    line = style.em(1.05) / (72 / panel.figure.dpi * panel.get_window_extent().height)
    heights = apart((ends.values - low) / (high - low), line)
    looks = ((style.INK, "normal"), (style.SCENARIO, "bold"))
    for value, height, (colour, weight) in zip(ends.values, heights, looks, strict=True):
        panel.annotate(
            f"{value:.2f}",
            (1, height),
            xytext=(style.em(0.3), 0),
            xycoords="axes fraction",
            va="center",
            textcoords="offset points",
            fontsize="small",
            color=colour,
            fontweight=weight,
        )


def _draw_key(key, result) -> None:
    """Draw the key of lines and bands."""
    # samples of both lines, then how to read them
    width, y = in_em(key)
    key.axis("off")
    for number, name in ((1, "scenario"), (0, "baseline")):
        y -= 1.3
        draw_sample(key, 0, y, number)
        key.text(3.9, y, name, va="center", fontsize="small", fontweight="bold")
        y -= 0.7
    words = key.text(
        0, y - 0.4, how_to_read(result.record), va="top", fontsize="small", color=style.BASELINE, linespacing=1.35
    )
    wrap(words, pixels(key, width + 2), 7)


def _draw_names(ax, result) -> float:
    """Name each line of a comparison over the panels; return the em that the names take."""
    names = ["baseline", *scenario_names(result).values()]
    return draw_legend(ax, names, 2, partial(draw_sample, many=True)) + 0.6


def _small_print(result) -> str:
    """Describe spans and the numbers at the right."""
    if len(result.arms) > 1:
        ends = "Lines: means over pairs."
    else:
        ends = "The numbers at the right are the shares in the last year shown."
    return style.fit(f"Every panel spans as many points. {ends}", "Every panel spans as many points.")
