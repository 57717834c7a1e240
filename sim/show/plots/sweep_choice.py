"""Prepare figures of sweeps: stage, unit and words, refusals, and a row for each factor."""

import re
from typing import TYPE_CHECKING

import numpy as np

from sim.errors import UsageError
from sim.results.effects import SHOWN
from sim.results.indices import NORMAL, SLICES
from sim.results.narrative import engineers, number_of
from sim.results.sweep import BLURRED, chance_share, is_graded, plain_name, spoken_name, subject, undefined_sentence
from sim.show.plots import style
from sim.show.plots.style import inset

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

# ------------------------------------------------------------------------------
# What a figure shows of a sweep: which stage, in which unit, with which words; or a refusal in one line.
# ------------------------------------------------------------------------------


METHODS = {
    "sobol": "Sobol indices",
    "morris": "Morris screening",
    "pawn": "PAWN",
    "lhs": "Latin hypercube",
    "grid": "Grid",
    "oat": "One-at-a-time design",
}
BLOCKS = {"sobol": "base samples", "morris": "trajectories"}  # what a design is counted in; else points
LEAST = dict.fromkeys(("pawn", "lhs"), 4 * SLICES)  # points; of other designs two blocks
BAND = "Grey band: what another seed alone would do, in 9 of 10 cases."
LONGEST = 30  # letters in a line of a factor's name
OVER_PANEL = 36  # letters in a line over a panel, of which three stand side by side


def stage_for(sweep, kind, *methods) -> str:
    """Return the last stage of one of the methods that a figure is for.

    Raises
    ------
    UsageError if the sweep has none, naming those that it has, or if nothing of it is done
    """
    if not len(sweep.measures):
        raise UsageError(kind, "needs a finished cell, and this sweep has none yet")
    # a guided sweep has several stages; the last fitting one has the final answer
    fitting = [name for name in sweep.stages.index if sweep.stages.method[name] in methods]
    if not fitting:
        has = " and ".join(sweep.stages.method) or "nothing yet"
        raise UsageError(kind, f"needs a sweep by {' or '.join(methods)}, and this one has {has}")
    return fitting[-1]


def unit_of(sweep, measure) -> tuple[float, str]:
    """Return (factor, unit): the number to multiply a measure by, and its unit in words."""
    row = sweep.measures.loc[measure]
    factor, _, unit = SHOWN.get(row["unit"], (1, "", row["unit"])) if row["paired"] else (1, "", row["unit"])
    return factor, unit.replace("pp", "percentage points")


def axis_words(sweep, measure) -> str:
    """Return a label for the axis of a measure: ``effect, percentage points``."""
    unit = unit_of(sweep, measure)[1]
    return ("effect" if sweep.measures.paired[measure] else measure) + (f", {unit}" if unit else "")


def way_along(words, first, last, reach) -> str:
    """Describe in plain ``words`` how the answer changes along a factor, from its first value to its last,
    with its range.
    """
    way = "bends" if reach > 1.25 * abs(last - first) else "rises" if last > first else "falls"
    return f"The answer {way} most with {words}"


def moves_most(sweep, name) -> str:
    """Title the figure with the factor that moves the answer most."""
    return f"{begun(spoken_name(sweep, name))} moves the answer most"


def begun(words) -> str:
    """Return words with a capital first letter where they are plain words; a name in files stays as it is."""
    return words[:1].upper() + words[1:] if " " in words else words


def figure(sweep, ax, measure, kind, methods, size, values, draw, check=None) -> "Axes":
    """Draw a figure of a sweep, or say in its place why nothing can be drawn yet.

    Parameters
    ----------
    sweep : Sweep
    ax : matplotlib Axes; a new figure if None
    measure : str; the sweep's first one if None
    kind : str, of the figure, for refusals
    methods : sequence of str, designs that the figure is for; the last stage of one of them is drawn
    size : (width, height) of a new figure, inches
    values : function of (sweep, measure, stage) that returns what is drawn, the sizes of the changes in it, and
        whether it is enough to draw
    draw : function of (sweep, ax, measure, stage, what is drawn)
    check : function of (sweep, stage) that refuses a design which the figure cannot show, or None

    Returns
    -------
    the Axes

    Raises
    ------
    UsageError for a sweep by another method; ResultError for a measure that it did not keep.
    """
    stage, measure = stage_for(sweep, kind, *methods), measure or sweep.primary
    if check is not None:
        check(sweep, stage)
    with style.look():
        ax = begin(ax, size)
        # a design that has hardly begun has no values to look at
        if too_early(sweep, stage, ax):
            return ax
        shown, sizes, enough = values(sweep, measure, stage)
        if not (too_early(sweep, stage, ax, enough) or still(sweep, ax, measure, sizes)):
            draw(sweep, ax, measure, stage, shown)
    return ax


