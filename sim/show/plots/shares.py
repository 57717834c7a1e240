"""Hub shares over time: one small panel a hub, the baseline dashed, the scenario solid."""

import numpy as np

from sim.results.effects import HIGH, LOW, decimals, hubs_that_matter
from sim.results.measures import series
from sim.show.plots import style

SIZE = (10, 7.5)  # inches
COLUMNS = 4
LEAST_SPAN = 0.3  # of the level: a panel never blows up a change smaller than this


def plot_shares(result, ax=None):
    """Shares of the world stock of the hubs that matter, the others as one, with 5 to 95 % bands over pairs.

    Parameters
    ----------
    result : Result
    ax : matplotlib Axes to draw inside; a new figure of 10 by 7.5 inches if None

    Returns
    -------
    the Axes; its panels are ``ax.child_axes``
    """
    with style.look():
        ax = style.axes(SIZE) if ax is None else ax
        ax.axis("off")
        panels = _panels(result)
        rows = -(-(len(panels) + 1) // COLUMNS)
        for place, (name, share) in enumerate(panels):
            _draw_panel(ax.inset_axes(_bounds(place, rows)), name, share)
        _draw_key(ax.inset_axes(_bounds(len(panels), rows)), style.band_words(result.record))
        first, *_, last = result.data.time.values
        subtitle = f"Share of the world's AI engineers, %, January {first} to January {last}"
        style.heading(ax, result.record["title"], subtitle)
        style.caption(ax, _small_print(result), below=20)
    return ax


def _panels(result):
    """(name, share in % over arm, replicate and time) of each hub that matters, then of all others."""
    share = 100 * series(result, "share")
    chosen = hubs_that_matter(result)
    names = result.data.hub_name.to_series()
    panels = [(names[hub], share.sel(hub=hub)) for hub in chosen]
    others = share.drop_sel(hub=chosen)
    if others.sizes["hub"]:
        panels.append((f"{others.sizes['hub']} other hubs together", others.sum("hub")))
    return panels


def _bounds(place, rows):
    row, column = divmod(place, COLUMNS)
    width, height = 1 / COLUMNS, 1 / rows
    return (column * width + 0.03, 1 - (row + 1) * height + 0.035, width - 0.075, height - 0.095)


def _draw_panel(panel, name, share):
    years = share.time.values
    for arm in ("baseline", "scenario"):
        values = share.sel(arm=arm).transpose("replicate", "time").values
        _draw_arm(panel, years, arm, values.mean(0), *np.quantile(values, (LOW, HIGH), axis=0))
    _scale(panel, share)
    _label_ends(panel, share.isel(time=-1).mean("replicate"))
    panel.set_title(name, loc="left", fontsize=9, fontweight="bold", pad=14)
    said = _effect_words(share.isel(time=-1), years[-1])
    panel.annotate(said, (0, 1), xytext=(0, 3.5), textcoords="offset points", xycoords="axes fraction",
                   fontsize=8, color=style.SCENARIO)  # fmt: skip


def _effect_words(share, year):
    pairs = share.sel(arm="scenario") - share.sel(arm="baseline")
    if not pairs.any():
        return "no pair differs"
    mean = float(pairs.mean())
    digits = int(np.clip(decimals(mean) + 1, 2, 4))  # two digits that count
    return f"effect in {year}: {mean:+.{digits}f} pp".replace("-", "\u2212")


def _draw_arm(panel, x, arm, mean, low, high):
    """The baseline's band is grey, the scenario's outlined, and the dashes lie on top: both always show."""
    if arm == "baseline":
        panel.fill_between(x, low, high, color=style.BASELINE_BAND, lw=0, zorder=1)
        panel.plot(x, mean, color=style.BASELINE, ls=(0, (4, 2)), lw=1.6, zorder=5)
    else:
        panel.fill_between(x, low, high, color=style.SCENARIO, alpha=0.08, lw=0, zorder=2)
        panel.plot(x, np.transpose([low, high]), color=style.SCENARIO, lw=0.7, zorder=3)
        panel.plot(x, mean, color=style.SCENARIO, lw=2, zorder=4)


def _scale(panel, share):
    """Own scale a panel, but never so fine that a small change looks like a large one."""
    bands = share.quantile((LOW, HIGH), "replicate", skipna=False)
    low, high = float(bands.min()), float(bands.max())
    slack = max(0, LEAST_SPAN * (low + high) / 2 - (high - low)) / 2 + 0.06 * (high - low)
    low, high = max(low - slack, 0), high + slack
    years = share.time.values
    panel.set(xlim=(years[0], years[-1]), ylim=(low, high), xticks=[years[0], years[-1]])
    panel.locator_params(axis="y", nbins=3)
    panel.tick_params(labelsize=7.5, length=2.5)
    first, last = panel.get_xticklabels()
    first.set_ha("left"), last.set_ha("right")


def _label_ends(panel, ends):
    """Both final values at the right edge, moved apart where they would overlap."""
    baseline, scenario = float(ends.sel(arm="baseline")), float(ends.sel(arm="scenario"))
    low, high = panel.get_ylim()
    apart = 0.13 * (high - low)
    shift = max(0, apart - abs(scenario - baseline)) / 2 * (1 if scenario >= baseline else -1)
    for value, moved, colour, weight in (
        (baseline, baseline - shift, style.BASELINE, "normal"),
        (scenario, scenario + shift, style.SCENARIO, "bold"),
    ):
        height = (moved - low) / (high - low)
        panel.annotate(f"{value:.2f}", (1, height), xytext=(3, 0), xycoords="axes fraction", va="center",
                       textcoords="offset points", fontsize=8, color=colour, fontweight=weight)  # fmt: skip


def _draw_key(key, words):
    """What the lines and bands are, in the place of a last panel."""
    key.axis("off")
    key.set(xlim=(0, 1), ylim=(0, 1))
    for y, arm, colour in ((0.82, "scenario", style.SCENARIO), (0.5, "baseline", style.BASELINE)):
        _draw_arm(key, np.array([0, 0.28]), arm, *np.full((2, 3), [y, y - 0.1, y + 0.1]).T)
        key.text(0.34, y, arm, va="center", fontsize=9, color=colour, fontweight="bold")
    key.text(0, 0.3, f"line: mean over pairs\nband: 90 % of pairs\n({words})", va="top", fontsize=7.5,
             color=style.BASELINE, linespacing=1.4)  # fmt: skip


def _small_print(result):
    return (
        f"{style.pairs_words(result.record).capitalize()}. Every panel has its own scale. "
        "The numbers at the right are the shares in the last year."
    )
