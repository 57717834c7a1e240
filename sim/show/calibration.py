"""Show a fit in the terminal, as a figure and in the documents: assumptions, facts, and recovery of known values."""

from pathlib import Path
from typing import Any

from rich.console import Group

from sim.results.narrative import lines
from sim.scenario.assumptions import ENOUGH, PRIORS
from sim.show.answer import bullets, heading, line, table
from sim.show.gates import left_out_counts, number

NINETY = 1.645  # standard deviations on either side of a 90 % range
SURE = 0.01  # level of the chi-squared tests of uniformity, divided by the number of beliefs (Bonferroni)
BELIEFS = ("belief", "prior", "posterior", "shrinkage, %", "rests on")
FACTS = ("fact", "observed", "under the prior", "under the posterior", "grade")
LEFT_OUT = ("study", "published", "predicted", "z", "z at d = 0", "inside", "at d = 0", "identifies", "explained, %")
FAMILIES = ("family", "studies", "z", "z at d = 0", "holds", "holds at d = 0", "priors: z", "priors hold")
SENSITIVITY = ("facts", "beliefs that they move most, standard deviations of the prior")
MOVED = ("answer, engineers in 2036", "explained, %", "families of facts that move it most, engineers (standard error)")
MOST = 4  # families named for an answer
READING = (
    f"Median, and 5 to 95 % in brackets. Shrinkage: 1 less the posterior's standard deviation over the prior's, of "
    f"normal scores; below {100 * ENOUGH:.0f} % a belief is called prior-driven, and so is what rests on it."
)


def answer(result) -> dict[str, Any]:
    """Convert a Calibration to plain values, for ``calibration.json`` and all that is made of it."""
    tables = ("posterior", "facts", "ranks", "left_out", "families", "sensitivity")
    return result.record | {"views": result.views} | {name: _records(getattr(result, name)) for name in tables}


def tables(result) -> dict[str, Any]:
    """Return the tables that are saved as CSV: dict of name -> pandas.DataFrame."""
    named = ("posterior", "correlation", "facts", "ranks", "families", "sensitivity")
    return {name: getattr(result, name) for name in named} | {"left_out": result.left_out.drop(columns="levers")}


def _records(frame) -> list[dict[str, Any]]:
    """Return the rows of a DataFrame as plain values; None for what is not known."""
    return frame.astype(object).where(frame.notna(), None).to_dict("records")


def sentences(answer) -> list[str]:
    """Summarise the fit in words: list of str."""
    beliefs, known, ranks = (answer[key] for key in ("posterior", "facts", "ranks"))
    # narrowed assumptions, facts outside the posterior, and the worst of the tests on ranks
    narrowed = [row for row in beliefs if row["shrinkage"] >= ENOUGH]
    outside = [row["name"] for row in known if not row["posterior_low"] <= row["value"] <= row["posterior_high"]]
    least = min(ranks, key=lambda row: row["p"])
    details = {
        "narrowed": len(narrowed),
        "beliefs": len(beliefs),
        "enough": 100 * ENOUGH,
        "refused_before": 100 * answer["refused_before"],
        "refused_after": 100 * answer["refused_after"],
        "facts": len(known),
        "outside": outside,
        "least": least,
        "uniform": least["p"] * len(ranks) >= SURE,
        "tests": len(ranks),
        "left_out": left_out_counts(answer) if "families" in answer else None,
    }
    return lines(
        "evidence", "calibration", details | {key: answer[key] for key in ("truths", "rows", "usable", "seed")}
    )


def views(answer) -> dict[str, str]:
    """Write the named sets that a fit makes as assumption files: dict of name -> text."""
    rows = "".join(
        f"{row['name']} = {{central = {row['central']!r}, low = {row['low']!r}, high = {row['high']!r}}}\n"
        for row in answer["posterior"]
    )
    # the evidence view re-ranges every fitted assumption; the other two set them to one value
    made = {"evidence": f"# The fit to published experiments and facts (grade B): the default.\n[assumptions]\n{rows}"}
    for name, percent in (("low_response", 10), ("high_response", 90)):
        values = "".join(f"{belief} = {value!r}\n" for belief, value in answer["views"][name].items())
        head = f"# {percent} % of the posterior along its axis of responsiveness (grade B), by talentflow calibrate."
        made[name] = f"{head}\n[assumptions]\n{values}"
    return made


def left_out_rows(answer) -> list[list[str]]:
    """Return a row of texts a study of role response, under ``LEFT_OUT``, misses first."""
    # misses first, studies that cannot be scored last
    order = {True: 1, False: 0, None: 2}
    rows = sorted(answer.get("left_out", []), key=lambda row: order[row["inside"]])
    return [_left_out_row(row) for row in rows]


