"""Files of rows and columns: whatever they hold is read as it stands, or refused with line and reason."""

import shutil

import pytest

from sim import custom_world
from sim.errors import ResultError, WorldError
from sim.study.calibration.hub_constants import TABLES, read_fit
from sim.texts import number_in
from sim.world import tables
from sim.world.flows import read_flows

HEAD = "year,orig,dest,n\n"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (HEAD + "2010,USA,CAN,1,234\n", "line 2: 5 cells in 4 columns; a number with a comma needs quotes, or none"),
        (HEAD + "2010,USA,CAN\n", "line 2: 3 cells in 4 columns"),
        ("year,orig,dest,n,n\n2010,USA,CAN,12,34\n", "line 1: the column n appears twice"),
        ("year,orig,dest,n,\n2010,USA,CAN,12,\n", "line 1: column 5 has no name"),
        (HEAD + '2010,USA,CAN,"1,234"\n', "line 2: n: '1,234' is not a number"),
        (HEAD + "2010,USA,CAN,1_234\n", "line 2: n: '1_234' is not a number"),
        (HEAD + "2010,USA,CAN,١٢\n", "line 2: n: '١٢' is not a number"),
        (HEAD + "2010,USA,CAN,nan\n", "line 2: n: 'nan' is not a number"),
        (HEAD + '2010,USA,CAN,"12\n', "line 2: unexpected end of data"),
        ("year;orig;dest;n\n2010;USA;CAN;12\n", "line 1: no column year"),
        (HEAD, "holds no flows"),
        ("year,orig,n\n", "line 1: no column dest"),
    ],
)
def test_flows_that_would_be_misread_are_refused(tmp_path, text, complaint):
    (tmp_path / "flows.csv").write_text(text, encoding="utf-8")
    with pytest.raises(WorldError) as refused:
        read_flows(tmp_path / "flows.csv")
    assert complaint in str(refused.value)


def test_flows_in_other_habits_of_writing_are_read(tmp_path):
    text = '\ufeffdest,year,"n",orig,note\r\nCAN, 2010 ,"1.5e1",USA,"a, b"\r\n\r\n'
    (tmp_path / "flows.csv").write_text(text, encoding="utf-8", newline="")
    found = read_flows(tmp_path / "flows.csv")
    assert (found.years, found.n.sum()) == ((2010,), 15)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda line: line + ",1", "cells in"),
        (lambda line: line.rpartition(",")[0], "cells in"),
        (lambda line: '"' + line, "line"),
    ],
)
def test_a_row_of_a_world_table_has_a_cell_a_column(tmp_path, change, complaint):
    lines = (custom_world.SHIPPED / "prices.csv").read_text(encoding="utf-8").splitlines()
    lines[1] = change(lines[1])
    (tmp_path / "prices.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    with custom_world.using(tmp_path), pytest.raises(WorldError, match=complaint):
        tables.read("prices")


def test_a_doubled_column_of_a_world_table_is_refused(tmp_path):
    lines = (custom_world.SHIPPED / "prices.csv").read_text(encoding="utf-8").splitlines()
    doubled = [f"{line},{line.partition(',')[0]}" for line in lines]
    (tmp_path / "prices.csv").write_text("\n".join(doubled) + "\n", encoding="utf-8")
    with custom_world.using(tmp_path), pytest.raises(WorldError, match="line 1: the column hub appears twice"):
        tables.read("prices")


def test_constants_of_ones_own_are_read_as_strictly(tmp_path):
    for name in TABLES:
        shutil.copy(custom_world.SHIPPED / f"{name}.csv", tmp_path)
    assert read_fit(tmp_path) is not None
    path = tmp_path / "hub_constants.csv"
    path.write_text(path.read_text().replace(",", ",1,", 1))
    with pytest.raises(ResultError, match="cells in"):
        read_fit(tmp_path)


@pytest.mark.parametrize("text", ["", "1,5", "0x10", "1e", "--1", "1 2", "inf", "１"])
def test_what_is_no_plain_number_is_none(text):
    with pytest.raises(ValueError, match="is not a number"):
        number_in(text)


def test_two_files_of_one_table_are_refused(tmp_path):
    text = (custom_world.SHIPPED / "prices.csv").read_bytes()
    for name in ("prices.csv", "prices.CSV"):
        (tmp_path / name).write_bytes(text)
    if len(list(tmp_path.iterdir())) < 2:
        pytest.skip("this file system does not tell letters apart")
    with pytest.raises(WorldError, match="is there twice"), custom_world.using(tmp_path):
        pass


def test_a_number_beyond_all_numbers_is_refused(tmp_path):
    (tmp_path / "flows.csv").write_text(HEAD + "2010,USA,CAN,1e400\n", encoding="utf-8")
    with pytest.raises(WorldError, match="line 2: n: '1e400' is not a number"):
        read_flows(tmp_path / "flows.csv")
