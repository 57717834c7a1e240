"""Input may come from anybody: nothing in it runs, escapes its folder, fills the memory or speaks to the terminal."""

import ast
import hashlib
import json
import re
import zipfile
from html.parser import HTMLParser
from importlib.metadata import PackageNotFoundError, metadata, requires
from pathlib import Path

import h5py
import numpy as np
import pytest
from packaging.requirements import Requirement

import sim
from sim.errors import ResultError, WorldError, one_line
from sim.results.folder import record_digest
from sim.results.result import Result
from sim.scenario.files import loads
from sim.world import cache, flows

ROOT = Path(sim.__file__).parent
BANNED = ("eval", "exec", "__import__", "system", "popen", "from_string", "read_pickle")
EVIL = '<script>alert(1)</script> "><img src=x onerror=alert(1)> {{7*7}} ${7*7} $(id) `id` ../../up; rm -rf ~ %s|a|b|'
TINY = ("--population", 2000, "--replicates", 1, "--years", 1, "--workers", 1)


# ---- nothing runs


def test_no_input_is_unpickled_or_evaluated():
    banned = {"pickle", "marshal", "shelve", "yaml", "subprocess", "cloudpickle", "dill"}
    for path in ROOT.rglob("*.py"):
        # it asks whether a task can be sent to a worker, by pickling it, and never reads a pickle
        allowed = {"pickle"} if path == ROOT / "parallel.py" else set()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import | ast.ImportFrom):
                names = {alias.name.split(".")[0] for alias in node.names} | {
                    (getattr(node, "module", "") or "").split(".")[0]
                }
                assert not names & (banned - allowed), path
            if isinstance(node, ast.Call):
                called = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
                assert called not in BANNED, path
                assert called not in {"loads", "Unpickler"} or not allowed, path
                assert not {key.arg for key in node.keywords} & {"shell", "allow_pickle"}, path


