import json
import shutil
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from fake_result import fake_result

from sim.errors import FileError, ResultError, TalentflowWarning, UsageError
from sim.results.export import write_graphml
from sim.results.folder import check_writable, is_valid, write_tables
from sim.results.netcdf import to_netcdf
from sim.results.record import compare, digest, folder_name, plain, settings, to_json
from sim.results.result import Result
from sim.results.saved_checks import check_record
from sim.results.schema import VARIABLES
from sim.scenario.assumptions import override, records
from sim.show.illustrate import illustrate
from sim.show.plots import draw
from sim.show.report import write_report
from sim.show.report.brief import write_brief


@pytest.fixture(scope="module")
def small():
    return fake_result(replicates=3, years=2)


@pytest.fixture(scope="module")
def saved(small, tmp_path_factory):
    """The run, saved once."""
    return small.save(tmp_path_factory.mktemp("saved"))


@pytest.fixture
def folder(saved, tmp_path):
    """A copy of it."""
    return Path(shutil.copytree(saved, tmp_path / "outputs" / saved.name))


def test_saved_and_loaded_is_the_same(small, folder):
    again = Result.load(folder)
    assert again.data.identical(small.data)
    assert again.record == json.loads(to_json(small.record))
    assert folder_name(again.record) == folder.name
    assert compare(again.data, small.data) == []


def test_a_folder_is_read_by_whatever_path_leads_to_it(small, folder, monkeypatch):
    (folder / "figures").mkdir(exist_ok=True)
    monkeypatch.chdir(folder / "figures")
    assert Result.load("..").data.identical(small.data)


def test_every_variable_has_its_dimensions_and_unit(small):
    assert set(small.data.data_vars) == set(VARIABLES)
    for name, variable in VARIABLES.items():
        assert small.data[name].dims == variable.dims
        assert small.data[name].attrs["units"] == variable.unit


def test_the_folder_holds_what_a_reader_needs(folder):
    assert {path.name for path in folder.iterdir()} == {
        "scenario.toml",
        "baseline.toml",
        "result.nc",
        "shares.csv",
        "flows.csv",
        "effects.csv",
        "run.json",
    }
    written = json.loads((folder / "run.json").read_text())
    assert {"format", "versions", "seed", "digests", "outputs", "timings", "assumptions"} <= set(written)


def test_the_arrays_say_what_they_are(small, folder):
    with xr.open_dataset(folder / "result.nc", engine="h5netcdf") as saved:
        assert saved.attrs["Conventions"].startswith("CF-")
        assert saved.attrs["title"] == small.record["title"]
        assert saved.attrs["digest"] == digest(small.record)
        assert saved.time.units == saved.year.units == "year"


def test_the_file_is_the_one_that_xarray_writes(small):
    # also a dimension without labels, a missing value and a single number
    data = small.data.assign(runs=(("arm", "side"), np.array([[1.0, np.nan]] * 2)), one=np.float64(2))
    read = lambda content: xr.load_dataset(BytesIO(content), engine="h5netcdf")  # noqa: E731
    theirs, ours = read(bytes(data.assign_attrs(a="b").to_netcdf(engine="h5netcdf"))), read(to_netcdf(data, {"a": "b"}))
    assert theirs.identical(ours)
    assert list(theirs.variables) == list(ours.variables)
    assert all(theirs[v].dtype == ours[v].dtype for v in theirs.variables)


def test_figures_go_into_the_folder(small, tmp_path):
    folder = small.save(tmp_path, illustrate=lambda result, where: (where / "a.txt").write_text(result.record["name"]))
    assert (folder / "a.txt").read_text() == "h1b_fee"
    assert is_valid(folder)


def test_csv_files_are_tidy_and_agree_with_the_arrays(small, folder):
    shares = pd.read_csv(folder / "shares.csv")
    assert not shares.duplicated(["basis", "arm", "time", "hub", "tier"]).any()
    shares = shares[shares.basis == "residence"]
    assert np.allclose(shares[shares.tier == "all"].groupby(["arm", "time"]).share.sum(), 1)
    row = shares.query("arm == 'scenario' and time == 2028 and hub == 'paris' and tier == 'expert'")
    stock = small.data.stock.sel(arm="scenario", time=2028, hub="paris", tier="expert")
    assert np.isclose(row.stock.item(), stock.mean())
    flows = pd.read_csv(folder / "flows.csv")
    mean = small.data.flow.mean("replicate")
    assert np.isclose(flows.flow.sum(), mean.sum())
    assert (flows.origin != flows.destination).all()
    effects = pd.read_csv(folder / "effects.csv")
    assert not effects.duplicated(["measure", "place", "time"]).any()
    assert set(effects.kind) == {"hub", "country", "bloc", "route", "world"}
    assert set(effects.pairs) == {3}
    assert np.isclose(
        effects.query("measure == 'share' and kind == 'hub' and time == 2028")["mean"].sum(), 0, atol=1e-9
    )


def test_a_valid_folder_is_kept_unless_forced(small, folder):
    before = (folder / "run.json").stat().st_mtime_ns
    assert small.save(folder.parent) == folder
    assert (folder / "run.json").stat().st_mtime_ns == before
    small.save(folder.parent, force=True)
    assert (folder / "run.json").stat().st_mtime_ns > before
    assert [path.name for path in folder.parent.iterdir()] == [folder.name]


def test_a_damaged_folder_is_replaced(small, folder):
    (folder / "result.nc").write_bytes(b"")
    small.save(folder.parent)
    assert is_valid(folder)


def fail(*_, **__):
    """Fail as a full disk does."""
    raise OSError(28, "No space left on device")