def begin(ax, size) -> "Axes":
    """Return the axes given, or new ones of ``size``, without a frame."""
    ax = style.axes(size) if ax is None else ax
    ax.axis("off")
    return ax


def head(sweep, ax, title, shown) -> None:
    """Write the heading of a figure of a sweep: its finding; below, the sweep's title and the quantity shown."""
    whose = sweep.record.get("title")
    style.heading(ax, title, f"{whose}: {shown}" if whose else shown[:1].upper() + shown[1:])


def too_early(sweep, stage, ax, enough=True) -> bool:
    """Say in the place of the plot that too little is done, or not ``enough`` for this figure; return whether it is so.

    Says it instead.
    """
    # complete blocks only: indices of a partial block mean nothing
    done, least = len(sweep.complete(stage)), LEAST.get(sweep.stages.method[stage], 2)
    if done >= least and enough:
        return False
    blocks = BLOCKS.get(sweep.stages.method[stage], "points")
    head(sweep, ax, "Too early to say", f"{done:,} of {sweep.stages.n[stage]:,} {blocks} are done")
    style.say(ax, "They are too few for this figure: the same command goes on, and a larger --n asks for more.")
    return True


def undefined(sweep, ax, measure) -> bool:
    """Say in the place of the plot that the measure has no value at some points; return whether it is so."""
    words = undefined_sentence(sweep, measure)
    if words:
        head(sweep, ax, f"No index of {measure} can be made", "a sweep whose outcome is undefined at some points")
        style.say(ax, words)
    return bool(words)


def still(sweep, ax, measure, sizes) -> bool:
    """Say in the place of the plot that nothing changes the measure, or that it is undefined; return whether it is so.

    Says it in the place of the plot.
    """
    if undefined(sweep, ax, measure):
        return True
    if np.nanmax(np.abs(sizes), initial=0) > 0:
        return False
    head(sweep, ax, f"Nothing that was swept changes {subject(sweep, measure)}", "a sweep in which nothing differs")
    style.say(ax, f"At every point of the sweep {subject(sweep, measure)} is the same.")
    return True


def design_words(sweep, stage) -> str:
    """Describe the design: ``Sobol indices of 8 factors from 256 base samples; ...``, with what is still missing."""
    method, done, asked = sweep.stages.method[stage], len(sweep.complete(stage)), int(sweep.stages.n[stage])
    factors = number_of(len(sweep.stages.factors[stage]), "factor")
    blocks = f"{done:,} {f'of {asked:,} ' if done < asked else ''}{BLOCKS.get(method, 'points')}"
    text = f"{METHODS[method]} of {factors}, {blocks}"
    record = sweep.record
    if "population" in record:
        text += f"; {engineers(record)}, {number_of(record['years'], 'year')}"
    return f"{text}."


def chance_words(sweep, measure, stage) -> str:
    """State the share of chance, if points were run again with other chance: ``Chance: 12 % of the variance.``"""
    share = chance_share(sweep, measure, stage)["share"]
    spread_out = sweep.stages.method[stage] != "oat"  # its points say nothing of the variance over the space
    return f" Chance: about {percent(share)} of the variance." if spread_out and share == share else ""


def blurred(sweep, measure, stage) -> str | None:
    """Return a title that says that chance hides the effects of the factors; None if it does not."""
    share = chance_share(sweep, measure, stage)["share"]
    return f"Chance makes up about {percent(share)} of the variance: the order is blurred" if share > BLURRED else None


HIDDEN = "No factor moves the answer more than chance does"


def chance_reach(sweep, measure, stage) -> float:
    """Return how far another seed alone moves a point in 9 of 10 cases, in the unit shown; NaN if that is unknown."""
    return NORMAL * unit_of(sweep, measure)[0] * chance_share(sweep, measure, stage)["error"]


def percent(part) -> str:
    """Format a part as ``44 %``, with a true minus.

    >>> percent(0.444), percent(-0.02)
    ('44 %', '\\u22122 %')
    """
    return f"{style.signed(100 * part, 0).removeprefix('+')} %"


