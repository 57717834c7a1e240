"""Plot posteriors against priors, the facts that they imply, and how well known true values are recovered."""

from typing import TYPE_CHECKING

import numpy as np
from scipy.special import ndtri
from scipy.stats import binom

from sim.results.verdicts import FAMILIES
from sim.scenario.assumptions import ENOUGH, PRIORS
from sim.scenario.distributions import quantile
from sim.show.plots import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SIZE = (10, 9.2)  # inches
ENDS = {"low": 0.05, "central": 0.5, "high": 0.95}
NINETY = 1.645  # standard deviations on either side
SURE = 0.99  # of the band of a uniform histogram


def plot_calibration(answer, ax=None) -> "Axes":
    """Draw three panels: beliefs in normal scores of their priors, facts in standard errors, ranks of known truths.

    Parameters
    ----------
    answer : dict, see ``sim.show.calibration.answer``
    ax : matplotlib Axes; a new figure of 10 by 9.2 inches if None

    Returns
    -------
    the Axes; the panels are its children, ``ax.child_axes``
    """
    with style.look():
        ax = style.axes(SIZE) if ax is None else ax
        ax.axis("off")
        style.heading(
            ax,
            "What facts say of the beliefs about behaviour",
            f"{answer['rows']:,} draws of all beliefs, {answer['usable']:,} usable; medians and 90 % ranges",
        )
        # beliefs at the left over the whole height, facts and ranks at the right
        _beliefs(ax.inset_axes([0.2, 0.07, 0.28, 0.9]), answer)
        _facts(ax.inset_axes([0.67, 0.4, 0.31, 0.57]), answer)
        _ranks(ax.inset_axes([0.67, 0.07, 0.31, 0.19]), answer)
        style.caption(
            ax,
            "Beliefs that data narrowed by less than a fifth are called prior-driven. Grey: 90 % of "
            "the prior, 90 % of the error of a fact, and 99 % of the bars that a perfect method gives. "
            + style.made_by(f"{answer['rows']:,} draws"),
        )
    return ax


def plot_left_out(answer, ax=None) -> "Axes":
    """Draw every study predicted by a fit without its family, beside what was published, in errors of the study.

    Parameters
    ----------
    answer : dict, see ``sim.show.calibration.answer``
    ax : matplotlib Axes; a new figure of 10 by 9.2 inches if None

    Returns
    -------
    the Axes
    """
    # studies that score, family by family
    rows = [row for row in answer["left_out"] if row["z"] is not None]
    rows = sorted(rows, key=lambda row: (row["family"], row["id"]), reverse=True)
    with style.look():
        ax = style.axes(SIZE) if ax is None else ax
        ax.axis("off")
        panel = ax.inset_axes([0.27, 0.07, 0.71, 0.9])
        for y, row in enumerate(rows):
            # z says how many units of the study are one standard error
            scale = (row["predicted"] - row["published"]) / row["z"] if row["z"] else 1.0
            low, high = ((row[f"predicted_{end}"] - row["published"]) / scale for end in ("low", "high"))
            colour = style.SCENARIO if row["inside"] else style.FAINT
            panel.plot([low, high], [y, y], color=colour, lw=style.em(0.28), solid_capstyle="butt")
            panel.plot(row["z"], y, "o", color=colour, ms=style.em(0.5))
            panel.plot(row["prior_z"], y, "x", color=style.BASELINE, ms=style.em(0.4))
        panel.axvspan(-NINETY, NINETY, color=style.GRID, zorder=0)
        panel.axvline(0, color=style.BASELINE, lw=style.em(0.1))
        panel.set_yticks(
            range(len(rows)), [f"{FAMILIES.get(row['family'], row['family'])} ({row['id']})" for row in rows]
        )
        panel.set_ylim(-0.7, len(rows) - 0.3)
        panel.set_xlabel("predicted less published, in standard errors (of the study, and of carrying it over)")
        holding = sum(bool(row["held"]) for row in answer["families"])
        style.heading(
            ax,
            f"{holding} of {len(answer['families'])} families of experiments hold when left out of the fit",
            "Each study is predicted by a fit to all other families; 90 % of the posterior's draws",
        )
        style.caption(
            ax,
            "Grey band: 90 % of the study's range. Blue: inside it. Cross: under the priors, without a fit. "
            + style.made_by(f"{answer['rows']:,} draws"),
        )
    return ax


