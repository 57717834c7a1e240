"""Test custom worlds: checks, digests of runs, and tables saved with results."""

import csv
import json
import re
import shlex
import shutil
from pathlib import Path

import numpy as np
import pytest
from paths import ROOT

from sim import custom_world
from sim.results.result import Result
from sim.scenario.levers import baseline_rules, catalogue
from sim.world import tables
from sim.world.schema import DECLARED, GENERATED
from sim.world.setting import load_setting

RECIPE = ROOT / "docs" / "add_a_hub.md"
SMALL = ("--population", 2000, "--replicates", 1, "--years", 1, "--workers", 1, "--quiet")


@pytest.fixture
def world(tmp_path):
    """Make the folder of a world: tables with some rows changed, added or left out."""

    def world(table="prices", change=lambda rows: rows, folder="mine"):
        where = tmp_path / folder
        where.mkdir(exist_ok=True)
        rows = change([dict(row) for row in custom_world.rows(table)])
        with (where / f"{table}.csv").open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
        return where

    return world


def edit(where, table, hub, **cells):
    """Change cells of a hub's row in a table of the folder."""
    path = where / f"{table}.csv"
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    changed = [row | cells if row["hub"] == hub else row for row in rows]
    assert changed != rows
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(changed)


def dear(rows):
    """Make a world with prices five times as high in the first hub."""
    return [rows[0] | {"price_level": "4.9"}, *rows[1:]]


def test_custom_tables_apply_inside_the_block_only(world):
    before = load_setting().price[0]
    with custom_world.using(world(change=dear)):
        assert load_setting().price[0] == 4.9
        assert tables.read("stock") == custom_world.rows("stock")
    assert load_setting().price[0] == before
    assert custom_world.digest() == ""


def test_an_edited_table_is_read_again(world):
    with custom_world.using(world(change=dear)):
        first = custom_world.digest()
    with custom_world.using(world(change=lambda rows: [rows[0] | {"price_level": "3"}, *rows[1:]])):
        assert load_setting().price[0] == 3
        assert custom_world.digest() != first


def test_levers_and_rules_follow_the_tables(world):
    with custom_world.using(world("routes", lambda rows: [row | {"fee_usd": "123"} for row in rows])):
        assert set(baseline_rules()["route_fee_usd"]) == {123.0}
        assert catalogue()["country.usa.route.h1b.fee_usd"].present == 123
    assert catalogue()["country.usa.route.h1b.fee_usd"].present != 123


def test_hub_constants_do_not_depend_on_row_order(world):
    from sim.study.calibration.hub_constants import shipped

    constants, offsets = shipped()
    with custom_world.using(world("hub_constants", lambda rows: rows[::-1])):
        again, other = shipped()
    with custom_world.using(world("border_costs", lambda rows: rows[::-1], "borders")):
        last, factors = shipped()
    assert np.array_equal(constants.permanent, again.permanent)
    assert np.array_equal(offsets.net, other.net)
    assert np.array_equal(constants.move_cost_abroad, last.move_cost_abroad)
    assert np.array_equal(offsets.crossing, factors.crossing)


def test_a_run_saves_its_tables_for_verification(world, talentflow, tmp_path, monkeypatch):
    monkeypatch.setattr("sim.show.illustrate.illustrate", lambda result, where: (where / "report.html").write_text(""))
    where = world(change=dear)
    code, shipped, _ = talentflow("run", "h1b_fee", *SMALL, "--out", tmp_path / "runs")
    assert code == 0
    code, own, err = talentflow("run", "h1b_fee", *SMALL, "--out", tmp_path / "runs", "--world", where)
    assert (code, err) == (0, "")
    own, shipped = Path(own.strip()), Path(shipped.strip())
    assert own.name != shipped.name
    assert Result.load(own).record["digests"]["world"]
    assert any("not the shipped one" in line for line in Result.load(own).record["notices"])
    shutil.rmtree(where)
    assert talentflow("verify", own)[0] == 0
    assert talentflow("verify", shipped)[0] == 0
    assert not np.array_equal(Result.load(own).data.price_level, Result.load(shipped).data.price_level)
    (own / "world" / "prices.csv").write_text("hub\n")
    code, _, err = talentflow("verify", own)
    assert (code, "prices.csv: damaged or edited" in err, err.count("\n")) == (2, True, 1)


def test_the_environment_names_a_world_too(world, talentflow, monkeypatch):
    monkeypatch.setenv(custom_world.VARIABLE, str(world(change=dear)))
    assert '"4.9"' in talentflow("world", "prices", "--json")[1]


def without(column):
    return lambda rows: [{key: value for key, value in row.items() if key != column} for row in rows]


def first(**cells):
    return lambda rows: [rows[0] | cells, *rows[1:]]


def with_(**cells):
    return lambda rows: [*rows, rows[0] | cells]


