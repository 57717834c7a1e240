"""What a fit found, in the terminal, as a figure and in the documents: beliefs, facts, and whether truths are found."""

from rich.console import Group

from sim.scenario.assumptions import ENOUGH, PRIORS
from sim.show.answer import bullets, heading, line, table
from sim.show.gates import number

SURE = 0.01  # of a chi-squared test over all beliefs, shared among them (Bonferroni)
BELIEFS = ("belief", "prior", "posterior", "shrinkage, %", "rests on")
FACTS = ("fact", "observed", "under the prior", "under the posterior", "grade")
READING = (
    f"Median, and 5 to 95 % in brackets. Shrinkage: 1 less the posterior's standard deviation over the prior's, of "
    f"normal scores; below {100 * ENOUGH:.0f} % a belief is called prior-driven, and so is what rests on it."
)


def answer(found):
    """A Calibration as plain values, for ``calibration.json`` and all that is made of it."""
    rows = lambda frame: frame.to_dict("records")  # noqa: E731
    return found.record | {"posterior": rows(found.posterior), "facts": rows(found.facts), "ranks": rows(found.ranks)}


def sentences(answer):
    """What the fit says, in words: list of str."""
    beliefs, known, ranks = (answer[key] for key in ("posterior", "facts", "ranks"))
    narrowed = [row for row in beliefs if row["shrinkage"] >= ENOUGH]
    outside = [row["name"] for row in known if not row["posterior_low"] <= row["value"] <= row["posterior_high"]]
    least = min(ranks, key=lambda row: row["p"])
    verdict = "uniform" if least["p"] * len(ranks) >= SURE else "not uniform"
    return [
        f"{len(narrowed)} of {len(beliefs)} beliefs were narrowed by {100 * ENOUGH:.0f} % or more; the others are "
        "prior-driven.",
        f"Of draws from the priors {100 * answer['refused_before']:.0f} % are refused, as no hub constants meet the "
        f"first year under them; of draws from the posterior {100 * answer['refused_after']:.0f} %.",
        f"{len(known) - len(outside)} of {len(known)} facts lie inside the posterior's own 90 % range"
        + (f"; outside: {', '.join(outside)}." if outside else "."),
        f"Ranks of {answer['truths']} known truths are {verdict}: least p {least['p']:.2g} ({least['name']}) of "
        f"{len(ranks)} tests.",
        f"{answer['rows']:,} draws of all beliefs, {answer['usable']:,} usable; seed {answer['seed']}.",
    ]


def belief_rows(answer):
    """A row of texts a belief, under ``BELIEFS``, the most narrowed first."""
    rows = sorted(answer["posterior"], key=lambda row: -row["shrinkage"])
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


def fact_rows(answer):
    """A row of texts a fact, under ``FACTS``."""
    return [
        [
            f"{row['name']}: {row['meaning']}",
            f"{number(row['value'])} ± {number(row['error'])}",
            *(_range(*(row[end] for end in (way, f"{way}_low", f"{way}_high"))) for way in ("prior", "posterior")),
            row["grade"],
        ]
        for row in answer["facts"]
    ]


def _range(central, low, high):
    return f"{number(central)} ({number(low)} to {number(high)})"


def render(answer, folder):
    """The whole answer for ``rich.console.Console.print``."""
    beliefs, known = table(*BELIEFS), table(*FACTS)
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
        *bullets("What it says", sentences(answer)),
        line(f"{folder}: the tables that ship, and the figure.", "dim"),
    )


def draw(answer, folder):
    """The figure of a fit into a folder."""
    from sim.show.plots import calibration, to_file

    return to_file(lambda ax: calibration.plot_calibration(answer, ax), calibration.SIZE, folder / "calibration.png")