def _beliefs(panel, answer) -> None:
    """Draw posteriors in normal scores of their priors, the least narrowed at the foot."""
    # grey: the prior's own 90 % range; coloured: the posterior
    rows = sorted((row for row in answer["posterior"] if row["name"] in PRIORS), key=lambda row: row["shrinkage"])
    for y, row in enumerate(rows):
        low, middle, high = (_score(row[end], PRIORS[row["name"]], u) for end, u in ENDS.items())
        colour = style.SCENARIO if row["shrinkage"] >= ENOUGH else style.FAINT
        panel.plot([-NINETY, NINETY], [y, y], color=style.GRID, lw=style.em(0.7), solid_capstyle="butt")
        panel.plot([low, high], [y, y], color=colour, lw=style.em(0.28), solid_capstyle="butt")
        panel.plot(middle, y, "o", color=colour, ms=style.em(0.5))
    panel.set_yticks(range(len(rows)), [row["name"] for row in rows])
    panel.set_ylim(-0.7, len(rows) - 0.3)
    panel.set_xlim(-2.6, 2.6)
    panel.set_xlabel("standard deviations of the prior\n(grey: its own 90 % range; blue: narrowed by data)")
    panel.set_title("Beliefs", loc="left", fontsize="medium")


def _score(value, prior, near) -> float:
    """Return the normal score of a value under its prior.

    A bound has several: the one closest to the quantile ``near``.
    """
    # invert the prior's quantile function numerically
    u = np.linspace(1e-4, 1 - 1e-4, 4001)
    curve = quantile(u, prior.shape, prior.central, prior.low, prior.high, prior.bounds, prior.mass)
    first, last = (u[min(np.searchsorted(curve, value, side), len(u) - 1)] for side in ("left", "right"))
    return float(ndtri(np.clip(near, first, last)))


def _facts(panel, answer) -> None:
    """Draw each fact under prior and posterior, in its standard errors."""
    rows = answer["facts"][::-1]
    # two lines a fact, one above the other
    ways = (("prior", style.FAINT, 0.18), ("posterior", style.SCENARIO, -0.18))
    for y, row in enumerate(rows):
        for way, colour, shift in ways:
            low, middle, high = ((row[f"{way}{end}"] - row["value"]) / row["error"] for end in ("_low", "", "_high"))
            panel.plot([low, high], [y + shift] * 2, color=colour, lw=style.em(0.28), solid_capstyle="butt")
            panel.plot(middle, y + shift, "o", color=colour, ms=style.em(0.5), label=way if y == 0 else None)
    panel.axvspan(-NINETY, NINETY, color=style.GRID, zorder=0)
    panel.axvline(0, color=style.BASELINE, lw=style.em(0.1))
    panel.set_yticks(range(len(rows)), [row["name"] for row in rows])
    panel.set_xlabel("simulated less observed, in standard errors")
    panel.set_title("Facts that they were fitted to", loc="left", fontsize="medium")
    panel.legend(loc="upper left", bbox_to_anchor=(0, -0.11), ncols=2, frameon=False, fontsize="small")


def _ranks(panel, answer) -> None:
    """Draw the histogram of the ranks of known truths among the draws."""
    # a histogram of ranks over all assumptions, with the band of a uniform one
    bins = [key for key in answer["ranks"][0] if key.startswith("bin_")]
    counts = np.array([[row[key] for key in bins] for row in answer["ranks"]]).sum(axis=0)
    edges = np.linspace(0, 100, len(bins) + 1)
    low, high = binom.ppf([(1 - SURE) / 2, (1 + SURE) / 2], counts.sum(), 1 / len(bins))
    panel.axhspan(low, high, color=style.BASELINE_BAND, zorder=0)
    panel.bar(edges[:-1], counts, width=np.diff(edges) * 0.92, align="edge", color=style.SCENARIO)
    panel.set_xlim(0, 100)
    panel.set_xlabel("rank of the truth among draws, %")
    panel.set_ylabel(f"{answer['truths']} truths, all beliefs")
    panel.set_title("Known truths, found again", loc="left", fontsize="medium")