BROKEN = [
    ("hubs", with_(hub="pune"), "pune: no row"),
    ("hubs", lambda rows: rows[1:], "unknown origin sf_bay_area"),
    ("hubs", first(hub="bay"), "sf_bay_area"),
    ("hubs", first(hub="../bay"), "unknown origin|no row"),
    ("hubs", first(country=""), "country '' is not in countries.csv"),
    ("hubs", first(name=""), "name: 0 characters"),
    ("hubs", first(name="Bay\u202eArea"), "cannot be printed"),
    ("hubs", first(name="<b>" * 40), "name: 120 characters"),
    ("hubs", first(lat="91"), r"lat: 91 is not in \[-90, 90\]"),
    ("hubs", without("region"), "no column region"),
    ("hubs", lambda rows: [row | {"colour": "red"} for row in rows], "unknown column 'colour'"),
    ("stock", first(engineers="-1"), "-1 is not in"),
    ("stock", first(engineers="0"), "0 is not in"),
    ("stock", first(engineers="inf"), "inf is not in"),
    ("stock", first(engineers="1e300"), "1e300 is not in"),
    ("stock", first(engineers="many"), "'many' is not a number"),
    ("stock", with_(), "2 rows"),
    ("tiers", first(expert="0.9"), "adds up to"),
    ("sector_mix", first(share="0.9"), "adds up to"),
    ("countries", lambda rows: rows[:-1], "unknown destination xrw"),
    ("routes", first(is_open="yes"), "is_open: 'yes' is neither 0 nor 1|'yes' is not in"),
    ("routes", first(intake_month="2.5"), "2.5 is not a whole number"),
    ("routes", first(selection="fate"), "'fate' is not one of queue|unknown kind"),
    ("routes", first(years="0"), r"0'? is not in \[0.25, 99\]"),
    ("pools", first(route="usa.none"), "unknown route usa.none"),
    ("tax_effective", lambda rows: rows[1:], "no row for"),
    ("ages", first(age="1e9"), r"1e9 is not in \[15, 100\]"),
    ("net_targets", first(national_net="9999"), "adds up to"),
    ("compute", first(labs_and_big_tech="0", cloud="0", enterprise="0", sovereign_and_public="0"), "adds up to 0"),
    ("pay", first(base_kusd="0"), "0 is not in"),
    ("hub_constants", lambda rows: rows[1:], "no row"),
    ("border_costs", first(group="experts"), "unknown group experts"),
]


@pytest.mark.parametrize(
    ("table", "change", "complaint"), BROKEN, ids=lambda value: "edited" if callable(value) else value[:40]
)
def test_invalid_tables_are_refused_in_one_line(world, talentflow, tmp_path, monkeypatch, table, change, complaint):
    where = world(table, change)
    monkeypatch.chdir(tmp_path)
    code, out, err = talentflow("run", "h1b_fee", *SMALL, "--world", where)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert re.search(complaint, err), err
    assert table in err or "hubs" in table or "countries" in table
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]
    assert talentflow("world", "--check", "--world", where)[0] in (1, 2)


@pytest.mark.parametrize(
    ("name", "content", "complaint"),
    [
        ("hubz.csv", b"hub\n", "nearest: hubs"),
        ("hubs.csv", b"\xff\xfe\x00", "not UTF-8"),
        ("hubs.csv", b"", "the file is empty"),
        ("hubs.csv", b"a\0b", "binary"),
        ("hubs.csv", b"hub,name\n", "no column country"),
        ("hubs.csv", b"x" * 6_000_000, "bytes are too many"),
        ("prices.csv", b"hub,price_level,national_level,city_factor,source,grade\nparis,1\n", "line 2"),
        ("prices.csv", b"hub,price_level,national_level,city_factor,source,grade\n", "has no rows"),
        ("prices.csv", b'hub,price_level,national_level,city_factor,source,grade\n"a', "line 2"),
        ("notes.txt", b"", "holds no table"),
    ],
)
def test_a_file_that_is_no_table_is_refused(tmp_path, talentflow, name, content, complaint):
    (tmp_path / name).write_bytes(content)
    code, out, err = talentflow("world", "prices", "--world", tmp_path)
    if code == 0:  # the table in the command is as shipped; the broken one fails when it is read
        code, out, err = talentflow("world", "hubs", "--world", tmp_path)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert complaint in err


def test_a_missing_folder_is_refused(tmp_path, talentflow):
    code, _, err = talentflow("list", "--world", tmp_path / "nowhere")
    assert (code, "no folder of world tables" in err, err.count("\n")) == (2, True, 1)


def test_custom_tables_are_checked_like_shipped_ones(tmp_path):
    """A copy of all shipped tables passes all checks: they do not depend on the folder."""
    for path in custom_world.SHIPPED.glob("*.csv"):
        shutil.copy(path, tmp_path)
    with custom_world.using(tmp_path):
        assert tables.check() == []
        assert set(custom_world.texts()) <= set(DECLARED) | set(GENERATED)
        assert load_setting().hubs == tables.names("hub")