def _left_out_row(row) -> list[str]:
    """Format one study: published, predicted, scores and what it identifies."""
    published = number(row["published"]) if row["low"] is None else _range(row["published"], row["low"], row["high"])
    name = f"{row['id']} ({row['family']}): {row['title']}"
    if row["predicted"] is None:
        return [name, f"{published} {row['unit']}", row["reason"], "", "", "", "", row["identifies"], ""]
    predicted = _range(row["predicted"], row["predicted_low"], row["predicted_high"])
    zs = ["" if row[key] is None else f"{row[key]:+.1f}" for key in ("z", "z0")]
    answers = ["yes" if row[key] else "no" for key in ("inside", "inside0")]
    share = f"{100 * max(row['explained'], 0):.0f}"
    return [name, f"{published} {row['unit']}", predicted, *zs, *answers, row["identifies"], share]


def family_rows(answer) -> list[list[str]]:
    """Return a row of texts a family, under ``FAMILIES``, misses first."""
    shown = lambda z: "" if z is None else f"{z:.1f}"  # noqa: E731
    yes = lambda holds: "yes" if holds else "no"  # noqa: E731
    return [
        [
            row["family"],
            f"{row['rows']:.0f}" if row["rows"] else "none: not expressible",
            shown(row["z"]),
            shown(row["z0"]),
            yes(row["held"]),
            yes(row["held0"]),
            shown(row["prior_z"]),
            yes(row["prior_held"]),
        ]
        for row in sorted(answer.get("families", []), key=lambda row: (row["held"], row["held0"]))
    ]


def sensitivity_rows(answer) -> list[list[str]]:
    """Return a row of texts a family, under ``SENSITIVITY``: the beliefs that it moves most."""
    families = dict.fromkeys(row["family"] for row in answer.get("sensitivity", []))
    moved = lambda family: [  # noqa: E731
        f"{row['belief']} {row['shift']:+.2f}" for row in answer["sensitivity"] if row["family"] == family
    ]
    return [[family, ", ".join(moved(family))] for family in families]


def moved_rows(rows) -> list[list[str]]:
    """Return a row of texts an answer, under ``MOVED``: the families that move it most.

    Parameters
    ----------
    rows : list of dict, of ``answers.csv``, see :mod:`sim.study.calibration.answers`
    """
    texts = []
    for scenario in dict.fromkeys(row["scenario"] for row in rows):
        mine = [row for row in rows if row["scenario"] == scenario]
        most = sorted(mine, key=lambda row: -abs(float(row["shift"])))[:MOST]
        moves = [f"{row['family']} {float(row['shift']):+,.0f} ({float(row['error']):,.0f})" for row in most]
        answer = f"`{scenario}`, `{mine[0]['measure']}`: {float(mine[0]['effect']):+,.0f}"
        explained = float(mine[0]["explained"])
        moved = ", ".join(moves) if explained > 0 else "none: these beliefs predict nothing of the effect"
        texts.append([answer, f"{100 * max(explained, 0):.0f}", moved])
    return texts


def belief_rows(answer) -> list[list[str]]:
    """Return a row of texts a belief that is still declared, under ``BELIEFS``, the most narrowed first."""
    rows = sorted((row for row in answer["posterior"] if row["name"] in PRIORS), key=lambda row: -row["shrinkage"])
    return [
        [
            row["name"],
            _range(PRIORS[row["name"]].central, PRIORS[row["name"]].low, PRIORS[row["name"]].high),
            _range(row["central"], row["low"], row["high"]),
            f"{100 * row['shrinkage']:.0f}",
            "data" if row["shrinkage"] >= ENOUGH else "its prior",
        ]
        for row in rows
    ]


def fact_rows(answer) -> list[list[str]]:
    """Return a row of texts a fact, under ``FACTS``."""
    return [
        [
            f"{row['name']}: {row['meaning']}",
            f"{number(row['value'])} ± {number(row['error'])}",
            *(_range(*(row[end] for end in (way, f"{way}_low", f"{way}_high"))) for way in ("prior", "posterior")),
            row["grade"],
        ]
        for row in answer["facts"]
    ]


def _range(central, low, high) -> str:
    """Format a median with its 90 % range."""
    return f"{number(central)} ({number(low)} to {number(high)})"


def render(answer, folder) -> Group:
    """Lay out the whole answer for ``rich.console.Console.print``."""
    beliefs, known, left = table(*BELIEFS), table(*FACTS), table(*FAMILIES)
    # three tables: beliefs, facts, and families left out of the fit
    for row in family_rows(answer):
        left.add_row(*row)
    for row in belief_rows(answer):
        beliefs.add_row(*row)
    for row, fact in zip(fact_rows(answer), answer["facts"], strict=True):
        known.add_row(fact["name"], *row[1:])
    return Group(
        heading("Beliefs"),
        beliefs,
        heading("Facts"),
        known,
        line(READING, "dim"),
        heading("Families left out"),
        left,
        *bullets("What it says", sentences(answer)),
        line(f"{folder}: the tables that ship, and the figure.", "dim"),
    )


def draw(answer, folder) -> Path:
    """Draw the figures of a fit into a folder."""
    from sim.show.plots import calibration, to_file

    to_file(lambda ax: calibration.plot_left_out(answer, ax), calibration.SIZE, folder / "left_out.png")
    return to_file(lambda ax: calibration.plot_calibration(answer, ax), calibration.SIZE, folder / "calibration.png")
