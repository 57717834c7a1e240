"""Golden results: a few numbers of a few scenarios so that no change moves them unannounced.

``python -m tests.golden`` writes ``golden.csv`` anew. Where numbers moved it asks for a new dated line under "Changes
that move the numbers" in ``CHANGELOG.md`` first, and keeps that line's beginning in the table.
"""

import re
from pathlib import Path

import pandas as pd

from sim import compare
from sim.results.measures import measure

TABLE = Path(__file__).with_name("golden.csv")
CHANGES = Path(__file__).parents[1] / "CHANGELOG.md"
SCENARIOS = ["h1b_fee", "current_law", "france_compute", "uk_global_talent", "remote_first", "academia_drain"]
MEASURES = ["share:usa", "share:sf_bay_area", "share:ind,tier=expert", "arrival_share:gbr", "drain,home=ind", "hhi"]
KEY = ["scenario", "measure"]
# Bytes are promised on one platform alone: other vector units round sums otherwise, in the 16th digit, and what is kept
# in single precision in the 7th. A change of the model moves some of these numbers by far more.
TOLERANCE = 1e-6
HOW = (
    "add a dated line to CHANGELOG.md under 'Changes that move the numbers' and rewrite the table with "
    "python -m tests.golden"
)


def numbers():
    """Levels of the measures, means over two pairs: Series by scenario, measure; the baseline's come first."""
    found = compare(SCENARIOS, population=20_000, replicates=2, years=4, seed=0, workers=1)
    rows = {
        (str(arm), name): float(values.sel(arm=arm).mean())
        for name in MEASURES
        for values in [measure(found, name)]
        for arm in values.arm.values
    }
    return pd.Series(rows).rename_axis(KEY)


def kept():
    """The table as it ships: Series as of :func:`numbers`."""
    return pd.read_csv(TABLE, comment="#").set_index(KEY)["value"]


def moved(found, before):
    """Rows that are new, gone, or farther apart than platforms are: DataFrame of before and now."""
    both = pd.DataFrame({"before": before, "now": found})
    apart = (both.now - both.before).abs() > TOLERANCE * both.before.abs()
    return both[apart | both.isna().any(axis=1)]


def announced():
    """The beginning of the newest line under "Changes that move the numbers"."""
    listed = CHANGES.read_text(encoding="utf-8").partition("### Changes that move the numbers")[2]
    return re.search(r"- \*\*(\d{4}-\d{2}-\d{2})\*\*: (.{,60})", listed).expand(r"\1: \2")


def last_announced():
    """The line that the shipped table was announced with."""
    return TABLE.read_text(encoding="utf-8").splitlines()[0].removeprefix("# ")


def main():
    """Write the table, or say which line is missing."""
    found = numbers()
    changes = moved(found, kept()) if TABLE.exists() else found
    if TABLE.exists() and len(changes) and announced() == last_announced():
        raise SystemExit(f"{changes}\nnumbers moved: {HOW}; its newest line is still {announced()!r}")
    TABLE.write_text(f"# {announced()}\n{found.rename('value').to_csv()}", encoding="utf-8")
    print(f"{len(changes)} of {len(found)} numbers moved: {TABLE}")


if __name__ == "__main__":
    main()
