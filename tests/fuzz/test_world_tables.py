"""World tables that a user edited, in bytes, cells, rows, columns or names; every accepted world is run."""

import csv
from functools import partial
from io import StringIO

from fuzzing import cases, command, folder, mutated, nasty, numbers, refused
from hypothesis import event, given
from hypothesis import strategies as st

from sim import custom_world
from sim.errors import TalentflowError, WorldError
from sim.scenario.files import load
from sim.study.run import run
from sim.world import tables
from sim.world.schema import DECLARED, GENERATED

# those that decide a run; the others are only shown, or serve the tests of the model
USED = [
    name
    for name in (*DECLARED, *GENERATED)
    if name
    not in ("gates", "backcast", "corridor_kernel", "ai_skill_migration", "timeline", "registrations", "past_rules")
]
SHIPPED = {name: (custom_world.SHIPPED / f"{name}.csv").read_bytes() for name in USED}


def held(contents, base):
    """A folder with these tables is refused in one line, or a run takes it and ends, or no constants exist for it."""
    with folder(base) as where:
        mine = where / "mine"
        mine.mkdir()
        for name, content in contents.items():
            (mine / f"{name}.csv").write_bytes(content)
        if refused(WorldError, custom_world.use, mine, out=where) is None and not custom_world.folder():
            event("refused when read")
        else:
            found = refused(WorldError, tables.check, out=where)
            options = {"population": 2000, "replicates": 1, "years": 1, "workers": 1, "uncertainty": "chance"}
            done = refused(TalentflowError, partial(_run, **options), out=where)
            event("run" if done else "refused by the checks" if found != [] else "no constants meet the first year")
            assert done is None or found == []
        custom_world.use(None)
        command("world", next(iter(contents)), "--world", mine, "--quiet", out=where)
        command("world", "--check", "--world", mine, out=where, ones=[".csv"])


def _run(**options):
    return run(load("h1b_fee"), **options)


@cases(12, 500)
@given(st.data())
def test_mutated_bytes_are_refused_in_one_line_or_run(base, data):
    name = data.draw(st.sampled_from(USED))
    held({name: data.draw(mutated(SHIPPED[name]))}, base)


@st.composite
def edited(draw, name):
    """A table as a user may leave it: cells, rows and columns changed, doubled, left out, renamed."""
    rows = list(csv.reader(StringIO(SHIPPED[name].decode())))
    for _ in range(draw(st.integers(1, 3))):
        row = draw(st.integers(0, len(rows) - 1))
        column = draw(st.integers(0, max(len(rows[row]) - 1, 0)))
        kind = draw(
            st.sampled_from(
                ("number", "number", "near", "near", "nasty", "drop", "double", "column", "rename", "shuffle")
            )
        )
        if kind == "drop" and len(rows) > 1:
            del rows[row]
        elif kind == "double":
            rows.insert(row, list(rows[row]))
        elif kind == "column":
            rows = [cells[:column] + cells[column + 1 :] for cells in rows]
        elif kind == "shuffle":
            rows[1:] = draw(st.permutations(rows[1:]))
        elif column < len(rows[row]):
            old, cells = rows[row][column], rows[row]
            new = draw(numbers) if kind == "number" else draw(nasty)
            if kind == "near":
                try:
                    new = repr(float(old) * draw(st.sampled_from((0, 0.5, 0.999999, 1.000001, 1.5, 2, 100))))
                except ValueError:
                    new = old
            if kind == "rename":
                rows = [[new if cell == old else cell for cell in cells] for cells in rows]
            else:
                cells[column] = new
    out = StringIO(newline="")
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue().encode("utf-8", "surrogatepass")


@cases(18, 1000)
@given(st.data())
def test_edited_tables_are_refused_in_one_line_or_run(base, data):
    chosen = data.draw(st.lists(st.sampled_from(USED), min_size=1, max_size=2, unique=True))
    held({name: data.draw(edited(name)) for name in chosen}, base)
