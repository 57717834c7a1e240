"""The backcast in words, as a table in the terminal, and the line that reports print."""

from rich.console import Group

from sim.show.answer import heading, line, table
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
    "are raised by half a person. Share error: moves put into the wrong corridor. Ratio: predicted moves over "
    "observed. Net rates: rank correlation over countries, and mean absolute error in points a year."
)


def shipped_line() -> str:
    """Summarise the shipped backcast: ``Backcast 2013-2015: rank correlation 0.94 (last flow 0.91, gravity 0.94)``."""
    rows = {row["who"]: row for row in read("backcast")}
    first, last = rows[MODEL]["first"], rows[MODEL]["last"]
    rank = {who: float(rows[who]["rank"]) for who in (MODEL, LAST_FLOW, GRAVITY)}
    return said(first, last, rank)


def said(first, last, rank) -> str:
    """Format the one line of a backcast; ``rank`` is prediction -> rank correlation."""
    return (
        f"Backcast {first}-{last}: rank correlation {rank[MODEL]:.3f} (last flow {rank[LAST_FLOW]:.3f}, gravity "
        f"{rank[GRAVITY]:.3f})"
    )


def shipped_table() -> str:
    """Tabulate the shipped result in Markdown, for the documentation."""
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
        "moves, ratio",
        "net-rate rank",
        "net-rate error, pp",
    ]
    lines = [head, ["---", *["---:"] * len(FORMATS)], *([str(row["who"]), *_cells(row)] for row in rows)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def sentences(found) -> list[str]:
    """Summarise a backcast in plain English: where the model wins and where it loses.

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


def compared(found, rival) -> tuple[list[str], list[str]]:
    """Name the scores in which the model is ahead of a rival, and those in which it is behind, at the digits shown."""
    ahead, behind = [], []
    for key, name in (HIGHER | LOWER).items():
        # compare what a reader sees; errors are better if lower
        digits = 4 if key == "net_error" else 3
        gain = round(found.value(MODEL, key), digits) - round(found.value(rival, key), digits)
        gain = gain if key in HIGHER else -gain
        if gain:
            (ahead if gain > 0 else behind).append(name)
    return ahead, behind


def _listed(names) -> str:
    """Join names, or say that there are none."""
    return ", ".join(names) if names else "nothing"


NAMES = HIGHER | LOWER


def tallied(board) -> list[str]:
    """Summarise a rolling backcast: on which scores and in which years the forecast is lost.

    Parameters
    ----------
    board : Rolling, see ``sim.study.backcast``
    """
    if not len(board.tally):
        return list(board.notes)
    worst = board.tally.iloc[0]
    held = "every score" if worst["held"] == 1 else f"{NAMES[worst['score']]}, the worst score,"
    said = [
        f"Over {board.splits} splits: first or level on {held} in {100 * worst['held']:.0f} % of them. Level: the 90 % "
        "interval of the difference to the best rival holds 0 (bootstrap of countries)."
    ]
    lost = board.verdicts[board.verdicts["verdict"] == "lost"]
    if len(lost):
        each = (f"{NAMES[row.score]} {row.until} by {-row.ahead:.2g} to {row.rival}" for row in lost.itertuples())
        said.append("Lost: " + "; ".join(each) + ".")
    return said + list(board.notes)


def render(found, board, folder=None) -> Group:
    """Lay out the answer for ``rich.console.Console.print``: at most 30 lines of 80 columns, the worst score first."""
    shown = table(
        "", "rank\nall", "rank\nmoved", "log\nscore", "share\nerr., %", "moves,\nratio", "net\nrank", "net\nerr., pp"
    )
    for row in found.scores.to_dict("records"):
        shown.add_row(row["who"], *_cells(row), style="bold" if row["who"] == MODEL else "")
    record = found.record
    first, last = record["score"]
    parts = [
        heading(f"Backcast {first}-{last} from {record['fit_until']}, {record['file']}"),
        shown,
        *_judged(found, board),
        *(line(_cut(words), "dim" if words.startswith("Lost") else "") for words in tallied(board)),
        line("What was assumed, and every corridor: docs/backcast.md and the folder.", "dim"),
    ]
    if folder is not None:
        parts.append(line(f"{folder}", "dim"))
    return Group(*parts)


MOST_WORDS = 230  # letters of a sentence in the terminal: three lines of 80 columns


def _cut(words) -> str:
    """Shorten a sentence to at most three lines; the folder's tables hold the whole."""
    return words if len(words) <= MOST_WORDS else f"{words[: MOST_WORDS - 20].rpartition(';')[0] or words[:200]}; ..."


def _judged(found, board) -> list:
    """Tabulate the verdicts: this split, and how often first, level and lost over all splits."""
    this = found.verdicts.set_index("score")
    shown = table("talentflow against the best rival", "this split", "first", "level", "lost", "lost from")
    # without split years there is this split alone
    order = list(board.tally["score"]) if len(board.tally) else list(this.index)
    counts = board.tally.set_index("score") if len(board.tally) else None
    for name in order:
        row = this.loc[name]
        cells = ["-"] * 4
        if counts is not None:
            over = counts.loc[name]
            years = [f"{year % 100:02d}" for year in over["lost_in"]]
            lost = " ".join(years[:4]) + (" ..." if len(years) > 4 else "")
            cells = [str(over["first"]), str(over["level"]), str(over["lost"]), lost or "-"]
        shown.add_row(f"{NAMES[name]}: {row['rival']}", row["verdict"], *cells)
    return [heading("First, level or lost: the worst score first"), shown]


def _cells(row) -> list[str]:
    """Format the scores of one prediction."""
    return [
        "-" if row[key] != row[key] else form.format(row[key] * PERCENT.get(key, 1)) for key, form in FORMATS.items()
    ]


def draw(found, board, folder) -> None:
    """Draw the figures of a backcast into a folder."""
    from sim.show.plots import backcast, to_file

    to_file(lambda ax: backcast.plot_backcast(found, ax), backcast.SIZE, folder / "backcast.png")
    if len(board.tally):
        to_file(lambda ax: backcast.plot_rolling(board, ax), backcast.SIZE, folder / "rolling.png")