def test_a_folder_is_written_whole_or_not_at_all(small, tmp_path, monkeypatch):
    monkeypatch.setattr("sim.results.export.effects", fail)
    with pytest.raises(OSError, match="No space"):
        small.save(tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("error", [OSError(28, "No space"), RuntimeError("no back end\nat all"), KeyboardInterrupt()])
def test_a_figure_that_fails_loses_no_run(small, tmp_path, error):
    def broken(result, folder):
        raise error

    with pytest.warns(TalentflowWarning, match="saved, but its figures and report could not all be made") as told:
        folder = small.save(tmp_path, illustrate=broken)
    assert is_valid(folder)
    assert "\n" not in str(told[0].message)
    again = small.save(tmp_path, illustrate=lambda result, where: (where / "report.html").write_text("now"))
    assert (again / "report.html").read_text() == "now"  # what was missing is made by the same call


def test_one_figure_that_fails_leaves_the_others(result, tmp_path, monkeypatch):
    monkeypatch.setattr("sim.show.plots.shares.plot_shares", fail)
    with pytest.warns(TalentflowWarning, match="figure shares: not drawn"):
        folder = result.save(tmp_path, illustrate=illustrate)
    assert {path.stem for path in (folder / "figures").iterdir()} == {"effects", "causes"}
    assert (folder / "report.html").is_file()


def truncate(path):
    path.write_bytes(path.read_bytes()[:-5])


def flip_a_bit(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize("harm", [truncate, flip_a_bit])
@pytest.mark.parametrize("name", ["result.nc", "shares.csv", "scenario.toml"])
def test_damage_is_found(folder, harm, name):
    harm(folder / name)
    with pytest.raises(ResultError, match=rf"{name}: damaged or edited"):
        Result.load(folder)


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (None, "no run lies here: run.json is missing"),
        ("{", "not the record of a run"),
        ("[]", "not the record of a run"),
        ("{}", "not the record of a run"),
        ('{"format": 99, "outputs": {}}', "format 99; this version reads formats up to"),
    ],
)
def test_what_is_no_run_is_refused_in_one_line(tmp_path, content, complaint):
    if content is not None:
        (tmp_path / "run.json").write_text(content)
    with pytest.raises(ResultError) as refusal:
        Result.load(tmp_path)
    assert complaint in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_a_run_of_the_engine_that_is_gone_is_refused(folder):
    record = json.loads((folder / "run.json").read_text())
    check_record(record, folder)
    with pytest.raises(ResultError, match="made by the engine 'meanfield', which this version no longer has"):
        check_record(record | {"engine": "meanfield"}, folder)


def test_a_missing_folder_is_refused(tmp_path):
    with pytest.raises(ResultError, match="no such folder"):
        Result.load(tmp_path / "nowhere")


def test_the_digest_covers_what_decides_the_arrays(small):
    record = small.record
    for change in ({"seed": 1}, {"population": 7}, {"scenario": "x"}, {"digests": {"code": "1"}}):
        assert digest(record | change) != digest(record)
    for change in ({"timings": {}}, {"notices": []}, {"question": "?"}):
        assert digest(record | change) == digest(record)


@pytest.mark.parametrize("name", ["a+b", "x:y@z", "../../etc", "...", "", "hüb"])
def test_folder_names_are_safe(small, name):
    made = folder_name(small.record | {"name": name})
    assert not set(made) & set("@+:/\\ ")
    assert not made.startswith(".")
    assert made.isascii()


def test_a_stack_is_called_a_and_b(small):
    assert folder_name(small.record | {"name": "h1b_fee+us_tax_up"}).startswith("h1b_fee_and_us_tax_up-")


def test_settings_repeat_the_run(small):
    again = settings(small.record)
    assert (again["population"], again["replicates"], again["seed"]) == (100_000, 3, 0)
    assert records(override(again["assumptions"])) == small.record["assumptions"]


def test_compare_names_what_differs(small):
    other = small.data.copy(deep=True)
    other.stock[0, 0, 0, 0, 0] += 1e-9
    assert compare(small.data, other) == ["stock"]
    assert compare(small.data, other.drop_vars("flow")) == ["flow", "stock"]
    assert compare(small.data, small.data.isel(replicate=slice(2))) != []


def test_an_unwritable_output_folder_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="results cannot be written here"):
        check_writable(tmp_path / "file" / "outputs")
    check_writable(tmp_path / "a" / "b")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize("name", ["CON", "aux", "nul.d", "com1/outputs"])
def test_the_name_of_a_device_is_refused(small, tmp_path, name):
    with pytest.raises(UsageError, match="is the name of a device on Windows"):
        small.save(tmp_path / name)
    assert list(tmp_path.iterdir()) == []
    assert plain("nul") == "_nul"  # of a scenario called so


def test_a_place_that_takes_no_file_is_named(small, tmp_path):
    (tmp_path / "file").write_text("")
    writers = (
        lambda place: small.save(place),
        lambda place: write_report(small, place),
        lambda place: write_brief(small, place),
        lambda place: write_graphml(small, place / "flows.graphml"),
        lambda place: draw(small, "shares", place / "shares.png"),
        lambda place: write_tables(place, "answer", {}, {}),
    )
    for write in writers:
        with pytest.raises(FileError, match=f"^{tmp_path / 'file'}.*: Not a directory$") as refused:
            write(tmp_path / "file" / "there")
        assert refused.value.exit_code == 2
        assert isinstance(refused.value, OSError)


def test_a_record_that_is_not_finite_is_never_written(small, tmp_path):
    with pytest.raises(ValueError, match="JSON"):
        replace(small, record=small.record | {"weight": float("nan")}).save(tmp_path)
    assert list(tmp_path.iterdir()) == []