def caption(sweep, ax, measure, stage, needed, more="", letters=True) -> None:
    """Write the small print: the design, the part of chance, what one needs to read the figure.

    Where there is room, more.
    """
    # a slide has room for the essentials alone
    key = "Letter: grade of evidence, A measured, B derived, C industry, D assumed."
    key = style.fit(key, "") if letters and is_graded(sweep) else ""
    text = (
        design_words(sweep, stage) + chance_words(sweep, measure, stage),
        needed,
        style.fit(more, ""),
        key,
        _source(sweep.record),
    )
    style.caption(ax, " ".join(filter(None, text)))


def _source(record) -> str:
    """Name the source of a sweep's numbers; another model than the simulator has none."""
    if "population" not in record:
        return ""
    return style.made_by(f"seed {record['seed']}, {record['start']} to {record['start'] + record['years']}")


def others_words(count, where="are not shown") -> str:
    """Count the factors that are not shown: ``4 weaker factors are not shown. ``, or nothing."""
    where = where if count > 1 else where.replace("are", "is")
    return f"{number_of(count, 'weaker factor')} {where}. " if count else ""


def folded(name, longest=LONGEST) -> str:
    """Break a factor's name into lines of at most ``longest`` letters, after dots if possible.

    >>> folded("country.usa.route.h1b.special_fee_usd")
    'country.usa.route.h1b.\\nspecial_fee_usd'
    """
    # parts end with a dot; longer ones break at blanks, underscores, or anywhere
    lines, word = [""], rf"[^_ ]{{1,{longest - 1}}}[_ ]?|[_ ]"
    for part in re.findall(r"[^.]*\.|[^.]+", name):
        for piece in [part] if len(part) <= longest else re.findall(word, part):
            if lines[-1] and len(lines[-1] + piece) > longest:
                lines.append("")
            lines[-1] += piece
    return "\n".join(line.strip() for line in lines)


def with_grade(sweep, name, longest=LONGEST) -> str:
    """Return a factor in plain words, folded, and the letter of its evidence: ``pull of net real pay (B)``."""
    grade = sweep.factors.grade[name]
    return folded(plain_name(sweep, name), longest) + (f" ({grade})" if grade else "")


def moves(sizes) -> "pd.Series":
    """Select the factors that move a measure at all, by the sizes of their changes: less than this is rounding."""
    return sizes > 1e-9 * sizes.max()


def digits_of(size) -> int:
    """Return the digits after the point that show two significant digits.

    >>> digits_of(0.19), digits_of(7.0), digits_of(250.0)
    (2, 1, 0)
    """
    return int(np.clip(1 - np.floor(np.log10(size)), 0, 6))


# ------------------------------------------------------------------------------
# A row for each factor of a sweep: its name, the letter of its evidence, and a plot beside them.
# ------------------------------------------------------------------------------


LETTER = 1.9  # em between a name and the plot, for the letter


def row_panel(sweep, ax, names, right=1.0, above=0.0) -> "Axes":
    """Return a panel with a row for every factor, the first on top.

    Parameters
    ----------
    sweep : Sweep
    ax : Axes that the panel lies in
    names : list of str, factors
    right, above : em of the axes that the panel leaves free, for numbers and a key

    Returns
    -------
    the Axes of the panel; row k lies at the height ``len(names) - 1 - k``
    """
    # the longest line sets the room at the left; letters of evidence stand beside the plot
    words = [folded(plain_name(sweep, name)) for name in names]
    longest = max(len(line) for name in words for line in name.splitlines())
    plot = inset(ax, left=0.5 * longest + LETTER + 0.6, below=3.2, right=right, above=above)
    heights = np.arange(len(names))[::-1]
    plot.set(yticks=heights, ylim=(-0.7, len(names) - 0.3))
    plot.set_yticklabels(words, color=style.INK, parse_math=False)
    plot.tick_params(axis="y", length=0, pad=style.em(LETTER))
    for y, name in zip(heights, names, strict=True):
        grade = sweep.factors.grade[name]
        plot.annotate(
            grade,
            (0, y),
            (-style.em(1), 0),
            ("axes fraction", "data"),
            "offset points",
            ha="center",
            va="center_baseline",
            fontsize="small",
            fontweight="bold",
            annotation_clip=False,
            color=style.GRADES.get(grade, style.INK),
        )
    plot.hlines(heights[1:] + 0.5, 0, 1, color=style.GRID, lw=0.8, zorder=-1, transform=plot.get_yaxis_transform())
    plot.spines["left"].set_visible(False)
    return plot
