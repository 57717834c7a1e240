"""Numbers do not move unannounced: golden results."""

import pandas as pd
from golden import HOW, TOLERANCE, announced, kept, last_announced, moved, numbers


def test_no_number_moves_unannounced():
    changes = moved(numbers(), kept())
    assert changes.empty, f"numbers moved: {HOW}\n{changes.to_string()}"


def test_the_golden_table_is_announced():
    assert last_announced() == announced(), f"numbers announced but not written: {HOW}"


def test_a_number_that_moves_appears_or_goes_is_named():
    before = pd.Series({("baseline", name): value for name, value in (("hhi", 0.1), ("top3", 0.5))})
    same = before * (1 + TOLERANCE / 2)
    assert moved(same, before).empty
    assert [row[1] for row in moved(before * [1, 1 + 2 * TOLERANCE], before).index] == ["top3"]
    assert [row[1] for row in moved(before[:1], before).index] == ["top3"]
    assert [row[1] for row in moved(before, before[:1]).index] == ["top3"]
