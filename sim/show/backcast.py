"""The backcast in words, as a table in the terminal, and the line that reports print."""

from rich.console import Group

from sim.show.layout import bullets, heading, line, table
from sim.world.tables import read

MODEL, GRAVITY, LAST_FLOW = "talentflow", "gravity", "last flow"
FORMATS = {
    "rank": "{:.3f}",
    "rank_moving": "{:.3f}",
    "log_score": "{:.3f}",
    "share_error": "{:.1f}",
    "total": "{:.2f}",
    "net_rank": "{:.3f}",
    "net_error": "{:.2f}",
}
PERCENT = {"share_error": 100, "net_error": 100}
READING = (
    "Rank: Spearman's correlation of predicted and observed flows over all corridors between the countries, and over "
    "those in which anybody moved. Log score: mean log share that was given to the corridor of a move, nats; counts "
    "are raised by half a person. Share error: moves put into the wrong corridor. Level: predicted moves over "
    "observed. Net rates: rank correlation over countries, and mean absolute error in points a year."
)


def shipped_line():
    """``Backcast 2013-2015: rank correlation 0.94 (last flow 0.91, gravity 0.94)``, from the shipped table."""
    rows = {row["who"]: row for row in read("backcast")}
    first, last = rows[MODEL]["first"], rows[MODEL]["last"]
    rank = {who: float(rows[who]["rank"]) for who in (MODEL, LAST_FLOW, GRAVITY)}
    return said(first, last, rank)


def said(first, last, rank):
    """The one line of a backcast; ``rank`` is who -> rank correlation."""
    return (
        f"Backcast {first}-{last}: rank correlation {rank[MODEL]:.3f} (last flow {rank[LAST_FLOW]:.3f}, gravity "
        f"{rank[GRAVITY]:.3f})"
    )


def shipped_table():
    """The shipped result as a Markdown table, for the documentation."""
    rows = [
        {key: row[key] if key == "who" else float(row[key] or "nan") for key in ("who", *FORMATS)}
        for row in read("backcast")
    ]
    head = [
        "",
        "rank, all",
        "rank, moved",
        "log score",
        "share error, %",
        "level",
        "net-rate rank",
        "net-rate error, pp",
    ]
    lines = [head, ["---", *["---:"] * len(FORMATS)], *([row["who"], *_cells(row)] for row in rows)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def sentences(found):
    """What a backcast found, in plain English: where the model wins and where it loses.

    Parameters
    ----------
    found : Backcast, see ``sim.study.backcast``

    Returns
    -------
    list of str
    """
    record = found.record
    first, last = record["score"]
    lines = [
        said(first, last, {who: found.value(who, "rank") for who in (MODEL, LAST_FLOW, GRAVITY)}) + ".",
        f"Fitted to {record['fit_from']}-{record['fit_until']}; {record['corridors']:,} corridors between "
        f"{record['countries']} countries, which hold {100 * record['covered']:.0f} % of all moves of the file; "
        f"{record['replicates']} simulations of {record['population']:,} agents, each for {record['weight']:.1f} "
        "scholars.",
    ]
    for rival in (LAST_FLOW, GRAVITY, "kernel alone"):
        better, worse = compared(found, rival)
        lines.append(f"Against {rival}: ahead in {_listed(better)}; behind in {_listed(worse)}.")
    return lines


HIGHER = {
    "rank": "rank",
    "rank_moving": "rank where anybody moved",
    "log_score": "log score",
    "net_rank": "net-rate rank",
}
LOWER = {"share_error": "share error", "net_error": "net-rate error"}


def compared(found, rival):
    """The scores in which the model is ahead of a rival, and those in which it is behind, as shown."""
    ahead, behind = [], []
    for key, name in (HIGHER | LOWER).items():
        digits = 4 if key == "net_error" else 3
        gain = round(found.value(MODEL, key), digits) - round(found.value(rival, key), digits)
        gain = gain if key in HIGHER else -gain
        if gain:
            (ahead if gain > 0 else behind).append(name)
    return ahead, behind


def _listed(names):
    return ", ".join(names) if names else "nothing"


def render(found, folder=None):
    """The whole answer for ``rich.console.Console.print``."""
    shown = table(
        "", "rank\nall", "rank\nmoved", "log\nscore", "share\nerror, %", "level", "net\nrank", "net\nerror, pp"
    )
    for row in found.scores.to_dict("records"):
        shown.add_row(row["who"], *_cells(row), style="bold" if row["who"] == MODEL else "")
    first, last = found.record["score"]
    who = [f"{row['who']}: {row['what']}." for row in found.scores.to_dict("records")]
    kernel = ", ".join(f"{row.term} {row.coefficient:.3f} ({row.error:.3f})" for row in found.kernel.itertuples())
    parts = [
        heading(f"Backcast {first}-{last} from {found.record['fit_until']}"),
        shown,
        line(READING, "dim"),
        *bullets("What it says", sentences(found)),
        *bullets("Who is who", who),
        *bullets("What was assumed", [*found.record["notices"], f"Kernel of the fit years, within a nest: {kernel}."]),
    ]
    if folder is not None:
        parts.append(line(f"{folder}: every corridor and net rate as tables, and the figure.", "dim"))
    return Group(*parts)


def _cells(row):
    return [
        "-" if row[key] != row[key] else form.format(row[key] * PERCENT.get(key, 1)) for key, form in FORMATS.items()
    ]


def draw(found, folder):
    """The figure of a backcast into a folder."""
    from sim.show.plots import backcast, to_file

    return to_file(lambda ax: backcast.plot_backcast(found, ax), backcast.SIZE, folder / "backcast.png")
