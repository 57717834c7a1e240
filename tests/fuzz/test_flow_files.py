"""Files of flows for a backcast: the shipped one cut short and mutated, and new ones from a grammar."""

import csv
from functools import partial
from io import StringIO

import pytest
from fuzzing import cases, command, folder, mutated, nasty, numbers, refused
from hypothesis import event, given
from hypothesis import strategies as st

from sim.errors import TalentflowError, WorldError
from sim.study.backcast import backcast
from sim.world.flows import SHIPPED, known_countries, read_flows

NAMES = ["USA", "GBR", "DEU", "FRA", "CHN", "IND", "CAN", "AUS", "CHE", "ESP", "ITA", "JPN"]
ROWS = [
    row
    for row in csv.reader(SHIPPED.open(encoding="utf-8"))
    if row[0] == "year" or (int(row[0]) >= 2004 and {row[1], row[2]} <= set(NAMES))
]


def as_bytes(rows):
    """CSV of rows of cells."""
    out = StringIO(newline="")
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue().encode("utf-8", "surrogatepass")


def held(content, base, run_it):
    """Refuse a file in one line, or read finite flows that a backcast takes or refuses with its reason."""
    with folder(base) as where:
        path = where / "flows.csv"
        path.write_bytes(content)
        flows = refused(WorldError, read_flows, path, out=where)
        if flows is None:
            event("refused when read")
            assert command("backcast", "--flows", path, "--out", where / "out", out=where)[0] == 2
            return
        assert (flows.n >= 0).all()
        assert set(flows.countries) <= known_countries()
        if run_it:
            call = partial(backcast, path, 2012, (2013, 2013), 1000, 0, 1)
            event("run" if refused(TalentflowError, call, out=where) else "refused by its years or countries")


@cases(8, 300)
@given(mutated(as_bytes(ROWS)), st.integers(0, 9))
def test_a_mutated_file_is_refused_in_one_line_or_runs(base, content, k):
    held(content, base, k == 0)


@st.composite
def files(draw):
    """A few cells of the shipped file changed, rows doubled or left out."""
    rows = [list(row) for row in ROWS]
    for _ in range(draw(st.integers(1, 4))):
        k = draw(st.integers(0, len(rows) - 1))
        kind = draw(
            st.sampled_from(("n", "n", "year", "country", "drop", "drop_year", "double", "cells", "nasty", "scale"))
        )
        if kind == "n":
            rows[k][3] = draw(numbers)
        elif kind == "year":
            rows[k][0] = draw(numbers | st.sampled_from(["2011", "2012.0", "1899", "2101"]))
        elif kind == "country":
            rows[k][draw(st.integers(1, 2))] = draw(st.sampled_from(["XXX", "usa", "", "ALA", "USA"]) | nasty)
        elif kind == "drop":
            del rows[k : k + draw(st.integers(1, 200))]
            rows = rows or [["year", "orig", "dest", "n"]]
        elif kind == "drop_year":
            gone = draw(st.sampled_from(["2005", "2009", "2012", "2013"]))
            rows = [row for row in rows if row[0] != gone]
        elif kind == "double":
            rows.append(list(rows[k]))
        elif kind == "cells":
            rows[k] = rows[k][: draw(st.integers(0, 4))] + ["1"] * draw(st.integers(0, 3))
        elif kind == "scale":
            factor = draw(st.sampled_from([0.0, 1e-9, 1e9, 1e300]))
            rows = [
                rows[0],
                *([*row[:3], repr(float(row[3]) * factor)] for row in rows[1:] if len(row) > 3 and row[3].isdigit()),
            ]
        else:
            rows[k][draw(st.integers(0, 3))] = draw(nasty)
        rows = [row if len(row) >= 4 else [*row, *[""] * (4 - len(row))] for row in rows]
    return as_bytes(rows)


@pytest.mark.filterwarnings("ignore:Generating overly large repr")  # hypothesis, of its own account of a case
@cases(8, 400)
@given(files(), st.integers(0, 5))
def test_an_edited_file_is_refused_in_one_line_or_runs(base, content, k):
    held(content, base, k == 0)