@pytest.mark.parametrize(
    ("more", "complaint"),
    [
        ({"--persons": 0}, "is not in [1, "),
        ({"--persons": 10**9}, "is not in [1, "),
        ({"--at": "91,0"}, "latitude in"),
        ({"--at": "x"}, "expected LAT,LON"),
        ({"--at": "nan,1"}, "latitude in"),
        ({"NAME": "../up"}, "a letter first"),
        ({"NAME": "paris"}, "is one of the world already"),
        ({"HUB": "rest_of_indai"}, "nearest: rest_of_india"),
        ({"--label": "a\u202eb"}, "is not a line"),
        ({"--label": "x" * 101}, "is not a line"),
    ],
)
def test_a_hub_that_cannot_be_split_off_is_refused(talentflow, tmp_path, more, complaint):
    usual = {"HUB": "rest_of_india", "NAME": "pune", "--persons": 1000, "--at": "18,73", "--into": tmp_path / "w"}
    arguments = usual | more
    options = [part for key, value in arguments.items() if key[0] == "-" for part in (key, value)]
    code, out, err = talentflow("split", arguments["HUB"], arguments["NAME"], *options)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert complaint in err
    assert list(tmp_path.iterdir()) == []


def test_a_split_keeps_every_total(talentflow, tmp_path):
    for name, persons in (("pune", 20_000), ("chennai", 10_000)):  # the second one goes on from the first
        more = ("--persons", persons, "--at", "18,73", "--into", tmp_path / "w")
        assert talentflow("split", "rest_of_india", name, *more)[0] == 0
    before = load_setting()
    with custom_world.using(tmp_path / "w"):
        assert tables.check() == []
        after = load_setting()
        assert after.stock[after.hubs.index("pune")] == 20_000
    assert len(after.hubs) == len(before.hubs) + 2
    for total in ("stock", "national_net", "h100e", "affiliates"):
        assert getattr(after, total).sum() == pytest.approx(getattr(before, total).sum(), abs=1e-9)
    assert np.allclose(after.compatriots.sum(axis=1), before.compatriots.sum(axis=1))


def test_the_recipe_works_as_it_is_written(talentflow, tmp_path, monkeypatch):
    """Run all commands of the page in order and compare all figures of its table."""
    text = RECIPE.read_text(encoding="utf-8")
    commands = [shlex.split(line)[1:] for line in re.findall(r"^    (talentflow .+)$", text, re.MULTILINE)]
    figures = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in re.findall(r"^\| \w+ \| \w+ \| .+ \|$", text, re.MULTILINE)
    ][1:]
    assert [command[0] for command in commands] == ["split", "world", "run"]
    assert len(figures) == 6
    monkeypatch.chdir(tmp_path)
    assert talentflow(*commands[0])[0] == 0
    for table, column, value, source, grade in figures:
        edit(tmp_path / "my_world", table, "pune", **{column: value, "source": source, "grade": grade})
    assert talentflow(*commands[1])[0] == 0
    code, out, err = talentflow(*commands[2], "--workers", 1, "--json")
    assert (code, err) == (0, "")
    answer = json.loads(out)
    assert [row["measure"].partition("@")[0] for row in answer["measures"]] == ["net_rate:pune"]
    made = Result.load(tmp_path / answer["folder"])
    assert "pune" in made.data.hub
    stock = made.data.stock.sel(arm="baseline", hub="pune").isel(time=0).sum("tier").mean()
    assert stock == pytest.approx(30_000, rel=0.02)
    assert talentflow("verify", answer["folder"], "--workers", 1, "--quiet")[0] == 0


def test_the_constant_of_a_new_hub_needs_no_fit(talentflow, tmp_path):
    """The simulated first year has the net migration that the page says, near the target of the new hub."""
    talentflow("split", "rest_of_india", "pune", "--persons", 30_000, "--at", "18.52,73.86", "--into", tmp_path / "w")
    code, out, _ = talentflow(
        "run",
        "baseline",
        "--world",
        tmp_path / "w",
        "--population",
        100_000,
        "--replicates",
        16,
        "--years",
        1,
        "--uncertainty",
        "chance",
        "--workers",
        1,
        "--quiet",
        "--out",
        tmp_path / "runs",
    )
    assert code == 0
    flow = Result.load(out.strip()).data.flow.sel(arm="baseline").mean("replicate").isel(year=0)
    net = float(flow.sel(destination="pune").sum() - flow.sel(origin="pune").sum())
    target = -1288.4
    assert abs(net - target) < 0.003 * 30_000  # 2.5 standard errors of sixteen pairs
    assert "loses 1,375 engineers (standard error 35) where the target is 1,288" in " ".join(
        RECIPE.read_text(encoding="utf-8").split()
    )
