"""The backcast in words, as a table in the terminal, and the line that reports print."""

from typing import Any

from rich.console import Group

from sim.results.narrative import lines, paragraph
from sim.results.record import plain_values
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
    rank = {who: float(rows[who]["rank"]) for who in (MODEL, LAST_FLOW, GRAVITY)}
    return paragraph("evidence", "backcast_line", _ranks(rows[MODEL]["first"], rows[MODEL]["last"], rank))


def _ranks(first, last, rank) -> dict:
    """Return the years of a backcast and the rank correlation of each prediction, for its one line."""
    return {"first": first, "last": last, "model": rank[MODEL], "last_flow": rank[LAST_FLOW], "gravity": rank[GRAVITY]}


def sentences(result) -> list[str]:
    """Summarise a backcast in plain English: where the model wins and where it loses.

    Parameters
    ----------
    result : Backcast, see ``sim.study.backcast``

    Returns
    -------
    list of str
    """
    first, last = result.record["score"]
    ranks = _ranks(first, last, {who: result.value(who, "rank") for who in (MODEL, LAST_FLOW, GRAVITY)})
    rivals = [(rival, *compared(result, rival)) for rival in (LAST_FLOW, GRAVITY, "kernel alone")]
    return lines("evidence", "backcast", ranks, result.record, rivals)


def answer(result, board) -> dict[str, Any]:
    """Convert a Backcast and its Rolling board to plain values, for ``answer.json`` and ``--json``."""
    return plain_values(
        result.record
        | {
            "scores": {row.pop("who"): row for row in result.scores.to_dict("records")},
            "kernel": result.kernel.to_dict("records"),
            "verdicts": {row.pop("score"): row for row in result.verdicts.to_dict("records")},
            "rolling": {row.pop("score"): row for row in board.tally.to_dict("records")},
            "splits": board.splits,
            "sentences": sentences(result) + tallied(board),
        }
    )


def tables(result, board) -> dict[str, Any]:
    """Return the tables that are saved as CSV: dict of name -> pandas.DataFrame."""
    names = ("scores", "verdicts", "corridors", "net_rates", "kernel")
    rolling = {"rolling_scores": board.scores, "rolling_verdicts": board.verdicts} if board.splits else {}
    return {name: getattr(result, name) for name in names} | rolling


HIGHER = {
    "rank": "rank",
    "rank_moving": "rank where anybody moved",
    "log_score": "log score",
    "net_rank": "net-rate rank",
}
LOWER = {"share_error": "share error", "net_error": "net-rate error"}


def compared(result, rival) -> tuple[list[str], list[str]]:
    """Name the scores in which the model is ahead of a rival, and those in which it is behind, at the digits shown."""
    ahead, behind = [], []
    for key, name in (HIGHER | LOWER).items():
        # compare what a reader sees; errors are better if lower
        digits = 4 if key == "net_error" else 3
        gain = round(result.value(MODEL, key), digits) - round(result.value(rival, key), digits)
        gain = gain if key in HIGHER else -gain
        if gain:
            (ahead if gain > 0 else behind).append(name)
    return ahead, behind


NAMES = HIGHER | LOWER


def tallied(board) -> list[str]:
    """Summarise a rolling backcast: on which scores and in which years the forecast is lost.

    Parameters
    ----------
    board : Rolling, see ``sim.study.backcast``
    """
    # the worst score stands first
    worst = board.tally.iloc[0] if len(board.tally) else None
    lost = board.verdicts[board.verdicts["verdict"] == "lost"] if worst is not None else ()
    told = {
        "splits": board.splits,
        "worst": None if worst is None else {"held": worst["held"], "name": NAMES[worst["score"]]},
        "lost": [{**row, "name": NAMES[row["score"]], "behind": -row["ahead"]} for row in _rows(lost)],
        "notes": list(board.notes),
    }
    return lines("evidence", "rolling", told)


def _rows(frame) -> list[dict]:
    """Return the rows of a table, none of an empty one."""
    return frame.to_dict("records") if len(frame) else []


def render(result, board, folder=None) -> Group:
    """Lay out the answer for ``rich.console.Console.print``: at most 30 lines of 80 columns, the worst score first."""
    shown = table(
        "", "rank\nall", "rank\nmoved", "log\nscore", "share\nerr., %", "moves,\nratio", "net\nrank", "net\nerr., pp"
    )
    # all predictions, the model's own in bold
    for row in result.scores.to_dict("records"):
        shown.add_row(row["who"], *_cells(row), style="bold" if row["who"] == MODEL else "")
    record = result.record
    first, last = record["score"]
    parts = [
        heading(f"Backcast {first}-{last} from {record['fit_until']}, {record['file']}"),
        shown,
        *_judged(result, board),
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


def _judged(result, board) -> list:
    """Tabulate the verdicts: this split, and how often first, level and lost over all splits."""
    this = result.verdicts.set_index("score")
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


def draw(result, board, folder) -> None:
    """Draw the figures of a backcast into a folder."""
    from sim.show.plots import backcast, to_file

    to_file(lambda ax: backcast.plot_backcast(result, ax), backcast.SIZE, folder / "backcast.png")
    if len(board.tally):
        to_file(lambda ax: backcast.plot_rolling(board, ax), backcast.SIZE, folder / "rolling.png")