class Page(HTMLParser):
    """The tags and attributes of a page, and its text."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.attributes, self.said = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data):
        self.said.append(data)


def test_a_title_is_text_everywhere(talentflow, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    quoted = json.dumps(EVIL)
    Path("a b;$(id).toml").write_text(
        f"title = {quoted}\nquestion = {quoted}\nlegal = [{quoted}]\n[[policy]]\n"
        f'lever = "country.usa.route.h1b.special_fee_usd"\nvalue = 1000\nsource = {quoted}\n'
    )
    code, out, err = talentflow("run", "a b;$(id).toml", *TINY)
    assert (code, err) == (0, "")
    assert "\x1b" not in out
    (made,) = (tmp_path / "outputs").iterdir()
    assert re.fullmatch(r"a_b_id-[0-9a-f]{12}", made.name)
    page = Page((made / "report.html").read_text(encoding="utf-8"))
    assert "script" not in page.tags
    assert not [name for name, _ in page.attributes if name.startswith("on")]
    assert all(value.startswith("data:") for name, value in page.attributes if name == "src")
    assert EVIL in "".join(page.said)
    assert "49" not in "".join(page.said).split(EVIL)[0]
    summary = (made / "summary.md").read_text(encoding="utf-8")
    assert not re.search(r"(?<!\\)<(script|img)", summary)
    assert {path.name for path in tmp_path.iterdir()} == {"outputs", "a b;$(id).toml"}


@pytest.mark.parametrize(
    "odd", ["\u202eabc", "\u2066a", "\u200f", "\x9b31m", "\x85", "\u2028", "\ufeff", "\x7f", "A" * 1_000_000, "a\\nb"]
)
def test_titles_with_control_codes_are_refused(talentflow, tmp_path, odd):
    (tmp_path / "odd.toml").write_text(f'title = "{odd}"\n', encoding="utf-8")
    code, out, err = talentflow("describe", tmp_path / "odd.toml")
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert err.strip().isprintable()
    assert len(err) < 1000


@pytest.mark.parametrize("script", ["עברית", "العربية", "हिन्दी", "中文", "naïve 🧪"])
def test_every_script_may_be_written(script):
    assert loads(f'title = "{script}"\nquestion = "{script}"\n').title == script


def test_messages_are_one_short_line():
    assert one_line("a\x1b[31m\u202eb\nc\t d") == "a?[31m?b c d"
    assert len(one_line("x" * 10**6)) < 2100
    assert len(str(ResultError("x" * 10**6, "y" * 10**6, "z"))) < 2100


# ---- nothing escapes


@pytest.fixture
def saved(result, tmp_path):
    """The folder of a run, and a function that seals its record again."""
    folder = result.save(tmp_path / "runs")
    whole = (folder / "run.json").read_text(encoding="utf-8")

    def seal(**changes):
        record = json.loads(whole) | changes
        record["outputs"]["result.nc"] = hashlib.sha256((folder / "result.nc").read_bytes()).hexdigest()
        (folder / "run.json").write_text(json.dumps(record | {"digest": record_digest(record)}), encoding="utf-8")
        return folder

    return seal


def test_a_record_cannot_name_files_elsewhere(saved, tmp_path):
    for name in ("../../secret", "/etc/passwd", "a/../../b"):
        folder = saved(outputs={"result.nc": "", name: "0" * 64})
        with pytest.raises(ResultError, match="names a file outside its folder"):
            Result.load(folder)


def test_texts_of_a_record_cannot_control_a_terminal(saved):
    with pytest.raises(ResultError, match="cannot be shown"):
        Result.load(saved(title="\x1b]0;owned\x07"))


def test_an_edited_record_is_refused(saved):
    for changes, said in (
        ({"replicates": 10**9}, "replicates"),
        ({"years": -1}, "years"),
        ({"seed": "0"}, "seed"),
        ({"assumptions": [{}]}, "assumptions"),
        ({"replicates": 7}, "replicate is not that"),
    ):
        with pytest.raises(ResultError, match=said):
            Result.load(saved(**changes))
    folder = saved(replicates=20)
    text = (folder / "run.json").read_text(encoding="utf-8")
    (folder / "run.json").write_text(text.replace("US $100,000", "US $200,000"), encoding="utf-8")
    with pytest.raises(ResultError, match=r"run\.json: damaged or edited"):
        Result.load(folder)


# ---- nothing fills the memory


def test_an_array_of_terabytes_is_refused_unread(saved):
    folder = saved()
    with h5py.File(folder / "result.nc", "a") as file:
        del file["stock"]
        file.create_dataset("stock", shape=(10**6, 10**6), chunks=(10**4, 10**4), compression="gzip", dtype="f8")
    assert (folder / "result.nc").stat().st_size < 2 * 10**7
    with pytest.raises(ResultError, match=r"unpacks to 8,000,\d{3},\d{3},\d{3} bytes; the limit is"):
        Result.load(saved())


def test_arrays_that_lie_in_another_file_are_refused(saved, tmp_path):
    (tmp_path / "secret").write_bytes(b"s" * 800)
    folder = saved()
    whole = (folder / "result.nc").read_bytes()
    for k in range(3):
        (folder / "result.nc").write_bytes(whole)
        with h5py.File(folder / "result.nc", "a") as file:
            if k == 0:
                file["other"] = h5py.ExternalLink(str(tmp_path / "secret"), "/")
            elif k == 1:
                file["other"] = h5py.SoftLink("/stock")
            else:
                file.create_dataset("other", (100,), "f8", external=[(str(tmp_path / "secret"), 0, 800)])
        with pytest.raises(ResultError, match="lies in another file"):
            Result.load(saved())


def test_an_oversized_cached_world_is_not_read(tmp_path):
    large = {"a": np.zeros(10**7)}
    np.savez_compressed(tmp_path / "k.npz", key=cache._sealed("k", large), **large)
    assert (tmp_path / "k.npz").stat().st_size < 10**6
    assert cache._read(tmp_path / "k.npz", "k") is None
    cache._write(tmp_path, "k", {"a": np.zeros(10)})
    assert cache._read(tmp_path / "k.npz", "k")["a"].size == 10
    assert zipfile.is_zipfile(tmp_path / "k.npz")


def test_a_flow_file_is_refused_by_its_size(tmp_path):
    with (tmp_path / "flows.csv").open("wb") as file:
        file.truncate(flows.LIMIT_BYTES + 1)  # a hole: it takes no room
    with pytest.raises(WorldError, match="bytes are too many"):
        flows.read_flows(tmp_path / "flows.csv")


# ---- what it is built on

ALLOWED = re.compile(
    "|".join(
        (
            "MIT",
            "BSD",
            "0BSD",
            "Apache",
            "ISC",
            "Python Software Foundation",
            "PSF",
            "Zlib",
            "CC0",
            "HPND",
            "MIT-CMU",
            "MPL-2.0",
            "Mozilla Public License 2.0",
            "Biopython-License-Agreement",
            "Unlicense",
        )
    )
)
FORBIDDEN = re.compile(r"\b(A?GPL|LGPL|SSPL|Commons Clause|BUSL|proprietary)", re.IGNORECASE)


def needed(name, seen):
    """All packages that a requirement brings along on this platform, extras apart."""
    one = Requirement(name)
    key = one.name.lower().replace("_", "-")
    if key in seen or (one.marker and not one.marker.evaluate({"extra": ""})):
        return seen
    try:
        found = metadata(key)
    except PackageNotFoundError:
        return seen
    seen[key] = found
    for more in requires(key) or []:
        needed(more, seen)
    return seen


def test_every_core_package_has_a_free_licence():
    packages = {}
    for requirement in requires("talentflow") or []:
        needed(requirement, packages)
    assert {"numpy", "numba", "xarray", "h5py", "pillow"} <= set(packages)
    for name, found in packages.items():
        kinds = [
            kind.rpartition(" :: ")[2] for kind in found.get_all("Classifier", []) if kind.startswith("License ::")
        ]
        said = found.get("License-Expression") or "; ".join(kinds) or (found.get("License") or "").splitlines()[0]
        assert ALLOWED.search(said), f"{name}: {said}"
        assert not FORBIDDEN.search(said), f"{name}: {said}"
