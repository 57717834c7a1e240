"""``python tests/faults [PART OF A NAME]``: do the full set, or the faults so called, and write docs/robustness.md."""

import random
import sys
import tempfile
import time
from pathlib import Path

from faults import FAULTS, Skip

PAGE = Path(__file__).parents[2] / "docs" / "robustness.md"
BEGIN, END = "<!-- faults: begin, made by python tests/faults -->", "<!-- faults: end -->"
HEAD = ["| fault | times | lost |", "| --- | --- | --- |"]


def done(name):
    """One fault, as a row of the table."""
    fault, times, _ = FAULTS[name]
    with tempfile.TemporaryDirectory() as tmp:
        begun = time.perf_counter()
        try:
            lost = fault(Path(tmp), times, random.Random(name))
        except Skip as why:
            print(f"{name}: not done, {why}", flush=True)
            return f"| {name} | 0 | not done here: {why} |"
    print(
        f"{name}: {times} times, {len(lost)} lost, {time.perf_counter() - begun:.0f} s", *lost, sep="\n  ", flush=True
    )
    return f"| {name} | {times} | {len(lost)}{'' if not lost else ': ' + lost[0][:100].replace('|', '/')} |"


def kept_rows(text):
    """The rows of the table as it stands: name -> row."""
    rows = text.partition(BEGIN)[2].partition(END)[0].strip().splitlines()[len(HEAD) :]
    return {row.split(" | ")[0].removeprefix("| "): row for row in rows}


def main(part=""):
    """Do the faults and write them into the page; the exit code says whether something was lost."""
    said = [write(name, done(name)) for name in FAULTS if part in name]
    return int(any(" | 0 |" not in row and "not done" not in row for row in said))


def write(name, row):
    """Put a row into the page, beside those that stand there now; and give it back."""
    text = PAGE.read_text(encoding="utf-8")
    rows = kept_rows(text) | {name: row}
    before, _, rest = text.partition(BEGIN)
    table = "\n".join([*HEAD, *(rows[key] for key in FAULTS if key in rows)])
    PAGE.write_text(f"{before}{BEGIN}\n{table}\n{END}{rest.partition(END)[2]}", encoding="utf-8")
    return row


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
